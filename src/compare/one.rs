//! Asking one side about one mailbox: does it see it, what may it do there, what does it count.

use super::facts::Section;
use super::inquiry::{Inquiry, Stage, attributes, is_mailbox, same, shown, sorted, spaces};
use super::place::Place;
use super::question::{Question, What};
use crate::decode::rights;
use crate::wire::response::{ResponseCode, Untagged};

/// System flags and the SEARCH keys that find them (RFC 9051 section 6.4.4).
const FLAGS: &[(&str, &str)] = &[
    ("\\Answered", "ANSWERED"),
    ("\\Deleted", "DELETED"),
    ("\\Draft", "DRAFT"),
    ("\\Flagged", "FLAGGED"),
    ("\\Seen", "SEEN"),
];
/// Most flags of a mailbox that are compared.
const MOST: usize = 1_000;

/// Which mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// Its name, as sent, for the one who begins.
    pub name: Vec<u8>,
    /// Where that is, for another one, who may have another name for it; `None`: the name holds.
    pub place: Option<Place>,
    /// Who is asked.
    pub who: String,
}

#[derive(Debug)]
pub(super) struct One {
    sought: Sought,
    /// Its name here.
    name: Vec<u8>,
    candidates: Vec<Vec<u8>>,
    listed: bool,
    subscribed: Option<bool>,
    roots: Vec<String>,
}

impl One {
    pub fn new(sought: Sought) -> One {
        One {
            name: sought.name.clone(),
            candidates: vec![sought.name.clone()],
            sought,
            listed: false,
            subscribed: None,
            roots: Vec::new(),
        }
    }
}

impl Inquiry {
    pub(super) fn heard_of_one(&mut self, number: usize, question: &Question, data: &Untagged) {
        let Some(one) = &mut self.one else {
            return;
        };
        let about = |named: &[u8]| question.mailbox().is_some_and(|of| same(of, named));
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
            ) => self.spaces = spaces(personal, other_users, shared),
            (What::Find, Untagged::List(entry)) if about(&entry.name) => {
                if one.listed || !is_mailbox(entry) {
                    return;
                }
                one.listed = true;
                one.name.clone_from(&entry.name);
                let has = |name: &str| {
                    entry
                        .attributes
                        .iter()
                        .any(|a| a.eq_ignore_ascii_case(name))
                };
                if question.rest().contains("SUBSCRIBED") {
                    one.subscribed = Some(has("\\Subscribed"));
                }
                let mut entry = entry.clone();
                entry
                    .attributes
                    .retain(|a| !a.eq_ignore_ascii_case("\\Subscribed"));
                let value = format!("({})", attributes(&entry));
                self.facts
                    .put(asked, Section::Mailbox, "attributes", "", value);
            }
            (What::Subscribed, Untagged::Lsub(entry)) if about(&entry.name) => {
                one.subscribed = Some(true);
            }
            (What::Counts, Untagged::MailboxStatus { mailbox, items }) if about(mailbox) => {
                for (item, value) in items {
                    let item = item.to_ascii_uppercase();
                    self.facts
                        .put(asked, Section::Status, item, "", value.to_string());
                }
            }
            (What::MyRights, Untagged::MyRights { mailbox, rights }) if about(mailbox) => {
                let rights = sorted(rights);
                for letter in rights.chars() {
                    let of = format!("{letter} {}", rights::word(letter));
                    self.facts.put(asked, Section::MyRights, of, "", "yes");
                }
                // Before its letters: the space sorts first.
                self.facts.put(asked, Section::MyRights, " all", "", rights);
            }
            (What::Acl, Untagged::Acl { mailbox, entries }) if about(mailbox) => {
                for (who, rights) in entries {
                    self.facts.put(asked, Section::Acl, who, "", sorted(rights));
                }
            }
            (What::Limits, Untagged::QuotaRoot { roots, .. }) => {
                one.roots = roots.iter().take(MOST).cloned().collect();
                let value = match roots.is_empty() {
                    true => "none".to_owned(),
                    false => roots.join(", "),
                };
                self.facts.put(asked, Section::Quota, " root", "", value);
            }
            (What::Limits, Untagged::Quota { root, resources }) => {
                // Users have names of their own for one root.
                let at = one.roots.iter().position(|r| r == root).unwrap_or(0);
                for (name, usage, limit) in resources {
                    let of = match at {
                        0 => name.clone(),
                        at => format!("{name}, root {}", at + 1),
                    };
                    let value = format!("{usage} of {limit}");
                    self.facts.put(asked, Section::Quota, of, "", value);
                }
            }
            (What::Open, Untagged::Flags(flags)) => {
                if let Some(open) = &mut self.open {
                    open.flags = flags.iter().take(MOST).cloned().collect();
                }
            }
            (What::Open, Untagged::Status(status)) => {
                if let (Some(ResponseCode::PermanentFlags(flags)), Some(open)) =
                    (&status.code, &mut self.open)
                {
                    open.permanent = Some(flags.iter().take(MOST).cloned().collect());
                }
            }
            (What::Flag(flag), Untagged::Esearch { count: Some(count) }) => {
                let count = *count;
                self.flagged(number, flag, count);
            }
            (What::Flag(flag), Untagged::Search(found)) => {
                let count = found.len() as u64;
                self.flagged(number, flag, count);
            }
            _ => {}
        }
    }

    fn flagged(&mut self, number: usize, flag: &str, count: u64) {
        let value = match count {
            1 => "1 message".to_owned(),
            count => format!("{count} messages"),
        };
        self.facts
            .put(Some(number), Section::Flags, flag, "", value);
    }

    pub(super) fn done_of_one(
        &mut self,
        number: usize,
        question: &Question,
        refused: Option<&str>,
    ) {
        let section = match question.what {
            What::Counts => Section::Status,
            What::Acl => Section::Acl,
            What::MyRights => Section::MyRights,
            What::Limits => Section::Quota,
            What::Open => Section::Flags,
            _ => return,
        };
        if refused.is_none() {
            return;
        }
        if question.what == What::Open {
            self.not_opened();
        }
        let verb = question.words().split(' ').next().unwrap_or_default();
        self.facts
            .put(Some(number), section, format!(" {verb}"), "", "refused");
    }

    pub(super) fn advance_one(&mut self) {
        self.stage = match self.stage {
            Stage::Begin => self.ask_capabilities(),
            Stage::Capabilities => match self.one.as_ref().map(|one| one.sought.place.is_some()) {
                Some(true) => self.ask_namespaces(),
                _ => Stage::Namespaces,
            },
            Stage::Namespaces => {
                self.find();
                Stage::Found
            }
            Stage::Found => {
                self.ask_one();
                Stage::Details
            }
            Stage::Details | Stage::Limits => {
                self.tell_mailbox();
                let name = self
                    .one
                    .as_ref()
                    .filter(|one| one.listed || self.open.is_some());
                if let Some(name) = name.map(|one| one.name.clone()) {
                    self.open(&name);
                }
                Stage::Opened
            }
            Stage::Opened => {
                self.tell_flags();
                if self.open.is_some() {
                    self.count_flags();
                }
                Stage::Inside
            }
            Stage::Inside | Stage::Over => {
                self.close();
                Stage::Over
            }
        };
    }

    /// Which of its possible names is a mailbox here?
    fn find(&mut self) {
        let Some(one) = &mut self.one else {
            return;
        };
        if let Some(place) = &one.sought.place {
            let names = place.names(&self.spaces, &one.sought.who);
            if let Some(likely) = names.last() {
                one.name.clone_from(likely);
                one.candidates = names;
            }
        }
        let special = match self.set.has("SPECIAL-USE") {
            true => " SPECIAL-USE",
            false => "",
        };
        let extended = self.set.has("LIST-EXTENDED") || self.set.has("IMAP4rev2");
        let rest = match extended {
            true => format!("RETURN (CHILDREN SUBSCRIBED{special})"),
            false => String::new(),
        };
        for name in one.candidates.clone() {
            self.ask(Question::new(What::Find, "LIST \"\"").of(&name).with(&rest));
        }
    }

    fn ask_one(&mut self) {
        let Some(one) = &self.one else {
            return;
        };
        let (name, subscribed) = (one.name.clone(), one.subscribed);
        let size = match self.set.has("STATUS=SIZE") || self.set.has("IMAP4rev2") {
            true => " SIZE",
            false => "",
        };
        if subscribed.is_none() && !self.set.has("IMAP4rev2") {
            self.ask(Question::new(What::Subscribed, "LSUB \"\"").of(&name));
        }
        let items = format!("(MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY{size})");
        self.ask(Question::new(What::Counts, "STATUS").of(&name).with(&items));
        if self.set.has("ACL") {
            self.ask(Question::new(What::MyRights, "MYRIGHTS").of(&name));
            self.ask(Question::new(What::Acl, "GETACL").of(&name));
        }
        if self.set.has("QUOTA") {
            self.ask(Question::new(What::Limits, "GETQUOTAROOT").of(&name));
        }
    }

    fn tell_mailbox(&mut self) {
        let Some(one) = &self.one else {
            return;
        };
        let find = self
            .facts
            .questions
            .iter()
            .rposition(|q| q.what == What::Find);
        let lsub = self
            .facts
            .questions
            .iter()
            .rposition(|q| q.what == What::Subscribed);
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        let name = shown(&one.name);
        let (listed, subscribed) = (one.listed, one.subscribed.unwrap_or(false));
        if !listed {
            let words = "does not see this mailbox: LIST tells of none";
            self.facts.notes.push(words.to_owned());
        }
        self.facts.put(find, Section::Mailbox, " name", "", name);
        self.facts
            .put(find, Section::Mailbox, "listed", "", yes(listed));
        self.facts.put(
            lsub.or(find),
            Section::Mailbox,
            "subscribed",
            "",
            yes(subscribed),
        );
    }

    /// FLAGS and PERMANENTFLAGS, told when it was opened. Of flags that SEARCH counts the numbers follow.
    fn tell_flags(&mut self) {
        let asked = self
            .facts
            .questions
            .iter()
            .rposition(|q| q.what == What::Open);
        let Some(open) = self.open.clone() else {
            return;
        };
        for flag in &open.flags {
            self.facts.put(asked, Section::Flags, flag, "", "in FLAGS");
        }
        if let Some(permanent) = open.permanent {
            let by = if open.examined { "EXAMINE" } else { "SELECT" };
            let mut flags = permanent;
            flags.sort_unstable_by_key(|flag| flag.to_ascii_lowercase());
            let value = format!("({})", flags.join(" "));
            self.facts
                .put_by(by, asked, Section::Flags, " PERMANENTFLAGS", "", value);
        }
    }

    fn count_flags(&mut self) {
        let counts = self.set.has("ESEARCH") || self.set.has("IMAP4rev2");
        let verb = if counts {
            "SEARCH RETURN (COUNT)"
        } else {
            "SEARCH"
        };
        for (flag, key) in FLAGS {
            self.ask(Question::new(What::Flag(flag), &format!("{verb} {key}")));
        }
    }
}
