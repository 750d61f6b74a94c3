//! Where this program's files lie. The only file that names the `directories` crate.

use std::path::PathBuf;

use directories::{BaseDirs, ProjectDirs};

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "imapsh")
}

/// The usual place of the config file. `None`: no home directory.
pub fn config_file() -> Option<PathBuf> {
    Some(project()?.config_dir().join("config.toml"))
}

/// The file of past commands. `None`: no home directory, so no history.
pub fn history_file() -> Option<PathBuf> {
    Some(project()?.data_dir().join("history.jsonl"))
}

/// The list of snippets that were trusted. `None`: no home directory, so each is asked about every time.
pub fn trusted_file() -> Option<PathBuf> {
    Some(project()?.data_dir().join("trusted"))
}

/// `~` and `~/file` with the home directory put in; anything else as it is.
pub fn expand_home(path: &str) -> PathBuf {
    let Some(rest) = path.strip_prefix('~') else {
        return PathBuf::from(path);
    };
    match BaseDirs::new() {
        Some(base) if rest.is_empty() => base.home_dir().to_path_buf(),
        Some(base) if rest.starts_with('/') => base.home_dir().join(rest.trim_start_matches('/')),
        _ => PathBuf::from(path),
    }
}
