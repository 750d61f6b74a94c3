//! `-I FILE`: the process id in a file, for as long as the program runs.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file. It goes with this value, unless another program has written its own id there meanwhile.
#[derive(Debug)]
pub struct Pidfile {
    path: PathBuf,
    text: String,
}

impl Pidfile {
    /// Writes the id of this process and a line end.
    ///
    /// # Errors
    /// A sentence, when the file cannot be written.
    pub fn write(path: &Path) -> Result<Pidfile, String> {
        let text = format!("{}\n", std::process::id());
        let written = fs::File::create(path).and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Ok(()) => Ok(Pidfile {
                // The program may go to another directory before it removes the file.
                path: std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()),
                text,
            }),
            Err(error) => Err(format!(
                "the process id cannot be written to {} (-I): {error}",
                path.display()
            )),
        }
    }
}

impl Drop for Pidfile {
    fn drop(&mut self) {
        if fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            // Whoever reads a file that is left over finds no such process.
            let _ = fs::remove_file(&self.path);
        }
    }
}
