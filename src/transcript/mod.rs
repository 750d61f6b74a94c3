//! RECORD. Everything that passed, in order, secrets already masked; append-only.
//!
//! Knows: the spool on disk, lines, folded literals, which command a line belongs to.
//! Must not know: sockets, screens, what a response means for the mailbox (see `model`).
//! To give a response a reading in plain words: one arm in `interpret.rs`.

mod entry;
pub mod interpret;
pub mod literal;
pub mod spool;
pub mod trace;

use std::collections::HashMap;
use std::path::Path;
use std::time::SystemTime;

pub use entry::{CommandRecord, Line, LineEnd, LineKind, NoteLevel, Progress};
pub use literal::LiteralLines;
pub use spool::{Spool, SpoolError};

use crate::session::{CommandId, Event};
use crate::wire::response::Response;
use crate::wire::{Direction, Ending, Piece};
use entry::{Entry, EntryKind, LiteralRecord};

/// Most notes about the spool itself.
const KEPT_NOTES: usize = 1000;

/// Octets that passed on the connections so far, line ends and literals included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Octets {
    /// Sent by us (as masked: a mask is counted, not the secret).
    pub sent: u64,
    /// From the server.
    pub received: u64,
}

/// The record of everything sent and received, and of our own notes.
#[derive(Debug)]
pub struct Transcript {
    spool: Spool,
    entries: Vec<Entry>,
    literals: Vec<LiteralRecord>,
    commands: Vec<CommandRecord>,
    running: HashMap<CommandId, usize>,
    octets: Octets,
    /// First line of the server's frame that is under way.
    frame: Option<usize>,
    /// The line of the literal that is under way, for each direction.
    open_literal: [Option<usize>; 2],
    greeted: bool,
    /// Octets that could not be stored since the trouble began.
    lost: Option<u64>,
    /// Notes about the spool itself, which must not need it.
    kept: Vec<String>,
}

impl Transcript {
    /// An empty one, with a spool in `$TMPDIR`, else in `/var/tmp`.
    pub fn new() -> Result<Transcript, SpoolError> {
        Ok(Transcript::with_spool(Spool::new()?))
    }

    /// An empty one, with a spool in `directory`.
    pub fn in_directory(directory: &Path) -> Result<Transcript, SpoolError> {
        Ok(Transcript::with_spool(Spool::in_directory(directory)?))
    }

    /// An empty one over this spool.
    pub fn with_spool(spool: Spool) -> Transcript {
        Transcript {
            spool,
            entries: Vec::new(),
            literals: Vec::new(),
            commands: Vec::new(),
            running: HashMap::new(),
            octets: Octets::default(),
            frame: None,
            open_literal: [None, None],
            greeted: false,
            lost: None,
            kept: Vec::new(),
        }
    }

    /// A new connection begins: what was under way on the last one never ends, and command ids may
    /// come again.
    pub fn connection_opened(&mut self) {
        for (_, index) in self.running.drain() {
            if let Some(record) = self.commands.get_mut(index) {
                record.progress = Progress::Abandoned;
            }
        }
        self.frame = None;
        self.open_literal = [None, None];
        self.greeted = false;
    }

    /// Takes an event of the session. Call it for every one, in order.
    pub fn record(&mut self, at: SystemTime, event: &Event) {
        match event {
            Event::Received(piece) => self.received(at, piece),
            Event::Sent {
                command,
                piece,
                masked,
            } => self.sent(at, *command, piece, *masked),
            Event::Started {
                command,
                tag,
                origin,
                verb,
            } => {
                let index = self.commands.len();
                self.commands.push(CommandRecord {
                    tag: tag.clone(),
                    origin: *origin,
                    verb: verb.clone(),
                    at,
                    first_line: self.entries.len(),
                    last_line: self.entries.len(),
                    completion_line: None,
                    progress: Progress::Running,
                    status: None,
                    elapsed: None,
                });
                self.running.insert(*command, index);
            }
            Event::Response { response, command } => self.tie(response, *command),
            Event::Completed {
                command,
                status,
                elapsed,
            } => {
                let line = self
                    .entries
                    .iter()
                    .rposition(|e| matches!(e.kind, EntryKind::Received { .. }));
                if let Some(record) = self
                    .running
                    .remove(command)
                    .and_then(|i| self.commands.get_mut(i))
                {
                    record.progress = Progress::Completed;
                    record.status = Some(status.clone());
                    record.elapsed = Some(*elapsed);
                    record.completion_line = line;
                }
            }
            Event::Abandoned { command } => {
                if let Some(record) = self
                    .running
                    .remove(command)
                    .and_then(|i| self.commands.get_mut(i))
                {
                    record.progress = Progress::Abandoned;
                }
            }
            Event::ExchangeFailed { error, .. } => {
                self.note(at, NoteLevel::Alarm, &error.to_string())
            }
            Event::Violation(violation) => {
                let (level, text) = interpret::violation(violation);
                self.note(at, level, &text);
            }
            Event::Closed(_) => self.connection_opened(),
            Event::Greeting(_)
            | Event::Awaiting(_)
            | Event::Challenge { .. }
            | Event::Capabilities(_)
            | Event::StartTls { .. } => {}
        }
    }

    /// Adds a line of our own. Line ends in `text` make several lines.
    pub fn note(&mut self, at: SystemTime, level: NoteLevel, text: &str) {
        for line in text.lines() {
            let mut entry = Entry::new(EntryKind::Note(level), at);
            let cut = line.floor_char_boundary(crate::wire::frame::PIECE_LIMIT);
            self.store(&mut entry, line.get(..cut).unwrap_or_default().as_bytes());
            self.entries.push(entry);
        }
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was recorded yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Line `index`, read back from the spool.
    pub fn line(&self, index: usize) -> Option<Line> {
        let entry = self.entries.get(index)?;
        let mut line = Line {
            kind: LineKind::Sent,
            bytes: Vec::new(),
            at: entry.at(),
            command: entry.command(),
            masked: entry.masked,
            ending: entry.ending,
            missing: entry.lost,
        };
        line.kind = match entry.kind {
            EntryKind::Sent => LineKind::Sent,
            EntryKind::Received { unsolicited } => LineKind::Received { unsolicited },
            EntryKind::Note(level) => LineKind::Note(level),
            EntryKind::Kept(level) => {
                line.kind = LineKind::Note(level);
                let text = usize::try_from(entry.place)
                    .ok()
                    .and_then(|p| self.kept.get(p));
                line.bytes = text.map(|t| t.clone().into_bytes()).unwrap_or_default();
                return Some(line);
            }
            EntryKind::Literal => {
                let literal = self.literals.get(usize::try_from(entry.place).ok()?)?;
                line.missing = literal.stored < literal.received && !entry.masked;
                line.kind = LineKind::Literal {
                    direction: literal.direction,
                    size: literal.size,
                    received: literal.received,
                    stored: literal.stored,
                    binary: literal.binary,
                };
                return Some(line);
            }
        };
        if !entry.lost {
            match self.spool.read(entry.place, entry.length as usize) {
                Ok(bytes) => line.bytes = bytes,
                Err(_) => line.missing = true,
            }
        }
        if matches!(entry.ending, LineEnd::CrLf | LineEnd::Lf | LineEnd::Literal)
            && line.bytes.last() == Some(&b'\n')
        {
            line.bytes.pop();
            if line.bytes.last() == Some(&b'\r') {
                line.bytes.pop();
            }
        }
        Some(line)
    }

    /// The command that line `index` belongs to, without reading the line back.
    pub fn line_command(&self, index: usize) -> Option<usize> {
        self.entries.get(index)?.command()
    }

    /// Every command so far, in the order they went out, over all connections.
    pub fn commands(&self) -> &[CommandRecord] {
        &self.commands
    }

    /// At most `length` octets of the literal at line `index`, from its octet `offset` on. Empty behind
    /// its end, where it could not be stored, and for a line that is no literal.
    pub fn literal_bytes(&self, index: usize, offset: u64, length: usize) -> Vec<u8> {
        let Some(literal) = self.literal_record(index) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        for (start, size) in literal.runs(offset, length as u64) {
            match self
                .spool
                .read(start, usize::try_from(size).unwrap_or(usize::MAX))
            {
                Ok(bytes) => out.extend_from_slice(&bytes),
                Err(_) => break,
            }
        }
        out
    }

    /// The lines of the literal at line `index`, not yet looked for: see [`LiteralLines::scan`].
    /// `None` if that line is no literal.
    pub fn literal_lines(&self, index: usize) -> Option<LiteralLines> {
        self.literal_record(index).map(|_| LiteralLines::new(index))
    }

    fn literal_record(&self, index: usize) -> Option<&LiteralRecord> {
        let entry = self
            .entries
            .get(index)
            .filter(|e| e.kind == EntryKind::Literal)?;
        self.literals.get(usize::try_from(entry.place).ok()?)
    }

    /// Octets that passed.
    pub fn octets(&self) -> Octets {
        self.octets
    }

    fn received(&mut self, at: SystemTime, piece: &Piece) {
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

    fn sent(&mut self, at: SystemTime, command: CommandId, piece: &Piece, masked: bool) {
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
        if let Ending::Literal(header) = ending {
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
    }

    fn literal(&mut self, at: SystemTime, direction: Direction, bytes: &[u8]) {
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
    fn tie(&mut self, response: &Response, command: Option<CommandId>) {
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
                if let Some(record) = self.commands.get_mut(index) {
                    record.last_line = record.last_line.max(at);
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

    fn store(&mut self, entry: &mut Entry, bytes: &[u8]) {
        match self.append(entry.at(), bytes) {
            Some(offset) => {
                entry.place = offset;
                entry.length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            }
            None => entry.lost = true,
        }
    }

    /// Appends to the spool. A failure is a note, never the end: the session goes on.
    fn append(&mut self, at: SystemTime, bytes: &[u8]) -> Option<u64> {
        match (self.spool.append(bytes), self.lost) {
            (Ok(offset), None) => Some(offset),
            (Ok(offset), Some(lost)) => {
                self.lost = None;
                self.keep(
                    at,
                    NoteLevel::Info,
                    format!("There is room again; {lost} octets were not stored."),
                );
                Some(offset)
            }
            (Err(_), Some(lost)) => {
                self.lost = Some(lost.saturating_add(bytes.len() as u64));
                None
            }
            (Err(error), None) => {
                self.lost = Some(bytes.len() as u64);
                self.keep(
                    at,
                    NoteLevel::Alarm,
                    format!(
                        "What passes cannot be stored: {error}. The session goes on, but these lines cannot \
                         be shown. Make room in $TMPDIR (or /var/tmp)."
                    ),
                );
                None
            }
        }
    }

    fn keep(&mut self, at: SystemTime, level: NoteLevel, text: String) {
        // A disk that is full and not full in turn must not fill the memory instead.
        if self.kept.len() < KEPT_NOTES {
            let mut entry = Entry::new(EntryKind::Kept(level), at);
            entry.place = self.kept.len() as u64;
            self.kept.push(text);
            self.entries.push(entry);
        }
    }
}
