//! The command editor's text: the only file that names the text-area crate, so that another one can
//! take its place here.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::Widget;
use tui_textarea::{CursorMove, TextArea, WrapMode};

use super::keymap::Key;
use super::printable;

/// Most octets the editor holds. Each edit costs time that grows with the text; larger literals come
/// from files (`{@path}`).
pub const LIMIT: usize = 4 * 1024 * 1024;
/// From this many lines on nothing is wrapped: with wrap one key press costs ten times more.
const WRAPPED_LINES: usize = 2_000;

/// Text with a cursor and an undo history.
pub struct Editor {
    area: TextArea<'static>,
    masked: bool,
    octets: usize,
}

impl std::fmt::Debug for Editor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It may hold a password.
        write!(f, "Editor({} octets)", self.octets)
    }
}

/// Why text was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Larger than [`LIMIT`].
    #[error(
        "this text has {octets} octets, the editor takes {LIMIT}: save it and send it as a literal with {{@path}}"
    )]
    TooLarge {
        /// Octets of the text.
        octets: usize,
    },
}

impl Default for Editor {
    fn default() -> Editor {
        Editor {
            area: fresh(Vec::new()),
            masked: false,
            octets: 0,
        }
    }
}

fn fresh(lines: Vec<String>) -> TextArea<'static> {
    let mut area = TextArea::new(lines);
    area.set_max_histories(1_000);
    area.set_cursor_line_style(Style::new());
    area.set_wrap_mode(WrapMode::Glyph);
    area
}

impl Editor {
    /// The text, lines joined with LF.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Its lines; at least one.
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Line and character of the cursor.
    pub fn cursor(&self) -> (usize, usize) {
        let at = self.area.cursor();
        (at.0, at.1)
    }

    /// Byte offset of the cursor in [`Editor::text`].
    pub fn cursor_offset(&self) -> usize {
        let (row, column) = self.cursor();
        let before: usize = self.lines().iter().take(row).map(|l| l.len() + 1).sum();
        let line = self
            .lines()
            .get(row)
            .map(String::as_str)
            .unwrap_or_default();
        before
            + line
                .char_indices()
                .nth(column)
                .map_or(line.len(), |(at, _)| at)
    }

    /// Whether the cursor is on the first line.
    pub fn on_first_line(&self) -> bool {
        self.cursor().0 == 0
    }

    /// Whether the cursor is on the last line.
    pub fn on_last_line(&self) -> bool {
        self.cursor().0 + 1 >= self.lines().len()
    }

    /// Replaces everything, the cursor at the end. Can be taken back with undo, unless the text was
    /// masked.
    pub fn set_text(&mut self, text: &str) {
        if self.masked {
            self.wipe();
        } else if !self.area.is_empty() {
            self.area.select_all();
            self.area.cut();
        }
        self.area.insert_str(cleaned(text).0);
        self.changed();
    }

    /// Empties it, and forgets what could be undone: after sending, and after a secret.
    pub fn wipe(&mut self) {
        let mask = self.masked;
        self.area = fresh(Vec::new());
        self.octets = 0;
        self.set_masked(mask);
    }

    /// Inserts text at the cursor. Control characters and others that cannot be shown are left out;
    /// returns how many.
    pub fn insert(&mut self, text: &str) -> Result<usize, EditError> {
        let octets = self.octets + text.len();
        if octets > LIMIT {
            return Err(EditError::TooLarge { octets });
        }
        let (clean, gone) = cleaned(text);
        self.area.insert_str(clean);
        self.changed();
        Ok(gone)
    }

    /// Replaces `range` (byte offsets of [`Editor::text`], on one line) by `text`.
    pub fn replace(&mut self, range: std::ops::Range<usize>, text: &str) {
        let whole = self.text();
        let (Some(before), Some(old)) = (whole.get(..range.start), whole.get(range.clone())) else {
            return;
        };
        let row = before.matches('\n').count();
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count();
        let (row, column) = (
            u16::try_from(row).unwrap_or(u16::MAX),
            u16::try_from(column).unwrap_or(u16::MAX),
        );
        self.area.move_cursor(CursorMove::Jump(row, column));
        self.area.delete_str(old.chars().count());
        self.area.insert_str(text);
        self.changed();
    }

    /// A new line.
    pub fn new_line(&mut self) {
        self.area.insert_newline();
        self.changed();
    }

    /// Takes the last change back.
    pub fn undo(&mut self) {
        self.area.undo();
        self.changed();
    }

    /// Deletes to the beginning of the line.
    pub fn delete_to_head(&mut self) {
        self.area.delete_line_by_head();
        self.changed();
    }

    /// Deletes the character at the cursor.
    pub fn delete_next(&mut self) {
        self.area.delete_next_char();
        self.changed();
    }

    /// The cursor one line up or down.
    pub fn line_up(&mut self) {
        self.area.move_cursor(CursorMove::Up);
    }

    /// One line down.
    pub fn line_down(&mut self) {
        self.area.move_cursor(CursorMove::Down);
    }

    /// A key that no binding took: a character, or one of readline's.
    pub fn key(&mut self, key: Key) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            // Tab characters are no part of IMAP; Enter is bound; Ctrl+M and Ctrl+R of the widget
            // mean other things here.
            KeyCode::Tab | KeyCode::BackTab | KeyCode::Enter => return,
            KeyCode::Char('m' | 'r' | 'j' | 'x' | 'c' | 'v') if control => return,
            KeyCode::Char(c) if key.modifiers.is_empty() && self.octets + c.len_utf8() > LIMIT => {
                return;
            }
            _ => {}
        }
        self.area.input(KeyEvent::new(key.code, key.modifiers));
        self.changed();
    }

    /// Shows `*` for each character, or the text.
    pub fn set_masked(&mut self, masked: bool) {
        if masked {
            self.area.set_mask_char('*');
        } else {
            self.area.clear_mask_char();
        }
        self.masked = masked;
    }

    /// Whether it shows `*`.
    pub fn is_masked(&self) -> bool {
        self.masked
    }

    fn changed(&mut self) {
        self.octets = self
            .area
            .lines()
            .iter()
            .map(|l| l.len() + 1)
            .sum::<usize>()
            .saturating_sub(1);
        let wanted = if self.area.lines().len() > WRAPPED_LINES {
            WrapMode::None
        } else {
            WrapMode::Glyph
        };
        if self.area.wrap_mode() != wanted {
            self.area.set_wrap_mode(wanted);
        }
    }

    /// Rows the text takes at this width, counted up to `cap`.
    pub fn rows(&self, width: u16, cap: u16) -> u16 {
        let mut rows = 0u16;
        for line in self.lines() {
            let columns = printable::width(line) + 1; // room for the cursor
            let more = columns.div_ceil(usize::from(width.max(1))).max(1);
            rows = rows.saturating_add(u16::try_from(more).unwrap_or(u16::MAX));
            if rows >= cap {
                return cap;
            }
        }
        rows.max(1)
    }

    /// Draws the text; returns where the cursor is, if it is on the screen.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, focused: bool) -> Option<Position> {
        if area.is_empty() {
            return None;
        }
        (&self.area).render(area, buffer);
        for position in area.positions() {
            if let Some(cell) = buffer.cell_mut(position) {
                if !focused {
                    cell.modifier.remove(Modifier::REVERSED);
                }
                // Whatever way it came in: nothing but safe text reaches the screen.
                if !printable::is_safe(cell.symbol()) {
                    cell.set_symbol("?");
                }
            }
        }
        let at = self.area.screen_cursor();
        let (top, left) = self.area.scroll_offset();
        let x = usize::from(area.x) + at.col.saturating_sub(usize::from(left));
        let y = usize::from(area.y) + at.row.saturating_sub(usize::from(top));
        let position = Position {
            x: u16::try_from(x).ok()?,
            y: u16::try_from(y).ok()?,
        };
        area.contains(position).then_some(position)
    }
}

/// `text` without what cannot be shown (line ends and tabs stay), and how many characters went.
fn cleaned(text: &str) -> (String, usize) {
    let kept =
        |c: &char| matches!(c, '\n' | '\t') || printable::is_safe(c.encode_utf8(&mut [0; 4]));
    let clean: String = text.chars().filter(kept).collect();
    let gone = text.chars().count() - clean.chars().count();
    (clean, gone)
}
