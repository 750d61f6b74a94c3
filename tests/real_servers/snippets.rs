//! `run` on servers that nobody here wrote: the shipped examples, a transcript just taken, every user with the way
//! back, limits of connections.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::program::{Home, Output, run};
use crate::server::{Kind, Server, both};
use crate::{CRAIG, Line, Who, arguments, exec, exec_as, unused};

fn shipped(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("assets/snippets").join(name)
}

fn admin(server: &Server) -> Who {
    Who {
        authcid: server.admin(),
        authzid: None,
        password: "adminpass",
    }
}

#[track_caller]
fn play(server: &Server, home: &Home, who: Who, file: &Path, more: &[&str]) -> Output {
    let mut verb = vec!["run", file.to_str().unwrap()];
    verb.extend(more);
    run(
        home,
        &arguments(server, Line::Plain, Some(who), &[], &verb),
        b"",
    )
}

/// A mailbox that everybody may see.
fn announce(server: &Server) -> &'static str {
    match server.kind {
        Kind::Dovecot => "Public/announce",
        Kind::Cyrus => "shared.announce",
    }
}

fn users(from: usize, to: usize) -> String {
    let mut text = "user\n".to_owned();
    for number in from..=to {
        let _ = writeln!(text, "u{number:03}");
    }
    text
}

fn subscribed(server: &Server, user: &'static str) -> bool {
    let who = Who {
        authzid: Some(user),
        ..admin(server)
    };
    let lsub = format!("LSUB \"\" {}", announce(server));
    let out = exec_as(server, Line::Plain, Some(who), &[], &[&lsub]).expect_code(0);
    out.text().lines().any(|line| line.starts_with("S: * LSUB"))
}

#[test]
fn the_examples_run() {
    for server in both() {
        let home = Home::new();
        play(server, &home, CRAIG, &shipped("smoke-test.imap"), &[]).expect_code(0);
        let name = unused(server, "append");
        let name = format!("box={name}");
        play(
            server,
            &home,
            CRAIG,
            &shipped("append-compare.imap"),
            &["-D", &name],
        )
        .expect_code(0);
        play(server, &home, CRAIG, &shipped("idle-wake.imap"), &[]).expect_code(0);
    }
}

#[test]
fn rights_are_given_and_taken_back() {
    for server in both() {
        let home = Home::new();
        let mailbox = unused(server, "acl");
        exec(
            server,
            &[
                &format!("CREATE {mailbox}"),
                &format!("SETACL {mailbox} brian lr"),
            ],
        )
        .expect_code(0);
        let before = exec(server, &[&format!("GETACL {mailbox}")]).expect_code(0);
        home.file("people.txt", b"monty\nbrian\n");
        let text = std::fs::read(shipped("read-access.imap")).unwrap();
        let file = home.file("read-access.imap", &text);
        let define = format!("mailbox={mailbox}");
        let more = ["-D", &define, "--undo", "undo.imap"];
        play(server, &home, CRAIG, &file, &more)
            .expect_code(0)
            .expect_line("monty: nothing -> ")
            .expect_line("brian: ");
        let undo = home.path().join("undo.imap");
        play(server, &home, CRAIG, &undo, &[]).expect_code(0);
        let after = exec(server, &[&format!("GETACL {mailbox}")]).expect_code(0);
        let acl = |out: &Output| {
            let text = out.text();
            let line = text.lines().find(|l| l.starts_with("S: * ACL")).unwrap();
            let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            words.sort();
            words
        };
        assert_eq!(acl(&before), acl(&after));
        exec(server, &[&format!("DELETE {mailbox}")]).expect_code(0);
    }
}

/// Some are subscribed before, and stay so.
#[test]
fn every_user_is_subscribed_and_the_way_back_leaves_the_server_as_it_was() {
    for server in both() {
        let home = Home::new();
        let list = home.file("users.csv", users(11, 30).as_bytes());
        let each = list.to_str().unwrap();
        let file = shipped("subscribe-team.imap");
        let define = format!("mailbox={}", announce(server));
        let common = ["-D", &define, "--each", each];
        let with = |more: &[&'static str]| {
            let mut all = common.to_vec();
            all.extend(more);
            play(server, &home, admin(server), &file, &all)
        };
        let text = format!(
            "each: @users.csv\nauthz: ${{user}}\n\n\"\" UNSUBSCRIBE {}\n",
            announce(server)
        );
        let nobody = home.file("nobody.imap", text.as_bytes());
        play(server, &home, admin(server), &nobody, &[]).expect_code(0);
        with(&["--only", "u012"]).expect_code(0);
        assert!(subscribed(server, "u012") && !subscribed(server, "u013"));
        with(&[
            "--undo",
            "undo.imap",
            "--report",
            "r.jsonl",
            "--junit",
            "j.xml",
        ])
        .expect_code(0)
        .expect_error(&["20 ok", "19 commands are taken back by"]);
        assert!(subscribed(server, "u012") && subscribed(server, "u013"));
        let report = std::fs::read_to_string(home.path().join("r.jsonl")).unwrap();
        for kind in ["start", "end"] {
            let kind = format!("\"type\":\"{kind}\"");
            assert_eq!(report.matches(&kind).count(), 20, "{report}");
        }
        assert!(!report.contains("adminpass"));
        let junit = std::fs::read_to_string(home.path().join("j.xml")).unwrap();
        assert!(junit.contains("tests=\"20\""), "{junit}");
        let undo = home.path().join("undo.imap");
        play(server, &home, admin(server), &undo, &[]).expect_code(0);
        assert!(subscribed(server, "u012") && !subscribed(server, "u013"));
        assert!(!subscribed(server, "u030"));
    }
}

#[test]
fn users_who_are_not_there_harm_no_other() {
    // This Cyrus takes whoever its administrator acts as.
    for server in both().into_iter().filter(|s| s.kind == Kind::Dovecot) {
        let home = Home::new();
        let mut list = "user\n".to_owned();
        for number in 1..=6 {
            let _ = writeln!(list, "nobody-{number}");
        }
        list.push_str(&users(41, 48)[5..]);
        home.file("users.csv", list.as_bytes());
        let text = "each: @users.csv\nauthz: ${user}\n\nSTATUS INBOX (MESSAGES)\n* STATUS INBOX (MESSAGES ${n})\n!output ${user},${n}\n";
        let file = home.file("quota.imap", text.as_bytes());
        let out = play(server, &home, admin(server), &file, &[]);
        let text = out.text();
        assert!(
            text.lines().filter(|l| l.starts_with('u')).count() == 8,
            "{text}{}",
            out.stderr
        );
        out.expect_code(3)
            .expect_error(&["8 ok, 6 not connected", "nobody-1", "nobody-6"]);
    }
}

/// Written down as `exec` shows it.
#[test]
fn a_transcript_just_taken_is_a_snippet_that_passes() {
    for server in both() {
        let home = Home::new();
        let out = exec(
            server,
            &[
                "LIST \"\" \"%\"",
                "STATUS INBOX (UIDVALIDITY)",
                "EXAMINE INBOX",
                "SEARCH ALL",
                "NOOP",
            ],
        )
        .expect_code(0);
        let text = out.text();
        let lines: Vec<&str> = (text.lines())
            .skip_while(|line| !line.starts_with("C: A0001"))
            .take_while(|line| !line.ends_with(" LOGOUT"))
            .collect();
        assert!(lines.len() > 8, "{text}");
        let file = home.file("pasted.imap", lines.join("\r\n").as_bytes());
        play(server, &home, CRAIG, &file, &[]).expect_code(0);
        // And it notices what is another now.
        let other = lines.join("\n").replace("UIDVALIDITY ", "UIDVALIDITY 1");
        let file = home.file("other.imap", other.as_bytes());
        play(server, &home, CRAIG, &file, &[])
            .expect_code(4)
            .expect_error(&["other.imap:"]);
    }
}

#[test]
fn old_scripts_of_imtest_are_snippets() {
    for server in both() {
        let home = Home::new();
        let file = home.file("old.imap", b". examine inbox\na1 noop\n. search all\n");
        play(server, &home, CRAIG, &file, &[]).expect_code(0);
    }
}
