//! The connection task: one loop over socket, requests and time. It owns the [`Session`] and the stream.
//!
//! While the face does not take its notices the socket is not read, but requests are still heard and what
//! they ask for is still written: the flood stops at TCP, never at the keyboard.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::channel::{LineSafety, Notice, Place, Plan, Request};
use crate::sasl::{Login, Surroundings};
use crate::session::{CloseCause, CommandId, Event, Session};
use crate::wire::response::{Response, Status, Untagged};

use super::opening::Opening;
use super::stream::{Stream, Turn};
use super::tls::Tls;
use super::tunnel::Keeper;
use super::{DemoDialer, Shared, verdict};

mod ending;
mod gauges;
mod pace;
mod reach;
mod wishes;

use ending::{End, broken, failed, local};
use gauges::{Gauges, Reading};
use pace::Pace;

/// Octets read at once; the events of one read are one notice.
const READ: usize = 64 * 1024;
/// Octets of sent commands that may wait to be shown; more, and nothing new is written until the face
/// has taken some.
const UNSHOWN: usize = 1024 * 1024;
/// How long the server has to close after the OK of LOGOUT.
const GOODBYE: Duration = Duration::from_secs(3);
/// And after a BYE, behind which the tagged OK of LOGOUT may still come.
const AFTER_BYE: Duration = Duration::from_secs(10);

/// What woke the loop.
enum Wake {
    /// The face took a notice.
    Room,
    /// The face dropped its ends.
    FaceGone,
    Request(Request),
    Turn(std::io::Result<Turn>),
    Alarm,
}

/// All that one connection needs.
pub struct Task {
    plan: Plan,
    session: Session,
    opening: Opening,
    safety: LineSafety,
    tls: Option<Arc<Tls>>,
    shared: Shared,
    requests: mpsc::UnboundedReceiver<Request>,
    notices: mpsc::Sender<Notice>,
    /// Notices that the face has not had room for.
    pending: VecDeque<Notice>,
    /// Octets of [`Event::Sent`] in `pending`, about.
    unshown: usize,
    /// Commands and answers given before the opening was over.
    held: VecDeque<Request>,
    /// The chunk that is being written, and how much of it is.
    out: Zeroizing<Vec<u8>>,
    written: usize,
    flush: bool,
    upgrade: bool,
    compress: bool,
    /// The login whose exchange is to be made in a thread of its own.
    prepare: Option<Login>,
    logout: Option<CommandId>,
    goodbye: Option<Instant>,
    closed: Option<CloseCause>,
    end: Option<End>,
    /// Of the program that carries the bytes, if one does.
    keeper: Option<Keeper>,
    gauges: Gauges,
    pace: Pace,
}

impl Task {
    /// Ready to [`Task::run`].
    pub fn new(
        mut plan: Plan,
        requests: mpsc::UnboundedReceiver<Request>,
        notices: mpsc::Sender<Notice>,
        shared: Shared,
    ) -> Task {
        let now = Instant::now();
        let opening = Opening::new(
            now,
            plan.security,
            plan.credentials.clone(),
            plan.limits.greeting,
            Surroundings {
                host: host(&plan.place).to_owned(),
                server_name: plan.trust.server_name.clone(),
                ..Surroundings::default()
            },
        );
        // The opening has it, and wipes it after the login.
        plan.credentials.secret = None;
        Task {
            session: Session::new(now),
            opening,
            safety: LineSafety::Plain,
            tls: None,
            shared,
            requests,
            notices,
            pending: VecDeque::new(),
            unshown: 0,
            held: VecDeque::new(),
            out: Zeroizing::default(),
            written: 0,
            flush: false,
            upgrade: false,
            compress: false,
            prepare: None,
            gauges: Gauges::new(now),
            pace: Pace::default(),
            logout: None,
            goodbye: None,
            closed: None,
            end: None,
            keeper: None,
            plan,
        }
    }

    /// From dialing to [`Notice::Ended`].
    pub async fn run(mut self, demo: Option<DemoDialer>) {
        let stream = match self.connect(demo).await {
            Ok(stream) => self.relay(stream).await,
            Err(end) => {
                self.end = Some(end);
                None
            }
        };
        let end = self.end.take().unwrap_or(End {
            cause: CloseCause::Local,
            sentence: None,
        });
        self.session.handle_close(Instant::now(), end.cause.clone());
        self.absorb();
        if let Some(stream) = stream {
            stream.close().await;
        }
        let fate = match self.keeper.take() {
            Some(keeper) => keeper.fate().await,
            None => None,
        };
        // BYE and LOGOUT are known to the session only.
        let cause = match (&end.sentence, self.closed.take()) {
            (None, Some(closed)) => closed,
            _ => end.cause,
        };
        let sentence = end
            .sentence
            .unwrap_or_else(|| self.farewell(&cause, fate.as_ref()));
        self.pending.push_back(Notice::Ended { cause, sentence });
        while let Some(notice) = self.pending.pop_front() {
            if self.notices.send(notice).await.is_err() {
                return;
            }
        }
    }

    /// The loop. Returns the stream, to be closed; `self.end` says why.
    async fn relay(&mut self, mut stream: Stream) -> Option<Stream> {
        let mut buffer = vec![0; READ];
        loop {
            self.settle();
            if self.end.is_some() {
                return Some(stream);
            }
            if std::mem::take(&mut self.upgrade) {
                match self.secure(stream, true).await {
                    Ok(secured) => stream = secured,
                    Err(end) => {
                        self.end = Some(end);
                        return None;
                    }
                }
                let now = Instant::now();
                self.session.tls_started(now);
                let steps = self.opening.secured(&mut self.session, now, &self.safety);
                self.perform(steps);
                continue;
            }
            if std::mem::take(&mut self.compress) {
                match self.compressed(stream) {
                    Ok(compressed) => stream = compressed,
                    Err(stream) => return Some(stream),
                }
                continue;
            }
            if let Some(login) = self.prepare.take() {
                if let Err(end) = self.exchange(login).await {
                    self.end = Some(end);
                    return Some(stream);
                }
                continue;
            }
            if self.opening.is_open() {
                stream.set_eager(false);
            }
            let output = self.out.get(self.written..).unwrap_or_default();
            let input = self.pending.is_empty().then_some(buffer.as_mut_slice());
            if input.is_some() {
                self.pace.rest();
            }
            let reading = Reading {
                keepalive: self.session.keepalive_due(),
                given_up: self.opening.deadline().or(self.answer_deadline()),
                compressed: stream.compressed(),
            };
            self.gauges.read(Instant::now(), reading);
            let alarm = [
                self.session.poll_timeout(),
                reading.given_up,
                self.goodbye,
                self.gauges.due(),
            ]
            .into_iter()
            .flatten()
            .min();
            let sleep = tokio::time::sleep_until(alarm.unwrap_or_else(Instant::now).into());
            let wake = tokio::select! {
                permit = self.notices.reserve(), if !self.pending.is_empty() => match permit {
                    Err(_) => Wake::FaceGone,
                    Ok(permit) => {
                        if let Some(notice) = self.pending.pop_front() {
                            self.unshown = self.unshown.saturating_sub(weight(&notice));
                            permit.send(notice);
                        }
                        Wake::Room
                    }
                },
                request = self.requests.recv() => request.map_or(Wake::FaceGone, Wake::Request),
                turn = stream.turn(output, self.flush, input) => Wake::Turn(turn),
                () = sleep, if alarm.is_some() => Wake::Alarm,
            };
            match wake {
                Wake::Room => {}
                Wake::FaceGone => self.end = Some(local()),
                Wake::Request(request) => self.asked(request),
                Wake::Turn(turn) => self.turned(turn, &buffer),
                Wake::Alarm => self.woke(),
            }
        }
    }

    /// Takes what the session has to say and to send, until it has nothing more.
    fn settle(&mut self) {
        loop {
            self.absorb();
            if self.end.is_some() || self.upgrade || self.compress || self.prepare.is_some() {
                return;
            }
            if self.opening.is_open()
                && let Some(request) = self.held.pop_front()
            {
                self.asked(request);
                continue;
            }
            if self.written < self.out.len() || self.unshown > UNSHOWN {
                return;
            }
            match self.session.poll_transmit() {
                Some(chunk) => {
                    self.gauges.moved(Instant::now());
                    self.out = chunk;
                    self.written = 0;
                }
                None => return self.absorb(),
            }
        }
    }

    /// Events become one notice; then comes what the opening makes of them.
    fn absorb(&mut self) {
        loop {
            let mut events = Vec::new();
            let mut steps = Vec::new();
            while let Some(event) = self.session.poll_event() {
                self.watch(&event);
                if self.closed.is_none() {
                    steps.extend(self.opening.on_event(
                        &mut self.session,
                        Instant::now(),
                        &self.safety,
                        &event,
                    ));
                }
                events.push(event);
            }
            if events.is_empty() {
                return;
            }
            let notice = Notice::Events {
                at: SystemTime::now(),
                events,
            };
            self.unshown += weight(&notice);
            self.pending.push_back(notice);
            self.perform(steps);
        }
    }

    /// What the task itself wants to know.
    fn watch(&mut self, event: &Event) {
        match event {
            Event::Started { command, verb, .. } if verb == "LOGOUT" => {
                self.logout = Some(*command)
            }
            Event::Completed {
                command, status, ..
            } if self.logout == Some(*command) && status.status == Status::Ok => {
                self.goodbye = Instant::now().checked_add(GOODBYE);
            }
            Event::Response {
                response: Response::Untagged(Untagged::Status(status)),
                ..
            } if status.status == Status::Bye => {
                self.goodbye = Instant::now().checked_add(AFTER_BYE);
            }
            Event::Closed(cause) => self.closed = Some(cause.clone()),
            _ => {}
        }
    }

    fn say(&mut self, notice: Notice) {
        self.pending.push_back(notice);
    }

    fn turned(&mut self, turn: std::io::Result<Turn>, buffer: &[u8]) {
        match turn {
            Ok(Turn::Wrote(octets)) => {
                self.gauges.moved(Instant::now());
                self.written += octets;
                self.flush = true;
            }
            Ok(Turn::Flushed) => self.flush = false,
            Ok(Turn::Read(octets)) => {
                let now = Instant::now();
                self.gauges.moved(now);
                self.pace.read(now, octets, buffer.len());
                let bytes = buffer.get(..octets).unwrap_or_default();
                let session = &mut self.session;
                // A SCRAM challenge makes us compute for up to a second.
                if self.opening.is_open() {
                    session.handle_input(Instant::now(), bytes);
                } else {
                    at_leisure(|| session.handle_input(Instant::now(), bytes));
                }
            }
            Ok(Turn::Closed) => {
                self.end = Some(End {
                    cause: CloseCause::Closed,
                    sentence: None,
                })
            }
            Ok(Turn::ClosedWithoutNotify) => {
                // Behind LOGOUT nothing can be missing.
                if self.goodbye.is_none() {
                    self.say(Notice::Warning(
                        "The server closed without TLS's close_notify. Many do; but if an answer looks cut \
                         off, it may be."
                            .to_owned(),
                    ));
                }
                self.end = Some(End {
                    cause: CloseCause::Closed,
                    sentence: None,
                });
            }
            Err(error) => {
                let cause = CloseCause::Failed(broken(&error));
                let sentence = verdict::alert_sentence(self.host(), &error);
                self.end = Some(End { cause, sentence });
            }
        }
    }

    fn woke(&mut self) {
        let now = Instant::now();
        // Before the keepalive, whose DONE makes the long silence of an IDLE look like one of these.
        if self.answer_deadline().is_some_and(|at| at <= now) {
            self.end = Some(self.unanswered());
        }
        if self.session.poll_timeout().is_some_and(|at| at <= now) {
            self.session.handle_timeout(now);
        }
        if self.opening.deadline().is_some_and(|at| at <= now) {
            let steps = self.opening.timed_out();
            self.perform(steps);
        }
        if let Some(gauge) = self.gauges.tell(now) {
            self.say(Notice::Gauge(gauge));
        }
        if self.goodbye.is_some_and(|at| at <= now) {
            self.end = Some(End {
                cause: CloseCause::Logout,
                sentence: None,
            });
        }
    }

    /// As the user gave it.
    fn host(&self) -> &str {
        host(&self.plan.place)
    }
}

/// Runs what computes long without holding up the other tasks of this thread.
fn at_leisure(work: impl FnOnce()) {
    let several = tokio::runtime::Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread);
    if several {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}

/// As the user named it.
fn host(place: &Place) -> &str {
    match place {
        Place::Demo => "localhost",
        place => place.host(),
    }
}

/// Octets of [`Event::Sent`] in it.
fn weight(notice: &Notice) -> usize {
    let Notice::Events { events, .. } = notice else {
        return 0;
    };
    let octets = |event: &Event| match event {
        Event::Sent { piece, .. } => piece.bytes().len(),
        _ => 0,
    };
    events.iter().map(octets).sum()
}

fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first: String = letters
        .next()
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    let end = if sentence.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}
