//! What a user must not type over a line that others can read, and what the program must not send by itself.

use crate::channel::{LineSafety, own};
use crate::sasl::MechanismSpec;
use crate::wire::{Command, CommandPart};

/// Why `command` must not go over `line`; `None` if it may. Only what gives a secret away is refused:
/// LOGIN, AUTHENTICATE with a mechanism that sends the password itself, and whatever else is marked secret.
pub fn objection(command: &Command, line: &LineSafety, allow_plaintext: bool) -> Option<String> {
    if !command.origin.is_user() {
        return own::objection(command);
    }
    if *line != LineSafety::Plain || allow_plaintext || !reveals(command) {
        return None;
    }
    Some(format!(
        "{} would send a secret over an unencrypted line to another host: it was not sent. Type STARTTLS first, \
         or connect with -s or -t \"\"; --allow-plaintext if you mean it.",
        command.verb()
    ))
}

fn reveals(command: &Command) -> bool {
    match command.verb().as_str() {
        "LOGIN" => true,
        "AUTHENTICATE" => mechanism(command).is_none_or(|spec| spec.reveals_secret),
        _ => command.parts.iter().any(|part| match part {
            CommandPart::Text { secret, .. } => !secret.is_empty(),
            CommandPart::Literal { secret, .. } | CommandPart::OpenLiteral { secret, .. } => {
                *secret
            }
        }),
    }
}

/// The mechanism that an AUTHENTICATE names; `None` if it is not one of ours.
fn mechanism(command: &Command) -> Option<&'static MechanismSpec> {
    let Some(CommandPart::Text { bytes, .. }) = command.parts.first() else {
        return None;
    };
    let text = String::from_utf8_lossy(bytes);
    let mut words = text.split_ascii_whitespace();
    words.find(|word| word.eq_ignore_ascii_case("AUTHENTICATE"))?;
    MechanismSpec::find(words.next()?)
}
