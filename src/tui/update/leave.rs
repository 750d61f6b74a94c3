//! Leaving: LOGOUT and quit, close a tab, drop the line.

use std::time::Instant;

use super::send;
use crate::channel::Request;
use crate::console::{Cancellation, Phase};
use crate::session::Awaiting;
use crate::tui::Outcome;
use crate::tui::effect::Effect;
use crate::tui::state::{Farewell, LOGOUT_LIMIT, State, Then};
use crate::wire::{Command, Origin};

/// LOGOUT in every session, and quit; a second time, or where nobody would answer, at once.
pub(super) fn quit(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    if state.strip.several() {
        effects.push(Effect::QuitOthers {
            politely: state.farewell.is_none(),
        });
    }
    effects.extend(quit_this(state));
    effects
}

/// The same for this tab alone: what the others are asked for.
pub fn quit_this(state: &mut State) -> Vec<Effect> {
    if state.farewell.is_some() || *state.console.phase() != Phase::Ready {
        return leave_this_now(state);
    }
    let effects = goodbye(state);
    if closes(&effects) {
        let outcome = state.outcome();
        return effects
            .into_iter()
            .chain([Effect::Leave(outcome)])
            .collect();
    }
    farewell(state, Then::Leave);
    state.message = Some("Logging out; once more leaves at once.".to_owned());
    effects
}

/// LOGOUT here; then the tab goes, unless it is the only one.
pub(super) fn close(state: &mut State) -> Vec<Effect> {
    if !state.is_connected() && !state.strip.several() {
        state.message = Some(
            "The connection is closed already. :reconnect opens it anew, :connect another one, :q quits."
                .to_owned(),
        );
        return Vec::new();
    }
    if state.farewell.is_some() || *state.console.phase() != Phase::Ready {
        state.farewell = None;
        return vec![Effect::Send(Request::Close), Effect::CloseTab];
    }
    let effects = goodbye(state);
    if closes(&effects) {
        return effects.into_iter().chain([Effect::CloseTab]).collect();
    }
    farewell(state, Then::CloseTab);
    state.message = Some("Logging out; once more closes at once.".to_owned());
    effects
}

pub(super) fn closes(effects: &[Effect]) -> bool {
    effects
        .iter()
        .any(|e| matches!(e, Effect::Send(Request::Close)))
}

pub(super) fn farewell(state: &mut State, then: Then) {
    state.farewell = Some(Farewell {
        deadline: Instant::now() + LOGOUT_LIMIT,
        then,
    });
}

/// What ends the session politely: LOGOUT, behind DONE or `*` if something is open; where not even
/// that can be said, the connection is closed.
pub(super) fn goodbye(state: &mut State) -> Vec<Effect> {
    state.console.leaving();
    let logout = Request::Submit(Command::line(Origin::User, "LOGOUT"));
    match state.console.awaiting() {
        Awaiting::Command | Awaiting::IdleDone | Awaiting::GoAhead => send(vec![logout]),
        Awaiting::Challenge => match state.console.cancel() {
            Cancellation::Send(mut requests) => {
                requests.push(logout);
                send(requests)
            }
            _ => send(vec![Request::Close]),
        },
        Awaiting::Literal { .. } | Awaiting::LineRest => send(vec![Request::Close]),
    }
}

pub(super) fn leave_now(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    if state.strip.several() {
        effects.push(Effect::QuitOthers { politely: false });
    }
    effects.extend(leave_this_now(state));
    effects
}

/// Drops the line of this tab.
pub fn leave_this_now(state: &mut State) -> Vec<Effect> {
    let outcome: Outcome = state.outcome();
    vec![Effect::Send(Request::Close), Effect::Leave(outcome)]
}
