//! The shape of a row.

use crate::model::ConnectionState;
use crate::wire::CapabilitySet;

/// What stands behind a verb, as far as completion and reading need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Argument {
    /// A mailbox name.
    Mailbox,
    /// A mailbox name with wildcards.
    Pattern,
    /// Anything else.
    Other,
}

/// One IMAP command: everything the console knows about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandSpec {
    /// In upper case; `UID FETCH` for those with UID.
    pub verb: &'static str,
    /// What stands behind the verb; empty: nothing.
    pub syntax: &'static str,
    /// The arguments in order, up to the last that matters.
    pub arguments: &'static [Argument],
    /// In which states it is allowed.
    pub states: &'static [ConnectionState],
    /// The capability that must be advertised; `None`: every IMAP4rev1 server has it.
    pub capability: Option<&'static str>,
    /// One plain sentence.
    pub summary: &'static str,
    /// `RFC 9051, 6.3.2`
    pub reference: &'static str,
}

/// Extensions that IMAP4rev2 has taken in (RFC 9051 appendix E).
const IN_REV2: &[&str] = &["NAMESPACE", "UNSELECT", "UIDPLUS", "ENABLE", "IDLE", "MOVE"];

impl CommandSpec {
    /// A row.
    pub(super) const fn new(
        verb: &'static str,
        syntax: &'static str,
        arguments: &'static [Argument],
        states: &'static [ConnectionState],
        capability: Option<&'static str>,
        summary: &'static str,
        reference: &'static str,
    ) -> CommandSpec {
        CommandSpec {
            verb,
            syntax,
            arguments,
            states,
            capability,
            summary,
            reference,
        }
    }

    /// Whether a server that advertises `set` has the command. `THREAD=REFERENCES` is THREAD too.
    pub fn is_offered(&self, set: &CapabilitySet) -> bool {
        self.capability.is_none_or(|name| {
            set.has(name)
                || !set.values(name).is_empty()
                || (IN_REV2.contains(&name) && set.has("IMAP4rev2"))
                || (name == "METADATA" && set.has("METADATA-SERVER"))
        })
    }

    /// Whether the command is allowed in `state`.
    pub fn is_allowed(&self, state: ConnectionState) -> bool {
        self.states.contains(&state)
    }
}

/// In every state.
pub(super) const ANY: &[ConnectionState] = &[
    ConnectionState::NotAuthenticated,
    ConnectionState::Authenticated,
    ConnectionState::Selected,
];
/// Before a login.
pub(super) const BEFORE: &[ConnectionState] = &[ConnectionState::NotAuthenticated];
/// Once logged in.
pub(super) const LOGGED_IN: &[ConnectionState] =
    &[ConnectionState::Authenticated, ConnectionState::Selected];
/// With a mailbox open.
pub(super) const OPEN: &[ConnectionState] = &[ConnectionState::Selected];
