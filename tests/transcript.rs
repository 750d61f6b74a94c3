//! The record: every octet once, in order, tied to its command; literals on disk.

use std::fs::OpenOptions;
use std::time::{Duration, SystemTime};

use imapsh::session::{CommandId, Event};
use imapsh::transcript::{LineEnd, LineKind, NoteLevel, Progress, Spool, Transcript, Walked};
use imapsh::wire::response::Status;
use imapsh::wire::{Direction, Framer, Origin, Piece, Tag};
use proptest::prelude::*;

use crate::common::desk::Desk;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// What the server sends, piece by piece, cut every `cut` octets.
fn receive(transcript: &mut Transcript, bytes: &[u8], cut: usize) {
    let mut framer = Framer::new(Direction::Server);
    for chunk in bytes.chunks(cut) {
        let mut input = chunk;
        while let Some(piece) = framer.next(&mut input) {
            transcript.record(at(1), &Event::Received(piece));
        }
    }
    if let Some(piece) = framer.close() {
        transcript.record(at(1), &Event::Received(piece));
    }
}

/// Everything recorded from the server, put together again.
fn replay(transcript: &Transcript) -> Vec<u8> {
    let mut out = Vec::new();
    for index in 0..transcript.len() {
        let line = transcript.line(index).unwrap();
        assert!(!line.missing);
        match line.kind {
            LineKind::Received { .. } => {
                out.extend_from_slice(&line.bytes);
                out.extend_from_slice(line.ending.octets());
            }
            LineKind::Literal { stored, .. } => {
                let mut offset = 0;
                while offset < stored {
                    let bytes = transcript.literal_bytes(index, offset, 1000);
                    assert!(!bytes.is_empty());
                    offset += bytes.len() as u64;
                    out.extend_from_slice(&bytes);
                }
                assert!(transcript.literal_bytes(index, stored, 10).is_empty());
            }
            _ => {}
        }
    }
    out
}

#[test]
fn a_command_and_its_replies_belong_together() {
    let mut desk = Desk::plain();
    desk.enter("NOOP");
    desk.enter("a FETCH 1 BODY[]");
    desk.server("* 1 FETCH (BODY[] {5}\nhello)\nA0001 OK done\n* 9 EXISTS");
    desk.server("a NO sorry");
    let transcript = desk.console.transcript();
    assert_eq!(
        (transcript.command_count(), transcript.command(2)),
        (2, None)
    );
    let (noop, fetch) = (
        transcript.command(0).unwrap(),
        transcript.command(1).unwrap(),
    );
    assert_eq!(
        (transcript.command_tag(0).unwrap().to_string(), &*noop.verb),
        ("A0001".into(), "NOOP")
    );
    assert_eq!(noop.status, Some(Status::Ok));
    assert_eq!(transcript.command_status(0).unwrap().text, b"done");
    let begun: Vec<usize> = (0..4).map(|line| transcript.commands_begun(line)).collect();
    assert_eq!(begun, [0, 1, 2, 2]);
    assert_eq!(
        (noop.progress, noop.origin),
        (Progress::Completed, Origin::User)
    );
    assert_eq!(fetch.status, Some(Status::No));
    assert!(fetch.elapsed.unwrap() >= Duration::from_millis(10));
    assert_eq!(
        desk.transcript(),
        [
            "S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE NAMESPACE] hello",
            "C: A0001 NOOP",
            "C: a FETCH 1 BODY[]",
            "S: * 1 FETCH (BODY[] {5}",
            "   [5/5]",
            "S: )",
            "S: A0001 OK done",
            "S: * 9 EXISTS",
            "S: a NO sorry",
        ]
    );
    let of = |index: usize| transcript.line(index).unwrap().command;
    let owners: Vec<Option<usize>> = (0..transcript.len()).map(of).collect();
    let (n, f) = (Some(0), Some(1));
    assert_eq!(owners, [None, n, f, f, f, f, n, f, f]);
    assert_eq!(
        (fetch.first_line, fetch.last_line, fetch.completion_line),
        (2, 8, Some(8))
    );
    assert_eq!(
        (noop.first_line, noop.last_line, noop.completion_line),
        (1, 6, Some(6))
    );
}

#[test]
fn what_nobody_asked_for_is_marked() {
    let mut desk = Desk::plain();
    desk.server("* 3 EXISTS\n* 1 FETCH (BODY[] {2}\nab)");
    assert_eq!(
        desk.transcript()[1..],
        [
            "S* * 3 EXISTS",
            "S* * 1 FETCH (BODY[] {2}",
            "   [2/2]",
            "S* )"
        ]
    );
    // Neither the greeting nor what we say ourselves.
    assert!(desk.transcript()[0].starts_with("S: "));
    desk.enter("NOOP");
    desk.server("* 4 EXISTS\nA0001 OK done");
    assert_eq!(
        desk.transcript()[6..],
        ["S: * 4 EXISTS", "S: A0001 OK done"]
    );
}

#[test]
fn secrets_are_masked_and_said_to_be() {
    let mut desk = Desk::greeted(
        imapsh::console::Settings::default(),
        "* OK [CAPABILITY IMAP4rev1 LITERAL+] hi",
    );
    desk.enter("LOGIN craig secret");
    desk.server("A0001 NO no");
    desk.enter("LOGIN craig {{{\nsecret\n}}}");
    let transcript = desk.console.transcript();
    let lines: Vec<_> = (0..transcript.len())
        .map(|i| transcript.line(i).unwrap())
        .collect();
    assert_eq!(lines[1].bytes, b"A0001 LOGIN craig ********");
    assert!(lines[1].masked && !lines[2].masked);
    let folded = lines
        .iter()
        .position(|l| matches!(l.kind, LineKind::Literal { .. }))
        .unwrap();
    assert!(lines[folded].masked);
    let all: Vec<u8> = lines.iter().flat_map(|l| l.bytes.clone()).collect();
    let literal = transcript.literal_bytes(folded, 0, 100);
    assert!(
        !String::from_utf8_lossy(&all).contains("secret")
            && !literal.windows(6).any(|w| w == b"secret")
    );
}

#[test]
fn a_literal_in_two_pieces_with_words_of_ours_between() {
    let mut transcript = Transcript::new().unwrap();
    let mut framer = Framer::new(Direction::Server);
    let mut say = |transcript: &mut Transcript, bytes: &[u8]| {
        let mut input = bytes;
        while let Some(piece) = framer.next(&mut input) {
            transcript.record(at(1), &Event::Received(piece));
        }
    };
    say(&mut transcript, b"* 1 FETCH (BODY[] {10}\r\nabc");
    let id = CommandId(7);
    let tag = Tag::new(b"A1");
    transcript.record(
        at(2),
        &Event::Started {
            command: id,
            tag,
            origin: Origin::User,
            verb: "NOOP".into(),
        },
    );
    let piece = Piece::Text {
        bytes: b"A1 NOOP\r\n".to_vec(),
        ending: imapsh::wire::Ending::Line,
    };
    transcript.record(
        at(2),
        &Event::Sent {
            command: id,
            piece,
            masked: false,
        },
    );
    transcript.note(at(2), NoteLevel::Info, "a note\nof two lines");
    say(&mut transcript, b"defg");
    say(&mut transcript, b"hij)\r\n");
    assert_eq!(transcript.literal_bytes(1, 0, 100), b"abcdefghij");
    assert_eq!(transcript.literal_bytes(1, 2, 3), b"cde");
    assert_eq!(transcript.literal_bytes(1, 9, 3), b"j");
    assert_eq!(transcript.literal_bytes(1, 10, 3), b"");
    let kinds: Vec<LineKind> = (0..transcript.len())
        .map(|i| transcript.line(i).unwrap().kind)
        .collect();
    assert_eq!(kinds.len(), 6);
    assert!(matches!(
        kinds[1],
        LineKind::Literal {
            size: 10,
            received: 10,
            stored: 10,
            ..
        }
    ));
    assert_eq!(kinds[4], LineKind::Note(NoteLevel::Info));
    assert_eq!(transcript.line(4).unwrap().bytes, b"of two lines");
    assert_eq!(transcript.line(5).unwrap().bytes, b")");
    assert_eq!(transcript.line(2).unwrap().at, at(2));
    assert_eq!(
        (transcript.octets().sent, transcript.octets().received),
        (9, 37)
    );
    assert_eq!(transcript.line(6), None);
}

#[test]
fn a_connection_lost_in_a_literal_says_how_much_came() {
    let mut desk = Desk::plain();
    desk.enter("FETCH 1 BODY[]");
    desk.server_bytes(b"* 1 FETCH (BODY[] {48211}\r\nabc");
    desk.close(imapsh::session::CloseCause::Failed("reset".into()));
    assert_eq!(
        desk.transcript()[2..],
        [
            "S: * 1 FETCH (BODY[] {48211}",
            "   [3/48211]",
            "== The connection ended in the middle of a literal: 3 of 48211 octets came.",
            "== It is over. :reconnect opens it again.",
        ]
    );
    let transcript = desk.console.transcript();
    assert_eq!(transcript.command(0).unwrap().progress, Progress::Abandoned);
    // The next connection's ids begin anew and tie to its own commands.
    desk.console.connection_opened("again");
    let id = CommandId(1);
    let event = Event::Started {
        command: id,
        tag: Tag::new(b"A0001"),
        origin: Origin::User,
        verb: "NOOP".into(),
    };
    let piece = Piece::Text {
        bytes: b"A0001 NOOP\r\n".to_vec(),
        ending: imapsh::wire::Ending::Line,
    };
    let sent = Event::Sent {
        command: id,
        piece,
        masked: false,
    };
    let events = vec![event, sent];
    desk.notice(imapsh::channel::Notice::Events { at: at(1), events });
    let transcript = desk.console.transcript();
    assert_eq!(
        transcript.line(transcript.len() - 1).unwrap().command,
        Some(1)
    );
}

#[test]
fn a_line_without_end_comes_in_pieces() {
    let mut transcript = Transcript::new().unwrap();
    let mut bytes = vec![b'x'; 200_000];
    bytes.extend_from_slice(b"\r\n");
    receive(&mut transcript, &bytes, 4096);
    let lines: Vec<_> = (0..transcript.len())
        .map(|i| transcript.line(i).unwrap())
        .collect();
    assert!(lines.len() >= 3 && lines.iter().all(|l| l.bytes.len() <= 64 * 1024));
    assert_eq!(lines[0].ending, LineEnd::Continued);
    assert_eq!(lines.last().unwrap().ending, LineEnd::CrLf);
    assert_eq!(replay(&transcript), bytes);
}

/// The lines of the literal at `index`, read at once and one by one.
fn literal_lines(transcript: &Transcript, index: usize) -> Vec<Vec<u8>> {
    let mut lines = transcript.literal_lines(index).unwrap();
    while !lines.scan(transcript, 10_000) {}
    let all = lines.lines(transcript, 0, usize::MAX);
    assert_eq!(all.len(), lines.len());
    let one_by_one: Vec<Vec<u8>> = (0..lines.len())
        .flat_map(|n| lines.lines(transcript, n, 1))
        .collect();
    assert_eq!(all, one_by_one);
    assert!(lines.lines(transcript, lines.len(), 5).is_empty());
    all
}

#[test]
fn the_lines_of_a_literal() {
    for (literal, expected) in [
        (&b""[..], vec![]),
        (b"a", vec!["a"]),
        (b"a\r\n", vec!["a"]),
        (b"a\r\nb\nc", vec!["a", "b", "c"]),
        (b"\r\n\n", vec!["", ""]),
        (b"a\rb\n\r", vec!["a\rb", "\r"]),
    ] {
        let mut transcript = Transcript::new().unwrap();
        let head = format!("* 1 FETCH (BODY[] {{{}}}\r\n", literal.len());
        receive(
            &mut transcript,
            &[head.as_bytes(), literal, b")\r\n"].concat(),
            7,
        );
        assert_eq!(
            literal_lines(&transcript, 1),
            expected.iter().map(|l| l.as_bytes()).collect::<Vec<_>>()
        );
    }
    // Many lines, and one that is longer than the limit.
    let mut literal = Vec::new();
    for number in 0..2_000 {
        literal.extend_from_slice(format!("line {number}\r\n").as_bytes());
    }
    literal.extend_from_slice(&vec![b'y'; 40_000]);
    let mut transcript = Transcript::new().unwrap();
    let head = format!("* 1 FETCH (BODY[] {{{}}}\r\n", literal.len());
    receive(
        &mut transcript,
        &[head.as_bytes(), &literal, b")\r\n"].concat(),
        10_000,
    );
    let lines = literal_lines(&transcript, 1);
    assert_eq!(lines.len(), 2_003);
    assert_eq!(lines[1_999], b"line 1999");
    assert_eq!(
        lines[2_000..].iter().map(Vec::len).collect::<Vec<_>>(),
        [16_384, 16_384, 7_232]
    );
    assert!(transcript.literal_lines(0).is_none() && transcript.literal_lines(99).is_none());
}

#[test]
fn a_literal_that_grows_is_scanned_on() {
    let mut transcript = Transcript::new().unwrap();
    let mut framer = Framer::new(Direction::Server);
    let mut say = |transcript: &mut Transcript, bytes: &[u8]| {
        let mut input = bytes;
        while let Some(piece) = framer.next(&mut input) {
            transcript.record(at(1), &Event::Received(piece));
        }
    };
    say(&mut transcript, b"* 1 FETCH (BODY[] {12}\r\nab\r\nc");
    let mut lines = transcript.literal_lines(1).unwrap();
    assert!(lines.is_empty());
    assert!(lines.scan(&transcript, 1_000));
    assert_eq!(
        lines.lines(&transcript, 0, 9),
        [b"ab".to_vec(), b"c".to_vec()]
    );
    say(&mut transcript, b"d\r\nefg");
    assert!(lines.scan(&transcript, 1_000));
    assert_eq!(
        lines.lines(&transcript, 0, 9),
        [b"ab".to_vec(), b"cd".to_vec(), b"efg".to_vec()]
    );
}

#[test]
fn a_full_disk_is_a_note_and_the_session_goes_on() {
    // Every write to it fails with ENOSPC.
    let full = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut transcript = Transcript::with_spool(Spool::over(full));
    let line = [vec![b'x'; 60_000], b"\r\n".to_vec()].concat();
    for _ in 0..5 {
        receive(&mut transcript, &line, 100_000);
    }
    receive(&mut transcript, b"* 1 FETCH (BODY[] {3}\r\nabc)\r\n", 100);
    let lines: Vec<_> = (0..transcript.len())
        .map(|i| transcript.line(i).unwrap())
        .collect();
    // What was taken before is still there, what was not is said to be missing, once.
    assert!(!lines[0].missing && lines[0].bytes.len() == 60_000);
    let notes: Vec<_> = lines
        .iter()
        .filter(|l| matches!(l.kind, LineKind::Note(_)))
        .collect();
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0].kind, LineKind::Note(NoteLevel::Alarm));
    let text = String::from_utf8_lossy(&notes[0].bytes).into_owned();
    assert!(
        text.contains("No space left") && text.contains("TMPDIR"),
        "{text}"
    );
    assert_eq!(
        lines
            .iter()
            .filter(|l| l.missing && l.bytes.is_empty())
            .count(),
        7
    );
    assert_eq!(transcript.octets().received, 5 * 60_002 + 29);

    // Without any file at all.
    let mut transcript = Transcript::with_spool(Spool::none());
    receive(&mut transcript, b"* OK hi\r\n", 100);
    assert_eq!(transcript.len(), 2);
    assert!(transcript.line(1).unwrap().missing);
}

#[test]
fn the_spool_is_private_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut transcript = Transcript::in_directory(folder.path()).unwrap();
    receive(
        &mut transcript,
        &[b"* ".to_vec(), vec![b'x'; 300_000], b"\r\n".to_vec()].concat(),
        9_999,
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "it has no name"
    );
    let error = Transcript::in_directory(&folder.path().join("nowhere"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("nowhere") && error.contains("TMPDIR"),
        "{error}"
    );
}

#[test]
fn an_entry_is_small() {
    let mut transcript = Transcript::new().unwrap();
    let line = b"* 1 FETCH (FLAGS ())\r\n";
    receive(&mut transcript, &line.repeat(10_000), 65_536);
    assert_eq!(transcript.len(), 10_000);
    assert_eq!(
        transcript.line(9_999).unwrap().bytes,
        line[..line.len() - 2]
    );
}

proptest! {
    /// Whatever a server sends, in whatever cut: nothing is lost.
    #[test]
    fn nothing_is_lost(
        lines in prop::collection::vec(prop_oneof![
            "[ -~]{0,40}".prop_map(|l| format!("* {l}\r\n").into_bytes()),
            prop::collection::vec(any::<u8>(), 0..300).prop_map(|octets| {
                [format!("* 1 FETCH (BODY[] {{{}}}\r\n", octets.len()).as_bytes(), &octets, b")\r\n"].concat()
            }),
            prop::collection::vec(any::<u8>(), 0..50),
        ], 0..20),
        cut in 1usize..200,
    ) {
        let bytes = lines.concat();
        let mut transcript = Transcript::new().unwrap();
        receive(&mut transcript, &bytes, cut);
        let replayed = replay(&transcript);
        // An announcement behind a bare LF is the one thing that this replay spells in another way.
        let norm = |b: &[u8]| String::from_utf8_lossy(b).replace("}\r\n", "}\n");
        prop_assert_eq!(norm(&replayed), norm(&bytes));
        prop_assert_eq!(transcript.octets().received, bytes.len() as u64);
    }
}

/// What a walk comes by, a line a step, and the octets that belong together joined.
fn walked(mut walk: imapsh::transcript::Walk<'_>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut literal = None;
    while let Some(step) = walk.next() {
        match step {
            Walked::Line(line) => {
                literal = None;
                let bytes = String::from_utf8_lossy(line.bytes);
                out.push(format!(
                    "{} {:?} {:?} {bytes}",
                    line.index, line.direction, line.command
                ));
            }
            Walked::Octets {
                index,
                bytes,
                command,
                ..
            } => {
                let bytes = String::from_utf8_lossy(bytes);
                match out.last_mut().filter(|_| literal == Some(index)) {
                    Some(last) => last.push_str(&bytes),
                    None => out.push(format!("{index} octets {command:?} {bytes}")),
                }
                literal = Some(index);
            }
        }
    }
    out
}

#[test]
fn a_walk_comes_by_everything_in_order() {
    let mut desk = Desk::plain();
    desk.enter("FETCH 1 BODY[]");
    desk.server("* 1 FETCH (BODY[] {5}\nhello)\nA0001 OK done\n* 9 EXISTS");
    let transcript = desk.console.transcript();
    let expected = [
        "0 Some(Server) None * PREAUTH [CAPABILITY IMAP4rev1 IDLE NAMESPACE] hello",
        "1 Some(Client) Some(0) A0001 FETCH 1 BODY[]",
        "2 Some(Server) Some(0) * 1 FETCH (BODY[] {5}",
        "3 Some(Server) Some(0) ",
        "3 octets Some(0) hello",
        "4 Some(Server) Some(0) )",
        "5 Some(Server) Some(0) A0001 OK done",
        "6 Some(Server) None * 9 EXISTS",
    ];
    assert_eq!(walked(transcript.walk(0)), expected);
    assert_eq!(walked(transcript.walk(5)), expected[6..]);
    assert!(
        walked(transcript.walk(7)).is_empty() && walked(transcript.walk(usize::MAX)).is_empty()
    );
    assert_eq!(transcript.blocks(), 0..1);
    assert_eq!(transcript.block(0).unwrap().lines, 0..7);
    assert_eq!(
        (transcript.block_of(6), transcript.block_of(7)),
        (Some(0), None)
    );
    assert_eq!(walked(transcript.walk_block(0)), expected);
    assert!(transcript.block(1).is_none() && walked(transcript.walk_block(1)).is_empty());
}
