//! The command line: *where, as whom, then what*. `imapsh [OPTIONS] [TARGET] [VERB ...]`.
//!
//! clap reads the options wherever they stand; the words between them are read here, for clap cannot
//! say "a host, then a verb". To add a verb: its name in `VERBS`, its arm in `read`.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, ValueEnum};
use thiserror::Error;

use crate::config::target;
use crate::config::{Target, TargetError, Wishes};
use crate::runner::Mode;
use crate::sasl::Secret;

/// The verbs of this version.
const VERBS: &[&str] = &["demo", "exec"];
/// Names that later versions give a meaning: never taken for a host.
const LATER: &[&str] = &[
    "run",
    "check",
    "view",
    "probe",
    "compare",
    "config",
    "completions",
    "man",
];
/// Options of imtest that have no meaning here (yet), and what there is instead.
const IMTEST: &[(char, &str)] = &[
    (
        'c',
        "it is for a challenge prompt; a mechanism is chosen with -m",
    ),
    ('f', "pipe the commands into imapsh TARGET exec instead"),
    ('i', "there is no imtest -i here"),
    ('k', "SASL security layers are not in this version"),
    ('l', "SASL security layers are not in this version"),
    ('n', "reconnecting n times is not in this version"),
    ('o', "SASL options are not in this version"),
    ('q', "COMPRESS is not in this version"),
    ('r', "realms are not in this version; write -a user@realm"),
    ('v', "the transcript shows what imtest -v left out"),
    ('x', "socket modes are not in this version"),
    ('z', "timing runs are not in this version"),
    ('H', "the PROXY header is not in this version"),
    ('I', "PID files are not in this version"),
    ('P', "IMAP is the only protocol here"),
    ('X', "socket modes are not in this version"),
];

const AFTER_HELP: &str = "\
TARGET is HOST[:PORT], @profile or imap[s]://[user@]host[:port][/mailbox];
+USER at its end means: act as USER. A HOST stands before the verb, the other
two also after it. Profiles are in config.toml. Without -s, -t, imaps:// or a
profile the line is not encrypted (port 143), as with imtest.

Verbs (without one: the full screen):
  exec [CMD...]    send the commands in order, then LOGOUT; without CMD, one
                   command a line from stdin
  demo [exec ...]  the same on an embedded server, in memory

Examples:
  imapsh -s -u craig -a cyrus mail.example.com
  imapsh -s -a craig mail.example.com exec 'STATUS INBOX (MESSAGES UNSEEN)'

Exit codes:
  0  what was asked for was done     4  the server said NO, BAD or BYE
  1  usage or configuration          129, 130, 143  stopped by SIGHUP,
  3  connection, TLS or login failed                SIGINT, SIGTERM";

/// What the command line asks for.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Where; `None`: the default profile, or the connect form, or the demo.
    pub target: Option<Target>,
    /// Options about the connection and the login.
    pub wishes: Wishes,
    /// What to do.
    pub verb: Verb,
    /// When to use colours.
    pub color: Color,
    /// Draw boxes with ASCII.
    pub ascii: bool,
    /// Do not ask back (a safe mode comes later; taken already).
    pub yes: bool,
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
}

/// `exec`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exec {
    /// The commands; empty: from stdin.
    pub commands: Vec<String>,
    /// Print the server's bytes alone.
    pub raw: bool,
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// Unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
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

#[derive(Parser)]
#[command(
    name = "imapsh",
    version,
    about = "A full-screen terminal IMAP console: the successor of imtest.",
    override_usage = "imapsh [OPTIONS] [TARGET] [VERB ...]",
    after_help = AFTER_HELP,
    max_term_width = 100,
    disable_help_flag = true,
    disable_version_flag = true
)]
struct Options {
    /// TLS from the first byte (port 993)
    #[arg(short = 's', long = "tls", help_heading = "Where")]
    tls: bool,
    /// STARTTLS or fail, with this client certificate and key (PEM; "" for none). With -s: the
    /// certificate for TLS from the first byte
    #[arg(
        short = 't',
        long = "keyfile",
        value_name = "FILE|\"\"",
        help_heading = "Where"
    )]
    keyfile: Option<OsString>,
    /// Port [default: 143, with TLS from the first byte 993]
    #[arg(short = 'p', long, value_name = "PORT", help_heading = "Where")]
    port: Option<String>,
    /// Trust the certificates in this PEM file too
    #[arg(long, value_name = "FILE", help_heading = "Where")]
    ca: Option<PathBuf>,
    /// Verify no certificate; said in red for the whole session
    #[arg(long, help_heading = "Where")]
    insecure: bool,
    /// Who logs in (authcid): the password is this user's. Without it nobody is logged in
    #[arg(
        short = 'a',
        long = "authname",
        value_name = "USER",
        help_heading = "As whom"
    )]
    authname: Option<String>,
    /// Whom to act as (authzid), if not the one who logs in
    #[arg(short = 'u', long, value_name = "USER", help_heading = "As whom")]
    username: Option<String>,
    /// The password. Others see it in ps: without -w imapsh asks for it
    #[arg(short = 'w', long, value_name = "PASSWORD", help_heading = "As whom")]
    password: Option<String>,
    /// Use this mechanism and no other; "login" is the LOGIN command, AUTH=LOGIN is SASL's
    #[arg(short = 'm', long, value_name = "MECH", help_heading = "As whom")]
    mechanism: Option<String>,
    /// Send a password over an unencrypted line, to a host that is not this one
    #[arg(long, help_heading = "As whom")]
    allow_plaintext: bool,
    /// Ask for no NAMESPACE, LIST or LSUB after login (only the full screen ever does)
    #[arg(long, help_heading = "Other")]
    no_auto: bool,
    /// Do not ask back
    #[arg(long, help_heading = "Other")]
    yes: bool,
    /// Colours: auto, always or never (NO_COLOR is obeyed)
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "Other"
    )]
    color: Color,
    /// Draw boxes with ASCII
    #[arg(long, help_heading = "Other")]
    ascii: bool,
    /// exec: print the server's bytes alone
    #[arg(long, help_heading = "Of a verb")]
    raw: bool,
    /// demo: serve on this address, loopback only (127.0.0.1:1143)
    #[arg(long, value_name = "ADDR", help_heading = "Of a verb")]
    listen: Option<String>,
    /// demo: accounts u00001 to N more
    #[arg(long, value_name = "N", help_heading = "Of a verb")]
    users: Option<String>,
    /// This help
    #[arg(short = 'h', long, action = clap::ArgAction::HelpShort, help_heading = "Other")]
    help: Option<bool>,
    /// The version
    #[arg(short = 'V', long, action = clap::ArgAction::Version, help_heading = "Other")]
    version: Option<bool>,
    /// Target and verb
    #[arg(value_name = "WORD", hide = true)]
    words: Vec<String>,
}

/// Most accounts that `--users` may ask for.
const MOST_USERS: usize = 99_999;

/// Reads the command line, program name first.
pub fn parse(argv: impl IntoIterator<Item = OsString>) -> Result<Invocation, Stop> {
    let matches = Options::command()
        .try_get_matches_from(argv)
        .map_err(sentence)?;
    let options = Options::from_arg_matches(&matches).map_err(sentence)?;
    read(options)
}

fn read(mut options: Options) -> Result<Invocation, Stop> {
    let mut words = std::mem::take(&mut options.words).into_iter().peekable();
    let mut target = None;
    if let Some(word) = words.next_if(|word| !is_verb(word)) {
        target = Some(Target::parse(&word)?);
    }
    let verb = match words.next().as_deref() {
        None => "screen",
        Some("exec") => "exec",
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
            return usage(format!(
                "{word:?} is no verb; the verbs are {verbs} (see imapsh --help)"
            ));
        }
    };
    let (verb, demo) = match verb {
        "demo" => match words.next().as_deref() {
            None => ("screen", true),
            Some("exec") => ("exec", true),
            Some(word) => {
                return usage(format!(
                    "demo {word}: only \"demo exec\" is known (see imapsh --help)"
                ));
            }
        },
        verb => (verb, false),
    };
    if let Some(word) = words.next_if(|word| Target::is_unmistakable(word)) {
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
    let commands: Vec<String> = words.collect();
    if verb == "exec" {
        exec_words(&commands, target.is_some() || demo)?;
    }
    let users = users(&options, demo)?;
    let exec = Exec {
        commands,
        raw: options.raw,
    };
    if options.raw && verb != "exec" {
        return usage("--raw belongs to exec");
    }
    let verb = match (&options.listen, demo, verb) {
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
        (None, false, _) => Verb::Screen,
    };
    let wishes = wishes(&mut options)?;
    if let (Verb::DemoListen { .. }, Some(option)) = (&verb, wishes.login_option()) {
        return usage(format!(
            "demo --listen logs nobody in: {option} belongs to the client"
        ));
    }
    Ok(Invocation {
        target,
        wishes,
        verb,
        color: options.color,
        ascii: options.ascii,
        yes: options.yes,
        pidfile: None,
    })
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

fn users(options: &Options, demo: bool) -> Result<usize, Stop> {
    match &options.users {
        None => Ok(0),
        Some(_) if !demo => usage("--users belongs to demo"),
        Some(text) => match text.parse() {
            Ok(users) if users <= MOST_USERS => Ok(users),
            _ => usage(format!("--users {text:?}: a number from 0 to {MOST_USERS}")),
        },
    }
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

fn wishes(options: &mut Options) -> Result<Wishes, Stop> {
    let port = options.port.as_deref().map(target::port).transpose()?;
    let keyfile = options
        .keyfile
        .take()
        .map(|file| (!file.is_empty()).then(|| PathBuf::from(file)));
    if options
        .ca
        .as_ref()
        .is_some_and(|ca| ca.as_os_str().is_empty())
    {
        return usage("--ca is empty: it takes a PEM file");
    }
    Ok(Wishes {
        port,
        tls: options.tls,
        keyfile,
        authzid: options.username.take(),
        authcid: options.authname.take(),
        password: options.password.take().map(Secret::new),
        mechanism: options.mechanism.take(),
        ca: options.ca.take(),
        insecure: options.insecure,
        allow_plaintext: options.allow_plaintext,
        no_auto: options.no_auto,
    })
}

/// clap's errors as one sentence each.
fn sentence(error: clap::Error) -> Stop {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = text(ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stop::Say(error.render().to_string()),
        ErrorKind::UnknownArgument => {
            let imtest = IMTEST
                .iter()
                .find(|(letter, _)| argument == format!("-{letter}"));
            Stop::Usage(match (imtest, text(ContextKind::SuggestedArg)) {
                (Some((_, instead)), _) => format!("unknown option {argument}: {instead}"),
                (None, near) if near.is_empty() => {
                    format!("unknown option {argument}; imapsh --help lists them")
                }
                (None, near) => format!("unknown option {argument}; did you mean {near}?"),
            })
        }
        ErrorKind::ArgumentConflict => Stop::Usage(format!("{argument} is given twice")),
        ErrorKind::InvalidValue if text(ContextKind::InvalidValue).is_empty() => {
            Stop::Usage(format!("{argument} needs a value"))
        }
        ErrorKind::InvalidValue => {
            let (value, good) = (
                text(ContextKind::InvalidValue),
                text(ContextKind::ValidValue),
            );
            Stop::Usage(format!("{value:?} is no value of {argument}: {good}"))
        }
        ErrorKind::TooManyValues => Stop::Usage(format!("{argument} takes no value")),
        ErrorKind::InvalidUtf8 => Stop::Usage("an argument is not UTF-8".to_owned()),
        _ => {
            let whole = error.to_string();
            let first = whole
                .lines()
                .next()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            Stop::Usage(first.to_owned())
        }
    }
}
