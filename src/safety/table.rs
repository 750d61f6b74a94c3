//! What may be destroyed by each command that writes or destroys: one row each.

use crate::catalog::{CommandSpec, Effect};

/// What there is to ask about before a command goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Danger {
    /// Nothing: it adds, or what it changes can be changed back.
    None,
    /// Every message with \Deleted.
    Deleted,
    /// The same, those of the first argument.
    DeletedOf,
    /// The same as [`Danger::Deleted`], but where there is none nothing is asked.
    Closing,
    /// The messages of the first argument, if they are many.
    Many,
    /// The message of the first argument.
    Replaced,
    /// The mailbox of the first argument, and what is below it.
    Mailbox,
    /// The rights of the second argument in the first.
    Acl,
    /// The limits of the first argument.
    Quota,
    /// Links to the messages of the first argument.
    Links,
    /// A big message.
    Big,
    /// Nothing is known of it.
    Unjudged,
}

/// Every command that writes or destroys.
pub const JUDGEMENTS: &[(&str, Danger)] = &[
    ("APPEND", Danger::Big),
    ("CLOSE", Danger::Closing),
    ("COPY", Danger::None),
    ("UID COPY", Danger::None),
    ("CREATE", Danger::None),
    ("DELETE", Danger::Mailbox),
    ("DELETEACL", Danger::Acl),
    ("EXPUNGE", Danger::Deleted),
    ("UID EXPUNGE", Danger::DeletedOf),
    ("GENURLAUTH", Danger::None),
    ("LOCALCREATE", Danger::None),
    ("LOCALDELETE", Danger::Mailbox),
    ("MOVE", Danger::Many),
    ("UID MOVE", Danger::Many),
    ("MUPDATEPUSH", Danger::None),
    ("RECONSTRUCT", Danger::None),
    ("RENAME", Danger::Mailbox),
    ("REPLACE", Danger::Replaced),
    ("UID REPLACE", Danger::Replaced),
    ("RESETKEY", Danger::Links),
    ("SETACL", Danger::Acl),
    ("SETANNOTATION", Danger::None),
    ("SETMETADATA", Danger::None),
    ("SETQUOTA", Danger::Quota),
    ("STORE", Danger::Many),
    ("UID STORE", Danger::Many),
    ("SUBSCRIBE", Danger::None),
    ("UNSUBSCRIBE", Danger::None),
    ("XAPPLEPUSHSERVICE", Danger::None),
    ("XFER", Danger::Mailbox),
    ("XMOVE", Danger::Many),
    ("UID XMOVE", Danger::Many),
    ("XRUNANNOTATOR", Danger::None),
];

/// What there is to ask about a command of this row.
pub fn danger(row: &CommandSpec) -> Danger {
    if matches!(row.effect, Effect::Reads | Effect::Session) {
        return Danger::None;
    }
    JUDGEMENTS
        .iter()
        .find(|(verb, _)| *verb == row.verb)
        .map_or(Danger::Unjudged, |(_, danger)| *danger)
}
