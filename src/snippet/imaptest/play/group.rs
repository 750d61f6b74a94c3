//! A group: its commands go out together, and its lines meet the replies until all are answered.

use std::time::Instant;

use super::super::args::{Arg, parse, shown};
use super::super::book::{CommandLine, Group, Line};
use super::super::variables::Part;
use super::outgoing::{inline, lacks_message, selected};
use super::reading::{Dropped, ended};
use super::{Pending, Play, Stage};
use crate::safety::{Known, Verdict as Judgement, judge};
use crate::session::CloseCause;
use crate::snippet::player::{Act, Verdict};
use crate::snippet::script::{Must, State};
use crate::wire::{Command, CommandPart, Origin, TagChoice};

/// A group that is under way.
#[derive(Debug, Default)]
pub(super) struct Running {
    /// One for each line: it has come.
    met: Vec<bool>,
    /// The reply that came nearest to each line: how many arguments were as wanted.
    nearest: Vec<Option<(usize, String)>>,
    /// Replies that no line is about, and the first of them.
    extra: (usize, Option<String>),
    /// The first command's tag: `$tag` in untagged lines.
    tag: Option<Vec<u8>>,
    /// LOGOUT went out: what else comes does not count.
    leaving: bool,
    /// The server said BAD where nobody wanted it.
    bad: bool,
}

impl Running {
    fn of(group: &Group) -> Running {
        Running {
            met: vec![false; group.lines.len()],
            nearest: vec![None; group.lines.len()],
            ..Running::default()
        }
    }
}

impl Play {
    /// The greeting, if the script is about it: a group of its own.
    pub(super) fn greeted(&mut self) {
        let book = std::sync::Arc::clone(&self.book);
        let Some(group) = book
            .groups
            .first()
            .filter(|group| group.commands.is_empty())
        else {
            return;
        };
        let mut running = Running::of(group);
        let greeting = self
            .conn(group.conn)
            .and_then(|state| state.greeting.clone());
        if let Some(Ok(mut reply)) = greeting.map(|greeting| parse(&greeting, false))
            && !reply.is_empty()
        {
            reply.remove(0);
            self.compare(&reply, &mut running);
        }
        self.conclude(group, &running);
        self.at += 1;
    }

    /// Sends the next group.
    pub(super) fn next_group(&mut self, now: Instant) {
        let book = std::sync::Arc::clone(&self.book);
        let Some(group) = book.groups.get(self.at) else {
            self.end();
            return;
        };
        let mut running = Running::of(group);
        if self
            .conn(group.conn)
            .is_none_or(|conn| conn.gone && conn.waiting.is_empty())
        {
            let message = format!("connection {} is gone", group.conn);
            self.unexpected(group, &message);
            return;
        }
        let messages = self.conn(group.conn).map_or(0, |conn| conn.view.messages());
        self.vars.renumber(messages);
        for (index, command) in group.commands.iter().enumerate() {
            let parts = match self.parts(group, command) {
                Ok(parts) => parts,
                Err(sentence) => {
                    let diagnostic = self.diagnostic(command.span, sentence.trim_end_matches('.'));
                    self.fail(diagnostic);
                    continue;
                }
            };
            if let Some(verdict) = self.unsafe_to_send(command, &parts) {
                self.finish(verdict);
                return;
            }
            running.leaving |= command.span.line == 0 || command.is("logout") || group.bye;
            self.send(group.conn, parts, command.span, index, now);
            running.tag = running
                .tag
                .or_else(|| self.pending.last().map(|p| p.tag.clone()));
        }
        self.stage = Stage::Group(running);
    }

    /// Outside of the states that wipe, nothing was allowed beforehand.
    fn unsafe_to_send(&self, command: &CommandLine, parts: &[Part]) -> Option<Verdict> {
        if self.state() != State::Nonauth || self.settings.allow_destructive {
            return None;
        }
        let parts = parts.iter().map(|part| match part {
            Part::Text { octets, .. } => CommandPart::Text {
                bytes: octets.clone(),
                secret: Vec::new(),
            },
            Part::Literal { octets, binary, .. } => CommandPart::Literal {
                bytes: octets.clone(),
                choice: crate::wire::LiteralChoice::Auto,
                binary: *binary,
                secret: false,
            },
        });
        let said = Command {
            origin: Origin::User,
            tag: TagChoice::Generated,
            parts: parts.collect(),
        };
        let known = Known {
            capabilities: None,
            read_only: None,
            exists: None,
            blind: false,
            changing: false,
        };
        let what = match judge(&said, self.settings.safe, &known) {
            Judgement::Pass => return None,
            Judgement::Ask(_) if self.settings.yes => return None,
            Judgement::Ask(_) | Judgement::Changed(..) => {
                "Safe mode would ask before this, and nobody can be asked here.".to_owned()
            }
            Judgement::Block(sentence) => sentence,
        };
        let diagnostic = self
            .diagnostic(command.span, "safe mode did not let it go")
            .got(what)
            .note("--allow-destructive lets an imaptest script do what it says");
        Some(Verdict::Refused(vec![diagnostic]))
    }

    /// What goes out for a command: a message of the mbox where it is an APPEND without one.
    fn parts(&mut self, group: &Group, command: &CommandLine) -> Result<Vec<Part>, String> {
        if command.is("append") {
            let selected = self.conn(group.conn).map(|conn| conn.selected.clone());
            return self.appending(&selected.unwrap_or_default());
        }
        let sendable = self.vars.sendable(&command.text);
        if let Some(trouble) = sendable.trouble {
            let diagnostic = self
                .diagnostic(command.span, trouble)
                .note("it is sent all the same, cut off there, as imaptest does");
            self.fail(diagnostic);
        }
        let mut parts = sendable.parts;
        let line = inline(&parts);
        if lacks_message(&line) {
            let message = self.messages.next(&self.zone)?;
            if let Some(Part::Text { octets, .. }) = parts.last_mut()
                && !octets.ends_with(b" ")
            {
                octets.push(b' ');
            }
            parts.push(Part::Literal {
                octets: message.octets,
                binary: false,
                secret: false,
            });
        }
        if let Some(mailbox) = selected(&line)
            && let Some(state) = self.conn(group.conn)
        {
            state.selected = mailbox;
            state.view.forget();
        }
        Ok(parts)
    }

    /// Reads what is there; false: something must come first.
    pub(super) fn go_on(&mut self, mut running: Running, now: Instant) -> bool {
        let book = std::sync::Arc::clone(&self.book);
        let Some(group) = book.groups.get(self.at) else {
            self.end();
            return true;
        };
        if self.pending.is_empty() {
            self.over(group, &running, now);
            return true;
        }
        let incoming = self
            .conn(group.conn)
            .and_then(|state| state.waiting.pop_front());
        let Some(incoming) = incoming else {
            if self.is_late(now) {
                let seconds = self.patience().as_secs();
                self.unexpected(group, &format!("no answer within {seconds} s"));
                return true;
            }
            self.stage = Stage::Group(running);
            return false;
        };
        match self.read_in_group(group.conn, incoming, &mut running, now) {
            Ok(()) => self.stage = Stage::Group(running),
            Err(Dropped::Bad) => {
                running.bad = true;
                self.stage = Stage::Group(running);
            }
            Err(Dropped::Because(what)) => {
                self.unexpected(group, &format!("the server sent {what}"));
            }
            Err(Dropped::Closed(cause)) => self.closed(group, &running, &cause, now),
        }
        true
    }

    /// All commands are answered.
    fn over(&mut self, group: &Group, running: &Running, now: Instant) {
        self.conclude(group, running);
        self.at += 1;
        if running.bad {
            let book = std::sync::Arc::clone(&self.book);
            match book.groups.get(self.at) {
                // Booked on the group that cannot be run any more.
                Some(next) => self.unexpected(
                    next,
                    &format!(
                        "the server said BAD to line {}, which does not say bad: the session is not gone on with",
                        group.span.line
                    ),
                ),
                None => self.end(),
            }
            return;
        }
        let until = (!group.sleep.is_zero())
            .then(|| now.checked_add(group.sleep))
            .flatten();
        self.stage = Stage::Between(until);
    }

    /// The connection of this group cannot be gone on with: nothing behind it is run.
    fn unexpected(&mut self, group: &Group, message: &str) {
        let span = match group.span.line {
            0 => self.here(),
            _ => group.span,
        };
        let diagnostic = self
            .diagnostic(span, message)
            .note("what comes behind it in the file is not run");
        self.fail(diagnostic);
        self.run += 1;
        for pending in std::mem::take(&mut self.pending) {
            self.acts.push_back(Act::StepEnded(pending.record));
        }
        self.end();
    }

    /// The server closed.
    fn closed(&mut self, group: &Group, running: &Running, cause: &CloseCause, now: Instant) {
        let bye = self.conn(group.conn).is_some_and(|state| state.bye);
        if !(group.bye && bye) {
            self.unexpected(group, &ended(cause));
            return;
        }
        for pending in std::mem::take(&mut self.pending) {
            let command = group.commands.get(pending.index);
            let any = command.is_some_and(
                |c| matches!(c.reply.as_slice(), [Arg::Atom(word)] if word.is_empty()),
            );
            if !any {
                let span = command.map_or(group.span, |c| c.span);
                let diagnostic = self
                    .diagnostic(span, "the server closed before its result")
                    .note("\"\" is the result that need not come");
                self.fail(diagnostic);
            }
            self.acts.push_back(Act::StepEnded(pending.record));
        }
        self.over(group, running, now);
    }

    /// Tries a reply on all lines that have not met theirs. One reply may be what several want.
    pub(super) fn compare(&mut self, reply: &[Arg], running: &mut Running) {
        let book = std::sync::Arc::clone(&self.book);
        let Some(group) = book.groups.get(self.at) else {
            return;
        };
        let strict = self.script.header.strict_untagged && !running.leaving;
        if group.lines.is_empty() && !strict {
            return;
        }
        self.vars.tag.clone_from(&running.tag);
        let mut found = false;
        for (index, line) in group.lines.iter().enumerate() {
            if running.met.get(index) == Some(&true) {
                continue;
            }
            match self.vars.line(&line.args, reply) {
                Ok(()) if line.must == Must::NotCome => {
                    self.vars.tag = None;
                    let mut diagnostic = self
                        .diagnostic(line.span, "a reply came that must not")
                        .got(format!("got * {}", shown(reply)));
                    if let Some(command) = group.commands.first() {
                        diagnostic = diagnostic.under(&self.script, command.span);
                    }
                    self.fail(diagnostic);
                    return;
                }
                Ok(()) => {
                    if let Some(met) = running.met.get_mut(index) {
                        *met = true;
                    }
                    found = true;
                    self.note_captures();
                    if group.ordered {
                        break;
                    }
                }
                Err(matched) => {
                    if let Some(nearest) = running.nearest.get_mut(index)
                        && nearest.as_ref().map_or(0, |(best, _)| *best) < matched
                    {
                        *nearest = Some((matched, shown(reply)));
                    }
                    if group.ordered && line.must == Must::Come {
                        break;
                    }
                }
            }
        }
        self.vars.tag = None;
        if !found {
            running.extra.0 += 1;
            if strict && running.extra.1.is_none() {
                running.extra.1 = Some(shown(reply));
            }
        }
    }

    fn note_captures(&mut self) {
        let captured: Vec<(String, String)> = self
            .vars
            .captured()
            .map(|(name, value)| (name.to_owned(), value.shown()))
            .collect();
        if let Some(pending) = self.pending.first_mut() {
            pending.record.captures.extend(captured);
        }
    }

    /// A result.
    pub(super) fn answered(
        &mut self,
        pending: Pending,
        reply: &[Arg],
        running: &mut Running,
    ) -> Result<(), Dropped> {
        let book = std::sync::Arc::clone(&self.book);
        let command = book
            .groups
            .get(self.at)
            .and_then(|g| g.commands.get(pending.index));
        let Some(command) = command else {
            return Ok(());
        };
        let Pending {
            tag, mut record, ..
        } = pending;
        self.vars.tag = Some(tag);
        let outcome = self.vars.tagged(&command.reply, reply);
        self.vars.tag = None;
        match outcome {
            Ok(()) => {
                let captured = self.vars.captured();
                record
                    .captures
                    .extend(captured.map(|(name, value)| (name.to_owned(), value.shown())));
            }
            Err(_) => {
                let span = match command.span.line {
                    0 => self.here(),
                    _ => command.span,
                };
                let diagnostic = self
                    .diagnostic(span, "the result is another one")
                    .wanted(shown(&command.reply))
                    .got(format!("got {}", shown(reply)));
                self.fail(diagnostic);
            }
        }
        let bad = record.status == "BAD" && !command.wants_bad();
        self.acts.push_back(Act::StepEnded(record));
        running.bad |= bad;
        match bad {
            true => Err(Dropped::Bad),
            false => Ok(()),
        }
    }

    /// What did not come, and what came too much.
    fn conclude(&mut self, group: &Group, running: &Running) {
        self.run += 1;
        let missing: Vec<(usize, &Line)> = group
            .lines
            .iter()
            .enumerate()
            .filter(|(index, line)| {
                line.must == Must::Come && running.met.get(*index) == Some(&false)
            })
            .collect();
        if let Some((index, line)) = missing.first() {
            let message = match missing.len() {
                1 => "no untagged reply matched".to_owned(),
                several => format!("no untagged reply matched this and {} more", several - 1),
            };
            let wanted = self.vars.shown(shown(&line.args).as_bytes());
            let mut diagnostic = self
                .diagnostic(line.span, message)
                .wanted(format!("* {wanted}"));
            if let Some(command) = group.commands.first() {
                diagnostic = diagnostic.under(&self.script, command.span);
            }
            if let Some(Some((_, reply))) = running.nearest.get(*index) {
                diagnostic = diagnostic.got(format!("nearest  * {reply}"));
            }
            let others = running.extra.0;
            diagnostic = diagnostic.got(format!("got {others} other replies"));
            self.fail(diagnostic);
        }
        if let (count, Some(first)) = &running.extra {
            let message = format!("{count} replies that no line is about");
            let span = match group.span.line {
                0 => self.here(),
                _ => group.span,
            };
            let diagnostic = self
                .diagnostic(span, message)
                .got(format!("the first one: * {first}"))
                .note("a ? line lets it come; ignore_extra_untagged: yes lets all come");
            self.fail(diagnostic);
        }
        for text in &group.output {
            self.acts.push_back(Act::Output(self.vars.shown(text)));
        }
    }
}
