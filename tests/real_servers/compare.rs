//! Two users of one server compared in the screen, as the administrator acting for both: what is found is true, it
//! is what `imapsh compare` finds, and nothing is changed by it.

use serde_json::Value;

use crate::program::{Home, binary, run};
use crate::server::{Kind, Server, both};
use crate::terminal::Terminal;
use crate::{Line, Who, arguments, exec_as, unused};

/// Nobody else's: other tests make mailboxes meanwhile.
const ONE: &str = "u191";
const OTHER: &str = "u192";

fn oneself(user: &'static str) -> Who {
    Who {
        authcid: user,
        authzid: None,
        password: "secret",
    }
}

fn by_admin(server: &Server) -> Who {
    Who {
        authcid: server.admin(),
        authzid: Some(ONE),
        password: "adminpass",
    }
}

/// As [`OTHER`] sees a mailbox of [`ONE`].
fn seen_by_other(server: &Server, mailbox: &str) -> String {
    match server.kind {
        Kind::Dovecot => format!("shared/{ONE}/{mailbox}"),
        Kind::Cyrus => mailbox.replace("INBOX.", &format!("user.{ONE}.")),
    }
}

/// What both could find changed.
fn traces(server: &Server, mailbox: &str) -> Vec<String> {
    let theirs = seen_by_other(server, mailbox);
    let mut all = Vec::new();
    for (user, mailbox) in [(ONE, mailbox), (OTHER, theirs.as_str())] {
        let commands = [
            "LSUB \"\" \"*\"".to_owned(),
            format!("GETACL {mailbox}"),
            "GETACL INBOX".to_owned(),
            format!("STATUS {mailbox} (MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"),
            "STATUS INBOX (MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ)".to_owned(),
            format!("EXAMINE {mailbox} (CONDSTORE)"),
            "UID FETCH 1:* (FLAGS MODSEQ)".to_owned(),
            "EXAMINE INBOX (CONDSTORE)".to_owned(),
            "UID FETCH 1:* (FLAGS MODSEQ)".to_owned(),
        ];
        let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
        let output = exec_as(server, Line::Plain, Some(oneself(user)), &[], &commands);
        let text = output.text();
        let told = text.lines().filter(|line| line.contains("* "));
        let told: Vec<String> = told.map(|line| format!("{user} {line}")).collect();
        assert!(told.iter().any(|l| l.contains("\\Recent")), "{told:#?}");
        all.extend(told);
    }
    all
}

fn screen(server: &Server, home: &Home) -> Terminal {
    let words = arguments(server, Line::Plain, Some(by_admin(server)), &[], &[]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let terminal = Terminal::start(home, binary(), &words, (120, 35));
    terminal.wait_for(&format!("AS {ONE} (auth"));
    terminal
}

/// The comparison on the screen, by its export.
fn exported(terminal: &mut Terminal, home: &Home, name: &str) -> Value {
    let path = home.path().join(name);
    terminal.keys("x");
    terminal.wait_for("to file (.json: JSON): compared.json");
    terminal.keys("\x15");
    terminal.keys(&format!("{}\r", path.display()));
    terminal.wait_for("what differs as JSON");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// First and second of a row; `None`: it does not differ.
fn row<'j>(json: &'j Value, section: &str, key: &str) -> Option<[&'j Value; 2]> {
    let rows = json["differences"].as_array().unwrap();
    let found = rows
        .iter()
        .find(|row| row["section"] == section && row["key"] == key)?;
    Some([&found["first"], &found["second"]])
}

#[test]
fn the_screen_finds_what_the_shell_finds_and_leaves_no_trace() {
    for server in both() {
        let home = Home::new();
        let mailbox = unused(server, "compared");
        let theirs = seen_by_other(server, &mailbox);
        let mail = home.file(
            "a.eml",
            b"From: a@example.org\r\nSubject: one\r\n\r\nOne.\r\n",
        );
        let other = home.file(
            "b.eml",
            b"From: a@example.org\r\nSubject: two\r\n\r\nTwo.\r\n",
        );
        let append = |mailbox: &str, flags: &str, file: &std::path::Path| {
            format!("APPEND {mailbox} {flags} {{@{}}}", file.display())
        };
        let commands = [
            format!("CREATE {mailbox}"),
            append(&mailbox, "(\\Seen)", &mail),
            append(&mailbox, "(\\Flagged)", &mail),
            format!("SETACL {mailbox} {OTHER} lr"),
            append("INBOX", "()", &mail),
        ];
        let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
        exec_as(server, Line::Plain, Some(oneself(ONE)), &[], &commands).expect_code(0);
        let command = append("INBOX", "()", &other);
        exec_as(server, Line::Plain, Some(oneself(OTHER)), &[], &[&command]).expect_code(0);
        let before = traces(server, &mailbox);

        // From the shell.
        let port = server.port.to_string();
        let (one, another) = (format!("localhost+{ONE}"), format!("localhost+{OTHER}"));
        let words = [
            "-p",
            &port,
            "-a",
            server.admin(),
            "-w",
            "adminpass",
            "compare",
            &one,
            &another,
            "INBOX:1",
            "--json",
        ];
        let output = run(&Home::new(), &words, b"").expect_code(4);
        let shell: Value = serde_json::from_str(output.text().trim()).unwrap();

        // On the screen.
        let mut terminal = screen(server, &home);
        terminal.keys(&format!(":compare +{OTHER} INBOX:1\r"));
        terminal.wait_for("differ, at localhost");
        let seen = exported(&mut terminal, &home, "all.json");
        assert_eq!(seen, shell, "{:?}", server.kind);
        let all = row(&seen, "acl", &format!("{mailbox} {OTHER}")).unwrap();
        assert_eq!(all[0], "lr");
        assert!(all[1].is_null());
        let status = row(&seen, "status", &format!("{theirs} MESSAGES")).unwrap();
        assert_eq!(status[1], "2");
        let rights = row(&seen, "my rights", &theirs).unwrap();
        assert_eq!(rights[1], "lr");
        let message = row(&seen, "message", "from octet 30").unwrap();
        assert_eq!(message[0].as_str().map(|text| &text[1..4]), Some("one"));
        assert_eq!(message[1].as_str().map(|text| &text[1..4]), Some("two"));

        // One mailbox, as both see it: by F4 and a name, the mailbox being open.
        terminal.keys("\x1b");
        terminal.wait_for("Enter send");
        terminal.keys(&format!("EXAMINE {mailbox}\r"));
        // The comparison has opened one before.
        terminal.wait_for("S: A0001 OK [READ-ONLY]");
        terminal.keys("\x18a");
        terminal.wait_for("Act as");
        terminal.keys(&format!("{OTHER}\x14"));
        terminal.wait_for("as both see it: ");
        let seen = exported(&mut terminal, &home, "one.json");
        let found = |section, key| row(&seen, section, key).map(|[a, b]| [a.clone(), b.clone()]);
        let pair = |a: &str, b: &str| Some([Value::from(a), Value::from(b)]);
        assert_eq!(found("mailbox", "name"), pair(&mailbox, &theirs));
        assert_eq!(found("my rights", "all").unwrap()[1], "lr");
        assert_eq!(
            found("my rights", "s seen"),
            Some(["yes".into(), Value::Null])
        );
        assert_eq!(found("my rights", "r read"), None);
        assert_eq!(
            found("acl", "GETACL"),
            Some([Value::Null, "refused".into()])
        );
        // \Seen is each user's own, \Flagged is the mailbox's.
        assert_eq!(found("status", "UNSEEN"), pair("1", "2"));
        assert_eq!(found("flags", "\\Seen"), pair("1 message", "0 messages"));
        assert_eq!(found("flags", "\\Flagged"), None);
        assert_eq!(found("status", "MESSAGES"), None);
        terminal.keys("\x1b");
        terminal.wait_for("Enter send");
        terminal.keys(":q\r");
        assert_eq!(terminal.wait_exit(), 0);

        let after = traces(server, &mailbox);
        assert_eq!(before, after, "{:?}", server.kind);
        let delete = format!("DELETE {mailbox}");
        exec_as(server, Line::Plain, Some(oneself(ONE)), &[], &[&delete]).expect_code(0);
    }
}
