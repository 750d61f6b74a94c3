//! One connection's conversation, without the connection: bytes in, bytes out, time as an argument.
//!
//! Whoever drives it reads from its socket only while [`ServerSession::poll_transmit`] gives nothing:
//! then a client that does not read cannot make the server hold more than a few chunks.

use std::time::{Duration, Instant, SystemTime};

use crate::wire::{Direction, Ending, Framer, LiteralHeader, LiteralMode, Piece, Tag};

use super::command::{
    self, Completion, Expunges, Needs, Outcome, Refusal, arguments::Arguments, auth, fetch, idle,
    message,
};
use super::conversation::{Conversation, LineKind};
use super::store::{APPEND_LIMIT, SharedStore};

/// Longest command, literals apart, in octets.
const LONGEST_LINE: usize = 64 * 1024;
/// Longest literals of a command but APPEND, in octets.
const LITERAL_LIMIT: u64 = 64 * 1024;
/// The same before login.
const EARLY_LITERAL_LIMIT: u64 = 8 * 1024;
/// No more is made while so many octets wait to be sent.
const ENOUGH: usize = 64 * 1024;
/// RFC 3501 section 5.4: at least 30 minutes.
const AUTOLOGOUT: Duration = Duration::from_secs(30 * 60);
/// Failed logins until the connection ends.
const MOST_FAILURES: u32 = 10;

/// What the client's next line is.
#[derive(Debug)]
enum Awaits {
    Command,
    Authentication {
        tag: Tag,
        exchange: Box<auth::Exchange>,
    },
    Done {
        tag: Tag,
        script: idle::Script,
    },
}

/// A command as far as it has come.
#[derive(Debug, Default)]
struct Gathering {
    bytes: Vec<u8>,
    /// Octets of `bytes` that are literals.
    literals: u64,
    /// The rest of the command is swallowed, then this is answered.
    refused: Option<Refusal>,
}

/// The server's side of one connection.
#[derive(Debug)]
pub struct ServerSession {
    conversation: Conversation,
    framer: Framer,
    input: Vec<u8>,
    read: usize,
    gathering: Gathering,
    awaits: Awaits,
    work: Option<(Tag, Expunges, fetch::Work)>,
    tls_next: bool,
    closing: bool,
    failures: u32,
    last_input: Instant,
}

impl ServerSession {
    /// A connection just made; the greeting waits in [`ServerSession::poll_transmit`]. `wall` is the
    /// clock on the wall at `now`, for INTERNALDATE.
    pub fn new(
        store: SharedStore,
        line: LineKind,
        now: Instant,
        wall: SystemTime,
    ) -> ServerSession {
        let conversation = Conversation::new(store, line, now, wall);
        let mut session = ServerSession {
            conversation,
            framer: Framer::new(Direction::Client),
            input: Vec::new(),
            read: 0,
            gathering: Gathering::default(),
            awaits: Awaits::Command,
            work: None,
            tls_next: false,
            closing: false,
            failures: 0,
            last_input: now,
        };
        let capabilities = command::any::capabilities(&session.conversation);
        session.conversation.untagged(&format!(
            "OK [CAPABILITY {capabilities}] imapsh demo server ready"
        ));
        session
    }

    /// Takes what the client sent.
    pub fn handle_input(&mut self, now: Instant, bytes: &[u8]) {
        self.conversation.now = now;
        self.last_input = now;
        if self.closing || self.tls_next {
            return;
        }
        self.input.extend_from_slice(bytes);
        self.run();
    }

    /// Another connection changed the store: an idling client is told.
    pub fn handle_change(&mut self, now: Instant) {
        self.conversation.now = now;
        if matches!(self.awaits, Awaits::Done { .. }) && self.work.is_none() {
            self.conversation.update(Expunges::Told);
        }
    }

    /// The time of [`ServerSession::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.conversation.now = now;
        if now >= self.last_input + AUTOLOGOUT {
            if !self.closing {
                self.conversation
                    .untagged("BYE Nothing was heard for 30 minutes: logged out");
                self.close();
            }
            return;
        }
        if let Awaits::Done { script, .. } = &mut self.awaits {
            script.handle_timeout(now, &mut self.conversation);
            self.conversation.update(Expunges::Told);
        }
    }

    /// When [`ServerSession::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.closing {
            return None;
        }
        let autologout = self.last_input + AUTOLOGOUT;
        match &self.awaits {
            Awaits::Done { script, .. } => {
                Some(script.due().map_or(autologout, |due| due.min(autologout)))
            }
            _ => Some(autologout),
        }
    }

    /// The next octets to send.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        if self.conversation.out.is_empty() {
            self.run();
        }
        let out = std::mem::take(&mut self.conversation.out);
        (!out.is_empty()).then_some(out)
    }

    /// Whether the OK of STARTTLS is out (or waits in [`ServerSession::poll_transmit`]) and the TLS
    /// handshake comes next. What the client sent behind STARTTLS is discarded (RFC 3501 section 6.2.1).
    pub fn wants_tls(&self) -> bool {
        self.tls_next
    }

    /// The TLS handshake is done.
    pub fn tls_started(&mut self, now: Instant) {
        self.conversation.now = now;
        self.conversation.line = LineKind::Tls;
        self.tls_next = false;
        self.reset_input();
    }

    /// Whether the connection ends as soon as all is sent.
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// The server stops.
    pub fn shut_down(&mut self) {
        if !self.closing {
            self.conversation.untagged("BYE The demo server stops");
            self.close();
        }
    }

    fn close(&mut self) {
        self.closing = true;
        self.work = None;
        self.awaits = Awaits::Command;
        self.reset_input();
    }

    fn reset_input(&mut self) {
        self.framer = Framer::new(Direction::Client);
        self.gathering = Gathering::default();
        self.input = Vec::new();
        self.read = 0;
    }

    fn run(&mut self) {
        loop {
            if self.conversation.out.len() >= ENOUGH {
                return;
            }
            if let Some((tag, expunges, mut work)) = self.work.take() {
                match work.step(&mut self.conversation, ENOUGH) {
                    Some(outcome) => self.finish(&tag, expunges, outcome),
                    None => self.work = Some((tag, expunges, work)),
                }
                continue;
            }
            if self.closing || self.tls_next {
                return;
            }
            let mut rest = self.input.get(self.read..).unwrap_or_default();
            let piece = self.framer.next(&mut rest);
            self.read = self.input.len() - rest.len();
            match piece {
                Some(piece) => self.take(&piece),
                None => {
                    self.input.clear();
                    self.read = 0;
                    return;
                }
            }
        }
    }

    /// The next piece of what the client sent.
    fn take(&mut self, piece: &Piece) {
        if self.gathering.refused.is_none() {
            self.gathering.bytes.extend_from_slice(piece.bytes());
            let text = self.gathering.bytes.len() as u64 - self.gathering.literals;
            match piece {
                Piece::Literal { bytes, .. } => self.gathering.literals += bytes.len() as u64,
                Piece::Text { .. } if text > LONGEST_LINE as u64 => {
                    self.refuse_rest(Refusal::bad("The command line is too long"));
                }
                Piece::Text { .. } => {}
            }
        }
        match piece {
            Piece::Text {
                ending: Ending::Literal(header),
                ..
            } => self.announced(*header),
            Piece::Text {
                ending: Ending::Line | Ending::Truncated,
                ..
            } => self.ended(),
            _ => {}
        }
    }

    /// The rest of the command is not kept.
    fn refuse_rest(&mut self, refusal: Refusal) {
        let line = self
            .gathering
            .bytes
            .iter()
            .position(|b| *b == b' ')
            .unwrap_or(0);
        // The tag is all that is still needed.
        self.gathering.bytes.truncate(line.min(LONGEST_LINE));
        self.gathering.literals = 0;
        self.gathering.refused = Some(refusal);
    }

    /// A literal was announced.
    fn announced(&mut self, header: LiteralHeader) {
        if !matches!(self.awaits, Awaits::Command) {
            // Neither DONE nor base64: an odd line, no literal.
            self.framer = Framer::new(Direction::Client);
            return self.ended();
        }
        let refusal = match &self.gathering.refused {
            Some(_) => None,
            None => self.check_literal(header).err(),
        };
        match (refusal, header.mode) {
            (Some(refusal), LiteralMode::Synchronizing) => {
                // The client waits and hears NO: it sends no octets (RFC 3501 section 7.5).
                self.refuse_rest(refusal);
                self.framer = Framer::new(Direction::Client);
                self.ended();
            }
            (Some(refusal), LiteralMode::NonSynchronizing) => self.refuse_rest(refusal),
            (None, LiteralMode::Synchronizing) if self.gathering.refused.is_some() => {
                self.framer = Framer::new(Direction::Client);
                self.ended();
            }
            (None, LiteralMode::Synchronizing) => {
                self.conversation
                    .out
                    .extend_from_slice(b"+ Ready for literal data\r\n");
            }
            (None, LiteralMode::NonSynchronizing) => {}
        }
    }

    fn check_literal(&mut self, header: LiteralHeader) -> Result<(), Refusal> {
        if header.binary {
            return Err(Refusal::bad(
                "A literal8 (~{...}) needs BINARY, which is not offered",
            ));
        }
        let gathered = std::mem::take(&mut self.gathering.bytes);
        let appending = message::check_append(&self.conversation, &gathered);
        self.gathering.bytes = gathered;
        let limit = match (appending, self.conversation.who.is_some()) {
            (Some(check), true) => {
                check?;
                APPEND_LIMIT
            }
            (_, true) => LITERAL_LIMIT,
            (_, false) => EARLY_LITERAL_LIMIT,
        };
        if header.size > limit.saturating_sub(self.gathering.literals) {
            return Err(Refusal::no(
                "TOOBIG",
                format!("The literal is too big: at most {limit} octets are taken here"),
            ));
        }
        Ok(())
    }

    /// A whole line or command is there.
    fn ended(&mut self) {
        let gathering = std::mem::take(&mut self.gathering);
        match std::mem::replace(&mut self.awaits, Awaits::Command) {
            Awaits::Command => self.command(&gathering),
            Awaits::Authentication { tag, mut exchange } => {
                let outcome = match gathering.refused {
                    Some(refusal) => Err(refusal),
                    None => exchange.respond(&mut self.conversation, line_of(&gathering.bytes)),
                };
                // It may want one more line: then it comes back as a completion.
                match outcome {
                    Ok(None) => self.awaits = Awaits::Authentication { tag, exchange },
                    Ok(Some(completion)) => self.finish(&tag, Expunges::Told, Ok(completion)),
                    Err(refusal) => self.finish(&tag, Expunges::Told, Err(refusal)),
                }
            }
            Awaits::Done { tag, script } => {
                if line_of(&gathering.bytes).eq_ignore_ascii_case(b"DONE") {
                    self.conversation.idled = Some((self.conversation.now, script.due()));
                    self.finish(&tag, Expunges::Told, command::ok("IDLE completed"));
                } else if gathering.bytes.is_empty() || line_of(&gathering.bytes).is_empty() {
                    self.awaits = Awaits::Done { tag, script };
                } else {
                    self.finish(
                        &tag,
                        Expunges::Told,
                        Err(Refusal::bad("Expected DONE to end IDLE")),
                    );
                }
            }
        }
    }

    fn command(&mut self, gathering: &Gathering) {
        let bytes = gathering.bytes.as_slice();
        let first = bytes
            .iter()
            .position(|b| b" \r\n".contains(b))
            .unwrap_or(bytes.len());
        let Some(tag) = bytes.get(..first).and_then(Tag::new) else {
            if !line_of(bytes).is_empty() || gathering.refused.is_some() {
                self.conversation.untagged(
                    "BAD Invalid tag: a command begins with a tag of your choice, such as A1",
                );
            }
            return;
        };
        if let Some(refusal) = &gathering.refused {
            return self.finish(&tag, Expunges::Told, Err(refusal.clone()));
        }
        self.conversation.tag = tag.to_string();
        let mut arguments = Arguments::new(bytes.get(first..).unwrap_or_default());
        let row = match read_verb(&mut arguments) {
            Ok(row) => row,
            Err(refusal) => return self.finish(&tag, Expunges::Told, Err(refusal)),
        };
        let outcome = match self.allowed(row.needs) {
            Ok(()) => (row.run)(&mut self.conversation, &mut arguments),
            Err(refusal) => Err(refusal),
        };
        self.finish(&tag, row.expunges, outcome);
    }

    fn allowed(&mut self, needs: Needs) -> Result<(), Refusal> {
        match needs {
            Needs::Nothing => Ok(()),
            Needs::NoLogin if self.conversation.who.is_some() => {
                Err(Refusal::bad("Already logged in"))
            }
            Needs::NoLogin => Ok(()),
            Needs::Login => self.conversation.who().map(|_| ()),
            Needs::Mailbox => self
                .conversation
                .who()
                .and_then(|_| self.conversation.view().map(|_| ())),
        }
    }

    /// Ends a command, or leaves it open.
    fn finish(&mut self, tag: &Tag, expunges: Expunges, outcome: Outcome) {
        let line = match outcome {
            Ok(Completion::Fetch(work)) => {
                self.work = Some((tag.clone(), expunges, work));
                return;
            }
            Ok(Completion::Authenticate(exchange)) => {
                self.awaits = Awaits::Authentication {
                    tag: tag.clone(),
                    exchange,
                };
                return;
            }
            Ok(Completion::Idle) => {
                self.conversation.update(Expunges::Told);
                self.conversation.out.extend_from_slice(b"+ idling\r\n");
                self.awaits = Awaits::Done {
                    tag: tag.clone(),
                    script: idle::Script::new(&self.conversation),
                };
                return;
            }
            Ok(Completion::Ok { code, text }) if code.is_empty() => format!("OK {text}"),
            Ok(Completion::Ok { code, text }) => format!("OK [{code}] {text}"),
            Ok(Completion::StartTls) => {
                self.tls_next = true;
                self.reset_input();
                "OK Begin TLS negotiation now".to_owned()
            }
            Ok(Completion::Logout) => "OK LOGOUT completed".to_owned(),
            Err(refusal) => {
                if matches!(&refusal, Refusal::No { code, .. } if code == "AUTHENTICATIONFAILED" || code == "AUTHORIZATIONFAILED")
                {
                    self.failures += 1;
                }
                refusal.line()
            }
        };
        self.conversation.update(expunges);
        let logout = line == "OK LOGOUT completed";
        self.conversation.out.extend_from_slice(tag.as_bytes());
        self.conversation
            .out
            .extend_from_slice(format!(" {line}\r\n").as_bytes());
        if self.failures >= MOST_FAILURES {
            self.conversation.untagged("BYE Too many failed logins");
        }
        if logout || self.failures >= MOST_FAILURES {
            self.close();
        }
    }
}

/// A line without its line end.
fn line_of(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

fn read_verb(arguments: &mut Arguments<'_>) -> Result<&'static command::Row, Refusal> {
    if arguments.is_at_end() {
        return Err(Refusal::bad(
            "Missing command: the first word was taken as the tag",
        ));
    }
    arguments.space("the command")?;
    let unrecognized = || Refusal::bad("Unrecognized command");
    let mut verb = arguments
        .word()
        .ok_or_else(unrecognized)?
        .to_ascii_uppercase();
    if verb == "UID" {
        arguments.space("the command after UID")?;
        verb = format!(
            "UID {}",
            arguments
                .word()
                .ok_or_else(unrecognized)?
                .to_ascii_uppercase()
        );
    }
    command::find(&verb).ok_or_else(unrecognized)
}
