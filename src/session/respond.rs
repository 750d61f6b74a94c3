//! What the user answers by hand: literals, challenges, `*`, DONE.

use zeroize::Zeroizing;

use super::authenticate::encode;
use super::{Awaiting, CommandId, Flow, Reply, Session};
use crate::wire::command::MASK;

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
    #[error(
        "{given} octets are more than the {remaining} that the literal still wants; nothing was sent"
    )]
    TooLong {
        /// Octets given.
        given: u64,
        /// Octets the announced literal still wants.
        remaining: u64,
    },
    /// A literal was announced, and its command would be carried out whatever followed.
    #[error(
        "a literal that was announced cannot be taken back (RFC 9051 section 4.3): give what it wants, or close \
         the connection; nothing was sent"
    )]
    Irrevocable,
    /// There is no connection any more.
    #[error("the connection is over; nothing was sent")]
    Closed,
}

impl Session {
    pub(super) fn take_reply(&mut self, reply: Reply) -> Result<(), RespondError> {
        match reply {
            Reply::Literal(bytes) => self.give_literal(bytes),
            Reply::Line(bytes) => {
                let chunk = self.outbox.current_mut().and_then(|s| s.give_line(bytes));
                let given = chunk.is_some();
                self.outbox.push_chunk(chunk);
                asked(given, "the rest of a line")
            }
            Reply::Challenge(octets) => {
                let Flow::Authenticate(authentication) = &mut self.flow else {
                    return asked(false, "an answer to a challenge");
                };
                let given = authentication.answered();
                if given {
                    self.outbox
                        .answer(authentication.id, encode(&octets), Some(MASK));
                }
                asked(given, "an answer to a challenge")
            }
            Reply::Cancel => self.cancel(),
            Reply::Octets(octets) => {
                self.last_id += 1;
                self.outbox.octets(CommandId(self.last_id), octets);
                Ok(())
            }
            Reply::Done => {
                let Flow::Idle(idle) = &mut self.flow else {
                    return asked(false, "DONE");
                };
                let awaited = idle.awaits_done();
                idle.want_done();
                asked(awaited, "DONE")
            }
        }
    }

    fn give_literal(&mut self, bytes: Vec<u8>) -> Result<(), RespondError> {
        let sending = self.outbox.current_mut();
        let Some(Awaiting::Literal { remaining }) = sending.as_ref().and_then(|s| s.awaiting())
        else {
            return asked(false, "octets of a literal");
        };
        let given = bytes.len() as u64;
        if given > remaining {
            return Err(RespondError::TooLong { given, remaining });
        }
        let chunk = sending.and_then(|s| s.give(bytes));
        self.outbox.push_chunk(chunk);
        Ok(())
    }

    fn cancel(&mut self) -> Result<(), RespondError> {
        match self.outbox.current_mut().and_then(|s| s.cancel()) {
            Some(true) => return Ok(()),
            Some(false) => return Err(RespondError::Irrevocable),
            None => {}
        }
        let Flow::Authenticate(authentication) = &mut self.flow else {
            return asked(false, "a cancellation");
        };
        if authentication.cancel() {
            self.outbox
                .answer(authentication.id, Zeroizing::new(b"*".to_vec()), None);
        }
        Ok(())
    }
}

fn asked(yes: bool, what: &'static str) -> Result<(), RespondError> {
    if yes {
        Ok(())
    } else {
        Err(RespondError::NotAwaited { what })
    }
}
