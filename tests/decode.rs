//! Replies, mails, transfer encodings and charsets, as tables: RFC examples, and the broken ones.

use imapsh::decode::challenge::reading;
use imapsh::decode::mail::{fields, plain_name};
use imapsh::decode::mime::fuzz_mime;
use imapsh::decode::response::{command, fuzz_decode, response};
use imapsh::decode::{
    Decoder, LiteralKind, MimeScan, PartKind, Sniffed, Transfer, fetch, text, word,
};
use imapsh::wire::{Direction, Frame, FrameBuilder, Framer};

use crate::common::corpus;
use crate::common::mutate::{Dice, mutate, rounds};

fn frame(bytes: &[u8], direction: Direction) -> Frame {
    let mut framer = Framer::new(direction);
    let mut builder = FrameBuilder::default();
    let mut rest = bytes;
    while let Some(piece) = framer.next(&mut rest) {
        if let Some(frame) = builder.push(&piece) {
            return frame;
        }
    }
    panic!("no frame: {}", String::from_utf8_lossy(bytes));
}

fn reply(line: impl AsRef<[u8]>) -> String {
    let bytes = [line.as_ref(), b"\r\n"].concat();
    response(&frame(&bytes, Direction::Server)).plain()
}

#[track_caller]
fn says(line: &str, wanted: &[&str]) {
    let text = reply(line);
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
}

#[test]
fn an_envelope_is_told_field_by_field() {
    // RFC 9051 section 8.
    says(
        "* 12 FETCH (ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" \
         ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) \
         ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((NIL NIL \"imap\" \"cac.washington.edu\")) \
         ((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL \
         \"<B27397-0100000@cac.washington.ed>\"))",
        &[
            "Date | Wed, 17 Jul 1996 02:23:25 -0700 (PDT)",
            "Subject | IMAP4rev1 WG mtg summary and minutes",
            "From | Terry Gray <gray@cac.washington.edu>",
            "To | imap@cac.washington.edu",
            "Cc | minutes@CNRI.Reston.VA.US",
            " | John Klensin <KLENSIN@MIT.EDU>",
            "Bcc |  | NIL",
            "Message-ID | <B27397-0100000@cac.washington.ed>",
        ],
    );
    // Encoded words, with the wire form beside; groups; a route; spaces between addresses; too short.
    says(
        "* 1 FETCH (ENVELOPE (NIL \"=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\" ((\"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=\" \"@relay\" \"keld\" \"dkuug.dk\") \
         (\"d\" NIL \"e\" \"f\")) NIL NIL ((NIL NIL \"friends\" NIL)(NIL NIL \"a\" \"b\")(NIL NIL NIL NIL))))",
        &[
            "Subject | Gr\u{fc}\u{df}e | =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=",
            "From | Keld J\u{f8}rn Simonsen <@relay:keld@dkuug.dk> | =?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=",
            " | d <e@f>",
            "To | group friends:",
            " | a@b",
            " | (end of the group)",
        ],
    );
    says("* 1 FETCH (ENVELOPE NIL)", &["ENVELOPE |  | NIL"]);
}

#[test]
fn a_bodystructure_is_a_tree_with_section_numbers() {
    says(
        "* 1 FETCH (BODYSTRUCTURE ((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"8bit\" 6 1 NIL NIL NIL NIL)\
         (\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 100 (NIL \"inner\" NIL NIL NIL NIL NIL NIL NIL NIL) \
         ((\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1)(\"image\" \"png\" (\"name\" \"a b.png\") NIL NIL \"base64\" 9) \"mixed\") 5 NIL \
         (\"attachment\" (\"filename*0*\" \"UTF-8''%e2%82%ac%20\" \"filename*1\" \"rates.eml\")) NIL NIL) \"mixed\" (\"boundary\" \"x\") NIL (\"en\" \"de\") NIL))",
        &[
            "-  multipart/mixed |  |  | 2 parts  boundary x",
            "language | en de",
            "1  text/plain | 6 octets, 1 lines | 8bit | utf-8",
            "2  message/rfc822 | 100 octets, 5 lines | 7bit | \"\u{20ac} rates.eml\"  attachment",
            "Subject | inner",
            "2  multipart/mixed |  |  | 2 parts",
            "2.1  text/plain",
            "2.2  image/png | 9 octets | base64 | \"a b.png\"",
        ],
    );
    // A single part is part 1 of its message, also inside another.
    says(
        "* 1 FETCH (BODYSTRUCTURE (\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 100 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) \
         (\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1) 5))",
        &["1  message/rfc822", "1.1  text/plain"],
    );
}

#[test]
fn broken_structures_are_shown_as_they_are() {
    let cases: &[(&str, &str)] = &[
        // Exchange: a multipart without parts.
        (
            "(NIL \"mixed\" (\"boundary\" \"x\") NIL NIL)",
            "-  multipart/mixed |  |  | no parts  boundary x",
        ),
        (
            "(\"multipart\" \"mixed\" NIL NIL NIL \"7BIT\" 0 NIL NIL NIL NIL)",
            "1  multipart/mixed | 0 octets | 7BIT",
        ),
        (
            "(\"text\" \"plain\" NIL NIL NIL \"7bit\" -1 -1)",
            "1  text/plain | -1 octets, -1 lines | 7bit",
        ),
        (
            "(\"text\" \"plain\" (\"charset\" NIL) NIL NIL NIL 6 1 NIL NIL NIL NIL)",
            "1  text/plain | 6 octets, 1 lines",
        ),
        ("()", "()"),
        ("((()))", "()"),
        ("(\"text\")", "1  text/"),
        ("((\"text\" \"plain\") 7)", "multipart/7"),
    ];
    for (structure, wanted) in cases {
        says(
            &format!("* 1 FETCH (BODYSTRUCTURE {structure} UID 9)"),
            &[wanted, "UID | 9"],
        );
    }
    let deep = format!(
        "* 1 FETCH (BODYSTRUCTURE {}{})",
        "(".repeat(500),
        ")".repeat(500)
    );
    assert!(!reply(deep).is_empty());
}

#[test]
fn replies_are_tables() {
    let cases: &[(&str, &[&str])] = &[
        (
            "* FLAGS (\\Seen $Junk odd)",
            &[
                "\\Seen |  | has been read",
                "$Junk |  | is spam",
                "odd |  | a keyword",
            ],
        ),
        (
            "* 3 FETCH (FLAGS (\\Seen) UID 7 RFC822.SIZE 44 MODSEQ (9) INTERNALDATE \" 1-Jan-2023 00:00:00 +0000\")",
            &[
                "\\Seen |  | has been read",
                "UID | 7",
                "44 octets",
                "MODSEQ | 9",
                "INTERNALDATE |  1-Jan-2023",
            ],
        ),
        (
            "* ACL INBOX joe lrx -fred w anyone l",
            &[
                "joe | lrx",
                "-fred | w | these are taken away",
                "anyone | l | everybody",
                "l | lookup",
                "x | DELETE the mailbox",
            ],
        ),
        (
            "* MYRIGHTS INBOX lr9?",
            &[
                "My rights | lr9?",
                "9 | this site's own",
                "? | not known",
                "Missing",
                "t | set and clear \\Deleted",
            ],
        ),
        (
            "* LISTRIGHTS INBOX smith la r s w i p k x t e c d a 0 1 2",
            &[
                "Identifier | smith",
                "Always has | la",
                "Can be given | r s w",
            ],
        ),
        (
            "* QUOTA \"User quota\" (STORAGE 460 512 MESSAGE 20 0)",
            &[
                "Quota root | User quota",
                "STORAGE | 460 KiB of 512 KiB | 89.8 %",
                "MESSAGE | 20 of 0",
            ],
        ),
        (
            "* QUOTA \"\" (STORAGE 10 -1)",
            &["Quota root | \"\"", "10 KiB of -1 KiB"],
        ),
        ("* QUOTA \"\" ()", &["no limit is set"]),
        (
            "* QUOTAROOT INBOX \"\" \"User quota\"",
            &["Quota roots | \"\"", " | User quota"],
        ),
        ("* QUOTAROOT INBOX", &["none: it is not limited"]),
        (
            "* NAMESPACE ((\"\" \"/\")(\"#mh/\" \"/\" \"X-PARAM\" (\"FLAG1\" \"FLAG2\"))) ((\"Other Users/\" \"/\")) NIL",
            &[
                "Personal",
                "\"\" | delimiter /",
                "#mh/ | delimiter /",
                "X-PARAM | FLAG1 FLAG2",
                "Other Users/",
                "Shared |  | none",
            ],
        ),
        (
            "* LIST (\\HasNoChildren \\Sent) \"/\" \"Entw&APw-rfe\"",
            &[
                "Mailbox | Entw\u{fc}rfe | Entw&APw-rfe",
                "Delimiter | /",
                "\\Sent | holds sent mail",
            ],
        ),
        (
            "* LIST () NIL foo (\"CHILDINFO\" (\"SUBSCRIBED\"))",
            &["none: names are flat", "CHILDINFO | SUBSCRIBED"],
        ),
        (
            "* STATUS \"INBOX/a b\" (MESSAGES 17 APPENDLIMIT NIL MAILBOXID (F1))",
            &["MESSAGES | 17", "MAILBOXID | F1"],
        ),
        (
            "* SEARCH 2 3 4 9 (MODSEQ 917)",
            &[
                "Hits | 4",
                "From | 2 to 9",
                "As a set | 2:4,9",
                "MODSEQ | 917",
            ],
        ),
        ("* SEARCH", &["Hits | none"]),
        ("* SEARCH 18446744073709551615 1", &["Hits | 2"]),
        (
            "* ESEARCH (TAG \"A285\") UID MIN 7 MAX 3800 COUNT 15 ALL 1,3:5",
            &["TAG | A285", "UIDs", "MIN | 7", "ALL | 1,3:5"],
        ),
        (
            "* ESEARCH (TAG \"A285\")",
            &["message sequence numbers", "no hits"],
        ),
        (
            "* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN IDLE",
            &["Capabilities | 4", "AUTH | PLAIN LOGIN", "IMAP4rev1 | IDLE"],
        ),
        (
            "* ID (\"name\" \"Cyrus IMAPD\" \"vendor\" NIL)",
            &["name | Cyrus IMAPD", "vendor |  | NIL"],
        ),
        (
            "* METADATA \"INBOX\" (/shared/comment \"x\" /private/comment NIL)",
            &["/shared/comment | x", "/private/comment |  | not set"],
        ),
        (
            "* METADATA \"INBOX\" /shared/comment",
            &["These entries have changed"],
        ),
        (
            "* VANISHED (EARLIER) 300:310,405",
            &["EARLIER", "300:310,405"],
        ),
        ("* ENABLED QRESYNC", &["QRESYNC"]),
        ("* 23 EXISTS", &["23 EXISTS"]),
        (
            "A1 NO [NOPERM] not yours",
            &[
                "NO | completion result",
                "Tag | A1",
                "Code | NOPERM",
                "Text | not yours",
            ],
        ),
        (
            "* OK [PERMANENTFLAGS (\\Seen \\*)] Limited",
            &["Code | PERMANENTFLAGS", "\\* |  | new keywords can be made"],
        ),
        (
            "* OK [COPYUID 38505 304,319:320 3956:3958] Done",
            &["38505 304,319:320 3956:3958"],
        ),
        (
            "+ cmVhbG09ImVsd29vZCI=",
            &[
                "Command continuation request",
                "As base64 | realm=\"elwood\"",
            ],
        ),
        ("+", &["Command continuation request"]),
        (
            "* X-FUTURE 12 (foo (bar \"baz\")) NIL",
            &["X-FUTURE", "12 (", "foo (", "bar \"baz\""],
        ),
        ("* QUOTA", &["not of the shape"]),
        ("* ACL", &["not of the shape"]),
        (
            "220 smtp.example.com ESMTP",
            &["Not a response that IMAP knows"],
        ),
        ("", &["an empty line"]),
    ];
    for (line, wanted) in cases {
        says(line, wanted);
    }
}

#[test]
fn commands_are_trees() {
    let text = command(&frame(
        b"A1 uid fetch 1:5 (FLAGS BODY.PEEK[HEADER.FIELDS (DATE)])\r\n",
        Direction::Client,
    ))
    .plain();
    for wanted in [
        "Tag | A1",
        "Verb | uid fetch",
        "1:5 (",
        "FLAGS BODY.PEEK[HEADER.FIELDS (DATE)]",
    ] {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
}

#[test]
fn words_of_headers() {
    let cases: &[(&str, Option<&str>)] = &[
        // RFC 2047 section 8.
        ("=?ISO-8859-1?Q?a?= b", Some("a b")),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", Some("ab")),
        ("=?ISO-8859-1?Q?a_b?=", Some("a b")),
        (
            "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
            Some("If you can read this you understand the example."),
        ),
        (
            "=?ISO-2022-JP?B?GyRCJDMkcyRLJEEkTxsoQg==?=",
            Some("\u{3053}\u{3093}\u{306b}\u{3061}\u{306f}"),
        ),
        ("=?gb18030?B?xOO6ww==?=", Some("\u{4f60}\u{597d}")),
        ("plain", None),
        ("=?broken", None),
    ];
    for (raw, wanted) in cases {
        assert_eq!(word::decoded(raw.as_bytes()).as_deref(), *wanted, "{raw}");
    }
    assert_eq!(
        word::addresses(b"=?ISO-8859-1?Q?Keld_J=F8rn?= <keld@dkuug.dk>, b@c").unwrap(),
        ["Keld J\u{f8}rn <keld@dkuug.dk>", "b@c"]
    );
    // RFC 2231 section 4.1, as a BODYSTRUCTURE lists it.
    let listed = [
        ("title*0*", "us-ascii'en'This%20is%20even%20more%20"),
        ("title*1*", "%2A%2A%2Afun%2A%2A%2A%20"),
        ("title*2", "isn't it!"),
        ("name", "a \"b\" \\ c; d=e"),
    ];
    let raw: Vec<(Vec<u8>, Vec<u8>)> = listed
        .iter()
        .map(|(n, v)| (n.as_bytes().to_vec(), v.as_bytes().to_vec()))
        .collect();
    let read = word::parameters(&raw);
    let value = |name: &str| {
        read.iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    };
    assert_eq!(
        value("title"),
        Some("This is even more ***fun*** isn't it!")
    );
    assert_eq!(value("name"), Some("a \"b\" \\ c; d=e"));
    let folded = fields(b"Subject: a\r\n\tb\r\nX:\r\nno field\r\n\r\nbody: x\r\n");
    assert_eq!(folded[0], (b"Subject".to_vec(), b"a b".to_vec()));
    assert_eq!(folded.len(), 3);
}

/// Decodes in every cut of `size` octets.
fn transferred(transfer: Transfer, input: &[u8], size: usize) -> (Vec<u8>, u64) {
    let mut decoder = Decoder::new(transfer);
    let mut out = Vec::new();
    input
        .chunks(size)
        .for_each(|piece| decoder.push(piece, &mut out));
    decoder.finish(&mut out);
    (out, decoder.problems())
}

#[test]
fn transfer_encodings_come_off_in_any_cut() {
    let cases: &[(Transfer, &[u8], &[u8], u64)] = &[
        (Transfer::Base64, b"aGVsbG8gd29ybGQ=\r\n", b"hello world", 0),
        (Transfer::Base64, b"aGVs\r\nbG8=\r\naGk=", b"hellohi", 0),
        (Transfer::Base64, b"aGV!sbG8", b"hello", 1),
        (Transfer::Base64, b"a", b"", 1),
        (
            Transfer::QuotedPrintable,
            b"Gr=C3=BC=C3=9Fe",
            "Gr\u{fc}\u{df}e".as_bytes(),
            0,
        ),
        (
            Transfer::QuotedPrintable,
            b"soft=\r\nline=  \r\n end",
            b"softline end",
            0,
        ),
        (
            Transfer::QuotedPrintable,
            b"blanks \t \r\nnext=20\r\n",
            b"blanks\r\nnext \r\n".as_slice(),
            0,
        ),
        (
            Transfer::QuotedPrintable,
            b"bare\nlf =\nx",
            b"bare\nlf x",
            0,
        ),
        (Transfer::QuotedPrintable, b"100=% =GG =", b"100=% =GG ", 2),
        (Transfer::QuotedPrintable, b"half=4", b"half=4", 1),
        (
            Transfer::QuotedPrintable,
            b"lower=c3=bc",
            b"lower\xc3\xbc",
            0,
        ),
        (Transfer::Identity, b"\0\xff=\r", b"\0\xff=\r", 0),
    ];
    for (transfer, input, wanted, problems) in cases {
        for size in 1..=input.len() {
            let (out, odd) = transferred(*transfer, input, size);
            assert_eq!(
                out,
                *wanted,
                "{:?} by {size}",
                String::from_utf8_lossy(input)
            );
            assert_eq!(
                odd,
                *problems,
                "{:?} by {size}",
                String::from_utf8_lossy(input)
            );
        }
    }
    assert_eq!(Transfer::named(b" BASE64 "), Transfer::Base64);
    assert_eq!(Transfer::named(b"x-uuencode"), Transfer::Identity);
    let line = "QUJD".repeat(19);
    assert_eq!(
        Transfer::guess(format!("{line}\r\n{line}\r\nQUI=\r\n").as_bytes()),
        Transfer::Base64
    );
    assert_eq!(
        Transfer::guess(b"a =C3=BC b=\r\nc"),
        Transfer::QuotedPrintable
    );
    assert_eq!(Transfer::guess(b"1 + 1 = 2, a=b\r\n"), Transfer::Identity);
}

#[test]
fn charsets_and_html() {
    let shown = |octets: &[u8], charset| text::in_charset(octets, Some(charset));
    assert_eq!(
        shown(b"Gr\xfc\xdfe", "ISO-8859-1").text,
        "Gr\u{fc}\u{df}e".as_bytes()
    );
    assert_eq!(shown(b"\x80", "windows-1252").text, "\u{20ac}".as_bytes());
    assert_eq!(shown(b"\xff", "utf-8").text, b"\xff");
    let odd = shown(b"a", "x-none");
    assert!(odd.remark.is_some() && odd.text == b"a");
    let html = text::html(b"<p>Gr&uuml;&szlig;e &#8364;<br>next</p><script>x()</script>");
    let html = String::from_utf8(html).unwrap();
    assert!(
        html.contains("Gr\u{fc}\u{df}e \u{20ac}") && html.contains("next") && !html.contains("x()")
    );
    assert!(text::is_text(b"plain\r\n") && text::is_text("Gr\u{fc}\u{df}e".as_bytes()));
    assert!(text::is_text(
        b"Latin Gr\xfc\xdfe und sch\xf6ne Gr\xfc\xdfe aus K\xf6ln"
    ));
    assert!(!text::is_text(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
}

const MULTIPART: &[u8] = b"From: a@b\r\nContent-Type: multipart/mixed; boundary=\"o\"\r\n\r\npreamble\r\n--o\r\n\
Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\nplain\r\n--i\r\nContent-Type: text/html; charset=utf-8\r\n\
Content-Transfer-Encoding: quoted-printable\r\n\r\n<b>h=C3=BC</b>\r\n--i--\r\n--o \r\nContent-Type: message/rfc822\r\n\r\n\
Subject: =?utf-8?q?inn=C3=A9r?=\r\n\r\ninner text\r\n--o\r\nContent-Type: application/pdf; name=x.pdf\r\n\
Content-Disposition: attachment; filename*=utf-8''%e2%82%ac.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--o--\r\nepilogue\r\n";

#[test]
fn the_parts_of_a_mail_are_found_while_it_passes() {
    let mut scan = MimeScan::new();
    MULTIPART.chunks(7).for_each(|piece| scan.push(piece));
    scan.finish();
    let told: Vec<(String, usize, PartKind, String)> = scan
        .parts()
        .iter()
        .map(|p| {
            let range =
                usize::try_from(p.body.start).unwrap()..usize::try_from(p.body.end).unwrap();
            let body = String::from_utf8_lossy(&MULTIPART[range]).into_owned();
            let body = if p.kind == PartKind::Leaf {
                body
            } else {
                String::new()
            };
            (p.number.clone(), p.depth, p.kind, body)
        })
        .collect();
    let leaf = |number: &str, depth, body: &str| {
        (number.to_owned(), depth, PartKind::Leaf, body.to_owned())
    };
    assert_eq!(
        told,
        [
            (String::new(), 0, PartKind::Multipart, String::new()),
            ("1".to_owned(), 1, PartKind::Multipart, String::new()),
            leaf("1.1", 2, "plain"),
            leaf("1.2", 2, "<b>h=C3=BC</b>"),
            ("2".to_owned(), 1, PartKind::Message, String::new()),
            leaf("2.1", 2, "inner text"),
            leaf("3", 1, "JVBERg=="),
        ]
    );
    let parts = scan.parts();
    assert_eq!(parts[3].head.charset.as_deref(), Some("utf-8"));
    assert_eq!(parts[3].head.transfer, Transfer::QuotedPrintable);
    assert_eq!(parts[5].head.subject.as_deref(), Some("inn\u{e9}r"));
    assert_eq!(parts[6].head.name.as_deref(), Some("\u{20ac}.pdf"));
    assert_eq!(parts[6].head.file_name("3"), "\u{20ac}.pdf");
    assert_eq!(parts[2].head.file_name("1.1"), "part-1.1.txt");
}

#[test]
fn odd_mails_are_taken_apart_as_far_as_they_go() {
    let parts = |mail: &[u8]| {
        let mut scan = MimeScan::new();
        scan.push(mail);
        scan.finish();
        scan.parts()
            .iter()
            .map(|p| format!("{} {}", p.number, p.head.media))
            .collect::<Vec<_>>()
    };
    assert_eq!(parts(b""), ["1 text/plain"]);
    assert_eq!(parts(b"Subject: only a header"), ["1 text/plain"]);
    assert_eq!(parts(b"\r\nno header"), ["1 text/plain"]);
    assert_eq!(
        parts(b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nno boundary told"),
        ["1 multipart/mixed"]
    );
    assert_eq!(
        parts(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nnever closed"),
        [" multipart/mixed", "1 text/plain"]
    );
    // Lines of LF alone; a boundary that begins like another one.
    assert_eq!(
        parts(b"Content-Type: multipart/mixed; boundary=x\n\n--xy\n--x\nContent-Type: image/png\n\nA\n--x--\n"),
        [" multipart/mixed", "1 image/png"]
    );
    assert_eq!(
        parts(b"Content-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: a\n\nb\n--x--\n"),
        [" multipart/digest", "1 message/rfc822", "1.1 text/plain"]
    );
    // A flood of parts, and of nesting, ends.
    let flood = [
        b"Content-Type: multipart/mixed; boundary=x\n\n".as_slice(),
        &b"--x\n\n".repeat(5_000),
    ]
    .concat();
    assert_eq!(parts(&flood).len(), imapsh::decode::mime::PART_LIMIT);
    let deep: Vec<u8> = b"Content-Type: message/rfc822\n\n".repeat(500);
    assert_eq!(parts(&deep).len(), imapsh::decode::mime::DEPTH_LIMIT + 1);
    let long = [b"X: ".as_slice(), &b"y".repeat(10_000_000), b"\n\nbody"].concat();
    assert_eq!(parts(&long), ["1 text/plain"]);
}

#[test]
fn the_name_in_a_mail_does_not_choose_where_it_goes() {
    for (name, wanted) in [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\evil.exe", "evil.exe"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("a\u{202e}b\x1b[2J\n", "ab[2J"),
        ("..", ""),
        ("Gr\u{fc}\u{df}e.pdf", "Gr\u{fc}\u{df}e.pdf"),
    ] {
        assert_eq!(plain_name(name), wanted);
    }
}

#[test]
fn a_literal_is_named_by_its_item() {
    let server = |line: &str| LiteralKind::announced(line.as_bytes(), true);
    assert_eq!(server("* 1 FETCH (UID 2 BODY[] {5}"), LiteralKind::Mail);
    assert_eq!(
        server("* 1 FETCH (BODY[HEADER.FIELDS (DATE \"FROM\")] {5}"),
        LiteralKind::Header
    );
    assert_eq!(server("* 1 FETCH (BODY[1.2.MIME] {5}"), LiteralKind::Header);
    assert_eq!(
        server("* 1 FETCH (BODY[1.2]<0> {5}"),
        LiteralKind::Part("1.2".into())
    );
    assert_eq!(
        server("* 1 FETCH (BINARY[1] ~{5}"),
        LiteralKind::Binary("1".into())
    );
    assert_eq!(server(" RFC822 {5}"), LiteralKind::Mail);
    assert_eq!(
        server("* LIST () \"/\" {5}"),
        LiteralKind::Other("\"/\"".into())
    );
    assert_eq!(
        LiteralKind::announced(b"A1 APPEND x {5+}", false),
        LiteralKind::Mail
    );
    assert!(LiteralKind::is_partial(b"* 1 FETCH (BODY[]<0> {5}"));
    assert!(!LiteralKind::is_partial(b"* 1 FETCH (BODY[] {5}"));
    assert_eq!(Sniffed::of(MULTIPART), Sniffed::Mail);
    assert_eq!(
        Sniffed::of(b"just some text: yes\r\nand more\r\n"),
        Sniffed::Text
    );
    assert_eq!(Sniffed::of(b"\0\x01\x02\xff"), Sniffed::Data);
}

#[test]
fn a_fetch_tells_what_its_parts_are() {
    let line = b"* 1 FETCH (BODYSTRUCTURE (\"text\" \"plain\" (\"charset\" \"koi8-r\") NIL NIL \"base64\" 6 1) BODY[1] \"x\")\r\n";
    let listed = fetch::parts(&frame(line, Direction::Server));
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].number.as_str(), listed[0].encoding.as_str()),
        ("1", "base64")
    );
    assert_eq!(listed[0].charset.as_deref(), Some("koi8-r"));
}

#[test]
fn the_89_lines_and_whatever_becomes_of_them_are_taken_apart() {
    let lines: Vec<Vec<u8>> = corpus::rows().into_iter().map(|row| row.bytes).collect();
    assert!(lines.len() > 80);
    for line in &lines {
        fuzz_decode(line);
        fuzz_mime(line);
    }
    let mails: Vec<Vec<u8>> = vec![
        MULTIPART.to_vec(),
        std::fs::read("assets/demo/large.eml").unwrap(),
    ];
    let mut dice = Dice::new(4);
    for round in 0..rounds(4_000) {
        let (a, b) = (
            &lines[dice.below(lines.len())],
            &lines[dice.below(lines.len())],
        );
        fuzz_decode(&mutate(&mut dice, a, b));
        let mail = &mails[usize::from(round % 50 == 0)];
        let mail = mutate(&mut dice, mail, b);
        fuzz_mime(&mail);
        let _ = text::html(&mail);
        let _ = word::decoded(&mail);
        let _ = word::addresses(&mail);
        for transfer in [Transfer::Base64, Transfer::QuotedPrintable] {
            let size = 1 + dice.below(mail.len());
            assert_eq!(
                transferred(transfer, &mail, size),
                transferred(transfer, &mail, mail.len().max(1))
            );
        }
    }
}

/// The tokens of MIT Kerberos as Dovecot 2.3 and Cyrus 3.6 sent them, and the turned one of Windows.
#[test]
fn kerberos_tokens_are_told_in_words() {
    says(
        "+ YIGZBgkqhkiG9xIBAgICAG+BiTCBhqADAgEFoQMCAQ+iejB4oAMCARKicQRvcML2MX487C0zwSBA65NevKXzuXwKwTW6s3UV\
         NOJfGDb8/vAu32vHmkD9GkCORZScd1ZJJ4T1MIu0mY3OH+OuZyiphbJTuQrzC5OlYYIwSiNCyFJjEGCv2GBErytqtQsIJFvjyYKy\
         awWVzVSKQr5/",
        &["Kerberos: AP-REP, the server's proof that it has the key of the service; 156 octets"],
    );
    says(
        "+ BQQF/wAMAAAAAAAABV6d1QH///+ENd69yWwNCdRdG6M=",
        &["the server offers these security layers: none; messages of at most 16777215 octets"],
    );
    says(
        "+ BQQF/wAMAAAAAAAALnj2TQcAEADpYkPSwO7bNNR6WAQ=",
        &["layers: none, signed, encrypted; messages of at most 4096 octets"],
    );
    let turned = [
        &[5, 4, 1, 0xff, 0, 12, 0, 12][..],
        &[0; 8],
        b"checksum-12.",
        &[6, 0, 0x40, 0],
    ]
    .concat();
    assert!(reading(&turned).contains("layers: signed, encrypted; messages of at most 16384"));
    let answer = [
        &[5, 4, 0, 0xff, 0, 2, 0, 0][..],
        &[0; 8],
        &[1, 0, 0, 0],
        b"craig##",
    ]
    .concat();
    assert_eq!(
        reading(&answer),
        "(Kerberos: security layer none, authzid craig)"
    );
    // Cut short, too long, nonsense: octets, and text as it is.
    for length in 0..turned.len() {
        let _ = reading(&turned[..length]);
    }
    let mut lying = turned.clone();
    lying[4..8].fill(0xff);
    assert_eq!(reading(&lying), "(32 octets that are no text)");
    assert_eq!(
        reading(&[5, 4, 1, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
        "(16 octets that are no text)"
    );
    assert_eq!(reading(b"\x60\x84\xff"), "(3 octets that are no text)");
    assert_eq!(
        reading("r=Gr\u{fc}\u{df}e,i=4096".as_bytes()),
        "r=Gr\u{fc}\u{df}e,i=4096"
    );
}
