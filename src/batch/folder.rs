//! The files that a snippet reads: those of its folder, others only when it is trusted.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::snippet::Files;

/// Longest file that a snippet may read.
const LONGEST: u64 = 256 * 1024 * 1024;

/// A snippet's folder.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// What may be read outside of it.
    may: Mutex<May>,
    /// What was asked for outside of it, and may not be read.
    outside: Mutex<BTreeSet<String>>,
    /// What is built in and has a name of its own here.
    beside: &'static [(&'static str, &'static [u8])],
    /// What was read, for the digest of the whole; `None`: nobody wants to know any more.
    read: Mutex<Option<Vec<Vec<u8>>>>,
}

/// What a snippet may read outside of its folder.
#[derive(Debug)]
enum May {
    /// Everything.
    All,
    /// Paths as they are written.
    These(BTreeSet<String>),
}

impl May {
    fn of(trusted: bool) -> Mutex<May> {
        Mutex::new(match trusted {
            true => May::All,
            false => May::These(BTreeSet::new()),
        })
    }
}

impl Folder {
    /// The folder of `file`; the current one for stdin. `trusted`: it may read files outside of it.
    pub fn of(file: &str, trusted: bool) -> Folder {
        let parent = Path::new(file).parent().filter(|_| file != "-");
        let root = parent.filter(|folder| !folder.as_os_str().is_empty());
        Folder {
            root: root.unwrap_or(Path::new(".")).to_path_buf(),
            may: May::of(trusted),
            beside: &[],
            outside: Mutex::default(),
            read: Mutex::new(Some(Vec::new())),
        }
    }

    /// That of a built-in snippet: what is built in beside it comes first, then the current folder.
    pub fn built_in(trusted: bool) -> Folder {
        let mut folder = Folder::of("-", trusted);
        folder.beside = crate::config::snippets::BESIDE;
        folder
    }

    /// From now on the snippet may read these files outside, too, and of others none.
    pub fn narrow(&self, paths: impl IntoIterator<Item = String>) {
        let mut may = self.may.lock().unwrap_or_else(PoisonError::into_inner);
        if let May::All = *may {
            *may = May::These(BTreeSet::new());
        }
        if let May::These(these) = &mut *may {
            these.extend(paths);
        }
    }

    /// Files outside that were asked for and not read.
    pub fn refused(&self) -> Vec<String> {
        let outside = self.outside.lock().unwrap_or_else(PoisonError::into_inner);
        outside.iter().cloned().collect()
    }

    /// The snippets that were included until now.
    pub fn included(&self) -> Vec<Vec<u8>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.take().unwrap_or_default()
    }

    /// Whether `path` leads out of the folder, by name or by a link.
    pub fn is_outside(&self, path: &str) -> bool {
        let path = Path::new(path);
        let mut depth = 0i32;
        for part in path.components() {
            match part {
                Component::Normal(_) => depth += 1,
                Component::ParentDir => depth -= 1,
                Component::CurDir => {}
                Component::RootDir | Component::Prefix(_) => return true,
            }
            if depth < 0 {
                return true;
            }
        }
        let full = self.root.join(path).canonicalize();
        match (full, self.root.canonicalize()) {
            (Ok(full), Ok(root)) => !full.starts_with(root),
            // What is not there is told when it is read.
            _ => false,
        }
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        if let Some((_, bytes)) = self.beside.iter().find(|(name, _)| *name == path) {
            return Ok(bytes.to_vec());
        }
        let full = self.root.join(path);
        let about = std::fs::metadata(&full).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("{path} is not there"),
            _ => format!("{path}: {error}"),
        })?;
        if !about.is_file() {
            return Err(format!("{path} is no file"));
        }
        if about.len() > LONGEST {
            return Err(format!("{path} is longer than {} MiB", LONGEST >> 20));
        }
        std::fs::read(&full).map_err(|error| format!("{path}: {error}"))
    }

    /// Reads a list of rows.
    ///
    /// # Errors
    /// A sentence.
    pub fn list(&self, path: &str) -> Result<Vec<u8>, String> {
        self.allowed(path)?;
        self.bytes(path)
    }

    fn allowed(&self, path: &str) -> Result<(), String> {
        let may = self.may.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match &*may {
            May::All => true,
            May::These(these) => these.contains(path),
        };
        if known || !self.is_outside(path) {
            return Ok(());
        }
        let mut outside = self.outside.lock().unwrap_or_else(PoisonError::into_inner);
        outside.insert(path.to_owned());
        Err(format!(
            "{path} lies outside of the snippet's folder, and nobody was asked about it: --trust lets the snippet read \
             every file that it names"
        ))
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.allowed(path)?;
        let bytes = self.bytes(path)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(read) = &mut *read {
            read.push(bytes.clone());
        }
        Ok(bytes)
    }
}
