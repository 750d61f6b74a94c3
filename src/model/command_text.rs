//! The mailbox names in a command as it was sent, read from its masked text.

use crate::wire::Frame;

/// Whether the model wants to know what this verb was said about.
pub fn matters(verb: &str) -> bool {
    matches!(
        verb,
        "LOGIN"
            | "AUTHENTICATE"
            | "SELECT"
            | "EXAMINE"
            | "CREATE"
            | "DELETE"
            | "RENAME"
            | "SUBSCRIBE"
            | "UNSUBSCRIBE"
            | "LIST"
            | "LSUB"
    )
}

/// The first arguments of a command, quoting taken off.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandText {
    arguments: Vec<Vec<u8>>,
}

/// More arguments than this are not needed.
const ARGUMENTS: usize = 2;

impl CommandText {
    /// From a whole command, tag and verb included.
    pub fn read(frame: &Frame, verb: &str) -> CommandText {
        let mut words = Words { frame, at: 0 };
        // The tag, unless the line was sent without one.
        let first = words.next();
        if !first.is_some_and(|w| w.eq_ignore_ascii_case(verb.as_bytes())) {
            words.next();
        }
        CommandText {
            arguments: words.take(ARGUMENTS).collect(),
        }
    }

    /// Whether there is no argument.
    pub fn is_empty(&self) -> bool {
        self.arguments.is_empty()
    }

    /// The first argument.
    pub fn first(&self) -> Option<&[u8]> {
        self.arguments.first().map(Vec::as_slice)
    }

    /// The second argument.
    pub fn second(&self) -> Option<&[u8]> {
        self.arguments.get(1).map(Vec::as_slice)
    }
}

/// Atoms, quoted strings and literals, one after the other. Lists are read as atoms.
struct Words<'a> {
    frame: &'a Frame,
    at: usize,
}

impl Iterator for Words<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let bytes = &self.frame.bytes;
        while bytes.get(self.at).is_some_and(|b| b" \t\r\n".contains(b)) {
            self.at += 1;
        }
        match bytes.get(self.at)? {
            b'"' => {
                self.at += 1;
                let mut word = Vec::new();
                loop {
                    let byte = *bytes.get(self.at)?;
                    self.at += 1;
                    match byte {
                        b'"' => return Some(word),
                        b'\\' => {
                            word.push(*bytes.get(self.at)?);
                            self.at += 1;
                        }
                        _ => word.push(byte),
                    }
                }
            }
            b'{' | b'~' => {
                let span = self.frame.literals.iter().find(|l| l.start > self.at)?;
                let size = usize::try_from(span.header.size).ok()?;
                let end = span.start.checked_add(size).filter(|_| span.kept)?;
                let word = bytes.get(span.start..end)?.to_vec();
                self.at = end;
                Some(word)
            }
            _ => {
                let rest = bytes.get(self.at..)?;
                let end = rest
                    .iter()
                    .position(|b| b" \r\n".contains(b))
                    .unwrap_or(rest.len());
                let word = rest.get(..end)?.to_vec();
                self.at += end;
                Some(word)
            }
        }
    }
}
