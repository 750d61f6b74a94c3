//! The messages of the open mailbox on the screen: the list and the message that is read, over the transcript
//! (from 160 columns the message takes the inspector's place). What they show is `console/mail/`'s.

mod saving;
mod sheet;

pub use saving::PartFile;

use super::effect::Effect;
use super::inspector::Sheet;
use super::layout::{Focus, VERY_WIDE};
use super::state::State;
use crate::channel::Request;
use crate::console::mail::Stage;

/// What of it belongs to the screen.
#[derive(Debug, Default)]
pub struct MailPane {
    /// The list lies over the transcript.
    pub open: bool,
    /// The rows of the message that is read.
    pub sheet: Sheet,
    made: Option<Made>,
    /// First row of the message shown.
    pub top: usize,
    /// Its row at the cursor.
    pub cursor: usize,
    /// Another part was asked for: once its text is here, and is not on the screen, its row goes to the top.
    pub reveal: bool,
    /// The file that a part is written to.
    pub saving: Option<PartFile>,
    /// What was searched for.
    pub searches: Vec<String>,
}

/// What the sheet was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Made {
    uid: u32,
    version: u64,
    width: usize,
    all_fields: bool,
    /// The part's text is.
    here: bool,
}

impl MailPane {
    /// The part that the message's row at the cursor stands for.
    pub fn part_at_cursor(&self) -> Option<usize> {
        self.sheet.lines.get(self.cursor).and_then(|line| line.part)
    }

    /// Another message: from its beginning.
    pub fn from_the_top(&mut self) {
        (self.top, self.cursor, self.made) = (0, 0, None);
        self.reveal = false;
    }

    /// Keeps the cursor on the message, and on the screen.
    pub fn keep_in_sight(&mut self, height: usize) {
        let (rows, height) = (self.sheet.lines.len(), height.max(1));
        self.cursor = self.cursor.min(rows.saturating_sub(1));
        self.top = self.top.min(rows.saturating_sub(height.min(rows)));
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
    }
}

impl State {
    /// Whether a message is read beside the list, in the inspector's place.
    pub fn reads_beside(&self) -> bool {
        self.area.width >= VERY_WIDE
    }

    /// Keeps true what hangs on the mail: what is on the screen, how many rows that has.
    pub fn fit_mail(&mut self) {
        let reading = self.console.mail().opened().is_some();
        if self.focus == Focus::Message && !reading {
            self.focus = match self.mail.open {
                true => Focus::Messages,
                false => Focus::Transcript,
            };
        }
        let layout = self.layout();
        // A row for the names of the columns.
        let height = layout
            .messages
            .map(|pane| usize::from(layout.inside(pane).height).saturating_sub(1));
        self.console.mail_mut().show(height);
    }

    /// Sends what the screen lacks. `wanted`: because of a key.
    pub fn browse(&mut self, wanted: bool) -> Vec<Effect> {
        self.fit_mail();
        let requests: Vec<Request> = self.console.browse(wanted);
        requests.into_iter().map(Effect::Send).collect()
    }

    /// Lays out the message that is read, if it is on the screen. Called before a frame is drawn.
    pub(super) fn settle_message(&mut self) {
        let layout = self.layout();
        let Some(pane) = layout.message else { return };
        let inside = layout.inside(pane);
        let width = usize::from(inside.width);
        let Some(opened) = self.console.mail().opened() else {
            return;
        };
        let made = Made {
            uid: opened.uid,
            version: opened.version(),
            width,
            all_fields: opened.all_fields,
            here: opened.body == Stage::Here,
        };
        if self.mail.made != Some(made) {
            self.mail.sheet = sheet::make(opened, &self.options.theme, width);
            self.mail.made = Some(made);
        }
        let height = usize::from(inside.height);
        if self.mail.reveal && made.here {
            self.mail.reveal = false;
            if self.mail.sheet.lines.len() > self.mail.top + height {
                self.mail.top = self.mail.cursor;
            }
        }
        self.mail.keep_in_sight(height);
    }
}
