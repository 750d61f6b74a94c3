//! The values of a snippet's `secret` lines, from where they say.

use crate::config::keyring;
use crate::config::password::{self, From};
use crate::sasl::Secret;
use crate::snippet::script::SecretSource;

/// Fetches one; may block. `None`: somebody must be asked. Errors are sentences without any secret.
pub fn fetch(from: &SecretSource) -> Option<Result<Secret, String>> {
    let found = |from: From| password::fetch(&from, "", None).map(|found| found.secret);
    Some(match from {
        SecretSource::Env(variable) => found(From::Environment(variable.clone())),
        SecretSource::Command(command) => found(From::Command(command.clone())),
        SecretSource::Keyring(entry) => match entry.rsplit_once('@') {
            Some((user, host)) => keyring::read(&keyring::Slot::new(user, host)),
            None => Err(format!("keyring {entry}: USER@HOST names what lies there")),
        },
        SecretSource::Ask => return None,
    })
}
