//! Pieces to lines: what was received and sent, and which command it belongs to.

use std::time::SystemTime;

use super::block::{self, NOBODY, UNSOLICITED, side};
use super::{LineEnd, NoteLevel, Transcript};
use crate::session::CommandId;
use crate::wire::response::Response;
use crate::wire::{Direction, Ending, LiteralHeader, Piece};

/// The server's frame that is under way.
#[derive(Debug)]
pub(super) struct OpenFrame {
    /// Where its owner stands in the spool, if its first line could be stored.
    owner: Option<u64>,
    /// The number of the block it begins in.
    block: usize,
    /// Its last line so far.
    last_line: u64,
    /// Its last piece came; only what it means is missing.
    ended: bool,
}

impl OpenFrame {
    /// The number of the block it begins in.
    pub fn block(&self) -> usize {
        self.block
    }
}

/// A literal that is under way.
#[derive(Debug)]
pub(super) struct OpenLiteral {
    pub line: u64,
    /// Index of the command, if it is ours.
    pub command: u32,
    pub size: u64,
    pub received: u64,
    pub stored: u64,
    pub masked: bool,
    binary: bool,
    /// Where its head and its numbers stand in the spool, if they could be stored.
    place: Option<(u64, u64)>,
}

impl Transcript {
    pub(super) fn received(&mut self, at: SystemTime, piece: &Piece) {
        self.octets.received += piece.bytes().len() as u64;
        if self.frame.as_ref().is_some_and(|frame| frame.ended) {
            // What came behind STARTTLS's OK means nothing to anybody.
            self.frame = None;
        }
        match piece {
            Piece::Text { bytes, ending } => {
                if let Some(end) = self.text_begins(at, Direction::Server, bytes, *ending) {
                    let lost = !self.room(at, bytes.len());
                    let first = self.frame.is_none();
                    let place = self.put(at, bytes.len(), |e| e.received(end, first, lost, bytes));
                    if first {
                        self.frame = Some(OpenFrame {
                            owner: place.map(|offset| self.position(offset)),
                            block: self.blocks().end.saturating_sub(1),
                            last_line: self.lines,
                            ended: false,
                        });
                    }
                    self.last_received = Some(self.lines);
                    self.lines += 1;
                    if let Ending::Literal(header) = ending {
                        self.fold(at, Direction::Server, *header, NOBODY);
                    }
                    if let Some(frame) = &mut self.frame {
                        frame.last_line = self.lines - 1;
                    }
                }
                if let Some(frame) = &mut self.frame {
                    frame.ended = piece.ends_frame();
                }
            }
            Piece::Literal { bytes, .. } => self.literal(at, Direction::Server, bytes),
        }
        self.say_dropped(at);
    }

    pub(super) fn sent(&mut self, at: SystemTime, command: CommandId, piece: &Piece, masked: bool) {
        self.octets.sent += piece.bytes().len() as u64;
        let index = self.running.get(&command).copied();
        let owner = index
            .and_then(|i| u32::try_from(i).ok())
            .filter(|i| *i < UNSOLICITED)
            .unwrap_or(NOBODY);
        match piece {
            Piece::Text { bytes, ending } => {
                if let Some(end) = self.text_begins(at, Direction::Client, bytes, *ending) {
                    let lost = !self.room(at, bytes.len());
                    self.put(at, bytes.len(), |e| e.sent(end, masked, lost, owner, bytes));
                    if let Some(index) = index {
                        self.commands.reach(index, self.lines);
                    }
                    self.lines += 1;
                    // Ours stands where it went out: behind the server's "+", and nowhere if it was refused.
                    self.announced = match ending {
                        Ending::Literal(header) => Some(*header),
                        _ => None,
                    };
                }
            }
            Piece::Literal { bytes, .. } => {
                if let Some(header) = self.announced.take() {
                    self.fold(at, Direction::Client, header, owner);
                    if let Some(index) = index {
                        self.commands.reach(index, self.lines - 1);
                    }
                }
                self.literal(at, Direction::Client, bytes);
                if let Some(open) = &mut self.open[0] {
                    open.masked |= masked;
                }
            }
        }
        self.say_dropped(at);
    }

    /// How a text line ends; the literal before it is over. `None`: there is no line, only an end.
    fn text_begins(
        &mut self,
        at: SystemTime,
        direction: Direction,
        bytes: &[u8],
        ending: Ending,
    ) -> Option<LineEnd> {
        if ending == Ending::Truncated
            && let Some(open) = &self.open[side(direction)]
            && open.received < open.size
        {
            let text = format!(
                "The connection ended in the middle of a literal: {} of {} octets came.",
                open.received, open.size
            );
            self.close_literal(side(direction));
            self.note(at, NoteLevel::Warning, &text);
        }
        self.close_literal(side(direction));
        match ending {
            Ending::Line if bytes.ends_with(b"\r\n") => Some(LineEnd::CrLf),
            Ending::Line => Some(LineEnd::Lf),
            Ending::Literal(_) if bytes.ends_with(b"\r\n") => Some(LineEnd::Literal),
            Ending::Literal(_) => Some(LineEnd::LiteralLf),
            Ending::Continued => Some(LineEnd::Continued),
            Ending::Truncated if bytes.is_empty() => None,
            Ending::Truncated => Some(LineEnd::Truncated),
        }
    }

    /// A line for a literal whose octets come now.
    fn fold(&mut self, at: SystemTime, direction: Direction, header: LiteralHeader, command: u32) {
        // Its place costs little: it is not worth losing.
        let _ = self.room(at, 0);
        let place = self.put(at, 0, |e| {
            e.literal(direction, header.size, header.binary, command)
        });
        let place = place.map(|(head, numbers)| (self.position(head), self.position(numbers)));
        self.open[side(direction)] = Some(OpenLiteral {
            line: self.lines,
            command,
            size: header.size,
            received: 0,
            stored: 0,
            masked: false,
            binary: header.binary,
            place,
        });
        self.lines += 1;
    }

    fn literal(&mut self, at: SystemTime, direction: Direction, bytes: &[u8]) {
        let side = side(direction);
        let mut rest = bytes;
        while !rest.is_empty() && self.open[side].is_some() {
            let (piece, behind) = rest.split_at(self.room_for_octets().min(rest.len()));
            rest = behind;
            let stored = self.room(at, piece.len())
                && self
                    .put(at, piece.len(), |e| e.literal_octets(direction, piece))
                    .is_some();
            if let Some(open) = &mut self.open[side] {
                open.received += piece.len() as u64;
                if stored {
                    open.stored += piece.len() as u64;
                }
            }
        }
    }

    /// The literal of this side is over: what its record promised is put right.
    pub(super) fn close_literal(&mut self, side: usize) {
        let Some(open) = self.open[side].take() else {
            return;
        };
        let Some((head, numbers)) = open.place else {
            return;
        };
        if open.masked {
            let direction = [Direction::Client, Direction::Server][side.min(1)];
            self.patch(
                head,
                &[block::literal_head(direction, open.binary, open.masked)],
            );
        }
        if (open.received, open.stored) != (open.size, open.size) {
            self.patch(numbers, &open.received.to_le_bytes());
            self.patch(numbers + 8, &open.stored.to_le_bytes());
        }
    }

    /// Ties the frame that just ended to the command it answers.
    pub(super) fn tie(&mut self, response: &Response, command: Option<CommandId>) {
        let Some(frame) = self.frame.take() else {
            return;
        };
        let greeting = !std::mem::replace(&mut self.greeted, true);
        let owner = match command.and_then(|c| self.running.get(&c)).copied() {
            Some(index) => {
                self.commands.reach(index, frame.last_line);
                u32::try_from(index).unwrap_or(NOBODY)
            }
            None if !greeting && matches!(response, Response::Untagged(_)) => UNSOLICITED,
            None => return,
        };
        if let Some(position) = frame.owner {
            self.patch(position, &owner.to_le_bytes());
        }
        let inside = (frame.block + 1).saturating_sub(self.first_block);
        if inside < self.checkpoints.len() {
            for checkpoint in self.checkpoints.range_mut(inside..) {
                checkpoint.frame = owner;
            }
            if let Ok(cache) = self.cache.get_mut() {
                cache.forget(|number| number > frame.block);
            }
        }
    }
}
