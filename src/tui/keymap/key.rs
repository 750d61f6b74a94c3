//! A key, its name in bindings and config files, and how the screen shows it.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The keys that have a name, as bindings and config files write them.
pub const NAMES: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("esc", KeyCode::Esc),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("ins", KeyCode::Insert),
    ("del", KeyCode::Delete),
    ("bs", KeyCode::Backspace),
];

/// The highest F-key that a terminal can tell.
const F_KEYS: u8 = 24;

/// A key as bindings name it: Shift is in the character, not beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Ctrl, Alt, and Shift where it is not in the character.
    pub modifiers: KeyModifiers,
}

impl Key {
    /// From the terminal's event.
    pub fn new(event: KeyEvent) -> Key {
        let kept = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        Key {
            code: event.code,
            modifiers: event.modifiers & kept,
        }
        .normalised()
    }

    fn normalised(mut self) -> Key {
        match self.code {
            KeyCode::Char(c) => {
                if self.modifiers.contains(KeyModifiers::CONTROL) {
                    // A terminal sends one octet, 0x1f, for Ctrl+_, Ctrl+/ and Ctrl+7.
                    let c = match c {
                        '7' | '/' => '_',
                        c => c.to_ascii_lowercase(),
                    };
                    self.code = KeyCode::Char(c);
                } else if self.modifiers.contains(KeyModifiers::SHIFT) {
                    self.code = KeyCode::Char(c.to_ascii_uppercase());
                }
                self.modifiers.remove(KeyModifiers::SHIFT);
            }
            KeyCode::BackTab => self.modifiers.remove(KeyModifiers::SHIFT),
            KeyCode::Tab if self.modifiers.contains(KeyModifiers::SHIFT) => {
                self = Key {
                    code: KeyCode::BackTab,
                    modifiers: KeyModifiers::NONE,
                };
            }
            _ => {}
        }
        self
    }

    /// From its name: `c-j`, `ctrl-j`, `^j`, `alt-enter`, `shift-f6`, `G`.
    pub fn parse(name: &str) -> Option<Key> {
        let (mut rest, mut modifiers) = (name, KeyModifiers::NONE);
        loop {
            if let Some(after) = rest.strip_prefix('^').filter(|after| !after.is_empty()) {
                modifiers |= KeyModifiers::CONTROL;
                rest = after;
                continue;
            }
            let Some((word, after)) = rest.split_once('-').filter(|(_, after)| !after.is_empty())
            else {
                break;
            };
            modifiers |= match word.to_ascii_lowercase().as_str() {
                "c" | "ctrl" => KeyModifiers::CONTROL,
                "alt" | "m" => KeyModifiers::ALT,
                "s" | "shift" => KeyModifiers::SHIFT,
                _ => return None,
            };
            rest = after;
        }
        let mut letters = rest.chars();
        let code = match (letters.next(), letters.next()) {
            (Some(c), None) => KeyCode::Char(c),
            _ => Key::named(&rest.to_ascii_lowercase())?,
        };
        Some(Key { code, modifiers }.normalised())
    }

    fn named(name: &str) -> Option<KeyCode> {
        if let Some((_, code)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Some(*code);
        }
        let number: u8 = name.strip_prefix('f')?.parse().ok()?;
        (1..=F_KEYS).contains(&number).then_some(KeyCode::F(number))
    }

    /// Its name, which [`Key::parse`] takes: `c-j`.
    pub fn name(self) -> String {
        let mut name = String::new();
        for (modifier, prefix) in [
            (KeyModifiers::CONTROL, "c-"),
            (KeyModifiers::ALT, "alt-"),
            (KeyModifiers::SHIFT, "s-"),
        ] {
            if self.modifiers.contains(modifier) {
                name.push_str(prefix);
            }
        }
        match (NAMES.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((known, _)), _) => name.push_str(known),
            (None, KeyCode::Char(c)) => name.push(c),
            (None, KeyCode::F(number)) => name.push_str(&format!("f{number}")),
            (None, _) => {}
        }
        name
    }

    /// The character it types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str(if matches!(self.code, KeyCode::Char(' ')) {
                "Ctrl+"
            } else {
                "^"
            })?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("Alt+")?;
        }
        if self.modifiers.contains(KeyModifiers::SHIFT) {
            f.write_str("Shift+")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                write!(f, "{}", c.to_ascii_uppercase())
            }
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "F{n}"),
            KeyCode::BackTab => f.write_str("Shift+Tab"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::Delete => f.write_str("Del"),
            KeyCode::Backspace => f.write_str("Backspace"),
            other => write!(f, "{other:?}"),
        }
    }
}
