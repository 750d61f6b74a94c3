//! Message data (RFC 9051 section 7.5), search results, VANISHED (RFC 7162).

use super::{Fetch, Untagged, texts};
use crate::wire::token::{Token, Tokens};

/// `* <number> <name> <arguments>`
pub(super) fn numbered(name: &str, number: u64, mut arguments: Tokens<'_>) -> Option<Untagged> {
    match name {
        "EXPUNGE" => Some(Untagged::Expunge(number)),
        "FETCH" => Some(Untagged::Fetch(fetch(number, arguments.next()?.list()?))),
        _ => None,
    }
}

/// `* <name> <arguments>`
pub(super) fn read(name: &str, arguments: Tokens<'_>) -> Option<Untagged> {
    match name {
        "SEARCH" => numbers(arguments).map(Untagged::Search),
        "SORT" => numbers(arguments).map(Untagged::Sort),
        "ESEARCH" => Some(esearch(arguments)),
        "VANISHED" => vanished(arguments),
        _ => None,
    }
}

/// Name and value in turn. An item that we know with a value that we do not costs that item.
fn fetch(seq: u64, mut items: Tokens<'_>) -> Fetch {
    let mut fetch = Fetch {
        seq,
        ..Fetch::default()
    };
    while let (Some(name), Some(value)) = (items.next(), items.next()) {
        match name.atom() {
            Some(n) if n.eq_ignore_ascii_case(b"UID") => fetch.uid = value.number(),
            Some(n) if n.eq_ignore_ascii_case(b"FLAGS") => fetch.flags = value.list().map(texts),
            Some(n) if n.eq_ignore_ascii_case(b"MODSEQ") => {
                // RFC 7162 section 3.1.4.2 puts it into parentheses.
                fetch.modseq = value
                    .list()
                    .and_then(|mut l| l.next())
                    .unwrap_or(value)
                    .number();
            }
            Some(n) if n.eq_ignore_ascii_case(b"RFC822.SIZE") => fetch.size = value.number(),
            _ => {}
        }
    }
    fetch
}

/// Numbers up to the first thing that is none: RFC 7162 puts `(MODSEQ 917162500)` behind them.
fn numbers(arguments: Tokens<'_>) -> Option<Vec<u64>> {
    let mut out = Vec::new();
    for token in arguments {
        if token.list().is_some() {
            break;
        }
        out.push(token.number()?);
    }
    Some(out)
}

/// RFC 9051 section 7.3.4: whose answer it is, UID, then names and values; the count alone is kept.
fn esearch(arguments: Tokens<'_>) -> Untagged {
    let mut count = None;
    let mut items = arguments.filter(|token| token.list().is_none() && !token.is_word("UID"));
    while let (Some(name), Some(value)) = (items.next(), items.next()) {
        if name.is_word("COUNT") {
            count = value.number();
        }
    }
    Untagged::Esearch { count }
}

fn vanished(mut arguments: Tokens<'_>) -> Option<Untagged> {
    let first = arguments.next()?;
    let (earlier, uids) = match first.list() {
        Some(mut words) => (
            words.any(|w: Token<'_>| w.is_word("EARLIER")),
            arguments.next()?,
        ),
        None => (false, first),
    };
    Some(Untagged::Vanished {
        earlier,
        uids: String::from_utf8(uids.atom()?.to_vec()).ok()?,
    })
}
