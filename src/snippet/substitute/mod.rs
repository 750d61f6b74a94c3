//! Values into texts. A value is one argument of its command, whatever is in it: it can never become
//! another argument, nor another command.

mod command;
mod written;

use super::Files;
use super::matcher::Scope;
use super::script::{Form, Piece, Script, Span, Var};
use super::value::Value;
use crate::wire::base64;
pub use command::command;
pub use written::as_line;
pub(in crate::snippet) use written::block;

/// Why a text cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// A few words without a full stop.
    pub message: String,
    /// What to do.
    pub note: Option<String>,
}

impl Problem {
    fn new(span: Span, message: impl Into<String>) -> Problem {
        Problem {
            span,
            message: message.into(),
            note: None,
        }
    }

    fn note(mut self, note: impl Into<String>) -> Problem {
        self.note = Some(note.into());
        self
    }
}

/// What values are put in.
#[derive(Clone, Copy)]
pub struct Substitution<'a> {
    /// What is set.
    pub scope: &'a dyn Scope,
    /// For `{@path}`.
    pub files: &'a dyn Files,
    /// Where the text stands.
    pub script: &'a Script,
    /// Names travel as UTF-8 on this connection.
    pub utf8: bool,
}

impl Substitution<'_> {
    /// The value of a variable, in the form that is asked for.
    ///
    /// # Errors
    /// It is not set, or it may not stand there.
    pub fn value(&self, var: &Var) -> Result<Value, Problem> {
        let value = match (self.scope.value(&var.name), &var.default) {
            (Some(value), _) => value.clone(),
            (None, Some(default)) => Value::text(default.clone()),
            (None, None) => {
                return Err(
                    Problem::new(var.span, format!("the variable {} is not set", var.name)).note(
                        format!(
                            "give it with -D {0}=VALUE, in the header with \"var {0}: VALUE\", or write ${{{0}|VALUE}}",
                            var.name
                        ),
                    ),
                );
            }
        };
        match var.form {
            Form::Base64 => {
                let mut encoded = value.clone();
                encoded.bytes = base64::encode(&value.bytes).as_bytes().to_vec();
                Ok(encoded)
            }
            Form::Raw if value.foreign => Err(Problem::new(
                var.span,
                format!(
                    "{} comes out of a file of rows, and :raw would let it become a command",
                    var.name
                ),
            )
            .note(format!(
                "write ${{{}}}: it is quoted as its place needs it",
                var.name
            ))),
            Form::Raw if value.bytes.iter().any(|b| b"\r\n\0".contains(b)) => Err(Problem::new(
                var.span,
                format!(
                    "{} holds a line end or NUL, and :raw would let it become a command",
                    var.name
                ),
            )),
            _ => Ok(value),
        }
    }

    /// A text that is no command: for `!output`, `!let`, header lines, paths.
    ///
    /// # Errors
    /// A variable is not set.
    pub fn octets(&self, template: &[Piece]) -> Result<Value, Problem> {
        if let [Piece::Var(var)] = template {
            return self.value(var);
        }
        let mut out = Value::default();
        for piece in template {
            match piece {
                Piece::Text(text, _) => out.bytes.extend_from_slice(text.as_bytes()),
                Piece::Var(var) => {
                    let value = self.value(var)?;
                    out.bytes.extend_from_slice(&value.bytes);
                    out.secret |= value.secret;
                    out.foreign |= value.foreign;
                }
                Piece::Literal(literal) => {
                    let (bytes, secret) = self.literal(literal)?;
                    out.bytes.extend_from_slice(&bytes);
                    out.secret |= secret;
                }
            }
        }
        Ok(out)
    }

    /// The same as text; secrets masked.
    ///
    /// # Errors
    /// A variable is not set.
    pub fn shown(&self, template: &[Piece]) -> Result<String, Problem> {
        let mut out = String::new();
        for piece in template {
            match piece {
                Piece::Text(text, _) => out.push_str(text),
                Piece::Var(var) => out.push_str(&self.value(var)?.shown()),
                Piece::Literal(literal) => {
                    let (bytes, secret) = self.literal(literal)?;
                    match secret {
                        true => out.push_str("********"),
                        false => out.push_str(&String::from_utf8_lossy(&bytes)),
                    }
                }
            }
        }
        Ok(out)
    }
}

/// Lone line ends become CRLF.
pub fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    let mut before = 0;
    for &byte in bytes {
        if byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(byte);
        before = byte;
    }
    out
}

/// A path that is written in a file of this folder.
pub fn beside(folder: &str, path: &str) -> String {
    match path.starts_with(['/', '~']) {
        true => path.to_owned(),
        false => format!("{folder}{path}"),
    }
}
