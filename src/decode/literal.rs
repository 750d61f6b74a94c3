//! What a literal is: told by the item it belongs to, else by how it looks.

use super::text;

/// What a literal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiteralKind {
    /// A whole mail: `BODY[]`, RFC822, APPEND.
    Mail,
    /// The header of a mail: `BODY[HEADER]`, `BODY[HEADER.FIELDS (...)]`, `BODY[1.MIME]`.
    Header,
    /// The content of a part, its transfer encoding still on: `BODY[1.2]`, `BODY[TEXT]`.
    Part(String),
    /// The content of a part, its transfer encoding taken off: `BINARY[1]` (RFC 3516).
    Binary(String),
    /// Something else: the name of the item, upper case, or nothing.
    Other(String),
}

/// How the octets of something unknown look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sniffed {
    /// A header, and perhaps a body.
    Mail,
    /// Text.
    Text,
    /// Data.
    Data,
}

impl LiteralKind {
    /// From the line that announces it (announcement included), and whether the server sent it.
    pub fn announced(line: &[u8], server: bool) -> LiteralKind {
        let item = item(line);
        if !server {
            let verb = line.split(|b| *b == b' ').nth(1).unwrap_or_default();
            return match verb.eq_ignore_ascii_case(b"APPEND") {
                true => LiteralKind::Mail,
                false => LiteralKind::Other(String::new()),
            };
        }
        let upper = String::from_utf8_lossy(item).to_ascii_uppercase();
        let section = |name: &str| {
            let rest = upper.strip_prefix(name)?.strip_prefix('[')?;
            Some(rest.split(']').next().unwrap_or_default().to_owned())
        };
        if let Some(part) = section("BINARY") {
            return LiteralKind::Binary(part);
        }
        match section("BODY") {
            Some(part) if part.is_empty() => LiteralKind::Mail,
            // RFC 9051 section 6.4.5.1: HEADER of a part that is a message, MIME of any.
            Some(part) if part.contains("HEADER") || part.ends_with("MIME") => LiteralKind::Header,
            Some(part) => LiteralKind::Part(part),
            None => match upper.as_str() {
                "RFC822" => LiteralKind::Mail,
                "RFC822.HEADER" => LiteralKind::Header,
                "RFC822.TEXT" => LiteralKind::Part("TEXT".to_owned()),
                _ => LiteralKind::Other(upper),
            },
        }
    }

    /// Whether only a piece of it came: `BODY[]<0>` says where it begins. Nothing behind the piece is
    /// known, and nothing before it.
    pub fn is_partial(line: &[u8]) -> bool {
        item(line).ends_with(b">")
    }
}

impl Sniffed {
    /// From its first octets.
    pub fn of(sample: &[u8]) -> Sniffed {
        if !text::is_text(sample) {
            return Sniffed::Data;
        }
        let mut fields = 0;
        for line in sample.split(|b| *b == b'\n').take(200) {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let folded = matches!(line.first(), Some(b' ' | b'\t')) && fields > 0;
            let name = memchr::memchr(b':', line).and_then(|at| line.get(..at));
            let field = name.is_some_and(|n| {
                !n.is_empty()
                    && n.iter()
                        .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(b))
            });
            if field {
                fields += 1;
            } else if line.is_empty() && fields > 0 {
                return Sniffed::Mail;
            } else if !folded {
                break;
            }
        }
        if fields >= 3 {
            return Sniffed::Mail;
        }
        Sniffed::Text
    }
}

/// The word before a literal announcement, brackets and what is in them included.
fn item(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii_end();
    let end = memchr::memrchr(b'{', line).unwrap_or(line.len());
    let line = line.get(..end).unwrap_or_default();
    let line = line.strip_suffix(b"~").unwrap_or(line).trim_ascii_end();
    let mut depth = 0_usize;
    let begin = line.iter().rposition(|byte| match byte {
        b']' => {
            depth += 1;
            false
        }
        b'[' => {
            depth = depth.saturating_sub(1);
            false
        }
        b' ' | b'(' => depth == 0,
        _ => false,
    });
    line.get(begin.map_or(0, |at| at + 1)..).unwrap_or_default()
}
