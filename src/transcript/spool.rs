//! The file behind the transcript: unnamed, mode 0600, appended to and read by position.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes gathered before they are written.
const BUFFER: usize = 64 * 1024;

/// Why there is no spool.
#[derive(Debug, thiserror::Error)]
#[error("no temporary file could be made in {}: {source}. Set TMPDIR to a directory with room.", directory.display())]
pub struct SpoolError {
    directory: PathBuf,
    source: io::Error,
}

/// An append-only file without a name. What was taken is never lost while this lives: if it cannot
/// be written it stays in the buffer, and new bytes are refused until there is room again.
#[derive(Debug)]
pub struct Spool {
    file: Option<File>,
    written: u64,
    buffer: Vec<u8>,
    /// The last write failed: nothing is taken until one succeeds.
    stuck: bool,
}

impl Spool {
    /// A spool in `$TMPDIR`, else in `/var/tmp` (`/tmp` is memory on many systems).
    pub fn new() -> Result<Spool, SpoolError> {
        let named = std::env::var_os("TMPDIR")
            .map(PathBuf::from)
            .filter(|d| d.is_dir());
        Spool::in_directory(&named.unwrap_or_else(|| PathBuf::from("/var/tmp")))
    }

    /// A spool in `directory`.
    pub fn in_directory(directory: &Path) -> Result<Spool, SpoolError> {
        // O_TMPFILE where the system has it, else unlinked at once; 0600 both ways.
        let file = tempfile::tempfile_in(directory).map_err(|source| SpoolError {
            directory: directory.to_owned(),
            source,
        })?;
        Ok(Spool::over(file))
    }

    /// A spool over a file that somebody else opened (a test with a full disk).
    pub fn over(file: File) -> Spool {
        Spool {
            file: Some(file),
            written: 0,
            buffer: Vec::new(),
            stuck: false,
        }
    }

    /// A spool that stores nothing: every append fails.
    pub fn none() -> Spool {
        Spool {
            file: None,
            written: 0,
            buffer: Vec::new(),
            stuck: false,
        }
    }

    /// Octets stored.
    pub fn len(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends `bytes`; returns their offset. On an error nothing of them was taken, and everything
    /// taken before is still there.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        if self.file.is_none() {
            return Err(io::Error::other("there is no temporary file"));
        }
        if self.stuck || self.buffer.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        let offset = self.len();
        self.buffer.extend_from_slice(bytes);
        Ok(offset)
    }

    /// `length` octets from `offset`; fewer at the end of what is stored.
    pub fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let end = offset.saturating_add(length as u64).min(self.len());
        let length = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut out = vec![0; length];
        let in_file = usize::try_from(self.written.saturating_sub(offset)).unwrap_or(usize::MAX);
        let (from_file, from_buffer) = out.split_at_mut(in_file.min(length));
        if let (Some(file), false) = (&self.file, from_file.is_empty()) {
            file.read_exact_at(from_file, offset)?;
        }
        let skip = usize::try_from(offset.saturating_sub(self.written)).unwrap_or(usize::MAX);
        for (to, from) in from_buffer.iter_mut().zip(self.buffer.iter().skip(skip)) {
            *to = *from;
        }
        Ok(out)
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(file) = &self.file {
            // A write that failed half way is done again at the same place.
            let outcome = file.write_all_at(&self.buffer, self.written);
            self.stuck = outcome.is_err();
            outcome?;
            self.written += self.buffer.len() as u64;
            self.buffer.clear();
        }
        Ok(())
    }
}
