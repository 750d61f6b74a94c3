//! Cut anywhere, lose nothing; text that ends in `{5}`; limits.

use std::time::{Duration, Instant};

use imapsh::wire::frame::{KEPT_FRAME, KEPT_LITERAL, PIECE_LIMIT};
use imapsh::wire::{
    Direction, Ending, Frame, FrameBuilder, Framer, LiteralMode, Piece, Response, TokenKind, cursor,
};
use proptest::prelude::*;

use crate::common::corpus;

/// All pieces of `chunks`, then what `close` gives.
fn pieces<'a>(direction: Direction, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Piece> {
    let mut framer = Framer::new(direction);
    let mut out = Vec::new();
    for mut chunk in chunks {
        while let Some(piece) = framer.next(&mut chunk) {
            out.push(piece);
        }
        assert!(chunk.is_empty());
    }
    out.extend(framer.close());
    out
}

/// Pieces with the octets of each literal joined: how they were cut is the network's whim.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for piece in pieces {
        if let (
            Some(Piece::Literal { bytes, remaining }),
            Piece::Literal {
                bytes: more,
                remaining: left,
            },
        ) = (out.last_mut(), &piece)
        {
            assert_eq!(*remaining, more.len() as u64 + left, "octets still to come");
            bytes.extend_from_slice(more);
            *remaining = *left;
            continue;
        }
        out.push(piece);
    }
    out
}

fn frames(pieces: &[Piece]) -> Vec<Frame> {
    let mut builder = FrameBuilder::default();
    pieces
        .iter()
        .filter_map(|piece| builder.push(piece))
        .collect()
}

fn bytes(pieces: &[Piece]) -> Vec<u8> {
    pieces
        .iter()
        .flat_map(|piece| piece.bytes().to_vec())
        .collect()
}

/// Endings of the text pieces.
fn endings(pieces: &[Piece]) -> Vec<Ending> {
    let ending = |piece: &Piece| match piece {
        Piece::Text { ending, .. } => Some(*ending),
        Piece::Literal { .. } => None,
    };
    pieces.iter().filter_map(ending).collect()
}

fn cut_at<'a>(input: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut at = 0;
    let mut out = Vec::new();
    let mut sorted: Vec<usize> = cuts.iter().map(|c| c % (input.len() + 1)).collect();
    sorted.sort_unstable();
    for cut in sorted {
        out.push(&input[at..cut]);
        at = cut;
    }
    out.push(&input[at..]);
    out
}

/// Input of the kind that makes a framer stumble.
fn conversation() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static [u8]> = vec![
        b"* OK ",
        b"* NO [",
        b"a1 OK ",
        b"a1 BAD [X ",
        b"+ ",
        b"+",
        b"* 1 FETCH (",
        b"* LIST () \"/\" ",
        b"* BYE ",
        b"]",
        b"[",
        b"\"",
        b"\\",
        b"(",
        b")",
        b" ",
        b"*",
        b"text",
        b"{5}",
        b"{5}\r\n",
        b"{0}\r\n",
        b"~{2}\r\n",
        b"{3+}\r\nabc",
        b"{4}\r\n\r\n{5}",
        b"{18446744073709551615}",
        b"{99999999999999999999}\r\n",
        b"{}\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"\xff\xfe",
        b"220 smtp ready\r\n",
        b"BODY[HEADER.FIELDS (",
    ];
    let word = prop_oneof![
        9 => prop::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(word, 0..24).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn cut_anywhere_nothing_changes(
        input in conversation(),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
        client: bool,
    ) {
        let direction = if client { Direction::Client } else { Direction::Server };
        let whole = pieces(direction, [&input[..]]);
        prop_assert_eq!(bytes(&whole), input.clone(), "nothing is lost");
        let cut = pieces(direction, cut_at(&input, &cuts));
        let single = pieces(direction, input.chunks(1));
        prop_assert_eq!(frames(&whole), frames(&cut));
        let whole = joined(whole);
        prop_assert_eq!(&whole, &joined(cut));
        prop_assert_eq!(&whole, &joined(single));
    }

    #[test]
    fn any_bytes_are_survived(input: Vec<u8>, size in 1usize..9) {
        let out = pieces(Direction::Server, input.chunks(size));
        prop_assert_eq!(bytes(&out), input);
        for frame in frames(&out) {
            let _ = Response::parse(&frame);
        }
    }

    /// A literal's octets come out as they went in, whatever they are, wherever the network cuts.
    #[test]
    fn literals_are_followed_exactly(
        octets in prop::collection::vec(any::<u8>(), 0..300),
        mode in 0..4u8,
        size in 1usize..40,
    ) {
        let announcement = match mode {
            0 => format!("{{{}}}", octets.len()),
            1 => format!("{{{}+}}", octets.len()),
            2 => format!("~{{{}}}", octets.len()),
            _ => format!("~{{{}+}}", octets.len()),
        };
        let mut input = format!("* 1 FETCH (BODY[] {announcement}\r\n").into_bytes();
        input.extend_from_slice(&octets);
        input.extend_from_slice(b" UID 7)\r\na1 OK done\r\n");
        let frames = frames(&pieces(Direction::Server, input.chunks(size)));
        prop_assert_eq!(frames.len(), 2);
        let header = frames[0].literals[0].header;
        prop_assert_eq!(header.size, octets.len() as u64);
        prop_assert_eq!(header.binary, mode >= 2);
        prop_assert_eq!(header.mode == LiteralMode::NonSynchronizing, mode % 2 == 1);
        let tree = cursor::tokenize(&frames[0]);
        let list = tree.tokens().nth(3).unwrap();
        let body = list.children().nth(1).unwrap();
        prop_assert_eq!(body.kind(), TokenKind::Literal(0));
        let read = body.string_value();
        prop_assert_eq!(read.as_deref(), Some(&octets[..]));
        prop_assert_eq!(list.children().nth(3).and_then(|uid| uid.number()), Some(7));
    }
}

#[test]
fn text_that_ends_in_an_announcement_announces_nothing() {
    let lines = [
        "* OK see {5}",
        "* ok see {5}",
        "* NO {5}",
        "* BAD see ~{5+}",
        "* BYE [UNAVAILABLE] see {5}",
        "* PREAUTH {5}",
        "a1 NO no such mailbox {5}",
        "a1 OK [READ-WRITE] {5}",
        "*  OK see {5}",
        "a1 OK [X \"]\" {6}] {5}",
        "* OK [ALERT \"a\\\"]b {5}\"] c {5}",
        // a quoted string in a code that the line end cuts off
        "* OK [X \"open {5}",
        // the `]` in the quotes was the end of the code after all
        "* OK [X \"a]b\" text {5}",
        "+ go on {5}",
        "+{5}",
        "+ {5}",
        // other protocols, or a client out of step
        "220 mail.example.com ESMTP {5}",
        "+OK pop3 {5}",
        "{5}",
        "a1 FETCH {5}",
        "(b+ OK see {5}",
    ];
    for line in lines {
        for end in ["\r\n", "\n"] {
            let input = format!("{line}{end}* 23 EXISTS{end}");
            let out = pieces(Direction::Server, [input.as_bytes()]);
            assert_eq!(endings(&out), [Ending::Line, Ending::Line], "{line}");
            assert_eq!(frames(&out)[0].bytes, format!("{line}{end}").as_bytes());
        }
    }
}

#[test]
fn the_same_brackets_where_a_literal_may_stand_announce_one() {
    let rows: [(&str, u64); 9] = [
        ("* LIST () \"/\" {5}", 5),
        ("* 1 FETCH (BODY[]{5}", 5),
        ("* 1 FETCH (BODY[] ~{5+}", 5),
        ("*  LIST () \"/\" {5}", 5),
        ("* X-FUTURE {0}", 0),
        ("* OK [BADCHARSET ({5}", 5),
        ("* X {18446744073709551615}", u64::MAX),
        ("* X {00000000000000000005}", 5),
        ("* X a{5}{6}", 6),
    ];
    for (line, size) in rows {
        for end in ["\r\n", "\n"] {
            let out = pieces(Direction::Server, [format!("{line}{end}").as_bytes()]);
            let Some(Ending::Literal(header)) = endings(&out).first().copied() else {
                panic!("{line}")
            };
            assert_eq!(header.size, size, "{line}");
        }
    }
    let none = [
        "* X {99999999999999999999}",
        "* X {18446744073709551616}",
        "* X {000000000000000000005}",
        "* X {}",
        "* X {+}",
        "* X {-1}",
        "* X {5+ }",
        "* X {5} ",
        "* X 5}",
        "* X {5-}",
        "* X {5++}",
        "* X \"{5}\"",
        "* X {5})",
    ];
    for line in none {
        let out = pieces(Direction::Server, [format!("{line}\r\n").as_bytes()]);
        assert_eq!(endings(&out), [Ending::Line], "{line}");
    }
}

#[test]
fn a_literal_inside_a_response_code_and_text_behind_it() {
    let input = b"* OK [BADCHARSET ({5}\r\nUTF-8 {3}\r\n\"]\r)] text {9}\r\n* 1 EXISTS\r\n";
    let frames = frames(&pieces(Direction::Server, [&input[..]]));
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[0].literals.len(), 2);
    let Response::Untagged(imapsh::wire::response::Untagged::Status(status)) =
        Response::parse(&frames[0])
    else {
        panic!("a status response");
    };
    assert_eq!(status.text, b"text {9}");
    assert_eq!(status.code.unwrap().name(), "BADCHARSET");
}

#[test]
fn what_a_client_sends_is_framed_too() {
    let input = b"a1 LOGIN {5}\r\ncraig {6+}\r\nsecret\r\nDONE\r\na2 LOGIN {0}\r\n {0+}\r\n\r\n";
    let out = pieces(Direction::Client, [&input[..]]);
    let frames = frames(&out);
    assert_eq!(
        frames.iter().map(|f| f.literals.len()).collect::<Vec<_>>(),
        [2, 0, 2]
    );
    assert_eq!(bytes(&out), input);
    let tree = cursor::tokenize_command(&frames[0]);
    let words: Vec<_> = tree.tokens().filter_map(|t| t.text_value()).collect();
    assert_eq!(words, ["a1", "LOGIN", "craig", "secret"]);
}

#[test]
fn fifty_megabytes_without_a_line_end_stay_small() {
    for start in ["* 1 FETCH (", "* OK ", "* OK [X \"", "noise "] {
        let mut framer = Framer::new(Direction::Server);
        let mut builder = FrameBuilder::default();
        let chunk = vec![b'x'; 16 * 1024];
        let (mut seen, mut sent) = (0, start.len());
        let mut input = start.as_bytes();
        assert_eq!(framer.next(&mut input), None);
        while sent < 50 * 1024 * 1024 {
            let mut input = &chunk[..];
            sent += chunk.len();
            while let Some(piece) = framer.next(&mut input) {
                assert!(piece.bytes().len() <= PIECE_LIMIT);
                assert_eq!(endings(std::slice::from_ref(&piece)), [Ending::Continued]);
                seen += piece.bytes().len();
                assert_eq!(builder.push(&piece), None);
            }
            assert!(framer.pending_line() < PIECE_LIMIT);
        }
        let last = framer.next(&mut &b"\r\n"[..]).unwrap();
        seen += last.bytes().len();
        let frame = builder.push(&last).unwrap();
        assert_eq!(seen, sent + 2, "nothing is lost");
        assert!(frame.elided && frame.bytes.capacity() <= 2 * KEPT_FRAME);
        let _ = Response::parse(&frame);
        assert!(!framer.is_inside_frame());
    }
}

#[test]
fn the_longest_literal_never_ends_and_holds_nothing() {
    let mut framer = Framer::new(Direction::Server);
    let mut input = &b"* 1 FETCH (BODY[] {18446744073709551615}\r\n"[..];
    assert!(framer.next(&mut input).is_some());
    assert_eq!(framer.pending_literal(), u64::MAX);
    for count in 1..=100u64 {
        let chunk = vec![b'\n'; PIECE_LIMIT];
        let piece = framer.next(&mut &chunk[..]).unwrap();
        assert_eq!(
            piece,
            Piece::Literal {
                bytes: chunk,
                remaining: u64::MAX - count * PIECE_LIMIT as u64
            }
        );
        assert_eq!(framer.pending_line(), 0);
    }
    assert_eq!(
        framer.close(),
        Some(Piece::Text {
            bytes: Vec::new(),
            ending: Ending::Truncated
        })
    );
    assert_eq!(framer.close(), None);
}

#[test]
fn announcements_at_the_cut_of_a_long_line_are_seen() {
    for length in PIECE_LIMIT - 80..PIECE_LIMIT + 80 {
        let mut input = b"* X ".to_vec();
        input.resize(length, b'x');
        // The longest announcement there is, and a short one.
        input.extend_from_slice(b" ~{00000000000000000003+}\r\nabc {0}\r\n tail\r\n* 1 EXISTS\r\n");
        let out = pieces(Direction::Server, input.chunks(4096));
        let frames = frames(&out);
        assert_eq!(frames.len(), 2, "{length}");
        assert_eq!(frames[0].literals.len(), 2, "{length}");
        assert_eq!(bytes(&out), input);
    }
}

#[test]
fn brackets_and_backslashes_at_the_cut_of_a_long_line_are_followed() {
    for length in PIECE_LIMIT - 80..PIECE_LIMIT + 8 {
        // The code goes on behind the string, so a literal may come; behind the code it is text.
        let mut input = b"* OK [X \"".to_vec();
        input.resize(length, b'x');
        input.extend_from_slice(b"\\\"\" {3}\r\n\"]\" \"\\\\\"] text {5}\r\n* 1 EXISTS\r\n");
        let out = pieces(Direction::Server, [&input[..]]);
        let frames = frames(&out);
        assert_eq!(frames.len(), 2, "{length}");
        assert_eq!(frames[0].literals.len(), 1, "{length}");
        assert_eq!(frames[0].literals[0].header.size, 3);
    }
}

#[test]
fn empty_literals_and_a_literal_at_the_very_end() {
    let out = pieces(
        Direction::Server,
        [&b"* LIST () NIL {0}\r\n\r\n* LIST () NIL {3}\r\nabc\r\n"[..]],
    );
    let all = frames(&out);
    assert_eq!(all.len(), 2);
    let name = |frame: &Frame| match Response::parse(frame) {
        Response::Untagged(imapsh::wire::response::Untagged::List(entry)) => entry.name,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (name(&all[0]), name(&all[1])),
        (Vec::new(), b"abc".to_vec())
    );
}

#[test]
fn a_flood_of_literals_is_bounded() {
    let mut framer = Framer::new(Direction::Server);
    let mut builder = FrameBuilder::default();
    let flood = b"{0}\r\n".repeat(100_000);
    for chunk in [&b"* X "[..], &flood, b"\r\n"] {
        let mut input = chunk;
        while let Some(piece) = framer.next(&mut input) {
            if let Some(frame) = builder.push(&piece) {
                assert!(frame.elided && frame.literals.len() <= KEPT_FRAME / 256);
                return;
            }
        }
    }
    panic!("the frame ends");
}

#[test]
fn a_kept_literal_is_whole_and_a_large_one_is_left_out() {
    for size in [KEPT_LITERAL, KEPT_LITERAL + 1, 200_000] {
        let mut input = format!("* 1 FETCH (BODY[] {{{size}}}\r\n").into_bytes();
        input.extend(std::iter::repeat_n(b'\n', usize::try_from(size).unwrap()));
        input.extend_from_slice(b" UID 7)\r\n");
        let frame = corpus::frame(&input);
        assert_eq!(frame.literals[0].kept, size <= KEPT_LITERAL);
        assert!(!frame.elided && frame.bytes.len() <= usize::try_from(KEPT_LITERAL).unwrap() + 100);
        let Response::Untagged(imapsh::wire::response::Untagged::Fetch(fetch)) =
            Response::parse(&frame)
        else {
            panic!("FETCH");
        };
        assert_eq!(fetch.uid, Some(7));
        let tree = cursor::tokenize(&frame);
        let body = tree.tokens().nth(3).unwrap().children().nth(1).unwrap();
        assert_eq!(
            body.string_value().map(|v| v.len() as u64),
            (size <= KEPT_LITERAL).then_some(size)
        );
    }
    // Where the frame's limit falls into a literal, it is not kept in half.
    let filler = vec![b'x'; KEPT_FRAME - 100];
    let input = [b"* X ", &filler[..], b" {200}\r\n", &[b'y'; 200], b" z\r\n"].concat();
    let frame = corpus::frame(&input);
    for span in &frame.literals {
        let end = span.start + usize::try_from(span.header.size).unwrap();
        assert!(!span.kept || frame.bytes.len() >= end);
    }
    assert_eq!(
        Response::parse(&frame),
        Response::Untagged(imapsh::wire::response::Untagged::Other {
            name: "X".to_owned()
        })
    );
}

#[test]
fn what_the_close_cut_off_is_told_apart() {
    for (input, left) in [
        ("* 1 EXI", "* 1 EXI"),
        ("a1 OK", "a1 OK"),
        ("* LIST () NIL {5}\r\nab", ""),
        ("* LIST () NIL {5}\r\nabcde", ""),
        ("* LIST () NIL {0}\r\n", ""),
    ] {
        let out = pieces(Direction::Server, [input.as_bytes()]);
        let truncated = Piece::Text {
            bytes: left.as_bytes().to_vec(),
            ending: Ending::Truncated,
        };
        assert_eq!(out.last(), Some(&truncated), "{input}");
        let frame = frames(&out).remove(0);
        assert!(frame.elided);
        assert!(
            !matches!(Response::parse(&frame), Response::Tagged { .. }),
            "{input}"
        );
    }
    assert_eq!(
        pieces(Direction::Server, [&b"* 1 EXISTS\r\n"[..]]).len(),
        1,
        "a clean end leaves nothing"
    );
}

/// Every one of these is a few hundred kilobytes, and quadratic work on it would take minutes.
#[test]
fn hostile_shapes_take_linear_time_and_little_stack() {
    let repeated =
        |head: &str, unit: &str, tail: &str| format!("{head}{}{tail}\r\n", unit.repeat(300_000));
    let inputs = [
        format!("* THREAD {}\r\n", "(".repeat(100_000)),
        format!(
            "* THREAD {}{}\r\n",
            "(".repeat(100_000),
            ")".repeat(100_000)
        ),
        format!("* 1 FETCH (BODYSTRUCTURE {}\r\n", "(".repeat(100_000)),
        format!("* OK [X {}] text\r\n", "(".repeat(100_000)),
        repeated("* 1 FETCH (", "a[ ", ")"),
        repeated("* 1 FETCH (", "a[( ", ")"),
        repeated("* 1 FETCH ", "(a[ \"", ""),
        repeated("* 1 FETCH ", "a[\" ", ""),
        repeated("* X ", "\"", ""),
        repeated("* X ", ")", ""),
        repeated("* X ", "\\", ""),
        repeated("* X ", "{1} ", ""),
        repeated("* OK [", "[", ""),
        repeated("* LIST () NIL ", "&", ""),
        repeated("", " ", ""),
    ];
    let began = Instant::now();
    for input in &inputs {
        let frame = corpus::frame(input.as_bytes());
        let _ = Response::parse(&frame);
        assert!(cursor::fuzz_tokens(input.as_bytes()) > 0 || input.trim().is_empty());
    }
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    // Beyond the cap the rest is one odd token, and what stands beside it is still read.
    let deep = format!(
        "* 1 FETCH (X {}{} UID 7)\r\n",
        "(".repeat(100_000),
        ")".repeat(100_000)
    );
    let Response::Untagged(imapsh::wire::response::Untagged::Fetch(fetch)) =
        corpus::response(deep.as_bytes())
    else {
        panic!("FETCH");
    };
    assert_eq!(fetch.uid, Some(7));
}

#[test]
fn a_flood_of_tokens_is_not_taken_for_the_whole() {
    let numbers = "1 ".repeat(cursor::TOKEN_LIMIT);
    let frame = Frame::from_line(format!("* SEARCH {numbers}\r\n").as_bytes());
    assert!(!cursor::tokenize(&frame).is_whole());
    let name = "SEARCH".to_owned();
    assert_eq!(
        Response::parse(&frame),
        Response::Untagged(imapsh::wire::response::Untagged::Other { name })
    );
}
