//! LOGS. What other programs, and we, wrote down of IMAP sessions, read as if it happened now.
//!
//! Knows: the formats, told apart by what is in the files, and how to hear a session in them.
//! Must not know: sockets, screens, where the events go. Nothing is held but a line; secrets are masked by
//! [`crate::session::Observer`], so none leaves this folder.
//! To add a format: a file with its [`Steps`], its row in `recognise.rs`, its arm in [`Source::open`].

mod json;
mod mozilla;
mod ours;
mod overhear;
mod pair;
mod rawlog;
mod recognise;
mod source;
mod telemetry;
mod text;

use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use thiserror::Error;

use crate::wire::Direction;

pub use overhear::{Heard, Overhearing};
pub use recognise::{Format, recognise};
pub use source::{Source, sources};

/// What a log says happened next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Bytes passed.
    Bytes {
        /// When; `None` if the log does not say.
        at: Option<SystemTime>,
        /// Who sent them.
        side: Direction,
        /// In whatever cut.
        bytes: Vec<u8>,
    },
    /// Something that is no bytes of the session.
    Remark {
        /// When.
        at: Option<SystemTime>,
        /// A sentence, hostile like all that stands in a file.
        text: String,
        /// Something is not as it should be.
        warning: bool,
    },
    /// What follows is another connection.
    Connection,
    /// The log leaves bytes out: what the server began does not end.
    Gap,
}

/// Why a log cannot be shown.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file cannot be opened or read.
    #[error("{}: {}", path.display(), reason(source))]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory.
    #[error("{} is a directory: name the files in it ({}/*)", path.display(), path.display())]
    Directory {
        /// Which.
        path: PathBuf,
    },
    /// There is nothing in it.
    #[error("{} is empty: nothing was logged in it", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// It is none of the formats.
    #[error(
        "{}: this is no log that imapsh knows{}. It reads its own traces and JSON lines, Dovecot's \
         and imaptest's rawlogs, Cyrus' telemetry logs and Thunderbird's MOZ_LOG=IMAP:5",
        path.display(), if *binary { " (it holds binary data)" } else { "" }
    )]
    Unknown {
        /// Which.
        path: PathBuf,
        /// There are NULs near its beginning.
        binary: bool,
    },
    /// It is one, but not all through.
    #[error("{}, line {line}: {what}", path.display())]
    Line {
        /// Which.
        path: PathBuf,
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "it may not be read (permission denied); logs often belong to the mail user".to_owned()
        }
        _ => format!("it cannot be read: {error}"),
    }
}

/// A log, step by step.
pub trait Steps: Send {
    /// The next one; `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read on, or what comes is no such log.
    fn next(&mut self) -> Result<Option<Step>, ImportError>;
}
