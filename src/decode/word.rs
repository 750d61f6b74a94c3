//! Words of mail headers: RFC 2047 encoded words, RFC 2231 parameters, addresses (RFC 5322).

use mail_parser::{Address, HeaderValue, MessageParser};

/// Longest header value looked at, in octets.
pub const VALUE_LIMIT: usize = 64 * 1024;

/// `raw` (the value of an unstructured header, or a string of an ENVELOPE) with its encoded words
/// decoded; `None` if there is none in it.
pub fn decoded(raw: &[u8]) -> Option<String> {
    let raw = raw.get(..VALUE_LIMIT).unwrap_or(raw);
    memchr::memmem::find(raw, b"=?")?;
    let text = unstructured(raw)?;
    (text.as_bytes() != raw).then_some(text)
}

/// The same, or `raw` as it is: octets that are no UTF-8 stay what they are.
pub fn shown(raw: &[u8]) -> Vec<u8> {
    decoded(raw).map_or_else(|| raw.to_vec(), String::into_bytes)
}

fn unstructured(raw: &[u8]) -> Option<String> {
    let header = [
        b"Subject: ".as_slice(),
        &without_line_ends(raw),
        b"\r\n\r\n",
    ]
    .concat();
    let message = MessageParser::new()
        .header_text(mail_parser::HeaderName::Subject)
        .parse_headers(&header)?;
    match message.header(mail_parser::HeaderName::Subject)? {
        HeaderValue::Text(text) => Some(text.clone().into_owned()),
        HeaderValue::TextList(list) => Some(list.join(" ")),
        _ => None,
    }
}

/// A line end inside would end the header that is made for the parser.
fn without_line_ends(raw: &[u8]) -> Vec<u8> {
    raw.iter()
        .map(|b| {
            if matches!(b, b'\r' | b'\n' | 0) {
                b' '
            } else {
                *b
            }
        })
        .collect()
}

/// The addresses of an address header, one a line: `Grüße <a@example.com>`, groups by name. `None`: it
/// cannot be read as such.
pub fn addresses(raw: &[u8]) -> Option<Vec<String>> {
    let raw = raw.get(..VALUE_LIMIT).unwrap_or(raw);
    let header = [b"From: ".as_slice(), &without_line_ends(raw), b"\r\n\r\n"].concat();
    let message = MessageParser::new()
        .header_address(mail_parser::HeaderName::From)
        .parse_headers(&header)?;
    let mut out = Vec::new();
    match message.header(mail_parser::HeaderName::From)? {
        HeaderValue::Address(Address::List(list)) => {
            out.extend(list.iter().map(|a| address(a.name(), a.address())));
        }
        HeaderValue::Address(Address::Group(groups)) => {
            for group in groups {
                if let Some(name) = &group.name {
                    out.push(format!("{name}:"));
                }
                out.extend(
                    group
                        .addresses
                        .iter()
                        .map(|a| address(a.name(), a.address())),
                );
            }
        }
        _ => return None,
    }
    Some(out).filter(|list| !list.is_empty())
}

/// `Name <address>`.
fn address(name: Option<&str>, address: Option<&str>) -> String {
    match (name, address) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (None, Some(one)) | (Some(one), None) => one.to_owned(),
        (None, None) => String::new(),
    }
}

/// The parameters of a content type or disposition, RFC 2231 continuations joined and charsets decoded.
/// `parameters` as a server lists them in a BODYSTRUCTURE.
pub fn parameters(parameters: &[(Vec<u8>, Vec<u8>)]) -> Vec<(String, String)> {
    let mut header = b"Content-Type: a/b".to_vec();
    for (name, value) in parameters.iter().take(100) {
        header.extend_from_slice(b"; ");
        header.extend(
            name.iter()
                .filter(|b| b.is_ascii_graphic() && !b"\";=".contains(b)),
        );
        header.push(b'=');
        // RFC 2231's own values are not quoted; everything else is.
        let extended =
            name.ends_with(b"*") && value.iter().all(|b| b.is_ascii_graphic() && *b != b';');
        if extended {
            header.extend_from_slice(value);
        } else {
            header.push(b'"');
            for byte in without_line_ends(value.get(..VALUE_LIMIT).unwrap_or(value)) {
                if matches!(byte, b'"' | b'\\') {
                    header.push(b'\\');
                }
                header.push(byte);
            }
            header.push(b'"');
        }
    }
    header.extend_from_slice(b"\r\n\r\n");
    let parser = MessageParser::new().with_mime_headers();
    let Some(message) = parser.parse_headers(&header) else {
        return Vec::new();
    };
    match message.header(mail_parser::HeaderName::ContentType) {
        Some(HeaderValue::ContentType(content)) => content
            .attributes
            .iter()
            .flatten()
            .map(|a| (a.name.to_ascii_lowercase(), again(&a.value)))
            .collect(),
        _ => Vec::new(),
    }
}

/// Encoded words where RFC 2047 forbids them and many mailers write them: in a file name.
pub(super) fn again(value: &str) -> String {
    decoded(value.as_bytes()).unwrap_or_else(|| value.to_owned())
}
