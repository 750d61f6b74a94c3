//! What the server said, taken apart for comparing.

use crate::wire::cursor::tokenize;
use crate::wire::frame::{Ending, Frame, LiteralSpan, Piece};
use crate::wire::token::{Token, TokenKind, Tokens};

/// Most octets that are kept of one reply: a mail that is compared byte for byte must fit.
pub const KEPT: usize = 64 * 1024 * 1024;
/// Octets of a reply that are shown in a message.
const SHOWN: usize = 400;

/// An element of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// A word.
    Atom(Vec<u8>),
    /// A quoted string, or a literal.
    String(Vec<u8>),
    /// `( ... )`
    List(Vec<Element>),
    /// `[ ... ]` of a status response.
    Code(Vec<Element>),
    /// A literal that was too long to keep.
    TooLong(u64),
}

impl Element {
    /// Its octets; `None` for lists and what was not kept.
    pub fn value(&self) -> Option<&[u8]> {
        match self {
            Element::Atom(bytes) | Element::String(bytes) => Some(bytes),
            Element::List(_) | Element::Code(_) | Element::TooLong(_) => None,
        }
    }

    /// As one would write it.
    pub fn written(&self, out: &mut Vec<u8>) {
        match self {
            Element::Atom(bytes) => out.extend_from_slice(bytes),
            Element::String(bytes) => {
                out.push(b'"');
                for byte in bytes {
                    if b"\"\\".contains(byte) {
                        out.push(b'\\');
                    }
                    out.push(*byte);
                }
                out.push(b'"');
            }
            Element::List(elements) => {
                out.push(b'(');
                join(elements, out);
                out.push(b')');
            }
            Element::Code(elements) => {
                out.push(b'[');
                join(elements, out);
                out.push(b']');
            }
            Element::TooLong(size) => out.extend_from_slice(format!("{{{size}}}").as_bytes()),
        }
    }
}

fn join(elements: &[Element], out: &mut Vec<u8>) {
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        element.written(out);
    }
}

/// A whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// `*`, `+` or the tag.
    pub first: Vec<u8>,
    /// What stands behind. The text of a status response is its words.
    pub elements: Vec<Element>,
    /// Index of the first word that is human-readable text; the number of elements if there is none.
    pub text_from: usize,
    /// Its beginning, to show.
    pub shown: String,
}

impl Reply {
    /// From a frame.
    pub fn read(frame: &Frame) -> Reply {
        let tree = tokenize(frame);
        let mut tokens = tree.tokens();
        let first = tokens.next().map_or_else(Vec::new, |t| t.bytes().to_vec());
        let mut elements = Vec::new();
        let mut text_from = None;
        for token in tokens {
            if token.kind() == TokenKind::Text {
                text_from = text_from.or(Some(elements.len()));
                let words = token.bytes().split(|b| *b == b' ');
                elements.extend(
                    words
                        .filter(|w| !w.is_empty())
                        .map(|w| Element::Atom(w.to_vec())),
                );
            } else {
                elements.push(element(&token, frame));
            }
        }
        let shown = String::from_utf8_lossy(frame.bytes.get(..SHOWN).unwrap_or(&frame.bytes));
        let mut shown = shown.trim_end().replace("\r\n", "\\r\\n");
        if frame.bytes.len() > SHOWN {
            shown.push_str(" ...");
        }
        Reply {
            first,
            text_from: text_from.unwrap_or(elements.len()),
            elements,
            shown,
        }
    }

    /// Whether it is an untagged reply.
    pub fn is_untagged(&self) -> bool {
        self.first == b"*"
    }

    /// `FETCH`, `LIST`, `OK`: behind the number, if there is one.
    pub fn kind(&self) -> String {
        let mut words = self.elements.iter().filter_map(Element::value);
        let numeric = |w: &&[u8]| w.iter().all(u8::is_ascii_digit);
        let first = words.next().unwrap_or_default();
        let word = match numeric(&first) {
            true => words.next().unwrap_or(first),
            false => first,
        };
        String::from_utf8_lossy(word).to_ascii_uppercase()
    }
}

/// Lists are at most 200 deep here (`wire::cursor`).
fn element(token: &Token<'_>, frame: &Frame) -> Element {
    let inner = |tokens: Tokens<'_>| tokens.map(|t| element(&t, frame)).collect();
    match token.kind() {
        TokenKind::List => Element::List(inner(token.children())),
        TokenKind::Code => Element::Code(inner(token.children())),
        TokenKind::Quoted => Element::String(token.string_value().unwrap_or_default().into_owned()),
        TokenKind::Literal(index) => match token.string_value() {
            Some(bytes) => Element::String(bytes.into_owned()),
            None => Element::TooLong(frame.literals.get(index).map_or(0, |l| l.header.size)),
        },
        TokenKind::Atom | TokenKind::Text | TokenKind::Odd => Element::Atom(token.bytes().to_vec()),
    }
}

/// Gathers pieces into whole replies, literals and all.
#[derive(Debug, Default)]
pub struct ReplyBuilder {
    frame: Frame,
    keeping: bool,
}

impl ReplyBuilder {
    /// Takes the next piece; the reply when it ends it.
    pub fn push(&mut self, piece: &Piece) -> Option<Reply> {
        match piece {
            Piece::Text { bytes, ending } => {
                self.keep(bytes);
                match ending {
                    Ending::Line | Ending::Truncated => {
                        let frame = std::mem::take(&mut self.frame);
                        return Some(Reply::read(&frame));
                    }
                    Ending::Continued => {}
                    Ending::Literal(header) => {
                        let size = usize::try_from(header.size).unwrap_or(usize::MAX);
                        self.keeping = size <= self.room() && !self.frame.elided;
                        if !self.frame.elided && self.frame.literals.len() < KEPT / 256 {
                            self.frame.literals.push(LiteralSpan {
                                start: self.frame.bytes.len(),
                                header: *header,
                                kept: self.keeping,
                            });
                        } else {
                            self.frame.elided = true;
                        }
                    }
                }
            }
            Piece::Literal { bytes, .. } => {
                if self.keeping {
                    self.keep(bytes);
                }
            }
        }
        None
    }

    fn room(&self) -> usize {
        KEPT.saturating_sub(self.frame.bytes.len())
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.frame.elided |= bytes.len() > self.room();
        if !self.frame.elided {
            self.frame.bytes.extend_from_slice(bytes);
        }
    }
}
