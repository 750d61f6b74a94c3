//! FETCH items (RFC 9051 section 7.5.2 and the extensions): one row each in [`ITEMS`].

use super::outline::{Outline, Tone};
use super::structure::{self, Listed};
use super::{envelope, server, tokens, word};
use crate::wire::Frame;
use crate::wire::cursor::tokenize;
use crate::wire::token::{Token, TokenKind, Tokens};

struct Item {
    name: &'static str,
    /// The value; false: it is not what the name promises.
    read: fn(&mut Outline, usize, Token<'_>) -> bool,
}

const ITEMS: &[Item] = &[
    Item {
        name: "FLAGS",
        read: |outline, depth, value| {
            let Some(flags) = value.list() else {
                return false;
            };
            outline.heading(depth, "FLAGS");
            server::flag_rows(outline, depth + 1, flags);
            true
        },
    },
    Item {
        name: "ENVELOPE",
        read: |outline, depth, value| {
            outline.heading(depth, "ENVELOPE");
            envelope::read(outline, depth + 1, value)
        },
    },
    Item {
        name: "BODYSTRUCTURE",
        read: |outline, depth, value| {
            outline.heading(depth, "BODYSTRUCTURE");
            structure::read(outline, depth + 1, value)
        },
    },
    Item {
        name: "BODY",
        read: |outline, depth, value| {
            outline.heading(depth, "BODY");
            structure::read(outline, depth + 1, value)
        },
    },
    Item {
        name: "RFC822.SIZE",
        read: |outline, depth, value| {
            let octets = [tokens::value(value).as_slice(), b" octets"].concat();
            outline.field(depth, "RFC822.SIZE", octets);
            true
        },
    },
    Item {
        name: "MODSEQ",
        read: |outline, depth, value| {
            // RFC 7162 section 3.1.4.2 puts it into parentheses.
            let number = value.list().and_then(|mut l| l.next()).unwrap_or(value);
            outline.field(depth, "MODSEQ", tokens::value(number));
            true
        },
    },
];

/// `* <number> FETCH (...)`: the items in order.
pub(super) fn read(outline: &mut Outline, mut arguments: Tokens<'_>) -> Option<()> {
    let mut items = arguments.next()?.list()?;
    while let Some(name) = items.next() {
        let label = tokens::value(name);
        let Some(value) = items.next() else {
            outline.remarked(0, label, "", "no value", Tone::Warning);
            break;
        };
        let upper = label.to_ascii_uppercase();
        let known = ITEMS.iter().find(|i| i.name.as_bytes() == upper.as_slice());
        let before = outline.rows.len();
        if known.is_some_and(|item| (item.read)(outline, 0, value)) {
            continue;
        }
        outline.rows.truncate(before);
        plain(outline, label, value);
    }
    Some(())
}

/// An item without a reader: a string, a number, a list.
fn plain(outline: &mut Outline, label: Vec<u8>, value: Token<'_>) {
    match value.kind() {
        TokenKind::List => {
            let short =
                value.bytes().len() <= 120 && value.children().all(|t| t.kind() != TokenKind::List);
            if short {
                outline.field(0, label, tokens::joined(value.children()));
            } else {
                outline.heading(0, label);
                tokens::tree(outline, 1, value.children());
            }
        }
        _ if value.is_nil() => outline.remarked(0, label, "", "NIL", Tone::Dim),
        // A body that came as a literal has its own place: here only that there is one.
        TokenKind::Literal(_) if value.bytes().len() > 200 || value.string_value().is_none() => {
            let octets = value
                .string_value()
                .map(|v| format!("literal of {} octets", v.len()));
            outline.field(
                0,
                label,
                octets.map_or_else(|| tokens::shown(value), String::into_bytes),
            );
        }
        _ => {
            let text = tokens::value(value);
            if memchr::memchr(b'\n', &text).is_some() {
                outline.titled(0, label, format!("{} octets", text.len()));
                outline.lines(1, &text, Tone::Plain);
            } else {
                let shown = word::decoded(&text);
                match shown {
                    Some(decoded) => outline.remarked(0, label, decoded, text, Tone::Plain),
                    None => outline.field(0, label, text),
                }
            }
        }
    }
}

/// The parts that the BODYSTRUCTURE of this FETCH response lists; none if it has none.
pub fn parts(frame: &Frame) -> Vec<Listed> {
    structure(frame).map(|(_, parts)| parts).unwrap_or_default()
}

/// The tree that the BODYSTRUCTURE of this FETCH response tells, and its parts; `None`: it tells none.
pub fn structure(frame: &Frame) -> Option<(Outline, Vec<Listed>)> {
    let tree = tokenize(frame);
    let mut items = tree.tokens().nth(3)?.list()?;
    while let (Some(name), Some(value)) = (items.next(), items.next()) {
        if name.is_word("BODYSTRUCTURE") || name.is_word("BODY") {
            return Some(structure::tree(value));
        }
    }
    None
}
