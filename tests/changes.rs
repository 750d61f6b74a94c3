//! What changed: told once, of the right command, and only when something moved.

use imapsh::transcript::{LineKind, NoteLevel};

use crate::common::screen::Screen;

/// The change notes so far: text, and the tag of the command that each belongs to.
fn told(screen: &Screen) -> Vec<(String, String)> {
    let transcript = screen.state.console.transcript();
    (0..transcript.len())
        .filter_map(|at| transcript.line(at))
        .filter(|line| line.kind == LineKind::Note(NoteLevel::Change))
        .map(|line| {
            let tag = line.command.and_then(|c| transcript.command_tag(c));
            let tag = tag.map(|t| String::from_utf8_lossy(t.as_bytes()).into_owned());
            (
                tag.unwrap_or_default(),
                String::from_utf8_lossy(&line.bytes).into_owned(),
            )
        })
        .collect()
}

fn pair(tag: &str, text: &str) -> (String, String) {
    (tag.to_owned(), text.to_owned())
}

fn open() -> Screen {
    let mut screen = Screen::new(120, 35);
    screen.log_in().keys("SELECT INBOX<enter>");
    screen.server(
        "* 482 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 7] valid\r\nA0001 OK [READ-WRITE] done\r\n",
    );
    assert_eq!(told(&screen), []);
    screen
}

#[test]
fn an_accidental_seen_is_seen_at_once() {
    let mut screen = open();
    screen.keys("UID FETCH 1932 FLAGS<enter>");
    screen.server("* 482 FETCH (UID 1932 FLAGS (\\Flagged \\Recent))\r\nA0002 OK done\r\n");
    assert_eq!(told(&screen), []);
    screen.keys("UID FETCH 1932 BODY[]<enter>");
    screen.server(
        "* 482 FETCH (UID 1932 FLAGS (\\Flagged \\Seen) BODY[] {3}\r\nabc)\r\nA0003 OK done\r\n",
    );
    assert_eq!(told(&screen), [pair("A0003", "uid 1932 flags +\\Seen")]);
    screen.shows("uid 1932 flags +\\Seen");
    // The same again moves nothing.
    screen.keys("UID FETCH 1932 BODY[]<enter>");
    screen.server(
        "* 482 FETCH (UID 1932 FLAGS (\\Seen \\flagged) BODY[] {3}\r\nabc)\r\nA0004 OK done\r\n",
    );
    assert_eq!(told(&screen).len(), 1);
    // Of a message nobody asked about before: flags that come unasked have changed.
    screen.keys("FETCH 3 BODY[]<enter>");
    screen.server("* 3 FETCH (BODY[] {3}\r\nabc FLAGS (\\Seen))\r\nA0005 OK done\r\n");
    assert_eq!(
        told(&screen)[1],
        pair("A0005", "message 3 flags are now \\Seen (told unasked)")
    );
    screen.keys("FETCH 4 (FLAGS BODY[])<enter>");
    screen.server("* 4 FETCH (BODY[] {3}\r\nabc FLAGS (\\Seen))\r\nA0006 OK done\r\n");
    assert_eq!(told(&screen).len(), 2);
}

#[test]
fn numbers_modes_and_flags_in_use_are_compared() {
    let mut screen = open();
    screen.keys("NOOP<enter>");
    screen.server("* 483 EXISTS\r\n* 1 RECENT\r\n* FLAGS (\\Seen $New)\r\nA0002 OK done\r\n");
    assert_eq!(
        told(&screen),
        [pair(
            "A0002",
            "exists 482 -> 483; recent 0 -> 1; flags in use +$New"
        )]
    );
    // Pushed while nobody asks: of no command, and not told again with the next one.
    screen.server("* 484 EXISTS\r\n");
    assert_eq!(told(&screen)[1], pair("", "exists 483 -> 484"));
    screen.keys("NOOP<enter>").server("A0003 OK done\r\n");
    screen.keys("EXAMINE INBOX<enter>");
    screen.server("* 484 EXISTS\r\n* 1 RECENT\r\n* FLAGS (\\Seen $New)\r\n* OK [UIDVALIDITY 7] v\r\nA0004 OK [READ-ONLY] done\r\n");
    assert_eq!(
        told(&screen)[2..],
        [pair("A0004", "mode read-write -> read-only")]
    );
    screen
        .keys("IDLE<enter>")
        .server("+ idling\r\n")
        .server("* 485 EXISTS\r\n");
    assert_eq!(told(&screen)[3], pair("A0005", "exists 484 -> 485"));
}

#[test]
fn another_uidvalidity_is_an_alarm() {
    let mut screen = open();
    screen.keys("SELECT inbox<enter>");
    screen.server("* 482 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 8] valid\r\nA0002 OK done\r\n");
    screen.shows("!! uidvalidity of INBOX CHANGED 7 -> 8");
}

#[test]
fn expunged_messages_take_their_flags_with_them() {
    let mut screen = open();
    screen.keys("FETCH 1:3 FLAGS<enter>");
    screen.server("* 1 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (FLAGS ())\r\n* 3 FETCH (FLAGS (\\Flagged))\r\nA0002 OK done\r\n");
    screen.keys("EXPUNGE<enter>");
    screen.server("* 2 EXPUNGE\r\nA0003 OK done\r\n");
    assert_eq!(told(&screen), [pair("A0003", "exists 482 -> 481")]);
    screen
        .keys("FETCH 2 FLAGS<enter>")
        .server("* 2 FETCH (FLAGS (\\Flagged))\r\nA0004 OK done\r\n");
    assert_eq!(told(&screen).len(), 1);
    screen
        .keys("STORE 2 FLAGS ()<enter>")
        .server("* 2 FETCH (FLAGS ())\r\nA0005 OK done\r\n");
    assert_eq!(
        told(&screen)[1],
        pair("A0005", "message 2 flags -\\Flagged")
    );
    // A UID that is another one is another message.
    screen
        .keys("UID FETCH 9 FLAGS<enter>")
        .server("* 2 FETCH (UID 9 FLAGS ())\r\nA0006 OK done\r\n");
    screen
        .keys("UID FETCH 10 FLAGS<enter>")
        .server("* 2 FETCH (UID 10 FLAGS (\\Seen))\r\nA0007 OK done\r\n");
    assert_eq!(told(&screen).len(), 2);
}

#[test]
fn a_thousand_messages_are_one_line() {
    let mut screen = open();
    screen.keys("FETCH 1:1000 FLAGS<enter>");
    let all = |flags: &str| {
        (1..=1000)
            .map(|n| format!("* {n} FETCH (FLAGS ({flags}))\r\n"))
            .collect::<String>()
    };
    screen.server(format!("{}A0002 OK done\r\n", all("")));
    screen.keys("STORE 1:1000 +FLAGS (\\Seen)<enter>");
    screen.server(format!("{}A0003 OK done\r\n", all("\\Seen")));
    assert_eq!(
        told(&screen),
        [pair("A0003", "1,000 messages: flags +\\Seen")]
    );
    // Twenty thousand cost no more memory than four.
    screen.keys("FETCH 1:20000 FLAGS<enter>");
    let flood: String = (1..=20_000)
        .map(|n| format!("* {n} FETCH (FLAGS (\\Seen))\r\n"))
        .collect();
    screen.server(format!("{flood}A0004 OK done\r\n"));
    assert_eq!(told(&screen).len(), 1);
}

#[test]
fn mailboxes_rights_and_extensions() {
    let mut screen = open();
    screen
        .keys("CREATE Entw&APw-rfe<enter>")
        .server("A0002 OK done\r\n");
    screen
        .keys("DELETE nope<enter>")
        .server("A0003 NO no such\r\n");
    screen
        .keys("MYRIGHTS INBOX<enter>")
        .server("* MYRIGHTS INBOX lrs\r\nA0004 OK done\r\n");
    screen
        .keys("MYRIGHTS INBOX<enter>")
        .server("* MYRIGHTS INBOX srlw\r\nA0005 OK done\r\n");
    screen
        .keys("GETACL INBOX<enter>")
        .server("* ACL INBOX bob lr\r\nA0006 OK done\r\n");
    screen
        .keys("GETACL INBOX<enter>")
        .server("* ACL INBOX bob rl carol l\r\nA0007 OK done\r\n");
    screen.server("* LIST (\\NonExistent) \"/\" gone\r\n");
    assert_eq!(
        told(&screen),
        [
            pair("A0002", "mailbox Entw\u{fc}rfe is there"),
            pair("A0005", "my rights on INBOX lrs -> srlw"),
            pair("A0007", "rights of carol on INBOX none -> l"),
            pair("", "mailbox gone is gone"),
        ]
    );
}
