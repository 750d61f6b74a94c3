//! How a command begins: whether it may, under which tag, and what it does to the flow.

use std::collections::VecDeque;

use super::authenticate::{Authentication, Driver, encode};
use super::idle::Idle;
use super::outbox::{Kind, Queued};
use super::pending::InFlight;
use super::sending::Sending;
use super::starttls::Barrier;
use super::{Answer, Event, Flow, Greeting, Session};
use crate::wire::{Command, CommandPart, Origin, Tag, TagChoice};

impl Session {
    /// Begins the next command. Whether there was one that may.
    pub(super) fn start_next(&mut self) -> bool {
        if !self.may_start() {
            return false;
        }
        let Some(mut command) = self.outbox.pop() else {
            return false;
        };
        if !self.prepare_exchange(&mut command) {
            return true;
        }
        let Queued {
            id,
            origin,
            kind,
            verb,
            tag,
            parts,
            secretive,
            driver,
            done_wanted,
        } = command;
        let as_typed = tag == TagChoice::AsTyped;
        let tag = match tag {
            TagChoice::Generated => Some(self.make_tag(origin)),
            TagChoice::Own(tag) => Some(tag),
            TagChoice::AsTyped => parts.front().and_then(first_word).and_then(Tag::new),
        };
        let prefix = match &tag {
            Some(tag) if !as_typed => [tag.as_bytes(), b" "].concat(),
            _ => Vec::new(),
        };
        let appends = verb == "APPEND";
        let unclear = as_typed && (tag.is_none() || verb.is_empty());
        self.events.push_back(Event::Started {
            command: id,
            tag: tag.clone(),
            origin,
            verb: verb.clone(),
        });
        self.pending.push(InFlight {
            id,
            tag,
            verb,
            kind,
            sent_at: self.now,
            unclear,
            told_capabilities: false,
        });
        self.flow = match (kind, driver) {
            (Kind::Idle, _) => Flow::Idle(Idle::new(id, done_wanted)),
            (Kind::StartTls, _) => Flow::StartTls(id),
            (Kind::Compress, _) => Flow::Compress(id),
            (Kind::Authenticate, Some(driver)) => {
                Flow::Authenticate(Authentication::new(id, driver))
            }
            _ => Flow::Free,
        };
        self.outbox
            .begin(Sending::new(id, prefix, parts, secretive, appends));
        true
    }

    fn may_start(&self) -> bool {
        let free = self.greeting == Greeting::Welcome
            && self.barrier == Barrier::Open
            && !self.switch.is_open()
            && matches!(self.flow, Flow::Free)
            && self.outbox.current().is_none();
        let Some(next) = self.outbox.front().filter(|_| free) else {
            return false;
        };
        // An answer that is still on its way in plain text must not be taken for one that came behind the OK.
        // And one must not come compressed where it was asked for in plain text.
        !(matches!(next.kind, Kind::StartTls | Kind::Compress) && self.pending.expects_completion())
    }

    /// Writes the AUTHENTICATE line of a mechanism, with its initial response where SASL-IR (RFC 4959)
    /// lets it. `false`: the mechanism gave up before a byte was sent.
    fn prepare_exchange(&mut self, command: &mut Queued) -> bool {
        let Some(Driver::Mechanism { exchange, begun }) = &mut command.driver else {
            return true;
        };
        let mut line = format!("AUTHENTICATE {}", exchange.mechanism()).into_bytes();
        let mut secret = Vec::new();
        let initial = exchange.client_first()
            && exchange.initial_response()
            && self.capabilities.as_ref().is_some_and(|c| c.has("SASL-IR"));
        // A server-first mechanism has nothing to say to the first challenge but its answer.
        *begun = initial || !exchange.client_first();
        if initial {
            match exchange.step(None) {
                Answer::Send(octets) => {
                    line.push(b' ');
                    let at = line.len();
                    let response = encode(&octets);
                    line.reserve_exact(response.len() + 1);
                    if response.is_empty() {
                        // Nothing at all would mean that there is no initial response.
                        line.push(b'=');
                    } else {
                        line.extend_from_slice(&response);
                        secret.push(at..line.len());
                    }
                }
                Answer::Cancel(error) => {
                    self.events.push_back(Event::ExchangeFailed {
                        command: command.id,
                        error,
                    });
                    self.events.push_back(Event::Abandoned {
                        command: command.id,
                    });
                    return false;
                }
            }
        }
        command.parts = VecDeque::from([CommandPart::Text {
            bytes: line,
            secret,
        }]);
        true
    }

    /// The next tag that no command in flight has: the user may have typed one of ours.
    fn make_tag(&mut self, origin: Origin) -> Tag {
        let tags = match origin {
            Origin::User => &mut self.user_tags,
            Origin::Program => &mut self.program_tags,
            Origin::Panel => &mut self.panel_tags,
        };
        loop {
            let tag = tags.take();
            if !self.pending.holds(&tag) {
                return tag;
            }
        }
    }
}

/// The tag that a line typed as it is begins with.
pub(super) fn typed_tag(command: &Command) -> Option<Tag> {
    command
        .parts
        .first()
        .and_then(first_word)
        .and_then(Tag::new)
}

fn first_word(part: &CommandPart) -> Option<&[u8]> {
    let CommandPart::Text { bytes, .. } = part else {
        return None;
    };
    bytes.split(|b| *b == b' ').next()
}
