//! Thunderbird's `MOZ_LOG=IMAP:5,timestamp`: a line for each line of the session, among others.
//!
//! ```text
//! 2026-11-25 12:04:31.118221 UTC - [Parent 4711: IMAP]: I/IMAP 7f3a:mail.example.com:S-INBOX:SendData: 7 noop
//! ```
//!
//! Connections are told apart by the address at the front. Line ends are lost, and are CRLF again here;
//! what is longer than 400 octets goes on in lines without that front. The commands that carry a login
//! were left out by Thunderbird itself.

use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;

use super::text::{Lines, Meter};
use super::{ImportError, Step, Steps};
use crate::wire::Direction;

const SENT: &[u8] = b":SendData:";
const RECEIVED: &[u8] = b":CreateNewLineFromSocket:";
/// Most octets of a session's line that Thunderbird writes on one of its own.
const CUT: usize = 400;
const SUPPRESSED: &[u8] = b"Logging suppressed for this command";

/// A line of the session.
#[derive(Debug)]
pub(super) struct Row<'a> {
    at: Option<SystemTime>,
    /// The address of Thunderbird's connection, and the server's name.
    pub connection: &'a [u8],
    side: Direction,
    text: &'a [u8],
}

/// Reads a line of the log; `None`: it is about something else.
pub(super) fn row(line: &[u8]) -> Option<Row<'_>> {
    let line = line.trim_ascii_end();
    let sent = memchr::memmem::find(line, SENT).map(|at| (at, SENT, Direction::Client));
    let received = memchr::memmem::find(line, RECEIVED).map(|at| (at, RECEIVED, Direction::Server));
    // The first of the two: the text may hold the other.
    let (at, mark, side) = match (sent, received) {
        (Some(a), Some(b)) if b.0 < a.0 => b,
        (Some(found), _) | (None, Some(found)) => found,
        (None, None) => return None,
    };
    let front = line.get(..at)?;
    let text = line.get(at + mark.len()..)?;
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let behind = header_end(front)?;
    let place = front.get(behind..)?;
    // `7f3a:mail.example.com:S-INBOX`
    let address = place.iter().position(|b| *b == b':')?;
    let rest = place.get(address + 1..)?;
    let host = rest.iter().position(|b| *b == b':')?;
    let hex = place
        .get(..address)?
        .iter()
        .all(|b| b.is_ascii_hexdigit() || *b == b'x');
    hex.then_some(Row {
        at: time(front),
        connection: place.get(..address + 1 + host)?,
        side,
        text,
    })
}

/// Behind `...]: ` and `I/IMAP `, where what the module wrote begins.
fn header_end(line: &[u8]) -> Option<usize> {
    let mut end = memchr::memmem::find(line, b"]: ")? + 3;
    let rest = line.get(end..)?;
    if let Some(module) = [&b"/IMAP "[..], b"/IMAPCLIENT "]
        .into_iter()
        .find(|module| rest.get(1..1 + module.len()) == Some(module))
    {
        end += 1 + module.len();
    }
    Some(end)
}

/// `2026-11-25 12:04:31.118221 UTC` at the front.
fn time(line: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(line.get(..26)?).ok()?;
    let (day, hour) = text.split_once(' ')?;
    let stamp: Timestamp = format!("{day}T{hour}Z").parse().ok()?;
    Some(SystemTime::from(stamp))
}

/// One connection of a log.
pub(super) struct Mozilla {
    lines: Lines,
    only: Vec<u8>,
    /// The line of the session that was read last: it may go on.
    held: Option<(Option<SystemTime>, Direction, Vec<u8>)>,
    ready: Vec<Step>,
    /// Its last part was cut at [`CUT`].
    goes_on: bool,
}

impl Mozilla {
    pub fn open(path: &Path, meter: &Meter, only: &[u8]) -> Result<Mozilla, ImportError> {
        Ok(Mozilla {
            lines: Lines::open(path, meter)?,
            only: only.to_vec(),
            held: None,
            ready: Vec::new(),
            goes_on: false,
        })
    }

    fn release(&mut self) {
        let Some((at, side, mut bytes)) = self.held.take() else {
            return;
        };
        self.goes_on = false;
        if side == Direction::Client && bytes.starts_with(SUPPRESSED) {
            let text = "Thunderbird left a command out here that carried a login.".to_owned();
            self.ready.push(Step::Remark {
                at,
                text,
                warning: false,
            });
            return;
        }
        if side == Direction::Server && bytes == b"(null)" {
            return;
        }
        bytes.extend_from_slice(b"\r\n");
        // Thunderbird does not pipeline: when it speaks, the server has said all it had to.
        if side == Direction::Client {
            self.ready.push(Step::Gap);
        }
        self.ready.push(Step::Bytes { at, side, bytes });
    }
}

impl Steps for Mozilla {
    fn next(&mut self) -> Result<Option<Step>, ImportError> {
        loop {
            if !self.ready.is_empty() {
                return Ok(Some(self.ready.remove(0)));
            }
            let Some(piece) = self.lines.next()? else {
                self.release();
                if self.ready.is_empty() {
                    return Ok(None);
                }
                continue;
            };
            match row(&piece.bytes) {
                Some(row) if row.connection == self.only => {
                    let (at, side, text) = (row.at, row.side, row.text.to_vec());
                    self.release();
                    self.goes_on = text.len() >= CUT;
                    self.held = Some((at, side, text));
                }
                Some(_) => {}
                None if self.goes_on => {
                    let line = piece.bytes.trim_ascii_end();
                    let imap = header_end(line).and_then(|end| line.get(end..));
                    if let (Some(more), Some((_, _, bytes))) = (imap, &mut self.held)
                        && memchr::memmem::find(line, b"IMAP").is_some()
                    {
                        bytes.extend_from_slice(more);
                        self.goes_on = more.len() >= CUT;
                    }
                }
                None => {}
            }
        }
    }
}
