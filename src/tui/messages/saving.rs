//! A part on its way into a file: what arrives is written at once, and the file is whole or not there.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::super::state::State;
use super::super::units::octets;
use crate::console::mail::{Source, Standing};
use crate::export::{FileError, NewFile, Overwrite};

/// The file, while it is being written.
#[derive(Debug)]
pub struct PartFile {
    file: NewFile,
    size: Option<u64>,
}

impl PartFile {
    /// Begins it.
    ///
    /// # Errors
    /// Something is there, or nothing can be written there.
    pub fn begin(
        path: &Path,
        source: &Source,
        overwrite: Overwrite,
    ) -> Result<PartFile, FileError> {
        Ok(PartFile {
            file: NewFile::create(path, overwrite)?,
            size: source.size,
        })
    }

    /// Where it goes.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// `saving plan.pdf: 12.3 MB of 50.0 MB`.
    pub fn progress(&self, fetched: u64) -> String {
        let name = self.path().file_name().map(PathBuf::from);
        let name = name.unwrap_or_default();
        match self.size {
            Some(size) => format!(
                "saving {}: {} of {}, ^C stops",
                name.display(),
                octets(fetched),
                octets(size)
            ),
            None => format!("saving {}: {}, ^C stops", name.display(), octets(fetched)),
        }
    }
}

impl State {
    /// Writes what has arrived of a part. A sentence when it has ended, either way.
    pub(crate) fn write_part(&mut self) {
        if self.mail.saving.is_none() {
            return;
        }
        let Some((arrived, standing)) = self.console.mail_mut().take_download() else {
            self.mail.saving = None;
            self.message = Some("The part was not saved: the connection is gone.".to_owned());
            return;
        };
        let Some(mut saving) = self.mail.saving.take() else {
            return;
        };
        let path = saving.path().display().to_string();
        if let Err(error) = saving.file.write_all(&arrived) {
            self.console.mail_mut().stop_download();
            self.message = Some(format!("{path} was not written: {error}."));
            return;
        }
        match standing {
            Standing::Going => self.mail.saving = Some(saving),
            Standing::Failed(sentence) => {
                self.console.mail_mut().stop_download();
                self.message = Some(format!("{path} was not saved. {sentence}"));
            }
            Standing::Done(problems) => {
                self.console.mail_mut().stop_download();
                let odd = match problems {
                    0 => String::new(),
                    n => format!(" {n} octets were no base64 or quoted-printable."),
                };
                self.message = Some(match saving.file.finish() {
                    Ok(written) => format!("{written} octets saved to {path}.{odd}"),
                    Err(error) => format!("{error}."),
                });
            }
        }
    }

    /// Gives up on the file; false: there is none. What was written goes.
    pub(crate) fn stop_part(&mut self) -> bool {
        let some = self.mail.saving.take().is_some();
        if some {
            self.console.mail_mut().stop_download();
        }
        some
    }
}
