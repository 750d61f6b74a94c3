//! Snippets played: against the demo, and against servers that are made up.

use std::sync::Arc;

use imapsh::demo::{Demo, Options};
use imapsh::snippet::{Vars, Verdict};

use crate::common::stage::{Far, Folder, Stage, server};

fn example(name: &str) -> String {
    let path = format!("{}/tests/snippets/{name}.imap", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn demo() -> Demo {
    Demo::new(Options { users: 0 })
}

#[test]
fn the_smoke_test_passes_on_the_demo() {
    let played = Stage::default().on_demo(&example("smoke-test")).passed();
    assert_eq!(played.records.len(), 5);
    assert_eq!(played.records[4].status, "NO");
    let captures = &played.records[1].captures;
    assert!(captures.iter().any(|(name, _)| name == "uidnext"));
}

#[test]
fn subscribing_is_undone_only_where_it_was_not_so_before() {
    let demo = demo();
    let stage = Stage {
        vars: Vars::default()
            .with_column("user", "monty")
            .with("mailbox", "INBOX"),
        ..Stage::default()
    };
    let unsubscribed = "LSUB \"\" INBOX\n! LSUB () ${_} INBOX\n";
    let played = stage.on(
        &demo,
        &format!("authz: monty\n\nUNSUBSCRIBE INBOX\n\n{unsubscribed}"),
    );
    played.passed();
    let first = stage.on(&demo, &example("subscribe-team")).passed();
    assert_eq!(first.undo, [(1, "UNSUBSCRIBE INBOX".to_owned())]);
    let undo = first
        .order
        .iter()
        .position(|o| o == "undo UNSUBSCRIBE INBOX")
        .unwrap();
    let sent = first
        .order
        .iter()
        .position(|o| o == "send SUBSCRIBE")
        .unwrap();
    assert!(undo < sent, "{:?}", first.order);
    let again = stage.on(&demo, &example("subscribe-team")).passed();
    assert!(again.undo.is_empty());
    stage
        .on(
            &demo,
            &format!("authz: monty\n\n{}\n\n{unsubscribed}", first.undo[0].1),
        )
        .passed();
}

#[test]
fn what_is_appended_comes_back() {
    let stage = Stage {
        files: Arc::new(Folder::with(&[(
            "mails/umlaut.eml",
            "From: a@example.com\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n\nhello \u{fc}, this is long enough to be a hundred octets of mail, and more\n",
        )])),
        vars: Vars::default().with("box", "INBOX.test-1"),
        ..Stage::default()
    };
    let played = stage.on_demo(&example("append-and-compare")).passed();
    assert_eq!(played.undo, [(1, "DELETE INBOX.test-1".to_owned())]);
}

#[test]
fn a_delivery_wakes_an_idling_session() {
    let played = Stage::default().on_demo(&example("idle-wake-up")).passed();
    assert!(played.sent[&1].contains("IDLE"), "{:?}", played.sent);
    assert!(played.sent[&1].ends_with("DONE\r\n"), "{:?}", played.sent);
    assert!(played.sent[&2].contains("wake up"), "{:?}", played.sent);
}

#[test]
fn rights_are_given_and_the_way_back_is_kept() {
    let stage = Stage {
        files: Arc::new(Folder::with(&[("people.txt", "monty\nanyone\n")])),
        vars: Vars::default().with("mailbox", "shared.team"),
        yes: true,
        ..Stage::default()
    };
    let demo = demo();
    let played = stage.play(
        &example("give-read-access").replacen("safe:", "authz: cyrus\nsafe:", 1),
        &mut |_, _| Far::Demo(Box::new(server(&demo))),
    );
    assert!(
        matches!(played.verdict, Verdict::Passed),
        "{}",
        played.failure()
    );
    assert_eq!(played.output.len(), 2, "{:?}", played.output);
    assert_eq!(played.undo.len(), 2, "{:?}", played.undo);
}

#[test]
fn a_reply_that_does_not_come_is_told_with_its_place() {
    let stage = Stage {
        vars: Vars::default().with("mailbox", "Shared/Team"),
        ..Stage::default()
    };
    let text = "# a\nLIST \"\" ${mailbox}\n* LIST () ${sep} ${mailbox}\nOK\n";
    let played = stage.made_up(text, |line| {
        Some(match line {
            "" => "* OK ready\r\n".to_owned(),
            _ => "TAG OK Completed\r\n".to_owned(),
        })
    });
    assert_eq!(
        played.failure(),
        "test.imap:3:1: no untagged reply matched\n   2 | LIST \"\" ${mailbox}\n   3 | * LIST () ${sep} ${mailbox}\n     | \
         ^^^^^^^^^^^^^^^^^^^^^^^^^^^ wanted  * LIST () <sep> Shared/Team\n     | got 0 LIST replies; tagged: OK Completed\n"
    );
}
