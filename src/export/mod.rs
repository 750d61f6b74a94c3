//! OUT. The transcript as a file: trace, text, JSON lines, bug report; and the trace of a session as it
//! happens.
//!
//! Knows: the transcript, and files that are written whole or not at all.
//! Must not know: sockets, screens, what a response means. Secrets are masked before they come here.
//! To add a format: a variant of [`Format`] and its arms in `render.rs`.

mod file;
mod names;
mod record;
mod render;
pub mod save;

use std::collections::BTreeSet;
use std::io::{self, Write};

pub use file::{FileError, NewFile, Overwrite};
pub use names::{Names, Replace};
pub use record::Recorder;

use crate::transcript::find::Sieve;
use crate::transcript::{LineKind, Transcript};
use crate::wire::Direction;
use render::{About, Renderer};

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// C: and S: with times, byte for byte; `imapsh view` reads it.
    Trace,
    /// To be read by people: commands with status and time, control characters written out.
    Text,
    /// An object a line; `imapsh view` reads it.
    Json,
    /// A trace with what a maintainer asks for above it.
    Report,
}

impl Format {
    /// Every format, with its name as typed.
    pub const ALL: [(Format, &'static str); 4] = [
        (Format::Trace, "trace"),
        (Format::Text, "text"),
        (Format::Json, "json"),
        (Format::Report, "report"),
    ];

    /// By its name.
    pub fn named(name: &str) -> Option<Format> {
        let found = Format::ALL
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name));
        found.map(|(format, _)| *format)
    }

    /// Its name as typed.
    pub fn name(self) -> &'static str {
        let found = Format::ALL.iter().find(|(format, _)| *format == self);
        found.map_or("", |(_, name)| name)
    }
}

/// Which lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All that is kept.
    All,
    /// What belongs to these commands.
    Commands(BTreeSet<usize>),
    /// These lines.
    Lines(BTreeSet<usize>),
}

/// A file name with today in it: `%Y%m%d-%H%M%S` and its like are replaced, where there are any.
pub fn dated(path: &std::path::Path) -> std::path::PathBuf {
    let text = path.to_string_lossy();
    if !text.contains('%') {
        return path.to_owned();
    }
    match jiff::fmt::strtime::format(text.as_bytes(), &jiff::Zoned::now()) {
        Ok(dated) => dated.into(),
        Err(_) => path.to_owned(),
    }
}

/// Octets of a literal at once.
const PIECE: usize = 64 * 1024;

/// Writes a transcript, some at a time: nothing but a line is held, and the caller can do other things in
/// between.
#[derive(Debug)]
pub struct Exporter<W> {
    renderer: Renderer<W>,
    scope: Scope,
    next: usize,
    end: usize,
    first: usize,
    /// The literal that is gone through, and how far.
    literal: Option<(usize, u64, Direction)>,
    finished: bool,
}

impl<W: Write> Exporter<W> {
    /// Everything of `transcript` within `scope` as it is now, to `out`. `head` stands above it where the
    /// format has a place for it, a line each. `names` replaces names on the way.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(
        transcript: &Transcript,
        format: Format,
        scope: Scope,
        head: &[String],
        names: Option<Names>,
        out: W,
    ) -> io::Result<Exporter<W>> {
        let (first, end) = match &scope {
            Scope::All => (transcript.first_line(), transcript.len()),
            Scope::Commands(commands) => {
                let records: Vec<_> = commands
                    .iter()
                    .filter_map(|c| transcript.command(*c))
                    .collect();
                let first = records.iter().map(|r| r.first_line).min();
                let last = records.iter().map(|r| r.last_line + 1).max();
                (first.unwrap_or(0), last.unwrap_or(0))
            }
            Scope::Lines(lines) => (
                lines.first().copied().unwrap_or(0),
                lines.last().map_or(0, |last| last + 1),
            ),
        };
        let first = first.max(transcript.first_line());
        let mut renderer = Renderer::new(format, names, out);
        renderer.head(head)?;
        Ok(Exporter {
            renderer,
            scope,
            next: first,
            end,
            first,
            literal: None,
            finished: false,
        })
    }

    /// Goes on until some `budget` octets are written. True: all is written.
    ///
    /// # Errors
    /// Those of the output; what is written so far is good for nothing then.
    pub fn step(&mut self, transcript: &Transcript, budget: usize) -> io::Result<bool> {
        self.step_through(transcript, None, budget)
    }

    /// The same, with only the lines that pass `sieve` (a filter).
    ///
    /// # Errors
    /// As above.
    pub fn step_through(
        &mut self,
        transcript: &Transcript,
        sieve: Option<&dyn Sieve>,
        budget: usize,
    ) -> io::Result<bool> {
        let mut done = 0;
        while done < budget {
            if let Some((index, offset, direction)) = self.literal {
                let octets = transcript.literal_bytes(index, offset, PIECE);
                if octets.is_empty() {
                    self.literal = None;
                    self.missing(transcript, index, offset)?;
                    continue;
                }
                done += octets.len();
                self.literal = Some((index, offset + octets.len() as u64, direction));
                self.renderer.octets(direction, &octets)?;
                continue;
            }
            if self.next >= self.end {
                if !std::mem::replace(&mut self.finished, true) {
                    self.renderer.finish()?;
                }
                return Ok(true);
            }
            let index = self.next;
            self.next += 1;
            done += 16;
            let passes = sieve.is_none_or(|sieve| sieve.passes(transcript, index));
            if !passes || !self.wanted(transcript, index) {
                continue;
            }
            let Some(line) = transcript.line(index) else {
                continue;
            };
            done += line.bytes.len();
            let session = transcript.connection_of(index);
            let about = About::of(transcript, index, &line, session);
            self.renderer.line(&line, &about)?;
            if let LineKind::Literal { direction, .. } = line.kind {
                self.literal = Some((index, 0, direction));
            }
        }
        Ok(false)
    }

    /// Lines gone through, of all there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.next - self.first, self.end.saturating_sub(self.first))
    }

    /// The output, when all is written.
    pub fn into_inner(self) -> W {
        self.renderer.into_inner()
    }

    fn wanted(&self, transcript: &Transcript, index: usize) -> bool {
        match &self.scope {
            Scope::All => true,
            Scope::Lines(lines) => lines.contains(&index),
            Scope::Commands(commands) => transcript
                .line_command(index)
                .is_some_and(|command| commands.contains(&command)),
        }
    }

    /// Says what of a literal is not there.
    fn missing(&mut self, transcript: &Transcript, index: usize, stored: u64) -> io::Result<()> {
        match transcript.line(index).map(|l| (l.kind, l.masked)) {
            Some((LineKind::Literal { received, .. }, false)) if received > stored => {
                self.renderer.gap(received - stored)
            }
            _ => Ok(()),
        }
    }
}
