//! The MIME structure of a message (RFC 2045, 2046): where its parts are, and BODYSTRUCTURE.
//!
//! Whatever the octets, something sensible comes out, in bounded depth and number.

use std::ops::Range;

use super::envelope;
use super::header::{self, Parameters};
use super::write;

/// Deepest nesting that is followed.
const DEEPEST: usize = 20;
/// Most parts of one message.
const MOST_PARTS: usize = 500;

/// A message, or one part of it. Ranges are of the message's octets.
#[derive(Debug, Clone, Default)]
pub struct Entity {
    /// Its header, the empty line included.
    pub header: Range<usize>,
    /// Its body.
    pub body: Range<usize>,
    /// `text`, lower case.
    pub kind: String,
    /// `plain`, lower case.
    pub subtype: String,
    /// Of Content-Type.
    pub parameters: Parameters,
    /// Content-Transfer-Encoding.
    pub encoding: Vec<u8>,
    /// The parts of a multipart; of a message/rfc822 the message within.
    pub children: Vec<Entity>,
}

impl Entity {
    /// Reads a whole message.
    pub fn parse(bytes: &[u8]) -> Entity {
        let mut left = MOST_PARTS;
        read(bytes, 0..bytes.len(), ("text", "plain"), DEEPEST, &mut left)
    }

    /// Whether it has parts.
    pub fn is_multipart(&self) -> bool {
        self.kind == "multipart"
    }

    /// Whether it holds a message.
    pub fn is_message(&self) -> bool {
        self.kind == "message" && self.subtype == "rfc822"
    }

    /// The part that a section's numbers name (RFC 3501 section 6.4.5); call it on the whole message.
    pub fn part(&self, path: &[u32]) -> Option<&Entity> {
        let mut container = Some(self);
        let mut found = None;
        for number in path {
            let within = container?;
            let part = match within.is_multipart() {
                true => within
                    .children
                    .get(usize::try_from(*number).ok()?.checked_sub(1)?)?,
                // A message that is no multipart is its own part 1.
                false if *number == 1 => within,
                false => return None,
            };
            container = match () {
                () if part.is_message() => part.children.first(),
                () if part.is_multipart() => Some(part),
                () => None,
            };
            found = Some(part);
        }
        found
    }

    /// Calls `each` with every part that has no parts of its own.
    pub fn leaves<'a>(&'a self, each: &mut dyn FnMut(&'a Entity)) {
        if self.children.is_empty() {
            each(self);
        }
        // The depth is bounded by the parser.
        for child in &self.children {
            child.leaves(each);
        }
    }

    /// Writes BODYSTRUCTURE, or BODY if not `extended` (RFC 3501 section 7.4.2).
    pub fn write_structure(&self, out: &mut Vec<u8>, bytes: &[u8], extended: bool) {
        let head = bytes.get(self.header.clone()).unwrap_or_default();
        out.push(b'(');
        if self.is_multipart() {
            for child in &self.children {
                child.write_structure(out, bytes, extended);
            }
            out.push(b' ');
            write::string(out, self.subtype.to_ascii_uppercase().as_bytes());
            if extended {
                out.push(b' ');
                write_parameters(out, &self.parameters);
                write_extension(out, head);
            }
            out.push(b')');
            return;
        }
        write::string(out, self.kind.to_ascii_uppercase().as_bytes());
        out.push(b' ');
        write::string(out, self.subtype.to_ascii_uppercase().as_bytes());
        out.push(b' ');
        write_parameters(out, &self.parameters);
        for name in ["Content-ID", "Content-Description"] {
            out.push(b' ');
            write::nstring(out, header::get(head, name).as_deref());
        }
        out.push(b' ');
        write::string(out, self.encoding.to_ascii_uppercase().as_slice());
        out.extend_from_slice(format!(" {}", self.body.len()).as_bytes());
        let lines =
            || memchr::memchr_iter(b'\n', bytes.get(self.body.clone()).unwrap_or_default()).count();
        if let (true, Some(message)) = (self.is_message(), self.children.first()) {
            out.push(b' ');
            envelope::write(out, bytes.get(message.header.clone()).unwrap_or_default());
            out.push(b' ');
            message.write_structure(out, bytes, extended);
            out.extend_from_slice(format!(" {}", lines()).as_bytes());
        } else if self.kind == "text" {
            out.extend_from_slice(format!(" {}", lines()).as_bytes());
        }
        if extended {
            out.push(b' ');
            write::nstring(out, header::get(head, "Content-MD5").as_deref());
            write_extension(out, head);
        }
        out.push(b')');
    }
}

fn read(
    bytes: &[u8],
    range: Range<usize>,
    default: (&str, &str),
    depth: usize,
    left: &mut usize,
) -> Entity {
    *left = left.saturating_sub(1);
    let own = bytes.get(range.clone()).unwrap_or_default();
    let split = range.start + header_len(own);
    let head = bytes.get(range.start..split).unwrap_or_default();
    let mut entity = Entity {
        header: range.start..split,
        body: split..range.end,
        ..Entity::default()
    };
    let content_type = header::get(head, "Content-Type").unwrap_or_default();
    let (media, parameters) = header::parameters(&content_type);
    let media = String::from_utf8_lossy(&media).to_ascii_lowercase();
    (entity.kind, entity.subtype, entity.parameters) = match media.split_once('/') {
        Some((kind, subtype)) if !kind.is_empty() && !subtype.is_empty() => (
            kind.trim().to_owned(),
            subtype.trim().to_owned(),
            parameters,
        ),
        _ if default.0 == "text" => {
            // RFC 2045 section 5.2.
            (
                default.0.to_owned(),
                default.1.to_owned(),
                vec![(b"CHARSET".to_vec(), b"us-ascii".to_vec())],
            )
        }
        _ => (default.0.to_owned(), default.1.to_owned(), Vec::new()),
    };
    let encoding = header::get(head, "Content-Transfer-Encoding").unwrap_or_default();
    entity.encoding = header::parameters(&encoding).0;
    if entity.encoding.is_empty() {
        entity.encoding = b"7bit".to_vec();
    }
    if !entity.is_multipart() && !entity.is_message() {
        return entity;
    }
    if depth == 0 || *left == 0 {
        // As deep as we go: what is below stays a block of octets.
        (entity.kind, entity.subtype) = ("application".to_owned(), "octet-stream".to_owned());
        return entity;
    }
    if entity.is_message() {
        entity.children = vec![read(
            bytes,
            entity.body.clone(),
            ("text", "plain"),
            depth - 1,
            left,
        )];
        return entity;
    }
    let default = if entity.subtype == "digest" {
        ("message", "rfc822")
    } else {
        ("text", "plain")
    };
    let boundary = entity
        .parameters
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(b"boundary"))
        .map(|(_, v)| v.clone());
    let parts = boundary
        .map(|b| parts(bytes, &entity.body, &b))
        .unwrap_or_default();
    for part in parts {
        if *left == 0 {
            break;
        }
        entity
            .children
            .push(read(bytes, part, default, depth - 1, left));
    }
    if entity.children.is_empty() {
        // BODYSTRUCTURE knows no multipart without parts.
        let end = entity.body.end;
        entity
            .children
            .push(read(bytes, end..end, ("text", "plain"), 0, left));
    }
    entity
}

/// Octets of the header, the empty line included.
fn header_len(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let len = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
        at += len;
        if matches!(rest.get(..len), Some(b"\r\n" | b"\n")) {
            return at;
        }
    }
    at
}

/// What lies between the boundaries (RFC 2046 section 5.1.1).
fn parts(bytes: &[u8], body: &Range<usize>, boundary: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<usize> = None;
    let mut at = body.start;
    while at < body.end {
        let rest = bytes.get(at..body.end).unwrap_or_default();
        let len = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
        let line = rest.get(..len).unwrap_or_default();
        if let Some(behind) = line
            .strip_prefix(b"--")
            .and_then(|l| l.strip_prefix(boundary))
        {
            let last = behind.starts_with(b"--");
            let behind = behind.strip_prefix(b"--").unwrap_or(behind);
            if behind.iter().all(u8::is_ascii_whitespace) {
                if let Some(start) = open.take() {
                    // The line end before a boundary belongs to it.
                    let before = bytes.get(start..at).unwrap_or_default();
                    let before = before
                        .strip_suffix(b"\n")
                        .map_or(before, |b| b.strip_suffix(b"\r").unwrap_or(b));
                    found.push(start..start + before.len());
                }
                if last || found.len() >= MOST_PARTS {
                    return found;
                }
                open = Some(at + len);
            }
        }
        at += len;
    }
    // The last boundary is missing: the part goes to the end.
    found.extend(open.map(|start| start..body.end));
    found
}

fn write_parameters(out: &mut Vec<u8>, parameters: &Parameters) {
    if parameters.is_empty() {
        out.extend_from_slice(b"NIL");
        return;
    }
    out.push(b'(');
    for (at, (name, value)) in parameters.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        write::string(out, name.to_ascii_uppercase().as_slice());
        out.push(b' ');
        write::string(out, value);
    }
    out.push(b')');
}

/// Disposition, language, location.
fn write_extension(out: &mut Vec<u8>, head: &[u8]) {
    out.push(b' ');
    match header::get(head, "Content-Disposition") {
        Some(value) => {
            let (kind, parameters) = header::parameters(&value);
            out.push(b'(');
            write::string(out, kind.to_ascii_uppercase().as_slice());
            out.push(b' ');
            write_parameters(out, &parameters);
            out.push(b')');
        }
        None => out.extend_from_slice(b"NIL"),
    }
    out.push(b' ');
    write::nstring(out, header::get(head, "Content-Language").as_deref());
    out.push(b' ');
    write::nstring(out, header::get(head, "Content-Location").as_deref());
}
