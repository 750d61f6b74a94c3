//! Which mailboxes are subscribed, as LSUB and LIST told it.

use std::collections::BTreeMap;

use crate::safety::Spoken;
use crate::wire::response::ListEntry;

/// Most mailboxes that are kept.
const MAILBOXES: usize = 10_000;
/// Most patterns that were asked for.
const PATTERNS: usize = 200;

#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    /// `None`: it was changed since.
    known: BTreeMap<Vec<u8>, Option<bool>>,
    /// Patterns of LSUBs that were answered in full: what fits one and was not told is not subscribed.
    patterns: Vec<Vec<u8>>,
}

fn key(name: &[u8]) -> Vec<u8> {
    match crate::model::name::is_inbox(name) {
        true => b"INBOX".to_vec(),
        false => name.to_vec(),
    }
}

impl Subscriptions {
    /// `lsub`: LSUB told it; else LIST, which says it with an attribute (RFC 5258 section 4).
    pub fn listed(&mut self, entry: &ListEntry, lsub: bool) {
        let has = |name: &str| {
            entry
                .attributes
                .iter()
                .any(|a| a.eq_ignore_ascii_case(name))
        };
        // RFC 3501 section 6.3.9: only something below it is subscribed.
        let on = if lsub {
            !has("\\Noselect")
        } else {
            has("\\Subscribed")
        };
        if on && self.known.len() < MAILBOXES {
            self.known.insert(key(&entry.name), Some(true));
        }
    }

    /// An LSUB was answered.
    pub fn asked(&mut self, spoken: &Spoken) {
        if let (Some(b""), Some(pattern)) = (spoken.value(0), spoken.value(1))
            && self.patterns.len() < PATTERNS
            && self.known.len() < MAILBOXES
        {
            self.patterns.push(pattern.to_vec());
        }
    }

    /// It was changed: what is so now was not read.
    pub fn changed(&mut self, name: &[u8]) {
        if self.known.len() < MAILBOXES || self.known.contains_key(&key(name)) {
            self.known.insert(key(name), None);
        }
    }

    /// Whether it is subscribed, if that was told.
    pub fn of(&self, name: &[u8]) -> Option<bool> {
        match self.known.get(&key(name)) {
            Some(known) => *known,
            None => {
                let full = self.known.len() >= MAILBOXES;
                let covered = self.patterns.iter().any(|pattern| fits(pattern, name));
                (covered && !full).then_some(false)
            }
        }
    }
}

/// Whether LSUB with this pattern tells of `name`. Wildcards only at the end are understood, and `%` stops
/// at whatever may be a delimiter: rather too little than too much.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (prefix, level) = match pattern {
        [prefix @ .., b'*'] => (prefix, false),
        [prefix @ .., b'%'] => (prefix, true),
        whole => return whole == name,
    };
    if prefix.iter().any(|b| b"*%".contains(b)) {
        return false;
    }
    match name.strip_prefix(prefix) {
        Some(rest) => !level || !rest.iter().any(|b| b"/.\\".contains(b)),
        None => false,
    }
}
