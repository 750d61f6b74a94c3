//! One row at the bottom of the transcript: what to find, or which lines to show.

use super::field::Line;
use super::scroll::Place;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// What to find.
    Find,
    /// Which lines to show.
    Filter,
    /// Which messages to list.
    Search,
    /// In which order.
    Sort,
}

/// The prompt, and what Esc goes back to.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What is asked for.
    pub asked: Asked,
    /// What is typed.
    pub line: Line,
    /// What is wrong with it.
    pub error: Option<String>,
    /// How many of the earlier texts back one is.
    pub back: usize,
    /// Where the search begins.
    pub origin: Origin,
}

/// Where one was when the prompt opened.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Cursor and screen.
    pub place: Place,
    /// What was looked for before.
    pub pattern: Option<String>,
}
