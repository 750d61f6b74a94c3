//! Who may do what on which mailbox: the matrix from GETACL over a subtree, its cursor, its CSV.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::effect::Effect;
use super::field::Line;
use super::state::State;
use super::update::send;
use crate::console::{Ask, AskId, Asker, Heard, Told};
use crate::model::{Children, name};
use crate::wire::response::{Status, Untagged};

/// Most mailboxes in a matrix.
pub const ROWS: usize = 2_000;
/// Most identifiers.
pub const COLUMNS: usize = 500;

/// What is known about one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entries {
    /// It is being asked for.
    Waiting,
    /// Identifiers and their rights.
    Known(Vec<(String, String)>),
    /// The server refused; what it said (hostile).
    Refused(String),
    /// It was not asked: stopped, or the connection is over.
    NotAsked,
}

/// A mailbox and its ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatrixRow {
    /// Its name as sent.
    pub name: Vec<u8>,
    /// Who may do what.
    pub entries: Entries,
}

impl MatrixRow {
    /// The rights of `identifier` here; `None`: it has no entry.
    pub fn rights(&self, identifier: &str) -> Option<&str> {
        match &self.entries {
            Entries::Known(entries) => entries
                .iter()
                .find(|(name, _)| name == identifier)
                .map(|(_, rights)| rights.as_str()),
            _ => None,
        }
    }
}

/// The matrix.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The mailbox whose subtree this is, as sent.
    pub of: Vec<u8>,
    /// The mailboxes, in order of their names.
    pub rows: Vec<MatrixRow>,
    /// The identifiers, in order: the columns.
    pub identifiers: Vec<String>,
    /// Row and column of the cursor.
    pub cursor: (usize, usize),
    /// There are more than can be kept.
    pub overflowed: bool,
    /// The name of the file the CSV goes to, while that is typed; the error or question about it.
    pub file: Option<(Line, Option<String>)>,
    /// The name that is taken already: given once more, what is there is replaced.
    pub asked: Option<String>,
    listing: Option<AskId>,
    asking: BTreeMap<AskId, usize>,
}

impl Matrix {
    fn new(of: &[u8]) -> Matrix {
        Matrix {
            of: of.to_vec(),
            rows: Vec::new(),
            identifiers: Vec::new(),
            cursor: (0, 0),
            overflowed: false,
            file: None,
            asked: None,
            listing: None,
            asking: BTreeMap::new(),
        }
    }

    fn add(&mut self, mailbox: &[u8]) {
        if self.rows.iter().any(|row| name::same(&row.name, mailbox)) {
            return;
        }
        if self.rows.len() >= ROWS {
            self.overflowed = true;
            return;
        }
        self.rows.push(MatrixRow {
            name: mailbox.to_vec(),
            entries: Entries::Waiting,
        });
    }

    /// How many mailboxes still wait for their answer.
    pub fn waiting(&self) -> usize {
        let waits = |row: &&MatrixRow| row.entries == Entries::Waiting;
        self.rows.iter().filter(waits).count()
    }

    /// Whether the list of mailboxes is not complete yet.
    pub fn is_listing(&self) -> bool {
        self.listing.is_some()
    }

    /// The identifiers, from all that is known.
    fn gather_identifiers(&mut self) {
        let mut all: BTreeSet<&str> = BTreeSet::new();
        for row in &self.rows {
            if let Entries::Known(entries) = &row.entries {
                for (identifier, _) in entries {
                    if all.len() < COLUMNS {
                        all.insert(identifier);
                    } else if !all.contains(identifier.as_str()) {
                        self.overflowed = true;
                    }
                }
            }
        }
        self.identifiers = all.into_iter().map(str::to_owned).collect();
        self.cursor.1 = self.cursor.1.min(self.identifiers.len().saturating_sub(1));
    }

    /// Mailbox and identifier at the cursor, with the rights there.
    pub fn at_cursor(&self) -> Option<(&[u8], &str, Option<&str>)> {
        let row = self.rows.get(self.cursor.0)?;
        let identifier = self.identifiers.get(self.cursor.1)?;
        Some((&row.name, identifier, row.rights(identifier)))
    }

    /// The matrix as CSV (RFC 4180): one row a mailbox, one column an identifier, `?` where the server told
    /// nothing. A cell that a spreadsheet would take for a formula gets an apostrophe before it.
    pub fn csv(&self) -> String {
        let mut out = String::from("mailbox");
        for identifier in &self.identifiers {
            let _ = write!(out, ",{}", cell(identifier));
        }
        out.push_str("\r\n");
        for row in &self.rows {
            out.push_str(&cell(&name::shown(&row.name)));
            for identifier in &self.identifiers {
                let rights = match &row.entries {
                    Entries::Known(_) => row.rights(identifier).unwrap_or_default(),
                    _ => "?",
                };
                let _ = write!(out, ",{}", cell(rights));
            }
            out.push_str("\r\n");
        }
        out
    }
}

/// A cell of CSV, quoted where that is needed.
fn cell(text: &str) -> String {
    let text = match text.starts_with(['=', '+', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    match text.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

impl State {
    /// Begins the matrix of the subtree of `mailbox` (as sent): what asks for it, and whether that lists the
    /// mailboxes first.
    pub(super) fn begin_matrix(&mut self, mailbox: &[u8]) -> (Vec<Ask>, bool) {
        let tree = self.console.model().mailboxes();
        let mut matrix = Matrix::new(mailbox);
        let known = tree.find(mailbox).and_then(|id| tree.get(id));
        let below = known.is_none_or(|m| m.children != Children::None);
        let delimiter = known.and_then(|m| m.delimiter);
        if known.is_none_or(|m| m.selectable) {
            matrix.add(mailbox);
        }
        let utf8 = crate::catalog::accepts_utf8(self.console.model());
        let delimiter = delimiter.filter(|_| below);
        let asks = match delimiter {
            Some(delimiter) => {
                let level = delimiter.encode_utf8(&mut [0; 4]).as_bytes().to_vec();
                let pattern = [mailbox, &level, b"*"].concat();
                vec![
                    Ask::new(Asker::Rights, "LIST \"\"")
                        .pattern(&pattern)
                        .heard(),
                ]
            }
            None => matrix
                .rows
                .iter()
                .map(|row| get_acl(&row.name, utf8))
                .collect(),
        };
        self.gather.matrix = Some(matrix);
        (asks, delimiter.is_some())
    }

    /// The ids of what [`State::begin_matrix`] gave.
    pub(super) fn matrix_goes(&mut self, ids: Vec<AskId>, lists: bool) {
        if let Some(matrix) = &mut self.gather.matrix {
            if lists {
                matrix.listing = ids.first().copied();
            } else {
                matrix.asking = ids.into_iter().zip(0..).collect();
            }
        }
    }

    /// Takes what was told to the matrix; behind its list the rights are asked for.
    pub(super) fn hear_rights(&mut self, told: Vec<Told>) -> Vec<Effect> {
        let utf8 = crate::catalog::accepts_utf8(self.console.model());
        let Some(matrix) = &mut self.gather.matrix else {
            return Vec::new();
        };
        let mut asks = Vec::new();
        for Told { ask, what, .. } in told {
            if matrix.listing == Some(ask) {
                match what {
                    Heard::Data(data) => {
                        if let Untagged::List(entry) = *data {
                            let has = |name: &str| {
                                entry
                                    .attributes
                                    .iter()
                                    .any(|a| a.eq_ignore_ascii_case(name))
                            };
                            if !has("\\Noselect") && !has("\\NonExistent") {
                                matrix.add(&entry.name);
                            }
                        }
                    }
                    Heard::Done { .. } => {
                        matrix.listing = None;
                        matrix.rows.sort_by(|a, b| a.name.cmp(&b.name));
                        asks = matrix
                            .rows
                            .iter()
                            .map(|row| get_acl(&row.name, utf8))
                            .collect();
                    }
                    Heard::Lost => matrix.listing = None,
                    Heard::Began(_) => {}
                }
                continue;
            }
            let Some(row) = matrix.asking.get(&ask).copied() else {
                continue;
            };
            let Some(row) = matrix.rows.get_mut(row) else {
                continue;
            };
            match what {
                Heard::Data(data) => {
                    if let Untagged::Acl { mailbox, entries } = *data
                        && name::same(&mailbox, &row.name)
                    {
                        row.entries = Entries::Known(entries);
                    }
                }
                Heard::Done { status, .. } => {
                    matrix.asking.remove(&ask);
                    if row.entries == Entries::Waiting {
                        row.entries = match status.status {
                            // RFC 4314 section 3.6 wants an ACL response, if only an empty one.
                            Status::Ok => Entries::Known(Vec::new()),
                            _ => Entries::Refused(
                                String::from_utf8_lossy(&status.text).trim().to_owned(),
                            ),
                        };
                    }
                }
                Heard::Lost => {
                    matrix.asking.remove(&ask);
                    if row.entries == Entries::Waiting {
                        row.entries = Entries::NotAsked;
                    }
                }
                Heard::Began(_) => {}
            }
        }
        matrix.gather_identifiers();
        if asks.is_empty() {
            return Vec::new();
        }
        let (ids, requests) = self.console.ask_all(asks);
        if let Some(matrix) = &mut self.gather.matrix {
            matrix.asking = ids.into_iter().zip(0..).collect();
        }
        send(requests)
    }
}

fn get_acl(mailbox: &[u8], utf8: bool) -> Ask {
    Ask::new(Asker::Rights, "GETACL")
        .mailbox(mailbox, utf8)
        .later()
        .heard()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_quoted_and_harmless() {
        let mut matrix = Matrix::new(b"a");
        for name in [&b"a"[..], b"a,b", b"=cmd", b"Entw&APw-rfe \"x\""] {
            matrix.add(name);
        }
        matrix.rows[0].entries = Entries::Known(vec![
            ("bob".into(), "lrs".into()),
            ("-eve".into(), "x".into()),
        ]);
        matrix.rows[1].entries = Entries::Known(Vec::new());
        matrix.rows[2].entries = Entries::Refused("no".into());
        matrix.gather_identifiers();
        assert_eq!(
            matrix.csv(),
            "mailbox,-eve,bob\r\na,x,lrs\r\n\"a,b\",,\r\n'=cmd,?,?\r\n\"Entw\u{fc}rfe \"\"x\"\"\",?,?\r\n"
        );
        assert_eq!(matrix.at_cursor(), Some((&b"a"[..], "-eve", Some("x"))));
    }
}
