//! THE OTHER SIDE. The embedded server: what `imapsh demo` talks to, and what tests talk to.
//!
//! Knows: IMAP from the server's chair (RFC 3501 and the extensions it advertises), one in-memory
//! [`store::Store`] shared by all connections, and the mailboxes of `assets/demo`.
//! Must not know: the client's layers (`session`, `sasl`, `model`, `console`, `link`, a face).
//! tokio lives in `server.rs` only; everything else is bytes in, bytes out, with time as an argument.
//! To add a command: one row in `command/mod.rs` and a function in `command/<family>.rs`;
//! a message: a file in `assets/demo`, its line in `seed.rs` and in `assets/demo/mailboxes.toml`.

pub mod acl;
pub mod command;
pub mod conversation;
pub mod date;
pub mod envelope;
pub mod header;
pub mod mailbox;
pub mod mime;
pub mod names;
pub mod search;
pub mod seed;
pub mod server;
pub mod session;
pub mod store;
pub mod thread;
pub mod updates;
pub mod write;

pub use conversation::LineKind;
pub use server::{Demo, ListenError, Listening};
pub use session::ServerSession;

/// How big the demo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Accounts `u00001`, `u00002`, ... beside the three that are always there; at most [`MOST_USERS`].
    pub users: usize,
}

/// Most accounts that [`Options::users`] may ask for.
pub const MOST_USERS: usize = 100_000;

/// One account, to be told to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Authentication identity.
    pub name: &'static str,
    /// Password. No secret: the README says it too.
    pub password: &'static str,
    /// May act for others, and administers all mailboxes.
    pub admin: bool,
}

/// The accounts that are always there; `u00001` and so on have craig's password.
pub const ACCOUNTS: [Account; 3] = [
    Account {
        name: "craig",
        password: "secret",
        admin: false,
    },
    Account {
        name: "monty",
        password: "secret",
        admin: false,
    },
    Account {
        name: "cyrus",
        password: "adminpass",
        admin: true,
    },
];
