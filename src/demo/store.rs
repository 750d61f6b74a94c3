//! What all connections share: accounts, mailboxes, subscriptions, quotas.
//!
//! Names here are the store's own (`user.craig.Sent`, see `names.rs`). Every method that changes
//! something others may see raises [`Store::version`], so that `server.rs` can wake them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::acl::{Acl, Rights};
use super::command::Refusal;
use super::mailbox::{Mailbox, Message};
use super::names::{self, Who};

/// Longest message that APPEND takes, in octets (RFC 7889).
pub const APPEND_LIMIT: u64 = 32 * 1024 * 1024;
/// Most octets of messages in the whole store.
const MOST_OCTETS: u64 = 512 * 1024 * 1024;
/// Most messages in one mailbox.
const MOST_MESSAGES: usize = 100_000;
/// Most mailboxes beside those that were there at the start.
const MOST_NEW_MAILBOXES: usize = 10_000;
/// Most entries of one ACL.
const MOST_ACL_ENTRIES: usize = 100;

/// An account.
#[derive(Debug, Clone)]
pub struct User {
    /// Password.
    pub password: &'static str,
    /// Administrator: may act for others.
    pub admin: bool,
    /// The store's names of what this user subscribed to.
    pub subscriptions: BTreeSet<String>,
}

/// Limits of one quota root (RFC 9208); `None`: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quota {
    /// Units of 1024 octets.
    pub storage: Option<u64>,
    /// Messages.
    pub messages: Option<u64>,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Store {
    users: BTreeMap<String, User>,
    mailboxes: BTreeMap<String, Mailbox>,
    /// Where each mailbox stands now, by [`Mailbox::id`].
    places: BTreeMap<u64, String>,
    quotas: BTreeMap<String, Quota>,
    next_id: u64,
    created: usize,
    octets: u64,
    version: u64,
    /// Scripted deliveries so far.
    pub deliveries: usize,
}

/// The store as the connections hold it.
#[derive(Debug, Clone, Default)]
pub struct SharedStore(Arc<Mutex<Store>>);

impl SharedStore {
    /// Shares a store.
    pub fn new(store: Store) -> SharedStore {
        SharedStore(Arc::new(Mutex::new(store)))
    }

    /// Waits for it. A thread that panicked with it leaves it usable.
    pub fn lock(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// UIDVALIDITY of the first mailbox: a time stamp, as servers like them.
const FIRST_UID_VALIDITY: u64 = 1_767_225_600;

impl Store {
    /// Rises with every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Adds an account.
    pub fn add_user(&mut self, name: &str, password: &'static str, admin: bool) {
        self.users.insert(
            name.to_owned(),
            User {
                password,
                admin,
                subscriptions: BTreeSet::new(),
            },
        );
    }

    /// An account.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.get(name)
    }

    /// Subscribes or unsubscribes; tells whether that changed anything.
    pub fn subscribe(&mut self, user: &str, internal: &str, on: bool) -> bool {
        let Some(user) = self.users.get_mut(user) else {
            return false;
        };
        if on {
            user.subscriptions.insert(internal.to_owned())
        } else {
            user.subscriptions.remove(internal)
        }
    }

    /// Adds a mailbox whatever the rights (seed).
    pub fn plant(&mut self, internal: &str, acl: Acl) -> &mut Mailbox {
        self.next_id += 1;
        let id = self.next_id;
        self.version += 1;
        self.places.insert(id, internal.to_owned());
        let uid_validity =
            u32::try_from((FIRST_UID_VALIDITY + id) % u64::from(u32::MAX)).unwrap_or(1);
        let mailbox = Mailbox::new(id, uid_validity, acl);
        self.mailboxes.remove(internal);
        self.mailboxes.entry(internal.to_owned()).or_insert(mailbox)
    }

    /// A mailbox whatever the rights.
    pub fn mailbox(&self, internal: &str) -> Option<&Mailbox> {
        self.mailboxes.get(internal)
    }

    /// A mailbox to change; [`Store::touch`] if others may see it.
    pub fn mailbox_mut(&mut self, internal: &str) -> Option<&mut Mailbox> {
        self.mailboxes.get_mut(internal)
    }

    /// Something changed that others may see.
    pub fn touch(&mut self) {
        self.version += 1;
    }

    /// All mailboxes by name.
    pub fn mailboxes(&self) -> impl Iterator<Item = (&str, &Mailbox)> {
        self.mailboxes
            .iter()
            .map(|(name, mailbox)| (name.as_str(), mailbox))
    }

    /// The mailboxes at `internal` and below.
    pub fn subtree<'a>(
        &'a self,
        internal: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Mailbox)> {
        let below = format!("{internal}{}", names::DELIMITER);
        let children = self
            .mailboxes
            .range(below.clone()..)
            .take_while(move |(name, _)| name.starts_with(&below));
        self.mailboxes
            .get_key_value(internal)
            .into_iter()
            .chain(children)
            .map(|(name, mailbox)| (name.as_str(), mailbox))
    }

    /// The name a mailbox has now.
    pub fn name_of(&self, id: u64) -> Option<&str> {
        self.places.get(&id).map(String::as_str)
    }

    /// A mailbox by its id.
    pub fn by_id(&self, id: u64) -> Option<&Mailbox> {
        self.mailboxes.get(self.name_of(id)?)
    }

    /// A mailbox by its id, to change; [`Store::touch`] if others may see it.
    pub fn by_id_mut(&mut self, id: u64) -> Option<&mut Mailbox> {
        self.mailboxes.get_mut(self.places.get(&id)?)
    }

    /// What `who` may do with a mailbox.
    pub fn rights(&self, who: &Who, internal: &str, mailbox: &Mailbox) -> Rights {
        let listed = mailbox.acl.effective(&who.name);
        if who.admin || who.owns(internal) {
            listed.with(Rights::IMPLICIT)
        } else {
            listed
        }
    }

    /// The mailbox, if `who` has all `needed` rights.
    ///
    /// # Errors
    /// NONEXISTENT also for what may not be looked up (RFC 4314 section 6), NOPERM otherwise.
    pub fn open(&self, who: &Who, internal: &str, needed: Rights) -> Result<&Mailbox, Refusal> {
        let nonexistent = || Refusal::no("NONEXISTENT", "Mailbox does not exist");
        let mailbox = self.mailboxes.get(internal).ok_or_else(nonexistent)?;
        let rights = self.rights(who, internal, mailbox);
        if rights.has(needed) {
            Ok(mailbox)
        } else if rights.has(Rights::LOOKUP) {
            Err(Refusal::no(
                "NOPERM",
                format!(
                    "Permission denied: the right {} is missing",
                    needed.without(rights).letters().collect::<String>()
                ),
            ))
        } else {
            Err(nonexistent())
        }
    }

    /// Whether `who` might CREATE this name: the `k` right on the nearest mailbox above.
    pub fn may_create(&self, who: &Who, internal: &str) -> bool {
        let mut above = names::parent(internal);
        while let Some(name) = above {
            if let Some(mailbox) = self.mailboxes.get(name) {
                return self.rights(who, name, mailbox).has(Rights::CREATE);
            }
            above = names::parent(name);
        }
        who.admin || who.owns(internal)
    }

    /// CREATE. The new mailbox takes the access control list of the nearest mailbox above.
    ///
    /// # Errors
    /// CANNOT, ALREADYEXISTS, NOPERM, LIMIT.
    pub fn create(&mut self, who: &Who, internal: &str) -> Result<(), Refusal> {
        names::check(internal)?;
        if let Some(mailbox) = self.mailboxes.get(internal)
            && self.rights(who, internal, mailbox).has(Rights::LOOKUP)
        {
            return Err(Refusal::no("ALREADYEXISTS", "Mailbox already exists"));
        }
        if self.mailboxes.contains_key(internal) || !self.may_create(who, internal) {
            return Err(Refusal::no(
                "NOPERM",
                "Permission denied: the right k is missing on the mailbox above",
            ));
        }
        if self.created >= MOST_NEW_MAILBOXES {
            return Err(Refusal::no("LIMIT", "The demo holds no more mailboxes"));
        }
        self.created += 1;
        let acl = self.inherited_acl(internal);
        self.plant(internal, acl);
        Ok(())
    }

    fn inherited_acl(&self, internal: &str) -> Acl {
        let mut above = names::parent(internal);
        while let Some(name) = above {
            if let Some(mailbox) = self.mailboxes.get(name) {
                return mailbox.acl.clone();
            }
            above = names::parent(name);
        }
        match names::owner(internal) {
            Some(owner) => Acl::new([(owner.to_owned(), Rights::ALL)]),
            None => Acl::new([(
                "anyone".to_owned(),
                Rights::LOOKUP.with(Rights::READ).with(Rights::SEEN),
            )]),
        }
    }

    /// DELETE. Children stay; the name is then a `\Noselect` node.
    ///
    /// # Errors
    /// NONEXISTENT, NOPERM.
    pub fn delete(&mut self, who: &Who, internal: &str) -> Result<(), Refusal> {
        self.open(who, internal, Rights::DELETE_MAILBOX)?;
        if names::owner(internal).is_some_and(|owner| internal == format!("user.{owner}"))
            && !who.admin
        {
            return Err(Refusal::no("CANNOT", "INBOX cannot be deleted"));
        }
        if let Some(mailbox) = self.mailboxes.remove(internal) {
            self.places.remove(&mailbox.id);
            self.octets = self.octets.saturating_sub(mailbox.octets());
            self.created = self.created.saturating_sub(1);
        }
        self.version += 1;
        Ok(())
    }

    /// RENAME, children included. INBOX gives its messages away and stays (RFC 3501 section 6.3.5).
    ///
    /// # Errors
    /// NONEXISTENT, ALREADYEXISTS, NOPERM, CANNOT.
    pub fn rename(&mut self, who: &Who, from: &str, to: &str) -> Result<(), Refusal> {
        names::check(to)?;
        let is_inbox = from == who.inbox();
        if is_inbox {
            self.open(who, from, Rights::READ.with(Rights::EXPUNGE))?;
        } else if self.subtree(from).next().is_none() {
            return Err(Refusal::no("NONEXISTENT", "Mailbox does not exist"));
        }
        if self.mailboxes.contains_key(to) {
            return Err(Refusal::no("ALREADYEXISTS", "Mailbox already exists"));
        }
        if to
            .strip_prefix(from)
            .is_some_and(|rest| rest.starts_with(names::DELIMITER))
            && !is_inbox
        {
            return Err(Refusal::no(
                "CANNOT",
                "A mailbox cannot be moved below itself",
            ));
        }
        if !self.may_create(who, to) {
            return Err(Refusal::no(
                "NOPERM",
                "Permission denied: the right k is missing on the new place",
            ));
        }
        if is_inbox {
            self.create(who, to)?;
            let moved: Vec<Message> = self
                .mailboxes
                .get(from)
                .map(|m| m.messages().to_vec())
                .unwrap_or_default();
            let uids: Vec<u32> = moved.iter().map(|m| m.uid).collect();
            if let Some(target) = self.mailboxes.get_mut(to) {
                for message in moved {
                    target.append(message);
                }
            }
            if let Some(source) = self.mailboxes.get_mut(from) {
                source.remove(&uids);
            }
            self.version += 1;
            return Ok(());
        }
        let names: Vec<String> = self
            .subtree(from)
            .map(|(name, _)| name.to_owned())
            .collect();
        for name in &names {
            self.open(who, name, Rights::DELETE_MAILBOX)?;
            let target = format!("{to}{}", name.strip_prefix(from).unwrap_or_default());
            if self.mailboxes.contains_key(&target) {
                return Err(Refusal::no(
                    "ALREADYEXISTS",
                    format!("Mailbox already exists: {}", who.external(&target)),
                ));
            }
            names::check(&target)?;
        }
        if names
            .iter()
            .any(|name| names::owner(name).is_some_and(|owner| *name == format!("user.{owner}")))
            && !who.admin
        {
            return Err(Refusal::no("CANNOT", "A user's INBOX cannot be renamed"));
        }
        for name in names {
            let target = format!("{to}{}", name.strip_prefix(from).unwrap_or_default());
            if let Some(mailbox) = self.mailboxes.remove(&name) {
                self.places.insert(mailbox.id, target.clone());
                self.mailboxes.insert(target, mailbox);
            }
        }
        self.version += 1;
        Ok(())
    }

    /// Changes an access control list.
    ///
    /// # Errors
    /// NONEXISTENT, NOPERM, LIMIT.
    pub fn set_acl(
        &mut self,
        who: &Who,
        internal: &str,
        change: impl FnOnce(&mut Acl),
    ) -> Result<(), Refusal> {
        self.open(who, internal, Rights::ADMINISTER)?;
        let Some(mailbox) = self.mailboxes.get_mut(internal) else {
            return Ok(());
        };
        let mut acl = mailbox.acl.clone();
        change(&mut acl);
        if acl.len() > MOST_ACL_ENTRIES {
            return Err(Refusal::no("LIMIT", "The access control list is full"));
        }
        mailbox.acl = acl;
        self.version += 1;
        Ok(())
    }

    /// The quota root of a mailbox, if it has one.
    pub fn quota_root(&self, internal: &str) -> Option<&str> {
        let owner = names::owner(internal)?;
        let root = internal.get(.."user.".len() + owner.len())?;
        self.quotas
            .get_key_value(root)
            .map(|(root, _)| root.as_str())
    }

    /// A quota root's limits.
    pub fn quota(&self, root: &str) -> Option<Quota> {
        self.quotas.get(root).copied()
    }

    /// Sets a quota root's limits, and makes the root if need be.
    pub fn set_quota(&mut self, root: &str, quota: Quota) {
        self.quotas.insert(root.to_owned(), quota);
        self.version += 1;
    }

    /// Octets and messages below a quota root.
    pub fn usage(&self, root: &str) -> (u64, u64) {
        self.subtree(root)
            .fold((0, 0), |(octets, messages), (_, m)| {
                (octets + m.octets(), messages + m.messages().len() as u64)
            })
    }

    /// Whether `messages` of `octets` in all still fit.
    ///
    /// # Errors
    /// OVERQUOTA, LIMIT.
    pub fn fits(&self, internal: &str, octets: u64, messages: u64) -> Result<(), Refusal> {
        let here = self
            .mailboxes
            .get(internal)
            .map_or(0, |m| m.messages().len() as u64);
        if self.octets + octets > MOST_OCTETS || here + messages > MOST_MESSAGES as u64 {
            return Err(Refusal::no("LIMIT", "The demo holds no more messages"));
        }
        let Some(root) = self.quota_root(internal) else {
            return Ok(());
        };
        let quota = self.quota(root).unwrap_or_default();
        let (used_octets, used_messages) = self.usage(root);
        let over_storage = quota
            .storage
            .is_some_and(|limit| used_octets + octets > limit.saturating_mul(1024));
        let over_messages = quota
            .messages
            .is_some_and(|limit| used_messages + messages > limit);
        if over_storage || over_messages {
            return Err(Refusal::no(
                "OVERQUOTA",
                format!("Over quota: the root is {root}"),
            ));
        }
        Ok(())
    }

    /// Puts a message into a mailbox. Check [`Store::fits`] first. `None`: no such mailbox.
    pub fn deliver(&mut self, internal: &str, message: Message) -> Option<u32> {
        self.version += 1;
        let mailbox = self.mailboxes.get_mut(internal)?;
        self.octets += message.size();
        Some(mailbox.append(message))
    }

    /// Takes messages out of a mailbox for good; returns how many were there.
    pub fn expunge(&mut self, id: u64, uids: &[u32]) -> usize {
        let Some(mailbox) = self
            .places
            .get(&id)
            .and_then(|name| self.mailboxes.get_mut(name))
        else {
            return 0;
        };
        let before = mailbox.octets();
        let removed = mailbox.remove(uids);
        self.octets = self.octets.saturating_sub(before - mailbox.octets());
        self.version += 1;
        removed
    }
}
