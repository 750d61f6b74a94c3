//! A file is named: what is typed, the question before another one is replaced, and what is written.

use std::io::Write as _;
use std::path::Path;

use super::super::action::Action;
use super::super::field::Line;
use super::super::out::expanded;
use crate::export::{FileError, NewFile, Overwrite};

/// Whether a file that is there is replaced: the same name was typed twice. `asked`: the name that was asked about.
pub(super) fn overwrite(asked: Option<&str>, path: &str) -> Overwrite {
    match asked == Some(path) {
        true => Overwrite::Yes,
        false => Overwrite::No,
    }
}

/// The question before a file is replaced.
pub(super) fn exists(place: &Path) -> String {
    format!(
        "{} exists: Enter once more replaces it, another name keeps it.",
        place.display()
    )
}

/// A key in the line that a pane names a file in; `text` makes what is written, of the name. Returns the name and how
/// many octets were written, once they are.
pub(super) fn named(
    file: &mut Option<(Line, Option<String>)>,
    asked: &mut Option<String>,
    action: Action,
    text: impl FnOnce(&str) -> String,
) -> Option<(String, u64)> {
    let (line, error) = file.as_mut()?;
    match action {
        Action::Back => *file = None,
        Action::Type(key) => {
            line.key(key);
            *error = None;
        }
        Action::Paste(text) => {
            line.insert(&text);
            *error = None;
        }
        Action::Accept => {
            let path = line.text().trim().to_owned();
            if path.is_empty() {
                *error = Some("Where to? A name is needed.".to_owned());
                return None;
            }
            let overwrite = overwrite(asked.as_deref(), &path);
            match written(&expanded(&path), text(&path).as_bytes(), overwrite) {
                Ok(octets) => {
                    *file = None;
                    return Some((path, octets));
                }
                Err(FileError::Exists { path: place }) => {
                    *error = Some(exists(&place));
                    *asked = Some(path);
                }
                Err(other) => *error = Some(format!("{other}.")),
            }
        }
        _ => {}
    }
    None
}

/// Writes a whole file; how many octets it has.
pub(super) fn written(path: &Path, octets: &[u8], overwrite: Overwrite) -> Result<u64, FileError> {
    let mut file = NewFile::create(path, overwrite)?;
    let place = file.path().to_owned();
    file.write_all(octets).map_err(|source| FileError::Io {
        path: place,
        source,
    })?;
    file.finish()
}
