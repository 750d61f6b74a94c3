//! RECORD. Everything that passed, in order, secrets already masked; append-only.
//!
//! Knows: the spool on disk, lines, folded literals, which command a line belongs to.
//! Must not know: sockets, screens, what a response means for the mailbox (see `model`).
//! To give a response a reading in plain words: one arm in `interpret.rs`.
//!
//! # How it is kept
//! Everything lies in the [`spool`] on disk, in blocks of 64 KiB whose form `block.rs` tells: the octets that
//! passed, and beside them what is known of each line. Memory holds a checkpoint for each block (72
//! octets), 32 octets for each command (`commands.rs`), the block that is being filled, and the few
//! that were read last (`read.rs`). `append.rs` fills blocks and is where a full disk ends; `record.rs` makes lines of
//! events.
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

mod append;
mod bits;
mod block;
mod commands;
pub mod decoded;
mod entry;
pub mod filter;
pub mod find;
mod frames;
pub mod interpret;
pub mod literal;
pub mod pattern;
pub mod pretty;
mod read;
mod record;
pub mod sifted;
pub mod spool;
pub mod trace;
mod walk;

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::Mutex;
use std::time::SystemTime;

pub use entry::{CommandRecord, Line, LineEnd, LineKind, NoteLevel, Progress};
pub use frames::FrameAt;
pub use literal::LiteralLines;
pub use spool::{Spool, SpoolError};
pub use walk::{Block, Walk, WalkLine, Walked};

use crate::session::{CommandId, Event};
use crate::wire::LiteralHeader;
use block::Checkpoint;
use commands::Commands;
use entry::micros;
use read::Cache;
use record::{OpenFrame, OpenLiteral};

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
    /// Of the blocks that are kept; the last one is being filled.
    checkpoints: VecDeque<Checkpoint>,
    /// The number of the first of them.
    first_block: usize,
    /// The octets of the last block, as far as it is filled.
    filling: Vec<u8>,
    /// Lines were counted of which `filling` has no record: the last ones of this block.
    gap: bool,
    /// The time of the last record.
    micros: i64,
    /// Counts changes to `filling`.
    changes: u64,
    /// Lines ever recorded.
    lines: u64,
    commands: Commands,
    running: HashMap<CommandId, usize>,
    octets: Octets,
    /// The server's frame that is under way.
    frame: Option<OpenFrame>,
    /// The literal that is under way, for each direction.
    open: [Option<OpenLiteral>; 2],
    /// A literal of ours that is announced and of which no octet went out yet.
    announced: Option<LiteralHeader>,
    /// The last line of text from the server.
    last_received: Option<u64>,
    greeted: bool,
    /// The next bytes are the first of a connection.
    fresh: bool,
    /// The first line of each connection.
    starts: Vec<usize>,
    /// Octets that could not be stored since the trouble began.
    lost: Option<u64>,
    /// Lines were dropped, and nobody said so yet.
    dropped_unsaid: bool,
    /// The line that said so last.
    said_dropped: Option<u64>,
    /// When a disk that is full was last asked for room.
    tried: Option<SystemTime>,
    cache: Mutex<Cache>,
}

impl Transcript {
    /// An empty one, with a spool where [`Spool::new`] makes it.
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
            checkpoints: VecDeque::new(),
            first_block: 0,
            filling: Vec::new(),
            gap: false,
            micros: 0,
            changes: 0,
            lines: 0,
            commands: Commands::default(),
            running: HashMap::new(),
            octets: Octets::default(),
            frame: None,
            open: [None, None],
            announced: None,
            last_received: None,
            greeted: false,
            fresh: true,
            starts: Vec::new(),
            lost: None,
            dropped_unsaid: false,
            said_dropped: None,
            tried: None,
            cache: Mutex::default(),
        }
    }

    /// Keeps at most so many octets on disk: beyond that the oldest lines go, and a note says so.
    pub fn set_limit(&mut self, octets: u64) {
        self.spool.set_limit(octets);
    }

    /// Whether what is kept lies in memory, because neither `$TMPDIR` nor `/var/tmp` is a disk.
    pub fn is_in_memory(&self) -> bool {
        self.spool.in_memory()
    }

    /// A new connection begins: what was under way on the last one never ends, and command ids may
    /// come again.
    pub fn connection_opened(&mut self) {
        for (_, index) in self.running.drain() {
            self.commands.abandon(index);
        }
        self.frame = None;
        for side in 0..2 {
            self.close_literal(side);
        }
        self.announced = None;
        self.greeted = false;
        self.fresh = true;
    }

    /// Takes an event of the session. Call it for every one, in order.
    pub fn record(&mut self, at: SystemTime, event: &Event) {
        if self.fresh && matches!(event, Event::Received(_) | Event::Sent { .. }) {
            self.fresh = false;
            self.starts.push(self.len());
        }
        match event {
            Event::Received(piece) => self.received(at, piece),
            Event::Sent {
                command,
                piece,
                masked,
            } => self.sent(at, *command, piece, *masked),
            Event::Started {
                command,
                origin,
                verb,
                ..
            } => {
                let index = self.commands.begin(verb, *origin, micros(at), self.lines);
                self.running.insert(*command, index);
            }
            Event::Response { response, command } => self.tie(response, *command),
            Event::Completed {
                command,
                status,
                elapsed,
            } => {
                if let Some(index) = self.running.remove(command) {
                    self.commands
                        .complete(index, status.status, *elapsed, self.last_received);
                }
            }
            Event::Abandoned { command } => {
                if let Some(index) = self.running.remove(command) {
                    self.commands.abandon(index);
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

    /// Octets that passed.
    pub fn octets(&self) -> Octets {
        self.octets
    }
}
