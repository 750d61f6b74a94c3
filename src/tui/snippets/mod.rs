//! Snippets on the screen (F8): the list of them, and a run with its rows. Plain data; `update/snippets.rs`
//! changes it, `view/snippets/` draws it, `playing.rs` has the runs themselves.

pub mod list;
pub mod marked;
pub mod rows;
pub mod run;
pub mod words;

pub use list::List;
pub use rows::{RowLine, RowState, Rows, Sort};
pub use run::{How, Question, Reading, Run, Stage};

use std::collections::BTreeMap;

use crate::config::snippets::Entry;
use crate::sasl::Secret;

/// What a tab knows of snippets.
#[derive(Debug, Clone, Default)]
pub struct Snippets {
    /// The list, as it was left.
    pub list: Option<List>,
    /// The run that is open: not begun, under way, or over. It goes on while one looks elsewhere.
    pub run: Option<Box<Run>>,
}

/// What a run is started with.
#[derive(Debug, Clone)]
pub struct Start {
    /// The snippet.
    pub entry: Entry,
    /// Out of the form: another list of rows.
    pub each: Option<String>,
    /// Out of the form: users in place of a list.
    pub users: Vec<String>,
    /// Out of the form: variables.
    pub given: BTreeMap<String, String>,
    /// Out of the form: the values of `secret ... ask`.
    pub secrets: BTreeMap<String, Secret>,
    /// It may read what it asks for outside of its folder, and run its commands for secrets.
    pub trusted: bool,
    /// Files outside of its folder that values name, and that the user lets it read.
    pub files: Vec<String>,
    /// What destroys is confirmed.
    pub yes: bool,
    /// How it begins.
    pub how: How,
}
