//! What leaves the screen: files, the record, the clipboard. Data and their beginnings; `update/out.rs`
//! does them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::state::State;
use crate::channel::tls::TlsReport;
use crate::config::foreign::{self, Tool};
use crate::export::{Exporter, FileError, Format, Names, NewFile, Overwrite, Replace, Scope};
use crate::transcript::LineKind;

/// What is written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// The transcript.
    Transcript(Format),
    /// The session as another tool's command line.
    Line(Tool),
}

impl What {
    /// Every one, with its name as typed.
    pub const ALL: [(What, &'static str); 7] = [
        (What::Transcript(Format::Trace), "trace"),
        (What::Transcript(Format::Text), "text"),
        (What::Transcript(Format::Json), "json"),
        (What::Transcript(Format::Report), "report"),
        (What::Line(Tool::Imtest), "imtest"),
        (What::Line(Tool::OpenSsl), "openssl"),
        (What::Line(Tool::Curl), "curl"),
    ];

    /// By its name.
    pub fn named(name: &str) -> Option<What> {
        let found = What::ALL
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name));
        found.map(|(what, _)| *what)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = What::ALL.iter().find(|(what, _)| *what == self);
        found.map_or("", |(_, name)| name)
    }

    /// How its files end.
    pub fn ending(self) -> &'static str {
        match self {
            What::Transcript(Format::Trace | Format::Report) => "trace",
            What::Transcript(Format::Text) => "txt",
            What::Transcript(Format::Json) => "jsonl",
            What::Line(_) => "sh",
        }
    }
}

/// How much of the transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// All of it.
    All,
    /// The command at the cursor.
    Command,
    /// The commands of the marked lines.
    Marked,
    /// What the filter shows.
    Filtered,
}

/// An export as wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub what: What,
    /// How much.
    pub part: Part,
    /// Names that are replaced.
    pub names: Option<Replace>,
    /// Where to.
    pub path: PathBuf,
    /// And if there is a file.
    pub overwrite: Overwrite,
}

impl Wanted {
    /// Reads `[FORMAT] [command|marked|filtered] [names|mailboxes] FILE`.
    ///
    /// # Errors
    /// A sentence.
    pub fn read(words: &str, overwrite: Overwrite) -> Result<Wanted, String> {
        let mut what = None;
        let mut part = Part::All;
        let mut names = None;
        let mut rest = words.trim();
        while let Some((word, behind)) = rest.split_once(char::is_whitespace) {
            match (word, What::named(word)) {
                ("command", _) => part = Part::Command,
                ("marked", _) => part = Part::Marked,
                ("filtered", _) => part = Part::Filtered,
                ("names", _) => names = Some(Replace::People),
                ("mailboxes", _) => names = Some(Replace::PeopleAndMailboxes),
                (_, Some(named)) if what.is_none() => what = Some(named),
                _ => break,
            }
            rest = behind.trim_start();
        }
        if let Some((word, _)) = rest.split_once(char::is_whitespace)
            && !word.contains(['/', '.'])
        {
            return Err(format!(
                "{word} is no format; there are {}, and before FILE: command, marked, filtered, names, mailboxes.",
                What::ALL.map(|(_, name)| name).join(", ")
            ));
        }
        if rest.is_empty() {
            return Err(format!(
                ":export wants a file: :export [{}] [command|marked|filtered] [names|mailboxes] FILE.",
                What::ALL.map(|(_, name)| name).join("|")
            ));
        }
        let path = expanded(rest);
        Ok(Wanted {
            what: what.unwrap_or_else(|| by_ending(&path)),
            part,
            names,
            path,
            overwrite,
        })
    }
}

/// What a file's name promises.
fn by_ending(path: &Path) -> What {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    What::Transcript(match ending.as_ref() {
        "txt" | "text" | "log" => Format::Text,
        "json" | "jsonl" => Format::Json,
        _ => Format::Trace,
    })
}

/// `~/` is the home directory, as in a shell.
pub(super) fn expanded(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(text),
    }
}

/// An export that goes on while the screen lives.
#[derive(Debug)]
pub struct Job {
    pub(super) exporter: Exporter<NewFile>,
    pub(super) what: What,
    pub(super) path: PathBuf,
    /// Only what the filter shows.
    pub(super) filtered: bool,
}

impl Job {
    /// `exporting x.trace: 40%`
    pub fn progress(&self) -> String {
        let (done, all) = self.exporter.progress();
        let percent = done.saturating_mul(100).checked_div(all).unwrap_or(100);
        format!("exporting {}: {percent}%", self.path.display())
    }
}

/// A question about a file that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overwriting {
    /// By an export.
    Export(Wanted),
    /// By the record.
    Record(PathBuf),
}

impl Overwriting {
    /// Which file.
    pub fn path(&self) -> &Path {
        match self {
            Overwriting::Export(wanted) => &wanted.path,
            Overwriting::Record(path) => path,
        }
    }
}

/// Something to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The key that takes it.
    pub key: char,
    /// What it is.
    pub label: String,
    /// The text; the error is why not.
    pub text: Result<String, String>,
}

impl State {
    /// The command at the cursor of the transcript.
    pub(super) fn command_at_cursor(&self) -> Option<usize> {
        let transcript = self.console.transcript();
        let spot = self.scroll.cursor(transcript)?;
        transcript.line_command(spot.line)
    }

    /// The commands of the marked lines.
    pub(super) fn marked_commands(&self) -> BTreeSet<usize> {
        let commands = self.marks.commands(self.console.transcript());
        commands.into_iter().collect()
    }

    /// Which lines `part` is; the error is a sentence.
    fn scope(&self, part: Part) -> Result<Scope, String> {
        match part {
            Part::All => Ok(Scope::All),
            Part::Command => self
                .command_at_cursor()
                .map(|command| Scope::Commands(BTreeSet::from([command])))
                .ok_or_else(|| "The cursor of the transcript is on no command.".to_owned()),
            Part::Filtered if self.scroll.filter.is_some() => Ok(Scope::All),
            Part::Filtered => Err("There is no filter: f in the transcript sets one.".to_owned()),
            Part::Marked => Some(self.marked_commands())
                .filter(|commands| !commands.is_empty())
                .map(Scope::Commands)
                .ok_or_else(|| "No command is marked: m in the transcript marks one.".to_owned()),
        }
    }

    /// What stands above a report.
    pub fn report_head(&self) -> Vec<String> {
        let mut head = vec![
            format!(
                "imapsh {} on {} {}: bug report; imapsh view FILE shows it",
                env!("CARGO_PKG_VERSION"),
                std::env::consts::OS,
                std::env::consts::ARCH
            ),
            "Passwords and SASL responses are masked (********).".to_owned(),
        ];
        head.push(match self.place() {
            Some(place) if self.is_log() => format!("log: {place}"),
            Some(place) => format!("server: {place}"),
            None => "server: none".to_owned(),
        });
        let model = self.console.model();
        let id: Vec<String> = model
            .server_id()
            .iter()
            .map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or("NIL")))
            .collect();
        head.push(match id.is_empty() {
            true => "server ID: not told (ID NIL asks for it)".to_owned(),
            false => format!("server ID: {}", id.join(", ")),
        });
        head.push(match model.capabilities().last_known() {
            Some(set) => format!("capabilities: {}", set.iter().collect::<Vec<_>>().join(" ")),
            None => "capabilities: not known".to_owned(),
        });
        head.push(match self.console.tls().map(TlsReport::summary) {
            Some(summary) => summary,
            None => "TLS: none on this connection".to_owned(),
        });
        let identity = self.console.identity();
        if let Some(name) = identity.effective() {
            head.push(format!("as: {name}"));
        }
        head
    }

    /// The names that are known, to be replaced in a report.
    pub fn names(&self, replace: Replace) -> Names {
        let credentials = self.plan.as_ref().map(|plan| &plan.credentials);
        let mut users: Vec<&str> = self.users.iter().collect();
        if let Some(credentials) = credentials {
            users.extend(credentials.authcid.as_deref());
            users.extend(credentials.authzid.as_deref());
        }
        if let crate::console::Identity::LoggedIn {
            authcid, authzid, ..
        } = self.console.identity()
        {
            users.extend(authcid.as_deref());
            users.extend(authzid.as_deref());
        }
        users.extend(self.before.iter().map(String::as_str));
        let mut hosts: Vec<&str> = Vec::new();
        if let Some(plan) = self.plan.as_ref().filter(|plan| !plan.place.is_log()) {
            hosts.push(plan.place.host());
            hosts.extend(plan.trust.server_name.as_deref());
        }
        let mailboxes = self.console.model().mailboxes();
        let wanted = replace == Replace::PeopleAndMailboxes;
        let named = mailboxes.iter().filter(|_| wanted).map(|mailbox| {
            let delimiter = mailbox.delimiter.and_then(|d| u8::try_from(d).ok());
            (mailbox.name.as_slice(), delimiter)
        });
        Names::new(users, hosts, named)
    }

    /// The session as a line of `tool`, notes behind it as comments.
    pub(super) fn foreign_line(&self, tool: Tool) -> Result<String, String> {
        let plan = self.plan.as_ref().ok_or("Nothing was connected yet.")?;
        let written = foreign::write(plan, tool).map_err(|error| error.to_string())?;
        let notes = written.notes.iter().map(|note| format!("\n# {note}"));
        Ok(written.line + &notes.collect::<String>())
    }

    /// Begins an export.
    ///
    /// # Errors
    /// `Ok(None)` in it: the file exists. Else a sentence.
    pub(super) fn begin_export(
        &mut self,
        wanted: &Wanted,
    ) -> Result<Option<String>, FileOrSentence> {
        if self.job.is_some() {
            return Err("An export is under way; Ctrl+C stops it.".to_owned().into());
        }
        let mut file = NewFile::create(&wanted.path, wanted.overwrite)?;
        let format = match wanted.what {
            What::Line(tool) => {
                let line = self.foreign_line(tool)?;
                std::io::Write::write_all(&mut file, format!("{line}\n").as_bytes())
                    .map_err(|error| error.to_string())?;
                file.finish()?;
                return Ok(Some(format!(
                    "The command line of {} is in {}.",
                    wanted.what.name(),
                    wanted.path.display()
                )));
            }
            What::Transcript(format) => format,
        };
        let scope = self.scope(wanted.part)?;
        let head = self.report_head();
        let names = wanted.names.map(|replace| self.names(replace));
        let transcript = self.console.transcript();
        let exporter = Exporter::new(transcript, format, scope, &head, names, file)
            .map_err(|error| format!("{} cannot be written: {error}.", wanted.path.display()))?;
        self.job = Some(Job {
            exporter,
            what: wanted.what,
            path: wanted.path.clone(),
            filtered: wanted.part == Part::Filtered,
        });
        Ok(None)
    }

    /// The line at the cursor, and its octets.
    pub(super) fn line_at_cursor(&self) -> Option<(usize, u64)> {
        let transcript = self.console.transcript();
        let spot = self.scroll.cursor(transcript)?;
        let line = transcript.line(spot.line)?;
        let size = match line.kind {
            LineKind::Literal { stored, .. } => stored,
            _ => line.bytes.len() as u64,
        };
        Some((spot.line, size))
    }
}

impl State {
    /// Something was handed to the terminal's clipboard, or not.
    pub(super) fn copied(
        &mut self,
        what: &str,
        size: usize,
        outcome: std::io::Result<Option<&'static str>>,
    ) {
        self.message = Some(match outcome {
            Ok(None) => format!("Copied {what}: {size} octets."),
            Ok(Some(doubt)) => format!("Sent {what} to the terminal, {size} octets; {doubt}"),
            Err(error) => format!("Nothing was copied: {error}."),
        });
    }
}

/// Why an export did not begin.
#[derive(Debug)]
pub enum FileOrSentence {
    /// The file is there.
    Exists,
    /// A sentence.
    Sentence(String),
}

impl From<String> for FileOrSentence {
    fn from(sentence: String) -> FileOrSentence {
        FileOrSentence::Sentence(sentence)
    }
}

impl From<FileError> for FileOrSentence {
    fn from(error: FileError) -> FileOrSentence {
        match error {
            FileError::Exists { .. } => FileOrSentence::Exists,
            error => FileOrSentence::Sentence(format!("{error}.")),
        }
    }
}
