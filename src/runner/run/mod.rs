//! `run`: snippets without a screen. Progress and failures on stderr, what they put out on stdout.

pub mod asking;
mod prepare;
pub mod progress;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::password::{self, Ask};
use super::talk::Signals;
use super::{exit, output};
use crate::batch::dry;
use crate::batch::engine::JOBS;
use crate::batch::junit::Junit;
use crate::batch::load::{self, LoadError, Loaded};
use crate::batch::report::{self, End, Line, OutputLine, Run, Start, StepLine};
use crate::batch::resume::Past;
use crate::batch::trust::Trusted;
use crate::batch::{
    self, Choice, Dial, Ended, Job, News, Order, Papers, Row, Tally, Undo, Verdict, spawn,
};
use crate::channel::Progress as Opening;
use crate::safety::SafeMode;
use crate::snippet::{Diagnostics, Value};
use crate::tui::printable;

use progress::Progress;

/// What is asked for: the options of `run`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The snippets, `-` for stdin.
    pub files: Vec<String>,
    /// `-D`.
    pub define: Vec<(String, String)>,
    /// `--dialect`, `--allow-destructive`.
    pub how: load::How,
    /// `--each`.
    pub each: Option<PathBuf>,
    /// `--jobs`.
    pub jobs: Option<usize>,
    /// `--dry-run`.
    pub dry_run: bool,
    /// `--trust`.
    pub trust: bool,
    /// `--only`, `--skip`, `--shard`.
    pub choice: Choice,
    /// `--report`.
    pub report: Option<PathBuf>,
    /// `--resume`.
    pub resume: Option<PathBuf>,
    /// `--rerun-unfinished`.
    pub rerun_unfinished: bool,
    /// `--undo`.
    pub undo: Option<PathBuf>,
    /// `--undo-on-failure`.
    pub undo_on_failure: bool,
    /// `--junit`.
    pub junit: Option<PathBuf>,
    /// `--json`.
    pub json: bool,
    /// `-v`: every command on stderr.
    pub verbose: bool,
    /// `--safe`.
    pub safe: SafeMode,
    /// `--yes`.
    pub yes: bool,
}

/// Asks for yes or no; `None`: there is nobody to ask.
pub type Confirm = dyn Fn(&str) -> Option<bool> + Send + Sync;

/// What this process lends.
pub struct Lent<W, E> {
    /// Connections; asked for when the first snippet has been read.
    pub dial: Arc<dyn Dial>,
    /// `user`, `username`, `domain`, `host`, `port`.
    pub profile: BTreeMap<String, Value>,
    /// stdout.
    pub out: W,
    /// stderr.
    pub errors: E,
    /// stderr is a terminal.
    pub terminal: bool,
    /// Who is asked for a password.
    pub ask: Ask,
    /// Who is asked whether a snippet is trusted.
    pub confirm: Box<Confirm>,
    /// What stops it.
    pub signals: Signals,
    /// What was trusted before.
    pub trusted: Trusted,
}

/// A snippet with its rows.
struct Piece {
    loaded: Loaded,
    rows: Vec<Row>,
    /// Of an earlier run.
    ended: Vec<End>,
    secrets: BTreeMap<String, Value>,
}

/// Runs the snippets; returns the exit code.
///
/// # Errors
/// One sentence about what cannot be begun: exit code 1.
pub async fn run<W: Write + Send, E: Write + Send>(
    wishes: Wishes,
    lent: Lent<W, E>,
) -> Result<u8, String> {
    let progress = Progress::new(lent.errors, lent.terminal);
    let mut face = Face {
        wishes,
        out: lent.out,
        progress,
        ask: lent.ask,
        signals: lent.signals,
        junit: None,
        tally: Tally::default(),
        stopped: None,
        whose: BTreeMap::new(),
    };
    let trust = asking::Trust {
        list: &lent.trusted,
        yes: face.wishes.trust,
        ask: &*lent.confirm,
    };
    let loaded = match face.load(&trust) {
        Ok(loaded) => loaded,
        Err(LoadError::Usage(sentence)) => return Err(sentence),
        Err(LoadError::Wrong(wrong)) => {
            face.diagnostics(&wrong);
            return Ok(batch::exit::UNREADABLE);
        }
    };
    let past = face.wishes.resume.as_deref().map(Past::read).transpose();
    let past = past.map_err(|error| error.to_string())?;
    let mut pieces = Vec::new();
    for loaded in loaded {
        pieces.push(face.piece(loaded, past.as_ref(), &trust, &lent.profile)?);
    }
    face.nobody_is_meant(&pieces, past.is_some())?;
    if face.wishes.dry_run {
        for piece in &pieces {
            let first = piece.rows.first();
            let vars = first.map(|row| face.vars(piece, row, &lent.profile));
            dry::tell(&piece.loaded, &piece.rows, vars.as_ref(), &mut face.out);
        }
        return Ok(exit::DONE);
    }
    let ask = Arc::clone(&face.ask);
    for piece in &mut pieces {
        let given = |name: &String| face.wishes.define.iter().any(|(known, _)| known == name);
        if piece
            .loaded
            .script
            .header
            .secrets
            .iter()
            .any(|s| !given(&s.name))
        {
            piece.secrets =
                tokio::task::block_in_place(|| asking::secrets(&piece.loaded.script, &ask))?;
        }
    }
    let papers = Arc::new(face.papers(&pieces)?);
    face.junit = face.wishes.junit.is_some().then(Junit::default);
    let mut code = batch::exit::PASSED;
    for piece in pieces {
        let ended = face
            .snippet(piece, &papers, &lent.dial, &lent.profile)
            .await?;
        code = worse(code, ended);
        if face.stopped.is_some() {
            break;
        }
    }
    face.finish(&papers, code)
}

/// The worse of two exit codes.
fn worse(one: u8, other: u8) -> u8 {
    const ORDER: [u8; 6] = [
        batch::exit::PASSED,
        batch::exit::CONNECTION,
        batch::exit::FAILED,
        batch::exit::UNSAFE,
        batch::exit::USAGE,
        batch::exit::STOPPED,
    ];
    let place = |code: u8| ORDER.iter().position(|known| *known == code);
    if place(one) >= place(other) {
        one
    } else {
        other
    }
}

struct Face<W, E> {
    wishes: Wishes,
    out: W,
    progress: Progress<E>,
    ask: Ask,
    signals: Signals,
    junit: Option<Junit>,
    tally: Tally,
    /// The exit code of the signal that stopped it.
    stopped: Option<u8>,
    /// Who the rows under way are.
    whose: BTreeMap<usize, String>,
}

impl<W: Write, E: Write> Face<W, E> {
    fn say(&mut self, sentence: &str) {
        output::say(self.progress.errors(), sentence);
    }

    fn diagnostics(&mut self, found: &Diagnostics) {
        for diagnostic in found {
            self.text(&diagnostic.text(None));
        }
    }

    /// Several lines.
    fn text(&mut self, text: &str) {
        let errors = self.progress.errors();
        for line in text.lines() {
            let _ = writeln!(errors, "{}", printable::line(line));
        }
    }

    fn print(&mut self, text: &str) {
        // A reader that has seen enough (`| head`) does not stop what is being done for users.
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }

    fn json(&mut self, line: impl FnOnce() -> Line) {
        if self.wishes.json {
            let text = report::text(&line());
            self.print(&text);
        }
    }

    async fn snippet(
        &mut self,
        piece: Piece,
        papers: &Arc<Papers>,
        dial: &Arc<dyn Dial>,
        profile: &BTreeMap<String, Value>,
    ) -> Result<u8, String> {
        let (name, script) = (piece.loaded.name.clone(), Arc::clone(&piece.loaded.script));
        let begun = Run {
            format: report::VERSION,
            file: name.clone(),
            sha256: piece.loaded.digest.clone(),
            rows: piece.rows.len(),
            at: report::now(),
        };
        papers.run(begun.clone())?;
        self.json(|| Line::Run(begun));
        if let Some(junit) = &mut self.junit {
            junit.suite(script.name(), &name);
        }
        if piece.rows.is_empty() {
            return Ok(batch::exit::PASSED);
        }
        let rows: BTreeMap<usize, Row> = piece.rows.iter().map(|r| (r.number, r.clone())).collect();
        let job = Job {
            given: self.given(&piece),
            file: name.clone(),
            jobs: self.wishes.jobs.or(script.header.jobs).unwrap_or(JOBS),
            stop_on_error: script.header.stop_on_error.unwrap_or(false),
            safe: self.wishes.safe,
            yes: self.wishes.yes,
            timeout: Duration::from_secs(60),
            undo_on_failure: self.wishes.undo_on_failure,
            paused: false,
            rows: piece.rows,
            secrets: piece.secrets,
            profile: profile.clone(),
            files: piece.loaded.folder,
            dial: Arc::clone(dial),
            papers: Arc::clone(papers),
            script,
        };
        let mut running = spawn(job);
        loop {
            let news = tokio::select! {
                biased;
                Some(code) = self.signals.recv() => {
                    self.stop(code, &running.orders);
                    continue;
                }
                news = running.news.recv() => news,
            };
            let Some(news) = news else {
                return Ok(batch::exit::USAGE);
            };
            self.progress.see(&news);
            if let News::Finished { tally, exit } = news {
                self.tally += tally;
                return Ok(exit);
            }
            self.take(&name, &rows, news, &running.orders).await;
        }
    }

    /// The first signal lets the rows under way end, the second one does not.
    fn stop(&mut self, code: u8, orders: &tokio::sync::mpsc::UnboundedSender<Order>) {
        if self.stopped.replace(code).is_none() {
            self.say("stopping: no more rows begin, those under way go on to their end; once more stops them, too");
            let _ = orders.send(Order::Stop);
        } else {
            self.say("stopping now");
            let _ = orders.send(Order::StopNow);
        }
    }

    async fn take(
        &mut self,
        file: &str,
        rows: &BTreeMap<usize, Row>,
        news: News,
        orders: &tokio::sync::mpsc::UnboundedSender<Order>,
    ) {
        match news {
            News::Began { .. } | News::Doing { .. } | News::Finished { .. } => {}
            News::RowBegan { row, user } => {
                if let Some(row) = rows.get(&row) {
                    self.json(|| Line::Start(Start::new(file, row, &user)));
                }
                self.whose.insert(row, user);
            }
            News::Step { row, step } => {
                if self.wishes.verbose {
                    let (user, line) = (&step.user, step.line);
                    let ms = report::millis(step.time);
                    let text = format!(
                        "row {row} {user} line {line}: {} {} {ms} ms",
                        step.command, step.status
                    );
                    self.text(&text);
                }
                self.json(|| Line::Step(StepLine::new(file, row, &step)));
            }
            News::Output { row, text } => {
                if self.wishes.json {
                    let file = file.to_owned();
                    self.json(|| Line::Output(OutputLine { file, row, text }));
                } else {
                    let line = format!("{}\n", printable::line(&text));
                    self.progress.errors();
                    self.print(&line);
                }
            }
            News::Undo(Undo { .. }) | News::UndoVoid { .. } => {}
            News::RowEnded { row, ended } => {
                let user = self.whose.remove(&row).unwrap_or_default();
                if let Some(row) = rows.get(&row) {
                    self.row_ended(file, row, &user, &ended);
                }
            }
            News::Secured(safety) => {
                let danger = output::danger(&Opening::Secured(safety));
                danger.into_iter().for_each(|sentence| self.say(sentence));
            }
            News::Note(sentence) => self.say(&sentence),
            News::PasswordWanted { authcid, authzid } => {
                let prompt = asking::prompt(&authcid, authzid.as_deref());
                self.progress.errors();
                let answer = tokio::select! {
                    Some(code) = self.signals.recv() => {
                        self.stop(code, orders);
                        None
                    }
                    answer = password::wait(&self.ask, prompt) => match answer {
                        Ok(secret) => Some(secret),
                        Err(error) => {
                            self.say(&password::nobody_to_ask(&authcid, &error));
                            None
                        }
                    },
                };
                let _ = orders.send(Order::Password(answer));
            }
        }
    }

    fn row_ended(&mut self, file: &str, row: &Row, user: &str, ended: &Ended) {
        if let Some(junit) = &mut self.junit {
            junit.case(row, user, ended);
        }
        self.json(|| Line::End(End::new(file, row, user, ended)));
        for failure in ended.verdict.failures() {
            self.text(&failure.text);
        }
        match &ended.verdict {
            Verdict::Skipped(why) if row.name().is_empty() => {
                self.say(&format!("{file} was skipped: {why}"));
            }
            Verdict::Skipped(why) => {
                self.say(&format!(
                    "row {} {} was skipped: {why}",
                    row.number,
                    row.name()
                ));
            }
            Verdict::Stopped if !row.name().is_empty() => {
                self.say(&format!(
                    "row {} {} was stopped in the middle",
                    row.number,
                    row.name()
                ));
            }
            _ => {}
        }
        match ended.undone {
            Some(true) => self.say("what it had done was taken back"),
            Some(false) => {
                self.say("what it had done could not be taken back whole: see the undo file")
            }
            None => {}
        }
    }

    /// Everything is written, and told in a line.
    fn finish(mut self, papers: &Papers, code: u8) -> Result<u8, String> {
        let undo = papers.finish()?;
        if let (Some(junit), Some(path)) = (self.junit.take(), &self.wishes.junit) {
            let written = junit.write(path);
            written.map_err(|error| format!("--junit {}: {error}", path.display()))?;
        }
        let tally = self.tally;
        let seconds = self.progress.elapsed().as_secs_f64();
        let rows = match tally.rows {
            1 => String::new(),
            rows => format!(
                " of {rows} rows, {:.1} rows/s",
                tally.over() as f64 / seconds.max(1e-3)
            ),
        };
        if tally.rows > 0 {
            self.say(&format!("{tally}{rows}, in {seconds:.1} s"));
        }
        if let (Some(lines @ 1..), Some(path)) = (undo, self.wishes.undo.clone()) {
            let path = path.display();
            let commands = match lines {
                1 => "1 command is".to_owned(),
                lines => format!("{lines} commands are"),
            };
            self.say(&format!("{commands} taken back by: imapsh run {path}"));
        }
        let report = self.wishes.report.as_ref().or(self.wishes.resume.as_ref());
        let is_open = self.stopped.is_some() || tally.waiting() > 0;
        if let Some(path) = report.filter(|_| is_open) {
            let path = path.display().to_string();
            self.say(&format!("--resume {path} goes on where this stopped"));
        }
        Ok(match self.stopped {
            Some(signal) if code != batch::exit::USAGE => signal,
            _ => code,
        })
    }
}
