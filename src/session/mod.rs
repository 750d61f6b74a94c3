//! FLOW. The sans-I/O IMAP client engine: bytes and time in, bytes and events out.
//!
//! Knows: tags, commands in flight, continuation requests, literals, AUTHENTICATE, IDLE, STARTTLS,
//! COMPRESS, keepalive.
//! Must not know: sockets, clocks (time is an argument), mechanisms (see [`Exchange`]), screens.
//! To add a flow: one file with one small state machine, its `Kind` in `outbox.rs`, its arms in
//! `start.rs` (how it begins) and `receive.rs` (what the server's words do to it).

mod authenticate;
mod compress;
mod idle;
mod keepalive;
pub mod observer;
mod outbox;
mod pending;
mod receive;
mod respond;
mod sending;
mod start;
mod starttls;

pub mod event;
pub mod exchange;

use std::collections::VecDeque;
use std::time::Instant;

use zeroize::Zeroizing;

use crate::wire::{
    CapabilitySet, Command, CommandPart, Direction, FrameBuilder, Framer, Origin, TagChoice,
    TagGenerator, secret,
};

use authenticate::{Authentication, Driver};
use compress::Switch;
use idle::Idle;
use keepalive::Keepalive;
use outbox::{Kind, Outbox, Queued};
use pending::Pending;
use starttls::Barrier;

pub use event::{Awaiting, CloseCause, CommandId, Event, Reply, Violation};
pub use exchange::{Answer, Exchange, ExchangeError};
pub use observer::Observer;
pub use respond::RespondError;
pub use sending::{announcement, literal_mode};

/// How much of an unfinished response has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PendingInput {
    /// Octets of a line without its end.
    pub line: usize,
    /// Octets of an announced literal that are still to come.
    pub literal: u64,
}

/// The command in flight that nothing may follow before its tagged response.
enum Flow {
    Free,
    Authenticate(Authentication),
    Idle(Idle),
    StartTls(CommandId),
    Compress(CommandId),
}

/// Whether the server has greeted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greeting {
    /// Not yet.
    Awaited,
    /// Its first line was something else.
    Odd,
    /// OK or PREAUTH.
    Welcome,
    /// BYE: nothing will be sent.
    Refused,
}

/// One IMAP connection as its client sees it, without any I/O.
///
/// Drive it so: after every call of `submit`, `authenticate`, `respond`, `tls_started` or `handle_*`,
/// write what [`Session::poll_transmit`] gives until it gives nothing, and take every
/// [`Session::poll_event`]. Bytes are made when they are asked for: a command has begun when its first
/// chunk was taken. The session holds no more than what its driver has not taken yet, the commands that
/// wait to be sent, and one unfinished frame ([`crate::wire::frame::KEPT_FRAME`]).
pub struct Session {
    now: Instant,
    greeting: Greeting,
    closed: bool,
    framer: Framer,
    frame: FrameBuilder,
    barrier: Barrier,
    switch: Switch,
    keepalive: Keepalive,
    outbox: Outbox,
    pending: Pending,
    flow: Flow,
    capabilities: Option<CapabilitySet>,
    events: VecDeque<Event>,
    awaiting: Awaiting,
    user_tags: TagGenerator,
    program_tags: TagGenerator,
    panel_tags: TagGenerator,
    last_id: u64,
    /// The text of the server's BYE.
    bye: Option<String>,
    /// LOGOUT was answered with OK.
    logged_out: bool,
}

impl Session {
    /// A session that waits for the greeting (RFC 9051 section 7.1); commands wait with it.
    pub fn new(now: Instant) -> Session {
        Session {
            now,
            greeting: Greeting::Awaited,
            closed: false,
            framer: Framer::new(Direction::Server),
            frame: FrameBuilder::default(),
            barrier: Barrier::Open,
            switch: Switch::default(),
            keepalive: Keepalive::new(now),
            outbox: Outbox::new(),
            pending: Pending::default(),
            flow: Flow::Free,
            capabilities: None,
            events: VecDeque::new(),
            awaiting: Awaiting::Command,
            user_tags: TagGenerator::new('A'),
            program_tags: TagGenerator::new(Origin::Program.letter()),
            panel_tags: TagGenerator::new(Origin::Panel.letter()),
            last_id: 0,
            bye: None,
            logged_out: false,
        }
    }

    /// Takes a command. It goes out with the next [`Session::poll_transmit`], or waits for its turn:
    /// behind the greeting, a literal, AUTHENTICATE, IDLE (which it ends), STARTTLS, COMPRESS. A line end inside
    /// its text becomes a space. A bare `DONE` ends the IDLE before it and is named after it.
    pub fn submit(&mut self, now: Instant, command: Command) -> CommandId {
        self.tick(now);
        if let Some(idle) = self.take_as_done(&command) {
            self.settle();
            return idle;
        }
        let mut command = command;
        // Whoever made it: what leaves this engine unmasked is shown and kept.
        secret::mark_secrets(&mut command);
        let secretive = secret::secrets_follow(&command);
        let verb = command.verb();
        let kind = match (&command.tag, start::typed_tag(&command)) {
            // Without a tag it is no command to the server.
            (TagChoice::AsTyped, None) => Kind::Plain,
            _ => Kind::of(&verb),
        };
        let Command { origin, tag, parts } = command;
        let driver = (kind == Kind::Authenticate).then_some(Driver::ByHand { asked: false });
        let id = self.next_id();
        let parts = parts.into();
        self.enqueue(Queued {
            id,
            origin,
            kind,
            verb,
            tag,
            parts,
            secretive,
            driver,
            done_wanted: false,
        })
    }

    /// Takes an AUTHENTICATE that `exchange` answers by itself, under a tag of the program's (`P0001`).
    pub fn authenticate(&mut self, now: Instant, exchange: Box<dyn Exchange>) -> CommandId {
        self.tick(now);
        let id = self.next_id();
        self.enqueue(Queued {
            id,
            origin: Origin::Program,
            kind: Kind::Authenticate,
            verb: "AUTHENTICATE".to_owned(),
            tag: TagChoice::Generated,
            // Written when its turn comes: SASL-IR may be known only then.
            parts: VecDeque::new(),
            secretive: true,
            driver: Some(Driver::Mechanism {
                exchange,
                begun: false,
            }),
            done_wanted: false,
        })
    }

    /// Takes what the user answers to a continuation request, or that he gives up ([`Reply::Cancel`]).
    ///
    /// # Errors
    /// When nobody waits for that, or it cannot be taken back; nothing is sent then.
    pub fn respond(&mut self, now: Instant, reply: Reply) -> Result<(), RespondError> {
        self.tick(now);
        if self.closed {
            return Err(RespondError::Closed);
        }
        self.take_reply(reply)?;
        self.settle();
        Ok(())
    }

    /// TLS is on: the barrier of STARTTLS is lifted, and the capabilities are forgotten (RFC 9051
    /// section 6.2.1). After [`Violation::PlaintextBehindStartTls`] it does nothing: close the connection.
    pub fn tls_started(&mut self, now: Instant) {
        self.tick(now);
        if self.barrier.lift() {
            self.framer = Framer::new(Direction::Server);
            self.frame = FrameBuilder::default();
            self.learn(None);
        }
    }

    /// Takes bytes from the server, in any cut.
    pub fn handle_input(&mut self, now: Instant, bytes: &[u8]) {
        self.tick(now);
        self.receive(bytes);
    }

    /// The time of [`Session::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.tick(now);
        self.keep_alive();
    }

    /// The connection ended, `cause` as the link saw it. [`Event::Closed`] tells what it was: BYE and
    /// LOGOUT are known here. An unfinished frame comes as [`crate::wire::Ending::Truncated`].
    pub fn handle_close(&mut self, now: Instant, cause: CloseCause) {
        self.tick(now);
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        self.events.extend(self.framer.close().map(Event::Received));
        self.flow = Flow::Free;
        let queued = self.outbox.clear();
        let in_flight: Vec<CommandId> = self.pending.drain().map(|c| c.id).collect();
        for command in in_flight.into_iter().chain(queued) {
            self.events.push_back(Event::Abandoned { command });
        }
        self.settle();
        let cause = match (self.logged_out, self.bye.take()) {
            (true, _) => CloseCause::Logout,
            (false, Some(text)) => CloseCause::Bye(text),
            (false, None) => cause,
        };
        self.events.push_back(Event::Closed(cause));
    }

    /// The next bytes to write. Their [`Event::Sent`] (masked) is queued with them.
    pub fn poll_transmit(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        let chunk = loop {
            if self.closed {
                return None;
            }
            match self.outbox.next(self.capabilities.as_ref()) {
                Some(chunk) => break chunk,
                None if !self.start_next() => {
                    self.settle();
                    return None;
                }
                None => {}
            }
        };
        self.pending.sent(chunk.command, self.now);
        self.keepalive.last_sent = self.now;
        self.outbox.record(&chunk, &mut self.events);
        self.settle();
        Some(chunk.bytes)
    }

    /// When to call [`Session::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.keepalive_due()
    }

    /// What happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What the server waits for from the user.
    pub fn awaiting(&self) -> Awaiting {
        if let Some(awaiting) = self.outbox.current().and_then(|s| s.awaiting()) {
            return awaiting;
        }
        match &self.flow {
            Flow::Authenticate(authentication) => authentication.awaiting(),
            Flow::Idle(idle) if idle.awaits_done() => Awaiting::IdleDone,
            _ => Awaiting::Command,
        }
    }

    /// What the server advertises; `None`: not known (any more).
    pub fn capabilities(&self) -> Option<&CapabilitySet> {
        self.capabilities.as_ref()
    }

    /// How much of an unfinished response has come.
    pub fn pending_input(&self) -> PendingInput {
        PendingInput {
            line: self.framer.pending_line(),
            literal: self.framer.pending_literal(),
        }
    }

    /// Whether IDLE has been sent and DONE has not.
    pub fn is_idling(&self) -> bool {
        matches!(&self.flow, Flow::Idle(idle) if idle.is_idling())
    }

    /// Commands that have been sent, in part or whole, and not been completed.
    pub fn in_flight(&self) -> usize {
        self.pending.len()
    }

    /// Whether the greeting has come.
    pub fn greeted(&self) -> bool {
        matches!(self.greeting, Greeting::Welcome | Greeting::Refused)
    }

    fn next_id(&mut self) -> CommandId {
        self.last_id += 1;
        CommandId(self.last_id)
    }

    fn enqueue(&mut self, command: Queued) -> CommandId {
        let id = command.id;
        if self.closed {
            self.events.push_back(Event::Abandoned { command: id });
        } else {
            self.outbox.push(command);
            self.settle();
        }
        id
    }

    /// `DONE` submitted like a command: the IDLE that it ends.
    fn take_as_done(&mut self, command: &Command) -> Option<CommandId> {
        let [CommandPart::Text { bytes, .. }] = command.parts.as_slice() else {
            return None;
        };
        if !bytes.trim_ascii().eq_ignore_ascii_case(b"DONE") {
            return None;
        }
        if let Some(last) = self.outbox.back_mut() {
            last.done_wanted = last.kind == Kind::Idle;
            return last.done_wanted.then_some(last.id);
        }
        match &mut self.flow {
            Flow::Idle(idle) if idle.awaits_done() => {
                idle.want_done();
                Some(idle.id)
            }
            _ => None,
        }
    }

    /// Brings what follows from a change up to date: DONE for a command that waits behind IDLE, and
    /// what the user is told to be waited for.
    fn settle(&mut self) {
        let waiting = self.outbox.front().is_some();
        if let Flow::Idle(idle) = &mut self.flow {
            if waiting {
                idle.want_done();
            }
            if idle.take_done() {
                self.outbox
                    .answer(idle.id, Zeroizing::new(b"DONE".to_vec()), None);
            }
        }
        let awaiting = self.awaiting();
        if awaiting != self.awaiting {
            self.awaiting = awaiting;
            self.events.push_back(Event::Awaiting(awaiting));
        }
    }

    fn learn(&mut self, capabilities: Option<CapabilitySet>) {
        if capabilities != self.capabilities {
            self.capabilities.clone_from(&capabilities);
            self.events.push_back(Event::Capabilities(capabilities));
        }
    }

    fn tick(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }
}
