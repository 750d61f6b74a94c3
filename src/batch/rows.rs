//! The rows of `each:`: a CSV file with a header line, and which of its rows a run takes.

use std::fmt::Write as _;
use std::sync::Arc;

use csv::StringRecord;
use sha2::{Digest, Sha256};

use crate::snippet::table::{self, Wrong};

/// Most octets of a list of rows: 100,000 users take some 3 MiB.
pub const LONGEST: usize = 256 * 1024 * 1024;

/// Columns that are secret by their name: they are in no key, report or screen.
const SECRET: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "pw",
    "secret",
    "token",
    "access_token",
];

/// Whether a column's values must not be shown.
pub fn is_secret(column: &str) -> bool {
    SECRET.iter().any(|name| column.eq_ignore_ascii_case(name))
}

/// The names of the columns, shared by all rows.
pub type Columns = Arc<[String]>;

/// One row.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// Counted from 1, over the whole list, whatever is left out.
    pub number: usize,
    columns: Columns,
    values: Box<[String]>,
}

impl std::fmt::Debug for Row {
    /// Its number and its name: a column may be a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Row({} {:?})", self.number, self.name())
    }
}

impl Row {
    /// The one row of a snippet without `each:`.
    pub fn only() -> Row {
        Row {
            number: 1,
            columns: Arc::from(Vec::new()),
            values: Box::default(),
        }
    }

    /// The value of a column.
    pub fn get(&self, column: &str) -> Option<&str> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.values.get(at).map(String::as_str)
    }

    /// Columns and values, in order.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.columns.iter().map(String::as_str);
        names.zip(self.values.iter().map(String::as_str))
    }

    /// What the row is called: its column `user`, else its first one that may be shown. Empty without `each:`.
    pub fn name(&self) -> &str {
        let shown = self.values().find(|(column, _)| !is_secret(column));
        self.get("user")
            .or(shown.map(|(_, value)| value))
            .unwrap_or_default()
    }

    /// What the row is known by in a report, wherever it stands in the list: a digest of all that may be shown.
    pub fn key(&self) -> String {
        let mut digest = Sha256::new();
        for (column, value) in self.values().filter(|(column, _)| !is_secret(column)) {
            for part in [column, value] {
                digest.update(part.len().to_be_bytes());
                digest.update(part.as_bytes());
            }
        }
        let mut key = String::new();
        for octet in digest.finalize().iter().take(8) {
            let _ = write!(key, "{octet:02x}");
        }
        key
    }

    /// Whether somebody who says `value` means this row.
    pub fn is_meant_by(&self, value: &str) -> bool {
        self.values()
            .any(|(column, is)| is == value && !is_secret(column))
    }
}

/// Why a list of rows cannot be read: sentences for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowsError {
    /// It has no header line.
    #[error("{list} is empty: its first line names the columns, as in \"user\"")]
    Empty {
        /// Its name.
        list: String,
    },
    /// It has only a header line.
    #[error("{list} has no rows: behind its first line, which names the columns, nothing follows")]
    NoRows {
        /// Its name.
        list: String,
    },
    /// A line has more or fewer values than there are columns.
    #[error(
        "{list}:{line}: {found} values, but the first line names {wanted} columns; a value with a comma stands in \"...\""
    )]
    Uneven {
        /// Its name.
        list: String,
        /// The line, from 1.
        line: u64,
        /// Values found.
        found: usize,
        /// Columns named.
        wanted: usize,
    },
    /// A quote is not closed.
    #[error("{list}:{line}: a quote that this row opens is not closed")]
    Open {
        /// Its name.
        list: String,
        /// The line, from 1.
        line: u64,
    },
    /// A line is not UTF-8.
    #[error("{list}:{line}: not UTF-8")]
    NotText {
        /// Its name.
        list: String,
        /// The line, from 1.
        line: u64,
    },
    /// A column's name cannot be a variable's.
    #[error(
        "{list}:1: the column {column:?} cannot be written as ${{name}}: letters, digits, _ and - , a letter first"
    )]
    Name {
        /// Its name.
        list: String,
        /// The column.
        column: String,
    },
    /// Two columns of one name.
    #[error("{list}:1: two columns are called {column:?}")]
    Twice {
        /// Its name.
        list: String,
        /// The column.
        column: String,
    },
    /// It is too long.
    #[error("{list} is longer than {} MiB: split it, or use --shard on the machine that makes it", LONGEST >> 20)]
    TooLong {
        /// Its name.
        list: String,
    },
}

/// Reads a CSV file (RFC 4180): quotes, commas and line ends within quotes, a BOM, empty lines.
///
/// # Errors
/// What is wrong, with the line.
pub fn read(list: &str, bytes: &[u8]) -> Result<Vec<Row>, RowsError> {
    let list = || list.to_owned();
    if bytes.len() > LONGEST {
        return Err(RowsError::TooLong { list: list() });
    }
    let mut columns: Columns = Arc::from(Vec::new());
    let mut rows = Vec::new();
    let mut wrong = None;
    let read = table::read(bytes, |record, line| {
        let taken = match columns.is_empty() {
            true => names(list(), record).map(|names| columns = names),
            false if record.len() != columns.len() => Err(RowsError::Uneven {
                list: list(),
                line,
                found: record.len(),
                wanted: columns.len(),
            }),
            false => {
                rows.push(Row {
                    number: rows.len() + 1,
                    columns: Arc::clone(&columns),
                    values: record.iter().map(str::to_owned).collect(),
                });
                Ok(())
            }
        };
        wrong = taken.err();
        wrong.is_none()
    });
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    read.map_err(|wrong| match wrong {
        Wrong::NotText { line } => RowsError::NotText { list: list(), line },
        Wrong::Open { line } => RowsError::Open { list: list(), line },
    })?;
    match (columns.is_empty(), rows.is_empty()) {
        (true, _) => Err(RowsError::Empty { list: list() }),
        (false, true) => Err(RowsError::NoRows { list: list() }),
        (false, false) => Ok(rows),
    }
}

/// The names of the columns, out of the first line.
fn names(list: String, header: &StringRecord) -> Result<Columns, RowsError> {
    if header.iter().all(|name| name.trim().is_empty()) {
        return Err(RowsError::Empty { list });
    }
    let mut names: Vec<String> = Vec::new();
    for column in header {
        let column = column.trim().to_owned();
        if !is_name(&column) {
            return Err(RowsError::Name { list, column });
        }
        if names.contains(&column) {
            return Err(RowsError::Twice { list, column });
        }
        names.push(column);
    }
    Ok(names.into())
}

fn is_name(column: &str) -> bool {
    let mut letters = column.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// `--shard I/N`: of every N rows the I-th.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    pub index: usize,
    /// Of how many.
    pub of: usize,
}

impl Shard {
    /// Reads `2/8`.
    ///
    /// # Errors
    /// What it should look like.
    pub fn parse(text: &str) -> Result<Shard, String> {
        let wrong = || {
            format!(
                "{text:?}: a shard is I/N, counted from 1: 1/4 to 4/4 are the four parts of a run"
            )
        };
        let (index, of) = text.split_once('/').ok_or_else(wrong)?;
        let number = |digits: &str| {
            let all = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
            all.then(|| digits.parse().ok()).flatten().ok_or_else(wrong)
        };
        let shard = Shard {
            index: number(index)?,
            of: number(of)?,
        };
        match shard.index >= 1 && shard.index <= shard.of {
            true => Ok(shard),
            false => Err(wrong()),
        }
    }

    /// Whether row `number` (from 1) is in it.
    pub fn has(self, number: usize) -> bool {
        number >= self.index && (number - self.index).is_multiple_of(self.of)
    }
}

/// Which rows a run takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// `--only`: rows that have one of these values; empty: all.
    pub only: Vec<String>,
    /// `--skip`: not those that have one of these.
    pub skip: Vec<String>,
    /// `--shard`.
    pub shard: Option<Shard>,
}

impl Choice {
    /// Whether the run takes this row.
    pub fn takes(&self, row: &Row) -> bool {
        let meant = |values: &[String]| values.iter().any(|value| row.is_meant_by(value));
        self.shard.is_none_or(|shard| shard.has(row.number))
            && (self.only.is_empty() || meant(&self.only))
            && !meant(&self.skip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(text: &str) -> Vec<Row> {
        read("users.csv", text.as_bytes()).unwrap_or_default()
    }

    #[test]
    fn quotes_line_ends_and_a_bom_are_read() {
        let rows = users("\u{feff}user, quota\r\n\"a\r\nb\",\"say \"\"hi\"\"\"\r\n\r\nc,${x}\r\n");
        let found: Vec<(usize, Option<&str>, Option<&str>)> = rows
            .iter()
            .map(|row| (row.number, row.get("user"), row.get("quota")))
            .collect();
        assert_eq!(
            found,
            [
                (1, Some("a\r\nb"), Some("say \"hi\"")),
                (2, Some("c"), Some("${x}"))
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let why = |bytes: &[u8]| {
            read("users.csv", bytes)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default()
        };
        assert!(why(b"").contains("is empty"));
        assert!(why(b"user\n").contains("no rows"));
        assert!(why(b"user,mailbox\na,b\nc\n").starts_with("users.csv:3: 1 values"));
        assert!(why(b"user\na\n\xff\n").starts_with("users.csv:3: not UTF-8"));
        assert!(why(b"user\na\n\"b\nc\n").starts_with("users.csv:3: a quote"));
        assert!(why(b"user name\na\n").contains("\"user name\" cannot be written"));
        assert!(why(b"user,user\na,b\n").contains("two columns"));
    }

    #[test]
    fn shards_cover_every_row_once() {
        for of in 1..=7 {
            for number in 1..=50 {
                let holding = (1..=of).filter(|index| Shard { index: *index, of }.has(number));
                assert_eq!(holding.count(), 1, "row {number} of {of} shards");
            }
        }
        assert!(Shard { index: 2, of: 4 }.has(2) && Shard { index: 2, of: 4 }.has(6));
        for bad in ["0/4", "5/4", "1", "/", "1/0", "+1/2", "1/2/3", ""] {
            assert!(Shard::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn secret_columns_are_in_no_key_and_no_name() {
        let one = users("password,user,box\nhunter2,dave,A\n");
        let other = users("password,user,box\nxyzzy,dave,A\n");
        assert_eq!(one[0].key(), other[0].key());
        assert_ne!(
            one[0].key(),
            users("password,user,box\nxyzzy,dave,B\n")[0].key()
        );
        assert_eq!(one[0].name(), "dave");
        assert!(!one[0].is_meant_by("hunter2") && one[0].is_meant_by("A"));
        assert_eq!(format!("{:?}", one[0]), "Row(1 \"dave\")");
    }
}
