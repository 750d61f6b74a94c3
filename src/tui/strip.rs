//! The sessions that are open, in a few words each: for the top line and the list to choose from.

use super::popup::Popup;
use super::state::State;
use crate::console::Phase;
use crate::session::Awaiting;

/// All of them. One tab: nothing of it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strip {
    /// From left to right.
    pub tabs: Vec<Label>,
    /// Index of the one on the screen.
    pub current: usize,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// As whom; `None`: nobody is logged in. Hostile.
    pub who: Option<String>,
    /// Where. Hostile.
    pub place: Option<String>,
    /// What one should know of it.
    pub mark: Mark,
}

/// What one should know of a session that is not on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    None,
    /// Lines came that nobody has seen.
    News,
    /// It asks for a password or another answer.
    Asks,
    /// The connection or the login failed.
    Failed,
}

impl Mark {
    /// A character, so that it does not hang on a colour.
    pub fn sign(self) -> &'static str {
        match self {
            Mark::None => "",
            Mark::News => "*",
            Mark::Asks => "?",
            Mark::Failed => "!",
        }
    }

    /// The same in words.
    pub fn words(self) -> &'static str {
        match self {
            Mark::None => "",
            Mark::News => "new lines",
            Mark::Asks => "asks something",
            Mark::Failed => "failed",
        }
    }
}

impl Strip {
    /// Whether there is more than one.
    pub fn several(&self) -> bool {
        self.tabs.len() > 1
    }
}

impl Label {
    /// Of `state`, whose transcript had `seen` lines when it was last on the screen.
    pub fn of(state: &State, seen: usize) -> Label {
        let asks = matches!(state.popup, Some(Popup::Form(_)))
            || matches!(
                state.console.awaiting(),
                Awaiting::Challenge | Awaiting::Literal { .. } | Awaiting::LineRest
            );
        let failed = state.console.failure().is_some()
            || matches!(state.console.phase(), Phase::Ended { clean: false, .. });
        let mark = match () {
            () if failed => Mark::Failed,
            () if asks => Mark::Asks,
            () if state.console.transcript().len() > seen => Mark::News,
            () => Mark::None,
        };
        Label {
            who: state.console.identity().effective().map(str::to_owned),
            place: state.place(),
            mark,
        }
    }
}
