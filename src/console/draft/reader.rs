//! The text, octet by octet.

use std::ops::Range;

use crate::catalog;
use crate::wire::command::mark_secrets;
use crate::wire::{Command, CommandPart, LiteralChoice, Origin, Tag, TagChoice};

use super::{Draft, DraftItem, FileReference, ReadFile};

/// Longest `{@path}` or `{{{` with spaces behind it, in octets.
const HEAD_LIMIT: usize = 1024;
/// Longest `{9+}` that is looked at, zeros in front of the number included.
const NUMBER_LIMIT: usize = 64;

/// Reads commands from a text.
pub(super) struct Reader<'a, 'f, 'g> {
    pub text: &'a [u8],
    pub at: usize,
    pub as_typed: bool,
    pub files: Option<&'f mut ReadFile<'g>>,
}

/// The command under way.
#[derive(Default)]
struct Line {
    parts: Vec<CommandPart>,
    text: Vec<u8>,
    files: Vec<FileReference>,
    depth: usize,
    quoted: bool,
}

impl Reader<'_, '_, '_> {
    /// The next command; `None` at the end of the text.
    pub fn command(&mut self) -> Result<Option<DraftItem>, Draft> {
        self.skip_blank_lines();
        if self.at >= self.text.len() {
            return Ok(None);
        }
        let start = self.at;
        let mut line = Line::default();
        let end = loop {
            let before = self.at;
            let Some(&byte) = self.text.get(self.at) else {
                self.must_be_whole(&line)?;
                break before;
            };
            let line_end = self.line_end();
            if line_end > 0 {
                self.at += line_end;
                if self.goes_on(&mut line)? {
                    continue;
                }
                break before;
            }
            if byte == b'{' && !line.quoted && self.literal(&mut line)? {
                continue;
            }
            if byte == 0 && !self.as_typed {
                return Err(Draft::Refused(
                    "A NUL octet can only stand in a binary literal: ~{{{ ... }}} or ~{@file}."
                        .to_owned(),
                ));
            }
            self.at += 1;
            line.text.push(byte);
            match byte {
                b'\\' if line.quoted => {
                    // What is escaped is no quote; a line end stays one.
                    if let Some(&next) = self.text.get(self.at).filter(|b| !b"\r\n".contains(b)) {
                        line.text.push(next);
                        self.at += 1;
                    }
                }
                b'"' => line.quoted = !line.quoted,
                b'(' if !line.quoted => line.depth += 1,
                b')' if !line.quoted => line.depth = line.depth.saturating_sub(1),
                _ => {}
            }
        };
        Ok(Some(self.item(line, start..end)))
    }

    fn skip_blank_lines(&mut self) {
        let mut look = self.at;
        while let Some(&byte) = self.text.get(look) {
            look += 1;
            match byte {
                b'\r' | b'\n' => self.at = look,
                b' ' | b'\t' => {}
                _ => break,
            }
        }
        // A last line of nothing but spaces; and the indent of a command, unless it goes as typed.
        let rest = self.text.get(self.at..).unwrap_or_default();
        let indent = rest.iter().take_while(|b| b" \t".contains(b)).count();
        if !self.as_typed || indent == rest.len() {
            self.at += indent;
        }
    }

    /// Octets of the line end here, if there is one. As typed a lone CR is an octet like another.
    fn line_end(&self) -> usize {
        match self.text.get(self.at..).unwrap_or_default() {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            [b'\r', ..] if !self.as_typed => 1,
            _ => 0,
        }
    }

    fn must_be_whole(&self, line: &Line) -> Result<(), Draft> {
        let why = match (self.as_typed, line.quoted, line.depth) {
            (true, ..) | (_, false, 0) => return Ok(()),
            (_, true, _) => "a quoted string is open: close it with \"".to_owned(),
            (.., 1) => "a parenthesis is open: close it with )".to_owned(),
            (.., depth) => format!("{depth} parentheses are open: close them with )"),
        };
        Err(Draft::Incomplete { why, octets: 1 })
    }

    /// Behind a line end: whether the command goes on.
    fn goes_on(&mut self, line: &mut Line) -> Result<bool, Draft> {
        if self.as_typed {
            return Ok(false);
        }
        if line.quoted {
            return Err(
                if self
                    .text
                    .get(self.at..)
                    .unwrap_or_default()
                    .trim_ascii()
                    .is_empty()
                {
                    Draft::Incomplete {
                        why: "a quoted string is open: close it with \"".to_owned(),
                        octets: 1,
                    }
                } else {
                    Draft::Refused(
                    "A quoted string cannot hold a line end. Close it on its line, or put the text into a \
                     literal: {{{ ... }}}."
                        .to_owned(),
                )
                },
            );
        }
        if line.depth == 0 {
            return Ok(false);
        }
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        while line.text.last().is_some_and(|b| b" \t".contains(b)) {
            line.text.pop();
        }
        let next = self.text.get(self.at);
        if line.text.last() != Some(&b'(') && next.is_some_and(|b| *b != b')') {
            line.text.push(b' ');
        }
        Ok(true)
    }

    /// At a `{`: takes the literal that it begins, if it does.
    fn literal(&mut self, line: &mut Line) -> Result<bool, Draft> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let binary = line.text.last() == Some(&b'~');
        // Never looked at further than this: a line may hold a million braces.
        let look = rest.get(..HEAD_LIMIT).unwrap_or(rest);
        if let Some(behind) = look.strip_prefix(b"{{{") {
            let spaces = behind.iter().take_while(|b| b" \t".contains(b)).count();
            if behind.get(spaces).is_some_and(|b| !b"\r\n".contains(b)) {
                return Ok(false);
            }
            let bytes = self.block(3 + spaces, binary)?;
            line.push(bytes, LiteralChoice::Auto, binary);
            return Ok(true);
        }
        if let Some(path) = look.strip_prefix(b"{@") {
            let end =
                memchr::memchr3(b'\r', b'\n', b'}', path).filter(|at| path.get(*at) == Some(&b'}'));
            let Some(end) = end else {
                return Ok(false);
            };
            let path = String::from_utf8_lossy(path.get(..end).unwrap_or_default()).into_owned();
            self.at += end + 3;
            let bytes = self.file(line, path, binary)?;
            line.push(bytes, LiteralChoice::Auto, binary);
            return Ok(true);
        }
        if !look.get(1).is_some_and(u8::is_ascii_digit) {
            return Ok(false);
        }
        let look = look.get(..NUMBER_LIMIT).unwrap_or(look);
        let first = memchr::memchr2(b'\r', b'\n', look).unwrap_or(look.len());
        let head = look.get(..first).unwrap_or_default();
        let Some((size, choice)) = announcement(head) else {
            return Ok(false);
        };
        self.at += first;
        let behind = self.text.get(self.at..).unwrap_or_default();
        if self.as_typed && behind.trim_ascii().is_empty() {
            self.at = self.text.len();
            if binary {
                line.text.pop();
            }
            line.flush();
            line.parts.push(CommandPart::OpenLiteral {
                size,
                choice,
                binary,
                secret: false,
            });
            return Ok(true);
        }
        self.at += self.line_end();
        let bytes = self.counted(size, binary)?;
        line.push(bytes, choice, binary);
        Ok(true)
    }

    /// The block whose `{{{` line ends `first` octets on.
    fn block(&mut self, first: usize, binary: bool) -> Result<Vec<u8>, Draft> {
        let mut look = self.at + first;
        let open = |look: usize, text: &[u8]| Draft::Incomplete {
            why: "a literal is open: a line with }}} closes it".to_owned(),
            octets: if text.get(look..).is_some_and(|rest| rest.ends_with(b"\n")) {
                3
            } else {
                4
            },
        };
        let mut out = Vec::new();
        let mut lines = 0;
        loop {
            // Over the line end before the next line.
            look += match self.text.get(look..).unwrap_or_default() {
                [b'\r', b'\n', ..] => 2,
                [b'\n' | b'\r', ..] => 1,
                _ => return Err(open(self.at, self.text)),
            };
            let rest = self.text.get(look..).unwrap_or_default();
            if rest.starts_with(b"}}}") {
                self.at = look + 3;
                check_nul(&out, binary)?;
                return Ok(out);
            }
            let end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
            if lines > 0 {
                out.extend_from_slice(b"\r\n");
            }
            lines += 1;
            out.extend_from_slice(rest.get(..end).unwrap_or_default());
            look += end;
        }
    }

    /// The next `size` octets of the text, each line end counted as CRLF.
    fn counted(&mut self, size: u64, binary: bool) -> Result<Vec<u8>, Draft> {
        let mut out = Vec::new();
        while (out.len() as u64) < size {
            let Some(&byte) = self.text.get(self.at) else {
                let why = format!("{} of {size} octets", out.len());
                return Err(if self.as_typed {
                    Draft::Refused(format!(
                        "The literal has {why}. Give them all, or none: then the server is asked first."
                    ))
                } else {
                    Draft::Incomplete {
                        why,
                        octets: (size - out.len() as u64).div_ceil(2),
                    }
                });
            };
            match self.line_end() {
                0 => {
                    out.push(byte);
                    self.at += 1;
                }
                _ if out.len() as u64 + 2 > size => {
                    return Err(Draft::Refused(format!(
                        "Octet {size} of the literal would be the CR of a line end, its LF would be outside: \
                         count a line end as two octets."
                    )));
                }
                length => {
                    out.extend_from_slice(b"\r\n");
                    self.at += length;
                }
            }
        }
        check_nul(&out, binary)?;
        Ok(out)
    }

    fn file(&mut self, line: &mut Line, path: String, binary: bool) -> Result<Vec<u8>, Draft> {
        let (path, raw) = match path.strip_suffix(":raw") {
            Some(path) => (path.to_owned(), true),
            None => (path, binary),
        };
        if path.is_empty() {
            return Err(Draft::Refused(
                "{@} names no file: write {@path}.".to_owned(),
            ));
        }
        let file = FileReference { path, raw, binary };
        let bytes = match &mut self.files {
            Some(read) => read(&file).map_err(Draft::Refused)?,
            None => Vec::new(),
        };
        line.files.push(file);
        Ok(bytes)
    }

    fn item(&self, mut line: Line, source: Range<usize>) -> DraftItem {
        if !self.as_typed {
            line.text.truncate(line.text.trim_ascii_end().len());
        }
        line.flush();
        let (known, tag) = if self.as_typed {
            (true, TagChoice::AsTyped)
        } else {
            own_tag(&mut line.parts)
        };
        let is_done = tag == TagChoice::Generated
            && matches!(line.parts.as_slice(), [CommandPart::Text { bytes, .. }] if bytes.eq_ignore_ascii_case(b"DONE"));
        let mut command = Command {
            origin: Origin::User,
            tag,
            parts: line.parts,
        };
        mark_secrets(&mut command);
        DraftItem {
            command,
            known: known || is_done,
            is_done,
            files: line.files,
            source,
        }
    }
}

impl Line {
    /// Ends the text so far with a literal.
    fn push(&mut self, bytes: Vec<u8>, choice: LiteralChoice, binary: bool) {
        if binary {
            self.text.pop();
        }
        self.flush();
        self.parts.push(CommandPart::Literal {
            bytes,
            choice,
            binary,
            secret: false,
        });
    }

    /// A command begins with text.
    fn flush(&mut self) {
        if !self.text.is_empty() || self.parts.is_empty() {
            self.parts.push(CommandPart::Text {
                bytes: std::mem::take(&mut self.text),
                secret: Vec::new(),
            });
        }
    }
}

/// Whether the command is known, and whether it has the user's own tag, which is taken off.
fn own_tag(parts: &mut [CommandPart]) -> (bool, TagChoice) {
    let Some(CommandPart::Text { bytes, .. }) = parts.first_mut() else {
        return (false, TagChoice::Generated);
    };
    let mut words = bytes
        .split(|b| b" \t".contains(b))
        .filter(|w| !w.is_empty());
    let (first, second, third) = (words.next(), words.next(), words.next());
    if is_known(first, second) {
        return (true, TagChoice::Generated);
    }
    let tag = first
        .filter(|w| !w.eq_ignore_ascii_case(b"UID"))
        .and_then(Tag::new);
    let Some(tag) = tag.filter(|_| is_known(second, third)) else {
        return (false, TagChoice::Generated);
    };
    let rest = bytes.trim_ascii_start();
    let rest = rest
        .get(tag.as_bytes().len()..)
        .unwrap_or_default()
        .trim_ascii_start();
    *bytes = rest.to_vec();
    (true, TagChoice::Own(tag))
}

/// Whether these words begin a command of the catalog.
fn is_known(first: Option<&[u8]>, second: Option<&[u8]>) -> bool {
    let text = |word: Option<&[u8]>| {
        word.and_then(|w| std::str::from_utf8(w).ok())
            .map(str::to_owned)
    };
    match (text(first), text(second)) {
        (Some(first), Some(second)) if first.eq_ignore_ascii_case("UID") => {
            catalog::find(&format!("UID {second}")).is_some()
        }
        (Some(first), _) => catalog::find(&first).is_some(),
        (None, _) => false,
    }
}

/// `{9}` or `{9+}`, if `head` is that and nothing more.
fn announcement(head: &[u8]) -> Option<(u64, LiteralChoice)> {
    let inside = head.strip_prefix(b"{")?.strip_suffix(b"}")?;
    let (digits, choice) = match inside.strip_suffix(b"+") {
        Some(digits) => (digits, LiteralChoice::NonSynchronizing),
        None => (inside, LiteralChoice::Synchronizing),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, choice))
}

fn check_nul(bytes: &[u8], binary: bool) -> Result<(), Draft> {
    match memchr::memchr(0, bytes) {
        Some(at) if !binary => Err(Draft::Refused(format!(
            "Octet {} of the literal is NUL, which only a binary literal may hold: put ~ before it.",
            at + 1
        ))),
        _ => Ok(()),
    }
}
