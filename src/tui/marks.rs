//! Lines that the user marked: to come back to, to compare, to make a snippet of.

use std::collections::BTreeSet;

use crate::transcript::Transcript;

/// Most marks; who has more has none.
const LIMIT: usize = 10_000;

/// Marked lines of one transcript, by their index. `State::marks` holds them; whoever wants "the marked
/// commands" asks [`Marks::commands`], whoever wants one to compare with asks [`Marks::last`].
#[derive(Debug, Clone, Default)]
pub struct Marks {
    lines: BTreeSet<usize>,
    /// The one set last.
    last: Option<usize>,
}

impl Marks {
    /// Sets the mark of a line or takes it away; whether it is set now.
    pub fn toggle(&mut self, line: usize) -> bool {
        if self.lines.remove(&line) {
            self.last = self.last.filter(|last| *last != line);
            return false;
        }
        if self.lines.len() >= LIMIT {
            self.lines.pop_first();
        }
        self.lines.insert(line);
        self.last = Some(line);
        true
    }

    /// Whether a line is marked.
    pub fn has(&self, line: usize) -> bool {
        self.lines.contains(&line)
    }

    /// Takes all marks away.
    pub fn clear(&mut self) {
        *self = Marks::default();
    }

    /// Number of marks.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The mark set last that still is one.
    pub fn last(&self) -> Option<usize> {
        self.last.or_else(|| self.lines.last().copied())
    }

    /// The next mark below `line`, else the first one.
    pub fn after(&self, line: usize) -> Option<usize> {
        let below = self.lines.range(line.saturating_add(1)..).next();
        below.or(self.lines.first()).copied()
    }

    /// The lines, from the top.
    pub fn lines(&self) -> impl Iterator<Item = usize> + '_ {
        self.lines.iter().copied()
    }

    /// The commands that have a marked line, each once, from the top: indices for
    /// [`Transcript::command`]. Marks on events and notes are of no command.
    pub fn commands(&self, transcript: &Transcript) -> Vec<usize> {
        let mut seen = BTreeSet::new();
        let commands = self
            .lines()
            .filter_map(|line| transcript.line_command(line));
        commands.filter(|command| seen.insert(*command)).collect()
    }

    /// Marks of lines that are kept no more are gone.
    pub fn forget(&mut self, transcript: &Transcript) {
        let first = transcript.first_line();
        if self.lines.first().is_some_and(|line| *line < first) {
            self.lines.retain(|line| *line >= first);
            self.last = self.last.filter(|line| *line >= first);
        }
    }
}
