//! The connections that listen: one for each tab that wants one (F7).

use super::{Order, TabId, Tabs};
use crate::channel::{Notice, Plan, Request};

impl Tabs {
    /// Opens one for this tab.
    pub(super) fn listen(&mut self, owner: TabId, plan: Box<Plan>) -> Vec<Order> {
        let mut orders = self.stop_listening(owner);
        let id = TabId(self.made);
        self.made += 1;
        let session = self.next_session();
        self.lives.push((id, owner, session));
        orders.push(Order::Connect(id, plan));
        orders
    }

    /// Drops the one of this tab.
    pub(super) fn stop_listening(&mut self, owner: TabId) -> Vec<Order> {
        self.lives
            .extract_if(.., |(_, of, _)| *of == owner)
            .map(|(id, ..)| Order::Drop(id))
            .collect()
    }

    /// Sends to the one of this tab.
    pub(super) fn send_live(&self, owner: TabId, request: Request) -> Option<Order> {
        let live = self.lives.iter().find(|(_, of, _)| *of == owner);
        live.map(|(id, ..)| Order::Send(*id, request))
    }

    /// Takes a notice if it is one of a connection that listens.
    pub(super) fn heard(&mut self, id: TabId, notice: Notice) -> Result<Vec<Order>, Notice> {
        let live = self.lives.iter().find(|(live, ..)| *live == id).copied();
        let Some((_, owner, session)) = live else {
            return Err(notice);
        };
        let Some(index) = self.index_of(owner) else {
            return Ok(Vec::new());
        };
        self.record_as(index, session, &notice);
        let effects = self.get_mut(index).state.heard(notice);
        Ok(self.perform(owner, effects))
    }
}
