//! Past commands, across sessions, without secrets: one JSON object a line, mode 0600.
//!
//! Several imapsh may share the file: it is locked while it is read or written, and only appended to,
//! but for the rare time when it has grown far beyond the limit. What the others write is seen the next
//! time somebody asks. In private mode nothing is written; the session still knows its own commands.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::fuzzy;

/// Most commands kept, unless the user says otherwise.
pub const LIMIT: usize = 5_000;
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
#[derive(Debug)]
pub struct History {
    path: Option<PathBuf>,
    /// Most commands kept.
    limit: usize,
    private: bool,
    loaded: bool,
    entries: Vec<HistoryEntry>,
    /// Those that are in no file.
    unwritten: Vec<HistoryEntry>,
    /// Lines in the file, as far as we know.
    lines: usize,
    /// Octets of the file when it was read; another length means that somebody else has written.
    seen: Option<u64>,
    trouble: Option<String>,
}

impl Default for History {
    fn default() -> History {
        History::new(None)
    }
}

impl History {
    /// Kept in `path`; `None`: for this session only. Nothing is read yet.
    pub fn new(path: Option<PathBuf>) -> History {
        History {
            path,
            limit: LIMIT,
            private: false,
            loaded: false,
            entries: Vec::new(),
            unwritten: Vec::new(),
            lines: 0,
            seen: None,
            trouble: None,
        }
    }

    /// Keeps so many commands; 0: none, in no file.
    pub fn limited(mut self, limit: usize) -> History {
        if limit == 0 {
            self.path = None;
        } else {
            self.limit = limit;
        }
        self
    }

    /// From now on nothing is written; or it is again.
    pub fn set_private(&mut self, private: bool) {
        self.private = private;
    }

    /// Whether nothing is written.
    pub fn is_private(&self) -> bool {
        self.private
    }

    /// All of them, oldest first. Reads the file when it is first asked, and when it has changed.
    pub fn entries(&mut self) -> &[HistoryEntry] {
        self.load();
        &self.entries
    }

    /// Those that fit `needle` (its letters in this order, as fzf finds them), each text once; the best
    /// first, and of equals the newest. `server`: only those sent to that one.
    pub fn search(&mut self, needle: &str, server: Option<&str>) -> Vec<HistoryEntry> {
        self.load();
        let mut seen = std::collections::HashSet::new();
        let fits = |e: &&HistoryEntry| server.is_none_or(|s| s == e.server);
        let newest: Vec<&HistoryEntry> = self
            .entries
            .iter()
            .rev()
            .filter(fits)
            .filter(|e| seen.insert(e.text.as_str()))
            .collect();
        let found = fuzzy::ranked(needle, newest.iter().map(|e| e.text.as_str()));
        found
            .into_iter()
            .filter_map(|index| newest.get(index).map(|e| (*e).clone()))
            .collect()
    }

    /// `!text`: the newest command that begins with `text`, in any case; else the newest that holds it.
    pub fn recall(&mut self, text: &str) -> Option<String> {
        self.load();
        let wanted = text.to_lowercase();
        let newest = || self.entries.iter().rev();
        let begins = newest().find(|e| e.text.to_lowercase().starts_with(&wanted));
        let holds = || newest().find(|e| e.text.to_lowercase().contains(&wanted));
        begins.or_else(holds).map(|e| e.text.clone())
    }

    /// The newest command of one line that goes on where `typed` ends; of this server first.
    pub fn suggestion(&mut self, typed: &str, server: &str) -> Option<&str> {
        if typed.trim().is_empty() {
            return None;
        }
        self.load();
        let goes_on = |e: &&HistoryEntry| {
            e.text.len() > typed.len() && e.text.starts_with(typed) && !e.text.contains('\n')
        };
        let newest = || self.entries.iter().rev().filter(goes_on);
        let here = newest().find(|e| e.server == server);
        here.or_else(|| newest().next()).map(|e| e.text.as_str())
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
        if self.private || self.path.is_none() {
            self.unwritten.push(entry.clone());
        } else if let Err(error) = self.append(&entry) {
            self.failed("written", &error);
            self.unwritten.push(entry.clone());
        }
        self.entries.push(entry);
        if self.entries.len() > self.cut_at() {
            self.entries.drain(..self.entries.len() - self.limit);
        }
        if self.unwritten.len() > self.cut_at() {
            self.unwritten.drain(..self.unwritten.len() - self.limit);
        }
    }

    /// The file is cut back to the limit when it holds more than this.
    fn cut_at(&self) -> usize {
        self.limit.saturating_add(self.limit / 5)
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
        let Some(path) = &self.path else { return };
        let length = std::fs::metadata(path).ok().map(|about| about.len());
        if std::mem::replace(&mut self.loaded, true) && length == self.seen {
            return;
        }
        let read = File::open(path).and_then(|file| {
            file.lock_shared()?;
            let length = file.metadata()?.len();
            let mut file = file;
            file.seek(SeekFrom::Start(length.saturating_sub(FILE_LIMIT)))?;
            let mut bytes = Vec::new();
            file.take(FILE_LIMIT).read_to_end(&mut bytes)?;
            Ok((bytes, length))
        });
        match read {
            Ok((bytes, length)) => {
                let (entries, lines) = parse(&bytes, self.limit);
                self.entries = entries;
                self.lines = lines;
                self.seen = Some(length);
                if !self.unwritten.is_empty() {
                    self.entries.extend(self.unwritten.iter().cloned());
                    self.entries.sort_by(|a, b| a.time.cmp(&b.time));
                }
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
        // What somebody else wrote since it was read is still to be read.
        let ours = self.seen == Some(about.len()) || (self.seen.is_none() && about.len() == 0);
        if self.lines > self.limit.saturating_add(self.limit / 5) {
            self.lines = cut(path, self.limit)?;
        }
        self.seen = if ours {
            Some(file.metadata()?.len())
        } else {
            None
        };
        Ok(())
    }
}

/// The entries of a file, at most `limit`, and how many lines it has. Lines that are none are skipped.
fn parse(bytes: &[u8], limit: usize) -> (Vec<HistoryEntry>, usize) {
    let lines: Vec<&[u8]> = bytes
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .collect();
    let from = lines.len().saturating_sub(limit);
    let newest = lines.get(from..).unwrap_or_default();
    let entries = newest
        .iter()
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    (entries, lines.len())
}

/// Cuts the file back to the newest `limit` lines; returns how many it has then.
fn cut(path: &std::path::Path, limit: usize) -> io::Result<usize> {
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
        .get(lines.len().saturating_sub(limit)..)
        .unwrap_or_default();
    let mut out = kept.join(&b'\n');
    out.push(b'\n');
    // In place, front to back: if this is stopped half way only old lines are there twice.
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&out)?;
    file.set_len(out.len() as u64)?;
    Ok(kept.len())
}
