//! The sessions side by side: one [`State`] each, with its own console, transcript, editor and scroll.
//! One is on the screen; the others live on.
//!
//! Effects that concern more than one of them are done here; what must be done outside comes out as
//! [`Order`]s.

mod comparing;
mod leaving;
mod live;
mod playing;
mod recording;

use std::time::Instant;

use ratatui::layout::Rect;

use super::effect::{Effect, Everywhere, Opening};
use super::errand::Errand;
use super::input::Input;
use super::playing::Session;
use super::snippets::Start;
use super::state::{Options, State};
use super::strip::{Label, Strip};
use super::{Outcome, update};
use crate::channel::{Notice, Plan, Request};
use crate::console::{self, Console};
use crate::export::Recorder;
use comparing::Comparing;

/// Names a tab as long as the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TabId(u64);

/// Most sessions at once.
pub const LIMIT: usize = 100;

/// What the loop does.
#[derive(Debug)]
pub enum Order {
    /// Ask the connection task of this tab.
    Send(TabId, Request),
    /// Open the connection of this tab; its state knows already. One that is open is dropped.
    Connect(TabId, Box<Plan>),
    /// Do this beside the screen, for this tab.
    Errand(TabId, Errand),
    /// Nothing that is done beside the screen for this tab is waited for any more.
    StopErrands(TabId),
    /// Run a snippet for this tab, as who is logged in there.
    Play(TabId, Box<Start>, Box<Session>),
    /// Tell this tab's run.
    Run(TabId, crate::batch::Order),
    /// This tab's run is not wanted any more.
    StopPlaying(TabId),
    /// The tab is gone: drop its connection.
    Drop(TabId),
    /// Hand this safe text to the clipboard.
    Copy {
        /// The text.
        text: String,
        /// What it is, for a sentence.
        what: String,
    },
    /// Give the terminal to the shell for a while.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Have a text of this tab edited by another program.
    Edit(TabId, String),
    /// Have a command ask on the terminal for this tab's password.
    AskOnTerminal(TabId, String),
    /// Leave the program.
    Leave(Outcome),
}

struct Tab {
    id: TabId,
    state: State,
    /// Lines of its transcript when it was last on the screen.
    seen: usize,
    /// The number of its connection in the record.
    session: u32,
}

/// All sessions; there is always one.
pub struct Tabs {
    first: Tab,
    /// All but the first.
    more: Vec<Tab>,
    current: usize,
    made: u64,
    consoles: console::Settings,
    options: Options,
    area: Rect,
    /// The program is being left; the worst that has come of it.
    leaving: Option<Outcome>,
    recorder: Option<Recorder>,
    /// Connections opened so far, in all tabs.
    sessions: u32,
    /// Connections that listen: their name, whose they are, their number in the record.
    lives: Vec<(TabId, TabId, u32)>,
    /// Comparisons that are under way.
    comparing: Vec<Comparing>,
}

impl Tabs {
    /// One tab without a connection. `consoles` and `options` are what each tab begins with.
    pub fn new(consoles: console::Settings, options: Options, area: Rect) -> Tabs {
        let state = State::new(Console::new(consoles.clone()), options.clone(), area);
        let mut tabs = Tabs {
            first: Tab {
                id: TabId(0),
                state,
                seen: 0,
                session: 0,
            },
            more: Vec::new(),
            current: 0,
            made: 1,
            consoles,
            // A mailbox from the command line is for the first tab.
            options: Options {
                mailbox: None,
                ..options
            },
            area,
            leaving: None,
            recorder: None,
            sessions: 0,
            lives: Vec::new(),
            comparing: Vec::new(),
        };
        tabs.refresh();
        tabs
    }

    fn count(&self) -> usize {
        1 + self.more.len()
    }

    fn get(&self, index: usize) -> &Tab {
        index
            .checked_sub(1)
            .and_then(|at| self.more.get(at))
            .unwrap_or(&self.first)
    }

    fn get_mut(&mut self, index: usize) -> &mut Tab {
        match index.checked_sub(1) {
            Some(at) if at < self.more.len() => match self.more.get_mut(at) {
                Some(tab) => tab,
                None => &mut self.first,
            },
            _ => &mut self.first,
        }
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Tab> {
        std::iter::once(&mut self.first).chain(&mut self.more)
    }

    fn index_of(&self, id: TabId) -> Option<usize> {
        (0..self.count()).find(|index| self.get(*index).id == id)
    }

    /// The tab on the screen.
    pub fn current(&self) -> &State {
        &self.get(self.current).state
    }

    /// The same, to be changed.
    pub fn current_mut(&mut self) -> &mut State {
        let current = self.current;
        &mut self.get_mut(current).state
    }

    /// Its name.
    pub fn current_id(&self) -> TabId {
        self.get(self.current).id
    }

    /// Takes one input from the terminal.
    pub fn input(&mut self, input: Input) -> Vec<Order> {
        if let Input::Resize(columns, rows) = input {
            self.resize(Rect::new(0, 0, columns, rows));
            // A larger screen shows more messages.
            let effects = self.current_mut().browse(false);
            return self.perform(self.current_id(), effects);
        }
        let id = self.current_id();
        let effects = update::input(self.current_mut(), input);
        self.perform(id, effects)
    }

    /// The screen has this size.
    pub fn resize(&mut self, area: Rect) {
        self.area = area;
        self.all().for_each(|tab| tab.state.area = area);
    }

    /// Takes a notice of a tab's connection task.
    pub fn notice(&mut self, id: TabId, notice: Notice) -> Vec<Order> {
        let notice = match self.heard(id, notice) {
            Ok(orders) => return orders,
            Err(notice) => notice,
        };
        let Some(index) = self.index_of(id) else {
            return Vec::new();
        };
        self.record_notice(index, &notice);
        let effects = self.get_mut(index).state.notice(notice);
        self.perform(id, effects)
    }

    /// Does some of the work of the tab on the screen until `until`; whether there was some, and whether there
    /// is more.
    pub fn work(&mut self, until: Instant) -> (bool, bool) {
        let state = self.current_mut();
        let some = update::has_work(state);
        (some, some && update::work(state, until))
    }

    /// A request could not be sent: the tab's connection is gone.
    pub fn unsent(&mut self, id: TabId) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        let state = &mut self.get_mut(index).state;
        if state.farewell.is_none() {
            state.message =
                Some("There is no connection: R in a pane, or :reconnect, opens one.".to_owned());
        }
    }

    fn next_session(&mut self) -> u32 {
        self.sessions = self.sessions.saturating_add(1);
        self.sessions
    }

    /// When [`Tabs::tick`] is due: seconds are counted on the screen only, LOGOUT is waited for in all.
    pub fn next_tick(&self, now: Instant) -> Option<Instant> {
        (0..self.count())
            .filter_map(|index| {
                let state = &self.get(index).state;
                match index == self.current || state.job.is_some() {
                    true => state.next_tick(now),
                    false => state.next_tick_behind(now),
                }
            })
            .min()
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant) -> Vec<Order> {
        let ids: Vec<TabId> = self.all().map(|tab| tab.id).collect();
        let mut orders = Vec::new();
        for id in ids {
            if let Some(index) = self.index_of(id) {
                let effects = self.get_mut(index).state.tick(now);
                orders.extend(self.perform(id, effects));
            }
        }
        orders
    }

    /// Opens the first connection.
    pub fn connect(&mut self, plan: Plan) -> Vec<Order> {
        let id = self.current_id();
        self.perform(id, vec![Effect::Connect(Box::new(plan))])
    }

    /// Opens these in tabs of their own; the one on the screen stays there.
    pub fn open_beside(&mut self, plans: Vec<Plan>) -> Vec<Order> {
        let id = self.current_id();
        let mut effects: Vec<Effect> = plans
            .into_iter()
            .map(|plan| Effect::Open(Box::new(Opening::new(plan))))
            .collect();
        if let Some(index) = self.index_of(id)
            && !effects.is_empty()
        {
            effects.push(Effect::GoTo(index));
        }
        self.perform(id, effects)
    }

    fn perform(&mut self, id: TabId, effects: Vec<Effect>) -> Vec<Order> {
        let mut orders = Vec::new();
        for effect in effects {
            match effect {
                Effect::Send(request) => orders.push(Order::Send(id, request)),
                Effect::Listen(plan) => orders.extend(self.listen(id, plan)),
                Effect::StopListening => orders.extend(self.stop_listening(id)),
                Effect::SendLive(request) => orders.extend(self.send_live(id, request)),
                Effect::Connect(plan) => {
                    if let Some(index) = self.index_of(id) {
                        let session = self.next_session();
                        let tab = self.get_mut(index);
                        tab.session = session;
                        tab.state.connection_opened(plan.as_ref().clone());
                        if tab.state.live.is_none() {
                            orders.extend(self.stop_listening(id));
                        }
                        orders.push(Order::Connect(id, plan));
                    }
                }
                Effect::Compare(wanted) => orders.extend(self.compare(id, *wanted)),
                Effect::StopComparing => orders.extend(self.stop_comparing(id)),
                Effect::Open(opening) => orders.extend(self.open(*opening)),
                Effect::Errand(errand) => orders.push(Order::Errand(id, errand)),
                Effect::StopErrands => orders.push(Order::StopErrands(id)),
                Effect::Play(start) => orders.extend(self.play(id, start)),
                Effect::Order(order) => orders.push(Order::Run(id, order)),
                Effect::StopPlaying => orders.push(Order::StopPlaying(id)),
                Effect::Turn { forward } => {
                    let count = self.count();
                    let step = if forward { 1 } else { count - 1 };
                    self.go_to((self.current + step) % count);
                }
                Effect::GoTo(index) => self.go_to(index),
                Effect::CloseTab if self.count() > 1 => orders.extend(self.remove(id)),
                // The only one stays, with what it has shown.
                Effect::CloseTab => {}
                Effect::QuitOthers { politely } => orders.extend(self.quit_others(id, politely)),
                Effect::Copy { text, what } => orders.push(Order::Copy { text, what }),
                Effect::Record(None) => self.record_off(),
                Effect::Record(Some((path, overwrite))) => {
                    orders.extend(self.record(path, overwrite));
                }
                Effect::Suspend => orders.push(Order::Suspend),
                Effect::Redraw => orders.push(Order::Redraw),
                Effect::Mouse(on) => orders.push(Order::Mouse(on)),
                Effect::Edit(text) => orders.push(Order::Edit(id, text)),
                Effect::AskOnTerminal(command) => orders.push(Order::AskOnTerminal(id, command)),
                Effect::Everywhere(what) => self.everywhere(&what),
                Effect::Leave(outcome) => orders.extend(self.leave(id, outcome)),
            }
        }
        orders.extend(self.follow_comparisons());
        self.refresh();
        orders
    }

    fn everywhere(&mut self, what: &Everywhere) {
        match what {
            Everywhere::Theme(theme) => {
                self.options.theme = theme.as_ref().clone();
                self.all()
                    .for_each(|tab| tab.state.options.theme = theme.as_ref().clone());
            }
            Everywhere::Private(on) => {
                self.consoles.private = *on;
                self.all().for_each(|tab| {
                    tab.state.private = *on;
                    tab.state.console.history().set_private(*on);
                });
            }
        }
    }

    /// The text that was given out for editing comes back, or why it does not.
    pub fn edited(&mut self, id: TabId, text: Result<String, String>) {
        if let Some(index) = self.index_of(id) {
            update::edited(&mut self.get_mut(index).state, text);
        }
    }

    fn open(&mut self, opening: Opening) -> Vec<Order> {
        if self.count() >= LIMIT {
            self.current_mut().message = Some(format!(
                "{LIMIT} sessions are open; :close one before another is opened."
            ));
            return Vec::new();
        }
        let settings = console::Settings {
            auto: self.consoles.auto && opening.auto,
            safe: opening.safe,
            ..self.consoles.clone()
        };
        let options = Options {
            mailbox: opening.mailbox,
            ..self.options.clone()
        };
        let mut state = State::new(Console::new(settings), options, self.area);
        state.password_from = opening.password_from;
        state.keep = opening.keep;
        state.before = opening.before;
        state.users = opening.users;
        state.events.wished = opening.listen;
        state.connection_opened(opening.plan.clone());
        let id = TabId(self.made);
        self.made += 1;
        let session = self.next_session();
        let tab = Tab {
            id,
            state,
            seen: 0,
            session,
        };
        let mut orders = Vec::new();
        let unused = self.current().plan.is_none();
        if unused {
            let current = self.current;
            orders.push(Order::Drop(self.current_id()));
            *self.get_mut(current) = tab;
        } else {
            // Beside the one it comes from.
            self.more.insert(self.current, tab);
            self.go_to(self.current + 1);
        }
        orders.push(Order::Connect(id, Box::new(opening.plan)));
        orders
    }

    fn go_to(&mut self, index: usize) {
        if index >= self.count() {
            return;
        }
        self.see();
        self.current = index;
        self.see();
    }

    /// What is on the screen now has been seen.
    fn see(&mut self) {
        let current = self.current;
        let tab = self.get_mut(current);
        tab.seen = tab.state.console.transcript().len();
    }

    /// Takes a tab out; not the only one.
    fn remove(&mut self, id: TabId) -> Vec<Order> {
        let Some(index) = self.index_of(id).filter(|_| !self.more.is_empty()) else {
            return Vec::new();
        };
        match index.checked_sub(1) {
            Some(at) => drop(self.more.remove(at)),
            None => self.first = self.more.remove(0),
        }
        // The one at its left, where it most likely came from.
        if self.current > index || (self.current == index && index > 0) {
            self.current -= 1;
        }
        self.see();
        let mut orders = self.stop_listening(id);
        orders.push(Order::Drop(id));
        orders
    }

    /// Keeps true what each tab knows of the others. Cheap with one tab.
    fn refresh(&mut self) {
        self.see();
        let tabs = match self.count() {
            1 => Vec::new(),
            count => (0..count)
                .map(|index| {
                    let tab = self.get(index);
                    Label::of(&tab.state, tab.seen)
                })
                .collect(),
        };
        let recording = self
            .recorder
            .as_ref()
            .map(|r| r.path().display().to_string());
        let current = self.current;
        self.current_mut().recording = recording;
        self.current_mut().strip = Strip { tabs, current };
        let count = self.count();
        if count > 1 && self.all().any(|tab| tab.state.strip.tabs.len() != count) {
            // The others need to know only how many there are.
            let strip = self.current().strip.clone();
            self.all().for_each(|tab| tab.state.strip = strip.clone());
        }
    }
}

impl std::fmt::Debug for Tabs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tabs")
            .field("count", &self.count())
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}
