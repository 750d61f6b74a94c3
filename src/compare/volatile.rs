//! What differs between two sessions by nature.

use std::sync::LazyLock;

use regex::Regex;

/// Names of numbers that are each server's, or each moment's, own.
pub const NUMBERS: &[&str] = &["UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ"];
/// Names of response codes that tell UIDs of new messages.
pub const RESULTS: &[&str] = &["APPENDUID", "COPYUID"];
/// Names of ids.
pub const IDS: &[&str] = &["MAILBOXID", "EMAILID", "THREADID", "SESSIONID"];
/// Names of dates of a message's arrival.
pub const DATES: &[&str] = &["INTERNALDATE", "SAVEDATE"];

/// Each pattern, and what stands for what it finds.
const ROWS: &[(&str, &str)] = &[
    // How long it took: Dovecot, Cyrus.
    (r" ?\(\d+\.\d+(?: \+ \d+\.\d+)* secs?\)", ""),
    (r" ?\(\d+ msgs in \d+\.\d+ secs?\)", ""),
    (r"(?i)\b(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ) \d+", "$1 #"),
    (r"(?i)\b(APPENDUID|COPYUID) \d+ [\d:,*]+", "$1 # #"),
    (r"(?i)\bMODSEQ \(\d+\)", "MODSEQ (#)"),
    (
        r"(?i)\b(MAILBOXID|EMAILID|THREADID|SESSIONID)( ?)\(?[\w.+/<>-]+\)?",
        "$1$2#",
    ),
    (r#"(?i)\(TAG "[^"]*"\)"#, "(TAG #)"),
    // A challenge of SASL.
    (r"^\+ [A-Za-z0-9+/]{16,}=*$", "+ #"),
    // When a mail came.
    (r#"(?i)\b(INTERNALDATE|SAVEDATE) "[^"]*""#, "$1 #"),
];

static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let rows = ROWS.iter();
    rows.filter_map(|(pattern, with)| Some((Regex::new(pattern).ok()?, *with)))
        .collect()
});

/// `text` with `#` for what differs by nature.
pub(super) fn calm(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, with) in PATTERNS.iter() {
        if pattern.is_match(&text) {
            text = pattern.replace_all(&text, *with).into_owned();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_one() {
        assert_eq!(PATTERNS.len(), ROWS.len());
        assert_eq!(
            calm("* OK [UIDVALIDITY 17] valid (0.001 + 0.000 secs)."),
            "* OK [UIDVALIDITY #] valid."
        );
        assert_eq!(calm("* 12 EXISTS"), "* 12 EXISTS");
        for name in [NUMBERS, RESULTS, IDS, DATES].concat() {
            let known = ROWS.iter().any(|(pattern, _)| pattern.contains(name));
            assert!(known, "{name} is in no pattern");
        }
    }
}
