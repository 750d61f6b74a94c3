//! A snippet from its file, or its text, to something that runs: read, parsed, with what it wants.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;

use super::folder::Folder;
use super::{Row, rows, trust, undo_file};
use crate::channel::{Place, Plan};
use crate::config::snippets::BUILT_IN;
use crate::safety::{Known, SafeMode, Verdict as Judgement, judge};
use crate::snippet::script::{CommandLine, Dialect, SecretSource};
use crate::snippet::{Diagnostics, Script, Value, Vars, imaptest, named, parse};
use crate::wire::{Command, Origin};

/// Longest snippet.
const LONGEST: u64 = 64 * 1024 * 1024;

/// How snippets are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
    /// The files outside of its folder among that.
    pub outside: Vec<String>,
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
    // A file of that name is meant before the one that is built in.
    let is_meant = |known: &str| known == name || known.strip_suffix(".imap") == Some(name);
    let built_in = BUILT_IN.iter().find(|(known, _)| is_meant(known));
    if let Some((_, text)) = built_in.filter(|_| !std::path::Path::new(name).exists()) {
        let folder = Folder::built_in(trusted);
        return read(name, text.as_bytes(), folder, how).map_err(LoadError::Wrong);
    }
    let bytes = text(name).map_err(LoadError::Usage)?;
    read(name, &bytes, Folder::of(name, trusted), how).map_err(LoadError::Wrong)
}

/// Parses a text that was read. `name`: its file, or what it is called.
///
/// # Errors
/// It does not parse.
pub fn read(name: &str, bytes: &[u8], folder: Folder, how: &How) -> Result<Loaded, Diagnostics> {
    let shown = match name {
        "-" => "stdin",
        name => name,
    };
    let meant = || imaptest::is_meant(name, &folder);
    let parsed = match how.dialect.unwrap_or_else(|| Dialect::of(meant())) {
        Dialect::Native => parse(shown, bytes, &folder),
        Dialect::Imaptest => {
            let set = |variable: &str| std::env::var_os(variable).is_some();
            imaptest::parse(shown, bytes, &folder, &set).map(|script| (script, Vec::new()))
        }
    };
    let included = folder.included();
    let refused = folder.refused();
    let (mut script, warnings) = parsed?;
    if how.allow_destructive {
        script.allow_destruction();
    }
    let texts = std::iter::once(bytes).chain(included.iter().map(Vec::as_slice));
    let digest = trust::digest_of(texts);
    let mut outside = outside(&script, &folder);
    outside.extend(refused);
    outside.sort();
    outside.dedup();
    let mut wants = wants(&script);
    wants.extend(outside.iter().map(|path| outside_sentence(path)));
    Ok(Loaded {
        name: shown.to_owned(),
        script: Arc::new(script),
        folder: Arc::new(folder),
        digest,
        warnings,
        wants,
        outside,
    })
}

/// What a snippet wants beyond talking to the server.
fn wants(script: &Script) -> Vec<String> {
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
    wants.sort();
    wants.dedup();
    wants
}

/// How a file that a snippet wants is named.
pub fn outside_sentence(path: &str) -> String {
    format!("the file {path}, outside of its folder")
}

/// The files outside of its folder that a snippet names without a variable.
fn outside(script: &Script, folder: &Folder) -> Vec<String> {
    let fixed = named::files(script);
    let fixed = fixed.iter().filter_map(named::Named::fixed);
    let each = script.header.each.iter().map(|(path, _)| path.clone());
    let included = script.files.iter().skip(1).map(|file| file.name.clone());
    let all = fixed.chain(each).chain(included);
    all.filter(|path| folder.is_outside(path)).collect()
}

/// The files outside of its folder that a snippet names by variables, as they are for the rows that run: as far
/// as that is known before anything is sent.
pub fn outside_of_rows(
    loaded: &Loaded,
    rows: &[Row],
    given: &BTreeMap<String, Value>,
    profile: &BTreeMap<String, Value>,
) -> Vec<String> {
    let script = &loaded.script;
    let mut all = named::files(script);
    all.retain(|named| named.fixed().is_none());
    let mut paths = BTreeSet::new();
    if all.is_empty() {
        return Vec::new();
    }
    for row in rows {
        let vars = vars(row, given.clone(), BTreeMap::new(), profile.clone());
        let known = named::Known::new(script, &vars);
        paths.extend(all.iter().filter_map(|named| named.of_run(script, &known)));
    }
    paths.retain(|path| loaded.folder.is_outside(path) && !loaded.outside.contains(path));
    paths.into_iter().collect()
}

/// The digest of a snippet whose values name these files: trust in it is no trust in others.
pub fn digest_with(digest: &str, files: &[String]) -> String {
    let texts = std::iter::once(digest).chain(files.iter().map(String::as_str));
    trust::digest_of(texts.map(str::as_bytes))
}

/// Where a snippet names a file by a variable: which one shows when it is run.
pub fn named_by_variables(script: &Script) -> Vec<(usize, String)> {
    let all = named::files(script);
    let open = all.iter().filter(|named| named.fixed().is_none());
    open.map(|named| (named.span.line, named.written()))
        .collect()
}

/// What a snippet may read of an account: `user`, `username`, `domain`, `host`, `port`.
pub fn profile(plan: &Plan) -> BTreeMap<String, Value> {
    let user = plan.credentials.effective().unwrap_or_default();
    let (name, domain) = user.split_once('@').unwrap_or((user, ""));
    let port = match &plan.place {
        Place::Tcp { port, .. } => port.to_string(),
        _ => String::new(),
    };
    [
        ("user", user),
        ("username", name),
        ("domain", domain),
        ("host", plan.place.host()),
        ("port", &port),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), Value::text(value)))
    .collect()
}

/// The variables that a row begins with; what a column with a secret's name holds is a secret.
pub fn vars(
    row: &Row,
    given: BTreeMap<String, Value>,
    secrets: BTreeMap<String, Value>,
    profile: BTreeMap<String, Value>,
) -> Vars {
    let columns = row.values().map(|(name, value)| {
        let mut column = Value::from_row(value);
        column.secret = rows::is_secret(name);
        (name.to_owned(), column)
    });
    Vars {
        given,
        row: columns.collect(),
        profile,
        secrets,
        number: row.number as u64,
    }
}

/// What the user gives, as values; what a `secret` line names is a secret.
pub fn given<'a>(
    script: &Script,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, Value> {
    let value = |(name, value): (&str, &str)| {
        let secret = script.header.secrets.iter().any(|line| line.name == name);
        let value = match secret {
            true => Value::secret(value.as_bytes()),
            false => Value::text(value),
        };
        (name.to_owned(), value)
    };
    pairs.map(value).collect()
}

/// Commands that safe mode asks about, with their lines, as far as that can be told before they go out.
pub fn destroying(script: &Script) -> Vec<(usize, String)> {
    let commands = script.groups.iter().flat_map(|group| &group.commands);
    let asks = commands.filter(|line| {
        let command = Command::line(Origin::User, script.text(line.span));
        let judgement = judge(&command, SafeMode::Confirm, &Known::default());
        matches!(judgement, Judgement::Ask(_))
    });
    let told = |line: &CommandLine| (line.span.line, script.text(line.span).to_owned());
    asks.map(told).collect()
}
