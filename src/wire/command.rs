//! A command on its way to the server: text and literals, and which of their octets are secret.

use std::fmt;
use std::ops::Range;

use zeroize::Zeroize;

use super::Tag;

pub use super::secret::{mark_secrets, secret_ranges, secrets_follow};

/// Who wanted the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Typed, or taken from a list the user gave.
    User,
    /// Sent by the program by itself (login, NAMESPACE, LIST of the sidebar); tagged `P0001`.
    Program,
    /// Sent for a pane that browses (sidebar, message list, message), because a key asked for it or
    /// because what it shows wants it; tagged `B0001`. It only ever reads.
    Panel,
}

impl Origin {
    /// Typed, or given as text: neither the program nor one of its panes made it.
    pub fn is_user(self) -> bool {
        self == Origin::User
    }

    /// The letter of the tags that are made for it.
    pub fn letter(self) -> char {
        match self {
            Origin::User => 'A',
            Origin::Program => 'P',
            Origin::Panel => 'B',
        }
    }

    /// Whose command a tag belongs to that stands in a log of ours.
    pub fn of_tag(tag: &[u8]) -> Origin {
        let made = |letter: u8| {
            // Four digits, or more where they are needed: MailKit's `B00000001` is none of ours.
            tag.split_first().is_some_and(|(first, digits)| {
                *first == letter
                    && digits.iter().all(u8::is_ascii_digit)
                    && (digits.len() == 4 || digits.len() > 4 && digits.first() != Some(&b'0'))
            })
        };
        match tag.first() {
            Some(b'P') if made(b'P') => Origin::Program,
            Some(b'B') if made(b'B') => Origin::Panel,
            _ => Origin::User,
        }
    }
}

/// Which tag goes before the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagChoice {
    /// One that the session makes (`A0001`; `P0001` for [`Origin::Program`], `B0001` for [`Origin::Panel`]).
    Generated,
    /// The user's own. The parts do not hold it.
    Own(Tag),
    /// None: the line goes as it was typed. If its first word is a tag the session takes it as such.
    AsTyped,
}

/// How a literal is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiteralChoice {
    /// `{n+}` where LITERAL+ (or LITERAL-, up to 4096 octets) is advertised, else `{n}`.
    Auto,
    /// `{n}`, as the user typed it.
    Synchronizing,
    /// `{n+}`, as the user typed it.
    NonSynchronizing,
}

/// One part of a command.
#[derive(Clone, PartialEq, Eq)]
pub enum CommandPart {
    /// Text of one line: no line end, no literal announcement (the session writes both).
    Text {
        /// The octets.
        bytes: Vec<u8>,
        /// Ranges of `bytes` that are shown as `********`.
        secret: Vec<Range<usize>>,
    },
    /// A literal's octets.
    Literal {
        /// The octets.
        bytes: Vec<u8>,
        /// How to announce it.
        choice: LiteralChoice,
        /// `~{n}` (RFC 3516).
        binary: bool,
        /// Whether the octets are shown as `********`.
        secret: bool,
    },
    /// An announcement whose octets the user gives later, when the server asks for them
    /// (typed by hand, sent with Ctrl+J). Always the last part.
    OpenLiteral {
        /// Octets announced.
        size: u64,
        /// How to announce it ([`LiteralChoice::Auto`] is taken as synchronizing).
        choice: LiteralChoice,
        /// `~{n}`.
        binary: bool,
        /// Whether the octets are secret.
        secret: bool,
    },
}

/// A command to send. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// Who wanted it.
    pub origin: Origin,
    /// Its tag.
    pub tag: TagChoice,
    /// Its text and literals, in order; begins with text.
    pub parts: Vec<CommandPart>,
}

impl Command {
    /// A command of one line without secrets, tag made by the session.
    pub fn line(origin: Origin, text: &str) -> Command {
        Command {
            origin,
            tag: TagChoice::Generated,
            parts: vec![CommandPart::Text {
                bytes: text.as_bytes().to_vec(),
                secret: Vec::new(),
            }],
        }
    }

    /// The first word after the tag, upper case; with `UID`, both words (`UID FETCH`). At most 64
    /// octets of each, and never anything of an argument.
    pub fn verb(&self) -> String {
        const LONGEST: usize = 64;
        let Some(CommandPart::Text { bytes, .. }) = self.parts.first() else {
            return String::new();
        };
        let mut rest = bytes.as_slice();
        if self.tag == TagChoice::AsTyped {
            rest = rest.trim_ascii_start();
            let end = rest
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap_or(rest.len());
            rest = rest.get(end..).unwrap_or_default();
        }
        let mut word = || {
            rest = rest.trim_ascii_start();
            let ends = |b: &u8| b.is_ascii_whitespace() || b"\"({".contains(b);
            let (word, behind) = rest.split_at(rest.iter().position(ends).unwrap_or(rest.len()));
            rest = behind;
            String::from_utf8_lossy(word.get(..LONGEST).unwrap_or(word)).to_ascii_uppercase()
        };
        match word() {
            uid if uid == "UID" => format!("UID {}", word()).trim_end().to_owned(),
            verb => verb,
        }
    }
}

impl Drop for CommandPart {
    fn drop(&mut self) {
        match self {
            CommandPart::Text { bytes, secret } if !secret.is_empty() => bytes.zeroize(),
            CommandPart::Literal {
                bytes,
                secret: true,
                ..
            } => bytes.zeroize(),
            _ => {}
        }
    }
}

impl fmt::Debug for CommandPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandPart::Text { bytes, secret } => {
                write!(
                    f,
                    "Text({:?})",
                    String::from_utf8_lossy(&masked(bytes, secret))
                )
            }
            CommandPart::Literal {
                bytes,
                choice,
                binary,
                secret,
            } => {
                write!(
                    f,
                    "Literal({} octets, {choice:?}, binary: {binary}, secret: {secret})",
                    bytes.len()
                )
            }
            CommandPart::OpenLiteral { size, .. } => write!(f, "OpenLiteral({size} octets)"),
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("origin", &self.origin)
            .field("tag", &self.tag)
            .field("parts", &self.parts)
            .finish()
    }
}

/// What stands for a secret, whatever its length.
pub const MASK: &[u8] = b"********";

/// `bytes` with every range of `secret` (in order, not overlapping) replaced by [`MASK`].
pub fn masked(bytes: &[u8], secret: &[Range<usize>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for range in secret {
        let (start, end) = (range.start.min(bytes.len()), range.end.min(bytes.len()));
        out.extend_from_slice(bytes.get(at..start).unwrap_or_default());
        out.extend_from_slice(MASK);
        at = end.max(at);
    }
    out.extend_from_slice(bytes.get(at..).unwrap_or_default());
    out
}
