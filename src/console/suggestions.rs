//! Commands that the program offers behind a reply: shown as one dim line each, put into the editor by a
//! key (Ctrl+X and its number), never sent by themselves.
//!
//! To offer one: [`Console::suggest`], from wherever a reply is understood. The list is that of the last
//! command of the user's that was completed.

use std::time::SystemTime;

use super::Console;
use crate::transcript::NoteLevel;

/// Most suggestions of one reply: there are nine keys.
const MOST: usize = 9;
/// Longest text of one, in octets.
const LONGEST: usize = 16 * 1024;
/// Longest part of it that the transcript shows, in characters.
const SHOWN: usize = 200;

/// Something to send next, if the user wants to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What it is for, in a word: `undo`.
    pub label: &'static str,
    /// The text for the editor: one command or several, a line each.
    pub text: String,
}

impl Console {
    /// What is offered behind the last reply; the first one is number 1.
    pub fn suggestions(&self) -> &[Suggestion] {
        &self.suggestions
    }

    /// Offers `text` (whole commands, no secret in them), and says so in the transcript. What is too long
    /// for that, or one too many, is not offered.
    pub(super) fn suggest(&mut self, at: SystemTime, label: &'static str, text: String) {
        if self.suggestions.len() >= MOST || text.len() > LONGEST || text.is_empty() {
            return;
        }
        let number = self.suggestions.len() + 1;
        let first = text.lines().next().unwrap_or_default();
        let mut shown: String = first.chars().take(SHOWN).collect();
        if shown.len() < first.len() {
            shown.push_str("...");
        }
        match text.lines().count() {
            0 | 1 => {}
            lines => shown.push_str(&format!(" (and {} lines more)", lines - 1)),
        }
        let note = format!("{label}: {shown}   ^X {number}");
        self.transcript.note(at, NoteLevel::Hint, &note);
        self.suggestions.push(Suggestion { label, text });
    }

    /// A command of the user's is completed: what was offered before it is over.
    pub(super) fn forget_suggestions(&mut self) {
        self.suggestions.clear();
    }
}
