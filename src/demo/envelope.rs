//! ENVELOPE (RFC 3501 section 7.4.2) and address lists (RFC 5322 section 3.4).

use super::header;
use super::write;

/// Most addresses that are read of one field.
const MOST_ADDRESSES: usize = 1000;

/// One address, or the begin (`host` only missing) or end (both missing) of a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// Display name.
    pub name: Option<Vec<u8>>,
    /// Before the `@`; a group's name.
    pub mailbox: Option<Vec<u8>>,
    /// Behind it.
    pub host: Option<Vec<u8>>,
}

/// Writes the ENVELOPE of a header.
pub fn write(out: &mut Vec<u8>, header: &[u8]) {
    let text = |name| header::get(header, name);
    out.push(b'(');
    write::nstring(out, text("Date").as_deref());
    out.push(b' ');
    write::nstring(out, text("Subject").as_deref());
    let from = text("From").unwrap_or_default();
    for name in ["From", "Sender", "Reply-To", "To", "Cc", "Bcc"] {
        out.push(b' ');
        let value = text(name).filter(|v| !v.is_empty());
        match (value, name) {
            (Some(value), _) => write_addresses(out, &addresses(&value)),
            // Sender and Reply-To are From if they are missing.
            (None, "Sender" | "Reply-To") => write_addresses(out, &addresses(&from)),
            (None, _) => out.extend_from_slice(b"NIL"),
        }
    }
    for name in ["In-Reply-To", "Message-ID"] {
        out.push(b' ');
        write::nstring(out, text(name).as_deref());
    }
    out.push(b')');
}

fn write_addresses(out: &mut Vec<u8>, addresses: &[Address]) {
    if addresses.is_empty() {
        out.extend_from_slice(b"NIL");
        return;
    }
    out.push(b'(');
    for address in addresses {
        out.push(b'(');
        write::nstring(out, address.name.as_deref());
        // The source route is obsolete and dropped.
        out.extend_from_slice(b" NIL ");
        write::nstring(out, address.mailbox.as_deref());
        out.push(b' ');
        write::nstring(out, address.host.as_deref());
        out.push(b')');
    }
    out.push(b')');
}

/// What has been read of the address under way.
#[derive(Debug, Default)]
struct Pending {
    /// Words as they stand, quotes off.
    text: Vec<u8>,
    comment: Vec<u8>,
    angle: Option<Vec<u8>>,
}

impl Pending {
    fn finish(&mut self, found: &mut Vec<Address>) {
        let pending = std::mem::take(self);
        let text = pending.text.trim_ascii().to_vec();
        let (spec, name) = match pending.angle {
            Some(spec) => (spec, text),
            None => (text, pending.comment.trim_ascii().to_vec()),
        };
        if spec.is_empty() && name.is_empty() {
            return;
        }
        // `<@relay:user@host>`: an obsolete route before the address.
        let spec = match (spec.first(), spec.iter().position(|b| *b == b':')) {
            (Some(b'@'), Some(colon)) => spec.get(colon + 1..).unwrap_or_default().to_vec(),
            _ => spec,
        };
        let (mailbox, host) = match spec.iter().rposition(|b| *b == b'@') {
            Some(at) => (
                spec.get(..at).unwrap_or_default().to_vec(),
                spec.get(at + 1..).unwrap_or_default().to_vec(),
            ),
            // NIL as host would begin a group.
            None => (spec, b".MISSING-HOST-NAME.".to_vec()),
        };
        let trim = |part: Vec<u8>| part.trim_ascii().to_vec();
        let name = Some(name).filter(|n| !n.is_empty());
        found.push(Address {
            name,
            mailbox: Some(trim(mailbox)),
            host: Some(trim(host)),
        });
    }
}

/// The addresses of a field's value.
pub fn addresses(value: &[u8]) -> Vec<Address> {
    let mut found = Vec::new();
    let mut pending = Pending::default();
    let mut in_group = false;
    let mut at = 0;
    while let Some(&byte) = value.get(at) {
        if found.len() >= MOST_ADDRESSES {
            return found;
        }
        at += 1;
        match byte {
            b'(' => pending.comment = enclosed(value, &mut at, b')', Some(b'(')),
            b'"' => {
                let quoted = enclosed(value, &mut at, b'"', None);
                pending.text.extend_from_slice(&quoted);
            }
            b'<' => pending.angle = Some(enclosed(value, &mut at, b'>', None)),
            b',' => pending.finish(&mut found),
            b':' if !in_group && pending.angle.is_none() => {
                let name = std::mem::take(&mut pending).text.trim_ascii().to_vec();
                found.push(Address {
                    mailbox: Some(name),
                    ..Address::default()
                });
                in_group = true;
            }
            b';' if in_group => {
                pending.finish(&mut found);
                found.push(Address::default());
                in_group = false;
            }
            b'\r' | b'\n' => {}
            b' ' | b'\t' => {
                if !pending.text.is_empty() && pending.text.last() != Some(&b' ') {
                    pending.text.push(b' ');
                }
            }
            _ => pending.text.push(byte),
        }
    }
    pending.finish(&mut found);
    if in_group {
        found.push(Address::default());
    }
    found
}

/// What stands up to `close`, backslashes off; `open` nests.
fn enclosed(value: &[u8], at: &mut usize, close: u8, open: Option<u8>) -> Vec<u8> {
    let mut text = Vec::new();
    let mut depth = 0u32;
    while let Some(&byte) = value.get(*at) {
        *at += 1;
        match byte {
            b'\\' => {
                text.extend(value.get(*at));
                *at += 1;
                continue;
            }
            _ if byte == close && depth == 0 => return text,
            _ if byte == close => depth -= 1,
            _ if Some(byte) == open => depth += 1,
            _ => {}
        }
        text.push(byte);
    }
    text
}
