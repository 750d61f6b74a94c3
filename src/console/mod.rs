//! APPLICATION CORE, shared by the faces: notices in, requests out.
//!
//! Knows: the transcript, the model, the history, what the user typed and what it becomes.
//! Must not know: sockets, screens. Reads and writes nothing but the transcript's spool, the history
//! file and the files that the user names in `{@path}`.
//! To add a console verb: one row in `local.rs`. A pane that asks the server: `asks.rs`, which also says in
//! what order and under which marks its commands go.

pub mod asks;
mod auto;
mod capability_changes;
mod changes;
pub mod draft;
pub mod dry;
pub mod explain;
pub mod file;
pub mod fuzzy;
pub mod history;
pub mod live;
pub mod local;
pub mod mail;
mod notices;
mod restore;
mod safe;
mod seen;
pub mod status;
mod submit;
mod suggestions;
mod undo;
pub mod who;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::SystemTime;

pub use asks::{Ask, AskId, Asker, Heard, Told};
pub use dry::DryLine;
pub use history::{History, HistoryEntry};
pub use local::LocalAction;
pub use safe::Question;
pub use status::{Identity, LastCommand, OpeningTimes, Phase};
pub use suggestions::Suggestion;
pub use who::{Confirmation, Evidence};

use crate::catalog::{Finding, Live};
use crate::channel::tls::TlsReport;
use crate::channel::{Gauge, LineSafety, Request};
use crate::model::Model;
use crate::safety::SafeMode;
use crate::session::{Awaiting, CommandId};
use crate::transcript::{NoteLevel, Spool, Transcript};
use crate::wire::response::ListEntry;
use crate::wire::{Origin, Tag, TagGenerator};
use asks::Asks;
use auto::Auto;
use capability_changes::CapabilityChanges;
use changes::Changes;
use explain::Remarks;
use mail::Mail;
use restore::Restore;
use safe::Safe;
use undo::Undo;
use who::Who;

/// A command that was sent and is not completed.
#[derive(Debug)]
struct InFlight {
    tag: Option<Tag>,
    verb: String,
    origin: Origin,
    /// Its index in the transcript, if that takes it.
    index: Option<usize>,
}

/// How a console is set up.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Send NAMESPACE, LIST and LSUB after a login, for the sidebar (`--no-auto` and the headless
    /// verbs: not).
    pub auto: bool,
    /// Say after each command what has changed (the faces that are typed into).
    pub changes: bool,
    /// The history file; `None`: nothing is kept across sessions.
    pub history: Option<PathBuf>,
    /// Most commands the history keeps; `None`: as many as usual; 0: nothing is kept.
    pub history_limit: Option<usize>,
    /// Nothing is written to the history file.
    pub private: bool,
    /// How careful a session is.
    pub safe: SafeMode,
    /// What the history calls this server (`mail.example.com`).
    pub server: String,
    /// Most octets of the transcript on disk; `None`: as by default. Beyond that the oldest lines go.
    pub transcript_limit: Option<u64>,
    /// The clock for notes; `None`: the wall clock. For tests.
    pub clock: Option<fn() -> SystemTime>,
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
    /// Something is wrong with it: nothing was sent. This is what [`SubmitMode::Confirmed`] would send.
    Confirm {
        /// `A0007 XFOO ...`: the command that the first error is in.
        wire: String,
        /// What is wrong, by place; one of them at least is an error.
        findings: Vec<Finding>,
    },
    /// Safe mode asks first ([`Console::question`]); these count what would be hit. The text stays in
    /// the editor until [`Console::answer`] says yes, or [`Console::went_without_answer`].
    Asks(Vec<Request>),
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
    /// Send these: DONE, `*`, ...
    Send(Vec<Request>),
    /// That was tried, and only closing the connection is left; the sentence says so. Cancel again to
    /// do that.
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
    who: Who,
    times: OpeningTimes,
    capability_changes: CapabilityChanges,
    changes: Changes,
    remarks: Remarks,
    line_safety: Option<LineSafety>,
    tls: Option<TlsReport>,
    awaiting: Awaiting,
    challenge: Option<Vec<u8>>,
    password_wanted: Option<(String, Option<String>)>,
    failure: Option<String>,
    last_command: Option<LastCommand>,
    /// Commands sent and not completed.
    in_flight: HashMap<CommandId, InFlight>,
    auto: Auto,
    asks: Asks,
    mail: Mail,
    /// Number of the last tag that the session made for the user.
    last_tag: u64,
    /// Commands submitted since that have no tag yet.
    submitted: u64,
    /// What goes on is answered by the user: AUTHENTICATE, a literal announced by hand.
    waits_by_hand: bool,
    /// Who logs in by hand, as far as the exchange tells: authcid, authzid.
    ids_by_hand: Option<(String, Option<String>)>,
    /// How often Ctrl+C was pressed since something was awaited.
    cancelled: u8,
    gauge: Gauge,
    restore: Restore,
    safe: Safe,
    undo: Undo,
    suggestions: Vec<Suggestion>,
    live: Live,
    /// The SELECT or EXAMINE under way.
    opening: Option<CommandId>,
}

impl Console {
    /// A console without a connection. If no temporary file can be made the transcript says so and
    /// shows no lines.
    pub fn new(settings: Settings) -> Console {
        let transcript = Transcript::new();
        let failed = transcript.as_ref().err().map(ToString::to_string);
        let mut transcript = transcript.unwrap_or_else(|_| Transcript::with_spool(Spool::none()));
        if let Some(octets) = settings.transcript_limit {
            transcript.set_limit(octets);
        }
        let in_memory = transcript.is_in_memory();
        let mut console = Console {
            history: History::new(settings.history.clone())
                .limited(settings.history_limit.unwrap_or(history::LIMIT)),
            safe: Safe::new(settings.safe),
            undo: Undo::default(),
            suggestions: Vec::new(),
            settings,
            transcript,
            model: Model::new(),
            phase: Phase::NotConnected,
            identity: Identity::Nobody,
            who: Who::default(),
            times: OpeningTimes::default(),
            capability_changes: CapabilityChanges::default(),
            changes: Changes::default(),
            remarks: Remarks::default(),
            line_safety: None,
            tls: None,
            awaiting: Awaiting::Command,
            challenge: None,
            password_wanted: None,
            failure: None,
            last_command: None,
            in_flight: HashMap::new(),
            auto: Auto::default(),
            asks: Asks::default(),
            mail: Mail::default(),
            last_tag: 0,
            submitted: 0,
            waits_by_hand: false,
            ids_by_hand: None,
            cancelled: 0,
            gauge: Gauge::default(),
            restore: Restore::default(),
            live: Live::default(),
            opening: None,
        };
        console.history.set_private(console.settings.private);
        if let Some(sentence) = failed {
            console.note(NoteLevel::Alarm, &sentence);
        }
        if in_memory {
            console.note(
                NoteLevel::Warning,
                "The transcript lies in memory: TMPDIR and /var/tmp are no disk here. Set TMPDIR to a directory \
                 on a disk, or --transcript-limit to what memory can bear.",
            );
        }
        console
    }

    /// A connection is about to be opened (the first, or `:reconnect`): the transcript and the history
    /// stay, all else is forgotten. `server` is what the history calls it.
    pub fn connection_opened(&mut self, server: &str) {
        self.settings.server = server.to_owned();
        self.transcript.connection_opened();
        self.model.connection_opened();
        self.restore.connection_opened();
        self.safe.connection_opened();
        self.undo.connection_opened();
        self.suggestions.clear();
        // What belongs to the connection goes, what a face has put there stays.
        self.live = Live {
            today: self.live.today.take(),
            ..Live::default()
        };
        self.opening = None;
        self.times = OpeningTimes::default();
        self.capability_changes = CapabilityChanges::default();
        self.changes.connection_opened();
        self.line_safety = None;
        self.tls = None;
        self.failure = None;
        self.last_command = None;
        self.last_tag = 0;
        self.nothing_open();
        self.phase = Phase::Opening(None);
    }

    /// Forgets what a connection leaves open.
    fn nothing_open(&mut self) {
        self.is_now(Identity::Nobody);
        self.awaiting = Awaiting::Command;
        self.challenge = None;
        self.password_wanted = None;
        self.in_flight.clear();
        self.auto = Auto::default();
        self.asks.clear();
        self.mail_forgets();
        self.safe.connection_opened();
        self.submitted = 0;
        self.waits_by_hand = false;
        self.ids_by_hand = None;
        self.cancelled = 0;
        self.gauge = Gauge::default();
    }

    /// The password that [`Console::password_wanted`] asked for is given, or refused.
    pub fn password_given(&mut self) {
        self.password_wanted = None;
    }

    /// The record.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Adds a line of the face's own to the transcript.
    pub fn note(&mut self, level: NoteLevel, text: &str) {
        let now = self
            .settings
            .clock
            .map_or_else(SystemTime::now, |clock| clock());
        self.transcript.note(now, level, text);
    }

    /// Counts of a mailbox that another connection of ours was told.
    pub fn heard_elsewhere(&mut self, mailbox: &[u8], items: &[(String, u64)]) {
        self.model.heard_elsewhere(mailbox, items);
    }

    /// A mailbox that another connection of ours was told of.
    pub fn listed_elsewhere(&mut self, entry: &ListEntry) {
        self.model.listed_elsewhere(entry);
    }

    /// What the server has told us.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Past commands. Reads the file when it is first asked.
    pub fn history(&mut self) -> &mut History {
        &mut self.history
    }

    /// What the history calls this server.
    pub fn server(&self) -> &str {
        &self.settings.server
    }

    /// Where the connection stands.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Who is logged in.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether anything but the OK of the login says who we are.
    pub fn confirmation(&self) -> &Confirmation {
        self.who.confirmation()
    }

    /// How long the parts of opening the connection took.
    pub fn opening_times(&self) -> &OpeningTimes {
        &self.times
    }

    /// How safe the line is; `None` while there is none.
    pub fn line_safety(&self) -> Option<&LineSafety> {
        self.line_safety.as_ref()
    }

    /// What the last TLS handshake of this connection came to; `None`: there was none.
    pub fn tls(&self) -> Option<&TlsReport> {
        self.tls.as_ref()
    }

    /// What counts down on this connection, and what was compressed.
    pub fn gauge(&self) -> &Gauge {
        &self.gauge
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

    /// Commands sent and not completed.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// The tag that the next command will get (unless it is in use by then as the user's own).
    pub fn next_tag(&self) -> Tag {
        self.tag_after(0)
    }

    /// The tag that a command behind `count` others will get.
    fn tag_after(&self, count: usize) -> Tag {
        let number = self
            .last_tag
            .saturating_add(self.submitted)
            .saturating_add(count as u64);
        TagGenerator::after('A', number).peek()
    }
}
