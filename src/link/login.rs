//! One login: the LOGIN command's octets, and the sentences when it fails.

use crate::sasl::{Credentials, Secret};
use crate::wire::encode::{self, Argument, Form};
use crate::wire::response::{ResponseCode, Status, StatusResponse};
use crate::wire::{Command, CommandPart, LiteralChoice, Origin, TagChoice};

use super::opening::reason::Known;

/// Longest text of the server's that a sentence quotes, in characters.
const QUOTED: usize = 300;

/// LOGIN with user and password as quoted strings where these can hold them, else as literals
/// (RFC 9051 section 4.3, and RFC 3501: nothing beyond ASCII in a quoted string). The password is
/// marked secret.
pub fn login_command(credentials: &Credentials) -> Command {
    let user = credentials.authcid.as_deref().unwrap_or_default();
    let password = credentials
        .secret
        .as_ref()
        .map(Secret::expose)
        .unwrap_or_default();
    let mut parts = Vec::new();
    encode::append_text(&mut parts, b"LOGIN ");
    encode::append(&mut parts, user.as_bytes(), Argument::AString, false);
    encode::append_text(&mut parts, b" ");
    if encode::form(password.as_bytes(), Argument::AString, false) == Form::Literal {
        parts.push(CommandPart::Literal {
            bytes: password.as_bytes().to_vec(),
            choice: LiteralChoice::Auto,
            binary: false,
            secret: true,
        });
    } else if let Some(CommandPart::Text { bytes, secret }) = parts.last_mut() {
        // Room for all of it at once: a buffer that grows leaves a copy of the secret behind.
        bytes.reserve_exact(2 * password.len() + 2);
        let start = bytes.len();
        bytes.push(b'"');
        for byte in password.bytes() {
            if matches!(byte, b'"' | b'\\') {
                bytes.push(b'\\');
            }
            bytes.push(byte);
        }
        bytes.push(b'"');
        secret.push(start..bytes.len());
    }
    Command {
        origin: Origin::Program,
        tag: TagChoice::Generated,
        parts,
    }
}

/// Who was to be logged in: `craig`, or `craig (auth cyrus)`.
pub fn who(credentials: &Credentials) -> String {
    match (&credentials.authcid, &credentials.authzid) {
        (Some(authcid), Some(authzid)) if authcid != authzid => {
            format!("{authzid} (auth {authcid})")
        }
        (Some(authcid), _) => authcid.clone(),
        (None, Some(authzid)) => authzid.clone(),
        (None, None) => "the login".to_owned(),
    }
}

/// `NO [AUTHENTICATIONFAILED] Authentication failed.`, as the server said it.
pub fn words(status: &StatusResponse) -> String {
    let mut text = status.status.name().to_owned();
    if let Some(ResponseCode::Other { name, arguments }) = &status.code {
        text.push_str(&format!(" [{name}"));
        if !arguments.is_empty() {
            text.push(' ');
            text.push_str(String::from_utf8_lossy(arguments).trim());
        }
        text.push(']');
    }
    let said = String::from_utf8_lossy(&status.text);
    let said = said.trim();
    if !said.is_empty() {
        text.push(' ');
        text.push_str(said);
    }
    shortened(&text)
}

/// At most [`QUOTED`] characters of what a server said.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The server refused: its words first, then what to do. `reason` is what its last challenge said, in
/// words; `known` what was known before.
pub fn refused(
    credentials: &Credentials,
    status: &StatusResponse,
    reason: Option<&str>,
    known: &Known,
) -> String {
    let code = match &status.code {
        Some(ResponseCode::Other { name, .. }) => name.to_ascii_uppercase(),
        _ => String::new(),
    };
    let (by_ticket, by_token) = (known.principal.is_some(), known.by_token);
    let known = known.next();
    // RFC 5530.
    let next = match code.as_str() {
        // Dovecot says so for a wrong password, too.
        "AUTHORIZATIONFAILED" if !by_ticket => format!(
            "either the password is wrong, or {} may not act as {}: then the server must be told that it may \
             (Cyrus: admins or proxyservers in imapd.conf; Dovecot: a master user).",
            credentials
                .authcid
                .as_deref()
                .unwrap_or("the one that authenticates"),
            credentials.effective().unwrap_or("that user")
        ),
        // Dovecot, when the introspection of a token does not say yes or no.
        "UNAVAILABLE" if by_token => format!(
            "this is the server's own trouble, or it could not have the token checked: {}",
            known.unwrap_or_default()
        ),
        "UNAVAILABLE" | "INUSE" | "SERVERBUG" => {
            "this is the server's own trouble: try again later.".to_owned()
        }
        "PRIVACYREQUIRED" => "it wants TLS: use -s, or -t \"\" for STARTTLS.".to_owned(),
        "EXPIRED" => "the password has expired and must be changed first.".to_owned(),
        "CONTACTADMIN" => "ask the administrator of the server.".to_owned(),
        "LIMIT" => "too many connections are open: close some.".to_owned(),
        _ if known.is_some() => known.unwrap_or_default(),
        _ if status.status == Status::Bad => {
            "it did not understand the login: try another mechanism with -m.".to_owned()
        }
        _ if credentials.acts_for_another() => {
            "check user and password, and whether the one may act as the other.".to_owned()
        }
        _ => "check user and password.".to_owned(),
    };
    let reason = reason
        .map(|text| format!(" (its reason: {})", shortened(text)))
        .unwrap_or_default();
    format!(
        "The server refused {}: {}{reason}; {next}",
        who(credentials),
        words(status).trim_end_matches('.')
    )
}
