//! Roles to colours. Only the sixteen terminal colours, so that light and dark both hold, and no
//! colour carries a meaning alone: labels, status words and marks say it too.

use ratatui::style::{Color, Modifier, Style};

/// One field per role. To add a colour: a field here, with a value in [`Theme::coloured`] and one
/// without colour in [`Theme::plain`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Ordinary text.
    pub text: Style,
    /// A pane's border and its title.
    pub border: Style,
    /// The border of the pane in focus.
    pub focused: Style,
    /// The line or row at the cursor.
    pub cursor: Style,
    /// `C:`
    pub client: Style,
    /// What we sent.
    pub sent: Style,
    /// `S:`
    pub server: Style,
    /// What the server sent.
    pub received: Style,
    /// A tag.
    pub tag: Style,
    /// OK.
    pub ok: Style,
    /// NO.
    pub no: Style,
    /// BAD, BYE.
    pub bad: Style,
    /// A literal, folded or not.
    pub literal: Style,
    /// `\x1b`: something that cannot be shown.
    pub escape: Style,
    /// `********`.
    pub secret: Style,
    /// Data nobody asked for.
    pub event: Style,
    /// Commands the program sent by itself.
    pub program: Style,
    /// A note.
    pub note: Style,
    /// A warning.
    pub warning: Style,
    /// An alarm, an unsafe line, `not logged in`.
    pub danger: Style,
    /// Times, counts, hints: what one reads last.
    pub dim: Style,
    /// A key in a hint.
    pub key: Style,
    /// A heading.
    pub heading: Style,
}

impl Theme {
    /// The sixteen colours.
    pub fn coloured() -> Theme {
        let fg = |c: Color| Style::new().fg(c);
        Theme {
            text: Style::new(),
            border: fg(Color::DarkGray),
            focused: fg(Color::Cyan),
            cursor: Style::new().add_modifier(Modifier::REVERSED),
            client: fg(Color::Cyan).add_modifier(Modifier::BOLD),
            sent: fg(Color::Cyan),
            server: fg(Color::Green),
            received: Style::new(),
            tag: Style::new().add_modifier(Modifier::BOLD),
            ok: fg(Color::Green).add_modifier(Modifier::BOLD),
            no: fg(Color::Yellow).add_modifier(Modifier::BOLD),
            bad: fg(Color::Red).add_modifier(Modifier::BOLD),
            literal: fg(Color::LightBlue),
            escape: fg(Color::Magenta),
            secret: fg(Color::Magenta),
            event: fg(Color::Magenta).add_modifier(Modifier::BOLD),
            program: fg(Color::DarkGray),
            note: fg(Color::LightBlue),
            warning: fg(Color::Yellow),
            danger: fg(Color::Red).add_modifier(Modifier::BOLD),
            dim: fg(Color::DarkGray),
            key: Style::new().add_modifier(Modifier::BOLD),
            heading: Style::new().add_modifier(Modifier::BOLD),
        }
    }

    /// No colour at all (`NO_COLOR`, `--color never`): bold, dim and reversed only.
    pub fn plain() -> Theme {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let dim = Style::new().add_modifier(Modifier::DIM);
        let none = Style::new();
        Theme {
            text: none,
            border: dim,
            focused: bold,
            cursor: none.add_modifier(Modifier::REVERSED),
            client: bold,
            sent: none,
            server: none,
            received: none,
            tag: bold,
            ok: bold,
            no: bold,
            bad: bold,
            literal: none,
            escape: none.add_modifier(Modifier::UNDERLINED),
            secret: none,
            event: bold,
            program: dim,
            note: none,
            warning: bold,
            danger: bold,
            dim,
            key: bold,
            heading: bold,
        }
    }
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// Colours, unless the environment says `NO_COLOR`.
    #[default]
    Auto,
    /// Colours.
    Always,
    /// None.
    Never,
}

impl ColorChoice {
    /// The theme; `no_color` is whether the environment has a `NO_COLOR` that is not empty.
    pub fn theme(self, no_color: bool) -> Theme {
        match self {
            ColorChoice::Always => Theme::coloured(),
            ColorChoice::Auto if !no_color => Theme::coloured(),
            ColorChoice::Auto | ColorChoice::Never => Theme::plain(),
        }
    }
}
