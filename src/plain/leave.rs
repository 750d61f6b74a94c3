//! Stepping back and leaving: Ctrl+C, other signals, LOGOUT, a line that is dropped.

use std::io::Write;

use tokio::time::Instant;

use super::{PATIENCE, Pending, Plain};
use crate::channel::Request;
use crate::console::{Cancellation, Phase};
use crate::runner::exit;
use crate::wire::{Command, Origin};

impl<W: Write> Plain<W> {
    /// Ctrl+C steps back; other signals end the program.
    pub(super) fn signal(&mut self, code: u8) -> std::io::Result<()> {
        if code != exit::INTERRUPTED || !self.interactive {
            self.code = code;
            self.drop_line();
            return Ok(());
        }
        self.show.interrupted()?;
        if self.pending == Pending::Question(false) && self.console.stop_counting() {
            return self.ask_about();
        }
        if self.pending != Pending::Nothing {
            if matches!(self.pending, Pending::Question(_)) {
                self.console.answer(false);
            }
            self.pending = Pending::Nothing;
            return self.show.say("Given up; nothing was sent.");
        }
        match self.console.cancel() {
            Cancellation::Send(requests) => {
                self.send(requests);
                return Ok(());
            }
            Cancellation::Ask(sentence) => return self.show.say(&sentence),
            Cancellation::Nothing => {}
        }
        if std::mem::replace(&mut self.armed, true) || self.leaving.is_some() {
            return self.quit();
        }
        self.show.say("Ctrl+C once more logs out and quits.")
    }

    /// LOGOUT and quit; at once where nobody would answer.
    pub(super) fn quit(&mut self) -> std::io::Result<()> {
        if self.leaving.is_some() || self.handle.is_none() || *self.console.phase() != Phase::Ready
        {
            self.drop_line();
            return Ok(());
        }
        self.log_out();
        Ok(())
    }

    pub(super) fn log_out(&mut self) {
        self.send(vec![Request::Submit(Command::line(Origin::User, "LOGOUT"))]);
        self.leaving = Some(Instant::now() + PATIENCE);
    }

    pub(super) fn drop_line(&mut self) {
        self.send(vec![Request::Close]);
        self.handle = None;
        match self.next.take() {
            Some(plan) => self.connect(plan),
            None => self.done = true,
        }
    }
}
