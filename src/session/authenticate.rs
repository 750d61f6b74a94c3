//! AUTHENTICATE (RFC 9051 section 6.2.2), driven by a mechanism or by the user's own hand.

use zeroize::Zeroizing;

use super::{Answer, Awaiting, CommandId, Exchange, ExchangeError};
use crate::wire::base64;

/// The AUTHENTICATE in flight.
pub(super) struct Authentication {
    pub id: CommandId,
    driver: Driver,
    /// The user gave up: the next `+` is answered with `*`.
    cancelled: bool,
}

/// Who answers the challenges.
pub(super) enum Driver {
    /// A mechanism. `begun`: it has given its initial response, or has none.
    Mechanism {
        exchange: Box<dyn Exchange>,
        begun: bool,
    },
    /// The user. `asked`: a challenge waits for the answer.
    ByHand { asked: bool },
}

/// What a `+` leads to. No `Debug`: the answer may be a secret.
pub(super) enum Turn {
    /// Send these octets, base64 put on.
    Answer(Zeroizing<Vec<u8>>),
    /// Send `*`; the error if it was ours.
    Cancel(Option<ExchangeError>),
    /// Ask the user.
    Ask(Vec<u8>),
    /// Nobody waits for it: the user has not answered the last one yet.
    Unexpected,
}

impl Authentication {
    /// An AUTHENTICATE whose line goes out now.
    pub fn new(id: CommandId, driver: Driver) -> Authentication {
        Authentication {
            id,
            driver,
            cancelled: false,
        }
    }

    /// A server challenge, as it stands behind `+ `. The flag says that it is no base64.
    pub fn challenge(&mut self, text: &[u8]) -> (Turn, bool) {
        let decoded = base64::decode(text.trim_ascii());
        let odd = decoded.is_none();
        if self.cancelled {
            return (Turn::Cancel(None), false);
        }
        let turn = match &mut self.driver {
            Driver::ByHand { asked } => match std::mem::replace(asked, true) {
                true => return (Turn::Unexpected, false),
                false => Turn::Ask(decoded.map_or_else(|| text.to_vec(), |d| d.to_vec())),
            },
            Driver::Mechanism { exchange, begun } => {
                // The first, empty challenge asks for the initial response. Old servers write words there.
                let first = !std::mem::replace(begun, true);
                match (first, decoded) {
                    (true, _) => exchange.step(None).into(),
                    (false, Some(data)) => exchange.step(Some(&data)).into(),
                    (false, None) => Turn::Cancel(Some(ExchangeError(
                        "the server sent a challenge that is not base64, so the login was cancelled".to_owned(),
                    ))),
                }
            }
        };
        if let (Turn::Cancel(_), Driver::Mechanism { .. }) = (&turn, &self.driver) {
            // A server that goes on asking gets `*` again, and the mechanism is not stepped any more.
            self.cancelled = true;
        }
        (turn, odd)
    }

    /// The user's answer is on its way. Whether anybody had asked for it.
    pub fn answered(&mut self) -> bool {
        match &mut self.driver {
            Driver::ByHand { asked } => std::mem::replace(asked, false),
            Driver::Mechanism { .. } => false,
        }
    }

    /// The user gives up. Whether `*` can go out now; else it answers the next `+`.
    pub fn cancel(&mut self) -> bool {
        self.cancelled = true;
        self.answered()
    }

    /// The server said OK.
    pub fn finish(&mut self) -> Result<(), ExchangeError> {
        match &mut self.driver {
            Driver::Mechanism { exchange, .. } if !self.cancelled => exchange.finish(),
            _ => Ok(()),
        }
    }

    /// Whether the next `+` is ours: not while the user still ponders the last one.
    pub fn awaits_challenge(&self) -> bool {
        !matches!(self.driver, Driver::ByHand { asked: true })
    }

    pub fn awaiting(&self) -> Awaiting {
        match self.driver {
            Driver::ByHand { asked: true } => Awaiting::Challenge,
            _ => Awaiting::GoAhead,
        }
    }
}

impl From<Answer> for Turn {
    fn from(answer: Answer) -> Turn {
        match answer {
            Answer::Send(octets) => Turn::Answer(octets),
            Answer::Cancel(error) => Turn::Cancel(Some(error)),
        }
    }
}

/// Base64 for the wire; zeroized like what it was made from, with room for a line end (growing would
/// leave a copy behind).
pub(super) fn encode(octets: &[u8]) -> Zeroizing<Vec<u8>> {
    let text = base64::encode(octets);
    let mut out = Zeroizing::new(Vec::with_capacity(text.len() + 2));
    out.extend_from_slice(text.as_bytes());
    out
}
