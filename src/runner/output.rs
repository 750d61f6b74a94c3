//! What a headless verb prints: `C: ` and `S: ` lines with literals whole, or the server's bytes alone.
//!
//! Everything is streamed: a literal of a gigabyte passes in pieces of 64 KiB.

use std::io::{self, Write};

use tokio::io::{AsyncWrite, AsyncWriteExt, BufWriter};

use crate::channel::{LineSafety, Progress};
use crate::tui::printable;
use crate::wire::{Direction, Piece};

/// How the bytes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Labels, and the bytes as they passed: for files and pipes.
    Labelled,
    /// Labels, and control characters made visible: for a terminal.
    Visible,
    /// No labels, nothing of the client's, the server's bytes exactly.
    Raw,
}

/// Prints pieces.
pub struct Printer<W> {
    out: BufWriter<W>,
    style: Style,
    /// Whose bytes were printed last.
    last: Option<Direction>,
    /// Whether the next piece of the client (0) or the server (1) goes on with a frame.
    inside_frame: [bool; 2],
    /// Whether something stands on the current line.
    in_line: bool,
    /// The end of a piece that cannot be shown yet: half a character, or the CR of a CRLF.
    kept: Vec<u8>,
    /// The reader of stdout is gone (`| head`): that is no error, but nothing more is printed.
    nobody_reads: bool,
}

impl<W: AsyncWrite + Unpin> Printer<W> {
    /// A printer onto `out`.
    pub fn new(out: W, style: Style) -> Printer<W> {
        Printer {
            out: BufWriter::with_capacity(64 * 1024, out),
            style,
            last: None,
            inside_frame: [false; 2],
            in_line: false,
            kept: Vec::new(),
            nobody_reads: false,
        }
    }

    /// Prints one piece.
    pub async fn piece(&mut self, direction: Direction, piece: &Piece) -> io::Result<()> {
        if self.style == Style::Raw {
            return match direction {
                Direction::Server => self.write(piece.bytes()).await,
                Direction::Client => Ok(()),
            };
        }
        let inside = &mut self.inside_frame[usize::from(direction == Direction::Server)];
        let goes_on = std::mem::replace(inside, !piece.ends_frame());
        if !goes_on || self.last != Some(direction) {
            self.end_line().await?;
            let label: &[u8] = match direction {
                Direction::Client => b"C: ",
                Direction::Server => b"S: ",
            };
            self.write(label).await?;
            self.last = Some(direction);
        }
        match self.style {
            Style::Visible => self.visible(piece.bytes()).await,
            _ => self.write(piece.bytes()).await,
        }
    }

    /// Ends a line that is open, so that what comes next (a label, a shell prompt) begins a new one.
    pub async fn end_line(&mut self) -> io::Result<()> {
        if !self.kept.is_empty() {
            let kept = std::mem::take(&mut self.kept);
            self.write(printable::text(&kept).as_bytes()).await?;
        }
        if self.in_line && self.style != Style::Raw {
            self.write(b"\n").await?;
        }
        Ok(())
    }

    /// Hands everything to the reader.
    pub async fn flush(&mut self) -> io::Result<()> {
        let result = self.out.flush().await;
        self.forgive(result)
    }

    async fn visible(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut all = std::mem::take(&mut self.kept);
        all.extend_from_slice(bytes);
        let keep = all.len() - unfinished(&all);
        self.kept = all.split_off(keep);
        for line in all.split_inclusive(|byte| *byte == b'\n') {
            let (text, end): (&[u8], &[u8]) = match line.strip_suffix(b"\n") {
                Some(text) => (text.strip_suffix(b"\r").unwrap_or(text), b"\n"),
                None => (line, b""),
            };
            self.write(printable::text(text).as_bytes()).await?;
            self.write(end).await?;
        }
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(last) = bytes.last() {
            self.in_line = *last != b'\n';
        }
        if self.nobody_reads {
            return Ok(());
        }
        let result = self.out.write_all(bytes).await;
        self.forgive(result)
    }

    fn forgive(&mut self, result: io::Result<()>) -> io::Result<()> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.nobody_reads = true;
                Ok(())
            }
            other => other,
        }
    }
}

/// How many octets at the end of `bytes` wait for more: a CR, or the beginning of a UTF-8 character.
fn unfinished(bytes: &[u8]) -> usize {
    if bytes.last() == Some(&b'\r') {
        return 1;
    }
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let length = match byte {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            0x80..=0xbf => continue,
            _ => return 0,
        };
        return if length > back { back } else { 0 };
    }
    0
}

/// Tells a sentence on stderr: `imapsh: the line is not encrypted`.
pub fn say(errors: &mut impl Write, sentence: &str) {
    let safe = printable::line(sentence);
    let mut letters = safe.chars();
    // Behind "imapsh: " a sentence goes on in lower case; IDLE and names of one letter stay.
    let start = match (letters.next(), letters.next()) {
        (Some(first), Some(' ' | 'a'..='z')) => first.to_lowercase().to_string(),
        (first, _) => first.map(String::from).unwrap_or_default(),
    };
    let rest = safe.get(safe.chars().next().map_or(0, char::len_utf8)..);
    // There is nobody left to tell if stderr is gone.
    let _ = writeln!(errors, "imapsh: {start}{}", rest.unwrap_or_default());
}

/// What must be said of a line that is not safe, whoever listens.
pub fn danger(progress: &Progress) -> Option<&'static str> {
    match progress {
        Progress::Secured(LineSafety::Tls {
            verified: false, ..
        }) => Some("INSECURE: the server's certificate is not verified (--insecure)"),
        Progress::Secured(LineSafety::Plain) => {
            Some("the line is not encrypted; -s is TLS, -t \"\" is STARTTLS")
        }
        _ => None,
    }
}

/// A text of the server's that has been made printable, at most 200 characters of it.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
