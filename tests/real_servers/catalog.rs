//! Every row of the catalog that a server advertises is sent there, and is not answered BAD.

use std::collections::BTreeSet;

use imapsh::catalog::{self, CommandSpec, States};
use imapsh::wire::CapabilitySet;

use crate::program::{Home, run};
use crate::server::{Kind, Server, both};
use crate::{CRAIG, Line, arguments};

/// A server, or the demo.
struct Place {
    name: &'static str,
    arguments: Vec<String>,
    prefix: &'static str,
    root: &'static str,
    cyrus: bool,
}

fn places() -> Vec<Place> {
    let of_server = |server: &'static Server| Place {
        name: match server.kind {
            Kind::Dovecot => "Dovecot",
            Kind::Cyrus => "Cyrus",
        },
        arguments: arguments(server, Line::Plain, Some(CRAIG), &[], &["exec"]),
        prefix: match server.kind {
            Kind::Dovecot => "",
            Kind::Cyrus => "INBOX.",
        },
        root: match server.kind {
            Kind::Dovecot => "\"User quota\"",
            Kind::Cyrus => "user.craig",
        },
        cyrus: server.kind == Kind::Cyrus,
    };
    let mut places: Vec<Place> = both().into_iter().map(of_server).collect();
    places.push(Place {
        name: "demo",
        arguments: vec!["--yes".to_owned(), "demo".to_owned(), "exec".to_owned()],
        prefix: "INBOX.",
        root: "user.craig",
        cyrus: false,
    });
    places
}

impl Place {
    /// Sends these lines; what came back.
    fn send(&self, home: &Home, lines: &str) -> String {
        run(home, &self.arguments, lines.as_bytes()).text()
    }

    fn capabilities(&self) -> CapabilitySet {
        let text = self.send(&Home::new(), "CAPABILITY\n");
        let line = text
            .lines()
            .find_map(|l| l.strip_prefix("S: * CAPABILITY "))
            .unwrap_or_else(|| panic!("{}: no CAPABILITY in\n{text}", self.name));
        CapabilitySet::new(line.split_ascii_whitespace().map(str::to_owned))
    }

    /// The reply to the row's example, with everything made before it that it needs.
    fn reply(&self, row: &CommandSpec, number: usize) -> String {
        let home = Home::new();
        let eml = home.file(
            "mail.eml",
            b"From: a@localhost\r\nSubject: hello\r\n\r\nhello\r\n",
        );
        let mailbox = |what: &str| format!("{}{what}{}x{number}", self.prefix, std::process::id());
        let (here, new, renamed) = (mailbox("cat"), mailbox("new"), mailbox("ren"));
        let example = row
            .example
            .replace("{box}", &here)
            .replace("{new}", &new)
            .replace("{renamed}", &renamed)
            .replace("{root}", self.root)
            .replace("{eml}", &eml.display().to_string());
        let append = format!("APPEND {here} {{@{}}}\n", eml.display());
        let mut lines = format!("CREATE {here}\n{append}{append}");
        if !row.verb.ends_with("CREATE") {
            lines.push_str(&format!("CREATE {new}\n"));
        }
        if row.states == States::Selected {
            lines.push_str(&format!("SELECT {here}\n"));
        }
        lines.push_str(&format!("t000x {example}\n"));
        if row.verb == "IDLE" {
            lines.push_str("DONE\n");
        }
        // What is left over goes; where the login is over by then, by another one.
        let clean = format!("DELETE {here}\nDELETE {new}\nDELETE {renamed}\n");
        if matches!(row.verb.as_str(), "LOGOUT" | "UNAUTHENTICATE") {
            let text = self.send(&home, &lines);
            self.send(&Home::new(), &clean);
            return self.find(&text, &example);
        }
        let text = self.send(&home, &format!("{lines}{clean}"));
        self.find(&text, &example)
    }

    fn find(&self, text: &str, example: &str) -> String {
        text.lines()
            .find_map(|l| l.strip_prefix("S: t000x "))
            .unwrap_or_else(|| panic!("{}: {example}: no reply in\n{text}", self.name))
            .to_owned()
    }
}

#[test]
fn no_row_that_is_advertised_gets_bad() {
    let mut unsent: BTreeSet<&str> = catalog::commands()
        .iter()
        .map(|row| row.verb.as_str())
        .collect();
    let mut bad = Vec::new();
    for place in places() {
        let known = place.capabilities();
        for (number, row) in catalog::commands().iter().enumerate() {
            let advertised =
                row.is_offered(&known) && (!row.private || !row.capabilities.is_empty());
            // Logins have tests of their own (identity.rs, mechanisms.rs, security.rs).
            if row.states == States::Before || !(advertised || row.private && place.cyrus) {
                continue;
            }
            let reply = place.reply(row, number);
            if !advertised {
                println!("{}: {} is not advertised: {reply}", place.name, row.verb);
                continue;
            }
            unsent.remove(row.verb.as_str());
            if reply.starts_with("BAD") {
                bad.push(format!("{}: {}: {reply}", place.name, row.example));
            }
        }
    }
    println!("sent nowhere, for no server here advertises them: {unsent:?}");
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    // All of RFC 9051 was sent somewhere, and most of the rest.
    for row in catalog::commands() {
        let plain = row.capabilities.is_empty() && !row.private && row.states != States::Before;
        assert!(
            !plain || !unsent.contains(row.verb.as_str()),
            "{}",
            row.verb
        );
    }
}
