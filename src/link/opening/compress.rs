//! COMPRESS=DEFLATE (RFC 4978) behind the login, for those who cannot do without (`-q`).

use std::time::Instant;

use crate::channel::Notice;
use crate::session::{CommandId, Session};
use crate::wire::response::StatusResponse;
use crate::wire::{Command, Origin};

use super::super::login::words;
use super::{Opening, Stage, Step};

impl Opening {
    /// Whether the line must be compressed once somebody is logged in.
    pub fn compressing(mut self, wanted: bool) -> Opening {
        self.compress = wanted;
        self
    }

    /// Somebody is logged in and the capabilities are known: the last step before the user's turn.
    pub(super) fn compress_or_open(
        &mut self,
        session: &mut Session,
        now: Instant,
        steps: &mut Vec<Step>,
    ) {
        if !self.compress {
            return self.open(now, steps);
        }
        if session
            .capabilities()
            .is_none_or(|set| !set.has("COMPRESS=DEFLATE"))
        {
            let sentence =
                "The server does not offer COMPRESS=DEFLATE, which -q demands; the connection was \
                            closed. Leave -q out to go on without."
                    .to_owned();
            return self.give_up(sentence, steps);
        }
        let command = session.submit(now, Command::line(Origin::Program, "COMPRESS DEFLATE"));
        self.enter(now, Stage::Compressing(command));
    }

    /// The server would not.
    pub(super) fn compression_refused(&mut self, status: &StatusResponse, steps: &mut Vec<Step>) {
        let sentence = format!(
            "The server refused COMPRESS, which -q demands: {}. The connection was closed. Leave -q out to go \
             on without.",
            words(status)
        );
        self.give_up(sentence, steps);
    }

    /// Compression begins, by our command or by the user's.
    pub(super) fn compression_agreed(
        &mut self,
        now: Instant,
        command: CommandId,
        steps: &mut Vec<Step>,
    ) {
        // Another login on this connection (RFC 8437) needs no other.
        self.compress = false;
        steps.push(Step::Compress);
        if matches!(&self.stage, Stage::Compressing(ours) if *ours == command) {
            self.open(now, steps);
        }
    }

    /// The user's turn comes and nobody is logged in.
    pub(super) fn open_without_login(&mut self, now: Instant, steps: &mut Vec<Step>) {
        if self.compress {
            steps.push(Step::Say(Notice::Warning(
                "-q: the line is not compressed, for nobody is logged in yet. After a LOGIN of your own type \
                 COMPRESS DEFLATE."
                    .to_owned(),
            )));
        }
        self.open(now, steps);
    }
}
