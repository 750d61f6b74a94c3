//! `compare TARGET TARGET [MAILBOX:UID]`.

use super::{Invocation, Stop, Verb, usage};
use crate::config::{Target, Wishes};
use crate::runner::compare::Message;

/// `compare`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compare {
    /// The second; the first is the target.
    pub other: Target,
    /// One message, byte for byte.
    pub message: Option<Message>,
    /// As JSON.
    pub json: bool,
}

impl Invocation {
    /// The same for another target.
    pub fn beside(&self, other: &Target) -> Invocation {
        Invocation {
            target: Some(other.clone()),
            ..self.clone()
        }
    }
}

/// Reads what stands around the verb.
pub(super) fn read(
    wishes: Wishes,
    first: Option<Target>,
    words: impl Iterator<Item = String>,
) -> Result<Invocation, Stop> {
    let mut words = words;
    let mut target = || match words.next() {
        Some(word) => Target::parse(&word).map_err(Stop::from),
        None => usage(
            "compare wants two targets: imapsh compare @prod+alice @prod+bob, and a message if that is \
             to be compared, too: INBOX:17",
        ),
    };
    let first = match first {
        Some(first) => first,
        None => target()?,
    };
    let other = target()?;
    let message = match words.next() {
        Some(word) => match Message::parse(&word) {
            Some(message) => Some(message),
            None => {
                return usage(format!(
                    "{word:?} names no message: compare takes two targets and MAILBOX:UID"
                ));
            }
        },
        None => None,
    };
    if let Some(word) = words.next() {
        return usage(format!(
            "{word:?} stands behind compare, which takes two targets and MAILBOX:UID"
        ));
    }
    if wishes.command_line.has("record") {
        return usage("--record belongs to the full screen, exec and -f");
    }
    let json = wishes.layers().is("json");
    Ok(Invocation {
        target: Some(first),
        wishes,
        verb: Verb::Compare(Compare {
            other,
            message,
            json,
        }),
        pidfile: None,
    })
}
