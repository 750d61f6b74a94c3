//! The messages of an mbox file, one behind the other, and round again.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::book::Mbox;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its octets, line ends CRLF.
    pub octets: Vec<u8>,
    /// The date of its From_ line, as APPEND takes it: `22-Feb-2008 17:06:23 +0200`.
    pub date: String,
}

/// Reads them, for all connections.
#[derive(Debug, Default)]
pub struct Reader {
    mbox: Option<Mbox>,
    at: usize,
}

impl Reader {
    /// From the beginning.
    pub fn new(mbox: Option<Mbox>) -> Reader {
        Reader { mbox, at: 0 }
    }

    /// Whether the last message has been read.
    pub fn is_at_end(&self) -> bool {
        self.mbox.as_ref().is_none_or(|m| self.at >= m.octets.len())
    }

    /// The next message; behind the last one comes the first.
    ///
    /// `zone`: where the date is local if the From_ line names no zone.
    ///
    /// # Errors
    /// A sentence.
    pub fn next(&mut self, zone: &TimeZone) -> Result<Message, String> {
        let Some(mbox) = &self.mbox else {
            return Err(
                "There is no mbox file: a message to append comes from FILE.mbox or default.mbox beside it."
                    .to_owned(),
            );
        };
        if self.at >= mbox.octets.len() {
            self.at = 0;
        }
        let mut lines = Lines {
            rest: mbox.octets.get(self.at..).unwrap_or_default(),
        };
        let Some(date) = lines.next().and_then(from_line) else {
            return Err(format!(
                "{} is no mbox file: a line \"From sender Fri Feb 22 17:06:23 2008\" should begin it",
                mbox.name
            ));
        };
        let mut octets = Vec::new();
        loop {
            let before = lines.rest.len();
            let Some(line) = lines.next() else {
                self.at = mbox.octets.len();
                break;
            };
            if !octets.is_empty() && from_line(line).is_some() {
                self.at = mbox.octets.len() - before;
                break;
            }
            octets.extend_from_slice(line);
            octets.extend_from_slice(b"\r\n");
        }
        Ok(Message {
            octets,
            date: date.written(zone),
        })
    }
}

struct Lines<'m> {
    rest: &'m [u8],
}

impl<'m> Iterator for Lines<'m> {
    type Item = &'m [u8];

    /// Line ends off.
    fn next(&mut self) -> Option<&'m [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|octet| *octet == b'\n');
        let line = self.rest.get(..end.unwrap_or(self.rest.len()))?;
        self.rest = self
            .rest
            .get(end.map_or(self.rest.len(), |end| end + 1)..)
            .unwrap_or_default();
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// The date of a From_ line.
struct Stamp {
    civil: DateTime,
    zone: Option<Offset>,
}

impl Stamp {
    fn written(&self, zone: &TimeZone) -> String {
        let offset = self.zone.unwrap_or_else(|| {
            zone.to_ambiguous_timestamp(self.civil)
                .compatible()
                .map_or(Offset::UTC, |at| zone.to_offset(at))
        });
        let minutes = offset.seconds() / 60;
        let month = usize::from(self.civil.month().unsigned_abs()).saturating_sub(1);
        format!(
            "{:02}-{}-{:04} {:02}:{:02}:{:02} {}{:02}{:02}",
            self.civil.day(),
            MONTHS.get(month).unwrap_or(&"Jan"),
            self.civil.year(),
            self.civil.hour(),
            self.civil.minute(),
            self.civil.second(),
            if minutes < 0 { '-' } else { '+' },
            minutes.abs() / 60,
            minutes.abs() % 60,
        )
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `From sender Fri Feb 22 17:06:23 2008`, a zone before or behind the year; `None`: it is text of a message.
fn from_line(line: &[u8]) -> Option<Stamp> {
    let text = std::str::from_utf8(line.strip_prefix(b"From ")?).ok()?;
    // The sender may be quoted, spaces and all.
    let behind = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?.1,
        None => text,
    };
    let (_, date) = behind.split_once(' ')?;
    let mut words = date.split_ascii_whitespace();
    let weekday = words.next()?;
    if weekday.len() != 3 || !weekday.bytes().all(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    let month = words.next()?;
    let month = MONTHS.iter().position(|m| m.eq_ignore_ascii_case(month))? + 1;
    let day: i8 = words.next()?.parse().ok()?;
    let mut clock = words.next()?.split(':');
    let mut two = || clock.next().map(str::parse::<i8>);
    let (hour, minute) = (two()?.ok()?, two()?.ok()?);
    let second = two().unwrap_or(Ok(0)).ok()?;
    let mut word = words.next()?;
    let mut zone = None;
    if word.parse::<i16>().is_err() || word.starts_with(['+', '-']) {
        // A name of a zone (`EET`) says less than it seems to: the time is taken as local.
        zone = offset(word);
        word = words.next()?;
    }
    let year: i16 = word.parse().ok().filter(|_| word.len() == 4)?;
    let zone = words.next().and_then(offset).or(zone);
    let civil = DateTime::new(
        year,
        i8::try_from(month).ok()?,
        day,
        hour,
        minute,
        second,
        0,
    )
    .ok()?;
    Some(Stamp { civil, zone })
}

/// `+0200`
fn offset(word: &str) -> Option<Offset> {
    let (sign, digits) = match word.as_bytes() {
        [b'+', ..] => (1, word.get(1..)?),
        [b'-', ..] => (-1, word.get(1..)?),
        _ => return None,
    };
    let number: i32 = digits.parse().ok().filter(|_| digits.len() == 4)?;
    Offset::from_seconds(sign * (number / 100 * 3600 + number % 100 * 60)).ok()
}
