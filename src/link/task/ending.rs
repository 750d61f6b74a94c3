//! How a connection ends, in words.

use crate::channel::Place;
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
            // Dovecot does so to a PROXY header of a kind that it does not take, or to none (after 3 s).
            CloseCause::Closed if self.opening.awaits_greeting() && self.plan.network.proxy.is_some() => {
                "The server closed the connection without a greeting. It may want no PROXY header, or none of \
                 this kind: leave -H out, or try the other --haproxy-version."
                    .to_owned()
            }
            CloseCause::Closed if self.opening.awaits_greeting() && keeps_a_port(&self.plan.place) => {
                "The server closed the connection without a greeting. It may be busy, not let this address in, \
                 or want a PROXY header because a load balancer stands before it (-H)."
                    .to_owned()
            }
            CloseCause::Closed => {
                format!("The server closed the connection{when} without a word. Connect again.")
            }
            CloseCause::Failed(why) => {
                format!("The connection broke{when}: {why}. Check the network, then connect again.")
            }
        }
    }
}

fn keeps_a_port(place: &Place) -> bool {
    matches!(place, Place::Tcp { .. })
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
