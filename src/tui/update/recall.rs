//! A command of the transcript, back to text for the editor.

use crate::transcript::{LineKind, Transcript};
use crate::wire::{Direction, Origin};

/// Largest literal that is put into the editor, in octets.
const LITERAL: u64 = 64 * 1024;

/// A command as text.
pub(super) struct Recalled {
    /// For the editor.
    pub text: String,
    /// What is not as it was.
    pub note: Option<String>,
}

/// Lines without one of ours among them, behind which none is looked for.
const NEAR: usize = 2_000;

/// The text of command `index`: tag off, literals as `{{{ }}}` blocks.
pub(super) fn recalled(transcript: &Transcript, index: usize) -> Option<Recalled> {
    let record = transcript.command(index)?;
    let tag = transcript.command_tag(index);
    let own_tag =
        record.origin == Origin::User && tag.as_ref().is_some_and(|t| !is_generated(t.as_bytes()));
    let (mut text, mut note) = (String::new(), None);
    let mut first = true;
    // What comes back may be millions of lines; what was sent stands near its beginning.
    let mut others = 0;
    for line_index in record.first_line..=record.last_line {
        others += 1;
        if others > NEAR {
            break;
        }
        if transcript.line_command(line_index) != Some(index) {
            continue;
        }
        let Some(line) = transcript.line(line_index) else {
            continue;
        };
        match line.kind {
            LineKind::Sent => {
                others = 0;
                let mut bytes = line.bytes.as_slice();
                if first && !own_tag && tag.is_some() {
                    let start = bytes
                        .iter()
                        .position(|b| *b == b' ')
                        .map_or(bytes.len(), |at| at + 1);
                    bytes = bytes.get(start..).unwrap_or_default();
                }
                if line.ending.announces() {
                    let end = bytes
                        .iter()
                        .rposition(|b| *b == b'{')
                        .unwrap_or(bytes.len());
                    bytes = bytes.get(..end).unwrap_or_default();
                }
                if line.masked {
                    note = Some("What was secret is ******** here: type it again.".to_owned());
                }
                if !first && !text.ends_with('\n') && !text.ends_with("}}}") {
                    text.push('\n');
                }
                text.push_str(&String::from_utf8_lossy(bytes));
                first = false;
            }
            LineKind::Literal {
                direction: Direction::Client,
                size,
                binary,
                ..
            } => {
                let bytes = transcript.literal_bytes(
                    line_index,
                    0,
                    usize::try_from(size.min(LITERAL)).unwrap_or(0),
                );
                let whole = bytes.len() as u64 == size;
                match String::from_utf8(bytes) {
                    Ok(content) if whole && !line.masked && !binary => {
                        text.push_str("{{{\n");
                        text.push_str(&content.replace("\r\n", "\n"));
                        text.push_str("\n}}}");
                    }
                    _ => {
                        text.push_str("{@path}");
                        note = Some(format!(
                            "The literal of {size} octets is not put back: name a file instead of {{@path}}."
                        ));
                    }
                }
            }
            _ => {}
        }
    }
    (!first).then(|| Recalled {
        text: text.trim_end_matches('\n').to_owned(),
        note,
    })
}

/// `A0001`, `P0012`: a tag that imapsh makes.
fn is_generated(tag: &[u8]) -> bool {
    matches!(tag, [b'A' | b'P', digits @ ..] if digits.len() >= 4 && digits.iter().all(u8::is_ascii_digit))
}
