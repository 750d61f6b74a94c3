//! The pane of live events, from what Dovecot and Cyrus really said, and its keys.

use std::time::Duration;

use imapsh::channel::{Gauge, Notice, Request};
use imapsh::console::live::{Listening, WAITS};
use imapsh::sasl::Secret;
use imapsh::session::CloseCause;
use imapsh::transcript::trace::{self, Entry};

use crate::common::screen::{Screen, clock, plan};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 35), (200, 50)];
const DOVECOT: &str = include_str!("live/dovecot-notify.trace");
const CYRUS: &str = include_str!("live/cyrus-idle.trace");

/// INBOX is open, and F7 pressed.
fn pressed(columns: u16, rows: u16) -> Screen {
    let mut screen = Screen::new(columns, rows);
    screen.log_in().keys("EXAMINE INBOX<enter>");
    screen.server("* 7 EXISTS\r\n* 1 RECENT\r\nA0001 OK [READ-ONLY] ok\r\n");
    screen.sent();
    screen.keys("<f7>");
    assert_eq!(screen.listens.len(), 1);
    screen
}

fn connected(screen: &mut Screen, greeting: &[u8]) {
    screen.live_server(greeting);
    screen.live_notice(Notice::Ready);
}

/// Plays a conversation that was recorded: what we send must be what was sent then.
fn replay(screen: &mut Screen, text: &str) {
    let entries = trace::read(text).unwrap();
    let mut entries = entries.into_iter().map(|(_, entry)| entry).peekable();
    let mut greeted = false;
    while entries.peek().is_some() {
        let mut said = Vec::new();
        let mut wanted = Vec::new();
        while let Some(entry) = entries.next_if(|e| !matches!(e, Entry::Client(_))) {
            if let Entry::Server(bytes) = entry {
                said.extend_from_slice(&bytes);
            }
        }
        while let Some(Entry::Client(bytes)) = entries.next_if(|e| matches!(e, Entry::Client(_))) {
            wanted.extend_from_slice(&bytes);
        }
        match std::mem::replace(&mut greeted, true) {
            true => {
                screen.live_server(&said);
            }
            false => connected(screen, &said),
        }
        assert_eq!(screen.live_sent(), String::from_utf8(wanted).unwrap());
    }
}

/// ... after the connection task has told when it will be renewed.
fn golden(name: &str, screen: &mut Screen) {
    screen.live_notice(Notice::Gauge(Gauge {
        keepalive: Some(clock() + Duration::from_secs(27 * 60 + 12)),
        ..Gauge::default()
    }));
    insta::with_settings!({ snapshot_path => "golden/live", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name.to_owned(), screen.dump());
    });
}

#[test]
fn golden_nothing_yet() {
    for (columns, rows) in SIZES {
        let mut screen = pressed(columns, rows);
        connected(
            &mut screen,
            b"* PREAUTH [CAPABILITY IMAP4rev1 IDLE ESEARCH] ready\r\n",
        );
        screen.live_server("* 7 EXISTS\r\nP0001 OK ok\r\n");
        screen.live_server("* ESEARCH (TAG \"B0001\") COUNT 2\r\nB0001 OK ok\r\n+ idling\r\n");
        golden(&format!("nothing_{columns}x{rows}"), &mut screen);
    }
}

#[test]
fn golden_dovecot_with_notify() {
    for (columns, rows) in SIZES {
        let mut screen = pressed(columns, rows);
        replay(&mut screen, DOVECOT);
        golden(&format!("dovecot_{columns}x{rows}"), &mut screen);
        // In focus there is more of it, and a cursor.
        screen.keys("<alt-5>kk");
        golden(&format!("dovecot_focus_{columns}x{rows}"), &mut screen);
    }
}

#[test]
fn golden_cyrus_with_idle() {
    for (columns, rows) in SIZES {
        let mut screen = pressed(columns, rows);
        replay(&mut screen, CYRUS);
        golden(&format!("cyrus_{columns}x{rows}"), &mut screen);
        screen.keys("<c-x>eo");
        golden(&format!("cyrus_own_lines_{columns}x{rows}"), &mut screen);
    }
}

#[test]
fn golden_away_and_given_up() {
    for (columns, rows) in SIZES {
        let mut screen = pressed(columns, rows);
        replay(&mut screen, CYRUS);
        screen.live_server("* BYE Connection reset by an administrator\r\n");
        let ended = |screen: &mut Screen| {
            screen.live_notice(Notice::Ended {
                cause: CloseCause::Closed,
                sentence: "The server closed the connection without a word. Connect again."
                    .to_owned(),
            });
        };
        ended(&mut screen);
        golden(&format!("away_{columns}x{rows}"), &mut screen);
        for _ in 0..WAITS.len() {
            screen.keys("<alt-5>a");
            ended(&mut screen);
        }
        assert_eq!(screen.listens.len(), 1 + WAITS.len());
        let live = screen.state.live.as_ref().unwrap();
        assert!(matches!(live.listening(), Listening::Ended(_)));
        golden(&format!("given_up_{columns}x{rows}"), &mut screen);
    }
}

#[test]
fn the_first_connection_hears_nothing_of_it() {
    for (columns, rows) in SIZES {
        let mut screen = pressed(columns, rows);
        screen.shows("5 Live events: connecting");
        let before = (
            screen.state.console.transcript().len(),
            screen.state.console.transcript().octets(),
            screen.state.console.transcript().command_count(),
        );
        replay(&mut screen, DOVECOT);
        let after = (
            screen.state.console.transcript().len(),
            screen.state.console.transcript().octets(),
            screen.state.console.transcript().command_count(),
        );
        assert_eq!(before, after);
        assert_eq!(screen.sent(), "", "nothing on this connection");
        let selected = screen.state.console.model().selected().unwrap();
        assert_eq!(selected.exists, Some(7), "its numbers are its own");
        screen.keys("<c-x>v").hides("Live events:");
    }
}

#[test]
fn counts_are_known_at_once_and_said_to_be_the_second_ones() {
    let mut screen = pressed(120, 35);
    replay(&mut screen, CYRUS);
    // 7, one came, one went.
    assert_eq!(
        screen.state.live.as_ref().unwrap().counted(b"INBOX"),
        Some((7, Some(1)))
    );
    screen.live_server("* 9 EXISTS\r\n");
    screen.shows("EXISTS        7 live 9");
    screen.server("* 9 EXISTS\r\n");
    screen.shows("EXISTS        9 (+2)");
}

#[test]
fn enter_goes_to_the_message_by_commands_that_are_seen() {
    let mut screen = pressed(120, 35);
    replay(&mut screen, DOVECOT);
    // The third from the beginning: the message that came.
    screen.keys("<alt-5>gj<enter>");
    assert_eq!(
        screen.sent(),
        "B0001 NOOP\r\n",
        "it has not heard of it yet"
    );
    screen.server("* 9 EXISTS\r\nB0001 OK ok\r\n");
    assert_eq!(
        screen.sent(),
        "B0002 UID FETCH 18 (FLAGS BODYSTRUCTURE BODY.PEEK[HEADER]<0.65536>)\r\n"
    );
    screen.keys("<esc><esc>");
    // Into the editor, by the key for that.
    screen.keys("<alt-5>e<enter>");
    assert_eq!(screen.sent(), "");
    screen.shows("UID FETCH 18 (");
}

/// What the first connection was not told of yet it cannot fetch: NOOP has the server tell.
#[test]
fn enter_has_the_first_connection_told_first() {
    let mut screen = pressed(120, 35);
    connected(
        &mut screen,
        b"* PREAUTH [CAPABILITY IMAP4rev1 NOTIFY ESEARCH] ready\r\n",
    );
    screen.live_server("* 7 EXISTS\r\nP0001 OK ok\r\n");
    screen.live_server("P0002 OK ok\r\n");
    screen.live_server("* 8 EXISTS\r\n* 8 FETCH (UID 19 FLAGS () ENVELOPE (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n");
    screen.keys("<alt-5><enter>");
    assert_eq!(screen.sent(), "B0001 NOOP\r\n");
    screen.server("* 8 EXISTS\r\nB0001 OK ok\r\n");
    let sent = screen.sent();
    assert!(sent.starts_with("B0002 UID FETCH 19 ("), "{sent}");
}

#[test]
fn enter_opens_another_mailbox_with_examine() {
    let mut screen = pressed(120, 35);
    replay(&mut screen, DOVECOT);
    // Work was created.
    screen.keys("<alt-5>gjj<enter>");
    assert_eq!(screen.sent(), "B0001 EXAMINE Work\r\n");
    // The second connection follows, and what it told of INBOX can be gone to from there.
    screen.server("* 0 EXISTS\r\nB0001 OK [READ-ONLY] ok\r\n");
    assert_eq!(screen.live_sent(), "DONE\r\n");
    screen.live_server("P0005 OK ok\r\n");
    assert_eq!(screen.live_sent(), "P0006 EXAMINE Work\r\n");
    screen.keys("<alt-5>gj<enter>");
    assert_eq!(screen.sent(), "B0002 EXAMINE INBOX\r\n");
    screen.server("* 7 EXISTS\r\nB0002 OK [READ-ONLY] ok\r\n");
    let sent = screen.sent();
    assert!(sent.starts_with("B0003 UID FETCH 18 ("), "{sent}");
}

#[test]
fn the_pane_scrolls_and_follows() {
    let mut screen = pressed(80, 24);
    connected(
        &mut screen,
        b"* PREAUTH [CAPABILITY IMAP4rev1 IDLE ESEARCH] ready\r\n",
    );
    screen.live_server("* 7 EXISTS\r\nP0001 OK ok\r\n");
    screen.live_server("B0001 OK ok\r\n+ idling\r\n");
    for n in 1..100 {
        screen.live_server(format!("* {n} FETCH (FLAGS (k{n}))\r\n"));
    }
    screen.shows("99 FLAGS (k99)").hides("(k90)");
    screen.keys("<alt-5>g").shows("1 FLAGS (k1)").hides("(k99)");
    screen.live_server("* 100 FETCH (FLAGS (k100))\r\n");
    screen.hides("(k100)").shows("(k1)");
    screen.keys("<pgdn><pgdn><pgdn>").hides("(k1)");
    screen.keys("G").shows("(k100)");
    screen.live_server("* 101 FETCH (FLAGS (k101))\r\n");
    screen.shows("(k101)");
    screen.keys("<esc>");
    assert_eq!(screen.state.focus, imapsh::tui::layout::Focus::Editor);
}

/// With `--forget` nobody knows the password any more: it is asked for, and goes to the second connection alone.
#[test]
fn a_password_that_is_not_kept_is_asked_for() {
    for given in [true, false] {
        let mut screen = pressed(120, 35);
        screen.live_notice(Notice::PasswordWanted {
            authcid: "admin".to_owned(),
            authzid: Some("alice".to_owned()),
        });
        screen
            .shows("AS alice (auth admin)")
            .shows("The second connection");
        let requests = std::mem::take(&mut screen.requests);
        match given {
            true => {
                screen.keys("s3cret<enter>");
                let Some(Request::Password(Some(secret))) = screen.live_requests.pop() else {
                    panic!("{:?}", screen.live_requests);
                };
                assert_eq!(secret.expose(), "s3cret");
                screen.shows("5 Live events: connecting");
            }
            false => {
                screen.keys("<esc>");
                assert!(matches!(
                    screen.live_requests[..],
                    [Request::Password(None), Request::Close]
                ));
                screen.shows("No password, so nothing is listened to");
            }
        }
        assert!(requests.is_empty() && screen.requests.is_empty());
    }
}

/// UNAUTHENTICATE and another login on the first connection: the second one becomes the other, too.
#[test]
fn it_follows_who_one_acts_as() {
    let mut screen = pressed(120, 35);
    replay(&mut screen, DOVECOT);
    let mut other = plan();
    other.credentials.authzid = Some("bob".to_owned());
    other.credentials.secret = Some(Secret::new("x".to_owned()));
    screen.state.plan = Some(other);
    screen.notice(Notice::LoggedIn {
        authcid: Some("admin".into()),
        authzid: Some("bob".into()),
        mechanism: "PLAIN".into(),
    });
    assert_eq!(screen.listens.len(), 2);
    assert_eq!(
        screen.listens[1].credentials.authzid.as_deref(),
        Some("bob")
    );
    screen.shows("From here on as bob.");
    screen.keys("<alt-5>k").shows("LIST (\\NonExistent)");
}

/// Another tab as somebody else listens as where it comes from did.
#[test]
fn act_as_in_a_tab_of_its_own_listens_there_too() {
    let mut screen = pressed(120, 35);
    screen.state.plan.as_mut().unwrap().credentials.secret = Some(Secret::new("x".to_owned()));
    screen.keys("<f4>bob<enter>");
    assert!(screen.openings.pop().unwrap().listen);
    screen.keys("<f7><f4>bob<enter>");
    assert!(!screen.openings.pop().unwrap().listen);
}

/// Whoever logs out is not to be logged in any more; a connection that breaks off leaves the other one.
#[test]
fn it_ends_with_a_logout_and_not_with_a_broken_line() {
    let mut screen = pressed(120, 35);
    screen.close(CloseCause::Closed, "The server closed the connection.");
    assert!(screen.state.live.is_some());
    let mut screen = pressed(120, 35);
    screen.close(CloseCause::Logout, "");
    assert!(screen.state.live.is_none());
}

/// IDLE anew every 28 minutes, whatever the first connection is kept alive with.
#[test]
fn its_keepalive_is_never_longer_than_rfc_2177_allows() {
    for (setting, wanted) in [(None, 28 * 60), (Some(3_600), 28 * 60), (Some(60), 60)] {
        let mut screen = Screen::new(120, 35);
        screen.log_in();
        let every = setting.map(Duration::from_secs);
        screen.state.plan.as_mut().unwrap().network.keepalive = every;
        screen.keys("<f7>");
        let keepalive = screen.listens[0].network.keepalive.unwrap();
        assert_eq!(keepalive.as_secs(), wanted);
    }
}
