//! The keys that move a cursor in a list, the same in every pane.

use super::super::action::Action;

/// Whether `action` is one of them.
pub(super) fn moves(action: &Action) -> bool {
    matches!(
        action,
        Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::Top
            | Action::Bottom
    )
}

/// Where `action` takes a cursor that stands `at`, in a list whose last place is `last`; not around the ends.
pub(super) fn moved(action: &Action, at: usize, page: usize, last: usize) -> usize {
    match action {
        Action::Up => at.saturating_sub(1),
        Action::Down => at.saturating_add(1).min(last),
        Action::PageUp => at.saturating_sub(page),
        Action::PageDown => at.saturating_add(page).min(last),
        Action::Top => 0,
        Action::Bottom => last,
        _ => at,
    }
}
