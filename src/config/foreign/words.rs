//! Words as a shell splits them, and options as getopt reads them.

use super::ForeignError;

/// A line of a shell.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// The commands of it, between `|`, `;` and `&`.
    pub commands: Vec<Vec<String>>,
    /// `<` or `>` names a file.
    pub redirected: bool,
}

/// Splits like sh, without expanding anything.
pub(super) fn split(text: &str) -> Result<Line, ForeignError> {
    let mut line = Line::default();
    let mut command = Vec::new();
    // `None`: between words. A quote makes a word, even an empty one.
    let mut word: Option<String> = None;
    let mut into_file = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                // A line goes on.
                Some('\n') => {}
                Some('\r') if chars.peek() == Some(&'\n') => {
                    chars.next();
                }
                Some(next) => word.get_or_insert_default().push(next),
                None => {}
            },
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(inside) => word.push(inside),
                        None => return Err(ForeignError::Quote('\'')),
                    }
                }
            }
            '"' => double_quoted(&mut chars, word.get_or_insert_default())?,
            _ if c.is_whitespace() && c != '\n' => end(&mut word, &mut command, &mut into_file),
            '|' | ';' | '&' | '\n' | '(' | ')' => {
                end(&mut word, &mut command, &mut into_file);
                if !command.is_empty() {
                    line.commands.push(std::mem::take(&mut command));
                }
            }
            '<' | '>' => {
                // `2>`: the number belongs to it.
                if word
                    .as_ref()
                    .is_some_and(|w| w.bytes().all(|b| b.is_ascii_digit()))
                {
                    word = None;
                }
                end(&mut word, &mut command, &mut into_file);
                line.redirected = true;
                into_file = true;
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    end(&mut word, &mut command, &mut into_file);
    if !command.is_empty() {
        line.commands.push(command);
    }
    Ok(line)
}

fn end(word: &mut Option<String>, command: &mut Vec<String>, into_file: &mut bool) {
    if let Some(word) = word.take()
        && !std::mem::take(into_file)
    {
        command.push(word);
    }
}

fn double_quoted(
    chars: &mut impl Iterator<Item = char>,
    word: &mut String,
) -> Result<(), ForeignError> {
    loop {
        match chars.next() {
            Some('"') => return Ok(()),
            Some('\\') => match chars.next() {
                Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                Some('\n') => {}
                Some(c) => word.extend(['\\', c]),
                None => return Err(ForeignError::Quote('"')),
            },
            Some(c) => word.push(c),
            None => return Err(ForeignError::Quote('"')),
        }
    }
}

/// `text` so that a shell takes it as one word.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-[]".contains(c);
    if !text.is_empty() && text.chars().all(plain) && !text.contains(['[', ']']) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// One option of a tool.
pub(super) struct Spec<M> {
    /// `p` of `-p`; NUL: it has no short form.
    pub short: char,
    /// `port` of `--port`; empty: it has no long form.
    pub long: &'static str,
    /// A value follows.
    pub value: bool,
    /// What it means.
    pub meaning: M,
}

/// A row of a tool's option table.
pub(super) const fn row<M>(short: char, long: &'static str, value: bool, meaning: M) -> Spec<M> {
    Spec {
        short,
        long,
        value,
        meaning,
    }
}

/// What stands on a command line.
pub(super) enum Item<M> {
    /// A known option; its value is empty if it takes none.
    Option(M, String),
    /// A word.
    Word(String),
    /// An option that is not in the table; without what may be its value.
    Unknown(String),
}

/// Options as getopt_long reads them: `-abc`, `-pVALUE`, `-p VALUE`, `--long VALUE`, `--long=VALUE`,
/// `--` before plain words. With `single`, `-long VALUE` is a long option, as openssl has it.
pub(super) fn scan<M: Copy>(
    arguments: &[String],
    table: &[Spec<M>],
    single: bool,
) -> Result<Vec<Item<M>>, ForeignError> {
    let mut items = Vec::new();
    let mut rest = arguments.iter();
    let mut options_over = false;
    while let Some(word) = rest.next() {
        if options_over || !word.starts_with('-') || word == "-" {
            items.push(Item::Word(word.clone()));
            continue;
        }
        if word == "--" {
            options_over = true;
            continue;
        }
        let long = word
            .strip_prefix("--")
            .or_else(|| single.then(|| word.strip_prefix('-')).flatten());
        if let Some(long) = long {
            let (name, attached) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (long, None),
            };
            match table.iter().find(|s| s.long == name && !name.is_empty()) {
                None => items.push(Item::Unknown(format!(
                    "-{}{name}",
                    if single { "" } else { "-" }
                ))),
                Some(spec) if !spec.value => items.push(Item::Option(spec.meaning, String::new())),
                Some(spec) => {
                    let value = attached.or_else(|| rest.next().cloned());
                    let value = value.ok_or_else(|| ForeignError::NoValue(format!("--{name}")))?;
                    items.push(Item::Option(spec.meaning, value));
                }
            }
            continue;
        }
        let mut letters = word.get(1..).unwrap_or_default().chars();
        while let Some(letter) = letters.next() {
            match table.iter().find(|s| s.short == letter) {
                None => {
                    // What follows may be its value: it is not looked at.
                    items.push(Item::Unknown(format!("-{letter}")));
                    break;
                }
                Some(spec) if !spec.value => items.push(Item::Option(spec.meaning, String::new())),
                Some(spec) => {
                    let attached = letters.as_str();
                    let value = if attached.is_empty() {
                        rest.next().cloned()
                    } else {
                        Some(attached.to_owned())
                    };
                    let value = value.ok_or_else(|| ForeignError::NoValue(format!("-{letter}")))?;
                    items.push(Item::Option(spec.meaning, value));
                    break;
                }
            }
        }
    }
    Ok(items)
}
