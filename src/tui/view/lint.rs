//! Under the text: what is wrong, with a caret at the place; or that nothing is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::printable;
use super::super::state::State;
use super::super::typing::Beside;
use super::put;
use crate::catalog::{Effect, Severity};

/// `text` is where the text was drawn, `below` the rows right below it.
pub(super) fn draw(state: &State, text: Rect, below: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let caret = state.editor.cursor_offset();
    let (Some((finding, unfinished)), Some(sentence)) =
        (state.typing.told(caret), state.lint_sentence())
    else {
        put(buffer, below, 0, &fine(state));
        return;
    };
    let style = match (unfinished, finding.severity) {
        (true, _) => theme.dim,
        (false, Severity::Error) => theme.danger,
        (false, Severity::Warning) => theme.warning,
    };
    let width = usize::from(below.width);
    let long = printable::width(&sentence);
    let place = state.editor.place_of(finding.range.start, text);
    let under = place.filter(|at| at.y + 1 == below.y);
    let mut lines = Vec::new();
    match (under, place) {
        // The caret stands under the place, the sentence beside it, or in rows of its own below.
        (Some(at), _) => {
            let column = usize::from(at.x.saturating_sub(text.x));
            match Beside::new(column, long, width) {
                Some(Beside::Right) => lines.push(format!("{}^ {sentence}", " ".repeat(column))),
                Some(Beside::Left) => {
                    lines.push(format!("{}{sentence} ^", " ".repeat(column - long - 1)));
                }
                None if below.height > 1 => {
                    lines.push(format!("{}^", " ".repeat(column)));
                    lines.extend(wrapped(&sentence, width, usize::from(below.height) - 1));
                }
                None => lines.push(format!("^ {sentence}")),
            }
        }
        (None, Some(_)) => lines.extend(wrapped(&sentence, width, usize::from(below.height))),
        // Not on the screen: which line it is.
        (None, None) => {
            let before = state.editor.text();
            let before = before.get(..finding.range.start).unwrap_or_default();
            let sentence = format!("line {}: {sentence}", before.matches('\n').count() + 1);
            lines.extend(wrapped(&sentence, width, usize::from(below.height)));
        }
    }
    for (row, line) in (0u16..below.height).zip(lines) {
        let line = printable::fit(&line, width);
        put(buffer, below, row, &Line::styled(line, style));
    }
}

/// In so many rows, what has no room in the last one cut.
fn wrapped(sentence: &str, width: usize, rows: usize) -> Vec<String> {
    let places = printable::wrap(sentence, width, width);
    let cut = places.len() > rows;
    let mut lines: Vec<String> = places
        .iter()
        .take(rows)
        .map(|place| sentence.get(place.clone()).unwrap_or_default())
        .map(|row| row.trim_start().to_owned())
        .collect();
    if cut && let (Some(last), Some(place)) = (lines.last_mut(), places.get(rows.saturating_sub(1)))
    {
        *last = sentence.get(place.start..).unwrap_or_default().to_owned();
    }
    lines
}

/// Nothing is wrong: what the command does.
fn fine(state: &State) -> Line<'static> {
    let theme = &state.options.theme;
    let mut spans = vec![Span::styled("lint: ok", theme.ok)];
    let spec = state.typing.hint.as_ref().map(|hint| hint.spec);
    if let Some(spec) = spec {
        let does = match (spec.effect, spec.sets_seen) {
            (Effect::Reads, true) => "reads only, does not set \\Seen",
            (Effect::Reads, false) => "reads only",
            (Effect::Session, _) => "changes this connection only",
            (Effect::Writes, _) => "writes",
            (Effect::Destroys, _) => "destroys",
        };
        let style = match spec.effect {
            Effect::Destroys => theme.warning,
            _ => theme.dim,
        };
        spans.push(Span::styled(format!("   {does}"), style));
    }
    Line::from(spans)
}
