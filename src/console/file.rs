//! The files that `{@path}` names.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use super::draft::FileReference;

/// Largest file taken, in octets.
const LIMIT: u64 = 256 * 1024 * 1024;

/// Reads `file`: lone LF made CRLF unless it is raw.
///
/// # Errors
/// A sentence: not there, not a file, too large, NUL where none may be.
pub fn read(file: &FileReference) -> Result<Vec<u8>, String> {
    let path = place(&file.path)?;
    let failed = |error: std::io::Error| {
        format!(
            "{} cannot be read: {error}. Nothing was sent.",
            path.display()
        )
    };
    // Looked at before it is opened: opening a pipe that nobody writes to would wait for ever.
    let about = std::fs::metadata(&path).map_err(failed)?;
    if !about.is_file() {
        return Err(format!(
            "{} is not a plain file. Nothing was sent.",
            path.display()
        ));
    }
    let mut bytes = Vec::new();
    File::open(&path)
        .map_err(failed)?
        .take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if !file.raw {
        bytes = with_crlf(bytes);
    }
    if bytes.len() as u64 > LIMIT {
        return Err(format!(
            "{} is larger than 256 MiB. Nothing was sent.",
            path.display()
        ));
    }
    if let (Some(at), false) = (memchr::memchr(0, &bytes), file.binary) {
        return Err(format!(
            "{} holds a NUL at octet {}: only a binary literal may, so write ~{{@{}}}. Nothing was sent.",
            path.display(),
            at + 1,
            file.path
        ));
    }
    Ok(bytes)
}

/// `path`, with `~/` for the home directory.
fn place(path: &str) -> Result<PathBuf, String> {
    let Some(below) = path.strip_prefix("~/") else {
        return Ok(PathBuf::from(path));
    };
    match std::env::home_dir() {
        Some(home) => Ok(home.join(below)),
        None => Err(format!(
            "{path}: there is no home directory (HOME is not set). Write the whole path."
        )),
    }
}

/// Every LF that has no CR before it gets one.
fn with_crlf(bytes: Vec<u8>) -> Vec<u8> {
    let lone = |at: &usize| *at == 0 || bytes.get(at - 1) != Some(&b'\r');
    let count = memchr::memchr_iter(b'\n', &bytes).filter(lone).count();
    if count == 0 {
        return bytes;
    }
    let mut out = Vec::with_capacity(bytes.len() + count);
    let mut from = 0;
    for at in memchr::memchr_iter(b'\n', &bytes).filter(lone) {
        out.extend_from_slice(bytes.get(from..at).unwrap_or_default());
        out.extend_from_slice(b"\r\n");
        from = at + 1;
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    out
}
