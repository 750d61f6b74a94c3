//! The rows, read from `assets/catalog/*.toml` when they are first asked for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::grammar::{Grammar, Syntax};
use super::spec::{CommandSpec, Effect, Hits, Need, States};

const RULES: &str = include_str!("../../assets/catalog/rules.toml");
const FILES: [(&str, &str); 3] = [
    (
        "any-state.toml",
        include_str!("../../assets/catalog/any-state.toml"),
    ),
    (
        "authenticated.toml",
        include_str!("../../assets/catalog/authenticated.toml"),
    ),
    (
        "selected.toml",
        include_str!("../../assets/catalog/selected.toml"),
    ),
];

/// Everything that was read.
pub(super) struct Table {
    pub(super) commands: Vec<CommandSpec>,
    pub(super) grammar: Grammar,
    /// What could not be read: a test wants this to be empty. Such a row is left out, for the rest is
    /// of use without it.
    pub(super) errors: Vec<String>,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(read);

/// A table of `rules.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RuleRow {
    /// One plain sentence.
    about: String,
    /// `RFC 9051, 6.4.5`
    reference: String,
    /// A choice: one a line, `syntax -- what it means`.
    one_of: Option<String>,
    /// Or one syntax.
    syntax: Option<String>,
}

/// A table of the other files: the verb is its name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Row {
    /// What stands behind the verb; left out: nothing. The notation: `grammar.rs`.
    #[serde(default)]
    syntax: String,
    /// `any`, `before` (a login), `logged-in`, `selected`.
    states: States,
    /// `reads` (the default), `writes`, `destroys`, `session`.
    #[serde(default)]
    effect: Effect,
    /// What a command that writes or destroys hits.
    #[serde(default)]
    hits: Hits,
    /// It may set \Seen.
    #[serde(default)]
    seen: bool,
    /// The capability, or those of which one is needed: `METADATA/METADATA-SERVER`.
    #[serde(default)]
    capability: String,
    /// Rights by RFC 4314 section 4: `r@mailbox`, `i@mailbox te@selected`, `k@parent:new`,
    /// `any:lr@mailbox`; the names are those of arguments.
    #[serde(default)]
    rights: String,
    /// One plain sentence.
    about: String,
    /// `RFC 9051, 6.3.2`
    reference: String,
    /// A command as it is typed; tests send it. `{box}`, `{new}`, `{renamed}`, `{root}` and `{eml}`
    /// are put in there.
    example: String,
    /// Sentences about arguments, by what the syntax calls them.
    #[serde(default)]
    args: BTreeMap<String, String>,
    /// Nothing may be sent behind it before it is answered.
    #[serde(default)]
    alone: bool,
    /// A server's own, in no RFC, and not advertised by all that have it.
    #[serde(default)]
    private: bool,
    /// There is a form with UID.
    uid: Option<UidRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UidRow {
    about: String,
    reference: String,
}

fn read() -> Table {
    let mut table = Table {
        commands: Vec::new(),
        grammar: Grammar::default(),
        errors: Vec::new(),
    };
    table.rules();
    for (file, text) in FILES {
        let rows: BTreeMap<String, Row> = match toml::from_str(text) {
            Ok(rows) => rows,
            Err(error) => {
                table.errors.push(format!("{file}: {error}"));
                continue;
            }
        };
        for (verb, row) in rows {
            table.row(file, verb, &row);
        }
    }
    table.commands.sort_by(|a, b| a.verb.cmp(&b.verb));
    table
}

impl Table {
    fn rules(&mut self) {
        let rules: BTreeMap<String, RuleRow> = match toml::from_str(RULES) {
            Ok(rules) => rules,
            Err(error) => return self.errors.push(format!("rules.toml: {error}")),
        };
        let indices: Vec<usize> = rules
            .iter()
            .map(|(name, row)| self.grammar.declare(name, &row.about, &row.reference))
            .collect();
        for ((name, row), index) in rules.iter().zip(indices) {
            let lines = row.one_of.as_deref().or(row.syntax.as_deref());
            if let Err(error) = self.grammar.define(index, lines.unwrap_or_default()) {
                self.errors.push(format!("rules.toml: {name}: {error}"));
            }
        }
    }

    fn row(&mut self, file: &str, verb: String, row: &Row) {
        let spec = |grammar: &mut Grammar, uid: bool| -> Result<CommandSpec, String> {
            let syntax = if uid {
                by_uid(&row.syntax)
            } else {
                row.syntax.clone()
            };
            let (about, reference) = match &row.uid {
                Some(form) if uid => (&form.about, &form.reference),
                _ => (&row.about, &row.reference),
            };
            let syntax: Syntax = grammar.syntax(&syntax)?;
            let named = |text: &str| format!("{}{text}", if uid { "UID " } else { "" });
            Ok(CommandSpec {
                verb: named(&verb),
                syntax: syntax.text.clone(),
                grammar: syntax,
                states: row.states,
                effect: row.effect,
                hits: row.hits,
                sets_seen: row.seen,
                capabilities: row
                    .capability
                    .split('/')
                    .filter(|c| !c.is_empty())
                    .map(str::to_owned)
                    .collect(),
                rights: row
                    .rights
                    .split_ascii_whitespace()
                    .map(Need::read)
                    .collect::<Option<_>>()
                    .ok_or_else(|| format!("rights: {}", row.rights))?,
                summary: about.clone(),
                reference: reference.clone(),
                example: named(&row.example),
                arguments: row.args.clone(),
                alone: row.alone,
                private: row.private,
            })
        };
        let forms: &[bool] = if row.uid.is_some() {
            &[false, true]
        } else {
            &[false]
        };
        for uid in forms {
            match spec(&mut self.grammar, *uid) {
                Ok(spec) => self.commands.push(spec),
                Err(error) => self.errors.push(format!("{file}: {verb}: {error}")),
            }
        }
    }
}

/// The syntax with UIDs in the place of sequence numbers.
fn by_uid(syntax: &str) -> String {
    match syntax.strip_prefix("set:nz-number") {
        Some(rest) => format!("set:uid{rest}"),
        None => match syntax.strip_prefix("set ") {
            Some(rest) => format!("set:uid-set {rest}"),
            None => syntax.to_owned(),
        },
    }
}
