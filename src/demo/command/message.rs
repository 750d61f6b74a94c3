//! APPEND, EXPUNGE, COPY, MOVE, each with UIDPLUS (RFC 3501 section 6.3.11, 6.4; RFC 4315; RFC 6851).

use std::collections::BTreeSet;

use super::arguments::Arguments;
use super::sequence::Set;
use super::{Outcome, Refusal, flags, ok, ok_with};
use crate::demo::acl::Rights;
use crate::demo::conversation::Conversation;
use crate::demo::date::Moment;
use crate::demo::mailbox::{Content, DELETED, Message};
use crate::demo::names::Who;
use crate::demo::store::Store;
use crate::demo::write;

/// APPEND up to its literal.
struct Target {
    internal: String,
    flags: Vec<String>,
    date: Option<Moment>,
}

fn read_target(who: &Who, arguments: &mut Arguments<'_>) -> Result<Target, Refusal> {
    arguments.space("a mailbox name")?;
    let internal = who.internal(&arguments.text("a mailbox name")?);
    arguments.space("the message as a literal")?;
    let mut flags = Vec::new();
    if arguments.peek() == Some(b'(') {
        flags = flags::read_flags(arguments)?;
        arguments.space("the message as a literal")?;
    }
    let mut date = None;
    if arguments.peek() == Some(b'"') {
        let text = arguments.string("a date and time")?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let wrong = || {
            Refusal::bad(format!(
                "Not a date and time: {text:?}; write \"17-Jul-1996 02:44:25 -0700\""
            ))
        };
        date = Some(Moment::parse_internal(&text).ok_or_else(wrong)?);
        arguments.space("the message as a literal")?;
    }
    Ok(Target {
        internal,
        flags,
        date,
    })
}

/// Whether a literal that is announced at the end of `gathered` is an APPEND's message, and if so,
/// whether it may come: a client that waits for `+` hears NO before it sends 30 MB for nothing.
pub fn check_append(conversation: &Conversation, gathered: &[u8]) -> Option<Result<(), Refusal>> {
    let who = conversation.who.as_ref()?;
    let mut arguments = Arguments::new(gathered);
    arguments.word()?;
    arguments.space("").ok()?;
    if !arguments.take_word("APPEND") {
        return None;
    }
    // The announcement may also be the mailbox name's: then the target cannot be read yet.
    match read_target(who, &mut arguments) {
        Ok(target) if arguments.peek() == Some(b'{') => {
            Some(check_target(&conversation.store.lock(), who, &target.internal).map(|_| ()))
        }
        _ => None,
    }
}

fn check_target(store: &Store, who: &Who, internal: &str) -> Result<Rights, Refusal> {
    match store.open(who, internal, Rights::INSERT) {
        Ok(mailbox) => Ok(store.rights(who, internal, mailbox)),
        // RFC 3501 section 6.3.11: only if CREATE might help.
        Err(Refusal::No { code, text })
            if code == "NONEXISTENT" && store.may_create(who, internal) =>
        {
            Err(Refusal::No {
                code: "TRYCREATE".to_owned(),
                text,
            })
        }
        Err(refusal) => Err(refusal),
    }
}

/// APPEND
pub fn append(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let who = conversation.who()?;
    let target = read_target(&who, arguments)?;
    if arguments.peek() != Some(b'{') {
        return Err(arguments.expected("the message as a literal"));
    }
    let bytes = arguments.string("the message as a literal")?;
    if !arguments.is_at_end() {
        return Err(Refusal::bad(
            "APPEND takes one message: MULTIAPPEND is not offered",
        ));
    }
    if bytes.is_empty() {
        return Err(Refusal::no("", "A message without octets is none"));
    }
    if bytes.contains(&0) {
        return Err(Refusal::no("", "Message contains NUL characters"));
    }
    let wall = conversation.wall();
    let mut store = conversation.store.lock();
    let rights = check_target(&store, &who, &target.internal)?;
    store.fits(&target.internal, bytes.len() as u64, 1)?;
    let Some(mailbox) = store.mailbox_mut(&target.internal) else {
        return Err(Refusal::no("NONEXISTENT", "Mailbox does not exist"));
    };
    let uid_validity = mailbox.uid_validity;
    let flags = flags::spell(mailbox, &target.flags, true)?;
    let mut message = new_message(bytes, target.date.unwrap_or(wall));
    for flag in flags.iter().filter(|f| rights.has(flags::right_for(f))) {
        message.set(&who.name, flag, true);
    }
    let uid = store.deliver(&target.internal, message).unwrap_or_default();
    drop(store);
    ok_with(
        format!("APPENDUID {uid_validity} {uid}"),
        "APPEND completed",
    )
}

/// A message that is in no mailbox yet.
pub fn new_message(bytes: Vec<u8>, internal_date: Moment) -> Message {
    Message {
        uid: 0,
        flags: BTreeSet::new(),
        seen_by: BTreeSet::new(),
        internal_date,
        modseq: 0,
        content: Content::new(bytes),
    }
}

/// EXPUNGE
pub fn expunge(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.end()?;
    run_expunge(conversation, None)
}

/// UID EXPUNGE
pub fn uid_expunge(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.space("a set of UIDs")?;
    let set = Set::read(arguments)?;
    arguments.end()?;
    run_expunge(conversation, Some(&set))
}

fn run_expunge(conversation: &mut Conversation, set: Option<&Set>) -> Outcome {
    conversation.with_selected(|store, view, who| {
        if view.read_only {
            return Err(Refusal::no(
                "",
                "The mailbox is open read-only: SELECT it to expunge",
            ));
        }
        let name = store.name_of(view.id).unwrap_or_default().to_owned();
        let mailbox = store.open(who, &name, Rights::EXPUNGE)?;
        let wanted = match set {
            Some(set) => Some(set.uids(view, true)?),
            None => None,
        };
        let gone: Vec<u32> = mailbox
            .messages()
            .iter()
            .filter(|m| m.has(&who.name, DELETED))
            .map(|m| m.uid)
            .filter(|uid| {
                wanted
                    .as_ref()
                    .is_none_or(|wanted| wanted.binary_search(uid).is_ok())
            })
            .collect();
        store.expunge(view.id, &gone);
        Ok(())
    })?;
    // The EXPUNGE responses come from the update before the tagged OK.
    ok("EXPUNGE completed")
}

/// COPY
pub fn copy(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run_copy(conversation, arguments, false, false)
}

/// UID COPY
pub fn uid_copy(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run_copy(conversation, arguments, true, false)
}

/// MOVE
pub fn move_(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run_copy(conversation, arguments, false, true)
}

/// UID MOVE
pub fn uid_move(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run_copy(conversation, arguments, true, true)
}

fn run_copy(
    conversation: &mut Conversation,
    arguments: &mut Arguments<'_>,
    uid: bool,
    moving: bool,
) -> Outcome {
    arguments.space("a sequence set")?;
    let set = Set::read(arguments)?;
    arguments.space("a mailbox name")?;
    let target = arguments.text("a mailbox name")?;
    arguments.end()?;
    let code = conversation.with_selected(|store, view, who| {
        let target = who.internal(&target);
        let uids = set.uids(view, uid)?;
        let source = store.name_of(view.id).unwrap_or_default().to_owned();
        if moving {
            if view.read_only {
                return Err(Refusal::no(
                    "",
                    "The mailbox is open read-only: SELECT it to move messages away",
                ));
            }
            store.open(who, &source, Rights::DELETED.with(Rights::EXPUNGE))?;
        }
        let rights = check_target(store, who, &target)?;
        let messages: Vec<Message> = match store.by_id(view.id) {
            Some(mailbox) => uids
                .iter()
                .filter_map(|uid| mailbox.get(*uid))
                .cloned()
                .collect(),
            None => Vec::new(),
        };
        if messages.is_empty() {
            return Ok(None);
        }
        let octets = messages.iter().map(Message::size).sum();
        if !moving || store.quota_root(&source) != store.quota_root(&target) {
            store.fits(&target, octets, messages.len() as u64)?;
        }
        let from: Vec<u32> = messages.iter().map(|m| m.uid).collect();
        let keywords: BTreeSet<String> = messages
            .iter()
            .flat_map(|m| m.flags.iter().filter(|f| !f.starts_with('\\')).cloned())
            .collect();
        if let Some(mailbox) = store.mailbox_mut(&target) {
            flags::spell(mailbox, &keywords.into_iter().collect::<Vec<_>>(), true)?;
        }
        let mut to = Vec::new();
        for mut message in messages {
            // RFC 4314 section 4: a flag goes along if the right to set it is there.
            let seen = message.seen_by.contains(&who.name) && rights.has(Rights::SEEN);
            message.seen_by.clear();
            if seen {
                message.seen_by.insert(who.name.clone());
            }
            message
                .flags
                .retain(|flag| rights.has(flags::right_for(flag)));
            to.extend(store.deliver(&target, message));
        }
        let uid_validity = store.mailbox(&target).map_or(0, |m| m.uid_validity);
        if moving {
            store.expunge(view.id, &from);
        }
        Ok(Some(format!(
            "COPYUID {uid_validity} {} {}",
            write::ordered_set(&from),
            write::ordered_set(&to)
        )))
    })?;
    match (code, moving) {
        (None, true) => ok("MOVE completed: no messages"),
        (None, false) => ok("COPY completed: no messages"),
        (Some(code), false) => ok_with(code, "COPY completed"),
        (Some(code), true) => {
            // RFC 6851 section 4.3: before the EXPUNGE responses.
            conversation.untagged(&format!("OK [{code}] Moved"));
            ok("MOVE completed")
        }
    }
}
