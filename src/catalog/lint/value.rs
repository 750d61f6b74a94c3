//! What an argument says, by its kind.

use super::super::lexer::{Kind, Lexeme};
use super::super::matcher::Spot;
use super::super::reading::slot;
use super::super::slot::Slot;
use super::{Context, Report, date, flag, section, set};
use crate::wire::mutf7;

/// What may stand in a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// ASTRING-CHAR (RFC 9051 section 9).
    AString,
    /// list-char: wildcards too.
    Pattern,
    /// It may begin with a backslash.
    Flag,
}

/// Checks one argument.
pub(super) fn check(report: &mut Report, lexeme: &Lexeme, spot: Option<&Spot>, context: &Context) {
    quoted(report, lexeme, spot, context);
    let Some((slot, _)) = spot.and_then(|s| slot(s.node)) else {
        return;
    };
    let text = report.reading.text;
    let word = lexeme.text(text);
    let range = || lexeme.range.clone();
    let atom = lexeme.kind == Kind::Atom;
    let Some(value) = lexeme.value(text) else {
        return;
    };
    match slot {
        Slot::Any | Slot::Message => {
            if slot == Slot::Message && !matches!(lexeme.kind, Kind::Literal(_)) {
                report.error(
                    range(),
                    "A message is a literal: {{{, its lines, }}}, or {@file}.",
                );
            }
        }
        Slot::Set | Slot::UidSet => set::set(report, lexeme, context, slot == Slot::Set),
        Slot::Partial => set::partial(report, lexeme, word),
        Slot::Number | Slot::NzNumber | Slot::Uid | Slot::Seconds | Slot::UidValidity => {
            let not_zero = slot != Slot::Number;
            match word.parse::<u64>() {
                Ok(0) if not_zero => report.error(range(), "This number cannot be 0."),
                Ok(number) if number > u64::from(u32::MAX) => {
                    report.error(range(), "This number is too large: it has 32 bits.");
                }
                Ok(_) => {}
                Err(_) => report.error(range(), "A number is wanted here: digits only."),
            }
        }
        Slot::Number64 | Slot::Modseq => match word.parse::<u64>() {
            Ok(number) if number > i64::MAX as u64 => {
                report.error(range(), "This number is too large: it has 63 bits.");
            }
            Ok(_) => {}
            Err(_) => report.error(range(), "A number is wanted here: digits only."),
        },
        Slot::Flag | Slot::Keyword | Slot::SpecialUse => {
            if !atom {
                report.error(range(), "A flag is a word: it takes no quotes.");
                report.fix(range(), value.as_ref());
            } else if special(report, lexeme, Word::Flag) {
                flag::check(report, lexeme, word, slot, context);
            }
        }
        Slot::Date => {
            if let Err((sentence, mended)) = date::date(&value) {
                report.error(range(), sentence);
                if let Some(mended) = mended {
                    report.fix(range(), mended);
                }
            }
        }
        Slot::DateTime => {
            if let Err((sentence, mended)) = date::date_time(&value) {
                report.error(range(), sentence);
                if let Some(mended) = mended {
                    report.fix(range(), format!("\"{mended}\""));
                }
            }
        }
        Slot::Section => {
            if let Some(sentence) = section::wrong(word) {
                report.error(range(), sentence);
            }
        }
        Slot::Atom | Slot::Mechanism | Slot::Extension | Slot::ObjectId => {
            let fine = special(report, lexeme, Word::AString);
            if fine && !atom {
                report.error(range(), "A word without quotes is wanted here.");
                report.fix(range(), value.as_ref());
            }
        }
        Slot::InitialResponse => initial_response(report, lexeme, word),
        Slot::NString | Slot::NString8 => {
            if atom && !word.eq_ignore_ascii_case("NIL") {
                report.error(range(), "A string in quotes is wanted here, or NIL.");
                report.fix(range(), quote(word));
            }
        }
        Slot::ModRights => rights(report, lexeme, &value),
        Slot::Mailbox | Slot::Pattern | Slot::Reference => {
            let word = match slot {
                Slot::Pattern => Word::Pattern,
                _ => Word::AString,
            };
            mailbox(report, lexeme, &value, word, context);
        }
        Slot::Entry => {
            // ANNOTATE has wildcards, METADATA has none.
            let metadata = is_metadata(report);
            let word = if metadata {
                Word::AString
            } else {
                Word::Pattern
            };
            if special(report, lexeme, word) {
                entry(report, lexeme, &value, metadata);
            }
        }
        Slot::Label => {
            special(report, lexeme, Word::Flag);
        }
        _ => {
            special(report, lexeme, Word::AString);
        }
    }
}

/// A password: nothing of it gets into a sentence.
pub(super) fn secret(report: &mut Report, lexeme: &Lexeme) {
    let word = lexeme.text(report.reading.text);
    let plain = |c: char| c.is_ascii_graphic() && !"{%*\\".contains(c);
    if lexeme.kind == Kind::Atom && !word.chars().all(plain) {
        report.error(
            lexeme.range.clone(),
            "The password has special characters: it needs quotes.",
        );
        if word.is_ascii() {
            report.fix(lexeme.range.clone(), quote(word));
        }
    }
}

/// Quoted strings hold no octet above 0x7f unless UTF-8 is on (RFC 3501 section 9, QUOTED-CHAR), and
/// a backslash only before `"` and itself.
fn quoted(report: &mut Report, lexeme: &Lexeme, spot: Option<&Spot>, context: &Context) {
    if !matches!(lexeme.kind, Kind::Quoted { closed: true }) {
        return;
    }
    let text = report.reading.text;
    let word = lexeme.text(text);
    let mut bytes = word.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if byte == b'\\'
            && let Some((_, next)) = bytes.next()
            && next != b'"'
            && next != b'\\'
        {
            let at = lexeme.range.start + at;
            report.error(
                at..at + 1,
                "Inside of quotes a backslash stands before \" or \\ only; \\\\ is a backslash.",
            );
            report.fix(at..at, "\\");
            return;
        }
    }
    let is_mailbox = spot
        .and_then(|s| slot(s.node))
        .is_some_and(|(s, _)| matches!(s, Slot::Mailbox | Slot::Pattern | Slot::Reference));
    if !word.is_ascii() && !context.utf8 && !is_mailbox {
        // Dovecot and Cyrus take it all the same.
        report.warning(
            lexeme.range.clone(),
            "Quoted strings are ASCII until UTF8=ACCEPT is enabled: what is not goes as a literal.",
        );
        let value = lexeme.value(text).unwrap_or_default();
        report.fix(lexeme.range.clone(), format!("{{{{{{\n{value}\n}}}}}}"));
    }
}

/// `value` in quotes.
fn quote(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether a word has only characters that a word may have.
fn special(report: &mut Report, lexeme: &Lexeme, kind: Word) -> bool {
    if lexeme.kind != Kind::Atom {
        return true;
    }
    let word = lexeme.text(report.reading.text);
    let bad = word.char_indices().find(|(at, c)| match c {
        '{' => true,
        '%' | '*' => kind != Word::Pattern,
        '\\' => kind != Word::Flag || *at > 0,
        ']' => kind == Word::Flag,
        c => !c.is_ascii_graphic(),
    });
    let Some((at, c)) = bad else { return true };
    let start = lexeme.range.start + at;
    let place = start..start + c.len_utf8();
    if kind == Word::Flag {
        report.error(place, format!("No flag or keyword may hold {}.", shown(c)));
        return false;
    }
    if c.is_ascii() {
        report.error(place, format!("{} needs quotes around the word.", shown(c)));
        report.fix(lexeme.range.clone(), quote(word));
    } else {
        report.error(
            place,
            format!("{} is not ASCII: it goes as a literal.", shown(c)),
        );
        report.fix(lexeme.range.clone(), format!("{{{{{{\n{word}\n}}}}}}"));
    }
    false
}

fn shown(c: char) -> String {
    if c.is_control() {
        format!("\\x{:02x}", u32::from(c))
    } else {
        c.to_string()
    }
}

fn initial_response(report: &mut Report, lexeme: &Lexeme, word: &str) {
    if lexeme.kind != Kind::Atom {
        report.error(
            lexeme.range.clone(),
            "The initial response is base64, without quotes.",
        );
    } else if word != "=" && crate::wire::base64::decode(word.as_bytes()).is_none() {
        report.error(lexeme.range.clone(), "This is no base64.");
    }
}

/// RFC 4314 section 2.1; digits are a server's own rights, c and d the old ones (2.1.1), n is that of annotations
/// (RFC 5257 section 4; Cyrus tells it in MYRIGHTS and takes it back).
fn rights(report: &mut Report, lexeme: &Lexeme, value: &str) {
    if !special(report, lexeme, Word::AString) {
        return;
    }
    let letters = value.strip_prefix(['+', '-']).unwrap_or(value);
    let known = |c: char| "lrswipkxteacdn".contains(c) || c.is_ascii_digit();
    let range = lexeme.range.clone();
    if let Some(bad) = letters.chars().find(|c| !known(*c)) {
        if known(bad.to_ascii_lowercase()) {
            report.error(range.clone(), "Rights are lower-case letters.");
            report.fix(range, lexeme.text(report.reading.text).to_lowercase());
        } else {
            report.error(
                range,
                format!(
                    "{} is no right. Rights are l r s w i p k x t e a.",
                    shown(bad)
                ),
            );
        }
    } else if let Some(old) = letters.chars().find(|c| "cd".contains(*c)) {
        let now = if old == 'c' { "k and x" } else { "t, e and x" };
        report.warning(
            range,
            format!("{old} is a right of RFC 2086; servers take it for {now}, or some of them."),
        );
    }
}

fn mailbox(report: &mut Report, lexeme: &Lexeme, value: &str, word: Word, context: &Context) {
    let range = lexeme.range.clone();
    let argument = |name: &str| match lexeme.kind {
        Kind::Atom if !name.contains(['(', ')', '{', '"', '\\', ' ']) => name.to_owned(),
        _ => quote(name),
    };
    if context.utf8 {
        if lexeme.kind == Kind::Atom && !value.is_ascii() {
            report.error(range.clone(), "What is not ASCII stands in quotes.");
            report.fix(range, quote(value));
        } else {
            special(report, lexeme, word);
        }
        return;
    }
    if matches!(lexeme.kind, Kind::Literal(_)) && value.contains('\n') {
        report.error(range, "A mailbox name is one line.");
        return;
    }
    // What the server calls so is called so, valid or not.
    if lexeme.kind != Kind::Atom && context.model.mailboxes().find(value.as_bytes()).is_some() {
        return;
    }
    match mutf7::decode(value.as_bytes()) {
        Ok(_) => {
            if special(report, lexeme, word) && !mutf7::is_canonical(value.as_bytes()) {
                report.warning(
                    range,
                    "This is modified UTF-7, but not the one right form: the server may take it for another mailbox.",
                );
            }
        }
        Err(mutf7::Mutf7Error::NotPrintable { .. }) if !value.is_ascii() => {
            report.error(
                range.clone(),
                "Mailbox names travel in modified UTF-7 until UTF8=ACCEPT is enabled.",
            );
            report.fix(range, argument(&mutf7::encode(value)));
        }
        Err(mutf7::Mutf7Error::NotPrintable { .. }) => {
            report.error(range, "A mailbox name has no control characters.");
        }
        Err(error) => {
            report.error(
                range.clone(),
                format!("This is no modified UTF-7: {error}."),
            );
            report.fix(range, argument(&mutf7::encode(value)));
        }
    }
}

fn is_metadata(report: &Report) -> bool {
    report
        .reading
        .spec
        .is_some_and(|s| matches!(s.verb.as_str(), "GETMETADATA" | "SETMETADATA" | "LIST"))
}

/// RFC 5464 section 3.2: names of entries.
fn entry(report: &mut Report, lexeme: &Lexeme, value: &str, metadata: bool) {
    let lower = value.to_ascii_lowercase();
    let sentence = if !value.starts_with('/') {
        "The name of an entry begins with /."
    } else if value.len() > 1 && (value.ends_with('/') || value.contains("//")) {
        "The name of an entry has no empty levels."
    } else if metadata && value.contains(['*', '%']) {
        "METADATA has no wildcards: DEPTH asks for entries below one."
    } else if metadata && !lower.starts_with("/private/") && !lower.starts_with("/shared/") {
        "Entries of METADATA begin with /private/ or /shared/."
    } else {
        return;
    };
    report.error(lexeme.range.clone(), sentence);
}
