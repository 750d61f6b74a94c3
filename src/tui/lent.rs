//! What the screen does with the user's files: targets and profiles read, a profile written. A test
//! lends its own, so that it never touches them.

use super::effect::Opening;
use crate::config::Account;

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

fn read_target(word: &str) -> Result<Opening, String> {
    let account = Account::at(word)?;
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
