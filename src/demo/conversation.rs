//! What the commands of one connection work on: who, where, and the octets to be sent.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::command::{Expunges, Refusal};
use super::date::Moment;
use super::mailbox::Mailbox;
use super::names::Who;
use super::store::{SharedStore, Store};
use super::updates::View;

/// What the connection is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// Never leaves the process: no STARTTLS.
    Memory,
    /// TCP, where STARTTLS can be had.
    Plain,
    /// TCP, where it cannot.
    PlainOnly,
    /// TLS.
    Tls,
}

/// What the commands work on.
#[derive(Debug)]
pub struct Conversation {
    /// What all share.
    pub store: SharedStore,
    /// Octets to be sent.
    pub out: Vec<u8>,
    /// Who is logged in.
    pub who: Option<Who>,
    /// The selected mailbox.
    pub view: Option<View>,
    /// The connection.
    pub line: LineKind,
    /// Whether a command has switched CONDSTORE on (RFC 7162 section 3.1).
    pub condstore: bool,
    /// The tag of the command under way.
    pub tag: String,
    /// The time of the input, change or time-out being worked on.
    pub now: Instant,
    /// When the last IDLE ended, and when a message would have arrived in it.
    pub idled: Option<(Instant, Option<Instant>)>,
    started: (Instant, SystemTime),
}

impl Conversation {
    /// Nobody logged in, nothing selected; `wall` is the clock on the wall at `now`.
    pub fn new(store: SharedStore, line: LineKind, now: Instant, wall: SystemTime) -> Conversation {
        Conversation {
            store,
            out: Vec::new(),
            who: None,
            view: None,
            line,
            condstore: false,
            tag: String::new(),
            now,
            idled: None,
            started: (now, wall),
        }
    }

    /// Writes an untagged response; `line` without `* ` and line end.
    pub fn untagged(&mut self, line: &str) {
        self.out
            .extend_from_slice(format!("* {line}\r\n").as_bytes());
    }

    /// Who is logged in.
    ///
    /// # Errors
    /// BAD if nobody is.
    pub fn who(&self) -> Result<Who, Refusal> {
        self.who
            .clone()
            .ok_or_else(|| Refusal::bad("Please log in first (LOGIN or AUTHENTICATE)"))
    }

    /// The selected mailbox.
    ///
    /// # Errors
    /// BAD if there is none.
    pub fn view(&mut self) -> Result<&mut View, Refusal> {
        self.view
            .as_mut()
            .ok_or_else(|| Refusal::bad("Please select a mailbox first (SELECT or EXAMINE)"))
    }

    /// The clock on the wall.
    pub fn wall(&self) -> Moment {
        let (instant, wall) = self.started;
        let at = wall + self.now.saturating_duration_since(instant);
        let seconds = at
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |d| d.as_secs());
        Moment::utc(i64::try_from(seconds).unwrap_or(0))
    }

    /// Calls `work` with the selected mailbox, the view and the user.
    ///
    /// # Errors
    /// What `work` says; NO if the mailbox is gone.
    pub fn with_selected<T>(
        &mut self,
        work: impl FnOnce(&mut Store, &mut View, &Who) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let who = self.who()?;
        let store = self.store.clone();
        let mut store = store.lock();
        let view = self.view()?;
        if store.by_id(view.id).is_none() {
            return Err(Refusal::no(
                "NONEXISTENT",
                "The selected mailbox was deleted by another session",
            ));
        }
        work(&mut store, view, &who)
    }

    /// Brings the view up to date.
    pub fn update(&mut self, expunges: Expunges) {
        let (Some(view), Some(who)) = (self.view.as_mut(), self.who.as_ref()) else {
            return;
        };
        let mut store = self.store.lock();
        let user: Arc<str> = who.name.clone();
        match store.by_id_mut(view.id) {
            Some(mailbox) => view.update(&mut self.out, mailbox, &user, expunges == Expunges::Told),
            None if expunges == Expunges::Told => {
                view.forget(&mut self.out);
                self.out.extend_from_slice(
                    b"* OK [CLOSED] The selected mailbox was deleted by another session\r\n",
                );
                drop(store);
                self.view = None;
            }
            None => {}
        }
    }

    /// The selected mailbox, whatever its rights.
    pub fn selected<'a>(&self, store: &'a Store) -> Option<&'a Mailbox> {
        store.by_id(self.view.as_ref()?.id)
    }
}
