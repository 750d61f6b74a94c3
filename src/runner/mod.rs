//! FACE 2. Headless verbs: the same connection task as the full screen, its words on stdout.
//!
//! Knows: the channel, drafts, streams, signals, exit codes. Must not know: screens, sockets, TLS.
//! To add a verb: a file here, its name in `args.rs`, its arm in `main.rs`.

pub mod check;
pub mod clock;
pub mod compare;
pub mod exec;
pub mod keyring;
pub mod mode;
pub mod output;
pub mod password;
pub mod pidfile;
pub mod probe;
pub mod reconnect;
pub mod recording;
pub mod run;
pub mod safe;
pub mod serve;
pub mod signals;
pub mod source;
pub mod stdio;
pub mod stress;
pub mod talk;
mod timing;
pub mod view;

pub use exec::{Exec, exec};
pub use mode::Mode;
pub use pidfile::Pidfile;
pub use safe::Care;

/// Exit codes, the same for every verb.
pub mod exit {
    /// What was asked for was done.
    pub const DONE: u8 = 0;
    /// A usage or configuration error.
    pub const USAGE: u8 = 1;
    /// The connection, TLS or the login failed, or the connection was lost.
    pub const CONNECTION: u8 = 3;
    /// The server said NO, BAD, or BYE before everything was done.
    pub const REFUSED: u8 = 4;
    /// Safe mode did not let a command go.
    pub const UNSAFE: u8 = 5;
    /// Stopped by SIGHUP.
    pub const HANGUP: u8 = 129;
    /// Stopped by SIGINT (Ctrl+C).
    pub const INTERRUPTED: u8 = 130;
    /// Stopped by SIGTERM.
    pub const TERMINATED: u8 = 143;
}
