//! The pane of live events: moving in it, and from an event to what it is about. Nothing here changes anything:
//! a mailbox is opened with EXAMINE, a message is read with PEEK.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::layout::Focus;
use super::super::state::State;
use super::{issue, messages};
use crate::console::live::{Happening, Kind};
use crate::console::mail::head;
use crate::console::{Ask, Asker};
use crate::model::name;

/// Goes to the pane.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    match state.live.is_some() {
        true => state.focus = Focus::Events,
        false => state.message = Some("Nothing is listened to: F7 (Ctrl+X v) begins.".to_owned()),
    }
    Vec::new()
}

/// In the pane.
pub(super) fn update(state: &mut State, action: Action) -> Vec<Effect> {
    let (height, first, end) = state.events_range();
    let page = height.saturating_sub(1).max(1);
    let place = state.events.place();
    match action {
        Action::Up => place.go(first, end, |at| at.saturating_sub(1)),
        Action::Down => place.go(first, end, |at| at + 1),
        Action::PageUp => place.go(first, end, |at| at.saturating_sub(page)),
        Action::PageDown => place.go(first, end, |at| at.saturating_add(page)),
        Action::Top => place.go(first, end, |_| first),
        Action::Bottom => place.cursor = None,
        Action::OwnLines => {
            state.events.own = !state.events.own;
            state.message = state.events.own.then(|| {
                "All that passes on the second connection, passwords masked; o shows the events again."
                    .to_owned()
            });
        }
        Action::ListenAgain => {
            let effects = state.reopen_live(true);
            if !effects.iter().any(|e| matches!(e, Effect::Listen(_))) {
                state.message = Some("It listens already; F7 ends it.".to_owned());
            }
            return effects;
        }
        Action::IntoEditor => issue::divert(state),
        Action::Accept => return go(state),
        Action::Back if std::mem::take(&mut state.into_editor) => {}
        Action::Back => state.focus = Focus::Editor,
        Action::Paste(text) => {
            state.focus = Focus::Editor;
            return super::editor::update(state, Action::Paste(text));
        }
        _ => {}
    }
    state.settle_events();
    Vec::new()
}

pub(in crate::tui) fn at_cursor(state: &State) -> Option<&Happening> {
    let live = state.live.as_ref().filter(|_| !state.events.own)?;
    let last = live.book().end().checked_sub(1)?;
    live.book().get(state.events.events.cursor.unwrap_or(last))
}

/// To what the event at the cursor is about: the message, else its mailbox.
fn go(state: &mut State) -> Vec<Effect> {
    let Some(happening) = at_cursor(state) else {
        state.into_editor = false;
        state.message = Some("There is no event here to go to.".to_owned());
        return Vec::new();
    };
    let Some(mailbox) = happening.name.clone() else {
        state.into_editor = false;
        state.message =
            Some("That is about the second connection: there is nothing to go to.".to_owned());
        return Vec::new();
    };
    let gone = happening.kind == Kind::Gone;
    let uid = happening.uid.and_then(|uid| u32::try_from(uid).ok());
    let uid = uid.filter(|_| !gone);
    let seq = happening.seq;
    let selected = state.console.model().selected();
    let open = selected.is_some_and(|s| name::same(&s.name, &mailbox));
    if open {
        return match uid {
            Some(uid) if std::mem::take(&mut state.into_editor) => {
                let text = head(uid).text().map(str::to_owned);
                issue::write(state, text);
                Vec::new()
            }
            // The first connection may not have been told of it yet; a server tells at the end of a command, and
            // of a message that it has not told of FETCH says nothing.
            Some(uid) if state.is_behind(&mailbox) => {
                let (ids, effects) = issue::issue(state, vec![Ask::new(Asker::Selected, "NOOP")]);
                if !ids.is_empty() {
                    state.events.wanted = Some((mailbox, uid, seq));
                }
                effects
            }
            Some(uid) => state.read_message(uid, seq),
            None if std::mem::take(&mut state.into_editor) => {
                state.message =
                    Some("This key sends nothing here: the mailbox is open.".to_owned());
                Vec::new()
            }
            None => {
                let effects = messages::open(state);
                if gone {
                    state.message = Some("That message is gone; these are there.".to_owned());
                }
                effects
            }
        };
    }
    let diverted = state.into_editor;
    let utf8 = crate::catalog::accepts_utf8(state.console.model());
    let ask = Ask::new(Asker::Selected, "EXAMINE").mailbox(&mailbox, utf8);
    let (ids, effects) = issue::issue(state, vec![ask]);
    if !diverted && !ids.is_empty() {
        state.events.wanted = uid.map(|uid| (mailbox, uid, seq));
    }
    effects
}

impl State {
    /// Whether the connection that listens knows something of this mailbox that the first one does not.
    fn is_behind(&self, mailbox: &[u8]) -> bool {
        let first = self.console.model().selected().and_then(|s| s.exists);
        let live = self.live_counts(mailbox).map(|(exists, _)| exists);
        live.is_some() && live != first
    }

    /// The message that an event was about, once its mailbox is open; not any more if another one is.
    pub(in crate::tui) fn read_wanted(&mut self) -> Vec<Effect> {
        let Some((mailbox, ..)) = &self.events.wanted else {
            return Vec::new();
        };
        // The one that was open before stays so until EXAMINE is answered.
        if self.console.asking(Some(Asker::Selected)) > 0 {
            return Vec::new();
        }
        let selected = self.console.model().selected();
        let open = selected.is_some_and(|s| name::same(&s.name, mailbox));
        match self.events.wanted.take().filter(|_| open) {
            Some((_, uid, seq)) => self.read_message(uid, seq),
            None => Vec::new(),
        }
    }

    /// `seq`: its number, as far as the second connection knows; the cursor of the list goes there.
    fn read_message(&mut self, uid: u32, seq: Option<u64>) -> Vec<Effect> {
        self.mail.open = true;
        let row = seq.and_then(|seq| usize::try_from(seq.checked_sub(1)?).ok());
        if let (Some(row), Some(list)) = (row, self.console.mail_mut().list_mut())
            && !list.is_listed()
        {
            list.go_to(row);
        }
        self.console.mail_mut().read_uid(uid);
        self.mail.from_the_top();
        self.focus = Focus::Message;
        self.browse(true)
    }
}
