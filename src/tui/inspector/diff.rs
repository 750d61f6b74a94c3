//! The tab Diff: what the server answered, against the marked command or the last one of its kind.
//! Tags and the server's times do not count.

use ratatui::style::Modifier;
use ratatui::text::Span;
use similar::{ChangeTag, TextDiff};

use super::super::printable;
use super::super::state::State;
use super::{Press, Source, Subject};
use crate::transcript::interpret::server_time;
use crate::transcript::{LineKind, Transcript};

/// Most lines of one reply that are compared.
const LINES: usize = 2_000;
/// Most octets of one reply that are compared.
const OCTETS: usize = 512 * 1024;
/// Most commands looked at for one of the same kind, and most whose arguments are looked at.
const COMMANDS: usize = 10_000;
const CANDIDATES: usize = 20;
/// Lines kept around a change.
const AROUND: usize = 2;

/// The command to compare with.
pub(super) fn counterpart(state: &State, subject: Subject) -> Option<usize> {
    let transcript = state.console.transcript();
    let command = subject.command(transcript)?;
    let marked = state.marked_command().filter(|marked| *marked != command);
    marked.or_else(|| same_kind(transcript, command))
}

/// The last one before it with the same verb and arguments, else with the same verb.
fn same_kind(transcript: &Transcript, command: usize) -> Option<usize> {
    let record = transcript.command(command)?;
    let own = arguments(transcript, command);
    let first = transcript
        .first_command()
        .max(command.saturating_sub(COMMANDS));
    let mut of_verb = (first..command).rev().filter(|at| {
        transcript
            .command(*at)
            .is_some_and(|r| r.verb == record.verb)
    });
    let nearest = of_verb.next()?;
    std::iter::once(nearest)
        .chain(of_verb.take(CANDIDATES))
        .find(|at| arguments(transcript, *at) == own)
        .or(Some(nearest))
}

/// The command's first line without its tag.
fn arguments(transcript: &Transcript, command: usize) -> Option<Vec<u8>> {
    let line = transcript.line(transcript.command(command)?.first_line)?;
    let at = memchr::memchr(b' ', &line.bytes)?;
    line.bytes.get(at..).map(<[u8]>::to_vec)
}

pub(super) fn make(source: &Source<'_>, press: &mut Press<'_>) {
    let transcript = source.transcript();
    let theme = press.theme();
    let Some(new) = source.subject.command(transcript) else {
        return;
    };
    let Some(old) = counterpart(source.state, source.subject) else {
        press.text(0, b"There is no other command of its kind.", theme.dim);
        return;
    };
    let name = |command: usize| {
        let tag = transcript.command_tag(command);
        let tag = tag
            .map(|t| printable::text(t.as_bytes()))
            .unwrap_or_default();
        let text = arguments(transcript, command).unwrap_or_default();
        format!(
            "{tag}{}",
            printable::text(text.get(..text.len().min(200)).unwrap_or_default())
        )
    };
    press.text(0, format!("- {}", name(old)).as_bytes(), theme.no);
    press.text(0, format!("+ {}", name(new)).as_bytes(), theme.ok);
    press.gap();
    let (before, after) = (Reply::of(transcript, old), Reply::of(transcript, new));
    let diff = TextDiff::configure().diff_lines(&before.text, &after.text);
    let mut changed = 0;
    for (at, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if at > 0 {
            press.row(vec![Span::styled("...", theme.dim)], None);
        }
        for op in group {
            for change in diff.iter_inline_changes(op) {
                let (sign, style) = match change.tag() {
                    ChangeTag::Equal => ("  ", theme.dim),
                    ChangeTag::Delete => ("- ", theme.no),
                    ChangeTag::Insert => ("+ ", theme.ok),
                };
                changed += usize::from(change.tag() != ChangeTag::Equal);
                let mut spans = vec![Span::styled(sign, style)];
                for (strong, text) in change.iter_strings_lossy() {
                    let text = text.trim_end_matches('\n').to_owned();
                    let style = match strong {
                        true => style.add_modifier(Modifier::REVERSED),
                        false => style.remove_modifier(Modifier::BOLD),
                    };
                    spans.push(Span::styled(text, style));
                }
                wrapped(press, spans);
            }
        }
    }
    if changed == 0 {
        press.text(
            0,
            b"The two replies are the same; tags and times do not count.",
            theme.ok,
        );
    }
    if before.cut || after.cut {
        press.gap();
        let words = format!("Only the first {LINES} lines of each are compared.");
        press.text(0, words.as_bytes(), theme.warning);
    }
}

/// Spans of safe text over as many rows as they need, two columns deeper from the second on.
fn wrapped(press: &mut Press<'_>, spans: Vec<Span<'static>>) {
    let whole: String = spans.iter().map(|s| s.content.as_ref()).collect();
    let width = press.width();
    for (row, range) in printable::wrap(&whole, width, width.saturating_sub(2))
        .into_iter()
        .enumerate()
    {
        let mut left = Vec::new();
        if row > 0 {
            left.push(Span::raw("  "));
        }
        let mut at = 0;
        for span in &spans {
            let end = at + span.content.len();
            let (from, to) = (range.start.max(at), range.end.min(end));
            if from < to {
                let part = span.content.get(from - at..to - at).unwrap_or_default();
                left.push(Span::styled(part.to_owned(), span.style));
            }
            at = end;
        }
        press.row(left, None);
    }
}

/// A command's reply as lines of safe text.
struct Reply {
    text: String,
    cut: bool,
}

impl Reply {
    fn of(transcript: &Transcript, command: usize) -> Reply {
        let mut reply = Reply {
            text: String::new(),
            cut: false,
        };
        let Some(record) = transcript.command(command) else {
            return reply;
        };
        let mut lines = 0;
        for index in record.first_line..=record.last_line {
            let Some(line) = transcript
                .line(index)
                .filter(|l| l.command == Some(command))
            else {
                continue;
            };
            match line.kind {
                LineKind::Received { .. } => {
                    let tagged = record.completion_line == Some(index);
                    reply.push(&volatile(&line.bytes, tagged));
                    lines += 1;
                }
                LineKind::Literal {
                    direction: crate::wire::Direction::Server,
                    stored,
                    ..
                } => {
                    let length = usize::try_from(stored).unwrap_or(OCTETS).min(OCTETS);
                    let bytes = transcript.literal_bytes(index, 0, length);
                    for part in bytes.split(|b| *b == b'\n').take(LINES) {
                        reply.push(
                            &[b"| ".as_slice(), part.strip_suffix(b"\r").unwrap_or(part)].concat(),
                        );
                        lines += 1;
                    }
                    reply.cut |= (length as u64) < stored;
                }
                _ => {}
            }
            if lines >= LINES || reply.text.len() >= OCTETS {
                reply.cut |= index < record.last_line;
                break;
            }
        }
        reply
    }

    fn push(&mut self, line: &[u8]) {
        self.text.push_str(&printable::text(line));
        self.text.push('\n');
    }
}

/// Without what is never the same twice: the tag, and the server's time at the end.
fn volatile(line: &[u8], tagged: bool) -> Vec<u8> {
    if !tagged {
        return line.to_vec();
    }
    let rest = memchr::memchr(b' ', line)
        .and_then(|at| line.get(at..))
        .unwrap_or(line);
    let cut = match server_time(rest) {
        Some(_) => memchr::memrchr(b'(', rest).unwrap_or(rest.len()),
        None => rest.len(),
    };
    [
        b"(tag)".as_slice(),
        rest.get(..cut).unwrap_or(rest).trim_ascii_end(),
    ]
    .concat()
}
