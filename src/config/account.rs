//! Where, as whom and how safely: options, target and profile made one.
//!
//! Precedence: command line, environment, profile, the file's `[defaults]`, default. What is said twice
//! on one command line must agree. What concerns certificates is in `safety.rs`.

use std::path::Path;

use super::error::AccountError;
use super::file::{Config, Profile};
use super::general::General;
use super::password::{self, From as PasswordFrom};
use super::settings::{Layer, Layers};
use super::target::{Base, Target, Url};
use super::{line, safety};
use crate::channel::{Limits, Network, Place, Plan, Security, Trust};
use crate::sasl::{ChannelBinding, Credentials, MechanismSpec, Secret};

/// Port of IMAP without TLS from the first byte.
pub const PORT: u16 = 143;
/// Port of IMAP over TLS (RFC 8314).
pub const TLS_PORT: u16 = 993;

/// What was asked for outside of the config file.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// The options of the command line.
    pub command_line: Layer,
    /// The variables `IMAPSH_*`.
    pub environment: Layer,
}

/// The options of the command line that concern who logs in.
const LOGIN: &[&str] = &[
    "authname",
    "username",
    "password",
    "password-from",
    "forget",
    "mechanism",
    "realm",
    "minssf",
    "maxssf",
    "sasl-option",
    "do-challenge",
    "no-initial-response",
    "channel-binding",
    "allow-plaintext",
];

/// Those that concern the line.
const LINE: &[&str] = &[
    "port",
    "require-tls",
    "keyfile",
    "security",
    "ca",
    "pin",
    "insecure",
    "server-name",
    "cert",
    "key",
    "tls-min",
    "tls-max",
    "key-log",
    "haproxy-clientip",
    "haproxy-version",
    "unix-socket",
    "tunnel",
    "require-compression",
    "allow-plaintext",
    "password-from",
];

impl Wishes {
    /// Both, the strongest first.
    pub fn layers(&self) -> Layers<'_> {
        Layers(vec![&self.command_line, &self.environment])
    }

    /// The first option about who logs in, if the command line has one.
    pub fn login_option(&self) -> Option<String> {
        safety::first_of(&self.command_line, LOGIN)
    }

    /// The first option about certificates, if the command line has one.
    pub fn tls_option(&self) -> Option<String> {
        safety::tls_option(&self.command_line)
    }
}

/// One place and one person, ready to connect.
#[derive(Debug, Clone)]
pub struct Account {
    /// What the connection task needs.
    pub plan: Plan,
    /// Where the password comes from, if it was not given and nobody is to be asked.
    pub password_from: Option<PasswordFrom>,
    /// Whether the full screen may ask for NAMESPACE, LIST and LSUB by itself.
    pub auto: bool,
    /// The mailbox that a URL (or `--mailbox`) named.
    pub url_mailbox: Option<String>,
    /// The mailbox that the profile named.
    pub profile_mailbox: Option<String>,
    /// What concerns the program.
    pub general: General,
}

/// What a target or profile says before the options come over it.
pub(super) struct Ground<'a> {
    pub(super) url: Option<&'a Url>,
    pub(super) profile: Option<&'a Profile>,
    host: Option<&'a str>,
    port: Option<u16>,
    act_as: Option<&'a str>,
}

/// The layers that count for `target`, the strongest first.
///
/// # Errors
/// There is no such profile.
pub fn layers<'a>(
    wishes: &'a Wishes,
    target: Option<&Target>,
    config: &'a Config,
) -> Result<(Layers<'a>, Option<&'a Profile>), AccountError> {
    let mut layers = wishes.layers();
    let placed = |layer: &Layer| layer.has("unix-socket") || layer.has("tunnel");
    let name = match target.map(|target| &target.base) {
        Some(Base::Profile(name)) => Some(name.as_str()),
        Some(_) => None,
        None if layers.0.iter().any(|layer| placed(layer)) => None,
        None => config.default_profile.as_deref(),
    };
    let profile = name.map(|name| config.profile(name)).transpose()?;
    layers.0.extend(profile.map(|profile| &profile.layer));
    layers.0.push(&config.defaults);
    Ok((layers, profile))
}

impl Account {
    /// Puts everything together; `None`: there is no target and no default profile.
    ///
    /// # Errors
    /// What does not come together.
    pub fn new(
        wishes: &Wishes,
        target: Option<&Target>,
        config: &Config,
    ) -> Result<Option<Account>, AccountError> {
        let (layers, profile) = layers(wishes, target, config)?;
        let mut ground = Ground {
            url: None,
            profile,
            host: profile.and_then(|profile| profile.host.as_deref()),
            port: None,
            act_as: target.and_then(|target| target.act_as.as_deref()),
        };
        match target.map(|target| &target.base) {
            Some(Base::Host { host, port }) => {
                (ground.host, ground.port) = (Some(host.as_str()), *port);
            }
            Some(Base::Url(url)) => {
                (ground.host, ground.port, ground.url) =
                    (Some(url.host.as_str()), url.port, Some(url));
            }
            Some(Base::Profile(_)) | None => {}
        }
        let command_line = &wishes.command_line;
        let security = safety::security(&layers, command_line, &ground)?;
        let Some(place) = place(&layers, command_line, &ground, target, security)? else {
            return Ok(None);
        };
        let network = line::network(&layers, &place)?;
        let option = command_line.text("mailbox");
        let url_mailbox = ground.url.and_then(|url| url.mailbox.clone());
        if let (Some(one), Some(other)) = (command_line.text("mailbox"), &url_mailbox)
            && one != other
        {
            return Err(twice("--mailbox", one, other));
        }
        let profile_mailbox = layers.text("mailbox").map(str::to_owned);
        let credentials = credentials(&layers, command_line, &ground)?;
        let logs_in =
            credentials.wants_login() || password_from(&layers) == Some(PasswordFrom::Netrc);
        Ok(Some(Account {
            plan: Plan {
                security,
                trust: safety::trust(&layers, command_line, security, logs_in)?,
                credentials,
                limits: line::limits(&layers),
                network,
                place,
            },
            password_from: password_from(&layers),
            auto: layers.flag("no-auto").unwrap_or(true),
            url_mailbox: url_mailbox.or(option.map(str::to_owned)),
            profile_mailbox,
            general: General::new(&layers),
        }))
    }

    /// Fetches the password from where `password_from` says; returns a sentence to warn with. May block:
    /// a command may ask on the terminal.
    ///
    /// # Errors
    /// A sentence without any secret.
    pub fn with_password(&mut self) -> Result<Option<String>, String> {
        let who = &mut self.plan.credentials;
        let Some(from) = &self.password_from else {
            return Ok(None);
        };
        let found = password::fetch(from, self.plan.place.host(), who.authcid.as_deref())?;
        if who.authcid.is_none() {
            who.authcid = found.authcid;
        }
        who.secret = Some(found.secret);
        Ok(found.warning)
    }

    /// What `word` would open as a target on a command line with no option but `--config`: for `:connect`.
    /// The password of a command, a file or the keyring is left to be fetched: that may take long.
    ///
    /// # Errors
    /// A sentence.
    pub fn at(word: &str, config: Option<&Path>) -> Result<Account, String> {
        let target = Target::parse(word).map_err(|error| error.to_string())?;
        let wishes = Wishes {
            command_line: Layer::default(),
            environment: Layer::environment(std::env::vars_os())?,
        };
        let config = Config::if_there(config).map_err(|error| error.to_string())?;
        let account = Account::new(&wishes, Some(&target), &config);
        let mut account = account
            .map_err(|error| error.to_string())?
            .ok_or("That names no place to connect to.")?;
        // netrc says who logs in, too.
        if let Some(PasswordFrom::Netrc | PasswordFrom::Environment(_)) = account.password_from {
            account.with_password()?;
            account.password_from = None;
        }
        Ok(account)
    }

    /// The embedded demo server: AS craig (auth cyrus), unless the options say otherwise. `password`
    /// knows the demo's own accounts, so that nobody has to type what the README says. No config file
    /// counts here, and of the environment nothing about the login.
    ///
    /// # Errors
    /// What has no meaning there.
    pub fn demo(
        wishes: &Wishes,
        (authcid, authzid): (&str, &str),
        password: impl Fn(&str) -> Option<String>,
    ) -> Result<Account, AccountError> {
        if let Some(option) = safety::first_of(&wishes.command_line, LINE) {
            return Err(AccountError::NoLine(option));
        }
        let layers = Layers(vec![&wishes.command_line]);
        let nobody = layers.text("authname").is_none();
        let ground = Ground {
            url: None,
            profile: None,
            host: None,
            port: None,
            act_as: None,
        };
        let mut credentials = if nobody {
            Credentials {
                authcid: Some(authcid.to_owned()),
                authzid: Some(layers.text("username").unwrap_or(authzid).to_owned()),
                ..how(&layers, None)?
            }
        } else {
            credentials(&layers, &wishes.command_line, &ground)?
        };
        if credentials.secret.is_none() {
            let user = credentials.authcid.as_deref();
            credentials.secret = user.and_then(password).map(Secret::new);
        }
        Ok(Account {
            plan: Plan {
                credentials,
                place: Place::Demo,
                security: Security::Plain,
                trust: Trust::default(),
                limits: Limits::default(),
                network: Network::default(),
            },
            password_from: None,
            auto: wishes.layers().flag("no-auto").unwrap_or(true),
            url_mailbox: layers.text("mailbox").map(str::to_owned),
            profile_mailbox: None,
            general: General::new(&wishes.layers()),
        })
    }
}

pub(super) fn twice(option: &'static str, one: &str, other: &str) -> AccountError {
    AccountError::Twice {
        option,
        one: one.to_owned(),
        other: other.to_owned(),
    }
}

fn place(
    layers: &Layers<'_>,
    command_line: &Layer,
    ground: &Ground<'_>,
    target: Option<&Target>,
    security: Security,
) -> Result<Option<Place>, AccountError> {
    let named = target.is_some_and(|target| !matches!(target.base, Base::Profile(_)));
    // Where a target says the place, only the command line may contradict it.
    let places = match named {
        true => Layers(vec![command_line]),
        false => layers.clone(),
    };
    let two = |one, other: &str| AccountError::TwoPlaces {
        one,
        other: other.to_owned(),
    };
    if let Some(path) = places.path("unix-socket") {
        if command_line.has("tunnel") {
            return Err(two("--unix-socket", "--tunnel"));
        }
        if named && command_line.has("unix-socket") {
            return Err(two("--unix-socket", "the target"));
        }
        if command_line.has("port") {
            return Err(two("--unix-socket", "-p"));
        }
        return Ok(Some(Place::Unix(path.to_path_buf())));
    }
    if let Some(command) = places.text("tunnel") {
        if command_line.has("port") || ground.port.is_some() {
            return Err(two("--tunnel", "a port"));
        }
        return Ok(Some(Place::Tunnel {
            command: command.to_owned(),
            host: ground.host.unwrap_or("localhost").to_owned(),
        }));
    }
    let Some(host) = ground.host else {
        return Ok(None);
    };
    let said = |layer: &Layer| {
        layer
            .number("port")
            .and_then(|port| u16::try_from(port).ok())
    };
    if let (Some(one), Some(other)) = (said(command_line), ground.port)
        && one != other
    {
        return Err(twice("-p", &one.to_string(), &other.to_string()));
    }
    let default = match security {
        Security::Implicit => TLS_PORT,
        Security::Plain | Security::StartTls => PORT,
    };
    let port = ground
        .port
        .or_else(|| layers.0.iter().find_map(|layer| said(layer)));
    Ok(Some(Place::Tcp {
        host: host.to_owned(),
        port: port.unwrap_or(default),
    }))
}

/// The password given with `-w` or in `IMAPSH_PASSWORD` is stronger than a place to take it from, unless
/// a stronger layer says that place.
fn password_from(layers: &Layers<'_>) -> Option<PasswordFrom> {
    let layer = (layers.0.iter()).find(|l| l.has("password") || l.has("password-from"))?;
    let text = layer.text("password-from")?;
    PasswordFrom::parse(text).ok()
}

fn secret(layers: &Layers<'_>) -> Option<Secret> {
    let layer = (layers.0.iter()).find(|l| l.has("password") || l.has("password-from"))?;
    layer.secret("password").cloned()
}

fn credentials(
    layers: &Layers<'_>,
    command_line: &Layer,
    ground: &Ground<'_>,
) -> Result<Credentials, AccountError> {
    // What the target says is said on the command line: an option beside it must agree.
    let said = |option, long, target: Option<&str>| match (command_line.text(long), target) {
        (Some(one), Some(other)) if one != other => Err(twice(option, one, other)),
        (Some(one), _) => Ok(Some(one.to_owned())),
        (None, Some(other)) => Ok(Some(other.to_owned())),
        (None, None) => Ok(layers.text(long).map(str::to_owned)),
    };
    let url = ground.url;
    let authcid = said("-a", "authname", url.and_then(|u| u.authcid.as_deref()))?;
    let authzid = said("-u", "username", ground.act_as)?;
    let mechanism = said("-m", "mechanism", url.and_then(|u| u.mechanism.as_deref()))?;
    let from = password_from(layers);
    let how = how(layers, mechanism)?;
    let spec = how.mechanism.as_deref().and_then(MechanismSpec::find);
    // EXTERNAL takes who logs in from the certificate, GSSAPI from the ticket, ANONYMOUS is nobody.
    let needs_none = spec.is_some_and(|spec| !spec.needs_authcid());
    let has_password = command_line.has("password") || command_line.has("password-from");
    if let (true, true, Some(spec)) = (authcid.is_none() && has_password, needs_none, spec) {
        return Err(AccountError::NoPassword(spec.name));
    }
    if authcid.is_none() && !needs_none && from != Some(PasswordFrom::Netrc) {
        if let Some(authzid) = authzid {
            return Err(AccountError::NobodyLogsIn(authzid));
        }
        let mechanism_of_url = url.and_then(|url| url.mechanism.as_ref());
        let given = [
            ("-w", command_line.has("password")),
            ("--password-from", command_line.has("password-from")),
            (
                "-m",
                command_line.has("mechanism") || mechanism_of_url.is_some(),
            ),
        ];
        if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
            return Err(AccountError::LoginWithoutUser(option));
        }
    }
    Ok(Credentials {
        authcid,
        authzid,
        secret: secret(layers),
        ..how
    })
}

/// How to log in, whoever does; `mechanism` from the target.
fn how(layers: &Layers<'_>, mechanism: Option<String>) -> Result<Credentials, AccountError> {
    if layers.is("do-challenge") {
        return Err(AccountError::Challenge);
    }
    let command_line = layers.0[0];
    if command_line.has("password") && command_line.has("password-from") {
        return Err(AccountError::Senseless {
            one: "-w",
            why: "is the password itself",
            other: "--password-from",
        });
    }
    // `client_mech_list=MECH`, the one SASL option there is.
    let option = layers.list("sasl-option").last();
    let listed = option
        .and_then(|option| option.split_once('='))
        .map(|(_, name)| name.trim());
    let mechanism = match (
        mechanism.or(layers.text("mechanism").map(str::to_owned)),
        listed,
    ) {
        (Some(one), Some(other)) if !one.eq_ignore_ascii_case(other) => {
            return Err(AccountError::Twice {
                option: "-m",
                one,
                other: format!("-o client_mech_list={other}"),
            });
        }
        (one, listed) => one.or(listed.map(str::to_owned)),
    };
    let realm = layers.text("realm").map(str::to_owned);
    let digest = (mechanism.as_deref()).is_some_and(|name| {
        name.eq_ignore_ascii_case("DIGEST-MD5") || name.eq_ignore_ascii_case("AUTH=DIGEST-MD5")
    });
    // A profile's realm waits for the mechanism that has one.
    if command_line.has("realm") && !digest {
        return Err(AccountError::Realm);
    }
    let (min_ssf, max_ssf) = (
        layers.number("minssf").unwrap_or(0),
        layers.number("maxssf"),
    );
    if let Some(max_ssf) = max_ssf
        && min_ssf > max_ssf
    {
        return Err(AccountError::NoStrength(min_ssf, max_ssf));
    }
    Ok(Credentials {
        mechanism,
        allow_plaintext: layers.is("allow-plaintext"),
        forget: layers.is("forget"),
        realm: realm.filter(|_| digest),
        no_initial_response: layers.is("no-initial-response"),
        channel_binding: match layers.text("channel-binding") {
            Some("require") => ChannelBinding::Require,
            Some("tls-exporter") => ChannelBinding::Exporter,
            Some("tls-server-end-point") => ChannelBinding::EndPoint,
            _ => ChannelBinding::OnRequest,
        },
        min_ssf,
        max_ssf,
        ..Credentials::default()
    })
}
