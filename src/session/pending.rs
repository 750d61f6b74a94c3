//! The commands in flight: found by tag when they complete, guessed when untagged data comes.

use std::collections::VecDeque;
use std::time::Instant;

use super::CommandId;
use super::outbox::Kind;
use crate::wire::Tag;
use crate::wire::response::{ResponseCode, Status, StatusResponse, Untagged};

/// A command of which at least the first byte has been handed out.
#[derive(Debug)]
pub(super) struct InFlight {
    pub id: CommandId,
    /// `None`: its line begins with no tag that we can read.
    pub tag: Option<Tag>,
    pub verb: String,
    pub kind: Kind,
    /// When its last bytes were handed out.
    pub sent_at: Instant,
    /// A line of the user's without a tag, or with nothing but one: the server can only say `* BAD`.
    pub unclear: bool,
    /// The server sent its capabilities of its own accord since this went out.
    pub told_capabilities: bool,
}

/// All of them, oldest first. A tag of the user's may be there several times.
#[derive(Debug, Default)]
pub(super) struct Pending(VecDeque<InFlight>);

impl Pending {
    pub fn push(&mut self, command: InFlight) {
        self.0.push_back(command);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether a command with this tag is in flight.
    pub fn holds(&self, tag: &Tag) -> bool {
        self.0.iter().any(|c| c.tag.as_ref() == Some(tag))
    }

    /// Whether a command is in flight that a tagged response must complete.
    pub fn expects_completion(&self) -> bool {
        self.0.iter().any(|c| !c.unclear)
    }

    /// The oldest command with this tag.
    pub fn by_tag(&self, tag: &Tag) -> Option<CommandId> {
        self.0
            .iter()
            .find(|c| c.tag.as_ref() == Some(tag))
            .map(|c| c.id)
    }

    /// The oldest command that only an untagged BAD can answer.
    pub fn unclear(&self) -> Option<CommandId> {
        self.0.iter().find(|c| c.unclear).map(|c| c.id)
    }

    pub fn take(&mut self, id: CommandId) -> Option<InFlight> {
        let at = self.0.iter().position(|c| c.id == id)?;
        self.0.remove(at)
    }

    /// Forgets the oldest.
    pub fn pop_oldest(&mut self) -> Option<CommandId> {
        self.0.pop_front().map(|command| command.id)
    }

    /// Everything, when the connection ends.
    pub fn drain(&mut self) -> impl Iterator<Item = InFlight> + '_ {
        self.0.drain(..)
    }

    /// More bytes of `id` were handed out.
    pub fn sent(&mut self, id: CommandId, now: Instant) {
        if let Some(command) = self.0.iter_mut().rev().find(|c| c.id == id) {
            command.sent_at = now;
        }
    }

    /// The server told its capabilities and no CAPABILITY command had asked: a login in flight
    /// may rely on them (Gmail sends them untagged before the tagged OK).
    pub fn told_capabilities(&mut self) {
        if self.0.iter().any(|c| c.verb == "CAPABILITY") {
            return;
        }
        for command in &mut self.0 {
            command.told_capabilities = true;
        }
    }

    /// The command that this most likely answers. BYE is tied to nobody but LOGOUT.
    pub fn answered_by(&self, data: &Untagged) -> Option<CommandId> {
        if let Untagged::Status(StatusResponse {
            status: Status::Bye,
            ..
        }) = data
        {
            return self.oldest_of(&["LOGOUT"]);
        }
        let by_name = match data {
            // `* THREAD`, `* METADATA`, and so on: the command of that name, or the one that gets it.
            Untagged::Other { name } => self
                .0
                .iter()
                .find(|c| {
                    let verb = c.verb.strip_prefix("UID ").unwrap_or(&c.verb);
                    verb == name || verb.strip_prefix("GET") == Some(name)
                })
                .map(|c| c.id),
            _ => None,
        };
        by_name
            .or_else(|| self.oldest_of(askers(data)))
            .or_else(|| match self.0.len() {
                1 => self.0.front().map(|c| c.id),
                _ => None,
            })
    }

    fn oldest_of(&self, verbs: &[&str]) -> Option<CommandId> {
        if verbs.is_empty() {
            return None;
        }
        self.0
            .iter()
            .find(|c| verbs.contains(&c.verb.as_str()))
            .map(|c| c.id)
    }
}

/// The commands whose business this data is (RFC 9051 section 7). Servers answer in order, so the
/// oldest of them is meant.
fn askers(data: &Untagged) -> &'static [&'static str] {
    match data {
        Untagged::Capability(_) => &["CAPABILITY"],
        Untagged::Enabled(_) => &["ENABLE"],
        Untagged::List(_) => &["LIST", "XLIST"],
        Untagged::Lsub(_) => &["LSUB"],
        Untagged::MailboxStatus { .. } => &["STATUS", "LIST"],
        Untagged::Flags(_) | Untagged::Exists(_) | Untagged::Recent(_) => &["SELECT", "EXAMINE"],
        Untagged::Expunge(_) => &["EXPUNGE", "UID EXPUNGE", "MOVE", "UID MOVE"],
        Untagged::Vanished { .. } => &[
            "EXPUNGE",
            "UID EXPUNGE",
            "MOVE",
            "UID MOVE",
            "UID FETCH",
            "SELECT",
            "EXAMINE",
        ],
        Untagged::Fetch(_) => &["FETCH", "UID FETCH", "STORE", "UID STORE"],
        Untagged::Esearch { .. } => &["SEARCH", "UID SEARCH", "SORT", "UID SORT"],
        Untagged::Search(_) => &["SEARCH", "UID SEARCH"],
        Untagged::Sort(_) => &["SORT", "UID SORT"],
        Untagged::Namespace { .. } => &["NAMESPACE"],
        Untagged::Id(_) => &["ID"],
        Untagged::Acl { .. } => &["GETACL"],
        Untagged::ListRights { .. } => &["LISTRIGHTS"],
        Untagged::MyRights { .. } => &["MYRIGHTS"],
        Untagged::Quota { .. } => &["GETQUOTA", "GETQUOTAROOT", "SETQUOTA"],
        Untagged::QuotaRoot { .. } => &["GETQUOTAROOT"],
        Untagged::Status(StatusResponse {
            code: Some(code), ..
        }) => match code {
            ResponseCode::PermanentFlags(_)
            | ResponseCode::UidNext(_)
            | ResponseCode::UidValidity(_)
            | ResponseCode::Unseen(_)
            | ResponseCode::HighestModSeq(_)
            | ResponseCode::NoModSeq
            | ResponseCode::Closed => &["SELECT", "EXAMINE"],
            ResponseCode::CopyUid { .. } => &["MOVE", "UID MOVE"],
            // RFC 8474, RFC 4467, RFC 5257, RFC 4315: seen from Cyrus behind SELECT.
            ResponseCode::Other { name, .. }
                if ["MAILBOXID", "URLMECH", "ANNOTATIONS", "UIDNOTSTICKY"]
                    .contains(&name.as_str()) =>
            {
                &["SELECT", "EXAMINE"]
            }
            _ => &[],
        },
        _ => &[],
    }
}
