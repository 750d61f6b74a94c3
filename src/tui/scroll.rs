//! Where one is in the transcript: what is folded, what is shown, where the cursor is. Everything is
//! counted in rows that are on the screen; lines far away are never looked at.

use std::collections::{HashMap, HashSet};

use super::folding::{Folds, is_long};
use super::rows::{Folding, Look, Row};
use super::window::Window;
use crate::transcript::{LineKind, LiteralLines, Transcript};
use crate::wire::Direction;

/// Octets of a literal that are searched for line ends at one go.
const SCAN: u64 = 64 * 1024 * 1024;

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
    top: Spot,
    /// Rows of `top` that are above the screen.
    skipped: usize,
    /// Long lines go on in the next row.
    pub wrap: bool,
    /// Times of day are shown.
    pub times: bool,
    literals: HashMap<usize, LiteralLines>,
    long_lines: HashSet<usize>,
    folds: Folds,
}

impl Default for Scroll {
    fn default() -> Scroll {
        Scroll {
            follow: true,
            cursor: Spot::default(),
            top: Spot::default(),
            skipped: 0,
            wrap: true,
            times: true,
            literals: HashMap::new(),
            long_lines: HashSet::new(),
            folds: Folds::default(),
        }
    }
}

/// What is on the screen: each row, and the spot it belongs to.
pub type Visible = Vec<(Spot, Row)>;

impl Scroll {
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
        let mut at = Some(self.top);
        let mut skip = self.skipped;
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

    fn rows(&self, transcript: &Transcript, look: &Look<'_>, spot: Spot) -> Vec<Row> {
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
            let Some(lines) = self.literals.get(&spot.line) else {
                return vec![Row::default()];
            };
            return look.literal_line(window.line(transcript, lines, spot), direction);
        }
        let unfolded =
            self.literals.contains_key(&spot.line) || self.long_lines.contains(&spot.line);
        let command = transcript.line_command(spot.line);
        let hidden = command.and_then(|c| self.folds.hidden_of(c));
        look.line(transcript, spot.line, Folding { unfolded, hidden })
    }

    /// The first spot that is shown.
    fn first(&self, transcript: &Transcript) -> Option<Spot> {
        (!transcript.is_empty()).then(|| Spot {
            line: self.folds.shown_from(0),
            sub: 0,
        })
    }

    /// The last spot that is shown.
    pub fn last(&self, transcript: &Transcript) -> Option<Spot> {
        let line = self.folds.shown_before(transcript.len())?;
        Some(Spot {
            line,
            sub: self.subs(line),
        })
    }

    fn subs(&self, line: usize) -> usize {
        self.literals.get(&line).map_or(0, LiteralLines::len)
    }

    /// The spot below.
    pub fn next(&self, transcript: &Transcript, spot: Spot) -> Option<Spot> {
        if spot.sub < self.subs(spot.line) {
            return Some(Spot {
                sub: spot.sub + 1,
                ..spot
            });
        }
        let line = self.folds.shown_from(spot.line + 1);
        (line < transcript.len()).then_some(Spot { line, sub: 0 })
    }

    /// The spot above.
    pub fn previous(&self, transcript: &Transcript, spot: Spot) -> Option<Spot> {
        let _ = transcript;
        if spot.sub > 0 {
            return Some(Spot {
                sub: spot.sub - 1,
                ..spot
            });
        }
        let line = self.folds.shown_before(spot.line)?;
        Some(Spot {
            line,
            sub: self.subs(line),
        })
    }

    /// Stops following: the screen stays where it is while data comes.
    fn hold(&mut self, transcript: &Transcript, look: &Look<'_>, height: usize) {
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

    /// A long literal is looked through as far as one reads in it.
    fn read_on(&mut self, transcript: &Transcript) {
        if let Some(lines) = self.literals.get_mut(&self.cursor.line)
            && self.cursor.sub + 1_000 >= lines.len()
        {
            lines.scan(transcript, SCAN);
        }
    }

    /// The cursor one down; at the end the screen follows again.
    pub fn down(&mut self, transcript: &Transcript, look: &Look<'_>, height: usize) {
        if self.follow {
            return;
        }
        self.read_on(transcript);
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
        self.read_on(transcript);
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
            Some(self.cursor).filter(|c| c.line < transcript.len())
        }
    }

    /// Folds or unfolds what is at the cursor: a literal, a long line, else its command.
    pub fn fold(&mut self, transcript: &Transcript, look: &Look<'_>, height: usize) {
        let Some(spot) = self.cursor(transcript) else {
            return;
        };
        let Some(line) = transcript.line(spot.line) else {
            return;
        };
        self.hold(transcript, look, height);
        let here = Spot {
            line: spot.line,
            sub: 0,
        };
        match line.kind {
            LineKind::Literal { .. } => {
                if self.literals.remove(&spot.line).is_none()
                    && let Some(mut lines) = transcript.literal_lines(spot.line)
                {
                    lines.scan(transcript, SCAN);
                    self.literals.insert(spot.line, lines);
                    // As much of it as there is room for.
                    let end = Spot {
                        line: spot.line,
                        sub: self.subs(spot.line),
                    };
                    self.go(transcript, look, height, end);
                }
                self.go(transcript, look, height, here);
            }
            _ if is_long(&line) => {
                if !self.long_lines.remove(&spot.line) {
                    self.long_lines.insert(spot.line);
                }
                self.skipped = 0;
                self.go(transcript, look, height, here);
            }
            _ => {
                let Some(command) = line.command else { return };
                if !self.folds.is_folded(command) {
                    self.folds.fold(transcript, command);
                } else {
                    self.folds.unfold(transcript, command);
                }
                let first = transcript
                    .command(command)
                    .map_or(spot.line, |r| r.first_line);
                self.settle(transcript);
                self.go(
                    transcript,
                    look,
                    height,
                    Spot {
                        line: first,
                        sub: 0,
                    },
                );
            }
        }
    }

    /// Folds all commands, or unfolds all if all are folded.
    pub fn fold_all(&mut self, transcript: &Transcript, look: &Look<'_>, height: usize) {
        let cursor = self.cursor(transcript);
        let count = transcript.command_count();
        if count > 0 && self.folds.len() >= count {
            self.folds.clear();
        } else {
            for command in 0..count {
                if !self.folds.is_folded(command) {
                    self.folds.fold(transcript, command);
                }
            }
        }
        self.settle(transcript);
        if let Some(spot) = cursor.filter(|_| !self.follow) {
            let line = self.folds.command_line(transcript, spot.line);
            self.go(transcript, look, height, Spot { line, sub: 0 });
        }
    }

    /// No position may be on a hidden line.
    fn settle(&mut self, transcript: &Transcript) {
        let top = self.folds.command_line(transcript, self.top.line);
        if top != self.top.line {
            (self.top, self.skipped) = (Spot { line: top, sub: 0 }, 0);
        }
        let cursor = self.folds.command_line(transcript, self.cursor.line);
        if cursor != self.cursor.line {
            self.cursor = Spot {
                line: cursor,
                sub: 0,
            };
        }
    }

    /// New lines may belong to folded commands, or to an unfolded literal that is still coming.
    pub fn grown(&mut self, transcript: &Transcript, before: usize) {
        self.folds.grown(transcript);
        self.settle(transcript);
        for (line, lines) in &mut self.literals {
            let coming = matches!(transcript.line(*line).map(|l| l.kind), Some(LineKind::Literal { size, received, .. }) if received < size || *line + 1 >= before);
            if coming {
                lines.scan(transcript, SCAN);
            }
        }
    }

    /// The command before (`-1`) or behind (`+1`) the cursor for which `wanted` holds.
    pub fn find_command(
        &self,
        transcript: &Transcript,
        forward: bool,
        wanted: impl Fn(&crate::transcript::CommandRecord) -> Option<usize>,
    ) -> Option<Spot> {
        let cursor = self.cursor(transcript)?.line;
        let split = transcript.commands_begun(cursor);
        let wanted = |index| transcript.command(index).as_ref().and_then(&wanted);
        let spot = |line: usize| {
            Some(Spot {
                line: self.folds.command_line(transcript, line),
                sub: 0,
            })
        };
        if forward {
            let from = split.saturating_sub(1).max(transcript.first_command());
            (from..transcript.command_count())
                .filter_map(wanted)
                .find(|line| *line > cursor)
                .and_then(spot)
        } else {
            (transcript.first_command()..split)
                .rev()
                .filter_map(wanted)
                .find(|line| *line < cursor)
                .and_then(spot)
        }
    }
}
