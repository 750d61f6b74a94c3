//! The program against a real Dovecot and a real Cyrus: the judges of what client and demo agree on.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[allow(dead_code)]
#[path = "common/built_in.rs"]
mod built_in;
#[allow(dead_code)]
#[path = "common/connection.rs"]
mod connection;
#[allow(dead_code)]
#[path = "common/login.rs"]
mod login;
#[allow(dead_code)]
#[path = "common/program.rs"]
mod program;
#[path = "common/server.rs"]
mod server;
#[allow(dead_code)]
#[path = "common/terminal.rs"]
mod terminal;
#[path = "common/tls_front.rs"]
mod tls_front;

// every command of the list, with and without a tag
#[path = "real_servers/commands.rs"]
mod commands;
// every row of the catalog
#[path = "real_servers/catalog.rs"]
mod catalog;
// who we are: mechanisms, acting for others, refusals
#[path = "real_servers/identity.rs"]
mod identity;
// every mechanism that each server offers, right and wrong, for oneself and for another
#[path = "real_servers/mechanisms.rs"]
mod mechanisms;
// Kerberos: both servers, and an acceptor of our own
#[cfg(feature = "gssapi")]
#[path = "real_servers/gssapi.rs"]
mod gssapi;
// the system's keyring
#[cfg(feature = "keyring")]
#[path = "real_servers/keyring.rs"]
mod keyring;
// bytes in, the same bytes out; IDLE
#[path = "real_servers/messages.rs"]
mod messages;
// the full screen: act as, with the same login
#[path = "real_servers/act_as.rs"]
mod act_as;
// imtest's modes
#[path = "real_servers/modes.rs"]
mod modes;
// COMPRESS
#[path = "real_servers/network.rs"]
mod network;
// two users compared in the screen
#[path = "real_servers/compare.rs"]
mod compare;
// the sidebar, and two users compared
#[path = "real_servers/panels.rs"]
mod panels;
// safe mode: counted, asked, taken back
#[path = "real_servers/safety.rs"]
mod safety;
// imaptest's dialect
#[path = "real_servers/imaptest.rs"]
mod imaptest;
// rows that log in themselves, on servers of their own, on one connection
#[path = "real_servers/snippet_logins.rs"]
mod snippet_logins;
// snippets: examples, rows, the way back
#[path = "real_servers/snippets.rs"]
mod snippets;
// the list of messages: letters beyond ASCII, VANISHED
#[path = "real_servers/list.rs"]
mod list;
// browsing as somebody leaves no trace: the keys, and the test
#[path = "real_servers/browsing_keys.rs"]
mod browsing_keys;
// the built-in snippets, each
#[path = "real_servers/built_in.rs"]
mod built_in_on_both;
// browsing as somebody leaves no trace
#[path = "real_servers/no_trace.rs"]
mod no_trace;
// live events: NOTIFY and IDLE
#[path = "real_servers/live.rs"]
mod live;
// certificates and STARTTLS
#[path = "real_servers/security.rs"]
mod security;

use std::sync::atomic::{AtomicU32, Ordering};

use program::{Home, Output};
use server::Server;

/// Who logs in, and as whom.
#[derive(Clone, Copy)]
pub struct Who {
    pub authcid: &'static str,
    pub authzid: Option<&'static str>,
    pub password: &'static str,
}

pub const CRAIG: Who = Who {
    authcid: "craig",
    authzid: None,
    password: "secret",
};

/// craig, by the server's administrator.
pub fn craig_by_admin(server: &Server) -> Who {
    Who {
        authcid: server.admin(),
        authzid: Some("craig"),
        password: "adminpass",
    }
}

/// How the connection is made: options, and the port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line {
    Plain,
    StartTls,
    Imaps,
}

/// `imapsh` with these options, on `localhost`, then `verb`.
pub fn arguments(
    server: &Server,
    line: Line,
    who: Option<Who>,
    more: &[&str],
    verb: &[&str],
) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut add = |words: &[&str]| all.extend(words.iter().map(|w| (*w).to_owned()));
    match line {
        Line::Plain => add(&["-p", &server.port.to_string()]),
        Line::StartTls => add(&[
            "-t",
            "",
            "--ca",
            &server.ca,
            "-p",
            &server.tls_port.to_string(),
        ]),
        Line::Imaps => add(&[
            "-s",
            "--ca",
            &server.ca,
            "-p",
            &server.imaps_port.to_string(),
        ]),
    }
    if let Some(who) = who {
        add(&["-a", who.authcid, "-w", who.password]);
        if let Some(authzid) = who.authzid {
            add(&["-u", authzid]);
        }
    }
    // What destroys is meant here; a test about safe mode says otherwise.
    if !more.iter().any(|option| option.starts_with("--yes")) {
        add(&["--yes"]);
    }
    add(more);
    add(&["localhost"]);
    add(verb);
    all
}

/// Runs commands as craig over a plain line on loopback.
#[track_caller]
pub fn exec(server: &Server, commands: &[&str]) -> Output {
    exec_as(server, Line::Plain, Some(CRAIG), &[], commands)
}

#[track_caller]
pub fn exec_as(
    server: &Server,
    line: Line,
    who: Option<Who>,
    more: &[&str],
    commands: &[&str],
) -> Output {
    let mut verb = vec!["exec"];
    verb.extend(commands);
    program::run(
        &Home::new(),
        &arguments(server, line, who, more, &verb),
        b"",
    )
}

/// A mailbox name that no other test uses.
pub fn unused(server: &Server, what: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    server.mailbox(&format!("{what}{}x{number}", std::process::id()))
}
