//! A FETCH response as a row of a message list, and what THREAD and ESEARCH list.
//!
//! Lenient as all here: what cannot be read is left out, and nothing is long.

use super::{tokens, word};
use crate::wire::cursor::tokenize;
use crate::wire::token::{Token, Tokens, number};
use crate::wire::{Frame, SequenceSet};

/// Longest text kept of one field, in characters.
const LONGEST: usize = 160;
/// Most flags kept of one message.
const FLAGS: usize = 64;
/// Deepest place in a thread that is told.
const DEEPEST: u8 = 60;
/// Most messages of one listing.
pub const LISTED_LIMIT: usize = 4_000_000;

/// What a list shows of one message. Hostile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Its sequence number now.
    pub seq: u64,
    /// UID.
    pub uid: Option<u64>,
    /// FLAGS.
    pub flags: Option<Vec<String>>,
    /// RFC822.SIZE.
    pub size: Option<u64>,
    /// INTERNALDATE as sent.
    pub arrived: String,
    /// The first address of From, decoded: its name, else the address.
    pub from: String,
    /// Subject, decoded.
    pub subject: String,
    /// An ENVELOPE was among it.
    pub envelope: bool,
}

/// `* 12 FETCH (...)`; `None`: it is none.
pub fn summary(frame: &Frame) -> Option<Summary> {
    let tree = tokenize(frame);
    let mut all = tree.tokens().skip(1);
    let seq = all.next()?.number()?;
    all.next().filter(|t| t.is_word("FETCH"))?;
    let mut items = all.next()?.list()?;
    let mut out = Summary {
        seq,
        ..Summary::default()
    };
    while let (Some(name), Some(value)) = (items.next(), items.next()) {
        if name.is_word("UID") {
            out.uid = value.number();
        } else if name.is_word("FLAGS") {
            let flags = value
                .list()
                .map(|list| list.take(FLAGS).map(|t| short(t.bytes())));
            out.flags = flags.map(Iterator::collect);
        } else if name.is_word("RFC822.SIZE") {
            out.size = value.number();
        } else if name.is_word("INTERNALDATE") {
            out.arrived = tokens::nvalue(value).map(|v| short(&v)).unwrap_or_default();
        } else if name.is_word("ENVELOPE") {
            envelope(&mut out, value);
        }
    }
    Some(out)
}

/// RFC 9051 section 7.5.2: date, subject, from, ...
fn envelope(out: &mut Summary, value: Token<'_>) {
    let Some(mut fields) = value.list() else {
        return;
    };
    out.envelope = true;
    let _date = fields.next();
    let subject = fields.next().and_then(tokens::nvalue);
    out.subject = subject.map(|s| short(&word::shown(&s))).unwrap_or_default();
    let from = fields.next().and_then(|list| list.list()?.next());
    out.from = from.map(sender).unwrap_or_default();
}

/// Name, else mailbox@host.
fn sender(address: Token<'_>) -> String {
    let Some(mut parts) = address.list() else {
        return String::new();
    };
    let mut next = || parts.next().and_then(tokens::nvalue);
    let (name, _route, mailbox, host) = (next(), next(), next(), next());
    match name.filter(|n| !n.is_empty()) {
        Some(name) => short(&word::shown(&name)),
        None => {
            let host = host.map(|h| [b"@".as_slice(), &h].concat());
            short(&[mailbox.unwrap_or_default(), host.unwrap_or_default()].concat())
        }
    }
}

fn short(bytes: &[u8]) -> String {
    // A character takes four octets at most.
    let some = bytes.get(..LONGEST * 4).unwrap_or(bytes);
    String::from_utf8_lossy(some)
        .chars()
        .take(LONGEST)
        .collect()
}

/// `* THREAD (2)(3 6 (4 23)(44 7 96))` (RFC 5256 section 4): numbers in order, and how deep each is.
pub fn threads(frame: &Frame) -> Option<Vec<(u64, u8)>> {
    let tree = tokenize(frame);
    let mut all = tree.tokens();
    all.next();
    all.next().filter(|t| t.is_word("THREAD"))?;
    let mut out = Vec::new();
    // Not recursive: how deep it goes is the server's choice.
    let mut open: Vec<(Tokens<'_>, u8)> = vec![(all, 0)];
    while let Some((mut here, mut depth)) = open.pop() {
        let mut below = None;
        for token in here.by_ref() {
            if let Some(list) = token.list() {
                below = Some(list);
                break;
            }
            if let Some(number) = token.number()
                && out.len() < LISTED_LIMIT
            {
                out.push((number, depth));
                depth = depth.saturating_add(1).min(DEEPEST);
            }
        }
        if let Some(list) = below {
            open.push((here, depth));
            open.push((list, depth));
        }
    }
    Some(out)
}

/// `* ESEARCH (TAG "A1") UID ALL 1:5,7` (RFC 9051 section 7.3.4): the numbers; none if it lists none.
pub fn esearch(frame: &Frame) -> Option<Vec<u64>> {
    let tree = tokenize(frame);
    let mut all = tree.tokens().skip(1);
    all.next().filter(|t| t.is_word("ESEARCH"))?;
    let mut items = all.filter(|t| t.list().is_none() && !t.is_word("UID"));
    while let (Some(name), Some(value)) = (items.next(), items.next()) {
        if name.is_word("ALL") {
            let set = SequenceSet::parse(value.atom()?)?;
            return Some(set.iter(u64::from(u32::MAX)).take(LISTED_LIMIT).collect());
        }
    }
    Some(Vec::new())
}

/// Which body section an announced literal is: behind `* 12 FETCH (UID 5 BODY[2]<0> {1000}` it is `2`.
/// With it, the UID and the sequence number that stand before it on the line.
pub fn announced_section(line: &[u8]) -> Option<Announced<'_>> {
    let upper = |word: &[u8], what: &[u8]| word.eq_ignore_ascii_case(what);
    let line = line.trim_ascii_end();
    let before = line.get(..memchr::memrchr(b'{', line)?)?;
    let before = before.strip_suffix(b"~").unwrap_or(before).trim_ascii_end();
    let open = memchr::memrchr(b'[', before)?;
    let close = memchr::memrchr(b']', before).filter(|at| *at > open)?;
    let name = before.get(..open)?;
    let name = name
        .rsplit(|b| b.is_ascii_whitespace() || *b == b'(')
        .next()?;
    if !upper(name, b"BODY") && !upper(name, b"BINARY") {
        return None;
    }
    let mut words = before.split(|b| b.is_ascii_whitespace() || *b == b'(');
    let mut seq = None;
    if words.next() == Some(b"*") {
        seq = words.next().and_then(number);
    }
    let mut uid = None;
    while let Some(word) = words.next() {
        if upper(word, b"UID") {
            uid = words.next().and_then(number);
        }
    }
    Some(Announced {
        section: before.get(open + 1..close)?,
        seq,
        uid,
        partial: before.get(close + 1..).is_some_and(|b| b.starts_with(b"<")),
    })
}

/// What stands before a literal of a FETCH response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced<'l> {
    /// The section: `HEADER`, `1.2`.
    pub section: &'l [u8],
    /// The message's sequence number, if it is on this line.
    pub seq: Option<u64>,
    /// Its UID, if that stands before the literal.
    pub uid: Option<u64>,
    /// An origin octet follows the section: it is part of it only.
    pub partial: bool,
}

/// The string that stands for `BODY[section]` in a FETCH response: `Some(None)` for NIL, and for a literal
/// that the frame did not keep.
pub fn body_string(frame: &Frame, section: &[u8]) -> Option<Option<Vec<u8>>> {
    let tree = tokenize(frame);
    let mut items = tree.tokens().nth(3)?.list()?;
    while let (Some(name), Some(value)) = (items.next(), items.next()) {
        let Some(atom) = name.atom() else { continue };
        let Some(open) = memchr::memchr(b'[', atom) else {
            continue;
        };
        let end = memchr::memrchr(b']', atom).unwrap_or(atom.len());
        let named = atom.get(open + 1..end).unwrap_or_default();
        if named.eq_ignore_ascii_case(section) {
            return Some(value.nstring().flatten().map(|v| v.into_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_a_list_is_short_and_decoded() {
        let line = b"* 12 FETCH (UID 77 FLAGS (\\Seen $Junk) INTERNALDATE \"03-Feb-2026 12:04:31 +0000\" \
            RFC822.SIZE 4711 ENVELOPE (NIL \"=?utf-8?q?Gr=C3=BC=C3=9Fe?=\" ((\"Ann\" NIL \"ann\" \"x.org\")) \
            NIL NIL NIL NIL NIL NIL NIL))\r\n";
        let row = summary(&Frame::from_line(line)).unwrap();
        assert_eq!((row.seq, row.uid, row.size), (12, Some(77), Some(4711)));
        assert_eq!((row.from.as_str(), row.subject.as_str()), ("Ann", "Grüße"));
        assert!(row.envelope);
        let bare = b"* 1 FETCH (ENVELOPE (NIL NIL ((NIL NIL \"bob\" \"x.org\")) NIL))\r\n";
        assert_eq!(summary(&Frame::from_line(bare)).unwrap().from, "bob@x.org");
        assert_eq!(summary(&Frame::from_line(b"* 1 EXPUNGE\r\n")), None);
    }

    #[test]
    fn threads_come_in_order_with_their_depth() {
        let line = b"* THREAD (2)(3 6 (4 23)(44 7 96))\r\n";
        let all = threads(&Frame::from_line(line)).unwrap();
        let expected = [
            (2, 0),
            (3, 0),
            (6, 1),
            (4, 2),
            (23, 3),
            (44, 2),
            (7, 3),
            (96, 4),
        ];
        assert_eq!(all, expected);
        // A thread whose root is not there (RFC 5256 section 4).
        let rootless = threads(&Frame::from_line(b"* THREAD ((3)(5))\r\n")).unwrap();
        assert_eq!(rootless, [(3, 0), (5, 0)]);
    }

    #[test]
    fn esearch_lists_sets() {
        let line = b"* ESEARCH (TAG \"A1\") UID COUNT 3 ALL 1:2,7\r\n";
        assert_eq!(esearch(&Frame::from_line(line)).unwrap(), [1, 2, 7]);
        let none = b"* ESEARCH (TAG \"A1\") UID\r\n";
        assert!(esearch(&Frame::from_line(none)).unwrap().is_empty());
    }

    #[test]
    fn a_literal_says_what_it_is() {
        let line = b"* 12 FETCH (UID 5 BODY[2.1]<0> {1000}\r\n";
        let said = announced_section(line).unwrap();
        assert_eq!(
            (said.section, said.seq, said.uid),
            (&b"2.1"[..], Some(12), Some(5))
        );
        assert!(said.partial);
        let late = b" FLAGS () body[HEADER] {10}\r\n";
        assert_eq!(announced_section(late).unwrap().section, b"HEADER");
        assert_eq!(
            announced_section(b"* 1 FETCH (ENVELOPE (NIL {10}\r\n"),
            None
        );
    }
}
