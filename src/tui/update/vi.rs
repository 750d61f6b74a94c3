//! vi's keys in the editor: what `vi.rs` wants is done here.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::input::Input;
use super::super::keymap::Key;
use super::super::layout::Focus;
use super::super::state::State;
use super::super::vi::{Edit, Mode};
use super::{editor, palette};

/// Takes a key before the bindings do; `None`: it is not vi's.
pub(super) fn input(state: &mut State, key: Key) -> Option<Vec<Effect>> {
    let elsewhere = state.popup.is_some() || state.focus != Focus::Editor || state.prefix.is_some();
    if elsewhere || state.editor.is_masked() {
        return None;
    }
    let vi = state.vi.as_mut()?;
    let (text, at) = (state.editor.text(), state.editor.cursor_offset());
    match vi.key(key, &text, at) {
        Some(edits) => {
            state.message = None;
            Some(apply(state, edits))
        }
        None => {
            if vi.mode == Mode::Insert {
                vi.typed(key);
            }
            None
        }
    }
}

fn apply(state: &mut State, edits: Vec<Edit>) -> Vec<Effect> {
    let mut effects = Vec::new();
    for edit in edits {
        match edit {
            Edit::Go(at) => state.editor.go_to(at),
            Edit::Replace(range, text) => state.editor.replace(range, &text),
            Edit::Restore(text, at) => {
                state.editor.set_text(&text);
                state.editor.go_to(at);
            }
            Edit::Undo => state.editor.undo(),
            Edit::History(back) => {
                let action = match back {
                    true => Action::HistoryPrevious,
                    false => Action::HistoryNext,
                };
                effects.extend(editor::update(state, action));
            }
            Edit::Leave => effects.extend(super::update(state, Action::Back)),
            Edit::Palette => palette::open(state, ""),
            Edit::Say(sentence) => state.message = Some(sentence),
            Edit::Again(keys) => {
                for key in keys {
                    effects.extend(super::input(state, Input::Key(key)));
                }
            }
        }
    }
    let text = state.editor.text();
    if state.confirm.as_ref().is_some_and(|c| c.text != text) {
        state.confirm = None;
    }
    // In normal mode the cursor stands on a character, not behind the last.
    if state.vi.as_ref().is_some_and(|vi| vi.mode == Mode::Normal) {
        let at = state.editor.cursor_offset();
        let on = super::super::vi::on_character(&text, at);
        if on != at {
            state.editor.go_to(on);
        }
    }
    effects
}
