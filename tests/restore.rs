//! A new connection takes up what the last one had, and says what it cannot.

use imapsh::channel::Notice;
use imapsh::console::Settings;
use imapsh::session::CloseCause;

use crate::common::desk::Desk;

const GREETING: &str = "* OK [CAPABILITY IMAP4rev1 ENABLE CONDSTORE QRESYNC] hello";

fn logged_in(desk: &mut Desk, authcid: &str, authzid: Option<&str>) {
    desk.server(GREETING);
    desk.notice(Notice::LoggedIn {
        authcid: Some(authcid.to_owned()),
        authzid: authzid.map(str::to_owned),
        mechanism: "PLAIN".to_owned(),
    });
    desk.server("* OK logged in");
    desk.notice(Notice::Ready);
}

/// `cyrus` as `craig`, by the program's own login: the model learns of it from the P tag.
fn desk() -> Desk {
    let mut desk = Desk::new(Settings::default());
    logged_in_by_preauth(&mut desk);
    desk
}

fn logged_in_by_preauth(desk: &mut Desk) {
    desk.server("* PREAUTH [CAPABILITY IMAP4rev1 ENABLE CONDSTORE QRESYNC IDLE] hello");
    desk.notice(Notice::LoggedIn {
        authcid: Some("cyrus".to_owned()),
        authzid: Some("craig".to_owned()),
        mechanism: "PLAIN".to_owned(),
    });
    desk.notice(Notice::Ready);
}

fn opened(desk: &mut Desk, line: &str, exists: u64, validity: u64) {
    desk.enter(line);
    let tag = desk.sent();
    let tag = tag.split(' ').next().unwrap().to_owned();
    desk.server(&format!(
        "* {exists} EXISTS\n* OK [UIDVALIDITY {validity}] ok\n* OK [HIGHESTMODSEQ 77] ok\n{tag} OK [READ-ONLY] opened"
    ));
}

fn notes(desk: &Desk) -> String {
    let lines = desk.transcript();
    let notes: Vec<&str> = lines.iter().filter_map(|l| l.strip_prefix("== ")).collect();
    notes.join("\n")
}

#[test]
fn enable_and_the_mailbox_come_back_and_what_is_lost_is_said() {
    let mut desk = desk();
    desk.enter("ENABLE CONDSTORE");
    desk.sent();
    desk.server("* ENABLED CONDSTORE\nA0001 OK enabled");
    opened(&mut desk, "EXAMINE \"Sent Items\"", 5, 1);
    desk.enter("UID SEARCH ALL");
    desk.sent();
    desk.close(CloseCause::Closed);
    desk.reconnect();
    logged_in_by_preauth(&mut desk);
    assert_eq!(
        desk.sent(),
        "P0001 ENABLE CONDSTORE\nP0002 EXAMINE \"Sent Items\"\n"
    );
    desk.server("* ENABLED CONDSTORE\nP0001 OK enabled");
    desk.server("* 3 EXISTS\n* OK [UIDVALIDITY 2] ok\nP0002 OK [READ-ONLY] opened");
    let notes = notes(&desk);
    for wanted in [
        "Connected again as craig (auth cyrus); taken up again: ENABLE CONDSTORE, EXAMINE Sent Items.",
        "A0003 UID SEARCH (they may have been carried out",
        "UIDVALIDITY was 1 and is 2",
        "there were 5 messages and are 3",
    ] {
        assert!(notes.contains(wanted), "{wanted}\n---\n{notes}");
    }
}

#[test]
fn select_stays_select_and_qresync_asks_for_the_changes() {
    let mut desk = desk();
    desk.enter("ENABLE QRESYNC");
    desk.sent();
    desk.server("* ENABLED QRESYNC\nA0001 OK enabled");
    desk.enter("SELECT INBOX");
    desk.sent();
    desk.server("* 5 EXISTS\n* OK [UIDVALIDITY 9] ok\n* OK [HIGHESTMODSEQ 77] ok\nA0002 OK [READ-WRITE] opened");
    desk.enter("IDLE");
    desk.sent();
    desk.server("+ idling");
    desk.close(CloseCause::Closed);
    desk.reconnect();
    logged_in_by_preauth(&mut desk);
    assert_eq!(
        desk.sent(),
        "P0001 ENABLE QRESYNC\nP0002 SELECT INBOX (QRESYNC (9 77))\n"
    );
    assert!(notes(&desk).contains("IDLE, which is not on any more"));
}

#[test]
fn after_logout_too_and_a_refusal_is_said() {
    let mut desk = desk();
    opened(&mut desk, "EXAMINE x", 1, 1);
    desk.enter("LOGOUT");
    desk.sent();
    desk.server("* BYE\nA0002 OK bye");
    desk.close(CloseCause::Closed);
    desk.reconnect();
    logged_in_by_preauth(&mut desk);
    assert_eq!(desk.sent(), "P0001 EXAMINE x\n");
    desk.server("P0001 NO [NONEXISTENT] it is gone");
    let notes = notes(&desk);
    assert!(
        notes.contains("x could not be opened again: it is gone"),
        "{notes}"
    );
    assert!(!notes.contains("Lost with"), "{notes}");
}

#[test]
fn a_closed_mailbox_is_not_opened_again() {
    let mut desk = desk();
    opened(&mut desk, "EXAMINE x", 1, 1);
    desk.enter("CLOSE");
    desk.sent();
    desk.server("A0002 OK closed");
    desk.close(CloseCause::Closed);
    desk.reconnect();
    logged_in_by_preauth(&mut desk);
    assert_eq!(desk.sent(), "");
}

#[test]
fn another_user_gets_nothing_of_it() {
    let mut desk = desk();
    opened(&mut desk, "EXAMINE x", 1, 1);
    desk.close(CloseCause::Closed);
    desk.reconnect();
    logged_in(&mut desk, "monty", None);
    assert_eq!(desk.sent(), "");
}

#[test]
fn it_waits_for_the_login() {
    let mut desk = desk();
    opened(&mut desk, "EXAMINE x", 1, 1);
    desk.close(CloseCause::Closed);
    desk.reconnect();
    desk.server(GREETING);
    desk.notice(Notice::Ready);
    assert_eq!(desk.sent(), "");
    assert!(
        notes(&desk).contains("You were craig (auth cyrus)"),
        "{}",
        notes(&desk)
    );
    desk.notice(Notice::LoggedIn {
        authcid: Some("cyrus".to_owned()),
        authzid: Some("craig".to_owned()),
        mechanism: "PLAIN".to_owned(),
    });
    desk.notice(Notice::Ready);
    assert_eq!(desk.sent(), "P0001 EXAMINE x\n");
}
