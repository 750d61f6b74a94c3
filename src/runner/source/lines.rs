//! Commands a line each, from stdin or a script: what begins on one line and ends on a later one, and
//! literals by their count.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};
use zeroize::Zeroizing;

use super::{ENTRY_LIMIT, Reading, SourceError, Taken, draft_of, is_done};
use crate::session::Reply;
use crate::wire::{Command, CommandPart, LiteralChoice, base64};

/// A literal that was announced on stdin by hand, and its octets.
struct Octets {
    bytes: Vec<u8>,
    missing: usize,
    choice: LiteralChoice,
    binary: bool,
}

/// A command that is being read.
#[derive(Default)]
struct Entry {
    /// Its text; every literal of `octets` stands in it as a block.
    text: Zeroizing<Vec<u8>>,
    octets: Vec<Octets>,
    /// All its octets so far.
    size: usize,
    /// Whether the last line goes on behind a literal.
    open: bool,
    /// Whether a `{{{` block is open: what looks like an announcement in it is none.
    in_block: bool,
}

/// What literal `index` of a command is called in the text until the draft has been read.
fn stand_in(index: usize) -> String {
    format!("imapsh: literal {index} of stdin")
}

/// How the lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// As a person types them: a tag is made, an answer is text.
    Plain,
    /// As they go over the wire.
    AsSent,
}

pub(super) struct Lines<R> {
    input: R,
    /// `stdin`, or the script's name.
    name: String,
    written: Written,
    /// Lines read so far.
    number: usize,
    /// The line that is being read, its end included.
    line: Zeroizing<Vec<u8>>,
    entry: Entry,
}

impl<R> Lines<R> {
    pub fn new(input: R, name: &str, written: Written) -> Lines<R> {
        Lines {
            input,
            name: name.to_owned(),
            written,
            number: 0,
            line: Zeroizing::default(),
            entry: Entry::default(),
        }
    }
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    pub fn place(&self) -> String {
        format!("{}, line {}", self.name, self.number)
    }

    fn too_long(&self) -> SourceError {
        SourceError::TooLong {
            place: self.place(),
        }
    }

    /// Reads up to the next line end or the end of stdin into `self.line`; whether there was anything.
    async fn line(&mut self) -> Result<bool, SourceError> {
        loop {
            let found = self.input.fill_buf().await?;
            if found.is_empty() {
                self.number += usize::from(!self.line.is_empty());
                return Ok(!self.line.is_empty());
            }
            let end = memchr::memchr(b'\n', found);
            let take = end.map_or(found.len(), |at| at + 1);
            self.line.extend_from_slice(&found[..take]);
            self.input.consume(take);
            if self.line.len() > ENTRY_LIMIT {
                return Err(self.too_long());
            }
            if end.is_some() {
                self.number += 1;
                return Ok(true);
            }
        }
    }

    /// Reads an answer to a challenge; `None` at the end of stdin. Octets of any kind, NUL too.
    pub async fn answer(&mut self) -> Result<Option<Reply>, SourceError> {
        if !self.line().await? {
            return Ok(None);
        }
        let line = std::mem::take(&mut self.line);
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        Ok(Some(match text {
            b"*" => Reply::Cancel,
            text if self.written == Written::AsSent => match base64::decode(text) {
                Some(octets) => Reply::Challenge(octets),
                None => {
                    let why = "this answers a challenge, and is no base64".to_owned();
                    let place = self.place();
                    return Err(SourceError::Draft { place, why });
                }
            },
            text => Reply::Challenge(Zeroizing::new(text.to_vec())),
        }))
    }

    /// Reads the next command; `None` at the end of stdin.
    pub async fn entry(&mut self) -> Result<Option<Taken>, SourceError> {
        loop {
            self.octets().await?;
            let more = self.line().await?;
            let line = std::mem::take(&mut self.line);
            let place = self.place();
            let wrong = |why: &str| SourceError::Draft {
                place: place.clone(),
                why: why.to_owned(),
            };
            if !more && !self.entry.open && self.entry.text.is_empty() {
                return Ok(None);
            }
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if !self.entry.open && self.entry.text.is_empty() {
                if text.trim_ascii().is_empty() {
                    continue;
                }
                if is_done(text) {
                    return Ok(Some(Taken::Done));
                }
            }
            if !self.entry.open && !self.entry.text.is_empty() {
                self.entry.text.push(b'\n');
            }
            self.entry.open = false;
            self.entry.size += text.len();
            if self.entry.size > ENTRY_LIMIT {
                return Err(self.too_long());
            }
            if let Some((before, octets)) =
                announcement(text).filter(|_| more && !self.entry.in_block)
            {
                if self.entry.size.saturating_add(octets.missing) > ENTRY_LIMIT {
                    return Err(self.too_long());
                }
                self.entry.size += octets.missing;
                self.entry.text.extend_from_slice(before);
                let name = stand_in(self.entry.octets.len());
                self.entry
                    .text
                    .extend_from_slice(format!("{{{{{{\n{name}\n}}}}}}").as_bytes());
                self.entry.octets.push(octets);
                self.entry.open = true;
                continue;
            }
            self.entry.text.extend_from_slice(text);
            let closes = !self.entry.in_block || text.starts_with(b"}}}");
            self.entry.in_block = if closes { text.ends_with(b"{{{") } else { true };
            if self.entry.in_block && more {
                continue;
            }
            match draft_of(&self.entry.text, &place, self.written)? {
                Reading::More(why) if !more => {
                    return Err(wrong(&format!(
                        "{} ends inside a command: {why}",
                        self.name
                    )));
                }
                Reading::More(_) => {}
                Reading::Whole(mut commands) => {
                    let entry = std::mem::take(&mut self.entry);
                    put_octets(&mut commands, entry.octets);
                    return Ok(Some(Taken::Commands(commands)));
                }
            }
        }
    }

    /// Reads the octets that are missing of the last literal.
    async fn octets(&mut self) -> Result<(), SourceError> {
        while let Some(octets) = self
            .entry
            .octets
            .last_mut()
            .filter(|octets| octets.missing > 0)
        {
            let found = self.input.fill_buf().await?;
            if found.is_empty() {
                let why = format!(
                    "{} ends {} octets before the end of a literal",
                    self.name, octets.missing
                );
                return Err(SourceError::Draft {
                    place: self.place(),
                    why,
                });
            }
            let take = found.len().min(octets.missing);
            octets.bytes.extend_from_slice(&found[..take]);
            octets.missing -= take;
            self.number += memchr::memchr_iter(b'\n', &found[..take]).count();
            self.input.consume(take);
        }
        Ok(())
    }
}

/// Splits a line that ends in `{n}`, `{n+}`, `~{n}` or `~{n+}` (RFC 9051 section 4.3, RFC 7888).
fn announcement(line: &[u8]) -> Option<(&[u8], Octets)> {
    let brace = line.iter().rposition(|byte| *byte == b'{')?;
    let (before, inside) = (
        line.get(..brace)?,
        line.get(brace + 1..)?.strip_suffix(b"}")?,
    );
    let (digits, choice) = match inside.strip_suffix(b"+") {
        Some(digits) => (digits, LiteralChoice::NonSynchronizing),
        None => (inside, LiteralChoice::Synchronizing),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let missing = std::str::from_utf8(digits)
        .ok()?
        .parse()
        .unwrap_or(usize::MAX);
    let (before, binary) = match before.strip_suffix(b"~") {
        Some(before) => (before, true),
        None => (before, false),
    };
    Some((
        before,
        Octets {
            bytes: Vec::new(),
            missing,
            choice,
            binary,
        },
    ))
}

/// Puts the octets of stdin where the stand-ins are.
fn put_octets(commands: &mut [Command], octets: Vec<Octets>) {
    let mut octets = octets.into_iter().enumerate().peekable();
    for part in commands.iter_mut().flat_map(|command| &mut command.parts) {
        let CommandPart::Literal {
            bytes,
            choice,
            binary,
            ..
        } = part
        else {
            continue;
        };
        let here = |next: &(usize, Octets)| *bytes == stand_in(next.0).into_bytes();
        if let Some((_, octets)) = octets.next_if(here) {
            *bytes = octets.bytes;
            *choice = octets.choice;
            *binary = octets.binary;
        }
    }
}
