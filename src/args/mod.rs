//! THE COMMAND LINE: *where, as whom, then what*. `imapsh [OPTIONS] [TARGET] [VERB ...]`.
//!
//! Knows: words and options. Must not know: what is behind them. clap reads the options wherever they
//! stand; the words between them are read here, for clap cannot say "a host, then a verb".
//! To add a verb: its name in `VERBS`, its arm in `read`. An option: a row in `config/settings/table.rs`.

pub mod compare;
mod options;
mod run;
mod sentence;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

use crate::batch::load::How;
use crate::config::keyring::Act;
use crate::config::settings::{Layer, Layers, Setting};
use crate::config::{Target, TargetError, Wishes, near};
use crate::runner::Mode;
pub use compare::Compare;
pub use run::Run;

/// The verbs of this version.
const VERBS: &[&str] = &[
    "demo", "exec", "run", "check", "probe", "view", "compare", "config", "keyring",
];
/// Names that later versions give a meaning: never taken for a host.
const LATER: &[&str] = &["completions", "man"];

/// What the command line asks for.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Where; `None`: the default profile, or the connect form, or the demo.
    pub target: Option<Target>,
    /// The options, and what the environment says.
    pub wishes: Wishes,
    /// What to do.
    pub verb: Verb,
    /// `-I FILE`: the process id stands there while the program runs.
    pub pidfile: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// The full screen.
    Screen,
    /// Commands without a screen.
    Exec(Exec),
    /// Another way to use one login without a screen: `-f`, `-z`, `-n`, `-x`, `-X`, `probe`.
    Mode(Mode),
    /// Snippets, for every row.
    Run(Run),
    /// Snippets, read and not run; nothing is connected.
    Check {
        /// The files; never empty.
        files: Vec<PathBuf>,
        /// How they are written.
        how: How,
    },
    /// Snippets on the embedded server.
    DemoRun {
        /// Accounts `u00001` and so on.
        users: usize,
        /// The snippets.
        run: Run,
    },
    /// The full screen on the embedded server.
    Demo {
        /// Accounts `u00001` and so on.
        users: usize,
    },
    /// Commands on the embedded server.
    DemoExec {
        /// Accounts `u00001` and so on.
        users: usize,
        /// The commands.
        exec: Exec,
    },
    /// The embedded server for other clients.
    DemoListen {
        /// Accounts `u00001` and so on.
        users: usize,
        /// Where.
        address: SocketAddr,
    },
    /// Logs, shown again; nothing is connected.
    View(View),
    /// Two servers or users beside each other.
    Compare(Compare),
    /// About the configuration; nothing is connected.
    Config(ConfigVerb),
    /// About the password in the system's keyring; nothing is connected.
    Keyring(Act),
}

/// `config path|check|show|keys`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigVerb {
    /// Where the config file lies.
    Path,
    /// Whether it is right.
    Check,
    /// Each value that counts, and where it came from.
    Show,
    /// Every key of the full screen.
    Keys,
}

/// `view`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The files; never empty.
    pub files: Vec<PathBuf>,
    /// Compare two conversations.
    pub diff: bool,
}

/// `exec`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exec {
    /// The commands; empty: from stdin.
    pub commands: Vec<String>,
    /// Print the server's bytes alone.
    pub raw: bool,
}

/// Why there is nothing to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Stop {
    /// `--help` or `--version`: this text goes to stdout, and the exit code is 0.
    #[error("{0}")]
    Say(String),
    /// One sentence about what is wrong; the exit code is 1.
    #[error("{0}")]
    Usage(String),
}

impl From<TargetError> for Stop {
    fn from(error: TargetError) -> Stop {
        Stop::Usage(error.to_string())
    }
}

fn usage<T>(sentence: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Usage(sentence.into()))
}

/// Reads the command line, program name first, and the environment.
///
/// # Errors
/// What to say instead of doing anything.
pub fn parse(
    argv: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Invocation, Stop> {
    let (command_line, words) = options::read(argv)?;
    let wishes = Wishes {
        command_line,
        environment: Layer::environment(environment).map_err(Stop::Usage)?,
    };
    read(wishes, words)
}

fn read(wishes: Wishes, words: Vec<String>) -> Result<Invocation, Stop> {
    let mut words = words.into_iter().peekable();
    let mut target = None;
    if let Some(word) = words.next_if(|word| !is_verb(word)) {
        target = Some(Target::parse(&word)?);
    }
    let verb = match words.next().as_deref() {
        None => "screen",
        Some("exec") => "exec",
        Some("run") => "run",
        Some("check") if target.is_some() => {
            return usage("check connects to nothing: leave the target out");
        }
        Some("check") => "check",
        Some("probe") => "probe",
        Some("compare") => return compare::read(wishes, target, words),
        Some("view") if target.is_some() => {
            return usage("view shows files, not a server: leave the target out");
        }
        Some("view") => "view",
        Some("config") => "config",
        Some("keyring") => "keyring",
        Some("demo") if target.is_some() => {
            return usage("demo has its own server, in memory: leave the target out");
        }
        Some("demo") => "demo",
        Some(word) if is_later(word) => {
            return usage(format!(
                "{word}: not in this version yet (for a host of this name: {word}:143)"
            ));
        }
        Some(word) => {
            let verbs = VERBS.join(", ");
            let near = near::hint(word, VERBS.iter().copied());
            return usage(format!(
                "{word:?} is no verb; the verbs are {verbs} (see imapsh --help){near}"
            ));
        }
    };
    let (verb, demo) = match verb {
        "demo" => match words.next().as_deref() {
            None => ("screen", true),
            Some("exec") => ("exec", true),
            Some("run") => ("run", true),
            Some(word) => {
                return usage(format!(
                    "demo {word}: only \"demo exec\" and \"demo run\" are known (see imapsh --help)"
                ));
            }
        },
        verb => (verb, false),
    };
    let about = match verb {
        "config" => Some(Verb::Config(config_verb(words.next())?)),
        "keyring" => Some(Verb::Keyring(keyring_verb(words.next())?)),
        _ => None,
    };
    // `probe HOST` reads like `ping HOST`, and no command can stand there.
    let host_follows = about.is_some() || (verb == "probe" && target.is_none());
    let files = matches!(verb, "view" | "check");
    let anywhere = |word: &String| !files && (host_follows || Target::is_unmistakable(word));
    if let Some(word) = words.next_if(anywhere) {
        if demo {
            return usage("demo has its own server, in memory: leave the target out");
        }
        if target.is_some() {
            return usage(format!(
                "{word:?} is a second target: one connection, one target"
            ));
        }
        target = Some(Target::parse(&word)?);
    }
    let mut commands: Vec<String> = words.collect();
    // `exec NOOP @prod`: what can be nothing but a target may also stand at the end.
    if matches!(verb, "exec" | "run")
        && target.is_none()
        && !demo
        && let Some(word) = commands.pop_if(|word| Target::is_unmistakable(word))
    {
        target = Some(Target::parse(&word)?);
    }
    if verb == "exec" {
        exec_words(&commands, target.is_some() || demo)?;
    } else if (files || verb == "run") && commands.is_empty() {
        return usage(format!(
            "{verb} wants files behind it: imapsh {verb} FILE..."
        ));
    } else if let Some(word) = commands.first().filter(|_| !files && verb != "run") {
        return usage(format!(
            "{word:?} stands behind {verb}, which takes no commands"
        ));
    }
    let verb = verb_of(&wishes.layers(), verb, about, demo, commands)?;
    if let (Verb::DemoListen { .. }, Some(option)) = (&verb, wishes.login_option()) {
        return usage(format!(
            "demo --listen logs nobody in: {option} belongs to the client"
        ));
    }
    let recordable = matches!(
        &verb,
        Verb::Screen
            | Verb::Exec(_)
            | Verb::Demo { .. }
            | Verb::DemoExec { .. }
            | Verb::View(View { diff: false, .. })
            | Verb::Mode(Mode::Script { .. })
    );
    if wishes.command_line.has("record") && !recordable {
        return usage("--record belongs to the full screen, exec and -f");
    }
    let pidfile = wishes.layers().path("pidfile").map(PathBuf::from);
    Ok(Invocation {
        target,
        wishes,
        verb,
        pidfile,
    })
}

/// The options of imtest that say what to do, each with what it is.
fn modes(layers: &Layers<'_>, raw: bool) -> Vec<(String, Mode)> {
    let mut modes = Vec::new();
    let mut add = |long: &str, mode: Option<Mode>| {
        let name = layers.get(long).zip(Setting::long(long));
        if let (Some(((_, origin), setting)), Some(mode)) = (name, mode) {
            modes.push((origin.name(setting), mode));
        }
    };
    let file = layers.path("input-filename").map(PathBuf::from);
    add(
        "input-filename",
        file.map(|file| Mode::Script { file, raw }),
    );
    add(
        "run-stress-test",
        layers.is("run-stress-test").then_some(Mode::Stress),
    );
    let times = layers.number("reauth-attempts");
    add(
        "reauth-attempts",
        times.map(|times| Mode::Reconnect { times }),
    );
    for (long, detach) in [("output-socket", false), ("detached-socket", true)] {
        let socket = layers.path(long).map(PathBuf::from);
        add(long, socket.map(|socket| Mode::Serve { socket, detach }));
    }
    modes
}

fn verb_of(
    layers: &Layers<'_>,
    word: &str,
    about: Option<Verb>,
    demo: bool,
    commands: Vec<String>,
) -> Result<Verb, Stop> {
    let raw = layers.is("raw");
    let modes = modes(layers, raw);
    let listen = layers.text("listen");
    if word != "run"
        && let Some(option) = run::option(layers, word)
    {
        return usage(option);
    }
    if let Some(about) = about {
        return Ok(about);
    }
    let diff = layers.is("diff");
    if diff && word != "view" {
        return usage("--diff belongs to view");
    }
    if let [(one, _), (other, _), ..] = &modes[..] {
        return usage(format!(
            "{one} and {other} are two things to do: choose one"
        ));
    }
    if let (Some((option, _)), false) = (modes.first(), word == "screen") {
        return usage(format!(
            "{option} and {word} are two things to do: choose one"
        ));
    }
    if let (Some((option, _)), true) = (modes.first(), demo) {
        return usage(format!(
            "{option} wants a server that listens: start imapsh demo --listen 127.0.0.1:1143, then \
             imapsh {option} ... 127.0.0.1:1143"
        ));
    }
    let script = matches!(modes.first(), Some((_, Mode::Script { .. })));
    if raw && word != "exec" && !script {
        return usage("--raw belongs to exec and to -f");
    }
    let users = match layers.number("users") {
        Some(_) if !demo => return usage("--users belongs to demo"),
        users => usize::try_from(users.unwrap_or(0)).unwrap_or(0),
    };
    if word == "run" {
        let run = run::read(layers, commands)?;
        return match (listen, demo) {
            (Some(_), _) => usage("--listen belongs to demo alone"),
            (None, true) => Ok(Verb::DemoRun { users, run }),
            (None, false) => Ok(Verb::Run(run)),
        };
    }
    let exec = Exec { commands, raw };
    Ok(match (listen, demo, word) {
        (Some(_), false, _) => return usage("--listen belongs to demo"),
        (Some(_), true, "exec") => {
            return usage("demo --listen serves other clients, demo exec is one: choose one");
        }
        (Some(address), true, _) => Verb::DemoListen {
            users,
            address: listen_address(address)?,
        },
        (None, true, "exec") => Verb::DemoExec { users, exec },
        (None, true, _) => Verb::Demo { users },
        (None, false, "exec") => Verb::Exec(exec),
        (None, false, "probe") => Verb::Mode(Mode::Probe),
        (None, false, "check") => Verb::Check {
            files: exec.commands.into_iter().map(PathBuf::from).collect(),
            how: run::how(layers),
        },
        (None, false, "view") => Verb::View(View {
            files: exec.commands.into_iter().map(PathBuf::from).collect(),
            diff,
        }),
        (None, false, _) => match modes.into_iter().next() {
            Some((_, mode)) => Verb::Mode(mode),
            None => Verb::Screen,
        },
    })
}

fn config_verb(word: Option<String>) -> Result<ConfigVerb, Stop> {
    const ALL: [&str; 4] = ["path", "check", "show", "keys"];
    match word.as_deref() {
        Some("path") => Ok(ConfigVerb::Path),
        Some("check") => Ok(ConfigVerb::Check),
        Some("keys") => Ok(ConfigVerb::Keys),
        Some("show") | None => Ok(ConfigVerb::Show),
        Some(word) => usage(format!(
            "config {word}: there are config path, check, show and keys{}",
            near::hint(word, ALL)
        )),
    }
}

fn keyring_verb(word: Option<String>) -> Result<Act, Stop> {
    const ALL: [&str; 3] = ["store", "forget", "check"];
    let Some(word) = word else {
        return usage("keyring what? There are keyring store, forget and check");
    };
    Act::parse(&word).map_or_else(
        || {
            usage(format!(
                "keyring {word}: there are keyring store, forget and check{}",
                near::hint(&word, ALL)
            ))
        },
        Ok,
    )
}

fn is_verb(word: &str) -> bool {
    VERBS.contains(&word) || is_later(word)
}

fn is_later(word: &str) -> bool {
    LATER.contains(&word)
}

/// `imapsh exec localhost NOOP` would send "localhost" as a command to somebody else.
fn exec_words(commands: &[String], placed: bool) -> Result<(), Stop> {
    if let Some(empty) = commands
        .iter()
        .position(|command| command.trim().is_empty())
    {
        return usage(format!("command {} of exec is empty", empty + 1));
    }
    let Some(first) = commands.first().filter(|_| !placed) else {
        return Ok(());
    };
    let hostlike = first == "localhost" || first.contains(['.', ':']);
    let one_word = !first.contains(char::is_whitespace);
    if hostlike && one_word && Target::parse(first).is_ok() {
        return usage(format!(
            "a host stands before the verb: imapsh {first} exec ..."
        ));
    }
    Ok(())
}

fn listen_address(text: &str) -> Result<SocketAddr, Stop> {
    let named = text
        .strip_prefix("localhost:")
        .map(|port| format!("127.0.0.1:{port}"));
    match named.as_deref().unwrap_or(text).parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(address),
        Ok(_) => usage(format!(
            "--listen {text}: the demo's passwords are known to all, so loopback only (127.0.0.1:1143)"
        )),
        Err(_) => usage(format!(
            "--listen {text:?}: an address and a port, as in 127.0.0.1:1143"
        )),
    }
}
