//! What the first words of a server's line say. The framer and the tokenizer both ask here, so that
//! they always agree where human-readable text begins.

use std::ops::Range;

use super::Tag;
use super::response::Status;

/// The shape of a server's line (RFC 9051 section 7). Offsets count from the line's start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opening {
    /// `+ ...`. Taken without the space too: no tag may hold a `+`, so it can be nothing else.
    Continuation {
        /// Where the text begins.
        text: usize,
    },
    /// `* OK ...` or `tag OK ...`
    Status {
        /// `*` or the tag.
        first: Range<usize>,
        /// `OK`, `NO` ...
        word: Range<usize>,
        /// What it means.
        status: Status,
        /// Where the `[` of a response code stands.
        bracket: Option<usize>,
        /// Where the text begins, if there is no code.
        text: usize,
    },
    /// `* ...`: the only place where a literal may come.
    Data {
        /// Offset behind the `*` and its spaces.
        rest: usize,
    },
    /// None of these: another protocol, or we are out of step. Nothing in it announces a literal.
    Odd,
}

impl Opening {
    /// Looks at `line`, which need not be whole (a line longer than the first words will do).
    pub(super) fn of(line: &[u8]) -> Opening {
        if line.first() == Some(&b'+') {
            let text = if line.get(1) == Some(&b' ') { 2 } else { 1 };
            return Opening::Continuation {
                text: text.min(line.len()),
            };
        }
        let first = 0..word_end(line, 0);
        let untagged = line.get(first.clone()) == Some(b"*");
        // One space by the grammar; what has more is still readable, so it is read.
        let rest = skip_spaces(line, first.end);
        if rest == first.end {
            return Opening::Odd;
        }
        let word = rest..word_end(line, rest);
        let status = Status::of(line.get(word.clone()).unwrap_or_default());
        match status {
            Some(status) if untagged || is_tag(line.get(first.clone()).unwrap_or_default()) => {
                let spaced = line.get(word.end) == Some(&b' ');
                let text = word.end + usize::from(spaced);
                // Exactly one space: what begins with a space is text (RFC 9051 section 9, resp-text).
                let bracket = (spaced && line.get(text) == Some(&b'[')).then_some(text);
                Opening::Status {
                    first,
                    word,
                    status,
                    bracket,
                    text,
                }
            }
            _ if untagged => Opening::Data { rest },
            _ => Opening::Odd,
        }
    }
}

fn is_tag(word: &[u8]) -> bool {
    Tag::new(word).is_some()
}

fn word_end(line: &[u8], from: usize) -> usize {
    let rest = line.get(from..).unwrap_or_default();
    from + memchr::memchr3(b' ', b'\r', b'\n', rest).unwrap_or(rest.len())
}

fn skip_spaces(line: &[u8], from: usize) -> usize {
    let rest = line.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|b| **b == b' ').count()
}
