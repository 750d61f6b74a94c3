//! The whole contract between a face (screen or runner) and the connection task. Plain data.
//!
//! `Request` goes down over an unbounded channel (human rate: a key press never waits), `Notice` comes
//! up over a bounded one (a flood from the server stops at TCP).

use std::net::SocketAddr;
use std::time::SystemTime;

use crate::sasl::{Credentials, Secret};
use crate::session::{CloseCause, Event, Reply};
use crate::wire::Command;

/// What a face asks of the connection task.
#[derive(Debug, Clone)]
pub enum Request {
    /// Send a command.
    Submit(Command),
    /// Answer what the server waits for.
    Respond(Reply),
    /// Log in with these (the first login comes from the target; this is "try again").
    LogIn(Credentials),
    /// The answer to [`Notice::PasswordWanted`]; `None`: the user does not want to log in.
    Password(Option<Secret>),
    /// Drop the connection now, without LOGOUT.
    Close,
}

/// What the connection task tells.
#[derive(Debug, Clone)]
pub enum Notice {
    /// Where opening the connection stands.
    Progress(Progress),
    /// What the session said, in order, for one read of the socket or one request.
    Events {
        /// Wall clock of this end.
        at: SystemTime,
        /// The events.
        events: Vec<Event>,
    },
    /// The login needs a password or token.
    PasswordWanted {
        /// For whom.
        authcid: String,
        /// And to act as.
        authzid: Option<String>,
    },
    /// The server accepted a login.
    LoggedIn {
        /// Who authenticated; `None` where nobody says (PREAUTH, the owner of a certificate).
        authcid: Option<String>,
        /// The authzid that went into the accepted exchange, if one did.
        authzid: Option<String>,
        /// `SCRAM-SHA-256`, `LOGIN command`, `PREAUTH` ...
        mechanism: String,
    },
    /// The login failed; the connection is still there. A sentence with the next step.
    LoginFailed(String),
    /// The opening is over (greeting, TLS, capabilities, login or its refusal): the user's turn.
    Ready,
    /// There is no connection any more, or there never was one.
    Ended {
        /// Why.
        cause: CloseCause,
        /// A sentence with the next step; empty after a clean LOGOUT.
        sentence: String,
    },
    /// What was asked for last (a command, an answer) was not sent and never will be: a sentence.
    /// Whoever waits for its completion result need not wait any more.
    Refused(String),
    /// Something worth a line in the transcript (a warning, an alarm).
    Warning(String),
    /// Something worth a quiet line in the transcript: nothing is wrong.
    Info(String),
}

/// Where opening a connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Looking the name up.
    Resolving(String),
    /// Trying this address.
    Connecting(SocketAddr),
    /// TCP (or the pipe to the demo) is there.
    Connected(Option<SocketAddr>),
    /// TLS handshake under way.
    TlsHandshake,
    /// How safe the line is from now on: said as soon as there is one (an unencrypted one, too), and
    /// again when TLS is on.
    Secured(LineSafety),
    /// Waiting for the greeting.
    AwaitingGreeting,
    /// Logging in with this mechanism.
    LoggingIn(String),
}

/// How safe the line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineSafety {
    /// Unencrypted, and the host is not loopback.
    Plain,
    /// Unencrypted, but loopback.
    PlainLoopback,
    /// Never leaves this process (the demo).
    Memory,
    /// TLS.
    Tls {
        /// `TLS1.3`
        version: String,
        /// `AES256-GCM`
        cipher: String,
        /// Whether the certificate was verified; false only with `--insecure`.
        verified: bool,
    },
}

impl LineSafety {
    /// How strong the line is, in bits of its cipher's key, as imtest's `-k` counts; 0 without TLS.
    pub fn strength(&self) -> u32 {
        match self {
            LineSafety::Tls { cipher, .. } if cipher.contains("128") => 128,
            // AES-256 and ChaCha20; rustls has no weaker ones.
            LineSafety::Tls { .. } => 256,
            _ => 0,
        }
    }
}

/// Everything the connection task must know to open one connection and log in.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How to get there.
    pub place: Place,
    /// TLS or not.
    pub security: Security,
    /// Whom to trust.
    pub trust: Trust,
    /// Who logs in. No authcid: nobody; greeting and capabilities are shown, the rest is the user's.
    pub credentials: Credentials,
    /// Time-outs.
    pub limits: Limits,
}

/// Where the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A host name or address (IPv6 without brackets) and a port.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// The embedded demo server, through a pipe that `main` lends.
    Demo,
}

/// How the line is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Security {
    /// No TLS (imtest without `-s` and `-t`).
    #[default]
    Plain,
    /// STARTTLS before anything else, and an error if it cannot be had (`-t`).
    StartTls,
    /// TLS from the first byte (`-s`, `imaps://`).
    Implicit,
}

/// Whom to trust, and which certificate is ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// More roots than the system's, as PEM files (`--ca`).
    pub ca_files: Vec<std::path::PathBuf>,
    /// Verify nothing (`--insecure`): said aloud, in red, for the whole session.
    pub insecure: bool,
    /// Our certificate and key in one PEM file (`-t FILE`).
    pub client_certificate: Option<std::path::PathBuf>,
}

/// Time-outs of the connection task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For each address tried.
    pub connect: std::time::Duration,
    /// For the TLS handshake, and for the greeting.
    pub greeting: std::time::Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: std::time::Duration::from_secs(10),
            greeting: std::time::Duration::from_secs(30),
        }
    }
}
