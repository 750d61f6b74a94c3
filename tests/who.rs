//! As whom, and who says so; how long things took; what the server offers when.

use std::time::Duration;

use imapsh::channel::{LineSafety, Notice, OpeningPart, Progress};
use imapsh::console::{Confirmation, Evidence, Settings};
use imapsh::transcript::interpret::{self, ServerTime};

use crate::common::desk::Desk;

fn logged_in(authcid: Option<&str>, authzid: Option<&str>) -> Desk {
    let mut desk = Desk::greeted(
        Settings::default(),
        "* PREAUTH [CAPABILITY IMAP4rev1 ACL QUOTA NAMESPACE] hello",
    );
    desk.notice(Notice::LoggedIn {
        authcid: authcid.map(Into::into),
        authzid: authzid.map(Into::into),
        mechanism: "PLAIN".into(),
    });
    desk
}

fn craig() -> Desk {
    logged_in(Some("cyrus"), Some("craig"))
}

fn confirmed(name: &str, by: Evidence) -> Confirmation {
    Confirmation::Confirmed {
        name: name.into(),
        by,
    }
}

fn contradicted(name: &str, by: Evidence) -> Confirmation {
    Confirmation::Contradicted {
        name: name.into(),
        by,
    }
}

#[track_caller]
fn after(desk: &mut Desk, line: &str, expected: &Confirmation) {
    desk.server(line);
    assert_eq!(desk.console.confirmation(), expected, "{line}");
}

#[test]
fn a_reply_that_names_nobody_proves_nothing() {
    let mut desk = craig();
    for line in [
        // Reads the same for everybody.
        "* MYRIGHTS INBOX lrswipkxtecdan",
        // Dovecot, and Cyrus.
        "* QUOTAROOT INBOX \"User quota\"",
        "* QUOTAROOT INBOX INBOX",
        "* QUOTAROOT INBOX",
        "* NAMESPACE ((\"\" \"/\")) ((\"user/\" \"/\")) NIL",
        "* NAMESPACE ((\"INBOX.\" \".\")) ((\"user.\" \".\")) ((\"\" \".\"))",
        "* NAMESPACE NIL ((\"user.craig.\" \".\")) NIL",
        // Another user's mailbox has another owner.
        "* ACL user.brian brian lrswipkxtecdan",
        "* QUOTAROOT user.brian user.brian",
        // Rights of craig's on a mailbox, without `a`, do not make it his.
        "* ACL INBOX craig lrs anyone lrs",
        "* ACL INBOX anyone lrswipkxtea -brian a $staff lra group:staff lra owner lrswia",
        // Two who may administer: nobody can say which one is the owner.
        "* ACL INBOX craig lrswipkxtea cyrus lrswipkxtea",
    ] {
        after(&mut desk, line, &Confirmation::Accepted);
    }
    assert!(!desk.transcript().iter().any(|l| l.starts_with("==")));
}

#[test]
fn a_reply_that_names_the_user_confirms_him() {
    for (line, expected) in [
        (
            "* ACL INBOX craig lrswipkxtecdan",
            confirmed("craig", Evidence::Acl),
        ),
        (
            "* ACL INBOX anyone lrs Craig lra brian lr",
            confirmed("Craig", Evidence::Acl),
        ),
        (
            "* ACL inbox craig@example.com lra",
            confirmed("craig@example.com", Evidence::Acl),
        ),
        (
            "* QUOTAROOT INBOX user.craig",
            confirmed(
                "user.craig".trim_start_matches("user."),
                Evidence::QuotaRoot,
            ),
        ),
        (
            "* QUOTAROOT INBOX user/craig",
            confirmed("craig", Evidence::QuotaRoot),
        ),
        (
            "* QUOTAROOT INBOX all home/craig",
            confirmed("craig", Evidence::QuotaRoot),
        ),
        (
            "* NAMESPACE ((\"user.craig.\" \".\")) NIL NIL",
            confirmed("craig", Evidence::Namespace),
        ),
        (
            "* NAMESPACE ((\"~craig/\" \"/\")) NIL NIL",
            confirmed("craig", Evidence::Namespace),
        ),
        (
            "* NAMESPACE ((\"Users/craig/\" \"/\")) NIL NIL",
            confirmed("craig", Evidence::Namespace),
        ),
    ] {
        let mut desk = craig();
        after(&mut desk, line, &expected);
        let said: Vec<String> = desk.transcript();
        assert!(
            said.iter().any(|l| l.starts_with("== Confirmed: ")),
            "{said:?}"
        );
        // The next login begins anew.
        desk.notice(Notice::LoggedIn {
            authcid: Some("brian".into()),
            authzid: None,
            mechanism: "PLAIN".into(),
        });
        assert_eq!(*desk.console.confirmation(), Confirmation::Accepted);
    }
}

#[test]
fn a_reply_that_names_another_user_is_an_alarm_and_stays_one() {
    for (line, expected) in [
        (
            "* ACL INBOX brian lrswipkxtecdan",
            contradicted("brian", Evidence::Acl),
        ),
        // craig has rights on it, and it is not his.
        (
            "* ACL INBOX brian lrswipkxtecdan craig lrs",
            contradicted("brian", Evidence::Acl),
        ),
        (
            "* ACL INBOX brian lra cyrus lra craig lrs",
            contradicted("brian, cyrus", Evidence::Acl),
        ),
        (
            "* ACL INBOX craig2 lra",
            contradicted("craig2", Evidence::Acl),
        ),
        (
            "* QUOTAROOT INBOX user.brian",
            contradicted("brian", Evidence::QuotaRoot),
        ),
        (
            "* NAMESPACE ((\"user.cyrus.\" \".\")) NIL NIL",
            contradicted("cyrus", Evidence::Namespace),
        ),
    ] {
        let mut desk = craig();
        after(&mut desk, line, &expected);
        let said = desk.transcript();
        assert!(
            said.iter()
                .any(|l| l.starts_with("== ALARM: ") && l.contains("not craig")),
            "{said:?}"
        );
        after(&mut desk, "* ACL INBOX craig lrswipkxtecdan", &expected);
    }
    // And an alarm wins over what was confirmed before.
    let mut desk = craig();
    desk.server("* QUOTAROOT INBOX user.craig");
    after(
        &mut desk,
        "* ACL INBOX brian lra",
        &contradicted("brian", Evidence::Acl),
    );
}

#[test]
fn names_are_compared_as_servers_write_them() {
    let same = |known: &str, line: &str, name: &str, by| {
        let mut desk = logged_in(Some(known), None);
        after(&mut desk, line, &confirmed(name, by));
    };
    same(
        "craig@example.com",
        "* ACL INBOX craig lra",
        "craig",
        Evidence::Acl,
    );
    same(
        "john.doe",
        "* QUOTAROOT INBOX user.john^doe",
        "john^doe",
        Evidence::QuotaRoot,
    );
    same(
        "craig*admin",
        "* ACL INBOX craig lra",
        "craig",
        Evidence::Acl,
    );
    let mut desk = logged_in(Some("craig@example.com"), None);
    after(
        &mut desk,
        "* ACL INBOX craig@example.org lra",
        &contradicted("craig@example.org", Evidence::Acl),
    );
}

#[test]
fn where_the_login_told_nothing_a_reply_does() {
    // PREAUTH: nobody said who.
    let mut desk = logged_in(None, None);
    after(
        &mut desk,
        "* ACL INBOX craig lra brian lra",
        &Confirmation::Accepted,
    );
    after(
        &mut desk,
        "* ACL INBOX craig lra",
        &confirmed("craig", Evidence::Acl),
    );
    after(
        &mut desk,
        "* QUOTAROOT INBOX user.craig",
        &confirmed("craig", Evidence::Acl),
    );
    after(
        &mut desk,
        "* QUOTAROOT INBOX user.brian",
        &contradicted("brian", Evidence::QuotaRoot),
    );
}

#[test]
fn whoami_asks_as_the_user_and_says_what_came_of_it() {
    let mut desk = craig();
    let requests = desk.console.who_am_i().unwrap();
    desk.perform(requests);
    assert_eq!(
        desk.sent(),
        "A0001 GETACL INBOX\nA0002 GETQUOTAROOT INBOX\n"
    );
    assert_eq!(desk.console.next_tag().to_string(), "A0003");
    desk.server("* ACL INBOX craig lra cyrus lra\nA0001 OK done");
    desk.server("* QUOTAROOT INBOX \"User quota\"\nA0002 OK done");
    let last = desk.transcript().pop().unwrap();
    assert!(last.starts_with("== No reply names a user"), "{last}");
    // The user's own GETACL says nothing of the kind.
    desk.enter("GETACL INBOX");
    desk.server("A0003 NO no");
    assert_eq!(desk.transcript().pop().unwrap(), "S: A0003 NO no");
    // Confirmed: no need to say more.
    let requests = desk.console.who_am_i().unwrap();
    desk.perform(requests);
    desk.server("* ACL INBOX craig lra\nA0004 OK done\nA0005 NO no quota");
    assert_eq!(desk.transcript().pop().unwrap(), "S: A0005 NO no quota");
    assert_eq!(
        *desk.console.confirmation(),
        confirmed("craig", Evidence::Acl)
    );
}

#[test]
fn whoami_asks_only_what_the_server_knows() {
    let mut desk = Desk::greeted(
        Settings::default(),
        "* PREAUTH [CAPABILITY IMAP4rev1] hello",
    );
    let sentence = desk.console.who_am_i().unwrap_err();
    assert!(sentence.contains("neither ACL nor QUOTA"), "{sentence}");
    let mut desk = Desk::greeted(Settings::default(), "* OK [CAPABILITY IMAP4rev1 ACL] hello");
    let sentence = desk.console.who_am_i().unwrap_err();
    assert!(sentence.contains("Nobody is logged in"), "{sentence}");
    desk.enter("LOGIN craig secret");
    desk.server("A0001 OK [CAPABILITY IMAP4rev1 ACL] in");
    desk.sent();
    let requests = desk.console.who_am_i().unwrap();
    desk.perform(requests);
    assert_eq!(desk.sent(), "A0002 GETACL INBOX\n");
}

#[test]
fn the_servers_own_time_is_read_and_nothing_else_is_taken_for_it() {
    let ms = Duration::from_millis;
    let time = |work, waiting| {
        Some(ServerTime {
            work: ms(work),
            waiting: ms(waiting),
        })
    };
    for (text, expected) in [
        ("Completed (0.003 sec)", time(3, 0)),
        ("Completed (7 msgs in 0.250 secs)", time(250, 0)),
        ("Fetch completed (0.001 + 0.120 secs).", time(1, 120)),
        ("Getacl completed (0.003 + 0.000 + 0.002 secs).", time(1, 2)),
        ("Completed (0.1 + 0.1 + 0.1 + 0.1 secs)", None),
        ("Completed", None),
        ("Completed (3 sec)", None),
        ("Completed (0.003 min)", None),
        ("Completed (0.003 + sec)", None),
        ("Completed (many msgs in 0.003 secs)", None),
        ("Completed (-0.003 sec)", None),
        ("Completed (1e9.0 sec)", None),
        ("Completed (999999999.0 sec)", None),
        ("(0.003 sec) and then some", None),
        (")", None),
        ("", None),
    ] {
        assert_eq!(interpret::server_time(text.as_bytes()), expected, "{text}");
    }
    assert_eq!(interpret::server_time(b"\xff (0.003 sec)"), None);
    assert_eq!(
        interpret::timing(ms(10), time(3, 2)),
        "took 10.0 ms: the server says 3.00 ms of work and 2.00 ms of waiting, network and transfer 5.00 ms"
    );
    assert_eq!(
        interpret::timing(ms(10), time(3, 0)),
        "took 10.0 ms: the server says 3.00 ms, network and transfer 7.00 ms"
    );
    assert_eq!(interpret::timing(ms(10), None), "took 10.0 ms");
    // A server's clock may run ahead of ours.
    assert!(interpret::timing(ms(1), time(3, 0)).ends_with("transfer 0.00 ms"));
}

#[test]
fn the_last_command_knows_the_servers_own_time() {
    let mut desk = craig();
    desk.enter("NOOP");
    desk.server("A0001 OK Completed (0.003 sec)");
    let last = desk.console.last_command().unwrap();
    assert_eq!(last.elapsed, Duration::from_millis(5));
    assert_eq!(
        last.server_time.map(|t| t.rest(last.elapsed)),
        Some(Duration::from_millis(2))
    );
}

#[test]
fn the_parts_of_the_opening_are_timed() {
    let mut desk = Desk::new(Settings::default());
    let took = |part, micros| Notice::Took {
        part,
        time: Duration::from_micros(micros),
    };
    desk.notice(took(OpeningPart::Connect, 310));
    desk.notice(took(OpeningPart::Greeting, 44_000));
    desk.server("* OK hi");
    desk.notice(took(OpeningPart::Login, 5_000));
    desk.notice(Notice::Ready);
    let line = "== Timing: connect 0.31 ms, greeting 44.0 ms, login 5.00 ms.";
    assert!(
        desk.transcript().contains(&line.to_owned()),
        "{:?}",
        desk.transcript()
    );
    assert_eq!(desk.console.opening_times().tls, None);
    desk.console.connection_opened("other");
    assert_eq!(desk.console.opening_times().words(), "");
}

#[test]
fn what_the_server_offers_before_tls_with_it_and_after_the_login() {
    let mut desk = Desk::greeted(
        Settings::default(),
        "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi",
    );
    let notes = |desk: &Desk| -> Vec<String> {
        desk.transcript()
            .into_iter()
            .filter(|l| l.starts_with("== Capabilities"))
            .collect()
    };
    assert_eq!(notes(&desk), Vec::<String>::new());
    desk.notice(Notice::Progress(Progress::Secured(LineSafety::Tls {
        version: "TLS1.3".into(),
        cipher: "AES256-GCM".into(),
        verified: true,
    })));
    desk.enter("CAPABILITY");
    desk.server("* CAPABILITY imap4rev1 AUTH=PLAIN\nA0001 OK done");
    desk.enter("LOGIN craig secret");
    desk.server("A0002 OK [CAPABILITY IMAP4rev1 ACL QUOTA QUOTA] in");
    desk.enter("CAPABILITY");
    desk.server("* CAPABILITY IMAP4rev1 ACL\nA0003 OK done");
    desk.enter("CAPABILITY");
    desk.server("* CAPABILITY acl IMAP4rev1\nA0004 OK done");
    assert_eq!(
        notes(&desk),
        [
            "== Capabilities after TLS: +AUTH=PLAIN -STARTTLS -LOGINDISABLED",
            "== Capabilities after the login: +ACL +QUOTA -AUTH=PLAIN",
            "== Capabilities now: -QUOTA",
        ]
    );
}
