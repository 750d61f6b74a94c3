//! What can be put at the cursor.
//!
//! To complete another kind of argument: an arm in `values.rs`.

mod mailboxes;
mod values;

use std::ops::Range;

use super::grammar::{Keyword, Node};
use super::lexer::Kind;
use super::reading::Reading;
use super::spec::offers_any;
use super::{CommandSpec, Live, commands, find};
use crate::model::Model;
use crate::wire::Tag;

pub use mailboxes::{accepts_utf8, mailbox_argument};

/// Most candidates given.
const LIMIT: usize = 500;

/// Something that can be put at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What replaces [`Candidate::replaces`].
    pub text: String,
    /// What is shown: the word, or the mailbox name decoded. Hostile.
    pub label: String,
    /// A short word about it: the syntax of a verb, what a mailbox is for.
    pub detail: String,
    /// The octets of the text that it replaces.
    pub replaces: Range<usize>,
}

/// The word under the cursor, as far as it is typed; empty behind a space.
struct Typed<'t> {
    range: Range<usize>,
    /// Quoting taken off.
    value: std::borrow::Cow<'t, str>,
    quoted: bool,
    /// Typed in lower case, so that what is put there is too.
    lower: bool,
}

/// What can be put into `text` at octet `caret`: verbs as the first word (or behind the user's own
/// tag), and whatever the command wants there. Best first; nothing inside a literal.
pub fn complete(text: &str, caret: usize, model: &Model, live: &Live) -> Vec<Candidate> {
    let before = text.get(..caret).unwrap_or(text);
    let empty = Typed {
        range: before.len()..before.len(),
        value: "".into(),
        quoted: false,
        lower: false,
    };
    let Some(reading) = Reading::around(before, before.len()) else {
        return verbs("", &empty, model);
    };
    let touched = reading
        .lexemes
        .last()
        .filter(|l| l.range.end == before.len() && l.is_value());
    let typed = match touched {
        None => empty,
        Some(lexeme) if matches!(lexeme.kind, Kind::Literal(_)) => return Vec::new(),
        Some(lexeme) => {
            let value = lexeme.value(before).unwrap_or_default();
            Typed {
                range: lexeme.range.clone(),
                quoted: matches!(lexeme.kind, Kind::Quoted { .. }),
                lower: value.chars().any(char::is_lowercase)
                    && !value.chars().any(|c| c.is_ascii_uppercase()),
                value,
            }
        }
    };
    let index = reading.lexemes.len() - usize::from(touched.is_some());
    if let Some(prefix) = verb_prefix(&reading, index) {
        return verbs(prefix, &typed, model);
    }
    let Some(argument) = index
        .checked_sub(reading.first)
        .filter(|_| reading.spec.is_some())
    else {
        return Vec::new();
    };
    if reading.is_secret(argument) {
        return Vec::new();
    }
    let matched = reading.matched(argument);
    if !matched.faults.iter().all(|f| f.at >= argument) {
        return Vec::new();
    }
    // What any server has, what this one may have, what it has not and parentheses.
    let (mut found, mut perhaps, mut later) = (Vec::new(), Vec::new(), Vec::new());
    for spot in &matched.expected {
        match super::grammar().node(spot.node) {
            Some(Node::Keyword(word)) => {
                if let Some(candidate) = keyword(word, &typed, model) {
                    let known = model.capabilities().current();
                    match known.map(|set| offers_any(set, &word.capabilities)) {
                        Some(false) => later.push(candidate),
                        None if !word.capabilities.is_empty() => perhaps.push(candidate),
                        _ => found.push(candidate),
                    }
                }
            }
            Some(Node::Slot(slot, _)) => {
                found.extend(values::candidates(*slot, &typed, model, live));
            }
            Some(Node::Open) if typed.value.is_empty() && !typed.quoted => {
                let detail = reading
                    .spec
                    .and_then(|spec| super::hint::about(spec, spot))
                    .map_or_else(String::new, |(sentence, _)| sentence);
                later.push(plain("(", "(", &detail, &typed));
            }
            Some(Node::Close) if typed.value.is_empty() && !typed.quoted => {
                later.push(plain(")", ")", "end of the list", &typed));
            }
            _ => {}
        }
    }
    found.extend(perhaps);
    found.extend(later);
    let mut seen = std::collections::HashSet::new();
    found.retain(|c| seen.insert(c.text.clone()));
    found.truncate(LIMIT);
    found
}

fn plain(text: &str, label: &str, detail: &str, typed: &Typed) -> Candidate {
    Candidate {
        text: text.to_owned(),
        label: label.to_owned(),
        detail: detail.to_owned(),
        replaces: typed.range.clone(),
    }
}

fn keyword(word: &Keyword, typed: &Typed, model: &Model) -> Option<Candidate> {
    if typed.quoted || !begins(&word.word, &typed.value) {
        return None;
    }
    let text = if typed.lower {
        word.word.to_lowercase()
    } else {
        word.word.clone()
    };
    let missing = model
        .capabilities()
        .current()
        .is_some_and(|set| !offers_any(set, &word.capabilities));
    let detail = match (missing, word.about.is_empty()) {
        (true, _) => format!("{} (needs {})", word.about, word.capabilities.join(" or ")),
        (false, _) => word.about.clone(),
    };
    Some(plain(&text, &word.word, detail.trim(), typed))
}

/// Whether `word` begins with `typed`, in any case.
fn begins(word: &str, typed: &str) -> bool {
    word.get(..typed.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

/// The word at `index` is a verb, behind this: nothing, or `UID `.
fn verb_prefix(reading: &Reading, index: usize) -> Option<&'static str> {
    let word = |i: usize| {
        reading
            .lexemes
            .get(i)
            .filter(|l| i < index && l.kind == Kind::Atom)
            .map_or("", |l| l.text(reading.text))
    };
    let is_uid = |i: usize| word(i).eq_ignore_ascii_case("UID");
    match index {
        0 => Some(""),
        1 if is_uid(0) => Some("UID "),
        1 if find(word(0)).is_none() && Tag::new(word(0).as_bytes()).is_some() => Some(""),
        2 if is_uid(1) && find(word(0)).is_none() && !is_uid(0) => Some("UID "),
        _ => None,
    }
}

fn verbs(prefix: &str, typed: &Typed, model: &Model) -> Vec<Candidate> {
    if typed.quoted {
        return Vec::new();
    }
    let mut rows: Vec<(&CommandSpec, &str)> = commands()
        .iter()
        .filter_map(|row| Some((row, row.verb.strip_prefix(prefix)?)))
        .filter(|(_, rest)| begins(rest, &typed.value))
        .collect();
    // Those that are allowed and offered first, a server's own last.
    let known = model.capabilities().current();
    rows.sort_by_key(|(row, _)| {
        (
            !row.is_allowed(model.state()),
            known.is_some_and(|set| !row.is_offered(set)),
            row.private,
        )
    });
    let candidate = |(row, rest): &(&CommandSpec, &str)| Candidate {
        text: if typed.lower {
            rest.to_ascii_lowercase()
        } else {
            (*rest).to_owned()
        },
        label: row.verb.clone(),
        detail: row.syntax.clone(),
        replaces: typed.range.clone(),
    };
    rows.iter().map(candidate).collect()
}
