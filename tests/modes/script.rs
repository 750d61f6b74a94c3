//! `-f FILE`: imtest's scripts.

use std::sync::Arc;

use imapsh::link;
use imapsh::runner::Care;
use imapsh::runner::output::Style;
use imapsh::runner::source::Source;
use imapsh::runner::{Exec, exec, exit};
use imapsh::safety::SafeMode;

use super::{in_time, piped};
use crate::common::scripted::{script, serve};

const GREETING: &str = "S: * PREAUTH [CAPABILITY IMAP4rev1] ready\n";
const LOGOUT: &str = "C: P0001 LOGOUT\nS: * BYE see you\nS: P0001 OK done";

/// The exit code, what the server got, and stderr.
fn run(server: &str, text: &str) -> (u8, Result<String, String>, String) {
    in_time(async {
        let (client, task) = serve(script(server));
        let mut client = Some(client);
        let handle = link::spawn(piped(), Some(Box::new(move || client.take().unwrap())));
        let mut errors = Vec::new();
        let code = exec(
            Exec {
                handle,
                source: Source::script(text.as_bytes(), "test.imap"),
                out: Vec::new(),
                style: Style::Labelled,
                errors: &mut errors,
                progress: false,
                verbose: false,
                ask: Arc::new(|_: &str| Err(std::io::Error::other("no terminal"))),
                care: Care {
                    mode: SafeMode::Off,
                    yes: false,
                },
            },
            std::future::pending(),
        )
        .await;
        let sent = task.await.unwrap();
        let sent = sent.map(|bytes| String::from_utf8(bytes).unwrap());
        (code, sent, String::from_utf8(errors).unwrap())
    })
}

#[test]
fn own_tags_stay_and_each_command_is_waited_for() {
    // A word that no catalog knows is a command all the same, behind its tag; the last line has no end.
    let (code, sent, errors) = run(
        &format!(
            "{GREETING}C: x1 SELECT INBOX\nS: x1 OK there\nC: x2 XFROB a b\nS: x2 OK frobbed\n\
             C: A0001 NOOP\nS: A0001 OK\n{LOGOUT}"
        ),
        "x1 SELECT INBOX\nx2 XFROB a b\nNOOP",
    );
    assert_eq!(
        sent.unwrap(),
        "x1 SELECT INBOX\r\nx2 XFROB a b\r\nA0001 NOOP\r\nP0001 LOGOUT\r\n"
    );
    assert_eq!(code, exit::DONE, "{errors}");
}

#[test]
fn a_refused_message_never_runs_as_commands() {
    let (code, sent, _) = run(
        &format!(
            "{GREETING}C: x1 APPEND nowhere {{19}}\nS: x1 NO [TRYCREATE] no such mailbox\n\
             C: x3 NOOP\nS: x3 OK\n{LOGOUT}"
        ),
        "x1 APPEND nowhere {19}\nx9 DELETE victim\r\n\n\nx3 NOOP\n",
    );
    assert!(!sent.unwrap().contains("victim"));
    assert_eq!(code, exit::REFUSED);
}

#[test]
fn a_literal_by_its_count() {
    let (code, sent, errors) = run(
        &format!(
            "{GREETING}C: x1 APPEND INBOX {{9}}\nS: + go on\nC: a\\nb\\nx2 \nS: x1 OK\n{LOGOUT}"
        ),
        "x1 APPEND INBOX {9}\na\r\nb\r\nx2 \n",
    );
    assert_eq!(code, exit::DONE, "{errors} {sent:?}");
    assert!(sent.unwrap().contains("{9}\r\na\r\nb\r\nx2 \r\n"));
}

#[test]
fn a_logout_of_its_own_is_the_last_one() {
    let (code, sent, errors) = run(
        &format!("{GREETING}C: x1 LOGOUT\nS: * BYE bye\nS: x1 OK done"),
        "x1 LOGOUT\n",
    );
    assert_eq!(sent.unwrap(), "x1 LOGOUT\r\n");
    assert_eq!(code, exit::DONE, "{errors}");
}

#[test]
fn an_answer_to_a_challenge_stands_there_in_base64() {
    let (code, sent, errors) = run(
        &format!(
            "{GREETING}C: x1 AUTHENTICATE PLAIN\nS: +\nC: AGNyYWlnAHNlY3JldA==\nS: x1 OK in\n{LOGOUT}"
        ),
        "x1 AUTHENTICATE PLAIN\nAGNyYWlnAHNlY3JldA==\n",
    );
    assert!(sent.is_ok(), "{sent:?}");
    assert_eq!(code, exit::DONE, "{errors}");
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let (code, _, errors) = run(
        &format!("{GREETING}C: x1 NOOP\nS: x1 OK\n{LOGOUT}"),
        "x1 NOOP\nx2 APPEND INBOX {100}\nshort\n",
    );
    assert_eq!(code, exit::USAGE);
    assert!(
        errors.contains("test.imap, line 3") && errors.contains("94 octets"),
        "{errors}"
    );
}
