//! Header fields: folding, parameters, encoded words, and text in its charset (RFC 5322, 2045, 2047).

use crate::wire::base64;

/// One field as it stands in a message.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The whole field, folded lines and line ends included.
    pub raw: &'a [u8],
    /// What stands before the colon.
    pub name: &'a [u8],
    /// What stands behind it, still folded.
    pub value: &'a [u8],
}

/// The fields of a header; lines that are none are left out.
pub fn fields(header: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut rest = header;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let mut end = line_len(rest);
            while matches!(rest.get(end), Some(b' ' | b'\t')) {
                end += line_len(rest.get(end..).unwrap_or_default());
            }
            let (raw, behind) = rest.split_at(end.min(rest.len()));
            rest = behind;
            if let Some(colon) = raw.iter().position(|b| *b == b':') {
                let (name, value) = raw.split_at(colon);
                let name = name.trim_ascii_end();
                if !name.is_empty() && name.iter().all(u8::is_ascii_graphic) {
                    return Some(Field {
                        raw,
                        name,
                        value: value.get(1..).unwrap_or_default(),
                    });
                }
            }
        }
        None
    })
}

/// Octets up to and with the next LF.
fn line_len(bytes: &[u8]) -> usize {
    memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1)
}

/// The first field of this name, unfolded.
pub fn get(header: &[u8], name: &str) -> Option<Vec<u8>> {
    fields(header)
        .find(|f| f.name.eq_ignore_ascii_case(name.as_bytes()))
        .map(|f| unfold(f.value))
}

/// A value on one line, without spaces around it.
pub fn unfold(value: &[u8]) -> Vec<u8> {
    let flat: Vec<u8> = value
        .iter()
        .copied()
        .filter(|b| !matches!(b, b'\r' | b'\n'))
        .collect();
    flat.trim_ascii().to_vec()
}

/// Names and values behind a value's first `;`.
pub type Parameters = Vec<(Vec<u8>, Vec<u8>)>;

/// Most parameters that are read.
const MOST_PARAMETERS: usize = 50;

/// `text/plain; charset="utf-8"`: the value and its parameters. Comments are dropped.
pub fn parameters(value: &[u8]) -> (Vec<u8>, Parameters) {
    let mut pieces = split(value, b';').into_iter();
    let main = pieces.next().unwrap_or_default();
    let mut parameters = Vec::new();
    for piece in pieces.take(MOST_PARAMETERS) {
        let Some(equals) = piece.iter().position(|b| *b == b'=') else {
            continue;
        };
        let (name, value) = piece.split_at(equals);
        parameters.push((
            name.trim_ascii().to_vec(),
            unquote(value.get(1..).unwrap_or_default().trim_ascii()),
        ));
    }
    (unquote(main.trim_ascii()), parameters)
}

/// Cuts at `separator` outside quotes and comments; comments are left out, quotes stay.
pub fn split(value: &[u8], separator: u8) -> Vec<Vec<u8>> {
    let mut pieces = vec![Vec::new()];
    let (mut quoted, mut comments, mut escaped) = (false, 0u32, false);
    for &byte in value {
        let before = escaped;
        escaped = false;
        if matches!(byte, b'\r' | b'\n') {
            continue;
        }
        if !before {
            match byte {
                b'\\' if quoted || comments > 0 => escaped = true,
                b'"' if comments == 0 => quoted = !quoted,
                b'(' if !quoted => {
                    comments += 1;
                    continue;
                }
                b')' if comments > 0 => {
                    comments -= 1;
                    continue;
                }
                _ if byte == separator && !quoted && comments == 0 => {
                    pieces.push(Vec::new());
                    continue;
                }
                _ => {}
            }
        }
        if comments == 0
            && let Some(piece) = pieces.last_mut()
        {
            piece.push(byte);
        }
    }
    pieces
}

/// Takes quotes and their backslashes off.
pub fn unquote(text: &[u8]) -> Vec<u8> {
    let Some(inner) = text.strip_prefix(b"\"") else {
        return text.to_vec();
    };
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    let mut out = Vec::new();
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => out.extend(bytes.next()),
            _ => out.push(*byte),
        }
    }
    out
}

/// A value as text, encoded words decoded (RFC 2047).
pub fn decode_words(value: &[u8]) -> String {
    let text = decode_charset(value, "utf-8");
    let mut out = String::new();
    let mut rest = text.as_str();
    let mut behind_word = false;
    while let Some(start) = rest.find("=?") {
        let (before, candidate) = rest.split_at(start);
        let Some((decoded, len)) = encoded_word(candidate) else {
            out.push_str(before);
            out.push_str("=?");
            rest = candidate.get(2..).unwrap_or_default();
            behind_word = false;
            continue;
        };
        // RFC 2047 section 6.2: space between two encoded words is not shown.
        if !(behind_word && before.trim().is_empty()) {
            out.push_str(before);
        }
        out.push_str(&decoded);
        rest = candidate.get(len..).unwrap_or_default();
        behind_word = true;
    }
    out.push_str(rest);
    out
}

/// `=?charset?B?...?=`: its text and its length.
fn encoded_word(text: &str) -> Option<(String, usize)> {
    let mut parts = text.get(2..)?.splitn(4, '?');
    let (charset, encoding, data, behind) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if !behind.starts_with('=') || data.contains(' ') {
        return None;
    }
    let bytes = match encoding {
        "B" | "b" => base64::decode(data.as_bytes())?.to_vec(),
        "Q" | "q" => quoted_printable(data.replace('_', " ").as_bytes()),
        _ => return None,
    };
    // RFC 2231 section 5: a language may stand behind the charset.
    let charset_name = charset.split('*').next().unwrap_or_default();
    let len = 2 + charset.len() + 1 + encoding.len() + 1 + data.len() + 2;
    Some((decode_charset(&bytes, charset_name), len))
}

/// Octets in a charset as text. ISO-8859-1 and its like, UTF-8 and ASCII are known; what else there is
/// is read as ASCII with replacement characters.
pub fn decode_charset(bytes: &[u8], charset: &str) -> String {
    let latin = ["iso-8859-1", "iso-8859-15", "windows-1252", "latin1"];
    if latin.iter().any(|l| l.eq_ignore_ascii_case(charset)) {
        return bytes.iter().copied().map(char::from).collect();
    }
    String::from_utf8_lossy(bytes).into_owned()
}

/// Undoes a content transfer encoding; what is broken stays as it is.
pub fn decode_transfer(bytes: &[u8], encoding: &str) -> Vec<u8> {
    match encoding.to_ascii_lowercase().as_str() {
        "base64" => {
            let packed: Vec<u8> = bytes
                .iter()
                .copied()
                .filter(|b| !b.is_ascii_whitespace())
                .collect();
            base64::decode(&packed).map_or_else(|| bytes.to_vec(), |decoded| decoded.to_vec())
        }
        "quoted-printable" => quoted_printable(bytes),
        _ => bytes.to_vec(),
    }
}

fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte != b'=' {
            out.push(*byte);
            continue;
        }
        if let Some(behind) = rest
            .strip_prefix(b"\r\n")
            .or_else(|| rest.strip_prefix(b"\n"))
        {
            rest = behind;
            continue;
        }
        let digits = rest
            .get(..2)
            .and_then(|d| std::str::from_utf8(d).ok())
            .and_then(|d| u8::from_str_radix(d, 16).ok());
        match digits {
            Some(octet) => {
                out.push(octet);
                rest = rest.get(2..).unwrap_or_default();
            }
            None => out.push(b'='),
        }
    }
    out
}
