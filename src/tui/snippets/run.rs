//! A run on the screen: the snippet, where it stands, and what has come of each row.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::rows::Rows;
use crate::batch::{News, Row, Tally, Undo, undo_file};
use crate::channel::{Place, Plan, Security};
use crate::config::foreign::quoted;
use crate::config::snippets::{Entry, Home};
use crate::sasl::Secret;
use crate::snippet::{Diagnostics, Script};
use crate::tui::action::Action;
use crate::tui::field::Line;
use crate::tui::units::duration;

/// Most lines of `!output`, and most commands, that are kept.
const OUTPUT: usize = 10_000;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It has not begun, or cannot.
    Ready,
    /// It goes on.
    Going {
        /// Nothing goes out until a step, or until it goes on.
        paused: bool,
        /// Nothing more begins; asked once more it is broken off.
        stopping: bool,
    },
    /// Nothing is left to do.
    Over {
        /// As `imapsh run` would end.
        exit: u8,
    },
}

/// What the user must say yes or no to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Safe mode asks: it has commands that destroy.
    Safe {
        /// How it was to begin.
        how: How,
        /// Each with its line.
        commands: Vec<(usize, String)>,
    },
    /// May the snippet have what it wants beside talking to the server?
    Trust {
        /// How it was to begin.
        how: How,
        /// It is these files, which a row or a value out of the form names; none: what its text wants.
        files: Vec<String>,
    },
}

/// How a run is to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// All of it.
    Through,
    /// Command by command.
    Stepping,
    /// Nothing is sent.
    Dry,
}

/// What reading a snippet came to.
#[derive(Debug, Clone)]
pub struct Reading {
    /// It, or what is wrong with it.
    pub script: Result<Arc<Script>, Diagnostics>,
    /// What may not do what is meant.
    pub warnings: Diagnostics,
    /// What it wants beside talking to the server: secrets out of commands, files elsewhere.
    pub wants: Vec<String>,
    /// Of it and all that it includes.
    pub digest: String,
}

/// A run.
#[derive(Debug, Clone)]
pub struct Run {
    /// The snippet.
    pub entry: Entry,
    /// It, read; with what is wrong with it.
    pub read: Result<Arc<Script>, Diagnostics>,
    /// What may not do what is meant.
    pub warnings: Diagnostics,
    /// What it wants beside talking to the server; asked for before it begins.
    pub wants: Vec<String>,
    /// Of its content.
    pub digest: String,
    /// The user lets it have that.
    pub trusted: bool,
    /// Files outside of its folder that the user lets it read.
    pub files: Vec<String>,
    /// Out of the form: another list of rows.
    pub each: Option<String>,
    /// Out of the form: users in place of a list.
    pub users: Vec<String>,
    /// What destroys is confirmed.
    pub yes: bool,
    /// Variables out of the form.
    pub given: BTreeMap<String, String>,
    /// Secrets out of the form.
    pub secrets: BTreeMap<String, Secret>,
    /// Where it stands.
    pub stage: Stage,
    /// Its rows.
    pub rows: Rows,
    /// How many of what.
    pub tally: Tally,
    /// At once.
    pub jobs: usize,
    /// When it began, or began again with some rows.
    pub began: Option<SystemTime>,
    /// Rows that had ended by then.
    counted_from: usize,
    /// When it ended.
    pub over: Option<SystemTime>,
    /// The way back of what it has done.
    pub undo: Vec<Undo>,
    /// That of what it did before it was begun anew.
    earlier: Vec<Undo>,
    /// What `!output` said: row and line.
    pub output: VecDeque<(usize, String)>,
    /// What its commands came to: row and line; the last ones.
    pub steps: VecDeque<(usize, String)>,
    /// The last sentence about the run as a whole.
    pub note: Option<String>,
    /// What a dry run told; shown until it is closed.
    pub dry: Option<String>,
    /// The user was told that leaving drops the way back.
    pub warned: bool,
    /// The run that this one takes back: Esc goes there as long as it has not begun.
    pub before: Option<Box<Run>>,
    /// First row that is shown of what is to say.
    pub look: usize,
    /// What waits for yes or no.
    pub question: Option<Question>,
    /// Where the report is being written; gone with the program.
    pub report: Option<PathBuf>,
    /// The pane at the right shows what passed, also of a row that failed.
    pub conversation: bool,
    /// It begins so once the form is filled.
    pub then: Option<How>,
    /// First line of the script that is shown; `None`: where the chosen row is.
    pub top: Option<usize>,
    /// The find line, while it is typed in.
    pub find: Option<Line>,
}

impl Run {
    /// Of a snippet, not begun.
    pub fn new(entry: Entry, read: Reading) -> Run {
        Run {
            entry,
            read: read.script,
            warnings: read.warnings,
            wants: read.wants,
            digest: read.digest,
            trusted: false,
            files: Vec::new(),
            each: None,
            users: Vec::new(),
            yes: false,
            given: BTreeMap::new(),
            secrets: BTreeMap::new(),
            stage: Stage::Ready,
            rows: Rows::default(),
            tally: Tally::default(),
            jobs: 0,
            began: None,
            counted_from: 0,
            over: None,
            undo: Vec::new(),
            earlier: Vec::new(),
            output: VecDeque::new(),
            steps: VecDeque::new(),
            note: None,
            dry: None,
            warned: false,
            before: None,
            look: 0,
            question: None,
            report: None,
            conversation: false,
            then: None,
            top: None,
            find: None,
        }
    }

    /// Whether rows are under way or waiting for their turn.
    pub fn is_going(&self) -> bool {
        matches!(self.stage, Stage::Going { .. })
    }

    /// It begins, with these rows.
    pub fn begin(&mut self, rows: &[Row], jobs: usize, paused: bool, now: SystemTime) {
        self.rows = Rows::new(rows);
        self.tally = Tally {
            rows: rows.len(),
            ..Tally::default()
        };
        self.jobs = jobs;
        self.began = Some(now);
        self.over = None;
        self.earlier.append(&mut self.undo);
        self.counted_from = 0;
        self.output.clear();
        self.steps.clear();
        self.note = None;
        self.dry = None;
        self.top = None;
        self.stage = Stage::Going {
            paused,
            stopping: false,
        };
    }

    /// Takes what the run tells.
    pub fn news(&mut self, news: News, now: SystemTime) {
        match news {
            News::RowBegan { row, user } => {
                self.tally.running += 1;
                self.rows.began(row, user, now);
            }
            News::Doing { row, line, what } => self.rows.doing(row, line, what),
            News::Step { row, step } => {
                if self.steps.len() == OUTPUT {
                    self.steps.pop_front();
                }
                let time = duration(step.time);
                let answer = match step.code.as_str() {
                    "" => step.status.clone(),
                    code => format!("{} [{code}]", step.status),
                };
                let text = format!("{:>5}  {}  {answer}  {time}", step.line, step.command);
                self.rows.answered(row, &step.command, answer);
                self.steps.push_back((row, text));
            }
            News::Output { row, text } => {
                if self.output.len() == OUTPUT {
                    self.output.pop_front();
                }
                self.rows.said(row, &text);
                self.output.push_back((row, text));
            }
            News::Undo(undo) => self.undo.push(undo),
            News::UndoVoid { number } => {
                let found = self.undo.iter().rposition(|undo| undo.number == number);
                if let Some(found) = found {
                    self.undo.remove(found);
                }
            }
            News::RowEnded { row, ended } => {
                self.tally.running = self.tally.running.saturating_sub(1);
                self.tally.count(&ended.verdict);
                self.rows.ended(row, ended);
            }
            News::Note(sentence) => self.note = Some(sentence),
            News::Finished { tally, exit } => {
                self.tally = tally;
                self.over = Some(now);
                self.stage = Stage::Over { exit };
            }
            _ => {}
        }
    }

    /// These rows run again.
    pub fn again(&mut self, rows: &[usize], now: SystemTime) {
        for number in rows {
            if let Some(verdict) = self.rows.waits(*number) {
                self.tally.uncount(&verdict);
            }
        }
        self.began = Some(now);
        self.counted_from = self.tally.over();
        self.over = None;
        self.stage = Stage::Going {
            paused: false,
            stopping: false,
        };
    }

    /// Rows that have ended, of a hundred.
    pub fn percent(&self) -> usize {
        match self.tally.rows {
            0 => 0,
            rows => self.tally.over().min(rows) * 100 / rows,
        }
    }

    /// Rows a second until now, once there is something to count.
    pub fn pace(&self, now: SystemTime) -> Option<f64> {
        let until = self.over.unwrap_or(now);
        let time = until.duration_since(self.began?).ok()?;
        let ended = self.tally.over().saturating_sub(self.counted_from);
        (ended > 0 && time > Duration::from_millis(200)).then(|| ended as f64 / time.as_secs_f64())
    }

    /// How long what is left will take, if it goes on so.
    pub fn left(&self, now: SystemTime) -> Option<Duration> {
        let pace = self.pace(now).filter(|_| self.is_going())?;
        let rows = self.tally.rows.saturating_sub(self.tally.over());
        Duration::try_from_secs_f64(rows as f64 / pace).ok()
    }

    /// A snippet that takes back what this run has done, the last thing first.
    pub fn way_back(&self) -> Option<String> {
        let about = self.entry.name.clone();
        let all: Vec<Undo> = self.earlier.iter().chain(&self.undo).cloned().collect();
        (!all.is_empty()).then(|| undo_file::snippet(&about, &all))
    }

    /// That leaving drops the way back; said once.
    pub fn warning(&mut self) -> Option<String> {
        let undo = self.can_undo();
        if undo == 0 || self.is_going() || std::mem::replace(&mut self.warned, true) {
            return None;
        }
        let commands = match undo {
            1 => "1 command".to_owned(),
            undo => format!("{undo} commands"),
        };
        Some(format!(
            "What {commands} did can be taken back with u, and only from here. Once more: it stays as it is."
        ))
    }

    /// Whether what is to say is longer than the script is worth: PgDn moves it.
    pub fn reads(&self) -> bool {
        let failed = self.rows.chosen().is_some_and(|row| row.state.is_bad());
        let said = self.dry.is_some() || self.question.is_some() || self.read.is_err();
        said || self.conversation || failed
    }

    /// How many commands can be taken back.
    pub fn can_undo(&self) -> usize {
        self.earlier.len() + self.undo.len()
    }

    /// The hint for a key that does `action`, which has these `words`; `None`: it does nothing now.
    pub fn hint(&self, action: &Action, words: &'static str) -> Option<&'static str> {
        let several = self.rows.len() > 1;
        let dry = self.dry.is_some();
        let useful = match (action, self.stage) {
            (Action::Play | Action::Step | Action::DryRun, Stage::Ready) => self.read.is_ok(),
            (Action::Step, Stage::Going { paused, .. }) => paused,
            (Action::Play, Stage::Over { .. }) => {
                return Some(if several { "this row again" } else { "again" });
            }
            (Action::IntoEditor | Action::SaveSnippet, Stage::Ready) => true,
            (Action::Pause, Stage::Going { paused: true, .. }) => return Some("go on"),
            (Action::Pause, Stage::Over { .. }) if self.tally.waiting() > 0 => {
                return Some("go on with the rest");
            }
            (Action::Pause, Stage::Going { .. }) => true,
            (Action::LeaveOut, Stage::Going { .. }) => several,
            (Action::RerunFailed, Stage::Over { .. }) => !self.rows.bad().is_empty(),
            (Action::UndoAll, Stage::Over { .. }) => self.can_undo() > 0,
            (Action::Export, Stage::Over { .. }) => self.report.is_some(),
            (Action::Sort | Action::Find, _) => several,
            (Action::Accept, _) => self.began.is_some() && !dry,
            (Action::Back, _) if dry => return Some("close the dry run"),
            (Action::Back, Stage::Over { .. }) => return Some("list"),
            (Action::Back, Stage::Going { .. }) => return Some("away: it goes on"),
            (Action::Back | Action::Help, _) => true,
            _ => false,
        };
        useful.then_some(words)
    }

    /// What `imapsh run` would be called with to do the same; `None`: it is in no file yet.
    pub fn shell_line(&self, plan: Option<&Plan>) -> Option<String> {
        if self.entry.home == Home::Unsaved {
            return None;
        }
        let file = match &self.entry.path {
            Some(path) => path.display().to_string(),
            None => self.entry.name.clone(),
        };
        let mut line = "imapsh".to_owned();
        if let Some(plan) = plan {
            line.push_str(&target(plan));
        }
        line = format!("{line} run {}", quoted(&file));
        if !self.users.is_empty() {
            let users: Vec<String> = self.users.iter().map(|user| quoted(user)).collect();
            line = format!("{line} --each <(printf '%s\\n' user {})", users.join(" "));
        } else if let Some(each) = &self.each {
            line = format!("{line} --each {}", quoted(each));
        }
        for (name, value) in &self.given {
            line = format!("{line} -D {}", quoted(&format!("{name}={value}")));
        }
        Some(line)
    }
}

/// The options and the target that lead to the same server as the same user.
fn target(plan: &Plan) -> String {
    let mut words = String::new();
    let Place::Tcp { host, port } = &plan.place else {
        return format!(" {}", quoted(&plan.place.to_string()));
    };
    words.push_str(match plan.security {
        Security::Implicit => " -s",
        Security::StartTls => " -t \"\"",
        Security::Plain => "",
    });
    let usual = if plan.security == Security::Implicit {
        993
    } else {
        143
    };
    if *port != usual {
        words.push_str(&format!(" -p {port}"));
    }
    if plan.security != Security::Plain {
        if plan.trust.insecure {
            words.push_str(" --insecure");
        }
        for file in &plan.trust.ca_files {
            words.push_str(&format!(" --ca {}", quoted(&file.to_string_lossy())));
        }
        if let Some(name) = &plan.trust.server_name {
            words.push_str(&format!(" --server-name {}", quoted(name)));
        }
    }
    let who = &plan.credentials;
    for (option, value) in [
        ("-a", &who.authcid),
        ("-u", &who.authzid),
        ("-m", &who.mechanism),
    ] {
        if let Some(value) = value {
            words.push_str(&format!(" {option} {}", quoted(value)));
        }
    }
    format!("{words} {}", quoted(host))
}
