//! Asking one side, without a connection: which command is next, and what its answer tells. `runner/compare.rs`
//! carries it on a connection of its own, `tui/inquiring.rs` as the traffic of a pane.
//!
//! Several questions may be under way; answers that name their mailbox are taken for that one.

use std::collections::{BTreeSet, VecDeque};

use super::facts::{Facts, MESSAGE};
use super::one::{One, Sought};
use super::place::Spaces;
use super::question::{Question, What};
use crate::wire::CapabilitySet;
use crate::wire::mailbox::MailboxName;
use crate::wire::response::{ListEntry, NamespaceEntry, Untagged};

/// Most mailboxes whose counts, rights and limits are asked for.
pub const MAILBOXES: usize = 2_000;
/// Most mailboxes of a tree.
pub const TREE: usize = 200_000;
/// One message to compare byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its mailbox, as people write it.
    pub mailbox: String,
    /// Its UID.
    pub uid: u64,
}

impl Message {
    /// `INBOX:17`; `None`: it is something else.
    pub fn parse(text: &str) -> Option<Message> {
        let (mailbox, uid) = text.rsplit_once(':')?;
        let uid = uid.parse().ok().filter(|uid| *uid > 0)?;
        (!mailbox.is_empty()).then(|| Message {
            mailbox: mailbox.to_owned(),
            uid,
        })
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything, and one message.
    All(Option<Message>),
    /// One mailbox.
    One(Sought),
}

/// How the side stands when the asking begins.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// What the server offers; `None`: it is asked for.
    pub capabilities: Option<CapabilitySet>,
    /// Mailbox names travel as UTF-8.
    pub utf8: bool,
    /// The mailbox that is open, and what was told of it: it is not opened again.
    pub open: Option<Opened>,
}

/// A mailbox that is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// Its name as sent.
    pub name: Vec<u8>,
    /// By EXAMINE, not by SELECT.
    pub examined: bool,
    /// FLAGS.
    pub flags: Vec<String>,
    /// PERMANENTFLAGS, if they were told.
    pub permanent: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Begin,
    Capabilities,
    Namespaces,
    Found,
    Details,
    Limits,
    Opened,
    Inside,
    Over,
}

/// The asking of one side.
#[derive(Debug)]
pub struct Inquiry {
    pub(super) facts: Facts,
    pub(super) stage: Stage,
    pub(super) set: CapabilitySet,
    pub(super) utf8: bool,
    pub(super) spaces: Spaces,
    known: bool,
    pub(super) message: Option<Message>,
    pub(super) one: Option<One>,
    pub(super) open: Option<Opened>,
    /// We have opened a mailbox that was not open.
    pub(super) opened: bool,
    pub(super) boxes: Vec<Vec<u8>>,
    pub(super) named: BTreeSet<Vec<u8>>,
    pub(super) tree: usize,
    pub(super) waiting: VecDeque<Question>,
    under_way: BTreeSet<usize>,
}

impl Inquiry {
    /// Nothing is asked yet.
    pub fn new(scope: Scope, standing: Standing) -> Inquiry {
        let (message, one) = match scope {
            Scope::All(message) => (message, None),
            Scope::One(sought) => (None, Some(One::new(sought))),
        };
        let mut inquiry = Inquiry {
            facts: Facts::default(),
            stage: Stage::Begin,
            known: standing.capabilities.is_some(),
            set: standing.capabilities.unwrap_or_default(),
            utf8: standing.utf8,
            spaces: Spaces::default(),
            message,
            one,
            open: standing.open,
            opened: false,
            boxes: Vec::new(),
            named: BTreeSet::new(),
            tree: 0,
            waiting: VecDeque::new(),
            under_way: BTreeSet::new(),
        };
        inquiry.go_on();
        inquiry
    }

    /// To the next questions, once all that were asked are answered.
    fn go_on(&mut self) {
        while self.waiting.is_empty() && self.under_way.is_empty() && self.stage != Stage::Over {
            self.advance();
        }
    }

    /// The next question and its number; `None`: answers are waited for, or it is over.
    pub fn next_question(&mut self) -> Option<(usize, Question)> {
        let question = self.waiting.pop_front()?;
        let number = self.facts.questions.len();
        self.facts.questions.push(question.clone());
        self.under_way.insert(number);
        Some((number, question))
    }

    /// The question of this number.
    pub fn question(&self, number: usize) -> Option<&Question> {
        self.facts.questions.get(number)
    }

    /// Questions that are under way.
    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Everything is asked and answered.
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over && self.waiting.is_empty() && self.under_way.is_empty()
    }

    /// Nothing more is wanted, but a mailbox that was opened for this is closed again.
    pub fn stop(&mut self) {
        self.waiting.retain(|q| q.what == What::Close);
        if self.stage != Stage::Over {
            self.close();
        }
        self.stage = Stage::Over;
    }

    /// What was told.
    pub fn into_facts(self) -> Facts {
        self.facts
    }

    /// Where the asking is, in words.
    pub fn progress(&self) -> String {
        match self.stage {
            Stage::Begin | Stage::Capabilities | Stage::Namespaces => "begins".to_owned(),
            Stage::Found if self.one.is_some() => "looks for the mailbox".to_owned(),
            Stage::Found => format!("{} mailboxes listed", self.tree),
            Stage::Details if self.one.is_some() => "counts, rights, limits".to_owned(),
            Stage::Details => {
                let each = if self.set.has("ACL") { 3 } else { 1 };
                let left = (self.waiting.len() + self.under_way.len()).div_ceil(each);
                let all = self.boxes.len();
                format!("{} of {all} mailboxes", all.saturating_sub(left))
            }
            Stage::Limits => "quota".to_owned(),
            Stage::Opened => "opens the mailbox".to_owned(),
            Stage::Inside => match &self.facts.message {
                Some((_, octets)) => format!("{} octets of the message", octets.len()),
                None if self.one.is_some() => "counts flags".to_owned(),
                None => "fetches the message".to_owned(),
            },
            Stage::Over => "done".to_owned(),
        }
    }

    /// Untagged data that answers question `number`.
    pub fn heard(&mut self, number: usize, data: &Untagged) {
        let Some(question) = self.facts.questions.get(number).cloned() else {
            return;
        };
        match self.one.is_some() {
            true => self.heard_of_one(number, &question, data),
            false => self.heard_of_all(number, &question, data),
        }
    }

    /// Octets of the message that question `number` wants.
    pub fn octets(&mut self, number: usize, octets: &[u8]) {
        let wanted = self.facts.questions.get(number);
        if wanted.is_none_or(|question| !question.wants_octets()) {
            return;
        }
        let (_, message) = self.facts.message.get_or_insert((number, Vec::new()));
        let room = MESSAGE.saturating_sub(message.len()).min(octets.len());
        message.extend_from_slice(octets.get(..room).unwrap_or_default());
    }

    /// Question `number` is completed; `refused`: with NO or BAD and these words.
    pub fn done(&mut self, number: usize, refused: Option<&str>) {
        if !self.under_way.remove(&number) {
            return;
        }
        if let Some(question) = self.facts.questions.get(number).cloned() {
            match self.one.is_some() {
                true => self.done_of_one(number, &question, refused),
                false => self.done_of_all(number, &question, refused),
            }
        }
        self.go_on();
    }

    pub(super) fn ask(&mut self, question: Question) {
        self.waiting.push_back(question);
    }

    /// To the next stage and its questions; there may be none.
    fn advance(&mut self) {
        match self.one.is_some() {
            true => self.advance_one(),
            false => self.advance_all(),
        }
    }

    pub(super) fn ask_capabilities(&mut self) -> Stage {
        if !self.known {
            self.ask(Question::new(What::Capabilities, "CAPABILITY"));
        }
        Stage::Capabilities
    }

    pub(super) fn ask_namespaces(&mut self) -> Stage {
        if self.set.has("NAMESPACE") || self.set.has("IMAP4rev2") {
            self.ask(Question::new(What::Namespaces, "NAMESPACE"));
        }
        Stage::Namespaces
    }

    /// Opens it to be read, unless it is open.
    pub(super) fn open(&mut self, name: &[u8]) {
        let there = self.open.take().filter(|open| same(&open.name, name));
        if there.is_some() {
            self.open = there;
            return;
        }
        self.opened = true;
        self.open = Some(Opened {
            name: name.to_vec(),
            examined: true,
            ..Opened::default()
        });
        self.ask(Question::new(What::Open, "EXAMINE").of(name));
    }

    pub(super) fn not_opened(&mut self) {
        self.open = None;
        self.opened = false;
        self.waiting.retain(|q| q.what != What::Close);
    }

    /// What we opened is closed: by UNSELECT, for CLOSE would expunge what somebody else has opened.
    pub(super) fn close(&mut self) {
        let offered = self.set.has("UNSELECT") || self.set.has("IMAP4rev2");
        if std::mem::take(&mut self.opened) && offered {
            self.ask(Question::new(What::Close, "UNSELECT"));
        }
    }
}

/// The attributes in order, but those that tell of a server's cache and of time, not of the mailbox: our own
/// STATUS may bring them about (Dovecot).
pub(super) fn attributes(entry: &ListEntry) -> String {
    let passing = ["\\Marked", "\\Unmarked"];
    let mut attributes: Vec<&str> = entry.attributes.iter().map(String::as_str).collect();
    attributes.retain(|a| !passing.iter().any(|p| p.eq_ignore_ascii_case(a)));
    attributes.sort_unstable_by_key(|a| a.to_ascii_lowercase());
    attributes.join(" ")
}

/// It can be opened.
pub(super) fn is_mailbox(entry: &ListEntry) -> bool {
    let barred = ["\\Noselect", "\\NonExistent"];
    let is_barred = |a: &String| barred.iter().any(|b| b.eq_ignore_ascii_case(a));
    !entry.attributes.iter().any(is_barred)
}

pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    MailboxName::from_wire(a) == MailboxName::from_wire(b)
}

pub(super) fn shown(name: &[u8]) -> String {
    MailboxName::from_wire(name).shown()
}

/// Letters in order: servers have orders of their own.
pub(super) fn sorted(rights: &str) -> String {
    let letters: BTreeSet<char> = rights.chars().collect();
    letters.into_iter().collect()
}

/// Of a NAMESPACE response.
pub(super) fn spaces(
    personal: &[NamespaceEntry],
    other_users: &[NamespaceEntry],
    shared: &[NamespaceEntry],
) -> Spaces {
    Spaces {
        personal: personal.to_vec(),
        other_users: other_users.to_vec(),
        shared: shared.to_vec(),
    }
}
