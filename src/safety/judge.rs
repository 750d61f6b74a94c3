//! One command, one verdict.

use super::spoken::Spoken;
use super::{BIG, Danger, MANY, SafeMode, danger};
use crate::catalog::Effect;
use crate::wire::sequence::{SequenceNumber, SequenceSet};
use crate::wire::{CapabilitySet, Command, CommandPart};

/// LITERAL- lets go up to this many octets without waiting (RFC 7888 section 5).
const LITERAL_MINUS: u64 = 4096;

/// What is known of the session when the command goes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// What the server offers; `None`: not known yet.
    pub capabilities: Option<&'a CapabilitySet>,
    /// Whether the open mailbox is open for reading only; `None`: none is, or that is not known.
    pub read_only: Option<bool>,
    /// Its messages.
    pub exists: Option<u64>,
    /// Nothing can be asked of the server before it goes: there is no connection yet, or a command that
    /// goes before it opens another mailbox.
    pub blind: bool,
    /// A command that goes before it writes: what is counted now may be more by then.
    pub changing: bool,
}

/// What becomes of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It goes.
    Pass,
    /// This goes in its place; a sentence says so.
    Changed(Command, String),
    /// It is asked about.
    Ask(Doubt),
    /// It does not go: a sentence.
    Block(String),
}

/// Why a command is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// `UID EXPUNGE`; as sent where it is not known.
    pub verb: String,
    /// What it would hit.
    pub hit: Hit,
    /// It is asked about whatever counting brings.
    pub always: bool,
    /// The server can be asked what it hits.
    pub countable: bool,
    /// Commands that go before it may change what it hits.
    pub changing: bool,
}

/// What a command would hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hit {
    /// Messages with \Deleted: all, or those of this set of UIDs.
    Deleted {
        /// The set, as sent.
        of: Option<String>,
    },
    /// Messages.
    Messages {
        /// The set, as sent.
        set: String,
        /// It is one of UIDs.
        uid: bool,
        /// How many, where that is known without asking.
        count: Option<u64>,
        /// Where they go, as sent; `None`: they stay.
        to: Option<Vec<u8>>,
    },
    /// One message, in whose place another one comes.
    Replaced {
        /// Its number, as sent.
        set: String,
        /// Octets of the new one.
        octets: u64,
    },
    /// A mailbox.
    Mailbox {
        /// Its name, as sent; `None`: not typed yet.
        name: Option<Vec<u8>>,
        /// What it would be called, or the server it would go to.
        to: Option<Vec<u8>>,
    },
    /// Somebody's rights.
    Acl {
        /// The mailbox, as sent.
        mailbox: Option<Vec<u8>>,
        /// Who.
        identifier: String,
        /// Those asked for (RFC 4314 section 3.1); `None`: all are taken away.
        rights: Option<String>,
    },
    /// Limits.
    Quota {
        /// The quota root, as sent.
        root: Option<Vec<u8>>,
        /// The new ones: resource and limit.
        limits: Vec<String>,
    },
    /// URLAUTH links.
    Links {
        /// The mailbox; `None`: all of the user's.
        mailbox: Option<Vec<u8>>,
    },
    /// A big message.
    Big {
        /// Where it comes, as sent.
        mailbox: Option<Vec<u8>>,
        /// Its octets.
        octets: u64,
    },
    /// That cannot be told: the end of a sentence.
    Unknown(String),
}

/// A command whose literal is given by hand: what comes is judged as a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    verb: String,
    /// It writes or destroys, or is not known.
    writes: bool,
    /// It stores a message.
    stores: bool,
    mailbox: Option<Vec<u8>>,
}

impl Open {
    /// `command`, if its last literal is to be given by hand.
    pub fn of(command: &Command) -> Option<Open> {
        let Some(CommandPart::OpenLiteral { .. }) = command.parts.last() else {
            return None;
        };
        let spoken = Spoken::read(command, |_| None);
        let harmless = |effect| matches!(effect, Effect::Reads | Effect::Session);
        Some(Open {
            writes: !spoken.row.is_some_and(|row| harmless(row.effect)),
            stores: spoken.row.is_some_and(|row| danger(row) == Danger::Big),
            mailbox: spoken.value(0).map(<[u8]>::to_vec),
            verb: spoken.verb,
        })
    }

    /// Whether `line`, the rest of a line of it, may go.
    pub fn judge(&self, line: &[u8], mode: SafeMode, known: &Known<'_>) -> Verdict {
        if mode == SafeMode::ReadOnly && self.writes {
            return Verdict::Block(format!(
                "Not sent: safe mode is readonly now, and this would finish {}. Ctrl+C gives it up.",
                self.verb
            ));
        }
        let unclear = |why: &str| {
            Verdict::Ask(Doubt {
                verb: self.verb.clone(),
                hit: Hit::Unknown(why.to_owned()),
                always: true,
                countable: false,
                changing: false,
            })
        };
        match announced(line) {
            _ if mode == SafeMode::Off => Verdict::Pass,
            Some((size, true)) if literal_plus(known.capabilities, size) == Some(false) => {
                let why = "it sends a literal without waiting ({n+}), which this server does not offer: it may \
                           take the octets for commands";
                match mode {
                    SafeMode::ReadOnly => Verdict::Block(format!("Not sent: {why}.")),
                    _ => unclear(why),
                }
            }
            Some((size, _)) if self.stores && size > BIG && mode == SafeMode::Confirm => {
                Verdict::Ask(Doubt {
                    verb: self.verb.clone(),
                    hit: Hit::Big {
                        mailbox: self.mailbox.clone(),
                        octets: size,
                    },
                    always: true,
                    countable: false,
                    changing: false,
                })
            }
            _ => Verdict::Pass,
        }
    }
}

/// The size of the literal that a line ends with, and whether it goes without waiting.
fn announced(line: &[u8]) -> Option<(u64, bool)> {
    let inside = line.trim_ascii_end().strip_suffix(b"}")?;
    let at = inside.iter().rposition(|b| *b == b'{')?;
    let inside = inside.get(at + 1..)?;
    let (digits, unasked) = match inside.strip_suffix(b"+") {
        Some(digits) => (digits, true),
        None => (inside, false),
    };
    let size = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((size, unasked))
}

/// Whether a literal of `size` octets may go without waiting.
fn literal_plus(capabilities: Option<&CapabilitySet>, size: u64) -> Option<bool> {
    let set = capabilities?;
    let minus = set.has("LITERAL-") || set.has("IMAP4rev2");
    Some(set.has("LITERAL+") || (size <= LITERAL_MINUS && minus))
}

impl Known<'_> {
    /// What is known once `command` has gone before: behind one that opens or leaves a mailbox nothing can be
    /// asked before it has run; behind one that writes there may be more than there is now.
    pub fn behind(&mut self, command: &Command) {
        let spoken = Spoken::read(command, |_| None);
        let elsewhere = matches!(
            spoken.verb.as_str(),
            "SELECT"
                | "EXAMINE"
                | "CLOSE"
                | "UNSELECT"
                | "LOGIN"
                | "AUTHENTICATE"
                | "UNAUTHENTICATE"
                | "PROXYAUTH"
        );
        let harmless = |effect| matches!(effect, Effect::Reads | Effect::Session);
        let writes = !spoken.row.is_some_and(|row| harmless(row.effect));
        self.blind |= elsewhere;
        self.changing |= writes && !spoken.verb.is_empty();
    }
}

/// Judges one command that is about to leave.
pub fn judge(command: &Command, mode: SafeMode, known: &Known<'_>) -> Verdict {
    if mode == SafeMode::Off {
        return Verdict::Pass;
    }
    let spoken = Spoken::read(command, |size| literal_plus(known.capabilities, size));
    match mode {
        SafeMode::ReadOnly => read_only(command, &spoken, known),
        _ => confirm(&spoken, known),
    }
}

fn blocked(verb: &str, why: &str) -> Verdict {
    Verdict::Block(format!("{verb} is not sent: {why}. Safe mode is readonly."))
}

fn read_only(command: &Command, spoken: &Spoken, known: &Known<'_>) -> Verdict {
    if let Some(why) = spoken.unclear {
        let verb = if spoken.verb.is_empty() {
            "This"
        } else {
            &spoken.verb
        };
        return blocked(verb, why);
    }
    if spoken.verb.is_empty() {
        return Verdict::Pass;
    }
    let Some(row) = spoken.row else {
        return blocked(
            &spoken.verb,
            "the catalog does not know it, so it may write",
        );
    };
    if spoken.verb == "SELECT" {
        return examine(command, spoken);
    }
    match row.effect {
        // With a mailbox open by EXAMINE it removes nothing (RFC 9051 section 6.4.1).
        Effect::Destroys if danger(row) == Danger::Closing && known.read_only != Some(false) => {
            Verdict::Pass
        }
        Effect::Destroys => blocked(&spoken.verb, "it destroys"),
        Effect::Writes => blocked(&spoken.verb, "it writes"),
        Effect::Reads | Effect::Session if spoken.lines_unasked => blocked(
            &spoken.verb,
            "a literal with line ends in it goes out unasked, and may be taken for commands",
        ),
        Effect::Reads if spoken.sets_seen() && known.read_only == Some(false) => blocked(
            &spoken.verb,
            "it sets \\Seen, and the mailbox is still open for writing: EXAMINE it, or take BODY.PEEK",
        ),
        Effect::Reads | Effect::Session => Verdict::Pass,
    }
}

/// The same with EXAMINE for SELECT, parameters and all.
fn examine(command: &Command, spoken: &Spoken) -> Verdict {
    let mut changed = command.clone();
    match changed.parts.first_mut() {
        Some(CommandPart::Text { bytes, secret }) if bytes.get(spoken.at.clone()).is_some() => {
            // A SELECT has no secret; if one was found all the same, its place moves along.
            for range in secret.iter_mut().filter(|r| r.start >= spoken.at.end) {
                *range = range.start + 1..range.end + 1;
            }
            bytes.splice(spoken.at.clone(), *b"EXAMINE");
        }
        _ => return blocked(&spoken.verb, "it cannot be read"),
    }
    Verdict::Changed(
        changed,
        "SELECT goes out as EXAMINE: safe mode is readonly.".to_owned(),
    )
}

fn confirm(spoken: &Spoken, known: &Known<'_>) -> Verdict {
    let ask = |hit, always| {
        Verdict::Ask(Doubt {
            verb: spoken.verb.clone(),
            hit,
            always: always || known.blind || known.changing,
            countable: !known.blind,
            changing: known.changing && !known.blind,
        })
    };
    if let Some(why) = spoken.unclear {
        return ask(Hit::Unknown(why.to_owned()), true);
    }
    if spoken.verb.is_empty() {
        return Verdict::Pass;
    }
    let Some(row) = spoken.row else {
        let why = "the catalog does not know it, so what it would do cannot be told";
        return ask(Hit::Unknown(why.to_owned()), true);
    };
    let value = |index| spoken.value(index).map(<[u8]>::to_vec);
    let text = |index| {
        let value = spoken.value(index).unwrap_or_default();
        String::from_utf8_lossy(value).into_owned()
    };
    match danger(row) {
        Danger::None => Verdict::Pass,
        Danger::Deleted => ask(Hit::Deleted { of: None }, true),
        Danger::Closing if known.read_only == Some(true) && !known.blind => Verdict::Pass,
        Danger::Closing => ask(Hit::Deleted { of: None }, false),
        Danger::DeletedOf => ask(Hit::Deleted { of: Some(text(0)) }, true),
        Danger::Many => {
            let set = text(0);
            let uid = spoken.verb.starts_with("UID ");
            let exists = known
                .exists
                .filter(|_| !uid && !known.blind && !known.changing);
            let count = exists.and_then(|exists| size(&set, exists));
            if count.or_else(|| bound(&set)).is_some_and(|n| n <= MANY) {
                return Verdict::Pass;
            }
            let to = (row.effect == Effect::Destroys).then(|| value(1)).flatten();
            let hit = Hit::Messages {
                set,
                uid,
                count,
                to,
            };
            ask(hit, count.is_some())
        }
        Danger::Replaced => ask(
            Hit::Replaced {
                set: text(0),
                octets: spoken.literals.iter().sum(),
            },
            true,
        ),
        Danger::Mailbox => ask(
            Hit::Mailbox {
                name: value(0),
                to: value(1),
            },
            true,
        ),
        Danger::Acl => ask(
            Hit::Acl {
                mailbox: value(0),
                identifier: text(1),
                rights: (spoken.verb == "SETACL").then(|| text(2)),
            },
            true,
        ),
        Danger::Quota => ask(
            Hit::Quota {
                root: value(0),
                limits: (1..spoken.words.len())
                    .filter_map(|index| spoken.text(index).map(str::to_owned))
                    .collect(),
            },
            true,
        ),
        Danger::Links => ask(Hit::Links { mailbox: value(0) }, true),
        Danger::Big => {
            let octets = spoken
                .literals
                .iter()
                .fold(0u64, |a, b| a.saturating_add(*b));
            match octets > BIG {
                true => ask(
                    Hit::Big {
                        mailbox: value(0),
                        octets,
                    },
                    true,
                ),
                false => Verdict::Pass,
            }
        }
        Danger::Unjudged => {
            let why = "safe mode has no judgement of it yet";
            ask(Hit::Unknown(why.to_owned()), true)
        }
    }
}

/// Most messages that a set can name, whatever is in the mailbox; `None`: any number.
fn bound(set: &str) -> Option<u64> {
    let set = SequenceSet::parse(set.as_bytes())?;
    set.ranges().iter().try_fold(0u64, |sum, range| {
        let size = match (range.from, range.to) {
            (SequenceNumber::Number(a), SequenceNumber::Number(b)) => {
                a.abs_diff(b).saturating_add(1)
            }
            (SequenceNumber::Largest, SequenceNumber::Largest) => 1,
            _ => return None,
        };
        Some(sum.saturating_add(size))
    })
}

/// Messages that a set of sequence numbers names in a mailbox of `exists`; each once.
fn size(set: &str, exists: u64) -> Option<u64> {
    let set = SequenceSet::parse(set.as_bytes())?;
    let value = |number| match number {
        SequenceNumber::Number(number) => number,
        SequenceNumber::Largest => exists,
    };
    let mut ranges: Vec<(u64, u64)> = set
        .ranges()
        .iter()
        .map(|range| (value(range.from), value(range.to)))
        .map(|(a, b)| (a.min(b).max(1), a.max(b).min(exists)))
        .filter(|(low, high)| low <= high)
        .collect();
    ranges.sort_unstable();
    let (mut count, mut next) = (0u64, 1u64);
    for (low, high) in ranges {
        let low = low.max(next);
        if low <= high {
            count = count.saturating_add(high - low + 1);
            next = high.saturating_add(1);
        }
    }
    Some(count)
}
