//! Short readings in plain words: what a violation, a close or a response means.

use crate::session::{CloseCause, Violation};

use super::NoteLevel;

/// What a violation means, and what to do next.
pub fn violation(violation: &Violation) -> (NoteLevel, String) {
    match violation {
        Violation::UnknownTag(tag) => (
            NoteLevel::Warning,
            format!(
                "The server answered tag {tag}, which is none that we sent and still wait for. \
                 Was a command sent without a tag? Then its first word was taken as the tag."
            ),
        ),
        Violation::UnexpectedContinuation => (
            NoteLevel::Warning,
            "The server asks us to go on (+), but no command waits for that. Nothing is sent.".to_owned(),
        ),
        Violation::PlaintextBehindStartTls { octets } => (
            NoteLevel::Alarm,
            format!(
                "{octets} octets came unencrypted behind the OK of STARTTLS. Somebody may have put them \
                 into the line. They are shown, not used, and the connection is closed."
            ),
        ),
        Violation::NoGreeting => (
            NoteLevel::Alarm,
            "The first line is no IMAP greeting. Is this the port of another service? \
             IMAP is at 143, IMAP over TLS at 993."
                .to_owned(),
        ),
        Violation::BadBase64 => (
            NoteLevel::Warning,
            "The server's challenge is no valid base64. It is shown as it came; * cancels the login.".to_owned(),
        ),
    }
}

/// How a connection ended.
pub fn close(cause: &CloseCause) -> (NoteLevel, String) {
    match cause {
        CloseCause::Logout => (
            NoteLevel::Info,
            "Logged out. The connection is closed.".to_owned(),
        ),
        CloseCause::Bye(text) => (
            NoteLevel::Warning,
            format!("The server ended the connection: {text}"),
        ),
        CloseCause::Closed => (
            NoteLevel::Alarm,
            "The server closed the connection without a word (no BYE).".to_owned(),
        ),
        CloseCause::Local => (NoteLevel::Info, "We closed the connection.".to_owned()),
        CloseCause::Failed(text) => (NoteLevel::Alarm, format!("The connection failed: {text}")),
    }
}
