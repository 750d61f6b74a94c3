//! Where one is in the transcript: what is folded, what is shown, where the cursor is. Everything is
//! counted in rows that are on the screen; lines far away are never looked at.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::folding::Folds;
use super::manner::{Form, Manner};
use super::rows::{Folding, HEX, Look, Row};
use super::window::Window;
use crate::transcript::find::Sieve;
use crate::transcript::sifted::Sifted;
use crate::transcript::{LineKind, LiteralLines, Transcript};
use crate::wire::Direction;

/// A line of the transcript, or a line inside an unfolded literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Spot {
    /// Index of the line.
    pub line: usize,
    /// 0: the line itself; from 1 on: the lines of its unfolded literal.
    pub sub: usize,
}

/// State of the transcript pane.
#[derive(Debug)]
pub struct Scroll {
    /// The end is shown, whatever comes.
    pub follow: bool,
    /// Where keys such as `z` and `r` act.
    pub cursor: Spot,
    pub(super) top: Spot,
    /// Rows of `top` that are above the screen.
    pub(super) skipped: usize,
    /// How lines are shown.
    pub manner: Manner,
    /// Unfolded literals.
    pub(super) literals: HashMap<usize, LiteralLines>,
    /// Those whose lines are still being looked for.
    pub(super) unread: BTreeSet<usize>,
    pub(super) long_lines: HashSet<usize>,
    pub(super) folds: Folds,
    /// The filter in force.
    pub filter: Option<Sifted>,
}

impl Default for Scroll {
    fn default() -> Scroll {
        Scroll {
            follow: true,
            cursor: Spot::default(),
            top: Spot::default(),
            skipped: 0,
            manner: Manner::default(),
            literals: HashMap::new(),
            unread: BTreeSet::new(),
            long_lines: HashSet::new(),
            folds: Folds::default(),
            filter: None,
        }
    }
}

/// Where the cursor and the screen are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The end is followed.
    pub follow: bool,
    /// The cursor.
    pub cursor: Spot,
    top: Spot,
    skipped: usize,
}

/// What is on the screen: each row, and the spot it belongs to.
pub type Visible = Vec<(Spot, Row)>;

impl Scroll {
    /// Where one is.
    pub fn place(&self, transcript: &Transcript) -> Place {
        Place {
            follow: self.follow,
            cursor: self.cursor(transcript).unwrap_or_default(),
            top: self.top,
            skipped: self.skipped,
        }
    }

    /// Back to where one was.
    pub fn back_to(&mut self, transcript: &Transcript, place: Place) {
        self.follow = place.follow;
        (self.cursor, self.top, self.skipped) = (place.cursor, place.top, place.skipped);
        self.settle(transcript);
    }

    /// The rows of a screen of `height` rows.
    pub fn visible(&self, transcript: &Transcript, look: &Look<'_>, height: usize) -> Visible {
        if height == 0 || transcript.is_empty() {
            return Vec::new();
        }
        if self.follow {
            return match self.last(transcript) {
                Some(last) => self.upwards(transcript, look, last, height),
                None => Vec::new(),
            };
        }
        let mut out: Visible = Vec::new();
        let mut window = Window::default();
        let top = self.nearest(transcript, self.top);
        let mut skip = if top == self.top { self.skipped } else { 0 };
        let mut at = Some(top).filter(|top| self.passes(transcript, top.line));
        while let Some(spot) = at.filter(|_| out.len() < height) {
            let rows = self.rows_near(transcript, look, spot, &mut window);
            let count = rows.len();
            out.extend(
                rows.into_iter()
                    .skip(skip.min(count.saturating_sub(1)))
                    .map(|row| (spot, row)),
            );
            skip = 0;
            at = self.next(transcript, spot);
        }
        out.truncate(height);
        out
    }

    /// The `height` rows that end with the last row of `last`.
    fn upwards(
        &self,
        transcript: &Transcript,
        look: &Look<'_>,
        last: Spot,
        height: usize,
    ) -> Visible {
        let mut reversed: Visible = Vec::new();
        let mut window = Window::default();
        let mut at = Some(last);
        while let Some(spot) = at.filter(|_| reversed.len() < height) {
            reversed.extend(
                self.rows_near(transcript, look, spot, &mut window)
                    .into_iter()
                    .rev()
                    .map(|row| (spot, row)),
            );
            at = self.previous(transcript, spot);
        }
        reversed.truncate(height);
        reversed.reverse();
        reversed
    }

    pub(super) fn rows(&self, transcript: &Transcript, look: &Look<'_>, spot: Spot) -> Vec<Row> {
        self.rows_near(transcript, look, spot, &mut Window::default())
    }

    fn rows_near(
        &self,
        transcript: &Transcript,
        look: &Look<'_>,
        spot: Spot,
        window: &mut Window,
    ) -> Vec<Row> {
        if spot.sub > 0 {
            let direction = match transcript.line(spot.line).map(|l| l.kind) {
                Some(LineKind::Literal { direction, .. }) => direction,
                _ => Direction::Server,
            };
            if self.manner.form == Form::Hex {
                let offset = (spot.sub as u64 - 1) * HEX as u64;
                let bytes = transcript.literal_bytes(spot.line, offset, HEX);
                return vec![look.literal_hex(spot.line, offset, &bytes)];
            }
            let Some(lines) = self.literals.get(&spot.line) else {
                return vec![Row::default()];
            };
            return look.literal_line(window.line(transcript, lines, spot), direction);
        }
        let unfolded =
            self.literals.contains_key(&spot.line) || self.long_lines.contains(&spot.line);
        let command = transcript.line_command(spot.line);
        let hidden = command.and_then(|c| self.folds.hidden_of(transcript, c));
        let mut rows = look.line(transcript, spot.line, Folding { unfolded, hidden });
        if spot.line == transcript.first_line() && spot.line > 0 {
            rows.insert(0, look.dropped(spot.line));
        }
        rows
    }

    /// The first line from `line` on that is shown.
    pub(super) fn shown_from(&self, transcript: &Transcript, line: usize) -> Option<usize> {
        let mut line = line.max(transcript.first_line());
        loop {
            let found = match &self.filter {
                Some(filter) => filter.next(transcript, line)?,
                None => line,
            };
            let shown = self.folds.shown_from(transcript, found)?;
            if shown == found || self.filter.is_none() {
                return Some(shown);
            }
            line = shown;
        }
    }

    /// The last line before `line` that is shown.
    pub(super) fn shown_before(&self, transcript: &Transcript, line: usize) -> Option<usize> {
        let mut line = line;
        loop {
            let shown = self.folds.shown_before(transcript, line)?;
            let Some(filter) = &self.filter else {
                return Some(shown);
            };
            if filter.passes(transcript, shown) {
                return Some(shown);
            }
            line = filter.previous(transcript, shown)? + 1;
        }
    }

    /// The first spot that is shown.
    fn first(&self, transcript: &Transcript) -> Option<Spot> {
        let line = self.shown_from(transcript, 0)?;
        Some(Spot { line, sub: 0 })
    }

    /// The last spot that is shown.
    pub fn last(&self, transcript: &Transcript) -> Option<Spot> {
        let line = self.shown_before(transcript, transcript.len())?;
        let sub = self.subs(transcript, line);
        Some(Spot { line, sub })
    }

    /// How many lines the unfolded literal at `line` has.
    pub(super) fn subs(&self, transcript: &Transcript, line: usize) -> usize {
        let Some(lines) = self.literals.get(&line) else {
            return 0;
        };
        if self.manner.form != Form::Hex {
            return lines.len();
        }
        match transcript.line(line).map(|l| l.kind) {
            Some(LineKind::Literal { stored, .. }) => {
                usize::try_from(stored.div_ceil(HEX as u64)).unwrap_or(usize::MAX)
            }
            _ => 0,
        }
    }

    /// The spot below.
    pub fn next(&self, transcript: &Transcript, spot: Spot) -> Option<Spot> {
        if spot.sub < self.subs(transcript, spot.line) {
            return Some(Spot {
                sub: spot.sub + 1,
                ..spot
            });
        }
        let line = self.shown_from(transcript, spot.line + 1)?;
        Some(Spot { line, sub: 0 })
    }

    /// The spot above.
    pub fn previous(&self, transcript: &Transcript, spot: Spot) -> Option<Spot> {
        if spot.sub > 0 {
            return Some(Spot {
                sub: spot.sub - 1,
                ..spot
            });
        }
        let line = self.shown_before(transcript, spot.line)?;
        let sub = self.subs(transcript, line);
        Some(Spot { line, sub })
    }

    /// Stops following: the screen stays where it is while data comes.
    pub(super) fn hold(&mut self, transcript: &Transcript, look: &Look<'_>, height: usize) {
        if !self.follow {
            return;
        }
        if let Some(last) = self.last(transcript) {
            let (top, skipped) = self.top_for(transcript, look, last, height);
            (self.top, self.skipped, self.cursor) = (top, skipped, last);
        }
        self.follow = false;
    }

    /// The top of the screen whose last row is the last one of `last`.
    fn top_for(
        &self,
        transcript: &Transcript,
        look: &Look<'_>,
        last: Spot,
        height: usize,
    ) -> (Spot, usize) {
        let rows = self.upwards(transcript, look, last, height.max(1));
        let Some(top) = rows.first().map(|(spot, _)| *spot) else {
            return (last, 0);
        };
        let shown = rows.iter().take_while(|(spot, _)| *spot == top).count();
        let all = self.rows(transcript, look, top).len();
        (top, all.saturating_sub(shown))
    }

    /// The cursor one down; at the end the screen follows again.
    pub fn down(&mut self, transcript: &Transcript, look: &Look<'_>, height: usize) {
        if self.follow {
            return;
        }
        match self.next(transcript, self.cursor) {
            Some(next) => self.go(transcript, look, height, next),
            None => self.bottom(transcript),
        }
    }

    /// The cursor one up.
    pub fn up(&mut self, transcript: &Transcript, look: &Look<'_>, height: usize) {
        self.hold(transcript, look, height);
        if let Some(previous) = self.previous(transcript, self.cursor) {
            self.go(transcript, look, height, previous);
        } else {
            (self.top, self.skipped) = (self.cursor, 0);
        }
    }

    /// The cursor to `spot`, and the screen so that it can be seen.
    pub fn go(&mut self, transcript: &Transcript, look: &Look<'_>, height: usize, spot: Spot) {
        self.hold(transcript, look, height);
        self.cursor = spot;
        let visible = self.visible(transcript, look, height);
        let rows = self.rows(transcript, look, spot).len().min(height.max(1));
        if visible.iter().filter(|(at, _)| *at == spot).count() >= rows {
            return;
        }
        if spot <= self.top {
            (self.top, self.skipped) = (spot, 0);
        } else {
            (self.top, self.skipped) = self.top_for(transcript, look, spot, height);
            if self.rows(transcript, look, spot).len() > height {
                (self.top, self.skipped) = (spot, 0);
            }
        }
    }

    /// One screen down, one row of it kept.
    pub fn page_down(&mut self, transcript: &Transcript, look: &Look<'_>, height: usize) {
        if self.follow {
            return;
        }
        for _ in 0..height.saturating_sub(1).max(1) {
            let rows = self.rows(transcript, look, self.top).len();
            if self.skipped + 1 < rows {
                self.skipped += 1;
            } else if let Some(next) = self.next(transcript, self.top) {
                (self.top, self.skipped) = (next, 0);
            }
        }
        let visible = self.visible(transcript, look, height);
        let at_end = visible.last().map(|(spot, _)| *spot) == self.last(transcript);
        if at_end && visible.len() < height {
            self.bottom(transcript);
        } else if let Some((last, _)) = visible.last() {
            self.cursor = *last;
            if at_end && self.page_is_complete(transcript, look, &visible) {
                self.bottom(transcript);
            }
        }
    }

    fn page_is_complete(
        &self,
        transcript: &Transcript,
        look: &Look<'_>,
        visible: &Visible,
    ) -> bool {
        let Some((last, _)) = visible.last() else {
            return true;
        };
        let shown = visible.iter().filter(|(spot, _)| spot == last).count();
        let all = self.rows(transcript, look, *last).len();
        let skipped = if *last == self.top { self.skipped } else { 0 };
        shown + skipped >= all
    }

    /// One screen up, one row of it kept.
    pub fn page_up(&mut self, transcript: &Transcript, look: &Look<'_>, height: usize) {
        self.hold(transcript, look, height);
        for _ in 0..height.saturating_sub(1).max(1) {
            if self.skipped > 0 {
                self.skipped -= 1;
            } else if let Some(previous) = self.previous(transcript, self.top) {
                self.top = previous;
                self.skipped = self
                    .rows(transcript, look, previous)
                    .len()
                    .saturating_sub(1);
            }
        }
        self.cursor = self.top;
    }

    /// To the beginning.
    pub fn top(&mut self, transcript: &Transcript) {
        if let Some(first) = self.first(transcript) {
            self.follow = false;
            (self.top, self.skipped, self.cursor) = (first, 0, first);
        }
    }

    /// To the end, and follow what comes.
    pub fn bottom(&mut self, transcript: &Transcript) {
        self.follow = true;
        self.cursor = self.last(transcript).unwrap_or_default();
    }

    /// Where the cursor is; while following, at the end.
    pub fn cursor(&self, transcript: &Transcript) -> Option<Spot> {
        if self.follow {
            self.last(transcript)
        } else {
            Some(self.cursor).filter(|c| self.passes(transcript, c.line))
        }
    }
}
