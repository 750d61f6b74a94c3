//! What is known of the open mailbox and some others, and what of it moved.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::{Model, SelectedMailbox};
use crate::session::CommandId;
use crate::transcript::NoteLevel;
use crate::wire::mailbox::MailboxName;
use crate::wire::response::{Fetch, ListEntry};

/// Most messages whose flags are remembered.
const MESSAGES: usize = 4_096;
/// Most mailboxes of which something is remembered.
const MAILBOXES: usize = 1_000;
/// From so many expunged messages of one command on, what is known of flags is forgotten.
const EXPUNGED: u32 = 64;
/// Messages named one by one.
const NAMED: usize = 5;
/// Most changes told of one command.
const TOLD: usize = 12;
/// Most different changes of flags gathered.
const GROUPS: usize = 64;

/// What is known of one message.
#[derive(Debug)]
struct Known {
    uid: Option<u64>,
    /// Without \Recent, which is the session's and not the mailbox's.
    flags: BTreeSet<String>,
}

/// Messages whose flags moved in the same way.
#[derive(Debug, Default)]
struct Moved {
    named: Vec<String>,
    count: usize,
}

/// What of the open mailbox is compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Snapshot {
    name: Vec<u8>,
    read_only: bool,
    numbers: [(&'static str, Option<u64>); 3],
    uid_validity: Option<u64>,
    flags: BTreeSet<String>,
    permanent: Option<BTreeSet<String>>,
}

impl Snapshot {
    fn of(mailbox: &SelectedMailbox) -> Snapshot {
        Snapshot {
            name: mailbox.name.clone(),
            read_only: mailbox.read_only,
            numbers: [
                ("exists", mailbox.exists),
                ("recent", mailbox.recent),
                ("unseen", mailbox.unseen),
            ],
            uid_validity: mailbox.uid_validity,
            flags: mailbox.flags.iter().cloned().collect(),
            permanent: mailbox
                .permanent_flags
                .as_ref()
                .map(|f| f.iter().cloned().collect()),
        }
    }
}

/// What is compared with what was.
#[derive(Debug, Default)]
pub struct Changes {
    messages: BTreeMap<u64, Known>,
    expunged: u32,
    moved: BTreeMap<String, Moved>,
    /// Other changes, as they came.
    others: Vec<String>,
    alarms: Vec<String>,
    open: Option<Snapshot>,
    validity: HashMap<Vec<u8>, u64>,
    rights: HashMap<Vec<u8>, String>,
    acls: HashMap<(Vec<u8>, String), String>,
    pub enabled: usize,
    /// Whether the FETCH that was looked at last asks for flags.
    pub asks_flags: Option<(CommandId, bool)>,
}

impl Changes {
    /// A new connection: what is known of mailboxes stays, what belongs to the session goes.
    pub fn connection_opened(&mut self) {
        *self = Changes {
            validity: std::mem::take(&mut self.validity),
            ..Changes::default()
        };
    }

    /// What moved since the last time: one line at most, and alarms.
    pub fn take(&mut self) -> Vec<(NoteLevel, String)> {
        self.expunged = 0;
        let mut told = std::mem::take(&mut self.others);
        for (what, moved) in std::mem::take(&mut self.moved) {
            told.push(match moved.count {
                0 => continue,
                count if count > NAMED => {
                    format!("{} messages: flags {what}", thousands(count))
                }
                _ => format!("{} flags {what}", moved.named.join(", ")),
            });
        }
        let more = told.len().saturating_sub(TOLD);
        told.truncate(TOLD);
        if more > 0 {
            told.push(format!("and {more} changes more"));
        }
        let mut out: Vec<(NoteLevel, String)> = std::mem::take(&mut self.alarms)
            .into_iter()
            .map(|text| (NoteLevel::Alarm, text))
            .collect();
        if !told.is_empty() {
            out.push((NoteLevel::Change, told.join("; ")));
        }
        out
    }

    /// What is known of flags is not known any more.
    pub fn forget_flags(&mut self) {
        self.messages.clear();
    }

    pub fn other(&mut self, text: String) {
        if self.others.len() < GROUPS {
            self.others.push(text);
        }
    }

    /// The open mailbox as it is now.
    pub fn look(&mut self, model: &Model) {
        let now = model.selected().map(Snapshot::of);
        let before = std::mem::replace(&mut self.open, now.clone());
        if let Some(now) = &now {
            self.valid(&now.name, now.uid_validity);
        }
        let (Some(before), Some(now)) = (before, now) else {
            self.messages.clear();
            return;
        };
        if before.name != now.name {
            self.messages.clear();
            return;
        }
        if before.uid_validity != now.uid_validity {
            self.messages.clear();
        }
        for ((name, old), (_, new)) in before.numbers.iter().zip(&now.numbers) {
            if let (Some(old), Some(new)) = (old, new)
                && old != new
            {
                self.other(format!("{name} {old} -> {new}"));
            }
        }
        if before.read_only != now.read_only {
            let word = |read_only| if read_only { "read-only" } else { "read-write" };
            let (old, new) = (word(before.read_only), word(now.read_only));
            self.other(format!("mode {old} -> {new}"));
        }
        if let Some(diff) = difference(&before.flags, &now.flags) {
            self.other(format!("flags in use {diff}"));
        }
        if let (Some(old), Some(new)) = (&before.permanent, &now.permanent)
            && let Some(diff) = difference(old, new)
        {
            self.other(format!("permanent flags {diff}"));
        }
    }

    /// UIDVALIDITY of a mailbox was told.
    pub fn valid(&mut self, name: &[u8], value: Option<u64>) {
        let Some(value) = value else { return };
        let name = match name.eq_ignore_ascii_case(b"INBOX") {
            true => b"INBOX".to_vec(),
            false => name.to_vec(),
        };
        if let Some(old) = self
            .validity
            .get(&name)
            .copied()
            .filter(|old| *old != value)
        {
            let shown = MailboxName::from_wire(name.clone()).shown();
            if self.alarms.len() < GROUPS {
                self.alarms.push(format!(
                    "uidvalidity of {shown} CHANGED {old} -> {value}: the UIDs known so far mean nothing any more"
                ));
            }
        }
        if self.validity.len() < MAILBOXES || self.validity.contains_key(&name) {
            self.validity.insert(name, value);
        }
    }

    /// Flags of a message were told; `unasked`: by a command that did not ask for them.
    pub fn fetched(&mut self, fetch: &Fetch, unasked: bool) {
        let Some(told) = &fetch.flags else {
            if let Some(known) = self.messages.get_mut(&fetch.seq)
                && fetch.uid.is_some()
            {
                known.uid = fetch.uid;
            }
            return;
        };
        let flags: BTreeSet<String> = told
            .iter()
            .filter(|f| !f.eq_ignore_ascii_case("\\Recent"))
            .take(200)
            .cloned()
            .collect();
        let before = self.messages.remove(&fetch.seq);
        // Another message has this number now: nothing was known of it.
        let before =
            before.filter(|b| b.uid.is_none() || fetch.uid.is_none() || b.uid == fetch.uid);
        let uid = fetch.uid.or(before.as_ref().and_then(|b| b.uid));
        let moved = match &before {
            Some(before) => difference(&before.flags, &flags),
            // RFC 9051 section 6.4.5: flags that nobody asked for come because they have changed.
            None if unasked => Some(match flags.is_empty() {
                true => "are now none (told unasked)".to_owned(),
                false => {
                    let words: Vec<&str> = flags.iter().map(String::as_str).collect();
                    format!("are now {} (told unasked)", words.join(" "))
                }
            }),
            None => None,
        };
        if let Some(what) = moved
            && (self.moved.len() < GROUPS || self.moved.contains_key(&what))
        {
            let group = self.moved.entry(what).or_default();
            group.count += 1;
            if group.named.len() < NAMED {
                group.named.push(match uid {
                    Some(uid) => format!("uid {uid}"),
                    None => format!("message {}", fetch.seq),
                });
            }
        }
        if self.messages.len() >= MESSAGES {
            self.messages.pop_first();
        }
        self.messages.insert(fetch.seq, Known { uid, flags });
    }

    /// A message is gone; those behind it move up.
    pub fn expunge(&mut self, seq: u64) {
        self.expunged = self.expunged.saturating_add(1);
        if self.expunged > EXPUNGED {
            self.messages.clear();
            return;
        }
        let behind = self.messages.split_off(&seq);
        let moved = behind.into_iter().filter(|(at, _)| *at != seq);
        self.messages
            .extend(moved.map(|(at, known)| (at - 1, known)));
    }

    /// A LIST response that nobody asked for (RFC 5465): a mailbox came, or went.
    pub fn listed(&mut self, entry: &ListEntry) {
        let gone = entry
            .attributes
            .iter()
            .any(|a| a.eq_ignore_ascii_case("\\NonExistent"));
        let shown = MailboxName::from_wire(entry.name.clone()).shown();
        self.other(match gone {
            true => format!("mailbox {shown} is gone"),
            false => format!("mailbox {shown} is there"),
        });
    }

    pub fn right(&mut self, mailbox: &[u8], rights: &str) {
        if let Some(old) = self
            .rights
            .get(mailbox)
            .filter(|old| !same_letters(old, rights))
        {
            let shown = MailboxName::from_wire(mailbox.to_vec()).shown();
            let text = format!("my rights on {shown} {old} -> {rights}");
            self.other(text);
        }
        if self.rights.len() < MAILBOXES || self.rights.contains_key(mailbox) {
            self.rights.insert(mailbox.to_vec(), rights.to_owned());
        }
    }

    pub fn acl(&mut self, mailbox: &[u8], entries: &[(String, String)]) {
        let known = |changes: &Changes| -> BTreeMap<String, String> {
            let of = changes.acls.iter().filter(|((name, _), _)| name == mailbox);
            of.map(|((_, who), rights)| (who.clone(), rights.clone()))
                .collect()
        };
        let before = known(self);
        let told: BTreeMap<String, String> = entries.iter().take(MAILBOXES).cloned().collect();
        if !before.is_empty() {
            let shown = MailboxName::from_wire(mailbox.to_vec()).shown();
            for who in before.keys().chain(told.keys()).collect::<BTreeSet<_>>() {
                let rights =
                    |map: &BTreeMap<String, String>| map.get(who).cloned().unwrap_or_default();
                let (old, new) = (rights(&before), rights(&told));
                if !same_letters(&old, &new) {
                    let word = |r: String| if r.is_empty() { "none".to_owned() } else { r };
                    self.other(format!(
                        "rights of {who} on {shown} {} -> {}",
                        word(old),
                        word(new)
                    ));
                }
            }
        }
        self.acls.retain(|(name, _), _| name != mailbox);
        for (who, rights) in told {
            if self.acls.len() < MAILBOXES {
                self.acls.insert((mailbox.to_vec(), who), rights);
            }
        }
    }
}

/// `+\Seen -\Flagged`; `None`: nothing moved. Flags are the same in any case (RFC 9051 section 2.3.2).
fn difference(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Option<String> {
    if before == after {
        return None;
    }
    let has = |set: &BTreeSet<String>, flag: &str| set.iter().any(|f| f.eq_ignore_ascii_case(flag));
    let came = after
        .iter()
        .filter(|f| !has(before, f))
        .map(|f| format!("+{f}"));
    let went = before
        .iter()
        .filter(|f| !has(after, f))
        .map(|f| format!("-{f}"));
    let words: Vec<String> = came.chain(went).take(20).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn same_letters(a: &str, b: &str) -> bool {
    let letters = |text: &str| text.chars().collect::<BTreeSet<char>>();
    letters(a) == letters(b)
}

/// `1,000`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
