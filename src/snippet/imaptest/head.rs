//! The header of a script.

use crate::snippet::script::{Header, Messages, Piece, Span, State, Var};

/// Most connections of a script.
pub const CONNECTIONS: usize = 100;

/// What imaptest takes where a header says nothing.
pub fn silent() -> Header {
    Header {
        connections: 1,
        messages: Some(Messages::Count(0)),
        state: Some(State::Selected),
        ..Header::default()
    }
}

/// Takes a line.
///
/// # Errors
/// What is wrong with it, and what to write.
pub fn line(header: &mut Header, text: &str, span: Span) -> Result<(), (String, &'static str)> {
    const KEYS: &str = "capabilities, connections, messages, state, ignore_extra_untagged, user N";
    let Some((key, value)) = text.split_once(':') else {
        let said = format!("{text:?} is no line of a header: there is no colon in it");
        return Err((said, "the header goes on up to the first empty line"));
    };
    let (key, value) = (
        key.trim_end().to_ascii_lowercase(),
        value.trim_start_matches(' '),
    );
    match key.as_str() {
        "capabilities" => {
            header.capabilities = value.split_ascii_whitespace().map(str::to_owned).collect();
        }
        "connections" => {
            header.connections = value
                .trim()
                .parse()
                .ok()
                .filter(|number| (1..=CONNECTIONS).contains(number))
                .ok_or((format!("{value:?} connections"), "a number from 1 to 100"))?;
        }
        "ignore_extra_untagged" => header.strict_untagged = !value.starts_with('y'),
        "messages" => {
            header.messages = Some(match value.trim() {
                "all" => Messages::All,
                number => Messages::Count(
                    number
                        .parse()
                        .map_err(|_| (format!("{value:?} messages"), "a number, or all"))?,
                ),
            });
        }
        "state" => {
            header.state = Some(match value.trim().to_ascii_lowercase().as_str() {
                "nonauth" => State::Nonauth,
                "auth" => State::Auth,
                "created" => State::Created,
                "appended" => State::Appended,
                "selected" => State::Selected,
                _ => {
                    let said = format!("there is no state {value:?}");
                    return Err((said, "nonauth, auth, created, appended or selected"));
                }
            });
        }
        _ => {
            let number: Option<usize> = key
                .strip_prefix("user ")
                .and_then(|n| n.trim().parse().ok());
            let Some(number) = number.filter(|number| (1..=CONNECTIONS).contains(number)) else {
                return Err((format!("there is no header key {key:?}"), KEYS));
            };
            let name = match value.trim() {
                "$user2" | "${user2}" => Piece::Var(Var {
                    name: "user2".to_owned(),
                    form: crate::snippet::script::Form::Raw,
                    default: None,
                    rest: false,
                    span,
                }),
                plain => Piece::Text(plain.to_owned(), span),
            };
            header.users.push((number, vec![name]));
        }
    }
    Ok(())
}
