//! One side of a comparison: this tab is asked, as the traffic of a pane, a few questions at a time. Which ones
//! is `compare/inquiry.rs`'s; whose comparison it is, and what the other side told, `tabs/comparing.rs` knows.

use std::collections::BTreeMap;

use super::effect::Effect;
use super::state::State;
use super::update::send;
use crate::channel::Notice;
use crate::compare::{Facts, Inquiry, MESSAGE, Opened, Question, Scope, Standing};
use crate::console::{Ask, AskId, Asker, Heard, Phase};
use crate::transcript::LineKind;
use crate::wire::Direction;
use crate::wire::response::Status;

/// Questions that are under way at once.
const TOGETHER: usize = 4;
/// Octets of a message taken from the transcript at a time.
const CHUNK: usize = 64 * 1024;

/// The asking, as far as it is.
#[derive(Debug)]
pub struct Inquiring {
    scope: Scope,
    /// `None`: nobody is logged in yet.
    inquiry: Option<Inquiry>,
    asking: BTreeMap<AskId, usize>,
    /// The commands of the transcript that questions became.
    begun: BTreeMap<usize, usize>,
    stopped: bool,
    outcome: Option<Result<Facts, String>>,
}

impl Inquiring {
    fn new(scope: Scope) -> Inquiring {
        Inquiring {
            scope,
            inquiry: None,
            asking: BTreeMap::new(),
            begun: BTreeMap::new(),
            stopped: false,
            outcome: None,
        }
    }

    fn fail(&mut self, sentence: &str) {
        self.inquiry = None;
        self.outcome
            .get_or_insert_with(|| Err(sentence.trim().to_owned()));
    }

    /// What came of it: everything that was told, or why it ended, a sentence. Hostile. Once.
    pub fn take(&mut self) -> Option<Result<Facts, String>> {
        self.outcome.take()
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.outcome.is_some()
    }

    /// Everything is answered: what was told can be taken.
    fn settle(&mut self) {
        if let Some(inquiry) = self.inquiry.take_if(|inquiry| inquiry.is_over()) {
            self.outcome = Some(Ok(inquiry.into_facts()));
        }
    }
}

/// The command of a question, for the server or for the editor.
pub(super) fn ask_of(question: &Question, utf8: bool) -> Ask {
    let mut ask = Ask::new(Asker::Compare, question.words());
    if let Some(mailbox) = question.mailbox() {
        ask = ask.mailbox(mailbox, utf8);
    }
    match question.rest() {
        "" => ask,
        rest => ask.word(rest),
    }
}

impl State {
    /// This tab is asked for a comparison.
    pub(super) fn begin_inquiry(&mut self, scope: Scope) -> Vec<Effect> {
        self.inquiring = Some(Inquiring::new(scope));
        self.inquire()
    }

    /// Takes what was told, and asks what is next.
    pub(super) fn inquire(&mut self) -> Vec<Effect> {
        let Some(mut inquiring) = self.inquiring.take() else {
            self.console.told_to(&[Asker::Compare]);
            return Vec::new();
        };
        let effects = self.ask_on(&mut inquiring);
        inquiring.settle();
        if !(inquiring.stopped && inquiring.has_ended()) {
            self.inquiring = Some(inquiring);
        }
        effects
    }

    fn ask_on(&mut self, inquiring: &mut Inquiring) -> Vec<Effect> {
        let told = self.console.told_to(&[Asker::Compare]);
        if inquiring.has_ended() {
            return Vec::new();
        }
        if inquiring.inquiry.is_none() {
            if *self.console.phase() != Phase::Ready || !self.console.can_ask() {
                return Vec::new();
            }
            let standing = self.standing();
            inquiring.inquiry = Some(Inquiry::new(inquiring.scope.clone(), standing));
        }
        let Some(inquiry) = &mut inquiring.inquiry else {
            return Vec::new();
        };
        let mut lost = false;
        for told in told {
            let Some(number) = inquiring.asking.get(&told.ask).copied() else {
                continue;
            };
            match told.what {
                Heard::Began(command) => {
                    inquiring
                        .begun
                        .extend(command.map(|command| (number, command)));
                }
                Heard::Data(data) => inquiry.heard(number, &data),
                Heard::Done { status, .. } => {
                    inquiring.asking.remove(&told.ask);
                    if let Some(command) = inquiring.begun.remove(&number) {
                        let question = inquiry.question(number);
                        if question.is_some_and(Question::wants_octets) {
                            octets_of(self, command, |octets| inquiry.octets(number, octets));
                        }
                    }
                    let words = String::from_utf8_lossy(&status.text);
                    let refused = (status.status != Status::Ok).then_some(&*words);
                    inquiry.done(number, refused);
                }
                Heard::Lost => {
                    inquiring.asking.remove(&told.ask);
                    lost = true;
                }
            }
        }
        if lost {
            inquiring
                .fail("A question was not answered: it was stopped, or the connection is over.");
            self.console.stop_asking(Some(Asker::Compare));
            return Vec::new();
        }
        let utf8 = crate::catalog::accepts_utf8(self.console.model());
        let mut effects = Vec::new();
        while inquiry.under_way() < TOGETHER
            && let Some((number, question)) = inquiry.next_question()
        {
            let ask = ask_of(&question, utf8).heard();
            let (id, requests) = self.console.ask(ask);
            inquiring.asking.insert(id, number);
            effects.extend(send(requests));
        }
        effects
    }

    /// What is known here before anything is asked.
    fn standing(&self) -> Standing {
        let model = self.console.model();
        Standing {
            capabilities: model.capabilities().current().cloned(),
            utf8: crate::catalog::accepts_utf8(model),
            open: model.selected().map(|open| Opened {
                name: open.name.clone(),
                examined: open.read_only,
                flags: open.flags.clone(),
                permanent: open.permanent_flags.clone(),
            }),
        }
    }

    /// Nothing more is asked here, but what was opened for it is closed again.
    pub(super) fn stop_inquiry(&mut self) -> Vec<Effect> {
        let Some(mut inquiring) = self.inquiring.take() else {
            return Vec::new();
        };
        let Some(inquiry) = &mut inquiring.inquiry else {
            return Vec::new();
        };
        inquiring.stopped = true;
        inquiry.stop();
        // Those that have not gone out are lost; that is no failure now.
        let waiting: Vec<AskId> = inquiring.asking.keys().copied().collect();
        self.console.stop_asking(Some(Asker::Compare));
        for told in self.console.told_to(&[Asker::Compare]) {
            if let (Some(number), Heard::Lost) = (inquiring.asking.get(&told.ask), &told.what)
                && waiting.contains(&told.ask)
            {
                inquiry.done(*number, Some("stopped"));
                inquiring.asking.remove(&told.ask);
            }
        }
        self.inquiring = Some(inquiring);
        self.inquire()
    }

    /// The connection tells that there is nobody to ask.
    pub(super) fn inquiry_hears(&mut self, notice: &Notice) {
        let Some(inquiring) = &mut self.inquiring else {
            return;
        };
        match notice {
            Notice::LoginFailed(sentence) => inquiring.fail(sentence),
            Notice::Ended { sentence, .. } if sentence.is_empty() => {
                inquiring.fail("The connection has ended.");
            }
            Notice::Ended { sentence, .. } => inquiring.fail(sentence),
            _ => {}
        }
    }

    /// The connection that was asked on is no more.
    pub(super) fn inquiry_ends(&mut self, sentence: &str) {
        if let Some(inquiring) = &mut self.inquiring {
            inquiring.fail(sentence);
        }
    }

    /// Where the asking is, in words.
    pub(super) fn inquiry_progress(&self) -> String {
        let Some(inquiring) = &self.inquiring else {
            return "done".to_owned();
        };
        match (&inquiring.inquiry, &inquiring.outcome) {
            (_, Some(Ok(_))) => "done".to_owned(),
            (_, Some(Err(sentence))) => sentence.clone(),
            (Some(inquiry), None) => inquiry.progress(),
            (None, None) if self.console.password_wanted().is_some() => {
                "waits for a password".to_owned()
            }
            (None, None) => match self.console.phase() {
                Phase::Ready => "waits for a login".to_owned(),
                _ => "connects".to_owned(),
            },
        }
    }
}

/// Hands out the literals that the server sent to a command, as the transcript has them.
fn octets_of(state: &State, command: usize, mut take: impl FnMut(&[u8])) {
    let transcript = state.console.transcript();
    let Some(record) = transcript.command(command) else {
        return;
    };
    let mut room = MESSAGE as u64;
    for index in record.first_line..=record.last_line {
        if transcript.line_command(index) != Some(command) {
            continue;
        }
        let Some(LineKind::Literal { direction, .. }) = transcript.line(index).map(|l| l.kind)
        else {
            continue;
        };
        let mut offset = 0;
        while direction == Direction::Server && room > 0 {
            let chunk = transcript.literal_bytes(index, offset, CHUNK);
            if chunk.is_empty() {
                break;
            }
            take(&chunk);
            offset += chunk.len() as u64;
            room = room.saturating_sub(chunk.len() as u64);
        }
    }
}
