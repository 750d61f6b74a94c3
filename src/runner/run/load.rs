//! A snippet from its file to something that runs: read, parsed, trusted, its secrets fetched.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use super::folder::Folder;
use crate::batch::trust::{self, Trusted};
use crate::batch::undo_file;
use crate::config::keyring;
use crate::config::password::{self as source, From};
use crate::runner::password::{self, Ask};
use crate::sasl::Secret;
use crate::snippet::script::{Content, Dialect, Piece, SecretSource};
use crate::snippet::{Diagnostics, Script, Value, imaptest, parse, value};

/// Longest snippet.
const LONGEST: u64 = 64 * 1024 * 1024;

/// How snippets are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    /// `--dialect`; `None`: it shows.
    pub dialect: Option<Dialect>,
    /// `--allow-destructive`.
    pub allow_destructive: bool,
}

/// The files that are meant: of a folder all of imaptest's that lie in it, and no folder in it.
///
/// # Errors
/// A folder that cannot be read, or holds none: a sentence.
pub fn files(named: &[String], how: &How) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    for name in named {
        let mbox = how.dialect == Some(Dialect::Imaptest) && name.ends_with(".mbox");
        if mbox {
            continue;
        }
        if name == "-" || !std::path::Path::new(name).is_dir() {
            all.push(name.clone());
            continue;
        }
        let folder = name.trim_end_matches('/');
        let before = all.len();
        let entries = std::fs::read_dir(name).map_err(|error| format!("{name}: {error}"))?;
        for entry in entries.filter_map(Result::ok) {
            let file = entry.file_name().to_string_lossy().into_owned();
            if !file.contains('.') && entry.path().is_file() {
                all.push(format!("{folder}/{file}"));
            }
        }
        if all.len() == before {
            return Err(format!(
                "{name}: no file without an ending, as imaptest's tests are, lies in this folder"
            ));
        }
        if let Some(found) = all.get_mut(before..) {
            found.sort_unstable();
        }
    }
    Ok(all)
}

/// A snippet that parses.
pub struct Loaded {
    /// As it was named.
    pub name: String,
    /// What it says.
    pub script: Arc<Script>,
    /// What it may read.
    pub folder: Arc<Folder>,
    /// Of it and all that it includes.
    pub digest: String,
    /// Warnings.
    pub warnings: Diagnostics,
    /// What it wants beyond talking to the server: sentences.
    pub wants: Vec<String>,
}

/// Why a snippet cannot be run.
pub enum LoadError {
    /// A sentence: exit code 1.
    Usage(String),
    /// It does not parse: exit code 2.
    Wrong(Diagnostics),
}

/// The octets of a snippet; `-` is stdin. The part of an undo file is turned into a snippet.
///
/// # Errors
/// A sentence.
pub fn text(name: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let wrong = |error: std::io::Error| format!("{name}: {error}");
    let read = match name {
        "-" => std::io::stdin()
            .lock()
            .take(LONGEST + 1)
            .read_to_end(&mut bytes),
        name => std::fs::File::open(name)
            .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes)),
    };
    read.map_err(wrong)?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!(
            "{name} is longer than {} MiB: it is no snippet",
            LONGEST >> 20
        ));
    }
    if bytes.starts_with(undo_file::MARK) {
        let text = undo_file::snippet_of_part(name.as_ref()).map_err(|error| error.to_string())?;
        return Ok(text.into_bytes());
    }
    Ok(bytes)
}

/// Reads and parses a snippet. `trusted`: it may have what it asks for.
///
/// # Errors
/// It cannot be read, or does not parse.
pub fn load(name: &str, trusted: bool, how: &How) -> Result<Loaded, LoadError> {
    let bytes = text(name).map_err(LoadError::Usage)?;
    let folder = Folder::of(name, trusted);
    let shown = match name {
        "-" => "stdin",
        name => name,
    };
    let meant = || imaptest::is_meant(name, &folder);
    let parsed = match how.dialect.unwrap_or_else(|| Dialect::of(meant())) {
        Dialect::Native => parse(shown, &bytes, &folder),
        Dialect::Imaptest => {
            let set = |variable: &str| std::env::var_os(variable).is_some();
            imaptest::parse(shown, &bytes, &folder, &set).map(|script| (script, Vec::new()))
        }
    };
    let included = folder.included();
    let refused = folder.refused();
    let (mut script, warnings) = match parsed {
        Ok(parsed) => parsed,
        Err(wrong) => return Err(LoadError::Wrong(wrong)),
    };
    if how.allow_destructive {
        script.allow_destruction();
    }
    let texts = std::iter::once(bytes.as_slice()).chain(included.iter().map(Vec::as_slice));
    let digest = trust::digest_of(texts);
    let mut wants = wants(&script, &folder);
    wants.extend(refused.iter().map(|path| format!("the file {path}")));
    Ok(Loaded {
        name: shown.to_owned(),
        script: Arc::new(script),
        folder: Arc::new(folder),
        digest,
        warnings,
        wants,
    })
}

/// What a snippet wants beyond talking to the server.
fn wants(script: &Script, folder: &Folder) -> Vec<String> {
    let mut wants = Vec::new();
    for secret in &script.header.secrets {
        let name = &secret.name;
        match &secret.from {
            SecretSource::Env(variable) => {
                wants.push(format!(
                    "the environment variable {variable}, as secret {name}"
                ));
            }
            SecretSource::Command(command) => {
                wants.push(format!(
                    "to run the command {command:?}, for its secret {name}"
                ));
            }
            SecretSource::Keyring(entry) => {
                wants.push(format!("{entry:?} out of the keyring, as secret {name}"));
            }
            SecretSource::Ask => {}
        }
    }
    let mut file = |path: &str| {
        if folder.is_outside(path) {
            wants.push(format!("the file {path}, outside of its folder"));
        }
    };
    if let Some((path, _)) = &script.header.each {
        file(path);
    }
    for template in value::templates(script) {
        for piece in template {
            if let Piece::Literal(literal) = piece
                && let Content::File { path, .. } = &literal.content
                && let [Piece::Text(path, _)] = path.as_slice()
            {
                file(path);
            }
        }
    }
    wants.sort();
    wants.dedup();
    wants
}

/// Asks, once per content, whether a snippet may have what it wants; `yes` is `--trust`.
///
/// # Errors
/// It may not: a sentence.
pub fn trusted(
    loaded: &Loaded,
    list: &Trusted,
    yes: bool,
    ask: &dyn Fn(&str) -> Option<bool>,
) -> Result<(), String> {
    if loaded.wants.is_empty() || (!yes && list.has(&loaded.digest)) {
        return Ok(());
    }
    let name = &loaded.name;
    let wants = loaded.wants.join("; ");
    if !yes {
        let question = format!(
            "{name} wants more than to talk to the server: {wants}. Let it? (asked once for this text) [y/N] "
        );
        match ask(&question) {
            Some(true) => {}
            Some(false) => return Err(format!("{name} is not run: it wants {wants}")),
            None => {
                return Err(format!(
                    "{name} wants more than to talk to the server: {wants}. Read it; then --trust lets it"
                ));
            }
        }
    }
    // A home that cannot be written: it is asked about again.
    let _ = list.add(&loaded.digest, name);
    Ok(())
}

/// The values of the `secret` lines. May block.
///
/// # Errors
/// A sentence without any secret.
pub fn secrets(script: &Script, ask: &Ask) -> Result<BTreeMap<String, Value>, String> {
    let mut found = BTreeMap::new();
    for line in &script.header.secrets {
        let name = &line.name;
        let fetched = |from: From| source::fetch(&from, "", None).map(|found| found.secret);
        let secret: Result<Secret, String> = match &line.from {
            SecretSource::Env(variable) => fetched(From::Environment(variable.clone())),
            SecretSource::Command(command) => fetched(From::Command(command.clone())),
            SecretSource::Keyring(entry) => match entry.rsplit_once('@') {
                Some((user, host)) => keyring::read(&keyring::Slot::new(user, host)),
                None => Err(format!("keyring {entry}: USER@HOST names what lies there")),
            },
            SecretSource::Ask => ask(&format!("{name}: ")).map_err(|error| {
                format!("there is no terminal to ask on ({error}); -D {name}=VALUE gives it")
            }),
        };
        let secret = secret.map_err(|why| format!("secret {name}: {why}"))?;
        found.insert(name.clone(), Value::secret(secret.expose().as_bytes()));
    }
    Ok(found)
}

/// Asks on the controlling terminal; `None`: there is none.
pub fn ask_on_terminal(question: &str) -> Option<bool> {
    use std::io::{BufRead, BufReader, Write};
    let mut terminal = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .ok()?;
    let question = crate::tui::printable::line(question);
    terminal.write_all(question.as_bytes()).ok()?;
    let mut answer = String::new();
    BufReader::new(terminal)
        .take(100)
        .read_line(&mut answer)
        .ok()?;
    Some(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// For the prompt of a login.
pub fn prompt(authcid: &str, authzid: Option<&str>) -> String {
    crate::tui::printable::line(&password::prompt(authcid, authzid))
}
