//! The shape of a row.

use crate::model::ConnectionState;

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
#[derive(Debug, Clone, Copy)]
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
