//! The mailbox tree, from LIST, LSUB and STATUS (RFC 9051 sections 6.3.9 and 7.3.1).
//!
//! Knows: names, delimiters, attributes, what was asked for. Must not know: who asked.
//! To learn from one more command: an arm in `changes.rs`; from an attribute: `Mailboxes::listed`.

mod changes;
mod mailbox;
mod tree;

use std::collections::HashMap;

use crate::wire::response::ListEntry;

use super::{SelectedMailbox, name};
pub use mailbox::{Children, Mailbox, SpecialUse};
use tree::{Node, key};

/// Most mailboxes kept; what comes after is in the transcript only.
pub const LIMIT: usize = 200_000;
/// Names a mailbox of the tree, as long as [`Mailboxes::generation`] stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxId(u32);

/// The tree.
#[derive(Debug, Clone, Default)]
pub struct Mailboxes {
    nodes: Vec<Option<Node>>,
    free: Vec<u32>,
    by_name: HashMap<Vec<u8>, MailboxId>,
    roots: Vec<MailboxId>,
    root_children: Children,
    overflowed: bool,
    generation: u64,
}

impl Mailboxes {
    /// The top level, sorted: INBOX, then by special use, then by name.
    pub fn roots(&self) -> &[MailboxId] {
        &self.roots
    }

    /// Those right below `id`, sorted likewise.
    pub fn children(&self, id: MailboxId) -> &[MailboxId] {
        self.node(id)
            .map(|n| n.children.as_slice())
            .unwrap_or_default()
    }

    /// One level up.
    pub fn parent(&self, id: MailboxId) -> Option<MailboxId> {
        self.node(id)?.parent
    }

    /// What is known about `id`.
    pub fn get(&self, id: MailboxId) -> Option<&Mailbox> {
        self.node(id).map(|n| &n.mailbox)
    }

    /// What orders it among its siblings, whatever it is for: its label in lower case, then its name.
    pub fn by_name(&self, id: MailboxId) -> Option<(&str, &[u8])> {
        let node = self.node(id)?;
        Some((node.sort_key.1.as_str(), node.mailbox.name.as_slice()))
    }

    /// The mailbox of this name (as sent).
    pub fn find(&self, name: &[u8]) -> Option<MailboxId> {
        self.by_name.get(&key(name)).copied()
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Mailbox> {
        self.nodes.iter().flatten().map(|n| &n.mailbox)
    }

    /// How many are known, levels that are no mailbox included.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Whether the server told of more than [`LIMIT`].
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Changes with every change of the tree: what was made from it must be made anew.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the top level was asked for.
    pub fn root_children(&self) -> Children {
        self.root_children
    }

    /// An empty tree that comes after this one.
    pub(in crate::model) fn emptied(&self) -> Mailboxes {
        Mailboxes {
            generation: self.generation + 1,
            ..Mailboxes::default()
        }
    }

    /// A LIST or XLIST response.
    pub(in crate::model) fn listed(&mut self, entry: &ListEntry) {
        let has = |name: &str| {
            entry
                .attributes
                .iter()
                .any(|a| a.eq_ignore_ascii_case(name))
        };
        let Some(id) = self.ensure(&entry.name, entry.delimiter) else {
            return;
        };
        let subscribed = has("\\Subscribed");
        let Some(node) = self.node_mut(id) else {
            return;
        };
        let mailbox = &mut node.mailbox;
        mailbox.listed = !has("\\NonExistent");
        mailbox.non_existent = has("\\NonExistent");
        mailbox.selectable = !has("\\Noselect") && !has("\\NonExistent");
        mailbox.no_inferiors = has("\\Noinferiors");
        mailbox.subscribed |= subscribed;
        mailbox.marked = if has("\\Marked") {
            Some(true)
        } else if has("\\Unmarked") {
            Some(false)
        } else {
            None
        };
        mailbox.special_use = entry
            .attributes
            .iter()
            .find_map(|a| SpecialUse::from_attribute(a));
        if has("\\HasNoChildren") || mailbox.no_inferiors {
            mailbox.children = Children::None;
        } else if has("\\HasChildren") && mailbox.children != Children::Loaded {
            mailbox.children = Children::Some;
        }
        if !node.children.is_empty() && node.mailbox.children != Children::Loaded {
            node.mailbox.children = Children::Some;
        }
        self.resort(id);
    }

    /// An LSUB response. With `%` the server answers `\Noselect` for a level that is not subscribed
    /// itself, but has something subscribed below (RFC 3501 section 6.3.9).
    pub(in crate::model) fn subscribed(&mut self, entry: &ListEntry) {
        let below = entry
            .attributes
            .iter()
            .any(|a| a.eq_ignore_ascii_case("\\Noselect"));
        let Some(id) = self.ensure(&entry.name, entry.delimiter) else {
            return;
        };
        self.generation += 1;
        if let Some(node) = self.node_mut(id) {
            if below {
                if node.mailbox.children == Children::Unknown {
                    node.mailbox.children = Children::Some;
                }
            } else {
                node.mailbox.subscribed = true;
            }
        }
    }

    /// A STATUS response. Tells nothing about mailboxes that are not in the tree.
    pub(in crate::model) fn counted(&mut self, name: &[u8], items: &[(String, u64)]) {
        let Some(id) = self.find(name) else { return };
        self.generation += 1;
        let Some(node) = self.node_mut(id) else {
            return;
        };
        for (item, value) in items.iter().take(20) {
            let item = item.to_ascii_uppercase();
            let counts = &mut node.mailbox.counts;
            match counts.iter().position(|(name, _)| *name == item) {
                Some(at) => counts[at].1 = *value,
                None if counts.len() < 20 => counts.push((item, *value)),
                None => {}
            }
        }
    }

    /// A mailbox was opened, so it exists, listed or not.
    pub(in crate::model) fn opened(&mut self, selected: &SelectedMailbox) {
        if self.find(&selected.name).is_none() && name::is_inbox(&selected.name) {
            self.ensure(b"INBOX", None);
        }
        if let Some(node) = self.find(&selected.name).and_then(|id| self.node_mut(id)) {
            node.mailbox.listed = true;
            node.mailbox.selectable = true;
        }
    }
}
