//! A long line in readable pieces: lists broken where they open, each piece a range of the line's octets,
//! none changed.

use std::ops::Range;

/// One row's worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Columns to the right.
    pub indent: usize,
    /// Which octets of the line.
    pub octets: Range<usize>,
}

/// Lists inside lists up to here; what is deeper stays in one piece.
const DEEP: usize = 40;
/// Columns by which what is inside a list stands further right.
const STEP: usize = 2;

#[derive(Debug)]
struct Node {
    octets: Range<usize>,
    /// Of a list.
    inside: Option<Vec<Node>>,
}

/// The pieces of `line` for rows of `width` columns; one, if all of it fits.
pub fn pieces(line: &[u8], width: usize) -> Vec<Piece> {
    let width = width.max(20);
    if line.len() <= width {
        return vec![Piece {
            indent: 0,
            octets: 0..line.len(),
        }];
    }
    let mut at = 0;
    let nodes = nodes(line, &mut at, 0);
    let mut out = Out {
        pieces: Vec::new(),
        width,
    };
    let pairs = is_in_pairs(line);
    out.level(&nodes, 0, pairs);
    if out.pieces.is_empty() {
        out.pieces.push(Piece {
            indent: 0,
            octets: 0..line.len(),
        });
    }
    out.pieces
}

/// Whether the first list of the line is names and values in turn (FETCH, STATUS and their like).
fn is_in_pairs(line: &[u8]) -> bool {
    let mut words = line.split(|b| *b == b' ').take(4);
    words.any(|w| {
        ["FETCH", "STATUS"]
            .iter()
            .any(|n| n.as_bytes().eq_ignore_ascii_case(w))
    }) && line.starts_with(b"*")
}

/// The words and lists from `at` on, to the end or to the bracket that closes.
fn nodes(line: &[u8], at: &mut usize, depth: usize) -> Vec<Node> {
    let mut nodes = Vec::new();
    while let Some(&byte) = line.get(*at) {
        let start = *at;
        match byte {
            b' ' => *at += 1,
            b')' if depth > 0 => return nodes,
            b'(' if depth < DEEP => {
                *at += 1;
                let inside = self::nodes(line, at, depth + 1);
                *at = (*at + 1).min(line.len());
                nodes.push(Node {
                    octets: start..*at,
                    inside: Some(inside),
                });
            }
            _ => {
                *at = word_end(line, start);
                nodes.push(Node {
                    octets: start..*at,
                    inside: None,
                });
            }
        }
    }
    nodes
}

/// The end of a word: quotes are kept together, and so are brackets (`BODY[HEADER.FIELDS (FROM TO)]`).
fn word_end(line: &[u8], start: usize) -> usize {
    let (mut at, mut brackets) = (start, 0usize);
    while let Some(&byte) = line.get(at) {
        match byte {
            b'"' => {
                at += 1;
                while let Some(&inside) = line.get(at) {
                    match inside {
                        b'\\' => at += 1,
                        b'"' => break,
                        _ => {}
                    }
                    at += 1;
                }
            }
            b'[' => brackets += 1,
            b']' => brackets = brackets.saturating_sub(1),
            b' ' | b'(' | b')' if brackets == 0 && at > start => break,
            _ => {}
        }
        at += 1;
    }
    at.min(line.len())
}

struct Out {
    pieces: Vec<Piece>,
    width: usize,
}

impl Out {
    /// Writes the nodes of one level, `indent` columns to the right, into pieces of their own; returns the index of
    /// the first one.
    fn level(&mut self, nodes: &[Node], indent: usize, pairs: bool) {
        let top = indent == 0;
        let mut fresh = true;
        for (number, node) in nodes.iter().enumerate() {
            let named = number > 0
                && node.inside.is_some()
                && nodes
                    .get(number - 1)
                    .is_some_and(|before| before.inside.is_none());
            // A value stays beside its name; the words of a list fill rows; lists begin rows.
            let joins = !fresh
                && match pairs && !top {
                    true => number % 2 == 1,
                    false => named || node.inside.is_none() || top,
                };
            let long = node.octets.len() + indent > self.width;
            let fits = self.pieces.last().is_some_and(|last| {
                last.indent == indent && node.octets.end - last.octets.start + indent <= self.width
            });
            match &node.inside {
                Some(inside) if long || (joins && !fits && named) => {
                    self.open(node, joins);
                    self.level(inside, indent + STEP, pairs && top);
                    self.close(node);
                    fresh = true;
                }
                _ if joins && (fits || (pairs && !top)) => {
                    if let Some(last) = self.pieces.last_mut() {
                        last.octets.end = node.octets.end;
                    }
                }
                _ => {
                    self.pieces.push(Piece {
                        indent,
                        octets: node.octets.clone(),
                    });
                    fresh = false;
                }
            }
        }
    }

    fn open(&mut self, node: &Node, joins: bool) {
        let end = node.octets.start + 1;
        let indent = self.pieces.last().map_or(0, |last| last.indent);
        match self.pieces.last_mut() {
            Some(last) if joins => last.octets.end = end,
            _ => self.pieces.push(Piece {
                indent,
                octets: node.octets.start..end,
            }),
        }
    }

    /// The closing bracket goes with what is before it.
    fn close(&mut self, node: &Node) {
        if let Some(last) = self.pieces.last_mut() {
            last.octets.end = node.octets.end;
        }
    }
}
