//! The transcript pane.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::layout::Focus;
use super::super::manner::Form;
use super::super::out::Part;
use super::super::rows::Look;
use super::super::scroll::Scroll;
use super::super::state::State;
use super::find;
use super::recall::recalled;
use crate::transcript::{CommandRecord, Transcript};

/// Columns that one key scrolls to the side.
const SIDEWAYS: usize = 20;

pub(super) fn update(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Up => moving(state, Scroll::up),
        Action::Down => moving(state, Scroll::down),
        Action::PageUp => moving(state, Scroll::page_up),
        Action::PageDown => moving(state, Scroll::page_down),
        Action::Top => moving(state, |scroll, transcript, _, _| scroll.top(transcript)),
        Action::Bottom => moving(state, |scroll, transcript, _, _| scroll.bottom(transcript)),
        Action::Fold => moving(state, Scroll::fold),
        Action::FoldAll => moving(state, Scroll::fold_all),
        Action::ToggleTimes => state.scroll.manner.times = state.scroll.manner.times.next(),
        Action::ToggleWrap => {
            let manner = &mut state.scroll.manner;
            (manner.wrap, manner.column) = (!manner.wrap, 0);
            anew(state);
        }
        Action::ToggleGrouped => {
            let grouped = state.look().0.grouped;
            state.scroll.manner.grouped = Some(!grouped);
            anew(state);
        }
        Action::ToggleDecoded => {
            state.scroll.manner.decoded = !state.scroll.manner.decoded;
            anew(state);
        }
        Action::TogglePretty => show_as(state, Form::Pretty),
        Action::ToggleHex => show_as(state, Form::Hex),
        Action::ScrollLeft | Action::ScrollRight => sideways(state, action == Action::ScrollRight),
        Action::PreviousCommand | Action::NextCommand => {
            let forward = action == Action::NextCommand;
            moving(state, |scroll, transcript, look, height| {
                let first = |c: &CommandRecord| Some(c.first_line);
                match scroll.find_command(transcript, forward, first) {
                    Some(spot) => scroll.go(transcript, look, height, spot),
                    None if forward => scroll.bottom(transcript),
                    None => scroll.top(transcript),
                }
            });
        }
        Action::PreviousFailure | Action::NextFailure => {
            let transcript = state.console.transcript();
            if let Some(spot) = state.scroll.cursor(transcript) {
                let forward = action == Action::NextFailure;
                state.finding.seek_failure(transcript, spot.line, forward);
            }
        }
        Action::Mark => mark(state),
        Action::GoToMark => go_to_mark(state),
        Action::ClearMarks => {
            state.message = Some(match state.marks.len() {
                0 => "There is no mark: m sets one.".to_owned(),
                1 => "The mark was taken away.".to_owned(),
                count => format!("{count} marks were taken away."),
            });
            state.marks.clear();
        }
        Action::Recall => recall(state),
        Action::Clear => return find::clear(state),
        Action::Copy => super::out::offer(state),
        Action::Export => super::out::open_export(state, Part::All),
        Action::Back => state.focus = Focus::Editor,
        Action::Paste(text) => {
            // A paste is meant for the editor, wherever the focus is; it never presses keys.
            state.focus = Focus::Editor;
            return super::editor::update(state, Action::Paste(text));
        }
        _ => {}
    }
    Vec::new()
}

/// Lets the pane move while it looks at the rest of the state.
pub(super) fn moving<T>(
    state: &mut State,
    step: impl FnOnce(&mut Scroll, &Transcript, &Look<'_>, usize) -> T,
) -> T {
    let manner = state.scroll.manner;
    let mut scroll = std::mem::take(&mut state.scroll);
    state.scroll.manner = manner;
    let (look, height) = state.look();
    let outcome = step(&mut scroll, state.console.transcript(), &look, height);
    drop(look);
    state.scroll = scroll;
    outcome
}

/// Rows are others now: the cursor stays on the screen.
fn anew(state: &mut State) {
    moving(state, |scroll, transcript, look, height| {
        if !scroll.follow
            && let Some(spot) = scroll.cursor(transcript)
        {
            scroll.skipped = 0;
            scroll.go(transcript, look, height, spot);
        }
    });
}

/// In this form, or, if it is so already, as it passed.
fn show_as(state: &mut State, form: Form) {
    let form = match state.scroll.manner.form == form {
        true => Form::Wire,
        false => form,
    };
    state.scroll.show_as(form);
    anew(state);
}

fn sideways(state: &mut State, right: bool) {
    let manner = &mut state.scroll.manner;
    if manner.wrap {
        state.message =
            Some("Long lines are wrapped: w cuts them, then there is a side.".to_owned());
    } else if right {
        manner.column = (manner.column + SIDEWAYS).min(64 * 1024);
    } else {
        manner.column = manner.column.saturating_sub(SIDEWAYS);
    }
}

fn mark(state: &mut State) {
    let transcript = state.console.transcript();
    let Some(spot) = state.scroll.cursor(transcript) else {
        return;
    };
    let set = state.marks.toggle(spot.line);
    let count = state.marks.len();
    state.message = Some(match (set, count) {
        (true, 1) => "Marked; ' comes back here.".to_owned(),
        (true, _) => format!("Marked; there are {count} marks, ' goes to the next."),
        (false, _) => "The mark was taken away.".to_owned(),
    });
}

fn go_to_mark(state: &mut State) {
    let transcript = state.console.transcript();
    let line = state.scroll.cursor(transcript).map_or(0, |spot| spot.line);
    match state.marks.after(line) {
        Some(line) => go_to(state, line),
        None => state.message = Some("There is no mark: m sets one.".to_owned()),
    }
}

/// The cursor to a line, whatever hides it.
pub(super) fn go_to(state: &mut State, line: usize) {
    let shown = moving(state, |scroll, transcript, look, height| {
        scroll.reveal(transcript, look, height, line)
    });
    if !shown {
        state.message = Some(match state.console.transcript().is_empty() {
            true => "There is no line yet.".to_owned(),
            false => "The filter hides that line: Esc clears the filter.".to_owned(),
        });
    }
}

fn recall(state: &mut State) {
    let transcript = state.console.transcript();
    let command = state
        .scroll
        .cursor(transcript)
        .and_then(|spot| transcript.line_command(spot.line));
    match command.and_then(|c| recalled(transcript, c)) {
        Some(recalled) => {
            state.message = recalled.note;
            if state.editor.is_masked() {
                state.message = Some("The server waits for an answer: not now.".to_owned());
            } else {
                state.editor.set_text(&recalled.text);
                state.focus = Focus::Editor;
                state.browsing = None;
                state.confirm = None;
            }
        }
        None => state.message = Some("This line belongs to no command.".to_owned()),
    }
}

impl Scroll {
    /// The number of lines below the screen, for the title.
    pub fn lines_below(&self, lines: usize) -> usize {
        if self.follow {
            0
        } else {
            lines.saturating_sub(self.cursor.line + 1)
        }
    }
}
