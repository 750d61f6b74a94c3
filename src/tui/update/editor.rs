//! The command editor.

use super::super::action::Action;
use super::super::editor::EditError;
use super::super::effect::Effect;
use super::super::field::Line;
use super::super::layout::Focus;
use super::super::popup::Popup;
use super::super::state::{Browsing, Confirm, State};
use super::{close, local, quit, send};
use crate::catalog::{self, Candidate};
use crate::console::{Submission, SubmitMode, local as verbs};
use crate::session::Awaiting;

pub(super) fn update(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Submit => {
            let text = state.editor.text();
            let confirmed = state.confirm.as_ref().is_some_and(|c| c.text == text);
            return submit(
                state,
                if confirmed {
                    SubmitMode::Confirmed
                } else {
                    SubmitMode::Normal
                },
            );
        }
        Action::SubmitAsTyped => return submit(state, SubmitMode::AsTyped),
        Action::Back => {
            state.focus = Focus::Transcript;
            return Vec::new();
        }
        Action::EndOfInput if state.editor.is_empty() => {
            return if state.strip.several() {
                close(state)
            } else {
                quit(state)
            };
        }
        Action::HistorySearch => {
            if state.editor.is_masked() {
                return Vec::new();
            }
            let query = Line::new("");
            let matches = super::popup::history_matches(state, "");
            if matches.is_empty() {
                state.message = Some("The history is empty.".to_owned());
            } else {
                state.popup = Some(Popup::History {
                    query,
                    matches,
                    chosen: 0,
                });
            }
            return Vec::new();
        }
        Action::Complete => {
            complete(state);
            return Vec::new();
        }
        _ => {}
    }
    // Everything below changes the text or moves in it.
    match action {
        Action::EndOfInput => state.editor.delete_next(),
        Action::NewLine => state.editor.new_line(),
        Action::Undo => state.editor.undo(),
        Action::DeleteToHead => state.editor.delete_to_head(),
        Action::HistoryPrevious => {
            if !state.editor.on_first_line() {
                state.editor.line_up();
            } else {
                history(state, true);
            }
            return Vec::new();
        }
        Action::HistoryNext => {
            if !state.editor.on_last_line() {
                state.editor.line_down();
            } else {
                history(state, false);
            }
            return Vec::new();
        }
        Action::Paste(text) => paste(state, &text),
        Action::Type(key) => state.editor.key(key),
        _ => return Vec::new(),
    }
    if state
        .confirm
        .as_ref()
        .is_some_and(|c| c.text != state.editor.text())
    {
        state.confirm = None;
    }
    Vec::new()
}

/// A paste never sends, whatever it holds.
fn paste(state: &mut State, text: &str) {
    match state.editor.insert(text) {
        Ok(0) => {}
        Ok(gone) => {
            state.message = Some(format!(
                "{gone} characters of the paste cannot be shown and were left out; {{@path}} sends a file as it is."
            ));
        }
        Err(error @ EditError::TooLarge { .. }) => {
            state.message = Some(format!("Nothing was pasted: {error}."))
        }
    }
}

fn submit(state: &mut State, mode: SubmitMode) -> Vec<Effect> {
    let text = zeroize::Zeroizing::new(state.editor.text());
    state.confirm = None;
    match state.console.submit(&text, mode) {
        Submission::Send(requests) => {
            state.editor.wipe();
            state.browsing = None;
            state.scroll.bottom(state.console.transcript());
            send(requests)
        }
        Submission::Incomplete(why) => {
            state.editor.new_line();
            state.message = Some(format!("Not complete: {why}. Ctrl+J sends it as it is."));
            Vec::new()
        }
        Submission::Confirm { wire } => {
            state.confirm = Some(Confirm {
                text: text.to_string(),
                wire,
            });
            Vec::new()
        }
        Submission::Local(action) => {
            state.editor.wipe();
            state.browsing = None;
            local(state, action)
        }
        Submission::Refused(sentence) => {
            state.message = Some(sentence);
            Vec::new()
        }
        Submission::Empty => Vec::new(),
    }
}

/// Up and Down through the history; what was being written waits at its end.
fn history(state: &mut State, back: bool) {
    if state.console.awaiting() != Awaiting::Command
        && state.console.awaiting() != Awaiting::IdleDone
    {
        return;
    }
    let entries = state.console.history().entries();
    let count = entries.len();
    let from = state.browsing.as_ref().map_or(count, |b| b.index);
    let text = |index: usize| entries.get(index).map(|e| e.text.clone());
    let now = from
        .checked_sub(1)
        .filter(|_| back)
        .or((!back && from < count).then_some(from + 1));
    let Some(index) = now else { return };
    match text(index) {
        Some(text) => {
            let draft = match state.browsing.take() {
                Some(browsing) => browsing.draft,
                None => state.editor.text(),
            };
            state.browsing = Some(Browsing { index, draft });
            state.editor.set_text(&text);
        }
        // Past the newest one: the draft again.
        None => {
            if let Some(browsing) = state.browsing.take() {
                state.editor.set_text(&browsing.draft);
            }
        }
    }
    state.confirm = None;
}

fn complete(state: &mut State) {
    if state.editor.is_masked() {
        return;
    }
    let text = state.editor.text();
    let cursor = state.editor.cursor_offset();
    let mut candidates = verb_candidates(&text, cursor);
    candidates.extend(catalog::complete(&text, cursor, state.console.model()));
    match candidates.as_slice() {
        [] => state.message = Some("Nothing fits here.".to_owned()),
        [only] => {
            let only = only.clone();
            take(state, &only);
        }
        _ => {
            let shared = shared_prefix(&candidates);
            if let Some(first) = candidates.first() {
                let typed = text.get(first.replaces.clone()).unwrap_or_default();
                if shared.len() > typed.len()
                    && candidates.iter().all(|c| c.replaces == first.replaces)
                {
                    let range = first.replaces.clone();
                    for candidate in &mut candidates {
                        candidate.replaces = range.start..range.start + shared.len();
                    }
                    state.editor.replace(range, &shared);
                }
            }
            state.popup = Some(Popup::Completion {
                candidates,
                chosen: 0,
            });
        }
    }
}

/// Puts a candidate into the editor.
pub(super) fn take(state: &mut State, candidate: &Candidate) {
    state
        .editor
        .replace(candidate.replaces.clone(), &candidate.text);
    state.confirm = None;
}

/// What all candidates begin with, in the letters of the first.
fn shared_prefix(candidates: &[Candidate]) -> String {
    let Some(first) = candidates.first() else {
        return String::new();
    };
    let mut length = first.text.len();
    for candidate in candidates {
        let same = first
            .text
            .chars()
            .zip(candidate.text.chars())
            .take_while(|(a, b)| a.eq_ignore_ascii_case(b));
        length = length.min(same.map(|(a, _)| a.len_utf8()).sum());
    }
    first.text.get(..length).unwrap_or_default().to_owned()
}

/// Console verbs, behind a colon.
fn verb_candidates(text: &str, cursor: usize) -> Vec<Candidate> {
    let typed = text.get(..cursor).unwrap_or_default();
    if !typed.starts_with(':') || typed.contains(char::is_whitespace) {
        return Vec::new();
    }
    let fits = verbs::VERBS.iter().filter(|v| v.name.starts_with(typed));
    fits.map(|v| Candidate {
        text: v.name.to_owned(),
        label: v.name.to_owned(),
        detail: v.help.to_owned(),
        replaces: 0..cursor,
    })
    .collect()
}
