//! Base64 (RFC 4648 section 4) for AUTHENTICATE, and the alphabet that modified UTF-7 changes.

use zeroize::Zeroizing;

/// The standard alphabet; modified UTF-7 has `,` for `/`.
pub(super) const ALPHABET: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `bytes` in base64, padded. The result may be a secret: it is wiped when dropped.
pub fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(bytes.len().div_ceil(3) * 4));
    for group in bytes.chunks(3) {
        let at = |index: usize| u32::from(group.get(index).copied().unwrap_or_default());
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4u32 {
            let index = (bits >> (18 - 6 * digit)) & 63;
            let letter = ALPHABET.get(index as usize).copied().unwrap_or(b'=');
            out.push(if digit as usize <= group.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    out
}

/// The octets that `text` means; `None` unless it is canonical: only letters of the alphabet, whole
/// groups of four, padding where it belongs, unused bits zero.
pub fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let mut out = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3));
    let mut groups = text.chunks(4).peekable();
    while let Some(group) = groups.next() {
        let padding = group.iter().rev().take_while(|b| **b == b'=').count();
        if padding > 2 || (padding > 0 && groups.peek().is_some()) {
            return None;
        }
        let mut bits = 0u32;
        for &letter in group.get(..4 - padding)? {
            bits = bits << 6 | value(letter)?;
        }
        bits <<= 6 * padding;
        let octets = bits.to_be_bytes();
        let (meant, unused) = octets.get(1..)?.split_at(3 - padding);
        if unused.iter().any(|o| *o != 0) {
            return None;
        }
        out.extend_from_slice(meant);
    }
    Some(out)
}

/// The six bits of a letter of the alphabet.
pub(super) fn value(letter: u8) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}
