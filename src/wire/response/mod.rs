//! Frames to responses (RFC 9051 section 7). Shallow, and nothing is refused: what is not understood
//! is [`Untagged::Other`], with its bytes in the transcript all the same.
//!
//! To add an untagged response: one arm in the file of its group; a response code: one in [`code`].

mod code;
mod mailbox;
mod message;
mod quick;
mod server;
mod status;

use super::cursor::tokenize;
use super::opening::Opening;
use super::token::{Tokens, number};
use super::{CapabilitySet, Direction, Frame, FrameBuilder, Framer, Tag};

/// A response from the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Response {
    /// The completion result of a command.
    Tagged {
        /// The command's tag.
        tag: Tag,
        /// OK, NO or BAD.
        status: StatusResponse,
    },
    /// `* ...`
    Untagged(Untagged),
    /// `+ ...`: a command continuation request; what stands behind `+ `, line end off.
    Continuation(Vec<u8>),
    /// Neither (an SMTP banner, a bare word): the transcript shows the bytes.
    Odd,
}

/// OK NO BAD PREAUTH BYE (RFC 9051 section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Status {
    Ok,
    No,
    Bad,
    Preauth,
    Bye,
}

/// A status response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusResponse {
    /// OK, NO, ...
    pub status: Status,
    /// `[...]`
    pub code: Option<ResponseCode>,
    /// Human-readable text, in whatever charset, line end off.
    pub text: Vec<u8>,
}

/// A response code (RFC 9051 section 7.1, RFC 5530 and the IANA registry).
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ResponseCode {
    Capability(CapabilitySet),
    PermanentFlags(Vec<String>),
    UidNext(u64),
    UidValidity(u64),
    Unseen(u64),
    HighestModSeq(u64),
    NoModSeq,
    ReadOnly,
    ReadWrite,
    Closed,
    AppendUid {
        uid_validity: u64,
        uids: String,
    },
    CopyUid {
        uid_validity: u64,
        from: String,
        to: String,
    },
    /// Any other: name in upper case, and what stands behind it up to the bracket.
    Other {
        name: String,
        arguments: Vec<u8>,
    },
}

/// An untagged response.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Untagged {
    Status(StatusResponse),
    Capability(CapabilitySet),
    Enabled(Vec<String>),
    List(ListEntry),
    Lsub(ListEntry),
    MailboxStatus {
        mailbox: Vec<u8>,
        items: Vec<(String, u64)>,
    },
    Flags(Vec<String>),
    Exists(u64),
    Recent(u64),
    Expunge(u64),
    /// Sequence numbers are kept, UIDs are gone (RFC 7162 section 3.2.10); the uid-set as sent.
    Vanished {
        earlier: bool,
        uids: String,
    },
    Fetch(Fetch),
    Search(Vec<u64>),
    Sort(Vec<u64>),
    /// ESEARCH carries more than imapsh needs today: the COUNT, where it was asked for.
    Esearch {
        count: Option<u64>,
    },
    Namespace {
        personal: Vec<NamespaceEntry>,
        other_users: Vec<NamespaceEntry>,
        shared: Vec<NamespaceEntry>,
    },
    Id(Vec<(String, Option<String>)>),
    Acl {
        mailbox: Vec<u8>,
        entries: Vec<(String, String)>,
    },
    ListRights {
        mailbox: Vec<u8>,
        identifier: String,
        required: String,
        optional: Vec<String>,
    },
    MyRights {
        mailbox: Vec<u8>,
        rights: String,
    },
    Quota {
        root: String,
        resources: Vec<(String, u64, u64)>,
    },
    QuotaRoot {
        mailbox: Vec<u8>,
        roots: Vec<String>,
    },
    /// Any other: its name in upper case (`X-FUTURE`, `THREAD`), for `* 12 X` the word `X`.
    Other {
        name: String,
    },
}

/// One LIST, LSUB or XLIST response (RFC 9051 section 7.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// `\Noselect`, `\HasChildren`, `\Sent` ... as sent.
    pub attributes: Vec<String>,
    /// Hierarchy delimiter; `None` for NIL.
    pub delimiter: Option<char>,
    /// The name as sent (modified UTF-7, UTF-8, or anything): string quoting taken off.
    pub name: Vec<u8>,
}

/// One namespace (RFC 2342).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceEntry {
    /// The prefix, as sent.
    pub prefix: Vec<u8>,
    /// Hierarchy delimiter.
    pub delimiter: Option<char>,
}

/// What imapsh reads of a FETCH response; bodies stay in the transcript.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fetch {
    /// Message sequence number.
    pub seq: u64,
    /// UID, if sent.
    pub uid: Option<u64>,
    /// FLAGS, if sent.
    pub flags: Option<Vec<String>>,
    /// MODSEQ, if sent.
    pub modseq: Option<u64>,
    /// RFC822.SIZE, if sent.
    pub size: Option<u64>,
}

impl Response {
    /// Reads a line that is a whole frame, with its line end, if it is of the most usual kind: as
    /// [`Response::parse`] would. `None`: ask that.
    pub fn quick(line: &[u8]) -> Option<Response> {
        quick::fetch(line)
    }

    /// Reads a frame. Never fails: see [`Response::Odd`] and [`Untagged::Other`].
    /// Of an elided frame only the name is told, as [`Untagged::Other`].
    pub fn parse(frame: &Frame) -> Response {
        match Opening::of(&frame.bytes) {
            Opening::Continuation { text } if !frame.elided => {
                Response::Continuation(line(frame.bytes.get(text..).unwrap_or_default()).to_vec())
            }
            Opening::Status { first, status, .. } if !frame.elided => {
                let first = frame.bytes.get(first).unwrap_or_default();
                let status = StatusResponse::read(status, &tokenize(frame));
                match (first, status.status) {
                    (b"*", _) => Response::Untagged(Untagged::Status(status)),
                    (tag, Status::Ok | Status::No | Status::Bad) => {
                        Tag::new(tag).map_or(Response::Odd, |tag| Response::Tagged { tag, status })
                    }
                    // A tagged BYE or PREAUTH completes nothing.
                    (_, Status::Bye | Status::Preauth) => Response::Odd,
                }
            }
            Opening::Data { rest } => untagged(frame, rest),
            Opening::Continuation { .. } | Opening::Status { .. } | Opening::Odd => Response::Odd,
        }
    }
}

/// `* ...` that is no status response.
fn untagged(frame: &Frame, rest: usize) -> Response {
    let Some((name, number)) = name(frame.bytes.get(rest..).unwrap_or_default()) else {
        return Response::Odd;
    };
    let read = || {
        if frame.elided {
            return None;
        }
        let tree = tokenize(frame);
        // A flood of tokens beyond the limit: half a SEARCH result would be a lie.
        if !tree.is_whole() {
            return None;
        }
        let mut arguments = tree.tokens();
        // Behind `*` and the name, or behind `*`, the number and the name.
        arguments.nth(if number.is_some() { 2 } else { 1 })?;
        match number {
            Some(number) => message::numbered(&name, number?, arguments.clone())
                .or_else(|| mailbox::numbered(&name, number?)),
            None => mailbox::read(&name, arguments.clone())
                .or_else(|| message::read(&name, arguments.clone()))
                .or_else(|| server::read(&name, arguments)),
        }
    };
    Response::Untagged(read().unwrap_or(Untagged::Other { name }))
}

/// The name of an untagged response in upper case, and the number before it, if one is there
/// (`Some(None)`: one that fits no `u64`).
fn name(rest: &[u8]) -> Option<(String, Option<Option<u64>>)> {
    // Names are short; a word of megabytes is not worth keeping.
    const LONGEST: usize = 256;
    let mut words = rest
        .split(|b| b" \r\n(".contains(b))
        .filter(|w| !w.is_empty());
    let upper = |word: &[u8]| {
        String::from_utf8_lossy(word.get(..LONGEST).unwrap_or(word)).to_ascii_uppercase()
    };
    let first = words.next()?;
    if !first.iter().all(u8::is_ascii_digit) {
        return Some((upper(first), None));
    }
    match words.next() {
        Some(word) => Some((upper(word), Some(number(first)))),
        None => Some((upper(first), None)),
    }
}

/// Without its line end.
fn line(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// The words of `tokens` as text; what is no string is left out.
fn texts(tokens: Tokens<'_>) -> Vec<String> {
    tokens.filter_map(|token| token.text_value()).collect()
}

/// Fuzz entry: any bytes, cut into frames, are read without a panic. Returns the responses.
pub fn fuzz_response(data: &[u8]) -> Vec<Response> {
    let mut framer = Framer::new(Direction::Server);
    let mut builder = FrameBuilder::default();
    let mut rest = data;
    let mut responses = Vec::new();
    while let Some(piece) = framer.next(&mut rest) {
        if let Some(frame) = builder.push(&piece) {
            responses.push(Response::parse(&frame));
        }
    }
    if let Some(frame) = framer.close().and_then(|piece| builder.push(&piece)) {
        // Cut off by the end of the connection: never to be taken for an answer.
        let response = Response::parse(&frame);
        assert!(matches!(
            response,
            Response::Odd | Response::Untagged(Untagged::Other { .. })
        ));
        responses.push(response);
    }
    responses
}
