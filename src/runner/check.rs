//! `check`: what is wrong with snippets, and what they want; nothing is connected.

use std::io::Write;

use super::exit;
use crate::batch::exit::UNREADABLE;
use crate::batch::load::{self, How, LoadError};
use crate::snippet::{Diagnostic, Diagnostics};
use crate::tui::printable;

/// Checks the files; returns the exit code. `out` is stdout, where all of it goes: it is what was asked for.
///
/// # Errors
/// A file cannot be read: one sentence.
pub fn run(files: &[String], out: &mut impl Write) -> Result<u8, String> {
    let mut code = exit::DONE;
    let how = How::default();
    for name in &load::files(files, &how)? {
        let mut tell = |found: &Diagnostics| {
            for line in found.iter().flat_map(text) {
                let _ = writeln!(out, "{line}");
            }
        };
        match load::load(name, false, &how) {
            Err(LoadError::Usage(sentence)) => return Err(sentence),
            Err(LoadError::Wrong(wrong)) => {
                tell(&wrong);
                code = UNREADABLE;
            }
            Ok(loaded) => {
                tell(&loaded.warnings);
                for want in &loaded.wants {
                    let line = format!("{}: wants {want}: asked about, or --trust", loaded.name);
                    let _ = writeln!(out, "{}", printable::line(&line));
                }
                let good = loaded.warnings.is_empty() && loaded.wants.is_empty();
                if good {
                    let _ = writeln!(out, "{}: good", printable::line(&loaded.name));
                }
            }
        }
    }
    Ok(code)
}

fn text(diagnostic: &Diagnostic) -> Vec<String> {
    let text = diagnostic.text(None);
    text.lines().map(printable::line).collect()
}
