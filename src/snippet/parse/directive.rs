//! Lines with `!` and a word.

use std::time::Duration;

use super::super::script::{Octets, Operator, Piece, Span, Template, Turns};
use super::header::duration;
use super::line::{Cutter, Line, What};
use super::scan::{self, Wrong};
use super::{Parser, scan::is_name};
use crate::config::near;

/// A directive as it is written; `group.rs` ties loops and conditions together.
pub(super) enum Raw {
    Let(String, Template),
    Assert(Template, Operator, Template),
    Undo(Template),
    Output(Template),
    Skip(Template),
    Send(Vec<Octets>),
    Closed,
    Sleep(Duration),
    Timeout(Duration),
    As(Template),
    For(Vec<String>, Turns),
    End,
    IfCapability(String),
    IfSet(String, bool),
    IfEnvironment(String, bool),
    Else,
    EndIf,
}

/// Every verb, with how it is written.
pub const VERBS: &[(&str, &str)] = &[
    ("let", "!let name = text"),
    ("assert", "!assert ${a} == ${b}"),
    ("undo", "!undo COMMAND"),
    ("output", "!output text"),
    ("skip", "!skip why"),
    ("send", "!send \"octets\\r\\n\""),
    ("closed", "!closed"),
    ("sleep", "!sleep 500ms"),
    ("timeout", "!timeout 5s"),
    ("as", "!as USER"),
    ("include", "!include file.imap"),
    (
        "for",
        "!for x in a b c, !for a,b in @file.csv, !for n in 1..9",
    ),
    ("end", "!end"),
    ("ifenv", "!ifenv VARIABLE"),
    ("ifnenv", "!ifnenv VARIABLE"),
    ("ifcap", "!ifcap CAPABILITY"),
    ("ifset", "!ifset name"),
    ("ifnset", "!ifnset name"),
    ("else", "!else"),
    ("endif", "!endif"),
];

/// Takes the directive `text`, which stands at `span`.
pub(super) fn line(
    parser: &mut Parser<'_>,
    cutter: &mut Cutter,
    text: &str,
    span: Span,
    conn: usize,
) -> Result<(), Wrong> {
    let text = text.trim_end();
    let word = text.get(1..).unwrap_or_default();
    let (verb, rest) = word.split_once([' ', '\t']).unwrap_or((word, ""));
    let argument = rest.trim();
    let start = span.start + text.len() - rest.trim_start().len();
    let place = Span {
        start,
        end: start + argument.len(),
        ..span
    };
    let lower = verb.to_ascii_lowercase();
    let Some((verb, written)) = VERBS.iter().find(|(name, _)| *name == lower) else {
        let note = near::nearest(&lower, VERBS.iter().map(|(name, _)| *name));
        let message = format!("!{verb} is no directive");
        match note {
            Some(near) => parser.error_note(span, message, format!("did you mean !{near}?")),
            None => parser.error_note(
                span,
                message,
                format!(
                    "there are {}",
                    VERBS
                        .iter()
                        .map(|(n, _)| format!("!{n}"))
                        .collect::<Vec<_>>()
                        .join(" ")
                ),
            ),
        }
        return Ok(());
    };
    if conn > 0 && !["send", "closed", "as", "timeout"].contains(verb) {
        return Err(Wrong {
            span,
            message: format!("!{verb} belongs to no connection"),
            note: Some("only !send, !closed, !as and !timeout have the number of one before them"),
        });
    }
    if *verb == "include" {
        match argument.is_empty() || argument.contains("${") {
            true => parser.error_note(
                span,
                "!include wants the path of a file",
                format!("write {written}"),
            ),
            false => parser.include(argument, place),
        }
        return Ok(());
    }
    let raw = match *verb {
        "undo" => {
            if argument.is_empty() {
                None
            } else {
                cutter.at -= 1;
                Some(Raw::Undo(cutter.template(start, None, true)?))
            }
        }
        _ => read(verb, argument, place)?,
    };
    match raw {
        Some(raw) => parser.lines.push(Line {
            what: What::Directive(raw),
            conn,
            side: None,
            span,
        }),
        None => parser.error_note(
            span,
            format!("!{verb} is not written so"),
            format!("write {written}"),
        ),
    }
    Ok(())
}

/// `None`: it is not written so.
fn read(verb: &str, text: &str, span: Span) -> Result<Option<Raw>, Wrong> {
    let template = |text: &str, start: usize| {
        let span = Span {
            start: span.start + start,
            end: span.start + start + text.len(),
            ..span
        };
        scan::pieces(text, span, false, &mut false)
    };
    let bare = text.is_empty();
    let name = Some(text.to_owned()).filter(|t| is_name(t));
    let condition = Some(text.to_owned()).filter(|t| !t.is_empty() && !t.contains(' '));
    Ok(match verb {
        "let" => match text.split_once('=') {
            Some((name, value)) if is_name(name.trim()) => {
                let start = text.len() - value.trim_start().len();
                Some(Raw::Let(
                    name.trim().to_owned(),
                    template(value.trim(), start)?,
                ))
            }
            _ => None,
        },
        "assert" => assert(&template(text, 0)?),
        "output" => Some(Raw::Output(template(text, 0)?)),
        "skip" if bare => None,
        "skip" => Some(Raw::Skip(template(text, 0)?)),
        "send" => octets(text, span)?.map(Raw::Send),
        "closed" => bare.then_some(Raw::Closed),
        "sleep" => duration(text).map(Raw::Sleep),
        "timeout" => duration(text).map(Raw::Timeout),
        "as" if bare => None,
        "as" => Some(Raw::As(template(text, 0)?)),
        "for" => turns(text, span)?,
        "end" => bare.then_some(Raw::End),
        "ifcap" => condition.map(Raw::IfCapability),
        "ifset" => name.map(|n| Raw::IfSet(n, true)),
        "ifnset" => name.map(|n| Raw::IfSet(n, false)),
        "ifenv" => condition.map(|n| Raw::IfEnvironment(n, true)),
        "ifnenv" => condition.map(|n| Raw::IfEnvironment(n, false)),
        "else" => bare.then_some(Raw::Else),
        "endif" => bare.then_some(Raw::EndIf),
        _ => None,
    })
}

/// `a OP b`: the operator stands between spaces.
fn assert(template: &Template) -> Option<Raw> {
    for (index, piece) in template.iter().enumerate() {
        let Piece::Text(text, span) = piece else {
            continue;
        };
        let found = Operator::ALL.iter().filter_map(|(operator, written)| {
            let padded = format!(" {written} ");
            let at = text.find(&padded)?;
            Some((at, *operator, padded.len()))
        });
        let Some((at, operator, length)) = found.min_by_key(|(at, ..)| *at) else {
            continue;
        };
        let mut left: Template = template.get(..index)?.to_vec();
        let before = text.get(..at)?.trim_start();
        if !before.is_empty() {
            left.push(Piece::Text(before.to_owned(), *span));
        }
        let mut right = Template::new();
        let after = text.get(at + length..)?;
        if !after.is_empty() {
            let start = span.start + at + length;
            right.push(Piece::Text(after.to_owned(), Span { start, ..*span }));
        }
        right.extend(template.get(index + 1..)?.iter().cloned());
        unquote(&mut left);
        unquote(&mut right);
        return Some(Raw::Assert(left, operator, right));
    }
    None
}

/// `"a b"` means `a b`.
fn unquote(template: &mut Template) {
    if let [Piece::Text(text, _)] = template.as_mut_slice()
        && let Some(inner) = text
            .trim()
            .strip_prefix('"')
            .and_then(|t| t.strip_suffix('"'))
    {
        *text = inner.replace("\\\"", "\"").replace("\\\\", "\\");
    }
}

/// `"bytes\r\n"`
fn octets(text: &str, span: Span) -> Result<Option<Vec<Octets>>, Wrong> {
    let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) else {
        return Ok(None);
    };
    let inside = Span {
        start: span.start + 1,
        end: span.end.saturating_sub(1),
        ..span
    };
    let mut out = Vec::new();
    for piece in scan::pieces(inner, inside, false, &mut false)? {
        match piece {
            Piece::Var(var) => out.push(Octets::Var(var)),
            Piece::Text(text, span) => match escapes(&text) {
                Some(bytes) => out.push(Octets::Bytes(bytes)),
                None => {
                    return Err(Wrong {
                        span,
                        message: "a backslash here begins nothing that is known".to_owned(),
                        note: Some("there are \\r \\n \\t \\0 \\\\ \\\" and \\xNN"),
                    });
                }
            },
            Piece::Literal(_) => {}
        }
    }
    Ok(Some(out))
}

fn escapes(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        out.push(match bytes.next()? {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'0' => 0,
            b'\\' => b'\\',
            b'"' => b'"',
            b'x' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            _ => return None,
        });
    }
    Some(out)
}

/// `a,b in @file.csv`, `x in a b c`, `n in 1..9`
fn turns(text: &str, span: Span) -> Result<Option<Raw>, Wrong> {
    let Some((names, of)) = text.split_once(" in ") else {
        return Ok(None);
    };
    let names: Vec<String> = names.split(',').map(|n| n.trim().to_owned()).collect();
    if names.iter().any(|n| !is_name(n) || n == "_") {
        return Ok(None);
    }
    let start = span.start + text.len() - of.len();
    let place = |at: usize, length: usize| Span {
        start: start + at,
        end: start + at + length,
        ..span
    };
    if let Some(path) = of.strip_prefix('@').filter(|p| !p.is_empty()) {
        let path = scan::pieces(path, place(1, path.len()), false, &mut false)?;
        return Ok(Some(Raw::For(names, Turns::File(path))));
    }
    if let Some((first, last)) = of.split_once("..")
        && let (Ok(first), Ok(last)) = (first.trim().parse(), last.trim().parse())
    {
        return Ok(Some(Raw::For(names, Turns::Range(first, last))));
    }
    let mut words = Vec::new();
    let mut at = 0;
    for word in of.split(' ') {
        if !word.is_empty() {
            words.push(scan::pieces(
                word,
                place(at, word.len()),
                false,
                &mut false,
            )?);
        }
        at += word.len() + 1;
    }
    Ok((!words.is_empty()).then_some(Raw::For(names, Turns::Words(words))))
}
