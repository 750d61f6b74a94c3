//! The console's verbs.

use super::super::effect::{Effect, Everywhere};
use super::super::popup::Popup;
use super::super::state::{State, Then};
use super::{
    act_as, close, explain, farewell, find, goodbye, leave_now, out, popup, quit, send, sides,
    snippets, writing,
};
use crate::config::keyring::Act;
use crate::console::{LocalAction, Phase};
use crate::export::Overwrite;

/// A console verb, or the key that stands for it.
pub(super) fn local(state: &mut State, action: LocalAction) -> Vec<Effect> {
    match action {
        LocalAction::Quit => quit(state),
        LocalAction::QuitNow => leave_now(state),
        LocalAction::Help => {
            let context = state.context();
            state.popup = Some(Popup::Help { top: 0, context });
            Vec::new()
        }
        LocalAction::Why(text) => explain::why(state, &text),
        LocalAction::Tls => {
            match state.console.tls() {
                Some(report) => {
                    let report = Box::new(report.clone());
                    state.popup = Some(Popup::Tls { report, top: 0 });
                }
                None => {
                    state.message = Some(
                        "There was no TLS handshake on this connection: -s is TLS, -t \"\" is STARTTLS."
                            .to_owned(),
                    );
                }
            }
            Vec::new()
        }
        LocalAction::LogIn => {
            popup::open_login(state);
            Vec::new()
        }
        LocalAction::Reconnect if state.is_log() => {
            state.message = Some(
                "This is a log: there is nothing to connect anew. :connect opens a session."
                    .to_owned(),
            );
            Vec::new()
        }
        LocalAction::Reconnect => match &state.plan {
            Some(plan) => {
                let plan = Box::new(plan.clone());
                if *state.console.phase() != Phase::Ready || state.farewell.is_some() {
                    return vec![Effect::Connect(plan)];
                }
                farewell(state, Then::Connect(plan));
                goodbye(state)
            }
            None => {
                popup::open_connect(state);
                Vec::new()
            }
        },
        LocalAction::Connect(None) => {
            popup::open_connect(state);
            Vec::new()
        }
        LocalAction::Connect(Some(target)) => {
            match (state.options.lent.target)(&target, state.options.config.as_deref()) {
                Ok(opening) => vec![Effect::Open(Box::new(opening))],
                Err(sentence) => {
                    state.message = Some(sentence);
                    Vec::new()
                }
            }
        }
        LocalAction::ActAs(None) => act_as::open(state),
        LocalAction::ActAs(Some(user)) => match act_as::act_as(state, &user, false) {
            Ok(effects) => effects,
            Err(sentence) => {
                state.message = Some(sentence);
                Vec::new()
            }
        },
        LocalAction::Compare(words) => sides::compare(state, &words),
        LocalAction::Beside(words) => sides::beside(state, &words),
        LocalAction::Close => close(state),
        LocalAction::Tabs => {
            act_as::open_tabs(state);
            Vec::new()
        }
        LocalAction::Refresh => {
            state.gather.again();
            let requests = state.console.refresh();
            if requests.is_empty() {
                state.message = Some("There is nothing to ask: nobody is logged in.".to_owned());
            }
            send(requests)
        }
        LocalAction::WhoAmI => match state.console.who_am_i() {
            Ok(requests) => send(requests),
            Err(sentence) => {
                state.message = Some(sentence);
                Vec::new()
            }
        },
        LocalAction::Keyring(act) => {
            let errand = Act::parse(&act).ok_or_else(|| format!("There is no :keyring {act}."));
            match errand.and_then(|act| state.keyring(act)) {
                Ok(errand) => {
                    state.message = Some("The keyring is asked; it may ask you.".to_owned());
                    vec![errand]
                }
                Err(sentence) => {
                    state.message = Some(sentence);
                    Vec::new()
                }
            }
        }
        action @ (LocalAction::GoTo(_) | LocalAction::Find(_) | LocalAction::Filter(_)) => {
            find::verb(state, action)
        }
        LocalAction::Export { words, overwrite } => {
            let overwrite = match overwrite {
                true => Overwrite::Yes,
                false => Overwrite::No,
            };
            out::export(state, &words, overwrite)
        }
        LocalAction::Record { words, overwrite } => out::record(state, &words, overwrite),
        LocalAction::Mouse(on) => {
            state.message = Some(
                match on {
                    true => "The mouse is taken: a click goes there, the wheel scrolls. With Shift held the terminal selects text.",
                    false => "The mouse is the terminal's again.",
                }
                .to_owned(),
            );
            vec![Effect::Mouse(on)]
        }
        LocalAction::Theme(name) => match state.options.colours.named(&name) {
            Some(theme) => vec![Effect::Everywhere(Everywhere::Theme(Box::new(theme)))],
            None => {
                state.message = Some(format!("There is no theme {name:?}."));
                Vec::new()
            }
        },
        LocalAction::Safe(mode) => state.safe_mode(mode),
        LocalAction::Private(on) => {
            state.message = Some(
                match on {
                    true => "Private: commands are not written to the history's file until :private off.",
                    false => "Commands are written to the history again.",
                }
                .to_owned(),
            );
            vec![Effect::Everywhere(Everywhere::Private(on))]
        }
        LocalAction::Snippet(name) => snippets::named_into_editor(state, &name),
        LocalAction::DryRun(text) => {
            let text = text.unwrap_or_else(|| state.editor.text());
            writing::dry_run(state, &text);
            Vec::new()
        }
    }
}
