//! APPLICATION CORE, shared by the faces: notices in, requests out.
//!
//! Knows: the transcript, the model, the history, what the user typed and what it becomes.
//! Must not know: sockets, screens. Reads and writes nothing but the transcript's spool, the history
//! file and the files that the user names in `{@path}`.
//! To add a console verb: one row in `local.rs`.

pub mod draft;
pub mod history;
pub mod local;
pub mod status;

use std::path::PathBuf;
use std::time::SystemTime;

pub use history::History;
pub use local::LocalAction;
pub use status::{Identity, LastCommand, Phase};

use crate::channel::{LineSafety, Notice, Request};
use crate::model::Model;
use crate::session::Awaiting;
use crate::transcript::{NoteLevel, Transcript};
use crate::wire::Tag;

/// How a console is set up.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Send NAMESPACE, LIST and LSUB after a login, for the sidebar (`--no-auto` and the headless
    /// verbs: not).
    pub auto: bool,
    /// The history file; `None`: nothing is kept across sessions.
    pub history: Option<PathBuf>,
    /// What the history calls this server (`mail.example.com`).
    pub server: String,
}

/// How the user sent the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubmitMode {
    /// Enter.
    Normal,
    /// Enter again, after [`Submission::Confirm`].
    Confirmed,
    /// Ctrl+J: as typed, no tag added, nothing checked.
    AsTyped,
}

/// What becomes of a text.
#[derive(Debug, Clone)]
pub enum Submission {
    /// Send these to the connection task; the editor can be emptied.
    Send(Vec<Request>),
    /// Not complete yet; what is missing (`3 of 9 octets`). The editor makes a new line.
    Incomplete(String),
    /// No known command: nothing was sent. This is what [`SubmitMode::Confirmed`] would send.
    Confirm {
        /// `A0007 XFOO ...`
        wire: String,
    },
    /// A console verb.
    Local(LocalAction),
    /// It cannot be sent; a sentence with the reason. The text stays in the editor.
    Refused(String),
    /// There is nothing to send.
    Empty,
}

/// What Ctrl+C ends.
#[derive(Debug, Clone)]
pub enum Cancellation {
    /// Nothing is open.
    Nothing,
    /// Send these: DONE, or `*`.
    Send(Vec<Request>),
    /// It can be ended only by closing the connection; the sentence says so. Cancel again to do that.
    Ask(String),
}

/// Everything a face needs to know and do, but drawing.
#[derive(Debug)]
pub struct Console {
    settings: Settings,
    transcript: Transcript,
    model: Model,
    history: History,
    phase: Phase,
    identity: Identity,
    line_safety: Option<LineSafety>,
    awaiting: Awaiting,
    challenge: Option<Vec<u8>>,
    password_wanted: Option<(String, Option<String>)>,
    failure: Option<String>,
    last_command: Option<LastCommand>,
}

impl Console {
    /// A console without a connection. If no temporary file can be made the transcript says so and
    /// shows no lines.
    pub fn new(settings: Settings) -> Console {
        let transcript = Transcript::new().unwrap_or_else(|error| {
            let mut transcript = Transcript::with_spool(crate::transcript::Spool::none());
            transcript.note(SystemTime::now(), NoteLevel::Alarm, &error.to_string());
            transcript
        });
        Console {
            history: History::new(settings.history.clone()),
            settings,
            transcript,
            model: Model::new(),
            phase: Phase::NotConnected,
            identity: Identity::Nobody,
            line_safety: None,
            awaiting: Awaiting::Command,
            challenge: None,
            password_wanted: None,
            failure: None,
            last_command: None,
        }
    }

    /// A connection is about to be opened (the first, or `:reconnect`): the transcript and the history
    /// stay, all else is forgotten. `server` is what the history calls it.
    pub fn connection_opened(&mut self, server: &str) {
        self.settings.server = server.to_owned();
        self.transcript.connection_opened();
        self.model.connection_opened();
        self.phase = Phase::Opening(None);
        self.identity = Identity::Nobody;
        self.line_safety = None;
        self.awaiting = Awaiting::Command;
    }

    /// Takes a notice of the connection task; returns what the console itself wants to send.
    pub fn on_notice(&mut self, notice: Notice) -> Vec<Request> {
        if let Notice::Events { at, events } = &notice {
            for event in events {
                self.transcript.record(*at, event);
                self.model.apply(event);
            }
        }
        Vec::new()
    }

    /// Takes what the user typed.
    pub fn submit(&mut self, text: &str, mode: SubmitMode) -> Submission {
        let _ = (text, mode);
        Submission::Empty
    }

    /// Ends what is open: IDLE, AUTHENTICATE, a literal (Ctrl+C).
    pub fn cancel(&mut self) -> Cancellation {
        Cancellation::Nothing
    }

    /// Asks for the mailboxes below `mailbox` (as sent), unless they are known.
    pub fn unfold(&mut self, mailbox: &[u8]) -> Vec<Request> {
        let _ = mailbox;
        Vec::new()
    }

    /// Has the mailbox tree told again.
    pub fn refresh(&mut self) -> Vec<Request> {
        Vec::new()
    }

    /// Opens `mailbox` (as sent) with EXAMINE.
    pub fn open_mailbox(&mut self, mailbox: &[u8]) -> Vec<Request> {
        let _ = mailbox;
        Vec::new()
    }

    /// `SELECT <mailbox>` for the editor.
    pub fn select_text(&self, mailbox: &[u8]) -> String {
        let _ = mailbox;
        String::new()
    }

    /// The record.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Adds a line of the face's own to the transcript.
    pub fn note(&mut self, level: NoteLevel, text: &str) {
        self.transcript.note(SystemTime::now(), level, text);
    }

    /// What the server has told us.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Past commands. Reads the file when it is first asked.
    pub fn history(&mut self) -> &mut History {
        &mut self.history
    }

    /// Where the connection stands.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Who is logged in.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// How safe the line is; `None` while there is none.
    pub fn line_safety(&self) -> Option<&LineSafety> {
        self.line_safety.as_ref()
    }

    /// What the server waits for from the user.
    pub fn awaiting(&self) -> Awaiting {
        self.awaiting
    }

    /// The challenge that waits for an answer (AUTHENTICATE by hand), base64 taken off. Hostile.
    pub fn challenge(&self) -> Option<&[u8]> {
        self.challenge.as_deref()
    }

    /// The login waits for a password: authcid, and the authzid to act as.
    pub fn password_wanted(&self) -> Option<(&str, Option<&str>)> {
        self.password_wanted
            .as_ref()
            .map(|(authcid, authzid)| (authcid.as_str(), authzid.as_deref()))
    }

    /// Why the last login, connection or request failed: a sentence.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// The command that was completed last.
    pub fn last_command(&self) -> Option<&LastCommand> {
        self.last_command.as_ref()
    }

    /// The tag that the next command will get.
    pub fn next_tag(&self) -> Tag {
        crate::wire::TagGenerator::new('A').peek()
    }
}
