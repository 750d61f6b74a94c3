//! Search: a regular expression over the octets of lines and literals, block by block, so that whoever
//! drives it keeps the keys live. What is kept is one number for each block.
//!
//! A hit lies inside one line: a line of the wire, or a line of a literal, as an editor would show them.
//! Where the octets are cut (pieces of a literal, blocks, lines longer than 64 KiB) does not matter to hits
//! of up to [`REACH`] octets.

use std::ops::Range;

mod block;

use super::Transcript;
pub use super::pattern::Pattern;
pub use block::hits_in_block;

/// Longest hit, in octets, that is found whole across a cut.
pub const REACH: u64 = 4 * 1024;

/// A hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The line; of a literal the line that stands for it.
    pub line: usize,
    /// Whether it is in the octets of the literal.
    pub inside: bool,
    /// Where in the line, or in the literal.
    pub octets: Range<u64>,
}

/// Which lines a search looks at: a filter.
pub trait Sieve {
    /// Whether this line is one.
    fn passes(&self, transcript: &Transcript, line: usize) -> bool;
}

/// A search under way: how many hits there are in which block.
#[derive(Debug)]
pub struct Finder {
    pattern: Pattern,
    /// Number of the block that `counts` begins with.
    first: usize,
    counts: Vec<u32>,
    /// Hits in the blocks at the end that may still change, and the lines there were.
    tail: Vec<u32>,
    seen: (usize, u64),
    hits: u64,
}

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is more to do.
    More,
    /// All that is there was looked at.
    Done,
}

/// Blocks at the end that are counted anew when something comes: a hit may reach into what comes.
const UNSURE: usize = 2;

impl Finder {
    /// Nothing was looked at yet.
    pub fn new(pattern: Pattern) -> Finder {
        Finder {
            pattern,
            first: 0,
            counts: Vec::new(),
            tail: Vec::new(),
            seen: (0, 0),
            hits: 0,
        }
    }

    /// What is looked for.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// Hits found so far, in what is kept.
    pub fn hits(&self) -> u64 {
        self.hits + self.tail.iter().map(|n| u64::from(*n)).sum::<u64>()
    }

    /// Per cent of the blocks looked at.
    pub fn progress(&self, transcript: &Transcript) -> usize {
        let blocks = transcript.blocks();
        let done = (self.first + self.counts.len() + self.tail.len()).saturating_sub(blocks.start);
        (done * 100)
            .checked_div(blocks.len())
            .unwrap_or(100)
            .min(100)
    }

    /// Looks at one block more.
    pub fn step(&mut self, transcript: &Transcript, sieve: Option<&dyn Sieve>) -> Step {
        let blocks = transcript.blocks();
        self.forget(blocks.start);
        let next = self.first + self.counts.len();
        let sure = blocks.end.saturating_sub(UNSURE);
        if next < sure {
            self.tail.clear();
            let count = self.count(transcript, next, sieve);
            self.hits += u64::from(count);
            self.counts.push(count);
            return Step::More;
        }
        let mark = stamp(transcript);
        if self.seen != mark || self.tail.len() != blocks.end.saturating_sub(next) {
            let tail = (next..blocks.end).map(|n| self.count(transcript, n, sieve));
            self.tail = tail.collect();
            self.seen = mark;
        }
        Step::Done
    }

    /// Whether all that is there was looked at.
    pub fn is_done(&self, transcript: &Transcript) -> bool {
        let blocks = transcript.blocks();
        self.seen == stamp(transcript)
            && self.first + self.counts.len() + self.tail.len() >= blocks.end
    }

    /// Begins anew with the same pattern: another filter is in force.
    pub fn restart(&mut self) {
        *self = Finder::new(self.pattern.clone());
    }

    /// Hits before `hit` (in the order of the walk), if all before it was looked at.
    pub fn number_of(
        &self,
        transcript: &Transcript,
        hit: &Hit,
        block: usize,
        sieve: Option<&dyn Sieve>,
    ) -> Option<u64> {
        let before = block.checked_sub(self.first)?;
        let known = self.counts.iter().chain(&self.tail);
        if before > self.counts.len() + self.tail.len() {
            return None;
        }
        let mut number: u64 = known.take(before).map(|n| u64::from(*n)).sum();
        let mut passed = false;
        hits_in_block(transcript, block, &self.pattern, sieve, &mut |other| {
            passed |= other == *hit;
            number += u64::from(!passed);
        });
        Some(number)
    }

    fn count(&self, transcript: &Transcript, number: usize, sieve: Option<&dyn Sieve>) -> u32 {
        let mut count = 0u32;
        hits_in_block(transcript, number, &self.pattern, sieve, &mut |_| {
            count = count.saturating_add(1);
        });
        count
    }

    /// Blocks before `first` are gone.
    fn forget(&mut self, first: usize) {
        let gone = first.saturating_sub(self.first).min(self.counts.len());
        if first > self.first {
            let lost = self.counts.drain(..gone).map(u64::from).sum::<u64>();
            self.hits = self.hits.saturating_sub(lost);
            self.first = first;
            self.tail.clear();
        }
    }

    fn is_empty_block(&self, number: usize) -> bool {
        let known = number
            .checked_sub(self.first)
            .and_then(|at| self.counts.get(at));
        known == Some(&0)
    }
}

/// Changes with everything that comes.
pub(super) fn stamp(transcript: &Transcript) -> (usize, u64) {
    let passed = transcript.octets();
    let octets = passed.received.wrapping_add(passed.sent);
    (transcript.len(), octets)
}

/// On the way to a hit.
#[derive(Debug, Clone)]
pub struct Seek {
    forward: bool,
    /// The block that is looked at next.
    block: usize,
    /// Hits up to here (or from here on) do not count: line, whether inside its literal, octet.
    from: Option<(usize, bool, u64)>,
    /// The last hit itself: what comes behind it in the order of the walk.
    behind: Option<Hit>,
    /// Blocks that are still to be looked at.
    left: usize,
    /// It goes on at the other end.
    around: bool,
    /// It did.
    pub wrapped: bool,
}

/// What a step of a [`Seek`] came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// This hit, in this block.
    Hit(Hit, usize),
    /// There is none.
    Nothing,
    /// Not found yet.
    More,
}

impl Seek {
    /// From a place (line, whether inside its literal, octet; not included) to the next or previous hit, all around.
    pub fn from_place(transcript: &Transcript, place: (usize, bool, u64), forward: bool) -> Seek {
        let blocks = transcript.blocks();
        let block = transcript.block_of(place.0).unwrap_or(blocks.start);
        Seek {
            forward,
            block,
            from: Some(place),
            behind: None,
            left: blocks.len() + 1,
            around: true,
            wrapped: false,
        }
    }

    /// Not around the end.
    pub fn once(mut self) -> Seek {
        self.around = false;
        self
    }

    /// From a hit, found in `block`, to its neighbour.
    pub fn from_hit(transcript: &Transcript, hit: Hit, block: usize, forward: bool) -> Seek {
        Seek {
            forward,
            block,
            from: None,
            behind: Some(hit),
            left: transcript.blocks().len() + 1,
            around: true,
            wrapped: false,
        }
    }

    /// Looks at one block; those that are known to hold nothing cost nothing.
    pub fn step(
        &mut self,
        transcript: &Transcript,
        finder: &Finder,
        sieve: Option<&dyn Sieve>,
    ) -> Sought {
        let blocks = transcript.blocks();
        if blocks.is_empty() {
            return Sought::Nothing;
        }
        loop {
            let looked_at = self.block;
            let untouched = self.from.is_none() && self.behind.is_none();
            if !(untouched && finder.is_empty_block(looked_at))
                && let Some(hit) = self.in_block(transcript, finder, sieve)
            {
                return Sought::Hit(hit, looked_at);
            }
            self.from = None;
            self.behind = None;
            if self.left == 0 {
                return Sought::Nothing;
            }
            self.left -= 1;
            self.block = match self.forward {
                true if looked_at + 1 < blocks.end => looked_at + 1,
                false if looked_at > blocks.start => looked_at - 1,
                _ if !self.around => return Sought::Nothing,
                true => {
                    self.wrapped = true;
                    blocks.start
                }
                false => {
                    self.wrapped = true;
                    blocks.end - 1
                }
            };
            if !finder.is_empty_block(self.block) {
                return Sought::More;
            }
        }
    }

    fn in_block(
        &self,
        transcript: &Transcript,
        finder: &Finder,
        sieve: Option<&dyn Sieve>,
    ) -> Option<Hit> {
        let mut chosen: Option<Hit> = None;
        let mut passed = false;
        let place = |hit: &Hit| (hit.line, hit.inside, hit.octets.start);
        hits_in_block(transcript, self.block, &finder.pattern, sieve, &mut |hit| {
            if self.behind.as_ref() == Some(&hit) {
                passed = true;
                return;
            }
            let counts = match (&self.behind, &self.from) {
                (Some(_), _) => passed == self.forward,
                (None, Some(from)) if self.forward => place(&hit) > *from,
                (None, Some(from)) => place(&hit) < *from,
                (None, None) => true,
            };
            // Forward the first that counts, backward the last.
            if counts && (!self.forward || chosen.is_none()) {
                chosen = Some(hit);
            }
        });
        chosen
    }
}
