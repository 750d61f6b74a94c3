//! Every mechanism that a server offers, whatever it offers: with the right and with a wrong secret, for
//! oneself and for another. Who one is shows in a mailbox that craig alone may see.

use std::path::PathBuf;

use crate::program::{Home, Output, run};
use crate::server::{Kind, Server, both};
use crate::{CRAIG, Line, Who, arguments, craig_by_admin, exec, exec_as, unused};

const LINES: [Line; 3] = [Line::Plain, Line::StartTls, Line::Imaps];

/// What stands behind `AUTH=` before a login.
fn offered(server: &Server, line: Line) -> Vec<String> {
    let output = exec_as(server, line, None, &[], &["CAPABILITY"]).expect_code(0);
    let text = output.text();
    let last = text
        .lines()
        .rfind(|text| text.starts_with("S: * CAPABILITY "))
        .expect("CAPABILITY is answered");
    last.split_whitespace()
        .filter_map(|word| word.strip_prefix("AUTH="))
        .map(str::to_owned)
        .collect()
}

struct Try<'a> {
    server: &'a Server,
    line: Line,
    mechanism: &'a str,
    /// For EXTERNAL.
    certificate: Option<PathBuf>,
    /// craig's own mailbox.
    list: &'a str,
    own: &'a str,
}

impl Try<'_> {
    fn run(&self, who: Who) -> Output {
        eprintln!(
            "{:?} {:?} {} -a {} -u {:?} {:?}",
            self.server.kind, self.line, self.mechanism, who.authcid, who.authzid, self.certificate
        );
        // LOGIN alone is the command.
        let name = format!("AUTH={}", self.mechanism);
        let verb = ["exec", self.list];
        let mut more = vec!["-m", &name, "-a", who.authcid];
        more.extend(who.authzid.iter().flat_map(|name| ["-u", *name]));
        if !who.password.is_empty() {
            more.extend(["-w", who.password]);
        }
        let mut all = arguments(self.server, self.line, None, &more, &verb);
        if let Some(pem) = &self.certificate {
            let pem = pem.to_str().unwrap().to_owned();
            match all.iter().position(|word| word == "-t") {
                Some(at) => all[at + 1] = pem,
                None => all.splice(0..0, ["-t".to_owned(), pem]).for_each(drop),
            }
        }
        run(&Home::new(), &all, b"")
    }

    fn is_craig(&self, who: Who) {
        self.run(who).expect_code(0).expect_line(self.own);
    }

    fn is_refused(&self, who: Who) -> Output {
        self.run(who).expect_code(3).expect_not_sent("LIST")
    }
}

fn wrong(who: Who) -> Who {
    Who {
        password: "wrong-8899",
        ..who
    }
}

fn by_password(attempt: &Try<'_>, carries_authzid: bool) {
    attempt.is_craig(CRAIG);
    attempt
        .is_refused(wrong(CRAIG))
        .expect_error(&["the server refused craig", "check user and password"]);
    let admin = craig_by_admin(attempt.server);
    let monty = Who {
        authcid: "monty",
        authzid: Some("craig"),
        password: "secret",
    };
    if carries_authzid {
        attempt.is_craig(admin);
        // Dovecot says AUTHORIZATIONFAILED here, for a wrong password: both causes are named.
        attempt
            .is_refused(wrong(admin))
            .expect_error(&["refused craig (auth", "password"]);
        attempt
            .is_refused(monty)
            .expect_error(&["craig (auth monty)"]);
    } else {
        for who in [admin, monty] {
            attempt
                .is_refused(who)
                .expect_not_sent("AUTHENTICATE")
                .expect_error(&["cannot carry an authorization identity", "craig"]);
        }
    }
}

fn by_token(attempt: &Try<'_>) {
    let token = |authcid, authzid, password| Who {
        authcid,
        authzid,
        password,
    };
    attempt.is_craig(token("craig", None, "token-craig"));
    // The one name that goes out is -u.
    attempt.is_craig(token("brian", Some("craig"), "token-craig"));
    for who in [
        token("craig", None, "expired-craig"),
        token("craig", Some("monty"), "token-craig"),
    ] {
        attempt.is_refused(who).expect_error(&[
            "its reason: the token is not valid",
            "a token can be had as described at http",
        ]);
    }
    // The introspection server of the test knows nothing of this one.
    attempt.is_refused(token("craig", None, "wrong-8899"));
}

fn by_certificate(attempt: &mut Try<'_>) {
    let (server, own) = (attempt.server, attempt.own);
    let mut with = |owner: &str, authcid, authzid| {
        let pem = server.dir.join(format!("{owner}.pem"));
        assert!(pem.exists(), "{}", pem.display());
        attempt.certificate = Some(pem);
        attempt.run(Who {
            authcid,
            authzid,
            password: "",
        })
    };
    with("craig", "craig", None).expect_code(0).expect_line(own);
    for (owner, authzid) in [("craig", Some("monty")), ("monty", None)] {
        with(owner, "craig", authzid)
            .expect_code(3)
            .expect_not_sent("LIST")
            .expect_error(&["client certificate"]);
    }
    // Dovecot's EXTERNAL lets nobody act for another.
    if server.kind == Kind::Cyrus {
        with("cyrus", "cyrus", Some("craig"))
            .expect_code(0)
            .expect_line(own);
    }
}

#[test]
fn every_mechanism_that_is_offered() {
    for server in both() {
        let own = unused(server, "mine");
        exec(server, &[&format!("CREATE {own}")]).expect_code(0);
        let list = format!("LIST \"\" {own}");
        let mut seen = Vec::new();
        for line in LINES {
            for mechanism in offered(server, line) {
                let mut attempt = Try {
                    server,
                    line,
                    mechanism: &mechanism,
                    certificate: None,
                    list: &list,
                    own: &own,
                };
                match mechanism.as_str() {
                    "PLAIN" | "SCRAM-SHA-1" | "SCRAM-SHA-256" | "DIGEST-MD5" => {
                        by_password(&attempt, true);
                    }
                    "LOGIN" | "CRAM-MD5" => by_password(&attempt, false),
                    "XOAUTH2" | "OAUTHBEARER" => by_token(&attempt),
                    "EXTERNAL" if line == Line::Plain => {
                        attempt
                            .is_refused(CRAIG)
                            .expect_error(&["client certificate"]);
                    }
                    "EXTERNAL" => by_certificate(&mut attempt),
                    "ANONYMOUS" => {
                        attempt
                            .run(CRAIG)
                            .expect_code(0)
                            .expect_no_line("S: * LIST");
                    }
                    "SCRAM-SHA-1-PLUS" | "SCRAM-SHA-256-PLUS" if line == Line::Plain => {
                        attempt
                            .is_refused(CRAIG)
                            .expect_not_sent("AUTHENTICATE")
                            .expect_error(&["nothing to bind to"]);
                    }
                    // Cyrus 3.6 binds by tls-unique alone, which rustls does not give.
                    "SCRAM-SHA-1-PLUS" | "SCRAM-SHA-256-PLUS" => {
                        attempt
                            .is_refused(CRAIG)
                            .expect_error(&["tls-unique alone"]);
                    }
                    // Only where a KDC is; see the module `gssapi`.
                    "GSSAPI" => {}
                    other => panic!("{:?} offers {other}, and no test knows it", server.kind),
                }
                seen.push(mechanism);
            }
        }
        let least: &[&str] = match server.kind {
            Kind::Dovecot => &["CRAM-MD5", "DIGEST-MD5", "XOAUTH2", "EXTERNAL", "ANONYMOUS"],
            Kind::Cyrus => &["CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-256-PLUS"],
        };
        for name in least {
            assert!(
                seen.iter().any(|s| s == name),
                "{:?} offers no {name}",
                server.kind
            );
        }
        exec(server, &[&format!("DELETE {own}")]).expect_code(0);
    }
}
