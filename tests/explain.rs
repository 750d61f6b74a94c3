//! Explain: the tables, the short line below a refusal, F1, `:why`.

use imapsh::explain;
use imapsh::wire::response::Status;

use crate::common::screen::Screen;

/// The names of the IANA registry "IMAP Response Codes" as of 2026-02-27.
const REGISTRY: &[&str] = &[
    "NEWNAME",
    "REFERRAL",
    "ALERT",
    "BADCHARSET",
    "PARSE",
    "PERMANENTFLAGS",
    "READ-ONLY",
    "READ-WRITE",
    "TRYCREATE",
    "UIDNEXT",
    "UIDVALIDITY",
    "UNSEEN",
    "UNKNOWN-CTE",
    "UIDNOTSTICKY",
    "APPENDUID",
    "COPYUID",
    "URLMECH",
    "TOOBIG",
    "BADURL",
    "HIGHESTMODSEQ",
    "NOMODSEQ",
    "MODIFIED",
    "COMPRESSIONACTIVE",
    "CLOSED",
    "NOTSAVED",
    "BADCOMPARATOR",
    "ANNOTATE",
    "ANNOTATIONS",
    "TEMPFAIL",
    "MAXCONVERTMESSAGES",
    "MAXCONVERTPARTS",
    "NOUPDATE",
    "METADATA",
    "NOTIFICATIONOVERFLOW",
    "BADEVENT",
    "UNDEFINED-FILTER",
    "UNAVAILABLE",
    "AUTHENTICATIONFAILED",
    "AUTHORIZATIONFAILED",
    "EXPIRED",
    "PRIVACYREQUIRED",
    "CONTACTADMIN",
    "NOPERM",
    "INUSE",
    "EXPUNGEISSUED",
    "CORRUPTION",
    "SERVERBUG",
    "CLIENTBUG",
    "CANNOT",
    "LIMIT",
    "OVERQUOTA",
    "ALREADYEXISTS",
    "NONEXISTENT",
    "USEATTR",
    "DOWNGRADED",
    "MAILBOXID",
    "CAPABILITY",
    "HASCHILDREN",
    "INPROGRESS",
    "UIDREQUIRED",
    "MESSAGELIMIT",
];

#[test]
fn the_tables_can_be_read() {
    assert_eq!(explain::table_errors(), &[] as &[String]);
}

#[test]
fn every_code_of_the_registry_has_a_row() {
    let missing: Vec<_> = REGISTRY
        .iter()
        .filter(|name| explain::code(name).is_none())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_row_has_words_a_next_step_and_a_reference() {
    let texts = explain::texts()
        .iter()
        .map(|text| (text.pattern.as_str(), &text.row));
    let mut offers = 0;
    for (name, row) in explain::codes().chain(texts) {
        assert!(
            row.means.len() > 10 && !row.means.ends_with('.'),
            "{name}: {}",
            row.means
        );
        assert!(row.next.ends_with(['.', '?']), "{name}: {}", row.next);
        assert!(!row.reference.is_empty(), "{name}");
        for offer in &row.offer {
            offers += 1;
            // What is offered is a command that the catalog knows, or a verb of the console.
            let verb = offer.split(' ').next().unwrap_or_default();
            let known = offer.starts_with('{')
                || imapsh::catalog::find(verb).is_some()
                || imapsh::console::local::VERBS.iter().any(|v| v.name == verb);
            assert!(known, "{name}: {offer}");
        }
    }
    assert!(offers > 30);
    for (name, row) in explain::capabilities() {
        assert!(row.means.len() > 10 && !row.means.ends_with('.'), "{name}");
        assert!(!row.reference.is_empty(), "{name}");
    }
}

#[test]
fn every_capability_that_the_catalog_needs_has_a_sentence() {
    let missing: Vec<_> = imapsh::catalog::commands()
        .iter()
        .flat_map(|row| &row.capabilities)
        .filter(|name| explain::capability(name).is_none())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Lines as the servers sent them, and the row that must be found: a code, or a part of the pattern.
#[test]
fn what_servers_really_say_is_recognised() {
    for (line, by) in [
        (
            "a NO [AUTHENTICATIONFAILED] Authentication failed.",
            "AUTHENTICATIONFAILED",
        ),
        (
            "a NO Login failed: authentication failure",
            "authentication failure",
        ),
        (
            "a NO Mailbox doesn't exist: nope (0.002 + 0.000 + 0.001 secs).",
            "mailbox doesn't exist",
        ),
        ("a NO Mailbox does not exist", "mailbox does not exist"),
        ("a NO Permission denied", "permission denied"),
        ("* BYE Too many invalid IMAP commands.", "^too many invalid"),
        (
            "a NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.",
            "PRIVACYREQUIRED",
        ),
        ("a NO Login only available under a layer", "under a layer"),
        (
            "a BAD Error in IMAP command FOO: Unknown command (0.000 + 0.000 secs).",
            ": unknown command",
        ),
        ("a BAD Unrecognized command", "^unrecognized command"),
        (
            "a NO [OVERQUOTA] Quota exceeded (mailbox for user is full)",
            "OVERQUOTA",
        ),
        ("a NO Over quota", "over quota"),
        (
            "a NO [ALERT] Application-specific password required: https://support.google.com/",
            "application-specific",
        ),
        ("* BYE AccessTokenExpired", "accesstokenexpired"),
        (
            "a BAD User is authenticated but not connected.",
            "not connected",
        ),
        ("a NO [METADATA MAXSIZE 1024] too long", "METADATA"),
    ] {
        let status = explain::line(format!("{line}\r\n").as_bytes()).expect(line);
        let found = explain::status(&status).expect(line);
        let text = found.by_text.map_or("", |text| text.pattern.as_str());
        assert!(
            found.code.as_deref() == Some(by) || text.contains(by),
            "{line}: {found:?}"
        );
    }
    let long = explain::line(b"a NO [METADATA MAXSIZE 1024] too long\r\n").unwrap();
    let row = explain::status(&long).unwrap().by_code.unwrap();
    assert_eq!(Some(row), explain::code("METADATA MAXSIZE"));
    let unknown = explain::line(b"a NO [X-\x1b[2J] \x1b]52;c;x\x07\r\n").unwrap();
    assert_eq!(unknown.status, Status::No);
    assert_eq!(explain::status(&unknown), None);
}

/// `DELETE user.monty` on a server that refuses it, its rights told before.
fn refused(screen: &mut Screen) -> &mut Screen {
    screen.log_in().keys(":safe off<enter>");
    screen
        .server("* CAPABILITY IMAP4rev1 ACL IDLE X-NOBODY-KNOWS\r\n")
        .keys("MYRIGHTS user.monty<enter>")
        .server("* MYRIGHTS user.monty lrswipke\r\nA0001 OK Completed\r\n")
        .keys("DELETE user.monty<enter>")
        .server("A0002 NO [NOPERM] Permission denied\r\n")
}

#[test]
fn a_refusal_is_explained_below_it_and_by_f1() {
    let mut screen = Screen::new(120, 35);
    refused(&mut screen)
        .shows("NO [NOPERM] Permission denied")
        .shows("!  NOPERM: the identity in use lacks a right the command needs.")
        .shows("have lrswipke: missing x.");
    screen
        .keys("<esc><f1>")
        .shows("The server says")
        .shows("imapsh explains")
        .shows("DELETE the mailbox, RENAME it away")
        .shows("SETACL user.monty")
        .shows("RFC 5530");
    screen.keys("<f1>").hides("The server says");
}

#[test]
fn elsewhere_f1_is_the_help() {
    let mut screen = Screen::new(120, 35);
    refused(&mut screen).keys("<f1>").shows("Help: ");
}

#[test]
fn the_words_of_a_refused_login_stay_secret() {
    let mut screen = Screen::new(120, 35);
    screen.log_in();
    screen
        .keys("LOGIN craig hunter2<enter><enter>")
        .server("A0001 NO [AUTHENTICATIONFAILED] no\r\n")
        .shows("AUTHENTICATIONFAILED: the user name")
        .keys("<esc><f1>")
        .shows("imapsh explains")
        .hides("hunter2");
}

#[test]
fn what_came_and_went_is_explained_by_f1() {
    let mut screen = Screen::new(120, 35);
    refused(&mut screen)
        .keys("<esc>ggjj<f1>")
        .shows("X-NOBODY-KNOWS  (in no table of imapsh)")
        .keys("qj<f1>")
        .shows("-LITERAL+  literals go out without waiting")
        .shows("RFC 7888");
}

#[test]
fn bad_names_the_place_that_the_lint_would_have_refused() {
    let mut screen = Screen::new(120, 35);
    screen.log_in();
    screen
        .keys("STATUS INBOX (FLAGZ)<enter><enter>")
        .server("A0001 BAD what?\r\n")
        .shows("!  BAD at \"FLAGZ\": ")
        .keys("<esc><f1>")
        .shows("STATUS INBOX (FLAGZ)")
        .shows("^^^^^")
        .shows("What the lint would have refused");
}

#[test]
fn hostile_texts_stay_text() {
    let mut screen = Screen::new(80, 24);
    screen.log_in();
    screen
        .keys("NOOP<enter>")
        .server(b"A0001 NO [\x1b[31mX] Permission denied \x1b]52;c;eA==\x07\r\n".as_slice())
        .keys("<esc><f1>")
        .shows("\\x1b]52")
        .hides("\x1b");
}

#[test]
fn logout_is_no_riddle_and_program_commands_are_left_alone() {
    let mut screen = Screen::new(120, 35);
    screen.log_in();
    screen
        .keys("LOGOUT<enter>")
        .server("* BYE Logging out\r\nA0001 OK Logout completed\r\n")
        .hides("! BYE");
}

#[test]
fn why_tells_state_and_capability() {
    let mut screen = Screen::new(120, 35);
    refused(&mut screen)
        .keys(":why FETCH<enter>")
        .shows("with a mailbox open")
        .keys("q:why GETQUOTA<enter>")
        .shows("needs QUOTA, which the server does not advertise")
        .keys("q:why IDLE<enter>")
        .shows("As far as imapsh knows it is possible now.");
}

fn golden(name: &str, screen: &mut Screen) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden/explain");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let dump = screen.dump();
    settings.bind(|| insta::assert_snapshot!(name.to_owned(), dump));
}

#[test]
fn golden_explain() {
    for (columns, rows) in [(80, 24), (120, 35), (200, 50)] {
        let mut screen = Screen::new(columns, rows);
        golden(&format!("refused_{columns}x{rows}"), refused(&mut screen));
        golden(&format!("f1_{columns}x{rows}"), screen.keys("<esc><f1>"));
    }
}
