//! NAMESPACE (RFC 2342), LIST with its extensions (RFC 5258, 5819, 6154) and LSUB.

use std::collections::BTreeMap;

use super::arguments::Arguments;
use super::{Outcome, Refusal, mailbox, ok};
use crate::demo::acl::Rights;
use crate::demo::conversation::Conversation;
use crate::demo::names::{self, DELIMITER, Who};
use crate::demo::store::Store;
use crate::demo::write;

/// Most patterns in one LIST.
const MOST_PATTERNS: usize = 50;

/// NAMESPACE
pub fn namespace(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    arguments.end()?;
    let personal = if conversation.who()?.admin {
        "NIL"
    } else {
        "((\"INBOX.\" \".\"))"
    };
    conversation.untagged(&format!(
        "NAMESPACE {personal} ((\"user.\" \".\")) ((\"\" \".\"))"
    ));
    ok("NAMESPACE completed")
}

/// What a LIST asks for.
#[derive(Debug, Default)]
struct Query {
    patterns: Vec<String>,
    extended: bool,
    select_subscribed: bool,
    select_special_use: bool,
    recursive: bool,
    return_subscribed: bool,
    return_children: bool,
    return_special_use: bool,
    return_status: Option<Vec<mailbox::StatusItem>>,
}

/// One name that may be listed.
#[derive(Debug, Default, Clone, Copy)]
struct Node {
    /// A mailbox that may be looked up.
    visible: bool,
    special_use: Option<&'static str>,
    children: bool,
    subscribed: bool,
    subscribed_below: bool,
}

/// LIST
pub fn list(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let who = conversation.who()?;
    arguments.space("a reference")?;
    let mut query = Query::default();
    if arguments.peek() == Some(b'(') {
        query.extended = true;
        for option in arguments.words("a selection option")? {
            match option.to_ascii_uppercase().as_str() {
                "SUBSCRIBED" => (query.select_subscribed, query.return_subscribed) = (true, true),
                "SPECIAL-USE" => {
                    (query.select_special_use, query.return_special_use) = (true, true)
                }
                "RECURSIVEMATCH" => query.recursive = true,
                "REMOTE" => {}
                other => {
                    return Err(Refusal::bad(format!(
                        "Unknown LIST selection option {other}"
                    )));
                }
            }
        }
        if query.recursive && !query.select_subscribed {
            return Err(Refusal::bad(
                "RECURSIVEMATCH needs SUBSCRIBED beside it (RFC 5258 section 3.1)",
            ));
        }
        arguments.space("a reference")?;
    }
    let reference = arguments.text("a reference (usually \"\")")?;
    arguments.space("a mailbox pattern")?;
    query.patterns = read_patterns(arguments, &reference, &mut query.extended)?;
    if !arguments.is_at_end() {
        arguments.space("RETURN")?;
        if !arguments.take_word("RETURN") {
            return Err(arguments.expected("RETURN"));
        }
        query.extended = true;
        arguments.space("return options")?;
        read_return_options(arguments, &mut query)?;
    }
    arguments.end()?;
    if !query.extended && query.patterns.iter().all(String::is_empty) {
        conversation.untagged("LIST (\\Noselect) \".\" \"\"");
        return ok("LIST completed");
    }
    let lines = {
        let store = conversation.store.lock();
        let tree = tree(&store, &who);
        let mut lines = Vec::new();
        for (name, node) in &tree {
            if query.patterns.iter().any(|p| matches(&who, p, name)) {
                list_one(&store, &who, &query, name, node, &mut lines);
            }
        }
        lines
    };
    conversation.out.extend_from_slice(&lines);
    ok("LIST completed")
}

fn list_one(store: &Store, who: &Who, query: &Query, name: &str, node: &Node, out: &mut Vec<u8>) {
    let child_info = query.recursive && node.subscribed_below;
    if (query.select_subscribed && !node.subscribed && !child_info)
        || (query.select_special_use && node.special_use.is_none())
    {
        return;
    }
    // A subscription may outlive its mailbox: only who asks for subscriptions sees it.
    if !node.visible && !node.children && !query.select_subscribed {
        return;
    }
    let mut attributes = vec![];
    if !node.visible {
        attributes.push(if query.extended {
            "\\NonExistent"
        } else {
            "\\Noselect"
        });
    }
    if !query.extended || query.return_children || node.children {
        attributes.push(if node.children {
            "\\HasChildren"
        } else {
            "\\HasNoChildren"
        });
    }
    if query.return_subscribed && node.subscribed {
        attributes.push("\\Subscribed");
    }
    // RFC 6154 section 2: they may come with any LIST, and help whoever looks.
    attributes.extend(node.special_use);
    out.extend_from_slice(format!("* LIST ({}) \".\" ", attributes.join(" ")).as_bytes());
    let external = who.external(name);
    write::astring(out, external.as_bytes());
    if child_info {
        out.extend_from_slice(b" (\"CHILDINFO\" (\"SUBSCRIBED\"))");
    }
    out.extend_from_slice(b"\r\n");
    if let Some(items) = &query.return_status
        && node.visible
        && let Ok(found) = store.open(who, name, Rights::LOOKUP.with(Rights::READ))
    {
        mailbox::write_status(out, who, &external, found, items);
    }
}

/// LSUB
pub fn lsub(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    let who = conversation.who()?;
    arguments.space("a reference")?;
    let reference = arguments.text("a reference (usually \"\")")?;
    arguments.space("a mailbox pattern")?;
    let patterns = read_patterns(arguments, &reference, &mut false)?;
    arguments.end()?;
    let lines = {
        let store = conversation.store.lock();
        let mut lines = Vec::new();
        for (name, node) in &tree(&store, &who) {
            let percent = patterns.iter().any(|p| p.ends_with('%'));
            if !(node.subscribed || percent && node.subscribed_below)
                || !patterns.iter().any(|p| matches(&who, p, name))
            {
                continue;
            }
            // RFC 3501 section 6.3.9: a name with subscribed children that is not subscribed itself.
            let attributes = match (node.subscribed, node.children) {
                (false, _) => "\\Noselect \\HasChildren",
                (true, true) => "\\HasChildren",
                (true, false) => "\\HasNoChildren",
            };
            lines.extend_from_slice(format!("* LSUB ({attributes}) \".\" ").as_bytes());
            write::astring(&mut lines, who.external(name).as_bytes());
            lines.extend_from_slice(b"\r\n");
        }
        lines
    };
    conversation.out.extend_from_slice(&lines);
    ok("LSUB completed")
}

fn read_patterns(
    arguments: &mut Arguments<'_>,
    reference: &str,
    extended: &mut bool,
) -> Result<Vec<String>, Refusal> {
    let one = |arguments: &mut Arguments<'_>| {
        let bytes = arguments.astring("a mailbox pattern", true)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Refusal::bad("The mailbox pattern is not UTF-8"))?;
        if text.len() > 1000 {
            return Err(Refusal::bad("The mailbox pattern is too long"));
        }
        // RFC 3501 section 6.3.8: reference and pattern together; a pattern by itself stands alone.
        Ok(if text.is_empty() {
            text
        } else {
            format!("{reference}{text}")
        })
    };
    if !arguments.take(b'(') {
        return Ok(vec![one(arguments)?]);
    }
    *extended = true;
    let mut patterns = Vec::new();
    loop {
        if arguments.take(b')') {
            return Ok(patterns);
        }
        if !patterns.is_empty() {
            arguments.space("a mailbox pattern")?;
        }
        if patterns.len() >= MOST_PATTERNS {
            return Err(Refusal::no("LIMIT", "Too many patterns in one LIST"));
        }
        patterns.push(one(arguments)?);
    }
}

fn read_return_options(arguments: &mut Arguments<'_>, query: &mut Query) -> Result<(), Refusal> {
    arguments.expect(b'(', "the return options")?;
    loop {
        while arguments.take(b' ') {}
        if arguments.take(b')') {
            return Ok(());
        }
        let option = arguments.atom("a return option")?.to_ascii_uppercase();
        match option.as_str() {
            "SUBSCRIBED" => query.return_subscribed = true,
            "CHILDREN" => query.return_children = true,
            "SPECIAL-USE" => query.return_special_use = true,
            "STATUS" => {
                arguments.space("status items")?;
                query.return_status = Some(mailbox::read_status_items(arguments)?);
            }
            other => return Err(Refusal::bad(format!("Unknown LIST return option {other}"))),
        }
    }
}

/// Whether a pattern matches what the user calls this mailbox; INBOX in any case.
fn matches(who: &Who, pattern: &str, internal: &str) -> bool {
    let external = who.external(internal);
    let pattern = match pattern.get(..5) {
        Some(start) if start.eq_ignore_ascii_case("INBOX") => {
            format!("INBOX{}", pattern.get(5..).unwrap_or_default())
        }
        _ => pattern.to_owned(),
    };
    names::matches(&pattern, &external)
}

/// All names a user may see, and the levels above them, in the order of what he calls them.
fn tree(store: &Store, who: &Who) -> Vec<(String, Node)> {
    let mut tree: BTreeMap<String, Node> = BTreeMap::new();
    for (name, mailbox) in store.mailboxes() {
        if store.rights(who, name, mailbox).has(Rights::LOOKUP) {
            let node = tree.entry(name.to_owned()).or_default();
            (node.visible, node.special_use) = (true, mailbox.special_use);
            above(name, who, &mut |parent| {
                tree.entry(parent.to_owned()).or_default().children = true;
            });
        }
    }
    if let Some(user) = store.user(&who.name) {
        for name in &user.subscriptions {
            tree.entry(name.clone()).or_default().subscribed = true;
            above(name, who, &mut |parent| {
                tree.entry(parent.to_owned()).or_default().subscribed_below = true;
            });
        }
    }
    let mut tree: Vec<(String, Node)> = tree.into_iter().collect();
    tree.sort_by_cached_key(|(name, _)| who.external(name));
    tree
}

/// The levels above a name, as the user sees them: INBOX has none.
fn above(name: &str, who: &Who, each: &mut dyn FnMut(&str)) {
    let mut name = name;
    while let Some(parent) = names::parent(name) {
        if !who.admin
            && (who.inbox() == name || parent.rfind(DELIMITER).is_none() && who.owns(name))
        {
            return;
        }
        each(parent);
        name = parent;
    }
}
