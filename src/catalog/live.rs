//! What completion and lint know beside the model: gathered by whoever sees the session.

use std::collections::{BTreeMap, BTreeSet};

/// Most of each kind that is kept.
const LIMIT: usize = 2_000;

/// Live data. All of it is hostile: it came from a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Live {
    /// UIDs seen in the open mailbox.
    pub uids: BTreeSet<u64>,
    /// Users and groups seen: in ACLs, and who is logged in.
    pub users: BTreeSet<String>,
    /// One's own rights as MYRIGHTS told them, by mailbox name as sent (INBOX in capitals).
    pub rights: BTreeMap<Vec<u8>, String>,
    /// Keywords and flags seen on messages.
    pub flags: BTreeSet<String>,
    /// Quota roots seen.
    pub quota_roots: BTreeSet<String>,
    /// The UIDs of the marked messages, as a set.
    pub marked: Option<String>,
    /// Today, as a search key takes it: `25-Nov-2026`.
    pub today: Option<String>,
    /// Somebody is logged in.
    pub logged_in: bool,
    /// What goes over this line can be read on the way.
    pub open_line: bool,
    /// The greeting, or the answer to ID, says that it is Dovecot.
    pub dovecot: bool,
    /// Commands answered BAD: before a login all of them, after it those in a row.
    pub bad: u32,
}

impl Live {
    /// Rights in a mailbox, from MYRIGHTS.
    pub fn add_rights(&mut self, mailbox: &[u8], rights: &str) {
        if self.rights.len() < LIMIT || self.rights.contains_key(&key(mailbox)) {
            self.rights.insert(key(mailbox), rights.to_owned());
        }
    }

    /// Rights in a mailbox; `None`: not told.
    pub fn rights_in(&self, mailbox: &[u8]) -> Option<&str> {
        self.rights.get(&key(mailbox)).map(String::as_str)
    }

    /// A UID of the open mailbox.
    pub fn add_uid(&mut self, uid: u64) {
        self.uids.insert(uid);
        // The newest are the ones one wants.
        if self.uids.len() > LIMIT {
            self.uids.pop_first();
        }
    }

    /// A user or group.
    pub fn add_user(&mut self, user: &str) {
        bounded(&mut self.users, user.strip_prefix('-').unwrap_or(user));
    }

    /// A flag or keyword.
    pub fn add_flag(&mut self, flag: &str) {
        bounded(&mut self.flags, flag);
    }

    /// A quota root.
    pub fn add_quota_root(&mut self, root: &str) {
        bounded(&mut self.quota_roots, root);
    }

    /// Another mailbox is open, or none.
    pub fn mailbox_changed(&mut self) {
        self.uids.clear();
        self.flags.clear();
    }
}

fn bounded(set: &mut BTreeSet<String>, value: &str) {
    if set.len() < LIMIT && !value.is_empty() {
        set.insert(value.to_owned());
    }
}

fn key(mailbox: &[u8]) -> Vec<u8> {
    if crate::model::name::is_inbox(mailbox) {
        b"INBOX".to_vec()
    } else {
        mailbox.to_vec()
    }
}
