//! Numbers of messages: SEARCH, SORT, ESEARCH (RFC 4731, 5267, 7377), VANISHED (RFC 7162).

use super::names::mailbox;
use super::outline::{Outline, Tone};
use super::tokens;
use crate::wire::token::Tokens;

/// Numbers on one row of a table.
const PER_ROW: usize = 10;

pub(super) fn search(outline: &mut Outline, arguments: Tokens<'_>) -> Option<()> {
    let mut numbers: Vec<u64> = Vec::new();
    let mut tail = None;
    for token in arguments {
        if token.list().is_some() {
            tail = Some(token);
            break;
        }
        numbers.push(token.number()?);
    }
    let count = match numbers.len() {
        0 => "none".to_owned(),
        n => n.to_string(),
    };
    outline.field(0, "Hits", count);
    if let (Some(least), Some(most)) = (numbers.iter().min(), numbers.iter().max()) {
        outline.field(0, "From", format!("{least} to {most}"));
        outline.field(0, "As a set", set(&numbers));
    }
    // RFC 7162 section 3.1.5.
    if let Some(mut words) = tail.and_then(|t| t.list()) {
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            outline.field(0, tokens::value(name), tokens::value(value));
        }
    }
    for row in numbers.chunks(PER_ROW) {
        let cells = row.iter().map(|n| n.to_string().into_bytes()).collect();
        outline.cells(1, cells, Tone::Plain);
    }
    Some(())
}

/// `2:4,7`: runs of numbers in the order they came.
fn set(numbers: &[u64]) -> String {
    const LONGEST: usize = 4 * 1024;
    let mut out = String::new();
    let mut rest = numbers;
    while let Some((&first, _)) = rest.split_first() {
        let run = rest
            .iter()
            .zip(first..=u64::MAX)
            .take_while(|(number, wanted)| **number == *wanted)
            .count()
            .max(1);
        if !out.is_empty() {
            out.push(',');
        }
        match run {
            1 => out.push_str(&first.to_string()),
            _ => out.push_str(&format!("{first}:{}", first + run as u64 - 1)),
        }
        rest = rest.get(run..).unwrap_or_default();
        if out.len() > LONGEST {
            out.push_str(" ...");
            break;
        }
    }
    out
}

pub(super) fn esearch(outline: &mut Outline, arguments: Tokens<'_>) -> Option<()> {
    let mut items = arguments.peekable();
    if let Some(mut correlator) = items.peek().and_then(|t| t.list()) {
        items.next();
        while let (Some(name), Some(value)) = (correlator.next(), correlator.next()) {
            if name.is_word("MAILBOX") {
                mailbox(outline, 0, "Mailbox", value);
            } else {
                outline.field(0, tokens::value(name), tokens::value(value));
            }
        }
    }
    if items.peek().is_some_and(|t| t.is_word("UID")) {
        items.next();
        outline.field(0, "Numbers are", "UIDs");
    } else {
        outline.field(0, "Numbers are", "message sequence numbers");
    }
    let mut any = false;
    while let Some(name) = items.next() {
        let value = items.next()?;
        let shown = match value.list() {
            Some(words) => tokens::joined(words),
            None => tokens::value(value),
        };
        outline.field(0, tokens::value(name), shown);
        any = true;
    }
    if !any {
        outline.text(0, "no hits", Tone::Dim);
    }
    Some(())
}

pub(super) fn vanished(outline: &mut Outline, mut arguments: Tokens<'_>) -> Option<()> {
    let first = arguments.next()?;
    let (earlier, uids) = match first.list() {
        Some(_) => (true, arguments.next()?),
        None => (false, first),
    };
    let when = if earlier {
        "before this session looked (EARLIER)"
    } else {
        "just now"
    };
    outline.field(0, "Expunged", when);
    outline.field(0, "UIDs", tokens::value(uids));
    Some(())
}
