//! Dovecot's rawlogs: one file for each direction, with time stamps or without, and those that imaptest
//! (and Dovecot's own clients) write, both directions in one file.
//!
//! ```text
//! 1795637225.472888 A0001 CREATE foo           x.in, x.out: each line with its time
//! 1795637225.472888 O: 1 LOGIN "u" "p"         rawlog.N: and its direction; `O>`: no line end follows
//! ```

use std::path::Path;
use std::time::SystemTime;

use super::text::{Lines, Meter, stamp};
use super::{ImportError, Step, Steps};
use crate::wire::Direction;

/// A line and when it passed, if the log says so.
type Stamped = (Option<SystemTime>, Vec<u8>);

/// One direction.
pub(super) struct OneWay {
    lines: Lines,
    side: Direction,
    at: Option<SystemTime>,
}

impl OneWay {
    pub fn open(path: &Path, meter: &Meter, side: Direction) -> Result<OneWay, ImportError> {
        Ok(OneWay {
            lines: Lines::open(path, meter)?,
            side,
            at: None,
        })
    }

    /// The next line and when it passed.
    pub fn line(&mut self) -> Result<Option<Stamped>, ImportError> {
        let Some(mut piece) = self.lines.next()? else {
            return Ok(None);
        };
        if piece.begins
            && let Some((at, length)) = stamp(&piece.bytes)
        {
            self.at = Some(at);
            piece.bytes.drain(..length);
        }
        Ok(Some((self.at, piece.bytes)))
    }
}

impl Steps for OneWay {
    fn next(&mut self) -> Result<Option<Step>, ImportError> {
        let side = self.side;
        let line = self.line()?;
        Ok(line.map(|(at, bytes)| Step::Bytes { at, side, bytes }))
    }
}

/// Both directions, each line with its time: the earlier line first. Where the times are equal the
/// client spoke first: the server reads and answers in one turn of its loop.
pub(super) struct Merged {
    sides: [(OneWay, Option<Stamped>); 2],
    begun: bool,
}

impl Merged {
    pub fn new(client: OneWay, server: OneWay) -> Merged {
        Merged {
            sides: [(client, None), (server, None)],
            begun: false,
        }
    }
}

impl Steps for Merged {
    fn next(&mut self) -> Result<Option<Step>, ImportError> {
        if !std::mem::replace(&mut self.begun, true) {
            for (file, next) in &mut self.sides {
                *next = file.line()?;
            }
        }
        let [(_, client), (_, server)] = &self.sides;
        let index = match (client, server) {
            (None, None) => return Ok(None),
            (Some((client, _)), Some((server, _))) if server < client => 1,
            (None, Some(_)) => 1,
            _ => 0,
        };
        let Some((file, next)) = self.sides.get_mut(index) else {
            return Ok(None);
        };
        let taken = std::mem::replace(next, file.line()?);
        let side = file.side;
        Ok(taken.map(|(at, bytes)| Step::Bytes { at, side, bytes }))
    }
}

/// Both directions in one file.
pub(super) struct BothWays {
    lines: Lines,
    /// Who `I` is: the server where a client wrote the log.
    input: Direction,
    current: Option<(SystemTime, Direction)>,
    /// What is left of the line that was read.
    rest: Vec<u8>,
}

impl BothWays {
    pub fn open(path: &Path, meter: &Meter, input: Direction) -> Result<BothWays, ImportError> {
        Ok(BothWays {
            lines: Lines::open(path, meter)?,
            input,
            current: None,
            rest: Vec::new(),
        })
    }
}

/// `1795637225.472888 I: `: the time, whether it is input, whether its line ends, and its length.
pub(super) fn mark(line: &[u8]) -> Option<(SystemTime, bool, bool, usize)> {
    let (at, length) = stamp(line)?;
    match line.get(length..length + 3)? {
        [way @ (b'I' | b'O'), end @ (b':' | b'>'), b' '] => {
            Some((at, *way == b'I', *end == b':', length + 3))
        }
        _ => None,
    }
}

impl Steps for BothWays {
    fn next(&mut self) -> Result<Option<Step>, ImportError> {
        loop {
            if self.rest.is_empty() {
                let Some(piece) = self.lines.next()? else {
                    return Ok(None);
                };
                self.rest = piece.bytes;
                if self.current.is_none() && mark(&self.rest).is_none() {
                    return Err(self.lines.wrong(
                        "a rawlog's line begins with a time and I: or O:; this one does not",
                    ));
                }
            }
            let mut line = std::mem::take(&mut self.rest);
            let mut whole = true;
            if let Some((at, input, ends, length)) = mark(&line) {
                let other = match self.input {
                    Direction::Server => Direction::Client,
                    Direction::Client => Direction::Server,
                };
                self.current = Some((at, if input { self.input } else { other }));
                line.drain(..length);
                whole = ends;
            }
            if !whole {
                // The next mark stands on the same line, behind bytes that have no end of their own.
                let next = (1..line.len()).find(|at| {
                    line.get(*at..).is_some_and(|l| {
                        l.first().is_some_and(u8::is_ascii_digit) && mark(l).is_some()
                    })
                });
                if let Some(next) = next {
                    self.rest = line.split_off(next);
                }
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
