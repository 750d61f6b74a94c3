//! The trace of what passes, written as it passes (`--record`, `:record`).

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::file::{FileError, Overwrite};
use crate::channel::Notice;
use crate::session::Event;
use crate::transcript::interpret;
use crate::transcript::trace::{self, Side, Writer};

/// A trace that grows. It is on the disk as far as each answer of the server has come.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    /// `None`: it could not be written on, and that was said.
    out: Option<Writer<BufWriter<File>>>,
    last: Option<(SystemTime, u32)>,
    written: u64,
}

impl Recorder {
    /// Begins a trace at `path`, mode 0600.
    ///
    /// # Errors
    /// It exists and must not be overwritten, or cannot be written there.
    pub fn create(path: &Path, overwrite: Overwrite) -> Result<Recorder, FileError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => FileError::Exists {
                path: path.to_owned(),
            },
            io::ErrorKind::IsADirectory => FileError::Directory {
                path: path.to_owned(),
            },
            _ => FileError::Io {
                path: path.to_owned(),
                source,
            },
        };
        if path.is_dir() {
            let path = path.to_owned();
            return Err(FileError::Directory { path });
        }
        let mut options = OpenOptions::new();
        options.write(true).mode(0o600);
        match overwrite {
            Overwrite::No => options.create_new(true),
            Overwrite::Yes => options.create(true).truncate(true),
        };
        let file = options.open(path).map_err(failed)?;
        let mut recorder = Recorder::over(file);
        path.clone_into(&mut recorder.path);
        Ok(recorder)
    }

    /// Into a file that somebody else opened (a test with a full disk).
    pub fn over(file: File) -> Recorder {
        Recorder {
            path: PathBuf::new(),
            out: Some(Writer::new(BufWriter::with_capacity(128 * 1024, file))),
            last: None,
            written: 0,
        }
    }

    /// Where it is written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Octets of the session that were written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Whether it still is.
    pub fn is_writing(&self) -> bool {
        self.out.is_some()
    }

    /// Takes what session `session` (from 1) tells at `now`. Returns a sentence when the trace cannot be
    /// written on: once.
    pub fn notice(&mut self, now: SystemTime, session: u32, notice: &Notice) -> Option<String> {
        let outcome = match notice {
            Notice::Events { at, events } => self.events(*at, session, events),
            Notice::Warning(text) | Notice::Refused(text) | Notice::LoginFailed(text) => {
                self.remark(now, session, trace::WARNING, text)
            }
            Notice::Info(text) => self.remark(now, session, trace::NOTE, text),
            Notice::Ended { cause, sentence } => {
                let text = match sentence.as_str() {
                    "" => interpret::close(cause).1,
                    sentence => sentence.to_owned(),
                };
                self.remark(now, session, trace::NOTE, &text)
            }
            _ => Ok(()),
        };
        outcome.err().map(|error| self.failed(&error))
    }

    /// Writes what is left, and ends the trace. The sentence says what could not be written.
    ///
    /// # Errors
    /// The disk is full, say.
    pub fn finish(mut self) -> Result<u64, String> {
        let Some(out) = self.out.take() else {
            return Ok(self.written);
        };
        match out.finish().and_then(|mut out| out.flush()) {
            Ok(()) => Ok(self.written),
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn failed(&mut self, error: &io::Error) -> String {
        self.out = None;
        format!(
            "Recording to {} ended: {error}. The session goes on, what passes now is not recorded.",
            self.path.display()
        )
    }

    fn events(&mut self, at: SystemTime, session: u32, events: &[Event]) -> io::Result<()> {
        for event in events {
            let (side, piece) = match event {
                Event::Received(piece) => (Side::Server, piece),
                Event::Sent { piece, .. } => (Side::Client, piece),
                _ => continue,
            };
            self.mark(at, session, Some(side))?;
            let bytes = piece.bytes();
            self.written += bytes.len() as u64;
            if let Some(out) = &mut self.out {
                out.bytes(side, bytes)?;
            }
        }
        self.flush()
    }

    fn remark(&mut self, at: SystemTime, session: u32, mark: &str, text: &str) -> io::Result<()> {
        self.mark(at, session, None)?;
        if let Some(out) = &mut self.out {
            for line in text.lines() {
                out.comment(&format!("{mark}{line}"))?;
            }
        }
        self.flush()
    }

    /// Not within a line that goes on: it would be cut.
    fn mark(&mut self, at: SystemTime, session: u32, side: Option<Side>) -> io::Result<()> {
        let Some(out) = &mut self.out else {
            return Ok(());
        };
        let other = self.last.is_none_or(|(_, before)| before != session);
        if self.last == Some((at, session)) || (side.is_some() && out.open_line() == side && !other)
        {
            return Ok(());
        }
        self.last = Some((at, session));
        out.mark(&trace::time(at), session)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Some(out) => out.get_mut().flush(),
            None => Ok(()),
        }
    }
}
