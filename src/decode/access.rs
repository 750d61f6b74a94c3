//! Rights and quota: ACL, LISTRIGHTS, MYRIGHTS (RFC 4314), QUOTA, QUOTAROOT (RFC 9208).

use super::names::mailbox;
use super::outline::{Outline, Tone};
use super::{rights, tokens};
use crate::wire::token::{Token, Tokens};

pub(super) fn acl(outline: &mut Outline, mut arguments: Tokens<'_>) -> Option<()> {
    mailbox(outline, 0, "Mailbox", arguments.next()?);
    let mut seen = Vec::new();
    while let Some(name) = arguments.next() {
        let letters = arguments.next().map(tokens::value).unwrap_or_default();
        let identifier = tokens::value(name);
        // RFC 4314 section 2: a minus before an identifier takes rights away.
        let about = match identifier.first() {
            Some(b'-') => "these are taken away".to_owned(),
            _ if identifier == b"anyone" => "everybody, also who did not log in".to_owned(),
            _ => String::new(),
        };
        seen.extend(String::from_utf8_lossy(&letters).chars());
        let cells = vec![identifier, letters, about.into_bytes()];
        outline.cells(1, cells, Tone::Plain);
    }
    legend(outline, &seen);
    Some(())
}

pub(super) fn list_rights(outline: &mut Outline, mut arguments: Tokens<'_>) -> Option<()> {
    mailbox(outline, 0, "Mailbox", arguments.next()?);
    outline.field(0, "Identifier", tokens::value(arguments.next()?));
    let always = arguments.next().map(tokens::value).unwrap_or_default();
    let mut seen: Vec<char> = String::from_utf8_lossy(&always).chars().collect();
    if always.is_empty() {
        outline.field(0, "Always has", "nothing");
    } else {
        outline.field(0, "Always has", always);
    }
    let mut groups = Vec::new();
    for group in arguments {
        let group = tokens::value(group);
        seen.extend(String::from_utf8_lossy(&group).chars());
        groups.push(group);
    }
    outline.remarked(
        0,
        "Can be given",
        groups.join(b" ".as_slice()),
        "letters side by side go together",
        Tone::Plain,
    );
    legend(outline, &seen);
    Some(())
}

pub(super) fn my_rights(outline: &mut Outline, mut arguments: Tokens<'_>) -> Option<()> {
    mailbox(outline, 0, "Mailbox", arguments.next()?);
    let letters = tokens::value(arguments.next()?);
    let all: Vec<char> = String::from_utf8_lossy(&letters).chars().collect();
    outline.field(0, "My rights", letters);
    legend(outline, &all);
    let missing: Vec<char> = rights::RIGHTS
        .iter()
        .map(|(letter, _)| *letter)
        .filter(|letter| !all.contains(letter) && !"cdn".contains(*letter))
        .collect();
    if !missing.is_empty() {
        outline.heading(0, "Missing");
        for letter in missing {
            outline.remarked(
                1,
                letter.to_string(),
                rights::meaning(letter),
                "",
                Tone::Dim,
            );
        }
    }
    Some(())
}

/// Each letter once, in the order of the RFC, with its meaning.
fn legend(outline: &mut Outline, letters: &[char]) {
    let mut letters = letters.to_vec();
    let place = |l: &char| {
        rights::RIGHTS
            .iter()
            .position(|(r, _)| r == l)
            .unwrap_or(99)
    };
    letters.sort_unstable_by_key(|l| (place(l), *l));
    letters.dedup();
    if letters.is_empty() {
        outline.text(0, "no rights at all", Tone::Warning);
        return;
    }
    outline.titled(0, "In words", "RFC 4314 section 2.1");
    for letter in letters {
        outline.field(1, letter.to_string(), rights::meaning(letter));
    }
}

pub(super) fn quota(outline: &mut Outline, mut arguments: Tokens<'_>) -> Option<()> {
    let root = tokens::value(arguments.next()?);
    outline.field(0, "Quota root", quoted(root));
    let mut list = arguments.next()?.list()?.peekable();
    if list.peek().is_none() {
        outline.text(0, "no limit is set", Tone::Dim);
    }
    while let Some(name) = list.next() {
        let (usage, limit) = (list.next(), list.next());
        resource(outline, name, usage, limit);
    }
    Some(())
}

fn resource(
    outline: &mut Outline,
    name: Token<'_>,
    usage: Option<Token<'_>>,
    limit: Option<Token<'_>>,
) {
    let shown = |t: Option<Token<'_>>| t.map(tokens::value).unwrap_or_default();
    let number = |t: Option<Token<'_>>| t.and_then(|t| t.number());
    // RFC 9208 section 5.1: STORAGE is counted in units of 1024 octets.
    let unit = if name.is_word("STORAGE") { " KiB" } else { "" };
    let (percent, tone) = match (number(usage), number(limit)) {
        (Some(used), Some(limit)) if limit > 0 => {
            let tenths = u128::from(used) * 1000 / u128::from(limit);
            let words = format!("{}.{} %", tenths / 10, tenths % 10);
            let tone = match tenths {
                900.. => Tone::Warning,
                _ => Tone::Good,
            };
            (words, tone)
        }
        _ => (String::new(), Tone::Plain),
    };
    let mut of = shown(usage);
    of.extend_from_slice(format!("{unit} of ").as_bytes());
    of.extend_from_slice(&shown(limit));
    of.extend_from_slice(unit.as_bytes());
    let cells = vec![tokens::value(name), of, percent.into_bytes()];
    outline.cells(1, cells, tone);
}

pub(super) fn quota_root(outline: &mut Outline, mut arguments: Tokens<'_>) -> Option<()> {
    mailbox(outline, 0, "Mailbox", arguments.next()?);
    let mut name = "Quota roots";
    for root in arguments {
        outline.field(0, name, quoted(tokens::value(root)));
        name = "";
    }
    if name == "Quota roots" {
        outline.field(0, name, "none: it is not limited");
    }
    Some(())
}

/// An empty root is a root all the same.
fn quoted(root: Vec<u8>) -> Vec<u8> {
    if root.is_empty() {
        b"\"\"".to_vec()
    } else {
        root
    }
}
