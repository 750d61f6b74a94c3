//! *Act as* (F4), and the list of sessions.

use super::super::act_as::{ActAs, Known};
use super::super::action::Action;
use super::super::effect::{Effect, Opening};
use super::super::field::Line;
use super::super::popup::Popup;
use super::super::state::State;
use crate::console::Phase;
use crate::sasl::Credentials;

/// Opens the popup; where nobody is logged in, the login form.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    if !state.console.identity().is_logged_in() {
        super::popup::open_login(state);
        return Vec::new();
    }
    let Some(credentials) = state.credentials_as("") else {
        state.message = Some(unknown_login().to_owned());
        return Vec::new();
    };
    let authcid = credentials.authcid.unwrap_or_default();
    let now = state.console.identity().effective().unwrap_or_default();
    let mut known: Vec<Known> = Vec::new();
    let mut offer = |name: &str, about: &'static str| {
        if name != now && known.iter().all(|k| k.name != name) {
            known.push(Known {
                name: name.to_owned(),
                about,
            });
        }
    };
    offer(&authcid, "oneself: the one who logged in");
    for name in state.before.iter().rev() {
        offer(name, "back: who you were before");
    }
    for name in state.users.iter() {
        offer(name, "");
    }
    let here = offers_unauthenticate(state);
    state.popup = Some(Popup::ActAs(ActAs {
        name: Line::default(),
        known,
        chosen: None,
        authcid,
        here,
        error: None,
    }));
    Vec::new()
}

fn unknown_login() -> &'static str {
    "Nobody knows who logged in here (PREAUTH, a certificate, AUTHENTICATE by hand): :connect opens another session."
}

fn offers_unauthenticate(state: &State) -> bool {
    *state.console.phase() == Phase::Ready
        && state
            .console
            .model()
            .capabilities()
            .advertised("UNAUTHENTICATE")
            == Some(true)
}

/// A key in the popup.
pub(super) fn update(state: &mut State, mut popup: ActAs, action: Action) -> Vec<Effect> {
    match action {
        Action::Back => return Vec::new(),
        Action::Down | Action::Next => popup.turn(true),
        Action::Up | Action::Previous => popup.turn(false),
        Action::Type(key) => {
            popup.error = None;
            if popup.name.key(key) {
                popup.chosen = None;
            }
        }
        Action::Paste(text) => {
            popup.error = None;
            popup.chosen = None;
            popup.name.insert(text.trim());
        }
        Action::Beside => {
            let wanted = popup.wanted();
            if wanted.is_empty() {
                popup.error =
                    Some("Beside whom? Type a name, or choose one with Down and Up.".to_owned());
            } else {
                match super::sides::with(state, &wanted, "") {
                    Ok(effects) => return effects,
                    Err(sentence) => popup.error = Some(sentence),
                }
            }
        }
        Action::Accept | Action::AcceptHere => {
            let wanted = popup.wanted();
            let here = action == Action::AcceptHere;
            if wanted.is_empty() {
                popup.error =
                    Some("Whose mail? Type a name, or choose one with Down and Up.".to_owned());
            } else if here && !popup.here {
                popup.error = Some(
                    "This server does not offer UNAUTHENTICATE: Enter opens a session of its own."
                        .to_owned(),
                );
            } else {
                match act_as(state, &wanted, here) {
                    Ok(effects) => return effects,
                    Err(sentence) => popup.error = Some(sentence),
                }
            }
        }
        _ => {}
    }
    state.popup = Some(Popup::ActAs(popup));
    Vec::new()
}

/// To be `user`: in a tab of its own, or on this connection. The error is a sentence.
pub(super) fn act_as(state: &mut State, user: &str, here: bool) -> Result<Vec<Effect>, String> {
    if !state.console.identity().is_logged_in() {
        return Err("Nobody is logged in here: F4 or :login asks who.".to_owned());
    }
    let credentials = state.credentials_as(user).ok_or_else(unknown)?;
    if credentials.effective() == state.console.identity().effective() {
        return Err("That is who you are already.".to_owned());
    }
    if here {
        return state.begin_to_be(credentials);
    }
    Ok(vec![Effect::Open(Box::new(opening(state, credentials)?))])
}

/// A session beside this one, with these credentials.
fn opening(state: &State, credentials: Credentials) -> Result<Opening, String> {
    let mut plan = state.plan.clone().ok_or_else(unknown)?;
    plan.credentials = credentials;
    let mut before = state.before.clone();
    before.extend(state.console.identity().effective().map(str::to_owned));
    Ok(Opening {
        before,
        users: state.users.clone(),
        safe: state.console.safe_mode(),
        listen: state.live.is_some(),
        ..Opening::new(plan)
    })
}

impl State {
    /// A session of `user` with the login of this one. The error is a sentence.
    pub(in crate::tui) fn opening_as(&self, user: &str) -> Result<Opening, String> {
        if !self.console.identity().is_logged_in() {
            return Err("Nobody is logged in here: F4 or :login asks who.".to_owned());
        }
        opening(self, self.credentials_as(user).ok_or_else(unknown)?)
    }

    /// Another session of who is logged in here.
    pub(in crate::tui) fn opening_as_now(&self) -> Result<Opening, String> {
        let now = self.console.identity().effective().unwrap_or_default();
        self.opening_as(now)
    }
}

fn unknown() -> String {
    unknown_login().to_owned()
}

/// The list of sessions.
pub(super) fn open_tabs(state: &mut State) {
    let chosen = state.strip.current;
    state.popup = Some(Popup::Tabs { chosen });
}

/// A key in the list of sessions.
pub(super) fn update_tabs(state: &mut State, chosen: usize, action: Action) -> Vec<Effect> {
    let count = state.strip.tabs.len().max(1);
    let chosen = match action {
        Action::Back => return Vec::new(),
        Action::Down | Action::Next => (chosen + 1) % count,
        Action::Up | Action::Previous => (chosen + count - 1) % count,
        Action::Accept | Action::AcceptHere => return vec![Effect::GoTo(chosen)],
        Action::Type(key) => match key.typed().and_then(|c| c.to_digit(10)) {
            Some(number @ 1..) if (number as usize) <= count => {
                return vec![Effect::GoTo(number as usize - 1)];
            }
            _ => chosen,
        },
        _ => chosen,
    };
    state.popup = Some(Popup::Tabs { chosen });
    Vec::new()
}
