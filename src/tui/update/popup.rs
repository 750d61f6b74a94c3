//! Popups: help, completion, history search, forms.

use super::super::action::Action;
use super::super::effect::{Effect, Opening};
use super::super::errand::{Asked, Errand, Offers};
use super::super::form::{Form, FormKind};
use super::super::keymap::Key;
use super::super::popup::Popup;
use super::super::state::State;
use super::cursor::moved;
use super::{act_as, editor, find, inspector, messages, out, palette, rights, sidebar, snippets};
use crate::batch::Order;
use crate::channel::Request;
use crate::console::Phase;

/// Most texts the history search offers.
const MATCHES: usize = 500;

pub(super) fn update(state: &mut State, action: Action) -> Vec<Effect> {
    match state.popup.take() {
        Some(Popup::Help { top, context }) => {
            let rows = super::super::view::help_rows(state, context);
            state.popup =
                scrolled(state, action, top, rows).map(|top| Popup::Help { top, context });
            Vec::new()
        }
        Some(Popup::Tls { report, top }) => {
            let rows = super::super::view::tls_rows(state, &report);
            state.popup = scrolled(state, action, top, rows).map(|top| Popup::Tls { report, top });
            Vec::new()
        }
        Some(Popup::Explain { lines, top }) => {
            let rows = super::super::view::explain_rows(state, &lines);
            state.popup =
                scrolled(state, action, top, rows).map(|top| Popup::Explain { lines, top });
            Vec::new()
        }
        Some(Popup::DryRun { lines, top }) => {
            let rows = super::super::view::dry_rows(state, &lines);
            state.popup =
                scrolled(state, action, top, rows).map(|top| Popup::DryRun { lines, top });
            Vec::new()
        }
        Some(Popup::Question { top }) => {
            let rows = super::super::view::question_rows(state);
            state.popup = Some(Popup::Question { top });
            match action {
                Action::Yes => return state.answer(true),
                Action::No => return state.answer(false),
                Action::Back => return state.interrupt_question(),
                _ => {}
            }
            let top = scrolled(state, action, top, rows).unwrap_or(top);
            state.popup = Some(Popup::Question { top });
            Vec::new()
        }
        Some(Popup::Palette(palette)) => palette::update(state, *palette, action),
        Some(Popup::Completion { candidates, chosen }) => {
            let count = candidates.len().max(1);
            let chosen = match action {
                Action::Back => return Vec::new(),
                Action::Next => (chosen + 1) % count,
                Action::Previous => (chosen + count - 1) % count,
                Action::Accept => {
                    if let Some(candidate) = candidates.get(chosen) {
                        editor::take(state, candidate);
                    }
                    return Vec::new();
                }
                // Whoever types on narrows the list down; a space is behind the word.
                Action::Type(key) => {
                    let effects = editor::update(state, Action::Type(key));
                    let narrows = key.typed().is_some_and(|c| c != ' ' && c != ')')
                        || key.code == crossterm::event::KeyCode::Backspace;
                    if narrows && state.popup.is_none() {
                        editor::offer(state);
                    }
                    return effects;
                }
                action => return editor::update(state, action),
            };
            state.popup = Some(Popup::Completion { candidates, chosen });
            Vec::new()
        }
        Some(Popup::History {
            mut query,
            matches,
            chosen,
            mut here,
        }) => {
            let last = matches.len().saturating_sub(1);
            let (matches, chosen) = match action {
                Action::Back => return Vec::new(),
                Action::Next => (matches, (chosen + 1).min(last)),
                Action::Previous => (matches, chosen.saturating_sub(1)),
                Action::Accept => {
                    if let Some(text) = matches.get(chosen) {
                        state.editor.set_text(text);
                        state.browsing = None;
                        state.confirm = None;
                    }
                    return Vec::new();
                }
                Action::HistoryScope => {
                    here = !here;
                    (history_matches(state, query.text(), here), 0)
                }
                Action::Type(key) => {
                    query.key(key);
                    (history_matches(state, query.text(), here), 0)
                }
                Action::Paste(text) => {
                    query.insert(&text);
                    (history_matches(state, query.text(), here), 0)
                }
                _ => (matches, chosen),
            };
            state.popup = Some(Popup::History {
                query,
                matches,
                chosen,
                here,
            });
            Vec::new()
        }
        Some(Popup::Prompt(prompt)) => find::prompt(state, prompt, action),
        Some(Popup::Form(form)) => update_form(state, form, action),
        Some(Popup::ActAs(popup)) => act_as::update(state, popup, action),
        Some(Popup::Compare(mut data)) => {
            if matches!(&action, Action::Type(key) if key.typed() == Some('v')) {
                data.all = !data.all;
                data.top = 0;
            } else {
                let rows = data.rows().len();
                match scrolled(state, action, data.top, rows) {
                    Some(top) => data.top = top,
                    None => return Vec::new(),
                }
            }
            state.popup = Some(Popup::Compare(data));
            Vec::new()
        }
        Some(Popup::FindMailbox(find)) => sidebar::find(state, *find, action),
        Some(Popup::Rights) => rights::update(state, action),
        Some(Popup::Sides) => super::sides::update(state, action),
        Some(Popup::Copy { offers, chosen }) => out::update_copy(state, offers, chosen, action),
        Some(Popup::Overwrite(question)) => out::update_overwrite(state, question, action),
        Some(Popup::Tabs { chosen }) => act_as::update_tabs(state, chosen, action),
        Some(Popup::Snippets) => snippets::update_list(state, action),
        Some(Popup::Run) => snippets::update_run(state, action),
        None => Vec::new(),
    }
}

/// The first row to show of `rows`, after `action`; `None`: closed.
fn scrolled(state: &State, action: Action, top: usize, rows: usize) -> Option<usize> {
    let page = usize::from(state.area.height.saturating_sub(6)).max(1);
    let last = rows.saturating_sub(page);
    (action != Action::Back).then(|| moved(&action, top, page, last))
}

/// Texts of the history that fit `needle`, best first; `here`: only those that went to this server.
pub(super) fn history_matches(state: &mut State, needle: &str, here: bool) -> Vec<String> {
    let server = here.then(|| state.console.server().to_owned());
    let found = state.console.history().search(needle, server.as_deref());
    let texts = found.into_iter().map(|entry| entry.text);
    texts.take(MATCHES).collect()
}

/// Left and right in a form.
pub(super) fn sideways(state: &mut State, right: bool, key: Key) -> Vec<Effect> {
    if let Some(Popup::Form(form)) = &mut state.popup {
        form.sideways(right, key);
    }
    Vec::new()
}

/// The connect form.
pub fn open_connect(state: &mut State) {
    let mut form = Form::connect(state.plan.as_ref());
    form.set_safe_mode(state.console.safe_mode());
    // What was offered here before the login, if the connection got so far.
    if let (Some(plan), Some(set), Some(line)) = (
        &state.plan,
        state.console.offered_before_login(),
        state.console.line_safety(),
    ) {
        let server = Asked {
            place: plan.place.clone(),
            security: plan.security,
        };
        form.offers = Some(Box::new(Offers {
            server,
            line: line.clone(),
            capabilities: set.clone(),
        }));
    }
    look_into_netrc(state, &mut form);
    state.popup = Some(Popup::Form(form));
}

/// Who logs in at the server of the form, if netrc knows. A file of this machine: nothing is connected.
fn look_into_netrc(state: &State, form: &mut Form) {
    let host = form.host();
    if form.kind != FormKind::Connect || host.is_empty() {
        return;
    }
    let wanted = form.authcid();
    let found = (state.options.lent.netrc)(&host, wanted.as_deref()).ok();
    let login = found.and_then(|found| found.authcid.or(wanted));
    form.found = login.map(|login| (host, login));
}

/// Takes user and password from netrc.
fn use_found(state: &State, form: &mut Form) {
    form.error = None;
    let wanted = form.authcid();
    match (state.options.lent.netrc)(&form.host(), wanted.as_deref()) {
        Ok(found) => {
            form.fill_login(found.authcid.as_deref(), &found.secret);
            let warning = found.warning.map(|w| format!(" {w}.")).unwrap_or_default();
            form.note = Some(format!("User and password are those of netrc.{warning}"));
        }
        Err(sentence) => form.error = Some(sentence),
    }
}

/// Has the server asked what it offers: as nobody, and nothing secret goes out.
fn ask_offers(state: &State, form: &mut Form) -> Vec<Effect> {
    form.error = None;
    let base = form.base.as_deref().map(|base| &base.plan);
    match form.plan(base.or(state.plan.as_ref())) {
        Ok(mut plan) => {
            plan.credentials = Default::default();
            plan.network.compress = false;
            form.note = Some(format!("{} is asked what it offers ...", plan.place));
            vec![Effect::Errand(Errand::Offers(Box::new(plan)))]
        }
        Err(sentence) => {
            form.error = Some(sentence);
            Vec::new()
        }
    }
}

/// The login form, or the sentence why there is nothing to log in to.
pub(super) fn open_login(state: &mut State) {
    if state.plan.is_none() {
        open_connect(state);
    } else if state.console.identity().is_logged_in() {
        // RFC 9051 section 6.2: LOGIN and AUTHENTICATE are not allowed any more; Cyrus refuses a second one.
        state.message = Some(
            "Somebody is logged in already. F4 acts as another user; :connect opens another session."
                .to_owned(),
        );
    } else if *state.console.phase() != Phase::Ready {
        state.message = Some(
            "There is no connection to log in on: R in a pane, or :reconnect, opens one."
                .to_owned(),
        );
    } else {
        let earlier = state
            .plan
            .as_ref()
            .map(|p| p.credentials.clone())
            .unwrap_or_default();
        state.popup = Some(Popup::Form(Form::log_in(&earlier)));
    }
}

fn update_form(state: &mut State, mut form: Form, action: Action) -> Vec<Effect> {
    match action {
        Action::Back => {
            return match form.kind {
                FormKind::Password { .. } if state.events.asks => state.password_for_live(None),
                FormKind::Password { .. } => {
                    state.console.password_given();
                    state.message = Some(
                        "Not logged in. F4 asks again; LOGIN and AUTHENTICATE can be typed too."
                            .to_owned(),
                    );
                    vec![Effect::StopErrands, Effect::Send(Request::Password(None))]
                }
                FormKind::Import => {
                    state.popup = form.behind.map(|behind| Popup::Form(*behind));
                    Vec::new()
                }
                FormKind::Connect => vec![Effect::StopErrands],
                FormKind::RunPassword { .. } => {
                    snippets::back_to_run(state);
                    vec![Effect::Order(Order::Password(None))]
                }
                FormKind::Variables => {
                    snippets::back_to_run(state);
                    Vec::new()
                }
                FormKind::Write { of_run, .. } => {
                    if of_run {
                        snippets::back_to_run(state);
                    }
                    Vec::new()
                }
                FormKind::LogIn
                | FormKind::Save { .. }
                | FormKind::SavePart { .. }
                | FormKind::Export => Vec::new(),
            };
        }
        Action::Accept => return accept(state, form),
        Action::Next | Action::Previous => {
            form.turn(action == Action::Next);
            look_into_netrc(state, &mut form);
        }
        Action::UseFound if form.kind == FormKind::Connect => use_found(state, &mut form),
        Action::AskOffers if form.kind == FormKind::Connect => {
            let effects = ask_offers(state, &mut form);
            state.popup = Some(Popup::Form(form));
            return effects;
        }
        Action::RunOnTerminal if matches!(form.kind, FormKind::Password { .. }) => {
            match form.command.clone() {
                Some(command) => {
                    state.popup = Some(Popup::Form(form));
                    // One that is still running would ask a second time.
                    return vec![Effect::StopErrands, Effect::AskOnTerminal(command)];
                }
                None => {
                    form.error = Some(
                        "There is no command to run: none was given with password_from.".to_owned(),
                    );
                }
            }
        }
        Action::Demo if form.kind == FormKind::Connect => match &state.options.demo {
            // Beside what is open, as any other connection.
            Some(plan) if state.is_connected() || state.is_log() => {
                return vec![Effect::Open(Box::new(Opening::new(plan.clone())))];
            }
            Some(plan) => return vec![Effect::Connect(Box::new(plan.clone()))],
            None => form.error = Some("This build has no demo.".to_owned()),
        },
        Action::Import if form.kind == FormKind::Connect => form = Form::import(form),
        // Taken at once: there may be a password in it, and that is not for the screen.
        Action::Paste(text) if form.kind == FormKind::Import => return import(state, form, &text),
        Action::Paste(text) => {
            let left_out = form.insert(&text);
            if left_out {
                state.message =
                    Some("Line ends and control characters of the paste were left out.".to_owned());
            }
        }
        Action::Type(key) => type_into(&mut form, key),
        _ => {}
    }
    state.popup = Some(Popup::Form(form));
    Vec::new()
}

fn type_into(form: &mut Form, key: Key) {
    use super::super::form::Value;
    form.error = None;
    let at = form.focus;
    match form.fields.get_mut(at).map(|f| &mut f.value) {
        Some(Value::Text(line) | Value::Secret(line)) => {
            line.key(key);
        }
        Some(Value::Choice { .. }) if key.typed() == Some(' ') => form.sideways(true, key),
        _ => {}
    }
}

fn accept(state: &mut State, mut form: Form) -> Vec<Effect> {
    match form.kind.clone() {
        FormKind::Save { content, asked } => return inspector::save(state, form, content, asked),
        FormKind::SavePart { source, asked } => return messages::save(state, form, source, asked),
        FormKind::Password { .. } => match form.secret() {
            Some(secret) if state.events.asks => return state.password_for_live(Some(secret)),
            Some(secret) => {
                state.console.password_given();
                return vec![Effect::StopErrands, state.try_secret(secret)];
            }
            None => form.error = Some("Type the password, or Esc: not now.".to_owned()),
        },
        FormKind::LogIn => {
            let earlier = state
                .plan
                .as_ref()
                .map(|p| p.credentials.clone())
                .unwrap_or_default();
            match form.credentials(&earlier) {
                Ok(credentials) => return vec![state.try_login(credentials)],
                Err(sentence) => form.error = Some(sentence),
            }
        }
        FormKind::Import => {
            let text = zeroize::Zeroizing::new(form.only().to_owned());
            return import(state, form, &text);
        }
        FormKind::Export => return out::accept_export(state, form),
        FormKind::Write { .. } => return snippets::write(state, form),
        FormKind::Variables => return snippets::filled(state, &form),
        FormKind::RunPassword { .. } => match form.secret() {
            Some(secret) => {
                snippets::back_to_run(state);
                return vec![Effect::Order(Order::Password(Some(secret)))];
            }
            None => form.error = Some("Type the password, or Esc: the run ends.".to_owned()),
        },
        FormKind::Connect => match planned(state, &form) {
            // Beside what is open; where nothing is, here.
            Ok(opening) if state.is_connected() || state.is_log() => {
                return vec![Effect::Open(Box::new(opening))];
            }
            Ok(opening) => {
                state.keep = opening.keep;
                // Nothing is open here, so nothing is to be sent for it.
                state.console.set_safe_mode(opening.safe);
                state.options.mailbox = opening.mailbox.or(state.options.mailbox.take());
                return vec![Effect::Connect(Box::new(opening.plan))];
            }
            Err(sentence) => form.error = Some(sentence),
        },
    }
    state.popup = Some(Popup::Form(form));
    Vec::new()
}

/// What the connect form asks for; its profile is written first. The error is a sentence.
fn planned(state: &mut State, form: &Form) -> Result<Opening, String> {
    let base = form.base.as_deref();
    let plan = form.plan(base.map(|b| &b.plan).or(state.plan.as_ref()))?;
    if let Some(name) = form.profile()? {
        let file =
            state.options.config.clone().ok_or(
                "Remember: no config file is in use (no home directory, or --config \"\").",
            )?;
        let from = form.keeps_password().then_some("keyring");
        (state.options.lent.remember)(&file, &name, &plan, from, form.safe_mode())?;
        let file = file.display();
        state.message = Some(format!("Written to {file}: imapsh @{name} opens it."));
    }
    Ok(Opening {
        keep: form.keeps_password(),
        safe: form.safe_mode(),
        mailbox: base.and_then(|b| b.mailbox.clone()),
        ..Opening::new(plan)
    })
}

/// Fills the connect form from another tool's command line.
fn import(state: &mut State, mut form: Form, text: &str) -> Vec<Effect> {
    match (state.options.lent.import)(text) {
        Ok(imported) => {
            let mut filled = Form::connect(Some(&imported.opening.plan));
            filled.set_safe_mode(
                form.behind
                    .as_ref()
                    .map_or_else(Default::default, |f| f.safe_mode()),
            );
            filled.note = (!imported.notes.is_empty()).then(|| imported.notes.join(" "));
            filled.base = Some(Box::new(imported.opening));
            form = filled;
        }
        Err(sentence) => form.error = Some(sentence),
    }
    state.popup = Some(Popup::Form(form));
    Vec::new()
}
