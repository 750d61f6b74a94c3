//! The inspector: what is shown of a line, a command, a literal; what is saved of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use imapsh::tui::inspector::Tab;

use crate::common::screen::{Screen, plan, tls};

#[track_caller]
fn golden(name: &str, screen: &mut Screen) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden/inspector");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let dump = screen.dump();
    settings.bind(|| insta::assert_snapshot!(name.to_owned(), dump));
}

/// A mail with umlauts, HTML and an attachment whose octets are `0..=255`, over and over.
fn mail(times: usize) -> (Vec<u8>, Vec<u8>) {
    let octets: Vec<u8> = (0..=255u8).cycle().take(256 * times).collect();
    let base64 = imapsh::wire::base64::encode(&octets);
    let mut lines = String::new();
    for line in base64.as_bytes().chunks(76) {
        lines.push_str(std::str::from_utf8(line).unwrap());
        lines.push_str("\r\n");
    }
    let mail = format!(
        "From: =?utf-8?q?J=C3=BCrgen_Gr=C3=B6=C3=9Fer?= <j@example.net>\r\nTo: Craig <craig@example.org>\r\n\
         Subject: =?iso-8859-1?Q?Gr=FC=DFe_aus_K=F6ln?=\r\nDate: Fri, 04 Sep 2026 18:22:41 +0200\r\nX-Odd: \x1b]52;c;aGk=\x07\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\nLieber Craig, sch=F6ne Gr=FC=DFe=\r\n aus K=F6ln.\r\n--b\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n<p>Sch\u{f6}ne <b>Gr\u{fc}\u{df}e</b></p>\r\n--b\r\n\
         Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename*=utf-8''%C3%BCbel.bin\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{lines}--b--\r\n"
    );
    (mail.into_bytes(), octets)
}

fn fetch(screen: &mut Screen, mail: &[u8]) {
    let tag = screen.state.console.next_tag();
    let tag = String::from_utf8_lossy(tag.as_bytes()).into_owned();
    screen.keys("<alt-2>UID FETCH 1932 (FLAGS BODY.PEEK[])<enter>");
    let head = format!(
        "* 482 FETCH (UID 1932 FLAGS (\\Seen) BODY[] {{{}}}\r\n",
        mail.len()
    );
    let tail = format!(")\r\n{tag} OK Completed (0.003 sec)\r\n");
    screen.server([head.as_bytes(), mail, tail.as_bytes()].concat());
}

fn selected(columns: u16, rows: u16) -> Screen {
    let mut screen = Screen::new(columns, rows);
    screen.log_in().keys("SELECT Shared/Team<enter>");
    screen.server(
        "* 482 EXISTS\r\n* OK [UIDVALIDITY 1718200112] UIDs valid\r\n* FLAGS (\\Seen \\Deleted $Junk)\r\n\
         A0001 OK [READ-WRITE] Completed\r\n",
    );
    screen
}

#[test]
fn golden_sizes() {
    for (columns, rows) in [(80, 24), (120, 35), (200, 50)] {
        let mut screen = selected(columns, rows);
        fetch(&mut screen, &mail(1).0);
        screen.keys("<alt-4>");
        golden(&format!("mail_{columns}x{rows}"), &mut screen);
        screen.keys("<tab><tab>");
        golden(&format!("timing_{columns}x{rows}"), &mut screen);
        let mut screen = selected(columns, rows);
        screen.keys("MYRIGHTS Shared/Team<enter>");
        screen.server("* MYRIGHTS Shared/Team lrswipke\r\nA0002 OK done\r\n");
        screen.keys("<alt-4>");
        golden(&format!("rights_{columns}x{rows}"), &mut screen);
    }
}

#[test]
fn a_mail_is_taken_apart_and_its_parts_are_looked_at() {
    let mut screen = selected(120, 60);
    fetch(&mut screen, &mail(1).0);
    screen
        .keys("<esc>[<enter>")
        .shows("4 Inspector: A0002")
        .shows("J\u{fc}rgen Gr\u{f6}\u{df}er <j@example.net>")
        .shows("Gr\u{fc}\u{df}e aus K\u{f6}ln")
        .shows("=?iso-8859-1?Q?Gr=FC=DFe_aus_K=F6ln?=")
        .shows("2  text/html")
        .shows("\"\u{fc}bel.bin\"")
        .shows("Lieber Craig, sch\u{f6}ne Gr\u{fc}\u{df}e aus K\u{f6}ln.")
        .shows("\\x1b]52;c;aGk=\\x07");
    // The second part is HTML: as text.
    let row = screen
        .text()
        .lines()
        .filter(|l| l.contains("Parts") || l.contains("  text/") || l.contains("multipart/"))
        .count();
    assert!(row >= 4);
    to_part(&mut screen, "text/html");
    screen
        .keys("<enter>")
        .shows("Part 2")
        .shows("Sch\u{f6}ne Gr\u{fc}\u{df}e")
        .hides("<p>");
    screen.keys("<esc>").shows("Parts");
    to_part(&mut screen, "application/octet-stream");
    screen
        .keys("<enter>")
        .shows("Not text")
        .shows("00000000  00 01 02 03");
    screen.keys("<esc><esc>");
    assert_eq!(format!("{:?}", screen.state.focus), "Transcript");
}

/// Puts the cursor on the row of the part of this type.
fn to_part(screen: &mut Screen, media: &str) {
    screen.keys("g");
    let lines = &screen.state.inspector.sheet().lines;
    let row = lines
        .iter()
        .position(|l| l.part.is_some() && l.drawn.left.iter().any(|s| s.content.contains(media)))
        .unwrap_or_else(|| panic!("no part {media}"));
    screen.keys(&"j".repeat(row));
}

#[test]
fn it_follows_the_cursor_where_it_is_a_pane_and_goes_away_where_it_is_not() {
    let mut screen = selected(200, 50);
    screen.keys("GETQUOTA \"\"<enter>");
    screen.server("* QUOTA \"\" (STORAGE 10 512)\r\nA0002 OK done\r\n");
    // Whoever types sees the newest command.
    screen
        .shows("4 Inspector: A0002")
        .shows("10 KiB of 512 KiB");
    screen
        .keys("<esc>g")
        .shows("4 Inspector: line 1")
        .shows("CAPABILITY");
    screen
        .keys("]")
        .shows("4 Inspector: A0001")
        .shows("482 EXISTS");
    // It holds still while it has the focus, and the transcript goes on.
    screen.keys("<enter>").server("* 483 EXISTS\r\n".repeat(3));
    screen.shows("4 Inspector: A0001");
    screen.keys("]").shows("4 Inspector: A0002");
    screen.keys("q").hides("4 Inspector");
    screen.keys("<alt-4>").shows("4 Inspector");
    let mut screen = selected(80, 24);
    screen
        .hides("4 Inspector")
        .keys("<alt-4>")
        .shows("4 Inspector: A0001")
        .hides("1 Transcript");
    screen
        .keys("<esc>")
        .hides("4 Inspector")
        .shows("1 Transcript");
}

#[test]
fn the_reply_is_compared_with_the_last_one_of_its_kind() {
    let mut screen = selected(200, 50);
    for (at, (unseen, size)) in [(5, 10), (6, 10)].into_iter().enumerate() {
        screen.keys("STATUS Sent (MESSAGES UNSEEN)<enter>");
        screen.server(format!(
            "* STATUS Sent (MESSAGES {size} UNSEEN {unseen})\r\nA000{} OK Completed (0.00{at} sec)\r\n",
            at + 2
        ));
        if at == 0 {
            screen.keys("NOOP<enter>").server("A0003 OK done\r\n");
        }
        if at == 0 {
            screen
                .keys("<esc>[[d")
                .shows("There is no earlier command of its kind");
            screen.keys("<esc><alt-2>");
        }
    }
    let _ = screen.text();
    screen.keys("<esc>[d");
    assert_eq!(screen.state.inspector.shown(), Tab::Diff);
}

#[test]
fn octets_are_shown_with_their_offsets() {
    let mut screen = selected(120, 35);
    fetch(&mut screen, &mail(4_000).0);
    screen.keys("<esc>G<up><up><enter><tab>");
    assert_eq!(
        screen.state.inspector.shown(),
        Tab::Hex,
        "{}",
        screen.text()
    );
    screen.shows("00000000  46 72 6f 6d 3a 20");
    screen.keys("G");
    screen.shows("--..  ").hides("From: =");
    screen.keys("g").shows("From: =?utf-8?q?");
}

#[test]
fn a_part_is_saved_octet_by_octet_and_nothing_is_overwritten_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.bin");
    let mut screen = selected(120, 60);
    let (mail, octets) = mail(40_000);
    fetch(&mut screen, &mail);
    screen.keys("<esc>[<enter>");
    screen.text();
    to_part(&mut screen, "application/octet-stream");
    screen.keys("s").shows("\u{fc}bel.bin");
    screen
        .keys("<c-u>")
        .paste(path.to_str().unwrap())
        .keys("<enter>");
    screen.text();
    assert_eq!(fs::read(&path).unwrap(), octets);
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    screen.shows("10240000 octets saved to");
    // Again, another part: asks, and another name is another question.
    to_part(&mut screen, "text/plain");
    screen
        .keys("s<c-u>")
        .paste(path.to_str().unwrap())
        .keys("<enter>")
        .shows("exists: Enter once more");
    assert_eq!(fs::read(&path).unwrap().len(), octets.len());
    screen.keys("x<enter>");
    screen.text();
    let other = folder.path().join("part.binx");
    assert_eq!(
        fs::read(&other).unwrap(),
        b"Lieber Craig, sch\xf6ne Gr\xfc\xdfe aus K\xf6ln."
    );
    screen
        .keys("s<c-u>")
        .paste(path.to_str().unwrap())
        .keys("<enter><enter>");
    screen.text();
    assert_eq!(
        fs::read(&path).unwrap().len(),
        fs::read(&other).unwrap().len()
    );
    // The whole literal, from the transcript.
    screen.keys("<esc>s").shows("message-482.eml");
    let whole = folder.path().join("whole.eml");
    screen
        .keys("<c-u>")
        .paste(whole.to_str().unwrap())
        .keys("<enter>");
    screen.text();
    assert_eq!(fs::read(&whole).unwrap(), mail);
    // A directory, a place that is not there.
    screen
        .keys("s<c-u>")
        .paste(folder.path().to_str().unwrap())
        .keys("<enter>")
        .shows("is a directory");
    screen
        .keys("<c-u>/nowhere/x<enter>")
        .shows("/nowhere/x cannot be written");
    screen.keys("<esc>");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 3, "nothing half written is left: {left:?}");
}

#[test]
fn what_is_no_mail_is_shown_as_what_it_is() {
    let mut screen = selected(120, 35);
    let cases: &[(&str, &[u8], &[&str])] = &[
        (
            "BODY[HEADER.FIELDS (SUBJECT)]",
            b"Subject: =?utf-8?q?=C3=BC?=\r\n\r\n",
            &["header of a mail", "\u{fc}"],
        ),
        ("BODY[1]", b"R3LDvMOfZQ==\r\n", &["content of part 1"]),
        (
            "BINARY[2]",
            b"\0\x01\x02\xff",
            &["decoded by the server", "00 01 02 ff"],
        ),
        (
            "X-THING",
            b"just words\r\nmore",
            &["text X-THING", "just words"],
        ),
        (
            "BODY[]<0>",
            b"Subject: a\r\n\r\nb",
            &["Only a piece", "Subject"],
        ),
    ];
    for (item, octets, wanted) in cases {
        let tag = String::from_utf8_lossy(screen.state.console.next_tag().as_bytes()).into_owned();
        screen.keys("<alt-2>FETCH 1 UID<enter>");
        let head = format!("* 1 FETCH ({item} {{{}}}\r\n", octets.len());
        screen.server(
            [
                head.as_bytes(),
                octets,
                format!(")\r\n{tag} OK done\r\n").as_bytes(),
            ]
            .concat(),
        );
        screen.keys("<esc>[<enter>");
        for words in *wanted {
            screen.shows(words);
        }
        screen.keys("<esc>");
    }
    // The encoding is in the BODYSTRUCTURE of the same reply.
    let tag = String::from_utf8_lossy(screen.state.console.next_tag().as_bytes()).into_owned();
    screen.keys("<alt-2>FETCH 1 UID<enter>");
    screen.server(format!(
        "* 1 FETCH (BODYSTRUCTURE (\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"base64\" 12 1) BODY[1] {{14}}\r\n\
         R3LDvMOfZQ==\r\n)\r\n{tag} OK done\r\n"
    ));
    screen.keys("<esc>[<enter>").shows("Gr\u{fc}\u{df}e");
}

#[test]
fn a_secret_is_no_literal_to_look_at() {
    let mut screen = Screen::new(120, 35);
    screen
        .connect(plan(), tls())
        .notice(imapsh::channel::Notice::Ready);
    screen.keys("LOGIN alice {7}<enter>hunter2<enter>");
    screen.server("+ go on\r\n");
    screen.server("A0001 OK done\r\n").shows("********");
    screen.keys("<esc>g");
    for _ in 0..12 {
        screen
            .keys("<enter>")
            .hides("hunter2")
            .keys("<tab>")
            .hides("hunter2")
            .keys("<esc><down>");
    }
}
