//! The rows, read from `assets/explain/*.toml` when they are first asked for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::wire::response::Status;

const CODES: &str = include_str!("../../assets/explain/codes.toml");
const TEXTS: &str = include_str!("../../assets/explain/texts.toml");
const CAPABILITIES: &str = include_str!("../../assets/explain/capabilities.toml");

/// What is said about a code or a text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What it means: a sentence without its full stop.
    pub means: String,
    /// What to do next: sentences.
    pub next: String,
    /// `RFC 5530, 3`
    pub reference: String,
    /// Commands for the editor; words in braces are filled in.
    #[serde(default)]
    pub offer: Vec<String>,
}

/// A free text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextRow {
    /// In small letters; with ^ at its front the text begins so.
    pub pattern: String,
    /// Only with this status.
    pub status: Option<Status>,
    /// Who says so: `Dovecot`.
    pub server: String,
    /// The code whose row tells the rest.
    pub inherits: Option<String>,
    /// What is said about it.
    pub row: Row,
}

impl TextRow {
    /// Whether it stands in a text (given in small letters).
    pub(super) fn is_in(&self, status: Status, text: &str) -> bool {
        self.status.is_none_or(|wanted| wanted == status)
            && match self.pattern.strip_prefix('^') {
                Some(begin) => text.starts_with(begin),
                None => text.contains(&self.pattern),
            }
    }
}

/// What is said about a capability.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapabilityRow {
    /// What one can do with it: a sentence without its full stop.
    pub means: String,
    /// `RFC 2177`
    pub reference: String,
}

/// A row of `texts.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextSource {
    pattern: String,
    status: Option<String>,
    server: String,
    #[serde(rename = "as")]
    inherits: Option<String>,
    means: Option<String>,
    next: Option<String>,
    reference: Option<String>,
    #[serde(default)]
    offer: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextFile {
    text: Vec<TextSource>,
}

/// Everything that was read.
#[derive(Default)]
pub(super) struct Table {
    pub(super) codes: BTreeMap<String, Row>,
    pub(super) texts: Vec<TextRow>,
    pub(super) capabilities: BTreeMap<String, CapabilityRow>,
    /// What could not be read: a test wants this to be empty. Such a row is left out.
    pub(super) errors: Vec<String>,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| read(CODES, TEXTS, CAPABILITIES));

fn read(codes: &str, texts: &str, capabilities: &str) -> Table {
    let mut table = Table::default();
    match toml::from_str(codes) {
        Ok(rows) => table.codes = rows,
        Err(error) => table.errors.push(format!("codes.toml: {error}")),
    }
    match toml::from_str(capabilities) {
        Ok(rows) => table.capabilities = rows,
        Err(error) => table.errors.push(format!("capabilities.toml: {error}")),
    }
    let file: TextFile = match toml::from_str(texts) {
        Ok(file) => file,
        Err(error) => {
            table.errors.push(format!("texts.toml: {error}"));
            return table;
        }
    };
    for source in file.text {
        match text(source, &table.codes) {
            Ok(row) => table.texts.push(row),
            Err(sentence) => table.errors.push(format!("texts.toml: {sentence}")),
        }
    }
    table
}

fn text(source: TextSource, codes: &BTreeMap<String, Row>) -> Result<TextRow, String> {
    let pattern = source.pattern.to_lowercase();
    if pattern.trim_start_matches('^').is_empty() {
        return Err("an empty pattern is in every text".to_owned());
    }
    let status = match &source.status {
        None => None,
        Some(word) => Some(
            Status::of(word.as_bytes()).ok_or_else(|| format!("{pattern}: {word} is no status"))?,
        ),
    };
    let row = match (
        &source.inherits,
        source.means,
        source.next,
        source.reference,
    ) {
        (Some(code), None, None, None) => codes
            .get(code)
            .cloned()
            .ok_or_else(|| format!("{pattern}: there is no code {code}"))?,
        (None, Some(means), Some(next), Some(reference)) => Row {
            means,
            next,
            reference,
            offer: source.offer,
        },
        _ => {
            return Err(format!(
                "{pattern}: either as = \"CODE\", or means, next and reference"
            ));
        }
    };
    Ok(TextRow {
        pattern,
        status,
        server: source.server,
        inherits: source.inherits,
        row,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_files_are_told() {
        let table = read(
            "A = 1",
            "[[text]]\npattern = \"x\"\nserver = \"s\"",
            "B = {",
        );
        assert_eq!(table.errors.len(), 3, "{:?}", table.errors);
        assert!(table.texts.is_empty());
        let table = read(
            "",
            "[[text]]\npattern = \"x\"\nserver = \"s\"\nas = \"NOPE\"",
            "",
        );
        assert_eq!(table.errors, ["texts.toml: x: there is no code NOPE"]);
    }
}
