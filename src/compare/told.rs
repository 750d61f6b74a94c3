//! What differs, as text in columns and as JSON: what `compare` prints and what the screen exports.

use serde_json::json;

use super::facts::{Pair, Paired, Verdict};
use crate::tui::printable;

/// Widest column but the last.
const WIDEST: usize = 60;

impl Paired {
    /// One line of JSON.
    pub fn in_json(&self) -> String {
        let rows: Vec<_> = self
            .differing()
            .map(|pair| {
                json!({ "section": pair.section.name(), "key": pair.key().trim(),
                    "first": pair.values[0], "second": pair.values[1] })
            })
            .collect();
        let all = json!({ "first": self.names[0], "second": self.names[1], "alike": rows.is_empty(),
            "differences": rows, "notes": self.notes });
        format!("{all}\n")
    }

    /// Columns: what, the first, the second. `-` where one has it not. Safe text.
    pub fn in_columns(&self) -> String {
        self.columns_of(self.differing().collect())
    }

    /// The same of these rows.
    pub fn columns_of(&self, pairs: Vec<&Pair>) -> String {
        let [first, second] = self.names.each_ref().map(|name| printable::line(name));
        if pairs.is_empty() {
            return format!("{first} and {second}: no difference\n");
        }
        let value =
            |value: &Option<String>| value.as_deref().map_or("-".to_owned(), printable::line);
        let rows: Vec<[String; 3]> = pairs
            .iter()
            .map(|pair| {
                [
                    printable::line(&pair.key()),
                    value(&pair.values[0]),
                    value(&pair.values[1]),
                ]
            })
            .collect();
        let wide = |column: usize, least: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            let widest = cells.map(|c| printable::width(c)).max();
            widest.unwrap_or(0).max(least).min(WIDEST)
        };
        let (keys, lefts) = (wide(0, 10), wide(1, printable::width(&first)));
        let pad = |text: &str, width: usize| {
            let missing = width.saturating_sub(printable::width(text));
            format!("{text}{}", " ".repeat(missing))
        };
        // Where rows that are alike are among them, a sign tells which are not.
        let mixed = pairs.iter().any(|pair| pair.verdict != Verdict::Differ);
        let sign = |pair: &Pair| match pair.verdict {
            Verdict::Differ if mixed => "! ",
            Verdict::Apart => "? ",
            _ => "  ",
        };
        let mut out = format!("{}  {}  {second}\n", pad("", keys + 2), pad(&first, lefts));
        let mut section = None;
        for (pair, [key, left, right]) in pairs.iter().zip(&rows) {
            if section != Some(pair.section) {
                section = Some(pair.section);
                out.push_str(pair.section.name());
                out.push('\n');
            }
            let (key, left) = (pad(key, keys), pad(left, lefts));
            out.push_str(&format!("{}{key}  {left}  {right}\n", sign(pair)));
        }
        out
    }
}
