//! RECORD. Everything that passed, in order, secrets already masked; append-only.
//!
//! Knows: the spool on disk, lines, folded literals, which command a line belongs to.
//! Must not know: sockets, screens, what a response means for the mailbox (see `model`).
//! To give a response a reading in plain words: one arm in `interpret.rs`.
//!
//! # Reading it
//! Lines and commands have indices that never change. [`Transcript::first_line`] `..` [`Transcript::len`]
//! are the lines that are kept: the limit of the spool drops the oldest. A few lines at a known place (the
//! screen, the inspector): [`Transcript::line`], [`Transcript::literal_bytes`],
//! [`Transcript::literal_lines`]; each costs at most the reading of one block, and the last blocks read are
//! remembered. Many lines (search, filter, export): [`Transcript::walk`], which reads every block once and
//! copies nothing. Backwards: [`Transcript::walk_block`] for one block after the other, and the last hit in each.
//!
//! Blocks ([`Transcript::blocks`], [`Transcript::block`], [`Transcript::block_of`]) are what a search or a filter keeps its
//! counts by: one number for each block, not a list of hits. To show hit 70,000 the counts lead to its block, and a
//! walk through that block to the line. Of a [`Block::settled`] block nothing changes any more but the fate of
//! commands that still run. Octets of a literal may lie in blocks behind the one its line is in: they
//! count where [`Walked::Octets`] gives them.
//!
//! Commands: [`Transcript::command`] is cheap (memory only); [`Transcript::command_tag`] and
//! [`Transcript::command_status`] read back. [`Transcript::commands_begun`] finds the place of a line among them.

mod entry;
pub mod interpret;
pub mod literal;
mod record;
pub mod spool;
pub mod trace;
mod walk;

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

pub use entry::{CommandRecord, Line, LineEnd, LineKind, NoteLevel, Progress};
pub use literal::LiteralLines;
pub use spool::{Spool, SpoolError};
pub use walk::{Block, Walk, WalkLine, Walked};

use crate::session::{CommandId, Event};
use crate::wire::frame::PIECE_LIMIT;
use crate::wire::response::StatusResponse;
use crate::wire::{LiteralHeader, Tag};
use entry::{CommandEntry, Entry, EntryKind, LiteralRecord};

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
    commands: Vec<CommandEntry>,
    running: HashMap<CommandId, usize>,
    octets: Octets,
    /// First line of the server's frame that is under way.
    frame: Option<usize>,
    /// The line of the literal that is under way, for each direction.
    open_literal: [Option<usize>; 2],
    /// A literal of ours that is announced and of which no octet went out yet.
    announced: Option<LiteralHeader>,
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
            announced: None,
            greeted: false,
            lost: None,
            kept: Vec::new(),
        }
    }

    /// A new connection begins: what was under way on the last one never ends, and command ids may
    /// come again.
    pub fn connection_opened(&mut self) {
        for (_, index) in self.running.drain() {
            if let Some(entry) = self.commands.get_mut(index) {
                entry.record.progress = Progress::Abandoned;
            }
        }
        self.frame = None;
        self.open_literal = [None, None];
        self.announced = None;
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
                let record = CommandRecord {
                    origin: *origin,
                    verb: Arc::from(verb.as_str()),
                    at,
                    first_line: self.entries.len(),
                    last_line: self.entries.len(),
                    completion_line: None,
                    progress: Progress::Running,
                    status: None,
                    elapsed: None,
                };
                self.commands.push(CommandEntry {
                    record,
                    tag: tag.clone(),
                    status: None,
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
                if let Some(entry) = self
                    .running
                    .remove(command)
                    .and_then(|i| self.commands.get_mut(i))
                {
                    entry.record.progress = Progress::Completed;
                    entry.record.status = Some(status.status);
                    entry.record.elapsed = Some(*elapsed);
                    entry.record.completion_line = line;
                    entry.status = Some(status.clone());
                }
            }
            Event::Abandoned { command } => {
                if let Some(entry) = self
                    .running
                    .remove(command)
                    .and_then(|i| self.commands.get_mut(i))
                {
                    entry.record.progress = Progress::Abandoned;
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
            | Event::StartTls { .. }
            | Event::Compress { .. } => {}
        }
    }

    /// Adds a line of our own. Line ends in `text` make several lines.
    pub fn note(&mut self, at: SystemTime, level: NoteLevel, text: &str) {
        for line in text.lines() {
            let mut entry = Entry::new(EntryKind::Note(level), at);
            let cut = line.as_bytes().get(..PIECE_LIMIT);
            self.store(&mut entry, cut.unwrap_or(line.as_bytes()));
            self.entries.push(entry);
        }
    }

    /// Index of the oldest line that is still kept: 0 until the limit of the spool made the first ones
    /// go. Indices never change; of a line that is gone [`Transcript::line`] tells `None`.
    pub fn first_line(&self) -> usize {
        0
    }

    /// The index behind the last line: the number of lines that were ever recorded.
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

    /// Index of the oldest command of which something is still kept; 0 until the limit of the spool
    /// made lines go. Indices never change.
    pub fn first_command(&self) -> usize {
        0
    }

    /// The index behind the last command: the number of commands that ever went out, over all
    /// connections, in the order they went out.
    pub fn command_count(&self) -> usize {
        self.commands.len()
    }

    /// Command `index`, as far as memory knows it.
    pub fn command(&self, index: usize) -> Option<CommandRecord> {
        self.commands.get(index).map(|entry| entry.record.clone())
    }

    /// How many commands had begun when line `line` came: the last of them has the index one less. The
    /// first command that begins behind `line` has this index.
    pub fn commands_begun(&self, line: usize) -> usize {
        self.commands
            .partition_point(|entry| entry.record.first_line <= line)
    }

    /// The tag of command `index`, read back; `None` if it has none.
    pub fn command_tag(&self, index: usize) -> Option<Tag> {
        self.commands.get(index)?.tag.clone()
    }

    /// The tagged response of command `index`, read back: its code and its text.
    pub fn command_status(&self, index: usize) -> Option<StatusResponse> {
        self.commands.get(index)?.status.clone()
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

    /// The numbers of the blocks that are kept: each holds some 64 KiB of what passed. Numbers never
    /// change; the last one grows.
    pub fn blocks(&self) -> Range<usize> {
        0..self.entries.len().div_ceil(walk::BLOCK)
    }

    /// Block `number`: which lines begin in it.
    pub fn block(&self, number: usize) -> Option<Block> {
        if !self.blocks().contains(&number) {
            return None;
        }
        let first = number * walk::BLOCK;
        let lines = first..self.entries.len().min(first + walk::BLOCK);
        Some(Block {
            number,
            settled: lines.end < self.frame.unwrap_or(self.entries.len()),
            lines,
        })
    }

    /// The number of the block in which line `line` begins.
    pub fn block_of(&self, line: usize) -> Option<usize> {
        (line < self.entries.len()).then_some(line / walk::BLOCK)
    }

    /// Everything from line `from` on, in order.
    pub fn walk(&self, from: usize) -> Walk<'_> {
        Walk::new(self, from..self.entries.len())
    }

    /// Everything in block `number`, in order: its lines, and octets of a literal that began in a block
    /// before it.
    pub fn walk_block(&self, number: usize) -> Walk<'_> {
        Walk::new(self, self.block(number).map_or(0..0, |block| block.lines))
    }

    /// Octets that passed.
    pub fn octets(&self) -> Octets {
        self.octets
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
