//! What is inspected: a line, or a command with all that answered it.

use super::super::layout::Focus;
use super::super::state::State;
use crate::transcript::{LineKind, Transcript};

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
            Some(command) if newest => Some(Subject::Command(command)),
            _ if newest => transcript
                .command_count()
                .checked_sub(1)
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

    /// The first literal in it.
    pub fn literal_line(self, transcript: &Transcript) -> Option<usize> {
        let is_literal = |line: &usize| {
            transcript
                .line(*line)
                .is_some_and(|l| matches!(l.kind, LineKind::Literal { .. }))
        };
        match self {
            Subject::Line(line) if is_literal(&line) => Some(line),
            Subject::Line(line) => {
                let at = transcript.frame_at(line)?;
                let direction = Some(at.direction);
                let same = |line: &usize| {
                    transcript
                        .line(*line)
                        .is_some_and(|l| l.kind.direction() == direction)
                };
                at.lines.take(LINES).filter(same).find(is_literal)
            }
            Subject::Command(command) => {
                let record = transcript.command(command)?;
                (record.first_line..=record.last_line)
                    .take(LINES)
                    .filter(|line| transcript.line_command(*line) == Some(command))
                    .find(is_literal)
            }
        }
    }
}
