//! What the server's words do: frames to responses, responses to the flow that waits for them.

use std::time::Duration;

use zeroize::Zeroizing;

use super::authenticate::Turn;
use super::outbox::Kind;
use super::pending::InFlight;
use super::starttls::Barrier;
use super::{CommandId, Event, Flow, Greeting, Session, Violation, authenticate};
use crate::wire::command::MASK;
use crate::wire::response::{Response, ResponseCode, Status, StatusResponse, Untagged};
use crate::wire::{CapabilitySet, Tag};

/// What follows from a response, taken out of it before it is handed on.
enum Consequence {
    Nothing,
    Tagged(Tag, StatusResponse),
    Untagged(StatusResponse),
    Capability(CapabilitySet),
    Continuation(Vec<u8>),
}

impl Session {
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        let mut input = bytes;
        while !input.is_empty() && !self.closed {
            if self.barrier != Barrier::Open {
                self.breach(input);
                return;
            }
            if self.switch.keep(input) {
                return;
            }
            let Some(piece) = self.framer.next(&mut input) else {
                return;
            };
            let quick = self.frame.whole_line(&piece).and_then(Response::quick);
            let response = quick.or_else(|| {
                let frame = self.frame.push(&piece)?;
                Some(Response::parse(&frame))
            });
            self.events.push_back(Event::Received(piece));
            if let Some(response) = response {
                self.take(response);
                self.settle();
            }
        }
    }

    fn breach(&mut self, bytes: &[u8]) {
        self.events
            .push_back(Event::Violation(Violation::PlaintextBehindStartTls {
                octets: bytes.len(),
            }));
        let pieces = self.barrier.breach(bytes);
        self.events.extend(pieces.into_iter().map(Event::Received));
    }

    fn take(&mut self, response: Response) {
        let command = self.whose(&response);
        let consequence = match &response {
            Response::Tagged { tag, status } => Consequence::Tagged(tag.clone(), status.clone()),
            Response::Untagged(Untagged::Status(status)) => Consequence::Untagged(status.clone()),
            Response::Untagged(Untagged::Capability(set)) => Consequence::Capability(set.clone()),
            Response::Continuation(text) => Consequence::Continuation(text.clone()),
            Response::Untagged(_) | Response::Odd => Consequence::Nothing,
        };
        self.events.push_back(Event::Response { response, command });
        if !self.greeted() {
            return self.greet(consequence);
        }
        match consequence {
            Consequence::Nothing => {}
            Consequence::Tagged(tag, status) => match command {
                Some(id) => self.complete(id, status),
                None => self
                    .events
                    .push_back(Event::Violation(Violation::UnknownTag(tag))),
            },
            Consequence::Untagged(status) => self.untagged_status(status, command),
            Consequence::Capability(set) => self.told(set),
            Consequence::Continuation(text) => self.continuation(&text),
        }
    }

    /// The command that a response belongs to.
    fn whose(&self, response: &Response) -> Option<CommandId> {
        match response {
            Response::Tagged { tag, .. } => self.pending.by_tag(tag),
            Response::Continuation(_) => {
                let sending = self.outbox.current().filter(|s| s.awaits_go_ahead());
                sending.map(|s| s.id).or(match &self.flow {
                    Flow::Authenticate(authentication) if authentication.awaits_challenge() => {
                        Some(authentication.id)
                    }
                    Flow::Idle(idle) if idle.awaits_go_ahead() => Some(idle.id),
                    _ => None,
                })
            }
            Response::Untagged(Untagged::Status(StatusResponse {
                status: Status::Bad,
                ..
            })) if self.pending.unclear().is_some() => self.pending.unclear(),
            // While it idles a server speaks of its own accord.
            Response::Untagged(_) if matches!(self.flow, Flow::Idle(_)) => None,
            Response::Untagged(data) => self.pending.answered_by(data),
            Response::Odd => None,
        }
    }

    /// The first response, or the first that is a greeting (RFC 9051 section 7.1).
    fn greet(&mut self, consequence: Consequence) {
        let (greeting, status) = match consequence {
            Consequence::Untagged(status) => match status.status {
                Status::Ok | Status::Preauth => (Greeting::Welcome, status),
                Status::Bye => (Greeting::Refused, status),
                Status::No | Status::Bad => return self.no_greeting(),
            },
            _ => return self.no_greeting(),
        };
        self.greeting = greeting;
        self.events.push_back(Event::Greeting(status.clone()));
        self.untagged_status(status, None);
    }

    fn no_greeting(&mut self) {
        if self.greeting == Greeting::Awaited {
            self.greeting = Greeting::Odd;
            self.events
                .push_back(Event::Violation(Violation::NoGreeting));
        }
    }

    fn untagged_status(&mut self, status: StatusResponse, command: Option<CommandId>) {
        match (status.status, status.code.as_ref()) {
            (Status::Bye, _) => self.bye = Some(String::from_utf8_lossy(&status.text).into_owned()),
            // `* BAD Invalid tag`: the only answer that a line without a tag can have.
            (Status::Bad, _) if command.is_some() && command == self.pending.unclear() => {
                if let Some(id) = command {
                    self.complete(id, status);
                }
            }
            (_, Some(ResponseCode::Capability(set))) => {
                let set = set.clone();
                self.told(set);
            }
            _ => {}
        }
    }

    /// CAPABILITY came untagged.
    fn told(&mut self, set: CapabilitySet) {
        self.pending.told_capabilities();
        self.learn(Some(set));
    }

    fn complete(&mut self, id: CommandId, status: StatusResponse) {
        let Some(command) = self.pending.take(id) else {
            return;
        };
        self.outbox.completed(id);
        let elapsed = self.now.saturating_duration_since(command.sent_at);
        let ok = status.status == Status::Ok;
        if ok {
            self.refresh_capabilities(&command, status.code.as_ref());
        }
        let authentication = match &mut self.flow {
            Flow::Authenticate(a) if ok && a.id == id => a.finish(),
            _ => Ok(()),
        };
        if let Err(error) = authentication {
            self.events
                .push_back(Event::ExchangeFailed { command: id, error });
        }
        self.completed(id, status, elapsed);
        let flow = match &self.flow {
            Flow::Authenticate(a) => Some(a.id),
            Flow::Idle(idle) => Some(idle.id),
            Flow::StartTls(id) | Flow::Compress(id) => Some(*id),
            Flow::Free => None,
        };
        if flow == Some(id) {
            self.flow = Flow::Free;
        }
        if ok && command.kind == Kind::StartTls {
            self.barrier = Barrier::Up;
            self.events.push_back(Event::StartTls { command: id });
        }
        if ok && command.kind == Kind::Compress {
            self.compression_agreed(id);
        }
        self.logged_out |= ok && command.kind == Kind::Logout;
    }

    fn completed(&mut self, command: CommandId, status: StatusResponse, elapsed: Duration) {
        self.events.push_back(Event::Completed {
            command,
            status,
            elapsed,
        });
    }

    /// A login makes the capabilities stale unless the server sent them again (RFC 9051 section 6.2.2).
    fn refresh_capabilities(&mut self, command: &InFlight, code: Option<&ResponseCode>) {
        let login = matches!(command.kind, Kind::LogIn | Kind::Authenticate)
            || command.verb == "UNAUTHENTICATE";
        match code {
            Some(ResponseCode::Capability(set)) => self.learn(Some(set.clone())),
            _ if login && !command.told_capabilities => self.learn(None),
            _ => {}
        }
    }

    fn continuation(&mut self, text: &[u8]) {
        if let Some(sending) = self.outbox.current_mut().filter(|s| s.awaits_go_ahead()) {
            return sending.go_ahead();
        }
        let expected = match &mut self.flow {
            Flow::Idle(idle) => idle.go_ahead(),
            Flow::Authenticate(authentication) if self.outbox.current().is_none() => {
                let id = authentication.id;
                let (turn, odd) = authentication.challenge(text);
                if odd {
                    self.events
                        .push_back(Event::Violation(Violation::BadBase64));
                }
                self.answer_challenge(id, turn)
            }
            _ => false,
        };
        if !expected {
            self.events
                .push_back(Event::Violation(Violation::UnexpectedContinuation));
        }
    }

    fn answer_challenge(&mut self, id: CommandId, turn: Turn) -> bool {
        match turn {
            Turn::Answer(octets) => {
                self.outbox
                    .answer(id, authenticate::encode(&octets), Some(MASK))
            }
            Turn::Cancel(error) => {
                if let Some(error) = error {
                    self.events
                        .push_back(Event::ExchangeFailed { command: id, error });
                }
                self.outbox.answer(id, Zeroizing::new(b"*".to_vec()), None);
            }
            Turn::Ask(data) => self.events.push_back(Event::Challenge { data }),
            Turn::Unexpected => return false,
        }
        true
    }
}
