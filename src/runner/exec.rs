//! `exec`: commands in order, each waited for, then LOGOUT.

mod tls;
mod told;

use std::future::Future;
use std::io::Write;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncWrite};
use tokio::time::Instant;

use super::output::{self, Printer, Style};
use super::password::{self, Ask};
use super::safe::{Care, Cleared};
use super::source::{Source, SourceError, Step, Want};
use super::{exit, timing};
use crate::channel::{Notice, Request};
use crate::link::Handle;
use crate::session::{Awaiting, CloseCause, CommandId, Event, Reply};
use crate::tui::printable;
use crate::wire::response::{Response, Status, Untagged};
use crate::wire::{CapabilitySet, Command, Direction, Origin};

/// How long a server may take to answer LOGOUT, or to close behind a BYE.
const PATIENCE: Duration = Duration::from_secs(5);

/// One run of `exec`.
pub struct Exec<R, W, E> {
    /// The connection, being opened.
    pub handle: Handle,
    /// The commands.
    pub source: Source<R>,
    /// stdout.
    pub out: W,
    /// How stdout shows bytes.
    pub style: Style,
    /// stderr: warnings, alarms, why it ended.
    pub errors: E,
    /// Whether stderr tells where opening the connection stands.
    pub progress: bool,
    /// Whether stderr tells all of TLS: version, chain, verdict.
    pub verbose: bool,
    /// Who is asked for a password.
    pub ask: Ask,
    /// How careful it is.
    pub care: Care,
}

/// Where the conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Greeting, TLS, login.
    Opening,
    /// Nothing is in flight.
    Free,
    /// A command is.
    Running {
        /// Its name, once it has gone out.
        command: Option<CommandId>,
        /// It is a LOGOUT.
        logout: bool,
        /// The server said `+` to it. Before that a DONE would be too early: IDLE may be refused.
        continued: bool,
    },
    /// LOGOUT is in flight, or BYE came: only the end is waited for, until the deadline.
    Closing,
}

struct Run<R, W, E> {
    handle: Handle,
    source: Source<R>,
    printer: Printer<W>,
    errors: E,
    progress: bool,
    verbose: bool,
    ask: Ask,
    care: Care,
    /// What the server offers.
    capabilities: Option<CapabilitySet>,
    phase: Phase,
    awaiting: Awaiting,
    deadline: Option<Instant>,
    /// The connection is over; the notice that says why comes next.
    over: bool,
    /// The exit code so far.
    code: u8,
    /// Tag and verb of what is in flight, for `-v`.
    names: Vec<(CommandId, String)>,
}

/// Runs the commands until the end, or until `stop` says with which code to stop. Returns the exit
/// code ([`exit`]).
pub async fn exec<R, W, E>(job: Exec<R, W, E>, stop: impl Future<Output = u8>) -> u8
where
    R: AsyncBufRead + Unpin,
    W: AsyncWrite + Unpin,
    E: Write,
{
    let mut run = Run {
        handle: job.handle,
        source: job.source,
        printer: Printer::new(job.out, job.style),
        errors: job.errors,
        progress: job.progress,
        verbose: job.verbose,
        ask: job.ask,
        care: job.care,
        capabilities: None,
        phase: Phase::Opening,
        awaiting: Awaiting::Command,
        deadline: None,
        over: false,
        code: exit::DONE,
        names: Vec::new(),
    };
    let stopped = tokio::select! {
        biased;
        code = stop => Some(code),
        result = run.converse() => {
            if let Err(error) = result {
                run.say(&format!("stdout cannot be written: {error}"));
                run.code = exit::USAGE;
            }
            None
        }
    };
    // Whoever was stopped while the reader of stdout sleeps must not wait for that reader.
    let last = async {
        let _ = run.printer.end_line().await;
        let _ = run.printer.flush().await;
    };
    match stopped {
        Some(code) => {
            let _ = tokio::time::timeout(Duration::from_millis(200), last).await;
            let _ = run.handle.requests.send(Request::Close);
            code
        }
        None => {
            last.await;
            run.code
        }
    }
}

/// What woke the conversation.
enum Woken {
    Notice(Option<Notice>),
    Step(Want, Result<Option<Step>, SourceError>),
    Deadline,
}

impl<R: AsyncBufRead + Unpin, W: AsyncWrite + Unpin, E: Write> Run<R, W, E> {
    async fn converse(&mut self) -> std::io::Result<()> {
        loop {
            let woken = self.woken().await;
            match woken {
                Woken::Notice(None) => return Ok(()),
                Woken::Notice(Some(notice)) => {
                    let last = matches!(notice, Notice::Ended { .. });
                    self.on_notice(notice).await?;
                    if last || self.handle.notices.is_empty() {
                        self.printer.flush().await?;
                    }
                    if last {
                        return Ok(());
                    }
                }
                Woken::Deadline => {
                    self.say("the server does not close the connection; it is dropped");
                    let _ = self.handle.requests.send(Request::Close);
                    return Ok(());
                }
                Woken::Step(_, Ok(Some(step))) => self.take(step),
                Woken::Step(Want::Answer, Ok(None)) => {
                    self.say(
                        "the server asks for an answer and there is none: pipe the commands into \
                         stdin, one answer a line; cancelled",
                    );
                    self.respond(Reply::Cancel);
                }
                Woken::Step(_, Ok(None)) => self.log_out(),
                Woken::Step(want, Err(error)) => {
                    self.say(&format!("{error}; nothing more is sent"));
                    self.worse(exit::USAGE);
                    if want == Want::Answer {
                        self.respond(Reply::Cancel);
                    }
                    self.log_out();
                }
            }
        }
    }

    async fn woken(&mut self) -> Woken {
        let want = match (self.phase, self.awaiting) {
            _ if self.over => None,
            (Phase::Free, _) => Some(Want::Command),
            (
                Phase::Running {
                    continued: true, ..
                },
                Awaiting::IdleDone,
            ) => Some(Want::Done),
            (Phase::Running { .. }, Awaiting::Challenge) => Some(Want::Answer),
            _ => None,
        };
        let deadline = self.deadline.unwrap_or_else(Instant::now);
        let late = tokio::time::sleep_until(deadline);
        let (notices, source) = (&mut self.handle.notices, &mut self.source);
        match want {
            None => tokio::select! {
                () = late, if self.deadline.is_some() => Woken::Deadline,
                notice = notices.recv() => Woken::Notice(notice),
            },
            // A BYE that is here already must be seen before the next command goes out.
            Some(Want::Command) => tokio::select! {
                biased;
                notice = notices.recv() => Woken::Notice(notice),
                step = source.next(Want::Command) => Woken::Step(Want::Command, step),
            },
            // Whatever the server floods us with while we idle, DONE is heard.
            Some(want) => tokio::select! {
                notice = notices.recv() => Woken::Notice(notice),
                step = source.next(want) => Woken::Step(want, step),
            },
        }
    }

    async fn on_notice(&mut self, notice: Notice) -> std::io::Result<()> {
        if !matches!(notice, Notice::Events { .. }) {
            // stderr is not to overtake stdout: often both are one terminal.
            self.printer.flush().await?;
        }
        match notice {
            Notice::Progress(progress) => self.on_progress(&progress),
            Notice::Events { events, .. } => {
                for event in events {
                    self.on_event(event).await?;
                }
            }
            Notice::PasswordWanted { authcid, authzid } => {
                self.on_password_wanted(&authcid, authzid.as_deref()).await;
            }
            Notice::LoggedIn {
                authcid,
                authzid,
                mechanism,
            } if self.progress => {
                let authcid = authcid.as_deref().unwrap_or("somebody");
                let whom = authzid.as_deref().unwrap_or(authcid);
                self.say(&format!("AS {whom} (auth {authcid}, {mechanism})"));
            }
            Notice::LoggedIn { .. } => {}
            Notice::LoginFailed(sentence) => {
                self.say(&sentence);
                self.worse(exit::CONNECTION);
                self.log_out();
            }
            Notice::Ready if self.phase == Phase::Opening => self.phase = Phase::Free,
            Notice::Ready => {}
            Notice::Refused(sentence) => {
                self.say(&sentence);
                self.worse(exit::CONNECTION);
                if matches!(self.phase, Phase::Running { .. }) {
                    self.phase = Phase::Free;
                }
            }
            Notice::Warning(sentence) => self.say(&sentence),
            Notice::Tls(report) => self.on_tls(&report),
            Notice::Info(sentence) if self.progress => self.say(&sentence),
            Notice::Info(_) | Notice::Gauge(_) | Notice::Remark { .. } => {}
            Notice::Took { part, time } if self.verbose => self.say(&timing::opening(part, time)),
            Notice::Took { .. } => {}
            Notice::Ended { cause, sentence } => self.on_ended(&cause, &sentence).await,
        }
        Ok(())
    }

    async fn on_event(&mut self, event: Event) -> std::io::Result<()> {
        match event {
            Event::Received(piece) => self.printer.piece(Direction::Server, &piece).await?,
            Event::Sent { piece, .. } => self.printer.piece(Direction::Client, &piece).await?,
            Event::Started {
                command: id,
                tag,
                origin,
                verb,
            } => {
                if self.verbose {
                    let tag = tag.as_ref().map(ToString::to_string).unwrap_or_default();
                    let name = printable::line(format!("{tag} {verb}").trim());
                    self.names.push((id, name));
                }
                if origin == Origin::User
                    && let Phase::Running {
                        command: command @ None,
                        ..
                    } = &mut self.phase
                {
                    *command = Some(id);
                }
            }
            // A BYE that nobody asked for: nothing more is sent, and the server has its time to close.
            Event::Response {
                response: Response::Untagged(Untagged::Status(status)),
                ..
            } if status.status == Status::Bye && self.bye_is_news() => {
                self.worse(exit::REFUSED);
                self.close();
            }
            Event::Response {
                response: Response::Continuation(_),
                command: Some(id),
            } => {
                if let Phase::Running {
                    command, continued, ..
                } = &mut self.phase
                    && *command == Some(id)
                {
                    *continued = true;
                }
            }
            Event::Completed {
                command,
                status,
                elapsed,
            } => {
                if self.verbose {
                    self.printer.flush().await?;
                    let at = self.names.iter().position(|(id, _)| *id == command);
                    let name = at.map(|at| self.names.swap_remove(at).1);
                    let name = name.unwrap_or_default();
                    self.say(&timing::command(&name, &status, elapsed));
                }
                self.on_completed(command, Some(status.status));
            }
            Event::Abandoned { command } => self.on_completed(command, None),
            Event::Awaiting(awaiting) => self.awaiting = awaiting,
            Event::Capabilities(set) => self.capabilities = set,
            Event::Violation(violation) => {
                self.printer.flush().await?;
                self.on_violation(&violation);
            }
            Event::Closed(_) => self.over = true,
            _ => {}
        }
        Ok(())
    }

    fn bye_is_news(&self) -> bool {
        matches!(
            self.phase,
            Phase::Free | Phase::Running { logout: false, .. }
        )
    }

    fn on_completed(&mut self, id: CommandId, status: Option<Status>) {
        let Phase::Running {
            command: Some(running),
            logout,
            ..
        } = self.phase
        else {
            return;
        };
        if running != id {
            return;
        }
        if status != Some(Status::Ok) {
            self.worse(exit::REFUSED);
        }
        if logout && status == Some(Status::Ok) {
            self.close();
        } else {
            self.phase = Phase::Free;
        }
    }

    async fn on_ended(&mut self, cause: &CloseCause, sentence: &str) {
        if !sentence.is_empty() {
            self.say(sentence);
        }
        let left = self.source.left().await;
        let sentence = match left {
            1 => "1 command was not sent".to_owned(),
            left => format!("{left} commands were not sent"),
        };
        if left > 0 && self.phase != Phase::Opening {
            self.say(&sentence);
        }
        let unfinished = left > 0 || matches!(self.phase, Phase::Free | Phase::Running { .. });
        match (self.phase, cause) {
            (Phase::Opening, _) => self.worse(exit::CONNECTION),
            (_, CloseCause::Logout | CloseCause::Bye(_)) if unfinished => self.worse(exit::REFUSED),
            (_, CloseCause::Closed | CloseCause::Failed(_) | CloseCause::Local) if unfinished => {
                self.worse(exit::CONNECTION);
            }
            _ => {}
        }
    }

    async fn on_password_wanted(&mut self, authcid: &str, authzid: Option<&str>) {
        let prompt = printable::line(&password::prompt(authcid, authzid));
        let answer = match password::wait(&self.ask, prompt).await {
            Ok(secret) => Some(secret),
            Err(error) => {
                self.say(&password::nobody_to_ask(authcid, &error));
                self.worse(exit::CONNECTION);
                None
            }
        };
        let _ = self.handle.requests.send(Request::Password(answer));
        if self.code == exit::CONNECTION {
            self.log_out();
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Respond(reply) => self.respond(reply),
            Step::Send(command) => {
                let cleared = self.care.judge(*command, self.capabilities.as_ref());
                let command = match cleared {
                    Ok(Cleared { command, note }) => {
                        note.iter().for_each(|sentence| self.say(sentence));
                        command
                    }
                    Err(sentence) => {
                        self.say(&sentence);
                        self.worse(exit::UNSAFE);
                        return self.log_out();
                    }
                };
                let logout = command.verb() == "LOGOUT";
                self.phase = Phase::Running {
                    command: None,
                    logout,
                    continued: false,
                };
                let _ = self.handle.requests.send(Request::Submit(command));
            }
        }
    }

    fn respond(&mut self, reply: Reply) {
        // The session says what is awaited next; until then nothing is.
        self.awaiting = Awaiting::Command;
        let _ = self.handle.requests.send(Request::Respond(reply));
    }

    fn log_out(&mut self) {
        if self.phase != Phase::Closing {
            let _ = self
                .handle
                .requests
                .send(Request::Submit(Command::line(Origin::Program, "LOGOUT")));
            self.close();
        }
    }

    fn close(&mut self) {
        self.phase = Phase::Closing;
        self.deadline = Some(Instant::now() + PATIENCE);
    }

    /// Keeps the first thing that went wrong, but for a NO, which a lost connection outweighs.
    fn worse(&mut self, code: u8) {
        if self.code == exit::DONE || self.code == exit::REFUSED {
            self.code = code;
        }
    }

    fn say(&mut self, sentence: &str) {
        output::say(&mut self.errors, sentence);
    }
}
