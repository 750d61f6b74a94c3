//! Forms about snippets: variables, a password for a run, where to write something.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Form, FormKind, Value, secret, text};
use crate::sasl::Secret;
use crate::snippet::Script;
use crate::snippet::script::{Piece, SecretSource, Template};

/// Label of the field for the list of rows.
const ROWS: &str = "rows from";
/// Label of the field for users that are in no file.
const USERS: &str = "or users";

/// What a form for variables was filled with.
#[derive(Debug, Clone, Default)]
pub struct Filled {
    /// Another list of rows than the snippet names.
    pub each: Option<String>,
    /// Users in place of a list.
    pub users: Vec<String>,
    /// Variables.
    pub given: BTreeMap<String, String>,
    /// Values of `secret ... ask`.
    pub secrets: BTreeMap<String, Secret>,
}

/// A default as it is written.
fn written(template: &Template) -> String {
    let pieces = template.iter().map(|piece| match piece {
        Piece::Text(text, _) => text.clone(),
        Piece::Var(var) => format!("${{{}}}", var.name),
        Piece::Literal(_) => String::new(),
    });
    pieces.collect()
}

impl Form {
    /// Asks for the variables of a snippet, filled with its defaults or with what was given `before`. `None`:
    /// it has none.
    pub fn variables(script: &Script, before: &Filled) -> Option<Form> {
        let mut fields = Vec::new();
        if let Some((path, _)) = &script.header.each {
            let path = before.each.as_ref().unwrap_or(path);
            fields.push(text(ROWS, "a CSV file: a user a line", path));
            let users = before.users.join(" ");
            fields.push(text(USERS, "names, spaces between", &users));
        }
        for (name, template, _) in &script.header.vars {
            let default = written(template);
            let value = before.given.get(name).unwrap_or(&default);
            fields.push(text(name.clone(), "", value));
        }
        let asked = script.header.secrets.iter();
        let asked = asked.filter(|line| line.from == SecretSource::Ask);
        fields.extend(asked.map(|line| secret(line.name.clone(), "secret")));
        let mut form = Form::of(FormKind::Variables, fields);
        form.note = Some("Each value is one argument, whatever it holds.".to_owned());
        (!form.fields.is_empty()).then_some(form)
    }

    /// What the form for variables holds; what is as the snippet has it is not given.
    pub fn filled(&self, script: &Script) -> Filled {
        let mut filled = Filled::default();
        for field in &self.fields {
            let name = field.label.to_string();
            match &field.value {
                Value::Text(line) if name == ROWS => {
                    let named = script.header.each.as_ref().map(|(path, _)| path.as_str());
                    filled.each = (named != Some(line.text())).then(|| line.text().to_owned());
                }
                Value::Text(line) if name == USERS => {
                    let words = line.text().split([' ', ',']).map(str::trim);
                    let words = words.filter(|word| !word.is_empty()).map(str::to_owned);
                    filled.users = words.collect();
                }
                Value::Text(line) => {
                    let var = script.header.vars.iter().find(|(var, ..)| *var == name);
                    if var.is_none_or(|(_, default, _)| written(default) != line.text()) {
                        filled.given.insert(name, line.text().to_owned());
                    }
                }
                Value::Secret(line) => {
                    let value = Secret::new(line.text().to_owned());
                    filled.secrets.insert(name, value);
                }
                Value::Choice { .. } => {}
            }
        }
        filled
    }

    /// Whether it lies over the screen of a run.
    pub fn is_about_a_run(&self) -> bool {
        let kind = &self.kind;
        matches!(kind, FormKind::Variables | FormKind::RunPassword { .. })
            || matches!(kind, FormKind::Write { of_run: true, .. })
    }

    /// A run wants the password of this login.
    pub fn run_password(authcid: String, authzid: Option<String>) -> Form {
        let kind = FormKind::RunPassword { authcid, authzid };
        Form::of(kind, vec![secret("Password", "")])
    }

    /// Where to write `text`, which is `what`.
    pub fn write(what: &'static str, text_of: Arc<[u8]>, name: &str, of_run: bool) -> Form {
        let kind = FormKind::Write {
            what,
            text: text_of,
            asked: None,
            of_run,
        };
        Form::of(kind, vec![text("File", "", name)])
    }
}
