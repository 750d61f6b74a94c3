//! Strings to arguments: atom, quoted string or literal (RFC 9051 section 4)?

use super::command::{CommandPart, LiteralChoice};

/// Longest quoted string we write, in octets: servers limit lines, not literals (RFC 7162 section 4
/// asks for lines of at most 8192 octets, older servers took 1000).
const LONGEST_QUOTED: usize = 900;

/// How an argument is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Atom,
    /// Between double quotes.
    Quoted,
    /// As a literal: it holds what no quoted string may.
    Literal,
}

/// What an argument may be written as without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// astring: mailbox names, user names, ACL identifiers.
    AString,
    /// list-mailbox: as astring, and `%` and `*` are wildcards that need no quotes.
    ListMailbox,
}

/// The shortest form of `value`. `utf8`: quoted strings may hold UTF-8 (UTF8=ACCEPT or IMAP4rev2 is
/// enabled); else 8-bit octets make a literal.
pub fn form(value: &[u8], argument: Argument, utf8: bool) -> Form {
    let plain = |b: &u8| match b {
        b'%' | b'*' => argument == Argument::ListMailbox,
        _ => b.is_ascii_graphic() && !b"(){\"\\".contains(b),
    };
    // The atom NIL means "nothing" wherever an nstring may stand: quoted, it is a name.
    if !value.is_empty() && value.iter().all(plain) && !value.eq_ignore_ascii_case(b"NIL") {
        return Form::Atom;
    }
    let eight_bit = !value.is_ascii();
    let quotable = |b: &u8| !b"\0\r\n".contains(b);
    let fits = value.len() <= LONGEST_QUOTED && value.iter().all(quotable);
    if fits && (!eight_bit || (utf8 && std::str::from_utf8(value).is_ok())) {
        Form::Quoted
    } else {
        Form::Literal
    }
}

/// `value` as an atom or a quoted string; `None` if it must be a literal.
pub fn inline(value: &[u8], argument: Argument, utf8: bool) -> Option<Vec<u8>> {
    match form(value, argument, utf8) {
        Form::Atom => Some(value.to_vec()),
        Form::Quoted => Some(quoted(value)),
        Form::Literal => None,
    }
}

/// Puts `value` behind the last part of a command, as atom, quoted string or literal.
pub fn append(parts: &mut Vec<CommandPart>, value: &[u8], argument: Argument, utf8: bool) {
    let Some(text) = inline(value, argument, utf8) else {
        // A literal stands behind text, if only an empty one.
        append_text(parts, b"");
        parts.push(CommandPart::Literal {
            bytes: value.to_vec(),
            choice: LiteralChoice::Auto,
            // NUL may travel in a literal8 only (RFC 3516).
            binary: value.contains(&0),
            secret: false,
        });
        return;
    };
    append_text(parts, &text);
}

/// Puts `text` behind the last part of a command.
pub fn append_text(parts: &mut Vec<CommandPart>, text: &[u8]) {
    if let Some(CommandPart::Text { bytes, .. }) = parts.last_mut() {
        bytes.extend_from_slice(text);
        return;
    }
    parts.push(CommandPart::Text {
        bytes: text.to_vec(),
        secret: Vec::new(),
    });
}

/// `value` between double quotes, `"` and `\` escaped. The caller has asked [`form`] first.
fn quoted(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 2);
    out.push(b'"');
    for &byte in value {
        if byte == b'"' || byte == b'\\' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
    out
}
