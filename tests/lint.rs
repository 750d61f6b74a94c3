//! Lint before send: the examples of the RFCs, right and wrong, and what depends on the session.

use imapsh::catalog::{self, Finding, Live, Severity};
use imapsh::channel::{LineSafety, Notice, Progress};
use imapsh::console::draft::{self, Draft, TagRule};
use imapsh::console::{DryLine, Settings, Submission, SubmitMode};
use imapsh::model::Model;

use crate::common::desk::Desk;

const VALID: &str = include_str!("lint/valid.txt");
const INVALID: &str = include_str!("lint/invalid.txt");

/// Section and line of each row.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut section = "";
    table.lines().filter_map(move |line| {
        if let Some(name) = line.strip_prefix("== ") {
            section = name;
        }
        let row = !line.is_empty() && !line.starts_with(['#', '=']);
        row.then_some((section, line))
    })
}

fn lint(text: &str) -> Vec<Finding> {
    catalog::lint(text, &Model::new(), &Live::default())
}

/// No false alarm.
#[test]
fn examples_of_the_rfcs_are_fine() {
    let mut wrong = Vec::new();
    for (section, row) in rows(VALID) {
        let text = row.replace("\\n", "\n");
        let expected = |f: &Finding| {
            f.severity == Severity::Warning
                && (f.sentence.contains("sets \\Seen") || f.sentence.contains("RFC 2086"))
        };
        for finding in lint(&text).iter().filter(|f| !expected(f)) {
            let place = text.get(finding.range.clone());
            wrong.push(format!(
                "{section}: {row}\n    {place:?}: {}",
                finding.sentence
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        rows(VALID).count(),
        wrong.join("\n")
    );
    assert!(rows(VALID).count() > 300);
}

/// No miss, the place is right, and a fix mends something.
#[test]
fn mistakes_are_found_at_their_place() {
    let mut wrong = Vec::new();
    for (section, row) in rows(INVALID) {
        let (command, part) = row.rsplit_once(" | ").expect("three columns");
        let command = command.replace("\\n", "\n");
        let start = command.find('^').expect("a place");
        let end = command.rfind('^').expect("a place") - 1;
        let text = command.replace('^', "");
        let findings = lint(&text);
        let hit = findings
            .iter()
            .find(|f| f.range == (start..end) && f.sentence.contains(part));
        match hit {
            None => wrong.push(format!("{section}: {row}\n    {findings:?}")),
            Some(Finding { fix: Some(fix), .. }) => {
                let mut mended = text.clone();
                mended.replace_range(fix.range.clone(), &fix.text);
                let left = lint(&mended);
                if left
                    .iter()
                    .any(|f| f.range == (start..end) && f.sentence.contains(part))
                {
                    wrong.push(format!(
                        "{section}: {row}\n    the fix gives {mended}: {left:?}"
                    ));
                }
            }
            Some(_) => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        rows(INVALID).count(),
        wrong.join("\n")
    );
    assert!(rows(INVALID).count() > 180);
}

/// The examples of the table itself, with everything put in.
#[test]
fn the_examples_of_the_table_are_fine() {
    for row in catalog::commands() {
        let text = row
            .example
            .replace("{box}", "box")
            .replace("{new}", "new")
            .replace("{renamed}", "renamed")
            .replace("{root}", "\"User quota\"")
            .replace("{eml}", "/tmp/x.eml");
        let errors = lint(&text);
        assert!(errors.is_empty(), "{text}: {errors:?}");
    }
}

/// The sentences about `text`, each with the text it is about.
fn said(desk: &Desk, text: &str) -> Vec<String> {
    let findings = desk.console.findings(text);
    findings
        .iter()
        .map(|f| {
            format!(
                "{:?} {:?}: {}",
                f.severity,
                &text[f.range.clone()],
                f.sentence
            )
        })
        .collect()
}

#[track_caller]
fn says(desk: &Desk, text: &str, part: &str) {
    let said = said(desk, text);
    assert!(
        said.iter().any(|s| s.contains(part)),
        "{text}: no {part:?} in {said:#?}"
    );
}

#[track_caller]
fn silent(desk: &Desk, text: &str) {
    assert_eq!(said(desk, text), [""; 0], "{text}");
}

/// Logged in to a server of which nothing is known.
fn desk() -> Desk {
    Desk::greeted(Settings::default(), "* PREAUTH hello")
}

/// A desk with INBOX open: 3 messages, no new keywords.
fn selected(verb: &str) -> Desk {
    let mut desk = desk();
    desk.send(&format!("{verb} INBOX"), SubmitMode::Normal);
    desk.server("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk)\n* 3 EXISTS");
    desk.server("* OK [PERMANENTFLAGS (\\Answered \\Seen \\Deleted $Junk)] Limited");
    let code = if verb == "SELECT" {
        "READ-WRITE"
    } else {
        "READ-ONLY"
    };
    desk.server(&format!("A0001 OK [{code}] done"));
    desk
}

#[test]
fn the_state_is_looked_at() {
    let desk = desk();
    says(
        &desk,
        "FETCH 1 FLAGS",
        "Error \"FETCH\": FETCH needs an open mailbox",
    );
    says(&desk, "LOGIN a b", "LOGIN is for before the login only");
    silent(&desk, "NOOP");
    // What goes before it counts.
    silent(
        &desk,
        "EXAMINE INBOX\nFETCH 1 (FLAGS BODY.PEEK[])\nUNSELECT",
    );
    says(&desk, "EXAMINE INBOX\nCLOSE\nEXPUNGE", "Error \"EXPUNGE\"");
    says(&desk, "LOGOUT\nNOOP", "The session is over");
    let desk = selected("SELECT");
    silent(&desk, "FETCH 1 FLAGS");
}

#[test]
fn what_the_server_has_not_is_told() {
    let mut desk = desk();
    desk.send("CAPABILITY", SubmitMode::Normal);
    desk.server("* CAPABILITY IMAP4rev1 ACL LITERAL+ ENABLE CONDSTORE\nA0001 OK done");
    says(
        &desk,
        "GETQUOTAROOT INBOX",
        "Warning \"GETQUOTAROOT\": The server does not advertise QUOTA",
    );
    says(
        &desk,
        "STATUS INBOX (MAILBOXID)",
        "Warning \"MAILBOXID\": The server does not advertise OBJECTID",
    );
    says(&desk, "LIST \"\" % RETURN (CHILDREN)", "LIST-EXTENDED");
    says(
        &desk,
        "ENABLE QRESYNC",
        "does not advertise QRESYNC, so it cannot be enabled",
    );
    says(&desk, "APPEND x {{{\na\n}}} {{{\nb\n}}}", "MULTIAPPEND");
    says(&desk, "APPEND x ~{{{\na\n}}}", "BINARY");
    silent(&desk, "GETACL INBOX");
    silent(&desk, "SELECT INBOX (CONDSTORE)");
    silent(&desk, "STATUS INBOX (HIGHESTMODSEQ)");
    silent(&desk, "APPEND x {1+}\na");
    // IMAP4rev2 has taken a good many of them in.
    desk.send("CAPABILITY", SubmitMode::Normal);
    desk.server("* CAPABILITY IMAP4rev2\nA0002 OK done");
    silent(&desk, "LIST \"\" % RETURN (CHILDREN STATUS (SIZE))");
    silent(&desk, "NAMESPACE");
    says(&desk, "GETACL INBOX", "does not advertise ACL");
}

#[test]
fn rights_that_myrights_told() {
    let mut desk = selected("SELECT");
    desk.send("MYRIGHTS INBOX", SubmitMode::Normal);
    desk.server("* MYRIGHTS INBOX lrs\n* MYRIGHTS Team lr\n* MYRIGHTS old lrswicda\nA0002 OK done");
    says(
        &desk,
        "EXPUNGE",
        "Warning \"EXPUNGE\": EXPUNGE needs the right e; MYRIGHTS has told lrs.",
    );
    silent(&desk, "STORE 1 +FLAGS (\\Seen)");
    says(&desk, "STORE 1 +FLAGS (\\Deleted)", "the right t;");
    says(&desk, "STORE 1 +FLAGS (\\Flagged)", "the right w;");
    says(
        &desk,
        "UID STORE 1 +FLAGS (\\Seen \\Deleted)",
        "the right t;",
    );
    says(
        &desk,
        "COPY 1 Team",
        "Warning \"Team\": COPY needs the right i;",
    );
    says(&desk, "MOVE 1 other", "the right t and e;");
    says(&desk, "GETACL inbox", "the right a;");
    says(&desk, "DELETE Team", "the right x;");
    // The old letters (RFC 4314 section 2.1.1), and mailboxes nobody asked about.
    silent(&desk, "DELETE old");
    silent(&desk, "GETACL old");
    silent(&desk, "APPEND other {{{\nx\n}}}");
}

#[test]
fn only_looking_does_not_set_seen() {
    let desk = selected("SELECT");
    for (text, peek) in [
        ("FETCH 1 BODY[]", "BODY.PEEK[]"),
        ("FETCH 1 (UID body[TEXT]<0.9>)", "BODY.PEEK[TEXT]<0.9>"),
        ("UID FETCH 1 BINARY[1]", "BINARY.PEEK[1]"),
        ("FETCH 1 RFC822", "BODY.PEEK[]"),
        ("FETCH 1 RFC822.TEXT", "BODY.PEEK[TEXT]"),
    ] {
        let findings = desk.console.findings(text);
        let fix = findings[0].fix.as_ref().unwrap();
        assert!(findings[0].sentence.contains("sets \\Seen"), "{findings:?}");
        assert_eq!(fix.text, peek, "{text}");
        assert_eq!(findings[0].severity, Severity::Warning);
    }
    silent(
        &desk,
        "FETCH 1 (BODY BODYSTRUCTURE BODY.PEEK[] RFC822.HEADER RFC822.SIZE)",
    );
    silent(&selected("EXAMINE"), "FETCH 1 BODY[]");
}

#[test]
fn what_the_open_mailbox_has_is_looked_at() {
    let desk = selected("SELECT");
    says(
        &desk,
        "FETCH 4 FLAGS",
        "Warning \"4\": The open mailbox has 3 messages",
    );
    says(&desk, "FETCH 1:3,7:9 FLAGS", "Warning \"7:9\"");
    silent(&desk, "FETCH 1:* FLAGS");
    silent(&desk, "UID FETCH 400:* FLAGS");
    says(&desk, "STORE 1 +FLAGS ($New)", "keeps no keyword $New");
    silent(&desk, "STORE 1 +FLAGS ($Junk)");
    says(&desk, "STATUS inbox (MESSAGES)", "This mailbox is open");
    silent(&desk, "STATUS other (MESSAGES)");
    // Another mailbox may have more of both.
    silent(&desk, "SELECT other\nFETCH 4 FLAGS\nSTORE 1 +FLAGS ($New)");
}

#[test]
fn a_password_is_not_sent_where_all_can_read_it() {
    let login = "LOGIN craig secret";
    let mut desk = Desk::new(Settings::default());
    desk.server("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN] hi");
    desk.notice(Notice::Progress(Progress::Secured(LineSafety::Plain)));
    says(&desk, login, "Error \"LOGIN\": This line is not encrypted");
    says(&desk, login, "LOGINDISABLED");
    says(&desk, "AUTHENTICATE PLAIN", "This line is not encrypted");
    assert!(
        !said(&desk, "AUTHENTICATE SCRAM-SHA-256")
            .iter()
            .any(|s| s.contains("encrypted"))
    );
    desk.notice(Notice::Progress(Progress::Secured(
        LineSafety::PlainLoopback,
    )));
    assert!(!said(&desk, login).iter().any(|s| s.contains("encrypted")));
    // Nothing of a password gets into a sentence, nor into what Debug shows.
    let findings = desk.console.findings("LOGIN craig s{cr(et");
    assert!(
        findings
            .iter()
            .any(|f| f.sentence.contains("it needs quotes"))
    );
    assert!(!format!("{findings:?}").contains("s{cr"), "{findings:?}");
}

/// Dovecot 2.3.19 was asked: the 3rd before a login whatever came between, the 21st in a row after it.
#[test]
fn bad_commands_are_counted() {
    let mut desk = Desk::new(Settings::default());
    desk.server("* OK [CAPABILITY IMAP4rev1] Dovecot ready.");
    desk.notice(Notice::Ready);
    says(&desk, "FOO", "bad command 1 of 3 before the login");
    silent(&desk, "NOOP");
    desk.send("FOO", SubmitMode::Confirmed);
    desk.server("A0001 BAD what?");
    says(
        &desk,
        "FOO",
        "bad command 2 of 3 before the login; then the server hangs up",
    );
    desk.send("NOOP", SubmitMode::Normal);
    desk.server("A0002 OK done");
    desk.send("FOO", SubmitMode::Confirmed);
    desk.server("A0003 BAD what?");
    says(
        &desk,
        "FOO",
        "bad command 3 of 3 before the login: the server hangs up",
    );
    desk.send("LOGIN craig secret", SubmitMode::Confirmed);
    desk.server("A0004 OK [CAPABILITY IMAP4rev1] in");
    let counted = |desk: &Desk| said(desk, "FOO").iter().any(|s| s.contains("hangs up"));
    assert!(!counted(&desk));
    let bad = |desk: &mut Desk, from: u32, to: u32| {
        for n in from..to {
            desk.send("FOO", SubmitMode::Confirmed);
            desk.server(&format!("A{n:04} BAD what?"));
        }
    };
    bad(&mut desk, 5, 24);
    says(&desk, "FOO", "bad command 20 of 21;");
    desk.send("NOOP", SubmitMode::Normal);
    desk.server("A0024 OK done");
    assert!(!counted(&desk));
}

#[test]
fn utf8_changes_what_a_name_may_be() {
    let mut desk = desk();
    says(&desk, "SELECT \"Entwürfe\"", "modified UTF-7");
    desk.send("ENABLE UTF8=ACCEPT", SubmitMode::Confirmed);
    desk.server("* ENABLED UTF8=ACCEPT\nA0001 OK done");
    silent(&desk, "SELECT \"Entwürfe\"");
    silent(
        &desk,
        "SEARCH CHARSET UTF-8 SUBJECT \"Grüße\"\nNOOP"
            .split('\n')
            .nth(1)
            .unwrap(),
    );
    says(&desk, "SELECT Entwürfe", "stands in quotes");
    desk.send("ENABLE UIDONLY", SubmitMode::Confirmed);
    desk.server("* ENABLED UIDONLY\nA0002 OK done");
    says(&desk, "FETCH 1 FLAGS", "UIDONLY is enabled");
}

/// Errors ask once more, warnings do not; Ctrl+J never asks.
#[test]
fn enter_asks_once_more_for_errors_only() {
    let mut desk = selected("SELECT");
    let asked = |desk: &mut Desk, text: &str, mode| match desk.console.submit(text, mode) {
        Submission::Confirm { findings, .. } => findings.len(),
        Submission::Send(_) => 0,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(asked(&mut desk, "FETCH 1 (FLAG)", SubmitMode::Normal), 1);
    assert_eq!(asked(&mut desk, "FETCH 1 (FLAG)", SubmitMode::Confirmed), 0);
    assert_eq!(asked(&mut desk, "FETCH 1 (FLAG)", SubmitMode::AsTyped), 0);
    assert_eq!(asked(&mut desk, "FETCH 1 BODY[]", SubmitMode::Normal), 0);
    let Submission::Confirm { wire, .. } = desk
        .console
        .submit("NOOP\nFETCH 1 (FLAG)\nNOOP", SubmitMode::Normal)
    else {
        panic!()
    };
    assert!(wire.contains("FETCH 1 (FLAG)"), "{wire}");
}

/// Whatever is typed: it ends, and every range is one of the text.
#[test]
fn anything_can_be_typed() {
    let pieces = [
        "FETCH",
        "UID",
        " ",
        "  ",
        "(",
        ")",
        "\"",
        "\\",
        "{",
        "}",
        "{{{\n",
        "\n}}}",
        "{3}\n",
        "~{9+}\n",
        "{@x}",
        "BODY[",
        "]",
        "1:*",
        ",",
        "ü",
        "\t",
        "\n",
        "\r\n",
        "SEARCH",
        "OR",
        "NOT",
        "SELECT",
        "日本",
        "\0",
        "<0.1>",
        "LOGIN",
        "STORE",
        "+FLAGS",
        "\\Seen",
        "=",
        "&",
        "-",
        "HEADER.FIELDS",
        "RETURN",
        "$",
        "LIST",
    ];
    let mut seed = 7u64;
    let mut next = || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    let rounds = std::env::var("IMAPSH_FUZZ_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(500);
    for _ in 0..rounds {
        let mut text = String::new();
        for _ in 0..next() % 14 {
            text.push_str(pieces[next() % pieces.len()]);
        }
        for finding in lint(&text) {
            assert!(
                text.get(finding.range.clone()).is_some(),
                "{text:?}: {finding:?}"
            );
            let fix = finding.fix.iter();
            for fix in fix {
                assert!(
                    text.get(fix.range.clone()).is_some(),
                    "{text:?}: {finding:?}"
                );
            }
        }
        let pieces = catalog::parse_line(&text);
        for pair in pieces.windows(2) {
            assert!(
                pair[0].range.end <= pair[1].range.start,
                "{text:?}: {pair:?}"
            );
        }
        for piece in pieces {
            assert!(
                text.get(piece.range.clone()).is_some(),
                "{text:?}: {piece:?}"
            );
        }
        for caret in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            catalog::hint(&text, caret, &Model::new());
            catalog::partner(&text, caret);
            for candidate in catalog::complete(&text, caret, &Model::new(), &Live::default()) {
                assert!(text.get(candidate.replaces).is_some(), "{text:?}");
            }
        }
        // The same commands as those that are sent, where the text is whole.
        if let Draft::Complete(items) = draft::read(text.as_bytes(), TagRule::Automatic, None) {
            let sent: Vec<usize> = items.iter().map(|item| item.source.start).collect();
            let read: Vec<usize> = catalog::commands_in(&text)
                .iter()
                .map(|r| r.start)
                .collect();
            assert_eq!(read, sent, "{text:?}");
        }
    }
}

#[test]
fn a_dry_run_tells_rights_and_mistakes() {
    let desk = desk();
    let lines = desk
        .console
        .dry_run(
            "DELETE x\nDELETE y\nFETCH 1 BODY[]\nNOOP",
            SubmitMode::Normal,
        )
        .unwrap();
    let notes: Vec<String> = lines
        .into_iter()
        .filter_map(|line| match line {
            DryLine::Note(note) => Some(note),
            _ => None,
        })
        .collect();
    let count = |part: &str| notes.iter().filter(|n| n.contains(part)).count();
    assert_eq!(
        count("DELETE may destroy something and needs the right x in it."),
        1,
        "{notes:#?}"
    );
    assert_eq!(
        count("FETCH changes nothing that lasts and needs the right r in the open mailbox."),
        1
    );
    assert_eq!(count("needs an open mailbox: SELECT"), 1);
    assert_eq!(count("sets \\Seen"), 1);
    assert_eq!(count("NOOP"), 0);
}
