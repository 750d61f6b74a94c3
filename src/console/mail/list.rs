//! The messages of the open mailbox as rows: what is known of them, where the cursor is, what is marked.
//!
//! Everything is kept by UID. A sequence number is kept beside it only as long as it is right: EXPUNGE and
//! VANISHED move those behind (RFC 9051 section 7.5.1). Memory is bounded: messages far from the screen are
//! forgotten and fetched again.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use crate::decode::summary::Summary;
use crate::wire::SequenceSet;

/// Most messages whose row is kept.
const KEPT: usize = 4_000;
/// Most marks.
pub const MARKS: usize = 100_000;
/// Most rows asked for at once.
const AT_ONCE: usize = 200;
/// Most messages a mailbox may be said to have (RFC 9051 section 9: nz-number is 32 bits wide).
const MOST: u64 = u32::MAX as u64;

/// What is known of a message. Hostile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// FLAGS.
    pub flags: Vec<String>,
    /// RFC822.SIZE.
    pub size: Option<u64>,
    /// INTERNALDATE as sent.
    pub arrived: String,
    /// From, decoded.
    pub from: String,
    /// Subject, decoded.
    pub subject: String,
}

/// A place in an order that is not the mailbox's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// UID.
    pub uid: u32,
    /// How deep in its thread.
    pub depth: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Order {
    /// By sequence number.
    #[default]
    Mailbox,
    /// As SORT, SEARCH or THREAD listed them.
    Listed(Vec<Place>),
}

/// Rows to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// From this sequence number to that one.
    Sequence(u32, u32),
    /// These UIDs.
    Uids(Vec<u32>),
}

impl Wanted {
    /// The set as a command names it.
    pub fn set(&self) -> String {
        match self {
            Wanted::Sequence(from, to) if from == to => from.to_string(),
            Wanted::Sequence(from, to) => format!("{from}:{to}"),
            Wanted::Uids(uids) => set_of(uids.iter().copied()),
        }
    }
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'l> {
    /// Its sequence number, if known.
    pub seq: Option<u32>,
    /// Its UID, if known.
    pub uid: Option<u32>,
    /// What is known of it; `None`: not fetched yet.
    pub message: Option<&'l Message>,
    /// Marked.
    pub marked: bool,
    /// How deep in its thread.
    pub depth: u8,
    /// It was asked for, and the server told nothing.
    pub untold: bool,
}

/// The list.
#[derive(Debug, Clone, Default)]
pub struct MessageList {
    pub(super) exists: u32,
    /// Sequence number and UID, both ascending.
    pub(super) known: Vec<(u32, u32)>,
    pub(super) messages: HashMap<u32, Message>,
    /// UIDs in the order they came, to forget the oldest.
    pub(super) came: VecDeque<u32>,
    pub(super) order: Order,
    /// Messages that are gone and still in `order`.
    pub(super) gone: HashSet<u32>,
    /// Asked for and not told: sequence numbers or UIDs, as `order` names rows.
    pub(super) untold: HashSet<u32>,
    pub(super) marks: BTreeSet<u32>,
    /// Messages that came since the order was listed.
    pub(super) grown: u32,
    pub(super) cursor: usize,
    pub(super) top: usize,
    pub(super) height: usize,
    pub(super) version: u64,
    /// Changes whenever sequence numbers move.
    pub(super) moves: u64,
}

impl MessageList {
    /// Of a mailbox with so many messages; the cursor is on the last one.
    pub fn new(exists: u64) -> MessageList {
        let mut list = MessageList {
            exists: narrow(exists),
            ..MessageList::default()
        };
        list.cursor = list.len().saturating_sub(1);
        list
    }

    /// The mailbox was opened anew and is the same one (its UIDs still hold): marks and cursor stay, sequence
    /// numbers are learnt again.
    pub fn opened_again(&mut self, exists: u64) {
        self.exists = narrow(exists);
        self.known.clear();
        self.messages.clear();
        self.untold.clear();
        self.changed();
        self.clamp();
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match &self.order {
            Order::Mailbox => self.exists as usize,
            Order::Listed(places) => places.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Messages in the mailbox.
    pub fn exists(&self) -> u32 {
        self.exists
    }

    /// Messages that came since the order was listed and so are not in it.
    pub fn grown(&self) -> u32 {
        match self.order {
            Order::Mailbox => 0,
            Order::Listed(_) => self.grown,
        }
    }

    /// Whether it is in an order of SORT, SEARCH or THREAD.
    pub fn is_listed(&self) -> bool {
        matches!(self.order, Order::Listed(_))
    }

    /// Index of the row at the cursor.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Rows of the screen.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Index of the first row on the screen.
    pub fn top(&self) -> usize {
        self.top
    }

    /// Rows whose message is kept: for those who watch memory.
    pub fn kept(&self) -> usize {
        self.messages.len()
    }

    /// Changes whenever sequence numbers move.
    pub fn moves(&self) -> u64 {
        self.moves
    }

    /// Changes whenever anything does.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Moves the cursor.
    pub fn go_to(&mut self, row: usize) {
        self.cursor = row;
        self.clamp();
        self.in_sight();
    }

    /// The screen has so many rows for it.
    pub fn set_height(&mut self, height: usize) {
        self.height = height;
        self.in_sight();
    }

    pub(super) fn in_sight(&mut self) {
        let height = self.height.max(1);
        self.top = self.top.min(self.len().saturating_sub(height));
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
    }

    pub(super) fn clamp(&mut self) {
        self.cursor = self.cursor.min(self.len().saturating_sub(1));
    }

    pub(super) fn changed(&mut self) {
        self.version += 1;
    }

    /// A row; `None` behind the last one.
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        let (seq, uid, depth, name) = match &self.order {
            Order::Mailbox => {
                let seq = u32::try_from(index)
                    .ok()
                    .and_then(|i| i.checked_add(1))
                    .filter(|seq| *seq <= self.exists)?;
                (Some(seq), self.uid_of(seq), 0, seq)
            }
            Order::Listed(places) => {
                let place = places.get(index)?;
                (
                    self.seq_of(place.uid),
                    Some(place.uid),
                    place.depth,
                    place.uid,
                )
            }
        };
        Some(Row {
            seq,
            uid,
            message: uid.and_then(|uid| self.messages.get(&uid)),
            marked: uid.is_some_and(|uid| self.marks.contains(&uid)),
            depth,
            untold: self.untold.contains(&name),
        })
    }

    /// The UID of a sequence number, if known.
    pub fn uid_of(&self, seq: u32) -> Option<u32> {
        let at = self.known.binary_search_by_key(&seq, |k| k.0).ok()?;
        self.known.get(at).map(|k| k.1)
    }

    /// The sequence number of a UID, if known.
    pub fn seq_of(&self, uid: u32) -> Option<u32> {
        let at = self.known.binary_search_by_key(&uid, |k| k.1).ok()?;
        self.known.get(at).map(|k| k.0)
    }

    /// What is known of a UID's message.
    pub fn message(&self, uid: u32) -> Option<&Message> {
        self.messages.get(&uid)
    }

    /// The UID at the cursor, if known.
    pub fn uid_at_cursor(&self) -> Option<u32> {
        self.row(self.cursor).and_then(|row| row.uid)
    }

    // Marks.

    /// Marks the row at the cursor, or takes its mark away; false: its UID is not known yet.
    pub fn toggle_mark(&mut self) -> bool {
        let Some(uid) = self.uid_at_cursor() else {
            return false;
        };
        if !self.marks.remove(&uid) && self.marks.len() < MARKS {
            self.marks.insert(uid);
        }
        self.changed();
        true
    }

    /// Marks all rows of an order that was listed; how many are marked now. `None`: in the mailbox's own
    /// order UIDs are not known before they are fetched.
    pub fn mark_listed(&mut self) -> Option<usize> {
        let Order::Listed(places) = &self.order else {
            return None;
        };
        for place in places {
            if self.marks.len() >= MARKS {
                break;
            }
            self.marks.insert(place.uid);
        }
        self.changed();
        Some(self.marks.len())
    }

    /// Takes all marks away; false: there was none.
    pub fn clear_marks(&mut self) -> bool {
        self.changed();
        !std::mem::take(&mut self.marks).is_empty()
    }

    /// Number of marks.
    pub fn marked(&self) -> usize {
        self.marks.len()
    }

    /// The marked UIDs as a sequence set; `None`: nothing is marked.
    pub fn marked_set(&self) -> Option<String> {
        (!self.marks.is_empty()).then(|| set_of(self.marks.iter().copied()))
    }

    /// The same; without marks the one at the cursor.
    pub fn chosen(&self) -> Option<String> {
        let marked = self.marked_set();
        marked.or_else(|| Some(self.uid_at_cursor()?.to_string()))
    }

    /// The rows are these, as SORT, SEARCH or THREAD listed them. The cursor stays on its message if that
    /// is among them.
    pub fn listed(&mut self, places: Vec<Place>) {
        let uid = self.uid_at_cursor();
        let at = uid.and_then(|uid| places.iter().position(|p| p.uid == uid));
        self.order = Order::Listed(places);
        self.gone.clear();
        self.untold.clear();
        self.grown = 0;
        self.cursor = at.unwrap_or(0);
        self.top = self.cursor.saturating_sub(self.height / 2);
        self.changed();
        self.in_sight();
    }

    /// Back to the mailbox's own order.
    pub fn unlisted(&mut self) {
        let seq = self.uid_at_cursor().and_then(|uid| self.seq_of(uid));
        self.order = Order::Mailbox;
        self.gone.clear();
        self.untold.clear();
        self.cursor = seq.map_or(self.exists as usize, |seq| seq as usize - 1);
        self.changed();
        self.clamp();
        self.top = self.cursor.saturating_sub(self.height / 2);
        self.in_sight();
    }

    // What the screen needs.

    /// What of the rows on the screen is not known yet, or else of those around them (`ahead`).
    pub fn wanted(&self, ahead: bool) -> Option<Wanted> {
        let height = self.height.clamp(1, AT_ONCE);
        let seen = self.top..(self.top + height).min(self.len());
        self.missing(seen).or_else(|| {
            let below = (self.top + height)..(self.top + 3 * height).min(self.len());
            let above = self.top.saturating_sub(2 * height)..self.top;
            ahead.then(|| self.missing(below).or_else(|| self.missing(above)))?
        })
    }

    fn missing(&self, rows: std::ops::Range<usize>) -> Option<Wanted> {
        let lacks = |index: &usize| {
            self.row(*index)
                .is_some_and(|row| row.message.is_none() && !row.untold)
        };
        let first = rows.clone().find(lacks)?;
        match &self.order {
            Order::Mailbox => {
                let last = rows.rev().find(lacks)?.min(first + AT_ONCE - 1);
                Some(Wanted::Sequence(
                    narrow(first as u64 + 1),
                    narrow(last as u64 + 1),
                ))
            }
            Order::Listed(places) => {
                let uids = rows
                    .filter(lacks)
                    .filter_map(|i| places.get(i))
                    .map(|p| p.uid);
                Some(Wanted::Uids(uids.take(AT_ONCE).collect()))
            }
        }
    }

    /// A row was fetched.
    pub fn fetched(&mut self, summary: Summary) {
        let (Some(uid), Ok(seq)) = (
            summary.uid.and_then(|u| u32::try_from(u).ok()),
            u32::try_from(summary.seq),
        ) else {
            return;
        };
        self.pair(seq, uid);
        let known = self.messages.entry(uid).or_default();
        if let Some(flags) = summary.flags {
            known.flags = flags;
        }
        if summary.envelope {
            known.size = summary.size;
            known.arrived = summary.arrived;
            known.from = summary.from;
            known.subject = summary.subject;
            self.came.push_back(uid);
        }
        self.forget_some();
        self.changed();
    }

    /// The server has answered; what of `wanted` it told nothing about is not asked for again. A UID that it
    /// knows nothing of is gone.
    pub fn answered(&mut self, wanted: &Wanted) {
        match wanted {
            // Rows have other names by now.
            Wanted::Sequence(..) if self.is_listed() => {}
            Wanted::Sequence(from, to) => {
                for seq in *from..=*to {
                    let told = self
                        .uid_of(seq)
                        .is_some_and(|u| self.messages.contains_key(&u));
                    if !told && self.untold.len() < KEPT {
                        self.untold.insert(seq);
                    }
                }
            }
            Wanted::Uids(uids) => {
                let lost: Vec<u32> = uids
                    .iter()
                    .copied()
                    .filter(|uid| !self.messages.contains_key(uid))
                    .collect();
                for uid in lost {
                    self.marks.remove(&uid);
                    self.gone.insert(uid);
                }
            }
        }
        self.changed();
    }

    /// What was not told may be asked for again.
    pub fn ask_again(&mut self) {
        self.untold.clear();
        self.changed();
    }

    fn forget_some(&mut self) {
        while self.messages.len() > KEPT {
            let Some(uid) = self.came.pop_front() else {
                break;
            };
            self.messages.remove(&uid);
        }
        // A message that was fetched twice stands there twice.
        if self.came.len() > 2 * KEPT {
            let messages = &self.messages;
            let mut seen = HashSet::new();
            self.came
                .retain(|uid| messages.contains_key(uid) && seen.insert(*uid));
        }
        if self.known.len() > 2 * KEPT {
            let (messages, marks) = (&self.messages, &self.marks);
            self.known
                .retain(|(_, uid)| messages.contains_key(uid) || marks.contains(uid));
        }
    }

    /// The message `seq` has this UID; what cannot be true beside that is forgotten.
    pub(super) fn pair(&mut self, seq: u32, uid: u32) {
        // RFC 9051 section 9: both are nz-numbers.
        if seq == 0 || uid == 0 {
            return;
        }
        let from = self.known.partition_point(|(s, u)| *s < seq && *u < uid);
        let to = self.known.partition_point(|(s, u)| *s <= seq || *u <= uid);
        self.known.splice(from..to.max(from), [(seq, uid)]);
    }
}

pub(super) fn narrow(count: u64) -> u32 {
    u32::try_from(count.min(MOST)).unwrap_or(u32::MAX)
}

fn set_of(uids: impl Iterator<Item = u32>) -> String {
    SequenceSet::from_numbers(uids.map(u64::from)).to_string()
}
