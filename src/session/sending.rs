//! The one command that is being handed out: line, literal, line, stopping where the server must speak first.
//!
//! ```text
//!   Line --{n+}--------------> Literal / Open --> Line ... --> Done
//!   Line --{n}--> GoAhead --+-> Literal / Open --> Line ... --> Done
//!                    `--NO/BAD--> Done, and the octets are not sent
//! ```

use std::collections::VecDeque;

use zeroize::Zeroizing;

use super::outbox::Chunk;
use super::{Awaiting, CommandId};
use crate::wire::command::{MASK, masked};
use crate::wire::frame::PIECE_LIMIT;
use crate::wire::{
    CapabilitySet, CommandPart, Direction, Ending, Framer, LiteralChoice, LiteralHeader,
    LiteralMode, Piece,
};

/// LITERAL- lets go up to this many octets without waiting (RFC 7888 section 5).
const LITERAL_MINUS: u64 = 4096;
/// What makes any command that it ends a syntax error: a quoted string that is never closed.
const SPOILER: &[u8] = b" \"";

/// What comes next.
#[derive(Debug)]
enum Step {
    /// Text up to the next literal or the end.
    Line,
    /// `+` must come first; then `size` octets, the user's if `open`. `cancelled`: spaces instead.
    GoAhead {
        size: u64,
        open: bool,
        cancelled: bool,
    },
    /// Octets of the front part, from `at`.
    Literal { at: usize },
    /// So many octets from the user.
    Open { remaining: u64 },
    /// The rest of the line from the user.
    LineRest,
    /// So many octets are owed to the server and there is nothing to send any more: spaces, then this
    /// line. A server that has stopped reading must never take a message's lines for commands.
    Fill { remaining: u64, line: &'static [u8] },
    /// All handed out.
    Done,
}

/// The command on its way.
#[derive(Debug)]
pub(super) struct Sending {
    pub id: CommandId,
    /// Tag and space, before the first line.
    prefix: Vec<u8>,
    parts: VecDeque<CommandPart>,
    /// What the user gives by hand behind it is a password, or may be.
    secretive: bool,
    /// An APPEND.
    can_be_spoiled: bool,
    /// The first line is out.
    begun: bool,
    step: Step,
    /// The current literal is secret.
    secret: bool,
    /// ... and its mask has been shown.
    shown: bool,
}

impl Sending {
    /// `prefix`: tag and space, or nothing for a line that goes as it was typed.
    pub fn new(
        id: CommandId,
        prefix: Vec<u8>,
        parts: VecDeque<CommandPart>,
        secretive: bool,
        can_be_spoiled: bool,
    ) -> Sending {
        Sending {
            id,
            prefix,
            parts,
            secretive,
            can_be_spoiled,
            begun: false,
            step: Step::Line,
            secret: false,
            shown: false,
        }
    }

    pub fn is_done(&self) -> bool {
        matches!(self.step, Step::Done)
    }

    /// Whether the next `+` is this command's literal's.
    pub fn awaits_go_ahead(&self) -> bool {
        matches!(self.step, Step::GoAhead { .. })
    }

    /// What is to come from the server or the user; `None`: we are at work.
    pub fn awaiting(&self) -> Option<Awaiting> {
        match self.step {
            Step::GoAhead { .. } => Some(Awaiting::GoAhead),
            Step::Open { remaining } => Some(Awaiting::Literal { remaining }),
            Step::LineRest => Some(Awaiting::LineRest),
            _ => None,
        }
    }

    /// `+` came.
    pub fn go_ahead(&mut self) {
        if let Step::GoAhead {
            size,
            open,
            cancelled,
        } = self.step
        {
            self.step = if cancelled {
                Step::Fill {
                    remaining: size,
                    line: SPOILER,
                }
            } else {
                begin_literal(size, open)
            };
        }
    }

    /// The user does not want it any more. `None`: nothing of it waits.
    ///
    /// A literal cannot be taken back (RFC 9051 section 4.3): what the server was told to expect it must
    /// get. Only APPEND reads its line to the end before it acts, so it alone can be spoiled: spaces for the
    /// octets, then a syntax error, and nothing is stored. Dovecot 2.3 carries out a CREATE as soon as it
    /// has the name, whatever follows.
    pub fn cancel(&mut self) -> Option<bool> {
        self.awaiting()?;
        if !self.can_be_spoiled {
            return Some(false);
        }
        match &mut self.step {
            Step::GoAhead { cancelled, .. } => *cancelled = true,
            Step::Open { remaining } => {
                self.step = Step::Fill {
                    remaining: *remaining,
                    line: SPOILER,
                }
            }
            _ => {
                self.step = Step::Fill {
                    remaining: 0,
                    line: SPOILER,
                }
            }
        }
        self.parts.clear();
        Some(true)
    }

    /// The server completed the command before it was all out. A literal that waits for `+` is not sent;
    /// octets announced without waiting (RFC 7888 section 4), or asked for, are owed: they go out as spaces.
    pub fn completed(&mut self) {
        let owed = match self.step {
            Step::Literal { at } => self.given_size().saturating_sub(at as u64),
            Step::Open { remaining } => remaining,
            Step::Fill { remaining, .. } => remaining,
            // Inside a line: it must be ended.
            Step::LineRest => 0,
            Step::Line if self.begun => 0,
            Step::Line | Step::GoAhead { .. } | Step::Done => {
                self.step = Step::Done;
                self.parts.clear();
                return;
            }
        };
        self.parts.clear();
        self.step = Step::Fill {
            remaining: owed,
            line: b"",
        };
    }

    /// The next bytes to hand out; `None` if somebody else must act first.
    pub fn next(&mut self, capabilities: Option<&CapabilitySet>) -> Option<Chunk> {
        if matches!(self.step, Step::Literal { .. }) && self.given_size() == 0 {
            self.end_literal();
        }
        match self.step {
            Step::Line => Some(self.line(capabilities)),
            Step::Literal { at } => Some(self.octets(at)),
            Step::Fill { remaining: 0, line } => {
                self.step = Step::Done;
                Some(self.chunk([line, b"\r\n"].concat(), None))
            }
            Step::Fill { remaining, line } => {
                let size = remaining.min(PIECE_LIMIT as u64);
                self.step = Step::Fill {
                    remaining: remaining - size,
                    line,
                };
                let shown = self.mask_once();
                Some(self.chunk(
                    vec![b' '; usize::try_from(size).unwrap_or(PIECE_LIMIT)],
                    shown,
                ))
            }
            Step::GoAhead { .. } | Step::Open { .. } | Step::LineRest | Step::Done => None,
        }
    }

    /// Octets from the user, no more than [`Awaiting::Literal`] wants.
    pub fn give(&mut self, bytes: Vec<u8>) -> Option<Chunk> {
        let Step::Open { remaining } = self.step else {
            return None;
        };
        let left = remaining.saturating_sub(bytes.len() as u64);
        self.step = if left == 0 {
            Step::LineRest
        } else {
            Step::Open { remaining: left }
        };
        if bytes.is_empty() {
            return None;
        }
        let shown = self.mask_once();
        Some(self.chunk(bytes, shown))
    }

    /// The rest of the line from the user; it may announce one more literal.
    pub fn give_line(&mut self, bytes: Vec<u8>) -> Option<Chunk> {
        let Step::LineRest = self.step else {
            return None;
        };
        let mut line = Zeroizing::new(bytes);
        one_line(&mut line);
        let announced = announced(&line);
        let text = announced.as_ref().map_or(line.len(), |(_, at)| *at);
        let secretive = self.secretive;
        let body = line.get(..text).unwrap_or_default();
        let mut shown = match (secretive, body.iter().position(|b| *b != b' ')) {
            (true, Some(at)) => masked(body, std::slice::from_ref(&(at..text))),
            _ => body.to_vec(),
        };
        let hidden = shown != body;
        self.step = Step::Done;
        if let Some((header, _)) = announced {
            self.announce(header, secretive, true, &mut shown);
        }
        shown.extend_from_slice(b"\r\n");
        line.extend_from_slice(b"\r\n");
        let masked = hidden || (announced.is_some() && secretive);
        Some(Chunk {
            command: self.id,
            bytes: line,
            shown,
            masked,
        })
    }

    fn line(&mut self, capabilities: Option<&CapabilitySet>) -> Chunk {
        let room: usize = self
            .parts
            .iter()
            .map_while(|p| match p {
                CommandPart::Text { bytes, .. } => Some(bytes.len()),
                _ => None,
            })
            .sum();
        let mut wire = Zeroizing::new(Vec::with_capacity(room + self.prefix.len() + 64));
        wire.extend_from_slice(&std::mem::take(&mut self.prefix));
        self.begun = true;
        let mut shown = wire.to_vec();
        let mut hidden = false;
        while let Some(CommandPart::Text { bytes, secret }) = self.parts.front_mut() {
            one_line(bytes);
            hidden |= !secret.is_empty();
            wire.extend_from_slice(bytes);
            shown.extend_from_slice(&masked(bytes, secret));
            self.parts.pop_front();
        }
        let literal = match self.parts.front() {
            Some(CommandPart::Literal {
                bytes,
                choice,
                binary,
                secret,
            }) => {
                let size = bytes.len() as u64;
                Some((
                    LiteralHeader {
                        size,
                        mode: literal_mode(*choice, size, capabilities),
                        binary: *binary,
                    },
                    *secret,
                    false,
                ))
            }
            Some(CommandPart::OpenLiteral {
                size,
                choice,
                binary,
                secret,
            }) => {
                let mode = match choice {
                    LiteralChoice::NonSynchronizing => LiteralMode::NonSynchronizing,
                    LiteralChoice::Auto | LiteralChoice::Synchronizing => {
                        LiteralMode::Synchronizing
                    }
                };
                Some((
                    LiteralHeader {
                        size: *size,
                        mode,
                        binary: *binary,
                    },
                    *secret,
                    true,
                ))
            }
            _ => None,
        };
        self.step = Step::Done;
        if let Some((header, secret, open)) = literal {
            wire.extend_from_slice(announcement(header).as_bytes());
            hidden |= secret;
            if open {
                self.parts.clear();
            }
            self.announce(header, secret, open, &mut shown);
        } else if let Some((header, at)) = announced(&wire) {
            // Typed at the very end: to the server it is an announcement like any other.
            if !hidden {
                shown.truncate(at);
                hidden = self.secretive;
                self.announce(header, hidden, true, &mut shown);
            } else {
                // A masked end hides the announcement; so are its octets.
                self.announce(header, true, true, &mut shown);
            }
        }
        wire.extend_from_slice(b"\r\n");
        shown.extend_from_slice(b"\r\n");
        Chunk {
            command: self.id,
            bytes: wire,
            shown,
            masked: hidden,
        }
    }

    /// Writes the announcement as it may be shown: the length of a secret is one, so a masked literal
    /// is announced with the length of its mask.
    fn announce(&mut self, header: LiteralHeader, secret: bool, open: bool, shown: &mut Vec<u8>) {
        let size = if secret && header.size > 0 {
            MASK.len() as u64
        } else {
            header.size
        };
        shown.extend_from_slice(announcement(LiteralHeader { size, ..header }).as_bytes());
        self.secret = secret;
        self.shown = false;
        self.step = match header.mode {
            LiteralMode::Synchronizing => Step::GoAhead {
                size: header.size,
                open,
                cancelled: false,
            },
            LiteralMode::NonSynchronizing => begin_literal(header.size, open),
        };
    }

    fn octets(&mut self, at: usize) -> Chunk {
        let Some(CommandPart::Literal { bytes, .. }) = self.parts.front() else {
            self.step = Step::Done;
            return self.chunk(b"\r\n".to_vec(), None);
        };
        let end = bytes.len().min(at + PIECE_LIMIT);
        let octets = bytes.get(at..end).unwrap_or_default().to_vec();
        if end == bytes.len() {
            self.end_literal();
        } else {
            self.step = Step::Literal { at: end };
        }
        let shown = self.mask_once();
        self.chunk(octets, shown)
    }

    fn end_literal(&mut self) {
        self.parts.pop_front();
        self.step = Step::Line;
    }

    fn given_size(&self) -> u64 {
        match self.parts.front() {
            Some(CommandPart::Literal { bytes, .. }) => bytes.len() as u64,
            _ => 0,
        }
    }

    /// What is shown of a secret literal: its mask, once, however many pieces it goes out in.
    fn mask_once(&mut self) -> Option<Vec<u8>> {
        let mask = || {
            if std::mem::replace(&mut self.shown, true) {
                Vec::new()
            } else {
                MASK.to_vec()
            }
        };
        self.secret.then(mask)
    }

    fn chunk(&self, bytes: Vec<u8>, mask: Option<Vec<u8>>) -> Chunk {
        let masked = mask.is_some();
        let shown = mask.unwrap_or_else(|| bytes.clone());
        Chunk {
            command: self.id,
            bytes: Zeroizing::new(bytes),
            shown,
            masked,
        }
    }
}

fn begin_literal(size: u64, open: bool) -> Step {
    match (open, size) {
        (false, _) => Step::Literal { at: 0 },
        (true, 0) => Step::LineRest,
        (true, remaining) => Step::Open { remaining },
    }
}

/// Whether a literal of `size` octets waits for the server's `+`, by what is advertised (RFC 7888).
pub fn literal_mode(
    choice: LiteralChoice,
    size: u64,
    capabilities: Option<&CapabilitySet>,
) -> LiteralMode {
    let advertised = |name| capabilities.is_some_and(|c| c.has(name));
    match choice {
        LiteralChoice::NonSynchronizing => LiteralMode::NonSynchronizing,
        LiteralChoice::Auto if advertised("LITERAL+") => LiteralMode::NonSynchronizing,
        LiteralChoice::Auto if size <= LITERAL_MINUS && advertised("LITERAL-") => {
            LiteralMode::NonSynchronizing
        }
        LiteralChoice::Auto | LiteralChoice::Synchronizing => LiteralMode::Synchronizing,
    }
}

/// `{310+}`
pub fn announcement(header: LiteralHeader) -> String {
    let binary = if header.binary { "~" } else { "" };
    let plus = if header.mode == LiteralMode::NonSynchronizing {
        "+"
    } else {
        ""
    };
    format!("{binary}{{{}{plus}}}", header.size)
}

/// The announcement that `line` (without its line end) ends in, and where it begins.
fn announced(line: &[u8]) -> Option<(LiteralHeader, usize)> {
    // Most lines end here, and a password that one of them holds is not copied.
    if line.last() != Some(&b'}') {
        return None;
    }
    // `~{18446744073709551615+}` has 24 octets.
    let tail = line.get(line.len().saturating_sub(32)..)?;
    let ended = [tail, b"\r\n"].concat();
    match Framer::new(Direction::Client).next(&mut ended.as_slice()) {
        Some(Piece::Text {
            ending: Ending::Literal(header),
            ..
        }) => {
            let at = line.iter().rposition(|b| *b == b'{')?;
            Some((
                header,
                if header.binary {
                    at.saturating_sub(1)
                } else {
                    at
                },
            ))
        }
        _ => None,
    }
}

/// A line end inside a line would be the start of another command, which nobody asked for.
fn one_line(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|b| matches!(b, b'\r' | b'\n')) {
        *byte = b' ';
    }
}
