//! The config file: `default_profile`, `[defaults]`, `[profile.NAME]`, `[keys.PLACE]` and `[theme]` tables. Errors name file, line
//! and column, and show the place.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::account::Wishes;
use super::near;
use super::safety;
use super::sections::{Place, Section, Word};
use super::settings::{Kind, Layer, Origin, SETTINGS, Setting, Value};
use super::{paths, target};

/// Most octets of a config file that are read.
const SIZE_LIMIT: u64 = 1024 * 1024;
/// The keys outside of tables.
const TOP: &[&str] = &["default_profile", "defaults", "profile", "keys", "theme"];
/// The key of a profile that is no option: on the command line it is the target.
const HOST: &str = "host";

/// A config file, read and checked.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where it lies; `None`: there is no place for one, or none is wanted.
    pub path: Option<PathBuf>,
    /// There is no such file.
    pub missing: bool,
    /// The profile that counts when no target is given.
    pub default_profile: Option<String>,
    /// `[defaults]`: for every connection.
    pub defaults: Layer,
    /// The profiles by name.
    pub profiles: BTreeMap<String, Profile>,
    /// `[keys.PLACE]`: the user's own keys. Their words are checked by the full screen.
    pub keys: Section,
    /// `[theme]`: the user's own colours. The same.
    pub theme: Section,
}

/// One `[profile.NAME]`: a place and who logs in there. Never a password.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// Host name or address; `None`: a unix socket or a tunnel.
    pub host: Option<String>,
    /// The options.
    pub layer: Layer,
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
    #[error("{}:{line}:{column}: {message}\n{picture}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong.
        message: String,
        /// The line with carets under the place.
        picture: String,
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

impl Config {
    /// Reads the config file that `--config` or `IMAPSH_CONFIG` names, or the one in the usual place.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn wanted(wishes: &Wishes) -> Result<Config, ConfigError> {
        let layers = wishes.layers();
        let named = layers.get("config").and_then(|(value, _)| match value {
            Value::Path(path) => Some(path.as_path()),
            _ => None,
        });
        Config::load(named)
    }

    /// Reads the user's config file: `named` (then it must exist; empty: none is read), or the one in
    /// the usual place, which need not.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn load(named: Option<&Path>) -> Result<Config, ConfigError> {
        match named {
            Some(path) if path.as_os_str().is_empty() => Ok(Config::default()),
            Some(path) => Config::read(path),
            None => Config::if_there(paths::config_file().as_deref()),
        }
    }

    /// Reads the file at `path`, which need not exist; `None`: none is in use.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn if_there(path: Option<&Path>) -> Result<Config, ConfigError> {
        let Some(path) = path else {
            return Ok(Config::default());
        };
        match Config::read(path) {
            Err(ConfigError::Unreadable { error, .. })
                if error.kind() == std::io::ErrorKind::NotFound =>
            {
                Ok(Config {
                    path: Some(path.to_path_buf()),
                    missing: true,
                    ..Config::default()
                })
            }
            other => other,
        }
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// What is wrong with it.
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
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
        let source = Source { text, path };
        let top = DeTable::parse(text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            source.wrong(span, error.message().replace('\n', " ").trim().to_owned())
        })?;
        let mut config = Config {
            path: Some(path.to_path_buf()),
            ..Config::default()
        };
        let mut default = None;
        for (key, value) in top.get_ref() {
            match key.get_ref().as_ref() {
                "default_profile" => {
                    let name = source.text("default_profile", value)?;
                    default = Some((name, value.span()));
                }
                "defaults" => {
                    let table = source.table("defaults", value)?;
                    config.defaults = source.layer("defaults", table)?.layer;
                }
                "profile" => {
                    for (name, value) in source.table("profile", value)? {
                        let table = source.table("profile", value)?;
                        let profile = source.profile(name, table)?;
                        config.profiles.insert(name.get_ref().to_string(), profile);
                    }
                }
                "keys" => config.keys = source.section("keys", source.table("keys", value)?)?,
                "theme" => config.theme = source.section("theme", source.table("theme", value)?)?,
                other => {
                    let near = near::hint(other, TOP.iter().copied());
                    let here = "here stand default_profile, [defaults], [profile.NAME], [keys.PLACE] and [theme]";
                    return Err(
                        source.wrong(key.span(), format!("unknown key {other}{near} ({here})"))
                    );
                }
            }
        }
        if let Some((name, span)) = default {
            if !config.profiles.contains_key(&name) {
                let near = near::hint(&name, config.profiles.keys().map(String::as_str));
                let message = format!("default_profile: there is no [profile.{name}]{near}");
                return Err(source.wrong(span, message));
            }
            config.default_profile = Some(name);
        }
        Ok(config)
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// There is none.
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
                    false => {
                        let near = near::hint(name, names.iter().copied());
                        format!("; it has {}{near}", names.join(", "))
                    }
                },
            }
        })
    }
}

pub(super) struct Source<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Source<'_> {
    fn line(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    fn wrong(&self, span: Range<usize>, message: String) -> ConfigError {
        self.word(span, String::new()).wrong(message)
    }

    pub(super) fn word(&self, span: Range<usize>, text: String) -> Word {
        let place = self.place(span);
        Word { text, place }
    }

    fn place(&self, span: Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.line(span.start);
        let column = before[line_start..].chars().count() + 1;
        let whole = self.text[line_start..].lines().next().unwrap_or_default();
        let marked = self.text.get(span).unwrap_or_default();
        let marked = marked.lines().next().unwrap_or_default().chars().count();
        // A terminal must not be written to by what stands in a file.
        let shown: String = whole
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let mut picture = String::new();
        let _ = write!(
            picture,
            "{margin} |\n{number} | {shown}\n{margin} | {}{}",
            " ".repeat(column - 1),
            "^".repeat(marked.max(1))
        );
        Place {
            path: self.path.to_path_buf(),
            line,
            column,
            picture,
        }
    }

    pub(super) fn text(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<String, ConfigError> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            other => Err(self.wrong(value.span(), mismatch(key, other, "a string in quotes"))),
        }
    }

    fn table<'v, 'i>(
        &self,
        key: &str,
        value: &'v Spanned<DeValue<'i>>,
    ) -> Result<&'v DeTable<'i>, ConfigError> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            other => Err(self.wrong(value.span(), mismatch(key, other, "a table"))),
        }
    }

    fn profile(
        &self,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        table: &DeTable<'_>,
    ) -> Result<Profile, ConfigError> {
        let (span, name) = (name.span(), name.get_ref().as_ref());
        if !target::is_profile_name(name) {
            let why = "a profile name has letters, digits, \".\", \"_\" and \"-\"";
            return Err(self.wrong(span, format!("{name:?}: {why}")));
        }
        let profile = self.layer(&format!("profile.{name}"), table)?;
        if let Some(what) = contradiction(&profile) {
            return Err(self.wrong(span, format!("profile {name:?}: {what}")));
        }
        Ok(profile)
    }

    fn layer(&self, name: &str, table: &DeTable<'_>) -> Result<Profile, ConfigError> {
        let is_profile = name != "defaults";
        let mut profile = Profile::default();
        for (key, value) in table {
            let (span, key) = (key.span(), key.get_ref().as_ref());
            if key == HOST && is_profile {
                let host = self.text(HOST, value)?;
                if host.trim().is_empty() {
                    return Err(self.wrong(value.span(), "host is empty".to_owned()));
                }
                profile.host = Some(host);
                continue;
            }
            let Some(setting) = Setting::key(key) else {
                return Err(self.wrong(span, unknown(key, is_profile)));
            };
            let value = self.value(setting, key, value)?;
            let origin = Origin::File {
                path: self.path.to_path_buf(),
                line: self.line(span.start),
                table: name.to_owned(),
            };
            profile.layer.set(setting, value, origin);
        }
        Ok(profile)
    }

    fn value(
        &self,
        setting: &Setting,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Value, ConfigError> {
        let bad = |message| self.wrong(value.span(), message);
        match (setting.kind, value.get_ref()) {
            (Kind::Flag | Kind::Not, DeValue::Boolean(flag)) => Ok(Value::Flag(*flag)),
            (Kind::Flag | Kind::Not, other) => Err(bad(mismatch(key, other, "true or false"))),
            (Kind::Number(..) | Kind::Port, DeValue::Integer(number)) if number.radix() == 10 => {
                let digits = number.as_str().replace('_', "");
                setting.kind.read(key, digits.as_ref()).map_err(bad)
            }
            (Kind::Number(..) | Kind::Port, other) => Err(bad(mismatch(key, other, "a number"))),
            (Kind::List(_), DeValue::Array(array)) => {
                let mut all = Vec::new();
                for one in array {
                    if let Value::List(one) = self.value(setting, key, one)? {
                        all.extend(one);
                    }
                }
                Ok(Value::List(all))
            }
            (kind, DeValue::String(text)) => {
                let value = kind.read(key, text.as_ref().as_ref()).map_err(bad)?;
                let directory = self.path.parent().unwrap_or(Path::new(""));
                Ok(match value {
                    Value::Path(path) => {
                        Value::Path(directory.join(paths::expand_home(&path.to_string_lossy())))
                    }
                    other => other,
                })
            }
            (_, other) => Err(bad(mismatch(key, other, "a string in quotes"))),
        }
    }
}

fn mismatch(key: &str, value: &DeValue<'_>, wanted: &str) -> String {
    format!(
        "{key}: here stands {wanted}, not a value of type {}",
        value.type_str()
    )
}

/// What to say of a key that is none; the one that everybody tries first gets its own sentence.
fn unknown(key: &str, is_profile: bool) -> String {
    if ["password", "passwd", "secret", "pass"].contains(&key) {
        return format!(
            "{key}: passwords are never kept in this file; imapsh asks for it, or takes it from where \
             password_from says"
        );
    }
    if key == HOST && !is_profile {
        return "host belongs in a [profile.NAME]".to_owned();
    }
    let host = is_profile.then_some(HOST);
    let keys: Vec<&str> = host
        .into_iter()
        .chain(SETTINGS.iter().filter_map(|setting| setting.key))
        .collect();
    let near = near::hint(key, keys.iter().copied());
    // The flag's name in place of the key's, too.
    let flag = SETTINGS
        .iter()
        .find(|s| s.long.replace('-', "_") == key.replace('-', "_"));
    match (flag.and_then(|setting| setting.key), near.is_empty()) {
        (Some(own), _) => format!("unknown key {key}; it is called {own} here"),
        (None, false) => format!("unknown key {key}{near}"),
        (None, true) => format!("unknown key {key}; known are {}", keys.join(", ")),
    }
}

/// What cannot be together in one profile.
fn contradiction(profile: &Profile) -> Option<String> {
    let layer = &profile.layer;
    let places = [
        ("host", profile.host.is_some() && !layer.has("tunnel")),
        ("unix_socket", layer.has("unix-socket")),
        ("tunnel", layer.has("tunnel")),
    ];
    let given: Vec<&str> = (places.iter())
        .filter_map(|(name, given)| given.then_some(*name))
        .collect();
    match given[..] {
        [] => return Some("no host: it must say where the server is".to_owned()),
        [_] => {}
        [one, other, ..] => return Some(format!("{one} and {other}: choose one")),
    }
    if layer.flag("insecure") == Some(true) && (layer.has("ca") || layer.has("pin")) {
        return Some(
            "insecure verifies nothing, so ca and pin have no meaning beside it".to_owned(),
        );
    }
    if layer.has("ca") && layer.has("pin") {
        return Some(
            "a pin alone says which certificate is right, so ca has no meaning beside it"
                .to_owned(),
        );
    }
    if layer.has("key") && !layer.has("cert") {
        return Some("client_key goes with client_certificate".to_owned());
    }
    let of_tls = [
        "ca",
        "insecure",
        "pin",
        "cert",
        "key",
        "server-name",
        "tls-min",
        "tls-max",
        "key-log",
    ];
    let by_ticket = safety::names_a_service(layer.text("mechanism"));
    let of_tls = of_tls
        .iter()
        .find(|long| layer.has(long) && !(by_ticket && **long == "server-name"));
    if let (Some("none"), Some(long)) = (layer.text("security"), of_tls) {
        let key = Setting::long(long)
            .and_then(|setting| setting.key)
            .unwrap_or(long);
        return Some(format!(
            "security = \"none\" has no certificates: {key} goes with TLS"
        ));
    }
    None
}
