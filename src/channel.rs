//! The whole contract between a face (screen or runner) and the connection task. Plain data.
//!
//! `Request` goes down over an unbounded channel (human rate: a key press never waits), `Notice` comes
//! up over a bounded one (a flood from the server stops at TCP).

pub mod own;
pub mod tls;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::sasl::{Credentials, Secret};
use crate::session::{CloseCause, Event, Reply};
use crate::wire::Command;

use tls::{Pin, TlsReport, TlsVersion};

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
    /// What a TLS handshake came to; also one that was broken off because of the certificate.
    Tls(Box<TlsReport>),
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
    /// A line for the transcript that belongs to a time of its own: out of a log that is being read.
    Remark {
        /// When.
        at: SystemTime,
        /// The sentence; hostile like the log.
        text: String,
        /// Something is not as it should be.
        warning: bool,
    },
    /// A part of opening the connection is over, and how long it took.
    Took {
        /// Which part.
        part: OpeningPart,
        /// How long; waiting for the user is not counted.
        time: Duration,
    },
    /// What counts down and what was compressed changed: for the status bar. Comes at most a few times
    /// a second.
    Gauge(Gauge),
}

/// A part of opening a connection that is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpeningPart {
    /// Name lookup and TCP, all addresses tried.
    Connect,
    /// The TLS handshake, certificate check included.
    Tls,
    /// From then to the server's first line.
    Greeting,
    /// From the first octet of LOGIN or AUTHENTICATE to the tagged OK.
    Login,
}

/// What a status bar counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gauge {
    /// When NOOP goes out, or IDLE is renewed, if nothing else is sent until then; `None`: never.
    pub keepalive: Option<SystemTime>,
    /// When what is waited for now (a connection, an answer) is given up; `None`: never.
    pub given_up: Option<SystemTime>,
    /// Octets before and behind COMPRESS (RFC 4978); `None`: the line is not compressed.
    pub compressed: Option<Compressed>,
}

/// Octets since COMPRESS began, as the session knows them and as they were on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compressed {
    /// Received: IMAP.
    pub plain_in: u64,
    /// Received: compressed.
    pub line_in: u64,
    /// Sent: IMAP.
    pub plain_out: u64,
    /// Sent: compressed.
    pub line_out: u64,
}

/// Where opening a connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Looking the name up.
    Resolving(String),
    /// Trying this address.
    Connecting(SocketAddr),
    /// Starting the command that is to be the connection (`--tunnel`).
    Starting(String),
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
    /// Reading a log.
    Reading {
        /// Octets read.
        done: u64,
        /// Octets there are.
        all: u64,
    },
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
    /// Unencrypted, over a unix socket: never leaves this machine.
    UnixSocket,
    /// Through a program (`--tunnel`): how safe that way is, only the program knows.
    Tunnel,
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
    /// What the network between wants.
    pub network: Network,
}

impl Plan {
    /// To `place`, without TLS, as nobody, all else as by default.
    pub fn new(place: Place) -> Plan {
        Plan {
            place,
            security: Security::default(),
            trust: Trust::default(),
            credentials: Credentials::default(),
            limits: Limits::default(),
            network: Network::default(),
        }
    }
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
    /// A unix socket.
    Unix(PathBuf),
    /// A command for `sh -c` whose stdin and stdout are the connection (`--tunnel`).
    Tunnel {
        /// The command.
        command: String,
        /// The server's name: for its certificate if TLS is wanted inside, and for the screen.
        host: String,
    },
    /// The embedded demo server, through a pipe that `main` lends.
    Demo,
    /// No server: a conversation that somebody logged, shown again.
    Log(Log),
}

/// A log to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Its name on the screen.
    pub name: String,
    /// Its files, both of a pair.
    pub files: Vec<PathBuf>,
    /// Which of them, for whoever reads them.
    pub number: usize,
}

impl Place {
    /// Whether nothing is connected there: a log.
    pub fn is_log(&self) -> bool {
        matches!(self, Place::Log(_))
    }

    /// The server's name without a port: for its certificate, the history and sentences.
    pub fn host(&self) -> &str {
        match self {
            Place::Tcp { host, .. } | Place::Tunnel { host, .. } => host,
            Place::Unix(_) => "localhost",
            Place::Demo => "demo",
            Place::Log(log) => &log.name,
        }
    }
}

impl std::fmt::Display for Place {
    /// `mail.example.com:993`, `[::1]:143`, `/run/imap.sock`, `tunnel to mail.example.com`, `demo`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Place::Tcp { host, port } => write!(f, "{host}:{port}"),
            Place::Unix(path) => write!(f, "{}", path.display()),
            Place::Tunnel { host, .. } => write!(f, "tunnel to {host}"),
            Place::Demo => f.write_str("demo"),
            Place::Log(log) => f.write_str(&log.name),
        }
    }
}

/// What the network between here and the server wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// A PROXY header before the first byte (`-H`).
    pub proxy: Option<ProxyHeader>,
    /// COMPRESS=DEFLATE after the login, and an error if it cannot be had (`-q`).
    pub compress: bool,
    /// How long the line may be silent before NOOP goes out or IDLE is renewed; `None`: as long as it
    /// likes. Counts for somebody who is logged in, or has been greeted at least.
    pub keepalive: Option<Duration>,
}

impl Default for Network {
    /// RFC 2177 wants IDLE renewed at least every 29 minutes; RFC 9051 section 5.4 forbids servers to
    /// log anybody out in less than 30.
    fn default() -> Network {
        Network {
            proxy: None,
            compress: false,
            keepalive: Some(Duration::from_secs(28 * 60)),
        }
    }
}

/// The header with which a proxy tells a server behind it who the client is (HAProxy's PROXY protocol).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyHeader {
    /// The text of version 1 or the octets of version 2.
    pub version: ProxyVersion,
    /// Who the client is said to be.
    pub client: ProxyClient,
}

/// The two forms of the PROXY header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ProxyVersion {
    /// A line of text.
    #[default]
    V1,
    /// Binary.
    V2,
}

/// Who a PROXY header says the client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyClient {
    /// This address, with our port. The server's own address must be known: a TCP connection.
    Address(IpAddr),
    /// Somebody: `PROXY UNKNOWN`, or family UNSPEC in version 2.
    Unknown,
    /// The proxy itself (a health check): the command LOCAL, which only version 2 has, so this is always
    /// sent as version 2.
    Local,
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
    pub ca_files: Vec<PathBuf>,
    /// Verify nothing (`--insecure`): said aloud, in red, for the whole session.
    pub insecure: bool,
    /// The server's certificate must be one of these, and then nothing else is asked (`--pin`). Over
    /// `insecure`.
    pub pins: Vec<Pin>,
    /// The name asked for (SNI) and looked for in the certificate, if not the host (`--server-name`).
    pub server_name: Option<String>,
    /// Our certificate and its chain as PEM (`-t FILE`, `--cert`); the key too, if not apart.
    pub client_certificate: Option<PathBuf>,
    /// The key of our certificate, if it lies in a file of its own (`--key`).
    pub client_key: Option<PathBuf>,
    /// No TLS older than this; `None`: 1.2.
    pub min_version: Option<TlsVersion>,
    /// No TLS newer than this; `None`: 1.3.
    pub max_version: Option<TlsVersion>,
    /// The secrets of each TLS session are appended to this file (NSS key log), for Wireshark: whoever
    /// reads it can read the session.
    pub key_log: Option<PathBuf>,
}

/// Time-outs of the connection task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For each address tried.
    pub connect: Duration,
    /// For the TLS handshake, and for the greeting.
    pub greeting: Duration,
    /// How long the server may be silent while a command waits for its answer (not IDLE); `None`: for
    /// ever.
    pub answer: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(10),
            greeting: Duration::from_secs(30),
            // A SEARCH of a large mailbox without an index takes minutes.
            answer: Some(Duration::from_secs(15 * 60)),
        }
    }
}
