//! The palette: everything one can do, by name. Plain data; `update/palette.rs` does it.

use super::field::Line;
use super::keymap::Context;
use super::state::State;
use crate::console::fuzzy;
use crate::console::local::{self, VERBS};
use crate::tui::action::Action;

/// Most mailboxes among the items.
const MAILBOXES: usize = 20_000;
/// Most items that are shown as found.
const FOUND: usize = 1_000;

/// What an item does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// An action, in the pane it belongs to.
    Action(Context, Action),
    /// A line with a console verb.
    Line(String),
    /// A verb that wants something behind it: this is put into the field.
    Begin(String),
    /// EXAMINE this mailbox (as sent).
    Mailbox(Vec<u8>),
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// By which it is found. Hostile, if it is a mailbox.
    pub name: String,
    /// A few words more.
    pub help: String,
    /// Its key, as shown; empty: none.
    pub key: String,
    /// What it does.
    pub what: What,
}

/// The palette, open.
#[derive(Debug, Clone)]
pub struct Palette {
    /// What is searched for.
    pub query: Line,
    /// Everything there is.
    items: Vec<Item>,
    /// What fits, best first.
    pub found: Vec<Item>,
    /// Index of the chosen one.
    pub chosen: usize,
}

/// The places of which actions are offered: those that only hold in a popup are not.
fn is_pane(context: Context) -> bool {
    !matches!(
        context,
        Context::Completion
            | Context::History
            | Context::Form
            | Context::Prompt
            | Context::Chooser
            | Context::Question
            | Context::Help
            | Context::Rights
            | Context::Sides
            | Context::Palette
            | Context::Snippets
            | Context::Run
    )
}

impl Palette {
    /// Everything that can be done from here.
    pub fn new(state: &State, query: &str) -> Palette {
        let mut palette = Palette {
            query: Line::new(query),
            items: items(state),
            found: Vec::new(),
            chosen: 0,
        };
        palette.search(state);
        palette
    }

    /// The chosen item.
    pub fn item(&self) -> Option<&Item> {
        self.found.get(self.chosen)
    }

    /// Looks again: the query has changed.
    pub fn search(&mut self, state: &State) {
        self.chosen = 0;
        let query = self.query.text().trim_start().to_owned();
        if let Some(arguments) = arguments(state, &query) {
            self.found = arguments;
            return;
        }
        let bare = query.strip_prefix(':').unwrap_or(&query);
        let number = bare.trim_end();
        if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) {
            self.found = vec![Item {
                name: format!(":{number}"),
                help: format!("To line {number} of the transcript."),
                key: String::new(),
                what: What::Line(format!(":{number}")),
            }];
            return;
        }
        let verbs_only = query.starts_with(':');
        let wanted: Vec<&Item> = self
            .items
            .iter()
            .filter(|item| !verbs_only || item.name.starts_with(':'))
            .collect();
        let by_name = fuzzy::ranked(bare, wanted.iter().map(|item| item.name.as_str()));
        let whole: Vec<String> = wanted
            .iter()
            .map(|item| format!("{} {}", item.name, item.help))
            .collect();
        let by_help = fuzzy::holding(bare, whole.iter().map(String::as_str));
        let mut order = Vec::with_capacity(by_name.len());
        // `q` is :q, whatever else has that letter in it.
        let exact = |index: &usize| {
            let name = wanted.get(*index).map(|item| item.name.as_str());
            name.is_some_and(|name| {
                name.strip_prefix(':')
                    .unwrap_or(name)
                    .eq_ignore_ascii_case(bare.trim_end())
            })
        };
        let (first, rest): (Vec<usize>, Vec<usize>) = by_name.into_iter().partition(exact);
        let mut seen = vec![false; wanted.len()];
        for index in first.into_iter().chain(rest).chain(by_help) {
            if let Some(seen) = seen.get_mut(index).filter(|seen| !**seen) {
                *seen = true;
                order.push(index);
            }
        }
        self.found = order
            .into_iter()
            .take(FOUND)
            .filter_map(|index| wanted.get(index).map(|item| (*item).clone()))
            .collect();
    }
}

fn items(state: &State) -> Vec<Item> {
    let keymap = &state.options.keymap;
    let mut items: Vec<Item> = Vec::new();
    let here = state.context().chain();
    let others = Context::ALL.iter().filter(|c| !here.contains(c));
    for context in here.iter().chain(others).filter(|c| is_pane(**c)) {
        for row in keymap.of(*context) {
            let what = What::Action(*context, row.action.clone());
            if row.action == Action::Palette || items.iter().any(|item| item.what == what) {
                continue;
            }
            let place = match context {
                Context::Panes | Context::Everywhere | Context::Letters => String::new(),
                context => format!("{}: ", context.name()),
            };
            items.push(Item {
                name: format!("{place}{}", row.action.name().replace('-', " ")),
                help: row.help.to_owned(),
                key: row.shown(),
                what,
            });
        }
    }
    for verb in VERBS {
        let item = |name: String, what| Item {
            name,
            help: verb.help.to_owned(),
            key: String::new(),
            what,
        };
        let values: Vec<&str> = verb.argument.split('|').collect();
        if values.len() > 1 && values.iter().all(|v| v.chars().all(is_value)) {
            for value in values {
                let line = format!("{} {value}", verb.name);
                items.push(item(line.clone(), What::Line(line)));
            }
            continue;
        }
        let alone = local::read(verb.name).is_ok();
        let what = match alone {
            true => What::Line(verb.name.to_owned()),
            false => What::Begin(format!("{} ", verb.name)),
        };
        items.push(item(
            format!("{} {}", verb.name, verb.argument)
                .trim_end()
                .to_owned(),
            what,
        ));
    }
    let openable = state.console.model().mailboxes().iter();
    let openable = openable.filter(|mailbox| mailbox.selectable);
    items.extend(openable.take(MAILBOXES).map(|mailbox| Item {
        name: format!("open {}", mailbox.shown()),
        help: "Open this mailbox with EXAMINE".to_owned(),
        key: String::new(),
        what: What::Mailbox(mailbox.name.clone()),
    }));
    items
}

fn is_value(c: char) -> bool {
    c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit()
}

/// A verb with a space behind it: what can follow; the line as it is typed comes first.
fn arguments(state: &State, query: &str) -> Option<Vec<Item>> {
    let (word, rest) = query.split_once(' ')?;
    let name = format!(":{}", word.strip_prefix(':').unwrap_or(word));
    let verb = VERBS
        .iter()
        .find(|v| v.name.eq_ignore_ascii_case(&name) && !v.argument.is_empty())?;
    let typed = rest.trim();
    let values = values(state, verb.argument, typed);
    let mut found: Vec<Item> = fuzzy::ranked(typed, values.iter().map(|(value, _)| value.as_str()))
        .into_iter()
        .filter_map(|index| values.get(index))
        .map(|(value, help)| Item {
            name: format!("{} {value}", verb.name),
            help: help.clone(),
            key: String::new(),
            what: What::Line(format!("{} {value}", verb.name)),
        })
        .collect();
    let line = format!("{} {typed}", verb.name).trim_end().to_owned();
    if local::read(&line).is_ok() && !found.iter().any(|item| item.name == line) {
        let item = Item {
            name: line.clone(),
            help: verb.help.to_owned(),
            key: String::new(),
            what: What::Line(line),
        };
        // What was typed is meant, unless it only begins something.
        let at = if typed.is_empty() || found.is_empty() {
            0
        } else {
            found.len().min(1)
        };
        let begins = found.first().is_some_and(|item| {
            item.name
                .to_lowercase()
                .starts_with(&format!("{} {}", verb.name, typed.to_lowercase()))
        });
        found.insert(if begins { at } else { 0 }, item);
    }
    Some(found)
}

/// What can stand behind a verb, by what its row says of it; `typed`: what stands there already.
pub(super) fn values(state: &State, argument: &str, typed: &str) -> Vec<(String, String)> {
    let plain = |value: &str| (value.to_owned(), String::new());
    if let Some((first, second)) = argument.split_once(' ') {
        let Some((done, begun)) = typed.split_once(' ') else {
            return values(state, first, typed);
        };
        let second = values(state, second, begun);
        return second
            .into_iter()
            .map(|(value, help)| (format!("{done} {value}"), help))
            .collect();
    }
    match argument.trim_matches(['[', ']']) {
        "OTHER" => {
            let users = state.users.iter().map(|user| {
                let help = "With the same login, acting as".to_owned();
                (format!("+{user}"), format!("{help} {user}"))
            });
            let labels = state.strip.tabs.iter().enumerate();
            let labels = labels.filter(|(index, _)| *index != state.strip.current);
            let tabs = labels.map(|(index, label)| {
                let who = label.who.as_deref().unwrap_or("nobody");
                let place = label.place.as_deref().unwrap_or_default();
                (
                    (index + 1).to_string(),
                    format!("Session of {who} at {place}"),
                )
            });
            tabs.chain(values(state, "TARGET", typed))
                .chain(users)
                .collect()
        }
        kind @ ("MAILBOX" | "MAILBOX:UID") => {
            let mailboxes = state.console.model().mailboxes().iter();
            let openable = mailboxes.filter(|mailbox| mailbox.selectable);
            let end = if kind == "MAILBOX" { "" } else { ":" };
            openable
                .take(MAILBOXES)
                .map(|mailbox| (format!("{}{end}", mailbox.shown()), String::new()))
                .collect()
        }
        "TARGET" => (state.options.lent.profiles)(state.options.config.as_deref())
            .into_iter()
            .map(|name| {
                (
                    format!("@{name}"),
                    "A profile of the config file".to_owned(),
                )
            })
            .collect(),
        "SNIPPET" => (state.options.lent.snippets)(state.options.config.as_deref())
            .into_iter()
            .map(|entry| {
                (
                    entry.stem().to_owned(),
                    format!("A snippet, {}", entry.home.word()),
                )
            })
            .collect(),
        "USER" => state
            .users
            .iter()
            .map(|user| (user.to_owned(), "Named by this server".to_owned()))
            .collect(),
        values if values.contains('|') => values.split('|').map(plain).collect(),
        _ => Vec::new(),
    }
}
