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
    /// Counts the changes of text and cursor.
    revision: u64,
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
            revision: 0,
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

    /// Octets of the text.
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// Another number after each change of text or cursor.
    pub fn revision(&self) -> u64 {
        self.revision
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
        self.offset(self.cursor())
    }

    /// Whether nothing stands behind the cursor.
    pub fn at_end(&self) -> bool {
        let (row, column) = self.cursor();
        self.on_last_line()
            && self
                .lines()
                .get(row)
                .is_none_or(|line| line.chars().nth(column).is_none())
    }

    /// Line and character of byte offset `at` of [`Editor::text`].
    fn place(&self, at: usize) -> (usize, usize) {
        let mut left = at;
        for (row, line) in self.lines().iter().enumerate() {
            if left <= line.len() {
                let before = line.get(..left).unwrap_or(line);
                return (row, before.chars().count());
            }
            left -= line.len() + 1;
        }
        let row = self.lines().len().saturating_sub(1);
        (row, self.lines().last().map_or(0, |l| l.chars().count()))
    }

    /// Byte offset of a line and character.
    fn offset(&self, (row, column): (usize, usize)) -> usize {
        let before: usize = self.lines().iter().take(row).map(|l| l.len() + 1).sum();
        let line = self.lines().get(row).map_or("", String::as_str);
        let inside = line.char_indices().nth(column);
        before + inside.map_or(line.len(), |(at, _)| at)
    }

    /// The selected octets of [`Editor::text`].
    pub fn selection(&self) -> Option<std::ops::Range<usize>> {
        let (from, to) = self.area.selection_range()?;
        Some(self.offset(from)..self.offset(to))
    }

    /// Puts the cursor before byte offset `at`; a selection ends.
    pub fn go_to(&mut self, at: usize) {
        self.area.cancel_selection();
        let (row, column) = self.place(at);
        self.area.move_cursor(CursorMove::Jump(
            u16::try_from(row).unwrap_or(u16::MAX),
            u16::try_from(column).unwrap_or(u16::MAX),
        ));
        self.moved();
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
        self.moved();
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

    /// Replaces `range` (byte offsets of [`Editor::text`]) by `text`, the cursor behind it.
    pub fn replace(&mut self, range: std::ops::Range<usize>, text: &str) {
        let whole = self.text();
        let Some(old) = whole.get(range.clone()) else {
            return;
        };
        self.go_to(range.start);
        if !old.is_empty() {
            self.area.delete_str(old.chars().count());
        }
        self.area.insert_str(cleaned(text).0);
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
        self.move_by(CursorMove::Up);
    }

    /// One line down.
    pub fn line_down(&mut self) {
        self.move_by(CursorMove::Down);
    }

    /// One character on.
    pub fn right(&mut self) {
        self.move_by(CursorMove::Forward);
    }

    /// To the end of the line.
    pub fn line_end(&mut self) {
        self.move_by(CursorMove::End);
    }

    fn move_by(&mut self, to: CursorMove) {
        self.area.cancel_selection();
        self.area.move_cursor(to);
        self.moved();
    }

    fn moved(&mut self) {
        self.revision = self.revision.wrapping_add(1);
    }

    /// Puts the cursor to a place of the screen, where the text was drawn into `area`.
    pub fn click(&mut self, area: Rect, at: Position) {
        let (top, left) = self.area.scroll_offset();
        let row = usize::from(top) + usize::from(at.y.saturating_sub(area.y));
        let column = usize::from(left) + usize::from(at.x.saturating_sub(area.x));
        let place = self.area.screen_to_data(row, column);
        self.go_to(self.offset((place.0, place.1)));
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
        self.moved();
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
    ///
    /// `spans` is asked for the styles of the octets that are on the screen, the later over the earlier.
    pub fn draw(
        &self,
        area: Rect,
        buffer: &mut Buffer,
        focused: bool,
        spans: &dyn Fn(std::ops::Range<usize>) -> Vec<(std::ops::Range<usize>, Style)>,
    ) -> Option<Position> {
        if area.is_empty() {
            return None;
        }
        (&self.area).render(area, buffer);
        if !self.masked && !self.is_empty() {
            self.paint(area, buffer, &spans(self.visible(area.height)));
        }
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

impl Editor {
    /// The octets of the text that are on the screen, by whole lines; valid once it was drawn there.
    pub fn visible(&self, height: u16) -> std::ops::Range<usize> {
        let (top, _) = self.area.scroll_offset();
        let first = self.area.screen_to_data(usize::from(top), 0);
        let last = self
            .area
            .screen_to_data(usize::from(top) + usize::from(height), 0);
        let start = self.offset((first.0, 0));
        let end = self.offset((last.0, usize::MAX));
        start..end.max(start)
    }

    /// Where octet `at` of the text is on the screen, if it is, where it was drawn into `area`.
    pub fn place_of(&self, at: usize, area: Rect) -> Option<Position> {
        let wanted = self.place(at);
        let (top, left) = self.area.scroll_offset();
        for y in 0..area.height {
            let row = usize::from(top) + usize::from(y);
            let first = self.area.screen_to_data(row, usize::from(left));
            if (first.0, first.1) > wanted {
                return None;
            }
            let next = self.area.screen_to_data(row + 1, 0);
            if (next.0, next.1) <= wanted && (next.0, next.1) != (first.0, first.1) {
                continue;
            }
            for x in 0..area.width {
                let here = self
                    .area
                    .screen_to_data(row, usize::from(left) + usize::from(x));
                if (here.0, here.1) == wanted {
                    return Some(Position {
                        x: area.x + x,
                        y: area.y + y,
                    });
                }
            }
        }
        None
    }

    /// Colours over the drawn text. Only the letters change, so the selection's ground and the reversed
    /// cursor stay; each cell is asked which character it shows, so wrapped lines and wide characters are
    /// right.
    fn paint(&self, area: Rect, buffer: &mut Buffer, spans: &[(std::ops::Range<usize>, Style)]) {
        let (top, left) = self.area.scroll_offset();
        let mut line: Option<(usize, Vec<Option<Style>>)> = None;
        let mut before = None;
        for y in 0..area.height {
            let start = self
                .area
                .screen_to_data(usize::from(top) + usize::from(y), 0);
            // Rows past the text clamp to the last one.
            if before == Some((start.0, start.1)) {
                break;
            }
            before = Some((start.0, start.1));
            for x in 0..area.width {
                let column = usize::from(left) + usize::from(x);
                let at = self
                    .area
                    .screen_to_data(usize::from(top) + usize::from(y), column);
                if line.as_ref().is_none_or(|(row, _)| *row != at.0) {
                    line = Some((at.0, self.styles(at.0, spans)));
                }
                let style = line.as_ref().and_then(|(_, styles)| styles.get(at.1));
                let cell = buffer.cell_mut((area.x + x, area.y + y));
                if let (Some(Some(style)), Some(cell)) = (style, cell) {
                    if let Some(fg) = style.fg {
                        cell.set_fg(fg);
                    }
                    cell.modifier.insert(style.add_modifier);
                }
            }
        }
    }

    /// A style for each character of a line.
    fn styles(&self, row: usize, spans: &[(std::ops::Range<usize>, Style)]) -> Vec<Option<Style>> {
        let start = self.offset((row, 0));
        let line = self.lines().get(row).map_or("", String::as_str);
        let mut styles: Vec<Option<Style>> = Vec::with_capacity(line.len());
        for (at, _) in line.char_indices() {
            let at = start + at;
            let over = spans
                .iter()
                .filter(|(range, _)| range.contains(&at))
                .map(|(_, style)| *style)
                .reduce(Style::patch);
            styles.push(over);
        }
        styles
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
