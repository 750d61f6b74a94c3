//! What is written: the transcript as it grows, a line at a time, and a prompt.

use std::io::{Result, Write};

use super::Pending;
use crate::console::{Console, Phase};
use crate::session::Awaiting;
use crate::transcript::{LineEnd, LineKind, NoteLevel};
use crate::tui::printable;
use crate::wire::response::Status;

/// Most lines of a literal that are written; a screen reader is not to read a whole mail unasked.
const LITERAL_LINES: usize = 200;

pub(super) struct Show<W> {
    out: W,
    colour: bool,
    interactive: bool,
    /// Lines of the transcript that are written.
    written: usize,
    /// A prompt stands on the current line.
    prompted: bool,
}

impl<W: Write> Show<W> {
    pub fn new(out: W, colour: bool, interactive: bool) -> Show<W> {
        Show {
            out,
            colour,
            interactive,
            written: 0,
            prompted: false,
        }
    }

    fn line(&mut self, label: &str, text: &str, colour: &str) -> Result<()> {
        // A prompt that waits is left behind, and comes again.
        if std::mem::take(&mut self.prompted) {
            forgive(writeln!(self.out))?;
        }
        forgive(match self.colour && !colour.is_empty() {
            true => writeln!(self.out, "\x1b[{colour}m{label}{text}\x1b[0m"),
            false => writeln!(self.out, "{label}{text}"),
        })
    }

    /// A sentence of the program's own.
    pub fn say(&mut self, sentence: &str) -> Result<()> {
        self.line("", &printable::line(sentence), "")
    }

    /// Something found: a candidate, a row of the help.
    pub fn row(&mut self, text: &str) -> Result<()> {
        self.line("  ", &printable::line(text), "")
    }

    /// What the transcript has more than was written. What the program asks by itself is left out.
    pub fn transcript(&mut self, console: &Console) -> Result<()> {
        let transcript = console.transcript();
        self.written = self.written.max(transcript.first_line());
        while self.written < transcript.len() {
            let index = self.written;
            let Some(line) = transcript.line(index) else {
                self.written += 1;
                continue;
            };
            let own = line
                .command
                .and_then(|command| transcript.command(command))
                .is_some_and(|record| !record.origin.is_user());
            match line.kind {
                _ if own => {}
                LineKind::Literal { size, received, .. }
                    if received < size && !line.masked && *console.phase() == Phase::Ready =>
                {
                    // It is under way: written when it is all there.
                    return Ok(());
                }
                LineKind::Literal { size, .. } => {
                    self.literal(console, index, size, line.masked)?
                }
                // What ends the line behind a literal.
                LineKind::Sent if line.bytes.is_empty() => {}
                LineKind::Sent => {
                    let text = printable::text(&line.bytes);
                    self.line("C: ", &text, "36")?;
                }
                LineKind::Received { .. } => {
                    let text = printable::text(&line.bytes);
                    let failed = line.command.and_then(|c| transcript.command(c));
                    let failed = failed.filter(|c| c.completion_line == Some(index));
                    let colour = match failed.and_then(|c| c.status) {
                        Some(Status::No) => "33",
                        Some(Status::Bad | Status::Bye) => "31",
                        _ => "",
                    };
                    self.line("S: ", &text, colour)?;
                    if let Some(words) = console.short_explanation(index, &line) {
                        self.line("means: ", &printable::line(&words), "")?;
                    }
                }
                LineKind::Note(level) => {
                    let text = printable::text(&line.bytes);
                    let (label, colour) = match level {
                        NoteLevel::Info => ("note: ", ""),
                        NoteLevel::Change => ("changed: ", ""),
                        NoteLevel::Hint => ("hint: ", ""),
                        NoteLevel::Warning => ("warning: ", "33"),
                        NoteLevel::Alarm => ("alarm: ", "31"),
                    };
                    self.line(label, &text, colour)?;
                }
            }
            if line.ending == LineEnd::Truncated {
                self.say("The connection ended inside this line.")?;
            }
            self.written += 1;
        }
        Ok(())
    }

    fn literal(&mut self, console: &Console, index: usize, size: u64, masked: bool) -> Result<()> {
        let transcript = console.transcript();
        if masked {
            return self.line("   ", "********", "");
        }
        let Some(mut lines) = transcript.literal_lines(index) else {
            return Ok(());
        };
        // As much as can be needed for the lines that are written, however long they are.
        lines.scan(transcript, 1024 * 1024);
        for line in lines.lines(transcript, 0, LITERAL_LINES) {
            self.line("   ", &printable::text(&line), "")?;
        }
        if lines.len() > LITERAL_LINES || size > 1024 * 1024 {
            self.say(&format!(
                "... the literal has {size} octets; its first {LITERAL_LINES} lines were written. imapsh exec writes all of it."
            ))?;
        }
        Ok(())
    }

    /// What waits for a line, for somebody who types.
    pub fn prompt(&mut self, console: &Console, pending: &Pending) -> Result<()> {
        if !self.interactive || self.prompted {
            return Ok(());
        }
        // IDLE has begun when the server says so.
        let transcript = console.transcript();
        let last = transcript
            .len()
            .checked_sub(1)
            .and_then(|at| transcript.line(at));
        let sent = last.is_some_and(|line| line.kind == LineKind::Sent);
        if sent && console.awaiting() == Awaiting::IdleDone {
            return Ok(());
        }
        let waits = match (pending, console.awaiting()) {
            (Pending::More(_), _) => "... ".to_owned(),
            (Pending::Recalled(_) | Pending::Confirm(_), _) => "empty line sends it> ".to_owned(),
            (Pending::User, _) => "Log in as: ".to_owned(),
            (_, Awaiting::IdleDone) => "IDLE, empty line ends it> ".to_owned(),
            (_, Awaiting::Literal { remaining }) => format!("literal, {remaining} octets> "),
            (_, Awaiting::LineRest) => "rest of the line> ".to_owned(),
            _ => {
                let who = console.identity().effective().unwrap_or("nobody");
                let what = match console.model().selected() {
                    Some(selected) => {
                        let mode = if selected.read_only {
                            "read-only"
                        } else {
                            "read-write"
                        };
                        format!(" {} {mode}", printable::line(&selected.shown))
                    }
                    None => String::new(),
                };
                match console.phase() {
                    Phase::Ready => format!("{}{what}> ", printable::line(who)),
                    _ => "not connected> ".to_owned(),
                }
            }
        };
        self.prompted = true;
        forgive(write!(self.out, "{waits}"))
    }

    /// Somebody else writes a prompt of its own now.
    pub fn before_prompt(&mut self) -> Result<()> {
        if std::mem::take(&mut self.prompted) {
            forgive(writeln!(self.out))?;
        }
        self.flush()
    }

    /// A line was typed: the terminal has ended it.
    pub fn typed(&mut self) {
        self.prompted = false;
    }

    /// Ctrl+C: the terminal wrote `^C` and no line end.
    pub fn interrupted(&mut self) -> Result<()> {
        self.prompted = false;
        forgive(writeln!(self.out))
    }

    pub fn flush(&mut self) -> Result<()> {
        forgive(self.out.flush())
    }

    /// The last line is ended.
    pub fn end(&mut self) -> Result<()> {
        self.before_prompt()
    }
}

/// A reader that has seen enough is no error.
fn forgive(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
