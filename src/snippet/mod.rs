//! SNIPPETS. Files of commands and of what is expected of them: read, checked, played.
//!
//! Knows: the format (`assets/snippets/GRAMMAR.md`), variables, how replies are compared, what comes next.
//! Must not know: sockets, clocks (the time is an argument), screens, files (contents come through
//! [`Files`]), who runs it.
//! To add a directive: a variant of `script::Directive`, its row in `parse/directive.rs`, its arm in
//! `player/directive.rs`. A header key: its row in `parse/header.rs`. Another dialect: another lexer that
//! makes a [`Script`].

pub mod check;
pub mod diagnostic;
pub mod imaptest;
pub mod matcher;
pub mod named;
pub mod parse;
pub mod pattern;
pub mod player;
pub mod recorded;
pub mod reply;
pub mod script;
pub mod substitute;
pub mod table;
pub mod value;

pub use check::{Foreign, Needs, Report, check, look_over, needs};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use parse::parse;
pub use player::{Act, Player, Record, Settings, Verdict, Who};
pub use recorded::{Marked, recorded};
pub use script::Script;
pub use value::{Value, Vars};

/// What a snippet reads besides itself: `{@mail.eml}`, `!include`, `!for x in @list`.
///
/// Paths are relative to the snippet's folder. Whoever gives this decides what may be read.
pub trait Files: Send + Sync {
    /// The octets of a file.
    ///
    /// # Errors
    /// A sentence.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// No files at all: for texts out of the editor.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        Err(format!(
            "{path} cannot be read here: this text has no folder."
        ))
    }
}
