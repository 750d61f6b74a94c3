//! `check`: what is wrong with snippets, and what they want; nothing is connected.

use std::collections::BTreeMap;
use std::io::Write;

use super::exit;
use crate::batch::exit::UNREADABLE;
use crate::batch::load::{self, How, LoadError, Loaded};
use crate::batch::{Row, rows};
use crate::snippet::diagnostic::any_error;
use crate::snippet::script::Dialect;
use crate::snippet::{Diagnostic, Diagnostics, Needs, look_over};
use crate::tui::printable;

/// Checks the files; returns the exit code. `out` is stdout, where all of it goes: it is what was asked for.
///
/// # Errors
/// A file cannot be read: one sentence.
pub fn run(files: &[String], how: &How, out: &mut impl Write) -> Result<u8, String> {
    let mut code = exit::DONE;
    for name in &load::files(files, how)? {
        // Trusted: looking at a file that it names does nothing with it.
        let lines = match load::load(name, true, how) {
            Err(LoadError::Usage(sentence)) => return Err(sentence),
            Err(LoadError::Wrong(wrong)) => {
                code = UNREADABLE;
                wrong.iter().flat_map(text).collect()
            }
            Ok(loaded) => {
                let (found, lines) = looked_over(&loaded);
                if any_error(&found) {
                    code = UNREADABLE;
                }
                lines
            }
        };
        for line in lines {
            let _ = writeln!(out, "{}", printable::line(&line));
        }
    }
    Ok(code)
}

/// What there is to say about one that can be read.
fn looked_over(loaded: &Loaded) -> (Diagnostics, Vec<String>) {
    let script = &loaded.script;
    let (mut found, needs) = match script.dialect {
        Dialect::Native => look_over(script, &*loaded.folder),
        // Its own rules are known when it is read.
        Dialect::Imaptest => (Diagnostics::new(), Needs::default()),
    };
    found.extend(loaded.warnings.iter().cloned());
    found.sort_by_key(|d| (d.span.file, d.span.line, d.span.start));
    found.dedup();
    let name = &loaded.name;
    let mut lines: Vec<String> = found.iter().flat_map(text).collect();
    let wants = |want: &String| format!("{name}: wants {want}: asked about, or --trust");
    lines.extend(loaded.wants.iter().map(wants));
    // As far as its own header and its own list say which.
    let rows = script.header.each.as_ref().and_then(|(path, _)| {
        let bytes = loaded.folder.list(path).ok()?;
        rows::read(path, &bytes).ok()
    });
    let rows = rows.unwrap_or_else(|| vec![Row::only()]);
    let nothing = BTreeMap::new();
    let named = load::outside_of_rows(loaded, &rows, &nothing, &nothing);
    let named = named.iter().map(|path| load::outside_sentence(path));
    lines.extend(named.map(|want| wants(&want)));
    if script.dialect == Dialect::Native {
        let read = |(line, path): (usize, String)| {
            format!(
                "{name}:{line}: reads the file {path}: asked about, or --trust, if that lies outside of its folder"
            )
        };
        lines.extend(load::named_by_variables(script).into_iter().map(read));
    }
    let open = needs.variables.iter().filter(|v| v.default.is_none());
    lines.extend(open.map(|variable| {
        let (line, name_of) = (variable.span.line, &variable.name);
        format!("{name}:{line}: needs {name_of}: -D {name_of}=VALUE, or a column of --each")
    }));
    if lines.is_empty() {
        lines.push(format!("{name}: good"));
    }
    (found, lines)
}

fn text(diagnostic: &Diagnostic) -> Vec<String> {
    let text = diagnostic.text(None);
    text.lines().map(str::to_owned).collect()
}
