//! `imapsh TARGET keyring store|forget|check`: one password in the system's keyring.

use super::password::{self, Ask};
use crate::config::Account;
use crate::config::keyring::{self, Act, Slot};
use crate::tui::printable;

/// Does it; returns what to say on stdout.
///
/// # Errors
/// A sentence: whose password it is was not said, nobody gave one, or the keyring refuses.
pub async fn run(account: &Account, act: Act, ask: &Ask) -> Result<String, String> {
    let plan = &account.plan;
    let Some(authcid) = plan.credentials.authcid.as_deref() else {
        return Err(
            "keyring: whose password? Add -a USER, or name a profile that has one".to_owned(),
        );
    };
    let slot = Slot::new(authcid, plan.place.host());
    let shown = printable::line(&slot.to_string());
    let service = keyring::SERVICE;
    match act {
        Act::Check => keyring::read(&slot)
            .map(|_| format!("the keyring has a password of {shown} (service {service})\n")),
        Act::Forget => {
            keyring::forget(&slot)?;
            Ok(format!(
                "the password of {shown} is no longer in the keyring\n"
            ))
        }
        // Where there is no keyring nobody types a password for it.
        Act::Store if !keyring::IS_BUILT_IN => keyring::read(&slot).map(|_| String::new()),
        Act::Store => {
            let given = plan.credentials.secret.clone();
            let secret = match given {
                Some(secret) => secret,
                None => password::wait(ask, format!("Password of {shown}, for the keyring: "))
                    .await
                    .map_err(|error| password::nobody_to_ask(authcid, &error))?,
            };
            if secret.expose().is_empty() {
                return Err("an empty password was not stored".to_owned());
            }
            keyring::keep(&slot, &secret)?;
            Ok(format!(
                "the password of {shown} is in the keyring (service {service}); --password-from keyring reads it\n"
            ))
        }
    }
}
