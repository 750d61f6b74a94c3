//! One connection of a run.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::reply::{Element, Reply, ReplyBuilder};
use super::group::Running;
use crate::session::CloseCause;
use crate::wire::CapabilitySet;

/// Most replies that are kept while no command is open.
const WAITING: usize = 10_000;

/// What is known of a connection.
#[derive(Default)]
pub(super) struct Conn {
    /// It was asked for.
    pub asked: bool,
    /// It is there.
    pub open: bool,
    /// Who it is.
    pub user: String,
    pub capabilities: Option<CapabilitySet>,
    /// Names travel as UTF-8.
    pub utf8: bool,
    /// Whether the open mailbox is read only; `None`: none is, or that is not known.
    pub read_only: Option<bool>,
    pub exists: Option<u64>,
    pub builder: ReplyBuilder,
    /// The commands under way.
    pub running: Option<Running>,
    /// What came while nothing was under way.
    pub waiting: VecDeque<Reply>,
    pub greeting: Option<Reply>,
    /// The last tagged reply.
    pub tagged: Option<Reply>,
    pub closed: Option<CloseCause>,
    /// The limit of a command here, if it is another than elsewhere.
    pub limit: Option<Duration>,
    /// When something was last sent.
    pub sent: Option<Instant>,
}

impl Conn {
    pub(super) fn opened(&mut self, capabilities: Option<CapabilitySet>) {
        self.open = true;
        self.closed = None;
        self.waiting.clear();
        self.tagged = None;
        if capabilities.is_some() {
            self.capabilities = capabilities;
        }
    }

    pub(super) fn wait(&mut self, reply: Reply) {
        if self.waiting.len() >= WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(reply);
    }

    /// Notes what a reply says about the session.
    pub(super) fn note(&mut self, reply: &Reply) {
        let word = |at: usize| reply.elements.get(at).and_then(Element::value);
        match reply.kind().as_str() {
            "EXISTS" => {
                let number = word(0).and_then(|w| std::str::from_utf8(w).ok());
                self.exists = number.and_then(|n| n.parse().ok());
            }
            "EXPUNGE" => self.exists = self.exists.map(|n| n.saturating_sub(1)),
            "ENABLED" => {
                let names = reply.elements.iter().filter_map(Element::value);
                self.utf8 |= names.into_iter().any(|n| {
                    n.eq_ignore_ascii_case(b"UTF8=ACCEPT") || n.eq_ignore_ascii_case(b"IMAP4REV2")
                });
            }
            _ => {}
        }
    }
}
