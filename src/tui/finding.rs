//! What is looked for in the transcript, and on which hit one is. Work is done in small steps by the loop
//! (`update::work`), so that keys stay live.

use crate::transcript::Transcript;
use crate::transcript::find::{Finder, Hit, Seek, Sieve, Sought, Step};
use crate::transcript::pattern::Pattern;

/// Texts that are remembered for the prompts.
const EARLIER: usize = 50;

/// The hit one is at.
#[derive(Debug, Clone)]
struct At {
    hit: Hit,
    block: usize,
    /// Hits before it, once counted.
    before: Option<u64>,
}

/// Where one is going.
#[derive(Debug)]
enum Way {
    /// To a hit of what is looked for.
    Hit(Seek),
    /// To a hit that was found: it still has to be brought to light.
    Landing(Hit),
    /// To a NO, BAD or BYE.
    Failure(Box<(Finder, Seek)>),
}

/// What one step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Went {
    /// There was nothing to do.
    Nowhere,
    /// There is more to do.
    On,
    /// The hit was found; bring it to light, and say so with [`Finding::landed`].
    Found(Hit),
    /// There is none; in this direction, if it is a failure that was looked for.
    NotFound {
        /// NO, BAD or BYE was looked for.
        failure: bool,
    },
}

/// What is looked for.
#[derive(Debug, Default)]
pub struct Finding {
    finder: Option<Finder>,
    at: Option<At>,
    way: Option<Way>,
    /// The user stopped it.
    stopped: bool,
    /// It went over the end.
    pub wrapped: bool,
    /// What was looked for before, the last one last.
    pub searches: Vec<String>,
    /// What was filtered by before, the last one last.
    pub filters: Vec<String>,
}

impl Finding {
    /// What is looked for.
    pub fn pattern(&self) -> Option<&Pattern> {
        self.finder.as_ref().map(Finder::pattern)
    }

    /// The hit one is at.
    pub fn hit(&self) -> Option<&Hit> {
        self.at.as_ref().map(|at| &at.hit)
    }

    /// Looks for something else from now on; nothing, for `None`.
    pub fn look_for(&mut self, pattern: Option<Pattern>) {
        self.finder = pattern.map(Finder::new);
        (self.at, self.way) = (None, None);
        (self.stopped, self.wrapped) = (false, false);
    }

    /// Other lines are shown now: counts begin anew.
    pub fn restart(&mut self) {
        if let Some(finder) = &mut self.finder {
            finder.restart();
        }
        (self.at, self.way, self.stopped) = (None, None, false);
    }

    /// To the next or previous hit from a place: a line, whether inside its literal, an octet; that place not
    /// included. From the hit one is at, if it is on `line`.
    pub fn seek(
        &mut self,
        transcript: &Transcript,
        place: (usize, bool, u64),
        line: Option<usize>,
        forward: bool,
    ) {
        if self.finder.is_none() {
            return;
        }
        let seek = match &self.at {
            Some(at) if line == Some(at.hit.line) => {
                Seek::from_hit(transcript, at.hit.clone(), at.block, forward)
            }
            _ => Seek::from_place(transcript, place, forward),
        };
        self.way = Some(Way::Hit(seek));
        (self.stopped, self.wrapped) = (false, false);
    }

    /// To the next or previous NO, BAD or BYE from `line`.
    pub fn seek_failure(&mut self, transcript: &Transcript, line: usize, forward: bool) {
        let Some(pattern) = Pattern::new("^[^ ]+ (no|bad|bye)( |$)") else {
            return;
        };
        let place = (line, forward, if forward { u64::MAX } else { 0 });
        let seek = Seek::from_place(transcript, place, forward).once();
        self.way = Some(Way::Failure(Box::new((Finder::new(pattern), seek))));
    }

    /// Whether one is on the way to a hit.
    pub fn is_seeking(&self) -> bool {
        self.way.is_some()
    }

    /// Whether hits are still being counted.
    pub fn is_counting(&self, transcript: &Transcript) -> bool {
        !self.stopped && self.finder.as_ref().is_some_and(|f| !f.is_done(transcript))
    }

    /// Whether there is something to do.
    pub fn has_work(&self, transcript: &Transcript) -> bool {
        self.is_seeking() || self.is_counting(transcript) || self.has_no_number(transcript)
    }

    fn has_no_number(&self, transcript: &Transcript) -> bool {
        self.at.as_ref().is_some_and(|at| at.before.is_none())
            && self.finder.as_ref().is_some_and(|f| f.is_done(transcript))
    }

    /// Stops: what was found and counted stays.
    pub fn stop(&mut self) {
        self.way = None;
        self.stopped = true;
    }

    /// A step on the way to a hit.
    pub fn go(&mut self, transcript: &Transcript, sieve: Option<&dyn Sieve>) -> Went {
        let (sought, failure) = match (&mut self.way, &self.finder) {
            (Some(Way::Landing(hit)), _) => return Went::Found(hit.clone()),
            (Some(Way::Hit(seek)), Some(finder)) => {
                let sought = seek.step(transcript, finder, sieve);
                self.wrapped = seek.wrapped;
                (sought, false)
            }
            (Some(Way::Failure(way)), _) => {
                let (finder, seek) = &mut **way;
                let lines = Answers { sieve };
                (seek.step(transcript, finder, Some(&lines)), true)
            }
            (_, None) | (None, _) => {
                self.way = None;
                return Went::Nowhere;
            }
        };
        match sought {
            Sought::More => Went::On,
            Sought::Nothing => {
                self.way = None;
                Went::NotFound { failure }
            }
            Sought::Hit(hit, block) => {
                if !failure {
                    self.at = Some(At {
                        hit: hit.clone(),
                        block,
                        before: None,
                    });
                }
                self.way = Some(Way::Landing(hit.clone()));
                Went::Found(hit)
            }
        }
    }

    /// The hit that was found has been brought to light.
    pub fn landed(&mut self) {
        self.way = None;
    }

    /// Counts a bit on; whether there was something to count.
    pub fn count(&mut self, transcript: &Transcript, sieve: Option<&dyn Sieve>) -> bool {
        if self.is_counting(transcript)
            && let Some(finder) = &mut self.finder
        {
            return finder.step(transcript, sieve) == Step::More || !finder.is_done(transcript);
        }
        if self.has_no_number(transcript)
            && let (Some(at), Some(finder)) = (&mut self.at, &self.finder)
        {
            at.before = finder
                .number_of(transcript, &at.hit, at.block, sieve)
                .or(Some(0));
            return true;
        }
        false
    }

    /// `12 of 340 hits`, `340 hits so far, 43 %`: for the title.
    pub fn words(&self, transcript: &Transcript) -> Option<String> {
        let finder = self.finder.as_ref()?;
        let hits = super::units::grouped(finder.hits());
        let number = self.at.as_ref().and_then(|at| at.before);
        Some(match number {
            _ if self.is_counting(transcript) => {
                format!("{hits} so far, {} %", finder.progress(transcript))
            }
            _ if !finder.is_done(transcript) => {
                format!("{hits}, stopped at {} %", finder.progress(transcript))
            }
            Some(before) => format!("{} of {hits}", super::units::grouped(before + 1)),
            None if finder.hits() == 0 => "no hit".to_owned(),
            None => format!("{hits} hits"),
        })
    }

    /// Remembers what was typed.
    pub fn remember(texts: &mut Vec<String>, text: &str) {
        texts.retain(|t| t != text);
        texts.push(text.to_owned());
        if texts.len() > EARLIER {
            texts.remove(0);
        }
    }
}

/// Lines of the server's: where a status response can be.
struct Answers<'s> {
    sieve: Option<&'s dyn Sieve>,
}

impl Sieve for Answers<'_> {
    fn passes(&self, transcript: &Transcript, line: usize) -> bool {
        let kind = transcript.line(line).map(|l| l.kind);
        matches!(kind, Some(crate::transcript::LineKind::Received { .. }))
            && self.sieve.is_none_or(|s| s.passes(transcript, line))
    }
}
