//! Every command of the list, typed with a tag and without one, on Dovecot, Cyrus and the demo.

use crate::program::{Home, Output, run};
use crate::server::{Kind, Server, both};
use crate::{CRAIG, Line, arguments};

/// What a command must get. Never BAD where the server has the command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Want {
    Ok,
    /// OK or NO: Cyrus answers GETQUOTA to administrators only.
    Known,
    /// The server does not have it: whatever it says is shown.
    Anything,
}
use Want::{Anything, Known, Ok};

/// The list, in an order that works: `{box}` and `{new}` are mailboxes of this run, `{eml}` a file.
fn commands(has: impl Fn(&str) -> Want) -> Vec<(&'static str, Want)> {
    vec![
        ("CAPABILITY", Ok),
        ("NOOP", Ok),
        ("ID (\"name\" \"imapsh\")", Ok),
        ("ENABLE CONDSTORE", Ok),
        ("NAMESPACE", Ok),
        ("CREATE {box}", Ok),
        ("LIST \"\" *", Ok),
        ("SUBSCRIBE {box}", Ok),
        ("LSUB \"\" *", Ok),
        ("APPEND {box} (\\Flagged) {@{eml}}", Ok),
        ("APPEND {box} {@{eml}}", Ok),
        ("APPEND {box} {@{eml}}", Ok),
        ("STATUS {box} (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)", Ok),
        ("EXAMINE {box}", Ok),
        ("UNSELECT", Ok),
        ("SELECT {box}", Ok),
        ("CHECK", Ok),
        ("IDLE", Ok),
        ("SEARCH ALL", Ok),
        ("UID SEARCH FLAGGED", Ok),
        ("SORT (SUBJECT) UTF-8 ALL", Ok),
        ("UID SORT (REVERSE DATE) UTF-8 ALL", Ok),
        ("THREAD REFERENCES UTF-8 ALL", Ok),
        (
            "UID THREAD ORDEREDSUBJECT UTF-8 ALL",
            has("THREAD=ORDEREDSUBJECT"),
        ),
        (
            "FETCH 1:* (FLAGS UID ENVELOPE BODYSTRUCTURE INTERNALDATE RFC822.SIZE)",
            Ok,
        ),
        ("FETCH 1 BODY.PEEK[]", Ok),
        (
            "UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])",
            Ok,
        ),
        ("STORE 1 +FLAGS (\\Answered)", Ok),
        ("UID STORE 1:* +FLAGS.SILENT ($Forwarded)", Ok),
        ("COPY 1 {box}", Ok),
        ("UID COPY 1:* {box}", Ok),
        ("CREATE {new}", Ok),
        ("MOVE 1 {new}", Ok),
        ("UID MOVE 1:* {new}", Ok),
        ("STORE 1 +FLAGS (\\Deleted)", Anything),
        ("EXPUNGE", Ok),
        ("UID EXPUNGE 1:*", Ok),
        ("CLOSE", Ok),
        ("GETACL {box}", Ok),
        ("SETACL {box} monty lrs", Ok),
        ("LISTRIGHTS {box} monty", Ok),
        ("MYRIGHTS {box}", Ok),
        ("DELETEACL {box} monty", Ok),
        ("GETQUOTAROOT INBOX", Ok),
        ("GETQUOTA {root}", Known),
        ("RECONSTRUCT {box}", Anything),
        ("DELETE {new}", Ok),
        ("RENAME {box} {new}", Ok),
        ("UNSUBSCRIBE {box}", Ok),
        ("DELETE {new}", Ok),
        ("LOGOUT", Ok),
    ]
}

struct Names {
    mailbox: String,
    renamed: String,
    root: &'static str,
}

/// Runs the list through stdin, each line behind `tag(n)` if there is one, and judges each reply.
#[track_caller]
fn run_list(
    what: &str,
    arguments: &[String],
    names: &Names,
    list: &[(&str, Want)],
    own_tags: bool,
) {
    let home = Home::new();
    let eml = home.file(
        "mail.eml",
        b"From: Craig <craig@localhost>\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHello\r\n",
    );
    let mut input = String::new();
    for (number, (command, _)) in list.iter().enumerate() {
        let line = command
            .replace("{@{eml}}", &format!("{{@{}}}", eml.display()))
            .replace("{box}", &names.mailbox)
            .replace("{new}", &names.renamed)
            .replace("{root}", names.root);
        if own_tags {
            input.push_str(&format!("t{number:03}x "));
        }
        input.push_str(&line);
        input.push('\n');
        if *command == "IDLE" {
            input.push_str("DONE\n");
        }
    }
    let output = run(&home, arguments, input.as_bytes());
    let results = results(&output);
    assert_eq!(
        results.len(),
        list.len(),
        "{what}: not every command has its reply\n{}{}",
        output.text(),
        output.stderr
    );
    for (number, ((command, want), (tag, sent, reply))) in list.iter().zip(&results).enumerate() {
        let verb = command.split(' ').next().unwrap();
        assert!(sent.contains(verb), "{what}: {command}: {sent}");
        if own_tags {
            assert_eq!(
                tag,
                &format!("t{number:03}x"),
                "{what}: {sent}: the user's own tag goes out"
            );
        }
        let fine = match want {
            Ok => reply.starts_with("OK"),
            Known => reply.starts_with("OK") || reply.starts_with("NO"),
            Anything => true,
        };
        assert!(fine, "{what}: {sent}\n  got {reply}\n{}", output.text());
    }
    assert!(
        matches!(output.code, Some(0 | 4)),
        "{what}: exit code {:?}\n{}",
        output.code,
        output.stderr
    );
}

/// Each command that went out: its tag, its first line, and what the tagged reply says.
fn results(output: &Output) -> Vec<(String, String, String)> {
    let text = output.text();
    let mut sent: Vec<(String, String, String)> = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("C: ") {
            let (tag, rest) = command.split_once(' ').unwrap_or((command, ""));
            // The program's own commands (the login) are tagged P...; DONE and the rest of an
            // APPEND's line are no commands.
            let is_tag = tag.len() > 4 && tag.bytes().skip(1).take(3).all(|b| b.is_ascii_digit());
            if is_tag && !tag.starts_with('P') {
                sent.push((tag.to_owned(), rest.to_owned(), String::new()));
            }
        } else if let Some((tag, reply)) = line.strip_prefix("S: ").and_then(|l| l.split_once(' '))
            && let Some(command) = sent.iter_mut().find(|c| c.0 == tag && c.2.is_empty())
        {
            command.2 = reply.to_owned();
        }
    }
    sent.retain(|(_, _, reply)| !reply.is_empty());
    sent
}

fn names(server: Option<&Server>, number: u32) -> Names {
    let name = |what: &str| format!("{what}{}x{number}", std::process::id());
    let (mailbox, renamed) = (name("list"), name("renamed"));
    let root = match server.map(|s| s.kind) {
        Some(Kind::Dovecot) => "\"User quota\"",
        Some(Kind::Cyrus) | None => "user.craig",
    };
    let prefix = if root.starts_with('"') { "" } else { "INBOX." };
    Names {
        mailbox: format!("{prefix}{mailbox}"),
        renamed: format!("{prefix}{renamed}"),
        root,
    }
}

#[test]
fn every_command_on_real_servers() {
    for server in both() {
        // Dovecot has no ORDEREDSUBJECT in some builds: asked for, not assumed.
        let capabilities = run(
            &Home::new(),
            &arguments(
                server,
                Line::Plain,
                Some(CRAIG),
                &[],
                &["exec", "CAPABILITY"],
            ),
            b"",
        )
        .text();
        let has = |word: &str| {
            if capabilities.split_whitespace().any(|c| c == word) {
                Ok
            } else {
                Anything
            }
        };
        for (number, own_tags) in [(0, false), (1, true)] {
            let list = commands(has);
            let arguments = arguments(server, Line::Plain, Some(CRAIG), &[], &["exec"]);
            let what = format!("{:?}, own tags: {own_tags}", server.kind);
            run_list(
                &what,
                &arguments,
                &names(Some(server), number),
                &list,
                own_tags,
            );
        }
    }
}

#[test]
fn every_command_on_the_demo() {
    for (number, own_tags) in [(0, false), (1, true)] {
        let arguments = ["--yes".to_owned(), "demo".to_owned(), "exec".to_owned()];
        let what = format!("demo, own tags: {own_tags}");
        run_list(
            &what,
            &arguments,
            &names(None, number),
            &commands(|_| Ok),
            own_tags,
        );
    }
}

/// What the server does not know is shown as the server says it.
#[test]
fn reconstruct_shows_what_the_server_says() {
    for server in both() {
        let output = crate::exec(server, &["RECONSTRUCT INBOX"]).expect_code(4);
        output
            .expect_line("C: A0001 RECONSTRUCT INBOX")
            .expect_line("S: A0001 ");
    }
}

/// imtest's classic confusion cannot happen: the word is a command and gets a tag.
#[test]
fn subscribe_without_a_tag_is_no_tag() {
    for server in both() {
        let output =
            crate::exec(server, &["SUBSCRIBE INBOX", "b33p sUbScRiBe INBOX"]).expect_code(0);
        output
            .expect_line("C: A0001 SUBSCRIBE INBOX")
            .expect_line("S: A0001 OK")
            .expect_line("C: b33p sUbScRiBe INBOX")
            .expect_line("S: b33p OK");
    }
}
