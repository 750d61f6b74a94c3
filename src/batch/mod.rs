//! EDGE. A snippet played for every row of a list: so many sessions at once, with a report, the way back, and a
//! way to go on after an interruption. Both faces run snippets through this.
//!
//! Knows: the snippet's player, the channel, `link::Handle`, tokio's tasks and clocks, the files it writes.
//! Must not know: sockets, TLS, screens, stdout, who reads the news.
//! To add something a face may ask: a variant of [`Order`] and its arm in `engine/`; something it is told:
//! a variant of [`News`]. What stands in a report: `report.rs`.

pub mod dry;
pub mod engine;
pub mod folder;
pub mod junit;
pub mod load;
pub mod report;
pub mod resume;
pub mod rows;
pub mod secrets;
pub mod trust;
pub mod undo_file;

use std::time::Duration;

use crate::channel::LineSafety;
use crate::sasl::Secret;
use crate::snippet::Diagnostic;

pub use engine::{Dial, Job, Papers, Running, spawn};
pub use rows::{Choice, Row, Shard};

/// Exit codes of a run, the same for every face.
pub mod exit {
    /// Every row passed, or was skipped.
    pub const PASSED: u8 = 0;
    /// A usage or configuration error; a file that cannot be written.
    pub const USAGE: u8 = 1;
    /// A snippet does not parse.
    pub const UNREADABLE: u8 = 2;
    /// A connection, TLS or a login failed, and nothing worse.
    pub const CONNECTION: u8 = 3;
    /// An expectation failed, or the server said NO, BAD or BYE where that was not expected.
    pub const FAILED: u8 = 4;
    /// Refused by safe mode.
    pub const UNSAFE: u8 = 5;
    /// Stopped; the report is written.
    pub const STOPPED: u8 = 130;

    /// A code in a few words.
    pub fn meaning(code: u8) -> &'static str {
        match code {
            PASSED => "all as expected",
            USAGE => "it could not be run",
            UNREADABLE => "the snippet does not parse",
            CONNECTION => "connection or login failed",
            FAILED => "something was not as expected",
            UNSAFE => "safe mode did not let it go",
            STOPPED => "stopped",
            _ => "ended by a signal",
        }
    }
}

/// What a face asks of a run. Goes down an unbounded channel; a run whose channel is dropped ends as by
/// [`Order::StopNow`], or, if nothing is left to do, at once.
#[derive(Debug, Clone)]
pub enum Order {
    /// Begin no more rows, and hold those that run before their next command.
    Pause,
    /// Go on.
    Resume,
    /// While paused: one command more, of whichever row comes first; a row is begun if none runs.
    Step,
    /// Leave this row out (by [`Row::number`]); one that has begun is not disturbed.
    LeaveOut(usize),
    /// Take it in again.
    TakeIn(usize),
    /// Run these rows again, or for the first time if a stop came before their turn; those that run are not
    /// disturbed, and of the others that a stop left behind none begins.
    Again(Vec<usize>),
    /// Begin no more rows; those that run go on to their end.
    Stop,
    /// Drop every connection now. Rows that ran count as stopped.
    StopNow,
    /// The answer to [`News::PasswordWanted`]; `None`: nobody will give it.
    Password(Option<Secret>),
}

/// What a run tells. Texts may hold what a server sent: only `printable` brings them to a terminal. Secrets
/// are masked already.
#[derive(Debug, Clone)]
pub enum News {
    /// It begins.
    Began {
        /// Rows that it will run.
        rows: usize,
        /// At once.
        jobs: usize,
    },
    /// A row begins.
    RowBegan {
        /// By [`Row::number`].
        row: usize,
        /// As whom, as far as is known: `dave`.
        user: String,
    },
    /// A command of a row has gone out.
    Doing {
        /// Which row.
        row: usize,
        /// Line of the snippet.
        line: usize,
        /// `SUBSCRIBE`, or `login` before there is a command.
        what: String,
    },
    /// A command of a row has been answered, and is as expected or not.
    Step {
        /// Which row.
        row: usize,
        /// All about it.
        step: Step,
    },
    /// `!output`
    Output {
        /// Which row.
        row: usize,
        /// One line.
        text: String,
    },
    /// What takes back a command that is about to go: written to the undo file already, if there is one.
    Undo(Undo),
    /// The command that an undo line takes back was refused, or never went: there is nothing to take back.
    UndoVoid {
        /// By [`Undo::number`].
        number: u64,
    },
    /// A row is over.
    RowEnded {
        /// Which row.
        row: usize,
        /// How it went.
        ended: Ended,
    },
    /// How safe the line of the first connection is.
    Secured(LineSafety),
    /// A sentence about the run as a whole: the server wants fewer connections, a file cannot be written.
    Note(String),
    /// A login needs a password; nothing goes on until [`Order::Password`].
    PasswordWanted {
        /// For whom.
        authcid: String,
        /// And to act as.
        authzid: Option<String>,
    },
    /// Nothing is left to do. A face that wants more gives another order; else it drops the channel.
    Finished {
        /// How many of what.
        tally: Tally,
        /// One of [`exit`].
        exit: u8,
    },
}

/// A command that was answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// Line of the snippet, from 1.
    pub line: usize,
    /// Connection, from 1.
    pub conn: usize,
    /// Who it was sent as.
    pub user: String,
    /// Its tag on the wire.
    pub tag: String,
    /// The command, secrets masked, literals shortened to `{n}`.
    pub command: String,
    /// `OK`, `NO`, `BAD`; empty: never answered.
    pub status: String,
    /// The response code, `TRYCREATE`; empty: none.
    pub code: String,
    /// The server's words behind it.
    pub text: String,
    /// From its last octet to its answer.
    pub time: Duration,
    /// What it captured: names and values, secrets masked.
    pub captures: Vec<(String, String)>,
}

/// One line of the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// Counted over the run.
    pub number: u64,
    /// Whose row.
    pub row: usize,
    /// Whom to act as; `None`: whoever logs in.
    pub user: Option<String>,
    /// The command as a snippet has it, values fixed. More than one line with a literal in it.
    pub text: String,
}

/// How a row ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub verdict: Verdict,
    /// From its beginning, waiting for its turn not counted.
    pub time: Duration,
    /// Undo lines that hold.
    pub undo: usize,
    /// Whether they have been run already (`--undo-on-failure`), and whether that succeeded.
    pub undone: Option<bool>,
    /// Of a row that did not pass, the last lines of the conversation: `C: ...`, `S: ...`.
    pub tail: Vec<String>,
}

/// How a row went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All came true.
    Passed,
    /// It was not run: a capability is missing, somebody left it out.
    Skipped(String),
    /// Something did not come true.
    Failed(Vec<Failure>),
    /// Safe mode let a command not go.
    Refused(Failure),
    /// No connection, no TLS, no login, or the connection was lost.
    Lost(Failure),
    /// It was broken off by [`Order::StopNow`]: what it had done by then is done.
    Stopped,
}

impl Verdict {
    /// The word for it in reports: `passed`, `skipped`, `failed`, `refused`, `lost`, `stopped`.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Skipped(_) => "skipped",
            Verdict::Failed(_) => "failed",
            Verdict::Refused(_) => "refused",
            Verdict::Lost(_) => "lost",
            Verdict::Stopped => "stopped",
        }
    }

    /// Whether the row did what it should, or had nothing to do.
    pub fn is_good(&self) -> bool {
        matches!(self, Verdict::Passed | Verdict::Skipped(_))
    }

    /// What went wrong, the first thing first.
    pub fn failures(&self) -> &[Failure] {
        match self {
            Verdict::Failed(all) => all,
            Verdict::Refused(one) | Verdict::Lost(one) => std::slice::from_ref(one),
            Verdict::Passed | Verdict::Skipped(_) | Verdict::Stopped => &[],
        }
    }
}

/// One thing that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// Line of the snippet; `None`: it never got that far.
    pub line: Option<usize>,
    /// In a few words: `no LIST reply for Shared/Team`.
    pub message: String,
    /// All of it, several lines: file, line, column, caret, wanted, got, next step.
    pub text: String,
    /// The same in its parts.
    pub told: Option<Box<Diagnostic>>,
}

/// How many rows of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// All there are to run.
    pub rows: usize,
    /// Passed.
    pub passed: usize,
    /// Skipped, or left out.
    pub skipped: usize,
    /// Something did not come true.
    pub failed: usize,
    /// Safe mode.
    pub refused: usize,
    /// Connection or login.
    pub lost: usize,
    /// Broken off.
    pub stopped: usize,
    /// Running now.
    pub running: usize,
}

impl Tally {
    /// Rows that have not begun.
    pub fn waiting(&self) -> usize {
        self.rows.saturating_sub(self.over() + self.running)
    }

    /// Rows that have ended.
    pub fn over(&self) -> usize {
        self.passed + self.skipped + self.failed + self.refused + self.lost + self.stopped
    }

    /// A row ended so.
    pub fn count(&mut self, verdict: &Verdict) {
        *self.of(verdict) += 1;
    }

    /// A row that had ended so begins again.
    pub fn uncount(&mut self, verdict: &Verdict) {
        let number = self.of(verdict);
        *number = number.saturating_sub(1);
    }

    fn of(&mut self, verdict: &Verdict) -> &mut usize {
        match verdict {
            Verdict::Passed => &mut self.passed,
            Verdict::Skipped(_) => &mut self.skipped,
            Verdict::Failed(_) => &mut self.failed,
            Verdict::Refused(_) => &mut self.refused,
            Verdict::Lost(_) => &mut self.lost,
            Verdict::Stopped => &mut self.stopped,
        }
    }

    /// The exit code: stopped, else what safe mode refused, else what failed, else what was lost.
    pub fn exit(&self, stopped: bool) -> u8 {
        if stopped || self.stopped > 0 {
            exit::STOPPED
        } else if self.refused > 0 {
            exit::UNSAFE
        } else if self.failed > 0 {
            exit::FAILED
        } else if self.lost > 0 {
            exit::CONNECTION
        } else {
            exit::PASSED
        }
    }
}

impl std::ops::AddAssign for Tally {
    /// Several snippets, one behind the other.
    fn add_assign(&mut self, other: Tally) {
        self.rows += other.rows;
        self.passed += other.passed;
        self.skipped += other.skipped;
        self.failed += other.failed;
        self.refused += other.refused;
        self.lost += other.lost;
        self.stopped += other.stopped;
        self.running += other.running;
    }
}

impl std::fmt::Display for Tally {
    /// `36 ok, 2 failed, 1 skipped, 2 running, 79 waiting`: what there is none of is left out, but for the first.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ok", self.passed)?;
        for (number, word) in [
            (self.failed, "failed"),
            (self.lost, "not connected or not logged in"),
            (self.refused, "refused by safe mode"),
            (self.skipped, "skipped"),
            (self.stopped, "stopped"),
            (self.running, "running"),
            (self.waiting(), "waiting"),
        ] {
            if number > 0 {
                write!(f, ", {number} {word}")?;
            }
        }
        Ok(())
    }
}
