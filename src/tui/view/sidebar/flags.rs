//! FLAGS and PERMANENTFLAGS of the mailbox that is open.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::super::printable;
use super::super::super::state::State;
use super::super::put;
use super::Panel;

pub(super) const PANEL: Panel = Panel {
    name: "flags",
    title: |state| {
        state
            .console
            .model()
            .selected()
            .filter(|s| !s.flags.is_empty() || s.permanent_flags.is_some())
            .map(|_| "Flags".to_owned())
    },
    wants: |state, width| Some(rows(state, width).len()),
    draw,
};

/// Flags wrapped at spaces: those that can be kept, then those that are only in use.
fn rows(state: &State, width: usize) -> Vec<Line<'static>> {
    let theme = &state.options.theme;
    let Some(selected) = state.console.model().selected() else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    let mut list = |heading: &'static str, flags: Vec<String>| {
        rows.push(Line::styled(heading, theme.dim));
        let mut line = String::from(" ");
        for flag in flags {
            let flag = printable::fit(&printable::line(&flag), width.saturating_sub(2).max(1));
            if line.len() > 1 && printable::width(&line) + 1 + printable::width(&flag) > width {
                rows.push(Line::from(Span::raw(std::mem::replace(
                    &mut line,
                    String::from(" "),
                ))));
            }
            line.push(' ');
            line.push_str(&flag);
        }
        rows.push(Line::from(Span::raw(if line.trim().is_empty() {
            "  none".to_owned()
        } else {
            line
        })));
    };
    match &selected.permanent_flags {
        Some(permanent) if same(permanent, &selected.flags) => {
            list("FLAGS, PERMANENTFLAGS", permanent.clone())
        }
        Some(permanent) => {
            list("FLAGS", selected.flags.clone());
            list("PERMANENTFLAGS", permanent.clone());
        }
        None => list("FLAGS", selected.flags.clone()),
    }
    rows
}

/// The same flags, in whatever order and case.
fn same(a: &[String], b: &[String]) -> bool {
    a.len() == b.len()
        && a.iter()
            .all(|flag| b.iter().any(|other| other.eq_ignore_ascii_case(flag)))
}

fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    for (row, line) in (0u16..).zip(rows(state, usize::from(area.width))) {
        put(buffer, area, row, &line);
    }
}
