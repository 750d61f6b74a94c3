//! The inspector: what a line of the transcript says, taken apart. State, and the sheet that is drawn.
//!
//! To add a tab: a variant in [`Tab`], its row in [`TABS`] and a file that makes its sheet.

mod decoded;
mod diff;
mod explain;
mod hex;
mod literal;
mod save;
mod sheet;
mod subject;
mod timing;
mod tls;

pub use hex::Hex;
pub use literal::Literal;
pub use sheet::{Line, Press, Sheet};
pub use subject::Subject;

use super::layout::Focus;
use super::state::State;
use crate::export::save::{Saved, Saving};
use crate::transcript::{Progress, Transcript};

/// Octets of a literal that are looked through between two looks at the keyboard.
const STEP: u64 = 2 * 1024 * 1024;

/// A view of what is inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tab {
    /// Tables, trees, mails.
    #[default]
    Decoded,
    /// What it means, and what to do next.
    Explain,
    /// Against the marked command, or the last one of its kind.
    Diff,
    /// Octets.
    Hex,
    /// Where the time went.
    Timing,
    /// What TLS came to.
    Tls,
}

/// One tab.
pub struct TabRow {
    /// Which.
    pub tab: Tab,
    /// Its name in the title.
    pub name: &'static str,
    /// Whether there is anything to show.
    pub fits: fn(&State, Subject) -> bool,
    /// Makes its sheet.
    pub make: fn(&Source<'_>, &mut Press<'_>),
}

/// All of them, in the order Tab turns through.
pub static TABS: &[TabRow] = &[
    TabRow {
        tab: Tab::Decoded,
        name: "Decoded",
        fits: |_, _| true,
        make: decoded::make,
    },
    TabRow {
        tab: Tab::Explain,
        name: "Explain",
        fits: |state, subject| explain::line(state, subject).is_some(),
        make: explain::make,
    },
    TabRow {
        tab: Tab::Diff,
        name: "Diff",
        fits: |state, subject| diff::counterpart(state, subject).is_some(),
        make: diff::make,
    },
    TabRow {
        tab: Tab::Hex,
        name: "Hex",
        fits: |state, subject| {
            !matches!(Hex::of(state.console.transcript(), subject), Hex::Nothing)
        },
        // Drawn from the octets themselves: see [`Hex`].
        make: |_, _| {},
    },
    TabRow {
        tab: Tab::Timing,
        name: "Timing",
        fits: |state, subject| subject.command(state.console.transcript()).is_some(),
        make: timing::make,
    },
    TabRow {
        tab: Tab::Tls,
        name: "TLS",
        fits: |state, _| state.console.tls().is_some(),
        make: tls::make,
    },
];

/// What a sheet is made from.
pub struct Source<'s> {
    /// Everything there is.
    pub state: &'s State,
    /// What is inspected.
    pub subject: Subject,
    /// Its literal, as far as it was looked through.
    pub literal: Option<&'s Literal>,
    /// The part that is looked at, instead of the whole.
    pub part: Option<usize>,
}

impl Source<'_> {
    /// The record.
    pub fn transcript(&self) -> &Transcript {
        self.state.console.transcript()
    }
}

/// What a sheet was made for: made anew when this changes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    subject: Subject,
    tab: Tab,
    width: usize,
    part: Option<usize>,
    lines: usize,
    progress: Option<Progress>,
    read: Option<(u64, bool)>,
}

/// State of the inspector.
#[derive(Debug, Default)]
pub struct Inspector {
    /// Shown where there is room for it beside the transcript; `None`: as the size has it.
    pub wish: Option<bool>,
    /// The tab that was turned to; another one is shown where it has nothing to show.
    pub tab: Tab,
    /// What is inspected while the inspector has the focus; else it follows the transcript's cursor.
    pub pinned: Option<Subject>,
    subject: Option<Subject>,
    literal: Option<Literal>,
    part: Option<usize>,
    /// Where one was in the sheet before a part was opened.
    before: (usize, usize),
    made: Option<Stamp>,
    sheet: Sheet,
    hex: Hex,
    /// First row shown.
    pub top: usize,
    /// The row at the cursor.
    pub cursor: usize,
    saving: Option<Saving>,
}

impl Inspector {
    /// What is inspected.
    pub fn subject(&self) -> Option<Subject> {
        self.subject
    }

    /// The tab that is shown.
    pub fn shown(&self) -> Tab {
        self.made.as_ref().map_or(self.tab, |made| made.tab)
    }

    /// Number of rows, at this width.
    pub fn rows(&self, width: usize) -> usize {
        match self.shown() {
            Tab::Hex => self.hex.rows(width),
            _ => self.sheet.lines.len(),
        }
    }

    /// The rows of all tabs but [`Tab::Hex`].
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// The octets of [`Tab::Hex`].
    pub fn hex(&self) -> &Hex {
        &self.hex
    }

    /// The literal that is taken apart.
    pub fn literal(&self) -> Option<&Literal> {
        self.literal.as_ref()
    }

    /// The part that is looked at.
    pub fn part(&self) -> Option<usize> {
        self.part
    }

    /// The part that the row at the cursor stands for.
    pub fn part_at_cursor(&self) -> Option<usize> {
        self.sheet.lines.get(self.cursor).and_then(|line| line.part)
    }

    /// Looks at a part by itself.
    pub fn open_part(&mut self, part: usize) {
        self.part = Some(part);
        self.before = (self.top, self.cursor);
        (self.top, self.cursor) = (0, 0);
    }

    /// Back to the whole; false: one is there.
    pub fn close_part(&mut self) -> bool {
        let open = self.part.take().is_some();
        if open {
            (self.top, self.cursor) = self.before;
        }
        open
    }

    /// Another tab.
    pub fn turn_to(&mut self, tab: Tab) {
        self.tab = tab;
        self.part = None;
        (self.top, self.cursor) = (0, 0);
    }

    /// Something is going on that wants time: a literal is looked through, a file is written.
    pub fn is_busy(&self) -> bool {
        self.saving.is_some() || self.literal.as_ref().is_some_and(Literal::wants_more)
    }

    /// The file that is being written.
    pub fn saving(&self) -> Option<&Saving> {
        self.saving.as_ref()
    }

    /// A file is to be written.
    pub fn save(&mut self, saving: Saving) {
        self.saving = Some(saving);
    }

    /// Gives up on the file that is being written; false: there is none.
    pub fn stop_saving(&mut self) -> bool {
        self.saving.take().is_some()
    }

    /// Keeps the cursor on the sheet, and on the screen.
    pub fn keep_in_sight(&mut self, rows: usize, height: usize) {
        self.cursor = self.cursor.min(rows.saturating_sub(1));
        self.top = self.top.min(rows.saturating_sub(height.min(rows)));
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if self.cursor >= self.top + height.max(1) {
            self.top = self.cursor + 1 - height.max(1);
        }
    }
}

impl State {
    /// Makes what the screen is going to show: the inspector's sheet, if it is on the screen. Called before a
    /// frame is drawn.
    pub fn settle(&mut self) {
        let mut inspector = std::mem::take(&mut self.inspector);
        inspector.settle(self);
        self.inspector = inspector;
        self.settle_message();
        self.settle_events();
    }

    /// The command that is marked, to compare others with.
    pub fn marked_command(&self) -> Option<usize> {
        let line = self.marks.last()?;
        self.console.transcript().line_command(line)
    }

    /// Goes on with what wants time. A sentence when something has ended.
    pub(super) fn inspect_on(&mut self) {
        let mut inspector = std::mem::take(&mut self.inspector);
        let transcript = self.console.transcript();
        if let Some(literal) = &mut inspector.literal {
            literal.read_on(transcript, STEP);
        }
        let sentence =
            inspector
                .saving
                .take()
                .and_then(|saving| match saving.step(transcript, STEP) {
                    Ok(Saved::Going(saving)) => {
                        inspector.saving = Some(saving);
                        None
                    }
                    Ok(Saved::Done(sentence)) | Err(sentence) => Some(sentence),
                });
        if sentence.is_some() {
            self.message = sentence;
        }
        self.inspector = inspector;
    }
}

impl Inspector {
    fn settle(&mut self, state: &State) {
        let layout = state.layout();
        let Some(pane) = layout.inspector else {
            // What nobody looks at is not looked through.
            (self.literal, self.made) = (None, None);
            return;
        };
        let inside = layout.inside(pane);
        let (width, height) = (usize::from(inside.width), usize::from(inside.height));
        let transcript = state.console.transcript();
        if state.focus != Focus::Inspector {
            self.pinned = None;
        }
        let Some(subject) = self.pinned.or_else(|| Subject::at_cursor(state)) else {
            *self = Inspector {
                wish: self.wish,
                tab: self.tab,
                saving: self.saving.take(),
                ..Inspector::default()
            };
            return;
        };
        if self.subject != Some(subject) {
            self.subject = Some(subject);
            self.literal = None;
            self.part = None;
            self.made = None;
            (self.top, self.cursor) = (0, 0);
        }
        let wanted = TABS.iter().find(|row| row.tab == self.tab);
        let fitting = wanted.filter(|row| (row.fits)(state, subject));
        let Some(row) = fitting.or_else(|| TABS.iter().find(|row| (row.fits)(state, subject)))
        else {
            return;
        };
        if row.tab == Tab::Decoded {
            let line = subject.literal_line(transcript);
            if self.literal.as_ref().map(Literal::line) != line {
                self.literal = line.and_then(|line| Literal::open(transcript, line));
            }
            if let Some(literal) = &mut self.literal {
                literal.read_on(transcript, STEP);
            }
        }
        let record = subject
            .command(transcript)
            .and_then(|c| transcript.command(c));
        let stamp = Stamp {
            subject,
            tab: row.tab,
            width,
            part: self.part,
            lines: record.as_ref().map_or(0, |r| r.last_line),
            progress: record.as_ref().map(|r| r.progress),
            read: self.literal.as_ref().map(Literal::read),
        };
        if self.made.as_ref() != Some(&stamp) {
            let mut press = Press::new(&state.options.theme, width);
            let source = Source {
                state,
                subject,
                literal: self.literal.as_ref(),
                part: self.part,
            };
            (row.make)(&source, &mut press);
            self.sheet = press.finish();
            self.made = Some(stamp);
        }
        self.hex = match row.tab {
            Tab::Hex => Hex::of(transcript, subject),
            _ => Hex::Nothing,
        };
        self.keep_in_sight(self.rows(width), height);
    }
}

/// What `s` proposes, and what it writes; a sentence if there is nothing to save.
pub(super) use save::proposal;
