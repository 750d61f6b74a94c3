//! FLOW. The sans-I/O IMAP client engine: bytes and time in, bytes and events out.
//!
//! Knows: tags, commands in flight, continuation requests, literals, AUTHENTICATE, IDLE, STARTTLS.
//! Must not know: sockets, clocks (time is an argument), mechanisms (see [`Exchange`]), screens.
//! To add a flow: one file with one small state machine, and its arm in `Session`.

pub mod event;
pub mod exchange;

use std::collections::VecDeque;
use std::time::Instant;

use zeroize::Zeroizing;

use crate::wire::{CapabilitySet, Command, Framer};

pub use event::{Awaiting, CloseCause, CommandId, Event, Reply, Violation};
pub use exchange::{Answer, Exchange, ExchangeError};

/// Why an answer given by hand was not taken. Nothing of it was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RespondError {
    /// The server did not ask for that.
    #[error("the server does not wait for {what} now; nothing was sent")]
    NotAwaited {
        /// What was given: "an answer to a challenge", "DONE" ...
        what: &'static str,
    },
    /// More octets than the literal announced.
    #[error("{given} octets are more than the {remaining} that the literal still wants; nothing was sent")]
    TooLong {
        /// Octets given.
        given: u64,
        /// Octets the announced literal still wants.
        remaining: u64,
    },
    /// There is no connection any more.
    #[error("the connection is over; nothing was sent")]
    Closed,
}

/// How much of an unfinished response has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PendingInput {
    /// Octets of a line without its end.
    pub line: usize,
    /// Octets of an announced literal that are still to come.
    pub literal: u64,
}

/// One IMAP connection as its client sees it, without any I/O.
///
/// Drive it so: after every call of `submit`, `authenticate`, `respond`, `tls_started` or `handle_*`,
/// write what [`Session::poll_transmit`] gives until it gives nothing, and take every
/// [`Session::poll_event`]. The session holds no more than what its driver has not taken yet, plus the
/// commands that wait to be sent and one unfinished frame ([`crate::wire::frame::KEPT_FRAME`]).
pub struct Session {
    framer: Framer,
    capabilities: Option<CapabilitySet>,
    events: VecDeque<Event>,
    next_id: u64,
}

impl Session {
    /// A session that waits for the greeting (RFC 9051 section 7.1); commands wait with it.
    pub fn new(now: Instant) -> Session {
        let _ = now;
        Session {
            framer: Framer::new(crate::wire::Direction::Server),
            capabilities: None,
            events: VecDeque::new(),
            next_id: 0,
        }
    }

    /// Takes a command. It goes out with the next [`Session::poll_transmit`], or waits for its turn
    /// (behind the greeting, a literal, AUTHENTICATE, IDLE, STARTTLS).
    pub fn submit(&mut self, now: Instant, command: Command) -> CommandId {
        let _ = (now, command);
        self.next_id += 1;
        CommandId(self.next_id)
    }

    /// Takes an AUTHENTICATE that `exchange` answers by itself, under a tag of the program's (`P0001`).
    pub fn authenticate(&mut self, now: Instant, exchange: Box<dyn Exchange>) -> CommandId {
        let _ = (now, exchange);
        self.next_id += 1;
        CommandId(self.next_id)
    }

    /// Takes what the user answers to a continuation request.
    ///
    /// # Errors
    /// When nobody waits for that; nothing is sent then.
    pub fn respond(&mut self, now: Instant, reply: Reply) -> Result<(), RespondError> {
        let _ = (now, reply);
        Err(RespondError::Closed)
    }

    /// TLS is on: the barrier of STARTTLS is lifted, and the capabilities are forgotten (RFC 9051
    /// section 6.2.1). After [`Violation::PlaintextBehindStartTls`] it does nothing: close the connection.
    pub fn tls_started(&mut self, now: Instant) {
        let _ = now;
    }

    /// Takes bytes from the server, in any cut.
    pub fn handle_input(&mut self, now: Instant, bytes: &[u8]) {
        let _ = (now, bytes);
    }

    /// The time of [`Session::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// The connection ended, `cause` as the link saw it. [`Event::Closed`] tells what it was: BYE and
    /// LOGOUT are known here.
    pub fn handle_close(&mut self, now: Instant, cause: CloseCause) {
        let _ = (now, cause);
    }

    /// The next bytes to write. Their [`Event::Sent`] (masked) is queued with them.
    pub fn poll_transmit(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        None
    }

    /// When to call [`Session::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// What happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What the server waits for from the user.
    pub fn awaiting(&self) -> Awaiting {
        Awaiting::Command
    }

    /// What the server advertises; `None`: not known (any more).
    pub fn capabilities(&self) -> Option<&CapabilitySet> {
        self.capabilities.as_ref()
    }

    /// How much of an unfinished response has come.
    pub fn pending_input(&self) -> PendingInput {
        PendingInput { line: self.framer.pending_line(), literal: self.framer.pending_literal() }
    }

    /// Whether IDLE has been sent and DONE has not.
    pub fn is_idling(&self) -> bool {
        false
    }

    /// Commands that have been sent, in part or whole, and not been completed.
    pub fn in_flight(&self) -> usize {
        0
    }

    /// Whether the greeting has come.
    pub fn greeted(&self) -> bool {
        false
    }
}
