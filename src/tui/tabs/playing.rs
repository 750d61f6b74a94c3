//! What goes on beside the screen for a tab: runs of snippets, and errands.

use super::{Order, Session, Start, TabId, Tabs};
use crate::tui::errand::Brought;
use crate::tui::playing::Told;

impl Tabs {
    /// Takes what the run of a tab tells.
    pub fn told(&mut self, id: TabId, told: Told) -> Vec<Order> {
        let Some(index) = self.index_of(id) else {
            return Vec::new();
        };
        let effects = self.get_mut(index).state.told(told);
        self.perform(id, effects)
    }

    /// Takes what was done beside the screen for a tab.
    pub fn brought(&mut self, id: TabId, brought: Brought) -> Vec<Order> {
        let Some(index) = self.index_of(id) else {
            return Vec::new();
        };
        let effects = self.get_mut(index).state.brought(brought);
        self.perform(id, effects)
    }

    /// A run as who is logged in in this tab.
    pub(super) fn play(&mut self, id: TabId, start: Box<Start>) -> Option<Order> {
        let state = &self.get(self.index_of(id)?).state;
        let session = Session {
            plan: state.plan.clone()?,
            safe: state.console.safe_mode(),
        };
        Some(Order::Play(id, start, Box::new(session)))
    }
}
