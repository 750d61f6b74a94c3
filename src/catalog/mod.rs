//! REFERENCE. What IMAP offers: one row per command.
//!
//! Knows: verbs, their syntax, where they are allowed, where they are described.
//! Must not know: sockets, screens, the session.
//! To add a command: one row in the file of its state; completion, hint and help follow.

mod any_state;
mod authenticated;
mod complete;
mod selected;
mod spec;

use std::sync::LazyLock;

pub use complete::{Candidate, accepts_utf8, complete, hint, mailbox_argument};
pub use spec::{Argument, CommandSpec};

static COMMANDS: LazyLock<Vec<CommandSpec>> = LazyLock::new(|| {
    let mut rows = [any_state::ROWS, authenticated::ROWS, selected::ROWS].concat();
    rows.sort_by_key(|row| row.verb);
    rows
});

/// Every command, sorted by verb.
pub fn commands() -> &'static [CommandSpec] {
    &COMMANDS
}

/// The row of `verb` (`SELECT`, `uid fetch`), in any case.
pub fn find(verb: &str) -> Option<&'static CommandSpec> {
    let verb = verb.to_ascii_uppercase();
    let at = commands()
        .binary_search_by(|row| row.verb.cmp(&verb))
        .ok()?;
    commands().get(at)
}
