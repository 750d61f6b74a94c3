//! Every option once: as a flag, as an environment variable, as a key of a profile.
//!
//! A [`Layer`] is what one place said (command line, environment, profile, the file's `[defaults]`), each
//! value with its [`Origin`]. [`Layers`] is those places, the strongest first. To add an option: a row in
//! `table.rs`, its use in `account.rs`, its line in `config.example.toml`.

pub mod kind;
pub mod table;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::near;
use crate::sasl::Secret;
pub use kind::Kind;
pub use table::SETTINGS;

/// One option.
#[derive(Debug)]
pub struct Setting {
    /// The long flag without `--`.
    pub long: &'static str,
    /// The short flag: imtest's.
    pub short: Option<char>,
    /// The key in a profile and in `[defaults]`; `None`: it has none.
    pub key: Option<&'static str>,
    /// What values it takes.
    pub kind: Kind,
    /// What stands for the value in the help.
    pub value: &'static str,
    /// Under which heading of the help.
    pub heading: &'static str,
    /// The help.
    pub help: &'static str,
}

impl Setting {
    /// The row of a long flag.
    pub fn long(long: &str) -> Option<&'static Setting> {
        SETTINGS.iter().find(|setting| setting.long == long)
    }

    /// The row of a key.
    pub fn key(key: &str) -> Option<&'static Setting> {
        SETTINGS.iter().find(|setting| setting.key == Some(key))
    }

    /// `-p`, or `--ca` where there is no letter.
    pub fn flag(&self) -> String {
        match self.short {
            Some(letter) => format!("-{letter}"),
            None => format!("--{}", self.long),
        }
    }

    /// `IMAPSH_PORT`.
    pub fn variable(&self) -> String {
        let name = self.long.replace('-', "_").to_ascii_uppercase();
        format!("{PREFIX}{name}")
    }
}

const PREFIX: &str = "IMAPSH_";

/// A value, checked.
#[derive(Debug, Clone)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(u32),
    /// A text, well formed for its option.
    Text(String),
    /// Several texts.
    List(Vec<String>),
    /// A file; empty: explicitly none.
    Path(PathBuf),
    /// A password or token.
    Secret(Secret),
}

impl fmt::Display for Value {
    /// As it stands in a config file; a secret never.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Flag(flag) => write!(f, "{flag}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::List(texts) => write!(f, "{texts:?}"),
            Value::Path(path) => write!(f, "{path:?}"),
            Value::Secret(_) => f.write_str("(not shown)"),
        }
    }
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The command line: this option, or `target`.
    CommandLine(String),
    /// This environment variable.
    Environment(String),
    /// The config file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// `profile.prod` or `defaults`.
        table: String,
    },
}

impl Origin {
    /// `-p`, `IMAPSH_PORT`, `port` in a file: for a sentence.
    pub fn name(&self, setting: &Setting) -> String {
        match self {
            Origin::CommandLine(name) | Origin::Environment(name) => name.clone(),
            Origin::File { .. } => setting.key.unwrap_or(setting.long).to_owned(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::CommandLine(option) => write!(f, "command line, {option}"),
            Origin::Environment(variable) => write!(f, "environment, {variable}"),
            Origin::File { path, line, table } => {
                write!(f, "{}:{line} [{table}]", path.display())
            }
        }
    }
}

/// What one place said. By long flag: two flags may have one key in the end, but not one meaning.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    values: BTreeMap<&'static str, (Value, Origin)>,
}

impl Layer {
    /// Puts a value in.
    pub fn set(&mut self, setting: &'static Setting, value: Value, origin: Origin) {
        self.values.insert(setting.long, (value, origin));
    }

    /// The value of a long flag, and where it came from.
    pub fn get(&self, long: &str) -> Option<&(Value, Origin)> {
        debug_assert!(Setting::long(long).is_some(), "no option --{long}");
        self.values.get(long)
    }

    /// Everything, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &(Value, Origin))> {
        self.values.iter().map(|(long, value)| (*long, value))
    }

    /// Whether the place said this.
    pub fn has(&self, long: &str) -> bool {
        self.get(long).is_some()
    }

    /// A yes-or-no.
    pub fn flag(&self, long: &str) -> Option<bool> {
        match self.get(long) {
            Some((Value::Flag(flag), _)) => Some(*flag),
            _ => None,
        }
    }

    /// A text.
    pub fn text(&self, long: &str) -> Option<&str> {
        match self.get(long) {
            Some((Value::Text(text), _)) => Some(text),
            _ => None,
        }
    }

    /// A number.
    pub fn number(&self, long: &str) -> Option<u32> {
        match self.get(long) {
            Some((Value::Number(number), _)) => Some(*number),
            _ => None,
        }
    }

    /// A file.
    pub fn path(&self, long: &str) -> Option<&Path> {
        match self.get(long) {
            Some((Value::Path(path), _)) => Some(path),
            _ => None,
        }
    }

    /// Several texts.
    pub fn list(&self, long: &str) -> Option<&[String]> {
        match self.get(long) {
            Some((Value::List(texts), _)) => Some(texts),
            _ => None,
        }
    }

    /// A password.
    pub fn secret(&self, long: &str) -> Option<&Secret> {
        match self.get(long) {
            Some((Value::Secret(secret), _)) => Some(secret),
            _ => None,
        }
    }

    /// What the variables `IMAPSH_*` say. An empty one counts as not set.
    ///
    /// # Errors
    /// A sentence: a value that is none, or a name so near to one of ours that it must be a slip.
    pub fn environment(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Layer, String> {
        let mut layer = Layer::default();
        for (name, value) in variables {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else {
                continue;
            };
            if value.is_empty() {
                continue;
            }
            if let Some(setting) = SETTINGS.iter().find(|s| s.variable() == name) {
                let value = match setting.kind.is_list() {
                    true => setting.kind.read_list(name, &value)?,
                    false => setting.kind.read(name, &value)?,
                };
                layer.set(setting, value, Origin::Environment(name.to_owned()));
                continue;
            }
            let known: Vec<String> = SETTINGS.iter().map(Setting::variable).collect();
            if let Some(near) = near::nearest(name, known.iter().map(String::as_str)) {
                return Err(format!(
                    "the environment variable {name} is no option; did you mean {near}?"
                ));
            }
        }
        Ok(layer)
    }
}

/// Several places, the strongest first.
#[derive(Debug, Clone)]
pub struct Layers<'a>(pub Vec<&'a Layer>);

impl<'a> Layers<'a> {
    /// The strongest value of a long flag.
    pub fn get(&self, long: &str) -> Option<&'a (Value, Origin)> {
        self.0.iter().find_map(|layer| layer.get(long))
    }

    fn find<T>(&self, read: impl Fn(&'a Layer) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(|layer| read(layer))
    }

    /// The strongest yes-or-no.
    pub fn flag(&self, long: &str) -> Option<bool> {
        self.find(|layer| layer.flag(long))
    }

    /// Whether the strongest says yes.
    pub fn is(&self, long: &str) -> bool {
        self.flag(long) == Some(true)
    }

    /// The strongest text.
    pub fn text(&self, long: &str) -> Option<&'a str> {
        self.find(|layer| layer.text(long))
    }

    /// The strongest number.
    pub fn number(&self, long: &str) -> Option<u32> {
        self.find(|layer| layer.number(long))
    }

    /// The strongest file; `None` also if it is explicitly none.
    pub fn path(&self, long: &str) -> Option<&'a Path> {
        self.find(|layer| layer.path(long))
            .filter(|path| !path.as_os_str().is_empty())
    }

    /// The strongest list.
    pub fn list(&self, long: &str) -> &'a [String] {
        self.find(|layer| layer.list(long)).unwrap_or_default()
    }
}
