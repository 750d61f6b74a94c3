//! Secrets: asked for on the terminal, without echo, never on stdin.

use std::io::Write;

use super::Plain;
use crate::channel::Request;
use crate::console::{Submission, SubmitMode};
use crate::runner::talk::Signals;
use crate::runner::{exit, password};
use crate::tui::printable;

impl<W: Write> Plain<W> {
    pub(super) async fn password(
        &mut self,
        authcid: &str,
        authzid: Option<&str>,
        signals: &mut Signals,
    ) -> std::io::Result<()> {
        let prompt = printable::line(&password::prompt(authcid, authzid));
        self.show.before_prompt()?;
        let answer = tokio::select! {
            Some(code) = signals.recv() => {
                self.show.end()?;
                self.send(vec![Request::Password(None)]);
                return self.signal(code);
            }
            answer = password::wait(&self.ask, prompt) => answer,
        };
        self.console.password_given();
        match answer {
            Ok(secret) => {
                if let Some(plan) = &mut self.plan {
                    plan.credentials.secret = (!plan.credentials.forget).then(|| secret.clone());
                }
                self.send(vec![Request::Password(Some(secret))]);
            }
            Err(error) => {
                self.show.say(&password::nobody_to_ask(authcid, &error))?;
                self.send(vec![Request::Password(None)]);
                self.worse(exit::CONNECTION);
                self.ended = true;
                return self.quit();
            }
        }
        Ok(())
    }

    /// An answer in AUTHENTICATE by hand: without echo, for it may be a password.
    pub(super) async fn challenge(&mut self, signals: &mut Signals) -> std::io::Result<()> {
        self.show.before_prompt()?;
        let prompt = "Answer (not shown; * cancels; \\0 is NUL): ".to_owned();
        let answer = tokio::select! {
            Some(code) = signals.recv() => {
                self.show.end()?;
                return self.signal(code);
            }
            answer = password::wait(&self.ask, prompt) => answer,
        };
        let text = match answer {
            Ok(secret) => zeroize::Zeroizing::new(secret.expose().to_owned()),
            Err(_) => {
                self.show.say(
                    "The server asks for an answer and there is no terminal to ask on; cancelled.",
                )?;
                zeroize::Zeroizing::new("*".to_owned())
            }
        };
        match self.console.submit(&text, SubmitMode::Normal) {
            Submission::Send(requests) => {
                self.send(requests);
                // Until the session tells what is awaited next nothing is.
                Ok(())
            }
            Submission::Refused(sentence) => self.show.say(&sentence),
            _ => Ok(()),
        }
    }
}
