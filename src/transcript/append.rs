//! Records to blocks, blocks to the spool. What is kept of a full disk, and of the limit.

use std::time::{Duration, SystemTime};

use super::block::{BLOCK, Carry, Checkpoint, Encoder, HEAD, MOST, NOBODY, UNSOLICITED};
use super::entry::micros;
use super::record::OpenLiteral;
use super::{NoteLevel, Transcript};
use crate::wire::frame::PIECE_LIMIT;

/// While the disk is full a block grows to this, to keep what is known of the lines it loses; then
/// lines are only counted.
const FULL: usize = 2 * MOST;

/// How long a full disk is left alone.
const PATIENCE: Duration = Duration::from_millis(500);

impl Transcript {
    /// Adds a line of our own. Line ends in `text` make several lines.
    pub fn note(&mut self, at: SystemTime, level: NoteLevel, text: &str) {
        self.note_of(at, level, text, None);
    }

    /// The same; the lines belong to command `index`.
    pub fn note_of(&mut self, at: SystemTime, level: NoteLevel, text: &str, index: Option<usize>) {
        let owner = index
            .and_then(|i| u32::try_from(i).ok())
            .filter(|i| *i < UNSOLICITED)
            .unwrap_or(NOBODY);
        for line in text.lines() {
            let cut = line.as_bytes().get(..PIECE_LIMIT);
            self.note_line(at, level, owner, cut.unwrap_or(line.as_bytes()));
            if let Some(index) = index.filter(|_| owner != NOBODY) {
                self.commands.reach(index, self.lines.saturating_sub(1));
            }
        }
        self.say_dropped(at);
    }

    fn note_line(&mut self, at: SystemTime, level: NoteLevel, owner: u32, text: &[u8]) {
        // A note is worth having though nothing else can be stored: it loses nothing to try.
        if self.filling.len() + text.len() + HEAD > BLOCK && !self.filling.is_empty() {
            let _ = self.write();
        }
        self.put(at, text.len(), |encoder| encoder.note(level, owner, text));
        self.lines += 1;
    }

    /// Sees to it that `length` octets of what passed find room. `false`: they are lost, and that is
    /// noted, and told when it began and when it is over.
    pub(super) fn room(&mut self, at: SystemTime, length: usize) -> bool {
        // After trouble nothing is taken until a write succeeded.
        let full = self.lost.is_some() || self.filling.len() + length + HEAD > BLOCK;
        let full = full && !self.filling.is_empty();
        let outcome = if !self.spool.is_there() {
            Err(std::io::Error::other("there is no temporary file"))
        } else if full && self.lost.is_some() && !self.may_try(at) {
            Err(std::io::ErrorKind::StorageFull.into())
        } else if full {
            self.write()
        } else {
            Ok(())
        };
        match (outcome, self.lost) {
            (Ok(()), None) => true,
            (Ok(()), Some(lost)) => {
                self.lost = None;
                let text = format!("There is room again; {lost} octets were not stored.");
                self.put(at, text.len(), |e| {
                    e.note(NoteLevel::Info, NOBODY, text.as_bytes())
                });
                self.lines += 1;
                true
            }
            (Err(_), Some(lost)) => {
                self.lost = Some(lost.saturating_add(length as u64));
                false
            }
            (Err(error), None) => {
                self.lost = Some(length as u64);
                let text = format!(
                    "What passes cannot be stored: {error}. The session goes on, but these lines cannot \
                     be shown. Make room in $TMPDIR (or /var/tmp)."
                );
                self.put(at, text.len(), |e| {
                    e.note(NoteLevel::Alarm, NOBODY, text.as_bytes())
                });
                self.lines += 1;
                false
            }
        }
    }

    /// A full disk is slow to say that it is: it is not asked more often than every [`PATIENCE`].
    fn may_try(&mut self, at: SystemTime) -> bool {
        let waits = self
            .tried
            .is_some_and(|tried| at.duration_since(tried).is_ok_and(|since| since < PATIENCE));
        if !waits {
            self.tried = Some(at);
        }
        !waits
    }

    /// How many octets of a literal go into this block; a few at its end are not worth a record.
    pub(super) fn room_for_octets(&self) -> usize {
        let left = BLOCK.saturating_sub(self.filling.len() + HEAD);
        if left < BLOCK / 16 {
            BLOCK - HEAD
        } else {
            left
        }
    }

    /// Writes a record behind the last one. `None`: there is no room left even for that.
    pub(super) fn put<T>(
        &mut self,
        at: SystemTime,
        length: usize,
        write: impl FnOnce(&mut Encoder<'_>) -> T,
    ) -> Option<T> {
        let micros = micros(at);
        if self.filling.is_empty() {
            self.begin(micros);
        } else if self.gap || self.filling.len() + length + HEAD > FULL {
            // Nothing may follow a line that has no record, or it would be taken for that line.
            self.gap = true;
            return None;
        }
        let passed = micros.wrapping_sub(self.micros);
        self.micros = micros;
        self.changes += 1;
        let block = self.checkpoints.back_mut()?;
        Some(write(&mut Encoder {
            out: &mut self.filling,
            passed,
            cut: &mut block.cut,
        }))
    }

    /// A new block begins.
    fn begin(&mut self, micros: i64) {
        self.micros = micros;
        let carry = |open: &Option<OpenLiteral>| {
            open.as_ref().map(|literal| Carry {
                line: literal.line,
                offset: literal.stored,
                command: literal.command,
            })
        };
        self.checkpoints.push_back(Checkpoint {
            start: self.spool.end(),
            length: 0,
            frame: NOBODY,
            first_line: self.lines,
            micros,
            open: [carry(&self.open[0]), carry(&self.open[1])],
            cut: false,
        });
    }

    /// The block that is filled goes to the spool; if it cannot, it stays as it is.
    fn write(&mut self) -> std::io::Result<()> {
        self.spool.append(&self.filling)?;
        if let Some(last) = self.checkpoints.back_mut() {
            last.length = u32::try_from(self.filling.len()).unwrap_or(u32::MAX);
        }
        self.filling.clear();
        self.gap = false;
        self.changes += 1;
        self.spool.make_room(MOST as u64);
        self.forget();
        Ok(())
    }

    /// What the spool gave back to the disk is forgotten here, too.
    fn forget(&mut self) {
        let start = self.spool.start();
        let before = self.first_block;
        while self.checkpoints.front().is_some_and(|c| c.start < start) {
            self.checkpoints.pop_front();
            self.first_block += 1;
        }
        if self.first_block > before {
            self.commands.forget_before(self.first_line() as u64);
            // Said again when what said it is gone, too.
            let first = self.first_line() as u64;
            self.dropped_unsaid |= self.said_dropped.is_none_or(|line| line < first);
            if let Ok(cache) = self.cache.get_mut() {
                cache.forget(|number| number < self.first_block);
            }
        }
    }

    /// Says once that the oldest lines are gone.
    pub(super) fn say_dropped(&mut self, at: SystemTime) {
        if std::mem::take(&mut self.dropped_unsaid) {
            let text = format!(
                "The oldest lines are dropped: the transcript keeps {} MiB on disk at most \
                 (transcript-limit).",
                self.spool.limit() >> 20
            );
            self.said_dropped = Some(self.lines);
            self.note_line(at, NoteLevel::Warning, NOBODY, text.as_bytes());
        }
    }

    /// Writes `bytes` over what stands at `position` of the spool.
    pub(super) fn patch(&mut self, position: u64, bytes: &[u8]) {
        let filling = self.checkpoints.back().map_or(0, |c| c.start);
        self.changes += 1;
        match position.checked_sub(filling) {
            Some(offset) => {
                let place = usize::try_from(offset)
                    .ok()
                    .and_then(|at| self.filling.get_mut(at..at + bytes.len()));
                if let Some(place) = place {
                    place.copy_from_slice(bytes);
                }
            }
            None if position >= self.spool.start() => {
                // It was written once, so it takes no room: if it fails the disk is broken, and the line says
                // less than it could.
                let _ = self.spool.patch(position, bytes);
                let checkpoints = &self.checkpoints;
                let block = checkpoints.partition_point(|c| c.start <= position);
                let number = self.first_block + block.saturating_sub(1);
                if let Ok(cache) = self.cache.get_mut() {
                    cache.forget(|n| n == number);
                }
            }
            None => {}
        }
    }

    /// The position in the spool of an offset in the block that is filled.
    pub(super) fn position(&self, offset: usize) -> u64 {
        self.checkpoints.back().map_or(0, |c| c.start) + offset as u64
    }
}
