//! Roles to colours: named themes, the user's own, and none at all.

use imapsh::config::Config;
use imapsh::config::settings::{Kind, Setting};
use imapsh::tui::ColorChoice;
use imapsh::tui::theme::{Colours, NAMES, ROLES, Theme};
use ratatui::style::{Color, Modifier};

use crate::common::screen::Screen;

fn configured(text: &str) -> Result<Theme, String> {
    let config = Config::parse(text, std::path::Path::new("c.toml")).map_err(|e| e.to_string())?;
    Theme::coloured()
        .with(&config.theme)
        .map_err(|e| e.to_string())
}

#[test]
fn every_theme_has_a_name_that_the_option_takes() {
    let setting = Setting::key("theme").unwrap();
    let Kind::Choice(names) = setting.kind else {
        panic!("a choice");
    };
    assert_eq!(names, NAMES);
    for name in NAMES {
        Theme::named(name).unwrap_or_else(|| panic!("{name}"));
        assert!(imapsh::console::local::read(&format!(":theme {name}")).is_ok());
    }
    assert_eq!(Theme::named("default"), Some(Theme::coloured()));
}

#[test]
fn the_default_has_the_terminals_sixteen_colours_only() {
    let shown = format!("{:?}", Theme::coloured());
    assert!(
        !shown.contains("Indexed") && !shown.contains("Rgb"),
        "{shown}"
    );
    let none = format!("{:?}", Theme::plain());
    assert!(!none.contains("fg(") && !none.contains("bg("), "{none}");
}

/// The relative luminance of one of the 256 colours, by xterm's cube (WCAG 2.1).
fn luminance(index: u8) -> f64 {
    let (r, g, b) = match index {
        16..=231 => {
            let level = |n: u8| {
                if n == 0 {
                    0.0
                } else {
                    55.0 + 40.0 * f64::from(n)
                }
            };
            let i = index - 16;
            (level(i / 36), level(i / 6 % 6), level(i % 6))
        }
        _ => {
            let grey = 8.0 + 10.0 * f64::from(index - 232);
            (grey, grey, grey)
        }
    };
    let part = |c: f64| {
        let c = c / 255.0;
        if c <= 0.03928 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
}

/// What is made for a ground can be read on it.
#[test]
fn dark_and_light_have_contrast_enough() {
    for (name, ground) in [("dark", 0.0), ("light", 1.0)] {
        let shown = format!("{:?}", Theme::named(name).unwrap());
        let mut found = 0;
        for part in shown.split("Indexed(").skip(1) {
            let index: u8 = part.split(')').next().unwrap().parse().unwrap();
            let (a, b) = (luminance(index).max(ground), luminance(index).min(ground));
            let contrast = (a + 0.05) / (b + 0.05);
            assert!(contrast >= 4.5, "{index} on {name}: {contrast:.1} to 1");
            found += 1;
        }
        assert!(found > 10, "{name}: {shown}");
    }
}

#[test]
fn the_users_own_colours_go_over_it() {
    let theme =
        configured("[theme]\nno = \"bold lightyellow on blue\"\nborder = \"240\"\nok = \"#00ff00\"\nbad = \"none\"\n")
            .unwrap();
    assert_eq!(theme.no.fg, Some(Color::LightYellow));
    assert_eq!(theme.no.bg, Some(Color::Blue));
    assert!(theme.no.add_modifier.contains(Modifier::BOLD));
    assert_eq!(theme.border.fg, Some(Color::Indexed(240)));
    assert_eq!(theme.ok.fg, Some(Color::Rgb(0, 255, 0)));
    assert_eq!(theme.bad, ratatui::style::Style::new());
    assert_eq!(theme.client, Theme::coloured().client);
}

#[test]
fn wrong_colours_show_the_place() {
    for (text, wanted) in [
        (
            "[theme]\nnoo = \"red\"\n",
            "c.toml:2:1: there is no colour for \"noo\"; there are text, border",
        ),
        (
            "[theme]\nno = \"bold yelow\"\n",
            "c.toml:2:6: \"yelow\" is no colour; did you mean yellow?",
        ),
        (
            "[theme]\nno = \"red green\"\n",
            "c.toml:2:6: \"green\" is one colour too many",
        ),
        (
            "[theme]\nno = \"red on\"\n",
            "c.toml:2:6: behind \"on\" a colour is missing",
        ),
        (
            "[theme.no]\nfg = \"red\"\n",
            "c.toml:1:8: [theme] has no tables in it",
        ),
        (
            "[theme]\nno = 3\n",
            "c.toml:2:6: [theme] no: here stands a string",
        ),
    ] {
        let said = configured(text).expect_err(text);
        assert!(
            said.starts_with(wanted),
            "{said}\ndoes not begin with\n{wanted}"
        );
        assert!(said.ends_with('^'), "{said}");
    }
}

#[test]
fn without_colour_nothing_has_any_and_nothing_is_lost() {
    for name in NAMES {
        let colours = Colours {
            no_color: true,
            ..Colours::default()
        };
        let theme = format!("{:?}", colours.named(name).unwrap());
        assert!(
            !theme.contains("fg(") && !theme.contains("bg("),
            "{name}: {theme}"
        );
        assert!(theme.contains("bold"), "{theme}");
        let always = Colours {
            choice: ColorChoice::Always,
            no_color: true,
            ..Colours::default()
        };
        assert_eq!(always.named(name), Theme::named(name));
    }
}

#[test]
fn the_ground_is_the_themes_everywhere() {
    for (columns, rows) in [(80, 24), (120, 35)] {
        let theme = Theme::named("high-contrast").unwrap();
        let mut screen = Screen::themed(columns, rows, theme, false);
        screen.log_in().keys("SELECT INBOX<enter>");
        screen
            .server("* 3 EXISTS\r\nA0001 OK done\r\n")
            .keys("x<tab><esc>");
        for keys in ["", "<f1>", "<esc><f2>"] {
            for (y, row) in screen.keys(keys).cells().iter().enumerate() {
                for (x, cell) in row.iter().enumerate() {
                    assert_ne!(
                        cell.bg,
                        Color::Reset,
                        "{x},{y} {:?} after {keys}",
                        cell.symbol()
                    );
                }
            }
        }
    }
    assert!(ROLES.contains(&"suggestion"));
}
