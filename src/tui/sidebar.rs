//! State of the sidebar: which mailboxes are unfolded, in which order they stand, and the flat list that
//! follows from it. What it asks for is in `gather.rs`.

use std::collections::HashSet;

use crate::model::{Children, MailboxId, Mailboxes, Namespaces, name};

/// Most children of a mailbox that are shown without being asked for.
const OFFERED: usize = 40;

/// One row of the mailbox list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeRow {
    /// Which mailbox.
    pub id: MailboxId,
    /// Levels above it.
    pub depth: usize,
}

/// In which order siblings stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// INBOX, then what mailboxes are for, then by name.
    #[default]
    Usual,
    /// By name alone.
    Name,
    /// Most unseen messages first.
    Unseen,
    /// Most messages first.
    Messages,
}

impl Order {
    /// The one after it.
    pub fn next(self) -> Order {
        match self {
            Order::Usual => Order::Name,
            Order::Name => Order::Unseen,
            Order::Unseen => Order::Messages,
            Order::Messages => Order::Usual,
        }
    }

    /// A word for the title; none for the usual one.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Order::Usual => None,
            Order::Name => Some("by name"),
            Order::Unseen => Some("by unseen"),
            Order::Messages => Some("by messages"),
        }
    }
}

/// Whose mailboxes these are (RFC 2342).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// One's own.
    Personal,
    /// Other users'.
    OtherUsers,
    /// Shared by all.
    Shared,
}

impl Kind {
    /// Of a mailbox of the top level: the longest prefix counts. Its own name may be the prefix without the
    /// delimiter at its end (`Other Users` of `Other Users/`).
    pub fn of(name: &[u8], namespaces: Option<&Namespaces>) -> Kind {
        let Some(all) = namespaces else {
            return Kind::Personal;
        };
        if name::is_inbox(name) {
            return Kind::Personal;
        }
        let kinds = [
            (Kind::Personal, &all.personal),
            (Kind::OtherUsers, &all.other_users),
            (Kind::Shared, &all.shared),
        ];
        let mut best = (0, Kind::Personal);
        for (kind, entries) in kinds {
            for entry in entries {
                let mut level = name.to_vec();
                if let Some(delimiter) = entry.delimiter {
                    level.extend_from_slice(delimiter.encode_utf8(&mut [0; 4]).as_bytes());
                }
                let fits = level.starts_with(&entry.prefix);
                // Of two that fit as well, one's own: INBOX's siblings are nobody else's.
                if fits && (entry.prefix.len() + 1 > best.0) {
                    best = (entry.prefix.len() + 1, kind);
                }
            }
        }
        best.1
    }

    /// A word for the row; none for one's own.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Kind::Personal => None,
            Kind::OtherUsers => Some("other users"),
            Kind::Shared => Some("shared"),
        }
    }
}

/// State of the sidebar.
#[derive(Debug, Default)]
pub struct Sidebar {
    /// Index of the row at the cursor.
    pub cursor: usize,
    rows: Vec<TreeRow>,
    unfolded: HashSet<Vec<u8>>,
    /// Mailboxes that are not unfolded for the user any more: they were, once, or he has done it himself.
    offered: HashSet<Vec<u8>>,
    order: Order,
    /// What `rows` was made from.
    made_from: Option<u64>,
}

impl Sidebar {
    /// The visible mailboxes, in order.
    pub fn rows(&self) -> &[TreeRow] {
        &self.rows
    }

    /// In which order siblings stand.
    pub fn order(&self) -> Order {
        self.order
    }

    /// Has them stand in another order.
    pub fn set_order(&mut self, order: Order) {
        self.order = order;
        self.made_from = None;
    }

    /// Whether the mailbox of this name (as sent) is unfolded.
    pub fn is_unfolded(&self, name: &[u8]) -> bool {
        self.unfolded.contains(name)
    }

    /// Unfolds a mailbox, or folds it.
    pub fn set_unfolded(&mut self, name: &[u8], unfolded: bool) {
        // Who has folded it himself is not offered it, however late its LIST is answered.
        self.offered.insert(name.to_vec());
        if unfolded {
            self.unfolded.insert(name.to_vec());
        } else {
            self.unfolded.remove(name);
        }
        self.made_from = None;
    }

    /// The name, as sent, of the mailbox at the cursor.
    pub fn name_at_cursor(&self, mailboxes: &Mailboxes) -> Option<Vec<u8>> {
        let row = self.rows.get(self.cursor)?;
        mailboxes.get(row.id).map(|m| m.name.clone())
    }

    /// Unfolds what is above a mailbox and puts the cursor on it.
    pub fn reveal(&mut self, name: &[u8], mailboxes: &Mailboxes, spaces: Option<&Namespaces>) {
        let Some(id) = mailboxes.find(name) else {
            return;
        };
        let mut above = mailboxes.parent(id);
        while let Some(parent) = above {
            if let Some(mailbox) = mailboxes.get(parent) {
                self.unfolded.insert(mailbox.name.clone());
            }
            above = mailboxes.parent(parent);
        }
        self.made_from = None;
        self.refresh(mailboxes, spaces);
        if let Some(at) = self.rows.iter().position(|row| row.id == id) {
            self.cursor = at;
        }
    }

    /// Makes the rows anew if the tree has changed. The cursor stays on its mailbox.
    pub fn refresh(&mut self, mailboxes: &Mailboxes, spaces: Option<&Namespaces>) {
        if self.made_from == Some(mailboxes.generation()) {
            return;
        }
        let at_cursor = self.name_at_cursor(mailboxes);
        self.offer(mailboxes);
        self.rows.clear();
        let mut roots = mailboxes.roots().to_vec();
        self.sort(&mut roots, mailboxes);
        if spaces.is_some() {
            let kind = |id: &MailboxId| mailboxes.get(*id).map(|m| Kind::of(&m.name, spaces));
            roots.sort_by_cached_key(kind);
        }
        let mut stack: Vec<(MailboxId, usize)> =
            roots.into_iter().rev().map(|id| (id, 0)).collect();
        while let Some((id, depth)) = stack.pop() {
            self.rows.push(TreeRow { id, depth });
            let Some(mailbox) = mailboxes.get(id) else {
                continue;
            };
            if self.unfolded.contains(&mailbox.name) && mailbox.children != Children::None {
                let children = mailboxes.children(id);
                if self.order == Order::Usual {
                    stack.extend(children.iter().rev().map(|id| (*id, depth + 1)));
                } else {
                    let mut children = children.to_vec();
                    self.sort(&mut children, mailboxes);
                    stack.extend(children.into_iter().rev().map(|id| (id, depth + 1)));
                }
            }
        }
        self.made_from = Some(mailboxes.generation());
        let found = at_cursor.and_then(|name| {
            let id = mailboxes.find(&name)?;
            // Where it was, as a rule.
            match self.rows.get(self.cursor) {
                Some(row) if row.id == id => Some(self.cursor),
                _ => self.rows.iter().position(|row| row.id == id),
            }
        });
        self.cursor = found
            .unwrap_or(self.cursor)
            .min(self.rows.len().saturating_sub(1));
    }

    fn sort(&self, ids: &mut [MailboxId], mailboxes: &Mailboxes) {
        let count = |id: &MailboxId, item: &str| {
            std::cmp::Reverse(mailboxes.get(*id).and_then(|m| m.count(item)))
        };
        match self.order {
            Order::Usual => {}
            // By what is kept there: a hundred thousand texts made anew would be felt.
            Order::Name => ids.sort_by(|a, b| mailboxes.by_name(*a).cmp(&mailboxes.by_name(*b))),
            Order::Unseen => ids.sort_by_cached_key(|id| count(id, "UNSEEN")),
            Order::Messages => ids.sort_by_cached_key(|id| count(id, "MESSAGES")),
        }
    }

    /// What was listed after the login is shown: a user sees the mailboxes without a key press.
    fn offer(&mut self, mailboxes: &Mailboxes) {
        for id in mailboxes.roots() {
            let Some(mailbox) = mailboxes.get(*id) else {
                continue;
            };
            if mailbox.children != Children::Loaded || self.offered.contains(&mailbox.name) {
                continue;
            }
            let few = (1..=OFFERED).contains(&mailboxes.children(*id).len());
            self.offered.insert(mailbox.name.clone());
            if few {
                self.unfolded.insert(mailbox.name.clone());
            }
        }
    }

    /// The first row shown on a screen of `height` rows: the cursor is always on it.
    pub fn top(&self, height: usize) -> usize {
        if self.rows.len() <= height {
            return 0;
        }
        // The cursor in the middle, but no empty rows at the end.
        self.cursor
            .saturating_sub(height / 2)
            .min(self.rows.len() - height)
    }

    /// Forgets what is unfolded: another server.
    pub fn reset(&mut self) {
        *self = Sidebar::default();
    }
}
