//! The help: made from the bindings and the console verbs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::keymap::{BINDINGS, Context};
use super::super::state::State;
use super::super::theme::Theme;
use super::{popup, put, put_right};
use crate::console::local::VERBS;

/// What stands between the keys and the verbs.
const TEXT: &[&str] = &[
    "A tag is made for each command; one of your own is taken as it is:  a1 NOOP",
    "What is no known command is shown first and sent by a second Enter.",
    "{{{ and }}} on lines of their own make a literal; so does {@path}, from a file.",
    "{9} at a line's end takes the next 9 octets, as in imtest.",
];

/// Number of rows the help has.
pub fn help_rows(state: &State, context: Context) -> usize {
    rows(&state.options.theme, context).len()
}

fn rows(theme: &Theme, context: Context) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    let chain = context.chain();
    let others = Context::ALL.iter().filter(|c| !chain.contains(c));
    for place in chain.iter().chain(others) {
        let bindings: Vec<_> = BINDINGS.iter().filter(|b| b.context == *place).collect();
        if bindings.is_empty() {
            continue;
        }
        rows.push(Line::styled(place.title(), theme.heading));
        let mut at = 0;
        while let Some(binding) = bindings.get(at) {
            // Keys that do the same share a row.
            let mut keys = vec![binding.shown()];
            at += 1;
            while let Some(same) = bindings.get(at).filter(|b| b.action == binding.action) {
                keys.push(same.shown());
                at += 1;
            }
            rows.push(Line::from(vec![
                Span::styled(format!("  {:<22} ", keys.join(", ")), theme.key),
                Span::raw(binding.help),
            ]));
        }
        rows.push(Line::default());
    }
    rows.push(Line::styled("Verbs of the console", theme.heading));
    for verb in VERBS {
        let name = format!("{} {}", verb.name, verb.argument);
        rows.push(Line::from(vec![Span::styled(format!("  {name:<22} "), theme.key), Span::raw(verb.help)]));
    }
    rows.push(Line::default());
    rows.push(Line::styled("Commands", theme.heading));
    rows.extend(TEXT.iter().map(|text| Line::raw(format!("  {text}"))));
    rows
}

pub(super) fn draw(state: &State, top: usize, context: Context, area: Rect, buffer: &mut Buffer) {
    let rows = rows(&state.options.theme, context);
    let height = u16::try_from(rows.len().saturating_add(2)).unwrap_or(u16::MAX);
    let inner = popup(state, area, 90, height.min(area.height.saturating_sub(2)), "Help", buffer);
    let top = top.min(rows.len().saturating_sub(usize::from(inner.height)));
    let below = rows.len().saturating_sub(top + usize::from(inner.height));
    for (row, line) in (0u16..).zip(rows.into_iter().skip(top).take(usize::from(inner.height))) {
        put(buffer, inner, row, &line);
    }
    if below > 0 {
        let bar = Rect { y: inner.y.saturating_add(inner.height), height: 1, ..inner }.intersection(area);
        put_right(buffer, bar, 0, &[Span::styled(format!(" {below} lines below "), state.options.theme.warning)], 0);
    }
}
