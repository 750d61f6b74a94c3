//! What is done before the first group: capabilities, old mailboxes away, a new one, its messages, SELECT.
//! The first connection does it; the others wait, and select last.

use std::time::Instant;

use super::super::args::{Arg, shown};
use super::super::variables::Part;
use super::{Play, Stage};
use crate::snippet::player::{Act, Verdict};
use crate::snippet::script::{Messages, Span, State};

/// How far it has come. Each waits for the results of what it sent.
#[derive(Debug, Default)]
pub(super) struct Setup {
    /// What is under way.
    pub step: Step,
    /// By LIST.
    pub mailboxes: Vec<Vec<u8>>,
    /// By LSUB.
    pub subscribed: Vec<Vec<u8>>,
    /// Messages that are still to be appended; `None`: up to the end of the mbox.
    left: Option<usize>,
}

/// A step of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// CAPABILITY, where nobody has told them yet.
    #[default]
    Capability,
    /// LIST and LSUB.
    Listing,
    /// DELETE and UNSUBSCRIBE: a refusal is passed over, it may be a name without a mailbox.
    Wiping,
    Creating,
    Appending,
    /// The first connection: it has all the \Recent flags.
    Selecting,
    /// The others.
    Following,
}

impl Play {
    /// All connections are there.
    pub(super) fn opened(&mut self, now: Instant) {
        self.greeted();
        if self.state() == State::Nonauth {
            match self.missing_capabilities() {
                Some(missing) => self.finish(Verdict::Skipped(missing)),
                None => self.stage = Stage::Between(None),
            }
            return;
        }
        let setup = Setup::default();
        let known = self
            .conns
            .first()
            .is_some_and(|conn| conn.capabilities.is_some());
        if !known {
            self.say(1, b"CAPABILITY".to_vec(), now);
        }
        self.stage = Stage::Preparing(setup);
    }

    fn missing_capabilities(&self) -> Option<String> {
        let there = self
            .conns
            .first()
            .and_then(|conn| conn.capabilities.as_ref());
        let missing: Vec<&str> = self
            .script
            .header
            .capabilities
            .iter()
            .map(String::as_str)
            .filter(|name| !there.is_some_and(|set| set.has(name)))
            .collect();
        match missing.as_slice() {
            [] => None,
            [one] => Some(format!("the server does not offer {one}")),
            several => Some(format!("the server does not offer {}", several.join(", "))),
        }
    }

    /// Reads, and sends what follows; false: something must come first.
    pub(super) fn prepare(&mut self, mut setup: Setup, now: Instant) -> bool {
        if self.pending.is_empty() {
            return self.next_step(setup, now);
        }
        if self.is_late(now) {
            self.unprepared("the server did not answer", "");
            return true;
        }
        // All are read: the others select at the same time.
        for conn in 1..=self.conns.len() {
            let waiting = self.conn(conn).and_then(|state| state.waiting.pop_front());
            if let Some(incoming) = waiting {
                if let Err(why) = self.read_in_setup(conn, incoming, &mut setup, now) {
                    self.unprepared("the mailbox could not be prepared", &why);
                    return true;
                }
                self.stage = Stage::Preparing(setup);
                return true;
            }
        }
        self.stage = Stage::Preparing(setup);
        false
    }

    fn unprepared(&mut self, what: &str, why: &str) {
        let diagnostic = self.diagnostic(self.here(), what);
        let diagnostic = match why {
            "" => diagnostic,
            why => diagnostic.got(format!("got {why}")),
        };
        let name = String::from_utf8_lossy(&self.mailbox).into_owned();
        self.failures.push(diagnostic.note(format!(
            "the test mailbox is {name}; where the server wants its mailboxes elsewhere, -D mailbox=INBOX.{name}"
        )));
        self.end();
    }

    /// What is sent once the step before it has been answered.
    fn next_step(&mut self, mut setup: Setup, now: Instant) -> bool {
        let state = self.state();
        match setup.step {
            Step::Capability => {
                if let Some(missing) = self.missing_capabilities() {
                    self.finish(Verdict::Skipped(missing));
                    return true;
                }
                let mut mask = self.mailbox.clone();
                mask.push(b'*');
                for verb in ["LIST", "LSUB"] {
                    let mut command = format!("{verb} \"\" ").into_bytes();
                    command.extend(quoted(&mask));
                    self.say(1, command, now);
                }
                setup.step = Step::Listing;
            }
            Step::Listing => {
                if !self.settings.allow_destructive {
                    self.forbidden(&setup);
                    return true;
                }
                self.wipe(&mut setup, now);
                setup.step = Step::Wiping;
            }
            Step::Wiping if state == State::Auth => return self.prepared(),
            Step::Wiping => {
                // INBOX is always there.
                if !self.mailbox.eq_ignore_ascii_case(b"INBOX") {
                    self.say_to(1, "CREATE ", now);
                }
                setup.left = match self.script.header.messages {
                    Some(Messages::All) => None,
                    Some(Messages::Count(number)) => Some(number),
                    None => Some(0),
                };
                setup.step = Step::Creating;
            }
            Step::Creating if state == State::Created => return self.prepared(),
            Step::Creating | Step::Appending => {
                let more = match setup.left {
                    Some(left) => left > 0,
                    None => !self.messages.is_at_end(),
                };
                setup.step = Step::Appending;
                if more {
                    setup.left = setup.left.map(|left| left - 1);
                    let mailbox = self.mailbox.clone();
                    match self.appending(&mailbox) {
                        Ok(parts) => self.send(1, parts, Span::default(), 0, now),
                        Err(sentence) => {
                            self.unprepared(sentence.trim_end_matches('.'), "");
                            return true;
                        }
                    }
                } else if state == State::Appended {
                    return self.prepared();
                } else {
                    self.select(1, now);
                    setup.step = Step::Selecting;
                }
            }
            Step::Selecting => {
                for conn in 2..=self.conns.len() {
                    self.select(conn, now);
                }
                setup.step = Step::Following;
            }
            Step::Following => return self.prepared(),
        }
        self.stage = Stage::Preparing(setup);
        true
    }

    fn prepared(&mut self) -> bool {
        self.stage = Stage::Between(None);
        true
    }

    /// Without `--allow-destructive` it goes no further than to say what would go.
    fn forbidden(&mut self, setup: &Setup) {
        let name = String::from_utf8_lossy(&self.mailbox).into_owned();
        let names = |all: &[Vec<u8>]| {
            let names: Vec<_> = all.iter().map(|n| String::from_utf8_lossy(n)).collect();
            names.join(", ")
        };
        let mut diagnostic = self.diagnostic(self.here(), "this would delete mailboxes").note(format!(
            "its state deletes every mailbox whose name begins with {name}, and makes {name} anew; \
             --allow-destructive lets it, -D mailbox=NAME names another one"
        ));
        diagnostic = match setup.mailboxes.is_empty() {
            true => diagnostic.got(format!(
                "there is no mailbox now whose name begins with {name}"
            )),
            false => diagnostic.got(format!("would be deleted: {}", names(&setup.mailboxes))),
        };
        if !setup.subscribed.is_empty() {
            diagnostic = diagnostic.got(format!(
                "would be unsubscribed: {}",
                names(&setup.subscribed)
            ));
        }
        self.finish(Verdict::Refused(vec![diagnostic]));
    }

    /// DELETE and UNSUBSCRIBE of all there is, children first.
    fn wipe(&mut self, setup: &mut Setup, now: Instant) {
        for (verb, names) in [
            ("DELETE ", std::mem::take(&mut setup.mailboxes)),
            ("UNSUBSCRIBE ", std::mem::take(&mut setup.subscribed)),
        ] {
            let mut names = names;
            names.sort_by_key(|name| std::cmp::Reverse(name.to_ascii_lowercase()));
            for name in names {
                if verb == "DELETE " {
                    let name = String::from_utf8_lossy(&name);
                    self.acts.push_back(Act::Note(format!("{name} is deleted")));
                }
                let mut command = verb.as_bytes().to_vec();
                command.extend(quoted(&name));
                self.say(1, command, now);
            }
        }
    }

    fn select(&mut self, conn: usize, now: Instant) {
        if let Some(state) = self.conn(conn) {
            state.view.forget();
        }
        self.say_to(conn, "SELECT ", now);
    }

    fn say_to(&mut self, conn: usize, verb: &str, now: Instant) {
        let mut command = verb.as_bytes().to_vec();
        command.extend(quoted(&self.mailbox));
        self.say(conn, command, now);
    }

    fn say(&mut self, conn: usize, octets: Vec<u8>, now: Instant) {
        let text = Part::Text {
            octets,
            secret: Vec::new(),
        };
        self.send(conn, vec![text], Span::default(), 0, now);
    }

    /// An APPEND of the next message of the mbox, with its date.
    pub(super) fn appending(&mut self, mailbox: &[u8]) -> Result<Vec<Part>, String> {
        let message = self.messages.next(&self.zone)?;
        let mut command = b"APPEND ".to_vec();
        command.extend(quoted(mailbox));
        command.extend_from_slice(format!(" \"{}\" ", message.date).as_bytes());
        Ok(vec![
            Part::Text {
                octets: command,
                secret: Vec::new(),
            },
            Part::Literal {
                octets: message.octets,
                binary: false,
                secret: false,
            },
        ])
    }

    /// An untagged reply, or a result, while it prepares.
    pub(super) fn note_in_setup(
        &mut self,
        reply: &[Arg],
        setup: &mut Setup,
        tagged: bool,
    ) -> Result<(), String> {
        if tagged {
            let refused = reply.first().is_some_and(|status| status.is("NO"));
            let fine = reply.first().is_some_and(|status| status.is("OK"));
            return match fine || (refused && setup.step == Step::Wiping) {
                true => Ok(()),
                false => Err(shown(reply)),
            };
        }
        let list = match reply.first() {
            Some(first) if first.is("LIST") => &mut setup.mailboxes,
            Some(first) if first.is("LSUB") => &mut setup.subscribed,
            _ => return Ok(()),
        };
        if let [_, Arg::List(_), _, name] = reply
            && let Some(name) = name.octets()
            && setup.step == Step::Listing
        {
            list.push(name.to_vec());
        }
        Ok(())
    }
}

/// A name as a quoted string.
pub(super) fn quoted(name: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for octet in name {
        match octet {
            b'"' | b'\\' => out.extend([b'\\', *octet]),
            // No line end and no NUL can be in a quoted string: such a name cannot be meant.
            b'\r' | b'\n' | 0 => out.push(b'?'),
            octet => out.push(*octet),
        }
    }
    out.push(b'"');
    out
}
