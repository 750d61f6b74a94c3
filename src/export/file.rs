//! Files that are whole or not there: written beside their place under another name, mode 0600, and renamed.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use thiserror::Error;

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Overwrite {
    /// It stays: [`FileError::Exists`].
    No,
    /// It is replaced.
    Yes,
}

/// Why a file was not written.
#[derive(Debug, Error)]
pub enum FileError {
    /// There is one of this name.
    #[error("{} exists and was not touched", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// It is no file at all.
    #[error("{} is a directory: name a file in it", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
    },
    /// The system says no.
    #[error("{} cannot be written: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A file being written.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    overwrite: Overwrite,
    out: BufWriter<NamedTempFile>,
    written: u64,
}

impl NewFile {
    /// Begins it. Nothing stands at `path` before [`NewFile::finish`].
    ///
    /// # Errors
    /// It exists and must not be overwritten, or cannot be written there.
    pub fn create(path: &Path, overwrite: Overwrite) -> Result<NewFile, FileError> {
        let failed = |source| FileError::Io {
            path: path.to_owned(),
            source,
        };
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => {
                let path = path.to_owned();
                return Err(FileError::Directory { path });
            }
            Ok(_) if overwrite == Overwrite::No => {
                let path = path.to_owned();
                return Err(FileError::Exists { path });
            }
            _ => {}
        }
        let directory = path.parent().filter(|d| !d.as_os_str().is_empty());
        // Mode 0600 from the beginning.
        let file = tempfile::Builder::new()
            .prefix(".imapsh-")
            .tempfile_in(directory.unwrap_or(Path::new(".")))
            .map_err(failed)?;
        Ok(NewFile {
            path: path.to_owned(),
            overwrite,
            out: BufWriter::with_capacity(128 * 1024, file),
            written: 0,
        })
    }

    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it in its place; returns its octets.
    ///
    /// # Errors
    /// The disk is full, or somebody else made a file of this name meanwhile.
    pub fn finish(self) -> Result<u64, FileError> {
        let NewFile {
            path,
            overwrite,
            out,
            written,
        } = self;
        let failed = |source| FileError::Io {
            path: path.clone(),
            source,
        };
        let file = out.into_inner().map_err(|e| failed(e.into_error()))?;
        file.as_file().sync_all().map_err(failed)?;
        let outcome = match overwrite {
            Overwrite::Yes => file.persist(&path),
            Overwrite::No => file.persist_noclobber(&path),
        };
        match outcome {
            Ok(_) => Ok(written),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(FileError::Exists { path })
            }
            Err(error) => Err(failed(error.error)),
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
