//! Responses as tables and trees: one row each in [`READERS`]; what has no row is a tree of tokens.

use super::outline::{Outline, Tone};
use super::{access, fetch, names, numbers, server, tokens};
use crate::wire::cursor::{tokenize, tokenize_command};
use crate::wire::token::{Token, TokenKind, Tokens};
use crate::wire::{Direction, Frame, FrameBuilder, Framer};

struct Reader {
    name: &'static str,
    reference: &'static str,
    /// Reads what stands behind the name; `None`: it is not what the name promises.
    read: fn(&mut Outline, Tokens<'_>) -> Option<()>,
}

macro_rules! readers {
    ($($name:literal $reference:literal $read:path;)*) => {
        &[$(Reader { name: $name, reference: $reference, read: $read },)*]
    };
}

#[rustfmt::skip]
const READERS: &[Reader] = readers![
    "FETCH" "RFC 9051 section 7.5.2" fetch::read;
    "UIDFETCH" "RFC 9586" fetch::read;
    "FLAGS" "RFC 9051 section 7.3.5" server::flags;
    "CAPABILITY" "RFC 9051 section 7.2.2" server::capability;
    "ENABLED" "RFC 9051 section 7.2.1" server::enabled;
    "ID" "RFC 2971" server::id;
    "LIST" "RFC 9051 section 7.3.1" names::list;
    "LSUB" "RFC 3501 section 7.2.3" names::list;
    "XLIST" "Gmail's LIST" names::list;
    "STATUS" "RFC 9051 section 7.3.4" names::status;
    "NAMESPACE" "RFC 9051 section 7.3.3" names::namespace;
    "METADATA" "RFC 5464 section 4.4" names::metadata;
    "ACL" "RFC 4314 section 3.6" access::acl;
    "LISTRIGHTS" "RFC 4314 section 3.7" access::list_rights;
    "MYRIGHTS" "RFC 4314 section 3.8" access::my_rights;
    "QUOTA" "RFC 9208 section 4.2.1" access::quota;
    "QUOTAROOT" "RFC 9208 section 4.2.2" access::quota_root;
    "SEARCH" "RFC 3501 section 7.2.5" numbers::search;
    "SORT" "RFC 5256 section 4" numbers::search;
    "ESEARCH" "RFC 9051 section 7.3.4" numbers::esearch;
    "VANISHED" "RFC 7162 section 3.2.10" numbers::vanished;
];

/// A frame of the server's, taken apart. Never empty.
pub fn response(frame: &Frame) -> Outline {
    let mut outline = Outline::default();
    if frame.elided {
        outline.text(
            0,
            "This response is too long, or was cut off: it is not taken apart.",
            Tone::Warning,
        );
        return outline;
    }
    let tree = tokenize(frame);
    let mut rest = tree.tokens();
    let first = rest.next();
    match first {
        Some(token) if token.bytes() == b"+" => {
            outline.titled(0, "Command continuation request", "RFC 9051 section 7.6");
            continuation(&mut outline, rest);
        }
        Some(token) if token.bytes() == b"*" => untagged(&mut outline, rest),
        Some(token) => tagged(&mut outline, token, rest),
        None => outline.text(0, "an empty line", Tone::Dim),
    }
    if !tree.is_whole() {
        outline.text(0, "Only the beginning was taken apart.", Tone::Warning);
    }
    outline
}

/// A command as it went out.
pub fn command(frame: &Frame) -> Outline {
    let mut outline = Outline::default();
    let tree = tokenize_command(frame);
    let mut rest = tree.tokens();
    match (rest.next(), rest.clone().next()) {
        (Some(tag), Some(_)) => {
            outline.heading(0, "Command");
            outline.field(1, "Tag", tag.bytes());
            let mut verb = rest.next().map(tokens::shown).unwrap_or_default();
            if verb.eq_ignore_ascii_case(b"UID")
                && let Some(second) = rest.next()
            {
                verb.push(b' ');
                verb.extend(tokens::shown(second));
            }
            outline.field(1, "Verb", verb);
            if rest.clone().next().is_some() {
                outline.heading(0, "Arguments");
                tokens::tree(&mut outline, 1, rest);
            }
        }
        (Some(only), None) => outline.text(0, tokens::shown(only), Tone::Plain),
        _ => outline.text(0, "an empty line", Tone::Dim),
    }
    outline
}

fn continuation(outline: &mut Outline, rest: Tokens<'_>) {
    for token in rest {
        outline.field(1, "Text", token.bytes());
        let challenge = std::str::from_utf8(token.bytes()).ok();
        let decoded =
            challenge.and_then(|text| crate::wire::base64::decode(text.trim().as_bytes()));
        if let Some(decoded) = decoded.filter(|d| !d.is_empty()) {
            outline.field(
                1,
                "As base64",
                super::challenge::reading(&decoded).into_bytes(),
            );
        }
    }
}

fn tagged(outline: &mut Outline, tag: Token<'_>, mut rest: Tokens<'_>) {
    let word = rest.next();
    let status = word.filter(|w| {
        ["OK", "NO", "BAD", "BYE", "PREAUTH"]
            .iter()
            .any(|s| w.is_word(s))
    });
    match status {
        Some(word) => {
            outline.titled(0, word.bytes().to_ascii_uppercase(), "completion result");
            outline.field(1, "Tag", tag.bytes());
            status_rest(outline, rest);
        }
        None => {
            outline.heading(0, "Not a response that IMAP knows");
            outline.text(1, tokens::shown(tag), Tone::Plain);
            let mut all: Vec<Token<'_>> = word.into_iter().collect();
            all.extend(rest);
            for token in all.into_iter().take(100) {
                outline.text(1, tokens::shown(token), Tone::Plain);
            }
        }
    }
}

/// Code and text of a status response.
fn status_rest(outline: &mut Outline, rest: Tokens<'_>) {
    for token in rest {
        match token.kind() {
            TokenKind::Code => {
                let mut inside = token.children();
                let name = inside.next().map(tokens::value).unwrap_or_default();
                let list = inside.clone().next().and_then(|t| t.list());
                outline.field(1, "Code", name.clone());
                match (name.to_ascii_uppercase().as_slice(), list) {
                    (b"PERMANENTFLAGS", Some(flags)) => server::flag_rows(outline, 2, flags),
                    (b"CAPABILITY", _) => {
                        server::capability(outline, inside);
                    }
                    _ => tokens::tree(outline, 2, inside),
                }
            }
            TokenKind::Text => outline.field(1, "Text", token.bytes()),
            _ => outline.text(1, tokens::shown(token), Tone::Plain),
        }
    }
}

fn untagged(outline: &mut Outline, mut rest: Tokens<'_>) {
    let Some(mut name) = rest.next() else {
        outline.text(0, "an untagged response without a name", Tone::Warning);
        return;
    };
    let number = name.number().and_then(|_| {
        let number = name;
        name = rest.next()?;
        Some(number)
    });
    let upper = name.bytes().to_ascii_uppercase();
    let status: [&[u8]; 5] = [b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH"];
    if number.is_none() && status.contains(&upper.as_slice()) {
        outline.titled(0, upper, "untagged status, RFC 9051 section 7.1");
        status_rest(outline, rest);
        return;
    }
    let reader = READERS
        .iter()
        .find(|r| r.name.as_bytes() == upper.as_slice());
    let reference = match (reader, upper.as_slice()) {
        (Some(reader), _) => reader.reference,
        (None, b"EXISTS") => "the mailbox has so many messages",
        (None, b"RECENT") => "so many of them are new to this session (IMAP4rev1)",
        (None, b"EXPUNGE") => "this message is gone; those behind it move up",
        _ => "",
    };
    let title = match number {
        Some(number) => [number.bytes(), b" ", &upper].concat(),
        None => upper,
    };
    outline.titled(0, title, reference);
    let Some(reader) = reader else {
        tokens::tree(outline, 1, rest);
        return;
    };
    let mut inner = Outline::default();
    if (reader.read)(&mut inner, rest.clone()).is_some() {
        outline.append(1, inner);
    } else {
        // Not what its name promises: as it is, rather than half of it.
        outline.text(1, "not of the shape that the RFC describes:", Tone::Warning);
        tokens::tree(outline, 1, rest);
    }
}

/// Fuzz entry: any bytes, as replies and as commands, are taken apart without a panic.
pub fn fuzz_decode(data: &[u8]) {
    for direction in [Direction::Server, Direction::Client] {
        let mut framer = Framer::new(direction);
        let mut builder = FrameBuilder::default();
        let mut rest = data;
        let mut frames = Vec::new();
        while let Some(piece) = framer.next(&mut rest) {
            frames.extend(builder.push(&piece));
        }
        frames.extend(framer.close().and_then(|piece| builder.push(&piece)));
        for frame in frames {
            assert!(!response(&frame).rows.is_empty());
            assert!(!command(&frame).rows.is_empty());
            let _ = fetch::parts(&frame);
        }
    }
}
