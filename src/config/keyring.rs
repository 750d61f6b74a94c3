//! The system's keyring: service `imapsh`, account `authcid@host`. Secret Service on Linux, the keychain on
//! macOS. Every call may block: a keyring that is locked asks its owner.

use crate::sasl::Secret;

/// The service under which all of ours lies.
pub const SERVICE: &str = "imapsh";

/// Whose password it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot(String);

impl Slot {
    /// Of `authcid` on `host`. Host names are compared without regard to case.
    pub fn new(authcid: &str, host: &str) -> Slot {
        Slot(format!("{authcid}@{}", host.to_ascii_lowercase()))
    }
}

impl std::fmt::Display for Slot {
    /// `craig@mail.example.com`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// `imapsh keyring store|forget|check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Ask for the password and keep it.
    Store,
    /// Take it out.
    Forget,
    /// Whether there is one.
    Check,
}

impl Act {
    /// By its name on a command line.
    pub fn parse(word: &str) -> Option<Act> {
        match word {
            "store" => Some(Act::Store),
            "forget" => Some(Act::Forget),
            "check" => Some(Act::Check),
            _ => None,
        }
    }
}

/// Whether this program can use a keyring.
pub const IS_BUILT_IN: bool = cfg!(feature = "keyring");

/// The password that lies there. The error is a sentence.
///
/// # Errors
/// There is none, or the keyring cannot be asked.
pub fn read(slot: &Slot) -> Result<Secret, String> {
    system::read(slot)
}

/// Keeps a password, in the place of the one that lay there.
///
/// # Errors
/// A sentence: the keyring cannot be asked, or refuses.
pub fn keep(slot: &Slot, secret: &Secret) -> Result<(), String> {
    system::keep(slot, secret)
}

/// Takes the password out of the keyring.
///
/// # Errors
/// There is none, or the keyring cannot be asked.
pub fn forget(slot: &Slot) -> Result<(), String> {
    system::forget(slot)
}

#[cfg(feature = "keyring")]
mod system {
    use keyring::{Entry, Error};

    use super::{SERVICE, Slot};
    use crate::sasl::Secret;

    pub fn read(slot: &Slot) -> Result<Secret, String> {
        on_a_thread(slot, |entry| entry.get_password().map(Secret::new))
    }

    pub fn keep(slot: &Slot, secret: &Secret) -> Result<(), String> {
        let secret = secret.clone();
        on_a_thread(slot, move |entry| entry.set_password(secret.expose()))
    }

    pub fn forget(slot: &Slot) -> Result<(), String> {
        on_a_thread(slot, Entry::delete_credential)
    }

    /// The Secret Service's client waits for D-Bus by blocking, which no thread of the runtime may do.
    fn on_a_thread<T: Send + 'static>(
        slot: &Slot,
        act: impl FnOnce(&Entry) -> keyring::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        let account = slot.to_string();
        let asked = std::thread::spawn(move || {
            let entry = Entry::new(SERVICE, &account)?;
            act(&entry)
        });
        match asked.join() {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(sentence(slot, &error)),
            Err(_) => Err(format!(
                "the keyring's library gave up over the password of {slot}"
            )),
        }
    }

    fn sentence(slot: &Slot, error: &Error) -> String {
        match error {
            Error::NoEntry => format!(
                "the keyring has no password of {slot} (service {SERVICE}): imapsh keyring store puts one there"
            ),
            Error::NoDefaultStore => {
                let why = match Entry::store_status() {
                    Err(error) => error.to_string(),
                    Ok(()) => "no reason given".to_owned(),
                };
                format!(
                    "there is no keyring to ask (on Linux: a Secret Service on the session's D-Bus): {why}"
                )
            }
            Error::Ambiguous(_) => format!(
                "the keyring has more than one password of {slot} (service {SERVICE}): take out all but one"
            ),
            // What lies there is not for a sentence.
            Error::BadEncoding(_) | Error::BadDataFormat(..) => {
                format!("what the keyring has for {slot} (service {SERVICE}) is no text")
            }
            error => format!("the keyring does not open for {slot} (service {SERVICE}): {error}"),
        }
    }
}

#[cfg(not(feature = "keyring"))]
mod system {
    use super::Slot;
    use crate::sasl::Secret;

    const NOT_BUILT: &str = "this imapsh was built without the keyring (cargo build --features keyring); \
                             cmd:COMMAND can ask it, as in cmd:'secret-tool lookup ...'";

    pub fn read(_: &Slot) -> Result<Secret, String> {
        Err(NOT_BUILT.to_owned())
    }

    pub fn keep(_: &Slot, _: &Secret) -> Result<(), String> {
        Err(NOT_BUILT.to_owned())
    }

    pub fn forget(_: &Slot) -> Result<(), String> {
        Err(NOT_BUILT.to_owned())
    }
}
