//! Where in the syntax the cursor is, in one sentence.

use std::ops::Range;

use super::CommandSpec;
use super::grammar::{Node, NodeId};
use super::lexer::Lexeme;
use super::matcher::Spot;
use super::reading::{Reading, name_of};
use super::spec::offers_any;
use crate::model::Model;

/// What the argument bar shows.
#[derive(Debug, Clone)]
pub struct Hint {
    /// The command.
    pub spec: &'static CommandSpec,
    /// `STATUS mailbox (status-item...)`
    pub syntax: String,
    /// The part of it that the cursor is in; `None`: in the verb, or behind the end.
    pub marked: Option<Range<usize>>,
    /// One plain sentence about the argument there, or about the command.
    pub sentence: String,
    /// The section that describes that: `RFC 9051, 6.3.11`.
    pub reference: String,
    /// The capability that the command needs, or the word at the cursor: `METADATA or METADATA-SERVER`.
    pub capability: Option<String>,
    /// Whether the server advertises it; `None`: not known, or none is needed.
    pub advertised: Option<bool>,
    /// The ACL rights that the command needs: `i in it and r in the open mailbox`.
    pub rights: Option<String>,
    /// Whether the command is allowed now (RFC 9051 section 3).
    pub allowed: bool,
    /// Nothing is missing before the cursor.
    pub complete: bool,
}

/// The hint for octet `caret` of `text`; `None` without a known command.
pub fn hint(text: &str, caret: usize, model: &Model) -> Option<Hint> {
    let reading = Reading::around(text, caret)?;
    let spec = reading.spec?;
    let verb = reading.verb_range();
    let mut hint = Hint {
        spec,
        syntax: if spec.syntax.is_empty() {
            spec.verb.clone()
        } else {
            format!("{} {}", spec.verb, spec.syntax)
        },
        marked: None,
        sentence: spec.summary.clone(),
        reference: spec.reference.clone(),
        capability: spec.capability(),
        advertised: None,
        rights: spec.rights_in_words(),
        allowed: spec.is_allowed(model.state()),
        complete: false,
    };
    let known = model.capabilities().current();
    let mut needed: &[String] = &spec.capabilities;
    if caret > verb.end {
        let before = |l: &&Lexeme| l.range.end < caret || (l.range.end == caret && !l.is_value());
        let count = reading.arguments().iter().take_while(before).count();
        let matched = reading.matched(count);
        // The word that the cursor is in, if it is one already; else what may stand here.
        let with_it = reading
            .arguments()
            .get(count)
            .filter(|l| l.range.start < caret)
            .map(|_| reading.matched(count + 1));
        let here = with_it
            .as_ref()
            .and_then(|m| m.spots.get(count).copied())
            .flatten();
        let so_far = with_it.as_ref().unwrap_or(&matched);
        hint.complete = so_far.done && so_far.faults.is_empty();
        let spots: Vec<Spot> = match here {
            Some(spot) => vec![spot],
            None => matched.expected,
        };
        hint.marked = place(spec, &spots).map(|place| {
            let shift = spec.verb.len() + 1;
            place.start + shift..place.end + shift
        });
        // What may be left out comes first: the last one is what is really wanted.
        let wanted = spots.last();
        match wanted {
            Some(spot) => {
                // One of many words of a rule: the rule is what matters.
                let found = match spot.rule.filter(|_| spots.len() > 1) {
                    Some(rule) => describe(rule, None),
                    None => about(spec, spot),
                };
                if let Some((sentence, reference)) = found {
                    hint.sentence = sentence;
                    if let Some(reference) = reference {
                        hint.reference = reference;
                    }
                }
                if let (Some(Node::Keyword(word)), true) =
                    (super::grammar().node(spot.node), here.is_some())
                    && !word.capabilities.is_empty()
                {
                    needed = &word.capabilities;
                    hint.capability = Some(word.capabilities.join(" or "));
                }
            }
            None if hint.complete => hint.sentence = "Nothing may follow.".to_owned(),
            None => {}
        }
    }
    if hint.capability.is_some() {
        hint.advertised = known.map(|set| offers_any(set, needed));
    }
    Some(hint)
}

/// The part of the row's syntax that these spots are in.
fn place(spec: &CommandSpec, spots: &[Spot]) -> Option<Range<usize>> {
    let places = spots.iter().filter_map(|spot| {
        let place = spec
            .grammar
            .places
            .iter()
            .find(|(node, _)| *node == spot.outer)?;
        Some(place.1.clone())
    });
    places.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
}

/// A sentence about a spot, and the section that it is from if that is not the row's.
pub(super) fn about(spec: &CommandSpec, spot: &Spot) -> Option<(String, Option<String>)> {
    if let Some(own) = name_of(spot).and_then(|name| spec.arguments.get(name)) {
        return Some((own.clone(), None));
    }
    describe(spot.node, spot.rule)
}

fn describe(node: NodeId, rule: Option<NodeId>) -> Option<(String, Option<String>)> {
    let grammar = super::grammar();
    let of_rule = |call: NodeId| match grammar.node(call)? {
        Node::Rule(index, _) => grammar.rule(*index),
        _ => None,
    };
    match grammar.node(node)? {
        Node::Keyword(keyword) => {
            let rule = rule.and_then(of_rule);
            let reference = rule.map(|r| r.reference.clone());
            if keyword.about.is_empty() {
                return Some((rule?.about.clone(), reference));
            }
            Some((format!("{}: {}.", keyword.word, keyword.about), reference))
        }
        Node::Slot(slot, _) => Some((slot.spec()?.about.to_owned(), None)),
        Node::Rule(index, _) => {
            let rule = grammar.rule(*index)?;
            Some((rule.about.clone(), Some(rule.reference.clone())))
        }
        Node::Open => describe(grammar.inside(node)?, rule),
        Node::Sequence(items) => describe(*items.first()?, rule),
        Node::Choice(items) => describe(*items.last()?, rule),
        Node::Optional(inner) => describe(*inner, rule),
        Node::Close | Node::Leave(_) => None,
    }
}
