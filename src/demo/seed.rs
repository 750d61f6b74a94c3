//! The mailboxes the demo begins with: `assets/demo/mailboxes.toml` and the messages it names.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::ACCOUNTS;
use super::acl::{Acl, Rights};
use super::command::message::new_message;
use super::date::Moment;
use super::mailbox::{Content, Message};
use super::names;
use super::store::{Quota, Store};

/// Messages by file name.
macro_rules! messages {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../assets/demo/", $name)) as &[u8])),*]
    };
}

static MESSAGES: &[(&str, &[u8])] = messages![
    "acl-question.eml",
    "alternative.eml",
    "announce-1.eml",
    "announce-2.eml",
    "archive-1.eml",
    "archive-2.eml",
    "bounce.eml",
    "digest.eml",
    "draft-1.eml",
    "draft-2.eml",
    "empty.eml",
    "forward.eml",
    "hostile.eml",
    "invitation.eml",
    "invoice.eml",
    "japanese.eml",
    "large.eml",
    "latin1.eml",
    "list-1.eml",
    "list-2.eml",
    "list-3.eml",
    "list-4.eml",
    "list-5.eml",
    "list-6.eml",
    "list-7.eml",
    "monty-1.eml",
    "monty-2.eml",
    "odd-headers.eml",
    "project-1.eml",
    "quota.eml",
    "related.eml",
    "screenshot.eml",
    "sent-1.eml",
    "sent-2.eml",
    "signed.eml",
    "team-1.eml",
    "trash-1.eml",
    "unicode.eml",
    "welcome.eml",
];

/// What arrives during IDLE, in turn. `{date}` in them becomes the time of arrival, `{number}` the
/// delivery's number.
static SCRIPTED: &[&[u8]] = &[
    include_bytes!("../../assets/demo/idle-1.eml"),
    include_bytes!("../../assets/demo/idle-2.eml"),
    include_bytes!("../../assets/demo/idle-3.eml"),
];

static MAILBOXES: &str = include_str!("../../assets/demo/mailboxes.toml");

/// Password of `u00001` and so on.
const MANY_PASSWORD: &str = "secret";
/// What each of them finds in INBOX.
const MANY_MESSAGE: &str = "welcome.eml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    mailbox: Vec<SeedMailbox>,
    quota: Vec<SeedQuota>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedMailbox {
    name: String,
    special_use: Option<String>,
    #[serde(default)]
    subscribed: Vec<String>,
    /// None: all rights for the owner.
    acl: Option<BTreeMap<String, String>>,
    #[serde(default)]
    message: Vec<SeedMessage>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedMessage {
    file: String,
    date: String,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    seen: Vec<String>,
    #[serde(default)]
    recent: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedQuota {
    root: String,
    storage: Option<u64>,
    messages: Option<u64>,
}

/// A store with all accounts, and `users` more. The files are part of the program: what cannot be read
/// of them is left out here and found by [`check`] in the tests.
pub fn store(users: usize) -> Store {
    let mut store = Store::default();
    for account in ACCOUNTS {
        store.add_user(account.name, account.password, account.admin);
    }
    let contents = contents();
    if let Ok(seed) = toml::from_str::<Seed>(MAILBOXES) {
        for mailbox in seed.mailbox {
            plant(&mut store, &mailbox, &contents);
        }
        for quota in seed.quota {
            store.set_quota(
                &quota.root,
                Quota {
                    storage: quota.storage,
                    messages: quota.messages,
                },
            );
        }
    }
    let welcome = contents.get(MANY_MESSAGE).cloned().unwrap_or_default();
    for number in 1..=users {
        let name = format!("u{number:05}");
        store.add_user(&name, MANY_PASSWORD, false);
        let inbox = format!("user.{name}");
        store.plant(&inbox, Acl::new([(name.clone(), Rights::ALL)]));
        let message = Message {
            content: welcome.clone(),
            ..new_message(Vec::new(), Moment::utc(FIRST_DAY))
        };
        store.deliver(&inbox, message);
        store.subscribe(&name, &inbox, true);
    }
    store
}

/// 1 September 2026.
const FIRST_DAY: i64 = 1_788_220_800;

fn contents() -> BTreeMap<&'static str, Arc<Content>> {
    MESSAGES
        .iter()
        .map(|(name, bytes)| (*name, Content::new(with_crlf(bytes))))
        .collect()
}

fn plant(store: &mut Store, seed: &SeedMailbox, contents: &BTreeMap<&'static str, Arc<Content>>) {
    let acl = match (&seed.acl, names::owner(&seed.name)) {
        (Some(acl), _) => Acl::new(
            acl.iter()
                .map(|(who, rights)| (who.clone(), Rights::parse(rights).unwrap_or_default())),
        ),
        (None, Some(owner)) => Acl::new([(owner.to_owned(), Rights::ALL)]),
        (None, None) => Acl::default(),
    };
    let mailbox = store.plant(&seed.name, acl);
    mailbox.special_use = seed.special_use.as_deref().and_then(special_use);
    for seeded in &seed.message {
        let Some(content) = contents.get(seeded.file.as_str()) else {
            continue;
        };
        let date = Moment::parse_internal(&seeded.date).unwrap_or(Moment::utc(FIRST_DAY));
        let mut message = Message {
            content: content.clone(),
            ..new_message(Vec::new(), date)
        };
        message.flags = seeded.flags.iter().cloned().collect();
        message.seen_by = seeded
            .seen
            .iter()
            .map(|user| user.as_str().into())
            .collect();
        let uid = store.deliver(&seed.name, message);
        if !seeded.recent
            && let (Some(uid), Some(mailbox)) = (uid, store.mailbox_mut(&seed.name))
        {
            mailbox.first_recent = uid + 1;
        }
    }
    for user in &seed.subscribed {
        store.subscribe(user, &seed.name, true);
    }
}

fn special_use(name: &str) -> Option<&'static str> {
    ["\\Sent", "\\Drafts", "\\Trash", "\\Archive", "\\Junk"]
        .into_iter()
        .find(|known| *known == name)
}

/// The message that arrives as delivery `number`.
pub fn scripted(number: usize, at: Moment) -> Message {
    let template = SCRIPTED
        .get(number % SCRIPTED.len())
        .copied()
        .unwrap_or_default();
    let text = String::from_utf8_lossy(template)
        .replace("{date}", &at.header_date())
        .replace("{number}", &(number + 1).to_string());
    new_message(with_crlf(text.as_bytes()), at)
}

/// CRLF whatever the checkout made of the line ends.
fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 30);
    let mut last = 0;
    for byte in bytes {
        if *byte == b'\n' && last != b'\r' {
            out.push(b'\r');
        }
        out.push(*byte);
        last = *byte;
    }
    out
}

/// What is wrong with `assets/demo`: a sentence each.
pub fn check() -> Vec<String> {
    let seed: Seed = match toml::from_str(MAILBOXES) {
        Ok(seed) => seed,
        Err(error) => return vec![format!("mailboxes.toml: {error}")],
    };
    let mut wrong = Vec::new();
    let mut used = Vec::new();
    for mailbox in &seed.mailbox {
        if names::check(&mailbox.name).is_err() {
            wrong.push(format!("{}: no good name", mailbox.name));
        }
        if mailbox
            .special_use
            .as_deref()
            .is_some_and(|s| special_use(s).is_none())
        {
            wrong.push(format!("{}: no such special use", mailbox.name));
        }
        for rights in mailbox.acl.iter().flat_map(BTreeMap::values) {
            if Rights::parse(rights).is_err() {
                wrong.push(format!("{}: {rights} are no rights", mailbox.name));
            }
        }
        for message in &mailbox.message {
            used.push(message.file.as_str());
            if !MESSAGES.iter().any(|(name, _)| *name == message.file) {
                wrong.push(format!(
                    "{}: {} is not in the table",
                    mailbox.name, message.file
                ));
            }
            if Moment::parse_internal(&message.date).is_none() {
                wrong.push(format!("{}: {:?} is no date", mailbox.name, message.date));
            }
        }
    }
    for (name, bytes) in MESSAGES {
        if !used.contains(name) {
            wrong.push(format!("{name}: in no mailbox"));
        }
        if bytes.is_empty() {
            wrong.push(format!("{name}: empty"));
        }
    }
    wrong
}
