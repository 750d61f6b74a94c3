//! The inverse of what was just done, out of what the server had told before. What was not told is not
//! guessed: then there is no suggestion.
//!
//! To add a command: an arm in [`inverse`](Undo::inverse), and what it must have seen in `see`.

mod flags;
mod subscriptions;

use std::collections::HashMap;
use std::time::SystemTime;

use super::Console;
use crate::catalog;
use crate::model::name;
use crate::safety::Spoken;
use crate::session::{CommandId, Event};
use crate::wire::frame::FrameBuilder;
use crate::wire::response::{Response, ResponseCode, Status, StatusResponse, Untagged};
use crate::wire::{Frame, Origin};
use flags::{Flags, Stored};
use subscriptions::Subscriptions;

/// Most commands under way that are followed.
const RUNNING: usize = 64;
/// Most octets of one command that are kept.
const COMMAND: usize = 64 * 1024;
/// Most mailboxes whose ACL is kept, and quota roots.
const KEPT: usize = 200;
/// Most identifiers of an ACL that are kept.
const IDENTIFIERS: usize = 1_000;

/// Identifiers and their rights.
type Rights = Vec<(String, String)>;

/// One command of the user's (or a LIST of the program's) under way.
#[derive(Debug)]
struct Running {
    verb: String,
    origin: Origin,
    builder: FrameBuilder,
    octets: usize,
    /// It is out, as far as it can be read.
    frame: Option<Frame>,
    /// Something in it is secret, or it is too long.
    unreadable: bool,
    /// COPYUID of a MOVE comes before its OK (RFC 6851 section 4.3).
    copied: Option<(String, String)>,
    stored: Stored,
    /// Whether the mailbox was subscribed, if that is known.
    subscribed: Option<bool>,
}

/// What the server has told, as far as it can be needed to take something back.
#[derive(Debug, Default)]
pub(super) struct Undo {
    acls: Vec<(Vec<u8>, Rights)>,
    quotas: Vec<(String, Vec<(String, u64)>)>,
    flags: Flags,
    subscriptions: Subscriptions,
    running: HashMap<CommandId, Running>,
}

/// What an inverse is made with.
struct Context<'a> {
    utf8: bool,
    expunges: bool,
    /// The open mailbox, and whether it is open for writing.
    selected: Option<(&'a [u8], bool)>,
}

impl Context<'_> {
    fn argument(&self, name: &[u8]) -> Option<String> {
        catalog::mailbox_argument(name, self.utf8)
    }

    fn is_open(&self, mailbox: &[u8]) -> bool {
        self.selected
            .is_some_and(|(open, writes)| writes && name::same(open, mailbox))
    }

    /// `lines` with `mailbox` open, and then the one that is open now.
    fn within(&self, mailbox: &[u8], lines: &[String]) -> Option<String> {
        if self.is_open(mailbox) {
            return Some(lines.join("\n"));
        }
        let mut all = vec![format!("SELECT {}", self.argument(mailbox)?)];
        all.extend_from_slice(lines);
        if let Some((back, writes)) = self.selected {
            let verb = if writes { "SELECT" } else { "EXAMINE" };
            all.push(format!("{verb} {}", self.argument(back)?));
        }
        Some(all.join("\n"))
    }
}

impl Undo {
    /// Nothing of the old connection counts.
    pub fn connection_opened(&mut self) {
        *self = Undo::default();
    }

    fn started(&mut self, command: CommandId, verb: &str, origin: Origin) {
        let lists = matches!(verb, "LSUB" | "LIST");
        let matters = matches!(
            verb,
            "SETACL"
                | "DELETEACL"
                | "SETQUOTA"
                | "STORE"
                | "UID STORE"
                | "SUBSCRIBE"
                | "UNSUBSCRIBE"
                | "COPY"
                | "UID COPY"
                | "MOVE"
                | "UID MOVE"
                | "RENAME"
                | "CREATE"
                | "APPEND"
                | "SELECT"
                | "EXAMINE"
                | "CLOSE"
                | "UNSELECT"
                | "GETACL"
                | "GETQUOTA"
                | "GETQUOTAROOT"
        );
        if (matters || lists) && self.running.len() < RUNNING {
            if verb.ends_with("STORE") {
                // Of two at once nobody can tell which one changed what.
                let other = self
                    .running
                    .values_mut()
                    .filter(|r| r.verb.ends_with("STORE"));
                let mut crowded = false;
                for running in other {
                    running.stored.confused = true;
                    crowded = true;
                }
                let mut stored = Stored::default();
                stored.confused = crowded;
                self.running
                    .insert(command, Running::new(verb, origin, stored));
                return;
            }
            self.running
                .insert(command, Running::new(verb, origin, Stored::default()));
        }
    }

    fn response(&mut self, data: &Untagged, command: Option<CommandId>) {
        let asked = command
            .and_then(|id| self.running.get(&id))
            .map(|r| r.verb.as_str());
        match data {
            // The answer to a question, not to a change.
            Untagged::Acl { mailbox, entries } if asked == Some("GETACL") => {
                self.acls.retain(|(known, _)| !name::same(known, mailbox));
                if self.acls.len() >= KEPT {
                    self.acls.remove(0);
                }
                if entries.len() <= IDENTIFIERS {
                    self.acls.push((mailbox.clone(), entries.clone()));
                }
            }
            Untagged::Quota { root, resources }
                if matches!(asked, Some("GETQUOTA" | "GETQUOTAROOT")) =>
            {
                self.quotas.retain(|(known, _)| known != root);
                if self.quotas.len() >= KEPT {
                    self.quotas.remove(0);
                }
                let limits = resources.iter().take(KEPT);
                let limits = limits.map(|(resource, _, limit)| (resource.clone(), *limit));
                self.quotas.push((root.clone(), limits.collect()));
            }
            Untagged::Fetch(fetch) => {
                let storing = self
                    .running
                    .values_mut()
                    .filter(|r| r.verb.ends_with("STORE"));
                for running in storing {
                    running.stored.fetched(fetch, &self.flags);
                }
                self.flags.fetched(fetch);
            }
            Untagged::Expunge(seq) => {
                self.flags.expunged(*seq);
                self.numbers_moved();
            }
            Untagged::Vanished { earlier: false, .. } => {
                self.flags.clear();
                self.numbers_moved();
            }
            Untagged::Lsub(entry) => self.subscriptions.listed(entry, true),
            Untagged::List(entry) => self.subscriptions.listed(entry, false),
            Untagged::Status(StatusResponse {
                code: Some(ResponseCode::CopyUid { from, to, .. }),
                ..
            }) => {
                let moving = command.and_then(|id| self.running.get_mut(&id));
                if let Some(running) = moving {
                    running.copied = Some((from.clone(), to.clone()));
                }
            }
            _ => {}
        }
    }

    fn numbers_moved(&mut self) {
        for running in self.running.values_mut() {
            running.stored.moved = true;
        }
    }

    /// What takes `spoken` back, now that the server has said OK to it.
    fn inverse(
        &mut self,
        running: &Running,
        spoken: &Spoken,
        status: &StatusResponse,
        context: &Context<'_>,
    ) -> Option<String> {
        let value = |index| spoken.value(index);
        match running.verb.as_str() {
            "SETACL" | "DELETEACL" => {
                let (mailbox, who) = (value(0)?, spoken.text(1)?);
                let acl = self.acls.iter_mut().find(|(m, _)| name::same(m, mailbox));
                let (_, entries) = acl?;
                let at = entries.iter().position(|(name, _)| name == who);
                let old = at
                    .and_then(|at| entries.get(at))
                    .map(|(_, rights)| rights.clone());
                // What was read is not true any more.
                self.acls.retain(|(m, _)| !name::same(m, mailbox));
                let place = context.argument(mailbox)?;
                let who = context.argument(who.as_bytes())?;
                match old {
                    Some(rights) if !rights.is_empty() => {
                        let rights = context.argument(rights.as_bytes())?;
                        Some(format!("SETACL {place} {who} {rights}"))
                    }
                    _ if running.verb == "DELETEACL" => None,
                    _ => Some(format!("DELETEACL {place} {who}")),
                }
            }
            "SETQUOTA" => {
                let root = spoken.text(0)?;
                let at = self.quotas.iter().position(|(known, _)| known == root)?;
                let (root, limits) = self.quotas.remove(at);
                let root = context.argument(root.as_bytes())?;
                let limits: Vec<String> = limits
                    .iter()
                    .map(|(resource, limit)| format!("{resource} {limit}"))
                    .collect();
                Some(format!("SETQUOTA {root} ({})", limits.join(" ")))
            }
            "STORE" | "UID STORE" => {
                let modified = matches!(&status.code,
                    Some(ResponseCode::Other { name, .. }) if name == "MODIFIED");
                let lines = running.stored.inverse(spoken, &mut self.flags);
                lines
                    .filter(|lines| !modified && !lines.is_empty())
                    .map(|lines| lines.join("\n"))
            }
            "SUBSCRIBE" | "UNSUBSCRIBE" => {
                let mailbox = value(0)?;
                let on = running.verb == "SUBSCRIBE";
                self.subscriptions.changed(mailbox);
                let verb = if on { "UNSUBSCRIBE" } else { "SUBSCRIBE" };
                (running.subscribed == Some(!on))
                    .then(|| context.argument(mailbox))?
                    .map(|place| format!("{verb} {place}"))
            }
            "RENAME" => {
                let (old, new) = (value(0)?, value(1)?);
                self.acls.clear();
                // RENAME of INBOX moves its messages, and INBOX stays (RFC 9051 section 6.3.6).
                if name::is_inbox(old) {
                    return None;
                }
                Some(format!(
                    "RENAME {} {}",
                    context.argument(new)?,
                    context.argument(old)?
                ))
            }
            // It was not there, or the server had said NO. A delimiter at its end is not a part of it.
            "CREATE" => {
                let mailbox =
                    value(0).filter(|name| !name.ends_with(b"/") && !name.ends_with(b"."))?;
                Some(format!("DELETE {}", context.argument(mailbox)?))
            }
            "COPY" | "UID COPY" => {
                let Some(ResponseCode::CopyUid { to, .. }) = &status.code else {
                    return None;
                };
                context.removed(value(1)?, to)
            }
            "APPEND" => {
                let Some(ResponseCode::AppendUid { uids, .. }) = &status.code else {
                    return None;
                };
                context.removed(value(0)?, uids)
            }
            "MOVE" | "UID MOVE" => {
                let copied = match &status.code {
                    Some(ResponseCode::CopyUid { to, .. }) => Some(to),
                    _ => running.copied.as_ref().map(|(_, to)| to),
                };
                let (source, _) = context.selected?;
                let back = context.argument(source)?;
                let line = format!("UID MOVE {} {back}", copied?);
                context.within(value(1)?, &[line])
            }
            _ => None,
        }
    }
}

impl Context<'_> {
    /// Takes messages out of `mailbox` again: only with UIDPLUS, for a bare EXPUNGE takes others along.
    fn removed(&self, mailbox: &[u8], uids: &str) -> Option<String> {
        if !self.expunges {
            return None;
        }
        let lines = [
            format!("UID STORE {uids} +FLAGS.SILENT (\\Deleted)"),
            format!("UID EXPUNGE {uids}"),
        ];
        self.within(mailbox, &lines)
    }
}

impl Running {
    fn new(verb: &str, origin: Origin, stored: Stored) -> Running {
        Running {
            verb: verb.to_owned(),
            origin,
            builder: FrameBuilder::default(),
            octets: 0,
            frame: None,
            unreadable: false,
            copied: None,
            stored,
            subscribed: None,
        }
    }
}

impl Console {
    /// Follows what is sent and what comes back, after the model has.
    pub(super) fn undo_sees(&mut self, at: SystemTime, event: &Event) {
        match event {
            Event::Started {
                command,
                verb,
                origin,
                ..
            } => self.undo.started(*command, verb, *origin),
            Event::Sent {
                command,
                piece,
                masked,
            } => {
                let Undo {
                    running,
                    subscriptions,
                    ..
                } = &mut self.undo;
                let Some(running) = running.get_mut(command) else {
                    return;
                };
                running.octets = running.octets.saturating_add(piece.bytes().len());
                // A message that is appended is not looked at; its mailbox stands before it.
                let long = running.octets > COMMAND && running.verb != "APPEND";
                running.unreadable |= *masked || long;
                if running.unreadable || running.octets > 2 * COMMAND && !piece.ends_frame() {
                    return;
                }
                if let Some(frame) = running.builder.push(piece) {
                    let spoken = Spoken::sent(&frame);
                    if running.verb.ends_with("SUBSCRIBE") {
                        running.subscribed = spoken.value(0).and_then(|n| subscriptions.of(n));
                    }
                    running.frame = Some(frame);
                }
            }
            Event::Response {
                response: Response::Untagged(data),
                command,
            } => {
                self.undo.response(data, *command);
                let moved = matches!(
                    data,
                    Untagged::Expunge(_) | Untagged::Vanished { earlier: false, .. }
                );
                // A suggestion by message numbers would hit others now.
                if moved {
                    self.suggestions.retain(|s| !s.text.starts_with("STORE "));
                }
            }
            Event::Completed {
                command, status, ..
            } => self.undo_completed(at, *command, status),
            Event::Abandoned { command } => {
                self.undo.running.remove(command);
            }
            _ => {}
        }
    }

    fn undo_completed(&mut self, at: SystemTime, command: CommandId, status: &StatusResponse) {
        let Some(running) = self.undo.running.remove(&command) else {
            return;
        };
        let opens = matches!(
            running.verb.as_str(),
            "SELECT" | "EXAMINE" | "CLOSE" | "UNSELECT"
        );
        if opens {
            self.undo.flags.clear();
            self.undo.numbers_moved();
        }
        let Some(frame) = running.frame.as_ref().filter(|_| !running.unreadable) else {
            return;
        };
        if status.status != Status::Ok {
            return;
        }
        let spoken = Spoken::sent(frame);
        if matches!(running.verb.as_str(), "LSUB") {
            self.undo.subscriptions.asked(&spoken);
        }
        let selected = self.model.selected();
        let name = selected.map(|mailbox| (mailbox.name.clone(), !mailbox.read_only));
        let set = self.model.capabilities().current();
        let context = Context {
            utf8: catalog::accepts_utf8(&self.model),
            expunges: set.is_some_and(|set| set.has("UIDPLUS") || set.has("IMAP4rev2")),
            selected: name
                .as_ref()
                .map(|(name, writes)| (name.as_slice(), *writes)),
        };
        let inverse = self.undo.inverse(&running, &spoken, status, &context);
        if running.origin == Origin::User
            && let Some(text) = inverse
        {
            self.suggest(at, "undo", text);
        }
    }
}
