//! The help: made from the bindings and the console verbs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::keymap::Context;
use super::super::printable;
use super::super::state::State;
use super::super::theme::Theme;
use super::reader;
use crate::console::local::VERBS;

/// What stands between the keys and the verbs.
const TEXT: &[&str] = &[
    "A tag is made for each command; one of your own is taken as it is:  a1 NOOP",
    "What is no known command is shown first and sent by a second Enter.",
    "{{{ and }}} on lines of their own make a literal; so does {@path}, from a file.",
    "{9} at a line's end takes the next 9 octets, as in imtest.",
    "Flags of messages: N no \\Seen, R \\Recent, A \\Answered, F \\Flagged, D \\Deleted, T \\Draft, k keywords.",
];

/// vi's keys, where they are wished for.
const VI: &[(&str, &str)] = &[
    (
        "Esc",
        "From inserting to commands; once more: to the transcript",
    ),
    (
        "i a I A o O",
        "Insert before, behind, at the line's begin or end, in a new line",
    ),
    (
        "h l 0 ^ $ w b e W B E",
        "Move; with a count before it, as often",
    ),
    (
        "gg G f F t T ; , %",
        "To a line, to a character, to the bracket's partner",
    ),
    (
        "d c y and a motion",
        "Delete, change, yank; dd cc yy D C Y S take lines",
    ),
    (
        "x X s r ~ J p P",
        "Characters, join lines, put what was deleted or yanked",
    ),
    ("u .", "Take a change back; do it again"),
    ("/ n N", "Find in the text"),
    ("j k", "The line below or above, then the history"),
];

/// Number of rows the help has.
pub fn help_rows(state: &State, context: Context) -> usize {
    rows(state, context, text_width(state.area)).len()
}

/// Columns of the popup, and of the text behind the keys.
const WIDTH: u16 = 100;
const KEYS: usize = 24;

fn text_width(area: Rect) -> usize {
    usize::from(area.width.min(WIDTH)).saturating_sub(4 + 2 + KEYS + 1)
}

/// A row with its keys, and as many rows as its sentence takes.
fn row(theme: &Theme, keys: &str, text: &str, width: usize, rows: &mut Vec<Line<'static>>) {
    for (at, range) in printable::wrap(text, width, width).into_iter().enumerate() {
        let keys = if at == 0 { keys } else { "" };
        rows.push(Line::from(vec![
            Span::styled(format!("  {keys:<KEYS$} "), theme.key),
            Span::raw(text.get(range).unwrap_or_default().to_owned()),
        ]));
    }
}

fn rows(state: &State, context: Context, width: usize) -> Vec<Line<'static>> {
    let (theme, keymap) = (&state.options.theme, &state.options.keymap);
    let mut rows = Vec::new();
    if state.vi.is_some() {
        rows.push(Line::styled("vi, in the command editor", theme.heading));
        for (keys, text) in VI {
            row(theme, keys, text, width, &mut rows);
        }
        rows.push(Line::default());
    }
    let chain = context.chain();
    let others = Context::ALL.iter().filter(|c| !chain.contains(c));
    for place in chain.iter().chain(others) {
        let bindings: Vec<_> = keymap.of(*place).filter(|b| !b.keys.is_empty()).collect();
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
            row(theme, &keys.join(", "), binding.help, width, &mut rows);
        }
        rows.push(Line::default());
    }
    rows.push(Line::styled("Verbs of the console", theme.heading));
    for verb in VERBS {
        row(
            theme,
            &format!("{} {}", verb.name, verb.argument),
            verb.help,
            width,
            &mut rows,
        );
    }
    rows.push(Line::default());
    rows.push(Line::styled("Commands", theme.heading));
    for text in TEXT {
        let whole = width + KEYS;
        let wrapped = printable::wrap(text, whole, whole).into_iter();
        rows.extend(
            wrapped.map(|range| Line::raw(format!("  {}", text.get(range).unwrap_or_default()))),
        );
    }
    rows
}

pub(super) fn draw(state: &State, top: usize, context: Context, area: Rect, buffer: &mut Buffer) {
    let rows = rows(state, context, text_width(area));
    let title = format!("Help: {}", context.title());
    reader(state, &title, WIDTH, rows, top, area, buffer);
}
