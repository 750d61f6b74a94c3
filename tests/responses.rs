//! What responses mean: the lines of tests/corpus/responses.txt and more of RFC 9051.

use imapsh::wire::response::{
    Fetch, ListEntry, NamespaceEntry, ResponseCode, Status, StatusResponse, Untagged,
};
use imapsh::wire::{CapabilitySet, Frame, Response, Tag};
use proptest::prelude::*;

use crate::common::corpus;

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}

fn caps(words: &[&str]) -> CapabilitySet {
    CapabilitySet::new(strings(words))
}

fn status(status: Status, code: Option<ResponseCode>, text: &[u8]) -> StatusResponse {
    StatusResponse {
        status,
        code,
        text: text.to_vec(),
    }
}

fn untagged_status(word: Status, code: Option<ResponseCode>, text: &[u8]) -> Response {
    Response::Untagged(Untagged::Status(status(word, code, text)))
}

fn tagged(tag: &str, word: Status, code: Option<ResponseCode>, text: &[u8]) -> Response {
    Response::Tagged {
        tag: Tag::new(tag.as_bytes()).unwrap(),
        status: status(word, code, text),
    }
}

fn other_code(name: &str, arguments: &str) -> Option<ResponseCode> {
    Some(ResponseCode::Other {
        name: name.to_owned(),
        arguments: arguments.as_bytes().to_vec(),
    })
}

fn other(name: &str) -> Response {
    Response::Untagged(Untagged::Other {
        name: name.to_owned(),
    })
}

fn entry(attributes: &[&str], delimiter: Option<char>, name: &[u8]) -> ListEntry {
    ListEntry {
        attributes: strings(attributes),
        delimiter,
        name: name.to_vec(),
    }
}

fn list(attributes: &[&str], delimiter: Option<char>, name: &[u8]) -> Response {
    Response::Untagged(Untagged::List(entry(attributes, delimiter, name)))
}

fn space(prefix: &str, delimiter: char) -> NamespaceEntry {
    NamespaceEntry {
        prefix: prefix.as_bytes().to_vec(),
        delimiter: Some(delimiter),
    }
}

fn fetch(seq: u64) -> Fetch {
    Fetch {
        seq,
        ..Fetch::default()
    }
}

fn pairs(items: &[(&str, u64)]) -> Vec<(String, u64)> {
    items
        .iter()
        .map(|(name, value)| ((*name).to_owned(), *value))
        .collect()
}

/// The meaning of every row of the corpus. A row without an arm is a failure.
fn meaning(name: &str) -> Response {
    use Response::Untagged as U;
    match name {
        "greeting+caps" => untagged_status(
            Status::Ok,
            Some(ResponseCode::Capability(caps(&[
                "IMAP4rev1",
                "SASL-IR",
                "LOGIN-REFERRALS",
                "ID",
                "ENABLE",
                "IDLE",
                "LITERAL+",
                "STARTTLS",
                "AUTH=PLAIN",
                "AUTH=SCRAM-SHA-256",
            ]))),
            b"Dovecot ready.",
        ),
        "preauth" => untagged_status(
            Status::Preauth,
            Some(ResponseCode::Capability(caps(&["IMAP4rev1"]))),
            b"logged in as root",
        ),
        "bye" => untagged_status(
            Status::Bye,
            other_code("UNAVAILABLE", ""),
            b"Temporary failure",
        ),
        "ok, no text" => tagged("a1", Status::Ok, None, b""),
        "ok, code, no text" => untagged_status(Status::Ok, Some(ResponseCode::UidNext(5)), b""),
        "ok utf-8 text" => tagged(
            "a1",
            Status::No,
            other_code("CANNOT", ""),
            "Postfach überfüllt".as_bytes(),
        ),
        "ok latin-1 text" => tagged("a1", Status::No, None, b"Fehler f\xfcr Benutzer"),
        "bad null tag" => untagged_status(
            Status::Bad,
            None,
            b"Error in IMAP command received by server.",
        ),
        "cont empty (Exchange)" => Response::Continuation(Vec::new()),
        "cont base64" => Response::Continuation(b"cmVhbG09ImVsd29vZCI=".to_vec()),
        "cont idling" => Response::Continuation(b"idling".to_vec()),
        "cap trailing space" => U(Untagged::Capability(caps(&[
            "IMAP4",
            "IMAP4rev1",
            "AUTH=PLAIN",
            "AUTH=XOAUTH2",
            "SASL-IR",
            "UIDPLUS",
            "ID",
            "UNSELECT",
            "CHILDREN",
            "IDLE",
            "NAMESPACE",
            "LITERAL+",
        ]))),
        "cap appendlimit etc" => U(Untagged::Capability(caps(&[
            "IMAP4rev1",
            "IMAP4rev2",
            "APPENDLIMIT=104857600",
            "QUOTA=RES-STORAGE",
            "RIGHTS=texk",
            "THREAD=REFS",
            "ESEARCH",
            "OBJECTID",
            "STATUS=SIZE",
            "PREVIEW",
            "UIDONLY",
        ]))),
        "flags w/ custom" => U(Untagged::Flags(strings(&[
            "\\Answered",
            "\\Flagged",
            "\\Draft",
            "\\Deleted",
            "\\Seen",
            "$Forwarded",
            "NonJunk",
            "$MDNSent",
            "[Gmail]",
        ]))),
        "permanentflags" => untagged_status(
            Status::Ok,
            Some(ResponseCode::PermanentFlags(strings(&[
                "\\Answered",
                "\\Flagged",
                "\\Draft",
                "\\Deleted",
                "\\Seen",
                "$NotPhishing",
                "$Phishing",
                "\\*",
            ]))),
            b"Flags permitted.",
        ),
        "highestmodseq" => untagged_status(
            Status::Ok,
            Some(ResponseCode::HighestModSeq(90_060_128_194_045_007)),
            b"Highest",
        ),
        "mailboxid" => untagged_status(
            Status::Ok,
            other_code("MAILBOXID", "(F2212ea87-6097-4256-9d51-71338625)"),
            b"Ok",
        ),
        "uidnotsticky + unknown code" => untagged_status(
            Status::Ok,
            other_code("X-WEIRD", "foo \"bar ]\" (1 2)"),
            b"odd",
        ),
        "appenduid" => tagged(
            "A003",
            Status::Ok,
            Some(ResponseCode::AppendUid {
                uid_validity: 38505,
                uids: "3955".to_owned(),
            }),
            b"APPEND completed",
        ),
        "copyuid ranges" => tagged(
            "A004",
            Status::Ok,
            Some(ResponseCode::CopyUid {
                uid_validity: 38505,
                from: "304,319:320".to_owned(),
                to: "3956:3958".to_owned(),
            }),
            b"Done",
        ),
        "dovecot badcharset" => tagged(
            "a2",
            Status::No,
            other_code("BADCHARSET", "(UTF-8 US-ASCII)"),
            b"Unknown charset",
        ),
        "dovecot inuse, throttled" => tagged(
            "a3",
            Status::No,
            other_code("INUSE", ""),
            b"Timeout while waiting for lock (0.001 + 0.000 secs).",
        ),
        "unterminated code" => tagged("a4", Status::No, None, b"[ALERT text without end"),
        "metadata longentries" => tagged(
            "a5",
            Status::Ok,
            other_code("METADATA", "LONGENTRIES 2199"),
            b"GETMETADATA complete",
        ),
        "list children" => list(
            &["\\HasNoChildren", "\\UnMarked", "\\Trash"],
            Some('/'),
            b"Trash",
        ),
        "list NIL delim, quoted utf-8" => list(&["\\Noselect"], None, "Entwürfe".as_bytes()),
        "list literal name" => list(&[], Some('.'), b"foo\"bar"),
        "list-extended childinfo" => list(&["\\Subscribed", "\\NonExistent"], Some('/'), b"foo"),
        "list-extended oldname" | "list-myrights" => list(&[], Some('/'), b"INBOX"),
        "list-status" => U(Untagged::MailboxStatus {
            mailbox: b"INBOX/a b".to_vec(),
            items: pairs(&[
                ("MESSAGES", 17),
                ("UIDNEXT", 18),
                ("UIDVALIDITY", 1),
                ("UNSEEN", 16),
                ("HIGHESTMODSEQ", 7_011_231_777),
                ("SIZE", 85),
                ("DELETED", 1),
            ]),
        }),
        "status trailing space (Exchange)" => U(Untagged::MailboxStatus {
            mailbox: b"INBOX".to_vec(),
            items: pairs(&[("MESSAGES", 1), ("UNSEEN", 1)]),
        }),
        "lsub" => U(Untagged::Lsub(entry(
            &["\\HasChildren"],
            Some('/'),
            b"[Gmail]",
        ))),
        "namespace" => U(Untagged::Namespace {
            personal: vec![space("", '/'), space("#mh/", '/')],
            other_users: vec![space("Other Users/", '/')],
            shared: Vec::new(),
        }),
        "acl" => U(Untagged::Acl {
            mailbox: b"INBOX".to_vec(),
            entries: [("joe", "lrswipkxtecda"), ("-fred", "w"), ("anyone", "lrs")]
                .map(|(who, rights)| (who.to_owned(), rights.to_owned()))
                .to_vec(),
        }),
        "listrights" => U(Untagged::ListRights {
            mailbox: b"INBOX".to_vec(),
            identifier: "smith".to_owned(),
            required: "la".to_owned(),
            optional: strings(&[
                "r", "s", "w", "i", "p", "k", "x", "t", "e", "c", "d", "a", "0", "1", "2",
            ]),
        }),
        "myrights" => U(Untagged::MyRights {
            mailbox: b"INBOX".to_vec(),
            rights: "rwiptsldaex".to_owned(),
        }),
        "quota" => U(Untagged::Quota {
            root: String::new(),
            resources: vec![
                ("STORAGE".to_owned(), 10, 512),
                ("MESSAGE".to_owned(), 20, 100),
                ("X-NUM".to_owned(), 1, 2),
            ],
        }),
        "quota excess space" => U(Untagged::Quota {
            root: "User quota".to_owned(),
            resources: vec![("STORAGE".to_owned(), 10, 512)],
        }),
        "quotaroot" => U(Untagged::QuotaRoot {
            mailbox: b"INBOX".to_vec(),
            roots: strings(&["", "User quota"]),
        }),
        "metadata" | "metadata unsolicited" => other("METADATA"),
        "annotation (Cyrus, old)" => other("ANNOTATION"),
        "search" => U(Untagged::Search(vec![2, 84, 882])),
        "search empty + space" => U(Untagged::Search(Vec::new())),
        "search modseq" => U(Untagged::Search(vec![2, 5, 6, 7])),
        "esearch" => U(Untagged::Esearch { count: Some(15) }),
        "esearch partial" | "esearch multimailbox" => U(Untagged::Esearch { count: None }),
        "sort" => U(Untagged::Sort(vec![2, 84, 882])),
        "thread" => other("THREAD"),
        "vanished" => U(Untagged::Vanished {
            earlier: true,
            uids: "300:310,405,411".to_owned(),
        }),
        "enabled" => U(Untagged::Enabled(strings(&[
            "CONDSTORE",
            "QRESYNC",
            "X-GOOD-IDEA",
        ]))),
        "id" => U(Untagged::Id(vec![
            ("name".to_owned(), Some("Cyrus IMAPD".to_owned())),
            ("version".to_owned(), Some("3.9.0".to_owned())),
            ("vendor".to_owned(), None),
            ("os".to_owned(), Some("Linux".to_owned())),
        ])),
        "id NIL" => U(Untagged::Id(Vec::new())),
        "language" => other("LANGUAGE"),
        "comparator" => other("COMPARATOR"),
        "jmapaccess" => other("JMAPACCESS"),
        "genurlauth" => other("GENURLAUTH"),
        "xlist" => list(&["\\HasNoChildren", "\\Sent"], Some('/'), b"Sent"),
        "unknown untagged" => other("X-FUTURE"),
        "exists/expunge" | "lf only" => U(Untagged::Exists(23)),
        "huge number" => U(Untagged::Exists(99_999_999_999)),
        "fetch flags modseq uid" => U(Untagged::Fetch(Fetch {
            seq: 12,
            uid: Some(20),
            flags: Some(strings(&["\\Seen", "$Junk"])),
            modseq: Some(65402),
            size: Some(44827),
        })),
        "fetch modseq 0" => U(Untagged::Fetch(Fetch {
            modseq: Some(0),
            ..fetch(12)
        })),
        "fetch envelope"
        | "fetch envelope spaces between addr"
        | "fetch envelope raw utf-8 quoted" => U(Untagged::Fetch(fetch(12))),
        "fetch bodystructure text" => U(Untagged::Fetch(fetch(12))),
        "fetch bodystructure multi+rfc822" | "fetch body enc NIL, param NIL" => {
            U(Untagged::Fetch(fetch(1)))
        }
        "fetch bodystructure empty multipart"
        | "fetch body zero parts (Exchange)"
        | "fetch body size -1" => U(Untagged::Fetch(fetch(1))),
        "fetch body[header.fields] literal" => U(Untagged::Fetch(Fetch {
            flags: Some(strings(&["\\Seen"])),
            ..fetch(12)
        })),
        "fetch body[]<origin> quoted" | "fetch binary literal8" => U(Untagged::Fetch(Fetch {
            uid: Some(5),
            ..fetch(12)
        })),
        "fetch binary.size" | "fetch literal with NUL" | "fetch nonsync literal from server" => {
            U(Untagged::Fetch(fetch(12)))
        }
        "fetch gmail" => U(Untagged::Fetch(Fetch {
            uid: Some(4),
            ..fetch(1)
        })),
        "fetch objectid" | "fetch threadid NIL, savedate, preview" => U(Untagged::Fetch(fetch(3))),
        "fetch preview utf-8 lit" => U(Untagged::Fetch(Fetch {
            uid: Some(2),
            ..fetch(3)
        })),
        "fetch cyrus annotation/digest" => U(Untagged::Fetch(fetch(3))),
        "fetch stats/unknown attr list" => U(Untagged::Fetch(Fetch {
            uid: Some(7),
            ..fetch(3)
        })),
        "fetch trailing space in list" => U(Untagged::Fetch(Fetch {
            uid: Some(7),
            flags: Some(strings(&["\\Seen"])),
            ..fetch(3)
        })),
        "uidfetch (UIDONLY)" => other("UIDFETCH"),
        _ => panic!("no meaning is given for the row {name:?}"),
    }
}

#[test]
fn every_row_of_the_corpus_means_what_it_should() {
    let rows = corpus::rows();
    assert_eq!(rows.len(), 89);
    for row in rows {
        assert_eq!(
            corpus::response(&row.bytes),
            meaning(&row.name),
            "{}",
            row.name
        );
    }
}

/// Lines that are not in the corpus, each with what it means.
#[test]
fn more_lines_and_their_meaning() {
    use Response::Untagged as U;
    let fetch_with = |fetch: Fetch| U(Untagged::Fetch(fetch));
    let table: Vec<(&[u8], Response)> = vec![
        // RFC 9051 section 7
        (
            b"* OK [ALERT] System shutdown in 10 minutes\r\n",
            untagged_status(
                Status::Ok,
                other_code("ALERT", ""),
                b"System shutdown in 10 minutes",
            ),
        ),
        (
            b"* CAPABILITY STARTTLS AUTH=GSSAPI IMAP4rev2 LOGINDISABLED XPIG-LATIN\r\n",
            U(Untagged::Capability(caps(&[
                "STARTTLS",
                "AUTH=GSSAPI",
                "IMAP4rev2",
                "LOGINDISABLED",
                "XPIG-LATIN",
            ]))),
        ),
        (
            b"* LIST (\\Noselect) \"/\" \"\"\r\n",
            list(&["\\Noselect"], Some('/'), b""),
        ),
        (
            b"* LIST (\\Noselect) \"\\\\\" \"a\\\\b\"\r\n",
            list(&["\\Noselect"], Some('\\'), b"a\\b"),
        ),
        (b"* LIST () \"\" INBOX\r\n", list(&[], None, b"INBOX")),
        (b"* LIST () NIL NIL\r\n", list(&[], None, b"NIL")),
        (b"* list () nil inbox\r\n", list(&[], None, b"inbox")),
        (
            b"* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)\r\n",
            U(Untagged::MailboxStatus {
                mailbox: b"blurdybloop".to_vec(),
                items: pairs(&[("MESSAGES", 231), ("UIDNEXT", 44292)]),
            }),
        ),
        (
            b"* STATUS {3}\r\na b (messages 1)\r\n",
            U(Untagged::MailboxStatus {
                mailbox: b"a b".to_vec(),
                items: pairs(&[("MESSAGES", 1)]),
            }),
        ),
        (b"* 44 EXPUNGE\r\n", U(Untagged::Expunge(44))),
        (b"* 3 RECENT\r\n", U(Untagged::Recent(3))),
        (b"* 0 EXISTS\r\n", U(Untagged::Exists(0))),
        (b"* 23 exists \r\n", U(Untagged::Exists(23))),
        (b"* FLAGS ()\r\n", U(Untagged::Flags(Vec::new()))),
        (b"* ENABLED\r\n", U(Untagged::Enabled(Vec::new()))),
        (
            b"* VANISHED 405,407\r\n",
            U(Untagged::Vanished {
                earlier: false,
                uids: "405,407".to_owned(),
            }),
        ),
        (
            b"* NAMESPACE NIL NIL NIL\r\n",
            U(Untagged::Namespace {
                personal: vec![],
                other_users: vec![],
                shared: vec![],
            }),
        ),
        (
            b"* NAMESPACE ((\"INBOX.\" \".\")) ((\"user.\" \".\")) ((\"\" \".\"))\r\n",
            U(Untagged::Namespace {
                personal: vec![space("INBOX.", '.')],
                other_users: vec![space("user.", '.')],
                shared: vec![space("", '.')],
            }),
        ),
        (
            b"* QUOTA {4}\r\na b! ()\r\n",
            U(Untagged::Quota {
                root: "a b!".to_owned(),
                resources: vec![],
            }),
        ),
        (
            b"* ACL INBOX\r\n",
            U(Untagged::Acl {
                mailbox: b"INBOX".to_vec(),
                entries: vec![],
            }),
        ),
        (b"* ID ()\r\n", U(Untagged::Id(vec![]))),
        (
            b"* 1 FETCH (FLAGS () UID 1)\r\n",
            fetch_with(Fetch {
                uid: Some(1),
                flags: Some(vec![]),
                ..fetch(1)
            }),
        ),
        (
            b"* 1 FETCH (uid 1 flags (\\seen a[ b] [c))\r\n",
            fetch_with(Fetch {
                uid: Some(1),
                flags: Some(strings(&["\\seen", "a[", "b]", "[c"])),
                ..fetch(1)
            }),
        ),
        (
            b"* 1 FETCH (BODY[1.2.HEADER.FIELDS.NOT (\"a]\" b] {2}\r\n)])]<0> NIL UID 9)\r\n",
            fetch_with(Fetch {
                uid: Some(9),
                ..fetch(1)
            }),
        ),
        (
            b"* 1 FETCH (BODY[]{2}\r\n) UID 9)\r\n",
            fetch_with(Fetch {
                uid: Some(9),
                ..fetch(1)
            }),
        ),
        (b"* 1 FETCH ()\r\n", fetch_with(fetch(1))),
        // a bracket that its list does not close is a letter
        (
            b"* 1 FETCH (BODY[ 1 UID 5) X]\r\n",
            fetch_with(Fetch {
                uid: Some(5),
                ..fetch(1)
            }),
        ),
        // what an item's wrong value costs: that item
        (
            b"* 1 FETCH (UID x FLAGS nil MODSEQ () RFC822.SIZE -1)\r\n",
            fetch_with(fetch(1)),
        ),
        (
            b"* 1 FETCH (UID 99999999999999999999 RFC822.SIZE 18446744073709551615)\r\n",
            fetch_with(Fetch {
                size: Some(u64::MAX),
                ..fetch(1)
            }),
        ),
        (
            b"* 1 FETCH (UID 5\r\n",
            fetch_with(Fetch {
                uid: Some(5),
                ..fetch(1)
            }),
        ),
        (
            b"* 1 FETCH (UID 5))) FLAGS\r\n",
            fetch_with(Fetch {
                uid: Some(5),
                ..fetch(1)
            }),
        ),
        // what cannot be read is named
        (b"* 1 FETCH\r\n", other("FETCH")),
        (b"* 1 FETCH UID 5\r\n", other("FETCH")),
        (b"* LIST () \"/\"\r\n", other("LIST")),
        (b"* LIST \"/\" INBOX\r\n", other("LIST")),
        (b"* SEARCH 1 x\r\n", other("SEARCH")),
        (b"* SEARCH 1 99999999999999999999\r\n", other("SEARCH")),
        (b"* FETCH\r\n", other("FETCH")),
        (b"* 99999999999999999999 EXISTS\r\n", other("EXISTS")),
        (b"* -1 EXISTS\r\n", other("-1")),
        (b"* EXISTS\r\n", other("EXISTS")),
        (b"* 12 X-NEW (a)\r\n", other("X-NEW")),
        (b"* 12\r\n", other("12")),
        (b"* STATUS INBOX\r\n", other("STATUS")),
        (b"* QUOTA\r\n", other("QUOTA")),
        (b"* okay\r\n", other("OKAY")),
        // human-readable text holds anything
        (
            b"* OK see {5}\r\n",
            untagged_status(Status::Ok, None, b"see {5}"),
        ),
        (
            b"a1 NO no such mailbox: x {5+}\r\n",
            tagged("a1", Status::No, None, b"no such mailbox: x {5+}"),
        ),
        (
            b"* OK  [ALERT] text\r\n",
            untagged_status(Status::Ok, None, b" [ALERT] text"),
        ),
        (
            b"* OK [ALERT]text\r\n",
            untagged_status(Status::Ok, other_code("ALERT", ""), b"text"),
        ),
        (
            b"* OK [] nothing\r\n",
            untagged_status(Status::Ok, None, b"nothing"),
        ),
        (
            b"* OK [X \"open] text\r\n",
            untagged_status(Status::Ok, other_code("X", "\"open"), b"text"),
        ),
        (
            b"* ok [uidnext 5] x\r\n",
            untagged_status(Status::Ok, Some(ResponseCode::UidNext(5)), b"x"),
        ),
        (
            b"* OK [UIDNEXT] x\r\n",
            untagged_status(Status::Ok, other_code("UIDNEXT", ""), b"x"),
        ),
        (
            b"* OK [UIDNEXT -5] x\r\n",
            untagged_status(Status::Ok, other_code("UIDNEXT", "-5"), b"x"),
        ),
        (
            b"* OK [CLOSED] x\r\n",
            untagged_status(Status::Ok, Some(ResponseCode::Closed), b"x"),
        ),
        (
            b"* OK [NOMODSEQ]\r\n",
            untagged_status(Status::Ok, Some(ResponseCode::NoModSeq), b""),
        ),
        (
            b"* OK [UNSEEN 12] x\r\n",
            untagged_status(Status::Ok, Some(ResponseCode::Unseen(12)), b"x"),
        ),
        (
            b"* OK [UIDVALIDITY 3857529045] x\r\n",
            untagged_status(
                Status::Ok,
                Some(ResponseCode::UidValidity(3_857_529_045)),
                b"x",
            ),
        ),
        (
            b"a1 OK [READ-ONLY] x\r\n",
            tagged("a1", Status::Ok, Some(ResponseCode::ReadOnly), b"x"),
        ),
        (
            b"a1 OK [read-write] x\r\n",
            tagged("a1", Status::Ok, Some(ResponseCode::ReadWrite), b"x"),
        ),
        (b". BAD\r\n", tagged(".", Status::Bad, None, b"")),
        (
            b"SUBSCRIBE BAD Unknown command\r\n",
            tagged("SUBSCRIBE", Status::Bad, None, b"Unknown command"),
        ),
        // continuation requests
        (b"+ \r\n", Response::Continuation(Vec::new())),
        (
            b"+ [ALERT] go on {5}\r\n",
            Response::Continuation(b"[ALERT] go on {5}".to_vec()),
        ),
        (b"+idling\n", Response::Continuation(b"idling".to_vec())),
        // no IMAP
        (b"220 mail.example.com ESMTP {5}\r\n", Response::Odd),
        (b"a1 BYE tagged\r\n", Response::Odd),
        (b"a1 FETCH (UID 5)\r\n", Response::Odd),
        (b"a1\r\n", Response::Odd),
        (b"*\r\n", Response::Odd),
        (b"* \r\n", Response::Odd),
        (b"\r\n", Response::Odd),
        (b"\n", Response::Odd),
        (b" * OK x\r\n", Response::Odd),
        (b"\x16\x03\x01\x02\x00\n", Response::Odd),
    ];
    for (line, expected) in table {
        assert_eq!(corpus::response(line), expected, "{}", line.escape_ascii());
    }
}

#[test]
fn a_name_of_megabytes_is_cut() {
    let line = format!("* {}\r\n", "x".repeat(3_000_000));
    let Response::Untagged(Untagged::Other { name }) = corpus::response(line.as_bytes()) else {
        panic!("named")
    };
    assert_eq!(name.len(), 256);
}

#[test]
fn capabilities_are_looked_up_without_regard_to_case() {
    let set = caps(&[
        "IMAP4rev1",
        "Literal+",
        "AUTH=plain",
        "auth=SCRAM-SHA-256",
        "RIGHTS=texk",
        "AUTH=",
    ]);
    assert!(set.has("literal+") && set.has("imap4REV1") && !set.has("AUTH"));
    assert_eq!(set.mechanisms(), ["PLAIN", "SCRAM-SHA-256"]);
    assert_eq!(set.values("rights"), ["TEXK"]);
}

/// Kind and bytes of every token, lists indented: what a reader of the tree sees.
fn drawn(line: &[u8]) -> Vec<String> {
    fn draw(tokens: imapsh::wire::token::Tokens<'_>, depth: usize, out: &mut Vec<String>) {
        for token in tokens {
            let kind = format!("{:?}", token.kind());
            out.push(format!(
                "{}{kind} {}",
                "  ".repeat(depth),
                token.bytes().escape_ascii()
            ));
            draw(token.children(), depth + 1, out);
        }
    }
    let frame = corpus::frame(line);
    let mut out = Vec::new();
    draw(imapsh::wire::cursor::tokenize(&frame).tokens(), 0, &mut out);
    out
}

#[test]
fn tokens_are_byte_ranges() {
    assert_eq!(
        drawn(b"* 12 FETCH (BODY[HEADER.FIELDS (\"DATE\" FROM)]<0> {3}\r\na b FLAGS (\\Seen [Gmail])) ) \"open\r\n"),
        [
            "Atom *",
            "Atom 12",
            "Atom FETCH",
            "List (BODY[HEADER.FIELDS (\\\"DATE\\\" FROM)]<0> {3}\\r\\na b FLAGS (\\\\Seen [Gmail]))",
            "  Atom BODY[HEADER.FIELDS (\\\"DATE\\\" FROM)]<0>",
            "  Literal(0) {3}\\r\\na b",
            "  Atom FLAGS",
            "  List (\\\\Seen [Gmail])",
            "    Atom \\\\Seen",
            "    Atom [Gmail]",
            "Odd )",
            "Odd \\\"open",
        ]
    );
    assert_eq!(
        drawn(b"a1 OK [X-WEIRD foo \"bar ]\" (1 2)] odd [text]\r\n"),
        [
            "Atom a1",
            "Atom OK",
            "Code [X-WEIRD foo \\\"bar ]\\\" (1 2)]",
            "  Atom X-WEIRD",
            "  Atom foo",
            "  Quoted \\\"bar ]\\\"",
            "  List (1 2)",
            "    Atom 1",
            "    Atom 2",
            "Text odd [text]",
        ]
    );
    assert_eq!(
        drawn(b"* LIST () NIL a\x07b {5\r\n")[3..],
        ["Atom NIL", "Odd a\\x07b", "Odd {5"]
    );
    assert_eq!(drawn(b"+ go [on]\r\n"), ["Atom +", "Text go [on]"]);
}

/// What the tokenizer makes of a line.
fn slowly(line: &[u8]) -> Response {
    Response::parse(&Frame::from_line(line))
}

#[test]
fn the_usual_fetch_is_read_without_tokens() {
    for line in [
        "* 1 FETCH (UID 7 FLAGS (\\Seen $Forwarded) MODSEQ (12) RFC822.SIZE 4711)\r\n",
        "* 12 FETCH (FLAGS ())\r\n",
        "* 3 FETCH (FLAGS (\\Seen) UID 9 ENVELOPE (\"Mon, 7 Feb\" \"a (b) \\\"c\\\" {3}\" ((NIL NIL \"u\" \"x.com\")(\"N\" NIL \"v\" \"y\")) NIL NIL NIL NIL \"<a\\\\b@c>\"))\r\n",
        "* 4 FETCH (INTERNALDATE \"23-Nov-2026 12:00:00 +0000\" UID 4)\r\n",
    ] {
        assert_eq!(
            Response::quick(line.as_bytes()),
            Some(slowly(line.as_bytes())),
            "{line}"
        );
    }
    for line in [
        "* 1 FETCH (BODY[TEXT] \"a\")\r\n",
        "* 1 FETCH (FLAGS (\\*))\r\n",
        "* 1 fetch (UID 1)\r\n",
        "* 1 FETCH (uid 1)\r\n",
        "* 1 FETCH (UID 1)\n",
        "* 1 FETCH (UID 1) \r\n",
        "* 1 FETCH (UID x)\r\n",
        "* 1 FETCH (UID 1 FLAGS)\r\n",
        "* 1 FETCH (FLAGS (a  b))\r\n",
        "* 1 FETCH (X (a\"b))\r\n",
        "* 1 EXPUNGE\r\n",
        "* OK hi\r\n",
    ] {
        assert_eq!(Response::quick(line.as_bytes()), None, "{line}");
    }
}

proptest! {
    /// The short way and the long one come to the same, whatever stands there.
    #[test]
    fn the_short_way_is_the_long_way(items in prop::collection::vec(prop_oneof![
        Just("UID 7".to_owned()),
        Just("FLAGS (\\Seen)".to_owned()),
        Just("MODSEQ (12)".to_owned()),
        Just("UID".to_owned()),
        Just("(".to_owned()),
        Just(")".to_owned()),
        Just("\"".to_owned()),
        Just("FLAGS (".to_owned()),
        "[A-Z]{1,3} [0-9]{1,22}",
        "[A-Z]{1,3} [ -~]{0,6}",
        "[A-Z]{1,3} \\([ -~]{0,8}\\)",
        "[A-Z]{1,3} \\(([A-Za-z0-9() \"\\\\]|NIL){0,12}\\)",
        "[ -~]{0,5}",
    ], 0..5)) {
        let line = format!("* 5 FETCH ({})\r\n", items.join(" "));
        if let Some(quick) = Response::quick(line.as_bytes()) {
            prop_assert_eq!(quick, slowly(line.as_bytes()), "{}", line);
        }
    }
}
