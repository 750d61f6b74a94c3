//! A literal, or a part of one, to a file: in pieces, so that size does not matter, into a file that
//! only its owner can read, which has its name only when all of it is there.

use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::file;
use crate::decode::{Decoder, Transfer};
use crate::transcript::Transcript;

/// Octets read at one go.
const PIECE: usize = 256 * 1024;

/// What is to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The literal's line in the transcript.
    pub line: usize,
    /// Which of its octets.
    pub octets: Range<u64>,
    /// The encoding that is taken off.
    pub transfer: Transfer,
}

/// Why nothing was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is something of that name: ask.
    Exists(PathBuf),
    /// A sentence.
    Failed(String),
}

/// A file that is being written. Dropped before the end, nothing is left of it.
#[derive(Debug)]
pub struct Saving {
    content: Content,
    decoder: Decoder,
    file: NamedTempFile,
    path: PathBuf,
    overwrite: bool,
    written: u64,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// So many of so many octets were read.
    Going {
        /// Read.
        done: u64,
        /// To be read.
        of: u64,
    },
    /// The file is there: a sentence.
    Done(String),
}

impl Saving {
    /// Begins to write `content` to `path` (`~/` is the home directory). `overwrite`: what is there is
    /// replaced, once all is written.
    ///
    /// # Errors
    /// Something is there, or nothing can be written there.
    pub fn begin(content: Content, path: &str, overwrite: bool) -> Result<Saving, Refusal> {
        let failed = |text: String| Refusal::Failed(text);
        if path.trim().is_empty() {
            return Err(failed("Where to? A file name is needed.".to_owned()));
        }
        let path = file::place(path.trim()).map_err(Refusal::Failed)?;
        match std::fs::symlink_metadata(&path) {
            Ok(about) if about.is_dir() => {
                return Err(failed(format!(
                    "{} is a directory: name a file in it.",
                    path.display()
                )));
            }
            Ok(about) if !about.is_file() && !about.is_symlink() => {
                return Err(failed(format!("{} is not a plain file.", path.display())));
            }
            Ok(_) if !overwrite => return Err(Refusal::Exists(path)),
            _ => {}
        }
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // Mode 0600, and in the same directory, so that it only has to be renamed.
        let file = tempfile::Builder::new()
            .prefix(".imapsh-")
            .tempfile_in(directory)
            .map_err(|error| {
                failed(format!(
                    "Nothing can be written to {}: {error}.",
                    directory.display()
                ))
            })?;
        Ok(Saving {
            decoder: Decoder::new(content.transfer),
            content,
            file,
            path,
            overwrite,
            written: 0,
        })
    }

    /// Writes on: about `budget` octets of the literal.
    ///
    /// # Errors
    /// A sentence; nothing of the file is left.
    pub fn step(
        mut self,
        transcript: &Transcript,
        budget: u64,
    ) -> Result<(Progress, Option<Saving>), String> {
        let stop = self.content.octets.start.saturating_add(budget);
        let mut out = Vec::new();
        while self.content.octets.start < self.content.octets.end.min(stop) {
            let left = self.content.octets.end - self.content.octets.start;
            let length = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let at = self.content.octets.start;
            let piece = transcript.literal_bytes(self.content.line, at, length);
            if piece.is_empty() {
                return Err(format!(
                    "{} was not written: octet {at} of the literal cannot be read back.",
                    self.path.display()
                ));
            }
            self.content.octets.start += piece.len() as u64;
            self.decoder.push(&piece, &mut out);
            self.write(&mut out)?;
        }
        if self.content.octets.start < self.content.octets.end {
            let progress = Progress::Going {
                done: self.written,
                of: self.content.octets.end,
            };
            return Ok((progress, Some(self)));
        }
        self.decoder.finish(&mut out);
        self.write(&mut out)?;
        self.finish()
            .map(|sentence| (Progress::Done(sentence), None))
    }

    fn write(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        self.file
            .write_all(out)
            .map_err(|error| self.failed(&error))?;
        self.written += out.len() as u64;
        out.clear();
        Ok(())
    }

    fn failed(&self, error: &std::io::Error) -> String {
        format!("{} was not written: {error}.", self.path.display())
    }

    fn finish(self) -> Result<String, String> {
        self.file
            .as_file()
            .sync_all()
            .map_err(|error| self.failed(&error))?;
        let problems = match self.decoder.problems() {
            0 => String::new(),
            1 => " One octet was no base64 or quoted-printable.".to_owned(),
            n => format!(" {n} octets were no base64 or quoted-printable."),
        };
        let (path, written) = (self.path, self.written);
        let placed = match self.overwrite {
            true => self.file.persist(&path).map_err(|e| e.error),
            // Somebody may have made it in the meantime: never overwritten without having asked.
            false => self.file.persist_noclobber(&path).map_err(|e| e.error),
        };
        match placed {
            Ok(_) => Ok(format!(
                "{written} octets saved to {}.{problems}",
                path.display()
            )),
            Err(error) => Err(format!("{} was not written: {error}.", path.display())),
        }
    }

    /// Where it goes.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Octets written so far.
    pub fn written(&self) -> u64 {
        self.written
    }
}
