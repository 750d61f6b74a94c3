//! The heading of a command: `v A0012 SELECT "Shared/Team"     12:04:31  41 ms  OK`.

use ratatui::style::Style;
use ratatui::text::Span;

use super::super::folding::{LONG, folded};
use super::super::printable;
use super::super::units::duration;
use super::text::Text;
use super::{Look, Row, columns};
use crate::transcript::{CommandRecord, Line, Progress, Transcript};
use crate::wire::Origin;
use crate::wire::response::Status;

impl Look<'_> {
    pub(super) fn heading(
        &self,
        transcript: &Transcript,
        record: &CommandRecord,
        index: usize,
        line: &Line,
        hidden: Option<usize>,
    ) -> Row {
        let mut left = vec![Span::styled(
            if hidden.is_some() { "> " } else { "v " },
            self.theme.dim,
        )];
        let shown = line
            .bytes
            .get(..line.bytes.len().min(LONG))
            .unwrap_or_default();
        let mut right = Vec::new();
        right.extend(self.sender(record));
        right.extend(self.time(transcript, index, record.at));
        right.push(Span::styled(
            format!("  {:>8}  ", self.took(record)),
            self.theme.dim,
        ));
        right.push(self.verdict(record));
        let count = hidden.map(folded).unwrap_or_default();
        let room = self
            .width
            .saturating_sub(2 + columns(&right) + 2 + count.len());
        let base = if record.origin.is_user() {
            self.theme.heading
        } else {
            self.theme.program
        };
        let decoded = self.decodings(line, Some(record));
        let marks = self.hits(shown);
        let text = Text::new(shown, 0..shown.len(), &marks, &decoded, self.theme.decoded);
        let whole = printable::width(&text.safe.text) <= room;
        let fitted = printable::fit(&text.safe.text, room);
        let kept = fitted.len() - usize::from(!whole && !fitted.is_empty());
        left.extend(self.styled(&text, 0..kept, base));
        if !whole && room > 0 {
            left.push(Span::styled("~", base));
        }
        left.push(Span::styled(count, self.theme.dim));
        Row { left, right }
    }

    /// Who sent it, if nobody typed it.
    pub(super) fn sender(&self, record: &CommandRecord) -> Option<Span<'static>> {
        let word = match record.origin {
            Origin::User => return None,
            Origin::Program => "auto  ",
            Origin::Panel => "panel  ",
        };
        Some(Span::styled(word, self.theme.program))
    }

    pub(super) fn took(&self, record: &CommandRecord) -> String {
        match record.progress {
            Progress::Running => "...".to_owned(),
            Progress::Abandoned => "-".to_owned(),
            Progress::Completed => record.elapsed.map(duration).unwrap_or_default(),
        }
    }

    pub(super) fn verdict(&self, record: &CommandRecord) -> Span<'static> {
        match (record.status, record.progress) {
            (Some(status), _) => {
                let (word, style) = self.status(status);
                Span::styled(format!("{word:<3}"), style)
            }
            (None, Progress::Abandoned) => Span::styled("-  ", self.theme.dim),
            (None, _) => Span::styled("...", self.theme.dim),
        }
    }

    fn status(&self, status: Status) -> (&'static str, Style) {
        match status {
            Status::Ok => ("OK", self.theme.ok),
            Status::Preauth => ("PREAUTH", self.theme.ok),
            Status::No => ("NO", self.theme.no),
            Status::Bad => ("BAD", self.theme.bad),
            Status::Bye => ("BYE", self.theme.bad),
        }
    }
}
