//! A reply against what is expected: by structure, element by element, by value.

mod list;
mod shown;
mod words;

use super::Files;
use super::pattern::{Item, ItemKind, ListRules, Pattern};
use super::reply::{Element, Reply};
use super::script::{Content, Dialect, Form, Literal, Piece, Script, Span, Template};
use super::value::Value;
pub use shown::shown;

/// Where variables are looked up.
pub trait Scope {
    /// The variable, if it is set.
    fn value(&self, name: &str) -> Option<&Value>;
}

/// Everything that comparing needs.
#[derive(Clone, Copy)]
pub struct Matcher<'a> {
    /// What is expected is out of this.
    pub script: &'a Script,
    /// What is set.
    pub scope: &'a dyn Scope,
    /// For `{@path}` in what is expected.
    pub files: &'a dyn Files,
}

/// What a match has set.
pub type Captures = Vec<(String, Value)>;

/// Why a reply is not the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// How much of it is as wanted: to find the nearest one.
    pub score: usize,
    /// The first element that differs, where it is written.
    pub span: Span,
    /// What it should be.
    pub wanted: String,
    /// What it is.
    pub got: String,
}

/// How words are compared here.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// A mailbox name.
    mailbox: bool,
    /// Case counts for what is written.
    case: bool,
    /// The beginning is enough (the last word of a text).
    prefix: bool,
}

impl Place {
    const PLAIN: Place = Place {
        mailbox: false,
        case: false,
        prefix: false,
    };
}

/// A match under way.
struct Attempt<'m, 'a> {
    matcher: &'m Matcher<'a>,
    captures: Captures,
    score: usize,
    /// The furthest difference.
    worst: Option<Mismatch>,
}

impl Matcher<'_> {
    /// Compares what stands behind `*` or the tag.
    ///
    /// # Errors
    /// The first difference.
    pub fn reply(&self, pattern: &Pattern, reply: &Reply) -> Result<Captures, Box<Mismatch>> {
        let mut attempt = Attempt {
            matcher: self,
            captures: Vec::new(),
            score: 0,
            worst: None,
        };
        let matched = match reply.text_from < reply.elements.len() || is_status(pattern) {
            true => attempt.status(pattern, reply),
            false => attempt.data(pattern, reply),
        };
        if matched {
            return Ok(attempt.captures);
        }
        let mut mismatch = attempt.worst.unwrap_or(Mismatch {
            score: 0,
            span: pattern.span,
            wanted: shown(self, pattern),
            got: reply.shown.clone(),
        });
        mismatch.score = attempt.score;
        Err(Box::new(mismatch))
    }
}

fn is_status(pattern: &Pattern) -> bool {
    matches!(
        pattern.kind().as_str(),
        "OK" | "NO" | "BAD" | "BYE" | "PREAUTH"
    )
}

impl Attempt<'_, '_> {
    /// OK, NO, ...: more words may come, and the last one that is written may be the beginning of one.
    fn status(&mut self, pattern: &Pattern, reply: &Reply) -> bool {
        let mut elements = reply.elements.iter().peekable();
        for (index, item) in pattern.items.iter().enumerate() {
            if let ItemKind::Rest(name) = &item.kind {
                let rest: Vec<&Element> = elements.by_ref().collect();
                self.rest(name.as_deref(), &rest);
                return true;
            }
            // A code that is not asked for is passed over.
            if matches!(elements.peek(), Some(Element::Code(_)))
                && !matches!(item.kind, ItemKind::Code(_) | ItemKind::Any)
            {
                elements.next();
            }
            let Some(element) = elements.next() else {
                return self.missing(item);
            };
            let last = index > 0 && index + 1 == pattern.items.len();
            let place = Place {
                prefix: last,
                ..Place::PLAIN
            };
            if !self.item(item, element, &ListRules::exact(), place) {
                return false;
            }
        }
        true
    }

    fn data(&mut self, pattern: &Pattern, reply: &Reply) -> bool {
        let (from, rules) = pattern.own_rules();
        let mailbox = pattern.mailbox_at();
        let fixed = pattern.items.len().min(from);
        for (index, item) in pattern.items.iter().enumerate() {
            if from > 0 && index >= from {
                break;
            }
            if let ItemKind::Rest(name) = &item.kind {
                let rest: Vec<&Element> = reply.elements.iter().skip(index).collect();
                self.rest(name.as_deref(), &rest);
                return true;
            }
            let Some(element) = reply.elements.get(index) else {
                return self.missing(item);
            };
            let place = Place {
                mailbox: mailbox == Some(index),
                ..Place::PLAIN
            };
            if !self.item(item, element, &pattern.list_rules(index), place) {
                return false;
            }
        }
        if from > 0 {
            let (items, elements) = (
                pattern.items.get(fixed..).unwrap_or_default(),
                reply.elements.get(fixed..).unwrap_or_default(),
            );
            return self.list(items, elements, &rules, pattern.span);
        }
        match reply.elements.get(pattern.items.len()) {
            Some(extra) => self.differs(pattern.span, "the end of the reply".to_owned(), extra),
            None => true,
        }
    }

    /// One element. `rules` hold for it if it is a list that has none written.
    fn item(&mut self, item: &Item, element: &Element, rules: &ListRules, place: Place) -> bool {
        let same = match (&item.kind, element) {
            (ItemKind::Any, _) => true,
            (ItemKind::Rest(name), element) => {
                self.rest(name.as_deref(), &[element]);
                true
            }
            (ItemKind::List { rules: own, items }, Element::List(elements)) => {
                let before = self.score;
                let matched = self.list(items, elements, own.as_ref().unwrap_or(rules), item.span);
                self.score = self.score.max(before);
                if !matched {
                    return false;
                }
                true
            }
            (ItemKind::Code(items), Element::Code(elements)) => {
                if !self.code(items, elements, item.span) {
                    return false;
                }
                true
            }
            (ItemKind::Atom(template), Element::Atom(bytes)) => {
                self.section(template, bytes) || self.words(template, bytes, true, place)
            }
            // Only a bare NIL is no string.
            (ItemKind::Atom(template), Element::String(bytes)) => {
                !is_nil(template) && self.words(template, bytes, false, place)
            }
            (ItemKind::Atom(template), Element::List(_)) => self.whole_list(template, element),
            (ItemKind::Quoted(template), Element::Atom(bytes) | Element::String(bytes)) => {
                let place = Place {
                    case: true,
                    ..place
                };
                let nil = matches!(element, Element::Atom(a) if a.eq_ignore_ascii_case(b"NIL"));
                (!nil || self.imaptest()) && self.words(template, bytes, false, place)
            }
            (ItemKind::Literal(literal), Element::Atom(bytes) | Element::String(bytes)) => {
                self.literal(literal, bytes, place)
            }
            _ => false,
        };
        if same {
            self.score += 1;
            return true;
        }
        let wanted = shown::item(self.matcher, item);
        self.differs(item.span, wanted, element)
    }

    fn imaptest(&self) -> bool {
        self.matcher.script.dialect == Dialect::Imaptest
    }

    /// `${x}` where a list stands.
    fn whole_list(&mut self, template: &Template, element: &Element) -> bool {
        let [Piece::Var(var)] = template.as_slice() else {
            return false;
        };
        // imaptest: `$name` never matches a list.
        if self.imaptest() || var.form == Form::Case {
            return false;
        }
        let mut written = Vec::new();
        element.written(&mut written);
        match self.lookup(&var.name) {
            Some(value) => value.bytes.eq_ignore_ascii_case(&written),
            None => {
                self.captures.push((var.name.clone(), Value::bare(written)));
                true
            }
        }
    }

    fn rest(&mut self, name: Option<&str>, elements: &[&Element]) {
        let Some(name) = name else {
            return;
        };
        let mut text = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            if index > 0 {
                text.push(b' ');
            }
            match element.value() {
                Some(value) => text.extend_from_slice(value),
                None => element.written(&mut text),
            }
        }
        self.captures.push((name.to_owned(), Value::octets(text)));
    }

    fn literal(&mut self, literal: &Literal, bytes: &[u8], place: Place) -> bool {
        match &literal.content {
            Content::Block(template) => {
                let place = Place {
                    case: true,
                    ..place
                };
                self.words(template, bytes, false, place)
            }
            Content::File { path, raw } => {
                let Some(path) = self.path(path, literal.span) else {
                    return false;
                };
                match self.matcher.files.read(&path) {
                    Ok(content) if *raw || literal.binary => content == bytes,
                    Ok(content) => super::substitute::with_crlf(&content) == bytes,
                    Err(_) => false,
                }
            }
        }
    }

    fn lookup(&self, name: &str) -> Option<&Value> {
        let captured = self.captures.iter().rev().find(|(n, _)| n == name);
        captured
            .map(|(_, value)| value)
            .or_else(|| self.matcher.scope.value(name))
    }

    fn missing(&mut self, item: &Item) -> bool {
        let wanted = shown::item(self.matcher, item);
        self.note(item.span, wanted, "nothing".to_owned());
        false
    }

    fn differs(&mut self, span: Span, wanted: String, element: &Element) -> bool {
        let mut got = Vec::new();
        element.written(&mut got);
        got.truncate(200);
        self.note(span, wanted, String::from_utf8_lossy(&got).into_owned());
        false
    }

    fn note(&mut self, span: Span, wanted: String, got: String) {
        if self.worst.is_none() {
            self.worst = Some(Mismatch {
                score: self.score,
                span,
                wanted,
                got,
            });
        }
    }
}

fn is_nil(template: &Template) -> bool {
    matches!(template.as_slice(), [Piece::Text(text, _)] if text.eq_ignore_ascii_case("NIL"))
}
