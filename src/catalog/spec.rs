//! The shape of a row.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::grammar::Syntax;
use crate::model::ConnectionState;
use crate::wire::CapabilitySet;

/// One IMAP command: everything the console knows about it.
#[derive(Debug, Clone)]
pub struct CommandSpec {
    /// In upper case; `UID FETCH` for those with UID.
    pub verb: String,
    /// What stands behind the verb, as it is shown; empty: nothing.
    pub syntax: String,
    /// The same, for the matcher.
    pub(super) grammar: Syntax,
    /// In which states it is allowed.
    pub states: States,
    /// What it does.
    pub effect: Effect,
    /// What it does that to.
    pub hits: Hits,
    /// It may set \Seen.
    pub sets_seen: bool,
    /// One of these must be advertised; empty: every IMAP4rev1 server has it.
    pub capabilities: Vec<String>,
    /// The ACL rights that it needs (RFC 4314 section 4).
    pub rights: Vec<Need>,
    /// One plain sentence.
    pub summary: String,
    /// `RFC 9051, 6.3.2`
    pub reference: String,
    /// A command as it is typed. `{box}` and `{new}` stand for mailboxes, `{renamed}` for a name that
    /// is free, `{root}` for a quota root, `{eml}` for the path of a message.
    pub example: String,
    /// Sentences about arguments, by what the syntax calls them.
    pub arguments: BTreeMap<String, String>,
    /// Nothing may be sent behind it before it is answered.
    pub alone: bool,
    /// A server's own: not advertised by all that have it.
    pub private: bool,
}

/// In which states a command is allowed (RFC 9051 section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum States {
    /// In every state.
    Any,
    /// Before a login.
    Before,
    /// Once logged in.
    LoggedIn,
    /// With a mailbox open.
    Selected,
}

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It changes nothing that lasts (FETCH may set \Seen: [`CommandSpec::sets_seen`]).
    #[default]
    Reads,
    /// It changes the connection, nothing that outlives it.
    Session,
    /// It adds or changes something.
    Writes,
    /// What was there before may be gone.
    Destroys,
}

/// What a command that writes or destroys hits. The arguments are called by these names in every row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hits {
    /// Nothing.
    #[default]
    Nothing,
    /// The messages of the argument `set`.
    Messages,
    /// Messages with \Deleted: all, or those of the argument `set`.
    DeletedMessages,
    /// A new message in the argument `mailbox`.
    Message,
    /// The mailbox of the argument `mailbox`, or `old`.
    Mailbox,
    /// Whether `mailbox` is subscribed.
    Subscription,
    /// The rights of `identifier` in `mailbox`.
    Acl,
    /// The limits of `quota-root`.
    Quota,
    /// Annotations of `mailbox`.
    Annotations,
    /// The links (URLAUTH) of `mailbox`.
    Links,
}

/// Rights that a command needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Letters of RFC 4314 section 2.1.
    pub rights: String,
    /// One of them is enough.
    pub any: bool,
    /// Where.
    pub on: On,
}

/// The mailbox that a right is needed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// The one that is open.
    Selected,
    /// The one that this argument names.
    Argument(String),
    /// The one above that.
    Parent(String),
}

impl Need {
    /// `r@mailbox`, `any:lr@mailbox`, `k@parent:new`, `te@selected`.
    pub(super) fn read(text: &str) -> Option<Need> {
        let (rights, on) = text.split_once('@')?;
        let (any, rights) = match rights.strip_prefix("any:") {
            Some(rights) => (true, rights),
            None => (false, rights),
        };
        let on = match on.strip_prefix("parent:") {
            Some(name) => On::Parent(name.to_owned()),
            None if on == "selected" => On::Selected,
            None => On::Argument(on.to_owned()),
        };
        let known = !rights.is_empty() && rights.chars().all(|c| "lrswipkxtea".contains(c));
        known.then(|| Need {
            rights: rights.to_owned(),
            any,
            on,
        })
    }
}

impl Need {
    /// `in it`, `in the open mailbox`, ...
    pub(super) fn place(&self) -> String {
        match &self.on {
            On::Selected => "in the open mailbox".to_owned(),
            On::Argument(name) if name == "mailbox" => "in it".to_owned(),
            On::Argument(name) => format!("in {name}"),
            On::Parent(name) if name == "mailbox" => "in the mailbox above it".to_owned(),
            On::Parent(name) => format!("in the mailbox above {name}"),
        }
    }
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let letters: Vec<String> = self.rights.chars().map(String::from).collect();
        f.write_str(&letters.join(if self.any { " or " } else { " and " }))?;
        write!(f, " {}", self.place())
    }
}

/// Extensions that IMAP4rev2 has taken in (RFC 9051 appendix E).
const IN_REV2: &[&str] = &[
    "NAMESPACE",
    "UNSELECT",
    "UIDPLUS",
    "ESEARCH",
    "SEARCHRES",
    "ENABLE",
    "IDLE",
    "SASL-IR",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "MOVE",
    "LITERAL-",
    "BINARY",
    "SPECIAL-USE",
    "STATUS=SIZE",
];

/// Whether a server that advertises `set` has what `name` stands for. `THREAD=REFERENCES` is THREAD too.
pub(super) fn offers(set: &CapabilitySet, name: &str) -> bool {
    set.has(name)
        || !set.values(name).is_empty()
        || (IN_REV2.contains(&name) && set.has("IMAP4rev2"))
}

/// The same for any of several; none at all is always there.
pub(super) fn offers_any(set: &CapabilitySet, names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|name| offers(set, name))
}

impl CommandSpec {
    /// Whether a server that advertises `set` has the command.
    pub fn is_offered(&self, set: &CapabilitySet) -> bool {
        offers_any(set, &self.capabilities)
    }

    /// Whether the command is allowed in `state`.
    pub fn is_allowed(&self, state: ConnectionState) -> bool {
        use ConnectionState::{Authenticated, NotAuthenticated, Selected};
        match self.states {
            States::Any => matches!(state, NotAuthenticated | Authenticated | Selected),
            States::Before => state == NotAuthenticated,
            States::LoggedIn => matches!(state, Authenticated | Selected),
            States::Selected => state == Selected,
        }
    }

    /// `i in it, r in the open mailbox`; `None`: it needs none.
    pub fn rights_in_words(&self) -> Option<String> {
        let needs: Vec<String> = self.rights.iter().map(ToString::to_string).collect();
        (!needs.is_empty()).then(|| needs.join(", "))
    }

    /// `METADATA or METADATA-SERVER`; `None`: it needs none.
    pub fn capability(&self) -> Option<String> {
        (!self.capabilities.is_empty()).then(|| self.capabilities.join(" or "))
    }
}
