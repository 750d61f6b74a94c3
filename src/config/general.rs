//! What concerns the program, not a connection.

use super::settings::{Kind, Layers, Setting};
use crate::safety::SafeMode;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// Unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What concerns the program, not the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct General {
    /// `--color`.
    pub color: Color,
    /// Draw boxes with ASCII.
    pub ascii: bool,
    /// Most octets of a session's transcript on disk; `None`: as by default.
    pub transcript_limit: Option<u64>,
    /// Tell on stderr how the connection is opened.
    pub verbose: bool,
    /// The theme of the full screen.
    pub theme: &'static str,
    /// vi's keys in the editor.
    pub vi: bool,
    /// The full screen takes the mouse.
    pub mouse: bool,
    /// No full screen at all.
    pub plain: bool,
    /// Write nothing to the history.
    pub private: bool,
    /// How careful a session is.
    pub safe: SafeMode,
    /// What safe mode would ask about is confirmed.
    pub yes: bool,
    /// Most commands that the history keeps.
    pub history_size: Option<u32>,
}

impl General {
    /// Out of all layers.
    pub fn new(layers: &Layers<'_>) -> General {
        General {
            color: match layers.text("color") {
                Some("always") => Color::Always,
                Some("never") => Color::Never,
                _ => Color::Auto,
            },
            ascii: layers.is("ascii"),
            transcript_limit: layers
                .number("transcript-limit")
                .map(|mebibytes| u64::from(mebibytes) << 20),
            verbose: layers.is("verbose"),
            theme: theme(layers),
            vi: layers.text("editing") == Some("vi"),
            mouse: layers.is("mouse"),
            plain: layers.is("plain"),
            private: layers.is("private"),
            safe: layers
                .text("safe")
                .and_then(SafeMode::named)
                .unwrap_or_default(),
            yes: layers.is("yes"),
            history_size: layers.number("history-size"),
        }
    }
}

fn theme(layers: &Layers<'_>) -> &'static str {
    let wanted = layers.text("theme").unwrap_or("default");
    match Setting::long("theme").map(|setting| setting.kind) {
        Some(Kind::Choice(names)) => names.iter().find(|name| **name == wanted),
        _ => None,
    }
    .copied()
    .unwrap_or("default")
}
