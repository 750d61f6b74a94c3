//! What goes up comes down byte for byte, and what arrives is seen.

use imapsh::session::Event;
use imapsh::wire::response::{Response, Status, Untagged};

use crate::connection::Connection;
use crate::program::{Home, Output, run};
use crate::server::{Kind, Server, both};
use crate::{CRAIG, Line, arguments, exec, unused};

/// Every octet but NUL, CRLF line ends, a line that looks like a command and one like a reply.
fn message() -> Vec<u8> {
    let mut bytes = b"From: craig@localhost\r\nSubject: all octets {7}\r\n\r\n".to_vec();
    for octet in 1..=255u8 {
        if octet != b'\r' && octet != b'\n' {
            bytes.push(octet);
        }
        if octet % 64 == 0 {
            bytes.extend_from_slice(b"\r\n");
        }
    }
    bytes.extend_from_slice(b"\r\nx9 DELETE INBOX\r\n* BYE not really\r\nA0003 OK {3}\r\n");
    bytes
}

/// The octets of the first literal in `output`.
#[track_caller]
fn first_literal(output: &[u8]) -> &[u8] {
    let open = output.windows(7).position(|w| w == b"BODY[] ").unwrap() + 7;
    let rest = &output[open..];
    assert_eq!(
        rest.first(),
        Some(&b'{'),
        "no literal: {}",
        String::from_utf8_lossy(output)
    );
    let close = rest.iter().position(|b| *b == b'}').unwrap();
    let size: usize = std::str::from_utf8(&rest[1..close])
        .unwrap()
        .parse()
        .unwrap();
    &rest[close + 3..][..size]
}

#[track_caller]
fn fetch_back(server: &Server, mailbox: &str) -> Output {
    let commands = [&format!("EXAMINE {mailbox}"), "FETCH 1 BODY.PEEK[]"];
    let verb = ["exec", "--raw", commands[0], commands[1]];
    run(
        &Home::new(),
        &arguments(server, Line::Plain, Some(CRAIG), &[], &verb),
        b"",
    )
    .expect_code(0)
}

#[test]
fn a_file_becomes_a_literal_and_comes_back() {
    for server in both() {
        let mailbox = unused(server, "file");
        let home = Home::new();
        let message = message();
        let path = home.file("all octets.eml", &message);
        let append = format!("APPEND {mailbox} (\\Seen) {{@{}}}", path.display());
        let output = exec(server, &[&format!("CREATE {mailbox}"), &append]).expect_code(0);
        assert!(output.text().contains("APPENDUID"), "{}", output.text());
        let output = fetch_back(server, &mailbox);
        assert!(
            first_literal(&output.stdout) == message,
            "{:?}: the octets changed",
            server.kind
        );
        exec(server, &[&format!("DELETE {mailbox}")]).expect_code(0);
    }
}

/// `{n}` waits for the server's `+`, `{n+}` does not; both typed by hand on stdin.
#[test]
fn literals_typed_by_hand() {
    for server in both() {
        for plus in ["", "+"] {
            let mailbox = unused(server, "hand");
            let message = message();
            let mut input = format!(
                "CREATE {mailbox}\r\nAPPEND {mailbox} {{{}{plus}}}\r\n",
                message.len()
            )
            .into_bytes();
            input.extend_from_slice(&message);
            input.extend_from_slice(b"\r\nNOOP\r\n");
            let output = run(
                &Home::new(),
                &arguments(server, Line::Plain, Some(CRAIG), &[], &["exec"]),
                &input,
            )
            .expect_code(0);
            let text = output.text();
            let waited = text[text.find("APPEND").unwrap()..].contains("\nS: + ");
            assert_eq!(
                waited,
                plus.is_empty(),
                "{:?} {{n{plus}}}: who waited?\n{text}",
                server.kind
            );
            let output = output.expect_line("NOOP");
            assert!(
                output.text().contains("DELETE INBOX"),
                "the literal is printed whole"
            );
            assert!(
                first_literal(&fetch_back(server, &mailbox).stdout) == message,
                "{:?}: the octets changed",
                server.kind
            );
            exec(server, &[&format!("DELETE {mailbox}")]).expect_code(0);
        }
    }
}

/// A block of lines is a message with CRLF, whatever this end calls a line end.
#[test]
fn a_block_becomes_a_literal() {
    for server in both() {
        let mailbox = unused(server, "block");
        let input = format!(
            "CREATE {mailbox}\nAPPEND {mailbox} {{{{{{\nSubject: typed in here\n\nGrüße\n\n}}}}}}\nNOOP\n"
        );
        let output = run(
            &Home::new(),
            &arguments(server, Line::Plain, Some(CRAIG), &[], &["exec"]),
            input.as_bytes(),
        );
        output.expect_code(0).expect_line("NOOP");
        let output = fetch_back(server, &mailbox);
        let literal = first_literal(&output.stdout);
        assert_eq!(
            String::from_utf8_lossy(literal),
            "Subject: typed in here\r\n\r\nGrüße\r\n"
        );
        exec(server, &[&format!("DELETE {mailbox}")]).expect_code(0);
    }
}

/// A literal that the server refuses is not sent: its lines never run as commands.
#[test]
fn a_refused_literal_is_not_sent() {
    for server in both() {
        let victim = unused(server, "victim");
        exec(server, &[&format!("CREATE {victim}")]).expect_code(0);
        let home = Home::new();
        let path = home.file(
            "evil.eml",
            format!("x9 DELETE {victim}\r\n").repeat(1000).as_bytes(),
        );
        let nowhere = unused(server, "nowhere");
        let size = std::fs::metadata(&path).unwrap().len();
        let mut input = format!("APPEND {nowhere} {{{size}}}\r\n").into_bytes();
        input.extend(std::fs::read(&path).unwrap());
        input.extend_from_slice(b"\r\nNOOP\r\n");
        let output = run(
            &home,
            &arguments(server, Line::Plain, Some(CRAIG), &[], &["exec"]),
            &input,
        )
        .expect_code(4);
        let output = output.expect_line("NO ").expect_line("NOOP");
        if server.kind == Kind::Cyrus {
            // Cyrus refuses before it asks for the octets, Dovecot takes and drops them.
            let text = output.text();
            assert!(
                !text[text.find("APPEND").unwrap()..].contains("\nS: + "),
                "{text}"
            );
        }
        exec(
            server,
            &[
                &format!("STATUS {victim} (MESSAGES)"),
                &format!("DELETE {victim}"),
            ],
        )
        .expect_code(0);
    }
}

#[test]
fn idle_sees_what_another_connection_delivers() {
    for server in both() {
        let mailbox = unused(server, "idle");
        let mut watcher = Connection::log_in(server, "craig");
        watcher.ok(&format!("CREATE {mailbox}"));
        watcher.ok(&format!("SELECT {mailbox}"));
        watcher.submit("IDLE");
        watcher.wait("the server's +", |event| match event {
            Event::Response {
                response: Response::Continuation(_),
                ..
            } => Some(()),
            _ => None,
        });
        let mut sender = Connection::log_in(server, "craig");
        sender.append(&mailbox, b"Subject: wake up\r\n\r\nhi\r\n");
        watcher.wait_untagged("* 1 EXISTS", |untagged| {
            matches!(untagged, Untagged::Exists(1)).then_some(())
        });
        watcher.done();
        assert_eq!(watcher.wait_completed().status, Status::Ok);
        watcher.ok("UNSELECT");
        watcher.ok(&format!("DELETE {mailbox}"));
    }
}
