//! What one session knows of the mailbox it has selected, and which untagged responses bring it up to
//! date (RFC 3501 section 7.4.1).
//!
//! Nothing is queued: a view is compared with the store whenever something may be said, so a session
//! that never asks costs no memory.

use std::sync::Arc;

use super::mailbox::{Mailbox, Message};

/// One message as the session knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its UID.
    pub uid: u32,
    /// The MODSEQ of the flags last told.
    pub modseq: u64,
    /// Whether this session owns its `\Recent`.
    pub recent: bool,
}

/// The selected mailbox of one session.
#[derive(Debug, Clone)]
pub struct View {
    /// [`Mailbox::id`].
    pub id: u64,
    /// Opened by EXAMINE.
    pub read_only: bool,
    /// Whether MODSEQ goes with unsolicited FETCH (RFC 7162 section 3.1).
    pub condstore: bool,
    known: Vec<Known>,
    keywords: usize,
    /// HIGHESTMODSEQ up to which all has been told, expunges included.
    synced: u64,
}

impl View {
    /// Selects: claims the recent messages unless read-only.
    pub fn open(mailbox: &mut Mailbox, read_only: bool, condstore: bool) -> View {
        let first_recent = mailbox.first_recent;
        let known = mailbox
            .messages()
            .iter()
            .map(|m| Known {
                uid: m.uid,
                modseq: m.modseq,
                recent: m.uid >= first_recent,
            })
            .collect();
        if !read_only {
            mailbox.first_recent = mailbox.uid_next;
        }
        View {
            id: mailbox.id,
            read_only,
            condstore,
            known,
            keywords: mailbox.keywords.len(),
            synced: mailbox.highest_modseq,
        }
    }

    /// How many messages the session knows of.
    pub fn exists(&self) -> u32 {
        u32::try_from(self.known.len()).unwrap_or(u32::MAX)
    }

    /// How many of them are recent.
    pub fn recent(&self) -> usize {
        self.known.iter().filter(|k| k.recent).count()
    }

    /// The messages, in the order of their sequence numbers.
    pub fn known(&self) -> &[Known] {
        &self.known
    }

    /// The sequence number of a UID, from 1.
    pub fn sequence_number(&self, uid: u32) -> Option<u32> {
        let at = self.known.binary_search_by_key(&uid, |k| k.uid).ok()?;
        u32::try_from(at + 1).ok()
    }

    /// What is known of a UID.
    pub fn get(&self, uid: u32) -> Option<Known> {
        self.known
            .binary_search_by_key(&uid, |k| k.uid)
            .ok()
            .and_then(|at| self.known.get(at).copied())
    }

    /// The flags of this message have just been told.
    pub fn told(&mut self, uid: u32, modseq: u64) {
        if let Ok(at) = self.known.binary_search_by_key(&uid, |k| k.uid)
            && let Some(known) = self.known.get_mut(at)
        {
            known.modseq = known.modseq.max(modseq);
        }
    }

    /// The messages are gone with their mailbox: all of them, last first.
    pub fn forget(&mut self, out: &mut Vec<u8>) {
        for number in (1..=self.known.len()).rev() {
            out.extend_from_slice(format!("* {number} EXPUNGE\r\n").as_bytes());
        }
        self.known.clear();
    }

    /// Writes what has changed since. `expunges`: whether sequence numbers may change now.
    pub fn update(
        &mut self,
        out: &mut Vec<u8>,
        mailbox: &mut Mailbox,
        user: &Arc<str>,
        expunges: bool,
    ) {
        if self.synced == mailbox.highest_modseq {
            return;
        }
        if expunges {
            self.synced = mailbox.highest_modseq;
            let mut number = 0;
            self.known.retain(|known| {
                number += 1;
                let stays = mailbox.get(known.uid).is_some();
                if !stays {
                    out.extend_from_slice(format!("* {number} EXPUNGE\r\n").as_bytes());
                    number -= 1;
                }
                stays
            });
        }
        if mailbox.keywords.len() != self.keywords {
            self.keywords = mailbox.keywords.len();
            out.extend_from_slice(format!("* FLAGS ({})\r\n", all_flags(mailbox)).as_bytes());
        }
        let last = self.known.last().map_or(0, |k| k.uid);
        let first_new = mailbox.messages().partition_point(|m| m.uid <= last);
        let news = mailbox.messages().get(first_new..).unwrap_or_default();
        if !news.is_empty() {
            let first_recent = mailbox.first_recent;
            self.known.extend(news.iter().map(|m| Known {
                uid: m.uid,
                modseq: m.modseq,
                recent: m.uid >= first_recent,
            }));
            if !self.read_only {
                mailbox.first_recent = mailbox.uid_next;
            }
            out.extend_from_slice(
                format!(
                    "* {} EXISTS\r\n* {} RECENT\r\n",
                    self.exists(),
                    self.recent()
                )
                .as_bytes(),
            );
        }
        for (at, known) in self.known.iter_mut().enumerate() {
            if let Some(message) = mailbox.get(known.uid)
                && message.modseq > known.modseq
            {
                known.modseq = message.modseq;
                let flags = flags_with_recent(message, user, known.recent);
                let modseq = if self.condstore {
                    format!(" MODSEQ ({})", message.modseq)
                } else {
                    String::new()
                };
                out.extend_from_slice(
                    format!(
                        "* {} FETCH (FLAGS ({flags}) UID {}{modseq})\r\n",
                        at + 1,
                        known.uid
                    )
                    .as_bytes(),
                );
            }
        }
    }
}

/// The flags of a message as FETCH shows them.
pub fn flags_with_recent(message: &Message, user: &str, recent: bool) -> String {
    let mut flags = message.flags_for(user);
    if recent {
        flags.insert(0, "\\Recent".to_owned());
    }
    flags.join(" ")
}

/// The flags of a mailbox as FLAGS shows them.
pub fn all_flags(mailbox: &Mailbox) -> String {
    let keywords = mailbox.keywords.iter().map(String::as_str);
    super::mailbox::SYSTEM_FLAGS
        .into_iter()
        .chain(keywords)
        .collect::<Vec<_>>()
        .join(" ")
}
