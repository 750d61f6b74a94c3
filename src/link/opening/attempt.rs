//! One login within the opening: which one, the password for it, and what the server made of it.

use std::time::Instant;

use crate::channel::{LineSafety, Notice, OpeningPart, Progress};
use crate::sasl::{ChooseError, Login, choose};
use crate::session::{CommandId, Exchange, ExchangeError, Session};
use crate::wire::CapabilitySet;
use crate::wire::response::{Status, StatusResponse};

use super::super::login::{login_command, refused, words};
use super::reason::{self, Known};
use super::{Opening, Stage, Step};

/// A login under way.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) command: CommandId,
    login: Login,
    /// What our side of the exchange ended with.
    pub(super) error: Option<String>,
    /// The server's last challenge, base64 still on it.
    pub(super) challenge: Vec<u8>,
    known: Known,
}

impl Opening {
    pub(super) fn before_login(
        &mut self,
        session: &mut Session,
        now: Instant,
        line: &LineSafety,
        steps: &mut Vec<Step>,
    ) {
        if session.capabilities().is_none() {
            self.ask(session, now, Stage::AskBeforeLogin);
        } else {
            self.choose_login(session, now, line, steps);
        }
    }

    pub(super) fn choose_login(
        &mut self,
        session: &mut Session,
        now: Instant,
        line: &LineSafety,
        steps: &mut Vec<Step>,
    ) {
        if !self.credentials.wants_login() {
            return self.open_without_login(now, steps);
        }
        let nothing = CapabilitySet::default();
        match choose(
            &self.credentials,
            session.capabilities().unwrap_or(&nothing),
            line,
        ) {
            Err(error) => self.login_failed(now, error.to_string(), steps),
            Ok(login) if login.needs_secret() && self.credentials.secret.is_none() => {
                steps.push(Step::Say(Notice::PasswordWanted {
                    authcid: self.credentials.authcid.clone().unwrap_or_default(),
                    authzid: self.credentials.authzid.clone(),
                }));
                self.enter(now, Stage::Password(login));
            }
            Ok(login) => self.begin(session, now, line, login, steps),
        }
    }

    pub(super) fn begin(
        &mut self,
        session: &mut Session,
        now: Instant,
        line: &LineSafety,
        login: Login,
        steps: &mut Vec<Step>,
    ) {
        // The line cannot have become less safe; but this is the last place to look.
        if *line == LineSafety::Plain && login.reveals_secret() && !self.credentials.allow_plaintext
        {
            let error = ChooseError::Plaintext {
                name: login.name().to_owned(),
            };
            return self.login_failed(now, error.to_string(), steps);
        }
        if login.asks_around() {
            steps.push(Step::Say(Notice::Progress(Progress::LoggingIn(
                login.name().to_owned(),
            ))));
            steps.push(Step::Prepare(login));
            return self.enter(now, Stage::Preparing);
        }
        let made = login.exchange(&self.credentials, &self.surroundings);
        self.start(session, now, login, made, steps);
    }

    /// The exchange that [`Step::Prepare`] asked for.
    pub fn prepared(
        &mut self,
        session: &mut Session,
        now: Instant,
        login: Login,
        made: Result<Option<Box<dyn Exchange>>, ExchangeError>,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        if matches!(self.stage, Stage::Preparing) {
            self.start(session, now, login, made, &mut steps);
        }
        steps
    }

    fn start(
        &mut self,
        session: &mut Session,
        now: Instant,
        login: Login,
        made: Result<Option<Box<dyn Exchange>>, ExchangeError>,
        steps: &mut Vec<Step>,
    ) {
        let mut principal = None;
        let command = match made {
            Err(error) => return self.login_failed(now, error.0, steps),
            Ok(Some(exchange)) => {
                principal = exchange.authcid().map(str::to_owned);
                if self.credentials.authcid.is_none() {
                    self.credentials.authcid = principal.clone();
                }
                session.authenticate(now, exchange)
            }
            Ok(None) => session.submit(now, login_command(&self.credentials)),
        };
        let mut known = Known::of(&login, &self.credentials, &self.surroundings);
        known.principal = principal;
        steps.extend(known.notices().into_iter().map(Step::Say));
        // Where the network was asked first, it was said before that.
        if !login.asks_around() {
            steps.push(Step::Say(Notice::Progress(Progress::LoggingIn(
                login.name().to_owned(),
            ))));
        }
        self.enter(
            now,
            Stage::LoggingIn(Attempt {
                command,
                login,
                error: None,
                challenge: Vec::new(),
                known,
            }),
        );
    }

    pub(super) fn answered(
        &mut self,
        session: &mut Session,
        now: Instant,
        status: &StatusResponse,
        steps: &mut Vec<Step>,
    ) {
        let Stage::LoggingIn(attempt) = std::mem::replace(&mut self.stage, Stage::Open) else {
            return;
        };
        match (status.status, attempt.error) {
            (Status::Ok, None) => {
                self.logged_in = true;
                self.credentials.secret = None;
                self.took(OpeningPart::Login, now, steps);
                let authcid = attempt.known.principal.as_deref();
                steps.push(Step::Say(Notice::LoggedIn {
                    authcid: authcid
                        .or(attempt.login.authcid(&self.credentials))
                        .map(str::to_owned),
                    authzid: attempt.login.authzid(&self.credentials).map(str::to_owned),
                    mechanism: attempt.login.name().to_owned(),
                }));
                self.after_login(session, now, steps);
            }
            // An OK to an exchange that had failed on our side: whoever is logged in now, it is not proved.
            (Status::Ok, Some(error)) => self.distrust(&error, steps),
            (_, Some(error)) => {
                let sentence = format!("{error} The server then said: {}", words(status));
                self.login_failed(now, sentence, steps);
            }
            (_, None) => {
                let reason = reason::of_challenge(&attempt.login, &attempt.challenge);
                let sentence =
                    refused(&self.credentials, status, reason.as_deref(), &attempt.known);
                self.login_failed(now, sentence, steps);
            }
        }
    }

    pub(super) fn distrust(&mut self, error: &str, steps: &mut Vec<Step>) {
        steps.push(Step::Say(Notice::Warning(format!("ALARM: {error}"))));
        steps.push(Step::Say(Notice::LoginFailed(error.to_owned())));
        let sentence = format!("{error} The connection was closed.");
        self.give_up(sentence, steps);
    }

    pub(super) fn login_failed(&mut self, now: Instant, sentence: String, steps: &mut Vec<Step>) {
        // A password that failed is not kept for the next try.
        self.credentials.secret = None;
        steps.push(Step::Say(Notice::LoginFailed(sentence)));
        self.open_without_login(now, steps);
    }

    pub(super) fn after_login(
        &mut self,
        session: &mut Session,
        now: Instant,
        steps: &mut Vec<Step>,
    ) {
        if session.capabilities().is_none() {
            self.ask(session, now, Stage::AskAfterLogin);
        } else {
            self.compress_or_open(session, now, steps);
        }
    }
}
