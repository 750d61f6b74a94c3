//! What an update wants done outside the state; the loop in `mod.rs` does it.

use super::Outcome;
use crate::channel::{Plan, Request};

/// Something to do.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Ask the connection task.
    Send(Request),
    /// Open a connection; one that is open is dropped.
    Connect(Box<Plan>),
    /// Give the terminal to the shell for a while.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Leave.
    Leave(Outcome),
}
