//! A line of the wire: label, text, what stands at its right end.

use ratatui::text::Span;

use super::super::folding::{LONG, folded};
use super::super::manner::Form;
use super::super::printable;
use super::text::{Mark, Text};
use super::{Folding, HEX, Look, Row, columns};
use crate::transcript::decoded::{self, Decoded};
use crate::transcript::pretty;
use crate::transcript::{CommandRecord, Line, LineEnd, LineKind, Transcript};

impl Look<'_> {
    pub(super) fn text(
        &self,
        transcript: &Transcript,
        line: &Line,
        index: usize,
        first: bool,
        folding: Folding,
    ) -> Vec<Row> {
        let record = line.command.and_then(|c| transcript.command(c));
        let theme = self.theme;
        let sent = line.kind == LineKind::Sent;
        let unsolicited = matches!(line.kind, LineKind::Received { unsolicited: true });
        let program = record.as_ref().is_some_and(|r| !r.origin.is_user());
        let mut label = vec![Span::raw(self.indent())];
        if !self.grouped && first && folding.hidden.is_some() {
            label.push(Span::styled("> ", theme.dim));
        }
        if unsolicited {
            // Where the answers of a command are indented, what nobody asked for stands out at the left.
            label = vec![Span::styled(". event ", theme.event)];
        }
        let (name, mut style) = if sent {
            ("C: ", theme.client)
        } else {
            ("S: ", theme.server)
        };
        if program {
            style = theme.program;
        }
        label.push(Span::styled(name, style));
        let mut base = if sent { theme.sent } else { theme.received };
        if program && sent {
            base = theme.program;
        }

        let cut = match folding.unfolded {
            true => line.bytes.len(),
            false => line.bytes.len().min(LONG),
        };
        let shown = line.bytes.get(..cut).unwrap_or_default();
        let mut marks = self.syntax(shown, line, sent);
        marks.extend(self.hits(shown));
        if let Some(hit) = self.hit.filter(|hit| hit.line == index && !hit.inside) {
            let place = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(shown.len());
            marks.push((place(hit.octets.start)..place(hit.octets.end), theme.found));
        }
        let mut right = self.annotation(
            transcript,
            line,
            index,
            record.as_ref(),
            first,
            unsolicited,
            folding,
        );
        if !sent
            && !unsolicited
            && let Some(tag) = self.strayed(transcript, line, index)
        {
            right.insert(0, Span::styled(format!("{tag}  "), theme.dim));
        }
        let rest = vec![Span::raw(" ".repeat(columns(&label)))];
        let mut rows = match self.form {
            Form::Hex => self.hex_rows(line, shown, &marks, &label, &rest, right),
            _ => {
                let decoded = self.decodings(line, record.as_ref());
                let room = self.width.saturating_sub(columns(&label));
                let pieces = match self.form {
                    Form::Pretty => pretty::pieces(shown, room),
                    _ => pretty::pieces(shown, usize::MAX),
                };
                let last = pieces.len().saturating_sub(1);
                let mut rows = Vec::new();
                for (number, piece) in pieces.into_iter().enumerate() {
                    let mut text = Text::new(shown, piece.octets, &marks, &decoded, theme.decoded);
                    if number == last {
                        self.tails(&mut text, line, cut, sent, first, folding);
                    }
                    let mut head = if number == 0 {
                        label.clone()
                    } else {
                        rest.clone()
                    };
                    head.push(Span::raw(" ".repeat(piece.indent.min(room / 2))));
                    let mut below = rest.clone();
                    below.push(Span::raw(" ".repeat(piece.indent.min(room / 2))));
                    let right = if number == 0 {
                        std::mem::take(&mut right)
                    } else {
                        Vec::new()
                    };
                    rows.extend(self.wrapped(&text, head, below, base, right));
                }
                rows
            }
        };
        if !self.grouped && first && folding.hidden.is_some() {
            // Folded is one row, however long the command.
            rows.truncate(1);
        }
        rows
    }

    /// What a line means in plain text, if that is wanted.
    pub(super) fn decodings(&self, line: &Line, record: Option<&CommandRecord>) -> Vec<Decoded> {
        if !self.decoded || self.form == Form::Hex {
            return Vec::new();
        }
        let verb = record.map(|r| &*r.verb);
        let answers = verb == Some("AUTHENTICATE") && !line.masked;
        decoded::in_line(&line.bytes, answers)
    }

    fn hex_rows(
        &self,
        line: &Line,
        shown: &[u8],
        marks: &[Mark],
        label: &[Span<'static>],
        rest: &[Span<'static>],
        right: Vec<Span<'static>>,
    ) -> Vec<Row> {
        let mut octets = shown.to_vec();
        if shown.len() == line.bytes.len() {
            octets.extend_from_slice(match line.ending {
                LineEnd::CrLf => b"\r\n",
                LineEnd::Lf => b"\n",
                _ => b"",
            });
        }
        let mut rows: Vec<Row> = Vec::new();
        let mut offset = 0;
        for row in octets.chunks(HEX) {
            let label = if rows.is_empty() { label } else { rest };
            let here: Vec<Mark> = marks
                .iter()
                .filter(|(m, _)| m.start < offset + HEX && m.end > offset)
                .map(|(m, style)| (m.start.saturating_sub(offset)..m.end - offset, *style))
                .collect();
            rows.push(self.hex(label.to_vec(), offset as u64, row, &here));
            offset += HEX;
        }
        let more = line.bytes.len() - shown.len();
        if more > 0 {
            let mut left = rest.to_vec();
            left.push(Span::styled(
                format!("[+] {more} octets more"),
                self.theme.literal,
            ));
            rows.push(Row {
                left,
                right: Vec::new(),
            });
        }
        match rows.first_mut() {
            Some(first) => first.right = right,
            None => rows.push(Row {
                left: label.to_vec(),
                right,
            }),
        }
        rows
    }

    /// Our own words behind a line's text.
    fn tails(
        &self,
        text: &mut Text,
        line: &Line,
        cut: usize,
        sent: bool,
        first: bool,
        folding: Folding,
    ) {
        let theme = self.theme;
        if cut < line.bytes.len() {
            let more = line.bytes.len() - cut;
            text.tail(&format!(" [+] {more} octets more"), theme.literal);
        }
        match line.ending {
            LineEnd::Truncated => {
                text.tail("  (cut off: the connection ended here)", theme.warning);
            }
            LineEnd::Lf if !sent => text.tail("\\n", theme.escape),
            LineEnd::Continued => text.tail(" ...", theme.dim),
            _ => {}
        }
        if line.missing {
            text.tail("  (not stored)", theme.warning);
        }
        if !self.grouped
            && first
            && let Some(hidden) = folding.hidden
        {
            text.tail(&folded(hidden), theme.dim);
        }
    }

    /// The tag of the command that a line answers, where another command was sent in between, so that
    /// its place does not tell. A tagged response tells it itself.
    fn strayed(&self, transcript: &Transcript, line: &Line, index: usize) -> Option<String> {
        let command = line.command?;
        let latest = transcript.commands_begun(index).checked_sub(1)?;
        transcript
            .command(command)
            .filter(|r| latest != command && r.completion_line != Some(index))?;
        let tag = transcript.command_tag(command)?;
        Some(printable::text(tag.as_bytes()))
    }

    /// What stands at the right end of a line's first row.
    #[allow(clippy::too_many_arguments)]
    fn annotation(
        &self,
        transcript: &Transcript,
        line: &Line,
        index: usize,
        record: Option<&CommandRecord>,
        first: bool,
        unsolicited: bool,
        folding: Folding,
    ) -> Vec<Span<'static>> {
        let time = || self.time(transcript, index, line.at);
        let mut right = Vec::new();
        if unsolicited {
            right.extend(time());
            right.push(Span::styled("  push", self.theme.event));
        } else if self.grouped {
            return right;
        } else if first {
            right.extend(record.and_then(|record| self.sender(record)));
            if let Some(record) = record.filter(|_| folding.hidden.is_some()) {
                right.push(Span::styled(
                    format!("{}  ", self.took(record)),
                    self.theme.dim,
                ));
                right.push(self.verdict(record));
            } else {
                right.extend(time());
            }
        } else if let Some(record) = record.filter(|r| r.completion_line == Some(index)) {
            right.push(Span::styled(self.took(record), self.theme.dim));
        }
        right
    }

    /// Tag, status word, mask and literal announcement, in octets of the line.
    fn syntax(&self, bytes: &[u8], line: &Line, sent: bool) -> Vec<Mark> {
        let mut marks = Vec::new();
        let first = memchr::memchr(b' ', bytes).unwrap_or(bytes.len());
        let tagged = !matches!(bytes.get(..first), Some(b"*" | b"+"));
        if tagged && (sent || line.command.is_some()) {
            marks.push((0..first, self.theme.tag));
        }
        if !sent {
            let rest = bytes.get(first + 1..).unwrap_or_default();
            let word = rest.split(|b| *b == b' ').next().unwrap_or_default();
            let status = match word.to_ascii_uppercase().as_slice() {
                b"OK" | b"PREAUTH" => Some(self.theme.ok),
                b"NO" => Some(self.theme.no),
                b"BAD" | b"BYE" => Some(self.theme.bad),
                _ => None,
            };
            if let Some(style) = status {
                marks.push((first + 1..first + 1 + word.len(), style));
            }
        }
        if line.masked {
            let masks = memchr::memmem::find_iter(bytes, b"********");
            marks.extend(masks.map(|at| (at..at + 8, self.theme.secret)));
        }
        if line.ending.announces()
            && bytes.len() == line.bytes.len()
            && let Some(at) = memchr::memrchr(b'{', bytes)
        {
            marks.push((at..bytes.len(), self.theme.literal));
        }
        marks
    }
}
