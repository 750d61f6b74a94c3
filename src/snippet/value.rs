//! Variables: what they are, where they come from, which of several wins.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroize;

use super::script::{
    Condition, Content, Directive, Octets, Piece, Script, StepKind, Template, Turns, Var,
};
use super::table;

/// What a variable holds.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Value {
    /// Its octets. A mailbox name is kept as people read it.
    pub bytes: Vec<u8>,
    /// Never shown, and masked where it is sent.
    pub secret: bool,
    /// From a file of rows or words: `:raw` is refused.
    pub foreign: bool,
    /// It was NIL, or a list, in a reply: it goes out bare.
    pub bare: bool,
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<String>) -> Value {
        Value::octets(text.into().into_bytes())
    }

    /// Octets.
    pub fn octets(bytes: impl Into<Vec<u8>>) -> Value {
        let mut value = Value::default();
        value.bytes = bytes.into();
        value
    }

    /// A secret.
    pub fn secret(bytes: impl Into<Vec<u8>>) -> Value {
        let mut value = Value::octets(bytes);
        value.secret = true;
        value
    }

    /// Out of a file of rows.
    pub fn from_row(text: impl Into<String>) -> Value {
        let mut value = Value::text(text);
        value.foreign = true;
        value
    }

    /// NIL, or a list, as it stood in a reply.
    pub fn bare(bytes: impl Into<Vec<u8>>) -> Value {
        let mut value = Value::octets(bytes);
        value.bare = true;
        value
    }

    /// As text, `********` if it is secret.
    pub fn shown(&self) -> String {
        match self.secret {
            true => "********".to_owned(),
            false => String::from_utf8_lossy(&self.bytes).into_owned(),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({:?})", self.shown())
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        if self.secret {
            self.bytes.zeroize();
        }
    }
}

/// The variables that a run of a snippet begins with.
#[derive(Debug, Clone, Default)]
pub struct Vars {
    /// `-D name=value`, or out of a form: they win.
    pub given: BTreeMap<String, Value>,
    /// The columns of the row.
    pub row: BTreeMap<String, Value>,
    /// What the profile knows: `user`, `username`, `domain`, `host`, `port`.
    pub profile: BTreeMap<String, Value>,
    /// The values of `secret` lines; they win over all but `given`.
    pub secrets: BTreeMap<String, Value>,
    /// Which row it is, counted from 1.
    pub number: u64,
}

impl Vars {
    /// With one that the user gave.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Vars {
        self.given.insert(name.to_owned(), Value::text(value));
        self
    }

    /// With a column of the row.
    #[must_use]
    pub fn with_column(mut self, name: &str, value: &str) -> Vars {
        self.row.insert(name.to_owned(), Value::from_row(value));
        self
    }

    /// What comes before the header's own `var` lines.
    pub fn before_header(&self, name: &str) -> Option<&Value> {
        self.given
            .get(name)
            .or_else(|| self.secrets.get(name))
            .or_else(|| self.row.get(name))
    }

    /// What comes behind them.
    pub fn behind_header(&self, name: &str) -> Option<&Value> {
        self.profile.get(name)
    }
}

/// What is there without anybody setting it.
pub const PREDEFINED: &[&str] = &[
    "user",
    "username",
    "domain",
    "host",
    "port",
    "tag",
    "row",
    "row.ms",
    "now",
    "today",
    "last.ms",
    "last.status",
    "last.code",
];

/// The names of `template`.
pub fn names_in(template: &[Piece]) -> impl Iterator<Item = &Var> {
    template
        .iter()
        .flat_map(|piece| -> Box<dyn Iterator<Item = &Var>> {
            match piece {
                Piece::Text(..) => Box::new(std::iter::empty()),
                Piece::Var(var) => Box::new(std::iter::once(var)),
                Piece::Literal(literal) => match &literal.content {
                    // A block holds text and variables only.
                    Content::Block(inner) | Content::File { path: inner, .. } => {
                        Box::new(inner.iter().filter_map(|piece| match piece {
                            Piece::Var(var) => Some(var),
                            _ => None,
                        }))
                    }
                },
            }
        })
}

/// Every template of a script that is substituted (patterns apart), with whether it is a command.
pub fn templates(script: &Script) -> Vec<&Template> {
    let mut out: Vec<&Template> = Vec::new();
    let header = &script.header;
    out.extend(header.users.iter().map(|(_, template)| template));
    out.extend(
        [&header.authz, &header.authn, &header.profile]
            .into_iter()
            .flatten(),
    );
    out.extend(header.vars.iter().map(|(_, template, _)| template));
    for group in &script.groups {
        out.extend(group.commands.iter().map(|c| &c.text));
    }
    for step in &script.steps {
        match &step.kind {
            StepKind::Raw { text, .. } => out.push(text),
            StepKind::Directive(directive) => match directive {
                Directive::Let { text, .. } => out.push(text),
                Directive::Assert { left, right, .. } => out.extend([left, right]),
                Directive::Undo(text) | Directive::Output(text) | Directive::Skip(text) => {
                    out.push(text);
                }
                Directive::As { user, .. } => out.push(user),
                Directive::For { of, .. } => match of {
                    Turns::File(path) => out.push(path),
                    Turns::Words(words) => out.extend(words),
                    Turns::Range(..) => {}
                },
                _ => {}
            },
            _ => {}
        }
    }
    out
}

/// Every variable that is read anywhere.
pub(super) fn names_read(script: &Script) -> Vec<&str> {
    let mut names: Vec<&str> = templates(script)
        .into_iter()
        .flat_map(|template| names_in(template))
        .map(|var| var.name.as_str())
        .collect();
    for group in &script.groups {
        let results = group
            .commands
            .iter()
            .filter_map(|c| c.result.reply.as_ref());
        let lines = group.expects.iter().map(|e| &e.pattern);
        for pattern in lines.chain(results) {
            pattern.each_var(&mut |var| names.push(&var.name));
        }
    }
    for step in &script.steps {
        match &step.kind {
            StepKind::Directive(Directive::Send { octets, .. }) => {
                names.extend(octets.iter().filter_map(|part| match part {
                    Octets::Var(var) => Some(var.name.as_str()),
                    Octets::Bytes(_) => None,
                }));
            }
            StepKind::Directive(Directive::If {
                condition: Condition::Set { name, .. },
                ..
            }) => names.push(name),
            StepKind::GoAhead {
                reply: Some(pattern),
                ..
            } => pattern.each_var(&mut |var| names.push(&var.name)),
            _ => {}
        }
    }
    names
}

/// The rows of a file for `!for`: values separated by commas, one row a line, without a header.
///
/// # Errors
/// Why it cannot be read.
pub fn rows(bytes: &[u8]) -> Result<Vec<Vec<Value>>, String> {
    let mut rows = Vec::new();
    let read = table::read(bytes, |row, _| {
        rows.push(row.iter().map(Value::from_row).collect());
        true
    });
    match read {
        Ok(()) => Ok(rows),
        Err(table::Wrong::NotText { line }) => Err(format!("line {line} is not UTF-8")),
        Err(table::Wrong::Open { line }) => {
            Err(format!("a quote that line {line} opens is not closed"))
        }
    }
}
