//! Writes a profile into the config file: what was filled in once need not be typed again. Never a
//! secret. What stands in the file already stays as it is, comments and all.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::target::{self, Base, Target};
use super::{Account, AccountError, Config, ConfigError, Wishes};
use crate::channel::{Place, Plan, Security};
use crate::safety::SafeMode;

/// Why no profile was written. Each is a sentence.
#[derive(Debug, Error)]
pub enum RememberError {
    /// Not a name.
    #[error("{0:?} is no profile name: letters, digits, \".\", \"_\" and \"-\"")]
    Name(String),
    /// There is one of this name.
    #[error("there is a profile {name:?} in {} already: choose another name", path.display())]
    Exists {
        /// Its name.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// The file is wrong as it is.
    #[error("{0}. Nothing was written")]
    Config(#[from] ConfigError),
    /// What was made does not come together.
    #[error("{0}. Nothing was written")]
    Account(#[from] AccountError),
    /// A profile cannot hold it.
    #[error(
        "a profile cannot hold all of this, so nothing was written: leave \"Remember\" at nothing"
    )]
    NotAll,
    /// The file cannot be written.
    #[error("{}: {error}. Nothing was written", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// Adds `[profile.NAME]` to the config file at `path`, which is made if need be (mode 0600). `from`: where
/// its password comes from.
///
/// # Errors
/// Nothing is written then.
pub fn write(
    path: &Path,
    name: &str,
    plan: &Plan,
    from: Option<&str>,
    safe: SafeMode,
) -> Result<(), RememberError> {
    if !target::is_profile_name(name) {
        return Err(RememberError::Name(name.to_owned()));
    }
    let failed = |error| RememberError::File {
        path: path.to_path_buf(),
        error,
    };
    // Where the file is a link, what it leads to is replaced, not the link.
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let before = match Config::read(&real) {
        Ok(config) if config.profiles.contains_key(name) => {
            return Err(RememberError::Exists {
                name: name.to_owned(),
                path: path.to_path_buf(),
            });
        }
        Ok(_) => fs::read_to_string(&real).map_err(failed)?,
        Err(ConfigError::Unreadable { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
            String::new()
        }
        Err(error) => return Err(error.into()),
    };
    let mut text = before;
    if !text.is_empty() {
        text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
    }
    text.push_str(&table(name, plan, from, safe).ok_or(RememberError::NotAll)?);
    must_mean(&text, &real, name, plan)?;
    replace(&real, &text).map_err(failed)
}

/// The table. `None`: there is no key for the place.
fn table(name: &str, plan: &Plan, from: Option<&str>, safe: SafeMode) -> Option<String> {
    let Place::Tcp { host, port } = &plan.place else {
        return None;
    };
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let security = match plan.security {
        Security::Implicit => "tls",
        Security::StartTls => "starttls",
        Security::Plain => "none",
    };
    // A dot would make a table of tables.
    let mut text = format!("[profile.{}]\n", quoted(name));
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key} = {value}");
    };
    line("host", quoted(host));
    line("port", port.to_string());
    line("security", quoted(security));
    let trust = &plan.trust;
    let file = |path: &Option<PathBuf>| path.as_ref().map(|p| p.to_string_lossy().into_owned());
    let ca = trust.ca_files.first().cloned();
    let who = &plan.credentials;
    for (key, value) in [
        ("authcid", who.authcid.clone()),
        ("authzid", who.authzid.clone()),
        ("password_from", from.map(str::to_owned)),
        ("mechanism", who.mechanism.clone()),
        ("realm", who.realm.clone()),
        ("ca", file(&ca)),
        ("server_name", trust.server_name.clone()),
        ("client_certificate", file(&trust.client_certificate)),
        ("client_key", file(&trust.client_key)),
    ] {
        if let Some(value) = value {
            line(key, quoted(&value));
        }
    }
    if !trust.pins.is_empty() {
        let pins: Vec<String> = trust.pins.iter().map(|p| quoted(&p.to_string())).collect();
        line("pin", format!("[{}]", pins.join(", ")));
    }
    for (key, value) in [
        ("insecure", trust.insecure),
        ("allow_plaintext", who.allow_plaintext),
        ("require_compression", plan.network.compress),
    ] {
        if value {
            line(key, "true".to_owned());
        }
    }
    if safe != SafeMode::default() {
        line("safe", quoted(safe.name()));
    }
    Some(text)
}

/// The profile must come to the same plan, but for the secret: what it cannot hold is not dropped
/// without a word.
fn must_mean(text: &str, path: &Path, name: &str, plan: &Plan) -> Result<(), RememberError> {
    let config = Config::parse(text, path)?;
    let target = Target {
        base: Base::Profile(name.to_owned()),
        act_as: None,
    };
    let account = Account::new(&Wishes::default(), Some(&target), &config)?;
    let shown = |plan: &Plan| {
        let mut plan = plan.clone();
        plan.credentials.secret = None;
        format!("{plan:?}")
    };
    match account {
        Some(account) if shown(&account.plan) == shown(plan) => Ok(()),
        _ => Err(RememberError::NotAll),
    }
}

/// Writes beside it and renames: there is always a whole file.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty());
    if let Some(directory) = directory {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
    }
    let mode = fs::metadata(path).map_or(0o600, |found| found.permissions().mode() & 0o7777);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(text.as_bytes())?;
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.sync_all()?;
        fs::rename(&new, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}
