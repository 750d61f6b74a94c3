//! Where a motion leads. Positions are octets, always on a character's edge.

use std::ops::Range;

/// A character sought in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Find {
    pub c: char,
    pub forward: bool,
    pub till: bool,
}

/// A motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Motion {
    Left,
    Right,
    LineStart,
    FirstWord,
    LineEnd,
    Word {
        big: bool,
    },
    Back {
        big: bool,
    },
    WordEnd {
        big: bool,
    },
    First,
    Last,
    Pair,
    Find(Find),
    /// `n`, `N`.
    Again {
        forward: bool,
    },
}

impl Motion {
    /// The motion of a key; `found` is what `;` and `,` seek again.
    pub fn of(c: char, found: Option<Find>) -> Option<Motion> {
        Some(match c {
            'h' => Motion::Left,
            'l' | ' ' => Motion::Right,
            '0' => Motion::LineStart,
            '^' => Motion::FirstWord,
            '$' => Motion::LineEnd,
            'w' => Motion::Word { big: false },
            'W' => Motion::Word { big: true },
            'b' => Motion::Back { big: false },
            'B' => Motion::Back { big: true },
            'e' => Motion::WordEnd { big: false },
            'E' => Motion::WordEnd { big: true },
            'G' => Motion::Last,
            '%' => Motion::Pair,
            ';' => Motion::Find(found?),
            ',' => {
                let find = found?;
                Motion::Find(Find {
                    forward: !find.forward,
                    ..find
                })
            }
            'n' => Motion::Again { forward: true },
            'N' => Motion::Again { forward: false },
            _ => return None,
        })
    }

    /// The character it leads to belongs to what an operator takes.
    pub fn is_inclusive(self) -> bool {
        matches!(
            self,
            Motion::WordEnd { .. } | Motion::Pair | Motion::Find(Find { forward: true, .. })
        )
    }

    /// An operator takes whole lines.
    pub fn is_linewise(self) -> bool {
        matches!(self, Motion::First | Motion::Last)
    }

    /// Where it leads; `None`: nowhere. `given`: the count was typed.
    pub fn target(
        self,
        text: &str,
        at: usize,
        count: usize,
        given: bool,
        sought: &str,
    ) -> Option<usize> {
        let here = line(text, at);
        let again = |step: &dyn Fn(usize) -> usize| (0..count).fold(at, |at, _| step(at));
        Some(match self {
            Motion::Left => left_by(text, at, count),
            Motion::Right => right_by(text, at, count),
            Motion::LineStart => here.start,
            Motion::FirstWord => first_word(text, &here),
            Motion::LineEnd => here.end,
            Motion::Word { big } => again(&|at| word(text, at, big)),
            Motion::Back { big } => again(&|at| back(text, at, big)),
            Motion::WordEnd { big } => again(&|at| word_end(text, at, big)),
            Motion::First | Motion::Last if given => {
                let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1));
                starts.take(count).last().unwrap_or(0)
            }
            Motion::First => 0,
            Motion::Last => line(text, text.len()).start,
            Motion::Pair => {
                let (one, other) = crate::catalog::partner(text, at)?;
                match (one.start..=one.end).contains(&at) && other.start != at {
                    true => other.start,
                    false => one.start,
                }
            }
            Motion::Find(find) => find_in(text, &here, at, find, count)?,
            Motion::Again { forward } => seek(text, at, sought, forward)?,
        })
    }
}

/// The line that octet `at` is in, its end off.
pub(super) fn line(text: &str, at: usize) -> Range<usize> {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let after = text.get(at..).unwrap_or_default();
    let end = at + after.find('\n').unwrap_or(after.len());
    start..end
}

/// The last character of a line; its start if it is empty.
pub(super) fn last(text: &str, line: &Range<usize>) -> usize {
    let inside = text.get(line.clone()).unwrap_or_default();
    inside
        .char_indices()
        .next_back()
        .map_or(line.start, |(at, _)| line.start + at)
}

/// The first character of a line that is no space.
pub(super) fn first_word(text: &str, line: &Range<usize>) -> usize {
    let inside = text.get(line.clone()).unwrap_or_default();
    line.start + inside.find(|c: char| !c.is_whitespace()).unwrap_or(0)
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// One character on, wherever that is.
pub(super) fn right_char(text: &str, at: usize) -> usize {
    char_at(text, at).map_or(at, |c| at + c.len_utf8())
}

fn left_char(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before.chars().next_back().map_or(0, |c| at - c.len_utf8())
}

/// One character to the left in the line.
pub(super) fn left(text: &str, at: usize) -> usize {
    left_by(text, at, 1)
}

/// `count` characters to the left in the line.
pub(super) fn left_by(text: &str, at: usize, count: usize) -> usize {
    let start = line(text, at).start;
    (0..count).fold(
        at,
        |at, _| if at > start { left_char(text, at) } else { at },
    )
}

/// `count` characters to the right in the line.
pub(super) fn right_by(text: &str, at: usize, count: usize) -> usize {
    let end = line(text, at).end;
    (0..count).fold(at, |at, _| if at < end { right_char(text, at) } else { at })
}

/// Whether a space or nothing stands there.
pub(super) fn is_blank(text: &str, at: usize) -> bool {
    char_at(text, at).is_none_or(char::is_whitespace)
}

/// 0: space, 1: letters, 2: everything else; a big word is all that is no space.
fn class(c: char, big: bool) -> u8 {
    match c {
        c if c.is_whitespace() => 0,
        c if big || c.is_alphanumeric() || c == '_' => 1,
        _ => 2,
    }
}

fn class_at(text: &str, at: usize, big: bool) -> Option<u8> {
    char_at(text, at).map(|c| class(c, big))
}

fn word(text: &str, mut at: usize, big: bool) -> usize {
    let Some(here) = class_at(text, at, big) else {
        return at;
    };
    while here != 0 && class_at(text, at, big) == Some(here) {
        at = right_char(text, at);
    }
    while class_at(text, at, big) == Some(0) {
        at = right_char(text, at);
    }
    at
}

fn word_end(text: &str, at: usize, big: bool) -> usize {
    let mut at = right_char(text, at);
    while class_at(text, at, big) == Some(0) {
        at = right_char(text, at);
    }
    let Some(here) = class_at(text, at, big) else {
        return left_char(text, at);
    };
    loop {
        let next = right_char(text, at);
        if class_at(text, next, big) != Some(here) {
            return at;
        }
        at = next;
    }
}

fn back(text: &str, at: usize, big: bool) -> usize {
    let mut at = left_char(text, at);
    while at > 0 && class_at(text, at, big) == Some(0) {
        at = left_char(text, at);
    }
    let here = class_at(text, at, big);
    while at > 0 {
        let before = left_char(text, at);
        if class_at(text, before, big) != here {
            break;
        }
        at = before;
    }
    at
}

fn find_in(text: &str, line: &Range<usize>, at: usize, find: Find, count: usize) -> Option<usize> {
    let mut places: Vec<usize> = text
        .get(line.clone())?
        .char_indices()
        .filter(|(_, c)| *c == find.c)
        .map(|(i, _)| line.start + i)
        .collect();
    // `;` behind `t` must not stay where it is.
    if find.forward {
        let from = if find.till { right_char(text, at) } else { at };
        places.retain(|place| *place > from);
    } else {
        let from = if find.till { left_char(text, at) } else { at };
        places.retain(|place| *place < from);
        places.reverse();
    }
    let place = *places.get(count.checked_sub(1)?)?;
    Some(match (find.till, find.forward) {
        (false, _) => place,
        (true, true) => left_char(text, place),
        (true, false) => right_char(text, place),
    })
}

/// The next place of `sought`, in any case, round the end.
fn seek(text: &str, at: usize, sought: &str, forward: bool) -> Option<usize> {
    if sought.is_empty() {
        return None;
    }
    let (lower, wanted) = (text.to_ascii_lowercase(), sought.to_ascii_lowercase());
    let mut places = lower.match_indices(&wanted).map(|(i, _)| i);
    match forward {
        true => {
            let all: Vec<usize> = places.collect();
            all.iter()
                .copied()
                .find(|i| *i > at)
                .or(all.first().copied())
        }
        false => {
            let all: Vec<usize> = places.by_ref().collect();
            let before = all.iter().rev().copied().find(|i| *i < at);
            before.or(all.last().copied())
        }
    }
}
