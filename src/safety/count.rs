//! What a command would hit, counted: which questions go to the server, and what their answers come to.

use std::collections::VecDeque;

use super::{Doubt, Hit, MANY};
use crate::wire::encode::{self, Argument};
use crate::wire::mailbox::MailboxName;
use crate::wire::response::{Status, StatusResponse, Untagged};
use crate::wire::{Command, Origin};

/// Most mailboxes below one that are counted; of the others only their number is told.
const BELOW: usize = 20;
/// Most mailboxes below one that are listed at all.
const LISTED: usize = 10_000;
/// Most identifiers of an ACL that are kept.
const IDENTIFIERS: usize = 1_000;
/// The order in which RFC 4314 tells rights.
const RIGHTS: &str = "lrswipkxtecda";

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// More is to be asked.
    Open,
    /// All is known that can be.
    Counted,
}

/// The counting for one command.
#[derive(Debug, Clone)]
pub struct Count {
    doubt: Doubt,
    queue: VecDeque<Command>,
    /// Messages, by SEARCH.
    found: Option<u64>,
    /// Mailbox and its messages, by STATUS.
    statuses: Vec<(Vec<u8>, u64)>,
    /// Mailboxes below.
    below: Vec<Vec<u8>>,
    listed: usize,
    acl: Option<Vec<(String, String)>>,
    quota: Option<Vec<(String, u64, u64)>>,
    /// Why something could not be had.
    trouble: Option<String>,
    utf8: bool,
}

fn about(line: &str, name: &[u8], utf8: bool) -> Command {
    let mut command = Command::line(Origin::Program, line);
    encode::append(&mut command.parts, name, Argument::AString, utf8);
    command
}

impl Count {
    /// `esearch`: the server counts by itself (RFC 4731); `utf8`: names may travel as UTF-8.
    pub fn new(doubt: Doubt, esearch: bool, utf8: bool) -> Count {
        let search = |what: &str| {
            let how = if esearch { "RETURN (COUNT) " } else { "" };
            Command::line(Origin::Program, &format!("UID SEARCH {how}{what}"))
        };
        let mut queue = VecDeque::new();
        let mut trouble = None;
        match &doubt.hit {
            _ if !doubt.countable => trouble = Some(unable(&doubt.hit)),
            Hit::Deleted { of: None } => queue.push_back(search("DELETED")),
            Hit::Deleted { of: Some(set) } if is_set(set) => {
                queue.push_back(search(&format!("DELETED UID {set}")));
            }
            Hit::Messages { count: Some(_), .. } => {}
            Hit::Messages { set, uid, .. } if is_set(set) => {
                let uid = if *uid && set != "$" { "UID " } else { "" };
                queue.push_back(search(&format!("{uid}{set}")));
            }
            Hit::Deleted { .. } | Hit::Messages { .. } => {
                trouble = Some("its set of messages cannot be read".to_owned());
            }
            Hit::Mailbox {
                name: Some(name), ..
            } => {
                let mut status = about("STATUS ", name, utf8);
                encode::append_text(&mut status.parts, b" (MESSAGES)");
                queue.push_back(status);
                let mut list = Command::line(Origin::Program, "LIST \"\" ");
                let pattern = [name, &b"*"[..]].concat();
                encode::append(&mut list.parts, &pattern, Argument::AString, utf8);
                queue.push_back(list);
            }
            Hit::Acl {
                mailbox: Some(mailbox),
                ..
            } => queue.push_back(about("GETACL ", mailbox, utf8)),
            Hit::Quota {
                root: Some(root), ..
            } => {
                queue.push_back(about("GETQUOTA ", root, utf8));
            }
            Hit::Mailbox { .. } | Hit::Acl { .. } | Hit::Quota { .. } => {
                trouble = Some("its name is not typed yet".to_owned());
            }
            Hit::Replaced { .. } | Hit::Links { .. } | Hit::Big { .. } | Hit::Unknown(_) => {}
        }
        Count {
            doubt,
            queue,
            found: None,
            statuses: Vec::new(),
            below: Vec::new(),
            listed: 0,
            acl: None,
            quota: None,
            trouble,
            utf8,
        }
    }

    /// Why it is asked about.
    pub fn doubt(&self) -> &Doubt {
        &self.doubt
    }

    /// Whether there is more to ask.
    pub fn answer(&self) -> Answer {
        match self.queue.is_empty() {
            true => Answer::Counted,
            false => Answer::Open,
        }
    }

    /// The next question for the server.
    pub fn next_command(&mut self) -> Option<Command> {
        self.queue.pop_front()
    }

    /// Takes what the server says to it.
    pub fn see(&mut self, data: &Untagged) {
        match (data, &self.doubt.hit) {
            (Untagged::Search(numbers), Hit::Deleted { .. } | Hit::Messages { .. }) => {
                self.found = Some(self.found.unwrap_or(0) + numbers.len() as u64);
            }
            (Untagged::Esearch { count }, Hit::Deleted { .. } | Hit::Messages { .. }) => {
                self.found = count.or(self.found);
            }
            (Untagged::MailboxStatus { mailbox, items }, Hit::Mailbox { .. }) => {
                let messages = items.iter().find(|(item, _)| item == "MESSAGES");
                if let Some((_, messages)) = messages
                    && self.statuses.len() <= BELOW
                {
                    self.statuses.push((mailbox.clone(), *messages));
                }
            }
            (
                Untagged::List(entry),
                Hit::Mailbox {
                    name: Some(name), ..
                },
            ) => {
                let delimiter = entry.delimiter.map(|c| c.to_string()).unwrap_or_default();
                let above = [name, delimiter.as_bytes()].concat();
                let is_below = !delimiter.is_empty()
                    && entry.name.len() > above.len()
                    && entry.name.starts_with(&above);
                if !is_below || self.listed >= LISTED {
                    return;
                }
                self.listed += 1;
                let there = |attribute: &String| {
                    ["\\Noselect", "\\NonExistent"]
                        .iter()
                        .any(|none| none.eq_ignore_ascii_case(attribute))
                };
                if self.below.len() < BELOW {
                    if !entry.attributes.iter().any(there) {
                        let mut status = about("STATUS ", &entry.name, self.utf8);
                        encode::append_text(&mut status.parts, b" (MESSAGES)");
                        self.queue.push_back(status);
                    }
                    self.below.push(entry.name.clone());
                }
            }
            (Untagged::Acl { entries, .. }, Hit::Acl { .. }) => {
                self.acl = Some(entries.iter().take(IDENTIFIERS).cloned().collect());
            }
            (Untagged::Quota { resources, .. }, Hit::Quota { .. }) => {
                self.quota = Some(resources.clone());
            }
            _ => {}
        }
    }

    /// The question that was asked last is answered.
    pub fn over(&mut self, status: &StatusResponse) {
        if status.status != Status::Ok {
            let word = if status.status == Status::No {
                "NO"
            } else {
                "BAD"
            };
            let text = String::from_utf8_lossy(&status.text);
            self.trouble
                .get_or_insert(format!("the server said {word} {}", text.trim()));
            return;
        }
        let searched = matches!(self.doubt.hit, Hit::Deleted { .. } | Hit::Messages { .. });
        if searched && self.found.is_none() {
            self.trouble
                .get_or_insert("the server's answer holds no number".to_owned());
        }
    }

    /// No more is asked; `why` is the end of a sentence.
    pub fn give_up(&mut self, why: &str) {
        self.queue.clear();
        self.trouble.get_or_insert(why.to_owned());
    }

    /// Whether it is to be asked about, now that it is counted.
    pub fn is_to_be_asked(&self) -> bool {
        match (&self.doubt.hit, self.found) {
            _ if self.doubt.always => true,
            (Hit::Deleted { .. }, Some(0)) => false,
            (Hit::Messages { .. }, Some(found)) => found > MANY,
            _ => true,
        }
    }

    /// What it would hit: sentences. Hostile.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = match &self.doubt.hit {
            Hit::Deleted { of } => self.deleted(of.as_deref()),
            Hit::Messages {
                set,
                uid,
                count,
                to,
            } => self.messages(set, *uid, *count, to.as_deref()),
            Hit::Mailbox { name, to } => self.mailbox(name.as_deref(), to.as_deref()),
            Hit::Acl {
                mailbox,
                identifier,
                rights,
            } => self.acl(mailbox.as_deref(), identifier, rights.as_deref()),
            Hit::Quota { root, limits } => self.quota(root.as_deref(), limits),
            Hit::Replaced { set, octets } => vec![format!(
                "Message {set} would go for good; one of {octets} octets comes in its place."
            )],
            Hit::Links { mailbox: None } => {
                vec!["Every URLAUTH link to any of your mailboxes would be dead. How many there are, no server tells.".to_owned()]
            }
            Hit::Links { mailbox } => vec![format!(
                "Every URLAUTH link to {} would be dead. How many there are, no server tells.",
                shown(mailbox.as_deref())
            )],
            Hit::Big { mailbox, octets } => vec![format!(
                "{} octets ({:.1} MiB) would be stored in {}.",
                octets,
                *octets as f64 / (1024.0 * 1024.0),
                shown(mailbox.as_deref())
            )],
            Hit::Unknown(why) => {
                let mut letters = why.chars();
                let first = letters.next().map(|c| c.to_ascii_uppercase());
                vec![format!(
                    "{}{}.",
                    first.map(String::from).unwrap_or_default(),
                    letters.as_str()
                )]
            }
        };
        if self.doubt.changing {
            lines.push("Commands before it write first: by then it may hit more.".to_owned());
        }
        if let Some(trouble) = &self.trouble {
            lines.push(format!("Not counted: {}.", trouble.trim_end_matches('.')));
        }
        lines
    }

    fn deleted(&self, of: Option<&str>) -> Vec<String> {
        let which = match of {
            Some(set) => format!(" of UID {set}"),
            None => String::new(),
        };
        vec![match self.found {
            Some(0) => format!("No message{which} has \\Deleted: nothing would go."),
            Some(1) => format!("1 message{which} with \\Deleted would go for good."),
            Some(found) => format!("{found} messages{which} with \\Deleted would go for good."),
            None => format!("Every message{which} with \\Deleted would go for good."),
        }]
    }

    fn messages(&self, set: &str, uid: bool, count: Option<u64>, to: Option<&[u8]>) -> Vec<String> {
        let what = match (count.or(self.found), uid) {
            (Some(1), _) => "1 message".to_owned(),
            (Some(count), _) => format!("{count} messages"),
            (None, true) => format!("The messages of UID {set}"),
            (None, false) => format!("The messages {set}"),
        };
        vec![match to {
            Some(to) => format!("{what} would move to {}.", shown(Some(to))),
            None => format!("{what} would be changed."),
        }]
    }

    fn mailbox(&self, name: Option<&[u8]>, to: Option<&[u8]>) -> Vec<String> {
        let count = |name: &[u8]| {
            let found = self.statuses.iter().find(|(n, _)| same(n, name))?;
            Some(messages(found.1))
        };
        let subject = match name {
            Some(_) => shown(name),
            None => "A mailbox not typed yet".to_owned(),
        };
        let holds = match name.and_then(count) {
            Some(count) => format!("{subject} ({count})"),
            None => subject,
        };
        let mut lines = vec![match (to, self.doubt.verb.as_str()) {
            (Some(to), "RENAME") => format!("{holds} would be called {}.", shown(Some(to))),
            (Some(to), _) => format!("{holds} would move to {}.", String::from_utf8_lossy(to)),
            (None, _) => format!("{holds} would go for good."),
        }];
        if self.listed > 0 {
            let total: u64 = self
                .statuses
                .iter()
                .filter(|(n, _)| !name.is_some_and(|name| same(n, name)))
                .map(|(_, count)| count)
                .sum();
            let more = match self.listed > self.below.len() {
                true => format!(" in the first {} of them", self.below.len()),
                false => String::new(),
            };
            let boxes = match self.listed {
                1 => "1 mailbox".to_owned(),
                listed => format!("{listed} mailboxes"),
            };
            lines.push(format!(
                "Below it: {boxes}, with {}{more}. Whether they go along, the server decides.",
                messages(total)
            ));
            let named: Vec<String> = self
                .below
                .iter()
                .take(5)
                .map(|name| match count(name) {
                    Some(count) => format!("{} ({count})", shown(Some(name))),
                    None => shown(Some(name)),
                })
                .collect();
            let dots = if self.listed > named.len() {
                ", ..."
            } else {
                ""
            };
            lines.push(format!("{}{dots}", named.join(", ")));
        }
        lines
    }

    fn acl(&self, mailbox: Option<&[u8]>, who: &str, rights: Option<&str>) -> Vec<String> {
        let mailbox = shown(mailbox);
        let Some(entries) = &self.acl else {
            return vec![match rights {
                Some(rights) => format!("{who} would have {rights} in {mailbox}."),
                None => format!("{who} would have no rights of its own in {mailbox}."),
            }];
        };
        let old = entries.iter().find(|(name, _)| name == who);
        let old = old.map_or("", |(_, rights)| rights.as_str());
        let new = rights.map_or_else(String::new, |rights| changed(old, rights));
        let words = |rights: &str| match rights {
            "" => "nothing".to_owned(),
            rights => rights.to_owned(),
        };
        let others = entries.iter().filter(|(name, _)| name != who).count();
        let others = match others {
            0 => "nobody else has".to_owned(),
            1 => "1 other has".to_owned(),
            others => format!("{others} others have"),
        };
        vec![
            format!(
                "{who} has {} in {mailbox}, and would have {}.",
                words(old),
                words(&new)
            ),
            format!("Beside that, {others} rights there."),
        ]
    }

    fn quota(&self, root: Option<&[u8]>, limits: &[String]) -> Vec<String> {
        let root = root.map(|r| String::from_utf8_lossy(r).into_owned());
        let root = match root.as_deref() {
            Some("") => "\"\"".to_owned(),
            root => root.unwrap_or("a quota root not typed yet").to_owned(),
        };
        let mut lines = Vec::new();
        match &self.quota {
            Some(resources) if resources.is_empty() => {
                lines.push(format!("Quota root {root} has no limits now."));
            }
            Some(resources) => {
                for (resource, used, limit) in resources {
                    lines.push(format!(
                        "Quota root {root}: {resource} {used} used, the limit is {limit}."
                    ));
                }
            }
            None => {}
        }
        lines.push(match limits {
            [] => format!("Quota root {root} would have no limits."),
            limits => format!(
                "Quota root {root} would have the limits {}.",
                limits.join(" ")
            ),
        });
        lines
    }
}

/// Why nothing can be asked of the server.
fn unable(hit: &Hit) -> String {
    match hit {
        Hit::Deleted { .. } | Hit::Messages { .. } => {
            "a command before it opens another mailbox, or closes this one".to_owned()
        }
        _ => "the commands before it have not run yet".to_owned(),
    }
}

fn is_set(set: &str) -> bool {
    let fits = |b: u8| b.is_ascii_digit() || b":,*$".contains(&b);
    !set.is_empty() && set.len() <= 4_096 && set.bytes().all(fits)
}

fn same(a: &[u8], b: &[u8]) -> bool {
    MailboxName::from_wire(a) == MailboxName::from_wire(b)
}

fn shown(name: Option<&[u8]>) -> String {
    match name {
        Some(name) => MailboxName::from_wire(name).shown(),
        None => "a mailbox not typed yet".to_owned(),
    }
}

fn messages(count: u64) -> String {
    match count {
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    }
}

/// What `asked` makes of the rights that are there (RFC 4314 section 3.1).
fn changed(old: &str, asked: &str) -> String {
    let (sign, letters) = match asked.chars().next() {
        Some(sign @ ('+' | '-')) => (Some(sign), asked.get(1..).unwrap_or_default()),
        _ => (None, asked),
    };
    let has = |c: &char| match sign {
        Some('+') => old.contains(*c) || letters.contains(*c),
        Some(_) => old.contains(*c) && !letters.contains(*c),
        None => letters.contains(*c),
    };
    let known = RIGHTS.chars().filter(has);
    let others = old.chars().chain(letters.chars());
    let mut others: Vec<char> = others
        .filter(|c| !RIGHTS.contains(*c))
        .filter(has)
        .collect();
    others.sort_unstable();
    others.dedup();
    known.chain(others).collect()
}
