//! GSSAPI with real tickets: at Dovecot and Cyrus, and at an acceptor of our own, which sees what no server
//! tells and can misbehave.
//!
//! `tests/servers/kdc-up DIR` starts the KDC; `IMAPSH_TEST_KDC` names DIR, and the variables of `DIR/env`
//! must be set, because the acceptor here reads them, too. `tests/run` does all that.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread::JoinHandle;

use imapsh::wire::base64;
use libgssapi::context::{CtxFlags, SecurityContext, ServerCtx};

use crate::program::{Home, Output, accept, run_with};
use crate::server::{Kind, both, required};
use crate::{Line, arguments, exec, unused};

/// Where the tickets are; `None` if no KDC is there and none has to be.
fn kdc() -> Option<PathBuf> {
    let found = std::env::var_os("IMAPSH_TEST_KDC").map(PathBuf::from);
    let ready = found.is_some() && std::env::var_os("KRB5_KTNAME").is_some();
    let how = "start a KDC with tests/servers/kdc-up DIR, then set IMAPSH_TEST_KDC=DIR and what DIR/env says";
    match (ready, required()) {
        (true, _) => found,
        (false, true) => panic!("no KDC: {how}"),
        (false, false) => {
            eprintln!("NOT RUN: no KDC: {how}");
            None
        }
    }
}

/// What the program needs of the environment, with the tickets of `cache`.
fn tickets(kdc: &std::path::Path, cache: &str) -> [(&'static str, String); 2] {
    let kdc = kdc.to_str().unwrap();
    [
        ("KRB5_CONFIG", format!("{kdc}/krb5.conf")),
        ("KRB5CCNAME", format!("FILE:{kdc}/{cache}.cc")),
    ]
}

#[test]
fn both_servers_with_and_without_authzid() {
    let Some(kdc) = kdc() else { return };
    for server in both() {
        let own = unused(server, "ticket");
        exec(server, &[&format!("CREATE {own}")]).expect_code(0);
        let list = format!("LIST \"\" {own}");
        let run = |line, cache: &str, more: &[&str]| {
            eprintln!("{:?} {line:?} {cache} {more:?}", server.kind);
            let all = arguments(server, line, None, more, &["exec", &list]);
            run_with(&Home::new(), &tickets(&kdc, cache), &all, b"")
        };
        for line in [Line::Plain, Line::StartTls, Line::Imaps] {
            run(line, "cyrus", &["-m", "GSSAPI", "-u", "craig", "-v"])
                .expect_code(0)
                .expect_line(&own)
                .expect_error(&["AS craig (auth cyrus@IMAPSH.TEST, GSSAPI)"]);
        }
        // The one from the ticket, by request, with and without an initial response.
        for more in [&["-m", "GSSAPI"][..], &["-m", "gssapi", "-i"]] {
            run(Line::Plain, "craig", more)
                .expect_code(0)
                .expect_line(&own);
        }
        // By itself: the ticket is this user's, and no password was given.
        run(Line::Plain, "craig", &["-a", "craig"])
            .expect_code(0)
            .expect_line(&own)
            .expect_line("AUTHENTICATE GSSAPI ********");
        // A password that is given is what is meant.
        run(Line::Plain, "craig", &["-a", "craig", "-w", "secret"])
            .expect_code(0)
            .expect_line(&own)
            .expect_no_line("AUTHENTICATE GSSAPI");
        // Dovecot alone takes an instance as a name.
        if server.kind == Kind::Dovecot {
            run(Line::Plain, "admin", &["-m", "GSSAPI", "-u", "craig"])
                .expect_code(0)
                .expect_line(&own);
        }
        let refused = |cache, more: &[&str], words: &[&str]| {
            run(Line::Plain, cache, more)
                .expect_code(3)
                .expect_not_sent("LIST")
                .expect_error(words)
        };
        // Nobody told this server that monty may.
        refused(
            "monty",
            &["-m", "GSSAPI", "-u", "craig"],
            &["refused craig (auth monty@IMAPSH.TEST)", "k5principals"],
        );
        // The server has no key for this service.
        refused(
            "craig",
            &["-m", "GSSAPI", "--server-name", "other.host"],
            &["refused craig@IMAPSH.TEST", "imap/other.host in its keytab"],
        );
        let nothing_sent = |cache, more: &[&str], words: &[&str]| {
            refused(cache, more, words).expect_not_sent("AUTHENTICATE");
        };
        nothing_sent(
            "craig",
            &["-m", "GSSAPI", "--server-name", "nobody.host"],
            &["imap/nobody.host@IMAPSH.TEST is not known to Kerberos"],
        );
        nothing_sent(
            "craig",
            &["-m", "GSSAPI", "--server-name", "mail.elsewhere"],
            &[
                "leads to none in the realm ELSEWHERE.TEST",
                "kinit NAME@ELSEWHERE.TEST",
            ],
        );
        nothing_sent("expired", &["-m", "GSSAPI"], &["has expired", "`kinit`"]);
        nothing_sent(
            "none",
            &["-m", "GSSAPI"],
            &["no Kerberos ticket here", "`kinit`"],
        );
        nothing_sent(
            "craig",
            &["-m", "GSSAPI", "-a", "monty"],
            &["no Kerberos ticket of monty", "`kinit monty`"],
        );
        // No layer of GSSAPI's is counted.
        nothing_sent(
            "craig",
            &["-m", "GSSAPI", "-k", "56"],
            &["-k 56 cannot be met"],
        );
        exec(server, &[&format!("DELETE {own}")]).expect_code(0);
    }
}

#[test]
fn no_kdc_is_a_sentence() {
    let Some(kdc) = kdc() else { return };
    // A configuration of our own that names a KDC where nobody listens.
    let home = Home::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let text = std::fs::read_to_string(kdc.join("krb5.conf")).unwrap();
    let text: String = text
        .lines()
        .map(|line| match line.trim().starts_with("kdc = ") {
            true => format!("    kdc = 127.0.0.1:{port}\n"),
            false => format!("{line}\n"),
        })
        .collect();
    let config = home.file("krb5.conf", text.as_bytes());
    let mut environment = tickets(&kdc, "craig");
    environment[0].1 = config.to_str().unwrap().to_owned();
    let acceptor = Acceptor::start(Manner::Right);
    // No ticket for this one can be in the cache already.
    acceptor
        .run_for("never.host", &home, &environment, &[])
        .expect_code(3)
        .expect_not_sent("AUTHENTICATE")
        .expect_error(&["No KDC of the realm IMAPSH.TEST answers"]);
}

/// How the acceptor behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Manner {
    Right,
    /// Offers security layers, but not to do without.
    InsistsOnLayer,
    /// Its offer is no four octets.
    OddOffer,
    /// Says OK where its proof should come.
    NoProof,
    /// Says OK where its offer should come.
    NoOffer,
    /// Sends back what it got.
    Echo,
    /// Goes on asking when all was said.
    NoEnd,
}

/// What the acceptor saw.
#[derive(Debug, Default)]
struct Seen {
    principal: String,
    /// What the client chose: a layer, and the greatest message it takes in one.
    choice: [u8; 4],
    authzid: String,
    delegated: bool,
    mutual: bool,
    /// Every answer as it stood on the line.
    answers: Vec<String>,
}

/// A server end of our own: one client, AUTHENTICATE GSSAPI and LOGOUT.
struct Acceptor {
    port: u16,
    thread: JoinHandle<Seen>,
}

impl Acceptor {
    fn start(manner: Manner) -> Acceptor {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || serve(accept(&listener), manner));
        Acceptor { port, thread }
    }

    fn run(&self, home: &Home, environment: &[(&str, String)], more: &[&str]) -> Output {
        self.run_for("localhost", home, environment, more)
    }

    fn run_for(
        &self,
        name: &str,
        home: &Home,
        environment: &[(&str, String)],
        more: &[&str],
    ) -> Output {
        let port = self.port.to_string();
        let mut all = vec!["-p", &port, "-m", "GSSAPI", "--server-name", name];
        all.extend(more);
        all.extend(["127.0.0.1", "exec", "NOOP"]);
        run_with(home, environment, &all, b"")
    }

    fn seen(self) -> Seen {
        self.thread.join().unwrap()
    }
}

fn serve(stream: TcpStream, manner: Manner) -> Seen {
    let mut seen = Seen::default();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut say = stream;
    let mut put = move |text: String| say.write_all(text.as_bytes()).unwrap();
    put("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=GSSAPI] acceptor\r\n".to_owned());
    while let Some(Ok(line)) = lines.next() {
        let words: Vec<&str> = line.split(' ').collect();
        let tag = words[0].to_owned();
        match words[1] {
            "AUTHENTICATE" => {
                let first = words[3].to_owned();
                seen.answers.push(first.clone());
                let mut ask = |challenge: &[u8]| {
                    put(format!("+ {}\r\n", *base64::encode(challenge)));
                    // Whoever closes has nothing to say.
                    let answer = lines.next().map(|line| line.unwrap()).unwrap_or_default();
                    seen.answers.push(answer.clone());
                    answer
                };
                let mut facts = Seen::default();
                let let_in = exchange(&first, manner, &mut ask, &mut facts);
                facts.answers = std::mem::take(&mut seen.answers);
                seen = facts;
                put(match let_in {
                    true => format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"),
                    false => format!("{tag} NO [AUTHENTICATIONFAILED] no\r\n"),
                });
            }
            "LOGOUT" => {
                put(format!("* BYE bye\r\n{tag} OK done\r\n"));
                break;
            }
            _ => put(format!("{tag} OK done\r\n")),
        }
    }
    seen
}

/// The server's part of RFC 4752 section 3.1. Whether the client is let in.
fn exchange(
    first: &str,
    manner: Manner,
    ask: &mut dyn FnMut(&[u8]) -> String,
    seen: &mut Seen,
) -> bool {
    let octets = |text: &str| base64::decode(text.as_bytes()).map(|octets| octets.to_vec());
    // The key is in the keytab that KRB5_KTNAME names.
    let mut context = ServerCtx::new(None);
    let token = context.step(&octets(first).unwrap(), None).unwrap();
    let flags = context.flags().unwrap();
    seen.delegated = flags.contains(CtxFlags::GSS_C_DELEG_FLAG);
    seen.mutual = flags.contains(CtxFlags::GSS_C_MUTUAL_FLAG);
    seen.principal = context.source_name().unwrap().to_string();
    let token = token.expect("mutual authentication was asked for");
    match manner {
        Manner::NoProof => return true,
        Manner::Echo => {
            ask(&octets(first).unwrap());
            return false;
        }
        _ => {}
    }
    let answer = ask(&token);
    assert_eq!(answer, "", "nothing is left to say in the context");
    if manner == Manner::NoOffer {
        return true;
    }
    let offer: &[u8] = match manner {
        Manner::InsistsOnLayer => &[6, 0, 16, 0],
        Manner::OddOffer => &[1, 0],
        _ => &[7, 0, 16, 0],
    };
    let offer = context.wrap(false, offer).unwrap();
    let answer = ask(&offer);
    if answer == "*" {
        return false;
    }
    let wrapped = octets(&answer).unwrap();
    let answer = context.unwrap(&wrapped).unwrap();
    seen.choice = answer[..4].try_into().unwrap();
    seen.authzid = String::from_utf8(answer[4..].to_vec()).unwrap();
    if manner == Manner::NoEnd {
        let answer = ask(b"more");
        assert_eq!(answer, "*");
        return false;
    }
    true
}

#[test]
fn the_own_acceptor_reads_authzid_and_layer() {
    let Some(kdc) = kdc() else { return };
    for authzid in ["", "craig", "crêpe u\u{0}x"] {
        let acceptor = Acceptor::start(Manner::Right);
        // A NUL cannot be typed on a command line.
        let authzid = authzid.split('\u{0}').next().unwrap();
        let more = ["-v", "-u", authzid];
        let more = if authzid.is_empty() {
            &more[..1]
        } else {
            &more
        };
        let output = acceptor
            .run(&Home::new(), &tickets(&kdc, "admin"), more)
            .expect_code(0)
            .expect_error(&["auth cyrus/admin@IMAPSH.TEST"]);
        let seen = acceptor.seen();
        assert_eq!(seen.principal, "cyrus/admin@IMAPSH.TEST");
        assert_eq!(seen.authzid, authzid);
        assert_eq!(seen.choice, [1, 0, 0, 0]);
        assert!(seen.mutual && !seen.delegated, "{seen:?}");
        // The tokens are nobody's business: the ticket in the first can be tried against the service's key.
        assert_eq!(seen.answers.len(), 3);
        let shown = format!("{}{}", output.text(), output.stderr);
        for answer in seen.answers.iter().filter(|answer| !answer.is_empty()) {
            for part in [answer.as_str(), &answer[..answer.len().min(24)]] {
                assert!(!shown.contains(part), "{part} is shown:\n{shown}");
            }
            let hex: String = base64::decode(answer.as_bytes())
                .unwrap()
                .iter()
                .map(|octet| format!("{octet:02x}"))
                .collect();
            assert!(!shown.contains(&hex[..48]), "{hex} is shown:\n{shown}");
        }
        assert!(shown.contains("AUTHENTICATE GSSAPI ********"), "{shown}");
    }
}

#[test]
fn an_acceptor_that_misbehaves() {
    let Some(kdc) = kdc() else { return };
    for (manner, words) in [
        (Manner::InsistsOnLayer, "insists on a security layer"),
        (Manner::OddOffer, "has 2 octets where RFC 4752 wants 4"),
        (Manner::NoEnd, "went on asking after GSSAPI was over"),
    ] {
        eprintln!("{manner:?}");
        let acceptor = Acceptor::start(manner);
        acceptor
            .run(&Home::new(), &tickets(&kdc, "craig"), &[])
            .expect_code(3)
            .expect_not_sent("NOOP")
            .expect_error(&[words]);
        acceptor.seen();
    }
    // Who does not prove that it is the service is not talked to any more.
    for (manner, words) in [
        (Manner::NoProof, "let us in without proving"),
        (Manner::NoOffer, "let us in without proving"),
        (
            Manner::Echo,
            "could not prove that it is imap/localhost@IMAPSH.TEST",
        ),
    ] {
        eprintln!("{manner:?}");
        let acceptor = Acceptor::start(manner);
        let output = acceptor.run(&Home::new(), &tickets(&kdc, "craig"), &[]);
        assert_ne!(output.code, Some(0));
        output
            .expect_not_sent("NOOP")
            .expect_not_sent("LOGOUT")
            .expect_error(&[words, "impostor"]);
        acceptor.seen();
    }
}
