//! The ways to the connection tasks: one for each tab that has a connection.

use std::future::poll_fn;
use std::task::Poll;

use super::Connector;
use super::tabs::TabId;
use crate::channel::{Notice, Plan, Request};
use crate::link;

/// Most notices taken before the screen is drawn.
const NOTICES: usize = 64;

pub(super) struct Lines {
    connector: Connector,
    open: Vec<(TabId, link::Handle)>,
    /// Who is asked first the next time, so that one flood does not hide the others.
    turn: usize,
}

impl Lines {
    pub(super) fn new(connector: Connector) -> Lines {
        Lines {
            connector,
            open: Vec::new(),
            turn: 0,
        }
    }

    pub(super) fn connect(&mut self, id: TabId, plan: Plan) {
        // The old task closes its connection when its requests end.
        self.drop(id);
        let handle = (self.connector)(plan);
        self.open.push((id, handle));
    }

    /// A connection of no tab.
    pub(super) fn apart(&mut self, plan: Plan) -> link::Handle {
        (self.connector)(plan)
    }

    pub(super) fn drop(&mut self, id: TabId) {
        self.open.retain(|(of, _)| *of != id);
    }

    /// Whether it could be sent.
    pub(super) fn send(&mut self, id: TabId, request: Request) -> bool {
        let line = self.open.iter().find(|(of, _)| *of == id);
        line.is_some_and(|(_, handle)| handle.requests.send(request).is_ok())
    }

    /// The notices that one connection has; waits for the first. Nothing is lost if it is not waited for
    /// to the end.
    pub(super) async fn notices(&mut self) -> (TabId, Vec<Notice>) {
        poll_fn(|context| {
            let mut index = 0;
            while index < self.open.len() {
                let count = self.open.len();
                let at = (self.turn + index) % count;
                let Some((id, handle)) = self.open.get_mut(at) else {
                    break;
                };
                let mut notices = Vec::new();
                match handle
                    .notices
                    .poll_recv_many(context, &mut notices, NOTICES)
                {
                    Poll::Ready(0) => {
                        // It has ended, and has said so before.
                        self.open.remove(at);
                    }
                    Poll::Ready(_) => {
                        let id = *id;
                        self.turn = at + 1;
                        return Poll::Ready((id, notices));
                    }
                    Poll::Pending => index += 1,
                }
            }
            Poll::Pending
        })
        .await
    }
}
