//! A mail's header: its fields as sent and as meant, and what the MIME fields say of a part.

use mail_parser::{HeaderName, HeaderValue, MessageParser};

use super::Transfer;
use super::mime::{MimeScan, PartKind};
use super::outline::{Outline, Row, RowKind, Tone};
use super::word;

/// Most header fields of one mail.
const FIELDS: usize = 1_000;

/// A header field: name and value as sent, folds undone.
pub type Field = (Vec<u8>, Vec<u8>);

/// What the MIME fields of a header say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// `text/plain`, lower case.
    pub media: String,
    /// The parameter charset.
    pub charset: Option<String>,
    /// The parameter boundary of a multipart.
    pub boundary: Option<String>,
    /// The content transfer encoding.
    pub transfer: Transfer,
    /// Its name as sent, if it is one that says something else: `x-uuencode`.
    pub odd_transfer: Option<String>,
    /// The file name, from the disposition or the type.
    pub name: Option<String>,
    /// `attachment`, `inline`.
    pub disposition: Option<String>,
    /// Content-Description, decoded.
    pub description: Option<String>,
    /// Subject, decoded: for a mail.
    pub subject: Option<String>,
}

impl Head {
    /// Of a part whose header says nothing.
    pub fn default_for(media: &str) -> Head {
        Head {
            media: media.to_owned(),
            ..Head::default()
        }
    }

    /// Takes what `header` says.
    pub fn read(&mut self, header: &[u8]) {
        let block = [header, b"\r\n"].concat();
        let parser = MessageParser::new()
            .with_mime_headers()
            .header_text(HeaderName::Subject);
        let Some(message) = parser.parse_headers(&block) else {
            return;
        };
        if let Some(HeaderValue::ContentType(kind)) = message.header(HeaderName::ContentType) {
            let subtype = kind.subtype().unwrap_or("?");
            self.media = format!("{}/{subtype}", kind.ctype()).to_ascii_lowercase();
            let attribute = |name: &str| {
                let value = kind.attribute(name).map(word::again);
                value.filter(|v| !v.is_empty())
            };
            self.charset = attribute("charset");
            self.boundary = kind.attribute("boundary").map(str::to_owned);
            self.name = attribute("name");
        }
        if let Some(HeaderValue::ContentType(kind)) = message.header(HeaderName::ContentDisposition)
        {
            self.disposition = Some(kind.ctype().to_ascii_lowercase());
            let name = kind.attribute("filename").map(word::again);
            self.name = name.filter(|n| !n.is_empty()).or(self.name.take());
        }
        let text = |name: HeaderName<'static>| match message.header(name) {
            Some(HeaderValue::Text(text)) => Some(text.clone().into_owned()),
            _ => None,
        };
        if let Some(name) = text(HeaderName::ContentTransferEncoding) {
            self.transfer = Transfer::named(name.as_bytes());
            let plain = ["7bit", "8bit", "binary"];
            let known = plain.iter().any(|p| p.eq_ignore_ascii_case(name.trim()));
            self.odd_transfer =
                (self.transfer == Transfer::Identity && !known).then(|| name.trim().to_owned());
        }
        self.description = text(HeaderName::ContentDescription);
        self.subject = text(HeaderName::Subject);
    }

    /// Whether its content is meant to be read.
    pub fn is_text(&self) -> bool {
        self.media.starts_with("text/")
    }

    /// A file name to propose for its content: no path, no leading dot, nothing but plain characters.
    pub fn file_name(&self, number: &str) -> String {
        if let Some(name) = self
            .name
            .as_deref()
            .map(plain_name)
            .filter(|n| !n.is_empty())
        {
            return name;
        }
        let extension = match self.media.as_str() {
            "text/plain" => "txt",
            "text/html" => "html",
            "text/calendar" => "ics",
            "message/rfc822" | "message/global" => "eml",
            "application/pdf" => "pdf",
            "image/jpeg" => "jpg",
            "image/png" => "png",
            "image/gif" => "gif",
            _ => "bin",
        };
        match number {
            "" => format!("part.{extension}"),
            number => format!("part-{number}.{extension}"),
        }
    }
}

/// A name from a mail, fit for a file in the current directory: its sender must not choose where it goes.
pub fn plain_name(name: &str) -> String {
    const LONGEST: usize = 100;
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|c| c.is_alphanumeric() || " .,-_+=()[]#@!~".contains(*c) || is_sign(*c))
        .take(LONGEST)
        .collect();
    kept.trim().trim_start_matches(['.', '-']).to_owned()
}

/// Signs, dashes, symbols: what has a look of its own and does nothing.
fn is_sign(c: char) -> bool {
    matches!(u32::from(c), 0xa1..=0xac | 0xae..=0x2ff | 0x2010..=0x2027 | 0x2030..=0x205e
        | 0x20a0..=0x2bff | 0x3001..=0x303e | 0x1_f300..=0x1_faff)
}

/// The fields of a header block: name and value, folds undone. A line that is no field is a value
/// without a name.
pub fn fields(header: &[u8]) -> Vec<Field> {
    let mut out: Vec<Field> = Vec::new();
    for line in header.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            if out.is_empty() {
                continue;
            }
            break;
        }
        let folded = matches!(line.first(), Some(b' ' | b'\t'));
        if let (true, Some((_, value))) = (folded, out.last_mut()) {
            if value.len() < word::VALUE_LIMIT {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
            continue;
        }
        if out.len() >= FIELDS {
            break;
        }
        let colon = memchr::memchr(b':', line).filter(|at| {
            let name = line.get(..*at).unwrap_or_default().trim_ascii_end();
            !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
        });
        out.push(match colon {
            Some(at) => (
                line.get(..at).unwrap_or_default().trim_ascii_end().to_vec(),
                line.get(at + 1..).unwrap_or_default().trim_ascii().to_vec(),
            ),
            None => (Vec::new(), line.to_vec()),
        });
    }
    out
}

/// Fields that are a list of addresses.
fn has_addresses(name: &str) -> bool {
    let name = name.strip_prefix("resent-").unwrap_or(name);
    matches!(name, "from" | "to" | "cc" | "bcc" | "sender" | "reply-to")
}

/// What is done with the wire form of a field that was encoded (RFC 2047).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireForm {
    /// It stands beside the decoded text.
    Beside,
    /// Only the decoded text is there: for reading.
    Left,
}

/// Fields as rows, decoded.
pub fn field_rows(outline: &mut Outline, depth: usize, fields: &[Field], wire: WireForm) {
    let beside = |value: &[u8]| match wire {
        WireForm::Beside => value.to_vec(),
        WireForm::Left => Vec::new(),
    };
    for (name, value) in fields {
        let lower = String::from_utf8_lossy(name).to_ascii_lowercase();
        let encoded = memchr::memmem::find(value, b"=?").is_some();
        if has_addresses(&lower)
            && encoded
            && let Some(list) = word::addresses(value)
        {
            let mut label = name.clone();
            let mut remark = beside(value);
            for address in list.into_iter().take(200) {
                outline.remarked(depth, label, address, remark, Tone::Plain);
                (label, remark) = (Vec::new(), Vec::new());
            }
            continue;
        }
        match word::decoded(value) {
            Some(text) => outline.remarked(depth, name.clone(), text, beside(value), Tone::Plain),
            None => outline.field(depth, name.clone(), value.clone()),
        }
    }
}

/// The fields that one looks for first, in that order; then all others.
pub fn sorted(fields: Vec<Field>) -> (Vec<Field>, Vec<Field>) {
    const FIRST: [&[u8]; 7] = [
        b"from",
        b"to",
        b"cc",
        b"bcc",
        b"subject",
        b"date",
        b"message-id",
    ];
    let place = |name: &[u8]| FIRST.iter().position(|f| f.eq_ignore_ascii_case(name));
    let (mut first, rest): (Vec<_>, Vec<_>) = fields
        .into_iter()
        .partition(|(name, _)| place(name).is_some());
    first.sort_by_key(|(name, _)| place(name));
    (first, rest)
}

/// The tree of parts: one row each, which stands for the part.
pub fn part_rows(outline: &mut Outline, depth: usize, scan: &MimeScan) {
    for (index, part) in scan.parts().iter().enumerate() {
        let head = &part.head;
        // What a message/rfc822 holds has no header line of its own where it is a multipart.
        let number = match (part.number.as_str(), part.kind) {
            ("", _) => "-".to_owned(),
            (number, PartKind::Multipart) => {
                let inside = part.parent.and_then(|p| scan.parts().get(p));
                match inside {
                    Some(above) if above.kind == PartKind::Message => format!("{number}.TEXT"),
                    _ => number.to_owned(),
                }
            }
            (number, _) => number.to_owned(),
        };
        let name = format!("{}{number}  {}", "  ".repeat(part.depth), head.media);
        let octets = part.body.end.saturating_sub(part.body.start);
        let size = match part.ended {
            true => format!("{octets} octets"),
            false => "not at its end yet".to_owned(),
        };
        let encoding = head
            .odd_transfer
            .clone()
            .unwrap_or_else(|| head.transfer.name().to_owned());
        let about: Vec<String> = [
            head.name.as_ref().map(|n| format!("\"{n}\"")),
            head.charset.clone(),
            head.disposition.clone(),
            head.description.clone(),
            head.subject
                .clone()
                .filter(|_| part.depth > 0)
                .map(|s| format!("\"{s}\"")),
        ]
        .into_iter()
        .flatten()
        .collect();
        outline.push(Row {
            depth,
            kind: RowKind::Cells,
            cells: vec![
                name.into_bytes(),
                size.into_bytes(),
                encoding.into_bytes(),
                about.join("  ").into_bytes(),
            ],
            tone: Tone::Plain,
            part: Some(index),
        });
    }
    if scan.is_cut() {
        outline.text(
            depth,
            "There are more parts, or deeper ones, than are taken apart.",
            Tone::Warning,
        );
    }
}
