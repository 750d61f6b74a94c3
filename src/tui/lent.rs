//! What the screen does with the user's files: targets and profiles read, a profile written. A test
//! lends its own, so that it never touches them.

use std::path::Path;

use super::effect::Opening;
use super::playing;
use super::snippets::Reading;
use crate::batch::trust::Trusted;
use crate::channel::Plan;
use crate::config::password::{self, Found};
use crate::config::paths;
use crate::config::snippets::{self, Entry};
use crate::config::{Account, Config, foreign, remember};
use crate::safety::SafeMode;

/// Writes a profile: file, name, plan, `password_from`, safe mode.
pub type Remember = fn(&Path, &str, &Plan, Option<&str>, SafeMode) -> Result<(), String>;

/// What is lent. Errors are sentences.
#[derive(Debug, Clone, Copy)]
pub struct Lent {
    /// Reads `HOST[:PORT]`, `@profile`, `imaps://user@host/mailbox` as the command line would, with this
    /// config file.
    pub target: fn(&str, Option<&Path>) -> Result<Opening, String>,
    /// Reads a command line of imtest, `openssl s_client` or curl.
    pub import: fn(&str) -> Result<Imported, String>,
    /// The names of the profiles of this config file.
    pub profiles: fn(Option<&Path>) -> Vec<String>,
    /// Writes a profile of this name into this config file, without any secret; the last are its
    /// `password_from` and its safe mode.
    pub remember: Remember,
    /// What netrc has for a host and, if one is given, for this user.
    pub netrc: fn(&str, Option<&str>) -> Result<Found, String>,
    /// The snippets there are: the project's, the user's beside this config file, the built-in ones.
    pub snippets: fn(Option<&Path>) -> Vec<Entry>,
    /// Reads one.
    pub read_snippet: fn(&Entry) -> Reading,
    /// What was trusted before, and may be from now on.
    pub trusted: fn() -> Trusted,
}

/// What another tool's command line comes to.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Never with a secret.
    pub opening: Opening,
    /// A sentence for each thing that was left out or means something else here.
    pub notes: Vec<String>,
}

impl Lent {
    /// As the command line does it.
    pub fn usual() -> Lent {
        Lent {
            target: read_target,
            import: read_foreign,
            profiles: |config| {
                let config = Config::if_there(config).unwrap_or_default();
                config.profiles.into_keys().collect()
            },
            remember: |file, name, plan, from, safe| {
                remember::write(file, name, plan, from, safe).map_err(|error| error.to_string())
            },
            netrc: |host, user| password::fetch(&password::From::Netrc, host, user),
            snippets: snippets::all,
            read_snippet,
            trusted: || Trusted::at(paths::trusted_file()),
        }
    }
}

fn read_target(word: &str, config: Option<&Path>) -> Result<Opening, String> {
    let account = Account::at(word, config)?;
    Ok(Opening {
        auto: account.auto,
        mailbox: account.url_mailbox.or(account.profile_mailbox),
        password_from: account.password_from,
        safe: account.general.safe,
        ..Opening::new(account.plan)
    })
}

fn read_snippet(entry: &Entry) -> Reading {
    let nothing = |script| Reading {
        script,
        warnings: Vec::new(),
        wants: Vec::new(),
        digest: String::new(),
    };
    match playing::read(entry, false) {
        Ok(loaded) => Reading {
            warnings: loaded.warnings,
            wants: loaded.wants,
            digest: loaded.digest,
            script: Ok(loaded.script),
        },
        Err(mistakes) => nothing(Err(mistakes)),
    }
}

fn read_foreign(line: &str) -> Result<Imported, String> {
    let foreign = foreign::read(line).map_err(|error| error.to_string())?;
    let mut opening = Opening::new(foreign.plan);
    opening.mailbox = foreign.mailbox;
    Ok(Imported {
        opening,
        notes: foreign.notes,
    })
}

impl Default for Lent {
    /// Nothing.
    fn default() -> Lent {
        Lent {
            target: |_, _| Err("Targets cannot be read here.".to_owned()),
            import: |_| Err("Command lines cannot be read here.".to_owned()),
            profiles: |_| Vec::new(),
            remember: |_, _, _, _, _| Err("Profiles cannot be written here.".to_owned()),
            netrc: |_, _| Err("There is no netrc here.".to_owned()),
            snippets: |_| Vec::new(),
            read_snippet,
            trusted: || Trusted::at(None),
        }
    }
}
