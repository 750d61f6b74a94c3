//! Editor text to commands.
//!
//! A line is a command; so a pasted list is several. A line goes on over a line end inside
//! parentheses, and around literals:
//!
//! - `{{{`, lines, `}}}`: the lines joined with CRLF, none after the last; text may go on behind `}}}`;
//! - `{@path}`: the file's octets, lone LF made CRLF; `{@path:raw}`: as they are;
//! - `{9}`, `{9+}` at a line's end: the next nine octets of the text, a line end counted as CRLF;
//! - `~` before any of them: a literal8 (RFC 3516), the only place for NUL; its file is taken raw.
//!
//! Knows: the catalog, what a command of `wire` is made of. Must not know: the session, files (they
//! are read by whoever asks). To add a way to write something: an arm in `reader.rs`.

mod reader;

use std::ops::Range;

use crate::wire::command::{MASK, masked};
use crate::wire::{Command, CommandPart, Tag, TagChoice};
use reader::Reader;

/// What a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Draft {
    /// One or more commands, in order.
    Complete(Vec<DraftItem>),
    /// Something is missing.
    Incomplete {
        /// `3 of 9 octets`
        why: String,
        /// At least so many octets more, as far as that is known.
        octets: u64,
    },
    /// It cannot become a command; a sentence with the way out.
    Refused(String),
    /// Nothing but spaces and line ends.
    Empty,
}

/// One command of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftItem {
    /// The command, secrets marked. Literals from files are empty if files were not read.
    pub command: Command,
    /// Whether it is one that the catalog knows (always, as typed).
    pub known: bool,
    /// `DONE` by itself: the end of IDLE, which is no command (RFC 2177).
    pub is_done: bool,
    /// The files it wants.
    pub files: Vec<FileReference>,
    /// Which octets of the text it was made from.
    pub source: Range<usize>,
}

/// `{@path}`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReference {
    /// As typed, `:raw` taken off.
    pub path: String,
    /// Take the octets as they are (`:raw`, or a literal8).
    pub raw: bool,
    /// It may hold NUL.
    pub binary: bool,
}

/// Reads a file that a text names; the error is a sentence.
pub type ReadFile<'a> = dyn FnMut(&FileReference) -> Result<Vec<u8>, String> + 'a;

/// Whether tags are made and mistakes are found, or all goes as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TagRule {
    /// A known first word gets a tag; before a known second word stands the user's own.
    Automatic,
    /// The text begins with the tag, or with whatever the user wants to send.
    AsTyped,
}

/// Reads `text`. Without `files` no file is opened, and the literals they stand for are empty.
pub fn read(text: &[u8], rule: TagRule, files: Option<&mut ReadFile<'_>>) -> Draft {
    let mut reader = Reader {
        text,
        at: 0,
        as_typed: rule == TagRule::AsTyped,
        files,
    };
    let mut items = Vec::new();
    loop {
        match reader.command() {
            Ok(Some(item)) => items.push(item),
            Ok(None) if items.is_empty() => return Draft::Empty,
            Ok(None) => return Draft::Complete(items),
            Err(stop) => return stop,
        }
    }
}

/// `item` as one line to show: what goes out behind the tag, secrets masked, literals by their size.
pub fn shown(item: &DraftItem, tag: &Tag) -> String {
    let mut out = match &item.command.tag {
        TagChoice::Generated => format!("{tag} "),
        TagChoice::Own(own) => format!("{own} "),
        TagChoice::AsTyped => String::new(),
    };
    let mut files = item.files.iter();
    for part in &item.command.parts {
        match part {
            CommandPart::Text { bytes, secret } => {
                out.push_str(&String::from_utf8_lossy(&masked(bytes, secret)));
            }
            CommandPart::Literal { bytes, .. } if bytes.is_empty() => match files.next() {
                Some(file) => out.push_str(&format!("{{@{}}}", file.path)),
                None => out.push_str("{0}"),
            },
            CommandPart::Literal { bytes, .. } => out.push_str(&format!("{{{}}}", bytes.len())),
            CommandPart::OpenLiteral { size, .. } => out.push_str(&format!("{{{size}}}")),
        }
    }
    out
}

/// The text of `item` as the history keeps it: as typed, or masked if it holds a secret.
pub fn for_history(item: &DraftItem, text: &[u8]) -> String {
    if !has_secret(&item.command) {
        let source = text.get(item.source.clone()).unwrap_or_default();
        return String::from_utf8_lossy(source).trim().to_owned();
    }
    let mut out = match &item.command.tag {
        TagChoice::Own(own) => format!("{own} "),
        TagChoice::Generated | TagChoice::AsTyped => String::new(),
    };
    let mask = String::from_utf8_lossy(MASK);
    for part in &item.command.parts {
        match part {
            CommandPart::Text { bytes, secret } => {
                out.push_str(&String::from_utf8_lossy(&masked(bytes, secret)));
            }
            CommandPart::Literal { secret: true, .. } => out.push_str(&mask),
            CommandPart::Literal { bytes, .. } => {
                out.push_str(&format!(
                    "{{{{{{\n{}\n}}}}}}",
                    String::from_utf8_lossy(bytes)
                ));
            }
            CommandPart::OpenLiteral { size, .. } => out.push_str(&format!("{{{size}}}")),
        }
    }
    out
}

/// Whether `command` is one that the catalog knows.
pub fn is_known(command: &Command) -> bool {
    crate::catalog::find(&command.verb()).is_some()
}

/// Whether any octet of `command` is marked as secret.
pub fn has_secret(command: &Command) -> bool {
    command.parts.iter().any(|part| match part {
        CommandPart::Text { secret, .. } => !secret.is_empty(),
        CommandPart::Literal { secret, .. } | CommandPart::OpenLiteral { secret, .. } => *secret,
    })
}

/// Whether a secret of `command` is the mask itself: a line taken from the history.
pub fn holds_mask(command: &Command) -> bool {
    command.parts.iter().any(|part| match part {
        CommandPart::Text { bytes, secret } => {
            let hidden = |r: &Range<usize>| bytes.get(r.clone()).unwrap_or_default();
            secret.iter().any(|r| hidden(r).trim_ascii() == MASK)
        }
        CommandPart::Literal {
            bytes,
            secret: true,
            ..
        } => bytes == MASK,
        _ => false,
    })
}
