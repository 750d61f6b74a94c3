//! One connection: what has come on it, and is not read yet.

use std::collections::VecDeque;

use super::super::view::View;
use crate::session::CloseCause;
use crate::wire::{CapabilitySet, Piece};

/// Most octets of one reply.
const LONGEST: usize = 64 * 1024 * 1024;
/// Most replies that wait to be read.
const WAITING: usize = 100_000;

/// Something that came, in order.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A whole reply.
    Reply(Vec<u8>),
    /// What must not come: why.
    Broken(String),
    /// The connection is gone.
    Closed(CloseCause),
}

/// A connection.
#[derive(Debug, Default)]
pub(super) struct Conn {
    /// It is there, and logged in where the state wants that.
    pub open: bool,
    /// Who it is.
    pub user: String,
    /// The first line.
    pub greeting: Option<Vec<u8>>,
    pub capabilities: Option<CapabilitySet>,
    /// It waits here while another connection's group is under way.
    pub waiting: VecDeque<Incoming>,
    /// The last tag's number.
    pub counter: u32,
    pub view: View,
    /// The mailbox of the last SELECT or EXAMINE that was sent.
    pub selected: Vec<u8>,
    /// BYE has come.
    pub bye: bool,
    /// Nothing more can be sent.
    pub gone: bool,
    pub reply: Vec<u8>,
}

impl Conn {
    /// The next octets of the server's.
    pub(super) fn received(&mut self, piece: &Piece) {
        let octets = piece.bytes();
        if self.reply.len() + octets.len() > LONGEST || self.waiting.len() >= WAITING {
            self.reply.clear();
            self.gone = true;
            self.waiting
                .push_back(Incoming::Broken("more than can be kept".to_owned()));
            return;
        }
        self.reply.extend_from_slice(octets);
        if !piece.ends_frame() {
            return;
        }
        let reply = std::mem::take(&mut self.reply);
        if self.greeting.is_none() {
            self.greeting = Some(reply);
        } else if self.open {
            self.waiting.push_back(Incoming::Reply(reply));
        }
    }
}
