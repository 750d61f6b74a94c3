//! Mailbox names as sent and as shown (RFC 3501 section 5.1.3, RFC 9051 section 5.1).

use std::fmt;
use std::hash::{Hash, Hasher};

use super::mutf7;

/// A mailbox name: the octets that go over the wire, never changed, and the text that people read.
///
/// Equal if the octets are, but for INBOX, which is one name in any case (RFC 9051 section 5.1).
#[derive(Debug, Clone)]
pub struct MailboxName {
    wire: Vec<u8>,
}

impl MailboxName {
    /// As a server sent it, string quoting taken off.
    pub fn from_wire(wire: impl Into<Vec<u8>>) -> MailboxName {
        MailboxName { wire: wire.into() }
    }

    /// From what a person typed. `utf8`: names travel as UTF-8 (IMAP4rev2 or UTF8=ACCEPT is enabled),
    /// else as modified UTF-7.
    pub fn from_shown(text: &str, utf8: bool) -> MailboxName {
        let wire = if utf8 {
            text.to_owned()
        } else {
            mutf7::encode(text)
        };
        MailboxName {
            wire: wire.into_bytes(),
        }
    }

    /// The octets for the wire.
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// The text to show: modified UTF-7 decoded where it is canonical, else UTF-8 as it is, with
    /// `\xNN` for octets that are none. A name that only looks like another keeps its own look.
    /// Not safe for a terminal as it stands.
    pub fn shown(&self) -> String {
        match mutf7::decode(&self.wire) {
            Ok(text) if mutf7::encode(&text).as_bytes() == self.wire => text,
            _ => self.in_utf8(),
        }
    }

    /// The octets as UTF-8, `\xNN` for those that are none: two invalid names stay two.
    fn in_utf8(&self) -> String {
        let mut text = String::with_capacity(self.wire.len());
        for chunk in self.wire.utf8_chunks() {
            text.push_str(chunk.valid());
            for octet in chunk.invalid() {
                text.push_str(&format!("\\x{octet:02x}"));
            }
        }
        text
    }

    /// Whether it is the INBOX, in any case.
    pub fn is_inbox(&self) -> bool {
        self.wire.eq_ignore_ascii_case(b"INBOX")
    }

    /// The levels of hierarchy between `delimiter`s; the whole name if there is none. Runs of
    /// modified UTF-7 hold no delimiter: `.` and `/` are not in its alphabet.
    pub fn levels(&self, delimiter: Option<char>) -> Vec<&[u8]> {
        match delimiter {
            Some(delimiter) => {
                let mut buffer = [0; 4];
                let delimiter = delimiter.encode_utf8(&mut buffer).as_bytes();
                let mut levels = Vec::new();
                let mut from = 0;
                for at in memchr::memmem::find_iter(&self.wire, delimiter) {
                    levels.push(self.wire.get(from..at).unwrap_or_default());
                    from = at + delimiter.len();
                }
                levels.push(self.wire.get(from..).unwrap_or_default());
                levels
            }
            None => vec![&self.wire],
        }
    }

    /// The mailbox above; `None` at the top.
    pub fn parent(&self, delimiter: Option<char>) -> Option<MailboxName> {
        let delimiter = delimiter?;
        let mut buffer = [0; 4];
        let at = memchr::memmem::rfind(&self.wire, delimiter.encode_utf8(&mut buffer).as_bytes())?;
        Some(MailboxName {
            wire: self.wire.get(..at)?.to_vec(),
        })
    }

    /// The last level, as [`MailboxName::shown`].
    pub fn leaf(&self, delimiter: Option<char>) -> String {
        let leaf = self
            .levels(delimiter)
            .last()
            .map_or_else(Vec::new, |level| level.to_vec());
        MailboxName { wire: leaf }.shown()
    }
}

impl PartialEq for MailboxName {
    fn eq(&self, other: &MailboxName) -> bool {
        self.wire == other.wire || (self.is_inbox() && other.is_inbox())
    }
}

impl Eq for MailboxName {}

impl Hash for MailboxName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if self.is_inbox() {
            b"INBOX"[..].hash(state);
        } else {
            self.wire.hash(state);
        }
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}
