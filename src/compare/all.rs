//! Asking one side about everything: what it offers, its mailboxes, what they count, who may what, and one message.

use super::facts::{MESSAGE, Section};
use super::inquiry::{
    Inquiry, MAILBOXES, Stage, TREE, attributes, is_mailbox, same, shown, sorted,
};
use super::question::{Question, What};
use crate::wire::mailbox::MailboxName;
use crate::wire::response::{ListEntry, Untagged};

/// Mailboxes whose counts are asked for before their rights are: questions of one kind can go together.
const TOGETHER: usize = 4;

impl Inquiry {
    pub(super) fn heard_of_all(&mut self, number: usize, question: &Question, data: &Untagged) {
        let asked = Some(number);
        match (&question.what, data) {
            (What::Capabilities, Untagged::Capability(set)) => self.set = set.clone(),
            (
                What::Namespaces,
                Untagged::Namespace {
                    personal,
                    other_users,
                    shared,
                },
            ) => {
                let kinds = [
                    ("personal", personal),
                    ("other users", other_users),
                    ("shared", shared),
                ];
                for (kind, entry) in kinds
                    .iter()
                    .flat_map(|(k, e)| e.iter().map(move |e| (*k, e)))
                {
                    let prefix = format!("{:?}", shown(&entry.prefix));
                    let delimiter = entry.delimiter.map_or("none".to_owned(), String::from);
                    self.facts
                        .put(asked, Section::Namespaces, kind, prefix, delimiter);
                }
            }
            (What::Tree, Untagged::List(entry)) => self.listed(number, entry),
            (What::Counts, Untagged::MailboxStatus { mailbox, items }) => {
                let of = self.subject(mailbox, question);
                for (item, value) in items {
                    let (item, value) = (item.to_ascii_uppercase(), value.to_string());
                    self.facts
                        .put(asked, Section::Status, of.clone(), item, value);
                }
            }
            (What::Acl, Untagged::Acl { mailbox, entries }) => {
                let of = self.subject(mailbox, question);
                for (who, rights) in entries {
                    self.facts
                        .put(asked, Section::Acl, of.clone(), who, sorted(rights));
                }
            }
            (What::MyRights, Untagged::MyRights { mailbox, rights }) => {
                let of = self.subject(mailbox, question);
                self.facts
                    .put(asked, Section::MyRights, of, "", sorted(rights));
            }
            (What::Limits, Untagged::Quota { resources, .. }) => {
                for (name, usage, limit) in resources {
                    let value = format!("{usage} of {limit}");
                    self.facts.put(asked, Section::Quota, "INBOX", name, value);
                }
            }
            _ => {}
        }
    }

    pub(super) fn done_of_all(
        &mut self,
        number: usize,
        question: &Question,
        refused: Option<&str>,
    ) {
        let Some(words) = refused else {
            return;
        };
        // The words differ from server to server; that it is refused is what counts.
        let section = match question.what {
            What::Counts => Section::Status,
            What::Acl => Section::Acl,
            What::MyRights => Section::MyRights,
            What::Limits => Section::Quota,
            What::Open | What::Message => {
                let verb = match question.what {
                    What::Open => "EXAMINE",
                    _ => "UID FETCH",
                };
                let sentence = format!("{verb} was refused: {}", words.trim());
                self.facts.trouble.get_or_insert(sentence);
                if question.what == What::Open {
                    self.not_opened();
                }
                return;
            }
            _ => return,
        };
        let of = question.mailbox().map_or("INBOX".to_owned(), shown);
        self.facts.put(Some(number), section, of, "", "refused");
    }

    pub(super) fn advance_all(&mut self) {
        self.stage = match self.stage {
            Stage::Begin => self.ask_capabilities(),
            Stage::Capabilities => {
                let names: Vec<String> = self.set.iter().map(str::to_owned).collect();
                let asked = (!self.facts.questions.is_empty()).then_some(0);
                for name in names {
                    self.facts
                        .put(asked, Section::Capabilities, name, "", "offered");
                }
                self.ask_namespaces()
            }
            Stage::Namespaces => {
                self.ask(Question::new(What::Tree, "LIST \"\" \"*\""));
                Stage::Found
            }
            Stage::Found => {
                self.ask_details();
                Stage::Details
            }
            Stage::Details => {
                if self.set.has("QUOTA") {
                    let question = Question::new(What::Limits, "GETQUOTAROOT").of(b"INBOX");
                    self.ask(question);
                }
                Stage::Limits
            }
            Stage::Limits => {
                if let Some(message) = &self.message {
                    let name = MailboxName::from_shown(&message.mailbox, self.utf8);
                    self.open(name.wire());
                }
                Stage::Opened
            }
            Stage::Opened => {
                if let Some(message) = self.message.as_ref().filter(|_| self.open.is_some()) {
                    let words = format!("UID FETCH {} BODY.PEEK[]", message.uid);
                    self.ask(Question::new(What::Message, &words));
                }
                Stage::Inside
            }
            Stage::Inside | Stage::Over => {
                self.tell_message();
                self.close();
                Stage::Over
            }
        };
    }

    fn ask_details(&mut self) {
        if self.boxes.len() > MAILBOXES {
            let words =
                format!("has more than was compared: rights and counts of {MAILBOXES} mailboxes");
            self.facts.notes.push(words);
            self.boxes.truncate(MAILBOXES);
        }
        let size = match self.set.has("STATUS=SIZE") || self.set.has("IMAP4rev2") {
            true => " SIZE",
            false => "",
        };
        let items = format!("(MESSAGES UNSEEN UIDNEXT UIDVALIDITY{size})");
        let acl = self.set.has("ACL");
        for some in self.boxes.chunks(TOGETHER) {
            for name in some {
                let question = Question::new(What::Counts, "STATUS").of(name);
                self.waiting.push_back(question.with(&items));
            }
            for (what, verb) in [(What::Acl, "GETACL"), (What::MyRights, "MYRIGHTS")] {
                let some = some.iter().filter(|_| acl);
                let questions = some.map(|name| Question::new(what.clone(), verb).of(name));
                self.waiting.extend(questions);
            }
        }
    }

    fn tell_message(&mut self) {
        let Some(message) = self.message.take() else {
            return;
        };
        if self.facts.trouble.is_some() {
            return;
        }
        let last = self.facts.questions.len().checked_sub(1);
        let value = match &self.facts.message {
            Some((_, octets)) if octets.len() == MESSAGE => {
                let words = format!("has a message of which {} MB were compared", MESSAGE >> 20);
                self.facts.notes.push(words);
                format!("{} octets or more", octets.len())
            }
            Some((_, octets)) => format!("{} octets", octets.len()),
            None => "is not there".to_owned(),
        };
        let of = format!("{}:{}", message.mailbox, message.uid);
        if self.facts.message.is_none() {
            self.facts.notes.push(format!("has no message {of}"));
        }
        self.facts.put(last, Section::Message, of, "", value);
    }

    /// A mailbox of the tree.
    fn listed(&mut self, number: usize, entry: &ListEntry) {
        if self.tree >= TREE {
            if self.tree == TREE {
                self.tree += 1;
                let words = format!("has more than was compared: {TREE} mailboxes of its tree");
                self.facts.notes.push(words);
            }
            return;
        }
        self.tree += 1;
        let value = attributes(entry);
        if is_mailbox(entry) && self.named.insert(entry.name.clone()) {
            self.boxes.push(entry.name.clone());
        }
        let delimiter = entry.delimiter.map_or("NIL".to_owned(), String::from);
        let (of, value) = (shown(&entry.name), format!("({value}) {delimiter}"));
        self.facts
            .put(Some(number), Section::Mailboxes, of, "", value);
    }

    /// The mailbox that an answer is about, as shown.
    fn subject(&self, named: &[u8], question: &Question) -> String {
        match question.mailbox() {
            Some(mailbox) if same(mailbox, named) || !self.named.contains(named) => shown(mailbox),
            _ => shown(named),
        }
    }
}
