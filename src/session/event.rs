//! What the engine says. The bytes come first, always; then what they mean.

use std::fmt;
use std::time::Duration;

use crate::wire::response::{Response, StatusResponse};
use crate::wire::{CapabilitySet, Origin, Piece, Tag};

/// Names one submitted command for the whole session (a tag of the user's may come twice).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(pub u64);

/// An event of the session. The order for one input: [`Event::Received`] pieces of a frame,
/// then [`Event::Response`], then what follows from it.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Bytes from the server, each exactly once, in order.
    Received(Piece),
    /// Bytes handed to the network, secrets replaced by [`crate::wire::command::MASK`].
    Sent {
        /// The command they belong to.
        command: CommandId,
        /// The masked bytes. Pieces as for a frame: lines and literals of at most 64 KiB.
        piece: Piece,
        /// Whether something in them is masked.
        masked: bool,
    },
    /// A command's first byte is about to go out (its `Sent` events follow).
    Started {
        /// Its name from now on.
        command: CommandId,
        /// Its tag; `None` if the line has none that we can read.
        tag: Option<Tag>,
        /// Who wanted it.
        origin: Origin,
        /// As [`crate::wire::Command::verb`].
        verb: String,
    },
    /// A whole response. Comes right behind the last `Received` of its frame.
    Response {
        /// What it says.
        response: Response,
        /// The command it completes (tagged), or asks to continue (`+`), or most likely answers
        /// (untagged, while exactly that command is in flight); `None` if nobody asked.
        command: Option<CommandId>,
    },
    /// The first response. PREAUTH means that we are logged in already, BYE that we are not wanted.
    Greeting(StatusResponse),
    /// A command has its completion result.
    Completed {
        /// Which.
        command: CommandId,
        /// With what.
        status: StatusResponse,
        /// From its last byte being handed out to this.
        elapsed: Duration,
    },
    /// A command will never be completed: its literal was refused, it was cancelled before it went
    /// out, or the connection ended.
    Abandoned {
        /// Which.
        command: CommandId,
    },
    /// What the server waits for from the user changed.
    Awaiting(Awaiting),
    /// A server challenge while the user drives AUTHENTICATE by hand: base64 taken off if it was any.
    Challenge {
        /// The octets.
        data: Vec<u8>,
    },
    /// The exchange of a mechanism ended on our side with an error (the session has sent `*`), or the
    /// server said OK without having proved itself.
    ExchangeFailed {
        /// Which command.
        command: CommandId,
        /// A sentence.
        error: super::ExchangeError,
    },
    /// What the server advertises changed; `None`: not known any more (behind STARTTLS or a login).
    Capabilities(Option<CapabilitySet>),
    /// The tagged OK of STARTTLS came. Nothing is taken or sent until `Session::tls_started`.
    StartTls {
        /// The command.
        command: CommandId,
    },
    /// The tagged OK of COMPRESS came (RFC 4978). What came behind it waits, and nothing is sent, until
    /// `Session::compression_started`.
    Compress {
        /// The command.
        command: CommandId,
    },
    /// Something that must not be.
    Violation(Violation),
    /// The connection is over.
    Closed(CloseCause),
}

/// What the server waits for from the user right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Awaiting {
    /// Nothing: the prompt takes commands.
    #[default]
    Command,
    /// A literal announced by hand has been accepted; so many octets are missing.
    Literal {
        /// Octets still to give.
        remaining: u64,
    },
    /// The rest of the line behind a literal given by hand (often empty).
    LineRest,
    /// The answer to a challenge in AUTHENTICATE by hand.
    Challenge,
    /// A synchronizing literal waits for `+` from the server, or an AUTHENTICATE for `+` or its end (also
    /// while a mechanism answers for the user).
    GoAhead,
    /// DONE (RFC 2177). From the moment IDLE goes out; one given early waits for the server's `+`.
    IdleDone,
}

/// Something that the protocol forbids. Shown, never fatal, but for [`Violation::PlaintextBehindStartTls`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// A tagged reply whose tag is none that is in flight.
    UnknownTag(Tag),
    /// `+` while nobody waits for one.
    UnexpectedContinuation,
    /// Bytes behind the OK of STARTTLS (an injection): shown, thrown away, and the link must close.
    PlaintextBehindStartTls {
        /// How many.
        octets: usize,
    },
    /// The first line was not a greeting (an SMTP, POP3 or HTTP server, say).
    NoGreeting,
    /// A challenge that is no base64.
    BadBase64,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseCause {
    /// LOGOUT, BYE, tagged OK, close: as it should be.
    Logout,
    /// The server said BYE by itself; its text.
    Bye(String),
    /// The server closed without a word.
    Closed,
    /// We closed it.
    Local,
    /// The network failed; a sentence.
    Failed(String),
}

/// An answer to a continuation request, given by hand.
#[derive(Clone)]
pub enum Reply {
    /// Octets of a literal announced by hand.
    Literal(Vec<u8>),
    /// The rest of the line behind it, line end off.
    Line(Vec<u8>),
    /// A SASL response, base64 not yet on it. Masked in the transcript.
    Challenge(zeroize::Zeroizing<Vec<u8>>),
    /// Give up: `*` cancels AUTHENTICATE (at the next `+` while a mechanism answers). An APPEND whose literal
    /// waits for `+` or for the user gets spaces for the octets the server counts on and then a syntax
    /// error, so that nothing is stored; in other commands a literal cannot be taken back.
    Cancel,
    /// DONE: end IDLE.
    Done,
    /// Exactly these octets, whatever is awaited: for those who try how a server takes them. Their line ends are
    /// their own. Not shown: they may be a secret.
    Octets(zeroize::Zeroizing<Vec<u8>>),
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reply::Literal(bytes) => write!(f, "Literal({} octets)", bytes.len()),
            Reply::Line(bytes) => write!(f, "Line({} octets)", bytes.len()),
            Reply::Challenge(_) => f.write_str("Challenge(********)"),
            Reply::Cancel => f.write_str("Cancel"),
            Reply::Done => f.write_str("Done"),
            Reply::Octets(bytes) => write!(f, "Octets({} octets)", bytes.len()),
        }
    }
}
