//! Message flags (RFC 9051 section 2.3.2): system flags and keywords.

use std::fmt;

/// A flag as it stands in FLAGS, PERMANENTFLAGS or STORE. Case does not matter for comparing.
#[derive(Debug, Clone)]
pub enum Flag {
    /// `\Answered`
    Answered,
    /// `\Flagged`
    Flagged,
    /// `\Deleted`
    Deleted,
    /// `\Seen`
    Seen,
    /// `\Draft`
    Draft,
    /// `\Recent` (IMAP4rev1): nobody can set it.
    Recent,
    /// `\*` in PERMANENTFLAGS: the client may make new keywords.
    Any,
    /// Any other that begins with a backslash, as sent.
    Extension(String),
    /// A keyword (`$Junk`, `NonJunk`), as sent.
    Keyword(String),
}

const SYSTEM: [(&str, Flag); 7] = [
    ("\\Answered", Flag::Answered),
    ("\\Flagged", Flag::Flagged),
    ("\\Deleted", Flag::Deleted),
    ("\\Seen", Flag::Seen),
    ("\\Draft", Flag::Draft),
    ("\\Recent", Flag::Recent),
    ("\\*", Flag::Any),
];

impl Flag {
    /// Reads a flag as sent.
    pub fn new(text: &str) -> Flag {
        let known = SYSTEM
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        match known {
            Some((_, flag)) => flag.clone(),
            None if text.starts_with('\\') => Flag::Extension(text.to_owned()),
            None => Flag::Keyword(text.to_owned()),
        }
    }

    /// Whether it begins with a backslash.
    pub fn is_system(&self) -> bool {
        !matches!(self, Flag::Keyword(_))
    }

    /// As it goes over the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Flag::Answered => "\\Answered",
            Flag::Flagged => "\\Flagged",
            Flag::Deleted => "\\Deleted",
            Flag::Seen => "\\Seen",
            Flag::Draft => "\\Draft",
            Flag::Recent => "\\Recent",
            Flag::Any => "\\*",
            Flag::Extension(text) | Flag::Keyword(text) => text,
        }
    }
}

impl PartialEq for Flag {
    fn eq(&self, other: &Flag) -> bool {
        self.as_str().eq_ignore_ascii_case(other.as_str())
    }
}

impl Eq for Flag {}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
