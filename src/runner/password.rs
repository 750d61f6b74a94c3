//! The password prompt of the headless verbs: on the terminal, never on stdin.

use std::io;
use std::sync::Arc;

use crate::sasl::Secret;

/// Asks somebody; takes the prompt. An error: there is nobody to ask. It may block.
pub type Ask = Arc<dyn Fn(&str) -> io::Result<Secret> + Send + Sync>;

/// Asks on the controlling terminal, whatever stdin is.
pub fn on_terminal() -> Ask {
    Arc::new(|prompt| rpassword::prompt_password(prompt).map(Secret::new))
}

/// The prompt: whose password, and for whom.
pub fn prompt(authcid: &str, authzid: Option<&str>) -> String {
    match authzid {
        Some(authzid) if authzid != authcid => {
            format!("Password of {authcid} (to act as {authzid}): ")
        }
        _ => format!("Password of {authcid}: "),
    }
}

/// The sentence for a password that is missing.
pub fn nobody_to_ask(authcid: &str, error: &io::Error) -> String {
    format!(
        "the login of {authcid} needs a password, and there is no terminal to ask on ({error}); run imapsh on a terminal, or give -w"
    )
}

/// Asks, without keeping the runtime from its work. A signal that comes meanwhile drops this future,
/// and with it the terminal gets its echo back.
pub async fn wait(ask: &Ask, prompt: String) -> io::Result<Secret> {
    let _echo = Echo::off();
    let ask = Arc::clone(ask);
    match tokio::task::spawn_blocking(move || ask(&prompt)).await {
        Ok(answer) => answer,
        Err(error) => Err(io::Error::other(error)),
    }
}

/// The terminal without echo, set back when dropped. Off before the prompt stands there, or what a fast
/// hand types would show; and the thread that waits for the password cannot set it back when the program
/// is stopped at the prompt.
struct Echo {
    #[cfg(unix)]
    saved: Option<(std::fs::File, rustix::termios::Termios)>,
}

impl Echo {
    #[cfg(unix)]
    fn off() -> Echo {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let saved = std::fs::File::open("/dev/tty").ok().and_then(|terminal| {
            let modes = tcgetattr(&terminal).ok()?;
            let mut silent = modes.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            tcsetattr(&terminal, OptionalActions::Now, &silent).ok()?;
            Some((terminal, modes))
        });
        Echo { saved }
    }

    #[cfg(not(unix))]
    fn off() -> Echo {
        Echo {}
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some((terminal, modes)) = &self.saved {
            // Nothing is left to be done if it fails.
            let _ =
                rustix::termios::tcsetattr(terminal, rustix::termios::OptionalActions::Now, modes);
        }
    }
}
