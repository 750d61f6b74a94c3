//! How long the steps of opening a connection take.

use std::time::Duration;

use crate::channel::{LineSafety, Notice, OpeningPart, Progress};

/// The steps, as far as they happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steps {
    /// Looking the name up, and TCP.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the line (with `-s`: TLS) being there to the greeting.
    pub greeting: Option<Duration>,
    /// From the first octet of the login to its OK.
    pub login: Option<Duration>,
}

/// Watches notices and keeps the times they tell.
#[derive(Debug, Default)]
pub struct Clock {
    /// The times so far.
    pub steps: Steps,
    /// TLS is on.
    pub encrypted: bool,
}

impl Clock {
    /// The next notice has come.
    pub fn see(&mut self, notice: &Notice) {
        match notice {
            Notice::Took { part, time } => {
                let step = match part {
                    OpeningPart::Connect => &mut self.steps.connect,
                    OpeningPart::Tls => &mut self.steps.tls,
                    OpeningPart::Greeting => &mut self.steps.greeting,
                    OpeningPart::Login => &mut self.steps.login,
                };
                *step = Some(*time);
            }
            Notice::Progress(Progress::Secured(LineSafety::Tls { .. })) => self.encrypted = true,
            _ => {}
        }
    }
}

/// Milliseconds, as every table here shows them: `12.3`.
pub fn millis(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1000.0)
}
