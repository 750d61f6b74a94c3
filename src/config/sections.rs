//! `[keys]` and `[theme]`: tables whose words others know (the full screen). They are kept with their
//! places, so that whoever finds a word wrong can show where it stands.

use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::file::Source;

/// A place in the config file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line, with carets under the place.
    pub picture: String,
}

/// A word of the config file, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Where.
    pub place: Place,
}

impl Word {
    /// That it is wrong: `message` says why.
    pub fn wrong(&self, message: String) -> ConfigError {
        let Place {
            path,
            line,
            column,
            picture,
        } = self.place.clone();
        ConfigError::Invalid {
            path,
            line,
            column,
            message,
            picture,
        }
    }
}

/// `key = "value"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `editor`, under `[keys.editor]`; `None`: directly under `[keys]`.
    pub table: Option<Word>,
    /// The key.
    pub key: Word,
    /// The value.
    pub value: Word,
}

/// One such table, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// What stands in it.
    pub entries: Vec<Entry>,
}

impl Source<'_> {
    /// The words of a table, and of the tables in it, one below the other.
    pub(super) fn section(&self, name: &str, table: &DeTable<'_>) -> Result<Section, ConfigError> {
        let mut entries = Vec::new();
        for (key, value) in table {
            let word = self.word(key.span(), key.get_ref().to_string());
            let DeValue::Table(inner) = value.get_ref() else {
                entries.push(self.entry(None, name, word, value)?);
                continue;
            };
            for (key, value) in inner {
                let inner = self.word(key.span(), key.get_ref().to_string());
                entries.push(self.entry(Some(word.clone()), name, inner, value)?);
            }
        }
        entries.sort_by_key(|entry| (entry.key.place.line, entry.key.place.column));
        Ok(Section { entries })
    }

    fn entry(
        &self,
        table: Option<Word>,
        name: &str,
        key: Word,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Entry, ConfigError> {
        let name = format!("[{name}] {}", key.text);
        let text = self.text(&name, value)?;
        Ok(Entry {
            table,
            key,
            value: self.word(value.span(), text),
        })
    }
}
