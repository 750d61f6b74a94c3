//! `run`: a snippet for 200 users on Dovecot and Cyrus, beside a bare client that writes the same bytes on as many
//! sockets and beside one imtest after the other; 10,000 rows against the demo on a port; 1,000 steps in one snippet
//! beside `imtest -f`. Each limit is printed beside its ratio. Never fails on time.
//!
//! What the bare client is: as many sockets as imapsh has jobs, each with a thread of its own and blocking reads. It
//! writes the same commands in the same order as imapsh (CAPABILITY where the greeting or the login does not tell it,
//! AUTHENTICATE PLAIN with an initial response, SUBSCRIBE, LOGOUT, or UNAUTHENTICATE for the next user where that is
//! offered), waits for the same answers, resolves the name for each connection, and with TLS verifies the same
//! certificate by the same library against the CA's file. Its handshakes are full where imapsh's are: Dovecot of the
//! tests breaks off what resumes. What it does not do: read a CSV file, a snippet and the system's root certificates,
//! log one user in before all others to see whether the password is right, compare replies, keep the conversation
//! for the case that it goes wrong, and parse the certificate for people.
//!
//! `cargo bench --bench run [-- TIMES] [users|rows|steps]`. `IMAPSH_TEST_DOVECOT` and `IMAPSH_TEST_CYRUS` name servers
//! that run already.
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

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use imapsh::batch::engine::JOBS;
use program::{Home, binary};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use server::{Kind, Server};

const IMTEST: &str = "/usr/lib/cyrus/bin/imtest";
const USERS: usize = 200;
const ROWS: usize = 10_000;
const STEPS: usize = 1_000;
/// imapsh takes at most so many times what the bare client takes.
const OF_BARE: f64 = 1.3;
/// It is so many times faster than the loop, where the server is that fast.
const FASTER: f64 = 5.0;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let times = words.iter().find_map(|word| word.parse().ok()).unwrap_or(3);
    let named = |name: &str| words.iter().any(|word| word == name);
    let all = !["users", "rows", "steps"].iter().any(|name| named(name));
    if all || named("users") {
        users(times);
    }
    if all || named("steps") {
        steps(times);
    }
    if all || named("rows") {
        rows();
    }
}

fn shared(server: &Server) -> &'static str {
    match server.kind {
        Kind::Dovecot => "Public/announce",
        Kind::Cyrus => "shared.announce",
    }
}

fn users(times: usize) {
    println!("{USERS} users SUBSCRIBE one mailbox, acting as each; seconds, median of {times}");
    println!(
        "{:<10}{:>6}{:>9}{:>9}{:>9}{:>9}  {:<22}faster than the loop",
        "", "", "imapsh", "bare", "bare", "imtest", "of bare"
    );
    println!(
        "{:<10}{:>6}{:>9}{:>9}{:>9}{:>9}",
        "",
        "",
        format!("{JOBS} jobs"),
        JOBS,
        "1 socket",
        "loop"
    );
    for server in server::both() {
        for tls in [false, true] {
            let home = Home::new();
            let mut list = "user\n".to_owned();
            (1..=USERS).for_each(|number| {
                let _ = writeln!(list, "u{number:03}");
            });
            home.file("users.csv", list.as_bytes());
            for verb in ["SUBSCRIBE", "UNSUBSCRIBE"] {
                let text = format!(
                    "each: @users.csv\nauthz: ${{user}}\n\n{verb} {}\n",
                    shared(server)
                );
                home.file(&format!("{verb}.imap"), text.as_bytes());
            }
            let reuses = reuses(server);
            let (mut ours, mut bare8, mut bare1) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..times {
                ours.push(imapsh(server, &home, tls, "SUBSCRIBE.imap"));
                imapsh(server, &home, tls, "UNSUBSCRIBE.imap");
                bare8.push(bare(server, tls, JOBS, reuses));
                imapsh(server, &home, tls, "UNSUBSCRIBE.imap");
                bare1.push(bare(server, tls, 1, reuses));
                imapsh(server, &home, tls, "UNSUBSCRIBE.imap");
            }
            let theirs = imtest_loop(server, &home, tls);
            let (ours, bare8, bare1) = (median(&mut ours), median(&mut bare8), median(&mut bare1));
            println!(
                "{:<10}{:>6}{ours:>9.2}{bare8:>9.2}{bare1:>9.2}{theirs:>9.2}  {:<22}{:.1} (limit {FASTER}; the \
                 server's own, loop over bare: {:.1}){}",
                format!("{:?}", server.kind),
                if tls { "TLS" } else { "plain" },
                format!("{:.2} (limit {OF_BARE})", ours / bare8),
                theirs / ours,
                theirs / bare8,
                if reuses { ", UNAUTHENTICATE" } else { "" }
            );
        }
    }
}

fn options(server: &Server, tls: bool) -> Vec<String> {
    let (port, mut words) = match tls {
        true => (server.imaps_port, vec!["-s", "--ca", server.ca.as_str()]),
        false => (server.port, Vec::new()),
    };
    let port = port.to_string();
    words.extend([
        "-m",
        "PLAIN",
        "-a",
        server.admin(),
        "-w",
        "adminpass",
        "-p",
        &port,
        "localhost",
    ]);
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn imapsh(server: &Server, home: &Home, tls: bool, file: &str) -> f64 {
    let began = Instant::now();
    let out = Command::new(binary())
        .args(options(server, tls))
        .args(["run", file])
        .env_clear()
        .envs(home.environment())
        .current_dir(home.path())
        .output()
        .unwrap();
    let time = began.elapsed().as_secs_f64();
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{errors}");
    assert!(errors.contains("200 ok"), "{errors}");
    time
}

/// Whether a connection is good for more than one user there.
fn reuses(server: &Server) -> bool {
    let mut line = Wire::open(server, None);
    line.log_in(server, "u001");
    line.say("c CAPABILITY");
    let text = line.until("c ");
    line.log_out();
    text.contains("UNAUTHENTICATE")
}

/// What imapsh says, on so many sockets at once.
fn bare(server: &Server, tls: bool, sockets: usize, reuses: bool) -> f64 {
    let config = tls.then(|| config(server));
    let left = Mutex::new((1..=USERS).rev().collect::<Vec<usize>>());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..sockets {
            scope.spawn(|| {
                let mut kept: Option<Wire> = None;
                loop {
                    let Some(number) = left.lock().unwrap().pop() else {
                        break;
                    };
                    let mut line = match kept.take() {
                        Some(mut line) => {
                            line.say("u UNAUTHENTICATE");
                            line.until("u ");
                            line
                        }
                        None => Wire::open(server, config.clone()),
                    };
                    line.log_in(server, &format!("u{number:03}"));
                    line.say(&format!("s SUBSCRIBE {}", shared(server)));
                    assert!(line.until("s ").contains("s OK"));
                    match reuses {
                        true => kept = Some(line),
                        false => line.log_out(),
                    }
                }
                if let Some(line) = kept {
                    line.log_out();
                }
            });
        }
    });
    began.elapsed().as_secs_f64()
}

fn config(server: &Server) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&server.ca).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    // This one asks for client certificates and breaks off what resumes; imapsh finds that out.
    if server.kind == Kind::Dovecot {
        config.resumption = rustls::client::Resumption::disabled();
    }
    Arc::new(config)
}

trait Both: Read + Write + Send {}
impl<T: Read + Write + Send> Both for T {}

struct Wire(BufReader<Box<dyn Both>>, bool);

impl Wire {
    fn open(server: &Server, config: Option<Arc<ClientConfig>>) -> Wire {
        let port = if config.is_some() {
            server.imaps_port
        } else {
            server.port
        };
        let socket = TcpStream::connect(("localhost", port)).unwrap();
        socket.set_nodelay(true).unwrap();
        let stream: Box<dyn Both> = match config {
            None => Box::new(socket),
            Some(config) => {
                let name = ServerName::try_from("localhost").unwrap();
                let session = ClientConnection::new(config, name).unwrap();
                Box::new(StreamOwned::new(session, socket))
            }
        };
        let mut line = Wire(BufReader::new(stream), false);
        let mut greeting = String::new();
        line.0.read_line(&mut greeting).unwrap();
        // imapsh asks where the greeting does not say.
        if !greeting.contains("[CAPABILITY") {
            line.say("p CAPABILITY");
            line.until("p ");
        }
        line
    }

    fn say(&mut self, text: &str) {
        let text = format!("{text}\r\n");
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
        self.0.get_mut().flush().unwrap();
    }

    fn until(&mut self, tag: &str) -> String {
        let mut all = String::new();
        loop {
            let from = all.len();
            assert!(self.0.read_line(&mut all).unwrap() > 0, "closed: {all}");
            if all[from..].starts_with(tag) {
                return all;
            }
        }
    }

    fn log_in(&mut self, server: &Server, user: &str) {
        let words = format!("{user}\0{}\0adminpass", server.admin());
        let text = imapsh::wire::base64::encode(words.as_bytes());
        self.say(&format!("l AUTHENTICATE PLAIN {}", text.as_str()));
        let answer = self.until("l ");
        assert!(answer.contains("l OK"), "{answer}");
        if !answer.contains("CAPABILITY") {
            self.say("q CAPABILITY");
            self.until("q ");
        }
    }

    fn log_out(mut self) {
        self.say("z LOGOUT");
        let mut rest = Vec::new();
        // Many servers close without TLS's close_notify.
        let _ = self.0.read_to_end(&mut rest);
    }
}

/// `for u in ...; do imtest ... ; done`
fn imtest_loop(server: &Server, home: &Home, tls: bool) -> f64 {
    home.file(
        "imtest.in",
        format!("s SUBSCRIBE {}\r\nz LOGOUT\r\n", shared(server)).as_bytes(),
    );
    let port = if tls { server.imaps_port } else { server.port };
    let tls = if tls { "-s" } else { "" };
    let script = format!(
        "for n in $(seq -f %03g 1 {USERS}); do {IMTEST} -m PLAIN {tls} -u u$n -a {} -w adminpass -p {port} \
         -f imtest.in localhost >out 2>&1 </dev/null; grep -q '^s OK' out || echo bad $n; done",
        server.admin()
    );
    let began = Instant::now();
    let out = Command::new("sh")
        .args(["-c", &script])
        .current_dir(home.path())
        .output()
        .unwrap();
    let time = began.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&out.stdout);
    if text.contains("bad") {
        println!("imtest failed for {} users", text.lines().count());
    }
    time
}

fn steps(times: usize) {
    println!("\n{STEPS} SEARCH and FETCH in one snippet; microseconds a step, median of {times}");
    println!(
        "imtest -f sends all of it at once; the bare client waits for each answer, as imapsh does"
    );
    println!(
        "{:<10}{:>10}{:>12}{:>10}{:>10}{:>10}",
        "", "imapsh", "imtest -f", "of it", "bare", "of it"
    );
    for server in server::both() {
        let home = Home::new();
        let (mut snippet, mut script) = (String::new(), String::new());
        for text in [&mut snippet, &mut script] {
            text.push_str("a EXAMINE INBOX\n");
        }
        for number in 0..STEPS / 2 {
            snippet.push_str("UID SEARCH ALL\n* SEARCH ${_...}\nOK\n\nFETCH 1:* FLAGS\nOK\n\n");
            let _ = write!(
                script,
                "s{number} UID SEARCH ALL\nf{number} FETCH 1:* FLAGS\n"
            );
        }
        script.push_str("z LOGOUT\n");
        home.file("steps.imap", snippet.as_bytes());
        home.file("steps.in", script.replace('\n', "\r\n").as_bytes());
        let port = server.port.to_string();
        // FETCH 1:* of an empty mailbox is BAD on Dovecot.
        let scripts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers");
        let filled = Command::new(scripts.join("fill"))
            .args(["localhost", &port, "craig", "secret", "INBOX", "20", "500"])
            .output()
            .unwrap();
        assert!(filled.status.success(), "{filled:?}");
        let who = [
            "-m",
            "PLAIN",
            "-a",
            "craig",
            "-w",
            "secret",
            "-p",
            port.as_str(),
        ];
        let one = |command: &mut Command| {
            let began = Instant::now();
            let out = command
                .current_dir(home.path())
                .stdin(Stdio::null())
                .output()
                .unwrap();
            assert!(
                out.status.success(),
                "{}",
                String::from_utf8_lossy(&out.stderr)
            );
            began.elapsed().as_secs_f64() * 1e6 / STEPS as f64
        };
        let (mut ours, mut theirs, mut bare) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..times {
            bare.push(step_by_step(server));
            ours.push(one(Command::new(binary())
                .args(who)
                .args(["localhost", "run", "steps.imap"])
                .env_clear()
                .envs(home.environment())));
            theirs.push(one(Command::new(IMTEST).args(who).args([
                "-f",
                "steps.in",
                "localhost",
            ])));
        }
        let (ours, theirs) = (median(&mut ours), median(&mut theirs));
        let bare = median(&mut bare);
        let name = format!("{:?}", server.kind);
        println!(
            "{name:<10}{ours:>10.0}{theirs:>12.0}{:>10.2}{bare:>10.0}{:>10.2} (no limit is set)",
            ours / theirs,
            ours / bare
        );
    }
}

/// Microseconds a step of the bare client, each behind the answer to the one before.
fn step_by_step(server: &Server) -> f64 {
    let began = Instant::now();
    let mut line = Wire::open(server, None);
    line.say("l LOGIN craig secret");
    line.until("l ");
    line.say("a EXAMINE INBOX");
    line.until("a ");
    for _ in 0..STEPS / 2 {
        line.say("s UID SEARCH ALL");
        line.until("s ");
        line.say("f FETCH 1:* FLAGS");
        line.until("f ");
    }
    line.log_out();
    began.elapsed().as_secs_f64() * 1e6 / STEPS as f64
}

fn rows() {
    println!("\n{ROWS} rows against the demo on a port, STATUS as each of 10,000 users");
    let home = Home::new();
    let mut demo = program::Running::start(
        &home,
        &[
            "demo",
            "--listen",
            "127.0.0.1:0",
            "--users",
            &ROWS.to_string(),
        ],
    );
    let text = demo.wait_for("Ctrl+C ends it");
    let (_, rest) = text.split_once("127.0.0.1:").unwrap();
    let port = rest.split(',').next().unwrap();
    let mut list = "user\n".to_owned();
    (1..=ROWS).for_each(|number| {
        let _ = writeln!(list, "u{number:05}");
    });
    home.file("users.csv", list.as_bytes());
    home.file(
        "rows.imap",
        b"each: @users.csv\nauthz: ${user}\n\nSTATUS INBOX (MESSAGES)\n* STATUS INBOX (MESSAGES ${n})\nOK\n!undo NOOP\n",
    );
    let began = Instant::now();
    let mut child = Command::new(binary())
        .args([
            "-m",
            "PLAIN",
            "-a",
            "cyrus",
            "-w",
            "adminpass",
            "-p",
            port,
            "127.0.0.1",
            "run",
        ])
        .args(["rows.imap", "--report", "r.jsonl", "--undo", "u.imap"])
        .env_clear()
        .envs(home.environment())
        .current_dir(home.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let report = home.path().join("r.jsonl");
    let mut seen = Vec::new();
    let mut next = ROWS / 10;
    loop {
        let memory = resident(child.id());
        let over = ends(&report);
        if over >= next {
            seen.push((over, memory));
            next += ROWS / 10 * 3;
        }
        if child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let time = began.elapsed().as_secs_f64();
    let out = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{errors}");
    assert_eq!(ends(&report), ROWS, "the report is complete");
    println!(
        "{time:.2} s, {:.0} rows/s; {}",
        ROWS as f64 / time,
        errors.lines().last().unwrap()
    );
    for (over, memory) in &seen {
        println!("after {over:>6} rows: {memory} kB resident");
    }
    if let (Some((_, first)), Some((_, last))) = (seen.first(), seen.last()) {
        let ratio = *last as f64 / (*first).max(1) as f64;
        println!("memory at the end, of that after a tenth of the rows: {ratio:.2} (flat is 1)");
    }
}

fn ends(report: &std::path::Path) -> usize {
    let text = std::fs::read_to_string(report).unwrap_or_default();
    text.matches("\"type\":\"end\"").count()
}

fn resident(id: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
