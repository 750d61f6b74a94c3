//! Snippets made of commands that were sent: they pass when they are played again at once.

use imapsh::demo::{Demo, Options};
use imapsh::snippet::{Marked, NoFiles, check, recorded};

use crate::common::stage::{Stage, server};

/// Sends lines to a demo as craig, and keeps what passed.
fn spoken(demo: &Demo, lines: &[&str]) -> Vec<Marked> {
    let mut session = server(demo);
    let now = std::time::Instant::now();
    let mut send = |octets: &str| -> Vec<u8> {
        session.handle_input(now, octets.as_bytes());
        std::iter::from_fn(|| session.poll_transmit())
            .flatten()
            .collect()
    };
    send("a LOGIN craig secret\r\n");
    let mut marked = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let sent = format!("A{at} {line}\r\n");
        let said = send(&sent);
        marked.push(Marked {
            sent: sent.into_bytes(),
            masked: false,
            received: replies(&said),
        });
    }
    marked
}

/// The replies in what a server said, each whole.
fn replies(octets: &[u8]) -> Vec<Vec<u8>> {
    use imapsh::wire::{Direction, Framer};
    let mut framer = Framer::new(Direction::Server);
    let (mut input, mut out, mut one) = (octets, Vec::new(), Vec::new());
    while let Some(piece) = framer.next(&mut input) {
        one.extend_from_slice(piece.bytes());
        if piece.ends_frame() {
            out.push(std::mem::take(&mut one));
        }
    }
    out
}

#[test]
fn what_was_recorded_passes_at_once() {
    let demo = Demo::new(Options { users: 0 });
    let lines = [
        "CAPABILITY",
        "NAMESPACE",
        "LIST \"\" \"*\"",
        "LIST \"\" \"%\" RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY))",
        "STATUS INBOX (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)",
        "GETACL INBOX",
        "MYRIGHTS INBOX",
        "GETQUOTAROOT INBOX",
        "SELECT INBOX",
        "FETCH 1:* (FLAGS UID INTERNALDATE RFC822.SIZE ENVELOPE)",
        "FETCH 1 BODY[]",
        "FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODYSTRUCTURE)",
        "UID SEARCH ALL",
        "SEARCH RETURN (COUNT MAX) ALL",
        "STORE 1 +FLAGS (\\Flagged)",
        "NOOP",
        "SELECT nothing",
        "XFOO bar",
        "CLOSE",
    ];
    let text = recorded(&spoken(&demo, &lines)).unwrap();
    assert!(text.contains("UIDVALIDITY ${uidvalidity}"), "{text}");
    assert!(text.contains("INTERNALDATE ${internaldate}"), "{text}");
    assert!(
        text.contains("NO SELECT") || text.contains("NO [NONEXISTENT]") || text.contains("NO\n"),
        "{text}"
    );
    let report = check("recorded.imap", text.as_bytes(), &NoFiles);
    let errors: Vec<_> = report.diagnostics.iter().map(|d| d.text(None)).collect();
    assert!(report.script.is_some(), "{errors:?}\n{text}");
    let played = Stage::default().on(&demo, &text);
    assert!(
        matches!(played.verdict, imapsh::snippet::Verdict::Passed),
        "{}\n{text}",
        played.failure()
    );
    assert_eq!(played.records.len(), lines.len());
}

#[test]
fn a_new_message_has_another_uid_each_time() {
    let demo = Demo::new(Options { users: 0 });
    let seen = spoken(
        &demo,
        &["SELECT INBOX", "APPEND INBOX {12+}\r\nSubject: a\r\n"],
    );
    let told = String::from_utf8_lossy(&seen[1].received.concat()).into_owned();
    let uid = told
        .split("APPENDUID ")
        .nth(1)
        .unwrap()
        .split([' ', ']'])
        .nth(1)
        .unwrap()
        .to_owned();
    let fetch = format!("UID FETCH {uid} (FLAGS BODY.PEEK[])");
    let mut all = seen;
    all.extend(spoken(&demo, &["SELECT INBOX", &fetch]));
    let text = recorded(&all).unwrap();
    assert!(
        text.contains("OK [APPENDUID ${uidvalidity} ${uid}]"),
        "{text}"
    );
    assert!(
        text.contains("UID FETCH ${uid} (FLAGS BODY.PEEK[])"),
        "{text}"
    );
    assert!(text.contains("UID ${uid}"), "{text}");
    Stage::default().on(&demo, &text).passed();
}

#[test]
fn secrets_and_logins_are_left_out() {
    let marked = |sent: &str, masked: bool| Marked {
        sent: sent.as_bytes().to_vec(),
        masked,
        received: vec![b"A1 OK done\r\n".to_vec()],
    };
    let text = recorded(&[
        marked("A1 LOGIN craig ********\r\n", true),
        marked("A2 NOOP\r\n", false),
        marked("A3 AUTHENTICATE EXTERNAL\r\n", false),
    ])
    .unwrap();
    assert_eq!(
        text,
        "# LOGIN is left out: it holds a secret.\n\nNOOP\nOK\n\n# AUTHENTICATE is left out: a snippet begins when that is done.\n"
    );
    assert!(recorded(&[marked("A1 LOGIN craig ********\r\n", true)]).is_err());
}
