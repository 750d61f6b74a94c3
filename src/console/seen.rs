//! What completion and lint know beside the model, gathered as it passes.

use super::{Console, Identity};
use crate::catalog::{self, Finding, Live};
use crate::channel::LineSafety;
use crate::session::Event;
use crate::wire::response::{Response, Status, Untagged};

impl Console {
    /// What completion and lint know beside the model.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// The same, for what only a face knows: the marked messages, the day.
    pub fn live_mut(&mut self) -> &mut Live {
        &mut self.live
    }

    /// What is wrong with a text, were it sent now.
    pub fn findings(&self, text: &str) -> Vec<Finding> {
        catalog::lint(text, &self.model, &self.live)
    }

    /// Takes an event, after the model has.
    pub(super) fn see(&mut self, event: &Event) {
        match event {
            Event::Greeting(status) => {
                self.live.dovecot = status.text.starts_with(b"Dovecot");
            }
            Event::Started { command, verb, .. }
                if matches!(verb.as_str(), "SELECT" | "EXAMINE") =>
            {
                self.opening = Some(*command);
            }
            Event::Completed {
                command, status, ..
            } => {
                if self.opening == Some(*command) {
                    self.opening = None;
                    self.live.mailbox_changed();
                }
                let closes = self
                    .in_flight
                    .get(command)
                    .is_some_and(|begun| matches!(begun.verb.as_str(), "CLOSE" | "UNSELECT"));
                if closes && status.status == Status::Ok {
                    self.live.mailbox_changed();
                }
                // As Dovecot counts: in a row, but before a login nothing is forgotten.
                if status.status == Status::Bad {
                    self.live.bad = self.live.bad.saturating_add(1);
                } else if self.live.logged_in {
                    self.live.bad = 0;
                }
            }
            Event::Response {
                response: Response::Untagged(data),
                ..
            } => self.see_data(data),
            _ => {}
        }
    }

    fn see_data(&mut self, data: &Untagged) {
        match data {
            Untagged::Fetch(fetch) => {
                if let Some(uid) = fetch.uid {
                    self.live.add_uid(uid);
                }
                for flag in fetch.flags.iter().flatten() {
                    self.live.add_flag(flag);
                }
            }
            Untagged::Acl { entries, .. } => {
                for (identifier, _) in entries {
                    self.live.add_user(identifier);
                }
            }
            Untagged::ListRights { identifier, .. } => self.live.add_user(identifier),
            Untagged::MyRights { mailbox, rights } => self.live.add_rights(mailbox, rights),
            Untagged::Quota { root, .. } => self.live.add_quota_root(root),
            Untagged::QuotaRoot { roots, .. } => {
                for root in roots {
                    self.live.add_quota_root(root);
                }
            }
            _ => {}
        }
    }

    /// Who is logged in now, and how safe the line is.
    pub(super) fn see_standing(&mut self) {
        let logged_in = self.identity.is_logged_in();
        if logged_in != std::mem::replace(&mut self.live.logged_in, logged_in) {
            self.live.bad = 0;
        }
        self.live.open_line = self.line_safety == Some(LineSafety::Plain);
        if let Identity::LoggedIn {
            authcid, authzid, ..
        } = &self.identity
        {
            for user in [authcid, authzid].into_iter().flatten() {
                self.live.add_user(user);
            }
        }
    }
}
