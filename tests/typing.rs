//! While typing: colours per word, brackets, suggestion, argument bar, lint, completion.

use ratatui::style::{Color, Modifier};

use crate::common::screen::Screen;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 35)];

fn each(mut test: impl FnMut(&mut Screen)) {
    for (columns, rows) in SIZES {
        let mut screen = Screen::new(columns, rows);
        screen.log_in();
        test(&mut screen);
    }
}

/// The cells of the row of the editor's text that begins with `start`.
fn row(screen: &mut Screen, start: &str) -> Vec<ratatui::buffer::Cell> {
    let pane = screen.state.layout().editor.unwrap();
    let cells = screen.cells();
    let rows = cells.iter().skip(usize::from(pane.y) + 1);
    rows.map(|row| row[2..].to_vec())
        .find(|row| {
            let text: String = row.iter().map(|c| c.symbol().to_owned()).collect();
            text.starts_with(start)
        })
        .unwrap_or_else(|| panic!("{start:?} begins no row of the editor"))
}

fn colours(screen: &mut Screen, text: &str) -> Vec<Option<Color>> {
    row(screen, text)
        .iter()
        .take(text.chars().count())
        .map(|cell| Some(cell.fg).filter(|c| *c != Color::Reset))
        .collect()
}

#[test]
fn each_word_has_the_colour_of_what_it_is() {
    each(|screen| {
        let text = "a1 STATUS \"Sent Items\" (MESSAGES) ";
        screen.keys(text);
        let colours = colours(screen, text.trim_end());
        assert_eq!(colours[3..9], [Some(Color::Cyan); 6], "the verb");
        assert_eq!(colours[10..22], [Some(Color::Green); 12], "the mailbox");
        assert_eq!(colours[24..32], [Some(Color::Cyan); 8], "the item");
        assert_eq!(colours[2], None, "a space");
        screen.keys("<c-c>STORE 1:3 +FLAGS (\\Seen) ");
        let colours = self::colours(screen, "STORE 1:3 +FLAGS (\\Seen)");
        assert_eq!(colours[6..9], [Some(Color::Magenta); 3], "the set");
        assert_eq!(colours[18..23], [Some(Color::Yellow); 5], "the flag");
        // What cannot stand there is underlined once one is past it.
        screen.keys("<c-c>STATUS INBOX (NONSENSE) ");
        let cells = row(screen, "STATUS INBOX");
        assert!(cells[14].modifier.contains(Modifier::UNDERLINED));
    });
}

/// Wide characters take two columns, a combining mark none; the words behind them keep their colours.
#[test]
fn wide_characters_and_wrapped_lines_keep_their_colours() {
    each(|screen| {
        screen.server("* ENABLED UTF8=ACCEPT\r\n");
        screen.keys("STATUS \"\u{65e5}\u{672c}\u{8a9e}e\u{301}\" (MESSAGES) ");
        let cells = row(screen, "STATUS");
        let text: Vec<&str> = cells.iter().map(|c| c.symbol()).collect();
        let open = text.iter().position(|c| *c == "(").unwrap();
        assert_eq!(cells[open].fg, Color::Reset);
        assert!(
            cells[open + 1..open + 9]
                .iter()
                .all(|c| c.fg == Color::Cyan)
        );
        assert_eq!(cells[8].fg, Color::Green, "the first wide one");
        // Over the edge of the pane.
        let width = cells.len();
        screen.keys("<c-c>");
        let filler = "x".repeat(width);
        screen.keys(&format!("STATUS {filler} (MESSAGES) "));
        let pane = screen.state.layout().editor.unwrap();
        let all: Vec<_> = screen.cells()[usize::from(pane.y) + 1..]
            .iter()
            .take(3)
            .flatten()
            .cloned()
            .collect();
        let at = all.iter().position(|c| c.symbol() == "(").unwrap();
        assert!(all[at + 1..at + 9].iter().all(|c| c.fg == Color::Cyan));
    });
}

/// The colours change the letters, never the selection's ground.
#[test]
fn a_selection_keeps_its_ground_under_the_colours() {
    each(|screen| {
        screen.keys("STATUS INBOX (MESSAGES)<home><s-right><s-right><s-right>");
        let cells = row(screen, "STATUS");
        assert!(
            cells[0].bg != Color::Reset || cells[0].modifier.contains(Modifier::REVERSED),
            "{:?}",
            cells[0]
        );
        assert_eq!(cells[0].fg, Color::Cyan);
        assert_eq!(cells[5].bg, Color::Reset);
    });
}

#[test]
fn the_partner_of_a_bracket_or_quote_is_shown() {
    each(|screen| {
        screen.keys("FETCH 1 (FLAGS (UID))");
        let cells = row(screen, "FETCH");
        assert!(
            cells[8].modifier.contains(Modifier::UNDERLINED),
            "the outer one"
        );
        assert!(
            !cells[12].modifier.contains(Modifier::UNDERLINED),
            "not the inner"
        );
        screen.keys("<c-c>SELECT \"a (b\"");
        let cells = row(screen, "SELECT");
        assert!(
            cells[7].modifier.contains(Modifier::UNDERLINED),
            "the quote"
        );
        assert!(
            !cells[10].modifier.contains(Modifier::UNDERLINED),
            "no bracket in a string"
        );
    });
}

#[test]
fn the_argument_bar_says_where_one_is() {
    each(|screen| {
        screen.keys("STATUS ").shows("STATUS mailbox");
        screen.shows("The name of a mailbox");
        screen.keys("INBOX (").hides("The name of a mailbox");
        screen.keys("<c-c>SETACL INBOX bob lr").shows("RFC 4314");
    });
    // In 80 columns nothing of it is cut off.
    let mut screen = Screen::new(80, 24);
    screen.log_in();
    screen
        .keys("UID FETCH 1 (FLAGS BODY")
        .shows("UID FETCH .. fetch-att ..   RFC 9051, 6.4.5")
        .shows("BODY: the MIME tree without extension data.");
    // Where there is room: rights, capability, and whether the server has it.
    let mut screen = Screen::new(120, 35);
    screen.log_in();
    screen
        .keys("SETACL INBOX bob ")
        .shows("needs right: a")
        .shows("capability: ACL, offered");
    screen
        .keys("<c-c>GETQUOTA x ")
        .shows("capability: QUOTA, NOT offered");
    screen.keys("<c-c>FETCH 1 FLAGS").shows("not allowed now");
    // A challenge's answer is nobody's syntax.
    screen
        .keys("<c-c>AUTHENTICATE PLAIN<enter>")
        .server("+ \r\n");
    screen.keys("STATUS ").hides("The name of a mailbox");
}

#[test]
fn what_is_wrong_is_told_with_a_caret_at_the_place() {
    each(|screen| {
        screen.keys("STATUS INBOX (NONSENSE) x");
        let text = screen.text();
        let row = text
            .lines()
            .position(|l| l.contains("STATUS INBOX"))
            .unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let column = |line: &str, what: char| line.chars().position(|c| c == what);
        let place = lines[row]
            .find("NONSENSE")
            .map(|at| lines[row][..at].chars().count());
        assert_eq!(column(lines[row + 1], '^'), place, "{text}");
        assert!(lines[row + 1].contains("NONSENSE"), "{text}");
        // Enter asks, Enter again sends; Ctrl+J sends at once.
        screen
            .keys("<enter>")
            .shows("Enter sends this all the same");
        assert_eq!(screen.sent(), "");
        screen.keys("<enter>");
        assert_eq!(screen.sent(), "A0001 STATUS INBOX (NONSENSE) x\r\n");
        screen.keys("a2 STATUS INBOX (NONSENSE) x<c-j>");
        assert_eq!(screen.sent(), "a2 STATUS INBOX (NONSENSE) x\r\n");
    });
    let mut screen = Screen::new(120, 35);
    screen.log_in();
    screen
        .keys("STATUS INBOX (MESSAGES)")
        .shows("lint: ok   reads only");
    screen.keys("<c-c>DELETE x").shows("destroys");
}

#[test]
fn a_long_sentence_leaves_the_caret_at_the_place_and_loses_nothing() {
    let mut screen = Screen::new(80, 24);
    screen.log_in();
    screen.keys("CREATE \"abcdefghij");
    let text = screen.text();
    let lines: Vec<&str> = text.lines().collect();
    let typed = lines
        .iter()
        .position(|l| l.contains("CREATE \"abc"))
        .unwrap();
    let column = |line: &str, what: &str| {
        line.chars().count() - line[line.find(what).unwrap()..].chars().count()
    };
    assert_eq!(column(lines[typed + 1], "^"), column(lines[typed], "\""));
    let below: String = lines[typed + 2..typed + 4]
        .iter()
        .map(|l| l.trim_matches(['│', ' ']))
        .collect();
    let finding = screen
        .state
        .console
        .findings("CREATE \"abcdefghij")
        .remove(0);
    assert!(finding.sentence.len() > 76, "{}", finding.sentence);
    assert!(
        below
            .replace(' ', "")
            .starts_with(&finding.sentence.replace(' ', "")),
        "{below}"
    );
}

#[test]
fn the_size_of_a_literal_is_shown_while_one_types() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.eml");
    std::fs::write(&path, "x".repeat(321)).unwrap();
    each(|screen| {
        screen.keys("APPEND INBOX {{{<enter>");
        screen.shows("literal of 0 octets, open");
        screen
            .keys("ab<enter>cd")
            .shows("literal of 6 octets, open");
        screen
            .keys("<enter>}}}")
            .shows("literal of 6 octets")
            .hides("open");
        screen.keys("<c-c>");
        screen.paste(&format!("APPEND INBOX {{@{}}}", path.display()));
        screen.shows("file of 321 octets");
        screen
            .keys("<c-c>APPEND INBOX {@/no/such}")
            .shows("no such file");
    });
}

#[test]
fn candidates_have_a_kind_and_the_chosen_one_its_sentence() {
    each(|screen| {
        screen.server("* LIST () \"/\" INBOX\r\n* LIST (\\Sent) \"/\" Sent\r\n");
        screen
            .keys("STATUS <tab>")
            .shows("2 candidates")
            .shows("mailbox")
            .shows("The name of a mailbox");
        screen
            .keys("<esc>INBOX (<c-space>")
            .shows("MESSAGES")
            .shows("RFC 9051");
        // Typing narrows down, Shift+Tab goes back, Enter takes it.
        screen
            .keys("UI")
            .shows("UIDNEXT")
            .hides("MESSAGES")
            .keys("<backtab><enter>");
        let text = screen.state.editor.text();
        assert!(text.starts_with("STATUS INBOX (UID"), "{text}");
        screen.keys("<c-c>SEL<backtab>");
        assert_eq!(screen.state.editor.text().trim(), "SELECT");
    });
}

#[test]
fn private_mode_is_seen() {
    each(|screen| {
        screen.state.private = true;
        screen.shows("private");
    });
}
