//! Mailbox names: the store's own (`user.craig.Sent`) and what a user sees (`INBOX.Sent`).
//!
//! As in Cyrus with `altnamespace: no`: an administrator sees the store's names.

use crate::wire::mutf7;

use super::command::Refusal;

/// The hierarchy delimiter.
pub const DELIMITER: char = '.';
/// Longest name, in octets.
const LONGEST: usize = 490;
/// Deepest name, in components.
const DEEPEST: usize = 30;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The authorization identity.
    pub name: std::sync::Arc<str>,
    /// Whether that is an administrator.
    pub admin: bool,
}

impl Who {
    /// The store's name of this user's INBOX.
    pub fn inbox(&self) -> String {
        format!("user.{}", self.name)
    }

    /// Whether `internal` is this user's INBOX or lies below it.
    pub fn owns(&self, internal: &str) -> bool {
        owner(internal) == Some(&self.name)
    }

    /// The store's name of what this user calls `external`. `INBOX` in any case (RFC 3501 section 5.1).
    pub fn internal(&self, external: &str) -> String {
        let (first, rest) = match external.split_once(DELIMITER) {
            Some((first, rest)) => (first, Some(rest)),
            None => (external, None),
        };
        match (first.eq_ignore_ascii_case("INBOX"), rest) {
            (true, None) => self.inbox(),
            (true, Some(rest)) => format!("user.{}.{rest}", self.name),
            (false, _) => external.to_owned(),
        }
    }

    /// What this user calls the store's `internal`.
    pub fn external(&self, internal: &str) -> String {
        if self.admin {
            return internal.to_owned();
        }
        match internal
            .strip_prefix("user.")
            .and_then(|name| name.strip_prefix(&*self.name))
        {
            Some("") => "INBOX".to_owned(),
            Some(rest) if rest.starts_with(DELIMITER) => format!("INBOX{rest}"),
            _ => internal.to_owned(),
        }
    }
}

/// The user whose mailbox this is, `None` for shared ones.
pub fn owner(internal: &str) -> Option<&str> {
    internal.strip_prefix("user.")?.split(DELIMITER).next()
}

/// The name one level up.
pub fn parent(internal: &str) -> Option<&str> {
    internal.rsplit_once(DELIMITER).map(|(parent, _)| parent)
}

/// Whether a mailbox may be called so.
///
/// # Errors
/// A sentence that says what is wrong with the name.
pub fn check(internal: &str) -> Result<(), Refusal> {
    let cannot = |text: &str| Err(Refusal::no("CANNOT", text));
    if internal.is_empty() || internal.split(DELIMITER).any(str::is_empty) {
        return cannot("Invalid mailbox name: a level of the hierarchy is empty");
    }
    if internal.len() > LONGEST || internal.split(DELIMITER).count() > DEEPEST {
        return cannot("Invalid mailbox name: too long or too deep");
    }
    if let Some(bad) = internal
        .chars()
        .find(|c| c.is_control() || "%*\\/".contains(*c))
    {
        return Err(Refusal::no(
            "CANNOT",
            format!("Invalid mailbox name: it may not hold {bad:?}"),
        ));
    }
    if !internal.is_ascii() {
        return cannot(
            "Invalid mailbox name: write other characters in modified UTF-7 (RFC 3501 section 5.1.3)",
        );
    }
    if mutf7::decode(internal.as_bytes()).is_err() {
        return cannot("Invalid mailbox name: it is no modified UTF-7 (RFC 3501 section 5.1.3)");
    }
    if internal == "user" || internal.starts_with('-') {
        return cannot("Invalid mailbox name: it is reserved");
    }
    Ok(())
}

/// Whether `name` matches a LIST pattern: `*` matches all, `%` all but the delimiter.
pub fn matches(pattern: &str, name: &str) -> bool {
    // One pass that keeps the set of pattern positions alive: no back-tracking, however many stars.
    let pattern = pattern.as_bytes();
    let mut alive = vec![false; pattern.len() + 1];
    let close = |alive: &mut Vec<bool>| {
        for at in 0..pattern.len() {
            if alive[at] && matches!(pattern[at], b'*' | b'%') {
                alive[at + 1] = true;
            }
        }
    };
    alive[0] = true;
    close(&mut alive);
    for byte in name.bytes() {
        let mut next = vec![false; pattern.len() + 1];
        for at in 0..pattern.len() {
            if !alive[at] {
                continue;
            }
            match pattern[at] {
                b'*' => next[at] = true,
                b'%' => next[at] |= byte != DELIMITER as u8,
                literal => next[at + 1] |= literal == byte,
            }
        }
        alive = next;
        close(&mut alive);
    }
    alive.last().copied().unwrap_or(false)
}
