//! The files behind the transcript: unnamed, mode 0600, appended to and read by position.

use std::collections::VecDeque;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Most octets on disk, unless told otherwise: 4 GiB.
pub const DEFAULT_LIMIT: u64 = 4 * 1024 * 1024 * 1024;
/// Least that a limit can be: two files of a few blocks.
pub const LEAST_LIMIT: u64 = 1024 * 1024;
/// Largest file; a limit below 4 GiB has smaller ones, so that dropping one drops a sixteenth.
const SEGMENT: u64 = 256 * 1024 * 1024;
const LEAST_SEGMENT: u64 = 256 * 1024;
/// Where it lies if `$TMPDIR` names nothing: `/tmp` is memory on many systems.
const ON_DISK: &str = "/var/tmp";

/// Why there is no spool.
#[derive(Debug, thiserror::Error)]
#[error("no temporary file could be made in {}: {source}. Set TMPDIR to a directory with room.", directory.display())]
pub struct SpoolError {
    directory: PathBuf,
    source: io::Error,
}

/// One file, and which part of the spool it holds.
#[derive(Debug)]
struct Segment {
    start: u64,
    file: File,
}

/// An append-only store without a name, in several files so that the oldest can be given back to the disk.
/// Positions count from the first octet ever written.
#[derive(Debug)]
pub struct Spool {
    /// Where new files are made; `None`: never any.
    directory: Option<PathBuf>,
    segments: VecDeque<Segment>,
    end: u64,
    limit: u64,
    in_memory: bool,
}

impl Spool {
    /// A spool in `$TMPDIR`, else in `/var/tmp`. A `$TMPDIR` in memory (tmpfs) is no place for gigabytes: then
    /// it is `/var/tmp` too, if that is a disk.
    pub fn new() -> Result<Spool, SpoolError> {
        let named = std::env::var_os("TMPDIR").map(PathBuf::from);
        let fallback = Path::new(ON_DISK);
        match named.filter(|d| d.is_dir()) {
            Some(named) if !is_memory(&named) => Spool::in_directory(&named),
            Some(named) => match Spool::in_directory(fallback) {
                Ok(spool) if !spool.in_memory => Ok(spool),
                _ => Spool::in_directory(&named),
            },
            None => Spool::in_directory(fallback),
        }
    }

    /// A spool in `directory`.
    pub fn in_directory(directory: &Path) -> Result<Spool, SpoolError> {
        let file = unnamed(directory).map_err(|source| SpoolError {
            directory: directory.to_owned(),
            source,
        })?;
        let mut spool = Spool::over(file);
        spool.directory = Some(directory.to_owned());
        spool.in_memory = is_memory(directory);
        Ok(spool)
    }

    /// A spool over one file that somebody else opened (a test with a full disk). It knows no limit.
    pub fn over(file: File) -> Spool {
        let mut spool = Spool::none();
        spool.segments.push_back(Segment { start: 0, file });
        spool
    }

    /// A spool that stores nothing: every write fails.
    pub fn none() -> Spool {
        Spool {
            directory: None,
            segments: VecDeque::new(),
            end: 0,
            limit: DEFAULT_LIMIT,
            in_memory: false,
        }
    }

    /// Keeps at most so many octets on disk (at least [`LEAST_LIMIT`]): see [`Spool::make_room`].
    pub fn set_limit(&mut self, octets: u64) {
        self.limit = octets.max(LEAST_LIMIT);
    }

    /// Most octets on disk.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Whether its directory is memory, not a disk, because no other could be had.
    pub fn in_memory(&self) -> bool {
        self.in_memory
    }

    /// Whether there is any file.
    pub fn is_there(&self) -> bool {
        !self.segments.is_empty()
    }

    /// The position behind the last octet.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Position of the oldest octet that is kept.
    pub fn start(&self) -> u64 {
        self.segments.front().map_or(self.end, |s| s.start)
    }

    /// Gives the oldest files back to the disk, so that `length` octets more stay below the limit.
    pub fn make_room(&mut self, length: u64) {
        let wanted = self.end.saturating_add(length);
        while self.segments.len() > 1 && wanted.saturating_sub(self.start()) > self.limit {
            self.segments.pop_front();
        }
    }

    /// Appends `bytes`, whole or not at all: after an error the same can be tried again.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let start = self.segments.back().map(|s| s.start);
        let start = start.ok_or_else(|| io::Error::other("there is no temporary file"))?;
        let segment = (self.limit / 16).clamp(LEAST_SEGMENT, SEGMENT);
        if let Some(directory) = self
            .directory
            .as_ref()
            .filter(|_| self.end - start >= segment)
        {
            let file = unnamed(directory)?;
            let start = self.end;
            self.segments.push_back(Segment { start, file });
        }
        if let Some(last) = self.segments.back() {
            last.file.write_all_at(bytes, self.end - last.start)?;
            self.end += bytes.len() as u64;
        }
        Ok(())
    }

    /// Writes `bytes` over what stands at `position`, which one append wrote.
    pub fn patch(&mut self, position: u64, bytes: &[u8]) -> io::Result<()> {
        let segment = self.segment(position)?;
        segment.file.write_all_at(bytes, position - segment.start)
    }

    /// Fills `buffer` from `position` on; all of it must have been written by one append.
    pub fn read(&self, position: u64, buffer: &mut [u8]) -> io::Result<()> {
        let segment = self.segment(position)?;
        segment.file.read_exact_at(buffer, position - segment.start)
    }

    fn segment(&self, position: u64) -> io::Result<&Segment> {
        let behind = self.segments.partition_point(|s| s.start <= position);
        let segment = behind.checked_sub(1).and_then(|at| self.segments.get(at));
        segment.ok_or_else(|| io::Error::other("it is not kept any more"))
    }
}

/// `O_TMPFILE` where the system has it, else unlinked at once; 0600 both ways: without a word of ours the
/// first leaves what the umask does, and `/proc/PID/fd` leads to it.
fn unnamed(directory: &Path) -> io::Result<File> {
    let file = tempfile::tempfile_in(directory)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Whether what is written to `directory` stays in memory (tmpfs, ramfs).
#[cfg(target_os = "linux")]
fn is_memory(directory: &Path) -> bool {
    // linux/magic.h: TMPFS_MAGIC, RAMFS_MAGIC.
    rustix::fs::statfs(directory)
        .is_ok_and(|s| matches!(s.f_type as u64, 0x0102_1994 | 0x8584_58f6))
}

/// Whether what is written to `directory` stays in memory: not known here.
#[cfg(not(target_os = "linux"))]
fn is_memory(_: &Path) -> bool {
    false
}
