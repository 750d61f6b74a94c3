//! Mail as a list and as messages to read: what is shown of the open mailbox, and which command fetches what is
//! missing. One command at a time, and only what is looked at: never `FETCH 1:*`.
//!
//! It leaves no trace: FETCH with BODY.PEEK, SEARCH, SORT and THREAD, nothing else.
//!
//! Knows: the list (`list.rs`, `unasked.rs`), the message that is read (`opened.rs`), a part on its way to a file
//! (`download.rs`), what the user's few words mean (`wanted.rs`). Must not know: screens, files.
//! To fetch something more: an arm of `ask::What`.

mod ask;
mod download;
mod hear;
mod list;
mod opened;
mod unasked;
pub mod wanted;

use std::time::{Duration, SystemTime};

pub use ask::{body, head};
pub use download::{Download, Source, Standing};
pub use list::{MARKS, Message, MessageList, Place, Row, Wanted};
pub use opened::{Opened, Stage, TEXT_LIMIT, readable};

use crate::channel::Request;
use crate::model::Model;
use crate::session::{CommandId, Event};
use crate::wire::response::{Response, Status, StatusResponse};

use super::asks::{AskId, Asker};
use super::{Console, InFlight, Phase};
use ask::Running;
use hear::Ear;

/// The order and choice of the rows. Nothing in it: all messages by sequence number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// What is searched for, as typed; empty: all.
    pub search: String,
    /// Sort criteria as SORT takes them; empty: none.
    pub sort: String,
    /// In threads.
    pub threads: bool,
}

impl Listing {
    /// Whether the mailbox is shown as it is.
    pub fn is_plain(&self) -> bool {
        *self == Listing::default()
    }
}

/// The mail of the open mailbox, as far as it is looked at.
#[derive(Debug, Default)]
pub struct Mail {
    /// The rows are on the screen: only then are they fetched.
    shown: bool,
    /// Rows of the screen for them.
    height: usize,
    list: Option<MessageList>,
    /// Name and UIDVALIDITY of its mailbox.
    mailbox: Option<(Vec<u8>, Option<u64>)>,
    listing: Listing,
    /// The listing is still to be asked for.
    relist: bool,
    opened: Option<Opened>,
    download: Option<Download>,
    running: Option<Running>,
    ear: Ear,
    /// The SELECT or EXAMINE under way: what is said unasked is no longer about the list.
    opening: Option<CommandId>,
    /// Why rows are not asked for any more: a sentence.
    trouble: Option<String>,
}

impl Mail {
    /// The rows; `None`: no mailbox is open.
    pub fn list(&self) -> Option<&MessageList> {
        self.list.as_ref()
    }

    /// The same, to move and to mark.
    pub fn list_mut(&mut self) -> Option<&mut MessageList> {
        self.list.as_mut()
    }

    /// Order and choice of the rows.
    pub fn listing(&self) -> &Listing {
        &self.listing
    }

    /// The message that is read.
    pub fn opened(&self) -> Option<&Opened> {
        self.opened.as_ref()
    }

    /// The same, to look at another part.
    pub fn opened_mut(&mut self) -> Option<&mut Opened> {
        self.opened.as_mut()
    }

    /// Why nothing more is fetched: a sentence.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Something was asked for and has not come.
    pub fn is_waiting(&self) -> bool {
        self.running.is_some() || self.relist
    }

    /// The part that is on its way to a file.
    pub fn download(&self) -> Option<&Download> {
        self.download.as_ref()
    }

    /// What of it has arrived, and how it stands.
    pub fn take_download(&mut self) -> Option<(Vec<u8>, Standing)> {
        let download = self.download.as_mut()?;
        Some((download.take(), download.standing().clone()))
    }

    /// Begins to fetch a part for a file; one that is under way is given up.
    pub fn fetch_part(&mut self, source: Source) {
        self.download = Some(Download::new(source));
    }

    /// Gives it up; false: there is none.
    pub fn stop_download(&mut self) -> bool {
        self.download.take().is_some()
    }

    /// The rows are on the screen, and so many of them, or not.
    pub fn show(&mut self, height: Option<usize>) {
        self.shown = height.is_some();
        if let Some(height) = height {
            self.height = height;
            if let Some(list) = &mut self.list {
                list.set_height(height);
            }
        }
    }

    /// What was refused or not told may be asked for again; an order is listed anew.
    pub fn refresh(&mut self) {
        self.trouble = None;
        self.relist = !self.listing.is_plain();
        if let Some(list) = &mut self.list {
            list.ask_again();
        }
    }

    /// Other rows, or another order.
    pub fn list_by(&mut self, listing: Listing) {
        self.trouble = None;
        self.relist = !listing.is_plain();
        self.listing = listing;
        if let Some(list) = self.list.as_mut().filter(|_| !self.relist) {
            list.unlisted();
        }
    }

    /// Reads the message at the cursor; false: its UID is not known yet.
    pub fn read(&mut self) -> bool {
        let uid = self.list.as_ref().and_then(MessageList::uid_at_cursor);
        if let Some(uid) = uid {
            self.opened = Some(Opened::new(uid));
        }
        uid.is_some()
    }

    /// Reads the message of this UID, listed or not.
    pub fn read_uid(&mut self, uid: u32) {
        self.opened = Some(Opened::new(uid));
    }

    /// No message is read any more; false: none was.
    pub fn put_away(&mut self) -> bool {
        self.opened.take().is_some()
    }

    /// A connection begins or has ended.
    fn forget(&mut self) {
        *self = Mail {
            shown: self.shown,
            height: self.height,
            ..Mail::default()
        };
    }

    /// Takes an event of the session, after the model has.
    /// `ask`: the pane's command that goes out with it.
    fn see(&mut self, event: &Event, model: &Model, over: Option<&InFlight>, ask: Option<AskId>) {
        match event {
            Event::Started { command, verb, .. } => {
                if matches!(verb.as_str(), "SELECT" | "EXAMINE") {
                    self.opening = Some(*command);
                }
                if let Some(running) = self.running.as_mut().filter(|r| r.command.is_none())
                    && ask.is_some()
                    && running.id == ask
                {
                    running.command = Some(*command);
                }
            }
            Event::Received(piece) => self.hear(piece),
            Event::Response {
                response: Response::Untagged(data),
                command,
            } => {
                if self.opening.is_none()
                    && let Some(list) = &mut self.list
                {
                    list.apply(data);
                }
                self.answer(data, *command);
            }
            Event::Completed {
                command,
                status,
                elapsed,
            } => {
                self.over(*command, Some(status), *elapsed);
                self.mailbox_of(*command, over, model);
            }
            Event::Abandoned { command } => {
                self.over(*command, None, Duration::ZERO);
                self.mailbox_of(*command, over, model);
            }
            Event::Closed(_) => self.forget(),
            _ => {}
        }
    }

    /// Another mailbox may be open now, or none.
    fn mailbox_of(&mut self, command: CommandId, over: Option<&InFlight>, model: &Model) {
        if self.opening == Some(command) {
            self.opening = None;
        } else if !over.is_some_and(|over| {
            matches!(
                over.verb.as_str(),
                "CLOSE" | "UNSELECT" | "UNAUTHENTICATE" | "LOGOUT"
            )
        }) {
            return;
        }
        let Some(selected) = model.selected() else {
            (self.list, self.opened, self.mailbox) = (None, None, None);
            self.listing = Listing::default();
            (self.relist, self.trouble) = (false, None);
            return;
        };
        let exists = selected.exists.unwrap_or(0);
        let mailbox = (selected.name.clone(), selected.uid_validity);
        self.trouble = None;
        match &mut self.list {
            Some(list) if self.mailbox.as_ref() == Some(&mailbox) => list.opened_again(exists),
            list => {
                let mut new = MessageList::new(exists);
                new.set_height(self.height);
                *list = Some(new);
                self.opened = None;
                self.listing = Listing::default();
                self.relist = false;
                if let Some(download) = &mut self.download {
                    download.failed("Another mailbox was opened meanwhile.".to_owned());
                }
            }
        }
        self.mailbox = Some(mailbox);
    }

    /// A command is over; what came of it, if it was ours.
    fn over(&mut self, command: CommandId, status: Option<&StatusResponse>, elapsed: Duration) {
        let Some(running) = self.running.take_if(|r| r.command == Some(command)) else {
            return;
        };
        let result = match status {
            Some(status) if status.status == Status::Ok => Ok(()),
            Some(status) => Err(format!(
                "{}: the server says {}.",
                running.what.verb(),
                String::from_utf8_lossy(&status.text)
            )),
            None => Err(format!("{} was not answered.", running.what.verb())),
        };
        self.done(running, result, elapsed);
    }
}

impl Console {
    /// The mail of the open mailbox.
    pub fn mail(&self) -> &Mail {
        &self.mail
    }

    /// The same, for what the user does with it; [`Console::browse`] then sends what that wants.
    pub fn mail_mut(&mut self) -> &mut Mail {
        &mut self.mail
    }

    /// Why a listing cannot be had: the server does not offer it, or its words are not understood.
    ///
    /// # Errors
    /// A sentence.
    pub fn objection(&self, listing: &Listing) -> Result<(), String> {
        if listing.is_plain() {
            return Ok(());
        }
        ask::listing(listing, &self.model, self.now()).map(|_| ())
    }

    fn now(&self) -> SystemTime {
        self.settings
            .clock
            .map_or_else(SystemTime::now, |clock| clock())
    }

    /// The next command for the list and the message that is read. `wanted`: a key asked for it, so that an IDLE
    /// of the user's may end.
    pub fn browse(&mut self, wanted: bool) -> Vec<Request> {
        let idles = self.auto.idles > 0 || self.awaiting != crate::session::Awaiting::Command;
        if self.phase != Phase::Ready || (idles && !wanted) {
            return Vec::new();
        }
        let now = self.now();
        let waits = self.asking(Some(Asker::Messages)) + self.asking(Some(Asker::Reader)) > 0;
        if !waits {
            // It was stopped, or may not be sent.
            self.mail
                .running
                .take_if(|running| running.command.is_none());
        }
        let Some(ask) = self.mail.next(&self.model, now) else {
            return Vec::new();
        };
        let (id, requests) = self.ask(if wanted { ask } else { ask.later() });
        if let Some(running) = &mut self.mail.running {
            running.id = Some(id);
        }
        requests
    }

    /// The command that would list this, read that, or fetch a part of it: for the editor.
    pub fn listing_text(&self, listing: &Listing) -> Option<String> {
        let (_, ask) = ask::listing(listing, &self.model, self.now()).ok()?;
        ask.text().map(str::to_owned)
    }

    /// After the model.
    pub(super) fn mail_sees(&mut self, event: &Event, over: Option<&InFlight>) {
        let ask = match event {
            Event::Started { command, .. } => self.asked_by(*command).map(|(id, _)| id),
            _ => None,
        };
        self.mail.see(event, &self.model, over, ask);
    }

    /// After all events of a notice.
    pub(super) fn mail_settles(&mut self) {
        if let Some(list) = &mut self.mail.list {
            list.settle();
        }
    }

    /// A connection begins.
    pub(super) fn mail_forgets(&mut self) {
        self.mail.forget();
    }
}
