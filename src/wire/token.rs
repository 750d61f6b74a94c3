//! The tokens of a frame: a tree of byte ranges, and the values behind them.
//!
//! Tokens refuse nothing; what fits nowhere is [`TokenKind::Odd`]. The tree is one flat array in
//! reading order, 16 bytes a token, so that neither depth nor dropping it can exhaust the stack.

use std::borrow::Cow;
use std::ops::Range;

use super::Frame;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A word: atom, number, NIL, flag, FETCH item with its section (`BODY[HEADER.FIELDS (DATE)]<0>`).
    Atom,
    /// `"..."`, quotes included in the range.
    Quoted,
    /// A literal: the index into [`Frame::literals`]; the range begins at its announcement.
    Literal(usize),
    /// `( ... )`, parentheses included.
    List,
    /// The `[ ... ]` of a response code.
    Code,
    /// Human-readable text, in whatever charset.
    Text,
    /// Bytes that fit nowhere: a stray `)`, an unclosed quote, control characters, too deep a list.
    Odd,
}

/// One token in the flat array. `extra`: a literal's index, or where a list's children end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) extra: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeKind {
    Atom,
    Quoted,
    Literal,
    List,
    Code,
    Text,
    Odd,
}

/// All tokens of one frame.
#[derive(Debug)]
pub struct TokenTree<'f> {
    pub(super) frame: &'f Frame,
    pub(super) nodes: Vec<Node>,
    pub(super) whole: bool,
}

impl<'f> TokenTree<'f> {
    /// The top-level tokens, in order.
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens {
            tree: self,
            at: 0,
            end: self.nodes.len(),
        }
    }

    /// Whether every token of the frame is here; a flood of them (over [`super::cursor::TOKEN_LIMIT`]) is cut.
    pub fn is_whole(&self) -> bool {
        self.whole && !self.frame.elided
    }
}

/// A run of sibling tokens.
#[derive(Debug, Clone)]
pub struct Tokens<'t> {
    tree: &'t TokenTree<'t>,
    at: usize,
    end: usize,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        if self.at >= self.end {
            return None;
        }
        let node = *self.tree.nodes.get(self.at)?;
        let token = Token {
            tree: self.tree,
            at: self.at,
            node,
        };
        self.at = token.behind();
        Some(token)
    }
}

/// One token: a view, cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Token<'t> {
    tree: &'t TokenTree<'t>,
    at: usize,
    node: Node,
}

impl<'t> Token<'t> {
    /// What it is.
    pub fn kind(&self) -> TokenKind {
        match self.node.kind {
            NodeKind::Atom => TokenKind::Atom,
            NodeKind::Quoted => TokenKind::Quoted,
            NodeKind::Literal => TokenKind::Literal(self.node.extra as usize),
            NodeKind::List => TokenKind::List,
            NodeKind::Code => TokenKind::Code,
            NodeKind::Text => TokenKind::Text,
            NodeKind::Odd => TokenKind::Odd,
        }
    }

    /// Where it stands in [`Frame::bytes`].
    pub fn range(&self) -> Range<usize> {
        self.node.start as usize..self.node.end as usize
    }

    /// Its bytes as they passed.
    pub fn bytes(&self) -> &'t [u8] {
        self.tree.frame.bytes.get(self.range()).unwrap_or_default()
    }

    /// What is inside a list or a response code; nothing for the others.
    pub fn children(&self) -> Tokens<'t> {
        Tokens {
            tree: self.tree,
            at: self.at + 1,
            end: self.behind(),
        }
    }

    /// The children of a list; `None` if it is none.
    pub fn list(&self) -> Option<Tokens<'t>> {
        (self.node.kind == NodeKind::List).then(|| self.children())
    }

    /// The bytes of an atom; `None` if it is none.
    pub fn atom(&self) -> Option<&'t [u8]> {
        (self.node.kind == NodeKind::Atom).then(|| self.bytes())
    }

    /// Whether it is the atom `word`, in any case.
    pub fn is_word(&self, word: &str) -> bool {
        self.atom()
            .is_some_and(|a| a.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// Whether it is the atom NIL.
    pub fn is_nil(&self) -> bool {
        self.is_word("NIL")
    }

    /// The octets that an astring means (RFC 9051 section 4.3): an atom as it is, a quoted string
    /// without quotes and backslashes, a literal if the frame kept it. `None` for anything else.
    pub fn string_value(&self) -> Option<Cow<'t, [u8]>> {
        match self.kind() {
            TokenKind::Atom => Some(Cow::Borrowed(self.bytes())),
            TokenKind::Quoted => Some(unquoted(self.bytes())),
            TokenKind::Literal(index) => {
                let span = self
                    .tree
                    .frame
                    .literals
                    .get(index)
                    .filter(|span| span.kept)?;
                let size = usize::try_from(span.header.size).ok()?;
                let octets = self
                    .tree
                    .frame
                    .bytes
                    .get(span.start..span.start.checked_add(size)?)?;
                Some(Cow::Borrowed(octets))
            }
            TokenKind::List | TokenKind::Code | TokenKind::Text | TokenKind::Odd => None,
        }
    }

    /// As [`Token::string_value`], with NIL as `Some(None)` (RFC 9051's nstring).
    pub fn nstring(&self) -> Option<Option<Cow<'t, [u8]>>> {
        if self.is_nil() {
            Some(None)
        } else {
            self.string_value().map(Some)
        }
    }

    /// As [`Token::string_value`], bytes that are no UTF-8 replaced.
    pub fn text_value(&self) -> Option<String> {
        self.string_value()
            .map(|v| String::from_utf8_lossy(&v).into_owned())
    }

    /// An atom of digits that fits a `u64` (mod-sequences and Gmail's ids need that much).
    pub fn number(&self) -> Option<u64> {
        number(self.atom()?)
    }

    fn behind(&self) -> usize {
        match self.node.kind {
            NodeKind::List | NodeKind::Code => (self.node.extra as usize).max(self.at + 1),
            _ => self.at + 1,
        }
    }
}

/// `bytes` as an unsigned decimal number: digits only, no sign.
pub fn number(bytes: &[u8]) -> Option<u64> {
    if !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// The octets of a quoted string: quotes off, `\x` is `x`.
fn unquoted(quoted: &[u8]) -> Cow<'_, [u8]> {
    let inner = quoted.strip_prefix(b"\"").unwrap_or(quoted);
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    if memchr::memchr(b'\\', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        // A backslash at the very end cannot be: it would have escaped the closing quote.
        out.push(if byte == b'\\' {
            bytes.next().copied().unwrap_or(byte)
        } else {
            byte
        });
    }
    Cow::Owned(out)
}
