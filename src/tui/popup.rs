//! What can lie over the panes. At most one at a time, and plain data.

use super::act_as::ActAs;
use super::compare::Compare;
use super::field::Line;
use super::form::Form;
use super::keymap::Context;
use super::mailbox_find::MailboxFind;
use super::out::{Offer, Overwriting};
use super::palette::Palette;
use super::prompt::Prompt;
use crate::catalog::Candidate;
use crate::channel::tls::TlsReport;
use crate::console::DryLine;
use crate::console::explain::Told;

/// Something over the panes.
#[derive(Debug, Clone)]
pub enum Popup {
    /// The help; rows scrolled away at the top.
    Help {
        /// First row shown.
        top: usize,
        /// The context that was in focus: its keys come first.
        context: Context,
    },
    /// What TLS came to.
    Tls {
        /// Of the connection that was open then.
        report: Box<TlsReport>,
        /// First row shown.
        top: usize,
    },
    /// What a line means.
    Explain {
        /// Line by line.
        lines: Vec<Told>,
        /// First row shown.
        top: usize,
    },
    /// What the text in the editor would come to.
    DryRun {
        /// Line by line.
        lines: Vec<DryLine>,
        /// First row shown.
        top: usize,
    },
    /// What safe mode asks about; the console has it.
    Question {
        /// First row shown.
        top: usize,
    },
    /// Candidates for the word at the cursor.
    Completion {
        /// Best first; never empty.
        candidates: Vec<Candidate>,
        /// Index of the chosen one.
        chosen: usize,
    },
    /// The history search.
    History {
        /// What is searched for.
        query: Line,
        /// Texts that fit it, best first.
        matches: Vec<String>,
        /// Index of the chosen one.
        chosen: usize,
        /// Only commands that went to this server.
        here: bool,
    },
    /// Everything one can do, by name.
    Palette(Box<Palette>),
    /// A form or prompt.
    Form(Form),
    /// What to find, or which lines to show.
    Prompt(Prompt),
    /// Act as another user.
    ActAs(ActAs),
    /// What to copy.
    Copy {
        /// What there is; never empty.
        offers: Vec<Offer>,
        /// Index of the chosen one.
        chosen: usize,
    },
    /// A mailbox is looked for.
    FindMailbox(Box<MailboxFind>),
    /// Who may do what: `State::gather` has it.
    Rights,
    /// Two logs compared.
    Compare(Box<Compare>),
    /// Two sessions compared; the state has what they told.
    Sides,
    /// Whether a file is overwritten.
    Overwrite(Overwriting),
    /// The list of snippets; the state has it.
    Snippets,
    /// A run of a snippet; the state has it.
    Run,
    /// The sessions, to go to one.
    Tabs {
        /// Index of the chosen one.
        chosen: usize,
    },
}

impl Popup {
    /// Where its keys are looked up.
    pub fn context(&self) -> Context {
        match self {
            // They are only read.
            Popup::Help { .. }
            | Popup::Tls { .. }
            | Popup::Explain { .. }
            | Popup::Compare(_)
            | Popup::DryRun { .. } => Context::Help,
            Popup::Question { .. } => Context::Question,
            Popup::Snippets => Context::Snippets,
            Popup::Run => Context::Run,
            Popup::Completion { .. } => Context::Completion,
            Popup::History { .. } => Context::History,
            Popup::Palette(_) | Popup::FindMailbox(_) => Context::Palette,
            Popup::Rights => Context::Rights,
            Popup::Sides => Context::Sides,
            Popup::Form(_) => Context::Form,
            Popup::Prompt(_) => Context::Prompt,
            Popup::ActAs(_) | Popup::Tabs { .. } | Popup::Copy { .. } | Popup::Overwrite(_) => {
                Context::Chooser
            }
        }
    }
}
