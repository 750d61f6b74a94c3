//! Text with a caret: candidates, hints, colours.

use std::collections::BTreeSet;

use imapsh::catalog::{self, Hint, Live, TokenClass};
use imapsh::console::{Settings, SubmitMode};
use imapsh::model::Model;

use crate::common::desk::Desk;

/// INBOX is open, and the server has told a good deal.
fn desk() -> Desk {
    let mut desk = Desk::greeted(Settings::default(), "* PREAUTH hello");
    desk.server(
        "* LIST () \"/\" INBOX\n* LIST () \"/\" Archive/2024\n* LIST () \"/\" Entw&APw-rfe",
    );
    desk.send("SELECT INBOX", SubmitMode::Normal);
    desk.server("* FLAGS (\\Answered \\Seen $Junk $Forwarded)\n* 30 EXISTS\n* OK [UIDNEXT 4400] x");
    desk.server(
        "* OK [PERMANENTFLAGS (\\Answered \\Seen $Junk \\*)] x\n* OK [HIGHESTMODSEQ 777] x",
    );
    desk.server("* OK [UIDVALIDITY 99] x\nA0001 OK [READ-WRITE] done");
    desk.send("UID FETCH 4391:* FLAGS", SubmitMode::Normal);
    desk.server(
        "* 29 FETCH (UID 4391 FLAGS (Urgent))\n* 30 FETCH (UID 4395 FLAGS ())\nA0002 OK done",
    );
    desk.send("GETACL INBOX", SubmitMode::Normal);
    desk.server(
        "* ACL INBOX craig lrswipkxtea monty lr \"group staff\" lr -brian x\nA0003 OK done",
    );
    desk.send("GETQUOTAROOT INBOX", SubmitMode::Normal);
    desk.server(
        "* QUOTAROOT INBOX \"User quota\"\n* QUOTA \"User quota\" (STORAGE 1 2)\nA0004 OK done",
    );
    desk
}

/// The candidates at `|`.
fn at(desk: &Desk, text: &str) -> Vec<String> {
    let caret = text.find('|').unwrap();
    let text = text.replace('|', "");
    let found = catalog::complete(&text, caret, desk.console.model(), desk.console.live());
    found.into_iter().map(|c| c.text).collect()
}

#[test]
fn every_kind_of_argument_has_candidates() {
    let desk = desk();
    for (text, first) in [
        // mailboxes: by beginning, by part, by letters in order; modified UTF-7 is done
        ("SELECT |", &["INBOX", "Archive/2024", "Entw&APw-rfe"][..]),
        ("SELECT arch|", &["Archive/2024"]),
        ("SELECT 2024|", &["Archive/2024"]),
        ("SELECT ah24|", &["Archive/2024"]),
        ("SELECT entwü|", &["Entw&APw-rfe"]),
        ("SELECT \"Entw|", &["Entw&APw-rfe"]),
        ("RENAME INBOX |", &["INBOX"]),
        ("LIST \"\" |", &["*", "%", "INBOX"]),
        ("LIST |", &["\"\""]),
        ("COPY 1 |", &["INBOX"]),
        // sets and numbers
        ("FETCH |", &["1:*", "*", "21:*"]),
        ("UID FETCH |", &["1:*", "*", "4400:*", "4395", "4391"]),
        ("UID FETCH 43|", &["4395", "4391"]),
        ("UID FETCH 4391,|", &["4391,1:*"]),
        ("FETCH 1 FLAGS (CHANGEDSINCE |", &["777"]),
        ("SELECT INBOX (QRESYNC (|", &["99"]),
        // words of the syntax
        ("FETCH 1 (FL|", &["FLAGS"]),
        ("FETCH 1 (fl|", &["flags"]),
        ("FETCH 1 ENV|", &["ENVELOPE"]),
        ("FETCH 1 BODY.PEEK[HEA|", &["BODY.PEEK[HEADER]"]),
        ("FETCH 1 bo|", &["bodystructure", "body.peek[]"]),
        ("SEARCH UNS|", &["UNSEEN"]),
        ("SEARCH NOT (FROM x FLA|", &["FLAGGED"]),
        ("SEARCH RETURN (|", &["MIN", "MAX", "ALL", "COUNT", "SAVE"]),
        (
            "STATUS INBOX (|",
            &["MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN"],
        ),
        ("STATUS INBOX |", &["("]),
        ("STATUS INBOX (MESSAGES|", &["MESSAGES"]),
        ("LIST \"\" * RETURN (ST|", &["STATUS"]),
        ("LIST (SUBS|", &["SUBSCRIBED"]),
        ("SORT (REV|", &["REVERSE"]),
        ("SORT (DATE) |", &["UTF-8", "US-ASCII"]),
        ("THREAD |", &["REFERENCES", "ORDEREDSUBJECT", "REFS"]),
        ("STORE 1 |", &["+FLAGS", "-FLAGS", "FLAGS"]),
        ("STORE 1 +|", &["+FLAGS", "+FLAGS.SILENT"]),
        // flags: those of IMAP, of this mailbox, and those seen
        ("STORE 1 +FLAGS (\\S|", &["\\Seen"]),
        ("STORE 1 +FLAGS (se|", &["\\Seen"]),
        ("STORE 1 +FLAGS (\\Seen $|", &["$Junk", "$Forwarded"]),
        ("STORE 1 +FLAGS (ur|", &["Urgent"]),
        ("SEARCH KEYWORD |", &["$Junk", "$Forwarded", "Urgent"]),
        ("CREATE x (USE (\\S|", &["\\Sent"]),
        // people, rights, quota roots, the rest
        (
            "SETACL INBOX |",
            &["brian", "craig", "\"group staff\"", "monty", "anyone"],
        ),
        ("SETACL INBOX mo|", &["monty"]),
        ("SETACL INBOX monty |", &["lr", "lrs"]),
        ("SETACL INBOX monty +lr|", &["+lrs"]),
        ("GETQUOTA |", &["\"User quota\""]),
        ("GETMETADATA INBOX /pr|", &["/private/comment"]),
        ("ENABLE |", &["CONDSTORE", "QRESYNC"]),
        ("APPEND INBOX |", &["{{{\n", "{@"]),
        ("SEARCH HEADER Me|", &["Message-ID"]),
        ("a1 uid fe|", &["fetch"]),
    ] {
        let found = at(&desk, text);
        assert_eq!(
            found.iter().take(first.len()).collect::<Vec<_>>(),
            first.iter().collect::<Vec<_>>(),
            "{text}: {found:?}"
        );
    }
    // Nothing is offered for a password, behind the end, inside a literal, behind a mistake.
    for text in [
        "LOGIN craig |",
        "LOGIN craig s|",
        "NOOP |",
        "APPEND INBOX {{{\nSE|",
        "STATUS INBOX (NOSUCH) |",
        "XFOO bar |",
    ] {
        assert_eq!(at(&desk, text), [""; 0], "{text}");
    }
}

#[test]
fn marked_messages_are_a_set_of_uids() {
    let mut desk = desk();
    desk.console.live_mut().marked = Some("4391,4395".to_owned());
    assert_eq!(at(&desk, "UID STORE |")[0], "4391,4395");
    assert_eq!(at(&desk, "UID COPY 7,|")[0], "7,4391,4395");
    assert!(!at(&desk, "STORE |").contains(&"4391,4395".to_owned()));
}

#[test]
fn what_the_server_has_not_comes_last() {
    let mut desk = desk();
    desk.send("CAPABILITY", SubmitMode::Normal);
    desk.server("* CAPABILITY IMAP4rev1 AUTH=PLAIN CONDSTORE STATUS=SIZE\nA0005 OK done");
    let found = at(&desk, "STATUS INBOX (|");
    let place = |word: &str| found.iter().position(|w| w == word).unwrap();
    assert!(place("HIGHESTMODSEQ") < place("MAILBOXID") && place("SIZE") < place("APPENDLIMIT"));
    assert_eq!(at(&desk, "ENABLE |"), ["CONDSTORE"]);
    assert_eq!(at(&desk, "AUTHENTICATE |"), ["PLAIN"]);
    let details = catalog::complete(
        "STATUS INBOX (MAILB",
        19,
        desk.console.model(),
        &Live::default(),
    );
    assert_eq!(
        details[0].detail,
        "the id that stays when it is renamed (needs OBJECTID)"
    );
}

fn hint(text: &str) -> Hint {
    let caret = text.find('|').unwrap();
    catalog::hint(&text.replace('|', ""), caret, desk().console.model()).unwrap()
}

/// The argument bar: the part of the syntax, and a piece of the sentence and the section.
#[test]
fn the_hint_says_where_one_is() {
    for (text, marked, sentence, reference) in [
        ("STATUS|", "", "Ask for the counts", "RFC 9051, 6.3.11"),
        (
            "STATUS |",
            "mailbox",
            "The name of a mailbox",
            "RFC 9051, 6.3.11",
        ),
        (
            "STATUS IN|",
            "mailbox",
            "The name of a mailbox",
            "RFC 9051, 6.3.11",
        ),
        (
            "STATUS INBOX |",
            "(status-item...)",
            "What to count",
            "RFC 9051, 6.3.11",
        ),
        (
            "STATUS INBOX (|",
            "status-item",
            "What to count",
            "RFC 9051, 6.3.11",
        ),
        (
            "STATUS INBOX (MESS|AGES)",
            "status-item",
            "MESSAGES: number of messages.",
            "RFC 9051, 6.3.11",
        ),
        (
            "STATUS INBOX (MESSAGES) |",
            "",
            "Nothing may follow",
            "RFC 9051, 6.3.11",
        ),
        ("RENAME a |", "new", "The new name.", "RFC 9051, 6.3.6"),
        ("UID FETCH |", "set", "UIDs: 107", "RFC 9051, 6.4.9"),
        (
            "FETCH 1:* |",
            "fetch-macro | fetch-att | (fetch-att...)",
            "What to read",
            "RFC 9051, 6.4.5",
        ),
        (
            "FETCH 1 (FLAGS BODY.PEEK[]|)",
            "fetch-att",
            "A part:",
            "RFC 9051",
        ),
        (
            "FETCH 1 FLAGS (CHANGEDSINCE |",
            "fetch-modifier",
            "A mod-sequence",
            "RFC 9051",
        ),
        (
            "SEARCH SINCE |",
            "search-key",
            "A day: 1-Feb-2024",
            "RFC 9051, 6.4.4",
        ),
        (
            "SEARCH OR SEEN (NOT FROM |",
            "search-key",
            "A text",
            "RFC 9051, 6.4.4",
        ),
        (
            "SETACL INBOX monty |",
            "mod-rights",
            "Rights: lrs",
            "RFC 4314, 3.1",
        ),
        (
            "a7 LOGIN craig |",
            "password",
            "Never kept",
            "RFC 9051, 6.2.3",
        ),
        (
            "NOOP\nLIST \"\" |\nNOOP",
            "pattern | (pattern...)",
            "Names to list",
            "RFC 9051, 6.3.9",
        ),
    ] {
        let hint = hint(text);
        let found = hint.marked.clone().map_or("", |m| &hint.syntax[m]);
        assert!(
            if marked.is_empty() {
                found.is_empty()
            } else {
                found.contains(marked)
            },
            "{text}: {found:?} of {}",
            hint.syntax
        );
        assert!(
            hint.sentence.contains(sentence),
            "{text}: {}",
            hint.sentence
        );
        assert!(
            hint.reference.starts_with(reference),
            "{text}: {}",
            hint.reference
        );
    }
    let hint = hint("COPY 1 x|");
    assert_eq!(
        hint.rights.as_deref(),
        Some("i in it, r in the open mailbox")
    );
    assert!(hint.complete && hint.allowed);
    assert!(catalog::hint("", 0, desk().console.model()).is_none());
    assert!(catalog::hint("NOOP\n", 5, desk().console.model()).is_none());
}

/// The class of each piece, and the argument that it is.
/// 80 columns, without a border and a column of air at both sides.
const ROW: usize = 76;

#[test]
fn no_sentence_is_longer_than_a_row() {
    let model = Model::default();
    let lines = include_str!("lint/valid.txt").lines();
    let (mut checked, mut long) = (0, BTreeSet::new());
    for text in lines.chain(catalog::commands().iter().map(|row| row.example.as_str())) {
        for (caret, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let Some(hint) = catalog::hint(text, caret, &model) else {
                continue;
            };
            checked += 1;
            if hint.sentence.chars().count() > ROW {
                long.insert(hint.sentence);
            }
        }
    }
    assert!(checked > 5_000, "{checked}");
    assert_eq!(long, BTreeSet::new());
}

fn classes(text: &str) -> Vec<String> {
    catalog::parse_line(text)
        .into_iter()
        .map(|p| {
            let argument = p.argument.map_or(String::new(), |a| format!(" {a}"));
            format!("{:?} {}{argument}", p.class, &text[p.range])
        })
        .collect()
}

#[test]
fn each_piece_has_its_colour() {
    for (text, expected) in [
        (
            "a1 SELECT \"Sent Items\"",
            &["Tag a1", "Verb SELECT", "Mailbox \"Sent Items\" mailbox"][..],
        ),
        (
            "UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (DATE FROM)])",
            &[
                "Verb UID",
                "Verb FETCH",
                "SequenceSet 1:* set",
                "Parenthesis (",
                "Keyword FLAGS fetch-att",
                "Keyword BODY.PEEK[HEADER.FIELDS (DATE FROM)] section",
                "Parenthesis )",
            ],
        ),
        (
            "STORE 1 +FLAGS (\\Seen $Junk)",
            &[
                "Verb STORE",
                "SequenceSet 1 set",
                "Keyword +FLAGS store-item",
                "Parenthesis (",
                "Flag \\Seen flag",
                "Flag $Junk flag",
                "Parenthesis )",
            ],
        ),
        (
            "SEARCH SINCE 1-Feb-2024 LARGER 5 FROM \"x\"",
            &[
                "Verb SEARCH",
                "Keyword SINCE search-key",
                "Date 1-Feb-2024 date",
                "Keyword LARGER search-key",
                "Number 5 octets",
                "Keyword FROM search-key",
                "Quoted \"x\" string",
            ],
        ),
        (
            "LOGIN craig s3cret x",
            &[
                "Verb LOGIN",
                "Atom craig user",
                "Secret s3cret password",
                "Secret x",
            ],
        ),
        (
            "STATUS INBOX (NOSUCH)",
            &[
                "Verb STATUS",
                "Mailbox INBOX mailbox",
                "Parenthesis (",
                "Error NOSUCH",
                "Parenthesis )",
            ],
        ),
        (
            "FETCH 1- FLAGS)",
            &[
                "Verb FETCH",
                "Error 1- set",
                "Keyword FLAGS fetch-att",
                "Error )",
            ],
        ),
        ("SELE", &["Verb SELE"]),
        ("XFOO bar", &["Error XFOO", "Atom bar"]),
        (":bytes on", &["ConsoleVerb :bytes", "Atom on"]),
        (
            "APPEND x {{{\nhi\n}}}",
            &[
                "Verb APPEND",
                "Mailbox x mailbox",
                "Literal {{{\nhi\n}}} message",
            ],
        ),
        (
            "APPEND x {@/tmp/a b}",
            &[
                "Verb APPEND",
                "Mailbox x mailbox",
                "Literal {@/tmp/a b} message",
            ],
        ),
        ("NOOP\nCHECK", &["Verb NOOP", "Verb CHECK"]),
    ] {
        assert_eq!(classes(text), expected, "{text}");
    }
}

#[test]
fn brackets_and_quotes_have_partners() {
    let text = "LIST (a (b)) \"x y\"";
    let pair = |at| catalog::partner(text, at).map(|(a, b)| (a.start, b.start));
    assert_eq!(pair(5), Some((5, 11)));
    assert_eq!(pair(12), Some((5, 11)));
    assert_eq!(pair(8), Some((8, 10)));
    assert_eq!(pair(13), Some((13, 17)));
    assert_eq!(pair(3), None);
}

/// A screenful of a long text is what its own lines say.
#[test]
fn a_long_text_is_read_where_it_is_seen() {
    let line = "UID STORE 1:5 +FLAGS.SILENT (\\Seen)\n";
    let text = line.repeat(5_000);
    let from = line.len() * 4_000;
    let pieces = catalog::pieces_in(&text, from..from + line.len() * 2 - 1);
    assert_eq!(pieces.len(), 2 * 7);
    assert_eq!(pieces[0].range, from..from + 3);
    assert_eq!(pieces[6].class, TokenClass::Parenthesis);
    assert_eq!(catalog::commands_in(&text).len(), 5_000);
}
