//! What a search looks for: a regular expression over octets, or a text as it is.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

/// What makes a regular expression look beside the hit.
const BESIDE: [&str; 8] = ["^", "$", "\\b", "\\B", "\\A", "\\z", "\\<", "\\>"];
/// Most hits of one line that are told for colouring.
const COLOURED: usize = 10_000;

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Pattern {
    typed: String,
    regex: Regex,
    plain: bool,
    /// It can tell the end of the text from the end of a line: each line is looked at by itself.
    by_line: bool,
    /// It depends on nothing but the octets of the hit: no `^`, no `\b`.
    bare: bool,
}

impl Pattern {
    /// A regular expression as typed. Lower case finds both cases (smart case). What is no regular
    /// expression, such as `BODY[]`, is looked for as it is; and a backslash before a word, as in `\Seen`, is
    /// the flag's backslash. `None` if there is nothing to look for.
    pub fn new(typed: &str) -> Option<Pattern> {
        let source = flags_escaped(typed);
        match build(&source, insensitive(&source, true)) {
            Some(regex) => Pattern::of(typed, regex, false),
            None => Pattern::plain(typed),
        }
    }

    /// Exactly this text, smart case.
    pub fn plain(typed: &str) -> Option<Pattern> {
        let regex = build(&regex::escape(typed), insensitive(typed, false))?;
        Pattern::of(typed, regex, true)
    }

    fn of(typed: &str, regex: Regex, plain: bool) -> Option<Pattern> {
        (!typed.is_empty()).then(|| Pattern {
            typed: typed.to_owned(),
            regex,
            plain,
            bare: plain || !BESIDE.iter().chain(&["(?"]).any(|p| typed.contains(p)),
            by_line: !plain && ["\\A", "\\z", "(?"].iter().any(|p| typed.contains(p)),
        })
    }

    /// As it was typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Whether it is taken as it is, not as a regular expression.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// The hits in one line (its line end off), at most so many as anyone can look at.
    pub fn in_line(&self, line: &[u8]) -> Vec<Range<usize>> {
        let hits = self.regex.find_iter(line).map(|hit| hit.range());
        hits.filter(|hit| !hit.is_empty()).take(COLOURED).collect()
    }

    /// Whether one line (its line end off) holds it.
    pub fn is_in(&self, line: &[u8]) -> bool {
        self.regex.find_iter(line).any(|hit| !hit.is_empty())
    }

    /// Whether it depends on nothing but the octets of the hit: then a line that is part of other octets has no
    /// hit before [`Pattern::find_from`] says.
    pub fn is_bare(&self) -> bool {
        self.bare
    }

    /// What fits first in `octets` from `at` on, whatever they are: it may begin between two lines, or reach over
    /// the end of one.
    pub fn find_from(&self, octets: &[u8], at: usize) -> Option<Range<usize>> {
        if at > octets.len() {
            return None;
        }
        self.regex.find_at(octets, at).map(|hit| hit.range())
    }

    /// The hits in `text`, lines with their line ends, from octet `at` on; what is before `at` counts for `\b` and
    /// `^` only.
    pub fn in_text(&self, text: &[u8], mut at: usize, found: &mut dyn FnMut(Range<usize>)) {
        while at < text.len() {
            // Somewhere in the rest: which line?
            let near = if self.by_line {
                Some(at)
            } else {
                self.regex.find_at(text, at).map(|hit| hit.start())
            };
            let Some(near) = near.filter(|near| *near < text.len()) else {
                return;
            };
            let before = text.get(..near).unwrap_or_default();
            let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
            let rest = text.get(near..).unwrap_or_default();
            let newline = memchr::memchr(b'\n', rest).map(|length| near + length);
            let mut end = newline.unwrap_or(text.len());
            if newline.is_some() && end > start && text.get(end - 1) == Some(&b'\r') {
                end -= 1;
            }
            // That line by itself: a hit must not reach over its end.
            let line = text.get(start..end).unwrap_or_default();
            let mut from = at.max(start) - start;
            while from < line.len() {
                let Some(hit) = self.regex.find_at(line, from) else {
                    break;
                };
                if hit.is_empty() {
                    from = hit.end() + 1;
                } else {
                    found(start + hit.start()..start + hit.end());
                    from = hit.end();
                }
            }
            at = newline.map_or(text.len(), |newline| newline + 1);
        }
    }
}

/// `\Seen`, `\HasChildren`: IMAP's backslash, not a regular expression's.
fn flags_escaped(typed: &str) -> String {
    let mut out = String::with_capacity(typed.len() + 4);
    let mut rest = typed;
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        let word = after.get(1..).unwrap_or_default();
        let upper = word.starts_with(|c: char| c.is_ascii_uppercase());
        let lower = word.get(1..).unwrap_or_default();
        let lower = lower.chars().take_while(char::is_ascii_lowercase).count();
        out.push_str(before);
        if upper && lower >= 3 {
            out.push_str("\\\\");
            rest = word;
        } else {
            // With what it escapes: `\\Seen` is no flag behind an escape.
            let length = 1 + word.chars().next().map_or(0, char::len_utf8);
            out.push_str(after.get(..length).unwrap_or(after));
            rest = after.get(length..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// Smart case: whether `text` has no capital (of a regular expression: none but those of `\S` and its like).
fn insensitive(text: &str, escapes: bool) -> bool {
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        if escapes && c == '\\' {
            letters.next();
        } else if c.is_uppercase() {
            return false;
        }
    }
    true
}

fn build(source: &str, insensitive: bool) -> Option<Regex> {
    RegexBuilder::new(source)
        .multi_line(true)
        .crlf(true)
        .case_insensitive(insensitive)
        // Octets, not characters, unless characters were typed: `.` then finds what is no UTF-8, too.
        .unicode(!source.is_ascii())
        .size_limit(4 * 1024 * 1024)
        .build()
        .ok()
}
