//! Sequence sets of a command, as UIDs of the selected mailbox (RFC 3501 section 9 `sequence-set`).

use super::Refusal;
use super::arguments::Arguments;
use crate::demo::updates::View;

/// Most ranges in one set.
const MOST_RANGES: usize = 10_000;

/// `1,3:*`; `u32::MAX` stands for `*`, which no message can have as its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set(Vec<(u32, u32)>);

impl Set {
    /// Reads a set.
    ///
    /// # Errors
    /// BAD.
    pub fn read(arguments: &mut Arguments<'_>) -> Result<Set, Refusal> {
        let what = "a sequence set, such as 1:3,7 or 1:*";
        let mut ranges = Vec::new();
        loop {
            let first = read_number(arguments, what)?;
            let last = if arguments.take(b':') {
                read_number(arguments, what)?
            } else {
                first
            };
            ranges.push((first.min(last), first.max(last)));
            if ranges.len() > MOST_RANGES {
                return Err(Refusal::bad("The sequence set is too long"));
            }
            if !arguments.take(b',') {
                return Ok(Set(ranges));
            }
        }
    }

    /// Whether the next octet may begin a set.
    pub fn begins(arguments: &Arguments<'_>) -> bool {
        arguments
            .peek()
            .is_some_and(|b| b.is_ascii_digit() || b == b'*')
    }

    /// Whether `number` is in the set, if the last message has the number `last`.
    pub fn contains(&self, number: u32, last: u32) -> bool {
        let star = |n: u32| if n == u32::MAX { last } else { n };
        self.0.iter().any(|(a, b)| {
            let (a, b) = (star(*a), star(*b));
            (a.min(b)..=a.max(b)).contains(&number)
        })
    }

    /// The UIDs meant, rising, each once. `uid`: the numbers are UIDs, and unknown ones are none.
    ///
    /// # Errors
    /// BAD if a sequence number is not that of a message.
    pub fn uids(&self, view: &View, uid: bool) -> Result<Vec<u32>, Refusal> {
        let known = view.known();
        let last = if uid {
            known.last().map_or(0, |k| k.uid)
        } else {
            view.exists()
        };
        let mut wanted = vec![false; known.len()];
        for (first, end) in &self.0 {
            let star = |n: u32| if n == u32::MAX { last } else { n };
            let (first, end) = (star(*first).min(star(*end)), star(*first).max(star(*end)));
            if !uid && (first == 0 || end > last) {
                let bad = if first == 0 || first > last {
                    first
                } else {
                    end
                };
                return Err(Refusal::bad(format!(
                    "There is no message {bad}: the mailbox has {last} (1 to {last}, or * for the last)"
                )));
            }
            let (from, to) = if uid {
                (
                    known.partition_point(|k| k.uid < first),
                    known.partition_point(|k| k.uid <= end),
                )
            } else {
                (first as usize - 1, end as usize)
            };
            wanted.get_mut(from..to).unwrap_or_default().fill(true);
        }
        Ok(known
            .iter()
            .zip(wanted)
            .filter(|(_, wanted)| *wanted)
            .map(|(k, _)| k.uid)
            .collect())
    }
}

fn read_number(arguments: &mut Arguments<'_>, what: &str) -> Result<u32, Refusal> {
    if arguments.take(b'*') {
        return Ok(u32::MAX);
    }
    let number = arguments.number(what)?;
    match u32::try_from(number) {
        Ok(number) if number > 0 && number < u32::MAX => Ok(number),
        _ => Err(Refusal::bad(
            "A number in a sequence set is 1 to 4294967294",
        )),
    }
}
