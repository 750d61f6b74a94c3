//! Which snippets there are: `*.imap` in the project's folder `./snippets`, and in the user's beside the
//! config file. Of two with one name the project's counts.
//!
//! Names and texts only; what stands in one is read by whoever plays it. Another place: [`folders`].

use std::path::{Path, PathBuf};

use super::paths;

/// How their files' names end.
const ENDING: &str = "imap";
/// Most of one folder.
const MOST: usize = 1_000;
/// Larger ones are no texts to edit, in octets.
const LARGEST: u64 = 1024 * 1024;

/// A snippet's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The file's name without its ending.
    pub name: String,
    /// Whose it is, in a word or two.
    pub place: &'static str,
    /// The file.
    pub path: PathBuf,
}

/// Where they lie, those that count first: folder, and whose it is.
pub fn folders() -> Vec<(PathBuf, &'static str)> {
    let mut folders = vec![(PathBuf::from("snippets"), "of this project")];
    folders.extend(paths::snippets_folder().map(|folder| (folder, "yours")));
    folders
}

/// Those of these folders, by name. A folder that cannot be read has none.
pub fn list(folders: &[(PathBuf, &'static str)]) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for (folder, place) in folders {
        let mut here = names(folder);
        here.retain(|(name, _)| !found.iter().any(|other| other.name == *name));
        found.extend(
            here.into_iter()
                .map(|(name, path)| Found { name, place, path }),
        );
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn names(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let files =
        paths.filter(|path| path.extension().is_some_and(|e| e == ENDING) && path.is_file());
    let named = files.filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)));
    named.take(MOST).collect()
}

/// The text of the one with this name.
///
/// # Errors
/// A sentence: there is none, or it cannot be read.
pub fn text(folders: &[(PathBuf, &'static str)], name: &str) -> Result<String, String> {
    let Some(found) = list(folders).into_iter().find(|f| f.name == name) else {
        let folders: Vec<String> = folders
            .iter()
            .map(|(f, _)| f.display().to_string())
            .collect();
        return Err(format!(
            "There is no {name}.{ENDING} in {}.",
            folders.join(" or ")
        ));
    };
    let shown = found.path.display();
    let size = std::fs::metadata(&found.path).map_err(|error| format!("{shown}: {error}"))?;
    if size.len() > LARGEST {
        return Err(format!(
            "{shown} has {} octets: too large to edit here.",
            size.len()
        ));
    }
    std::fs::read_to_string(&found.path).map_err(|error| format!("{shown}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projects_go_before_the_users() {
        let base = tempfile::tempdir().unwrap();
        let (project, user) = (base.path().join("project"), base.path().join("user"));
        for (folder, file, text) in [
            (&project, "a.imap", "NOOP"),
            (&project, "notes.txt", "x"),
            (&user, "a.imap", "CHECK"),
            (&user, "b.imap", "IDLE"),
        ] {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(file), text).unwrap();
        }
        std::fs::create_dir(user.join("c.imap")).unwrap();
        let folders = [
            (project, "of this project"),
            (user, "yours"),
            (base.path().join("none"), "nobody's"),
        ];
        let names: Vec<(String, &str)> = list(&folders)
            .into_iter()
            .map(|f| (f.name, f.place))
            .collect();
        assert_eq!(
            names,
            [
                ("a".to_owned(), "of this project"),
                ("b".to_owned(), "yours")
            ]
        );
        assert_eq!(text(&folders, "a"), Ok("NOOP".to_owned()));
        assert!(text(&folders, "c").unwrap_err().contains("no c.imap"));
    }
}
