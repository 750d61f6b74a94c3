//! A run: the script, what is to say about the row at the cursor, the table of rows, how far it is.

use std::time::SystemTime;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::super::super::action::Action;
use super::super::super::field::Line as Field;
use super::super::super::layout::Layout;
use super::super::super::printable;
use super::super::super::snippets::{RowLine, RowState, Run, Sort, Stage, words};
use super::super::super::state::State;
use super::super::super::units::{duration, grouped};
use super::super::{inside, popup_at, put};
use super::{BESIDE, keys, middle, pane, script};
use crate::batch;

/// Rows under the table besides the line for a shell: how far it is, how it stands.
const BELOW: u16 = 2;
/// From so many rows, and before a table of rows takes them, that line may have two.
const TALL: u16 = 30;

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
    let two = area.height >= TALL || run.rows.is_empty();
    let shell = shell(state, run, area.width, if two { 2 } else { 1 });
    let below = BELOW + u16::try_from(shell.len()).unwrap_or(1);
    let rest = Rect {
        y: area.y + 1.min(area.height),
        height: area.height.saturating_sub(1 + below),
        ..area
    };
    let wanted = u16::try_from(run.rows.len().saturating_add(3)).unwrap_or(u16::MAX);
    let height = match run.rows.is_empty() {
        // There is none before it begins.
        true => 0,
        false => wanted.max(4).min((rest.height / 2).max(4)).min(rest.height),
    };
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
    let cursor = match rows.is_empty() {
        true => None,
        false => table(state, run, rows, buffer),
    };
    let below = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        y: rest.bottom(),
        height: below.min(area.height),
    };
    progress(state, run, &shell, below, buffer);
    cursor
}

/// Where there is no room for both: a question, what went wrong and what came of it are more than the script.
fn says_more(run: &Run) -> bool {
    let row = run.rows.chosen();
    let ended = row.is_some_and(|row| row.ended.is_some());
    run.question.is_some() || run.dry.is_some() || run.read.is_err() || (ended && run.top.is_none())
}

/// `Snippet NAME  |  server  |  acting as each user of users.csv  |  5 at a time  |  SAFE confirm`: where there is
/// no room, what the top line says too is left out, then how many at a time.
fn title(state: &State, run: &Run, area: Rect, buffer: &mut Buffer) {
    let mut parts = vec![(0, format!("Snippet {}", run.entry.name))];
    parts.extend(state.place().map(|place| (2, place)));
    if let Ok(script) = &run.read {
        let header = &script.header;
        let named = header.each.as_ref().map(|(path, _)| path);
        if let Some(path) = run.each.as_ref().or(named) {
            let acting = match header.authz.is_some() {
                true => "acting as each user",
                false => "each row",
            };
            let list = match run.users.len() {
                0 => path.clone(),
                1 => "1 that is named".to_owned(),
                several => format!("{several} that are named"),
            };
            parts.push((0, format!("{acting} of {list}")));
            let jobs = Some(run.jobs).filter(|jobs| *jobs > 0).or(header.jobs);
            let jobs = jobs.unwrap_or(batch::engine::JOBS);
            parts.push((1, format!("{jobs} at a time")));
        }
    }
    parts.push((3, format!("SAFE {}", state.console.safe_mode())));
    let room = usize::from(area.width).saturating_sub(2);
    let written = |parts: &[(u8, String)]| {
        let texts: Vec<&str> = parts.iter().map(|(_, text)| text.as_str()).collect();
        printable::line(&texts.join("  |  "))
    };
    for least in [3, 2, 1] {
        if printable::width(&written(&parts)) > room {
            parts.retain(|(weight, _)| *weight != least);
        }
    }
    let words = printable::fit(&written(&parts), room);
    let heading = state.options.theme.heading;
    put(buffer, area, 0, &Line::styled(format!(" {words}"), heading));
}

fn script_pane(state: &State, run: &Run, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let about = match &run.entry.title {
        title if title.is_empty() => "Script".to_owned(),
        title => format!("Script: {}", printable::line(title)),
    };
    let hinted: &[(Action, &str)] = match run.stage {
        Stage::Ready => &[
            (Action::Play, "run"),
            (Action::Step, "step"),
            (Action::DryRun, "dry run"),
            (Action::IntoEditor, "edit"),
        ],
        Stage::Going { .. } => &[(Action::Step, "step")],
        Stage::Over { .. } => &[(Action::Play, "again")],
    };
    let room = usize::from(area.width).saturating_sub(6);
    let about = printable::fit(&about, room);
    let inner = popup_at(state, area, &about, buffer);
    keys(state, area, printable::width(&about) + 3, hinted, buffer);
    let text = String::from_utf8_lossy(&run.entry.text);
    let at = run.rows.chosen().and_then(|row| row.line);
    let height = usize::from(inner.height);
    let top = match (run.top, at) {
        (Some(top), _) => top,
        (None, Some(at)) => at.saturating_sub(height / 2),
        (None, None) => 0,
    };
    let gutter = 7;
    let size = (usize::from(inner.width).saturating_sub(gutter), height);
    for (row, (number, line)) in (0u16..).zip(script(&text, top, size, theme)) {
        let here = number.is_some() && at == number;
        let mark = if here { '>' } else { ' ' };
        let style = if here { theme.heading } else { theme.dim };
        let before = match number {
            Some(number) => format!("{mark}{number:>4}  "),
            None => " ".repeat(gutter),
        };
        let mut spans = vec![Span::styled(before, style)];
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
            with_groups(&run.tally.to_string())
        ),
    };
    let title = printable::fit(&title, usize::from(area.width).saturating_sub(6));
    let inner = popup_at(state, area, &title, buffer);
    let sorted = match run.rows.sort {
        Sort::State => "sort: state",
        Sort::Number => "sort: as in the list",
    };
    let find = match run.rows.query() {
        "" => "find".to_owned(),
        query => format!("find: {}", printable::line(query)),
    };
    if run.rows.len() > 1 {
        let used = printable::width(&title) + 3;
        let hinted = [(Action::Sort, sorted), (Action::Find, &find)];
        keys(state, area, used, &hinted, buffer);
    }
    let room = usize::from(inner.width);
    let user = (room / 4).clamp(8, 32);
    // What stands before the note: number, user, state, line, time, and what is between them.
    let before = 6 + 2 + user + 2 + 5 + 1 + 5 + 1 + 9 + 2;
    let cursor = match &run.find {
        Some(field) => find_row(state, field, inner, buffer),
        None => {
            let head = format!(
                "{:>6}  {:<user$}  state {:>5} {:>9}  note",
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
        let line = words::place(row);
        let time = time_of(row, state.now).unwrap_or_else(|| "-".to_owned());
        let note = match row.aside {
            true => format!("left out (o): {}", row.note),
            false => row.note.clone(),
        };
        let note = printable::fit(&printable::line(&note), room.saturating_sub(before));
        let word = format!("{:<5}", row.state.word());
        let spans = vec![
            Span::raw(format!("{:>6}  {name}{pad}  ", row.number)),
            Span::styled(word, state_style(state, row.state)),
            Span::raw(format!(" {line:>5} {time:>9}  {note}")),
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

/// Its numbers as all others are written: `9,450 waiting`.
fn with_groups(words: &str) -> String {
    let words = words.split(' ').map(|word| match word.parse() {
        Ok(number) => grouped(number),
        Err(_) => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
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

/// What to type in a shell for the same.
fn shell(state: &State, run: &Run, width: u16, most: usize) -> Vec<Line<'static>> {
    let theme = &state.options.theme;
    let label = "from a shell: ";
    let room = usize::from(width).saturating_sub(2 + label.len());
    let line = run.shell_line(state.plan.as_ref());
    let line = line.unwrap_or_else(|| "once it is saved (w)".to_owned());
    let safe = printable::line(&line);
    let rows = printable::wrap(&safe, room, room);
    let cut = rows.len() > most;
    let rows = rows.into_iter().take(most).enumerate();
    rows.map(|(at, range)| {
        let text = match cut && at + 1 == most {
            true => printable::fit(safe.get(range.start..).unwrap_or_default(), room),
            false => safe.get(range).unwrap_or_default().to_owned(),
        };
        let label = if at == 0 { label } else { "              " };
        Line::from(vec![Span::styled(label, theme.dim), Span::raw(text)])
    })
    .collect()
}

fn progress(state: &State, run: &Run, shell: &[Line<'_>], area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let wide = usize::from(area.width / 2);
    let done = wide * run.percent() / 100;
    let (full, empty) = ("#".repeat(done), "-".repeat(wide - done));
    let mut words = format!("[{full}{empty}]  {:>3}%", run.percent());
    if let Some(pace) = run.pace(state.now) {
        words.push_str(&format!("   {pace:.1} rows/s"));
    }
    if let Some(left) = run.left(state.now) {
        words.push_str(&format!("   about {} s left", left.as_secs()));
    }
    if run.can_undo() > 0 {
        let ready = grouped(run.can_undo() as u64);
        words.push_str(&format!("   undo: {ready} ready"));
    }
    if run.began.is_some() {
        put(buffer, area, 0, &Line::raw(words));
    }
    let mut at = 1;
    for line in shell {
        put(buffer, area, at, line);
        at += 1;
    }
    let (words, style) = standing(state, run);
    let mut spans = vec![Span::styled(words, style)];
    if let Some(note) = &run.note {
        let note = format!("   {}", printable::line(note));
        spans.push(Span::styled(note, theme.warning));
    }
    put(buffer, area, at, &Line::from(spans));
}

fn standing(state: &State, run: &Run) -> (String, Style) {
    let theme = &state.options.theme;
    let bad = words::bad(&run.tally);
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
        Stage::Going { .. } if !bad.is_empty() => {
            let exit = run.tally.exit(false);
            return (format!("exit code would be {exit}: {bad}"), theme.bad);
        }
        Stage::Going { .. } => ("running", theme.note),
        Stage::Over { exit: 0 } if run.tally.skipped > 0 => {
            let words = match (run.tally.skipped, run.tally.rows) {
                (1, 1) => "it was skipped, nothing failed".to_owned(),
                (1, _) => "nothing failed, 1 row was skipped".to_owned(),
                (rows, _) => format!("nothing failed, {} rows were skipped", grouped(rows as u64)),
            };
            return (format!("exit code 0: {words}"), theme.note);
        }
        Stage::Over { exit: 0 } => ("exit code 0: all as expected", theme.ok),
        Stage::Over { exit } if bad.is_empty() => {
            let words = format!("exit code {exit}: {}", batch::exit::meaning(exit));
            return (words, theme.bad);
        }
        Stage::Over { exit } => return (format!("exit code {exit}: {bad}"), theme.bad),
    };
    (words.to_owned(), style)
}
