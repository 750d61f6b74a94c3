//! IDLE (RFC 2177), and the script that lets a message arrive while you look.

use std::time::{Duration, Instant};

use super::arguments::Arguments;
use super::{Completion, Outcome};
use crate::demo::conversation::Conversation;
use crate::demo::date::Moment;
use crate::demo::names::Who;
use crate::demo::seed;
use crate::demo::store::Store;

/// From the begin of IDLE to the first delivery.
pub const FIRST_DELIVERY: Duration = Duration::from_secs(4);
/// Between the deliveries after it.
pub const NEXT_DELIVERY: Duration = Duration::from_secs(90);
/// An IDLE that begins so soon after the last one goes on with it.
const SAME_IDLE: Duration = Duration::from_secs(2);
/// Then it is enough, in all sessions together.
const MOST_DELIVERIES: usize = 1000;

/// IDLE
pub fn idle(_: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.end()?;
    Ok(Completion::Idle)
}

/// When the next message comes for whoever idles.
#[derive(Debug, Clone, Copy)]
pub struct Script {
    due: Option<Instant>,
}

impl Script {
    /// IDLE begins; one that goes on behind a FETCH or the like brings no more mail by that.
    pub fn new(conversation: &Conversation) -> Script {
        let now = conversation.now;
        let goes_on = |ended: Instant| now.saturating_duration_since(ended) < SAME_IDLE;
        match conversation.idled {
            Some((ended, due)) if goes_on(ended) => Script { due },
            _ => Script {
                due: Some(now + FIRST_DELIVERY),
            },
        }
    }

    /// When [`Script::handle_timeout`] wants to be called.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Delivers if it is time.
    pub fn handle_timeout(&mut self, now: Instant, conversation: &mut Conversation) {
        if self.due.is_none_or(|due| now < due) {
            return;
        }
        self.due = Some(now + NEXT_DELIVERY);
        let Some(who) = conversation.who.clone() else {
            return;
        };
        let at = conversation.wall();
        let store = conversation.store.clone();
        let mut store = store.lock();
        let target = target(&store, &who, conversation.view.as_ref().map(|view| view.id));
        if !deliver(&mut store, &target, at) {
            self.due = None;
        }
    }
}

/// Where a message would arrive: the selected mailbox if it is the user's own and not for sent mail and
/// the like, else INBOX.
fn target(store: &Store, who: &Who, selected: Option<u64>) -> String {
    let selected = selected.and_then(|id| Some((store.name_of(id)?, store.by_id(id)?)));
    match selected {
        Some((name, mailbox)) if who.owns(name) && mailbox.special_use.is_none() => name.to_owned(),
        _ => who.inbox(),
    }
}

fn deliver(store: &mut Store, internal: &str, at: Moment) -> bool {
    if store.deliveries >= MOST_DELIVERIES || store.mailbox(internal).is_none() {
        return false;
    }
    let message = seed::scripted(store.deliveries, at);
    if store.fits(internal, message.size(), 1).is_err() {
        return false;
    }
    store.deliveries += 1;
    store.deliver(internal, message).is_some()
}
