//! What is written in a code, in plain text: modified UTF-7 mailbox names, encoded words of mail headers
//! (RFC 2047), base64 of AUTHENTICATE. Only a reading: the octets stay what they are.

use std::ops::Range;

use crate::decode::challenge::reading;
use crate::wire::{base64, mutf7};

/// Octets of a line that mean something else than they look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Which.
    pub octets: Range<usize>,
    /// What they mean. Hostile.
    pub text: String,
}

/// Longest run of encoded words that is read, in octets.
const WORDS: usize = 4 * 1024;

/// Commands and responses that name mailboxes.
const NAMING: &[&str] = &[
    "LIST",
    "LSUB",
    "XLIST",
    "RLIST",
    "STATUS",
    "SELECT",
    "EXAMINE",
    "CREATE",
    "DELETE",
    "RENAME",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "APPEND",
    "COPY",
    "MOVE",
    "ACL",
    "GETACL",
    "SETACL",
    "DELETEACL",
    "LISTRIGHTS",
    "MYRIGHTS",
    "QUOTAROOT",
    "GETQUOTAROOT",
    "NAMESPACE",
    "METADATA",
    "GETMETADATA",
    "SETMETADATA",
    "ANNOTATION",
    "GETANNOTATION",
    "SETANNOTATION",
    "ESEARCH",
    "NOTIFY",
    "OK",
    "NO",
    "BAD",
];

/// In a line of the wire. `authenticating`: it belongs to AUTHENTICATE, where challenges and answers are
/// base64.
pub fn in_line(line: &[u8], authenticating: bool) -> Vec<Decoded> {
    if authenticating && let Some(decoded) = challenge(line) {
        return vec![decoded];
    }
    let mut found = words(line);
    if names_mailboxes(line) {
        found.extend(names(line));
        found.sort_by_key(|d| d.octets.start);
    }
    // One octet is read once.
    let mut end = 0;
    found.retain(|d| {
        let free = d.octets.start >= end;
        if free {
            end = d.octets.end;
        }
        free
    });
    found
}

/// In a line of a literal: a mail's header, most likely.
pub fn in_literal(line: &[u8]) -> Vec<Decoded> {
    words(line)
}

/// `+ dXNlcg==`, or an answer to it.
fn challenge(line: &[u8]) -> Option<Decoded> {
    let start = if line.starts_with(b"+ ") { 2 } else { 0 };
    let text = line.get(start..).filter(|t| t.len() >= 4)?;
    let octets = base64::decode(text)?;
    Some(Decoded {
        octets: start..line.len(),
        text: reading(&octets),
    })
}

fn names_mailboxes(line: &[u8]) -> bool {
    let mut words = line.split(|b| *b == b' ').skip(1);
    let mut word = words.next().unwrap_or_default();
    if word.eq_ignore_ascii_case(b"UID") {
        word = words.next().unwrap_or_default();
    }
    NAMING
        .iter()
        .any(|name| name.as_bytes().eq_ignore_ascii_case(word))
}

/// `Entw&APw-rfe`: the runs.
fn names(line: &[u8]) -> Vec<Decoded> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = memchr::memchr(b'&', line.get(at..).unwrap_or_default()) {
        let start = at + start;
        at = start + 1;
        let rest = line.get(start..).unwrap_or_default();
        let Some(length) = memchr::memchr(b'-', rest) else {
            break;
        };
        let Some(run) = rest.get(..=length) else {
            break;
        };
        if let Ok(text) = mutf7::decode(run) {
            at = start + run.len();
            found.push(Decoded {
                octets: start..at,
                text,
            });
        }
    }
    found
}

/// `=?utf-8?Q?Gr=C3=BC=C3=9Fe?=`: runs of encoded words with nothing but blanks between.
fn words(line: &[u8]) -> Vec<Decoded> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = find(line, at, b"=?") {
        let Some(mut end) = word_end(line, start) else {
            at = start + 2;
            continue;
        };
        while let Some(next) = next_word(line, end) {
            match word_end(line, next) {
                Some(more) if more - start <= WORDS => end = more,
                _ => break,
            }
        }
        if let Some(text) = line.get(start..end).and_then(read_words) {
            found.push(Decoded {
                octets: start..end,
                text,
            });
        }
        at = end;
    }
    found
}

fn find(line: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let rest = line.get(from..)?;
    memchr::memmem::find(rest, what).map(|at| from + at)
}

/// Where the encoded word that begins at `start` ends.
fn word_end(line: &[u8], start: usize) -> Option<usize> {
    let charset = line.get(start + 2..)?.iter().position(|b| *b == b'?')?;
    let encoding = start + 2 + charset + 1;
    if charset == 0
        || !matches!(line.get(encoding)?, b'q' | b'Q' | b'b' | b'B')
        || *line.get(encoding + 1)? != b'?'
    {
        return None;
    }
    let text = encoding + 2;
    let mark = find(line, text, b"?")?;
    let inside = line.get(start..mark)?;
    let plain = !inside
        .iter()
        .any(|b| matches!(b, b' ' | b'\t' | 0x7f..) || *b < 0x20);
    (plain && line.get(mark + 1) == Some(&b'=')).then_some(mark + 2)
}

/// Where the next encoded word begins, if only blanks stand before it (RFC 2047 section 6.2).
fn next_word(line: &[u8], end: usize) -> Option<usize> {
    let rest = line.get(end..)?;
    let blanks = rest
        .iter()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    (blanks > 0 && rest.get(blanks..)?.starts_with(b"=?")).then_some(end + blanks)
}

fn read_words(run: &[u8]) -> Option<String> {
    let header = [b"Subject: ", run, b"\r\n\r\n"].concat();
    let message = mail_parser::MessageParser::new().parse_headers(&header)?;
    let text = message.subject()?.to_owned();
    (!text.contains("=?")).then_some(text)
}

/// Fuzz entry: any octets are read or not.
pub fn fuzz_decoded(data: &[u8]) {
    for found in [in_line(data, false), in_line(data, true), in_literal(data)] {
        let mut end = 0;
        for decoded in found {
            assert!(decoded.octets.start >= end && decoded.octets.end <= data.len());
            end = decoded.octets.end;
        }
    }
}
