//! Which login fits the credentials, what the server offers, and how safe the line is.
//!
//! The rule above all others: a login never silently happens as somebody else. If `-u` differs from
//! `-a`, only what carries an authzid will do, and otherwise it is an error that says so.

use crate::channel::LineSafety;
use crate::session::{Exchange, ExchangeError};
use crate::wire::CapabilitySet;

use super::{ChannelBinding, Credentials, MECHANISMS, MechanismSpec, Surroundings, gssapi};

/// How to log in.
#[derive(Debug, Clone, Copy)]
pub enum Login {
    /// AUTHENTICATE with a mechanism.
    Mechanism(&'static MechanismSpec),
    /// The LOGIN command (RFC 9051 section 6.2.3).
    Command,
}

impl PartialEq for Login {
    fn eq(&self, other: &Login) -> bool {
        self.name() == other.name()
    }
}

impl Login {
    /// For people: `SCRAM-SHA-256`, or `LOGIN command`.
    pub fn name(&self) -> &'static str {
        match self {
            Login::Mechanism(spec) => spec.name,
            Login::Command => "LOGIN command",
        }
    }

    /// Whether it needs a password or token.
    pub fn needs_secret(&self) -> bool {
        match self {
            Login::Mechanism(spec) => spec.needs_secret(),
            Login::Command => true,
        }
    }

    /// Whether the password or token itself goes over the line.
    pub fn reveals_secret(&self) -> bool {
        match self {
            Login::Mechanism(spec) => spec.reveals_secret,
            Login::Command => true,
        }
    }

    /// Whether it can carry an authzid.
    pub fn carries_authzid(&self) -> bool {
        match self {
            Login::Mechanism(spec) => spec.carries_authzid,
            Login::Command => false,
        }
    }

    /// Whether it has a place for a realm.
    pub fn carries_realm(&self) -> bool {
        matches!(self, Login::Mechanism(spec) if spec.carries_realm)
    }

    /// Whether making its exchange asks somebody on the network, which may take long.
    pub fn asks_around(&self) -> bool {
        matches!(self, Login::Mechanism(spec) if spec.asks_around())
    }

    /// Whether it binds the login to TLS.
    pub fn binds(&self) -> bool {
        matches!(self, Login::Mechanism(spec) if spec.binds())
    }

    /// The authzid that goes into the exchange, if one does.
    pub fn authzid<'a>(&self, credentials: &'a Credentials) -> Option<&'a str> {
        match self {
            Login::Mechanism(spec) => spec.authzid(credentials),
            Login::Command => None,
        }
    }

    /// Who is known to have authenticated once the server has said OK.
    pub fn authcid<'a>(&self, credentials: &'a Credentials) -> Option<&'a str> {
        match self {
            Login::Mechanism(spec) => spec.authcid(credentials),
            Login::Command => credentials.authcid.as_deref(),
        }
    }

    /// The exchange of the mechanism; `None` for the LOGIN command.
    /// Fails with a sentence if the credentials do not fit the mechanism.
    pub fn exchange(
        &self,
        credentials: &Credentials,
        surroundings: &Surroundings,
    ) -> Result<Option<Box<dyn Exchange>>, ExchangeError> {
        match self {
            Login::Mechanism(spec) => (spec.build)(spec, credentials, surroundings).map(Some),
            Login::Command => Ok(None),
        }
    }
}

/// Why no login was tried. Each is a sentence with the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChooseError {
    /// `-m` names what imapsh does not have.
    #[error(
        "imapsh does not know the mechanism {name}. It knows {known}, and `login` for the LOGIN command; \
         the server offers {offered}."
    )]
    Unknown {
        /// As given.
        name: String,
        /// All names.
        known: String,
        /// What the server advertises.
        offered: String,
    },
    /// `-m` names what this imapsh was built without.
    #[error("{}", gssapi::NOT_BUILT)]
    NotBuilt,
    /// `-m` names what the server does not advertise.
    #[error("The server does not offer {name}: nothing was tried. It offers {offered}.{hint}")]
    NotOffered {
        /// The mechanism.
        name: String,
        /// What the server advertises.
        offered: String,
        /// About STARTTLS; empty, or begins with a space.
        hint: String,
    },
    /// `-u` differs from `-a`, and the mechanism named by `-m` has no place for it.
    #[error(
        "{name} cannot carry an authorization identity, so {authcid} cannot act as {authzid} with it: \
         nothing was tried. Take a mechanism that can (PLAIN or SCRAM), or leave -u out."
    )]
    CannotCarry {
        /// The mechanism.
        name: String,
        /// `-a`
        authcid: String,
        /// `-u`
        authzid: String,
    },
    /// `-u` differs from `-a`, and nothing that the server offers has a place for it.
    #[error(
        "{authcid} cannot act as {authzid} here: of what the server offers ({offered}) nothing that imapsh \
         may use can carry an authorization identity. Nothing was tried.{hint}"
    )]
    NothingCarries {
        /// `-a`
        authcid: String,
        /// `-u`
        authzid: String,
        /// What the server advertises.
        offered: String,
        /// About STARTTLS; empty, or begins with a space.
        hint: String,
    },
    /// The server forbids LOGIN and offers no mechanism that we have.
    #[error("There is no way to log in here: the server offers {offered}.{hint}")]
    Nothing {
        /// What the server advertises.
        offered: String,
        /// About STARTTLS; empty, or begins with a space.
        hint: String,
    },
    /// The line is weaker than `-k` wants.
    #[error(
        "-k {wanted} cannot be met: {line} {strength} bits, and imapsh has no SASL security layer to add to \
         them. Nothing was tried.{next}"
    )]
    TooWeak {
        /// `-k`
        wanted: u32,
        /// What has the strength: a subject and its verb.
        line: String,
        /// [`LineSafety::strength`]
        strength: u32,
        /// What to do; empty, or begins with a space.
        next: String,
    },
    /// The login is to be bound to TLS, and `-m` names a mechanism that cannot.
    #[error(
        "{name} cannot bind the login to TLS, as channel_binding asks: nothing was tried. Take one whose name \
         ends in -PLUS, or leave channel_binding out."
    )]
    CannotBind {
        /// The mechanism.
        name: String,
    },
    /// The login is to be bound to TLS, and nothing that the server offers can do that.
    #[error(
        "The login is to be bound to TLS, as channel_binding asks, and of what the server offers ({offered}) \
         nothing can: nothing was tried.{hint}"
    )]
    NothingBinds {
        /// What the server advertises.
        offered: String,
        /// About STARTTLS; empty, or begins with a space.
        hint: String,
    },
    /// A realm was given (`-r`), and the mechanism has no place for one.
    #[error(
        "{name} has no place for a realm (-r): nothing was tried. Only DIGEST-MD5 has; for the others write \
         the realm behind the user: -a {authcid}@{realm}."
    )]
    NoRealm {
        /// The mechanism, or what stands for all that the server offers.
        name: String,
        /// `-a`
        authcid: String,
        /// `-r`
        realm: String,
    },
    /// The password or token would go over the network unencrypted.
    #[error(
        "{name} would send the secret over an unencrypted line to another host: nothing was sent. \
         Use TLS (-s, or -t \"\" for STARTTLS), or say --allow-plaintext if you mean it."
    )]
    Plaintext {
        /// The mechanism.
        name: String,
    },
}

/// Finds the login: the one that `-m` names and no other, or else the best that the server offers,
/// that can carry the authzid, and that does not give the secret away on this line.
pub fn choose(
    credentials: &Credentials,
    capabilities: &CapabilitySet,
    line: &LineSafety,
) -> Result<Login, ChooseError> {
    let offer = Offer {
        credentials,
        capabilities,
        exposed: *line == LineSafety::Plain,
    };
    offer.strong_enough(line)?;
    match credentials.mechanism.as_deref() {
        Some(name) => offer.named(name),
        None => offer.best(),
    }
}

/// Cyrus offers EXTERNAL only when it has one.
const WANTS_CERTIFICATE: &str =
    " Some servers offer it only to those who show a client certificate: -t FILE.";

struct Offer<'a> {
    credentials: &'a Credentials,
    capabilities: &'a CapabilitySet,
    /// Others may read the line.
    exposed: bool,
}

impl Offer<'_> {
    fn named(&self, name: &str) -> Result<Login, ChooseError> {
        let login = if name.eq_ignore_ascii_case("login") {
            Login::Command
        } else {
            Login::Mechanism(MechanismSpec::find(name).ok_or_else(|| {
                ChooseError::Unknown {
                    name: name.to_owned(),
                    known: MECHANISMS
                        .iter()
                        .filter(|m| gssapi::BUILT || !m.asks_around())
                        .map(|m| m.name)
                        .collect::<Vec<_>>()
                        .join(", "),
                    offered: self.offered(),
                }
            })?)
        };
        if login.asks_around() && !gssapi::BUILT {
            return Err(ChooseError::NotBuilt);
        }
        if !self.advertised(&login) {
            return Err(ChooseError::NotOffered {
                name: match login {
                    Login::Mechanism(spec) => format!("AUTH={}", spec.name),
                    Login::Command => "the LOGIN command (LOGINDISABLED)".to_owned(),
                },
                offered: self.offered(),
                hint: match login.name() {
                    "EXTERNAL" => WANTS_CERTIFICATE.to_owned() + &self.hint(),
                    _ => self.hint(),
                },
            });
        }
        if !self.bound(&login) {
            return Err(ChooseError::CannotBind {
                name: self.title(&login),
            });
        }
        if let Some(error) = self.misses_realm(&login) {
            return Err(error);
        }
        if !self.fits(&login) {
            return Err(ChooseError::CannotCarry {
                name: self.title(&login),
                authcid: self.authcid(),
                authzid: self.authzid(),
            });
        }
        self.safe(&login)
    }

    fn best(&self) -> Result<Login, ChooseError> {
        let offered: Vec<Login> = ranked()
            .filter(|login| self.advertised(login) && self.allowed(login))
            .collect();
        if offered.is_empty() {
            return Err(ChooseError::Nothing {
                offered: self.offered(),
                hint: self.hint(),
            });
        }
        let bound: Vec<Login> = offered
            .into_iter()
            .filter(|login| self.bound(login))
            .collect();
        let Some(first) = bound.first() else {
            return Err(ChooseError::NothingBinds {
                offered: self.offered(),
                hint: self.hint(),
            });
        };
        if let Some(error) = self.misses_realm(first)
            && !bound.iter().any(|login| login.carries_realm())
        {
            return Err(error);
        }
        let fitting: Vec<Login> = bound
            .into_iter()
            .filter(|login| self.misses_realm(login).is_none())
            .filter(|login| self.fits(login))
            .collect();
        let Some(first) = fitting.first() else {
            return Err(ChooseError::NothingCarries {
                authcid: self.authcid(),
                authzid: self.authzid(),
                offered: self.offered(),
                hint: self.hint(),
            });
        };
        match fitting.iter().find(|login| self.safe(login).is_ok()) {
            Some(login) => Ok(*login),
            None => self.safe(first),
        }
    }

    fn advertised(&self, login: &Login) -> bool {
        match login {
            Login::Mechanism(spec) => self
                .capabilities
                .mechanisms()
                .iter()
                .any(|m| m == spec.name),
            Login::Command => !self.capabilities.has("LOGINDISABLED"),
        }
    }

    /// Whether it may be taken without `-m`.
    fn allowed(&self, login: &Login) -> bool {
        if login.asks_around() {
            return self.goes_by_ticket();
        }
        !by_request_only(login) || self.must_bind() && login.binds()
    }

    /// Whether a Kerberos ticket is what to log in with: there is one of the user, and who gave a password
    /// means that.
    fn goes_by_ticket(&self) -> bool {
        self.credentials.secret.is_none()
            && self.credentials.authcid.is_some()
            && gssapi::has_ticket(self.credentials.authcid.as_deref())
    }

    fn must_bind(&self) -> bool {
        self.credentials.channel_binding != ChannelBinding::OnRequest
    }

    fn bound(&self, login: &Login) -> bool {
        login.binds() || !self.must_bind()
    }

    fn misses_realm(&self, login: &Login) -> Option<ChooseError> {
        let realm = self.credentials.realm.clone()?;
        (!login.carries_realm()).then(|| ChooseError::NoRealm {
            name: self.title(login),
            authcid: self.authcid(),
            realm,
        })
    }

    /// imtest counts TLS as a layer below SASL's, and asks no more of SASL than what TLS leaves open. `-l`
    /// limits SASL's own layers only, so that one is met always.
    fn strong_enough(&self, line: &LineSafety) -> Result<(), ChooseError> {
        let (wanted, strength) = (self.credentials.min_ssf, line.strength());
        if strength >= wanted {
            return Ok(());
        }
        let (line, next) = match line {
            LineSafety::Tls { cipher, .. } => (
                format!("the cipher of this TLS connection, {cipher}, has"),
                " Ask for less.".to_owned(),
            ),
            _ => (
                "there is no TLS on this line, which makes".to_owned(),
                " Use -s, or -t \"\" for STARTTLS.".to_owned(),
            ),
        };
        Err(ChooseError::TooWeak {
            wanted,
            line,
            strength,
            next,
        })
    }

    fn fits(&self, login: &Login) -> bool {
        login.carries_authzid() || !self.credentials.acts_for_another()
    }

    fn safe(&self, login: &Login) -> Result<Login, ChooseError> {
        if self.exposed && login.reveals_secret() && !self.credentials.allow_plaintext {
            return Err(ChooseError::Plaintext {
                name: self.title(login),
            });
        }
        Ok(*login)
    }

    /// As it begins a sentence.
    fn title(&self, login: &Login) -> String {
        match login {
            Login::Mechanism(spec) => spec.name.to_owned(),
            Login::Command => "The LOGIN command".to_owned(),
        }
    }

    fn authcid(&self) -> String {
        self.credentials
            .authcid
            .clone()
            .unwrap_or_else(|| "this login".to_owned())
    }

    fn authzid(&self) -> String {
        self.credentials.authzid.clone().unwrap_or_default()
    }

    fn offered(&self) -> String {
        let mut names: Vec<String> = self
            .capabilities
            .mechanisms()
            .iter()
            .map(|m| format!("AUTH={m}"))
            .collect();
        if !self.capabilities.has("LOGINDISABLED") {
            names.push("the LOGIN command".to_owned());
        }
        if names.is_empty() {
            "no mechanism at all".to_owned()
        } else {
            names.join(", ")
        }
    }

    fn hint(&self) -> String {
        if self.capabilities.has("STARTTLS") {
            " It offers STARTTLS, and often allows more behind it: try -t \"\".".to_owned()
        } else {
            String::new()
        }
    }
}

/// All logins, the best first.
fn ranked() -> impl Iterator<Item = Login> {
    MECHANISMS.iter().flat_map(|spec| {
        let command = (spec.name == "LOGIN").then_some(Login::Command);
        std::iter::once(Login::Mechanism(spec)).chain(command)
    })
}

fn by_request_only(login: &Login) -> bool {
    matches!(login, Login::Mechanism(spec) if spec.by_request_only)
}
