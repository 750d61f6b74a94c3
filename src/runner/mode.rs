//! The headless modes beside `exec`, and what each needs. One arm a mode.

use std::path::{Path, PathBuf};

use super::password::{self, Ask};
use super::serve::{self, detach};
use super::talk::Signals;
use super::{exit, output, probe, reconnect, signals, stdio, stress};
use crate::config::Account;
use crate::link;
use crate::safety::SafeMode;

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

/// This process as a mode sees it.
pub struct Ends<W, E> {
    /// stdout: tables.
    pub out: W,
    /// stderr: sentences.
    pub errors: E,
    /// Who is asked for a password.
    pub ask: Ask,
    /// What stops it.
    pub signals: Signals,
}

impl Mode {
    /// Whether this process only starts another one, which does it.
    pub fn is_in_front(&self) -> bool {
        matches!(self, Mode::Serve { detach: true, .. }) && !detach::is_background()
    }
}

/// Does it; returns the exit code.
///
/// # Errors
/// One sentence about what cannot be begun: exit code 1.
pub async fn run(account: Account, mode: &Mode, record: Option<&Path>) -> Result<u8, String> {
    if let Mode::Script { file, raw } = mode {
        return stdio::script(account, file, *raw, record).await;
    }
    let writes = matches!(mode, Mode::Stress | Mode::Serve { .. });
    if writes && account.general.safe == SafeMode::ReadOnly {
        let why = match mode {
            Mode::Stress => "-z makes a mailbox, stores messages in it and deletes it",
            _ => "-x and -X serve other programs, whose commands are theirs",
        };
        let sentence = format!("{why}: not with safe mode readonly. Nothing was sent.");
        output::say(&mut std::io::stderr(), &sentence);
        return Ok(exit::UNSAFE);
    }
    let connect = |plan| link::spawn(plan, None);
    let mut ends = Ends {
        out: std::io::stdout(),
        errors: std::io::stderr(),
        ask: password::on_terminal(),
        signals: signals::all(),
    };
    let plan = account.plan;
    Ok(match mode {
        Mode::Script { .. } => exit::DONE,
        Mode::Probe => probe::run(&plan, connect, &mut ends).await,
        Mode::Reconnect { times } => {
            let connect = |plan, shared: &link::Shared| link::spawn_sharing(plan, None, shared);
            reconnect::run(&plan, connect, *times, &mut ends).await
        }
        Mode::Stress => stress::run(&plan, connect, &mut ends).await,
        Mode::Serve {
            socket,
            detach: false,
        } => serve::run(&plan, connect, socket, || {}, &mut ends).await,
        Mode::Serve { socket, .. } if detach::is_background() => {
            detach::leave_terminal();
            ends.ask = detach::asks();
            serve::run(&plan, connect, socket, detach::ready, &mut ends).await
        }
        Mode::Serve { .. } => {
            let ask = ends.ask;
            let front = tokio::task::spawn_blocking(move || detach::start(&ask));
            tokio::select! {
                Some(code) = ends.signals.recv() => code,
                code = front => code.map_err(|error| error.to_string())??,
            }
        }
    })
}
