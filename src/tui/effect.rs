//! What an update wants done outside the state; `tabs.rs` and the loop in `mod.rs` do it.

use std::path::PathBuf;

use super::Outcome;
use super::errand::Errand;
use super::sides::Wanted;
use super::snippets::Start;
use super::theme::Theme;
use super::users::Users;
use crate::channel::{Plan, Request};
use crate::config::password::From as PasswordFrom;
use crate::safety::SafeMode;

/// Something to do.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Ask the connection task.
    Send(Request),
    /// Open a connection in this tab; one that is open is dropped.
    Connect(Box<Plan>),
    /// Open a second connection for this tab, that listens.
    Listen(Box<Plan>),
    /// Drop it.
    StopListening,
    /// Ask its connection task.
    SendLive(Request),
    /// Have this tab and another one asked the same.
    Compare(Box<Wanted>),
    /// What is asked for that is not wanted any more.
    StopComparing,
    /// Open a session in a tab of its own.
    Open(Box<Opening>),
    /// Do this beside the screen; the state is told what came of it.
    Errand(Errand),
    /// Run a snippet.
    Play(Box<Start>),
    /// Tell the run of this tab.
    Order(crate::batch::Order),
    /// The run of this tab is not wanted any more.
    StopPlaying,
    /// What is done beside the screen for this tab is not wanted any more.
    StopErrands,
    /// To the next tab, or the previous one.
    Turn {
        /// The next one.
        forward: bool,
    },
    /// To the tab of this index.
    GoTo(usize),
    /// This tab is done with; the only one stays.
    CloseTab,
    /// The other tabs are to leave, too.
    QuitOthers {
        /// With LOGOUT; else their lines are dropped.
        politely: bool,
    },
    /// Hand this safe text to the clipboard.
    Copy {
        /// The text.
        text: String,
        /// What it is, for a sentence.
        what: String,
    },
    /// Record what passes in all tabs to this file, over one that is there or not; `None`: no more.
    Record(Option<(PathBuf, bool)>),
    /// Give the terminal to the shell for a while.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Have this text edited by $VISUAL or $EDITOR.
    Edit(String),
    /// Run this command of `password_from`, with the terminal to ask on.
    AskOnTerminal(String),
    /// Something changes for all sessions.
    Everywhere(Everywhere),
    /// Leave.
    Leave(Outcome),
}

/// What concerns the screen, not one session.
#[derive(Debug, Clone)]
pub enum Everywhere {
    /// Other colours.
    Theme(Box<Theme>),
    /// Nothing goes to the history's file, or it does again.
    Private(bool),
}

/// A session to open beside those that are open.
#[derive(Debug, Clone)]
pub struct Opening {
    /// Where, and as whom.
    pub plan: Plan,
    /// A mailbox to open with EXAMINE after the login.
    pub mailbox: Option<String>,
    /// Whether NAMESPACE, LIST and LSUB may be asked after the login; never more than `--no-auto` allows.
    pub auto: bool,
    /// Who one was before, where it comes from: the way back.
    pub before: Vec<String>,
    /// The users seen there.
    pub users: Users,
    /// Where the password is to be fetched from when it is wanted.
    pub password_from: Option<PasswordFrom>,
    /// The password goes into the keyring once the server has accepted it.
    pub keep: bool,
    /// How careful the session is.
    pub safe: SafeMode,
    /// It is to have live events, as where it comes from.
    pub listen: bool,
}

impl Opening {
    /// With nothing but a plan.
    pub fn new(plan: Plan) -> Opening {
        Opening {
            plan,
            mailbox: None,
            auto: true,
            before: Vec::new(),
            users: Users::default(),
            password_from: None,
            keep: false,
            safe: SafeMode::default(),
            listen: false,
        }
    }
}
