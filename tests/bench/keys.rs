//! From a key to the screen that shows it, while a server floods at full speed: the real program in a pseudo
//! terminal, a sender on 127.0.0.1 that never waits. The limits are 16 ms for 99 of 100 keys and 50 ms for
//! every one. Never fails on time.
//!
//! `cargo bench --bench keys [-- SECONDS]`: so long for each flood (default 10).
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
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use program::{Home, binary};
use terminal::Terminal;

const MOST: Duration = Duration::from_millis(16);
const NEVER: Duration = Duration::from_millis(50);

/// What the server sends.
struct Flood {
    name: &'static str,
    block: Vec<u8>,
    /// Typed before the keys are timed.
    before: &'static str,
}

fn main() {
    let seconds = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(10);
    let lines: String = (1..2_000)
        .map(|n| {
            format!(
                "* {n} FETCH (UID {} FLAGS (\\Seen $Forwarded) MODSEQ ({n}))\r\n",
                n + 1000
            )
        })
        .collect();
    let mail =
        "The quota of user.craig is nearly used up; see {5} in the report.\r\n".repeat(30_000);
    let literals = format!("* 1 FETCH (BODY[] {{{}}}\r\n{mail})\r\n", mail.len());
    let floods = [
        Flood {
            name: "lines",
            block: lines.clone().into_bytes(),
            before: "",
        },
        Flood {
            name: "literals of 2 MB",
            block: literals.into_bytes(),
            before: "",
        },
        Flood {
            name: "lines, while a search counts",
            block: lines.clone().into_bytes(),
            before: ":find seen\r",
        },
        Flood {
            name: "lines, with a filter in force",
            block: lines.into_bytes(),
            before: ":filter \"(77)\"\r",
        },
    ];
    println!(
        "key to screen at 120x35, {seconds} s of each flood; limits: 99 of 100 within {MOST:?}, all within {NEVER:?}"
    );
    println!(
        "{:<32}{:>7}{:>9}{:>9}{:>9}{:>9}{:>9}   within the limits",
        "", "keys", "p50", "p90", "p99", "most", "MB/s"
    );
    for flood in floods {
        run(flood, Duration::from_secs(seconds));
    }
}

fn run(flood: Flood, time: Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let sent = Arc::new(AtomicU64::new(0));
    let counter = sent.clone();
    let end = Instant::now() + time + Duration::from_secs(60);
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        // The program's end is this one's.
        let _ = send(stream, &flood.block, &counter, end);
    });
    let home = Home::new();
    let arguments = ["-p", &port, "--no-auto", "127.0.0.1"];
    let mut terminal = Terminal::start(&home, binary(), &arguments, (120, 35));
    terminal.wait_for("AUTHENTICATED");
    terminal.keys("NOOP\r");
    terminal.wait_for("running: ");
    let began = (Instant::now(), sent.load(Ordering::Relaxed));
    if !flood.before.is_empty() {
        terminal.keys(flood.before);
        terminal.wait_until("it in force", |screen| {
            let title = screen.contents();
            title.contains("/seen  ") || title.contains("filter: \"(77)\"  ")
        });
        // Into the editor, or emptied where that had the focus.
        terminal.keys("i\x15");
        terminal.wait_until("an empty editor", |screen| editor(screen).is_empty());
    }
    let mut times = Vec::new();
    let mut typed = String::new();
    while began.0.elapsed() < time {
        // A letter into the editor, and now and then all of them out again.
        let (key, wanted) = if typed.len() >= 20 {
            typed.clear();
            ("\x15".to_owned(), String::new())
        } else {
            let letter = char::from(b'a' + u8::try_from(times.len() % 26).unwrap());
            typed.push(letter);
            (letter.to_string(), typed.clone())
        };
        let pressed = Instant::now();
        terminal.keys(&key);
        terminal.wait_until("what was typed", |screen| editor(screen) == wanted);
        times.push(pressed.elapsed());
        // Not in step with the frames.
        std::thread::sleep(Duration::from_micros(
            7_300 + (times.len() as u64 * 1_117) % 23_000,
        ));
    }
    let megabytes = (sent.load(Ordering::Relaxed) - began.1) as f64 / 1e6;
    let rate = megabytes / began.0.elapsed().as_secs_f64();
    times.sort();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    let most = times[times.len() - 1];
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    println!(
        "{:<32}{:>7}{:>9}{:>9}{:>9}{:>9}{:>9.0}   {}",
        flood.name,
        times.len(),
        ms(at(50)),
        ms(at(90)),
        ms(at(99)),
        ms(most),
        rate,
        if at(99) < MOST && most < NEVER {
            "yes"
        } else {
            "NO"
        },
    );
}

/// The first line of the editor: the row under its title.
fn editor(screen: &vt100::Screen) -> String {
    let rows: Vec<String> = screen.rows(0, screen.size().1.get()).collect();
    let at = rows.iter().position(|row| row.contains("2 Command"));
    let row = at
        .and_then(|at| rows.get(at + 1))
        .cloned()
        .unwrap_or_default();
    row.trim_matches(|c: char| !c.is_ascii_alphanumeric())
        .to_owned()
}

fn send(
    mut stream: TcpStream,
    block: &[u8],
    sent: &AtomicU64,
    end: Instant,
) -> std::io::Result<()> {
    stream.write_all(b"* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] ready\r\n")?;
    let mut commands = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    commands.read_line(&mut line)?;
    while Instant::now() < end {
        stream.write_all(block)?;
        sent.fetch_add(block.len() as u64, Ordering::Relaxed);
    }
    Ok(())
}
