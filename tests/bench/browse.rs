//! Browsing what is large: 100,000 messages and 100,000 mailboxes from a sender on 127.0.0.1 that makes them up as it
//! is asked, the real program in a pseudo terminal at 120x35. Time and the most memory that the program held,
//! beside the limits. Time fails nothing; a FETCH of everything does (`1:*`, or more rows than a window).
//!
//! `cargo bench --bench browse [-- COUNT]`: so many messages and mailboxes (default 100000). The sender ends with the
//! program that it talks to.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[allow(dead_code)]
#[path = "../common/program.rs"]
mod program;
#[allow(dead_code)]
#[path = "../common/terminal.rs"]
mod terminal;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use program::{Home, binary};
use terminal::Terminal;

/// The first screen of messages.
const FIRST_SCREEN: Duration = Duration::from_millis(200);
/// A key and its screen: 99 of 100, and every one.
const MOST: Duration = Duration::from_millis(16);
const NEVER: Duration = Duration::from_millis(50);
/// Listing, and finding by some letters.
const MEMORY_MB: f64 = 128.0;
/// More rows are never fetched by one command.
const WINDOW: u64 = 250;
const RUNS: usize = 11;
const LONG: Duration = Duration::from_secs(120);

fn main() {
    let count: u64 = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(100_000);
    println!("{:<58}{:>12}{:>12}   within", "", "", "limit");
    messages(count);
    mailboxes(count);
}

fn row(what: &str, figure: Duration, limit: Duration) {
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let share = 100.0 * figure.as_secs_f64() / limit.as_secs_f64();
    let within = if figure <= limit { "yes" } else { "NO" };
    println!(
        "{what:<58}{:>12}{:>12}   {within}, {share:.0} %",
        ms(figure),
        ms(limit)
    );
}

fn seconds(what: &str, time: Duration) {
    println!("{what:<58}{:>12}", format!("{:.2} s", time.as_secs_f64()));
}

/// A LIST of so many lines has been answered whole: its row in the transcript says so.
fn listed(terminal: &Terminal, lines: u64) {
    let plain = format!("[{lines} lines]");
    terminal.wait_within(LONG, &plain, |screen| screen.contents().contains(&plain));
}

fn memory(what: &str, terminal: &Terminal) {
    let peak = peak(terminal.pid()) as f64 / 1e3;
    let within = if peak <= MEMORY_MB { "yes" } else { "NO" };
    println!(
        "{what:<58}{:>12}{:>12}   {within}, {:.0} %",
        format!("{peak:.1} MB"),
        format!("{MEMORY_MB} MB"),
        100.0 * peak / MEMORY_MB
    );
}

fn messages(count: u64) {
    let mut first = Vec::new();
    for run in 0..RUNS {
        let sender = Sender::start(count);
        let home = Home::new();
        let terminal = &mut sender.program(&home);
        terminal.keys("EXAMINE INBOX\r");
        terminal.wait_within(LONG, "the mailbox open", |screen| {
            screen.contents().contains("[READ-ONLY]")
        });
        terminal.wait_quiet(Duration::from_millis(200));
        let pressed = Instant::now();
        terminal.keys("\x1b6");
        terminal.wait_within(LONG, "the newest message", |screen| {
            screen.contents().contains(&format!("subject {count} "))
        });
        first.push(pressed.elapsed());
        if run + 1 == RUNS {
            let times = keys(
                terminal,
                &["k", "j", "\x1b[5~", "g", "\x1b[6~", "j", "G", "k", " "],
                20,
            );
            first.sort();
            row(
                &format!("{count} messages: Alt+6 to the first screen, median of {RUNS}"),
                first[RUNS / 2],
                FIRST_SCREEN,
            );
            row("  the slowest of them", first[RUNS - 1], FIRST_SCREEN);
            report(times);
            memory("  most memory of the program", terminal);
        }
        sender.check(terminal);
    }
}

fn mailboxes(count: u64) {
    let sender = Sender::start(count);
    let home = Home::new();
    let began = Instant::now();
    let terminal = &mut sender.program(&home);
    // Half of them in the first level, half below one that is unfolded by a key.
    terminal.keys("\x1b3g");
    terminal.wait_within(LONG, "the first mailboxes", |screen| {
        screen.contents().contains("box000000")
    });
    seconds(
        &format!("{} mailboxes: from the start to the first rows", count / 2),
        began.elapsed(),
    );
    // INBOX, the level, the others, and the tagged response.
    listed(terminal, count / 2 + 3);
    seconds("  ... to the end of the LIST", began.elapsed());
    terminal.wait_quiet(Duration::from_millis(500));
    let pressed = Instant::now();
    // The level is the first of all: INBOX, then "aaa".
    terminal.keys("gj ");
    terminal.wait_within(LONG, "what is below it", |screen| {
        screen.contents().contains("m000000")
    });
    seconds(
        &format!("  {} more below one, Space to the first rows", count / 2),
        pressed.elapsed(),
    );
    listed(terminal, count / 2 + 1);
    seconds("  ... to the end of that LIST", pressed.elapsed());
    terminal.wait_quiet(Duration::from_millis(500));
    report(keys(
        terminal,
        &[
            "G", "k", "g", "j", "\x1b[6~", "j", "\x1b[5~", "G", "\x1b[5~",
        ],
        20,
    ));
    report_one(
        "  S, another order of all of them",
        keys(terminal, &["S"], 3),
    );
    terminal.keys("S");
    terminal.wait_quiet(Duration::from_millis(300));
    let pressed = Instant::now();
    terminal.keys("/");
    terminal.wait_within(LONG, "the prompt", |screen| {
        screen.contents().contains("Find a mailbox")
    });
    row("  /, among all of them", pressed.elapsed(), NEVER);
    for (letters, what) in [("m", "the first letter"), ("04", "two more")] {
        let before = terminal.contents();
        let pressed = Instant::now();
        terminal.keys(letters);
        let typed = match letters {
            "m" => "m",
            _ => "m04",
        };
        terminal.wait_within(LONG, "what fits", |screen| {
            let contents = screen.contents();
            contents != before && contents.contains(typed)
        });
        row(&format!("  found by {what}"), pressed.elapsed(), NEVER);
        terminal.wait_quiet(Duration::from_millis(300));
    }
    terminal.keys("\r");
    memory("  most memory of the program", terminal);
    sender.check(terminal);
}

/// Presses each key so many times; from the key to a screen that is another one. Only keys that move something are
/// pressed, and nothing else draws meanwhile.
fn keys(terminal: &mut Terminal, keys: &[&str], times: usize) -> Vec<Duration> {
    let mut all = Vec::new();
    for key in keys.iter().cycle().take(keys.len() * times) {
        terminal.wait_quiet(Duration::from_millis(60));
        let before = formatted(terminal);
        let pressed = Instant::now();
        terminal.keys(key);
        terminal.wait_within(LONG, "another screen", |screen| {
            screen.contents_formatted() != before
        });
        all.push(pressed.elapsed());
    }
    all
}

fn formatted(terminal: &Terminal) -> String {
    let out = std::cell::RefCell::new(String::new());
    terminal.wait_until("any screen", |screen| {
        *out.borrow_mut() = screen.contents_formatted();
        true
    });
    out.into_inner()
}

fn report(mut times: Vec<Duration>) {
    times.sort();
    let p99 = times[times.len() * 99 / 100];
    row(
        &format!("  99 of 100 keys ({} pressed)", times.len()),
        p99,
        MOST,
    );
    row("  the slowest key", times[times.len() - 1], NEVER);
}

fn report_one(what: &str, mut times: Vec<Duration>) {
    times.sort();
    row(what, times[times.len() - 1], NEVER);
}

fn peak(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0)
}

/// The other end: it answers what the screen asks, and writes down what that was.
struct Sender {
    port: u16,
    log: Arc<Mutex<Vec<String>>>,
}

impl Sender {
    fn start(count: u64) -> Sender {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let written = log.clone();
        std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            // The program's end is this one's.
            let _ = serve(stream, count, &written);
        });
        Sender { port, log }
    }

    fn program(&self, home: &Home) -> Terminal {
        let port = self.port.to_string();
        let terminal = Terminal::start(home, binary(), &["-p", &port, "127.0.0.1"], (120, 35));
        terminal.wait_within(LONG, "the session", |screen| {
            screen.contents().contains("AUTHENTICATED")
        });
        terminal
    }

    /// Nothing was fetched but windows.
    fn check(&self, terminal: &mut Terminal) {
        terminal.keys("\x1b2\x15:q!\r");
        terminal.wait_exit();
        let log = self.log.lock().unwrap();
        let fetches: Vec<&String> = log.iter().filter(|c| c.contains("FETCH ")).collect();
        for fetch in &fetches {
            assert!(!fetch.contains('*'), "everything was asked for: {fetch}");
            let (from, to) = range(fetch);
            assert!(to - from < WINDOW, "more than a window: {fetch}");
        }
    }
}

/// The sequence numbers of `FETCH 7:9 (...)`.
fn range(command: &str) -> (u64, u64) {
    let set = command.split(' ').nth(1).unwrap_or_default();
    let (from, to) = set.split_once(':').unwrap_or((set, set));
    (from.parse().unwrap(), to.parse().unwrap())
}

fn serve(mut stream: TcpStream, count: u64, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(b"* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+ CHILDREN ESEARCH] ready\r\n")?;
    let mut commands = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while commands.read_line(&mut line)? > 0 {
        let (tag, command) = line.trim_end().split_once(' ').unwrap_or(("*", ""));
        let mut answer = String::new();
        if command.starts_with("EXAMINE") {
            answer.push_str(&format!(
                "* FLAGS (\\Seen \\Flagged)\r\n* {count} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] ok\r\n\
                 * OK [UIDNEXT {}] ok\r\n{tag} OK [READ-ONLY] done\r\n",
                count + 1
            ));
        } else if command.starts_with("FETCH") {
            let (from, to) = range(command);
            for n in from..=to {
                answer.push_str(&format!(
                    "* {n} FETCH (UID {n} FLAGS (\\Seen) INTERNALDATE \"03-Feb-2026 12:04:31 +0000\" RFC822.SIZE {} \
                     ENVELOPE (\"Tue, 3 Feb 2026 12:04:31 +0000\" \"subject {n} of many\" ((\"Ann Example\" NIL \
                     \"ann\" \"example.org\")) NIL NIL NIL NIL NIL NIL \"<{n}@example.org>\"))\r\n",
                    1_000 + n
                ));
            }
        } else if command == "LIST \"\" \"%\"" {
            answer.push_str(
                "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\HasChildren) \"/\" aaa\r\n",
            );
            for n in 0..count / 2 {
                // In no order.
                let n = n * 48_271 % (count / 2).max(1);
                answer.push_str(&format!("* LIST (\\HasNoChildren) \"/\" box{n:06}\r\n"));
            }
        } else if command == "LIST \"\" \"aaa/%\"" {
            for n in 0..count / 2 {
                answer.push_str(&format!("* LIST (\\HasNoChildren) \"/\" aaa/m{n:06}\r\n"));
            }
        } else if let Some(name) = command.strip_prefix("STATUS ") {
            let name = name.split(" (").next().unwrap_or_default();
            answer.push_str(&format!("* STATUS {name} (MESSAGES 340 UNSEEN 12)\r\n"));
        }
        if !command.starts_with("EXAMINE") {
            answer.push_str(&format!("{tag} OK done\r\n"));
        }
        log.lock().unwrap().push(command.to_owned());
        stream.write_all(answer.as_bytes())?;
        line.clear();
    }
    Ok(())
}
