//! The pieces of a line: text, `${x}`, `{@file}`.

use super::super::script::{Content, Form, Literal, Piece, Span, Template, Var};

/// Why a line cannot be cut.
pub(super) struct Wrong {
    pub span: Span,
    pub message: String,
    pub note: Option<&'static str>,
}

/// The pieces of `text`, which stands at `span`. `files`: `{@path}` outside of quotes is one.
/// `quoted`: whether it begins inside quotes; what comes out is whether it ends so.
pub(super) fn pieces(
    text: &str,
    span: Span,
    files: bool,
    quoted: &mut bool,
) -> Result<Template, Wrong> {
    let mut out: Template = Vec::new();
    let mut plain = String::new();
    let mut from = 0;
    let mut at = 0;
    let mut escaped = false;
    let place = |start: usize, end: usize| Span {
        start: span.start + start,
        end: span.start + end,
        ..span
    };
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        if rest.starts_with("$${") {
            plain.push_str("${");
            at += 3;
            continue;
        }
        if rest.starts_with("${") {
            let Some(length) = rest.find('}') else {
                return Err(Wrong {
                    span: place(at, text.len()),
                    message: "${ is not closed".to_owned(),
                    note: Some("write ${name}, or $${ where the characters themselves are meant"),
                });
            };
            let inside = rest.get(2..length).unwrap_or_default();
            let var = variable(inside, place(at, at + length + 1))?;
            push(&mut out, &mut plain, place(from, at));
            out.push(Piece::Var(var));
            at += length + 1;
            from = at;
            escaped = false;
            continue;
        }
        let file = rest.strip_prefix('~').unwrap_or(rest);
        if files
            && !*quoted
            && file.starts_with("{@")
            && let Some(length) = closing(file)
        {
            let binary = file.len() < rest.len();
            let end = at + usize::from(binary) + length + 1;
            push(&mut out, &mut plain, place(from, at));
            let start = at + usize::from(binary) + 2;
            let inside = file.get(2..length).unwrap_or_default();
            out.push(Piece::Literal(reference(
                inside,
                place(start, end - 1),
                binary,
                place(at, end),
            )?));
            at = end;
            from = at;
            continue;
        }
        let Some(c) = rest.chars().next() else {
            break;
        };
        match c {
            _ if escaped => escaped = false,
            '\\' if *quoted => escaped = true,
            '"' => *quoted = !*quoted,
            _ => {}
        }
        plain.push(c);
        at += c.len_utf8();
    }
    push(&mut out, &mut plain, place(from, text.len()));
    Ok(out)
}

/// The brace that closes `{@...}`: variables in it have their own.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn push(out: &mut Template, plain: &mut String, span: Span) {
    if !plain.is_empty() {
        out.push(Piece::Text(std::mem::take(plain), span));
    }
}

fn reference(inside: &str, at: Span, binary: bool, span: Span) -> Result<Literal, Wrong> {
    let (path, raw) = match inside.rsplit_once(':') {
        Some((path, "raw")) => (path, true),
        Some((path, "eml")) => (path, false),
        _ => (inside, binary),
    };
    if path.is_empty() {
        return Err(Wrong {
            span,
            message: "{@} names no file".to_owned(),
            note: Some("write {@path}"),
        });
    }
    let path = pieces(path, at, false, &mut false)?;
    Ok(Literal {
        binary,
        content: Content::File { path, raw },
        span,
    })
}

/// What stands between `${` and `}`.
pub(super) fn variable(inside: &str, span: Span) -> Result<Var, Wrong> {
    if let Some(text) = inside.strip_prefix("case:") {
        return Ok(Var {
            name: text.to_owned(),
            form: Form::Case,
            default: None,
            rest: false,
            span,
        });
    }
    let (name, default) = match inside.split_once('|') {
        Some((name, default)) => (name, Some(default.to_owned())),
        None => (inside, None),
    };
    let (name, form) = match name.split_once(':') {
        Some((name, form)) => (name, form_named(form, span)?),
        None => (name, Form::Fitting),
    };
    let (name, rest) = match name.strip_suffix("...") {
        Some(name) => (name, true),
        None => (name, false),
    };
    if !is_name(name) {
        return Err(Wrong {
            span,
            message: format!("{name:?} is no name of a variable"),
            note: Some(
                "letters, digits, _ - and . make a name; write $${ where the characters themselves are meant",
            ),
        });
    }
    Ok(Var {
        name: name.to_owned(),
        form,
        default,
        rest,
        span,
    })
}

fn form_named(form: &str, span: Span) -> Result<Form, Wrong> {
    Ok(match form {
        "raw" => Form::Raw,
        "mbox" => Form::Mailbox,
        "lit" => Form::Literal,
        "b64" => Form::Base64,
        _ => {
            return Err(Wrong {
                span,
                message: format!("{form:?} is no form of a value"),
                note: Some("there are :raw, :mbox, :lit and :b64"),
            });
        }
    })
}

/// Whether a variable may be called so.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || "_-.".contains(c))
}

/// `template` without its first `octets`, which are plain text.
pub(super) fn behind(template: &Template, octets: usize) -> Template {
    let mut out = template.clone();
    if let Some(Piece::Text(text, span)) = out.first_mut() {
        let rest = text.get(octets..).unwrap_or_default();
        let skipped = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let rest = rest.get(skipped..).unwrap_or_default().to_owned();
        span.start += octets + skipped;
        match rest.is_empty() {
            true => {
                out.remove(0);
            }
            false => *text = rest,
        }
    }
    out
}

/// The plain text that a template begins with, and whether that is all of it.
pub(super) fn start(template: &Template) -> (&str, bool) {
    match template.as_slice() {
        [] => ("", true),
        [Piece::Text(text, _)] => (text, true),
        [Piece::Text(text, _), ..] => (text, false),
        _ => ("", false),
    }
}

/// The first words of a text; one that goes on with a variable is none.
pub(super) fn words<const N: usize>(template: &Template) -> [&str; N] {
    let (text, whole) = start(template);
    let mut words = text.split([' ', '\t']).filter(|w| !w.is_empty()).peekable();
    let open = !whole && !text.ends_with([' ', '\t']);
    let mut out = [""; N];
    for slot in &mut out {
        let Some(word) = words.next() else {
            break;
        };
        if open && words.peek().is_none() {
            break;
        }
        *slot = word;
    }
    out
}
