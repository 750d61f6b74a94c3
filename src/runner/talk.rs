//! One connection of a mode: opened, one command after another, logged out; a signal ends every wait.
//!
//! What goes wrong is said on stderr at once; [`Over`] carries no more than the exit code.

use std::io::Write;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::{exit, output, password};
use crate::channel::{Notice, Request};
use crate::link::Handle;
use crate::runner::password::Ask;
use crate::session::{CloseCause, CommandId, Event};
use crate::tui::printable;
use crate::wire::response::{Status, StatusResponse};
use crate::wire::{Command, Origin};

/// How long a server may take to answer LOGOUT.
const PATIENCE: Duration = Duration::from_secs(5);

/// Exit codes of the signals, as they come. Nothing comes where nobody listens for any.
pub type Signals = mpsc::UnboundedReceiver<u8>;

/// The mode cannot go on; the exit code that says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Over(pub u8);

/// A command's completion result.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Which, and the server's words.
    pub status: StatusResponse,
    /// From the last octet of the command to this.
    pub elapsed: Duration,
}

/// The connection.
pub struct Talk<'a, E> {
    handle: Handle,
    /// stderr.
    pub errors: &'a mut E,
    ask: &'a Ask,
    signals: &'a mut Signals,
    ended: bool,
}

impl<'a, E: Write> Talk<'a, E> {
    /// Over `handle`, which is being opened.
    pub fn new(
        handle: Handle,
        errors: &'a mut E,
        ask: &'a Ask,
        signals: &'a mut Signals,
    ) -> Talk<'a, E> {
        Talk {
            handle,
            errors,
            ask,
            signals,
            ended: false,
        }
    }

    /// Waits until the opening is over; `watch` sees every notice.
    pub async fn open(&mut self, watch: &mut dyn FnMut(&Notice)) -> Result<(), Over> {
        loop {
            let notice = self.notice().await?;
            watch(&notice);
            match notice {
                Notice::Ready => return Ok(()),
                Notice::PasswordWanted { authcid, authzid } => {
                    self.password(&authcid, authzid.as_deref()).await?;
                }
                Notice::LoginFailed(sentence) => {
                    self.say(&sentence);
                    self.log_out().await;
                    return Err(Over(exit::CONNECTION));
                }
                _ => {}
            }
        }
    }

    /// Sends `command` and waits for its completion result; `watch` sees every event until then.
    pub async fn command(
        &mut self,
        command: Command,
        watch: &mut dyn FnMut(&Event),
    ) -> Result<Answer, Over> {
        self.send(Request::Submit(command));
        let mut ours: Option<CommandId> = None;
        loop {
            let events = match self.notice().await? {
                Notice::Events { events, .. } => events,
                // It was not sent, and the sentence has been said.
                Notice::Refused(_) => return Err(Over(exit::CONNECTION)),
                _ => continue,
            };
            for event in events {
                watch(&event);
                match event {
                    Event::Started {
                        command,
                        origin: Origin::User,
                        ..
                    } => ours = Some(command),
                    Event::Completed {
                        command,
                        status,
                        elapsed,
                    } if ours == Some(command) => return Ok(Answer { status, elapsed }),
                    _ => {}
                }
            }
        }
    }

    /// As [`Talk::command`], for a command without which there is no going on: a NO or BAD is said.
    pub async fn must(&mut self, command: Command) -> Result<Answer, Over> {
        let verb = command.verb();
        let answer = self.command(command, &mut |_| {}).await?;
        self.accepted(&verb, &answer)?;
        Ok(answer)
    }

    /// Says so when `answer` is NO or BAD.
    pub fn accepted(&mut self, verb: &str, answer: &Answer) -> Result<(), Over> {
        if answer.status.status == Status::Ok {
            return Ok(());
        }
        self.say(&format!("{verb} was refused: {}", words(&answer.status)));
        Err(Over(exit::REFUSED))
    }

    /// Whether the connection has not been seen to end.
    pub fn is_open(&self) -> bool {
        !self.ended
    }

    /// LOGOUT, and the end of the connection; both within [`PATIENCE`].
    pub async fn log_out(&mut self) {
        self.ended = true;
        self.send(Request::Submit(Command::line(Origin::Program, "LOGOUT")));
        let deadline = Instant::now() + PATIENCE;
        loop {
            let notice = tokio::select! {
                notice = timeout_at(deadline, self.handle.notices.recv()) => notice,
                Some(_) = self.signals.recv() => break,
            };
            match notice {
                Ok(None | Some(Notice::Ended { .. })) => return,
                Ok(Some(_)) => {}
                Err(_) => break,
            }
        }
        self.send(Request::Close);
    }

    /// The next notice. What any mode must tell is told here.
    pub async fn notice(&mut self) -> Result<Notice, Over> {
        let notice = tokio::select! {
            biased;
            Some(code) = self.signals.recv() => return Err(Over(code)),
            notice = self.handle.notices.recv() => notice,
        };
        match &notice {
            None => {
                self.ended = true;
                return Err(Over(exit::CONNECTION));
            }
            Some(Notice::Progress(progress)) => {
                if let Some(sentence) = output::danger(progress) {
                    self.say(sentence);
                }
            }
            Some(Notice::Warning(sentence) | Notice::Refused(sentence)) => {
                let sentence = sentence.clone();
                self.say(&sentence);
            }
            Some(Notice::Ended { cause, sentence }) => {
                self.ended = true;
                let refused = matches!(cause, CloseCause::Bye(_) | CloseCause::Logout);
                let sentence = match sentence.as_str() {
                    "" => "The connection ended before everything was done.".to_owned(),
                    sentence => sentence.to_owned(),
                };
                self.say(&sentence);
                return Err(Over(if refused {
                    exit::REFUSED
                } else {
                    exit::CONNECTION
                }));
            }
            _ => {}
        }
        Ok(notice.unwrap_or(Notice::Ready))
    }

    /// Asks the connection task for something.
    pub fn send(&self, request: Request) {
        // A task that has ended has told so, or will.
        let _ = self.handle.requests.send(request);
    }

    /// Tells a sentence on stderr.
    pub fn say(&mut self, sentence: &str) {
        output::say(self.errors, sentence);
    }

    async fn password(&mut self, authcid: &str, authzid: Option<&str>) -> Result<(), Over> {
        let prompt = printable::line(&password::prompt(authcid, authzid));
        let answer = tokio::select! {
            Some(code) = self.signals.recv() => return Err(Over(code)),
            answer = password::wait(self.ask, prompt) => answer,
        };
        match answer {
            Ok(secret) => {
                self.send(Request::Password(Some(secret)));
                Ok(())
            }
            Err(error) => {
                self.say(&password::nobody_to_ask(authcid, &error));
                self.send(Request::Password(None));
                self.log_out().await;
                Err(Over(exit::CONNECTION))
            }
        }
    }
}

/// The server's words of a status response, shortened, or its bare status.
pub fn words(status: &StatusResponse) -> String {
    let text = printable::line(String::from_utf8_lossy(&status.text).trim());
    if text.is_empty() {
        return format!("{:?}", status.status).to_ascii_uppercase();
    }
    output::shortened(&text)
}
