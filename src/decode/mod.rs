//! READING. What a reply or a literal says, taken apart for people: tables, trees, mails.
//!
//! Knows: frames, tokens, mail and MIME, transfer encodings, charsets.
//! Must not know: sockets, screens, the transcript: octets are lent to it in pieces, and it never
//! holds a whole literal. Everything it hands out is hostile.
//! To add a table for an untagged response: one row in `response.rs` and its function in the file of
//! its group. A FETCH item: one row in `fetch.rs`.

pub mod challenge;
pub mod fetch;
pub mod literal;
pub mod mail;
pub mod mime;
pub mod outline;
pub mod response;
pub mod rights;
pub mod text;
pub mod transfer;
pub mod word;

mod access;
mod envelope;
mod names;
mod numbers;
mod server;
pub mod structure;
pub mod summary;
mod tokens;

pub use literal::{LiteralKind, Sniffed};
pub use mime::{MimeScan, Part, PartKind};
pub use outline::{Outline, Row, RowKind, Tone};
pub use transfer::{Decoder, Transfer};
