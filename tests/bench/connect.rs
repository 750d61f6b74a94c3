//! Connect, log in with PLAIN, LOGOUT: `imapsh exec` beside imtest and curl, on Dovecot and Cyrus, in ms
//! of a whole process. The programs take turns, so that a busy machine is busy for all. Never fails on
//! time; a program or server that is not there is named.
//!
//! `cargo bench --bench connect [-- TIMES]`: so many turns (default 40). `IMAPSH_TEST_DOVECOT` and
//! `IMAPSH_TEST_CYRUS` name servers that run already.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[path = "../common/server.rs"]
mod server;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use server::{Kind, Server};

const IMTEST: &str = "/usr/lib/cyrus/bin/imtest";

fn main() {
    let times = std::env::args()
        .skip(1)
        .find_map(|word| word.parse::<usize>().ok())
        .unwrap_or(40);
    println!(
        "connect + AUTHENTICATE PLAIN + LOGOUT, whole process, median of {times} (fastest), ms"
    );
    println!(
        "{:<16}{:>18}{:>18}{:>18}{:>14}{:>14}",
        "", "imapsh", "imtest", "curl", "of imtest", "of curl"
    );
    for server in server::both() {
        for tls in [false, true] {
            // Cyrus takes no PLAIN without TLS.
            if tls || server.kind == Kind::Dovecot {
                case(server, tls, times);
            }
        }
    }
}

fn case(server: &Server, tls: bool, times: usize) {
    let programs = [imapsh(server, tls), imtest(server, tls), curl(server, tls)];
    let mut took: [Vec<Duration>; 3] = Default::default();
    // One turn to warm up.
    for turn in 0..=times {
        for (command, took) in programs.iter().zip(&mut took) {
            let Some(time) = command
                .as_ref()
                .map(|(program, words)| once(program, words))
            else {
                continue;
            };
            if turn > 0 {
                took.push(time);
            }
        }
    }
    let medians: Vec<Option<(f64, f64)>> = took
        .iter_mut()
        .map(|times| {
            times.sort_unstable();
            let ms = |time: &Duration| time.as_secs_f64() * 1000.0;
            Some((ms(times.get(times.len() / 2)?), ms(times.first()?)))
        })
        .collect();
    let shown = |at: usize| match medians[at] {
        Some((median, fastest)) => format!("{median:.1} ({fastest:.1})"),
        None => "not there".to_owned(),
    };
    let ratio = |at: usize| match (medians[0], medians[at]) {
        (Some((ours, _)), Some((theirs, _))) => format!("{:.2}", ours / theirs),
        _ => "-".to_owned(),
    };
    let name = format!("{:?} {}", server.kind, if tls { "TLS" } else { "plain" });
    println!(
        "{name:<16}{:>18}{:>18}{:>18}{:>14}{:>14}",
        shown(0),
        shown(1),
        shown(2),
        ratio(1),
        ratio(2)
    );
}

type Call = Option<(String, Vec<String>)>;

fn call(program: &str, words: &str) -> Call {
    let words = words.split_whitespace().map(str::to_owned).collect();
    Some((program.to_owned(), words))
}

fn port(server: &Server, tls: bool) -> u16 {
    if tls { server.imaps_port } else { server.port }
}

fn imapsh(server: &Server, tls: bool) -> Call {
    let line = if tls {
        format!("-s --ca {}", server.ca)
    } else {
        String::new()
    };
    call(
        env!("CARGO_BIN_EXE_imapsh"),
        &format!(
            "{line} -m PLAIN -a craig -w secret -p {} localhost exec",
            port(server, tls)
        ),
    )
}

fn imtest(server: &Server, tls: bool) -> Call {
    let line = if tls { "-s" } else { "" };
    let words = format!(
        "{line} -m PLAIN -a craig -u craig -w secret -p {} localhost",
        port(server, tls)
    );
    Path::new(IMTEST).exists().then(|| call(IMTEST, &words))?
}

fn curl(server: &Server, tls: bool) -> Call {
    let there = Command::new("curl").arg("--version").output().is_ok();
    let (scheme, line) = if tls {
        ("imaps", format!("--cacert {}", server.ca))
    } else {
        ("imap", String::new())
    };
    let words = format!(
        "-s {line} --login-options AUTH=PLAIN -u craig:secret {scheme}://localhost:{}/ -X NOOP",
        port(server, tls)
    );
    there.then(|| call("curl", &words))?
}

/// One run to its end; a program that fails measures nothing.
fn once(program: &str, words: &[String]) -> Duration {
    let began = Instant::now();
    let output = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let took = began.elapsed();
    assert!(
        output.status.success(),
        "{program} {words:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    took
}
