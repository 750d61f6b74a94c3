//! As whom, and who says so. The OK of a login says that it was accepted, not as whom: IMAP has no
//! command for that. Some replies name the user all the same, and these are weighed here:
//!
//! * `* ACL INBOX ...` (RFC 4314): INBOX is one's own, and its owner holds the right `a` on it;
//! * `* QUOTAROOT INBOX ...` (RFC 9208): a root such as `user.craig`;
//! * `* NAMESPACE ...` (RFC 2342): a personal prefix such as `user.craig.`.
//!
//! MYRIGHTS proves nothing: it reads the same for everybody.
//! To weigh another reply: an arm in `weigh`, a row in [`Evidence`].

use crate::channel::Request;
use crate::model::ConnectionState;
use crate::session::CommandId;
use crate::transcript::NoteLevel;
use crate::wire::response::Untagged;
use crate::wire::{Command, Origin};

use super::{Console, Identity, Phase};

/// A reply that names a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// The owner's entry in the ACL of INBOX.
    Acl,
    /// The quota root of INBOX.
    QuotaRoot,
    /// The prefix of the personal namespace.
    Namespace,
}

impl Evidence {
    /// What it is, for people.
    pub fn name(self) -> &'static str {
        match self {
            Evidence::Acl => "the ACL of INBOX",
            Evidence::QuotaRoot => "the quota root of INBOX",
            Evidence::Namespace => "the personal namespace",
        }
    }
}

/// What is known about who we are, besides what we asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Confirmation {
    /// The server accepted the login; no reply has named anybody.
    #[default]
    Accepted,
    /// A reply names the user.
    Confirmed {
        /// As the reply spells it (hostile); where the login did not tell who we are, this does.
        name: String,
        /// Which reply.
        by: Evidence,
    },
    /// A reply names somebody else. Stays until the next login.
    Contradicted {
        /// Whom (hostile).
        name: String,
        /// Which reply.
        by: Evidence,
    },
}

/// The weighing, for one login.
#[derive(Debug, Default)]
pub(super) struct Who {
    confirmation: Confirmation,
    /// Commands of `:whoami` that have not gone out.
    asked: usize,
    /// Those that have, and are not answered.
    running: Vec<CommandId>,
}

impl Who {
    pub fn confirmation(&self) -> &Confirmation {
        &self.confirmation
    }

    /// A command of the user's goes out.
    pub fn started(&mut self, command: CommandId, verb: &str) {
        if self.asked > 0 && matches!(verb, "GETACL" | "GETQUOTAROOT") {
            self.asked -= 1;
            self.running.push(command);
        }
    }

    /// A command is completed or abandoned. What is to be said if it was the last of `:whoami`.
    pub fn over(&mut self, command: CommandId) -> Option<String> {
        let at = self.running.iter().position(|id| *id == command)?;
        self.running.swap_remove(at);
        let silent = self.confirmation == Confirmation::Accepted;
        (self.running.is_empty() && self.asked == 0 && silent).then(|| {
            "No reply names a user: who we are is only what the server accepted at the login. (MYRIGHTS \
             would prove nothing: it reads the same for everybody.)"
                .to_owned()
        })
    }

    /// The server says this to somebody who asked to be `effective`. What is to be said about it.
    fn hear(&mut self, effective: Option<&str>, data: &Untagged) -> Option<(NoteLevel, String)> {
        let known = match &self.confirmation {
            Confirmation::Contradicted { .. } => return None,
            // A login that told nothing: the first reply that names somebody counts for the next.
            Confirmation::Confirmed { name, .. } => effective.unwrap_or(name),
            Confirmation::Accepted => effective.unwrap_or_default(),
        };
        let found = weigh(known, data)?;
        let told = match &found {
            Confirmation::Accepted => return None,
            Confirmation::Confirmed { name, by } => (
                NoteLevel::Info,
                format!("Confirmed: {} names {name}.", by.name()),
            ),
            Confirmation::Contradicted { name, by } => (
                NoteLevel::Alarm,
                format!(
                    "ALARM: {} names {name}, not {known}. Do not go on before you know whose mail this is: \
                     log in again, with a mechanism that carries the authzid.",
                    by.name()
                ),
            ),
        };
        let again = matches!(
            (&self.confirmation, &found),
            (
                Confirmation::Confirmed { .. },
                Confirmation::Confirmed { .. }
            )
        );
        if !again {
            self.confirmation = found;
        }
        (!again).then_some(told)
    }
}

impl Console {
    /// Somebody else is logged in from now on, or nobody.
    pub(super) fn is_now(&mut self, identity: Identity) {
        self.identity = identity;
        self.who = Who::default();
        self.see_standing();
    }

    /// Weighs a reply.
    pub(super) fn hear(&mut self, data: &Untagged) -> Option<(NoteLevel, String)> {
        if !self.identity.is_logged_in() {
            return None;
        }
        self.who.hear(self.identity.effective(), data)
    }

    /// `:whoami`: GETACL INBOX and GETQUOTAROOT INBOX, as the user's own commands, as far as the server
    /// knows them.
    ///
    /// # Errors
    /// A sentence: nobody is logged in, or the server knows neither.
    pub fn who_am_i(&mut self) -> Result<Vec<Request>, String> {
        let state = self.model.state();
        if self.phase != Phase::Ready
            || !matches!(
                state,
                ConnectionState::Authenticated | ConnectionState::Selected
            )
        {
            return Err("Nobody is logged in, so there is nobody to name.".to_owned());
        }
        let set = self.model.capabilities().current();
        let mut requests = Vec::new();
        for (capability, line) in [("ACL", "GETACL INBOX"), ("QUOTA", "GETQUOTAROOT INBOX")] {
            if set.is_none_or(|set| set.has(capability)) {
                requests.push(Command::line(Origin::User, line));
            }
        }
        if requests.is_empty() {
            return Err(
                "This server offers neither ACL nor QUOTA, so no reply names the user: who we are is only what \
                 it accepted at the login."
                    .to_owned(),
            );
        }
        self.who.asked += requests.len();
        for command in &requests {
            self.going(command);
        }
        Ok(requests.into_iter().map(Request::Submit).collect())
    }
}

/// What `data` says about somebody who should be `known` (empty: not known).
fn weigh(known: &str, data: &Untagged) -> Option<Confirmation> {
    match data {
        Untagged::Acl { mailbox, entries } if is_inbox(mailbox) => by_acl(known, entries),
        Untagged::QuotaRoot { mailbox, roots } if is_inbox(mailbox) => roots
            .iter()
            .filter_map(|root| by_place(known, root, Evidence::QuotaRoot))
            .reduce(worse),
        Untagged::Namespace { personal, .. } => personal
            .iter()
            .filter_map(|namespace| {
                let prefix = String::from_utf8_lossy(&namespace.prefix);
                let end = namespace.delimiter.unwrap_or('/');
                by_place(known, prefix.trim_end_matches(end), Evidence::Namespace)
            })
            .reduce(worse),
        _ => None,
    }
}

fn worse(one: Confirmation, other: Confirmation) -> Confirmation {
    match one {
        Confirmation::Contradicted { .. } => one,
        _ => other,
    }
}

fn is_inbox(mailbox: &[u8]) -> bool {
    mailbox.eq_ignore_ascii_case(b"INBOX")
}

/// Whoever holds `a` (administer) on INBOX may be its owner. One alone is the owner; of several nobody
/// can say which, unless we are none of them.
fn by_acl(known: &str, entries: &[(String, String)]) -> Option<Confirmation> {
    let holders: Vec<&str> = entries
        .iter()
        .filter(|(identifier, rights)| rights.contains('a') && is_user(identifier))
        .map(|(identifier, _)| identifier.as_str())
        .collect();
    let by = Evidence::Acl;
    match holders.as_slice() {
        [] => None,
        [one] => Some(verdict(known, one, by)),
        several if known.is_empty() || several.iter().any(|name| same(known, name)) => None,
        several => Some(Confirmation::Contradicted {
            name: several.join(", "),
            by,
        }),
    }
}

/// Whether an identifier of an ACL is a user's: not `anyone` and its like (RFC 4314 section 2), not
/// negative rights, not a group as Cyrus (`group:`) and Dovecot (`$`, `#`) write it.
fn is_user(identifier: &str) -> bool {
    let word = |w: &&str| identifier.eq_ignore_ascii_case(w);
    ![
        "anyone",
        "anonymous",
        "owner",
        "authenticated",
        "administrators",
    ]
    .iter()
    .any(word)
        && !identifier.starts_with(['-', '$', '#'])
        && !identifier.starts_with("group:")
        && !identifier.is_empty()
}

/// A quota root or a namespace prefix, its delimiter off.
fn by_place(known: &str, place: &str, by: Evidence) -> Option<Confirmation> {
    if is_inbox(place.as_bytes()) {
        return None;
    }
    let owner = place
        .strip_prefix("user.")
        .or_else(|| place.strip_prefix("user/"))
        .or_else(|| place.strip_prefix('~'))
        .filter(|owner| !owner.is_empty());
    if let Some(owner) = owner {
        return Some(verdict(known, owner, by));
    }
    // Elsewhere only the exact name counts, as a whole part: `User quota` names nobody.
    let parts = place.split(['/', '.']);
    let found =
        !known.is_empty() && (place == known || parts.into_iter().any(|part| part == known));
    found.then(|| Confirmation::Confirmed {
        name: known.to_owned(),
        by,
    })
}

fn verdict(known: &str, name: &str, by: Evidence) -> Confirmation {
    let name = name.to_owned();
    if known.is_empty() || same(known, &name) {
        Confirmation::Confirmed { name, by }
    } else {
        Confirmation::Contradicted { name, by }
    }
}

/// Whether the server's `name` is the user that we asked to be. Servers fold case, leave out or add
/// their own domain, and write `.` as `^` where it is the delimiter (Cyrus); `user*master` is how
/// Dovecot lets a master user in as `user`.
fn same(known: &str, name: &str) -> bool {
    let equal = |a: &str, b: &str| {
        let plain = |t: &str| t.replace('^', ".").to_lowercase();
        let (a, b) = (plain(a), plain(b));
        match (a.split_once('@'), b.split_once('@')) {
            (Some((user, _)), None) => user == b,
            (None, Some((user, _))) => user == a,
            _ => a == b,
        }
    };
    equal(known, name)
        || known
            .split_once('*')
            .is_some_and(|(user, _)| equal(user, name))
}
