//! REFERENCE. What IMAP offers: one row per command.
//!
//! Knows: verbs, their syntax, where they are allowed, where they are described.
//! Must not know: sockets, screens, the session.
//! To add a command: one row in the file of its state; completion, hint and help follow.

mod complete;
mod spec;

pub use complete::{Candidate, complete, hint};
pub use spec::{Argument, CommandSpec};

/// Every command, sorted by verb.
pub fn commands() -> &'static [CommandSpec] {
    &[]
}

/// The row of `verb` (`SELECT`, `uid fetch`), in any case.
pub fn find(verb: &str) -> Option<&'static CommandSpec> {
    commands()
        .iter()
        .find(|c| c.verb.eq_ignore_ascii_case(verb))
}
