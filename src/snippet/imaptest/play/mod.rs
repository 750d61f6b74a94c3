//! One run of a script, as imaptest would run it. It is driven as [`crate::snippet::Player`] is, which hands
//! everything on to it.
//!
//! Set-up is in `setup.rs`, a group in `group.rs`, what is read in `reading.rs`.

mod conn;
mod group;
mod outgoing;
mod reading;
mod setup;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use super::book::Book;
use super::mbox::Reader;
use super::variables::{Part, Variables};
use crate::safety::SafeMode;
use crate::session::{Event, Violation};
use crate::snippet::diagnostic::{Diagnostic, Diagnostics};
use crate::snippet::player::shown_command;
use crate::snippet::player::{Act, OpenFailure, Record, Settings, Verdict, Who};
use crate::snippet::script::{Script, Span, State};
use crate::snippet::value::{Value, Vars};
use crate::wire::command::mark_secrets;
use crate::wire::{CapabilitySet, Command, CommandPart, LiteralChoice, Origin, Tag, TagChoice};
use conn::{Conn, Incoming};
use group::Running;
use setup::Setup;

/// How long a server may take for an answer, at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a run is.
#[derive(Debug)]
enum Stage {
    /// Nothing has been done.
    New,
    /// All connections are being opened.
    Opening,
    /// The mailboxes are made as the header says.
    Preparing(Setup),
    /// The next group goes out when this has passed.
    Between(Option<Instant>),
    /// A group is under way.
    Group(Running),
    /// It is over.
    Over,
}

/// A command that waits for its result.
#[derive(Debug)]
struct Pending {
    conn: usize,
    tag: Vec<u8>,
    /// Index in its group.
    index: usize,
    sent: Instant,
    record: Record,
}

/// A run.
pub struct Play {
    script: Arc<Script>,
    book: Arc<Book>,
    settings: Settings,
    vars: Variables,
    conns: Vec<Conn>,
    messages: Reader,
    zone: TimeZone,
    mailbox: Vec<u8>,
    stage: Stage,
    /// The next group, or the one under way.
    at: usize,
    pending: Vec<Pending>,
    acts: VecDeque<Act>,
    failures: Diagnostics,
    /// Groups that were run, and those with failures.
    run: usize,
    failed: Vec<usize>,
}

impl Play {
    /// A run that has not begun.
    pub fn new(script: Arc<Script>, book: Arc<Book>, vars: &Vars, settings: Settings) -> Play {
        let given = |name: &str| {
            let outside = vars
                .before_header(name)
                .or_else(|| vars.behind_header(name));
            outside.cloned()
        };
        let mailbox = given("mailbox").unwrap_or_else(|| Value::text(super::MAILBOX));
        let count = script.connections();
        let mut known = Variables::default();
        let user = given("user").unwrap_or_default();
        let host = given("host").unwrap_or_default();
        for number in 1..=count {
            let numbered = |name: &str| match number {
                1 => name.to_owned(),
                number => format!("{name}{number}"),
            };
            let written = script.header.users.iter().rev().find(|(n, _)| *n == number);
            let own = written.and_then(|(_, name)| match name.as_slice() {
                [crate::snippet::script::Piece::Text(name, _)] => Some(Value::text(name.clone())),
                _ => None,
            });
            let user = own
                .or_else(|| given(&numbered("user")))
                .unwrap_or_else(|| user.clone());
            let text = user.shown();
            let (name, domain) = match text.split_once('@') {
                Some((name, domain)) => (name.to_owned(), Value::text(domain)),
                None => (text.clone(), host.clone()),
            };
            known.set.insert(numbered("user"), user);
            known.set.insert(numbered("username"), Value::text(name));
            known.set.insert(numbered("domain"), domain);
        }
        let outside = vars.given.iter().chain(&vars.row).chain(&vars.secrets);
        for (name, value) in outside {
            known.set.insert(name.clone(), value.clone());
        }
        known
            .set
            .insert("mailbox_url".to_owned(), Value::text(url(&mailbox.bytes)));
        known.set.insert("mailbox".to_owned(), mailbox.clone());
        let conns = (0..count).map(|_| Conn {
            selected: mailbox.bytes.clone(),
            ..Conn::default()
        });
        Play {
            conns: conns.collect(),
            messages: Reader::new(book.mbox.clone()),
            zone: TimeZone::system(),
            mailbox: mailbox.bytes.clone(),
            stage: Stage::New,
            at: 0,
            pending: Vec::new(),
            acts: VecDeque::new(),
            failures: Vec::new(),
            run: 0,
            failed: Vec::new(),
            vars: known,
            script,
            book,
            settings,
        }
    }

    /// As [`crate::snippet::Player::poll`].
    pub fn poll(&mut self, now: Instant) -> Option<Act> {
        loop {
            if let Some(act) = self.acts.pop_front() {
                return Some(act);
            }
            if self.is_over() || !self.advance(now) {
                return self.acts.pop_front();
            }
        }
    }

    /// As [`crate::snippet::Player::timeout`].
    pub fn timeout(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Between(until) => *until,
            Stage::Preparing(_) | Stage::Group(_) => {
                let first = self.pending.iter().map(|p| p.sent).min()?;
                first.checked_add(self.patience())
            }
            _ => None,
        }
    }

    /// As [`crate::snippet::Player::on_opened`].
    pub fn on_opened(&mut self, conn: usize, capabilities: Option<&CapabilitySet>) {
        if let Some(state) = self.conn(conn) {
            state.open = true;
            if capabilities.is_some() {
                state.capabilities = capabilities.cloned();
            }
        }
    }

    /// As [`crate::snippet::Player::on_open_failed`].
    pub fn on_open_failed(&mut self, conn: usize, failure: &OpenFailure) {
        let what = match failure.login {
            true => "the login failed",
            false => "the connection could not be opened",
        };
        let message = match self.conns.len() {
            1 => what.to_owned(),
            _ => format!("{what} (connection {conn})"),
        };
        let diagnostic = self
            .diagnostic(self.here(), message)
            .got(failure.sentence.clone());
        self.finish(Verdict::NotOpened(vec![diagnostic]));
    }

    /// As [`crate::snippet::Player::on_event`].
    pub fn on_event(&mut self, conn: usize, event: &Event) {
        let Some(state) = self.conn(conn) else {
            return;
        };
        match event {
            Event::Received(piece) => state.received(piece),
            Event::Capabilities(Some(set)) => state.capabilities = Some(set.clone()),
            Event::Violation(violation) => {
                let what = match violation {
                    Violation::UnknownTag(tag) => {
                        format!("a result for {tag}, which is no command's tag")
                    }
                    Violation::UnexpectedContinuation => "a + that nobody asked for".to_owned(),
                    _ => return,
                };
                if state.open {
                    state.waiting.push_back(Incoming::Broken(what));
                }
            }
            Event::Closed(cause) => {
                state.gone = true;
                state.waiting.push_back(Incoming::Closed(cause.clone()));
            }
            _ => {}
        }
    }

    /// As [`crate::snippet::Player::on_refused`].
    pub fn on_refused(&mut self, sentence: &str) {
        let diagnostic = self.diagnostic(self.here(), sentence.trim_end_matches('.'));
        self.failures.push(diagnostic);
        self.end();
    }

    /// As [`crate::snippet::Player::is_over`].
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// As [`crate::snippet::Player::here`].
    pub fn here(&self) -> Span {
        let groups = &self.book.groups;
        let written = groups.get(..=self.at).unwrap_or(groups).iter().rev();
        let mut spans = written.map(|group| group.span);
        spans.find(|span| span.line > 0).unwrap_or_default()
    }

    /// As [`crate::snippet::Player::shown_vars`].
    pub fn shown_vars(&self) -> Vec<(String, String)> {
        let set = self.vars.set.iter();
        set.map(|(name, value)| (name.clone(), value.shown()))
            .collect()
    }

    fn patience(&self) -> Duration {
        self.settings.timeout.min(PATIENCE)
    }

    fn conn(&mut self, conn: usize) -> Option<&mut Conn> {
        self.conns.get_mut(conn.checked_sub(1)?)
    }

    fn state(&self) -> State {
        self.script.header.state.unwrap_or(State::Selected)
    }

    /// Goes on as far as it can; false: something must come first.
    fn advance(&mut self, now: Instant) -> bool {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::New => self.open(),
            Stage::Opening if self.conns.iter().all(|conn| conn.open) => self.opened(now),
            Stage::Opening => {
                self.stage = Stage::Opening;
                return false;
            }
            Stage::Preparing(setup) => return self.prepare(setup, now),
            Stage::Between(Some(until)) if now < until => {
                self.stage = Stage::Between(Some(until));
                return false;
            }
            Stage::Between(_) => self.next_group(now),
            Stage::Group(running) => return self.go_on(running, now),
            Stage::Over => {}
        }
        true
    }

    fn open(&mut self) {
        if let Some(verdict) = self.objection() {
            self.finish(verdict);
            return;
        }
        let users: Vec<Option<String>> = (1..=self.conns.len()).map(|n| self.user_of(n)).collect();
        if self.lacks_user() {
            self.finish(Verdict::Skipped(
                "its header wants a second user: -D user2=NAME".to_owned(),
            ));
            return;
        }
        for (index, user) in users.into_iter().enumerate() {
            let shown = match index {
                0 => self.vars.get("user"),
                index => self.vars.get(&format!("user{}", index + 1)),
            };
            if let Some(conn) = self.conns.get_mut(index) {
                conn.user = shown.map(|user| user.shown()).unwrap_or_default();
            }
            self.acts.push_back(Act::Open {
                conn: index + 1,
                who: Who {
                    authn: user,
                    nobody: self.state() == State::Nonauth,
                    same_password: true,
                    ..Who::default()
                },
            });
        }
        self.stage = Stage::Opening;
    }

    /// Who logs in on a connection, if the header says so.
    fn user_of(&self, conn: usize) -> Option<String> {
        let written = self.script.header.users.iter().rev();
        let (number, _) = written.clone().find(|(number, _)| *number == conn)?;
        let name = match number {
            1 => "user".to_owned(),
            number => format!("user{number}"),
        };
        self.vars.get(&name).map(|user| user.shown())
    }

    /// `user N: $user2`, and nobody said who that is.
    fn lacks_user(&self) -> bool {
        let wanted =
            self.script.header.users.iter().any(|(_, name)| {
                matches!(name.as_slice(), [crate::snippet::script::Piece::Var(_)])
            });
        let user = self.vars.get("user2");
        wanted && (user.is_none() || user == self.vars.get("user"))
    }

    /// What speaks against the run as a whole.
    fn objection(&self) -> Option<Verdict> {
        let changes = self.state() != State::Nonauth;
        if self.settings.safe == SafeMode::ReadOnly && changes {
            let diagnostic = self
                .diagnostic(self.here(), "safe mode did not let it begin")
                .got("Safe mode is readonly, and this script deletes and makes mailboxes.");
            return Some(Verdict::Refused(vec![diagnostic]));
        }
        None
    }

    /// Puts a command on its way; its tag is remembered until it is answered.
    fn send(&mut self, conn: usize, parts: Vec<Part>, span: Span, index: usize, now: Instant) {
        let Some(state) = self.conns.get_mut(conn.saturating_sub(1)) else {
            return;
        };
        state.counter += 1;
        let tag = format!("{conn}.{}", state.counter);
        let user = state.user.clone();
        let parts = parts.into_iter().map(|part| match part {
            Part::Text { octets, secret } => CommandPart::Text {
                bytes: octets,
                secret,
            },
            Part::Literal {
                octets,
                binary,
                secret,
            } => CommandPart::Literal {
                bytes: octets,
                choice: LiteralChoice::Auto,
                binary,
                secret,
            },
        });
        let mut command = Command {
            origin: Origin::User,
            tag: Tag::new(tag.as_bytes()).map_or(TagChoice::Generated, TagChoice::Own),
            parts: parts.collect(),
        };
        mark_secrets(&mut command);
        let record = Record {
            span,
            conn,
            user,
            tag: tag.clone(),
            command: shown_command(&command),
            ..Record::default()
        };
        self.acts.push_back(Act::StepBegan {
            span,
            conn,
            command: record.command.clone(),
        });
        self.pending.push(Pending {
            conn,
            tag: tag.into_bytes(),
            index,
            sent: now,
            record,
        });
        self.acts.push_back(Act::Send { conn, command });
    }

    fn diagnostic(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(&self.script.files, span, message)
    }

    /// Something did not come true in the group at hand.
    fn fail(&mut self, diagnostic: Diagnostic) {
        if self.failed.last() != Some(&self.at) {
            self.failed.push(self.at);
        }
        self.failures.push(diagnostic);
    }

    /// All that can be run has been.
    fn end(&mut self) {
        let failures = std::mem::take(&mut self.failures);
        if !failures.is_empty() {
            self.acts.push_back(Act::Note(format!(
                "{} of {} groups run, {} failures in {} of them",
                self.run,
                self.book.groups.len(),
                failures.len(),
                self.failed.len()
            )));
        }
        self.finish(match failures.is_empty() {
            true => Verdict::Passed,
            false => Verdict::Failed(failures),
        });
    }

    fn finish(&mut self, verdict: Verdict) {
        self.stage = Stage::Over;
        self.acts.push_back(Act::Done(verdict));
    }
}

/// A mailbox name as part of an IMAP URL (RFC 5092): in UTF-8, all but a few characters as `%XX`.
fn url(mailbox: &[u8]) -> String {
    let name =
        crate::wire::mutf7::decode(mailbox).map_or_else(|_| mailbox.to_vec(), String::into_bytes);
    let mut out = String::new();
    for octet in name {
        match octet.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@/".contains(&octet) {
            true => out.push(char::from(octet)),
            false => out.push_str(&format!("%{octet:02X}")),
        }
    }
    out
}
