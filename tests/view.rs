//! The transcript pane: find, filter, forms, marks; and rows against a naive model of folding and scrolling.

use imapsh::transcript::{LineKind, Transcript};
use imapsh::tui::action::Action;
use imapsh::tui::input::Input;
use imapsh::tui::keymap::{Key, Meaning};
use proptest::prelude::*;

use crossterm::event::{KeyCode, KeyModifiers};

use crate::common::running::Running;
use crate::common::screen::Screen;

#[track_caller]
fn golden(name: &str, screen: &mut Screen) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden/view");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // Without the last row: keys of every part of the program stand there.
    let dump = screen.dump();
    let (text, styles) = dump.split_once("---- styles\n").unwrap();
    let cut = |part: &str| part.trim_end().rsplit_once('\n').unwrap().0.to_owned();
    let dump = format!("{}\n---- styles\n{}\n", cut(text), cut(styles));
    settings.bind(|| insta::assert_snapshot!(name.to_owned(), dump));
}

/// Names, words and lists of all kinds.
fn session(screen: &mut Screen) -> &mut Screen {
    screen.log_in();
    screen.keys("CAPABILITY<enter>");
    screen.server(
        "* CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE ACL RIGHTS=kxten QUOTA NAMESPACE \
         UIDPLUS SORT SORT=DISPLAY THREAD=REFERENCES CONDSTORE QRESYNC ESEARCH MOVE SPECIAL-USE BINARY\r\n\
         A0001 OK done\r\n",
    );
    screen.keys("LIST \"\" *<enter>");
    screen.server(
        "* LIST (\\HasNoChildren) \"/\" INBOX\r\n\
         * LIST (\\HasNoChildren \\Drafts) \"/\" \"Entw&APw-rfe\"\r\n\
         * LIST (\\HasNoChildren) \"/\" \"Q&-A\"\r\n\
         A0002 OK Completed\r\n",
    );
    screen.keys("UID FETCH 1932 (FLAGS ENVELOPE BODY.PEEK[])<enter><enter>");
    let mail = "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= an alle\r\nFrom: <alice@example.com>\r\n\r\nThe budget\x1b[31m.\r\n";
    screen.server(format!(
        "* 482 FETCH (UID 1932 FLAGS (\\Seen $Forwarded) ENVELOPE (\"Tue, 3 Feb 2026 12:04:31 +0000\" \
         \"=?utf-8?Q?Gr=C3=BC=C3=9Fe?= an alle\" ((\"Alice\" NIL \"alice\" \"example.com\")) NIL NIL \
         ((\"Team\" NIL \"team\" \"example.com\")(NIL NIL \"bob\" \"example.com\")) NIL NIL NIL \"<1@example.com>\") \
         BODY[] {{{}}}\r\n{mail})\r\nA0003 OK Completed\r\n",
        mail.len()
    ));
    screen.server("* 483 EXISTS\r\n");
    screen.keys("STORE 482 +FLAGS (\\Deleted)<enter><enter>");
    screen.server("A0004 NO [NOPERM] Permission denied\r\n");
    screen.keys("<esc>")
}

#[test]
fn golden_views() {
    for (columns, rows) in [(80, 24), (120, 35), (200, 50)] {
        let mut screen = Screen::new(columns, rows);
        session(&mut screen);
        let name = |what: &str| format!("{what}_{columns}x{rows}");
        golden(&name("find_typing"), screen.keys("/budg"));
        golden(&name("find"), screen.keys("<enter>gn/e.a<enter>n"));
        golden(
            &name("filter_wrong"),
            screen.keys("<esc>fcmd:FETCH st:maybe<enter>"),
        );
        golden(
            &name("filter"),
            screen.keys("<esc>fcmd:FETCH,STORE !exists<enter>m"),
        );
        golden(&name("pretty"), screen.keys("<esc>Gp"));
        golden(&name("decoded"), screen.keys("pgu"));
        golden(&name("hex"), screen.keys("b"));
        golden(&name("other_grouping"), screen.keys("buv"));
        golden(&name("cut"), screen.keys("wtl"));
    }
}

#[test]
fn a_hit_in_a_folded_literal_or_command_unfolds_it() {
    let mut screen = Screen::new(120, 35);
    session(&mut screen);
    screen
        .hides("The budget")
        .keys("/the budget<enter>")
        .shows("The budget\\x1b[31m.");
    screen.shows("1 of 1");
    let mut screen = Screen::new(120, 35);
    session(&mut screen);
    screen
        .keys("Z")
        .hides("NOPERM")
        .keys("/noperm<enter>")
        .shows("[NOPERM] Permission denied");
    // In octets, too.
    let mut screen = Screen::new(120, 35);
    session(&mut screen)
        .keys("b/the budget<enter>")
        .shows("udget.[31m");
}

#[test]
fn a_search_is_kept_counted_and_left() {
    let mut screen = Screen::new(120, 35);
    session(&mut screen)
        .keys("/LIST<enter>")
        .shows("/LIST  4 of 4");
    screen
        .keys("N")
        .shows("3 of 4")
        .keys("n")
        .shows("4 of 4")
        .keys("n")
        .shows("1 of 4");
    screen.shows("it goes on at the other one");
    screen
        .server("* LIST () \"/\" more\r\n")
        .keys("n")
        .shows("2 of 5");
    // From the editor, too, where n types.
    screen
        .keys("i<f3>")
        .shows("3 of 5")
        .keys("<s-f3>")
        .shows("2 of 5");
    screen
        .keys("<esc>")
        .shows("2 of 5")
        .keys("<esc>")
        .hides("2 of 5");
    screen
        .keys("/nowhere")
        .shows("nowhere is not there")
        .keys("<esc>")
        .hides("nowhere");
    screen
        .keys("/BODY[]")
        .shows("as it is (no regex)")
        .shows("1 of 1")
        .keys("<enter>");
    // What was looked for before.
    screen
        .keys("/<c-r>")
        .shows("/BODY[]")
        .keys("<c-r>")
        .shows("/LIST")
        .keys("<esc>");
    screen.keys("/<enter>").hides("of 1");
}

#[test]
fn esc_in_the_prompt_goes_back_to_where_one_was() {
    let mut screen = Screen::new(80, 24);
    session(&mut screen).keys("gjj");
    let before = screen.text();
    screen.keys("/noperm").shows("NOPERM").keys("<esc>");
    assert_eq!(screen.text(), before);
    screen
        .keys("G")
        .shows("follow")
        .keys("/capability")
        .keys("<esc>")
        .shows("follow");
}

#[test]
fn a_filter_names_itself_and_can_be_left() {
    let mut screen = Screen::new(120, 35);
    session(&mut screen)
        .keys("fst:no<enter>")
        .shows("filter: st:no  2 lines")
        .shows("NOPERM")
        .hides("EXISTS");
    // What comes is filtered as it comes.
    screen
        .keys("iNOOP<enter>")
        .server("A0005 OK done\r\n")
        .hides("NOOP done")
        .hides("A0005 OK");
    screen
        .keys("EXPUNGE<enter>")
        .keys("<enter>")
        .server("A0006 NO not you\r\n")
        .shows("A0006 NO")
        .shows("4 lines");
    screen
        .keys("<esc>f<c-u>st:ok tag:A0001<enter>")
        .shows("CAPABILITY")
        .hides("not you");
    screen
        .keys("gf<c-u>nowhere<enter>")
        .shows("No line that the filter shows")
        .hides("* OK [CAPABILITY")
        .keys("jkzmr<pgdn><pgup>")
        .shows("No line that the filter shows")
        .keys("<esc>G")
        .shows("not you");
    screen
        .keys(":filter cmd:<enter>")
        .shows("column 5: a word is missing here.");
    screen
        .keys(":filter c:<enter>")
        .shows("filter: c:")
        .keys(":filter<enter><c-u><enter>")
        .hides("filter: c:");
}

#[test]
fn marks_are_visible_and_come_back() {
    let mut screen = Screen::new(80, 24);
    session(&mut screen).keys("gjm").shows("Marked");
    screen.keys("Gkm").shows("there are 2 marks");
    let transcript = screen.state.console.transcript();
    assert_eq!(screen.state.marks.commands(transcript).len(), 2);
    let last = screen.state.marks.last().unwrap();
    assert!(screen.text().contains("│*"), "{}", screen.text());
    screen.keys("'");
    let at = |screen: &Screen| {
        screen
            .state
            .scroll
            .cursor(screen.state.console.transcript())
            .unwrap()
            .line
    };
    assert!(at(&screen) < last);
    screen.keys("'");
    assert_eq!(at(&screen), last);
    screen
        .keys("m")
        .shows("taken away")
        .keys("M")
        .shows("The mark was taken away")
        .keys("'")
        .shows("There is no mark");
}

#[test]
fn a_line_is_gone_to_by_its_number() {
    let mut screen = Screen::new(80, 24);
    session(&mut screen).keys(":3<enter>");
    let at = |screen: &Screen| {
        screen
            .state
            .scroll
            .cursor(screen.state.console.transcript())
            .unwrap()
            .line
    };
    assert_eq!(at(&screen), 2);
    screen.keys(":goto 5<enter>");
    assert_eq!(at(&screen), 4);
    screen.keys(":999999<enter>");
    assert_eq!(at(&screen) + 1, screen.state.console.transcript().len());
}

#[test]
fn failures_are_found_in_both_directions_bye_included() {
    let mut screen = Screen::new(80, 24);
    session(&mut screen)
        .server("* BYE too long idle\r\n")
        .keys("ge");
    let at = |screen: &Screen| {
        let transcript = screen.state.console.transcript();
        let line = screen.state.scroll.cursor(transcript).unwrap().line;
        String::from_utf8(transcript.line(line).unwrap().bytes).unwrap()
    };
    assert_eq!(at(&screen), "A0004 NO [NOPERM] Permission denied");
    screen.keys("e");
    assert_eq!(at(&screen), "* BYE too long idle");
    screen
        .keys("e")
        .shows("No other NO, BAD or BYE in this direction.")
        .keys("E");
    assert_eq!(at(&screen), "A0004 NO [NOPERM] Permission denied");
}

/// Which lines are shown, by the book: all of them looked at, one after the other.
fn model(screen: &Screen, folded: &[bool]) -> Vec<usize> {
    let transcript = screen.state.console.transcript();
    let shown = |line: &usize| {
        transcript.line_command(*line).is_none_or(|command| {
            !folded.get(command).copied().unwrap_or_default()
                || transcript.command(command).unwrap().first_line == *line
        })
    };
    (0..transcript.len()).filter(shown).collect()
}

/// The lines of the rows on the screen.
fn on_screen(screen: &Screen) -> Vec<usize> {
    let (look, height) = screen.state.look();
    let visible = screen
        .state
        .scroll
        .visible(screen.state.console.transcript(), &look, height);
    visible.into_iter().map(|(spot, _)| spot.line).collect()
}

/// As many lines as the screen shows, from `top` on, one row each.
fn expected(screen: &Screen, shown: &[usize], top: usize) -> Vec<usize> {
    let (_, height) = screen.state.look();
    shown.iter().copied().skip(top).take(height).collect()
}

fn action(screen: &Screen, key: &str) -> Action {
    match screen
        .state
        .options
        .keymap
        .lookup(screen.state.context(), None, Key::parse(key).unwrap())
    {
        Meaning::Action(action) => action,
        other => panic!("{key}: {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Each line is one row here (flat, cut), so that the rows are the model's lines.
    #[test]
    fn rows_are_those_of_a_naive_model(
        traffic in prop::collection::vec((0usize..3, 0usize..30), 1..30),
        keys in prop::collection::vec(prop::sample::select(vec!["j", "k", "pgup", "pgdn", "z", "Z", "[", "]", "g", "G", "more"]), 1..60),
    ) {
        let mut screen = Screen::new(80, 24);
        screen.log_in();
        let mut number = 0;
        let mut say = |screen: &mut Screen, kind: usize, lines: usize| {
            number += 1;
            screen.keys("iNOOP<enter><esc>");
            screen.server("* 1 RECENT\r\n".repeat(lines));
            match kind {
                0 => screen.server(format!("A{number:04} OK done\r\n")),
                1 => screen.server(format!("* 2 FETCH (BODY[] {{4}}\r\na\r\nb)\r\nA{number:04} NO sorry\r\n")),
                _ => screen.server(format!("A{number:04} OK done\r\n* 5 EXISTS\r\n")),
            };
        };
        for (kind, lines) in &traffic {
            say(&mut screen, *kind, *lines);
        }
        screen.keys("vGw");
        if screen.state.look().0.grouped { screen.keys("v"); }
        let mut folded: Vec<bool> = Vec::new();
        // The model: which line is the cursor, which the first of the screen; `None`: the end is followed.
        for key in &keys {
            let commands = screen.state.console.transcript().command_count();
            folded.resize(commands, false);
            let cursor = screen.state.scroll.cursor(screen.state.console.transcript()).unwrap();
            let before = model(&screen, &folded);
            let (_, height) = screen.state.look();
            match *key {
                "more" => say(&mut screen, 2, 3),
                "z" => {
                    let line = screen.state.console.transcript().line(cursor.line).unwrap();
                    match (line.kind, line.command) {
                        // One row more or less each: not what this model counts.
                        (LineKind::Literal { .. }, _) => continue,
                        (_, Some(command)) => folded[command] ^= true,
                        _ => {}
                    }
                    screen.keys("z");
                }
                "Z" => {
                    let all = commands > 0 && folded.iter().all(|f| *f);
                    folded = vec![!all; commands];
                    screen.keys("Z");
                }
                key => {
                    let wanted = action(&screen, key);
                    screen.input(Input::Key(Key::parse(key).unwrap()));
                    let after = screen.state.scroll.cursor(screen.state.console.transcript()).unwrap().line;
                    let at = before.binary_search(&cursor.line).unwrap();
                    match wanted {
                        Action::Up => prop_assert_eq!(after, before[at.saturating_sub(1)]),
                        Action::Down => prop_assert_eq!(after, before[(at + 1).min(before.len() - 1)]),
                        Action::Top => prop_assert_eq!(after, before[0]),
                        Action::Bottom => prop_assert_eq!(after, *before.last().unwrap()),
                        _ => {}
                    }
                }
            }
            folded.resize(screen.state.console.transcript().command_count(), false);
            let shown = model(&screen, &folded);
            let rows = on_screen(&screen);
            let cursor = screen.state.scroll.cursor(screen.state.console.transcript()).unwrap();
            prop_assert!(shown.binary_search(&cursor.line).is_ok());
            prop_assert!(rows.contains(&cursor.line), "{} not in {:?}", cursor.line, rows);
            let top = shown.binary_search(&rows[0]).unwrap();
            prop_assert_eq!(&rows, &expected(&screen, &shown, top));
            if screen.state.scroll.follow {
                prop_assert_eq!(rows.last(), shown.last());
                prop_assert_eq!(rows.len(), shown.len().min(height));
            }
        }
    }
}

/// However long, nothing is kept by the line: folding a command of very many lines, and reading around it.
#[test]
fn a_long_command_folds_and_is_walked_around() {
    let mut screen = Screen::new(80, 24);
    screen
        .log_in()
        .keys("NOOP<enter>")
        .server("A0001 OK done\r\n");
    screen.keys("UID FETCH 1:* FLAGS<enter><enter>");
    for _ in 0..30 {
        screen.server("* 1 FETCH (FLAGS ())\r\n".repeat(1_000));
    }
    screen
        .server("A0002 OK done\r\n* 9 EXISTS\r\n")
        .keys("NOOP<enter>")
        .server("A0003 OK done\r\n");
    screen
        .keys("<esc>kkkk")
        .keys("z")
        .shows("> C: A0002")
        .shows("[30001 lines]")
        .shows("9 EXISTS")
        .shows("A0003");
    screen.keys("gZ").shows("[1 line]").shows("9 EXISTS");
    let lines = |t: &Transcript| t.len();
    assert!(lines(screen.state.console.transcript()) > 30_000);
    screen.keys("Z").keys("G").shows("A0003 OK done");
}

/// Found on the demo: the loop drew before it looked, and then slept with `0 lines 0 %` on the screen.
#[test]
fn what_was_counted_is_drawn_without_another_key() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut running = Running::sized(Some("adminpass"), 120, 35);
        running.shows("AS craig").await;
        running.press("SELECT INBOX\n");
        running.shows("READ-WRITE").await;
        running.key(KeyCode::Esc, KeyModifiers::NONE);
        running.press("fcmd:select\n");
        running.shows("filter: cmd:select").await;
        running.shows(" lines  ").await;
        assert!(!running.text().contains(" 0 lines"), "{}", running.text());
        running.press("/exists\n");
        running.shows("1 of 1").await;
    });
}
