//! Replies as lines of a snippet.

use super::is_volatile;
use crate::compare::volatile;
use crate::snippet::reply::{Element, Reply, ReplyBuilder};
use crate::snippet::substitute;
use crate::wire::{Direction, Framer};

/// Longest literal that is written out, in octets.
const LITERAL: usize = 64 * 1024;
/// Longest quoted string that is written.
const QUOTED: usize = 500;

/// A whole reply out of its octets.
pub(super) fn read(octets: &[u8]) -> Option<Reply> {
    let (mut framer, mut builder) = (Framer::new(Direction::Server), ReplyBuilder::default());
    let mut input = octets;
    while let Some(piece) = framer.next(&mut input) {
        if let Some(reply) = builder.push(&piece) {
            return Some(reply);
        }
    }
    None
}

/// Writes replies, and knows which variables there are.
pub(super) struct Writer {
    /// Name and value of each.
    names: Vec<(String, Vec<u8>)>,
    /// Something is written: counts are others when it is done again.
    changes: bool,
}

impl Writer {
    pub(super) fn new(changes: bool) -> Writer {
        Writer {
            names: Vec::new(),
            changes,
        }
    }

    /// A command; UIDs that the server told are taken from there.
    pub(super) fn command(&self, text: &str, verb: &str) -> String {
        let known = crate::catalog::find(verb).is_some();
        let text = match verb.starts_with("UID ") && !text.contains('\n') {
            true => {
                let words = text.split(' ').map(|word| {
                    let uid = self.uid(word.as_bytes());
                    uid.unwrap_or_else(|| word.to_owned())
                });
                words.collect::<Vec<_>>().join(" ")
            }
            false => text.to_owned(),
        };
        match known {
            true => text,
            false => format!("tag1 {text}"),
        }
    }

    /// The variable that a UID was told in.
    fn uid(&self, value: &[u8]) -> Option<String> {
        let own = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()) == "uid";
        let found = self.names.iter().find(|(name, v)| own(name) && v == value);
        found.map(|(name, _)| format!("${{{name}}}"))
    }

    /// A line for an untagged reply.
    pub(super) fn untagged(&mut self, reply: &Reply, verb: &str) -> String {
        let kind = reply.kind();
        let mut mark = "*";
        let mut elements = reply.elements.clone();
        elements.truncate(reply.text_from);
        // Doing it again may change nothing any more, and then nothing is told.
        let unsure = matches!(verb, "STORE" | "UID STORE" | "IDLE" | "NOOP" | "CHECK")
            || matches!(elements.get(1), Some(Element::Code(code)) if is_named(code, "UNSEEN"));
        if unsure {
            mark = "?";
        }
        if kind == "FETCH" && verb.ends_with("FETCH") && self.flags_unasked(&mut elements) {
            mark = "?";
        }
        let mut out = vec![mark.to_owned()];
        match kind.as_str() {
            "RECENT" => out.push(format!("${{_}} {kind}")),
            "EXISTS" if self.changes => out.push(format!("${{_}} {kind}")),
            "FETCH" if self.changes => {
                out.push("${_}".to_owned());
                out.extend(elements.iter().skip(1).map(|e| self.element(e)));
            }
            "STATUS" => {
                let last = elements.pop();
                out.extend(elements.iter().map(|e| self.element(e)));
                if let Some(Element::List(items)) = last {
                    out.push(format!("({})", self.pairs(&items, self.changes)));
                }
            }
            "ESEARCH" => {
                out.push(kind);
                let mut rest = elements.iter().skip(1).peekable();
                if matches!(rest.peek(), Some(Element::List(_))) {
                    out.push("${_}".to_owned());
                    rest.next();
                }
                let rest: Vec<Element> = rest.cloned().collect();
                out.push(self.run(&rest));
            }
            _ => out.push(self.run(&elements)),
        }
        out.retain(|word| !word.is_empty());
        format!("{}\n", out.join(" "))
    }

    /// The line for a tagged reply: its status and code; the text is the server's own.
    pub(super) fn result(&mut self, reply: &Reply) -> String {
        let mut elements = reply.elements.clone();
        elements.truncate(reply.text_from);
        format!("{}\n", self.run(&elements))
    }

    /// FLAGS of a FETCH that only come because it has set \Seen. True: nothing else is in it.
    fn flags_unasked(&self, elements: &mut [Element]) -> bool {
        let Some(Element::List(items)) = elements.get_mut(2) else {
            return false;
        };
        let has = |items: &[Element], name: &str| {
            items.chunks(2).any(|pair| {
                pair.first()
                    .and_then(Element::value)
                    .is_some_and(|v| v.eq_ignore_ascii_case(name.as_bytes()))
            })
        };
        let body = items.chunks(2).any(|pair| {
            let name = pair.first().and_then(Element::value).unwrap_or_default();
            name.get(..5)
                .is_some_and(|n| n.eq_ignore_ascii_case(b"BODY["))
        });
        if items.len() == 2 && has(items, "FLAGS") {
            return true;
        }
        if body && has(items, "FLAGS") {
            let kept: Vec<Element> = items
                .chunks(2)
                .filter(|pair| {
                    !pair
                        .first()
                        .and_then(Element::value)
                        .is_some_and(|v| v.eq_ignore_ascii_case(b"FLAGS"))
                })
                .flatten()
                .cloned()
                .collect();
            *items = kept;
        }
        false
    }

    /// Elements one behind the other; what a volatile name stands before is a variable.
    fn run(&mut self, elements: &[Element]) -> String {
        self.pairs(elements, false)
    }

    /// The same. `all`: numbers behind any name are variables.
    fn pairs(&mut self, elements: &[Element], all: bool) -> String {
        let mut out = Vec::new();
        let mut before = String::new();
        for element in elements {
            let numeric = element
                .value()
                .is_some_and(|v| !v.is_empty() && v.iter().all(u8::is_ascii_digit));
            let open = is_volatile(&before)
                || before.eq_ignore_ascii_case("MODSEQ")
                || all && numeric && !before.is_empty();
            let uid = element
                .value()
                .filter(|_| before.eq_ignore_ascii_case("UID"))
                .and_then(|v| self.uid(v));
            out.push(match open {
                _ if uid.is_some() => uid.unwrap_or_default(),
                true => self.variable(&before.to_ascii_lowercase(), element),
                false => self.element(element),
            });
            before = match element {
                Element::Atom(word) => String::from_utf8_lossy(word).into_owned(),
                _ => String::new(),
            };
        }
        out.join(" ")
    }

    fn element(&mut self, element: &Element) -> String {
        match element {
            Element::Atom(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) if !text.contains(char::is_control) => text.replace("${", "$${"),
                _ => "${_}".to_owned(),
            },
            Element::String(bytes) => string(bytes),
            Element::List(inner) => {
                // The next session is not told of it again (RFC 3501 section 2.3.2).
                let recent = |e: &&Element| matches!(e, Element::Atom(a) if a.eq_ignore_ascii_case(b"\\Recent"));
                let kept: Vec<Element> = inner.iter().filter(|e| !recent(e)).cloned().collect();
                format!("({})", self.run(&kept))
            }
            Element::Code(inner) => format!("[{}]", self.code(inner)),
            Element::TooLong(_) => "${_}".to_owned(),
        }
    }

    fn code(&mut self, inner: &[Element]) -> String {
        let name = inner.first().and_then(Element::value).unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        if !volatile::RESULTS
            .iter()
            .any(|n| name.eq_ignore_ascii_case(n))
        {
            return self.run(inner);
        }
        // APPENDUID uidvalidity uids; COPYUID uidvalidity from to.
        let kinds = ["uidvalidity", "uid", "uid"];
        let mut out = vec![name];
        for (element, kind) in inner.iter().skip(1).zip(kinds) {
            out.push(self.variable(kind, element));
        }
        out.join(" ")
    }

    /// A variable for a value: the same one for the same value of the same kind.
    fn variable(&mut self, kind: &str, element: &Element) -> String {
        let mut value = Vec::new();
        element.written(&mut value);
        let own = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()) == kind;
        if let Some((name, _)) = self.names.iter().find(|(name, v)| own(name) && *v == value) {
            return format!("${{{name}}}");
        }
        let count = self.names.iter().filter(|(name, _)| own(name)).count();
        let name = match count {
            0 => kind.to_owned(),
            n => format!("{kind}{}", n + 1),
        };
        self.names.push((name.clone(), value));
        format!("${{{name}}}")
    }
}

fn is_named(code: &[Element], name: &str) -> bool {
    code.first()
        .and_then(Element::value)
        .is_some_and(|v| v.eq_ignore_ascii_case(name.as_bytes()))
}

fn string(bytes: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return "${_}".to_owned();
    };
    // What would play with a terminal is not put into a file that people look at.
    if text.contains(|c: char| c.is_control() && !"\r\n\t".contains(c)) {
        return "${_}".to_owned();
    }
    let lines = text.contains(['\r', '\n', '\0']);
    if !lines && text.len() <= QUOTED {
        let escaped = text
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace("${", "$${");
        return format!("\"{escaped}\"");
    }
    match text.len() <= LITERAL {
        true => substitute::block(text, false).unwrap_or_else(|| "${_}".to_owned()),
        false => "${_}".to_owned(),
    }
}
