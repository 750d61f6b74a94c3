//! Mailbox and size responses (RFC 9051 sections 7.3 and 7.4), namespaces (RFC 2342), ACLs (RFC 4314).

use super::{ListEntry, NamespaceEntry, Untagged, texts};
use crate::wire::token::{Token, Tokens};

/// `* <number> <name>`
pub(super) fn numbered(name: &str, number: u64) -> Option<Untagged> {
    match name {
        "EXISTS" => Some(Untagged::Exists(number)),
        "RECENT" => Some(Untagged::Recent(number)),
        _ => None,
    }
}

/// `* <name> <arguments>`
pub(super) fn read(name: &str, arguments: Tokens<'_>) -> Option<Untagged> {
    match name {
        // XLIST is Gmail's LIST of before RFC 6154.
        "LIST" | "XLIST" => list(arguments).map(Untagged::List),
        "LSUB" => list(arguments).map(Untagged::Lsub),
        "STATUS" => status(arguments),
        "FLAGS" => flags(arguments),
        "NAMESPACE" => namespace(arguments),
        "ACL" => acl(arguments),
        "LISTRIGHTS" => list_rights(arguments),
        "MYRIGHTS" => my_rights(arguments),
        _ => None,
    }
}

fn list(mut arguments: Tokens<'_>) -> Option<ListEntry> {
    let attributes = texts(arguments.next()?.list()?);
    let delimiter = delimiter(arguments.next()?)?;
    let name = arguments.next()?.string_value()?.into_owned();
    Some(ListEntry {
        attributes,
        delimiter,
        name,
    })
}

/// NIL or one quoted character.
fn delimiter(token: Token<'_>) -> Option<Option<char>> {
    let Some(value) = token.nstring()? else {
        return Some(None);
    };
    let text = std::str::from_utf8(&value).ok()?;
    // Courier has been seen to send "" for "no hierarchy".
    Some(text.chars().next())
}

fn status(mut arguments: Tokens<'_>) -> Option<Untagged> {
    let mailbox = arguments.next()?.string_value()?.into_owned();
    let mut items = Vec::new();
    let mut list = arguments.next()?.list()?;
    while let (Some(name), Some(value)) = (list.next(), list.next()) {
        // APPENDLIMIT NIL and MAILBOXID (F1) are no numbers: left to the transcript.
        if let (Some(name), Some(value)) = (name.text_value(), value.number()) {
            items.push((name.to_ascii_uppercase(), value));
        }
    }
    Some(Untagged::MailboxStatus { mailbox, items })
}

fn flags(mut arguments: Tokens<'_>) -> Option<Untagged> {
    Some(Untagged::Flags(texts(arguments.next()?.list()?)))
}

fn namespace(mut arguments: Tokens<'_>) -> Option<Untagged> {
    let mut group = || namespaces(arguments.next()?);
    Some(Untagged::Namespace {
        personal: group()?,
        other_users: group()?,
        shared: group()?,
    })
}

fn namespaces(token: Token<'_>) -> Option<Vec<NamespaceEntry>> {
    if token.is_nil() {
        return Some(Vec::new());
    }
    let entry = |token: Token<'_>| {
        let mut fields = token.list()?;
        let prefix = fields.next()?.string_value()?.into_owned();
        Some(NamespaceEntry {
            prefix,
            delimiter: delimiter(fields.next()?)?,
        })
    };
    Some(token.list()?.filter_map(entry).collect())
}

fn acl(mut arguments: Tokens<'_>) -> Option<Untagged> {
    let mailbox = arguments.next()?.string_value()?.into_owned();
    let mut entries = Vec::new();
    while let (Some(identifier), Some(rights)) = (arguments.next(), arguments.next()) {
        entries.push((identifier.text_value()?, rights.text_value()?));
    }
    Some(Untagged::Acl { mailbox, entries })
}

fn list_rights(mut arguments: Tokens<'_>) -> Option<Untagged> {
    Some(Untagged::ListRights {
        mailbox: arguments.next()?.string_value()?.into_owned(),
        identifier: arguments.next()?.text_value()?,
        required: arguments.next()?.text_value()?,
        optional: texts(arguments),
    })
}

fn my_rights(mut arguments: Tokens<'_>) -> Option<Untagged> {
    let mailbox = arguments.next()?.string_value()?.into_owned();
    Some(Untagged::MyRights {
        mailbox,
        rights: arguments.next()?.text_value()?,
    })
}
