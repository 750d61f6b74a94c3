//! What a command that was answered with OK has changed, or has told for good.

use super::tree::loaded;
use super::{Children, Mailbox, MailboxId, Mailboxes};
use crate::model::command_text::CommandText;
use crate::model::name;
use crate::wire::response::ListEntry;

impl Mailboxes {
    /// A command that was answered with OK.
    pub(in crate::model) fn command_done(&mut self, verb: &str, arguments: &CommandText) {
        let (Some(first), second) = (arguments.first(), arguments.second()) else {
            return;
        };
        match (verb, second) {
            ("CREATE", _) => self.created(first),
            ("DELETE", _) => self.deleted(first),
            ("RENAME", Some(to)) => {
                self.renamed(first, to);
            }
            ("SUBSCRIBE", _) => {
                let delimiter = self.some_delimiter();
                if let Some(node) = self
                    .ensure(first, delimiter)
                    .and_then(|id| self.node_mut(id))
                {
                    node.mailbox.subscribed = true;
                }
            }
            ("UNSUBSCRIBE", _) => {
                if let Some(node) = self.find(first).and_then(|id| self.node_mut(id)) {
                    node.mailbox.subscribed = false;
                }
            }
            ("LIST", Some(pattern)) => self.asked(first, pattern),
            _ => return,
        }
        self.generation += 1;
    }

    /// A LIST that NOTIFY brought (RFC 5465 sections 5.4 and 5.5): it tells whether the mailbox is there, and
    /// subscribed, now.
    pub(in crate::model) fn notified(&mut self, entry: &ListEntry) {
        let has = |name: &str| {
            entry
                .attributes
                .iter()
                .any(|a| a.eq_ignore_ascii_case(name))
        };
        let (gone, subscribed) = (has("\\NonExistent"), has("\\Subscribed"));
        if !gone || subscribed {
            self.listed(entry);
        }
        if let Some(node) = self.find(&entry.name).and_then(|id| self.node_mut(id)) {
            node.mailbox.subscribed = subscribed;
        }
        if gone && !subscribed {
            self.deleted(&entry.name);
        }
        self.generation += 1;
    }

    /// `LIST "" "x/%"` was answered: all right below x are known.
    fn asked(&mut self, reference: &[u8], pattern: &[u8]) {
        let whole = [reference, pattern].concat();
        let Some((last, level)) = whole.split_last() else {
            return;
        };
        if level.iter().any(|b| b"%*".contains(b)) || !b"%*".contains(last) {
            return;
        }
        let deep = *last == b'*';
        if level.is_empty() {
            self.root_children = Children::Loaded;
            if deep {
                for node in self.nodes.iter_mut().flatten() {
                    node.mailbox.children = loaded(&node.children);
                }
            }
            return;
        }
        // The level ends in the delimiter, else the pattern is about parts of names.
        let cut = level
            .iter()
            .rposition(|b| !(0x80..0xc0).contains(b))
            .unwrap_or(0);
        let (name, separator) = level.split_at(cut);
        let mut encoded = [0; 4];
        let parent = self.find(name).filter(|id| {
            let delimiter = self.get(*id).and_then(|m| m.delimiter);
            delimiter.is_some_and(|d| d.encode_utf8(&mut encoded).as_bytes() == separator)
        });
        let mut todo: Vec<MailboxId> = parent.into_iter().collect();
        while let Some(id) = todo.pop() {
            let Some(node) = self.node_mut(id) else {
                continue;
            };
            node.mailbox.children = loaded(&node.children);
            if deep {
                todo.extend_from_slice(&node.children);
            }
        }
    }

    fn created(&mut self, name: &[u8]) {
        let delimiter = self.some_delimiter();
        let mut encoded = [0; 4];
        // RFC 9051 section 6.3.4: a delimiter at the end only says that there will be some below.
        let name = match delimiter {
            Some(d) => name
                .strip_suffix(d.encode_utf8(&mut encoded).as_bytes())
                .unwrap_or(name),
            None => name,
        };
        if let Some(node) = self
            .ensure(name, delimiter)
            .and_then(|id| self.node_mut(id))
        {
            node.mailbox.listed = true;
            node.mailbox.selectable = true;
            node.mailbox.non_existent = false;
        }
    }

    fn deleted(&mut self, name: &[u8]) {
        let Some(id) = self.find(name) else { return };
        let Some(node) = self.node_mut(id) else {
            return;
        };
        if node.children.is_empty() && !node.mailbox.subscribed {
            self.remove(id);
        } else {
            node.mailbox.listed = false;
            node.mailbox.selectable = false;
            node.mailbox.special_use = None;
        }
    }

    fn renamed(&mut self, from: &[u8], to: &[u8]) -> Option<()> {
        let id = self.find(from)?;
        if name::is_inbox(from) {
            // RFC 9051 section 6.3.6: its messages move, INBOX stays.
            self.created(to);
            return None;
        }
        let delimiter = self.node(id)?.mailbox.delimiter;
        let mut moved = Vec::new();
        let mut todo = vec![id];
        while let Some(id) = todo.pop() {
            if let Some(node) = self.node(id) {
                todo.extend_from_slice(&node.children);
                moved.push((id, node.mailbox.clone()));
            }
        }
        for (id, _) in moved.iter().rev() {
            self.remove(*id);
        }
        for (_, mut mailbox) in moved {
            let Some(rest) = mailbox.name.get(from.len()..) else {
                continue;
            };
            mailbox.name = [to, rest].concat();
            if let Some(node) = self
                .ensure(&mailbox.name.clone(), delimiter)
                .and_then(|id| self.node_mut(id))
            {
                // Subscriptions are by name and do not move (RFC 9051 section 6.3.6).
                let (label, subscribed) = (node.mailbox.label.clone(), node.mailbox.subscribed);
                node.mailbox = Mailbox {
                    label,
                    subscribed,
                    ..mailbox
                };
            }
        }
        Some(())
    }

    /// The delimiter of a mailbox that is known, for one that was not listed.
    fn some_delimiter(&self) -> Option<char> {
        self.roots.iter().find_map(|id| self.get(*id)?.delimiter)
    }
}
