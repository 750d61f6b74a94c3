//! The real binary in a real (pseudo) terminal: what only a terminal can show.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[allow(dead_code)]
#[path = "common/program.rs"]
mod program;
#[allow(dead_code)]
#[path = "common/terminal.rs"]
mod terminal;

#[allow(dead_code)]
#[path = "common/built_in.rs"]
mod built_in;

// the built-in snippets, on the demo
#[path = "pty/built_in.rs"]
mod built_in_on_the_demo;
// run and check: exit codes, files, signals, kill -9, two at once
#[path = "pty/snippets.rs"]
mod snippets;
// what goes wrong before there is a session
#[path = "pty/bad_input.rs"]
mod bad_input;
// how it ends: keys, signals, a panic, a server that goes away
#[path = "pty/ends.rs"]
mod ends;
// two users compared
#[path = "pty/compare.rs"]
mod compare;
// a mail full of escape sequences
#[path = "pty/hostile.rs"]
mod hostile;
// live events: a second connection hears what a third one does
#[path = "pty/live.rs"]
mod live;
// more than memory would hold
#[path = "pty/flood.rs"]
mod flood;
// lines instead of a screen; pastes, and the external editor
#[path = "pty/plain.rs"]
mod plain;
// a whole browsing session
#[path = "pty/browse.rs"]
mod browse;
// what one sees and types
#[path = "pty/screen.rs"]
mod screen;

use program::{Home, binary};
use terminal::{Size, Terminal};

/// What the first screen of the demo says, once the login is through.
pub const LOGGED_IN: &str = "AS craig (auth cyrus";

/// The demo on a full screen, logged in, and the sidebar's own commands through.
#[track_caller]
pub fn demo(home: &Home, size: Size) -> Terminal {
    let terminal = Terminal::start(home, binary(), &["demo"], size);
    terminal.wait_for(LOGGED_IN);
    terminal
}

/// Keys as a terminal sends them.
pub mod key {
    pub const ENTER: &str = "\r";
    pub const ESC: &str = "\x1b";
    pub const F1: &str = "\x1bOP";
    pub const F7: &str = "\x1b[18~";
    pub const CTRL_C: &str = "\x03";
    pub const CTRL_D: &str = "\x04";
    pub const CTRL_J: &str = "\n";
    pub const CTRL_Z: &str = "\x1a";
}

/// The harness itself, with a program that is surely there.
#[test]
fn the_harness_sees_a_screen_and_an_end() {
    let home = Home::new();
    let mut shell = Terminal::start(&home, std::path::Path::new("/bin/sh"), &["-i"], (40, 5));
    shell.keys("stty size; printf '\\033[?1049h\\033[?25lhid%s\\n' den\n");
    shell.wait_for("hidden");
    shell.keys("printf '\\033[?1049l\\033[?25h'; exit 7\n");
    assert_eq!(shell.wait_exit(), 7);
    assert!(String::from_utf8_lossy(&shell.raw()).contains("5 40"));
    shell.assert_restored();
    shell.assert_cooked();
}
