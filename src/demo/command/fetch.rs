//! FETCH.
use super::Outcome;
use crate::demo::session::Conversation;

/// A FETCH under way.
#[derive(Debug)]
pub struct Work;

impl Work {
    /// Goes on until `enough` octets wait.
    pub fn step(&mut self, _: &mut Conversation, _: usize) -> Option<Outcome> {
        Some(super::ok("FETCH completed"))
    }
}
