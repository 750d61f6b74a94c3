//! Step after step.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::script::{Must, Script, Span, StepKind};
use super::super::substitute::{self, Substitution};
use super::super::value::Value;
use super::conn::Conn;
use super::group::{LineState, Running, Sent, shown};
use super::{Act, Player, Verdict, Who};
use crate::wire::Command;

/// Most steps of one run.
const STEPS: u64 = 10_000_000;

impl Player {
    /// Does what can be done now; false: something must come first.
    pub(super) fn advance(&mut self, now: Instant) -> bool {
        let script = Arc::clone(&self.script);
        if !self.begun {
            self.begun = true;
            self.begin(&script);
            return true;
        }
        if self
            .conns
            .values()
            .any(|c| c.asked && !c.open && c.closed.is_none())
        {
            return false;
        }
        if self.at == 0 && !self.entered && !self.fits() {
            return true;
        }
        self.entered = true;
        let Some(step) = script.steps.get(self.at) else {
            self.end();
            return true;
        };
        self.steps += 1;
        if self.steps > STEPS {
            let diagnostic = self.diagnostic(
                step.span,
                format!("more than {STEPS} steps: it does not end"),
            );
            self.fail(vec![diagnostic]);
            return true;
        }
        let go_on = match &step.kind {
            StepKind::Greeting(group) => self.greeting(&script, *group),
            StepKind::Begin(group) => self.begin_group(&script, *group, now),
            StepKind::GoAhead { group, .. } => self.go_ahead(&script, *group, step.span, now),
            StepKind::Raw {
                group,
                expects,
                text,
            } => self.raw(&script, *group, *expects, text, step.span, now),
            StepKind::Finish(group) => self.finish_group(&script, *group, now),
            StepKind::Directive(directive) => self.directive(&script, directive, step.span, now),
        };
        if go_on {
            self.since = None;
        } else if self.since.is_none() {
            self.since = Some(now);
        }
        go_on
    }

    fn begin(&mut self, script: &Script) {
        let names = script.names_read();
        let nul = self
            .vars
            .outside()
            .find(|(name, value)| value.bytes.contains(&0) && names.contains(&name.as_str()));
        if let Some((name, _)) = nul {
            let message =
                format!("the value of {name} holds NUL, which no command may: nothing was sent");
            let diagnostic = self.diagnostic(self.here(), message);
            self.finish(Verdict::Failed(vec![diagnostic]));
            return;
        }
        for (name, template, _) in &script.header.vars {
            match self.substitution(0).octets(template) {
                Ok(value) => self.vars.default(name, value),
                Err(problem) => {
                    let diagnostic = self.problem(problem);
                    return self.finish(Verdict::Failed(vec![diagnostic]));
                }
            }
        }
        for conn in 1..=script.connections() {
            match self.who(script, conn) {
                Ok(who) => self.open(conn, who),
                Err(problem) => {
                    let diagnostic = self.problem(problem);
                    return self.finish(Verdict::Failed(vec![diagnostic]));
                }
            }
        }
    }

    fn who(&self, script: &Script, conn: usize) -> Result<Who, substitute::Problem> {
        let header = &script.header;
        let text = |template: &Option<super::super::script::Template>| match template {
            Some(template) => {
                let value = self.substitution(0).octets(template)?;
                Ok(Some(String::from_utf8_lossy(&value.bytes).into_owned()))
            }
            None => Ok(None),
        };
        let mut who = Who {
            authz: text(&header.authz)?,
            authn: text(&header.authn)?,
            profile: text(&header.profile)?,
            nobody: false,
            same_password: false,
        };
        if let Some((_, user)) = header.users.iter().find(|(number, _)| *number == conn) {
            who.authz = text(&Some(user.clone()))?;
        }
        Ok(who)
    }

    pub(super) fn open(&mut self, conn: usize, who: Who) {
        let profile = self
            .vars
            .given("user")
            .map(Value::shown)
            .unwrap_or_default();
        let user = who.authz.clone().or_else(|| who.authn.clone());
        let state = self.conns.entry(conn).or_default();
        *state = Conn {
            asked: true,
            user: user.unwrap_or(profile),
            limit: state.limit,
            ..Conn::default()
        };
        self.acts.push_back(Act::Open { conn, who });
    }

    /// Whether the server has what the header asks for.
    fn fits(&mut self) -> bool {
        self.entered = true;
        let set = self.conns.get(&1).and_then(|c| c.capabilities.as_ref());
        let Some(set) = set else {
            return true;
        };
        let missing: Vec<&str> = self
            .script
            .header
            .capabilities
            .iter()
            .map(String::as_str)
            .filter(|name| !set.has(name))
            .collect();
        if missing.is_empty() {
            return true;
        }
        let why = format!("the server does not offer {}", missing.join(", "));
        self.finish(Verdict::Skipped(why));
        false
    }

    fn end(&mut self) {
        self.undo_settled();
        let failures = std::mem::take(&mut self.failures);
        self.finish(match failures.is_empty() {
            true => Verdict::Passed,
            false => Verdict::Failed(failures),
        });
    }

    pub(super) fn substitution(&self, conn: usize) -> Substitution<'_> {
        Substitution {
            scope: &self.vars,
            files: &*self.settings.files,
            script: &self.script,
            utf8: self.conns.get(&conn).is_some_and(|c| c.utf8),
        }
    }

    /// How long the step at hand may wait.
    pub(super) fn patience(&self) -> Duration {
        use super::super::script::Directive;
        match self.script.steps.get(self.at).map(|s| &s.kind) {
            Some(StepKind::Directive(Directive::Sleep(time))) => *time,
            Some(StepKind::Directive(Directive::Closed { conn })) => self.patience_of(*conn),
            Some(
                StepKind::Finish(group)
                | StepKind::GoAhead { group, .. }
                | StepKind::Raw { group, .. },
            ) => self.patience_of(self.conn_of(*group)),
            _ => self.limit,
        }
    }

    pub(super) fn patience_of(&self, conn: usize) -> Duration {
        self.conns
            .get(&conn)
            .and_then(|c| c.limit)
            .unwrap_or(self.limit)
    }

    /// Whether the step at hand has waited long enough.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        self.since
            .is_some_and(|since| now.saturating_duration_since(since) >= self.patience())
    }

    fn conn_of(&self, group: usize) -> usize {
        self.script.groups.get(group).map_or(1, |g| g.conn)
    }

    fn greeting(&mut self, script: &Script, group: usize) -> bool {
        self.at += 1;
        let Some(own) = script.groups.get(group) else {
            return true;
        };
        let Some(greeting) = self.conns.get(&own.conn).and_then(|c| c.greeting.clone()) else {
            self.acts.push_back(Act::Note(
                "The connection was there before, so its greeting is not compared.".to_owned(),
            ));
            return true;
        };
        if let Some(state) = self.conns.get_mut(&own.conn) {
            state.running = Some(running(group, own.expects.len(), Vec::new(), None));
        }
        self.compare(own.conn, &greeting);
        let wrong = self.conclude(own.conn);
        if !wrong.is_empty() {
            self.fail(wrong);
        }
        true
    }

    /// A group's commands go out.
    fn begin_group(&mut self, script: &Script, group: usize, now: Instant) -> bool {
        let Some(own) = script.groups.get(group) else {
            self.at += 1;
            return true;
        };
        let conn = own.conn;
        if !self.conns.get(&conn).is_some_and(|c| c.open) {
            self.lost(conn, own.span);
            return true;
        }
        self.undo_settled();
        let mut commands: Vec<Command> = Vec::new();
        for line in &own.commands {
            let tag = line.label.as_deref().filter(|_| script.header.keep_tags);
            let command = match substitute::command(&self.substitution(conn), &line.text, tag) {
                Ok(command) => command,
                Err(problem) => {
                    let diagnostic = self.problem(problem);
                    self.fail(vec![diagnostic]);
                    self.skip_group(group);
                    return true;
                }
            };
            match self.cleared(conn, command, line.span, &commands) {
                Some(command) => commands.push(command),
                None => return true,
            }
        }
        // First the way back is on the disk, then the command goes.
        self.undo_ahead(script, self.at + 1);
        let sent = commands
            .iter()
            .map(|command| Sent {
                id: None,
                shown: shown(command),
                tag: String::new(),
                verb: command.verb(),
                answer: None,
                captures: Vec::new(),
            })
            .collect();
        for (line, command) in own.commands.iter().zip(&commands) {
            self.acts.push_back(Act::StepBegan {
                span: line.span,
                conn,
                command: shown(command),
            });
        }
        let mut waiting = Default::default();
        if let Some(state) = self.conns.get_mut(&conn) {
            state.running = Some(running(group, own.expects.len(), sent, Some(now)));
            state.sent = Some(now);
            std::mem::swap(&mut waiting, &mut state.waiting);
        }
        for reply in waiting {
            self.compare(conn, &reply);
        }
        for command in commands {
            self.acts.push_back(Act::Send { conn, command });
        }
        self.at += 1;
        true
    }

    /// A group that could not be sent (imaptest's files go on): to behind its end.
    fn skip_group(&mut self, group: usize) {
        let behind = self
            .script
            .steps
            .iter()
            .skip(self.at)
            .position(|s| s.kind == StepKind::Finish(group));
        self.at += behind.map_or(1, |n| n + 1);
    }

    fn go_ahead(&mut self, script: &Script, group: usize, span: Span, now: Instant) -> bool {
        let conn = self.conn_of(group);
        let Some(state) = self.conns.get_mut(&conn) else {
            return true;
        };
        let Some(running) = state.running.as_mut() else {
            self.at += 1;
            return true;
        };
        if running.go_aheads.len() > running.taken {
            let reply = running.go_aheads.get(running.taken).cloned();
            running.taken += 1;
            let expected = match script.steps.get(self.at).map(|s| &s.kind) {
                Some(StepKind::GoAhead { reply, .. }) => reply.as_ref(),
                _ => None,
            };
            if let (Some(pattern), Some(reply)) = (expected, reply)
                && let Some(diagnostic) = self.other_go_ahead(pattern, &reply, span)
            {
                self.fail(vec![diagnostic]);
            }
            self.at += 1;
            return true;
        }
        if running.is_answered() || state.closed.is_some() {
            return self.ended_early(conn, span, "the server did not say +");
        }
        if self.is_late(now) {
            self.late(conn, span, "the server did not say +");
            return true;
        }
        false
    }

    fn raw(
        &mut self,
        script: &Script,
        group: usize,
        expects: usize,
        text: &super::super::script::Template,
        span: Span,
        now: Instant,
    ) -> bool {
        let conn = self.conn_of(group);
        let Some(own) = script.groups.get(group) else {
            return true;
        };
        let Some(running) = self.conns.get(&conn).and_then(|c| c.running.as_ref()) else {
            self.at += 1;
            return true;
        };
        let missing = own
            .expects
            .iter()
            .zip(&running.lines)
            .take(expects)
            .find(|(expect, line)| expect.must == Must::Come && line.matched.is_none());
        let asked = !running.go_aheads.is_empty();
        if missing.is_none() && asked {
            match self.substitution(conn).octets(text) {
                Ok(value) => {
                    if self.line_cleared(conn, &value.bytes, span) {
                        self.acts.push_back(Act::Line {
                            conn,
                            octets: value.bytes.clone(),
                        });
                    }
                }
                Err(problem) => {
                    let diagnostic = self.problem(problem);
                    self.fail(vec![diagnostic]);
                }
            }
            self.at += 1;
            return true;
        }
        let wanted = missing.map(|(expect, _)| expect.span);
        if running.is_answered() || self.conns.get(&conn).is_some_and(|c| c.closed.is_some()) {
            return self.ended_early(
                conn,
                wanted.unwrap_or(span),
                "the command ended before this came",
            );
        }
        if self.is_late(now) {
            let what = match wanted {
                Some(_) => "no untagged reply matched",
                None => "the server did not say +",
            };
            self.late(conn, wanted.unwrap_or(span), what);
            return true;
        }
        false
    }

    /// The command is over, and something was still wanted of it.
    fn ended_early(&mut self, conn: usize, span: Span, message: &str) -> bool {
        if self.conns.get(&conn).is_some_and(|c| c.closed.is_some()) {
            self.lost(conn, span);
            return true;
        }
        let mut found = self.conclude(conn);
        if found.is_empty() {
            found.push(self.diagnostic(span, message));
        }
        self.fail(found);
        self.at += 1;
        true
    }

    fn finish_group(&mut self, script: &Script, group: usize, now: Instant) -> bool {
        let conn = self.conn_of(group);
        let span = script
            .groups
            .get(group)
            .map_or_else(Span::default, |g| g.span);
        let Some(state) = self.conns.get(&conn) else {
            self.at += 1;
            return true;
        };
        let answered = state.running.as_ref().is_none_or(Running::is_answered);
        if !answered {
            if state.closed.is_some() {
                self.lost(conn, span);
                return true;
            }
            if self.is_late(now) {
                let shown = state
                    .running
                    .as_ref()
                    .and_then(|r| r.commands.iter().find(|c| c.answer.is_none()))
                    .map(|c| c.shown.clone());
                self.late(
                    conn,
                    span,
                    &format!("no answer to {}", shown.unwrap_or_default()),
                );
                return true;
            }
            return false;
        }
        let given_up = |r: &Running| r.commands.iter().any(Sent::is_given_up);
        if state.closed.is_some() && state.running.as_ref().is_some_and(given_up) {
            self.lost(conn, span);
            return true;
        }
        let wrong = self.conclude(conn);
        self.at += 1;
        if !wrong.is_empty() {
            self.fail(wrong);
        }
        true
    }
}

fn running(group: usize, lines: usize, commands: Vec<Sent>, now: Option<Instant>) -> Running {
    Running {
        group,
        lines: (0..lines).map(|_| LineState::default()).collect(),
        commands,
        go_aheads: Vec::new(),
        taken: 0,
        extra: Vec::new(),
        came: Vec::new(),
        began: now.unwrap_or_else(Instant::now),
    }
}
