//! The options as clap knows them, out of the table; what they say as a [`Layer`].

use std::ffi::OsString;

use clap::builder::OsStringValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::Stop;
use super::sentence::sentence;
use crate::config::settings::{Kind, Layer, Origin, SETTINGS, Setting, Value};

const AFTER_HELP: &str = "\
TARGET is HOST[:PORT], @profile or imap[s]://[user@]host[:port][/mailbox];
+USER at its end means: act as USER. A HOST stands before the verb (or behind
probe), the other two also after it. Profiles are in config.toml. Without -s,
-t, imaps:// or a profile the line is not encrypted (port 143), as with imtest.

Verbs (without one: the full screen):
  exec [CMD...]    send the commands in order, then LOGOUT; without CMD, one
                   command a line from stdin
  run FILE...      snippets, for every row of a list if they say so; - is stdin
  check FILE...    what is wrong with snippets; nothing is connected
  probe            connect, TLS, greeting, capabilities before and after TLS;
                   nobody is logged in
  compare TARGET TARGET [MAILBOX:UID]
                   two servers or two users (@prod+alice @prod+bob) beside each
                   other, and one message byte for byte; --json
  view FILE...     show logs: traces of imapsh, rawlogs of Dovecot and imaptest,
                   telemetry of Cyrus, MOZ_LOG=IMAP:5 of Thunderbird; piped: as text;
                   --diff: two sessions compared
  keyring store    keep the password of TARGET's user in the system's keyring;
                   keyring check: is there one? keyring forget: take it out
  demo [exec|run]  the full screen, exec or run on an embedded server, in memory
  config path      where the config file lies
  config check     whether it is right
  config show      each value that counts for TARGET, and where it came from
  config keys      every key of the full screen in force, as [keys] has them

Every option is also an environment variable (IMAPSH_ and its long name, as in
IMAPSH_TLS_MIN), and those about a connection are keys of config.toml. The
command line counts first, then the environment, the profile, [defaults].
A switch is turned off again with =false.

Examples:
  imapsh -s -u craig -a cyrus mail.example.com
  imapsh -s -a craig mail.example.com exec 'STATUS INBOX (MESSAGES UNSEEN)'

Exit codes:
  0  what was asked for was done     4  the server said NO, BAD or BYE, or not
                                        what a snippet expects; view --diff:
                                        they differ
  1  usage or configuration          5  refused by safe mode (--safe, --yes)
  2  a snippet does not parse        129, 130, 143  SIGHUP, SIGINT, SIGTERM
  3  connection, TLS or login failed";

/// The words that are no options.
const WORDS: &str = "words";

fn command() -> Command {
    let mut command = Command::new("imapsh")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A full-screen terminal IMAP console: the successor of imtest.")
        .override_usage("imapsh [OPTIONS] [TARGET] [VERB ...]")
        .after_help(AFTER_HELP)
        .max_term_width(100)
        .disable_help_flag(true)
        .disable_version_flag(true);
    for setting in SETTINGS {
        let mut arg = Arg::new(setting.long)
            .long(setting.long)
            .help(setting.help)
            .help_heading(setting.heading)
            .value_parser(OsStringValueParser::new());
        if let Some(letter) = setting.short {
            arg = arg.short(letter);
        }
        if setting.long == "require-tls" {
            arg = arg.alias("tls");
        }
        arg = match setting.kind {
            kind if kind.is_switch() => arg
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .hide_possible_values(true)
                .value_name("true|false"),
            kind if kind.is_list() => arg.action(ArgAction::Append).value_name(setting.value),
            // A password may begin with a hyphen.
            Kind::Secret => arg.allow_hyphen_values(true).value_name(setting.value),
            _ => arg.value_name(setting.value),
        };
        command = command.arg(arg);
    }
    command
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::HelpShort)
                .help("This help")
                .help_heading("Other"),
        )
        .arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .help("The version")
                .help_heading("Other"),
        )
        .arg(Arg::new(WORDS).num_args(0..).hide(true))
}

/// Reads the options, wherever they stand, and the words between them.
pub(super) fn read(argv: impl IntoIterator<Item = OsString>) -> Result<(Layer, Vec<String>), Stop> {
    let matches = command().try_get_matches_from(argv).map_err(sentence)?;
    let mut layer = Layer::default();
    for setting in SETTINGS {
        if let Some(value) = value(setting, &matches).map_err(Stop::Usage)? {
            layer.set(setting, value, Origin::CommandLine(setting.flag()));
        }
    }
    let words = matches.get_many::<String>(WORDS).into_iter().flatten();
    Ok((layer, words.cloned().collect()))
}

fn value(setting: &Setting, matches: &ArgMatches) -> Result<Option<Value>, String> {
    let mut all = Vec::new();
    for value in matches
        .get_many::<OsString>(setting.long)
        .into_iter()
        .flatten()
    {
        match setting.kind.read(&setting.flag(), value)? {
            Value::List(texts) => all.extend(texts),
            other => return Ok(Some(other)),
        }
    }
    Ok((!all.is_empty()).then_some(Value::List(all)))
}

/// `--long` of every option, for "did you mean".
pub(super) fn flags() -> Vec<String> {
    let own = SETTINGS.iter().map(|setting| format!("--{}", setting.long));
    own.chain(["--help".to_owned(), "--version".to_owned()])
        .collect()
}
