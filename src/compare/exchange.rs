//! A transcript as commands with their answers, as safe text.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::volatile;
use crate::transcript::{LineKind, Transcript};
use crate::tui::printable;
use crate::wire::Direction;

/// Literals up to this size are compared line by line, larger ones as a whole.
const BY_LINE: u64 = 64 * 1024;
const CHUNK: usize = 64 * 1024;

/// A command and all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exchange {
    /// The command without its tag, as far as it counts.
    pub key: String,
    /// As it is shown.
    pub shown: String,
    /// The rest of what was sent, and the answers.
    pub lines: Vec<String>,
}

/// All of `transcript`; what nobody asked for belongs to the command before it.
pub(super) fn of(transcript: &Transcript, all: bool) -> Vec<Exchange> {
    let mut out: Vec<Exchange> = Vec::new();
    // Where the command of this index is in `out`.
    let mut current: Option<(usize, usize)> = None;
    let mut recent: Vec<(usize, usize)> = Vec::new();
    for index in transcript.first_line()..transcript.len() {
        let Some(line) = transcript.line(index) else {
            continue;
        };
        let mark = match line.kind.direction() {
            Some(Direction::Client) => "C: ",
            Some(Direction::Server) => "S: ",
            None => continue,
        };
        let tag = line.command.and_then(|c| transcript.command_tag(c));
        let tag = tag.as_ref().map_or(&b""[..], |t| t.as_bytes());
        let literal = matches!(line.kind, LineKind::Literal { .. });
        let mut text = printable::text(without_tag(&line.bytes, tag));
        if !all {
            text = volatile::calm(&text);
        }
        let known = line
            .command
            .and_then(|c| recent.iter().rev().find(|(of, _)| *of == c));
        if let (Some(command), None) = (line.command, known) {
            current = Some((command, out.len()));
            recent.push((command, out.len()));
            if recent.len() > 64 {
                recent.remove(0);
            }
            out.push(Exchange {
                key: text.clone(),
                shown: text,
                lines: Vec::new(),
            });
            continue;
        }
        if out.is_empty() {
            let name = "(before the first command)".to_owned();
            out.push(Exchange {
                key: name.clone(),
                shown: name,
                lines: Vec::new(),
            });
        }
        let place = known.map(|(_, at)| *at).or(current.map(|(_, at)| at));
        let Some(exchange) = out.get_mut(place.unwrap_or(0)) else {
            continue;
        };
        if literal {
            exchange.lines.extend(octets(transcript, index, all));
        } else {
            exchange.lines.push(format!("{mark}{text}"));
        }
    }
    out
}

/// `A1 OK done` is `OK done`: tags are each session's own.
fn without_tag<'l>(line: &'l [u8], tag: &[u8]) -> &'l [u8] {
    let rest = line
        .strip_prefix(tag)
        .filter(|_| !tag.is_empty())
        .and_then(|rest| rest.strip_prefix(b" "));
    rest.unwrap_or(line)
}

/// A literal's lines, or its size and a number that stands for what is in it.
fn octets(transcript: &Transcript, index: usize, all: bool) -> Vec<String> {
    let Some(LineKind::Literal { stored, .. }) = transcript.line(index).map(|l| l.kind) else {
        return Vec::new();
    };
    if stored <= BY_LINE {
        let bytes = transcript.literal_bytes(index, 0, usize::try_from(BY_LINE).unwrap_or(CHUNK));
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = |line: &[u8]| {
            let text = printable::text(line.strip_suffix(b"\r").unwrap_or(line));
            let text = if all { text } else { volatile::calm(&text) };
            format!("   {text}")
        };
        return bytes.split(|b| *b == b'\n').map(line).collect();
    }
    let mut hasher = DefaultHasher::new();
    let mut offset = 0;
    loop {
        let chunk = transcript.literal_bytes(index, offset, CHUNK);
        if chunk.is_empty() {
            break;
        }
        offset += chunk.len() as u64;
        hasher.write(&chunk);
    }
    stored.hash(&mut hasher);
    vec![format!(
        "   {stored} octets, checksum {:016x}",
        hasher.finish()
    )]
}
