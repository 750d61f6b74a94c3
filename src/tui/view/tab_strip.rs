//! The sessions at the right end of the top line: by name where the screen is very wide, else a count.

use ratatui::text::Span;

use super::super::layout::VERY_WIDE;
use super::super::printable;
use super::super::rows::columns;
use super::super::state::State;
use super::super::strip::Mark;

/// Columns of one name, and of the whole strip at most (in parts of the screen).
const NAME: usize = 14;
const PART: usize = 3;

/// Nothing, with one session.
pub(super) fn spans(state: &State) -> Vec<Span<'static>> {
    if !state.strip.several() {
        return Vec::new();
    }
    if state.area.width >= VERY_WIDE {
        let named = names(state);
        if columns(&named) <= usize::from(state.area.width) / PART {
            return named;
        }
    }
    count(state)
}

fn names(state: &State) -> Vec<Span<'static>> {
    let theme = &state.options.theme;
    let mut spans = Vec::new();
    for (index, label) in state.strip.tabs.iter().enumerate() {
        let who = label.who.as_deref().unwrap_or("(nobody)");
        let name = printable::fit(&printable::line(who), NAME);
        let current = index == state.strip.current;
        let text = format!(" {} {name}", index + 1);
        if current {
            spans.push(Span::styled(format!("{text} "), theme.cursor));
        } else {
            let mark = label.mark.sign();
            spans.push(Span::styled(text, theme.dim));
            let style = if label.mark == Mark::Failed {
                theme.danger
            } else {
                theme.warning
            };
            spans.push(Span::styled(format!("{mark} "), style));
        }
    }
    spans
}

/// `2/3`, and the sign of the worst that waits elsewhere.
fn count(state: &State) -> Vec<Span<'static>> {
    let theme = &state.options.theme;
    let strip = &state.strip;
    let others = strip
        .tabs
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != strip.current);
    let marks: Vec<Mark> = others.map(|(_, label)| label.mark).collect();
    let worst = [Mark::Failed, Mark::Asks, Mark::News]
        .into_iter()
        .find(|mark| marks.contains(mark));
    let style = match worst {
        Some(Mark::Failed) => theme.danger,
        Some(_) => theme.warning,
        None => theme.dim,
    };
    let sign = worst.unwrap_or(Mark::None).sign();
    vec![Span::styled(
        format!(" {}/{}{sign} ", strip.current + 1, strip.tabs.len()),
        style,
    )]
}
