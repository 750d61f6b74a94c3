//! What a pane that browses asks the server, and who gets the answer.
//!
//! Every pane goes this way: it makes an [`Ask`] (`Ask::new(Asker::Tree, "STATUS").mailbox(..).word(..)`),
//! gives it to [`Console::ask`], and finds what came of it in [`Console::told_to`] under the [`AskId`] it got.
//! So each command of a pane is a `C:` line, is marked as the pane's ([`Origin::Panel`], tag `B0001`, filter
//! word `is:panel`), only reads (`channel/own.rs` sends nothing else), and has a text for the editor
//! ([`Ask::text`]), should the user want to send it himself.
//!
//! One command is under way at a time, so that each has its answer below it and nobody's answer is taken for
//! another's; a few of those whose answer names its mailbox go together. What a key asked for goes before
//! what is only filled in, and nothing that was not asked for with a key goes into the user's IDLE.
//!
//! To add a pane that asks: a variant of [`Asker`].

use std::collections::VecDeque;
use std::time::Duration;

use crate::catalog::mailbox_argument;
use crate::channel::{Request, own};
use crate::session::{Awaiting, CommandId, Event};
use crate::transcript::NoteLevel;
use crate::wire::encode::{self, Argument};
use crate::wire::response::{Response, StatusResponse, Untagged};
use crate::wire::{Command, Origin};

use super::{Console, Phase};

/// Most commands that wait for their turn; beyond that nobody looks at the answers any more.
const WAITING: usize = 10_000;
/// Most answers kept for a face that does not take them.
const TOLD: usize = 10_000;
/// How many commands whose answers name their mailbox go together.
const TOGETHER: usize = 4;
/// Longest pattern written as a quoted string.
const LONGEST_PATTERN: usize = 900;
/// Their verbs.
const NAMED: &[&str] = &["GETACL", "MYRIGHTS", "STATUS"];

/// Which pane asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asker {
    /// What is asked after the login, and what belongs to it.
    Login,
    /// The mailbox tree.
    Tree,
    /// Its counts.
    Counts,
    /// What is known about the mailbox that is open.
    Selected,
    /// Its flags.
    Flags,
    /// Who may do what.
    Rights,
    /// The list of messages.
    Messages,
    /// One message.
    Reader,
    /// One side of a comparison.
    Compare,
}

/// Names one [`Ask`] as long as the console lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AskId(u64);

/// A command of a pane.
#[derive(Debug, Clone)]
pub struct Ask {
    asker: Asker,
    command: Command,
    /// The same for the editor; `None`: no text can hold it.
    text: Option<String>,
    later: bool,
    heard: bool,
}

impl Ask {
    /// A command that is `words` so far.
    pub fn new(asker: Asker, words: &str) -> Ask {
        Ask {
            asker,
            command: Command::line(Origin::Panel, words),
            text: Some(words.to_owned()),
            later: false,
            heard: false,
        }
    }

    /// ... and a space, and these words as they are.
    pub fn word(mut self, words: &str) -> Ask {
        encode::append_text(&mut self.command.parts, b" ");
        encode::append_text(&mut self.command.parts, words.as_bytes());
        if let Some(text) = &mut self.text {
            text.push(' ');
            text.push_str(words);
        }
        self
    }

    /// ... and a space, and a mailbox (as sent), or another astring. `utf8`: quoted strings may hold UTF-8.
    pub fn mailbox(mut self, name: &[u8], utf8: bool) -> Ask {
        encode::append_text(&mut self.command.parts, b" ");
        encode::append(&mut self.command.parts, name, Argument::AString, utf8);
        let argument = mailbox_argument(name, utf8);
        self.text = self
            .text
            .zip(argument)
            .map(|(text, argument)| format!("{text} {argument}"));
        self
    }

    /// ... and a space, and a pattern for LIST: always quoted, as RFC 9051 writes it in its examples.
    pub fn pattern(mut self, pattern: &[u8]) -> Ask {
        let plain = |b: &u8| b.is_ascii() && !b"\0\r\n".contains(b);
        if let Ok(text) = std::str::from_utf8(pattern)
            && pattern.iter().all(plain)
            && pattern.len() < LONGEST_PATTERN
        {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            return self.word(&format!("\"{escaped}\""));
        }
        encode::append_text(&mut self.command.parts, b" ");
        encode::append(
            &mut self.command.parts,
            pattern,
            Argument::ListMailbox,
            false,
        );
        let argument = mailbox_argument(pattern, false);
        self.text = self
            .text
            .zip(argument)
            .map(|(text, argument)| format!("{text} {argument}"));
        self
    }

    /// The program asks by itself.
    pub(super) fn by_program(mut self) -> Ask {
        self.command.origin = Origin::Program;
        self
    }

    /// No key asked for it: it waits behind those for which one did, and for the end of an IDLE.
    pub fn later(mut self) -> Ask {
        self.later = true;
        self
    }

    /// The answers are wanted in [`Console::told_to`], not the end alone.
    pub fn heard(mut self) -> Ask {
        self.heard = true;
        self
    }

    /// Which pane asks.
    pub fn asker(&self) -> Asker {
        self.asker
    }

    /// The command for the editor, without a tag; `None`: no text can hold it (a name with NUL or octets
    /// that are no UTF-8).
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

/// What came of an [`Ask`].
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Of which.
    pub ask: AskId,
    /// Whose it was.
    pub asker: Asker,
    /// What.
    pub what: Heard,
}

/// One thing that the server said to an [`Ask`], or what became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// It goes out; its index in the transcript, where its literals can be read from while they come.
    Began(Option<usize>),
    /// Untagged data that is most likely its answer; only for [`Ask::heard`].
    Data(Box<Untagged>),
    /// It is completed.
    Done {
        /// With what.
        status: StatusResponse,
        /// How long it took.
        elapsed: Duration,
    },
    /// It was not sent, or will not be answered: stopped, refused by us, or the connection is over.
    Lost,
}

/// A command that was handed to the connection task.
#[derive(Debug)]
struct Running {
    id: AskId,
    asker: Asker,
    verb: String,
    origin: Origin,
    heard: bool,
    command: Option<CommandId>,
}

/// Where all that stands.
#[derive(Debug, Default)]
pub(super) struct Asks {
    queue: VecDeque<(AskId, Ask)>,
    running: Vec<Running>,
    told: Vec<Told>,
    last: u64,
    /// LOGOUT was sent.
    closed: bool,
}

impl Asks {
    fn push(&mut self, ask: Ask) -> AskId {
        self.last += 1;
        let id = AskId(self.last);
        if self.queue.len() < WAITING {
            self.queue.push_back((id, ask));
        } else {
            self.tell(id, ask.asker, Heard::Lost);
        }
        id
    }

    fn tell(&mut self, ask: AskId, asker: Asker, what: Heard) {
        // The login's are the console's own: no face waits for them.
        if asker != Asker::Login && self.told.len() < TOLD {
            self.told.push(Told { ask, asker, what });
        }
    }

    /// The next that may go. `idles`: the user's IDLE is on.
    fn begin(&mut self, idles: bool) -> Option<Command> {
        let urgent = self.queue.iter().position(|(_, ask)| !ask.later);
        let at = urgent.or((!idles && !self.queue.is_empty()).then_some(0))?;
        let verb = self.queue.get(at)?.1.command.verb();
        let alone = self.running.iter().any(|running| running.verb != verb)
            || !NAMED.contains(&verb.as_str());
        if !self.running.is_empty() && (alone || self.running.len() >= TOGETHER) {
            return None;
        }
        let (id, ask) = self.queue.remove(at)?;
        self.running.push(Running {
            id,
            asker: ask.asker,
            verb,
            origin: ask.command.origin,
            heard: ask.heard,
            command: None,
        });
        Some(ask.command)
    }

    /// Forgets what waits, of one pane or of all.
    pub fn drop_waiting(&mut self, asker: Option<Asker>) -> usize {
        let is_it = |ask: &Ask| asker.is_none_or(|asker| ask.asker == asker);
        let (gone, kept): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.queue)
            .into_iter()
            .partition(|(_, ask)| is_it(ask));
        self.queue = kept;
        for (id, ask) in &gone {
            self.tell(*id, ask.asker, Heard::Lost);
        }
        gone.len()
    }

    /// The connection is over, or another one begins.
    pub fn clear(&mut self) {
        self.closed = false;
        self.drop_waiting(None);
        for running in std::mem::take(&mut self.running) {
            self.tell(running.id, running.asker, Heard::Lost);
        }
    }

    /// Who asked for `command`, if a pane did.
    fn of(&self, command: CommandId) -> Option<&Running> {
        self.running.iter().find(|r| r.command == Some(command))
    }

    fn take(&mut self, command: CommandId) -> Option<Running> {
        let at = self
            .running
            .iter()
            .position(|r| r.command == Some(command))?;
        Some(self.running.remove(at))
    }
}

impl Console {
    /// Takes a command of a pane; it goes out when it is its turn. Returns what can be sent at once.
    pub fn ask(&mut self, ask: Ask) -> (AskId, Vec<Request>) {
        let id = self.put(ask);
        (id, self.asks_next())
    }

    /// Takes several.
    pub fn ask_all(&mut self, asks: impl IntoIterator<Item = Ask>) -> (Vec<AskId>, Vec<Request>) {
        let ids = asks.into_iter().map(|ask| self.put(ask)).collect();
        (ids, self.asks_next())
    }

    /// What came of what these panes have asked, since they last looked. Each pane takes its own.
    pub fn told_to(&mut self, askers: &[Asker]) -> Vec<Told> {
        if self.asks.told.is_empty() {
            return Vec::new();
        }
        let (theirs, others) = std::mem::take(&mut self.asks.told)
            .into_iter()
            .partition(|told| askers.contains(&told.asker));
        self.asks.told = others;
        theirs
    }

    /// What this pane (`None`: any) has asked and what has not gone out is not wanted any more. Returns how
    /// many that were.
    pub fn stop_asking(&mut self, asker: Option<Asker>) -> usize {
        self.asks.drop_waiting(asker)
    }

    /// How many commands of this pane (`None`: of any) are under way or wait.
    pub fn asking(&self, asker: Option<Asker>) -> usize {
        let is_it = |other: Asker| asker.is_none_or(|asker| other == asker);
        let waiting = self.asks.queue.iter().filter(|(_, a)| is_it(a.asker));
        let running = self.asks.running.iter().filter(|r| is_it(r.asker));
        waiting.count() + running.count()
    }

    /// Which ask a command in flight is, and whose.
    pub fn asked_by(&self, command: CommandId) -> Option<(AskId, Asker)> {
        self.asks
            .of(command)
            .map(|running| (running.id, running.asker))
    }

    /// LOGOUT goes out: nothing is asked any more on this connection.
    pub fn leaving(&mut self) {
        self.asks.drop_waiting(None);
        self.asks.closed = true;
    }

    /// Whether a pane may ask: somebody is logged in, and the server waits for a command.
    pub fn can_ask(&self) -> bool {
        self.is_logged_in() && !self.asks.closed && !self.waits_for_an_answer()
    }

    pub(super) fn put(&mut self, ask: Ask) -> AskId {
        // A sentence in time, instead of one by the connection task that nobody can place.
        if let Some(sentence) = own::objection(&ask.command) {
            self.note(NoteLevel::Warning, &sentence);
            self.asks.last += 1;
            let id = AskId(self.asks.last);
            self.asks.tell(id, ask.asker, Heard::Lost);
            return id;
        }
        self.asks.push(ask)
    }

    /// What may go out now of what waits.
    pub(super) fn asks_next(&mut self) -> Vec<Request> {
        if self.asks.closed || self.phase != Phase::Ready || self.waits_for_an_answer() {
            return Vec::new();
        }
        // An IDLE that the keepalive began anew is the user's still.
        let idles = self.auto.idles > 0 || self.awaiting == Awaiting::IdleDone;
        let mut requests = Vec::new();
        while let Some(command) = self.asks.begin(idles) {
            requests.push(Request::Submit(command));
        }
        requests
    }

    /// The user is in the middle of something that a command would break.
    fn waits_for_an_answer(&self) -> bool {
        match self.awaiting {
            Awaiting::Challenge | Awaiting::Literal { .. } | Awaiting::LineRest => true,
            Awaiting::GoAhead => self.waits_by_hand,
            Awaiting::Command | Awaiting::IdleDone => false,
        }
    }

    /// Follows what was asked. The transcript has the event already.
    pub(super) fn asks_hear(&mut self, event: &Event) {
        match event {
            Event::Started {
                command,
                origin,
                verb,
                ..
            } if !origin.is_user() => {
                let begun = self.transcript.command_count().checked_sub(1);
                let running = self
                    .asks
                    .running
                    .iter_mut()
                    .find(|r| r.command.is_none() && r.origin == *origin && r.verb == *verb);
                if let Some(running) = running {
                    running.command = Some(*command);
                    let (id, asker) = (running.id, running.asker);
                    self.asks.tell(id, asker, Heard::Began(begun));
                }
            }
            Event::Response {
                response: Response::Untagged(data),
                command: Some(command),
            } => {
                if let Some(running) = self.asks.of(*command).filter(|r| r.heard) {
                    let (id, asker) = (running.id, running.asker);
                    let data = Heard::Data(Box::new(data.clone()));
                    self.asks.tell(id, asker, data);
                }
            }
            Event::Completed {
                command,
                status,
                elapsed,
            } => {
                if let Some(running) = self.asks.take(*command) {
                    let done = Heard::Done {
                        status: status.clone(),
                        elapsed: *elapsed,
                    };
                    self.asks.tell(running.id, running.asker, done);
                    self.auto_over(running.asker);
                }
            }
            Event::Abandoned { command } => {
                if let Some(running) = self.asks.take(*command) {
                    self.asks.tell(running.id, running.asker, Heard::Lost);
                    self.auto_over(running.asker);
                }
            }
            _ => {}
        }
    }
}
