//! Tags (RFC 9051 section 2.2.1).

use std::fmt;

/// A command tag as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Vec<u8>);

impl Tag {
    /// A tag: 1*<any ASTRING-CHAR except "+">. `None` if `bytes` are not one.
    pub fn new(bytes: &[u8]) -> Option<Tag> {
        let good = |b: &u8| b.is_ascii_graphic() && !b"(){%*\"\\+".contains(b);
        (!bytes.is_empty() && bytes.iter().all(good)).then(|| Tag(bytes.to_vec()))
    }

    /// The tag's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// Makes tags: a letter and a number of at least four digits (`A0001`, `P0001`).
#[derive(Debug, Clone)]
pub struct TagGenerator {
    prefix: char,
    next: u64,
}

impl TagGenerator {
    /// A generator that starts at `<prefix>0001`.
    pub fn new(prefix: char) -> TagGenerator {
        TagGenerator { prefix, next: 1 }
    }

    /// A generator that goes on behind `<prefix><number>`.
    pub fn after(prefix: char, number: u64) -> TagGenerator {
        TagGenerator {
            prefix,
            next: number.saturating_add(1),
        }
    }

    /// The tag that [`TagGenerator::take`] would give.
    pub fn peek(&self) -> Tag {
        Tag(format!("{}{:04}", self.prefix, self.next).into_bytes())
    }

    /// The next tag.
    pub fn take(&mut self) -> Tag {
        let tag = self.peek();
        self.next += 1;
        tag
    }
}
