//! Snippets played: against the demo, and against servers that are made up.

use std::sync::Arc;

use imapsh::demo::{Demo, Options};
use imapsh::snippet::{Vars, Verdict};

use crate::common::stage::{Far, Folder, Says, Stage, server};

fn example(name: &str) -> String {
    let path = format!(
        "{}/tests/snippets/good/{name}.imap",
        env!("CARGO_MANIFEST_DIR")
    );
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
    let played = stage.made_up(text, &[("LIST", "TAG OK Completed\n")]);
    assert_eq!(
        played.failure(),
        "test.imap:3:1: no untagged reply matched\n   2 | LIST \"\" ${mailbox}\n   3 | * LIST () ${sep} ${mailbox}\n     | \
         ^^^^^^^^^^^^^^^^^^^^^^^^^^^ wanted  * LIST () <sep> Shared/Team\n     | got 0 LIST replies; tagged: OK Completed\n     = \
         this user cannot see Shared/Team: no l right, or it is not there (RFC 4314, section 4)\n"
    );
}

#[test]
fn what_goes_wrong_is_told() {
    let table: &[(&str, &Says, &str)] = &[
        (
            "NOOP\nOK\n",
            &[("NOOP", "TAG NO [ALERT] no\n")],
            "test.imap:2:1: NOOP got NO, not OK",
        ),
        ("NOOP\n", &[("NOOP", "TAG BAD what\n")], "got BAD what"),
        ("NO NOOP\n", &[], "test.imap:1:1: NOOP got OK, not NO"),
        (
            "NOOP\n",
            &[("NOOP", "* BYE off\n")],
            "no answer to NOOP within 30 s",
        ),
        (
            "NOOP\n",
            &[("NOOP", "close")],
            "the server closed the connection without a word",
        ),
        (
            "NOOP\n",
            &[("NOOP", "close")],
            "whether NOOP was done is not known",
        ),
        (
            "timeout: 2s\n\nNOOP\n",
            &[("NOOP", "")],
            "no answer to NOOP within 2 s",
        ),
        (
            "FETCH 1 BODY[]\n",
            &[("FETCH", "* 1 FETCH (BODY[] {9}\nabc")],
            "no answer to FETCH 1 BODY[] within 30 s",
        ),
        (
            "NOOP\n! 3 EXISTS\n",
            &[("NOOP", "* 3 EXISTS\nTAG OK done\n")],
            "test.imap:2:1: a reply came that must not",
        ),
        (
            "NOOP\n* 4 EXISTS\nOK\n",
            &[("NOOP", "* 3 EXISTS\nTAG OK done\n")],
            "nearest  * 3 EXISTS\n     |     3 where 4 is wanted\n     | got 1 EXISTS reply; tagged: OK done",
        ),
        (
            "SELECT a\nOK [READ-WRITE]\n",
            &[("SELECT", "TAG OK [READ-ONLY] done\n")],
            "test.imap:2:5: the result is another one",
        ),
        (
            "ignore_extra_untagged: no\n\nNOOP\n",
            &[("NOOP", "* 3 EXISTS\nTAG OK done\n")],
            "a reply came that no line is about",
        ),
        (
            "!assert 1 > 2\n",
            &[],
            "test.imap:1:1: this does not hold\n   1 | !assert 1 > 2\n",
        ),
        ("!assert a > 2\n", &[], "only numbers are less or greater"),
        (
            "SELECT ${x}\n",
            &[],
            "test.imap:1:8: the variable x is not set",
        ),
        (
            "IDLE\n> DONE\nOK\n",
            &[("IDLE", "TAG NO no\n")],
            "IDLE got NO, not OK",
        ),
        ("!closed\n", &[], "the server did not close the connection"),
    ];
    for (text, says, wanted) in table {
        let failure = Stage::default().made_up(text, says).failure();
        assert!(failure.contains(wanted), "{text}\n{failure}");
    }
}

#[test]
fn a_run_goes_on_where_all_is_as_expected() {
    let table: &[(&str, &Says)] = &[
        ("* OK ${_...}\n\nNOOP\n", &[]),
        ("\"\" NOOP\n", &[("NOOP", "TAG BAD x\n")]),
        ("BAD NOOP\n", &[("NOOP", "TAG BAD x\n")]),
        ("NOOP\n? 3 EXISTS\nOK\n", &[]),
        (
            "a NOOP\nb CAPABILITY\nb OK\na OK\n",
            &[("NOOP", "* 1 EXISTS\nTAG OK x\n")],
        ),
        (
            "LOGOUT\n* BYE\nOK\n\n!closed\n",
            &[("LOGOUT", "* BYE x\nTAG OK y\n"), ("", "close")],
        ),
        (
            "!let a = 1\n!let b = ${a}2\n!assert ${b} == 12\n!assert ${b} != 1\n!assert ${b} >= 12\n",
            &[],
        ),
        (
            "!let r = lrswi\n!assert ${r} covers lri\n!assert ${r} matches /^l.*i$/\n",
            &[],
        ),
        (
            "FLAGSX\n* FLAGS ${all}\n\n!assert ${all} has \\Seen\n",
            &[("FLAGSX", "* FLAGS (\\Seen a)\nTAG OK x\n")],
        ),
        (
            "NOOP\n!assert ${last.status} == OK\n!assert ${last.ms} < 2000\n",
            &[],
        ),
        (
            "STATUS a (MESSAGES)\n* STATUS a (MESSAGES ${now})\n\n!assert ${now} == 3\n",
            &[("STATUS", "* STATUS a (MESSAGES 3)\nTAG OK x\n")],
        ),
        (
            "!ifcap XFOO\nBAD NOOP\n!else\nNOOP\n!endif\n!ifcap literal+\nNOOP\n!else\nBAD NOOP\n!endif\n",
            &[],
        ),
        (
            "C: A3 XFOO bar\nS: A3 BAD what\nC: A4 XFOO bar\nS: A4 BAD what\n",
            &[("XFOO bar", "TAG BAD x\n")],
        ),
        (
            "SEARCH RETURN (ALL) 1\n* ESEARCH (TAG ${tag}) ALL 1\n",
            &[("SEARCH", "* ESEARCH (tag \"TAG\") ALL 1\nTAG OK x\n")],
        ),
        ("keep_tags: yes\n\nmine NOOP\n", &[("NOOP", "TAG OK x\n")]),
    ];
    for (text, says) in table {
        let played = Stage::default().made_up(text, says);
        assert_eq!(
            played.verdict,
            Verdict::Passed,
            "{text}\n{}",
            played.failure()
        );
    }
}

#[test]
fn a_server_without_the_capability_is_skipped() {
    let played = Stage::default().made_up("capabilities: XFOO\n\nNOOP\n", &[]);
    assert_eq!(
        played.verdict,
        Verdict::Skipped("the server does not offer XFOO".to_owned())
    );
    assert!(!played.sent[&1].contains("NOOP"));
}

#[test]
fn loops_forget_what_a_turn_has_read() {
    let text = "!for box in a b\nSTATUS ${box} (MESSAGES)\n* STATUS ${box} (MESSAGES ${n})\nOK\n!output ${box} ${n}\n!end\n\
                !for n,m in @list.csv\n!output ${n}-${m}\n!end\n!for n in 2..4\n!output ${n}\n!end\n";
    let stage = Stage {
        files: Arc::new(Folder::with(&[(
            "list.csv",
            "1,\"a,b\"\n2,\"say \"\"hi\"\"\"\n",
        )])),
        ..Stage::default()
    };
    let says: &Says = &[
        ("STATUS a", "* STATUS a (MESSAGES 1)\nTAG OK x\n"),
        ("STATUS b", "* STATUS b (MESSAGES 2)\nTAG OK x\n"),
    ];
    let played = stage.made_up(text, says).passed();
    assert_eq!(
        played.output,
        ["a 1", "b 2", "1-a,b", "2-say \"hi\"", "2", "3", "4"]
    );
}

#[test]
fn the_way_back_of_a_failed_command_is_taken_back() {
    let text = "CREATE a\nOK\n!undo DELETE a\n\nCREATE b\nOK\n!undo DELETE b\n";
    let stage = Stage::default();
    let played = stage.made_up(text, &[("CREATE b", "TAG NO no\n")]);
    assert!(matches!(played.verdict, Verdict::Failed(_)));
    assert_eq!(played.undo, [(1, "DELETE a".to_owned())]);
    assert!(played.order.contains(&"undo DELETE b".to_owned()));
    // Nobody knows whether it was done: the way back is kept.
    let lost = stage.made_up(text, &[("CREATE b", "close")]);
    assert!(matches!(lost.verdict, Verdict::Lost(_)));
    assert_eq!(lost.undo.len(), 2);
    // What is only known afterwards is written afterwards.
    let text = "APPENDX\nOK [APPENDUID ${v} ${uid}]\n!undo UID EXPUNGE ${uid}\n";
    let played = stage
        .made_up(text, &[("APPENDX", "TAG OK [APPENDUID 1 7] x\n")])
        .passed();
    assert_eq!(played.undo, [(1, "UID EXPUNGE 7".to_owned())]);
    assert_eq!(played.order.last().unwrap(), "undo UID EXPUNGE 7");
}

#[test]
fn safe_mode_holds() {
    use imapsh::safety::SafeMode;
    let confirm = Stage {
        safe: SafeMode::Confirm,
        ..Stage::default()
    };
    let played = confirm.made_up("NOOP\nDELETE a\n", &[]);
    assert!(
        matches!(played.verdict, Verdict::Refused(_)),
        "{:?}",
        played.verdict
    );
    assert!(played.failure().contains("--yes"), "{}", played.failure());
    assert!(!played.sent[&1].contains("DELETE"));
    let yes = Stage {
        safe: SafeMode::Confirm,
        yes: true,
        ..Stage::default()
    };
    yes.made_up("DELETE a\n", &[]).passed();
    // Nothing lifts readonly: neither --yes nor a header.
    let readonly = Stage {
        safe: SafeMode::ReadOnly,
        yes: true,
        ..Stage::default()
    };
    let played = readonly.made_up("safe: off\n\nDELETE a\n", &[]);
    assert!(
        matches!(played.verdict, Verdict::Refused(_)),
        "{:?}",
        played.verdict
    );
    // A header makes it stricter.
    let played = yes.made_up("safe: readonly\n\nDELETE a\n", &[]);
    assert!(
        matches!(played.verdict, Verdict::Refused(_)),
        "{:?}",
        played.verdict
    );
    let played = readonly.made_up("SELECT a\n", &[]).passed();
    assert!(played.sent[&1].contains("EXAMINE a"), "{:?}", played.sent);
    assert_eq!(played.notes.len(), 1);
    let played = readonly.made_up("!send \"x DELETE a\\r\\n\"\n", &[]);
    assert!(
        matches!(played.verdict, Verdict::Refused(_)),
        "{:?}",
        played.verdict
    );
    assert!(!played.sent[&1].contains("DELETE"), "{:?}", played.sent);
    // CLOSE after EXAMINE removes nothing, so it is not asked about.
    confirm
        .made_up(
            "EXAMINE a\nOK\n\nCLOSE\n",
            &[("EXAMINE", "TAG OK [READ-ONLY] x\n")],
        )
        .passed();
}

#[test]
fn a_pasted_transcript_is_a_snippet() {
    let text = example("pasted-transcript");
    let says: &Says = &[
        (
            "LIST",
            "* LIST (\\HasChildren \\Marked) \"/\" Shared\nTAG OK List done\n",
        ),
        (
            "STATUS",
            "* STATUS Shared/Team (UNSEEN 5 MESSAGES 482)\nTAG OK other words\n",
        ),
    ];
    let played = Stage::default().made_up(&text, says).passed();
    assert_eq!(played.records.len(), 2);
}

#[test]
fn a_secret_is_in_no_record_and_no_message() {
    let stage = Stage {
        vars: Vars {
            secrets: [("word".to_owned(), imapsh::snippet::Value::secret("hush"))].into(),
            ..Vars::default()
        },
        ..Stage::default()
    };
    let text = "SEARCH SUBJECT ${word}\n* SEARCH ${word}\nOK\n!output ${word}\n!undo SEARCH TEXT ${word}\n";
    let played = stage.made_up(text, &[]);
    let told = format!(
        "{:?} {:?} {:?} {}",
        played.records,
        played.output,
        played.undo,
        played.failure()
    );
    assert!(!told.contains("hush"), "{told}");
    assert!(played.sent[&1].contains("hush"));
}
