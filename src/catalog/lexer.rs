//! Typed text to lexemes. Never fails, and finds the same commands in a text as `console/draft` does:
//! a line is a command; it goes on over a line end inside parentheses, and around literals.

use std::borrow::Cow;
use std::ops::Range;

/// What a lexeme is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A word; also what no word may be.
    Atom,
    /// `"..."`
    Quoted {
        /// Whether the second quote is there.
        closed: bool,
    },
    /// `{{{ ... }}}`, `{@file}`, `{9}` and its octets, each with or without `~`.
    Literal(Literal),
    /// `(`
    Open,
    /// `)`
    Close,
}

/// A literal as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// What announces it: `{{{`, `{@path}`, `{9}`.
    pub head: Range<usize>,
    /// Its octets in the text; empty for a file.
    pub body: Range<usize>,
    /// `~` stands before it: a literal8 (RFC 3516).
    pub binary: bool,
    /// It comes from a file.
    pub file: bool,
    /// Whether it is all there.
    pub closed: bool,
}

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexeme {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub range: Range<usize>,
    /// The spaces before it; 0 if it stands right behind the one before.
    pub spaces: usize,
    /// A line end stands before it.
    pub new_line: bool,
}

impl Lexeme {
    /// Its octets as typed.
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.range.clone()).unwrap_or_default()
    }

    /// The string that it means: quotes and backslashes off, the octets of a literal. `None` for
    /// parentheses and files.
    pub fn value<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        match &self.kind {
            Kind::Atom => Some(Cow::Borrowed(self.text(text))),
            Kind::Quoted { .. } => Some(unquoted(self.text(text))),
            Kind::Literal(literal) if !literal.file => {
                text.get(literal.body.clone()).map(Cow::Borrowed)
            }
            Kind::Literal(_) | Kind::Open | Kind::Close => None,
        }
    }

    /// Whether it is a string or a word.
    pub fn is_value(&self) -> bool {
        !matches!(self.kind, Kind::Open | Kind::Close)
    }
}

fn unquoted(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.strip_prefix('"').unwrap_or(quoted);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner.strip_suffix('"').unwrap_or(inner));
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '"' => break,
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// One command of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// From its first octet to its last, spaces and line ends around it off.
    pub range: Range<usize>,
    /// Where the text goes on behind it.
    pub next: usize,
    /// Parentheses that are open at its end.
    pub depth: usize,
}

/// The command of `text` that begins at `at` or behind; its lexemes go to `found`.
pub fn command(text: &str, at: usize, mut found: impl FnMut(Lexeme)) -> Option<Bounds> {
    let mut reader = Reader {
        bytes: text.as_bytes(),
        at,
    };
    while reader.peek().is_some_and(|b| b.is_ascii_whitespace()) {
        reader.at += 1;
    }
    let start = reader.at;
    reader.peek()?;
    let mut depth: usize = 0;
    let (mut spaces, mut new_line, mut last) = (0, false, start);
    loop {
        match reader.peek() {
            None => break,
            Some(b' ' | b'\t') => {
                reader.at += 1;
                spaces += 1;
                continue;
            }
            Some(b'\r' | b'\n') => {
                reader.at += 1;
                if depth == 0 {
                    break;
                }
                new_line = true;
                continue;
            }
            Some(_) => {}
        }
        let from = reader.at;
        let kind = reader.lexeme(&mut depth);
        last = reader.at;
        found(Lexeme {
            kind,
            range: from..last,
            spaces: std::mem::take(&mut spaces),
            new_line: std::mem::take(&mut new_line),
        });
    }
    Some(Bounds {
        range: start..last,
        next: reader.at,
        depth,
    })
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The lexeme here; at least one octet.
    fn lexeme(&mut self, depth: &mut usize) -> Kind {
        match self.peek() {
            Some(b'(') => {
                self.at += 1;
                *depth += 1;
                Kind::Open
            }
            Some(b')') => {
                self.at += 1;
                *depth = depth.saturating_sub(1);
                Kind::Close
            }
            Some(b'"') => {
                self.at += 1;
                self.quoted()
            }
            _ => match self.literal() {
                Some(literal) => Kind::Literal(literal),
                None => {
                    self.atom(depth);
                    Kind::Atom
                }
            },
        }
    }

    /// Behind the first quote.
    fn quoted(&mut self) -> Kind {
        while let Some(byte) = self.peek() {
            match byte {
                b'\r' | b'\n' => break,
                b'"' => {
                    self.at += 1;
                    return Kind::Quoted { closed: true };
                }
                b'\\' => {
                    self.at += 1;
                    if self.peek().is_some_and(|b| !b"\r\n".contains(&b)) {
                        self.at += 1;
                        // Not into the middle of a character.
                        while self.peek().is_some_and(|b| b & 0xc0 == 0x80) {
                            self.at += 1;
                        }
                    }
                }
                _ => self.at += 1,
            }
        }
        Kind::Quoted { closed: false }
    }

    fn atom(&mut self, depth: &mut usize) {
        let start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b'(' | b')' | b'"' => break,
                b'{' if self.at > start && self.literal_head().is_some() => break,
                b'~' if self.at > start && self.binary_head() => break,
                b'[' => {
                    let name = self.bytes.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    if has_section(name) {
                        self.section(depth);
                    }
                }
                _ => self.at += 1,
            }
        }
        if self.at == start {
            self.at += 1;
        }
    }

    /// Inside the bracket of `BODY[HEADER.FIELDS (DATE "X")]`: over the bracket that closes it.
    fn section(&mut self, depth: &mut usize) {
        let outer = *depth;
        while let Some(byte) = self.peek() {
            match byte {
                b'\r' | b'\n' if *depth == 0 => return,
                b']' => {
                    self.at += 1;
                    *depth = outer;
                    return;
                }
                b'"' => {
                    self.at += 1;
                    self.quoted();
                    continue;
                }
                // Where the rest would be a literal, the text is read as such.
                b'{' if self.literal_head().is_some() => return,
                b'~' if self.binary_head() => return,
                b'(' => *depth += 1,
                b')' if *depth == outer => return,
                b')' => *depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Whether `~` here stands before a literal.
    fn binary_head(&self) -> bool {
        let behind = Reader {
            bytes: self.bytes,
            at: self.at + 1,
        };
        behind.literal_head().is_some()
    }

    /// At a `{`: the literal that it begins, if it does: where its head ends, and which kind it is.
    fn literal_head(&self) -> Option<(usize, Form)> {
        let rest = self.rest();
        if let Some(behind) = rest.strip_prefix(b"{{{") {
            let spaces = behind.iter().take_while(|b| b" \t".contains(b)).count();
            return match behind.get(spaces) {
                Some(b) if !b"\r\n".contains(b) => None,
                _ => Some((self.at + 3 + spaces, Form::Block)),
            };
        }
        if let Some(path) = rest.strip_prefix(b"{@") {
            let end = memchr::memchr3(b'\r', b'\n', b'}', path)?;
            return (path.get(end) == Some(&b'}')).then_some((self.at + end + 3, Form::File));
        }
        let digits = rest
            .strip_prefix(b"{")?
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let plus = usize::from(rest.get(digits + 1) == Some(&b'+'));
        let end = digits + 1 + plus;
        let at_line_end = rest.get(end + 1).is_none_or(|b| b"\r\n".contains(b));
        if digits == 0 || digits > 20 || rest.get(end) != Some(&b'}') || !at_line_end {
            return None;
        }
        let size = rest.get(1..=digits).unwrap_or_default();
        let size = std::str::from_utf8(size).ok()?.parse().ok()?;
        Some((self.at + end + 1, Form::Counted(size)))
    }

    fn literal(&mut self) -> Option<Literal> {
        let start = self.at;
        let binary = self.peek() == Some(b'~');
        if binary {
            self.at += 1;
        }
        if self.peek() != Some(b'{') {
            self.at = start;
            return None;
        }
        let Some((head, form)) = self.literal_head() else {
            self.at = start;
            return None;
        };
        self.at = head;
        let (body, closed) = match form {
            Form::File => (head..head, true),
            Form::Block => self.block(),
            Form::Counted(size) => self.counted(size),
        };
        Some(Literal {
            head: start..head,
            body,
            binary,
            file: matches!(form, Form::File),
            closed,
        })
    }

    /// Octets of the line end here.
    fn line_end(&self) -> usize {
        match self.rest() {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        }
    }

    /// The lines to the one that begins with `}}}`.
    fn block(&mut self) -> (Range<usize>, bool) {
        self.at += self.line_end();
        let body = self.at;
        let mut end = body;
        loop {
            if self.rest().starts_with(b"}}}") {
                self.at += 3;
                return (body..end.max(body), true);
            }
            match memchr::memchr2(b'\r', b'\n', self.rest()) {
                Some(length) => {
                    self.at += length;
                    end = self.at;
                    self.at += self.line_end();
                }
                None => {
                    self.at = self.bytes.len();
                    return (body..self.at, false);
                }
            }
        }
    }

    /// The next `size` octets, a line end counted as two.
    fn counted(&mut self, size: u64) -> (Range<usize>, bool) {
        self.at += self.line_end();
        let body = self.at;
        let mut count = 0;
        while count < size {
            match self.line_end() {
                0 if self.peek().is_none() => return (body..self.at, false),
                0 => {
                    self.at += 1;
                    count += 1;
                }
                length => {
                    self.at += length;
                    count += 2;
                }
            }
        }
        // Never into the middle of a character: the range is one of the text.
        while self.peek().is_some_and(|b| b & 0xc0 == 0x80) {
            self.at += 1;
        }
        (body..self.at, true)
    }
}

enum Form {
    Block,
    File,
    Counted(u64),
}

/// Whether brackets behind this name hold a section (RFC 9051 section 6.4.5, RFC 3516, RFC 5259).
fn has_section(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 7] = [
        b"BODY",
        b"BODY.PEEK",
        b"BINARY",
        b"BINARY.PEEK",
        b"BINARY.SIZE",
        b"BODYPARTSTRUCTURE",
        b"AVAILABLECONVERSIONS",
    ];
    NAMES.iter().any(|n| n.eq_ignore_ascii_case(name))
}
