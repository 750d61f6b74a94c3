//! The list of snippets: found by a few letters of their name or title.

use crate::config::snippets::Entry;
use crate::console::fuzzy;
use crate::tui::field::Line;

/// The list, open.
#[derive(Debug, Clone)]
pub struct List {
    /// What is searched for.
    pub query: Line,
    entries: Vec<Entry>,
    found: Vec<usize>,
    /// Index among those that are found.
    pub chosen: usize,
    /// First row of the preview.
    pub top: usize,
}

impl List {
    /// Of these.
    pub fn new(entries: Vec<Entry>) -> List {
        let found = (0..entries.len()).collect();
        List {
            query: Line::default(),
            entries,
            found,
            chosen: 0,
            top: 0,
        }
    }

    /// The same, read anew; the query and, as far as it is still there, the chosen one stay.
    pub fn renew(&mut self, entries: Vec<Entry>) {
        let chosen = self.entry().map(|entry| entry.name.clone());
        self.entries = entries;
        self.search();
        let at = self
            .found()
            .position(|entry| Some(&entry.name) == chosen.as_ref());
        self.chosen = at.unwrap_or(0);
    }

    /// Those that fit the query, best first.
    pub fn found(&self) -> impl Iterator<Item = &Entry> {
        self.found.iter().filter_map(|at| self.entries.get(*at))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// The chosen one.
    pub fn entry(&self) -> Option<&Entry> {
        self.found().nth(self.chosen)
    }

    /// Looks again: the query has changed.
    pub fn search(&mut self) {
        let query = self.query.text().trim().to_owned();
        let names: Vec<String> = self
            .entries
            .iter()
            .map(|entry| format!("{} {}", entry.name, entry.title))
            .collect();
        self.found = match query.is_empty() {
            true => (0..self.entries.len()).collect(),
            false => fuzzy::ranked(&query, names.iter().map(String::as_str)),
        };
        self.chosen = 0;
        self.top = 0;
    }

    /// Another one, so many up or down; not around the ends.
    pub fn go(&mut self, by: isize) {
        let last = self.found.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(by).min(last);
        self.top = 0;
    }
}
