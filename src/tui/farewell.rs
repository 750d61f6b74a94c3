//! LOGOUT, and what follows on it.

use std::time::{Duration, Instant};

use crate::channel::Plan;

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
