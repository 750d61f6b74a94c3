//! What a snippet does beyond its own folder and the server: it is named, and asked for once.

use crate::snippet::named;
use crate::snippet::script::{Script, SecretSource, Span};

/// Something that the text of a stranger could abuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreign {
    /// It runs a command of this machine to get a secret.
    Command {
        /// The command.
        command: String,
        /// Where.
        span: Span,
    },
    /// It reads an environment variable.
    Environment {
        /// Its name.
        name: String,
        /// Where.
        span: Span,
    },
    /// It reads a password out of the keyring.
    Keyring {
        /// Of what.
        name: String,
        /// Where.
        span: Span,
    },
    /// It reads a file outside its own folder.
    File {
        /// Its path as written, variables and all.
        path: String,
        /// Where.
        span: Span,
    },
}

impl Foreign {
    /// What it is, in words: `runs "pass show mail"`.
    pub fn sentence(&self) -> String {
        match self {
            Foreign::Command { command, .. } => {
                format!("runs the command \"{command}\" on this machine")
            }
            Foreign::Environment { name, .. } => format!("reads the environment variable {name}"),
            Foreign::Keyring { name, .. } => {
                format!("reads the password of {name} out of the keyring")
            }
            Foreign::File { path, .. } => {
                format!("reads {path}, which may be outside its own folder")
            }
        }
    }

    /// Where it is written.
    pub fn span(&self) -> Span {
        match self {
            Foreign::Command { span, .. }
            | Foreign::Environment { span, .. }
            | Foreign::Keyring { span, .. }
            | Foreign::File { span, .. } => *span,
        }
    }
}

/// Everything of that kind.
pub(super) fn of(script: &Script) -> Vec<Foreign> {
    let mut found = Vec::new();
    for secret in &script.header.secrets {
        let span = secret.span;
        match &secret.from {
            SecretSource::Command(command) => found.push(Foreign::Command {
                command: command.clone(),
                span,
            }),
            SecretSource::Env(name) => found.push(Foreign::Environment {
                name: name.clone(),
                span,
            }),
            SecretSource::Keyring(name) => found.push(Foreign::Keyring {
                name: name.clone(),
                span,
            }),
            SecretSource::Ask => {}
        }
    }
    let mut file = |path: String, span: Span| {
        if leaves(&path) {
            found.push(Foreign::File { path, span });
        }
    };
    if let Some((path, span)) = &script.header.each {
        file(path.clone(), *span);
    }
    for named in named::files(script) {
        file(named.fixed().unwrap_or_else(|| named.written()), named.span);
    }
    for source in script.files.iter().skip(1) {
        file(source.name.clone(), Span::default());
    }
    found
}

/// Whether a path may lead out of the snippet's folder. A variable may hold anything.
fn leaves(path: &str) -> bool {
    if path.contains("${") || path.starts_with(['/', '~', '\\']) || path.contains(":\\") {
        return true;
    }
    let mut depth: i64 = 0;
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}
