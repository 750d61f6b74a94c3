//! What helps to write a command. Keys as text in, screen as text out, at two sizes.

use imapsh::tui::effect::Effect;
use imapsh::tui::input::{Input, Mouse};
use imapsh::tui::layout::Focus;
use imapsh::tui::update;

use crate::common::screen::Screen;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 35)];

fn each(mut test: impl FnMut(&mut Screen)) {
    for (columns, rows) in SIZES {
        let mut screen = Screen::new(columns, rows);
        screen.log_in();
        test(&mut screen);
    }
}

fn text(screen: &Screen) -> String {
    screen.state.editor.text()
}

#[test]
fn the_history_suggests_and_right_or_end_takes_it() {
    each(|screen| {
        screen.keys("STATUS INBOX (MESSAGES)<enter>NOOP<enter>");
        screen.keys("STAT").shows("STATUS INBOX (MESSAGES)");
        assert_eq!(text(screen), "STAT", "it is only shown");
        screen.keys("<right>");
        assert_eq!(text(screen), "STATUS INBOX (MESSAGES)");
        screen.keys("<c-c>ST<end>");
        assert_eq!(text(screen), "STATUS INBOX (MESSAGES)");
        // Inside the text both only move.
        screen.keys("<c-c>ST<left><right>x");
        assert_eq!(text(screen), "STx");
    });
}

#[test]
fn an_exclamation_mark_recalls_and_does_not_send() {
    each(|screen| {
        screen.keys("STATUS INBOX (MESSAGES)<enter>NOOP<enter>");
        screen.sent();
        screen.keys("!stat<enter>");
        assert_eq!(text(screen), "STATUS INBOX (MESSAGES)");
        assert_eq!(screen.sent(), "");
        // What is inside of one is found, too; what is in none is said.
        screen.keys("<c-c>!inbox<enter>");
        assert_eq!(text(screen), "STATUS INBOX (MESSAGES)");
        screen
            .keys("<c-c>!zzz<enter>")
            .shows("no command with \"zzz\"");
    });
}

#[test]
fn the_history_search_is_fuzzy_and_of_this_server_or_all() {
    each(|screen| {
        let history = screen.state.console.history();
        history.add("other.example.com", "SELECT elsewhere");
        screen.keys("SELECT INBOX<enter>NOOP<enter>");
        screen
            .keys("<c-r>slct")
            .shows("History of all servers: 2 found")
            .shows("SELECT elsewhere")
            .shows("^T this server");
        screen
            .keys("<c-t>")
            .shows("History of mail.example.com: 1 found")
            .hides("SELECT elsewhere")
            .keys("<enter>");
        assert_eq!(text(screen), "SELECT INBOX");
        // What is typed already is what one looks for.
        screen
            .keys("<c-c>noo<c-r>")
            .shows("1 found")
            .keys("<enter>");
        assert_eq!(text(screen), "NOOP");
    });
}

#[test]
fn words_are_encoded_and_quoted() {
    each(|screen| {
        screen.keys("AUTH secret<c-x>b");
        assert_eq!(text(screen), "AUTH c2VjcmV0");
        screen.keys("<c-x>B");
        assert_eq!(text(screen), "AUTH secret");
        screen.keys("<c-c>x AGEAYg==<c-x>B").shows("\\0a\\0b");
        screen.keys("<c-c>x !!!!<c-x>B").shows("That is not base64");
        screen.keys("<c-c>SELECT Entw\u{fc}rfe<c-x>u");
        assert_eq!(text(screen), "SELECT Entw&APw-rfe");
        screen.keys("<c-x>u");
        assert_eq!(text(screen), "SELECT \"Entw\u{fc}rfe\"");
        screen.keys("<c-x>u");
        assert_eq!(text(screen), "SELECT \"Entw&APw-rfe\"");
        screen.keys("<c-c>SELECT R&D<c-x>u");
        assert_eq!(text(screen), "SELECT R&-D");
        screen.keys("<c-c>SELECT INBOX<c-x>q");
        assert_eq!(text(screen), "SELECT \"INBOX\"");
        screen.keys("<c-x>q");
        assert_eq!(text(screen), "SELECT INBOX");
        screen.keys("<c-c>SELECT a\"b<c-x>q");
        assert_eq!(text(screen), "SELECT \"a\\\"b\"");
        screen.keys("<c-x>q").shows("It needs its quotes");
        screen
            .keys("<c-c><c-x>q")
            .shows("There is no word at the cursor");
        // The selection counts, where there is one.
        screen.keys("<c-c>a b<s-left><s-left><s-left><c-x>b");
        assert_eq!(text(screen), "YSBi");
        screen.keys("<c-c>APPEND INBOX <c-x>t");
        assert_eq!(text(screen), "APPEND INBOX \"03-Feb-2026 12:04:31 +0000\"");
    });
}

#[test]
fn a_literal_from_a_file_with_its_path_completed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("umlaut.eml"), "Subject: x\n\nhi\n").unwrap();
    std::fs::write(at("umbrella.txt"), "x").unwrap();
    std::fs::create_dir(at("deep")).unwrap();
    std::fs::write(at("deep/one.eml"), "x").unwrap();
    each(|screen| {
        screen.keys("APPEND INBOX <c-x>l");
        screen.keys(&format!("{}/um", folder.path().display()));
        screen.shows("umbrella.txt").shows("umlaut.eml");
        screen.keys("l<enter>");
        let path = at("umlaut.eml");
        assert_eq!(
            text(screen),
            format!("APPEND INBOX {{@{}}}", path.display())
        );
        // The file as a mail: line ends made CRLF, the octets counted.
        screen.keys("<enter>");
        assert_eq!(
            screen.sent(),
            "A0001 APPEND INBOX {18+}\r\nSubject: x\r\n\r\nhi\r\n\r\n"
        );
        screen.keys(&format!(
            "APPEND INBOX {{@{}/de<tab>",
            folder.path().display()
        ));
        assert!(text(screen).ends_with("/deep/"), "{}", text(screen));
        screen.keys("<tab>");
        assert!(text(screen).ends_with("/deep/one.eml}"), "{}", text(screen));
    });
}

#[test]
fn a_dry_run_shows_the_very_octets_and_sends_nothing() {
    each(|screen| {
        let command = "APPEND INBOX (\\Seen) {{{\nSubject: x\n\nhi\n}}}";
        screen.paste(command).keys("<c-x>d");
        screen
            .shows("Dry run: nothing is sent")
            .shows("C: A0001 APPEND INBOX (\\Seen) {16+}")
            .shows("Subject: x")
            .shows("as alice (auth admin), accepted by the server");
        assert_eq!(screen.sent(), "");
        let before = screen.text();
        screen.keys("<esc><enter>");
        let sent = screen.sent();
        assert_eq!(
            sent,
            "A0001 APPEND INBOX (\\Seen) {16+}\r\nSubject: x\r\n\r\nhi\r\n"
        );
        let counted = format!("1 command, {} octets", sent.len());
        assert!(before.contains(&counted), "{counted}\n{before}");
        // Without LITERAL+ there is a wait.
        screen.server("* CAPABILITY IMAP4rev1\r\n");
        screen
            .paste(command)
            .keys("<c-x>d")
            .shows("{16}")
            .shows("go-ahead is waited for");
        screen.keys("<esc><c-c>");
        // A secret is never shown.
        screen
            .keys(":dry LOGIN craig hunter2<enter>")
            .shows("********")
            .hides("hunter2");
        assert_eq!(screen.sent(), "");
        screen.keys("<esc>SELECT \"a<c-x>d").shows("Not complete");
    });
}

/// What an update wanted done outside.
fn effects(screen: &mut Screen, keys: &str) -> Vec<Effect> {
    let (before, last) = keys.split_at(keys.rfind('<').unwrap());
    screen.keys(before);
    let key = imapsh::tui::keymap::Key::parse(last.trim_matches(['<', '>'])).unwrap();
    update::input(&mut screen.state, Input::Key(key))
}

#[test]
fn the_external_editor_gets_the_text_but_never_a_secret() {
    each(|screen| {
        let wanted = effects(screen, "SELECT INBOX<c-x><c-e>");
        assert!(matches!(&wanted[..], [Effect::Edit(text)] if text == "SELECT INBOX"));
        update::edited(&mut screen.state, Ok("NOOP\nCHECK".into()));
        assert_eq!(text(screen), "NOOP\nCHECK");
        assert_eq!(screen.sent(), "", "nothing goes before Enter");
        update::edited(&mut screen.state, Err("vi ended with 1".into()));
        screen.shows("vi ended with 1");
        assert_eq!(text(screen), "NOOP\nCHECK");
        for secret in [
            "LOGIN craig hunter2",
            "a1 LOGIN craig \"hunter2",
            "AUTHENTICATE PLAIN AGNyYWlnAHNlY3JldA==",
        ] {
            screen.keys("<c-c>");
            let wanted = effects(screen, &format!("{secret}<c-x><c-e>"));
            assert!(wanted.is_empty(), "{secret}");
            screen.shows("There is a password in this command");
        }
        screen
            .keys("<c-c>AUTHENTICATE PLAIN<enter><enter>")
            .server("+ \r\n");
        assert!(effects(screen, "x<c-x><c-e>").is_empty());
        screen.shows("is secret and is never written to a file");
    });
}

#[test]
fn private_mode_is_switched_for_all_sessions() {
    let mut screen = Screen::new(80, 24);
    screen.log_in();
    let wanted = effects(&mut screen, ":private on<enter>");
    assert!(matches!(
        wanted[..],
        [Effect::Everywhere(
            imapsh::tui::effect::Everywhere::Private(true)
        )]
    ));
    screen.shows("Private");
}

#[test]
fn the_mouse_focuses_places_the_cursor_and_scrolls() {
    each(|screen| {
        screen.keys("SELECT INBOX");
        let pane = screen.state.layout().editor.unwrap();
        let inside = screen.state.layout().inside(pane);
        screen.cells();
        screen.input(Input::Mouse(Mouse::Click, inside.x + 7, inside.y));
        screen.keys("x");
        assert_eq!(text(screen), "SELECT xINBOX");
        screen.keys("<c-c>");
        for number in 0..100 {
            screen.server(format!("* {number} EXISTS\r\n"));
        }
        let transcript = screen.state.layout().transcript.unwrap();
        screen.shows("* 99 EXISTS");
        for _ in 0..20 {
            screen.input(Input::Mouse(Mouse::Up, transcript.x + 5, transcript.y + 3));
        }
        screen.hides("* 99 EXISTS");
        assert_eq!(
            screen.state.focus,
            Focus::Editor,
            "the wheel moves no focus"
        );
        screen.input(Input::Mouse(
            Mouse::Click,
            transcript.x + 5,
            transcript.y + 3,
        ));
        assert_eq!(screen.state.focus, Focus::Transcript);
        // In a text of many lines the wheel moves in it, and never through the history.
        screen.keys("iNOOP<enter>");
        screen.input(Input::Mouse(Mouse::Up, inside.x, inside.y));
        assert_eq!(text(screen), "");
    });
}
