use imapsh::channel::{LineSafety, Notice, OpeningPart, Place, Plan, Request, Security};
use imapsh::session::CloseCause;
use imapsh::tui::Outcome;
use imapsh::tui::strip::{Label, Mark, Strip};
use imapsh::tui::theme::Theme;

use crate::common::screen::{Screen, plan, tls};

#[track_caller]
fn golden(name: &str, screen: &mut Screen) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden/screens");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let dump = screen.dump();
    settings.bind(|| insta::assert_snapshot!(name.to_owned(), dump));
}

/// A session with a bit of everything.
fn session(screen: &mut Screen) -> &mut Screen {
    screen.log_in();
    screen.keys("LIST \"\" *<enter>");
    screen.server(
        "* LIST (\\HasNoChildren) \"/\" INBOX\r\n\
         * LIST (\\HasNoChildren \\Sent) \"/\" Sent\r\n\
         * LIST (\\HasNoChildren \\Trash) \"/\" \"Deleted Items\"\r\n\
         * LIST (\\Noselect \\HasChildren) \"/\" Shared\r\n\
         * LIST (\\HasNoChildren) \"/\" Shared/Team\r\n\
         * LIST (\\HasNoChildren) \"/\" \"Entw&APw-rfe\"\r\n\
         A0001 OK Completed\r\n",
    );
    screen.keys("SELECT Shared/Team<enter>");
    screen.server(
        "* 482 EXISTS\r\n* 0 RECENT\r\n\
         * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded $Junk)\r\n\
         * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Seen)] Limited\r\n\
         * OK [UIDVALIDITY 1718200112] UIDs valid\r\n\
         * OK [UIDNEXT 1933] Predicted next UID\r\n\
         * OK [HIGHESTMODSEQ 88119] Highest\r\n\
         A0002 OK [READ-WRITE] Completed\r\n",
    );
    screen.keys("UID FETCH 1932 (FLAGS BODY.PEEK[])<enter>");
    screen.server(
        "* 482 FETCH (UID 1932 FLAGS (\\Seen) BODY[] {37}\r\n\
         Subject: Re: budget\r\n\r\nThe numbers.\r\n)\r\nA0003 OK Completed (0.003 sec)\r\n",
    );
    screen.server("* 483 EXISTS\r\n* 1 RECENT\r\n");
    screen.keys("STORE 482 +FLAGS (\\Deleted)<enter>");
    screen.server("A0004 NO [NOPERM] Permission denied\r\n")
}

#[test]
fn golden_sizes() {
    for (columns, rows) in [(80, 24), (120, 35), (200, 50), (50, 14), (30, 6), (80, 50)] {
        let mut screen = Screen::new(columns, rows);
        session(&mut screen).keys("UID FETCH 1932 (FLAGS");
        golden(&format!("session_{columns}x{rows}"), &mut screen);
    }
}

#[test]
fn golden_without_colour_and_without_box_characters() {
    let mut screen = Screen::themed(80, 24, Theme::plain(), true);
    golden("plain_ascii_80x24", session(&mut screen));
    assert!(screen.text().is_ascii());
}

#[test]
fn golden_popups() {
    let mut screen = Screen::new(80, 24);
    golden("sidebar_over_80x24", session(&mut screen).keys("<f9>jj"));
    golden("help_80x24", screen.keys("<esc><f1>"));
    let mut screen = Screen::new(80, 24);
    screen.connect(plan(), tls());
    golden(
        "password_80x24",
        screen
            .notice(Notice::PasswordWanted {
                authcid: "admin".into(),
                authzid: Some("alice".into()),
            })
            .keys("secret"),
    );
    let mut screen = Screen::new(80, 24);
    imapsh::tui::update::open_connect(&mut screen.state);
    golden(
        "connect_80x24",
        screen.keys("mail.example.com<tab><tab><right><tab><tab><tab>admin<tab>alice"),
    );
    for (columns, rows) in [(120, 35), (200, 50)] {
        let mut screen = Screen::new(columns, rows);
        imapsh::tui::update::open_connect(&mut screen.state);
        screen.keys("mail.example.com<tab><tab><tab><right><tab>ab<tab>admin<enter>");
        golden(&format!("connect_{columns}x{rows}"), &mut screen);
    }
}

/// Three sessions: one asks for a password, one has news.
fn beside(screen: &mut Screen) {
    let label = |who: Option<&str>, mark| Label {
        who: who.map(str::to_owned),
        place: Some("mail.example.com:993".into()),
        mark,
    };
    screen.state.strip = Strip {
        tabs: vec![
            label(Some("alice"), Mark::None),
            label(None, Mark::Asks),
            label(Some("bob\u{202e}\x1b[31m@example.com"), Mark::News),
        ],
        current: 0,
    };
}

#[test]
fn golden_tabs() {
    for (columns, rows) in [(80, 24), (120, 35), (200, 50)] {
        let mut screen = Screen::new(columns, rows);
        session(&mut screen);
        beside(&mut screen);
        golden(
            &format!("tabs_{columns}x{rows}"),
            screen.keys(":tabs<enter>"),
        );
        screen.keys("<esc>GETACL Shared<enter>");
        screen.server("* ACL Shared alice lrs bob lr carol@example.com l\r\nA0005 OK done\r\n");
        golden(
            &format!("act_as_{columns}x{rows}"),
            screen.keys("<f4><down><down>"),
        );
    }
}

#[test]
fn a_command_goes_out_and_its_reply_is_tied_to_it() {
    let mut screen = Screen::new(80, 24);
    screen.log_in().keys("noop<enter>");
    assert_eq!(screen.sent(), "A0001 noop\r\n");
    screen
        .shows("C: A0001 noop")
        .server("A0001 OK done\r\n")
        .shows("S: A0001 OK done")
        .shows("41 ms")
        .shows("last: A0001 NOOP OK 41 ms");
    // The user's own tag is taken as it is.
    screen.keys("b33p noop<enter>");
    assert_eq!(screen.sent(), "b33p noop\r\n");
}

#[test]
fn what_is_no_command_is_sent_by_the_second_enter_only() {
    let mut screen = Screen::new(80, 24);
    screen
        .log_in()
        .keys("XFOO bar<enter>")
        .shows("A0001 XFOO bar   Enter sends this");
    assert_eq!(screen.sent(), "");
    // Another text is another question.
    screen.keys("z<enter>").shows("A0001 XFOO barz");
    assert_eq!(screen.sent(), "");
    // Enter passes the lint; safe mode asks for itself, and Enter is no answer.
    screen.keys("<enter>").shows("Safe mode: confirm");
    screen.keys("<enter>").shows("Safe mode: confirm");
    assert_eq!(screen.sent(), "");
    screen.keys("y");
    assert_eq!(screen.sent(), "A0001 XFOO barz\r\n");
    screen.keys("XBAR<c-j>");
    assert_eq!(screen.sent(), "XBAR\r\n");
}

#[test]
fn a_paste_never_sends_and_shows_what_it_left_out() {
    let mut screen = Screen::new(80, 24);
    screen.log_in().paste("NOOP\nLOGOUT\n\x1b]52;c;aGk=\x07");
    assert_eq!(screen.sent(), "");
    screen
        .shows("2 characters of the paste cannot be shown")
        .shows("LOGOUT")
        .shows("]52;c;aGk=");
    screen
        .keys("<c-c>")
        .paste("a\u{202e}b\u{200b}c")
        .shows("abc");
    // Wherever the focus is: a paste presses no keys.
    screen.keys("<c-c><esc>").paste("q").shows("q");
    assert_eq!(screen.sent(), "");
    screen
        .keys("<c-c>")
        .paste(&"x".repeat(5 * 1024 * 1024))
        .shows("Nothing was pasted");
    let lines = "NOOP\n".repeat(50_000);
    screen.paste(&lines);
    assert_eq!(screen.state.editor.lines().len(), 50_001);
    screen
        .keys("<c-c>")
        .keys("<c-c>")
        .shows("Ctrl+C once more to quit");
}

#[test]
fn an_incomplete_command_gets_a_new_line() {
    let mut screen = Screen::new(80, 24);
    screen
        .log_in()
        .keys("SELECT \"a<enter>")
        .shows("Not complete");
    assert_eq!(screen.sent(), "");
    assert_eq!(screen.state.editor.lines().len(), 2);
}

#[test]
fn the_prompt_asks_and_its_answer_is_shown_to_nobody() {
    let mut screen = Screen::new(80, 24);
    screen.connect(plan(), tls());
    screen.notice(Notice::PasswordWanted {
        authcid: "admin".into(),
        authzid: Some("alice".into()),
    });
    screen
        .shows("AS alice (auth admin)")
        .keys("hunter2")
        .hides("hunter2")
        .shows("*******");
    screen.keys("<enter>");
    assert!(
        matches!(screen.requests.as_slice(), [Request::Password(Some(secret))] if secret.expose() == "hunter2")
    );
    assert!(!format!("{:?}", screen.state).contains("hunter2"));
    screen.requests.clear();
    screen
        .notice(Notice::PasswordWanted {
            authcid: "admin".into(),
            authzid: None,
        })
        .keys("<esc>");
    assert!(matches!(
        screen.requests.as_slice(),
        [Request::Password(None)]
    ));
    screen
        .notice(Notice::LoginFailed(
            "The server refused admin: NO go away.".into(),
        ))
        .notice(Notice::Ready);
    screen
        .shows("not logged in")
        .shows("The server refused admin");
    screen.requests.clear();
    screen.keys("<f4>").shows("Log in as").keys("pw<enter>");
    assert!(
        matches!(screen.requests.as_slice(), [Request::LogIn(c)] if c.authzid.as_deref() == Some("alice"))
    );
    // Nobody was logged in: that is no success.
    screen.keys("<c-d><c-d>");
    assert_eq!(screen.left, Some(Outcome::ConnectionFailed));
}

#[test]
fn the_connect_form_connects() {
    let mut screen = Screen::new(80, 24);
    imapsh::tui::update::open_connect(&mut screen.state);
    screen
        .keys("<enter>")
        .shows("Server: a name or an address is needed");
    screen.keys("localhost<tab>1143<tab><right><right><enter>");
    let [
        Plan {
            place,
            security,
            credentials,
            ..
        },
    ] = screen.plans.as_slice()
    else {
        panic!("{:?}", screen.plans)
    };
    assert_eq!(
        *place,
        Place::Tcp {
            host: "localhost".into(),
            port: 1143
        }
    );
    assert_eq!(*security, Security::Plain);
    assert_eq!(credentials.authcid, None);
}

#[test]
fn the_top_line_says_how_safe_the_line_is_in_any_width() {
    for columns in [40, 60, 80, 120] {
        let mut screen = Screen::new(columns, 24);
        let mut insecure = plan();
        insecure.place = Place::Tcp {
            host: "a-very-long-host-name.mail.example.com".into(),
            port: 143,
        };
        screen
            .connect(insecure.clone(), LineSafety::Plain)
            .notice(Notice::Ready)
            .shows("PLAIN")
            .shows("not logged in");
        screen.connect(
            insecure.clone(),
            LineSafety::Tls {
                version: "TLS1.3".into(),
                cipher: String::new(),
                verified: false,
            },
        );
        screen.notice(Notice::Ready).shows("INSECURE");
    }
}

#[test]
fn the_top_line_says_what_confirms_who_we_are() {
    let top = |columns: u16, acl: &str| {
        let mut screen = Screen::new(columns, 24);
        screen.log_in();
        if !acl.is_empty() {
            screen.server(format!("* ACL INBOX {acl}\r\n"));
        }
        screen.text().lines().next().unwrap().trim_end().to_owned()
    };
    assert!(top(160, "").starts_with(" AS alice (auth admin, PLAIN) accepted by the server  |"));
    assert!(top(110, "").starts_with(" AS alice (auth admin, PLAIN) accepted by the server  |"));
    assert!(
        top(76, "").starts_with(" AS alice (auth admin) accepted  |")
            || top(76, "").starts_with("AS alice? (auth")
    );
    assert!(
        top(64, "").starts_with("AS alice? (auth admin) |"),
        "{}",
        top(64, "")
    );
    // A reply that names nobody in particular changes nothing.
    assert_eq!(top(160, "alice lr"), top(160, ""));
    let owner = "alice lrswipkxtecda";
    assert!(
        top(160, owner)
            .starts_with(" AS alice (auth admin, PLAIN) confirmed by the ACL of INBOX  |"),
        "{}",
        top(160, owner)
    );
    assert!(top(90, owner).contains(" confirmed  |"));
    assert!(top(64, owner).starts_with("AS alice (auth admin) |"));
    // Another one: said at every width.
    let other = "bob lrswipkxtecda";
    assert!(top(160, other).contains(" ALARM: the ACL of INBOX names bob  |"));
    for columns in [40, 60, 80] {
        assert!(
            top(columns, other).contains(" NOT: bob"),
            "{}",
            top(columns, other)
        );
    }
}

#[test]
fn the_status_line_tells_the_servers_own_time() {
    let mut screen = Screen::new(140, 24);
    screen.log_in();
    screen.notice(Notice::Took {
        part: OpeningPart::Login,
        time: std::time::Duration::from_millis(5),
    });
    screen
        .keys("noop<enter>")
        .server("A0001 OK Completed (0.003 sec)\r\n")
        .shows("server 3 ms, line ")
        .shows("login 5.00 ms");
}

#[test]
fn authenticate_by_hand_shows_the_challenge_and_hides_the_answer() {
    let mut screen = Screen::new(80, 24);
    screen
        .connect(plan(), tls())
        .notice(Notice::Ready)
        .keys("AUTHENTICATE LOGIN<enter>")
        .sent();
    // Username:, then Password:
    screen
        .server("+ VXNlcm5hbWU6\r\n")
        .shows("the server asks: Username:")
        .keys("craig")
        .shows("craig")
        .keys("<enter>");
    assert_eq!(screen.sent(), "Y3JhaWc=\r\n");
    screen
        .server("+ UGFzc3dvcmQ6\r\n")
        .shows("the server asks: Password:")
        .keys("secret")
        .hides("secret")
        .keys("<enter>");
    assert_eq!(screen.sent(), "c2VjcmV0\r\n");
    screen.hides("c2VjcmV0").hides("Y3JhaWc=");
    screen
        .server("A0001 NO no\r\n")
        .keys("AUTHENTICATE PLAIN<enter>")
        .server("+ \r\n")
        .sent();
    screen.keys("x<c-c><c-c>");
    assert_eq!(screen.sent(), "*\r\n");
}

#[test]
fn idle_ends_with_enter_and_a_command_ends_it_too() {
    let mut screen = Screen::new(80, 24);
    screen
        .log_in()
        .keys("IDLE<enter>")
        .server("+ idling\r\n")
        .shows("IDLE: Enter sends DONE")
        .sent();
    screen
        .server("* 5 EXISTS\r\n")
        .shows("push")
        .keys("<enter>");
    assert_eq!(screen.sent(), "DONE\r\n");
    screen
        .server("A0001 OK done\r\n")
        .keys("IDLE<enter>")
        .server("+ \r\n")
        .sent();
    screen.keys("NOOP<enter>");
    assert_eq!(screen.sent(), "DONE\r\n");
    screen.server("A0002 OK done\r\n");
    assert_eq!(screen.sent(), "A0003 NOOP\r\n");
}

#[test]
fn leaving_says_goodbye_first() {
    let mut screen = Screen::new(80, 24);
    screen.log_in().sent();
    screen.keys("<c-d>");
    assert_eq!(
        (screen.sent().as_str(), screen.left),
        ("A0001 LOGOUT\r\n", None)
    );
    screen
        .server("* BYE bye\r\nA0001 OK done\r\n")
        .close(CloseCause::Logout, "");
    assert_eq!(screen.left, Some(Outcome::Done));
    // A server that is gone is no success, however politely one leaves.
    let mut screen = Screen::new(80, 24);
    screen
        .log_in()
        .server("* 1 FETCH (BODY[] {10}\r\nabc")
        .close(
            CloseCause::Closed,
            "The server closed the connection; R opens it anew.",
        );
    screen
        .shows("R opens it anew")
        .shows("connection lost")
        .shows("3 so far")
        .keys("<c-d>");
    assert_eq!(screen.left, Some(Outcome::ConnectionFailed));
    // No answer to LOGOUT: not for ever.
    let mut screen = Screen::new(80, 24);
    screen.log_in().keys(":q<enter>");
    let deadline = screen.state.farewell.as_ref().expect("a deadline").deadline;
    assert!(
        screen
            .state
            .next_tick(std::time::Instant::now())
            .is_some_and(|at| at <= deadline)
    );
    assert!(screen.state.tick(deadline).iter().any(|e| matches!(
        e,
        imapsh::tui::effect::Effect::Leave(Outcome::ConnectionFailed)
    )));
}

#[test]
fn reconnect_says_goodbye_and_opens_the_same_again() {
    let mut screen = Screen::new(80, 24);
    screen.log_in().keys("<esc>R");
    assert!(screen.sent().contains("LOGOUT") && screen.plans.is_empty());
    screen
        .server("* BYE bye\r\nA0001 OK done\r\n")
        .close(CloseCause::Logout, "");
    assert_eq!(screen.plans.len(), 1);
    assert_eq!(screen.left, None);
}

#[test]
fn literals_and_commands_fold_and_scrolling_stays_where_it_is() {
    let mut screen = Screen::new(80, 24);
    session(&mut screen)
        .shows("[+] 37 octets")
        .hides("The numbers.");
    screen
        .keys("<esc>")
        .keys("[[<down><down>z")
        .shows("The numbers.")
        .shows("[-] 37 octets");
    screen.keys("z").hides("The numbers.");
    screen
        .keys("g")
        .shows("CAPABILITY")
        .keys("G")
        .hides("CAPABILITY");
    // While one reads, what comes moves nothing.
    screen.keys("g");
    let before: Vec<String> = screen
        .text()
        .lines()
        .skip(2)
        .take(10)
        .map(str::to_owned)
        .collect();
    screen.server("* 484 EXISTS\r\n".repeat(100));
    let after: Vec<String> = screen
        .text()
        .lines()
        .skip(2)
        .take(10)
        .map(str::to_owned)
        .collect();
    assert_eq!(before, after);
    screen.shows("G follows").keys("G").shows("* 484 EXISTS");
    screen
        .keys("Zg")
        .shows("> C: A0002 SELECT Shared/Team")
        .shows("lines]")
        .hides("UIDVALIDITY 1718200112] UIDs");
    screen
        .keys("Z")
        .keys("g")
        .shows("LIST (\\HasNoChildren) \"/\" INBOX");
}

#[test]
fn a_command_comes_back_into_the_editor() {
    let mut screen = Screen::new(80, 24);
    session(&mut screen).keys("<esc>[[r");
    assert_eq!(
        screen.state.editor.text(),
        "UID FETCH 1932 (FLAGS BODY.PEEK[])"
    );
    let mut screen = Screen::new(80, 24);
    screen
        .log_in()
        .paste("APPEND INBOX {{{\nSubject: x\n\nhi\n}}}")
        .keys("<enter>");
    assert_eq!(
        screen.sent(),
        "A0001 APPEND INBOX {16+}\r\nSubject: x\r\n\r\nhi\r\n"
    );
    screen.keys("<esc>[r");
    assert_eq!(
        screen.state.editor.text(),
        "APPEND INBOX {{{\nSubject: x\n\nhi\n}}}"
    );
}

#[test]
fn the_sidebar_opens_mailboxes_and_writes_into_the_editor() {
    let mut screen = Screen::new(120, 35);
    session(&mut screen)
        .shows("Entw\u{fc}rfe")
        .shows("UIDVALIDITY   1718200112")
        .shows("EXISTS        483")
        .sent();
    screen.keys("<alt-3>g<enter>");
    assert_eq!(screen.sent(), "B0001 EXAMINE INBOX\r\n");
    screen.server("B0001 OK [READ-ONLY] done\r\n");
    screen.keys("G<right>jo");
    assert!(
        screen.state.editor.text().starts_with("SELECT "),
        "{}",
        screen.state.editor.text()
    );
}

#[test]
fn a_command_of_the_sidebar_goes_into_the_editor_instead() {
    let mut screen = Screen::new(120, 35);
    session(&mut screen).sent();
    screen.keys("<alt-3>ge").shows("to the editor");
    // Moving is no command.
    screen.keys("jk<enter>").hides("to the editor");
    assert_eq!(screen.state.editor.text(), "EXAMINE INBOX");
    assert_eq!(screen.sent(), "");
    // Two commands are two lines; once more takes it back, and so does Esc.
    screen.keys("<c-c><alt-3>G<left>e<space>");
    let text = screen.state.editor.text();
    assert!(
        text.starts_with("LIST ") && text.contains("\nLSUB "),
        "{text}"
    );
    screen.keys("<c-c><alt-3>gee<enter>");
    assert_eq!(screen.sent(), "B0001 EXAMINE INBOX\r\n");
    screen.server("B0001 OK [READ-ONLY] done\r\n");
    screen.keys("e<esc><enter>");
    assert_eq!(screen.sent(), "B0002 EXAMINE INBOX\r\n");
}

#[test]
fn the_mailbox_of_the_target_is_opened_after_the_login() {
    let mut screen = Screen::new(80, 24);
    screen.state.options.mailbox = Some("Entw\u{fc}rfe".into());
    screen.connect(plan(), tls()).notice(Notice::Ready);
    assert_eq!(screen.sent(), "");
    screen.notice(Notice::LoggedIn {
        authcid: Some("admin".into()),
        authzid: None,
        mechanism: "PLAIN".into(),
    });
    assert_eq!(screen.sent(), "A0001 EXAMINE Entw&APw-rfe\r\n");
}

#[test]
fn completion_and_history() {
    let mut screen = Screen::new(80, 24);
    screen.log_in().keys("SELE<tab>");
    assert_eq!(screen.state.editor.text().trim(), "SELECT");
    screen
        .keys("<c-c>:re")
        .shows("Palette")
        .shows(":reconnect")
        .keys("<esc><c-c>");
    screen.keys("NOOP<enter>NAMESPACE<enter><up>");
    assert_eq!(screen.state.editor.text(), "NAMESPACE");
    screen.keys("<up>");
    assert_eq!(screen.state.editor.text(), "NOOP");
    screen.keys("<down><down>");
    assert_eq!(screen.state.editor.text(), "");
    screen
        .keys("<c-r>oo")
        .shows("History of all servers: 1 found")
        .keys("<enter>");
    assert_eq!(screen.state.editor.text(), "NOOP");
}

/// Whatever the server sends: cells hold nothing that a terminal obeys or that changes the width.
#[test]
fn hostile_bytes_reach_no_cell() {
    let mut hostile: Vec<Vec<u8>> = vec![
        (0u8..=255).filter(|b| *b != b'\n').collect(),
        b"\x1b]52;c;aGk=\x07\x1b[2J\x1b[?1049l\x90qpayload\x9c\x9b2J".to_vec(),
        "\u{9b}2J\u{9d}0;title\u{9c}\u{85}".as_bytes().to_vec(),
        "\u{202e}evil\u{2066}\u{200b}\u{200d}\u{feff}\u{ad}\u{fe0f}\u{e0041}"
            .as_bytes()
            .to_vec(),
        format!("a{}b", "\u{301}".repeat(500)).into_bytes(),
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{1f1e9}\u{1f1ea} \u{65e5}\u{672c}\u{8a9e}"
            .as_bytes()
            .to_vec(),
        b"\xff\xfe\xc3(\xe2\x82 \xf0\x9f".to_vec(),
    ];
    let odd: Vec<char> = (0u32..0x3100)
        .chain(0xa000..0xac00)
        .chain(0xd7b0..0x1_0100)
        .chain(0x1_1000..0x1_1100)
        .chain(0x1_f1e0..0x1_f200)
        .filter_map(char::from_u32)
        .collect();
    for run in odd.chunks(150) {
        let line: String = run
            .iter()
            .filter(|c| **c != '\n')
            .flat_map(|c| ['x', *c, 'y', *c, *c, *c, *c, *c])
            .collect();
        hostile.push(line.into_bytes());
    }
    let mut screen = Screen::new(80, 24);
    screen.log_in();
    for bytes in &hostile {
        let name: Vec<u8> = bytes
            .iter()
            .copied()
            .filter(|b| !b"\r\n\0\"\\".contains(b))
            .collect();
        screen.server(
            [
                b"* OK ",
                bytes.as_slice(),
                b"\r\n* LIST (\\Sent) \"/\" \"",
                &name,
                b"\"\r\n* OK [",
                &name,
                b"] x\r\n",
            ]
            .concat(),
        );
        screen.server(
            [
                format!("* 1 FETCH (BODY[] {{{}}}\r\n", bytes.len()).as_bytes(),
                bytes,
                b")\r\n",
            ]
            .concat(),
        );
        screen.keys("<esc>").keys("kz");
        assert_harmless(&mut screen);
        screen.keys("<enter>G<f9>G");
        assert_harmless(&mut screen);
        screen.keys("<f9>i");
    }
    let all: Vec<u8> = hostile
        .iter()
        .take(7)
        .flatten()
        .copied()
        .filter(|b| !b"\r\n".contains(b))
        .collect();
    let base64 = imapsh::wire::base64::encode(&all).to_string();
    screen.notice(Notice::LoginFailed(
        String::from_utf8_lossy(&all).into_owned(),
    ));
    assert_harmless(&mut screen);
    screen
        .connect(plan(), tls())
        .notice(Notice::Ready)
        .keys("AUTHENTICATE X<enter>");
    screen.server(format!("+ {base64}\r\n"));
    assert_harmless(&mut screen);
    screen.notice(Notice::LoggedIn {
        authcid: Some(String::from_utf8_lossy(&all).into_owned()),
        authzid: None,
        mechanism: "\x1b[2J".into(),
    });
    assert_harmless(&mut screen);
}

#[track_caller]
fn assert_harmless(screen: &mut Screen) {
    for row in screen.cells() {
        for cell in row {
            let symbol = cell.symbol();
            assert!(imapsh::tui::printable::is_safe(symbol), "{symbol:?}");
            assert!(
                unicode_width::UnicodeWidthStr::width(symbol) <= 4,
                "{symbol:?}"
            );
        }
    }
}

#[test]
fn no_size_breaks_anything() {
    let mut screen = Screen::new(80, 24);
    session(&mut screen);
    let popups = [
        "", "<f1>", "<c-r>", "SEL<tab>", "<f9>", "<f10>", "<esc>", "<esc>Z", "<esc>Z", "<esc>gz",
        "<esc>gz", "<esc>w",
    ];
    for popup in popups {
        screen.resize(80, 24).keys(popup);
        for columns in (1..5).chain([9, 39, 40, 60, 84, 100, 160, 300]) {
            for rows in (1..5).chain([7, 8, 15, 16, 30, 46, 90]) {
                screen.resize(columns, rows).keys("<pgup><pgdn>");
                let text = screen.text();
                assert_eq!(text.lines().count(), usize::from(rows));
            }
        }
        screen.resize(80, 24).keys("<alt-2>");
        screen.state.popup = None;
        screen.state.editor.wipe();
        screen.state.zoom = false;
        screen.state.sidebar_wish = None;
    }
    screen
        .keys("<esc>G<alt-2>")
        .shows("A0004 NO [NOPERM] Permission denied");
}

#[test]
fn many_lines_cost_no_more_than_few() {
    let mut screen = Screen::new(120, 35);
    screen.log_in();
    let line = "* 1 FETCH (FLAGS (\\Seen))\r\n".repeat(10_000);
    for _ in 0..20 {
        screen.server(&line);
    }
    assert!(screen.state.console.transcript().len() > 200_000);
    let begin = std::time::Instant::now();
    for _ in 0..20 {
        screen.keys("<esc><pgup>").text();
    }
    let spent = begin.elapsed() / 20;
    assert!(
        spent < std::time::Duration::from_millis(100),
        "{spent:?} for one page"
    );
}

#[test]
fn a_long_literal_is_read_page_by_page() {
    let mut screen = Screen::new(80, 24);
    screen.log_in().keys("FETCH 1 BODY[]<enter><enter>");
    let body: String = (0..5_000).map(|n| format!("line {n}\r\n")).collect();
    screen.server(format!(
        "* 1 FETCH (BODY[] {{{}}}\r\n{body})\r\nA0001 OK done\r\n",
        body.len()
    ));
    screen
        .hides("line 0")
        .keys("<esc><up><up>z")
        .shows("line 0\n".trim_end());
    let mut seen = 0;
    loop {
        let text = screen.text();
        let shown = text.lines().filter_map(|row| {
            let number = row.split_once("|  line ")?.1;
            number.split(' ').next()?.parse::<usize>().ok()
        });
        for n in shown {
            assert!(n <= seen, "line {seen} was skipped:\n{text}");
            seen = seen.max(n + 1);
        }
        if screen.state.scroll.follow {
            break;
        }
        screen.keys("<space>");
    }
    assert_eq!(seen, 5_000);
    screen
        .shows("A0001 OK done")
        .keys("<pgup>")
        .shows("line 4980");
}

/// The loop itself, on a backend without a terminal: keys in, a real connection to the demo behind it.
mod running {
    use crossterm::event::{KeyCode, KeyModifiers};
    use imapsh::tui::Outcome;
    use std::time::Duration;

    use crate::common::running::{DEADLINE, Running};

    #[tokio::test]
    async fn a_session_with_the_demo_from_login_to_logout() {
        let mut running = Running::start(Some("adminpass"));
        running.shows("AS craig (auth cyrus").await;
        running.shows("in memory").await;
        running.shows("INBOX").await;
        running.press("SELECT INBOX\n");
        running.shows("[READ-WRITE]").await;
        running.shows("UIDVALIDITY").await;
        running.press("NOOP\n");
        running.shows("A0002 OK").await;
        running.key(KeyCode::Char('d'), KeyModifiers::CONTROL);
        assert_eq!(running.outcome().await, Outcome::Done);
    }

    #[tokio::test]
    async fn a_refused_login_leaves_the_screen_open() {
        let mut running = Running::start(None);
        running.shows("AS craig (auth cyrus)").await;
        running.press("wrong\n");
        running.shows("not logged in").await;
        running.shows("AUTHENTICATIONFAILED").await;
        running.key(KeyCode::F(4), KeyModifiers::NONE);
        running.shows("Log in as").await;
        running.press("adminpass\n");
        running.shows("AS craig (auth cyrus, ").await;
        running.key(KeyCode::Char('d'), KeyModifiers::CONTROL);
        assert_eq!(running.outcome().await, Outcome::Done);
    }

    #[tokio::test]
    async fn an_idle_screen_draws_nothing() {
        let mut running = Running::start(Some("adminpass"));
        running.press("NOOP\n");
        running.shows("AUTHENTICATED").await;
        running.shows("P0008").await;
        // Until two looks in a row see the same number of frames: then nothing is on its way.
        let mut seen = *running.frames.borrow_and_update();
        let quiet = Duration::from_millis(1_500);
        let deadline = tokio::time::Instant::now() + DEADLINE;
        while tokio::time::timeout(quiet, running.frames.changed())
            .await
            .is_ok()
        {
            let now = *running.frames.borrow_and_update();
            assert!(
                now > seen && tokio::time::Instant::now() < deadline,
                "it never comes to rest"
            );
            seen = now;
        }
        running.signals.send(15).unwrap();
        assert_eq!(running.outcome().await, Outcome::Signal(15));
    }

    #[tokio::test]
    async fn a_terminal_that_goes_away_ends_it() {
        let mut running = Running::start(Some("adminpass"));
        running.shows("AS craig").await;
        let Running { keys, ended, .. } = running;
        drop(keys);
        let outcome = tokio::time::timeout(DEADLINE, ended)
            .await
            .expect("it ends")
            .unwrap()
            .unwrap();
        assert_eq!(outcome.exit_code(), 129);
    }
}
