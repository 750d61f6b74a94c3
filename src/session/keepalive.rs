//! A line that is silent for too long is closed by somebody (RFC 9051 section 5.4; RFC 2177: IDLE is to be
//! renewed at least every 29 minutes): NOOP, or IDLE anew, when it is due.

use std::time::{Duration, Instant};

use super::{Flow, Greeting, Session, starttls::Barrier};
use crate::wire::{Command, Origin};

/// The wish, and when something was sent last.
#[derive(Debug)]
pub(super) struct Keepalive {
    every: Option<Duration>,
    pub last_sent: Instant,
}

impl Keepalive {
    pub fn new(now: Instant) -> Keepalive {
        Keepalive {
            every: None,
            last_sent: now,
        }
    }
}

impl Session {
    /// How long nothing may be sent before NOOP goes out, or a running IDLE is ended and begun anew (both as
    /// commands of the program's); `None`, as at first: for ever.
    pub fn set_keepalive(&mut self, every: Option<Duration>) {
        self.keepalive.every = every;
    }

    /// When that is due; `None` while an answer is waited for, the server has not greeted, or it is over.
    pub fn keepalive_due(&self) -> Option<Instant> {
        let every = self.keepalive.every?;
        let quiet = match &self.flow {
            Flow::Free => self.pending.len() == 0,
            Flow::Idle(idle) => idle.awaits_done() && !idle.awaits_go_ahead(),
            _ => false,
        };
        let usable = self.greeting == Greeting::Welcome
            && !self.closed
            && !self.logged_out
            && self.bye.is_none()
            && self.barrier == Barrier::Open
            && !self.switch.is_open();
        (usable && quiet && self.outbox.is_empty())
            .then(|| self.keepalive.last_sent.checked_add(every))
            .flatten()
    }

    /// Does what is due.
    pub(super) fn keep_alive(&mut self) {
        if self.keepalive_due().is_none_or(|due| due > self.now) {
            return;
        }
        // A command that waits ends the IDLE before it.
        let verb = match self.flow {
            Flow::Idle(_) => "IDLE",
            _ => "NOOP",
        };
        self.submit(self.now, Command::line(Origin::Program, verb));
    }
}
