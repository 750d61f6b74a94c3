//! What the screen is lent by `modes.rs`: reading targets, other tools' command lines and profiles is
//! not its own business, and a test lends its own.

use super::effect::Opening;
use crate::channel::Plan;

/// What is lent. Errors are sentences.
#[derive(Debug, Clone, Copy)]
pub struct Lent {
    /// Reads `HOST[:PORT]`, `@profile`, `imaps://user@host/mailbox` as the command line would.
    pub target: fn(&str) -> Result<Opening, String>,
    /// Reads a command line of imtest, `openssl s_client` or curl; a sentence for each thing that was
    /// left out or cannot mean the same.
    pub import: fn(&str) -> Result<(Plan, Vec<String>), String>,
    /// Writes a profile of this name, without any secret; tells where.
    pub remember: fn(&str, &Plan) -> Result<String, String>,
}

impl Default for Lent {
    /// Nothing.
    fn default() -> Lent {
        Lent {
            target: |_| Err("Targets cannot be read here.".to_owned()),
            import: |_| Err("Command lines of other tools cannot be read here.".to_owned()),
            remember: |_, _| Err("Profiles cannot be written here.".to_owned()),
        }
    }
}
