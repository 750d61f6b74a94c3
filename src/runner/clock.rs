//! How long the steps of opening a connection take, as this end sees them.

use std::time::{Duration, Instant};

use crate::channel::{LineSafety, Notice, Progress};
use crate::session::Event;

/// The steps, as far as they happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steps {
    /// Looking the name up, and TCP.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the line being there to the greeting; behind STARTTLS the handshake is not in it.
    pub greeting: Option<Duration>,
    /// From the first login command to its OK.
    pub login: Option<Duration>,
}

/// Watches notices and keeps the time.
#[derive(Debug)]
pub struct Clock {
    since: Instant,
    login: Option<Instant>,
    /// The way there has begun.
    resolving: bool,
    /// The times so far.
    pub steps: Steps,
    /// TLS is on.
    pub encrypted: bool,
}

impl Clock {
    /// Starts now, with the dialing.
    pub fn start() -> Clock {
        Clock {
            since: Instant::now(),
            login: None,
            resolving: false,
            steps: Steps::default(),
            encrypted: false,
        }
    }

    /// The next notice has come.
    pub fn see(&mut self, notice: &Notice) {
        match notice {
            // Before it, the files of trust are read.
            Notice::Progress(Progress::Resolving(_)) => {
                self.lap();
                self.resolving = true;
            }
            Notice::Progress(Progress::Connecting(_)) if !self.resolving => {
                self.lap();
                self.resolving = true;
            }
            Notice::Progress(Progress::Connected(_)) => self.steps.connect = Some(self.lap()),
            Notice::Progress(Progress::TlsHandshake) => {
                self.lap();
            }
            Notice::Progress(Progress::Secured(LineSafety::Tls { .. })) => {
                self.steps.tls = Some(self.lap());
                self.encrypted = true;
            }
            Notice::Progress(Progress::LoggingIn(_)) => self.login = Some(Instant::now()),
            // Behind it the capabilities may be asked for: that is not the login's time.
            Notice::LoggedIn { .. } => {
                self.steps.login = self.login.take().map(|since| since.elapsed());
            }
            Notice::Events { events, .. } => {
                if events.iter().any(|e| matches!(e, Event::Greeting(_))) {
                    self.steps.greeting = Some(self.lap());
                }
            }
            _ => {}
        }
    }

    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now - std::mem::replace(&mut self.since, now)
    }
}

/// Milliseconds, as every table here shows them: `12.3`.
pub fn millis(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1000.0)
}
