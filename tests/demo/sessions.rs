//! States, literals, and what sessions hear of each other.

use std::time::Duration;

use super::client::{Client, demo};

#[test]
fn a_word_without_a_tag_is_a_tag() {
    let mut client = Client::logged_in(&demo(), "craig");
    assert_eq!(
        client.send("SUBSCRIBE user.craig\r\n"),
        "SUBSCRIBE BAD Unrecognized command\r\n"
    );
    assert_eq!(
        client.send("NOOP\r\n"),
        "NOOP BAD Missing command: the first word was taken as the tag\r\n"
    );
    assert!(client.send("+ NOOP\r\n").starts_with("* BAD Invalid tag"));
    assert_eq!(client.send("\r\n"), "");
    assert_eq!(client.send(". noop\n"), ". OK NOOP completed\r\n");
    assert!(
        client
            .send(". logout\r\n")
            .ends_with(". OK LOGOUT completed\r\n")
    );
    assert!(client.session.is_closing());
    assert_eq!(client.send("x NOOP\r\n"), "");
}

#[test]
fn the_state_decides_what_is_allowed() {
    let demo = demo();
    let mut client = Client::new(&demo);
    assert!(
        client
            .send("a SELECT INBOX\r\n")
            .starts_with("a BAD Please log in first")
    );
    let before = client.send("a CAPABILITY\r\n");
    assert!(
        before.contains(" AUTH=SCRAM-SHA-256 ")
            && !before.contains(" STARTTLS ")
            && !before.contains(" IDLE")
    );
    assert!(
        client
            .send("a STARTTLS\r\n")
            .starts_with("a BAD STARTTLS is not offered")
    );
    assert_eq!(
        client.send("a LOGIN craig wrong\r\n"),
        "a NO [AUTHENTICATIONFAILED] User name or password is wrong\r\n"
    );
    assert!(
        client
            .send("a LOGIN \"craig\" {6+}\r\nsecret\r\n")
            .starts_with("a OK [CAPABILITY IMAP4rev1 ")
    );
    assert!(!client.send("a CAPABILITY\r\n").contains("AUTH="));
    assert!(
        client
            .send("a FETCH 1 FLAGS\r\n")
            .starts_with("a BAD Please select a mailbox first")
    );
}

#[test]
fn ten_failed_logins_are_enough() {
    let mut client = Client::new(&demo());
    for _ in 0..9 {
        assert!(!client.send("a LOGIN craig no\r\n").contains("BYE"));
    }
    assert!(
        client
            .send("a LOGIN craig no\r\n")
            .contains("* BYE Too many failed logins")
    );
    assert!(client.session.is_closing());
}

#[test]
fn synchronizing_literals_are_asked_for_or_refused() {
    let mut client = Client::logged_in(&demo(), "craig");
    assert_eq!(
        client.send("a STATUS {5}\r\n"),
        "+ Ready for literal data\r\n"
    );
    assert!(
        client
            .send("INBOX (MESSAGES)\r\n")
            .ends_with("a OK STATUS completed\r\n")
    );
    assert_eq!(
        client.send("a APPEND INBOX {3}\r\n"),
        "+ Ready for literal data\r\n"
    );
    assert!(client.send("abc\r\n").contains("a OK [APPENDUID "));
    // Refused before a single octet was sent: the next line is a command again.
    assert!(
        client
            .send("b APPEND INBOX {40000000}\r\n")
            .starts_with("b NO [TOOBIG] ")
    );
    assert!(
        client
            .send("c APPEND INBOX.Nope {3}\r\n")
            .starts_with("c NO [TRYCREATE] ")
    );
    assert!(
        client
            .send("d APPEND user.monty {3}\r\n")
            .starts_with("d NO [NOPERM] ")
    );
    assert!(
        client
            .send("e SELECT {70000}\r\n")
            .starts_with("e NO [TOOBIG] ")
    );
    assert!(
        client
            .send("f APPEND INBOX ~{3}\r\n")
            .starts_with("f BAD A literal8")
    );
    assert_eq!(client.send("g NOOP\r\n"), "g OK NOOP completed\r\n");
    // What comes anyway is swallowed.
    assert!(client.send("h SELECT {70000+}\r\n").is_empty());
    assert!(client.send(&"x".repeat(70000)).is_empty());
    assert!(client.send("\r\n").starts_with("h NO [TOOBIG] "));
    assert!(
        client
            .send(&format!("i {}\r\n", "x".repeat(200_000)))
            .starts_with("i BAD The command line is too long")
    );
    assert_eq!(client.send("j NOOP\r\n"), "j OK NOOP completed\r\n");
}

#[test]
fn a_megabyte_goes_in_and_comes_out() {
    let mut client = Client::selected(&demo(), "craig", "INBOX.Archive");
    let message = format!(
        "Subject: big\r\n\r\n{}",
        "0123456789abcde\r\n".repeat(100_000)
    );
    client.send(&format!(
        "a APPEND INBOX.Archive {{{}+}}\r\n",
        message.len()
    ));
    let mut sent = 0;
    for chunk in message.as_bytes().chunks(10_007) {
        sent += chunk.len();
        client.session.handle_input(client.now, chunk);
    }
    assert_eq!(sent, message.len());
    assert!(client.send("\r\n").contains("* 1 EXISTS"));
    let reply = client.send("b FETCH 1 BODY.PEEK[]\r\n");
    let literal = format!(
        "* 1 FETCH (BODY[] {{{}}}\r\n{message})\r\nb OK ",
        message.len()
    );
    assert!(reply.starts_with(&literal));
}

#[test]
fn a_large_fetch_is_made_as_it_is_read() {
    let mut client = Client::selected(&demo(), "craig", "INBOX");
    client.session.handle_input(
        client.now,
        b"a FETCH 1:*,1:* (BODY.PEEK[] ENVELOPE)\r\nb NOOP\r\n",
    );
    let first = client.session.poll_transmit().unwrap();
    assert!(first.len() < 140_000, "{}", first.len());
    assert!(!first.ends_with(b"b OK NOOP completed\r\n"));
    let rest = client.read();
    assert!(rest.ends_with("a OK FETCH completed\r\nb OK NOOP completed\r\n"));
}

#[test]
fn sessions_hear_of_each_other() {
    let demo = demo();
    let mut one = Client::selected(&demo, "craig", "INBOX");
    let mut two = Client::selected(&demo, "craig", "INBOX");
    // \Recent is the first session's alone.
    assert!(
        one.send("a SEARCH RECENT\r\n")
            .starts_with("* SEARCH 19\r\n")
    );
    assert!(two.send("a SEARCH RECENT\r\n").starts_with("* SEARCH\r\n"));
    one.send("a STORE 2:3 +FLAGS (\\Deleted)\r\n");
    let reply = two.send("b NOOP\r\n");
    assert!(
        reply.starts_with("* 2 FETCH (FLAGS (\\Deleted \\Seen) UID 2)\r\n* 3 FETCH "),
        "{reply}"
    );
    assert!(
        one.send("b EXPUNGE\r\n")
            .starts_with("* 2 EXPUNGE\r\n* 2 EXPUNGE\r\n* 12 EXPUNGE\r\n")
    );
    // Not while sequence numbers are in use (RFC 3501 section 7.4.1).
    let reply = two.send("c FETCH 2:4 (UID)\r\n");
    assert_eq!(
        reply,
        "* 4 FETCH (UID 4)\r\nc OK [EXPUNGEISSUED] FETCH completed, but some messages were expunged by another session\r\n"
    );
    assert!(
        !two.send("d STORE 4 +FLAGS.SILENT (\\Flagged)\r\n")
            .contains("EXPUNGE")
    );
    assert!(!two.send("e SEARCH ALL\r\n").contains("EXPUNGE"));
    let reply = two.send("f NOOP\r\n");
    assert_eq!(
        reply,
        "* 2 EXPUNGE\r\n* 2 EXPUNGE\r\n* 12 EXPUNGE\r\nf OK NOOP completed\r\n"
    );
    assert!(
        two.send("g FETCH 2 UID\r\n")
            .starts_with("* 2 FETCH (UID 4)\r\n")
    );
    // A new message, and who reads it first.
    two.send("h APPEND INBOX {3+}\r\nabc\r\n");
    assert!(
        one.send("h NOOP\r\n")
            .starts_with("* 17 EXISTS\r\n* 1 RECENT\r\n")
    );
}

#[test]
fn seen_is_each_users_own() {
    let demo = demo();
    let mut craig = Client::selected(&demo, "craig", "shared.announce");
    let mut monty = Client::selected(&demo, "monty", "shared.announce");
    assert!(
        craig
            .send("a FETCH 2 BODY[TEXT]\r\n")
            .contains("FLAGS (\\Seen)")
    );
    assert!(
        monty
            .send("a SEARCH UNSEEN\r\n")
            .starts_with("* SEARCH 2\r\n")
    );
    assert!(
        craig
            .send("b SEARCH UNSEEN\r\n")
            .starts_with("* SEARCH\r\n")
    );
    assert_eq!(
        craig.send("c STORE 1 +FLAGS (\\Deleted)\r\n"),
        "c NO [NOPERM] Permission denied: the right t is missing\r\n"
    );
    assert!(
        craig
            .send("d EXPUNGE\r\n")
            .ends_with("d NO [NOPERM] Permission denied: the right e is missing\r\n")
    );
    // Of several flags those are set that may be (RFC 4314 section 4).
    assert!(
        craig
            .send("e STORE 1 FLAGS (\\Seen \\Flagged)\r\n")
            .contains("* 1 FETCH (FLAGS (\\Seen))")
    );
}

#[test]
fn rights_given_are_rights_had() {
    let demo = demo();
    let mut craig = Client::logged_in(&demo, "craig");
    let mut monty = Client::logged_in(&demo, "monty");
    assert!(
        monty
            .send("a SELECT user.craig\r\n")
            .contains("NO [NONEXISTENT]")
    );
    assert!(craig.send("a SETACL INBOX monty l\r\n").contains("a OK"));
    assert!(
        monty
            .send("b SELECT user.craig\r\n")
            .contains("NO [NOPERM] Permission denied: the right r is missing")
    );
    assert!(
        monty
            .send("b LIST \"\" user.%\r\n")
            .contains("\".\" user.craig\r\n")
    );
    assert!(
        craig
            .send("b SETACL INBOX monty +rite\r\n")
            .contains("b OK")
    );
    assert!(
        monty
            .send("c SELECT user.craig\r\n")
            .contains("PERMANENTFLAGS (\\Deleted)")
    );
    assert!(
        monty
            .send("c MYRIGHTS user.craig\r\n")
            .contains("* MYRIGHTS user.craig lrited\r\n")
    );
    assert!(craig.send("c SETACL INBOX -monty t\r\n").contains("c OK"));
    assert!(
        monty
            .send("d STORE 1 +FLAGS \\Deleted\r\n")
            .contains("NO [NOPERM]")
    );
    assert!(
        craig
            .send("d GETACL INBOX\r\n")
            .contains("* ACL INBOX -monty td craig lrswipkxtecda monty lrited\r\n")
    );
}

#[test]
fn the_administrator_sees_the_servers_names() {
    let demo = demo();
    let mut cyrus = Client::logged_in(&demo, "cyrus");
    let list = cyrus.send("a LIST \"\" *\r\n");
    assert!(
        list.contains(" user.craig.Sent\r\n")
            && list.contains(" user.monty.Private\r\n")
            && !list.contains("INBOX")
    );
    assert!(
        cyrus
            .send("b SELECT INBOX\r\n")
            .contains("NO [NONEXISTENT]")
    );
    assert!(
        cyrus
            .send("c SELECT user.craig\r\n")
            .contains("NO [NOPERM]")
    );
    assert!(
        cyrus
            .send("d SETACL user.craig cyrus lr\r\n")
            .contains("d OK")
    );
    assert!(
        cyrus
            .send("e SELECT user.craig\r\n")
            .contains("e OK [READ-ONLY]")
    );
    assert!(cyrus.send("f CREATE user.john\r\n").contains("f OK"));
    assert!(
        cyrus
            .send("g GETACL user.john\r\n")
            .contains("* ACL user.john john lrswipkxtecda\r\n")
    );
    let quota = cyrus.send("h SETQUOTA user.craig (STORAGE 10)\r\n");
    assert!(
        quota.starts_with("* QUOTA user.craig (STORAGE ")
            && quota.ends_with("h OK SETQUOTA completed\r\n")
    );
    assert!(
        cyrus
            .send("i RECONSTRUCT user.craig RECURSIVE\r\n")
            .ends_with("i OK RECONSTRUCT completed\r\n")
    );
    let mut craig = Client::logged_in(&demo, "craig");
    assert!(
        craig
            .send("a APPEND INBOX {3+}\r\nabc\r\n")
            .contains("a NO [OVERQUOTA]")
    );
    let renamed = cyrus.send("j RENAME user.monty.Private user.monty.Secret\r\n");
    assert!(renamed.ends_with("j OK RENAME completed\r\n"), "{renamed}");
}

#[test]
fn inbox_is_renamed_by_moving_its_messages() {
    let mut client = Client::selected(&demo(), "craig", "INBOX");
    let reply = client.send("a RENAME INBOX INBOX.Before\r\n");
    assert_eq!(reply.matches(" EXPUNGE\r\n").count(), 19);
    assert!(
        client
            .send("b STATUS INBOX.Before (MESSAGES)\r\n")
            .contains("(MESSAGES 19)")
    );
    assert!(
        client
            .send("c STATUS INBOX (MESSAGES)\r\n")
            .contains("(MESSAGES 0)")
    );
    assert!(
        client
            .send("d FETCH 1:* FLAGS\r\n")
            .starts_with("d BAD There is no message")
    );
    assert!(client.send("e UID FETCH 1:* FLAGS\r\n").starts_with("e OK"));
}

#[test]
fn a_deleted_mailbox_leaves_its_sessions_standing() {
    let demo = demo();
    let mut one = Client::selected(&demo, "craig", "INBOX.Sent");
    let mut two = Client::logged_in(&demo, "craig");
    assert!(two.send("a DELETE INBOX.Sent\r\n").contains("a OK"));
    assert!(
        one.send("b FETCH 1 FLAGS\r\n")
            .contains("b NO [NONEXISTENT] The selected mailbox was deleted")
    );
    let reply = one.send("c NOOP\r\n");
    assert!(
        reply.starts_with("* 2 EXPUNGE\r\n* 1 EXPUNGE\r\n* OK [CLOSED]"),
        "{reply}"
    );
    assert!(
        one.send("d CHECK\r\n")
            .starts_with("d BAD Please select a mailbox first")
    );
    // A renamed one is followed.
    let mut three = Client::selected(&demo, "craig", "INBOX.Drafts");
    two.send("e RENAME INBOX.Drafts INBOX.Elsewhere\r\n");
    assert!(
        three
            .send("f FETCH 1 UID\r\n")
            .starts_with("* 1 FETCH (UID 1)")
    );
}

#[test]
fn something_arrives_during_idle() {
    let demo = demo();
    let mut other = Client::selected(&demo, "craig", "INBOX");
    let mut client = Client::selected(&demo, "craig", "INBOX");
    assert_eq!(client.send("i IDLE\r\n"), "+ idling\r\n");
    assert_eq!(client.wait(Duration::from_secs(3)), "");
    assert!(client.session.poll_timeout().unwrap() <= client.now + Duration::from_secs(1));
    assert_eq!(
        client.wait(Duration::from_secs(1)),
        "* 20 EXISTS\r\n* 1 RECENT\r\n"
    );
    // The other connection is told when its edge says that the store has changed.
    other.session.handle_change(other.now);
    assert_eq!(other.read(), "", "not in IDLE: nothing is said unasked");
    other.send("i IDLE\r\n");
    client.send("DONE\r\n");
    client.send("s STORE 20 +FLAGS (\\Flagged)\r\n");
    other.session.handle_change(other.now);
    assert_eq!(other.read(), "* 20 FETCH (FLAGS (\\Flagged) UID 20)\r\n");
    assert_eq!(other.send("done\r\n"), "i OK IDLE completed\r\n");
    let envelope = client.send("f FETCH 20 (ENVELOPE INTERNALDATE)\r\n");
    assert!(
        envelope.contains("\"Are you there? (message 1)\"") && envelope.contains("21-Sep-2026 "),
        "{envelope}"
    );
    // Once per IDLE, then rarely; one that goes on at once is the same.
    client.send("g IDLE\r\n");
    assert_eq!(client.wait(Duration::from_secs(60)), "");
    client.send("DONE\r\n");
    client.wait(Duration::from_secs(3));
    client.send("j IDLE\r\n");
    assert!(client.wait(Duration::from_secs(5)).contains("* 21 EXISTS"));
    assert_eq!(client.wait(Duration::from_secs(60)), "");
    assert!(client.wait(Duration::from_secs(60)).contains("* 22 EXISTS"));
    assert_eq!(
        client.send("NOOP\r\n"),
        "j BAD Expected DONE to end IDLE\r\n"
    );
}

#[test]
fn silence_ends_in_bye() {
    let mut client = Client::logged_in(&demo(), "craig");
    assert_eq!(client.wait(Duration::from_secs(29 * 60)), "");
    assert!(
        client
            .wait(Duration::from_secs(2 * 60))
            .starts_with("* BYE Nothing was heard for 30 minutes")
    );
    assert!(client.session.is_closing());
}
