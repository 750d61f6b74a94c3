//! Replays a trace against a `Session`.
//!
//! `S:` lines go in. What comes out (`C:`) and what the session says (`-- | ...`) must stand behind the
//! line that caused it, in order, nothing missing and nothing more. `>` lines are what the user does:
//!
//! ```text
//! >  CREATE {3}            a command; the octets of `{n}`, `{n+}` and `{n*}` (as the server allows) follow
//! >  foo
//! >  @own TAG COMMAND      under the user's tag       >  @typed LINE     as it was typed, no tag made
//! >  @program COMMAND      sent by the program        >  @open LINE{n}   the octets come by hand
//! >  @literal OCTETS  @line TEXT  @challenge OCTETS  @cancel  @done      answers by hand
//! >  @mechanism NAME first ANSWER|ANSWER   an exchange (`first`, `last`: who begins; `!why`: gives up;
//!                                          ends with `!finish`: the server did not prove itself)
//! >  @tls                  TLS is on                  >  @close [local|REASON]
//! ```
//!
//! `IMAPSH_BLESS=1` writes what came into the file: read the difference before you commit it.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::time::{Duration, Instant};

use imapsh::session::{
    Answer, Awaiting, CloseCause, CommandId, Event, Exchange, ExchangeError, Reply, Session,
    Violation,
};
use imapsh::transcript::trace::{self, Entry};
use imapsh::wire::response::Response;
use imapsh::wire::secret::mark_secrets;
use imapsh::wire::{Command, CommandPart, Ending, LiteralChoice, Origin, Piece, Tag, TagChoice};
use zeroize::Zeroizing;

/// A session with its names for commands, its record of what passed, and a clock of its own.
pub struct Replay {
    pub session: Session,
    pub now: Instant,
    /// Bytes that went to the network.
    pub sent: Vec<u8>,
    /// Bytes that the session showed as received.
    pub received: Vec<u8>,
    pub names: BTreeMap<CommandId, String>,
    greeted: bool,
    /// Text came behind the OK of STARTTLS: each read of it is shown by itself.
    breached: bool,
    /// What was shown as sent, and whether something of it is masked.
    shown: Vec<u8>,
    masked: bool,
}

impl Replay {
    pub fn new() -> Replay {
        let now = Instant::now();
        let session = Session::new(now);
        Replay {
            session,
            now,
            sent: Vec::new(),
            received: Vec::new(),
            names: BTreeMap::new(),
            greeted: false,
            breached: false,
            shown: Vec::new(),
            masked: false,
        }
    }

    /// Takes everything that the session has to give: its events as lines of a trace.
    pub fn drain(&mut self) -> Vec<Entry> {
        while let Some(bytes) = self.session.poll_transmit() {
            self.sent.extend_from_slice(&bytes);
        }
        let mut entries: Vec<Entry> = Vec::new();
        while let Some(event) = self.session.poll_event() {
            match &event {
                Event::Received(piece) => self.received.extend_from_slice(piece.bytes()),
                Event::Started { command, tag, .. } => {
                    let name = tag
                        .as_ref()
                        .map_or_else(|| format!("#{}", command.0), Tag::to_string);
                    self.names.insert(*command, name);
                }
                Event::Greeting(_) => self.greeted = true,
                Event::Violation(Violation::PlaintextBehindStartTls { .. }) => self.breached = true,
                _ => {}
            }
            match event {
                Event::Sent { piece, masked, .. } => {
                    self.masked |= masked;
                    self.shown.extend_from_slice(piece.bytes());
                    match entries.last_mut() {
                        Some(Entry::Client(bytes)) => bytes.extend_from_slice(piece.bytes()),
                        _ => entries.push(Entry::Client(piece.bytes().to_vec())),
                    }
                }
                event => entries.extend(
                    self.said(&event)
                        .map(|text| Entry::Comment(format!("| {text}"))),
                ),
            }
        }
        entries
    }

    fn name(&self, command: CommandId) -> String {
        self.names
            .get(&command)
            .cloned()
            .unwrap_or_else(|| format!("#{}", command.0))
    }

    fn said(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Received(Piece::Text {
                ending: Ending::Truncated,
                bytes,
            }) if !self.breached => {
                format!("truncated, {} octets of a line", bytes.len())
            }
            Event::Received(_) | Event::Started { .. } | Event::Sent { .. } => return None,
            Event::Response {
                response: Response::Tagged { .. },
                ..
            } => return None,
            Event::Response {
                response: Response::Odd,
                command: None,
            } => "odd".to_owned(),
            Event::Response {
                command: Some(command),
                ..
            } => format!("for {}", self.name(*command)),
            // The greeting says so itself.
            Event::Response { command: None, .. } if !self.greeted => return None,
            Event::Response {
                response: Response::Untagged(_),
                ..
            } => "unsolicited".to_owned(),
            Event::Response { command: None, .. } => "for nobody".to_owned(),
            Event::Greeting(status) => format!("greeting {:?}", status.status),
            Event::Completed {
                command, status, ..
            } => {
                format!("{} completed {:?}", self.name(*command), status.status)
            }
            Event::Abandoned { command } => format!("{} abandoned", self.name(*command)),
            Event::Awaiting(Awaiting::Literal { remaining }) => {
                format!("awaiting {remaining} octets")
            }
            Event::Awaiting(awaiting) => format!("awaiting {awaiting:?}"),
            Event::Challenge { data } => format!("challenge {}", data.escape_ascii()),
            Event::ExchangeFailed { command, error } => {
                format!("{} failed: {error}", self.name(*command))
            }
            Event::Capabilities(Some(set)) => {
                format!("capabilities {}", set.iter().collect::<Vec<_>>().join(" "))
            }
            Event::Capabilities(None) => "capabilities forgotten".to_owned(),
            Event::StartTls { command } => format!("{} starttls", self.name(*command)),
            Event::Compress { command } => format!("{} compress", self.name(*command)),
            Event::Violation(Violation::UnknownTag(tag)) => {
                format!("violation: tag {tag} is not in flight")
            }
            Event::Violation(violation) => format!("violation: {violation:?}"),
            Event::Closed(cause) => format!("closed: {cause:?}"),
        })
    }

    /// Does what `>` lines say, joined with CRLF.
    pub fn act(&mut self, text: &[u8]) {
        let (word, rest) = match text.iter().position(|b| *b == b' ') {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, &[][..]),
        };
        let now = self.now;
        let command = |origin, tag, text: &[u8]| {
            let mut command = Command {
                origin,
                tag,
                parts: parts(text),
            };
            mark_secrets(&mut command);
            command
        };
        let reply = match word {
            b"@literal" => Reply::Literal(rest.to_vec()),
            b"@line" => Reply::Line(rest.to_vec()),
            b"@challenge" => Reply::Challenge(Zeroizing::new(rest.to_vec())),
            b"@cancel" => Reply::Cancel,
            b"@done" => Reply::Done,
            b"@tls" => return self.session.tls_started(now),
            b"@close" => {
                let cause = match rest {
                    b"" => CloseCause::Closed,
                    b"local" => CloseCause::Local,
                    reason => CloseCause::Failed(String::from_utf8_lossy(reason).into_owned()),
                };
                return self.session.handle_close(now, cause);
            }
            b"@mechanism" => {
                let exchange = Script::read(std::str::from_utf8(rest).unwrap());
                self.session.authenticate(now, Box::new(exchange));
                return;
            }
            _ => {
                let at = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
                let command = match word {
                    b"@own" => {
                        let tag = TagChoice::Own(Tag::new(&rest[..at]).unwrap());
                        command(Origin::User, tag, &rest[at + 1..])
                    }
                    b"@typed" => {
                        let text = CommandPart::Text {
                            bytes: rest.to_vec(),
                            secret: Vec::new(),
                        };
                        Command {
                            origin: Origin::User,
                            tag: TagChoice::AsTyped,
                            parts: vec![text],
                        }
                    }
                    b"@program" => command(Origin::Program, TagChoice::Generated, rest),
                    b"@open" => {
                        let mut command = Command {
                            origin: Origin::User,
                            tag: TagChoice::Generated,
                            parts: open(rest),
                        };
                        mark_secrets(&mut command);
                        command
                    }
                    _ => command(Origin::User, TagChoice::Generated, text),
                };
                self.session.submit(now, command);
                return;
            }
        };
        if let Err(error) = self.session.respond(now, reply) {
            panic!("{}: {error}", text.escape_ascii());
        }
    }
}

/// Replays `path`, or blesses it; the server's bytes come in reads of at most `cut`.
pub fn replay(path: &Path, cut: usize) {
    let text = std::fs::read_to_string(path).unwrap();
    let given: Vec<(usize, Entry)> = trace::read(&text).unwrap();
    let bless = cut == usize::MAX && std::env::var_os("IMAPSH_BLESS").is_some();
    let mut replay = Replay::new();
    let (mut expected, mut actual, mut blessed) = (Vec::new(), Vec::new(), Vec::new());
    let mut fed = Vec::new();
    let mut rest: VecDeque<(usize, Entry)> = given.into();
    while let Some((line, entry)) = rest.pop_front() {
        match &entry {
            Entry::Comment(text) if text.starts_with('|') => {
                expected.push(entry);
                continue;
            }
            Entry::Client(_) => {
                expected.push(entry);
                continue;
            }
            Entry::Comment(_) | Entry::Mark { .. } => {
                blessed.push(entry);
                continue;
            }
            Entry::Submitted(_) | Entry::Server(_) => {}
        }
        if !bless {
            compare(path, line, &mut expected, &mut actual);
        }
        replay.now += Duration::from_millis(1);
        match entry {
            Entry::Submitted(mut text) => {
                let wants =
                    |text: &[u8]| parts_complete(text.strip_suffix(b"\r\n").unwrap_or(text));
                while !wants(&text) {
                    let Some((_, Entry::Submitted(more))) = rest.pop_front() else {
                        panic!("{}:{line}: a literal without its octets", path.display());
                    };
                    text.extend_from_slice(&more);
                }
                replay.act(text.strip_suffix(b"\r\n").unwrap_or(&text));
                blessed.push(Entry::Submitted(text));
            }
            Entry::Server(bytes) => {
                fed.extend_from_slice(&bytes);
                for read in bytes.chunks(cut) {
                    replay.session.handle_input(replay.now, read);
                }
                blessed.push(Entry::Server(bytes));
            }
            _ => {}
        }
        actual = replay.drain();
        blessed.extend(actual.iter().cloned());
    }
    if bless {
        std::fs::write(path, trace::write(&blessed)).unwrap();
        return;
    }
    compare(path, text.lines().count(), &mut expected, &mut actual);
    if replay.session.pending_input() != imapsh::session::PendingInput::default() {
        replay.session.handle_close(replay.now, CloseCause::Local);
        replay.drain();
    }
    if !replay.masked {
        assert_eq!(
            replay.sent.escape_ascii().to_string(),
            replay.shown.escape_ascii().to_string(),
            "{}: what is shown is what was sent",
            path.display()
        );
    }
    assert_eq!(
        replay.received,
        fed,
        "{}: every byte is shown once",
        path.display()
    );
}

/// The lines behind an input, as they would be written, against those in the file.
fn compare(path: &Path, line: usize, expected: &mut Vec<Entry>, actual: &mut Vec<Entry>) {
    let (expected, mut actual) = (std::mem::take(expected), std::mem::take(actual));
    // Each read behind the OK of STARTTLS is an alarm of its own; one counts here.
    actual.dedup_by(|b, a| alarm(a) && alarm(b));
    let expected = expected.into_iter().map(unnumbered).collect::<Vec<_>>();
    let actual = actual.into_iter().map(unnumbered).collect::<Vec<_>>();
    let (expected, actual) = (trace::write(&expected), trace::write(&actual));
    assert!(
        expected == actual,
        "{} before line {line}:\n--- the file says\n{expected}--- the session says\n{actual}",
        path.display()
    );
}

fn alarm(entry: &Entry) -> bool {
    matches!(entry, Entry::Comment(text) if text.contains("PlaintextBehindStartTls"))
}

/// An alarm without its count, which depends on the cut.
fn unnumbered(entry: Entry) -> Entry {
    if alarm(&entry) {
        Entry::Comment("| violation: PlaintextBehindStartTls".to_owned())
    } else {
        entry
    }
}

/// Whether every literal that `text` announces has its octets.
fn parts_complete(text: &[u8]) -> bool {
    let by_hand = [&b"@open "[..], b"@line ", b"@typed "]
        .iter()
        .any(|word| text.starts_with(word));
    by_hand || split(text).is_some()
}

fn parts(text: &[u8]) -> Vec<CommandPart> {
    split(text).expect("a literal without its octets")
}

/// A line's announcement: where it begins, size, choice, binary.
fn announcement(line: &[u8]) -> Option<(usize, usize, LiteralChoice, bool)> {
    let inner = line.strip_suffix(b"}")?;
    let at = inner.iter().rposition(|b| *b == b'{')?;
    let digits = std::str::from_utf8(&inner[at + 1..]).ok()?;
    let (digits, choice) = match digits.as_bytes().last()? {
        b'+' => (&digits[..digits.len() - 1], LiteralChoice::NonSynchronizing),
        b'*' => (&digits[..digits.len() - 1], LiteralChoice::Auto),
        _ => (digits, LiteralChoice::Synchronizing),
    };
    let binary = line[..at].ends_with(b"~");
    Some((
        at - usize::from(binary),
        digits.parse().ok()?,
        choice,
        binary,
    ))
}

fn split(text: &[u8]) -> Option<Vec<CommandPart>> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let end = rest
            .windows(2)
            .position(|pair| pair == b"\r\n")
            .unwrap_or(rest.len());
        let line = &rest[..end];
        let Some((at, size, choice, binary)) = announcement(line) else {
            parts.push(CommandPart::Text {
                bytes: line.to_vec(),
                secret: Vec::new(),
            });
            return (end == rest.len()).then_some(parts);
        };
        parts.push(CommandPart::Text {
            bytes: line[..at].to_vec(),
            secret: Vec::new(),
        });
        let behind = rest.get(end + 2..)?;
        let bytes = behind.get(..size)?.to_vec();
        parts.push(CommandPart::Literal {
            bytes,
            choice,
            binary,
            secret: false,
        });
        rest = &behind[size..];
        if rest.is_empty() {
            return Some(parts);
        }
    }
}

fn open(text: &[u8]) -> Vec<CommandPart> {
    let (at, size, choice, binary) = announcement(text).expect("an announcement");
    vec![
        CommandPart::Text {
            bytes: text[..at].to_vec(),
            secret: Vec::new(),
        },
        CommandPart::OpenLiteral {
            size: size as u64,
            choice,
            binary,
            secret: false,
        },
    ]
}

/// A mechanism that says what it was told to say.
pub struct Script {
    name: String,
    client_first: bool,
    answers: VecDeque<String>,
}

impl Script {
    /// `NAME first|last ANSWER|ANSWER...`
    pub fn read(text: &str) -> Script {
        let mut words = text.splitn(3, ' ');
        let name = words.next().unwrap().to_owned();
        let client_first = words.next() == Some("first");
        let answers = words
            .next()
            .unwrap_or_default()
            .split('|')
            .map(str::to_owned)
            .collect();
        Script {
            name,
            client_first,
            answers,
        }
    }
}

impl Exchange for Script {
    fn mechanism(&self) -> &str {
        &self.name
    }

    fn client_first(&self) -> bool {
        self.client_first
    }

    fn step(&mut self, challenge: Option<&[u8]>) -> Answer {
        assert!(
            challenge.is_some() || self.client_first,
            "nobody asked it to begin"
        );
        match self.answers.pop_front() {
            Some(why) if why.starts_with('!') => Answer::Cancel(ExchangeError(why[1..].to_owned())),
            Some(answer) => Answer::Send(Zeroizing::new(answer.into_bytes())),
            None => Answer::Send(Zeroizing::new(Vec::new())),
        }
    }

    fn finish(&mut self) -> Result<(), ExchangeError> {
        match self.answers.pop_front().as_deref() {
            Some("!finish") => Err(ExchangeError(
                "the server did not prove that it knows the password".to_owned(),
            )),
            _ => Ok(()),
        }
    }
}
