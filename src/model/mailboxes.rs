//! The mailbox tree, from LIST, LSUB and STATUS (RFC 9051 sections 6.3.9 and 7.3.1).

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::wire::response::ListEntry;

use super::command_text::CommandText;
use super::{SelectedMailbox, name};

/// Most mailboxes kept; what comes after is in the transcript only.
pub const LIMIT: usize = 200_000;
/// Deepest level; the rest of a longer name is one part.
const DEPTH: usize = 64;
/// Longest name kept, in octets.
const NAME_LIMIT: usize = 4096;

/// Names a mailbox of the tree, as long as [`Mailboxes::generation`] stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxId(u32);

/// What is known about the mailboxes below one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Children {
    /// Nothing was said.
    #[default]
    Unknown,
    /// `\HasNoChildren` or `\Noinferiors`, or they were asked for and there are none.
    None,
    /// `\HasChildren`, or some are known; perhaps not all.
    Some,
    /// All were asked for.
    Loaded,
}

/// What a mailbox is for (RFC 6154, RFC 8457), in the order of the sidebar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum SpecialUse {
    Drafts,
    Sent,
    Archive,
    Junk,
    Trash,
    Important,
    Flagged,
    All,
}

impl SpecialUse {
    /// From an attribute (`\Sent`), in any case.
    pub fn from_attribute(attribute: &str) -> Option<SpecialUse> {
        let table = [
            ("\\Drafts", SpecialUse::Drafts),
            ("\\Sent", SpecialUse::Sent),
            ("\\Archive", SpecialUse::Archive),
            ("\\Junk", SpecialUse::Junk),
            ("\\Spam", SpecialUse::Junk), // XLIST of old
            ("\\Trash", SpecialUse::Trash),
            ("\\Important", SpecialUse::Important),
            ("\\Flagged", SpecialUse::Flagged),
            ("\\Starred", SpecialUse::Flagged), // XLIST of old
            ("\\All", SpecialUse::All),
            ("\\AllMail", SpecialUse::All), // XLIST of old
        ];
        table
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(attribute))
            .map(|(_, this)| *this)
    }

    /// `Sent`, `Trash`, ...
    pub fn name(self) -> &'static str {
        match self {
            SpecialUse::Drafts => "Drafts",
            SpecialUse::Sent => "Sent",
            SpecialUse::Archive => "Archive",
            SpecialUse::Junk => "Junk",
            SpecialUse::Trash => "Trash",
            SpecialUse::Important => "Important",
            SpecialUse::Flagged => "Flagged",
            SpecialUse::All => "All",
        }
    }
}

/// One mailbox, or a level of the hierarchy that is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mailbox {
    /// The whole name as sent.
    pub name: Vec<u8>,
    /// The last part as shown, modified UTF-7 decoded. Hostile: show it through `tui/printable.rs`.
    pub label: String,
    /// Its hierarchy delimiter.
    pub delimiter: Option<char>,
    /// The server listed it; false for a level that is only known from a name below it.
    pub listed: bool,
    /// It can be opened (neither `\Noselect` nor `\NonExistent`, and listed).
    pub selectable: bool,
    /// It can have none below (`\Noinferiors`).
    pub no_inferiors: bool,
    /// `\Marked` (true) or `\Unmarked` (false).
    pub marked: Option<bool>,
    /// What it is for.
    pub special_use: Option<SpecialUse>,
    /// It is subscribed (LSUB, SUBSCRIBE).
    pub subscribed: bool,
    /// What is known about those below.
    pub children: Children,
    /// STATUS items as told last, names in upper case (`MESSAGES`, `UNSEEN`, ...).
    pub counts: Vec<(String, u64)>,
}

impl Mailbox {
    /// The whole name as shown.
    pub fn shown(&self) -> String {
        name::shown(&self.name)
    }

    /// One of the counts (`UNSEEN`).
    pub fn count(&self, item: &str) -> Option<u64> {
        self.counts
            .iter()
            .find(|(name, _)| name == item)
            .map(|(_, value)| *value)
    }
}

#[derive(Debug, Clone)]
struct Node {
    mailbox: Mailbox,
    parent: Option<MailboxId>,
    children: Vec<MailboxId>,
    sort_key: (u8, String),
}

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
    pub(super) fn emptied(&self) -> Mailboxes {
        Mailboxes {
            generation: self.generation + 1,
            ..Mailboxes::default()
        }
    }

    /// A LIST or XLIST response.
    pub(super) fn listed(&mut self, entry: &ListEntry) {
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
    pub(super) fn subscribed(&mut self, entry: &ListEntry) {
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
    pub(super) fn counted(&mut self, name: &[u8], items: &[(String, u64)]) {
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
    pub(super) fn opened(&mut self, selected: &SelectedMailbox) {
        if self.find(&selected.name).is_none() && name::is_inbox(&selected.name) {
            self.ensure(b"INBOX", None);
        }
        if let Some(node) = self.find(&selected.name).and_then(|id| self.node_mut(id)) {
            node.mailbox.listed = true;
            node.mailbox.selectable = true;
        }
    }

    /// A command that was answered with OK.
    pub(super) fn command_done(&mut self, verb: &str, arguments: &CommandText) {
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

    fn node(&self, id: MailboxId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)?.as_ref()
    }

    fn node_mut(&mut self, id: MailboxId) -> Option<&mut Node> {
        self.nodes.get_mut(id.0 as usize)?.as_mut()
    }

    /// The node of `name`, made with the levels above it if it is not there.
    fn ensure(&mut self, name: &[u8], delimiter: Option<char>) -> Option<MailboxId> {
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
    fn resort(&mut self, id: MailboxId) {
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

    fn remove(&mut self, id: MailboxId) {
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

fn loaded(children: &[MailboxId]) -> Children {
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
fn key(name: &[u8]) -> Vec<u8> {
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
