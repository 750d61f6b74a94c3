//! Live events on a real server: NOTIFY with Dovecot, IDLE with Cyrus. A message that another connection appends is
//! told with its sender, the first connection hears nothing of it, and nobody can tell that it was looked at.

use crate::program::Output;
use crate::program::{Home, binary};
use crate::server::Server;
use crate::server::{Kind, both};
use crate::terminal::Terminal;
use crate::{Line, Who, arguments, exec_as, unused};

/// Others of these tests do things to craig's mailboxes meanwhile, and NOTIFY tells of all.
const MONTY: Who = Who {
    authcid: "monty",
    authzid: None,
    password: "secret",
};

fn exec(server: &Server, commands: &[&str]) -> Output {
    exec_as(server, Line::Plain, Some(MONTY), &[], commands)
}

const F7: &str = "\x1b[18~";

/// The lines of one session of a recording.
fn session(recording: &str, number: u32) -> String {
    let mut here = false;
    let mut lines = String::new();
    for line in recording.lines() {
        if let Some(mark) = line.strip_prefix("-- @") {
            here = mark.ends_with(&format!(" s{number}"));
        } else if here {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    lines
}

#[test]
fn a_message_of_another_connection_is_told_with_its_sender() {
    for server in both() {
        let home = Home::new();
        let mailbox = unused(server, "live");
        let elsewhere = unused(server, "elsewhere");
        let mail = home.file(
            "lunch.eml",
            b"From: Carol <carol@example.com>\r\nSubject: lunch?\r\n\r\nSoup.\r\n",
        );
        let append = |mailbox: &str| format!("APPEND {mailbox} () {{@{}}}", mail.display());
        exec(server, &[&format!("CREATE {mailbox}"), &append(&mailbox)]).expect_code(0);

        let recording = home.path().join("live.trace");
        let recorded = recording.display().to_string();
        let who = Some(Who {
            authcid: server.admin(),
            authzid: Some("monty"),
            password: "adminpass",
        });
        let options = ["--record", &recorded];
        let all = arguments(server, Line::StartTls, who, &options, &[]);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let mut terminal = Terminal::start(&home, binary(), &all, (120, 35));
        terminal.wait_for("AS monty (auth");
        terminal.keys(&format!("EXAMINE {mailbox}\r"));
        terminal.wait_for("A0001 OK");
        terminal.keys(F7);
        let how = match server.kind {
            Kind::Dovecot => "5 Live events: NOTIFY",
            Kind::Cyrus => "5 Live events: IDLE in",
        };
        terminal.wait_for(how);
        exec(server, &[&append(&mailbox)]).expect_code(0);
        terminal.wait_for("EXISTS 1 -> 2");
        terminal.wait_for("From: Carol  \"lunch?\"");
        // What the first connection was told stands beside what the second one was.
        terminal.wait_for("EXISTS        1 live 2");
        // Nobody has read it, and it is as new as it was.
        let look = format!("EXAMINE {mailbox}");
        let seen = exec(server, &[&look, "FETCH 2 FLAGS"])
            .expect_code(0)
            .text();
        let flags = seen.lines().find(|line| line.contains("* 2 FETCH"));
        let flags = flags.expect("its flags");
        assert!(
            flags.contains("\\Recent") && !flags.contains("\\Seen"),
            "{flags}"
        );
        let select = format!("SELECT {mailbox}");
        exec(server, &[&select, "STORE 1 +FLAGS (\\Flagged)"]).expect_code(0);
        terminal.wait_for("1 FLAGS (");
        if server.kind == Kind::Dovecot {
            // Dovecot tells of a mailbox sometimes only when there is another one.
            let names: Vec<String> = (0..10).map(|n| format!("{elsewhere}n{n}")).collect();
            let mut made = Vec::new();
            for name in &names {
                if terminal.contents().contains("LIST (\\HasNoChildren)") {
                    break;
                }
                exec(server, &[&format!("CREATE {name}")]).expect_code(0);
                made.push(name);
            }
            terminal.wait_for("LIST (\\HasNoChildren)");
            for name in made {
                exec(server, &[&format!("DELETE {name}")]).expect_code(0);
            }
            terminal.wait_for("LIST (\\NonExistent)");
        }
        terminal.keys("\x1b2:q!\r");
        terminal.wait_exit();

        let text = std::fs::read_to_string(&recording).unwrap();
        let (first, second) = (session(&text, 1), session(&text, 2));
        assert!(
            second.contains("carol") && second.contains("* 2 EXISTS"),
            "{second}"
        );
        assert!(
            !first.contains("carol") && !first.contains("* 2 EXISTS"),
            "{first}"
        );
        for word in [" SELECT ", " STORE ", " BODY", " RFC822"] {
            let ours = second.lines().filter(|line| line.starts_with("C: "));
            let sent: Vec<&str> = ours.filter(|line| line.contains(word)).collect();
            assert!(sent.is_empty(), "{sent:?}");
        }
        let delete = format!("DELETE {mailbox}");
        exec(server, &[&delete]).expect_code(0);
    }
}
