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
//!
//! [`Writer`] and [`Reader`] stream: no more than one line is held, and no line is longer than
//! [`LINE_LIMIT`] octets when it is written.

use std::io::{self, BufRead, Write};
use std::time::SystemTime;

use jiff::Timestamp;

/// Most octets that a written line stands for; what is longer goes on in the next one.
pub const LINE_LIMIT: usize = 16 * 1024;
/// Comments that begin so are our own notes: they are shown again where the trace is read.
pub const NOTE: &str = "note: ";
/// The same for what is not as it should be.
pub const WARNING: &str = "warning: ";
/// What a command has changed; not read back: who reads the trace finds it anew.
pub const CHANGE: &str = "changed: ";
/// Octets are missing here: a literal may not come to its end.
pub const GAP: &str = "gap: ";

/// Longest line that is read. Four characters an octet, and whatever somebody wrote by hand.
const READ_LIMIT: usize = 4 * 1024 * 1024;

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

/// Whose bytes a line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// `>`
    Submitted,
    /// `C:`
    Client,
    /// `S:`
    Server,
}

impl Side {
    fn prefix(self) -> &'static str {
        match self {
            Side::Submitted => ">  ",
            Side::Client => "C: ",
            Side::Server => "S: ",
        }
    }
}

/// A line that is no trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the trace {what}")]
pub struct TraceError {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// Reads a trace: the entries with their line numbers, from 1. Empty lines mean nothing.
///
/// # Errors
/// A line that begins with none of the four marks.
pub fn read(text: &str) -> Result<Vec<(usize, Entry)>, TraceError> {
    let mut reader = Reader::new(text.as_bytes());
    let mut entries = Vec::new();
    loop {
        match reader.read_entry() {
            Ok(Some(found)) => entries.push(found),
            Ok(None) => return Ok(entries),
            Err(ReadError::Trace(error)) => return Err(error),
            // Memory does not fail.
            Err(ReadError::Io(_)) => return Ok(entries),
        }
    }
}

/// Writes a trace, a line an entry; an entry of several lines' bytes becomes several.
pub fn write<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let mut writer = Writer::new(Vec::new());
    for entry in entries {
        // Memory does not fail.
        let _ = match entry {
            Entry::Comment(text) => writer.comment(text),
            Entry::Mark { time, session } => writer.mark(time, *session),
            Entry::Submitted(bytes) => writer.whole(Side::Submitted, bytes),
            Entry::Client(bytes) => writer.whole(Side::Client, bytes),
            Entry::Server(bytes) => writer.whole(Side::Server, bytes),
        };
    }
    String::from_utf8(writer.finish().unwrap_or_default()).unwrap_or_default()
}

/// A time as it stands in a mark: RFC 3339 in UTC, with milliseconds, or microseconds where there are any.
pub fn time(at: SystemTime) -> String {
    let Ok(stamp) = Timestamp::try_from(at) else {
        return "1970-01-01T00:00:00.000Z".to_owned();
    };
    match stamp.subsec_microsecond() % 1000 {
        0 => format!("{stamp:.3}"),
        _ => format!("{stamp:.6}"),
    }
}

/// The time in a mark.
pub fn parse_time(text: &str) -> Option<SystemTime> {
    text.parse::<Timestamp>().ok().map(SystemTime::from)
}

/// Writes a trace as its bytes come.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    /// The line under way: not written yet.
    side: Option<Side>,
    line: Vec<u8>,
    text: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// To `out`, which had better be buffered.
    pub fn new(out: W) -> Writer<W> {
        Writer {
            out,
            side: None,
            line: Vec::new(),
            text: Vec::new(),
        }
    }

    /// Bytes of one side, in whatever cut: a line is written when its end has come, when it is longer
    /// than [`LINE_LIMIT`], or when something else comes.
    ///
    /// # Errors
    /// Those of the output, as in all of these.
    pub fn bytes(&mut self, side: Side, bytes: &[u8]) -> io::Result<()> {
        if self.side != Some(side) {
            self.end_line()?;
            self.side = Some(side);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = LINE_LIMIT.saturating_sub(self.line.len()).max(1);
            let window = rest.get(..room).unwrap_or(rest);
            let end = memchr::memchr(b'\n', window).map_or(window.len(), |at| at + 1);
            let (taken, behind) = rest.split_at(end);
            rest = behind;
            self.line.extend_from_slice(taken);
            let whole = self.line.ends_with(b"\r\n");
            if whole || self.line.len() >= LINE_LIMIT {
                self.write_line()?;
            }
        }
        Ok(())
    }

    /// The same; what has no end yet is a line of its own.
    fn whole(&mut self, side: Side, bytes: &[u8]) -> io::Result<()> {
        self.bytes(side, bytes)?;
        self.end_line()
    }

    /// `-- @time sN`.
    ///
    /// # Errors
    /// As above.
    pub fn mark(&mut self, time: &str, session: u32) -> io::Result<()> {
        self.end_line()?;
        writeln!(self.out, "-- @{time} s{session}")
    }

    /// `-- text`, a line each. Control characters become spaces.
    ///
    /// # Errors
    /// As above.
    pub fn comment(&mut self, text: &str) -> io::Result<()> {
        self.end_line()?;
        for line in text.split('\n') {
            let line: String = line
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .filter(|c| !turns_text(*c))
                .collect();
            match line.trim_end() {
                "" => writeln!(self.out, "--")?,
                line => writeln!(self.out, "-- {line}")?,
            }
        }
        Ok(())
    }

    /// Ends the line under way, with a backslash if its CRLF has not come.
    ///
    /// # Errors
    /// As above.
    pub fn end_line(&mut self) -> io::Result<()> {
        let written = match self.line.is_empty() {
            true => Ok(()),
            false => self.write_line(),
        };
        self.side = None;
        written
    }

    /// The side whose line is under way.
    pub fn open_line(&self) -> Option<Side> {
        self.side.filter(|_| !self.line.is_empty())
    }

    /// What it writes to.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// The output, without what is under way.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Ends the line under way and gives the output back.
    ///
    /// # Errors
    /// As above.
    pub fn finish(mut self) -> io::Result<W> {
        self.end_line()?;
        Ok(self.out)
    }

    fn write_line(&mut self) -> io::Result<()> {
        let (line, whole) = match self.line.strip_suffix(b"\r\n") {
            Some(line) => (line, true),
            None => (self.line.as_slice(), false),
        };
        self.text.clear();
        let prefix = self.side.unwrap_or(Side::Server).prefix();
        self.text.extend_from_slice(match line {
            [] => prefix.trim_end().as_bytes(),
            _ => prefix.as_bytes(),
        });
        encode(&mut self.text, line);
        if !whole {
            self.text.push(b'\\');
        }
        self.text.push(b'\n');
        self.line.clear();
        self.out.write_all(&self.text)
    }
}

/// Why a trace cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is no trace.
    #[error("{0}")]
    Trace(#[from] TraceError),
}

/// Reads a trace line by line.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    number: usize,
    line: Vec<u8>,
}

impl<R: BufRead> Reader<R> {
    /// From `input`.
    pub fn new(input: R) -> Reader<R> {
        Reader {
            input,
            number: 0,
            line: Vec::new(),
        }
    }

    /// The next entry with its line number, from 1; `None` at the end. Empty lines mean nothing.
    ///
    /// # Errors
    /// The file cannot be read, or the line is none of a trace.
    pub fn read_entry(&mut self) -> Result<Option<(usize, Entry)>, ReadError> {
        loop {
            self.line.clear();
            let mut limited = io::Read::take(&mut self.input, READ_LIMIT as u64 + 1);
            if limited.read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            let wrong = |what| TraceError {
                line: self.number,
                what,
            };
            if self.line.len() > READ_LIMIT {
                return Err(wrong("is longer than 4 MiB".to_owned()).into());
            }
            let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let Some(entry) = entry(line) else {
                let text: String = String::from_utf8_lossy(line).chars().take(40).collect();
                let what = format!("begins with none of `S:`, `C:`, `>` and `--`: {text:?}");
                return Err(wrong(what).into());
            };
            return Ok(Some((self.number, entry)));
        }
    }
}

fn entry(line: &[u8]) -> Option<Entry> {
    let bytes = |rest: &[u8], indent: &[u8]| {
        let rest = rest.strip_prefix(indent).unwrap_or_else(|| {
            let spaces = rest.iter().take_while(|b| **b == b' ').count();
            rest.get(spaces..).unwrap_or_default()
        });
        decode(rest)
    };
    if let Some(rest) = line.strip_prefix(b"--") {
        let text = String::from_utf8_lossy(rest.strip_prefix(b" ").unwrap_or(rest));
        return Some(mark(&text).unwrap_or_else(|| Entry::Comment(text.into_owned())));
    }
    if let Some(rest) = line.strip_prefix(b"S:") {
        return Some(Entry::Server(bytes(rest, b" ")));
    }
    if let Some(rest) = line.strip_prefix(b"C:") {
        return Some(Entry::Client(bytes(rest, b" ")));
    }
    line.strip_prefix(b">")
        .map(|rest| Entry::Submitted(bytes(rest, b"  ")))
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

/// Characters that nobody sees and that turn the text around them, or hide in it.
fn turns_text(char: char) -> bool {
    matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The text form of `line`'s octets, as it stands behind the mark of its side.
pub fn encode(out: &mut Vec<u8>, line: &[u8]) {
    let mut rest = line;
    while let Some(&byte) = rest.first() {
        // Most of what passes is this.
        let plain = rest
            .iter()
            .take_while(|b| b.is_ascii_graphic() && **b != b'\\')
            .count();
        if plain > 0 {
            let (run, behind) = rest.split_at(plain);
            out.extend_from_slice(run);
            rest = behind;
            continue;
        }
        let length = match byte {
            b'\\' => {
                let behind = rest.get(1..).unwrap_or_default();
                match !behind.is_empty() && escaped(behind).is_none() {
                    true => out.push(byte),
                    false => escape(out, b"\\"),
                }
                1
            }
            // Editors eat spaces at a line's end.
            b' ' => {
                match rest.len() {
                    1 => escape(out, b" "),
                    _ => out.push(byte),
                }
                1
            }
            0..0x80 => {
                escape(out, &[byte]);
                1
            }
            _ => foreign(out, rest),
        };
        rest = rest.get(length..).unwrap_or_default();
    }
}

/// The character beyond ASCII, or the octets that are none, at the front of `bytes`; how many they are.
fn foreign(out: &mut Vec<u8>, bytes: &[u8]) -> usize {
    let window = bytes.get(..4).unwrap_or(bytes);
    let Some(chunk) = window.utf8_chunks().next() else {
        return 1;
    };
    match chunk.valid().chars().next() {
        Some(char) => {
            let mut buffer = [0; 4];
            let octets = char.encode_utf8(&mut buffer).as_bytes();
            match char.is_alphanumeric() {
                true => out.extend_from_slice(octets),
                false => escape(out, octets),
            }
            octets.len()
        }
        None => {
            let invalid = chunk.invalid();
            escape(out, invalid);
            invalid.len().max(1)
        }
    }
}

fn escape(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or(b'0');
        out.extend_from_slice(&[b'\\', b'x', digit(byte >> 4), digit(byte & 15)]);
    }
}

/// A line's bytes, with CRLF unless it ends in a backslash.
fn decode(line: &[u8]) -> Vec<u8> {
    let (rest, end): (&[u8], &[u8]) = match line.strip_suffix(b"\\") {
        Some(line) => (line, b""),
        None => (line, b"\r\n"),
    };
    let mut out = unescape(rest);
    out.extend_from_slice(end);
    out
}

/// The octets that a text without line ends stands for.
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let mut rest = text;
    let mut out = Vec::with_capacity(rest.len() + 2);
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, behind) = rest.split_at(at);
        out.extend_from_slice(plain);
        let behind = behind.get(1..).unwrap_or_default();
        match escaped(behind) {
            Some(meant) => {
                out.push(meant);
                rest = behind.get(3..).unwrap_or_default();
            }
            None => {
                out.push(b'\\');
                rest = behind;
            }
        }
    }
    out.extend_from_slice(rest);
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
