//! Safe mode in a session: what is counted, asked, sent; and what a reply suggests.

use imapsh::channel::Notice;
use imapsh::console::{Settings, Submission, SubmitMode};
use imapsh::safety::SafeMode;

use crate::common::desk::Desk;
use crate::common::screen::Screen;

fn desk(mode: SafeMode) -> Desk {
    let mut desk = Desk::greeted(
        Settings::default(),
        "* PREAUTH [CAPABILITY IMAP4rev1 ESEARCH UIDPLUS MOVE ACL QUOTA IDLE] hello",
    );
    desk.console.set_safe_mode(mode);
    desk
}

/// `mailbox` with `exists` messages, opened for writing.
fn open(desk: &mut Desk, mailbox: &str, exists: u64) {
    desk.enter(&format!("SELECT {mailbox}"));
    let tag = desk.sent().split(' ').next().unwrap().to_owned();
    desk.server(&format!(
        "* {exists} EXISTS\n* OK [UIDVALIDITY 7] ok\n{tag} OK [READ-WRITE] open"
    ));
}

/// Submits `text`: it must be asked about. What goes to the server for that.
#[track_caller]
fn asks(desk: &mut Desk, text: &str) -> String {
    match desk.console.submit(text, SubmitMode::AsTyped) {
        Submission::Asks(requests) => desk.perform(requests),
        other => panic!("{text:?}: {other:?}"),
    }
    desk.sent()
}

fn said(desk: &Desk) -> String {
    let question = desk.console.question().expect("a question");
    assert!(!question.counting, "{question:?}");
    let lines = question.commands.into_iter().flat_map(|(_, lines)| lines);
    lines.collect::<Vec<_>>().join(" ")
}

fn yes(desk: &mut Desk) -> String {
    match desk.console.answer(true) {
        Submission::Send(requests) => desk.perform(requests),
        other => panic!("{other:?}"),
    }
    desk.sent()
}

#[test]
fn what_would_go_is_counted_by_the_server_and_asked_about() {
    let mut desk = desk(SafeMode::Confirm);
    open(&mut desk, "INBOX", 482);
    let query = asks(&mut desk, "a1 expunge");
    assert_eq!(query, "P0001 UID SEARCH RETURN (COUNT) DELETED\n");
    // While it is counted there is nothing to answer.
    assert!(desk.console.question().unwrap().counting);
    assert!(matches!(desk.console.answer(true), Submission::Empty));
    desk.server("* ESEARCH (TAG \"P0001\") UID COUNT 3\nP0001 OK done");
    assert_eq!(said(&desk), "3 messages with \\Deleted would go for good.");
    assert_eq!(desk.sent(), "");
    assert_eq!(yes(&mut desk), "a1 expunge\n");
    assert!(desk.console.question().is_none());
}

#[test]
fn no_is_no_and_the_program_s_questions_are_marked_as_its_own() {
    let mut desk = desk(SafeMode::Confirm);
    open(&mut desk, "INBOX", 1);
    asks(&mut desk, "a1 UID EXPUNGE 4:9");
    desk.server("* SEARCH 4 5\nP0001 OK done");
    assert_eq!(
        said(&desk),
        "2 messages of UID 4:9 with \\Deleted would go for good."
    );
    assert!(matches!(desk.console.answer(false), Submission::Refused(_)));
    assert_eq!(desk.sent(), "");
    assert!(desk.console.question().is_none());
    let lines = desk.transcript();
    assert!(
        lines.contains(&"C: P0001 UID SEARCH RETURN (COUNT) DELETED UID 4:9".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn close_is_asked_about_only_with_deleted_mail() {
    let mut desk = desk(SafeMode::Confirm);
    open(&mut desk, "INBOX", 3);
    asks(&mut desk, "a1 CLOSE");
    desk.server("* ESEARCH (TAG \"P0001\") UID COUNT 0\nP0001 OK done");
    assert!(desk.console.question().is_none());
    assert!(desk.console.went_without_answer());
    assert_eq!(desk.sent(), "a1 CLOSE\n");
    desk.server("a1 OK closed");
    open(&mut desk, "INBOX", 3);
    asks(&mut desk, "a2 CLOSE");
    desk.server("* ESEARCH (TAG \"P0002\") UID COUNT 1\nP0002 OK done");
    assert_eq!(said(&desk), "1 message with \\Deleted would go for good.");
}

#[test]
fn what_cannot_be_counted_is_said_and_asked_all_the_same() {
    for (answer, words) in [
        ("P0001 NO [NOPERM] go away", "the server said NO go away."),
        ("P0001 BAD what", "the server said BAD what."),
        (
            "P0001 OK but no number",
            "the server's answer holds no number.",
        ),
    ] {
        let mut desk = desk(SafeMode::Confirm);
        asks(&mut desk, "a1 EXPUNGE");
        desk.server(answer);
        let said = said(&desk);
        assert!(
            said.starts_with("Every message with \\Deleted would go for good. Not counted: "),
            "{said}"
        );
        assert!(said.ends_with(words), "{said}");
    }
    // A server that does not answer: Ctrl+C stops the counting, not the question.
    let mut desk = desk(SafeMode::Confirm);
    asks(&mut desk, "a1 EXPUNGE");
    assert!(desk.console.stop_counting());
    assert!(said(&desk).contains("Not counted: it took too long"));
    // Its answer comes too late for this question, and is not taken for the next one's.
    desk.console.answer(false);
    asks(&mut desk, "a2 EXPUNGE");
    desk.server("* ESEARCH (TAG \"P0001\") UID COUNT 99\nP0001 OK done");
    assert!(desk.console.question().unwrap().counting);
    desk.server("* ESEARCH (TAG \"P0002\") UID COUNT 1\nP0002 OK done");
    assert_eq!(said(&desk), "1 message with \\Deleted would go for good.");
}

#[test]
fn a_mailbox_is_told_with_what_is_below_it() {
    let mut desk = desk(SafeMode::Confirm);
    let first = asks(&mut desk, "a1 DELETE {6}\nTeam/x");
    assert_eq!(first, "P0001 STATUS Team/x (MESSAGES)\n");
    desk.server("* STATUS Team/x (MESSAGES 482)\nP0001 OK done");
    assert_eq!(desk.sent(), "P0002 LIST \"\" \"Team/x*\"\n");
    desk.server(
        "* LIST () \"/\" Team/x\n* LIST () \"/\" Team/xy\n* LIST () \"/\" Team/x/a\n\
         * LIST (\\Noselect) \"/\" Team/x/b\nP0002 OK done",
    );
    assert_eq!(desk.sent(), "P0003 STATUS Team/x/a (MESSAGES)\n");
    desk.server("* STATUS Team/x/a (MESSAGES 1)\nP0003 OK done");
    assert_eq!(
        said(&desk),
        "Team/x (482 messages) would go for good. Below it: 2 mailboxes, with 1 message. Whether they go along, \
         the server decides. Team/x/a (1 message), Team/x/b"
    );
}

#[test]
fn rights_and_limits_are_told_as_they_are_and_as_they_would_be() {
    let mut desk = desk(SafeMode::Confirm);
    assert_eq!(
        asks(&mut desk, "a1 setacl INBOX bob +te"),
        "P0001 GETACL INBOX\n"
    );
    desk.server("* ACL INBOX bob lrs alice lrswipkxtea\nP0001 OK done");
    assert_eq!(
        said(&desk),
        "bob has lrs in INBOX, and would have lrste. Beside that, 1 other has rights there."
    );
    yes(&mut desk);
    desk.server("a1 OK done");
    assert_eq!(
        asks(&mut desk, "a2 SETQUOTA \"\" (STORAGE 10)"),
        "P0002 GETQUOTA \"\"\n"
    );
    desk.server("* QUOTA \"\" (STORAGE 12 512)\nP0002 OK done");
    assert_eq!(
        said(&desk),
        "Quota root \"\": STORAGE 12 used, the limit is 512. Quota root \"\" would have the limits STORAGE 10."
    );
}

#[test]
fn a_paste_is_judged_whole_and_goes_whole() {
    let mut desk = desk(SafeMode::Confirm);
    open(&mut desk, "INBOX", 20);
    // Behind a SELECT nothing can be counted: it is another mailbox by then.
    let list = "a1 NOOP\na2 SELECT Trash\na3 EXPUNGE";
    assert_eq!(asks(&mut desk, list), "");
    assert!(said(&desk).contains("a command before it opens another mailbox"));
    assert_eq!(desk.console.question().unwrap().of, 3);
    assert_eq!(yes(&mut desk), "a1 NOOP\na2 SELECT Trash\na3 EXPUNGE\n");
}

/// What is counted before a STORE has run is not what goes by then: a count of none is no reason not to ask.
#[test]
fn behind_a_command_that_writes_it_is_asked_whatever_is_counted() {
    for last in ["CLOSE", "EXPUNGE", "UID STORE 1:* FLAGS ()"] {
        let mut desk = desk(SafeMode::Confirm);
        open(&mut desk, "INBOX", 5);
        asks(
            &mut desk,
            &format!("a1 STORE 1:5 +FLAGS (\\Deleted)\na2 {last}"),
        );
        desk.server("* ESEARCH (TAG \"P0001\") UID COUNT 0\nP0001 OK done");
        let said = said(&desk);
        assert!(said.contains("Commands before it write first"), "{said}");
        assert_eq!(desk.sent(), "");
    }
    // By number, too: a COPY into the open mailbox makes more of them.
    let mut desk = desk(SafeMode::Confirm);
    open(&mut desk, "INBOX", 8);
    asks(&mut desk, "a1 COPY 1:8 INBOX\na2 STORE 1:* FLAGS ()");
    desk.server("* ESEARCH (TAG \"P0001\") UID COUNT 8\nP0001 OK done");
    assert!(said(&desk).starts_with("8 messages would be changed. Commands before it"));
}

#[test]
fn readonly_says_why_and_opens_anew() {
    let mut desk = desk(SafeMode::Confirm);
    open(&mut desk, "INBOX", 20);
    let requests = desk.console.set_safe_mode(SafeMode::ReadOnly);
    desk.perform(requests);
    assert_eq!(desk.sent(), "P0001 EXAMINE INBOX\n");
    // Until that is answered the mailbox is open for writing.
    let refused = |desk: &mut Desk, text: &str| match desk.console.submit(text, SubmitMode::AsTyped)
    {
        Submission::Refused(sentence) => sentence,
        other => panic!("{text}: {other:?}"),
    };
    assert!(refused(&mut desk, "a FETCH 1 BODY[]").contains("\\Seen"));
    desk.server("* 20 EXISTS\nP0001 OK [READ-ONLY] examined");
    desk.send("b FETCH 1 BODY[]", SubmitMode::AsTyped);
    assert_eq!(desk.sent(), "b FETCH 1 BODY[]\n");
    for text in [
        "c STORE 1 +FLAGS (\\Seen)",
        "c uid store 1 +flags (x)",
        "c APPEND INBOX {3}",
        "c FROB",
    ] {
        assert!(
            refused(&mut desk, text).contains("Safe mode is readonly"),
            "{text}"
        );
    }
    assert_eq!(desk.sent(), "");
    desk.send("d SELECT INBOX (CONDSTORE)", SubmitMode::AsTyped);
    assert_eq!(desk.sent(), "d EXAMINE INBOX (CONDSTORE)\n");
    assert!(
        desk.transcript()
            .iter()
            .any(|line| line.contains("SELECT goes out as EXAMINE"))
    );
}

#[test]
fn a_select_under_way_is_caught_up_with_and_an_append_under_way_is_not_finished() {
    let mut desk = desk(SafeMode::Confirm);
    desk.enter("SELECT INBOX");
    desk.sent();
    let requests = desk.console.set_safe_mode(SafeMode::ReadOnly);
    desk.perform(requests);
    desk.server("* 2 EXISTS\nA0001 OK [READ-WRITE] open");
    assert_eq!(desk.sent(), "P0001 EXAMINE INBOX\n");
    desk.server("P0001 BAD no");
    // It is said once, not for ever.
    assert_eq!(desk.sent(), "");

    let mut desk = self::desk(SafeMode::Confirm);
    desk.send("a1 APPEND INBOX {3}", SubmitMode::AsTyped);
    desk.server("+ go");
    desk.console.set_safe_mode(SafeMode::ReadOnly);
    let refused = desk.console.submit("abc", SubmitMode::Normal);
    assert!(matches!(refused, Submission::Refused(_)), "{refused:?}");
}

#[test]
fn a_reconnect_under_readonly_examines() {
    let mut desk = desk(SafeMode::Confirm);
    let logged_in = || Notice::LoggedIn {
        authcid: Some("craig".into()),
        authzid: None,
        mechanism: "PLAIN".into(),
    };
    desk.notice(logged_in());
    open(&mut desk, "INBOX", 2);
    desk.close(imapsh::session::CloseCause::Closed);
    desk.console.set_safe_mode(SafeMode::ReadOnly);
    desk.reconnect();
    desk.server("* PREAUTH [CAPABILITY IMAP4rev1] hello");
    desk.notice(logged_in());
    desk.notice(Notice::Ready);
    assert_eq!(desk.sent(), "P0001 EXAMINE INBOX\n");
}

fn suggested(desk: &Desk) -> Vec<String> {
    let all = desk.console.suggestions().iter();
    all.map(|suggestion| suggestion.text.clone()).collect()
}

#[test]
fn what_was_read_before_can_be_brought_back() {
    let mut desk = desk(SafeMode::Off);
    let mut tag = 0;
    let mut run = |desk: &mut Desk, text: &str, answer: &str| {
        tag += 1;
        desk.send(&format!("t{tag} {text}"), SubmitMode::AsTyped);
        let answer = answer.replace("TAG", &format!("t{tag}"));
        // A literal goes out only behind the server's go-ahead.
        if text.contains('{') {
            desk.server("+ go");
        }
        desk.server(&answer);
        suggested(desk)
    };
    const NONE: [&str; 0] = [];
    // Nothing read, nothing suggested.
    assert_eq!(run(&mut desk, "SETACL a bob lr", "TAG OK"), NONE);
    run(&mut desk, "GETACL a", "* ACL a alice lrs\nTAG OK");
    assert_eq!(
        run(&mut desk, "SETACL a alice lr", "TAG OK"),
        ["SETACL a alice lrs"]
    );
    // What was read is not true any more.
    assert_eq!(run(&mut desk, "SETACL a alice l", "TAG OK"), NONE);
    run(&mut desk, "GETACL a", "* ACL a alice lrs\nTAG OK");
    assert_eq!(
        run(&mut desk, "SETACL {1}\na carol lr", "TAG OK"),
        ["DELETEACL a carol"]
    );
    run(&mut desk, "GETACL a", "* ACL a alice lrs\nTAG OK");
    assert_eq!(run(&mut desk, "deleteacl a alice", "TAG NO"), NONE);
    assert_eq!(
        run(&mut desk, "deleteacl a alice", "TAG OK"),
        ["SETACL a alice lrs"]
    );

    run(
        &mut desk,
        "GETQUOTA \"\"",
        "* QUOTA \"\" (STORAGE 1 512 MESSAGE 2 9)\nTAG OK",
    );
    assert_eq!(
        run(
            &mut desk,
            "SETQUOTA \"\" (STORAGE 9)",
            "* QUOTA \"\" (STORAGE 1 9)\nTAG OK"
        ),
        ["SETQUOTA \"\" (STORAGE 512 MESSAGE 9)"]
    );
    assert_eq!(run(&mut desk, "SUBSCRIBE a/b", "TAG OK"), NONE);
    run(&mut desk, "LSUB \"\" *", "* LSUB () \"/\" a\nTAG OK");
    assert_eq!(run(&mut desk, "UNSUBSCRIBE a", "TAG OK"), ["SUBSCRIBE a"]);
    assert_eq!(
        run(&mut desk, "SUBSCRIBE new", "TAG OK"),
        ["UNSUBSCRIBE new"]
    );
    assert_eq!(run(&mut desk, "SUBSCRIBE a", "TAG OK"), NONE);
    assert_eq!(
        run(&mut desk, "RENAME \"a b\" c", "TAG OK"),
        ["RENAME c \"a b\""]
    );
    assert_eq!(run(&mut desk, "RENAME inbox c", "TAG OK"), NONE);
    assert_eq!(run(&mut desk, "CREATE n", "TAG OK"), ["DELETE n"]);
    assert_eq!(run(&mut desk, "DELETE n", "TAG OK"), NONE);
}

#[test]
fn flags_and_copies_are_brought_back_by_uid() {
    let mut desk = desk(SafeMode::Off);
    open(&mut desk, "INBOX", 3);
    let mut tag = 0;
    let mut run = |desk: &mut Desk, text: &str, answer: &str| {
        tag += 1;
        desk.send(&format!("t{tag} {text}"), SubmitMode::AsTyped);
        let answer = answer.replace("TAG", &format!("t{tag}"));
        // A literal goes out only behind the server's go-ahead.
        if text.contains('{') {
            desk.server("+ go");
        }
        desk.server(&answer);
        suggested(desk)
    };
    const NONE: [&str; 0] = [];
    let changed = "* 1 FETCH (FLAGS (\\Deleted))\nTAG OK";
    assert_eq!(run(&mut desk, "STORE 1 +FLAGS (\\Deleted)", changed), NONE);
    let flags = "* 1 FETCH (UID 11 FLAGS (\\Seen))\n* 2 FETCH (UID 12 FLAGS ())\n* 3 FETCH (UID 13 FLAGS (\\Seen x))\nTAG OK";
    run(&mut desk, "FETCH 1:3 (UID FLAGS)", flags);
    assert_eq!(
        run(
            &mut desk,
            "STORE 1:3 +FLAGS (\\Seen \\Deleted)",
            "* 1 FETCH (FLAGS (\\Seen \\Deleted))\n* 2 FETCH (FLAGS (\\Seen \\Deleted))\n\
             * 3 FETCH (FLAGS (\\Seen x \\Deleted))\nTAG OK"
        ),
        ["UID STORE 11,13 -FLAGS (\\Deleted)\nUID STORE 12 -FLAGS (\\Deleted \\Seen)"]
    );
    // Silently: only if every one of them is known.
    run(&mut desk, "FETCH 1:3 (UID FLAGS)", flags);
    assert_eq!(run(&mut desk, "STORE 1:4 FLAGS.SILENT (y)", "TAG OK"), NONE);
    run(&mut desk, "FETCH 1:3 (UID FLAGS)", flags);
    assert_eq!(
        run(&mut desk, "uid store 11,13 flags.silent (\\Seen)", "TAG OK"),
        ["UID STORE 13 FLAGS (\\Seen x)"]
    );
    // What another client did to another message meanwhile is not ours to undo.
    run(&mut desk, "FETCH 1:3 (UID FLAGS)", flags);
    assert_eq!(
        run(
            &mut desk,
            "STORE 2 +FLAGS (z)",
            "* 3 FETCH (FLAGS ())\n* 2 FETCH (FLAGS (z))\nTAG OK"
        ),
        ["UID STORE 12 -FLAGS (z)"]
    );
    // Numbers that move are no numbers to go by.
    desk.server("* 1 EXPUNGE");
    run(&mut desk, "FETCH 1 (FLAGS)", "* 1 FETCH (FLAGS ())\nTAG OK");
    assert_eq!(
        run(
            &mut desk,
            "STORE 1 FLAGS (q)",
            "* 1 FETCH (FLAGS (q))\nTAG OK"
        ),
        ["UID STORE 12 FLAGS ()"]
    );
    assert_eq!(
        run(
            &mut desk,
            "COPY 1 Archive",
            "TAG OK [COPYUID 9 12 5] copied"
        ),
        ["SELECT Archive\nUID STORE 5 +FLAGS.SILENT (\\Deleted)\nUID EXPUNGE 5\nSELECT INBOX"]
    );
    assert_eq!(
        run(
            &mut desk,
            "MOVE 1 Archive",
            "* OK [COPYUID 9 12 6] moved\n* 1 EXPUNGE\nTAG OK done"
        ),
        ["SELECT Archive\nUID MOVE 6 INBOX\nSELECT INBOX"]
    );
    assert_eq!(
        run(
            &mut desk,
            "APPEND INBOX {3}\nabc",
            "TAG OK [APPENDUID 7 14] done"
        ),
        ["UID STORE 14 +FLAGS.SILENT (\\Deleted)\nUID EXPUNGE 14"]
    );
    assert!(
        desk.transcript()
            .iter()
            .any(|line| line.ends_with("   ^X 1"))
    );
}

#[test]
fn the_popup_asks_and_enter_is_no_answer() {
    for (columns, rows) in [(80, 24), (120, 35)] {
        let mut screen = Screen::new(columns, rows);
        screen.log_in().keys("SELECT INBOX<enter>");
        screen.server("* 482 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\nA0001 OK [READ-WRITE] open\r\n");
        screen.sent();
        screen.keys("EXPUNGE<enter>");
        golden(&format!("safe_counting_{columns}x{rows}"), &mut screen);
        screen.server("* SEARCH 3 4 5\r\nP0001 OK done\r\n");
        golden(&format!("safe_asks_{columns}x{rows}"), &mut screen);
        assert_eq!(screen.sent(), "P0001 UID SEARCH DELETED\r\n");
        // Neither Enter nor any other key but y sends.
        screen.keys("<enter><enter>x <tab>").shows("Send it?");
        assert_eq!(screen.sent(), "");
        // No: the text stays.
        screen
            .keys("n")
            .hides("Send it?")
            .shows("EXPUNGE")
            .shows("Not sent.");
        assert_eq!(screen.sent(), "");
        screen.keys("<enter>");
        screen
            .server("* SEARCH 3 4 5\r\nP0002 OK done\r\n")
            .keys("y");
        assert_eq!(
            screen.sent(),
            "P0002 UID SEARCH DELETED\r\nA0002 EXPUNGE\r\n"
        );
        screen.server("A0002 OK done\r\n").hides("Send it?");
        // Ctrl+C over a server that does not answer: first the counting ends, then it is a no.
        screen
            .keys("EXPUNGE<enter>")
            .shows("The server is asked")
            .keys("<c-c>")
            .shows("Not counted");
        screen.keys("<c-c>").hides("Send it?");
        assert_eq!(screen.sent(), "P0003 UID SEARCH DELETED\r\n");
    }
}

#[test]
fn the_mode_is_on_the_screen_and_changes_by_verb() {
    let mut screen = Screen::new(120, 35);
    screen.log_in().shows("SAFE confirm");
    screen.keys(":safe readonly<enter>").shows("SAFE readonly");
    golden("safe_readonly_120x35", &mut screen);
    screen
        .keys("EXPUNGE<enter><enter>")
        .shows("EXPUNGE is not sent: it destroys. Safe mode is readonly.");
    screen.keys("<c-u>:safe off<enter>").shows("SAFE off");
    golden("safe_off_120x35", &mut screen);
    // Acting as another user keeps it.
    let mut mono = Screen::themed(80, 24, imapsh::tui::theme::Theme::plain(), true);
    mono.log_in().keys(":safe readonly<enter>");
    golden("safe_readonly_mono_80x24", &mut mono);
}

#[test]
fn a_suggestion_comes_into_the_editor_by_its_key() {
    let mut screen = Screen::new(120, 35);
    screen.log_in().keys("RENAME a b<enter>");
    screen.server("* STATUS a (MESSAGES 1)\r\nP0001 OK\r\n");
    screen.server("P0002 OK\r\n").keys("y");
    screen
        .server("A0001 OK renamed\r\n")
        .shows("undo: RENAME b a   ^X 1");
    screen.sent();
    screen.keys("<c-x>2").shows("one suggestion");
    screen.keys("<c-x>1");
    assert_eq!(screen.sent(), "");
    assert_eq!(screen.state.editor.text(), "RENAME b a");
    screen.keys("<c-x>1").shows("must be empty");
}

fn golden(name: &str, screen: &mut Screen) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden/screens");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let dump = screen.dump();
    settings.bind(|| insta::assert_snapshot!(name.to_owned(), dump));
}
