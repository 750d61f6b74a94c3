//! Text to the clipboard of the terminal, by OSC 52: over ssh, too, and through tmux and screen.
//!
//! Terminals take it from whatever is written to them; tmux takes it for itself if its `set-clipboard` is
//! `on`, and ignores programs otherwise, but hands on what is wrapped for the terminal around it if
//! `allow-passthrough` is on. screen hands on what is wrapped, in small pieces.

use std::fmt::Write as _;

use crossterm::Command;
use crossterm::clipboard::CopyToClipboard;

/// Most octets that are copied: terminals drop longer sequences, many at 100 kB.
pub const LIMIT: usize = 74_000;
/// Longest string that screen hands on.
const SCREEN_PIECE: usize = 700;

/// How the terminal is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// As it is.
    Plain,
    /// Wrapped, for the terminal around tmux.
    TmuxPassthrough,
    /// Wrapped, for the terminal around screen.
    Screen,
}

/// What to write so that `text` is copied. `text` is safe text: what it holds is pasted elsewhere.
pub fn sequence(text: &str, way: Way) -> String {
    let mut plain = String::new();
    // Writing to a String cannot fail.
    let _ = CopyToClipboard::to_clipboard_from(text).write_ansi(&mut plain);
    match way {
        Way::Plain => plain,
        Way::TmuxPassthrough => {
            let doubled = plain.replace('\x1b', "\x1b\x1b");
            format!("\x1bPtmux;{doubled}\x1b\\")
        }
        Way::Screen => {
            // Within its wrapping screen would take ST for its own end.
            let inner = plain.strip_suffix("\x1b\\").unwrap_or(&plain);
            let inner = format!("{inner}\x07");
            let mut out = String::new();
            let mut rest = inner.as_str();
            while !rest.is_empty() {
                let (piece, behind) = rest.split_at(rest.len().min(SCREEN_PIECE));
                let _ = write!(out, "\x1bP{piece}\x1b\\");
                rest = behind;
            }
            out
        }
    }
}

/// What the surroundings say of the way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// `$TMUX` is set; its `set-clipboard` and `allow-passthrough`, as far as tmux told.
    pub tmux: Option<(Option<String>, Option<String>)>,
    /// `$STY` is set.
    pub screen: bool,
}

impl Surroundings {
    /// How to write, and a sentence if nothing may come of it.
    pub fn way(&self) -> (Way, Option<&'static str>) {
        match &self.tmux {
            Some((clipboard, passthrough)) => {
                match (clipboard.as_deref(), passthrough.as_deref()) {
                    (Some("on"), _) => (Way::Plain, None),
                    (_, Some("on" | "all")) => (Way::TmuxPassthrough, None),
                    (None, None) => (Way::Plain, None),
                    _ => (
                        Way::Plain,
                        Some(
                            "tmux ignores it as it is set: tmux set -g set-clipboard on lets it through.",
                        ),
                    ),
                }
            }
            None if self.screen => (Way::Screen, None),
            None => (Way::Plain, None),
        }
    }

    /// Asks the environment, and tmux itself.
    pub async fn ask() -> Surroundings {
        let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let tmux = match set("TMUX") {
            true => Some((
                tmux_option("set-clipboard").await,
                tmux_option("allow-passthrough").await,
            )),
            false => None,
        };
        Surroundings {
            tmux,
            screen: set("STY"),
        }
    }
}

async fn tmux_option(name: &str) -> Option<String> {
    // The first for a server's or session's option, the second for a window's.
    let asked = tokio::process::Command::new("tmux")
        .args([
            "show-options",
            "-Aqv",
            name,
            ";",
            "show-options",
            "-gqv",
            name,
        ])
        .args([";", "show-options", "-gwqv", name])
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output();
    let limit = std::time::Duration::from_millis(500);
    let output = tokio::time::timeout(limit, asked).await.ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let value = text.lines().find(|line| !line.trim().is_empty())?;
    Some(value.trim().to_owned())
}
