//! What is wrong with a snippet, found without a connection; and what it asks for.

mod commands;
mod flow;
mod foreign;

use std::collections::BTreeMap;

use super::Files;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::script::{Content, Directive, Operator, Piece, Script, Span, StepKind, Template, Turns};
use super::value;
pub use foreign::Foreign;

/// What a check has found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The snippet, if it can be read.
    pub script: Option<Script>,
    /// Errors, warnings and notes, by place.
    pub diagnostics: Diagnostics,
    /// What it does beyond its own folder and the server.
    pub foreign: Vec<Foreign>,
    /// What it asks for.
    pub needs: Needs,
}

/// What a snippet asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Variables: those of its header with what they are if nobody says, and those nobody sets.
    pub variables: Vec<Wanted>,
    /// Capabilities: those that the header names.
    pub capabilities: Vec<String>,
    /// Capabilities that its commands belong to, apart from those.
    pub used: Vec<String>,
    /// Columns of its rows, as far as `each:` can be read.
    pub columns: Vec<String>,
    /// How many rows there are.
    pub rows: Option<usize>,
}

/// A variable that can, or must, be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// What it is if nobody says; `None`: it must be given.
    pub default: Option<String>,
    /// Where it is read, or set.
    pub span: Span,
}

/// Looks a snippet over.
pub fn check(name: &str, text: &[u8], files: &dyn Files) -> Report {
    let (script, mut diagnostics) = match super::parse(name, text, files) {
        Ok(read) => read,
        Err(diagnostics) => {
            return Report {
                diagnostics,
                ..Report::default()
            };
        }
    };
    let (found, needs) = look_over(&script, files);
    diagnostics.extend(found);
    diagnostics.sort_by_key(|d| (d.span.file, d.span.line, d.span.start));
    diagnostics.dedup();
    Report {
        foreign: foreign::of(&script),
        script: Some(script),
        diagnostics,
        needs,
    }
}

/// The mistakes of a snippet that was read, and what it asks for. Files that it names by fixed paths are read.
pub fn look_over(script: &Script, files: &dyn Files) -> (Diagnostics, Needs) {
    let mut checker = Checker {
        script,
        files,
        found: Vec::new(),
        needs: Needs {
            capabilities: script.header.capabilities.clone(),
            ..Needs::default()
        },
    };
    checker.header();
    checker.contents();
    checker.asserts();
    checker.commands();
    checker.flow();
    (checker.found, checker.needs)
}

/// What a snippet asks for, without looking for mistakes.
pub fn needs(script: &Script, files: &dyn Files) -> Needs {
    let mut checker = Checker {
        script,
        files,
        found: Vec::new(),
        needs: Needs {
            capabilities: script.header.capabilities.clone(),
            ..Needs::default()
        },
    };
    checker.header();
    checker.flow();
    checker.needs
}

struct Checker<'s> {
    script: &'s Script,
    files: &'s dyn Files,
    found: Diagnostics,
    needs: Needs,
}

impl Checker<'_> {
    fn error(&mut self, span: Span, message: impl Into<String>, note: &str) {
        let diagnostic = Diagnostic::error(&self.script.files, span, message);
        self.found.push(noted(diagnostic, note));
    }

    fn warning(&mut self, span: Span, message: impl Into<String>, note: &str) {
        let diagnostic = Diagnostic::warning(&self.script.files, span, message);
        self.found.push(noted(diagnostic, note));
    }

    fn header(&mut self) {
        let script = self.script;
        let header = &script.header;
        let top = Span {
            line: 1,
            ..Span::default()
        };
        let mut names: BTreeMap<&str, Span> = BTreeMap::new();
        let vars = header
            .vars
            .iter()
            .map(|(name, _, span)| (name.as_str(), *span));
        let secrets = header.secrets.iter().map(|s| (s.name.as_str(), s.span));
        for (name, span) in vars.chain(secrets) {
            if let Some(before) = names.insert(name, span) {
                self.error(
                    span,
                    format!("{name} is set in line {} already", before.line),
                    "",
                );
            }
        }
        for (conn, _) in &header.users {
            if *conn > script.connections() {
                let message = format!("user {conn}: there is no connection {conn}");
                self.error(top, message, "connections: says how many there are");
            }
        }
        if header.each.is_none() && header.jobs.is_some() {
            self.warning(
                top,
                "jobs: without each: changes nothing",
                "each: @users.csv names the rows",
            );
        }
        if header.each.is_none() && header.stop_on_error.is_some() {
            self.warning(
                top,
                "on_error: without each: changes nothing",
                "it says whether other rows go on",
            );
        }
        if (header.state.is_some() || header.messages.is_some())
            && script.dialect == super::script::Dialect::Native
        {
            self.warning(
                top,
                "state: and messages: are of imaptest's scripts, and change nothing here",
                "--dialect imaptest reads those",
            );
        }
        if let Some((path, span)) = &header.each {
            match self.files.read(path) {
                Ok(bytes) => match value::rows(&bytes) {
                    Ok(rows) => {
                        let shown = |v: &value::Value| v.shown().trim().to_owned();
                        let columns = rows
                            .first()
                            .map_or_else(Vec::new, |r| r.iter().map(shown).collect());
                        self.needs.columns = columns;
                        self.needs.rows = Some(rows.len().saturating_sub(1));
                    }
                    Err(why) => self.error(*span, format!("{path}: {why}"), ""),
                },
                Err(sentence) => self.error(
                    *span,
                    sentence.trim_end_matches('.').to_owned(),
                    "each: names a file beside the snippet; --each FILE takes another",
                ),
            }
        }
    }

    /// Files that are named by a fixed path must be there.
    fn contents(&mut self) {
        let script = self.script;
        for template in value::templates(script) {
            self.files_in(template);
        }
        for group in &script.groups {
            let results = group
                .commands
                .iter()
                .filter_map(|c| c.result.reply.as_ref());
            for pattern in group.expects.iter().map(|e| &e.pattern).chain(results) {
                pattern.each_literal(&mut |literal| {
                    self.file_of(literal);
                });
                pattern.each_var(&mut |var| {
                    use super::script::Form;
                    if matches!(var.form, Form::Raw | Form::Literal | Form::Base64) {
                        self.warning(
                            var.span,
                            "a form has no meaning in a reply: values are compared",
                            "",
                        );
                    }
                });
            }
        }
        for step in &script.steps {
            if let StepKind::Directive(Directive::For {
                of: Turns::File(path),
                ..
            }) = &step.kind
                && let Some(path) = fixed(path)
            {
                let folder = self
                    .script
                    .files
                    .get(step.span.file)
                    .map_or("", |f| f.folder.as_str());
                let path = super::substitute::beside(folder, &path);
                match self.files.read(&path).map(|bytes| value::rows(&bytes)) {
                    Ok(Ok(_)) => {}
                    Ok(Err(why)) => self.error(step.span, format!("{path}: {why}"), ""),
                    Err(sentence) => {
                        self.error(step.span, sentence.trim_end_matches('.').to_owned(), "")
                    }
                }
            }
        }
    }

    fn files_in(&mut self, template: &Template) {
        for piece in template {
            if let Piece::Literal(literal) = piece {
                self.file_of(literal);
            }
        }
    }

    fn file_of(&mut self, literal: &super::script::Literal) {
        let Content::File { path, .. } = &literal.content else {
            return;
        };
        let Some(path) = fixed(path) else {
            return;
        };
        let folder = self
            .script
            .files
            .get(literal.span.file)
            .map_or("", |f| f.folder.as_str());
        match self.files.read(&super::substitute::beside(folder, &path)) {
            Err(sentence) => {
                self.error(literal.span, sentence.trim_end_matches('.').to_owned(), "")
            }
            Ok(bytes) if !literal.binary && bytes.contains(&0) => self.error(
                literal.span,
                format!("{path} holds NUL"),
                "only a binary literal may: put ~ before it (RFC 3516)",
            ),
            Ok(_) => {}
        }
    }

    fn asserts(&mut self) {
        for step in &self.script.steps {
            let StepKind::Directive(Directive::Assert {
                operator: Operator::Matches,
                right,
                ..
            }) = &step.kind
            else {
                continue;
            };
            let Some(text) = fixed(right) else {
                continue;
            };
            let inner = text.trim();
            let inner = inner
                .strip_prefix('/')
                .and_then(|p| p.strip_suffix('/'))
                .unwrap_or(inner);
            if let Err(error) = regex::bytes::Regex::new(inner) {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim().to_owned();
                self.error(step.span, format!("/{inner}/ is no pattern"), &reason);
            }
        }
    }
}

fn noted(diagnostic: Diagnostic, note: &str) -> Diagnostic {
    match note.is_empty() {
        true => diagnostic,
        false => diagnostic.note(note),
    }
}

/// The text of a template that has no variables.
fn fixed(template: &[Piece]) -> Option<String> {
    let mut out = String::new();
    for piece in template {
        match piece {
            Piece::Text(text, _) => out.push_str(text),
            _ => return None,
        }
    }
    Some(out)
}
