//! Flags of the mailbox that is open: those in use with how many messages have them, once counted, and which
//! of them can be kept.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::super::printable;
use super::super::super::rows::columns;
use super::super::super::state::State;
use super::super::put;
use super::Panel;
use super::selected::wrapped;
use crate::model::SelectedMailbox;

pub(super) const PANEL: Panel = Panel {
    name: "flags",
    title: |state| {
        let selected = state.console.model().selected()?;
        let there = !selected.flags.is_empty() || selected.permanent_flags.is_some();
        there.then(|| "Flags".to_owned())
    },
    wants: |state, width| Some(rows(state, width).len()),
    draw,
};

/// System flags, then keywords; what is not kept stands in brackets.
fn rows(state: &State, width: usize) -> Vec<Line<'static>> {
    let theme = &state.options.theme;
    let Some(selected) = state.console.model().selected() else {
        return Vec::new();
    };
    let mut flags: Vec<&String> = selected.flags.iter().collect();
    for flag in selected.permanent_flags.iter().flatten() {
        if flag != "\\*" && !flags.iter().any(|f| f.eq_ignore_ascii_case(flag)) {
            flags.push(flag);
        }
    }
    let (system, keywords): (Vec<&String>, Vec<&String>) =
        flags.into_iter().partition(|flag| flag.starts_with('\\'));
    let mut rows = Vec::new();
    for part in [system, keywords] {
        let mut line: Vec<Span<'static>> = Vec::new();
        for flag in part {
            let kept = is_kept(selected, flag);
            let name = printable::fit(&printable::line(flag), width.saturating_sub(4).max(1));
            let count = state.gather.flag_count(&selected.name, flag);
            let mut spans = vec![Span::styled(
                if kept {
                    format!(" {name}")
                } else {
                    format!(" ({name})")
                },
                if kept { theme.text } else { theme.dim },
            )];
            if let Some(count) = count {
                spans.push(Span::styled(format!(" {count}"), theme.note));
            }
            if !line.is_empty() && columns(&line) + 1 + columns(&spans) > width {
                rows.push(Line::from(std::mem::take(&mut line)));
            }
            if !line.is_empty() {
                spans.insert(0, Span::raw(" "));
            }
            line.extend(spans);
        }
        if !line.is_empty() {
            rows.push(Line::from(line));
        }
    }
    for row in wrapped(&kept_in_words(selected), width.saturating_sub(1).max(8)) {
        rows.push(Line::styled(format!(" {row}"), theme.dim));
    }
    rows
}

/// Whether it stays with a message (RFC 9051 section 7.1: without PERMANENTFLAGS all do).
fn is_kept(selected: &SelectedMailbox, flag: &str) -> bool {
    match &selected.permanent_flags {
        Some(permanent) => permanent.iter().any(|f| f.eq_ignore_ascii_case(flag)),
        None => true,
    }
}

/// What PERMANENTFLAGS comes to.
fn kept_in_words(selected: &SelectedMailbox) -> String {
    let Some(permanent) = &selected.permanent_flags else {
        return "no PERMANENTFLAGS: all can be kept".to_owned();
    };
    let new = permanent.iter().any(|flag| flag == "\\*");
    let partly = selected.flags.iter().any(|flag| !is_kept(selected, flag));
    let brackets = if partly { "(x) is not kept; " } else { "" };
    if permanent.is_empty() {
        // RFC 9051 section 6.3.3: so it is where nothing can be changed.
        return "PERMANENTFLAGS (): no flag can be changed for good".to_owned();
    }
    match new {
        true => format!("{brackets}\\*: new keywords can be made"),
        false => format!("{brackets}no \\*: no new keywords here"),
    }
}

fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    for (row, line) in (0u16..).zip(rows(state, usize::from(area.width))) {
        put(buffer, area, row, &line);
    }
}
