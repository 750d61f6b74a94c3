//! What the task is told to do: by the face, and by the opening.

use std::time::Instant;

use crate::channel::{Notice, Request};

use super::super::guard;
use super::super::opening::Step;
use super::ending::{End, local};
use super::{Task, capitalized};

impl Task {
    pub(super) fn perform(&mut self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Say(notice) => self.say(notice),
                Step::Upgrade => self.upgrade = true,
                Step::Compress => self.compress = true,
                Step::Prepare(login) => self.prepare = Some(login),
                Step::End(cause, sentence) => {
                    if self.end.is_none() {
                        self.end = Some(End {
                            cause,
                            sentence: Some(sentence),
                        });
                    }
                }
            }
        }
    }

    pub(super) fn asked(&mut self, request: Request) {
        let now = Instant::now();
        match request {
            Request::Submit(_) | Request::Respond(_) if !self.opening.is_open() => {
                self.held.push_back(request)
            }
            Request::Submit(command) => {
                let allowed = self.opening.credentials().allow_plaintext
                    || self.plan.credentials.allow_plaintext;
                match guard::objection(&command, &self.safety, allowed) {
                    Some(sentence) => self.say(Notice::Refused(sentence)),
                    None => {
                        self.session.submit(now, command);
                    }
                }
            }
            Request::Respond(reply) => {
                if let Err(error) = self.session.respond(now, reply) {
                    self.say(Notice::Refused(capitalized(&error.to_string())));
                }
            }
            Request::LogIn(credentials) => {
                let steps = self
                    .opening
                    .log_in(&mut self.session, now, &self.safety, credentials);
                self.perform(steps);
            }
            Request::Password(secret) => {
                let steps = self
                    .opening
                    .password(&mut self.session, now, &self.safety, secret);
                self.perform(steps);
            }
            Request::Close => self.end = Some(local()),
        }
    }
}
