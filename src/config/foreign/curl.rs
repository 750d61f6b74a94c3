//! curl's options (curl(1)), as far as they concern IMAP.

use super::words::{Item, Spec, row, scan};
use super::{Foreign, ForeignError, Tool, name};
use crate::channel::tls::TlsVersion;
use crate::channel::{Place, Plan, ProxyClient, ProxyHeader, ProxyVersion, Security};
use crate::config::account::{PORT, TLS_PORT};
use crate::config::target::{self, TargetError};

#[derive(Clone, Copy)]
enum Opt {
    Url,
    User,
    LoginOptions,
    Authzid,
    Bearer,
    RequireTls,
    TryTls,
    Insecure,
    CaFile,
    Certificate,
    Key,
    AtLeast(TlsVersion),
    AtMost,
    Password,
    Unix,
    HaProxy,
    Command,
    NoInitial,
    Quiet,
    LeftOut(&'static str),
}

const OPTIONS: &[Spec<Opt>] = &[
    row('\0', "url", true, Opt::Url),
    row('u', "user", true, Opt::User),
    row('\0', "login-options", true, Opt::LoginOptions),
    row('\0', "sasl-authzid", true, Opt::Authzid),
    row('\0', "oauth2-bearer", true, Opt::Bearer),
    row('\0', "ssl-reqd", false, Opt::RequireTls),
    row('\0', "ssl", false, Opt::TryTls),
    row('k', "insecure", false, Opt::Insecure),
    row('\0', "cacert", true, Opt::CaFile),
    row('E', "cert", true, Opt::Certificate),
    row('\0', "key", true, Opt::Key),
    row('\0', "pass", true, Opt::Password),
    row('\0', "unix-socket", true, Opt::Unix),
    row('\0', "haproxy-protocol", false, Opt::HaProxy),
    row('\0', "haproxy-clientip", true, Opt::HaProxy),
    row('X', "request", true, Opt::Command),
    row('\0', "sasl-ir", false, Opt::Quiet),
    row('\0', "no-sasl-ir", false, Opt::NoInitial),
    row('v', "verbose", false, Opt::Quiet),
    row('s', "silent", false, Opt::Quiet),
    row('S', "show-error", false, Opt::Quiet),
    row('i', "include", false, Opt::Quiet),
    row('N', "no-buffer", false, Opt::Quiet),
    row('#', "progress-bar", false, Opt::Quiet),
    row('f', "fail", false, Opt::Quiet),
    row('4', "ipv4", false, Opt::Quiet),
    row('6', "ipv6", false, Opt::Quiet),
    row('\0', "trace", true, Opt::Quiet),
    row('\0', "trace-ascii", true, Opt::Quiet),
    row('w', "write-out", true, Opt::Quiet),
    row('m', "max-time", true, Opt::Quiet),
    row('\0', "connect-timeout", true, Opt::Quiet),
    row('o', "output", true, Opt::LeftOut("-o")),
    row('n', "netrc", false, Opt::LeftOut("-n")),
    row('\0', "netrc-file", true, Opt::LeftOut("--netrc-file")),
    row('T', "upload-file", true, Opt::LeftOut("-T")),
    row('x', "proxy", true, Opt::LeftOut("-x")),
    row('U', "proxy-user", true, Opt::LeftOut("-U")),
    row('K', "config", true, Opt::LeftOut("-K")),
    row('\0', "capath", true, Opt::LeftOut("--capath")),
    row('\0', "ciphers", true, Opt::LeftOut("--ciphers")),
    row('\0', "pinnedpubkey", true, Opt::LeftOut("--pinnedpubkey")),
    row('\0', "resolve", true, Opt::LeftOut("--resolve")),
    row('\0', "connect-to", true, Opt::LeftOut("--connect-to")),
    row('\0', "interface", true, Opt::LeftOut("--interface")),
    row('\0', "tls-max", true, Opt::AtMost),
    row('\0', "tlsv1.2", false, Opt::AtLeast(TlsVersion::Tls12)),
    row('\0', "tlsv1.3", false, Opt::AtLeast(TlsVersion::Tls13)),
];

pub(super) fn read(arguments: &[String]) -> Result<Foreign, ForeignError> {
    let place = Place::Tcp {
        host: String::new(),
        port: 0,
    };
    let mut foreign = Foreign::new(Tool::Curl, Plan::new(place));
    let (mut address, mut unix, mut wants_tls) = (None, None, false);
    for item in scan(arguments, OPTIONS, false)? {
        let plan = &mut foreign.plan;
        match item {
            Item::Word(word) => address = Some(word),
            Item::Unknown(option) => {
                foreign.note(format!("{option} is not known here and was left out."));
            }
            Item::Option(option, value) => match option {
                Opt::Url => address = Some(value),
                Opt::User => user(&mut foreign, &value),
                Opt::LoginOptions => mechanism(&mut foreign, &value),
                Opt::Authzid => plan.credentials.authzid = name(&value),
                Opt::Bearer => {
                    plan.credentials.mechanism = Some("OAUTHBEARER".to_owned());
                    foreign.note("The token in it was left out: imapsh asks for it.");
                }
                Opt::RequireTls => wants_tls = true,
                Opt::TryTls => {
                    wants_tls = true;
                    foreign.note("--ssl only tries STARTTLS; imapsh takes it as a demand.");
                }
                Opt::Insecure => plan.trust.insecure = true,
                Opt::CaFile => plan.trust.ca_files = vec![value.into()],
                Opt::Certificate => {
                    let (file, password) = match value.split_once(':') {
                        Some((file, _)) => (file.to_owned(), true),
                        None => (value, false),
                    };
                    plan.trust.client_certificate = Some(file.into());
                    if password {
                        foreign.dropped_password();
                    }
                }
                Opt::Key => plan.trust.client_key = Some(value.into()),
                Opt::AtLeast(version) => plan.trust.min_version = Some(version),
                Opt::AtMost => match value.as_str() {
                    "1.2" => plan.trust.max_version = Some(TlsVersion::Tls12),
                    "1.3" | "default" => {}
                    _ => foreign.note("--tls-max was left out: TLS 1.2 and 1.3 are known here."),
                },
                Opt::Password => foreign.dropped_password(),
                Opt::Unix => unix = Some(value),
                Opt::HaProxy => {
                    let client = value
                        .parse()
                        .map_or(ProxyClient::Unknown, ProxyClient::Address);
                    if client == ProxyClient::Unknown {
                        foreign.note("--haproxy-protocol: imapsh wants to be told which address; unknown was taken.");
                    }
                    foreign.plan.network.proxy = Some(ProxyHeader {
                        version: ProxyVersion::V1,
                        client,
                    });
                }
                Opt::Command => command(&mut foreign, &value),
                Opt::NoInitial => plan.credentials.no_initial_response = true,
                Opt::Quiet => {}
                Opt::LeftOut(option) => foreign.note(format!("{option} was left out.")),
            },
        }
    }
    let address = address.ok_or(ForeignError::NoServer(
        "curl wants imap://HOST or imaps://HOST",
    ))?;
    url(&mut foreign, &address, wants_tls)?;
    if let Some(path) = unix {
        foreign.plan.place = Place::Unix(path.into());
    }
    if foreign.plan.trust.insecure && !foreign.plan.trust.ca_files.is_empty() {
        foreign.plan.trust.ca_files.clear();
        foreign.note("-k verifies nothing, so --cacert was left out.");
    }
    Ok(foreign)
}

/// What curl was to send: said, unless it may hold a password.
fn command(foreign: &mut Foreign, value: &str) {
    let verb = value.split_whitespace().next().unwrap_or_default();
    if ["LOGIN", "AUTHENTICATE"]
        .iter()
        .any(|login| verb.eq_ignore_ascii_case(login))
    {
        foreign.note("Its own login command was left out.");
    } else {
        foreign.note(format!("Its command, to be typed once you are in: {value}"));
    }
}

/// `user`, `user:password`, `user;options:password`: curl(1), `--user`.
fn user(foreign: &mut Foreign, value: &str) {
    let (user, password) = match value.split_once(':') {
        Some((user, _)) => (user, true),
        None => (value, false),
    };
    let (user, options) = match user.split_once(';') {
        Some((user, options)) => (user, Some(options)),
        None => (user, None),
    };
    foreign.plan.credentials.authcid = name(user);
    if let Some(options) = options {
        mechanism(foreign, options);
    }
    if password {
        foreign.dropped_password();
    }
}

/// `AUTH=PLAIN`; `AUTH=+LOGIN` is the LOGIN command.
fn mechanism(foreign: &mut Foreign, options: &str) {
    let value = options
        .split_once('=')
        .filter(|(key, _)| key.eq_ignore_ascii_case("AUTH"))
        .map(|(_, value)| value);
    foreign.plan.credentials.mechanism = match value {
        None => return foreign.note("Its login options are not known here and were left out."),
        Some("*") => None,
        Some(value) if value.eq_ignore_ascii_case("+LOGIN") => Some("login".to_owned()),
        Some(value) if value.eq_ignore_ascii_case("LOGIN") => Some("AUTH=LOGIN".to_owned()),
        Some(value) => name(value),
    };
}

/// `imap[s]://[user[:password][;AUTH=...]@]host[:port][/mailbox[;UID=...][?search]]`
fn url(foreign: &mut Foreign, address: &str, wants_tls: bool) -> Result<(), ForeignError> {
    let (scheme, rest) = address.split_once("://").ok_or(ForeignError::NotImap(
        "curl takes it for a web page; imap:// or imaps:// is missing",
    ))?;
    let implicit = match scheme.to_ascii_lowercase().as_str() {
        "imaps" => true,
        "imap" => false,
        _ => {
            return Err(ForeignError::NotImap(
                "the URL is no imap:// or imaps:// URL",
            ));
        }
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let place = match authority.rsplit_once('@') {
        Some((login, place)) => {
            let (login, password) = login
                .split_once(':')
                .map_or((login, false), |(l, _)| (l, true));
            user(foreign, &target::decode(login).map_err(quietly)?);
            if password {
                foreign.dropped_password();
            }
            place
        }
        None => authority,
    };
    let (host, port) = target::host_and_port(place, place)?;
    foreign.plan.security = match (implicit, wants_tls) {
        (true, _) => Security::Implicit,
        (false, true) => Security::StartTls,
        (false, false) => Security::Plain,
    };
    let port = port.unwrap_or(if implicit { TLS_PORT } else { PORT });
    foreign.plan.place = Place::Tcp { host, port };
    let end = path.find([';', '?']).unwrap_or(path.len());
    let (mailbox, beyond) = path.split_at_checked(end).unwrap_or((path, ""));
    foreign.mailbox = name(&target::decode(mailbox)?);
    if !beyond.is_empty() {
        foreign.note("What the URL says behind the mailbox was left out: imapsh opens mailboxes.");
    }
    Ok(())
}

/// What cannot be decoded may be half a password.
fn quietly(_: TargetError) -> ForeignError {
    ForeignError::Target(TargetError::Encoding("the user in the URL".to_owned()))
}
