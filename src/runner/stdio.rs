//! `exec` on this process's stdin, stdout and stderr.

use std::io::IsTerminal;
use std::path::Path;

use super::exec::{Exec, exec};
use super::output::Style;
use super::password;
use super::recording::{self, recorded};
use super::signals;
use super::source::{self, Source};
use crate::channel::Network;
use crate::config::Account;
use crate::export::Recorder;
use crate::link::{self, DemoDialer};

/// Runs `commands`, or those on stdin if there are none, and returns the exit code. Nothing is dialled
/// if a command is wrong.
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
    if commands.is_empty() {
        let recorder = begin()?;
        let stdin = tokio::io::BufReader::with_capacity(64 * 1024, tokio::io::stdin());
        let source = Source::stdin(stdin).first(mailbox);
        Ok(converse(account, demo, source, raw, recorder).await)
    } else {
        let source = Source::list(commands).map_err(|error| error.to_string())?;
        let source = source.first(mailbox);
        let recorder = begin()?;
        Ok(converse(account, demo, source, raw, recorder).await)
    }
}

/// Runs the commands of `file`, a script as imtest's `-f` takes it, and returns the exit code. It is opened
/// before anything is dialled.
///
/// # Errors
/// When it cannot be opened.
pub async fn script(
    account: Account,
    file: &Path,
    raw: bool,
    record: Option<&Path>,
) -> Result<u8, String> {
    let opened = match tokio::fs::File::open(file).await {
        Ok(opened) if opened.metadata().await.is_ok_and(|m| m.is_dir()) => {
            Err("it is a directory".to_owned())
        }
        opened => opened.map_err(|error| error.to_string()),
    };
    let opened = opened.map_err(|why| {
        let name = file.display();
        format!("the script {name} (-f) cannot be read: {why}")
    })?;
    let mailbox = account.url_mailbox.as_deref().map(source::examine);
    let input = tokio::io::BufReader::with_capacity(64 * 1024, opened);
    let source = Source::script(input, &file.display().to_string()).first(mailbox);
    let recorder = record.map(recording::begin).transpose()?;
    Ok(converse(account, None, source, raw, recorder).await)
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
    };
    exec(job, signals::stopped()).await
}
