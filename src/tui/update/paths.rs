//! Names of files, for `{@path}`.

use std::path::Path;

use crate::catalog::Candidate;
use crate::config::paths::expand_home;
use crate::tui::units::octets;

/// Most names offered.
const LIMIT: usize = 500;
/// Most names of a folder that are looked at.
const LOOKED_AT: usize = 20_000;

/// Where the path of a `{@path` that the cursor is in begins; `None`: it is in none.
pub(super) fn begun(text: &str, cursor: usize) -> Option<usize> {
    let before = text.get(..cursor)?;
    let at = before.rfind("{@")?;
    let path = before.get(at + 2..)?;
    (!path.contains(['}', '\n'])).then_some(at + 2)
}

/// The files that a path begins with, folders first. `cursor` is its end.
pub(super) fn candidates(text: &str, start: usize, cursor: usize) -> Vec<Candidate> {
    let typed = text.get(start..cursor).unwrap_or_default();
    let closed = text
        .get(cursor..)
        .is_some_and(|after| after.starts_with('}'));
    let (folder, name) = match typed.rfind('/') {
        Some(at) => typed.split_at(at + 1),
        None => ("", typed),
    };
    let place = match folder {
        "" => Path::new(".").to_path_buf(),
        folder => expand_home(folder),
    };
    let Ok(entries) = std::fs::read_dir(place) else {
        return Vec::new();
    };
    let lower = name.to_lowercase();
    let mut found: Vec<(bool, String, Candidate)> = entries
        .take(LOOKED_AT)
        .filter_map(Result::ok)
        .filter_map(|entry| {
            // What is no UTF-8, or would end the path, cannot be typed.
            let file = entry.file_name().into_string().ok()?;
            let hidden = file.starts_with('.') && !name.starts_with('.');
            let fits = file.to_lowercase().starts_with(&lower);
            if hidden || !fits || file.contains(['}', '\n', '\r', ':']) {
                return None;
            }
            let about = std::fs::metadata(entry.path()).ok()?;
            let is_folder = about.is_dir();
            let (end, detail) = match (is_folder, closed) {
                (true, _) => ("/", "folder".to_owned()),
                (false, true) => ("", octets(about.len())),
                (false, false) => ("}", octets(about.len())),
            };
            let candidate = Candidate {
                text: format!("{folder}{file}{end}"),
                label: if is_folder {
                    format!("{file}/")
                } else {
                    file.clone()
                },
                detail,
                replaces: start..cursor,
            };
            Some((!is_folder, file, candidate))
        })
        .collect();
    found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let candidates = found.into_iter().map(|(_, _, candidate)| candidate);
    candidates.take(LIMIT).collect()
}
