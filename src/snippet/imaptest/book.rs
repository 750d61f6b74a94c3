//! What an imaptest script says: groups of commands and of replies, as arguments.

use std::time::Duration;

use super::args::Arg;
use crate::snippet::script::{Must, Span};

/// A script.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Book {
    /// What is sent together, in order. The greeting, if lines are about it, is the first.
    pub groups: Vec<Group>,
    /// The messages that it appends: an mbox file.
    pub mbox: Option<Mbox>,
    /// Its state may delete mailboxes (`--allow-destructive`).
    pub allow_destructive: bool,
}

/// Where the messages come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mbox {
    /// As it is called in messages.
    pub name: String,
    /// What is in it.
    pub octets: Vec<u8>,
}

/// Commands that go out together, and what is awaited until all are answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    /// The connection, from 1.
    pub conn: usize,
    /// Where it begins.
    pub span: Span,
    /// None: the greeting.
    pub commands: Vec<CommandLine>,
    /// Lines with `*`, `!` and `?`.
    pub lines: Vec<Line>,
    /// A `* BYE` is awaited: the server may close, too.
    pub bye: bool,
    /// `!ordered`: the lines come in this order, one reply for each.
    pub ordered: bool,
    /// `!sleep`, behind it.
    pub sleep: Duration,
    /// `!output`, behind it.
    pub output: Vec<Vec<u8>>,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CommandLine {
    /// The n of `tagN`.
    pub label: Option<u32>,
    /// What is sent behind the tag, variables still in it.
    pub text: Vec<Segment>,
    /// Its tagged reply; empty while it is not written yet.
    pub reply: Vec<Arg>,
    /// Where it is written; line 0: the LOGOUT that nobody wrote.
    pub span: Span,
}

/// A part of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Text of one line.
    Text(Vec<u8>),
    /// A literal.
    Literal {
        /// What is in it.
        octets: Vec<u8>,
        /// `~{{{`
        binary: bool,
    },
}

/// A reply that must, must not or may come.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Which of them.
    pub must: Must,
    /// What stands behind `*`.
    pub args: Vec<Arg>,
    /// Where it is written.
    pub span: Span,
}

impl CommandLine {
    /// Its first words as they are written, for people: literals as `{n}`.
    pub fn written(&self) -> String {
        let mut out = String::new();
        for segment in &self.text {
            match segment {
                Segment::Text(text) => out.push_str(&String::from_utf8_lossy(text)),
                Segment::Literal { octets, .. } => out.push_str(&format!("{{{}}}", octets.len())),
            }
        }
        out
    }

    /// Whether it is this word and nothing else.
    pub fn is(&self, word: &str) -> bool {
        matches!(self.text.as_slice(), [Segment::Text(text)] if text.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// Whether `BAD` is what the script wants.
    pub fn wants_bad(&self) -> bool {
        self.reply.first().is_some_and(|status| status.is("BAD"))
    }
}
