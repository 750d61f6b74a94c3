//! The demo server by raw bytes: nothing of the client's code takes part, so that a mistake the two
//! might share cannot cancel itself out.

use std::time::{Duration, Instant, SystemTime};

use imapsh::demo::{Demo, LineKind, Options, ServerSession};

/// One connection driven by hand.
struct Client {
    session: ServerSession,
    now: Instant,
}

impl Client {
    /// Connected to `demo`; the greeting has been read.
    fn new(demo: &Demo) -> Client {
        let (now, wall) = (
            Instant::now(),
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000),
        );
        let mut client = Client {
            session: ServerSession::new(demo.store(), LineKind::Memory, now, wall),
            now,
        };
        assert!(client.read().starts_with("* OK [CAPABILITY IMAP4rev1 "));
        client
    }

    fn logged_in(demo: &Demo, user: &str) -> Client {
        let mut client = Client::new(demo);
        let password = if user == "cyrus" {
            "adminpass"
        } else {
            "secret"
        };
        let reply = client.send(&format!("a LOGIN {user} {password}\r\n"));
        assert!(reply.starts_with("a OK [CAPABILITY "), "{reply}");
        client
    }

    fn selected(demo: &Demo, user: &str, mailbox: &str) -> Client {
        let mut client = Client::logged_in(demo, user);
        let reply = client.send(&format!("a SELECT {mailbox}\r\n"));
        assert!(reply.contains("a OK [READ-"), "{reply}");
        client
    }

    fn read_bytes(&mut self) -> Vec<u8> {
        std::iter::from_fn(|| self.session.poll_transmit())
            .flatten()
            .collect()
    }

    fn read(&mut self) -> String {
        String::from_utf8_lossy(&self.read_bytes()).into_owned()
    }

    fn send(&mut self, text: &str) -> String {
        self.session.handle_input(self.now, text.as_bytes());
        self.read()
    }

    /// Time goes on.
    fn wait(&mut self, duration: Duration) -> String {
        self.now += duration;
        if self.session.poll_timeout().is_some_and(|at| at <= self.now) {
            self.session.handle_timeout(self.now);
        }
        self.read()
    }
}

fn demo() -> Demo {
    Demo::new(Options::default())
}

/// Every command, typed by craig with INBOX selected unless the row says otherwise: what must be in
/// the reply, in this order, and how it must end.
struct Row(&'static str, &'static [&'static str], &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row("CAPABILITY", &["* CAPABILITY IMAP4rev1 ", " IDLE ", " CONDSTORE "], "OK CAPABILITY completed"),
    Row("NOOP", &[], "OK NOOP completed"),
    Row("ID (\"name\" \"test\" \"version\" NIL)", &["* ID (\"name\" \"imapsh demo\""], "OK ID completed"),
    Row("ID NIL", &["* ID ("], "OK ID completed"),
    Row("ID x", &[], "BAD Expected '(' in ID, found x"),
    Row("ENABLE CONDSTORE X-UNKNOWN", &["* OK [HIGHESTMODSEQ ", "* ENABLED CONDSTORE\r\n"], "OK ENABLE completed"),
    Row("ENABLE", &[], "BAD Missing argument: a capability"),
    Row("NAMESPACE", &["* NAMESPACE ((\"INBOX.\" \".\")) ((\"user.\" \".\")) ((\"\" \".\"))"], "OK NAMESPACE completed"),
    Row("STARTTLS", &[], "BAD Already logged in"),
    Row("LOGIN craig secret", &[], "BAD Already logged in"),
    Row("AUTHENTICATE PLAIN", &[], "BAD Already logged in"),
    // mailboxes
    Row("EXAMINE INBOX.Sent", &["* OK [CLOSED]", "* 2 EXISTS", "* FLAGS (", "* OK [PERMANENTFLAGS ()]", "[UIDVALIDITY ", "[UIDNEXT 3]"], "OK [READ-ONLY] Mailbox opened, read-only"),
    Row("SELECT INBOX (CONDSTORE)", &["* 19 EXISTS", "* OK [UNSEEN 11]", "* OK [HIGHESTMODSEQ "], "OK [READ-WRITE] Mailbox opened"),
    Row("SELECT INBOX (FOO)", &[], "BAD Unknown select parameter FOO"),
    Row("SELECT \"no such\"", &["* OK [CLOSED]"], "NO [NONEXISTENT] Mailbox does not exist"),
    Row("SELECT INBOX.Lists", &[], "NO [NONEXISTENT] Mailbox does not exist"),
    Row("SELECT user.monty.Private", &[], "NO [NONEXISTENT] Mailbox does not exist"),
    Row("SELECT", &[], "BAD Missing argument: a mailbox name"),
    Row("SELECT INBOX more", &[], "BAD Unknown select parameter more"),
    Row("CREATE INBOX.New.Below.", &[], "OK CREATE completed"),
    Row("CREATE INBOX.Sent", &[], "NO [ALREADYEXISTS] Mailbox already exists"),
    Row("CREATE INBOX..x", &[], "NO [CANNOT] Invalid mailbox name: a level of the hierarchy is empty"),
    Row("CREATE \"INBOX.a*b\"", &[], "NO [CANNOT] Invalid mailbox name: it may not hold '*'"),
    Row("CREATE INBOX.Entwürfe", &[], "NO [CANNOT] Invalid mailbox name: write other characters in modified UTF-7 (RFC 3501 section 5.1.3)"),
    Row("CREATE INBOX.&broken", &[], "NO [CANNOT] Invalid mailbox name: it is no modified UTF-7 (RFC 3501 section 5.1.3)"),
    Row("CREATE user.john", &[], "NO [NOPERM] Permission denied: the right k is missing on the mailbox above"),
    Row("CREATE user.monty.Mine", &[], "NO [NOPERM] Permission denied: the right k is missing on the mailbox above"),
    Row("DELETE INBOX.Archive.2025", &[], "OK DELETE completed"),
    Row("DELETE INBOX", &[], "NO [CANNOT] INBOX cannot be deleted"),
    Row("DELETE user.monty", &[], "NO [NOPERM] Permission denied: the right x is missing"),
    Row("RENAME INBOX.Archive INBOX.Old", &[], "OK RENAME completed"),
    Row("RENAME INBOX.Nope INBOX.Old", &[], "NO [NONEXISTENT] Mailbox does not exist"),
    Row("RENAME INBOX.Archive INBOX.Sent", &[], "NO [ALREADYEXISTS] Mailbox already exists"),
    Row("RENAME INBOX.Archive INBOX.Archive.2025.x", &[], "NO [CANNOT] A mailbox cannot be moved below itself"),
    Row("SUBSCRIBE user.monty", &[], "OK SUBSCRIBE completed"),
    Row("SUBSCRIBE INBOX.Nope", &[], "NO [NONEXISTENT] Mailbox does not exist"),
    Row("UNSUBSCRIBE INBOX.Sent", &[], "OK UNSUBSCRIBE completed"),
    Row("UNSUBSCRIBE INBOX.Nope", &[], "NO [NONEXISTENT] Neither subscribed nor there"),
    Row("LIST \"\" \"\"", &["* LIST (\\Noselect) \".\" \"\"\r\n"], "OK LIST completed"),
    Row("LIST \"\" %", &["* LIST (\\HasChildren) \".\" INBOX\r\n", "* LIST (\\Noselect \\HasChildren) \".\" shared\r\n", "(\\Noselect \\HasChildren) \".\" user\r\n"], "OK LIST completed"),
    Row("LIST INBOX. %", &["\\Archive) \".\" INBOX.Archive\r\n", "INBOX.Entw&APw-rfe\r\n", "(\\Noselect \\HasChildren) \".\" INBOX.Lists\r\n", "\\Sent) \".\" INBOX.Sent\r\n"], "OK LIST completed"),
    Row("LIST \"\" *", &["INBOX.Archive.2025", "INBOX.Lists.imap", "shared.announce", "user.monty.Projects"], "OK LIST completed"),
    Row("LIST (SUBSCRIBED) \"\" *", &["(\\HasChildren \\Subscribed) \".\" INBOX\r\n"], "OK LIST completed"),
    Row("LIST (SUBSCRIBED RECURSIVEMATCH) \"\" %", &["\".\" shared (\"CHILDINFO\" (\"SUBSCRIBED\"))"], "OK LIST completed"),
    Row("LIST (RECURSIVEMATCH) \"\" %", &[], "BAD RECURSIVEMATCH needs SUBSCRIBED beside it (RFC 5258 section 3.1)"),
    Row("LIST (SPECIAL-USE) \"\" *", &["\\Drafts)", "\\Sent)", "\\Trash)"], "OK LIST completed"),
    Row("LIST \"\" (INBOX shared.%) RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES))", &["\".\" INBOX\r\n* STATUS INBOX (MESSAGES 19)\r\n", "shared.announce\r\n* STATUS shared.announce (MESSAGES 2)"], "OK LIST completed"),
    Row("LSUB \"\" INBOX.%", &["* LSUB (\\HasChildren) \".\" INBOX.Archive\r\n", "* LSUB (\\Noselect \\HasChildren) \".\" INBOX.Lists\r\n"], "OK LSUB completed"),
    Row("STATUS inbox (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN SIZE DELETED)", &["* STATUS INBOX (MESSAGES 19 RECENT 0 UIDNEXT 20 UIDVALIDITY ", " UNSEEN 4 SIZE ", " DELETED 1)"], "OK STATUS completed"),
    Row("STATUS INBOX", &[], "BAD Missing argument: status items in parentheses"),
    Row("STATUS INBOX (FOO)", &[], "BAD Unknown status item FOO"),
    Row("CHECK", &[], "OK CHECK completed"),
    Row("CLOSE", &[], "OK CLOSE completed"),
    Row("UNSELECT", &[], "OK UNSELECT completed"),
    // messages
    Row("APPEND INBOX (\\Seen $Work) \" 7-Feb-1994 21:52:25 -0800\" {4+}\r\nabc\n", &["* FLAGS (", "$Work)", "* 20 EXISTS"], "OK [APPENDUID 1767225601 20] APPEND completed"),
    Row("APPEND INBOX {3+}\r\nabc {3+}\r\nabc", &[], "BAD APPEND takes one message: MULTIAPPEND is not offered"),
    Row("APPEND INBOX.Nope {3+}\r\nabc", &[], "NO [TRYCREATE] Mailbox does not exist"),
    Row("APPEND user.monty {3+}\r\nabc", &[], "NO [NOPERM] Permission denied: the right i is missing"),
    Row("APPEND INBOX abc", &[], "BAD Expected the message as a literal, found abc"),
    Row("APPEND INBOX \"yesterday\" {3+}\r\nabc", &[], "BAD Not a date and time: \"yesterday\"; write \"17-Jul-1996 02:44:25 -0700\""),
    Row("APPEND INBOX (\\Recent) {3+}\r\nabc", &[], "BAD \\Recent cannot be changed by clients (RFC 3501 section 2.3.2)"),
    Row("EXPUNGE", &["* 14 EXPUNGE"], "OK EXPUNGE completed"),
    Row("UID EXPUNGE 1:13", &[], "OK EXPUNGE completed"),
    Row("UID EXPUNGE 14", &["* 14 EXPUNGE"], "OK EXPUNGE completed"),
    Row("COPY 1:2 INBOX.Archive", &[], "OK [COPYUID 1767225606 1:2 1:2] COPY completed"),
    Row("COPY 1 INBOX.Nope", &[], "NO [TRYCREATE] Mailbox does not exist"),
    Row("COPY 1 user.john", &[], "NO [NONEXISTENT] Mailbox does not exist"),
    Row("COPY 99 INBOX.Archive", &[], "BAD There is no message 99: the mailbox has 19 (1 to 19, or * for the last)"),
    Row("UID COPY 99 INBOX.Archive", &[], "OK COPY completed: no messages"),
    Row("MOVE 2,1 INBOX.Archive", &["* OK [COPYUID 1767225606 1:2 1:2] Moved", "* 1 EXPUNGE\r\n* 1 EXPUNGE"], "OK MOVE completed"),
    Row("UID MOVE 19 INBOX.Archive", &["* OK [COPYUID 1767225606 19 1] Moved", "* 19 EXPUNGE"], "OK MOVE completed"),
    Row("STORE 1 +FLAGS (\\Deleted $New)", &["* 1 FETCH (FLAGS ($New \\Deleted \\Flagged \\Seen))", "* FLAGS ("], "OK STORE completed"),
    Row("STORE 1 -FLAGS.SILENT \\Flagged", &[], "OK STORE completed"),
    Row("STORE 1 FLAGS ()", &["* 1 FETCH (FLAGS ())"], "OK STORE completed"),
    Row("UID STORE 19 FLAGS (\\answered)", &["* 19 FETCH (FLAGS (\\Recent \\Answered) UID 19)"], "OK STORE completed"),
    Row("STORE 1:2 (UNCHANGEDSINCE 1) +FLAGS.SILENT \\Flagged", &[], "OK [MODIFIED 1:2] Some messages have changed since: not stored"),
    Row("STORE 1 FLAGS (\\Foo)", &[], "BAD Unknown system flag \\Foo: they are \\Answered \\Flagged \\Draft \\Deleted \\Seen"),
    Row("STORE 1 +X (\\Seen)", &[], "BAD STORE changes FLAGS, +FLAGS or -FLAGS, each also with .SILENT"),
    // FETCH
    Row("FETCH 1 FLAGS", &["* 1 FETCH (FLAGS (\\Flagged \\Seen))"], "OK FETCH completed"),
    Row("FETCH 19 FAST", &["* 19 FETCH (FLAGS (\\Recent) INTERNALDATE \"30-Sep-2026 00:00:01 +0200\" RFC822.SIZE "], "OK FETCH completed"),
    Row("FETCH 15 ENVELOPE", &["(ENVELOPE (NIL NIL ((\"Craig (the other one)\" NIL \"craig\" \"example.org\"))", "((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL))", "(NIL NIL \"root\" \"mail.example.org\")"], "OK FETCH completed"),
    Row("FETCH 1 BODYSTRUCTURE", &["(BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"us-ascii\") NIL NIL \"7BIT\" ", " NIL NIL NIL NIL))"], "OK FETCH completed"),
    Row("FETCH 9 BODY", &["(BODY ((\"TEXT\" \"PLAIN\"", "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" ", "\"Migration tonight\"", "\"ALTERNATIVE\") 20) \"MIXED\"))"], "OK FETCH completed"),
    Row("FETCH 9 (BODY.PEEK[2.1.MIME] BODY.PEEK[2.TEXT]<0.7> BODY.PEEK[2.1]<4.4>)", &["BODY[2.1.MIME] {46}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n BODY[2.TEXT]<0> {7}\r\n--inner BODY[2.1]<4> {4}\r\nmail)"], "OK FETCH completed"),
    Row("FETCH 1 BODY[HEADER.FIELDS (SUBJECT \"To\")]", &["BODY[HEADER.FIELDS (SUBJECT To)] {70}\r\nTo: Craig <craig@example.org>\r\nSubject: Welcome to the demo server\r\n\r\n)"], "OK FETCH completed"),
    Row("FETCH 19 (RFC822.HEADER)", &["RFC822.HEADER {"], "OK FETCH completed"),
    Row("FETCH 19 (BODY[TEXT] UID)", &["* 19 FETCH (BODY[TEXT] {0}\r\n UID 19 FLAGS (\\Recent \\Seen))"], "OK FETCH completed"),
    Row("FETCH 1 (BODY[7] BODY[1.1])", &["(BODY[7] NIL BODY[1.1] NIL)"], "OK FETCH completed"),
    Row("UID FETCH 18:* (FLAGS MODSEQ)", &["* 18 FETCH (UID 18 FLAGS (\\Answered \\Seen) MODSEQ (19))", "* 19 FETCH (UID 19 "], "OK FETCH completed"),
    Row("FETCH 1:* (FLAGS) (CHANGEDSINCE 19)", &["* 19 FETCH (FLAGS (\\Recent) MODSEQ (20))"], "OK FETCH completed"),
    Row("FETCH 0 FLAGS", &[], "BAD A number in a sequence set is 1 to 4294967294"),
    Row("FETCH 1 BODY[", &[], "BAD Missing argument: ']' in a section"),
    Row("FETCH 1 (FOO)", &[], "BAD Unknown FETCH item FOO"),
    Row("FETCH 1 ()", &[], "BAD FETCH wants at least one item"),
    Row("FETCH 1", &[], "BAD Missing argument: what to fetch, such as FLAGS or (FLAGS ENVELOPE)"),
    // SEARCH SORT THREAD
    Row("SEARCH UNSEEN", &["* SEARCH 11 12 17 19\r\n"], "OK SEARCH completed"),
    Row("SEARCH NEW", &["* SEARCH 19\r\n"], "OK SEARCH completed"),
    Row("UID SEARCH UID 1:3,19 NOT OR SEEN FLAGGED", &["* SEARCH 19\r\n"], "OK SEARCH completed"),
    Row("SEARCH BODY zwiebelkuchen", &["* SEARCH 13\r\n"], "OK SEARCH completed"),
    Row("SEARCH CHARSET UTF-8 FROM {7+}\r\ngrößer", &[], "BAD Expected a space before a search key, found r"),
    Row("SEARCH CHARSET UTF-8 FROM {8+}\r\ngrößer", &["* SEARCH 3\r\n"], "OK SEARCH completed"),
    Row("SEARCH CHARSET KOI8-R ALL", &[], "NO [BADCHARSET (US-ASCII UTF-8)] Unknown charset"),
    Row("SEARCH SINCE 24-Sep-2026 SENTBEFORE 28-Sep-2026", &["* SEARCH 16 17\r\n"], "OK SEARCH completed"),
    Row("SEARCH LARGER 50000", &["* SEARCH 12\r\n"], "OK SEARCH completed"),
    Row("SEARCH KEYWORD $important", &["* SEARCH 5\r\n"], "OK SEARCH completed"),
    Row("SEARCH HEADER Message-ID odd.headers", &["* SEARCH 15\r\n"], "OK SEARCH completed"),
    Row("SEARCH (DELETED 1:*)", &["* SEARCH 14\r\n"], "OK SEARCH completed"),
    Row("SEARCH RETURN (MIN MAX COUNT) ALL", &["* ESEARCH (TAG \"t\") MIN 1 MAX 19 COUNT 19\r\n"], "OK SEARCH completed"),
    Row("UID SEARCH RETURN () FLAGGED", &["* ESEARCH (TAG \"t\") UID ALL 1,8\r\n"], "OK SEARCH completed"),
    Row("SEARCH MODSEQ 20", &["* SEARCH 19 (MODSEQ 20)\r\n"], "OK SEARCH completed"),
    Row("SEARCH FOO", &[], "BAD Unknown search key FOO"),
    Row("SEARCH ON someday", &[], "BAD Not a date: \"someday\"; write 1-Feb-1994"),
    Row("SORT (REVERSE SIZE) UTF-8 1:3", &["* SORT 1 2 3\r\n"], "OK SORT completed"),
    Row("UID SORT (SUBJECT REVERSE DATE) UTF-8 16:19", &["* SORT 19 18 17 16\r\n"], "OK SORT completed"),
    Row("SORT (REVERSE) UTF-8 ALL", &[], "BAD SORT wants 1 to 20 criteria, and one behind each REVERSE"),
    Row("THREAD REFERENCES UTF-8 1,15,18", &["* THREAD (1 15)(18)\r\n"], "OK THREAD completed"),
    Row("UID THREAD ORDEREDSUBJECT UTF-8 1:2", &["* THREAD (1)(2)\r\n"], "OK THREAD completed"),
    Row("THREAD FOO UTF-8 ALL", &[], "BAD Unknown threading algorithm FOO: REFERENCES or ORDEREDSUBJECT"),
    // rights and quotas
    Row("GETACL INBOX", &["* ACL INBOX craig lrswipkxtecda\r\n"], "OK GETACL completed"),
    Row("GETACL user.monty", &[], "NO [NOPERM] Permission denied: the right a is missing"),
    Row("SETACL INBOX monty lrs", &[], "OK SETACL completed"),
    Row("SETACL INBOX monty +q", &[], "BAD Unknown right 'q': the rights are l r s w i p k x t e c d a"),
    Row("SETACL user.monty craig lrswipkxtea", &[], "NO [NOPERM] Permission denied: the right a is missing"),
    Row("DELETEACL INBOX monty", &[], "OK DELETEACL completed"),
    Row("LISTRIGHTS INBOX craig", &["* LISTRIGHTS INBOX craig lkxca r s w i p t e\r\n"], "OK LISTRIGHTS completed"),
    Row("LISTRIGHTS INBOX monty", &["* LISTRIGHTS INBOX monty \"\" l r s w i p k x t e a\r\n"], "OK LISTRIGHTS completed"),
    Row("MYRIGHTS user.monty", &["* MYRIGHTS user.monty lrs\r\n"], "OK MYRIGHTS completed"),
    Row("MYRIGHTS user.monty.Private", &[], "NO [NONEXISTENT] Mailbox does not exist"),
    Row("GETQUOTA user.craig", &["* QUOTA user.craig (STORAGE ", " 51200 MESSAGE ", " 5000)"], "OK GETQUOTA completed"),
    Row("GETQUOTA user.monty", &[], "NO [NOPERM] Permission denied: a quota is its owner's and an administrator's to see"),
    Row("GETQUOTAROOT INBOX.Sent", &["* QUOTAROOT INBOX.Sent user.craig\r\n* QUOTA user.craig ("], "OK GETQUOTAROOT completed"),
    Row("GETQUOTAROOT shared.team", &["* QUOTAROOT shared.team\r\n"], "OK GETQUOTAROOT completed"),
    Row("SETQUOTA user.craig (STORAGE 1)", &[], "NO [NOPERM] Permission denied: SETQUOTA is an administrator's"),
    Row("RECONSTRUCT INBOX", &[], "NO [NOPERM] Permission denied: RECONSTRUCT is an administrator's"),
    // neither
    Row("XFOO bar", &[], "BAD Unrecognized command"),
    Row("UID FOO", &[], "BAD Unrecognized command"),
    Row("UID", &[], "BAD Missing argument: the command after UID"),
    Row("NOOP now", &[], "BAD Unexpected extra arguments: now"),
    Row("SELECT \"INBOX", &[], "BAD Unterminated quoted string in a mailbox name"),
];

#[test]
fn every_command_answers() {
    let mut wrong = Vec::new();
    for Row(command, parts, end) in ROWS {
        let mut client = Client::selected(&demo(), "craig", "INBOX");
        let reply = client.send(&format!("t {command}\r\n"));
        let mut rest = reply.as_str();
        let mut found = true;
        for part in *parts {
            match rest.split_once(part) {
                Some((_, behind)) => rest = behind,
                None => found = false,
            }
        }
        if !found || !reply.ends_with(&format!("t {end}\r\n")) {
            wrong.push(format!("{command}\n  want {parts:?} {end}\n  got {reply}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_of_the_table_was_tried() {
    let tried = |verb: &str| {
        ROWS.iter()
            .any(|row| row.0.split(' ').zip(verb.split(' ')).all(|(a, b)| a == b))
    };
    let elsewhere = ["LOGOUT", "IDLE", "SETQUOTA"];
    for row in imapsh::demo::command::COMMANDS {
        assert!(
            tried(row.verb) || elsewhere.contains(&row.verb),
            "{} has no row in this test",
            row.verb
        );
    }
}

#[test]
fn the_seed_is_whole() {
    assert_eq!(imapsh::demo::seed::check(), Vec::<String>::new());
}

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
    // Once per IDLE, then rarely.
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

/// What a real client library makes of AUTHENTICATE, with initial response and without.
fn authenticate(
    demo: &Demo,
    mechanism: &str,
    authzid: Option<&str>,
    user: &str,
    password: &str,
    initial: bool,
) -> String {
    use rsasl::prelude::*;
    let authzid = authzid.map(str::to_owned);
    let config =
        SASLConfig::with_credentials(authzid, user.to_owned(), password.to_owned()).unwrap();
    let offered = Mechname::parse(mechanism.as_bytes()).unwrap();
    let mut sasl = SASLClient::new(config)
        .start_suggested_iter([offered])
        .unwrap();
    let mut client = Client::new(demo);
    let mut line = format!("a AUTHENTICATE {mechanism}");
    if initial {
        let mut first = Vec::new();
        sasl.step64(None, &mut first).unwrap();
        line.push(' ');
        line.push_str(std::str::from_utf8(&first).unwrap());
    }
    let mut reply = client.send(&format!("{line}\r\n"));
    let mut running = true;
    while let Some(challenge) = reply.strip_prefix("+ ") {
        let challenge = challenge.trim_end();
        let mut answer = Vec::new();
        if running {
            let input = (sasl.are_we_first() && challenge.is_empty())
                .then_some(None)
                .unwrap_or(Some(challenge.as_bytes()));
            running = sasl.step64(input, &mut answer).unwrap().is_running();
        }
        reply = client.send(&format!("{}\r\n", String::from_utf8(answer).unwrap()));
    }
    if reply.starts_with("a OK") {
        reply.push_str(&client.send("b GETQUOTAROOT INBOX\r\n"));
        reply.push_str(&client.send("c LIST \"\" user.%\r\n"));
    }
    reply
}

#[test]
fn every_mechanism_logs_in_and_acts_for_others() {
    let demo = demo();
    let acting = |mechanism, authzid, initial| {
        authenticate(&demo, mechanism, authzid, "cyrus", "adminpass", initial)
    };
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"] {
        for (authzid, initial) in [(Some("craig"), true), (Some("monty"), false)] {
            let reply = acting(mechanism, authzid, initial);
            let quota = format!("QUOTA user.{} (STORAGE ", authzid.unwrap());
            assert!(reply.contains(&quota), "{mechanism}: {reply}");
        }
        let wrong = authenticate(&demo, mechanism, None, "craig", "Secret", true);
        assert!(
            wrong.starts_with("a NO [AUTHENTICATIONFAILED]"),
            "{mechanism}: {wrong}"
        );
    }
    for mechanism in ["SCRAM-SHA-256", "PLAIN"] {
        // Oneself needs no authzid, or one's own.
        for authzid in [None, Some("craig")] {
            let own = authenticate(&demo, mechanism, authzid, "craig", "secret", true);
            assert!(
                own.contains("QUOTA user.craig (STORAGE "),
                "{mechanism}: {own}"
            );
        }
        let admin = acting(mechanism, None, true);
        assert!(
            admin.contains("\".\" user.craig\r\n"),
            "{mechanism}: {admin}"
        );
        let other = authenticate(&demo, mechanism, Some("monty"), "craig", "secret", true);
        assert!(
            other.starts_with("a NO [AUTHORIZATIONFAILED] craig may not act as monty"),
            "{mechanism}: {other}"
        );
        let nobody = acting(mechanism, Some("nobody"), true);
        assert!(
            nobody.starts_with("a NO [AUTHORIZATIONFAILED]"),
            "{mechanism}: {nobody}"
        );
        let unknown = authenticate(&demo, mechanism, None, "nobody", "secret", true);
        assert!(
            unknown.starts_with("a NO [AUTHENTICATIONFAILED]"),
            "{mechanism}: {unknown}"
        );
    }
    assert!(
        authenticate(&demo, "LOGIN", None, "monty", "secret", false).contains("QUOTA user.monty (")
    );
    assert!(
        authenticate(&demo, "LOGIN", None, "monty", "no", false)
            .starts_with("a NO [AUTHENTICATIONFAILED]")
    );
}

#[test]
fn authenticate_survives_bad_manners() {
    let mut client = Client::new(&demo());
    assert!(
        client
            .send("a AUTHENTICATE FOO\r\n")
            .starts_with("a NO The mechanism FOO is not offered")
    );
    assert!(
        client
            .send("a AUTHENTICATE EXTERNAL =\r\n")
            .starts_with("a NO ")
    );
    assert!(client.send("a AUTHENTICATE\r\n").starts_with("a BAD "));
    assert_eq!(client.send("a AUTHENTICATE PLAIN\r\n"), "+ \r\n");
    assert_eq!(client.send("*\r\n"), "a BAD AUTHENTICATE was cancelled\r\n");
    client.send("a AUTHENTICATE PLAIN\r\n");
    assert_eq!(
        client.send("!!!!\r\n"),
        "a BAD The response is not base64\r\n"
    );
    client.send("a AUTHENTICATE PLAIN\r\n");
    assert_eq!(
        client.send("{5}\r\n"),
        "a BAD The response is not base64\r\n"
    );
    assert!(
        client
            .send("a AUTHENTICATE LOGIN Y3JhaWc=\r\n")
            .starts_with("a BAD LOGIN takes no initial response")
    );
    assert_eq!(client.send("b NOOP\r\n"), "b OK NOOP completed\r\n");
}

#[test]
fn many_users_are_cheap() {
    let begun = Instant::now();
    let demo = Demo::new(Options { users: 5000 });
    assert!(begun.elapsed() < Duration::from_secs(5));
    let mut client = Client::selected(&demo, "u05000", "INBOX");
    assert!(
        client
            .send("a FETCH 1 BODY[HEADER.FIELDS (SUBJECT)]\r\n")
            .contains("Welcome")
    );
    let mut cyrus = Client::logged_in(&demo, "cyrus");
    assert_eq!(
        cyrus
            .send("a LIST \"\" user.u%\r\n")
            .matches("* LIST ")
            .count(),
        5000
    );
}

#[test]
fn any_cut_of_the_input_gives_the_same_replies() {
    let script = "a LOGIN craig {6+}\r\nsecret\r\nb SELECT INBOX\r\nc FETCH 1:3 (FLAGS UID)\r\nd APPEND INBOX {3+}\r\nabc\r\ne LOGOUT\r\n";
    let whole = Client::new(&demo()).send(script);
    for cut in 1..script.len() {
        let mut client = Client::new(&demo());
        let mut reply = client.send(&script[..cut]);
        reply.push_str(&client.send(&script[cut..]));
        assert_eq!(reply, whole, "cut at {cut}");
    }
}

#[test]
fn hostile_bytes_never_panic() {
    // A small generator of its own, so that a failure can be had again by its seed.
    let words = [
        "FETCH",
        "UID",
        "STORE",
        "SEARCH",
        "LIST",
        "APPEND",
        "(",
        ")",
        "\"",
        "\\",
        "{3}",
        "{3+}",
        "{0+}",
        "{99999999999999999999}",
        "\r\n",
        "\n",
        "\0",
        "*",
        "%",
        "1:*",
        "4294967295",
        "BODY[",
        "]",
        "<0.1>",
        "HEADER.FIELDS",
        "INBOX",
        "NOT",
        "OR",
        "ALL",
        "~{1+}",
        "é",
        "\u{fffd}",
        "FLAGS",
        "a",
        " ",
        " ",
        " ",
        "DONE",
        "IDLE",
        "AUTHENTICATE",
        "THREAD REFERENCES UTF-8",
        "SORT (DATE) UTF-8",
        "RENAME",
        "SETACL",
        "+FLAGS",
        "BODYSTRUCTURE",
        "CREATE",
        "DELETE",
        "MOVE",
        "COPY",
        "EXPUNGE",
        "SELECT",
        "abc",
        "=",
        "STATUS",
        "(MESSAGES)",
        "NAMESPACE",
        "RETURN",
    ];
    let demo = demo();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for round in 0..400 {
        let mut client = if round % 4 == 0 {
            Client::new(&demo)
        } else {
            Client::selected(&demo, "craig", "INBOX")
        };
        for _ in 0..60 {
            let mut line = String::from("t ");
            for _ in 0..next() % 8 {
                line.push_str(words[(next() % words.len() as u64) as usize]);
                if next() % 2 == 0 {
                    line.push(' ');
                }
            }
            line.push_str("\r\n");
            let mut bytes = line.into_bytes();
            if next() % 5 == 0 {
                let at = (next() % bytes.len() as u64) as usize;
                bytes[at] = next() as u8;
            }
            client.session.handle_input(client.now, &bytes);
            client.read_bytes();
            if next() % 10 == 0 {
                client.wait(Duration::from_secs(next() % 100));
            }
        }
    }
}

#[test]
fn hostile_messages_have_a_structure() {
    let deep = |n: usize| {
        let mut text = String::new();
        for level in 0..n {
            text.push_str(&format!(
                "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"
            ));
        }
        text
    };
    let messages = [
        deep(2000),
        "Content-Type: message/rfc822\r\n\r\n".repeat(3000),
        format!(
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n{}",
            "--x\r\n\r\n".repeat(20_000)
        ),
        "Content-Type: multipart/mixed\r\n\r\nno boundary\r\n".to_owned(),
        "Content-Type: multipart/; boundary=\"\r\n\r\n--\r\n".to_owned(),
        format!("To: {}\r\n\r\n", "a:;,<@,\"(".repeat(5000)),
        format!("Subject: {}\r\n\r\n", "=?utf-8?B?4pyT?= ".repeat(5000)),
        format!("Subject: {}\r\n\r\n", "re: [x] ".repeat(5000)),
        format!("References: {}\r\n\r\n", "<a@b> <c@d> ".repeat(5000)),
        ":\r\n: \r\n\r\n\r\n".to_owned(),
        "\r\n".to_owned(),
        "x".to_owned(),
    ];
    let mut client = Client::selected(&demo(), "craig", "INBOX.Archive");
    for (number, message) in messages.iter().enumerate() {
        let reply = client.send(&format!(
            "a APPEND INBOX.Archive {{{}+}}\r\n{message}\r\n",
            message.len()
        ));
        assert!(reply.contains("a OK [APPENDUID "), "{reply}");
        let reply = client.send(&format!(
            "b FETCH {} (ENVELOPE BODYSTRUCTURE BODY BODY.PEEK[1.1.1.1])\r\n",
            number + 1
        ));
        assert!(reply.ends_with("b OK FETCH completed\r\n"));
        let opens = reply.matches('(').count();
        assert!(opens > 2, "{reply}");
    }
    assert!(
        client
            .send("c SORT (SUBJECT FROM TO DATE) UTF-8 ALL\r\n")
            .ends_with("c OK SORT completed\r\n")
    );
    assert!(
        client
            .send("d THREAD REFERENCES UTF-8 TEXT x\r\n")
            .ends_with("d OK THREAD completed\r\n")
    );
}

/// RFC 5256 section 2.1's rules, and where they stop.
#[test]
fn base_subjects() {
    let base = |subject| imapsh::demo::search::base_subject(subject);
    assert_eq!(base("Re: hello"), ("hello".to_owned(), true));
    assert_eq!(
        base("  RE[2]:  [list] Fwd: Hello   world (fwd) "),
        ("hello world".to_owned(), true)
    );
    assert_eq!(base("[Fwd: [x] Re: deep]"), ("deep".to_owned(), true));
    assert_eq!(base("[only a blob]"), ("[only a blob]".to_owned(), false));
    assert_eq!(base("Reply: no"), ("reply: no".to_owned(), false));
    assert_eq!(base(""), (String::new(), false));
}

#[test]
fn threads_of_the_list() {
    let mut client = Client::selected(&demo(), "craig", "INBOX.Lists.imap");
    assert!(
        client
            .send("a THREAD REFERENCES UTF-8 ALL\r\n")
            .starts_with("* THREAD (1 (2 6)(3 4 5))(7)\r\n")
    );
    assert!(
        client
            .send("a UID THREAD ORDEREDSUBJECT UTF-8 1:5\r\n")
            .starts_with("* THREAD (1 (2)(3)(4)(5))\r\n")
    );
    // The first message is not among those found: its place holds the others together.
    assert!(
        client
            .send("a THREAD REFERENCES UTF-8 2:5\r\n")
            .starts_with("* THREAD ((2)(3 4 5))\r\n")
    );
    // A chain as long as can be must not overflow the stack.
    let mut message = String::new();
    for n in 0..3000 {
        message.push_str(&format!("<n{n}@x> "));
        let text = format!(
            "Message-ID: <n{n}@x>\r\nReferences: <n{}@x>\r\nSubject: s{n}\r\n\r\n",
            n - 1
        );
        client.session.handle_input(
            client.now,
            format!("b APPEND INBOX.Trash {{{}+}}\r\n{text}\r\n", text.len()).as_bytes(),
        );
        client.read_bytes();
    }
    client.send("c SELECT INBOX.Trash\r\n");
    let reply = client.send("d THREAD REFERENCES UTF-8 SUBJECT s\r\n");
    assert!(reply.contains(" 2999 3000 3001)") && reply.ends_with("d OK THREAD completed\r\n"));
}

mod edge {
    use imapsh::demo::{Demo, ListenError, Options};
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
    use tokio::net::TcpStream;

    async fn line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> String {
        let mut line = String::new();
        tokio::time::timeout(Duration::from_secs(20), stream.read_line(&mut line))
            .await
            .unwrap()
            .unwrap();
        line
    }

    async fn send<S: AsyncRead + AsyncWrite + Unpin>(
        stream: &mut BufReader<S>,
        tag: &str,
        command: &str,
    ) -> String {
        stream
            .write_all(format!("{tag} {command}\r\n").as_bytes())
            .await
            .unwrap();
        stream.flush().await.unwrap();
        let mut all = String::new();
        loop {
            let one = line(stream).await;
            assert!(!one.is_empty(), "closed after {all}");
            all.push_str(&one);
            if one.starts_with(&format!("{tag} ")) {
                return all;
            }
        }
    }

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
            .block_on(test);
    }

    #[test]
    fn a_pipe_is_a_connection() {
        run(async {
            let demo = Demo::new(Options::default());
            let mut one = BufReader::new(demo.pipe());
            assert!(line(&mut one).await.starts_with("* OK [CAPABILITY "));
            assert!(
                send(&mut one, "a", "LOGIN craig secret")
                    .await
                    .starts_with("a OK ")
            );
            assert!(
                send(&mut one, "b", "SELECT INBOX")
                    .await
                    .contains("* 19 EXISTS")
            );
            // What another connection does wakes an idling one.
            one.write_all(b"c IDLE\r\n").await.unwrap();
            assert_eq!(line(&mut one).await, "+ idling\r\n");
            let mut two = BufReader::new(demo.pipe());
            line(&mut two).await;
            send(&mut two, "a", "LOGIN craig secret").await;
            send(&mut two, "b", "APPEND INBOX {3+}\r\nabc").await;
            assert_eq!(line(&mut one).await, "* 20 EXISTS\r\n");
            assert!(send(&mut two, "c", "LOGOUT").await.starts_with("* BYE"));
            assert_eq!(line(&mut two).await, "", "the server closes after LOGOUT");
        });
    }

    #[test]
    fn only_loopback_is_listened_on() {
        run(async {
            let demo = Demo::new(Options::default());
            let refused = demo.listen("0.0.0.0:0".parse().unwrap()).await.unwrap_err();
            assert!(matches!(refused, ListenError::NotLoopback(_)));
            assert!(refused.to_string().contains("try 127.0.0.1"));
            let listening = demo.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
            let taken = demo.listen(listening.address()).await.unwrap_err();
            assert!(
                matches!(taken, ListenError::Bind { .. })
                    && taken.to_string().contains("try another port")
            );
            listening.stop().await;
        });
    }

    #[test]
    fn over_tcp_with_starttls_by_its_own_ca() {
        run(async {
            let listening = Demo::new(Options::default())
                .listen("127.0.0.1:0".parse().unwrap())
                .await
                .unwrap();
            let ca_file = listening.ca_file().to_owned();
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                assert_eq!(
                    std::fs::metadata(&ca_file).unwrap().permissions().mode() & 0o777,
                    0o600
                );
            }
            let pem = std::fs::read(&ca_file).unwrap();
            assert_eq!(pem, listening.ca_pem().as_bytes());

            let mut plain = BufReader::new(TcpStream::connect(listening.address()).await.unwrap());
            assert!(line(&mut plain).await.contains(" STARTTLS "));
            // Bytes behind STARTTLS must not become commands behind TLS.
            assert_eq!(
                send(&mut plain, "a", "STARTTLS\r\nx LOGIN craig secret").await,
                "a OK Begin TLS negotiation now\r\n"
            );

            use rustls::pki_types::pem::PemObject;
            let mut roots = rustls::RootCertStore::empty();
            roots
                .add(rustls::pki_types::CertificateDer::from_pem_slice(&pem).unwrap())
                .unwrap();
            let config = rustls::ClientConfig::builder_with_provider(Arc::new(
                rustls::crypto::ring::default_provider(),
            ))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
            let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
            let name = "localhost".try_into().unwrap();
            let mut tls =
                BufReader::new(connector.connect(name, plain.into_inner()).await.unwrap());
            let capability = send(&mut tls, "b", "CAPABILITY").await;
            assert!(
                capability.starts_with("* CAPABILITY ") && !capability.contains("STARTTLS"),
                "{capability}"
            );
            assert!(
                send(&mut tls, "c", "STARTTLS")
                    .await
                    .starts_with("c BAD TLS is already on")
            );
            assert!(
                send(&mut tls, "d", "SELECT INBOX")
                    .await
                    .starts_with("d BAD Please log in first")
            );
            assert!(
                send(&mut tls, "e", "LOGIN craig secret")
                    .await
                    .starts_with("e OK ")
            );
            assert!(
                send(&mut tls, "f", "SELECT INBOX")
                    .await
                    .contains("* 19 EXISTS")
            );

            listening.stop().await;
            assert_eq!(line(&mut tls).await, "* BYE The demo server stops\r\n");
            assert!(!ca_file.exists());
        });
    }
}
