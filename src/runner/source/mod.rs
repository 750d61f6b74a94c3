//! Where `exec` takes its commands from: the command line, stdin, or a script (`-f`).
//!
//! A text becomes commands as in the editor of the full screen (`console::draft`). On stdin a line that
//! ends in a literal announcement takes the octets that follow, exactly as they are.

use std::collections::VecDeque;
use std::time::Duration;

use thiserror::Error;
use tokio::io::AsyncBufRead;
use tokio::time::{Instant, timeout_at};

use super::safe::Care;
use crate::console::draft::{self, Draft, TagRule};
use crate::console::file;
use crate::session::Reply;
use crate::wire::encode::{self, Argument};
use crate::wire::mailbox::MailboxName;
use crate::wire::{Command, Origin, TagChoice};

mod lines;

use lines::{Lines, Written};

/// Most octets of one command on stdin, literals included.
const ENTRY_LIMIT: usize = 256 * 1024 * 1024;

/// How long a line may take that lies ready.
const READY: Duration = Duration::from_millis(100);

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
    #[error("the commands cannot be read: {0}")]
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
            match draft_of(text.as_bytes(), &place, Written::Plain)? {
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

/// What safe mode has against commands that are known whole: the first that would not go, by its place;
/// `None`: nothing. A text that is wrong is told when its turn comes, and nothing goes behind it.
async fn objection<R: AsyncBufRead + Unpin>(mut lines: Lines<R>, care: Care) -> Option<String> {
    let mut answers = false;
    while let Ok(Some(taken)) = lines.entry().await {
        let Taken::Commands(commands) = taken else {
            continue;
        };
        for command in commands {
            let verb = command.verb();
            // Behind AUTHENTICATE come answers; what is a command after all is judged when it comes.
            if answers && !draft::is_known(&command) {
                continue;
            }
            answers = verb == "AUTHENTICATE";
            if let Err(sentence) = care.judge(command, None) {
                return Some(format!("{}: {sentence}", lines.place()));
            }
        }
    }
    None
}

/// [`objection`] to what stdin will bring.
pub async fn objection_to_stdin(text: &[u8], care: Care) -> Option<String> {
    objection(Lines::new(text, "stdin", Written::Plain), care).await
}

/// [`objection`] to a script.
pub async fn objection_to_script(text: &[u8], name: &str, care: Care) -> Option<String> {
    objection(Lines::new(text, name, Written::AsSent), care).await
}

impl<R> Source<R> {
    /// What safe mode has against the commands that are here already; `None`: nothing.
    pub fn objection(&self, care: Care) -> Option<String> {
        let mut place = 0;
        self.waiting.iter().find_map(|step| {
            place += 1;
            let Step::Send(command) = step else {
                return None;
            };
            let sentence = care.judge(command.as_ref().clone(), None).err()?;
            Some(format!("command {place}: {sentence}"))
        })
    }
}

impl<R: AsyncBufRead + Unpin> Source<R> {
    /// A command a line from `input`.
    pub fn stdin(input: R) -> Source<R> {
        Source::lines(input, "stdin", Written::Plain)
    }

    /// imtest's script: as stdin, but everything in it stands as it goes over the wire. A line that begins
    /// with no command that is known begins with its tag; answers to challenges are base64.
    pub fn script(input: R, name: &str) -> Source<R> {
        Source::lines(input, name, Written::AsSent)
    }

    fn lines(input: R, name: &str, written: Written) -> Source<R> {
        Source {
            waiting: VecDeque::new(),
            lines: Some(Lines::new(input, name, written)),
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

    /// How many commands were given and not taken. Lines that lie ready count too, as words of a command line
    /// do; those that a program still thinks about are not waited for.
    pub async fn left(&mut self) -> usize {
        let mut count = self.waiting.len();
        let Some(lines) = &mut self.lines else {
            return count;
        };
        let deadline = Instant::now() + READY;
        while let Ok(Ok(Some(taken))) = timeout_at(deadline, lines.entry()).await {
            if let Taken::Commands(commands) = taken {
                count += commands.len();
            }
        }
        count
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

/// A command that nobody knows is sent all the same, under a tag of ours: who writes it means what he says.
/// In a script its first word is its tag.
fn draft_of(text: &[u8], place: &str, written: Written) -> Result<Reading, SourceError> {
    let refused = |why| SourceError::Draft {
        place: place.to_owned(),
        why,
    };
    match draft::read(text, TagRule::Automatic, Some(&mut file::read)) {
        Draft::Complete(items) if items.iter().any(|item| item.is_done) => {
            Err(SourceError::DoneWithoutIdle(place.to_owned()))
        }
        Draft::Complete(items) => Ok(Reading::Whole(
            items
                .into_iter()
                .map(|item| match (item.known, written) {
                    (false, Written::AsSent) => Command {
                        tag: TagChoice::AsTyped,
                        ..item.command
                    },
                    _ => item.command,
                })
                .collect(),
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
