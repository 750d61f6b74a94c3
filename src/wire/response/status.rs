//! OK NO BAD PREAUTH BYE, with code and text (RFC 9051 section 7.1).

use super::{ResponseCode, Status, StatusResponse};
use crate::wire::token::{TokenKind, TokenTree};

const WORDS: [(&str, Status); 5] = [
    ("OK", Status::Ok),
    ("NO", Status::No),
    ("BAD", Status::Bad),
    ("BYE", Status::Bye),
    ("PREAUTH", Status::Preauth),
];

impl Status {
    /// The status a word names, in any case.
    pub fn of(word: &[u8]) -> Option<Status> {
        WORDS
            .iter()
            .find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word))
            .map(|(_, status)| *status)
    }

    /// `OK`, `NO`, `BAD`, `BYE`, `PREAUTH`.
    pub fn name(self) -> &'static str {
        let found = WORDS.iter().find(|(_, status)| *status == self);
        found.map_or("", |(name, _)| name)
    }
}

impl StatusResponse {
    /// From the tokens of a status response. A code without its `]` is text: nobody can say where
    /// it would end.
    pub(super) fn read(status: Status, tree: &TokenTree<'_>) -> StatusResponse {
        let mut response = StatusResponse {
            status,
            code: None,
            text: Vec::new(),
        };
        for token in tree.tokens().skip(2) {
            match token.kind() {
                TokenKind::Code => response.code = ResponseCode::read(token),
                TokenKind::Text => response.text = token.bytes().to_vec(),
                _ => {}
            }
        }
        response
    }
}
