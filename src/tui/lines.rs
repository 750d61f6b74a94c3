//! The ways to the connection tasks: one for each tab that has a connection.

use std::future::poll_fn;
use std::task::Poll;

use super::Connector;
use super::tabs::TabId;
use crate::channel::{Notice, Plan, Request};
use crate::link;

/// Most events that are taken before keys are asked for again: some milliseconds.
const EVENTS: usize = 1_000;

pub(super) struct Lines {
    connector: Connector,
    open: Vec<(TabId, link::Handle)>,
    /// Of one that said more than can be taken at once: the rest.
    rest: Option<(TabId, Notice)>,
    /// Who is asked first the next time, so that one flood does not hide the others.
    turn: usize,
}

impl Lines {
    pub(super) fn new(connector: Connector) -> Lines {
        Lines {
            connector,
            open: Vec::new(),
            rest: None,
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
        self.rest.take_if(|(of, _)| *of == id);
    }

    /// Whether it could be sent.
    pub(super) fn send(&mut self, id: TabId, request: Request) -> bool {
        let line = self.open.iter().find(|(of, _)| *of == id);
        line.is_some_and(|(_, handle)| handle.requests.send(request).is_ok())
    }

    /// The next notice of a connection, or a part of it; waits for one. Nothing is lost if it is not waited
    /// for to the end.
    pub(super) async fn notice(&mut self) -> (TabId, Notice) {
        let (id, notice) = match self.rest.take() {
            Some(rest) => rest,
            None => self.whole().await,
        };
        let (now, later) = parted(notice);
        self.rest = later.map(|later| (id, later));
        (id, now)
    }

    async fn whole(&mut self) -> (TabId, Notice) {
        poll_fn(|context| {
            let mut index = 0;
            while index < self.open.len() {
                let count = self.open.len();
                let at = (self.turn + index) % count;
                let Some((id, handle)) = self.open.get_mut(at) else {
                    break;
                };
                match handle.notices.poll_recv(context) {
                    Poll::Ready(None) => {
                        // It has ended, and has said so before.
                        self.open.remove(at);
                    }
                    Poll::Ready(Some(notice)) => {
                        let id = *id;
                        self.turn = at + 1;
                        return Poll::Ready((id, notice));
                    }
                    Poll::Pending => index += 1,
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// What is taken now, and what later.
fn parted(notice: Notice) -> (Notice, Option<Notice>) {
    match notice {
        Notice::Events { at, mut events } if events.len() > EVENTS => {
            let later = events.split_off(EVENTS);
            let later = Notice::Events { at, events: later };
            (Notice::Events { at, events }, Some(later))
        }
        notice => (notice, None),
    }
}
