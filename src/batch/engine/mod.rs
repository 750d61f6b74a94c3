//! The run itself: which row is next, how many at once, and what a face orders meanwhile.

mod gate;
mod line;
mod papers;
mod passwords;
mod play;
mod throttle;
mod told;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Ended, News, Order, Row, Tally, Verdict, exit};
use crate::channel::{LineSafety, Plan, Request};
use crate::link::Handle;
use crate::safety::SafeMode;
use crate::snippet::script::StepKind;
use crate::snippet::{Files, Script, Value, Who};
use crate::wire::{CapabilitySet, Command, Origin};

use gate::{Gate, Pace};
pub use papers::Papers;
use passwords::Passwords;
use throttle::Throttle;

/// News that may wait for the face. More, and the rows wait.
const NEWS: usize = 256;
/// Rows at once where nobody says how many.
pub const JOBS: usize = 8;

/// Opens connections: lent by whoever knows profiles, `link` and the demo.
pub trait Dial: Send + Sync {
    /// What is needed to log in as `who`; what is `None` there is as the account says. With its password, if it
    /// can be had without asking.
    ///
    /// # Errors
    /// A sentence: there is no such profile.
    fn plan(&self, who: &Who) -> Result<Plan, String>;

    /// Begins to open one. `resume`: TLS sessions of earlier ones may be resumed.
    fn open(&self, plan: Plan, resume: bool) -> Handle;
}

/// One snippet for all its rows.
pub struct Job {
    /// The snippet, without errors.
    pub script: Arc<Script>,
    /// As it was named: in the report.
    pub file: String,
    /// Those to run.
    pub rows: Vec<Row>,
    /// `-D name=value`.
    pub given: BTreeMap<String, Value>,
    /// The values of its `secret` lines.
    pub secrets: BTreeMap<String, Value>,
    /// What the profile knows: `user`, `username`, `domain`, `host`, `port`.
    pub profile: BTreeMap<String, Value>,
    /// What it reads besides itself.
    pub files: Arc<dyn Files>,
    /// Rows at once.
    pub jobs: usize,
    /// No row begins behind one that failed.
    pub stop_on_error: bool,
    /// How careful.
    pub safe: SafeMode,
    /// What safe mode asks about was confirmed.
    pub yes: bool,
    /// How long a command may take where the snippet says nothing.
    pub timeout: Duration,
    /// What a row that failed has done is taken back at once.
    pub undo_on_failure: bool,
    /// It begins as after [`Order::Pause`].
    pub paused: bool,
    /// How to get connections.
    pub dial: Arc<dyn Dial>,
    /// What is written.
    pub papers: Arc<Papers>,
}

/// A run under way.
pub struct Running {
    /// Down. Dropped before the end: as [`Order::StopNow`].
    pub orders: mpsc::UnboundedSender<Order>,
    /// Up.
    pub news: mpsc::Receiver<News>,
}

/// A connection whose row has ended: of which profile, and what the server offers.
type Idle = (Option<String>, Handle, Option<CapabilitySet>);

/// Why there is no connection.
#[derive(Debug, Clone)]
struct Refusal {
    login: bool,
    sentence: String,
    /// The server said no to a login, with this response code; empty: none.
    refused: Option<String>,
    /// Why no other row would fare better, if none would.
    ends_all: Option<String>,
}

/// What the rows share.
struct Engine {
    job: Job,
    news: mpsc::Sender<News>,
    gate: Gate,
    throttle: Throttle,
    passwords: Passwords,
    /// Connections whose rows have ended, for UNAUTHENTICATE.
    idle: Mutex<Vec<Idle>>,
    full_handshakes: AtomicBool,
    told_safety: AtomicBool,
    starts_tls: AtomicBool,
    /// The snippet looks at greetings: a connection that was used shows none.
    has_greeting: bool,
    began: SystemTime,
    /// Another row would fare no better, or a file cannot be written: nothing more begins.
    given_up: Mutex<Option<u8>>,
}

/// Starts a run on the current tokio runtime.
pub fn spawn(job: Job) -> Running {
    let (orders, inbox) = mpsc::unbounded_channel();
    let (outbox, news) = mpsc::channel(NEWS);
    tokio::spawn(Course::new(job, outbox).run(inbox));
    Running { orders, news }
}

impl Engine {
    async fn tell(&self, news: News) {
        // A face that has gone has seen enough.
        let _ = self.news.send(news).await;
    }

    async fn note(&self, sentence: String) {
        self.tell(News::Note(sentence)).await;
    }

    /// Told once: with STARTTLS when TLS is on.
    async fn secured(&self, safety: LineSafety) {
        let plain = matches!(safety, LineSafety::Plain | LineSafety::PlainLoopback);
        if plain && self.starts_tls.load(Ordering::Relaxed) {
            return;
        }
        if !self.told_safety.swap(true, Ordering::Relaxed) {
            self.tell(News::Secured(safety)).await;
        }
    }

    fn resumes(&self) -> bool {
        !self.full_handshakes.load(Ordering::Relaxed)
    }

    fn resume_no_more(&self) {
        self.full_handshakes.store(true, Ordering::Relaxed);
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle_line(&self, profile: Option<&str>) -> Option<(Handle, Option<CapabilitySet>)> {
        let mut idle = self.idle();
        let at = idle.iter().position(|(of, ..)| of.as_deref() == profile)?;
        let (_, handle, capabilities) = idle.swap_remove(at);
        Some((handle, capabilities))
    }

    /// Nothing more begins; what runs goes on.
    fn give_up(&self, code: u8) {
        let mut given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
        given_up.get_or_insert(code);
    }

    fn has_given_up(&self) -> Option<u8> {
        *self.given_up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the run goes.
struct Course {
    engine: Arc<Engine>,
    /// Indices of rows that wait.
    queue: VecDeque<usize>,
    left_out: HashSet<usize>,
    /// How each row ended.
    ends: Vec<Option<Verdict>>,
    running: JoinSet<(usize, Ended)>,
    /// Indices of the rows in `running`.
    under_way: HashSet<usize>,
    tally: Tally,
    stopping: bool,
    stopped: bool,
    /// While paused: rows that may begin all the same.
    steps: usize,
    finished: bool,
}

impl Course {
    fn new(job: Job, news: mpsc::Sender<News>) -> Course {
        let rows = job.rows.len();
        let jobs = job.jobs.max(1);
        let connections = job.script.connections();
        let paused = job.paused;
        let greeting =
            |step: &crate::snippet::script::Step| matches!(step.kind, StepKind::Greeting(_));
        let engine = Engine {
            // Each of imaptest's files begins on connections of its own.
            has_greeting: job.script.imaptest.is_some() || job.script.steps.iter().any(greeting),
            throttle: Throttle::new(jobs * connections, connections),
            news,
            gate: Gate::new(),
            passwords: Passwords::new(),
            idle: Mutex::new(Vec::new()),
            full_handshakes: AtomicBool::new(false),
            told_safety: AtomicBool::new(false),
            starts_tls: AtomicBool::new(false),
            began: SystemTime::now(),
            given_up: Mutex::new(None),
            job,
        };
        if paused {
            engine.gate.set(Pace::Paused);
        }
        Course {
            engine: Arc::new(engine),
            queue: (0..rows).collect(),
            left_out: HashSet::new(),
            ends: vec![None; rows],
            running: JoinSet::new(),
            under_way: HashSet::new(),
            tally: Tally {
                rows,
                ..Tally::default()
            },
            stopping: false,
            stopped: false,
            steps: 0,
            finished: false,
        }
    }

    async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        let (rows, jobs) = (self.ends.len(), self.engine.job.jobs);
        self.engine.tell(News::Began { rows, jobs }).await;
        loop {
            self.begin().await;
            if self.running.is_empty() && !self.may_begin() && !self.finished && !self.is_held() {
                self.finish().await;
            }
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(order) => self.take(order).await,
                    None if self.finished => return,
                    None => {
                        self.take(Order::StopNow).await;
                        while let Some(ended) = self.running.join_next().await {
                            self.ended(ended).await;
                        }
                        self.finish().await;
                        return;
                    }
                },
                Some(ended) = self.running.join_next() => self.ended(ended).await,
            }
        }
    }

    /// Paused with rows that wait: not the end.
    fn is_held(&self) -> bool {
        self.engine.gate.pace() == Pace::Paused && !self.queue.is_empty() && !self.stopping
    }

    fn may_begin(&self) -> bool {
        let pace = match self.engine.gate.pace() {
            Pace::Going => true,
            Pace::Paused => self.steps > 0 && self.running.is_empty(),
            Pace::Over => false,
        };
        pace && !self.stopping && self.engine.has_given_up().is_none() && !self.queue.is_empty()
    }

    /// Begins rows as long as there is room.
    async fn begin(&mut self) {
        while self.may_begin() {
            // The first one shows whether the login is right at all; it asks for the password, too.
            let most = match self.engine.throttle.ever() {
                true => self.engine.job.jobs.max(1),
                false => 1,
            };
            if self.running.len() >= most {
                return;
            }
            let Some(at) = self.next() else {
                return;
            };
            let Some(row) = self.engine.job.rows.get(at) else {
                continue;
            };
            let number = row.number;
            if self.left_out.contains(&number) {
                let ended = Ended {
                    verdict: Verdict::Skipped("left out by hand".to_owned()),
                    time: Duration::ZERO,
                    undo: 0,
                    undone: None,
                    tail: Vec::new(),
                };
                self.count(at, &ended.verdict);
                self.engine
                    .tell(News::RowEnded { row: number, ended })
                    .await;
                continue;
            }
            self.steps = self.steps.saturating_sub(1);
            self.finished = false;
            self.tally.running += 1;
            self.under_way.insert(at);
            let engine = Arc::clone(&self.engine);
            self.running
                .spawn(async move { (at, play::row(&engine, at).await) });
        }
    }

    /// The row to begin: the first that waits. While nothing but refused logins has come, and whose fault they
    /// are is not clear, one from elsewhere: names that are not there often stand together.
    fn next(&mut self) -> Option<usize> {
        let throttle = &self.engine.throttle;
        let waiting = self.queue.len();
        let place = match throttle.refusals() {
            0 => 0,
            _ if throttle.ever() => 0,
            1 => waiting / 2,
            2 => waiting.saturating_sub(1),
            3 => waiting / 4,
            _ => waiting / 4 * 3,
        };
        self.queue.remove(place)
    }

    fn count(&mut self, at: usize, verdict: &Verdict) {
        self.tally.count(verdict);
        if let Some(end) = self.ends.get_mut(at) {
            *end = Some(verdict.clone());
        }
    }

    async fn ended(&mut self, ended: Result<(usize, Ended), tokio::task::JoinError>) {
        self.tally.running = self.tally.running.saturating_sub(1);
        let Ok((at, ended)) = ended else {
            self.engine.give_up(exit::USAGE);
            self.engine
                .note("A row ended by a mistake of imapsh's own: nothing more begins.".to_owned())
                .await;
            return;
        };
        self.under_way.remove(&at);
        let verdict = match &ended.verdict {
            // Texts are the face's; only the kind is kept.
            Verdict::Failed(_) => Verdict::Failed(Vec::new()),
            Verdict::Skipped(_) => Verdict::Skipped(String::new()),
            other => other.clone(),
        };
        self.count(at, &verdict);
        if !ended.verdict.is_good() && self.engine.job.stop_on_error {
            self.stopping = true;
        }
        // What safe mode does not let go for one row it lets go for none.
        if matches!(verdict, Verdict::Refused(_)) {
            self.stopping = true;
        }
        let row = self.engine.job.rows.get(at).map_or(0, |row| row.number);
        self.engine.tell(News::RowEnded { row, ended }).await;
    }

    async fn finish(&mut self) {
        self.finished = true;
        let idle = std::mem::take(&mut *self.engine.idle());
        for (_, handle, _) in idle {
            // Dropping the channel behind it closes the connection; LOGOUT is what the server likes better.
            let logout = Command::line(Origin::Program, "LOGOUT");
            let _ = handle.requests.send(Request::Submit(logout));
            let mut notices = handle.notices;
            let requests = handle.requests;
            tokio::spawn(async move {
                let drained = async { while notices.recv().await.is_some() {} };
                let _ = tokio::time::timeout(Duration::from_secs(3), drained).await;
                drop(requests);
            });
        }
        let mut exit = self.tally.exit(self.stopped);
        if let Some(code) = self.engine.has_given_up()
            && (code == exit::USAGE || matches!(exit, exit::PASSED | exit::CONNECTION))
        {
            exit = code;
        }
        let tally = self.tally;
        self.engine.tell(News::Finished { tally, exit }).await;
    }

    async fn take(&mut self, order: Order) {
        let gate = &self.engine.gate;
        match order {
            Order::Pause => gate.set(Pace::Paused),
            Order::Resume => {
                self.steps = 0;
                gate.set(Pace::Going);
            }
            Order::Step if gate.pace() == Pace::Paused => {
                if self.running.is_empty() {
                    self.steps = 1;
                }
                gate.step();
            }
            Order::Step => {}
            Order::LeaveOut(row) => {
                self.left_out.insert(row);
            }
            Order::TakeIn(row) => {
                self.left_out.remove(&row);
                self.again(&[row], false, |verdict| {
                    matches!(verdict, Verdict::Skipped(_))
                });
            }
            Order::Again(rows) => self.again(&rows, true, |_| true),
            Order::Stop => {
                self.stopping = true;
                self.stopped |= !self.queue.is_empty() || !self.running.is_empty();
                gate.set(Pace::Going);
            }
            Order::StopNow => {
                self.stopping = true;
                self.stopped |= !self.queue.is_empty() || !self.running.is_empty();
                gate.set(Pace::Over);
            }
            Order::Password(secret) => self.engine.passwords.answered(secret),
        }
    }

    /// Puts rows back into the queue that have ended so; with `unbegun` those, too, that a stop left behind. Those
    /// alone: what else a stop has left behind stays so.
    fn again(&mut self, rows: &[usize], unbegun: bool, which: impl Fn(&Verdict) -> bool) {
        // It is told anew that there is nothing to do, if that is so.
        self.finished = false;
        if self.engine.gate.pace() == Pace::Over {
            if !self.running.is_empty() || self.engine.has_given_up().is_some() {
                return;
            }
            self.engine.gate.reopen();
        }
        if std::mem::take(&mut self.stopping) {
            self.queue.clear();
        }
        self.stopped = false;
        let waiting: HashSet<usize> = self.queue.iter().copied().collect();
        let wanted: HashSet<usize> = rows.iter().copied().collect();
        for (at, row) in self.engine.job.rows.iter().enumerate() {
            let known = waiting.contains(&at) || self.under_way.contains(&at);
            if known || !wanted.contains(&row.number) {
                continue;
            }
            let Some(end) = self.ends.get_mut(at) else {
                continue;
            };
            match end.take_if(|verdict| which(verdict)) {
                Some(verdict) => self.tally.uncount(&verdict),
                None if end.is_none() && unbegun => {}
                None => continue,
            }
            self.left_out.remove(&row.number);
            self.queue.push_back(at);
        }
    }
}
