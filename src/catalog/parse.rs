//! Typed text for the eye: what each piece of it is, and which argument.

use std::ops::Range;

use super::grammar::Node;
use super::lexer::{self, Kind, Lexeme};
use super::reading::{Reading, name_of, slot};
use super::{CommandSpec, commands};

/// What a piece of typed text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenClass {
    /// The user's own tag.
    Tag,
    /// `SELECT`, `UID FETCH`.
    Verb,
    /// `:help`
    ConsoleVerb,
    /// A word of the syntax: `RETURN`, `FLAGS`, `BODY.PEEK[HEADER]`, `UNSEEN`.
    Keyword,
    /// A mailbox name, quoted or not.
    Mailbox,
    /// `1:*`
    SequenceSet,
    /// `\Seen`, `$Junk`
    Flag,
    /// A number.
    Number,
    /// A date, or date and time.
    Date,
    /// Any other word.
    Atom,
    /// Any other quoted string.
    Quoted,
    /// A literal, `{{{` and `}}}` included.
    Literal,
    /// `(` or `)`
    Parenthesis,
    /// A password, a SASL response.
    Secret,
    /// What cannot stand there. While it is being typed it may still become right: do not shout about
    /// the piece that the cursor is in.
    Error,
}

/// A piece of typed text. Spaces belong to none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Octets of the text.
    pub range: Range<usize>,
    /// What it is.
    pub class: TokenClass,
    /// The argument that it is, as the syntax calls it: `mailbox`, `fetch-att`.
    pub argument: Option<&'static str>,
}

/// Every piece of `text` (one or more commands), in order. Never fails.
///
/// For a long text: [`pieces_in`].
pub fn parse_line(text: &str) -> Vec<Piece> {
    pieces_in(text, 0..text.len())
}

/// The pieces of those commands that have an octet in `visible`. The other commands are run over, not
/// read: 5,000 pasted lines cost one pass over their octets and the reading of a screenful.
pub fn pieces_in(text: &str, visible: Range<usize>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if let Some(verb) = console_verb(text) {
        pieces.push(piece(verb.clone(), TokenClass::ConsoleVerb));
        if let Some(rest) = text.get(verb.end..).filter(|r| !r.trim().is_empty()) {
            let start = text.len() - rest.trim_start().len();
            pieces.push(piece(start..text.trim_end().len(), TokenClass::Atom));
        }
        return pieces;
    }
    let mut at = 0;
    while let Some(bounds) = lexer::command(text, at, |_| {}) {
        if bounds.range.start > visible.end {
            break;
        }
        if bounds.range.end >= visible.start
            && let Some(reading) = Reading::at(text, at)
        {
            command(&reading, &mut pieces);
        }
        at = bounds.next;
    }
    pieces
}

/// The commands of `text`, spaces and line ends around them off. One pass over its octets.
pub fn commands_in(text: &str) -> Vec<Range<usize>> {
    let (mut at, mut found) = (0, Vec::new());
    while let Some(bounds) = lexer::command(text, at, |_| {}) {
        at = bounds.next;
        found.push(bounds.range);
    }
    found
}

/// What the text is about: the row of the command that octet `caret` is in.
pub fn command_at(text: &str, caret: usize) -> Option<&'static CommandSpec> {
    Reading::around(text, caret)?.spec
}

/// The parenthesis, quote or literal end that belongs to the one at octet `at`, or right before it.
pub fn partner(text: &str, at: usize) -> Option<(Range<usize>, Range<usize>)> {
    let reading = Reading::around(text, at)?;
    let mut open = Vec::new();
    let touches = |range: &Range<usize>| range.start == at || range.end == at;
    for lexeme in &reading.lexemes {
        let (start, end) = (lexeme.range.start, lexeme.range.end);
        let pair = match &lexeme.kind {
            Kind::Open => {
                open.push(start..end);
                continue;
            }
            Kind::Close => open.pop().map(|begin| (begin, start..end)),
            Kind::Quoted { closed: true } => Some((start..start + 1, end - 1..end)),
            Kind::Literal(l) if l.closed && l.head.end < end => {
                Some((l.head.clone(), end.saturating_sub(3).max(l.body.end)..end))
            }
            _ => None,
        };
        if let Some(pair) = pair.filter(|(a, b)| touches(a) || touches(b)) {
            return Some(pair);
        }
    }
    None
}

fn console_verb(text: &str) -> Option<Range<usize>> {
    let start = text.len() - text.trim_start().len();
    let rest = text.get(start..)?;
    rest.starts_with(':').then(|| {
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        start..start + length
    })
}

fn piece(range: Range<usize>, class: TokenClass) -> Piece {
    Piece {
        range,
        class,
        argument: None,
    }
}

fn command(reading: &Reading, out: &mut Vec<Piece>) {
    let lexemes = &reading.lexemes;
    for (index, lexeme) in lexemes.iter().take(reading.first).enumerate() {
        let class = match index {
            0 if reading.tag => TokenClass::Tag,
            _ if reading.spec.is_some() || may_become(reading, lexeme) => TokenClass::Verb,
            _ => TokenClass::Error,
        };
        out.push(piece(lexeme.range.clone(), class));
    }
    let matched = reading.matched(usize::MAX);
    let mut depth = 0usize;
    for (index, lexeme) in reading.arguments().iter().enumerate() {
        let spot = matched.spots.get(index).copied().flatten();
        let wrong = matched
            .faults
            .iter()
            .any(|f| f.at == index && reading.spec.is_some());
        let stray = lexeme.kind == Kind::Close && depth == 0;
        match lexeme.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        let class = if reading.is_secret(index) {
            TokenClass::Secret
        } else if wrong || stray || spot.is_some_and(|s| s.poor) {
            TokenClass::Error
        } else {
            class(lexeme, spot.map(|s| s.node), reading.text)
        };
        out.push(Piece {
            range: lexeme.range.clone(),
            class,
            argument: spot.as_ref().and_then(name_of),
        });
    }
}

/// Whether an unknown verb is the beginning of one, or of a tag before one.
fn may_become(reading: &Reading, lexeme: &Lexeme) -> bool {
    let typed = lexeme.text(reading.text).to_ascii_uppercase();
    reading.lexemes.len() == 1
        && (commands().iter().any(|row| row.verb.starts_with(&typed)) || typed == "DONE")
}

fn class(lexeme: &Lexeme, node: Option<usize>, text: &str) -> TokenClass {
    let by_kind = match lexeme.kind {
        Kind::Open | Kind::Close => return TokenClass::Parenthesis,
        Kind::Literal(_) => return TokenClass::Literal,
        Kind::Quoted { .. } => TokenClass::Quoted,
        Kind::Atom => TokenClass::Atom,
    };
    let Some(node) = node else {
        return match lexeme.text(text) {
            word if word.starts_with('\\') => TokenClass::Flag,
            word if !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()) => {
                TokenClass::Number
            }
            _ => by_kind,
        };
    };
    match super::grammar().node(node) {
        Some(Node::Keyword(_)) => TokenClass::Keyword,
        Some(Node::Slot(..)) => match slot(node).and_then(|(slot, _)| slot.spec()) {
            Some(spec) if spec.class != TokenClass::Atom => spec.class,
            _ => by_kind,
        },
        _ => by_kind,
    }
}
