//! *Act as*: another user's mail with the same login. Data only; `update/act_as.rs` does it.

use super::field::Line;

/// Most rows offered at once.
pub const OFFERED: usize = 200;

/// The popup.
#[derive(Debug, Clone)]
pub struct ActAs {
    /// What is typed.
    pub name: Line,
    /// Who is offered: oneself first, then who one was before, then the users seen.
    pub known: Vec<Known>,
    /// Index into [`ActAs::offered`] of the chosen one; `None`: what is typed counts.
    pub chosen: Option<usize>,
    /// Whose login it is.
    pub authcid: String,
    /// The server offers UNAUTHENTICATE (RFC 8437): the connection can be kept.
    pub here: bool,
    /// What is wrong: a sentence.
    pub error: Option<String>,
}

/// Somebody to act as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The name, as the server spells it. Hostile.
    pub name: String,
    /// A word about it.
    pub about: &'static str,
}

impl ActAs {
    /// Those whose names hold what is typed, in any case; names that begin with it first.
    pub fn offered(&self) -> Vec<&Known> {
        let typed = self.name.text().to_lowercase();
        let fits: Vec<&Known> = self
            .known
            .iter()
            .filter(|k| k.name.to_lowercase().contains(&typed))
            .collect();
        let (mut first, rest): (Vec<_>, Vec<_>) = fits
            .into_iter()
            .partition(|k| k.name.to_lowercase().starts_with(&typed));
        first.extend(rest);
        first.truncate(OFFERED);
        first
    }

    /// One down or up; above the first is what is typed.
    pub fn turn(&mut self, down: bool) {
        let count = self.offered().len();
        self.chosen = match (self.chosen, down) {
            (None, true) => (count > 0).then_some(0),
            (None, false) => count.checked_sub(1),
            (Some(at), true) => (at + 1 < count).then_some(at + 1),
            (Some(at), false) => at.checked_sub(1),
        };
    }

    /// Whom to act as.
    pub fn wanted(&self) -> String {
        let offered = self.offered();
        match self.chosen.and_then(|at| offered.get(at)) {
            Some(known) => known.name.clone(),
            None => self.name.text().trim().to_owned(),
        }
    }
}
