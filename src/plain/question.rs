//! What safe mode asks about, as lines and one line of answer.

use std::io::Write;

use super::{Pending, Plain};
use crate::console::Submission;
use crate::runner::exit;

impl<W: Write> Plain<W> {
    /// Shows what safe mode asks about, once it is counted.
    pub(super) fn ask_about(&mut self) -> std::io::Result<()> {
        if self.pending != Pending::Question(false) {
            return Ok(());
        }
        let gone = self.console.went_without_answer();
        let Some(question) = self.console.question().filter(|_| !gone) else {
            self.pending = Pending::Nothing;
            return Ok(());
        };
        if question.counting {
            return Ok(());
        }
        self.show.transcript(&self.console)?;
        for (command, hits) in &question.commands {
            self.show.say(command)?;
            for hit in hits {
                self.show.say(&format!("  {hit}"))?;
            }
        }
        if !self.interactive && self.yes {
            self.pending = Pending::Nothing;
            return self.answer("yes", true);
        }
        if !self.interactive {
            // Nobody is there to be asked.
            self.pending = Pending::Nothing;
            self.console.answer(false);
            self.worse(exit::UNSAFE);
            return self
                .show
                .say("Not sent: safe mode asks, and nobody is there to answer. --yes confirms.");
        }
        self.pending = Pending::Question(true);
        self.show.say("Send it? y sends, anything else does not.")
    }

    pub(super) fn answer(&mut self, line: &str, shown: bool) -> std::io::Result<()> {
        let yes = line.eq_ignore_ascii_case("y") || line.eq_ignore_ascii_case("yes");
        if yes && !shown {
            self.pending = Pending::Question(false);
            return self
                .show
                .say("It is still being counted; Ctrl+C stops that.");
        }
        match self.console.answer(yes) {
            Submission::Send(requests) => {
                self.send(requests);
                Ok(())
            }
            Submission::Refused(sentence) => self.show.say(&sentence),
            _ => Ok(()),
        }
    }
}
