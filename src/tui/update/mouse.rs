//! The mouse, where it is taken: a click goes there, the wheel scrolls.

use ratatui::layout::Position;

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::input::Mouse;
use super::super::keymap::Context;
use super::super::layout::Focus;
use super::super::state::State;
use super::popup;

/// Rows that one notch of the wheel moves.
const NOTCH: usize = 3;

pub(super) fn update(state: &mut State, what: Mouse, column: u16, row: u16) -> Vec<Effect> {
    let at = Position { x: column, y: row };
    if let Some(context) = state.popup.as_ref().map(|popup| popup.context()) {
        return in_popup(state, context, what);
    }
    let layout = state.layout();
    let panes = [
        (layout.sidebar, Focus::Sidebar),
        (layout.editor, Focus::Editor),
        (layout.events, Focus::Events),
        (layout.messages, Focus::Messages),
        (layout.message, Focus::Message),
        (layout.transcript, Focus::Transcript),
    ];
    // The sidebar may lie over the transcript, so it is asked first.
    let hit = panes
        .into_iter()
        .find_map(|(pane, focus)| Some((pane.filter(|pane| pane.contains(at))?, focus)));
    let Some((pane, focus)) = hit else {
        return Vec::new();
    };
    match what {
        Mouse::Click => {
            state.focus = focus;
            if focus == Focus::Editor && !state.editor.is_masked() {
                let mut text = layout.inside(pane);
                let question = state.question_height(text.width).min(text.height);
                text.y += question;
                text.height -= question;
                if text.contains(at) {
                    state.editor.click(text, at);
                }
            }
            Vec::new()
        }
        Mouse::Up | Mouse::Down => {
            let action = match (focus, what) {
                (Focus::Editor, Mouse::Up) => Action::HistoryPrevious,
                (Focus::Editor, _) => Action::HistoryNext,
                (_, Mouse::Up) => Action::Up,
                (_, _) => Action::Down,
            };
            // The wheel moves in a long text; it does not leaf through the history.
            if focus == Focus::Editor {
                let edge = match what {
                    Mouse::Up => state.editor.on_first_line(),
                    _ => state.editor.on_last_line(),
                };
                if edge {
                    return Vec::new();
                }
            }
            let before = std::mem::replace(&mut state.focus, focus);
            let mut effects = Vec::new();
            for _ in 0..NOTCH {
                effects.extend(super::update(state, action.clone()));
            }
            state.focus = before;
            effects
        }
    }
}

fn in_popup(state: &mut State, context: Context, what: Mouse) -> Vec<Effect> {
    let lists = matches!(context, Context::Completion | Context::Palette);
    let (action, times) = match (context, what) {
        (_, Mouse::Click) => return Vec::new(),
        (Context::Help | Context::Chooser, Mouse::Up) => (Action::Up, NOTCH),
        (Context::Help | Context::Chooser, Mouse::Down) => (Action::Down, NOTCH),
        // In the history the older ones are above.
        (Context::History, Mouse::Up) => (Action::Next, 1),
        (Context::History, Mouse::Down) => (Action::Previous, 1),
        (_, Mouse::Up) if lists => (Action::Previous, 1),
        (_, Mouse::Down) if lists => (Action::Next, 1),
        _ => return Vec::new(),
    };
    let mut effects = Vec::new();
    for _ in 0..times {
        if state.popup.is_some() {
            effects.extend(popup::update(state, action.clone()));
        }
    }
    effects
}
