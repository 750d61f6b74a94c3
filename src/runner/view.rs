//! `view` where there is no terminal, and `view --diff`: text on stdout.

use std::io::{self, Write};

use super::exit;
use crate::compare::{Comparison, compare};
use crate::export::{Exporter, Format, Scope};
use crate::import::{Heard, ImportError, Overhearing, Source};
use crate::transcript::{NoteLevel, SpoolError, Transcript};

/// Octets of a step.
const STEP: usize = 1024 * 1024;

/// Why logs were not shown.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// A log cannot be read.
    #[error("{0}")]
    Import(#[from] ImportError),
    /// There is no place for what is in it.
    #[error("{0}")]
    Spool(#[from] SpoolError),
    /// stdout cannot be written.
    #[error("stdout cannot be written: {0}")]
    Out(#[from] io::Error),
}

/// A log as a transcript, and why it could not be read to its end.
///
/// # Errors
/// Nothing of it can be read.
pub fn recorded(source: &Source) -> Result<(Transcript, Option<ImportError>), ViewError> {
    let mut log = Overhearing::open(source)?;
    let mut transcript = Transcript::new()?;
    let mut failed = None;
    loop {
        match log.hear() {
            Ok(None) => return Ok((transcript, failed)),
            Ok(Some(Heard::Events { at, events })) => {
                for event in &events {
                    transcript.record(at, event);
                }
            }
            Ok(Some(Heard::Remark { at, text, warning })) => {
                let level = match warning {
                    true => NoteLevel::Warning,
                    false => NoteLevel::Info,
                };
                transcript.note(at, level, &text);
            }
            Err(error) => failed = Some(error),
        }
    }
}

/// Every log as text; returns the exit code.
///
/// # Errors
/// One of them cannot be read to its end: what came before it is written.
pub fn print(sources: &[Source], out: &mut impl Write) -> Result<u8, ViewError> {
    for source in sources {
        let (transcript, failed) = recorded(source)?;
        if sources.len() > 1 {
            writeln!(out, "== {}", crate::tui::printable::line(&source.name()))?;
        }
        let mut exporter =
            Exporter::new(&transcript, Format::Text, Scope::All, &[], None, &mut *out)?;
        while !exporter.step(&transcript, STEP)? {}
        out.flush()?;
        if let Some(error) = failed {
            return Err(error.into());
        }
    }
    Ok(exit::DONE)
}

/// Two logs compared, both without and with what differs by nature.
///
/// # Errors
/// One of them cannot be read to its end.
pub fn compared(first: &Source, second: &Source) -> Result<[Comparison; 2], ViewError> {
    let read = |source| -> Result<Transcript, ViewError> {
        match recorded(source)? {
            (_, Some(error)) => Err(error.into()),
            (transcript, None) => Ok(transcript),
        }
    };
    let (a, b) = (read(first)?, read(second)?);
    Ok([compare(&a, &b, false), compare(&a, &b, true)])
}

/// The comparison as text; returns the exit code: 0 if there is no difference, 4 if there is.
///
/// # Errors
/// stdout cannot be written.
pub fn print_diff(
    names: [&str; 2],
    comparison: &Comparison,
    out: &mut impl Write,
) -> Result<u8, ViewError> {
    let [first, second] = names.map(crate::tui::printable::line);
    if comparison.differences > 0 {
        writeln!(out, "--- {first}\n+++ {second}")?;
        for row in &comparison.rows {
            writeln!(out, "{}", row.line())?;
        }
    }
    out.flush()?;
    Ok(match comparison.differences {
        0 => exit::DONE,
        _ => exit::REFUSED,
    })
}
