//! What counts down and what was compressed, told a few times a second at most; and when a server that
//! does not answer is given up.

use std::time::{Duration, Instant, SystemTime};

use super::super::dial::{patience, seconds};
use super::super::stream::Stream;
use super::{End, Task, failed};
use crate::channel::{Compressed, Gauge, Notice};
use crate::session::Awaiting;

/// How long a change waits for more of them.
const PAUSE: Duration = Duration::from_millis(200);

/// How things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Reading {
    pub keepalive: Option<Instant>,
    pub given_up: Option<Instant>,
    pub compressed: Option<Compressed>,
}

/// The last reading, and the one that the face knows.
#[derive(Debug)]
pub(super) struct Gauges {
    now: Reading,
    /// `None`: something else was told since.
    told: Option<Reading>,
    due: Option<Instant>,
    /// When octets came or went last.
    moved: Instant,
}

impl Gauges {
    pub fn new(now: Instant) -> Gauges {
        Gauges {
            now: Reading::default(),
            told: None,
            due: None,
            moved: now,
        }
    }

    /// Octets came or went.
    pub fn moved(&mut self, now: Instant) {
        self.moved = now;
    }

    pub fn read(&mut self, now: Instant, reading: Reading) {
        self.now = reading;
        if Some(reading) == self.told {
            self.due = None;
        } else if self.due.is_none() {
            self.due = now.checked_add(PAUSE);
        }
    }

    /// When [`Gauges::tell`] has something.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// What the face should know, if it is time.
    pub fn tell(&mut self, now: Instant) -> Option<Gauge> {
        self.due.take_if(|due| *due <= now)?;
        self.told = Some(self.now);
        Some(gauge(self.now, now))
    }
}

/// On the face's clock.
fn gauge(reading: Reading, now: Instant) -> Gauge {
    let clock = SystemTime::now();
    let time = |at: Instant| clock.checked_add(at.saturating_duration_since(now));
    Gauge {
        keepalive: reading.keepalive.and_then(time),
        given_up: reading.given_up.and_then(time),
        compressed: reading.compressed,
    }
}

impl Task {
    /// Tells at once until when the step of the opening that begins now may last.
    pub(super) fn patience(&mut self, limit: Duration) {
        self.gauges.told = None;
        self.say(patience(limit));
    }

    /// When a command that waits for its answer has waited long enough. Not while the user is waited for, nor
    /// while the face takes nothing and the socket is not read.
    pub(super) fn answer_deadline(&self) -> Option<Instant> {
        let limit = self.plan.limits.answer?;
        let waits = self.opening.is_open()
            && self.goodbye.is_none()
            && self.session.in_flight() > 0
            && !self.session.is_idling()
            && self.pending.is_empty()
            && matches!(
                self.session.awaiting(),
                Awaiting::Command | Awaiting::GoAhead
            );
        waits
            .then(|| self.gauges.moved.checked_add(limit))
            .flatten()
    }

    /// The end of a connection whose server does not answer.
    pub(super) fn unanswered(&self) -> End {
        failed(format!(
            "{} has sent nothing for {} although a command waits for its answer: it was given up. Connect again.",
            self.plan.place,
            seconds(self.plan.limits.answer.unwrap_or_default())
        ))
    }

    /// Puts compression on the line. `Err`: it is on already, and the connection ends.
    pub(super) fn compressed(&mut self, stream: Stream) -> Result<Stream, Stream> {
        let behind = self.session.compression_started(Instant::now());
        let stream = stream.deflated(behind);
        match &stream {
            Ok(_) => self.say(Notice::Info(
                "From here on the line is compressed (COMPRESS=DEFLATE).".to_owned(),
            )),
            Err(_) => {
                let sentence =
                    "The server agreed to COMPRESS although the line is compressed already; the \
                                connection was closed."
                        .to_owned();
                self.end = Some(failed(sentence));
            }
        }
        stream
    }
}
