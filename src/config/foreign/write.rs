//! A plan as another tool's command line. Never with a secret: each of them asks.

use super::words::quoted;
use super::{ForeignError, Tool};
use crate::channel::tls::TlsVersion;
use crate::channel::{Place, Plan, ProxyClient, Security};

/// A command line, and what it does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// To be pasted into a shell.
    pub line: String,
    /// Sentences about what is different there.
    pub notes: Vec<String>,
}

/// The command line of `tool` that comes nearest to `plan`.
///
/// # Errors
/// The tool cannot get there at all.
pub fn write(plan: &Plan, tool: Tool) -> Result<Written, ForeignError> {
    let cannot = |why| ForeignError::Cannot {
        tool: tool.name(),
        why,
    };
    match &plan.place {
        Place::Demo => return Err(cannot("the demo server lives in this process")),
        Place::Log(_) => {
            return Err(cannot(
                "this is a log, and nobody knows where it was written",
            ));
        }
        Place::Tunnel { .. } => return Err(cannot("it has no tunnels")),
        Place::Unix(_) if tool == Tool::Imtest => return Err(cannot("it has no unix sockets")),
        Place::Unix(_) | Place::Tcp { .. } => {}
    }
    let mut line = Line {
        words: Vec::new(),
        notes: Vec::new(),
    };
    match tool {
        Tool::Imtest => imtest(plan, &mut line),
        Tool::OpenSsl if plan.security == Security::Plain => {
            return Err(cannot(
                "this session is not encrypted, and openssl speaks TLS only",
            ));
        }
        Tool::OpenSsl => openssl(plan, &mut line),
        Tool::Curl => curl(plan, &mut line),
    }
    Ok(Written {
        line: line.words.join(" "),
        notes: line.notes,
    })
}

struct Line {
    words: Vec<String>,
    notes: Vec<String>,
}

impl Line {
    fn flag(&mut self, flag: &str) {
        self.words.push(flag.to_owned());
    }

    fn option(&mut self, flag: &str, value: &str) {
        self.words.push(flag.to_owned());
        self.words.push(quoted(value));
    }

    fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }
}

fn imtest(plan: &Plan, line: &mut Line) {
    line.flag("imtest");
    let (host, port) = match &plan.place {
        Place::Tcp { host, port } => (host.as_str(), *port),
        _ => (plan.place.host(), 0),
    };
    if port != 0 {
        line.option("-p", &port.to_string());
    }
    let certificate = plan.trust.client_certificate.as_ref();
    match plan.security {
        Security::Plain => {}
        Security::StartTls => {
            let file = certificate.map(|c| c.display().to_string());
            line.option("-t", &file.unwrap_or_default());
        }
        Security::Implicit => {
            line.flag("-s");
            if certificate.is_some() {
                line.note("imtest sends no client certificate where TLS comes first.");
            }
        }
    }
    if plan.security != Security::Plain {
        line.note("imtest verifies no certificate.");
    }
    let credentials = &plan.credentials;
    match (&credentials.authzid, &credentials.authcid) {
        (Some(authzid), _) => line.option("-u", authzid),
        // Else it would be the Unix user.
        (None, Some(authcid)) => line.option("-u", authcid),
        (None, None) => line.note("Without -a imtest logs in as the Unix user."),
    }
    if let Some(authcid) = &credentials.authcid {
        line.option("-a", authcid);
    }
    match credentials.mechanism.as_deref() {
        Some("AUTH=LOGIN") => line.note("imtest knows LOGIN only as the command."),
        Some(mechanism) => line.option("-m", mechanism),
        None => {}
    }
    if let Some(realm) = &credentials.realm {
        line.option("-r", realm);
    }
    if credentials.min_ssf > 0 {
        line.option("-k", &credentials.min_ssf.to_string());
    }
    if let Some(bits) = credentials.max_ssf {
        line.option("-l", &bits.to_string());
    }
    if credentials.no_initial_response {
        line.flag("-i");
    }
    if plan.network.compress {
        line.flag("-q");
    }
    if let Some(proxy) = plan.network.proxy {
        let client = match proxy.client {
            ProxyClient::Address(address) => address.to_string(),
            ProxyClient::Unknown => "unknown".to_owned(),
            ProxyClient::Local => "local".to_owned(),
        };
        line.option("-H", &client);
    }
    line.words.push(quoted(host));
}

fn openssl(plan: &Plan, line: &mut Line) {
    line.flag("openssl");
    line.flag("s_client");
    match &plan.place {
        Place::Unix(path) => line.option("-unix", &path.display().to_string()),
        place => line.option("-connect", &place.to_string()),
    }
    if plan.security == Security::StartTls {
        line.option("-starttls", "imap");
    }
    // Without -quiet, a line that begins with Q, R, k or K is a command to s_client.
    line.flag("-crlf");
    line.flag("-quiet");
    for file in &plan.trust.ca_files {
        line.option("-CAfile", &file.display().to_string());
    }
    if let Some(file) = &plan.trust.client_certificate {
        line.option("-cert", &file.display().to_string());
        let key = plan.trust.client_key.as_ref().unwrap_or(file);
        line.option("-key", &key.display().to_string());
    }
    let host = plan.trust.server_name.as_deref();
    if let Some(host) = host {
        line.option("-servername", host);
    }
    match (plan.trust.min_version, plan.trust.max_version) {
        (_, Some(TlsVersion::Tls12)) => line.flag("-tls1_2"),
        (Some(TlsVersion::Tls13), _) => line.flag("-tls1_3"),
        _ => {}
    }
    pinned(plan, line);
    if !plan.trust.insecure && plan.trust.pins.is_empty() {
        let host = host.unwrap_or(plan.place.host());
        let kind = if host.parse::<std::net::IpAddr>().is_ok() {
            "-verify_ip"
        } else {
            "-verify_hostname"
        };
        line.option(kind, host);
        line.flag("-verify_return_error");
    }
    if plan.credentials.authcid.is_some() {
        line.note("openssl does not log in: type a1 LOGIN user password, or AUTHENTICATE by hand.");
    }
    if plan.network.proxy.is_some() || plan.network.compress {
        line.note("openssl sends no PROXY header and knows no COMPRESS.");
    }
}

fn curl(plan: &Plan, line: &mut Line) {
    line.flag("curl");
    line.flag("-v");
    let scheme = match plan.security {
        Security::Implicit => "imaps",
        Security::Plain | Security::StartTls => "imap",
    };
    if plan.security == Security::StartTls {
        line.flag("--ssl-reqd");
    }
    let place = match &plan.place {
        Place::Unix(path) => {
            line.option("--unix-socket", &path.display().to_string());
            plan.place.host().to_owned()
        }
        place => place.to_string(),
    };
    if plan.trust.insecure {
        line.flag("--insecure");
    }
    if let Some(file) = plan.trust.ca_files.first() {
        line.option("--cacert", &file.display().to_string());
    }
    if let Some(file) = &plan.trust.client_certificate {
        line.option("--cert", &file.display().to_string());
    }
    if let Some(file) = &plan.trust.client_key {
        line.option("--key", &file.display().to_string());
    }
    if plan.trust.server_name.is_some() {
        line.note("curl asks for the host of its URL, and for no other name.");
    }
    if plan.trust.min_version == Some(TlsVersion::Tls13) {
        line.flag("--tlsv1.3");
    }
    if plan.trust.max_version == Some(TlsVersion::Tls12) {
        line.option("--tls-max", "1.2");
    }
    pinned(plan, line);
    let credentials = &plan.credentials;
    let mechanism = credentials.mechanism.as_deref();
    match (&credentials.authcid, mechanism) {
        (Some(authcid), Some("XOAUTH2" | "OAUTHBEARER")) => {
            line.option("--user", authcid);
            line.note(
                "curl wants the token on its command line (--oauth2-bearer), where ps shows it.",
            );
        }
        (Some(authcid), _) => {
            line.option("--user", authcid);
            if authcid.contains([':', ';']) {
                line.note("curl takes what stands behind : or ; in the user for something else.");
            }
        }
        (None, _) => {}
    }
    if credentials.acts_for_another()
        && let Some(authzid) = &credentials.authzid
    {
        line.option("--sasl-authzid", authzid);
    }
    match mechanism {
        Some("XOAUTH2" | "OAUTHBEARER") | None => {}
        Some("login") => line.option("--login-options", "AUTH=+LOGIN"),
        Some("AUTH=LOGIN") => line.option("--login-options", "AUTH=LOGIN"),
        Some(mechanism) => line.option("--login-options", &format!("AUTH={mechanism}")),
    }
    if let Some(proxy) = plan.network.proxy {
        match proxy.client {
            ProxyClient::Address(address) => {
                line.option("--haproxy-clientip", &address.to_string());
            }
            ProxyClient::Unknown | ProxyClient::Local => line.flag("--haproxy-protocol"),
        }
    }
    if plan.network.compress {
        line.note("curl knows no COMPRESS.");
    }
    line.words.push(quoted(&format!("{scheme}://{place}/")));
}

fn pinned(plan: &Plan, line: &mut Line) {
    if !plan.trust.pins.is_empty() {
        line.note("The pin has no like there: the certificate is not compared with it.");
    }
}
