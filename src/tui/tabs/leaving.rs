//! Leaving: all tabs, or the one that is done.

use super::{Order, TabId, Tabs};
use crate::tui::{Outcome, update};

impl Tabs {
    pub(super) fn quit_others(&mut self, than: TabId, politely: bool) -> Vec<Order> {
        self.leaving.get_or_insert(Outcome::Done);
        let ids: Vec<TabId> = self.all().map(|t| t.id).filter(|id| *id != than).collect();
        let mut orders = Vec::new();
        for id in ids {
            let Some(index) = self.index_of(id) else {
                continue;
            };
            let state = &mut self.get_mut(index).state;
            let effects = match politely {
                true if state.farewell.is_some() => {
                    // It is logging out to close, or to reconnect: now to leave.
                    state.leave_after_logout();
                    Vec::new()
                }
                true => update::quit_this(state),
                false => update::leave_this_now(state),
            };
            orders.extend(self.perform(id, effects));
        }
        orders
    }

    /// A tab is done; with the last one the program ends, in the worst way that any of them did.
    pub(super) fn leave(&mut self, id: TabId, outcome: Outcome) -> Vec<Order> {
        let worst = match self.leaving {
            Some(before) if outcome == Outcome::Done => before,
            _ => outcome,
        };
        if self.more.is_empty() {
            return vec![Order::Leave(worst)];
        }
        if self.leaving.is_some() {
            self.leaving = Some(worst);
        }
        self.remove(id)
    }
}
