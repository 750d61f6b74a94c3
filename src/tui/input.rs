//! Terminal events to [`Input`]: releases dropped, line ends of pastes normalised, and pastes found
//! where the terminal does not mark them.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};

use super::keymap::Key;

/// What the terminal told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted; line ends are LF.
    Paste(String),
    /// The screen has this many columns and rows.
    Resize(u16, u16),
    /// The mouse, where it is taken: what it did, and the column and row of the screen.
    Mouse(Mouse, u16, u16),
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// The left button went down.
    Click,
    /// The wheel turned one notch up.
    Up,
    /// One notch down.
    Down,
}

/// Whether the terminal marks pastes (bracketed paste), so that an Enter is an Enter.
/// `term` and `tmux` are the environment's TERM and TMUX.
pub fn marks_pastes(term: &str, tmux: bool) -> bool {
    // The Linux console, the old VTs and GNU screen (TERM=screen without TMUX) do not.
    let without = ["linux", "dumb", "ansi", "vt", "cons", "sun", "screen", "wy"];
    tmux || !(term.is_empty() || without.iter().any(|name| term.starts_with(name)))
}

/// Turns the events that came at once into inputs. With `marks_pastes` false, an Enter with more
/// input already waiting behind it is a new line of a paste, never "send".
pub fn gather(events: Vec<Event>, marks_pastes: bool) -> Vec<Input> {
    let mut inputs = Vec::new();
    let mut run = String::new();
    let mut waiting = events.len();
    for event in events {
        waiting -= 1;
        match event {
            Event::Key(key) if key.kind == KeyEventKind::Release => {}
            Event::Key(key) => match typed(key, !marks_pastes && waiting > 0) {
                Some(c) => run.push(c),
                None => {
                    flush(&mut run, &mut inputs);
                    inputs.push(Input::Key(Key::new(key)));
                }
            },
            Event::Paste(text) => {
                flush(&mut run, &mut inputs);
                inputs.push(Input::Paste(normalised(&text)));
            }
            Event::Resize(columns, rows) => {
                flush(&mut run, &mut inputs);
                inputs.push(Input::Resize(columns, rows));
            }
            Event::Mouse(event) => {
                flush(&mut run, &mut inputs);
                let what = match event.kind {
                    MouseEventKind::Down(MouseButton::Left) => Mouse::Click,
                    MouseEventKind::ScrollUp => Mouse::Up,
                    MouseEventKind::ScrollDown => Mouse::Down,
                    _ => continue,
                };
                inputs.push(Input::Mouse(what, event.column, event.row));
            }
            Event::FocusGained | Event::FocusLost => {}
        }
    }
    flush(&mut run, &mut inputs);
    inputs
}

/// The character of a key that may be part of an unmarked paste.
fn typed(key: KeyEvent, enter_too: bool) -> Option<char> {
    match key.code {
        KeyCode::Char(c) if (key.modifiers - KeyModifiers::SHIFT).is_empty() => Some(c),
        KeyCode::Enter if enter_too && key.modifiers.is_empty() => Some('\n'),
        _ => None,
    }
}

/// A run without a line end is typing (single letters must reach the bindings of a pane); with one it
/// is a paste.
fn flush(run: &mut String, inputs: &mut Vec<Input>) {
    let run = std::mem::take(run);
    if run.contains('\n') {
        inputs.push(Input::Paste(run));
    } else {
        let keys = run.chars().map(|c| Key {
            code: KeyCode::Char(c),
            modifiers: KeyModifiers::NONE,
        });
        inputs.extend(keys.map(Input::Key));
    }
}

/// Terminals send CR for the line ends inside a bracketed paste; text from files has CRLF or LF.
pub(super) fn normalised(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode) -> Event {
        Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn an_enter_with_input_behind_it_is_a_line_end_where_pastes_are_not_marked() {
        let events = vec![
            press(KeyCode::Char('a')),
            press(KeyCode::Enter),
            press(KeyCode::Char('b')),
            press(KeyCode::Enter),
        ];
        let enter = Input::Key(Key {
            code: KeyCode::Enter,
            modifiers: KeyModifiers::NONE,
        });
        assert_eq!(
            gather(events.clone(), false),
            [Input::Paste("a\nb".into()), enter.clone()]
        );
        assert_eq!(
            gather(events, true).iter().filter(|i| **i == enter).count(),
            2
        );
    }

    #[test]
    fn line_ends_of_a_paste_are_normalised() {
        assert_eq!(
            gather(vec![Event::Paste("a\rb\r\nc\nd".into())], true),
            [Input::Paste("a\nb\nc\nd".into())]
        );
    }

    #[test]
    fn terminals_that_mark_pastes() {
        assert!(marks_pastes("xterm-256color", false));
        assert!(marks_pastes("screen-256color", true));
        assert!(!marks_pastes("screen", false));
        assert!(!marks_pastes("linux", false));
    }
}
