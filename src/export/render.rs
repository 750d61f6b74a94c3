//! Lines of the transcript in each of the formats.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::Format;
use super::names::Names;
use crate::transcript::trace::{self, Side, Writer};
use crate::transcript::{Line, LineKind, NoteLevel, Transcript};
use crate::tui::printable;
use crate::wire::Direction;
use crate::wire::command::MASK;
use crate::wire::response::Status;

/// What is known of a line besides itself.
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    session: u32,
    tag: Option<String>,
    command: Option<String>,
    /// It is the first of its command.
    begins: bool,
    status: Option<Status>,
    code: Option<String>,
    elapsed: Option<Duration>,
}

impl About {
    pub fn of(transcript: &Transcript, index: usize, line: &Line, session: u32) -> About {
        let mut about = About {
            session,
            ..About::default()
        };
        let Some((number, record)) = line.command.and_then(|c| Some((c, transcript.command(c)?)))
        else {
            return about;
        };
        about.tag = transcript.command_tag(number).map(|t| t.to_string());
        about.command = Some(record.verb.to_string());
        about.begins = record.first_line == index;
        if record.completion_line == Some(index) || about.begins {
            about.status = record.status;
            about.elapsed = record.elapsed;
        }
        if record.completion_line == Some(index) {
            about.code = code(&line.bytes);
        } else if !about.begins {
            (about.status, about.elapsed) = (None, None);
        }
        about
    }
}

/// What a server says within an exchange of a mechanism.
fn is_challenge(line: &[u8], about: &About) -> bool {
    about.command.as_deref() == Some("AUTHENTICATE") && line.starts_with(b"+ ") && line.len() > 2
}

/// The name of the response code in a tagged response: `A1 NO [NOPERM] no`.
fn code(line: &[u8]) -> Option<String> {
    let mut words = line.splitn(3, |b| *b == b' ');
    let rest = words.nth(2)?.strip_prefix(b"[")?;
    let end = rest.iter().position(|b| matches!(b, b' ' | b']'))?;
    let name = String::from_utf8_lossy(rest.get(..end)?);
    Some(name.to_ascii_uppercase())
}

/// A line of JSON.
#[derive(Debug, Serialize)]
struct Row<'a> {
    time: String,
    session: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    warning: bool,
    /// A note about state that moved.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    change: bool,
}

#[derive(Debug)]
pub(super) struct Renderer<W> {
    format: Format,
    names: Option<Names>,
    out: Writer<W>,
    last: Option<(SystemTime, u32)>,
    /// What the octets of a literal belong to.
    about: About,
    /// Text of a literal without its end, for the format that people read.
    held: Vec<u8>,
}

impl<W: Write> Renderer<W> {
    pub fn new(format: Format, names: Option<Names>, out: W) -> Renderer<W> {
        Renderer {
            format,
            names,
            out: Writer::new(out),
            last: None,
            about: About::default(),
            held: Vec::new(),
        }
    }

    pub fn head(&mut self, head: &[String]) -> io::Result<()> {
        match self.format {
            Format::Trace => self
                .out
                .comment("A trace by imapsh: imapsh view FILE shows it."),
            Format::Text | Format::Json => Ok(()),
            Format::Report => {
                for line in head {
                    let line = match &mut self.names {
                        Some(names) => {
                            String::from_utf8_lossy(&names.replace(line.as_bytes())).into_owned()
                        }
                        None => line.clone(),
                    };
                    self.out.comment(&line)?;
                }
                self.out.comment("")
            }
        }
    }

    pub fn line(&mut self, line: &Line, about: &About) -> io::Result<()> {
        self.end_held()?;
        if let LineKind::Note(level) = line.kind {
            return self.note(line, level, about);
        }
        let side = match line.kind.direction() {
            Some(Direction::Client) => Side::Client,
            _ => Side::Server,
        };
        self.about = about.clone();
        match self.format {
            Format::Trace | Format::Report => self.mark(line.at, about.session)?,
            Format::Text if about.begins => self.heading(line, about)?,
            _ => self.last = Some((line.at, about.session)),
        }
        if matches!(line.kind, LineKind::Literal { .. }) {
            return Ok(());
        }
        let mut bytes = line.bytes.clone();
        if let Some(names) = &mut self.names {
            bytes = names.replace(&bytes);
        }
        if self.format == Format::Report && is_challenge(&bytes, about) {
            // With the salt and the server's signature of SCRAM passwords can be guessed at leisure.
            bytes = [b"+ ", MASK].concat();
        }
        match self.format {
            Format::Trace | Format::Report => {
                bytes.extend_from_slice(line.ending.octets());
                self.out.bytes(side, &bytes)?;
                if line.missing {
                    self.gap(1)?;
                }
                Ok(())
            }
            Format::Text => {
                let mark = match side {
                    Side::Server => "S:",
                    _ => "C:",
                };
                let text = printable::text(&bytes);
                self.plain(format!("{mark} {text}").trim_end())
            }
            Format::Json => {
                bytes.extend_from_slice(line.ending.octets());
                self.row(line.kind.direction(), &bytes, about)
            }
        }
    }

    /// Octets of the literal whose line came last.
    pub fn octets(&mut self, direction: Direction, octets: &[u8]) -> io::Result<()> {
        let replaced;
        let octets = match &self.names {
            Some(names) => {
                replaced = names.blank(octets);
                replaced.as_slice()
            }
            None => octets,
        };
        match self.format {
            Format::Trace | Format::Report => {
                let side = match direction {
                    Direction::Client => Side::Client,
                    Direction::Server => Side::Server,
                };
                self.out.bytes(side, octets)
            }
            Format::Json => {
                let about = std::mem::take(&mut self.about);
                let written = self.row(Some(direction), octets, &about);
                self.about = about;
                written
            }
            Format::Text => {
                for part in octets.split_inclusive(|b| *b == b'\n') {
                    self.held.extend_from_slice(part);
                    if part.ends_with(b"\n") || self.held.len() >= trace::LINE_LIMIT {
                        self.end_held()?;
                    }
                }
                Ok(())
            }
        }
    }

    /// `octets` are not there.
    pub fn gap(&mut self, octets: u64) -> io::Result<()> {
        let text = format!("{octets} octets could not be stored and are missing here");
        match self.format {
            Format::Trace | Format::Report => self.out.comment(&format!("{}{text}", trace::GAP)),
            Format::Text => self.plain(&format!("-- {text}")),
            Format::Json => Ok(()),
        }
    }

    pub fn finish(&mut self) -> io::Result<()> {
        self.end_held()?;
        self.out.end_line()
    }

    pub fn into_inner(self) -> W {
        self.out.into_inner()
    }

    fn note(&mut self, line: &Line, level: NoteLevel, about: &About) -> io::Result<()> {
        let warning = matches!(level, NoteLevel::Warning | NoteLevel::Alarm);
        let change = level == NoteLevel::Change;
        let mut bytes = line.bytes.clone();
        if let Some(names) = &mut self.names {
            bytes = names.replace(&bytes);
        }
        let text = printable::text(&bytes);
        match self.format {
            Format::Trace | Format::Report => {
                if self.out.open_line().is_none() {
                    self.mark(line.at, about.session)?;
                }
                let mark = match level {
                    NoteLevel::Info => trace::NOTE,
                    NoteLevel::Warning | NoteLevel::Alarm => trace::WARNING,
                    NoteLevel::Change => trace::CHANGE,
                };
                self.out.comment(&format!("{mark}{text}"))
            }
            Format::Text => self.plain(&format!("-- {text}")),
            Format::Json => {
                let row = Row {
                    time: trace::time(line.at),
                    session: about.session,
                    direction: None,
                    tag: None,
                    command: None,
                    status: None,
                    code: None,
                    ms: None,
                    bytes: None,
                    note: Some(text),
                    warning,
                    change,
                };
                self.json(&row)
            }
        }
    }

    fn mark(&mut self, at: SystemTime, session: u32) -> io::Result<()> {
        if self.last.replace((at, session)) == Some((at, session)) {
            return Ok(());
        }
        self.out.mark(&trace::time(at), session)
    }

    /// `-- A0012 SELECT   2026-11-23T12:04:31.118Z   OK 41 ms`
    fn heading(&mut self, line: &Line, about: &About) -> io::Result<()> {
        let tag = about.tag.as_deref().unwrap_or_default();
        let verb = about.command.as_deref().unwrap_or_default();
        let mut text = format!("-- {} {}", printable::line(tag), printable::line(verb));
        text.push_str(&format!("   {}", trace::time(line.at)));
        if let Some(status) = about.status {
            text.push_str(&format!("   {}", status.name()));
        }
        if let Some(elapsed) = about.elapsed {
            let ms = crate::transcript::interpret::milliseconds(elapsed);
            text.push_str(&format!(" in {ms}"));
        }
        self.plain("")?;
        self.plain(&text)
    }

    fn row(&mut self, direction: Option<Direction>, bytes: &[u8], about: &About) -> io::Result<()> {
        let at = self.last.map_or(SystemTime::UNIX_EPOCH, |(at, _)| at);
        let completes = !about.begins;
        let row = Row {
            time: trace::time(at),
            session: about.session,
            direction: direction.map(|d| match d {
                Direction::Client => "client",
                Direction::Server => "server",
            }),
            tag: about.tag.as_deref(),
            command: about.command.as_deref(),
            status: about.status.filter(|_| completes).map(|s| s.name()),
            code: about.code.as_deref(),
            ms: about
                .elapsed
                .filter(|_| completes)
                .map(|e| (e.as_secs_f64() * 1e6).round() / 1e3),
            bytes: Some(escaped(bytes)),
            note: None,
            warning: false,
            change: false,
        };
        self.json(&row)
    }

    fn json(&mut self, row: &Row<'_>) -> io::Result<()> {
        let mut text = serde_json::to_vec(row).map_err(io::Error::other)?;
        text.push(b'\n');
        self.out.get_mut().write_all(&text)
    }

    fn plain(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out.get_mut(), "{text}")
    }

    fn end_held(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let held = std::mem::take(&mut self.held);
        let line = held.strip_suffix(b"\n").unwrap_or(&held);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = printable::text(line);
        self.plain(format!("   {text}").trim_end())
    }
}

/// Bytes as text: as in a trace, but for CRLF, which stands for itself.
fn escaped(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len() + 16);
    let mut rest = bytes;
    loop {
        let end = memchr::memmem::find(rest, b"\r\n");
        let (line, behind) = rest.split_at(end.unwrap_or(rest.len()));
        trace::encode(&mut out, line);
        match behind.strip_prefix(b"\r\n") {
            Some(behind) => {
                out.extend_from_slice(b"\r\n");
                rest = behind;
            }
            None => return String::from_utf8_lossy(&out).into_owned(),
        }
    }
}
