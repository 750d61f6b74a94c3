//! One word or string against one that is expected, with variables in it.

use super::{Attempt, Place};
use crate::snippet::script::{Form, Piece, Span, Template};
use crate::snippet::value::Value;
use crate::wire::MailboxName;

impl Attempt<'_, '_> {
    /// Compares octets with a template; sets what is unset. `atom`: they stand there bare.
    pub(super) fn words(
        &mut self,
        template: &Template,
        bytes: &[u8],
        atom: bool,
        place: Place,
    ) -> bool {
        let before = self.captures.len();
        if self.run(template, bytes, atom, place) {
            return true;
        }
        self.captures.truncate(before);
        // A name is the same however it travels: modified UTF-7, or UTF-8.
        let shown = MailboxName::from_wire(bytes).shown();
        if shown.as_bytes() != bytes && self.run(template, shown.as_bytes(), atom, place) {
            return true;
        }
        self.captures.truncate(before);
        place.mailbox
            && bytes.eq_ignore_ascii_case(b"INBOX")
            && self
                .known(template)
                .is_some_and(|wanted| wanted.eq_ignore_ascii_case(b"INBOX"))
    }

    fn run(&mut self, template: &Template, bytes: &[u8], atom: bool, place: Place) -> bool {
        let mut rest = bytes;
        for (index, piece) in template.iter().enumerate() {
            let behind = template.get(index + 1);
            let taken = match piece {
                Piece::Text(text, _) => {
                    let exact = place.case && !self.imaptest();
                    match begins(rest, text.as_bytes(), exact) {
                        true => Some(text.len()),
                        false => None,
                    }
                }
                Piece::Var(var) if var.form == Form::Case => {
                    begins(rest, var.name.as_bytes(), true).then_some(var.name.len())
                }
                Piece::Var(var) if var.name == "_" => Some(upto(rest, behind)),
                Piece::Var(var) => {
                    let value = self.lookup(&var.name).map(|v| v.bytes.clone());
                    let default = var.default.as_ref().map(|d| d.clone().into_bytes());
                    match value.or(default) {
                        Some(value) => begins(rest, &value, true).then_some(value.len()),
                        None => {
                            let end = upto(rest, behind);
                            let part = rest.get(..end).unwrap_or_default();
                            let value = self.captured(part, atom && template.len() == 1, place);
                            self.captures.push((var.name.clone(), value));
                            Some(end)
                        }
                    }
                }
                // Literals do not stand inside words.
                Piece::Literal(_) => None,
            };
            let Some(taken) = taken else {
                return false;
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
        rest.is_empty() || place.prefix
    }

    fn captured(&self, part: &[u8], atom: bool, place: Place) -> Value {
        if place.mailbox {
            return Value::octets(MailboxName::from_wire(part).shown());
        }
        match atom && part.eq_ignore_ascii_case(b"NIL") {
            true => Value::bare(part),
            false => Value::octets(part),
        }
    }

    /// What a template stands for, if all of it is known.
    fn known(&self, template: &Template) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        for piece in template {
            match piece {
                Piece::Text(text, _) => out.extend_from_slice(text.as_bytes()),
                Piece::Var(var) => out.extend_from_slice(&self.lookup(&var.name)?.bytes),
                Piece::Literal(_) => return None,
            }
        }
        Some(out)
    }

    /// The path of a file, seen from the snippet's folder.
    pub(super) fn path(&self, template: &Template, span: Span) -> Option<String> {
        let path = String::from_utf8(self.known(template)?).ok()?;
        let files = &self.matcher.script.files;
        let folder = files.get(span.file).map_or("", |f| f.folder.as_str());
        Some(crate::snippet::substitute::beside(folder, &path))
    }

    /// `BODY[HEADER.FIELDS (SUBJECT)]`: servers quote the names, or not.
    pub(super) fn section(&mut self, template: &Template, bytes: &[u8]) -> bool {
        let [Piece::Text(text, _)] = template.as_slice() else {
            return false;
        };
        let plain = |octets: &[u8]| -> Vec<u8> {
            let kept = octets.iter().filter(|b| **b != b'"');
            kept.map(u8::to_ascii_uppercase).collect()
        };
        text.contains('[') && bytes.contains(&b'"') && plain(bytes) == plain(text.as_bytes())
    }
}

fn begins(bytes: &[u8], with: &[u8], exact: bool) -> bool {
    let Some(start) = bytes.get(..with.len()) else {
        return false;
    };
    if exact {
        // A name that was read, met as it travels.
        return start == with;
    }
    start.eq_ignore_ascii_case(with)
}

/// How much an unset variable takes: all up to the next character that is written behind it.
fn upto(rest: &[u8], behind: Option<&Piece>) -> usize {
    match behind {
        Some(Piece::Text(text, _)) => {
            let next = text.bytes().next().unwrap_or_default();
            let found = rest.iter().position(|b| b.eq_ignore_ascii_case(&next));
            found.unwrap_or(rest.len())
        }
        _ => rest.len(),
    }
}
