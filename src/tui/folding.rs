//! Which commands of the transcript are folded, and which lines are hidden by that. Rules, not lists of
//! lines: folding a command of millions of lines costs what folding one of two does.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use crate::transcript::{CommandRecord, Line, LineKind, NoteLevel, Progress, Transcript, Walked};
use crate::wire::response::Status;

/// Octets of a line that are shown before it is unfolded.
pub const LONG: usize = 4 * 1024;
/// The same for a note that only tells something: a server may come to forty capabilities at once.
const NOTE_LONG: usize = 240;
/// Octets that are shown of it.
pub const NOTE_SHOWN: usize = 120;
/// Blocks that are looked at while somebody waits for the screen.
const AT_ONCE: usize = 48;
/// Lines up to which the hidden ones of a command are counted one by one.
const COUNTED: usize = 512;
/// Commands up to which each is asked whether it is folded.
const ASKED: usize = 10_000;

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

/// What a pane was told to do and what everything after it rests on stays to be read.
const OPENS: &[&str] = &["EXAMINE"];

/// Folded commands.
#[derive(Debug, Default)]
pub struct Folds {
    /// Commands below this were all folded, or all unfolded, at once.
    swept: Option<(usize, bool)>,
    /// Since then, by hand.
    by_hand: HashMap<usize, bool>,
    /// Large folded commands, and the next block of theirs to be looked at.
    large: BTreeMap<usize, usize>,
    /// Blocks whose lines all belong to one command (or not): they can be skipped as a whole.
    whole: RefCell<HashMap<usize, Option<usize>>>,
}

impl Folds {
    /// Whether it is folded. What nobody typed is, once it went well: the transcript is about the
    /// user's own commands.
    pub fn is_folded(&self, transcript: &Transcript, command: usize) -> bool {
        if let Some(folded) = self.by_hand.get(&command) {
            return *folded;
        }
        match self.swept {
            Some((below, folded)) if command < below => folded,
            _ => transcript.command(command).is_some_and(|r| {
                !r.origin.is_user()
                    && !OPENS.contains(&&*r.verb)
                    && r.progress == Progress::Completed
                    && r.status == Some(Status::Ok)
            }),
        }
    }

    /// How many lines of the command are hidden; `None`: it is not folded.
    pub fn hidden_of(&self, transcript: &Transcript, command: usize) -> Option<usize> {
        if !self.is_folded(transcript, command) {
            return None;
        }
        let record = transcript.command(command)?;
        let first = heading(transcript, &record);
        let span = record.last_line.saturating_sub(first);
        if span > COUNTED {
            // Others may stand between: told apart only where it is cheap.
            return Some(span);
        }
        let own = (first + 1..=record.last_line)
            .filter(|line| transcript.line_command(*line) == Some(command));
        Some(own.count())
    }

    /// The command for whose sake a line is hidden.
    pub fn hides(&self, transcript: &Transcript, line: usize) -> Option<usize> {
        let command = transcript.line_command(line)?;
        if !self.is_folded(transcript, command) {
            return None;
        }
        let record = transcript.command(command)?;
        (heading(transcript, &record) != line).then_some(command)
    }

    /// The first line from `line` on that is not hidden. `None`: there is none, or it is so far away that
    /// [`Folds::step`] has to look first.
    pub fn shown_from(&self, transcript: &Transcript, mut line: usize) -> Option<usize> {
        let mut budget = AT_ONCE;
        let mut known: Option<(usize, Option<usize>)> = None;
        while line < transcript.len() {
            let Some(command) = self.hides(transcript, line) else {
                return Some(line);
            };
            let number = transcript.block_of(line)?;
            let block = transcript.block(number)?;
            let whole = match known.filter(|(of, _)| *of == number) {
                Some((_, whole)) => whole,
                None => {
                    let (whole, new) = self.whole_of(transcript, number);
                    budget = budget.checked_sub(usize::from(new))?;
                    known = Some((number, whole));
                    whole
                }
            };
            line = match whole {
                Some(of) if of == command => block.lines.end.max(line + 1),
                _ => line + 1,
            };
        }
        None
    }

    /// The last line before `line` that is not hidden.
    pub fn shown_before(&self, transcript: &Transcript, mut line: usize) -> Option<usize> {
        let mut budget = AT_ONCE;
        let mut known: Option<(usize, Option<usize>)> = None;
        while line > transcript.first_line() {
            let Some(command) = self.hides(transcript, line - 1) else {
                return Some(line - 1);
            };
            let number = transcript.block_of(line - 1)?;
            let block = transcript.block(number)?;
            let record = transcript.command(command)?;
            let whole = match known.filter(|(of, _)| *of == number) {
                Some((_, whole)) => whole,
                None => {
                    let (whole, new) = self.whole_of(transcript, number);
                    budget = budget.checked_sub(usize::from(new))?;
                    known = Some((number, whole));
                    whole
                }
            };
            let has_heading = block.lines.contains(&heading(transcript, &record));
            line = match whole {
                Some(of) if of == command && !has_heading => block.lines.start.min(line - 1),
                _ => line - 1,
            };
        }
        None
    }

    /// The command that all lines of a block belong to; whether it had to be looked at.
    fn whole_of(&self, transcript: &Transcript, number: usize) -> (Option<usize>, bool) {
        if let Some(known) = self.whole.borrow().get(&number) {
            return (*known, false);
        }
        let Some(block) = transcript.block(number) else {
            return (None, false);
        };
        let mut walk = transcript.walk_block(number);
        let mut all: Option<Option<usize>> = None;
        while let Some(walked) = walk.next() {
            if let Walked::Line(line) = walked {
                match all {
                    None => all = Some(line.command),
                    Some(command) if command == line.command => {}
                    Some(_) => {
                        all = Some(None);
                        break;
                    }
                }
            }
        }
        let all = all.flatten();
        if block.settled {
            self.whole.borrow_mut().insert(number, all);
        }
        (all, true)
    }

    /// Whether there is something to look at.
    pub fn has_work(&self, transcript: &Transcript) -> bool {
        self.large.iter().any(|(command, next)| {
            let last = transcript.command(*command).map(|r| r.last_line);
            let last = last.and_then(|line| transcript.block_of(line));
            last.is_some_and(|last| *next < last)
                && transcript.block(*next).is_some_and(|b| b.settled)
        })
    }

    /// Looks at one block of a large folded command.
    pub fn step(&mut self, transcript: &Transcript) {
        let start = transcript.blocks().start;
        let found = self.large.iter().find_map(|(command, next)| {
            let last = transcript.command(*command)?.last_line;
            let next = (*next).max(start);
            (next < transcript.block_of(last)? && transcript.block(next)?.settled)
                .then_some((*command, next))
        });
        if let Some((command, next)) = found {
            self.whole_of(transcript, next);
            self.large.insert(command, next + 1);
        }
    }

    /// Folds or unfolds a command; its first line stays.
    pub fn set(&mut self, transcript: &Transcript, command: usize, folded: bool) {
        self.by_hand.insert(command, folded);
        match folded {
            true => self.is_large(transcript, command),
            false => {
                self.large.remove(&command);
            }
        }
    }

    fn is_large(&mut self, transcript: &Transcript, command: usize) {
        let Some(record) = transcript.command(command) else {
            return;
        };
        let first = transcript.block_of(heading(transcript, &record));
        let last = transcript.block_of(record.last_line);
        if let (Some(first), Some(last)) = (first, last)
            && (last > first + AT_ONCE / 2 || record.progress == Progress::Running)
        {
            self.large.entry(command).or_insert(first);
        }
    }

    /// Folds all commands, or unfolds all if all are folded.
    pub fn sweep(&mut self, transcript: &Transcript) {
        let commands = transcript.first_command()..transcript.command_count();
        let all = match commands.len() {
            0 => return,
            count if count <= ASKED => commands
                .clone()
                .all(|command| self.is_folded(transcript, command)),
            _ => self.swept == Some((commands.end, true)) && !self.by_hand.values().any(|f| !f),
        };
        self.swept = Some((commands.end, !all));
        self.by_hand.clear();
        self.large.clear();
        if !all {
            commands.for_each(|command| self.is_large(transcript, command));
        }
    }

    /// The line itself if it is shown, else the first line of its command.
    pub fn heading_of(&self, transcript: &Transcript, line: usize) -> usize {
        let hiding = self.hides(transcript, line);
        let record = hiding.and_then(|command| transcript.command(command));
        record.map_or(line, |record| heading(transcript, &record))
    }
}

/// The line that stays of a folded command: its first, or the first of it that is kept.
fn heading(transcript: &Transcript, record: &CommandRecord) -> usize {
    record.first_line.max(transcript.first_line())
}
