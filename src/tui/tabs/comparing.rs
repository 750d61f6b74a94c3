//! Comparisons: two tabs are asked the same, and the one that wants to know is told. A session that is not there
//! is opened beside, and does not come to the screen unless it asks for a password.

use super::{LIMIT, Order, TabId, Tabs};
use crate::compare::{Facts, Paired, Scope};
use crate::console::Phase;
use crate::model::name;
use crate::session::Awaiting;
use crate::tui::effect::Opening;
use crate::tui::form::FormKind;
use crate::tui::popup::Popup;
use crate::tui::sides::{Other, Sides, Wanted};
use crate::tui::state::State;
use crate::wire::mailbox::MailboxName;

/// One of them.
#[derive(Debug)]
pub(super) struct Comparing {
    /// Who wants to know.
    owner: TabId,
    /// Who is asked.
    sides: [TabId; 2],
    facts: [Option<Facts>; 2],
    /// The one that came to the screen to ask for a password.
    asks: Option<TabId>,
}

impl Tabs {
    /// Begins one for this tab.
    pub(super) fn compare(&mut self, owner: TabId, wanted: Wanted) -> Vec<Order> {
        let mut orders = self.stop_comparing(owner);
        match self.sides(owner, &wanted, &mut orders) {
            Ok((sides, scopes)) => {
                let names = sides.map(|side| self.name_of(side));
                self.tell(owner, |state| {
                    state.sides = Some(Box::new(Sides {
                        title: wanted.title.clone(),
                        names,
                        ..Sides::default()
                    }));
                    state.popup = Some(Popup::Sides);
                });
                self.comparing.push(Comparing {
                    owner,
                    sides,
                    facts: [None, None],
                    asks: None,
                });
                for (side, scope) in sides.into_iter().zip(scopes) {
                    if let Some(index) = self.index_of(side) {
                        let effects = self.get_mut(index).state.begin_inquiry(scope);
                        orders.extend(self.perform(side, effects));
                    }
                }
            }
            Err(sentence) => self.tell(owner, |state| state.message = Some(sentence)),
        }
        orders
    }

    fn tell(&mut self, id: TabId, what: impl FnOnce(&mut State)) {
        if let Some(index) = self.index_of(id) {
            what(&mut self.get_mut(index).state);
        }
    }

    fn name_of(&self, id: TabId) -> String {
        let state = self.index_of(id).map(|index| &self.get(index).state);
        state.map(who_at).unwrap_or_default()
    }

    /// Who is asked, and for what; sessions that are not there are opened. The error is a sentence.
    fn sides(
        &mut self,
        owner: TabId,
        wanted: &Wanted,
        orders: &mut Vec<Order>,
    ) -> Result<([TabId; 2], [Scope; 2]), String> {
        let gone = || "This session is gone.".to_owned();
        let state = &self.get(self.index_of(owner).ok_or_else(gone)?).state;
        let mailbox = match &wanted.scope {
            Scope::All(None) => None,
            Scope::All(Some(message)) => {
                let utf8 = crate::catalog::accepts_utf8(state.console.model());
                Some(
                    MailboxName::from_shown(&message.mailbox, utf8)
                        .wire()
                        .to_vec(),
                )
            }
            Scope::One(sought) => Some(sought.name.clone()),
        };
        // What is open here stays open: where another mailbox has to be read, another session of the same
        // user reads it.
        let first = match fits(state, mailbox.as_deref()) {
            true => owner,
            false => {
                let opening = state.opening_as_now()?;
                self.open_behind(opening, orders)?
            }
        };
        let other = match &wanted.other {
            Other::Tab(index) if *index < self.count() => {
                let tab = self.get(*index);
                let (id, state) = (tab.id, &tab.state);
                let ready = *state.console.phase() == Phase::Ready && !state.is_log();
                if id == owner {
                    return Err("That is this session itself: name another one.".to_owned());
                }
                if !ready || !state.console.identity().is_logged_in() {
                    return Err(format!("Nobody is logged in in session {}.", index + 1));
                }
                match fits(state, mailbox.as_deref()) && state.inquiring.is_none() {
                    true => id,
                    false => {
                        let opening = state.opening_as_now()?;
                        self.open_behind(opening, orders)?
                    }
                }
            }
            Other::Tab(index) => {
                let count = self.count();
                return Err(format!(
                    "There is no session {}: there are {count} (:tabs shows them).",
                    index + 1
                ));
            }
            Other::Open(opening) => match self.alike(opening, first, mailbox.as_deref()) {
                Some(id) => id,
                None => self.open_behind(opening.as_ref().clone(), orders)?,
            },
        };
        let mut scopes = [wanted.scope.clone(), wanted.scope.clone()];
        if let [Scope::One(own), Scope::One(theirs)] = &mut scopes {
            own.place = None;
            if let Some(index) = self.index_of(other) {
                theirs.who = who(&self.get(index).state).unwrap_or_default();
            }
        }
        Ok(([first, other], scopes))
    }

    /// A session that is as the one to be opened, and free.
    fn alike(&self, opening: &Opening, but: TabId, mailbox: Option<&[u8]>) -> Option<TabId> {
        let wanted = &opening.plan;
        let is_alike = |state: &State| {
            let identity = state.console.identity();
            state.inquiring.is_none()
                && state.console.can_ask()
                && state.plan.as_ref().is_some_and(|plan| {
                    plan.place == wanted.place
                        && plan.credentials.authcid == wanted.credentials.authcid
                        && identity.effective() == wanted.credentials.effective()
                })
                // By which name it knows the mailbox is not known yet.
                && fits(state, mailbox)
                && (mailbox.is_none() || state.console.model().selected().is_none())
        };
        let mut tabs = (0..self.count()).map(|index| self.get(index));
        tabs.find(|tab| tab.id != but && is_alike(&tab.state))
            .map(|tab| tab.id)
    }

    /// Opens a session; the one on the screen stays there.
    fn open_behind(&mut self, opening: Opening, orders: &mut Vec<Order>) -> Result<TabId, String> {
        if self.count() >= LIMIT {
            return Err(format!(
                "{LIMIT} sessions are open; :close one before another is opened."
            ));
        }
        let current = self.current;
        orders.extend(self.open(opening));
        self.go_to(current);
        Ok(TabId(self.made.saturating_sub(1)))
    }

    /// What this tab wanted to know is not wanted any more.
    pub(super) fn stop_comparing(&mut self, owner: TabId) -> Vec<Order> {
        let stopped: Vec<Comparing> = self
            .comparing
            .extract_if(.., |c| c.owner == owner)
            .collect();
        let sides: Vec<TabId> = stopped.iter().flat_map(|c| c.sides).collect();
        self.stop_inquiries(&sides)
    }

    fn stop_inquiries(&mut self, sides: &[TabId]) -> Vec<Order> {
        let mut orders = Vec::new();
        for side in sides {
            if let Some(index) = self.index_of(*side) {
                let effects = self.get_mut(index).state.stop_inquiry();
                orders.extend(self.perform(*side, effects));
            }
        }
        orders
    }

    /// Something happened: how far are they, are they done, does one ask for a password?
    pub(super) fn follow_comparisons(&mut self) -> Vec<Order> {
        if self.comparing.is_empty() {
            return Vec::new();
        }
        let mut over = Vec::new();
        for mut comparing in std::mem::take(&mut self.comparing) {
            match self.follow(&mut comparing) {
                true => over.extend(comparing.sides),
                false => self.comparing.push(comparing),
            }
        }
        self.stop_inquiries(&over)
    }

    /// Whether it is over.
    fn follow(&mut self, comparing: &mut Comparing) -> bool {
        let mut progress = [String::new(), String::new()];
        let mut trouble = None;
        let current = self.current_id();
        let mut go_to = None;
        let places = comparing.sides.iter().zip(&mut comparing.facts);
        for ((side, facts), progress) in places.zip(&mut progress) {
            let Some(index) = self.index_of(*side) else {
                trouble = Some("A session that was to be compared was closed.".to_owned());
                continue;
            };
            let state = &mut self.get_mut(index).state;
            *progress = match facts {
                Some(_) => "done".to_owned(),
                None => state.inquiry_progress(),
            };
            let asks = matches!(&state.popup, Some(Popup::Form(form)) if matches!(form.kind, FormKind::Password { .. }));
            if asks && comparing.asks.is_none() && current == comparing.owner {
                comparing.asks = Some(*side);
                state.message = Some("The comparison waits for this password.".to_owned());
                go_to = Some(*side);
            }
            if comparing.asks == Some(*side) && state.console.identity().is_logged_in() {
                comparing.asks = None;
                go_to = (current == *side).then_some(comparing.owner);
            }
            match state.inquiring.as_mut().and_then(|i| i.take()) {
                Some(Ok(told)) => {
                    state.inquiring = None;
                    if let Some(sentence) = told.trouble() {
                        trouble = Some(format!("{}: {sentence}", who_at(state)));
                    }
                    *facts = Some(told);
                }
                Some(Err(sentence)) => {
                    state.inquiring = None;
                    trouble = Some(format!("{}: {sentence}", who_at(state)));
                }
                None => {}
            }
        }
        if let Some(index) = go_to.and_then(|id| self.index_of(id)) {
            self.go_to(index);
        }
        let names = comparing.sides.map(|side| self.name_of(side));
        let Some(index) = self.index_of(comparing.owner) else {
            return true;
        };
        let state = &mut self.get_mut(index).state;
        let Some(sides) = &mut state.sides else {
            return true;
        };
        sides.names.clone_from(&names);
        sides.progress = progress;
        if trouble.is_some() {
            sides.trouble = trouble;
            return true;
        }
        if let [Some(_), Some(_)] = &comparing.facts {
            let facts = comparing.facts.each_mut();
            let facts = facts.map(|facts| facts.take().unwrap_or_default());
            sides.take(Paired::new(names, facts));
            return true;
        }
        false
    }
}

/// Who is logged in, or will be.
fn who(state: &State) -> Option<String> {
    let identity = state.console.identity().effective();
    let planned = state.plan.as_ref().and_then(|p| p.credentials.effective());
    identity.or(planned).map(str::to_owned)
}

/// As the headless `compare` calls it.
fn who_at(state: &State) -> String {
    let who = who(state).unwrap_or_else(|| "nobody".to_owned());
    let place = state.plan.as_ref().map(|plan| plan.place.to_string());
    format!("{who} at {}", place.unwrap_or_default())
}

/// Whether this session can be asked, and read `mailbox`, without its own being closed or its IDLE ended for that.
fn fits(state: &State, mailbox: Option<&[u8]>) -> bool {
    if state.console.awaiting() == Awaiting::IdleDone {
        return false;
    }
    let Some(mailbox) = mailbox else {
        return true;
    };
    let model = state.console.model();
    match model.selected() {
        Some(open) => name::same(&open.name, mailbox),
        None => ["UNSELECT", "IMAP4rev2"]
            .iter()
            .any(|offered| model.capabilities().advertised(offered) == Some(true)),
    }
}
