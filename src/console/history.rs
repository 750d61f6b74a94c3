//! Past commands, across sessions, without secrets: one JSON object a line.

use std::path::PathBuf;

/// One past command.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    entries: Vec<HistoryEntry>,
}

impl History {
    /// Kept in `path`; `None`: for this session only.
    pub fn new(path: Option<PathBuf>) -> History {
        History {
            path,
            entries: Vec::new(),
        }
    }

    /// All of them, oldest first. Reads the file when it is first asked.
    pub fn entries(&mut self) -> &[HistoryEntry] {
        &self.entries
    }

    /// Those that hold `needle` (in any case), newest first, each text once; `server`: only those sent
    /// to that one.
    pub fn search(&mut self, needle: &str, server: Option<&str>) -> Vec<HistoryEntry> {
        let _ = (needle, server);
        Vec::new()
    }
}
