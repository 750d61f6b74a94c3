//! vi's keys for the command editor (`--editing vi`): normal and insert mode, counts, motions, the operators
//! d c y, `.`, u and /. No visual mode, no registers, no marks. Pure: text and cursor in, edits out.
//!
//! To add a motion: an arm in `motion.rs`. To add a command: an arm in [`Vi::command`].

mod change;
mod motion;

use std::ops::Range;

use crossterm::event::KeyCode;

use super::keymap::Key;
use motion::{Find, Motion};

/// Largest count taken.
const COUNT: usize = 10_000;
/// Most keys of a change that `.` repeats.
const REPEATED: usize = 1_000;
/// Most changes that `u` takes back, and the largest text that is kept for it, in octets.
const CHANGES: usize = 200;
const KEPT: usize = 64 * 1024;

/// The mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Keys type: as a shell begins.
    #[default]
    Insert,
    /// Keys command.
    Normal,
}

/// What is to be done with the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// The cursor goes to this octet.
    Go(usize),
    /// These octets become this text; the cursor goes behind it.
    Replace(Range<usize>, String),
    /// The text and the cursor as they were.
    Restore(String, usize),
    /// The last edit is taken back.
    Undo,
    /// The line above, then the older command (true); or the other way.
    History(bool),
    /// Out of the editor.
    Leave,
    /// The palette.
    Palette,
    /// These keys come again.
    Again(Vec<Key>),
    /// A sentence.
    Say(String),
}

/// What the next key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waits {
    /// `f`, `F`, `t`, `T`: the character to find.
    Find { forward: bool, till: bool },
    /// `r`: the character to put there.
    Replace,
    /// `g`.
    Go,
}

/// vi's state between two keys.
#[derive(Debug, Clone, Default)]
pub struct Vi {
    /// The mode.
    pub mode: Mode,
    count: Option<usize>,
    operator: Option<char>,
    operator_count: Option<usize>,
    waits: Option<Waits>,
    /// What was deleted or yanked last; whole lines end in LF.
    register: String,
    found: Option<Find>,
    /// `/`, while it is typed.
    typed: Option<String>,
    sought: String,
    /// Keys of the change under way, and of the last one.
    change: Vec<Key>,
    last: Vec<Key>,
    changing: bool,
    /// Texts and cursors before each change: `u` takes a whole change back.
    before: Vec<(String, usize)>,
}

impl Vi {
    /// What the title shows.
    pub fn shown(&self) -> String {
        match (&self.typed, self.mode) {
            (Some(typed), _) => format!("/{typed}"),
            (None, Mode::Insert) => "INSERT".to_owned(),
            (None, Mode::Normal) => {
                let mut words = "NORMAL".to_owned();
                for count in [self.operator_count, self.count].into_iter().flatten() {
                    words.push_str(&format!(" {count}"));
                }
                words.extend(self.operator.map(|c| format!(" {c}")));
                words
            }
        }
    }

    /// A command was sent: what comes next is typed.
    pub fn sent(&mut self) {
        let register = std::mem::take(&mut self.register);
        let (last, found) = (std::mem::take(&mut self.last), self.found);
        *self = Vi {
            register,
            last,
            found,
            sought: std::mem::take(&mut self.sought),
            ..Vi::default()
        };
    }

    /// Takes a key; `None`: it is not vi's, and means what the bindings say.
    pub fn key(&mut self, key: Key, text: &str, at: usize) -> Option<Vec<Edit>> {
        let was = self.changing;
        let edits = self.take(key, text, at)?;
        let edited = edits.iter().any(|edit| matches!(edit, Edit::Replace(..)));
        if !was && (self.changing || edited) && text.len() <= KEPT {
            self.before.push((text.to_owned(), at));
            let over = self.before.len().saturating_sub(CHANGES);
            self.before.drain(..over);
        }
        self.remember(key);
        Some(edits)
    }

    /// In insert mode a key that typed something belongs to the change that `.` repeats.
    pub fn typed(&mut self, key: Key) {
        if self.changing && self.change.len() < REPEATED {
            self.change.push(key);
        }
    }

    fn remember(&mut self, key: Key) {
        if !self.changing {
            return;
        }
        self.typed(key);
        if self.mode == Mode::Normal && self.operator.is_none() && self.waits.is_none() {
            self.changing = false;
            self.last = std::mem::take(&mut self.change);
        }
    }

    fn take(&mut self, key: Key, text: &str, at: usize) -> Option<Vec<Edit>> {
        if self.typed.is_some() {
            return Some(self.seek(key, text, at));
        }
        if key.code == KeyCode::Esc {
            return Some(self.escape(text, at));
        }
        if self.mode == Mode::Insert {
            return None;
        }
        if let Some(c) = key.typed() {
            return Some(match self.waits.take() {
                Some(waits) => self.waited(waits, c, text, at),
                None => self.command(c, text, at),
            });
        }
        match key.code {
            KeyCode::Backspace if key.modifiers.is_empty() => Some(self.command('h', text, at)),
            KeyCode::Delete if key.modifiers.is_empty() => Some(self.command('x', text, at)),
            _ => None,
        }
    }

    fn escape(&mut self, text: &str, at: usize) -> Vec<Edit> {
        if self.mode == Mode::Insert {
            self.mode = Mode::Normal;
            // The cursor stands on a character now.
            return vec![Edit::Go(motion::left(text, at))];
        }
        let begun = self.operator.take().is_some() | self.waits.take().is_some();
        let counted = self.count.take().is_some() | self.operator_count.take().is_some();
        self.changing = false;
        self.change.clear();
        if begun || counted {
            return Vec::new();
        }
        vec![Edit::Leave]
    }

    /// The count, and none is left.
    fn counted(&mut self) -> usize {
        let (one, other) = (self.count.take(), self.operator_count.take());
        (one.unwrap_or(1) * other.unwrap_or(1)).min(COUNT)
    }

    fn begin_change(&mut self, c: char) {
        if self.changing {
            return;
        }
        self.changing = true;
        self.change.clear();
        let digits = self
            .count
            .map(|count| count.to_string())
            .unwrap_or_default();
        let _ = c;
        self.change.extend(digits.chars().map(|digit| Key {
            code: KeyCode::Char(digit),
            modifiers: crossterm::event::KeyModifiers::NONE,
        }));
    }

    fn insert(&mut self, edits: Vec<Edit>) -> Vec<Edit> {
        self.mode = Mode::Insert;
        self.count = None;
        edits
    }

    fn command(&mut self, c: char, text: &str, at: usize) -> Vec<Edit> {
        if c.is_ascii_digit() && (c != '0' || self.count.is_some()) {
            let digit = c as usize - '0' as usize;
            let count = self.count.unwrap_or(0) * 10 + digit;
            self.count = Some(count.min(COUNT));
            return Vec::new();
        }
        if matches!(c, 'd' | 'c' | 'y') && self.operator == Some(c) {
            let count = self.counted();
            self.operator = None;
            return self.lines(c, text, at, count);
        }
        if let Some(waits) = match c {
            'f' => Some(Waits::Find {
                forward: true,
                till: false,
            }),
            'F' => Some(Waits::Find {
                forward: false,
                till: false,
            }),
            't' => Some(Waits::Find {
                forward: true,
                till: true,
            }),
            'T' => Some(Waits::Find {
                forward: false,
                till: true,
            }),
            'g' => Some(Waits::Go),
            'r' if self.operator.is_none() => Some(Waits::Replace),
            _ => None,
        } {
            if c == 'r' {
                self.begin_change(c);
            }
            self.waits = Some(waits);
            return Vec::new();
        }
        if let Some(motion) = Motion::of(c, self.found) {
            return self.moves(motion, text, at);
        }
        if self.operator.take().is_some() {
            // No motion: nothing, rather than half of something.
            self.counted();
            self.changing = false;
            return Vec::new();
        }
        let line = motion::line(text, at);
        match c {
            'd' | 'c' | 'y' => {
                if c != 'y' {
                    self.begin_change(c);
                }
                self.operator = Some(c);
                self.operator_count = self.count.take();
                Vec::new()
            }
            'x' => self.cut(c, text, at, |at, n| at..motion::right_by(text, at, n)),
            'X' => self.cut(c, text, at, |at, n| motion::left_by(text, at, n)..at),
            'D' => self.cut(c, text, at, |at, _| at..line.end),
            's' => {
                let edits = self.cut(c, text, at, |at, n| at..motion::right_by(text, at, n));
                self.insert(edits)
            }
            'C' => {
                let edits = self.cut(c, text, at, |at, _| at..line.end);
                self.insert(edits)
            }
            'S' => {
                self.begin_change(c);
                let count = self.counted();
                self.lines('c', text, at, count)
            }
            'Y' => {
                let count = self.counted();
                self.lines('y', text, at, count)
            }
            'i' => self.begin_insert(c, at),
            'I' => self.begin_insert(c, motion::first_word(text, &line)),
            'a' => self.begin_insert(c, motion::right_by(text, at, 1)),
            'A' => self.begin_insert(c, line.end),
            'o' => {
                self.begin_change(c);
                self.insert(vec![Edit::Replace(line.end..line.end, "\n".to_owned())])
            }
            'O' => {
                self.begin_change(c);
                let above = Edit::Replace(line.start..line.start, "\n".to_owned());
                self.insert(vec![above, Edit::Go(line.start)])
            }
            'p' | 'P' => self.put(c, text, at),
            'J' => {
                self.begin_change(c);
                self.counted();
                match text.get(line.end..) {
                    Some(rest) if rest.starts_with('\n') => {
                        let spaces = rest.get(1..).unwrap_or_default();
                        let spaces = spaces.len() - spaces.trim_start_matches([' ', '\t']).len();
                        let range = line.end..line.end + 1 + spaces;
                        vec![Edit::Replace(range, " ".to_owned()), Edit::Go(line.end)]
                    }
                    _ => Vec::new(),
                }
            }
            '~' => {
                self.begin_change(c);
                let count = self.counted();
                let range = at..motion::right_by(text, at, count);
                let other: String = text
                    .get(range.clone())
                    .unwrap_or_default()
                    .chars()
                    .map(turned)
                    .collect();
                let end = range.start + other.len();
                vec![
                    Edit::Replace(range, other),
                    Edit::Go(end.min(motion::last(text, &line))),
                ]
            }
            'u' => {
                self.counted();
                // A change that was begun and came to nothing left no other text.
                while let Some((before, at)) = self.before.pop() {
                    if before != text {
                        return vec![Edit::Restore(before, at)];
                    }
                }
                vec![Edit::Undo]
            }
            '.' => {
                self.count = None;
                vec![Edit::Again(self.last.clone())]
            }
            'k' => vec![Edit::History(true); self.counted().min(100)],
            'j' => vec![Edit::History(false); self.counted().min(100)],
            '/' => {
                self.typed = Some(String::new());
                Vec::new()
            }
            ':' => vec![Edit::Palette],
            _ => {
                self.count = None;
                Vec::new()
            }
        }
    }

    fn begin_insert(&mut self, c: char, at: usize) -> Vec<Edit> {
        self.begin_change(c);
        self.insert(vec![Edit::Go(at)])
    }

    fn waited(&mut self, waits: Waits, c: char, text: &str, at: usize) -> Vec<Edit> {
        match waits {
            Waits::Find { forward, till } => {
                let find = Find { c, forward, till };
                self.found = Some(find);
                self.moves(Motion::Find(find), text, at)
            }
            Waits::Go if c == 'g' => self.moves(Motion::First, text, at),
            Waits::Go => Vec::new(),
            Waits::Replace => {
                let count = self.counted();
                let end = motion::right_by(text, at, count);
                let there = text.get(at..end).unwrap_or_default().chars().count();
                if there < count {
                    return Vec::new();
                }
                let new: String = std::iter::repeat_n(c, count).collect();
                let last = at + new.len() - c.len_utf8();
                vec![Edit::Replace(at..end, new), Edit::Go(last)]
            }
        }
    }

    /// A motion: the cursor goes there, or the operator takes what is between.
    fn moves(&mut self, motion: Motion, text: &str, at: usize) -> Vec<Edit> {
        let given = self.count.is_some();
        let count = self.counted();
        let operator = self.operator.take();
        // `cw` on a word is `ce`.
        let motion = match (operator, motion) {
            (Some('c'), Motion::Word { big }) if !motion::is_blank(text, at) => {
                Motion::WordEnd { big }
            }
            (_, motion) => motion,
        };
        let Some(target) = motion.target(text, at, count, given, &self.sought) else {
            self.changing = false;
            return Vec::new();
        };
        let Some(operator) = operator else {
            let line = motion::line(text, target);
            return vec![Edit::Go(target.min(motion::last(text, &line)))];
        };
        if motion.is_linewise() {
            let (from, to) = (at.min(target), at.max(target));
            let count = text.get(from..to).unwrap_or_default().matches('\n').count() + 1;
            return self.lines(operator, text, from, count);
        }
        let (from, mut to) = (at.min(target), at.max(target));
        if motion.is_inclusive() && target >= at {
            to = motion::right_char(text, to);
        }
        // dw on the last word of a line does not take the line end.
        if let Motion::Word { .. } = motion {
            to = to.min(motion::line(text, from).end.max(from));
        }
        self.operate(operator, text, from..to)
    }

    /// `/` is being typed.
    fn seek(&mut self, key: Key, text: &str, at: usize) -> Vec<Edit> {
        let Some(mut typed) = self.typed.take() else {
            return Vec::new();
        };
        match (key.code, key.typed()) {
            (KeyCode::Esc, _) => return Vec::new(),
            (KeyCode::Enter, _) => {
                if !typed.is_empty() {
                    self.sought = typed;
                }
                let edits = self.moves(Motion::Again { forward: true }, text, at);
                if edits.is_empty() {
                    return vec![Edit::Say(format!("{:?} is not in the text.", self.sought))];
                }
                return edits;
            }
            (KeyCode::Backspace, _) if typed.pop().is_none() => return Vec::new(),
            (KeyCode::Backspace, _) => {}
            (_, Some(c)) => typed.push(c),
            _ => {}
        }
        self.typed = Some(typed);
        Vec::new()
    }
}

/// The other case.
fn turned(c: char) -> char {
    if c.is_lowercase() {
        c.to_uppercase().next().unwrap_or(c)
    } else {
        c.to_lowercase().next().unwrap_or(c)
    }
}

/// `at`, or the character before it where it stands behind the last one of its line.
pub fn on_character(text: &str, at: usize) -> usize {
    let line = motion::line(text, at);
    at.min(motion::last(text, &line))
}
