//! Octets of a text part to text: charset, HTML.

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::html::html_to_text;

/// Octets of a part that are read for the screen.
pub const SHOWN_LIMIT: usize = 1024 * 1024;

/// A text, and what should be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Octets that are UTF-8 wherever the charset could be decoded.
    pub text: Vec<u8>,
    /// `charset x-foo is not known: shown as it is`.
    pub remark: Option<String>,
}

/// `octets` in `charset` as text.
pub fn in_charset(octets: &[u8], charset: Option<&str>) -> Shown {
    let as_it_is = |remark| Shown {
        text: octets.to_vec(),
        remark,
    };
    let Some(charset) = charset.map(str::trim).filter(|c| !c.is_empty()) else {
        return as_it_is(None);
    };
    let same = ["utf-8", "utf8", "us-ascii", "ascii"];
    if same.iter().any(|name| name.eq_ignore_ascii_case(charset)) {
        return as_it_is(None);
    }
    match charset_decoder(charset.as_bytes()) {
        Some(decode) => Shown {
            text: decode(octets).into_bytes(),
            remark: None,
        },
        None => as_it_is(Some(format!(
            "charset {charset} is not known: shown as it is"
        ))),
    }
}

/// HTML as text, links and pictures left out.
pub fn html(text: &[u8]) -> Vec<u8> {
    html_to_text(&String::from_utf8_lossy(text)).into_bytes()
}

/// Whether octets are text rather than data: hardly a control character, and hardly a broken one.
pub fn is_text(sample: &[u8]) -> bool {
    let odd = sample
        .iter()
        .filter(|b| matches!(b, 0..=8 | 11 | 14..=26 | 28..=31 | 127))
        .count();
    let broken: usize = sample.utf8_chunks().map(|c| c.invalid().len()).sum();
    let high = sample.iter().filter(|b| **b >= 0x80).count();
    // Latin-1 is broken UTF-8 too: a few letters of it do not make data.
    odd * 100 <= sample.len() && (broken <= 3 || high * 3 <= sample.len())
}
