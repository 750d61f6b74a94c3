//! A log as the events of a session.

use std::time::{Instant, SystemTime};

use super::source::{Part, Source};
use super::text::Meter;
use super::{ImportError, Step, Steps};
use crate::session::{Event, Observer};
use crate::wire::Direction;

/// Most octets whose events come at once.
const BATCH: usize = 64 * 1024;

/// What a log says next.
#[derive(Debug)]
pub enum Heard {
    /// What passed, secrets masked.
    Events {
        /// When.
        at: SystemTime,
        /// In order.
        events: Vec<Event>,
    },
    /// A sentence about it.
    Remark {
        /// When.
        at: SystemTime,
        /// The sentence; hostile.
        text: String,
        /// Something is not as it should be.
        warning: bool,
    },
}

/// Reads a source to its end.
pub struct Overhearing {
    steps: Box<dyn Steps>,
    observer: Observer,
    /// Instants stand for the log's times.
    zero: (Instant, SystemTime),
    at: SystemTime,
    held: Option<Step>,
    meter: Meter,
    size: u64,
    over: bool,
}

impl Overhearing {
    /// Opens the files. Nothing is read yet.
    ///
    /// # Errors
    /// They cannot be opened.
    pub fn open(source: &Source) -> Result<Overhearing, ImportError> {
        let meter = Meter::default();
        let steps = source.open(&meter)?;
        let at = source.changed();
        let zero = Instant::now();
        Ok(Overhearing {
            steps,
            observer: Observer::new(zero),
            zero: (zero, at),
            at,
            held: None,
            meter,
            size: source.size(),
            over: matches!(source.part, Part::Named(ref name) if name.is_empty()),
        })
    }

    /// Octets read of all there are.
    pub fn progress(&self) -> (u64, u64) {
        (self.meter.read().min(self.size), self.size)
    }

    /// What comes next; `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read on, or is no log from here on. What was heard before stands; call again
    /// for how it ends.
    pub fn hear(&mut self) -> Result<Option<Heard>, ImportError> {
        let mut taken = 0;
        let mut begun = false;
        loop {
            if self.over {
                return Ok(self.events());
            }
            let step = match self.held.take() {
                Some(step) => Some(step),
                None => match self.steps.next() {
                    Ok(step) => step,
                    Err(error) => {
                        self.finish();
                        return Err(error);
                    }
                },
            };
            let Some(step) = step else {
                self.finish();
                return Ok(self.events());
            };
            match step {
                Step::Bytes { at, side, bytes } => {
                    let at = at.unwrap_or(self.at);
                    if begun && (at != self.at || taken + bytes.len() > BATCH) {
                        self.held = Some(Step::Bytes {
                            at: Some(at),
                            side,
                            bytes,
                        });
                        if let Some(events) = self.events() {
                            return Ok(Some(events));
                        }
                        begun = false;
                        continue;
                    }
                    begun = true;
                    taken += bytes.len();
                    self.at = at;
                    let now = self.instant();
                    match side {
                        Direction::Client => self.observer.client(now, &bytes),
                        Direction::Server => self.observer.server(now, &bytes),
                    }
                }
                Step::Gap => {
                    if self.observer.server_owes() > 0 {
                        self.observer.cut_server();
                    }
                }
                Step::Connection => {
                    self.observer.end();
                    let events = self.events();
                    self.observer = Observer::new(self.instant());
                    if events.is_some() {
                        return Ok(events);
                    }
                }
                Step::Remark { at, text, warning } => {
                    if begun && let Some(events) = self.events() {
                        self.held = Some(Step::Remark { at, text, warning });
                        return Ok(Some(events));
                    }
                    self.at = at.unwrap_or(self.at);
                    let at = self.at;
                    return Ok(Some(Heard::Remark { at, text, warning }));
                }
            }
        }
    }

    fn finish(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            self.observer.end();
        }
    }

    fn instant(&mut self) -> Instant {
        let (zero, began) = self.zero;
        match self.at.duration_since(began) {
            Ok(since) => zero.checked_add(since).unwrap_or(zero),
            // Earlier than what was taken for the beginning: that is the beginning from now on.
            Err(_) => {
                self.zero = (zero, self.at);
                zero
            }
        }
    }

    fn events(&mut self) -> Option<Heard> {
        let mut events = Vec::new();
        while let Some(event) = self.observer.poll_event() {
            events.push(event);
        }
        (!events.is_empty()).then_some(Heard::Events {
            at: self.at,
            events,
        })
    }
}
