//! A unix socket through which other programs of the same user reach a session, one after another.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::umask;
use tokio::net::{UnixListener, UnixStream};

/// Why there is no socket. Each is a sentence.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Something else has the name.
    #[error("{0} is there and is no socket: it was left alone; choose another name")]
    NoSocket(PathBuf),
    /// A program answers there.
    #[error("another program serves on {0} already: choose another name, or end that program")]
    Busy(PathBuf),
    /// The system does not let us.
    #[error("the socket {path} cannot be made: {error}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// The socket. Its file goes with it.
#[derive(Debug)]
pub struct Door {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode of the file: another program's is not ours to remove.
    file: (u64, u64),
}

impl Door {
    /// Whether [`Door::open`] can be expected to work: asked before anybody logs in.
    ///
    /// # Errors
    /// When the name is taken, or its directory is not there.
    pub fn check(path: &Path) -> Result<(), DoorError> {
        let failed = |error| DoorError::Io {
            path: path.to_path_buf(),
            error,
        };
        match std::fs::symlink_metadata(path) {
            Ok(found) if !found.file_type().is_socket() => {
                Err(DoorError::NoSocket(path.to_path_buf()))
            }
            Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => {
                Err(DoorError::Busy(path.to_path_buf()))
            }
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
                let parent = parent.unwrap_or(Path::new("."));
                std::fs::metadata(parent).map(|_| ()).map_err(failed)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Makes the socket, for this user alone (mode 0600). One that nobody serves any more is replaced.
    /// Needs a tokio runtime.
    ///
    /// # Errors
    /// As [`Door::check`], and when the system does not let us.
    pub fn open(path: &Path) -> Result<Door, DoorError> {
        Door::check(path)?;
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let failed = |error| DoorError::Io {
            path: path.clone(),
            error,
        };
        if path.symlink_metadata().is_ok() {
            std::fs::remove_file(&path).map_err(failed)?;
        }
        // From its first moment nobody else gets in: a mode set later would come too late.
        let before = umask(Mode::from_raw_mode(0o177));
        let listener = UnixListener::bind(&path);
        umask(before);
        let listener = listener.map_err(failed)?;
        let found = std::fs::symlink_metadata(&path).map_err(failed)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Door {
            listener,
            file: (found.dev(), found.ino()),
            path,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The next program that comes in. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    /// When the system has no room for it.
    pub async fn next(&self) -> io::Result<UnixStream> {
        Ok(self.listener.accept().await?.0)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let ours = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|found| (found.dev(), found.ino()) == self.file);
        if ours {
            // Whoever finds it later is told that nobody serves there.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
