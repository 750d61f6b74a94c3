//! The usual FETCH response, one line without literals, read in one pass without a tree of tokens:
//! a mailbox of a million messages is a million of these. Whatever looks unusual is left to the tokenizer;
//! both must come to the same (`tests/responses.rs` compares them).

use super::{Fetch, Response, Untagged};
use crate::wire::token::number;

/// Longer lines are rare enough for the tokenizer.
const LONGEST: usize = 64 * 1024;
/// Deeper lists too.
const DEEPEST: usize = 64;

/// Reads `* 12 FETCH (...)` with its line end; `None`: not usual.
pub(super) fn fetch(line: &[u8]) -> Option<Response> {
    let line = line
        .strip_suffix(b"\r\n")
        .filter(|line| line.len() <= LONGEST)?;
    let rest = line.strip_prefix(b"* ")?;
    let digits = rest.iter().position(|b| *b == b' ')?;
    let (seq, rest) = rest.split_at(digits);
    let items = rest.strip_prefix(b" FETCH (")?.strip_suffix(b")")?;
    let mut fetch = Fetch {
        seq: number(seq).filter(|_| !seq.is_empty())?,
        ..Fetch::default()
    };
    let mut rest = items;
    while !rest.is_empty() {
        let (name, behind) = atom(rest)?;
        let behind = behind.strip_prefix(b" ")?;
        let (value, behind) = value(behind)?;
        let inside = || value.strip_prefix(b"(").and_then(|v| v.strip_suffix(b")"));
        match name {
            b"UID" => fetch.uid = Some(number(value)?),
            b"RFC822.SIZE" => fetch.size = Some(number(value)?),
            b"FLAGS" => fetch.flags = Some(flags(inside()?)?),
            b"MODSEQ" => fetch.modseq = Some(number(inside()?)?),
            // Another spelling of one of these, perhaps.
            _ if name.iter().any(u8::is_ascii_lowercase) => return None,
            _ => {}
        }
        rest = match behind.strip_prefix(b" ") {
            Some(rest) if !rest.is_empty() => rest,
            None if behind.is_empty() => behind,
            _ => return None,
        };
    }
    Some(Response::Untagged(Untagged::Fetch(fetch)))
}

/// A run of letters that no grammar reads in two ways.
fn atom(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes
        .iter()
        .position(|b| matches!(b, b' ' | b')'))
        .unwrap_or(bytes.len());
    let (atom, rest) = bytes.split_at(end);
    let plain = |b: &u8| b.is_ascii_graphic() && !b"\"(){}[]<>%*~".contains(b);
    (!atom.is_empty() && atom.iter().all(plain)).then_some((atom, rest))
}

/// A number or NIL, a string, or a list with all that is in it.
fn value(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    match bytes.first()? {
        b'"' => bytes.split_at_checked(quoted(bytes)?),
        b'(' => bytes.split_at_checked(list(bytes)?),
        _ => atom(bytes),
    }
}

/// Octets of the quoted string that `bytes` begins with.
fn quoted(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// Octets of the list that `bytes` begins with.
fn list(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0);
    // What came before decides whether a quote or a parenthesis may begin here.
    let mut before = b' ';
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' if matches!(before, b' ' | b'(') => {
                at += quoted(bytes.get(at..)?)?;
                if !matches!(bytes.get(at), Some(b' ' | b')')) {
                    return None;
                }
                before = b'"';
                continue;
            }
            b'(' if matches!(before, b' ' | b'(' | b')') && depth < DEEPEST => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b' ' => {}
            _ if byte.is_ascii_graphic() && !b"\"({}".contains(&byte) => {}
            _ => return None,
        }
        before = byte;
        at += 1;
    }
    None
}

/// Atoms with a space between.
fn flags(bytes: &[u8]) -> Option<Vec<String>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let mut flags = Vec::with_capacity(4);
    for flag in bytes.split(|b| *b == b' ') {
        let (flag, rest) = atom(flag)?;
        if !rest.is_empty() {
            return None;
        }
        flags.push(std::str::from_utf8(flag).ok()?.to_owned());
    }
    Some(flags)
}
