//! Files of rows: CSV (RFC 4180), with quotes, commas and line ends within quotes, a BOM, empty lines left out.
//! The one reader for `each:`, `--each` and `!for x in @file`.

use std::io::Read;

use csv::StringRecord;

/// Why a file of rows cannot be read; lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// A line is not UTF-8.
    NotText {
        /// Which.
        line: u64,
    },
    /// A quote that is opened is not closed.
    Open {
        /// Where the row with it begins.
        line: u64,
    },
}

/// Put behind every file: swallowed by a quote that is not closed, which the csv crate takes for closed.
const END: &str = "\u{1d}";

/// Gives each row with the line it begins in, until `take` says no.
///
/// # Errors
/// What is wrong, when it is come to.
pub fn read(bytes: &[u8], mut take: impl FnMut(&StringRecord, u64) -> bool) -> Result<(), Wrong> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let end = format!("\n{END}\n");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes.chain(end.as_bytes()));
    let line = |position: Option<&csv::Position>| position.map_or(1, |at| line_of(bytes, at));
    let (mut row, mut next) = (StringRecord::new(), StringRecord::new());
    let mut first = true;
    loop {
        let more = reader.read_record(&mut next);
        match more.map_err(|error| Wrong::NotText {
            line: line(error.position()),
        })? {
            false if row.len() == 1 && row.get(0) == Some(END) => return Ok(()),
            false => {
                return Err(Wrong::Open {
                    line: line(row.position()),
                });
            }
            true if !first && !take(&row, line(row.position())) => return Ok(()),
            true => {}
        }
        std::mem::swap(&mut row, &mut next);
        first = false;
    }
}

/// The line of what begins behind `at`: the csv crate counts the empty lines in between to the row.
fn line_of(bytes: &[u8], at: &csv::Position) -> u64 {
    let from = usize::try_from(at.byte()).unwrap_or(usize::MAX);
    let rest = bytes.get(from..).unwrap_or_default();
    let ends = rest.iter().take_while(|octet| b"\r\n".contains(octet));
    at.line() + ends.filter(|octet| **octet == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<Vec<String>>, Wrong> {
        let mut all = Vec::new();
        read(text.as_bytes(), |row, _| {
            all.push(row.iter().map(str::to_owned).collect());
            true
        })?;
        Ok(all)
    }

    #[test]
    fn rows_are_read_as_the_rfc_has_them() {
        for (text, wanted) in [
            ("", vec![]),
            ("\n\r\n", vec![]),
            ("\u{feff}a,b\r\n\r\nc", vec![vec!["a", "b"], vec!["c"]]),
            (
                "\"a\r\nb\",\"say \"\"hi\"\"\"\n",
                vec![vec!["a\r\nb", "say \"hi\""]],
            ),
            ("a\"b,\"\"\n,\n", vec![vec!["a\"b", ""], vec!["", ""]]),
            (" a , b\n", vec![vec![" a ", " b"]]),
            ("\u{1d}\n\u{1d}", vec![vec!["\u{1d}"], vec!["\u{1d}"]]),
        ] {
            assert_eq!(rows(text).unwrap_or_default(), wanted, "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        assert_eq!(rows("a\n\"b\n\nc\n"), Err(Wrong::Open { line: 2 }));
        assert_eq!(rows("a,\""), Err(Wrong::Open { line: 1 }));
        let mut seen = 0;
        let all = read(b"a\nb\n\xff\nc\n", |_, _| {
            seen += 1;
            true
        });
        assert_eq!((all, seen), (Err(Wrong::NotText { line: 3 }), 1));
    }

    #[test]
    fn whoever_has_enough_reads_no_further() {
        let mut seen = Vec::new();
        let all = read(b"a\n\n\"b\n\"\r\n\r\nc\nd\n\xff\n", |_, line| {
            seen.push(line);
            seen.len() < 3
        });
        assert_eq!((all, seen), (Ok(()), vec![1, 3, 6]));
    }
}
