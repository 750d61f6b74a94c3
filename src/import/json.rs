//! Our own JSON lines.

use std::path::Path;
use std::time::SystemTime;

use serde::Deserialize;

use super::text::{Lines, Meter};
use super::{ImportError, Step, Steps};
use crate::transcript::trace;
use crate::wire::Direction;

/// A line, as far as it is read back.
#[derive(Debug, Deserialize)]
struct Row {
    time: Option<String>,
    session: Option<u32>,
    direction: Option<String>,
    bytes: Option<String>,
    note: Option<String>,
    #[serde(default)]
    warning: bool,
}

pub(super) struct Json {
    lines: Lines,
    session: Option<u32>,
    only: Option<u32>,
    held: Option<Step>,
}

/// Longest line: an octet is at most twelve characters.
const LONGEST: usize = 2 * 1024 * 1024;

impl Json {
    pub fn open(path: &Path, meter: &Meter, only: Option<u32>) -> Result<Json, ImportError> {
        Ok(Json {
            lines: Lines::open(path, meter)?,
            session: None,
            only,
            held: None,
        })
    }

    fn line(&mut self) -> Result<Option<Vec<u8>>, ImportError> {
        let mut line = Vec::new();
        while let Some(piece) = self.lines.next()? {
            line.extend_from_slice(&piece.bytes);
            if line.ends_with(b"\n") {
                return Ok(Some(line));
            }
            if line.len() > LONGEST {
                return Err(self.lines.wrong("it is longer than 2 MiB"));
            }
        }
        Ok((!line.is_empty()).then_some(line))
    }
}

/// Whether `line` is one of ours.
pub(super) fn is_row(line: &[u8]) -> bool {
    let row: Result<Row, _> = serde_json::from_slice(line);
    row.is_ok_and(|row| row.direction.is_some() && row.bytes.is_some() || row.note.is_some())
}

impl Steps for Json {
    fn next(&mut self) -> Result<Option<Step>, ImportError> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        loop {
            let Some(line) = self.line()? else {
                return Ok(None);
            };
            if line.trim_ascii().is_empty() {
                continue;
            }
            let row: Row = serde_json::from_slice(&line).map_err(|error| {
                self.lines
                    .wrong(format!("it is no JSON line of ours: {error}"))
            })?;
            let at: Option<SystemTime> = row.time.as_deref().and_then(trace::parse_time);
            let session = row.session.or(self.session);
            if self.only.is_some() && session != self.only {
                continue;
            }
            let step = match (row.direction.as_deref(), row.bytes, row.note) {
                (Some(direction), Some(bytes), _) => Step::Bytes {
                    at,
                    side: match direction {
                        "client" => Direction::Client,
                        "server" => Direction::Server,
                        other => {
                            return Err(self.lines.wrong(format!(
                                "its direction is {other:?}, not \"client\" or \"server\""
                            )));
                        }
                    },
                    bytes: trace::unescape(bytes.as_bytes()),
                },
                (_, _, Some(text)) => Step::Remark {
                    at,
                    text,
                    warning: row.warning,
                },
                _ => continue,
            };
            let before = std::mem::replace(&mut self.session, session);
            if before.is_some() && before != session {
                self.held = Some(step);
                return Ok(Some(Step::Connection));
            }
            return Ok(Some(step));
        }
    }
}
