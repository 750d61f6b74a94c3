//! A literal, or a part of one, to a file: in pieces, so that size does not matter.

use std::io::Write;
use std::ops::Range;
use std::path::Path;

use super::{FileError, NewFile, Overwrite};
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

/// A file that is being written. Dropped before the end, nothing is left of it.
#[derive(Debug)]
pub struct Saving {
    content: Content,
    decoder: Decoder,
    file: NewFile,
}

/// What came of a step.
#[derive(Debug)]
pub enum Saved {
    /// There is more to write.
    Going(Saving),
    /// The file is there: a sentence.
    Done(String),
}

impl Saving {
    /// Begins to write `content` to `path`.
    ///
    /// # Errors
    /// Something is there, or nothing can be written there.
    pub fn begin(content: Content, path: &Path, overwrite: Overwrite) -> Result<Saving, FileError> {
        Ok(Saving {
            decoder: Decoder::new(content.transfer),
            file: NewFile::create(path, overwrite)?,
            content,
        })
    }

    /// Writes on: about `budget` octets of the literal.
    ///
    /// # Errors
    /// A sentence; nothing of the file is left.
    pub fn step(mut self, transcript: &Transcript, budget: u64) -> Result<Saved, String> {
        let path = self.file.path().to_owned();
        let failed =
            |error: std::io::Error| format!("{} was not written: {error}.", path.display());
        let Range { mut start, end } = self.content.octets;
        let stop = start.saturating_add(budget).min(end);
        let mut out = Vec::new();
        while start < stop {
            let length = usize::try_from(end - start).unwrap_or(PIECE).min(PIECE);
            let piece = transcript.literal_bytes(self.content.line, start, length);
            if piece.is_empty() {
                return Err(format!(
                    "{} was not written: octet {start} of the literal cannot be read back.",
                    path.display()
                ));
            }
            start += piece.len() as u64;
            self.decoder.push(&piece, &mut out);
            self.file.write_all(&out).map_err(failed)?;
            out.clear();
        }
        self.content.octets = start..end;
        if start < end {
            return Ok(Saved::Going(self));
        }
        self.decoder.finish(&mut out);
        self.file.write_all(&out).map_err(failed)?;
        let problems = match self.decoder.problems() {
            0 => String::new(),
            1 => " One octet was no base64 or quoted-printable.".to_owned(),
            n => format!(" {n} octets were no base64 or quoted-printable."),
        };
        match self.file.finish() {
            Ok(written) => Ok(Saved::Done(format!(
                "{written} octets saved to {}.{problems}",
                path.display()
            ))),
            Err(error) => Err(format!("{error}.")),
        }
    }

    /// Where it goes.
    pub fn path(&self) -> &Path {
        self.file.path()
    }
}
