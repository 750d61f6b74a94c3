//! What a visitor sends, cut into what the session is asked for.

use std::collections::VecDeque;

use crate::session::Reply;
use crate::wire::{
    Command, CommandPart, Direction, Ending, Framer, LiteralChoice, LiteralHeader, LiteralMode,
    Origin, Piece, TagChoice, base64,
};

/// Octets that wait to be understood; more are not read.
const BACKLOG: usize = 256 * 1024;
/// Longest line of a visitor's.
const LONGEST_LINE: usize = 8 * 1024 * 1024;

/// One thing to do.
#[derive(Debug)]
pub(super) enum Wish {
    /// A command, or its beginning up to a literal.
    Send(Command),
    /// DONE: the end of IDLE.
    Done(Command),
    /// Octets of a literal, or an answer to a challenge.
    Respond(Reply),
    /// The line behind a literal, and the literal that it announces in turn.
    Rest(Vec<u8>, Option<LiteralHeader>),
    /// LOGOUT, under this tag.
    LogOut(Vec<u8>),
    /// A command that would change the session for whoever comes next: its tag, and why it is refused.
    Refuse(Vec<u8>, &'static str),
    /// No line of IMAP's.
    Nonsense,
}

/// Commands that go no further than here.
const NOT_HERE: &[(&[u8], &str)] = &[
    (
        b"COMPRESS",
        "this socket is not compressed; imapsh -q compresses the line to the server",
    ),
    (b"STARTTLS", "this socket never leaves the machine"),
    (
        b"UNAUTHENTICATE",
        "the session is other programs' too, and stays logged in",
    ),
];

/// What the session waits for from the visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The next command.
    Command,
    /// Octets of a literal.
    Octets,
    /// The line behind a literal.
    Rest,
    /// The answer to a challenge.
    Challenge,
    /// Nothing yet.
    Nothing,
}

/// The visitor's side.
pub(super) struct Inbound {
    framer: Framer,
    bytes: VecDeque<u8>,
    /// Pieces that are whole and wait for their turn.
    next: Option<Piece>,
    /// The beginning of a line that is longer than a piece.
    line: Vec<u8>,
    /// The rest of this command is thrown away.
    skipping: bool,
}

impl Inbound {
    pub fn new() -> Inbound {
        Inbound {
            framer: Framer::new(Direction::Client),
            bytes: VecDeque::new(),
            next: None,
            line: Vec::new(),
            skipping: false,
        }
    }

    pub fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// Whether more may be read.
    pub fn has_room(&self) -> bool {
        self.bytes.len() < BACKLOG
    }

    /// The literal that was announced was refused. What came of its octets before the visitor could know
    /// is thrown away: it must never run as commands.
    pub fn refused(&mut self) {
        self.bytes.clear();
        self.next = None;
        self.line.clear();
        self.framer = Framer::new(Direction::Client);
    }

    /// The command was answered before its literal was whole: what is missing of it is thrown away.
    pub fn skip(&mut self) {
        self.skipping = true;
        self.line.clear();
    }

    /// What comes next, if it is what is `wanted`.
    pub fn next(&mut self, wanted: Wanted) -> Option<Wish> {
        loop {
            if self.next.is_none() {
                let before = self.bytes.len();
                let mut rest: &[u8] = self.bytes.make_contiguous();
                self.next = self.framer.next(&mut rest);
                let taken = before - rest.len();
                self.bytes.drain(..taken);
            }
            if self.skipping {
                self.skipping = !self.next.take()?.ends_frame();
                continue;
            }
            match (self.next.as_ref()?, wanted) {
                (Piece::Text { .. }, Wanted::Command | Wanted::Rest | Wanted::Challenge)
                | (Piece::Literal { .. }, Wanted::Octets) => {}
                _ => return None,
            }
            match self.next.take()? {
                Piece::Literal { bytes, .. } => return Some(Wish::Respond(Reply::Literal(bytes))),
                Piece::Text { bytes, ending } => {
                    self.line.extend_from_slice(&bytes);
                    match ending {
                        Ending::Continued if self.line.len() < LONGEST_LINE => {}
                        Ending::Continued | Ending::Truncated => return Some(Wish::Nonsense),
                        Ending::Line => return Some(self.line(None, wanted)),
                        Ending::Literal(header) => return Some(self.line(Some(header), wanted)),
                    }
                }
            }
        }
    }

    fn line(&mut self, literal: Option<LiteralHeader>, wanted: Wanted) -> Wish {
        let mut line = std::mem::take(&mut self.line);
        for end in [b'\n', b'\r'] {
            if line.last() == Some(&end) {
                line.pop();
            }
        }
        if wanted == Wanted::Rest {
            return Wish::Rest(line, literal);
        }
        if wanted == Wanted::Challenge {
            return Wish::Respond(match base64::decode(&line) {
                Some(octets) => Reply::Challenge(octets),
                None => Reply::Cancel,
            });
        }
        let Some(header) = literal else {
            let mut words = line.split(|b| *b == b' ').filter(|word| !word.is_empty());
            let (first, second, third) = (words.next(), words.next(), words.next());
            return match (first, second, third) {
                (Some(tag), Some(verb), None) if verb.eq_ignore_ascii_case(b"LOGOUT") => {
                    Wish::LogOut(tag.to_vec())
                }
                (Some(word), None, _) if word.eq_ignore_ascii_case(b"DONE") => {
                    Wish::Done(command(line, None))
                }
                (Some(tag), Some(verb), _) => {
                    let found = NOT_HERE
                        .iter()
                        .find(|(name, _)| name.eq_ignore_ascii_case(verb));
                    match found {
                        Some((_, why)) => Wish::Refuse(tag.to_vec(), why),
                        None => Wish::Send(command(line, None)),
                    }
                }
                _ => Wish::Send(command(line, None)),
            };
        };
        let brace = line.iter().rposition(|b| *b == b'{').unwrap_or(line.len());
        line.truncate(brace);
        if header.binary {
            line.pop();
        }
        Wish::Send(command(line, Some(header)))
    }
}

fn command(text: Vec<u8>, literal: Option<LiteralHeader>) -> Command {
    let mut parts = vec![CommandPart::Text {
        bytes: text,
        secret: Vec::new(),
    }];
    parts.extend(literal.map(|header| CommandPart::OpenLiteral {
        size: header.size,
        choice: match header.mode {
            LiteralMode::Synchronizing => LiteralChoice::Synchronizing,
            LiteralMode::NonSynchronizing => LiteralChoice::NonSynchronizing,
        },
        binary: header.binary,
        secret: false,
    }));
    Command {
        origin: Origin::User,
        tag: TagChoice::AsTyped,
        parts,
    }
}
