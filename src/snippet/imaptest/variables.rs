//! `$name`: what is set, and what it is in a command.

use std::collections::BTreeMap;
use std::ops::Range;

use super::book::Segment;
use crate::snippet::value::Value;

/// All that `$` can stand for. One set for all connections.
#[derive(Debug, Default)]
pub struct Variables {
    /// By name.
    pub set: BTreeMap<String, Value>,
    /// Set while a reply is compared: taken back if it does not match.
    pub(super) added: Vec<String>,
    /// The highest `$modseqN` seen: N and its value.
    pub(super) modseq: (u32, u64),
    /// What `$tag` is now.
    pub tag: Option<Vec<u8>>,
    /// Where the messages are now that had the numbers 1, 2, ... when the group began; 0: expunged.
    pub numbers: Vec<u32>,
}

/// What stands behind a `$`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// `$$`
    Dollar,
    /// `$` alone.
    Any,
    /// `$3`
    Number(usize),
    /// `${case:text}`
    Case(Vec<u8>),
    /// `$name`, `${name}`
    Called(String),
}

/// Reads what stands behind a `$`: what it is, and how many octets. `None`: `${` without `}`.
pub(super) fn name(text: &[u8]) -> Option<(Name, usize)> {
    let (name, length) = match text {
        [b'$', ..] => return Some((Name::Dollar, 1)),
        [b'{', inside @ ..] => {
            let end = inside.iter().position(|octet| *octet == b'}')?;
            (inside.get(..end)?, end + 2)
        }
        _ => {
            let word = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'_';
            let end = text.iter().position(|octet| !word(octet));
            let end = end.unwrap_or(text.len());
            (text.get(..end)?, end)
        }
    };
    if let Some(text) = name.strip_prefix(b"case:") {
        return Some((Name::Case(text.to_vec()), length));
    }
    let name = String::from_utf8_lossy(name).into_owned();
    let number = match name.bytes().all(|octet| octet.is_ascii_digit()) {
        true => name.parse().ok(),
        false => None,
    };
    let name = match number {
        Some(number) => Name::Number(number),
        None if name.is_empty() => Name::Any,
        None => Name::Called(name),
    };
    Some((name, length))
}

/// A command in which all is known.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sendable {
    /// Its parts: octets, which of them are secret; a literal is one part.
    pub parts: Vec<Part>,
    /// The variable that was not set, or may not stand there: what follows it is cut off.
    pub trouble: Option<String>,
}

/// A part of a command.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// Text.
    Text {
        /// Its octets.
        octets: Vec<u8>,
        /// Which of them nobody may see.
        secret: Vec<Range<usize>>,
    },
    /// A literal.
    Literal {
        /// Its octets.
        octets: Vec<u8>,
        /// `~{n}`
        binary: bool,
        /// Nobody may see them.
        secret: bool,
    },
}

/// A text with its variables put in: its octets, which of them are secret, and a variable that is not set.
type Expanded = (Vec<u8>, Vec<Range<usize>>, Option<String>);

impl Variables {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<Value> {
        match (name, &self.tag) {
            ("tag", Some(tag)) => Some(Value::octets(tag.clone())),
            _ => self.set.get(name).cloned(),
        }
    }

    /// Where message `number` of the group's beginning is now.
    pub(super) fn message(&self, number: usize) -> String {
        match number.checked_sub(1).map(|at| self.numbers.get(at)) {
            None => "<zero seq>".to_owned(),
            Some(None) => "<out of range>".to_owned(),
            Some(Some(0)) => "<expunged>".to_owned(),
            Some(Some(now)) => now.to_string(),
        }
    }

    /// The message `gone` was expunged.
    pub fn expunged(&mut self, gone: u32) {
        for number in &mut self.numbers {
            if *number == gone {
                *number = 0;
            } else if *number > gone {
                *number -= 1;
            }
        }
    }

    /// A group begins on a connection with so many messages.
    pub fn renumber(&mut self, messages: usize) {
        let messages = u32::try_from(messages).unwrap_or(u32::MAX);
        self.numbers = (1..=messages).collect();
    }

    /// A command as it goes out. What cannot be known ends it.
    pub fn sendable(&self, text: &[Segment]) -> Sendable {
        let mut out = Sendable::default();
        for segment in text {
            let (source, in_line) = match segment {
                Segment::Text(text) => (text, true),
                Segment::Literal { octets, .. } => (octets, false),
            };
            let (octets, secret, trouble) = self.expanded(source, in_line);
            out.parts.push(match segment {
                Segment::Text(_) => Part::Text { octets, secret },
                Segment::Literal { binary, .. } => Part::Literal {
                    octets,
                    binary: *binary,
                    secret: !secret.is_empty(),
                },
            });
            if trouble.is_some() {
                out.trouble = trouble;
                break;
            }
        }
        out
    }

    /// A text for people, secrets masked; what is not set stays as it is written.
    pub fn shown(&self, text: &[u8]) -> String {
        let mut out = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.iter().position(|octet| *octet == b'$') {
            let (before, behind) = (rest.get(..at), rest.get(at + 1..).unwrap_or_default());
            out.extend_from_slice(before.unwrap_or_default());
            let Some((name, length)) = name(behind) else {
                break;
            };
            match name {
                Name::Dollar => out.push(b'$'),
                Name::Number(number) => out.extend_from_slice(self.message(number).as_bytes()),
                Name::Case(text) => out.extend_from_slice(&text),
                Name::Called(name) if self.get(&name).is_some() => {
                    let value = self.get(&name).unwrap_or_default();
                    out.extend_from_slice(value.shown().as_bytes());
                }
                Name::Any | Name::Called(_) => {
                    out.push(b'$');
                    out.extend_from_slice(behind.get(..length).unwrap_or_default());
                }
            }
            rest = behind.get(length..).unwrap_or_default();
        }
        out.extend_from_slice(rest);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn expanded(&self, text: &[u8], in_line: bool) -> Expanded {
        let (mut out, mut secret) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some(at) = rest.iter().position(|octet| *octet == b'$') {
            let behind = rest.get(at + 1..).unwrap_or_default();
            out.extend_from_slice(rest.get(..at).unwrap_or_default());
            if behind.is_empty() {
                out.push(b'$');
                return (out, secret, None);
            }
            let Some((name, length)) = name(behind) else {
                return (out, secret, Some("${ without its }".to_owned()));
            };
            match name {
                Name::Dollar => out.push(b'$'),
                Name::Number(number) => out.extend_from_slice(self.message(number).as_bytes()),
                Name::Case(_) => {
                    return (
                        out,
                        secret,
                        Some("${case:} stands in replies only".to_owned()),
                    );
                }
                Name::Any => {
                    return (
                        out,
                        secret,
                        Some("a lone $ has no value: $$ is the character".to_owned()),
                    );
                }
                Name::Called(name) => {
                    let Some(value) = self.get(&name) else {
                        return (out, secret, Some(format!("the variable {name} is not set")));
                    };
                    // What the server sent must not become a second command.
                    if in_line && value.bytes.iter().any(|octet| b"\r\n\0".contains(octet)) {
                        let trouble = format!("the variable {name} holds a line end or NUL");
                        return (out, secret, Some(trouble));
                    }
                    if value.secret {
                        secret.push(out.len()..out.len() + value.bytes.len());
                    }
                    out.extend_from_slice(&value.bytes);
                }
            }
            rest = behind.get(length..).unwrap_or_default();
        }
        out.extend_from_slice(rest);
        (out, secret, None)
    }
}
