//! What can be put at the cursor, and which command a text is about.

use std::ops::Range;

use crate::model::{Model, name};
use crate::wire::Tag;
use crate::wire::encode::{self, Argument as Form};

use super::{Argument, CommandSpec, commands, find};

/// Most candidates given.
const LIMIT: usize = 500;

/// Something that can be put at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What replaces [`Candidate::replaces`].
    pub text: String,
    /// What is shown: the verb, or the mailbox name decoded. Hostile.
    pub label: String,
    /// A short word about it: the syntax of a verb, what a mailbox is for.
    pub detail: String,
    /// The octets of the text that it replaces.
    pub replaces: Range<usize>,
}

/// What can be put into `text` at octet `cursor`: verbs as the first word (or behind the user's own
/// tag), mailbox names where the command wants one. Best first; nothing inside a literal.
pub fn complete(text: &str, cursor: usize, model: &Model) -> Vec<Candidate> {
    let before = text.get(..cursor).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let Some(mut words) = words(before, start) else {
        return Vec::new();
    };
    // The word under the cursor; empty behind a space.
    let current = words.pop().unwrap_or(Word {
        start: before.len(),
        text: String::new(),
        quoted: false,
    });
    match reading(&words) {
        Reading::Verb { prefix } => verbs(prefix, &current, before.len(), model),
        Reading::Argument { spec, index } => match spec.arguments.get(index) {
            Some(Argument::Mailbox) => mailboxes(&current, before.len(), model),
            _ => Vec::new(),
        },
        Reading::Unknown => Vec::new(),
    }
}

/// The command that the first line of `text` is about, for the hint line; its tag may stand before.
pub fn hint(text: &str) -> Option<&'static CommandSpec> {
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    let mut words = line.split_ascii_whitespace();
    let words = [
        words.next()?,
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    ];
    let [first, second, third] = words;
    let uid = |a: &str, b: &str| {
        if a.eq_ignore_ascii_case("UID") {
            find(&format!("UID {b}"))
        } else {
            None
        }
    };
    uid(first, second)
        .or_else(|| find(first))
        .or_else(|| uid(second, third))
        .or_else(|| Tag::new(first.as_bytes()).and_then(|_| find(second)))
}

/// A word of the line: an atom, or a quoted string that may not be closed yet.
struct Word {
    start: usize,
    /// Quoting taken off.
    text: String,
    quoted: bool,
}

/// The words of `text` from `start` on; a last empty one behind a space. `None` inside a literal.
fn words(text: &str, start: usize) -> Option<Vec<Word>> {
    if text
        .lines()
        .filter(|l| l.trim_end().ends_with("{{{"))
        .count()
        > text.lines().filter(|l| l.starts_with("}}}")).count()
    {
        return None;
    }
    let mut words: Vec<Word> = Vec::new();
    let mut chars = text.get(start..)?.char_indices().peekable();
    let mut current: Option<Word> = None;
    let mut in_quotes = false;
    while let Some((at, c)) = chars.next() {
        let at = start + at;
        match c {
            ' ' | '\t' if !in_quotes => words.extend(current.take()),
            '"' => {
                in_quotes = !in_quotes;
                current.get_or_insert(Word {
                    start: at,
                    text: String::new(),
                    quoted: true,
                });
            }
            '\\' if in_quotes => {
                if let (Some(word), Some((_, next))) = (current.as_mut(), chars.next()) {
                    word.text.push(next);
                }
            }
            _ => current
                .get_or_insert(Word {
                    start: at,
                    text: String::new(),
                    quoted: false,
                })
                .text
                .push(c),
        }
    }
    words.push(current.unwrap_or(Word {
        start: text.len(),
        text: String::new(),
        quoted: false,
    }));
    Some(words)
}

/// What the word under the cursor is, by the words before it.
enum Reading {
    Verb {
        prefix: &'static str,
    },
    Argument {
        spec: &'static CommandSpec,
        index: usize,
    },
    Unknown,
}

fn reading(before: &[Word]) -> Reading {
    let text = |i: usize| before.get(i).map_or("", |w| w.text.as_str());
    let is_uid = |i: usize| text(i).eq_ignore_ascii_case("UID");
    for skip in [0, 1] {
        if skip == 1 && (before.is_empty() || Tag::new(text(0).as_bytes()).is_none()) {
            break;
        }
        if before.len() == skip {
            return Reading::Verb { prefix: "" };
        }
        if is_uid(skip) {
            if before.len() == skip + 1 {
                return Reading::Verb { prefix: "UID " };
            }
            if let Some(spec) = find(&format!("UID {}", text(skip + 1))) {
                return Reading::Argument {
                    spec,
                    index: before.len() - skip - 2,
                };
            }
        }
        if let Some(spec) = find(text(skip)) {
            return Reading::Argument {
                spec,
                index: before.len() - skip - 1,
            };
        }
    }
    Reading::Unknown
}

fn verbs(prefix: &str, current: &Word, end: usize, model: &Model) -> Vec<Candidate> {
    if current.quoted {
        return Vec::new();
    }
    let typed = current.text.to_ascii_uppercase();
    // As the user types: lower case stays lower case.
    let lower = !current.text.is_empty() && current.text.chars().all(|c| !c.is_ascii_uppercase());
    let mut rows: Vec<&CommandSpec> = commands()
        .iter()
        .filter(|row| match row.verb.strip_prefix(prefix) {
            Some(rest) => {
                rest.starts_with(&typed) && (prefix.is_empty() || rest.len() < row.verb.len())
            }
            None => false,
        })
        .collect();
    // Those that are allowed and offered first.
    let known = model.capabilities().current();
    rows.sort_by_key(|row| {
        (
            !row.is_allowed(model.state()),
            known.is_some_and(|set| !row.is_offered(set)),
        )
    });
    let candidate = |row: &&CommandSpec| {
        let rest = row.verb.strip_prefix(prefix).unwrap_or(row.verb);
        Candidate {
            text: if lower {
                rest.to_ascii_lowercase()
            } else {
                rest.to_owned()
            },
            label: row.verb.to_owned(),
            detail: row.syntax.to_owned(),
            replaces: current.start..end,
        }
    };
    rows.iter().map(candidate).collect()
}

fn mailboxes(current: &Word, end: usize, model: &Model) -> Vec<Candidate> {
    let utf8 = accepts_utf8(model);
    let typed = current.text.to_lowercase();
    let mut found: Vec<(u8, String, Candidate)> = Vec::new();
    for mailbox in model.mailboxes().iter() {
        let shown = mailbox.shown();
        let folded = shown.to_lowercase();
        let wire = String::from_utf8_lossy(&mailbox.name).to_lowercase();
        let rank = match () {
            () if folded.starts_with(&typed) || wire.starts_with(&typed) => 0,
            () if folded.contains(&typed) => 1,
            () => continue,
        };
        let Some(text) = mailbox_argument(&mailbox.name, utf8) else {
            continue;
        };
        let order = match mailbox.selectable {
            _ if name::is_inbox(&mailbox.name) => 0,
            true => 1,
            false => 2,
        };
        let rank = rank * 3 + order;
        let detail = match (mailbox.special_use, mailbox.selectable) {
            (_, false) => "cannot be opened".to_owned(),
            (Some(what), true) => what.name().to_owned(),
            (None, true) if mailbox.subscribed => "subscribed".to_owned(),
            (None, true) => String::new(),
        };
        found.push((
            rank,
            folded,
            Candidate {
                text,
                label: shown,
                detail,
                replaces: current.start..end,
            },
        ));
    }
    found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    found
        .into_iter()
        .map(|(.., candidate)| candidate)
        .take(LIMIT)
        .collect()
}

/// Whether names may travel as UTF-8 (RFC 9755, RFC 9051).
pub fn accepts_utf8(model: &Model) -> bool {
    model
        .enabled()
        .iter()
        .any(|e| e == "UTF8=ACCEPT" || e == "IMAP4REV2")
}

/// A mailbox name (as sent) as an argument for the editor: atom, quoted, or a literal block for what
/// neither can hold. `None` if a text cannot hold it either.
pub fn mailbox_argument(name: &[u8], utf8: bool) -> Option<String> {
    match encode::inline(name, Form::AString, utf8) {
        Some(inline) => String::from_utf8(inline).ok(),
        None if name.iter().any(|b| b"\r\n\0".contains(b)) => None,
        None => std::str::from_utf8(name)
            .ok()
            .map(|text| format!("{{{{{{\n{text}\n}}}}}}")),
    }
}
