//! Notices in, requests out; a real session in between.

use imapsh::channel::{LineSafety, Notice, Progress, Request};
use imapsh::console::{
    Cancellation, Identity, LocalAction, Phase, Settings, Submission, SubmitMode,
};
use imapsh::session::{Awaiting, CloseCause, Reply};
use imapsh::wire::response::Status;

use crate::common::desk::Desk;

fn auto() -> Settings {
    Settings {
        auto: true,
        ..Settings::default()
    }
}

#[test]
fn a_command_goes_out_with_a_tag_and_its_result_is_known() {
    let mut desk = Desk::plain();
    assert_eq!(desk.console.next_tag().to_string(), "A0001");
    desk.enter("select inbox");
    assert_eq!(desk.sent(), "A0001 select inbox\n");
    assert_eq!(desk.console.next_tag().to_string(), "A0002");
    desk.server("* 3 EXISTS\nA0001 OK [READ-WRITE] done");
    let last = desk.console.last_command().unwrap();
    assert_eq!(
        (last.verb.as_str(), last.status, last.text.as_str()),
        ("SELECT", Status::Ok, "done")
    );
    assert_eq!(desk.console.in_flight(), 0);
    desk.enter(". noop");
    assert_eq!(desk.sent(), ". noop\n");
    assert_eq!(desk.console.next_tag().to_string(), "A0002");
    // A list: all of it, in order.
    desk.enter("NOOP\nx CHECK\nNOOP");
    assert_eq!(desk.sent(), "A0002 NOOP\nx CHECK\nA0003 NOOP\n");
    assert_eq!(desk.console.next_tag().to_string(), "A0004");
}

#[test]
fn the_next_tag_steps_over_one_that_the_user_took() {
    let mut desk = Desk::plain();
    desk.enter("A0001 noop");
    desk.enter("noop");
    assert_eq!(desk.sent(), "A0001 noop\nA0002 noop\n");
    assert_eq!(desk.console.next_tag().to_string(), "A0003");
}

#[test]
fn what_is_no_command_waits_for_a_second_enter() {
    let mut desk = Desk::plain();
    desk.enter("noop");
    desk.sent();
    let Submission::Confirm { wire, .. } = desk.console.submit("XFOO bar", SubmitMode::Normal)
    else {
        panic!()
    };
    assert_eq!(wire, "A0002 XFOO bar");
    // In a list nothing of it is sent, and the unknown one is shown under the tag it would get.
    let list = "NOOP\nx NOOP\nXFOO bar";
    let Submission::Confirm { wire, .. } = desk.console.submit(list, SubmitMode::Normal) else {
        panic!()
    };
    assert_eq!(wire, "A0003 XFOO bar");
    assert_eq!(desk.sent(), "");
    desk.send(list, SubmitMode::Confirmed);
    assert_eq!(desk.sent(), "A0002 NOOP\nx NOOP\nA0003 XFOO bar\n");
    desk.send("XFOO bar", SubmitMode::AsTyped);
    assert_eq!(desk.sent(), "XFOO bar\n");
}

#[test]
fn the_classic_confusion_cannot_happen_by_accident() {
    let mut desk = Desk::plain();
    desk.enter("SUBSCRIBE user.craig");
    assert_eq!(desk.sent(), "A0001 SUBSCRIBE user.craig\n");
    // With Ctrl+J it can, and the transcript says so beforehand.
    desk.send("SUBSCRIBE user.craig", SubmitMode::AsTyped);
    assert_eq!(desk.sent(), "SUBSCRIBE user.craig\n");
    assert!(
        desk.transcript()
            .iter()
            .any(|l| l.starts_with("== SUBSCRIBE is sent as the tag")),
        "{:?}",
        desk.transcript()
    );
    // A tag that nobody sent is named.
    desk.server("SUBSCRIBE BAD Unrecognized command\nZ9 OK what");
    let lines = desk.transcript();
    assert!(
        lines
            .iter()
            .any(|l| l.starts_with("== The server answered tag Z9, which is none that we sent")),
        "{lines:?}"
    );
    // Two words that are both commands: as typed, that is a tag and a command.
    let before = lines.len();
    desk.send("LIST NOOP", SubmitMode::AsTyped);
    assert!(
        !desk.transcript()[before..]
            .iter()
            .any(|l| l.starts_with("=="))
    );
}

#[test]
fn nothing_is_sent_before_it_is_our_turn_or_after_the_end() {
    let mut desk = Desk::new(Settings::default());
    assert_eq!(*desk.console.phase(), Phase::Opening(None));
    let refused = |desk: &mut Desk| match desk.console.submit("NOOP", SubmitMode::Normal) {
        Submission::Refused(sentence) => sentence,
        other => panic!("{other:?}"),
    };
    assert!(refused(&mut desk).contains("still being opened"));
    desk.notice(Notice::PasswordWanted {
        authcid: "cyrus".into(),
        authzid: Some("craig".into()),
    });
    assert_eq!(
        desk.console.password_wanted(),
        Some(("cyrus", Some("craig")))
    );
    assert!(refused(&mut desk).contains("password"));
    desk.notice(Notice::Ready);
    assert_eq!(desk.console.password_wanted(), None);
    desk.server("* OK hi");
    desk.enter("NOOP");
    desk.close(CloseCause::Closed);
    assert!(refused(&mut desk).contains("no connection"));
    assert_eq!(
        *desk.console.phase(),
        Phase::Ended {
            clean: false,
            sentence: "It is over. :reconnect opens it again.".into()
        }
    );
    assert_eq!(
        desk.console.failure(),
        Some("It is over. :reconnect opens it again.")
    );
    assert_eq!(desk.console.in_flight(), 0);
}

#[test]
fn verbs_of_the_console_are_not_for_the_server() {
    let mut desk = Desk::plain();
    for (text, action) in [
        (":q", LocalAction::Quit),
        (" :quit ", LocalAction::Quit),
        (":q!", LocalAction::QuitNow),
        (":HELP", LocalAction::Help),
        (":login", LocalAction::LogIn),
        (":reconnect", LocalAction::Reconnect),
        (":refresh", LocalAction::Refresh),
        (":mouse on", LocalAction::Mouse(true)),
        (":mouse  off", LocalAction::Mouse(false)),
    ] {
        match desk.console.submit(text, SubmitMode::Normal) {
            Submission::Local(found) => assert_eq!(found, action, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    for (text, part) in [
        (":foo", "no verb :foo"),
        (":q now", "takes nothing"),
        (":mouse", "wants on|off"),
    ] {
        match desk.console.submit(text, SubmitMode::Normal) {
            Submission::Refused(sentence) => assert!(sentence.contains(part), "{sentence}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(matches!(
        desk.console.submit("", SubmitMode::Normal),
        Submission::Empty
    ));
    assert!(matches!(
        desk.console.submit("FETCH 1 (", SubmitMode::Normal),
        Submission::Incomplete(_)
    ));
    assert_eq!(desk.sent(), "");
}

#[test]
fn idle_ends_with_an_empty_line_a_done_a_command_or_ctrl_c() {
    let mut desk = Desk::plain();
    let mut number = 0;
    for way in ["", "done", "DONE\n", "NOOP", "^C"] {
        number += 1;
        desk.enter("IDLE");
        desk.server("+ idling");
        assert_eq!(desk.console.awaiting(), Awaiting::IdleDone);
        desk.server("* 4 EXISTS");
        assert_eq!(desk.transcript().last().unwrap(), "S* * 4 EXISTS");
        if way == "^C" {
            let Cancellation::Send(requests) = desk.console.cancel() else {
                panic!()
            };
            desk.perform(requests);
        } else {
            desk.enter(way);
        }
        assert_eq!(desk.sent(), format!("A{number:04} IDLE\nDONE\n"), "{way}");
        desk.server(&format!("A{number:04} OK done"));
        if way == "NOOP" {
            number += 1;
            assert_eq!(desk.sent(), format!("A{number:04} NOOP\n"));
        }
        assert_eq!(desk.console.awaiting(), Awaiting::Command);
    }
    // In a list, and when there is nothing to end.
    desk.enter("IDLE\nDONE");
    desk.server("+ idling");
    assert!(desk.sent().ends_with("IDLE\nDONE\n"));
    number += 1;
    desk.server(&format!("A{number:04} OK done"));
    assert!(
        matches!(desk.console.submit("DONE", SubmitMode::Normal), Submission::Refused(s) if s.contains("none is open"))
    );
    assert!(matches!(desk.console.cancel(), Cancellation::Nothing));
    assert_eq!(
        desk.console.next_tag().to_string(),
        format!("A{:04}", number + 1)
    );
}

#[test]
fn authenticate_by_hand() {
    let mut desk = Desk::greeted(
        Settings::default(),
        "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN SASL-IR] hi",
    );
    desk.enter("AUTHENTICATE LOGIN");
    assert_eq!(desk.sent(), "A0001 AUTHENTICATE LOGIN\n");
    assert_eq!(desk.console.awaiting(), Awaiting::GoAhead);
    // A command cannot slip in where the answer belongs.
    assert!(matches!(
        desk.console.submit("NOOP", SubmitMode::Normal),
        Submission::Refused(_)
    ));
    desk.server("+ VXNlciBOYW1lAA==");
    assert_eq!(desk.console.awaiting(), Awaiting::Challenge);
    assert_eq!(desk.console.challenge(), Some(&b"User Name\0"[..]));
    desk.enter("cyrus");
    desk.server("+ UGFzc3dvcmQA");
    // A verb, a list, a literal: here they are the answer.
    desk.enter(":q {3}");
    assert_eq!(desk.sent(), "Y3lydXM=\nOnEgezN9\n");
    desk.server("A0001 OK in");
    assert_eq!(desk.console.challenge(), None);
    assert_eq!(
        *desk.console.identity(),
        Identity::LoggedIn {
            authcid: None,
            authzid: None,
            mechanism: "LOGIN".into()
        }
    );
    let lines = desk.transcript();
    assert!(lines.contains(&"C: ********".to_owned()), "{lines:?}");
    assert!(
        lines.iter().any(|l| l == "== challenge: User Name\0"),
        "{lines:?}"
    );
    assert!(
        !lines
            .iter()
            .any(|l| l.contains("Y3lydXM") || l.contains("OnEg")),
        "{lines:?}"
    );
    let kept = desk.console.history().entries();
    assert_eq!(
        kept.iter().map(|e| e.text.as_str()).collect::<Vec<_>>(),
        ["AUTHENTICATE LOGIN"]
    );
}

#[test]
fn authenticate_plain_by_hand_says_who_acts_as_whom() {
    for initial in [false, true] {
        let mut desk = Desk::greeted(
            Settings::default(),
            "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi",
        );
        if initial {
            desk.enter("AUTHENTICATE PLAIN Y3JhaWcAY3lydXMAc2VjcmV0");
            assert_eq!(
                desk.sent(),
                "A0001 AUTHENTICATE PLAIN Y3JhaWcAY3lydXMAc2VjcmV0\n"
            );
        } else {
            desk.enter("AUTHENTICATE PLAIN");
            desk.server("+ ");
            desk.enter("craig\\0cyrus\\0secret");
            assert!(desk.sent().ends_with("\nY3JhaWcAY3lydXMAc2VjcmV0\n"));
        }
        desk.server("A0001 OK in");
        assert_eq!(
            *desk.console.identity(),
            Identity::LoggedIn {
                authcid: Some("cyrus".into()),
                authzid: Some("craig".into()),
                mechanism: "PLAIN".into()
            }
        );
        assert_eq!(desk.console.identity().effective(), Some("craig"));
        assert!(!format!("{:?}", desk.console).contains("secret"));
        assert!(!format!("{:?} {:?}", desk.console, desk.transcript()).contains("c2VjcmV0"));
    }
}

#[test]
fn authenticate_by_hand_is_cancelled() {
    for way in ["*", "^C"] {
        let mut desk = Desk::greeted(Settings::default(), "* OK hi");
        desk.enter("AUTHENTICATE PLAIN");
        desk.server("+ ");
        desk.sent();
        if way == "*" {
            desk.enter("*");
        } else {
            let Cancellation::Send(requests) = desk.console.cancel() else {
                panic!()
            };
            desk.perform(requests);
        }
        assert_eq!(desk.sent(), "*\n");
        desk.server("A0001 BAD cancelled");
        assert_eq!(desk.console.awaiting(), Awaiting::Command);
        assert_eq!(*desk.console.identity(), Identity::Nobody);
    }
}

#[test]
fn a_literal_by_hand_works_as_in_imtest() {
    let mut desk = Desk::plain();
    desk.send("a1 CREATE {3}", SubmitMode::AsTyped);
    assert_eq!(desk.sent(), "a1 CREATE {3}\n");
    assert!(matches!(
        desk.console.submit("foo", SubmitMode::Normal),
        Submission::Refused(_)
    ));
    desk.server("+ go ahead");
    assert_eq!(desk.console.awaiting(), Awaiting::Literal { remaining: 3 });
    desk.enter("foo");
    assert_eq!(desk.sent(), "foo\n");
    desk.server("a1 OK created");

    // In several lines; what is more is the rest of the line.
    desk.send("a2 RENAME {6}", SubmitMode::AsTyped);
    desk.server("+ go ahead");
    desk.enter("ab");
    assert_eq!(desk.console.awaiting(), Awaiting::Literal { remaining: 2 });
    desk.enter("cd new");
    assert_eq!(desk.sent(), "a2 RENAME {6}\nab\ncd new\n");
    desk.server("a2 OK renamed");

    // Exactly the octets; the rest of the line comes by itself.
    desk.send("a3 RENAME {3}", SubmitMode::AsTyped);
    desk.server("+ go ahead");
    desk.send("foo", SubmitMode::AsTyped);
    assert_eq!(desk.console.awaiting(), Awaiting::LineRest);
    assert!(matches!(
        desk.console.submit("a\nb", SubmitMode::Normal),
        Submission::Refused(_)
    ));
    desk.enter(" bar");
    assert_eq!(desk.sent(), "a3 RENAME {3}\nfoo bar\n");
    desk.server("a3 NO no");

    // More than fits, in lines that would be commands: nothing goes.
    desk.send("a4 CREATE {3}", SubmitMode::AsTyped);
    desk.server("+ go ahead");
    desk.sent();
    assert!(matches!(
        desk.console.submit("foo\nx9 DELETE victim\n", SubmitMode::Normal),
        Submission::Refused(s) if s.contains("more than the 3 octets")
    ));
    assert_eq!(desk.sent(), "");
}

#[test]
fn a_literal_that_is_given_up_cannot_do_harm() {
    let mut desk = Desk::plain();
    desk.send("a1 APPEND INBOX {10}", SubmitMode::AsTyped);
    // The server is silent: cancelling waits for it, then asks, then closes.
    assert!(
        matches!(desk.console.cancel(), Cancellation::Send(r) if matches!(r[..], [Request::Respond(Reply::Cancel)]))
    );
    assert!(matches!(desk.console.cancel(), Cancellation::Ask(_)));
    assert!(
        matches!(desk.console.cancel(), Cancellation::Send(r) if matches!(r[..], [Request::Close]))
    );

    let mut desk = Desk::plain();
    desk.send("a1 APPEND INBOX {10}", SubmitMode::AsTyped);
    desk.server("+ go ahead");
    desk.enter("abc");
    desk.sent();
    let Cancellation::Send(requests) = desk.console.cancel() else {
        panic!()
    };
    desk.perform(requests);
    let rest = desk.sent();
    assert!(
        rest.starts_with("     ") && rest.ends_with('\n') && rest.len() > 6,
        "{rest:?}"
    );
    desk.server("a1 BAD no");
    assert_eq!(desk.console.awaiting(), Awaiting::Command);
    desk.enter("NOOP");
    assert_eq!(desk.sent(), "A0001 NOOP\n");
}

#[test]
fn synchronizing_literals_let_the_next_command_wait_behind_them() {
    let mut desk = Desk::plain();
    desk.enter("CREATE {{{\nfoo\n}}}");
    desk.enter("NOOP");
    assert_eq!(desk.sent(), "A0001 CREATE {3}\n");
    desk.server("+ go ahead");
    assert_eq!(desk.sent(), "foo\nA0002 NOOP\n");
}

#[test]
fn after_a_login_the_sidebar_is_filled_and_nothing_else_is_sent() {
    let mut desk = Desk::new(auto());
    desk.server("* PREAUTH [CAPABILITY IMAP4rev1 NAMESPACE QUOTA ID] hi");
    assert_eq!(desk.sent(), "", "not before it is our turn");
    desk.notice(Notice::Ready);
    assert_eq!(desk.sent(), "P0001 NAMESPACE\n");
    desk.server("* NAMESPACE ((\"INBOX.\" \".\")) ((\"user.\" \".\")) ((\"\" \".\")(\"user.\" \".\"))\nP0001 OK done");
    // One after the other: each with its answer below it.
    for (number, command) in [
        (2, "LIST \"\" \"INBOX.%\""),
        (3, "LSUB \"\" \"INBOX.%\""),
        (4, "LIST \"\" \"user.%\""),
        (5, "LSUB \"\" \"user.%\""),
        (6, "LIST \"\" \"%\""),
        (7, "LSUB \"\" \"%\""),
    ] {
        assert_eq!(desk.sent(), format!("P{number:04} {command}\n"));
        desk.server(&format!("P{number:04} OK done"));
    }
    assert_eq!(desk.sent(), "");
    desk.enter("NOOP");
    desk.server("A0001 OK done");
    assert_eq!(desk.sent(), "A0001 NOOP\n");
    let first = desk.console.transcript().command(0).unwrap();
    assert_eq!(
        (&*first.verb, first.origin),
        ("NAMESPACE", imapsh::wire::Origin::Program)
    );
}

/// All that goes out when every command of the program's is answered with OK.
fn all_sent(desk: &mut Desk) -> String {
    let mut all = String::new();
    loop {
        let sent = desk.sent();
        let tags: Vec<&str> = sent
            .lines()
            .filter(|l| l.starts_with(['P', 'B']))
            .filter_map(|l| l.split(' ').next())
            .collect();
        for tag in &tags {
            desk.server(&format!("{tag} OK done"));
        }
        all.push_str(&sent);
        if tags.is_empty() {
            return all;
        }
    }
}

#[test]
fn the_prefixes_of_servers() {
    for (namespace, expected) in [
        // Dovecot.
        (
            "* NAMESPACE ((\"\" \"/\")) NIL NIL",
            "P0002 LIST \"\" \"%\"\nP0003 LSUB \"\" \"%\"\n",
        ),
        // INBOX is in no namespace that is listed: it is asked for by name.
        (
            "* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL",
            "P0002 LIST \"\" \"INBOX\"\nP0003 LIST \"\" \"INBOX.%\"\nP0004 LSUB \"\" \"INBOX.%\"\n",
        ),
        (
            "* NAMESPACE ((\"\" \"/\")) NIL ((\"Public/\" \"/\"))",
            "P0002 LIST \"\" \"%\"\nP0003 LSUB \"\" \"%\"\nP0004 LIST \"\" \"Public/%\"\nP0005 LSUB \"\" \"Public/%\"\n",
        ),
        (
            "* NAMESPACE NIL NIL NIL",
            "P0002 LIST \"\" \"%\"\nP0003 LSUB \"\" \"%\"\n",
        ),
        (
            "* NAMESPACE ((\"a\\\"b\\\\\" \"/\")(\"\" \"/\")) NIL NIL",
            "P0002 LIST \"\" \"a\\\"b\\\\%\"\nP0003 LSUB \"\" \"a\\\"b\\\\%\"\nP0004 LIST \"\" \"%\"\nP0005 LSUB \"\" \"%\"\n",
        ),
    ] {
        let mut desk = Desk::greeted(auto(), "* PREAUTH [CAPABILITY IMAP4rev1 NAMESPACE] hi");
        desk.sent();
        desk.server(&format!("{namespace}\nP0001 OK done"));
        assert_eq!(all_sent(&mut desk), expected, "{namespace}");
    }
    // NAMESPACE refused, or not there.
    let mut desk = Desk::greeted(auto(), "* PREAUTH [CAPABILITY IMAP4rev1 NAMESPACE] hi");
    desk.sent();
    desk.server("P0001 NO not today");
    assert_eq!(
        all_sent(&mut desk),
        "P0002 LIST \"\" \"%\"\nP0003 LSUB \"\" \"%\"\n"
    );
    let mut desk = Desk::greeted(auto(), "* PREAUTH [CAPABILITY IMAP4rev1] hi");
    assert_eq!(
        all_sent(&mut desk),
        "P0001 LIST \"\" \"%\"\nP0002 LSUB \"\" \"%\"\n"
    );
    // --no-auto, and nobody logged in.
    assert_eq!(Desk::plain().sent(), "");
    let mut desk = Desk::greeted(auto(), "* OK [CAPABILITY IMAP4rev1 NAMESPACE] hi");
    assert_eq!(desk.sent(), "");
    // A login by hand is one too; UNAUTHENTICATE and another as well.
    desk.enter("LOGIN craig secret");
    desk.server("A0001 OK [CAPABILITY IMAP4rev1] in");
    assert_eq!(
        all_sent(&mut desk),
        "A0001 LOGIN craig secret\nP0001 LIST \"\" \"%\"\nP0002 LSUB \"\" \"%\"\n"
    );
    assert_eq!(desk.console.identity().effective(), Some("craig"));
}

#[test]
fn mailboxes_are_unfolded_once() {
    let mut desk = Desk::plain();
    desk.enter("LIST \"\" %");
    desk.server("* LIST (\\HasChildren) \"/\" \"Team a\"\n* LIST (\\HasNoChildren) \"/\" Sent\n* LIST () NIL flat\nA0001 OK done");
    desk.sent();
    let requests = desk.console.unfold(b"Team a");
    desk.perform(requests);
    assert_eq!(
        all_sent(&mut desk),
        "B0001 LIST \"\" \"Team a/%\"\nB0002 LSUB \"\" \"Team a/%\"\n"
    );
    for name in [&b"Team a"[..], b"Sent", b"flat", b"nowhere"] {
        assert!(desk.console.unfold(name).is_empty(), "{name:?}");
    }
    // A refresh asks for what was unfolded too.
    let requests = desk.console.refresh();
    desk.perform(requests);
    assert_eq!(
        all_sent(&mut desk),
        "B0003 LIST \"\" \"%\"\nB0004 LSUB \"\" \"%\"\nB0005 LIST \"\" \"Team a/%\"\nB0006 LSUB \"\" \"Team a/%\"\n"
    );
    assert!(desk.console.model().mailboxes().is_empty());
}

#[test]
fn a_mailbox_of_the_sidebar_is_opened_for_reading() {
    let mut desk = Desk::plain();
    for (name, wire, select) in [
        (&b"INBOX"[..], "EXAMINE INBOX\n", "SELECT INBOX"),
        (b"Team a", "EXAMINE \"Team a\"\n", "SELECT \"Team a\""),
        (
            b"Entw&APw-rfe",
            "EXAMINE Entw&APw-rfe\n",
            "SELECT Entw&APw-rfe",
        ),
        (
            "Entwürfe".as_bytes(),
            "EXAMINE {9}\n",
            "SELECT {{{\nEntwürfe\n}}}",
        ),
        (b"a\"b", "EXAMINE \"a\\\"b\"\n", "SELECT \"a\\\"b\""),
        (b"NIL", "EXAMINE \"NIL\"\n", "SELECT \"NIL\""),
    ] {
        let mut desk = Desk::plain();
        let requests = desk.console.open_mailbox(name);
        desk.perform(requests);
        assert_eq!(desk.sent(), format!("A0001 {wire}"));
        assert_eq!(desk.console.select_text(name), select);
    }
    assert_eq!(desk.console.select_text(b"a\r\nb"), "");
    // The text of `o` can be sent.
    let text = desk.console.select_text("Entwürfe".as_bytes());
    desk.enter(&text);
    assert_eq!(desk.sent(), "A0001 SELECT {9}\n");
}

#[test]
fn who_we_are_and_how_safe_the_line_is() {
    let mut desk = Desk::new(Settings::default());
    desk.notice(Notice::Progress(Progress::Resolving("mail".into())));
    desk.notice(Notice::Progress(Progress::Secured(LineSafety::Plain)));
    assert_eq!(desk.console.line_safety(), Some(&LineSafety::Plain));
    desk.server("* OK hi");
    desk.notice(Notice::LoginFailed("The server refused craig.".into()));
    assert_eq!(desk.console.failure(), Some("The server refused craig."));
    assert!(!desk.console.identity().is_logged_in());
    desk.notice(Notice::Ready);
    assert_eq!(*desk.console.phase(), Phase::Ready);
    // STARTTLS typed later does not take us back to the opening.
    desk.notice(Notice::Progress(Progress::Secured(LineSafety::Memory)));
    assert_eq!(*desk.console.phase(), Phase::Ready);
    assert_eq!(desk.console.line_safety(), Some(&LineSafety::Memory));
    desk.notice(Notice::LoggedIn {
        authcid: Some("cyrus".into()),
        authzid: Some("craig".into()),
        mechanism: "SCRAM-SHA-256".into(),
    });
    assert_eq!(desk.console.identity().effective(), Some("craig"));
    assert_eq!(desk.console.failure(), None);
    desk.notice(Notice::Warning("beware".into()));
    assert_eq!(desk.transcript().last().unwrap(), "== beware");
    // A refused command gives its tag back.
    let Submission::Send(_) = desk.console.submit("LOGIN a b", SubmitMode::Confirmed) else {
        panic!()
    };
    assert_eq!(desk.console.next_tag().to_string(), "A0002");
    desk.notice(Notice::Refused("The line is not encrypted.".into()));
    assert_eq!(desk.console.next_tag().to_string(), "A0001");
    // A new connection knows nothing of the old one, but the transcript stays.
    let lines = desk.transcript().len();
    desk.console.connection_opened("other");
    assert!(!desk.console.identity().is_logged_in());
    assert_eq!(desk.console.line_safety(), None);
    assert_eq!(desk.transcript().len(), lines);
}

#[test]
fn a_masked_line_from_the_history_is_not_sent() {
    let mut desk = Desk::greeted(Settings::default(), "* OK hi");
    desk.enter("LOGIN craig \"se cret\"");
    desk.server("A0001 NO no");
    let text = desk.console.history().entries()[0].text.clone();
    assert_eq!(text, "LOGIN craig ********");
    assert!(
        matches!(desk.console.submit(&text, SubmitMode::Normal), Submission::Refused(s) if s.contains("password"))
    );
    assert!(!format!("{:?}{:?}", desk.console, desk.transcript()).contains("se cret"));
}

#[test]
fn files_are_read_when_they_are_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("mail"), "a\nb\r\nc\n").unwrap();
    std::fs::write(path("nul"), "a\0b\n").unwrap();
    let mut desk = Desk::greeted(
        Settings::default(),
        "* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+ BINARY] hi",
    );
    desk.enter(&format!("APPEND INBOX {{@{}}}", path("mail")));
    assert_eq!(desk.sent(), "A0001 APPEND INBOX {9+}\na\nb\nc\n\n");
    desk.enter(&format!("APPEND INBOX {{@{}:raw}}", path("mail")));
    assert_eq!(desk.sent(), "A0002 APPEND INBOX {7+}\na\nb\nc\n\n");
    desk.enter(&format!("APPEND INBOX ~{{@{}}}", path("nul")));
    assert_eq!(desk.sent(), "A0003 APPEND INBOX ~{4+}\na\0b\n\n");
    for (text, part) in [
        (
            format!("APPEND INBOX {{@{}}}", path("nowhere")),
            "cannot be read",
        ),
        (
            format!("APPEND INBOX {{@{}}}", path("nul")),
            "NUL at octet 2",
        ),
        (
            format!("APPEND INBOX {{@{}}}", folder.path().display()),
            "not a plain file",
        ),
        ("APPEND INBOX {@/dev/zero}".to_owned(), "not a plain file"),
    ] {
        match desk.console.submit(&text, SubmitMode::Normal) {
            Submission::Refused(sentence) => assert!(sentence.contains(part), "{sentence}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert_eq!(desk.sent(), "");
    // Nothing is read for a text that is not sent.
    let text = format!("XFOO {{@{}}}", path("nowhere"));
    assert!(
        matches!(desk.console.submit(&text, SubmitMode::Normal), Submission::Confirm { wire, .. } if wire.contains("{@"))
    );
}

#[test]
fn an_idle_of_the_users_is_not_ended_by_the_program() {
    let mut desk = Desk::greeted(auto(), "* PREAUTH [CAPABILITY IMAP4rev1 NAMESPACE IDLE] hi");
    desk.enter("IDLE");
    assert_eq!(desk.sent(), "P0001 NAMESPACE\nA0001 IDLE\n");
    desk.server("P0001 OK done\n+ idling\n* LIST (\\HasChildren) \"/\" a");
    assert_eq!(desk.sent(), "", "LIST waits until the IDLE is over");
    desk.enter("");
    assert_eq!(desk.sent(), "DONE\n");
    desk.server("A0001 OK done");
    assert!(all_sent(&mut desk).starts_with("P0002 LIST"));
    // What the user unfolds he wants at once.
    desk.enter("IDLE");
    desk.server("+ idling");
    desk.sent();
    let requests = desk.console.unfold(b"a");
    desk.perform(requests);
    assert_eq!(desk.sent(), "DONE\n");
    desk.server("A0002 OK done");
    assert_eq!(
        all_sent(&mut desk),
        "B0001 LIST \"\" \"a/%\"\nB0002 LSUB \"\" \"a/%\"\n"
    );
}

/// What other tools print is base64 already: `^J` takes it as it is, `Enter` makes base64 of plain text.
#[test]
fn an_answer_to_a_challenge_may_be_base64_already() {
    const BASE64: &str = "AGNyYWlnAHNlY3JldA==";
    for (text, mode) in [
        (BASE64, SubmitMode::AsTyped),
        (r"\0craig\0secret", SubmitMode::Normal),
    ] {
        let mut desk = Desk::greeted(Settings::default(), "* OK [CAPABILITY IMAP4rev1] hello");
        desk.send("AUTHENTICATE PLAIN", SubmitMode::Confirmed);
        desk.sent();
        desk.server("+ ");
        desk.send(text, mode);
        assert_eq!(desk.sent().trim_end(), BASE64, "{text}");
    }
    let mut desk = Desk::greeted(Settings::default(), "* OK [CAPABILITY IMAP4rev1] hello");
    desk.send("AUTHENTICATE PLAIN", SubmitMode::Confirmed);
    desk.server("+ ");
    assert!(matches!(
        desk.console.submit("secret", SubmitMode::AsTyped),
        Submission::Refused(sentence) if sentence.contains("not base64") && !sentence.contains("secret")
    ));
}
