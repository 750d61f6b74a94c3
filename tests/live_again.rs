//! A second connection that is broken off: it comes back, tells what was missed, and gives up in the end.

use std::time::Duration;

use imapsh::channel::Notice;
use imapsh::console::live::{Listening, WAITS};
use imapsh::session::CloseCause;

use crate::common::listener::{CAROL, Line, idling};

#[test]
fn a_line_that_is_broken_off_comes_back_and_what_was_missed_is_told() {
    let mut line = idling();
    line.wait(Duration::from_secs(600));
    line.sent();
    line.broken("Autologout; idle for too long");
    let Listening::Away { at, number } = *line.live.listening() else {
        panic!("{:?}", line.live.listening());
    };
    assert_eq!((at, number), (line.now() + WAITS[0], 1));
    let told = line.told();
    assert_eq!(told[0], "BYE Autologout; idle for too long");
    assert!(
        told[1].starts_with("Tries again in 1 s (1 of 8)."),
        "{told:?}"
    );
    assert!(!line.live.reopen(line.now(), false), "not yet");
    line.passed += WAITS[0];
    assert!(line.live.reopen(line.now(), false));
    assert_eq!(*line.live.listening(), Listening::Opening);
    line.greeted("IDLE ESEARCH");
    assert_eq!(line.sent(), "P0001 EXAMINE Team\r\n");
    line.server(
        "* 484 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 1936] x\r\nP0001 OK ok\r\n",
    );
    let told = line.told();
    assert_eq!(
        told[2..],
        [
            "Team 3 new, 1 gone while away  EXISTS 482 -> 484",
            "Listening again."
        ]
    );
    // Who wrote meanwhile is asked for.
    assert_eq!(
        line.sent(),
        "B0001 FETCH 482,483,484 (UID FLAGS ENVELOPE)\r\nB0002 SEARCH RETURN (COUNT) UNSEEN\r\nP0002 IDLE\r\n"
    );
    line.server(&format!(
        "* 484 FETCH (UID 1935 FLAGS () {CAROL})\r\nB0001 OK\r\nB0002 OK\r\n+ idling\r\n"
    ));
    assert!(
        line.told()
            .last()
            .unwrap()
            .contains("UID 1935  From: carol")
    );
}

#[test]
fn with_notify_the_other_mailboxes_are_counted_again() {
    let mut line = Line::new("IDLE NOTIFY", None);
    line.server("P0001 OK ok\r\n");
    line.live.knows(b"INBOX", &[("MESSAGES".to_owned(), 3)]);
    line.live.knows(b"Sent", &[("MESSAGES".to_owned(), 3)]);
    line.broken("");
    line.passed += WAITS[0];
    assert!(line.live.reopen(line.now(), false));
    line.greeted("IDLE NOTIFY");
    line.sent();
    line.server("P0001 OK ok\r\n");
    let sent = line.sent();
    assert!(
        sent.contains(" STATUS INBOX (MESSAGES UIDNEXT UNSEEN)\r\n"),
        "{sent}"
    );
    line.server(
        "* STATUS INBOX (MESSAGES 15 UNSEEN 12)\r\n* STATUS Sent (MESSAGES 3 UNSEEN 0)\r\n",
    );
    assert_eq!(
        line.told().last().unwrap(),
        "INBOX 12 new while away  STATUS MESSAGES 3 -> 15  UNSEEN 12",
        "and nothing of what is as it was"
    );
}

#[test]
fn it_is_tried_so_often_and_then_given_up_with_a_sentence() {
    let mut line = idling();
    line.broken("");
    for wait in &WAITS[..WAITS.len() - 1] {
        line.passed += *wait;
        assert!(line.live.reopen(line.now(), false));
        line.notice(Notice::Ended {
            cause: CloseCause::Failed("refused".to_owned()),
            sentence: "Nobody listens there.".to_owned(),
        });
        assert!(line.live.due().is_some());
    }
    line.passed += WAITS[WAITS.len() - 1];
    assert!(line.live.reopen(line.now(), false));
    line.notice(Notice::Ended {
        cause: CloseCause::Failed("refused".to_owned()),
        sentence: "Nobody listens there.".to_owned(),
    });
    let Listening::Ended(sentence) = line.live.listening().clone() else {
        panic!("{:?}", line.live.listening());
    };
    assert!(
        sentence.starts_with("Given up after 8 tries")
            && sentence.ends_with("Nobody listens there."),
        "{sentence}"
    );
    assert_eq!(line.live.due(), None);
    // The key for that tries once more, and counts anew.
    assert!(line.live.reopen(line.now(), true));
    line.greeted("IDLE");
    assert_eq!(*line.live.listening(), Listening::Opening);
}

#[test]
fn what_never_listened_is_not_tried_again_and_a_refused_login_neither() {
    let mut line = Line::new("IDLE", Some("Team"));
    line.broken("");
    assert!(matches!(line.live.listening(), Listening::Ended(_)));
    let mut line = idling();
    line.broken("");
    line.passed += WAITS[0];
    assert!(line.live.reopen(line.now(), false));
    line.notice(Notice::LoginFailed("The server refused craig.".to_owned()));
    assert_eq!(
        *line.live.listening(),
        Listening::Ended("The server refused craig.".to_owned())
    );
    assert!(line.closed, "no password is tried again and again");
}
