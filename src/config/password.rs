//! Where a password comes from, if nobody is to be asked: `--password-from` and `password_from`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::keyring::{self, Slot};
use super::paths;
use crate::sasl::Secret;

/// Most octets of a password or token (a token of a few kilobytes is usual).
const LONGEST: u64 = 64 * 1024;

/// Where a password comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// `env:VAR`: an environment variable.
    Environment(String),
    /// `file:FILE`: the first line of a file.
    File(PathBuf),
    /// `cmd:COMMAND`: the first line that a command prints (`sh -c`).
    Command(String),
    /// `netrc`: `$NETRC` or `~/.netrc`, by host and user.
    Netrc,
    /// `keyring`: the system's, by host and user.
    Keyring,
}

impl From {
    /// Reads `env:VAR|file:FILE|cmd:COMMAND|netrc|keyring`.
    ///
    /// # Errors
    /// A sentence without a name before it.
    pub fn parse(text: &str) -> Result<From, String> {
        let from = match text.split_once(':') {
            Some((_, "")) => return Err(format!("{text:?} ends where the source must stand")),
            Some(("env", name)) => From::Environment(name.to_owned()),
            Some(("file", file)) => From::File(PathBuf::from(file)),
            Some(("cmd", command)) => From::Command(command.to_owned()),
            None if text == "netrc" => From::Netrc,
            // Also where there is no keyring: a config file may be shared by several machines.
            None if text == "keyring" => From::Keyring,
            // Nothing of it is repeated: it may be the password itself.
            _ => {
                return Err(
                    "no source of a password; there are env:VAR, file:FILE, cmd:COMMAND, \
                            netrc and keyring"
                        .to_owned(),
                );
            }
        };
        Ok(from)
    }
}

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// Who logs in, where the source knows (netrc).
    pub authcid: Option<String>,
    /// The password.
    pub secret: Secret,
    /// A sentence about who else can read it.
    pub warning: Option<String>,
}

/// Fetches the password of `authcid` on `host`. A command may block and may ask on the terminal.
///
/// # Errors
/// A sentence with the source in it, never with a secret.
pub fn fetch(from: &From, host: &str, authcid: Option<&str>) -> Result<Found, String> {
    let mut found = Found {
        authcid: None,
        secret: Secret::new(String::new()),
        warning: None,
    };
    match from {
        From::Environment(name) => {
            let value = std::env::var(name).map_err(|error| match error {
                std::env::VarError::NotPresent => {
                    format!("password from env:{name}: there is no such variable")
                }
                std::env::VarError::NotUnicode(_) => {
                    format!("password from env:{name}: it is not UTF-8")
                }
            })?;
            found.secret = first_line(value.into_bytes())
                .map_err(|why| format!("password from env:{name}: {why}"))?;
        }
        From::File(file) => {
            let path = paths::expand_home(&file.to_string_lossy());
            let source = format!("file:{}", path.display());
            let wrong = |why| format!("password from {source}: {why}");
            let text = read(&path).map_err(wrong)?;
            found.warning = readable_by_others(&path);
            found.secret = first_line(text).map_err(wrong)?;
        }
        From::Command(command) => {
            found.secret = first_line(run(command)?)
                .map_err(|why| format!("password from the command: {why}"))?;
        }
        From::Netrc => return netrc(host, authcid),
        From::Keyring => found.secret = from_keyring(host, authcid)?,
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    file.take(LONGEST + 1)
        .read_to_end(&mut text)
        .map_err(|error| error.to_string())?;
    match text.len() as u64 {
        0..=LONGEST => Ok(text),
        _ => Err(format!("longer than {LONGEST} octets")),
    }
}

/// The first line of a source's text, without its end; the text is wiped.
///
/// # Errors
/// The end of a sentence: it is empty, or not UTF-8.
pub fn first_line(text: Vec<u8>) -> Result<Secret, String> {
    let text = Zeroizing::new(text);
    let line = text.split(|octet| *octet == b'\n').next().unwrap_or(&[]);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok("") => Err("the first line is empty".to_owned()),
        Ok(line) => Ok(Secret::new(line.to_owned())),
        Err(_) => Err("it is not UTF-8".to_owned()),
    }
}

/// stdin stays the user's: `exec` reads commands from it, so the command gets none.
fn run(command: &str) -> Result<Vec<u8>, String> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("password from a command: sh cannot be started: {error}"))?;
    let mut text = Vec::new();
    let read = match child.stdout.take() {
        Some(stdout) => stdout.take(LONGEST).read_to_end(&mut text),
        None => Ok(0),
    };
    let status = child.wait();
    match (read, status) {
        (Ok(_), Ok(status)) if status.success() => Ok(text),
        (Ok(_), Ok(status)) => Err(format!(
            "password from a command: it failed ({status}); run it by hand to see why"
        )),
        (Err(error), _) | (_, Err(error)) => Err(format!("password from a command: {error}")),
    }
}

/// A sentence if others than the owner may read the file.
#[cfg(unix)]
pub fn readable_by_others(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(path).ok()?;
    let mode = metadata.permissions().mode();
    (metadata.is_file() && mode & 0o077 != 0).then(|| {
        format!(
            "{}: others on this machine may read or change it (mode {:03o}); chmod 600 helps",
            path.display(),
            mode & 0o777
        )
    })
}

/// A sentence if others than the owner may read the file.
#[cfg(not(unix))]
pub fn readable_by_others(_: &Path) -> Option<String> {
    None
}

/// A sentence if others than the owner may change the file.
#[cfg(unix)]
pub fn changeable_by_others(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(path).ok()?;
    let mode = metadata.permissions().mode();
    (metadata.is_file() && mode & 0o022 != 0).then(|| {
        format!(
            "{}: others on this machine may change it (mode {:03o}), and it says whom to trust and which \
             commands to run; chmod go-w helps",
            path.display(),
            mode & 0o777
        )
    })
}

/// A sentence if others than the owner may change the file.
#[cfg(not(unix))]
pub fn changeable_by_others(_: &Path) -> Option<String> {
    None
}

/// `machine NAME login USER password SECRET`, `default ...`; words in quotes as curl reads them.
fn netrc(host: &str, authcid: Option<&str>) -> Result<Found, String> {
    let path = match std::env::var_os("NETRC").filter(|path| !path.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => paths::expand_home("~/.netrc"),
    };
    let place = path.display();
    let text = read(&path).map_err(|why| format!("password from netrc, {place}: {why}"))?;
    let text = Zeroizing::new(text);
    let Ok(text) = std::str::from_utf8(&text) else {
        return Err(format!("password from netrc, {place}: it is not UTF-8"));
    };
    match entry(text, host, authcid) {
        Some((login, secret)) => Ok(Found {
            authcid: login,
            secret: Secret::new(secret),
            warning: readable_by_others(&path),
        }),
        None => Err(match authcid {
            Some(user) => format!("{place} has no password of {user} on {host}"),
            None => format!("{place} has no login on {host}"),
        }),
    }
}

/// The login and password for `host`, and for `authcid` if one is given.
pub fn entry(text: &str, host: &str, authcid: Option<&str>) -> Option<(Option<String>, String)> {
    let mut words = words(text).into_iter();
    let (mut ours, mut login, mut password) = (false, None::<String>, None::<String>);
    let fits = |ours: bool, login: &Option<String>| {
        // An entry without a login serves whoever is named; one with a login is that user's alone.
        ours && (authcid.is_none() || login.is_none() || login.as_deref() == authcid)
    };
    loop {
        let word = words.next();
        if matches!(word.as_deref(), None | Some("machine" | "default")) {
            if let Some(password) = password.take().filter(|_| fits(ours, &login))
                && (login.is_some() || authcid.is_some())
            {
                return Some((login, password));
            }
            login = None;
        }
        match word?.as_str() {
            "machine" => ours = words.next()?.eq_ignore_ascii_case(host),
            "default" => ours = true,
            "login" => login = words.next(),
            "password" => password = words.next(),
            "account" => drop(words.next()),
            _ => {}
        }
    }
}

fn words(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut in_macro = false;
    for line in text.lines() {
        // A macro ends with an empty line.
        in_macro &= !line.trim().is_empty();
        let mut rest = line.trim_start();
        while !rest.is_empty() && !rest.starts_with('#') && !in_macro {
            let (word, after) = match rest.strip_prefix('"') {
                Some(quoted) => unquote(quoted),
                None => {
                    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                    (rest[..end].to_owned(), &rest[end..])
                }
            };
            in_macro = word == "macdef";
            all.push(word);
            rest = after.trim_start();
        }
    }
    all
}

/// Up to the closing quote; `\` takes the next character as it is.
fn unquote(text: &str) -> (String, &str) {
    let mut word = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (word, &text[at + 1..]),
            '\\' => word.extend(characters.next().map(|(_, next)| next)),
            other => word.push(other),
        }
    }
    (word, "")
}

fn from_keyring(host: &str, authcid: Option<&str>) -> Result<Secret, String> {
    let Some(user) = authcid else {
        return Err("password from the keyring: whose? Add -a USER".to_owned());
    };
    keyring::read(&Slot::new(user, host)).map_err(|why| format!("password from the keyring: {why}"))
}
