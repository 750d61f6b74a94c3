//! Two logs compared, over the panes.

use crate::compare::{Comparison, Row};

/// A comparison on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compare {
    /// The names of the two.
    pub names: [String; 2],
    /// Without what differs by nature, and with it.
    pub both: [Comparison; 2],
    /// Which of them is shown: everything.
    pub all: bool,
    /// First row shown.
    pub top: usize,
}

impl Compare {
    /// What is shown.
    pub fn shown(&self) -> &Comparison {
        let [calm, all] = &self.both;
        if self.all { all } else { calm }
    }

    /// Its rows.
    pub fn rows(&self) -> &[Row] {
        &self.shown().rows
    }
}
