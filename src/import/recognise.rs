//! Which log a file is: by what stands in it, never by its name.

use super::json;
use super::mozilla;
use super::rawlog;
use super::telemetry::{self, HEADING};
use super::text::stamp;
use crate::wire::Direction;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Our trace.
    Trace,
    /// Our JSON lines.
    Json,
    /// One direction of a Dovecot rawlog.
    RawlogSide {
        /// Which.
        side: Direction,
        /// Its lines begin with times.
        timed: bool,
    },
    /// Both directions in one file, as imaptest writes them.
    Rawlog {
        /// Who `I` is.
        input: Direction,
    },
    /// Cyrus.
    Telemetry,
    /// Thunderbird.
    Mozilla,
}

impl Format {
    /// What to call it in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Format::Trace => "a trace",
            Format::Json => "JSON lines",
            Format::RawlogSide { .. } => "a Dovecot rawlog",
            Format::Rawlog { .. } => "a rawlog of both directions",
            Format::Telemetry => "a Cyrus telemetry log",
            Format::Mozilla => "a Thunderbird log",
        }
    }
}

/// Verbs that a log of the client's side may begin with.
const VERBS: &[&str] = &[
    "APPEND",
    "AUTHENTICATE",
    "CAPABILITY",
    "CHECK",
    "CLOSE",
    "COMPRESS",
    "COPY",
    "CREATE",
    "DELETE",
    "DELETEACL",
    "ENABLE",
    "EXAMINE",
    "EXPUNGE",
    "FETCH",
    "GETACL",
    "GETMETADATA",
    "GETQUOTA",
    "GETQUOTAROOT",
    "ID",
    "IDLE",
    "LIST",
    "LISTRIGHTS",
    "LOGIN",
    "LOGOUT",
    "LSUB",
    "MOVE",
    "MYRIGHTS",
    "NAMESPACE",
    "NOOP",
    "NOTIFY",
    "RENAME",
    "SEARCH",
    "SELECT",
    "SETACL",
    "SETMETADATA",
    "SETQUOTA",
    "SORT",
    "STARTTLS",
    "STATUS",
    "STORE",
    "SUBSCRIBE",
    "THREAD",
    "UID",
    "UNAUTHENTICATE",
    "UNSELECT",
    "UNSUBSCRIBE",
    "XAPPLEPUSHSERVICE",
    "XLIST",
];

/// Tells the format by the beginning of a file (64 KiB are plenty).
pub fn recognise(head: &[u8]) -> Option<Format> {
    let first = head
        .split(|b| *b == b'\n')
        .map(<[u8]>::trim_ascii_end)
        .find(|line| !line.is_empty())?;
    if telemetry::mark(first).is_some()
        || (first.starts_with(HEADING) && head.windows(14).any(|w| telemetry::mark(w).is_some()))
    {
        return Some(Format::Telemetry);
    }
    if let Some((_, input, _, length)) = rawlog::mark(first) {
        let said = side_of(first.get(length..).unwrap_or_default());
        // Who logs is the client, if nothing tells: imaptest.
        let server_said = said.unwrap_or(Direction::Server) == Direction::Server;
        let input = match server_said == input || said.is_none() {
            true => Direction::Server,
            false => Direction::Client,
        };
        return Some(Format::Rawlog { input });
    }
    if let Some((_, length)) = stamp(first) {
        let side = side_of(first.get(length..).unwrap_or_default())?;
        return Some(Format::RawlogSide { side, timed: true });
    }
    if first.starts_with(b"{") {
        return json::is_row(first).then_some(Format::Json);
    }
    if [&b"S:"[..], b"C:", b"-- ", b">  ", b"> "]
        .iter()
        .any(|mark| first.starts_with(mark))
        || first == b"--"
    {
        return Some(Format::Trace);
    }
    let mut lines = head.split(|b| *b == b'\n').take(2_000);
    if lines.any(|line| mozilla::row(line).is_some()) {
        return Some(Format::Mozilla);
    }
    let side = side_of(first)?;
    Some(Format::RawlogSide { side, timed: false })
}

/// Who would say this.
fn side_of(line: &[u8]) -> Option<Direction> {
    let mut words = line.split(u8::is_ascii_whitespace);
    let (first, second) = (words.next()?, words.next().unwrap_or_default());
    let second = String::from_utf8_lossy(second).to_ascii_uppercase();
    let named = |all: &[&str]| all.contains(&second.as_str());
    match first {
        b"*" | b"+" => Some(Direction::Server),
        _ if named(&["OK", "NO", "BAD"]) => Some(Direction::Server),
        _ if !first.is_empty() && named(VERBS) => Some(Direction::Client),
        _ => None,
    }
}
