//! BODYSTRUCTURE and BODY (RFC 9051 section 7.5.2), as a tree and as a list of parts.
//!
//! Lenient: Exchange sends `(NIL "mixed" ...)` for a multipart without parts, others NIL for what must
//! be a string, or a size of -1. What does not fit is shown as it passed.

use super::outline::{Outline, Row, RowKind, Tone};
use super::{envelope, tokens, word};
use crate::wire::token::{Token, TokenKind, Tokens};

/// Deepest part that is taken apart.
const DEEPEST: usize = 30;

/// What a BODYSTRUCTURE says of one part that has content of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// Its section number: `1.2`.
    pub number: String,
    /// `text/plain`, lower case.
    pub media: String,
    /// The parameter charset.
    pub charset: Option<String>,
    /// Content transfer encoding, as sent.
    pub encoding: String,
    /// Its file name.
    pub name: Option<String>,
    /// Its octets, encoded as they are.
    pub size: Option<u64>,
    /// It is meant to be kept, not read.
    pub attachment: bool,
}

/// The tree; false if it is no list.
pub(super) fn read(outline: &mut Outline, depth: usize, body: Token<'_>) -> bool {
    let mut reading = Reading {
        outline,
        base: depth,
        listed: Vec::new(),
        pointing: false,
    };
    if body.list().is_none() {
        return false;
    }
    reading.body(body, "", 0, true);
    true
}

/// The parts that have content, for somebody who holds the content of one.
pub fn parts(body: Token<'_>) -> Vec<Listed> {
    tree(body).1
}

/// The tree as rows, and the parts that have content: [`Row::part`] is an index into them.
pub fn tree(body: Token<'_>) -> (Outline, Vec<Listed>) {
    let mut outline = Outline::default();
    let mut reading = Reading {
        outline: &mut outline,
        base: 0,
        listed: Vec::new(),
        pointing: true,
    };
    if body.list().is_some() {
        reading.body(body, "", 0, true);
    }
    let listed = reading.listed;
    (outline, listed)
}

struct Reading<'o> {
    outline: &'o mut Outline,
    base: usize,
    listed: Vec<Listed>,
    /// Rows say which part they stand for.
    pointing: bool,
}

type Parameters = Vec<(String, String)>;

impl Reading<'_> {
    /// `number`: of this body; empty for the message's own. `whole`: it is all of a message.
    fn body(&mut self, body: Token<'_>, number: &str, level: usize, whole: bool) {
        let Some(items) = body.list().filter(|_| level < DEEPEST) else {
            let shown = tokens::shown(body);
            self.row(number, level, vec![shown], Tone::Warning, None);
            return;
        };
        // A media type is a string; a list in its place is the first part of a multipart, and NIL stands
        // for no part at all.
        match items.clone().next() {
            Some(first) if first.kind() == TokenKind::List || first.is_nil() => {
                self.multipart(items, number, level);
            }
            Some(_) => self.single(items, number, level, whole),
            None => self.row(number, level, vec![b"()".to_vec()], Tone::Warning, None),
        }
    }

    fn multipart(&mut self, mut items: Tokens<'_>, number: &str, level: usize) {
        let mut parts = Vec::new();
        let mut subtype = None;
        for item in items.by_ref() {
            match item.kind() {
                TokenKind::List => parts.push(item),
                _ if item.is_nil() && parts.is_empty() => {}
                _ => {
                    subtype = Some(tokens::value(item));
                    break;
                }
            }
        }
        let parameters = items.next().map(pairs).unwrap_or_default();
        let (disposition, _) = items.next().map(disposition).unwrap_or_default();
        let media = media(b"multipart", &subtype.unwrap_or_else(|| b"?".to_vec()));
        let count = match parts.len() {
            0 => "no parts".to_owned(),
            1 => "1 part".to_owned(),
            n => format!("{n} parts"),
        };
        let boundary = find(&parameters, "boundary").map(|b| format!("boundary {b}"));
        let about = [count, disposition, boundary.unwrap_or_default()];
        self.row(
            number,
            level,
            vec![media.into_bytes(), Vec::new(), Vec::new(), join(&about)],
            Tone::Plain,
            None,
        );
        self.rest(items, level);
        for (at, part) in parts.into_iter().enumerate() {
            let number = match number {
                "" => (at + 1).to_string(),
                above => format!("{above}.{}", at + 1),
            };
            self.body(part, &number, level + 1, false);
        }
    }

    fn single(&mut self, mut items: Tokens<'_>, number: &str, level: usize, whole: bool) {
        let mut next = || items.next();
        let (kind, subtype) = (next(), next());
        let parameters = next().map(pairs).unwrap_or_default();
        let (_id, description) = (next(), next().and_then(tokens::nvalue));
        let encoding = next().and_then(tokens::nvalue).unwrap_or_default();
        let size = next().map(tokens::value).unwrap_or_default();
        let value = |token: Option<Token<'_>>| token.map(tokens::value).unwrap_or_default();
        let media = media(&value(kind), &value(subtype));
        // RFC 9051 section 6.4.5: the only part of a message is its part 1.
        let own = match (number, whole) {
            ("", _) => "1".to_owned(),
            (above, true) => format!("{above}.1"),
            (above, false) => above.to_owned(),
        };
        let message = matches!(media.as_str(), "message/rfc822" | "message/global");
        let inner = message.then(|| (items.next(), items.next()));
        let lines = if message || media.starts_with("text/") {
            items.next().map(tokens::value)
        } else {
            None
        };
        let _md5 = items.next();
        let (disposed, file) = items.next().map(disposition).unwrap_or_default();
        let name = file.or_else(|| find(&parameters, "name").map(str::to_owned));
        let charset = find(&parameters, "charset");
        let attachment = disposed == "attachment";
        let octets = std::str::from_utf8(&size).ok().and_then(|s| s.parse().ok());
        let mut sizes = size;
        sizes.extend_from_slice(b" octets");
        if let Some(lines) = lines {
            sizes.extend_from_slice(b", ");
            sizes.extend_from_slice(&lines);
            sizes.extend_from_slice(b" lines");
        }
        let about = [
            name.as_ref()
                .map(|n| format!("\"{n}\""))
                .unwrap_or_default(),
            charset.map(str::to_owned).unwrap_or_default(),
            disposed,
            String::from_utf8_lossy(&word::shown(&description.unwrap_or_default())).into_owned(),
        ];
        self.row(
            &own,
            level,
            vec![
                media.clone().into_bytes(),
                sizes,
                encoding.clone(),
                join(&about),
            ],
            Tone::Plain,
            Some(self.listed.len()),
        );
        self.listed.push(Listed {
            number: own.clone(),
            media,
            charset: charset.map(str::to_owned),
            encoding: String::from_utf8_lossy(&encoding).into_owned(),
            name,
            size: octets,
            attachment,
        });
        self.rest(items, level);
        if let Some((envelope, body)) = inner {
            if let Some(envelope) = envelope {
                envelope::read(self.outline, self.base + level + 2, envelope);
            }
            if let Some(body) = body {
                self.body(body, &own, level + 1, true);
            }
        }
    }

    /// Language and location, where they say something.
    fn rest(&mut self, items: Tokens<'_>, level: usize) {
        let names = ["language", "location"]
            .into_iter()
            .chain(std::iter::repeat("more"));
        for (name, item) in names.zip(items).filter(|(_, item)| !item.is_nil()).take(20) {
            let value = match item.list() {
                Some(words) => tokens::joined(words),
                None => tokens::value(item),
            };
            self.outline.field(self.base + level + 2, name, value);
        }
    }

    fn row(
        &mut self,
        number: &str,
        level: usize,
        mut cells: Vec<Vec<u8>>,
        tone: Tone,
        part: Option<usize>,
    ) {
        let first = cells.first_mut().map(std::mem::take).unwrap_or_default();
        let number = if number.is_empty() { "-" } else { number };
        // The indentation is part of the first cell, so that the columns behind it stay aligned.
        let name = format!("{}{number}  ", "  ".repeat(level));
        if let Some(cell) = cells.first_mut() {
            *cell = [name.into_bytes(), first].concat();
        }
        self.outline.push(Row {
            depth: self.base,
            kind: RowKind::Cells,
            cells,
            tone,
            part: part.filter(|_| self.pointing),
        });
    }
}

fn media(kind: &[u8], subtype: &[u8]) -> String {
    let word = |w: &[u8]| String::from_utf8_lossy(w).to_ascii_lowercase();
    format!("{}/{}", word(kind), word(subtype))
}

/// `("name" "value" ...)`, RFC 2231 taken off. NIL for a value is an empty one.
fn pairs(token: Token<'_>) -> Parameters {
    let Some(mut list) = token.list() else {
        return Vec::new();
    };
    let mut raw = Vec::new();
    while let (Some(name), Some(value)) = (list.next(), list.next()) {
        raw.push((
            tokens::value(name),
            tokens::nvalue(value).unwrap_or_default(),
        ));
    }
    word::parameters(&raw)
}

fn find<'p>(parameters: &'p Parameters, name: &str) -> Option<&'p str> {
    let found = parameters.iter().find(|(n, _)| n == name);
    found
        .map(|(_, value)| value.as_str())
        .filter(|v| !v.is_empty())
}

/// `("attachment" ("filename" "a.eml"))`: the word, and the file name.
fn disposition(token: Token<'_>) -> (String, Option<String>) {
    let Some(mut list) = token.list() else {
        return (String::new(), None);
    };
    let word = list.next().map(tokens::value).unwrap_or_default();
    let parameters = list.next().map(pairs).unwrap_or_default();
    let name = find(&parameters, "filename").map(str::to_owned);
    (String::from_utf8_lossy(&word).to_ascii_lowercase(), name)
}

fn join(words: &[String]) -> Vec<u8> {
    let said: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|w| !w.is_empty())
        .collect();
    said.join("  ").into_bytes()
}
