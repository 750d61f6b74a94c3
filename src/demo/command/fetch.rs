//! FETCH and UID FETCH. The answer is made while it is sent: however many messages are asked for, a
//! few wait in memory.

use super::arguments::Arguments;
use super::fetch_items::{self, Item};
use super::sequence::Set;
use super::{Completion, Outcome, Refusal, any, ok, ok_with};
use crate::demo::acl::Rights;
use crate::demo::conversation::Conversation;
use crate::demo::mailbox::SEEN;
use crate::demo::updates::flags_with_recent;

/// FETCH
pub fn fetch(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run(conversation, arguments, false)
}

/// UID FETCH
pub fn uid_fetch(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run(conversation, arguments, true)
}

fn run(conversation: &mut Conversation, arguments: &mut Arguments<'_>, uid: bool) -> Outcome {
    arguments.space("a sequence set")?;
    let set = Set::read(arguments)?;
    arguments.space("what to fetch, such as FLAGS or (FLAGS ENVELOPE)")?;
    let mut items = fetch_items::read(arguments)?;
    let mut changed_since = None;
    if !arguments.is_at_end() {
        arguments.space("the FETCH modifiers")?;
        arguments.expect(b'(', "the FETCH modifiers")?;
        if !arguments.take_word("CHANGEDSINCE") {
            return Err(Refusal::bad(
                "The only FETCH modifier known here is CHANGEDSINCE",
            ));
        }
        arguments.space("a mod-sequence")?;
        changed_since = Some(arguments.number("a mod-sequence")?);
        arguments.expect(b')', "the FETCH modifiers")?;
        // RFC 7162 section 3.1.4.1.
        if !items.contains(&Item::ModSeq) {
            items.push(Item::ModSeq);
        }
    }
    arguments.end()?;
    if uid && !items.contains(&Item::Uid) {
        items.insert(0, Item::Uid);
    }
    if items.contains(&Item::ModSeq) && !conversation.condstore {
        any::switch_condstore_on(conversation);
    }
    let uids = set.uids(conversation.view()?, uid)?;
    Ok(Completion::Fetch(Work {
        items,
        uids,
        next: 0,
        changed_since,
        missing: false,
    }))
}

/// A FETCH under way.
#[derive(Debug)]
pub struct Work {
    items: Vec<Item>,
    uids: Vec<u32>,
    next: usize,
    changed_since: Option<u64>,
    /// Another session has expunged some of them.
    missing: bool,
}

impl Work {
    /// Goes on until `enough` octets wait to be sent; the outcome when all is written.
    pub fn step(&mut self, conversation: &mut Conversation, enough: usize) -> Option<Outcome> {
        let mut out = std::mem::take(&mut conversation.out);
        while out.len() < enough {
            let Some(&uid) = self.uids.get(self.next) else {
                conversation.out = out;
                return Some(if self.missing {
                    // RFC 5530: the client's numbers are stale, NOOP will tell.
                    ok_with(
                        "EXPUNGEISSUED",
                        "FETCH completed, but some messages were expunged by another session",
                    )
                } else {
                    ok("FETCH completed")
                });
            };
            self.next += 1;
            match self.one(conversation, uid, &mut out) {
                Ok(true) => {}
                Ok(false) => self.missing = true,
                Err(refusal) => {
                    conversation.out = out;
                    return Some(Err(refusal));
                }
            }
        }
        conversation.out = out;
        None
    }

    fn one(
        &self,
        conversation: &mut Conversation,
        uid: u32,
        out: &mut Vec<u8>,
    ) -> Result<bool, Refusal> {
        let condstore = conversation.condstore;
        conversation.with_selected(|store, view, who| {
            let (Some(known), Some(number)) = (view.get(uid), view.sequence_number(uid)) else {
                return Ok(true);
            };
            let Some(message) = store.by_id(view.id).and_then(|m| m.get(uid)) else {
                return Ok(false);
            };
            if self
                .changed_since
                .is_some_and(|since| message.modseq <= since)
            {
                return Ok(true);
            }
            let mut newly_seen = false;
            if !view.read_only
                && !message.has(&who.name, SEEN)
                && self.items.iter().any(Item::sets_seen)
            {
                let rights = match (store.by_id(view.id), store.name_of(view.id)) {
                    (Some(mailbox), Some(name)) => store.rights(who, name, mailbox),
                    _ => Rights::NONE,
                };
                if rights.has(Rights::SEEN)
                    && let Some(mailbox) = store.by_id_mut(view.id)
                {
                    newly_seen = mailbox.change(uid, |m| m.set(&who.name, SEEN, true));
                    store.touch();
                }
            }
            let Some(message) = store.by_id(view.id).and_then(|m| m.get(uid)) else {
                return Ok(false);
            };
            out.extend_from_slice(format!("* {number} FETCH (").as_bytes());
            let mut first = true;
            let space = |out: &mut Vec<u8>, first: &mut bool| {
                if !std::mem::replace(first, false) {
                    out.push(b' ');
                }
            };
            let flags = || {
                format!(
                    "FLAGS ({})",
                    flags_with_recent(message, &who.name, known.recent)
                )
            };
            for item in &self.items {
                space(out, &mut first);
                match item {
                    Item::Flags => out.extend_from_slice(flags().as_bytes()),
                    Item::Uid => out.extend_from_slice(format!("UID {uid}").as_bytes()),
                    Item::ModSeq => {
                        out.extend_from_slice(format!("MODSEQ ({})", message.modseq).as_bytes())
                    }
                    other => other.write(out, message),
                }
            }
            let flags_told = self.items.contains(&Item::Flags);
            if newly_seen && !flags_told {
                space(out, &mut first);
                out.extend_from_slice(flags().as_bytes());
            }
            // RFC 7162 section 3.2: with CONDSTORE on, changed flags come with MODSEQ.
            if newly_seen && condstore && !self.items.contains(&Item::ModSeq) {
                out.extend_from_slice(format!(" MODSEQ ({})", message.modseq).as_bytes());
            }
            out.extend_from_slice(b")\r\n");
            if flags_told || newly_seen {
                view.told(uid, message.modseq);
            }
            Ok(true)
        })
    }
}
