//! Scripts of imaptest's: against servers that are made up. The scripts in `tests/snippets/imaptest` are ours,
//! one for each rule, each with what the server says and what must come of it; `real_servers/imaptest.rs` runs
//! them against real ones.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use imapsh::safety::SafeMode;
use imapsh::snippet::{
    Diagnostics, Files, Player, Script, Settings, Value, Vars, Verdict, imaptest,
};

use crate::common::stage::{Far, Folder, Played, run};

const MBOX: &str = "From anna@example.org  Mon Jan  5 09:30:00 2015\nSubject: one\n\nfirst\n\n\
From bert@example.org Tue Jan  6 10:00:00 2015 +0530\nSubject: two\n\nsecond\nFrom here on it is the same.\n\n";

fn read(name: &str, text: &str) -> Result<Script, Diagnostics> {
    let files = Folder::with(&[("default.mbox", MBOX)]);
    imaptest::parse(name, text.as_bytes(), &files, &|_| false)
}

/// What the server says to a command, by the command's words: lines; the last one without `*` is the result.
#[derive(Clone, Default)]
struct Server {
    said: BTreeMap<String, Vec<String>>,
    capabilities: &'static str,
    greeting: Option<&'static str>,
    shared: Rc<RefCell<Shared>>,
}

/// What all connections see.
#[derive(Default)]
struct Shared {
    messages: usize,
    log: Vec<String>,
}

impl Server {
    fn new() -> Server {
        Server {
            capabilities: "IMAP4rev1 LITERAL+ CONDSTORE",
            ..Server::default()
        }
    }

    fn says(mut self, command: &str, lines: &[&str]) -> Server {
        let lines = lines.iter().map(|line| (*line).to_owned());
        self.said
            .insert(command.to_ascii_lowercase(), lines.collect());
        self
    }

    /// One connection of it.
    fn connection(&self, number: usize) -> Far {
        let server = self.clone();
        let mut literal = 0;
        let mut command = String::new();
        Far::Answering(Box::new(move |line: &str| {
            if line.is_empty() && command.is_empty() {
                let greeting = server.greeting.unwrap_or("* OK [CAPABILITY @] ready");
                return Some(format!(
                    "{}\r\n",
                    greeting.replace('@', server.capabilities)
                ));
            }
            command.push_str(line);
            // The last line of a literal may end the command, too.
            if literal > line.len() {
                literal -= (line.len() + 2).min(literal);
                command.push_str("\\r\\n");
                return Some(String::new());
            }
            literal = 0;
            if let Some((_, size)) = line.strip_suffix('}').and_then(|l| l.rsplit_once('{')) {
                literal = size.trim_end_matches('+').parse().unwrap();
                let go = if size.ends_with('+') {
                    ""
                } else {
                    "+ go on\r\n"
                };
                return Some(go.to_owned());
            }
            let whole = std::mem::take(&mut command);
            Some(server.answer(number, &whole))
        }))
    }

    fn answer(&self, number: usize, line: &str) -> String {
        let mut shared = self.shared.borrow_mut();
        shared.log.push(line.to_owned());
        let (tag, command) = line.split_once(' ').unwrap();
        let words = command.to_ascii_lowercase();
        let key = format!("{number} {words}");
        let said = self.said.get(&key).or_else(|| self.said.get(&words));
        if let Some(lines) = said {
            let mut out = String::new();
            let mut ended = false;
            for line in lines {
                ended |= ["OK", "NO", "BAD", "silence"]
                    .iter()
                    .any(|s| line.starts_with(s));
                match line.as_str() {
                    "silence" => {}
                    line if ["OK", "NO", "BAD"].iter().any(|s| line.starts_with(s)) => {
                        out += &format!("{tag} {line}\r\n");
                    }
                    line => out += &format!("{line}\r\n"),
                }
            }
            if !ended {
                out += &format!("{tag} OK done\r\n");
            }
            return out;
        }
        let verb = words.split(' ').next().unwrap_or_default();
        match verb {
            "append" => shared.messages += 1,
            "select" => {
                let messages = shared.messages;
                return format!("* {messages} EXISTS\r\n{tag} OK [READ-WRITE] open\r\n");
            }
            "logout" => return format!("* BYE so long\r\n{tag} OK done\r\n"),
            "capability" => {
                return format!("* CAPABILITY {}\r\n{tag} OK done\r\n", self.capabilities);
            }
            _ => {}
        }
        format!("{tag} OK done\r\n")
    }

    fn log(&self) -> Vec<String> {
        self.shared.borrow().log.clone()
    }
}

/// Plays a script; `with` changes what it is played with.
fn play_with(server: &Server, text: &str, with: impl FnOnce(&mut Settings, &mut Vars)) -> Played {
    let files = Folder::with(&[("default.mbox", MBOX)]);
    let script =
        imaptest::parse("script", text.as_bytes(), &files, &|_| false).unwrap_or_else(|found| {
            let told: String = found.iter().map(|d| d.text(None)).collect();
            panic!("it does not parse:\n{told}")
        });
    let mut settings = Settings::new(Arc::new(files));
    settings.allow_destructive = true;
    let mut vars = Vars::default();
    vars.profile.insert("user".to_owned(), Value::text("craig"));
    with(&mut settings, &mut vars);
    let player = Player::new(Arc::new(script), vars, settings);
    run(player, &mut |conn, _| server.connection(conn))
}

fn play(server: &Server, text: &str) -> Played {
    play_with(server, text, |_, _| {})
}

/// `ok`, `skipped`, or `failed` with the lines that it names.
fn verdict(played: &Played) -> String {
    match &played.verdict {
        Verdict::Passed => "ok".to_owned(),
        Verdict::Skipped(_) => "skipped".to_owned(),
        Verdict::Failed(found) => {
            let mut lines: Vec<usize> = found.iter().map(|d| d.span.line).collect();
            lines.sort_unstable();
            lines.dedup();
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            format!("failed {}", lines.join(" "))
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn each_rule_has_a_script() {
    let folder = format!("{}/tests/snippets/imaptest", env!("CARGO_MANIFEST_DIR"));
    let mbox = std::fs::read_to_string(format!("{folder}/default.mbox")).unwrap();
    let mut played = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "said") {
            continue;
        }
        let said = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let Some(wanted) = said.lines().find_map(|l| l.strip_prefix("made up: ")) else {
            continue;
        };
        let mut server = Server::new();
        let mut command = String::new();
        for line in said.lines().filter(|l| !l.starts_with('#')) {
            match line.strip_prefix("  ") {
                Some(reply) => server
                    .said
                    .get_mut(&command)
                    .unwrap()
                    .push(reply.to_owned()),
                None if line.starts_with("made up: ") || line.starts_with("real: ") => {}
                None => {
                    command = line.to_ascii_lowercase();
                    server.said.insert(command.clone(), Vec::new());
                }
            }
        }
        let text = std::fs::read(folder.clone() + "/" + &name).unwrap();
        let files = Folder::with(&[("default.mbox", &mbox)]);
        let script = imaptest::parse(&name, &text, &files, &|_| false).unwrap();
        let mut settings = Settings::new(Arc::new(files));
        settings.allow_destructive = true;
        let player = Player::new(Arc::new(script), Vars::default(), settings);
        let result = run(player, &mut |conn, _| server.connection(conn));
        assert_eq!(
            verdict(&result),
            wanted,
            "{name}: {:?}\n{:#?}",
            result.verdict,
            server.log()
        );
        played += 1;
    }
    assert!(played >= 15, "{played} scripts");
}

#[test]
fn a_file_that_does_not_parse_says_where_and_what_to_do() {
    for (text, place, message) in [
        ("messages\n\nok noop\n", "s:1:1", "no colon"),
        ("mesages: 2\n\nok noop\n", "s:1:1", "no header key"),
        ("state: away\n\nok noop\n", "s:1:1", "no state"),
        ("connections: 0\n\nok noop\n", "s:1:1", "connections"),
        ("\nok append {{{\nx\n", "s:2:1", "without its }}}"),
        ("\nnoop\n", "s:2:1", "result of this command"),
        ("\nnoop\nlist \"\" *\nok\n", "s:3:1", "still waits"),
        (
            "\ntag1 noop\ntag1 noop\ntag1 ok\n",
            "s:3:1",
            "have this tag",
        ),
        ("\ntag1 noop\ntag2 ok\n", "s:3:1", "no command has this tag"),
        ("\nok\n", "s:2:1", "no command that waits"),
        ("\nok noop\n* list (a\n", "s:3:1", "without its )"),
        ("\nok noop\n* list a )\n", "s:3:1", "closes no list"),
        ("\nok noop\n* ok \"a\n", "s:3:1", "end quote"),
        ("\nok noop\n* list ($!any a)\n", "s:3:1", "no directive"),
        (
            "\nok noop\n* list ($!unordered=2 a)\n",
            "s:3:1",
            "groups of 2",
        ),
        ("\nok noop\n? bye\n", "s:3:1", "BYE"),
        ("\nok noop\n!sleep long\n", "s:3:1", "a time"),
        ("\nok noop\n!ifenv X\nok noop\n", "s:3:1", "!endif"),
        ("\nok noop\n!else\n", "s:3:1", "without !ifenv"),
        ("\n", "s:1:1", "no commands"),
        ("connections: 2\n\nok noop\n", "s:3:1", "which connection"),
        (
            "connections: 2\n\n1 tag1 noop\n2 tag2 noop\n1 tag1 ok\n",
            "s:4:1",
            "one connection",
        ),
        (
            "connections: 2\n\n1 noop\n2 ok\n",
            "s:4:1",
            "another connection",
        ),
    ] {
        let found = read("s", text).expect_err(text);
        let told = found.first().unwrap().text(None);
        assert!(
            told.starts_with(place) && told.contains(message),
            "{text:?}: {told}"
        );
    }
}

#[test]
fn its_files_are_known_by_the_messages_beside_them() {
    let files = Folder::with(&[("default.mbox", MBOX)]);
    assert!(imaptest::is_meant("append", &files));
    assert!(imaptest::is_meant("tests/append", &files));
    assert!(!imaptest::is_meant("append.imap", &files));
    let own = Folder::with(&[("fetch.mbox", MBOX)]);
    assert!(imaptest::is_meant("fetch", &own));
    assert!(!imaptest::is_meant("append", &own));
    assert!(own.read("append.mbox").is_err());
}

#[test]
fn the_mailbox_is_made_as_the_header_says() {
    let server = Server::new()
        .says(
            "list \"\" \"imaptest*\"",
            &[
                "* LIST () \"/\" imaptest",
                "* LIST () \"/\" \"imaptest/b c\"",
                "* LIST () \"/\" Imaptest/a",
            ],
        )
        .says("lsub \"\" \"imaptest*\"", &["* LSUB () \"/\" imaptest/old"])
        .says("unsubscribe \"imaptest/old\"", &["NO never"]);
    let played = play(
        &server,
        "messages: 1\nconnections: 2\n\n1 ok append\n2 ok noop\n",
    );
    assert_eq!(verdict(&played), "ok", "{:?}", played.verdict);
    let log = server.log();
    let date = "05-Jan-2015 09:30:00";
    assert_eq!(log[0], "1.1 LIST \"\" \"imaptest*\"");
    assert_eq!(
        log[1..7],
        [
            "1.2 LSUB \"\" \"imaptest*\"",
            "1.3 DELETE \"imaptest/b c\"",
            "1.4 DELETE \"Imaptest/a\"",
            "1.5 DELETE \"imaptest\"",
            "1.6 UNSUBSCRIBE \"imaptest/old\"",
            "1.7 CREATE \"imaptest\"",
        ]
    );
    assert!(
        log[7].starts_with(&format!("1.8 APPEND \"imaptest\" \"{date} ")),
        "{}",
        log[7]
    );
    assert!(
        log[7].ends_with("{25}Subject: one\\r\\n\\r\\nfirst\\r\\n\\r\\n"),
        "{}",
        log[7]
    );
    assert_eq!(
        log[8..10],
        ["1.9 SELECT \"imaptest\"", "2.1 SELECT \"imaptest\""]
    );
    let second = "1.10 APPEND \"imaptest\" \"06-Jan-2015 10:00:00 +0530\" ";
    assert!(log[10].starts_with(second), "{}", log[10]);
    assert_eq!(log[11..], ["2.2 noop", "1.11 logout"]);
}

#[test]
fn each_state_goes_so_far() {
    for (state, verbs) in [
        ("nonauth", "noop logout"),
        ("auth", "LIST LSUB noop logout"),
        ("created", "LIST LSUB CREATE noop logout"),
        ("appended", "LIST LSUB CREATE APPEND noop logout"),
        ("selected", "LIST LSUB CREATE APPEND SELECT noop logout"),
    ] {
        let server = Server::new();
        let played = play(
            &server,
            &format!("state: {state}\nmessages: 1\n\nok noop\n"),
        );
        assert_eq!(verdict(&played), "ok", "{state}: {:?}", played.verdict);
        let log = server.log();
        let sent: Vec<&str> = log.iter().map(|l| l.split(' ').nth(1).unwrap()).collect();
        assert_eq!(sent.join(" "), verbs, "{state}");
    }
}

#[test]
fn nothing_is_deleted_unless_that_is_allowed() {
    let server = Server::new().says(
        "list \"\" \"mine*\"",
        &["* LIST () \"/\" mine/a", "* LIST () \"/\" mine"],
    );
    let played = play_with(&server, "\nok noop\n", |settings, vars| {
        settings.allow_destructive = false;
        settings.safe = SafeMode::Off;
        vars.given.insert("mailbox".to_owned(), Value::text("mine"));
    });
    let Verdict::Refused(found) = &played.verdict else {
        panic!("{:?}", played.verdict);
    };
    let told = found[0].text(None);
    assert!(told.contains("would be deleted: mine/a, mine"), "{told}");
    assert!(told.contains("--allow-destructive"), "{told}");
    assert_eq!(server.log().len(), 2, "{:?}", server.log());

    let server = Server::new();
    let played = play_with(&server, "\nok noop\n", |settings, _| {
        settings.safe = SafeMode::ReadOnly
    });
    assert!(
        matches!(played.verdict, Verdict::Refused(_)),
        "{:?}",
        played.verdict
    );
    assert!(
        server.log().is_empty() && played.order.is_empty(),
        "{:?}",
        played.order
    );

    // Nothing is set up here, and still a command can destroy.
    let server = Server::new();
    let text = "state: nonauth\n\nok noop\nok delete x\n";
    let played = play_with(&server, text, |settings, _| {
        settings.allow_destructive = false
    });
    assert!(
        matches!(played.verdict, Verdict::Refused(_)),
        "{:?}",
        played.verdict
    );
    assert_eq!(server.log(), ["1.1 noop"]);
}

#[test]
fn what_the_server_lacks_is_skipped_before_anything_is_deleted() {
    let server = Server::new();
    let played = play(
        &server,
        "capabilities: condstore IMAP4REV1 X-ODD\n\nok noop\n",
    );
    let Verdict::Skipped(why) = &played.verdict else {
        panic!("{:?}", played.verdict);
    };
    assert!(why.contains("X-ODD"), "{why}");
    assert!(server.log().is_empty(), "{:?}", server.log());
    let text =
        "connections: 2\nuser 2: $user2\nstate: auth\n\n2 ok list $user2 $username $domain\n";
    let played = play(&server, text);
    assert!(
        matches!(played.verdict, Verdict::Skipped(_)),
        "{:?}",
        played.verdict
    );
    let with = |vars: &mut Vars| {
        vars.given
            .insert("user2".to_owned(), Value::text("monty@example.org"));
    };
    let played = play_with(&server, text, |_, vars| with(vars));
    // What is given is what it is; the names that follow from it are the first connection's.
    assert_eq!(verdict(&played), "ok", "{:?}", played.verdict);
    assert!(
        server
            .log()
            .iter()
            .any(|l| l == "2.1 list monty@example.org craig"),
        "{:?}",
        server.log()
    );
}

#[test]
fn what_waits_on_another_connection_counts_when_its_turn_comes() {
    let late = ["OK done", "* 3 EXISTS"];
    let server = Server::new().says("2 check", &late);
    let text = "connections: 2\nstate: selected\n\n2 ok check\n! 3 exists\n1 ok noop\n! 3 exists\n2 ok noop\n* 3 exists\n";
    assert_eq!(verdict(&play(&server, text)), "ok");
}

#[test]
fn a_server_that_says_what_it_must_not_is_not_gone_on_with() {
    for (reply, message) in [
        ("* 0 EXISTS", "EXISTS went down"),
        ("* 0 EXPUNGE", "message 0"),
        ("* 9 EXPUNGE", "only 1"),
        ("* 9 FETCH (FLAGS ())", "only 1"),
        ("* 1 FETCH", "without a list"),
        ("* 1 FETCH (FLAGS)", "odd number"),
        ("* 1 FETCH (FLAGS (\\Odd))", "unknown flag"),
        ("* VANISHED 1", "QRESYNC"),
        ("* OK [UIDNEXT 5", "without its ]"),
        ("* LIST (a", "without its )"),
        ("* OK \"so", "end quote"),
        ("x9 OK done", "no command's tag"),
        ("+ go on", "nobody asked"),
    ] {
        let server = Server::new().says("noop", &[reply]);
        let played = play(&server, "messages: 1\n\nok noop\nok check\n");
        assert_eq!(
            verdict(&played),
            "failed 3",
            "{reply}: {:?}",
            played.verdict
        );
        assert!(
            played.failure().contains(message),
            "{reply}: {}",
            played.failure()
        );
        assert!(
            !server.log().iter().any(|l| l.ends_with("check")),
            "{reply}"
        );
    }
    let server = Server::new()
        .says("fetch 1 a", &["* 1 FETCH (UID 5 INTERNALDATE \"a\")"])
        .says("fetch 1 b", &["* 1 FETCH (UID 6)"])
        .says("fetch 1 c", &["* 1 FETCH (UID 5 INTERNALDATE \"c\")"]);
    let text = |second: &str| format!("messages: 1\n\nok fetch 1 a\nok fetch 1 {second}\n");
    assert_eq!(verdict(&play(&server, &text("b"))), "failed 4");
    assert_eq!(verdict(&play(&server, &text("c"))), "failed 4");
    // What is odd, and no reason to stop.
    for reply in [
        "* BAD what",
        "* ODD thing",
        "* OK",
        "* 1 FETCH (FLAGS (new-word))",
    ] {
        let server = Server::new().says("noop", &[reply]);
        assert_eq!(
            verdict(&play(&server, "messages: 1\n\nok noop\n")),
            "ok",
            "{reply}"
        );
    }
}

#[test]
fn no_answer_and_a_closed_connection_end_it() {
    let server = Server::new().says("noop", &["silence"]);
    let played = play(&server, "state: auth\n\nok noop\nok check\n");
    assert_eq!(verdict(&played), "failed 3");
    assert!(
        played.failure().contains("within 30 s"),
        "{}",
        played.failure()
    );

    let server = Server::new().says("noop", &["* BYE enough", "silence"]);
    let played = play(&server, "state: auth\n\nok noop\n");
    assert_eq!(verdict(&played), "failed 3", "{:?}", played.verdict);
}

#[test]
fn a_setup_that_is_refused_ends_and_says_which_mailbox() {
    let server = Server::new().says("create \"imaptest\"", &["NO Permission denied"]);
    let played = play(&server, "\nok noop\n");
    assert!(
        played.failure().contains("Permission denied"),
        "{}",
        played.failure()
    );
    assert!(
        played.failure().contains("-D mailbox=INBOX.imaptest"),
        "{}",
        played.failure()
    );
}

#[test]
fn what_the_server_said_never_becomes_a_command() {
    let body = "* 1 FETCH (BODY[] {13}\r\na\r\nx DELETE y)";
    let server = Server::new().says("fetch 1 body", &[body]);
    let text = "messages: 1\n\nok fetch 1 body\n* 1 fetch (body[] $v)\nok search text $v\n";
    let played = play(&server, text);
    assert!(
        played.failure().contains("line end"),
        "{}",
        played.failure()
    );
    assert!(
        !server.log().iter().any(|l| l.starts_with("x ")),
        "{:?}",
        server.log()
    );
}

#[test]
fn output_is_told_and_secrets_are_not() {
    let server = Server::new();
    let text = "state: auth\n\nok noop\n!output in $mailbox as $user with $password\nok login $user $password\n";
    let played = play_with(&server, text, |_, vars| {
        let secret = Value::secret(b"hunter2".to_vec());
        vars.given.insert("password".to_owned(), secret);
    });
    assert_eq!(verdict(&played), "ok", "{:?}", played.verdict);
    assert_eq!(played.output, ["in imaptest as craig with ********"]);
    let recorded = &played
        .records
        .iter()
        .find(|r| r.command.starts_with("login"))
        .unwrap()
        .command;
    assert!(!recorded.contains("hunter2"), "{recorded}");
}
