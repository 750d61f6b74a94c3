//! The second connection that listens (F7), and the pane of what it hears: what of it belongs to the screen. What it
//! hears and sends is `console/live/`'s.

use std::time::{Duration, SystemTime};

use super::effect::Effect;
use super::form::Form;
use super::layout::Focus;
use super::popup::Popup;
use super::state::State;
use crate::channel::{Notice, Plan, Request};
use crate::console::live::{Kind, Listening, Live, RENEWED};
use crate::console::{Identity, Phase, Settings};
use crate::sasl::Secret;

/// Where one is in a list that grows at its end and loses its beginning.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    /// The number of the row at the cursor; `None`: the newest, whatever comes.
    pub cursor: Option<u64>,
    /// The number of the first row shown.
    pub top: u64,
}

impl Place {
    /// Keeps the cursor on rows that are there, and on the screen.
    fn keep(&mut self, first: u64, end: u64, height: u64) {
        let last = end.saturating_sub(1).max(first);
        let height = height.max(1);
        let cursor = self.cursor.map_or(last, |at| at.clamp(first, last));
        if self.cursor.is_some() {
            self.cursor = Some(cursor);
        }
        let highest = end.saturating_sub(height).max(first);
        self.top = self.top.clamp(first, highest);
        if cursor < self.top {
            self.top = cursor;
        } else if cursor >= self.top + height {
            self.top = cursor + 1 - height;
        }
    }

    /// To another row; at the last one it follows.
    pub fn go(&mut self, first: u64, end: u64, to: impl Fn(u64) -> u64) {
        let last = end.saturating_sub(1).max(first);
        let now = self.cursor.unwrap_or(last);
        let to = to(now).clamp(first, last);
        self.cursor = (to < last).then_some(to);
    }
}

/// The pane of live events.
#[derive(Debug, Default)]
pub struct EventsPane {
    /// Where one is among what happened.
    pub events: Place,
    /// Where one is in the conversation of the second connection.
    pub lines: Place,
    /// That conversation is shown, not what happened.
    pub own: bool,
    /// With what it logs in, each time.
    plan: Option<Plan>,
    /// The password prompt that is open is its.
    pub asks: bool,
    /// The message to read once this mailbox is open: its UID, and its number, if that is known.
    pub wanted: Option<(Vec<u8>, u32, Option<u64>)>,
    /// It is to listen as soon as somebody is logged in.
    pub wished: bool,
}

impl State {
    /// F7: listens, or does not any more.
    pub(crate) fn toggle_live(&mut self) -> Vec<Effect> {
        if self.live.is_some() {
            self.message = Some("Nothing is listened to any more.".to_owned());
            return self.stop_live();
        }
        self.begin_live()
    }

    /// Nobody listens any more.
    pub(super) fn stop_live(&mut self) -> Vec<Effect> {
        self.live = None;
        if std::mem::take(&mut self.events.asks) {
            self.popup = None;
        }
        self.events = EventsPane::default();
        if self.focus == Focus::Events {
            self.focus = Focus::Editor;
        }
        vec![Effect::StopListening]
    }

    /// Another server's mail, or another user's: who listens goes on listening to the same mail only.
    pub(super) fn drop_live(&mut self) {
        if self.live.is_some() {
            self.stop_live();
        }
    }

    fn begin_live(&mut self) -> Vec<Effect> {
        let ready = *self.console.phase() == Phase::Ready && !self.is_log();
        let Some(mut plan) = self.plan.clone().filter(|_| ready) else {
            self.message = Some("There is no connection: nothing to listen to.".to_owned());
            return Vec::new();
        };
        let identity = self.console.identity();
        if !identity.is_logged_in() {
            self.message = Some("Nobody is logged in: F4 or :login first.".to_owned());
            return Vec::new();
        }
        let user = identity.effective().map(str::to_owned);
        if plan.credentials.effective() != user.as_deref() {
            // A login by hand: who it was is known, the password is asked for.
            let credentials = user.as_deref().and_then(|user| self.credentials_as(user));
            let Some(credentials) = credentials else {
                self.message = Some(
                    "Nobody knows who logged in here (PREAUTH, a certificate, AUTHENTICATE by hand), so a second \
                     connection could not be the same one's: :connect opens another session."
                        .to_owned(),
                );
                return Vec::new();
            };
            plan.credentials = credentials;
        }
        // What nobody renews in time is closed by servers, however long the first connection may be silent.
        let every = plan.network.keepalive.unwrap_or(RENEWED).min(RENEWED);
        plan.network.keepalive = Some(every);
        let mailbox = self.console.model().selected().map(|s| s.name.clone());
        let settings = Settings {
            clock: Some(self.options.clock),
            ..Settings::default()
        };
        let host = plan.place.host().to_owned();
        let mut live = Live::new(settings, &host, user.as_deref(), mailbox);
        for mailbox in self.console.model().mailboxes().iter() {
            let counts: Vec<(String, u64)> = ["MESSAGES", "UNSEEN"]
                .iter()
                .filter_map(|item| Some(((*item).to_owned(), mailbox.count(item)?)))
                .collect();
            if !counts.is_empty() {
                live.knows(&mailbox.name, &counts);
            }
        }
        let live = match self.live.take() {
            Some(before) => live.after(self.now, before),
            None => live,
        };
        self.live = Some(live);
        self.events.plan = Some(plan.clone());
        vec![Effect::Listen(Box::new(plan))]
    }

    /// A notice of the connection that listens.
    pub fn heard(&mut self, notice: Notice) -> Vec<Effect> {
        let now = (self.options.clock)();
        self.now = now;
        let Some(live) = &mut self.live else {
            return Vec::new();
        };
        let was = live.listening().clone();
        let wanted = match &notice {
            Notice::PasswordWanted { authcid, authzid } if live.is_first() => {
                Some((authcid.clone(), authzid.clone()))
            }
            Notice::Ended { .. } if std::mem::take(&mut self.events.asks) => {
                self.popup = None;
                None
            }
            _ => None,
        };
        let mut requests = live.on_notice(now, notice);
        for (mailbox, items) in live.take_counts() {
            self.console.heard_elsewhere(&mailbox, &items);
        }
        for entry in live.take_lists() {
            // Its counts come the same way: the first connection need not ask for them.
            self.gather.skip(&entry.name);
            self.console.listed_elsewhere(&entry);
        }
        if let Listening::Ended(sentence) = live.listening()
            && *live.listening() != was
        {
            self.message = Some(format!("Live events: {sentence}"));
        }
        if let Some((authcid, authzid)) = wanted {
            requests.extend(self.want_password_for_live(authcid, authzid));
        }
        self.after_change();
        to_live(requests)
    }

    /// The prompt, if nothing lies over the panes that would be lost.
    fn want_password_for_live(&mut self, authcid: String, authzid: Option<String>) -> Vec<Request> {
        if self.popup.is_some() {
            let now = self.now;
            if let Some(live) = &mut self.live {
                let sentence = "The password is not kept here, and could not be asked for: a in the pane asks.";
                live.give_up(now, sentence);
            }
            return vec![Request::Password(None), Request::Close];
        }
        let mut form = Form::password(authcid, authzid);
        form.note = Some(
            "The second connection, that listens, wants it: it is not kept here. Esc: nothing is listened to."
                .to_owned(),
        );
        self.popup = Some(Popup::Form(form));
        self.events.asks = true;
        Vec::new()
    }

    /// The password for it was typed; `None`: it is not told.
    pub(super) fn password_for_live(&mut self, secret: Option<Secret>) -> Vec<Effect> {
        self.events.asks = false;
        let mut requests = vec![Request::Password(secret.clone())];
        match secret {
            Some(secret) => {
                if let Some(plan) = &mut self.events.plan
                    && !plan.credentials.forget
                {
                    plan.credentials.secret = Some(secret);
                }
            }
            None => {
                let now = self.now;
                if let Some(live) = &mut self.live {
                    live.give_up(
                        now,
                        "No password, so nothing is listened to; a in the pane asks again.",
                    );
                }
                requests.push(Request::Close);
            }
        }
        to_live(requests)
    }

    /// The mailbox that is listened in is the one that is open here, and whose mail it is is who one is here.
    pub(super) fn lead_live(&mut self) -> Vec<Effect> {
        let identity = self.console.identity();
        let there = *self.console.phase() == Phase::Ready && identity.is_logged_in();
        if there && std::mem::take(&mut self.events.wished) {
            return self.begin_live();
        }
        let Some(live) = &mut self.live else {
            return Vec::new();
        };
        if there && live.user() != identity.effective() {
            return self.begin_live();
        }
        let open = self.console.model().selected().map(|s| s.name.as_slice());
        let mut effects = to_live(live.follow(open));
        effects.extend(self.read_wanted());
        effects
    }

    /// The first connection is over.
    pub(super) fn first_ended(&mut self) -> Vec<Effect> {
        let left = matches!(self.console.phase(), Phase::Ended { clean: true, .. });
        match self.live.is_some() && left {
            // Who has logged out is not to be logged in any more.
            true => self.stop_live(),
            false => Vec::new(),
        }
    }

    /// Does what is due: connects it anew, if it was broken off and it is time, or `at_once`.
    pub(super) fn reopen_live(&mut self, at_once: bool) -> Vec<Effect> {
        let now = (self.options.clock)();
        let Some(live) = &mut self.live else {
            return Vec::new();
        };
        let Some(plan) = self.events.plan.clone() else {
            return Vec::new();
        };
        match live.reopen(now, at_once) {
            true => vec![Effect::Listen(Box::new(plan))],
            false => Vec::new(),
        }
    }

    /// In how long [`State::reopen_live`] is due; and, if the pane is on the screen, in how long what it counts is
    /// not true any more.
    pub(super) fn live_wait(&self, shown: bool) -> Option<Duration> {
        let live = self.live.as_ref()?;
        let now = (self.options.clock)();
        let left = |at: SystemTime| at.duration_since(now).unwrap_or_default();
        if let Some(at) = live.due() {
            let left = left(at);
            let counts = shown && matches!(live.listening(), Listening::Away { .. });
            let second = Duration::from_secs(1);
            return Some(if counts { left.min(second) } else { left });
        }
        let left = left(live.keepalive().filter(|_| shown)?);
        (!left.is_zero()).then(|| super::view::gauge::step(left))
    }

    /// Rows of the pane, and the numbers of the first and behind the last.
    pub(super) fn events_range(&self) -> (u64, u64, u64) {
        let layout = self.layout();
        let height = layout.events.map_or(1, |pane| layout.inside(pane).height);
        let (first, end) = match (&self.live, self.events.own) {
            (Some(live), false) => (live.book().first(), live.book().end()),
            (Some(live), true) => {
                let lines = live.transcript();
                (lines.first_line() as u64, lines.len() as u64)
            }
            (None, _) => (0, 0),
        };
        (u64::from(height), first, end)
    }

    /// Keeps the cursor of the pane where rows are. Called before a frame is drawn.
    pub(super) fn settle_events(&mut self) {
        let (height, first, end) = self.events_range();
        self.events.place().keep(first, end, height);
    }

    /// How many messages a mailbox has, as the connection that listens knows: the first one is told only when it
    /// asks for something.
    pub(super) fn live_counts(&self, mailbox: &[u8]) -> Option<(u64, Option<u64>)> {
        self.live.as_ref()?.counted(mailbox)
    }

    /// All of the event at the cursor, for where there is more room than in its row.
    pub(super) fn event_words(&self) -> Option<String> {
        let happening =
            super::update::event_at_cursor(self).filter(|_| self.focus == Focus::Events)?;
        let words = happening.words();
        Some(match happening.mailbox.as_str() {
            "" => words,
            mailbox => format!("{mailbox}: {words}"),
        })
    }

    /// A sentence for a pane in which nothing has happened yet.
    pub(super) fn nothing_yet(&self) -> Option<&'static str> {
        let live = self.live.as_ref()?;
        let happened = live.book().iter().any(|h| h.kind != Kind::Line);
        match live.listening() {
            _ if happened => None,
            Listening::Notify => {
                Some("Nothing has happened yet, in any of this user's own mailboxes.")
            }
            Listening::Idle => {
                Some("Nothing has happened yet. IDLE tells of this mailbox only: no NOTIFY here.")
            }
            Listening::Waiting => Some(
                "No mailbox is open, and the server has IDLE only: it listens as soon as one is open.",
            ),
            _ => None,
        }
    }
}

impl EventsPane {
    /// Where one is in what is shown.
    pub fn place(&mut self) -> &mut Place {
        match self.own {
            true => &mut self.lines,
            false => &mut self.events,
        }
    }
}

/// Whose login that is, for the pane's title.
pub(super) fn as_whom(live: &Live, identity: &Identity) -> Option<String> {
    // Where both are the same the top line tells.
    let other = live.user() != identity.effective();
    live.user()
        .filter(|_| other)
        .map(|user| format!("as {user}"))
}

fn to_live(requests: Vec<Request>) -> Vec<Effect> {
    requests.into_iter().map(Effect::SendLive).collect()
}
