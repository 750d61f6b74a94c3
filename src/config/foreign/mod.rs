//! OTHER TOOLS' COMMAND LINES. An imtest, `openssl s_client` or curl command line read as a
//! [`Plan`], and a plan written as one of those.
//!
//! Knows: those tools' options, as far as they say where and as whom. Must not know: sockets, screens.
//! Whatever is not taken over is said in a note; a password is never taken over, and never repeated.
//! To add a tool: a row in [`Tool`], a file with its table of options, an arm in `write.rs`.

mod curl;
mod imtest;
mod openssl;
mod words;
mod write;

use thiserror::Error;

use super::target::TargetError;
use crate::channel::Plan;

pub use words::quoted;
pub use write::{Written, write};

/// A tool whose command lines are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tool {
    /// Cyrus' imtest.
    Imtest,
    /// `openssl s_client`.
    OpenSsl,
    /// curl with an `imap://` or `imaps://` URL.
    Curl,
}

impl Tool {
    /// Every one.
    pub const ALL: [Tool; 3] = [Tool::Imtest, Tool::OpenSsl, Tool::Curl];

    /// `imtest`, `openssl`, `curl`: its program.
    pub fn name(self) -> &'static str {
        match self {
            Tool::Imtest => "imtest",
            Tool::OpenSsl => "openssl",
            Tool::Curl => "curl",
        }
    }
}

/// What a command line comes to.
#[derive(Debug, Clone)]
pub struct Foreign {
    /// Whose it is.
    pub tool: Tool,
    /// Where and as whom; never with a secret.
    pub plan: Plan,
    /// The mailbox of a URL.
    pub mailbox: Option<String>,
    /// Sentences about what was left out, or means something else here.
    pub notes: Vec<String>,
}

impl Foreign {
    fn new(tool: Tool, plan: Plan) -> Foreign {
        Foreign {
            tool,
            plan,
            mailbox: None,
            notes: Vec::new(),
        }
    }

    fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// The note about a password, once.
    fn dropped_password(&mut self) {
        let text = "The password in it was left out: imapsh asks for it.";
        if !self.notes.iter().any(|note| note == text) {
            self.note(text);
        }
    }
}

/// Why a command line cannot be taken over, or a plan not be written. Each is a sentence; none repeats
/// a word that may be a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ForeignError {
    /// No such tool in it.
    #[error(
        "that is no imtest, openssl s_client or curl command line: paste the whole line, beginning with the program"
    )]
    NoTool,
    /// A quote without its end.
    #[error("a {0} is open to the end of the line: paste the whole command")]
    Quote(char),
    /// No host, or no URL.
    #[error("it says no server: {0}")]
    NoServer(&'static str),
    /// Host, port or URL.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// An option that wants a value stands last.
    #[error("{0} wants something behind it")]
    NoValue(String),
    /// `$HOST`.
    #[error("it has a shell variable or command in place of {0}: put the value there")]
    Variable(&'static str),
    /// POP3, SMTP, a web page.
    #[error("that is not IMAP: {0}")]
    NotImap(&'static str),
    /// A plan that the tool cannot follow.
    #[error("{tool} cannot do this: {why}")]
    Cannot {
        /// Its program.
        tool: &'static str,
        /// Why.
        why: &'static str,
    },
}

/// Reads a command line of one of the tools, as it is typed into a shell: with quotes, with `\` at the
/// end of a line, with a prompt before it, with a pipe around it.
///
/// # Errors
/// There is none in it, or it does not say where to go.
pub fn read(text: &str) -> Result<Foreign, ForeignError> {
    let line = words::split(text)?;
    for (at, command) in line.commands.iter().enumerate() {
        let Some((tool, rest)) = tool(command) else {
            continue;
        };
        let mut foreign = match tool {
            Tool::Imtest => imtest::read(rest),
            Tool::OpenSsl => openssl::read(rest),
            Tool::Curl => curl::read(rest),
        }?;
        if line.commands.len() > 1 || line.redirected {
            let before = if at > 0 { " before it and" } else { "" };
            foreign.note(format!(
                "What stands{before} behind it in a pipe or a file was left out: type it once you are in."
            ));
        }
        names_are_real(&foreign)?;
        return Ok(foreign);
    }
    Err(ForeignError::NoTool)
}

/// The tool in `command`, behind `$`, `sudo`, `rlwrap` and the like, and its arguments.
fn tool(command: &[String]) -> Option<(Tool, &[String])> {
    let program = |word: &String| {
        let name = word.rsplit('/').next().unwrap_or(word);
        Tool::ALL.into_iter().find(|tool| tool.name() == name)
    };
    let at = command.iter().position(|word| program(word).is_some())?;
    let rest = command.get(at + 1..)?;
    match program(command.get(at)?)? {
        Tool::OpenSsl => {
            let rest = (rest.first()? == "s_client").then(|| rest.get(1..))??;
            Some((Tool::OpenSsl, rest))
        }
        tool => Some((tool, rest)),
    }
}

fn names_are_real(foreign: &Foreign) -> Result<(), ForeignError> {
    let credentials = &foreign.plan.credentials;
    let names = [
        ("the server", Some(foreign.plan.place.host())),
        ("the user who logs in", credentials.authcid.as_deref()),
        ("the user to act as", credentials.authzid.as_deref()),
        ("the mechanism", credentials.mechanism.as_deref()),
    ];
    for (what, name) in names {
        if name.is_some_and(|name| name.contains(['$', '`'])) {
            return Err(ForeignError::Variable(what));
        }
    }
    Ok(())
}

/// A name that was given; an empty one is none.
fn name(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}
