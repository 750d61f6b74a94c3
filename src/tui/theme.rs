//! Roles to colours. By default only the sixteen terminal colours, so that light and dark both hold, and
//! no colour carries a meaning alone: labels, status words and marks say it too.
//!
//! To add a colour: a row in the table below. The named themes are made from its first column.

mod own;

use ratatui::style::{Color, Modifier, Style};

use crate::config::ConfigError;
use crate::config::sections::Section;

macro_rules! roles {
    ($($(#[$about:meta])* $role:ident: $coloured:expr, $plain:expr;)*) => {
        /// One style per role.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Theme {
            $($(#[$about])* pub $role: Style,)*
        }

        /// The roles, as `[theme]` in the config file calls them.
        pub const ROLES: &[&str] = &[$(stringify!($role),)*];

        impl Theme {
            /// The sixteen colours, as the terminal has them.
            pub fn coloured() -> Theme {
                Theme { $($role: $coloured,)* }
            }

            /// No colour at all (`NO_COLOR`, `--color never`): bold, dim and reversed only.
            pub fn plain() -> Theme {
                Theme { $($role: $plain,)* }
            }

            /// The style of a role.
            fn role(&mut self, name: &str) -> Option<&mut Style> {
                match name {
                    $(stringify!($role) => Some(&mut self.$role),)*
                    _ => None,
                }
            }
        }
    };
}

const NONE: Style = Style::new();
const BOLD: Style = NONE.add_modifier(Modifier::BOLD);
const DIM: Style = NONE.add_modifier(Modifier::DIM);
const UNDERLINED: Style = NONE.add_modifier(Modifier::UNDERLINED);
const REVERSED: Style = NONE.add_modifier(Modifier::REVERSED);

const fn fg(colour: Color) -> Style {
    NONE.fg(colour)
}

const fn bold(colour: Color) -> Style {
    BOLD.fg(colour)
}

roles! {
    /// Ordinary text, and the ground of everything.
    text: NONE, NONE;
    /// A pane's border and its title.
    border: fg(Color::DarkGray), DIM;
    /// The border of the pane in focus.
    focused: fg(Color::Cyan), BOLD;
    /// Over both: safe mode is readonly.
    frame_readonly: fg(Color::Green), NONE;
    /// Over both: safe mode is off.
    frame_off: fg(Color::Red), NONE;
    /// The line or row at the cursor.
    cursor: REVERSED, REVERSED;
    /// `C:`
    client: bold(Color::Cyan), BOLD;
    /// What we sent.
    sent: fg(Color::Cyan), NONE;
    /// `S:`
    server: fg(Color::Green), NONE;
    /// What the server sent.
    received: NONE, NONE;
    /// A tag.
    tag: BOLD, BOLD;
    /// OK.
    ok: bold(Color::Green), BOLD;
    /// NO.
    no: bold(Color::Yellow), BOLD;
    /// BAD, BYE.
    bad: bold(Color::Red), BOLD;
    /// A literal, folded or not.
    literal: fg(Color::LightBlue), NONE;
    /// `\x1b`: something that cannot be shown.
    escape: fg(Color::Magenta), UNDERLINED;
    /// `********`.
    secret: fg(Color::Magenta), NONE;
    /// Data nobody asked for.
    event: bold(Color::Magenta), BOLD;
    /// Commands the program sent by itself.
    program: fg(Color::DarkGray), DIM;
    /// A note.
    note: fg(Color::LightBlue), NONE;
    /// A warning.
    warning: fg(Color::Yellow), BOLD;
    /// An alarm, an unsafe line, `not logged in`.
    danger: bold(Color::Red), BOLD;
    /// Times, counts, hints: what one reads last.
    dim: fg(Color::DarkGray), DIM;
    /// A key in a hint.
    key: BOLD, BOLD;
    /// A heading.
    heading: BOLD, BOLD;
    /// A hit of the search or of the filter.
    hit: fg(Color::Black).bg(Color::Yellow), BOLD.add_modifier(Modifier::UNDERLINED);
    /// The hit one is at; a mark.
    found: fg(Color::Black).bg(Color::LightGreen), BOLD.add_modifier(Modifier::REVERSED);
    /// Plain text that stands for a code of the wire.
    decoded: UNDERLINED.fg(Color::LightMagenta), UNDERLINED.add_modifier(Modifier::ITALIC);
    /// In the editor: a command's name.
    verb: bold(Color::Cyan), BOLD;
    /// In the editor: a word of the syntax, a fetch item, a search key.
    word: fg(Color::Cyan), NONE;
    /// In the editor: a mailbox.
    mailbox: fg(Color::Green), NONE;
    /// In the editor: a flag or keyword.
    flag: fg(Color::Yellow), NONE;
    /// In the editor: a number, a sequence set, a date.
    number: fg(Color::Magenta), NONE;
    /// In the editor: any other string.
    string: fg(Color::LightBlue), NONE;
    /// In the editor: what is wrong.
    wrong: UNDERLINED.fg(Color::Red), UNDERLINED;
    /// In the editor: the bracket or quote that belongs to the one at the cursor.
    pair: UNDERLINED.add_modifier(Modifier::BOLD), UNDERLINED;
    /// In the editor: what the history suggests.
    suggestion: fg(Color::DarkGray), DIM;
}

/// The themes that have a name.
pub const NAMES: [&str; 4] = ["default", "dark", "light", "high-contrast"];

impl Theme {
    /// The theme of a name of [`NAMES`].
    pub fn named(name: &str) -> Option<Theme> {
        Some(match name {
            "default" => Theme::coloured(),
            "dark" => Theme::coloured().mapped(own::on_dark),
            "light" => Theme::coloured().mapped(own::on_light),
            "high-contrast" => own::high_contrast(),
            _ => return None,
        })
    }

    fn mapped(mut self, colour: fn(Color) -> Color) -> Theme {
        for role in ROLES {
            if let Some(style) = self.role(role) {
                style.fg = style.fg.map(colour);
                style.bg = style.bg.map(colour);
            }
        }
        self
    }

    /// The theme with the user's own colours from `[theme]` over it.
    ///
    /// # Errors
    /// The first word that is no role or no colour, with its place in the file.
    pub fn with(mut self, section: &Section) -> Result<Theme, ConfigError> {
        for entry in &section.entries {
            if let Some(table) = &entry.table {
                return Err(table.wrong(format!(
                    "[theme] has no tables in it: write {} = \"bold red\"",
                    entry.key.text
                )));
            }
            let style = own::style(&entry.value)?;
            match self.role(&entry.key.text) {
                Some(role) => *role = style,
                None => {
                    let near = crate::config::near::hint(&entry.key.text, ROLES.iter().copied());
                    let all = ROLES.join(", ");
                    return Err(entry.key.wrong(format!(
                        "there is no colour for {:?}; there are {all}{near}",
                        entry.key.text
                    )));
                }
            }
        }
        Ok(self)
    }

    /// Without any colour, what is bold and reversed kept: the user's own theme under `NO_COLOR`.
    pub fn without_colour(mut self) -> Theme {
        let mut plain = Theme::plain();
        for role in ROLES {
            let kept = plain.role(role).copied().unwrap_or_default();
            if let Some(style) = self.role(role) {
                style.add_modifier |= kept.add_modifier;
                (style.fg, style.bg, style.underline_color) = (None, None, None);
            }
        }
        self
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
    /// `theme`, or what is left of it; `no_color` is whether the environment has a `NO_COLOR` that is not
    /// empty.
    pub fn of(self, theme: Theme, no_color: bool) -> Theme {
        match self {
            ColorChoice::Always => theme,
            ColorChoice::Auto if !no_color => theme,
            ColorChoice::Auto | ColorChoice::Never if theme == Theme::coloured() => Theme::plain(),
            ColorChoice::Auto | ColorChoice::Never => theme.without_colour(),
        }
    }
}

/// How a theme's name becomes a theme here.
#[derive(Debug, Clone, Default)]
pub struct Colours {
    /// The user's own, over every theme.
    pub own: Section,
    /// `--color`.
    pub choice: ColorChoice,
    /// `NO_COLOR` is set.
    pub no_color: bool,
}

impl Colours {
    /// The theme of this name, as far as colours are wanted.
    pub fn named(&self, name: &str) -> Option<Theme> {
        let theme = Theme::named(name)?.with(&self.own).ok()?;
        Some(self.choice.of(theme, self.no_color))
    }
}
