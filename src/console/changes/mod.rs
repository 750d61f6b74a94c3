//! What changed: after each command one line about the state that moved, so that an accidental \Seen is
//! seen at once. Only what the server said counts; where nothing moved nothing is told.
//!
//! Memory is bounded: flags of the messages that were heard of last, rights and validity of some mailboxes.

mod known;

use std::time::SystemTime;

use super::{Console, InFlight};
use crate::session::{CommandId, Event};
use crate::wire::mailbox::MailboxName;
use crate::wire::response::{Response, Status, Untagged};
pub(super) use known::Changes;

impl Console {
    /// Takes an event, the model having taken it before.
    pub(super) fn changed(&mut self, at: SystemTime, event: &Event, over: Option<&InFlight>) {
        if !self.settings.changes {
            return;
        }
        match event {
            Event::Response {
                response: Response::Untagged(data),
                command,
            } => self.heard(data, *command),
            Event::Completed { status, .. } => {
                let Some(over) = over else { return };
                if status.status == Status::Ok {
                    self.done(over);
                }
                self.changes.look(&self.model);
                self.tell(at, over.index);
            }
            _ => {}
        }
    }

    /// All that came at once is understood: what moved while no command ran, but one that is meant to last.
    pub(super) fn changed_meanwhile(&mut self, at: SystemTime) {
        let lasting = |begun: &InFlight| begun.verb == "IDLE";
        if !self.settings.changes || !self.in_flight.values().all(lasting) {
            return;
        }
        self.changes.look(&self.model);
        let command = self.in_flight.values().next().and_then(|begun| begun.index);
        self.tell(at, command);
    }

    fn tell(&mut self, at: SystemTime, command: Option<usize>) {
        for (level, text) in self.changes.take() {
            self.transcript.note_of(at, level, &text, command);
        }
    }

    fn heard(&mut self, data: &Untagged, command: Option<CommandId>) {
        match data {
            Untagged::Fetch(fetch) => {
                let unasked = fetch.flags.is_some() && self.is_unasked(command);
                self.changes.fetched(fetch, unasked);
            }
            Untagged::Expunge(seq) => self.changes.expunge(*seq),
            // By UID: which numbers move is not told.
            Untagged::Vanished { earlier: false, .. } => self.changes.forget_flags(),
            Untagged::MailboxStatus { mailbox, items } => {
                let told = items
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case("UIDVALIDITY"));
                self.changes.valid(mailbox, told.map(|(_, value)| *value));
            }
            Untagged::List(entry) if command.is_none() => self.changes.listed(entry),
            Untagged::MyRights { mailbox, rights } => self.changes.right(mailbox, rights),
            Untagged::Acl { mailbox, entries } => self.changes.acl(mailbox, entries),
            Untagged::Enabled(_) => {
                let all = self.model.enabled();
                let new: Vec<String> = all
                    .iter()
                    .skip(self.changes.enabled)
                    .map(|n| format!("+{n}"))
                    .collect();
                self.changes.enabled = all.len();
                if !new.is_empty() {
                    self.changes.other(format!("enabled {}", new.join(" ")));
                }
            }
            _ => {}
        }
    }

    /// Whether flags that come now were not asked for: by a FETCH whose items do not name them, or by nobody.
    fn is_unasked(&mut self, command: Option<CommandId>) -> bool {
        let Some(id) = command else { return true };
        let Some(begun) = self.in_flight.get(&id) else {
            return true;
        };
        if !begun.verb.ends_with("FETCH") {
            return matches!(begun.verb.as_str(), "NOOP" | "IDLE" | "CHECK");
        }
        // Looked up once for all that one FETCH brings.
        if let Some((of, asks)) = self.changes.asks_flags
            && of == id
        {
            return !asks;
        }
        let line = begun
            .index
            .and_then(|index| self.transcript.command(index))
            .and_then(|command| self.transcript.line(command.first_line));
        let text = line
            .map(|l| l.bytes.to_ascii_uppercase())
            .unwrap_or_default();
        // The macros of RFC 9051 section 6.4.5 name flags, too.
        let asks = [&b"FLAGS"[..], b"ALL", b"FAST", b"FULL"]
            .iter()
            .any(|word| memchr::memmem::find(&text, word).is_some());
        self.changes.asks_flags = Some((id, asks));
        !asks
    }

    /// The server said OK to a command that makes or unmakes a mailbox.
    fn done(&mut self, over: &InFlight) {
        let verb = over.verb.as_str();
        if !matches!(
            verb,
            "CREATE" | "DELETE" | "RENAME" | "SUBSCRIBE" | "UNSUBSCRIBE"
        ) {
            return;
        }
        let Some(at) = over
            .index
            .and_then(|index| self.transcript.command(index))
            .and_then(|c| self.transcript.frame_at(c.first_line))
        else {
            return;
        };
        let tree = crate::wire::cursor::tokenize_command(&at.frame);
        let mut names = tree.tokens().skip(2).filter_map(|t| t.string_value());
        let mut name = || {
            let wire = names.next()?.into_owned();
            Some(MailboxName::from_wire(wire).shown())
        };
        let Some(first) = name() else { return };
        let text = match verb {
            "CREATE" => format!("mailbox {first} is there"),
            "DELETE" => format!("mailbox {first} is gone"),
            "RENAME" => format!("mailbox {first} -> {}", name().unwrap_or_default()),
            "SUBSCRIBE" => format!("{first} is subscribed"),
            _ => format!("{first} is not subscribed any more"),
        };
        self.changes.other(text);
    }
}
