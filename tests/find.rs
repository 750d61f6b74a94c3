//! Search: the same hits as a plain regular expression over all lines, however the octets were cut.

use std::time::{Duration, SystemTime};

use imapsh::session::Event;
use imapsh::transcript::find::{Finder, Hit, Pattern, Seek, Sought, Step};
use imapsh::transcript::{LineKind, Transcript};
use imapsh::wire::{Direction, Framer};
use proptest::prelude::*;

fn at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1)
}

/// A transcript of what a server sends, cut every `cut` octets.
pub fn received(bytes: &[u8], cut: usize) -> Transcript {
    let mut transcript = Transcript::new().unwrap();
    let mut framer = Framer::new(Direction::Server);
    for chunk in bytes.chunks(cut.max(1)) {
        let mut input = chunk;
        while let Some(piece) = framer.next(&mut input) {
            transcript.record(at(), &Event::Received(piece));
        }
    }
    transcript
}

/// All hits, by the plain regex over every line of the wire and of every literal.
fn naive(transcript: &Transcript, pattern: &Pattern) -> Vec<Hit> {
    let mut hits = Vec::new();
    for line in 0..transcript.len() {
        let read = transcript.line(line).unwrap();
        let mut tell = |inside: bool, from: usize, bytes: &[u8]| {
            hits.extend(pattern.in_line(bytes).into_iter().map(|hit| Hit {
                line,
                inside,
                octets: (from + hit.start) as u64..(from + hit.end) as u64,
            }));
        };
        let LineKind::Literal { stored, .. } = read.kind else {
            tell(false, 0, &read.bytes);
            continue;
        };
        let mut whole = Vec::new();
        while (whole.len() as u64) < stored {
            whole.extend(transcript.literal_bytes(line, whole.len() as u64, 7_777));
        }
        let mut from = 0;
        for text in whole.split_inclusive(|b| *b == b'\n') {
            let bare = text
                .strip_suffix(b"\r\n")
                .or(text.strip_suffix(b"\n"))
                .unwrap_or(text);
            tell(true, from, bare);
            from += text.len();
        }
    }
    hits
}

fn counted(transcript: &Transcript, pattern: &Pattern) -> u64 {
    let mut finder = Finder::new(pattern.clone());
    while finder.step(transcript, None) == Step::More {}
    finder.hits()
}

/// From hit to hit, once around.
fn walked(transcript: &Transcript, pattern: &Pattern, forward: bool) -> Vec<Hit> {
    let mut finder = Finder::new(pattern.clone());
    while finder.step(transcript, None) == Step::More {}
    let start = match forward {
        true => (0, false, 0),
        false => (transcript.len(), false, 0),
    };
    let mut seek = Seek::from_place(transcript, start, forward);
    let mut hits: Vec<Hit> = Vec::new();
    loop {
        match seek.step(transcript, &finder, None) {
            Sought::More => {}
            Sought::Nothing => return hits,
            Sought::Hit(hit, block) => {
                if hits.first() == Some(&hit) {
                    return hits;
                }
                assert!(hits.len() < 10_000);
                hits.push(hit.clone());
                seek = Seek::from_hit(transcript, hit, block, forward);
            }
        }
    }
}

/// A response with a literal of these octets.
fn fetch(octets: &[u8]) -> Vec<u8> {
    let mut out = format!("* 1 FETCH (BODY[] {{{}}}\r\n", octets.len()).into_bytes();
    out.extend_from_slice(octets);
    out.extend_from_slice(b")\r\n");
    out
}

#[test]
fn smart_case_plain_text_and_flags() {
    let finds = |pattern: &str, text: &str| {
        Pattern::new(pattern).is_some_and(|p| !p.in_line(text.as_bytes()).is_empty())
    };
    assert!(finds("fetch", "* 1 FETCH"));
    assert!(!finds("Fetch", "* 1 FETCH"));
    assert!(finds("fe.ch", "* 1 FETCH"));
    assert!(finds("BODY[]", "BODY[] {5}"), "no regex: taken as it is");
    assert!(Pattern::new("BODY[]").unwrap().is_plain());
    assert!(finds("(FLAGS", "* 1 FETCH (FLAGS ())"));
    assert!(finds("\\Seen", "FLAGS (\\Seen)"));
    assert!(!finds("\\Seen", "FLAGS (Been)"));
    assert!(finds("\\Answered", "(\\Answered)"), "no anchor");
    assert!(finds("\\d+ exists", "* 23 EXISTS"));
    assert!(finds("\\S+ EXISTS", "* 23 EXISTS"));
    assert!(finds("^\\* ok", "* OK hello"));
    assert!(finds("done$", "A1 OK done"));
    assert!(finds("gr\u{fc}\u{df}e", "GR\u{dc}\u{df}E"));
    assert!(Pattern::new("").is_none());
    assert!(
        finds("a{999}{999}{999}", "a{999}{999}{999}"),
        "too large: plain"
    );
    assert!(Pattern::new("\\xff").unwrap().is_in(b"a\xffb"));
}

#[test]
fn a_hit_across_pieces_of_a_literal_is_found_once() {
    let mut body = vec![b'x'; 200_000];
    for place in [65_530, 65_536 + 100, 131_068, 199_990] {
        body[place..place + 9].copy_from_slice(b"needle 42");
    }
    let pattern = Pattern::new("needle \\d+").unwrap();
    for cut in [1_000, 65_536, 200_000] {
        let transcript = received(&fetch(&body), cut);
        let hits = walked(&transcript, &pattern, true);
        assert_eq!(hits, naive(&transcript, &pattern));
        assert_eq!(hits.len(), 4);
        assert_eq!(counted(&transcript, &pattern), 4);
    }
}

#[test]
fn a_hit_across_the_cut_of_a_line_longer_than_a_piece_is_found() {
    let mut line = b"* SEARCH ".to_vec();
    line.resize(65_532, b'1');
    line.extend_from_slice(b"needle 7 and more\r\nA1 OK done\r\n");
    let transcript = received(&line, 4_096);
    assert_eq!(transcript.len(), 3);
    assert_eq!(
        counted(&transcript, &Pattern::new("needle \\d").unwrap()),
        1
    );
    // What is cut is no line's start, and no word's either.
    assert_eq!(counted(&transcript, &Pattern::new("^needle").unwrap()), 0);
}

#[test]
fn the_count_grows_with_what_comes() {
    let pattern = Pattern::new("exists").unwrap();
    let mut transcript = Transcript::new().unwrap();
    let mut framer = Framer::new(Direction::Server);
    let mut finder = Finder::new(pattern.clone());
    for round in 1..200u64 {
        let lines = "* 1 EXISTS\r\n* 1 RECENT\r\n".repeat(37);
        let mut input = lines.as_bytes();
        while let Some(piece) = framer.next(&mut input) {
            transcript.record(at(), &Event::Received(piece));
        }
        while finder.step(&transcript, None) == Step::More {}
        assert_eq!(finder.hits(), round * 37);
    }
    assert_eq!(finder.progress(&transcript), 100);
    let hit = naive(&transcript, &pattern).swap_remove(5_000);
    let block = transcript.block_of(hit.line).unwrap();
    assert_eq!(
        finder.number_of(&transcript, &hit, block, None),
        Some(5_000)
    );
}

fn patterns() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a",
        "ab",
        "a+b",
        "^a",
        "b$",
        "a.b",
        "[^a]b",
        "\\s+",
        "\\bab\\b",
        "(a|ab)(c|bcd)?",
        "a*",
        "\\Aa",
        "b\\z",
        "(?i)A",
        "\\r",
        "\\n",
        "a\\sb",
        "c.*",
        "x{2,5}",
        "\\xff",
        "\u{fc}",
        "AB",
        "$",
        "^",
        "ab|ba",
        // Over the ends of lines, if they were let; in none; in the words that stand beside the lines.
        "a[^b]*c",
        "x[^c]*",
        "Nowhere",
        "\\x00",
    ])
}

/// Few letters, so that much is found; line ends of all kinds, and octets that are no text.
fn octets(length: usize) -> impl Strategy<Value = Vec<u8>> {
    let one = prop::sample::select(vec![
        &b"a"[..],
        b"b",
        b"c",
        b"ab",
        b" ",
        b"\r\n",
        b"\n",
        b"\r",
        b"x",
        b"A",
        b"\xff",
        "\u{fc}".as_bytes(),
        b"\0",
    ]);
    prop::collection::vec(one, 0..length).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_hits_of_a_plain_regex_over_all_lines(
        bodies in prop::collection::vec(octets(60), 1..8),
        typed in patterns(),
        cut in 1usize..90,
        lines in prop::collection::vec("[abcxA ]{0,12}", 0..150),
    ) {
        let mut bytes = Vec::new();
        for body in &bodies {
            bytes.extend(fetch(body));
        }
        for line in &lines {
            bytes.extend_from_slice(format!("* {line}\r\n").as_bytes());
        }
        let transcript = received(&bytes, cut);
        let pattern = Pattern::new(typed).unwrap();
        let hits = naive(&transcript, &pattern);
        prop_assert_eq!(counted(&transcript, &pattern), hits.len() as u64);
        let forward = walked(&transcript, &pattern, true);
        let mut backward = walked(&transcript, &pattern, false);
        backward.reverse();
        // The search begins behind octet 0 of line 0, and ends there.
        let mut turned = hits.clone();
        if turned.first().is_some_and(|h| h.line == 0 && !h.inside && h.octets.start == 0) {
            turned.rotate_left(1);
        }
        prop_assert_eq!(forward, turned);
        prop_assert_eq!(backward, hits);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn cuts_at_the_edges_of_large_pieces(
        edges in prop::collection::vec((60_000usize..200_000, octets(12)), 1..12),
        typed in patterns(),
        newlines in any::<bool>(),
    ) {
        let mut body: Vec<u8> = (0..210_000).map(|i| if newlines && i % 70 == 69 { b'\n' } else { b'.' }).collect();
        for (at, what) in &edges {
            body[*at..*at + what.len()].copy_from_slice(what);
        }
        for edge in [65_536usize, 131_072, 196_608] {
            for (_, what) in edges.iter().take(2) {
                let from = edge - what.len() / 2;
                body[from..from + what.len()].copy_from_slice(what);
            }
        }
        let pattern = Pattern::new(typed).unwrap();
        // Hits longer than the reach are cut: not what this is about.
        prop_assume!(newlines || !matches!(typed, "c.*" | "[^a]b"));
        let transcript = received(&fetch(&body), 65_536);
        let hits = naive(&transcript, &pattern);
        prop_assert_eq!(counted(&transcript, &pattern), hits.len() as u64);
    }
}
