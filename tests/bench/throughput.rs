//! FETCH of a large mailbox from an in-process sender through framer, session and transcript, in
//! MB/s (10^6 octets), beside a bare read of the same bytes. Never fails on time.
//!
//! `cargo bench --bench throughput [-- MB]`: so many MB of each shape (default 256).
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Instant, SystemTime};

use imapsh::session::Session;
use imapsh::transcript::Transcript;
use imapsh::wire::{Command, Direction, Framer, Origin};

/// What the mailbox is like.
struct Shape {
    name: &'static str,
    command: &'static str,
    /// About this many octets in each literal; `None`: no literals at all.
    literal: Option<usize>,
}

const SHAPES: &[Shape] = &[
    Shape {
        name: "4 kB mails, BODY.PEEK[]",
        command: "FETCH 1:* (UID FLAGS BODY.PEEK[])",
        literal: Some(4_000),
    },
    Shape {
        name: "2 MB mails, BODY.PEEK[]",
        command: "FETCH 1:* (UID FLAGS BODY.PEEK[])",
        literal: Some(2_000_000),
    },
    Shape {
        name: "flags only, no literals",
        command: "FETCH 1:* (UID FLAGS MODSEQ)",
        literal: None,
    },
];

/// As much as one read of the connection task takes.
const READ: usize = 64 * 1024;

const GREETING: &[u8] = b"* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] ready\r\n";

fn main() {
    let megabytes = std::env::args()
        .skip(1)
        .find_map(|word| word.parse::<usize>().ok())
        .unwrap_or(256);
    println!(
        "FETCH of a mailbox, {megabytes} MB of each shape, reads of {} KiB",
        READ / 1024
    );
    println!(
        "{:<26}{:>10}{:>15}{:>15}{:>16}{:>16}",
        "MB/s (of a bare read)", "bare read", "framer", "+ session", "+ transcript", "peak memory"
    );
    for shape in SHAPES {
        let block = block(shape);
        let times = (megabytes * 1_000_000).div_ceil(block.len());
        let bare = bare(&block, times);
        let framed = framed(&block, times);
        let understood = meant(shape, &block, times, false);
        forget_peak();
        let kept = meant(shape, &block, times, true);
        let memory = peak();
        let beside = |rate: f64| format!("{rate:.0} ({:.0} %)", 100.0 * rate / bare);
        println!(
            "{:<26}{bare:>10.0}{:>15}{:>15}{:>16}{memory:>16}",
            shape.name,
            beside(framed),
            beside(understood),
            beside(kept)
        );
    }
    println!(
        "peak memory: of this process, with session and transcript, the sender's block included"
    );
}

/// Some whole responses, to be sent again and again.
fn block(shape: &Shape) -> Vec<u8> {
    let mut block = Vec::new();
    let wanted = shape
        .literal
        .map_or(1_000_000, |size| (4 * size).max(1_000_000));
    let mut number = 1;
    while block.len() < wanted {
        match shape.literal {
            Some(size) => {
                let literal = mail(number, size);
                let line = format!(
                    "* {number} FETCH (UID {} FLAGS (\\Seen $Forwarded) BODY[] {{{}}}\r\n",
                    number + 1000,
                    literal.len()
                );
                block.extend_from_slice(line.as_bytes());
                block.extend_from_slice(&literal);
                block.extend_from_slice(b")\r\n");
            }
            None => {
                let line = format!(
                    "* {number} FETCH (UID {} FLAGS (\\Seen \\Answered $Forwarded) MODSEQ ({}))\r\n",
                    number + 1000,
                    number + 88_000
                );
                block.extend_from_slice(line.as_bytes());
            }
        }
        number += 1;
    }
    block
}

fn mail(number: usize, size: usize) -> Vec<u8> {
    let mut mail =
        format!("From: u{number}@example.com\r\nSubject: mail {number}\r\n\r\n").into_bytes();
    while mail.len() < size {
        mail.extend_from_slice(
            b"The quota of user.craig is nearly used up; see {5} in the report.\r\n",
        );
    }
    mail
}

/// Sends `first`, then `block` so many times, then `last`, and hands each read to `take`; MB/s.
fn receive(
    first: &[u8],
    block: &[u8],
    times: usize,
    last: &[u8],
    mut take: impl FnMut(&[u8]),
) -> f64 {
    let (mut sender, mut receiver) = UnixStream::pair().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            sender.write_all(first).unwrap();
            for _ in 0..times {
                sender.write_all(block).unwrap();
            }
            sender.write_all(last).unwrap();
        });
        let mut buffer = vec![0; READ];
        let mut octets = 0;
        let began = Instant::now();
        loop {
            let read = receiver.read(&mut buffer).unwrap();
            if read == 0 {
                break;
            }
            octets += read;
            take(&buffer[..read]);
        }
        assert_eq!(octets, first.len() + block.len() * times + last.len());
        octets as f64 / 1e6 / began.elapsed().as_secs_f64()
    })
}

fn bare(block: &[u8], times: usize) -> f64 {
    let mut sum = 0u64;
    // Looks at one octet of each read, so that reading cannot be left out.
    let rate = receive(&[], block, times, &[], |bytes| {
        sum += u64::from(bytes[bytes.len() / 2])
    });
    std::hint::black_box(sum);
    rate
}

fn framed(block: &[u8], times: usize) -> f64 {
    let mut framer = Framer::new(Direction::Server);
    let mut octets = 0;
    let rate = receive(&[], block, times, &[], |mut bytes| {
        while let Some(piece) = framer.next(&mut bytes) {
            octets += piece.bytes().len();
        }
    });
    assert_eq!(octets, block.len() * times);
    rate
}

/// Through the session as the connection task drives it, and into the transcript if `kept`.
fn meant(shape: &Shape, block: &[u8], times: usize, kept: bool) -> f64 {
    let mut session = Session::new(Instant::now());
    let mut transcript = Transcript::new().unwrap();
    let mut responses = 0u64;
    let mut pump = |session: &mut Session| {
        let at = SystemTime::now();
        while session.poll_transmit().is_some() {}
        while let Some(event) = session.poll_event() {
            responses += u64::from(matches!(event, imapsh::session::Event::Response { .. }));
            if kept {
                transcript.record(at, &event);
            }
        }
    };
    session.handle_input(Instant::now(), GREETING);
    pump(&mut session);
    session.submit(Instant::now(), Command::line(Origin::User, shape.command));
    pump(&mut session);
    let rate = receive(
        &[],
        block,
        times,
        b"A0001 OK FETCH completed\r\n",
        |bytes| {
            session.handle_input(Instant::now(), bytes);
            pump(&mut session);
        },
    );
    assert_eq!(
        session.in_flight(),
        0,
        "the FETCH was not completed: what was measured is not a FETCH"
    );
    assert!(responses > times as u64);
    if kept {
        assert!(
            transcript.octets().received as usize >= block.len() * times,
            "the transcript lost something"
        );
    }
    rate
}

/// Begins a new peak (Linux 4.0 and later; elsewhere the number is that of the whole process).
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory this process held since [`forget_peak`].
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("not known here".to_owned(), |text| text.trim().to_owned())
}
