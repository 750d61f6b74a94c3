//! What may take long and is done beside the screen: a password fetched from a command or the keyring, the
//! keyring filled, a server asked what it offers. The screen stays live meanwhile, and Ctrl+C stops it.

use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{AbortHandle, JoinSet, spawn_blocking};

use super::tabs::TabId;
use crate::channel::{LineSafety, Notice, Plan, Progress, Request};
use crate::config::keyring::{self, Act, Slot};
use crate::config::password::{self, From};
use crate::link::Handle;
use crate::sasl::Secret;
use crate::session::Event;
use crate::wire::CapabilitySet;

/// Something to be done for a tab.
#[derive(Debug, Clone)]
pub enum Errand {
    /// The password of a login, from where `password_from` says.
    Password {
        /// Where.
        from: From,
        /// Of the server.
        host: String,
        /// Whose.
        authcid: String,
    },
    /// The keyring is to keep this, forget it, or tell whether it has it.
    Keyring {
        /// What.
        act: Act,
        /// Whose password.
        slot: Slot,
        /// The password, to keep.
        secret: Option<Secret>,
    },
    /// Connect there, as nobody, and see what is offered.
    Offers(Box<Plan>),
}

/// What came of it. Errors are sentences.
#[derive(Debug)]
pub enum Brought {
    /// A password.
    Password(Result<Secret, String>),
    /// A sentence about the keyring.
    Keyring(String),
    /// The mechanisms of this server.
    Offers(Result<Offers, String>),
}

/// What a server offers to those who are not logged in yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offers {
    /// Where it was offered.
    pub server: Asked,
    /// How safe the line was then.
    pub line: LineSafety,
    /// What it said it can.
    pub capabilities: CapabilitySet,
}

/// Where, and over which line, something was offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The place.
    pub place: crate::channel::Place,
    /// TLS or not.
    pub security: crate::channel::Security,
}

impl Offers {
    /// The mechanisms; `LOGIN command` behind them, if that is allowed.
    pub fn names(&self) -> Vec<String> {
        let mut names = self.capabilities.mechanisms();
        if !self.capabilities.has("LOGINDISABLED") {
            names.push("LOGIN command".to_owned());
        }
        names
    }
}

/// Longest answer and longest complaint of a command, in octets.
const LONGEST: u64 = 64 * 1024;
/// Longest part of its complaint that is shown, in characters.
const SHOWN: usize = 200;

/// All that is under way.
#[derive(Default)]
pub(super) struct Errands {
    running: JoinSet<(TabId, Brought)>,
    stops: Vec<(TabId, AbortHandle)>,
}

impl Errands {
    /// Begins one; a password that is still being fetched for the tab is not waited for any more.
    pub(super) fn start(
        &mut self,
        id: TabId,
        errand: Errand,
        connect: impl FnOnce(Plan) -> Handle,
    ) {
        let stop = match errand {
            Errand::Password {
                from,
                host,
                authcid,
            } => self
                .running
                .spawn(async move { (id, Brought::Password(fetch(from, host, authcid).await)) }),
            Errand::Keyring { act, slot, secret } => self.running.spawn(async move {
                let done = spawn_blocking(move || with_keyring(act, &slot, secret.as_ref())).await;
                let sentence = done.unwrap_or_else(|error| error.to_string());
                (id, Brought::Keyring(sentence))
            }),
            Errand::Offers(plan) => {
                let server = Asked {
                    place: plan.place.clone(),
                    security: plan.security,
                };
                let handle = connect(*plan);
                self.running
                    .spawn(async move { (id, Brought::Offers(offers(server, handle).await)) })
            }
        };
        self.stops.retain(|(_, stop)| !stop.is_finished());
        self.stops.push((id, stop));
    }

    /// Nobody waits any more for what is done for this tab.
    pub(super) fn stop(&mut self, id: TabId) {
        for (_, stop) in self.stops.extract_if(.., |(of, _)| *of == id) {
            stop.abort();
        }
    }

    /// What came of the next one that is done. Nothing is lost if it is not waited for to the end.
    pub(super) async fn next(&mut self) -> (TabId, Brought) {
        loop {
            match self.running.join_next().await {
                Some(Ok(brought)) => return brought,
                // It was stopped.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }
}

async fn fetch(from: From, host: String, authcid: String) -> Result<Secret, String> {
    match from {
        From::Command(command) => run(&command).await,
        from => {
            let found = spawn_blocking(move || password::fetch(&from, &host, Some(&authcid))).await;
            let found = found.map_err(|error| error.to_string())??;
            Ok(found.secret)
        }
    }
}

/// Ends a command and all that it started.
struct Group(Option<rustix::process::Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // It is gone already, most often.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}

/// The sentence for a command of `password_from`: `why` goes on with it.
pub(super) fn no_password(why: &str) -> String {
    format!(
        "The command of password_from {why}. Type the password, or F7 runs it with the terminal."
    )
}

/// The first line that a command prints. The terminal is the screen's: the command has a process group of
/// its own and so cannot take it, and gpg is not told where it is. One that must ask fails, or is stopped by
/// the terminal; then the user may lend it the terminal ([`super::outside::ask`]).
async fn run(command: &str) -> Result<Secret, String> {
    let failed = |why: String| no_password(&why);
    let mut changes = signal(SignalKind::child())
        .map_err(|error| failed(format!("cannot be watched: {error}")))?;
    let mut child = Command::new("sh")
        .args(["-c", command])
        .env_remove("GPG_TTY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("cannot be started: {error}")))?;
    let pid = child.id().and_then(|id| i32::try_from(id).ok());
    let pid = pid.and_then(rustix::process::Pid::from_raw);
    let group = Group(pid);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let stopped = async {
        loop {
            changes.recv().await;
            if pid.is_some_and(is_stopped) {
                break;
            }
        }
    };
    let ended = async {
        let (printed, complaint) = tokio::join!(all(stdout), all(stderr));
        (printed, complaint, child.wait().await)
    };
    let (printed, complaint, status) = tokio::select! {
        ended = ended => ended,
        () = stopped => return Err(failed("wants to ask on the terminal".to_owned())),
    };
    drop(group);
    match status {
        Ok(status) if status.success() => {
            password::first_line(printed).map_err(|why| failed(format!("gave none: {why}")))
        }
        Ok(status) => {
            let said = String::from_utf8_lossy(&complaint);
            let last = said.lines().rev().find(|line| !line.trim().is_empty());
            let last: String = last.unwrap_or("nothing").chars().take(SHOWN).collect();
            Err(failed(format!("failed ({status}) and said: {last}")))
        }
        Err(error) => Err(failed(format!("failed: {error}"))),
    }
}

/// Whether a process of ours was stopped, as by SIGTTIN when it reads a terminal that is not its own.
fn is_stopped(pid: rustix::process::Pid) -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    // Looked at only: who waits for its end still gets to hear of it.
    let look = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(waitid(WaitId::Pid(pid), look), Ok(Some(_)))
}

async fn all(from: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut text = Vec::with_capacity(4096);
    if let Some(from) = from {
        // What was read before an error counts.
        let _ = from.take(LONGEST).read_to_end(&mut text).await;
    }
    text
}

fn with_keyring(act: Act, slot: &Slot, secret: Option<&Secret>) -> String {
    let done = match (act, secret) {
        (Act::Store, Some(secret)) => keyring::keep(slot, secret)
            .map(|()| format!("The password of {slot} is in the keyring (service imapsh).")),
        (Act::Store, None) => Err("there is no password to keep".to_owned()),
        (Act::Forget, _) => keyring::forget(slot)
            .map(|()| format!("The password of {slot} is no longer in the keyring.")),
        (Act::Check, _) => keyring::read(slot)
            .map(|_| format!("The keyring has a password of {slot} (service imapsh).")),
    };
    done.unwrap_or_else(|why| format!("Keyring: {why}."))
}

async fn offers(server: Asked, mut handle: Handle) -> Result<Offers, String> {
    let (mut offered, mut line) = (None, LineSafety::Plain);
    while let Some(notice) = handle.notices.recv().await {
        match notice {
            Notice::Events { events, .. } => {
                for event in events {
                    if let Event::Capabilities(Some(capabilities)) = event {
                        offered = Some(capabilities);
                    }
                }
            }
            Notice::Progress(Progress::Secured(safety)) => line = safety,
            Notice::Ready => break,
            Notice::Ended { sentence, .. } => return Err(sentence),
            _ => {}
        }
    }
    // A task that has ended needs no telling.
    let _ = handle
        .requests
        .send(Request::Submit(crate::wire::Command::line(
            crate::wire::Origin::Program,
            "LOGOUT",
        )));
    while let Some(notice) = handle.notices.recv().await {
        if matches!(notice, Notice::Ended { .. }) {
            break;
        }
    }
    match offered {
        Some(capabilities) => Ok(Offers {
            server,
            line,
            capabilities,
        }),
        None => Err("The server did not say what it offers.".to_owned()),
    }
}
