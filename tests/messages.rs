//! The list of messages and the message that is read, on a screen, with a server that the test plays: which
//! commands go out, what is shown, what goes into files.

use std::fs;

use crate::common::screen::Screen;

/// A mailbox of any size, made up as it is asked for.
struct Server {
    exists: u64,
    /// Sequence numbers below which UIDs are as at first; each EXPUNGE is one.
    gone: Vec<u64>,
    /// What came, tags off.
    log: Vec<String>,
    attachment: Vec<u8>,
}

impl Server {
    fn new(exists: u64) -> Server {
        Server {
            exists,
            gone: Vec::new(),
            log: Vec::new(),
            attachment: Vec::new(),
        }
    }

    /// UIDs are odd numbers; those that were expunged are left out.
    fn uid(&self, seq: u64) -> u64 {
        let mut at = seq;
        let mut gone = self.gone.clone();
        gone.sort_unstable();
        for uid in gone {
            at += u64::from(uid < at * 2);
        }
        at * 2 - 1
    }

    fn seq(&self, uid: u64) -> Option<u64> {
        (1..=self.exists).find(|seq| self.uid(*seq) == uid)
    }

    fn row(&self, seq: u64) -> String {
        let uid = self.uid(seq);
        format!(
            "* {seq} FETCH (UID {uid} FLAGS ({}) INTERNALDATE \"{:02}-Feb-2026 12:04:31 +0000\" RFC822.SIZE {} \
             ENVELOPE (\"Tue, 3 Feb 2026 12:04:31 +0000\" \"=?utf-8?q?Gr=C3=BC=C3=9Fe?= no. {uid}\" \
             ((\"Ann Example\" NIL \"ann\" \"example.org\")) NIL NIL NIL NIL NIL NIL \"<{uid}@example.org>\"))\r\n",
            ["\\Seen", "", "\\Seen \\Answered", "\\Flagged $Junk"][(uid / 2 % 4) as usize],
            uid % 28 + 1,
            uid * 17,
        )
    }

    /// Answers all that has been sent, until nothing more comes.
    fn play(&mut self, screen: &mut Screen) {
        loop {
            let sent = screen.sent();
            if sent.is_empty() {
                break;
            }
            for line in sent.lines() {
                let (tag, command) = line.split_once(' ').unwrap();
                self.log.push(command.to_owned());
                let reply = self.reply(command);
                let mut all = reply;
                all.extend(format!("{tag} OK done\r\n").into_bytes());
                screen.server(all);
            }
        }
    }

    fn reply(&self, command: &str) -> Vec<u8> {
        let words: Vec<&str> = command.split(' ').collect();
        if words[0] == "EXAMINE" {
            return format!(
                "* {} EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen \\Answered \\Flagged $Junk)\r\n\
                 * OK [UIDVALIDITY 5] ok\r\n* OK [UIDNEXT {}] ok\r\n",
                self.exists,
                self.exists * 2 + 1
            )
            .into_bytes();
        }
        if words[0] == "FETCH" {
            let (from, to) = words[1].split_once(':').unwrap_or((words[1], words[1]));
            let (from, to): (u64, u64) = (from.parse().unwrap(), to.parse().unwrap());
            assert!(to - from < 250, "never more than some rows: {command}");
            return (from..=to)
                .map(|seq| self.row(seq))
                .collect::<String>()
                .into_bytes();
        }
        if command.starts_with("UID SEARCH") {
            return b"* ESEARCH (TAG \"x\") UID ALL 3,5,9\r\n".to_vec();
        }
        if command.starts_with("UID SORT") {
            let all: Vec<String> = (1..=self.exists)
                .rev()
                .map(|seq| self.uid(seq).to_string())
                .collect();
            return format!("* SORT {}\r\n", all.join(" ")).into_bytes();
        }
        if command.starts_with("UID THREAD") {
            return b"* THREAD (1 3 (5)(7))(9)\r\n".to_vec();
        }
        if command.starts_with("UID FETCH") && command.contains("ENVELOPE") {
            let set = imapsh::wire::SequenceSet::parse(words[2].as_bytes()).unwrap();
            let rows = set.iter(self.exists * 2).filter_map(|uid| self.seq(uid));
            return rows
                .map(|seq| self.row(seq))
                .collect::<String>()
                .into_bytes();
        }
        if command.contains("BODYSTRUCTURE") {
            let uid = words[2];
            let seq = self.seq(uid.parse().unwrap()).unwrap();
            let header = "From: Ann <ann@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nX-Odd: \x1b[31mred\r\n\r\n";
            return format!(
                "* {seq} FETCH (UID {uid} FLAGS () BODYSTRUCTURE (((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"iso-8859-1\") NIL NIL \
                 \"QUOTED-PRINTABLE\" 21 1 NIL NIL NIL)(\"TEXT\" \"HTML\" (\"CHARSET\" \"utf-8\") NIL NIL \"7BIT\" 43 1 \
                 NIL NIL NIL) \"ALTERNATIVE\" NIL NIL NIL)(\"APPLICATION\" \"PDF\" (\"NAME\" \"plan.pdf\") NIL NIL \
                 \"BASE64\" {} NIL (\"ATTACHMENT\" (\"FILENAME\" \"plan.pdf\")) NIL) \"MIXED\" NIL NIL NIL) \
                 BODY[HEADER]<0> {{{}}}\r\n{header})\r\n",
                self.attachment.len(),
                header.len()
            )
            .into_bytes();
        }
        if let Some((_, rest)) = command.split_once("BODY.PEEK[") {
            let (section, rest) = rest.split_once("]<").unwrap();
            let (from, length) = rest.trim_end_matches([')', '>']).split_once('.').unwrap();
            let (from, length): (usize, usize) = (from.parse().unwrap(), length.parse().unwrap());
            let whole: &[u8] = match section {
                "1.1" => b"Sch=F6ne Gr=FC=DFe.\r\n",
                "1.2" => b"<p>Sch&ouml;ne <b>Gr&uuml;&szlig;e</b></p>\r\n",
                "2" => &self.attachment,
                other => panic!("section {other}"),
            };
            let part = &whole[from.min(whole.len())..(from + length).min(whole.len())];
            let uid = words[2];
            let seq = self.seq(uid.parse().unwrap()).unwrap();
            let mut out = format!(
                "* {seq} FETCH (UID {uid} BODY[{section}]<{from}> {{{}}}\r\n",
                part.len()
            )
            .into_bytes();
            out.extend_from_slice(part);
            out.extend_from_slice(b")\r\n");
            return out;
        }
        Vec::new()
    }
}

fn opened(columns: u16, rows: u16, exists: u64) -> (Screen, Server) {
    let mut screen = Screen::new(columns, rows);
    screen.log_in();
    screen.server("* CAPABILITY IMAP4rev1 LITERAL+ ACL IDLE ESEARCH SORT THREAD=REFERENCES\r\n");
    let mut server = Server::new(exists);
    screen.keys("<alt-2>EXAMINE INBOX<enter>");
    server.play(&mut screen);
    screen.keys("<alt-6>");
    server.play(&mut screen);
    (screen, server)
}

#[track_caller]
fn golden(name: &str, screen: &mut Screen) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden/messages");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let dump = screen.dump();
    settings.bind(|| insta::assert_snapshot!(name.to_owned(), dump));
}

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 35), (200, 50)];

#[test]
fn golden_list_and_message() {
    for (columns, rows) in SIZES {
        let (mut screen, mut server) = opened(columns, rows, 12);
        screen.keys("k  ");
        golden(&format!("list_{columns}x{rows}"), &mut screen);
        screen.keys("<enter>");
        server.play(&mut screen);
        golden(&format!("message_{columns}x{rows}"), &mut screen);
    }
}

#[test]
fn a_hundred_thousand_messages_are_fetched_by_the_screen() {
    let (mut screen, mut server) = opened(120, 35, 100_000);
    screen.shows("Grüße no. 199999").shows("100,000 of 100,000");
    let fetches: Vec<&String> = server
        .log
        .iter()
        .filter(|c| c.starts_with("FETCH"))
        .collect();
    assert_eq!(
        fetches[0],
        "FETCH 99979:100000 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"
    );
    assert_eq!(
        fetches.len(),
        2,
        "the screen, and what is next to it: {fetches:?}"
    );
    server.log.clear();
    screen.keys("g");
    server.play(&mut screen);
    screen.shows("Grüße no. 1 ").shows("1 of 100,000");
    assert!(server.log[0].starts_with("FETCH 1:22 "), "{:?}", server.log);
    // Whoever scrolls fast does not wait for what he has passed.
    screen.keys("<pgdn><pgdn><pgdn><pgdn><pgdn><pgdn>");
    server.log.clear();
    server.play(&mut screen);
    assert!(server.log.len() <= 4, "{:?}", server.log);
    assert!(server.log.iter().all(|c| !c.contains(":*")));
}

#[test]
fn expunge_and_new_mail_keep_cursor_marks_and_numbers() {
    let (mut screen, mut server) = opened(120, 35, 10);
    screen.keys("g   jj ");
    screen.shows("4 marked");
    // UIDs 1 3 5 and 11 are marked; 3 goes, and 9, and two come.
    server.gone = vec![3, 9];
    server.exists = 10;
    screen.server("* 2 EXPUNGE\r\n* 4 EXPUNGE\r\n* 10 EXISTS\r\n");
    server.play(&mut screen);
    screen.shows("3 marked").shows("5 of 10");
    let list = screen.state.console.mail().list().unwrap();
    assert_eq!(list.chosen().as_deref(), Some("1,5,11"));
    assert_eq!(
        list.uid_at_cursor(),
        Some(13),
        "the cursor stays on its message"
    );
    for index in 0..10 {
        let row = list.row(index).unwrap();
        assert_eq!(
            row.uid.map(u64::from),
            Some(server.uid(index as u64 + 1)),
            "row {index}"
        );
        assert!(row.message.is_some());
    }
    screen.keys("u").shows("UID FETCH 1,5,11 (FLAGS)");
    assert!(screen.sent().is_empty(), "nothing is sent before Enter");
    // Completion offers them wherever UIDs are taken.
    screen.keys("<c-c>UID STORE <tab>").shows("1,5,11");
}

#[test]
fn search_sort_and_threads_are_commands() {
    let (mut screen, mut server) = opened(120, 35, 10);
    server.log.clear();
    screen.keys("/from:ann since:7d<enter>");
    server.play(&mut screen);
    assert_eq!(
        server.log[0],
        "UID SEARCH RETURN (ALL) FROM ann SINCE 27-Jan-2026"
    );
    assert_eq!(server.log.len(), 1, "what is known is not fetched again");
    screen.shows("/from:ann since:7d").shows("1 of 3");
    screen.keys("*").shows("3 marked");
    server.log.clear();
    screen.keys("S-arrival<enter>");
    server.play(&mut screen);
    assert_eq!(
        server.log[0],
        "UID SORT (REVERSE ARRIVAL) UTF-8 FROM ann SINCE 27-Jan-2026"
    );
    server.log.clear();
    screen.keys("aT");
    server.play(&mut screen);
    assert!(
        server
            .log
            .contains(&"UID THREAD REFERENCES UTF-8 ALL".to_owned()),
        "{:?}",
        server.log
    );
    screen.shows("    Grüße no. 5");
    // What cannot be had is said, and the prompt stays.
    screen.keys("Scolour<enter>").shows("colour is no sort key");
    screen
        .keys("<esc>/form:ann<enter>")
        .shows("form: is not known");
    assert!(screen.sent().is_empty());
}

/// Letters beyond ASCII: a literal and its charset; with UTF8=ACCEPT a quoted string, and no charset may be named
/// (RFC 6855 section 3).
#[test]
fn a_search_beyond_ascii_names_its_charset() {
    let (mut screen, _) = opened(120, 35, 10);
    screen.keys("/subject:grüße<enter>");
    let sent = screen.sent();
    let (_, command) = sent.split_once(' ').unwrap();
    assert_eq!(
        command,
        "UID SEARCH RETURN (ALL) CHARSET UTF-8 SUBJECT {7+}\r\ngrüße\r\n"
    );
    let (mut screen, _) = opened(120, 35, 10);
    screen.server("* ENABLED UTF8=ACCEPT\r\n");
    screen.keys("/subject:grüße<enter>");
    let sent = screen.sent();
    let (_, command) = sent.split_once(' ').unwrap();
    assert_eq!(command, "UID SEARCH RETURN (ALL) SUBJECT \"grüße\"\r\n");
}

/// A part's text that would be below the screen comes into sight, and the cursor stays on the part.
#[test]
fn the_part_that_is_asked_for_is_seen() {
    let (mut screen, mut server) = opened(80, 24, 10);
    screen.keys("<enter>");
    server.play(&mut screen);
    while screen.state.mail.part_at_cursor() != Some(1) {
        screen.keys("j");
    }
    screen.resize(80, 17).keys("<enter>");
    server.play(&mut screen);
    screen.shows("HTML, shown as text").shows("1.2  text/html");
    assert_eq!(screen.state.mail.part_at_cursor(), Some(1));
}

/// A hit that the list would hide brings the transcript to the front.
#[test]
fn what_is_found_is_not_behind_the_list() {
    let (mut screen, _) = opened(120, 35, 10);
    screen.keys("<c-x>fexamine<enter><alt-6>");
    screen.shows("6 Messages");
    screen
        .keys("<f3>")
        .hides("6 Messages")
        .shows("1 Transcript");
}

#[test]
fn new_mail_is_told_of_where_the_order_is_not_the_mailboxes() {
    let (mut screen, mut server) = opened(120, 35, 10);
    screen.keys("S-date<enter>");
    server.play(&mut screen);
    server.exists = 12;
    screen.server("* 12 EXISTS\r\n");
    screen.shows("2 new, r lists anew");
    screen.keys("r");
    server.play(&mut screen);
    screen.hides("lists anew").shows("of 12");
}

#[test]
fn a_message_is_read_with_peek_and_its_parts_one_by_one() {
    let (mut screen, mut server) = opened(120, 35, 10);
    server.log.clear();
    screen.keys("<enter>");
    server.play(&mut screen);
    assert_eq!(
        server.log,
        [
            "UID FETCH 19 (FLAGS BODYSTRUCTURE BODY.PEEK[HEADER]<0.65536>)",
            "UID FETCH 19 (BODY.PEEK[1.1]<0.262144>)",
        ]
    );
    screen
        .shows("Schöne Grüße.")
        .shows("plan.pdf")
        .hides("X-Odd");
    screen.keys("h").shows("\\x1b[31mred");
    server.log.clear();
    // Down to the HTML part.
    let mut down = 0;
    while screen.state.mail.part_at_cursor() != Some(1) {
        screen.keys("j");
        down += 1;
        assert!(down < 30);
    }
    screen.keys("<enter>");
    server.play(&mut screen);
    assert_eq!(server.log, ["UID FETCH 19 (BODY.PEEK[1.2]<0.262144>)"]);
    screen.shows("HTML, shown as text").shows("Schöne Grüße");
    screen.keys("p");
    server.play(&mut screen);
    screen.shows("UID 17");
    screen
        .keys("<esc>")
        .shows("6 Messages")
        .keys("<esc>")
        .shows("1 Transcript");
}

#[test]
fn the_command_can_go_into_the_editor_instead() {
    for (keys, text) in [
        (
            "e<enter>",
            "UID FETCH 19 (FLAGS BODYSTRUCTURE BODY.PEEK[HEADER]<0.65536>)",
        ),
        ("e/unseen<enter>", "UID SEARCH RETURN (ALL) UNSEEN"),
        ("eSsize<enter>", "UID SORT (SIZE) UTF-8 ALL"),
        ("eT", "UID THREAD REFERENCES UTF-8 ALL"),
        ("es", "UID FETCH 19 (BODY.PEEK[])"),
        (
            "er",
            "FETCH 1:10 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)",
        ),
    ] {
        let (mut screen, _) = opened(120, 35, 10);
        screen.keys(keys);
        assert_eq!(screen.state.editor.text(), text, "{keys}");
        assert!(screen.sent().is_empty(), "{keys}");
    }
}

#[test]
fn an_attachment_streams_into_its_file_and_can_be_stopped() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plan.pdf");
    let octets: Vec<u8> = (0..=255u8).cycle().take(3_000_000).collect();
    let (mut screen, mut server) = opened(120, 35, 10);
    server.attachment = imapsh::wire::base64::encode(&octets).as_bytes().to_vec();
    screen.keys("<enter>");
    server.play(&mut screen);
    while screen.state.mail.part_at_cursor() != Some(2) {
        screen.keys("j");
    }
    screen.keys("s").shows("plan.pdf");
    screen.keys("<c-u>");
    screen.paste(path.to_str().unwrap());
    server.log.clear();
    screen.keys("<enter>");
    screen.shows("saving plan.pdf: 0 B of 4.0 MB, ^C stops");
    assert!(!path.exists());
    server.play(&mut screen);
    screen.shows("3000000 octets saved");
    assert_eq!(fs::read(&path).unwrap(), octets);
    assert_eq!(server.log[0], "UID FETCH 19 (BODY.PEEK[2]<0.65536>)");
    assert!(server.log.len() > 3, "in pieces: {:?}", server.log);

    // Once more: it exists, and then it is stopped.
    screen.keys("s<c-u>");
    screen.paste(path.to_str().unwrap());
    screen
        .keys("<enter>")
        .shows("exists: Enter once more replaces it");
    screen.keys("<enter>").shows("saving plan.pdf");
    screen.keys("<c-c>").shows("Stopped: nothing was saved.");
    server.play(&mut screen);
    assert_eq!(fs::read(&path).unwrap(), octets, "what was there stays");
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing lies about: {left:?}");
}

#[test]
fn a_refusal_and_a_lost_line_are_told() {
    let (mut screen, _) = opened(120, 35, 1_000);
    screen.keys("g");
    let sent = screen.sent();
    let tag = sent.split(' ').next().unwrap();
    screen.server(format!("{tag} NO [NOPERM] Not for you\r\n"));
    screen.shows("the server says Not for you.");
    assert!(screen.sent().is_empty(), "it is not asked again and again");
    screen.keys("r");
    assert!(
        screen.sent().contains("FETCH 1:"),
        "until somebody wants it"
    );
    // The mailbox is closed by hand: the list is gone.
    screen.keys("<alt-2>UNSELECT<enter>");
    let sent = screen.sent();
    let tag = sent.split(' ').next().unwrap();
    screen.server(format!("{tag} OK done\r\n"));
    screen.keys("<alt-6>").shows("No mailbox is open");
}

#[test]
fn an_untrue_answer_is_not_taken_for_the_message() {
    let (mut screen, _) = opened(120, 35, 10);
    screen.keys("<enter>");
    let sent = screen.sent();
    let tag = sent.split(' ').next().unwrap().to_owned();
    // Somebody else's body comes into the midst of it.
    screen.server(format!(
        "* 3 FETCH (UID 5 BODY[HEADER]<0> {{17}}\r\nSubject: wrong\r\n\r\n)\r\n{tag} OK done\r\n"
    ));
    screen.hides("wrong").shows("expunged");
}
