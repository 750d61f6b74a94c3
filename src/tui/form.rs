//! Forms and prompts as data: connect, log in, password.

use super::field::Line;
use crate::channel::{Place, Plan, Security};
use crate::sasl::{Credentials, Secret};

/// Which form it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormKind {
    /// Where to connect and as whom.
    Connect,
    /// Log in on the connection that is there.
    LogIn,
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
    pub label: &'static str,
    /// A few words behind it.
    pub hint: &'static str,
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
}

const SECURITY: &[&str] = &["TLS", "STARTTLS", "none"];

fn text(label: &'static str, hint: &'static str, value: &str) -> Field {
    Field {
        label,
        hint,
        value: Value::Text(Line::new(value)),
    }
}

fn secret(label: &'static str, hint: &'static str) -> Field {
    Field {
        label,
        hint,
        value: Value::Secret(Line::default()),
    }
}

impl Form {
    /// The connect form, filled from the plan that was tried before, if any.
    pub fn connect(earlier: Option<&Plan>) -> Form {
        let (host, port) = match earlier.map(|p| &p.place) {
            Some(Place::Tcp { host, port }) => (host.as_str(), port.to_string()),
            _ => ("", String::new()),
        };
        let chosen = match earlier.map(|p| p.security) {
            Some(Security::Plain) => 2,
            Some(Security::StartTls) => 1,
            Some(Security::Implicit) | None => 0,
        };
        let credentials = earlier.map(|p| p.credentials.clone()).unwrap_or_default();
        let security = Value::Choice {
            options: SECURITY,
            chosen,
        };
        Form {
            kind: FormKind::Connect,
            fields: vec![
                text("Server", "name or address", host),
                text("Port", "empty: 993 with TLS, else 143", &port),
                Field {
                    label: "Security",
                    hint: "left, right",
                    value: security,
                },
                text(
                    "Log in as",
                    "authentication id (imtest -a)",
                    credentials.authcid.as_deref().unwrap_or_default(),
                ),
                text(
                    "Act as",
                    "authorization id (imtest -u)",
                    credentials.authzid.as_deref().unwrap_or_default(),
                ),
                secret("Password", "empty: asked when needed"),
            ],
            focus: 0,
            error: None,
        }
    }

    /// The login form, filled with who was tried before.
    pub fn log_in(earlier: &Credentials) -> Form {
        Form {
            kind: FormKind::LogIn,
            fields: vec![
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
            focus: usize::from(earlier.authcid.is_some()) * 2,
            error: None,
        }
    }

    /// The password prompt.
    pub fn password(authcid: String, authzid: Option<String>) -> Form {
        let fields = vec![secret("Password", "")];
        Form {
            kind: FormKind::Password { authcid, authzid },
            fields,
            focus: 0,
            error: None,
        }
    }

    /// The form's title.
    pub fn title(&self) -> &'static str {
        match self.kind {
            FormKind::Connect => "Connect",
            FormKind::LogIn => "Log in",
            FormKind::Password { .. } => "Password",
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

    fn chosen(&self) -> Security {
        match self
            .fields
            .iter()
            .find(|f| f.label == "Security")
            .map(|f| &f.value)
        {
            Some(Value::Choice { chosen: 0, .. }) => Security::Implicit,
            Some(Value::Choice { chosen: 1, .. }) => Security::StartTls,
            _ => Security::Plain,
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
        let mechanism = match self.kind {
            FormKind::LogIn => self.optional("Mechanism"),
            _ => earlier.mechanism.clone(),
        };
        Ok(Credentials {
            authcid,
            authzid,
            secret: self.secret(),
            mechanism,
            ..earlier.clone()
        })
    }

    /// The plan of the connect form. The error is a sentence.
    pub fn plan(&self, earlier: Option<&Plan>) -> Result<Plan, String> {
        let host = self
            .value("Server")
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        if host.is_empty() {
            return Err("Server: a name or an address is needed (F5: the demo).".to_owned());
        }
        if host.contains([' ', '/']) {
            return Err(
                "Server: only a name or an address, please; the port has its own field.".to_owned(),
            );
        }
        let security = self.chosen();
        let port = match self.value("Port") {
            "" if security == Security::Implicit => 993,
            "" => 143,
            text => match text.parse::<u16>() {
                Ok(port) if port > 0 => port,
                _ => return Err(format!("Port: {text} is no port; 1 to 65535, or empty.")),
            },
        };
        let before = earlier.map(|p| p.credentials.clone()).unwrap_or_default();
        let mut credentials = self.credentials(&before)?;
        // A mechanism asked for on the command line was meant for that target.
        credentials.mechanism = before.mechanism;
        Ok(Plan {
            place: Place::Tcp { host, port },
            security,
            trust: earlier.map(|p| p.trust.clone()).unwrap_or_default(),
            credentials,
            limits: earlier.map(|p| p.limits).unwrap_or_default(),
            network: earlier.map(|p| p.network.clone()).unwrap_or_default(),
        })
    }

    /// The same from a shell, as far as the connect form is filled in.
    pub fn shell_line(&self) -> Option<String> {
        if self.kind != FormKind::Connect || self.value("Server").is_empty() {
            return None;
        }
        let mut line = "imapsh".to_owned();
        match self.chosen() {
            Security::Implicit => line.push_str(" -s"),
            Security::StartTls => line.push_str(" -t \"\""),
            Security::Plain => {}
        }
        for (flag, label) in [("-p", "Port"), ("-a", "Log in as"), ("-u", "Act as")] {
            if let Some(value) = self.optional(label) {
                line.push_str(&format!(" {flag} {}", quoted(&value)));
            }
        }
        line.push(' ');
        line.push_str(&quoted(self.value("Server")));
        Some(line)
    }
}

/// For a POSIX shell.
fn quoted(word: &str) -> String {
    if word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_.@:+%/".contains(c))
    {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(form: &mut Form, label: &str, text: &str) {
        form.focus = form.fields.iter().position(|f| f.label == label).unwrap();
        form.insert(text);
    }

    #[test]
    fn the_connect_form_makes_a_plan_or_a_sentence() {
        let mut form = Form::connect(None);
        assert!(form.plan(None).unwrap_err().starts_with("Server:"));
        fill(&mut form, "Server", "mail.example.com");
        fill(&mut form, "Act as", "alice");
        assert!(form.plan(None).unwrap_err().starts_with("Act as:"));
        fill(&mut form, "Log in as", "admin");
        fill(&mut form, "Password", "s3cret\n");
        let plan = form.plan(None).unwrap();
        assert_eq!(
            plan.place,
            Place::Tcp {
                host: "mail.example.com".into(),
                port: 993
            }
        );
        assert_eq!(
            plan.credentials.secret.as_ref().map(Secret::expose),
            Some("s3cret")
        );
        assert_eq!(
            form.shell_line().unwrap(),
            "imapsh -s -a admin -u alice mail.example.com"
        );
        fill(&mut form, "Port", "99999");
        assert!(form.plan(None).unwrap_err().starts_with("Port:"));
        assert!(!format!("{form:?}").contains("s3cret"));
    }
}
