//! What values an option takes, from a command line or a variable. Errors are sentences.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::Value;
use crate::config::target;
use crate::sasl::Secret;

/// Checks a text; an error says what is wrong with it.
pub type Check = fn(&str) -> Result<(), String>;

/// What values an option takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A switch; `=false` turns it off again.
    Flag,
    /// A switch that says no to a key that says yes (`--no-auto` and `auto = true`).
    Not,
    /// A number from and to.
    Number(u32, u32),
    /// A port: a number from 1 to 65535, `imap` or `imaps`.
    Port,
    /// A text that is not empty.
    Text,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A text that this finds right.
    Checked(Check),
    /// Several texts that this finds right, each an option of its own; in a variable with `;` between.
    List(Check),
    /// A file.
    Path,
    /// A file, or `""` for none.
    PathOrNone,
    /// A password.
    Secret,
}

impl Kind {
    /// Whether it may stand without a value.
    pub fn is_switch(self) -> bool {
        matches!(self, Kind::Flag | Kind::Not)
    }

    /// Whether it may be given several times.
    pub fn is_list(self) -> bool {
        matches!(self, Kind::List(_))
    }

    /// Reads the value of `name`.
    ///
    /// # Errors
    /// A sentence that begins with the name.
    pub fn read(self, name: &str, value: &OsStr) -> Result<Value, String> {
        match self {
            Kind::Path if value.is_empty() => {
                return Err(format!("{name} is empty: it takes a file"));
            }
            Kind::Path | Kind::PathOrNone => return Ok(Value::Path(PathBuf::from(value))),
            _ => {}
        }
        let Some(text) = value.to_str() else {
            return Err(format!("{name}: the value is not UTF-8"));
        };
        if text.contains(['\0', '\r', '\n']) {
            return Err(format!("{name}: a value is one line"));
        }
        if text.is_empty() && !matches!(self, Kind::Secret) {
            return Err(format!("{name} is empty: leave it out, or give a value"));
        }
        match self {
            Kind::Flag => switch(name, text).map(Value::Flag),
            Kind::Not => switch(name, text).map(|yes| Value::Flag(!yes)),
            Kind::Number(least, most) => match text.parse::<u32>() {
                Ok(number) if (least..=most).contains(&number) && digits(text) => {
                    Ok(Value::Number(number))
                }
                _ => Err(format!("{name} {text:?}: a number from {least} to {most}")),
            },
            Kind::Port => match target::port(text) {
                Ok(port) => Ok(Value::Number(port.into())),
                Err(error) => Err(format!("{name}: {error}")),
            },
            Kind::Text => Ok(Value::Text(text.to_owned())),
            Kind::Choice(good) => match good.iter().find(|g| g.eq_ignore_ascii_case(text)) {
                Some(good) => Ok(Value::Text((*good).to_owned())),
                None => {
                    let near = super::near::hint(text, good.iter().copied());
                    let good = good.join(", ");
                    Err(format!("{text:?} is no value of {name}: {good}{near}"))
                }
            },
            Kind::Checked(check) => match check(text) {
                Ok(()) => Ok(Value::Text(text.to_owned())),
                Err(why) => Err(format!("{name}: {why}")),
            },
            Kind::List(check) => match check(text) {
                Ok(()) => Ok(Value::List(vec![text.to_owned()])),
                Err(why) => Err(format!("{name}: {why}")),
            },
            Kind::Secret => Ok(Value::Secret(Secret::new(text.to_owned()))),
            Kind::Path | Kind::PathOrNone => Ok(Value::Path(PathBuf::from(text))),
        }
    }

    /// Reads the several values of `name` out of one variable.
    ///
    /// # Errors
    /// A sentence that begins with the name.
    pub fn read_list(self, name: &str, value: &OsStr) -> Result<Value, String> {
        let Some(text) = value.to_str() else {
            return Err(format!("{name}: the value is not UTF-8"));
        };
        let mut all = Vec::new();
        for one in text.split(';').map(str::trim).filter(|one| !one.is_empty()) {
            if let Value::List(one) = self.read(name, one.as_ref())? {
                all.extend(one);
            }
        }
        Ok(Value::List(all))
    }
}

fn digits(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_digit())
}

fn switch(name: &str, text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(format!("{text:?} is no value of {name}: true or false")),
    }
}
