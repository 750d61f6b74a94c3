//! The sidebar. No single letter changes anything on the server: Enter opens with EXAMINE, all else
//! is written into the editor.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::layout::{Focus, Shape};
use super::super::state::State;
use super::issue;
use crate::console::{Ask, Asker};
use crate::model::Children;

pub(super) fn update(state: &mut State, action: Action) -> Vec<Effect> {
    let count = state.sidebar.rows().len();
    let page = usize::from(state.layout().sidebar.map_or(1, |pane| pane.height / 2)).max(1);
    let last = count.saturating_sub(1);
    let cursor = state.sidebar.cursor;
    match action {
        Action::Up => state.sidebar.cursor = cursor.saturating_sub(1),
        Action::Down => state.sidebar.cursor = (cursor + 1).min(last),
        Action::PageUp => state.sidebar.cursor = cursor.saturating_sub(page),
        Action::PageDown => state.sidebar.cursor = (cursor + page).min(last),
        Action::Top => state.sidebar.cursor = 0,
        Action::Bottom => state.sidebar.cursor = last,
        Action::OpenMailbox => return open(state),
        Action::SelectMailbox => {
            if let Some(name) = state
                .sidebar
                .name_at_cursor(state.console.model().mailboxes())
            {
                let text = state.console.select_text(&name);
                issue::write(state, (!text.is_empty()).then_some(text));
            }
        }
        Action::IntoEditor => issue::divert(state),
        Action::Unfold => {
            let unfolded = at_cursor(state).is_some_and(|m| m.unfolded);
            return fold(state, !unfolded);
        }
        Action::Expand => return fold(state, true),
        Action::Collapse => {
            if at_cursor(state).is_some_and(|m| m.unfolded && m.has_children) {
                return fold(state, false);
            }
            // To the mailbox above: the nearest row before with a smaller depth.
            let rows = state.sidebar.rows();
            let depth = rows.get(cursor).map_or(0, |r| r.depth);
            if let Some(parent) = rows
                .get(..cursor)
                .and_then(|before| before.iter().rposition(|r| r.depth < depth))
            {
                state.sidebar.cursor = parent;
            }
        }
        Action::Back if std::mem::take(&mut state.into_editor) => {}
        Action::Back => {
            state.focus = Focus::Editor;
            // Where it lies over the transcript it goes with the focus.
            if state.layout().shape == Shape::Stacked && state.sidebar_wish == Some(true) {
                state.sidebar_wish = None;
            }
        }
        Action::Paste(text) => {
            state.focus = Focus::Editor;
            return super::editor::update(state, Action::Paste(text));
        }
        _ => {}
    }
    Vec::new()
}

struct AtCursor {
    name: Vec<u8>,
    unfolded: bool,
    has_children: bool,
}

fn at_cursor(state: &State) -> Option<AtCursor> {
    let row = state.sidebar.rows().get(state.sidebar.cursor)?;
    let mailbox = state.console.model().mailboxes().get(row.id)?;
    Some(AtCursor {
        unfolded: state.sidebar.is_unfolded(&mailbox.name),
        has_children: mailbox.children != Children::None,
        name: mailbox.name.clone(),
    })
}

fn fold(state: &mut State, unfold: bool) -> Vec<Effect> {
    let Some(at) = at_cursor(state).filter(|m| m.has_children) else {
        return Vec::new();
    };
    if state.into_editor {
        let asks = state.console.asks_below(&at.name);
        return issue::issue(state, asks).1;
    }
    let asks = match unfold {
        true => state.console.to_unfold(&at.name),
        false => Vec::new(),
    };
    state.sidebar.set_unfolded(&at.name, unfold);
    let mut effects = Vec::new();
    if !asks.is_empty() {
        state.console.unfolded(&at.name);
        effects = issue::issue(state, asks).1;
    }
    state.sidebar.refresh(state.console.model().mailboxes());
    effects
}

fn open(state: &mut State) -> Vec<Effect> {
    let mailboxes = state.console.model().mailboxes();
    let Some(row) = state.sidebar.rows().get(state.sidebar.cursor) else {
        return Vec::new();
    };
    let Some(mailbox) = mailboxes.get(row.id) else {
        return Vec::new();
    };
    if !mailbox.selectable {
        return match at_cursor(state).is_some_and(|m| m.has_children) {
            true => {
                let unfolded = at_cursor(state).is_some_and(|m| m.unfolded);
                fold(state, !unfolded)
            }
            false => {
                state.message = Some(
                    "This is no mailbox, only a level of the hierarchy: it cannot be opened."
                        .to_owned(),
                );
                Vec::new()
            }
        };
    }
    let utf8 = crate::catalog::accepts_utf8(state.console.model());
    let ask = Ask::new(Asker::Selected, "EXAMINE").mailbox(&mailbox.name, utf8);
    issue::issue(state, vec![ask]).1
}
