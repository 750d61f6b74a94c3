//! Safe mode without a screen: nobody can be asked, so what would be asked about wants `--yes`.

use crate::safety::{Count, Known, SafeMode, Verdict, judge};
use crate::tui::printable;
use crate::wire::{CapabilitySet, Command};

/// How careful a run is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Care {
    /// `--safe`.
    pub mode: SafeMode,
    /// `--yes`: what would be asked about is confirmed.
    pub yes: bool,
}

/// A command that may go.
#[derive(Debug)]
pub struct Cleared {
    /// What goes.
    pub command: Command,
    /// Why it is not what was given: a sentence.
    pub note: Option<String>,
}

impl Care {
    /// Judges a command. `capabilities`: what the server offers, once that is known.
    ///
    /// # Errors
    /// Why it does not go: a sentence that may hold the server's and the user's words, made printable.
    pub fn judge(
        self,
        command: Command,
        capabilities: Option<&CapabilitySet>,
    ) -> Result<Cleared, String> {
        match judge(&command, self.mode, &known(capabilities)) {
            Verdict::Pass => Ok(Cleared {
                command,
                note: None,
            }),
            Verdict::Changed(command, sentence) => Ok(Cleared {
                command,
                note: Some(sentence),
            }),
            Verdict::Block(sentence) => Err(printable::line(&sentence)),
            Verdict::Ask(_) if self.yes => Ok(Cleared {
                command,
                note: None,
            }),
            Verdict::Ask(doubt) => {
                let verb = doubt.verb.clone();
                let what = Count::new(doubt, false, false).lines();
                // Why it could not be counted is always the same here: nobody is asked.
                let first = what.first().map(String::as_str).unwrap_or_default();
                let verb = if verb.is_empty() { "It" } else { &verb };
                Err(printable::line(&format!(
                    "{verb} is not sent: {first} Safe mode is confirm, and nobody can be asked here: --yes confirms."
                )))
            }
        }
    }
}

/// Under `readonly` every SELECT goes out as EXAMINE, so no mailbox is ever open for writing.
fn known(capabilities: Option<&CapabilitySet>) -> Known<'_> {
    Known {
        capabilities,
        read_only: None,
        exists: None,
        blind: true,
        changing: false,
    }
}
