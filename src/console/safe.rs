//! Safe mode here: what was typed is judged before it goes; what is asked about waits until it is counted
//! and answered.

use zeroize::Zeroizing;

use super::draft::{self, DraftItem};
use super::{Console, Submission};
use crate::catalog;
use crate::channel::Request;
use crate::model::ConnectionState;
use crate::safety::{Answer, Count, Doubt, Known, Open, SafeMode, Verdict, judge};
use crate::session::{CommandId, Event, Reply};
use crate::transcript::NoteLevel;
use crate::wire::encode::{self, Argument};
use crate::wire::response::{Response, Status};
use crate::wire::{Command, Origin};

/// Most commands of one text that are counted; the others are asked about uncounted.
const COUNTED: usize = 20;

/// What waits for an answer.
#[derive(Debug)]
enum Waiting {
    /// Commands, as they would go, and the text they come from.
    Items(Vec<DraftItem>, Zeroizing<String>),
    /// Answers to what the server waits for.
    Replies(Vec<Request>),
}

/// One question to the user.
#[derive(Debug)]
struct Pending {
    waiting: Waiting,
    /// What is asked about, by the command as it is shown.
    counts: Vec<(String, Count)>,
    /// How many commands there are.
    commands: usize,
    /// Index of the one that is being counted.
    at: usize,
    running: Option<Running>,
}

/// The counting question that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Running {
    verb: String,
    id: Option<CommandId>,
}

/// Safe mode of one session.
#[derive(Debug, Default)]
pub(super) struct Safe {
    pub mode: SafeMode,
    pending: Option<Pending>,
    /// The command whose literal is being given by hand.
    open: Option<Open>,
    /// What was asked about turned out harmless, and went.
    went: bool,
    /// The EXAMINE that takes a mailbox out of writing.
    examining: Option<Option<CommandId>>,
    /// It did not help: said once.
    stuck: bool,
    /// SELECTs that are out.
    selecting: Vec<CommandId>,
}

/// What a face shows while something is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// By command: how it would go (secrets masked), and what it would hit. Hostile.
    pub commands: Vec<(String, Vec<String>)>,
    /// How many commands would go in all.
    pub of: usize,
    /// It is still being counted: no answer is taken yet.
    pub counting: bool,
}

impl Safe {
    pub fn new(mode: SafeMode) -> Safe {
        Safe {
            mode,
            ..Safe::default()
        }
    }

    /// A new connection, or none any more.
    pub fn connection_opened(&mut self) {
        *self = Safe::new(self.mode);
    }
}

impl Console {
    /// How careful this session is.
    pub fn safe_mode(&self) -> SafeMode {
        self.safe.mode
    }

    /// Another mode from now on. Under `readonly` an open mailbox is opened anew with EXAMINE.
    pub fn set_safe_mode(&mut self, mode: SafeMode) -> Vec<Request> {
        if self.safe.mode == mode {
            return Vec::new();
        }
        self.safe.mode = mode;
        self.safe.stuck = false;
        self.note(NoteLevel::Info, mode.sentence());
        // What waits was judged by another measure.
        if self.safe.pending.take().is_some() {
            self.note(
                NoteLevel::Info,
                "What was being asked about was not sent: the mode has changed.",
            );
        }
        self.out_of_writing()
    }

    /// What is being asked about.
    pub fn question(&self) -> Option<Question> {
        let pending = self.safe.pending.as_ref()?;
        let commands = pending
            .counts
            .iter()
            .map(|(shown, count)| (shown.clone(), count.lines()));
        Some(Question {
            commands: commands.collect(),
            of: pending.commands,
            counting: pending.is_counting(),
        })
    }

    /// The answer to the question. No: nothing is sent.
    pub fn answer(&mut self, yes: bool) -> Submission {
        if yes && self.safe.pending.as_ref().is_none_or(Pending::is_counting) {
            return Submission::Empty;
        }
        match self.safe.pending.take().map(|pending| pending.waiting) {
            Some(Waiting::Items(items, text)) if yes => self.send(items, &text),
            Some(Waiting::Replies(requests)) if yes => Submission::Send(requests),
            Some(_) => Submission::Refused("Not sent.".to_owned()),
            None => Submission::Empty,
        }
    }

    /// The counting is not waited for any more; whether there was one.
    pub fn stop_counting(&mut self) -> bool {
        match &mut self.safe.pending {
            Some(pending) if pending.is_counting() => {
                pending.running = None;
                for (_, count) in pending.counts.iter_mut().skip(pending.at) {
                    count.give_up("it took too long, and was stopped");
                }
                pending.at = pending.counts.len();
                true
            }
            _ => false,
        }
    }

    /// Whether what was asked about turned out harmless and has gone, since this was asked last.
    pub fn went_without_answer(&mut self) -> bool {
        std::mem::take(&mut self.safe.went)
    }

    /// What safe mode says of commands: a sentence each. For the dry run.
    pub(super) fn safe_words(&self, items: &[DraftItem]) -> Vec<String> {
        let mut known = self.known();
        let mut words = Vec::new();
        for item in items.iter().filter(|item| !item.is_done) {
            match judge(&item.command, self.safe.mode, &known) {
                Verdict::Pass => {}
                Verdict::Changed(_, sentence) | Verdict::Block(sentence) => words.push(sentence),
                Verdict::Ask(doubt) => words.push(match doubt.always {
                    true => format!(
                        "{}: safe mode would show what it hits, and ask.",
                        doubt.verb
                    ),
                    false => format!(
                        "{}: safe mode would count what it hits, and ask if that is much.",
                        doubt.verb
                    ),
                }),
            }
            known.behind(&item.command);
        }
        if words.is_empty() {
            words.push(match self.safe.mode {
                SafeMode::Off => "Safe mode is off.".to_owned(),
                mode => format!("Safe mode ({mode}) lets it go."),
            });
        }
        words
    }

    /// Judges commands as one. What may go goes; what is asked about waits.
    pub(super) fn judged(&mut self, mut items: Vec<DraftItem>, text: &str) -> Submission {
        let mode = self.safe.mode;
        if mode == SafeMode::Off {
            return self.send(items, text);
        }
        let (mut doubts, mut notes) = (Vec::new(), Vec::new());
        let mut known = self.known();
        let mut made = 0;
        for item in &mut items {
            if item.is_done {
                continue;
            }
            let tag = self.tag_after(made);
            made += usize::from(item.command.tag == crate::wire::TagChoice::Generated);
            let verdict = judge(&item.command, mode, &known);
            known.behind(&item.command);
            match verdict {
                Verdict::Pass => {}
                Verdict::Changed(command, sentence) => {
                    item.command = command;
                    notes.push(sentence);
                }
                Verdict::Block(sentence) => return Submission::Refused(sentence),
                Verdict::Ask(doubt) => doubts.push((draft::shown(item, &tag), doubt)),
            }
        }
        notes.dedup();
        if doubts.is_empty() {
            for sentence in notes {
                self.note(NoteLevel::Info, &sentence);
            }
            return self.send(items, text);
        }
        let commands = items.len();
        let waiting = Waiting::Items(items, Zeroizing::new(text.to_owned()));
        self.put_question(waiting, doubts, commands)
    }

    /// Answers given by hand to a command's literal: judged as a part of that command.
    pub(super) fn judged_reply(&mut self, submission: Submission) -> Submission {
        let (Submission::Send(requests), Some(open)) = (&submission, &self.safe.open) else {
            return submission;
        };
        let known = self.known();
        let mut doubts = Vec::new();
        let lines = requests.iter().filter_map(|request| match request {
            Request::Respond(Reply::Line(line)) => Some(line.as_slice()),
            Request::Respond(Reply::Literal(_)) => Some(&b""[..]),
            _ => None,
        });
        for line in lines {
            match open.judge(line, self.safe.mode, &known) {
                Verdict::Block(sentence) => return Submission::Refused(sentence),
                Verdict::Ask(doubt) => {
                    doubts.push((String::from_utf8_lossy(line).into_owned(), doubt));
                }
                Verdict::Pass | Verdict::Changed(..) => {}
            }
        }
        match submission {
            Submission::Send(requests) if !doubts.is_empty() => {
                self.put_question(Waiting::Replies(requests), doubts, 1)
            }
            submission => submission,
        }
    }

    fn put_question(
        &mut self,
        waiting: Waiting,
        doubts: Vec<(String, Doubt)>,
        commands: usize,
    ) -> Submission {
        let set = self.model.capabilities().current();
        let esearch = set.is_some_and(|set| set.has("ESEARCH") || set.has("IMAP4rev2"));
        let utf8 = catalog::accepts_utf8(&self.model);
        let literal = matches!(waiting, Waiting::Replies(_));
        let counts = doubts
            .into_iter()
            .enumerate()
            .map(|(index, (shown, doubt))| {
                let mut count = Count::new(doubt, esearch, utf8);
                if index >= COUNTED {
                    count.give_up("there are too many commands to count for each");
                }
                if literal {
                    count.give_up("the command before it is not finished");
                }
                (shown, count)
            });
        self.safe.pending = Some(Pending {
            waiting,
            counts: counts.collect(),
            commands,
            at: 0,
            running: None,
        });
        Submission::Asks(self.count_on())
    }

    /// The next counting question, or, when all is counted and nothing is to be asked, the commands.
    pub(super) fn count_on(&mut self) -> Vec<Request> {
        let Some(pending) = &mut self.safe.pending else {
            return Vec::new();
        };
        if pending.running.is_some() {
            return Vec::new();
        }
        while let Some((_, count)) = pending.counts.get_mut(pending.at) {
            if let Some(command) = count.next_command() {
                pending.running = Some(Running {
                    verb: command.verb(),
                    id: None,
                });
                return vec![Request::Submit(command)];
            }
            debug_assert_eq!(count.answer(), Answer::Counted);
            pending.at += 1;
        }
        if pending
            .counts
            .iter()
            .any(|(_, count)| count.is_to_be_asked())
        {
            return Vec::new();
        }
        match self.safe.pending.take().map(|pending| pending.waiting) {
            Some(Waiting::Items(items, text)) => {
                self.safe.went = true;
                match self.send(items, &text) {
                    Submission::Send(requests) => requests,
                    _ => Vec::new(),
                }
            }
            Some(Waiting::Replies(requests)) => {
                self.safe.went = true;
                requests
            }
            None => Vec::new(),
        }
    }

    /// Follows the counting, and what opens mailboxes.
    pub(super) fn safe_sees(&mut self, event: &Event) {
        self.follow_select(event);
        let Some(pending) = &mut self.safe.pending else {
            return;
        };
        let (Some(running), Some((_, count))) =
            (&mut pending.running, pending.counts.get_mut(pending.at))
        else {
            return;
        };
        match event {
            Event::Started {
                command,
                origin: Origin::Program,
                verb,
                ..
            } if running.id.is_none() && *verb == running.verb => running.id = Some(*command),
            // What may answer another command just as well counts nothing.
            Event::Response {
                response: Response::Untagged(data),
                command: Some(command),
            } if running.id == Some(*command) => count.see(data),
            Event::Completed {
                command, status, ..
            } if running.id == Some(*command) => {
                count.over(status);
                pending.running = None;
            }
            Event::Abandoned { command } if running.id == Some(*command) => {
                count.give_up("the server did not answer");
                pending.running = None;
            }
            _ => {}
        }
    }

    fn follow_select(&mut self, event: &Event) {
        match event {
            Event::Started {
                command,
                verb,
                origin,
                ..
            } => {
                if verb == "SELECT" && self.safe.selecting.len() < 1_000 {
                    self.safe.selecting.push(*command);
                }
                if let (Some(id @ None), Origin::Program, "EXAMINE") =
                    (&mut self.safe.examining, *origin, verb.as_str())
                {
                    *id = Some(*command);
                }
            }
            Event::Completed {
                command, status, ..
            } => {
                self.safe.selecting.retain(|id| id != command);
                if self.safe.examining == Some(Some(*command)) {
                    self.safe.examining = None;
                    self.safe.stuck = status.status != Status::Ok;
                }
            }
            Event::Abandoned { command } => {
                self.safe.selecting.retain(|id| id != command);
                if self.safe.examining == Some(Some(*command)) {
                    self.safe.examining = None;
                }
            }
            _ => {}
        }
    }

    /// Under `readonly` no mailbox stays open for writing: EXAMINE.
    pub(super) fn out_of_writing(&mut self) -> Vec<Request> {
        let writing = self.safe.mode == SafeMode::ReadOnly
            && self.model.state() == ConnectionState::Selected
            && self.safe.examining.is_none()
            && !self.safe.stuck;
        let Some(mailbox) = self.model.selected().filter(|m| writing && !m.read_only) else {
            return Vec::new();
        };
        let mut command = Command::line(Origin::Program, "EXAMINE ");
        let utf8 = catalog::accepts_utf8(&self.model);
        encode::append(&mut command.parts, &mailbox.name, Argument::AString, utf8);
        self.safe.examining = Some(None);
        vec![Request::Submit(command)]
    }

    /// A command goes out: what comes by hand belongs to it.
    pub(super) fn safe_going(&mut self, command: &Command) {
        self.safe.open = Open::of(command);
    }

    fn known(&self) -> Known<'_> {
        let selected = self.model.selected();
        Known {
            capabilities: self.model.capabilities().current(),
            read_only: match self.safe.selecting.is_empty() {
                true => selected.map(|mailbox| mailbox.read_only),
                false => Some(false),
            },
            exists: selected
                // What is under way may change it; a question goes behind that.
                .filter(|_| self.in_flight.is_empty() && self.submitted == 0)
                .and_then(|mailbox| mailbox.exists),
            blind: false,
            changing: false,
        }
    }
}

impl Pending {
    fn is_counting(&self) -> bool {
        self.at < self.counts.len()
    }
}
