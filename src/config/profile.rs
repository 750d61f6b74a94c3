//! The config file: `default_profile` and `[profile.NAME]` tables. Errors name file, line and column.

use std::collections::BTreeMap;
use std::io::Read;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use super::{paths, target};
use crate::channel::Security;

/// Most octets of a config file that are read.
const SIZE_LIMIT: u64 = 1024 * 1024;

/// A config file, read and checked.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where it lies; `None`: there is no place for one.
    pub path: Option<PathBuf>,
    /// There is no such file.
    pub missing: bool,
    /// The profile that counts when no target is given.
    pub default_profile: Option<String>,
    /// The profiles by name.
    pub profiles: BTreeMap<String, Profile>,
}

/// One `[profile.NAME]`: a place and who logs in there. Never a password.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Host name or address.
    pub host: String,
    /// Port; by default that of `security`.
    pub port: Option<NonZeroU16>,
    /// How the line is secured; TLS unless said otherwise.
    #[serde(default)]
    pub security: SecurityName,
    /// Who logs in (`-a`).
    pub authcid: Option<String>,
    /// Whom to act as (`-u`).
    pub authzid: Option<String>,
    /// The mechanism (`-m`).
    pub mechanism: Option<String>,
    /// One more root certificate, PEM (`--ca`). A relative path begins at the config file.
    pub ca: Option<PathBuf>,
    /// Verify nothing (`--insecure`).
    #[serde(default)]
    pub insecure: bool,
    /// Certificate and key of the client, PEM (`-t FILE`). A relative path begins at the config file.
    pub client_certificate: Option<PathBuf>,
    /// Send a password over an unencrypted line to a host that is not loopback (`--allow-plaintext`).
    #[serde(default)]
    pub allow_plaintext: bool,
    /// Whether the full screen asks for NAMESPACE, LIST and LSUB after login (`--no-auto`).
    #[serde(default = "yes")]
    pub auto: bool,
    /// The mailbox that the full screen opens after login.
    pub mailbox: Option<String>,
}

fn yes() -> bool {
    true
}

/// `security =` in a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecurityName {
    /// TLS from the first byte, port 993.
    #[default]
    Tls,
    /// STARTTLS, port 143; an error if it cannot be had.
    Starttls,
    /// No TLS, port 143.
    None,
}

impl From<SecurityName> for Security {
    fn from(name: SecurityName) -> Security {
        match name {
            SecurityName::Tls => Security::Implicit,
            SecurityName::Starttls => Security::StartTls,
            SecurityName::None => Security::Plain,
        }
    }
}

/// What is wrong with the config file. Each is a sentence.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// It is longer than any config file.
    #[error("{}: longer than {SIZE_LIMIT} octets: that is no config file", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// It is wrong at this place.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// `@NAME` without such a table.
    #[error("there is no profile {name:?} in {place}{known}")]
    NoProfile {
        /// The name.
        name: String,
        /// The file, or that there is none.
        place: String,
        /// The names there are.
        known: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    default_profile: Option<Spanned<String>>,
    #[serde(default)]
    profile: BTreeMap<String, Spanned<Profile>>,
}

impl Config {
    /// Reads the user's config file: the one that `IMAPSH_CONFIG` names, which must exist, or the one
    /// in the usual place, which need not.
    pub fn load() -> Result<Config, ConfigError> {
        match paths::config_file() {
            None => Ok(Config::default()),
            Some((path, named)) => match Config::read(&path) {
                Err(ConfigError::Unreadable { error, .. })
                    if !named && error.kind() == std::io::ErrorKind::NotFound =>
                {
                    Ok(Config {
                        path: Some(path),
                        missing: true,
                        ..Config::default()
                    })
                }
                other => other,
            },
        }
    }

    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let unreadable = |error| ConfigError::Unreadable {
            path: path.to_path_buf(),
            error,
        };
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(SIZE_LIMIT + 1)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        if text.len() as u64 > SIZE_LIMIT {
            return Err(ConfigError::TooLong {
                path: path.to_path_buf(),
            });
        }
        Config::parse(&text, path)
    }

    /// Reads `text` as if it stood in `path`.
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
        let invalid = |offset: usize, message: String| {
            let before = text.get(..offset).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            ConfigError::Invalid {
                path: path.to_path_buf(),
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
                message,
            }
        };
        let file: File = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            invalid(offset, advice(error.message()))
        })?;
        let mut profiles = BTreeMap::new();
        let directory = path.parent().unwrap_or(Path::new(""));
        for (name, profile) in file.profile {
            let start = profile.span().start;
            let mut profile = profile.into_inner();
            if !target::is_profile_name(&name) {
                let why = "a profile name has letters, digits, \".\", \"_\" and \"-\"";
                return Err(invalid(start, format!("{name:?}: {why}")));
            }
            if let Some(what) = contradiction(&profile) {
                return Err(invalid(start, format!("profile {name:?}: {what}")));
            }
            for file in [&mut profile.ca, &mut profile.client_certificate]
                .into_iter()
                .flatten()
            {
                *file = directory.join(paths::expand_home(&file.to_string_lossy()));
            }
            profiles.insert(name, profile);
        }
        if let Some(name) = &file.default_profile
            && !profiles.contains_key(name.get_ref())
        {
            let message = format!("default_profile: there is no [profile.{}]", name.get_ref());
            return Err(invalid(name.span().start, message));
        }
        Ok(Config {
            path: Some(path.to_path_buf()),
            missing: false,
            default_profile: file.default_profile.map(Spanned::into_inner),
            profiles,
        })
    }

    /// The profile of this name.
    pub fn profile(&self, name: &str) -> Result<&Profile, ConfigError> {
        self.profiles.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
            ConfigError::NoProfile {
                name: name.to_owned(),
                place: match &self.path {
                    Some(path) if self.missing => {
                        format!("{}: there is no such file", path.display())
                    }
                    Some(path) => path.display().to_string(),
                    None => "any config file".to_owned(),
                },
                known: match names.is_empty() {
                    true => String::new(),
                    false => format!("; it has {}", names.join(", ")),
                },
            }
        })
    }
}

/// What cannot be together in one profile.
fn contradiction(profile: &Profile) -> Option<&'static str> {
    let empty = |text: &Option<String>| text.as_deref() == Some("");
    if profile.host.trim().is_empty() {
        return Some("host is empty");
    }
    if empty(&profile.authcid) || empty(&profile.authzid) || empty(&profile.mechanism) {
        return Some("an empty authcid, authzid or mechanism: leave the line out");
    }
    if profile.insecure && profile.ca.is_some() {
        return Some("insecure verifies nothing, so ca has no meaning beside it");
    }
    let plain = profile.security == SecurityName::None;
    if plain && (profile.insecure || profile.ca.is_some() || profile.client_certificate.is_some()) {
        return Some(
            "security = \"none\" has no certificates: ca, insecure and client_certificate go with TLS",
        );
    }
    None
}

/// toml's own words, but for the field that everybody tries first.
fn advice(message: &str) -> String {
    for field in ["password", "passwd", "secret", "pass"] {
        if message.starts_with(&format!("unknown field `{field}`")) {
            return format!("{field}: passwords are never kept in this file; imapsh asks for it");
        }
    }
    message.replace('\n', " ").trim().to_owned()
}
