//! The files that a snippet names, `each:` and what it includes apart: `{@path}`, `!for x in @path`. And which
//! they are, as far as that is known before anything is sent.

use std::collections::BTreeMap;

use super::NoFiles;
use super::matcher::Scope;
use super::script::{Content, Directive, Literal, Piece, Script, Span, StepKind, Turns};
use super::substitute::{Substitution, beside};
use super::value::{Value, Vars, templates};

/// A place where a file is named.
#[derive(Debug, Clone, Copy)]
pub struct Named<'s> {
    path: &'s [Piece],
    folder: &'s str,
    /// Where.
    pub span: Span,
}

impl<'s> Named<'s> {
    /// The path, seen from the snippet's folder, if no variable is in it.
    pub fn fixed(&self) -> Option<String> {
        let text = |piece: &'s Piece| match piece {
            Piece::Text(text, _) => Some(text.as_str()),
            _ => None,
        };
        let path: Option<String> = self.path.iter().map(text).collect();
        path.map(|path| beside(self.folder, &path))
    }

    /// As it is written, variables and all.
    pub fn written(&self) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text, _) => text.clone(),
            Piece::Var(var) => format!("${{{}}}", var.name),
            Piece::Literal(_) => String::new(),
        };
        self.path.iter().map(text).collect()
    }

    /// The path for a run that begins with `known`; `None`: the run itself makes it.
    pub fn of_run(&self, script: &Script, known: &Known<'_>) -> Option<String> {
        let path = known.text(script, self.path)?;
        Some(beside(self.folder, &path))
    }
}

/// Every place where `script` names a file.
pub fn files(script: &Script) -> Vec<Named<'_>> {
    let mut literals: Vec<&Literal> = Vec::new();
    for template in templates(script) {
        literals.extend(template.iter().filter_map(|piece| match piece {
            Piece::Literal(literal) => Some(literal),
            _ => None,
        }));
    }
    for group in &script.groups {
        let results = (group.commands.iter()).filter_map(|c| c.result.reply.as_ref());
        for pattern in group.expects.iter().map(|e| &e.pattern).chain(results) {
            pattern.each_literal(&mut |literal| literals.push(literal));
        }
    }
    let lists = script.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Directive(Directive::For {
            of: Turns::File(path),
            ..
        }) => Some((path, step.span)),
        _ => None,
    });
    let contents = literals
        .iter()
        .filter_map(|literal| match &literal.content {
            Content::File { path, .. } => Some((path, literal.span)),
            Content::Block(_) => None,
        });
    let folder = |span: Span| {
        let file = script.files.get(span.file);
        file.map_or("", |file| file.folder.as_str())
    };
    let all = contents.chain(lists).map(|(path, span)| Named {
        path: path.as_slice(),
        folder: folder(span),
        span,
    });
    all.collect()
}

/// What is set before anything is sent, and is not set anew by the run: what is given, the row, the header's
/// `var` lines, what the profile knows.
pub struct Known<'v> {
    vars: &'v Vars,
    header: BTreeMap<&'v str, Value>,
    /// `!let` and `!for` have the last word.
    set: Vec<&'v str>,
    row: Value,
}

impl<'v> Known<'v> {
    /// Of a run of `script` that begins with `vars`.
    pub fn new(script: &'v Script, vars: &'v Vars) -> Known<'v> {
        let mut set = Vec::new();
        for step in &script.steps {
            match &step.kind {
                StepKind::Directive(Directive::Let { name, .. }) => set.push(name.as_str()),
                StepKind::Directive(Directive::For { names, .. }) => {
                    set.extend(names.iter().map(String::as_str));
                }
                _ => {}
            }
        }
        let mut known = Known {
            vars,
            header: BTreeMap::new(),
            set,
            row: Value::text(vars.number.max(1).to_string()),
        };
        for (name, template, _) in &script.header.vars {
            if let Ok(value) = known.substitution(script).octets(template) {
                known.header.insert(name, value);
            }
        }
        known
    }

    /// What `template` comes to; `None`: something in it is not known.
    pub fn text(&self, script: &Script, template: &[Piece]) -> Option<String> {
        let value = self.substitution(script).octets(template).ok()?;
        Some(String::from_utf8_lossy(&value.bytes).into_owned())
    }

    fn substitution<'a>(&'a self, script: &'a Script) -> Substitution<'a> {
        Substitution {
            scope: self,
            files: &NoFiles,
            script,
            utf8: false,
        }
    }
}

impl Scope for Known<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        if self.set.contains(&name) {
            return None;
        }
        let before = self.vars.before_header(name);
        let header = || self.header.get(name);
        let behind = || self.vars.behind_header(name);
        let value = before.or_else(header).or_else(behind);
        value.or_else(|| (name == "row").then_some(&self.row))
    }
}
