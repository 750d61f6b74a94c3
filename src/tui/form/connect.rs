//! The connect form: where, how safely, as whom, and what to keep of it.

use super::{Field, Form, FormKind, Line, Value, secret, text};
use crate::channel::tls::Pin;
use crate::channel::{Place, Plan, Security};
use crate::config::foreign::quoted;
use crate::config::{keyring, target};
use crate::safety::SafeMode;
use crate::sasl::{Credentials, Secret, choose};
use crate::tui::errand::{Asked, Offers};

const SECURITY: &[&str] = &["TLS", "STARTTLS", "none, loopback only"];
const VERIFY: &[&str] = &["yes", "pin below", "no, shown in red"];
const SAFE: &[&str] = &["read only", "confirm what destroys", "off"];
const REMEMBER: &[&str] = if keyring::IS_BUILT_IN {
    &["nothing", "all but the password", "keyring too"]
} else {
    &["nothing", "all but the password"]
};
/// Index into [`REMEMBER`].
const KEYRING: usize = 2;
/// Index into [`VERIFY`].
const PINNED: usize = 1;
const UNVERIFIED: usize = 2;

fn choice(label: &'static str, options: &'static [&'static str], chosen: usize) -> Field {
    Field {
        label: label.into(),
        hint: "".into(),
        value: Value::Choice { options, chosen },
    }
}

impl Form {
    /// The connect form, filled from the plan that was tried before, if any.
    pub fn connect(earlier: Option<&Plan>) -> Form {
        let (host, port) = match earlier.map(|p| &p.place) {
            Some(Place::Tcp { host, port }) => (host.as_str(), port.to_string()),
            _ => ("", String::new()),
        };
        let security = match earlier.map(|p| p.security) {
            Some(Security::Plain) => 2,
            Some(Security::StartTls) => 1,
            Some(Security::Implicit) | None => 0,
        };
        let pin = earlier.and_then(|p| p.trust.pins.first());
        let verify = match earlier.map(|p| &p.trust) {
            Some(trust) if !trust.pins.is_empty() => PINNED,
            Some(trust) if trust.insecure => UNVERIFIED,
            _ => 0,
        };
        let credentials = earlier.map(|p| p.credentials.clone()).unwrap_or_default();
        let given = |name: &Option<String>| name.clone().unwrap_or_default();
        Form::of(
            FormKind::Connect,
            vec![
                text("Server", "name or address", host),
                text("Port", "empty: 993 with TLS, else 143", &port),
                choice("Security", SECURITY, security),
                choice("Verify cert", VERIFY, verify),
                text(
                    "Fingerprint",
                    "to pin: SHA-256, hexadecimal",
                    &pin.map(Pin::to_string).unwrap_or_default(),
                ),
                text(
                    "Log in as",
                    "authentication id (imtest -a)",
                    &given(&credentials.authcid),
                ),
                text(
                    "Act as",
                    "authorization id (imtest -u)",
                    &given(&credentials.authzid),
                ),
                text(
                    "Mechanism",
                    "empty: the best that fits",
                    &given(&credentials.mechanism),
                ),
                secret("Password", "empty: asked when needed"),
                choice("Remember", REMEMBER, 0),
                choice("Safe mode", SAFE, 1),
                text("Profile", "its name, to remember it", ""),
            ],
        )
    }

    /// Who netrc has for the server that stands in the form.
    pub fn found(&self) -> Option<&str> {
        let (host, login) = self.found.as_ref()?;
        (*host == self.host()).then_some(login)
    }

    /// What the server that stands in the form offers on such a line.
    pub fn offered(&self) -> Option<&Offers> {
        let offers = self.offers.as_deref()?;
        let here = Asked {
            place: self.place().ok()?,
            security: self.security(),
        };
        (offers.server == here).then_some(offers)
    }

    /// The server as it stands in the form, without the brackets of an IPv6 address.
    pub fn host(&self) -> String {
        let host = self.value("Server");
        host.trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned()
    }

    /// Whose login it is, as it stands in the form.
    pub fn authcid(&self) -> Option<String> {
        self.optional("Log in as")
    }

    /// Fills in who logs in, and the password.
    pub fn fill_login(&mut self, authcid: Option<&str>, secret: &Secret) {
        for field in &mut self.fields {
            match (&mut field.value, field.label.as_ref()) {
                (Value::Text(line), "Log in as") => {
                    if let Some(authcid) = authcid {
                        *line = Line::new(authcid);
                    }
                }
                (Value::Secret(line), _) => *line = Line::new(secret.expose()),
                _ => {}
            }
        }
    }

    /// How careful the session is to be.
    pub fn safe_mode(&self) -> SafeMode {
        let chosen = SafeMode::ALL.get(self.choice("Safe mode"));
        chosen.copied().unwrap_or_default()
    }

    /// The same, from elsewhere.
    pub fn set_safe_mode(&mut self, mode: SafeMode) {
        let at = SafeMode::ALL.iter().position(|m| *m == mode);
        let field = self.fields.iter_mut().find(|f| f.label == "Safe mode");
        if let (Some(at), Some(Value::Choice { chosen, .. })) = (at, field.map(|f| &mut f.value)) {
            *chosen = at;
        }
    }

    /// Whether the password is to be kept in the keyring.
    pub fn keeps_password(&self) -> bool {
        self.choice("Remember") == KEYRING
    }

    fn security(&self) -> Security {
        match self.choice("Security") {
            0 => Security::Implicit,
            1 => Security::StartTls,
            _ => Security::Plain,
        }
    }

    /// The name of the profile to write, if one is wanted. The error is a sentence.
    pub fn profile(&self) -> Result<Option<String>, String> {
        match (self.choice("Remember"), self.optional("Profile")) {
            (0, None) => Ok(None),
            (0, Some(_)) => Err(
                "Profile: a name is given, and nothing is to be remembered: choose one.".to_owned(),
            ),
            (_, None) => {
                Err("Profile: what is to be remembered needs a name (imapsh @NAME).".to_owned())
            }
            (_, name) => Ok(name),
        }
    }

    /// The plan of the connect form; `earlier` lends what the form does not ask. The error is a sentence.
    pub fn plan(&self, earlier: Option<&Plan>) -> Result<Plan, String> {
        let place = self.place()?;
        let mut plan = match earlier {
            // Files, time-outs and the like were given for the kind of place they were given for.
            Some(plan) if matches!(plan.place, Place::Tcp { .. }) => plan.clone(),
            _ => Plan::new(place.clone()),
        };
        plan.place = place;
        plan.security = self.security();
        plan.credentials = self.credentials(&plan.credentials)?;
        self.trust(&mut plan)?;
        if self.keeps_password() && plan.credentials.authcid.is_none() {
            return Err("Log in as: the keyring keeps a user's password; whose?".to_owned());
        }
        Ok(plan)
    }

    fn place(&self) -> Result<Place, String> {
        let host = self.host();
        if host.is_empty() {
            return Err("Server: a name or an address is needed (F5: the demo).".to_owned());
        }
        if host.contains([' ', '/']) {
            return Err(
                "Server: only a name or an address, please; the port has its own field.".to_owned(),
            );
        }
        let security = self.security();
        let port = match self.value("Port") {
            "" if security == Security::Implicit => 993,
            "" => 143,
            text => target::port(text).map_err(|error| format!("Port: {error}, or empty."))?,
        };
        Ok(Place::Tcp { host, port })
    }

    fn trust(&self, plan: &mut Plan) -> Result<(), String> {
        let verify = self.choice("Verify cert");
        let pin = self.optional("Fingerprint");
        if plan.security == Security::Plain {
            if pin.is_some() || verify == PINNED {
                return Err("Fingerprint: there is no certificate without TLS.".to_owned());
            }
            plan.trust = crate::channel::Trust::default();
            return Ok(());
        }
        plan.trust.insecure = verify == UNVERIFIED;
        plan.trust.pins = match (verify, pin) {
            (PINNED, Some(pin)) => {
                vec![
                    pin.parse::<Pin>()
                        .map_err(|error| format!("Fingerprint: {error}."))?,
                ]
            }
            (PINNED, None) => {
                return Err("Fingerprint: the one to pin is missing (openssl x509 -noout -fingerprint -sha256).".to_owned());
            }
            (_, Some(_)) => {
                return Err(
                    "Verify cert: a fingerprint is given, but \"pin below\" is not chosen."
                        .to_owned(),
                );
            }
            (_, None) => Vec::new(),
        };
        Ok(())
    }

    /// How it would log in, if it would, and what stands against it: a sentence. `earlier` lends what the form
    /// does not ask. Where it is known what the server offers, the choice is made as it will be then.
    fn login(&self, earlier: Option<&Plan>) -> Option<Result<String, String>> {
        let earlier = earlier.map(|p| p.credentials.clone()).unwrap_or_default();
        let credentials = self
            .credentials(&earlier)
            .ok()
            .filter(Credentials::wants_login)?;
        let authenticate = |name: &str| match name {
            "LOGIN command" => "LOGIN".to_owned(),
            name => format!("AUTHENTICATE {name}"),
        };
        if let Some(offers) = self.offered() {
            let chosen = choose(&credentials, &offers.capabilities, &offers.line);
            return Some(
                chosen
                    .map(|login| authenticate(login.name()))
                    .map_err(|error| error.to_string()),
            );
        }
        Some(Ok(match credentials.mechanism.as_deref() {
            Some(name) if name.eq_ignore_ascii_case("login") => authenticate("LOGIN command"),
            Some(name) => authenticate(&name.to_uppercase()),
            None => authenticate("<the best that fits>"),
        }))
    }

    /// What goes over the line by itself, in words.
    pub fn will_send(&self, earlier: Option<&Plan>) -> Option<String> {
        if self.kind != FormKind::Connect || self.value("Server").is_empty() {
            return None;
        }
        let mut words = match self.security() {
            Security::StartTls => "STARTTLS, CAPABILITY".to_owned(),
            _ => "CAPABILITY".to_owned(),
        };
        match self.login(earlier) {
            None => words.push_str("; nobody is logged in"),
            Some(Err(_)) => words.push_str("; no login fits (see below)"),
            Some(Ok(login)) => {
                words.push_str(&format!(", {login}"));
                let authcid = self.optional("Log in as");
                if let Some(authcid) = &authcid {
                    words.push_str(&format!(" of {authcid}"));
                }
                if let Some(authzid) = self
                    .optional("Act as")
                    .filter(|z| Some(z) != authcid.as_ref())
                {
                    words.push_str(&format!(", for {authzid}"));
                }
            }
        }
        Some(words)
    }

    /// Why nobody would get in like this, as far as it is known; else what people mix up, when they are about to.
    pub fn warning(&self, earlier: Option<&Plan>) -> Option<String> {
        if self.kind != FormKind::Connect {
            return None;
        }
        if let Some(Err(sentence)) = self.login(earlier) {
            return Some(sentence);
        }
        let acts = self.optional("Act as").is_some();
        acts.then(|| {
            "\"Act as\" is not \"Log in as\": LOGIN cannot do that and is not tried.".to_owned()
        })
    }

    /// The same from a shell, as far as the connect form is filled in.
    pub fn shell_line(&self) -> Option<String> {
        if self.kind != FormKind::Connect || self.value("Server").is_empty() {
            return None;
        }
        let mut line = "imapsh".to_owned();
        match self.security() {
            Security::Implicit => line.push_str(" -s"),
            Security::StartTls => line.push_str(" -t \"\""),
            Security::Plain => {}
        }
        if self.choice("Verify cert") == UNVERIFIED && self.security() != Security::Plain {
            line.push_str(" --insecure");
        }
        for (flag, label) in [
            ("--pin", "Fingerprint"),
            ("-p", "Port"),
            ("-a", "Log in as"),
            ("-u", "Act as"),
            ("-m", "Mechanism"),
        ] {
            if let Some(value) = self.optional(label) {
                line.push_str(&format!(" {flag} {}", quoted(&value)));
            }
        }
        if self.safe_mode() != SafeMode::default() {
            line.push_str(&format!(" --safe {}", self.safe_mode()));
        }
        line.push(' ');
        line.push_str(&quoted(self.value("Server")));
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(form: &mut Form, label: &str, text: &str) {
        form.focus = form.fields.iter().position(|f| f.label == label).unwrap();
        match form.focused().map(|f| &mut f.value) {
            Some(Value::Choice { options, chosen }) => {
                *chosen = options.iter().position(|o| *o == text).unwrap();
            }
            Some(Value::Text(line) | Value::Secret(line)) => *line = Line::default(),
            None => {}
        }
        form.insert(text);
    }

    #[test]
    fn the_connect_form_makes_a_plan_or_a_sentence() {
        let mut form = Form::connect(None);
        let wrong = |form: &Form| form.plan(None).unwrap_err();
        assert!(wrong(&form).starts_with("Server:"));
        fill(&mut form, "Server", "mail.example.com");
        fill(&mut form, "Act as", "alice");
        assert!(wrong(&form).starts_with("Act as:"));
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
        assert!(wrong(&form).starts_with("Port:"));
        assert!(!format!("{form:?}").contains("s3cret"));
    }

    #[test]
    fn certificates_are_verified_pinned_or_not_and_never_half() {
        let mut form = Form::connect(None);
        fill(&mut form, "Server", "h");
        assert!(!form.plan(None).unwrap().trust.insecure);
        fill(&mut form, "Verify cert", "no, shown in red");
        assert!(form.plan(None).unwrap().trust.insecure);
        assert!(form.shell_line().unwrap().contains("--insecure"));
        fill(&mut form, "Verify cert", "pin below");
        assert!(form.plan(None).unwrap_err().contains("missing"));
        fill(&mut form, "Fingerprint", "abc");
        assert!(form.plan(None).unwrap_err().starts_with("Fingerprint:"));
        fill(&mut form, "Fingerprint", &"ab:".repeat(32));
        let trust = form.plan(None).unwrap().trust;
        assert_eq!(trust.pins, [Pin([0xab; 32])]);
        assert!(!trust.insecure);
        fill(&mut form, "Verify cert", "yes");
        assert!(form.plan(None).unwrap_err().starts_with("Verify cert:"));
        fill(&mut form, "Security", "none, loopback only");
        assert!(form.plan(None).unwrap_err().starts_with("Fingerprint:"));
    }

    #[test]
    fn a_plan_comes_back_out_of_the_form() {
        let mut plan = Plan::new(Place::Tcp {
            host: "::1".into(),
            port: 1143,
        });
        plan.security = Security::StartTls;
        plan.trust.pins = vec![Pin([7; 32])];
        plan.trust.server_name = Some("mail.example.com".into());
        plan.credentials.authcid = Some("admin".into());
        plan.credentials.mechanism = Some("PLAIN".into());
        let again = Form::connect(Some(&plan)).plan(Some(&plan)).unwrap();
        assert_eq!(again.place, plan.place);
        assert_eq!(again.security, plan.security);
        assert_eq!(again.trust, plan.trust);
        assert_eq!(again.credentials.mechanism, plan.credentials.mechanism);
    }

    #[test]
    fn what_is_remembered_has_a_name() {
        let mut form = Form::connect(None);
        assert_eq!(form.profile(), Ok(None));
        fill(&mut form, "Remember", "all but the password");
        assert!(form.profile().unwrap_err().starts_with("Profile:"));
        fill(&mut form, "Profile", "prod");
        assert_eq!(form.profile(), Ok(Some("prod".into())));
    }
}
