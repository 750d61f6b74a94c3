//! The palette: every action, verb and mailbox by name, with its key beside it.

use imapsh::config::snippets::{Entry, Home};
use imapsh::tui::keymap::{BINDINGS, Context};
use imapsh::tui::layout::Focus;
use imapsh::tui::palette::{Palette, What};

use crate::common::screen::Screen;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 35)];

fn logged_in(size: (u16, u16)) -> Screen {
    let mut screen = Screen::new(size.0, size.1);
    screen.log_in();
    screen
}

#[test]
fn it_opens_from_everywhere_and_closes() {
    for size in SIZES {
        for keys in ["<f2>", "<alt-x>", "<c-x>:", ":", "<esc>:", "<esc><f2>"] {
            let mut screen = logged_in(size);
            screen.keys(keys).shows("Palette: ").keys("<esc>");
            screen.hides("Palette: ");
            screen.keys(keys).keys("<c-c>").hides("Palette: ");
            assert!(screen.left.is_none(), "{keys}");
        }
    }
}

/// A colon that is not the first letter is a colon.
#[test]
fn in_a_text_a_colon_is_a_colon() {
    let mut screen = logged_in((80, 24));
    screen.keys("FETCH 1:*");
    assert_eq!(screen.state.editor.text(), "FETCH 1:*");
    // An answer to the server is no verb either.
    screen.keys("<c-c>AUTHENTICATE PLAIN<enter><enter>");
    screen.server("+ \r\n").keys(":x");
    assert_eq!(screen.state.editor.text(), ":x");
}

#[test]
fn it_finds_every_action_that_a_pane_has_with_its_key() {
    let screen = logged_in((120, 35));
    let palette = Palette::new(&screen.state, "");
    for row in BINDINGS {
        let in_a_popup = [
            Context::Completion,
            Context::History,
            Context::Palette,
            Context::Form,
            Context::Prompt,
            Context::Chooser,
            Context::Snippets,
            Context::Run,
            Context::Question,
            Context::Rights,
            Context::Sides,
            Context::Help,
        ];
        if in_a_popup.contains(&row.context) || row.action.name() == "palette" {
            continue;
        }
        let found = palette
            .found
            .iter()
            .find(|item| item.what == What::Action(row.context, row.action.clone()));
        let found = found.unwrap_or_else(|| panic!("{} is not there", row.action.name()));
        assert_eq!(
            found.key.is_empty(),
            row.keys.is_empty(),
            "{}",
            row.action.name()
        );
    }
}

#[test]
fn a_few_letters_are_enough() {
    for size in SIZES {
        let mut screen = logged_in(size);
        screen
            .keys("<f2>togtim")
            .shows("toggle times")
            .shows("Times: of day")
            .keys("<enter>");
        assert_eq!(
            screen.state.scroll.manner.times,
            imapsh::tui::manner::Times::Since,
            "other times are shown now"
        );
        assert_eq!(screen.state.focus, Focus::Transcript);
        // By what it does, too.
        screen
            .keys("<f2>whole screen")
            .shows("zoom")
            .keys("<enter>");
        assert!(screen.state.zoom);
    }
}

#[test]
fn a_verb_is_run_and_its_argument_completed() {
    let mut screen = logged_in((80, 24));
    screen.keys(":tabs<enter>").shows("1").keys("<esc>");
    // `:q` means :q, whatever else has a q in it.
    screen.keys(":q<enter>");
    assert_eq!(screen.sent(), "A0001 LOGOUT\r\n");

    let mut screen = logged_in((120, 35));
    screen.state.options.lent.profiles = |_| vec!["prod".into(), "staging".into()];
    screen
        .keys(":connect ")
        .shows(":connect @prod")
        .shows(":connect @staging")
        .keys("stag<tab>")
        .shows("> :connect @staging");
    screen.state.options.lent.target = |word, _| Err(format!("asked for {word}"));
    screen.keys("<enter>").shows("asked for @staging");
    // What is typed counts, also where it is among no candidates.
    screen
        .keys(":connect mail.example.org<enter>")
        .shows("asked for mail.example.org");
    // Fixed values are items of their own.
    screen
        .keys("<f2>light")
        .shows(":theme light")
        .keys("<enter>");
}

#[test]
fn arguments_of_verbs_are_completed_in_the_editor_and_a_snippet_comes_into_it() {
    let mut screen = logged_in((80, 24));
    screen.state.options.lent.snippets = |_| {
        let text = b"NOOP\r\nCAPABILITY\n";
        vec![Entry::new("health.imap", Home::User, None, text)]
    };
    screen.state.editor.set_text(":safe re");
    screen.keys("<tab>").shows(":safe readonly").keys("<c-c>");
    screen
        .keys(":snippet ")
        .shows("A snippet, yours")
        .keys("he<enter>")
        .shows("nothing is sent before Enter");
    assert_eq!(screen.sent(), "");
    assert!(screen.state.editor.text().starts_with("NOOP\nCAPABILITY"));
    screen
        .keys("<c-c>:snippet x<enter>")
        .shows("There is no snippet x");
}

#[test]
fn a_verb_that_wants_more_says_so() {
    let mut screen = logged_in((80, 24));
    screen
        .keys(":nonsense<enter>")
        .shows("Nothing is called \"nonsense\"");
    screen.keys("<esc>");
    screen.keys("<f2>qqqqqzz<enter>").shows("Nothing is called");
}

#[test]
fn mailboxes_open_with_examine_and_their_names_are_safe() {
    let mut screen = logged_in((80, 24));
    screen.server("* LIST () \"/\" \"Shared/Team\"\r\n* LIST () \"/\" {4}\r\n\x1b[2J\r\n* LIST (\\Noselect) \"/\" Other\r\n");
    screen
        .keys(":team")
        .shows("open Shared/Team")
        .keys("<enter>");
    assert!(screen.sent().ends_with("EXAMINE Shared/Team\r\n"));
    screen.keys(":2J").shows("\\x1b[2J").keys("<esc>");
    screen.keys(":Other").hides("open Other");
}
