//! Commands of any state, and those before a login (RFC 9051 sections 6.1 and 6.2).

use super::CommandSpec;
use super::spec::{ANY, BEFORE, LOGGED_IN};

const fn row(
    verb: &'static str,
    syntax: &'static str,
    capability: Option<&'static str>,
    summary: &'static str,
    reference: &'static str,
) -> CommandSpec {
    CommandSpec::new(verb, syntax, &[], ANY, capability, summary, reference)
}

/// The rows.
pub(super) const ROWS: &[CommandSpec] = &[
    row(
        "CAPABILITY",
        "",
        None,
        "Ask what the server can do.",
        "RFC 9051, 6.1.1",
    ),
    row(
        "NOOP",
        "",
        None,
        "Do nothing: the server may tell what is new.",
        "RFC 9051, 6.1.2",
    ),
    row("LOGOUT", "", None, "End the session.", "RFC 9051, 6.1.3"),
    row(
        "ID",
        "(\"field\" \"value\" ...) | NIL",
        Some("ID"),
        "Tell who we are and ask who the server is.",
        "RFC 2971, 3.1",
    ),
    row(
        "COMPRESS",
        "DEFLATE",
        Some("COMPRESS"),
        "Compress the line from here on.",
        "RFC 4978, 3",
    ),
    row(
        "LANGUAGE",
        "[tag ...]",
        Some("LANGUAGE"),
        "Ask for the languages of the server's texts, or choose one.",
        "RFC 5255, 3.2",
    ),
    CommandSpec::new(
        "STARTTLS",
        "",
        &[],
        BEFORE,
        Some("STARTTLS"),
        "Turn TLS on.",
        "RFC 9051, 6.2.1",
    ),
    CommandSpec::new(
        "AUTHENTICATE",
        "mechanism [initial-response]",
        &[],
        BEFORE,
        None,
        "Log in with a SASL mechanism.",
        "RFC 9051, 6.2.2",
    ),
    CommandSpec::new(
        "LOGIN",
        "user password",
        &[],
        BEFORE,
        None,
        "Log in with a password.",
        "RFC 9051, 6.2.3",
    ),
    CommandSpec::new(
        "UNAUTHENTICATE",
        "",
        &[],
        LOGGED_IN,
        Some("UNAUTHENTICATE"),
        "Log out, but keep the connection for another login.",
        "RFC 8437, 2",
    ),
];
