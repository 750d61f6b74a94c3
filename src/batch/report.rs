//! `--report F` and `--json`: JSON lines, each flushed. A `run` object per snippet, then a `start` and an `end`
//! object per row with a `step` per command between them.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Ended, Row, Step};

/// The format's number: the first line has it.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line {
    /// A snippet begins.
    Run(Run),
    /// A row begins: nothing of it has been sent yet.
    Start(Start),
    /// A command was answered.
    Step(StepLine),
    /// `!output`
    Output(OutputLine),
    /// A row is over.
    End(End),
}

/// A snippet begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// [`VERSION`].
    pub format: u32,
    /// As it was named.
    pub file: String,
    /// Its digest.
    pub sha256: String,
    /// Rows that are to run.
    pub rows: usize,
    /// When, RFC 3339.
    pub at: String,
}

/// A row begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Of which snippet.
    pub file: String,
    /// By number, from 1.
    pub row: usize,
    /// [`Row::key`].
    pub key: String,
    /// As whom.
    pub user: String,
    /// When, RFC 3339.
    pub at: String,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepLine {
    /// Of which snippet.
    pub file: String,
    /// Which row.
    pub row: usize,
    /// Line of the snippet.
    pub line: usize,
    /// Connection.
    pub conn: usize,
    /// As whom.
    pub user: String,
    /// On the wire.
    pub tag: String,
    /// Secrets masked.
    pub command: String,
    /// `OK`, `NO`, `BAD`; empty: never answered.
    pub status: String,
    /// The response code.
    pub code: String,
    /// From its last octet to its answer.
    pub ms: f64,
    /// What it captured.
    pub captures: serde_json::Map<String, serde_json::Value>,
}

/// `!output`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputLine {
    /// Of which snippet.
    pub file: String,
    /// Which row.
    pub row: usize,
    /// The text.
    pub text: String,
}

/// A row is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// Of which snippet.
    pub file: String,
    /// Which row.
    pub row: usize,
    /// [`Row::key`].
    pub key: String,
    /// As whom.
    pub user: String,
    /// [`super::Verdict::word`]; a row that was `stopped` has not ended for `--resume`.
    pub verdict: String,
    /// Line of the snippet that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What went wrong, or why it was skipped.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// From its beginning.
    pub ms: f64,
    /// Undo lines that hold.
    #[serde(default)]
    pub undo: usize,
    /// When, RFC 3339.
    pub at: String,
}

/// Milliseconds with three places.
pub fn millis(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// Now, as RFC 3339 has it.
pub fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

impl Start {
    /// `row` of `file`.
    pub fn new(file: &str, row: &Row, user: &str) -> Start {
        Start {
            file: file.to_owned(),
            row: row.number,
            key: row.key(),
            user: user.to_owned(),
            at: now(),
        }
    }
}

impl StepLine {
    /// A step of row `row`.
    pub fn new(file: &str, row: usize, step: &Step) -> StepLine {
        let value = |value: &String| serde_json::Value::String(value.clone());
        let captures = step.captures.iter();
        StepLine {
            file: file.to_owned(),
            row,
            line: step.line,
            conn: step.conn,
            user: step.user.clone(),
            tag: step.tag.clone(),
            command: step.command.clone(),
            status: step.status.clone(),
            code: step.code.clone(),
            ms: millis(step.time),
            captures: captures
                .map(|(name, is)| (name.clone(), value(is)))
                .collect(),
        }
    }
}

impl End {
    /// Of `row`.
    pub fn new(file: &str, row: &Row, user: &str, ended: &Ended) -> End {
        let first = ended.verdict.failures().first();
        let skipped = match &ended.verdict {
            super::Verdict::Skipped(why) => why.as_str(),
            _ => "",
        };
        End {
            file: file.to_owned(),
            row: row.number,
            key: row.key(),
            user: user.to_owned(),
            verdict: ended.verdict.word().to_owned(),
            line: first.and_then(|failure| failure.line),
            message: first.map_or(skipped, |f| f.message.as_str()).to_owned(),
            ms: millis(ended.time),
            undo: ended.undo,
            at: now(),
        }
    }
}

/// Why a report cannot be begun or written: sentences.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is there already.
    #[error(
        "--report: {} exists and was not touched: --resume {} goes on with its run, or name another file", .0.display(), .0.display()
    )]
    Exists(PathBuf),
    /// Somebody else writes it.
    #[error(
        "{}: another run writes this report now. A row would run twice: wait for it, or end it", .0.display()
    )]
    Busy(PathBuf),
    /// The system says no.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl ReportError {
    pub(super) fn io(path: &Path, cause: io::Error) -> ReportError {
        ReportError::Io {
            path: path.to_owned(),
            cause,
        }
    }
}

/// A report being written. The file is locked while this lives: two runs never share one.
#[derive(Debug)]
pub struct Report {
    path: PathBuf,
    file: File,
}

impl Report {
    /// A new one.
    ///
    /// # Errors
    /// It exists, or cannot be made.
    pub fn create(path: &Path) -> Result<Report, ReportError> {
        let file = OpenOptions::new().append(true).create_new(true).open(path);
        match file {
            Ok(file) => Report::locked(path, file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // Made by a run that is still at it, or by one that has ended?
                let there = File::open(path).map_err(|cause| ReportError::io(path, cause))?;
                match there.try_lock_shared() {
                    Err(TryLockError::WouldBlock) => Err(ReportError::Busy(path.to_owned())),
                    _ => Err(ReportError::Exists(path.to_owned())),
                }
            }
            Err(cause) => Err(ReportError::io(path, cause)),
        }
    }

    /// Goes on with one; half a line at its end (a run that was killed while it wrote) is cut off.
    ///
    /// # Errors
    /// It cannot be opened, or somebody else writes it.
    pub fn append(path: &Path) -> Result<Report, ReportError> {
        let wrong = |cause| ReportError::io(path, cause);
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .open(path)
            .map_err(wrong)?;
        let report = Report::locked(path, file)?;
        cut_half_a_line(&report.file).map_err(wrong)?;
        Ok(report)
    }

    fn locked(path: &Path, file: File) -> Result<Report, ReportError> {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(ReportError::Busy(path.to_owned())),
            // Some network file systems have no locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        Ok(Report {
            path: path.to_owned(),
            file,
        })
    }

    /// Writes a line: it is with the system when this returns.
    ///
    /// # Errors
    /// The disk is full, or the like.
    pub fn write(&mut self, line: &Line) -> Result<(), ReportError> {
        let text = text(line);
        self.file
            .write_all(text.as_bytes())
            .map_err(|cause| ReportError::io(&self.path, cause))
    }
}

/// A line with its line end.
pub fn text(line: &Line) -> String {
    let mut text = serde_json::to_string(line).unwrap_or_default();
    text.push('\n');
    text
}

/// Cuts off what stands behind the last line end.
pub(super) fn cut_half_a_line(file: &File) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    const BLOCK: u64 = 4096;
    let mut end = file.metadata()?.len();
    let mut reader: &File = file;
    while end > 0 {
        let from = end.saturating_sub(BLOCK);
        reader.seek(SeekFrom::Start(from))?;
        let mut block = Vec::new();
        reader.take(end - from).read_to_end(&mut block)?;
        if let Some(at) = block.iter().rposition(|octet| *octet == b'\n') {
            end = from + at as u64 + 1;
            break;
        }
        end = from;
    }
    if end < file.metadata()?.len() {
        file.set_len(end)?;
    }
    Ok(())
}
