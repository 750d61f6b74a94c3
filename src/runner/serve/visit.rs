//! One visitor: its commands go to the session, the server's answers to it, both as they are.
//!
//! The session decides when a literal's octets may go: a literal that the server refused is thrown away
//! here, and can never run as commands.

use std::collections::{BTreeSet, VecDeque};
use std::io::Write;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Standing;
use super::inbound::{Inbound, Wanted, Wish};
use crate::channel::{Notice, Request};
use crate::runner::talk::{Over, Talk};
use crate::session::{Awaiting, CommandId, Event, Reply};
use crate::wire::{Command, CommandPart, LiteralChoice, LiteralHeader, LiteralMode, Origin, Piece};

/// Octets that may wait for a visitor who does not read; more, and the server is not read either.
const UNREAD: usize = 1024 * 1024;
/// Commands that may wait to be sent.
const UNSENT: usize = 32;
/// How long a visitor has to take what is left for it at the end.
const PATIENCE: Duration = Duration::from_secs(2);

/// A command whose literal comes piece by piece.
#[derive(Debug, Default)]
struct Open {
    id: Option<CommandId>,
    /// The visitor waits for `+` before the octets.
    waits: bool,
    /// Octets went out.
    begun: bool,
    /// The line behind the last literal went out.
    whole: bool,
}

struct Visit<'a> {
    standing: &'a mut Standing,
    inbound: Inbound,
    /// For the visitor.
    out: Vec<u8>,
    /// The tags of commands that the session has and has not begun to send.
    unsent: VecDeque<Vec<u8>>,
    open: Option<Open>,
    awaiting: Awaiting,
    /// Something was asked for, and the session has not said yet what it waits for now.
    unsettled: bool,
    /// Nothing more comes from the visitor.
    silent: bool,
    /// The tag of its LOGOUT.
    logout: Option<Vec<u8>>,
    /// The mailbox is being left: the command, once it has a name.
    leaving: Option<Option<CommandId>>,
    left: bool,
    /// Commands of the program's own: the visitor does not see their answers.
    ours: BTreeSet<CommandId>,
    /// A tagged answer whose command is not known yet.
    held: Option<Vec<u8>>,
    /// The next piece begins a response.
    fresh: bool,
}

/// Serves one visitor to its end. An error ends the session, too.
pub(super) async fn receive<E: Write>(
    talk: &mut Talk<'_, E>,
    visitor: impl AsyncRead + AsyncWrite,
    standing: &mut Standing,
) -> Result<(), Over> {
    let (mut reader, mut writer) = tokio::io::split(visitor);
    let mut visit = Visit {
        out: standing.greeting().into_bytes(),
        standing,
        inbound: Inbound::new(),
        unsent: VecDeque::new(),
        open: None,
        awaiting: Awaiting::Command,
        unsettled: false,
        silent: false,
        logout: None,
        leaving: None,
        left: false,
        ours: BTreeSet::new(),
        held: None,
        fresh: true,
    };
    let mut deaf = false;
    let mut buffer = vec![0; 64 * 1024];
    let result = loop {
        if let Err(over) = visit.go_on(talk) {
            break Err(over);
        }
        if visit.left && (visit.out.is_empty() || deaf) {
            return Ok(());
        }
        if deaf {
            visit.out.clear();
        }
        tokio::select! {
            notice = talk.notice(), if !visit.left && visit.out.len() < UNREAD => match notice {
                Ok(notice) => visit.see(notice),
                Err(over) => break Err(over),
            },
            read = reader.read(&mut buffer), if !visit.silent && visit.inbound.has_room() => match read {
                Ok(0) | Err(_) => visit.silent = true,
                Ok(octets) => visit.inbound.take(buffer.get(..octets).unwrap_or_default()),
            },
            wrote = writer.write(&visit.out), if !visit.out.is_empty() && !deaf => match wrote {
                Ok(octets) if octets > 0 => { visit.out.drain(..octets); }
                _ => (deaf, visit.silent) = (true, true),
            },
        }
    };
    // The server's last words, or ours.
    if talk.is_open() {
        visit
            .out
            .extend_from_slice(b"* BYE imapsh stops serving this session\r\n");
    }
    let _ = tokio::time::timeout(PATIENCE, writer.write_all(&visit.out)).await;
    result
}

impl Visit<'_> {
    /// Asks the session for what can be asked for now.
    fn go_on<E: Write>(&mut self, talk: &mut Talk<'_, E>) -> Result<(), Over> {
        while self.leaving.is_none() && self.unsent.len() < UNSENT {
            let wanted = self.wanted();
            let Some(wish) = self.inbound.next(wanted) else {
                break;
            };
            match wish {
                Wish::Send(command) => {
                    self.begin(&command);
                    talk.send(Request::Submit(command));
                }
                Wish::Done(command) => talk.send(Request::Submit(command)),
                Wish::Respond(reply) => self.respond(talk, reply),
                Wish::Rest(line, literal) => {
                    if let Some(open) = &mut self.open {
                        (open.begun, open.whole) = (false, literal.is_none());
                        open.waits = literal.is_some_and(|l| waits(&l));
                    }
                    self.respond(talk, Reply::Line(line));
                }
                Wish::LogOut(tag) => {
                    self.logout = Some(tag);
                    self.silent = true;
                }
                Wish::Refuse(tag, why) => {
                    self.out.extend_from_slice(&tag);
                    self.out
                        .extend_from_slice(format!(" NO imapsh: {why}\r\n").as_bytes());
                }
                Wish::Nonsense => {
                    self.out
                        .extend_from_slice(b"* BYE imapsh: this line is too long\r\n");
                    self.silent = true;
                }
            }
            if self.silent {
                break;
            }
        }
        if !self.silent || self.leaving.is_some() || self.unsettled {
            return Ok(());
        }
        match self.wanted() {
            Wanted::Command => {
                let leave = Command::line(Origin::Program, self.standing.leave());
                talk.send(Request::Submit(leave));
                self.leaving = Some(None);
            }
            // The visitor has gone in the middle of something.
            Wanted::Octets | Wanted::Rest | Wanted::Challenge => self.respond(talk, Reply::Cancel),
            Wanted::Nothing => {}
        }
        Ok(())
    }

    fn begin(&mut self, command: &Command) {
        let text = match command.parts.first() {
            Some(CommandPart::Text { bytes, .. }) => bytes.as_slice(),
            _ => &[],
        };
        let tag = text.split(|b| *b == b' ').next().unwrap_or_default();
        self.unsent.push_back(tag.to_vec());
        if let Some(CommandPart::OpenLiteral { choice, .. }) = command.parts.last() {
            self.open = Some(Open {
                waits: *choice != LiteralChoice::NonSynchronizing,
                ..Open::default()
            });
            self.unsettled = true;
        }
    }

    fn respond<E: Write>(&mut self, talk: &mut Talk<'_, E>, reply: Reply) {
        if let (Some(open), Reply::Literal(_)) = (&mut self.open, &reply) {
            open.begun = true;
        }
        self.unsettled = true;
        talk.send(Request::Respond(reply));
    }

    fn wanted(&self) -> Wanted {
        match self.awaiting {
            _ if self.unsettled => Wanted::Nothing,
            Awaiting::Command | Awaiting::IdleDone => Wanted::Command,
            Awaiting::Literal { .. } => Wanted::Octets,
            Awaiting::LineRest => Wanted::Rest,
            Awaiting::Challenge => Wanted::Challenge,
            Awaiting::GoAhead => Wanted::Nothing,
        }
    }

    fn see(&mut self, notice: Notice) {
        self.standing.see(&notice);
        match notice {
            Notice::Events { events, .. } => events.into_iter().for_each(|event| self.event(event)),
            Notice::Refused(sentence) => self.refused(&sentence),
            _ => {}
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Received(piece) => self.received(&piece),
            Event::Response { command, .. } => {
                let hidden = command.is_some_and(|command| self.ours.contains(&command));
                if let Some(held) = self.held.take().filter(|_| !hidden) {
                    self.out.extend_from_slice(&held);
                }
            }
            Event::Started {
                command,
                origin: Origin::Program,
                ..
            } => {
                self.ours.insert(command);
                if self.leaving == Some(None) {
                    self.leaving = Some(Some(command));
                }
            }
            Event::Started { command, .. } => {
                self.unsent.pop_front();
                if let (Some(open), true) = (&mut self.open, self.unsent.is_empty())
                    && open.id.is_none()
                {
                    open.id = Some(command);
                }
            }
            Event::Awaiting(awaiting) => {
                self.awaiting = awaiting;
                match &self.open {
                    // Something before it has ended.
                    Some(open) if open.id.is_none() => {}
                    Some(open) if awaiting == Awaiting::Command && !open.whole => {}
                    open => {
                        let over = open.as_ref().is_some_and(|open| open.whole);
                        if over && awaiting == Awaiting::Command {
                            self.open = None;
                        }
                        self.unsettled = false;
                    }
                }
            }
            Event::Completed { command, .. } | Event::Abandoned { command } => {
                if self.leaving == Some(Some(command)) {
                    self.goodbye();
                }
                if let Some(open) = self.open.take_if(|open| open.id == Some(command)) {
                    self.unsettled = false;
                    match (open.whole, open.waits && !open.begun) {
                        (true, _) => {}
                        (false, true) => self.inbound.refused(),
                        (false, false) => self.inbound.skip(),
                    }
                }
            }
            _ => {}
        }
    }

    fn received(&mut self, piece: &Piece) {
        let bytes = piece.bytes();
        if std::mem::replace(&mut self.fresh, piece.ends_frame())
            && !bytes.starts_with(b"*")
            && !bytes.starts_with(b"+")
        {
            self.held = Some(Vec::new());
        }
        match &mut self.held {
            Some(held) => held.extend_from_slice(bytes),
            None => self.out.extend_from_slice(bytes),
        }
    }

    /// The session did not take what it was asked for.
    fn refused(&mut self, sentence: &str) {
        let line: String = sentence.chars().filter(|c| !c.is_control()).collect();
        match self.unsent.pop_front() {
            Some(tag) => {
                if self.unsent.is_empty() && self.open.take().is_some() {
                    self.inbound.refused();
                }
                self.out.extend_from_slice(&tag);
                self.out
                    .extend_from_slice(format!(" BAD imapsh: {line}\r\n").as_bytes());
            }
            None => self
                .out
                .extend_from_slice(format!("* BAD imapsh: {line}\r\n").as_bytes()),
        }
        self.unsettled = false;
    }

    /// The mailbox has been left.
    fn goodbye(&mut self) {
        self.left = true;
        if let Some(tag) = self.logout.take() {
            self.out
                .extend_from_slice(b"* BYE imapsh: until next time\r\n");
            self.out.extend_from_slice(&tag);
            self.out
                .extend_from_slice(b" OK LOGOUT of this program; the session stays\r\n");
        }
    }
}

fn waits(literal: &LiteralHeader) -> bool {
    literal.mode == LiteralMode::Synchronizing
}
