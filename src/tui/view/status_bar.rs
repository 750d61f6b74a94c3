//! Under the panes: the hint for what is being typed, the status line, the keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::action::Action;
use super::super::keymap::Context;
use super::super::layout::{Layout, Shape};
use super::super::popup::Popup;
use super::super::printable;
use super::super::prompt::Asked;
use super::super::rows::columns;
use super::super::state::State;
use super::super::units::{duration, octets};
use super::{argument_bar, gauge, put, put_right};
use crate::catalog;
use crate::channel::Progress;
use crate::console::Phase;
use crate::transcript::LineKind;
use crate::wire::response::Status;

/// A sentence about the last key, what a second Enter would send, or the syntax of the command.
pub(super) fn hint(state: &State, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    if area.is_empty() {
        return;
    }
    let inner = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    };
    let lines = sentence(state).unwrap_or_else(|| {
        let (width, height) = (usize::from(inner.width), usize::from(inner.height));
        argument_bar::rows(state, width, height)
    });
    let more = lines.len() > usize::from(area.height) && sentence(state).is_some();
    for (row, line) in (0u16..area.height).zip(lines) {
        put(buffer, inner, row, &Line::from(line));
    }
    if more {
        let last = area.height.saturating_sub(1);
        put_right(buffer, area, last, &[Span::styled("~", theme.dim)], 0);
    }
}

fn sentence(state: &State) -> Option<Vec<Vec<Span<'static>>>> {
    let theme = &state.options.theme;
    if let Some(message) = &state.message {
        let safe = printable::line(message);
        let width = usize::from(state.area.width.saturating_sub(2));
        let rows = printable::wrap(&safe, width, width);
        let text = |range: std::ops::Range<usize>| {
            vec![Span::styled(
                safe.get(range).unwrap_or_default().to_owned(),
                theme.warning,
            )]
        };
        return Some(rows.into_iter().map(text).collect());
    }
    if let Some(words) = state.event_words() {
        let safe = printable::line(&words);
        let width = usize::from(state.area.width.saturating_sub(2));
        let rows = printable::wrap(&safe, width, width);
        let text = |range: std::ops::Range<usize>| {
            let part = safe.get(range).unwrap_or_default().to_owned();
            vec![Span::styled(part, theme.dim)]
        };
        return Some(rows.into_iter().map(text).collect());
    }
    let confirm = state.confirm.as_ref()?;
    let tail = "   Enter sends this all the same";
    let first_of_all = "Enter sends this all the same:  ";
    let error = confirm
        .findings
        .iter()
        .find(|f| f.severity == catalog::Severity::Error);
    let unknown = error.is_some_and(|f| f.sentence.contains("is no command"));
    if let Some(finding) = error.filter(|_| !unknown) {
        let safe = printable::line(&finding.sentence);
        let width = usize::from(state.area.width.saturating_sub(2));
        let rows = printable::wrap(&safe, width.saturating_sub(first_of_all.len()), width);
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|range| {
                let part = safe.get(range).unwrap_or_default().to_owned();
                vec![Span::styled(part, theme.text)]
            })
            .collect();
        if let Some(row) = rows.first_mut() {
            row.insert(0, Span::styled(first_of_all, theme.warning));
        }
        return Some(rows);
    }
    let first = confirm.wire.lines().next().unwrap_or_default();
    let room = usize::from(state.area.width).saturating_sub(tail.len() + 2 + 16);
    Some(vec![vec![
        Span::styled("no known command: ", theme.warning),
        Span::styled(printable::fit(&printable::line(first), room), theme.sent),
        Span::styled(tail, theme.warning),
    ]])
}

/// State, last command, sizes, what is under way.
pub(super) fn status(state: &State, layout: &Layout, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let area = layout.status;
    let mut parts: Vec<Vec<Span<'static>>> = Vec::new();
    if layout.hint.is_empty()
        && let Some(lines) = sentence(state)
    {
        // Where there is no line for hints, a sentence takes this one.
        parts.extend(lines.into_iter().take(1));
    } else {
        parts.push(vec![phase(state)]);
        if let Some(job) = &state.job {
            let text = printable::line(&job.progress());
            parts.push(vec![Span::styled(text, theme.warning)]);
        }
        if let Some(saving) = &state.mail.saving {
            let fetched = state.console.mail().download().map_or(0, |d| d.octets());
            let text = printable::line(&saving.progress(fetched));
            parts.push(vec![Span::styled(text, theme.warning)]);
        }
        if let Some(file) = &state.recording {
            let text = format!("recording {}", printable::line(file));
            parts.push(vec![Span::styled(text, theme.heading)]);
        }
        parts.extend(under_way(state));
        parts.extend(last(state));
        parts.extend(server_time(state));
        let passed = state.console.transcript().octets();
        if passed.received + passed.sent > 0 {
            let sizes = format!(
                "in {}  out {}",
                octets(passed.received),
                octets(passed.sent)
            );
            parts.push(vec![Span::styled(sizes, theme.dim)]);
        }
        parts.extend(gauge::parts(state));
        let opened = state.console.opening_times().words();
        if !opened.is_empty() {
            parts.push(vec![Span::styled(opened, theme.dim)]);
        }
    }
    let mut spans = vec![Span::raw(" ")];
    let room = usize::from(area.width);
    for (index, part) in parts.into_iter().enumerate() {
        let gap = if index == 0 { 0 } else { 3 };
        if index > 0 && columns(&spans) + gap + columns(&part) > room {
            break;
        }
        spans.push(Span::raw(" ".repeat(gap)));
        spans.extend(part);
    }
    let used = columns(&spans);
    put(buffer, area, 0, &Line::from(spans));
    if layout.shape == Shape::OnePane {
        let keys = [
            Span::styled("F6", theme.key),
            Span::styled(" pane ", theme.dim),
        ];
        put_right(buffer, area, 0, &keys, used + 1);
    }
}

fn phase(state: &State) -> Span<'static> {
    let theme = &state.options.theme;
    match state.console.phase() {
        Phase::NotConnected => Span::styled("not connected", theme.dim),
        Phase::Opening(_) if state.console.password_wanted().is_some() => {
            Span::styled("waiting for the password", theme.warning)
        }
        Phase::Opening(None) if state.is_log() => Span::styled("reading the log", theme.warning),
        Phase::Ended { clean: true, .. } if state.is_log() => Span::styled("log", theme.dim),
        Phase::Opening(progress) => Span::styled(opening(progress.as_ref()), theme.warning),
        Phase::Ready => Span::styled(
            state.console.model().state().name().to_uppercase(),
            theme.heading,
        ),
        Phase::Ended { clean: true, .. } => Span::styled("connection ended", theme.dim),
        Phase::Ended { clean: false, .. } => {
            Span::styled("connection lost (:reconnect opens it again)", theme.danger)
        }
    }
}

fn opening(progress: Option<&Progress>) -> String {
    match progress {
        None => "connecting".to_owned(),
        Some(Progress::Resolving(host)) => format!("looking up {}", printable::line(host)),
        Some(Progress::Connecting(address)) => format!("connecting to {address}"),
        Some(Progress::Starting(_)) => "starting the tunnel".to_owned(),
        Some(Progress::Connected(_)) => "connected".to_owned(),
        Some(Progress::TlsHandshake) => "TLS handshake".to_owned(),
        Some(Progress::Secured(_)) => "TLS is on".to_owned(),
        Some(Progress::AwaitingGreeting) => "waiting for the greeting".to_owned(),
        Some(Progress::Reading { done, all }) => {
            let percent = done.saturating_mul(100).checked_div(*all).unwrap_or(100);
            format!("reading the log: {percent}%")
        }
        Some(Progress::LoggingIn(mechanism)) => {
            format!("logging in ({})", printable::line(mechanism))
        }
    }
}

/// The command that runs and for how long, the literal that is coming.
fn under_way(state: &State) -> Option<Vec<Span<'static>>> {
    let theme = &state.options.theme;
    let transcript = state.console.transcript();
    let (index, record) = state.running()?;
    let tag = transcript
        .command_tag(index)
        .map(|t| printable::text(t.as_bytes()))
        .unwrap_or_default();
    let mut text = format!("running: {tag} {}", printable::line(&record.verb));
    if let Ok(elapsed) = state.now.duration_since(record.at)
        && elapsed.as_secs() > 0
    {
        text.push_str(&format!(" {} s", elapsed.as_secs()));
    }
    if let Some(LineKind::Literal { size, received, .. }) = transcript
        .len()
        .checked_sub(1)
        .and_then(|i| transcript.line(i))
        .map(|l| l.kind)
        && received < size
    {
        text.push_str(&format!(", {} of {}", octets(received), octets(size)));
    }
    Some(vec![Span::styled(text, theme.warning)])
}

fn last(state: &State) -> Option<Vec<Span<'static>>> {
    let theme = &state.options.theme;
    let last = state.console.last_command()?;
    let (word, style): (&str, Style) = match last.status {
        Status::Ok | Status::Preauth => ("OK", theme.ok),
        Status::No => ("NO", theme.no),
        Status::Bad => ("BAD", theme.bad),
        Status::Bye => ("BYE", theme.bad),
    };
    let tag = last
        .tag
        .as_ref()
        .map(|t| printable::text(t.as_bytes()))
        .unwrap_or_default();
    Some(vec![
        Span::styled(
            format!("last: {tag} {} ", printable::line(&last.verb)),
            theme.dim,
        ),
        Span::styled(word, style),
        Span::styled(format!(" {}", duration(last.elapsed)), theme.dim),
    ])
}

/// Where the server tells what it needed itself: that, and what is left for network and transfer.
fn server_time(state: &State) -> Option<Vec<Span<'static>>> {
    let last = state.console.last_command()?;
    let server = last.server_time?;
    let text = format!(
        "server {}, line {}",
        duration(server.total()),
        duration(server.rest(last.elapsed))
    );
    Some(vec![Span::styled(text, state.options.theme.dim)])
}

/// `F1 help  F6 pane ...`: made from the bindings.
pub(super) fn keys(state: &State, area: Rect, buffer: &mut Buffer) {
    let theme = &state.options.theme;
    let room = usize::from(area.width);
    let mut spans = vec![Span::raw(" ")];
    if let Some(prefix) = state.prefix {
        spans.push(Span::styled(prefix.to_string(), theme.key));
        spans.push(Span::styled(" ... (another key)", theme.dim));
    } else {
        for binding in state.options.keymap.hints(state.context()) {
            let one_field =
                matches!(&state.popup, Some(Popup::Form(form)) if form.fields.len() < 2);
            // Hits to go to are those of the search in the transcript.
            let no_hits = matches!(&state.popup, Some(Popup::Prompt(p)) if p.asked != Asked::Find);
            let turns = matches!(binding.action, Action::Next | Action::Previous);
            if (binding.action == Action::Next && one_field) || (turns && no_hits) {
                continue;
            }
            let (key, words) = match binding.hinted() {
                (key, _)
                    if binding.action == Action::ActAs
                        && !state.console.identity().is_logged_in() =>
                {
                    (key, "log in")
                }
                hinted => hinted,
            };
            let run = state.snippets.run.as_ref();
            let words = match run.filter(|_| state.context() == Context::Run) {
                Some(run) => match run.hint(&binding.action, words) {
                    Some(words) => words,
                    None => continue,
                },
                None => words,
            };
            let more = [
                Span::styled(key, theme.key),
                Span::styled(format!(" {words}  "), theme.dim),
            ];
            // Something shorter may still fit.
            if columns(&spans) + columns(&more) <= room {
                spans.extend(more);
            }
            // It is bound for all of the program, and means this here.
            let stop = run.filter(|run| binding.action == Action::Pause && run.is_going());
            let keymap = &state.options.keymap;
            if stop.is_some()
                && let Some(key) = keymap.key_for(Context::Run, &Action::Interrupt)
            {
                spans.push(Span::styled(key, theme.key));
                spans.push(Span::styled(" stop  ", theme.dim));
            }
        }
    }
    put(buffer, area, 0, &Line::from(spans));
}
