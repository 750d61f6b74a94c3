//! Frames to tokens (see [`super::token`]). One pass, no recursion, linear in the frame's length.

use std::ops::Range;

use super::opening::Opening;
use super::token::{Node, NodeKind, TokenTree, Tokens};
use super::{Direction, Frame, FrameBuilder, Framer};

/// Lists nested deeper than this are one [`super::token::TokenKind::Odd`].
pub const DEPTH_LIMIT: usize = 200;
/// Most tokens read of one frame.
pub const TOKEN_LIMIT: usize = 2_000_000;

/// The tokens of a server's response. In a status response `[...]` is a code, and what follows is
/// text; everywhere else `[` belongs to an atom.
pub fn tokenize(frame: &Frame) -> TokenTree<'_> {
    let mut scanner = Scanner::new(frame);
    let end = scanner.end;
    match Opening::of(&frame.bytes) {
        Opening::Continuation { text } => {
            scanner.push(NodeKind::Atom, 0, 1);
            scanner.text(text, end);
        }
        Opening::Status {
            first,
            word,
            bracket,
            text,
            ..
        } => {
            scanner.push(NodeKind::Atom, first.start, first.end);
            scanner.push(NodeKind::Atom, word.start, word.end);
            match bracket.and_then(|open| Some((open, scanner.closing_bracket(open)?))) {
                Some((open, close)) => {
                    scanner.code(open, close);
                    let space = frame.bytes.get(close + 1) == Some(&b' ');
                    scanner.text(close + 1 + usize::from(space), end);
                }
                None => scanner.text(text, end),
            }
        }
        Opening::Data { rest } => {
            scanner.push(NodeKind::Atom, 0, 1);
            scanner.sections = if is_fetch(frame, rest) {
                Sections::Items
            } else {
                Sections::None
            };
            scanner.data(rest, end);
        }
        Opening::Odd => scanner.data(0, end),
    }
    scanner.finish()
}

/// The tokens of a client's command line: no codes, no text.
pub fn tokenize_command(frame: &Frame) -> TokenTree<'_> {
    let mut scanner = Scanner::new(frame);
    scanner.sections = Sections::Named;
    scanner.data(0, scanner.end);
    scanner.finish()
}

/// `12 FETCH` or `12 UIDFETCH` (RFC 9586).
fn is_fetch(frame: &Frame, rest: usize) -> bool {
    let words = frame.bytes.get(rest..).unwrap_or_default();
    let mut words = words
        .split(|b| b" \r\n(".contains(b))
        .filter(|w| !w.is_empty());
    let (number, name) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let names: [&[u8]; 2] = [b"FETCH", b"UIDFETCH"];
    number.iter().all(u8::is_ascii_digit) && names.iter().any(|n| n.eq_ignore_ascii_case(name))
}

/// Where an atom may go on behind a bracket, over spaces and parentheses
/// (`BODY[HEADER.FIELDS (DATE)]`). In flags and mailbox names `[` is a letter like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sections {
    None,
    /// In the items of a FETCH response: directly in its list, whatever the item's name.
    Items,
    /// In a command: behind BODY and BINARY.
    Named,
}

/// A literal in the frame: its announcement begins at `start`, its octets end at `end`.
struct Announced {
    start: usize,
    end: usize,
    index: usize,
}

struct Scanner<'f> {
    frame: &'f Frame,
    bytes: &'f [u8],
    /// Where the frame's content ends: its line end is off.
    end: usize,
    literals: Vec<Announced>,
    /// The first of `literals` not passed yet.
    ahead: usize,
    nodes: Vec<Node>,
    /// Indexes of the open lists.
    open: Vec<usize>,
    /// Lists open beyond [`DEPTH_LIMIT`], and where the first of them began.
    too_deep: usize,
    too_deep_from: usize,
    /// No search for a closing bracket that begins before this offset finds one: keeps us linear.
    bracketless: usize,
    sections: Sections,
    whole: bool,
}

impl<'f> Scanner<'f> {
    fn new(frame: &'f Frame) -> Scanner<'f> {
        // Offsets are 32 bits. A frame has at most 8 MiB, so this cuts nothing that was received.
        let room = frame.bytes.len().min(u32::MAX as usize - 1);
        let bytes = frame.bytes.get(..room).unwrap_or_default();
        let literals = announced(frame, bytes);
        let content = literals.last().map_or(0, |l| l.end);
        let line = bytes.get(content..).unwrap_or_default();
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let end = content + line.len();
        Scanner {
            frame,
            bytes,
            end,
            literals,
            ahead: 0,
            nodes: Vec::new(),
            open: Vec::new(),
            too_deep: 0,
            too_deep_from: 0,
            bracketless: 0,
            sections: Sections::None,
            whole: room == frame.bytes.len(),
        }
    }

    fn finish(self) -> TokenTree<'f> {
        TokenTree {
            frame: self.frame,
            nodes: self.nodes,
            whole: self.whole,
        }
    }

    fn push(&mut self, kind: NodeKind, start: usize, end: usize) {
        self.push_with(kind, start, end, 0);
    }

    fn push_with(&mut self, kind: NodeKind, start: usize, end: usize, extra: usize) {
        if self.too_deep > 0 {
            return;
        }
        if self.nodes.len() >= TOKEN_LIMIT {
            self.whole = false;
            return;
        }
        // All of them are below `u32::MAX`: see `new`.
        let short = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.nodes.push(Node {
            kind,
            start: short(start),
            end: short(end),
            extra: short(extra),
        });
    }

    fn text(&mut self, from: usize, end: usize) {
        if from < end {
            self.push(NodeKind::Text, from, end);
        }
    }

    fn code(&mut self, open: usize, close: usize) {
        let at = self.nodes.len();
        self.push(NodeKind::Code, open, close + 1);
        self.data(open + 1, close);
        self.close_node(at, close + 1);
    }

    fn close_node(&mut self, at: usize, end: usize) {
        let behind = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        if let Some(node) = self.nodes.get_mut(at) {
            node.extra = behind;
            node.end = u32::try_from(end).unwrap_or(u32::MAX);
        }
    }

    /// Tokens of `from..end`; lists opened there are closed there.
    fn data(&mut self, from: usize, end: usize) {
        let mut at = from;
        loop {
            if let Some(literal) = self
                .literals
                .get(self.ahead)
                .filter(|l| l.start <= at && l.start < end)
            {
                let (start, behind, index) = (literal.start, literal.end, literal.index);
                self.ahead += 1;
                self.push_with(NodeKind::Literal, start, behind, index);
                at = behind.max(at);
                continue;
            }
            let stop = self
                .literals
                .get(self.ahead)
                .map_or(end, |l| l.start.min(end));
            let Some(&byte) = self.bytes.get(at).filter(|_| at < stop) else {
                break;
            };
            at = match byte {
                b' ' => at + 1,
                b'(' => self.open_list(at),
                b')' => self.close_list(at),
                b'"' => self.quoted(at, stop),
                _ => self.word(at, stop, end),
            };
        }
        if self.too_deep > 0 {
            self.too_deep = 0;
            self.push(NodeKind::Odd, self.too_deep_from, end);
        }
        while let Some(list) = self.open.pop() {
            self.close_node(list, end);
        }
    }

    fn open_list(&mut self, at: usize) -> usize {
        if self.too_deep > 0 {
            self.too_deep += 1;
        } else if self.open.len() >= DEPTH_LIMIT {
            self.too_deep = 1;
            self.too_deep_from = at;
        } else if self.nodes.len() < TOKEN_LIMIT {
            self.open.push(self.nodes.len());
            self.push(NodeKind::List, at, at + 1);
        } else {
            self.whole = false;
        }
        at + 1
    }

    fn close_list(&mut self, at: usize) -> usize {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            if self.too_deep == 0 {
                self.push(NodeKind::Odd, self.too_deep_from, at + 1);
            }
        } else if let Some(list) = self.open.pop() {
            self.close_node(list, at + 1);
        } else {
            self.push(NodeKind::Odd, at, at + 1);
        }
        at + 1
    }

    /// A quoted string never crosses a line end, hence never a literal.
    fn quoted(&mut self, at: usize, stop: usize) -> usize {
        let mut escaped = false;
        for (offset, &byte) in self
            .bytes
            .get(at + 1..stop)
            .unwrap_or_default()
            .iter()
            .enumerate()
        {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    let behind = at + offset + 2;
                    self.push(NodeKind::Quoted, at, behind);
                    return behind;
                }
                _ => {}
            }
        }
        self.push(NodeKind::Odd, at, stop);
        stop
    }

    fn word(&mut self, at: usize, stop: usize, end: usize) -> usize {
        let mut behind = self.plain_word_end(at, stop);
        let word = self.bytes.get(at..behind).unwrap_or_default();
        let mut section = false;
        if let Some(offset) = self.section_bracket(word)
            && at + offset >= self.bracketless
        {
            match self.section_end(at + offset, end) {
                Ok(close) => {
                    let stop = self
                        .literals
                        .get(self.ahead)
                        .map_or(end, |l| l.start.min(end));
                    behind = self.plain_word_end(close + 1, stop);
                    section = true;
                }
                Err(searched) => self.bracketless = searched,
            }
        }
        // A section may hold a literal, and with it line ends: that is no oddity.
        let word = self.bytes.get(at..behind).unwrap_or_default();
        let announces = word.starts_with(b"{") || word.starts_with(b"~{");
        let odd = !section && (announces || word.iter().any(u8::is_ascii_control));
        self.push(if odd { NodeKind::Odd } else { NodeKind::Atom }, at, behind);
        behind
    }

    /// Where in a word the bracket of a section opens and is not closed: `BODY[HEADER.FIELDS` has
    /// one, `[Gmail]`, `BODY[]` and `a]b` have none.
    fn section_bracket(&self, word: &[u8]) -> Option<usize> {
        let open = memchr::memchr(b'[', word)?;
        let (name, rest) = word.split_at(open);
        let begins = |prefix: &[u8]| {
            name.get(..prefix.len())
                .is_some_and(|n| n.eq_ignore_ascii_case(prefix))
        };
        let item = match self.sections {
            Sections::None => false,
            Sections::Items => self.open.len() == 1 && self.too_deep == 0 && !name.is_empty(),
            Sections::Named => begins(b"BODY") || begins(b"BINARY"),
        };
        (item && memchr::memchr(b']', rest).is_none()).then_some(open)
    }

    fn plain_word_end(&self, at: usize, stop: usize) -> usize {
        let rest = self.bytes.get(at..stop).unwrap_or_default();
        at + rest
            .iter()
            .position(|b| b" ()\"".contains(b))
            .unwrap_or(rest.len())
    }

    /// The `]` that ends the section opened at `open` (`BODY[HEADER.FIELDS ("A]" B])]`): quotes,
    /// literals and lists are stepped over, and a `)` that closes more than the section opened ends the search.
    /// `Err`: how far it was searched in vain.
    fn section_end(&mut self, open: usize, end: usize) -> Result<usize, usize> {
        let mut inside = 0usize;
        let mut quote: Option<bool> = None;
        let mut at = open + 1;
        let mut ahead = self.ahead;
        while at < end {
            if let Some(literal) = self.literals.get(ahead).filter(|l| l.start <= at) {
                at = literal.end.max(at + 1);
                ahead += 1;
                quote = None;
                continue;
            }
            let Some(&byte) = self.bytes.get(at) else {
                break;
            };
            match (byte, quote) {
                (_, Some(true)) => quote = Some(false),
                (b'\\', Some(false)) => quote = Some(true),
                (b'"', Some(false)) => quote = None,
                (_, Some(false)) => {}
                (b'"', None) => quote = Some(false),
                (b'(', None) => inside += 1,
                (b')', None) if inside == 0 => return Err(at),
                (b')', None) => inside -= 1,
                (b']', None) if inside == 0 => {
                    self.ahead = ahead;
                    return Ok(at);
                }
                _ => {}
            }
            at += 1;
        }
        Err(end)
    }

    /// The `]` that ends the response code opened at `open`, found as the framer finds it: a quoted
    /// string may hold one. If none is found so, a quote was never closed, and it is the first `]` of
    /// the line (RFC 9051 section 9, resp-text-code: any TEXT-CHAR except `]`).
    fn closing_bracket(&self, open: usize) -> Option<usize> {
        let mut quoted = false;
        let mut escaped = false;
        let mut first = None;
        let mut at = open + 1;
        let mut ahead = self.ahead;
        while at < self.end {
            if let Some(literal) = self.literals.get(ahead).filter(|l| l.start <= at) {
                at = literal.end.max(at + 1);
                ahead += 1;
                continue;
            }
            let byte = *self.bytes.get(at)?;
            if byte == b']' {
                if !quoted {
                    return Some(at);
                }
                // Behind a literal nothing is put right any more.
                if first.is_none() && ahead == self.ahead {
                    first = Some(at);
                }
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ => {}
            }
            at += 1;
        }
        first.filter(|_| ahead == self.ahead)
    }
}

/// The literals whose announcements really stand in `bytes`, in order.
fn announced(frame: &Frame, bytes: &[u8]) -> Vec<Announced> {
    let mut out: Vec<Announced> = Vec::with_capacity(frame.literals.len());
    for (index, span) in frame.literals.iter().enumerate() {
        let floor = out.last().map_or(0, |l| l.end);
        let Some(line) = bytes.get(floor..span.start) else {
            continue;
        };
        let Some(open) = memchr::memrchr(b'{', line) else {
            continue;
        };
        let tilde = open > 0 && line.get(open - 1) == Some(&b'~');
        let size = if span.kept {
            usize::try_from(span.header.size).unwrap_or(usize::MAX)
        } else {
            0
        };
        out.push(Announced {
            start: floor + open - usize::from(tilde),
            end: span.start.saturating_add(size).min(bytes.len()),
            index,
        });
    }
    out
}

/// Fuzz entry: the tokens of any bytes lie inside each other and one behind the other, and are not many
/// more than the bytes. Returns how many there are.
pub fn fuzz_tokens(data: &[u8]) -> usize {
    let mut count = 0;
    for direction in [Direction::Server, Direction::Client] {
        let mut framer = Framer::new(direction);
        let mut builder = FrameBuilder::default();
        let mut rest = data;
        while let Some(piece) = framer.next(&mut rest) {
            let Some(frame) = builder.push(&piece) else {
                continue;
            };
            let tree = match direction {
                Direction::Server => tokenize(&frame),
                Direction::Client => tokenize_command(&frame),
            };
            assert!(tree.nodes.len() <= frame.bytes.len() + frame.literals.len());
            count += walk(tree.tokens(), 0..frame.bytes.len());
        }
    }
    count
}

/// At most [`DEPTH_LIMIT`] deep, so recursion does no harm.
fn walk(tokens: Tokens<'_>, inside: Range<usize>) -> usize {
    let mut count = 0;
    let mut from = inside.start;
    for token in tokens {
        let range = token.range();
        assert!(from <= range.start && range.start < range.end && range.end <= inside.end);
        let _ = (token.string_value(), token.nstring(), token.number());
        from = range.end;
        count += 1 + walk(token.children(), range);
    }
    count
}
