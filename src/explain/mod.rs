//! EXPLAIN. What replies mean in plain words, and what to do next: by response code, by the free texts that
//! servers really send, by capability.
//!
//! Knows: the tables in `assets/explain`, parsed once. Pure look-up: the server's words in, ours out.
//! Must not know: sockets, screens, the session, who asked. What is said of one session (rights held, the
//! mailbox named) is put together in `console/explain.rs`.
//! To add a code, a text or a capability: one row in `assets/explain/*.toml`; all else follows.

mod table;

use crate::wire::Frame;
use crate::wire::response::{Response, ResponseCode, Status, StatusResponse, Untagged};
pub use table::{CapabilityRow, Row, TextRow};

/// What we have to say about a status response. The server's own words are not in it: they are shown
/// first, from where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// NO, BAD, BYE, ...
    pub status: Status,
    /// The response code in capitals, as the server sent it (hostile: a code that is in no table may be
    /// anything).
    pub code: Option<String>,
    /// The row of the code; `None`: it has none.
    pub by_code: Option<&'static Row>,
    /// The row of the text; `None`: nobody is known to say that.
    pub by_text: Option<&'static TextRow>,
}

impl Explanation {
    /// The row that tells most: a text with words of its own is nearer than a code.
    pub fn row(&self) -> Option<&'static Row> {
        let text = self.by_text;
        let own = text.filter(|text| text.inherits.is_none()).map(|t| &t.row);
        own.or(self.by_code).or(text.map(|text| &text.row))
    }

    /// What stands before the colon: the code, else the status.
    pub fn label(&self) -> &str {
        match (&self.code, self.status) {
            (Some(code), _) => code,
            (None, Status::Ok) => "OK",
            (None, Status::No) => "NO",
            (None, Status::Bad) => "BAD",
            (None, Status::Preauth) => "PREAUTH",
            (None, Status::Bye) => "BYE",
        }
    }
}

/// What is known of a status response; `None`: nothing.
pub fn status(response: &StatusResponse) -> Option<Explanation> {
    let text = String::from_utf8_lossy(&response.text).to_lowercase();
    let explanation = Explanation {
        status: response.status,
        code: response.code.as_ref().map(|c| c.name().to_owned()),
        by_code: response.code.as_ref().and_then(code_row),
        by_text: table::TABLE
            .texts
            .iter()
            .find(|row| row.is_in(response.status, &text)),
    };
    explanation.row().map(|_| explanation)
}

fn code_row(code: &ResponseCode) -> Option<&'static Row> {
    // METADATA LONGENTRIES 2199: the second word says what it is about.
    let second = match code {
        ResponseCode::Other { name, arguments } => String::from_utf8_lossy(arguments)
            .split(' ')
            .next()
            .map(|word| format!("{name} {}", word.to_ascii_uppercase())),
        _ => None,
    };
    second
        .and_then(|name| self::code(&name))
        .or_else(|| self::code(code.name()))
}

/// The status response in a line of the server's, if it is one; with its tag, or untagged.
pub fn line(bytes: &[u8]) -> Option<StatusResponse> {
    match Response::parse(&Frame::from_line(bytes)) {
        Response::Tagged { status, .. } | Response::Untagged(Untagged::Status(status)) => {
            Some(status)
        }
        _ => None,
    }
}

/// The row of a response code, by its name in capitals.
pub fn code(name: &str) -> Option<&'static Row> {
    table::TABLE.codes.get(name)
}

/// Every response code there is a row for.
pub fn codes() -> impl Iterator<Item = (&'static str, &'static Row)> {
    table::TABLE
        .codes
        .iter()
        .map(|(name, row)| (name.as_str(), row))
}

/// Every free text, in the order they are tried.
pub fn texts() -> &'static [TextRow] {
    &table::TABLE.texts
}

/// What a capability is, by its name in any case; of `AUTH=PLAIN` that is the row of `AUTH=`.
pub fn capability(name: &str) -> Option<&'static CapabilityRow> {
    let name = name.to_ascii_uppercase();
    let rows = &table::TABLE.capabilities;
    rows.get(&name).or_else(|| {
        let (family, _) = name.split_once('=')?;
        rows.get(&format!("{family}="))
    })
}

/// Every capability there is a row for.
pub fn capabilities() -> impl Iterator<Item = (&'static str, &'static CapabilityRow)> {
    let rows = &table::TABLE.capabilities;
    rows.iter().map(|(name, row)| (name.as_str(), row))
}

/// What is wrong with the files in `assets/explain`: sentences. A test wants none.
pub fn table_errors() -> &'static [String] {
    &table::TABLE.errors
}
