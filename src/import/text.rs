//! A file, line by line, never more of a line than fits a piece.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::ImportError;

/// Most octets of a line handed out at once.
pub(super) const PIECE: u64 = 64 * 1024;
const BUFFER: usize = 256 * 1024;

/// How far all files of a source have been read, for a progress display.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<AtomicU64>);

impl Meter {
    pub fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A file whose reading is counted.
#[derive(Debug)]
pub(super) struct Counted {
    file: File,
    meter: Meter,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.meter.0.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// The lines of a file.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    input: BufReader<Counted>,
    /// Number of the line that the last piece belongs to.
    pub number: usize,
    /// The last piece ended in LF: the next begins a line.
    fresh: bool,
}

/// A line, or a piece of a very long one.
#[derive(Debug)]
pub(super) struct Piece {
    /// With LF, if it ends in one.
    pub bytes: Vec<u8>,
    /// It begins a line.
    pub begins: bool,
}

impl Lines {
    pub fn open(path: &Path, meter: &Meter) -> Result<Lines, ImportError> {
        let file = File::open(path).map_err(|source| ImportError::File {
            path: path.to_owned(),
            source,
        })?;
        let counted = Counted {
            file,
            meter: meter.clone(),
        };
        Ok(Lines {
            path: path.to_owned(),
            input: BufReader::with_capacity(BUFFER, counted),
            number: 0,
            fresh: true,
        })
    }

    pub fn next(&mut self) -> Result<Option<Piece>, ImportError> {
        let mut bytes = Vec::new();
        let read = (&mut self.input)
            .take(PIECE)
            .read_until(b'\n', &mut bytes)
            .map_err(|source| self.failed(source))?;
        if read == 0 {
            return Ok(None);
        }
        let begins = self.fresh;
        self.fresh = bytes.ends_with(b"\n");
        self.number += usize::from(begins);
        Ok(Some(Piece { bytes, begins }))
    }

    pub fn failed(&self, source: io::Error) -> ImportError {
        ImportError::File {
            path: self.path.clone(),
            source,
        }
    }

    pub fn wrong(&self, what: impl Into<String>) -> ImportError {
        ImportError::Line {
            path: self.path.clone(),
            line: self.number,
            what: what.into(),
        }
    }

    /// The file itself, from where it was read to.
    pub fn into_input(self) -> BufReader<Counted> {
        self.input
    }
}

/// `1795637225.472888 ` at the front of a line: the time, and how many octets it takes.
pub(super) fn stamp(line: &[u8]) -> Option<(SystemTime, usize)> {
    let seconds = digits(line);
    let rest = line.get(seconds..)?.strip_prefix(b".")?;
    if !(9..=11).contains(&seconds) || digits(rest) != 6 || rest.get(6) != Some(&b' ') {
        return None;
    }
    let whole = number(line.get(..seconds)?)?;
    let micros = number(rest.get(..6)?)?;
    let at = UNIX_EPOCH
        .checked_add(Duration::from_secs(whole))?
        .checked_add(Duration::from_micros(micros))?;
    Some((at, seconds + 8))
}

pub(super) fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| b.is_ascii_digit()).count()
}

pub(super) fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
