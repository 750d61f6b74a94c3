//! The row under the text: what is wrong, with a caret at the place; or that nothing is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::printable;
use super::super::state::State;
use super::put;
use crate::catalog::{Effect, Severity};

/// `text` is where the text was drawn, `row` right below it.
pub(super) fn draw(state: &State, text: Rect, row: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let caret = state.editor.cursor_offset();
    let Some((finding, unfinished)) = state.typing.told(caret) else {
        put(buffer, row, 0, &fine(state));
        return;
    };
    let style = match (unfinished, finding.severity) {
        (true, _) => theme.dim,
        (false, Severity::Error) => theme.danger,
        (false, Severity::Warning) => theme.warning,
    };
    let more = match state.typing.findings.len() {
        0 | 1 => String::new(),
        count => format!("  (+{})", count - 1),
    };
    let sentence = format!("{}{more}", printable::line(&finding.sentence));
    let width = usize::from(row.width);
    let long = printable::width(&sentence);
    let place = state.editor.place_of(finding.range.start, text);
    let below = place.filter(|at| at.y + 1 == row.y);
    let line = match (below, place) {
        // The caret stands under the place, the sentence behind it, or before it where that has no room.
        (Some(at), _) => {
            let column = usize::from(at.x.saturating_sub(text.x));
            if column + 2 + long <= width {
                format!("{}^ {sentence}", " ".repeat(column))
            } else if long < column {
                format!("{}{sentence} ^", " ".repeat(column - long - 1))
            } else {
                let kept = width.saturating_sub(2);
                format!("^ {}", printable::fit(&sentence, kept))
            }
        }
        (None, Some(_)) => sentence,
        // Not on the screen: which line it is.
        (None, None) => {
            let before = state.editor.text();
            let before = before.get(..finding.range.start).unwrap_or_default();
            format!("line {}: {sentence}", before.matches('\n').count() + 1)
        }
    };
    let line = printable::fit(&line, width);
    put(buffer, row, 0, &Line::styled(line, style));
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
