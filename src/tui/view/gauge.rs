//! What counts down, for the status bar: the keepalive, the patience with a server; and what compression
//! makes of the line.

use std::time::{Duration, SystemTime};

use ratatui::text::Span;

use super::super::state::State;
use super::super::units::octets;
use crate::console::Phase;

/// How long a command runs before its countdown is worth showing.
const QUICK: Duration = Duration::from_secs(5);

/// The parts, most urgent first.
pub(super) fn parts(state: &State) -> Vec<Vec<Span<'static>>> {
    let theme = &state.options.theme;
    let gauge = state.console.gauge();
    let mut parts = Vec::new();
    if waits(state)
        && let Some(left) = left(gauge.given_up, state.now)
    {
        let text = format!("gives up in {}", clock(left));
        parts.push(vec![Span::styled(text, theme.warning)]);
    }
    if let Some(compressed) = gauge.compressed {
        let text = format!(
            "deflate in {}  out {}",
            octets(compressed.line_in),
            octets(compressed.line_out)
        );
        parts.push(vec![Span::styled(text, theme.dim)]);
    }
    if let Some(left) = left(gauge.keepalive, state.now) {
        let text = format!("keepalive {}", coarse(left));
        parts.push(vec![Span::styled(text, theme.dim)]);
    }
    parts
}

/// In how long what [`parts`] shows is not true any more, though nothing has happened.
pub(in crate::tui) fn next_change(state: &State) -> Option<Duration> {
    let left = left(state.console.gauge().keepalive, state.now)?;
    (!left.is_zero()).then(|| step(left))
}

/// In how long [`coarse`] says something else.
pub(in crate::tui) fn step(left: Duration) -> Duration {
    match left > Duration::from_secs(60) {
        // Until the minute is over, and a little more.
        true => {
            Duration::from_millis(u64::try_from(left.as_millis() % 60_000).unwrap_or_default() + 20)
        }
        false => Duration::from_secs(1),
    }
}

/// Whether the user waits for the server for longer than usual.
fn waits(state: &State) -> bool {
    match state.console.phase() {
        Phase::Opening(_) => true,
        Phase::Ready => state
            .running()
            .and_then(|(_, record)| state.now.duration_since(record.at).ok())
            .is_some_and(|elapsed| elapsed >= QUICK),
        _ => false,
    }
}

fn left(at: Option<SystemTime>, now: SystemTime) -> Option<Duration> {
    Some(at?.duration_since(now).unwrap_or_default())
}

/// `0:09`, `14:48`.
fn clock(left: Duration) -> String {
    // What is shown as 0:00 is over.
    let seconds = left.as_millis().div_ceil(1000);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// `27 min`, and in the last minute `0:42`: the screen sleeps in between.
pub(super) fn coarse(left: Duration) -> String {
    if left > Duration::from_secs(60) {
        format!("{} min", left.as_secs().div_ceil(60))
    } else {
        clock(left)
    }
}
