//! What can be put at the cursor, and which command a text is about.

use std::ops::Range;

use crate::model::Model;

use super::CommandSpec;

/// Something that can be put at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What replaces [`Candidate::replaces`].
    pub text: String,
    /// What is shown: the verb, or the mailbox name decoded. Hostile.
    pub label: String,
    /// A short word about it.
    pub detail: String,
    /// The octets of the text that it replaces.
    pub replaces: Range<usize>,
}

/// What can be put into `text` at octet `cursor`: verbs as the first word, mailbox names where the
/// command wants one. Best first.
pub fn complete(text: &str, cursor: usize, model: &Model) -> Vec<Candidate> {
    let _ = (text, cursor, model);
    Vec::new()
}

/// The command that `text` is about, for the hint line.
pub fn hint(text: &str) -> Option<&'static CommandSpec> {
    let _ = text;
    None
}
