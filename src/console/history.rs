//! Past commands, across sessions, without secrets: one JSON object a line, mode 0600.
//!
//! Several imapsh may share the file: it is locked while it is read or written, and only appended to,
//! but for the rare time when it has grown far beyond the limit.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Most commands kept.
pub const LIMIT: usize = 5_000;
/// The file is cut back to [`LIMIT`] when it holds so many.
const CUT_AT: usize = LIMIT + LIMIT / 5;
/// Longest text kept, in octets: a whole message in a literal is no command to repeat.
const TEXT_LIMIT: usize = 64 * 1024;
/// Most octets read of a file.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// One past command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When, as RFC 3339.
    pub time: String,
    /// To which server.
    pub server: String,
    /// The text, secrets masked.
    pub text: String,
}

/// The past commands, oldest first.
#[derive(Debug, Default)]
pub struct History {
    path: Option<PathBuf>,
    loaded: bool,
    entries: Vec<HistoryEntry>,
    /// Lines in the file, as far as we know.
    lines: usize,
    trouble: Option<String>,
}

impl History {
    /// Kept in `path`; `None`: for this session only. Nothing is read yet.
    pub fn new(path: Option<PathBuf>) -> History {
        History {
            path,
            ..History::default()
        }
    }

    /// All of them, oldest first. Reads the file when it is first asked.
    pub fn entries(&mut self) -> &[HistoryEntry] {
        self.load();
        &self.entries
    }

    /// Those that hold `needle` (in any case), newest first, each text once; `server`: only those sent
    /// to that one.
    pub fn search(&mut self, needle: &str, server: Option<&str>) -> Vec<HistoryEntry> {
        self.load();
        let needle = needle.to_lowercase();
        let mut seen = std::collections::HashSet::new();
        let fits = |e: &&HistoryEntry| {
            server.is_none_or(|s| s == e.server) && e.text.to_lowercase().contains(&needle)
        };
        self.entries
            .iter()
            .rev()
            .filter(fits)
            .filter(|e| seen.insert(e.text.as_str()))
            .cloned()
            .collect()
    }

    /// Adds a command, secrets already masked; not if it is the same as the last.
    pub fn add(&mut self, server: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() || text.len() > TEXT_LIMIT {
            return;
        }
        self.load();
        if self
            .entries
            .last()
            .is_some_and(|last| last.text == text && last.server == server)
        {
            return;
        }
        let entry = HistoryEntry {
            time: jiff::Timestamp::now().to_string(),
            server: server.to_owned(),
            text: text.to_owned(),
        };
        if let Err(error) = self.append(&entry) {
            self.failed("written", &error);
        }
        self.entries.push(entry);
        if self.entries.len() > CUT_AT {
            self.entries.drain(..self.entries.len() - LIMIT);
        }
    }

    /// Why the file cannot be used: a sentence, given once.
    pub fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    fn failed(&mut self, what: &str, error: &io::Error) {
        if let Some(path) = self.path.take() {
            self.trouble = Some(format!(
                "The history {} cannot be {what}: {error}. Commands are kept for this session only.",
                path.display()
            ));
        }
    }

    fn load(&mut self) {
        if std::mem::replace(&mut self.loaded, true) {
            return;
        }
        let Some(path) = &self.path else { return };
        let read = File::open(path).and_then(|file| {
            file.lock_shared()?;
            let length = file.metadata()?.len();
            let mut file = file;
            file.seek(SeekFrom::Start(length.saturating_sub(FILE_LIMIT)))?;
            let mut bytes = Vec::new();
            file.take(FILE_LIMIT).read_to_end(&mut bytes)?;
            Ok(bytes)
        });
        match read {
            Ok(bytes) => {
                let (entries, lines) = parse(&bytes);
                self.entries = entries;
                self.lines = lines;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.failed("read", &error),
        }
    }

    fn append(&mut self, entry: &HistoryEntry) -> io::Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)?;
        file.lock()?;
        let about = file.metadata()?;
        if about.permissions().mode() & 0o077 != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        let mut line = serde_json::to_vec(entry).map_err(io::Error::other)?;
        line.push(b'\n');
        // Another process may have been stopped in the middle of a line.
        if about.len() > 0 {
            file.seek(SeekFrom::End(-1))?;
            let mut last = [0];
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                line.insert(0, b'\n');
            }
        }
        file.write_all(&line)?;
        self.lines += 1;
        if self.lines > CUT_AT {
            self.lines = cut(path)?;
        }
        Ok(())
    }
}

/// The entries of a file, at most [`LIMIT`], and how many lines it has. Lines that are none are skipped.
fn parse(bytes: &[u8]) -> (Vec<HistoryEntry>, usize) {
    let lines: Vec<&[u8]> = bytes
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .collect();
    let from = lines.len().saturating_sub(LIMIT);
    let newest = lines.get(from..).unwrap_or_default();
    let entries = newest
        .iter()
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    (entries, lines.len())
}

/// Cuts the file back to the newest [`LIMIT`] lines; returns how many it has then.
fn cut(path: &std::path::Path) -> io::Result<usize> {
    // Not in append mode, which would write at the end whatever the position. The lock of the caller
    // is on another description of the same file, so this one must not lock again.
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let lines: Vec<&[u8]> = bytes
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .collect();
    let kept = lines
        .get(lines.len().saturating_sub(LIMIT)..)
        .unwrap_or_default();
    let mut out = kept.join(&b'\n');
    out.push(b'\n');
    // In place, front to back: if this is stopped half way only old lines are there twice.
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&out)?;
    file.set_len(out.len() as u64)?;
    Ok(kept.len())
}
