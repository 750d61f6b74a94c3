//! Trust in a snippet that wants more than to talk to the server: a secret out of the environment, a command or
//! the keyring, a file outside of its folder. Asked for once per content of the file.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Longest list of trusted contents that is read.
const LONGEST: u64 = 16 * 1024 * 1024;

/// SHA-256 of a text, hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    digest_of([bytes])
}

/// SHA-256 over several texts (a snippet and all that it includes), lengths between them.
pub fn digest_of<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut texts = texts.into_iter().peekable();
    let mut hash = Sha256::new();
    let mut first = true;
    while let Some(text) = texts.next() {
        // One text alone has the digest that sha256sum prints.
        if !first || texts.peek().is_some() {
            hash.update(text.len().to_be_bytes());
        }
        hash.update(text);
        first = false;
    }
    let mut out = String::new();
    for octet in hash.finalize() {
        let _ = write!(out, "{octet:02x}");
    }
    out
}

/// The contents that somebody has said yes to: a file with one digest a line.
#[derive(Debug, Clone)]
pub struct Trusted {
    /// `None`: nothing is remembered.
    file: Option<PathBuf>,
}

impl Trusted {
    /// As kept in `file`.
    pub fn at(file: Option<PathBuf>) -> Trusted {
        Trusted { file }
    }

    /// Whether the content with this digest is trusted.
    pub fn has(&self, digest: &str) -> bool {
        let Some(file) = &self.file else {
            return false;
        };
        let small = std::fs::metadata(file).is_ok_and(|about| about.len() <= LONGEST);
        small
            && std::fs::read_to_string(file).is_ok_and(|text| {
                text.lines()
                    .any(|line| line.split_whitespace().next() == Some(digest))
            })
    }

    /// Remembers it, with the name for whoever reads the list.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&self, digest: &str, name: &str) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        if self.has(digest) {
            return Ok(());
        }
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let name = name.replace(|c: char| c.is_control(), " ");
        let mut file = private(file)?;
        file.write_all(format!("{digest}  {name}\n").as_bytes())
    }
}

/// Opened at its end; only its owner may write it.
fn private(path: &Path) -> io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
