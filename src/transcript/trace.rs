//! The C:/S: text form of a conversation: export, replay and test fixture. Byte-exact both ways.
//!
//! ```text
//! -- a comment; nobody must understand it
//! -- @2026-11-23T08:40:12.345Z s1
//! S: * PREAUTH [CAPABILITY IMAP4rev1] ready
//! >  CREATE {3}
//! >  foo
//! C: A0001 CREATE {3}
//! S: + go ahead
//! C: foo
//! S: A0001 OK done
//! ```
//!
//! `S:` and `C:` are what the server and the client sent, `>` what the user submitted. A line stands for
//! its bytes and CRLF; one that ends in `\` stands for its bytes alone. `\xNN` is any byte; a backslash
//! that is followed by anything else stands for itself, and is written `\x5c` where it could be misread.
//! Letters and digits of any script stand for their UTF-8. Secrets are masked before they come here.

use std::fmt::Write as _;

/// One line of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// `-- text`: for the human reader.
    Comment(String),
    /// `-- @time sN`: when the next lines passed, and on which session.
    Mark {
        /// As written; RFC 3339 in what imapsh writes.
        time: String,
        /// Number of the session, from 1.
        session: u32,
    },
    /// `>`: what the user submitted.
    Submitted(Vec<u8>),
    /// `C:`: bytes to the server.
    Client(Vec<u8>),
    /// `S:`: bytes from the server.
    Server(Vec<u8>),
}

/// A line that is no trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the trace begins with none of `S:`, `C:`, `>` and `--`: {text:?}")]
pub struct TraceError {
    /// Its number, from 1.
    pub line: usize,
    /// How it begins.
    pub text: String,
}

/// Reads a trace: the entries with their line numbers, from 1. Empty lines mean nothing.
///
/// # Errors
/// A line that begins with none of the four marks.
pub fn read(text: &str) -> Result<Vec<(usize, Entry)>, TraceError> {
    let mut entries = Vec::new();
    for (at, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let entry = entry(line).ok_or_else(|| TraceError {
            line: at + 1,
            text: line.chars().take(40).collect(),
        })?;
        entries.push((at + 1, entry));
    }
    Ok(entries)
}

/// Writes a trace, a line an entry; an entry of several lines' bytes becomes several.
pub fn write<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let mut out = String::new();
    for entry in entries {
        match entry {
            Entry::Comment(text) => {
                for line in text.split('\n') {
                    let line = line.trim_end();
                    out.push_str(if line.is_empty() { "--" } else { "-- " });
                    out.push_str(line);
                    out.push('\n');
                }
            }
            // Writing to a String cannot fail.
            Entry::Mark { time, session } => drop(writeln!(out, "-- @{time} s{session}")),
            Entry::Submitted(bytes) => write_lines(&mut out, ">  ", bytes),
            Entry::Client(bytes) => write_lines(&mut out, "C: ", bytes),
            Entry::Server(bytes) => write_lines(&mut out, "S: ", bytes),
        }
    }
    out
}

fn entry(line: &str) -> Option<Entry> {
    let bytes = |rest: &str, indent: &str| {
        let rest = rest
            .strip_prefix(indent)
            .unwrap_or_else(|| rest.trim_start_matches(' '));
        decode(rest)
    };
    if let Some(rest) = line.strip_prefix("--") {
        let text = rest.strip_prefix(' ').unwrap_or(rest);
        return Some(mark(text).unwrap_or_else(|| Entry::Comment(text.to_owned())));
    }
    if let Some(rest) = line.strip_prefix("S:") {
        return Some(Entry::Server(bytes(rest, " ")));
    }
    if let Some(rest) = line.strip_prefix("C:") {
        return Some(Entry::Client(bytes(rest, " ")));
    }
    line.strip_prefix('>')
        .map(|rest| Entry::Submitted(bytes(rest, "  ")))
}

fn mark(text: &str) -> Option<Entry> {
    let (time, session) = text.strip_prefix('@')?.split_once(" s")?;
    let session = session.parse().ok()?;
    let plain = !time.is_empty() && !time.contains(char::is_whitespace);
    plain.then(|| Entry::Mark {
        time: time.to_owned(),
        session,
    })
}

fn write_lines(out: &mut String, prefix: &str, bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = memchr::memmem::find(rest, b"\r\n");
        let (line, behind) = rest.split_at(end.unwrap_or(rest.len()));
        out.push_str(if line.is_empty() {
            prefix.trim_end()
        } else {
            prefix
        });
        encode(out, line);
        if end.is_none() {
            out.push('\\');
        }
        out.push('\n');
        rest = behind.strip_prefix(b"\r\n").unwrap_or(behind);
    }
}

fn encode(out: &mut String, line: &[u8]) {
    let mut at = 0;
    for chunk in line.utf8_chunks() {
        for char in chunk.valid().chars() {
            let behind = line.get(at + char.len_utf8()..).unwrap_or_default();
            let plain = match char {
                '\\' => !behind.is_empty() && escaped(behind).is_none(),
                // Editors eat spaces at a line's end.
                ' ' => !behind.is_empty(),
                _ => char.is_ascii_graphic() || (!char.is_ascii() && char.is_alphanumeric()),
            };
            if plain {
                out.push(char);
            } else {
                let mut buffer = [0; 4];
                escape(out, char.encode_utf8(&mut buffer).as_bytes());
            }
            at += char.len_utf8();
        }
        escape(out, chunk.invalid());
        at += chunk.invalid().len();
    }
}

fn escape(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\x{byte:02x}");
    }
}

/// A line's bytes, with CRLF unless it ends in a backslash.
fn decode(line: &str) -> Vec<u8> {
    let (mut rest, end): (&[u8], &[u8]) = match line.strip_suffix('\\') {
        Some(line) => (line.as_bytes(), b""),
        None => (line.as_bytes(), b"\r\n"),
    };
    let mut out = Vec::with_capacity(rest.len() + 2);
    while let Some((&byte, behind)) = rest.split_first() {
        match (byte, escaped(behind)) {
            (b'\\', Some(meant)) => {
                out.push(meant);
                rest = behind.get(3..).unwrap_or_default();
            }
            _ => {
                out.push(byte);
                rest = behind;
            }
        }
    }
    out.extend_from_slice(end);
    out
}

/// The byte that `xNN` at the front of `bytes` means.
fn escaped(bytes: &[u8]) -> Option<u8> {
    let [b'x', digits @ ..] = bytes.get(..3)? else {
        return None;
    };
    let text = std::str::from_utf8(digits)
        .ok()
        .filter(|t| t.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u8::from_str_radix(text, 16).ok()
}
