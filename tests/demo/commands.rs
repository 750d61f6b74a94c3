//! Every command, and what it answers.

use super::client::{Client, demo};

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
