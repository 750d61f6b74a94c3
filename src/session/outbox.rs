//! What waits to be sent: commands in order, and short answers (challenges, DONE) that go before them.

use std::collections::VecDeque;

use zeroize::Zeroizing;

use super::authenticate::Driver;
use super::sending::Sending;
use super::{CommandId, Event};
use crate::wire::{CapabilitySet, CommandPart, Direction, Framer, Origin, TagChoice};

/// What a command does to the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Plain,
    /// BYE is its answer.
    Logout,
    /// Makes the capabilities stale.
    LogIn,
    /// Raises the barrier.
    StartTls,
    /// Everything behind its OK is compressed.
    Compress,
    /// Lasts until DONE.
    Idle,
    /// Lasts until its tagged response; makes the capabilities stale.
    Authenticate,
}

impl Kind {
    pub fn of(verb: &str) -> Kind {
        match verb {
            "LOGOUT" => Kind::Logout,
            "LOGIN" => Kind::LogIn,
            "STARTTLS" => Kind::StartTls,
            "IDLE" => Kind::Idle,
            "COMPRESS" => Kind::Compress,
            "AUTHENTICATE" => Kind::Authenticate,
            _ => Kind::Plain,
        }
    }
}

/// A command that waits for its turn.
pub(super) struct Queued {
    pub id: CommandId,
    pub origin: Origin,
    pub kind: Kind,
    pub verb: String,
    pub tag: TagChoice,
    pub parts: VecDeque<CommandPart>,
    /// As [`crate::wire::secret::secrets_follow`].
    pub secretive: bool,
    /// Who answers, for [`Kind::Authenticate`].
    pub driver: Option<Driver>,
    /// DONE was typed before an IDLE went out.
    pub done_wanted: bool,
}

/// Bytes ready for the network, and what is shown of them. No `Debug`: they may hold a secret.
pub(super) struct Chunk {
    pub command: CommandId,
    pub bytes: Zeroizing<Vec<u8>>,
    /// Empty for the later pieces of a secret literal.
    pub shown: Vec<u8>,
    pub masked: bool,
}

/// Everything on its way out.
pub(super) struct Outbox {
    answers: VecDeque<Chunk>,
    current: Option<Sending>,
    queue: VecDeque<Queued>,
    /// Cuts what is shown into pieces, the way the server's side is cut.
    record: Framer,
}

impl Outbox {
    pub fn new() -> Outbox {
        Outbox {
            answers: VecDeque::new(),
            current: None,
            queue: VecDeque::new(),
            record: Framer::new(Direction::Client),
        }
    }

    pub fn push(&mut self, command: Queued) {
        self.queue.push_back(command);
    }

    /// A line by itself: an answer to a challenge, `*`, DONE. `shown`: instead of it.
    pub fn answer(
        &mut self,
        command: CommandId,
        mut line: Zeroizing<Vec<u8>>,
        shown: Option<&[u8]>,
    ) {
        let masked = shown.is_some();
        let mut shown = shown.map_or_else(|| line.to_vec(), <[u8]>::to_vec);
        line.extend_from_slice(b"\r\n");
        shown.extend_from_slice(b"\r\n");
        self.answers.push_back(Chunk {
            command,
            bytes: line,
            shown,
            masked,
        });
    }

    /// Octets outside of any command.
    pub fn octets(&mut self, command: CommandId, bytes: Zeroizing<Vec<u8>>) {
        let mut shown = crate::wire::command::MASK.to_vec();
        shown.extend_from_slice(b"\r\n");
        self.answers.push_back(Chunk {
            command,
            bytes,
            shown,
            masked: true,
        });
    }

    /// A chunk of the current command that the user gave.
    pub fn push_chunk(&mut self, chunk: Option<Chunk>) {
        self.answers.extend(chunk);
    }

    /// The command that is being handed out.
    pub fn current(&self) -> Option<&Sending> {
        self.current.as_ref()
    }

    pub fn current_mut(&mut self) -> Option<&mut Sending> {
        self.current.as_mut()
    }

    /// Whether there is nothing that has not gone out whole.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.current.is_none() && self.queue.is_empty()
    }

    pub fn front(&self) -> Option<&Queued> {
        self.queue.front()
    }

    pub fn back_mut(&mut self) -> Option<&mut Queued> {
        self.queue.back_mut()
    }

    pub fn pop(&mut self) -> Option<Queued> {
        self.queue.pop_front()
    }

    pub fn begin(&mut self, sending: Sending) {
        self.current = Some(sending);
    }

    /// The next bytes of what has begun.
    pub fn next(&mut self, capabilities: Option<&CapabilitySet>) -> Option<Chunk> {
        if let Some(chunk) = self.answers.pop_front() {
            return Some(chunk);
        }
        let sending = self.current.as_mut()?;
        let chunk = sending.next(capabilities);
        if sending.is_done() {
            self.current = None;
        }
        chunk
    }

    /// Has the server's word for `id`: what of it did not go out and need not, does not.
    pub fn completed(&mut self, id: CommandId) {
        let Some(sending) = self.current.as_mut().filter(|s| s.id == id) else {
            self.answers.retain(|chunk| chunk.command != id);
            return;
        };
        let refused = sending.awaits_go_ahead();
        sending.completed();
        if sending.is_done() {
            self.current = None;
        }
        if refused {
            // The record must not wait for octets that never go out.
            self.record = Framer::new(Direction::Client);
        }
    }

    /// The masked bytes as events, in pieces.
    pub fn record(&mut self, chunk: &Chunk, events: &mut VecDeque<Event>) {
        let mut input = chunk.shown.as_slice();
        while let Some(piece) = self.record.next(&mut input) {
            events.push_back(Event::Sent {
                command: chunk.command,
                piece,
                masked: chunk.masked,
            });
        }
    }

    /// The connection ended: forgets everything; gives the ids of what had not begun.
    pub fn clear(&mut self) -> Vec<CommandId> {
        self.answers.clear();
        self.current = None;
        self.queue.drain(..).map(|q| q.id).collect()
    }
}
