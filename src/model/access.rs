//! Rights and limits, as last told: MYRIGHTS, ACL (RFC 4314), QUOTAROOT, QUOTA (RFC 9208).

use std::collections::BTreeMap;

use crate::wire::response::Untagged;

use super::name;

/// Most mailboxes, and most quota roots, of which something is kept.
const KEPT: usize = 20_000;
/// Most identifiers kept of one ACL, and most roots of one mailbox.
const ENTRIES: usize = 1_000;

/// One resource of a quota root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// `STORAGE` (units of 1024 octets), `MESSAGE`, ...; upper case.
    pub name: String,
    /// What is used.
    pub usage: u64,
    /// How much may be.
    pub limit: u64,
}

impl Resource {
    /// In percent, more than 100 where more is used than may be; `None`: the limit is 0.
    pub fn percent(&self) -> Option<u64> {
        self.usage.saturating_mul(100).checked_div(self.limit)
    }

    /// Nothing more goes in.
    pub fn is_full(&self) -> bool {
        self.usage >= self.limit
    }
}

/// Rights and limits.
#[derive(Debug, Clone, Default)]
pub struct Access {
    rights: BTreeMap<Vec<u8>, String>,
    acls: BTreeMap<Vec<u8>, Vec<(String, String)>>,
    roots: BTreeMap<Vec<u8>, Vec<String>>,
    quotas: BTreeMap<String, Vec<Resource>>,
}

impl Access {
    /// One's own rights on a mailbox (as sent), as MYRIGHTS told.
    pub fn rights(&self, mailbox: &[u8]) -> Option<&str> {
        self.rights.get(&key(mailbox)).map(String::as_str)
    }

    /// Who may do what on a mailbox (as sent), as GETACL told: identifiers with their rights.
    pub fn acl(&self, mailbox: &[u8]) -> Option<&[(String, String)]> {
        self.acls.get(&key(mailbox)).map(Vec::as_slice)
    }

    /// The quota roots of a mailbox (as sent), with what is known of each; `None`: not told. An empty list:
    /// there are none, so no limits.
    pub fn quotas(&self, mailbox: &[u8]) -> Option<Vec<(&str, &[Resource])>> {
        let roots = self.roots.get(&key(mailbox))?;
        let known = |root: &String| self.quotas.get(root).map(Vec::as_slice);
        Some(
            roots
                .iter()
                .map(|root| (root.as_str(), known(root).unwrap_or_default()))
                .collect(),
        )
    }

    pub(super) fn apply(&mut self, data: &Untagged) {
        match data {
            Untagged::MyRights { mailbox, rights } => {
                keep(&mut self.rights, key(mailbox), rights.clone());
            }
            Untagged::Acl { mailbox, entries } => {
                let entries = entries.iter().take(ENTRIES).cloned().collect();
                keep(&mut self.acls, key(mailbox), entries);
            }
            Untagged::QuotaRoot { mailbox, roots } => {
                let roots = roots.iter().take(ENTRIES).cloned().collect();
                keep(&mut self.roots, key(mailbox), roots);
            }
            Untagged::Quota { root, resources } => {
                let resources = resources
                    .iter()
                    .take(20)
                    .map(|(name, usage, limit)| Resource {
                        name: name.to_ascii_uppercase(),
                        usage: *usage,
                        limit: *limit,
                    });
                keep(&mut self.quotas, root.clone(), resources.collect());
            }
            _ => {}
        }
    }
}

fn key(mailbox: &[u8]) -> Vec<u8> {
    match name::is_inbox(mailbox) {
        true => b"INBOX".to_vec(),
        false => mailbox.to_vec(),
    }
}

fn keep<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V) {
    if map.len() < KEPT || map.contains_key(&key) {
        map.insert(key, value);
    }
}
