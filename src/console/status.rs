//! Where the session stands, in words: for the top line, the status bar and the editor's title.

use std::time::Duration;

use crate::channel::Progress;
use crate::wire::response::Status;
use crate::wire::{Origin, Tag};

/// Where the connection stands, as the user sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Phase {
    /// Nothing was opened yet.
    #[default]
    NotConnected,
    /// Being opened.
    Opening(Option<Progress>),
    /// The user's turn.
    Ready,
    /// Over. The sentence says why and what to do next; empty after a clean LOGOUT.
    Ended {
        /// Whether it ended as it should (LOGOUT, or we closed it).
        clean: bool,
        /// A sentence.
        sentence: String,
    },
}

/// Who is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Identity {
    /// Nobody.
    #[default]
    Nobody,
    /// Somebody.
    LoggedIn {
        /// Who authenticated; `None` if that is not known (PREAUTH, AUTHENTICATE by hand).
        authcid: Option<String>,
        /// Whom that one acts as, if that went into the login.
        authzid: Option<String>,
        /// `SCRAM-SHA-256`, `LOGIN command`, `PREAUTH`, ...
        mechanism: String,
    },
}

impl Identity {
    /// The user whose mail is seen: authzid, else authcid.
    pub fn effective(&self) -> Option<&str> {
        match self {
            Identity::Nobody => None,
            Identity::LoggedIn {
                authcid, authzid, ..
            } => authzid.as_deref().or(authcid.as_deref()),
        }
    }

    /// Whether somebody is logged in.
    pub fn is_logged_in(&self) -> bool {
        *self != Identity::Nobody
    }
}

/// The command that was completed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastCommand {
    /// Its tag.
    pub tag: Option<Tag>,
    /// `SELECT`.
    pub verb: String,
    /// Who wanted it.
    pub origin: Origin,
    /// OK, NO or BAD.
    pub status: Status,
    /// What the server said with it: text, hostile.
    pub text: String,
    /// How long it took.
    pub elapsed: Duration,
}
