//! Cyrus' telemetry logs: `<time<` before what the client sent, `>time>` before what the server sent,
//! wherever the one or the other began to speak, also in the middle of a line.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::text::{Lines, Meter, digits, number};
use super::{ImportError, Step, Steps};
use crate::wire::Direction;

/// What stands before the first mark: `---------- user Wed Nov 25 20:07:05 2026`.
pub(super) const HEADING: &[u8] = b"---------- ";

/// A mark is one only if its time fits those before: mail may hold what looks like one.
const JUMP: Duration = Duration::from_secs(2 * 24 * 60 * 60);

pub(super) struct Telemetry {
    lines: Lines,
    current: Option<(SystemTime, Direction)>,
    rest: Vec<u8>,
    /// What stands before the first mark; told with its time.
    heading: String,
}

impl Telemetry {
    pub fn open(path: &Path, meter: &Meter) -> Result<Telemetry, ImportError> {
        Ok(Telemetry {
            lines: Lines::open(path, meter)?,
            current: None,
            rest: Vec::new(),
            heading: String::new(),
        })
    }

    /// Where the next mark of `line` is that fits, and what it says.
    fn find(&self, line: &[u8]) -> Option<(usize, Mark)> {
        let found = memchr::memchr2_iter(b'<', b'>', line)
            .filter_map(|at| Some((at, mark(line.get(at..)?)?)));
        let fits = |mark: &Mark| match self.current {
            None => true,
            Some((before, _)) => mark
                .at
                .duration_since(before)
                .is_ok_and(|ahead| ahead < JUMP),
        };
        found.into_iter().find(|(_, mark)| fits(mark))
    }
}

pub(super) struct Mark {
    pub at: SystemTime,
    pub side: Direction,
    pub length: usize,
}

/// `<1795637225<` or `>1795637225>` at the front of `bytes`.
pub(super) fn mark(bytes: &[u8]) -> Option<Mark> {
    let (&first, rest) = bytes.split_first()?;
    let side = match first {
        b'<' => Direction::Client,
        b'>' => Direction::Server,
        _ => return None,
    };
    let length = digits(rest);
    if !(9..=11).contains(&length) || rest.get(length) != Some(&first) {
        return None;
    }
    let at = UNIX_EPOCH.checked_add(Duration::from_secs(number(rest.get(..length)?)?))?;
    Some(Mark {
        at,
        side,
        length: length + 2,
    })
}

impl Steps for Telemetry {
    fn next(&mut self) -> Result<Option<Step>, ImportError> {
        loop {
            if self.rest.is_empty() {
                let Some(piece) = self.lines.next()? else {
                    return Ok(None);
                };
                self.rest = piece.bytes;
            }
            let mut line = std::mem::take(&mut self.rest);
            if self.current.is_none() && mark(&line).is_none() {
                let text = String::from_utf8_lossy(line.trim_ascii()).into_owned();
                if self.heading.is_empty() {
                    text.trim_start_matches('-')
                        .trim()
                        .clone_into(&mut self.heading);
                }
                continue;
            }
            if let Some((0, mark)) = self.find(&line) {
                if !self.heading.is_empty() {
                    let user = std::mem::take(&mut self.heading);
                    self.rest = line;
                    return Ok(Some(Step::Remark {
                        at: Some(mark.at),
                        text: format!("Telemetry log of {user}"),
                        warning: false,
                    }));
                }
                self.current = Some((mark.at, mark.side));
                line.drain(..mark.length);
            }
            if let Some((next, _)) = self.find(&line) {
                self.rest = line.split_off(next);
            }
            if let (Some((at, side)), false) = (self.current, line.is_empty()) {
                return Ok(Some(Step::Bytes {
                    at: Some(at),
                    side,
                    bytes: line,
                }));
            }
        }
    }
}
