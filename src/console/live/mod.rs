//! What happens to the mail while one looks: a second connection that only listens, so that the first one stays
//! free and nothing mixes into its conversation. NOTIFY (RFC 5465) where it is offered, and IDLE (RFC 2177) in the
//! mailbox that is open. It opens with EXAMINE, fetches envelopes and asks for STATUS: it changes nothing. A
//! line that is broken off is opened again, a few times, and what was missed is told.
//!
//! Knows: its own console, whose transcript has all that passes here. Must not know: sockets, screens, clocks; who
//! carries the connection hands it notices and the time, and sends what it returns. What it sends: `listen.rs`. To
//! tell of something more: an arm in `hear.rs`. What is kept: `book.rs`. When it is tried again: `again.rs`.

mod again;
mod book;
mod hear;
mod listen;

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime};

pub use again::WAITS;
pub use book::{Book, Happening, KEPT, Kind};

use super::{Console, Phase, Settings};
use crate::channel::{Notice, Request};
use crate::model::name;
use crate::session::{CloseCause, CommandId};
use crate::transcript::Transcript;
use crate::wire::response::ListEntry;
use crate::wire::{Frame, FrameBuilder};
use again::{Standing, Tries};

/// IDLE is begun anew at the latest after this (RFC 2177 wants 29 minutes at most).
pub const RENEWED: Duration = Duration::from_secs(28 * 60);
/// Most messages that are named at once.
const NAMED: usize = 50;
/// Most mailboxes whose counts are remembered.
const COUNTED: usize = 500;

/// How it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listening {
    /// Not yet.
    Opening,
    /// It could, but no mailbox is open, and the server has IDLE only.
    Waiting,
    /// With NOTIFY, and in IDLE where that is offered.
    Notify,
    /// In IDLE.
    Idle,
    /// It was broken off, and will be tried again.
    Away {
        /// When.
        at: SystemTime,
        /// Which try that is, from 1, of [`WAITS`].
        number: usize,
    },
    /// Not any more: a sentence.
    Ended(String),
}

/// Counts of a mailbox that were told: its name as sent, items and values.
pub type Counts = (Vec<u8>, Vec<(String, u64)>);

/// A command of ours that is under way.
#[derive(Debug)]
struct Running {
    verb: String,
    /// The server said OK to the IDLE by itself, if DONE was never sent.
    done: bool,
}

/// A connection that listens.
#[derive(Debug)]
pub struct Live {
    console: Console,
    server: String,
    /// Whose mail it is; `None`: nobody says.
    user: Option<String>,
    /// The mailbox to listen in, as sent, and the one that is open.
    mailbox: Option<Vec<u8>>,
    open: Option<Vec<u8>>,
    listening: Listening,
    begun: bool,
    /// It listens, on this connection.
    heard: bool,
    /// IDLE is to go out.
    idle_wanted: bool,
    /// The mailboxes of the EXAMINE that were handed over and have not gone out.
    examines: VecDeque<Vec<u8>>,
    /// The EXAMINE under way: what the mailbox is like, as far as that was said.
    opening: Option<Standing>,
    /// The time, as last told.
    now: SystemTime,
    /// NOTIFY was refused on this connection, or is over.
    no_notify: bool,
    /// IDLE was refused on this connection.
    no_idle: bool,
    /// The server has just ended NOTIFY by itself.
    overflowed: bool,
    /// How many are unseen was not told.
    no_unseen: bool,
    running: HashMap<CommandId, Running>,
    /// Commands handed over that have not gone out.
    submitted: usize,
    frames: FrameBuilder,
    frame: Option<Frame>,
    exists: Option<u64>,
    recent: Option<u64>,
    unseen: Option<u64>,
    /// Numbers of messages that came and were not told yet.
    fresh: VecDeque<u64>,
    fresh_tries: u8,
    /// Something happened in the open mailbox since its STATUS was asked for.
    stirred: bool,
    book: Book,
    counts: Vec<Counts>,
    lists: Vec<ListEntry>,
    /// What mailboxes counted when they were last heard of.
    known: HashMap<Vec<u8>, Vec<(String, u64)>>,
    /// Those that are asked for again: only what is other than before is told.
    asked_again: Vec<Vec<u8>>,
    standing: Option<Standing>,
    tries: Tries,
}

impl Live {
    /// Nothing is connected yet. `user`: whose mail it is; `mailbox`: the one that is open, as sent.
    pub fn new(
        settings: Settings,
        server: &str,
        user: Option<&str>,
        mailbox: Option<Vec<u8>>,
    ) -> Live {
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
            server: server.to_owned(),
            user: user.map(str::to_owned),
            mailbox,
            open: None,
            listening: Listening::Opening,
            begun: false,
            heard: false,
            idle_wanted: false,
            examines: VecDeque::new(),
            opening: None,
            now: SystemTime::UNIX_EPOCH,
            no_notify: false,
            no_idle: false,
            overflowed: false,
            no_unseen: false,
            running: HashMap::new(),
            submitted: 0,
            frames: FrameBuilder::default(),
            frame: None,
            exists: None,
            recent: None,
            unseen: None,
            fresh: VecDeque::new(),
            fresh_tries: 0,
            stirred: false,
            book: Book::default(),
            counts: Vec::new(),
            lists: Vec::new(),
            known: HashMap::new(),
            asked_again: Vec::new(),
            standing: None,
            tries: Tries::default(),
        }
    }

    /// ... of a connection that listened as somebody else: what it heard is kept.
    pub fn after(mut self, now: SystemTime, mut before: Live) -> Live {
        self.book = std::mem::take(&mut before.book);
        self.book.left();
        let who = self.user.as_deref().unwrap_or("whom the server says");
        self.tell(now, Kind::Line, None, format!("From here on as {who}."));
        self
    }

    /// How it listens.
    pub fn listening(&self) -> &Listening {
        &self.listening
    }

    /// Whose mail it is; `None`: nobody says.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// What happened.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// All that passed on its connections.
    pub fn transcript(&self) -> &Transcript {
        self.console.transcript()
    }

    /// When its keepalive is due: IDLE anew, or NOOP.
    pub fn keepalive(&self) -> Option<SystemTime> {
        self.console.gauge().keepalive
    }

    /// When [`Live::reopen`] is due.
    pub fn due(&self) -> Option<SystemTime> {
        match self.listening {
            Listening::Away { at, .. } => Some(at),
            _ => None,
        }
    }

    /// The mailbox it listens in, as sent.
    pub fn mailbox(&self) -> Option<&[u8]> {
        self.open.as_deref()
    }

    /// How many messages this mailbox has, and how many of them are unseen, if it is listened in.
    pub fn counted(&self, mailbox: &[u8]) -> Option<(u64, Option<u64>)> {
        let listens = matches!(self.listening, Listening::Notify | Listening::Idle);
        let open = self.open.as_deref().filter(|_| listens)?;
        name::same(open, mailbox).then_some((self.exists?, self.unseen))
    }

    /// Whether it never listened: who began it is still looking.
    pub fn is_first(&self) -> bool {
        !self.tries.ever()
    }

    /// Counts that were told since this was last called.
    pub fn take_counts(&mut self) -> Vec<Counts> {
        std::mem::take(&mut self.counts)
    }

    /// Mailboxes that came, changed or went since this was last called.
    pub fn take_lists(&mut self) -> Vec<ListEntry> {
        std::mem::take(&mut self.lists)
    }

    /// What mailboxes count, for what is told to be compared with.
    pub fn knows(&mut self, mailbox: &[u8], items: &[(String, u64)]) {
        if self.known.len() < COUNTED || self.known.contains_key(mailbox) {
            self.known.insert(mailbox.to_vec(), items.to_vec());
        }
    }

    /// The mailbox that is looked at is another one now.
    pub fn follow(&mut self, mailbox: Option<&[u8]>) -> Vec<Request> {
        let ended = matches!(self.listening, Listening::Ended(_));
        if ended || mailbox.is_none() || mailbox == self.mailbox.as_deref() {
            return Vec::new();
        }
        self.mailbox = mailbox.map(<[u8]>::to_vec);
        self.standing = None;
        if !self.begun {
            return Vec::new();
        }
        let requests = self.open();
        self.submitted += requests.len();
        requests
    }

    /// Whether it is to be connected anew now: it was broken off and its time has come, or `at_once`.
    pub fn reopen(&mut self, now: SystemTime, at_once: bool) -> bool {
        let due = match self.listening {
            Listening::Away { at, .. } => at <= now || at_once,
            Listening::Ended(_) => at_once,
            _ => false,
        };
        if due {
            self.now = now;
            if matches!(self.listening, Listening::Ended(_)) {
                // Whoever asks for it begins to count anew.
                self.tries = Tries::default();
            }
            self.listening = Listening::Opening;
            self.console.nothing_to_restore();
            self.console.connection_opened(&self.server);
        }
        due
    }

    /// It is not to go on: a sentence.
    pub fn give_up(&mut self, now: SystemTime, sentence: &str) {
        if !matches!(self.listening, Listening::Ended(_)) {
            self.listening = Listening::Ended(sentence.to_owned());
            self.idle_wanted = false;
            self.tell(now, Kind::Line, None, sentence.to_owned());
        }
    }

    /// Takes a notice of the connection task; returns what is to be sent.
    pub fn on_notice(&mut self, now: SystemTime, notice: Notice) -> Vec<Request> {
        self.now = now;
        let mut requests = Vec::new();
        match &notice {
            Notice::Events { at, events } => {
                for event in events {
                    requests.extend(self.event(*at, event));
                }
            }
            Notice::PasswordWanted { .. } if !self.is_first() => {
                self.give_up(
                    now,
                    "The password is not kept here, so it cannot log in again by itself: a in the pane asks for it.",
                );
                requests.extend([Request::Password(None), Request::Close]);
            }
            Notice::LoginFailed(sentence) => {
                self.give_up(now, sentence);
                requests.push(Request::Close);
            }
            Notice::Refused(_) => self.submitted = self.submitted.saturating_sub(1),
            _ => {}
        }
        let ended = match &notice {
            Notice::Ended { cause, sentence } => Some((cause.clone(), sentence.clone())),
            _ => None,
        };
        requests.extend(self.console.on_notice(notice));
        if let Some((cause, sentence)) = ended {
            self.broken_off(now, &cause, &sentence);
            return Vec::new();
        }
        let ready = *self.console.phase() == Phase::Ready;
        if ready && self.console.identity().is_logged_in() && !self.begun {
            self.begun = true;
            requests.extend(self.open());
        }
        if std::mem::take(&mut self.overflowed) {
            requests.extend(self.listen());
        }
        let submits = |requests: &[Request]| {
            let submits = requests.iter().filter(|r| matches!(r, Request::Submit(_)));
            submits.count()
        };
        self.submitted += submits(&requests);
        let asks = self.ask();
        self.submitted += submits(&asks);
        requests.extend(asks);
        requests
    }

    /// The connection is over.
    fn broken_off(&mut self, now: SystemTime, cause: &CloseCause, sentence: &str) {
        (self.begun, self.heard, self.idle_wanted) = (false, false, false);
        (self.no_notify, self.no_idle, self.no_unseen) = (false, false, false);
        self.running.clear();
        self.examines.clear();
        self.opening = None;
        self.submitted = 0;
        self.frames = FrameBuilder::default();
        self.fresh.clear();
        self.asked_again.clear();
        self.book.renumbered();
        self.open = None;
        if matches!(self.listening, Listening::Ended(_)) {
            return;
        }
        let words = match (sentence.is_empty(), cause) {
            (false, _) => sentence.to_owned(),
            (true, _) => "The second connection is closed.".to_owned(),
        };
        let words = words.trim_end_matches(" Connect again.");
        // What the server said may have brought a full stop of its own.
        let words = format!("{}.", words.trim_end_matches('.'));
        // One that never listened is told to whoever has just asked for it.
        if !self.tries.ever() {
            self.give_up(now, &words);
            return;
        }
        match self.tries.next(now) {
            Some((at, number)) => {
                let wait = WAITS.get(number - 1).map_or(0, Duration::as_secs);
                let count = WAITS.len();
                self.listening = Listening::Away { at, number };
                let what = format!("Tries again in {wait} s ({number} of {count}). {words}");
                self.tell(now, Kind::Line, None, what);
            }
            None => self.give_up(
                now,
                &format!(
                    "Given up after {} tries: nothing is listened to any more; a in the pane tries again. {words}",
                    WAITS.len()
                ),
            ),
        }
    }

    fn tell(&mut self, at: SystemTime, kind: Kind, name: Option<&[u8]>, what: String) {
        self.book.push(Happening::new(at, kind, name, what));
    }
}
