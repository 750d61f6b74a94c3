//! What the server says of itself and of flags: CAPABILITY, ENABLED, ID (RFC 2971), FLAGS.

use super::outline::{Outline, Tone};
use super::tokens;
use crate::wire::token::Tokens;

/// What a flag means (RFC 9051 section 2.3.2, the IANA keyword registry); nothing for other keywords.
pub(super) fn flag(name: &str) -> &'static str {
    match name.to_ascii_lowercase().as_str() {
        "\\seen" => "has been read",
        "\\answered" => "has been answered",
        "\\flagged" => "is marked for attention",
        "\\deleted" => "goes with the next EXPUNGE",
        "\\draft" => "is not finished",
        "\\recent" => "came in since the last session looked (IMAP4rev1)",
        "\\*" => "new keywords can be made",
        "$forwarded" => "has been forwarded",
        "$mdnsent" => "a disposition notification was sent",
        "$junk" | "junk" => "is spam",
        "$notjunk" | "nonjunk" | "notjunk" => "is no spam",
        "$phishing" => "is likely phishing",
        "$important" => "is important",
        _ => "",
    }
}

pub(super) fn flags(outline: &mut Outline, mut arguments: Tokens<'_>) -> Option<()> {
    flag_rows(outline, 0, arguments.next()?.list()?);
    Some(())
}

/// One row for each.
pub(super) fn flag_rows(outline: &mut Outline, depth: usize, flags: Tokens<'_>) {
    let mut any = false;
    for name in flags {
        any = true;
        let name = tokens::value(name);
        let meaning = flag(&String::from_utf8_lossy(&name));
        let kind = match (name.first(), meaning) {
            (_, words) if !words.is_empty() => words,
            (Some(b'\\'), _) => "a system flag",
            _ => "a keyword",
        };
        outline.remarked(depth, name, "", kind, Tone::Plain);
    }
    if !any {
        outline.text(depth, "none", Tone::Dim);
    }
}

/// Names grouped by what stands before `=`: AUTH, RIGHTS, QUOTA, ...
pub(super) fn capability(outline: &mut Outline, arguments: Tokens<'_>) -> Option<()> {
    let mut names: Vec<Vec<u8>> = arguments.map(tokens::value).collect();
    outline.field(0, "Capabilities", names.len().to_string());
    let mut groups: Vec<(Vec<u8>, Vec<Vec<u8>>)> = Vec::new();
    names.retain(|name| {
        let Some(at) = memchr::memchr(b'=', name) else {
            return true;
        };
        let (before, value) = name.split_at(at);
        let value = value.strip_prefix(b"=").unwrap_or(value).to_vec();
        let before = before.to_ascii_uppercase();
        match groups.iter().position(|(group, _)| *group == before) {
            Some(at) => groups
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|(_, all)| all.push(value.clone())),
            None if groups.len() < 100 => groups.push((before, vec![value])),
            None => return true,
        }
        false
    });
    for (name, values) in groups {
        outline.field(1, name, values.join(b" ".as_slice()));
    }
    for row in names.chunks(3) {
        outline.cells(1, row.to_vec(), Tone::Plain);
    }
    Some(())
}

pub(super) fn enabled(outline: &mut Outline, arguments: Tokens<'_>) -> Option<()> {
    let names: Vec<Vec<u8>> = arguments.map(tokens::value).collect();
    if names.is_empty() {
        outline.text(0, "nothing was enabled", Tone::Warning);
    }
    for name in names {
        outline.text(0, name, Tone::Plain);
    }
    Some(())
}

pub(super) fn id(outline: &mut Outline, mut arguments: Tokens<'_>) -> Option<()> {
    let first = arguments.next()?;
    if first.is_nil() {
        outline.text(0, "the server says nothing of itself (NIL)", Tone::Dim);
        return Some(());
    }
    let mut list = first.list()?;
    while let Some(name) = list.next() {
        match list.next().and_then(tokens::nvalue) {
            Some(value) => outline.field(0, tokens::value(name), value),
            None => outline.remarked(0, tokens::value(name), "", "NIL", Tone::Dim),
        }
    }
    Some(())
}
