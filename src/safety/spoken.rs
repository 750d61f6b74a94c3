//! A command as a server will read it: verb and arguments, out of the octets that leave.

use std::ops::Range;

use crate::catalog::{self, CommandSpec};
use crate::wire::frame::Frame;
use crate::wire::{Command, CommandPart, LiteralChoice, TagChoice};

/// Most arguments that are looked at.
const ARGUMENTS: usize = 10_000;

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// A word, as it is.
    Atom(Vec<u8>),
    /// A string or literal, quoting taken off.
    String(Vec<u8>),
    /// `(`
    Open,
    /// `)`
    Close,
    /// A literal whose octets are not there yet.
    Later,
}

impl Word {
    /// Its octets; `None` for parentheses and for what is not there yet.
    pub fn value(&self) -> Option<&[u8]> {
        match self {
            Word::Atom(bytes) | Word::String(bytes) => Some(bytes),
            Word::Open | Word::Close | Word::Later => None,
        }
    }
}

/// One command.
#[derive(Debug, Clone, Default)]
pub struct Spoken {
    /// In upper case; `UID STORE`. Empty: there is nothing but a tag.
    pub verb: String,
    /// Its row.
    pub row: Option<&'static CommandSpec>,
    /// What stands behind the verb.
    pub words: Vec<Word>,
    /// Where in the first text the verb's last word stands.
    pub at: Range<usize>,
    /// Sizes of its literals, in order.
    pub literals: Vec<u64>,
    /// Why servers may read it in more than one way; the end of a sentence.
    pub unclear: Option<&'static str>,
    /// A literal that goes out without being asked for has line ends in it.
    pub lines_unasked: bool,
}

/// A stretch of a command.
enum Part<'a> {
    Text(&'a [u8]),
    Literal(&'a [u8]),
    /// Octets that are given later.
    Later(u64),
}

impl Spoken {
    /// Reads a command that is about to leave. `literal_plus`: whether the server takes a literal of so
    /// many octets without being asked; `None`: that is not known.
    pub fn read(command: &Command, literal_plus: impl Fn(u64) -> Option<bool>) -> Spoken {
        let (mut pushed, mut lines) = (false, false);
        let parts: Vec<Part<'_>> = command
            .parts
            .iter()
            .map(|part| match part {
                CommandPart::Text { bytes, .. } => Part::Text(bytes),
                CommandPart::Literal { bytes, choice, .. } => {
                    let size = bytes.len() as u64;
                    pushed |= unasked(*choice, size, &literal_plus);
                    let waits = *choice == LiteralChoice::Synchronizing
                        || (*choice == LiteralChoice::Auto && literal_plus(size) == Some(false));
                    lines |= !waits && bytes.iter().any(|b| b"\r\n".contains(b));
                    Part::Literal(bytes)
                }
                CommandPart::OpenLiteral { size, choice, .. } => {
                    pushed |= unasked(*choice, *size, &literal_plus);
                    Part::Later(*size)
                }
            })
            .collect();
        let mut spoken = read(&parts, command.tag == TagChoice::AsTyped);
        spoken.lines_unasked = lines;
        if pushed {
            spoken.unclear = Some(
                "it sends a literal without waiting ({n+}), which this server does not offer: it may take the \
                 octets for commands",
            );
        }
        if let Some(CommandPart::Text { bytes, .. }) = command.parts.last()
            && bytes.trim_ascii_end().ends_with(b"+}")
        {
            spoken.unclear = Some("its end looks like a literal to one server and not to another");
        }
        spoken
    }

    /// Reads a command that has left, tag included.
    pub fn sent(frame: &Frame) -> Spoken {
        let mut parts = Vec::new();
        let mut at = 0;
        for literal in &frame.literals {
            let size = usize::try_from(literal.header.size).unwrap_or(usize::MAX);
            let text = frame.bytes.get(at..literal.start).unwrap_or_default();
            // The announcement and its line end belong to neither.
            let end = text.iter().rposition(|b| *b == b'{').unwrap_or(text.len());
            let text = text.get(..end).unwrap_or_default();
            parts.push(Part::Text(text.strip_suffix(b"~").unwrap_or(text)));
            match literal.start.checked_add(size).filter(|_| literal.kept) {
                Some(end) => {
                    let bytes = frame.bytes.get(literal.start..end).unwrap_or_default();
                    parts.push(Part::Literal(bytes));
                    at = end;
                }
                None => {
                    parts.push(Part::Later(literal.header.size));
                    at = literal.start;
                }
            }
        }
        parts.push(Part::Text(frame.bytes.get(at..).unwrap_or_default()));
        read(&parts, true)
    }

    /// The value of argument `index`, parentheses counted.
    pub fn value(&self, index: usize) -> Option<&[u8]> {
        self.words.get(index)?.value()
    }

    /// The same as text.
    pub fn text(&self, index: usize) -> Option<&str> {
        std::str::from_utf8(self.value(index)?).ok()
    }

    /// Whether one of its words, as FETCH takes them, sets \Seen (RFC 9051 section 6.4.5).
    pub fn sets_seen(&self) -> bool {
        let sets = |word: &Word| {
            let Word::Atom(atom) = word else { return false };
            let atom = atom.to_ascii_uppercase();
            atom.starts_with(b"BODY[")
                || atom.starts_with(b"BINARY[")
                || atom == b"RFC822"
                || atom == b"RFC822.TEXT"
        };
        self.row.is_some_and(|row| row.sets_seen) && self.words.iter().any(sets)
    }
}

fn unasked(choice: LiteralChoice, size: u64, literal_plus: impl Fn(u64) -> Option<bool>) -> bool {
    choice == LiteralChoice::NonSynchronizing && literal_plus(size) == Some(false)
}

fn read(parts: &[Part<'_>], tagged: bool) -> Spoken {
    let mut spoken = Spoken::default();
    let first = match parts.first() {
        Some(Part::Text(first)) => *first,
        _ => b"",
    };
    let mut at = 0;
    if tagged {
        at = word(first, at).end;
    }
    let mut verb = word(first, at);
    let behind = first.get(verb.start..).unwrap_or_default();
    let one_word = parts.len() == 1 && behind.is_empty();
    let head = first.get(..verb.end).unwrap_or_default();
    if head.iter().any(|b| b.is_ascii_control() && !is_space(*b)) {
        spoken.unclear = Some("it has control characters where its name should be");
    }
    if tagged && first.first().is_some_and(|b| is_space(*b)) {
        spoken.unclear = Some("it begins with a space, where its tag should be");
    }
    if one_word {
        return spoken;
    }
    spoken.verb = upper(first.get(verb.clone()).unwrap_or_default());
    if spoken.verb.is_empty() {
        spoken.unclear = Some("its name is no plain word");
    }
    if spoken.verb == "UID" {
        verb = word(first, verb.end);
        let second = upper(first.get(verb.clone()).unwrap_or_default());
        spoken.verb = format!("UID {second}");
    }
    spoken.row = catalog::find(&spoken.verb);
    spoken.at = verb.clone();
    at = verb.end;
    for part in parts {
        match part {
            Part::Text(text) => {
                words(text.get(at..).unwrap_or_default(), &mut spoken);
                at = 0;
            }
            Part::Literal(bytes) => {
                spoken.literals.push(bytes.len() as u64);
                spoken.words.push(Word::String(bytes.to_vec()));
            }
            Part::Later(size) => {
                spoken.literals.push(*size);
                spoken.words.push(Word::Later);
            }
        }
        if spoken.words.len() > ARGUMENTS {
            spoken.unclear = Some("it has more arguments than can be looked at");
            break;
        }
    }
    spoken
}

/// A line end inside a line goes out as a space.
fn is_space(byte: u8) -> bool {
    b" \r\n".contains(&byte)
}

/// The next word of `text` behind `at`, up to a space or what cannot be in a verb.
fn word(text: &[u8], at: usize) -> Range<usize> {
    let rest = text.get(at..).unwrap_or_default();
    let start = at + rest.iter().take_while(|b| is_space(**b)).count();
    let rest = text.get(start..).unwrap_or_default();
    let ends = |b: &u8| is_space(*b) || b"\"(){".contains(b);
    start..start + rest.iter().position(ends).unwrap_or(rest.len())
}

fn upper(word: &[u8]) -> String {
    const LONGEST: usize = 64;
    String::from_utf8_lossy(word.get(..LONGEST).unwrap_or(word)).to_ascii_uppercase()
}

fn words(text: &[u8], spoken: &mut Spoken) {
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b if is_space(b) => {}
            b'(' => spoken.words.push(Word::Open),
            b')' => spoken.words.push(Word::Close),
            b'"' => {
                let mut string = Vec::new();
                let mut closed = false;
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' => {
                            closed = true;
                            break;
                        }
                        b'\\' => string.extend(bytes.next()),
                        0 => spoken.unclear = Some("it has a NUL octet in it"),
                        byte => string.push(byte),
                    }
                }
                if !closed {
                    spoken.unclear = Some("a quoted string in it has no end");
                }
                spoken.words.push(Word::String(string));
            }
            byte => {
                let mut atom = vec![byte];
                while let Some(byte) = bytes.next_if(|b| !is_space(*b) && !b"()\"".contains(b)) {
                    atom.push(byte);
                }
                if atom.iter().any(u8::is_ascii_control) {
                    spoken.unclear = Some("it has control characters in it");
                }
                spoken.words.push(Word::Atom(atom));
            }
        }
    }
}
