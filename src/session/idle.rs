//! IDLE until DONE (RFC 2177).

use super::CommandId;

/// Where an IDLE stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Sent; the server has not said `+` yet. DONE must wait for it.
    Asked,
    /// The server idles.
    Idling,
    /// DONE is on its way; the tagged response ends it.
    Done,
}

/// The IDLE in flight.
#[derive(Debug)]
pub(super) struct Idle {
    pub id: CommandId,
    stage: Stage,
    done_wanted: bool,
}

impl Idle {
    /// An IDLE whose line goes out now. `done_wanted`: DONE was typed before it went out.
    pub fn new(id: CommandId, done_wanted: bool) -> Idle {
        Idle {
            id,
            stage: Stage::Asked,
            done_wanted,
        }
    }

    /// `+` came. Whether it was ours.
    pub fn go_ahead(&mut self) -> bool {
        let ours = self.stage == Stage::Asked;
        if ours {
            self.stage = Stage::Idling;
        }
        ours
    }

    /// Whether the next `+` is ours.
    pub fn awaits_go_ahead(&self) -> bool {
        self.stage == Stage::Asked
    }

    /// DONE is wanted: now, or as soon as the server idles.
    pub fn want_done(&mut self) {
        self.done_wanted = true;
    }

    /// Whether DONE is to be sent now; says so once.
    pub fn take_done(&mut self) -> bool {
        let now = self.done_wanted && self.stage == Stage::Idling;
        if now {
            self.stage = Stage::Done;
        }
        now
    }

    /// Whether the user can still say DONE.
    pub fn awaits_done(&self) -> bool {
        !self.done_wanted && self.stage != Stage::Done
    }

    /// Whether DONE has not gone out.
    pub fn is_idling(&self) -> bool {
        self.stage != Stage::Done
    }
}
