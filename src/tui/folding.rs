//! Which commands of the transcript are folded, and which lines are hidden by that. Looking a line up
//! costs the same however long the transcript is.

use std::collections::{BTreeMap, HashMap};

use crate::transcript::{Line, LineKind, NoteLevel, Progress, Transcript};
use crate::wire::Origin;
use crate::wire::response::Status;

/// Octets of a line that are shown before it is unfolded.
pub const LONG: usize = 4 * 1024;
/// The same for a note that only tells something: a server may come to forty capabilities at once.
const NOTE_LONG: usize = 240;
/// Octets that are shown of it.
pub const NOTE_SHOWN: usize = 120;

/// Whether a line is shown in part until it is unfolded. What warns is always whole.
pub fn is_long(line: &Line) -> bool {
    match line.kind {
        LineKind::Note(NoteLevel::Info) => line.bytes.len() > NOTE_LONG,
        _ => line.bytes.len() > LONG,
    }
}

/// How many lines are folded away.
pub fn folded(lines: usize) -> String {
    match lines {
        0 => String::new(),
        1 => "   [1 line]".to_owned(),
        _ => format!("   [{lines} lines]"),
    }
}

/// Folded commands and hidden lines.
#[derive(Debug, Default)]
pub struct Folds {
    /// Folded commands, and up to which line their lines have been hidden.
    folded: BTreeMap<usize, usize>,
    /// Lines that are hidden: beginning, end (not included). Never touching each other.
    hidden: BTreeMap<usize, usize>,
    /// Number of hidden lines of each folded command.
    counts: HashMap<usize, usize>,
    /// Folded commands that still run: more lines may come.
    growing: Vec<usize>,
    /// Commands looked at so far, for what the program sends by itself.
    seen: usize,
    /// The program's own commands that still run.
    automatic: Vec<usize>,
}

impl Folds {
    /// How many lines of the command are hidden; `None`: it is not folded.
    pub fn hidden_of(&self, command: usize) -> Option<usize> {
        self.counts.get(&command).copied()
    }

    /// Whether it is folded.
    pub fn is_folded(&self, command: usize) -> bool {
        self.folded.contains_key(&command)
    }

    /// How many commands are folded.
    pub fn len(&self) -> usize {
        self.folded.len()
    }

    /// Whether none is folded.
    pub fn is_empty(&self) -> bool {
        self.folded.is_empty()
    }

    /// Unfolds everything.
    pub fn clear(&mut self) {
        *self = Folds {
            seen: self.seen,
            ..Folds::default()
        };
    }

    /// Lines have come: those of folded commands are hidden, and what the program sent by itself is
    /// folded once it went well: the transcript begins with the user's own commands.
    pub fn grown(&mut self, transcript: &Transcript) {
        let new = self.seen..transcript.command_count();
        self.seen = transcript.command_count();
        let mut waiting = std::mem::take(&mut self.automatic);
        waiting.extend(new.filter(|c| {
            transcript
                .command(*c)
                .is_some_and(|r| r.origin == Origin::Program)
        }));
        for command in waiting {
            let Some(record) = transcript.command(command) else {
                continue;
            };
            let went_well = record.status == Some(Status::Ok);
            match record.progress {
                Progress::Running => self.automatic.push(command),
                Progress::Completed if went_well && !self.is_folded(command) => {
                    self.fold(transcript, command);
                }
                _ => {}
            }
        }
        let growing = std::mem::take(&mut self.growing);
        for command in growing {
            self.hide(transcript, command);
            let record = transcript.command(command);
            if record.is_some_and(|r| r.progress == Progress::Running) {
                self.growing.push(command);
            }
        }
    }

    /// The first line from `line` on that is not hidden.
    pub fn shown_from(&self, line: usize) -> usize {
        match self.hidden.range(..=line).next_back() {
            Some((_, &end)) if line < end => end,
            _ => line,
        }
    }

    /// The last line before `line` that is not hidden.
    pub fn shown_before(&self, line: usize) -> Option<usize> {
        let before = line.checked_sub(1)?;
        match self.hidden.range(..=before).next_back() {
            Some((&start, &end)) if before < end => start.checked_sub(1),
            _ => Some(before),
        }
    }

    /// The line itself if it is shown, else the first line of its command.
    pub fn command_line(&self, transcript: &Transcript, line: usize) -> usize {
        if self.shown_from(line) == line {
            return line;
        }
        let command = transcript
            .line_command(line)
            .and_then(|c| transcript.command(c));
        command.map_or(line, |c| c.first_line)
    }

    /// Folds a command: its first line stays.
    pub fn fold(&mut self, transcript: &Transcript, command: usize) {
        let Some(record) = transcript.command(command) else {
            return;
        };
        self.folded.insert(command, record.first_line + 1);
        self.counts.insert(command, 0);
        self.hide(transcript, command);
        if record.progress == Progress::Running {
            self.growing.push(command);
        }
    }

    /// Shows its lines again.
    pub fn unfold(&mut self, transcript: &Transcript, command: usize) {
        self.folded.remove(&command);
        self.counts.remove(&command);
        self.growing.retain(|c| *c != command);
        let Some(record) = transcript.command(command) else {
            return;
        };
        // Only the parts of hidden runs that are this command's become visible again.
        let (first, last) = (record.first_line + 1, record.last_line);
        let mut runs = Vec::new();
        while let Some((&start, &end)) = self
            .hidden
            .range(..=last)
            .next_back()
            .filter(|(_, end)| **end > first)
        {
            self.hidden.remove(&start);
            runs.push((start, end));
        }
        for (start, end) in runs {
            for line in start..end {
                if transcript.line_command(line) != Some(command) {
                    self.hide_line(line);
                }
            }
        }
    }

    /// Hides the lines of a folded command that came since the last look.
    fn hide(&mut self, transcript: &Transcript, command: usize) {
        let (Some(record), Some(&from)) = (transcript.command(command), self.folded.get(&command))
        else {
            return;
        };
        for line in from..=record.last_line {
            if transcript.line_command(line) == Some(command) {
                self.hide_line(line);
                *self.counts.entry(command).or_default() += 1;
            }
        }
        self.folded.insert(command, from.max(record.last_line + 1));
    }

    fn hide_line(&mut self, line: usize) {
        let (mut start, mut end) = (line, line + 1);
        if let Some((&before, &until)) = self
            .hidden
            .range(..=line)
            .next_back()
            .filter(|(_, until)| **until >= line)
        {
            if until > line {
                return;
            }
            start = before;
        }
        if let Some(&after) = self.hidden.get(&end) {
            self.hidden.remove(&end);
            end = after;
        }
        self.hidden.insert(start, end);
    }
}
