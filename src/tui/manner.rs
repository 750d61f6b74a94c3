//! How the lines of the transcript are shown: what its keys toggle.

use std::time::SystemTime;

/// What is shown of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// As it passed.
    #[default]
    Wire,
    /// Long lists broken into rows.
    Pretty,
    /// Its octets.
    Hex,
}

/// Which times are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Times {
    /// The time of day.
    #[default]
    Clock,
    /// Since the transcript began.
    Since,
    /// Since the line before.
    Delta,
    /// None.
    Off,
}

impl Times {
    /// The one that `t` comes to.
    pub fn next(self) -> Times {
        match self {
            Times::Clock => Times::Since,
            Times::Since => Times::Delta,
            Times::Delta => Times::Off,
            Times::Off => Times::Clock,
        }
    }
}

/// All of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    /// What is shown of a line.
    pub form: Form,
    /// Mailbox names, encoded words and challenges in plain text.
    pub decoded: bool,
    /// Each command under a heading; `None`: where there is room.
    pub grouped: Option<bool>,
    /// Long lines go on in the next row, or are cut.
    pub wrap: bool,
    /// Columns that are off at the left, where lines are cut.
    pub column: usize,
    /// Which times.
    pub times: Times,
    /// When the transcript began.
    pub start: Option<SystemTime>,
}

impl Default for Manner {
    fn default() -> Manner {
        Manner {
            form: Form::Wire,
            decoded: false,
            grouped: None,
            wrap: true,
            column: 0,
            times: Times::Clock,
            start: None,
        }
    }
}
