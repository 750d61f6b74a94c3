//! The bindings in force: the defaults with the user's own from `[keys]` put over them.

use super::key::NAMES;
use super::{BINDINGS, Context, Key};
use crate::config::near;
use crate::config::sections::{Entry, Section};
use crate::config::{ConfigError, sections::Word};
use crate::tui::action::Action;

/// The word that takes a key away.
const NONE: &str = "none";

/// One binding in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Where.
    pub context: Context,
    /// One key, or a sequence of two; empty: none.
    pub keys: Vec<Key>,
    /// What it does.
    pub action: Action,
    /// A few words for the hint line; empty: not hinted.
    pub hint: &'static str,
    /// One plain sentence for the help.
    pub help: &'static str,
    /// It comes from the config file.
    pub own: bool,
}

impl Bound {
    /// Its hint: keys and words. `[ ] by command` names its two keys itself.
    pub fn hinted(&self) -> (String, &'static str) {
        match self.hint.strip_prefix("[ ] ") {
            Some(words) if !self.own => ("[ ]".to_owned(), words),
            Some(words) => (self.shown(), words),
            None => (self.shown(), self.hint),
        }
    }

    /// Its keys as the screen shows them: `^X h`.
    pub fn shown(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(Key::to_string).collect();
        keys.join(" ")
    }

    /// Its keys as the config file has them: `c-x h`.
    pub fn spelled(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(|key| key.name()).collect();
        keys.join(" ")
    }
}

/// What a key means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// This.
    Action(Action),
    /// The first key of a sequence: wait for the next.
    Prefix,
    /// Nothing: it types.
    None,
}

/// All bindings in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    rows: Vec<Bound>,
}

impl Default for Keymap {
    /// The defaults.
    fn default() -> Keymap {
        let row = |binding: &super::Binding| Bound {
            context: binding.context,
            keys: binding.sequence(),
            action: binding.action.clone(),
            hint: binding.hint,
            help: binding.help,
            own: false,
        };
        Keymap {
            rows: BINDINGS.iter().map(row).collect(),
        }
    }
}

impl Keymap {
    /// The defaults with the user's own over them: a key of a context does what the file says, or nothing.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place in the file.
    pub fn configured(section: &Section) -> Result<Keymap, ConfigError> {
        let mut keymap = Keymap::default();
        let mut own: Vec<(Context, Vec<Key>, &Entry)> = Vec::new();
        for entry in &section.entries {
            let context = context(entry)?;
            let keys = sequence(context, &entry.key)?;
            if let Some((_, _, before)) = own.iter().find(|(c, k, _)| *c == context && *k == keys) {
                return Err(entry.key.wrong(format!(
                    "[keys.{}] binds {} twice: here, and in line {} as {:?}",
                    context.name(),
                    shown(&keys),
                    before.key.place.line,
                    before.key.text
                )));
            }
            keymap.bind(context, &keys, &entry.value)?;
            own.push((context, keys, entry));
        }
        for (context, keys, entry) in &own {
            keymap.is_reached(*context, keys, &entry.key)?;
        }
        Ok(keymap)
    }

    fn bind(&mut self, context: Context, keys: &[Key], word: &Word) -> Result<(), ConfigError> {
        let taken = |row: &Bound| row.context == context && row.keys == keys;
        if word.text == NONE {
            if !self.rows.iter().any(taken) {
                return Err(word.wrong(format!(
                    "{} does nothing in [keys.{}] anyway: there is nothing to take away",
                    shown(keys),
                    context.name()
                )));
            }
            self.rows.retain(|row| !taken(row));
            return Ok(());
        }
        let row = action(context, word)?;
        let hint = row.hint;
        self.rows.retain(|row| !taken(row));
        // Before the others that do the same: hints and the palette show the user's own key.
        let at = self
            .rows
            .iter()
            .position(|r| r.context == context && r.action == row.action)
            .or_else(|| self.rows.iter().position(|r| r.context == context))
            .unwrap_or(self.rows.len());
        if let Some(same) = self.rows.get_mut(at).filter(|r| r.action == row.action) {
            same.hint = "";
        }
        self.rows.insert(
            at,
            Bound {
                context,
                keys: keys.to_vec(),
                action: row.action.clone(),
                hint,
                help: row.help,
                own: true,
            },
        );
        Ok(())
    }

    /// A key that begins a sequence must do nothing else where that sequence holds, or the sequence could
    /// never be finished.
    fn is_reached(&self, context: Context, keys: &[Key], word: &Word) -> Result<(), ConfigError> {
        let bound = |row: &&Bound| row.context == context && row.keys == keys;
        if !self.rows.iter().any(|row| bound(&row)) {
            return Ok(());
        }
        for row in &self.rows {
            let together = Context::ALL.iter().any(|focus| {
                focus.chain().contains(&context) && focus.chain().contains(&row.context)
            });
            let hides = match (keys, row.keys.as_slice()) {
                ([only], [first, _]) => only == first,
                ([first, _], [only]) => only == first,
                _ => false,
            };
            if together && hides {
                return Err(word.wrong(format!(
                    "{} and {} cannot both be bound where [keys.{}] holds: {} is {}; one of them must be \"none\"",
                    shown(keys),
                    row.shown(),
                    context.name(),
                    row.shown(),
                    row.action.name()
                )));
            }
        }
        Ok(())
    }

    /// All of a context, in the order of the help.
    pub fn of(&self, context: Context) -> impl Iterator<Item = &Bound> {
        self.rows.iter().filter(move |row| row.context == context)
    }

    /// All of them.
    pub fn rows(&self) -> &[Bound] {
        &self.rows
    }

    /// What `key` means in `context`, behind `prefix` if one was pressed.
    pub fn lookup(&self, context: Context, prefix: Option<Key>, key: Key) -> Meaning {
        for place in context.chain() {
            for row in self.of(*place) {
                match (prefix, row.keys.as_slice()) {
                    (None, [only]) if *only == key => return Meaning::Action(row.action.clone()),
                    (None, [first, _, ..]) if *first == key => return Meaning::Prefix,
                    (Some(before), [first, second]) if *first == before && *second == key => {
                        return Meaning::Action(row.action.clone());
                    }
                    _ => {}
                }
            }
        }
        Meaning::None
    }

    /// What can follow `prefix` in `context`, for the line that waits for the next key.
    pub fn following(&self, context: Context, prefix: Key) -> Vec<&Bound> {
        let places = context.chain().iter();
        places
            .flat_map(|place| self.of(*place))
            .filter(|row| matches!(row.keys.as_slice(), [first, _] if *first == prefix))
            .collect()
    }

    /// The bindings that are hinted in `context`: help first, then the innermost context.
    pub fn hints(&self, context: Context) -> Vec<&Bound> {
        let places = context.chain().iter();
        let rows = places.flat_map(|place| self.of(*place));
        let rows = rows.filter(|row| !row.hint.is_empty() && !row.keys.is_empty());
        let (mut first, rest): (Vec<_>, Vec<_>) = rows.partition(|row| row.action == Action::Help);
        first.extend(rest);
        first
    }

    /// The first key of `action` in the chain of `context`, as it is shown.
    pub fn key_for(&self, context: Context, action: &Action) -> Option<String> {
        let places = context.chain().iter();
        places
            .flat_map(|place| self.of(*place))
            .find(|row| row.action == *action && !row.keys.is_empty())
            .map(Bound::shown)
    }

    /// `imapsh config keys`: everything in force, as the config file would have it.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        for context in Context::ALL {
            text.push_str(&format!("[keys.{}]\n", context.name()));
            for row in self.of(context) {
                let bind = format!("{:?} = {:?}", row.spelled(), row.action.name());
                let whose = if row.own { "   (your own)" } else { "" };
                // An action without a key: a comment shows that it could have one.
                let off = if row.keys.is_empty() { "# " } else { "" };
                text.push_str(&format!("{off}{bind:<40} # {}{whose}\n", row.help));
            }
            text.push('\n');
        }
        text
    }
}

fn shown(keys: &[Key]) -> String {
    let keys: Vec<String> = keys.iter().map(Key::to_string).collect();
    keys.join(" ")
}

fn context(entry: &Entry) -> Result<Context, ConfigError> {
    let names: Vec<String> = Context::ALL.iter().map(|c| c.name()).collect();
    let Some(word) = &entry.table else {
        return Err(entry.key.wrong(format!(
            "a key belongs to a place: [keys.editor], or one of {}",
            names.join(", ")
        )));
    };
    let found = Context::ALL.into_iter().find(|c| c.name() == word.text);
    found.ok_or_else(|| {
        let near = near::hint(&word.text, names.iter().map(String::as_str));
        let names = names.join(", ");
        word.wrong(format!(
            "there is no [keys.{}]; there are {names}{near}",
            word.text
        ))
    })
}

fn sequence(context: Context, word: &Word) -> Result<Vec<Key>, ConfigError> {
    let parts: Vec<&str> = word.text.split_whitespace().collect();
    if parts.is_empty() || parts.len() > 2 {
        return Err(word.wrong("here stands one key, or two with a space between".to_owned()));
    }
    let mut keys = Vec::new();
    for part in parts {
        keys.push(Key::parse(part).ok_or_else(|| word.wrong(no_key(part)))?);
    }
    if context.types()
        && let Some(typed) = keys.first().and_then(|key| key.typed())
    {
        return Err(word.wrong(format!(
            "{typed:?} types a letter in [keys.{}]: put c- (Ctrl) or alt- before it, or take an F-key",
            context.name()
        )));
    }
    Ok(keys)
}

fn no_key(word: &str) -> String {
    let bare = word
        .rsplit('-')
        .find(|part| !part.is_empty())
        .unwrap_or(word);
    let prefix = word.strip_suffix(bare).unwrap_or_default();
    let near = near::nearest(bare, NAMES.iter().map(|(name, _)| *name));
    let near = match (
        near,
        prefix
            .split('-')
            .all(|p| Key::parse(&format!("{p}-x")).is_some() || p.is_empty()),
    ) {
        (Some(near), true) => format!("; did you mean {prefix}{near}?"),
        _ => {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            format!(
                "; a key is a character, f1 to f24, or one of {}, with c-, alt- or s- before it",
                names.join(" ")
            )
        }
    };
    format!("there is no key {word:?}{near}")
}

/// The row of the default bindings that says what an action is, as near to `context` as there is one.
fn action(context: Context, word: &Word) -> Result<&'static super::Binding, ConfigError> {
    let named = |row: &&super::Binding| row.action.name() == word.text;
    let mut rows = BINDINGS.iter().filter(named).peekable();
    if rows.peek().is_none() {
        let mut names: Vec<String> = BINDINGS.iter().map(|row| row.action.name()).collect();
        names.sort();
        names.dedup();
        let near = near::hint(&word.text, names.iter().map(String::as_str).chain([NONE]));
        let all = if near.is_empty() {
            "; \"imapsh config keys\" lists them all"
        } else {
            ""
        };
        return Err(word.wrong(format!("there is no action {:?}{near}{all}", word.text)));
    }
    let mut elsewhere = Vec::new();
    let mut found: Option<&'static super::Binding> = None;
    for row in rows {
        let fits = context.chain().contains(&row.context) || row.context.chain().contains(&context);
        // The first row tells what it does, the others say "The same".
        match (fits, &found) {
            (true, None) => found = Some(row),
            (true, Some(_)) => {}
            (false, _) => elsewhere.push(row.context.name()),
        }
    }
    elsewhere.dedup();
    found.ok_or_else(|| {
        word.wrong(format!(
            "{} does nothing in [keys.{}]; it belongs to [keys.{}]",
            word.text,
            context.name(),
            elsewhere.join("] or [keys.")
        ))
    })
}
