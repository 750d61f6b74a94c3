//! COMPRESS (RFC 4978): from the octet behind its tagged OK on, everything is compressed, both ways.

use super::{Event, Session};

/// What came behind the OK before the driver has switched.
#[derive(Debug, Default)]
pub(super) struct Switch(Option<Vec<u8>>);

impl Switch {
    /// The OK came.
    pub fn begin(&mut self) {
        self.0 = Some(Vec::new());
    }

    /// Whether nothing may be sent or read as text: the driver has not switched yet.
    pub fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Keeps octets that belong to the compressed line. Whether they were taken.
    pub fn keep(&mut self, bytes: &[u8]) -> bool {
        match &mut self.0 {
            Some(kept) => {
                kept.extend_from_slice(bytes);
                true
            }
            None => false,
        }
    }
}

impl Session {
    /// The line is compressed now, from [`Event::Compress`] on: what is handed out is to be compressed, what
    /// is given to [`Session::handle_input`] has been decompressed. Returns the octets that had come
    /// behind the OK already: they are compressed, and the first to decompress.
    pub fn compression_started(&mut self, now: std::time::Instant) -> Vec<u8> {
        self.tick(now);
        self.switch.0.take().unwrap_or_default()
    }

    pub(super) fn compression_agreed(&mut self, command: super::CommandId) {
        self.switch.begin();
        self.events.push_back(Event::Compress { command });
    }
}
