//! What happens although nothing happens: seconds that are counted, a LOGOUT that is not answered, an export.

use std::time::{Duration, Instant};

use super::{State, Then};
use crate::channel::Request;
use crate::console::Phase;
use crate::tui::Outcome;
use crate::tui::effect::Effect;

impl State {
    /// When the screen has to be thought about again although nothing happens: while something that
    /// is shown counts seconds, or LOGOUT is not answered. `None`: sleep.
    pub fn next_tick(&self, now: Instant) -> Option<Instant> {
        if self.job.is_some() {
            return Some(now);
        }
        let counting =
            self.running().is_some() || matches!(self.console.phase(), Phase::Opening(_));
        let second = match counting {
            true => Some(Duration::from_secs(1)),
            false => crate::tui::view::gauge::next_change(self),
        };
        let events = self.live_wait(self.layout().events.is_some());
        let second = second.into_iter().chain(events).min();
        let second = second.map(|wait| now + wait);
        match (self.farewell.as_ref().map(|f| f.deadline), second) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// The same for a tab that is not on the screen: nothing is counted there.
    pub fn next_tick_behind(&self, now: Instant) -> Option<Instant> {
        let deadline = self.farewell.as_ref().map(|f| f.deadline);
        let live = self.live_wait(false).map(|wait| now + wait);
        deadline.into_iter().chain(live).min()
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant) -> Vec<Effect> {
        self.export_on();
        let Some(farewell) = self.farewell.take_if(|f| now >= f.deadline) else {
            return self.reopen_live(false);
        };
        match farewell.then {
            Then::Connect(plan) => vec![Effect::Connect(plan)],
            Then::CloseTab => vec![Effect::Send(Request::Close), Effect::CloseTab],
            // LOGOUT was not answered: the server hangs, or the network is gone.
            Then::Leave => vec![Effect::Leave(Outcome::ConnectionFailed)],
        }
    }

    /// The newest command that runs, IDLE aside: that one is meant to last.
    pub fn running(&self) -> Option<(usize, crate::transcript::CommandRecord)> {
        // What runs in a log ran when it was written.
        if self.is_log() {
            return None;
        }
        let transcript = self.console.transcript();
        (transcript.first_command()..transcript.command_count())
            .rev()
            .take(64)
            .filter_map(|index| Some((index, transcript.command(index)?)))
            .find(|(_, c)| c.progress == crate::transcript::Progress::Running && &*c.verb != "IDLE")
    }
}
