//! What the user wants to see, in a few words, as arguments of SEARCH and SORT.
//!
//! `from:ann unseen since:7d "big plan"` becomes `FROM ann UNSEEN SINCE 27-Jan-2026 OR FROM "big plan"
//! SUBJECT "big plan"`. A text that begins with a search key in capitals is a search program already and goes
//! as it is. To add a word: a row in [`FLAGS`] or [`FIELDS`].

use jiff::civil::Date;

/// Search keys without an argument, as one types them (RFC 9051 section 6.4.4; OLD, NEW and RECENT are
/// RFC 3501's).
const FLAGS: &[&str] = &[
    "all",
    "answered",
    "deleted",
    "draft",
    "flagged",
    "new",
    "old",
    "recent",
    "seen",
    "unanswered",
    "undeleted",
    "undraft",
    "unflagged",
    "unseen",
];

/// Words with an argument: as typed, the search key, and what the argument is.
const FIELDS: &[(&str, &str, Kind)] = &[
    ("from", "FROM", Kind::Text),
    ("to", "TO", Kind::Text),
    ("cc", "CC", Kind::Text),
    ("bcc", "BCC", Kind::Text),
    ("subject", "SUBJECT", Kind::Text),
    ("body", "BODY", Kind::Text),
    ("text", "TEXT", Kind::Text),
    ("since", "SINCE", Kind::Day),
    ("before", "BEFORE", Kind::Day),
    ("on", "ON", Kind::Day),
    ("larger", "LARGER", Kind::Size),
    ("smaller", "SMALLER", Kind::Size),
    ("keyword", "KEYWORD", Kind::Atom),
    ("unkeyword", "UNKEYWORD", Kind::Atom),
    ("header", "HEADER", Kind::Header),
    ("uid", "UID", Kind::Atom),
];

/// Search keys that a program of the user's may begin with.
const KEYS: &[&str] = &[
    "NOT",
    "OR",
    "SENTSINCE",
    "SENTBEFORE",
    "SENTON",
    "MODSEQ",
    "OLDER",
    "YOUNGER",
    "FUZZY",
    "EMAILID",
    "THREADID",
    "CHARSET",
];

/// Sort keys (RFC 5256 section 3, RFC 5957).
const SORT: &[&str] = &[
    "ARRIVAL",
    "CC",
    "DATE",
    "FROM",
    "SIZE",
    "SUBJECT",
    "TO",
    "DISPLAYFROM",
    "DISPLAYTO",
    "REVERSE",
];

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Day,
    Size,
    Atom,
    Header,
}

/// A bit of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bit {
    /// As it is.
    Words(String),
    /// A string of the user's: an atom, a quoted string or a literal.
    Text(String),
}

/// The search that `typed` means.
///
/// # Errors
/// A sentence: what in it is not understood.
pub fn search(typed: &str, today: Date) -> Result<Vec<Bit>, String> {
    if is_program(typed) {
        // A brace could announce a literal that nobody sends.
        if !typed.is_ascii() || typed.contains(['\r', '\n', '{']) {
            return Err(
                "A search program as typed is ASCII without braces; write subject:... for other letters."
                    .to_owned(),
            );
        }
        return Ok(vec![Bit::Words(typed.trim().to_owned())]);
    }
    let mut bits = Vec::new();
    for word in words(typed)? {
        one(&mut bits, &word, today)?;
    }
    if bits.is_empty() {
        bits.push(Bit::Words("ALL".to_owned()));
    }
    Ok(bits)
}

/// Whether the search holds letters beyond ASCII: then the command names a charset.
pub fn needs_charset(typed: &str) -> bool {
    !typed.is_ascii()
}

/// A text that begins with a search key in capitals, or with a bracket.
fn is_program(typed: &str) -> bool {
    let typed = typed.trim();
    let first = typed.split(' ').next().unwrap_or_default();
    let known = |key: &str| {
        KEYS.contains(&key)
            || FLAGS.iter().any(|f| f.eq_ignore_ascii_case(key))
            || FIELDS.iter().any(|(_, k, _)| *k == key)
    };
    typed.starts_with('(')
        || (first.len() > 1 && first.bytes().all(|b| b.is_ascii_uppercase()) && known(first))
}

/// A word, and whether it (or the value behind its colon) was quoted.
struct Word {
    not: bool,
    field: Option<String>,
    value: String,
    quoted: bool,
}

fn words(typed: &str) -> Result<Vec<Word>, String> {
    let mut out = Vec::new();
    let mut rest = typed.trim_start();
    while !rest.is_empty() {
        let not = rest.starts_with('!');
        rest = rest.strip_prefix('!').unwrap_or(rest);
        let (mut value, mut quoted, mut field) = (String::new(), false, None);
        let mut chars = rest.char_indices().peekable();
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                ' ' | '\t' => {
                    end = at;
                    break;
                }
                ':' if field.is_none() && !quoted => field = Some(std::mem::take(&mut value)),
                '"' => {
                    quoted = true;
                    loop {
                        match chars.next() {
                            Some((_, '"')) => break,
                            Some((_, '\\')) => value.extend(chars.next().map(|(_, c)| c)),
                            Some((_, c)) => value.push(c),
                            None => return Err("A quote is not closed.".to_owned()),
                        }
                    }
                }
                c => value.push(c),
            }
        }
        rest = rest.get(end..).unwrap_or_default().trim_start();
        out.push(Word {
            not,
            field,
            value,
            quoted,
        });
    }
    Ok(out)
}

fn one(bits: &mut Vec<Bit>, word: &Word, today: Date) -> Result<(), String> {
    let mut words = |text: &str| bits.push(Bit::Words(text.to_owned()));
    if word.not {
        words("NOT");
    }
    let Some(field) = &word.field else {
        let flag = FLAGS.iter().find(|f| f.eq_ignore_ascii_case(&word.value));
        if let Some(flag) = flag.filter(|_| !word.quoted) {
            words(&flag.to_ascii_uppercase());
            return Ok(());
        }
        words("OR FROM");
        bits.push(Bit::Text(word.value.clone()));
        bits.push(Bit::Words("SUBJECT".to_owned()));
        bits.push(Bit::Text(word.value.clone()));
        return Ok(());
    };
    let lower = field.to_ascii_lowercase();
    let Some((_, key, kind)) = FIELDS.iter().find(|(name, _, _)| *name == lower) else {
        let names: Vec<&str> = FIELDS.iter().map(|(name, _, _)| *name).collect();
        let all = names.join(": ");
        return Err(format!("{field}: is not known; there are {all}:."));
    };
    words(key);
    let value = word.value.as_str();
    match kind {
        Kind::Text => bits.push(Bit::Text(value.to_owned())),
        Kind::Day => words(&day(value, today)?),
        Kind::Size => words(&size(value)?.to_string()),
        Kind::Atom => {
            let plain = |b: u8| b.is_ascii_graphic() && !b"(){\"\\%".contains(&b);
            if value.is_empty() || !value.bytes().all(plain) {
                return Err(format!("{field}: needs one word, not {value:?}."));
            }
            words(value);
        }
        Kind::Header => {
            let (name, text) = value
                .split_once('=')
                .ok_or("header: is written header:Name=text.")?;
            bits.push(Bit::Text(name.to_owned()));
            bits.push(Bit::Text(text.to_owned()));
        }
    }
    Ok(())
}

/// `2026-01-31`, `7d` (days ago), `today`: as IMAP writes a date.
fn day(value: &str, today: Date) -> Result<String, String> {
    let date = match value {
        "today" => Some(today),
        "yesterday" => today.yesterday().ok(),
        _ => match value.strip_suffix('d').and_then(|n| n.parse::<i64>().ok()) {
            Some(days) => jiff::Span::new()
                .try_days(days)
                .ok()
                .and_then(|days| today.checked_sub(days).ok()),
            None => value.parse().ok(),
        },
    };
    let date = date.ok_or_else(|| format!("{value:?} is no day: 2026-01-31, 7d or today."))?;
    Ok(date.strftime("%-d-%b-%Y").to_string())
}

/// `10k`, `5m`, `1g`, or octets.
fn size(value: &str) -> Result<u64, String> {
    let wrong = || format!("{value:?} is no size: 500000, 500k or 2m.");
    let lower = value.to_ascii_lowercase();
    let (digits, factor) = match lower.as_bytes().last() {
        Some(b'k') => (lower.get(..lower.len() - 1), 1_000),
        Some(b'm') => (lower.get(..lower.len() - 1), 1_000_000),
        Some(b'g') => (lower.get(..lower.len() - 1), 1_000_000_000),
        _ => (Some(lower.as_str()), 1),
    };
    let number: u64 = digits.and_then(|d| d.parse().ok()).ok_or_else(wrong)?;
    number.checked_mul(factor).ok_or_else(wrong)
}

/// What stands between SORT's brackets; `-date` is `REVERSE DATE`.
///
/// # Errors
/// A sentence: what is no sort key.
pub fn sort(typed: &str) -> Result<String, String> {
    let mut out = Vec::new();
    for word in typed.split_whitespace() {
        let (reverse, key) = match word.strip_prefix('-') {
            Some(key) => (true, key.to_ascii_uppercase()),
            None => (false, word.to_ascii_uppercase()),
        };
        if !SORT.contains(&key.as_str()) {
            return Err(format!(
                "{word} is no sort key; there are arrival, cc, date, from, size, subject, to, and - before one \
                 turns it around."
            ));
        }
        if reverse {
            out.push("REVERSE".to_owned());
        }
        out.push(key);
    }
    if out.last().is_some_and(|key| key == "REVERSE") {
        return Err("REVERSE stands before a sort key.".to_owned());
    }
    Ok(out.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(typed: &str) -> Result<String, String> {
        let bits = search(typed, Date::constant(2026, 2, 3))?;
        let words: Vec<String> = bits
            .into_iter()
            .map(|bit| match bit {
                Bit::Words(words) => words,
                Bit::Text(text) => format!("<{text}>"),
            })
            .collect();
        Ok(words.join(" "))
    }

    #[test]
    fn words_become_search_keys() {
        let cases = [
            ("", "ALL"),
            ("unseen !flagged", "UNSEEN NOT FLAGGED"),
            ("from:ann larger:2m", "FROM <ann> LARGER 2000000"),
            (
                "since:7d before:2026-01-31 on:today",
                "SINCE 27-Jan-2026 BEFORE 31-Jan-2026 ON 3-Feb-2026",
            ),
            ("subject:\"big plan\"", "SUBJECT <big plan>"),
            ("plan", "OR FROM <plan> SUBJECT <plan>"),
            ("\"unseen\"", "OR FROM <unseen> SUBJECT <unseen>"),
            ("header:List-Id=x", "HEADER <List-Id> <x>"),
            ("to:grün", "TO <grün>"),
            ("OR SEEN FROM \"x\"", "OR SEEN FROM \"x\""),
            ("(SEEN)", "(SEEN)"),
            ("uid:5:9", "UID 5:9"),
        ];
        for (typed, expected) in cases {
            assert_eq!(text(typed).as_deref(), Ok(expected), "{typed}");
        }
        for wrong in [
            "form:ann",
            "since:monday",
            "larger:big",
            "keyword:",
            "\"open",
            "header:x",
            "since:99999999999d",
        ] {
            let error = text(wrong).unwrap_err();
            assert!(error.ends_with('.'), "{wrong}: {error}");
        }
    }

    #[test]
    fn sort_keys() {
        assert_eq!(sort("-date subject").as_deref(), Ok("REVERSE DATE SUBJECT"));
        assert_eq!(sort("reverse arrival").as_deref(), Ok("REVERSE ARRIVAL"));
        assert_eq!(sort("").as_deref(), Ok(""));
        assert!(sort("colour").is_err());
        assert!(sort("date reverse").is_err());
    }
}
