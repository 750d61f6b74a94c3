//! What goes out that nobody typed: all of it reads, and nothing of it marks a message as seen. Safe mode
//! does not judge it, so the connection task sends no other verb under tags of the program's own, whoever
//! asks.

use crate::wire::{Command, CommandPart, Origin};

/// All that the program ever sends by itself: nothing that changes mail, mailboxes, rights or limits.
pub const PROGRAM_VERBS: &[&str] = &[
    "AUTHENTICATE",
    "CAPABILITY",
    "COMPRESS",
    "ENABLE",
    "EXAMINE",
    "GETACL",
    "GETQUOTA",
    "GETQUOTAROOT",
    "IDLE",
    "LIST",
    "LOGIN",
    "LOGOUT",
    "LSUB",
    "NAMESPACE",
    "NOOP",
    "NOTIFY",
    "SELECT",
    "STARTTLS",
    "STATUS",
    "UID SEARCH",
    "UNSELECT",
];

/// All that a pane that browses ever sends. No SELECT: that takes \Recent away from whoever looks next, so
/// it is the user's alone. No CLOSE: it expunges.
pub const PANEL_VERBS: &[&str] = &[
    "CAPABILITY",
    "EXAMINE",
    "FETCH",
    "GETACL",
    "GETMETADATA",
    "GETQUOTA",
    "GETQUOTAROOT",
    "LIST",
    "LISTRIGHTS",
    "LSUB",
    "MYRIGHTS",
    "NAMESPACE",
    "NOOP",
    "SEARCH",
    "SORT",
    "STATUS",
    "THREAD",
    "UID FETCH",
    "UID SEARCH",
    "UID SORT",
    "UID THREAD",
    "UNSELECT",
];

/// Why the program must not send `command` unasked; `None` if it may.
pub fn objection(command: &Command) -> Option<String> {
    let verb = command.verb();
    let verbs = match command.origin {
        Origin::User => return None,
        Origin::Program => PROGRAM_VERBS,
        Origin::Panel => PANEL_VERBS,
    };
    if !verbs.contains(&verb.as_str()) {
        return Some(format!(
            "imapsh does not send {verb} by itself; nothing was sent."
        ));
    }
    let fetches = verb == "FETCH" || verb == "UID FETCH";
    (fetches && command.parts.iter().any(marks_as_seen)).then(|| {
        "imapsh does not fetch by itself what marks a message as seen; nothing was sent.".to_owned()
    })
}

/// Whether a FETCH names an item that sets \Seen (RFC 9051 section 6.4.5, RFC 3501 section 6.4.5, RFC 3516).
fn marks_as_seen(part: &CommandPart) -> bool {
    let CommandPart::Text { bytes, .. } = part else {
        return false;
    };
    let text = bytes.to_ascii_uppercase();
    let words = text.split(|b| b" ()".contains(b));
    let mut marks = words.filter(|word| {
        word.starts_with(b"BODY[")
            || word.starts_with(b"BINARY[")
            || matches!(*word, b"RFC822" | b"RFC822.TEXT")
    });
    marks.next().is_some()
}
