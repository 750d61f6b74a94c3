//! How eagerly the socket is read. Who waits for it wakes for every packet of a flood, as often as the server
//! writes, and a server on the same machine pays half of that; a flood that is left alone for a moment comes in
//! full buffers.

use std::time::{Duration, Instant};

/// How long a flood is left alone when it has been read empty. Less than anyone sees, and less than fills the
/// socket's buffer.
const REST: Duration = Duration::from_micros(400);
/// So many octets within [`WHILE`] are a flood.
const FLOOD: usize = 1024 * 1024;
const WHILE: Duration = Duration::from_millis(50);

/// Counts what comes.
#[derive(Debug, Default)]
pub(super) struct Pace {
    began: Option<Instant>,
    octets: usize,
    flood: bool,
    /// It was read empty.
    tired: bool,
}

impl Pace {
    /// So many octets were read, into a buffer of `room`.
    pub fn read(&mut self, now: Instant, octets: usize, room: usize) {
        let began = *self.began.get_or_insert(now);
        self.octets = self.octets.saturating_add(octets);
        if now.saturating_duration_since(began) >= WHILE {
            self.flood = self.octets >= FLOOD;
            self.began = Some(now);
            self.octets = 0;
        }
        // A full buffer: there is more already.
        self.tired = self.flood && octets < room;
    }

    /// Before the next read. The thread itself sleeps: the runtime would wake for every packet all the same,
    /// to learn that nobody waits for it.
    pub fn rest(&mut self) {
        if std::mem::take(&mut self.tired) {
            std::thread::sleep(REST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_flood_is_left_alone_and_only_when_it_was_read_empty() {
        let mut now = Instant::now();
        let mut pace = Pace::default();
        pace.read(now, 100, 65_536);
        assert!(!pace.tired, "a line");
        for _ in 0..100 {
            now += Duration::from_millis(1);
            pace.read(now, 65_536, 65_536);
            assert!(!pace.tired, "a full buffer");
        }
        pace.read(now, 16_384, 65_536);
        assert!(pace.tired);
        pace.rest();
        assert!(!pace.tired, "once");
        now += Duration::from_secs(1);
        pace.read(now, 100, 65_536);
        pace.read(now + WHILE, 100, 65_536);
        assert!(!pace.tired, "the flood is over");
    }
}
