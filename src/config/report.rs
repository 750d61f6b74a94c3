//! `imapsh config path|check|show|keys`: what counts, and where it came from. A secret is never in it.

use std::fmt::Write as _;

use super::account::{Account, layers};
use super::error::AccountError;
use super::file::Config;
use super::settings::{Kind, SETTINGS, Value};
use super::target::{Base, Target};
use super::{Wishes, password};
use crate::channel::{Place, Plan, Security};

/// Where the config file lies, and whether it is there.
pub fn path(config: &Config) -> String {
    match &config.path {
        None => "no config file\n".to_owned(),
        Some(path) if config.missing => format!("{} (there is none yet)\n", path.display()),
        Some(path) => format!("{}\n", path.display()),
    }
}

/// That the file is right (else it would not be here), and what others can do to it.
pub fn check(config: &Config) -> (String, Option<String>) {
    let mut text = path(config);
    if config.path.is_some() && !config.missing {
        let profiles = config.profiles.len();
        let some = if profiles == 1 { "profile" } else { "profiles" };
        let _ = writeln!(text, "{profiles} {some}, no mistakes");
    }
    (text, warning(config))
}

/// A sentence, if others may change the config file: it names commands that are run and whom to trust.
pub fn warning(config: &Config) -> Option<String> {
    let path = config.path.as_ref().filter(|_| !config.missing)?;
    password::changeable_by_others(path)
}

/// Each value that counts for `target`, with its origin.
///
/// # Errors
/// What does not come together.
pub fn show(
    wishes: &Wishes,
    target: Option<&Target>,
    config: &Config,
) -> Result<String, AccountError> {
    let account = Account::new(wishes, target, config)?;
    let (layers, profile) = layers(wishes, target, config)?;
    let mut rows: Vec<(String, String, String)> = Vec::new();
    let mut row = |name: &str, value: String, origin: String| {
        rows.push((name.to_owned(), value, origin));
    };
    let said = |what: &str| format!("command line, {what}");
    if let Some(plan) = account.as_ref().map(|account| &account.plan) {
        let by_target = target.is_some_and(|t| !matches!(t.base, Base::Profile(_)));
        let origin = match (by_target, profile) {
            (true, _) => said("the target"),
            (false, Some(profile)) if profile.host.is_some() => "profile".to_owned(),
            _ => "options".to_owned(),
        };
        row("server", plan.place.to_string(), origin);
        let security = match plan.security {
            Security::Plain => "none: the line is not encrypted",
            Security::StartTls => "starttls",
            Security::Implicit => "tls",
        };
        row("line", security.to_owned(), "all of it together".to_owned());
    }
    for setting in SETTINGS {
        let name = setting.key.unwrap_or(setting.long);
        let fixed = account
            .as_ref()
            .and_then(|account| by_target(&account.plan, name, target));
        match (fixed, layers.get(setting.long)) {
            (Some(value), None) => row(name, value, said("the target")),
            (_, Some((value, origin))) => row(name, value.to_string(), origin.to_string()),
            (None, None) => {
                let value = default(setting.kind, setting.help, name);
                if let Some(value) = value.filter(|_| setting.key.is_some()) {
                    row(name, value, "default".to_owned());
                }
            }
        }
    }
    let mut text = path(config);
    if account.is_none() {
        text.push_str("no target and no default profile: what counts for any connection\n");
    }
    let widest = |of: fn(&(String, String, String)) -> &String| {
        rows.iter()
            .map(|r| of(r).chars().count())
            .max()
            .unwrap_or(0)
            .min(40)
    };
    let (names, values) = (widest(|r| &r.0), widest(|r| &r.1));
    for (name, value, origin) in &rows {
        let _ = writeln!(text, "{name:names$}  {value:values$}  {origin}");
    }
    Ok(text)
}

/// The user's own keys and colours, each with its place.
pub fn sections(config: &Config) -> String {
    let mut text = String::new();
    for (name, section) in [("keys", &config.keys), ("theme", &config.theme)] {
        for entry in &section.entries {
            let table = entry.table.as_ref();
            let table = table.map_or_else(String::new, |word| format!(".{}", word.text));
            let place = &entry.key.place;
            let bind = format!(
                "{name}{table} {:?} = {:?}",
                entry.key.text, entry.value.text
            );
            let _ = writeln!(text, "{bind}  {}:{}", place.path.display(), place.line);
        }
    }
    if config.keys.entries.is_empty() {
        text.push_str("keys: the defaults\n");
    }
    text.push_str("\"imapsh config keys\" lists every key in force\n");
    text
}

/// What the target itself says of an option.
fn by_target(plan: &Plan, key: &str, target: Option<&Target>) -> Option<String> {
    let target = target?;
    let url = match &target.base {
        Base::Url(url) => Some(url),
        _ => None,
    };
    match key {
        "authzid" => target.act_as.as_ref().map(|user| format!("{user:?}")),
        "authcid" => url?.authcid.as_ref().map(|user| format!("{user:?}")),
        "mechanism" => url?.mechanism.as_ref().map(|name| format!("{name:?}")),
        "mailbox" => url?.mailbox.as_ref().map(|name| format!("{name:?}")),
        "port" => match (&target.base, &plan.place) {
            (
                Base::Host {
                    port: Some(port), ..
                },
                Place::Tcp { .. },
            ) => Some(port.to_string()),
            (Base::Url(url), Place::Tcp { .. }) => url.port.map(|port| port.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// The default, where an option has one that can be told.
fn default(kind: Kind, help: &str, key: &str) -> Option<String> {
    match (kind, key) {
        (Kind::Not, _) => Some(Value::Flag(true).to_string()),
        (Kind::Flag, _) => Some(Value::Flag(false).to_string()),
        (_, "color") => Some("\"auto\"".to_owned()),
        _ => {
            let (_, rest) = help.split_once("[default: ")?;
            let (value, _) = rest.split_once(']')?;
            Some(value.split([',', ';']).next().unwrap_or(value).to_owned())
        }
    }
}
