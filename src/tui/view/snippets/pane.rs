//! What is to say beside the script: a question, mistakes, or all about the row at the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::super::action::Action;
use super::super::super::keymap::Context;
use super::super::super::printable;
use super::super::super::snippets::words::{self, Lack};
use super::super::super::snippets::{Question, RowLine, RowState, Run, Stage};
use super::super::super::state::State;
use super::super::{popup_at, put, put_right};
use super::keys;
use crate::batch::Failure;
use crate::batch::load::outside_sentence;
use crate::decode::rights;

/// Most lines of the conversation above what failed.
const TAIL: usize = 6;
/// Columns of a key under "Next".
const KEY: usize = 7;

pub(super) fn draw(state: &State, run: &Run, area: Rect, buffer: &mut Buffer) {
    let title = title(run);
    let room = usize::from(area.width).saturating_sub(6);
    let title = printable::fit(&printable::line(&title), room);
    let inner = popup_at(state, area, &title, buffer);
    let other = match run.conversation {
        true => "what failed",
        false => "conversation",
    };
    if run.question.is_none() && run.dry.is_none() && run.began.is_some() {
        let used = printable::width(&title) + 3;
        keys(state, area, used, &[(Action::Accept, other)], buffer);
    }
    let rows = laid_out(state, run, usize::from(inner.width), inner.height);
    let shown = usize::from(inner.height);
    let last = rows.len().saturating_sub(shown);
    // Of a row that runs the last commands are what one looks for.
    let runs = run.rows.chosen().map(|row| row.state) == Some(RowState::Running);
    let top = if runs { last } else { run.look.min(last) };
    let below = rows.len().saturating_sub(top + shown);
    for (row, line) in (0u16..).zip(rows.into_iter().skip(top).take(shown)) {
        put(buffer, inner, row, &line);
    }
    if below > 0 {
        let bar = Rect {
            y: area.bottom().saturating_sub(1),
            height: 1,
            ..inner
        }
        .intersection(area);
        let lines = if below == 1 { "line" } else { "lines" };
        let words = format!(" PgDn: {below} {lines} more ");
        let style = state.options.theme.dim;
        put_right(buffer, bar, 0, &[Span::styled(words, style)], 0);
    }
}

/// Rows of what is to say, so wide.
pub(super) fn count(state: &State, run: &Run, width: usize) -> usize {
    laid_out(state, run, width, u16::MAX).len()
}

fn title(run: &Run) -> String {
    match (&run.question, run.rows.chosen()) {
        (Some(Question::Safe { .. }), _) => "Safe mode asks".to_owned(),
        (Some(Question::Trust { .. }), _) => "May it?".to_owned(),
        (None, _) if run.dry.is_some() => "Dry run: nothing is sent".to_owned(),
        (None, Some(row)) if run.rows.len() > 1 => format!("Row {}  {}", row.number, row.user),
        (None, Some(_)) => "What came of it".to_owned(),
        (None, None) if run.read.is_err() => "Mistakes".to_owned(),
        (None, None) => "Before it runs".to_owned(),
    }
}

/// A line: how far it stands in, what it says, how it looks.
type Said = (usize, String, Style);

fn laid_out(state: &State, run: &Run, width: usize, height: u16) -> Vec<Line<'static>> {
    let row = run.rows.chosen();
    let mut rows = wrapped(told(state, run, row), width);
    let failures = row.and_then(|row| row.ended.as_ref());
    let tail = failures
        .map(|ended| ended.tail.as_slice())
        .unwrap_or_default();
    let failed = row.is_some_and(|row| row.state.is_bad());
    let free = usize::from(height).saturating_sub(rows.len() + 1);
    if failed && !run.conversation && run.question.is_none() && run.dry.is_none() && free > 0 {
        let last = tail.len().saturating_sub(TAIL);
        let tail = tail
            .iter()
            .skip(last)
            .map(|line| said(state, line))
            .collect();
        let tail = wrapped(tail, width);
        let last = tail.len().saturating_sub(free.min(TAIL));
        let mut above: Vec<Line<'static>> = tail.into_iter().skip(last).collect();
        if !above.is_empty() {
            above.push(Line::default());
        }
        rows.splice(0..0, above);
    }
    rows
}

fn wrapped(all: Vec<Said>, width: usize) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    for (indent, text, style) in all {
        let safe = printable::line(&text);
        if safe.is_empty() {
            rows.push(Line::default());
            continue;
        }
        let indent = indent.min(width / 2);
        let room = width.saturating_sub(indent);
        for range in printable::wrap(&safe, room, room) {
            let piece = safe.get(range).unwrap_or_default().trim_start();
            let text = format!("{:indent$}{piece}", "");
            rows.push(Line::styled(text, style));
        }
    }
    rows
}

fn lines(text: &str, style: Style) -> impl Iterator<Item = Said> {
    text.lines().map(move |line| {
        let words = line.trim_start();
        (line.len() - words.len(), words.to_owned(), style)
    })
}

fn said(state: &State, line: &str) -> Said {
    let theme = &state.options.theme;
    let style = match line.starts_with("C:") {
        true => theme.sent,
        false => theme.received,
    };
    (0, line.to_owned(), style)
}

fn told(state: &State, run: &Run, row: Option<&RowLine>) -> Vec<Said> {
    let theme = &state.options.theme;
    if let Some(question) = &run.question {
        return asked(state, run, question);
    }
    if let Some(text) = &run.dry {
        return lines(text, theme.text).collect();
    }
    if let Err(mistakes) = &run.read {
        let each = mistakes.iter().map(|mistake| mistake.text(None));
        return each
            .flat_map(|text| lines(&text, theme.danger).collect::<Vec<_>>())
            .collect();
    }
    let Some(row) = row else {
        return before(state, run);
    };
    let ended = row.ended.as_ref();
    let failures = ended.map(|e| e.verdict.failures()).unwrap_or_default();
    let mut all = Vec::new();
    if run.conversation {
        let tail = ended.map(|e| e.tail.as_slice()).unwrap_or_default();
        all.extend(tail.iter().map(|line| said(state, line)));
        if tail.is_empty() {
            all.extend(steps(state, run, row));
        }
    } else {
        for (at, failure) in failures.iter().enumerate() {
            if at > 0 {
                all.push((0, String::new(), theme.text));
            }
            all.extend(failed(state, row, failure));
        }
        if row.state == RowState::Skipped {
            let words = format!("skipped: {}", row.note);
            all.push((0, words, theme.note));
        }
        let output = run.output.iter().filter(|(of, _)| *of == row.number);
        all.extend(output.map(|(_, text)| (0, text.clone(), theme.note)));
        if failures.is_empty() {
            if !all.is_empty() {
                all.push((0, String::new(), theme.text));
            }
            all.extend(steps(state, run, row));
        } else {
            all.extend(next(state, run, row));
        }
    }
    if all.is_empty() {
        let words = match row.note.as_str() {
            "" => "Nothing has come of it yet.",
            note => note,
        };
        all.push((0, words.to_owned(), theme.dim));
    }
    all
}

/// Commands and what they came to.
fn steps(state: &State, run: &Run, row: &RowLine) -> Vec<Said> {
    let theme = &state.options.theme;
    let steps = run.steps.iter().filter(|(of, _)| *of == row.number);
    steps
        .flat_map(|(_, text)| lines(text, theme.dim).collect::<Vec<_>>())
        .collect()
}

/// What can be done with it, and what it warns of.
fn before(state: &State, run: &Run) -> Vec<Said> {
    let theme = &state.options.theme;
    let mut all: Vec<Said> = Vec::new();
    for warning in &run.warnings {
        all.extend(lines(&warning.text(None), theme.warning));
    }
    let context = Context::Run;
    let key = |action: Action| state.options.keymap.key_for(context, &action);
    let rows = [
        (Action::Play, "run it"),
        (
            Action::Step,
            "run its first command, then wait for the next n",
        ),
        (Action::DryRun, "show what would be sent, and send nothing"),
        (Action::IntoEditor, "put it into the editor, to change it"),
        (Action::SaveSnippet, "save a copy of your own"),
    ];
    for (action, words) in rows {
        let key = key(action).unwrap_or_default();
        all.push((0, format!("{key:<KEY$}{words}"), theme.text));
    }
    if run.before.is_some() {
        let words =
            "It takes back what the run did, the last thing first. Nothing is sent before r.";
        all.insert(0, (0, String::new(), theme.text));
        all.insert(0, (0, words.to_owned(), theme.note));
    }
    all
}

/// Line, what was wanted, what came, and why, as far as that can be told.
fn failed(state: &State, row: &RowLine, failure: &Failure) -> Vec<Said> {
    let theme = &state.options.theme;
    let Some(told) = &failure.told else {
        return lines(&failure.text, theme.text).collect();
    };
    let place = match failure.line {
        Some(line) => format!("line {line}"),
        None => words::place(row),
    };
    let mut all = Vec::new();
    let word = row.state.word();
    let head = match &told.wanted {
        Some(_) if told.message == "no untagged reply matched" => {
            format!("{word}  {place}, expected an untagged reply like")
        }
        _ => format!("{word}  {place}: {}", told.message),
    };
    all.push((0, head, theme.bad));
    if let Some(wanted) = &told.wanted {
        let wanted = match told.message.as_str() {
            "no untagged reply matched" => wanted.clone(),
            _ => format!("wanted {wanted}"),
        };
        all.push((2, wanted, theme.text));
    }
    all.extend(told.got.iter().map(|got| {
        let words = got.trim_start();
        let deeper = if words.len() < got.len() { 4 } else { 0 };
        (deeper, words.to_owned(), theme.text)
    }));
    if !told.notes.is_empty() {
        all.push((0, String::new(), theme.text));
        all.push((0, "In plain words".to_owned(), theme.heading));
        let notes = told.notes.iter();
        all.extend(notes.map(|note| (2, note.clone(), theme.text)));
    }
    all
}

/// What can be done about a row that failed.
fn next(state: &State, run: &Run, row: &RowLine) -> Vec<Said> {
    let theme = &state.options.theme;
    let key = |action: Action| state.options.keymap.key_for(Context::Run, &action);
    let mut rows: Vec<(Action, String)> = Vec::new();
    if matches!(run.stage, Stage::Over { .. }) {
        rows.push((Action::Play, "run this row again".to_owned()));
    }
    if run.rows.len() > 1 {
        let words = match row.aside {
            false => "leave it out: R does not run it again",
            true => "it is left out; take it in again",
        };
        rows.push((Action::LeaveOut, words.to_owned()));
    }
    if let Some(lack) = words::lack(&state.console, row) {
        rows.push((Action::GiveRight, give(&lack)));
    }
    if !row.user.is_empty() {
        rows.push((Action::ActAs, format!("look as {}", row.user)));
    }
    let mut all = vec![
        (0, String::new(), theme.text),
        (0, "Next".to_owned(), theme.heading),
    ];
    for (action, words) in rows {
        let key = key(action).unwrap_or_default();
        all.push((2, format!("{key:<KEY$}{words}"), theme.text));
    }
    all
}

/// `add l for dave first (lookup)`
fn give(lack: &Lack) -> String {
    let words: Vec<&str> = lack.rights.chars().map(rights::word).collect();
    format!(
        "add {} for {} first ({})",
        lack.rights,
        lack.user,
        words.join(", ")
    )
}

/// Most files that the question for trust names.
const NAMED: usize = 8;

fn asked(state: &State, run: &Run, question: &Question) -> Vec<Said> {
    let theme = &state.options.theme;
    let plain = |text: &str| (0, text.to_owned(), theme.text);
    match question {
        Question::Safe { commands, .. } => {
            let words = "These commands destroy, or change what others may do:";
            let mut all = vec![(0, words.to_owned(), theme.danger)];
            all.extend(commands.iter().map(|(line, text)| {
                let words = format!("line {line:<4} {text}");
                (2, words, theme.warning)
            }));
            all.push(plain(""));
            let rows = match run.read.as_ref().ok().map(|script| &script.header.each) {
                Some(Some(_)) => "y  run it, and ask for no row again",
                _ => "y  run it",
            };
            all.push(plain(rows));
            all.push(plain("n  do not"));
            all
        }
        Question::Trust { files, .. } => {
            let words = "This snippet wants more than to talk to the server:";
            let mut all = vec![(0, words.to_owned(), theme.danger)];
            let wants = match files.as_slice() {
                [] => run.wants.clone(),
                files => {
                    let named = files.iter().take(NAMED).map(|file| outside_sentence(file));
                    let more = files.len().saturating_sub(NAMED);
                    let more = (more > 0).then(|| format!("and {more} more"));
                    named.chain(more).collect()
                }
            };
            all.extend(wants.into_iter().map(|want| (2, want, theme.warning)));
            all.push(plain(""));
            all.push(plain(match files.as_slice() {
                [] => "y  let it, now and whenever its content is exactly this",
                _ => "y  let it, now and whenever its content and these files are exactly this",
            }));
            all.push(plain("n  do not"));
            all
        }
    }
}
