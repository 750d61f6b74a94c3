//! The one way by which a pane that browses does something: its commands go to the server, or, behind the
//! key for that, into the editor. What a key of a pane does is an [`Ask`] (`console/asks.rs`) given to
//! [`issue`]; what only fills in what is shown goes to `Console::ask` and is never diverted.

use super::super::effect::Effect;
use super::super::layout::{Focus, Shape};
use super::super::state::State;
use super::send;
use crate::console::{Ask, AskId};

/// Sends these commands, or writes them into the editor if [`State::into_editor`] says so. The ids are
/// those of `Console::told_to`; none if nothing was sent.
pub(super) fn issue(state: &mut State, asks: Vec<Ask>) -> (Vec<AskId>, Vec<Effect>) {
    if std::mem::take(&mut state.into_editor) {
        if asks.is_empty() {
            state.message = Some("This key sends nothing here.".to_owned());
            return (Vec::new(), Vec::new());
        }
        let texts: Option<Vec<&str>> = asks.iter().map(Ask::text).collect();
        write(state, texts.map(|texts| texts.join("\n")));
        return (Vec::new(), Vec::new());
    }
    if !state.console.can_ask() {
        state.message = Some(
            if state.console.identity().is_logged_in() {
                "The server waits for an answer: not now."
            } else {
                "Nobody is logged in: not now."
            }
            .to_owned(),
        );
        return (Vec::new(), Vec::new());
    }
    let (ids, requests) = state.console.ask_all(asks);
    (ids, send(requests))
}

/// Puts a command into the editor, for the user to change and send; `None`: no text can hold it.
pub(super) fn write(state: &mut State, text: Option<String>) {
    state.into_editor = false;
    let Some(text) = text else {
        state.message = Some(
            "No text can hold this name (NUL, a line end, or octets that are no UTF-8); Enter opens the mailbox."
                .to_owned(),
        );
        return;
    };
    if state.editor.is_masked() {
        state.message = Some("The server waits for an answer: not now.".to_owned());
        return;
    }
    state.editor.set_text(&text);
    state.confirm = None;
    state.browsing = None;
    state.focus = Focus::Editor;
    if state.layout().shape == Shape::Stacked && state.sidebar_wish == Some(true) {
        // It lies over the transcript, and has done what it was wanted for.
        state.sidebar_wish = None;
    }
}

/// The key: the next command of a pane goes into the editor; once more: it does not.
pub(super) fn divert(state: &mut State) {
    state.into_editor = !state.into_editor;
    state.message = state
        .into_editor
        .then(|| "The next command goes into the editor, not to the server.".to_owned());
}
