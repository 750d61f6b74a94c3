//! One row: its player, and the connections that the player asks for.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use zeroize::Zeroizing;

use super::super::rows::is_secret;
use super::super::{Ended, News, Row, Step, Undo, Verdict, exit, undo_file};
use super::Engine;
use super::line::Line;
use super::told::step;
use crate::batch::load;
use crate::channel::{Notice, Request};
use crate::session::{Awaiting, Event, Reply};
use crate::snippet::named::Known;
use crate::snippet::player::OpenFailure;
use crate::snippet::{Act, NoFiles, Player, Settings, Value, Vars, Verdict as Played, Who, parse};

/// One row while it runs.
pub(super) struct Play<'e> {
    pub engine: &'e Engine,
    pub row: &'e Row,
    lines: BTreeMap<usize, Line<'e>>,
    awaiting: BTreeMap<usize, Awaiting>,
    /// Its `start` is in the report.
    started: bool,
    /// Who the first connection is.
    pub user: String,
    /// Lines of the way back that hold, by the player's number.
    undo: Vec<(u64, Undo)>,
    /// The connection of the last command: it is taken back there.
    last: usize,
    /// Commands that were sent and not answered.
    open: usize,
    /// A file could not be written.
    broken: bool,
    /// What is taken back now is in the undo file already.
    undoing: bool,
}

/// Why a play cannot go on: the run is over, or a file cannot be written.
struct Stop;

/// Runs the row at `at`.
pub(super) async fn row(engine: &Engine, at: usize) -> Ended {
    let began = Instant::now();
    let Some(row) = engine.job.rows.get(at) else {
        return ended(Verdict::Stopped, began);
    };
    let mut play = Play {
        engine,
        row,
        lines: BTreeMap::new(),
        awaiting: BTreeMap::new(),
        started: false,
        user: row.name().to_owned(),
        undo: Vec::new(),
        last: 1,
        open: 0,
        broken: false,
        undoing: false,
    };
    let user = match play.user.as_str() {
        "" => engine
            .job
            .profile
            .get("user")
            .map(Value::shown)
            .unwrap_or_default(),
        user => user.to_owned(),
    };
    play.user.clone_from(&user);
    engine
        .tell(News::RowBegan {
            row: row.number,
            user,
        })
        .await;
    let player = Player::new(
        Arc::clone(&engine.job.script),
        play.vars(),
        engine.settings(false),
    );
    let played = play.play(player).await;
    let mut end = ended(Verdict::Stopped, began);
    let clean = matches!(played, Ok(Played::Passed | Played::Skipped(_)));
    let last_command_unknown = matches!(played, Ok(Played::Lost(_)) | Err(Stop));
    if let Ok(played) = played {
        end.verdict = play.verdict(played);
    }
    if !end.verdict.is_good() {
        end.tail = play.lines.values().flat_map(Line::tail).collect();
    }
    end.undo = play.undo.len();
    if engine.job.undo_on_failure && !end.verdict.is_good() && end.undo > 0 && !play.broken {
        end.undone = Some(play.take_back().await);
        end.undo = play.undo.len();
    }
    play.leave(clean, last_command_unknown).await;
    end.time = began.elapsed();
    if let Err(sentence) = play.write_end(&end) {
        play.fatal(sentence).await;
    }
    end
}

fn ended(verdict: Verdict, began: Instant) -> Ended {
    Ended {
        verdict,
        time: began.elapsed(),
        undo: 0,
        undone: None,
        tail: Vec::new(),
    }
}

impl Engine {
    /// `confirmed`: what takes back goes without a question; readonly holds all the same.
    fn settings(&self, confirmed: bool) -> Settings {
        Settings {
            safe: self.job.safe,
            yes: self.job.yes || confirmed,
            timeout: self.job.timeout,
            started: self.began,
            files: Arc::clone(&self.job.files),
            environment: |name| std::env::var_os(name).is_some(),
            allow_destructive: self.job.script.allows_destruction(),
        }
    }
}

impl<'e> Play<'e> {
    fn vars(&self) -> Vars {
        let job = &self.engine.job;
        let (given, secrets) = (job.given.clone(), job.secrets.clone());
        let mut vars = load::vars(self.row, given, secrets, job.profile.clone());
        // `profile: ${server}`: host and port are those of this row's.
        let own = job.script.header.profile.as_ref().and_then(|template| {
            let profile = Known::new(&job.script, &vars).text(&job.script, template);
            let who = Who {
                profile,
                ..Who::default()
            };
            // What is wrong with it is told when it is opened.
            job.dial.plan(&who).ok()
        });
        if let Some(plan) = own {
            vars.profile = load::profile(&plan);
        }
        vars
    }

    /// Plays to the end.
    async fn play(&mut self, mut player: Player) -> Result<Played, Stop> {
        loop {
            while let Some(act) = player.poll(Instant::now()) {
                if let Some(verdict) = self.act(&mut player, act).await? {
                    return Ok(verdict);
                }
            }
            let limit = player.timeout();
            let deadline = tokio::time::Instant::from_std(limit.unwrap_or_else(Instant::now));
            let lines = &mut self.lines;
            let notice = poll_fn(|context| {
                for (conn, line) in lines.iter_mut() {
                    if let Poll::Ready(notice) = line.poll(context) {
                        return Poll::Ready((*conn, notice));
                    }
                }
                Poll::Pending
            });
            tokio::select! {
                (conn, notice) = notice => self.hear(&mut player, conn, notice).await,
                () = tokio::time::sleep_until(deadline), if limit.is_some() => {}
                () = self.engine.gate.over() => return Err(Stop),
            }
        }
    }

    async fn hear(&mut self, player: &mut Player, conn: usize, notice: Option<Notice>) {
        let now = Instant::now();
        match notice {
            Some(Notice::Events { events, .. }) => {
                for event in &events {
                    if let Event::Awaiting(awaiting) = event {
                        self.awaiting.insert(conn, *awaiting);
                    }
                    player.on_event(conn, event, now);
                }
            }
            Some(Notice::Refused(sentence)) => player.on_refused(conn, &sentence, now),
            Some(Notice::Ended { cause, .. }) => {
                player.on_event(conn, &Event::Closed(cause), now);
            }
            Some(Notice::Warning(sentence)) => self.engine.note(sentence).await,
            _ => {}
        }
    }

    async fn act(&mut self, player: &mut Player, act: Act) -> Result<Option<Played>, Stop> {
        match act {
            Act::Open { conn, who } => self.open(player, conn, who).await?,
            Act::Send { conn, command } => {
                self.pass().await?;
                self.last = conn;
                self.open += 1;
                self.send(conn, Request::Submit(command));
            }
            Act::Line { conn, octets } => {
                self.pass().await?;
                let reply = self.reply(conn, octets);
                self.send(conn, Request::Respond(reply));
            }
            Act::Octets { conn, octets } => {
                self.pass().await?;
                self.send(
                    conn,
                    Request::Respond(Reply::Octets(Zeroizing::new(octets))),
                );
            }
            Act::Undo { id, text } if !self.undoing => {
                // A command must not go before its row is in the report.
                self.begin()?;
                let user = self.lines.get(&self.last).map(|line| line.user.clone());
                let user = user.filter(|user| self.acts_for_others() && !user.is_empty());
                let written = self.engine.job.papers.undo(self.row.number, user, text);
                let undo = self.written(written).await?;
                self.undo.push((id, undo.clone()));
                self.engine.tell(News::Undo(undo)).await;
            }
            Act::UndoWithdrawn { id } if !self.undoing => {
                let found = self.undo.iter().position(|(known, _)| *known == id);
                if let Some(found) = found {
                    let number = self.undo.remove(found).1.number;
                    self.void(number).await?;
                }
            }
            Act::Undo { .. } | Act::UndoWithdrawn { .. } => {}
            Act::Output(text) => {
                let text = text.replace(['\r', '\n'], " ");
                let written = self
                    .engine
                    .job
                    .papers
                    .output(&self.engine.job.file, self.row, &text);
                self.written(written).await?;
                let row = self.row.number;
                self.engine.tell(News::Output { row, text }).await;
            }
            Act::Note(sentence) => self.engine.note(sentence).await,
            Act::StepBegan { span, command, .. } => {
                let what = command.split(' ').next().unwrap_or_default().to_owned();
                let row = self.row.number;
                let line = span.line;
                self.engine.tell(News::Doing { row, line, what }).await;
            }
            Act::StepEnded(record) => {
                if !record.status.is_empty() {
                    self.open = self.open.saturating_sub(1);
                }
                let step = step(record);
                let written = self
                    .engine
                    .job
                    .papers
                    .step(&self.engine.job.file, self.row, &step);
                self.written(written).await?;
                self.done_already(&step).await?;
                let row = self.row.number;
                self.engine.tell(News::Step { row, step }).await;
            }
            Act::Done(verdict) => return Ok(Some(verdict)),
        }
        Ok(None)
    }

    /// Waits for its turn, and sees to it that the report says that the row has begun.
    async fn pass(&mut self) -> Result<(), Stop> {
        if !self.engine.gate.pass().await {
            return Err(Stop);
        }
        if let Err(sentence) = self.write_start() {
            self.fatal(sentence).await;
            return Err(Stop);
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Stop> {
        self.write_start().map_err(|_| Stop)
    }

    fn write_start(&mut self) -> Result<(), String> {
        if self.started {
            return Ok(());
        }
        self.started = true;
        let job = &self.engine.job;
        job.papers.start(&job.file, self.row, &self.user)
    }

    fn write_end(&mut self, ended: &Ended) -> Result<(), String> {
        // Nothing was sent and the run is over: it has not begun.
        if ended.verdict == Verdict::Stopped && !self.started {
            return Ok(());
        }
        self.write_start()?;
        let job = &self.engine.job;
        job.papers.end(&job.file, self.row, &self.user, ended)
    }

    async fn written<T>(&mut self, written: Result<T, String>) -> Result<T, Stop> {
        match written {
            Ok(written) => Ok(written),
            Err(sentence) => {
                self.fatal(sentence).await;
                Err(Stop)
            }
        }
    }

    /// A snippet may take back by itself what it has done: then there is nothing left to take back.
    async fn done_already(&mut self, step: &Step) -> Result<(), Stop> {
        if self.undoing || step.status != "OK" {
            return Ok(());
        }
        let same = |(_, undo): &(u64, Undo)| undo.text == step.command;
        match self.undo.iter().rposition(same) {
            Some(found) => {
                let number = self.undo.remove(found).1.number;
                self.void(number).await
            }
            None => Ok(()),
        }
    }

    async fn void(&mut self, number: u64) -> Result<(), Stop> {
        let written = self.engine.job.papers.void(number);
        self.written(written).await?;
        self.engine.tell(News::UndoVoid { number }).await;
        Ok(())
    }

    /// A file cannot be written: nothing may be done that is not on record.
    async fn fatal(&mut self, sentence: String) {
        self.broken = true;
        self.engine.give_up(exit::USAGE);
        self.engine.gate.set(super::Pace::Over);
        self.engine
            .note(format!("{sentence}; nothing more is sent"))
            .await;
    }

    fn send(&self, conn: usize, request: Request) {
        if let Some(line) = self.lines.get(&conn) {
            line.send(request);
        }
    }

    /// A line inside a command, as the session takes it.
    fn reply(&self, conn: usize, mut octets: Vec<u8>) -> Reply {
        match self.awaiting.get(&conn) {
            Some(Awaiting::IdleDone) if octets.eq_ignore_ascii_case(b"DONE") => Reply::Done,
            Some(Awaiting::Challenge) if octets == b"*" => Reply::Cancel,
            Some(Awaiting::Challenge) => {
                crate::wire::base64::decode(&octets).map_or_else(|| raw(octets), Reply::Challenge)
            }
            Some(Awaiting::LineRest) => Reply::Line(std::mem::take(&mut octets)),
            _ => raw(octets),
        }
    }

    async fn open(&mut self, player: &mut Player, conn: usize, who: Who) -> Result<(), Stop> {
        let mut who = who;
        if let Some(line) = self.lines.get(&conn) {
            // `!as`: what it does not say stays as it is.
            who.authn = who.authn.or_else(|| line.who.authn.clone());
            who.profile = who.profile.or_else(|| line.who.profile.clone());
            if who.authz.as_deref().is_none_or(|user| user == line.user) && !line.ended {
                player.on_opened(conn, line.capabilities.as_ref(), Instant::now());
                return Ok(());
            }
        }
        let what = "login".to_owned();
        let (row, line) = (self.row.number, player.here().line);
        self.engine.tell(News::Doing { row, line, what }).await;
        if let Some(line) = self.lines.remove(&conn) {
            self.give_back(line, true).await;
        }
        let password = self.row.values().find(|(name, _)| is_secret(name));
        let own = self.lines.len();
        let engine = self.engine;
        let opened = engine
            .line(&who, password.map(|(_, value)| value), own)
            .await;
        let now = Instant::now();
        match opened {
            Ok((line, events)) => {
                for event in &events {
                    player.on_event(conn, event, now);
                }
                player.on_opened(conn, line.capabilities.as_ref(), now);
                if conn == 1 && !self.started && !line.user.is_empty() {
                    self.user.clone_from(&line.user);
                }
                self.awaiting.remove(&conn);
                self.lines.insert(conn, line);
                Ok(())
            }
            Err(None) => Err(Stop),
            Err(Some(refusal)) => {
                if let Some(why) = refusal.ends_all {
                    self.engine.give_up(exit::CONNECTION);
                    if self.engine.job.rows.len() > 1 {
                        self.engine.note(why).await;
                    }
                }
                let failure = OpenFailure {
                    login: refusal.login,
                    sentence: refusal.sentence,
                };
                player.on_open_failed(conn, &failure, now);
                Ok(())
            }
        }
    }

    /// Whether the snippet acts for anybody but the one who logs in: then the way back names users.
    fn acts_for_others(&self) -> bool {
        let header = &self.engine.job.script.header;
        let acting = self.lines.values().any(|line| line.acting);
        // With `!as` not even those lines are the profile's that act for nobody.
        let script = &self.engine.job.script;
        acting || header.authz.is_some() || !header.users.is_empty() || script.changes_user()
    }

    /// Takes back what the row has done, the last thing first; whether that succeeded.
    async fn take_back(&mut self) -> bool {
        let lines: Vec<Undo> = self.undo.iter().map(|(_, undo)| undo.clone()).collect();
        let text = undo_file::snippet("row", &lines);
        let Ok((script, _)) = parse("undo", text.as_bytes(), &NoFiles) else {
            return false;
        };
        let settings = self.engine.settings(true);
        let player = Player::new(Arc::new(script), Vars::default(), settings);
        self.undoing = true;
        // A connection in the middle of a command is of no use.
        if self.open > 0 || self.lines.get(&1).is_some_and(|line| line.ended) {
            for (_, line) in std::mem::take(&mut self.lines) {
                line.close(false).await;
            }
        }
        let played = self.play(player).await;
        self.undoing = false;
        let done = matches!(played, Ok(Played::Passed));
        if done {
            for (_, undo) in std::mem::take(&mut self.undo) {
                if self.void(undo.number).await.is_err() {
                    return false;
                }
            }
        }
        done
    }

    /// Its connections: to another row, or closed.
    async fn leave(&mut self, clean: bool, unknown: bool) {
        for (_, line) in std::mem::take(&mut self.lines) {
            match clean {
                true => self.give_back(line, true).await,
                false => line.close(!unknown).await,
            }
        }
    }

    async fn give_back(&self, line: Line<'e>, clean: bool) {
        if clean && !self.engine.has_greeting && line.is_reusable() {
            let profile = line.who.profile.clone();
            let (handle, capabilities) = line.into_handle();
            self.engine.idle().push((profile, handle, capabilities));
            return;
        }
        line.close(true).await;
    }
}

fn raw(mut octets: Vec<u8>) -> Reply {
    octets.extend_from_slice(b"\r\n");
    Reply::Octets(Zeroizing::new(octets))
}
