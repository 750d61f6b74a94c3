//! The way back as a file. While the run goes on its lines stand in `F.part`, each flushed before the command that
//! it takes back is sent; at the end they go into `F`, the last one first, as a snippet.
//!
//! `F.part` of a run that was killed is good for two things: the run that resumes goes on with it, and
//! `imapsh run F.part` runs it, the last line first.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Undo;
use super::report::cut_half_a_line;

/// The first line of `F.part`.
const HEAD: &str = "{\"type\":\"undo-part\",\"format\":1}\n";
/// The beginning of that line: whoever sees it knows what the file is.
pub const MARK: &[u8] = b"{\"type\":\"undo-part\"";
/// Most octets of a line that is believed.
const LONGEST: u64 = 64 * 1024 * 1024;

/// A line that holds: its number, where it stands and how long it is.
type Standing = (u64, (u64, u64));

/// One line behind the head.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Entry {
    /// A way back.
    Undo {
        undo: String,
        n: u64,
        row: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
    },
    /// There is nothing to take back after all, or it has been taken back already.
    Void { void: u64 },
}

/// Why an undo file cannot be written: sentences.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// It is there already.
    #[error("--undo: {} exists and was not touched: name another file, or remove it", .0.display())]
    Exists(PathBuf),
    /// A run that did not end left its part.
    #[error(
        "--undo: {part} is what an interrupted run left: `imapsh run {part}` takes back what it did, \
         --resume goes on with both; or remove it", part = .0.display()
    )]
    Left(PathBuf),
    /// Somebody else writes it.
    #[error("{}: another run writes this undo file now", .0.display())]
    Busy(PathBuf),
    /// A line is none of ours.
    #[error("{}: not the part of an undo file ({why})", path.display())]
    Strange {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The system says no.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// The way back, being written.
#[derive(Debug)]
pub struct UndoFile {
    path: PathBuf,
    part: PathBuf,
    file: File,
    next: u64,
    /// Of which run the head tells.
    about: String,
}

impl UndoFile {
    /// A new one for `path`. With `resume` the part that an interrupted run left is gone on with, and an `F`
    /// that a run left which was stopped in order becomes the part again: its lines are those of earlier rows.
    ///
    /// # Errors
    /// A file is there that must not be touched, or it cannot be made.
    pub fn create(path: &Path, about: &str, resume: bool) -> Result<UndoFile, UndoError> {
        let part = part_of(path);
        let io = |path: &Path, cause| UndoError::Io {
            path: path.to_owned(),
            cause,
        };
        if path.exists() && !resume {
            return Err(UndoError::Exists(path.to_owned()));
        }
        let new = OpenOptions::new()
            .read(true)
            .append(true)
            .create_new(true)
            .open(&part);
        let (file, old) = match new {
            Ok(file) => (file, false),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let file = OpenOptions::new().read(true).append(true).open(&part);
                (file.map_err(|cause| io(&part, cause))?, true)
            }
            Err(cause) => return Err(io(&part, cause)),
        };
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(UndoError::Busy(path.to_owned()));
        }
        if old && !resume {
            return Err(UndoError::Left(part));
        }
        let mut undo = UndoFile {
            path: path.to_owned(),
            part,
            file,
            next: 0,
            about: about.to_owned(),
        };
        if old {
            cut_half_a_line(&undo.file).map_err(|cause| undo.io(cause))?;
            undo.next = undo.lines()?.iter().map(|(n, _)| n + 1).max().unwrap_or(0);
        }
        if undo.file.metadata().map_or(0, |about| about.len()) == 0 {
            undo.write(HEAD)?;
        }
        Ok(undo)
    }

    fn io(&self, cause: io::Error) -> UndoError {
        UndoError::Io {
            path: self.part.clone(),
            cause,
        }
    }

    fn write(&mut self, text: &str) -> Result<(), UndoError> {
        let done = self.file.write_all(text.as_bytes());
        done.map_err(|cause| self.io(cause))
    }

    fn append(&mut self, entry: &Entry) -> Result<(), UndoError> {
        let mut text = serde_json::to_string(entry).unwrap_or_default();
        text.push('\n');
        self.write(&text)
    }

    /// The number that the next line will have.
    pub fn next_number(&self) -> u64 {
        self.next
    }

    /// Writes a line: it is with the system when this returns.
    ///
    /// # Errors
    /// The disk is full, or the like: then the command must not go.
    pub fn add(&mut self, undo: &Undo) -> Result<(), UndoError> {
        self.next = self.next.max(undo.number + 1);
        self.append(&Entry::Undo {
            undo: undo.text.clone(),
            n: undo.number,
            row: undo.row,
            user: undo.user.clone(),
        })
    }

    /// There is nothing to take back for line `number` after all.
    ///
    /// # Errors
    /// The disk is full, or the like.
    pub fn void(&mut self, number: u64) -> Result<(), UndoError> {
        self.append(&Entry::Void { void: number })
    }

    /// Numbers and places of the lines that hold, in order.
    fn lines(&self) -> Result<Vec<Standing>, UndoError> {
        standing(&self.file, &self.part)
    }

    /// Puts the lines into `F`, the last one first, and removes the part. `None`: there are none, and no file.
    ///
    /// # Errors
    /// It cannot be written: the part is still there.
    pub fn finish(self) -> Result<Option<usize>, UndoError> {
        let lines = self.lines()?;
        let earlier = match std::fs::read(&self.path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(cause) => return Err(self.io(cause)),
        };
        let remove = || std::fs::remove_file(&self.part).map_err(|cause| self.io(cause));
        if lines.is_empty() {
            remove()?;
            return Ok(earlier.map(|_| 0));
        }
        // Beside it and then in its place: a disk that is full in the middle harms nothing.
        let beside = self.path.with_file_name(name_with(&self.path, ".new"));
        let done = File::create(&beside).and_then(|mut out| {
            let mut text = Vec::new();
            write_reversed(&self.file, &lines, &self.about, &mut text)?;
            out.write_all(&text)?;
            if let Some(earlier) = &earlier {
                // What was done before is taken back after.
                out.write_all(b"\n# Of the run before that was interrupted:\n")?;
                let (user, body) = parts_of(earlier);
                if let Some(user) = user {
                    out.write_all(b"!as ")?;
                    out.write_all(user)?;
                    out.write_all(b"\n")?;
                }
                out.write_all(body)?;
            }
            out.sync_all()
        });
        done.and_then(|()| std::fs::rename(&beside, &self.path))
            .map_err(|cause| self.io(cause))?;
        remove()?;
        Ok(Some(lines.len()))
    }
}

/// `F.part`
pub fn part_of(path: &Path) -> PathBuf {
    path.with_file_name(name_with(path, ".part"))
}

fn name_with(path: &Path, ending: &str) -> std::ffi::OsString {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    name
}

/// What an undo file begins with, up to the empty line behind its header. `user`: of its first command; an admin
/// may have no mailboxes, and then cannot even log in as himself.
fn head(about: &str, lines: usize, user: Option<&str>) -> Vec<u8> {
    let about = one_line(about);
    let authz = user.map_or_else(String::new, |user| format!("authz: {}\n", one_line(user)));
    let commands = if lines == 1 { "command" } else { "commands" };
    format!(
        "# Takes back what this run did: {about}\n\
         # {lines} {commands}, the last one first. Run it with the same profile: imapsh run THIS_FILE @profile\n\
         title: takes back {about}\n{authz}"
    )
    .into_bytes()
}

/// One line without variables, whatever a list of users holds.
fn one_line(text: &str) -> String {
    let text = text.replace(|c: char| c.is_control(), " ");
    text.replace("${", "$${")
}

/// Whom the header acts as, and what stands behind the header.
fn parts_of(text: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let end = text.windows(2).position(|two| two == b"\n\n");
    let (head, body) = text.split_at(end.map_or(0, |at| at + 1));
    let mut lines = head.split(|octet| *octet == b'\n');
    (lines.find_map(|line| line.strip_prefix(b"authz: ")), body)
}

/// A snippet that takes back what these lines say, the last one first: for lines that are in no file.
pub fn snippet(about: &str, lines: &[Undo]) -> String {
    let mut user = lines.last().and_then(|undo| undo.user.clone());
    let mut text = head(about, lines.len(), user.as_deref());
    for undo in lines.iter().rev() {
        write_one(&mut text, &mut user, undo.user.as_deref(), &undo.text);
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// The part of an undo file as a snippet.
///
/// # Errors
/// It is none, or cannot be read.
pub fn snippet_of_part(path: &Path) -> Result<String, UndoError> {
    let io = |cause| UndoError::Io {
        path: path.to_owned(),
        cause,
    };
    let file = File::open(path).map_err(io)?;
    let lines = standing(&file, path)?;
    let name = path.display().to_string();
    let mut text = Vec::new();
    write_reversed(&file, &lines, &name, &mut text).map_err(io)?;
    String::from_utf8(text).map_err(|error| UndoError::Strange {
        path: path.to_owned(),
        why: error.to_string(),
    })
}

/// Numbers, and offset and length, of the lines that hold.
fn standing(mut file: &File, path: &Path) -> Result<Vec<Standing>, UndoError> {
    let io = |cause| UndoError::Io {
        path: path.to_owned(),
        cause,
    };
    let strange = |why: String| UndoError::Strange {
        path: path.to_owned(),
        why,
    };
    file.seek(SeekFrom::Start(0)).map_err(io)?;
    let mut reader = BufReader::new(file);
    let (mut at, mut line) = (0, Vec::new());
    let mut lines: Vec<Standing> = Vec::new();
    loop {
        line.clear();
        let read = Read::take(&mut reader, LONGEST).read_until(b'\n', &mut line);
        let length = read.map_err(io)? as u64;
        if !line.ends_with(b"\n") {
            return Ok(lines);
        }
        if at == 0 {
            if !line.starts_with(MARK) {
                return Err(strange("its first line is another".to_owned()));
            }
        } else {
            match serde_json::from_slice(&line).map_err(|error| strange(error.to_string()))? {
                Entry::Undo { n, .. } => lines.push((n, (at, length))),
                // Mostly one of the last few.
                Entry::Void { void } => {
                    if let Some(found) = lines.iter().rposition(|(n, _)| *n == void) {
                        lines.remove(found);
                    }
                }
            }
        }
        at += length;
    }
}

fn write_reversed(
    mut file: &File,
    lines: &[Standing],
    about: &str,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let mut user = None;
    for (index, (_, (at, length))) in lines.iter().rev().enumerate() {
        file.seek(SeekFrom::Start(*at))?;
        let mut line = Vec::new();
        Read::take(file, *length).read_to_end(&mut line)?;
        let Ok(Entry::Undo {
            undo, user: whose, ..
        }) = serde_json::from_slice(&line)
        else {
            continue;
        };
        if index == 0 {
            out.extend(head(about, lines.len(), whose.as_deref()));
            user.clone_from(&whose);
        }
        write_one(out, &mut user, whose.as_deref(), &undo);
    }
    Ok(())
}

/// One command; `!as` before it where the user changes.
fn write_one(out: &mut Vec<u8>, user: &mut Option<String>, whose: Option<&str>, text: &str) {
    if user.as_deref() != whose {
        if let Some(whose) = whose {
            out.extend_from_slice(format!("\n!as {}", one_line(whose)).as_bytes());
        }
        *user = whose.map(str::to_owned);
    }
    out.extend_from_slice(format!("\n{}\nOK\n", text.trim_end_matches(['\r', '\n'])).as_bytes());
}
