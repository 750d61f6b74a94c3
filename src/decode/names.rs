//! Mailbox names and what is told of mailboxes: LIST and its like, STATUS, NAMESPACE, METADATA.

use super::outline::{Outline, Tone};
use super::tokens;
use crate::wire::mailbox::MailboxName;
use crate::wire::token::{Token, Tokens};

/// A name as people read it, with the wire form beside it where the two differ.
pub(super) fn mailbox(outline: &mut Outline, depth: usize, label: &str, name: Token<'_>) {
    let (shown, wire) = both(&tokens::value(name));
    outline.remarked(depth, label, shown, wire, Tone::Plain);
}

/// As shown, and the wire form if it is another.
pub(super) fn both(wire: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let shown = MailboxName::from_wire(wire).shown();
    if shown.as_bytes() == wire || std::str::from_utf8(wire).is_err() {
        (wire.to_vec(), Vec::new())
    } else {
        (shown.into_bytes(), wire.to_vec())
    }
}

/// What an attribute of LIST says (RFC 9051 section 7.3.1, RFC 6154).
fn attribute(name: &str) -> &'static str {
    match name.to_ascii_lowercase().as_str() {
        "\\noselect" => "cannot be selected",
        "\\noinferiors" => "can have no children",
        "\\haschildren" => "has children",
        "\\hasnochildren" => "has no children",
        "\\marked" => "has new messages",
        "\\unmarked" => "has no new messages",
        "\\nonexistent" => "does not exist",
        "\\subscribed" => "is subscribed",
        "\\remote" => "is on another server",
        "\\all" => "holds all messages",
        "\\archive" => "is the archive",
        "\\drafts" => "holds drafts",
        "\\flagged" => "holds flagged messages",
        "\\important" => "holds important messages",
        "\\junk" => "holds spam",
        "\\sent" => "holds sent mail",
        "\\trash" => "holds deleted mail",
        _ => "",
    }
}

pub(super) fn list(outline: &mut Outline, mut arguments: Tokens<'_>) -> Option<()> {
    let attributes = arguments.next()?.list()?;
    let delimiter = arguments.next()?;
    mailbox(outline, 0, "Mailbox", arguments.next()?);
    let said = match tokens::nvalue(delimiter) {
        Some(delimiter) => delimiter,
        None => b"none: names are flat".to_vec(),
    };
    outline.field(0, "Delimiter", said);
    let mut label = "Attributes";
    for word in attributes {
        let word = tokens::value(word);
        let meaning = attribute(&String::from_utf8_lossy(&word));
        outline.remarked(0, label, word, meaning, Tone::Plain);
        label = "";
    }
    // RFC 5258: ("CHILDINFO" ("SUBSCRIBED")), ("OLDNAME" ("inbox")).
    for extended in arguments {
        match extended.list() {
            Some(mut pairs) => {
                while let (Some(name), Some(value)) = (pairs.next(), pairs.next()) {
                    let shown = match value.list() {
                        Some(words) => tokens::joined(words),
                        None => tokens::value(value),
                    };
                    outline.field(0, tokens::value(name), shown);
                }
            }
            None => outline.field(0, "and", tokens::value(extended)),
        }
    }
    Some(())
}

pub(super) fn status(outline: &mut Outline, mut arguments: Tokens<'_>) -> Option<()> {
    mailbox(outline, 0, "Mailbox", arguments.next()?);
    let mut items = arguments.next()?.list()?;
    while let Some(name) = items.next() {
        let value = items.next();
        let shown = match value.as_ref().and_then(Token::list) {
            Some(words) => tokens::joined(words),
            None => value.map(tokens::value).unwrap_or_default(),
        };
        outline.field(1, tokens::value(name), shown);
    }
    Some(())
}

pub(super) fn namespace(outline: &mut Outline, mut arguments: Tokens<'_>) -> Option<()> {
    for kind in ["Personal", "Other users'", "Shared"] {
        let Some(namespaces) = arguments.next() else {
            outline.remarked(0, kind, "", "not told", Tone::Dim);
            continue;
        };
        let Some(list) = namespaces.list() else {
            outline.remarked(0, kind, "", "none", Tone::Dim);
            continue;
        };
        outline.heading(0, kind);
        for entry in list {
            let mut parts = entry.list()?;
            let (shown, wire) = both(&tokens::value(parts.next()?));
            let shown = if shown.is_empty() {
                b"\"\"".to_vec()
            } else {
                shown
            };
            let delimiter = match parts.next().map(tokens::nvalue) {
                Some(Some(delimiter)) => [b"delimiter ".as_slice(), &delimiter].concat(),
                _ => b"no delimiter".to_vec(),
            };
            outline.cells(1, vec![shown, delimiter, wire], Tone::Plain);
            while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
                let words = value.list().map(tokens::joined).unwrap_or_default();
                outline.field(2, tokens::value(name), words);
            }
        }
    }
    Some(())
}

/// METADATA (RFC 5464), with values or only names; the older ANNOTATION of Cyrus is a tree.
pub(super) fn metadata(outline: &mut Outline, mut arguments: Tokens<'_>) -> Option<()> {
    let name = arguments.next()?;
    if tokens::value(name).is_empty() {
        outline.field(0, "Mailbox", "none: the server's own entries");
    } else {
        mailbox(outline, 0, "Mailbox", name);
    }
    let first = arguments.clone().next()?;
    if let Some(mut entries) = first.list() {
        while let Some(entry) = entries.next() {
            match entries.next().and_then(tokens::nvalue) {
                Some(value) => outline.field(1, tokens::value(entry), value),
                None => outline.remarked(1, tokens::value(entry), "", "not set", Tone::Dim),
            }
        }
    } else {
        outline.heading(0, "These entries have changed");
        for entry in arguments {
            outline.text(1, tokens::value(entry), Tone::Plain);
        }
    }
    Some(())
}
