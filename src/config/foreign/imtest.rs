//! imtest's options (imtest(1) of Cyrus 3.6).

use super::words::{Item, Spec, row, scan};
use super::{Foreign, ForeignError, Tool, name};
use crate::channel::{Place, Plan, ProxyClient, ProxyHeader, ProxyVersion, Security};
use crate::config::account::{PORT, TLS_PORT};
use crate::config::target;

#[derive(Clone, Copy)]
enum Opt {
    Port,
    Tls,
    Keyfile,
    Authzid,
    Authcid,
    Password,
    Mechanism,
    Realm,
    MinSsf,
    MaxSsf,
    NoInitial,
    Compress,
    ProxyClient,
    Protocol,
    /// It says nothing of where and as whom, and means nothing more inside.
    Quiet,
    /// What to do, not where: said.
    Later(&'static str),
}

const OPTIONS: &[Spec<Opt>] = &[
    row('p', "port", true, Opt::Port),
    row('s', "require-tls", false, Opt::Tls),
    row('t', "keyfile", true, Opt::Keyfile),
    row('u', "username", true, Opt::Authzid),
    row('a', "authname", true, Opt::Authcid),
    row('w', "password", true, Opt::Password),
    row('m', "mechanism", true, Opt::Mechanism),
    row('r', "realm", true, Opt::Realm),
    row('k', "minssf", true, Opt::MinSsf),
    row('l', "maxssf", true, Opt::MaxSsf),
    row('i', "no-initial-response", false, Opt::NoInitial),
    row('q', "require-compression", false, Opt::Compress),
    row('H', "haproxy-clientip", true, Opt::ProxyClient),
    row('P', "protocol", true, Opt::Protocol),
    row('v', "verbose", false, Opt::Quiet),
    row('c', "do-challenge", false, Opt::Quiet),
    row('h', "help", false, Opt::Quiet),
    row('f', "input-filename", true, Opt::Later("-f")),
    row('n', "reauth-attempts", true, Opt::Later("-n")),
    row('z', "run-stress-test", false, Opt::Later("-z")),
    row('o', "sasl-option", true, Opt::Later("-o")),
    row('I', "pidfile", true, Opt::Later("-I")),
    row('x', "output-socket", true, Opt::Later("-x")),
    row('X', "output-socket-blocking", true, Opt::Later("-X")),
];

pub(super) fn read(arguments: &[String]) -> Result<Foreign, ForeignError> {
    let place = Place::Tcp {
        host: String::new(),
        port: 0,
    };
    let mut foreign = Foreign::new(Tool::Imtest, Plan::new(place));
    let (mut host, mut port, mut tls, mut keyfile) = (None, None, false, None);
    for item in scan(arguments, OPTIONS, false)? {
        let plan = &mut foreign.plan;
        match item {
            Item::Word(word) => host = Some(word),
            Item::Unknown(option) => {
                foreign.note(format!("{option} is not known here and was left out."));
            }
            Item::Option(option, value) => match option {
                Opt::Port => port = Some(value),
                Opt::Tls => tls = true,
                Opt::Keyfile => keyfile = Some(value),
                Opt::Authzid => plan.credentials.authzid = name(&value),
                Opt::Authcid => plan.credentials.authcid = name(&value),
                Opt::Password => foreign.dropped_password(),
                // imtest takes the LOGIN command for LOGIN in any case.
                Opt::Mechanism if value.eq_ignore_ascii_case("login") => {
                    plan.credentials.mechanism = Some("login".to_owned());
                }
                Opt::Mechanism => plan.credentials.mechanism = name(&value),
                Opt::Realm => plan.credentials.realm = name(&value),
                Opt::NoInitial => plan.credentials.no_initial_response = true,
                Opt::Compress => plan.network.compress = true,
                Opt::MinSsf => match value.parse() {
                    Ok(bits) => plan.credentials.min_ssf = bits,
                    Err(_) => foreign.note("-k is no number and was left out."),
                },
                Opt::MaxSsf => match value.parse() {
                    Ok(bits) => plan.credentials.max_ssf = Some(bits),
                    Err(_) => foreign.note("-l is no number and was left out."),
                },
                Opt::ProxyClient => match client(&value) {
                    Some(client) => {
                        plan.network.proxy = Some(ProxyHeader {
                            version: ProxyVersion::V1,
                            client,
                        });
                    }
                    None => foreign.note("-H is no address and was left out."),
                },
                Opt::Protocol if value.eq_ignore_ascii_case("imap") => {}
                Opt::Protocol => return Err(ForeignError::NotImap("-P names another protocol")),
                Opt::Quiet => {}
                Opt::Later(option) => foreign.note(format!(
                    "{option} says what to do, not where or as whom: it was left out (imapsh has it too)."
                )),
            },
        }
    }
    let security = match (&keyfile, tls) {
        (_, true) => Security::Implicit,
        (Some(_), false) => Security::StartTls,
        (None, false) => Security::Plain,
    };
    foreign.plan.security = security;
    foreign.plan.trust.client_certificate = keyfile.filter(|f| !f.is_empty()).map(Into::into);
    let host = host.ok_or(ForeignError::NoServer("imtest's last word is the host"))?;
    let port = match port.as_deref() {
        None if security == Security::Implicit => TLS_PORT,
        None | Some("imap" | "imap2") => PORT,
        Some("imaps") => TLS_PORT,
        Some(port) => target::port(port)?,
    };
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    if host.is_empty() {
        return Err(ForeignError::NoServer("imtest's last word is the host"));
    }
    foreign.plan.place = Place::Tcp { host, port };
    if foreign.plan.credentials.authcid.is_none() {
        foreign.note(
            "Without -a imtest logs in as the Unix user, whatever -u says; imapsh wants to be told who logs in.",
        );
    }
    if security != Security::Plain {
        foreign.note(
            "imtest verifies no certificate; imapsh does. For a CA of one's own there is --ca FILE.",
        );
    }
    Ok(foreign)
}

fn client(value: &str) -> Option<ProxyClient> {
    match value {
        "unknown" => Some(ProxyClient::Unknown),
        "local" => Some(ProxyClient::Local),
        address => address.parse().ok().map(ProxyClient::Address),
    }
}
