//! `exec`: what it prints, what it sends, and with which code it ends.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use imapsh::channel::{Place, Plan, Security};
use imapsh::link::{self, DemoDialer};
use imapsh::runner::output::Style;
use imapsh::runner::password::Ask;
use imapsh::runner::source::{self, Source};
use imapsh::runner::{Exec, exec, exit};
use imapsh::sasl::Secret;
use tokio::io::{AsyncBufRead, AsyncWrite, DuplexStream};

use crate::common::login::{And, who};
use crate::common::scripted::{script, serve};

/// What one run came to.
struct Ran {
    code: u8,
    out: String,
    errors: String,
    /// What the scripted server got.
    sent: Result<Vec<u8>, String>,
}

struct Job {
    style: Style,
    login: Option<(&'static str, Option<&'static str>)>,
    ask: Ask,
}

fn job() -> Job {
    Job {
        style: Style::Labelled,
        login: None,
        ask: Arc::new(|_| Err(io::Error::other("no terminal"))),
    }
}

fn plan(job: &Job) -> Plan {
    let mut plan = Plan::new(Place::Demo);
    plan.security = Security::Plain;
    if let Some((authcid, authzid)) = job.login {
        plan.credentials = who(authcid);
        plan.credentials.authzid = authzid.map(str::to_owned);
    }
    plan
}

fn dialer(client: DuplexStream) -> DemoDialer {
    let mut client = Some(client);
    Box::new(move || client.take().expect("one connection"))
}

fn in_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let deadline = std::time::Duration::from_secs(20);
    let result = runtime.block_on(async {
        tokio::time::timeout(deadline, future)
            .await
            .expect("it ends in time")
    });
    runtime.shutdown_background();
    result
}

/// A run that tells nothing of its own and asks nothing before what destroys.
fn quietly<R, W: AsyncWrite, E: io::Write>(
    handle: link::Handle,
    source: Source<R>,
    out: W,
    errors: E,
    (style, ask): (Style, Ask),
) -> Exec<R, W, E> {
    Exec {
        handle,
        source,
        out,
        style,
        errors,
        progress: false,
        verbose: false,
        ask,
        care: imapsh::runner::Care {
            mode: imapsh::safety::SafeMode::Off,
            yes: false,
        },
    }
}

/// Runs `source` against a server that follows the script.
fn run<R: AsyncBufRead + Unpin>(server: &str, source: Source<R>, job: Job) -> Ran {
    in_time(async {
        let (client, task) = serve(script(server));
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        let handle = link::spawn(plan(&job), Some(dialer(client)));
        let (style, ask) = (job.style, job.ask);
        let run = quietly(handle, source, &mut out, &mut errors, (style, ask));
        let code = exec(run, std::future::pending()).await;
        Ran {
            code,
            out: String::from_utf8(out).unwrap(),
            errors: String::from_utf8(errors).unwrap(),
            sent: task.await.unwrap(),
        }
    })
}

fn list(commands: &[&str]) -> Source<tokio::io::Empty> {
    let commands: Vec<String> = commands.iter().map(|c| (*c).to_owned()).collect();
    Source::list(&commands).unwrap_or_else(|error| panic!("{commands:?}: {error}"))
}

fn stdin(text: &'static str) -> Source<&'static [u8]> {
    Source::stdin(text.as_bytes())
}

fn refused(commands: &[&str]) -> String {
    let commands: Vec<String> = commands.iter().map(|c| (*c).to_owned()).collect();
    match Source::list(&commands) {
        Ok(_) => panic!("{commands:?} was taken"),
        Err(error) => error.to_string(),
    }
}

impl Ran {
    #[track_caller]
    fn expect(&self, code: u8, out: &str) {
        assert_eq!(
            self.sent.as_ref().err(),
            None,
            "{}\n{}",
            self.out,
            self.errors
        );
        let wanted: Vec<&str> = out
            .lines()
            .map(str::trim_start)
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(
            self.out.lines().collect::<Vec<_>>(),
            wanted,
            "{}",
            self.errors
        );
        assert_eq!(self.code, code, "{}", self.errors);
    }
}

const GREETING: &str = "S: * PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] ready\n";
const LOGOUT: &str = "C: P0001 LOGOUT
    S: * BYE see you
    S: P0001 OK done";

#[test]
fn commands_in_order_then_logout() {
    let server = format!(
        "{GREETING}
        C: A0001 NOOP
        S: A0001 OK nothing
        C: A0002 STATUS INBOX (MESSAGES)
        S: * STATUS INBOX (MESSAGES 3)
        S: A0002 OK there
        {LOGOUT}"
    );
    let ran = run(&server, list(&["NOOP", "STATUS INBOX (MESSAGES)"]), job());
    ran.expect(
        exit::DONE,
        "S: * PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] ready
         C: A0001 NOOP
         S: A0001 OK nothing
         C: A0002 STATUS INBOX (MESSAGES)
         S: * STATUS INBOX (MESSAGES 3)
         S: A0002 OK there
         C: P0001 LOGOUT
         S: * BYE see you
         S: P0001 OK done",
    );
    assert_eq!(ran.errors, "");
}

#[test]
fn a_no_does_not_stop_it() {
    for answer in ["NO [NOPERM] no", "BAD what"] {
        let server = format!(
            "{GREETING}
            C: A0001 DELETE INBOX
            S: A0001 {answer}
            C: A0002 NOOP
            S: A0002 OK fine
            {LOGOUT}"
        );
        let ran = run(&server, list(&["DELETE INBOX", "NOOP"]), job());
        assert_eq!(ran.sent.as_ref().err(), None);
        assert_eq!(ran.code, exit::REFUSED);
    }
}

#[test]
fn a_bye_stops_it() {
    // At once behind the answer, so that the next command must not go out any more.
    let server = format!("{GREETING}\nC: A0001 NOOP\nS: A0001 OK fine\\n* BYE shutting down");
    let ran = run(&server, list(&["NOOP", "DELETE victim", "NOOP"]), job());
    assert!(!ran.out.contains("LOGOUT"), "{}", ran.out);
    assert_eq!(ran.code, exit::REFUSED);
    assert!(ran.errors.contains("not sent"), "{}", ran.errors);
}

#[test]
fn a_bye_stops_it_even_if_the_server_does_not_close() {
    let server = format!("{GREETING}\nC: A0001 NOOP\nS: * BYE out of order\nstay");
    let ran = run(&server, list(&["NOOP", "NOOP"]), job());
    assert_eq!(ran.code, exit::REFUSED);
    assert_eq!(ran.sent.unwrap(), b"A0001 NOOP\r\n");
}

#[test]
fn a_connection_that_is_lost() {
    let server =
        format!("{GREETING}\nC: A0001 FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {{100}}\ns: half");
    let ran = run(&server, list(&["FETCH 1 BODY[]", "NOOP"]), job());
    assert_eq!(ran.code, exit::CONNECTION);
    assert!(
        ran.out.ends_with("* 1 FETCH (BODY[] {100}\r\nhalf\n"),
        "{:?}",
        ran.out
    );
    assert!(
        ran.errors.contains("1 command was not sent"),
        "{}",
        ran.errors
    );
}

#[test]
fn a_greeting_that_says_bye() {
    let ran = run("S: * BYE too busy", list(&["NOOP"]), job());
    assert_eq!(ran.code, exit::CONNECTION);
    assert!(ran.out.starts_with("S: * BYE too busy\r\n"));
    assert!(ran.errors.contains("too busy"), "{}", ran.errors);
}

#[test]
fn a_logout_of_ones_own_is_the_last_one() {
    let server = format!("{GREETING}\nC: mine LOGOUT\nS: * BYE bye\nS: mine OK done");
    let ran = run(&server, list(&["mine LOGOUT"]), job());
    assert_eq!(ran.sent.unwrap(), b"mine LOGOUT\r\n");
    assert_eq!(ran.code, exit::DONE);
    let ran = run(&server, list(&["mine LOGOUT", "NOOP"]), job());
    assert_eq!(ran.sent.unwrap(), b"mine LOGOUT\r\n");
    assert_eq!(ran.code, exit::REFUSED, "{}", ran.errors);
    assert!(
        ran.errors.contains("1 command was not sent"),
        "{}",
        ran.errors
    );
}

/// The same on stdin as on the command line; a program that keeps stdin open is not waited for.
#[test]
fn what_lies_behind_a_logout_on_stdin_was_not_sent() {
    let server = format!("{GREETING}\nC: mine LOGOUT\nS: * BYE bye\nS: mine OK done");
    let ran = run(&server, stdin("mine LOGOUT\n\nNOOP\nNOOP\n"), job());
    assert_eq!(ran.sent.unwrap(), b"mine LOGOUT\r\n");
    assert_eq!(ran.code, exit::REFUSED, "{}", ran.errors);
    assert!(
        ran.errors.contains("2 commands were not sent"),
        "{}",
        ran.errors
    );
    let ran = run(&server, stdin("mine LOGOUT\n\n"), job());
    assert_eq!(ran.code, exit::DONE, "{}", ran.errors);
    let open = tokio::io::AsyncReadExt::chain(&b"mine LOGOUT\n"[..], tokio::io::duplex(1).0);
    let ran = run(
        &server,
        Source::stdin(tokio::io::BufReader::new(open)),
        job(),
    );
    assert_eq!(ran.code, exit::DONE, "{}", ran.errors);
}

#[test]
fn literals_both_ways() {
    let server = "S: * PREAUTH [CAPABILITY IMAP4rev1] ready
        C: A0001 APPEND INBOX {9}
        S: + go ahead
        C: one\\ntwo!
        S: A0001 OK [APPENDUID 1 1] done
        C: A0002 FETCH 1 BODY[]
        S: * 1 FETCH (BODY[] {8}
        s: one\\ntwo
        S: )
        S: A0002 OK done
        C: P0001 LOGOUT
        S: * BYE bye
        S: P0001 OK done";
    let source = list(&["APPEND INBOX {{{\none\ntwo!\n}}}", "FETCH 1 BODY[]"]);
    let ran = run(server, source, job());
    assert_eq!(ran.sent.as_ref().err(), None, "{}", ran.errors);
    assert_eq!(ran.code, exit::DONE);
    // A pipe gets the bytes as they passed: CRLF, and the literals whole.
    assert_eq!(
        ran.out,
        "S: * PREAUTH [CAPABILITY IMAP4rev1] ready\r\n\
         C: A0001 APPEND INBOX {9}\r\n\
         S: + go ahead\r\n\
         C: one\r\ntwo!\r\n\
         S: A0001 OK [APPENDUID 1 1] done\r\n\
         C: A0002 FETCH 1 BODY[]\r\n\
         S: * 1 FETCH (BODY[] {8}\r\none\r\ntwo)\r\n\
         S: A0002 OK done\r\n\
         C: P0001 LOGOUT\r\n\
         S: * BYE bye\r\n\
         S: P0001 OK done\r\n"
    );
}

#[test]
fn a_refused_literal_is_not_sent() {
    let server = "S: * PREAUTH [CAPABILITY IMAP4rev1] ready
        C: A0001 APPEND INBOX {17}
        S: A0001 NO [OVERQUOTA] full
        C: A0002 NOOP
        S: A0002 OK fine
        C: P0001 LOGOUT
        S: * BYE bye
        S: P0001 OK done";
    let ran = run(
        server,
        list(&["APPEND INBOX {{{\nx9 DELETE victim!\n}}}", "NOOP"]),
        job(),
    );
    assert_eq!(ran.sent.as_ref().err(), None);
    assert_eq!(ran.code, exit::REFUSED);
    assert!(!ran.out.contains("victim"), "{}", ran.out);
}

#[test]
fn raw_is_the_servers_bytes_alone() {
    let server = format!(
        "{GREETING}
        C: A0001 FETCH 1 BODY[]
        s: * 1 FETCH (BODY[] {{4}}\r\n\
        S: \x1b[2J)
        S: A0001 OK done
        {LOGOUT}"
    );
    let job = Job {
        style: Style::Raw,
        ..job()
    };
    let ran = run(&server, list(&["FETCH 1 BODY[]"]), job);
    assert_eq!(ran.sent.as_ref().err(), None, "{}", ran.out);
    assert!(
        !ran.out.contains("C: ") && !ran.out.contains("S: ") && !ran.out.contains("LOGOUT"),
        "{}",
        ran.out
    );
    assert!(ran.out.starts_with("* PREAUTH"), "{}", ran.out);
    assert!(
        ran.out.contains("\x1b[2J)\r\nA0001 OK done\r\n"),
        "{}",
        ran.out
    );
}

#[test]
fn a_terminal_sees_no_control_character() {
    let server = format!(
        "{GREETING}
        C: A0001 FETCH 1 BODY[]
        S: * 1 FETCH (BODY[] {{9}}
        s: \x1b]52;c;x\x07
        S:  X \u{202e}y \u{9b}z)
        S: A0001 OK Gr\u{fc}\u{df}e
        {LOGOUT}"
    );
    let job = Job {
        style: Style::Visible,
        ..job()
    };
    let ran = run(&server, list(&["FETCH 1 BODY[]"]), job);
    assert_eq!(ran.sent.as_ref().err(), None, "{}", ran.out);
    assert!(
        ran.out
            .contains("\\x1b]52;c;x\\x07 X \\u{202e}y \\u{9b}z)\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("S: A0001 OK Gr\u{fc}\u{df}e\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.chars().all(|c| c == '\n' || !c.is_control()),
        "{:?}",
        ran.out
    );
}

#[test]
fn a_tag_that_nobody_sent_is_told() {
    let server =
        format!("{GREETING}\nC: A0001 NOOP\nS: SUBSCRIBE BAD what\nS: A0001 OK fine\n{LOGOUT}");
    let ran = run(&server, list(&["NOOP"]), job());
    assert_eq!(ran.code, exit::DONE);
    assert!(
        ran.errors.contains("answered tag SUBSCRIBE"),
        "{}",
        ran.errors
    );
}

#[test]
fn an_unknown_command_gets_a_tag_too() {
    let server = format!("{GREETING}\nC: A0001 XFOO bar\nS: A0001 BAD what\n{LOGOUT}");
    let ran = run(&server, list(&["XFOO bar"]), job());
    assert_eq!(ran.sent.as_ref().err(), None);
    assert_eq!(ran.code, exit::REFUSED);
}

#[test]
fn idle_wants_done() {
    for commands in [&["IDLE"][..], &["IDLE", "NOOP"], &["NOOP", "a IDLE"]] {
        assert!(
            refused(commands).contains("IDLE lasts until DONE"),
            "{commands:?}"
        );
    }
    assert!(refused(&["DONE"]).contains("DONE ends IDLE, and there is none"));
    assert!(refused(&["NOOP", "done"]).starts_with("command 2: "));
    let server = format!(
        "{GREETING}\nC: A0001 IDLE\nS: + idling\nC: DONE\nS: A0001 OK done\nC: A0002 NOOP\nS: A0002 OK\n{LOGOUT}"
    );
    let ran = run(&server, list(&["IDLE", "DONE", "NOOP"]), job());
    assert_eq!(ran.sent.as_ref().err(), None, "{}", ran.out);
    assert_eq!(ran.code, exit::DONE, "{}", ran.errors);
    // A server without IDLE: the DONE is not sent.
    let server = format!(
        "{GREETING}\nC: A0001 IDLE\nS: A0001 BAD what\nC: A0002 NOOP\nS: A0002 OK\n{LOGOUT}"
    );
    let ran = run(&server, list(&["IDLE", "DONE", "NOOP"]), job());
    assert_eq!(ran.sent.as_ref().err(), None, "{}", ran.out);
    assert_eq!(ran.code, exit::REFUSED, "{}", ran.errors);
    let ran = run(&server, Source::stdin(&b"IDLE\nDONE\nNOOP\n"[..]), job());
    assert_eq!(ran.sent.as_ref().err(), None, "{}", ran.out);
    assert_eq!(ran.code, exit::REFUSED, "{}", ran.errors);
}

#[test]
fn idle_on_stdin_ends_with_done_or_a_command_or_the_end() {
    let ends = "C: A0001 IDLE\nS: + idling\nS: * 5 EXISTS\nC: DONE\nS: A0001 OK done\n";
    let noop = "C: A0002 NOOP\nS: A0002 OK\n";
    for (stdin, more) in [
        ("IDLE\nDONE\n", ""),
        ("IDLE\n", ""),
        ("IDLE\nNOOP\n", noop),
        ("IDLE\ndone\n\nNOOP", noop),
    ] {
        let server = format!("{GREETING}{ends}{more}{LOGOUT}");
        let ran = run(&server, Source::stdin(stdin.as_bytes()), job());
        assert_eq!(ran.sent.as_ref().err(), None, "{stdin:?}: {}", ran.out);
        assert_eq!(ran.code, exit::DONE, "{stdin:?}: {}", ran.errors);
    }
}

#[test]
fn stdin_a_command_a_line() {
    let server = "S: * PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] ready
        C: A0001 NOOP
        S: A0001 OK
        C: . noop
        S: . OK
        C: A0002 APPEND INBOX {5}
        S: + go
        C: {3}ab (x)
        S: A0002 OK
        C: A0003 APPEND INBOX ~{3+}
        C: a\0b
        S: A0003 OK
        C: A0004 APPEND INBOX {6+}
        C: li {5}
        S: A0004 OK
        C: A0005 LOGIN {5}
        S: + go
        C: craig {6}
        S: + go
        C: secret
        S: A0005 OK
        C: P0001 LOGOUT
        S: * BYE
        S: P0001 OK";
    // `{5}` inside a block announces nothing; CRLF and LF both end a line.
    let stdin = b"NOOP\r\n\n. noop\nAPPEND INBOX {5}\n{3}ab (x)\nAPPEND INBOX ~{3+}\na\0b\n\
        APPEND INBOX {{{\nli {5}\n}}}\nLOGIN {5}\ncraig {6}\nsecret\n";
    let ran = run(server, Source::stdin(&stdin[..]), job());
    assert_eq!(ran.sent.as_ref().err(), None, "{}\n{}", ran.out, ran.errors);
    assert_eq!(ran.code, exit::DONE, "{}", ran.errors);
    assert!(!ran.out.contains("secret"), "{}", ran.out);
    assert!(ran.out.contains("craig"), "{}", ran.out);
}

#[test]
fn stdin_that_ends_too_early_or_is_wrong() {
    for (stdin, wanted) in [
        (
            &b"APPEND INBOX {5}\nabc"[..],
            "stdin ends 2 octets before the end of a literal",
        ),
        (b"APPEND INBOX {{{\nabc\n", "stdin ends inside a command"),
        (
            b"APPEND INBOX {999999999999}\n",
            "more than 268435456 octets in one command",
        ),
        (
            b"APPEND INBOX {99999999999999999999999}\n",
            "more than 268435456 octets in one command",
        ),
        (
            b"APPEND INBOX {@/no/such/file}\n",
            "/no/such/file cannot be read",
        ),
        (
            b"DONE\n",
            "stdin, line 1: DONE ends IDLE, and there is none",
        ),
        (b"\n\n  \nDONE\n", "stdin, line 4: "),
    ] {
        let server = format!("{GREETING}\nC: P0001 LOGOUT\nS: * BYE\nS: P0001 OK");
        let ran = run(&server, Source::stdin(stdin), job());
        assert!(ran.errors.contains(wanted), "{:?}", ran.errors);
        assert_eq!(ran.code, exit::USAGE);
        assert_eq!(ran.sent.unwrap(), b"P0001 LOGOUT\r\n");
    }
}

#[test]
fn a_wrong_command_line_is_found_before_anything_is_sent() {
    assert!(refused(&["NOOP", "APPEND INBOX {@/no/such/file}"]).starts_with("command 2: "));
    assert!(refused(&["APPEND INBOX {{{\nabc"]).contains("not complete"));
    assert!(refused(&["LOGIN \"craig"]).contains("not complete"));
}

#[test]
fn a_file_in_a_command() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "one\ntwo\n").unwrap();
    let server = format!(
        "{GREETING}\nC: A0001 APPEND INBOX {{10+}}\nC: one\nC: two\nC: \nS: A0001 OK\n{LOGOUT}"
    );
    let ran = run(
        &server,
        list(&[&format!("APPEND INBOX {{@{}}}", file.path().display())]),
        job(),
    );
    assert_eq!(ran.sent.as_ref().err(), None, "{}", ran.out);
    assert_eq!(ran.code, exit::DONE);
}

#[test]
fn the_mailbox_of_a_url_is_examined_first() {
    let server = format!(
        "{GREETING}\nC: A0001 EXAMINE Entw&APw-rfe\nS: A0001 OK\nC: A0002 NOOP\nS: A0002 OK\n{LOGOUT}"
    );
    let source = list(&["NOOP"]).first(Some(source::examine("Entw\u{fc}rfe")));
    let ran = run(&server, source, job());
    assert_eq!(ran.sent.as_ref().err(), None, "{}", ran.out);
    assert_eq!(ran.code, exit::DONE);
}

const MECHANISMS: &str = "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\n";

fn secret() -> Ask {
    Arc::new(|prompt| {
        assert_eq!(prompt, "Password of cyrus (to act as craig): ");
        Ok(Secret::new("hunter2".to_owned()))
    })
}

#[test]
fn the_password_is_asked_for_and_masked() {
    let server = format!(
        "{MECHANISMS}
        C: P0001 AUTHENTICATE PLAIN Y3JhaWcAY3lydXMAaHVudGVyMg==
        S: P0001 OK [CAPABILITY IMAP4rev1] in
        C: A0001 LOGIN craig hunter2
        S: A0001 NO already
        C: P0002 LOGOUT
        S: * BYE
        S: P0002 OK"
    );
    let job = Job {
        login: Some(("cyrus", Some("craig"))),
        ask: secret(),
        ..job()
    };
    let ran = run(&server, list(&["LOGIN craig hunter2"]), job);
    assert_eq!(ran.sent.as_ref().err(), None, "{}", ran.out);
    assert_eq!(ran.code, exit::REFUSED);
    let all = format!("{}{}", ran.out, ran.errors);
    assert!(
        !all.contains("hunter2") && !all.contains("Y3JhaWc"),
        "{all}"
    );
    assert!(
        ran.out.contains("C: P0001 AUTHENTICATE PLAIN ********\r\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("C: A0001 LOGIN craig ********\r\n"),
        "{}",
        ran.out
    );
}

#[test]
fn a_refused_login_ends_it() {
    let server = format!(
        "{MECHANISMS}
        C: P0001 AUTHENTICATE PLAIN Y3JhaWcAY3lydXMAaHVudGVyMg==
        S: P0001 NO [AUTHENTICATIONFAILED] wrong
        C: P0002 LOGOUT
        S: * BYE
        S: P0002 OK"
    );
    let job = Job {
        login: Some(("cyrus", Some("craig"))),
        ask: secret(),
        ..job()
    };
    let ran = run(&server, list(&["NOOP"]), job);
    assert_eq!(ran.sent.as_ref().err(), None, "{}", ran.out);
    assert_eq!(ran.code, exit::CONNECTION);
    assert!(
        ran.errors.contains("NO [AUTHENTICATIONFAILED] wrong"),
        "{}",
        ran.errors
    );
    assert!(!ran.out.contains("NOOP"), "{}", ran.out);
}

#[test]
fn no_terminal_to_ask_on() {
    let server = format!("{MECHANISMS}\nC: P0001 LOGOUT\nS: * BYE\nS: P0001 OK");
    let job = Job {
        login: Some(("craig", None)),
        ..job()
    };
    let ran = run(&server, list(&["NOOP"]), job);
    assert_eq!(ran.sent.as_ref().err(), None, "{}", ran.out);
    assert_eq!(ran.code, exit::CONNECTION);
    assert!(
        ran.errors.contains("there is no terminal to ask on"),
        "{}",
        ran.errors
    );
}

#[test]
fn authenticate_by_hand_takes_lines_of_stdin() {
    let server = "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN] ready
        C: A0001 AUTHENTICATE PLAIN
        S: +
        C: AGNyYWlnAGh1bnRlcjI=
        S: A0001 NO no
        C: A0002 AUTHENTICATE LOGIN
        S: + VXNlcm5hbWU6
        C: *
        S: A0002 BAD cancelled
        C: P0001 LOGOUT
        S: * BYE
        S: P0001 OK"
        .replace("S: +\n", "S: + \n");
    let stdin = b"AUTHENTICATE PLAIN\n\0craig\0hunter2\nAUTHENTICATE LOGIN\n*\n";
    let ran = run(&server, Source::stdin(&stdin[..]), job());
    assert_eq!(ran.sent.as_ref().err(), None, "{}\n{}", ran.out, ran.errors);
    assert_eq!(ran.code, exit::REFUSED);
    assert!(
        !ran.out.contains("AGNyYWln") && !ran.out.contains("hunter2"),
        "{}",
        ran.out
    );
    // On the command line there is nobody to answer.
    let server = "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
        C: A0001 AUTHENTICATE PLAIN
        S: + 
        C: *
        S: A0001 BAD cancelled
        C: P0001 LOGOUT
        S: * BYE
        S: P0001 OK";
    let ran = run(server, list(&["AUTHENTICATE PLAIN"]), job());
    assert_eq!(ran.sent.as_ref().err(), None, "{}", ran.out);
    assert_eq!(ran.code, exit::REFUSED);
    assert!(ran.errors.contains("one answer a line"), "{}", ran.errors);
}

#[test]
fn stopped_from_outside_prints_no_half_line() {
    let (code, out) = in_time(async {
        let (client, _server) = serve(script(&format!(
            "{GREETING}\nC: A0001 FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {{100}}\ns: half\nstay"
        )));
        let (mut out, mut errors) = (Shared::default(), Vec::new());
        let seen = out.clone();
        let handle = link::spawn(plan(&job()), Some(dialer(client)));
        let source = list(&["FETCH 1 BODY[]"]);
        let style = Style::Labelled;
        let run = quietly(handle, source, &mut out, &mut errors, (style, job().ask));
        let stop = async {
            seen.wait_for("half").await;
            exit::INTERRUPTED
        };
        let code = exec(run, stop).await;
        (code, seen.text())
    });
    assert_eq!(code, 130);
    assert!(out.ends_with("{100}\r\nhalf\n"), "{out:?}");
}

#[test]
fn a_reader_that_has_gone_does_not_stop_the_commands() {
    let server =
        format!("{GREETING}\nC: A0001 NOOP\nS: A0001 OK\nC: A0002 NOOP\nS: A0002 OK\n{LOGOUT}");
    let (code, sent) = in_time(async {
        let (client, task) = serve(script(&server));
        let handle = link::spawn(plan(&job()), Some(dialer(client)));
        let source = list(&["NOOP", "NOOP"]);
        let (style, errors, ask) = (Style::Labelled, Vec::new(), job().ask);
        let run = quietly(
            handle,
            source,
            Failing(io::ErrorKind::BrokenPipe),
            errors,
            (style, ask),
        );
        (exec(run, std::future::pending()).await, task.await.unwrap())
    });
    assert_eq!(sent.err(), None);
    assert_eq!(code, exit::DONE);
}

#[test]
fn a_full_disk_ends_it_with_a_sentence() {
    let (code, errors) = in_time(async {
        let (client, _task) = serve(script(&format!("{GREETING}\nstay")));
        let handle = link::spawn(plan(&job()), Some(dialer(client)));
        let (source, mut errors) = (list(&["NOOP"]), Vec::new());
        let (style, ask) = (Style::Labelled, job().ask);
        let out = Failing(io::ErrorKind::StorageFull);
        let run = quietly(handle, source, out, &mut errors, (style, ask));
        (
            exec(run, std::future::pending()).await,
            String::from_utf8(errors).unwrap(),
        )
    });
    assert_eq!(code, exit::USAGE);
    assert!(errors.contains("stdout cannot be written"), "{errors}");
}

/// An output that the test looks into while it is written.
#[derive(Clone, Default)]
struct Shared(Arc<(std::sync::Mutex<Vec<u8>>, tokio::sync::Notify)>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.0.lock().unwrap().clone()).unwrap()
    }

    async fn wait_for(&self, text: &str) {
        loop {
            let changed = self.0.1.notified();
            if self.text().contains(text) {
                return;
            }
            changed.await;
        }
    }
}

impl AsyncWrite for Shared {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.0.lock().unwrap().extend_from_slice(bytes);
        self.0.1.notify_one();
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// An output that cannot be written.
struct Failing(io::ErrorKind);

impl AsyncWrite for Failing {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(self.0.into()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(self.0.into()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Runs `source` against the embedded server.
fn run_on_demo<R: AsyncBufRead + Unpin>(
    login: (&str, &str, Option<&str>),
    source: Source<R>,
) -> Ran {
    in_time(async {
        let demo = imapsh::demo::Demo::new(imapsh::demo::Options { users: 0 });
        let (authcid, password, authzid) = login;
        let mut plan = plan(&job());
        plan.credentials = who(authcid).with(password);
        plan.credentials.authzid = authzid.map(str::to_owned);
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        let handle = link::spawn(plan, Some(Box::new(move || demo.pipe())));
        let (style, ask) = (Style::Raw, job().ask);
        let run = quietly(handle, source, &mut out, &mut errors, (style, ask));
        let code = exec(run, std::future::pending()).await;
        Ran {
            code,
            out: String::from_utf8(out).unwrap(),
            errors: String::from_utf8(errors).unwrap(),
            sent: Ok(Vec::new()),
        }
    })
}

#[test]
fn a_message_goes_into_the_demo_and_comes_back_byte_for_byte() {
    // No line end at its end, and lines that look like literals, tags and commands.
    let message = "Subject: {5}\r\n\r\nA0009 LOGOUT\r\nGr\u{fc}\u{df}e {3+}";
    let stdin = format!(
        "CREATE INBOX.new\nappend INBOX.new (\\Seen) {{{}}}\n{message}\n\
         mine SELECT INBOX.new\nUID FETCH 1:* (FLAGS BODY.PEEK[])\nGETACL INBOX.new\n",
        message.len()
    );
    let ran = run_on_demo(
        ("cyrus", "adminpass", Some("craig")),
        Source::stdin(stdin.as_bytes()),
    );
    assert_eq!(ran.code, exit::DONE, "{}\n{}", ran.out, ran.errors);
    let literal = format!("{{{}}}\r\n{message}", message.len());
    assert!(ran.out.contains(&literal), "{}", ran.out);
    assert!(ran.out.contains("\\Seen"), "{}", ran.out);
    assert!(ran.out.contains("\r\nmine OK [READ-WRITE]"), "{}", ran.out);
    assert!(ran.out.contains("* ACL INBOX.new craig "), "{}", ran.out);
}

#[test]
fn logins_on_the_demo() {
    let table = [
        (("cyrus", "adminpass", Some("craig")), exit::DONE),
        (("craig", "secret", None), exit::DONE),
        (("craig", "wrong", None), exit::CONNECTION),
        (("nobody", "secret", None), exit::CONNECTION),
        (("craig", "secret", Some("monty")), exit::CONNECTION),
    ];
    for (who, code) in table {
        let ran = run_on_demo(who, list(&["NOOP"]));
        assert_eq!(ran.code, code, "{who:?}: {}\n{}", ran.out, ran.errors);
        let went_on = ran.out.contains("A0001 OK");
        assert_eq!(went_on, code == exit::DONE, "{who:?}: {}", ran.out);
    }
}
