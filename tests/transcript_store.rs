//! The store behind the transcript: whatever passes, in whatever cut, what is read back is what a plain
//! list would hold. Blocks, the limit, a full disk, a million commands.

use std::time::{Duration, SystemTime};

use imapsh::session::{CommandId, Event};
use imapsh::transcript::find::{Finder, Pattern, Step};
use imapsh::transcript::{LineEnd, LineKind, NoteLevel, Progress, Transcript, Walk, Walked};
use imapsh::wire::response::{Response, Status, StatusResponse};
use imapsh::wire::{Direction, Ending, Frame, FrameBuilder, Framer, Origin, Piece, Tag};
use proptest::prelude::*;

fn at(millis: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_000 + millis)
}

/// A line as a plain list keeps it.
#[derive(Debug, Clone, PartialEq)]
struct Plain {
    kind: &'static str,
    bytes: Vec<u8>,
    at: SystemTime,
    command: Option<usize>,
    masked: bool,
    unsolicited: bool,
}

/// A conversation that is written into a transcript and into a plain list.
struct Both {
    transcript: Transcript,
    plain: Vec<Plain>,
    framer: Framer,
    frame: FrameBuilder,
    /// Lines of the server's frame that is under way.
    under_way: Vec<usize>,
    literal: Option<usize>,
    literal_ours: Option<usize>,
    /// Commands in flight: id and index.
    running: Vec<(CommandId, usize)>,
    /// First and last line of each command, and the line of its completion.
    spans: Vec<(usize, usize, Option<usize>)>,
    greeted: bool,
    now: u64,
    ids: u64,
}

impl Both {
    fn new(transcript: Transcript) -> Both {
        Both {
            transcript,
            plain: Vec::new(),
            framer: Framer::new(Direction::Server),
            frame: FrameBuilder::default(),
            under_way: Vec::new(),
            literal: None,
            literal_ours: None,
            running: Vec::new(),
            spans: Vec::new(),
            greeted: false,
            now: 0,
            ids: 0,
        }
    }

    fn push(&mut self, kind: &'static str, bytes: &[u8]) -> usize {
        self.plain.push(Plain {
            kind,
            bytes: bytes.to_vec(),
            at: at(self.now),
            command: None,
            masked: false,
            unsolicited: false,
        });
        self.plain.len() - 1
    }

    fn belong(&mut self, line: usize, command: usize) {
        self.plain[line].command = Some(command);
        self.spans[command].1 = self.spans[command].1.max(line);
    }

    fn note(&mut self, text: &str) {
        self.transcript.note(at(self.now), NoteLevel::Info, text);
        self.push("note", text.as_bytes());
        self.dropped();
    }

    fn record(&mut self, event: &Event) {
        self.transcript.record(at(self.now), event);
        self.dropped();
    }

    /// When the first lines go a note tells it.
    fn dropped(&mut self) {
        if self.transcript.len() > self.plain.len() {
            let line = self.transcript.line(self.plain.len()).unwrap();
            let text = String::from_utf8_lossy(&line.bytes).into_owned();
            assert!(text.contains("oldest lines are dropped"), "{text}");
            assert!(text.contains(" 1 MiB "), "{text}");
            assert!(self.transcript.first_line() > 0);
            self.push("note", text.as_bytes());
        }
    }

    /// A command goes out: a line, and a literal if there is one.
    fn command(&mut self, line: &[u8], literal: Option<&[u8]>, masked: bool) {
        self.ids += 1;
        let (id, index) = (CommandId(self.ids), self.spans.len());
        let tag = format!("A{index:04}");
        let event = Event::Started {
            command: id,
            tag: Tag::new(tag.as_bytes()),
            origin: Origin::User,
            verb: format!("VERB{}", index % 3),
        };
        self.record(&event);
        self.running.push((id, index));
        let first = self.plain.len();
        self.spans.push((first, first, None));
        let mut text = format!("{tag} VERB{} ", index % 3).into_bytes();
        text.extend(line.iter().filter(|b| **b != b'\n'));
        let ending = match literal {
            Some(literal) => {
                text.extend_from_slice(format!("{{{}+}}\r\n", literal.len()).as_bytes());
                let header = imapsh::wire::LiteralHeader {
                    size: literal.len() as u64,
                    mode: imapsh::wire::LiteralMode::NonSynchronizing,
                    binary: false,
                };
                Ending::Literal(header)
            }
            None => {
                text.extend_from_slice(b"\r\n");
                Ending::Line
            }
        };
        self.sent(
            id,
            index,
            Piece::Text {
                bytes: text,
                ending,
            },
            masked,
        );
        if let Some(literal) = literal {
            for piece in literal.chunks(50_000) {
                let piece = Piece::Literal {
                    bytes: piece.to_vec(),
                    remaining: 0,
                };
                self.sent(id, index, piece, masked);
            }
            let end = Piece::Text {
                bytes: b"\r\n".to_vec(),
                ending: Ending::Line,
            };
            self.sent(id, index, end, false);
        }
    }

    fn sent(&mut self, command: CommandId, index: usize, piece: Piece, masked: bool) {
        let line = match &piece {
            Piece::Text { bytes, .. } => {
                self.literal_ours = None;
                Some(self.push("sent", bytes))
            }
            Piece::Literal { bytes, .. } => match self.literal_ours {
                Some(line) => {
                    self.plain[line].bytes.extend_from_slice(bytes);
                    self.plain[line].masked |= masked;
                    None
                }
                None => {
                    let line = self.push("literal", bytes);
                    self.literal_ours = Some(line);
                    Some(line)
                }
            },
        };
        if let Some(line) = line {
            self.plain[line].masked = masked;
            self.belong(line, index);
        }
        let event = Event::Sent {
            command,
            piece,
            masked,
        };
        self.record(&event);
    }

    /// The server says something, cut as the network likes. `answers`: which command it is for.
    fn server(&mut self, bytes: &[u8], cut: usize, answers: Option<usize>) {
        for chunk in bytes.chunks(cut) {
            let mut input = chunk;
            while let Some(piece) = self.framer.next(&mut input) {
                self.received(piece, answers);
            }
        }
    }

    fn received(&mut self, piece: Piece, answers: Option<usize>) {
        match &piece {
            Piece::Text { bytes, ending } => {
                let line = self.push("received", bytes);
                self.under_way.push(line);
                self.literal = None;
                if let Ending::Literal(_) = ending {
                    let line = self.push("literal", b"");
                    self.under_way.push(line);
                    self.literal = Some(line);
                }
            }
            Piece::Literal { bytes, .. } => {
                let line = self.literal.unwrap();
                self.plain[line].bytes.extend_from_slice(bytes);
            }
        }
        let frame = self.frame.push(&piece);
        self.record(&Event::Received(piece));
        if let Some(frame) = frame {
            self.means(&frame, answers);
        }
    }

    fn means(&mut self, frame: &Frame, answers: Option<usize>) {
        let response = Response::parse(frame);
        let untagged = matches!(response, Response::Untagged(_));
        let running = answers.and_then(|n| self.running.get(n % self.running.len().max(1)));
        let running = running.copied();
        let event = Event::Response {
            response,
            command: running.map(|r| r.0),
        };
        self.record(&event);
        let first = !std::mem::replace(&mut self.greeted, true);
        for line in std::mem::take(&mut self.under_way) {
            match running {
                Some((_, index)) => self.belong(line, index),
                None => {
                    self.plain[line].unsolicited =
                        untagged && !first && self.plain[line].kind == "received";
                }
            }
        }
    }

    fn complete(&mut self, which: usize) {
        if self.running.is_empty() {
            return;
        }
        let (command, index) = self.running.remove(which % self.running.len());
        let event = Event::Completed {
            command,
            status: StatusResponse {
                status: Status::Ok,
                code: None,
                text: b"done".to_vec(),
            },
            elapsed: Duration::from_micros(1_234),
        };
        self.record(&event);
        let answer = self.plain.iter().rposition(|l| l.kind == "received");
        // No server answers before it was asked.
        self.spans[index].2 = answer.filter(|line| *line >= self.spans[index].0);
    }

    /// Reads everything back, in every way there is.
    #[track_caller]
    fn check(&self) {
        let transcript = &self.transcript;
        assert_eq!(transcript.len(), self.plain.len());
        let gone = transcript.first_line();
        // By walking.
        let walked = walked(transcript.walk(0));
        assert_eq!(walked.len(), self.plain.len() - gone);
        for (line, plain) in walked.iter().zip(&self.plain[gone..]) {
            assert!(line == plain, "{:?}\n{:?}", short(line), short(plain));
        }
        // By blocks: they hold every line once, in order.
        let mut next = gone;
        for number in transcript.blocks() {
            let block = transcript.block(number).unwrap();
            assert_eq!(block.lines.start, next);
            next = block.lines.end;
            for line in block.lines {
                assert_eq!(transcript.block_of(line), Some(number));
            }
        }
        assert_eq!(next, self.plain.len());
        assert_eq!(transcript.block_of(self.plain.len()), None);
        let (first, behind) = (transcript.blocks().start, transcript.blocks().end);
        assert!(transcript.block(behind).is_none());
        assert!(first == 0 || transcript.block(first - 1).is_none());
        // One by one, not in order.
        let count = self.plain.len() - gone;
        for step in 0..count.min(300) {
            let index = gone + step * 7919 % count;
            self.check_line(index);
        }
        assert!(gone == 0 || transcript.line(gone - 1).is_none());
        assert!(transcript.line(self.plain.len()).is_none());
        for (index, (first, last, completion)) in self.spans.iter().enumerate() {
            let Some(record) = transcript.command(index) else {
                assert!(index < transcript.first_command() && *last < gone);
                continue;
            };
            assert_eq!((record.first_line, record.last_line), (*first, *last));
            assert_eq!(record.completion_line, *completion);
            assert_eq!(&*record.verb, format!("VERB{}", index % 3));
            if *first >= gone {
                let tag = transcript.command_tag(index).unwrap();
                assert_eq!(tag.to_string(), format!("A{index:04}"));
                assert_eq!(transcript.commands_begun(*first), index + 1);
            }
            let done = record.progress == Progress::Completed;
            assert_eq!(done, record.status == Some(Status::Ok));
            assert_eq!(done, record.elapsed == Some(Duration::from_micros(1_234)));
        }
    }

    fn check_line(&self, index: usize) {
        let (transcript, plain) = (&self.transcript, &self.plain[index]);
        let line = transcript.line(index).unwrap();
        assert!(!line.missing, "{index} {:?}", short(plain));
        assert_eq!((line.at, line.masked), (plain.at, plain.masked));
        assert_eq!(line.command, plain.command);
        assert_eq!(transcript.line_command(index), plain.command);
        let kind = match line.kind {
            LineKind::Sent => "sent",
            LineKind::Received { unsolicited } => {
                assert_eq!(unsolicited, plain.unsolicited);
                "received"
            }
            LineKind::Literal {
                received, stored, ..
            } => {
                let size = plain.bytes.len();
                assert_eq!((received, stored), (size as u64, size as u64));
                for (from, length) in [(0, size), (size / 2, 1000), (size / 3, 70_000), (size, 5)] {
                    let to = size.min(from + length);
                    let bytes = transcript.literal_bytes(index, from as u64, length);
                    assert!(bytes == plain.bytes[from..to], "{index} {from} {length}");
                }
                return assert_eq!(plain.kind, "literal");
            }
            LineKind::Note(_) => "note",
        };
        assert_eq!(kind, plain.kind);
        assert_eq!(line.bytes, without_end(&plain.bytes, line.ending));
    }
}

fn short(plain: &Plain) -> Plain {
    let mut plain = plain.clone();
    plain.bytes.truncate(60);
    plain
}

fn without_end(bytes: &[u8], ending: LineEnd) -> &[u8] {
    match ending {
        LineEnd::CrLf => bytes.strip_suffix(b"\r\n").unwrap(),
        LineEnd::Lf => bytes.strip_suffix(b"\n").unwrap(),
        LineEnd::Literal => bytes.strip_suffix(b"\r\n").unwrap(),
        LineEnd::LiteralLf => bytes.strip_suffix(b"\n").unwrap(),
        LineEnd::Continued | LineEnd::Truncated | LineEnd::None => bytes,
    }
}

/// What a walk comes by, as a plain list. Line ends are put back.
fn walked(mut walk: Walk<'_>) -> Vec<Plain> {
    let mut out: Vec<Plain> = Vec::new();
    let mut first = None;
    while let Some(step) = walk.next() {
        match step {
            Walked::Line(line) => {
                assert!(!line.missing);
                assert_eq!(line.index, *first.get_or_insert(line.index) + out.len());
                let (kind, unsolicited) = match line.kind {
                    LineKind::Sent => ("sent", false),
                    LineKind::Received { unsolicited } => ("received", unsolicited),
                    LineKind::Literal { .. } => ("literal", false),
                    LineKind::Note(_) => ("note", false),
                };
                let mut bytes = line.bytes.to_vec();
                bytes.extend_from_slice(line.ending.octets());
                out.push(Plain {
                    kind,
                    bytes,
                    at: line.at,
                    command: line.command,
                    masked: line.masked,
                    unsolicited,
                });
            }
            Walked::Octets {
                index,
                offset,
                bytes,
                command,
                ..
            } => {
                // Of a literal whose line is gone, the octets are still there.
                let Some(line) = first.and_then(|first| index.checked_sub(first)) else {
                    continue;
                };
                assert_eq!(out[line].bytes.len() as u64, offset);
                assert_eq!(out[line].command, command);
                out[line].bytes.extend_from_slice(bytes);
            }
        }
    }
    out
}

#[derive(Debug, Clone)]
enum Turn {
    Command(Vec<u8>, Option<usize>, bool),
    /// A whole response with this literal, or only its first half.
    Fetch(usize, Option<usize>, bool),
    Line(usize, Option<usize>),
    Many(usize, Option<usize>),
    Complete(usize),
    Note,
    Odd(Vec<u8>),
}

fn turn() -> impl Strategy<Value = Turn> {
    let size = prop_oneof![
        0usize..200,
        0usize..5_000,
        60_000usize..70_000,
        0usize..300_000
    ];
    let answers = || prop::option::of(0usize..4);
    prop_oneof![
        3 => ("[ -~]{0,60}", prop::option::of(0usize..150_000), any::<bool>())
            .prop_map(|(line, literal, masked)| Turn::Command(line.into_bytes(), literal, masked)),
        4 => (size.clone(), answers(), prop::bool::weighted(0.8))
            .prop_map(|(size, answers, whole)| Turn::Fetch(size, answers, whole)),
        3 => (size, answers()).prop_map(|(size, answers)| Turn::Line(size, answers)),
        3 => (1usize..3_000, answers()).prop_map(|(count, answers)| Turn::Many(count, answers)),
        3 => (0usize..4).prop_map(Turn::Complete),
        1 => Just(Turn::Note),
        1 => prop::collection::vec(any::<u8>(), 0..60).prop_map(Turn::Odd),
    ]
}

/// Octets that differ from place to place, with line ends among them.
fn octets(size: usize) -> Vec<u8> {
    (0..size).map(|n| (n * 31 + n / 251 % 7) as u8).collect()
}

fn play(both: &mut Both, turns: &[Turn], cut: usize) {
    for turn in turns {
        both.now += 3;
        match turn {
            Turn::Command(line, literal, masked) => {
                let literal = literal.map(octets);
                // An empty literal has no line of its own.
                let literal = literal.filter(|l| !l.is_empty());
                both.command(line, literal.as_deref(), *masked);
            }
            Turn::Fetch(size, answers, whole) => {
                let head = format!("* 1 FETCH (BODY[] {{{size}}}\r\n");
                let body = octets(*size);
                let (before, behind) = body.split_at(size / 2);
                both.server(&[head.as_bytes(), before].concat(), cut, *answers);
                if *whole {
                    both.note("in between");
                }
                both.now += 1;
                both.server(&[behind, b")\r\n"].concat(), cut, *answers);
            }
            Turn::Line(size, answers) => {
                let line = ["* 2 FETCH (X ", &"y".repeat(*size), ")\r\n"].concat();
                both.server(line.as_bytes(), cut, *answers);
            }
            Turn::Many(count, answers) => {
                let lines: String = (0..*count).map(|n| format!("* {n} EXISTS\r\n")).collect();
                both.server(lines.as_bytes(), cut, *answers);
            }
            Turn::Complete(which) => both.complete(*which),
            Turn::Note => both.note("a note"),
            Turn::Odd(bytes) => {
                // Ends the line, whatever it is, unless it announces a literal.
                let bytes: Vec<u8> = bytes.iter().copied().filter(|b| *b != b'}').collect();
                both.server(&[&bytes[..], b"\r\n"].concat(), cut, None);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever passes, in whatever cut: what is read back is what passed.
    #[test]
    fn what_is_read_back_is_what_passed(
        turns in prop::collection::vec(turn(), 1..25),
        cut in prop_oneof![1usize..3, 100usize..5_000, 60_000usize..70_000],
    ) {
        let cut = if turns.len() > 5 { cut.max(100) } else { cut };
        let mut both = Both::new(Transcript::new().unwrap());
        play(&mut both, &turns, cut);
        both.check();
        // Read, then written to again: nothing that was remembered is stale.
        play(&mut both, &turns, cut);
        both.check();
    }

    /// The same with the least limit: what is left is still what passed.
    #[test]
    fn what_the_limit_leaves_is_what_passed(turns in prop::collection::vec(turn(), 20..40)) {
        let mut both = Both::new(Transcript::new().unwrap());
        both.transcript.set_limit(0);
        for _ in 0..3 {
            play(&mut both, &turns, 65_536);
            both.check();
        }
        prop_assert!(both.transcript.octets().received < 1_000_000 || both.transcript.first_line() > 0);
    }
}

#[test]
fn a_million_commands_are_small() {
    let mut transcript = Transcript::new().unwrap();
    let before = resident();
    for number in 0..1_000_000u64 {
        let id = CommandId(number);
        let tag = format!("A{number:06}");
        let started = Event::Started {
            command: id,
            tag: Tag::new(tag.as_bytes()),
            origin: Origin::User,
            verb: "NOOP".to_owned(),
        };
        transcript.record(at(number), &started);
        let piece = Piece::Text {
            bytes: format!("{tag} NOOP\r\n").into_bytes(),
            ending: Ending::Line,
        };
        let sent = Event::Sent {
            command: id,
            piece,
            masked: false,
        };
        transcript.record(at(number), &sent);
        let bytes = format!("{tag} OK done {number}\r\n").into_bytes();
        let status = StatusResponse {
            status: Status::Ok,
            code: None,
            text: format!("done {number}").into_bytes(),
        };
        let received = Event::Received(Piece::Text {
            bytes,
            ending: Ending::Line,
        });
        transcript.record(at(number), &received);
        let response = Event::Response {
            response: Response::Tagged {
                tag: Tag::new(tag.as_bytes()).unwrap(),
                status: status.clone(),
            },
            command: Some(id),
        };
        transcript.record(at(number), &response);
        let completed = Event::Completed {
            command: id,
            status,
            elapsed: Duration::from_secs(number),
        };
        transcript.record(at(number), &completed);
    }
    let grown = resident() - before;
    assert!(grown < 120_000, "{grown} kB for a million commands");
    assert_eq!(
        (transcript.command_count(), transcript.len()),
        (1_000_000, 2_000_000)
    );
    for number in [0, 1_023, 1_024, 500_000, 999_999] {
        let record = transcript.command(number).unwrap();
        assert_eq!(
            (record.first_line, record.last_line),
            (2 * number, 2 * number + 1)
        );
        // To the microsecond, and beyond half an hour to the millisecond.
        assert_eq!(record.elapsed, Some(Duration::from_secs(number as u64)));
        assert_eq!(record.at, at(number as u64));
        let tag = transcript.command_tag(number).unwrap();
        assert_eq!(tag.to_string(), format!("A{number:06}"));
        let status = transcript.command_status(number).unwrap();
        assert_eq!(status.text, format!("done {number}").into_bytes());
        assert_eq!(transcript.commands_begun(2 * number + 1), number + 1);
    }
    assert!(transcript.command(1_000_000).is_none());
}

/// Of this process, in kB. Other tests run beside this one: what it is compared with has room for them.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|l| l.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0)
}

/// A search that passes over blocks finds what one that looks at every line finds.
#[test]
fn a_search_passes_over_blocks_and_misses_nothing() {
    let mut both = Both::new(Transcript::new().unwrap());
    for round in 0..6 {
        play(&mut both, &[Turn::Many(6_000, None)], 65_536);
        both.note(&format!("needle {round}"));
        let turns = [
            Turn::Fetch(3_000, None, true),
            Turn::Line(150_000, None),
            Turn::Command(b"a needle".to_vec(), Some(10), false),
        ];
        play(&mut both, &turns[..round % 4], 1_000);
    }
    // In a literal, cut in the middle of the word.
    both.server(b"* 1 FETCH (BODY[] {20}\r\nabc need", 65_536, None);
    both.server(b"le and so on)\r\n", 65_536, None);
    assert!(both.transcript.blocks().len() > 10);
    for pattern in ["needle", "Needle", "needle 3", "nowhere", "n[e]edle"] {
        let mut finder = Finder::new(Pattern::new(pattern).unwrap());
        while finder.step(&both.transcript, None) == Step::More {}
        // As an editor would: every line and every literal, whole.
        let lines = both
            .plain
            .iter()
            .flat_map(|l| l.bytes.split(|b| *b == b'\n'));
        let regex = regex::bytes::Regex::new(pattern).unwrap();
        let naive: usize = lines.map(|line| regex.find_iter(line).count()).sum();
        assert_eq!(finder.hits(), naive as u64, "{pattern}");
        assert_eq!(
            naive == 0,
            matches!(pattern, "Needle" | "nowhere"),
            "{pattern}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_spool_has_no_name_and_is_for_oneself_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir_in("/var/tmp").unwrap();
    let transcript = Transcript::in_directory(directory.path()).unwrap();
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    let ours = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            std::fs::read_link(path).is_ok_and(|target| target.starts_with(directory.path()))
        });
    let modes: Vec<u32> = ours
        .map(|path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777)
        .collect();
    assert_eq!(modes, [0o600]);
    drop(transcript);
}
