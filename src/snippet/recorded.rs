//! A snippet out of commands that were sent: their answers are what is expected, what differs by nature is
//! read into variables.

mod reply;

use super::substitute;
use crate::catalog::{self, Effect};
use crate::compare::volatile;
use crate::wire::frame::{Ending, Piece};
use crate::wire::{Direction, Framer};
use reply::Writer;

/// A command that was sent, with what came of it: the octets as they passed, secrets masked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marked {
    /// Lines and literals of the command, its tag first.
    pub sent: Vec<u8>,
    /// Something in it is masked.
    pub masked: bool,
    /// The replies that belong to it, each whole, its tagged one among them.
    pub received: Vec<Vec<u8>>,
}

/// Commands that belong to opening a session: a snippet begins behind them.
const OPENING: &[&str] = &[
    "LOGIN",
    "AUTHENTICATE",
    "STARTTLS",
    "COMPRESS",
    "UNAUTHENTICATE",
];

/// A snippet that does the same again and expects the same.
///
/// # Errors
/// Nothing is left that could be done again: a sentence.
pub fn recorded(marked: &[Marked]) -> Result<String, String> {
    let commands: Vec<Sent> = marked.iter().map(|m| Sent::read(&m.sent)).collect();
    let changes = commands.iter().any(|sent| {
        let row = catalog::find(&sent.verb);
        row.is_none_or(|row| matches!(row.effect, Effect::Writes | Effect::Destroys))
    });
    let mut writer = Writer::new(changes);
    let mut out = String::new();
    let mut whole = 0;
    for (marked, sent) in marked.iter().zip(&commands) {
        if !out.is_empty() {
            out.push('\n');
        }
        if marked.masked || OPENING.contains(&sent.verb.as_str()) {
            let why = match marked.masked {
                true => "it holds a secret",
                false => "a snippet begins when that is done",
            };
            out.push_str(&format!("# {} is left out: {why}.\n", sent.verb));
            continue;
        }
        match exchange(marked, sent, &mut writer) {
            Ok(text) => {
                out.push_str(&text);
                whole += 1;
            }
            Err(why) => out.push_str(&format!("# {} is left out: {why}.\n", sent.verb)),
        }
    }
    match whole {
        0 => Err(
            "None of these commands can be done again: they log in, or a text cannot hold them."
                .to_owned(),
        ),
        _ => Ok(out),
    }
}

fn exchange(marked: &Marked, sent: &Sent, writer: &mut Writer) -> Result<String, String> {
    let idle = sent.verb == "IDLE";
    let mut out = writer.command(&sent.text()?, &sent.verb);
    out.push('\n');
    if idle {
        out.push_str("+\n> DONE\n");
    }
    let mut result = None;
    for octets in &marked.received {
        let Some(reply) = reply::read(octets) else {
            continue;
        };
        if reply.is_untagged() {
            out.push_str(&writer.untagged(&reply, &sent.verb));
        } else if reply.first != b"+" {
            result = Some(writer.result(&reply));
        }
    }
    match result {
        Some(result) => out.push_str(&result),
        None => return Err("it was not answered".to_owned()),
    }
    Ok(out)
}

/// A command as it went out.
struct Sent {
    verb: String,
    /// Text and literals in turn, tag and line ends off.
    parts: Vec<Part>,
}

/// A line of it, and the literal that it announces: its octets, and whether it is binary.
struct Part {
    text: Vec<u8>,
    literal: Option<(Vec<u8>, bool)>,
}

impl Sent {
    fn read(octets: &[u8]) -> Sent {
        let mut framer = Framer::new(Direction::Client);
        let mut input = octets;
        let mut parts: Vec<Part> = Vec::new();
        while let Some(piece) = framer.next(&mut input) {
            match piece {
                Piece::Text { bytes, ending } => {
                    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
                    let line = line.strip_suffix(b"\r").unwrap_or(line);
                    match ending {
                        Ending::Literal(header) => {
                            let at = line.iter().rposition(|b| *b == b'{').unwrap_or(line.len());
                            let text = line.get(..at).unwrap_or_default();
                            let text = text
                                .strip_suffix(b"~")
                                .filter(|_| header.binary)
                                .unwrap_or(text);
                            parts.push(Part {
                                text: text.to_vec(),
                                literal: Some((Vec::new(), header.binary)),
                            });
                        }
                        _ => {
                            parts.push(Part {
                                text: line.to_vec(),
                                literal: None,
                            });
                            // What stands behind its first line belongs to the same exchange (DONE).
                            if matches!(ending, Ending::Line) {
                                break;
                            }
                        }
                    }
                }
                Piece::Literal { bytes, .. } => {
                    if let Some((literal, _)) = parts.last_mut().and_then(|p| p.literal.as_mut()) {
                        literal.extend_from_slice(&bytes);
                    }
                }
            }
        }
        if let Some(Part { text, .. }) = parts.first_mut() {
            // The tag is each session's own.
            let at = text
                .iter()
                .position(|b| *b == b' ')
                .map_or(text.len(), |at| at + 1);
            text.drain(..at);
        }
        let line = parts
            .first()
            .map(|p| String::from_utf8_lossy(&p.text).to_ascii_uppercase());
        let line = line.unwrap_or_default();
        let mut words = line.split_ascii_whitespace();
        let verb = match words.next().unwrap_or_default() {
            "UID" => format!("UID {}", words.next().unwrap_or_default()),
            verb => verb.to_owned(),
        };
        Sent { verb, parts }
    }

    fn text(&self) -> Result<String, String> {
        let mut out = String::new();
        for Part { text, literal } in &self.parts {
            let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8".to_owned())?;
            out.push_str(&text.replace("${", "$${"));
            if let Some((octets, binary)) = literal {
                let text = std::str::from_utf8(octets)
                    .map_err(|_| "its literal is not UTF-8".to_owned())?;
                let block = substitute::block(text, *binary);
                out.push_str(&block.ok_or("its literal has line ends that are not CRLF")?);
            }
        }
        Ok(out)
    }
}

/// Whether a name stands before something that differs by nature.
fn is_volatile(name: &str) -> bool {
    [volatile::NUMBERS, volatile::IDS, volatile::DATES]
        .iter()
        .any(|names| names.iter().any(|n| name.eq_ignore_ascii_case(n)))
}
