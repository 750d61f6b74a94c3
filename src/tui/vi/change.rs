//! What changes the text: cut, operate on a range or on whole lines, put.

use std::ops::Range;

use super::{Edit, Vi, motion};

impl Vi {
    pub(super) fn cut(
        &mut self,
        c: char,
        text: &str,
        at: usize,
        range: impl Fn(usize, usize) -> Range<usize>,
    ) -> Vec<Edit> {
        self.begin_change(c);
        let count = self.counted();
        let range = range(at, count);
        if range.is_empty() {
            return Vec::new();
        }
        self.register = text.get(range.clone()).unwrap_or_default().to_owned();
        let line = motion::line(text, at);
        let edits = vec![Edit::Replace(range.clone(), String::new())];
        // At the line's end the cursor goes back onto the last character, unless one types on.
        if range.end >= line.end && c != 's' && c != 'C' {
            let before = motion::left(text, range.start);
            return edits.into_iter().chain([Edit::Go(before)]).collect();
        }
        edits
    }

    pub(super) fn operate(&mut self, operator: char, text: &str, range: Range<usize>) -> Vec<Edit> {
        self.register = text.get(range.clone()).unwrap_or_default().to_owned();
        match operator {
            'y' => vec![Edit::Go(range.start)],
            'c' => self.insert(vec![Edit::Replace(range, String::new())]),
            _ => {
                let line = motion::line(text, range.start);
                let to_end = range.end >= line.end;
                let start = range.start;
                let mut edits = vec![Edit::Replace(range, String::new())];
                if to_end {
                    edits.push(Edit::Go(motion::left(text, start)));
                }
                edits
            }
        }
    }

    /// dd, cc, yy: `count` whole lines from the one at `at`.
    pub(super) fn lines(
        &mut self,
        operator: char,
        text: &str,
        at: usize,
        count: usize,
    ) -> Vec<Edit> {
        let first = motion::line(text, at);
        let mut end = first.end;
        for _ in 1..count {
            match text.get(end + 1..) {
                Some(_) if end < text.len() => end = motion::line(text, end + 1).end,
                _ => break,
            }
        }
        let body = text.get(first.start..end).unwrap_or_default();
        self.register = format!("{body}\n");
        match operator {
            'y' => vec![Edit::Go(at)],
            'c' => self.insert(vec![Edit::Replace(first.start..end, String::new())]),
            _ => {
                // With the line end behind it, or that before it where it is the last.
                let (range, go) = if end < text.len() {
                    (first.start..end + 1, first.start)
                } else {
                    let start = first.start.saturating_sub(1);
                    (start..end, motion::line(text, start).start)
                };
                vec![Edit::Replace(range, String::new()), Edit::Go(go)]
            }
        }
    }

    pub(super) fn put(&mut self, c: char, text: &str, at: usize) -> Vec<Edit> {
        self.begin_change(c);
        let count = self.counted().min(100);
        if self.register.is_empty() {
            return Vec::new();
        }
        let line = motion::line(text, at);
        let new = self.register.repeat(count);
        if let Some(lines) = new.strip_suffix('\n') {
            return match c {
                'p' => vec![
                    Edit::Replace(line.end..line.end, format!("\n{lines}")),
                    Edit::Go(line.end + 1),
                ],
                _ => vec![
                    Edit::Replace(line.start..line.start, new.clone()),
                    Edit::Go(line.start),
                ],
            };
        }
        let place = match c {
            'p' => motion::right_by(text, at, 1),
            _ => at,
        };
        let last = place + new.len() - new.chars().next_back().map_or(0, char::len_utf8);
        vec![Edit::Replace(place..place, new), Edit::Go(last)]
    }
}
