//! The lines of an unfolded literal, found by reading through it, never by holding it.

use super::Transcript;

/// Longest line handed out, in octets; what is longer comes in pieces.
pub const LINE_LIMIT: u64 = 16 * 1024;
/// One line in so many has its offset remembered.
const SPARSE: usize = 256;
const CHUNK: usize = 64 * 1024;

/// Where the lines of one literal are. A literal that is still coming grows: call
/// [`LiteralLines::scan`] again.
#[derive(Debug, Clone)]
pub struct LiteralLines {
    index: usize,
    /// Offsets of the lines 0, [`SPARSE`], 2 * [`SPARSE`], ...
    checkpoints: Vec<u64>,
    whole: usize,
    line_start: u64,
    scanned: u64,
}

impl LiteralLines {
    /// For the literal at line `index` of the transcript. Nothing is read yet.
    pub(super) fn new(index: usize) -> LiteralLines {
        LiteralLines {
            index,
            checkpoints: vec![0],
            whole: 0,
            line_start: 0,
            scanned: 0,
        }
    }

    /// Reads on through at most `budget` octets; true when all that is stored has been read.
    pub fn scan(&mut self, transcript: &Transcript, budget: u64) -> bool {
        let end = self.scanned.saturating_add(budget);
        while self.scanned < end {
            let chunk = transcript.literal_bytes(self.index, self.scanned, CHUNK);
            if chunk.is_empty() {
                return true;
            }
            let mut rest = chunk.as_slice();
            while !rest.is_empty() {
                let taken = take(rest, LINE_LIMIT - (self.scanned - self.line_start));
                self.scanned += taken.octets as u64;
                if taken.whole {
                    self.line_start = self.scanned;
                    self.whole += 1;
                    if self.whole.is_multiple_of(SPARSE) {
                        self.checkpoints.push(self.scanned);
                    }
                }
                rest = rest.get(taken.octets..).unwrap_or_default();
            }
        }
        transcript
            .literal_bytes(self.index, self.scanned, 1)
            .is_empty()
    }

    /// Octets looked through.
    pub fn scanned(&self) -> u64 {
        self.scanned
    }

    /// The line that octet `offset` is in; `None` while it was not looked through that far.
    pub fn line_at(&self, transcript: &Transcript, offset: u64) -> Option<usize> {
        if offset >= self.scanned {
            return None;
        }
        let checkpoint = self.checkpoints.partition_point(|start| *start <= offset);
        let checkpoint = checkpoint.checked_sub(1)?;
        let mut at = *self.checkpoints.get(checkpoint)?;
        let mut line = checkpoint * SPARSE;
        let mut begun = at;
        while at <= offset {
            let chunk = transcript.literal_bytes(self.index, at, CHUNK);
            if chunk.is_empty() {
                return None;
            }
            let mut rest = chunk.as_slice();
            while !rest.is_empty() {
                let taken = take(rest, LINE_LIMIT - (at - begun));
                at += taken.octets as u64;
                if at > offset {
                    return Some(line);
                }
                if taken.whole {
                    line += 1;
                    begun = at;
                }
                rest = rest.get(taken.octets..).unwrap_or_default();
            }
        }
        Some(line)
    }

    /// The octet that line `line` begins with; `None` while it was not found.
    pub fn offset_of(&self, transcript: &Transcript, line: usize) -> Option<u64> {
        let mut at = *self.checkpoints.get(line / SPARSE)?;
        let mut skip = line % SPARSE;
        let mut begun = at;
        while skip > 0 {
            let chunk = transcript.literal_bytes(self.index, at, CHUNK);
            if chunk.is_empty() {
                return None;
            }
            let mut rest = chunk.as_slice();
            while !rest.is_empty() && skip > 0 {
                let taken = take(rest, LINE_LIMIT - (at - begun));
                at += taken.octets as u64;
                if taken.whole {
                    skip -= 1;
                    begun = at;
                }
                rest = rest.get(taken.octets..).unwrap_or_default();
            }
        }
        Some(at)
    }

    /// Number of lines found so far, an unfinished last one included.
    pub fn len(&self) -> usize {
        self.whole + usize::from(self.scanned > self.line_start)
    }

    /// Whether no line was found (yet).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// At most `count` lines from line `from` on, line ends off.
    pub fn lines(&self, transcript: &Transcript, from: usize, count: usize) -> Vec<Vec<u8>> {
        let count = count.min(self.len().saturating_sub(from));
        let mut out = Vec::with_capacity(count);
        let Some(&start) = self.checkpoints.get(from / SPARSE) else {
            return out;
        };
        let (mut offset, mut skip) = (start, from % SPARSE);
        let mut line = Vec::new();
        while out.len() < count {
            let chunk = transcript.literal_bytes(self.index, offset, CHUNK);
            if chunk.is_empty() {
                // The unfinished last line.
                if !line.is_empty() {
                    out.push(line);
                }
                return out;
            }
            let mut rest = chunk.as_slice();
            while !rest.is_empty() && out.len() < count {
                let taken = take(rest, LINE_LIMIT - line.len() as u64);
                let (bytes, after) = rest.split_at(taken.octets);
                line.extend_from_slice(bytes);
                rest = after;
                offset += taken.octets as u64;
                if taken.whole {
                    let mut whole = std::mem::take(&mut line);
                    if skip > 0 {
                        skip -= 1;
                        continue;
                    }
                    if whole.last() == Some(&b'\n') {
                        whole.pop();
                        if whole.last() == Some(&b'\r') {
                            whole.pop();
                        }
                    }
                    out.push(whole);
                }
            }
        }
        out
    }
}

struct Taken {
    octets: usize,
    whole: bool,
}

/// How much of `bytes` (not empty) belongs to the current line, which may grow by `room` octets.
fn take(bytes: &[u8], room: u64) -> Taken {
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
    let full = room < bytes.len();
    match memchr::memchr(b'\n', bytes.get(..room).unwrap_or_default()) {
        Some(at) => Taken {
            octets: at + 1,
            whole: true,
        },
        None if full => Taken {
            octets: room,
            whole: true,
        },
        None => Taken {
            octets: room,
            whole: false,
        },
    }
}
