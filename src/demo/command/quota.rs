//! GETQUOTA GETQUOTAROOT SETQUOTA (RFC 9208).

use super::arguments::Arguments;
use super::{Outcome, Refusal, ok};
use crate::demo::acl::Rights;
use crate::demo::conversation::Conversation;
use crate::demo::names::{self, Who};
use crate::demo::store::{Quota, Store};
use crate::demo::write;

/// GETQUOTA
pub fn get_quota(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let who = conversation.who()?;
    arguments.space("a quota root")?;
    let root = arguments.text("a quota root")?;
    arguments.end()?;
    let line = {
        let store = conversation.store.lock();
        if !who.admin && names::owner(&root) != Some(&who.name) {
            return Err(Refusal::no(
                "NOPERM",
                "Permission denied: a quota is its owner's and an administrator's to see",
            ));
        }
        quota_line(&store, &root)
            .ok_or_else(|| Refusal::no("NONEXISTENT", "There is no such quota root"))?
    };
    conversation.out.extend_from_slice(&line);
    ok("GETQUOTA completed")
}

/// GETQUOTAROOT
pub fn get_quota_root(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let who = conversation.who()?;
    arguments.space("a mailbox name")?;
    let name = arguments.text("a mailbox name")?;
    arguments.end()?;
    let mut out = b"* QUOTAROOT ".to_vec();
    write::astring(&mut out, name.as_bytes());
    {
        let store = conversation.store.lock();
        let internal = who.internal(&name);
        store.open(
            &who,
            &internal,
            if who.admin {
                Rights::LOOKUP
            } else {
                Rights::LOOKUP.with(Rights::READ)
            },
        )?;
        let root = store.quota_root(&internal);
        if let Some(root) = root {
            out.push(b' ');
            write::astring(&mut out, root.as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        if let Some(line) = root
            .filter(|_| may_see(&who, &internal))
            .and_then(|root| quota_line(&store, root))
        {
            out.extend_from_slice(&line);
        }
    }
    conversation.out.extend_from_slice(&out);
    ok("GETQUOTAROOT completed")
}

fn may_see(who: &Who, internal: &str) -> bool {
    who.admin || who.owns(internal)
}

/// SETQUOTA: an administrator's.
pub fn set_quota(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let who = conversation.who()?;
    arguments.space("a quota root")?;
    let root = arguments.text("a quota root")?;
    arguments.space("limits, such as (STORAGE 51200)")?;
    arguments.expect(b'(', "the limits, such as (STORAGE 51200)")?;
    let mut quota = Quota::default();
    let mut any = false;
    while !arguments.take(b')') {
        if any {
            arguments.space("a resource")?;
        }
        any = true;
        let resource = arguments.atom("a resource")?.to_ascii_uppercase();
        arguments.space("a limit")?;
        let limit = Some(arguments.number("a limit")?);
        match resource.as_str() {
            "STORAGE" => quota.storage = limit,
            "MESSAGE" => quota.messages = limit,
            other => {
                return Err(Refusal::no(
                    "CANNOT",
                    format!("There is no resource {other} here: STORAGE and MESSAGE are limited"),
                ));
            }
        }
    }
    arguments.end()?;
    if !who.admin {
        return Err(Refusal::no(
            "NOPERM",
            "Permission denied: SETQUOTA is an administrator's",
        ));
    }
    let line = {
        let mut store = conversation.store.lock();
        // A root is a user's INBOX: the only kind this server has.
        if names::owner(&root).map(|owner| format!("user.{owner}")) != Some(root.clone())
            || store.mailbox(&root).is_none()
        {
            return Err(Refusal::no(
                "NONEXISTENT",
                "A quota root is a user's INBOX here, such as user.craig",
            ));
        }
        store.set_quota(&root, quota);
        quota_line(&store, &root)
    };
    conversation
        .out
        .extend_from_slice(&line.unwrap_or_default());
    ok("SETQUOTA completed")
}

/// `* QUOTA root (STORAGE used limit MESSAGE used limit)`
fn quota_line(store: &Store, root: &str) -> Option<Vec<u8>> {
    let quota = store.quota(root)?;
    let (octets, messages) = store.usage(root);
    let mut resources = Vec::new();
    if let Some(limit) = quota.storage {
        resources.push(format!("STORAGE {} {limit}", octets.div_ceil(1024)));
    }
    if let Some(limit) = quota.messages {
        resources.push(format!("MESSAGE {messages} {limit}"));
    }
    let mut line = b"* QUOTA ".to_vec();
    write::astring(&mut line, root.as_bytes());
    line.extend_from_slice(format!(" ({})\r\n", resources.join(" ")).as_bytes());
    Some(line)
}
