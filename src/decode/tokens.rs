//! Anything at all: an indented tree of tokens.

use super::outline::{Outline, Tone};
use crate::wire::token::{Token, TokenKind, Tokens};

/// Deepest indentation: a list of lists of lists must not run out of the screen.
const DEEPEST: usize = 20;
/// Longest run of plain words put on one row, in octets.
const ROW: usize = 160;

/// The tokens as a tree: plain words side by side, each list one level deeper.
pub(super) fn tree(outline: &mut Outline, depth: usize, tokens: Tokens<'_>) {
    // Not recursive: lists may be nested as deep as the tokenizer lets them.
    let mut open = vec![tokens];
    while let Some(mut here) = open.pop() {
        let at = depth + open.len().min(DEEPEST);
        let mut words: Vec<u8> = Vec::new();
        let mut below = None;
        for token in here.by_ref() {
            if matches!(token.kind(), TokenKind::List | TokenKind::Code) {
                if token.children().next().is_none() {
                    word(&mut words, token.bytes());
                    continue;
                }
                below = Some(token);
                break;
            }
            let shown = shown(token);
            if words.len() + shown.len() > ROW && !words.is_empty() {
                outline.text(at, std::mem::take(&mut words), Tone::Plain);
            }
            word(&mut words, &shown);
        }
        if let Some(list) = below {
            word(
                &mut words,
                if list.kind() == TokenKind::Code {
                    b"["
                } else {
                    b"("
                },
            );
            outline.text(at, words, Tone::Plain);
            open.push(here);
            open.push(list.children());
        } else if !words.is_empty() {
            outline.text(at, words, Tone::Plain);
        }
    }
}

fn word(words: &mut Vec<u8>, more: &[u8]) {
    if !words.is_empty() {
        words.push(b' ');
    }
    words.extend_from_slice(more);
}

/// A token in a few words: a literal that was not kept by its size.
pub(super) fn shown(token: Token<'_>) -> Vec<u8> {
    match token.kind() {
        TokenKind::Literal(_) => match token.string_value() {
            Some(value) => value.into_owned(),
            None => {
                let head = token.bytes().split(|b| *b == b'}').next();
                let digits: Vec<u8> = head
                    .unwrap_or_default()
                    .iter()
                    .copied()
                    .filter(u8::is_ascii_digit)
                    .collect();
                [b"literal of ".as_slice(), &digits, b" octets"].concat()
            }
        },
        TokenKind::Odd => [b"?? ".as_slice(), token.bytes()].concat(),
        _ => token.bytes().to_vec(),
    }
}

/// The octets that a string means, or the token as it passed.
pub(super) fn value(token: Token<'_>) -> Vec<u8> {
    match token.string_value() {
        Some(value) => value.into_owned(),
        None => shown(token),
    }
}

/// The same; nothing for NIL.
pub(super) fn nvalue(token: Token<'_>) -> Option<Vec<u8>> {
    (!token.is_nil()).then(|| value(token))
}

/// Values joined by spaces.
pub(super) fn joined(tokens: Tokens<'_>) -> Vec<u8> {
    let words: Vec<Vec<u8>> = tokens.map(value).collect();
    words.join(b" ".as_slice())
}
