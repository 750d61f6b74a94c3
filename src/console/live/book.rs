//! What was heard, in order and bounded: [`Happening`]s with numbers that never change. Sequence numbers in it are
//! kept right as messages go (RFC 9051 section 7.5.1), so that a message can be named when its UID comes.

use std::collections::{HashMap, VecDeque};
use std::time::SystemTime;

/// Most happenings kept; the oldest go.
pub const KEPT: usize = 2_000;
/// Longest text of one, in characters.
const LONGEST: usize = 300;
/// Most messages whose flags are remembered, to say what they were before.
const FLAGS: usize = 1_000;
/// How often the server is asked whose flags those are.
const TRIES: u8 = 2;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Something of the connection that listens: it ended, it listens again.
    Line,
    /// How many messages the open mailbox has.
    Count,
    /// A message came.
    New,
    /// The flags of a message changed.
    Flags,
    /// A message is gone.
    Gone,
    /// Another mailbox counts otherwise, or there is another one, or one less.
    Mailbox,
}

/// Something that happened. Hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// When it was heard.
    pub at: SystemTime,
    /// In which mailbox, as shown; empty: in none.
    pub mailbox: String,
    /// The same as sent: to go there. `None`: there is nowhere to go.
    pub name: Option<Vec<u8>>,
    /// What kind of thing.
    pub kind: Kind,
    /// What, without the message's name.
    pub what: String,
    /// The message's number now, as long as the mailbox is the one that is listened in.
    pub seq: Option<u64>,
    /// Its UID, once that is known.
    pub uid: Option<u64>,
    /// From and subject, decoded, once they are known.
    pub who: Option<(String, String)>,
    /// Its flags.
    flags: Option<Vec<String>>,
    /// How often the server was asked which message that is.
    tries: u8,
}

impl Happening {
    /// Of a mailbox, or of the line.
    pub fn new(at: SystemTime, kind: Kind, name: Option<&[u8]>, what: String) -> Happening {
        let mailbox = name.map(crate::model::name::shown).unwrap_or_default();
        Happening {
            at,
            mailbox: mailbox.chars().take(LONGEST).collect(),
            name: name.map(<[u8]>::to_vec),
            kind,
            what: what.chars().take(LONGEST).collect(),
            seq: None,
            uid: None,
            who: None,
            flags: None,
            tries: 0,
        }
    }

    /// ... about this message.
    pub fn of(mut self, seq: u64, uid: Option<u64>) -> Happening {
        self.seq = Some(seq);
        self.uid = uid;
        self
    }

    /// `483 FLAGS () -> (\Seen)  UID 1932  From: carol  "lunch?"`
    pub fn words(&self) -> String {
        let mut words = self.what.clone();
        let mut add = |text: &str| {
            if !words.is_empty() {
                words.push_str("  ");
            }
            words.push_str(text);
        };
        if let Some(uid) = self.uid {
            add(&format!("UID {uid}"));
        }
        if let Some((from, subject)) = &self.who {
            let from = if from.is_empty() { "nobody" } else { from };
            add(&format!("From: {from}  \"{subject}\""));
        }
        words
    }
}

/// All of them.
#[derive(Debug, Default)]
pub struct Book {
    all: VecDeque<Happening>,
    /// The number of the first that is kept.
    first: u64,
    /// Flags of messages by UID, in the mailbox that is listened in.
    flags: HashMap<u64, Vec<String>>,
}

impl Book {
    /// The number of the oldest that is kept.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The number behind the newest.
    pub fn end(&self) -> u64 {
        self.first + self.all.len() as u64
    }

    /// The one of this number, as long as it is kept.
    pub fn get(&self, number: u64) -> Option<&Happening> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.all.get(at)
    }

    /// The oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Happening> {
        self.all.iter()
    }

    /// One more.
    pub(super) fn push(&mut self, happening: Happening) {
        if self.all.len() >= KEPT {
            self.all.pop_front();
            self.first += 1;
        }
        self.all.push_back(happening);
    }

    /// The newest, to add to it what belongs to it.
    pub(super) fn last_mut(&mut self) -> Option<&mut Happening> {
        self.all.back_mut()
    }

    /// The flags of a message are these now; what changed, in words.
    pub(super) fn flagged(&mut self, uid: Option<u64>, seq: u64, flags: &[String]) -> String {
        let now = flags.join(" ");
        let uid = uid.or_else(|| self.uid_of(seq));
        let before = uid.and_then(|uid| self.remember(uid, flags));
        match before.map(|flags| flags.join(" ")) {
            Some(before) if before != now => format!("{seq} FLAGS ({before}) -> ({now})"),
            _ => format!("{seq} FLAGS ({now})"),
        }
    }

    /// Returns what they were.
    pub(super) fn remember(&mut self, uid: u64, flags: &[String]) -> Option<Vec<String>> {
        if self.flags.len() >= FLAGS && !self.flags.contains_key(&uid) {
            self.flags.clear();
        }
        self.flags.insert(uid, flags.to_vec())
    }

    fn uid_of(&self, seq: u64) -> Option<u64> {
        let mut named = self.all.iter().rev().filter(|h| h.seq == Some(seq));
        named.find_map(|h| h.uid)
    }

    /// A message is gone: which one it was, as far as that is known.
    pub(super) fn expunged(&mut self, seq: u64) -> (Option<u64>, Option<(String, String)>) {
        let (mut uid, mut who) = (None, None);
        for happening in &mut self.all {
            match happening.seq {
                Some(other) if other == seq => {
                    uid = uid.or(happening.uid);
                    who = who.or_else(|| happening.who.clone());
                    happening.seq = None;
                }
                Some(other) if other > seq => happening.seq = Some(other - 1),
                _ => {}
            }
        }
        if let Some(uid) = uid {
            self.flags.remove(&uid);
        }
        (uid, who)
    }

    /// Sequence numbers mean nothing any more: another mailbox, or VANISHED.
    pub(super) fn renumbered(&mut self) {
        for happening in &mut self.all {
            happening.seq = None;
        }
    }

    /// Another mailbox is opened.
    pub(super) fn left(&mut self) {
        self.renumbered();
        self.flags.clear();
    }

    /// The message of this number has this name.
    pub(super) fn named(&mut self, seq: u64, uid: Option<u64>, who: &(String, String)) {
        for happening in self.all.iter_mut().filter(|h| h.seq == Some(seq)) {
            happening.uid = happening.uid.or(uid);
            if happening.who.is_none() {
                happening.who = Some(who.clone());
            }
        }
    }

    /// At most so many numbers of messages of which only the flags are known, to be asked for; the newest.
    pub(super) fn unnamed(&mut self, most: usize) -> Vec<u64> {
        let mut seqs = Vec::new();
        let open = |h: &&mut Happening| h.kind == Kind::Flags && h.who.is_none();
        for happening in self.all.iter_mut().rev().filter(open) {
            let Some(seq) = happening.seq.filter(|_| happening.tries < TRIES) else {
                continue;
            };
            if seqs.contains(&seq) {
                happening.tries += 1;
                continue;
            }
            if seqs.len() >= most {
                break;
            }
            happening.tries += 1;
            seqs.push(seq);
        }
        seqs
    }
}
