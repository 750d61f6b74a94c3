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

use std::path::Path;

use program::Home;
use terminal::Terminal;

/// The harness itself, with a program that is surely there.
#[test]
fn the_harness_sees_a_screen_and_an_end() {
    let home = Home::new();
    let mut shell = Terminal::start(&home, Path::new("/bin/sh"), &["-i"], (40, 5));
    shell.keys("stty size; printf '\\033[?1049h\\033[?25lhid%s\\n' den\n");
    shell.wait_for("hidden");
    shell.keys("printf '\\033[?1049l\\033[?25h'; exit 7\n");
    assert_eq!(shell.wait_exit(), 7);
    assert!(String::from_utf8_lossy(&shell.raw()).contains("5 40"));
    shell.assert_restored();
    shell.assert_cooked();
}
