//! GETACL SETACL DELETEACL LISTRIGHTS MYRIGHTS (RFC 4314).

use super::arguments::Arguments;
use super::{Outcome, Refusal, ok};
use crate::demo::acl::{Change, Rights};
use crate::demo::conversation::Conversation;
use crate::demo::names;
use crate::demo::write;

/// GETACL
pub fn get_acl(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let who = conversation.who()?;
    let name = read_mailbox(arguments)?;
    arguments.end()?;
    let mut line = b"* ACL ".to_vec();
    write::astring(&mut line, name.as_bytes());
    {
        let store = conversation.store.lock();
        let mailbox = store.open(&who, &who.internal(&name), Rights::ADMINISTER)?;
        for (identifier, rights) in mailbox.acl.entries() {
            line.push(b' ');
            write::astring(&mut line, identifier.as_bytes());
            line.extend_from_slice(format!(" {rights}").as_bytes());
        }
    }
    line.extend_from_slice(b"\r\n");
    conversation.out.extend_from_slice(&line);
    ok("GETACL completed")
}

/// SETACL
pub fn set_acl(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let who = conversation.who()?;
    let name = who.internal(&read_mailbox(arguments)?);
    let identifier = read_identifier(arguments)?;
    arguments.space("rights, such as lrs, +w or \"\"")?;
    let text = arguments.text("rights, such as lrs, +w or \"\"")?;
    arguments.end()?;
    let (change, letters) = match text.as_bytes().first() {
        Some(b'+') => (Change::Add, text.get(1..).unwrap_or_default()),
        Some(b'-') => (Change::Remove, text.get(1..).unwrap_or_default()),
        _ => (Change::Replace, text.as_str()),
    };
    // RFC 4314 section 3.1: an unrecognized right is BAD.
    let rights = Rights::parse(letters).map_err(|letter| {
        Refusal::bad(format!(
            "Unknown right {letter:?}: the rights are l r s w i p k x t e c d a"
        ))
    })?;
    conversation
        .store
        .lock()
        .set_acl(&who, &name, |acl| acl.change(&identifier, change, rights))?;
    ok("SETACL completed")
}

/// DELETEACL
pub fn delete_acl(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let who = conversation.who()?;
    let name = who.internal(&read_mailbox(arguments)?);
    let identifier = read_identifier(arguments)?;
    arguments.end()?;
    conversation.store.lock().set_acl(&who, &name, |acl| {
        acl.change(&identifier, Change::Replace, Rights::NONE)
    })?;
    ok("DELETEACL completed")
}

/// LISTRIGHTS
pub fn list_rights(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let who = conversation.who()?;
    let name = read_mailbox(arguments)?;
    let identifier = read_identifier(arguments)?;
    arguments.end()?;
    let internal = who.internal(&name);
    let implicit = {
        let store = conversation.store.lock();
        store.open(&who, &internal, Rights::ADMINISTER)?;
        names::owner(&internal) == Some(&identifier)
            || store.user(&identifier).is_some_and(|user| user.admin)
    };
    let required = if implicit {
        Rights::IMPLICIT
    } else {
        Rights::NONE
    };
    let mut line = b"* LISTRIGHTS ".to_vec();
    write::astring(&mut line, name.as_bytes());
    line.push(b' ');
    write::astring(&mut line, identifier.as_bytes());
    line.push(b' ');
    write::astring(&mut line, required.to_string().as_bytes());
    for letter in Rights::ALL.without(required).letters() {
        line.extend_from_slice(format!(" {letter}").as_bytes());
    }
    line.extend_from_slice(b"\r\n");
    conversation.out.extend_from_slice(&line);
    ok("LISTRIGHTS completed")
}

/// MYRIGHTS
pub fn my_rights(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let who = conversation.who()?;
    let name = read_mailbox(arguments)?;
    arguments.end()?;
    let internal = who.internal(&name);
    let rights = {
        let store = conversation.store.lock();
        let missing = || Refusal::no("NONEXISTENT", "Mailbox does not exist");
        let mailbox = store.mailbox(&internal).ok_or_else(missing)?;
        store.rights(&who, &internal, mailbox)
    };
    // RFC 4314 section 4: any of these lets one ask.
    if rights.is_empty() {
        return Err(Refusal::no("NONEXISTENT", "Mailbox does not exist"));
    }
    let mut line = b"* MYRIGHTS ".to_vec();
    write::astring(&mut line, name.as_bytes());
    line.extend_from_slice(format!(" {rights}\r\n").as_bytes());
    conversation.out.extend_from_slice(&line);
    ok("MYRIGHTS completed")
}

fn read_mailbox(arguments: &mut Arguments<'_>) -> Result<String, Refusal> {
    arguments.space("a mailbox name")?;
    arguments.text("a mailbox name")
}

fn read_identifier(arguments: &mut Arguments<'_>) -> Result<String, Refusal> {
    arguments.space("an identifier (a user, or anyone)")?;
    let identifier = arguments.text("an identifier (a user, or anyone)")?;
    if identifier.is_empty() || identifier.len() > 200 || identifier.chars().any(char::is_control) {
        return Err(Refusal::bad(
            "The identifier is empty, too long or holds control characters",
        ));
    }
    Ok(identifier)
}
