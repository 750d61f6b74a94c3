//! From files to conversations: pairs put together, connections told apart.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::json::Json;
use super::mozilla::{self, Mozilla};
use super::ours::Ours;
use super::pair::Untimed;
use super::rawlog::{BothWays, Merged, OneWay};
use super::recognise::{Format, recognise};
use super::telemetry::Telemetry;
use super::text::{Lines, Meter};
use super::{ImportError, Steps};
use crate::wire::Direction;

/// Octets at the beginning of a file that tell what it is.
const HEAD: u64 = 256 * 1024;
/// So much of a trace is looked through for sessions that went on side by side.
const LOOKED_THROUGH: u64 = 64 * 1024 * 1024;

/// One conversation: what one tab shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file, or both of a pair: the client's first.
    pub files: Vec<PathBuf>,
    /// What they are.
    pub format: Format,
    /// For a file of several connections: which.
    pub part: Part,
}

/// Which of the connections of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// All that is in it, one after another.
    Whole,
    /// Session of this number.
    Session(u32),
    /// What Thunderbird calls it.
    Named(Vec<u8>),
}

impl Source {
    /// Its name for a tab: `x.in + x.out`, `imap.log #2`.
    pub fn name(&self) -> String {
        let files = match self.files.as_slice() {
            // `20261125-200705-30088.in + .out`
            [one, other] if pairs(one, other) => {
                let end = other.extension().unwrap_or_default().to_string_lossy();
                format!("{} + .{end}", short(one))
            }
            files => {
                let names: Vec<String> = files.iter().map(|f| short(f)).collect();
                names.join(" + ")
            }
        };
        match &self.part {
            Part::Whole => files,
            Part::Session(number) => format!("{files} s{number}"),
            Part::Named(name) => format!("{files} {}", String::from_utf8_lossy(name)),
        }
    }

    /// When its first file was changed last: for logs without times.
    pub(super) fn changed(&self) -> SystemTime {
        let changed = self.files.first().and_then(|f| fs::metadata(f).ok());
        changed
            .and_then(|m| m.modified().ok())
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Octets of all its files.
    pub(super) fn size(&self) -> u64 {
        self.files
            .iter()
            .filter_map(|f| fs::metadata(f).ok())
            .map(|m| m.len())
            .sum()
    }

    pub(super) fn open(&self, meter: &Meter) -> Result<Box<dyn Steps>, ImportError> {
        let mut files = self.files.iter();
        let nothing = PathBuf::new();
        let file = files.next().unwrap_or(&nothing);
        let session = match self.part {
            Part::Session(number) => Some(number),
            _ => None,
        };
        Ok(match self.format {
            Format::Trace => Box::new(Ours::open(file, meter, session)?),
            Format::Json => Box::new(Json::open(file, meter, session)?),
            Format::Telemetry => Box::new(Telemetry::open(file, meter)?),
            Format::Rawlog { input } => Box::new(BothWays::open(file, meter, input)?),
            Format::Mozilla => {
                let name = match &self.part {
                    Part::Named(name) => name.as_slice(),
                    _ => b"",
                };
                Box::new(Mozilla::open(file, meter, name)?)
            }
            Format::RawlogSide { side, timed } => match files.next() {
                None => Box::new(OneWay::open(file, meter, side)?),
                Some(server) => {
                    let client = OneWay::open(file, meter, Direction::Client)?;
                    let server = OneWay::open(server, meter, Direction::Server)?;
                    match timed {
                        true => Box::new(Merged::new(client, server)),
                        false => Box::new(Untimed::new(client, server)),
                    }
                }
            },
        })
    }
}

/// What there is to show of these files, in their order.
///
/// # Errors
/// One of them cannot be read, is empty, or is no log.
pub fn sources(files: &[PathBuf]) -> Result<Vec<Source>, ImportError> {
    let mut sources: Vec<Source> = Vec::new();
    for path in files {
        let format = look(path)?;
        let source = |part| Source {
            files: vec![path.clone()],
            format,
            part,
        };
        match format {
            Format::Mozilla => {
                let names = connections(path)?;
                sources.extend(names.into_iter().map(|name| source(Part::Named(name))));
            }
            Format::Trace | Format::Json => match mixed_sessions(path)? {
                Some(numbers) => {
                    sources.extend(numbers.into_iter().map(|n| source(Part::Session(n))));
                }
                None => sources.push(source(Part::Whole)),
            },
            Format::RawlogSide { side, timed } => {
                let other = sources.iter_mut().find(|other| {
                    matches!(other.format, Format::RawlogSide { side: of, timed: t } if of != side && t == timed)
                        && matches!(other.files.as_slice(), [one] if pairs(one, path) || files.len() == 2)
                });
                match other {
                    Some(other) => {
                        let at = match side {
                            Direction::Client => 0,
                            Direction::Server => other.files.len(),
                        };
                        other.files.insert(at, path.clone());
                    }
                    None => sources.push(source(Part::Whole)),
                }
            }
            Format::Rawlog { .. } | Format::Telemetry => sources.push(source(Part::Whole)),
        }
    }
    Ok(sources)
}

/// `x.in` and `x.out`.
fn pairs(one: &Path, other: &Path) -> bool {
    one.with_extension("") == other.with_extension("")
}

fn short(file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str());
    name.to_string_lossy().into_owned()
}

fn look(path: &Path) -> Result<Format, ImportError> {
    let failed = |source| ImportError::File {
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).map_err(failed)?.is_dir() {
        let path = path.to_owned();
        return Err(ImportError::Directory { path });
    }
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(HEAD).read_to_end(&mut head))
        .map_err(failed)?;
    if head.is_empty() {
        let path = path.to_owned();
        return Err(ImportError::Empty { path });
    }
    recognise(&head).ok_or_else(|| ImportError::Unknown {
        path: path.to_owned(),
        binary: head.contains(&0),
    })
}

/// The connections of a Thunderbird log, in the order in which they begin.
fn connections(path: &Path) -> Result<Vec<Vec<u8>>, ImportError> {
    /// More tabs than that nobody can use.
    const MOST: usize = 50;
    let mut lines = Lines::open(path, &Meter::default())?;
    let mut found: Vec<Vec<u8>> = Vec::new();
    while let Some(piece) = lines.next()? {
        if let Some(row) = mozilla::row(&piece.bytes)
            && !found.iter().any(|name| name == row.connection)
            && found.len() < MOST
        {
            found.push(row.connection.to_vec());
        }
    }
    Ok(found)
}

/// The sessions of a trace of ours, if they went on side by side: then they cannot be shown as one.
fn mixed_sessions(path: &Path) -> Result<Option<Vec<u32>>, ImportError> {
    let mut lines = Lines::open(path, &Meter::default())?;
    let mut last = None;
    let mut seen = BTreeSet::new();
    let mut mixed = false;
    let mut looked = 0;
    while looked < LOOKED_THROUGH
        && let Some(piece) = lines.next()?
    {
        looked += piece.bytes.len() as u64;
        let line = piece.bytes.as_slice();
        let number = match line.first() {
            Some(b'-') if piece.begins => behind(line, b"-- @", b" s"),
            Some(b'{') if piece.begins => behind(line, b"{", b"\"session\":"),
            _ => None,
        };
        if let Some(number) = number.filter(|n| Some(*n) != last) {
            mixed |= !seen.insert(number);
            last = Some(number);
        }
    }
    Ok(mixed.then(|| seen.into_iter().collect()))
}

/// The number that stands behind `mark` in a line that begins with `front`.
fn behind(line: &[u8], front: &[u8], mark: &[u8]) -> Option<u32> {
    let rest = line.strip_prefix(front)?;
    let rest = rest.get(..rest.len().min(200))?;
    let at = memchr::memmem::find(rest, mark)? + mark.len();
    let digits = rest.get(at..)?;
    let count = super::text::digits(digits);
    u32::try_from(super::text::number(digits.get(..count)?)?).ok()
}
