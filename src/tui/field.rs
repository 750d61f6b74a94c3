//! One line of text to fill in: the fields of forms and prompts. Its octets are wiped when it goes.

use crossterm::event::{KeyCode, KeyModifiers};
use zeroize::Zeroizing;

use super::keymap::Key;

/// Longest text a field takes, in octets. Room for it is taken at once, so that growing never leaves
/// a copy of a password behind.
const LIMIT: usize = 8 * 1024;

/// A line of text with a cursor.
#[derive(Clone)]
pub struct Line {
    text: Zeroizing<String>,
    /// Byte offset of the cursor, on a character's edge.
    cursor: usize,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It may be a password.
        write!(f, "Line({} octets)", self.text.len())
    }
}

impl Default for Line {
    fn default() -> Line {
        Line::new("")
    }
}

impl Line {
    /// With this text, the cursor behind it.
    pub fn new(text: &str) -> Line {
        let mut line = Line {
            text: Zeroizing::new(String::with_capacity(LIMIT)),
            cursor: 0,
        };
        line.insert(text);
        line
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor.
    pub fn before_cursor(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    /// Inserts text at the cursor. Line ends and control characters are left out; so is what is more
    /// than the field holds. Returns whether anything was left out.
    pub fn insert(&mut self, text: &str) -> bool {
        let mut left_out = false;
        for c in text.chars() {
            if c.is_control() || self.text.len() + c.len_utf8() > LIMIT {
                left_out = true;
                continue;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
        left_out
    }

    /// Empties it.
    pub fn clear(&mut self) {
        *self = Line::default();
    }

    /// A key of readline's; returns whether it was one.
    pub fn key(&mut self, key: Key) -> bool {
        let control = key.modifiers == KeyModifiers::CONTROL;
        match key.code {
            KeyCode::Char('a') if control => self.cursor = 0,
            KeyCode::Char('e') if control => self.cursor = self.text.len(),
            KeyCode::Char('b') if control => self.cursor = self.left(),
            KeyCode::Char('f') if control => self.cursor = self.right(),
            KeyCode::Char('d') if control => self.remove(self.cursor, self.right()),
            KeyCode::Char('h') if control => self.remove(self.left(), self.cursor),
            KeyCode::Char('u') if control => self.remove(0, self.cursor),
            KeyCode::Char('k') if control => self.remove(self.cursor, self.text.len()),
            KeyCode::Char('w') if control => {
                let kept = self.before_cursor().trim_end_matches(' ');
                let start = kept.rfind(' ').map_or(0, |at| at + 1);
                self.remove(start, self.cursor);
            }
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            KeyCode::Left => self.cursor = self.left(),
            KeyCode::Right => self.cursor = self.right(),
            KeyCode::Backspace => self.remove(self.left(), self.cursor),
            KeyCode::Delete => self.remove(self.cursor, self.right()),
            KeyCode::Char(c) if key.modifiers.is_empty() => {
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            _ => return false,
        }
        true
    }

    fn left(&self) -> usize {
        self.before_cursor()
            .char_indices()
            .next_back()
            .map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        let after = self.text.get(self.cursor..).unwrap_or_default();
        after
            .chars()
            .next()
            .map_or(self.cursor, |c| self.cursor + c.len_utf8())
    }

    fn remove(&mut self, start: usize, end: usize) {
        if start < end && end <= self.text.len() {
            self.text.drain(start..end);
            self.cursor = start;
        }
    }
}
