//! Who this tab logs in as: the login being tried, the secret of the one that was accepted, and the way
//! to another identity on the same connection.
//!
//! The secret of an accepted login stays in the tab's plan, for *act as* and `:reconnect`. Its clones
//! share one place in memory ([`crate::sasl::Secret`]), which is wiped when the last tab that has it
//! closes. With `--forget` it goes at once.

use super::effect::Effect;
use super::errand::{Brought, Errand};
use super::form::{Form, FormKind};
use super::popup::Popup;
use super::state::State;
use crate::channel::Request;
use crate::config::keyring::{Act, Slot};
use crate::config::password::From;
use crate::console::{Phase, Submission, SubmitMode};
use crate::sasl::{Credentials, Secret};
use crate::session::Awaiting;
use crate::wire::response::Status;

impl State {
    /// The login goes out with this secret, typed at the prompt.
    pub(super) fn try_secret(&mut self, secret: Secret) -> Effect {
        let mut credentials = self.trying.take().unwrap_or_else(|| self.planned());
        credentials.secret = Some(secret.clone());
        self.trying = Some(credentials);
        Effect::Send(Request::Password(Some(secret)))
    }

    /// These log in on the connection that is there.
    pub(super) fn try_login(&mut self, credentials: Credentials) -> Effect {
        self.trying = Some(credentials.clone());
        Effect::Send(Request::LogIn(credentials))
    }

    fn planned(&self) -> Credentials {
        self.plan
            .as_ref()
            .map(|plan| plan.credentials.clone())
            .unwrap_or_default()
    }

    /// The server accepted a login of ours: what was tried is what holds from now on.
    pub(super) fn login_accepted(
        &mut self,
        authcid: Option<&str>,
        authzid: Option<&str>,
    ) -> Option<Effect> {
        for name in [authcid, authzid].into_iter().flatten() {
            self.users.add(name);
        }
        let tried = self.trying.take();
        if let (Some(plan), Some(tried)) = (&mut self.plan, tried) {
            plan.credentials = tried;
        }
        let keep = match std::mem::take(&mut self.keep) {
            true => self.keyring(Act::Store).ok(),
            false => None,
        };
        if let Some(plan) = &mut self.plan
            && plan.credentials.forget
        {
            plan.credentials.secret = None;
        }
        keep
    }

    /// What the keyring is to do with the password of this login. The error is a sentence.
    pub(super) fn keyring(&self, act: Act) -> Result<Effect, String> {
        let Some(plan) = &self.plan else {
            return Err("There is no server yet whose password it could be: :connect.".to_owned());
        };
        let Some(authcid) = plan.credentials.authcid.as_deref() else {
            return Err(
                "Whose password? Nobody was logged in with imapsh's own login (:login).".to_owned(),
            );
        };
        let secret = plan.credentials.secret.clone();
        if act == Act::Store && secret.is_none() {
            return Err(
                "The password is not here (nobody is logged in, or --forget): imapsh keyring store asks for it."
                    .to_owned(),
            );
        }
        Ok(Effect::Errand(Errand::Keyring {
            act,
            slot: Slot::new(authcid, plan.place.host()),
            secret: secret.filter(|_| act == Act::Store),
        }))
    }

    /// The prompt; where the password is fetched from somewhere, it is used as soon as it is there.
    pub(super) fn want_password(&mut self, authcid: &str, authzid: Option<&str>) -> Option<Effect> {
        let mut form = Form::password(authcid.to_owned(), authzid.map(str::to_owned));
        let errand = self.password_from.take().map(|from| {
            let where_from = match &from {
                From::Command(_) => "A command is running for it (password_from)".to_owned(),
                From::Keyring => "The keyring is asked for it".to_owned(),
                From::File(path) => format!("It is read from {}", path.display()),
                From::Environment(_) | From::Netrc => "It is fetched".to_owned(),
            };
            form.note = Some(format!(
                "{where_from}, and used once it is there. Or type it."
            ));
            if let From::Command(command) = &from {
                form.command = Some(command.clone());
            }
            let host = self.plan.as_ref().map_or("", |plan| plan.place.host());
            Effect::Errand(Errand::Password {
                from,
                host: host.to_owned(),
                authcid: authcid.to_owned(),
            })
        });
        self.popup = Some(Popup::Form(form));
        self.events.asks = false;
        errand
    }

    /// Takes what was done beside the screen.
    pub fn brought(&mut self, brought: Brought) -> Vec<Effect> {
        match (brought, &mut self.popup) {
            (Brought::Password(found), Some(Popup::Form(form)))
                if matches!(form.kind, FormKind::Password { .. }) =>
            {
                // A command may have written to the terminal, over the screen.
                let redraw = form.command.is_some().then_some(Effect::Redraw);
                let login = match found {
                    Ok(secret) => {
                        self.popup = None;
                        self.console.password_given();
                        Some(self.try_secret(secret))
                    }
                    Err(sentence) => {
                        form.note = None;
                        form.error = Some(sentence);
                        None
                    }
                };
                return login.into_iter().chain(redraw).collect();
            }
            // Typed meanwhile, or not wanted any more.
            (Brought::Password(_), _) => {}
            (Brought::Offers(offers), Some(Popup::Form(form)))
                if form.kind == FormKind::Connect =>
            {
                form.note = None;
                match offers {
                    Ok(offers) => form.offers = Some(Box::new(offers)),
                    Err(sentence) => form.error = Some(sentence),
                }
            }
            (Brought::Offers(_), _) => {}
            (Brought::Keyring(sentence), _) => self.message = Some(sentence),
        }
        Vec::new()
    }

    /// A secret that was refused is not kept; the names are, for the next try.
    pub(super) fn login_refused(&mut self) {
        let tried = self.trying.take();
        if let Some(plan) = &mut self.plan {
            if let Some(tried) = tried {
                plan.credentials = tried;
            }
            plan.credentials.secret = None;
        }
    }

    /// What logs in as `user` with the login of this tab; an empty name, or that of the login: as oneself.
    /// Nobody, where it is not known who is logged in.
    pub(super) fn credentials_as(&self, user: &str) -> Option<Credentials> {
        let planned = self.planned();
        let (authcid, by_ticket) = match self.console.identity() {
            crate::console::Identity::LoggedIn {
                authcid, mechanism, ..
            } => (authcid.clone(), mechanism == "GSSAPI"),
            crate::console::Identity::Nobody => (None, false),
        };
        // A login typed by hand left no secret here, and is not the plan's.
        let mut credentials = match authcid {
            // The ticket says who; the plan need not.
            authcid @ Some(_) if by_ticket => Credentials { authcid, ..planned },
            Some(authcid) if planned.authcid.as_deref() != Some(authcid.as_str()) => Credentials {
                authcid: Some(authcid),
                allow_plaintext: planned.allow_plaintext,
                forget: planned.forget,
                ..Credentials::default()
            },
            _ => planned,
        };
        let authcid = credentials.authcid.as_deref()?;
        credentials.authzid = (!user.is_empty() && user != authcid).then(|| user.to_owned());
        Some(credentials)
    }

    /// Begins to be somebody else on this connection: UNAUTHENTICATE (RFC 8437), then the login. The
    /// error is a sentence.
    pub(super) fn begin_to_be(&mut self, credentials: Credentials) -> Result<Vec<Effect>, String> {
        if *self.console.phase() != Phase::Ready || self.console.awaiting() != Awaiting::Command {
            return Err("The server is busy with something else: not now.".to_owned());
        }
        let was = self.console.identity().effective().map(str::to_owned);
        let tag = self.console.next_tag();
        match self.console.submit("UNAUTHENTICATE", SubmitMode::Confirmed) {
            Submission::Send(requests) => {
                self.remember_being(was);
                self.becoming = Some((tag, credentials));
                Ok(requests.into_iter().map(Effect::Send).collect())
            }
            Submission::Refused(sentence) => Err(sentence),
            _ => Err("UNAUTHENTICATE cannot be sent now.".to_owned()),
        }
    }

    fn remember_being(&mut self, was: Option<String>) {
        if let Some(was) = was {
            self.before.retain(|name| *name != was);
            self.before.push(was);
        }
    }

    /// When UNAUTHENTICATE is answered the login follows, or it is given up.
    pub(super) fn become_another(&mut self) -> Option<Effect> {
        let (tag, _) = self.becoming.as_ref()?;
        let answered = self
            .console
            .last_command()
            .filter(|last| last.tag.as_ref() == Some(tag) && last.verb == "UNAUTHENTICATE")?;
        let accepted = answered.status == Status::Ok;
        let (_, credentials) = self.becoming.take()?;
        if !accepted {
            self.message = Some(
                "The server refused UNAUTHENTICATE: you are who you were. F4 and Enter open a session of its own."
                    .to_owned(),
            );
            return None;
        }
        self.sidebar.reset();
        self.gather.reset();
        Some(self.try_login(credentials))
    }
}
