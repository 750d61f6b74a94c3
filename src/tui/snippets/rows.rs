//! The rows of a run: which user, how far, how it went. Kept in order while they change, so that a hundred
//! thousand of them cost as little to draw as ten.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, SystemTime};

use super::words;
use crate::batch::{Ended, Row, Verdict};

/// Most characters of a note, a command, an answer that are kept.
const LONGEST: usize = 400;

/// How a row stands: what one has to see comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowState {
    /// Something did not come true.
    Failed,
    /// No connection, no login, or it was lost.
    Lost,
    /// Safe mode.
    Refused,
    /// Broken off.
    Stopped,
    /// Under way.
    Running,
    /// Left out, or it does not fit this server.
    Skipped,
    /// All came true.
    Passed,
    /// It has not begun.
    Waiting,
}

impl RowState {
    /// As the table has it.
    pub fn word(self) -> &'static str {
        match self {
            RowState::Failed => "FAIL",
            RowState::Lost => "LOST",
            RowState::Refused => "SAFE",
            RowState::Stopped => "stop",
            RowState::Running => "run",
            RowState::Skipped => "skip",
            RowState::Passed => "ok",
            RowState::Waiting => "wait",
        }
    }

    fn of(verdict: &Verdict) -> RowState {
        match verdict {
            Verdict::Passed => RowState::Passed,
            Verdict::Skipped(_) => RowState::Skipped,
            Verdict::Failed(_) => RowState::Failed,
            Verdict::Refused(_) => RowState::Refused,
            Verdict::Lost(_) => RowState::Lost,
            Verdict::Stopped => RowState::Stopped,
        }
    }

    /// Whether `R` runs it again.
    pub fn is_bad(self) -> bool {
        self <= RowState::Stopped
    }
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct RowLine {
    /// As [`Row::number`].
    pub number: usize,
    /// Hostile: out of a list.
    pub user: String,
    /// How it stands.
    pub state: RowState,
    /// Line of the snippet where it is, or where it failed.
    pub line: Option<usize>,
    /// How long it took.
    pub time: Option<Duration>,
    /// When it began.
    pub began: Option<SystemTime>,
    /// A few words. Hostile.
    pub note: String,
    /// What its last `!output` said. Hostile.
    said: String,
    /// Its last command, and the answer to it. Hostile.
    pub command: String,
    /// `NO [NOPERM]`
    pub answer: String,
    /// It has failed, and the user does not want it again.
    pub aside: bool,
    /// All about its end.
    pub ended: Option<Ended>,
}

/// How the table is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// What failed first.
    #[default]
    State,
    /// As in the list.
    Number,
}

/// The table.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    lines: Vec<RowLine>,
    at: HashMap<usize, usize>,
    by_state: BTreeSet<(RowState, usize)>,
    /// How it is sorted.
    pub sort: Sort,
    /// Only users that hold this; empty: all.
    query: String,
    /// The index of the chosen row; it stays on that row wherever it moves.
    chosen: usize,
    /// The user has chosen it; else it is the first one.
    held: bool,
}

impl Rows {
    /// All waiting.
    pub fn new(rows: &[Row]) -> Rows {
        let mut table = Rows::default();
        for row in rows {
            table.push(row.number, row.name());
        }
        table
    }

    fn push(&mut self, number: usize, user: &str) -> usize {
        let at = self.lines.len();
        self.lines.push(RowLine {
            number,
            user: user.to_owned(),
            state: RowState::Waiting,
            line: None,
            time: None,
            began: None,
            note: String::new(),
            said: String::new(),
            command: String::new(),
            answer: String::new(),
            aside: false,
            ended: None,
        });
        self.at.insert(number, at);
        self.by_state.insert((RowState::Waiting, at));
        at
    }

    /// Changes the row of this number.
    fn change(&mut self, number: usize, change: impl FnOnce(&mut RowLine)) {
        let at = match self.at.get(&number) {
            Some(at) => *at,
            None => self.push(number, ""),
        };
        if let Some(line) = self.lines.get_mut(at) {
            self.by_state.remove(&(line.state, at));
            change(line);
            self.by_state.insert((line.state, at));
        }
    }

    /// It begins, perhaps once more.
    pub fn began(&mut self, number: usize, user: String, now: SystemTime) {
        self.change(number, |line| {
            line.state = RowState::Running;
            line.began = Some(now);
            line.ended = None;
            line.line = None;
            line.time = None;
            line.note.clear();
            line.said.clear();
            line.aside = false;
            if !user.is_empty() {
                line.user = user;
            }
        });
    }

    /// A command of it has gone out.
    pub fn doing(&mut self, number: usize, at: usize, what: String) {
        self.change(number, |line| {
            line.line = Some(at);
            line.note = what;
        });
    }

    /// A command of it has been answered.
    pub fn answered(&mut self, number: usize, command: &str, answer: String) {
        if let Some(line) = self.line_mut(number) {
            line.command = cut(command);
            line.answer = cut(&answer);
        }
    }

    /// It said something with `!output`.
    pub fn said(&mut self, number: usize, text: &str) {
        if let Some(line) = self.line_mut(number) {
            line.said = cut(text);
        }
    }

    fn line_mut(&mut self, number: usize) -> Option<&mut RowLine> {
        self.lines.get_mut(*self.at.get(&number)?)
    }

    /// It is over.
    pub fn ended(&mut self, number: usize, ended: Ended) {
        self.change(number, |line| {
            line.state = RowState::of(&ended.verdict);
            line.time = Some(ended.time);
            line.note = cut(&words::note(&ended, &line.said));
            if ended.verdict.is_good() {
                line.command.clear();
                line.answer.clear();
            }
            let failure = ended.verdict.failures().first();
            line.line = failure.and_then(|failure| failure.line);
            line.ended = Some(ended);
        });
    }

    /// It waits again, to be run once more. Returns how it had ended.
    pub fn waits(&mut self, number: usize) -> Option<Verdict> {
        let mut was = None;
        self.change(number, |line| {
            was = line.ended.take().map(|ended| ended.verdict);
            line.state = RowState::Waiting;
            line.aside = false;
            line.note.clear();
            line.time = None;
            line.line = None;
        });
        was
    }

    /// It has failed and is not to be run again, or it is after all.
    pub fn aside(&mut self, number: usize) {
        if let Some(line) = self.line_mut(number) {
            line.aside = !line.aside;
        }
    }

    /// It will be left out when its turn comes.
    pub fn left_out(&mut self, number: usize) {
        self.change(number, |line| {
            line.state = RowState::Skipped;
            line.note = "left out by hand (o)".to_owned();
        });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn fits(&self, at: usize) -> bool {
        self.query.is_empty()
            || (self.lines.get(at))
                .is_some_and(|line| line.user.to_lowercase().contains(&self.query))
    }

    fn order(&self) -> Box<dyn DoubleEndedIterator<Item = usize> + '_> {
        let all: Box<dyn DoubleEndedIterator<Item = usize>> = match self.sort {
            Sort::State => Box::new(self.by_state.iter().map(|(_, at)| *at)),
            Sort::Number => Box::new(0..self.lines.len()),
        };
        Box::new(all.filter(|at| self.fits(*at)))
    }

    /// The rows of a table of `height`, with whether each is the chosen one.
    pub fn shown(&self, height: usize) -> Vec<(&RowLine, bool)> {
        let chosen = self.chosen_index();
        let place = self.order().position(|at| Some(at) == chosen).unwrap_or(0);
        let top = place.saturating_sub(height.saturating_sub(1));
        let rows = self.order().skip(top).take(height);
        rows.filter_map(|at| Some((self.lines.get(at)?, Some(at) == chosen)))
            .collect()
    }

    fn chosen_index(&self) -> Option<usize> {
        match self.held && self.fits(self.chosen) && self.chosen < self.lines.len() {
            true => Some(self.chosen),
            false => self.order().next(),
        }
    }

    /// The chosen row.
    pub fn chosen(&self) -> Option<&RowLine> {
        self.lines.get(self.chosen_index()?)
    }

    /// Up or down; not around the ends.
    pub fn go(&mut self, by: isize) {
        let Some(now) = self.chosen_index() else {
            return;
        };
        let place = self.order().position(|at| at == now).unwrap_or(0);
        let place = place.saturating_add_signed(by);
        let next = self.order().nth(place).or_else(|| self.order().next_back());
        if let Some(next) = next {
            self.chosen = next;
            self.held = true;
        }
    }

    /// To the first or the last.
    pub fn go_to_end(&mut self, last: bool) {
        self.go(if last { isize::MAX } else { isize::MIN });
    }

    /// Only users that hold this, in any case.
    pub fn find(&mut self, query: &str) {
        self.query = query.trim().to_lowercase();
    }

    /// What was searched for.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Rows that `R` runs again.
    pub fn bad(&self) -> Vec<usize> {
        let bad = self.by_state.iter().take_while(|(state, _)| state.is_bad());
        let bad = bad.filter_map(|(_, at)| self.lines.get(*at));
        bad.filter(|line| !line.aside)
            .map(|line| line.number)
            .collect()
    }
}

impl Rows {
    /// Rows that a stop came before.
    pub fn waiting(&self) -> Vec<usize> {
        let waiting = self.by_state.range((RowState::Waiting, 0)..);
        waiting
            .filter_map(|(_, at)| self.lines.get(*at).map(|line| line.number))
            .collect()
    }
}

/// At most [`LONGEST`] characters.
fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
