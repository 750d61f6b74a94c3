//! MEANING. What the server has told us, from whoever's command it came.
//!
//! Knows: connection state, capabilities, namespaces, the mailbox tree, the selected mailbox.
//! Must not know: sockets, screens, who asked. Memory is bounded whatever the server sends.
//! To keep something more: a field here or in `selected.rs`, and its arm in `Model::apply`.

pub mod access;
pub mod capabilities;
pub mod command_text;
pub mod mailboxes;
pub mod name;
pub mod selected;

use std::collections::{BTreeMap, VecDeque};

pub use access::{Access, Resource};
pub use capabilities::Capabilities;
pub use mailboxes::{Children, Mailbox, MailboxId, Mailboxes, SpecialUse};
pub use selected::{Counters, SelectedMailbox};

use crate::session::{CommandId, Event};
use crate::wire::response::{
    ListEntry, NamespaceEntry, Response, ResponseCode, Status, StatusResponse, Untagged,
};
use crate::wire::{FrameBuilder, Piece};
use command_text::CommandText;

/// Where the connection stands (RFC 9051 section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ConnectionState {
    /// There is no connection, or no greeting yet.
    #[default]
    NotConnected,
    /// Greeted, not logged in.
    NotAuthenticated,
    /// Logged in.
    Authenticated,
    /// Logged in, with a mailbox open.
    Selected,
    /// BYE was said.
    Logout,
}

impl ConnectionState {
    /// `SELECTED`, `not authenticated`, ...: for the status line.
    pub fn name(self) -> &'static str {
        match self {
            ConnectionState::NotConnected => "not connected",
            ConnectionState::NotAuthenticated => "not authenticated",
            ConnectionState::Authenticated => "authenticated",
            ConnectionState::Selected => "selected",
            ConnectionState::Logout => "logout",
        }
    }
}

/// The answer to NAMESPACE (RFC 2342).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Namespaces {
    /// One's own.
    pub personal: Vec<NamespaceEntry>,
    /// Those of other users.
    pub other_users: Vec<NamespaceEntry>,
    /// Those shared by all.
    pub shared: Vec<NamespaceEntry>,
}

impl Namespaces {
    /// All of them: personal, other users', shared.
    pub fn iter(&self) -> impl Iterator<Item = &NamespaceEntry> {
        self.personal
            .iter()
            .chain(&self.other_users)
            .chain(&self.shared)
    }
}

/// A command that was sent and is not completed.
#[derive(Debug)]
struct InFlight {
    id: CommandId,
    verb: String,
    text: FrameBuilder,
    arguments: CommandText,
    /// What a SELECT or EXAMINE has told so far.
    opening: Option<SelectedMailbox>,
}

/// Most mailboxes whose UIDVALIDITY is remembered.
const VALIDITIES: usize = 10_000;
/// Most commands followed at once.
const IN_FLIGHT: usize = 10_000;

/// What the server has told us.
#[derive(Debug, Default)]
pub struct Model {
    state: ConnectionState,
    capabilities: Capabilities,
    namespaces: Option<Namespaces>,
    mailboxes: Mailboxes,
    selected: Option<SelectedMailbox>,
    access: Access,
    /// UIDVALIDITY of the mailboxes that were open, as last told.
    validities: BTreeMap<Vec<u8>, u64>,
    server_id: Vec<(String, Option<String>)>,
    enabled: Vec<String>,
    login_argument: Option<Vec<u8>>,
    in_flight: VecDeque<InFlight>,
}

impl Model {
    /// Nothing known.
    pub fn new() -> Model {
        Model::default()
    }

    /// Where the connection stands.
    pub fn state(&self) -> ConnectionState {
        self.state
    }

    /// What the server advertises.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// The namespaces, once NAMESPACE was answered.
    pub fn namespaces(&self) -> Option<&Namespaces> {
        self.namespaces.as_ref()
    }

    /// The mailbox tree.
    pub fn mailboxes(&self) -> &Mailboxes {
        &self.mailboxes
    }

    /// The mailbox that is open.
    pub fn selected(&self) -> Option<&SelectedMailbox> {
        self.selected.as_ref()
    }

    /// Rights and limits.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The answer to ID (RFC 2971).
    pub fn server_id(&self) -> &[(String, Option<String>)] {
        &self.server_id
    }

    /// What ENABLE has turned on (RFC 5161), upper case.
    pub fn enabled(&self) -> &[String] {
        &self.enabled
    }

    /// Counts of a mailbox that another connection was told: the tree's, not those of the mailbox that is open
    /// here, for which this connection's own word counts.
    pub fn heard_elsewhere(&mut self, mailbox: &[u8], items: &[(String, u64)]) {
        self.mailboxes.counted(mailbox, items);
    }

    /// A mailbox that another connection of the same user's was told of: it came, changed or went.
    pub fn listed_elsewhere(&mut self, entry: &ListEntry) {
        self.mailboxes.notified(entry);
    }

    /// Forgets the mailbox tree, to have it told again. The namespaces stay.
    pub fn forget_mailboxes(&mut self) {
        self.mailboxes = self.mailboxes.emptied();
    }

    /// What stood behind LOGIN (the user name) or AUTHENTICATE (the mechanism) when the server last
    /// said OK to it.
    pub fn login_argument(&self) -> Option<&[u8]> {
        self.login_argument.as_deref()
    }

    /// A new connection begins: nothing is known.
    pub fn connection_opened(&mut self) {
        *self = Model::new();
    }

    /// Takes an event of the session. Call it for every one, in order.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Greeting(status) => {
                self.state = match status.status {
                    Status::Preauth => ConnectionState::Authenticated,
                    Status::Bye => ConnectionState::Logout,
                    _ => ConnectionState::NotAuthenticated,
                };
            }
            Event::Started { command, verb, .. } => self.started(*command, verb),
            Event::Sent { command, piece, .. } => self.sent(*command, piece),
            Event::Response {
                response: Response::Untagged(data),
                command,
            } => self.untagged(data, *command),
            Event::Completed {
                command, status, ..
            } => self.completed(*command, status),
            Event::Abandoned { command } => self.in_flight.retain(|c| c.id != *command),
            Event::Capabilities(set) => self.capabilities.set(set.clone()),
            Event::Closed(_) => {
                self.state = ConnectionState::NotConnected;
                self.selected = None;
                self.in_flight.clear();
            }
            _ => {}
        }
    }

    fn started(&mut self, id: CommandId, verb: &str) {
        if self.in_flight.len() < IN_FLIGHT {
            self.in_flight.push_back(InFlight {
                id,
                verb: verb.to_owned(),
                text: FrameBuilder::default(),
                arguments: CommandText::default(),
                opening: matches!(verb, "SELECT" | "EXAMINE").then(SelectedMailbox::default),
            });
        }
    }

    fn sent(&mut self, id: CommandId, piece: &Piece) {
        let Some(flying) = self.in_flight.iter_mut().rev().find(|c| c.id == id) else {
            return;
        };
        // Only the first line is the command; answers to challenges, DONE and the like follow it.
        if flying.arguments.is_empty()
            && command_text::matters(&flying.verb)
            && let Some(frame) = flying.text.push(piece)
        {
            flying.arguments = CommandText::read(&frame, &flying.verb);
        }
    }

    fn untagged(&mut self, data: &Untagged, command: Option<CommandId>) {
        match data {
            Untagged::Namespace {
                personal,
                other_users,
                shared,
            } => {
                self.namespaces = Some(Namespaces {
                    personal: personal.clone(),
                    other_users: other_users.clone(),
                    shared: shared.clone(),
                });
            }
            Untagged::Id(fields) => self.server_id = fields.iter().take(100).cloned().collect(),
            Untagged::Enabled(names) => {
                for name in names.iter().map(|n| n.to_ascii_uppercase()) {
                    if !self.enabled.contains(&name) && self.enabled.len() < 100 {
                        self.enabled.push(name);
                    }
                }
            }
            Untagged::MyRights { .. }
            | Untagged::Acl { .. }
            | Untagged::QuotaRoot { .. }
            | Untagged::Quota { .. } => self.access.apply(data),
            Untagged::List(entry) => self.mailboxes.listed(entry),
            Untagged::Lsub(entry) => self.mailboxes.subscribed(entry),
            Untagged::MailboxStatus { mailbox, items } => {
                self.mailboxes.counted(mailbox, items);
                if let Some(selected) = self
                    .selected
                    .as_mut()
                    .filter(|s| name::same(&s.name, mailbox))
                {
                    selected.counted(items);
                }
            }
            Untagged::Status(status) => {
                if status.status == Status::Bye {
                    self.state = ConnectionState::Logout;
                }
                if let Some(code) = &status.code {
                    self.code(code, command);
                }
            }
            Untagged::Flags(_)
            | Untagged::Exists(_)
            | Untagged::Recent(_)
            | Untagged::Expunge(_)
            | Untagged::Vanished { .. }
            | Untagged::Fetch(_) => {
                if let Some(mailbox) = self.concerned(command) {
                    mailbox.apply(data);
                }
            }
            _ => {}
        }
    }

    fn code(&mut self, code: &ResponseCode, command: Option<CommandId>) {
        if *code == ResponseCode::Closed {
            // RFC 7162 section 3.2.11: what came before belongs to the old mailbox, what follows to the new.
            self.selected = None;
            if let Some(flying) = self.in_flight.iter_mut().find(|c| c.opening.is_some()) {
                flying.opening = Some(SelectedMailbox::default());
            }
            return;
        }
        if let Some(mailbox) = self.concerned(command) {
            mailbox.code(code);
        }
    }

    /// The mailbox that untagged data is about. A SELECT under way takes what comes, if the session
    /// says that it is its answer or if no older command is there to be answered first.
    fn concerned(&mut self, command: Option<CommandId>) -> Option<&mut SelectedMailbox> {
        let by_id = command.and_then(|id| {
            self.in_flight
                .iter()
                .position(|c| c.id == id && c.opening.is_some())
        });
        let by_age = self
            .in_flight
            .front()
            .filter(|c| command.is_none() && c.opening.is_some())
            .map(|_| 0);
        match by_id.or(by_age) {
            Some(index) => self
                .in_flight
                .get_mut(index)
                .and_then(|c| c.opening.as_mut()),
            None => self.selected.as_mut(),
        }
    }

    fn completed(&mut self, id: CommandId, status: &StatusResponse) {
        let Some(index) = self.in_flight.iter().position(|c| c.id == id) else {
            return;
        };
        let Some(flying) = self.in_flight.remove(index) else {
            return;
        };
        let ok = status.status == Status::Ok;
        match (flying.verb.as_str(), ok) {
            ("LOGIN" | "AUTHENTICATE", true) => {
                self.state = ConnectionState::Authenticated;
                self.login_argument = flying.arguments.first().map(<[u8]>::to_vec);
            }
            ("UNAUTHENTICATE", true) => {
                let capabilities = std::mem::take(&mut self.capabilities);
                *self = Model {
                    state: ConnectionState::NotAuthenticated,
                    capabilities,
                    ..Model::default()
                };
            }
            ("SELECT" | "EXAMINE", _) => self.opened(flying, status),
            ("CLOSE" | "UNSELECT", true) => self.deselect(),
            ("LOGOUT", true) => {
                self.state = ConnectionState::Logout;
                self.selected = None;
            }
            (_, true) => {
                if let Some(code) = &status.code {
                    self.code(code, None);
                }
                self.mailboxes.command_done(&flying.verb, &flying.arguments);
            }
            (_, false) => {}
        }
    }

    fn opened(&mut self, flying: InFlight, status: &StatusResponse) {
        match status.status {
            Status::Ok => {
                let mut mailbox = flying.opening.unwrap_or_default();
                mailbox.read_only = flying.verb == "EXAMINE";
                if let Some(code) = &status.code {
                    mailbox.code(code);
                }
                if let Some(name) = flying.arguments.first() {
                    mailbox.set_name(name);
                    mailbox.begin(self.validities.get(&mailbox.name).copied());
                    if let Some(validity) = mailbox.uid_validity
                        && (self.validities.len() < VALIDITIES
                            || self.validities.contains_key(&mailbox.name))
                    {
                        self.validities.insert(mailbox.name.clone(), validity);
                    }
                    self.mailboxes.opened(&mailbox);
                }
                self.selected = Some(mailbox);
                self.state = ConnectionState::Selected;
            }
            // RFC 9051 section 6.3.2: after a SELECT that fails nothing is selected.
            Status::No => self.deselect(),
            // BAD: not understood, so not begun.
            _ => {}
        }
    }

    fn deselect(&mut self) {
        self.selected = None;
        if self.state == ConnectionState::Selected {
            self.state = ConnectionState::Authenticated;
        }
    }
}
