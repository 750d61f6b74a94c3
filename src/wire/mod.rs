//! SYNTAX. Bytes to frames to responses, and the way back. Used by the client and by the demo server.
//!
//! Knows: RFC 9051/3501 grammar, literals, modified UTF-7. Pure: std, memchr and zeroize only.
//! Must not know: any other layer, time, sockets, screens.
//! To add an untagged response: one arm in `response/<group>.rs`; a response code: one arm in `response/code.rs`.

pub mod base64;
pub mod capability;
pub mod command;
pub mod cursor;
pub mod encode;
pub mod flag;
pub mod frame;
pub mod framer;
pub mod mailbox;
pub mod mutf7;
mod opening;
pub mod response;
pub mod secret;
pub mod sequence;
pub mod tag;
pub mod token;

pub use capability::CapabilitySet;
pub use command::{Command, CommandPart, LiteralChoice, Origin, TagChoice};
pub use flag::Flag;
pub use frame::{
    Direction, Ending, Frame, FrameBuilder, LiteralHeader, LiteralMode, LiteralSpan, Piece,
};
pub use framer::Framer;
pub use mailbox::MailboxName;
pub use response::Response;
pub use sequence::SequenceSet;
pub use tag::{Tag, TagGenerator};
pub use token::{Token, TokenKind, TokenTree};
