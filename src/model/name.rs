//! Mailbox names: as sent, and as shown.

use crate::wire::mailbox::MailboxName;

/// Whether two names as sent mean the same mailbox: INBOX in any case is one (RFC 9051 section 5.1).
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a == b || (is_inbox(a) && is_inbox(b))
}

/// Whether `name` is INBOX, in any case.
pub fn is_inbox(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"INBOX")
}

/// `name` as shown: modified UTF-7 decoded (RFC 3501 section 5.1.3) where it is valid, else as it is.
/// Hostile all the same: it goes to the screen through `tui/printable.rs`.
pub fn shown(name: &[u8]) -> String {
    MailboxName::from_wire(name).shown()
}
