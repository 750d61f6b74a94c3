//! One mailbox of the tree: what it is, what it is for.

use crate::model::name;

/// What is known about the mailboxes below one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Children {
    /// Nothing was said.
    #[default]
    Unknown,
    /// `\HasNoChildren` or `\Noinferiors`, or they were asked for and there are none.
    None,
    /// `\HasChildren`, or some are known; perhaps not all.
    Some,
    /// All were asked for.
    Loaded,
}

/// What a mailbox is for (RFC 6154, RFC 8457), in the order of the sidebar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum SpecialUse {
    Drafts,
    Sent,
    Archive,
    Junk,
    Trash,
    Important,
    Flagged,
    All,
}

impl SpecialUse {
    /// From an attribute (`\Sent`), in any case.
    pub fn from_attribute(attribute: &str) -> Option<SpecialUse> {
        let table = [
            ("\\Drafts", SpecialUse::Drafts),
            ("\\Sent", SpecialUse::Sent),
            ("\\Archive", SpecialUse::Archive),
            ("\\Junk", SpecialUse::Junk),
            ("\\Spam", SpecialUse::Junk), // XLIST of old
            ("\\Trash", SpecialUse::Trash),
            ("\\Important", SpecialUse::Important),
            ("\\Flagged", SpecialUse::Flagged),
            ("\\Starred", SpecialUse::Flagged), // XLIST of old
            ("\\All", SpecialUse::All),
            ("\\AllMail", SpecialUse::All), // XLIST of old
        ];
        table
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(attribute))
            .map(|(_, this)| *this)
    }

    /// `Sent`, `Trash`, ...
    pub fn name(self) -> &'static str {
        match self {
            SpecialUse::Drafts => "Drafts",
            SpecialUse::Sent => "Sent",
            SpecialUse::Archive => "Archive",
            SpecialUse::Junk => "Junk",
            SpecialUse::Trash => "Trash",
            SpecialUse::Important => "Important",
            SpecialUse::Flagged => "Flagged",
            SpecialUse::All => "All",
        }
    }
}

/// One mailbox, or a level of the hierarchy that is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mailbox {
    /// The whole name as sent.
    pub name: Vec<u8>,
    /// The last part as shown, modified UTF-7 decoded. Hostile: show it through `tui/printable.rs`.
    pub label: String,
    /// Its hierarchy delimiter.
    pub delimiter: Option<char>,
    /// The server listed it; false for a level that is only known from a name below it.
    pub listed: bool,
    /// It can be opened (neither `\Noselect` nor `\NonExistent`, and listed; INBOX before that, too).
    pub selectable: bool,
    /// `\NonExistent`: there is a name, of a subscription or from below, and no mailbox.
    pub non_existent: bool,
    /// It can have none below (`\Noinferiors`).
    pub no_inferiors: bool,
    /// `\Marked` (true) or `\Unmarked` (false).
    pub marked: Option<bool>,
    /// What it is for.
    pub special_use: Option<SpecialUse>,
    /// It is subscribed (LSUB, SUBSCRIBE).
    pub subscribed: bool,
    /// What is known about those below.
    pub children: Children,
    /// STATUS items as told last, names in upper case (`MESSAGES`, `UNSEEN`, ...).
    pub counts: Vec<(String, u64)>,
}

impl Mailbox {
    /// The whole name as shown.
    pub fn shown(&self) -> String {
        name::shown(&self.name)
    }

    /// One of the counts (`UNSEEN`).
    pub fn count(&self, item: &str) -> Option<u64> {
        self.counts
            .iter()
            .find(|(name, _)| name == item)
            .map(|(_, value)| *value)
    }
}
