//! A browsing session with a real server, on tape: `tests/traces/browsing/SERVER.trace`, an administrator who acts
//! for craig, once for each size of the screen. A test plays it back to a [`Screen`]: what the screen sends is
//! looked up, and gets the answer that the real server gave. A command that was never recorded fails the test.
//!
//! To make the tapes anew (the screen asks for something else now, a server's new version), with fresh servers:
//!
//! ```text
//! NUSERS=3 tests/servers/dovecot-up /tmp/tape-dovecot auto; NUSERS=3 tests/servers/cyrus-up /tmp/tape-cyrus auto
//! IMAPSH_RECORD_TAPES=1 IMAPSH_TEST_DOVECOT=/tmp/tape-dovecot IMAPSH_TEST_CYRUS=/tmp/tape-cyrus INSTA_UPDATE=always \
//!     cargo test --test tests browsed -- --test-threads=1
//! tests/servers/dovecot-down /tmp/tape-dovecot --wipe; tests/servers/cyrus-down /tmp/tape-cyrus --wipe
//! ```
//!
//! Then the same keys go to the real servers, and what passes is written. What is another one at each
//! recording (UIDVALIDITY, object ids, session ids, durations) is replaced by something of the same form; mails and
//! their dates come from `tests/servers/fill`, which makes the same ones always. The login's secret is masked.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use imapsh::transcript::trace::{self, Entry};

use super::screen::Screen;
use super::trace::Script;

/// Stands for the secret.
const MASKED: &str = "AUTHENTICATE PLAIN ********";
/// So many mails are in the INBOX of the recordings, from `fill`.
const MAILS: usize = 60;

/// Which real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    Dovecot,
    Cyrus,
}

impl Maker {
    pub fn name(self) -> &'static str {
        match self {
            Maker::Dovecot => "dovecot",
            Maker::Cyrus => "cyrus",
        }
    }

    /// Who acts for craig.
    pub fn admin(self) -> &'static str {
        match self {
            Maker::Dovecot => "admin",
            Maker::Cyrus => "cyrus",
        }
    }

    /// A mailbox of craig's, by its levels.
    pub fn mailbox(self, levels: &str) -> String {
        match self {
            Maker::Dovecot => levels.to_owned(),
            Maker::Cyrus => format!("INBOX.{}", levels.replace('/', ".")),
        }
    }
}

/// Whether the tapes are made, and not played.
pub fn recording() -> bool {
    std::env::var_os("IMAPSH_RECORD_TAPES").is_some()
}

/// Where the tape of a server lies.
pub fn path(maker: Maker) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/traces/browsing")
        .join(format!("{}.trace", maker.name()))
}

/// Answers by the command, tag off: the tag it had then, and the octets.
type Answers = BTreeMap<Vec<u8>, VecDeque<(Vec<u8>, Vec<u8>)>>;

/// One session of a tape.
pub struct Tape {
    maker: Maker,
    greeting: Vec<u8>,
    answers: Answers,
    live: Option<BufReader<TcpStream>>,
    /// What passes while it is recorded.
    pub entries: Vec<Entry>,
    /// Commands that were sent, tags off, since somebody looked.
    pub log: Vec<String>,
}

impl Tape {
    /// The session that was recorded at this size, or a new one to be recorded.
    pub fn open(maker: Maker, size: (u16, u16)) -> Tape {
        let mut tape = Tape {
            maker,
            greeting: Vec::new(),
            answers: Answers::new(),
            live: None,
            entries: vec![heading(size)],
            log: Vec::new(),
        };
        if recording() {
            let mut line = connect(maker);
            tape.greeting = normal(maker, &read_line(&mut line));
            tape.entries.push(Entry::Server(tape.greeting.clone()));
            tape.live = Some(line);
        } else {
            tape.load(size);
        }
        tape
    }

    fn load(&mut self, size: (u16, u16)) {
        let path = path(self.maker);
        let text = std::fs::read_to_string(&path).unwrap();
        let entries = trace::read(&text).unwrap().into_iter().map(|(_, e)| e);
        let mut rest = entries.skip_while(|entry| *entry != heading(size)).skip(1);
        let Some(Entry::Server(greeting)) = rest.next() else {
            panic!("{}: nothing was recorded at {size:?}", path.display());
        };
        self.greeting = greeting;
        let mut last: Option<(Vec<u8>, Vec<u8>)> = None;
        let mut said = true;
        for entry in rest {
            match entry {
                // A command goes on where the server has not said anything yet: its literal.
                Entry::Client(more) => match (&mut last, said) {
                    (Some((_, command)), false) => command.extend(more),
                    _ => {
                        let (tag, command) = untagged(&more);
                        last = Some((tag.to_vec(), command.to_vec()));
                        said = false;
                    }
                },
                Entry::Server(bytes) => {
                    let (tag, command) = last.as_ref().expect("a command before its answer");
                    let answers = self.answers.entry(command.clone()).or_default();
                    if !said {
                        answers.push_back((tag.clone(), Vec::new()));
                    }
                    answers.back_mut().unwrap().1.extend(bytes);
                    said = true;
                }
                // The next session.
                Entry::Comment(text) if text.starts_with("at ") => break,
                _ => {}
            }
        }
    }

    /// The connection is open, and the administrator is in as craig.
    pub fn log_in(&mut self, screen: &mut Screen) {
        let mut plan = super::screen::plan();
        plan.credentials =
            super::login::And::acting_as(super::login::who(self.maker.admin()), "craig");
        screen.greeted(plan, super::screen::tls(), "");
        screen.server(self.greeting.clone());
        let response = format!("craig\0{}\0adminpass", self.maker.admin());
        screen.authenticate(Box::new(Script::read(&format!("PLAIN first {response}"))));
        self.play(screen);
        screen.notice(imapsh::channel::Notice::LoggedIn {
            authcid: Some(self.maker.admin().into()),
            authzid: Some("craig".into()),
            mechanism: "PLAIN".into(),
        });
        screen.notice(imapsh::channel::Notice::Ready);
        self.play(screen);
        self.log.clear();
    }

    /// Answers what the screen sends, until it sends nothing more.
    pub fn play(&mut self, screen: &mut Screen) {
        loop {
            let sent = std::mem::take(&mut screen.sent);
            if sent.is_empty() {
                return;
            }
            for command in commands(&sent) {
                let answer = self.answer(command);
                screen.server(answer);
            }
        }
    }

    /// Presses keys, and lets them be answered.
    pub fn keys(&mut self, screen: &mut Screen, keys: &str) {
        screen.keys(keys);
        self.play(screen);
    }

    fn answer(&mut self, sent: &[u8]) -> Vec<u8> {
        let (tag, command) = untagged(sent);
        let command = masked(command);
        self.log
            .push(String::from_utf8_lossy(&command).trim_end().to_owned());
        if let Some(line) = &mut self.live {
            let answer = ask(line, sent, tag);
            let answer = normal(self.maker, &answer);
            self.entries
                .push(Entry::Client([tag, b" ", &command].concat()));
            self.entries.push(Entry::Server(answer.clone()));
            return answer;
        }
        let Some(answers) = self.answers.get_mut(&command) else {
            panic!(
                "{:?} was never asked when {} was recorded: tests/common/tape.rs says how to do that again",
                String::from_utf8_lossy(&command),
                path(self.maker).display()
            );
        };
        // Asked once more than then: as the last time.
        let (then, octets) = match answers.len() {
            1 => answers.front().cloned().unwrap(),
            _ => answers.pop_front().unwrap(),
        };
        retagged(&octets, &then, tag)
    }
}

fn heading((columns, rows): (u16, u16)) -> Entry {
    Entry::Comment(format!("at {columns}x{rows}"))
}

/// A server's mailboxes as the recordings show them; once, before the first one.
pub fn prepare(maker: Maker) {
    let port = port(maker).to_string();
    let fill = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/servers/fill");
    let count = MAILS.to_string();
    let words = [
        "localhost",
        &port,
        "craig",
        "secret",
        "INBOX",
        &count,
        "2500",
        "--quiet",
    ];
    assert!(Command::new(fill).args(words).status().unwrap().success());
    let mut line = connect(maker);
    read_line(&mut line);
    let name = |levels: &str| format!("\"{}\"", maker.mailbox(levels));
    let mut commands = vec!["LOGIN craig secret".to_owned()];
    for levels in [
        "Archive",
        "Archive/2024",
        "Archive/2025",
        "Entw&APw-rfe",
        "Lists",
        "Lists/dev and ops",
    ] {
        commands.push(format!("CREATE {}", name(levels)));
    }
    // Dovecot makes it at the first login.
    for levels in ["Archive", "Archive/2025", "Sent", "Entw&APw-rfe"] {
        commands.push(format!("SUBSCRIBE {}", name(levels)));
    }
    commands.push("SUBSCRIBE INBOX".to_owned());
    // Dovecot lets no user give rights to anyone.
    if maker == Maker::Cyrus {
        commands.push(format!("SETACL {} anyone l", name("Archive")));
    }
    for (levels, who, rights) in [
        ("Archive", "monty", "lrs"),
        ("Archive/2025", "monty", "lrswi"),
        ("Archive/2025", "brian", "lrswipkxtea"),
    ] {
        commands.push(format!("SETACL {} {who} {rights}", name(levels)));
    }
    commands.push("LOGOUT".to_owned());
    for (number, command) in commands.iter().enumerate() {
        let tag = format!("t{number}");
        let answer = ask(
            &mut line,
            format!("{tag} {command}\r\n").as_bytes(),
            tag.as_bytes(),
        );
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.contains(&format!("{tag} OK")), "{command}: {answer}");
    }
}

/// Writes what was recorded.
pub fn keep(maker: Maker, entries: &[Entry]) {
    let about = |text: &str| Entry::Comment(text.to_owned());
    let mut all = vec![
        about(&format!(
            "A browsing session with {}: {} acts for craig. tests/browsed.rs plays it.",
            match maker {
                Maker::Dovecot => "Dovecot 2.3.19",
                Maker::Cyrus => "Cyrus IMAPd 3.6.1",
            },
            maker.admin()
        )),
        about("tests/common/tape.rs says how it is made anew."),
    ];
    all.extend_from_slice(entries);
    std::fs::write(path(maker), trace::write(&all)).unwrap();
}

fn port(maker: Maker) -> u16 {
    let variable = format!("IMAPSH_TEST_{}", maker.name().to_uppercase());
    let folder =
        std::env::var(&variable).unwrap_or_else(|_| panic!("{variable} names a server's folder"));
    let text = std::fs::read_to_string(PathBuf::from(folder).join("env")).unwrap();
    let port = text.lines().find_map(|line| line.strip_prefix("PORT="));
    port.unwrap().parse().unwrap()
}

fn connect(maker: Maker) -> BufReader<TcpStream> {
    let line = TcpStream::connect(("localhost", port(maker))).unwrap();
    line.set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    line.set_nodelay(true).unwrap();
    BufReader::new(line)
}

/// A line and the literals in it, to its end.
fn read_line(line: &mut BufReader<TcpStream>) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let from = all.len();
        assert!(
            line.read_until(b'\n', &mut all).unwrap() > 0,
            "the server has closed"
        );
        let Some(size) = literal(&all[from..]) else {
            return all;
        };
        let mut octets = vec![0; size];
        line.read_exact(&mut octets).unwrap();
        all.extend(octets);
    }
}

/// Sends a command; everything up to its tagged response.
fn ask(line: &mut BufReader<TcpStream>, sent: &[u8], tag: &[u8]) -> Vec<u8> {
    line.get_mut().write_all(sent).unwrap();
    let begin = [tag, b" "].concat();
    let mut all = Vec::new();
    loop {
        let one = read_line(line);
        all.extend_from_slice(&one);
        if one.starts_with(&begin) {
            return all;
        }
        assert!(!one.starts_with(b"+"), "nothing here waits for a go-ahead");
    }
}

/// The octets announced at the end of a line: `{7}`, `{7+}`.
fn literal(line: &[u8]) -> Option<usize> {
    let text = line.strip_suffix(b"}\r\n")?;
    let open = text.iter().rposition(|b| *b == b'{')?;
    let digits = std::str::from_utf8(&text[open + 1..]).ok()?;
    digits.strip_suffix('+').unwrap_or(digits).parse().ok()
}

/// The commands in what was sent.
fn commands(sent: &[u8]) -> Vec<&[u8]> {
    let mut all = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at < sent.len() {
        let end = sent[at..]
            .iter()
            .position(|b| *b == b'\n')
            .expect("a whole line")
            + at
            + 1;
        match literal(&sent[at..end]) {
            Some(size) => at = end + size,
            None => {
                all.push(&sent[from..end]);
                (from, at) = (end, end);
            }
        }
    }
    all
}

/// Tag, and the rest.
fn untagged(sent: &[u8]) -> (&[u8], &[u8]) {
    let at = sent.iter().position(|b| *b == b' ').expect("a tag");
    (&sent[..at], &sent[at + 1..])
}

fn masked(command: &[u8]) -> Vec<u8> {
    match command.starts_with(b"AUTHENTICATE") {
        true => format!("{MASKED}\r\n").into_bytes(),
        false => command.to_vec(),
    }
}

/// The answer to a command that has another tag now: in its tagged response, and in ESEARCH.
fn retagged(octets: &[u8], then: &[u8], now: &[u8]) -> Vec<u8> {
    let correlator = |tag: &[u8]| [b"(TAG \"", tag, b"\")"].concat();
    let octets = replaced(octets, &correlator(then), &correlator(now));
    let at = octets[..octets.len() - 2]
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |at| at + 1);
    let (before, last) = octets.split_at(at);
    let rest = last.strip_prefix(then).expect("its tagged response");
    [before, now, rest].concat()
}

fn replaced(octets: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = octets;
    while let Some(at) = rest.windows(from.len()).position(|w| w == from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// What is another one at each recording is the same in all.
fn normal(maker: Maker, octets: &[u8]) -> Vec<u8> {
    let same: &[(&str, &str)] = match maker {
        Maker::Dovecot => &[
            (r"UIDVALIDITY \d+", "UIDVALIDITY 1770000000"),
            (
                r"MAILBOXID \([0-9a-f]+\)",
                "MAILBOXID (00000000000000000000000000000000)",
            ),
            (
                r"\(\d\.\d{3} \+ \d\.\d{3}( \+ \d\.\d{3})? secs\)",
                "(0.001 + 0.000 secs)",
            ),
        ],
        Maker::Cyrus => &[
            (r"UIDVALIDITY \d+", "UIDVALIDITY 1770000000"),
            (
                r"MAILBOXID \([^)]+\)",
                "MAILBOXID (000000000000000000000000)",
            ),
            (r"SESSIONID=<[^>]+>", "SESSIONID=<cyrus-1-1770000000-1-1>"),
            (r"\(\d+\.\d{3} sec\)", "(0.001 sec)"),
        ],
    };
    let mut octets = octets.to_vec();
    for (pattern, to) in same {
        let pattern = regex::bytes::Regex::new(pattern).unwrap();
        octets = pattern.replace_all(&octets, to.as_bytes()).into_owned();
    }
    octets
}
