//! What stderr tells of the opening, and of what must not be.

use std::io::Write;

use tokio::io::{AsyncBufRead, AsyncWrite};

use super::Run;
use crate::channel::{LineSafety, Progress};
use crate::runner::output;
use crate::session::Violation;

impl<R: AsyncBufRead + Unpin, W: AsyncWrite + Unpin, E: Write> Run<R, W, E> {
    pub(super) fn on_progress(&mut self, progress: &Progress) {
        if let Some(sentence) = output::danger(progress) {
            return self.say(sentence);
        }
        let told = match progress {
            Progress::Resolving(host) => format!("looking {host} up"),
            Progress::Connecting(address) => format!("connecting to {address}"),
            Progress::Starting(command) => format!("starting {command}"),
            Progress::TlsHandshake => "TLS handshake".to_owned(),
            Progress::Secured(LineSafety::Tls {
                version, cipher, ..
            }) => {
                format!("{version} {cipher}, certificate verified")
            }
            Progress::LoggingIn(mechanism) => format!("logging in with {mechanism}"),
            Progress::Secured(_)
            | Progress::Connected(_)
            | Progress::AwaitingGreeting
            | Progress::Reading { .. } => return,
        };
        if self.progress {
            self.say(&told);
        }
    }

    pub(super) fn on_violation(&mut self, violation: &Violation) {
        match violation {
            Violation::UnknownTag(tag) => {
                self.say(&format!(
                    "the server answered tag {tag}, which was not sent, or was answered before"
                ));
            }
            Violation::UnexpectedContinuation => {
                self.say("the server sent \"+\" and nobody waits for one")
            }
            Violation::BadBase64 => self.say("the server's challenge is no base64"),
            // The connection task says these two, with the next step.
            Violation::PlaintextBehindStartTls { .. } | Violation::NoGreeting => {}
        }
    }
}
