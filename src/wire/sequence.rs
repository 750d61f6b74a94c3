//! Sequence sets: `1,3:5,10:*` (RFC 9051 section 9, sequence-set).

use std::fmt;

use super::token;

/// A message sequence number or UID, or `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SequenceNumber {
    /// Never 0.
    Number(u64),
    /// `*`: the largest in use.
    Largest,
}

/// One element of a set: a number alone is a range of one. The ends may be in either order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SequenceRange {
    /// As written before the colon.
    pub from: SequenceNumber,
    /// As written behind it.
    pub to: SequenceNumber,
}

/// A set of sequence numbers or UIDs, in the order written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SequenceSet {
    ranges: Vec<SequenceRange>,
}

impl SequenceNumber {
    fn parse(text: &[u8]) -> Option<SequenceNumber> {
        match text {
            b"*" => Some(SequenceNumber::Largest),
            b"" => None,
            _ => token::number(text)
                .filter(|n| *n > 0)
                .map(SequenceNumber::Number),
        }
    }

    fn value(self, largest: u64) -> u64 {
        match self {
            SequenceNumber::Number(number) => number,
            SequenceNumber::Largest => largest,
        }
    }
}

impl SequenceRange {
    /// Both ends, the smaller first, with `*` as `largest`. `559:*` in a mailbox whose largest UID is
    /// 501 is `501:559` (RFC 9051 section 9, seq-range).
    fn bounds(self, largest: u64) -> (u64, u64) {
        let (from, to) = (self.from.value(largest), self.to.value(largest));
        (from.min(to), from.max(to))
    }
}

impl SequenceSet {
    /// Reads a set; `None` if `text` is none (0 is no number, a set is never empty).
    pub fn parse(text: &[u8]) -> Option<SequenceSet> {
        let range = |element: &[u8]| {
            let mut ends = element.splitn(2, |b| *b == b':');
            let from = SequenceNumber::parse(ends.next()?)?;
            let to = match ends.next() {
                Some(to) => SequenceNumber::parse(to)?,
                None => from,
            };
            Some(SequenceRange { from, to })
        };
        let ranges = text
            .split(|b| *b == b',')
            .map(range)
            .collect::<Option<Vec<_>>>()?;
        Some(SequenceSet { ranges })
    }

    /// The set of `numbers` in ascending order; runs become ranges. Zeros are left out.
    pub fn from_numbers(numbers: impl IntoIterator<Item = u64>) -> SequenceSet {
        let mut numbers: Vec<u64> = numbers.into_iter().filter(|n| *n > 0).collect();
        numbers.sort_unstable();
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for number in numbers {
            match ranges.last_mut() {
                Some((_, to)) if number <= to.saturating_add(1) => *to = number,
                _ => ranges.push((number, number)),
            }
        }
        let number = SequenceNumber::Number;
        SequenceSet {
            ranges: ranges
                .into_iter()
                .map(|(from, to)| SequenceRange {
                    from: number(from),
                    to: number(to),
                })
                .collect(),
        }
    }

    /// The elements as written.
    pub fn ranges(&self) -> &[SequenceRange] {
        &self.ranges
    }

    /// Whether nothing is in it (only [`SequenceSet::from_numbers`] can make such a set).
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether `number` is in it when `*` is `largest`.
    pub fn contains(&self, number: u64, largest: u64) -> bool {
        self.ranges.iter().any(|range| {
            let (low, high) = range.bounds(largest);
            (low..=high).contains(&number)
        })
    }

    /// Its numbers from 1 to `largest`, in the order written, `*` being `largest`. However large the
    /// numbers in it are, an element gives at most `largest` of them.
    pub fn iter(&self, largest: u64) -> impl Iterator<Item = u64> + '_ {
        self.ranges.iter().flat_map(move |range| {
            let (low, high) = range.bounds(largest);
            low.max(1)..=high.min(largest)
        })
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SequenceNumber::Number(number) => write!(f, "{number}"),
            SequenceNumber::Largest => f.write_str("*"),
        }
    }
}

impl fmt::Display for SequenceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.ranges.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write!(f, "{}", range.from)?;
            if range.to != range.from {
                write!(f, ":{}", range.to)?;
            }
        }
        Ok(())
    }
}
