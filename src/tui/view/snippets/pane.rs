//! What is to say beside the script: a question, mistakes, or all about the row at the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::super::super::printable;
use super::super::super::snippets::{Question, RowLine, Run};
use super::super::super::state::State;
use super::super::{popup_at, put};

pub(super) fn draw(state: &State, run: &Run, area: Rect, buffer: &mut Buffer) {
    let row = run.rows.chosen();
    let title = match (&run.question, row) {
        (Some(_), _) => "Asked".to_owned(),
        (None, _) if run.dry.is_some() => "Dry run".to_owned(),
        (None, Some(row)) if run.rows.len() > 1 || !row.user.is_empty() => {
            format!("Row {}  {}", row.number, row.user)
        }
        _ => "What comes of it".to_owned(),
    };
    let room = usize::from(area.width).saturating_sub(6);
    let title = printable::fit(&printable::line(&title), room);
    let inner = popup_at(state, area, &title, buffer);
    let width = usize::from(inner.width);
    let mut at = 0u16;
    for (text, style) in told(state, run, row) {
        let safe = printable::line(&text);
        for range in printable::wrap(&safe, width, width) {
            let piece = safe.get(range).unwrap_or_default().to_owned();
            put(buffer, inner, at, &Line::styled(piece, style));
            at = at.saturating_add(1);
        }
        if at >= inner.height {
            return;
        }
    }
}

type Said = Vec<(String, Style)>;

fn lines(text: &str, style: Style) -> impl Iterator<Item = (String, Style)> {
    text.lines().map(move |line| (line.to_owned(), style))
}

fn told(state: &State, run: &Run, row: Option<&RowLine>) -> Said {
    let theme = &state.options.theme;
    if let Some(question) = &run.question {
        return asked(state, run, question);
    }
    if let Some(text) = &run.dry {
        return lines(text, theme.text).collect();
    }
    let mut all = Vec::new();
    match &run.read {
        Err(mistakes) => {
            for mistake in mistakes {
                all.extend(lines(&mistake.text(None), theme.danger));
            }
            return all;
        }
        Ok(_) if run.began.is_none() => {
            for warning in &run.warnings {
                all.extend(lines(&warning.text(None), theme.warning));
            }
            let words = "r runs it, n goes step by step, d shows what would go.";
            all.push((words.to_owned(), theme.text));
            return all;
        }
        Ok(_) => {}
    }
    let Some(row) = row else {
        return all;
    };
    let ended = row.ended.as_ref();
    let failures = ended.map(|e| e.verdict.failures()).unwrap_or_default();
    let tail = ended.map(|e| e.tail.as_slice()).unwrap_or_default();
    let conversation = tail.iter().map(|line| {
        let sent = line.starts_with("C:");
        (line.clone(), if sent { theme.sent } else { theme.received })
    });
    if !run.conversation {
        for failure in failures {
            all.extend(lines(&failure.text, theme.text));
            all.push((String::new(), theme.text));
        }
    }
    let said = run.output.iter().filter(|(of, _)| *of == row.number);
    all.extend(said.map(|(_, text)| (text.clone(), theme.note)));
    if run.conversation {
        all.extend(conversation);
    } else if failures.is_empty() {
        let steps = run.steps.iter().filter(|(of, _)| *of == row.number);
        all.extend(steps.map(|(_, text)| (text.clone(), theme.dim)));
    }
    if all.is_empty() {
        all.push((row.note.clone(), theme.dim));
    }
    all
}

fn asked(state: &State, run: &Run, question: &Question) -> Said {
    let theme = &state.options.theme;
    let plain = |text: &str| (text.to_owned(), theme.text);
    match question {
        Question::Safe { commands, .. } => {
            let words = "Safe mode asks. These commands destroy, or change what others see:";
            let mut all = vec![(words.to_owned(), theme.danger)];
            all.extend(commands.iter().map(|(line, text)| {
                let words = format!("{line:>5}  {text}");
                (words, theme.warning)
            }));
            all.push(plain(""));
            all.push(plain("y runs it for all rows; n does not."));
            all
        }
        Question::Trust { .. } => {
            let words = "This snippet wants more than to talk to the server:";
            let mut all = vec![(words.to_owned(), theme.danger)];
            let wants = run.wants.iter();
            all.extend(wants.map(|want| (format!("  {want}"), theme.warning)));
            all.push(plain(""));
            all.push(plain(
                "y lets it, now and whenever its content is exactly this; n does not.",
            ));
            all
        }
    }
}
