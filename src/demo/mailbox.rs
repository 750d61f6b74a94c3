//! One mailbox and its messages.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::acl::Acl;
use super::date::Moment;
use super::mime::Entity;

/// System flags a client may set, in the order FLAGS shows them.
pub const SYSTEM_FLAGS: [&str; 5] = ["\\Answered", "\\Flagged", "\\Draft", "\\Deleted", "\\Seen"];
/// `\Seen` is kept for each user by himself, as Cyrus does.
pub const SEEN: &str = "\\Seen";
/// `\Deleted`
pub const DELETED: &str = "\\Deleted";
/// Most keywords in one mailbox.
pub const MOST_KEYWORDS: usize = 100;

/// A message's octets, shared between its copies, and their structure once somebody asked for it.
#[derive(Debug, Default)]
pub struct Content {
    bytes: Vec<u8>,
    structure: OnceLock<Entity>,
}

impl Content {
    /// Takes the octets over.
    pub fn new(bytes: Vec<u8>) -> Arc<Content> {
        Arc::new(Content {
            bytes,
            structure: OnceLock::new(),
        })
    }

    /// The octets.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The MIME structure.
    pub fn structure(&self) -> &Entity {
        self.structure.get_or_init(|| Entity::parse(&self.bytes))
    }
}

/// A message in a mailbox.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its UID.
    pub uid: u32,
    /// Flags but `\Seen` and `\Recent`.
    pub flags: BTreeSet<String>,
    /// Who has seen it.
    pub seen_by: BTreeSet<Arc<str>>,
    /// When it arrived.
    pub internal_date: Moment,
    /// Last change (RFC 7162).
    pub modseq: u64,
    /// Its octets.
    pub content: Arc<Content>,
}

impl Message {
    /// Whether `user` has the flag set, `\Recent` apart.
    pub fn has(&self, user: &str, flag: &str) -> bool {
        if flag.eq_ignore_ascii_case(SEEN) {
            self.seen_by.contains(user)
        } else {
            self.flags.iter().any(|f| f.eq_ignore_ascii_case(flag))
        }
    }

    /// Sets or clears a flag for `user`; tells whether that changed anything.
    pub fn set(&mut self, user: &Arc<str>, flag: &str, on: bool) -> bool {
        match (flag == SEEN, on) {
            (true, true) => self.seen_by.insert(user.clone()),
            (true, false) => self.seen_by.remove(user),
            (false, true) => self.flags.insert(flag.to_owned()),
            (false, false) => self.flags.remove(flag),
        }
    }

    /// The flags `user` sees, `\Recent` apart.
    pub fn flags_for(&self, user: &str) -> Vec<String> {
        let mut flags: Vec<String> = self.flags.iter().cloned().collect();
        if self.seen_by.contains(user) {
            flags.push(SEEN.to_owned());
        }
        flags
    }

    /// Octets.
    pub fn size(&self) -> u64 {
        self.content.bytes().len() as u64
    }
}

/// A mailbox.
#[derive(Debug, Clone)]
pub struct Mailbox {
    /// Never used again, also if the name is: who has it selected holds on to this.
    pub id: u64,
    /// UIDVALIDITY.
    pub uid_validity: u32,
    /// UIDNEXT.
    pub uid_next: u32,
    /// HIGHESTMODSEQ.
    pub highest_modseq: u64,
    /// Who may do what.
    pub acl: Acl,
    /// `\Sent` and its like (RFC 6154).
    pub special_use: Option<&'static str>,
    /// UIDs from here on were seen by no session yet.
    pub first_recent: u32,
    /// Keywords that were ever set.
    pub keywords: BTreeSet<String>,
    messages: Vec<Message>,
    octets: u64,
}

impl Mailbox {
    /// An empty one.
    pub fn new(id: u64, uid_validity: u32, acl: Acl) -> Mailbox {
        Mailbox {
            id,
            uid_validity,
            uid_next: 1,
            highest_modseq: 1,
            acl,
            special_use: None,
            first_recent: 1,
            keywords: BTreeSet::new(),
            messages: Vec::new(),
            octets: 0,
        }
    }

    /// The messages, by rising UID.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Octets of all messages.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// The message with this UID.
    pub fn get(&self, uid: u32) -> Option<&Message> {
        self.messages
            .binary_search_by_key(&uid, |m| m.uid)
            .ok()
            .and_then(|at| self.messages.get(at))
    }

    /// Adds a message at the end; UID and MODSEQ are made here. Returns its UID.
    pub fn append(&mut self, mut message: Message) -> u32 {
        message.uid = self.uid_next;
        self.uid_next = self.uid_next.saturating_add(1);
        message.modseq = self.bump();
        self.octets += message.size();
        self.keywords.extend(
            message
                .flags
                .iter()
                .filter(|f| !f.starts_with('\\'))
                .cloned(),
        );
        let uid = message.uid;
        self.messages.push(message);
        uid
    }

    /// Changes one message's flags through `change`, which tells whether it changed any.
    pub fn change(&mut self, uid: u32, change: impl FnOnce(&mut Message) -> bool) -> bool {
        let Ok(at) = self.messages.binary_search_by_key(&uid, |m| m.uid) else {
            return false;
        };
        let modseq = self.highest_modseq + 1;
        let Some(message) = self.messages.get_mut(at) else {
            return false;
        };
        let changed = change(message);
        if changed {
            message.modseq = modseq;
            self.highest_modseq = modseq;
        }
        changed
    }

    /// Takes out the messages with these UIDs (rising); returns how many were there.
    pub fn remove(&mut self, uids: &[u32]) -> usize {
        let before = self.messages.len();
        let mut gone = 0;
        self.messages.retain(|m| {
            let remove = uids.binary_search(&m.uid).is_ok();
            if remove {
                gone += m.size();
            }
            !remove
        });
        self.octets = self.octets.saturating_sub(gone);
        let removed = before - self.messages.len();
        if removed > 0 {
            self.bump();
        }
        removed
    }

    /// The spelling under which a flag is kept: system flags as the RFC writes them, a keyword as it
    /// was first set. `None`: no such system flag.
    pub fn spelling(&self, flag: &str) -> Option<String> {
        if flag.starts_with('\\') {
            return SYSTEM_FLAGS
                .iter()
                .find(|f| f.eq_ignore_ascii_case(flag))
                .map(|f| (*f).to_owned());
        }
        let known = self.keywords.iter().find(|k| k.eq_ignore_ascii_case(flag));
        Some(known.cloned().unwrap_or_else(|| flag.to_owned()))
    }

    fn bump(&mut self) -> u64 {
        self.highest_modseq += 1;
        self.highest_modseq
    }
}
