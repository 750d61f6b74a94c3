//! F1 on a reply: what it means.

use super::super::effect::Effect;
use super::super::inspector::{Subject, Tab};
use super::super::layout::{Focus, VERY_WIDE};
use super::super::popup::Popup;
use super::super::state::State;

/// The line at the transcript's cursor, or the answer of the command that begins there.
fn line(state: &State) -> Option<usize> {
    let transcript = state.console.transcript();
    let spot = state.scroll.cursor(transcript)?;
    match Subject::of_line(transcript, spot.line) {
        Subject::Line(line) => Some(line),
        Subject::Command(command) => transcript.command(command)?.completion_line,
    }
}

/// Whether F1 explains a line just now; else it is the help.
pub(super) fn explains(state: &State) -> bool {
    state.focus == Focus::Transcript && line(state).is_some_and(|line| state.console.explains(line))
}

/// In the inspector where that has room beside the transcript, else over it.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let Some(line) = line(state) else {
        return Vec::new();
    };
    if state.area.width >= VERY_WIDE {
        state.inspector.wish = Some(true);
        state.inspector.turn_to(Tab::Explain);
        state.settle();
        return Vec::new();
    }
    state.popup = Some(Popup::Explain {
        lines: state.console.explain(line),
        top: 0,
    });
    Vec::new()
}

/// `:why COMMAND`.
pub(super) fn why(state: &mut State, text: &str) -> Vec<Effect> {
    state.popup = Some(Popup::Explain {
        lines: state.console.why(text),
        top: 0,
    });
    Vec::new()
}
