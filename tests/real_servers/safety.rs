//! Safe mode and what a reply suggests, on real servers: counted by them, restored by them.

use crate::program::{Home, Output, binary, run};
use crate::server::{Server, both};
use crate::terminal::Terminal;
use crate::{CRAIG, Line, arguments, exec, exec_as, unused};

fn screen(server: &Server, home: &Home) -> Terminal {
    let arguments = arguments(server, Line::StartTls, Some(CRAIG), &["--no-auto"], &[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let terminal = Terminal::start(home, binary(), &arguments, (120, 35));
    terminal.wait_for("AS craig");
    terminal.wait_for("SAFE confirm");
    terminal
}

/// A mailbox of craig's with three messages, the first two marked as deleted.
fn mailbox(server: &Server) -> String {
    let own = unused(server, "safe");
    let message = "{{{\nSubject: hello\n\nhello\n}}}";
    let append = format!("APPEND {own} {message}");
    exec(
        server,
        &[
            &format!("CREATE {own}"),
            &append,
            &append,
            &append,
            &format!("SELECT {own}"),
            "STORE 1:2 +FLAGS (\\Deleted)",
        ],
    )
    .expect_code(0);
    own
}

#[test]
fn what_would_go_is_counted_and_enter_is_no_answer() {
    for server in both() {
        let own = mailbox(server);
        let home = Home::new();
        let mut terminal = screen(server, &home);
        terminal.keys(&format!("SELECT {own}\r"));
        terminal.wait_for("[READ-WRITE]");
        terminal.keys("EXPUNGE\r");
        terminal.wait_for("2 messages with \\Deleted would go for good.");
        terminal.keys("\r\r");
        terminal.wait_for("Send it?");
        terminal.keys("n");
        terminal.wait_gone("Send it?");
        terminal.keys("\x15close\r");
        terminal.wait_for("2 messages with \\Deleted would go for good.");
        terminal.keys("n");
        terminal.wait_gone("Send it?");
        terminal.keys("\x15UID EXPUNGE 1\r");
        terminal.wait_for("1 message of UID 1 with \\Deleted would go for good.");
        terminal.keys("y");
        terminal.wait_for("* 1 EXPUNGE");
        terminal.keys(&format!("DELETE {own}\r"));
        terminal.wait_for("(2 messages) would go for good.");
        terminal.keys("n");
        terminal.wait_gone("Send it?");
        terminal.keys("\x03:q\r");
        assert_eq!(terminal.wait_exit(), 0);
        exec(server, &[&format!("DELETE {own}")]).expect_code(0);
    }
}

#[test]
fn rights_and_flags_come_back_by_one_key() {
    for server in both() {
        let own = mailbox(server);
        let home = Home::new();
        let mut terminal = screen(server, &home);
        terminal.keys(&format!("SELECT {own}\r"));
        terminal.wait_for("[READ-WRITE]");
        terminal.keys("FETCH 3 (UID FLAGS)\r");
        terminal.wait_for("3 FETCH (");
        terminal.keys("STORE 3 +FLAGS (\\Flagged)\r");
        terminal.wait_for("undo: UID STORE 3 -FLAGS (\\Flagged)   ^X 1");
        terminal.keys("\x181\r");
        terminal.wait_for("undo: UID STORE 3 +FLAGS (\\Flagged)   ^X 1");
        terminal.keys(&format!("SETACL {own} monty lrs\r"));
        terminal.wait_for("monty has nothing in");
        terminal.keys("y");
        terminal.wait_for(&format!("undo: DELETEACL {own} monty   ^X 1"));
        terminal.keys("\x181\r");
        terminal.wait_for("monty has lrs in");
        terminal.keys("y");
        terminal.wait_for(&format!("undo: SETACL {own} monty lrs   ^X 1"));
        terminal.keys(":q\r");
        assert_eq!(terminal.wait_exit(), 0);
        let output = exec(
            server,
            &[
                &format!("GETACL {own}"),
                &format!("EXAMINE {own}"),
                "FETCH 3 FLAGS",
                // Dovecot says BYE when the open mailbox is deleted.
                "UNSELECT",
                &format!("DELETE {own}"),
            ],
        )
        .expect_code(0);
        let text = output.text();
        assert!(!text.contains("monty"), "{text}");
        let fetched = text.lines().find(|line| line.contains("3 FETCH")).unwrap();
        assert!(!fetched.contains("Flagged"), "{fetched}");
    }
}

fn readonly(server: &Server, commands: &[&str]) -> Output {
    let more = ["--safe", "readonly", "--yes=true"];
    exec_as(server, Line::Plain, Some(CRAIG), &more, commands)
}

#[test]
fn readonly_leaves_everything_as_it_was() {
    for server in both() {
        let own = mailbox(server);
        let home = Home::new();
        let state = || {
            // EXAMINE too may take \Recent away on a server; STATUS never does.
            let status = format!("STATUS {own} (MESSAGES RECENT UNSEEN HIGHESTMODSEQ)");
            let output = exec(server, &[&status]).expect_code(0).text();
            let line = output.lines().find(|line| line.starts_with("S: * STATUS"));
            line.unwrap().to_owned()
        };
        let before = state();
        readonly(
            server,
            &[
                &format!("select {own}"),
                "FETCH 1:* (FLAGS BODY[])",
                "UID FETCH 1:* RFC822",
                "CLOSE",
            ],
        )
        .expect_code(0)
        .expect_line(&format!("C: A0001 EXAMINE {own}"));
        assert_eq!(state(), before);
        for command in [
            "STORE 1 +FLAGS (\\Seen)",
            "uid store 1 +flags (\\Seen)",
            "EXPUNGE",
            "x9 expunge",
            "FROBNICATE",
            &format!("DELETE {{{}}}\n{own}", own.len()),
            &format!("APPEND {own} {{{{{{\nx\n}}}}}}"),
        ] {
            // The whole list stays here, not only what is behind it.
            let output = readonly(server, &[&format!("SELECT {own}"), command]).expect_code(5);
            assert!(
                !output.text().contains("C: "),
                "{command}: {}",
                output.text()
            );
        }
        assert_eq!(state(), before);
        // Through a pipe it is judged as it comes.
        let who = Some(CRAIG);
        let safe = ["--safe", "readonly"];
        let words = arguments(server, Line::Plain, who, &safe, &["exec"]);
        let input = format!("SELECT {own}\nEXPUNGE\nNOOP\n");
        let output = run(&home, &words, input.as_bytes()).expect_code(5);
        let text = output.text();
        assert!(
            text.contains("EXAMINE") && !text.contains("EXPUNGE") && !text.contains("NOOP"),
            "{text}"
        );
        assert_eq!(state(), before);
        // Without --yes nothing that destroys goes; with it, it does.
        let no = exec_as(
            server,
            Line::Plain,
            who,
            &["--yes=false"],
            &["NOOP", &format!("DELETE {own}")],
        );
        no.expect_code(5);
        assert_eq!(state(), before);
        exec(server, &[&format!("DELETE {own}")]).expect_code(0);
    }
}
