//! One command of a comparison, as data: whoever carries it makes of it what he sends.

use crate::wire::encode::{self, Argument};
use crate::wire::{Command, Origin};

/// What an answer is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Capabilities,
    Namespaces,
    /// The whole tree.
    Tree,
    /// One mailbox, by its name: does this user see it?
    Find,
    Subscribed,
    Counts,
    Acl,
    MyRights,
    Limits,
    Open,
    /// One message.
    Message,
    /// How many messages have this flag.
    Flag(&'static str),
    Close,
}

/// A command that only reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub(super) what: What,
    words: String,
    mailbox: Option<Vec<u8>>,
    rest: String,
}

impl Question {
    pub(super) fn new(what: What, words: &str) -> Question {
        Question {
            what,
            words: words.to_owned(),
            mailbox: None,
            rest: String::new(),
        }
    }

    pub(super) fn of(mut self, mailbox: &[u8]) -> Question {
        self.mailbox = Some(mailbox.to_vec());
        self
    }

    pub(super) fn with(mut self, rest: &str) -> Question {
        rest.clone_into(&mut self.rest);
        self
    }

    /// The words before the mailbox: the verb, and for LIST its reference.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The mailbox it is about, as sent.
    pub fn mailbox(&self) -> Option<&[u8]> {
        self.mailbox.as_deref()
    }

    /// What stands behind the mailbox; empty: nothing.
    pub fn rest(&self) -> &str {
        &self.rest
    }

    /// The command. `utf8`: quoted strings may hold UTF-8.
    pub fn command(&self, origin: Origin, utf8: bool) -> Command {
        let mut command = Command::line(origin, &self.words);
        if let Some(mailbox) = &self.mailbox {
            encode::append_text(&mut command.parts, b" ");
            encode::append(&mut command.parts, mailbox, Argument::AString, utf8);
        }
        if !self.rest.is_empty() {
            encode::append_text(&mut command.parts, b" ");
            encode::append_text(&mut command.parts, self.rest.as_bytes());
        }
        command
    }

    /// Whether its answer comes as a literal's octets.
    pub fn wants_octets(&self) -> bool {
        self.what == What::Message
    }
}
