//! traces

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use imapsh::session::{
    Awaiting, CloseCause, CommandId, Event, Reply, RespondError, Session, Violation,
};
use imapsh::transcript::trace::{self as text, Entry};
use imapsh::wire::frame::PIECE_LIMIT;
use imapsh::wire::{Command, CommandPart, Ending, LiteralChoice, Origin, Piece, Tag, TagChoice};
use proptest::prelude::*;
use zeroize::Zeroizing;

use crate::common::trace::{self, Script};

fn traces() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "trace"));
    paths.sort();
    assert!(paths.len() >= 25, "{} traces", paths.len());
    paths
}

#[test]
fn every_trace_replays() {
    traces()
        .iter()
        .for_each(|path| trace::replay(path, usize::MAX));
}

#[test]
fn every_trace_replays_however_the_servers_bytes_are_cut() {
    for cut in [1, 2, 3, 7, 64] {
        traces().iter().for_each(|path| trace::replay(path, cut));
    }
}

#[test]
fn every_trace_is_written_as_it_is_read() {
    for path in traces() {
        let file = std::fs::read_to_string(&path).unwrap();
        let entries: Vec<Entry> = text::read(&file)
            .unwrap()
            .into_iter()
            .map(|(_, e)| e)
            .collect();
        assert_eq!(text::write(&entries), file, "{}", path.display());
    }
}

/// A session behind its greeting.
fn greeted(greeting: &str) -> (Session, Instant) {
    let now = Instant::now();
    let mut session = Session::new(now);
    session.handle_input(now, format!("{greeting}\r\n").as_bytes());
    while session.poll_event().is_some() {}
    (session, now)
}

fn line(text: &str) -> Command {
    Command::line(Origin::User, text)
}

fn with_literal(text: &str, bytes: Vec<u8>, choice: LiteralChoice, secret: bool) -> Command {
    let mut command = line(text);
    command.parts.push(CommandPart::Literal {
        bytes,
        choice,
        binary: false,
        secret,
    });
    command
}

fn transmit(session: &mut Session) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(chunk) = session.poll_transmit() {
        out.extend_from_slice(&chunk);
    }
    out
}

fn events(session: &mut Session) -> Vec<Event> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

fn shown(events: &[Event]) -> Vec<u8> {
    let piece = |event: &Event| match event {
        Event::Sent { piece, .. } => Some(piece.bytes().to_vec()),
        _ => None,
    };
    events.iter().filter_map(piece).flatten().collect()
}

#[test]
fn a_large_literal_goes_out_in_pieces() {
    let (mut session, now) = greeted("* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] hi");
    let octets: Vec<u8> = (0..200_000u32).map(|n| n as u8).collect();
    session.submit(
        now,
        with_literal("APPEND INBOX ", octets.clone(), LiteralChoice::Auto, false),
    );
    let mut chunks = Vec::new();
    while let Some(chunk) = session.poll_transmit() {
        assert!(chunk.len() <= PIECE_LIMIT, "{}", chunk.len());
        chunks.push(chunk.to_vec());
    }
    let expected = [
        b"A0001 APPEND INBOX {200000+}\r\n".as_slice(),
        &octets,
        b"\r\n",
    ]
    .concat();
    assert_eq!(chunks.concat(), expected);
    let events = events(&mut session);
    assert_eq!(shown(&events), expected);
    let remaining: Vec<u64> = events
        .iter()
        .filter_map(|e| match e {
            Event::Sent {
                piece: Piece::Literal { remaining, .. },
                masked: false,
                ..
            } => Some(*remaining),
            _ => None,
        })
        .collect();
    assert_eq!(remaining, [134_464, 68_928, 3_392, 0]);
}

#[test]
fn a_command_answered_in_the_middle_of_its_literal_is_filled_up_with_spaces() {
    for (choice, go_ahead) in [
        (LiteralChoice::NonSynchronizing, ""),
        (LiteralChoice::Synchronizing, "+ go\r\n"),
    ] {
        let (mut session, now) = greeted("* PREAUTH hi");
        let message = b"x9 DELETE victim\r\n".repeat(10_000);
        let size = message.len();
        let command = with_literal("APPEND INBOX ", message, choice, false);
        let id = session.submit(now, command);
        session.submit(now, line("NOOP"));
        let mut out = session.poll_transmit().unwrap().to_vec();
        session.handle_input(now, go_ahead.as_bytes());
        out.extend_from_slice(&session.poll_transmit().unwrap());
        let taken = out.len();
        session.handle_input(now, b"A0001 NO [OVERQUOTA] full\r\n");
        assert!(
            events(&mut session)
                .iter()
                .any(|e| matches!(e, Event::Completed { command, .. } if *command == id))
        );
        out.extend_from_slice(&transmit(&mut session));
        let at = out.iter().position(|b| *b == b'\n').unwrap() + 1;
        let (literal, behind) = out[at..].split_at(size);
        assert_eq!(behind, b"\r\nA0002 NOOP\r\n", "{choice:?}");
        assert!(
            literal[taken - at..].iter().all(|b| *b == b' '),
            "{choice:?}"
        );
    }
}

#[test]
fn what_goes_out_behind_a_refused_literal_is_shown_as_a_line_and_not_as_its_octets() {
    let (mut session, now) = greeted("* PREAUTH hi");
    let command = with_literal(
        "CREATE ",
        b"foo".to_vec(),
        LiteralChoice::Synchronizing,
        false,
    );
    session.submit(now, command);
    transmit(&mut session);
    session.handle_input(now, b"A0001 NO no\r\n");
    events(&mut session);
    let id = session.submit(now, line("NOOP"));
    transmit(&mut session);
    let sent: Vec<Event> = events(&mut session);
    let piece = Piece::Text {
        bytes: b"A0002 NOOP\r\n".to_vec(),
        ending: Ending::Line,
    };
    assert!(
        sent.contains(&Event::Sent {
            command: id,
            piece,
            masked: false
        }),
        "{sent:?}"
    );
}

#[test]
fn a_secret_literal_is_masked_once_whatever_its_length() {
    for size in [1, 8, 200_000] {
        let (mut session, now) = greeted("* OK [CAPABILITY IMAP4rev1 LITERAL+] hi");
        session.submit(
            now,
            with_literal("LOGIN craig ", vec![b's'; size], LiteralChoice::Auto, false),
        );
        let out = transmit(&mut session);
        assert_eq!(out.iter().filter(|b| **b == b's').count(), size);
        let events = events(&mut session);
        assert_eq!(shown(&events), b"A0001 LOGIN craig {8+}\r\n********\r\n");
        assert!(
            events
                .iter()
                .any(|e| matches!(e, Event::Sent { masked: true, .. }))
        );
    }
}

#[test]
fn what_the_network_gets_is_the_real_thing_and_what_is_shown_is_not() {
    let (mut session, now) = greeted("* OK [CAPABILITY IMAP4rev1 SASL-IR] hi");
    let plain = "\0craig\0secret";
    session.authenticate(now, Box::new(Script::read(&format!("PLAIN first {plain}"))));
    assert_eq!(
        transmit(&mut session),
        b"P0001 AUTHENTICATE PLAIN AGNyYWlnAHNlY3JldA==\r\n"
    );
    session.handle_input(now, b"P0001 NO no\r\n");
    session.submit(now, line("AUTHENTICATE PLAIN"));
    transmit(&mut session);
    session.handle_input(now, b"+ \r\n");
    session
        .respond(now, Reply::Challenge(Zeroizing::new(plain.into())))
        .unwrap();
    assert_eq!(transmit(&mut session), b"AGNyYWlnAHNlY3JldA==\r\n");
    session.handle_input(now, b"A0001 NO no\r\n");
    session.submit(now, line("LOGIN craig \"secret\""));
    assert_eq!(transmit(&mut session), b"A0002 LOGIN craig \"secret\"\r\n");
    let said = events(&mut session);
    assert_eq!(
        shown(&said),
        b"P0001 AUTHENTICATE PLAIN ********\r\nA0001 AUTHENTICATE PLAIN\r\n********\r\nA0002 LOGIN craig ********\r\n"
    );
    let debug = format!("{said:?}");
    assert!(
        !debug.contains("secret") && !debug.contains("c2VjcmV0") && !debug.contains("AGNy"),
        "{debug}"
    );
}

#[test]
fn elapsed_counts_from_the_last_byte_to_the_answer() {
    let (mut session, start) = greeted("* PREAUTH hi");
    let at = |ms| start + Duration::from_millis(ms);
    session.submit(
        at(10),
        with_literal(
            "CREATE ",
            b"foo".to_vec(),
            LiteralChoice::Synchronizing,
            false,
        ),
    );
    transmit(&mut session);
    session.handle_input(at(500), b"+ go\r\n");
    transmit(&mut session);
    session.handle_input(at(507), b"A0001 OK\r\n");
    let elapsed = events(&mut session).into_iter().find_map(|e| match e {
        Event::Completed { elapsed, .. } => Some(elapsed),
        _ => None,
    });
    assert_eq!(elapsed, Some(Duration::from_millis(7)));
}

#[test]
fn answers_that_nobody_waits_for_are_refused_and_nothing_is_sent() {
    let (mut session, now) = greeted("* PREAUTH hi");
    let replies = || {
        [
            Reply::Literal(b"foo".to_vec()),
            Reply::Line(b"foo".to_vec()),
            Reply::Challenge(Zeroizing::new(b"foo".to_vec())),
            Reply::Cancel,
            Reply::Done,
        ]
    };
    for reply in replies() {
        let said = format!("{reply:?}");
        assert!(
            matches!(
                session.respond(now, reply),
                Err(RespondError::NotAwaited { .. })
            ),
            "{said}"
        );
    }
    assert_eq!(transmit(&mut session), b"");
    let mut command = line("CREATE ");
    command.parts.push(CommandPart::OpenLiteral {
        size: 3,
        choice: LiteralChoice::Auto,
        binary: false,
        secret: false,
    });
    session.submit(now, command);
    transmit(&mut session);
    assert_eq!(session.awaiting(), Awaiting::GoAhead);
    assert!(
        session
            .respond(now, Reply::Literal(b"foo".to_vec()))
            .is_err(),
        "the server has not said +"
    );
    session.handle_input(now, b"+ go\r\n");
    assert_eq!(
        session.respond(now, Reply::Literal(b"four".to_vec())),
        Err(RespondError::TooLong {
            given: 4,
            remaining: 3
        })
    );
    assert_eq!(transmit(&mut session), b"");
    session.handle_close(now, CloseCause::Closed);
    for reply in replies() {
        assert_eq!(session.respond(now, reply), Err(RespondError::Closed));
    }
    assert_eq!(transmit(&mut session), b"");
}

#[test]
fn a_literal_is_taken_back_only_where_nothing_is_done_before_the_end_of_the_line() {
    let open = |text: &str| {
        let mut command = line(text);
        let choice = LiteralChoice::NonSynchronizing;
        command.parts.push(CommandPart::OpenLiteral {
            size: 4,
            choice,
            binary: false,
            secret: false,
        });
        command
    };
    let (mut session, now) = greeted("* PREAUTH hi");
    session.submit(now, open("CREATE "));
    assert_eq!(transmit(&mut session), b"A0001 CREATE {4+}\r\n");
    assert_eq!(
        session.respond(now, Reply::Cancel),
        Err(RespondError::Irrevocable)
    );
    assert_eq!(session.awaiting(), Awaiting::Literal { remaining: 4 });
    session
        .respond(now, Reply::Literal(b"name".to_vec()))
        .unwrap();
    assert_eq!(
        session.respond(now, Reply::Cancel),
        Err(RespondError::Irrevocable)
    );
    session.respond(now, Reply::Line(Vec::new())).unwrap();
    assert_eq!(transmit(&mut session), b"name\r\n");
    // Behind a whole message, too, an APPEND is not done until its line is.
    session.submit(now, open("APPEND INBOX "));
    transmit(&mut session);
    session
        .respond(now, Reply::Literal(b"a: b".to_vec()))
        .unwrap();
    session.respond(now, Reply::Cancel).unwrap();
    assert_eq!(transmit(&mut session), b"a: b \"\r\n");
    assert_eq!(session.awaiting(), Awaiting::Command);
    assert!(session.respond(now, Reply::Cancel).is_err());
}

#[test]
fn a_line_end_inside_a_text_makes_no_second_command() {
    let (mut session, now) = greeted("* PREAUTH hi");
    session.submit(now, line("LOGIN craig a\r\nx9 DELETE victim"));
    assert_eq!(
        transmit(&mut session),
        b"A0001 LOGIN craig a  x9 DELETE victim\r\n"
    );
    assert_eq!(
        shown(&events(&mut session)),
        b"A0001 LOGIN craig ********\r\n"
    );
}

#[test]
fn a_literal_of_the_users_choice_is_announced_as_chosen() {
    let (mut session, now) = greeted("* PREAUTH [CAPABILITY LITERAL-] hi");
    for (size, choice, expected) in [
        (4096, LiteralChoice::Auto, "{4096+}"),
        (4097, LiteralChoice::Auto, "{4097}"),
        (3, LiteralChoice::Synchronizing, "{3}"),
        (5000, LiteralChoice::NonSynchronizing, "{5000+}"),
    ] {
        session.submit(now, with_literal("X ", vec![b'x'; size], choice, false));
        let out = transmit(&mut session);
        let out = String::from_utf8(out).unwrap();
        assert!(
            out.lines().next().unwrap().ends_with(expected),
            "{expected}: {out}"
        );
        session.handle_input(now, b"+ go\r\n");
        transmit(&mut session);
    }
    assert_eq!(session.in_flight(), 4);
}

#[test]
fn a_line_without_end_is_held_in_bounded_memory() {
    let (mut session, now) = greeted("* PREAUTH hi");
    let read = vec![b'x'; 1 << 20];
    let mut received = 0;
    for _ in 0..20 {
        session.handle_input(now, &read);
        assert!(session.pending_input().line <= PIECE_LIMIT);
        for event in events(&mut session) {
            match event {
                Event::Received(piece) => received += piece.bytes().len(),
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(received >= (20 << 20) - PIECE_LIMIT);
    session.handle_input(now, b"* 1 FETCH (BODY[] {18446744073709551615}\r\nabc");
    assert_eq!(
        session.pending_input().literal,
        0,
        "the announcement stands in a line that began long before"
    );
    session.handle_input(now, b"\r\n* 1 FETCH (BODY[] {18446744073709551615}\r\nabc");
    assert_eq!(session.pending_input().literal, u64::MAX - 3);
}

/// What may happen to a session, in any order.
#[derive(Debug, Clone)]
enum Act {
    Submit(usize),
    Respond(usize),
    Input(Vec<u8>),
    Mechanism,
    Tls,
    Transmit(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let words: Vec<&'static str> = vec![
        "* OK hi\r\n",
        "* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+ SASL-IR] hi\r\n",
        "* BYE bye\r\n",
        "+ \r\n",
        "+ go\r\n",
        "+ Zm9v\r\n",
        "A0001 OK done\r\n",
        "A0002 NO no\r\n",
        "A0003 BAD bad\r\n",
        "A0004 OK\r\n",
        "P0001 OK in\r\n",
        "P0002 NO no\r\n",
        "x OK\r\n",
        "* BAD Invalid tag\r\n",
        "* 1 EXISTS\r\n",
        "* 1 FETCH (BODY[] {3}\r\n",
        "abc)\r\n",
        "* CAPABILITY IMAP4rev1 LITERAL-\r\n",
        "\r\n",
        "* OK [",
        "{5}\r\n",
    ];
    prop_oneof![
        6 => prop::sample::select(words).prop_map(|w| Act::Input(w.as_bytes().to_vec())),
        2 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Act::Input),
        4 => (0..12usize).prop_map(Act::Submit),
        3 => (0..6usize).prop_map(Act::Respond),
        1 => Just(Act::Mechanism),
        1 => Just(Act::Tls),
        6 => (1..4usize).prop_map(Act::Transmit),
    ]
}

const SECRET: &str = "Tr0ub4dor";
const SECRET_BASE64: &str = "VHIwdWI0ZG9y";

fn some_command(kind: usize) -> Command {
    let own = |tag: &str, text: &str| Command {
        tag: TagChoice::Own(Tag::new(tag.as_bytes()).unwrap()),
        ..line(text)
    };
    let typed = |text: &str| Command {
        tag: TagChoice::AsTyped,
        ..line(text)
    };
    match kind {
        0 => line("NOOP"),
        1 => line("IDLE"),
        2 => line("STARTTLS"),
        3 => line("AUTHENTICATE PLAIN"),
        4 => line(&format!("LOGIN craig {SECRET}")),
        5 => with_literal("LOGIN craig ", SECRET.into(), LiteralChoice::Auto, false),
        6 => own("x", "CHECK"),
        7 => typed("x LOGOUT"),
        8 => typed("(what"),
        9 => with_literal(
            "APPEND INBOX ",
            vec![b'm'; 3],
            LiteralChoice::Synchronizing,
            false,
        ),
        10 => {
            let mut command = line("LOGIN ");
            let choice = LiteralChoice::Auto;
            command.parts.push(CommandPart::OpenLiteral {
                size: 5,
                choice,
                binary: false,
                secret: false,
            });
            command
        }
        _ => line("DONE"),
    }
}

fn some_reply(kind: usize) -> Reply {
    match kind {
        0 => Reply::Literal(b"craig".to_vec()),
        1 => Reply::Literal(b"cr".to_vec()),
        2 => Reply::Line(format!(" {SECRET}").into_bytes()),
        3 => Reply::Challenge(Zeroizing::new(SECRET.into())),
        4 => Reply::Cancel,
        _ => Reply::Done,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens in whatever order: no panic, every byte of the server is shown once and in order,
    /// every command ends exactly once, and no secret is told.
    #[test]
    fn anything_may_happen(acts in prop::collection::vec(act(), 0..40)) {
        let now = Instant::now();
        let mut session = Session::new(now);
        let mut fed = Vec::new();
        let mut ids: Vec<CommandId> = Vec::new();
        let mut said = Vec::new();
        for act in acts {
            match act {
                Act::Submit(kind) => ids.push(session.submit(now, some_command(kind))),
                Act::Respond(kind) => drop(session.respond(now, some_reply(kind))),
                Act::Input(bytes) => {
                    fed.extend_from_slice(&bytes);
                    session.handle_input(now, &bytes);
                }
                Act::Mechanism => {
                    let script = Script::read(&format!("PLAIN first {SECRET}|{SECRET}"));
                    ids.push(session.authenticate(now, Box::new(script)));
                }
                Act::Tls => session.tls_started(now),
                Act::Transmit(n) => (0..n).for_each(|_| drop(session.poll_transmit())),
            }
            said.extend(events(&mut session));
        }
        session.handle_close(now, CloseCause::Closed);
        said.extend(events(&mut session));
        prop_assert!(matches!(said.last(), Some(Event::Closed(_))));

        let mut received = Vec::new();
        let mut ends: BTreeMap<CommandId, usize> = BTreeMap::new();
        for event in &said {
            match event {
                Event::Received(piece) => received.extend_from_slice(piece.bytes()),
                Event::Completed { command, .. } | Event::Abandoned { command } => *ends.entry(*command).or_default() += 1,
                _ => {}
            }
        }
        prop_assert_eq!(received, fed);
        // DONE typed in IDLE bears the name of its IDLE.
        ids.sort();
        ids.dedup();
        for id in ids {
            prop_assert_eq!(ends.get(&id), Some(&1), "{:?}", id);
        }
        let own_words = |event: &&Event| !matches!(event, Event::Received(_) | Event::Response { .. } | Event::Challenge { .. });
        let debug = format!("{:?}", said.iter().filter(own_words).collect::<Vec<_>>());
        prop_assert!(!debug.contains(SECRET) && !debug.contains(SECRET_BASE64));
        let shown = shown(&said);
        let shown = String::from_utf8_lossy(&shown);
        prop_assert!(!shown.contains(SECRET) && !shown.contains(SECRET_BASE64), "{}", shown);
    }

    /// Any cut of any bytes gives the same events, but for how long lines and literals are cut.
    #[test]
    fn the_cut_of_the_input_means_nothing(
        words in prop::collection::vec(act(), 0..12),
        cuts in prop::collection::vec(1..9usize, 1..60),
    ) {
        let input: Vec<u8> = words.into_iter().filter_map(|a| match a { Act::Input(b) => Some(b), _ => None }).flatten().collect();
        let now = Instant::now();
        let run = |reads: Vec<&[u8]>| {
            let mut session = Session::new(now);
            session.submit(now, line("NOOP"));
            session.submit(now, with_literal("CREATE ", b"foo".to_vec(), LiteralChoice::Synchronizing, false));
            for read in reads {
                session.handle_input(now, read);
            }
            session.handle_close(now, CloseCause::Closed);
            let said = events(&mut session).into_iter().filter(|e| !matches!(e, Event::Received(_)));
            said.collect::<Vec<_>>()
        };
        let mut reads = Vec::new();
        let mut rest = input.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() { break; }
            let (read, behind) = rest.split_at((*cut).min(rest.len()));
            reads.push(read);
            rest = behind;
        }
        prop_assert_eq!(run(reads), run(vec![&input]));
    }

    /// Writing a trace and reading it back gives every byte of every direction, in order.
    #[test]
    fn a_trace_is_byte_exact(blocks in prop::collection::vec((0..3usize, trace_bytes()), 0..8)) {
        let entry = |(direction, bytes): &(usize, Vec<u8>)| match direction {
            0 => Entry::Client(bytes.clone()),
            1 => Entry::Server(bytes.clone()),
            _ => Entry::Submitted(bytes.clone()),
        };
        let entries: Vec<Entry> = blocks.iter().map(entry).collect();
        let written = text::write(&entries);
        prop_assert!(written.chars().all(|c| c == '\n' || !c.is_control()));
        prop_assert!(written.lines().all(|l| !l.ends_with(' ')));
        let mut read: Vec<(usize, Vec<u8>)> = Vec::new();
        let mut joined: Vec<(usize, Vec<u8>)> = Vec::new();
        let push = |list: &mut Vec<(usize, Vec<u8>)>, direction, bytes: Vec<u8>| match list.last_mut() {
            Some((d, b)) if *d == direction => b.extend_from_slice(&bytes),
            _ if bytes.is_empty() => {}
            _ => list.push((direction, bytes)),
        };
        for (_, entry) in text::read(&written).unwrap() {
            match entry {
                Entry::Client(b) => push(&mut read, 0, b),
                Entry::Server(b) => push(&mut read, 1, b),
                Entry::Submitted(b) => push(&mut read, 2, b),
                other => panic!("{other:?}"),
            }
        }
        for (direction, bytes) in blocks {
            push(&mut joined, direction, bytes);
        }
        prop_assert_eq!(read, joined, "{}", written);
    }

    /// No text makes the reader panic.
    #[test]
    fn any_text_is_read_or_refused(file in "([SC]: |>  |-- )?[ -~\\\\x0-9\u{e9}\r\n]{0,60}") {
        let _ = text::read(&file);
    }
}

/// Bytes with many of those that a trace must take care of.
fn trace_bytes() -> impl Strategy<Value = Vec<u8>> {
    let tricky = prop::sample::select(vec![
        &b"\\"[..],
        b"x",
        b"41",
        b"\r\n",
        b"\r",
        b"\n",
        b" ",
        b"\\x41",
        b"\xc3\xa9",
        b"\xe2\x80\xae",
        b"\x1b",
        b"S: ",
        b"a",
    ]);
    let piece = prop_oneof![3 => tricky.prop_map(<[u8]>::to_vec), 1 => prop::collection::vec(any::<u8>(), 0..4)];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

#[test]
fn a_trace_in_detail() {
    let read = |line: &str| text::read(line).unwrap().remove(0).1;
    assert_eq!(
        read("S: a\\b\\x41\\x4\\xzz"),
        Entry::Server(b"a\\bA\\x4\\xzz\r\n".to_vec())
    );
    assert_eq!(read("C: a\\"), Entry::Client(b"a".to_vec()));
    assert_eq!(read("C:"), Entry::Client(b"\r\n".to_vec()));
    assert_eq!(
        read("S:   two spaces"),
        Entry::Server(b"  two spaces\r\n".to_vec())
    );
    assert_eq!(
        read("S: caf\u{e9}\r"),
        Entry::Server("caf\u{e9}\r\n".into())
    );
    assert_eq!(read(">  NOOP"), Entry::Submitted(b"NOOP\r\n".to_vec()));
    assert_eq!(
        read("--unknown thing"),
        Entry::Comment("unknown thing".into())
    );
    let mark = Entry::Mark {
        time: "2026-11-23T08:40:12.345Z".into(),
        session: 2,
    };
    assert_eq!(read("-- @2026-11-23T08:40:12.345Z s2"), mark);
    assert_eq!(text::write([&mark]), "-- @2026-11-23T08:40:12.345Z s2\n");
    assert_eq!(
        text::write([&Entry::Server(b"a\\ \x1b]52\\".to_vec())]),
        "S: a\\ \\x1b]52\\x5c\\\n"
    );
    assert_eq!(
        text::write([&Entry::Server(b"+ \r\n".to_vec())]),
        "S: +\\x20\n"
    );
    let error = text::read("S: fine\n\nT: not").unwrap_err();
    assert_eq!(error.line, 3);
    assert!(error.to_string().contains("\"T: not\""), "{error}");
}

#[test]
fn violations_do_not_end_the_session() {
    let (mut session, now) = greeted("* PREAUTH hi");
    session.handle_input(now, b"A9 OK\r\n+ what\r\nodd\r\n\r\n");
    let violations: Vec<Violation> = events(&mut session)
        .into_iter()
        .filter_map(|e| match e {
            Event::Violation(v) => Some(v),
            _ => None,
        })
        .collect();
    assert_eq!(
        violations,
        [
            Violation::UnknownTag(Tag::new(b"A9").unwrap()),
            Violation::UnexpectedContinuation
        ]
    );
    session.submit(now, line("NOOP"));
    assert_eq!(transmit(&mut session), b"A0001 NOOP\r\n");
}
