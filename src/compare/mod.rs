//! TWO SESSIONS BESIDE EACH OTHER. Of two logs the commands are matched, and what the server said to each; what
//! differs by nature (times, UIDVALIDITY and its like) can be left out of it. Two servers, or two users, are asked
//! the same (`inquiry.rs`; about everything `all.rs`, about one mailbox `one.rs`), and what they told is paired (`facts.rs`).
//!
//! Knows: transcripts, questions and answers. Must not know: sockets, screens, who carries the questions.
//! To leave more out of two logs: a row in `volatile.rs`. To ask for something more: a variant of `question::What`.

mod all;
mod exchange;
mod facts;
mod inquiry;
mod one;
mod place;
mod question;
mod told;
pub mod volatile;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::transcript::Transcript;
use exchange::Exchange;

pub use facts::{Facts, MESSAGE, Pair, Paired, Section, Verdict};
pub use inquiry::{Inquiry, MAILBOXES, Message, Opened, Scope, Standing, TREE};
pub use one::Sought;
pub use place::{Place, Spaces};
pub use question::Question;

/// What a row of a comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// In both.
    Both,
    /// Only in the first.
    First,
    /// Only in the second.
    Second,
    /// Of our own: what was left out.
    Ours,
}

/// A row of a comparison: safe text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it is.
    pub side: Side,
    /// A command, or a line that belongs to the one above.
    pub command: bool,
    /// What stands there.
    pub text: String,
}

impl Row {
    /// `-`, `+`, ` ` or `=` before it, as a line of text.
    pub fn line(&self) -> String {
        let mark = match self.side {
            Side::Both => ' ',
            Side::First => '-',
            Side::Second => '+',
            Side::Ours => '=',
        };
        let indent = if self.command { "" } else { "    " };
        format!("{mark} {indent}{}", self.text)
            .trim_end()
            .to_owned()
    }
}

/// Two sessions compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// What there is to see. Commands that are alike are counted, not shown.
    pub rows: Vec<Row>,
    /// Commands that differ, or that one side lacks.
    pub differences: usize,
}

/// Compares two transcripts. `all`: also what differs by nature.
pub fn compare(first: &Transcript, second: &Transcript, all: bool) -> Comparison {
    let (a, b) = (exchange::of(first, all), exchange::of(second, all));
    let keys = |side: &[Exchange]| -> Vec<String> { side.iter().map(|e| e.key.clone()).collect() };
    let mut comparison = Comparison::default();
    let mut alike = 0;
    for op in capture_diff_slices(Algorithm::Myers, &keys(&a), &keys(&b)) {
        match op {
            DiffOp::Equal {
                old_index,
                new_index,
                len,
            } => {
                let pairs = a.iter().skip(old_index).zip(b.iter().skip(new_index));
                for (one, other) in pairs.take(len) {
                    if one == other {
                        alike += 1;
                    } else {
                        comparison.skipped(&mut alike);
                        comparison.pair(one, other);
                    }
                }
            }
            op => {
                comparison.skipped(&mut alike);
                for one in a.get(op.old_range()).unwrap_or_default() {
                    comparison.alone(Side::First, one);
                }
                for other in b.get(op.new_range()).unwrap_or_default() {
                    comparison.alone(Side::Second, other);
                }
            }
        }
    }
    comparison.skipped(&mut alike);
    comparison
}

impl Comparison {
    fn push(&mut self, side: Side, command: bool, text: &str) {
        self.rows.push(Row {
            side,
            command,
            text: text.to_owned(),
        });
    }

    fn skipped(&mut self, alike: &mut usize) {
        match std::mem::take(alike) {
            0 => {}
            1 => self.push(Side::Ours, true, "1 command alike"),
            count => self.push(Side::Ours, true, &format!("{count} commands alike")),
        }
    }

    fn alone(&mut self, side: Side, exchange: &Exchange) {
        self.differences += 1;
        self.push(side, true, &exchange.shown);
        for line in &exchange.lines {
            self.push(side, false, line);
        }
    }

    /// The same command, not answered alike.
    fn pair(&mut self, one: &Exchange, other: &Exchange) {
        self.differences += 1;
        self.push(Side::Both, true, &one.shown);
        for op in capture_diff_slices(Algorithm::Myers, &one.lines, &other.lines) {
            if let DiffOp::Equal { old_index, len, .. } = op {
                /// Lines shown before and behind a difference.
                const AROUND: usize = 3;
                let lines = one.lines.iter().skip(old_index).take(len);
                if len <= 2 * AROUND + 1 {
                    lines.for_each(|line| self.push(Side::Both, false, line));
                } else {
                    for line in lines.clone().take(AROUND) {
                        self.push(Side::Both, false, line);
                    }
                    let left_out = len - 2 * AROUND;
                    self.push(Side::Ours, false, &format!("{left_out} lines alike"));
                    for line in lines.skip(len - AROUND) {
                        self.push(Side::Both, false, line);
                    }
                }
                continue;
            }
            for line in one.lines.get(op.old_range()).unwrap_or_default() {
                self.push(Side::First, false, line);
            }
            for line in other.lines.get(op.new_range()).unwrap_or_default() {
                self.push(Side::Second, false, line);
            }
        }
    }
}
