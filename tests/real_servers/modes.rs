//! imtest's modes against servers that nobody here wrote: `-f`, `-n`, `-z`, `-x`, `-X`, `probe`.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::program::{DEADLINE, Home, Running, run};
use crate::server::{Kind, both};
use crate::{CRAIG, Line, arguments, craig_by_admin, exec, unused};

#[test]
fn probe_tells_what_tls_changes() {
    for server in both() {
        let words = arguments(server, Line::StartTls, None, &[], &["probe"]);
        run(&Home::new(), &words, b"")
            .expect_code(0)
            .expect_line("TLS changed: ")
            .expect_line("-STARTTLS")
            .expect_line("certificate verified")
            .expect_line("IMAP4rev1             the protocol (RFC 3501)");
        let words = arguments(server, Line::Plain, None, &[], &["probe"]);
        run(&Home::new(), &words, b"")
            .expect_code(0)
            .expect_line("STARTTLS is offered");
    }
}

#[test]
fn a_script_waits_and_its_exit_code_is_true() {
    for server in both() {
        let mailbox = unused(server, "script");
        let home = Home::new();
        let text = format!(
            "x1 CREATE {mailbox}\nx2 APPEND {mailbox} {{16}}\nSubject: x\r\n\r\ny\r\n\
             x3 STATUS {mailbox} (MESSAGES)\nx4 DELETE {mailbox}\nx5 LOGOUT"
        );
        let file = home.file("good.imap", text.as_bytes());
        let more = ["-f", file.to_str().unwrap()];
        let words = arguments(server, Line::Imaps, Some(CRAIG), &more, &[]);
        run(&home, &words, b"")
            .expect_code(0)
            .expect_line("MESSAGES 1)")
            .expect_line("S: x5 OK");
        // A message that is refused: its lines are no commands.
        let text = format!(
            "x1 CREATE {mailbox}\nx2 APPEND {mailbox}-none {{{}}}\nx9 DELETE {mailbox}\r\n\nx3 STATUS {mailbox} (MESSAGES)\nx4 DELETE {mailbox}\n",
            "x9 DELETE ".len() + mailbox.len() + 2
        );
        let file = home.file("bad.imap", text.as_bytes());
        let more = ["-f", file.to_str().unwrap()];
        let words = arguments(server, Line::Imaps, Some(CRAIG), &more, &[]);
        run(&home, &words, b"")
            .expect_code(4)
            .expect_not_sent("x9")
            .expect_line("S: x3 OK")
            .expect_line("S: x4 OK");
    }
}

#[test]
fn timings_leave_nothing_behind() {
    for server in both() {
        let words = arguments(
            server,
            Line::Imaps,
            Some(craig_by_admin(server)),
            &["-z"],
            &[],
        );
        let output = run(&Home::new(), &words, b"").expect_code(0);
        let text = output.text();
        let row = text
            .lines()
            .find(|line| line.trim_start().starts_with("2000000 "))
            .unwrap_or_else(|| panic!("{text}"));
        assert_eq!(row.split_whitespace().count(), 6, "{text}");
        let listed = exec(server, &["LIST \"\" *"]).expect_code(0).text();
        let left = |line: &str| line.starts_with("S: * LIST") && line.contains("imapsh-");
        assert!(!listed.lines().any(left), "{listed}");
    }
}

#[test]
fn each_reconnection_is_timed() {
    for server in both() {
        let words = arguments(server, Line::Imaps, Some(CRAIG), &["-n", "3"], &[]);
        run(&Home::new(), &words, b"")
            .expect_code(0)
            .expect_line("    1")
            .expect_line("full")
            .expect_line("3 connections, median");
    }
}

/// Ends the process whose number stands in this file, and waits until it is gone. Whose child it is does not
/// matter: with -X it is that of the process in front, until that has left.
fn stop(pidfile: &Path) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
    let pid = std::fs::read_to_string(pidfile).unwrap();
    let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    let process = pidfd_open(pid, PidfdFlags::empty()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let mut ended = [PollFd::new(&process, PollFlags::IN)];
    let limit = Timespec {
        tv_sec: DEADLINE.as_secs().try_into().unwrap(),
        tv_nsec: 0,
    };
    assert_eq!(poll(&mut ended, Some(&limit)), Ok(1), "it ends");
}

/// Connects, checks the greeting, and asks one command after another.
fn visit(socket: &Path, commands: &[&str]) -> Vec<String> {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    let mut line = |wanted: &str| {
        loop {
            let mut line = String::new();
            assert!(reader.read_line(&mut line).unwrap() > 0, "{lines:?}");
            lines.push(line.clone());
            if line.starts_with(wanted) {
                return;
            }
        }
    };
    line("* PREAUTH");
    for (number, command) in commands.iter().enumerate() {
        stream
            .write_all(format!("v{number} {command}\r\n").as_bytes())
            .unwrap();
        line(&format!("v{number} "));
    }
    lines
}

#[test]
fn programs_share_one_login() {
    for server in both() {
        let home = Home::new();
        let socket = home.path().join("door");
        let more = ["-x", socket.to_str().unwrap()];
        let words = arguments(
            server,
            Line::Imaps,
            Some(craig_by_admin(server)),
            &more,
            &[],
        );
        let mut running = Running::start(&home, &words);
        // Said once programs can connect.
        running.wait_for_error("serving the session of craig");
        for _ in 0..2 {
            let lines = visit(
                &socket,
                &["FETCH 1 FLAGS", "SELECT INBOX", "NOOP", "LOGOUT"],
            );
            let fetch = lines.iter().find(|line| line.starts_with("v0 ")).unwrap();
            assert!(
                !fetch.starts_with("v0 OK"),
                "the mailbox was still selected: {lines:?}"
            );
            let select = lines.iter().find(|line| line.starts_with("v1 ")).unwrap();
            assert!(select.starts_with("v1 OK"), "{lines:?}");
        }
        rustix::process::kill_process(
            rustix::process::Pid::from_raw(running.id().try_into().unwrap()).unwrap(),
            rustix::process::Signal::TERM,
        )
        .unwrap();
        running.finish().expect_code(143);
        assert!(!socket.exists());
    }
}

#[test]
fn in_the_background_with_a_pid_file() {
    for server in both() {
        let home = Home::new();
        let socket = home.path().join("door");
        let pidfile = home.path().join("pid");
        let more = [
            "-X",
            socket.to_str().unwrap(),
            "-I",
            pidfile.to_str().unwrap(),
        ];
        let words = arguments(server, Line::Imaps, Some(CRAIG), &more, &[]);
        // The one in front ends once the session is there; nothing holds its pipes open.
        run(&home, &words, b"")
            .expect_code(0)
            .expect_error(&["serving the session of craig"]);
        visit(&socket, &["NOOP", "LOGOUT"]);
        stop(&pidfile);
        assert!(!socket.exists() && !pidfile.exists());
        // A login that fails is told by the one in front.
        let wrong = crate::Who {
            password: "wrong",
            ..CRAIG
        };
        let words = arguments(server, Line::Imaps, Some(wrong), &more, &[]);
        run(&home, &words, b"").expect_code(3);
        assert!(!socket.exists());
    }
}

/// One time, by the process that logs in; with -X there are two.
#[test]
fn the_command_for_a_password_is_run_once_with_x() {
    for server in both() {
        let home = Home::new();
        let (socket, count) = (home.path().join("door"), home.path().join("count"));
        let command = format!("cmd:echo run >> {}; echo secret", count.display());
        let pidfile = home.path().join("pid");
        let mut more = vec!["-a", "craig", "--password-from", &command, "-I"];
        more.push(pidfile.to_str().unwrap());
        for option in ["-x", "-X"] {
            more.extend([option, socket.to_str().unwrap()]);
            let words = arguments(server, Line::Imaps, None, &more, &[]);
            let mut running = Running::start(&home, &words);
            running.wait_for_error("serving the session of craig");
            visit(&socket, &["NOOP", "LOGOUT"]);
            more.truncate(6);
            stop(&pidfile);
            drop(running);
            let runs = std::fs::read_to_string(&count).unwrap();
            assert_eq!(runs, "run\n", "{option}");
            std::fs::remove_file(&count).unwrap();
        }
    }
}

/// Dovecot, set up for client certificates, breaks off whatever resumes; that is said, and it goes on.
#[test]
fn a_server_that_breaks_off_what_resumes() {
    for server in both() {
        if server.kind != Kind::Dovecot {
            continue;
        }
        let words = arguments(server, Line::Imaps, Some(CRAIG), &["-n", "3"], &[]);
        run(&Home::new(), &words, b"")
            .expect_code(0)
            .expect_error(&["going on with full ones"]);
    }
}
