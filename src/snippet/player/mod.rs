//! One run of a snippet, for one row: what to do next, given what has come. No sockets, no clock.
//!
//! Whoever drives it asks [`Player::poll`] until it says `None`, does what it was told, hands in what came
//! ([`Player::on_event`], [`Player::on_opened`]), and asks again; at the latest at [`Player::timeout`]. The
//! last act is [`Act::Done`].

mod conn;
mod directive;
mod failure;
mod group;
mod run;
mod safe;
mod scope;
mod undo;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::Files;
use super::diagnostic::Diagnostics;
use super::imaptest::play::Play;
use super::script::{Dialect, Script, Span};
use super::value::Vars;
use crate::safety::SafeMode;
use crate::session::Event;
use crate::wire::{CapabilitySet, Command};
use conn::Conn;
pub(super) use group::shown as shown_command;
use scope::Variables;

/// How a run goes.
#[derive(Clone)]
pub struct Settings {
    /// How careful; a header can only make it stricter.
    pub safe: SafeMode,
    /// What would be asked about is confirmed.
    pub yes: bool,
    /// The states of imaptest's files may delete mailboxes (`--allow-destructive`).
    pub allow_destructive: bool,
    /// How long a command may take where nothing is said.
    pub timeout: Duration,
    /// When the run began: `${now}`, `${today}`.
    pub started: SystemTime,
    /// Where `{@path}` and the like come from.
    pub files: Arc<dyn Files>,
    /// Whether an environment variable is set, for `!ifenv`.
    pub environment: fn(&str) -> bool,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("safe", &self.safe)
            .field("yes", &self.yes)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// As strict as nothing said: confirm, 30 seconds, no environment.
    pub fn new(files: Arc<dyn Files>) -> Settings {
        Settings {
            safe: SafeMode::Confirm,
            yes: false,
            allow_destructive: false,
            timeout: Duration::from_secs(30),
            started: SystemTime::now(),
            files,
            environment: |_| false,
        }
    }
}

/// Who a connection is. What is `None` is as the profile says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Who {
    /// Whose name is taken on.
    pub authz: Option<String>,
    /// Who logs in.
    pub authn: Option<String>,
    /// Which server.
    pub profile: Option<String>,
    /// Nobody logs in: it begins with the greeting.
    pub nobody: bool,
    /// `authn` has the password of whom the profile names.
    pub same_password: bool,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Open a connection and log in, then [`Player::on_opened`]. If that connection is open it becomes this
    /// user (`!as`): through UNAUTHENTICATE, or as a new one.
    Open {
        /// Its number, from 1.
        conn: usize,
        /// Who.
        who: Who,
    },
    /// Send a command. Commands on one connection go out in this order, each without waiting for the answer
    /// of the one before it.
    Send {
        /// Where.
        conn: usize,
        /// What.
        command: Command,
    },
    /// Send a line inside the command that is open: `DONE`, an answer to a challenge (still in base64).
    Line {
        /// Where.
        conn: usize,
        /// Without its line end.
        octets: Vec<u8>,
    },
    /// Send exactly these octets, outside of any command.
    Octets {
        /// Where.
        conn: usize,
        /// What.
        octets: Vec<u8>,
    },
    /// Write this into the undo file, to the disk, before the next act is done.
    Undo {
        /// Names it.
        id: u64,
        /// A line of a snippet, or several.
        text: String,
    },
    /// That line is not needed: its command has failed.
    UndoWithdrawn {
        /// Which.
        id: u64,
    },
    /// A line for the report.
    Output(String),
    /// A line for whoever watches: SELECT goes out as EXAMINE.
    Note(String),
    /// It is at this line now; a command goes out, or is waited for.
    StepBegan {
        /// Where.
        span: Span,
        /// The connection.
        conn: usize,
        /// What, secrets masked.
        command: String,
    },
    /// A command has been answered, or never will be.
    StepEnded(Record),
    /// It is over.
    Done(Verdict),
}

/// One command, for the report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// Where it is written.
    pub span: Span,
    /// The connection.
    pub conn: usize,
    /// Who it is.
    pub user: String,
    /// The tag it went out with.
    pub tag: String,
    /// Secrets masked, literals by their size.
    pub command: String,
    /// `OK`, `NO`, `BAD`; empty: it was not answered.
    pub status: String,
    /// The name of the response code.
    pub code: Option<String>,
    /// From its last octet to its result.
    pub time: Duration,
    /// What it has set; secrets masked.
    pub captures: Vec<(String, String)>,
}

/// How a run came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All as expected.
    Passed,
    /// It does not fit this server: why.
    Skipped(String),
    /// Something was not as expected.
    Failed(Diagnostics),
    /// Safe mode did not let a command go.
    Refused(Diagnostics),
    /// A connection could not be opened, or the login failed.
    NotOpened(Diagnostics),
    /// The connection was lost, or an answer never came: whether the last command was done is not known.
    Lost(Diagnostics),
}

/// Why a connection could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFailure {
    /// The server was there, and did not let us in.
    pub login: bool,
    /// A sentence.
    pub sentence: String,
}

/// One run.
pub struct Player {
    /// A file of imaptest's: all is handed on to it.
    imaptest: Option<Box<Play>>,
    script: Arc<Script>,
    settings: Settings,
    vars: Variables,
    conns: BTreeMap<usize, Conn>,
    /// The next step.
    at: usize,
    /// Since when the step at hand waits.
    since: Option<Instant>,
    /// When the first step was taken.
    first: Option<Instant>,
    /// Set when the step at hand has begun.
    entered: bool,
    acts: VecDeque<Act>,
    loops: Vec<directive::Loop>,
    undo: undo::Undo,
    /// What went wrong so far (imaptest's files go on).
    failures: Diagnostics,
    begun: bool,
    over: bool,
    limit: Duration,
    /// Steps done: a loop without commands must end.
    steps: u64,
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player")
            .field("at", &self.at)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

impl Player {
    /// A run that has not begun.
    pub fn new(script: Arc<Script>, vars: Vars, settings: Settings) -> Player {
        let limit = script.header.timeout.unwrap_or(settings.timeout);
        let imaptest = script.imaptest.clone().map(|book| {
            let (script, settings) = (Arc::clone(&script), settings.clone());
            Box::new(Play::new(script, book, &vars, settings))
        });
        Player {
            imaptest,
            vars: Variables::new(vars, settings.started),
            limit,
            script,
            settings,
            conns: BTreeMap::new(),
            at: 0,
            since: None,
            first: None,
            entered: false,
            acts: VecDeque::new(),
            loops: Vec::new(),
            undo: undo::Undo::default(),
            failures: Vec::new(),
            begun: false,
            over: false,
            steps: 0,
        }
    }

    /// What to do next; `None`: wait for something to come, at most until [`Player::timeout`].
    pub fn poll(&mut self, now: Instant) -> Option<Act> {
        if let Some(play) = &mut self.imaptest {
            return play.poll(now);
        }
        loop {
            if let Some(act) = self.acts.pop_front() {
                return Some(act);
            }
            self.first.get_or_insert(now);
            if self.over || !self.advance(now) {
                return self.acts.pop_front();
            }
        }
    }

    /// When to ask again at the latest.
    pub fn timeout(&self) -> Option<Instant> {
        if let Some(play) = &self.imaptest {
            return play.timeout();
        }
        if self.over {
            return None;
        }
        let since = self.since?;
        since.checked_add(self.patience())
    }

    /// A connection is open and logged in. Everything that came on it before was of the login.
    pub fn on_opened(&mut self, conn: usize, capabilities: Option<&CapabilitySet>, now: Instant) {
        if let Some(play) = &mut self.imaptest {
            return play.on_opened(conn, capabilities);
        }
        let _ = now;
        let state = self.conns.entry(conn).or_default();
        state.opened(capabilities.cloned());
    }

    /// A connection could not be opened.
    pub fn on_open_failed(&mut self, conn: usize, failure: &OpenFailure, now: Instant) {
        let _ = now;
        if let Some(play) = &mut self.imaptest {
            return play.on_open_failed(conn, failure);
        }
        if !self.over {
            self.not_opened(conn, failure);
        }
    }

    /// Something has happened on a connection. All events of a session, from the greeting on, in order.
    pub fn on_event(&mut self, conn: usize, event: &Event, now: Instant) {
        if let Some(play) = &mut self.imaptest {
            return play.on_event(conn, event);
        }
        if !self.over {
            self.take(conn, event, now);
        }
    }

    /// What was asked for last on a connection was not sent, and never will be: a sentence.
    pub fn on_refused(&mut self, conn: usize, sentence: &str, now: Instant) {
        let _ = (conn, now);
        if let Some(play) = &mut self.imaptest {
            return play.on_refused(sentence);
        }
        if !self.over {
            let span = self.here();
            let diagnostic = self.diagnostic(span, sentence.trim_end_matches('.'));
            self.finish(Verdict::Failed(vec![diagnostic]));
        }
    }

    /// Whether [`Act::Done`] has been said, or is about to be.
    pub fn is_over(&self) -> bool {
        if let Some(play) = &self.imaptest {
            return play.is_over();
        }
        self.over
    }

    /// Where it is: the step that is done or waited for.
    pub fn here(&self) -> Span {
        if let Some(play) = &self.imaptest {
            return play.here();
        }
        let step = self.script.steps.get(self.at);
        let step = step.or_else(|| self.script.steps.last());
        step.map_or_else(Span::default, |s| s.span)
    }

    /// Everything that is set now, secrets masked: to show.
    pub fn shown_vars(&self) -> Vec<(String, String)> {
        if let Some(play) = &self.imaptest {
            return play.shown_vars();
        }
        self.vars.shown()
    }

    fn is_imaptest(&self) -> bool {
        self.script.dialect == Dialect::Imaptest
    }

    fn finish(&mut self, verdict: Verdict) {
        if !self.over {
            self.over = true;
            self.since = None;
            if matches!(verdict, Verdict::Failed(_)) {
                self.undo_ended();
            }
            self.acts.push_back(Act::Done(verdict));
        }
    }
}
