//! What must be known and said before a run begins: may it have what it wants, its variables, what it destroys.

use std::path::{Path, PathBuf};

use super::super::super::effect::Effect;
use super::super::super::form::{Filled, Form};
use super::super::super::out;
use super::super::super::popup::Popup;
use super::super::super::snippets::{How, Question, Run, Start};
use super::super::super::state::State;
use crate::batch::load;
use crate::safety::SafeMode;
use crate::snippet::Script;
use crate::snippet::script::{Directive, Piece, StepKind, Template, Turns};

/// Yes or no to what is asked.
pub(super) fn answer(state: &mut State, run: &mut Run, yes: bool) -> Vec<Effect> {
    match run.question.take() {
        Some(Question::Safe { how, .. }) if yes => {
            run.yes = true;
            vec![start(run, how)]
        }
        Some(Question::Trust { how, files }) if yes => {
            // A home that cannot be written: it is asked about again.
            let trusted = (state.options.lent.trusted)();
            let _ = trusted.add(&digest(run, &files), &run.entry.name);
            if files.is_empty() {
                run.trusted = true;
                return begin(state, run, how);
            }
            run.files.extend(files);
            vec![start(run, how)]
        }
        Some(Question::Trust { .. } | Question::Safe { .. }) | None => Vec::new(),
    }
}

/// The run names files outside of its folder: asked about, unless this text was let read them before.
pub(super) fn wants(state: &mut State, how: How, files: Vec<String>) -> Vec<Effect> {
    let Some(run) = &mut state.snippets.run else {
        return Vec::new();
    };
    if (state.options.lent.trusted)().has(&digest(run, &files)) {
        run.files.extend(files);
        return vec![start(run, how)];
    }
    run.question = Some(Question::Trust { how, files });
    Vec::new()
}

/// Of what is trusted: the text, and the files that its values name.
fn digest(run: &Run, files: &[String]) -> String {
    match files {
        [] => run.digest.clone(),
        files => load::digest_with(&run.digest, files),
    }
}

/// Begins, if all that must be known is known; else asks for it.
pub(super) fn begin(state: &mut State, run: &mut Run, how: How) -> Vec<Effect> {
    let Ok(script) = &run.read else {
        state.message = Some("It has mistakes: e puts it into the editor.".to_owned());
        return Vec::new();
    };
    if state.plan.is_none() || state.is_log() {
        state.message = Some("There is no server to run it on: connect first.".to_owned());
        return Vec::new();
    }
    if !run.wants.is_empty() && !run.trusted {
        run.question = Some(Question::Trust {
            how,
            files: Vec::new(),
        });
        return Vec::new();
    }
    let before = Filled {
        each: run.each.clone(),
        users: run.users.clone(),
        given: run.given.clone(),
        ..Filled::default()
    };
    match Form::variables(script, &before) {
        Some(form) => {
            run.then = Some(how);
            state.popup = Some(Popup::Form(form));
            Vec::new()
        }
        None => confirmed(state.console.safe_mode(), run, how),
    }
}

/// Begins, unless safe mode asks first: now the variables can be shown with their values.
fn confirmed(safe: SafeMode, run: &mut Run, how: How) -> Vec<Effect> {
    let asks = safe == SafeMode::Confirm && !run.yes && how != How::Dry;
    let Ok(script) = run.read.as_ref() else {
        return Vec::new();
    };
    if asks {
        let commands = load::destroying(script).into_iter();
        let commands: Vec<(usize, String)> = commands
            .map(|(line, text)| (line, with_values(run, script, text)))
            .collect();
        if !commands.is_empty() {
            run.question = Some(Question::Safe { how, commands });
            return Vec::new();
        }
    }
    vec![start(run, how)]
}

/// A command with the values that are known before it runs.
fn with_values(run: &Run, script: &Script, mut text: String) -> String {
    for (name, default, _) in &script.header.vars {
        let value = value(run, default, name);
        text = text.replace(&format!("${{{name}}}"), &value);
    }
    text
}

/// What a variable of the header holds: out of the form, else its default.
fn value(run: &Run, default: &Template, name: &str) -> String {
    if let Some(given) = run.given.get(name) {
        return given.clone();
    }
    let pieces = default.iter().map(|piece| match piece {
        Piece::Text(text, _) => text.clone(),
        Piece::Var(var) => format!("${{{}}}", var.name),
        Piece::Literal(_) => String::new(),
    });
    pieces.collect()
}

fn start(run: &Run, how: How) -> Effect {
    Effect::Play(Box::new(Start {
        entry: run.entry.clone(),
        each: run.each.clone(),
        users: run.users.clone(),
        given: run.given.clone(),
        secrets: run.secrets.clone(),
        trusted: run.trusted,
        files: run.files.clone(),
        yes: run.yes,
        how,
    }))
}

/// The form for variables is filled.
pub(in super::super) fn filled(state: &mut State, form: &Form) -> Vec<Effect> {
    let safe = state.console.safe_mode();
    let Some(run) = &mut state.snippets.run else {
        return Vec::new();
    };
    state.popup = Some(Popup::Run);
    let (Ok(script), Some(how)) = (&run.read, run.then.take()) else {
        return Vec::new();
    };
    let filled = form.filled(script);
    run.given = filled.given;
    run.secrets = filled.secrets;
    run.each = filled.each;
    run.users = filled.users;
    if let Some(error) = no_rows(run).or_else(|| no_list(run)) {
        let mut form = form.clone();
        form.error = Some(error);
        run.then = Some(how);
        state.popup = Some(Popup::Form(form));
        return Vec::new();
    }
    confirmed(safe, run, how)
}

fn beside(run: &Run, path: &str) -> PathBuf {
    let folder = run.entry.path.as_ref().and_then(|path| path.parent());
    folder.unwrap_or(Path::new("")).join(path)
}

/// Why there are no rows: no such file.
fn no_rows(run: &Run) -> Option<String> {
    let script = run.read.as_ref().ok()?;
    let (named, _) = script.header.each.as_ref()?;
    let path = match &run.each {
        Some(typed) => out::expanded(typed),
        None => beside(run, named),
    };
    (run.users.is_empty() && !path.is_file()).then(|| {
        format!(
            "There is no file {}. It is a CSV file: its first line names the columns, like user, and each line \
             below it is a row of the run. Users may be named here, too.",
            path.display()
        )
    })
}

/// The lists that loops go through and a variable names: the variable, the path, the line.
fn lists(run: &Run) -> Vec<(String, String, usize)> {
    let mut found = Vec::new();
    let Ok(script) = &run.read else {
        return found;
    };
    for step in &script.steps {
        let StepKind::Directive(Directive::For {
            of: Turns::File(path),
            ..
        }) = &step.kind
        else {
            continue;
        };
        let [Piece::Var(var)] = path.as_slice() else {
            continue;
        };
        let mut header = script.header.vars.iter();
        if let Some((name, default, _)) = header.find(|(name, ..)| *name == var.name) {
            found.push((name.clone(), value(run, default, name), step.span.line));
        }
    }
    found
}

/// Why a loop has no turns: a file that a variable names is not there.
fn no_list(run: &Run) -> Option<String> {
    lists(run).into_iter().find_map(|(name, path, line)| {
        let path = beside(run, &path);
        (!path.is_file()).then(|| {
            format!(
                "There is no file {} ({name}). It is a list: line {line} takes one line of it at a time.",
                path.display()
            )
        })
    })
}
