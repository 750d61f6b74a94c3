//! The opening of a connection, as a small state machine without I/O: greeting, STARTTLS if planned,
//! CAPABILITY if not told, login, CAPABILITY if not told again, the user's turn.
//!
//! It reads the session's events, gives the session its commands, and tells the task what to do besides.
//! Nothing secret is sent before the line is as safe as the plan wants it.

use std::time::{Duration, Instant};

use crate::channel::{LineSafety, Notice, OpeningPart, Security};
use crate::sasl::framework::is_impostor;
use crate::sasl::{Bindings, Credentials, Login, Secret, Surroundings};
use crate::session::{CloseCause, CommandId, Event, Session, Violation};
use crate::wire::response::{Response, Status, StatusResponse};
use crate::wire::{Command, Origin, Piece};

use super::dial::seconds;
use super::login::{shortened, who, words};

mod attempt;
mod compress;
pub mod reason;

use attempt::Attempt;

/// What the task must do.
#[derive(Debug)]
pub enum Step {
    /// Tell the face.
    Say(Notice),
    /// Make the exchange of this login, which may take long, then call [`Opening::prepared`].
    Prepare(Login),
    /// Compress the line: tell [`Session::compression_started`].
    Compress,
    /// Put TLS on the line, then call [`Opening::secured`].
    Upgrade,
    /// Close the connection: the cause, and a sentence for the user.
    End(CloseCause, String),
}

#[derive(Debug)]
enum Stage {
    Greeting,
    /// CAPABILITY, to know whether STARTTLS is offered.
    AskBeforeTls(CommandId),
    StartTls(CommandId),
    Handshake,
    /// CAPABILITY, to know how to log in.
    AskBeforeLogin(CommandId),
    /// The user is asked for the password of this login.
    Password(Login),
    /// The exchange of the login is being made.
    Preparing,
    LoggingIn(Attempt),
    /// CAPABILITY, because a login makes the old one stale (RFC 9051 section 6.1.1).
    AskAfterLogin(CommandId),
    /// COMPRESS, because the plan demands it.
    Compressing(CommandId),
    Open,
    /// The connection is to be closed: nothing that comes counts any more.
    Over,
}

/// The machine.
#[derive(Debug)]
pub struct Opening {
    security: Security,
    credentials: Credentials,
    patience: Duration,
    stage: Stage,
    since: Instant,
    logged_in: bool,
    compress: bool,
    /// An UNAUTHENTICATE (RFC 8437) that is not answered.
    unauthenticate: Option<CommandId>,
    surroundings: Surroundings,
    /// The server's first line, to say what it is if it is no IMAP server.
    first_line: Vec<u8>,
}

impl Opening {
    /// Waits for the greeting, for at most `patience`; each later answer has as long, a login four times that.
    pub fn new(
        now: Instant,
        security: Security,
        credentials: Credentials,
        patience: Duration,
        surroundings: Surroundings,
    ) -> Opening {
        Opening {
            security,
            credentials,
            patience,
            stage: Stage::Greeting,
            since: now,
            logged_in: false,
            compress: false,
            unauthenticate: None,
            surroundings,
            first_line: Vec::new(),
        }
    }

    /// Whether the opening is over and commands of the user's may go out.
    pub fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open)
    }

    /// The credentials of the last login, tried or planned.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// What the mechanisms know of the connection.
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// TLS is on: what a login can be bound to.
    pub fn bound(&mut self, bindings: Bindings) {
        self.surroundings.bindings = bindings;
    }

    /// Where it stands, for a sentence about a connection that broke.
    pub fn standing(&self) -> &'static str {
        match self.stage {
            Stage::Greeting => "before it had greeted",
            Stage::AskBeforeTls(_) | Stage::StartTls(_) | Stage::Handshake => "before TLS was on",
            Stage::AskBeforeLogin(_) | Stage::Password(_) | Stage::Preparing => "before the login",
            Stage::LoggingIn(_) => "during the login",
            Stage::AskAfterLogin(_) | Stage::Compressing(_) | Stage::Open | Stage::Over => "",
        }
    }

    /// Whether the server has not said anything yet.
    pub fn awaits_greeting(&self) -> bool {
        matches!(self.stage, Stage::Greeting)
    }

    /// When [`Opening::timed_out`] is to be called; `None` while the user is waited for.
    pub fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Handshake
            | Stage::Password(_)
            | Stage::Preparing
            | Stage::Open
            | Stage::Over => None,
            // Servers let a wrong password wait, and ask others (LDAP, PAM) for the right one.
            Stage::LoggingIn(_) => self.since.checked_add(self.patience.saturating_mul(4)),
            _ => self.since.checked_add(self.patience),
        }
    }

    /// The deadline has passed.
    pub fn timed_out(&mut self) -> Vec<Step> {
        let waited = seconds(self.patience);
        let sentence = match self.stage {
            Stage::Greeting if self.security == Security::Implicit => {
                format!(
                    "TLS is on, but the server did not greet within {waited}. Is this an IMAP port?"
                )
            }
            Stage::Greeting => format!(
                "The server took the connection but did not greet within {waited}. If this port wants TLS from \
                 the first byte (as 993 does), use -s; else it is no IMAP port."
            ),
            Stage::StartTls(_) => format!(
                "The server did not answer STARTTLS within {waited}: nothing secret was sent."
            ),
            Stage::Compressing(_) => {
                format!("The server did not answer COMPRESS within {waited}. Leave -q out.")
            }
            Stage::LoggingIn(_) => format!(
                "The server did not answer the login within {}. Try again later.",
                seconds(self.patience.saturating_mul(4))
            ),
            _ => format!("The server did not answer CAPABILITY within {waited}. Try again later."),
        };
        let mut steps = Vec::new();
        self.give_up(sentence, &mut steps);
        steps
    }

    /// What follows from an event of the session's.
    pub fn on_event(
        &mut self,
        session: &mut Session,
        now: Instant,
        line: &LineSafety,
        event: &Event,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        if matches!(self.stage, Stage::Over) {
            return steps;
        }
        match event {
            Event::Received(Piece::Text { bytes, .. }) if self.first_line.is_empty() => {
                self.first_line = bytes.iter().take(200).copied().collect();
            }
            Event::Started { command, verb, .. } if verb == "UNAUTHENTICATE" => {
                self.unauthenticate = Some(*command);
            }
            Event::Greeting(greeting) => self.greeted(session, now, line, greeting, &mut steps),
            Event::Violation(Violation::NoGreeting) => {
                let sentence = stranger(&self.first_line);
                self.give_up(sentence, &mut steps);
            }
            Event::Violation(Violation::PlaintextBehindStartTls { octets }) => {
                let sentence = format!(
                    "ALARM: {octets} octets came unencrypted behind the OK of STARTTLS. Somebody between here and \
                     the server may be slipping commands in. They were thrown away and the connection closed; \
                     nothing secret was sent. Use -s if the server offers it."
                );
                steps.push(Step::Say(Notice::Warning(sentence.clone())));
                self.give_up(sentence, &mut steps);
            }
            Event::StartTls { command } => {
                if matches!(&self.stage, Stage::StartTls(ours) if ours == command) {
                    self.enter(now, Stage::Handshake);
                }
                steps.push(Step::Upgrade);
            }
            Event::Compress { command } => self.compression_agreed(now, *command, &mut steps),
            Event::Response {
                response: Response::Continuation(data),
                ..
            } => {
                if let Stage::LoggingIn(attempt) = &mut self.stage {
                    attempt.challenge = data.iter().take(4096).copied().collect();
                }
            }
            Event::ExchangeFailed { command, error } => {
                if let Stage::LoggingIn(attempt) = &mut self.stage
                    && attempt.command == *command
                {
                    if is_impostor(error) {
                        self.distrust(&error.0, &mut steps);
                    } else {
                        attempt.error = Some(error.0.clone());
                    }
                }
            }
            // Our side of the exchange failed before anything was sent.
            Event::Abandoned { command } => {
                if let Stage::LoggingIn(attempt) = &mut self.stage
                    && attempt.command == *command
                    && let Some(error) = attempt.error.take()
                {
                    self.login_failed(now, error, &mut steps);
                }
            }
            Event::Completed {
                command, status, ..
            } => {
                if self.unauthenticate == Some(*command) {
                    self.unauthenticate = None;
                    // Somebody may log in again, on the same connection.
                    self.logged_in &= status.status != Status::Ok;
                }
                self.completed(session, now, line, *command, status, &mut steps);
            }
            _ => {}
        }
        steps
    }

    /// TLS is on (the session knows already).
    pub fn secured(&mut self, session: &mut Session, now: Instant, line: &LineSafety) -> Vec<Step> {
        let mut steps = Vec::new();
        if matches!(self.stage, Stage::Handshake) {
            self.before_login(session, now, line, &mut steps);
        }
        steps
    }

    /// The user's answer to [`Notice::PasswordWanted`].
    pub fn password(
        &mut self,
        session: &mut Session,
        now: Instant,
        line: &LineSafety,
        secret: Option<Secret>,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        let Stage::Password(login) = &self.stage else {
            return vec![Step::Say(Notice::Refused(
                "Nobody asked for a password now: it was not sent.".to_owned(),
            ))];
        };
        let login = *login;
        match secret {
            Some(secret) => {
                self.credentials.secret = Some(secret);
                self.begin(session, now, line, login, &mut steps);
            }
            None => {
                let sentence = format!(
                    "Not logged in: no password was given for {}.",
                    who(&self.credentials)
                );
                self.login_failed(now, sentence, &mut steps);
            }
        }
        steps
    }

    /// Try (again) with these.
    pub fn log_in(
        &mut self,
        session: &mut Session,
        now: Instant,
        line: &LineSafety,
        credentials: Credentials,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        let refusal = match self.stage {
            _ if self.logged_in => {
                "Already logged in: IMAP has no second login. Connect anew to be somebody else."
            }
            Stage::LoggingIn(_) | Stage::Preparing => {
                "A login is under way already: wait for its result."
            }
            Stage::Open | Stage::Password(_) => {
                self.credentials = credentials;
                self.before_login(session, now, line, &mut steps);
                return steps;
            }
            _ => {
                // The opening will come to the login by itself.
                self.credentials = credentials;
                return steps;
            }
        };
        steps.push(Step::Say(Notice::Refused(refusal.to_owned())));
        steps
    }

    /// The connection must be closed.
    fn give_up(&mut self, sentence: String, steps: &mut Vec<Step>) {
        self.stage = Stage::Over;
        steps.push(Step::End(CloseCause::Failed(sentence.clone()), sentence));
    }

    /// Tells how long the stage took that is over now.
    fn took(&self, part: OpeningPart, now: Instant, steps: &mut Vec<Step>) {
        let time = now.saturating_duration_since(self.since);
        steps.push(Step::Say(Notice::Took { part, time }));
    }

    fn enter(&mut self, now: Instant, stage: Stage) {
        self.stage = stage;
        self.since = now;
    }

    fn greeted(
        &mut self,
        session: &mut Session,
        now: Instant,
        line: &LineSafety,
        greeting: &StatusResponse,
        steps: &mut Vec<Step>,
    ) {
        self.took(OpeningPart::Greeting, now, steps);
        match greeting.status {
            Status::Bye => {
                let text = String::from_utf8_lossy(&greeting.text).into_owned();
                let sentence = format!(
                    "The server turned us away: {}. Try again later.",
                    words(greeting)
                );
                self.stage = Stage::Over;
                steps.push(Step::End(CloseCause::Bye(text), sentence));
            }
            // RFC 9051 section 7.1.4: STARTTLS is not possible any more, so somebody may have put it there.
            Status::Preauth if self.security == Security::StartTls => {
                let sentence = "The server greeted with PREAUTH, which makes STARTTLS impossible: somebody between \
                                here and the server may want to keep TLS off. Nothing was sent. Use -s if the server \
                                offers it."
                    .to_owned();
                steps.push(Step::Say(Notice::Warning(format!("ALARM: {sentence}"))));
                self.give_up(sentence, steps);
            }
            Status::Preauth => {
                self.logged_in = true;
                if self.credentials.wants_login() {
                    steps.push(Step::Say(Notice::Warning(format!(
                        "The server greeted with PREAUTH: this connection is logged in already, as whom it does not \
                         say. {} was not logged in, and no password was sent.",
                        who(&self.credentials)
                    ))));
                }
                steps.push(Step::Say(Notice::LoggedIn {
                    authcid: None,
                    authzid: None,
                    mechanism: "PREAUTH".to_owned(),
                }));
                self.after_login(session, now, steps);
            }
            _ if self.security == Security::StartTls => match session.capabilities() {
                Some(_) => self.start_tls(session, now, steps),
                None => self.ask(session, now, Stage::AskBeforeTls),
            },
            _ => self.before_login(session, now, line, steps),
        }
    }

    fn ask(&mut self, session: &mut Session, now: Instant, stage: fn(CommandId) -> Stage) {
        let command = session.submit(now, Command::line(Origin::Program, "CAPABILITY"));
        self.enter(now, stage(command));
    }

    fn start_tls(&mut self, session: &mut Session, now: Instant, steps: &mut Vec<Step>) {
        if session.capabilities().is_some_and(|c| c.has("STARTTLS")) {
            let command = session.submit(now, Command::line(Origin::Program, "STARTTLS"));
            self.enter(now, Stage::StartTls(command));
        } else {
            let sentence = "The server does not offer STARTTLS: it has none, or somebody between here and there \
                            strikes it out of the list to have the password in the clear. Nothing was sent. Try -s \
                            with port 993; leave -t out to look at it unencrypted."
                .to_owned();
            steps.push(Step::Say(Notice::Warning(format!("ALARM: {sentence}"))));
            self.give_up(sentence, steps);
        }
    }

    fn completed(
        &mut self,
        session: &mut Session,
        now: Instant,
        line: &LineSafety,
        command: CommandId,
        status: &StatusResponse,
        steps: &mut Vec<Step>,
    ) {
        match &self.stage {
            Stage::AskBeforeTls(ours) if *ours == command => self.start_tls(session, now, steps),
            Stage::StartTls(ours) if *ours == command && status.status != Status::Ok => {
                let sentence = format!(
                    "The server refused STARTTLS: {}. Nothing secret was sent. Try -s with port 993.",
                    words(status)
                );
                self.give_up(sentence, steps);
            }
            Stage::AskBeforeLogin(ours) if *ours == command => {
                self.choose_login(session, now, line, steps)
            }
            Stage::AskAfterLogin(ours) if *ours == command => {
                self.compress_or_open(session, now, steps)
            }
            Stage::Compressing(ours) if *ours == command && status.status != Status::Ok => {
                self.compression_refused(status, steps)
            }
            Stage::LoggingIn(attempt) if attempt.command == command => {
                self.answered(session, now, status, steps);
            }
            _ => {}
        }
    }

    fn open(&mut self, now: Instant, steps: &mut Vec<Step>) {
        self.enter(now, Stage::Open);
        steps.push(Step::Say(Notice::Ready));
    }
}

/// What the other end is, if its first line is no greeting.
fn stranger(first_line: &[u8]) -> String {
    let line = String::from_utf8_lossy(first_line);
    let line = line.trim_end();
    let kind = match first_line {
        [0x14..=0x17, 3, ..] => {
            return "The server speaks TLS from the first byte on this port: use -s.".to_owned();
        }
        [b'2', b'2', b'0', ..] => " It looks like an SMTP or FTP server.",
        [b'+', b'O', b'K', ..] => " It looks like a POP3 server.",
        [b'H', b'T', b'T', b'P', ..] => " It looks like a web server.",
        [b'S', b'S', b'H', b'-', ..] => " It looks like an SSH server.",
        _ => "",
    };
    format!(
        "This is no IMAP server: its first line was \"{}\".{kind} Check host and port (IMAP is 143, IMAPS 993).",
        shortened(line)
    )
}
