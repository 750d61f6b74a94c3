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

impl Entry {
    /// Its name without the ending.
    pub fn stem(&self) -> &str {
        self.name.strip_suffix(".imap").unwrap_or(&self.name)
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
