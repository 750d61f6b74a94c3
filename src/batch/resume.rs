//! `--resume F`: what a report says has been done. Rows that ended are not run again; those that began and did
//! not end are named, and run again only when asked.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::Row;
use super::report::{End, Line};

/// Longest line of a report that is believed.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Where a row stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// It has not begun.
    New,
    /// It ended: so.
    Ended(Box<End>),
    /// It began, and nobody knows how far it came.
    Unfinished,
}

/// What a report says. Rows are known by what is in them, not by where they stand in the list, so that a list
/// may grow or lose rows meanwhile.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// By file and key: number of the row, and how it ended. More than one where rows say the same.
    rows: HashMap<(String, String), Vec<Seen>>,
    /// Digests of the snippets, by name.
    digests: HashMap<String, String>,
    /// Whether it was cut off in the middle of a line.
    pub cut: bool,
}

/// The number of a row, and how it ended.
type Seen = (usize, Option<Box<End>>);

/// Why a report cannot be read: sentences.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The system says no.
    #[error("--resume {}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A line is none of ours.
    #[error("--resume {}:{line}: not a report of imapsh run ({why})", path.display())]
    Strange {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What serde says.
        why: String,
    },
}

impl Past {
    /// Reads a report, line by line.
    ///
    /// # Errors
    /// It cannot be read. Half a line at the end is what a killed run leaves, and no error.
    pub fn read(path: &Path) -> Result<Past, PastError> {
        let io = |cause| PastError::Io {
            path: path.to_owned(),
            cause,
        };
        let mut past = Past::default();
        let mut reader = BufReader::new(File::open(path).map_err(io)?);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let mut limited = std::io::Read::take(&mut reader, LONGEST);
            if limited.read_until(b'\n', &mut line).map_err(io)? == 0 {
                break;
            }
            if !line.ends_with(b"\n") {
                past.cut = true;
                break;
            }
            match serde_json::from_slice(&line) {
                Ok(line) => past.take(line),
                Err(error) => {
                    return Err(PastError::Strange {
                        path: path.to_owned(),
                        line: number,
                        why: error.to_string(),
                    });
                }
            }
        }
        Ok(past)
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::Run(run) => {
                self.digests.insert(run.file, run.sha256);
            }
            // Again, if somebody asked for that.
            Line::Start(start) => self.note((start.file, start.key), start.row, None),
            Line::End(end) => {
                let at = (end.file.clone(), end.key.clone());
                let row = end.row;
                // Broken off: nobody knows how far it came.
                let end = (end.verdict != "stopped").then(|| Box::new(end));
                self.note(at, row, end);
            }
            Line::Step(_) | Line::Output(_) => {}
        }
    }

    fn note(&mut self, at: (String, String), row: usize, end: Option<Box<End>>) {
        let seen = self.rows.entry(at).or_default();
        match seen.iter_mut().find(|(number, _)| *number == row) {
            Some((_, is)) => *is = end,
            None => seen.push((row, end)),
        }
    }

    /// How the rows of `file` stand, each once: of several that say the same first those that stand where they
    /// stood, then the others in order.
    pub fn standings(&self, file: &str, rows: &[Row]) -> Vec<Standing> {
        let mut left: HashMap<String, Vec<(usize, Option<&End>)>> = HashMap::new();
        let keys: Vec<String> = rows.iter().map(Row::key).collect();
        for key in &keys {
            if !left.contains_key(key)
                && let Some(seen) = self.rows.get(&(file.to_owned(), key.clone()))
            {
                let seen = seen.iter().map(|(row, end)| (*row, end.as_deref()));
                left.insert(key.clone(), seen.collect());
            }
        }
        let mut standings = vec![Standing::New; rows.len()];
        for exact in [true, false] {
            for ((row, key), standing) in rows.iter().zip(&keys).zip(&mut standings) {
                let Some(seen) = left.get_mut(key).filter(|_| *standing == Standing::New) else {
                    continue;
                };
                let at = match exact {
                    true => seen.iter().position(|(number, _)| *number == row.number),
                    false => (!seen.is_empty()).then_some(0),
                };
                if let Some(at) = at {
                    *standing = match seen.remove(at).1 {
                        Some(end) => Standing::Ended(Box::new(end.clone())),
                        None => Standing::Unfinished,
                    };
                }
            }
        }
        standings
    }

    /// Whether `file` was another text then.
    pub fn has_changed(&self, file: &str, digest: &str) -> bool {
        self.digests.get(file).is_some_and(|then| then != digest)
    }

    /// Whether there is anything about `file`.
    pub fn knows(&self, file: &str) -> bool {
        self.digests.contains_key(file)
    }
}
