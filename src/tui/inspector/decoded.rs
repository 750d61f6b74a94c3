//! The tab Decoded: replies as tables and trees, literals as mails, parts as text.

use super::super::units::octets;
use super::literal::{Content, Literal};
use super::{Press, Source, Subject};
use crate::decode::mail::{WireForm, field_rows, fields, part_rows, sorted};
use crate::decode::{LiteralKind, Outline, PartKind, Sniffed, Tone, response, text};
use crate::transcript::{FrameAt, LineKind, Progress};
use crate::wire::Direction;

/// Most replies of one command that are taken apart.
const REPLIES: usize = 100;
/// Most lines gone through for them.
const LINES: usize = 5_000;
/// Octets of the first text part that are shown below the parts.
const PREVIEW: usize = 16 * 1024;
/// Octets of something unknown that are shown.
const UNKNOWN: usize = 64 * 1024;
/// Header octets that are shown.
const HEADER: u64 = 256 * 1024;

pub(super) fn make(source: &Source<'_>, press: &mut Press<'_>) {
    if let (Some(part), Some(literal)) = (source.part, source.literal) {
        part_text(source, literal, part, press);
        return;
    }
    match (source.subject, source.literal) {
        (Subject::Command(command), literal) => {
            // What one asked for comes first, what one typed last.
            if let Some(literal) = literal {
                whole_literal(source, literal, press);
            }
            whole_command(source, command, press);
        }
        (Subject::Line(line), literal) => {
            one_line(source, line, press);
            if let Some(literal) = literal {
                press.gap();
                whole_literal(source, literal, press);
            }
        }
    }
}

fn whole_command(source: &Source<'_>, command: usize, press: &mut Press<'_>) {
    let transcript = source.transcript();
    let Some(record) = transcript.command(command) else {
        press.text(
            0,
            b"This command is not kept any more.",
            press.theme().warning,
        );
        return;
    };
    let mut shown = 0;
    let mut line = record.first_line;
    let last = record
        .last_line
        .min(record.first_line.saturating_add(LINES));
    while line <= last && shown < REPLIES {
        let reply = transcript
            .line(line)
            .filter(|l| l.command == Some(command) && matches!(l.kind, LineKind::Received { .. }));
        let at = reply.and_then(|_| transcript.frame_at(line));
        line = match at {
            Some(at) => {
                press.gap();
                frame(&at, press);
                shown += 1;
                at.lines.end.max(line + 1)
            }
            None => line + 1,
        };
    }
    if line <= record.last_line {
        let words = format!("The first {shown} replies are shown; the transcript has them all.");
        press.gap();
        press.text(0, words.as_bytes(), press.theme().dim);
    } else if record.progress == Progress::Running {
        press.gap();
        press.text(0, b"not completed yet", press.theme().dim);
    }
    if let Some(at) = transcript.frame_at(record.first_line) {
        press.gap();
        frame(&at, press);
    }
}

fn one_line(source: &Source<'_>, line: usize, press: &mut Press<'_>) {
    let transcript = source.transcript();
    let Some(record) = transcript.line(line) else {
        press.text(0, b"This line is not kept any more.", press.theme().warning);
        return;
    };
    match record.kind {
        LineKind::Note(_) => {
            press.heading("A note of imapsh", "");
            press.text(2, &record.bytes, press.theme().text);
        }
        LineKind::Literal { .. } => {}
        LineKind::Sent | LineKind::Received { .. } => {
            if let Some(at) = transcript.frame_at(line) {
                frame(&at, press);
            }
        }
    }
}

fn frame(at: &FrameAt, press: &mut Press<'_>) {
    let outline = match at.direction {
        Direction::Server => response::response(&at.frame),
        Direction::Client => response::command(&at.frame),
    };
    press.outline(0, &outline);
    if at.masked {
        press.text(2, b"******** stands for a secret.", press.theme().dim);
    }
}

fn whole_literal(source: &Source<'_>, literal: &Literal, press: &mut Press<'_>) {
    let transcript = source.transcript();
    let theme = press.theme();
    let what = match (&literal.kind, literal.sniffed) {
        (LiteralKind::Mail, _) => "a mail".to_owned(),
        (LiteralKind::Header, _) => "header of a mail".to_owned(),
        (LiteralKind::Part(section), _) => format!("content of part {section}"),
        (LiteralKind::Binary(section), _) => format!("part {section}, decoded by the server"),
        (LiteralKind::Other(_), Sniffed::Mail) => "looks like a mail".to_owned(),
        (LiteralKind::Other(name), Sniffed::Text) => format!("text {name}"),
        (LiteralKind::Other(name), Sniffed::Data) => format!("data {name}"),
    };
    press.heading(
        &format!("Literal of {}", octets(literal.size)),
        &format!("{} octets, {what}", literal.size),
    );
    if literal.masked {
        press.text(
            2,
            b"Its octets are a secret: they are not kept.",
            theme.secret,
        );
        return;
    }
    if literal.stored < literal.size {
        let words = format!("{} octets are there.", literal.stored);
        press.text(2, words.as_bytes(), theme.warning);
    }
    if literal.partial {
        press.text(2, b"Only a piece of it was asked for.", theme.dim);
    }
    match literal.scan() {
        Some(_) => mail(source, literal, press),
        None => {
            if let Some(content) = literal.content(transcript, None) {
                let limit = match literal.kind {
                    LiteralKind::Other(_) => UNKNOWN,
                    _ => text::SHOWN_LIMIT,
                };
                shown_content(source, literal, &content, limit, press);
            }
        }
    }
}

/// Header, parts, and the text that one reads first.
fn mail(source: &Source<'_>, literal: &Literal, press: &mut Press<'_>) {
    let Some(scan) = literal.scan() else { return };
    let transcript = source.transcript();
    let Some(root) = scan.parts().first() else {
        return;
    };
    let end = match root.header.end {
        0 => literal.stored,
        end => end,
    };
    let length = usize::try_from(end.min(HEADER)).unwrap_or_default();
    let header = transcript.literal_bytes(literal.line(), 0, length);
    let (first, rest) = sorted(fields(&header));
    let mut outline = Outline::default();
    field_rows(&mut outline, 1, &first, WireForm::Beside);
    let only_header = matches!(literal.kind, LiteralKind::Header);
    if only_header {
        field_rows(&mut outline, 1, &rest, WireForm::Beside);
        if outline.rows.is_empty() {
            outline.text(1, "no fields", Tone::Dim);
        }
        press.outline(0, &outline);
        return;
    }
    press.outline(0, &outline);
    let mut parts = Outline::default();
    parts.titled(0, "Parts", "Enter looks at one, s saves it");
    part_rows(&mut parts, 1, scan);
    press.outline(0, &parts);
    if literal.wants_more() {
        let words = format!(
            "{} of {} looked through",
            octets(scan.offset()),
            octets(literal.size)
        );
        press.text(2, words.as_bytes(), press.theme().dim);
    }
    // What a reader would be shown first: the first text that is not an attachment.
    let readable = scan.parts().iter().position(|p| {
        p.kind == PartKind::Leaf
            && p.head.is_text()
            && p.head.disposition.as_deref() != Some("attachment")
    });
    if let Some(part) = readable
        && let Some(content) = literal.content(transcript, Some(part))
    {
        press.heading(
            &format!("Text of part {}", content.number),
            &content.head.media,
        );
        shown_content(source, literal, &content, PREVIEW, press);
    }
    if !rest.is_empty() {
        let mut outline = Outline::default();
        outline.heading(0, "Other header fields");
        field_rows(&mut outline, 1, &rest, WireForm::Beside);
        press.outline(0, &outline);
    }
}

/// A part by itself.
fn part_text(source: &Source<'_>, literal: &Literal, part: usize, press: &mut Press<'_>) {
    let transcript = source.transcript();
    let Some(content) = literal.content(transcript, Some(part)) else {
        press.text(0, b"There is no such part.", press.theme().warning);
        return;
    };
    let head = &content.head;
    let mut outline = Outline::default();
    outline.titled(0, format!("Part {}", content.number), head.media.clone());
    let about = [
        ("File name", head.name.clone()),
        ("Charset", head.charset.clone()),
        (
            "Encoding",
            head.odd_transfer.clone().or_else(|| {
                let name = head.transfer.name();
                (!name.is_empty()).then(|| name.to_owned())
            }),
        ),
        ("Disposition", head.disposition.clone()),
        ("Description", head.description.clone()),
        (
            "Octets",
            Some(format!(
                "{} as sent",
                content.octets.end - content.octets.start
            )),
        ),
    ];
    for (name, value) in about {
        if let Some(value) = value {
            outline.field(1, name, value);
        }
    }
    press.outline(0, &outline);
    press.gap();
    let kind = literal
        .scan()
        .and_then(|s| s.parts().get(part))
        .map(|p| p.kind);
    if kind == Some(PartKind::Multipart) {
        press.text(
            0,
            b"It holds other parts: look at those.",
            press.theme().dim,
        );
        return;
    }
    shown_content(source, literal, &content, text::SHOWN_LIMIT, press);
}

/// Content as text where it is text, as octets where it is not.
fn shown_content(
    source: &Source<'_>,
    literal: &Literal,
    content: &Content,
    limit: usize,
    press: &mut Press<'_>,
) {
    let theme = press.theme();
    let head = &content.head;
    let decoded = literal.decoded(
        source.transcript(),
        content.octets.clone(),
        head.transfer,
        limit,
    );
    if content.guessed {
        let words = format!(
            "The encoding is not told here: {} is a guess.",
            head.transfer.name()
        );
        press.text(2, words.as_bytes(), theme.dim);
    }
    if let Some(name) = &head.odd_transfer {
        let words = format!("The encoding {name} is not known: shown as it is.");
        press.text(2, words.as_bytes(), theme.warning);
    }
    if decoded.problems > 0 {
        let words = format!(
            "{} octets are no {}: they are left out or kept as they are.",
            decoded.problems,
            head.transfer.name()
        );
        press.text(2, words.as_bytes(), theme.warning);
    }
    let readable = head.is_text()
        || head.media.starts_with("message/")
        || text::is_text(
            decoded
                .octets
                .get(..decoded.octets.len().min(4_096))
                .unwrap_or_default(),
        );
    let mut outline = Outline::default();
    if readable {
        let shown = text::in_charset(&decoded.octets, head.charset.as_deref());
        if let Some(remark) = &shown.remark {
            press.text(2, remark.as_bytes(), theme.warning);
        }
        let body = match head.media.as_str() {
            "text/html" => text::html(&shown.text),
            _ => shown.text,
        };
        for line in body.split(|b| *b == b'\n') {
            press.text(2, line.strip_suffix(b"\r").unwrap_or(line), theme.text);
        }
    } else {
        outline.text(1, "Not text: its first octets are", Tone::Dim);
        press.outline(0, &outline);
        super::hex::dump(
            press,
            decoded
                .octets
                .get(..decoded.octets.len().min(512))
                .unwrap_or_default(),
        );
    }
    if decoded.cut {
        let words = format!(
            "... cut here after {}: s saves all of it",
            octets(decoded.octets.len() as u64)
        );
        press.text(2, words.as_bytes(), theme.warning);
    }
}
