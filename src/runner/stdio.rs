//! `exec` on this process's stdin, stdout and stderr.

use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::path::Path;

use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

use super::exec::{Exec, exec};
use super::output::{self, Style};
use super::recording::{self, recorded};
use super::safe::Care;
use super::source::{self, Source};
use super::{exit, password, signals};
use crate::channel::Network;
use crate::config::Account;
use crate::export::Recorder;
use crate::link::{self, DemoDialer};

/// Most octets of a file of commands that are judged before the first one goes; of a longer one each is
/// judged when it comes, as behind a pipe.
const WHOLE: u64 = 64 * 1024 * 1024;

/// Runs `commands`, or those on stdin if there are none, and returns the exit code. Nothing is dialled
/// if a command is wrong, or if safe mode does not let one go: those of the command line and of a file are
/// known whole. What comes through a pipe is judged as it comes.
///
/// # Errors
/// The command that cannot be sent.
pub async fn run(
    account: Account,
    demo: Option<DemoDialer>,
    commands: &[String],
    raw: bool,
    record: Option<&Path>,
) -> Result<u8, String> {
    // The mailbox of a URL is part of what was asked for; that of a profile is for the screen.
    let mailbox = account.url_mailbox.as_deref().map(source::examine);
    let begin = || record.map(recording::begin).transpose();
    let care = care(&account);
    if !commands.is_empty() {
        let source = Source::list(commands).map_err(|error| error.to_string())?;
        if let Some(sentence) = source.objection(care) {
            return Ok(refused(&sentence));
        }
        let source = source.first(mailbox);
        return Ok(converse(account, demo, source, raw, begin()?).await);
    }
    let unread = |error: std::io::Error| format!("the commands cannot be read: {error}");
    let Some(text) = stdin_whole().await.map_err(unread)? else {
        let stdin = tokio::io::BufReader::with_capacity(64 * 1024, tokio::io::stdin());
        let source = Source::stdin(stdin).first(mailbox);
        return Ok(converse(account, demo, source, raw, begin()?).await);
    };
    if let Some(sentence) = source::objection_to_stdin(&text, care).await {
        return Ok(refused(&sentence));
    }
    let source = Source::stdin(std::io::Cursor::new(text)).first(mailbox);
    Ok(converse(account, demo, source, raw, begin()?).await)
}

/// Runs the commands of `file`, a script as imtest's `-f` takes it, and returns the exit code. It is opened,
/// and judged whole if it is a file, before anything is dialled.
///
/// # Errors
/// When it cannot be read.
pub async fn script(
    account: Account,
    file: &Path,
    raw: bool,
    record: Option<&Path>,
) -> Result<u8, String> {
    let begin = || record.map(recording::begin).transpose();
    let name = file.display().to_string();
    let failed = |why: String| format!("the script {name} (-f) cannot be read: {why}");
    let failure = |error: std::io::Error| failed(error.to_string());
    let opened = tokio::fs::File::open(file).await.map_err(failure)?;
    let metadata = opened.metadata().await.map_err(failure)?;
    if metadata.is_dir() {
        return Err(failed("it is a directory".to_owned()));
    }
    let mailbox = account.url_mailbox.as_deref().map(source::examine);
    if !metadata.is_file() || metadata.len() > WHOLE {
        let input = tokio::io::BufReader::with_capacity(64 * 1024, opened);
        let source = Source::script(input, &name).first(mailbox);
        return Ok(converse(account, None, source, raw, begin()?).await);
    }
    let text = whole(opened).await.map_err(failure)?;
    if let Some(sentence) = source::objection_to_script(&text, &name, care(&account)).await {
        return Ok(refused(&sentence));
    }
    let source = Source::script(std::io::Cursor::new(text), &name).first(mailbox);
    Ok(converse(account, None, source, raw, begin()?).await)
}

/// What is left of stdin, if it is a file.
async fn stdin_whole() -> std::io::Result<Option<Zeroizing<Vec<u8>>>> {
    let stdin = std::io::stdin().as_fd().try_clone_to_owned()?;
    let file = std::fs::File::from(stdin);
    match file.metadata() {
        Ok(metadata) if metadata.is_file() && metadata.len() <= WHOLE => {
            Ok(Some(whole(tokio::fs::File::from_std(file)).await?))
        }
        _ => Ok(None),
    }
}

/// The octets of a file. It may hold a password.
async fn whole(mut file: tokio::fs::File) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut text: Zeroizing<Vec<u8>> = Zeroizing::default();
    file.read_to_end(&mut text).await?;
    Ok(text)
}

fn care(account: &Account) -> Care {
    Care {
        mode: account.general.safe,
        yes: account.general.yes,
    }
}

/// Says why nothing is begun; returns the exit code.
fn refused(sentence: &str) -> u8 {
    output::say(
        &mut std::io::stderr(),
        &format!("{sentence} Nothing was sent."),
    );
    exit::UNSAFE
}

async fn converse<R: tokio::io::AsyncBufRead + Unpin>(
    account: Account,
    demo: Option<DemoDialer>,
    source: Source<R>,
    raw: bool,
    recorder: Option<Recorder>,
) -> u8 {
    let style = match (raw, std::io::stdout().is_terminal()) {
        (true, _) => Style::Raw,
        (false, true) => Style::Visible,
        (false, false) => Style::Labelled,
    };
    let care = care(&account);
    let mut plan = account.plan;
    if plan.network.keepalive == Network::default().keepalive {
        // For a screen that is left open. Here an IDLE that is begun anew would end the user's command.
        plan.network.keepalive = None;
    }
    let job = Exec {
        progress: account.general.verbose || std::io::stderr().is_terminal(),
        handle: match recorder {
            Some(recorder) => recorded(link::spawn(plan, demo), recorder),
            None => link::spawn(plan, demo),
        },
        source,
        out: tokio::io::stdout(),
        style,
        errors: std::io::stderr(),
        verbose: account.general.verbose,
        ask: password::on_terminal(),
        care,
    };
    exec(job, signals::stopped()).await
}
