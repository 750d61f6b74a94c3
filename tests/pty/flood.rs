//! A server that sends more than memory would hold.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use crate::program::{Home, accept, binary};
use crate::terminal::Terminal;

/// 1 GiB.
const SIZE: u64 = 1 << 30;
/// A debug build on a busy machine.
const LONG: Duration = Duration::from_secs(240);
/// Most memory that the program may have held, in kB.
const MEMORY: u64 = 64 * 1024;

#[test]
fn a_literal_of_a_gigabyte_costs_no_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let server = std::thread::spawn(move || {
        let mut line = BufReader::new(accept(&listener));
        let greeting = b"* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n";
        line.get_mut().write_all(greeting).unwrap();
        let command = |line: &mut BufReader<TcpStream>, verb: &str| {
            let mut text = String::new();
            line.read_line(&mut text).unwrap();
            assert!(text.contains(verb), "no {verb}, but {text:?}");
            text.split(' ').next().unwrap().to_owned()
        };
        let tag = command(&mut line, "EXAMINE");
        write!(line.get_mut(), "{tag} OK it is open\r\n").unwrap();
        let tag = command(&mut line, "FETCH");
        let out = line.get_mut();
        write!(out, "* 1 FETCH (BODY[] {{{SIZE}}}\r\n").unwrap();
        let chunk = b"The quota of user.craig is nearly used up, says line 5.\r\n".repeat(8 * 1024);
        let mut left = SIZE;
        while left > 0 {
            let now = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
            out.write_all(&chunk[..now]).unwrap();
            left -= now as u64;
        }
        write!(out, ")\r\n{tag} OK all of it\r\n").unwrap();
        // Until the client has gone.
        let _ = line.read_line(&mut String::new());
    });
    let home = Home::new();
    let words = ["127.0.0.1", "-p", &port, "--no-auto"];
    let mut terminal = Terminal::start(&home, binary(), &words, (120, 35));
    terminal.wait_for("ready");
    terminal.keys("EXAMINE INBOX\r");
    terminal.wait_for("OK it is open");
    terminal.keys("FETCH 1 BODY.PEEK[]\r");
    terminal.wait_for("BODY[] {1073741824}");
    terminal.wait_within(LONG, "the tagged OK", |screen| {
        screen.contents().contains("OK all of it")
    });
    let held = peak(terminal.pid());
    assert!(held < MEMORY, "{held} kB for a literal of {SIZE} octets");
    drop(terminal);
    server.join().unwrap();
}

/// The most memory the process held, in kB.
fn peak(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap()
        .trim()
        .strip_suffix(" kB")
        .unwrap()
        .parse()
        .unwrap()
}
