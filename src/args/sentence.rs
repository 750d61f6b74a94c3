//! clap's errors as one sentence each.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Stop;
use super::options::flags;
use crate::config::near;

/// What is wrong, and what was perhaps meant.
pub(super) fn sentence(error: clap::Error) -> Stop {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = text(ContextKind::InvalidArg);
    let argument = argument.split(['[', '<', ' ']).next().unwrap_or_default();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stop::Say(error.render().to_string()),
        ErrorKind::UnknownArgument => {
            let flags = flags();
            let near = near::nearest(argument, flags.iter().map(String::as_str));
            Stop::Usage(match near.filter(|_| argument.starts_with("--")) {
                Some(near) => format!("unknown option {argument}; did you mean {near}?"),
                None => format!("unknown option {argument}; imapsh --help lists them"),
            })
        }
        ErrorKind::ArgumentConflict => Stop::Usage(format!("{argument} is given twice")),
        ErrorKind::InvalidValue => Stop::Usage(format!("{argument} needs a value")),
        ErrorKind::InvalidUtf8 => Stop::Usage("an argument is not UTF-8".to_owned()),
        _ => {
            let whole = error.to_string();
            let first = whole
                .lines()
                .next()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            Stop::Usage(first.to_owned())
        }
    }
}
