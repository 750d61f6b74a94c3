//! A real Dovecot and a real Cyrus, from `tests/servers`.
//!
//! `IMAPSH_TEST_DOVECOT` and `IMAPSH_TEST_CYRUS` name directories in which `dovecot-up` and `cyrus-up`
//! run already (`tests/run` does that). Without them a server is started here, once for the whole
//! binary, and stopped when the binary ends, however it ends. On Debian as root, and wherever
//! `IMAPSH_TEST_REQUIRE_SERVERS` is set, a missing server is a failure; elsewhere it is said aloud
//! that the test did not run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Dovecot,
    Cyrus,
}

/// A running server. Users craig, monty and brian have the password `secret`.
pub struct Server {
    pub kind: Kind,
    pub dir: PathBuf,
    /// Plain, STARTTLS offered.
    pub port: u16,
    pub imaps_port: u16,
    /// STARTTLS required.
    pub tls_port: u16,
    /// Wants a PROXY header first; Dovecot alone has it.
    pub proxy_port: Option<u16>,
    pub ca: String,
    /// Holds the keeper's stdin open; it stops the server when that closes.
    _keeper: Option<Child>,
}

impl Server {
    /// Who may act for others; password `adminpass`.
    pub fn admin(&self) -> &'static str {
        match self.kind {
            Kind::Dovecot => "admin",
            Kind::Cyrus => "cyrus",
        }
    }

    /// Between the levels of a mailbox's name.
    pub fn separator(&self) -> char {
        match self.kind {
            Kind::Dovecot => '/',
            Kind::Cyrus => '.',
        }
    }

    /// A personal mailbox of this name.
    pub fn mailbox(&self, name: &str) -> String {
        match self.kind {
            Kind::Dovecot => name.to_owned(),
            Kind::Cyrus => format!("INBOX.{name}"),
        }
    }

    /// Certificate (chain) and key as PEM, by the name `mkcerts` gives them.
    pub fn certificate(&self, name: &str) -> (PathBuf, PathBuf) {
        (
            self.dir.join(format!("{name}.pem")),
            self.dir.join(format!("{name}.key")),
        )
    }
}

/// Both servers; only those that there are.
pub fn both() -> Vec<&'static Server> {
    [dovecot(), cyrus()].into_iter().flatten().collect()
}

pub fn dovecot() -> Option<&'static Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    or_say(SERVER.get_or_init(|| {
        start(
            Kind::Dovecot,
            "dovecot",
            "IMAPSH_TEST_DOVECOT",
            "/usr/sbin/dovecot",
        )
    }))
}

pub fn cyrus() -> Option<&'static Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    or_say(SERVER.get_or_init(|| {
        start(
            Kind::Cyrus,
            "cyrus",
            "IMAPSH_TEST_CYRUS",
            "/usr/lib/cyrus/bin/imapd",
        )
    }))
}

fn or_say(server: &'static Result<Server, String>) -> Option<&'static Server> {
    match server {
        Ok(server) => Some(server),
        Err(why) if required() => panic!("{why}"),
        Err(why) => {
            eprintln!("NOT RUN: {why}");
            None
        }
    }
}

pub fn required() -> bool {
    let root = rustix::process::geteuid().is_root();
    std::env::var_os("IMAPSH_TEST_REQUIRE_SERVERS").is_some()
        || root && Path::new("/etc/debian_version").exists()
}

fn start(kind: Kind, name: &str, variable: &str, program: &str) -> Result<Server, String> {
    if let Some(dir) = std::env::var_os(variable) {
        return read(kind, PathBuf::from(dir), None);
    }
    if !Path::new(program).exists() {
        return Err(format!(
            "{program} is not there; as root on Debian, tests/servers/install puts it there"
        ));
    }
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers");
    // The servers' own users must get in, and their sockets allow no long path.
    let dir = PathBuf::from(format!("/tmp/imapsh-{}-{name}", std::process::id()));
    let mut up = Command::new(scripts.join(format!("{name}-up")));
    up.arg(&dir).arg("auto").env("NUSERS", "3");
    // With GSSAPI then.
    if let Some(kdc) = std::env::var_os("IMAPSH_TEST_KDC") {
        up.env("KDC", kdc);
    }
    let up = up.output();
    let up = up.map_err(|error| format!("{name}-up cannot be run: {error}"))?;
    if !up.status.success() {
        return Err(format!(
            "{name}-up failed: {}",
            String::from_utf8_lossy(&up.stderr)
        ));
    }
    // A group of its own, so that Ctrl+C at the tests does not end the one who cleans up.
    let mut keeper = Command::new("/bin/bash");
    keeper
        .args([
            "-c",
            "while read -r _; do :; done; exec \"$0\" \"$1\" --wipe",
        ])
        .arg(scripts.join(format!("{name}-down")))
        .arg(&dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    std::os::unix::process::CommandExt::process_group(&mut keeper, 0);
    let keeper = keeper
        .spawn()
        .map_err(|error| format!("no keeper for {name}: {error}"))?;
    read(kind, dir, Some(keeper))
}

fn read(kind: Kind, dir: PathBuf, keeper: Option<Child>) -> Result<Server, String> {
    let path = dir.join("env");
    let text =
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let values: HashMap<&str, &str> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let value = |name: &str| {
        values
            .get(name)
            .copied()
            .ok_or(format!("{}: no {name}", path.display()))
    };
    let port = |name: &str| {
        value(name)?
            .parse::<u16>()
            .map_err(|error| format!("{}: {name}: {error}", path.display()))
    };
    Ok(Server {
        kind,
        port: port("PORT")?,
        imaps_port: port("IMAPS_PORT")?,
        tls_port: port("TLS_PORT")?,
        proxy_port: port("PROXY_PORT").ok(),
        ca: value("CA")?.to_owned(),
        dir,
        _keeper: keeper,
    })
}
