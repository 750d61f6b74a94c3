//! LOGOUT, and what follows on it.

use std::time::{Duration, Instant};

use super::Outcome;
use super::state::State;
use crate::channel::Plan;
use crate::console::Phase;

/// How long a LOGOUT may take before we leave without an answer.
pub const LOGOUT_LIMIT: Duration = Duration::from_secs(2);

/// LOGOUT is on its way.
#[derive(Debug, Clone)]
pub struct Farewell {
    /// So long we wait for the answer.
    pub deadline: Instant,
    /// And then?
    pub then: Then,
}

/// What follows on LOGOUT.
#[derive(Debug, Clone)]
pub enum Then {
    /// The tab is left; the program, too, if all others are.
    Leave,
    /// The tab goes, unless it is the only one.
    CloseTab,
    /// This is opened.
    Connect(Box<Plan>),
}

impl State {
    /// What was to follow on the LOGOUT under way: the program is left instead.
    pub(super) fn leave_after_logout(&mut self) {
        if let Some(farewell) = &mut self.farewell {
            farewell.then = Then::Leave;
        }
    }

    /// How it would end if we left now.
    pub fn outcome(&self) -> Outcome {
        let Some(plan) = &self.plan else {
            return Outcome::Done;
        };
        if plan.place.is_log() {
            return Outcome::Done;
        }
        let wanted = plan.credentials.wants_login();
        match self.console.phase() {
            Phase::Ended { clean: false, .. } | Phase::Opening(_) | Phase::NotConnected => {
                Outcome::ConnectionFailed
            }
            _ if wanted && !self.was_logged_in => Outcome::ConnectionFailed,
            _ => Outcome::Done,
        }
    }
}
