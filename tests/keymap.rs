use std::collections::{HashMap, HashSet};

use imapsh::config::Config;
use imapsh::tui::action::Action;
use imapsh::tui::keymap::{BINDINGS, Context, Key, Keymap, Meaning};

use crate::common::screen::Screen;

#[test]
fn every_key_of_every_binding_can_be_read() {
    for binding in BINDINGS.iter().filter(|b| !b.keys.is_empty()) {
        assert_eq!(
            binding.sequence().len(),
            binding.keys.split(' ').count(),
            "{}",
            binding.keys
        );
        assert!(binding.sequence().len() <= 2, "{}", binding.keys);
    }
}

#[test]
fn no_key_has_two_meanings_in_one_context() {
    for context in Context::ALL {
        let mut seen: HashMap<Vec<Key>, &str> = HashMap::new();
        for place in context.chain() {
            for binding in BINDINGS
                .iter()
                .filter(|b| b.context == *place && !b.keys.is_empty())
            {
                if let Some(other) = seen.insert(binding.sequence(), binding.keys) {
                    panic!("{other} is bound twice where {context:?} is in focus");
                }
            }
        }
        // The first key of a sequence must be free.
        for sequence in seen.keys().filter(|s| s.len() == 2) {
            assert!(
                !seen.contains_key(&sequence[..1]),
                "{sequence:?} hides behind its first key"
            );
        }
    }
}

#[test]
fn every_binding_is_reached_by_its_keys() {
    let keymap = Keymap::default();
    for binding in BINDINGS {
        let context = Context::ALL
            .into_iter()
            .find(|c| c.chain().contains(&binding.context))
            .unwrap();
        let sequence = binding.sequence();
        let reached = match sequence.as_slice() {
            // It has no key, by choice.
            [] if binding.keys.is_empty() => continue,
            [key] => keymap.lookup(context, None, *key),
            [first, second] => {
                assert_eq!(keymap.lookup(context, None, *first), Meaning::Prefix);
                keymap.lookup(context, Some(*first), *second)
            }
            _ => Meaning::None,
        };
        assert_eq!(
            reached,
            Meaning::Action(binding.action.clone()),
            "{}",
            binding.keys
        );
    }
}

#[test]
fn single_letters_are_never_bound_where_one_types() {
    for binding in BINDINGS.iter().filter(|b| b.context.types()) {
        if let Some(key) = binding.sequence().first() {
            assert_eq!(
                key.typed(),
                None,
                "{} in {:?}",
                binding.keys,
                binding.context
            );
        }
    }
}

#[test]
fn what_an_f_key_or_alt_does_can_be_done_without_them() {
    let lost_in_some_terminals = |keys: &str| {
        keys.starts_with('f') && keys.len() > 1 || keys.contains("alt-") || keys.contains("s-f")
    };
    let mut by_action: HashMap<String, Vec<&str>> = HashMap::new();
    for binding in BINDINGS {
        by_action
            .entry(format!("{:?}", binding.action))
            .or_default()
            .push(binding.keys);
    }
    // A verb or another way does these: :refresh, typing into the form, F6 in a circle, Ctrl+J ...
    let other_ways = [
        "Refresh",
        "Demo",
        "FocusTranscript",
        "PreviousPane",
        "ToggleSidebar",
        "NewLine",
    ];
    for (action, keys) in by_action {
        let reachable = keys.iter().any(|k| !lost_in_some_terminals(k));
        assert!(
            reachable || other_ways.contains(&action.as_str()),
            "{action}: {keys:?}"
        );
    }
}

#[test]
fn help_is_a_sentence_and_the_help_screen_shows_every_binding() {
    for binding in BINDINGS {
        assert!(
            !binding.help.is_empty() && !binding.help.ends_with('.'),
            "{}",
            binding.keys
        );
    }
    let mut screen = Screen::new(120, 600);
    let text = screen.keys("<f1>").text();
    let squeezed: String = text
        .split_whitespace()
        .filter(|w| *w != "│")
        .collect::<Vec<_>>()
        .join(" ");
    let keymap = Keymap::default();
    for binding in keymap.rows().iter().filter(|b| !b.keys.is_empty()) {
        assert!(
            text.contains(&binding.shown()),
            "{} is not in the help",
            binding.shown()
        );
        if !binding.help.starts_with("The same") {
            assert!(
                squeezed.contains(binding.help),
                "{:?} is not in the help",
                binding.help
            );
        }
    }
    for verb in imapsh::console::local::VERBS {
        assert!(text.contains(verb.name), "{} is not in the help", verb.name);
    }
}

#[test]
fn hints_come_from_bindings() {
    let keymap = Keymap::default();
    assert!(!keymap.hints(Context::Editor).is_empty());
    assert_eq!(
        keymap
            .key_for(Context::Editor, &Action::SubmitAsTyped)
            .as_deref(),
        Some("^J")
    );
    assert_eq!(Key::parse("alt-enter").unwrap().to_string(), "Alt+Enter");
    assert_eq!(Key::parse("no-such-key"), None);
}

#[test]
fn a_key_has_several_spellings_and_one_name() {
    for (spelled, name) in [
        ("c-x", "c-x"),
        ("ctrl-X", "c-x"),
        ("C-x", "c-x"),
        ("^x", "c-x"),
        ("M-f", "alt-f"),
        ("Alt-Enter", "alt-enter"),
        ("shift-tab", "backtab"),
        ("s-a", "A"),
        ("c-7", "c-_"),
        ("F12", "f12"),
        ("c-alt-del", "c-alt-del"),
        ("-", "-"),
        ("c--", "c--"),
        ("^", "^"),
    ] {
        let key = Key::parse(spelled).unwrap_or_else(|| panic!("{spelled}"));
        assert_eq!(key.name(), name, "{spelled}");
        assert_eq!(Key::parse(&key.name()), Some(key), "{spelled}");
    }
    for none in ["", "f0", "f25", "fx", "hyper-x", "entre", "c-"] {
        assert_eq!(Key::parse(none), None, "{none}");
    }
    for binding in BINDINGS {
        for key in binding.sequence() {
            assert_eq!(Key::parse(&key.name()), Some(key), "{}", binding.keys);
        }
    }
}

/// What the file says, or the error.
fn configured(text: &str) -> Result<Keymap, String> {
    let config = Config::parse(text, std::path::Path::new("c.toml")).map_err(|e| e.to_string())?;
    Keymap::configured(&config.keys).map_err(|e| e.to_string())
}

fn meaning(keymap: &Keymap, context: Context, keys: &str) -> Meaning {
    let keys: Vec<Key> = keys.split(' ').filter_map(Key::parse).collect();
    match keys[..] {
        [key] => keymap.lookup(context, None, key),
        [first, second] => keymap.lookup(context, Some(first), second),
        _ => panic!("{keys:?}"),
    }
}

#[test]
fn keys_of_the_config_file_go_over_the_defaults() {
    let keymap = configured(
        "[keys.editor]\n\"c-t\" = \"submit-as-typed\"\n\"c-j\" = \"none\"\n\"c-x r\" = \"history-search\"\n\
         [keys.transcript]\nj = \"up\"\n",
    )
    .unwrap();
    let editor = |keys| meaning(&keymap, Context::Editor, keys);
    assert_eq!(editor("c-t"), Meaning::Action(Action::SubmitAsTyped));
    assert_eq!(editor("c-j"), Meaning::None);
    assert_eq!(editor("c-x r"), Meaning::Action(Action::HistorySearch));
    assert_eq!(
        meaning(&keymap, Context::Transcript, "j"),
        Meaning::Action(Action::Up)
    );
    assert_eq!(
        meaning(&keymap, Context::Sidebar, "j"),
        Meaning::Action(Action::Down)
    );
    // Hints and help show it.
    let mut screen = Screen::new(120, 35);
    screen.state.options.keymap = std::sync::Arc::new(keymap);
    screen.log_in();
    screen.shows("^T send as is");
    screen.keys("a1 NOOP<c-t>");
    assert_eq!(screen.sent(), "a1 NOOP\r\n");
    screen.keys("<f1>").shows("^T").hides("^J ");
}

#[test]
fn wrong_keys_show_the_place_and_the_way_out() {
    for (text, wanted) in [
        (
            "[keys.editr]\n\"c-t\" = \"undo\"\n",
            "c.toml:1:7: there is no [keys.editr]; there are editor, transcript, sidebar, inspector, events, messages, message, \
             letters, panes, everywhere, completion, history, palette, form, prompt, chooser, snippets, run, question, \
             rights, sides, help",
        ),
        (
            "[keys.editor]\n\"c-t\" = \"undoo\"\n",
            "c.toml:2:9: there is no action \"undoo\"; did you mean undo?\n  |\n2 | \"c-t\" = \"undoo\"\n  |         ^^^^^^^",
        ),
        (
            "[keys.editor]\n\"c-entr\" = \"undo\"\n",
            "c.toml:2:1: there is no key \"c-entr\"; did you mean c-enter?\n  |\n2 | \"c-entr\" = \"undo\"\n  | ^^^^^^^^",
        ),
        (
            "[keys.editor]\n\"c-t\" = \"undo\"\n\"ctrl-T\" = \"redraw\"\n",
            "c.toml:3:1: [keys.editor] binds ^T twice: here, and in line 2 as \"c-t\"",
        ),
        (
            "[keys.editor]\nx = \"undo\"\n",
            "c.toml:2:1: 'x' types a letter in [keys.editor]",
        ),
        (
            "[keys.editor]\n\"c-x\" = \"undo\"\n",
            "c.toml:2:1: ^X and ^X ",
        ),
        (
            "[keys.editor]\n\"enter x\" = \"undo\"\n",
            "c.toml:2:1: Enter x and Enter cannot both be bound where [keys.editor] holds: Enter is submit",
        ),
        (
            "[keys.editor]\n\"a b c\" = \"undo\"\n",
            "c.toml:2:1: here stands one key, or two",
        ),
        (
            "[keys.editor]\n\"c-t\" = \"toggle-times\"\n",
            "c.toml:2:9: toggle-times does nothing in [keys.editor]; it belongs to [keys.transcript]",
        ),
        (
            "[keys.editor]\n\"c-t\" = \"none\"\n",
            "c.toml:2:9: ^T does nothing in [keys.editor] anyway",
        ),
        (
            "[keys]\n\"c-t\" = \"undo\"\n",
            "c.toml:2:1: a key belongs to a place: [keys.editor], or one of",
        ),
        (
            "[keys.editor]\n\"c-t\" = 5\n",
            "c.toml:2:9: [keys] c-t: here stands a string in quotes",
        ),
        (
            "[keys.editor]\n\"c-t\" = \"undo\"\n\"c-t\" = \"undo\"\n",
            "c.toml:3:1",
        ),
    ] {
        let said = configured(text).expect_err(text);
        assert!(
            said.starts_with(wanted),
            "{said}\ndoes not begin with\n{wanted}"
        );
        assert!(said.ends_with('^'), "{said}");
    }
}

#[test]
fn what_config_keys_prints_can_be_read_back() {
    let text = Keymap::default().to_toml();
    let again = configured(&text).unwrap_or_else(|said| panic!("{said}\n{text}"));
    for context in Context::ALL {
        for row in Keymap::default().of(context).filter(|r| !r.keys.is_empty()) {
            assert_eq!(
                meaning(&again, context, &row.spelled()),
                Meaning::Action(row.action.clone()),
                "{}",
                row.spelled()
            );
        }
    }
}

/// People's config files name these.
#[test]
fn the_names_of_actions_stay() {
    let names: HashSet<String> = BINDINGS.iter().map(|b| b.action.name()).collect();
    for name in [
        "help",
        "submit",
        "new-line",
        "submit-as-typed",
        "complete",
        "history-search",
        "history-previous",
        "history-next",
        "undo",
        "delete-to-head",
        "end-of-input",
        "back",
        "page-up",
        "page-down",
        "up",
        "down",
        "top",
        "bottom",
        "fold",
        "fold-all",
        "previous-command",
        "next-command",
        "previous-failure",
        "next-failure",
        "recall",
        "toggle-times",
        "toggle-wrap",
        "open-mailbox",
        "select-mailbox",
        "unfold",
        "expand",
        "collapse",
        "focus-editor",
        "focus-transcript",
        "focus-sidebar",
        "palette",
        "reconnect",
        "next-pane",
        "previous-pane",
        "toggle-sidebar",
        "zoom",
        "act-as",
        "refresh",
        "next-tab",
        "previous-tab",
        "interrupt",
        "redraw",
        "suspend",
        "next",
        "previous",
        "accept",
        "accept-here",
        "choice-left",
        "choice-right",
        "import",
        "demo",
    ] {
        assert!(names.contains(name), "{name} was renamed");
    }
}
