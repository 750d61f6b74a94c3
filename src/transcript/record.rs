//! Pieces to lines: what was received and sent, and which command it belongs to.

use std::time::SystemTime;

use super::entry::{Entry, EntryKind, LiteralRecord};
use super::{LineEnd, NoteLevel, Transcript};
use crate::session::CommandId;
use crate::wire::response::Response;
use crate::wire::{Direction, Ending, LiteralHeader, Piece};

impl Transcript {
    pub(super) fn received(&mut self, at: SystemTime, piece: &Piece) {
        self.octets.received += piece.bytes().len() as u64;
        let before = self.entries.len();
        match piece {
            Piece::Text { bytes, ending } => {
                let entry = Entry::new(EntryKind::Received { unsolicited: false }, at);
                self.text(entry, Direction::Server, bytes, *ending);
            }
            Piece::Literal { bytes, .. } => self.literal(at, Direction::Server, bytes),
        }
        if self.frame.is_none() {
            self.frame = Some(before);
        }
    }

    pub(super) fn sent(&mut self, at: SystemTime, command: CommandId, piece: &Piece, masked: bool) {
        self.octets.sent += piece.bytes().len() as u64;
        let before = self.entries.len();
        match piece {
            Piece::Text { bytes, ending } => {
                let mut entry = Entry::new(EntryKind::Sent, at);
                entry.masked = masked;
                self.text(entry, Direction::Client, bytes, *ending);
            }
            Piece::Literal { bytes, .. } => {
                self.literal(at, Direction::Client, bytes);
                if let Some(entry) = self.open_literal[0].and_then(|i| self.entries.get_mut(i)) {
                    entry.masked |= masked;
                }
            }
        }
        if let Some(&index) = self.running.get(&command) {
            self.belong(before, index, &[Direction::Client]);
        }
    }

    /// A text line, and the folded literal that it announces.
    fn text(&mut self, mut entry: Entry, direction: Direction, bytes: &[u8], ending: Ending) {
        let at = entry.at();
        entry.ending = match ending {
            Ending::Line if bytes.ends_with(b"\r\n") => LineEnd::CrLf,
            Ending::Line => LineEnd::Lf,
            Ending::Literal(_) => LineEnd::Literal,
            Ending::Continued => LineEnd::Continued,
            Ending::Truncated => LineEnd::Truncated,
        };
        let open = self.open(direction);
        if ending == Ending::Truncated {
            if let Some(text) = open.and_then(|i| self.unfinished(i)) {
                self.note(at, NoteLevel::Warning, &text);
            }
            if bytes.is_empty() {
                self.close_literal(direction);
                return;
            }
        }
        self.close_literal(direction);
        self.store(&mut entry, bytes);
        self.entries.push(entry);
        let header = match ending {
            Ending::Literal(header) => Some(header),
            _ => None,
        };
        match direction {
            // Ours stands where it went out: behind the server's "+", and nowhere if it was refused.
            Direction::Client => self.announced = header,
            Direction::Server => {
                if let Some(header) = header {
                    self.fold(at, direction, header);
                }
            }
        }
    }

    /// A line for a literal whose octets come now.
    fn fold(&mut self, at: SystemTime, direction: Direction, header: LiteralHeader) {
        let mut folded = Entry::new(EntryKind::Literal, at);
        folded.place = self.literals.len() as u64;
        self.literals.push(LiteralRecord {
            direction,
            size: header.size,
            received: 0,
            stored: 0,
            binary: header.binary,
            first: (0, 0),
            more: Vec::new(),
        });
        self.set_open(direction, self.entries.len());
        self.entries.push(folded);
    }

    fn literal(&mut self, at: SystemTime, direction: Direction, bytes: &[u8]) {
        if direction == Direction::Client
            && let Some(header) = self.announced.take()
        {
            self.fold(at, direction, header);
        }
        let place = self
            .open(direction)
            .and_then(|i| self.entries.get(i))
            .map(|e| e.place);
        let Some(place) = place.and_then(|p| usize::try_from(p).ok()) else {
            return;
        };
        let offset = self.append(at, bytes);
        if let Some(literal) = self.literals.get_mut(place) {
            literal.received += bytes.len() as u64;
            if let Some(offset) = offset {
                literal.push(offset, bytes.len() as u64);
            }
        }
    }

    fn unfinished(&self, index: usize) -> Option<String> {
        let entry = self.entries.get(index)?;
        let literal = self.literals.get(usize::try_from(entry.place).ok()?)?;
        (literal.received < literal.size).then(|| {
            format!(
                "The connection ended in the middle of a literal: {} of {} octets came.",
                literal.received, literal.size
            )
        })
    }

    /// Ties the frame that just ended to the command it answers.
    pub(super) fn tie(&mut self, response: &Response, command: Option<CommandId>) {
        let Some(first) = self.frame.take() else {
            return;
        };
        let greeting = !std::mem::replace(&mut self.greeted, true);
        match command.and_then(|c| self.running.get(&c)).copied() {
            Some(index) => self.belong(first, index, &[Direction::Server]),
            None if !greeting && matches!(response, Response::Untagged(_)) => {
                for entry in self.entries.get_mut(first..).unwrap_or_default() {
                    if let EntryKind::Received { unsolicited } = &mut entry.kind {
                        *unsolicited = true;
                    }
                }
            }
            None => {}
        }
    }

    /// Says that the lines of `directions` from `first` on belong to command `index`.
    fn belong(&mut self, first: usize, index: usize, directions: &[Direction]) {
        for (at, entry) in self.entries.iter_mut().enumerate().skip(first) {
            let direction = match entry.kind {
                EntryKind::Sent => Direction::Client,
                EntryKind::Received { .. } => Direction::Server,
                EntryKind::Note(_) | EntryKind::Kept(_) => continue,
                EntryKind::Literal => {
                    let literal = usize::try_from(entry.place)
                        .ok()
                        .and_then(|p| self.literals.get(p));
                    match literal {
                        Some(literal) => literal.direction,
                        None => continue,
                    }
                }
            };
            if directions.contains(&direction) {
                entry.set_command(index);
                if let Some(entry) = self.commands.get_mut(index) {
                    entry.record.last_line = entry.record.last_line.max(at);
                }
            }
        }
    }

    fn open(&self, direction: Direction) -> Option<usize> {
        self.open_literal[usize::from(direction == Direction::Server)]
    }

    fn set_open(&mut self, direction: Direction, index: usize) {
        self.open_literal[usize::from(direction == Direction::Server)] = Some(index);
    }

    fn close_literal(&mut self, direction: Direction) {
        self.open_literal[usize::from(direction == Direction::Server)] = None;
    }
}
