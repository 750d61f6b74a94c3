use std::collections::{HashMap, HashSet};

use imapsh::tui::keymap::{BINDINGS, Context, Key, Meaning, hints, key_for, lookup};

use crate::common::screen::Screen;

#[test]
fn every_key_of_every_binding_can_be_read() {
    for binding in BINDINGS {
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
            for binding in BINDINGS.iter().filter(|b| b.context == *place) {
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
    for binding in BINDINGS {
        let context = Context::ALL
            .into_iter()
            .find(|c| c.chain().contains(&binding.context))
            .unwrap();
        let sequence = binding.sequence();
        let reached = match sequence.as_slice() {
            [key] => lookup(context, None, *key),
            [first, second] => {
                assert_eq!(lookup(context, None, *first), Meaning::Prefix);
                lookup(context, Some(*first), *second)
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
    for binding in BINDINGS.iter().filter(|b| {
        matches!(
            b.context,
            Context::Editor
                | Context::Panes
                | Context::Everywhere
                | Context::Form
                | Context::History
                | Context::Completion
        )
    }) {
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
    let mut screen = Screen::new(120, 400);
    let text = screen.keys("<f1>").text();
    let squeezed: String = text
        .split_whitespace()
        .filter(|w| *w != "│")
        .collect::<Vec<_>>()
        .join(" ");
    for binding in BINDINGS {
        assert!(
            text.contains(&binding.shown()),
            "{} is not in the help",
            binding.keys
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
    let keys: HashSet<&str> = BINDINGS.iter().map(|b| b.keys).collect();
    for context in Context::ALL {
        assert!(hints(context).iter().all(|b| keys.contains(b.keys)));
    }
    assert_eq!(
        key_for(Context::Editor, &imapsh::tui::action::Action::SubmitAsTyped).as_deref(),
        Some("^J")
    );
    assert_eq!(Key::parse("alt-enter").unwrap().to_string(), "Alt+Enter");
    assert_eq!(Key::parse("no-such-key"), None);
}
