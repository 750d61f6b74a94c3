//! What is inspected: a line, or a command with all that answered it.

use std::ops::Range;

use super::super::layout::Focus;
use super::super::state::State;
use crate::decode::LiteralKind;
use crate::transcript::{Line, LineKind, Transcript};
use crate::wire::{Direction, Origin};

/// Most lines of a command gone through in search of a literal.
const LINES: usize = 500;

/// What is inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// This line of the transcript: its frame, its literal, its note.
    Line(usize),
    /// This command: its line, and the replies to it.
    Command(usize),
}

impl Subject {
    /// What the cursor of the transcript is on. While the transcript follows and somebody types, that is
    /// the newest command rather than its last line.
    pub fn at_cursor(state: &State) -> Option<Subject> {
        let transcript = state.console.transcript();
        let spot = state.scroll.cursor(transcript)?;
        let newest = state.scroll.follow && state.focus != Focus::Transcript;
        let command = transcript.line_command(spot.line);
        match command {
            Some(command) if newest && !passes_by(transcript, command) => {
                Some(Subject::Command(command))
            }
            _ if newest => (0..transcript.command_count())
                .rev()
                .take(LOOKED_AT)
                .find(|command| !passes_by(transcript, *command))
                .map(Subject::Command)
                .or(Some(Subject::Line(spot.line))),
            _ => Some(Subject::of_line(transcript, spot.line)),
        }
    }

    /// The command, if `line` is the first line of one; else the line.
    pub fn of_line(transcript: &Transcript, line: usize) -> Subject {
        let command = transcript.line_command(line);
        let begins = command
            .and_then(|c| transcript.command(c))
            .is_some_and(|r| r.first_line == line);
        match command {
            Some(command) if begins => Subject::Command(command),
            _ => Subject::Line(line),
        }
    }

    /// The command that it is, or belongs to.
    pub fn command(self, transcript: &Transcript) -> Option<usize> {
        match self {
            Subject::Command(command) => Some(command),
            Subject::Line(line) => transcript.line_command(line),
        }
    }

    /// Its line: of a command the first one.
    pub fn line(self, transcript: &Transcript) -> Option<usize> {
        match self {
            Subject::Line(line) => Some(line),
            Subject::Command(command) => Some(transcript.command(command)?.first_line),
        }
    }

    /// The literal in it that one asked for: the first that is a mail or a part of one, rather than a file name
    /// that Cyrus sends as a literal; else the first.
    pub fn literal_line(self, transcript: &Transcript) -> Option<usize> {
        match self {
            Subject::Line(line) if is_literal(transcript, line) => Some(line),
            Subject::Line(line) => {
                let at = transcript.frame_at(line)?;
                let direction = Some(at.direction);
                let same = |l: &Line| l.kind.direction() == direction;
                best(transcript, at.lines, same)
            }
            Subject::Command(command) => {
                let record = transcript.command(command)?;
                let own = |l: &Line| l.command == Some(command);
                best(transcript, record.first_line..record.last_line + 1, own)
            }
        }
    }
}

fn is_literal(transcript: &Transcript, line: usize) -> bool {
    let line = transcript.line(line);
    line.is_some_and(|l| matches!(l.kind, LineKind::Literal { .. }))
}

/// The best of the literals among `lines`.
fn best(
    transcript: &Transcript,
    lines: Range<usize>,
    counts: impl Fn(&Line) -> bool,
) -> Option<usize> {
    let mut first = None;
    let mut announcing = [Vec::new(), Vec::new()];
    for index in lines.take(LINES) {
        let Some(line) = transcript.line(index).filter(&counts) else {
            continue;
        };
        let Some(direction) = line.kind.direction() else {
            continue;
        };
        let server = direction == Direction::Server;
        let [ours, theirs] = &mut announcing;
        let text = if server { theirs } else { ours };
        if matches!(line.kind, LineKind::Literal { .. }) {
            let kind = LiteralKind::announced(text, server);
            if !matches!(kind, LiteralKind::Other(_)) {
                return Some(index);
            }
            first = first.or(Some(index));
        } else {
            *text = line.bytes;
        }
    }
    first
}

/// Most commands looked at for the newest that somebody wants to read.
const LOOKED_AT: usize = 1_000;

/// What a pane asked to fill itself in: nobody waits for its reply to be taken apart.
fn passes_by(transcript: &Transcript, command: usize) -> bool {
    transcript
        .command(command)
        .is_some_and(|record| record.origin == Origin::Panel && *record.verb != *"EXAMINE")
}
