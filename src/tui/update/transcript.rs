//! The transcript pane.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::layout::Focus;
use super::super::scroll::Scroll;
use super::super::state::State;
use super::recall::recalled;
use crate::transcript::CommandRecord;
use crate::wire::response::Status;

pub(super) fn update(state: &mut State, action: Action) -> Vec<Effect> {
    // The pane's state is taken out while it looks at the rest of the state.
    let mut scroll = std::mem::take(&mut state.scroll);
    let times = (scroll.times, scroll.wrap);
    state.scroll.times = times.0;
    state.scroll.wrap = times.1;
    let (look, height) = state.look();
    let transcript = state.console.transcript();
    let mut message = None;
    match action {
        Action::Up => scroll.up(transcript, &look, height),
        Action::Down => scroll.down(transcript, &look, height),
        Action::PageUp => scroll.page_up(transcript, &look, height),
        Action::PageDown => scroll.page_down(transcript, &look, height),
        Action::Top => scroll.top(transcript),
        Action::Bottom => scroll.bottom(transcript),
        Action::Fold => scroll.fold(transcript, &look, height),
        Action::FoldAll => scroll.fold_all(transcript, &look, height),
        Action::ToggleTimes => scroll.times = !scroll.times,
        Action::ToggleWrap => scroll.wrap = !scroll.wrap,
        Action::PreviousCommand | Action::NextCommand => {
            let forward = action == Action::NextCommand;
            let found =
                scroll.find_command(transcript, forward, |c: &CommandRecord| Some(c.first_line));
            match found {
                Some(spot) => scroll.go(transcript, &look, height, spot),
                None if forward => scroll.bottom(transcript),
                None => scroll.top(transcript),
            }
        }
        Action::PreviousFailure | Action::NextFailure => {
            let failed = |c: &CommandRecord| match c.status {
                Some(Status::No | Status::Bad | Status::Bye) => c.completion_line,
                _ => None,
            };
            match scroll.find_command(transcript, action == Action::NextFailure, failed) {
                Some(spot) => scroll.go(transcript, &look, height, spot),
                None => message = Some("No other NO, BAD or BYE in this direction.".to_owned()),
            }
        }
        Action::Recall => {
            let command = scroll
                .cursor(transcript)
                .and_then(|spot| transcript.line_command(spot.line));
            match command.and_then(|c| recalled(transcript, c)) {
                Some(recalled) => {
                    message = recalled.note;
                    if state.editor.is_masked() {
                        message = Some("The server waits for an answer: not now.".to_owned());
                    } else {
                        state.editor.set_text(&recalled.text);
                        state.focus = Focus::Editor;
                        state.browsing = None;
                        state.confirm = None;
                    }
                }
                None => message = Some("This line belongs to no command.".to_owned()),
            }
        }
        Action::Back => state.focus = Focus::Editor,
        Action::Paste(text) => {
            // A paste is meant for the editor, wherever the focus is; it never presses keys.
            state.focus = Focus::Editor;
            state.scroll = scroll;
            return super::editor::update(state, Action::Paste(text));
        }
        _ => {}
    }
    state.scroll = scroll;
    state.message = message;
    Vec::new()
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
