//! The headless modes beside `exec`, and what each needs. One arm a mode.

use std::path::PathBuf;

use crate::config::Account;

/// What to do with a connection, without a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// `-f FILE`: imtest's script, each command waited for.
    Script {
        /// The script.
        file: PathBuf,
        /// Print the server's bytes alone.
        raw: bool,
    },
    /// `probe`: connect, TLS, greeting, capabilities; nobody is logged in.
    Probe,
    /// `-z`: how long messages of several sizes take.
    Stress,
    /// `-n N`: so many connections with a login, one after another.
    Reconnect {
        /// How many, at least 1.
        times: u32,
    },
    /// `-x SOCKET`, `-X SOCKET`: the session, logged in, for other programs.
    Serve {
        /// Where the unix socket is made.
        socket: PathBuf,
        /// `-X`: in the background, once the login has succeeded.
        detach: bool,
    },
}

/// Does it; returns the exit code.
///
/// # Errors
/// One sentence about what cannot be begun: exit code 1.
pub async fn run(_account: Account, mode: &Mode) -> Result<u8, String> {
    Err(match mode {
        Mode::Script { .. } => "-f is not in this version; pipe the commands into exec",
        Mode::Probe => "probe is not in this version",
        Mode::Stress => "-z is not in this version",
        Mode::Reconnect { .. } => "-n is not in this version",
        Mode::Serve { .. } => "-x and -X are not in this version",
    }
    .to_owned())
}
