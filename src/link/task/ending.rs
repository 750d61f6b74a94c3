//! How a connection ends, in words.

use crate::session::CloseCause;

use super::super::login::shortened;
use super::super::tunnel::Fate;
use super::Task;

/// Why the loop ended.
pub(super) struct End {
    pub cause: CloseCause,
    /// For the user; `None`: made from the cause.
    pub sentence: Option<String>,
}

impl Task {
    /// The last sentence, for what ended without one.
    pub(super) fn farewell(&self, cause: &CloseCause, fate: Option<&Fate>) -> String {
        let standing = self.opening.standing();
        let when = if standing.is_empty() {
            String::new()
        } else {
            format!(" {standing}")
        };
        if let (CloseCause::Closed | CloseCause::Failed(_), Some(words)) =
            (cause, fate.and_then(Fate::words))
        {
            return format!("{words}{when}. Try the command by itself in a shell.");
        }
        match cause {
            CloseCause::Logout | CloseCause::Local => String::new(),
            CloseCause::Bye(text) => format!(
                "The server closed the connection{when}: BYE {}. Connect again.",
                shortened(text.trim())
            ),
            CloseCause::Closed => {
                format!("The server closed the connection{when} without a word. Connect again.")
            }
            CloseCause::Failed(why) => {
                format!("The connection broke{when}: {why}. Check the network, then connect again.")
            }
        }
    }
}

pub(super) fn local() -> End {
    End {
        cause: CloseCause::Local,
        sentence: None,
    }
}

pub(super) fn failed(sentence: String) -> End {
    End {
        cause: CloseCause::Failed(sentence.clone()),
        sentence: Some(sentence),
    }
}

pub(super) fn broken(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionReset => "the server reset it".to_owned(),
        std::io::ErrorKind::BrokenPipe => "the server does not take anything any more".to_owned(),
        std::io::ErrorKind::TimedOut => "the server does not answer any more".to_owned(),
        _ => error.to_string(),
    }
}
