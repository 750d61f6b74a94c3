//! Where, as whom and how safely: the command line's wishes, the target and the profile made one.
//!
//! Precedence: command line, profile, default. What is said twice on one command line must agree.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::profile::{Config, ConfigError, Profile};
use super::target::{Base, Target, Url};
use crate::channel::{Limits, Network, Place, Plan, Security, Trust};
use crate::sasl::{Credentials, Secret};

/// Port of IMAP without TLS from the first byte.
pub const PORT: u16 = 143;
/// Port of IMAP over TLS (RFC 8314).
pub const TLS_PORT: u16 = 993;

/// What the options of the command line ask for.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// `-p`.
    pub port: Option<u16>,
    /// `-s`: TLS from the first byte.
    pub tls: bool,
    /// `-t ""` (no file) or `-t FILE` (certificate and key).
    pub keyfile: Option<Option<PathBuf>>,
    /// `-u`.
    pub authzid: Option<String>,
    /// `-a`.
    pub authcid: Option<String>,
    /// `-w`.
    pub password: Option<Secret>,
    /// `-m`.
    pub mechanism: Option<String>,
    /// `--ca`.
    pub ca: Option<PathBuf>,
    /// `--insecure`.
    pub insecure: bool,
    /// `--allow-plaintext`.
    pub allow_plaintext: bool,
    /// `--no-auto`.
    pub no_auto: bool,
}

impl Wishes {
    /// The first option about who logs in, if one was given.
    pub fn login_option(&self) -> Option<&'static str> {
        first(&[
            ("-a", self.authcid.is_some()),
            ("-u", self.authzid.is_some()),
            ("-w", self.password.is_some()),
            ("-m", self.mechanism.is_some()),
        ])
    }

    /// The first option about the line, if one was given.
    pub fn line_option(&self) -> Option<&'static str> {
        first(&[
            ("-p", self.port.is_some()),
            ("-s", self.tls),
            ("-t", self.keyfile.is_some()),
            ("--ca", self.ca.is_some()),
            ("--insecure", self.insecure),
            ("--allow-plaintext", self.allow_plaintext),
        ])
    }
}

fn first(options: &[(&'static str, bool)]) -> Option<&'static str> {
    let given = options.iter().find(|(_, given)| *given);
    given.map(|(option, _)| *option)
}

/// One place and one person, ready to connect.
#[derive(Debug, Clone)]
pub struct Account {
    /// What the connection task needs.
    pub plan: Plan,
    /// Whether the full screen may ask for NAMESPACE, LIST and LSUB by itself.
    pub auto: bool,
    /// The mailbox that a URL named.
    pub url_mailbox: Option<String>,
    /// The mailbox that the profile named.
    pub profile_mailbox: Option<String>,
}

/// Why wishes, target and profile do not come together. Each is a sentence.
#[derive(Debug, Error)]
pub enum AccountError {
    /// The config file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Two values for one thing.
    #[error("{option} says {one:?} and the target says {other:?}: choose one")]
    Twice {
        /// The option.
        option: &'static str,
        /// Its value.
        one: String,
        /// The target's.
        other: String,
    },
    /// `-s` and `imap://`.
    #[error(
        "-s is TLS from the first byte and imap:// is without: write imaps://, or leave -s out"
    )]
    TlsAgainstUrl,
    /// `-s` and `-t ""`.
    #[error("-s is TLS from the first byte and -t \"\" demands STARTTLS: choose one")]
    TwoKindsOfTls,
    /// `-t ""` and `imaps://`.
    #[error(
        "imaps:// is TLS from the first byte and -t \"\" demands STARTTLS: write imap://, or leave -t out"
    )]
    StartTlsAgainstUrl,
    /// `--ca` and `--insecure`.
    #[error("--insecure verifies nothing, so --ca has no meaning beside it: choose one")]
    CaAndInsecure,
    /// An option about certificates, and no TLS.
    #[error("{0} goes with TLS: add -s (TLS), -t \"\" (STARTTLS) or imaps://")]
    NeedsTls(&'static str),
    /// `-u` and nobody who logs in.
    #[error(
        "act as {0:?} needs somebody who logs in: add -a USER (imtest's -a; it has the password)"
    )]
    NobodyLogsIn(String),
    /// `-w` or `-m` and nobody who logs in.
    #[error("{0} says how to log in, but not who: add -a USER")]
    LoginWithoutUser(&'static str),
    /// An empty name.
    #[error("{0} is empty: leave it out, or give a name")]
    Empty(&'static str),
    /// An option about the line, for a server in this process.
    #[error("demo has its own server, in memory: {0} has no meaning there")]
    NoLine(&'static str),
    /// `-t FILE` or `--ca FILE` without the file.
    #[error("{option} {path:?}: {error}{hint}")]
    NoFile {
        /// The option.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
        /// What to do.
        hint: &'static str,
    },
}

/// What a target or profile says before the wishes come over it.
struct Ground<'a> {
    host: &'a str,
    port: Option<u16>,
    security: Security,
    url: Option<&'a Url>,
    profile: Option<&'a Profile>,
}

impl Account {
    /// Puts everything together; `None`: there is no target and no default profile.
    pub fn new(
        wishes: &Wishes,
        target: Option<&Target>,
        config: &Config,
    ) -> Result<Option<Account>, AccountError> {
        let profile_name = match target.map(|t| &t.base) {
            Some(Base::Profile(name)) => Some(name.as_str()),
            Some(_) => None,
            None => match &config.default_profile {
                Some(name) => Some(name.as_str()),
                None => return Ok(None),
            },
        };
        let profile = profile_name.map(|name| config.profile(name)).transpose()?;
        let ground = match (target.map(|t| &t.base), profile) {
            (Some(Base::Host { host, port }), _) => Ground {
                host,
                port: *port,
                security: Security::Plain,
                url: None,
                profile: None,
            },
            (Some(Base::Url(url)), _) => Ground {
                host: &url.host,
                port: url.port,
                security: if url.tls {
                    Security::Implicit
                } else {
                    Security::Plain
                },
                url: Some(url),
                profile: None,
            },
            (_, Some(profile)) => Ground {
                host: &profile.host,
                port: profile.port.map(Into::into),
                security: profile.security.into(),
                url: None,
                profile: Some(profile),
            },
            (_, None) => return Ok(None),
        };
        let act_as = target.and_then(|t| t.act_as.as_deref());
        let security = security(wishes, &ground)?;
        let port = match (wishes.port, ground.port) {
            (Some(one), Some(other)) if one != other && ground.profile.is_none() => {
                return Err(twice("-p", &one.to_string(), &other.to_string()));
            }
            (Some(port), _) | (None, Some(port)) => port,
            (None, None) if security == Security::Implicit => TLS_PORT,
            (None, None) => PORT,
        };
        Ok(Some(Account {
            plan: Plan {
                place: Place::Tcp {
                    host: ground.host.to_owned(),
                    port,
                },
                security,
                trust: trust(wishes, &ground, security)?,
                credentials: credentials(wishes, ground.url, ground.profile, act_as)?,
                limits: Limits::default(),
                network: Network::default(),
            },
            auto: !wishes.no_auto && ground.profile.is_none_or(|p| p.auto),
            url_mailbox: ground.url.and_then(|url| url.mailbox.clone()),
            profile_mailbox: ground.profile.and_then(|profile| profile.mailbox.clone()),
        }))
    }

    /// The embedded demo server: AS craig (auth cyrus), unless the wishes say otherwise. `password`
    /// knows the demo's own accounts, so that nobody has to type what the README says.
    pub fn demo(
        wishes: &Wishes,
        (authcid, authzid): (&str, &str),
        password: impl Fn(&str) -> Option<String>,
    ) -> Result<Account, AccountError> {
        if let Some(option) = wishes.line_option() {
            return Err(AccountError::NoLine(option));
        }
        let mut wishes = wishes.clone();
        if wishes.authcid.is_none() {
            wishes.authcid = Some(authcid.to_owned());
            wishes.authzid = Some(wishes.authzid.unwrap_or_else(|| authzid.to_owned()));
        }
        let mut credentials = credentials(&wishes, None, None, None)?;
        if credentials.secret.is_none() {
            credentials.secret = credentials
                .authcid
                .as_deref()
                .and_then(password)
                .map(Secret::new);
        }
        Ok(Account {
            plan: Plan {
                place: Place::Demo,
                security: Security::Plain,
                trust: Trust::default(),
                credentials,
                limits: Limits::default(),
                network: Network::default(),
            },
            auto: !wishes.no_auto,
            url_mailbox: None,
            profile_mailbox: None,
        })
    }
}

fn twice(option: &'static str, one: &str, other: &str) -> AccountError {
    AccountError::Twice {
        option,
        one: one.to_owned(),
        other: other.to_owned(),
    }
}

fn security(wishes: &Wishes, ground: &Ground<'_>) -> Result<Security, AccountError> {
    match (&wishes.keyfile, wishes.tls, ground.url) {
        (Some(None), true, _) => Err(AccountError::TwoKindsOfTls),
        (_, true, Some(url)) if !url.tls => Err(AccountError::TlsAgainstUrl),
        (Some(None), _, Some(url)) if url.tls => Err(AccountError::StartTlsAgainstUrl),
        (_, true, _) => Ok(Security::Implicit),
        (Some(None), false, _) => Ok(Security::StartTls),
        // A client certificate goes with the TLS there is; where there is none it asks for STARTTLS.
        (Some(Some(_)), false, _) if ground.security == Security::Plain => Ok(Security::StartTls),
        (_, false, _) => Ok(ground.security),
    }
}

fn trust(wishes: &Wishes, ground: &Ground<'_>, security: Security) -> Result<Trust, AccountError> {
    if wishes.insecure && wishes.ca.is_some() {
        return Err(AccountError::CaAndInsecure);
    }
    if security == Security::Plain && wishes.insecure {
        return Err(AccountError::NeedsTls("--insecure"));
    }
    if security == Security::Plain && wishes.ca.is_some() {
        return Err(AccountError::NeedsTls("--ca"));
    }
    let profile = ground.profile;
    let insecure = wishes.insecure || (wishes.ca.is_none() && profile.is_some_and(|p| p.insecure));
    let ca = match &wishes.ca {
        Some(ca) => Some(ca),
        None if wishes.insecure => None,
        None => profile.and_then(|p| p.ca.as_ref()),
    };
    let certificate = match &wishes.keyfile {
        Some(Some(file)) => Some(file),
        // -t "" is STARTTLS without a certificate, as in imtest.
        Some(None) => None,
        None => profile.and_then(|p| p.client_certificate.as_ref()),
    };
    if let Some(ca) = ca {
        must_exist("--ca", ca, "")?;
    }
    if let Some(file) = certificate {
        let hint =
            "; -t takes a PEM file with certificate and key, or \"\" for STARTTLS without one";
        must_exist("-t", file, hint)?;
    }
    Ok(Trust {
        ca_files: ca.cloned().into_iter().collect(),
        insecure,
        client_certificate: certificate.cloned(),
        ..Trust::default()
    })
}

fn must_exist(option: &'static str, path: &Path, hint: &'static str) -> Result<(), AccountError> {
    match std::fs::File::open(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(AccountError::NoFile {
            option,
            path: path.to_path_buf(),
            error,
            hint,
        }),
    }
}

fn credentials(
    wishes: &Wishes,
    url: Option<&Url>,
    profile: Option<&Profile>,
    act_as: Option<&str>,
) -> Result<Credentials, AccountError> {
    let named = [
        ("-a", &wishes.authcid),
        ("-u", &wishes.authzid),
        ("-m", &wishes.mechanism),
    ];
    for (option, value) in named {
        if value.as_deref() == Some("") {
            return Err(AccountError::Empty(option));
        }
    }
    let said = |option, wish: &Option<String>, other: Option<&str>| match (wish, other) {
        (Some(one), Some(other)) if one != other => Err(twice(option, one, other)),
        (Some(one), _) => Ok(Some(one.clone())),
        (None, other) => Ok(other.map(str::to_owned)),
    };
    let authcid = said(
        "-a",
        &wishes.authcid,
        url.and_then(|u| u.authcid.as_deref()),
    )?;
    let authzid = said("-u", &wishes.authzid, act_as)?;
    let mechanism = said(
        "-m",
        &wishes.mechanism,
        url.and_then(|u| u.mechanism.as_deref()),
    )?;

    let authcid = authcid.or_else(|| profile.and_then(|p| p.authcid.clone()));
    let authzid = authzid.or_else(|| profile.and_then(|p| p.authzid.clone()));
    if authcid.is_none() {
        if let Some(authzid) = authzid {
            return Err(AccountError::NobodyLogsIn(authzid));
        }
        if wishes.password.is_some() {
            return Err(AccountError::LoginWithoutUser("-w"));
        }
        if mechanism.is_some() {
            return Err(AccountError::LoginWithoutUser("-m"));
        }
    }
    Ok(Credentials {
        authcid,
        authzid,
        secret: wishes.password.clone(),
        mechanism: mechanism.or_else(|| profile.and_then(|p| p.mechanism.clone())),
        allow_plaintext: wishes.allow_plaintext || profile.is_some_and(|p| p.allow_plaintext),
        ..Credentials::default()
    })
}
