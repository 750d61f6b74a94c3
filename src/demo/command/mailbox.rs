//! SELECT EXAMINE CREATE DELETE RENAME SUBSCRIBE UNSUBSCRIBE STATUS CLOSE UNSELECT.

use super::arguments::Arguments;
use super::{Outcome, Refusal, ok, ok_with};
use crate::demo::acl::Rights;
use crate::demo::conversation::Conversation;
use crate::demo::mailbox::{DELETED, Mailbox, SEEN};
use crate::demo::names::{DELIMITER, Who};
use crate::demo::updates::{View, all_flags};
use crate::demo::write;

/// SELECT
pub fn select(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    open(conversation, arguments, false)
}

/// EXAMINE
pub fn examine(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    open(conversation, arguments, true)
}

fn open(
    conversation: &mut Conversation,
    arguments: &mut Arguments<'_>,
    read_only: bool,
) -> Outcome {
    let who = conversation.who()?;
    arguments.space("a mailbox name")?;
    let name = who.internal(&arguments.text("a mailbox name")?);
    if !arguments.is_at_end() {
        arguments.space("select parameters")?;
        for parameter in arguments.words("a select parameter")? {
            if !parameter.eq_ignore_ascii_case("CONDSTORE") {
                return Err(Refusal::bad(format!(
                    "Unknown select parameter {parameter}"
                )));
            }
            conversation.condstore = true;
        }
    }
    arguments.end()?;
    // RFC 3501 section 6.3.1: the old mailbox is closed also if the new one cannot be opened.
    if conversation.view.take().is_some() {
        conversation.untagged("OK [CLOSED] The previous mailbox is closed");
    }
    let store = conversation.store.clone();
    let mut store = store.lock();
    let rights = {
        let mailbox = store.open(&who, &name, Rights::LOOKUP.with(Rights::READ))?;
        store.rights(&who, &name, mailbox)
    };
    let changes = Rights::SEEN
        .with(Rights::WRITE)
        .with(Rights::INSERT)
        .with(Rights::DELETED)
        .with(Rights::EXPUNGE);
    // RFC 4314 section 5.1.1: who may change nothing gets it read-only.
    let read_only = read_only || rights.without(rights.without(changes)).is_empty();
    let Some(mailbox) = store.mailbox_mut(&name) else {
        return Err(Refusal::no("NONEXISTENT", "Mailbox does not exist"));
    };
    let view = View::open(mailbox, read_only, conversation.condstore);
    let unseen = mailbox
        .messages()
        .iter()
        .position(|m| !m.has(&who.name, SEEN));
    let mut lines = vec![
        format!("{} EXISTS", view.exists()),
        format!("{} RECENT", view.recent()),
        format!("FLAGS ({})", all_flags(mailbox)),
        format!(
            "OK [PERMANENTFLAGS ({})] {}",
            permanent_flags(mailbox, rights, read_only),
            "Flags that can be changed for good"
        ),
    ];
    if let Some(at) = unseen {
        lines.push(format!("OK [UNSEEN {}] The first unseen message", at + 1));
    }
    lines.push(format!(
        "OK [UIDVALIDITY {}] UIDs are valid",
        mailbox.uid_validity
    ));
    lines.push(format!("OK [UIDNEXT {}] The next UID", mailbox.uid_next));
    lines.push(format!(
        "OK [HIGHESTMODSEQ {}] Highest mod-sequence",
        mailbox.highest_modseq
    ));
    drop(store);
    for line in lines {
        conversation.untagged(&line);
    }
    conversation.view = Some(view);
    if read_only {
        ok_with("READ-ONLY", "Mailbox opened, read-only")
    } else {
        ok_with("READ-WRITE", "Mailbox opened")
    }
}

/// What a user may change for good (RFC 4314 section 5.1.1).
fn permanent_flags(mailbox: &Mailbox, rights: Rights, read_only: bool) -> String {
    if read_only {
        return String::new();
    }
    let mut flags = Vec::new();
    if rights.has(Rights::WRITE) {
        flags.extend(["\\Answered", "\\Flagged", "\\Draft"]);
    }
    if rights.has(Rights::DELETED) {
        flags.push(DELETED);
    }
    if rights.has(Rights::SEEN) {
        flags.push(SEEN);
    }
    if rights.has(Rights::WRITE) {
        flags.extend(mailbox.keywords.iter().map(String::as_str));
        flags.push("\\*");
    }
    flags.join(" ")
}

/// CREATE
pub fn create(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let (who, name) = one_name(conversation, arguments)?;
    // RFC 3501 section 6.3.3: a delimiter at the end only tells that children are to come.
    let name = name.strip_suffix(DELIMITER).unwrap_or(&name).to_owned();
    conversation.store.lock().create(&who, &name)?;
    ok("CREATE completed")
}

/// DELETE
pub fn delete(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let (who, name) = one_name(conversation, arguments)?;
    conversation.store.lock().delete(&who, &name)?;
    ok("DELETE completed")
}

/// RENAME
pub fn rename(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let who = conversation.who()?;
    arguments.space("a mailbox name")?;
    let from = who.internal(&arguments.text("a mailbox name")?);
    arguments.space("the new mailbox name")?;
    let to = who.internal(&arguments.text("the new mailbox name")?);
    arguments.end()?;
    let to = to.strip_suffix(DELIMITER).unwrap_or(&to).to_owned();
    conversation.store.lock().rename(&who, &from, &to)?;
    ok("RENAME completed")
}

/// SUBSCRIBE: as Cyrus does, only what exists and may be seen.
pub fn subscribe(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let (who, name) = one_name(conversation, arguments)?;
    let mut store = conversation.store.lock();
    store.open(&who, &name, Rights::LOOKUP)?;
    store.subscribe(&who.name, &name, true);
    ok("SUBSCRIBE completed")
}

/// UNSUBSCRIBE: also what is gone.
pub fn unsubscribe(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let (who, name) = one_name(conversation, arguments)?;
    let mut store = conversation.store.lock();
    if !store.subscribe(&who.name, &name, false) && store.open(&who, &name, Rights::LOOKUP).is_err()
    {
        return Err(Refusal::no("NONEXISTENT", "Neither subscribed nor there"));
    }
    ok("UNSUBSCRIBE completed")
}

fn one_name(
    conversation: &Conversation,
    arguments: &mut Arguments<'_>,
) -> Result<(Who, String), Refusal> {
    let who = conversation.who()?;
    arguments.space("a mailbox name")?;
    let name = who.internal(&arguments.text("a mailbox name")?);
    arguments.end()?;
    Ok((who, name))
}

/// What STATUS can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusItem {
    /// Messages.
    Messages,
    /// Recent ones.
    Recent,
    /// UIDNEXT.
    UidNext,
    /// UIDVALIDITY.
    UidValidity,
    /// Unseen ones.
    Unseen,
    /// Octets (RFC 8438).
    Size,
    /// Ones with \Deleted (RFC 9051).
    Deleted,
    /// RFC 7162.
    HighestModSeq,
}

const STATUS_ITEMS: [(&str, StatusItem); 8] = [
    ("MESSAGES", StatusItem::Messages),
    ("RECENT", StatusItem::Recent),
    ("UIDNEXT", StatusItem::UidNext),
    ("UIDVALIDITY", StatusItem::UidValidity),
    ("UNSEEN", StatusItem::Unseen),
    ("SIZE", StatusItem::Size),
    ("DELETED", StatusItem::Deleted),
    ("HIGHESTMODSEQ", StatusItem::HighestModSeq),
];

/// Reads `(MESSAGES UNSEEN)`.
///
/// # Errors
/// BAD.
pub fn read_status_items(arguments: &mut Arguments<'_>) -> Result<Vec<StatusItem>, Refusal> {
    if arguments.peek() != Some(b'(') {
        return Err(arguments.expected("status items in parentheses"));
    }
    let mut items = Vec::new();
    for word in arguments.words("a status item")? {
        let item = STATUS_ITEMS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&word));
        let item = item
            .ok_or_else(|| Refusal::bad(format!("Unknown status item {word}")))?
            .1;
        if !items.contains(&item) {
            items.push(item);
        }
    }
    if items.is_empty() {
        return Err(Refusal::bad("STATUS wants at least one item"));
    }
    Ok(items)
}

/// STATUS
pub fn status(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let who = conversation.who()?;
    arguments.space("a mailbox name")?;
    let external = arguments.text("a mailbox name")?;
    arguments.space("status items in parentheses")?;
    let items = read_status_items(arguments)?;
    arguments.end()?;
    if items.contains(&StatusItem::HighestModSeq) && !conversation.condstore {
        super::any::switch_condstore_on(conversation);
    }
    let mut out = Vec::new();
    {
        let store = conversation.store.lock();
        let name = who.internal(&external);
        let mailbox = store.open(&who, &name, Rights::LOOKUP.with(Rights::READ))?;
        write_status(&mut out, &who, &who.external(&name), mailbox, &items);
    }
    conversation.out.extend_from_slice(&out);
    ok("STATUS completed")
}

/// Writes `* STATUS name (...)`.
pub fn write_status(
    out: &mut Vec<u8>,
    who: &Who,
    external: &str,
    mailbox: &Mailbox,
    items: &[StatusItem],
) {
    out.extend_from_slice(b"* STATUS ");
    write::astring(out, external.as_bytes());
    let messages = mailbox.messages();
    let values = items.iter().map(|item| {
        let value = match item {
            StatusItem::Messages => messages.len() as u64,
            StatusItem::Recent => messages
                .iter()
                .filter(|m| m.uid >= mailbox.first_recent)
                .count() as u64,
            StatusItem::UidNext => u64::from(mailbox.uid_next),
            StatusItem::UidValidity => u64::from(mailbox.uid_validity),
            StatusItem::Unseen => {
                messages.iter().filter(|m| !m.has(&who.name, SEEN)).count() as u64
            }
            StatusItem::Size => mailbox.octets(),
            StatusItem::Deleted => messages
                .iter()
                .filter(|m| m.has(&who.name, DELETED))
                .count() as u64,
            StatusItem::HighestModSeq => mailbox.highest_modseq,
        };
        let name = STATUS_ITEMS
            .iter()
            .find(|(_, i)| i == item)
            .map_or("", |(name, _)| *name);
        format!("{name} {value}")
    });
    out.extend_from_slice(format!(" ({})\r\n", values.collect::<Vec<_>>().join(" ")).as_bytes());
}

/// CLOSE: expunges without telling (RFC 3501 section 6.4.2).
pub fn close(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.end()?;
    conversation.with_selected(|store, view, who| {
        let Some(mailbox) = store.by_id(view.id) else {
            return Ok(());
        };
        let name = store.name_of(view.id).unwrap_or_default();
        if !view.read_only && store.rights(who, name, mailbox).has(Rights::EXPUNGE) {
            let deleted: Vec<u32> = mailbox
                .messages()
                .iter()
                .filter(|m| m.has(&who.name, DELETED))
                .map(|m| m.uid)
                .collect();
            store.expunge(view.id, &deleted);
        }
        Ok(())
    })?;
    conversation.view = None;
    ok("CLOSE completed")
}

/// UNSELECT (RFC 3691)
pub fn unselect(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.end()?;
    conversation.view = None;
    ok("UNSELECT completed")
}
