//! FETCH of large mailboxes on Dovecot: the full screen in a pty, drawn while it runs, beside `imtest -f`
//! to a file and beside a bare read of the same socket. Seconds, and the most memory the program held.
//! Each program goes through its turn several times; the median counts. Never fails on time.
//!
//! `cargo bench --bench dovecot [-- TIMES] [giant]`: so many turns (default 5); `giant`: a mailbox of 1 GiB
//! too. `IMAPSH_TEST_DOVECOT` names a Dovecot that runs already; mailboxes that are there are not filled again.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[path = "../common/program.rs"]
mod program;
#[path = "../common/server.rs"]
mod server;
#[path = "../common/terminal.rs"]
mod terminal;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use program::{Home, binary};
use server::Server;
use terminal::Terminal;

const IMTEST: &str = "/usr/lib/cyrus/bin/imtest";
/// No FETCH takes longer.
const LONG: Duration = Duration::from_secs(300);

struct Case {
    mailbox: &'static str,
    messages: usize,
    size: usize,
    command: &'static str,
}

const BIG: Case = Case {
    mailbox: "Big",
    messages: 2_000,
    size: 50_000,
    command: "FETCH 1:* BODY.PEEK[]",
};
const MANY: Case = Case {
    mailbox: "Many",
    messages: 20_000,
    size: 600,
    command: "FETCH 1:* (FLAGS UID ENVELOPE)",
};
const GIANT: Case = Case {
    mailbox: "Giant",
    messages: 1_074,
    size: 1_000_000,
    command: "FETCH 1:* BODY.PEEK[]",
};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let times = words.iter().find_map(|word| word.parse().ok()).unwrap_or(5);
    let Some(server) = server::dovecot() else {
        return;
    };
    println!(
        "seconds, median of {times} (fastest); imapsh from Enter to the tagged OK on the screen"
    );
    println!(
        "{:<38}{:>6}{:>10}{:>16}{:>16}{:>16}{:>12}{:>12}{:>12}",
        "", "", "MB", "bare read", "imtest -f", "imapsh", "of imtest", "of floor", "peak kB"
    );
    let mut cases = vec![&BIG, &MANY];
    if words.iter().any(|word| word == "giant") {
        cases.push(&GIANT);
    }
    for case in cases {
        fill(server, case);
        for tls in [false, true] {
            measure(server, case, tls, times);
        }
    }
}

fn measure(server: &Server, case: &Case, tls: bool, times: usize) {
    let (mut bare_times, mut imtest_times, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    let (mut octets, mut peak) = (0, 0);
    // One turn to warm up.
    for turn in 0..=times {
        let bare = bare(server, case);
        let imtest = imtest(server, case, tls);
        let (time, memory) = imapsh(server, case, tls);
        if turn == 0 {
            continue;
        }
        octets = bare.1;
        // The floor is a socket without TLS.
        if !tls {
            bare_times.push(bare.0);
        }
        imtest_times.extend(imtest);
        ours.push(time);
        peak = peak.max(memory);
    }
    let (floor, theirs, mine) = (
        median(&mut bare_times),
        median(&mut imtest_times),
        median(&mut ours),
    );
    let shown = |pair: Option<(f64, f64)>| match pair {
        Some((median, fastest)) => format!("{median:.3} ({fastest:.3})"),
        None => "-".to_owned(),
    };
    let ratio = |to: Option<(f64, f64)>| match (mine, to) {
        (Some(mine), Some(to)) => format!("{:.2}", mine.0 / to.0),
        _ => "-".to_owned(),
    };
    println!(
        "{:<38}{:>6}{:>10.1}{:>16}{:>16}{:>16}{:>12}{:>12}{:>12}",
        case.command,
        if tls { "TLS" } else { "plain" },
        octets as f64 / 1e6,
        shown(floor),
        shown(theirs),
        shown(mine),
        ratio(theirs),
        ratio(floor),
        peak
    );
}

fn median(times: &mut [Duration]) -> Option<(f64, f64)> {
    times.sort_unstable();
    let middle = times.get(times.len() / 2)?;
    Some((middle.as_secs_f64(), times.first()?.as_secs_f64()))
}

/// Fills the mailbox unless it is there.
fn fill(server: &Server, case: &Case) {
    let mut line = connected(server);
    command(&mut line, "a EXAMINE", case.mailbox);
    let (there, exists) = answer(&mut line, "a ");
    if there && exists == case.messages {
        return;
    }
    eprintln!("filling {} with {} messages", case.mailbox, case.messages);
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers");
    let filled = Command::new(scripts.join("fill"))
        .args(["localhost", &server.port.to_string(), "craig", "secret"])
        .args([
            case.mailbox,
            &case.messages.to_string(),
            &case.size.to_string(),
        ])
        .stdout(Stdio::null())
        .status();
    assert!(filled.is_ok_and(|status| status.success()), "fill failed");
}

fn connected(server: &Server) -> BufReader<TcpStream> {
    let mut line = BufReader::with_capacity(
        64 * 1024,
        TcpStream::connect(("127.0.0.1", server.port)).unwrap(),
    );
    let mut greeting = String::new();
    line.read_line(&mut greeting).unwrap();
    command(&mut line, "l LOGIN craig", "secret");
    assert!(answer(&mut line, "l ").0, "no login");
    line
}

fn command(line: &mut BufReader<TcpStream>, words: &str, argument: &str) {
    let text = format!("{words} {argument}\r\n");
    line.get_mut().write_all(text.as_bytes()).unwrap();
}

/// Reads to the tagged response: whether it is OK, and what EXISTS said.
fn answer(line: &mut BufReader<TcpStream>, tag: &str) -> (bool, usize) {
    let mut exists = 0;
    loop {
        let mut text = String::new();
        assert!(
            line.read_line(&mut text).unwrap() > 0,
            "the connection ended"
        );
        if let Some(count) = text.strip_suffix(" EXISTS\r\n") {
            exists = count.trim_start_matches("* ").parse().unwrap();
        }
        if let Some(rest) = text.strip_prefix(tag) {
            return (rest.starts_with("OK"), exists);
        }
    }
}

/// Time from the command to the last octet, read and thrown away; and how many came.
fn bare(server: &Server, case: &Case) -> (Duration, u64) {
    let mut line = connected(server);
    command(&mut line, "e EXAMINE", case.mailbox);
    assert!(answer(&mut line, "e ").0, "no mailbox");
    let mut buffer = vec![0; 64 * 1024];
    let mut octets = 0;
    let began = Instant::now();
    command(&mut line, "f", case.command);
    let mut socket = line.into_inner();
    loop {
        let read = socket.read(&mut buffer).unwrap();
        assert!(read > 0, "the connection ended");
        octets += read as u64;
        let end = &buffer[..read];
        let last = end[..end.len().saturating_sub(2)]
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(end, |at| &end[at + 1..]);
        if end.ends_with(b"\r\n") && last.starts_with(b"f ") {
            return (began.elapsed(), octets);
        }
    }
}

/// The whole of `imtest -f` with login, EXAMINE, FETCH and LOGOUT, less the same without the FETCH; output to a file.
fn imtest(server: &Server, case: &Case, tls: bool) -> Option<Duration> {
    let without = imtest_once(server, case, tls, false)?;
    let with = imtest_once(server, case, tls, true)?;
    Some(with.saturating_sub(without))
}

fn imtest_once(server: &Server, case: &Case, tls: bool, fetch: bool) -> Option<Duration> {
    if !Path::new(IMTEST).exists() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input");
    let fetch = if fetch {
        format!("f {}\r\n", case.command)
    } else {
        String::new()
    };
    let commands = format!("e EXAMINE {}\r\n{fetch}q LOGOUT\r\n", case.mailbox);
    std::fs::write(&input, commands).unwrap();
    let output = folder.path().join("output");
    let mut program = Command::new(IMTEST);
    program.args(["-a", "craig", "-u", "craig", "-w", "secret", "-m", "PLAIN"]);
    let port = if tls {
        program.arg("-s");
        server.imaps_port
    } else {
        server.port
    };
    program
        .args(["-p", &port.to_string()])
        .arg("-f")
        .arg(&input)
        .arg("localhost")
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&output).unwrap())
        .stderr(Stdio::null());
    let began = Instant::now();
    program.status().ok()?;
    let took = began.elapsed();
    let size = std::fs::metadata(&output).unwrap().len();
    let wanted = if fetch.is_empty() {
        0
    } else {
        case.messages * 100
    };
    assert!(size as usize > wanted, "imtest wrote {size} octets");
    Some(took)
}

/// From Enter to the tagged OK on the screen, and the most memory held until then, in kB.
fn imapsh(server: &Server, case: &Case, tls: bool) -> (Duration, u64) {
    let home = Home::new();
    let port = if tls { server.imaps_port } else { server.port }.to_string();
    let mut words = vec![
        "localhost",
        "-p",
        &port,
        "-a",
        "craig",
        "-w",
        "secret",
        "--no-auto",
    ];
    if tls {
        words.extend(["-s", "--ca", &server.ca]);
    }
    words.extend(["--mailbox", case.mailbox]);
    let mut terminal = Terminal::start(&home, binary(), &words, (120, 35));
    terminal.wait_for("EXAMINE OK");
    terminal.wait_quiet(Duration::from_millis(100));
    terminal.keys(case.command);
    terminal.wait_for(case.command);
    let began = Instant::now();
    terminal.keys("\r");
    terminal.wait_within(LONG, "the tagged OK", |screen| {
        let text = screen.contents();
        text.contains("FETCH OK") && text.contains("OK Fetch completed")
    });
    let took = began.elapsed();
    let peak = peak(terminal.pid());
    (took, peak)
}

fn peak(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0)
}
