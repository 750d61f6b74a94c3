//! The syntax of commands as data: what the `syntax` keys in `assets/catalog` are read into.
//!
//! | written | means |
//! |---|---|
//! | `RETURN` | this word, in any case; `'0'` the same for what does not look like one |
//! | `PREVIEW@PREVIEW`, `SIZE@A/B` | a word that needs a capability (one of these) |
//! | `mailbox`, `date` | a slot (`slot.rs`), or a rule of `rules.toml` |
//! | `old:mailbox` | the same, called `old` |
//! | `a b` | a, a space, b |
//! | `[a]` | a or nothing |
//! | `{a \| b}` | one of them |
//! | `a...` | a once or more, spaces between |
//! | `(a)` | a list in parentheses |

use std::collections::HashMap;
use std::ops::Range;

use super::slot::Slot;

/// Index into [`Grammar::nodes`].
pub type NodeId = usize;

/// A piece of syntax.
#[derive(Debug, Clone)]
pub enum Node {
    /// A word.
    Keyword(Keyword),
    /// A typed argument, and what it is called.
    Slot(Slot, String),
    /// `(`
    Open,
    /// `)`
    Close,
    /// One after the other.
    Sequence(Vec<NodeId>),
    /// One of these.
    Choice(Vec<NodeId>),
    /// This or nothing.
    Optional(NodeId),
    /// A rule, by its index, and what it is called.
    Rule(usize, String),
    /// The end of the rule that this node calls; stands right behind it. Only the matcher's stack names it.
    Leave(NodeId),
}

/// A word that is written as it stands.
#[derive(Debug, Clone, Default)]
pub struct Keyword {
    /// As it is written.
    pub word: String,
    /// One of these capabilities is needed; empty: none.
    pub capabilities: Vec<String>,
    /// What it means: a few words, no full stop.
    pub about: String,
}

/// A piece of syntax with a name.
#[derive(Debug, Clone)]
pub struct Rule {
    /// One plain sentence.
    pub about: String,
    /// `RFC 9051, 6.4.5`
    pub reference: String,
    /// Its syntax.
    pub root: NodeId,
}

/// Every piece of syntax.
#[derive(Debug, Default)]
pub struct Grammar {
    nodes: Vec<Node>,
    rules: Vec<Rule>,
    names: HashMap<String, usize>,
    /// What is inside the list that this parenthesis opens.
    insides: HashMap<NodeId, NodeId>,
}

/// The syntax of one row.
#[derive(Debug, Clone, Default)]
pub struct Syntax {
    /// The first node; `None`: nothing stands behind the verb.
    pub root: Option<NodeId>,
    /// As it is shown.
    pub text: String,
    /// Which part of the text each of its nodes is.
    pub places: Vec<(NodeId, Range<usize>)>,
}

impl Grammar {
    /// A node.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// A rule.
    pub fn rule(&self, index: usize) -> Option<&Rule> {
        self.rules.get(index)
    }

    /// What is inside the list that this parenthesis opens.
    pub fn inside(&self, open: NodeId) -> Option<NodeId> {
        self.insides.get(&open).copied()
    }

    /// Announces a rule, so that others can name it before it is read.
    pub(super) fn declare(&mut self, name: &str, about: &str, reference: &str) -> usize {
        let root = self.add(Node::Sequence(Vec::new()));
        self.rules.push(Rule {
            about: about.to_owned(),
            reference: reference.to_owned(),
            root,
        });
        self.names.insert(name.to_owned(), self.rules.len() - 1);
        self.rules.len() - 1
    }

    /// Gives a rule its syntax: a choice of lines `syntax -- what it means`.
    pub(super) fn define(&mut self, rule: usize, lines: &str) -> Result<(), String> {
        let mut choice = Vec::new();
        for line in lines.lines().filter(|l| !l.trim().is_empty()) {
            let (syntax, about) = line.split_once(" -- ").unwrap_or((line, ""));
            let first = self.nodes.len();
            let syntax = self.syntax(syntax.trim())?;
            choice.extend(syntax.root);
            // The first word of the line is what the explanation is about.
            let keyword = self.nodes.iter_mut().skip(first).find_map(|n| match n {
                Node::Keyword(keyword) => Some(keyword),
                _ => None,
            });
            if let Some(keyword) = keyword {
                keyword.about = about.trim().to_owned();
            }
        }
        let root = self.add(Node::Choice(choice));
        match self.rules.get_mut(rule) {
            Some(rule) => rule.root = root,
            None => return Err(format!("no rule {rule}")),
        }
        Ok(())
    }

    /// Reads a syntax; the error says what is wrong with it.
    pub(super) fn syntax(&mut self, text: &str) -> Result<Syntax, String> {
        let mut reader = Reader {
            grammar: self,
            rest: text,
            out: Syntax::default(),
        };
        if !text.is_empty() {
            let root = reader.choice()?;
            reader.out.root = Some(root);
        }
        if reader.rest.is_empty() {
            Ok(reader.out)
        } else {
            Err(format!("left over: {}", reader.rest))
        }
    }

    fn add(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() - 1
    }
}

struct Reader<'g, 't> {
    grammar: &'g mut Grammar,
    rest: &'t str,
    out: Syntax,
}

impl Reader<'_, '_> {
    fn skip(&mut self) -> bool {
        let trimmed = self.rest.trim_start();
        let skipped = trimmed.len() < self.rest.len();
        self.rest = trimmed;
        skipped
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn choice(&mut self) -> Result<NodeId, String> {
        let mut items = vec![self.sequence()?];
        while self.take("|") {
            self.out.text.push_str(" | ");
            items.push(self.sequence()?);
        }
        Ok(match items.as_slice() {
            [only] => *only,
            _ => self.grammar.add(Node::Choice(items)),
        })
    }

    fn sequence(&mut self) -> Result<NodeId, String> {
        let mut items = Vec::new();
        self.skip();
        while !self.rest.is_empty() && !self.rest.starts_with([')', ']', '}', '|']) {
            if !items.is_empty() {
                self.out.text.push(' ');
            }
            items.push(self.item()?);
            self.skip();
        }
        Ok(match items.as_slice() {
            [] => return Err(format!("something is missing before {:?}", self.rest)),
            [only] => *only,
            _ => self.grammar.add(Node::Sequence(items)),
        })
    }

    fn item(&mut self) -> Result<NodeId, String> {
        let start = self.out.text.len();
        let mut node = self.primary()?;
        if self.rest.starts_with("...") {
            let end = self.out.text.len();
            self.out.places.push((node, start..end));
        }
        if self.take("...") {
            self.out.text.push_str("...");
            // a, then perhaps all of it again.
            let again = self.grammar.add(Node::Sequence(Vec::new()));
            let more = self.grammar.add(Node::Optional(again));
            if let Some(place) = self.grammar.nodes.get_mut(again) {
                *place = Node::Sequence(vec![node, more]);
            }
            node = again;
        }
        let end = self.out.text.len();
        self.out.places.push((node, start..end));
        Ok(node)
    }

    fn bracketed(&mut self, open: char, close: char) -> Result<NodeId, String> {
        self.out.text.push(open);
        let inner = self.choice()?;
        if !self.take(&close.to_string()) {
            return Err(format!("{close} is missing before {:?}", self.rest));
        }
        self.out.text.push(close);
        Ok(inner)
    }

    fn primary(&mut self) -> Result<NodeId, String> {
        if self.take("(") {
            let start = self.out.text.len();
            let inner = self.bracketed('(', ')')?;
            let (open, close) = (self.grammar.add(Node::Open), self.grammar.add(Node::Close));
            self.grammar.insides.insert(open, inner);
            let end = self.out.text.len();
            self.out.places.push((open, start..end));
            self.out.places.push((close, start..end));
            return Ok(self.grammar.add(Node::Sequence(vec![open, inner, close])));
        }
        if self.take("[") {
            let inner = self.bracketed('[', ']')?;
            return Ok(self.grammar.add(Node::Optional(inner)));
        }
        if self.take("{") {
            return self.bracketed('{', '}');
        }
        self.word()
    }

    fn word(&mut self) -> Result<NodeId, String> {
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || "()[]{}|".contains(c))
            .unwrap_or(self.rest.len());
        let end = self.rest.find("...").map_or(end, |dots| dots.min(end));
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let quoted = word
            .strip_prefix('\'')
            .and_then(|inner| inner.strip_suffix('\''));
        let (name, kind) = word.split_once(':').unwrap_or((word, word));
        if quoted.is_none() {
            if let Some(rule) = self.grammar.names.get(kind) {
                let rule = *rule;
                self.out.text.push_str(name);
                let call = self.grammar.add(Node::Rule(rule, name.to_owned()));
                // Right behind it: where the matcher comes out of the rule.
                self.grammar.add(Node::Leave(call));
                return Ok(call);
            }
            if let Some(slot) = Slot::named(kind) {
                self.out.text.push_str(name);
                return Ok(self.grammar.add(Node::Slot(slot, name.to_owned())));
            }
        }
        let (word, capabilities) = word.split_once('@').unwrap_or((word, ""));
        let word = quoted.unwrap_or(word);
        if word.is_empty() || word.contains(':') {
            return Err(format!("{word:?} is no slot, no rule and no word"));
        }
        self.out.text.push_str(word);
        Ok(self.grammar.add(Node::Keyword(Keyword {
            word: word.to_owned(),
            capabilities: capabilities
                .split('/')
                .filter(|c| !c.is_empty())
                .map(str::to_owned)
                .collect(),
            about: String::new(),
        })))
    }
}
