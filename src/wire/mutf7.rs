//! Modified UTF-7, the mailbox names of IMAP4rev1 (RFC 3501 section 5.1.3).
//!
//! `&` begins a run of base64 (`,` for `/`, no padding) of UTF-16, `-` ends it, `&-` is `&` itself.
//! A name that is none stays usable as it was sent: decoding says why, and changes nothing.

use std::fmt;

use super::base64;

/// Why bytes are no modified UTF-7. Offsets count from the name's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutf7Error {
    /// A control character or a byte above 0x7e outside a run: perhaps UTF-8, sent as it is.
    NotPrintable {
        /// Where.
        offset: usize,
        /// Which byte.
        byte: u8,
    },
    /// A run without its `-`.
    Unclosed {
        /// Where its `&` stands.
        offset: usize,
    },
    /// A run that is no base64 of UTF-16.
    NotUtf16 {
        /// Where its `&` stands.
        offset: usize,
    },
}

impl fmt::Display for Mutf7Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mutf7Error::NotPrintable { offset, byte } => {
                write!(
                    f,
                    "byte {byte:#04x} at offset {offset} may not stand in a mailbox name of modified UTF-7"
                )
            }
            Mutf7Error::Unclosed { offset } => {
                write!(f, "the `&` at offset {offset} is never closed by `-`")
            }
            Mutf7Error::NotUtf16 { offset } => write!(
                f,
                "what follows the `&` at offset {offset} is no base64 of UTF-16 (a plain `&` is written `&-`)"
            ),
        }
    }
}

impl std::error::Error for Mutf7Error {}

/// `text` in modified UTF-7; always canonical.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run: Vec<u16> = Vec::new();
    for character in text.chars() {
        if !matches!(character, ' '..='~') {
            run.extend_from_slice(character.encode_utf16(&mut [0; 2]));
            continue;
        }
        flush(&mut out, &mut run);
        out.push(character);
        if character == '&' {
            out.push('-');
        }
    }
    flush(&mut out, &mut run);
    out
}

/// The text that `name` means.
pub fn decode(name: &[u8]) -> Result<String, Mutf7Error> {
    let mut out = String::with_capacity(name.len());
    let mut at = 0;
    while let Some(&byte) = name.get(at) {
        match byte {
            b'&' => {
                let run = name.get(at + 1..).unwrap_or_default();
                let length =
                    memchr::memchr(b'-', run).ok_or(Mutf7Error::Unclosed { offset: at })?;
                if length == 0 {
                    out.push('&');
                } else {
                    let run = run.get(..length).unwrap_or_default();
                    out.push_str(&decode_run(run).ok_or(Mutf7Error::NotUtf16 { offset: at })?);
                }
                at += length + 2;
            }
            b' '..=b'~' => {
                out.push(char::from(byte));
                at += 1;
            }
            _ => return Err(Mutf7Error::NotPrintable { offset: at, byte }),
        }
    }
    Ok(out)
}

/// Whether `name` is the one right way to write its text: no printable ASCII in a run (`&AGE-` for
/// `a`), no two runs side by side, no unused bits. Two names of one look may otherwise differ.
pub fn is_canonical(name: &[u8]) -> bool {
    decode(name).is_ok_and(|text| encode(&text).as_bytes() == name)
}

/// Fuzz entry: any bytes decode or do not, and what decodes survives the way back.
pub fn fuzz_mutf7(data: &[u8]) {
    if let Ok(text) = decode(data) {
        assert_eq!(
            decode(encode(&text).as_bytes()).as_deref(),
            Ok(text.as_str())
        );
    }
    let text = String::from_utf8_lossy(data);
    assert_eq!(decode(encode(&text).as_bytes()).as_deref(), Ok(&*text));
    assert!(is_canonical(encode(&text).as_bytes()));
}

fn flush(out: &mut String, run: &mut Vec<u16>) {
    if run.is_empty() {
        return;
    }
    let octets: Vec<u8> = run.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    out.push('&');
    out.push_str(
        &base64::encode(&octets)
            .trim_end_matches('=')
            .replace('/', ","),
    );
    out.push('-');
    run.clear();
}

/// The text of a run. Unused bits may be anything (Courier has left some): [`is_canonical`] is stricter.
fn decode_run(run: &[u8]) -> Option<String> {
    let mut octets = Vec::with_capacity(run.len());
    let (mut bits, mut count) = (0u32, 0u32);
    for &letter in run {
        let letter = match letter {
            b',' => b'/',
            b'/' => return None,
            other => other,
        };
        bits = (bits << 6 | base64::value(letter)?) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            octets.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    // A whole group more than needed is no unused bits, it is a letter too many.
    if count >= 6 || octets.len() % 2 != 0 {
        return None;
    }
    let units: Vec<u16> = octets
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0, |unit, o| unit << 8 | u16::from(*o)))
        .collect();
    String::from_utf16(&units).ok()
}
