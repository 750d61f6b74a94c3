//! One typed command: its lexemes, its tag, its row, and which argument each lexeme is.

use std::ops::Range;

use super::grammar::{Node, NodeId};
use super::lexer::{self, Bounds, Kind, Lexeme};
use super::matcher::{self, Match, Spot};
use super::slot::Slot;
use super::{CommandSpec, find};
use crate::wire::Tag;

/// One command of a text.
pub(super) struct Reading<'t> {
    pub(super) text: &'t str,
    pub(super) bounds: Bounds,
    pub(super) lexemes: Vec<Lexeme>,
    /// The first lexeme is the user's own tag.
    pub(super) tag: bool,
    /// The row, if the verb is known.
    pub(super) spec: Option<&'static CommandSpec>,
    /// Number of lexemes before the first argument.
    pub(super) first: usize,
}

impl<'t> Reading<'t> {
    /// The command that begins at `at` or behind.
    pub(super) fn at(text: &'t str, at: usize) -> Option<Reading<'t>> {
        let mut lexemes = Vec::new();
        let bounds = lexer::command(text, at, |lexeme| lexemes.push(lexeme))?;
        let word = |index: usize| {
            lexemes
                .get(index)
                .filter(|l| l.kind == Kind::Atom)
                .map_or("", |l| l.text(text))
        };
        let verb = |index: usize| -> Option<(&'static CommandSpec, usize)> {
            if word(index).eq_ignore_ascii_case("UID") {
                return find(&format!("UID {}", word(index + 1))).map(|spec| (spec, index + 2));
            }
            find(word(index)).map(|spec| (spec, index + 1))
        };
        let may_be_tag =
            Tag::new(word(0).as_bytes()).is_some() && !word(0).eq_ignore_ascii_case("UID");
        let (tag, spec, first) = match verb(0) {
            Some((spec, first)) => (false, Some(spec), first),
            None => match verb(1).filter(|_| may_be_tag) {
                Some((spec, first)) => (true, Some(spec), first),
                None => (false, None, 1.min(lexemes.len())),
            },
        };
        Some(Reading {
            text,
            bounds,
            lexemes,
            tag,
            spec,
            first,
        })
    }

    /// The command that octet `caret` is in; the last one that begins before it.
    pub(super) fn around(text: &'t str, caret: usize) -> Option<Reading<'t>> {
        let mut at = 0;
        let mut found = None;
        while let Some(bounds) = lexer::command(text, at, |_| {}) {
            if bounds.range.start > caret {
                break;
            }
            found = Some(at);
            at = bounds.next;
            if caret < at {
                break;
            }
        }
        let reading = Reading::at(text, found?)?;
        // Behind the line end of a command that is whole another one begins.
        let line_end = text
            .get(reading.bounds.range.end..caret)
            .is_some_and(|gap| gap.contains(['\n', '\r']));
        (!line_end || reading.bounds.depth > 0).then_some(reading)
    }

    /// The arguments.
    pub(super) fn arguments(&self) -> &[Lexeme] {
        self.lexemes.get(self.first..).unwrap_or_default()
    }

    /// The words of the verb.
    pub(super) fn verb_range(&self) -> Range<usize> {
        let from = usize::from(self.tag);
        let start = self
            .lexemes
            .get(from)
            .map_or(self.bounds.range.start, |l| l.range.start);
        let end = self
            .first
            .checked_sub(1)
            .and_then(|last| self.lexemes.get(last))
            .map_or(start, |l| l.range.end);
        start..end.max(start)
    }

    /// The first `count` arguments against the syntax of the row.
    pub(super) fn matched(&self, count: usize) -> Match {
        let Some(spec) = self.spec else {
            return Match::default();
        };
        let arguments = self.arguments();
        let arguments = arguments.get(..count).unwrap_or(arguments);
        matcher::run(super::grammar(), spec.grammar.root, arguments, self.text)
    }

    /// Whether an argument of this index is a secret, well-formed or not (`wire/secret.rs`).
    pub(super) fn is_secret(&self, argument: usize) -> bool {
        argument > 0
            && self
                .spec
                .is_some_and(|s| matches!(s.verb.as_str(), "LOGIN" | "AUTHENTICATE"))
    }

    /// The argument that the row's syntax calls `name`, quoting taken off.
    pub(super) fn argument(&self, matched: &Match, name: &str) -> Option<String> {
        let at = matched.spots.iter().position(|spot| {
            spot.is_some_and(|spot| slot(spot.node).is_some_and(|(_, called)| called == name))
        })?;
        Some(self.arguments().get(at)?.value(self.text)?.into_owned())
    }
}

/// The slot of a node, and what it is called.
pub(super) fn slot(node: NodeId) -> Option<(Slot, &'static str)> {
    match super::grammar().node(node)? {
        Node::Slot(slot, name) => Some((*slot, name)),
        _ => None,
    }
}

/// What a spot is called: its slot, or the rule that its word belongs to.
pub(super) fn name_of(spot: &Spot) -> Option<&'static str> {
    match super::grammar().node(spot.node)? {
        Node::Slot(_, name) => Some(name),
        _ => match super::grammar().node(spot.rule?)? {
            Node::Rule(_, name) => Some(name),
            _ => None,
        },
    }
}
