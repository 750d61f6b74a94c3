//! A dry run: what would be sent, for which rows; nothing is connected.

use std::io::Write;

use super::Row;
use super::load::Loaded;
use crate::snippet::script::{Content, Directive, Piece, StepKind, Template};
use crate::snippet::{Script, Value, Vars};
use crate::tui::printable;

/// Rows whose names are told.
const NAMED: usize = 20;

/// Tells it on `out`.
pub fn tell(loaded: &Loaded, rows: &[Row], vars: Option<&Vars>, out: &mut impl Write) {
    let script = &loaded.script;
    let mut say = |line: &str| {
        let _ = writeln!(out, "{}", printable::line(line));
    };
    let jobs = rows.len();
    say(&format!("{}: {}", loaded.name, script.name()));
    match rows {
        [row] if row.name().is_empty() => {}
        rows => {
            let names: Vec<&str> = rows.iter().take(NAMED).map(Row::name).collect();
            let more = match jobs.saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            say(&format!("{jobs} rows: {}{more}", names.join(", ")));
        }
    }
    for want in &loaded.wants {
        say(&format!("wants {want}"));
    }
    let (Some(first), Some(vars)) = (rows.first(), vars) else {
        return;
    };
    if rows.len() > 1 {
        say(&format!("For the first of them, {}:", first.name()));
    }
    for (role, template) in [
        ("log in as", &script.header.authn),
        ("act as", &script.header.authz),
    ] {
        if let Some(template) = template {
            say(&format!("     {role} {}", shown(script, template, vars)));
        }
    }
    for step in &script.steps {
        let line = step.span.line;
        match &step.kind {
            StepKind::Begin(group) => {
                let group = script.groups.get(*group);
                for command in group.map(|group| &group.commands).into_iter().flatten() {
                    say(&format!("{line:>4} {}", shown(script, &command.text, vars)));
                }
            }
            StepKind::Raw { text, .. } => {
                say(&format!("{line:>4} {}", shown(script, text, vars)));
            }
            StepKind::Directive(Directive::Undo(text)) => {
                say(&format!(
                    "{line:>4} taken back by: {}",
                    shown(script, text, vars)
                ));
            }
            StepKind::Directive(Directive::If { .. } | Directive::Else { .. }) => {
                say(&format!("{line:>4} {}", script.line(step.span).trim()));
            }
            StepKind::Directive(Directive::For { .. } | Directive::As { .. }) => {
                say(&format!("{line:>4} {}", script.line(step.span).trim()));
            }
            _ => {}
        }
    }
    say("Nothing was connected, nothing was sent.");
}

/// A command as far as it is known before anything has come.
fn shown(script: &Script, template: &Template, vars: &Vars) -> String {
    let mut out = String::new();
    for piece in template {
        match piece {
            Piece::Text(text, _) => out.push_str(text),
            Piece::Var(var) => {
                let header = script
                    .header
                    .vars
                    .iter()
                    .find(|(name, ..)| *name == var.name);
                let known = vars.before_header(&var.name).map(Value::shown);
                let own = || header.map(|(_, text, _)| shown(script, text, vars));
                let profile = || vars.behind_header(&var.name).map(Value::shown);
                match known.or_else(own).or_else(profile) {
                    Some(value) => out.push_str(&value),
                    None => out.push_str(script.text(var.span)),
                }
            }
            Piece::Literal(literal) => match &literal.content {
                Content::Block(text) => {
                    out.push_str(&format!(
                        "{{{} octets or so}}",
                        shown(script, text, vars).len()
                    ));
                }
                Content::File { path, .. } => {
                    out.push_str(&format!("{{@{}}}", shown(script, path, vars)));
                }
            },
        }
    }
    out
}
