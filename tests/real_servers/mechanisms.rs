//! Every mechanism that a server offers, whatever it offers: with the right and with a wrong secret, for
//! oneself and for another. Who one is shows in a mailbox that craig alone may see.

use std::path::{Path, PathBuf};

use imapsh::wire::base64;

use crate::program::{Home, Output, run};
use crate::server::{Kind, Server, both, dovecot};
use crate::{CRAIG, Line, Who, arguments, craig_by_admin, exec, exec_as, unused};

/// Stands for the LOGIN command among the mechanisms.
const COMMAND: &str = "the LOGIN command";

const LINES: [Line; 3] = [Line::Plain, Line::StartTls, Line::Imaps];

/// What stands behind `AUTH=` before a login, to somebody who shows this certificate.
fn offered(server: &Server, line: Line, certificate: Option<&Path>) -> Vec<String> {
    let mut all = arguments(server, line, None, &[], &["exec", "CAPABILITY"]);
    show(&mut all, certificate);
    let output = run(&Home::new(), &all, b"").expect_code(0);
    let text = output.text();
    let last = text
        .lines()
        .rfind(|text| text.starts_with("S: * CAPABILITY "))
        .expect("CAPABILITY is answered");
    let mut names: Vec<String> = last
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("AUTH="))
        // Only where a KDC is; see the module `gssapi`.
        .filter(|name| !name.starts_with("GSSAPI"))
        .map(str::to_owned)
        .collect();
    names.sort();
    names
}

/// What they offer as `tests/servers` sets them up: one that is missing would not be tested any more.
fn expected(kind: Kind, line: Line, certificate: bool) -> Vec<&'static str> {
    let mut names = vec![
        "CRAM-MD5",
        "DIGEST-MD5",
        "LOGIN",
        "PLAIN",
        "SCRAM-SHA-1",
        "SCRAM-SHA-256",
    ];
    match kind {
        Kind::Dovecot => names.extend(["ANONYMOUS", "EXTERNAL", "OAUTHBEARER", "XOAUTH2"]),
        Kind::Cyrus if line == Line::Plain => {}
        Kind::Cyrus => names.extend(["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"]),
    }
    if kind == Kind::Cyrus && certificate {
        names.push("EXTERNAL");
    }
    names.sort();
    names
}

/// Puts the certificate into the command line: with `-t` if that is there, else beside `-s`.
fn show(all: &mut Vec<String>, certificate: Option<&Path>) {
    let Some(pem) = certificate else { return };
    let pem = pem.to_str().unwrap().to_owned();
    match all.iter().position(|word| word == "-t") {
        Some(at) => all[at + 1] = pem,
        None => all.splice(0..0, ["-t".to_owned(), pem]).for_each(drop),
    }
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
        self.run_with(who, &[])
    }

    fn run_with(&self, who: Who, options: &[&str]) -> Output {
        eprintln!(
            "{:?} {:?} {} -a {} -u {:?} {:?} {options:?}",
            self.server.kind, self.line, self.mechanism, who.authcid, who.authzid, self.certificate
        );
        // LOGIN alone is the command.
        let name = match self.mechanism {
            COMMAND => "login".to_owned(),
            mechanism => format!("AUTH={mechanism}"),
        };
        let verb = ["exec", self.list];
        let mut more = vec!["-m", &name, "-a", who.authcid];
        more.extend(who.authzid.iter().flat_map(|name| ["-u", *name]));
        if !who.password.is_empty() {
            more.extend(["-w", who.password]);
        }
        more.extend(options);
        let mut all = arguments(self.server, self.line, None, &more, &verb);
        show(&mut all, self.certificate.as_deref());
        let output = run(&Home::new(), &all, b"");
        // Our own words speak of secrets, the wire must not: neither plain nor in base64, wherever it begins.
        let wire = output.text();
        for before in 0..3 {
            if who.password.is_empty() {
                break;
            }
            let text = base64::encode(&[&vec![0; before], who.password.as_bytes()].concat());
            let from = if before == 0 { 0 } else { 4 };
            let inner = &text[from..text.len() - 4];
            for form in [who.password, inner] {
                assert!(!wire.contains(form), "{form} is shown:\n{wire}");
            }
        }
        output
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
    // Without an initial response, where the mechanism has one.
    attempt
        .run_with(CRAIG, &["-i"])
        .expect_code(0)
        .expect_line(attempt.own);
    // Oneself by name is no other.
    attempt.is_craig(Who {
        authzid: Some("craig"),
        ..CRAIG
    });
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
                .expect_not_sent("LOGIN")
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
    // The introspection server of the test knows nothing of these two, and Dovecot says UNAVAILABLE.
    attempt
        .is_refused(token("craig", None, "wrong-8899"))
        .expect_error(&["could not have the token checked", "get a fresh one"]);
    // {"aud":"imap","scp":"IMAP.AccessAsUser.All","exp":1}
    attempt
        .is_refused(token("craig", None, STALE))
        .expect_error(&[
            "the token is for imap (aud), allows IMAP.AccessAsUser.All (scp), and expired",
            "(exp: 1970-01-01T00:00:01Z)",
            "get a fresh one",
        ])
        .expect_not_said(&["eyJhdWQ", "c2lnbmF0dXJl"]);
}

/// A token in the form of a JWT, long out of date.
const STALE: &str = "eyJhbGciOiJub25lIn0.eyJhdWQiOiJpbWFwIiwic2NwIjoiSU1BUC5BY2Nlc3NBc1VzZXIuQWxsIiwiZXhwIjoxfQ.c2lnbmF0dXJl";

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

/// Bound to TLS, where Cyrus 3.6 knows tls-unique alone, which rustls does not give: nobody gets in, and
/// nobody is let in as somebody else.
fn by_binding(attempt: &Try<'_>) {
    if attempt.line == Line::Plain {
        attempt
            .is_refused(CRAIG)
            .expect_not_sent("AUTHENTICATE")
            .expect_error(&["nothing to bind to"]);
        return;
    }
    for who in [CRAIG, wrong(CRAIG), craig_by_admin(attempt.server)] {
        attempt
            .is_refused(who)
            .expect_error(&["the server refused craig", "tls-unique alone"]);
    }
    for way in ["tls-exporter", "tls-server-end-point"] {
        attempt
            .run_with(CRAIG, &["--channel-binding", way])
            .expect_code(3)
            .expect_not_sent("LIST")
            .expect_error(&["channel binding", way, "tls-unique alone"]);
    }
}

#[test]
fn every_mechanism_that_is_offered() {
    for server in both() {
        let own = unused(server, "mine");
        exec(server, &[&format!("CREATE {own}")]).expect_code(0);
        let list = format!("LIST \"\" {own}");
        let certificate = server.dir.join("craig.pem");
        for line in LINES {
            let mut names = offered(server, line, None);
            assert_eq!(names, expected(server.kind, line, false));
            if line != Line::Plain {
                // Whoever shows a certificate may be offered more.
                let more = offered(server, line, Some(&certificate));
                assert_eq!(more, expected(server.kind, line, true));
                names.extend(more);
                names.sort();
                names.dedup();
            }
            names.push(COMMAND.to_owned());
            for mechanism in names {
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
                    "LOGIN" | "CRAM-MD5" | COMMAND => by_password(&attempt, false),
                    "XOAUTH2" | "OAUTHBEARER" => by_token(&attempt),
                    "EXTERNAL" => {
                        // Nothing was shown.
                        attempt
                            .is_refused(Who {
                                password: "",
                                ..CRAIG
                            })
                            .expect_error(&["client certificate"]);
                        if line != Line::Plain {
                            by_certificate(&mut attempt);
                        }
                    }
                    "ANONYMOUS" => {
                        attempt
                            .run(CRAIG)
                            .expect_code(0)
                            .expect_no_line("S: * LIST");
                    }
                    "SCRAM-SHA-1-PLUS" | "SCRAM-SHA-256-PLUS" => by_binding(&attempt),
                    other => panic!("{:?} offers {other}, and no test knows it", server.kind),
                }
            }
        }
        exec(server, &[&format!("DELETE {own}")]).expect_code(0);
    }
}

/// A login that is to be bound to TLS is not made where nothing binds (Dovecot 2.3 offers no -PLUS).
#[test]
fn what_cannot_be_bound_is_not_tried() {
    let Some(server) = dovecot() else { return };
    let more = ["--channel-binding", "require"];
    exec_as(server, Line::Imaps, Some(CRAIG), &more, &["NOOP"])
        .expect_code(3)
        .expect_not_sent("AUTHENTICATE")
        .expect_error(&["is to be bound to TLS", "nothing can"]);
}

/// Dovecot hands on whatever number of rounds the user's verifier has.
#[test]
fn too_many_rounds_are_not_computed() {
    let Some(server) = dovecot() else { return };
    let costly = Who {
        authcid: "costly",
        authzid: None,
        password: "wrong-8899",
    };
    exec_as(
        server,
        Line::Plain,
        Some(costly),
        &["-m", "SCRAM-SHA-256"],
        &["NOOP"],
    )
    .expect_code(3)
    .expect_line("C: *")
    .expect_not_sent("NOOP")
    .expect_error(&["asks for 2000000 rounds", "at most 1000000", "-m"]);
}
