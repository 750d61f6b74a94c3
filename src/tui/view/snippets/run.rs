//! A run: the script, what is to say about the row at the cursor, the table of rows, how far it is.

use std::time::SystemTime;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::super::super::field::Line as Field;
use super::super::super::layout::Layout;
use super::super::super::printable;
use super::super::super::snippets::{RowLine, RowState, Run, Sort, Stage};
use super::super::super::state::State;
use super::super::super::units::{duration, grouped};
use super::super::{inside, popup_at, put, put_right};
use super::{middle, pane, script};
use crate::batch;

/// From so many columns what is to say is beside the script.
const BESIDE: u16 = 100;
/// Rows under the table.
const BELOW: u16 = 3;

pub(in super::super) fn draw(
    state: &State,
    layout: &Layout,
    buffer: &mut Buffer,
) -> Option<Position> {
    let run = state.snippets.run.as_ref()?;
    let area = middle(layout);
    Clear.render(area, buffer);
    buffer.set_style(area, state.options.theme.text);
    title(state, run, area, buffer);
    let rest = Rect {
        y: area.y + 1.min(area.height),
        height: area.height.saturating_sub(1 + BELOW),
        ..area
    };
    let wanted = u16::try_from(run.rows.len().saturating_add(3)).unwrap_or(u16::MAX);
    let height = wanted.max(4).min((rest.height / 2).max(4)).min(rest.height);
    let upper = Rect {
        height: rest.height - height,
        ..rest
    };
    if area.width >= BESIDE {
        let width = upper.width / 2;
        script_pane(state, run, Rect { width, ..upper }, buffer);
        let right = Rect {
            x: upper.x + width,
            width: upper.width - width,
            ..upper
        };
        pane::draw(state, run, right, buffer);
    } else if run.conversation || says_more(run) {
        pane::draw(state, run, upper, buffer);
    } else {
        script_pane(state, run, upper, buffer);
    }
    let rows = Rect {
        y: upper.bottom(),
        height,
        ..rest
    };
    let cursor = table(state, run, rows, buffer);
    let below = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        y: rest.bottom(),
        height: BELOW.min(area.height),
    };
    progress(state, run, below, buffer);
    cursor
}

/// Where there is no room for both: a question or what went wrong is more than the script.
fn says_more(run: &Run) -> bool {
    let failed = run.rows.chosen().is_some_and(|row| row.state.is_bad());
    run.question.is_some()
        || run.dry.is_some()
        || run.read.is_err()
        || (failed && run.top.is_none())
}

fn title(state: &State, run: &Run, area: Rect, buffer: &mut Buffer) {
    let mut parts = vec![format!("Snippet {}", run.entry.name)];
    if let Ok(script) = &run.read {
        let header = &script.header;
        parts.extend(header.title.clone());
        let named = header.each.as_ref().map(|(path, _)| path);
        if let Some(path) = run.each.as_ref().or(named) {
            let acting = match header.authz.is_some() {
                true => "acting as each user",
                false => "each row",
            };
            parts.push(format!("{acting} of {path}"));
            let jobs = Some(run.jobs).filter(|jobs| *jobs > 0).or(header.jobs);
            parts.push(format!("{} at a time", jobs.unwrap_or(batch::engine::JOBS)));
        }
    }
    parts.push(format!("safe {}", state.console.safe_mode()));
    let words = printable::line(&parts.join("  |  "));
    let words = printable::fit(&words, usize::from(area.width).saturating_sub(2));
    let heading = state.options.theme.heading;
    put(buffer, area, 0, &Line::styled(format!(" {words}"), heading));
}

fn script_pane(state: &State, run: &Run, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let inner = popup_at(state, area, "Script", buffer);
    let text = String::from_utf8_lossy(&run.entry.text);
    let height = usize::from(inner.height);
    let at = run.rows.chosen().and_then(|row| row.line);
    let top = match (run.top, at) {
        (Some(top), _) => top,
        (None, Some(at)) => at.saturating_sub(height / 2),
        (None, None) => 0,
    };
    let top = top.min(text.lines().count().saturating_sub(height));
    for (row, (number, line)) in (0u16..).zip(script(&text, top, height, theme)) {
        let here = at == Some(number);
        let mark = if here { '>' } else { ' ' };
        let style = if here { theme.heading } else { theme.dim };
        let mut spans = vec![Span::styled(format!("{mark}{number:>4}  "), style)];
        spans.extend(line.spans.into_iter().map(|span| {
            let style = line.style.patch(span.style);
            Span::styled(span.content, style)
        }));
        put(buffer, inner, row, &Line::from(spans));
    }
}

fn table(state: &State, run: &Run, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &state.options.theme;
    let count = |number: usize| grouped(number as u64);
    let title = match run.tally.rows {
        0 => "Rows".to_owned(),
        rows => format!(
            "Rows {} of {}   {}",
            count(run.tally.over()),
            count(rows),
            run.tally
        ),
    };
    let title = printable::fit(&title, usize::from(area.width).saturating_sub(6));
    let inner = popup_at(state, area, &title, buffer);
    let sorted = match run.rows.sort {
        Sort::State => " sort: state ",
        Sort::Number => " sort: as in the list ",
    };
    let bar = Rect {
        x: area.x + 2,
        width: area.width.saturating_sub(4),
        height: 1.min(area.height),
        ..area
    };
    let used = printable::width(&title) + 3;
    put_right(buffer, bar, 0, &[Span::styled(sorted, theme.dim)], used);
    let room = usize::from(inner.width);
    let user = (room / 4).clamp(8, 32);
    let cursor = match &run.find {
        Some(field) => find_row(state, field, inner, buffer),
        None => {
            let head = format!(
                "{:>6}  {:<user$}  state {:>7} {:>8}  note",
                "#", "user", "line", "time"
            );
            put(buffer, inner, 0, &Line::styled(head, theme.dim));
            None
        }
    };
    let rows = Rect {
        y: inner.y + 1.min(inner.height),
        height: inner.height.saturating_sub(1),
        ..inner
    };
    for (at, (row, chosen)) in (0u16..).zip(run.rows.shown(usize::from(rows.height))) {
        let name = printable::fit(&printable::line(&row.user), user);
        let pad = " ".repeat(user.saturating_sub(printable::width(&name)));
        let line = row.line.map_or("-".to_owned(), |line| line.to_string());
        let time = time_of(row, state.now).unwrap_or_else(|| "-".to_owned());
        let room = room.saturating_sub(user + 35);
        let note = printable::fit(&printable::line(&row.note), room);
        let word = format!("{:<5}", row.state.word());
        let spans = vec![
            Span::raw(format!("{:>6}  {name}{pad}  ", row.number)),
            Span::styled(word, state_style(state, row.state)),
            Span::raw(format!(" {line:>7} {time:>8}  {note}")),
        ];
        put(buffer, rows, at, &Line::from(spans));
        if chosen {
            let bar = Rect {
                y: rows.y + at,
                height: 1.min(rows.height),
                ..rows
            };
            buffer.set_style(bar, theme.cursor);
        }
    }
    cursor
}

fn find_row(state: &State, field: &Field, inner: Rect, buffer: &mut Buffer) -> Option<Position> {
    let typed = printable::line(field.text());
    let spans = vec![
        Span::styled("find: ", state.options.theme.heading),
        Span::raw(typed),
    ];
    put(buffer, inner, 0, &Line::from(spans));
    let before = printable::width(&printable::line(field.before_cursor()));
    inside(inner, 6 + before, 0)
}

fn time_of(row: &RowLine, now: SystemTime) -> Option<String> {
    let time = match row.state {
        RowState::Running => now.duration_since(row.began?).ok(),
        _ => row.time,
    };
    time.map(duration)
}

fn state_style(state: &State, row: RowState) -> Style {
    let theme = &state.options.theme;
    match row {
        RowState::Failed | RowState::Lost | RowState::Refused => theme.bad,
        RowState::Stopped => theme.no,
        RowState::Running => theme.note,
        RowState::Passed => theme.ok,
        RowState::Skipped | RowState::Waiting => theme.dim,
    }
}

fn progress(state: &State, run: &Run, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let wide = usize::from(area.width / 3);
    let done = wide * run.percent() / 100;
    let (full, empty) = ("#".repeat(done), "-".repeat(wide - done));
    let mut words = format!("[{full}{empty}]  {:>3}%", run.percent());
    if let Some(pace) = run.pace(state.now) {
        words.push_str(&format!("   {pace:.1} rows/s"));
    }
    if let Some(left) = run.left(state.now) {
        words.push_str(&format!("   about {} s left", left.as_secs()));
    }
    if !run.undo.is_empty() {
        words.push_str(&format!("   undo: {} ready", run.undo.len()));
    }
    put(buffer, area, 0, &Line::raw(words));
    let target = state.plan.as_ref().map(|plan| plan.place.to_string());
    let shell = run.shell_line(&target.unwrap_or_default());
    let shell = shell.unwrap_or_else(|| "once it is saved (w)".to_owned());
    let room = usize::from(area.width).saturating_sub(14);
    let shell = printable::fit(&printable::line(&shell), room);
    let spans = vec![Span::styled("from a shell: ", theme.dim), Span::raw(shell)];
    put(buffer, area, 1, &Line::from(spans));
    let (words, style) = standing(state, run);
    let mut spans = vec![Span::styled(words, style)];
    if let Some(note) = &run.note {
        let note = format!("   {}", printable::line(note));
        spans.push(Span::styled(note, theme.warning));
    }
    put(buffer, area, 2, &Line::from(spans));
}

fn standing(state: &State, run: &Run) -> (String, Style) {
    let theme = &state.options.theme;
    let (words, style) = match run.stage {
        Stage::Ready if run.read.is_err() => ("it has mistakes: it cannot run", theme.danger),
        Stage::Ready => ("not begun", theme.dim),
        Stage::Going { stopping: true, .. } => (
            "stops after the rows now running; Ctrl+C: at once",
            theme.warning,
        ),
        Stage::Going { paused: true, .. } => {
            ("paused: n one command, Space goes on", theme.warning)
        }
        Stage::Going { .. } => ("running", theme.note),
        Stage::Over { exit: 0 } => ("all as expected (exit code 0)", theme.ok),
        Stage::Over { exit } => {
            let words = format!("{} (exit code {exit})", batch::exit::meaning(exit));
            return (words, theme.bad);
        }
    };
    (words.to_owned(), style)
}
