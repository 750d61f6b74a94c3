//! The mailbox that is open, kept true by what the server says unasked (RFC 9051 sections 6.3.2, 7.3, 7.4, 7.5).

use crate::wire::response::{Fetch, ResponseCode, Untagged};

use super::name;

/// Most flags kept of one list.
const FLAGS: usize = 1_000;

/// The open mailbox. What the server has not told is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SelectedMailbox {
    /// Its name as sent.
    pub name: Vec<u8>,
    /// Its name as shown, modified UTF-7 decoded. Hostile: show it through `tui/printable.rs`.
    pub shown: String,
    /// Opened by EXAMINE, or said to be READ-ONLY.
    pub read_only: bool,
    /// Number of messages.
    pub exists: Option<u64>,
    /// Messages with \Recent.
    pub recent: Option<u64>,
    /// Number of messages without \Seen: only STATUS tells it.
    pub unseen: Option<u64>,
    /// Sequence number of the first message without \Seen.
    pub first_unseen: Option<u64>,
    /// UIDVALIDITY.
    pub uid_validity: Option<u64>,
    /// UIDNEXT; at least this if [`SelectedMailbox::uid_next_stale`].
    pub uid_next: Option<u64>,
    /// Messages have come since UIDNEXT was told.
    pub uid_next_stale: bool,
    /// HIGHESTMODSEQ, or the highest MODSEQ seen since.
    pub highest_mod_seq: Option<u64>,
    /// The server keeps no mod-sequences here (NOMODSEQ).
    pub no_mod_seq: bool,
    /// Octets of all messages (STATUS SIZE, RFC 8438).
    pub size: Option<u64>,
    /// What the counters were when it was opened; of those that came later, when they came.
    pub at_open: Counters,
    /// The UIDVALIDITY that was told before this one: no UID seen then means anything now.
    pub validity_before: Option<u64>,
    /// FLAGS: those in use.
    pub flags: Vec<String>,
    /// PERMANENTFLAGS: those that can be kept; `None`: not told, so all (RFC 9051 section 7.1).
    pub permanent_flags: Option<Vec<String>>,
}

/// What counts up and down while a mailbox is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Counters {
    pub exists: Option<u64>,
    pub recent: Option<u64>,
    pub unseen: Option<u64>,
    pub uid_next: Option<u64>,
    pub highest_mod_seq: Option<u64>,
    pub size: Option<u64>,
}

impl SelectedMailbox {
    /// The counters as they are.
    pub fn counters(&self) -> Counters {
        Counters {
            exists: self.exists,
            recent: self.recent,
            unseen: self.unseen,
            uid_next: self.uid_next,
            highest_mod_seq: self.highest_mod_seq,
            size: self.size,
        }
    }

    /// It is open: changes count from here. `known`: its UIDVALIDITY when it was open before.
    pub(super) fn begin(&mut self, known: Option<u64>) {
        self.at_open = self.counters();
        self.validity_before = known.filter(|k| self.uid_validity.is_some_and(|now| now != *k));
    }

    /// A counter that was not told before counts from what it is first told to be.
    fn begin_late(&mut self) {
        let now = self.counters();
        let old = &mut self.at_open;
        for (old, now) in [
            (&mut old.recent, now.recent),
            (&mut old.unseen, now.unseen),
            (&mut old.uid_next, now.uid_next),
            (&mut old.highest_mod_seq, now.highest_mod_seq),
            (&mut old.size, now.size),
        ] {
            *old = old.or(now);
        }
    }

    fn valid(&mut self, value: u64) {
        if let Some(before) = self.uid_validity.replace(value)
            && before != value
        {
            self.validity_before = Some(before);
        }
    }

    pub(super) fn set_name(&mut self, name: &[u8]) {
        self.name = name.to_vec();
        // `select inbox` opens what the tree calls INBOX.
        self.shown = if name::is_inbox(name) {
            "INBOX".to_owned()
        } else {
            name::shown(name)
        };
    }

    /// A response code, from an untagged OK or from the tagged one.
    pub(super) fn code(&mut self, code: &ResponseCode) {
        match code {
            ResponseCode::PermanentFlags(flags) => self.permanent_flags = Some(bounded(flags)),
            ResponseCode::UidNext(uid) => {
                self.uid_next = Some(*uid);
                self.uid_next_stale = false;
            }
            ResponseCode::UidValidity(value) => self.valid(*value),
            ResponseCode::Unseen(seq) => self.first_unseen = Some(*seq),
            ResponseCode::HighestModSeq(value) => {
                self.highest_mod_seq = Some(*value);
                self.no_mod_seq = false;
            }
            ResponseCode::NoModSeq => {
                self.highest_mod_seq = None;
                self.no_mod_seq = true;
            }
            ResponseCode::ReadOnly => self.read_only = true,
            ResponseCode::ReadWrite => self.read_only = false,
            _ => {}
        }
    }

    /// Untagged data about messages.
    pub(super) fn apply(&mut self, data: &Untagged) {
        match data {
            Untagged::Flags(flags) => self.flags = bounded(flags),
            Untagged::Exists(count) => self.exists(*count),
            Untagged::Recent(count) => self.recent = Some(*count),
            Untagged::Expunge(seq) => self.expunged(*seq),
            Untagged::Vanished {
                earlier: false,
                uids,
            } => {
                if let Some(count) = self.exists.as_mut() {
                    *count = count.saturating_sub(count_uids(uids));
                }
                // Which sequence numbers moved is not known.
                self.first_unseen = None;
                self.unseen = None;
            }
            Untagged::Fetch(fetch) => self.fetched(fetch),
            _ => {}
        }
    }

    /// STATUS of the open mailbox.
    pub(super) fn counted(&mut self, items: &[(String, u64)]) {
        for (item, value) in items {
            match item.to_ascii_uppercase().as_str() {
                "MESSAGES" => self.exists = Some(*value),
                "RECENT" => self.recent = Some(*value),
                "UNSEEN" => self.unseen = Some(*value),
                "UIDNEXT" => {
                    self.uid_next = Some(*value);
                    self.uid_next_stale = false;
                }
                "UIDVALIDITY" => self.valid(*value),
                "HIGHESTMODSEQ" => self.highest_mod_seq = Some(*value),
                "SIZE" => self.size = Some(*value),
                _ => {}
            }
        }
        self.begin_late();
    }

    fn exists(&mut self, count: u64) {
        if let Some(before) = self.exists.replace(count)
            && count > before
        {
            self.uid_next = self.uid_next.map(|uid| uid.saturating_add(count - before));
            self.uid_next_stale = true;
            self.unseen = None;
        }
    }

    fn expunged(&mut self, seq: u64) {
        if let Some(count) = self.exists.as_mut() {
            *count = count.saturating_sub(1);
        }
        self.unseen = None;
        self.first_unseen = match self.first_unseen {
            Some(first) if seq < first => Some(first - 1),
            Some(first) if seq == first => None,
            other => other,
        };
    }

    fn fetched(&mut self, fetch: &Fetch) {
        if let Some(uid) = fetch.uid
            && self.uid_next.is_some_and(|next| uid >= next)
        {
            self.uid_next = uid.checked_add(1);
            self.uid_next_stale = true;
        }
        if let Some(value) = fetch.modseq {
            self.highest_mod_seq = Some(self.highest_mod_seq.unwrap_or(0).max(value));
        }
        if let Some(flags) = &fetch.flags {
            let seen = flags.iter().any(|f| f.eq_ignore_ascii_case("\\Seen"));
            self.first_unseen = match self.first_unseen {
                // It was read, so the next one is not known.
                Some(first) if seen && fetch.seq == first => None,
                Some(first) if !seen && fetch.seq < first => Some(fetch.seq),
                other => other,
            };
        }
    }
}

fn bounded(flags: &[String]) -> Vec<String> {
    flags.iter().take(FLAGS).cloned().collect()
}

/// Number of UIDs in a uid-set (`41,43:116`).
fn count_uids(set: &str) -> u64 {
    let count = |range: &str| {
        let (from, to) = range.split_once(':').unwrap_or((range, range));
        let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
        Some(from.abs_diff(to).saturating_add(1))
    };
    set.split(',')
        .filter_map(count)
        .fold(0, u64::saturating_add)
}
