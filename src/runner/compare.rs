//! `compare TARGET TARGET [MAILBOX:UID]`: two servers or two users, asked the same; only reading. What differs
//! stands side by side, or as JSON; exit code 4 when something does.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde_json::json;

use super::mode::Ends;
use super::talk::{Over, Talk};
use super::{exit, output, password, signals};
use crate::channel::Plan;
use crate::link::{self, Handle};
use crate::session::Event;
use crate::tui::printable;
use crate::wire::encode::{self, Argument};
use crate::wire::mailbox::MailboxName;
use crate::wire::response::{Response, Status, Untagged};
use crate::wire::{CapabilitySet, Command, Origin, Piece};

/// Most mailboxes whose counts, rights and limits are asked for.
const MAILBOXES: usize = 2_000;
/// Most mailboxes of a tree.
const TREE: usize = 200_000;
/// Most octets of a message that are kept to be compared.
const MESSAGE: usize = 64 * 1024 * 1024;

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

/// What one side told: section, key, value.
#[derive(Debug, Default)]
struct Facts {
    told: BTreeMap<&'static str, BTreeMap<String, String>>,
    message: Option<Vec<u8>>,
    cut: bool,
}

impl Facts {
    fn put(&mut self, section: &'static str, key: impl Into<String>, value: impl Into<String>) {
        let section = self.told.entry(section).or_default();
        section.insert(key.into(), value.into());
    }
}

/// Something that is not the same.
struct Difference {
    section: &'static str,
    key: String,
    values: [Option<String>; 2],
}

/// On this process's terminal.
pub async fn verb(plans: [Plan; 2], message: Option<&Message>, as_json: bool) -> u8 {
    let mut ends = Ends {
        out: std::io::stdout(),
        errors: std::io::stderr(),
        ask: password::on_terminal(),
        signals: signals::all(),
    };
    let connect = |plan| link::spawn(plan, None);
    run(plans, connect, message, as_json, &mut ends).await
}

/// Compares; returns the exit code.
pub async fn run<O: Write, E: Write>(
    plans: [Plan; 2],
    mut connect: impl FnMut(Plan) -> Handle,
    message: Option<&Message>,
    as_json: bool,
    ends: &mut Ends<O, E>,
) -> u8 {
    let names = plans.each_ref().map(|plan| {
        let who = plan.credentials.effective().unwrap_or("nobody").to_owned();
        format!("{who} at {}", plan.place)
    });
    let mut sides = Vec::new();
    for plan in plans {
        let mut facts = Facts::default();
        let mut talk = Talk::new(
            connect(plan),
            &mut ends.errors,
            &ends.ask,
            &mut ends.signals,
        );
        match learn(&mut talk, &mut facts, message).await {
            Ok(()) => sides.push(facts),
            Err(Over(code)) => return code,
        }
    }
    let [Some(first), Some(second)] = [sides.first(), sides.get(1)] else {
        return exit::CONNECTION;
    };
    for (facts, name) in sides.iter().zip(&names) {
        if facts.cut {
            let sentence = format!(
                "{name} has more than was compared: rights and counts of {MAILBOXES} mailboxes."
            );
            output::say(&mut ends.errors, &sentence);
        }
    }
    let found = differences(first, second);
    let text = match as_json {
        true => in_json(&names, &found),
        false => in_columns(&names, &found),
    };
    // Whoever reads no more (`| head`) has seen enough.
    let _ = ends.out.write_all(text.as_bytes());
    let _ = ends.out.flush();
    if found.is_empty() {
        exit::DONE
    } else {
        exit::REFUSED
    }
}

fn command(words: &str, mailbox: Option<&[u8]>, behind: &str) -> Command {
    let mut command = Command::line(Origin::User, words);
    if let Some(mailbox) = mailbox {
        encode::append_text(&mut command.parts, b" ");
        encode::append(&mut command.parts, mailbox, Argument::AString, false);
    }
    encode::append_text(&mut command.parts, behind.as_bytes());
    command
}

/// Asks for everything, and leaves.
async fn learn<E: Write>(
    talk: &mut Talk<'_, E>,
    facts: &mut Facts,
    message: Option<&Message>,
) -> Result<(), Over> {
    let mut capabilities: Option<CapabilitySet> = None;
    talk.open(&mut |notice| {
        if let crate::channel::Notice::Events { events, .. } = notice {
            for event in events {
                if let Event::Capabilities(set) = event {
                    capabilities.clone_from(set);
                }
            }
        }
    })
    .await?;
    if capabilities.is_none() {
        talk.command(command("CAPABILITY", None, ""), &mut |event| {
            if let Event::Capabilities(set) = event {
                capabilities.clone_from(set);
            }
        })
        .await?;
    }
    let set = capabilities.unwrap_or_default();
    for name in set.iter() {
        facts.put("capabilities", name, "offered");
    }
    if set.has("NAMESPACE") || set.has("IMAP4rev2") {
        let mut put = |data: &Untagged| {
            if let Untagged::Namespace {
                personal,
                other_users,
                shared,
            } = data
            {
                let kinds = [
                    ("personal", personal),
                    ("other users", other_users),
                    ("shared", shared),
                ];
                for (kind, entries) in kinds {
                    for entry in entries {
                        let prefix = String::from_utf8_lossy(&entry.prefix).into_owned();
                        let delimiter = entry.delimiter.map_or("none".to_owned(), String::from);
                        facts.put("namespaces", format!("{kind} {prefix:?}"), delimiter);
                    }
                }
            }
        };
        ask(talk, command("NAMESPACE", None, ""), &mut put).await?;
    }
    let mut boxes: Vec<Vec<u8>> = Vec::new();
    let mut overflowed = false;
    let mut put = |data: &Untagged| {
        if let Untagged::List(entry) = data {
            let mut attributes = entry.attributes.clone();
            attributes.sort_unstable_by_key(|a| a.to_ascii_lowercase());
            let has = |name: &str| attributes.iter().any(|a| a.eq_ignore_ascii_case(name));
            if facts.told.get("mailboxes").is_some_and(|m| m.len() >= TREE) {
                overflowed = true;
                return;
            }
            if !has("\\Noselect") && !has("\\NonExistent") {
                boxes.push(entry.name.clone());
            }
            let delimiter = entry.delimiter.map_or("NIL".to_owned(), String::from);
            let value = format!("({}) {delimiter}", attributes.join(" "));
            facts.put("mailboxes", shown(&entry.name), value);
        }
    };
    ask(talk, command("LIST \"\" *", None, ""), &mut put).await?;
    facts.cut = overflowed || boxes.len() > MAILBOXES;
    boxes.truncate(MAILBOXES);
    let size = if set.has("STATUS=SIZE") || set.has("IMAP4rev2") {
        " SIZE"
    } else {
        ""
    };
    for name in &boxes {
        let items = format!(" (MESSAGES UNSEEN UIDNEXT UIDVALIDITY{size})");
        let mut put = |data: &Untagged| {
            if let Untagged::MailboxStatus { items, .. } = data {
                for (item, value) in items {
                    let key = format!("{} {}", shown(name), item.to_ascii_uppercase());
                    facts.put("status", key, value.to_string());
                }
            }
        };
        let answer = ask(talk, command("STATUS", Some(name), &items), &mut put).await?;
        refused(facts, "status", shown(name), answer);
        if set.has("ACL") {
            let mut put = |data: &Untagged| {
                if let Untagged::Acl { entries, .. } = data {
                    for (who, rights) in entries {
                        facts.put("acl", format!("{} {who}", shown(name)), sorted(rights));
                    }
                }
            };
            let answer = ask(talk, command("GETACL", Some(name), ""), &mut put).await?;
            refused(facts, "acl", shown(name), answer);
            let mut put = |data: &Untagged| {
                if let Untagged::MyRights { rights, .. } = data {
                    facts.put("my rights", shown(name), sorted(rights));
                }
            };
            ask(talk, command("MYRIGHTS", Some(name), ""), &mut put).await?;
        }
    }
    if set.has("QUOTA") {
        let mut put = |data: &Untagged| {
            if let Untagged::Quota { resources, .. } = data {
                for (name, usage, limit) in resources {
                    facts.put(
                        "quota",
                        format!("INBOX {name}"),
                        format!("{usage} of {limit}"),
                    );
                }
            }
        };
        ask(talk, command("GETQUOTAROOT INBOX", None, ""), &mut put).await?;
    }
    if let Some(message) = message {
        fetch(talk, facts, message).await?;
    }
    talk.log_out().await;
    Ok(())
}

/// The message, by EXAMINE and PEEK.
async fn fetch<E: Write>(
    talk: &mut Talk<'_, E>,
    facts: &mut Facts,
    message: &Message,
) -> Result<(), Over> {
    let name = MailboxName::from_shown(&message.mailbox, false);
    let answer = talk
        .command(command("EXAMINE", Some(name.wire()), ""), &mut |_| {})
        .await?;
    talk.accepted("EXAMINE", &answer)?;
    let mut octets = Vec::new();
    let mut any = false;
    let fetch = command(&format!("UID FETCH {} BODY.PEEK[]", message.uid), None, "");
    let answer = talk
        .command(fetch, &mut |event| {
            if let Event::Received(Piece::Literal { bytes, .. }) = event {
                any = true;
                let room = MESSAGE.saturating_sub(octets.len()).min(bytes.len());
                octets.extend_from_slice(bytes.get(..room).unwrap_or_default());
            }
        })
        .await?;
    talk.accepted("UID FETCH", &answer)?;
    facts.message = any.then_some(octets);
    let key = format!("{}:{}", message.mailbox, message.uid);
    let value = match &facts.message {
        Some(octets) => format!("{} octets", octets.len()),
        None => "is not there".to_owned(),
    };
    facts.put("message", key, value);
    Ok(())
}

/// Sends a command; `put` takes the untagged data until it is completed.
async fn ask<E: Write>(
    talk: &mut Talk<'_, E>,
    command: Command,
    put: &mut dyn FnMut(&Untagged),
) -> Result<Option<String>, Over> {
    let answer = talk
        .command(command, &mut |event| {
            if let Event::Response {
                response: Response::Untagged(data),
                ..
            } = event
            {
                put(data);
            }
        })
        .await?;
    let text = String::from_utf8_lossy(&answer.status.text)
        .trim()
        .to_owned();
    Ok((answer.status.status != Status::Ok).then_some(text))
}

fn refused(facts: &mut Facts, section: &'static str, key: String, answer: Option<String>) {
    if answer.is_some() {
        // The words differ from server to server; that it is refused is what counts.
        facts.put(section, key, "refused");
    }
}

fn shown(name: &[u8]) -> String {
    MailboxName::from_wire(name).shown()
}

fn sorted(rights: &str) -> String {
    let letters: BTreeSet<char> = rights.chars().collect();
    letters.into_iter().collect()
}

fn differences(first: &Facts, second: &Facts) -> Vec<Difference> {
    let mut found = Vec::new();
    let sections: BTreeSet<&'static str> = first
        .told
        .keys()
        .chain(second.told.keys())
        .copied()
        .collect();
    let none = BTreeMap::new();
    for section in sections {
        let a = first.told.get(section).unwrap_or(&none);
        let b = second.told.get(section).unwrap_or(&none);
        let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        for key in keys {
            if a.get(key) != b.get(key) {
                found.push(Difference {
                    section,
                    key: key.clone(),
                    values: [a.get(key).cloned(), b.get(key).cloned()],
                });
            }
        }
    }
    if let (Some(a), Some(b)) = (&first.message, &second.message)
        && a != b
    {
        let at = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let around = |octets: &[u8]| {
            let end = octets.len().min(at + 40);
            let part = octets.get(at..end).unwrap_or_default();
            format!("{:?}", String::from_utf8_lossy(part))
        };
        found.push(Difference {
            section: "message",
            key: format!("from octet {at}"),
            values: [Some(around(a)), Some(around(b))],
        });
    }
    found
}

fn in_json(names: &[String; 2], found: &[Difference]) -> String {
    let rows: Vec<_> = found
        .iter()
        .map(|d| json!({ "section": d.section, "key": d.key, "first": d.values[0], "second": d.values[1] }))
        .collect();
    let all = json!({ "first": names[0], "second": names[1], "alike": found.is_empty(), "differences": rows });
    format!("{all}\n")
}

/// Columns: what, the first, the second. `-` where one has it not.
fn in_columns(names: &[String; 2], found: &[Difference]) -> String {
    let [first, second] = names.each_ref().map(|name| printable::line(name));
    if found.is_empty() {
        return format!("{first} and {second}: no difference\n");
    }
    let value = |value: &Option<String>| value.as_deref().map_or("-".to_owned(), printable::line);
    let rows: Vec<[String; 3]> = found
        .iter()
        .map(|d| {
            [
                printable::line(&d.key),
                value(&d.values[0]),
                value(&d.values[1]),
            ]
        })
        .collect();
    let wide = |column: usize, least: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|c| printable::width(c))
            .max()
            .unwrap_or(0)
            .max(least)
            .min(60)
    };
    let (keys, lefts) = (wide(0, 10), wide(1, printable::width(&first)));
    let pad = |text: &str, width: usize| {
        let missing = width.saturating_sub(printable::width(text));
        format!("{text}{}", " ".repeat(missing))
    };
    let mut out = format!("{}  {}  {second}\n", pad("", keys + 2), pad(&first, lefts));
    let mut section = "";
    for (difference, [key, left, right]) in found.iter().zip(&rows) {
        if difference.section != section {
            section = difference.section;
            out.push_str(&format!("{section}\n"));
        }
        out.push_str(&format!(
            "  {}  {}  {right}\n",
            pad(key, keys),
            pad(left, lefts)
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_found_and_nothing_else() {
        let mut first = Facts::default();
        let mut second = Facts::default();
        for facts in [&mut first, &mut second] {
            facts.put("status", "INBOX MESSAGES", "7");
        }
        assert!(differences(&first, &second).is_empty());
        first.put("acl", "INBOX bob", "lr");
        second.put("status", "INBOX MESSAGES", "8");
        (first.message, second.message) = (Some(b"abcX".to_vec()), Some(b"abcY\x1b".to_vec()));
        let found = differences(&first, &second);
        assert_eq!(found.len(), 3);
        let names = ["a at h".to_owned(), "b at h".to_owned()];
        let text = in_columns(&names, &found);
        assert!(
            text.contains("INBOX bob") && text.contains("from octet 3") && !text.contains('\x1b')
        );
        assert!(in_json(&names, &found).contains("\"alike\":false"));
        assert_eq!(
            Message::parse("a:b:7").map(|m| m.mailbox),
            Some("a:b".to_owned())
        );
        assert!(Message::parse("INBOX").is_none() && Message::parse("INBOX:0").is_none());
    }
}
