//! The tree itself: nodes, their names, their order.

use std::cmp::Ordering;

use super::{Children, LIMIT, Mailbox, MailboxId, Mailboxes};
use crate::model::name;

/// Deepest level; the rest of a longer name is one part.
const DEPTH: usize = 64;
/// Longest name kept, in octets.
const NAME_LIMIT: usize = 4096;

/// A mailbox and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub mailbox: Mailbox,
    pub parent: Option<MailboxId>,
    pub children: Vec<MailboxId>,
    pub sort_key: (u8, String),
}

impl Mailboxes {
    pub(super) fn node(&self, id: MailboxId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)?.as_ref()
    }

    pub(super) fn node_mut(&mut self, id: MailboxId) -> Option<&mut Node> {
        self.nodes.get_mut(id.0 as usize)?.as_mut()
    }

    /// The node of `name`, made with the levels above it if it is not there.
    pub(super) fn ensure(&mut self, name: &[u8], delimiter: Option<char>) -> Option<MailboxId> {
        if name.is_empty() || name.len() > NAME_LIMIT {
            return None;
        }
        if let Some(id) = self.find(name) {
            if let (Some(node), Some(_)) = (self.node_mut(id), delimiter) {
                node.mailbox.delimiter = delimiter;
            }
            return Some(id);
        }
        self.generation += 1;
        let mut encoded = [0; 4];
        let separator = delimiter
            .map(|d| &*d.encode_utf8(&mut encoded))
            .unwrap_or_default()
            .as_bytes();
        let mut parent = None;
        for end in level_ends(name, separator) {
            let level = name.get(..end)?;
            parent = Some(match self.find(level) {
                Some(id) => {
                    if let Some(node) = self.node_mut(id) {
                        node.mailbox.delimiter = node.mailbox.delimiter.or(delimiter);
                    }
                    id
                }
                None => self.insert(level, delimiter, separator, parent)?,
            });
        }
        parent
    }

    fn insert(
        &mut self,
        name: &[u8],
        delimiter: Option<char>,
        separator: &[u8],
        parent: Option<MailboxId>,
    ) -> Option<MailboxId> {
        if self.by_name.len() >= LIMIT {
            self.overflowed = true;
            return None;
        }
        let above = parent
            .and_then(|id| self.node(id))
            .map_or(0, |n| n.mailbox.name.len() + separator.len());
        let label = name::shown(name.get(above..).unwrap_or(name));
        let mut node = Node {
            mailbox: Mailbox {
                name: name.to_vec(),
                label,
                delimiter,
                // It is always there (RFC 9051 section 5.1), also where the first that is told of it is a
                // mailbox below (Cyrus, whose personal namespace is "INBOX."). LIST may say otherwise.
                selectable: name::is_inbox(name),
                ..Mailbox::default()
            },
            parent,
            children: Vec::new(),
            sort_key: (0, String::new()),
        };
        node.sort_key = sort_key(&node.mailbox);
        let id = match self.free.pop() {
            Some(free) => MailboxId(free),
            None => {
                self.nodes.push(None);
                MailboxId(u32::try_from(self.nodes.len() - 1).ok()?)
            }
        };
        *self.nodes.get_mut(id.0 as usize)? = Some(node);
        self.by_name.insert(key(name), id);
        self.attach(id, parent);
        Some(id)
    }

    fn attach(&mut self, id: MailboxId, parent: Option<MailboxId>) {
        let mut siblings = match parent {
            Some(parent) => {
                let Some(node) = self.node_mut(parent) else {
                    return;
                };
                if node.mailbox.children != Children::Loaded {
                    node.mailbox.children = Children::Some;
                }
                std::mem::take(&mut node.children)
            }
            None => std::mem::take(&mut self.roots),
        };
        let at = siblings
            .binary_search_by(|other| self.order(*other, id))
            .unwrap_or_else(|at| at);
        siblings.insert(at, id);
        self.put_back(parent, siblings);
    }

    fn detach(&mut self, id: MailboxId, parent: Option<MailboxId>) {
        let mut siblings = match parent {
            Some(parent) => match self.node_mut(parent) {
                Some(node) => std::mem::take(&mut node.children),
                None => return,
            },
            None => std::mem::take(&mut self.roots),
        };
        siblings.retain(|other| *other != id);
        if let (Some(node), true) = (parent.and_then(|p| self.node_mut(p)), siblings.is_empty()) {
            node.mailbox.children = Children::None;
        }
        self.put_back(parent, siblings);
    }

    fn put_back(&mut self, parent: Option<MailboxId>, siblings: Vec<MailboxId>) {
        match parent {
            Some(parent) => {
                if let Some(node) = self.node_mut(parent) {
                    node.children = siblings;
                }
            }
            None => self.roots = siblings,
        }
    }

    /// Puts `id` where it belongs after a change of what it is for.
    pub(super) fn resort(&mut self, id: MailboxId) {
        self.generation += 1;
        let Some(node) = self.node_mut(id) else {
            return;
        };
        let new = sort_key(&node.mailbox);
        if new != node.sort_key {
            let parent = node.parent;
            let children = parent.and_then(|p| self.get(p)).map(|m| m.children);
            self.detach(id, parent);
            if let Some(node) = self.node_mut(id) {
                node.sort_key = new;
            }
            self.attach(id, parent);
            if let (Some(node), Some(children)) = (parent.and_then(|p| self.node_mut(p)), children)
            {
                node.mailbox.children = children;
            }
        }
    }

    pub(super) fn remove(&mut self, id: MailboxId) {
        let Some(node) = self.node(id) else { return };
        let (parent, name) = (node.parent, key(&node.mailbox.name));
        self.by_name.remove(&name);
        self.detach(id, parent);
        if let Some(slot) = self.nodes.get_mut(id.0 as usize) {
            *slot = None;
            self.free.push(id.0);
        }
        self.generation += 1;
    }

    fn order(&self, a: MailboxId, b: MailboxId) -> Ordering {
        let sort = |id| self.node(id).map(|n| (&n.sort_key, &n.mailbox.name));
        sort(a).cmp(&sort(b))
    }
}

pub(super) fn loaded(children: &[MailboxId]) -> Children {
    if children.is_empty() {
        Children::None
    } else {
        Children::Loaded
    }
}

/// INBOX, then by special use, then the others by name without regard to case.
fn sort_key(mailbox: &Mailbox) -> (u8, String) {
    let rank = match mailbox.special_use {
        _ if name::is_inbox(&mailbox.name) => 0,
        Some(what) => 1 + what as u8,
        None => 100,
    };
    (rank, mailbox.label.to_lowercase())
}

/// What a name is found by: INBOX is one name in any case, alone and as the first level.
pub(super) fn key(name: &[u8]) -> Vec<u8> {
    let mut key = name.to_vec();
    if let Some(first) = key.get_mut(..5)
        && first.eq_ignore_ascii_case(b"INBOX")
        && !name.get(5).is_some_and(|b| b.is_ascii_alphanumeric())
    {
        first.make_ascii_uppercase();
    }
    key
}

/// Where the levels of `name` end, the whole name last.
fn level_ends(name: &[u8], separator: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    if !separator.is_empty() {
        let mut at = 0;
        while ends.len() < DEPTH
            && let Some(found) = name.get(at..).and_then(|rest| find(rest, separator))
        {
            let (begin, end) = (at, at + found);
            at = end + separator.len();
            // An empty level (a delimiter at the beginning, at the end, or twice) is none.
            if end > begin && at < name.len() {
                ends.push(end);
            }
        }
    }
    ends.push(name.len());
    ends
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}
