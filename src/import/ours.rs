//! Our own traces (`transcript/trace.rs`).

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::text::{Counted, Lines, Meter};
use super::{ImportError, Step, Steps};
use crate::transcript::trace::{self, Entry, ReadError, Reader, TraceError};
use crate::wire::Direction;

pub(super) struct Ours {
    path: PathBuf,
    reader: Reader<BufReader<Counted>>,
    at: Option<SystemTime>,
    session: Option<u32>,
    /// Only this session's lines.
    only: Option<u32>,
}

impl Ours {
    pub fn open(path: &Path, meter: &Meter, only: Option<u32>) -> Result<Ours, ImportError> {
        let lines = Lines::open(path, meter)?;
        Ok(Ours {
            path: path.to_owned(),
            reader: Reader::new(lines.into_input()),
            at: None,
            session: None,
            only,
        })
    }

    fn wrong(&self, error: ReadError) -> ImportError {
        match error {
            ReadError::Io(source) => ImportError::File {
                path: self.path.clone(),
                source,
            },
            ReadError::Trace(TraceError { line, what }) => ImportError::Line {
                path: self.path.clone(),
                line,
                what: format!("this line of the trace {what}"),
            },
        }
    }
}

impl Steps for Ours {
    fn next(&mut self) -> Result<Option<Step>, ImportError> {
        loop {
            let entry = self
                .reader
                .read_entry()
                .map_err(|error| self.wrong(error))?;
            let Some((_, entry)) = entry else {
                return Ok(None);
            };
            let (side, bytes) = match entry {
                Entry::Mark { time, session } => {
                    self.at = trace::parse_time(&time).or(self.at);
                    let before = self.session.replace(session);
                    if before.is_some_and(|before| before != session) && self.only.is_none() {
                        return Ok(Some(Step::Connection));
                    }
                    continue;
                }
                Entry::Comment(text) => match note(&text) {
                    Some((text, warning)) if self.wanted() => {
                        return Ok(Some(Step::Remark {
                            at: self.at,
                            text: text.to_owned(),
                            warning,
                        }));
                    }
                    None if text.starts_with(trace::GAP) && self.wanted() => {
                        return Ok(Some(Step::Gap));
                    }
                    _ => continue,
                },
                // What was typed shows in what was sent.
                Entry::Submitted(_) => continue,
                Entry::Client(bytes) => (Direction::Client, bytes),
                Entry::Server(bytes) => (Direction::Server, bytes),
            };
            if self.wanted() {
                let at = self.at;
                return Ok(Some(Step::Bytes { at, side, bytes }));
            }
        }
    }
}

/// A note that we wrote, and whether it is a warning.
fn note(comment: &str) -> Option<(&str, bool)> {
    let calm = comment.strip_prefix(trace::NOTE).map(|text| (text, false));
    calm.or_else(|| {
        comment
            .strip_prefix(trace::WARNING)
            .map(|text| (text, true))
    })
}

impl Ours {
    fn wanted(&self) -> bool {
        self.only.is_none_or(|only| self.session == Some(only))
    }
}
