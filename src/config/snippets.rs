//! Where snippets lie: the user's folder, the project's, and those that are built in.
//!
//! To add a built-in snippet: a file in `assets/snippets/` and its row in [`BUILT_IN`].

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longest snippet that is listed.
const LONGEST: u64 = 4 * 1024 * 1024;
/// Most snippets of a folder that are listed.
const MOST: usize = 10_000;

macro_rules! built_in {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../../assets/snippets/", $name))),)*]
    };
}

/// Name and text of those that are built in.
pub const BUILT_IN: &[(&str, &str)] = built_in![
    "append-compare.imap",
    "big-messages.imap",
    "copy-rights.imap",
    "cyrus-user-tree.imap",
    "idle-wake.imap",
    "quota-report.imap",
    "read-access.imap",
    "security-audit.imap",
    "smoke-test.imap",
    "special-use.imap",
    "subscribe-team.imap",
    "who-am-i.imap",
];

/// What built-in snippets read besides themselves.
pub const BESIDE: &[(&str, &[u8])] = &[(
    "mails/umlaut.eml",
    include_bytes!("../../assets/snippets/mails/umlaut.eml"),
)];

/// Whose a snippet is. Where a name is there twice, the first of these is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Home {
    /// In the project's folder: `./snippets`.
    Project,
    /// In the user's folder: `snippets` beside the config file.
    User,
    /// Built in.
    BuiltIn,
    /// Of the editor or the transcript, not saved.
    Unsaved,
}

impl Home {
    /// As lists have it.
    pub fn word(self) -> &'static str {
        match self {
            Home::Project => "project",
            Home::User => "yours",
            Home::BuiltIn => "built in",
            Home::Unsaved => "not saved",
        }
    }
}

/// A snippet that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `subscribe-team.imap`. Hostile: a file's name.
    pub name: String,
    /// Its `title:`, else its first comment; may be empty. Hostile.
    pub title: String,
    /// Whose it is.
    pub home: Home,
    /// Its file; `None`: it has none.
    pub path: Option<PathBuf>,
    /// What is in it.
    pub text: Arc<[u8]>,
}

impl Entry {
    /// Of a text.
    pub fn new(name: &str, home: Home, path: Option<PathBuf>, text: &[u8]) -> Entry {
        Entry {
            name: name.to_owned(),
            title: title(&String::from_utf8_lossy(text)),
            home,
            path,
            text: text.into(),
        }
    }
}

/// The user's folder, beside this config file.
pub fn folder_of(config: &Path) -> PathBuf {
    let folder = config.parent().unwrap_or(Path::new(""));
    folder.join("snippets")
}

/// All snippets: the project's, the user's, the built-in ones; those of one folder by name.
pub fn all(config: Option<&Path>) -> Vec<Entry> {
    let mut found = in_folder(Path::new("snippets"), Home::Project);
    if let Some(config) = config {
        found.extend(in_folder(&folder_of(config), Home::User));
    }
    let built_in = BUILT_IN.iter();
    found.extend(
        built_in.map(|(name, text)| Entry::new(name, Home::BuiltIn, None, text.as_bytes())),
    );
    found
}

/// What cannot be read is not there.
fn in_folder(folder: &Path, home: Home) -> Vec<Entry> {
    let Ok(names) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = names.flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "imap"))
        .take(MOST)
        .collect();
    paths.sort();
    paths
        .into_iter()
        .filter_map(|path| {
            let about = fs::metadata(&path).ok()?;
            let text = (about.is_file() && about.len() <= LONGEST).then(|| fs::read(&path).ok());
            let name = path.file_name()?.to_string_lossy().into_owned();
            Some(Entry::new(&name, home, Some(path), &text??))
        })
        .collect()
}

/// The `title:` of a header, else the first comment.
fn title(text: &str) -> String {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let head: Vec<&str> = lines
        .by_ref()
        .take_while(|line| !line.trim().is_empty())
        .collect();
    let key = head.iter().find_map(|line| line.strip_prefix("title:"));
    let comment = head.iter().find_map(|line| line.strip_prefix('#'));
    key.or(comment).unwrap_or_default().trim().to_owned()
}

/// The file in the user's folder that a snippet of this name goes to.
///
/// # Errors
/// It cannot be a file's name: a sentence.
pub fn file_for(config: &Path, name: &str) -> Result<PathBuf, String> {
    let name = name.trim();
    let name = name.strip_suffix(".imap").unwrap_or(name);
    let bad = name.is_empty()
        || name.starts_with('.')
        || name.contains('/')
        || name.contains(char::is_control);
    match bad {
        true => Err("A name is needed, without / and not beginning with a full stop.".to_owned()),
        false => Ok(folder_of(config).join(format!("{name}.imap"))),
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
