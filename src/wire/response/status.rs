//! OK NO BAD PREAUTH BYE, with code and text (RFC 9051 section 7.1).

use super::{ResponseCode, Status, StatusResponse};
use crate::wire::token::{TokenKind, TokenTree};

impl Status {
    /// The status a word names, in any case.
    pub fn of(word: &[u8]) -> Option<Status> {
        const WORDS: [(&[u8], Status); 5] = [
            (b"OK", Status::Ok),
            (b"NO", Status::No),
            (b"BAD", Status::Bad),
            (b"BYE", Status::Bye),
            (b"PREAUTH", Status::Preauth),
        ];
        WORDS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word))
            .map(|(_, status)| *status)
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
