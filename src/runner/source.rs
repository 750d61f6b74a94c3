//! Where `exec` takes its commands from: the command line, or stdin.
//!
//! A text becomes commands as in the editor of the full screen (`console::draft`). On stdin a line that
//! ends in a literal announcement takes the octets that follow, exactly as they are.

use std::collections::VecDeque;

use thiserror::Error;
use tokio::io::{AsyncBufRead, AsyncBufReadExt};
use zeroize::Zeroizing;

use crate::console::draft::{self, Draft, TagRule};
use crate::console::file;
use crate::session::Reply;
use crate::wire::encode::{self, Argument};
use crate::wire::mailbox::MailboxName;
use crate::wire::{Command, CommandPart, LiteralChoice, Origin};

/// Most octets of one command on stdin, literals included.
const ENTRY_LIMIT: usize = 256 * 1024 * 1024;

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Send this and wait for its completion result.
    Send(Box<Command>),
    /// Answer what the server waits for.
    Respond(Reply),
}

/// What the conversation can do with the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Send a command.
    Command,
    /// End the IDLE that is running, or send a command (which ends it too).
    Done,
    /// Answer a challenge of AUTHENTICATE by hand: the next line of stdin, as it is.
    Answer,
}

/// Why a text is not sent. Each is a sentence.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The draft says no.
    #[error("{place}: {why}")]
    Draft {
        /// `command 2`, `stdin, line 7`.
        place: String,
        /// Why.
        why: String,
    },
    /// IDLE without DONE.
    #[error(
        "{0}: IDLE lasts until DONE, and nobody is here to say it: write exec IDLE DONE, or pipe both into stdin"
    )]
    IdleWithoutDone(String),
    /// DONE without IDLE.
    #[error("{0}: DONE ends IDLE, and there is none")]
    DoneWithoutIdle(String),
    /// Longer than any command.
    #[error("{place}: more than {ENTRY_LIMIT} octets in one command")]
    TooLong {
        /// `stdin, line 7`.
        place: String,
    },
    /// stdin fails.
    #[error("stdin cannot be read: {0}")]
    Stdin(#[from] std::io::Error),
}

/// `EXAMINE mailbox`, the name as people write it.
pub fn examine(mailbox: &str) -> Command {
    let mut command = Command::line(Origin::User, "EXAMINE ");
    let name = MailboxName::from_shown(mailbox, false);
    encode::append(&mut command.parts, name.wire(), Argument::AString, false);
    command
}

/// The commands that were given.
pub struct Source<R> {
    waiting: VecDeque<Step>,
    lines: Option<Lines<R>>,
    /// The last command was an IDLE: a DONE that comes too late for it is no error.
    idled: bool,
}

impl Source<tokio::io::Empty> {
    /// From the command line; stdin is never read. Everything is checked before anything is sent.
    pub fn list(texts: &[String]) -> Result<Source<tokio::io::Empty>, SourceError> {
        let mut waiting = VecDeque::new();
        for (index, text) in texts.iter().enumerate() {
            let place = format!("command {}", index + 1);
            if is_done(text.as_bytes()) {
                match waiting.back() {
                    Some(Step::Send(command)) if command.verb() == "IDLE" => {
                        waiting.push_back(Step::Respond(Reply::Done))
                    }
                    _ => return Err(SourceError::DoneWithoutIdle(place)),
                }
                continue;
            }
            idle_is_done(&waiting, &place)?;
            match draft_of(text.as_bytes(), &place)? {
                Reading::Whole(commands) => push(&mut waiting, commands),
                Reading::More(why) => {
                    return Err(SourceError::Draft {
                        place,
                        why: format!("not complete: {why}"),
                    });
                }
            }
        }
        idle_is_done(&waiting, &format!("command {}", texts.len()))?;
        Ok(Source {
            waiting,
            lines: None,
            idled: false,
        })
    }
}

impl<R: AsyncBufRead + Unpin> Source<R> {
    /// A command a line from `input`.
    pub fn stdin(input: R) -> Source<R> {
        let lines = Lines {
            input,
            number: 0,
            line: Zeroizing::default(),
            entry: Entry::default(),
        };
        Source {
            waiting: VecDeque::new(),
            lines: Some(lines),
            idled: false,
        }
    }

    /// Puts a command before all others.
    pub fn first(mut self, command: Option<Command>) -> Source<R> {
        if let Some(command) = command {
            self.waiting.push_front(Step::Send(Box::new(command)));
        }
        self
    }

    /// How many steps are known and not yet taken.
    pub fn left(&self) -> usize {
        self.waiting.len()
    }

    /// The next step; `None` at the end. Cancel-safe: what was read stays for the next call.
    pub async fn next(&mut self, want: Want) -> Result<Option<Step>, SourceError> {
        if want == Want::Answer {
            let Some(lines) = &mut self.lines else {
                return Ok(None);
            };
            return Ok(lines.answer().await?.map(Step::Respond));
        }
        loop {
            match (self.waiting.front(), want) {
                // A command ends IDLE too: it goes when that is over.
                (Some(Step::Send(_)), Want::Done) => return Ok(Some(Step::Respond(Reply::Done))),
                // The IDLE that this belonged to was refused.
                (Some(Step::Respond(_)), Want::Command) => {
                    self.waiting.pop_front();
                    continue;
                }
                (Some(_), _) => {
                    let step = self.waiting.pop_front();
                    self.idled =
                        matches!(&step, Some(Step::Send(command)) if command.verb() == "IDLE");
                    return Ok(step);
                }
                (None, _) => {}
            }
            let Some(lines) = &mut self.lines else {
                return Ok(None);
            };
            match (lines.entry().await?, want) {
                (None | Some(Taken::Done), Want::Done) => {
                    return Ok(Some(Step::Respond(Reply::Done)));
                }
                (None, _) => return Ok(None),
                (Some(Taken::Done), _) if self.idled => self.idled = false,
                (Some(Taken::Done), _) => return Err(SourceError::DoneWithoutIdle(lines.place())),
                (Some(Taken::Commands(commands)), _) => push(&mut self.waiting, commands),
            }
        }
    }
}

fn push(waiting: &mut VecDeque<Step>, commands: Vec<Command>) {
    waiting.extend(
        commands
            .into_iter()
            .map(|command| Step::Send(Box::new(command))),
    );
}

fn is_done(text: &[u8]) -> bool {
    text.trim_ascii().eq_ignore_ascii_case(b"DONE")
}

fn idle_is_done(waiting: &VecDeque<Step>, place: &str) -> Result<(), SourceError> {
    match waiting.back() {
        Some(Step::Send(command)) if command.verb() == "IDLE" => {
            Err(SourceError::IdleWithoutDone(place.to_owned()))
        }
        _ => Ok(()),
    }
}

enum Reading {
    Whole(Vec<Command>),
    More(String),
}

/// A command that nobody knows is sent all the same, under a tag of ours: a script means what it says.
fn draft_of(text: &[u8], place: &str) -> Result<Reading, SourceError> {
    let refused = |why| SourceError::Draft {
        place: place.to_owned(),
        why,
    };
    match draft::read(text, TagRule::Automatic, Some(&mut file::read)) {
        Draft::Complete(items) if items.iter().any(|item| item.is_done) => {
            Err(SourceError::DoneWithoutIdle(place.to_owned()))
        }
        Draft::Complete(items) => Ok(Reading::Whole(
            items.into_iter().map(|item| item.command).collect(),
        )),
        Draft::Incomplete { why, .. } => Ok(Reading::More(why)),
        Draft::Refused(why) => Err(refused(why)),
        Draft::Empty => Err(refused("there is nothing to send".to_owned())),
    }
}

enum Taken {
    Commands(Vec<Command>),
    Done,
}

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

struct Lines<R> {
    input: R,
    /// Lines read so far.
    number: usize,
    /// The line that is being read, its end included.
    line: Zeroizing<Vec<u8>>,
    entry: Entry,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    fn place(&self) -> String {
        format!("stdin, line {}", self.number)
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
    async fn answer(&mut self) -> Result<Option<Reply>, SourceError> {
        if !self.line().await? {
            return Ok(None);
        }
        let line = std::mem::take(&mut self.line);
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        Ok(Some(match text {
            b"*" => Reply::Cancel,
            text => Reply::Challenge(Zeroizing::new(text.to_vec())),
        }))
    }

    /// Reads the next command; `None` at the end of stdin.
    async fn entry(&mut self) -> Result<Option<Taken>, SourceError> {
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
            match draft_of(&self.entry.text, &place)? {
                Reading::More(why) if !more => {
                    return Err(wrong(&format!("stdin ends inside a command: {why}")));
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
                    "stdin ends {} octets before the end of a literal",
                    octets.missing
                );
                return Err(SourceError::Draft {
                    place: format!("stdin, line {}", self.number),
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
