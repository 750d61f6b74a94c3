//! Commands of the transcript as a snippet: what was sent, and the answers as expectations.

use crate::snippet::recorded::{Marked, recorded};
use crate::transcript::{LineEnd, LineKind, Transcript};
use crate::tui::state::State;
use crate::wire::Direction;

/// Most octets of all commands and their answers.
const MOST: usize = 4 * 1024 * 1024;

/// The marked commands, else the one at the cursor, as the text of a snippet.
///
/// # Errors
/// There is none, or it cannot be one: a sentence.
pub fn snippet(state: &State) -> Result<String, String> {
    let transcript = state.console.transcript();
    let mut commands = state.marks.commands(transcript);
    if commands.is_empty() {
        let spot = state.scroll.cursor(transcript);
        commands.extend(spot.and_then(|spot| transcript.line_command(spot.line)));
    }
    if commands.is_empty() {
        return Err("There is no command here: m marks those that are meant.".to_owned());
    }
    let mut room = MOST;
    let marked: Result<Vec<Marked>, String> = commands
        .into_iter()
        .map(|command| exchange(transcript, command, &mut room))
        .collect();
    recorded(&marked?)
}

fn exchange(transcript: &Transcript, command: usize, room: &mut usize) -> Result<Marked, String> {
    let gone = || "What was marked is not kept any more.".to_owned();
    let record = transcript.command(command).ok_or_else(gone)?;
    let mut marked = Marked::default();
    let mut reply = Vec::new();
    for index in record.first_line..=record.last_line {
        let Some(line) = transcript.line(index) else {
            continue;
        };
        if line.command != Some(command) {
            continue;
        }
        let octets = match line.kind {
            LineKind::Literal { size, .. } => {
                let size = usize::try_from(size).unwrap_or(usize::MAX).min(*room);
                transcript.literal_bytes(index, 0, size)
            }
            _ => [line.bytes.as_slice(), line.ending.octets()].concat(),
        };
        *room = room.saturating_sub(octets.len());
        if *room == 0 {
            return Err(format!(
                "That is more than {} MiB: mark less of it.",
                MOST >> 20
            ));
        }
        match line.kind.direction() {
            Some(Direction::Client) => {
                marked.masked |= line.masked;
                marked.sent.extend(octets);
            }
            Some(Direction::Server) => {
                reply.extend(octets);
                if matches!(line.ending, LineEnd::CrLf | LineEnd::Lf) {
                    marked.received.push(std::mem::take(&mut reply));
                }
            }
            None => {}
        }
    }
    Ok(marked)
}
