//! Nothing that came from a server, a file or a clipboard reaches the terminal as a control: every byte and every
//! sequence that could, through every view, against a list of what may be on the screen.

use imapsh::channel::Notice;
use imapsh::session::CloseCause;

use crate::common::screen::Screen;

/// What the screen may hold: printable ASCII, lines of boxes, and the few letters that the payloads hold and that
/// are harmless. Not made from the program's own list, so that the two check each other.
fn allowed(c: char) -> bool {
    matches!(c, ' '..='~')
        || matches!(u32::from(c), 0x2500..=0x257f)
        || matches!(c, '\u{fc}' | '\u{e9}' | '\u{df}' | '\u{65e5}' | '\u{672c}' | '\u{20ac}' | '\u{1f600}')
        // Where a charset was decoded, octets are the letters of windows-1252, which is what mailers mean by Latin-1.
        || matches!(u32::from(c), 0xa0..=0xac | 0xae..=0xff)
        || "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ".contains(c)
        // Combining marks, rationed.
        || matches!(u32::from(c), 0x300..=0x302)
        || c == '\u{fffd}'
}

/// Every byte, and every sequence that a terminal might obey or that moves what is beside it.
fn sequences() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..=255u8).map(|b| vec![b'a', b, b'z']).collect();
    // C1 as UTF-8.
    all.extend((0x80..=0x9f).map(|c| format!("a{}z", char::from_u32(c).unwrap()).into_bytes()));
    let characters = [
        0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180e, 0x3164, 0xffa0, 0xfeff,
        0xfff9, 0xfffa, 0xfffb, 0xfffe, 0xffff, 0xfe00, 0xfe0f, 0xe000, 0xf8ff, 0x1d173, 0x1d17a,
        0x1bca0, 0x13430, 0x13455, 0x600, 0x605, 0x6dd, 0x70f, 0x8e2, 0x110bd, 0xe0001, 0xe0020,
        0xe007f, 0xe0100, 0xe01ef, 0xf0000, 0x10ffff,
    ];
    let ranges = (0x200b..=0x200f)
        .chain(0x2028..=0x202f)
        .chain(0x2060..=0x206f);
    all.extend(
        characters
            .into_iter()
            .chain(ranges)
            .map(|c| format!("a{}z", char::from_u32(c).unwrap()).into_bytes()),
    );
    let sequences: &[&[u8]] = &[
        b"\x1b[2J",
        b"\x1b[31m",
        b"\x1b]0;owned\x07",
        b"\x1b]52;c;aGk=\x1b\\",
        b"\x1b]8;;http://x\x07y\x1b]8;;\x07",
        b"\x1bP$qm\x1b\\",
        b"\x1b_x\x1b\\",
        b"\x1b^x\x1b\\",
        b"\x1b[?1049l",
        b"\x1b[6n",
        b"\x1b[c",
        b"\x1bc",
        b"\x1b(0",
        b"\x9b2J",
        b"\x9d0;owned\x9c",
        b"\x90x\x9c",
        b"\xc2\x9b2J",
        b"\xc2\x9d0;x\xc2\x9c",
        b"\x0e\x0f",
        b"a\tb",
        b"a\x08\x08b",
        b"\x7f\x7f",
        // No UTF-8: cut, overlong, surrogates, too large.
        b"\xc3",
        b"\xe2\x82",
        b"\xf0\x9f\x98",
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xff\xfe",
    ];
    all.extend(sequences.iter().map(|s| s.to_vec()));
    // Floods of marks, joiners, and wide characters to be cut in half at an edge.
    all.push(format!("a{}z", "\u{301}".repeat(200)).into_bytes());
    all.push("\u{302}".repeat(40).into_bytes());
    all.push("\u{1f600}\u{200d}".repeat(20).into_bytes());
    for pad in 0..4 {
        all.push(format!("{}{}", "x".repeat(pad), "\u{65e5}\u{672c}".repeat(120)).into_bytes());
    }
    all
}

#[track_caller]
fn check(screen: &mut Screen, what: &str) {
    for (y, row) in screen.cells().into_iter().enumerate() {
        for (x, cell) in row.iter().enumerate() {
            let symbol = cell.symbol();
            let marks = symbol
                .chars()
                .filter(|c| matches!(u32::from(*c), 0x300..=0x302))
                .count();
            assert!(
                symbol.chars().all(allowed) && marks <= 3,
                "{what}: {symbol:?} at column {x} of row {y}"
            );
            // A wide character needs its second cell.
            let wide = unicode_width::UnicodeWidthStr::width(symbol);
            assert!(
                x + wide <= row.len(),
                "{what}: {symbol:?} is cut at the edge"
            );
        }
    }
}

/// Everything that a server can say, with `bad` in every place; lines end where it says so itself.
fn talk(screen: &mut Screen, bad: &[u8]) {
    let quoted: Vec<u8> = bad
        .iter()
        .copied()
        .filter(|b| !b"\"\\\r\n".contains(b))
        .collect();
    let literal = |bytes: &[u8]| [format!("{{{}}}\r\n", bytes.len()).as_bytes(), bytes].concat();
    let say = |screen: &mut Screen, parts: &[&[u8]]| {
        screen.server(parts.concat());
    };
    let (q, l) = (quoted.as_slice(), literal(bad));
    screen.keys("<alt-2>LIST \"\" *<enter>");
    say(
        screen,
        &[
            b"* LIST (\\HasNoChildren \\X",
            q,
            b") \"/\" \"",
            q,
            b"\"\r\n* LIST () \"/\" ",
            &l,
            b"\r\n",
        ],
    );
    say(
        screen,
        &[
            b"* LSUB () NIL \"",
            q,
            b"/b\"\r\n* NAMESPACE ((\"",
            q,
            b"\" \"/\")) NIL NIL\r\n",
        ],
    );
    say(
        screen,
        &[
            b"* ID (\"name\" \"",
            q,
            b"\")\r\n* CAPABILITY IMAP4rev1 ",
            q,
            b"\r\n* ENABLED ",
            q,
            b"\r\n",
        ],
    );
    say(
        screen,
        &[
            b"* ACL \"",
            q,
            b"\" \"",
            q,
            b"\" \"",
            q,
            b"\" bob lr\r\n* MYRIGHTS INBOX \"",
            q,
            b"\"\r\n",
        ],
    );
    say(
        screen,
        &[
            b"* QUOTA \"",
            q,
            b"\" (\"",
            q,
            b"\" 1 2)\r\n* QUOTAROOT INBOX \"",
            q,
            b"\"\r\n",
        ],
    );
    say(
        screen,
        &[
            b"* METADATA \"",
            q,
            b"\" (\"/",
            q,
            b"\" ",
            &l,
            b")\r\n* STATUS \"",
            q,
            b"\" (MESSAGES 1)\r\n",
        ],
    );
    say(screen, &[b"A0001 OK [", q, b"] ", q, b"\r\n"]);
    screen.keys("SELECT INBOX<enter>");
    say(
        screen,
        &[
            b"* 3 EXISTS\r\n* FLAGS (\\Seen ",
            q,
            b")\r\n* OK [PERMANENTFLAGS (\"",
            q,
            b"\")] ",
            q,
            b"\r\n",
        ],
    );
    say(
        screen,
        &[
            b"* OK [UIDVALIDITY 1] ",
            q,
            b"\r\nA0002 OK [READ-WRITE] ",
            q,
            b"\r\n",
        ],
    );
    screen.keys("FETCH 1 (BODY[] ENVELOPE FLAGS)<enter>");
    let mail = [
        b"From: =?utf-8?b?G1szMW0=?= <".as_slice(), q, b"@x>\r\nSubject: ", q, b"\r\n", q, b": x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
        b"Content-Type: text/plain; charset=iso-8859-1; name=\"", q, b"\"\r\n\r\n", bad, b"\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>", bad,
        b"&#27;[2J&#x9b;2J&#8238;</p>\r\n--b\r\nContent-Type: a/b; name*=utf-8''%1b%5b2J%e2%80%ae\r\n\r\n", bad, b"\r\n--b--\r\n",
    ]
    .concat();
    say(
        screen,
        &[
            b"* 1 FETCH (FLAGS (\\Seen \"",
            q,
            b"\") ENVELOPE (\"",
            q,
            b"\" \"",
            q,
            b"\" ((\"",
            q,
            b"\" NIL \"",
            q,
            b"\" \"",
            q,
            b"\")) NIL NIL NIL NIL NIL NIL \"",
            q,
            b"\") BODYSTRUCTURE (\"",
            q,
            b"\" \"",
            q,
            b"\" (\"name\" \"",
            q,
            b"\") NIL \"",
            q,
            b"\" \"",
            q,
            b"\" 1 1) X-",
            q,
            b" ",
            &l,
            b" BODY[] ",
            &literal(&mail),
            b")\r\nA0003 OK ",
            q,
            b"\r\n",
        ],
    );
    say(
        screen,
        &[
            b"* 1 FETCH (FLAGS (\"",
            q,
            b"\"))\r\n* SEARCH ",
            q,
            b"\r\n* ",
            q,
            b"\r\n",
            bad,
            b"\r\n+ ",
            q,
            b"\r\n",
        ],
    );
    screen.keys("NOOP<enter>");
    say(screen, &[b"A0004 NO [", q, b"] ", q, b"\r\n"]);
}

/// The keys that turn everything over that can be on the screen.
const WALK: &[&str] = &[
    "",
    "<esc>",
    "t",
    "w",
    "w",
    "p",
    "b",
    "b",
    "u",
    "u",
    "v",
    "v",
    "z",
    "Z",
    "Z",
    "g",
    "<pgdn>",
    "<pgdn>",
    "e",
    "m",
    "<up><up>z",
    "<pgdn>",
    "[[z",
    "<pgdn>",
    "z",
    "<alt-3>",
    "j",
    "j",
    "o",
    "<c-c>",
    "<f4>",
    "<down>",
    "<esc>",
    "<alt-2>SELECT <tab>",
    "<tab>",
    "<esc>",
    "<c-c>",
    "<c-r>",
    "a",
    "<esc>",
    "<f2>",
    "<esc>",
    "<f1>",
    "<esc>",
    "<esc>gG[[<enter>",
    "<pgdn>",
    "<pgdn>",
    "<tab>",
    "G",
    "<tab>",
    "<tab>",
    "<tab>",
    "<tab>",
    "<esc>[<enter>",
    "<pgdn>",
    "s",
    "<esc>",
    "<esc>g<enter>",
    "]",
    "]",
    "<tab>",
    "]",
    "G",
    "<enter>",
    "<esc>",
    "<esc>",
];

#[test]
fn every_sequence_through_every_view() {
    // Together, so that there are fewer screens to go through: between them a blank.
    let all = sequences();
    for (turn, batch) in all.chunks(48).enumerate() {
        let bad = batch.join(&b' ');
        let (columns, rows) = [(80, 24), (120, 35), (200, 50)][turn % 3];
        let mut screen = Screen::new(columns, rows);
        screen.log_in();
        talk(&mut screen, &bad);
        for keys in WALK {
            screen.keys(keys);
            check(&mut screen, &format!("batch {turn}, {keys}"));
        }
        // What the clipboard and the keyboard bring.
        let text = String::from_utf8_lossy(&bad).into_owned();
        for place in ["<alt-2>", "<esc>/", "<esc>f", "<f4>", "<f2>"] {
            screen.keys(place).paste(&text);
            check(&mut screen, &format!("batch {turn}, pasted at {place}"));
            screen.keys("<esc><esc><c-c><c-c><esc>");
            screen.state.popup = None;
            screen.state.quit_armed = false;
            check(&mut screen, &format!("batch {turn}, after {place}"));
        }
        // How it ends, and why it did not begin.
        for notice in [
            Notice::LoginFailed(text.clone()),
            Notice::Refused(text.clone()),
            Notice::Warning(text.clone()),
            Notice::PasswordWanted {
                authcid: text.clone(),
                authzid: Some(text.clone()),
            },
        ] {
            screen.notice(notice);
            check(&mut screen, &format!("batch {turn}, a notice"));
            screen.state.popup = None;
        }
        screen.close(CloseCause::Bye(text.clone()), &text);
        check(&mut screen, &format!("batch {turn}, the end"));
    }
}

/// One at a time in a line, at every place of the right edge: nothing is cut in half.
#[test]
fn wide_characters_at_the_edge() {
    for columns in 40..64 {
        let mut screen = Screen::new(columns, 24);
        screen.log_in();
        for pad in 0..3 {
            let line = format!(
                "* OK {}{}\r\n",
                "x".repeat(pad),
                "\u{65e5}\u{672c}\u{1f600}".repeat(30)
            );
            screen.server(line);
            check(&mut screen, "a long line");
            screen.keys("<esc>w");
            check(&mut screen, "cut");
            screen.keys("w<enter>");
            check(&mut screen, "inspected");
            screen.keys("<esc><alt-2>");
        }
    }
}

/// The list above says no to what matters.
#[test]
fn the_list_is_strict() {
    for c in [
        '\u{1b}',
        '\u{9b}',
        '\u{7f}',
        '\0',
        '\u{200b}',
        '\u{202e}',
        '\u{2028}',
        '\u{fff9}',
        '\u{e0041}',
        '\u{feff}',
        '\t',
    ] {
        assert!(!allowed(c), "{c:?}");
    }
    assert!(sequences().len() > 300);
}
