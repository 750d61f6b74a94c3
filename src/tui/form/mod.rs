//! Forms and prompts as data: connect, log in, password, another tool's command line.

mod connect;
mod export;
mod snippet;

use std::borrow::Cow;
use std::sync::Arc;

use super::effect::Opening;
use super::errand::Offers;
use super::field::Line;
use crate::console::mail::Source;
use crate::export::save::Content;
use crate::sasl::{Credentials, Secret};

pub use snippet::Filled;

/// Which form it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormKind {
    /// Where to connect and as whom.
    Connect,
    /// Log in on the connection that is there.
    LogIn,
    /// A command line of imtest, `openssl s_client` or curl is wanted.
    Import,
    /// A file name is wanted, to save this.
    Save {
        /// What goes into it.
        content: Content,
        /// The name that is taken already: given once more, what is there is replaced.
        asked: Option<String>,
    },
    /// A file name is wanted, for a part of a message that is still to be fetched.
    SavePart {
        /// What goes into it.
        source: Source,
        /// The name that is taken already: given once more, what is there is replaced.
        asked: Option<String>,
    },
    /// Where the transcript is to be written.
    Export,
    /// A file name is wanted, to write this text to.
    Write {
        /// What it is, for the title.
        what: &'static str,
        /// It was asked for on the screen of a run, and lies over it.
        of_run: bool,
        /// It.
        text: Arc<[u8]>,
        /// The name that is taken already: given once more, what is there is replaced.
        asked: Option<String>,
    },
    /// The variables of a snippet are wanted.
    Variables,
    /// A run of a snippet wants a password.
    RunPassword {
        /// Whose.
        authcid: String,
        /// To act as.
        authzid: Option<String>,
    },
    /// A password is wanted.
    Password {
        /// Whose.
        authcid: String,
        /// To act as.
        authzid: Option<String>,
    },
}

/// What a field holds.
#[derive(Debug, Clone)]
pub enum Value {
    /// Text.
    Text(Line),
    /// Text that is shown as `*`.
    Secret(Line),
    /// One of these.
    Choice {
        /// What there is to choose.
        options: &'static [&'static str],
        /// Index of the chosen one.
        chosen: usize,
    },
}

/// One field of a form.
#[derive(Debug, Clone)]
pub struct Field {
    /// What it is.
    pub label: Cow<'static, str>,
    /// A few words behind it.
    pub hint: Cow<'static, str>,
    /// What is in it.
    pub value: Value,
}

/// A form on the screen.
#[derive(Debug, Clone)]
pub struct Form {
    /// Which.
    pub kind: FormKind,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Index of the field in focus.
    pub focus: usize,
    /// What is wrong with it: a sentence.
    pub error: Option<String>,
    /// What one should know of what it was filled with: a sentence.
    pub note: Option<String>,
    /// The form it came from, and goes back to.
    pub behind: Option<Box<Form>>,
    /// What it was filled with and lends what it does not ask; `None`: the plan tried before.
    pub base: Option<Box<Opening>>,
    /// The mechanisms that a server offers.
    pub offers: Option<Box<Offers>>,
    /// The host that netrc knows, and who logs in there.
    pub found: Option<(String, String)>,
    /// The command of `password_from`: it may be run once more, with the terminal to ask on.
    pub command: Option<String>,
}

fn text(
    label: impl Into<Cow<'static, str>>,
    hint: impl Into<Cow<'static, str>>,
    value: &str,
) -> Field {
    Field {
        label: label.into(),
        hint: hint.into(),
        value: Value::Text(Line::new(value)),
    }
}

fn secret(label: impl Into<Cow<'static, str>>, hint: impl Into<Cow<'static, str>>) -> Field {
    Field {
        label: label.into(),
        hint: hint.into(),
        value: Value::Secret(Line::default()),
    }
}

impl Form {
    /// With these fields, the first in focus, and nothing said of them yet.
    fn of(kind: FormKind, fields: Vec<Field>) -> Form {
        Form {
            kind,
            fields,
            focus: 0,
            error: None,
            note: None,
            behind: None,
            base: None,
            offers: None,
            found: None,
            command: None,
        }
    }

    /// The login form, filled with who was tried before.
    pub fn log_in(earlier: &Credentials) -> Form {
        let mut form = Form::of(
            FormKind::LogIn,
            vec![
                text(
                    "Log in as",
                    "authentication id (imtest -a)",
                    earlier.authcid.as_deref().unwrap_or_default(),
                ),
                text(
                    "Act as",
                    "authorization id (imtest -u)",
                    earlier.authzid.as_deref().unwrap_or_default(),
                ),
                secret("Password", ""),
                text(
                    "Mechanism",
                    "empty: the best that fits",
                    earlier.mechanism.as_deref().unwrap_or_default(),
                ),
            ],
        );
        form.focus = usize::from(earlier.authcid.is_some()) * 2;
        form
    }

    /// The password prompt.
    pub fn password(authcid: String, authzid: Option<String>) -> Form {
        let fields = vec![secret("Password", "")];
        Form::of(FormKind::Password { authcid, authzid }, fields)
    }

    /// Where another tool's command line is pasted; Esc goes back to `behind`.
    pub fn import(behind: Form) -> Form {
        Form {
            behind: Some(Box::new(behind)),
            ..Form::of(FormKind::Import, vec![text("Command", "paste it", "")])
        }
    }

    /// Where a literal or a part is to be saved.
    pub fn save(content: Content, name: &str) -> Form {
        Form::of(
            FormKind::Save {
                content,
                asked: None,
            },
            vec![text("File", "~/ is the home directory", name)],
        )
    }

    /// Where a part of a message is to be saved.
    pub fn save_part(source: Source, name: &str) -> Form {
        let kind = FormKind::SavePart {
            source,
            asked: None,
        };
        Form {
            kind,
            fields: vec![text("File", "~/ is the home directory", name)],
            focus: 0,
            error: None,
            note: None,
            behind: None,
            base: None,
            offers: None,
            found: None,
            command: None,
        }
    }

    /// The text of the only field.
    pub fn only(&self) -> &str {
        match self.fields.first().map(|f| &f.value) {
            Some(Value::Text(line) | Value::Secret(line)) => line.text(),
            _ => "",
        }
    }

    /// The form's title.
    pub fn title(&self) -> &'static str {
        match self.kind {
            FormKind::Connect => "Connect",
            FormKind::LogIn => "Log in",
            FormKind::Password { .. } => "Password",
            FormKind::Save { .. } | FormKind::SavePart { .. } => "Save",
            FormKind::Export => "Export",
            FormKind::Write { what, .. } => what,
            FormKind::Variables => "Variables",
            FormKind::RunPassword { .. } => "Password for the run",
            FormKind::Import => "Another tool's command line: imtest, openssl s_client, curl",
        }
    }

    /// The next field (`1`) or the previous one (`-1`), in a circle.
    pub fn turn(&mut self, forward: bool) {
        let count = self.fields.len().max(1);
        self.focus = (self.focus + if forward { 1 } else { count - 1 }) % count;
    }

    /// The field in focus.
    pub fn focused(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.focus)
    }

    /// Text typed or pasted into the field in focus. Returns whether some of it was left out.
    pub fn insert(&mut self, text: &str) -> bool {
        self.error = None;
        // A password copied with its line end is meant without it.
        let text = text.trim_end_matches('\n');
        match self.focused().map(|f| &mut f.value) {
            Some(Value::Text(line) | Value::Secret(line)) => line.insert(text),
            _ => false,
        }
    }

    /// Left or right: another choice, else the cursor.
    pub fn sideways(&mut self, right: bool, key: super::keymap::Key) {
        match self.focused().map(|f| &mut f.value) {
            Some(Value::Choice { options, chosen }) => {
                let count = options.len().max(1);
                *chosen = (*chosen + if right { 1 } else { count - 1 }) % count;
            }
            Some(Value::Text(line) | Value::Secret(line)) => {
                line.key(key);
            }
            None => {}
        }
    }

    fn value(&self, label: &str) -> &str {
        match self
            .fields
            .iter()
            .find(|f| f.label == label)
            .map(|f| &f.value)
        {
            Some(Value::Text(line)) => line.text().trim(),
            Some(Value::Secret(line)) => line.text(),
            _ => "",
        }
    }

    fn optional(&self, label: &str) -> Option<String> {
        Some(self.value(label))
            .filter(|v| !v.is_empty())
            .map(str::to_owned)
    }

    /// The index of what is chosen.
    fn choice(&self, label: &str) -> usize {
        let field = self.fields.iter().find(|f| f.label == label);
        match field.map(|f| &f.value) {
            Some(Value::Choice { chosen, .. }) => *chosen,
            _ => 0,
        }
    }

    /// The secret that was typed, if any.
    pub fn secret(&self) -> Option<Secret> {
        Some(self.value("Password"))
            .filter(|v| !v.is_empty())
            .map(|v| Secret::new(v.to_owned()))
    }

    /// Who logs in. `earlier` lends what the form does not ask. The error is a sentence.
    pub fn credentials(&self, earlier: &Credentials) -> Result<Credentials, String> {
        let (authcid, authzid) = (self.optional("Log in as"), self.optional("Act as"));
        if authzid.is_some() && authcid.is_none() {
            return Err("Act as: somebody must log in first; fill in \"Log in as\".".to_owned());
        }
        if self.kind == FormKind::LogIn && authcid.is_none() {
            return Err("Log in as: a user name is needed.".to_owned());
        }
        if authcid.is_none() && self.secret().is_some() {
            return Err("Log in as: whose password is that?".to_owned());
        }
        Ok(Credentials {
            authcid,
            authzid,
            secret: self.secret(),
            mechanism: self.optional("Mechanism"),
            ..earlier.clone()
        })
    }
}
