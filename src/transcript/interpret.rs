//! Short readings in plain words: what a violation, a close or a response means.

use std::time::Duration;

use crate::session::{CloseCause, Violation};

use super::NoteLevel;

/// What a violation means, and what to do next.
pub fn violation(violation: &Violation) -> (NoteLevel, String) {
    match violation {
        Violation::UnknownTag(tag) => (
            NoteLevel::Warning,
            format!(
                "The server answered tag {tag}, which is none that we sent and still wait for. \
                 Was a command sent without a tag? Then its first word was taken as the tag."
            ),
        ),
        Violation::UnexpectedContinuation => (
            NoteLevel::Warning,
            "The server asks us to go on (+), but no command waits for that. Nothing is sent.".to_owned(),
        ),
        Violation::PlaintextBehindStartTls { octets } => (
            NoteLevel::Alarm,
            format!(
                "{octets} octets came unencrypted behind the OK of STARTTLS. Somebody may have put them \
                 into the line. They are shown, not used, and the connection is closed."
            ),
        ),
        Violation::NoGreeting => (
            NoteLevel::Alarm,
            "The first line is no IMAP greeting. Is this the port of another service? \
             IMAP is at 143, IMAP over TLS at 993."
                .to_owned(),
        ),
        Violation::BadBase64 => (
            NoteLevel::Warning,
            "The server's challenge is no valid base64. It is shown as it came; * cancels the login.".to_owned(),
        ),
    }
}

/// How a connection ended.
pub fn close(cause: &CloseCause) -> (NoteLevel, String) {
    match cause {
        CloseCause::Logout => (
            NoteLevel::Info,
            "Logged out. The connection is closed.".to_owned(),
        ),
        CloseCause::Bye(text) => (
            NoteLevel::Warning,
            format!("The server ended the connection: {text}"),
        ),
        CloseCause::Closed => (
            NoteLevel::Alarm,
            "The server closed the connection without a word (no BYE).".to_owned(),
        ),
        CloseCause::Local => (NoteLevel::Info, "We closed the connection.".to_owned()),
        CloseCause::Failed(text) => (NoteLevel::Alarm, format!("The connection failed: {text}")),
    }
}

/// What the server says a command took, at the end of its tagged response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServerTime {
    /// Its own work.
    pub work: Duration,
    /// What it waited for besides: locks, other services, our taking the data (Dovecot tells that apart).
    pub waiting: Duration,
}

impl ServerTime {
    /// Both.
    pub fn total(&self) -> Duration {
        self.work.saturating_add(self.waiting)
    }

    /// What is left of `elapsed` for network and transfer.
    pub fn rest(&self, elapsed: Duration) -> Duration {
        elapsed.saturating_sub(self.total())
    }
}

/// Reads it from the text of a tagged response: `Fetch completed (0.001 + 0.000 + 0.002 secs).` of
/// Dovecot, `Completed (0.003 sec)` and `Completed (7 msgs in 0.003 secs)` of Cyrus. Nothing else is
/// taken for a time, and nothing longer than a day.
pub fn server_time(text: &[u8]) -> Option<ServerTime> {
    let text = std::str::from_utf8(text).ok()?.trim_end();
    let inside = text.strip_suffix('.').unwrap_or(text).strip_suffix(')')?;
    let inside = inside.rsplit_once('(')?.1;
    let numbers = inside
        .strip_suffix(" secs")
        .or_else(|| inside.strip_suffix(" sec"))?;
    let numbers = match numbers.split_once(" msgs in ") {
        Some((count, rest)) if count.bytes().all(|b| b.is_ascii_digit()) => rest,
        Some(_) => return None,
        None => numbers,
    };
    let mut parts = numbers.split(" + ").map(seconds);
    let work = parts.next()??;
    let others = parts.next().unwrap_or(Some(Duration::ZERO))?;
    // Waiting for locks is counted in the first number, too: seen on Dovecot 2.3, where the sum of all
    // three is longer than the command took.
    let locks = parts.next().unwrap_or(Some(Duration::ZERO))?;
    parts.next().is_none().then(|| ServerTime {
        work: work.saturating_sub(locks),
        waiting: others.saturating_add(locks),
    })
}

/// `0.003`: digits, a point, digits.
fn seconds(text: &str) -> Option<Duration> {
    let digits = |t: &str| !t.is_empty() && t.len() <= 9 && t.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = text.split_once('.')?;
    if !digits(whole) || !digits(part) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    (value <= 86_400.0)
        .then(|| Duration::try_from_secs_f64(value).ok())
        .flatten()
}

/// `0.35 ms`, `12.4 ms`, `350 ms`, `12.3 s`: three digits are enough.
pub fn milliseconds(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    match ms {
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 100.0 => format!("{ms:.1} ms"),
        ms if ms < 10_000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1000.0),
    }
}

/// `took 12.4 ms: the server says 3.00 ms, network and transfer 9.40 ms`, or only the first.
pub fn timing(elapsed: Duration, server: Option<ServerTime>) -> String {
    let all = milliseconds(elapsed);
    match server {
        None => format!("took {all}"),
        Some(server) if server.waiting.is_zero() => format!(
            "took {all}: the server says {}, network and transfer {}",
            milliseconds(server.total()),
            milliseconds(server.rest(elapsed))
        ),
        Some(server) => format!(
            "took {all}: the server says {} of work and {} of waiting, network and transfer {}",
            milliseconds(server.work),
            milliseconds(server.waiting),
            milliseconds(server.rest(elapsed))
        ),
    }
}
