//! What the screen does with the user's files: targets and profiles read, a profile written. A test
//! lends its own, so that it never touches them.

use super::effect::Opening;
use crate::config::{Account, Config, Wishes, target};

/// What is lent. Errors are sentences.
#[derive(Debug, Clone, Copy)]
pub struct Lent {
    /// Reads `HOST[:PORT]`, `@profile`, `imaps://user@host/mailbox` as the command line would.
    pub target: fn(&str) -> Result<Opening, String>,
}

impl Lent {
    /// As the command line does it.
    pub fn usual() -> Lent {
        Lent {
            target: read_target,
        }
    }
}

/// The config file is read only when the target needs it, as at the command line.
fn read_target(word: &str) -> Result<Opening, String> {
    let target = target::Target::parse(word).map_err(|error| error.to_string())?;
    let config = match target.base {
        target::Base::Profile(_) => Config::load().map_err(|error| error.to_string())?,
        _ => Config::default(),
    };
    let account = Account::new(&Wishes::default(), Some(&target), &config)
        .map_err(|error| error.to_string())?
        .ok_or("That names no place to connect to.")?;
    Ok(Opening {
        auto: account.auto,
        mailbox: account.url_mailbox.or(account.profile_mailbox),
        ..Opening::new(account.plan)
    })
}

impl Default for Lent {
    /// Nothing.
    fn default() -> Lent {
        Lent {
            target: |_| Err("Targets cannot be read here.".to_owned()),
        }
    }
}
