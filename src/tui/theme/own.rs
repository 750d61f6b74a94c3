//! The themes beside the default, and the user's own words for colours.

use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};

use super::{ROLES, Theme};
use crate::config::ConfigError;
use crate::config::near;
use crate::config::sections::Word;

/// Light enough for a dark ground, whatever palette the terminal has: of the 256 colours.
pub(super) fn on_dark(colour: Color) -> Color {
    match colour {
        Color::Cyan => Color::Indexed(80),
        Color::Green => Color::Indexed(114),
        Color::Yellow => Color::Indexed(221),
        Color::Red => Color::Indexed(203),
        Color::Magenta => Color::Indexed(176),
        Color::LightBlue => Color::Indexed(111),
        Color::DarkGray => Color::Indexed(245),
        other => other,
    }
}

/// Dark enough for a light ground: at least 4.5 to 1 on white.
pub(super) fn on_light(colour: Color) -> Color {
    match colour {
        Color::Cyan => Color::Indexed(24),
        Color::Green => Color::Indexed(22),
        Color::Yellow => Color::Indexed(94),
        Color::Red => Color::Indexed(124),
        Color::Magenta => Color::Indexed(90),
        Color::LightBlue => Color::Indexed(19),
        Color::DarkGray => Color::Indexed(241),
        other => other,
    }
}

/// White and yellow on black, whatever the terminal has; nothing is dim.
pub(super) fn high_contrast() -> Theme {
    let mut theme = Theme::coloured();
    for name in ROLES {
        if let Some(style) = theme.role(name) {
            let loud = matches!(style.fg, Some(Color::Red | Color::Yellow));
            style.fg = Some(if loud {
                Color::LightYellow
            } else {
                Color::White
            });
            style.bg = Some(Color::Black);
            style.add_modifier.remove(Modifier::DIM);
        }
    }
    theme.focused = Style::new()
        .fg(Color::LightYellow)
        .bg(Color::Black)
        .add_modifier(Modifier::BOLD);
    theme.cursor = Style::new()
        .fg(Color::Black)
        .bg(Color::White)
        .add_modifier(Modifier::BOLD);
    for style in [&mut theme.bad, &mut theme.danger] {
        *style = Style::new()
            .fg(Color::Black)
            .bg(Color::LightYellow)
            .add_modifier(Modifier::BOLD);
    }
    theme.wrong = theme.bad;
    theme
}

/// Modifiers, as one writes them.
const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

/// Colours, as one writes them; beside them 0 to 255 and `#rrggbb`.
const COLOURS: [&str; 17] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "darkgray",
    "lightred",
    "lightgreen",
    "lightyellow",
    "lightblue",
    "lightmagenta",
    "lightcyan",
    "white",
    "reset",
];

/// `bold yellow on blue`, `dim`, `#ffaa00`, `203`, `none`.
pub(super) fn style(word: &Word) -> Result<Style, ConfigError> {
    let mut style = Style::new();
    let mut ground = false;
    for part in word.text.split_whitespace() {
        let lower = part.to_ascii_lowercase();
        if lower == "on" && !ground {
            ground = true;
            continue;
        }
        if let Some((_, modifier)) = MODIFIERS.iter().find(|(name, _)| *name == lower) {
            style = style.add_modifier(*modifier);
            continue;
        }
        if lower == "none" {
            continue;
        }
        let known = COLOURS.contains(&lower.as_str())
            || lower.starts_with('#')
            || lower.bytes().all(|b| b.is_ascii_digit());
        let colour = Color::from_str(&lower).ok().filter(|_| known);
        let Some(colour) = colour else {
            let names = COLOURS.iter().copied();
            let near = near::hint(&lower, names.chain(MODIFIERS.map(|(name, _)| name)));
            return Err(word.wrong(format!(
                "{part:?} is no colour{near}; write \"bold yellow on blue\" with {}, 0 to 255 or #rrggbb, and {}",
                COLOURS.join(" "),
                MODIFIERS.map(|(name, _)| name).join(" ")
            )));
        };
        if ground && style.bg.is_none() {
            style = style.bg(colour);
        } else if !ground && style.fg.is_none() {
            style = style.fg(colour);
        } else {
            return Err(word.wrong(format!(
                "{part:?} is one colour too many: one for the letters, and one behind \"on\""
            )));
        }
    }
    if ground && style.bg.is_none() {
        return Err(word.wrong("behind \"on\" a colour is missing".to_owned()));
    }
    Ok(style)
}
