//! What a reply shall look like.

use super::script::{Content, Literal, Piece, Span, Template, Var};

/// A reply as it is expected: what stands behind `*`, or behind the tag.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pattern {
    /// Its elements.
    pub items: Vec<Item>,
    /// Where it is written.
    pub span: Span,
    /// As it is written.
    pub text: String,
}

/// An element.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// Where it is written.
    pub span: Span,
}

/// What an element is.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemKind {
    /// A word; variables may stand in it.
    Atom(Template),
    /// `"..."`, quotes and backslashes off.
    Quoted(Template),
    /// A literal.
    Literal(Literal),
    /// `( ... )`
    List {
        /// What is written of its rules; `None`: those of its place hold.
        rules: Option<ListRules>,
        /// What is in it.
        items: Vec<Item>,
    },
    /// `[ ... ]` of a status response.
    Code(Vec<Item>),
    /// `${_}`: one element, whatever it is.
    Any,
    /// `${_...}`: whatever is left; with a name, `${x...}`, it is kept.
    Rest(Option<String>),
}

/// How a list is compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListRules {
    /// In any order, so many elements at a time; `None`: in order.
    pub unordered: Option<usize>,
    /// There may be more than is written.
    pub extra: bool,
    /// These may be there all the same.
    pub ignore: Vec<String>,
    /// These must not be there.
    pub ban: Vec<String>,
    /// Elements of each turn are compared as key and value of FETCH: FLAGS has rules of its own.
    pub fetch: bool,
}

impl ListRules {
    /// In order, all of them.
    pub fn exact() -> ListRules {
        ListRules::default()
    }

    /// In any order, `n` at a time, more may be there.
    pub fn loose(n: usize) -> ListRules {
        ListRules {
            unordered: Some(n),
            extra: true,
            ..ListRules::default()
        }
    }

    /// The flags of a message: any order, nothing else but what servers add by themselves.
    pub fn message_flags() -> ListRules {
        ListRules {
            unordered: Some(1),
            ignore: ["\\Recent", "$HasAttachment", "$HasNoAttachment"]
                .map(str::to_owned)
                .to_vec(),
            ..ListRules::default()
        }
    }
}

impl Item {
    /// Its text if it is a word without variables.
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            ItemKind::Atom(template) => match template.as_slice() {
                [Piece::Text(text, _)] => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    fn each_var<'a>(&'a self, found: &mut dyn FnMut(&'a Var)) {
        let mut pieces = |template: &'a Template| {
            for piece in template {
                if let Piece::Var(var) = piece {
                    found(var);
                }
            }
        };
        match &self.kind {
            ItemKind::Atom(template) | ItemKind::Quoted(template) => pieces(template),
            ItemKind::Literal(literal) => match &literal.content {
                Content::Block(template) | Content::File { path: template, .. } => pieces(template),
            },
            ItemKind::List { items, .. } | ItemKind::Code(items) => {
                for item in items {
                    item.each_var(found);
                }
            }
            ItemKind::Any | ItemKind::Rest(_) => {}
        }
    }

    fn each_literal<'a>(&'a self, found: &mut dyn FnMut(&'a Literal)) {
        match &self.kind {
            ItemKind::Literal(literal) => found(literal),
            ItemKind::List { items, .. } | ItemKind::Code(items) => {
                for item in items {
                    item.each_literal(found);
                }
            }
            _ => {}
        }
    }

    fn each_rest<'a>(&'a self, found: &mut dyn FnMut(&'a str)) {
        match &self.kind {
            ItemKind::Rest(Some(name)) => found(name),
            ItemKind::List { items, .. } | ItemKind::Code(items) => {
                for item in items {
                    item.each_rest(found);
                }
            }
            _ => {}
        }
    }
}

impl Pattern {
    /// Every variable in it, but those that take what is left.
    pub fn each_var<'a>(&'a self, found: &mut dyn FnMut(&'a Var)) {
        for item in &self.items {
            item.each_var(found);
        }
    }

    /// Every literal in it.
    pub fn each_literal<'a>(&'a self, found: &mut dyn FnMut(&'a Literal)) {
        for item in &self.items {
            item.each_literal(found);
        }
    }

    /// Every name that it may set.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.each_var(&mut |var| names.push(var.name.as_str()));
        for item in &self.items {
            item.each_rest(&mut |name| names.push(name));
        }
        names
    }

    /// `FETCH`, `LIST`, `OK`: behind the number, if there is one. Empty if it is a variable.
    pub fn kind(&self) -> String {
        let numeric = |item: &Item| match &item.kind {
            ItemKind::Atom(template) => template.iter().all(|p| match p {
                Piece::Text(text, _) => text.bytes().all(|b| b.is_ascii_digit()),
                _ => true,
            }),
            ItemKind::Any => true,
            _ => false,
        };
        let mut items = self.items.iter();
        let first = items.next();
        let item = match first {
            Some(first) if numeric(first) => items.next(),
            first => first,
        };
        item.and_then(Item::word)
            .unwrap_or_default()
            .to_ascii_uppercase()
    }

    /// Index of the element that is a mailbox name.
    pub fn mailbox_at(&self) -> Option<usize> {
        match self.kind().as_str() {
            "LIST" | "LSUB" => Some(3),
            "STATUS" | "ACL" | "MYRIGHTS" | "LISTRIGHTS" | "QUOTAROOT" | "METADATA" => Some(1),
            _ => None,
        }
    }

    /// How its elements are compared: the rules of the whole, from which element on they hold.
    pub(super) fn own_rules(&self) -> (usize, ListRules) {
        match self.kind().as_str() {
            "CAPABILITY" | "ENABLED" => (1, ListRules::loose(1)),
            "ACL" => (2, ListRules::loose(2)),
            _ => (0, ListRules::exact()),
        }
    }

    /// The rules of the list that is element `index`, if none are written.
    pub(super) fn list_rules(&self, index: usize) -> ListRules {
        match (self.kind().as_str(), index) {
            ("FETCH" | "UIDFETCH", 2) => ListRules {
                fetch: true,
                ..ListRules::loose(2)
            },
            ("LIST" | "LSUB", 1) | ("FLAGS", 1) => ListRules::loose(1),
            ("STATUS", 2) => ListRules::loose(2),
            ("QUOTA", 2) => ListRules::loose(3),
            _ => ListRules::exact(),
        }
    }
}
