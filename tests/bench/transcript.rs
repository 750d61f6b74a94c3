//! Twenty million lines from a local sender, through session and transcript: memory for each line, time to
//! jump to the middle, time to search all, beside `grep -c` (and `rg -c`) on a file of the same octets.
//! Never fails on time.
//!
//! `cargo bench --bench transcript [-- LINES]`: so many millions of lines (default 20).
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

use std::io::{BufWriter, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Command as Program, Stdio};
use std::time::{Duration, Instant, SystemTime};

use imapsh::session::Session;
use imapsh::transcript::find::{Finder, Pattern, Step};
use imapsh::transcript::{LineKind, Transcript, Walked};
use imapsh::wire::{Command, Origin};

const GREETING: &[u8] = b"* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] ready\r\n";
/// In one line of a thousand.
const RARE: &str = "$Forwarded";

fn main() {
    let millions = std::env::args()
        .skip(1)
        .find_map(|word| word.parse::<usize>().ok())
        .unwrap_or(20);
    let lines = millions * 1_000_000;
    let before = status("VmRSS:");
    let (transcript, took) = recorded(lines);
    let (after, peak) = (status("VmRSS:"), status("VmHWM:"));
    let octets = transcript.octets().received;
    let megabytes = octets as f64 / 1e6;
    println!(
        "{lines} lines, {megabytes:.0} MB: taken in {:.1} s ({:.0} MB/s)",
        took.as_secs_f64(),
        megabytes / took.as_secs_f64()
    );
    println!(
        "memory: {:.1} MB more than without, {:.2} octets for each line; peak of the process {:.1} MB (limit: 128)",
        (after - before) / 1e3,
        (after - before) * 1e3 / lines as f64,
        peak / 1e3
    );
    for (words, line) in [
        ("the middle", lines / 2),
        ("the first line", 0),
        ("the last line", lines),
    ] {
        let began = Instant::now();
        // What a screen of 50 rows reads.
        for index in line..(line + 50).min(transcript.len()) {
            assert!(!transcript.line(index).unwrap().missing);
        }
        println!(
            "jump to {words}, 50 lines: {:.3} ms",
            began.elapsed().as_secs_f64() * 1e3
        );
    }
    let file = same_octets(&transcript);
    let search = |words: &str, pattern: &str, flags: &[&str]| {
        let began = Instant::now();
        let ours = found(&transcript, pattern);
        let mine = began.elapsed();
        let mut text = format!("search for {words}: {} hits in {}", ours, seconds(mine));
        for program in ["grep", "rg"] {
            let began = Instant::now();
            let Some(count) = counted(program, flags, file.path()) else {
                text.push_str(&format!("; {program} is not there"));
                continue;
            };
            let theirs = began.elapsed();
            assert_eq!(count, ours, "{program} finds {count}");
            let ratio = mine.as_secs_f64() / theirs.as_secs_f64();
            text.push_str(&format!(
                "; {program} -c {}, so {ratio:.2} times (limit: 3)",
                seconds(theirs)
            ));
        }
        println!("{text}");
    };
    search("a word, rare", "Forwarded", &["-F", "Forwarded"]);
    search("a word, none", "Nowhere at all", &["-F", "Nowhere at all"]);
    search("a regex", "UID [0-9]*77 ", &["-e", "UID [0-9]*77 "]);
    search("a word, any case", "forwarded", &["-i", "-F", "forwarded"]);
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// A FETCH whose answer has so many lines.
fn recorded(lines: usize) -> (Transcript, Duration) {
    let mut session = Session::new(Instant::now());
    let mut transcript = Transcript::new().unwrap();
    let (mut sender, mut receiver) = UnixStream::pair().unwrap();
    let mut pump = |session: &mut Session| {
        let at = SystemTime::now();
        while session.poll_transmit().is_some() {}
        while let Some(event) = session.poll_event() {
            transcript.record(at, &event);
        }
    };
    session.handle_input(Instant::now(), GREETING);
    pump(&mut session);
    session.submit(
        Instant::now(),
        Command::line(Origin::User, "FETCH 1:* (UID FLAGS)"),
    );
    pump(&mut session);
    let mut took = Duration::ZERO;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut out = BufWriter::with_capacity(64 * 1024, &mut sender);
            for number in 1..lines - 2 {
                let flag = if number % 1000 == 0 {
                    RARE
                } else {
                    "\\Answered"
                };
                write!(
                    out,
                    "* {number} FETCH (UID {} FLAGS (\\Seen {flag}))\r\n",
                    number + 1000
                )
                .unwrap();
            }
            out.write_all(b"A0001 OK FETCH completed\r\n").unwrap();
        });
        let began = Instant::now();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = receiver.read(&mut buffer).unwrap();
            if read == 0 {
                break;
            }
            session.handle_input(Instant::now(), &buffer[..read]);
            pump(&mut session);
        }
        took = began.elapsed();
    });
    assert_eq!(session.in_flight(), 0, "the FETCH was not completed");
    assert_eq!(transcript.len(), lines);
    (transcript, took)
}

/// A file of what the transcript holds.
fn same_octets(transcript: &Transcript) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().tempfile_in("/var/tmp").unwrap();
    let mut out = BufWriter::with_capacity(1 << 20, file.as_file());
    let mut walk = transcript.walk(0);
    while let Some(step) = walk.next() {
        if let Walked::Line(line) = step
            && !matches!(line.kind, LineKind::Note(_))
        {
            out.write_all(line.bytes).unwrap();
            out.write_all(b"\r\n").unwrap();
        }
    }
    out.flush().unwrap();
    drop(out);
    file
}

/// Hits, found as the screen finds them: block by block.
fn found(transcript: &Transcript, pattern: &str) -> usize {
    let mut finder = Finder::new(Pattern::new(pattern).unwrap());
    while finder.step(transcript, None) == Step::More {}
    usize::try_from(finder.hits()).unwrap()
}

fn counted(program: &str, flags: &[&str], file: &std::path::Path) -> Option<usize> {
    let output = Program::new(program)
        .env("LC_ALL", "C")
        .arg("-c")
        .args(flags)
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    Some(
        String::from_utf8(output.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap_or(0),
    )
}

/// A line of this process' status, in kB.
fn status(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|l| l.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0.0)
}
