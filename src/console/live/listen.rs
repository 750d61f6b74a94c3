//! What a connection that listens sends: EXAMINE, NOTIFY or IDLE, and what it asks about what it is told.

use std::time::SystemTime;

use super::again::{Standing, missed};
use super::book::Kind;
use super::{Listening, Live, NAMED, Running};
use crate::channel::Request;
use crate::model::name;
use crate::session::Event;
use crate::wire::encode::{self, Argument};
use crate::wire::response::{Response, Status, StatusResponse};
use crate::wire::{Command, Origin, Piece};

/// How often the messages that came are asked for.
const TRIES: u8 = 3;
/// Most mailboxes whose STATUS is asked for when it listens again.
const ASKED_AGAIN: usize = 50;
/// What NOTIFY is asked for: RFC 5465 section 5 wants MessageExpunge wherever MessageNew is, and both for FlagChange.
const NOTIFY: &str = "NOTIFY SET (SELECTED (MessageNew (UID FLAGS ENVELOPE) MessageExpunge FlagChange)) \
    (PERSONAL (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))";

impl Live {
    /// EXAMINE of the mailbox; without one, listens at once.
    pub(super) fn open(&mut self) -> Vec<Request> {
        let Some(mailbox) = self.mailbox.clone() else {
            return self.listen();
        };
        let mut command = Command::line(Origin::Program, "EXAMINE ");
        let utf8 = crate::catalog::accepts_utf8(self.console.model());
        encode::append(&mut command.parts, &mailbox, Argument::AString, utf8);
        self.examines.push_back(mailbox);
        vec![Request::Submit(command)]
    }

    pub(super) fn listen(&mut self) -> Vec<Request> {
        let capabilities = self.console.model().capabilities().current();
        let has = |name: &str| capabilities.is_some_and(|set| set.has(name));
        let (notify, idle) = (has("NOTIFY"), has("IDLE") || has("IMAP4rev2"));
        match self.listening {
            Listening::Ended(_) => Vec::new(),
            // It stays in force over EXAMINE.
            Listening::Notify => {
                self.idle_wanted = true;
                Vec::new()
            }
            _ if notify && !self.no_notify => {
                vec![Request::Submit(Command::line(Origin::Program, NOTIFY))]
            }
            _ if !idle => {
                let sentence = "The server offers neither NOTIFY nor IDLE: nothing can be heard.";
                self.give_up(self.now, sentence);
                vec![Request::Close]
            }
            _ if self.open.is_none() => {
                self.listening = Listening::Waiting;
                self.idle_wanted = false;
                Vec::new()
            }
            _ => {
                self.listening = Listening::Idle;
                self.idle_wanted = !self.idles();
                self.listens();
                Vec::new()
            }
        }
    }

    pub(super) fn event(&mut self, at: SystemTime, event: &Event) -> Vec<Request> {
        match event {
            Event::Started { command, verb, .. } => {
                if verb == "EXAMINE" {
                    // What its numbers meant is over; what it will say is no event.
                    self.opening = self.examines.pop_front().map(|name| Standing {
                        name,
                        ..Standing::default()
                    });
                    self.open = None;
                    self.fresh.clear();
                    self.book.left();
                }
                let running = Running {
                    verb: verb.clone(),
                    done: false,
                };
                self.running.insert(*command, running);
                self.submitted = self.submitted.saturating_sub(1);
            }
            Event::Sent { command, piece, .. } => {
                if let (Some(running), Piece::Text { bytes, .. }) =
                    (self.running.get_mut(command), piece)
                    && bytes.trim_ascii().eq_ignore_ascii_case(b"DONE")
                {
                    running.done = true;
                }
            }
            Event::Received(piece) => {
                if let Some(frame) = self.frames.push(piece) {
                    self.frame = Some(frame);
                }
            }
            Event::Response {
                response: Response::Untagged(data),
                ..
            } => {
                let frame = self.frame.take();
                self.untagged(at, data, frame.as_ref());
            }
            Event::Completed {
                command, status, ..
            } => {
                if let Some(running) = self.running.remove(command) {
                    return self.over(at, &running, status);
                }
            }
            Event::Abandoned { command } => {
                self.running.remove(command);
            }
            _ => {}
        }
        Vec::new()
    }

    fn over(&mut self, at: SystemTime, over: &Running, status: &StatusResponse) -> Vec<Request> {
        let ok = status.status == Status::Ok;
        let verb = over.verb.as_str();
        if !ok && matches!(verb, "EXAMINE" | "NOTIFY" | "IDLE") {
            let text = String::from_utf8_lossy(&status.text);
            let what = format!("{verb}: the server says {} {text}", status.status.name());
            self.tell(at, Kind::Line, None, what);
        }
        match verb {
            "EXAMINE" => {
                let opened = self.opening.take().filter(|_| ok);
                if let Some(standing) = opened {
                    self.opened(at, standing);
                }
                return self.listen();
            }
            "NOTIFY" if ok => {
                self.listening = Listening::Notify;
                // Behind each command Dovecot 2.3 tells nothing under NOTIFY for about a second; in IDLE it does.
                self.idle_wanted = true;
                let again = self.tries.ever();
                self.listens();
                return if again { self.again() } else { Vec::new() };
            }
            // RFC 5465 section 5: NO [NOTIFICATIONOVERFLOW], BAD, and servers whose index cannot do it.
            "NOTIFY" => {
                self.no_notify = true;
                return self.listen();
            }
            "IDLE" if !ok && self.listening == Listening::Notify => self.no_idle = true,
            "IDLE" if !ok => {
                self.give_up(at, "The server does not let this connection idle.");
                return vec![Request::Close];
            }
            // The server has ended it by itself; else who has sent DONE sends IDLE behind it.
            "IDLE" if !over.done => self.idle_wanted = true,
            "SEARCH" | "STATUS" if !ok => self.no_unseen = true,
            "FETCH" => {
                self.fresh_tries += 1;
                if self.fresh_tries >= TRIES {
                    self.fresh.clear();
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// The mailbox is open: what happened in it since it was last heard of.
    fn opened(&mut self, at: SystemTime, mut now: Standing) {
        now.exists = self.exists.unwrap_or(0);
        self.unseen = None;
        self.open = Some(now.name.clone());
        self.stirred = true;
        let before = self.standing.replace(now.clone());
        if let Some(before) = before.filter(|b| name::same(&b.name, &now.name))
            && let Some(missed) = missed(&before, &now)
        {
            self.tell(at, Kind::Count, Some(&now.name), missed.words);
            let first = now.exists.saturating_sub(missed.new) + 1;
            self.came(first, now.exists);
        }
    }

    /// It listens, for the first time on this connection.
    fn listens(&mut self) {
        if !std::mem::replace(&mut self.heard, true) {
            if self.tries.ever() {
                self.tell(self.now, Kind::Line, None, "Listening again.".to_owned());
            }
            self.tries.succeeded(self.now);
        }
    }

    /// STATUS of the mailboxes that were heard of before: what they count now.
    fn again(&mut self) -> Vec<Request> {
        let open = self.open.clone();
        let others = self
            .known
            .keys()
            .filter(|name| Some(*name) != open.as_ref());
        self.asked_again = others.take(ASKED_AGAIN).cloned().collect();
        let asks = self.asked_again.iter();
        asks.map(|name| self.status(name, "(MESSAGES UIDNEXT UNSEEN)"))
            .collect()
    }

    /// How many messages of the open mailbox are unseen. RFC 9051 section 6.3.11 wants no STATUS of it, so that is for
    /// servers that can only list them.
    fn unseen(&self, open: &[u8]) -> Request {
        let capabilities = self.console.model().capabilities().current();
        let counts = capabilities.is_some_and(|set| set.has("ESEARCH") || set.has("IMAP4rev2"));
        match counts {
            true => Request::Submit(Command::line(Origin::Panel, "SEARCH RETURN (COUNT) UNSEEN")),
            false => self.status(open, "(MESSAGES UNSEEN)"),
        }
    }

    fn status(&self, mailbox: &[u8], items: &str) -> Request {
        let mut command = Command::line(Origin::Panel, "STATUS ");
        let utf8 = crate::catalog::accepts_utf8(self.console.model());
        encode::append(&mut command.parts, mailbox, Argument::AString, utf8);
        encode::append_text(&mut command.parts, format!(" {items}").as_bytes());
        Request::Submit(command)
    }

    /// What the server is asked about what it told: which messages those are, and how many are unseen. An IDLE
    /// ends for it, and is begun anew behind it.
    pub(super) fn ask(&mut self) -> Vec<Request> {
        let listens = matches!(self.listening, Listening::Notify | Listening::Idle);
        let busy = self.submitted > 0 || self.running.values().any(|r| r.verb != "IDLE");
        if !listens || busy {
            return Vec::new();
        }
        let mut requests = self.ask_about_open();
        let idle = std::mem::take(&mut self.idle_wanted) || !requests.is_empty();
        let capabilities = self.console.model().capabilities().current();
        let offered = capabilities.is_some_and(|set| set.has("IDLE") || set.has("IMAP4rev2"));
        if idle && offered && !self.no_idle {
            requests.push(Request::Submit(Command::line(Origin::Program, "IDLE")));
        }
        requests
    }

    fn ask_about_open(&mut self) -> Vec<Request> {
        let Some(open) = self.open.clone() else {
            return Vec::new();
        };
        if self.fresh.is_empty() {
            self.fresh_tries = 0;
        }
        let mut seqs: Vec<u64> = self.fresh.iter().copied().collect();
        for seq in self.book.unnamed(NAMED) {
            if !seqs.contains(&seq) {
                seqs.push(seq);
            }
        }
        let mut requests = Vec::new();
        if !seqs.is_empty() {
            seqs.sort_unstable();
            let set: Vec<String> = seqs.iter().map(u64::to_string).collect();
            let line = format!("FETCH {} (UID FLAGS ENVELOPE)", set.join(","));
            requests.push(Request::Submit(Command::line(Origin::Panel, &line)));
        }
        if std::mem::take(&mut self.stirred) && !self.no_unseen {
            requests.push(self.unseen(&open));
        }
        requests
    }

    /// Whether it is in IDLE, and has not said DONE.
    fn idles(&self) -> bool {
        self.running
            .values()
            .any(|running| running.verb == "IDLE" && !running.done)
    }
}
