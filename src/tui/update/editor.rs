//! The command editor.

use super::super::action::Action;
use super::super::editor::EditError;
use super::super::effect::Effect;
use super::super::field::Line;
use super::super::layout::Focus;
use super::super::palette;
use super::super::popup::Popup;
use super::super::state::{Browsing, Confirm, State};
use super::{close, local, quit, send, writing};
use crate::catalog::{self, Candidate};
use crate::console::{Submission, SubmitMode, local as verbs};
use crate::session::Awaiting;

/// Why a command goes nowhere from a log.
const NOTHING_CONNECTED: &str = "This is a log: nothing is connected, so nothing is sent. \
     :connect opens a session in a tab of its own.";

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
            // What is typed already is searched for.
            let typed = state.editor.text();
            let query = Line::new(if typed.contains('\n') {
                ""
            } else {
                typed.trim()
            });
            let mut matches = super::popup::history_matches(state, query.text(), false);
            let query = match matches.is_empty() {
                true => Line::new(""),
                false => query,
            };
            if matches.is_empty() {
                matches = super::popup::history_matches(state, "", false);
            }
            if matches.is_empty() {
                state.message = Some("The history is empty.".to_owned());
            } else {
                state.popup = Some(Popup::History {
                    query,
                    matches,
                    chosen: 0,
                    here: false,
                });
            }
            return Vec::new();
        }
        Action::Complete => {
            complete(state, false);
            return Vec::new();
        }
        Action::CompletePrevious => {
            complete(state, true);
            return Vec::new();
        }
        Action::ExternalEditor => return writing::external_editor(state),
        Action::DryRun => {
            let text = state.editor.text();
            writing::dry_run(state, &text);
            return Vec::new();
        }
        Action::Type(key) if key.typed() == Some(':') && takes_verbs(state) => {
            super::palette::open(state, "");
            return Vec::new();
        }
        _ => {}
    }
    let masked = state.editor.is_masked();
    // Everything below changes the text or moves in it.
    match action {
        Action::EndOfInput => state.editor.delete_next(),
        Action::NewLine => state.editor.new_line(),
        Action::Undo => state.editor.undo(),
        Action::DeleteToHead => state.editor.delete_to_head(),
        Action::Right => match suggested(state) {
            Some(rest) => paste(state, &rest),
            None => state.editor.right(),
        },
        Action::LineEnd => match suggested(state) {
            Some(rest) => paste(state, &rest),
            None => state.editor.line_end(),
        },
        Action::LiteralFromFile if !masked => {
            paste(state, "{@");
            offer(state);
        }
        Action::Base64 if !masked => writing::base64(state, false),
        Action::Base64Decode if !masked => writing::base64(state, true),
        Action::MailboxEncoding if !masked => writing::mailbox_encoding(state),
        Action::QuoteWord if !masked => writing::quote_word(state),
        Action::InsertDate if !masked => writing::insert_date(state),
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

/// Whether `:` opens the palette: in an empty editor that waits for a command.
fn takes_verbs(state: &State) -> bool {
    state.editor.is_empty()
        && !state.editor.is_masked()
        && matches!(
            state.console.awaiting(),
            Awaiting::Command | Awaiting::IdleDone
        )
}

/// The rest of the grey suggestion, if the cursor is where it begins.
fn suggested(state: &mut State) -> Option<String> {
    if !state.editor.at_end() || state.editor.selection().is_some() {
        return None;
    }
    state.suggestion()
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
    if state.is_log() && !text.trim_start().starts_with(':') && !text.trim().is_empty() {
        state.message = Some(NOTHING_CONNECTED.to_owned());
        return Vec::new();
    }
    if mode != SubmitMode::AsTyped && recalled(state, &text) {
        return Vec::new();
    }
    match state.console.submit(&text, mode) {
        Submission::Send(requests) => {
            state.editor.wipe();
            state.browsing = None;
            if let Some(vi) = &mut state.vi {
                vi.sent();
            }
            state.scroll.bottom(state.console.transcript());
            send(requests)
        }
        Submission::Incomplete(why) => {
            state.editor.new_line();
            state.message = Some(format!("Not complete: {why}. Ctrl+J sends it as it is."));
            Vec::new()
        }
        Submission::Confirm { wire, findings } => {
            state.confirm = Some(Confirm {
                text: text.to_string(),
                wire,
                findings,
            });
            Vec::new()
        }
        Submission::Asks(requests) => {
            state.keep_question();
            send(requests)
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

/// `!text`: the newest command of the history that begins with it, or holds it, comes into the editor.
fn recalled(state: &mut State, text: &str) -> bool {
    let wanted = match text.trim().strip_prefix('!') {
        Some(wanted) if !wanted.is_empty() && takes_commands(state) => wanted,
        _ => return false,
    };
    match state.console.history().recall(wanted) {
        Some(text) => {
            state.editor.set_text(&text);
            state.browsing = None;
        }
        None => {
            state.message = Some(format!("The history has no command with {wanted:?} in it."));
        }
    }
    true
}

fn takes_commands(state: &State) -> bool {
    matches!(
        state.console.awaiting(),
        Awaiting::Command | Awaiting::IdleDone
    )
}

/// What can be put at the cursor.
fn candidates(state: &State) -> Vec<Candidate> {
    if state.editor.is_masked() {
        return Vec::new();
    }
    let text = state.editor.text();
    let cursor = state.editor.cursor_offset();
    if let Some(start) = super::paths::begun(&text, cursor) {
        return super::paths::candidates(&text, start, cursor);
    }
    if text.starts_with(':') {
        return verb_candidates(state, &text, cursor);
    }
    catalog::complete(&text, cursor, state.console.model(), state.console.live())
}

/// Shows the candidates, if there are any, and takes none.
pub(super) fn offer(state: &mut State) {
    let candidates = candidates(state);
    state.popup = (!candidates.is_empty()).then_some(Popup::Completion {
        candidates,
        chosen: 0,
    });
}

fn complete(state: &mut State, last: bool) {
    if state.editor.is_masked() {
        return;
    }
    let text = state.editor.text();
    let mut candidates = candidates(state);
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
            let chosen = if last { candidates.len() - 1 } else { 0 };
            state.popup = Some(Popup::Completion { candidates, chosen });
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

/// Console verbs, behind a colon, and what can stand behind one.
fn verb_candidates(state: &State, text: &str, cursor: usize) -> Vec<Candidate> {
    let typed = text.get(..cursor).unwrap_or_default();
    let candidate = |value: &str, detail: &str, start| Candidate {
        text: value.to_owned(),
        label: value.to_owned(),
        detail: detail.to_owned(),
        replaces: start..cursor,
    };
    if let Some((name, begun)) = typed.split_once(' ') {
        let verb = verbs::VERBS.iter().find(|v| v.name == name);
        let values = verb.map_or_else(Vec::new, |v| palette::values(state, v.argument, begun));
        let fits = values.iter().filter(|(value, _)| value.starts_with(begun));
        return fits
            .map(|(value, help)| candidate(value, help, name.len() + 1))
            .collect();
    }
    let fits = verbs::VERBS.iter().filter(|v| v.name.starts_with(typed));
    fits.map(|v| candidate(v.name, v.help, 0)).collect()
}
