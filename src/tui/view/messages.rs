//! The list of messages, and the message that is read.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::layout::{Focus, Layout};
use super::super::printable;
use super::super::rows::columns;
use super::super::state::State;
use super::super::units::{grouped, octets};
use super::{pane, put, rows_below};
use crate::console::mail::{Mail, Message, MessageList, Row};

/// Columns of the flags: one letter each, as the help says.
const FLAGS: usize = 5;
/// Columns of a date.
const DATE: usize = 12;
/// Columns of a size.
const SIZE: usize = 8;

/// A letter for each system flag; `N`: there is no \Seen.
const LETTERS: &[(&str, char)] = &[
    ("\\Recent", 'R'),
    ("\\Answered", 'A'),
    ("\\Flagged", 'F'),
    ("\\Deleted", 'D'),
    ("\\Draft", 'T'),
];

pub(super) fn draw(state: &State, layout: &Layout, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let focused = state.focus == Focus::Messages;
    let heading = if focused { theme.heading } else { theme.text };
    let mail = state.console.mail();
    let name = state
        .console
        .model()
        .selected()
        .map(|s| format!("6 Messages: {}", printable::line(&s.shown)))
        .unwrap_or_else(|| "6 Messages".to_owned());
    let half = usize::from(area.width) / 2;
    let title = vec![Span::styled(printable::fit(&name, half), heading)];
    let right = about(
        state,
        mail,
        usize::from(area.width).saturating_sub(name.len().min(half) + 8),
    );
    let inner = pane(state, layout, area, focused, title, right, buffer);
    let sentence = match (mail.trouble(), mail.list()) {
        (Some(trouble), _) => Some(printable::line(trouble)),
        (None, None) => Some(
            "No mailbox is open: Enter in the mailboxes (Alt+3) opens one with EXAMINE.".to_owned(),
        ),
        (None, Some(list)) if list.is_empty() && mail.is_waiting() => {
            Some("Asked for; nothing has come yet.".to_owned())
        }
        (None, Some(list)) if list.is_empty() && list.is_listed() => {
            Some("No message fits. a shows all.".to_owned())
        }
        (None, Some(list)) if list.is_empty() => Some("The mailbox is empty.".to_owned()),
        _ => None,
    };
    let Some(list) = mail.list() else {
        let words = sentence.unwrap_or_default();
        put(
            buffer,
            inner,
            0,
            &Line::styled(printable::fit(&words, usize::from(inner.width)), theme.dim),
        );
        return;
    };
    let plan = Columns::of(state, list, usize::from(inner.width));
    put(buffer, inner, 0, &Line::styled(plan.names(), theme.dim));
    let rows = Rect {
        y: inner.y.saturating_add(1),
        height: inner.height.saturating_sub(1),
        ..inner
    };
    let mut free = 0;
    for row in 0..rows.height {
        let index = list.top() + usize::from(row);
        let Some(content) = list.row(index) else {
            break;
        };
        put(buffer, rows, row, &plan.line(state, &content));
        free = row + 1;
        if index == list.cursor() {
            let at = Rect {
                y: rows.y + row,
                height: 1,
                ..rows
            };
            let style = if focused { theme.cursor } else { theme.heading };
            buffer.set_style(at, style);
        }
    }
    if let Some(words) = sentence {
        let at = free.min(rows.height.saturating_sub(1));
        let words = printable::fit(&words, usize::from(rows.width));
        put(
            buffer,
            rows,
            at,
            &Line::styled(
                format!("{words:<width$}", width = usize::from(rows.width)),
                theme.warning,
            ),
        );
    }
}

/// Where one is, what is marked, which order: the least important goes first where it does not fit.
fn about(state: &State, mail: &Mail, room: usize) -> Vec<Span<'static>> {
    let theme = &state.options.theme;
    let Some(list) = mail.list() else {
        return Vec::new();
    };
    let mut parts = Vec::new();
    if list.marked() > 0 {
        parts.push(Span::styled(
            format!("{} marked", grouped(list.marked() as u64)),
            theme.warning,
        ));
    }
    if list.grown() > 0 {
        parts.push(Span::styled(
            format!("{} new, r lists anew", list.grown()),
            theme.warning,
        ));
    }
    let listing = mail.listing();
    if !listing.search.is_empty() {
        let words = printable::fit(&printable::line(&listing.search), 24);
        parts.push(Span::styled(format!("/{words}"), theme.warning));
    }
    if !listing.sort.is_empty() {
        parts.push(Span::styled(
            format!("sort: {}", listing.sort.to_ascii_lowercase()),
            theme.warning,
        ));
    }
    if listing.threads {
        parts.push(Span::styled("threads", theme.warning));
    }
    if mail.is_waiting() {
        parts.push(Span::styled("...", theme.dim));
    }
    let here = match list.len() {
        0 => "0".to_owned(),
        len => format!(
            "{} of {}",
            grouped(list.cursor() as u64 + 1),
            grouped(len as u64)
        ),
    };
    parts.push(Span::styled(here, theme.dim));
    let wide = |parts: &[Span<'_>]| columns(parts) + 2 * parts.len().saturating_sub(1);
    while parts.len() > 1 && wide(&parts) > room {
        parts.remove(0);
    }
    let mut spans = Vec::new();
    for part in parts {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        spans.push(part);
    }
    spans
}

/// How wide the columns are; 0: there is no room for it.
struct Columns {
    seq: usize,
    uid: usize,
    date: usize,
    size: usize,
    from: usize,
    subject: usize,
}

impl Columns {
    fn of(state: &State, list: &MessageList, width: usize) -> Columns {
        let digits = |n: u64| n.max(100).to_string().len();
        let largest = state.console.model().selected().and_then(|s| s.uid_next);
        let mut plan = Columns {
            seq: digits(u64::from(list.exists())),
            uid: digits(largest.unwrap_or(1_000_000)),
            date: DATE,
            size: SIZE,
            from: (width / 5).clamp(12, 32),
            subject: 0,
        };
        // What one can do without goes first.
        let fits = |plan: &Columns| plan.used() + 16 <= width;
        if !fits(&plan) {
            plan.uid = 0;
        }
        if !fits(&plan) {
            plan.size = 0;
        }
        if !fits(&plan) {
            plan.date = 0;
        }
        plan.subject = width.saturating_sub(plan.used());
        plan
    }

    fn used(&self) -> usize {
        let all = [self.seq, self.uid, self.date, self.size, self.from];
        // The mark, the flags, and a gap behind each column.
        2 + FLAGS + 2 + all.iter().filter(|w| **w > 0).map(|w| w + 2).sum::<usize>()
    }

    fn cells(&self, words: [&str; 6]) -> String {
        let widths = [
            self.seq,
            self.uid,
            self.date,
            self.size,
            self.from,
            self.subject,
        ];
        let mut out = String::new();
        for (at, (word, width)) in words.into_iter().zip(widths).enumerate() {
            if width == 0 {
                continue;
            }
            let word = printable::fit(word, width);
            let pad = " ".repeat(width.saturating_sub(printable::width(&word)));
            // Numbers stand at the right.
            match at {
                0 | 1 | 3 => out.push_str(&format!("{pad}{word}  ")),
                _ => out.push_str(&format!("{word}{pad}  ")),
            }
        }
        out
    }

    fn names(&self) -> String {
        format!(
            "  {:<FLAGS$}  {}",
            "flags",
            self.cells(["seq", "uid", "arrived", "size", "from", "subject"])
        )
    }

    fn line(&self, state: &State, row: &Row<'_>) -> Line<'static> {
        let theme = &state.options.theme;
        let number = |n: Option<u32>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
        let (seq, uid) = (number(row.seq), number(row.uid));
        let mark = match row.marked {
            true => Span::styled("* ", theme.found),
            false => Span::raw("  "),
        };
        let Some(message) = row.message else {
            let words = if row.untold {
                "(the server told nothing)"
            } else {
                "..."
            };
            let cells = self.cells([&seq, &uid, "", "", "", words]);
            return Line::from(vec![
                mark,
                Span::styled(format!("{:FLAGS$}  {cells}", ""), theme.dim),
            ]);
        };
        let size = message.size.map(octets).unwrap_or_default();
        let from = read(&message.from);
        let subject = match message.subject.is_empty() {
            true => "(no subject)".to_owned(),
            false => read(&message.subject),
        };
        let indent = usize::from(row.depth).min(12) * 2;
        let subject = format!("{:indent$}{subject}", "");
        let date = arrived(&message.arrived, state);
        let cells = self.cells([&seq, &uid, &date, &size, &from, &subject]);
        let letters = format!("{:<FLAGS$}  ", letters(message));
        let style = style(state, message);
        Line::from(vec![
            mark,
            Span::styled(letters, theme.warning),
            Span::styled(cells, style),
        ])
    }
}

/// Words of a mail, safe, for people to read.
fn read(text: &str) -> String {
    printable::text(&printable::without_selectors(text.as_bytes()))
}

fn has(message: &Message, flag: &str) -> bool {
    message.flags.iter().any(|f| f.eq_ignore_ascii_case(flag))
}

fn style(state: &State, message: &Message) -> Style {
    let theme = &state.options.theme;
    if has(message, "\\Deleted") {
        theme.dim
    } else if has(message, "\\Seen") {
        theme.text
    } else {
        theme.heading
    }
}

fn letters(message: &Message) -> String {
    let mut out = String::new();
    if !has(message, "\\Seen") {
        out.push('N');
    }
    out.extend(
        LETTERS
            .iter()
            .filter(|(flag, _)| has(message, flag))
            .map(|(_, letter)| letter),
    );
    if message.flags.iter().any(|f| !f.starts_with('\\')) {
        out.push('k');
    }
    printable::fit(&out, FLAGS)
}

/// `03-Feb-2026 12:04:31 +0000` as `03 Feb 12:04`, or with the year if that is another one.
fn arrived(wire: &str, state: &State) -> String {
    let mut words = wire.trim().split(' ');
    let (Some(date), Some(time)) = (words.next(), words.next()) else {
        return printable::line(wire);
    };
    let mut parts = date.split('-');
    let (Some(day), Some(month), Some(year), Some(minutes)) =
        (parts.next(), parts.next(), parts.next(), time.get(..5))
    else {
        return printable::line(wire);
    };
    let now = jiff::Timestamp::try_from(state.now).ok();
    let this_year = now.map(|now| now.to_zoned(TimeZone::UTC).year().to_string());
    let text = match this_year.as_deref() == Some(year) {
        true => format!("{day:0>2} {month} {minutes}"),
        false => format!("{day:0>2} {month} {year}"),
    };
    printable::line(&text)
}

/// The message that is read.
pub(super) fn message(state: &State, layout: &Layout, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let focused = state.focus == Focus::Message;
    let heading = if focused { theme.heading } else { theme.text };
    let mail = state.console.mail();
    let Some(opened) = mail.opened() else { return };
    let known = mail.list().and_then(|list| list.message(opened.uid));
    let subject = known.map(|m| read(&m.subject)).unwrap_or_default();
    let title = format!("7 Message: UID {}  {subject}", opened.uid);
    let title = printable::fit(title.trim_end(), usize::from(area.width).saturating_sub(8));
    let inner = pane(
        state,
        layout,
        area,
        focused,
        vec![Span::styled(title, heading)],
        Vec::new(),
        buffer,
    );
    let height = usize::from(inner.height);
    let lines = state
        .mail
        .sheet
        .lines
        .iter()
        .skip(state.mail.top)
        .take(height);
    for (row, line) in (0u16..).zip(lines) {
        put(buffer, inner, row, &Line::from(line.drawn.left.clone()));
        if let (Some(part), Some(here)) = (line.part, opened.part)
            && part == here
        {
            let x = if layout.boxed {
                inner.x.saturating_sub(1)
            } else {
                inner.x
            };
            let at = Rect {
                x,
                y: inner.y + row,
                width: 1,
                height: 1,
            };
            put(buffer, at, 0, &Line::styled(">", theme.key));
        }
    }
    if focused
        && let Some(row) = state
            .mail
            .cursor
            .checked_sub(state.mail.top)
            .and_then(|r| u16::try_from(r).ok())
        && row < inner.height
    {
        let at = Rect {
            y: inner.y + row,
            height: 1,
            ..inner
        };
        buffer.set_style(at, theme.cursor);
    }
    let below = state
        .mail
        .sheet
        .lines
        .len()
        .saturating_sub(state.mail.top + height);
    rows_below(state, layout, area, below, buffer);
}
