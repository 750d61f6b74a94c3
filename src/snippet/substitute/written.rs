//! The way back: a command as a line of a snippet, its values fixed.

use crate::wire::{Command, CommandPart};

/// `command` as a line of a snippet (a literal makes it several), without its tag.
///
/// # Errors
/// It holds a secret, or octets that no text can hold: a sentence.
pub fn as_line(command: &Command) -> Result<String, String> {
    let mut out = String::new();
    for part in &command.parts {
        match part {
            CommandPart::Text { bytes, secret } => {
                if !secret.is_empty() {
                    return Err("a secret is in it".to_owned());
                }
                let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
                out.push_str(&text.replace("${", "$${"));
            }
            CommandPart::Literal { secret: true, .. } => {
                return Err("a secret is in it".to_owned());
            }
            CommandPart::Literal { bytes, binary, .. } => {
                let text = std::str::from_utf8(bytes)
                    .map_err(|_| "its literal is not UTF-8".to_owned())?;
                out.push_str(
                    &block(text, *binary).ok_or("its literal has line ends that are not CRLF")?,
                );
            }
            CommandPart::OpenLiteral { .. } => return Err("its literal is not there".to_owned()),
        }
    }
    Ok(out)
}

/// `text` between `{{{` and `}}}`; with a line that begins with `}}}` counted instead.
pub(in crate::snippet) fn block(text: &str, binary: bool) -> Option<String> {
    let tilde = if binary { "~" } else { "" };
    let lines: Vec<&str> = text.split("\r\n").collect();
    if lines.iter().any(|line| line.contains(['\r', '\n', '\0'])) {
        return None;
    }
    // What is counted is taken as it is.
    if lines.iter().any(|line| line.starts_with("}}}")) {
        return Some(format!("{tilde}{{{}}}\n{}", text.len(), lines.join("\n")));
    }
    let escaped = lines.join("\n").replace("${", "$${");
    Some(format!("{tilde}{{{{{{\n{escaped}\n}}}}}}"))
}
