//! The commands: some 32 octets each. Their words are read back from the spool.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::entry::time;
use super::{CommandRecord, Progress};
use crate::wire::Origin;
use crate::wire::response::Status;

/// Commands in a chunk of the table, which grows without being copied.
const CHUNK: usize = 1024;
/// Most verbs remembered; users type anything.
const VERBS: usize = 4096;
/// Longest verb remembered, in octets.
const LONGEST: usize = 64;
/// Nothing of the command went out yet.
const UNSENT: u32 = u32::MAX - 1;
/// From this bit on `elapsed` counts milliseconds.
const MILLIS: u32 = 1 << 31;

#[derive(Debug, Clone)]
struct Entry {
    first_line: u64,
    micros: i64,
    /// Lines from the first to the last.
    last: u32,
    /// Lines from the first to the tagged response; `u32::MAX`: none, or [`UNSENT`].
    completion: u32,
    /// Microseconds, or milliseconds with [`MILLIS`]; `u32::MAX`: none.
    elapsed: u32,
    verb: u16,
    origin: Origin,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Abandoned,
    Completed(Status),
}

/// All commands that are kept. Indices never change.
#[derive(Debug, Default)]
pub(super) struct Commands {
    chunks: VecDeque<Vec<Entry>>,
    /// Commands in chunks that are gone.
    gone: usize,
    first: usize,
    count: usize,
    verbs: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u16>,
}

impl Commands {
    /// The index behind the last.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Index of the oldest that is kept.
    pub fn first(&self) -> usize {
        self.first
    }

    /// A command that begins with the line `first_line`. Returns its index.
    pub fn begin(&mut self, verb: &str, origin: Origin, micros: i64, first_line: u64) -> usize {
        let verb = self.number(verb);
        if self.chunks.back().is_none_or(|chunk| chunk.len() >= CHUNK) {
            // Most sessions send a few.
            let room = if self.chunks.is_empty() { 16 } else { CHUNK };
            self.chunks.push_back(Vec::with_capacity(room));
        }
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.push(Entry {
                first_line,
                micros,
                last: 0,
                completion: UNSENT,
                elapsed: u32::MAX,
                verb,
                origin,
                state: State::Running,
            });
        }
        self.count += 1;
        self.count - 1
    }

    /// A line of it came or went.
    pub fn reach(&mut self, index: usize, line: u64) {
        if let Some(entry) = self.entry_mut(index) {
            if entry.completion == UNSENT {
                // A note may have come between.
                (entry.first_line, entry.completion) = (line, u32::MAX);
            }
            let distance = line.saturating_sub(entry.first_line);
            entry.last = entry.last.max(u32::try_from(distance).unwrap_or(u32::MAX));
        }
    }

    pub fn complete(&mut self, index: usize, status: Status, elapsed: Duration, line: Option<u64>) {
        if let Some(entry) = self.entry_mut(index) {
            entry.state = State::Completed(status);
            entry.elapsed = match u32::try_from(elapsed.as_micros()) {
                Ok(micros) if micros < MILLIS => micros,
                _ => {
                    let millis = u32::try_from(elapsed.as_millis()).unwrap_or(u32::MAX);
                    millis.min(MILLIS - 2) | MILLIS
                }
            };
            let distance = line.and_then(|line| line.checked_sub(entry.first_line));
            entry.completion = distance
                .and_then(|d| u32::try_from(d).ok())
                .filter(|d| *d < UNSENT)
                .unwrap_or(u32::MAX);
        }
    }

    pub fn abandon(&mut self, index: usize) {
        if let Some(entry) = self.entry_mut(index) {
            entry.state = State::Abandoned;
        }
    }

    /// Lines before `line` are gone, and with them the commands that ended there.
    pub fn forget_before(&mut self, line: u64) {
        while let Some(entry) = self.entry(self.first)
            && entry.first_line.saturating_add(u64::from(entry.last)) < line
            && entry.state != State::Running
        {
            self.first += 1;
        }
        while self.first >= self.gone + CHUNK {
            let chunk = self.chunks.pop_front();
            self.gone += chunk.map_or(CHUNK, |chunk| chunk.len());
        }
    }

    pub fn record(&self, index: usize) -> Option<CommandRecord> {
        let entry = self.entry(index)?;
        let first = usize::try_from(entry.first_line).ok()?;
        let elapsed = match entry.elapsed {
            u32::MAX => None,
            millis if millis & MILLIS != 0 => {
                Some(Duration::from_millis(u64::from(millis & !MILLIS)))
            }
            micros => Some(Duration::from_micros(u64::from(micros))),
        };
        Some(CommandRecord {
            origin: entry.origin,
            verb: self
                .verbs
                .get(usize::from(entry.verb))
                .map_or_else(|| Arc::from("..."), Arc::clone),
            at: time(entry.micros),
            first_line: first,
            last_line: first.saturating_add(entry.last as usize),
            completion_line: (entry.completion < UNSENT)
                .then(|| first.saturating_add(entry.completion as usize)),
            progress: match entry.state {
                State::Running => Progress::Running,
                State::Abandoned => Progress::Abandoned,
                State::Completed(_) => Progress::Completed,
            },
            status: match entry.state {
                State::Completed(status) => Some(status),
                _ => None,
            },
            elapsed,
        })
    }

    /// How many commands begin at or before `line`, those that are gone included.
    pub fn begun(&self, line: u64) -> usize {
        let (mut low, mut high) = (self.first, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.entry(middle) {
                Some(entry) if entry.first_line <= line => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }

    fn entry(&self, index: usize) -> Option<&Entry> {
        let at = index
            .checked_sub(self.gone)
            .filter(|_| index >= self.first)?;
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)
    }

    fn entry_mut(&mut self, index: usize) -> Option<&mut Entry> {
        let at = index
            .checked_sub(self.gone)
            .filter(|_| index >= self.first)?;
        self.chunks.get_mut(at / CHUNK)?.get_mut(at % CHUNK)
    }

    fn number(&mut self, verb: &str) -> u16 {
        let mut verb = verb;
        while verb.len() > LONGEST {
            let cut = verb.char_indices().next_back().map_or(0, |(at, _)| at);
            verb = verb.get(..cut).unwrap_or_default();
        }
        if let Some(&number) = self.numbers.get(verb) {
            return number;
        }
        let number = u16::try_from(self.verbs.len()).unwrap_or(u16::MAX);
        if self.verbs.len() >= VERBS {
            return u16::MAX;
        }
        let verb: Arc<str> = Arc::from(verb);
        self.verbs.push(Arc::clone(&verb));
        self.numbers.insert(verb, number);
        number
    }
}
