//! What may take long and is done beside the screen: a password fetched from a command or the keyring, the
//! keyring filled, a server asked what it offers. The screen stays live meanwhile, and Ctrl+C stops it.

use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::task::{AbortHandle, JoinSet, spawn_blocking};

use super::tabs::TabId;
use crate::channel::{Notice, Plan, Request};
use crate::config::keyring::{self, Act, Slot};
use crate::config::password::{self, From};
use crate::link::Handle;
use crate::sasl::Secret;
use crate::session::Event;

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

/// The mechanisms that a server offers to those who ask on this line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offers {
    /// Where they were offered.
    pub server: Asked,
    /// Their names; `LOGIN command` behind them, if that is allowed.
    pub names: Vec<String>,
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
    /// Out of the capabilities.
    pub fn of(server: Asked, capabilities: &crate::wire::CapabilitySet) -> Offers {
        let mut names = capabilities.mechanisms();
        if !capabilities.has("LOGINDISABLED") {
            names.push("LOGIN command".to_owned());
        }
        Offers { server, names }
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

/// The first line that a command prints. The terminal is the screen's: the command has a process group of
/// its own and so cannot take it, and gpg is not told where it is. One that must ask fails, and says why.
async fn run(command: &str) -> Result<Secret, String> {
    let failed = |why: String| format!("The command of password_from {why}. Type the password.");
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
    let group = Group(pid.and_then(rustix::process::Pid::from_raw));
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (printed, complaint) = tokio::join!(all(stdout), all(stderr));
    let status = child.wait().await;
    drop(group);
    match status {
        Ok(status) if status.success() => password::first_line(printed, "the command")
            .map_err(|why| failed(format!("gave none: {why}"))),
        Ok(status) => {
            let said = String::from_utf8_lossy(&complaint);
            let last = said.lines().rev().find(|line| !line.trim().is_empty());
            let last: String = last.unwrap_or("nothing").chars().take(SHOWN).collect();
            Err(failed(format!("failed ({status}) and said: {last}")))
        }
        Err(error) => Err(failed(format!("failed: {error}"))),
    }
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
    let mut offered = None;
    while let Some(notice) = handle.notices.recv().await {
        match notice {
            Notice::Events { events, .. } => {
                for event in events {
                    if let Event::Capabilities(Some(capabilities)) = event {
                        offered = Some(Offers::of(server.clone(), &capabilities));
                    }
                }
            }
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
    offered.ok_or_else(|| "The server did not say what it offers.".to_owned())
}
