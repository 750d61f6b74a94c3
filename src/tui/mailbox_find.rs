//! Finding a mailbox by some letters of its name, among all that are known.

use super::field::Line;
use super::printable;
use super::state::State;
use crate::console::fuzzy;

/// Most that are offered.
const FOUND: usize = 500;

/// The search, open.
#[derive(Debug, Clone)]
pub struct MailboxFind {
    /// What is typed.
    pub query: Line,
    /// All there are: as sent, and as shown.
    all: Vec<(Vec<u8>, String)>,
    /// What fits, best first: indices of `all`.
    found: Vec<usize>,
    /// Index of the chosen one among those.
    pub chosen: usize,
}

impl MailboxFind {
    /// Over all mailboxes that are known, levels that are none included.
    pub fn new(state: &State) -> MailboxFind {
        let tree = state.console.model().mailboxes();
        let mut all: Vec<(Vec<u8>, String)> = tree
            .iter()
            .map(|mailbox| (mailbox.name.clone(), mailbox.shown()))
            .collect();
        all.sort_by(|a, b| a.1.cmp(&b.1));
        let mut find = MailboxFind {
            query: Line::new(""),
            all,
            found: Vec::new(),
            chosen: 0,
        };
        find.search();
        find
    }

    /// Looks again: what is typed has changed.
    pub fn search(&mut self) {
        self.chosen = 0;
        let texts = self.all.iter().map(|(_, shown)| shown.as_str());
        let mut found = fuzzy::ranked(self.query.text().trim(), texts);
        found.truncate(FOUND);
        self.found = found;
    }

    /// How many there are, and how many fit (at most some hundreds).
    pub fn counts(&self) -> (usize, usize) {
        (self.all.len(), self.found.len())
    }

    /// What fits, best first, made safe.
    pub fn shown(&self) -> impl Iterator<Item = String> + '_ {
        self.found
            .iter()
            .filter_map(|at| self.all.get(*at))
            .map(|(_, shown)| printable::line(shown))
    }

    /// The chosen one, as sent.
    pub fn name(&self) -> Option<&[u8]> {
        let at = self.found.get(self.chosen)?;
        self.all.get(*at).map(|(name, _)| name.as_slice())
    }
}
