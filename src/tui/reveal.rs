//! Folding, and bringing to light: what a key unfolds, where a hit or a mark is, what grows.

use std::time::SystemTime;

use super::folding::is_long;
use super::manner::Form;
use super::rows::{HEX, Look};
use super::scroll::{Scroll, Spot};
use crate::transcript::find::{Hit, Sieve, Step};
use crate::transcript::{CommandRecord, LineKind, Transcript};

/// Octets of a literal that are looked through for line ends at one go.
const SCAN: u64 = 1024 * 1024;

impl Scroll {
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
                if self.literals.remove(&spot.line).is_some() {
                    self.unread.remove(&spot.line);
                } else {
                    self.unfold_literal(transcript, spot.line);
                    // As much of it as there is room for.
                    let end = Spot {
                        line: spot.line,
                        sub: self.subs(transcript, spot.line),
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
                let folded = self.folds.is_folded(transcript, command);
                self.folds.set(transcript, command, !folded);
                let line = match folded {
                    true => spot.line,
                    false => self.folds.heading_of(transcript, spot.line),
                };
                self.settle(transcript);
                self.go(transcript, look, height, Spot { line, sub: 0 });
            }
        }
    }

    fn unfold_literal(&mut self, transcript: &Transcript, line: usize) {
        if let Some(mut lines) = transcript.literal_lines(line) {
            if !lines.scan(transcript, SCAN) {
                self.unread.insert(line);
            }
            self.literals.insert(line, lines);
        }
    }

    /// Folds all commands, or unfolds all if all are folded.
    pub fn fold_all(&mut self, transcript: &Transcript, look: &Look<'_>, height: usize) {
        let cursor = self.cursor(transcript);
        self.folds.sweep(transcript);
        self.settle(transcript);
        if let Some(spot) = cursor.filter(|_| !self.follow) {
            let line = self.folds.heading_of(transcript, spot.line);
            self.go(transcript, look, height, Spot { line, sub: 0 });
        }
    }

    /// No position may be on a line that is hidden or gone.
    pub fn settle(&mut self, transcript: &Transcript) {
        let top = self.nearest(transcript, self.top);
        if top != self.top {
            (self.top, self.skipped) = (top, 0);
        }
        self.cursor = self.nearest(transcript, self.cursor);
    }

    /// Whether a line is there, and the filter shows it.
    pub(super) fn passes(&self, transcript: &Transcript, line: usize) -> bool {
        (transcript.first_line()..transcript.len()).contains(&line)
            && self
                .filter
                .as_ref()
                .is_none_or(|f| f.passes(transcript, line))
    }

    /// The spot itself, or the nearest one that is shown.
    pub(super) fn nearest(&self, transcript: &Transcript, spot: Spot) -> Spot {
        let line = spot.line.max(transcript.first_line());
        let line = self.folds.heading_of(transcript, line);
        let line = match &self.filter {
            Some(filter) if line < transcript.len() && !filter.passes(transcript, line) => {
                let below = self.shown_from(transcript, line);
                below
                    .or_else(|| self.shown_before(transcript, line))
                    .unwrap_or(line)
            }
            _ => line,
        };
        match line == spot.line {
            true => spot,
            false => Spot { line, sub: 0 },
        }
    }

    /// Lines have come, and perhaps the oldest have gone.
    pub fn grown(&mut self, transcript: &Transcript) {
        let first = transcript.first_line();
        if self.top.line < first || self.cursor.line < first {
            self.literals.retain(|line, _| *line >= first);
            self.unread.retain(|line| *line >= first);
            self.long_lines.retain(|line| *line >= first);
        }
        if !self.follow {
            self.settle(transcript);
        }
        let coming = self.literals.keys().filter(|line| {
            matches!(transcript.line(**line).map(|l| l.kind), Some(LineKind::Literal { size, received, .. }) if received < size)
        });
        self.unread.extend(coming);
        if self.manner.start.is_none()
            && let Some(line) = transcript.line(first)
        {
            self.manner.start = Some(line.at);
        }
    }

    /// Looks further through an unfolded literal; whether there was more of it.
    pub fn read_on(&mut self, transcript: &Transcript, line: usize) -> bool {
        let Some(lines) = self.literals.get_mut(&line) else {
            return false;
        };
        let before = lines.scanned();
        lines.scan(transcript, SCAN);
        lines.scanned() > before
    }

    /// The octet that line `sub` of the unfolded literal at `line` begins with.
    pub fn offset_of(&self, transcript: &Transcript, line: usize, sub: usize) -> u64 {
        let sub = sub.saturating_sub(1);
        match (self.manner.form, self.literals.get(&line)) {
            (Form::Hex, _) => sub as u64 * HEX as u64,
            (_, Some(lines)) => lines.offset_of(transcript, sub).unwrap_or(u64::MAX),
            _ => 0,
        }
    }

    /// Whether there is something to look through.
    pub fn has_work(&self, transcript: &Transcript) -> bool {
        self.filter.as_ref().is_some_and(|f| !f.is_done(transcript))
            || self.folds.has_work(transcript)
            || self
                .unread
                .iter()
                .any(|line| self.has_more(transcript, *line))
    }

    fn has_more(&self, transcript: &Transcript, line: usize) -> bool {
        let read = self.literals.get(&line).map(|lines| lines.scanned());
        let stored = match transcript.line(line).map(|l| l.kind) {
            Some(LineKind::Literal { stored, .. }) => stored,
            _ => 0,
        };
        read.is_some_and(|read| read < stored)
    }

    /// Looks through a bit more of it: a filter, a large folded command, a large literal.
    pub fn work(&mut self, transcript: &Transcript) {
        if let Some(filter) = &mut self.filter
            && !filter.is_done(transcript)
        {
            if filter.step(transcript) == Step::Done && !self.follow {
                self.settle(transcript);
            }
            return;
        }
        if self.folds.has_work(transcript) {
            self.folds.step(transcript);
            return;
        }
        let unread = self.unread.iter().copied();
        let Some(line) = unread.into_iter().find(|l| self.has_more(transcript, *l)) else {
            return;
        };
        let mut went = false;
        if let Some(lines) = self.literals.get_mut(&line) {
            let before = lines.scanned();
            lines.scan(transcript, SCAN);
            went = lines.scanned() > before;
        }
        if !went {
            // What was stored cannot be read back.
            self.unread.remove(&line);
            return;
        }
        let whole = match transcript.line(line).map(|l| l.kind) {
            Some(LineKind::Literal { size, received, .. }) => received >= size,
            _ => true,
        };
        if whole && !self.has_more(transcript, line) {
            self.unread.remove(&line);
        }
    }

    /// The first line of the command before or behind the cursor for which `wanted` holds, or whichever line it names.
    pub fn find_command(
        &self,
        transcript: &Transcript,
        forward: bool,
        wanted: impl Fn(&CommandRecord) -> Option<usize>,
    ) -> Option<Spot> {
        let cursor = self.cursor(transcript)?.line;
        let split = transcript.commands_begun(cursor);
        let wanted = |index: usize| {
            let line = wanted(&transcript.command(index)?)?;
            let heading = self.folds.heading_of(transcript, line);
            let shown = self
                .filter
                .as_ref()
                .is_none_or(|f| f.passes(transcript, heading));
            shown.then_some((line, heading))
        };
        let (_, line) = if forward {
            let from = split.saturating_sub(1).max(transcript.first_command());
            (from..transcript.command_count())
                .filter_map(wanted)
                .find(|(line, heading)| *line > cursor && *heading != cursor)?
        } else {
            (transcript.first_command()..split)
                .rev()
                .filter_map(wanted)
                .find(|(line, _)| *line < cursor)?
        };
        Some(Spot { line, sub: 0 })
    }

    /// The cursor on line `line`; what hides it is unfolded.
    pub fn reveal(
        &mut self,
        transcript: &Transcript,
        look: &Look<'_>,
        height: usize,
        line: usize,
    ) -> bool {
        let Some(last) = transcript.len().checked_sub(1) else {
            return false;
        };
        let line = line.clamp(transcript.first_line(), last);
        if let Some(command) = self.folds.hides(transcript, line) {
            self.hold(transcript, look, height);
            self.folds.set(transcript, command, false);
            self.settle(transcript);
        }
        if let Some(filter) = &self.filter
            && !filter.passes(transcript, line)
        {
            return false;
        }
        self.go(transcript, look, height, Spot { line, sub: 0 });
        true
    }

    /// The cursor on a hit; what hides it is unfolded. `false`: the literal it is in has to be looked
    /// through first ([`Scroll::work`]).
    pub fn reveal_hit(
        &mut self,
        transcript: &Transcript,
        look: &Look<'_>,
        height: usize,
        hit: &Hit,
    ) -> bool {
        if !hit.inside {
            let line = transcript.line(hit.line);
            if line.is_some_and(|line| is_long(&line)) {
                self.long_lines.insert(hit.line);
            }
            self.reveal(transcript, look, height, hit.line);
            return true;
        }
        if !self.literals.contains_key(&hit.line) {
            self.hold(transcript, look, height);
            self.unfold_literal(transcript, hit.line);
        }
        let sub = match self.manner.form {
            Form::Hex => usize::try_from(hit.octets.start / HEX as u64).unwrap_or(usize::MAX),
            _ => {
                let lines = self.literals.get(&hit.line);
                let Some(sub) = lines.and_then(|l| l.line_at(transcript, hit.octets.start)) else {
                    return false;
                };
                sub
            }
        };
        if let Some(command) = self.folds.hides(transcript, hit.line) {
            self.hold(transcript, look, height);
            self.folds.set(transcript, command, false);
            self.settle(transcript);
        }
        let spot = Spot {
            line: hit.line,
            sub: sub + 1,
        };
        self.go(transcript, look, height, spot);
        true
    }

    /// Another form: rows are others, the line stays.
    pub fn show_as(&mut self, form: Form) {
        if self.manner.form != form {
            self.manner.form = form;
            self.cursor.sub = 0;
            self.top.sub = 0;
            self.skipped = 0;
        }
    }

    /// When the transcript began.
    pub fn start(&self) -> Option<SystemTime> {
        self.manner.start
    }
}
