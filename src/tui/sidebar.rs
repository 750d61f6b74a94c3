//! State of the sidebar: which mailboxes are unfolded, and the flat list that follows from it.

use std::collections::HashSet;

use crate::model::{Children, MailboxId, Mailboxes};

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

/// State of the sidebar.
#[derive(Debug, Default)]
pub struct Sidebar {
    /// Index of the row at the cursor.
    pub cursor: usize,
    rows: Vec<TreeRow>,
    unfolded: HashSet<Vec<u8>>,
    /// Mailboxes of the first level that were unfolded for the user, once.
    offered: HashSet<Vec<u8>>,
    /// What `rows` was made from.
    made_from: Option<u64>,
}

impl Sidebar {
    /// The visible mailboxes, in order.
    pub fn rows(&self) -> &[TreeRow] {
        &self.rows
    }

    /// Whether the mailbox of this name (as sent) is unfolded.
    pub fn is_unfolded(&self, name: &[u8]) -> bool {
        self.unfolded.contains(name)
    }

    /// Unfolds a mailbox, or folds it.
    pub fn set_unfolded(&mut self, name: &[u8], unfolded: bool) {
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

    /// Makes the rows anew if the tree has changed. The cursor stays on its mailbox.
    pub fn refresh(&mut self, mailboxes: &Mailboxes) {
        if self.made_from == Some(mailboxes.generation()) {
            return;
        }
        let at_cursor = self.name_at_cursor(mailboxes);
        self.offer(mailboxes);
        self.rows.clear();
        let mut stack: Vec<(MailboxId, usize)> =
            mailboxes.roots().iter().rev().map(|id| (*id, 0)).collect();
        while let Some((id, depth)) = stack.pop() {
            self.rows.push(TreeRow { id, depth });
            let Some(mailbox) = mailboxes.get(id) else {
                continue;
            };
            if self.unfolded.contains(&mailbox.name) && mailbox.children != Children::None {
                stack.extend(
                    mailboxes
                        .children(id)
                        .iter()
                        .rev()
                        .map(|id| (*id, depth + 1)),
                );
            }
        }
        self.made_from = Some(mailboxes.generation());
        let found = at_cursor.and_then(|name| {
            let is_it = |row: &TreeRow| mailboxes.get(row.id).is_some_and(|m| m.name == name);
            self.rows.iter().position(is_it)
        });
        self.cursor = found
            .unwrap_or(self.cursor)
            .min(self.rows.len().saturating_sub(1));
    }

    /// What was listed after the login is shown: a user sees the mailboxes without a key press.
    fn offer(&mut self, mailboxes: &Mailboxes) {
        for id in mailboxes.roots() {
            let Some(mailbox) = mailboxes.get(*id) else {
                continue;
            };
            let few = (1..=OFFERED).contains(&mailboxes.children(*id).len());
            if mailbox.children == Children::Loaded && !self.offered.contains(&mailbox.name) {
                self.offered.insert(mailbox.name.clone());
                if few {
                    self.unfolded.insert(mailbox.name.clone());
                }
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
