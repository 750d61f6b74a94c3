//! One block of a search.
//!
//! Most blocks hold nothing: the expression is asked about all octets of a block at once, and only lines that it
//! points at are looked at by themselves.

use std::ops::Range;

use super::{Hit, Pattern, REACH, Sieve};
use crate::transcript::{LineEnd, LineKind, Transcript, Walked};
use crate::wire::Direction;

/// Octets before the place where a search goes on, for `\b`.
const CONTEXT: usize = 4;
/// So often the expression is asked about a whole block; a block with more hits is gone through line by line.
const LOOKS: usize = 64;
/// What a look costs that read on into the next lines: some expressions (`a[^b]*`) read to the end.
const DEAR: usize = 16;
/// Behind every octet of a block.
const NOWHERE: usize = usize::MAX;

/// The hits that begin in one block, in the order of its walk.
pub fn hits_in_block(
    transcript: &Transcript,
    number: usize,
    pattern: &Pattern,
    sieve: Option<&dyn Sieve>,
    found: &mut dyn FnMut(Hit),
) {
    let passes = |line: usize| sieve.is_none_or(|s| s.passes(transcript, line));
    let mut walk = transcript.walk_block(number);
    let mut looks = if pattern.is_bare() { LOOKS } else { 0 };
    // Where the next hit can begin and end, at the earliest.
    let mut near: Option<Range<usize>> = None;
    // Whether the literal that is gone through is looked at.
    let mut literal = None;
    loop {
        if let Some(hit) = near.take_if(|hit| walk.octet() > hit.start) {
            let cost = if hit.end > walk.octet() { DEAR } else { 1 };
            looks = looks.saturating_sub(cost);
            walk.pass_to(0);
        }
        if near.is_none() && looks > 0 {
            let from = walk.octet();
            let Some(octets) = walk.block_octets() else {
                return;
            };
            match pattern.find_from(octets, from) {
                Some(hit) if hit.is_empty() => looks = 0,
                Some(hit) => near = Some(hit),
                None if !transcript.is_cut(number) => return,
                None => near = Some(NOWHERE..NOWHERE),
            }
            // Lines that end before it have none.
            walk.pass_to(near.as_ref().map_or(0, |hit| hit.start));
        }
        let Some(walked) = walk.next() else {
            return;
        };
        match walked {
            Walked::Line(line) if matches!(line.kind, LineKind::Literal { .. }) => {}
            Walked::Line(line) => {
                let index = line.index;
                let mut tell = |hit: Range<usize>| {
                    found(Hit {
                        line: index,
                        inside: false,
                        octets: hit.start as u64..hit.end as u64,
                    });
                };
                if line.is_cut() {
                    if passes(index) {
                        in_long_line(
                            transcript,
                            pattern,
                            index,
                            line.direction,
                            line.bytes,
                            &mut tell,
                        );
                    }
                } else if pattern.is_in(line.bytes) && passes(index) {
                    // Most lines hold nothing: asked before the sieve is.
                    pattern.in_text(line.bytes, 0, &mut tell);
                }
            }
            Walked::Octets {
                index,
                offset,
                bytes,
                ..
            } => {
                if literal.is_none_or(|(of, _)| of != index) {
                    literal = Some((index, passes(index)));
                }
                let quiet = near.as_ref().is_some_and(|hit| hit.start == NOWHERE)
                    || pattern.is_bare() && pattern.find_from(bytes, 0).is_none();
                if literal.is_some_and(|(_, passes)| passes) {
                    in_piece(transcript, pattern, (index, offset), bytes, quiet, found);
                }
            }
        }
    }
}

/// A line that goes on in another one, or perhaps itself goes on: hits that begin in it.
fn in_long_line(
    transcript: &Transcript,
    pattern: &Pattern,
    index: usize,
    direction: Option<Direction>,
    bytes: &[u8],
    found: &mut dyn FnMut(Range<usize>),
) {
    let neighbour = |index: Option<usize>| {
        let line = transcript.line(index?)?;
        (direction.is_some() && line.kind.direction() == direction && !line.bytes.is_empty())
            .then_some(line)
    };
    let before = neighbour(index.checked_sub(1))
        .filter(|line| line.ending == LineEnd::Continued)
        .map(|line| line.bytes)
        .unwrap_or_default();
    let before = before
        .get(before.len().saturating_sub(REACH as usize)..)
        .unwrap_or_default();
    let behind = neighbour(index.checked_add(1)).map(|line| line.bytes);
    let behind = behind.unwrap_or_default();
    let behind = behind
        .get(..behind.len().min(REACH as usize))
        .unwrap_or_default();
    let text = [before, bytes, behind].concat();
    begin_within(
        pattern,
        &text,
        before.len()..before.len() + bytes.len(),
        found,
    );
}

/// A piece of a literal, from its octet `place.1` on: hits that begin in it. `quiet`: if there are any,
/// they reach beyond its end.
fn in_piece(
    transcript: &Transcript,
    pattern: &Pattern,
    place: (usize, u64),
    bytes: &[u8],
    quiet: bool,
    found: &mut dyn FnMut(Hit),
) {
    let (index, offset) = place;
    let mut tell = |start: u64, hit: Range<usize>| {
        found(Hit {
            line: index,
            inside: true,
            octets: start + hit.start as u64..start + hit.end as u64,
        });
    };
    let reach = REACH as usize;
    let behind = transcript.literal_bytes(index, offset + bytes.len() as u64, reach);
    if quiet {
        // Nothing is in the piece: only what goes on behind it.
        if behind.is_empty() {
            return;
        }
        let from = bytes.len().saturating_sub(reach);
        let text = [bytes.get(from..).unwrap_or_default(), &behind].concat();
        // What is found may be the rest of a hit that began before the piece: looked at with what stands there.
        if pattern.find_from(&text, 0).is_none() {
            return;
        }
    }
    let back = offset.min(REACH);
    let before = match back {
        0 => Vec::new(),
        _ => transcript.literal_bytes(index, offset - back, back as usize),
    };
    if before.is_empty() && behind.is_empty() {
        pattern.in_text(bytes, 0, &mut |hit| tell(offset, hit));
        return;
    }
    let start = offset - before.len() as u64;
    let text = [before.as_slice(), bytes, behind.as_slice()].concat();
    let piece = before.len()..before.len() + bytes.len();
    begin_within(pattern, &text, piece, &mut |hit| tell(start, hit));
}

/// The hits in `text` that begin in `piece`.
fn begin_within(
    pattern: &Pattern,
    text: &[u8],
    piece: Range<usize>,
    found: &mut dyn FnMut(Range<usize>),
) {
    // From the start of the line that the piece begins in, or as far back as is known: `^` must not find the cut.
    let before = text.get(..piece.start).unwrap_or_default();
    let at = match memchr::memrchr(b'\n', before) {
        Some(newline) => newline + 1,
        None if before.len() < REACH as usize => 0,
        None => CONTEXT,
    };
    pattern.in_text(text, at, &mut |hit| {
        if piece.contains(&hit.start) {
            found(hit);
        }
    });
}
