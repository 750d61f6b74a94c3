//! The tab Explain: what a reply means, and what to do next.

use super::super::state::State;
use super::super::view::told_style;
use super::{Press, Source, Subject};

/// The line that is explained: of a command that of its tagged response.
pub(super) fn line(state: &State, subject: Subject) -> Option<usize> {
    let transcript = state.console.transcript();
    let line = match subject {
        Subject::Line(line) => line,
        Subject::Command(command) => transcript.command(command)?.completion_line?,
    };
    state.console.explains(line).then_some(line)
}

pub(super) fn make(source: &Source<'_>, press: &mut Press<'_>) {
    let theme = press.theme();
    let Some(line) = line(source.state, source.subject) else {
        return;
    };
    for told in source.state.console.explain(line) {
        let (indent, style) = told_style(theme, &told);
        press.text(indent, &told.octets(), style);
    }
}
