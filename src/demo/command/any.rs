//! Commands of any state, and those that only ask or close: CAPABILITY NOOP LOGOUT ID ENABLE CHECK RECONSTRUCT.

use super::arguments::Arguments;
use super::{Completion, Outcome, Refusal, ok};
use crate::demo::conversation::{Conversation, LineKind};
use crate::demo::store::APPEND_LIMIT;
use crate::demo::write;

/// What is offered to whoever has logged in.
const AFTER_LOGIN: &str = "NAMESPACE ACL RIGHTS=kxte QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE QUOTASET UIDPLUS UNSELECT IDLE \
                           MOVE CHILDREN LIST-EXTENDED LIST-STATUS SPECIAL-USE STATUS=SIZE CONDSTORE ESEARCH WITHIN SORT \
                           THREAD=ORDEREDSUBJECT THREAD=REFERENCES";

/// What is true for the state the connection is in (RFC 3501 section 7.2.1).
pub fn capabilities(conversation: &Conversation) -> String {
    let mut all = String::from("IMAP4rev1 LITERAL+ ID ENABLE SASL-IR");
    if conversation.who.is_some() {
        return format!("{all} APPENDLIMIT={APPEND_LIMIT} {AFTER_LOGIN}");
    }
    if conversation.line == LineKind::Plain {
        all.push_str(" STARTTLS");
    }
    for mechanism in super::auth::MECHANISMS {
        all.push_str(" AUTH=");
        all.push_str(mechanism.mechanism.as_str());
    }
    all
}

/// CAPABILITY
pub fn capability(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.end()?;
    let capabilities = capabilities(conversation);
    conversation.untagged(&format!("CAPABILITY {capabilities}"));
    ok("CAPABILITY completed")
}

/// NOOP
pub fn noop(_: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.end()?;
    ok("NOOP completed")
}

/// CHECK
pub fn check(_: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.end()?;
    ok("CHECK completed")
}

/// LOGOUT
pub fn logout(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.end()?;
    conversation.untagged("BYE Logging out");
    Ok(Completion::Logout)
}

/// ID (RFC 2971)
pub fn id(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.space("NIL or a list of fields and values")?;
    if !arguments.take_word("NIL") {
        arguments.expect(b'(', "ID")?;
        let mut fields = 0;
        while !arguments.take(b')') {
            if fields > 0 {
                arguments.space("a field name")?;
            }
            arguments.string("a field name as a string")?;
            arguments.space("a value")?;
            if !arguments.take_word("NIL") {
                arguments.string("a value as a string or NIL")?;
            }
            fields += 1;
            if fields > 30 {
                return Err(Refusal::bad(
                    "ID takes at most 30 fields (RFC 2971 section 3.3)",
                ));
            }
        }
    }
    arguments.end()?;
    conversation.untagged(concat!(
        "ID (\"name\" \"imapsh demo\" \"version\" \"",
        env!("CARGO_PKG_VERSION"),
        "\")"
    ));
    ok("ID completed")
}

/// ENABLE (RFC 5161)
pub fn enable(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let mut enabled = String::new();
    let mut any = false;
    while !arguments.is_at_end() {
        arguments.space("a capability")?;
        any = true;
        let name = arguments.atom("a capability")?;
        // RFC 5161 section 3.1: what cannot be enabled is passed over.
        if name.eq_ignore_ascii_case("CONDSTORE") && enabled.is_empty() {
            switch_condstore_on(conversation);
            enabled.push_str(" CONDSTORE");
        }
    }
    if !any {
        return Err(arguments.expected("a capability"));
    }
    conversation.untagged(&format!("ENABLED{enabled}"));
    ok("ENABLE completed")
}

/// A command that shows that the client knows CONDSTORE (RFC 7162 section 3.1): from now on unsolicited
/// FETCH responses carry MODSEQ, and the client is told where the mailbox stands.
pub fn switch_condstore_on(conversation: &mut Conversation) {
    conversation.condstore = true;
    let Some(view) = conversation.view.as_mut() else {
        return;
    };
    if view.condstore {
        return;
    }
    view.condstore = true;
    let highest = conversation
        .store
        .lock()
        .by_id(view.id)
        .map(|m| m.highest_modseq);
    if let Some(highest) = highest {
        conversation.untagged(&format!(
            "OK [HIGHESTMODSEQ {highest}] Highest mod-sequence"
        ));
    }
}

/// RECONSTRUCT, a word of Cyrus. There is nothing here that could need it.
pub fn reconstruct(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.space("a mailbox name")?;
    let name = arguments.text("a mailbox name")?;
    if !arguments.is_at_end() {
        arguments.space("RECURSIVE")?;
        if !arguments.take_word("RECURSIVE") {
            return Err(arguments.expected("RECURSIVE"));
        }
    }
    arguments.end()?;
    let who = conversation.who()?;
    if !who.admin {
        return Err(Refusal::no(
            "NOPERM",
            "Permission denied: RECONSTRUCT is an administrator's",
        ));
    }
    conversation
        .store
        .lock()
        .open(&who, &who.internal(&name), crate::demo::acl::Rights::LOOKUP)?;
    let mut line = b"OK Nothing to repair: a mailbox in memory has no files, ".to_vec();
    write::astring(&mut line, name.as_bytes());
    conversation.untagged(&String::from_utf8_lossy(&line));
    ok("RECONSTRUCT completed")
}
