//! From the command line to a face: the full screen, `exec`, or the demo server. What `main` runs.
//!
//! Knows every layer's front door and nothing behind it. To add a verb: an arm in [`run`].

use std::fmt::{Display, Write as _};
use std::io::{IsTerminal, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::args::{ConfigVerb, Exec, Invocation, Verb, View};
use crate::batch::Dial;
use crate::channel::{Log, Place, Plan, Security};
use crate::config::general::Color;
use crate::config::password::From as PasswordFrom;
use crate::config::{Account, AccountError, Config, General, Wishes, paths, report};
use crate::console;
use crate::demo::{self, Demo};
use crate::export;
use crate::import;
use crate::link::{self, DemoDialer};
use crate::plain;
use crate::runner::view::ViewError;
use crate::runner::{self, Pidfile};
use crate::tui::compare::Compare;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Theme;
use crate::tui::{self, ColorChoice, Dialer, Lent, Setup};

/// Who the demo's full screen is: logged in as the admin, acting for a user.
const DEMO_LOGIN: (&str, &str) = ("cyrus", "craig");

mod dialing;
mod snippets;

use dialing::Dialing;

const NOWHERE: &str = "where? Name a host (imapsh HOST exec ...), @profile or imaps://user@host, \
                       or set default_profile in config.toml";

/// Does what the command line says; returns the exit code. Needs a tokio runtime.
///
/// # Errors
/// One sentence about the usage or the configuration: exit code 1.
pub async fn run(call: Invocation) -> Result<u8, String> {
    // The one in front (-X) has said it.
    if call.wishes.command_line.has("password") && !runner::serve::detach::is_background() {
        warn(
            "-w shows the password to everybody who runs ps; without -w imapsh asks for it, and \
             --password-from takes it from elsewhere",
        );
    }
    // Of two processes (-X) the one that stays has the file.
    let passing = matches!(&call.verb, Verb::Mode(mode) if mode.is_in_front());
    let file = call.pidfile.as_deref().filter(|_| !passing);
    let _pidfile = file.map(Pidfile::write).transpose()?;
    match &call.verb {
        Verb::Screen => screen(&call, account(&call)?, 0, Vec::new(), None).await,
        Verb::Exec(exec) => {
            let account = account(&call)?.ok_or_else(|| NOWHERE.to_owned())?;
            run_exec(&call, account, None, exec).await
        }
        Verb::Mode(mode) => {
            let account = account(&call)?.ok_or_else(|| NOWHERE.to_owned())?;
            let record = call.wishes.layers().path("record").map(Path::new);
            runner::mode::run(account, mode, record).await
        }
        Verb::Run(run) => {
            let account = account(&call)?.ok_or_else(|| NOWHERE.to_owned())?;
            snippets::run(&call, account, None, run).await
        }
        Verb::DemoRun { users, run } => {
            let account = demo_account(&call.wishes)?;
            let demo = Demo::new(demo::Options { users: *users });
            snippets::run(&call, account, Some(demo), run).await
        }
        Verb::Check { files, how } => {
            let names: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
            runner::check::run(&names, how, &mut std::io::stdout().lock())
        }
        Verb::Demo { users } => {
            screen(
                &call,
                Some(demo_account(&call.wishes)?),
                *users,
                Vec::new(),
                None,
            )
            .await
        }
        Verb::DemoExec { users, exec } => {
            let account = demo_account(&call.wishes)?;
            run_exec(
                &call,
                account,
                Some(dialer(&Demo::new(demo::Options { users: *users }))),
                exec,
            )
            .await
        }
        Verb::DemoListen { users, address } => {
            demo_account(&call.wishes)?;
            serve(*address, *users).await
        }
        Verb::Compare(what) => {
            let beside = call.beside(&what.other);
            let first = account(&call)?.ok_or_else(|| NOWHERE.to_owned())?;
            let second = account(&beside)?.ok_or_else(|| NOWHERE.to_owned())?;
            let plans = [first.plan, second.plan];
            Ok(runner::compare::verb(plans, what.message.as_ref(), what.json).await)
        }
        Verb::View(what) => view(&call, what).await,
        Verb::Config(verb) => configuration(&call, *verb),
        Verb::Keyring(verb) => {
            let account = account(&call)?.ok_or_else(|| NOWHERE.to_owned())?;
            let ask = runner::password::on_terminal();
            let said = runner::keyring::run(&account, *verb, &ask).await?;
            let _ = std::io::stdout().write_all(said.as_bytes());
            Ok(runner::exit::DONE)
        }
    }
}

fn sentence(error: impl Display) -> String {
    error.to_string()
}

fn warn(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "imapsh: {sentence}");
}

/// The config file, and all of it: a wrong key of the full screen is told by every verb, not only when
/// somebody opens that screen next month.
fn config(wishes: &Wishes) -> Result<Config, String> {
    let config = Config::wanted(wishes).map_err(sentence)?;
    Keymap::configured(&config.keys).map_err(sentence)?;
    Theme::coloured().with(&config.theme).map_err(sentence)?;
    Ok(config)
}

/// Who and where, with the password if it can be had without asking.
fn account(call: &Invocation) -> Result<Option<Account>, String> {
    let config = config(&call.wishes)?;
    report::warning(&config)
        .iter()
        .for_each(|sentence| warn(sentence));
    let target = call.target.as_ref();
    let Some(mut account) = Account::new(&call.wishes, target, &config).map_err(sentence)? else {
        return Ok(None);
    };
    // In a mode nobody types STARTTLS.
    if let (Verb::Mode(_), Security::Plain, Some(option)) =
        (&call.verb, account.plan.security, call.wishes.tls_option())
    {
        return Err(sentence(AccountError::NeedsTls(option)));
    }
    // Of two processes (-X) the one in the background logs in: a command is run once. A keyring that is to
    // be filled is not asked.
    let not_here = match &call.verb {
        Verb::Mode(mode) => mode.is_in_front(),
        Verb::Keyring(_) => account.password_from == Some(PasswordFrom::Keyring),
        _ => false,
    };
    if !not_here {
        account
            .with_password()?
            .iter()
            .for_each(|sentence| warn(sentence));
    }
    Ok(Some(account))
}

/// `config path|check|show|keys`.
fn configuration(call: &Invocation, verb: ConfigVerb) -> Result<u8, String> {
    let config = config(&call.wishes)?;
    let text = match verb {
        ConfigVerb::Path => report::path(&config),
        ConfigVerb::Check => {
            let (text, warning) = report::check(&config);
            warning.iter().for_each(|sentence| warn(sentence));
            text
        }
        ConfigVerb::Show => {
            let mut text =
                report::show(&call.wishes, call.target.as_ref(), &config).map_err(sentence)?;
            text.push_str(&report::sections(&config));
            text
        }
        ConfigVerb::Keys => Keymap::configured(&config.keys)
            .map_err(sentence)?
            .to_toml(),
    };
    // A reader that has seen enough is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(runner::exit::DONE)
}

fn demo_account(wishes: &Wishes) -> Result<Account, String> {
    let known = |user: &str| {
        let account = demo::ACCOUNTS.iter().find(|account| account.name == user);
        account.map(|account| account.password.to_owned())
    };
    Account::demo(wishes, DEMO_LOGIN, known).map_err(sentence)
}

fn dialer(demo: &Demo) -> DemoDialer {
    let demo = demo.clone();
    Box::new(move || demo.pipe())
}

async fn run_exec(
    call: &Invocation,
    account: Account,
    demo: Option<DemoDialer>,
    exec: &Exec,
) -> Result<u8, String> {
    let record = call.wishes.layers().path("record").map(Path::new);
    runner::stdio::run(account, demo, &exec.commands, exec.raw, record).await
}

/// `view`: a tab for each conversation.
async fn view(call: &Invocation, what: &View) -> Result<u8, String> {
    let logs = import::sources(&what.files).map_err(sentence)?;
    let terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let mut compared = None;
    if what.diff {
        let [first, second] = logs.as_slice() else {
            return Err(format!(
                "--diff compares two sessions, and these files hold {}",
                logs.len()
            ));
        };
        let both = tokio::task::block_in_place(|| runner::view::compared(first, second));
        let [calm, all] = both.map_err(sentence)?;
        let names = [first.name(), second.name()];
        if !terminal {
            let [a, b] = &names;
            let mut out = std::io::stdout().lock();
            return runner::view::print_diff([a, b], &calm, &mut out).or_else(gone);
        }
        compared = Some(Compare {
            names,
            both: [calm, all],
            all: false,
            top: 0,
        });
    } else if !terminal {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        return tokio::task::block_in_place(|| runner::view::print(&logs, &mut out)).or_else(gone);
    }
    screen(call, None, 0, logs, compared).await
}

/// A reader that has seen enough (`| head`) is no error.
fn gone(error: ViewError) -> Result<u8, String> {
    match error {
        ViewError::Out(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            Ok(runner::exit::DONE)
        }
        error => Err(error.to_string()),
    }
}

async fn screen(
    call: &Invocation,
    account: Option<Account>,
    users: usize,
    logs: Vec<import::Source>,
    compare: Option<Compare>,
) -> Result<u8, String> {
    let general = match &account {
        Some(account) => account.general,
        None => General::new(&call.wishes.layers()),
    };
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    if (general.plain || dumb) && logs.is_empty() {
        return plain(call, account, general, users).await;
    }
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err("the full screen needs a terminal on stdin and stdout; without one: imapsh TARGET exec CMD..., or --plain".to_owned());
    }
    let config = config(&call.wishes)?;
    let viewing = !logs.is_empty();
    let mut shown = logs.iter().enumerate().map(|(number, source)| {
        Plan::new(Place::Log(Log {
            name: source.name(),
            files: source.files.clone(),
            number,
        }))
    });
    let plan = shown.next();
    let beside: Vec<Plan> = shown.collect();
    // Made when it is first wanted: a real server's screen never pays for it.
    let demo = Arc::new(OnceLock::new());
    let the_demo = move || {
        demo.get_or_init(|| Demo::new(demo::Options { users }))
            .clone()
    };
    let wishes = call.wishes.clone();
    let for_snippets = the_demo.clone();
    let dialer: Dialer = Arc::new(move |plan: Plan| {
        let demo = (plan.place == Place::Demo).then(&for_snippets);
        Arc::new(Dialing::new(wishes.clone(), plan, demo)) as Arc<dyn Dial>
    });
    let connector = move |plan: Plan| {
        if let Place::Log(log) = &plan.place
            && let Some(source) = logs.get(log.number)
        {
            return link::recorded::spawn(source.clone());
        }
        let dialer = (plan.place == Place::Demo).then(|| self::dialer(&the_demo()));
        link::spawn(plan, dialer)
    };
    let mailbox = account
        .as_ref()
        .and_then(|a| a.url_mailbox.clone().or_else(|| a.profile_mailbox.clone()));
    let auto = account.as_ref().map_or_else(
        || call.wishes.layers().flag("no-auto").unwrap_or(true),
        |account| account.auto,
    );
    let setup = Setup {
        plan: plan.or(account.map(|account| account.plan)),
        connector: Box::new(connector),
        dialer: Some(dialer),
        demo: Some(demo_account(&Wishes::default())?.plan),
        auto,
        mailbox,
        history: console_settings(&general),
        theme: Theme::named(general.theme)
            .unwrap_or_else(Theme::coloured)
            .with(&config.theme)
            .map_err(sentence)?,
        own_colours: config.theme,
        color: match general.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        },
        keymap: Keymap::configured(&config.keys).map_err(sentence)?,
        ascii: general.ascii,
        mouse: general.mouse,
        vi: general.vi,
        // A log is on the disk already.
        record: call
            .wishes
            .layers()
            .path("record")
            .filter(|_| !viewing)
            .map(|file| export::dated(Path::new(file))),
        compare,
        beside,
        lent: Lent::usual(),
        config: config.path,
    };
    Ok(tui::run(setup).await.map_err(sentence)?.exit_code())
}

/// How the console of a face that is typed into is set up.
fn console_settings(general: &General) -> console::Settings {
    console::Settings {
        history: paths::history_file(),
        history_limit: general.history_size.and_then(|n| usize::try_from(n).ok()),
        private: general.private,
        safe: general.safe,
        changes: true,
        transcript_limit: general.transcript_limit,
        ..console::Settings::default()
    }
}

/// Lines instead of a screen.
async fn plain(
    call: &Invocation,
    account: Option<Account>,
    general: General,
    users: usize,
) -> Result<u8, String> {
    if call.wishes.layers().path("record").is_some() {
        return Err(
            "--record: lines (--plain, TERM=dumb) are not recorded; exec and the full screen are"
                .to_owned(),
        );
    }
    let config = config(&call.wishes)?;
    let mut demo = None;
    let connector = move |plan: Plan| {
        let dialer = (plan.place == Place::Demo)
            .then(|| dialer(demo.get_or_insert_with(|| Demo::new(demo::Options { users }))));
        link::spawn(plan, dialer)
    };
    let mailbox = account
        .as_ref()
        .and_then(|a| a.url_mailbox.clone().or_else(|| a.profile_mailbox.clone()));
    let setup = plain::Setup {
        console: console::Settings {
            // For ? behind a command; what is asked by itself is not written.
            auto: account.as_ref().is_some_and(|account| account.auto),
            ..console_settings(&general)
        },
        plan: account.map(|account| account.plan),
        connector: Box::new(connector),
        config: config.path,
        mailbox,
        lines: plain::Lines::new(std::io::BufReader::new(std::io::stdin())),
        interactive: std::io::stdin().is_terminal(),
        yes: general.yes,
        colour: general.color == Color::Always,
        out: std::io::BufWriter::new(std::io::stdout()),
        ask: runner::password::on_terminal(),
        signals: runner::signals::all(),
    };
    plain::run(setup).await.map_err(sentence)
}

async fn serve(address: SocketAddr, users: usize) -> Result<u8, String> {
    // Before the port is open: a signal that comes right behind the announcement must be heard.
    let stopped = runner::signals::stopped();
    let listening = Demo::new(demo::Options { users })
        .listen(address)
        .await
        .map_err(sentence)?;
    let text = announcement(
        listening.address(),
        &listening.ca_file().display().to_string(),
        users,
    );
    // A reader that has gone does not stop the server.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let _ = std::io::stdout().flush();
    let code = stopped.await;
    listening.stop().await;
    Ok(code)
}

/// What `demo --listen` tells.
fn announcement(address: SocketAddr, ca: &str, users: usize) -> String {
    let mut text = format!("imapsh demo: listening on {address}, with STARTTLS\n\nAccounts:\n");
    for account in demo::ACCOUNTS {
        let admin = if account.admin {
            "   admin, may act for the others"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "  {:<8} password {}{admin}",
            account.name, account.password
        );
    }
    match users {
        0 => {}
        1 => text.push_str("  u00001   password secret\n"),
        users => {
            let _ = writeln!(text, "  u00001 to u{users:05}   password secret");
        }
    }
    let _ = write!(
        text,
        "\nCA of its certificate, while this runs: {ca}\n\nTry:\n  \
         imapsh -t \"\" --ca {ca} -u craig -a cyrus {address}\n  \
         imapsh -a craig {address} exec 'STATUS INBOX (MESSAGES)'\n  \
         curl --user craig:secret imap://{address}/INBOX?ALL\n\nCtrl+C ends it.\n"
    );
    text
}
