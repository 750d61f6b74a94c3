//! Every built-in snippet on both servers.

use crate::built_in::{Make, Place, check_all};
use crate::program::{Home, Output, run};
use crate::server::{Kind, Server, both};
use crate::{Line, Who, arguments, unused};

impl Place for Server {
    fn make(&self) -> Make {
        match self.kind {
            Kind::Dovecot => Make::Dovecot,
            Kind::Cyrus => Make::Cyrus,
        }
    }

    fn imapsh(&self, home: &Home, user: Option<&str>, verb: &[&str]) -> Output {
        let who = Who {
            authcid: self.admin(),
            authzid: None,
            password: "adminpass",
        };
        let mut options = vec!["--yes"];
        options.extend(user.map(|user| ["-u", user]).into_iter().flatten());
        run(
            home,
            &arguments(self, Line::Plain, Some(who), &options, verb),
            b"",
        )
    }

    fn unused(&self, what: &str) -> String {
        unused(self, what)
    }

    fn nobody(&self) -> String {
        format!("new{}", std::process::id())
    }

    fn shared(&self) -> &'static str {
        match self.kind {
            Kind::Dovecot => "Public/announce",
            Kind::Cyrus => "shared.announce",
        }
    }

    fn users(&self) -> [&'static str; 3] {
        ["u151", "u152", "u153"]
    }
}

#[test]
fn every_built_in_snippet_does_what_it_says() {
    for server in both() {
        check_all(server);
    }
}

/// Before a login it tells how one may log in.
#[test]
fn the_audit_needs_no_login() {
    for server in both() {
        let words = arguments(
            server,
            Line::Plain,
            None,
            &[],
            &["run", "security-audit.imap"],
        );
        run(&Home::new(), &words, b"")
            .expect_code(0)
            .expect_line("STARTTLS: this line is still in the clear")
            .expect_line("AUTH=PLAIN: the password goes over this line as it is")
            .expect_line("AUTH=SCRAM-SHA-256: the password never goes over the line");
    }
}
