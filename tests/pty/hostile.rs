//! The bytes that the program writes, with a mail full of escape sequences on the screen.

use crate::program::Home;
use crate::terminal::Terminal;
use crate::{demo, key};

/// What crossterm and ratatui write by themselves: CSI with digits and `;` and one of these letters, or `?` modes.
/// Anything else behind an ESC, and any other control, came from the mail.
fn strangers(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw).into_owned();
    let mut found = Vec::new();
    if text.contains('\u{fffd}') && String::from_utf8(raw.to_vec()).is_err() {
        found.push("octets that are no UTF-8".to_owned());
    }
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        if c == '\u{1b}' {
            let Some(inside) = after.strip_prefix('[') else {
                found.push(format!("ESC {:?}", after.chars().next()));
                rest = after;
                continue;
            };
            let end = inside.find(|c: char| !(c.is_ascii_digit() || ";:?><=".contains(c)));
            let (parameters, letter) = match end {
                Some(at) => (&inside[..at], inside[at..].chars().next().unwrap_or(' ')),
                None => break,
            };
            let known = match letter {
                'm' | 'H' | 'J' | 'K' | 'A' | 'B' | 'C' | 'D' | 'd' | 'G' => parameters
                    .chars()
                    .all(|c| c.is_ascii_digit() || ";:".contains(c)),
                'h' | 'l' => [
                    "?25", "?1049", "?2004", "?1004", "?12", "?2026", "?1000", "?1002", "?1003",
                    "?1006", "?1015",
                ]
                .contains(&parameters),
                'u' => parameters.starts_with(['>', '<', '=', '?']) || parameters.is_empty(),
                'q' => false,
                _ => false,
            };
            if !known {
                found.push(format!("CSI {parameters}{letter}"));
            }
            rest = &inside[end.unwrap_or(0) + letter.len_utf8()..];
            continue;
        }
        let odd = match u32::from(c) {
            // The line ends around the alternate screen.
            0x0a | 0x0d => false,
            0x00..=0x1f | 0x7f..=0x9f => true,
            0xad
            | 0x34f
            | 0x61c
            | 0x180b..=0x180f
            | 0x200b..=0x200f
            | 0x2028..=0x202f
            | 0x2060..=0x206f
            | 0xfe00..=0xfe0f
            | 0xfeff
            | 0xfff0..=0xfffb
            | 0xe0000..=0x10ffff => true,
            _ => false,
        };
        if odd {
            found.push(format!("{c:?}"));
        }
        rest = after;
    }
    found
}

/// The eleventh mail of the demo holds sequences that set the title, clear the screen, ask for the position.
#[test]
fn the_terminal_is_told_nothing_that_a_mail_says() {
    for size in [(80, 24), (120, 35), (200, 50)] {
        let home = Home::new();
        let mut terminal = demo(&home, size);
        terminal.keys("SELECT INBOX\r");
        terminal.wait_for("A0001 OK");
        terminal.keys("FETCH 11 (ENVELOPE BODY[])\r");
        terminal.wait_for("A0002 OK");
        terminal.keys("\x1b");
        // Alone: with what follows at once it would be Alt and that key.
        terminal.wait_quiet(std::time::Duration::from_millis(200));
        // Unfolded, as octets, taken apart.
        for keys in ["kkz", "G", "b", "b", "[[", "\r", " ", "G", "\t", "\t", "\t"] {
            terminal.keys(keys);
            terminal.wait_quiet(std::time::Duration::from_millis(150));
        }
        terminal.keys(key::CTRL_C);
        terminal.wait_quiet(std::time::Duration::from_millis(100));
        let raw = terminal.raw();
        let shown = String::from_utf8_lossy(&raw);
        assert!(
            shown.contains("owned"),
            "the hostile mail was not on the screen"
        );
        let found = strangers(&raw);
        assert!(found.is_empty(), "{found:?}");
    }
}

/// Without a full screen, too: exec writes to a terminal what it would write to a file, made safe.
#[test]
fn exec_on_a_terminal_is_as_careful() {
    let home = Home::new();
    let terminal = Terminal::start(
        &home,
        crate::binary(),
        &["demo", "exec", "SELECT INBOX", "FETCH 11 BODY[]"],
        (120, 35),
    );
    terminal.wait_exit();
    let raw = terminal.raw();
    assert!(
        String::from_utf8_lossy(&raw).contains("owned"),
        "{}",
        String::from_utf8_lossy(&raw)
    );
    let found = strangers(&raw);
    assert!(
        found.is_empty(),
        "{found:?}\n{}",
        String::from_utf8_lossy(&raw)
    );
}

/// The judge finds what it is there for.
#[test]
fn strangers_are_found() {
    for bad in [
        "\x1b]0;x\x07",
        "\x1b[2q",
        "\u{9b}2J",
        "\u{202e}",
        "\x07",
        "\x1bc",
        "a\x08",
        "\x1b[?1049x",
    ] {
        assert!(!strangers(bad.as_bytes()).is_empty(), "{bad:?}");
    }
    assert!(strangers(b"\x9b2J").len() == 1);
    assert!(strangers(b"\x1b[?1049h\x1b[2;3H\x1b[38;5;1mtext\x1b[0m\r\n\x1b[?25l").is_empty());
}
