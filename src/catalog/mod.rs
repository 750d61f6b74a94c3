//! REFERENCE. What IMAP offers: one row per command, in `assets/catalog`; and what can be said of a
//! typed command by it: colours, hints, candidates, mistakes.
//!
//! Knows: verbs, their syntax, where they are allowed, what they do, where they are described.
//! Must not know: sockets, screens, the session.
//! To add a command: one table in `assets/catalog/<state>.toml`; all else follows. A new kind of
//! argument: `slot.rs`.

mod complete;
mod grammar;
mod hint;
mod lexer;
mod lint;
mod live;
mod matcher;
mod parse;
mod reading;
mod slot;
mod spec;
mod table;

pub use complete::{Candidate, accepts_utf8, complete, mailbox_argument};
pub use hint::{Hint, hint};
pub use lint::{Finding, Fix, Severity, Wanted, lint, mailbox_named, rights_wanted};
pub use live::Live;
pub use parse::{Piece, TokenClass, command_at, commands_in, parse_line, partner, pieces_in};
pub use spec::{CommandSpec, Effect, Hits, Need, On, States};

use grammar::Grammar;

/// Every command, sorted by verb.
pub fn commands() -> &'static [CommandSpec] {
    &table::TABLE.commands
}

/// The row of `verb` (`SELECT`, `uid fetch`), in any case.
pub fn find(verb: &str) -> Option<&'static CommandSpec> {
    let verb = verb.to_ascii_uppercase();
    let at = commands()
        .binary_search_by(|row| row.verb.as_str().cmp(&verb))
        .ok()?;
    commands().get(at)
}

/// What is wrong with the files in `assets/catalog`: sentences. A test wants none.
pub fn table_errors() -> &'static [String] {
    &table::TABLE.errors
}

fn grammar() -> &'static Grammar {
    &table::TABLE.grammar
}
