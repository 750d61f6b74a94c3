//! STORE (RFC 3501 section 6.4.6, UNCHANGEDSINCE of RFC 7162 section 3.1.3), and how flags are read.

use super::arguments::Arguments;
use super::sequence::Set;
use super::{Outcome, Refusal, any, ok, ok_with};
use crate::demo::acl::Rights;
use crate::demo::conversation::Conversation;
use crate::demo::mailbox::{DELETED, MOST_KEYWORDS, Mailbox, SEEN};
use crate::demo::updates::flags_with_recent;
use crate::demo::write;

/// STORE
pub fn store(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run(conversation, arguments, false)
}

/// UID STORE
pub fn uid_store(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run(conversation, arguments, true)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Replace,
    Add,
    Remove,
}

fn run(conversation: &mut Conversation, arguments: &mut Arguments<'_>, uid: bool) -> Outcome {
    arguments.space("a sequence set")?;
    let set = Set::read(arguments)?;
    arguments.space("FLAGS, +FLAGS or -FLAGS")?;
    let mut unchanged_since = None;
    if arguments.take(b'(') {
        if !arguments.take_word("UNCHANGEDSINCE") {
            return Err(arguments.expected("UNCHANGEDSINCE"));
        }
        arguments.space("a mod-sequence")?;
        unchanged_since = Some(arguments.number("a mod-sequence")?);
        arguments.expect(b')', "the STORE modifiers")?;
        arguments.space("FLAGS, +FLAGS or -FLAGS")?;
    }
    let item = arguments.word().unwrap_or_default().to_ascii_uppercase();
    let (item, silent) = match item.strip_suffix(".SILENT") {
        Some(item) => (item, true),
        None => (item.as_str(), false),
    };
    let mode = match item {
        "FLAGS" => Mode::Replace,
        "+FLAGS" => Mode::Add,
        "-FLAGS" => Mode::Remove,
        _ => {
            return Err(Refusal::bad(
                "STORE changes FLAGS, +FLAGS or -FLAGS, each also with .SILENT",
            ));
        }
    };
    arguments.space("flags")?;
    let flags = read_flags(arguments)?;
    arguments.end()?;
    if unchanged_since.is_some() && !conversation.condstore {
        any::switch_condstore_on(conversation);
    }
    let condstore = conversation.condstore;
    let mut out = Vec::new();
    let modified = conversation.with_selected(|store, view, who| {
        if view.read_only {
            return Err(Refusal::no(
                "",
                "The mailbox is open read-only: SELECT it to change flags",
            ));
        }
        let uids = set.uids(view, uid)?;
        let rights = match (store.by_id(view.id), store.name_of(view.id)) {
            (Some(mailbox), Some(name)) => store.rights(who, name, mailbox),
            _ => Rights::NONE,
        };
        let Some(mailbox) = store.by_id_mut(view.id) else {
            return Ok(Vec::new());
        };
        let flags = spell(mailbox, &flags, mode != Mode::Remove)?;
        let allowed = |flag: &str| rights.has(right_for(flag));
        // RFC 4314 section 4: NO only if nothing of it may be done.
        if !flags.is_empty() && !flags.iter().any(|f| allowed(f)) {
            let missing: String = flags
                .iter()
                .take(1)
                .flat_map(|f| right_for(f).letters())
                .collect();
            return Err(Refusal::no(
                "NOPERM",
                format!("Permission denied: the right {missing} is missing"),
            ));
        }
        let mut modified = Vec::new();
        for uid_of in uids {
            let Some(message) = mailbox.get(uid_of) else {
                continue;
            };
            if unchanged_since.is_some_and(|since| message.modseq > since) {
                modified.push(if uid {
                    uid_of
                } else {
                    view.sequence_number(uid_of).unwrap_or_default()
                });
                continue;
            }
            let old = message.flags_for(&who.name);
            mailbox.change(uid_of, |message| {
                let mut changed = false;
                if mode == Mode::Replace {
                    for flag in old.iter().filter(|f| !flags.contains(f) && allowed(f)) {
                        changed |= message.set(&who.name, flag, false);
                    }
                }
                for flag in flags.iter().filter(|f| allowed(f)) {
                    changed |= message.set(&who.name, flag, mode != Mode::Remove);
                }
                changed
            });
            let (Some(message), Some(known)) = (mailbox.get(uid_of), view.get(uid_of)) else {
                continue;
            };
            let number = view.sequence_number(uid_of).unwrap_or_default();
            let mut parts = Vec::new();
            if !silent {
                parts.push(format!(
                    "FLAGS ({})",
                    flags_with_recent(message, &who.name, known.recent)
                ));
            }
            if uid {
                parts.push(format!("UID {uid_of}"));
            }
            if condstore {
                parts.push(format!("MODSEQ ({})", message.modseq));
            }
            // RFC 7162 section 3.1.3: MODSEQ is told also with .SILENT.
            if !silent || condstore {
                out.extend_from_slice(
                    format!("* {number} FETCH ({})\r\n", parts.join(" ")).as_bytes(),
                );
            }
            view.told(uid_of, message.modseq);
        }
        store.touch();
        Ok(modified)
    })?;
    conversation.out.extend_from_slice(&out);
    if modified.is_empty() {
        return ok("STORE completed");
    }
    ok_with(
        format!("MODIFIED {}", write::sequence_set(&modified)),
        "Some messages have changed since: not stored",
    )
}

/// The right that changing a flag takes (RFC 4314 section 4).
pub fn right_for(flag: &str) -> Rights {
    match flag {
        SEEN => Rights::SEEN,
        DELETED => Rights::DELETED,
        _ => Rights::WRITE,
    }
}

/// Reads `(\Seen $Forwarded)`, or flags without parentheses (STORE only).
///
/// # Errors
/// BAD.
pub fn read_flags(arguments: &mut Arguments<'_>) -> Result<Vec<String>, Refusal> {
    let mut flags: Vec<String> = Vec::new();
    let listed = arguments.take(b'(');
    loop {
        while arguments.take(b' ') {}
        if (listed && arguments.take(b')')) || (!listed && arguments.is_at_end()) {
            return Ok(flags);
        }
        let system = arguments.take(b'\\');
        let word = arguments.atom("a flag, such as \\Seen")?;
        let flag = if system {
            format!("\\{word}")
        } else {
            word.to_owned()
        };
        if flag.len() > 100 {
            return Err(Refusal::bad("A flag is longer than 100 octets"));
        }
        if !flags.iter().any(|f| f.eq_ignore_ascii_case(&flag)) {
            flags.push(flag);
        }
        if flags.len() > 2 * MOST_KEYWORDS {
            return Err(Refusal::bad("Too many flags"));
        }
    }
}

/// The flags as they are kept in `mailbox`; new keywords are noted there if `adding`.
///
/// # Errors
/// BAD for unknown system flags, NO if there is no room for one more keyword.
pub fn spell(
    mailbox: &mut Mailbox,
    flags: &[String],
    adding: bool,
) -> Result<Vec<String>, Refusal> {
    let mut spelled = Vec::new();
    for flag in flags {
        if flag.eq_ignore_ascii_case("\\Recent") {
            return Err(Refusal::bad(
                "\\Recent cannot be changed by clients (RFC 3501 section 2.3.2)",
            ));
        }
        let unknown = || {
            Refusal::bad(format!(
                "Unknown system flag {flag}: they are \\Answered \\Flagged \\Draft \\Deleted \\Seen"
            ))
        };
        spelled.push(mailbox.spelling(flag).ok_or_else(unknown)?);
    }
    if adding {
        let new: Vec<&String> = spelled
            .iter()
            .filter(|f| !f.starts_with('\\') && !mailbox.keywords.contains(*f))
            .collect();
        if mailbox.keywords.len() + new.len() > MOST_KEYWORDS {
            return Err(Refusal::no(
                "LIMIT",
                format!("A mailbox holds at most {MOST_KEYWORDS} keywords"),
            ));
        }
        mailbox.keywords.extend(new.into_iter().cloned());
    }
    Ok(spelled)
}
