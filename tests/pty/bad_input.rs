//! What goes wrong before there is a session, by the program itself: one sentence with the next step, a
//! documented exit code, nothing on stdout, and no commands lost: those on stdin are not sent anywhere.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use crate::program::{DEADLINE, Home, run};

/// A server that says this to everybody and then keeps silent, until the test ends.
fn server(words: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                let _ = stream.write_all(words);
                // Reads what comes until the other end has had enough.
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
            });
        }
    });
    port
}

/// Runs it; stderr is one sentence that holds all of `words`.
#[track_caller]
fn fails(code: i32, arguments: &[&str], words: &[&str]) {
    let home = Home::new();
    let output = run(&home, arguments, b"NOOP\n")
        .expect_code(code)
        .expect_error(words);
    assert_eq!(output.text(), "", "{arguments:?}: nothing on stdout");
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(lines.len(), 1, "{arguments:?}: one sentence, not {lines:?}");
    assert!(lines[0].starts_with("imapsh: "), "{}", lines[0]);
}

#[test]
fn a_command_line_that_cannot_be() {
    fails(
        1,
        &["--zzz", "localhost", "exec"],
        &["unknown option --zzz", "--help"],
    );
    fails(
        1,
        &["-p", "0", "localhost", "exec"],
        &["\"0\" is no port", "from 1 to 65535"],
    );
    fails(
        1,
        &["localhost:99999", "exec"],
        &["\"99999\" is no port", "from 1 to 65535"],
    );
    fails(
        1,
        &["-s", "-t", "", "localhost", "exec"],
        &["STARTTLS: choose one"],
    );
    fails(
        1,
        &["-s", "--insecure", "--ca", "x.pem", "localhost", "exec"],
        &["verifies nothing", "choose one"],
    );
    fails(
        1,
        &["exec"],
        &["where?", "imapsh HOST exec", "default_profile"],
    );
}

#[test]
fn files_that_are_not_there_or_cannot_be_read() {
    let home = Home::new();
    let directory = home.path().to_str().unwrap();
    let empty = home.file("empty.pem", b"");
    let empty = empty.to_str().unwrap();
    fails(
        1,
        &["-s", "--ca", "/nowhere.pem", "localhost", "exec"],
        &["--ca", "No such file"],
    );
    fails(
        1,
        &["-t", "/nowhere.pem", "localhost", "exec"],
        &["-t", "No such file", "PEM file"],
    );
    fails(
        1,
        &["-t", directory, "localhost", "exec"],
        &["is a directory", "PEM file"],
    );
    fails(
        1,
        &[
            "-s",
            "--cert",
            empty,
            "--key",
            "/nowhere",
            "localhost",
            "exec",
        ],
        &["--key", "No such file"],
    );
    fails(
        1,
        &["--config", "/nowhere.toml", "@prod", "exec"],
        &["/nowhere.toml", "No such file"],
    );
    // A key that is none is told before anything is sent.
    fails(3, &["-t", empty, "localhost:1", "exec"], &[empty, "no"]);
}

#[test]
fn nobody_is_there() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    fails(
        3,
        &[&format!("127.0.0.1:{port}"), "exec"],
        &["127.0.0.1", "refused"],
    );
    fails(
        3,
        &["no-such-host.invalid", "exec"],
        &["no-such-host.invalid"],
    );
    // RFC 5737: nobody lives there. Some networks say so at once, others never.
    fails(
        3,
        &["--connect-timeout", "1", "192.0.2.1", "exec"],
        &["192.0.2.1"],
    );
}

#[test]
fn somebody_else_is_there() {
    for (words, name) in [
        (&b"220 mail.example.com ESMTP\r\n"[..], "SMTP"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"),
    ] {
        let home = Home::new();
        let place = format!("127.0.0.1:{}", server(words));
        let output = run(&home, &[&place, "exec"], b"NOOP\n")
            .expect_code(3)
            .expect_error(&[name])
            .expect_not_sent("NOOP");
        assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    }
}

#[test]
fn somebody_is_there_and_says_nothing() {
    let silent = server(b"");
    let place = format!("127.0.0.1:{silent}");
    fails(
        3,
        &["--greeting-timeout", "1", &place, "exec"],
        &["did not greet within 1 s", "-s"],
    );
    fails(
        3,
        &["-s", "--greeting-timeout", "1", &place, "exec"],
        &["TLS", "1 s"],
    );
}

#[test]
fn a_config_file_that_is_wrong_shows_the_place() {
    let home = Home::new();
    let file = home.file("c.toml", b"[profile.prod]\nhost = \"a\"\nprot = 5\n");
    let file = file.to_str().unwrap();
    let output = run(&home, &["--config", file, "config", "check"], b"").expect_code(1);
    let wanted = format!(
        "imapsh: {file}:3:1: unknown key prot; did you mean port?\n  |\n3 | prot = 5\n  | ^^^^\n"
    );
    assert_eq!(output.stderr, wanted);
}

#[test]
fn config_path_and_show() {
    let home = Home::new();
    let output = run(&home, &["config", "path"], b"").expect_code(0);
    assert!(
        output
            .text()
            .ends_with("config/imapsh/config.toml (there is none yet)\n"),
        "{}",
        output.text()
    );
    let arguments = [
        "-w",
        "hunter2",
        "-a",
        "craig",
        "config",
        "show",
        "localhost",
    ];
    let output = run(&home, &arguments, b"").expect_code(0);
    let text = output.text();
    assert!(
        text.contains("localhost:143") && text.contains("command line, -a"),
        "{text}"
    );
    assert!(!text.contains("hunter2") && !output.stderr.contains("hunter2"));
}

/// A server that says OK to everything, and what it heard.
pub fn agreeable() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.write_all(b"* OK [CAPABILITY IMAP4rev1] hello\r\n");
            let Ok(reader) = stream.try_clone() else {
                return;
            };
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
                let bye = if command == "LOGOUT" { "* BYE\r\n" } else { "" };
                let _ = stream
                    .write_all(format!("{bye}{tag} OK [CAPABILITY IMAP4rev1] done\r\n").as_bytes());
                let _ = tell.send(command.to_owned());
            }
        }
    });
    (port, heard)
}

#[test]
fn a_password_from_elsewhere_logs_in() {
    let home = Home::new();
    let (port, heard) = agreeable();
    let place = format!("127.0.0.1:{port}");
    let secret = home.file("secret", b"hunter2\n");
    let netrc = home.file(
        ".netrc",
        b"machine 127.0.0.1 login monty password hunter3\n",
    );
    for file in [&secret, &netrc] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o640);
        std::fs::set_permissions(file, mode).unwrap();
    }
    let file = format!("file:{}", secret.display());
    for (arguments, login) in [
        (
            vec!["-a", "craig", "--password-from", &file],
            "LOGIN craig \"hunter2\"",
        ),
        (vec!["--password-from", "netrc"], "LOGIN monty \"hunter3\""),
        (
            vec!["-a", "craig", "--password-from", "cmd:echo hunter4"],
            "LOGIN craig \"hunter4\"",
        ),
    ] {
        let mut arguments = arguments;
        arguments.extend([place.as_str(), "exec", "NOOP"]);
        let output = run(&home, &arguments, b"").expect_code(0);
        assert_eq!(heard.recv_timeout(DEADLINE).unwrap(), login);
        assert_eq!(heard.recv_timeout(DEADLINE).unwrap(), "NOOP");
        assert_eq!(heard.recv_timeout(DEADLINE).unwrap(), "LOGOUT");
        let told = output.stderr.contains("others on this machine may read");
        assert_eq!(told, !login.contains('4'), "{}", output.stderr);
        let secret = &login[login.len() - 8..login.len() - 1];
        assert!(!output.stderr.contains(secret) && !output.text().contains(secret));
    }
    let arguments = [
        "-a",
        "craig",
        "--password-from",
        "cmd:exit 7",
        &place,
        "exec",
        "NOOP",
    ];
    run(&home, &arguments, b"")
        .expect_code(1)
        .expect_error(&["from a command", "exit status: 7"]);
    assert!(heard.try_recv().is_err(), "nobody was dialled");
}
