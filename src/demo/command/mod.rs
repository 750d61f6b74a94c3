//! The commands, one row each in [`COMMANDS`], one file per family.
//!
//! A row's function reads its arguments, works on the store, writes its untagged responses to
//! [`Conversation::out`] and returns how the command ends; tag, updates and tagged response are
//! `session.rs`'s.

pub mod acl;
pub mod any;
pub mod arguments;
pub mod auth;
pub mod fetch;
pub mod fetch_items;
pub mod flags;
pub mod idle;
pub mod list;
pub mod mailbox;
pub mod message;
pub mod quota;
pub mod search;
pub mod sequence;

use super::conversation::Conversation;
use arguments::Arguments;

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// NO, with a response code (RFC 5530) or none.
    No {
        /// `NONEXISTENT`, or empty.
        code: String,
        /// Human-readable text.
        text: String,
    },
    /// BAD: syntax, or the wrong state.
    Bad(String),
}

impl Refusal {
    /// NO.
    pub fn no(code: &str, text: impl Into<String>) -> Refusal {
        Refusal::No {
            code: code.to_owned(),
            text: text.into(),
        }
    }

    /// BAD.
    pub fn bad(text: impl Into<String>) -> Refusal {
        Refusal::Bad(text.into())
    }

    /// `NO [CODE] text`.
    pub fn line(&self) -> String {
        match self {
            Refusal::No { code, text } if code.is_empty() => format!("NO {text}"),
            Refusal::No { code, text } => format!("NO [{code}] {text}"),
            Refusal::Bad(text) => format!("BAD {text}"),
        }
    }
}

/// How a command that did not fail goes on.
#[derive(Debug)]
pub enum Completion {
    /// OK, with a response code or an empty one, and its text.
    Ok {
        /// `READ-WRITE`, or empty.
        code: String,
        /// Human-readable text.
        text: &'static str,
    },
    /// The rest is made while it is sent.
    Fetch(fetch::Work),
    /// AUTHENTICATE wants the client's next line.
    Authenticate(Box<auth::Exchange>),
    /// IDLE until DONE.
    Idle,
    /// OK, and then the TLS handshake.
    StartTls,
    /// OK, and then the end.
    Logout,
}

/// A command's result.
pub type Outcome = Result<Completion, Refusal>;

/// `OK text`.
pub fn ok(text: &'static str) -> Outcome {
    ok_with(String::new(), text)
}

/// `OK [code] text`.
pub fn ok_with(code: impl Into<String>, text: &'static str) -> Outcome {
    Ok(Completion::Ok {
        code: code.into(),
        text,
    })
}

/// In which states a command may be given (RFC 3501 section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Any.
    Nothing,
    /// Not authenticated.
    NoLogin,
    /// Authenticated or selected.
    Login,
    /// Selected.
    Mailbox,
}

/// Whether sequence numbers may change before the tagged response (RFC 3501 section 7.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expunges {
    /// Yes.
    Told,
    /// No: FETCH, STORE, SEARCH, SORT, THREAD by sequence numbers.
    Held,
}

/// One command.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Upper case; with UID both words.
    pub verb: &'static str,
    /// When.
    pub needs: Needs,
    /// Whether EXPUNGE may go with it.
    pub expunges: Expunges,
    /// What it does.
    pub run: fn(&mut Conversation, &mut Arguments<'_>) -> Outcome,
}

const fn row(
    verb: &'static str,
    needs: Needs,
    run: fn(&mut Conversation, &mut Arguments<'_>) -> Outcome,
) -> Row {
    Row {
        verb,
        needs,
        expunges: Expunges::Told,
        run,
    }
}

const fn held(
    verb: &'static str,
    run: fn(&mut Conversation, &mut Arguments<'_>) -> Outcome,
) -> Row {
    Row {
        verb,
        needs: Needs::Mailbox,
        expunges: Expunges::Held,
        run,
    }
}

/// All that is answered.
pub static COMMANDS: &[Row] = &[
    row("CAPABILITY", Needs::Nothing, any::capability),
    row("NOOP", Needs::Nothing, any::noop),
    row("LOGOUT", Needs::Nothing, any::logout),
    row("ID", Needs::Nothing, any::id),
    row("STARTTLS", Needs::NoLogin, auth::starttls),
    row("LOGIN", Needs::NoLogin, auth::login),
    row("AUTHENTICATE", Needs::NoLogin, auth::authenticate),
    row("ENABLE", Needs::Login, any::enable),
    row("NAMESPACE", Needs::Login, list::namespace),
    row("SELECT", Needs::Login, mailbox::select),
    row("EXAMINE", Needs::Login, mailbox::examine),
    row("CREATE", Needs::Login, mailbox::create),
    row("DELETE", Needs::Login, mailbox::delete),
    row("RENAME", Needs::Login, mailbox::rename),
    row("SUBSCRIBE", Needs::Login, mailbox::subscribe),
    row("UNSUBSCRIBE", Needs::Login, mailbox::unsubscribe),
    row("LIST", Needs::Login, list::list),
    row("LSUB", Needs::Login, list::lsub),
    row("STATUS", Needs::Login, mailbox::status),
    row("APPEND", Needs::Login, message::append),
    row("IDLE", Needs::Login, idle::idle),
    row("GETACL", Needs::Login, acl::get_acl),
    row("SETACL", Needs::Login, acl::set_acl),
    row("DELETEACL", Needs::Login, acl::delete_acl),
    row("LISTRIGHTS", Needs::Login, acl::list_rights),
    row("MYRIGHTS", Needs::Login, acl::my_rights),
    row("GETQUOTA", Needs::Login, quota::get_quota),
    row("GETQUOTAROOT", Needs::Login, quota::get_quota_root),
    row("SETQUOTA", Needs::Login, quota::set_quota),
    row("RECONSTRUCT", Needs::Login, any::reconstruct),
    row("CHECK", Needs::Mailbox, any::check),
    row("CLOSE", Needs::Mailbox, mailbox::close),
    row("UNSELECT", Needs::Mailbox, mailbox::unselect),
    row("EXPUNGE", Needs::Mailbox, message::expunge),
    held("SEARCH", search::search),
    held("SORT", search::sort),
    held("THREAD", search::thread),
    held("FETCH", fetch::fetch),
    held("STORE", flags::store),
    row("COPY", Needs::Mailbox, message::copy),
    row("MOVE", Needs::Mailbox, message::move_),
    row("UID SEARCH", Needs::Mailbox, search::uid_search),
    row("UID SORT", Needs::Mailbox, search::uid_sort),
    row("UID THREAD", Needs::Mailbox, search::uid_thread),
    row("UID FETCH", Needs::Mailbox, fetch::uid_fetch),
    row("UID STORE", Needs::Mailbox, flags::uid_store),
    row("UID COPY", Needs::Mailbox, message::uid_copy),
    row("UID MOVE", Needs::Mailbox, message::uid_move),
    row("UID EXPUNGE", Needs::Mailbox, message::uid_expunge),
];

/// The row of a verb, any case.
pub fn find(verb: &str) -> Option<&'static Row> {
    COMMANDS
        .iter()
        .find(|row| row.verb.eq_ignore_ascii_case(verb))
}
