//! THREAD's two algorithms (RFC 5256 section 3). Nothing here recurses: a thread may be as deep as
//! there are messages.

use std::collections::{BTreeMap, HashMap};

use super::header;
use super::mailbox::Message;
use super::search;

/// A message to be threaded, by the number that THREAD shows.
#[derive(Debug, Clone)]
pub struct Item {
    /// Sequence number or UID.
    pub number: u32,
    /// When it was sent.
    pub sent: i64,
    /// Base subject.
    pub subject: String,
    /// Whether the subject tells of a reply or a forward.
    pub reply: bool,
    /// `Message-ID`, without brackets.
    pub id: Option<String>,
    /// What it refers to, oldest first.
    pub references: Vec<String>,
}

/// Most references that are followed of one message.
const MOST_REFERENCES: usize = 200;

impl Item {
    /// Reads what is needed of a message.
    pub fn new(number: u32, message: &Message) -> Item {
        let (subject, reply) = search::subject(message);
        let structure = message.content.structure();
        let head = message
            .content
            .bytes()
            .get(structure.header.clone())
            .unwrap_or_default();
        let ids = |name| message_ids(&header::get(head, name).unwrap_or_default());
        let mut references = ids("References");
        if references.is_empty() {
            references = ids("In-Reply-To").into_iter().take(1).collect();
        }
        let skip = references.len().saturating_sub(MOST_REFERENCES);
        Item {
            number,
            sent: search::sent_or_arrived(message),
            subject,
            reply,
            id: ids("Message-ID").into_iter().next(),
            references: references.split_off(skip),
        }
    }
}

/// What stands in `<...>`.
fn message_ids(value: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(value);
    let ids = text
        .split('<')
        .skip(1)
        .filter_map(|piece| piece.split_once('>'))
        .map(|(id, _)| id.trim().to_owned());
    ids.filter(|id| !id.is_empty()).collect()
}

/// ORDEREDSUBJECT: one thread per subject, its first message above all others.
pub fn ordered_subject(items: &[Item]) -> String {
    let mut by_subject: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in items {
        by_subject.entry(&item.subject).or_default().push(item);
    }
    let mut threads: Vec<Vec<&Item>> = by_subject.into_values().collect();
    for thread in &mut threads {
        thread.sort_by_key(|item| (item.sent, item.number));
    }
    threads.sort_by_key(|thread| thread.first().map(|item| (item.sent, item.number)));
    let mut out = String::new();
    for thread in threads {
        let numbers: Vec<String> = thread.iter().map(|item| item.number.to_string()).collect();
        match numbers.as_slice() {
            [] => {}
            [one] => out.push_str(&format!("({one})")),
            [one, two] => out.push_str(&format!("({one} {two})")),
            [one, more @ ..] => {
                let more: String = more.iter().map(|n| format!("({n})")).collect();
                out.push_str(&format!("({one} {more})"));
            }
        }
    }
    out
}

/// One node: a message, or the place of one that is not here.
#[derive(Debug, Default)]
struct Node {
    item: Option<usize>,
    parent: Option<usize>,
    children: Vec<usize>,
}

#[derive(Debug, Default)]
struct Forest {
    nodes: Vec<Node>,
}

impl Forest {
    fn node(&self, at: usize) -> Option<&Node> {
        self.nodes.get(at)
    }

    fn add(&mut self, item: Option<usize>) -> usize {
        self.nodes.push(Node {
            item,
            ..Node::default()
        });
        self.nodes.len() - 1
    }

    /// Whether `above` is `below` or stands above it.
    fn is_above(&self, above: usize, below: usize) -> bool {
        let mut at = Some(below);
        while let Some(here) = at {
            if here == above {
                return true;
            }
            at = self.node(here).and_then(|n| n.parent);
        }
        false
    }

    fn unlink(&mut self, child: usize) {
        if let Some(parent) = self.nodes.get_mut(child).and_then(|n| n.parent.take())
            && let Some(parent) = self.nodes.get_mut(parent)
        {
            parent.children.retain(|c| *c != child);
        }
    }

    /// Makes `child` a child of `parent`, unless that would close a loop.
    fn link(&mut self, parent: usize, child: usize) {
        if self.is_above(child, parent) {
            return;
        }
        self.unlink(child);
        if let Some(node) = self.nodes.get_mut(parent) {
            node.children.push(child);
        }
        if let Some(node) = self.nodes.get_mut(child) {
            node.parent = Some(parent);
        }
    }

    fn roots(&self) -> Vec<usize> {
        (0..self.nodes.len())
            .filter(|at| self.node(*at).is_some_and(|n| n.parent.is_none()))
            .collect()
    }

    /// Children before parents.
    fn upwards(&self, roots: &[usize]) -> Vec<usize> {
        let mut order = Vec::new();
        let mut open = roots.to_vec();
        while let Some(at) = open.pop() {
            order.push(at);
            open.extend(
                self.node(at)
                    .map(|n| n.children.as_slice())
                    .unwrap_or_default(),
            );
        }
        order.reverse();
        order
    }
}

/// REFERENCES.
pub fn references(items: &[Item]) -> String {
    let mut forest = Forest::default();
    link_messages(&mut forest, items);
    let mut roots = prune(&mut forest);
    gather_subjects(&mut forest, &mut roots, items);
    sort(&mut forest, &mut roots, items);
    let mut out = String::new();
    for root in roots {
        write(&forest, root, items, &mut out);
    }
    out
}

/// Step 1: containers for all messages and for all they refer to.
fn link_messages(forest: &mut Forest, items: &[Item]) {
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    let mut own = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let node = match item.id.as_deref() {
            Some(id) if !by_id.contains_key(id) => {
                let node = forest.add(Some(at));
                by_id.insert(id, node);
                node
            }
            // No Message-ID, or one that somebody has already.
            _ => forest.add(Some(at)),
        };
        own.push(node);
    }
    for (item, node) in items.iter().zip(own) {
        let mut before = None;
        for id in &item.references {
            let here = *by_id.entry(id).or_insert_with(|| forest.add(None));
            if let Some(before) = before
                && forest.node(here).is_some_and(|n| n.parent.is_none())
            {
                forest.link(before, here);
            }
            before = Some(here);
        }
        if let Some(parent) = before {
            // Its own word counts for more than what others said of it.
            forest.link(parent, node);
        }
    }
}

/// Steps 2 and 3: the roots, and away with the empty places.
fn prune(forest: &mut Forest) -> Vec<usize> {
    let roots = forest.roots();
    for at in forest.upwards(&roots) {
        let Some(node) = forest.node(at) else {
            continue;
        };
        let (empty, parent, children) = (node.item.is_none(), node.parent, node.children.clone());
        if !empty {
            continue;
        }
        match (parent, children.as_slice()) {
            (_, []) => forest.unlink(at),
            // A place at the top that holds several together stays.
            (None, [_, _, ..]) => {}
            (parent, _) => {
                for child in children {
                    forest.unlink(child);
                    if let Some(parent) = parent {
                        forest.link(parent, child);
                    }
                }
                forest.unlink(at);
            }
        }
    }
    let is_left = |at: &usize| {
        forest
            .node(*at)
            .is_some_and(|n| n.item.is_some() || !n.children.is_empty())
    };
    forest.roots().into_iter().filter(is_left).collect()
}

/// The message that stands for a node: itself, or its first child.
fn speaker<'a>(forest: &Forest, at: usize, items: &'a [Item]) -> Option<&'a Item> {
    let node = forest.node(at)?;
    let item = node.item.or_else(|| {
        let children = node.children.iter().filter_map(|c| forest.node(*c)?.item);
        children.min_by_key(|i| items.get(*i).map(|item| (item.sent, item.number)))
    })?;
    items.get(item)
}

/// Step 5: roots of one base subject belong together.
fn gather_subjects(forest: &mut Forest, roots: &mut Vec<usize>, items: &[Item]) {
    // Step 4: oldest first.
    roots.sort_by_key(|root| speaker(forest, *root, items).map(|item| (item.sent, item.number)));
    let mut by_subject: BTreeMap<String, usize> = BTreeMap::new();
    for &root in roots.iter() {
        let Some(item) = speaker(forest, root, items).filter(|item| !item.subject.is_empty())
        else {
            continue;
        };
        let is_dummy = forest.node(root).is_some_and(|n| n.item.is_none());
        let takes_over = match by_subject.get(&item.subject) {
            None => true,
            Some(&old) => {
                let old_dummy = forest.node(old).is_some_and(|n| n.item.is_none());
                let old_reply = speaker(forest, old, items).is_some_and(|item| item.reply);
                (is_dummy && !old_dummy) || (!old_dummy && old_reply && !item.reply)
            }
        };
        if takes_over {
            by_subject.insert(item.subject.clone(), root);
        }
    }
    let all = std::mem::take(roots);
    let mut gone = std::collections::BTreeSet::new();
    for root in all.iter().copied() {
        let Some(item) = speaker(forest, root, items) else {
            continue;
        };
        let Some(&first) = by_subject
            .get(&item.subject)
            .filter(|first| **first != root)
        else {
            continue;
        };
        let dummy = |at: usize| forest.node(at).is_some_and(|n| n.item.is_none());
        let first_reply = speaker(forest, first, items).is_some_and(|item| item.reply);
        match (dummy(first), dummy(root)) {
            (true, true) => {
                for child in forest
                    .node(root)
                    .map(|n| n.children.clone())
                    .unwrap_or_default()
                {
                    forest.link(first, child);
                }
                gone.insert(root);
            }
            (true, false) => {
                forest.link(first, root);
                gone.insert(root);
            }
            (false, _) if item.reply && !first_reply => {
                forest.link(first, root);
                gone.insert(root);
            }
            (false, _) => {
                // Neither is above the other: a new place holds both.
                let both = forest.add(None);
                forest.link(both, first);
                forest.link(both, root);
                by_subject.insert(item.subject.clone(), both);
                gone.extend([first, root]);
            }
        }
    }
    *roots = forest
        .roots()
        .into_iter()
        .filter(|at| !gone.contains(at))
        .collect();
    roots.retain(|at| {
        forest
            .node(*at)
            .is_some_and(|n| n.item.is_some() || !n.children.is_empty())
    });
}

/// Step 6: siblings by date.
fn sort(forest: &mut Forest, roots: &mut [usize], items: &[Item]) {
    let order = forest.upwards(roots);
    for at in order {
        let mut children = forest
            .node(at)
            .map(|n| n.children.clone())
            .unwrap_or_default();
        children.sort_by_key(|child| {
            speaker(forest, *child, items).map(|item| (item.sent, item.number))
        });
        if let Some(node) = forest.nodes.get_mut(at) {
            node.children = children;
        }
    }
    roots.sort_by_key(|root| speaker(forest, *root, items).map(|item| (item.sent, item.number)));
}

/// `(3 6 (4 23)(44 7 96))`
fn write(forest: &Forest, root: usize, items: &[Item], out: &mut String) {
    enum Step {
        Open,
        Node(usize),
        Close,
    }
    let mut steps = vec![Step::Close, Step::Node(root), Step::Open];
    while let Some(step) = steps.pop() {
        match step {
            Step::Open => out.push('('),
            Step::Close => out.push(')'),
            Step::Node(at) => {
                let Some(node) = forest.node(at) else {
                    continue;
                };
                if let Some(item) = node.item.and_then(|i| items.get(i)) {
                    if !out.ends_with('(') {
                        out.push(' ');
                    }
                    out.push_str(&item.number.to_string());
                }
                match node.children.as_slice() {
                    [] => {}
                    [only] => steps.push(Step::Node(*only)),
                    several => {
                        if !out.ends_with('(') {
                            out.push(' ');
                        }
                        for child in several.iter().rev() {
                            steps.extend([Step::Close, Step::Node(*child), Step::Open]);
                        }
                    }
                }
            }
        }
    }
}
