//! What is known about the mailbox that is open: counters with what changed since it was opened, rights in
//! letters and words, limits.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::super::gather::bar;
use super::super::super::printable;
use super::super::super::state::State;
use super::super::super::units::octets;
use super::super::put;
use super::Panel;
use crate::decode::rights;
use crate::model::{Resource, SelectedMailbox};

pub(super) const PANEL: Panel = Panel {
    name: "selected",
    title,
    wants: |state, width| Some(rows(state, width).len()),
    draw,
};

/// From so many rows of the screen rights are told in words, too, and so they are where the sidebar has
/// the screen for itself.
const WORDS: u16 = 45;
/// Columns of what a value is called.
const NAMES: usize = 14;
/// Columns of a quota's bar.
const BAR: usize = 10;

fn title(state: &State) -> Option<String> {
    state.console.model().selected().map(|s| s.shown.clone())
}

fn rows(state: &State, width: usize) -> Vec<Line<'static>> {
    let theme = &state.options.theme;
    let Some(selected) = state.console.model().selected() else {
        return Vec::new();
    };
    let mode = if selected.read_only {
        ("read-only", theme.ok)
    } else {
        ("read-write", theme.warning)
    };
    let mut rows = vec![Line::styled(mode.0, mode.1)];
    alarm(state, selected, &mut rows);
    counters(state, selected, width, &mut rows);
    if selected.no_mod_seq {
        rows.push(Line::styled("no mod-sequences", theme.dim));
    }
    if let Some(size) = selected.size {
        rows.push(field(state, "SIZE", octets(size), theme.text));
    }
    let access = state.console.model().access();
    if let Some(letters) = access.rights(&selected.name) {
        let letters = printable::line(letters);
        let letters = match letters.is_empty() {
            true => "none".to_owned(),
            false => letters,
        };
        rows.push(match NAMES + printable::width(&letters) <= width {
            true => field(state, "rights", letters, theme.text),
            // All of them: a right that is cut off would be one that is not there.
            false => Line::from(vec![
                Span::styled("rights ", theme.dim),
                Span::styled(letters, theme.text),
            ]),
        });
    }
    if let Some(quotas) = access.quotas(&selected.name) {
        if quotas.is_empty() {
            rows.push(field(
                state,
                "quota",
                "none: no limit".to_owned(),
                theme.dim,
            ));
        }
        for (root, resources) in quotas {
            for resource in resources {
                quota(state, root, resource, width, &mut rows);
            }
            if resources.is_empty() {
                rows.push(field(state, "quota", "no limit set".to_owned(), theme.dim));
            }
        }
    }
    if let Some(letters) = access.rights(&selected.name)
        && (state.area.height >= WORDS || state.zoom)
    {
        in_words(state, &printable::line(letters), width, &mut rows);
    }
    rows
}

fn field(state: &State, name: &str, value: String, style: Style) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("{name:<NAMES$}"), state.options.theme.dim),
        Span::styled(value, style),
    ])
}

/// Another UIDVALIDITY than before: whatever was known by UID is void.
fn alarm(state: &State, selected: &SelectedMailbox, rows: &mut Vec<Line<'static>>) {
    let theme = &state.options.theme;
    if let Some(before) = selected.validity_before {
        rows.push(Line::styled("! UIDVALIDITY changed:", theme.danger));
        rows.push(Line::styled(format!("! it was {before};"), theme.danger));
        rows.push(Line::styled("! no UID of then holds", theme.danger));
    }
}

fn counters(
    state: &State,
    selected: &SelectedMailbox,
    width: usize,
    rows: &mut Vec<Line<'static>>,
) {
    let theme = &state.options.theme;
    let at_open = &selected.at_open;
    let live = state.live_counts(&selected.name);
    let told = |name: &str| match name {
        "EXISTS" => live.map(|(exists, _)| exists),
        "UNSEEN" => live.and_then(|(_, unseen)| unseen),
        _ => None,
    };
    let mut number = |name: &str, value: Option<u64>, before: Option<u64>, more: &str| {
        let Some(value) = value else { return };
        let mut line = field(state, name, format!("{value}{more}"), theme.text);
        let change = before.map(|before| i128::from(value) - i128::from(before));
        // The connection that listens knows it first; what the first one numbers is as it was still.
        if let Some(live) = told(name).filter(|live| *live != value) {
            line.push_span(Span::styled(format!(" live {live}"), theme.warning));
        } else if let Some(change) = change.filter(|change| *change != 0) {
            line.push_span(Span::styled(format!(" ({change:+})"), theme.note));
        }
        rows.push(line);
    };
    number("EXISTS", selected.exists, at_open.exists, "");
    number("RECENT", selected.recent, at_open.recent, "");
    number("UNSEEN", selected.unseen, at_open.unseen, "");
    if selected.unseen.is_none() {
        number("first UNSEEN", selected.first_unseen, None, "");
    }
    number("UIDVALIDITY", selected.uid_validity, None, "");
    let more = match selected.uid_next_stale {
        true if width >= 30 => " or more",
        true => "+",
        false => "",
    };
    number("UIDNEXT", selected.uid_next, at_open.uid_next, more);
    number(
        "HIGHESTMODSEQ",
        selected.highest_mod_seq,
        at_open.highest_mod_seq,
        "",
    );
}

/// What one may do and what not: a row for two rights where there is room.
fn in_words(state: &State, letters: &str, width: usize, rows: &mut Vec<Line<'static>>) {
    let theme = &state.options.theme;
    let all: Vec<char> = letters.chars().collect();
    let column = width.saturating_sub(1) / 2;
    if column >= 15 {
        for pair in all.chunks(2) {
            let mut text = String::from(" ");
            for letter in pair {
                let cell = format!("{letter} {}", rights::word(*letter));
                text.push_str(&format!("{cell:<column$}"));
            }
            rows.push(Line::raw(text.trim_end().to_owned()));
        }
    } else {
        let words: Vec<&str> = all.iter().map(|letter| rights::word(*letter)).collect();
        for row in wrapped(
            &format!("may {}", words.join(", ")),
            width.saturating_sub(1),
        ) {
            rows.push(Line::raw(format!(" {row}")));
        }
    }
    let missing: Vec<&str> = rights::RIGHTS
        .iter()
        .map(|(letter, _)| *letter)
        .filter(|letter| !all.contains(letter) && !"cdn".contains(*letter))
        .map(rights::word)
        .collect();
    if !missing.is_empty() {
        let text = format!("not {}", missing.join(", "));
        for row in wrapped(&text, width.saturating_sub(1).max(8)) {
            rows.push(Line::styled(format!(" {row}"), theme.dim));
        }
    }
}

/// Broken at spaces.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let word = printable::fit(word, width);
        match rows.last_mut() {
            Some(row) if printable::width(row) + 1 + printable::width(&word) <= width => {
                row.push(' ');
                row.push_str(&word);
            }
            _ => rows.push(word),
        }
    }
    rows
}

/// A bar, and what happens when it is full (RFC 9208 section 3.1.1, RFC 5530 OVERQUOTA).
fn quota(
    state: &State,
    root: &str,
    resource: &Resource,
    width: usize,
    rows: &mut Vec<Line<'static>>,
) {
    let theme = &state.options.theme;
    let percent = resource.percent();
    let style = match percent {
        _ if resource.is_full() => theme.danger,
        Some(percent) if percent >= 90 => theme.warning,
        _ => theme.text,
    };
    let name = format!("quota {}", printable::line(&resource.name).to_lowercase());
    let shown = percent.map_or_else(|| "full".to_owned(), |p| format!("{p}%"));
    let mark = if resource.is_full() { " !" } else { "" };
    rows.push(Line::from(vec![
        Span::styled(format!("{:<14}", printable::fit(&name, 13)), theme.dim),
        Span::styled(format!("{shown}{mark}"), style),
    ]));
    let of = match resource.name.as_str() {
        // In units of 1024 octets.
        "STORAGE" => {
            let octets = |units: u64| octets(units.saturating_mul(1024));
            format!("{} of {}", octets(resource.usage), octets(resource.limit))
        }
        _ => format!("{} of {}", resource.usage, resource.limit),
    };
    // The numbers come first; the bar takes what is left.
    let room = width.saturating_sub(printable::width(&of) + 3);
    let bar = bar(resource, room.clamp(2, BAR), state.options.ascii);
    rows.push(Line::from(vec![
        Span::styled(format!("  {bar} "), style),
        Span::styled(of, theme.text),
    ]));
    if !root.is_empty() && (state.area.height >= WORDS || state.zoom) {
        let root = printable::fit(&printable::line(root), width.saturating_sub(8));
        rows.push(Line::styled(format!("  root {root}"), theme.dim));
    }
    if resource.is_full() {
        let text = match resource.name.as_str() {
            "STORAGE" | "MESSAGE" => {
                "full: APPEND, COPY and delivery are refused with OVERQUOTA until something is expunged"
            }
            "MAILBOX" => "full: CREATE is refused with OVERQUOTA",
            _ => "full: what needs more is refused with OVERQUOTA",
        };
        for row in wrapped(text, width.saturating_sub(2).max(8)) {
            rows.push(Line::styled(format!("  {row}"), theme.danger));
        }
    }
}

fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    for (row, line) in (0u16..).zip(rows(state, usize::from(area.width))) {
        put(buffer, area, row, &line);
    }
}
