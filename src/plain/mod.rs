//! FACE 3. `--plain`: cooked lines instead of a full screen, for screen readers, `TERM=dumb` and pipes.
//!
//! Knows: the console, the connection task's handle, lines in and lines out. Never moves a cursor, never
//! clears anything, colours nothing unless asked.
//! Must not know: screens, keys, sockets.
//! To add a verb: a row in `console/local.rs`, its arm in `verbs.rs`.

mod ask;
mod input;
mod leave;
mod question;
mod show;
mod verbs;

use std::io::Write;
use std::path::PathBuf;

use tokio::time::{Duration, Instant, sleep_until};

use crate::channel::{Notice, Plan, Request};
use crate::console::{Console, Phase, Settings, Submission, SubmitMode};
use crate::link::Handle;
use crate::runner::password::Ask;
use crate::runner::talk::Signals;
use crate::runner::{exit, output};
use crate::session::{Awaiting, CloseCause, Event};
use crate::wire::Origin;
use crate::wire::response::Status;
pub use input::Lines;
use show::Show;

/// How long a server may take to answer LOGOUT.
const PATIENCE: Duration = Duration::from_secs(5);

/// What it is started with.
pub struct Setup<W> {
    /// Where to connect at once; `None`: `:connect` says where.
    pub plan: Option<Plan>,
    /// How to connect.
    pub connector: Box<dyn FnMut(Plan) -> Handle + Send>,
    /// How the console is set up.
    pub console: Settings,
    /// The config file, for the profiles of `:connect`.
    pub config: Option<PathBuf>,
    /// A mailbox to open with EXAMINE after the login.
    pub mailbox: Option<String>,
    /// What is typed.
    pub lines: Lines,
    /// Whether somebody types: then there is a prompt, and a line may be typed while a command runs. Else
    /// each command is waited for, and a NO or BAD is in the exit code.
    pub interactive: bool,
    /// What safe mode asks about is confirmed where nobody types (`--yes`).
    pub yes: bool,
    /// Colours (`--color always`).
    pub colour: bool,
    /// stdout.
    pub out: W,
    /// Who is asked for a password, without echo.
    pub ask: Ask,
    /// Signals; Ctrl+C steps back first.
    pub signals: Signals,
}

/// What the next line of input is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pending {
    /// A command, or a verb.
    Nothing,
    /// The rest of this.
    More(String),
    /// Empty: this is sent; else another command.
    Recalled(String),
    /// Empty: this is sent although it is no known command; else another command.
    Confirm(String),
    /// The user to log in as.
    User,
    /// `y` sends what safe mode asks about; whether the question was shown.
    Question(bool),
}

struct Plain<W> {
    console: Console,
    handle: Option<Handle>,
    connector: Box<dyn FnMut(Plan) -> Handle + Send>,
    plan: Option<Plan>,
    config: Option<PathBuf>,
    mailbox: Option<String>,
    pending: Pending,
    show: Show<W>,
    interactive: bool,
    yes: bool,
    ask: Ask,
    /// Somebody was logged in, or nobody was wanted.
    code: u8,
    /// LOGOUT is out: until then we wait for its answer.
    leaving: Option<Instant>,
    /// What is opened when the connection has ended.
    next: Option<Plan>,
    /// Commands given to the connection that it has not begun.
    given: usize,
    /// An answer (DONE, a literal) that the connection has not taken.
    answered: bool,
    /// Ctrl+C once more quits.
    armed: bool,
    /// Nothing more is typed.
    ended: bool,
    done: bool,
}

enum Woken {
    Signal(u8),
    Notice(Option<Notice>),
    Line(std::io::Result<Option<String>>),
    Late,
}

/// Runs until the user leaves; returns the exit code. Needs a tokio runtime.
///
/// # Errors
/// stdout cannot be written.
pub async fn run<W: Write>(setup: Setup<W>) -> std::io::Result<u8> {
    let Setup {
        plan,
        connector,
        console,
        config,
        mailbox,
        mut lines,
        interactive,
        yes,
        colour,
        out,
        ask,
        mut signals,
    } = setup;
    let mut plain = Plain {
        console: Console::new(console),
        handle: None,
        connector,
        plan: None,
        config,
        mailbox,
        pending: Pending::Nothing,
        show: Show::new(out, colour, interactive),
        interactive,
        yes,
        ask,
        code: exit::DONE,
        leaving: None,
        next: None,
        given: 0,
        answered: false,
        armed: false,
        ended: false,
        done: false,
    };
    match plan {
        Some(plan) => plain.connect(plan),
        None => plain.show.say("There is no connection. :connect HOST, :connect @profile or :connect imaps://user@host opens one; ? lists the verbs, :q quits.")?,
    }
    while !plain.done {
        plain.show.transcript(&plain.console)?;
        let wants = plain.wants_line();
        // While a command runs its answer is waited for, without a prompt before it.
        if wants && plain.is_idle() {
            plain.show.prompt(&plain.console, &plain.pending)?;
        }
        plain.show.flush()?;
        let late = plain.leaving.unwrap_or_else(Instant::now);
        let woken = tokio::select! {
            biased;
            Some(code) = signals.recv() => Woken::Signal(code),
            notice = next_notice(&mut plain.handle), if plain.handle.is_some() => Woken::Notice(notice),
            line = lines.next(), if wants => Woken::Line(line),
            () = sleep_until(late), if plain.leaving.is_some() => Woken::Late,
        };
        match woken {
            Woken::Signal(code) => plain.signal(code)?,
            Woken::Notice(Some(notice)) => plain.notice(notice, &mut signals).await?,
            Woken::Notice(None) => plain.handle = None,
            Woken::Line(Ok(Some(line))) => plain.line(&line)?,
            Woken::Line(Ok(None)) => {
                plain.ended = true;
                plain.quit()?;
            }
            Woken::Line(Err(error)) => {
                plain.show.say(&format!("stdin cannot be read: {error}"))?;
                plain.code = exit::USAGE;
                plain.ended = true;
                plain.quit()?;
            }
            Woken::Late => {
                plain
                    .show
                    .say("The server does not answer LOGOUT; the connection is dropped.")?;
                plain.drop_line();
            }
        }
    }
    plain.show.transcript(&plain.console)?;
    plain.show.end()?;
    Ok(plain.code)
}

async fn next_notice(handle: &mut Option<Handle>) -> Option<Notice> {
    match handle {
        Some(handle) => handle.notices.recv().await,
        None => std::future::pending().await,
    }
}

impl<W: Write> Plain<W> {
    fn connect(&mut self, plan: Plan) {
        // The old task closes its connection when its requests end.
        self.handle = None;
        self.console.connection_opened(plan.place.host());
        self.plan = Some(plan.clone());
        self.leaving = None;
        self.pending = Pending::Nothing;
        (self.given, self.answered) = (0, false);
        self.handle = Some((self.connector)(plan));
    }

    fn send(&mut self, requests: Vec<Request>) {
        let Some(handle) = &self.handle else { return };
        for request in requests {
            // DONE is no command and is never begun.
            let begins = matches!(&request, Request::Submit(command) if command.verb() != "DONE");
            self.given += usize::from(begins);
            self.answered |= !begins && !matches!(request, Request::Password(_));
            // A task that has ended has told so, or will.
            let _ = handle.requests.send(request);
        }
    }

    /// Whether a line is to be read now. Never while a password is asked for: that reads the terminal, too.
    fn wants_line(&self) -> bool {
        if self.ended || self.leaving.is_some() || self.console.password_wanted().is_some() {
            return false;
        }
        match self.console.phase() {
            Phase::Opening(_) => false,
            Phase::NotConnected | Phase::Ended { .. } => true,
            Phase::Ready => match self.console.awaiting() {
                // The answer to a challenge is asked for without echo.
                Awaiting::Challenge => false,
                Awaiting::GoAhead => false,
                Awaiting::IdleDone | Awaiting::Literal { .. } | Awaiting::LineRest => true,
                Awaiting::Command => self.interactive || self.is_idle(),
            },
        }
    }

    /// Nothing is under way but what waits for the user.
    fn is_idle(&self) -> bool {
        self.given == 0
            && !self.answered
            && (self.console.in_flight() == 0 || self.console.awaiting() != Awaiting::Command)
    }

    async fn notice(&mut self, notice: Notice, signals: &mut Signals) -> std::io::Result<()> {
        let logged_in = matches!(notice, Notice::LoggedIn { .. });
        let ready = matches!(notice, Notice::Ready);
        match &notice {
            Notice::Progress(progress) => {
                if let Some(danger) = output::danger(progress) {
                    self.show.say(danger)?;
                }
            }
            Notice::LoggedIn {
                authcid, authzid, ..
            } => {
                let authcid = authcid.as_deref().unwrap_or("somebody");
                let whom = authzid.as_deref().unwrap_or(authcid);
                self.show.say(&format!("AS {whom} (auth {authcid})"))?;
            }
            Notice::Events { events, .. } => {
                let begun = |e: &&Event| matches!(e, Event::Started { .. });
                self.answered = false;
                self.given = self
                    .given
                    .saturating_sub(events.iter().filter(begun).count());
            }
            Notice::Refused(_) => (self.given, self.answered) = (0, false),
            Notice::LoginFailed(_) => self.worse(exit::CONNECTION),
            Notice::Ended { cause, .. }
                if !matches!(cause, CloseCause::Logout | CloseCause::Local) =>
            {
                self.worse(exit::CONNECTION);
            }
            _ => {}
        }
        let ended = matches!(notice, Notice::Ended { .. });
        let asks = match &notice {
            Notice::PasswordWanted { authcid, authzid } => Some((authcid.clone(), authzid.clone())),
            _ => None,
        };
        let before = self.console.last_command().map(|c| c.tag.clone());
        let requests = self.console.on_notice(notice);
        self.send(requests);
        self.ask_about()?;
        if !self.interactive
            && let Some(last) = self.console.last_command()
            && Some(&last.tag) != before.as_ref()
            && last.origin == Origin::User
            && last.status != Status::Ok
        {
            self.worse(exit::REFUSED);
        }
        if let Some((authcid, authzid)) = asks {
            self.show.transcript(&self.console)?;
            self.password(&authcid, authzid.as_deref(), signals).await?;
        }
        if self.console.awaiting() == Awaiting::Challenge {
            self.show.transcript(&self.console)?;
            self.challenge(signals).await?;
        }
        if (ready || logged_in)
            && *self.console.phase() == Phase::Ready
            && self.console.identity().is_logged_in()
            && let Some(mailbox) = self.mailbox.take()
        {
            let name = match crate::catalog::accepts_utf8(self.console.model()) {
                true => mailbox,
                false => crate::wire::mutf7::encode(&mailbox),
            };
            let requests = self.console.open_mailbox(name.as_bytes());
            self.send(requests);
        }
        if ended {
            self.handle = None;
            let quits = self.leaving.take().is_some() || self.ended;
            match self.next.take() {
                Some(plan) => self.connect(plan),
                None if quits => self.done = true,
                None => {}
            }
        }
        Ok(())
    }

    /// Keeps the first thing that went wrong, but for a NO, which a lost connection outweighs.
    fn worse(&mut self, code: u8) {
        if self.code == exit::DONE || self.code == exit::REFUSED {
            self.code = code;
        }
    }

    fn line(&mut self, line: &str) -> std::io::Result<()> {
        self.armed = false;
        self.show.typed();
        let pending = std::mem::replace(&mut self.pending, Pending::Nothing);
        let (text, mode) = match pending {
            Pending::User => return self.log_in(line.trim()),
            Pending::Question(shown) => return self.answer(line.trim(), shown),
            Pending::More(before) => (format!("{before}\n{line}"), SubmitMode::Normal),
            Pending::Recalled(text) if line.trim().is_empty() => (text, SubmitMode::Normal),
            Pending::Confirm(text) if line.trim().is_empty() => (text, SubmitMode::Confirmed),
            Pending::Nothing | Pending::Recalled(_) | Pending::Confirm(_) => {
                (line.to_owned(), SubmitMode::Normal)
            }
        };
        let commands = matches!(
            self.console.awaiting(),
            Awaiting::Command | Awaiting::IdleDone
        );
        if commands && !text.contains('\n') {
            if let Some(before) = text.strip_suffix('?').filter(|b| !b.ends_with('?')) {
                return self.candidates(before);
            }
            if let Some(wanted) = text.trim().strip_prefix('!').filter(|w| !w.is_empty()) {
                return self.recall(wanted);
            }
        }
        // Two question marks are one that is meant.
        let text = match text.strip_suffix("??") {
            Some(before) if commands => format!("{before}?"),
            _ => text,
        };
        self.submit(text, mode)
    }

    fn submit(&mut self, text: String, mode: SubmitMode) -> std::io::Result<()> {
        match self.console.submit(&text, mode) {
            Submission::Send(requests) => {
                self.send(requests);
                if self.handle.is_none() {
                    self.show
                        .say("There is no connection: :reconnect or :connect opens one.")?;
                }
                Ok(())
            }
            Submission::Incomplete(why) => {
                // Said once, not before every line of a literal.
                let first = !text.contains('\n');
                self.pending = Pending::More(text);
                if self.interactive && first {
                    self.show.say(&format!(
                        "Not complete: {why}. The next line goes on; Ctrl+C gives it up."
                    ))?;
                }
                Ok(())
            }
            Submission::Confirm { wire, findings } => {
                let first = wire.lines().next().unwrap_or_default();
                if !self.interactive {
                    // Nobody is there to be asked: a script says what it means.
                    return self.submit(text, SubmitMode::Confirmed);
                }
                for finding in &findings {
                    let column = column(&text, finding.range.start);
                    self.show
                        .say(&format!("column {column}: {}", finding.sentence))?;
                }
                self.show
                    .say(&format!("An empty line sends it all the same: {first}"))?;
                self.pending = Pending::Confirm(text);
                Ok(())
            }
            Submission::Asks(requests) => {
                self.send(requests);
                self.pending = Pending::Question(false);
                self.ask_about()
            }
            Submission::Local(action) => self.verb(action),
            Submission::Refused(sentence) => {
                if !self.interactive {
                    self.worse(exit::REFUSED);
                }
                self.show.say(&sentence)
            }
            Submission::Empty => Ok(()),
        }
    }
}

/// The column of octet `at` in its line, from 1.
fn column(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.chars().count() + 1
}
