//! How it ends: by keys, by signals, by a panic, by a server that goes away. The terminal is
//! as it was each time.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;

use rustix::process::Signal;

use crate::program::{Home, accept, binary};
use crate::terminal::Terminal;
use crate::{LOGGED_IN, demo, key};

#[test]
fn ctrl_d_logs_out_and_leaves_with_0() {
    let home = Home::new();
    let mut terminal = demo(&home, (80, 24));
    terminal.keys("NOOP\r");
    terminal.wait_for("A0001 OK");
    terminal.keys(key::CTRL_D);
    assert_eq!(terminal.wait_exit(), 0);
    terminal.assert_restored();
    terminal.assert_cooked();
}

#[test]
fn ctrl_c_twice_leaves() {
    let home = Home::new();
    let mut terminal = demo(&home, (80, 24));
    terminal.keys("half a line");
    terminal.wait_for("half a line");
    terminal.keys(key::CTRL_C);
    terminal.wait_gone("half a line");
    terminal.keys(key::CTRL_C);
    terminal.wait_for("once more");
    terminal.keys(key::CTRL_C);
    terminal.wait_exit();
    terminal.assert_restored();
    terminal.assert_cooked();
}

#[test]
fn signals_end_it_with_their_codes() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let home = Home::new();
        let terminal = demo(&home, (80, 24));
        terminal.signal(signal);
        assert_eq!(terminal.wait_exit(), code, "{signal:?}");
        terminal.assert_restored();
        terminal.assert_cooked();
    }
}

/// Also before the login is through: a server that says nothing at all.
#[test]
fn signals_end_it_while_it_connects() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let home = Home::new();
    let terminal = Terminal::start(&home, binary(), &["-p", &port, "127.0.0.1"], (80, 24));
    let _silent = accept(&listener);
    terminal.wait_until("a full screen", |screen| screen.alternate_screen());
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.wait_exit(), 143);
    terminal.assert_restored();
    terminal.assert_cooked();
}

/// Ctrl+Z gives the terminal to the shell, `fg` brings the screen back, and it still works.
#[test]
fn suspended_and_back() {
    let home = Home::new();
    let mut shell = Terminal::start(
        &home,
        Path::new("/bin/bash"),
        &["--norc", "--noprofile", "-i"],
        (80, 24),
    );
    shell.keys(&format!("PS1='sh''ell> '; {} demo\n", binary().display()));
    shell.wait_for(LOGGED_IN);
    for round in 1..=2 {
        shell.keys(key::CTRL_Z);
        shell.wait_until("the shell", |screen| {
            !screen.alternate_screen() && screen.contents().contains("Stopped")
        });
        shell.wait_until("a prompt", |screen| {
            screen.contents().trim_end().ends_with("shell>")
        });
        shell.assert_restored_but_paste();
        shell.keys("fg\n");
        shell.wait_until("the screen again", |screen| {
            screen.alternate_screen() && screen.contents().contains(LOGGED_IN)
        });
        shell.keys("NOOP\r");
        shell.wait_for(&format!("A000{round} OK"));
    }
    shell.keys(key::CTRL_D);
    shell.wait_until("the shell", |screen| !screen.alternate_screen());
    shell.keys("echo code=$?; exit\n");
    shell.wait_for("code=0");
    shell.wait_exit();
}

/// Half a literal, then nothing: what came stays readable, a sentence says what happened, and the
/// exit code is not 0.
#[test]
fn the_server_goes_away_in_the_middle_of_a_literal() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let server = std::thread::spawn(move || {
        let mut client = accept(&listener);
        client
            .write_all(b"* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n")
            .unwrap();
        let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
        while let Some(Ok(line)) = lines.next() {
            let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
            if command.starts_with("FETCH") {
                client
                    .write_all(b"* 1 FETCH (BODY[] {1000}\r\nSubject: only-half\r\n")
                    .unwrap();
                return;
            }
            let reply = format!("{tag} OK done\r\n");
            client.write_all(reply.as_bytes()).unwrap();
        }
    });
    let home = Home::new();
    let mut terminal = Terminal::start(&home, binary(), &["-p", &port, "127.0.0.1"], (120, 35));
    terminal.wait_for("PREAUTH");
    // No mailbox is open: a second Enter sends it all the same.
    terminal.keys("FETCH 1 BODY[]\r");
    terminal.wait_for("Enter sends this all the same");
    terminal.keys("\r");
    terminal.wait_for("{1000}");
    terminal.wait_until("that the connection is gone", |screen| {
        let text = screen.contents().to_lowercase();
        text.contains("closed") || text.contains("connection ended") || text.contains("lost")
    });
    server.join().unwrap();
    terminal.keys(key::CTRL_D);
    assert_eq!(terminal.wait_exit(), 3);
    terminal.assert_restored();
    terminal.assert_cooked();
}

#[test]
fn nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
        .to_string();
    let home = Home::new();
    let mut terminal = Terminal::start(&home, binary(), &["-p", &port, "127.0.0.1"], (100, 30));
    terminal.wait_until("the reason", |screen| {
        screen.contents().to_lowercase().contains("refused")
    });
    terminal.keys(key::CTRL_D);
    assert_eq!(terminal.wait_exit(), 3);
    terminal.assert_restored();
}

/// Not a test but a child of the next one: takes the terminal as the program does, and panics.
#[test]
#[ignore = "the child of a_panic_gives_the_terminal_back"]
fn child_that_panics() {
    imapsh::crash::install();
    let taken = imapsh::tui::terminal::Taken::take().unwrap();
    print!("\x1b[?25l\x1b[2Jthe screen is ours");
    std::io::stdout().flush().unwrap();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let _still_ours = taken;
    // The standard library's message quotes what is sliced.
    let password = std::hint::black_box("\u{e4}pfel-s3cret");
    print!("{}", &password[1..]);
}

/// The hook of the real program, in this binary: whoever panics, the message lands on a sane screen.
#[test]
fn a_panic_gives_the_terminal_back() {
    let home = Home::new();
    let this = std::env::current_exe().unwrap();
    let arguments = [
        "--ignored",
        "--exact",
        "ends::child_that_panics",
        "--nocapture",
        "--test-threads=1",
    ];
    let mut terminal = Terminal::start(&home, &this, &arguments, (100, 30));
    terminal.wait_until("the child's screen", |screen| {
        screen.alternate_screen()
            && screen.bracketed_paste()
            && screen.hide_cursor()
            && screen.contents().contains("ours")
    });
    terminal.keys("\r\n"); // raw mode: no line discipline turns one into the other
    assert_eq!(terminal.wait_exit(), 101);
    terminal.assert_restored();
    terminal.assert_cooked();
    let screen = terminal.contents();
    assert!(
        screen.contains("imapsh crashed") && screen.contains("tests/pty/ends.rs:"),
        "the message is not on the screen one comes back to:\n{screen}"
    );
    assert!(!screen.contains("s3cret"), "{screen}");
}
