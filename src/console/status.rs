//! Where the session stands, in words: for the top line, the status bar and the editor's title.

use std::time::Duration;

use crate::channel::{OpeningPart, Progress};
use crate::transcript::interpret::{self, ServerTime};
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
    /// How long it took, transfer included.
    pub elapsed: Duration,
    /// What the server says it took itself, if it says so.
    pub server_time: Option<ServerTime>,
}

/// How long the parts of opening the connection took; `None`: there was none, or it is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpeningTimes {
    /// Name lookup and TCP.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// Until the server's first line.
    pub greeting: Option<Duration>,
    /// The login, without waiting for the user.
    pub login: Option<Duration>,
}

impl OpeningTimes {
    pub(super) fn took(&mut self, part: OpeningPart, time: Duration) {
        let slot = match part {
            OpeningPart::Connect => &mut self.connect,
            OpeningPart::Tls => &mut self.tls,
            OpeningPart::Greeting => &mut self.greeting,
            OpeningPart::Login => &mut self.login,
        };
        *slot = Some(time);
    }

    /// What there is, in order, with a word for each.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        [
            ("connect", self.connect),
            ("TLS", self.tls),
            ("greeting", self.greeting),
            ("login", self.login),
        ]
        .into_iter()
        .filter_map(|(word, time)| Some((word, time?)))
    }

    /// `connect 0.3 ms, TLS 2.1 ms, greeting 0.2 ms, login 5.0 ms`; empty if nothing was timed.
    pub fn words(&self) -> String {
        let parts: Vec<String> = self
            .iter()
            .map(|(word, time)| format!("{word} {}", interpret::milliseconds(time)))
            .collect();
        parts.join(", ")
    }
}
