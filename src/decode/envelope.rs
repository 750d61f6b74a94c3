//! ENVELOPE (RFC 9051 section 7.5.2).

use super::outline::{Outline, Tone};
use super::{tokens, word};
use crate::wire::token::Token;

/// Most addresses of one field.
const ADDRESSES: usize = 200;

/// The fields in order; what is missing at the end is left out. False: no list.
pub(super) fn read(outline: &mut Outline, depth: usize, envelope: Token<'_>) -> bool {
    const NAMES: [&str; 10] = [
        "Date",
        "Subject",
        "From",
        "Sender",
        "Reply-To",
        "To",
        "Cc",
        "Bcc",
        "In-Reply-To",
        "Message-ID",
    ];
    let Some(fields) = envelope.list() else {
        return false;
    };
    for (at, field) in fields.enumerate() {
        let name = NAMES.get(at).copied().unwrap_or("(more)");
        if field.is_nil() {
            outline.remarked(depth, name, "", "NIL", Tone::Dim);
        } else if let Some(list) = field.list() {
            let mut name = name;
            for (count, address) in list.enumerate() {
                if count >= ADDRESSES {
                    outline.text(depth, "more addresses are left out", Tone::Dim);
                    break;
                }
                let (text, wire) = address_of(address);
                outline.remarked(depth, name, text, wire.unwrap_or_default(), Tone::Plain);
                name = "";
            }
        } else {
            let raw = tokens::value(field);
            match word::decoded(&raw) {
                Some(text) => outline.remarked(depth, name, text, raw, Tone::Plain),
                None => outline.field(depth, name, raw),
            }
        }
    }
    true
}

/// `Name <mailbox@host>`, and the name's wire form if it was an encoded word. Groups: RFC 9051 section
/// 7.5.2, a NIL host begins one, NIL mailbox and host end it.
fn address_of(address: Token<'_>) -> (Vec<u8>, Option<Vec<u8>>) {
    let Some(mut parts) = address.list() else {
        return (tokens::shown(address), None);
    };
    let mut next = || parts.next().and_then(tokens::nvalue);
    let (name, route, mailbox, host) = (next(), next(), next(), next());
    let wire = name.clone().filter(|n| word::decoded(n).is_some());
    let name = name.map(|n| word::shown(&n));
    let route = route
        .map(|r| [r.as_slice(), b":"].concat())
        .unwrap_or_default();
    let text = match (mailbox, host) {
        (None, None) => b"(end of the group)".to_vec(),
        (Some(group), None) => [b"group ".as_slice(), &group, b":"].concat(),
        (mailbox, host) => {
            let address = [
                route,
                mailbox.unwrap_or_default(),
                b"@".to_vec(),
                host.unwrap_or_default(),
            ]
            .concat();
            match name {
                Some(name) => [name.as_slice(), b" <", &address, b">"].concat(),
                None => address,
            }
        }
    };
    (text, wire)
}
