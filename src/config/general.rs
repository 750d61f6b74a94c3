//! What concerns the program, not a connection.

use super::settings::Layers;

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
    /// Tell on stderr how the connection is opened.
    pub verbose: bool,
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
            verbose: layers.is("verbose"),
        }
    }
}
