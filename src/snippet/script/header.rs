//! The head of a snippet.

use std::time::Duration;

use super::{Span, Template};
use crate::safety::SafeMode;

/// What stands at the head of a snippet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Header {
    /// `title:`
    pub title: Option<String>,
    /// `capabilities:`; without them it is skipped.
    pub capabilities: Vec<String>,
    /// `connections:`; 0 is taken as 1.
    pub connections: usize,
    /// `user 2:`: who the second connection is.
    pub users: Vec<(usize, Template)>,
    /// `each: @users.csv`: the path.
    pub each: Option<(String, Span)>,
    /// `authz:`
    pub authz: Option<Template>,
    /// `authn:`
    pub authn: Option<Template>,
    /// `profile:`
    pub profile: Option<Template>,
    /// `jobs:`
    pub jobs: Option<usize>,
    /// `on_error: stop`; `None`: not said.
    pub stop_on_error: Option<bool>,
    /// `var name: text`, in order.
    pub vars: Vec<(String, Template, Span)>,
    /// `secret name: ...`
    pub secrets: Vec<SecretLine>,
    /// `safe:`
    pub safe: Option<SafeMode>,
    /// `timeout:`
    pub timeout: Option<Duration>,
    /// `keep_tags: yes`
    pub keep_tags: bool,
    /// `ignore_extra_untagged: no`: a reply that no line is about is a failure.
    pub strict_untagged: bool,
    /// `messages:`, for imaptest's files: how many; `None` with `all`.
    pub messages: Option<Messages>,
    /// `state:`, for imaptest's files.
    pub state: Option<State>,
}

/// How many messages are there when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Messages {
    /// All of the mbox.
    All,
    /// So many.
    Count(usize),
}

/// In which state a snippet wants the server (imaptest's words).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum State {
    Nonauth,
    Auth,
    Created,
    Appended,
    Selected,
}

/// `secret name: ...`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretLine {
    /// The variable.
    pub name: String,
    /// Where its value comes from.
    pub from: SecretSource,
    /// Where it is written.
    pub span: Span,
}

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// `env NAME`
    Env(String),
    /// `cmd pass show x`
    Command(String),
    /// `keyring x`
    Keyring(String),
    /// `ask`
    Ask,
}
