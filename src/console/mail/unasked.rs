//! What a message list makes of what the server says unasked: EXISTS, EXPUNGE, VANISHED and FETCH, from
//! whoever's doing they come.

use super::list::{MessageList, Order, narrow};
use crate::wire::SequenceSet;
use crate::wire::response::{Fetch, Untagged};
use crate::wire::sequence::SequenceNumber;

/// Most flags kept of one message.
const FLAGS: usize = 64;

impl MessageList {
    /// Untagged data about the open mailbox.
    pub fn apply(&mut self, data: &Untagged) {
        match data {
            Untagged::Exists(count) => self.exists_now(narrow(*count)),
            Untagged::Expunge(seq) => self.expunged(narrow(*seq)),
            Untagged::Vanished {
                earlier: false,
                uids,
            } => {
                if let Some(set) = SequenceSet::parse(uids.as_bytes()) {
                    self.vanished(&set);
                }
            }
            Untagged::Fetch(fetch) => self.flagged(fetch),
            _ => {}
        }
    }

    fn exists_now(&mut self, count: u32) {
        self.grown = self.grown.saturating_add(count.saturating_sub(self.exists));
        if count < self.exists {
            // Messages go by EXPUNGE only: which ones went is not known.
            self.known.clear();
            self.messages.clear();
        }
        self.exists = count;
        self.untold.clear();
        self.moves += 1;
        self.changed();
        self.clamp();
        self.in_sight();
    }

    fn expunged(&mut self, seq: u32) {
        if seq == 0 || seq > self.exists {
            return;
        }
        self.exists -= 1;
        let at = self.known.partition_point(|k| k.0 < seq);
        if self.known.get(at).is_some_and(|k| k.0 == seq) {
            let (_, uid) = self.known.remove(at);
            self.lost(uid);
        }
        for known in self.known.iter_mut().skip(at) {
            known.0 -= 1;
        }
        self.untold.clear();
        self.moves += 1;
        if !self.is_listed() {
            let row = seq as usize - 1;
            self.cursor -= usize::from(row < self.cursor);
            self.top -= usize::from(row < self.top);
        }
        self.changed();
        self.clamp();
        self.in_sight();
    }

    fn vanished(&mut self, set: &SequenceSet) {
        let ranges: Vec<(u64, u64)> = set
            .ranges()
            .iter()
            .filter_map(|range| match (range.from, range.to) {
                (SequenceNumber::Number(from), SequenceNumber::Number(to)) => {
                    Some((from.min(to), from.max(to).min(u64::from(u32::MAX))))
                }
                _ => None,
            })
            .filter(|(low, high)| low <= high)
            .collect();
        let below = |uid: u32| -> u64 {
            let uid = u64::from(uid);
            ranges
                .iter()
                .map(|(low, high)| (high + 1).min(uid).saturating_sub(*low))
                .fold(0, u64::saturating_add)
        };
        let is_in = |uid: u32| {
            let uid = u64::from(uid);
            ranges
                .iter()
                .any(|(low, high)| (*low..=*high).contains(&uid))
        };
        let all: u64 = ranges
            .iter()
            .map(|(low, high)| high - low + 1)
            .fold(0, u64::saturating_add);
        let at_cursor = self.uid_at_cursor();
        let lost: Vec<u32> = match &self.order {
            Order::Listed(places) => places.iter().map(|p| p.uid).filter(|u| is_in(*u)).collect(),
            Order::Mailbox => Vec::new(),
        };
        let known = std::mem::take(&mut self.known);
        for (seq, uid) in known {
            if is_in(uid) {
                self.lost(uid);
                continue;
            }
            // One that would get no number any more was told wrongly: it is learnt again.
            let moved = u64::from(seq).checked_sub(below(uid)).filter(|s| *s > 0);
            if let Some(seq) = moved.and_then(|s| u32::try_from(s).ok()) {
                self.known.push((seq, uid));
            }
        }
        lost.into_iter().for_each(|uid| self.lost(uid));
        self.marks.retain(|uid| !is_in(*uid));
        self.messages.retain(|uid, _| !is_in(*uid));
        self.exists = narrow(u64::from(self.exists).saturating_sub(all));
        self.untold.clear();
        self.moves += 1;
        if !self.is_listed()
            && let Some(uid) = at_cursor
        {
            let moved = usize::try_from(below(uid)).unwrap_or(usize::MAX);
            self.cursor = self.cursor.saturating_sub(moved);
            self.top = self.top.saturating_sub(moved);
        }
        self.changed();
        self.clamp();
        self.in_sight();
    }

    fn lost(&mut self, uid: u32) {
        self.messages.remove(&uid);
        self.marks.remove(&uid);
        if self.is_listed() {
            self.gone.insert(uid);
        }
    }

    fn flagged(&mut self, fetch: &Fetch) {
        let Ok(seq) = u32::try_from(fetch.seq) else {
            return;
        };
        if let Some(uid) = fetch.uid.and_then(|u| u32::try_from(u).ok()) {
            // Only where it corrects what is known: a list of all messages is not to be gathered here.
            if self.uid_of(seq).is_some() || self.seq_of(uid).is_some() {
                self.pair(seq, uid);
            }
        }
        let uid = fetch
            .uid
            .and_then(|u| u32::try_from(u).ok())
            .or_else(|| self.uid_of(seq));
        if let (Some(uid), Some(flags)) = (uid, &fetch.flags)
            && let Some(message) = self.messages.get_mut(&uid)
        {
            message.flags = flags.iter().take(FLAGS).cloned().collect();
            self.changed();
        }
    }

    /// Takes what is gone out of an order that was listed. Called once for many events.
    pub fn settle(&mut self) {
        if self.gone.is_empty() {
            return;
        }
        let gone = std::mem::take(&mut self.gone);
        if let Order::Listed(places) = &mut self.order {
            let mut before = (0, 0);
            let (cursor, top) = (self.cursor, self.top);
            let mut index = 0;
            places.retain(|place| {
                let stays = !gone.contains(&place.uid);
                if !stays {
                    before.0 += usize::from(index < cursor);
                    before.1 += usize::from(index < top);
                }
                index += 1;
                stays
            });
            self.cursor = cursor - before.0;
            self.top = top - before.1;
        }
        self.changed();
        self.clamp();
        self.in_sight();
    }
}
