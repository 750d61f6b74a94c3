//! Which lines a filter shows, found block by block: one number for each block, one bit for each command.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::bits::Bits;
use super::filter::{Facts, Filter};
use super::find::{REACH, Sieve, Step, stamp};
use super::pattern::Pattern;
use super::{LineKind, Progress, Transcript, Walked};

/// A literal of up to so many octets is looked through whenever it is asked about.
const SMALL: u64 = 64 * 1024;

/// A filter at work. A line is shown if all terms hold for it; with terms that tell lines apart, the first
/// line of a command is shown as soon as any of its lines is, so that one sees whose lines they are.
#[derive(Debug)]
pub struct Sifted {
    filter: Filter,
    /// Number of the block that `shown` begins with.
    first: usize,
    /// Lines that are shown, for each block that is settled.
    shown: Vec<u32>,
    lines: u64,
    /// Lines that are shown of what may still change, and when that was.
    tail: u64,
    seen: (usize, u64),
    /// Commands of which a line is shown.
    commands: Bits,
    /// Commands that ran when their lines were looked at: their fate may change what is shown.
    running: HashSet<usize>,
    /// Large literals: which texts are in them, as bits.
    inside: HashMap<usize, u64>,
    /// Lines of the blocks that were asked about last: a screen asks for neighbours.
    near: RefCell<Vec<Near>>,
}

/// The lines of one block that are shown.
#[derive(Debug)]
struct Near {
    block: usize,
    /// Of a block that may still change: when that was.
    state: Option<(usize, u64)>,
    lines: Arc<[usize]>,
}

/// Blocks not yet looked at that are looked at while somebody waits for the screen.
const AT_ONCE: usize = 16;
/// Blocks that are remembered.
const NEAR: usize = 64;

/// What a filter shows so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Lines.
    pub lines: u64,
    /// Commands they belong to.
    pub commands: usize,
}

impl Sifted {
    /// Nothing was looked at yet.
    pub fn new(filter: Filter) -> Sifted {
        Sifted {
            filter,
            first: 0,
            shown: Vec::new(),
            lines: 0,
            tail: 0,
            seen: (0, 0),
            commands: Bits::default(),
            running: HashSet::new(),
            inside: HashMap::new(),
            near: RefCell::default(),
        }
    }

    /// The filter.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// What was found so far.
    pub fn shown(&self) -> Shown {
        Shown {
            lines: self.lines + self.tail,
            commands: self.commands.count,
        }
    }

    fn frontier(&self) -> usize {
        self.first + self.shown.len()
    }

    /// Per cent of the blocks looked at.
    pub fn progress(&self, transcript: &Transcript) -> usize {
        let blocks = transcript.blocks();
        let done = self.frontier().saturating_sub(blocks.start);
        (done * 100)
            .checked_div(blocks.len())
            .unwrap_or(100)
            .min(100)
    }

    /// Whether all that is there was looked at.
    pub fn is_done(&self, transcript: &Transcript) -> bool {
        self.seen == stamp(transcript)
    }

    /// Looks at one block more.
    pub fn step(&mut self, transcript: &Transcript) -> Step {
        self.forget(transcript.blocks().start);
        self.fates(transcript);
        let next = self.frontier();
        match transcript.block(next) {
            Some(block) if block.settled => {
                self.sift(transcript, next);
                Step::More
            }
            _ => {
                self.tail(transcript);
                self.seen = stamp(transcript);
                Step::Done
            }
        }
    }

    /// What is at the end may still change: its lines are asked when they are drawn, but the commands
    /// they belong to are shown from now on.
    fn tail(&mut self, transcript: &Transcript) {
        let blocks = self.frontier()..transcript.blocks().end;
        // Where no line begins there is only the inside of a literal.
        let blocks: Vec<usize> = blocks
            .filter(|n| transcript.block(*n).is_some_and(|b| !b.lines.is_empty()))
            .collect();
        for &number in &blocks {
            let mut found = Vec::new();
            let mut walk = transcript.walk_block(number);
            while let Some(walked) = walk.next() {
                if let Walked::Line(line) = walked
                    && let Some(command) = line.command.filter(|c| !self.commands.has(*c))
                    && found.last() != Some(&command)
                    && self.fits(transcript, line.index, &Facts::of(&line))
                {
                    found.push(command);
                }
            }
            for command in found {
                if self.filter.waits_for_fate() && is_running(transcript, command) {
                    self.running.insert(command);
                }
                self.commands_line(transcript, command, false);
            }
        }
        let lines = blocks
            .into_iter()
            .map(|number| self.lines_of(transcript, number).len() as u64);
        self.tail = lines.sum();
    }

    /// Whether the line itself fits.
    fn fits(&self, transcript: &Transcript, index: usize, line: &Facts<'_>) -> bool {
        self.filter
            .fits(transcript, line, &|number, pattern| match line.kind {
                LineKind::Literal { stored, .. } if stored <= SMALL => {
                    let bytes = transcript.literal_bytes(index, 0, SMALL as usize);
                    is_in_text(pattern, &bytes)
                }
                _ => self
                    .inside
                    .get(&index)
                    .is_some_and(|found| number < 64 && found & (1 << number) != 0),
            })
    }

    fn sift(&mut self, transcript: &Transcript, number: usize) {
        self.shown.push(0);
        self.near.get_mut().retain(|near| near.block != number);
        let mut walk = transcript.walk_block(number);
        while let Some(walked) = walk.next() {
            match walked {
                Walked::Line(line) => {
                    let facts = Facts::of(&line);
                    if self.filter.waits_for_fate()
                        && let Some(command) = line.command
                        && is_running(transcript, command)
                    {
                        self.running.insert(command);
                    }
                    let first = |c: usize| {
                        transcript
                            .command(c)
                            .is_some_and(|r| r.first_line == line.index)
                    };
                    if self.fits(transcript, line.index, &facts) {
                        self.add(number, 1);
                        if let Some(command) = line.command {
                            let is_first = first(command);
                            self.commands_line(transcript, command, is_first);
                        }
                    } else if line
                        .command
                        .is_some_and(|c| self.commands.has(c) && first(c))
                    {
                        self.add(number, 1);
                    }
                }
                Walked::Octets {
                    index,
                    offset,
                    bytes,
                    ..
                } => self.octets(transcript, index, offset, bytes),
            }
        }
    }

    /// A line of `command` is shown.
    fn commands_line(&mut self, transcript: &Transcript, command: usize, is_first: bool) {
        if is_first || !self.filter.is_of_lines() {
            self.commands.set(command);
        } else {
            self.flag(transcript, command);
        }
    }

    /// The first line of `command` is shown for the sake of another one.
    fn flag(&mut self, transcript: &Transcript, command: usize) {
        if !self.commands.set(command) {
            return;
        }
        self.near.get_mut().retain(|near| near.state.is_none());
        let Some(record) = transcript.command(command) else {
            return;
        };
        let Some(block) = transcript.block_of(record.first_line) else {
            return;
        };
        let itself = transcript.line(record.first_line).is_some_and(|line| {
            let facts = Facts {
                kind: line.kind,
                command: line.command,
                bytes: &line.bytes,
                masked: line.masked,
            };
            self.fits(transcript, record.first_line, &facts)
        });
        if !itself && block < self.frontier() {
            self.add(block, 1);
        }
    }

    /// Octets of a large literal: a text in them may show its line after all, or hide it.
    fn octets(&mut self, transcript: &Transcript, index: usize, offset: u64, bytes: &[u8]) {
        let Some(line) = transcript.line(index) else {
            return;
        };
        let large = matches!(line.kind, LineKind::Literal { stored, .. } if stored > SMALL);
        if !large || self.filter.texts().next().is_none() {
            return;
        }
        let before = self.inside.get(&index).copied().unwrap_or_default();
        let mut found = before;
        let mut text = None;
        for (number, pattern) in self.filter.texts().enumerate().take(64) {
            if found & (1 << number) == 0 {
                let text = text.get_or_insert_with(|| {
                    let back = offset.min(REACH);
                    let mut text = transcript.literal_bytes(index, offset - back, back as usize);
                    text.extend_from_slice(bytes);
                    text
                });
                found |= u64::from(is_in_text(pattern, text)) << number;
            }
        }
        if found == before {
            return;
        }
        let facts = Facts {
            kind: line.kind,
            command: line.command,
            bytes: &line.bytes,
            masked: line.masked,
        };
        let was = self.fits(transcript, index, &facts);
        self.inside.insert(index, found);
        let is = self.fits(transcript, index, &facts);
        let Some(block) = transcript.block_of(index) else {
            return;
        };
        match (was, is) {
            (false, true) => {
                self.add(block, 1);
                if let Some(command) = line.command {
                    self.commands_line(transcript, command, false);
                }
            }
            (true, false) => self.add(block, -1),
            _ => {}
        }
    }

    fn add(&mut self, block: usize, count: i32) {
        let at = block.checked_sub(self.first);
        if let Some(shown) = at.and_then(|at| self.shown.get_mut(at)) {
            *shown = shown.saturating_add_signed(count);
            self.near.get_mut().retain(|near| near.block != block);
            self.lines = self.lines.saturating_add_signed(i64::from(count));
        }
    }

    /// Commands have ended since their lines were looked at: from the first of them on all is looked at again.
    fn fates(&mut self, transcript: &Transcript) {
        let ended = |c: &usize| {
            transcript
                .command(*c)
                .is_none_or(|r| r.progress != Progress::Running)
        };
        let Some(command) = self.running.iter().copied().filter(|c| ended(c)).min() else {
            return;
        };
        self.running.retain(|c| !ended(c));
        let Some(record) = transcript.command(command) else {
            return;
        };
        let Some(block) = transcript.block_of(record.first_line) else {
            return;
        };
        self.near.get_mut().clear();
        let Some(at) = block
            .checked_sub(self.first)
            .filter(|at| *at < self.shown.len())
        else {
            // None of its lines is behind us.
            self.commands.clear_from(command);
            return;
        };
        let gone: u64 = self.shown.drain(at..).map(u64::from).sum();
        self.lines = self.lines.saturating_sub(gone);
        let line = transcript
            .block(block)
            .map_or(record.first_line, |b| b.lines.start);
        let begun = line
            .checked_sub(1)
            .map_or(0, |before| transcript.commands_begun(before));
        self.commands.clear_from(begun.min(command));
        self.inside.retain(|index, _| *index < line);
        self.running.retain(|c| *c < command);
    }

    /// Blocks before `first` are gone.
    fn forget(&mut self, first: usize) {
        if first > self.first {
            let gone = (first - self.first).min(self.shown.len());
            let lost: u64 = self.shown.drain(..gone).map(u64::from).sum();
            self.lines = self.lines.saturating_sub(lost);
            self.first = first;
        }
    }

    /// Whether block `number` is known to show nothing.
    fn is_empty_block(&self, number: usize) -> bool {
        let known = number
            .checked_sub(self.first)
            .and_then(|at| self.shown.get(at));
        known == Some(&0)
    }

    /// The lines of a block that are shown.
    fn lines_of(&self, transcript: &Transcript, block: usize) -> Arc<[usize]> {
        let state = (block >= self.frontier()).then(|| stamp(transcript));
        let known = |near: &&Near| near.block == block && near.state == state;
        if let Some(near) = self.near.borrow().iter().find(known) {
            return near.lines.clone();
        }
        let mut lines = Vec::new();
        let mut walk = transcript.walk_block(block);
        while let Some(walked) = walk.next() {
            if let Walked::Line(line) = walked {
                let facts = Facts::of(&line);
                let shown = self.fits(transcript, line.index, &facts)
                    || self.filter.is_of_lines()
                        && line.command.is_some_and(|c| {
                            self.commands.has(c)
                                && transcript
                                    .command(c)
                                    .is_some_and(|r| r.first_line == line.index)
                        });
                if shown {
                    lines.push(line.index);
                }
            }
        }
        let lines: Arc<[usize]> = lines.into();
        let mut near = self.near.borrow_mut();
        near.retain(|n| n.block != block);
        if near.len() >= NEAR {
            near.remove(0);
        }
        near.push(Near {
            block,
            state,
            lines: lines.clone(),
        });
        lines
    }

    /// The first line from `line` on that is shown; `None`: no other.
    pub fn next(&self, transcript: &Transcript, line: usize) -> Option<usize> {
        let line = line.max(transcript.first_line());
        let mut number = transcript.block_of(line)?;
        let mut budget = AT_ONCE;
        while let Some(block) = transcript.block(number) {
            if !self.is_empty_block(number) && !block.lines.is_empty() {
                if number >= self.frontier() {
                    budget = budget.checked_sub(1)?;
                }
                let lines = self.lines_of(transcript, number);
                let at = lines.partition_point(|l| *l < line);
                if let Some(found) = lines.get(at) {
                    return Some(*found);
                }
            }
            number += 1;
        }
        None
    }

    /// The last line before `line` that is shown; `None`: no other.
    pub fn previous(&self, transcript: &Transcript, line: usize) -> Option<usize> {
        let line = line.min(transcript.len());
        let mut number = transcript.block_of(line.checked_sub(1)?)?;
        let mut budget = AT_ONCE;
        loop {
            let begins = transcript
                .block(number)
                .is_some_and(|b| !b.lines.is_empty());
            if !self.is_empty_block(number) && begins {
                if number >= self.frontier() {
                    budget = budget.checked_sub(1)?;
                }
                let lines = self.lines_of(transcript, number);
                let at = lines.partition_point(|l| *l < line);
                if let Some(found) = at.checked_sub(1).and_then(|at| lines.get(at)) {
                    return Some(*found);
                }
            }
            if number <= transcript.blocks().start {
                return None;
            }
            number -= 1;
        }
    }
}

impl Sieve for Sifted {
    fn passes(&self, transcript: &Transcript, line: usize) -> bool {
        let block = transcript.block_of(line);
        block.is_some_and(|block| {
            !self.is_empty_block(block)
                && self
                    .lines_of(transcript, block)
                    .binary_search(&line)
                    .is_ok()
        })
    }
}

fn is_running(transcript: &Transcript, command: usize) -> bool {
    let record = transcript.command(command);
    record.is_some_and(|r| r.progress == Progress::Running)
}

fn is_in_text(pattern: &Pattern, text: &[u8]) -> bool {
    let mut found = false;
    pattern.in_text(text, 0, &mut |_| found = true);
    found
}
