//! The dialect of Dovecot's imaptest: its scripted tests, read and played as imaptest does.
//!
//! Its rules are others than ours in nearly everything (what ends a group, what a list is compared with, what
//! goes on after a failure), so it has a model of its own ([`book`]), a matcher of its own and a player of its
//! own. What it shares: [`Script`] (the head, the lines, the spans), [`crate::snippet::Diagnostic`], and the
//! acts of [`crate::snippet::player`]: nobody outside need know which dialect is played.
//!
//! To add a list directive: `directives.rs`. A check that every reply must pass: `view.rs`. A line with `!`:
//! `lexer.rs`.

pub mod args;
pub mod book;
pub mod directives;
pub mod fold;
mod head;
pub mod lexer;
pub mod matching;
pub mod mbox;
pub mod play;
pub mod variables;
pub mod view;

use std::sync::Arc;

use super::Files;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::pattern::Pattern;
use super::script::{
    CommandLine, Dialect, Expect, ExpectedResult, Group, Piece, Script, Source, Span, Step,
    StepKind,
};
use crate::wire::response::Status;
use book::{Book, Mbox};
use lexer::Lexer;

/// The mailbox that is made, filled and deleted where nobody names one.
pub const MAILBOX: &str = "imaptest";

/// Whether a file is one of imaptest's: no ending, and the messages for it lie beside it.
pub fn is_meant(name: &str, files: &dyn Files) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    !file.is_empty() && !file.contains('.') && mbox(file, files).is_some()
}

/// The messages beside a script.
fn mbox(file: &str, files: &dyn Files) -> Option<Mbox> {
    [format!("{file}.mbox"), "default.mbox".to_owned()]
        .into_iter()
        .find_map(|name| {
            let octets = files.read(&name).ok()?;
            Some(Mbox { name, octets })
        })
}

/// Reads a script. `name`: as messages call it; the messages come from `NAME.mbox` or `default.mbox` beside it.
/// `environment`: whether a variable of it is set.
///
/// # Errors
/// All that is wrong, in order.
pub fn parse(
    name: &str,
    text: &[u8],
    files: &dyn Files,
    environment: &dyn Fn(&str) -> bool,
) -> Result<Script, Diagnostics> {
    let mut script = Script {
        files: vec![Source {
            name: name.to_owned(),
            folder: String::new(),
            lines: String::from_utf8_lossy(text)
                .lines()
                .map(str::to_owned)
                .collect(),
        }],
        dialect: Dialect::Imaptest,
        header: head::silent(),
        ..Script::default()
    };
    let mut found = Vec::new();
    let folded = fold::fold(text);
    for logical in &folded.header {
        let (span, line) = (
            whole(&script, logical.number),
            String::from_utf8_lossy(&logical.octets),
        );
        if let Err((message, note)) = head::line(&mut script.header, &line, span) {
            found.push(Diagnostic::error(&script.files, span, message).note(note));
        }
    }
    let mut lexer = Lexer::new(script.header.connections, environment);
    for logical in &folded.body {
        let span = whole(&script, logical.number);
        if let Err(wrong) = lexer.line(logical, span) {
            found.push(told(&script, wrong));
        }
    }
    if let Some(open) = folded.open {
        let span = whole(&script, open);
        let wrong = (span, "{{{ without its }}}".to_owned(), None);
        found.push(told(&script, wrong));
    } else if lexer.book.groups.is_empty() && found.is_empty() {
        let wrong = (
            whole(&script, 1),
            "no commands".to_owned(),
            Some("the header ends with an empty line, even if there is none"),
        );
        found.push(told(&script, wrong));
    }
    if found.is_empty()
        && let Err(wrong) = lexer.end()
    {
        found.push(told(&script, wrong));
    }
    if !found.is_empty() {
        return Err(found);
    }
    script.header.connections = lexer.connections;
    let mut book = lexer.book;
    let file = name.rsplit('/').next().unwrap_or(name);
    book.mbox = mbox(file, files);
    outline(&mut script, &book);
    script.imaptest = Some(Arc::new(book));
    Ok(script)
}

fn told(script: &Script, (span, message, note): lexer::Wrong) -> Diagnostic {
    let diagnostic = Diagnostic::error(&script.files, span, message);
    match note {
        Some(note) => diagnostic.note(note),
        None => diagnostic,
    }
}

/// The whole of a line.
fn whole(script: &Script, line: usize) -> Span {
    let span = Span {
        file: 0,
        line,
        start: 0,
        end: 0,
    };
    Span {
        end: script.line(span).len(),
        ..span
    }
}

/// Steps and groups for whoever shows a script. It is played from the book.
fn outline(script: &mut Script, book: &Book) {
    for (index, group) in book.groups.iter().enumerate() {
        let pattern = |span: Span| Pattern {
            items: Vec::new(),
            span,
            text: script.text(span).to_owned(),
        };
        let commands = group.commands.iter().map(|command| CommandLine {
            label: command.label.map(|number| format!("tag{number}")),
            text: vec![Piece::Text(command.written(), command.span)],
            span: command.span,
            result: ExpectedResult {
                status: command.reply.first().and_then(|status| {
                    [("OK", Status::Ok), ("NO", Status::No), ("BAD", Status::Bad)]
                        .into_iter()
                        .find_map(|(word, known)| status.is(word).then_some(known))
                }),
                ..ExpectedResult::ok(command.span)
            },
        });
        let outlined = Group {
            conn: group.conn,
            span: group.span,
            commands: commands.collect(),
            expects: group
                .lines
                .iter()
                .map(|line| Expect {
                    must: line.must,
                    pattern: pattern(line.span),
                    span: line.span,
                })
                .collect(),
        };
        script.groups.push(outlined);
        let kinds = match group.commands.is_empty() {
            true => vec![StepKind::Greeting(index)],
            false => vec![StepKind::Begin(index), StepKind::Finish(index)],
        };
        for kind in kinds {
            let span = group.span;
            script.steps.push(Step { kind, span });
        }
    }
}
