//! Which octets of a command are a password or a SASL response.
//!
//! Two commands carry secrets: LOGIN (RFC 9051 section 6.2.3), whose second argument is the password,
//! and AUTHENTICATE (section 6.2.2), whose initial response (RFC 4959) may hold it. Whatever comes
//! behind their first argument is secret, well-formed or not: `LOGIN craig se cret` is a mistake, and
//! the password is in it all the same.

use std::ops::Range;

use super::command::{Command, CommandPart, TagChoice};
use super::{Origin, Tag};

/// Marks the secret octets of `command`: ranges of text, and whole literals.
///
/// A line that goes as it was typed is read with and without a tag: `LOGIN craig secret` without one
/// is a mistake that a server answers with BAD, and the password must not be shown for it.
pub fn mark_secrets(command: &mut Command) {
    for has_tag in readings(command) {
        let mut reader = Reader::new(has_tag);
        for part in &mut command.parts {
            match part {
                CommandPart::Text { bytes, secret } => {
                    if let Some(from) = reader.text(bytes) {
                        add(secret, from..bytes.len());
                    }
                }
                CommandPart::Literal { secret, .. } | CommandPart::OpenLiteral { secret, .. } => {
                    *secret |= reader.literal();
                }
            }
        }
    }
}

/// Whether everything that the user gives by hand behind the last part of `command` (the octets of
/// an open literal, the rest of its line, further literals) must be taken for secret.
///
/// After `LOGIN {5}` the open literal is the user name ([`CommandPart::OpenLiteral`] tells), and what
/// follows it is the password.
pub fn secrets_follow(command: &Command) -> bool {
    readings(command).into_iter().any(|has_tag| {
        let mut reader = Reader::new(has_tag);
        for part in &command.parts {
            match part {
                CommandPart::Text { bytes, .. } => {
                    reader.text(bytes);
                }
                CommandPart::Literal { .. } | CommandPart::OpenLiteral { .. } => {
                    reader.literal();
                }
            }
        }
        matches!(reader.place, Place::Argument(_) | Place::Behind(_))
    })
}

/// Finds the secrets of one command that somebody else sent, as its bytes pass: what a log of it must
/// not show. The line is read with and without a tag before the command.
#[derive(Debug)]
pub struct Masker {
    readers: [Reader; 2],
}

impl Default for Masker {
    fn default() -> Masker {
        Masker {
            readers: [Reader::new(true), Reader::new(false)],
        }
    }
}

impl Masker {
    /// The next text of the command, line end and literal announcement off: from where on it is secret.
    pub fn text(&mut self, bytes: &[u8]) -> Option<usize> {
        let from = self.readers.iter_mut().filter_map(|r| r.text(bytes));
        from.min()
    }

    /// Steps over a literal; returns whether its octets are secret.
    pub fn literal(&mut self) -> bool {
        // Both must step.
        self.readers
            .iter_mut()
            .fold(false, |secret, reader| reader.literal() | secret)
    }
}

/// The secret octets of one line, with the tag before the command (`has_tag`) or without.
pub fn secret_ranges(tag_and_line: &[u8], has_tag: bool) -> Vec<Range<usize>> {
    let from = Reader::new(has_tag).text(tag_and_line);
    from.map(|from| from..tag_and_line.len())
        .into_iter()
        .collect()
}

/// Fuzz entry: any bytes as a command in every way to tag it; must end, and only mark what is there.
pub fn fuzz_secrets(data: &[u8]) {
    let tags = [TagChoice::Generated, TagChoice::AsTyped];
    for tag in tags {
        let parts = data
            .split(|b| *b == b'\n')
            .enumerate()
            .map(|(index, bytes)| {
                let bytes = bytes.to_vec();
                if index % 2 == 0 {
                    CommandPart::Text {
                        bytes,
                        secret: Vec::new(),
                    }
                } else {
                    let choice = super::LiteralChoice::Auto;
                    CommandPart::Literal {
                        bytes,
                        choice,
                        binary: false,
                        secret: false,
                    }
                }
            });
        let mut command = Command {
            origin: Origin::User,
            tag,
            parts: parts.collect(),
        };
        mark_secrets(&mut command);
        let _ = secrets_follow(&command);
        for part in &command.parts {
            if let CommandPart::Text { bytes, secret } = part {
                assert!(
                    secret
                        .iter()
                        .all(|r| r.start < r.end && r.end <= bytes.len())
                );
                let _ = super::command::masked(bytes, secret);
            }
        }
    }
}

/// The ways to read the command: `true` with a tag as the first word.
fn readings(command: &Command) -> Vec<bool> {
    if command.tag == TagChoice::AsTyped {
        return vec![true, false];
    }
    // `a+1 LOGIN ...`: what was meant as a tag and is none went into the command.
    let first = command.parts.first().map(|part| match part {
        CommandPart::Text { bytes, .. } => first_word(bytes),
        CommandPart::Literal { .. } | CommandPart::OpenLiteral { .. } => b"",
    });
    match first {
        Some(word) if !word.is_empty() && Tag::new(word).is_none() => vec![true, false],
        _ => vec![false],
    }
}

fn first_word(bytes: &[u8]) -> &[u8] {
    let mut words = bytes
        .split(u8::is_ascii_whitespace)
        .filter(|w| !w.is_empty());
    words.next().unwrap_or_default()
}

/// Adds `range`, which reaches to the end of the text, to ranges in order.
fn add(secret: &mut Vec<Range<usize>>, range: Range<usize>) {
    if secret
        .iter()
        .any(|r| r.start <= range.start && r.end >= range.end)
    {
        return;
    }
    let start = secret
        .iter()
        .filter(|r| r.end >= range.start)
        .map(|r| r.start)
        .fold(range.start, usize::min);
    secret.retain(|r| r.end < start);
    secret.push(start..range.end);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Login,
    Authenticate,
}

/// Where in a command we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the tag or the verb.
    Start,
    /// Before the user name or the mechanism.
    Argument(Verb),
    /// Behind it: all secret.
    Behind(Verb),
    /// In a command without secrets.
    Harmless,
}

#[derive(Debug)]
struct Reader {
    has_tag: bool,
    place: Place,
}

impl Reader {
    fn new(has_tag: bool) -> Reader {
        Reader {
            has_tag,
            place: Place::Start,
        }
    }

    /// Reads the next text; returns where its secret begins, which goes on to the end.
    fn text(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        if self.place == Place::Start {
            at = self.verb(bytes);
        }
        if let Place::Argument(verb) = self.place {
            at = skip_space(bytes, at);
            if at == bytes.len() {
                return None;
            }
            self.place = Place::Behind(verb);
            // Without a closing quote nobody can say where the user name ends.
            let Some(behind) = argument_end(bytes, at) else {
                return Some(at);
            };
            at = behind;
        }
        let Place::Behind(verb) = self.place else {
            return None;
        };
        at = skip_space(bytes, at);
        let rest = bytes.get(at..).unwrap_or_default();
        // `=` is an empty initial response (RFC 4959 section 3).
        let nothing =
            rest.is_empty() || (verb == Verb::Authenticate && rest.trim_ascii_end() == b"=");
        (!nothing).then_some(at)
    }

    /// Steps over a literal; returns whether its octets are secret.
    fn literal(&mut self) -> bool {
        match self.place {
            Place::Start => self.place = Place::Harmless,
            Place::Argument(verb) => self.place = Place::Behind(verb),
            Place::Behind(_) => return true,
            Place::Harmless => {}
        }
        false
    }

    /// Steps over tag and verb; returns the offset behind the verb.
    fn verb(&mut self, bytes: &[u8]) -> usize {
        let mut at = skip_space(bytes, 0);
        if self.has_tag {
            let rest = bytes.get(at..).unwrap_or_default();
            at += rest
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap_or(rest.len());
            at = skip_space(bytes, at);
        }
        let rest = bytes.get(at..).unwrap_or_default();
        // `LOGIN"craig"` is no good command, but it holds a password.
        let ends = |b: &u8| b.is_ascii_whitespace() || b"\"({".contains(b);
        let end = rest.iter().position(ends).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        self.place = if word.eq_ignore_ascii_case(b"LOGIN") {
            Place::Argument(Verb::Login)
        } else if word.eq_ignore_ascii_case(b"AUTHENTICATE") {
            Place::Argument(Verb::Authenticate)
        } else {
            Place::Harmless
        };
        at + end
    }
}

fn skip_space(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|b| b.is_ascii_whitespace()).count()
}

/// Behind the atom or quoted string at `from`; `None` if its quote is never closed.
fn argument_end(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    if rest.first() != Some(&b'"') {
        let ends = |b: &u8| b.is_ascii_whitespace() || *b == b'"';
        return Some(from + rest.iter().position(ends).unwrap_or(rest.len()));
    }
    let mut escaped = false;
    for (offset, &byte) in rest.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(from + offset + 1),
            _ => {}
        }
    }
    None
}
