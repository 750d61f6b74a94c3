//! What happens to the mail while one looks: a second connection that only listens, so that the first one stays
//! free and nothing mixes into its conversation. NOTIFY (RFC 5465) where it is offered, else IDLE (RFC 2177) in
//! the mailbox that is open. It opens with EXAMINE and changes nothing.
//!
//! Knows: its own console. Must not know: sockets, screens; who carries the connection hands it notices and sends
//! what it returns. To tell of something more: an arm in `Live::happened`.

use std::collections::{HashMap, VecDeque};
use std::time::SystemTime;

use super::{Console, Phase, Settings};
use crate::channel::{Notice, Request};
use crate::model::name;
use crate::session::{CommandId, Event};
use crate::wire::encode::{self, Argument};
use crate::wire::response::{Response, Status, StatusResponse, Untagged};
use crate::wire::{Command, Origin, SequenceSet};

/// Most events kept; the oldest go.
const KEPT: usize = 1_000;
/// Longest text of one event, in characters.
const LONGEST: usize = 300;
/// What NOTIFY is asked for: RFC 5465 section 5 wants MessageExpunge wherever MessageNew is, and both for FlagChange.
const NOTIFY: &str = "NOTIFY SET (SELECTED (MessageNew (UID FLAGS) MessageExpunge FlagChange)) \
    (PERSONAL (MessageNew MessageExpunge MailboxName SubscriptionChange))";

/// Something that happened. Hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// When it was heard.
    pub at: SystemTime,
    /// In which mailbox, as shown; empty: in none.
    pub mailbox: String,
    /// What.
    pub what: String,
    /// It is a command of this connection, or what became of it.
    pub own: bool,
}

/// How it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listening {
    /// Not yet.
    Opening,
    /// With NOTIFY.
    Notify,
    /// In IDLE.
    Idle,
    /// Not any more: a sentence.
    Ended(String),
}

/// Counts of a mailbox that were told: its name as sent, items and values.
pub type Counts = (Vec<u8>, Vec<(String, u64)>);

/// A connection that listens.
#[derive(Debug)]
pub struct Live {
    console: Console,
    /// The mailbox to listen in, as sent.
    mailbox: Option<Vec<u8>>,
    listening: Listening,
    begun: bool,
    running: HashMap<CommandId, String>,
    exists: Option<u64>,
    happenings: VecDeque<Happening>,
    counts: Vec<Counts>,
}

impl Live {
    /// Nothing is connected yet. `mailbox`: the one that is open, as sent.
    pub fn new(settings: Settings, server: &str, mailbox: Option<Vec<u8>>) -> Live {
        let mut console = Console::new(Settings {
            auto: false,
            changes: false,
            history: None,
            private: true,
            ..settings
        });
        console.connection_opened(server);
        Live {
            console,
            mailbox,
            listening: Listening::Opening,
            begun: false,
            running: HashMap::new(),
            exists: None,
            happenings: VecDeque::new(),
            counts: Vec::new(),
        }
    }

    /// How it listens.
    pub fn listening(&self) -> &Listening {
        &self.listening
    }

    /// What happened, the oldest first.
    pub fn happenings(&self) -> &VecDeque<Happening> {
        &self.happenings
    }

    /// When its keepalive is due.
    pub fn keepalive(&self) -> Option<SystemTime> {
        self.console.gauge().keepalive
    }

    /// The mailbox it listens in, as sent.
    pub fn mailbox(&self) -> Option<&[u8]> {
        self.mailbox.as_deref()
    }

    /// Counts that were told since this was last called.
    pub fn take_counts(&mut self) -> Vec<Counts> {
        std::mem::take(&mut self.counts)
    }

    /// The mailbox that is looked at is another one now.
    pub fn follow(&mut self, mailbox: Option<&[u8]>) -> Vec<Request> {
        let ended = matches!(self.listening, Listening::Ended(_));
        if ended || mailbox.is_none() || mailbox == self.mailbox() {
            return Vec::new();
        }
        self.mailbox = mailbox.map(<[u8]>::to_vec);
        match self.begun {
            true => self.open(),
            false => Vec::new(),
        }
    }

    /// Takes a notice of the connection task; returns what is to be sent.
    pub fn on_notice(&mut self, notice: Notice) -> Vec<Request> {
        let mut requests = Vec::new();
        match &notice {
            Notice::Events { at, events } => {
                for event in events {
                    requests.extend(self.event(*at, event));
                }
            }
            Notice::PasswordWanted { .. } => {
                self.end("The password is not kept here, so a second connection cannot log in.");
                requests.push(Request::Password(None));
            }
            Notice::LoginFailed(sentence) => self.end(sentence),
            Notice::Ended { sentence, .. } => {
                let words = match sentence.is_empty() {
                    true => "The second connection is closed.",
                    false => sentence,
                };
                self.end(words);
            }
            _ => {}
        }
        requests.extend(self.console.on_notice(notice));
        let ready = *self.console.phase() == Phase::Ready;
        if ready && self.console.identity().is_logged_in() && !self.begun {
            self.begun = true;
            requests.extend(self.open());
        }
        requests
    }

    fn end(&mut self, sentence: &str) {
        if !matches!(self.listening, Listening::Ended(_)) {
            self.listening = Listening::Ended(sentence.to_owned());
        }
    }

    /// EXAMINE of the mailbox; without one, listens at once.
    fn open(&mut self) -> Vec<Request> {
        let Some(mailbox) = &self.mailbox else {
            return self.listen();
        };
        self.exists = None;
        let mut command = Command::line(Origin::Program, "EXAMINE ");
        let utf8 = crate::catalog::accepts_utf8(self.console.model());
        encode::append(&mut command.parts, mailbox, Argument::AString, utf8);
        vec![Request::Submit(command)]
    }

    fn listen(&mut self) -> Vec<Request> {
        let capabilities = self.console.model().capabilities().current();
        let has = |name: &str| capabilities.is_some_and(|set| set.has(name));
        let (notify, idle) = (has("NOTIFY"), has("IDLE") || has("IMAP4rev2"));
        match self.listening {
            // It stays in force over EXAMINE.
            Listening::Notify => Vec::new(),
            Listening::Ended(_) => Vec::new(),
            Listening::Opening if notify => {
                vec![Request::Submit(Command::line(Origin::Program, NOTIFY))]
            }
            _ => self.idle(idle),
        }
    }

    fn idle(&mut self, offered: bool) -> Vec<Request> {
        if !offered {
            self.end("The server offers neither NOTIFY nor IDLE: nothing can be heard.");
            return vec![Request::Close];
        }
        if self.mailbox.is_none() {
            self.end("No mailbox is open, and the server offers no NOTIFY: F7 again once one is.");
            return vec![Request::Close];
        }
        self.listening = Listening::Idle;
        vec![Request::Submit(Command::line(Origin::Program, "IDLE"))]
    }

    fn event(&mut self, at: SystemTime, event: &Event) -> Vec<Request> {
        match event {
            Event::Started { command, verb, .. } => {
                if matches!(verb.as_str(), "EXAMINE" | "NOTIFY" | "IDLE") {
                    self.running.insert(*command, verb.clone());
                    let name = self.mailbox.as_deref().filter(|_| verb == "EXAMINE");
                    let what = match name {
                        Some(mailbox) => format!("C: {verb} {}", name::shown(mailbox)),
                        None => format!("C: {verb}"),
                    };
                    self.tell(at, String::new(), what, true);
                }
            }
            Event::Response {
                response: Response::Untagged(data),
                ..
            } => self.happened(at, data),
            Event::Completed {
                command, status, ..
            } => {
                if let Some(verb) = self.running.remove(command) {
                    return self.over(at, &verb, status);
                }
            }
            Event::Abandoned { command } => {
                self.running.remove(command);
            }
            _ => {}
        }
        Vec::new()
    }

    fn over(&mut self, at: SystemTime, verb: &str, status: &StatusResponse) -> Vec<Request> {
        let ok = status.status == Status::Ok;
        if !ok {
            let text = String::from_utf8_lossy(&status.text);
            self.tell(at, String::new(), format!("S: {verb}: {text}"), true);
        }
        match verb {
            "EXAMINE" => self.listen(),
            "NOTIFY" if ok => {
                self.listening = Listening::Notify;
                Vec::new()
            }
            // RFC 5465 section 5: NO [NOTIFICATIONOVERFLOW], BAD, and servers whose index cannot do it.
            "NOTIFY" => self.idle(true),
            "IDLE" if !ok => {
                self.end("The server does not let this connection idle.");
                vec![Request::Close]
            }
            _ => Vec::new(),
        }
    }

    /// One untagged response.
    fn happened(&mut self, at: SystemTime, data: &Untagged) {
        let opening = self.running.values().any(|verb| verb == "EXAMINE");
        let here = self.mailbox.as_deref().map(name::shown).unwrap_or_default();
        match data {
            Untagged::Exists(count) => {
                let before = self.exists.replace(*count);
                if let Some(mailbox) = &self.mailbox {
                    self.counts
                        .push((mailbox.clone(), vec![("MESSAGES".to_owned(), *count)]));
                }
                match before.filter(|_| !opening) {
                    Some(before) if before != *count => {
                        self.tell(at, here, format!("EXISTS {before} -> {count}"), false);
                    }
                    _ => {}
                }
            }
            Untagged::Recent(count) if !opening => {
                self.tell(at, here, format!("RECENT {count}"), false);
            }
            Untagged::Expunge(seq) => {
                self.fewer(1);
                self.tell(at, here, format!("EXPUNGE {seq}"), false);
            }
            Untagged::Vanished {
                earlier: false,
                uids,
            } => {
                let set = SequenceSet::parse(uids.as_bytes());
                let count = set.map_or(1, |set| set.iter(1_000_000).count() as u64);
                self.fewer(count);
                self.tell(at, here, format!("VANISHED UID {uids}"), false);
            }
            Untagged::Fetch(fetch) => {
                let uid = fetch.uid.map(|uid| format!(" UID {uid}"));
                let flags = fetch
                    .flags
                    .as_ref()
                    .map(|f| format!(" FLAGS ({})", f.join(" ")));
                let modseq = fetch.modseq.map(|m| format!(" MODSEQ {m}"));
                let words = [uid, flags, modseq]
                    .into_iter()
                    .flatten()
                    .collect::<String>();
                self.tell(at, here, format!("FETCH {}{words}", fetch.seq), false);
            }
            Untagged::MailboxStatus { mailbox, items } => {
                let words: Vec<String> = items.iter().map(|(k, v)| format!("{k} {v}")).collect();
                self.counts.push((mailbox.clone(), items.clone()));
                self.tell(
                    at,
                    name::shown(mailbox),
                    format!("STATUS {}", words.join("  ")),
                    false,
                );
            }
            Untagged::List(entry) if !opening => {
                let attributes = entry.attributes.join(" ");
                self.tell(
                    at,
                    name::shown(&entry.name),
                    format!("LIST ({attributes})"),
                    false,
                );
            }
            Untagged::Status(status) if status.status == Status::Bye => {
                let text = String::from_utf8_lossy(&status.text).into_owned();
                self.tell(at, String::new(), format!("BYE {text}"), false);
            }
            _ => {}
        }
        if self.counts.len() > KEPT {
            self.counts.drain(..KEPT / 2);
        }
    }

    fn fewer(&mut self, count: u64) {
        let Some(exists) = &mut self.exists else {
            return;
        };
        *exists = exists.saturating_sub(count);
        if let Some(mailbox) = &self.mailbox {
            self.counts
                .push((mailbox.clone(), vec![("MESSAGES".to_owned(), *exists)]));
        }
    }

    fn tell(&mut self, at: SystemTime, mailbox: String, what: String, own: bool) {
        if self.happenings.len() >= KEPT {
            self.happenings.pop_front();
        }
        self.happenings.push_back(Happening {
            at,
            mailbox: mailbox.chars().take(LONGEST).collect(),
            what: what.chars().take(LONGEST).collect(),
            own,
        });
    }
}
