//! Commands under way: which replies their lines have met, what has answered them.

use std::time::{Duration, Instant};

use super::super::diagnostic::Diagnostic;
use super::super::matcher::{Captures, Matcher, Mismatch};
use super::super::pattern::{Item, ItemKind};
use super::super::reply::Reply;
use super::super::script::{Must, Piece};
use super::super::value::Value;
use super::{Act, Player, Record};
use crate::session::{CloseCause, CommandId, Event};
use crate::wire::response::{Status, StatusResponse};
use crate::wire::{Command, CommandPart, Origin};

/// A group whose commands have gone out.
pub(super) struct Running {
    /// Which.
    pub group: usize,
    /// One for each of its lines.
    pub lines: Vec<LineState>,
    /// One for each of its commands.
    pub commands: Vec<Sent>,
    /// Continuation requests that have come, with their texts.
    pub go_aheads: Vec<Reply>,
    /// How many of them a `+` or `>` line has taken.
    pub taken: usize,
    /// Replies that no line is about.
    pub extra: Vec<String>,
    /// Kinds of the replies that came, with how many.
    pub came: Vec<(String, usize)>,
    pub began: Instant,
}

/// What a line has met.
#[derive(Default)]
pub(super) struct LineState {
    /// The reply that matched.
    pub matched: Option<String>,
    /// The nearest one that did not.
    pub nearest: Option<(Box<Mismatch>, String)>,
}

/// A command that went out.
pub(super) struct Sent {
    pub id: Option<CommandId>,
    pub shown: String,
    pub tag: String,
    pub verb: String,
    pub answer: Option<Answer>,
    /// What replies have set since it went out.
    pub captures: Vec<(String, String)>,
}

/// How a command was answered.
pub(super) struct Answer {
    /// `None`: it never will be.
    pub status: Option<StatusResponse>,
    pub reply: Option<Reply>,
    pub elapsed: Duration,
}

impl Sent {
    /// It never will be answered.
    pub(super) fn is_given_up(&self) -> bool {
        self.answer.as_ref().is_some_and(|a| a.status.is_none())
    }
}

impl Running {
    pub(super) fn is_answered(&self) -> bool {
        self.commands.iter().all(|c| c.answer.is_some())
    }
}

/// A command for people: secrets masked, literals by their size.
pub(in crate::snippet) fn shown(command: &Command) -> String {
    let mut out = String::new();
    for part in &command.parts {
        match part {
            CommandPart::Text { bytes, secret } => {
                let masked = crate::wire::command::masked(bytes, secret);
                out.push_str(&String::from_utf8_lossy(&masked));
            }
            CommandPart::Literal { secret: true, .. } => out.push_str("********"),
            CommandPart::Literal { bytes, .. } => out.push_str(&format!("{{{}}}", bytes.len())),
            CommandPart::OpenLiteral { size, .. } => out.push_str(&format!("{{{size}}}")),
        }
    }
    out
}

impl Player {
    /// Takes in what happened on a connection.
    pub(super) fn take(&mut self, conn: usize, event: &Event, now: Instant) {
        match event {
            Event::Received(piece) => {
                let state = self.conns.entry(conn).or_default();
                if let Some(reply) = state.builder.push(piece) {
                    self.reply(conn, reply);
                }
            }
            Event::Started {
                command,
                tag,
                origin: Origin::User,
                ..
            } => {
                let running = self.conns.get_mut(&conn).and_then(|c| c.running.as_mut());
                let sent = running.and_then(|r| r.commands.iter_mut().find(|c| c.id.is_none()));
                if let Some(sent) = sent {
                    sent.id = Some(*command);
                    sent.tag = tag.as_ref().map(ToString::to_string).unwrap_or_default();
                    self.vars.own("tag", Value::text(sent.tag.clone()));
                }
            }
            Event::Completed {
                command,
                status,
                elapsed,
            } => {
                let answer = Answer {
                    status: Some(status.clone()),
                    reply: None,
                    elapsed: *elapsed,
                };
                self.answered(conn, *command, answer, now);
            }
            Event::Abandoned { command } => {
                let answer = Answer {
                    status: None,
                    reply: None,
                    elapsed: Duration::ZERO,
                };
                self.answered(conn, *command, answer, now);
            }
            Event::Capabilities(set) => {
                self.conns.entry(conn).or_default().capabilities = set.clone();
            }
            Event::Closed(cause) => self.closed(conn, cause.clone()),
            _ => {}
        }
    }

    fn closed(&mut self, conn: usize, cause: CloseCause) {
        if let Some(state) = self.conns.get_mut(&conn) {
            state.open = false;
            state.closed = Some(cause);
        }
    }

    fn answered(&mut self, conn: usize, id: CommandId, mut answer: Answer, now: Instant) {
        let Some(state) = self.conns.get_mut(&conn) else {
            return;
        };
        let tagged = state.tagged.take();
        let Some(running) = state.running.as_mut() else {
            return;
        };
        let began = running.began;
        let Some(sent) = running
            .commands
            .iter_mut()
            .find(|c| c.id == Some(id) && c.answer.is_none())
        else {
            return;
        };
        answer.reply = tagged;
        if answer.elapsed.is_zero() {
            answer.elapsed = now.saturating_duration_since(began);
        }
        sent.answer = Some(answer);
    }

    /// One reply of the server's.
    fn reply(&mut self, conn: usize, reply: Reply) {
        let Some(state) = self.conns.get_mut(&conn) else {
            return;
        };
        if !state.open {
            // Greeting and login.
            if state.greeting.is_none() && reply.is_untagged() {
                state.greeting = Some(reply);
            }
            return;
        }
        if reply.first == b"+" {
            if let Some(running) = state.running.as_mut() {
                running.go_aheads.push(reply);
            }
            return;
        }
        if !reply.is_untagged() {
            state.tagged = Some(reply);
            return;
        }
        state.note(&reply);
        match state.running.is_some() {
            true => self.compare(conn, &reply),
            false => state.wait(reply),
        }
    }

    /// Compares a reply with the lines of the group that is under way.
    pub(super) fn compare(&mut self, conn: usize, reply: &Reply) {
        let script = std::sync::Arc::clone(&self.script);
        let imaptest = self.is_imaptest();
        let Some(running) = self.conns.get_mut(&conn).and_then(|c| c.running.as_mut()) else {
            return;
        };
        let Some(group) = script.groups.get(running.group) else {
            return;
        };
        let kind = reply.kind();
        match running.came.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, count)) => *count += 1,
            None => running.came.push((kind.clone(), 1)),
        }
        let mut met: Option<(usize, usize, Captures)> = None;
        let mut taken = Vec::new();
        let mut wanted = false;
        for (at, expect) in group.expects.iter().enumerate() {
            let Some(line) = running.lines.get_mut(at) else {
                continue;
            };
            if line.matched.is_some() {
                continue;
            }
            let scope = self.vars.for_replies();
            let matcher = Matcher {
                script: &script,
                scope: &scope,
                files: &*self.settings.files,
            };
            match matcher.reply(&expect.pattern, reply) {
                Ok(captures) => {
                    wanted = true;
                    match expect.must {
                        Must::NotCome => {
                            line.matched = Some(reply.shown.clone());
                            // What must not come is no reply to any other line (imaptest).
                            if imaptest {
                                break;
                            }
                        }
                        // imaptest: one reply may be what several lines want.
                        _ if imaptest => {
                            line.matched = Some(reply.shown.clone());
                            for (name, value) in captures {
                                taken.push((name.clone(), value.shown()));
                                self.vars.capture(&name, value, self.loops.len());
                            }
                        }
                        _ => {
                            let weight = weight(&expect.pattern.items);
                            if met.as_ref().is_none_or(|(_, best, _)| weight > *best) {
                                met = Some((at, weight, captures));
                            }
                        }
                    }
                }
                Err(mismatch) if kind == expect.pattern.kind() => {
                    let better = line
                        .nearest
                        .as_ref()
                        .is_none_or(|(n, _)| mismatch.score > n.score);
                    if better {
                        line.nearest = Some((mismatch, reply.shown.clone()));
                    }
                }
                Err(_) => {}
            }
        }
        if let Some((at, _, captures)) = met {
            if let Some(line) = running.lines.get_mut(at) {
                line.matched = Some(reply.shown.clone());
            }
            for (name, value) in captures {
                taken.push((name.clone(), value.shown()));
                self.vars.capture(&name, value, self.loops.len());
            }
        }
        if let Some(sent) = running
            .commands
            .iter_mut()
            .rev()
            .find(|c| c.answer.is_none())
        {
            sent.captures.extend(taken);
        }
        if !wanted && script.header.strict_untagged {
            running.extra.push(reply.shown.clone());
        }
    }

    /// The group has been answered: whether all is as expected. Writes the records.
    pub(super) fn conclude(&mut self, conn: usize) -> Vec<Diagnostic> {
        let script = std::sync::Arc::clone(&self.script);
        let Some(mut running) = self.conns.get_mut(&conn).and_then(|c| c.running.take()) else {
            return Vec::new();
        };
        let Some(group) = script.groups.get(running.group) else {
            return Vec::new();
        };
        let mut wrong = Vec::new();
        for (command, sent) in group.commands.iter().zip(&mut running.commands) {
            let Some(answer) = &sent.answer else {
                continue;
            };
            self.own_last(answer);
            let mut captured = std::mem::take(&mut sent.captures);
            match self.judge_result(command, sent, answer) {
                Ok(captures) => {
                    for (name, value) in captures {
                        captured.push((name.clone(), value.shown()));
                        self.vars.capture(&name, value, self.loops.len());
                    }
                }
                Err(diagnostic) => wrong.push(*diagnostic),
            }
            self.note_session(conn, sent, answer);
            let status = answer.status.as_ref();
            let record = Record {
                span: command.span,
                conn,
                user: self
                    .conns
                    .get(&conn)
                    .map(|c| c.user.clone())
                    .unwrap_or_default(),
                tag: sent.tag.clone(),
                command: sent.shown.clone(),
                status: status.map_or("", |s| s.status.name()).to_owned(),
                code: status
                    .and_then(|s| s.code.as_ref())
                    .map(|c| c.name().to_owned()),
                time: answer.elapsed,
                captures: captured,
            };
            self.acts.push_back(Act::StepEnded(record));
        }
        if wrong.is_empty() || self.is_imaptest() {
            wrong.extend(self.judge_lines(group, &running));
        }
        let done = running
            .commands
            .iter()
            .all(|c| matches!(c.answer.as_ref().and_then(|a| a.status.as_ref()), Some(s) if s.status == Status::Ok));
        self.undo.answered(done);
        wrong
    }

    /// What a command's end says about the session.
    fn note_session(&mut self, conn: usize, sent: &Sent, answer: &Answer) {
        use crate::wire::response::ResponseCode;
        let Some(status) = &answer.status else {
            return;
        };
        let Some(state) = self.conns.get_mut(&conn) else {
            return;
        };
        match (sent.verb.as_str(), status.status) {
            ("SELECT", Status::Ok) => {
                state.read_only = Some(status.code == Some(ResponseCode::ReadOnly));
            }
            ("EXAMINE", Status::Ok) => state.read_only = Some(true),
            // A failed SELECT leaves no mailbox open (RFC 9051 section 6.3.2).
            ("SELECT" | "EXAMINE", _) | ("CLOSE" | "UNSELECT", Status::Ok) => {
                (state.read_only, state.exists) = (None, None);
            }
            _ => {}
        }
    }
}

/// How much a line says: of two lines that want a reply, the one that says more gets it.
fn weight(items: &[Item]) -> usize {
    let fixed =
        |template: &Vec<Piece>| usize::from(template.iter().any(|p| matches!(p, Piece::Text(..))));
    let each = items.iter().map(|item| match &item.kind {
        ItemKind::Atom(template) | ItemKind::Quoted(template) => 1 + 2 * fixed(template),
        ItemKind::Literal(_) => 3,
        ItemKind::List { items, .. } | ItemKind::Code(items) => 1 + weight(items),
        ItemKind::Any | ItemKind::Rest(_) => 0,
    });
    each.sum()
}
