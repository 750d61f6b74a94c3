//! The three modes.

use std::fmt;

/// How careful a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SafeMode {
    /// Nothing on the server is changed.
    ReadOnly,
    /// What destroys is asked about.
    #[default]
    Confirm,
    /// Nothing is asked.
    Off,
}

impl SafeMode {
    /// All of them, the strictest first.
    pub const ALL: [SafeMode; 3] = [SafeMode::ReadOnly, SafeMode::Confirm, SafeMode::Off];

    /// As it is written: `readonly`, `confirm`, `off`.
    pub fn name(self) -> &'static str {
        match self {
            SafeMode::ReadOnly => "readonly",
            SafeMode::Confirm => "confirm",
            SafeMode::Off => "off",
        }
    }

    /// The mode of this name.
    pub fn named(name: &str) -> Option<SafeMode> {
        SafeMode::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// What it means: one sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            SafeMode::ReadOnly => {
                "Safe mode is readonly: SELECT becomes EXAMINE, and what writes is not sent."
            }
            SafeMode::Confirm => {
                "Safe mode is confirm: what destroys shows what it would hit, and asks."
            }
            SafeMode::Off => "Safe mode is off: nothing is asked.",
        }
    }
}

impl fmt::Display for SafeMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
