//! What `s` saves: the part at the cursor or the part that is open, else the literal.

use super::{Literal, Subject};
use crate::decode::mail::{Head, plain_name};
use crate::decode::{LiteralKind, PartKind, Sniffed, Transfer};
use crate::export::save::Content;
use crate::transcript::Transcript;

use super::super::layout::Focus;
use super::super::state::State;

/// What would be saved, and the name to propose.
///
/// # Errors
/// A sentence: there is nothing to save here.
pub(in super::super) fn proposal(state: &State) -> Result<(Content, String), String> {
    let transcript = state.console.transcript();
    let inspecting = state.focus == Focus::Inspector;
    let subject = match inspecting {
        true => state.inspector.subject(),
        false => state
            .scroll
            .cursor(transcript)
            .map(|spot| Subject::of_line(transcript, spot.line)),
    };
    let literal = match (inspecting, state.inspector.literal()) {
        (true, Some(literal)) => Some(literal.clone()),
        _ => subject
            .and_then(|s| s.literal_line(transcript))
            .and_then(|line| Literal::open(transcript, line)),
    };
    let Some(literal) = literal else {
        return Err("There is no literal here to save.".to_owned());
    };
    if literal.masked {
        return Err("This literal is a secret: it was not kept.".to_owned());
    }
    if literal.stored == 0 {
        return Err("This literal has no octets.".to_owned());
    }
    let part = match inspecting {
        true => state.inspector.part().or(state.inspector.part_at_cursor()),
        false => None,
    };
    if let Some(part) = part
        && let Some(content) = literal.content(transcript, Some(part))
    {
        let kind = literal
            .scan()
            .and_then(|s| s.parts().get(part))
            .map(|p| p.kind);
        // A multipart makes no sense without its header, so that goes with it.
        let octets = match (kind, literal.scan().and_then(|s| s.parts().get(part))) {
            (Some(PartKind::Multipart), Some(p)) => p.header.start..content.octets.end,
            _ => content.octets.clone(),
        };
        let name = match kind {
            Some(PartKind::Message) => content.head.name.as_deref().map(plain_name),
            _ => None,
        };
        let name = name
            .filter(|n| !n.is_empty())
            .unwrap_or_else(|| content.head.file_name(&content.number));
        return Ok((
            Content {
                line: literal.line(),
                octets,
                transfer: content.head.transfer,
            },
            name,
        ));
    }
    // A part that was asked for by its number: what is in it, not how it travelled.
    if let LiteralKind::Part(_) | LiteralKind::Binary(_) = literal.kind
        && let Some(content) = literal.content(transcript, None)
        && content.head.transfer != Transfer::Identity
    {
        return Ok((
            Content {
                line: literal.line(),
                octets: content.octets,
                transfer: content.head.transfer,
            },
            content.head.file_name(&content.number),
        ));
    }
    let name = whole_name(transcript, &literal);
    Ok((
        Content {
            line: literal.line(),
            octets: 0..literal.stored,
            transfer: Transfer::Identity,
        },
        name,
    ))
}

/// `message-482.eml`.
fn whole_name(transcript: &Transcript, literal: &Literal) -> String {
    let number = literal.number.map(|n| format!("-{n}")).unwrap_or_default();
    match (&literal.kind, literal.sniffed) {
        (LiteralKind::Mail, _) | (LiteralKind::Other(_), Sniffed::Mail) => {
            format!("message{number}.eml")
        }
        (LiteralKind::Header, _) => format!("header{number}.txt"),
        (LiteralKind::Part(_) | LiteralKind::Binary(_), _) => {
            let head = literal
                .content(transcript, None)
                .map_or_else(Head::default, |c| c.head);
            let section = match &literal.kind {
                LiteralKind::Part(s) | LiteralKind::Binary(s) => s.as_str(),
                _ => "",
            };
            head.file_name(&plain_name(section))
        }
        (LiteralKind::Other(_), Sniffed::Text) => format!("literal{number}.txt"),
        (LiteralKind::Other(_), Sniffed::Data) => format!("literal{number}.bin"),
    }
}
