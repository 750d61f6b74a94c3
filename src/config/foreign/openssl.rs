//! `openssl s_client`'s options (openssl-s_client(1)).

use super::words::{Item, Spec, scan};
use super::{Foreign, ForeignError, Tool};
use crate::channel::tls::TlsVersion;
use crate::channel::{Place, Plan, Security};
use crate::config::target::{self, Base, Target};

#[derive(Clone, Copy)]
enum Opt {
    Connect,
    Host,
    Port,
    Unix,
    StartTls,
    CaFile,
    Certificate,
    Key,
    ServerName,
    Only(TlsVersion),
    KeyLog,
    Password,
    /// Whether a bad certificate ends it.
    VerifyError,
    Quiet,
    LeftOut(&'static str),
}

const fn row(long: &'static str, value: bool, meaning: Opt) -> Spec<Opt> {
    Spec {
        short: '\0',
        long,
        value,
        meaning,
    }
}

const OPTIONS: &[Spec<Opt>] = &[
    row("connect", true, Opt::Connect),
    row("host", true, Opt::Host),
    row("port", true, Opt::Port),
    row("unix", true, Opt::Unix),
    row("starttls", true, Opt::StartTls),
    row("CAfile", true, Opt::CaFile),
    row("cert", true, Opt::Certificate),
    row("key", true, Opt::Key),
    row("pass", true, Opt::Password),
    row("verify_return_error", false, Opt::VerifyError),
    row("crlf", false, Opt::Quiet),
    row("quiet", false, Opt::Quiet),
    row("ign_eof", false, Opt::Quiet),
    row("no_ign_eof", false, Opt::Quiet),
    row("brief", false, Opt::Quiet),
    row("showcerts", false, Opt::Quiet),
    row("msg", false, Opt::Quiet),
    row("debug", false, Opt::Quiet),
    row("state", false, Opt::Quiet),
    row("4", false, Opt::Quiet),
    row("6", false, Opt::Quiet),
    row("verify", true, Opt::Quiet),
    row("verify_ip", true, Opt::LeftOut("verify_ip")),
    row("verify_depth", true, Opt::Quiet),
    row("name", true, Opt::Quiet),
    row("servername", true, Opt::ServerName),
    row("tls1_2", false, Opt::Only(TlsVersion::Tls12)),
    row("tls1_3", false, Opt::Only(TlsVersion::Tls13)),
    row("no_tls1_2", false, Opt::Only(TlsVersion::Tls13)),
    row("no_tls1_3", false, Opt::Only(TlsVersion::Tls12)),
    row("verify_hostname", true, Opt::LeftOut("verify_hostname")),
    row("CApath", true, Opt::LeftOut("CApath")),
    row("CAstore", true, Opt::LeftOut("CAstore")),
    row("cert_chain", true, Opt::LeftOut("cert_chain")),
    row("certform", true, Opt::LeftOut("certform")),
    row("keyform", true, Opt::LeftOut("keyform")),
    row("cipher", true, Opt::LeftOut("cipher")),
    row("ciphersuites", true, Opt::LeftOut("ciphersuites")),
    row("curves", true, Opt::LeftOut("curves")),
    row("groups", true, Opt::LeftOut("groups")),
    row("sigalgs", true, Opt::LeftOut("sigalgs")),
    row("alpn", true, Opt::LeftOut("alpn")),
    row("min_protocol", true, Opt::LeftOut("min_protocol")),
    row("max_protocol", true, Opt::LeftOut("max_protocol")),
    row("proxy", true, Opt::LeftOut("proxy")),
    row("bind", true, Opt::LeftOut("bind")),
    row("keylogfile", true, Opt::KeyLog),
    row("sess_in", true, Opt::LeftOut("sess_in")),
    row("sess_out", true, Opt::LeftOut("sess_out")),
    row("psk", true, Opt::Password),
    row("psk_identity", true, Opt::LeftOut("psk_identity")),
    row("xmpphost", true, Opt::Quiet),
];

pub(super) fn read(arguments: &[String]) -> Result<Foreign, ForeignError> {
    let place = Place::Tcp {
        host: String::new(),
        port: 0,
    };
    let mut foreign = Foreign::new(Tool::OpenSsl, Plan::new(place));
    // TLS from the first byte is all that s_client does without -starttls.
    foreign.plan.security = Security::Implicit;
    let (mut connect, mut host, mut port, mut unix) = (None, None, None, None);
    let mut strict = false;
    for item in scan(arguments, OPTIONS, true)? {
        match item {
            // What stands behind an option that is not in the table may be its value.
            Item::Word(word) => {
                connect.get_or_insert(word);
            }
            Item::Unknown(option) => {
                foreign.note(format!("{option} is not known here and was left out."));
            }
            Item::Option(option, value) => match option {
                Opt::Connect => connect = Some(value),
                Opt::Host => host = Some(value),
                Opt::Port => port = Some(value),
                Opt::Unix => unix = Some(value),
                Opt::StartTls if value.eq_ignore_ascii_case("imap") => {
                    foreign.plan.security = Security::StartTls;
                }
                Opt::StartTls => {
                    return Err(ForeignError::NotImap("-starttls names another protocol"));
                }
                Opt::CaFile => foreign.plan.trust.ca_files = vec![value.into()],
                Opt::Certificate => foreign.plan.trust.client_certificate = Some(value.into()),
                Opt::Key => foreign.plan.trust.client_key = Some(value.into()),
                Opt::ServerName => foreign.plan.trust.server_name = Some(value),
                Opt::Only(version) => {
                    foreign.plan.trust.min_version = Some(version);
                    foreign.plan.trust.max_version = Some(version);
                }
                Opt::KeyLog => foreign.plan.trust.key_log = Some(value.into()),
                Opt::Password => foreign.dropped_password(),
                Opt::VerifyError => strict = true,
                Opt::Quiet => {}
                Opt::LeftOut(option) => foreign.note(format!("-{option} was left out.")),
            },
        }
    }
    foreign.plan.place = match (unix, connect, host) {
        (Some(path), _, _) => Place::Unix(path.into()),
        (None, Some(word), _) => address(&word, port.as_deref())?,
        (None, None, Some(host)) => address(&host, port.as_deref())?,
        (None, None, None) => {
            return Err(ForeignError::NoServer("-connect HOST:PORT is missing"));
        }
    };
    if !strict {
        foreign.note(
            "openssl goes on whatever is wrong with the certificate; imapsh does not, unless it is told --insecure.",
        );
    }
    Ok(foreign)
}

/// `HOST:PORT`; without a port s_client takes 4433, which is no IMAP server's.
fn address(word: &str, port: Option<&str>) -> Result<Place, ForeignError> {
    let Base::Host { host, port: given } = Target::parse(word)?.base else {
        return Err(ForeignError::NoServer("-connect wants HOST:PORT"));
    };
    let port = match (given, port) {
        (Some(port), _) => port,
        (None, Some(port)) => target::port(port)?,
        (None, None) => {
            return Err(ForeignError::NoServer(
                "-connect names no port (993 is IMAP over TLS; 143 goes with -starttls imap)",
            ));
        }
    };
    Ok(Place::Tcp { host, port })
}
