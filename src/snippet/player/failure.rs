//! What went wrong, told with its place, what came instead, and the next step.

use super::super::diagnostic::Diagnostic;
use super::super::matcher::{Captures, Matcher, shown};
use super::super::pattern::{ItemKind, Pattern};
use super::super::script::{CommandLine, Group, Must, Span};
use super::super::substitute::Problem;
use super::super::value::Value;
use super::group::{Answer, Running, Sent};
use super::{OpenFailure, Player, Verdict};
use crate::explain;
use crate::session::CloseCause;
use crate::wire::response::{Status, StatusResponse};

impl Player {
    pub(super) fn diagnostic(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(&self.script.files, span, message)
    }

    pub(super) fn problem(&self, problem: Problem) -> Diagnostic {
        let diagnostic = self.diagnostic(problem.span, problem.message);
        match problem.note {
            Some(note) => diagnostic.note(note),
            None => diagnostic,
        }
    }

    /// Something did not come true: the run ends, but for imaptest's files.
    pub(super) fn fail(&mut self, found: Vec<Diagnostic>) {
        self.failures.extend(found);
        if !self.is_imaptest() {
            let found = std::mem::take(&mut self.failures);
            self.finish(Verdict::Failed(found));
        }
    }

    pub(super) fn not_opened(&mut self, conn: usize, failure: &OpenFailure) {
        let span = self.here();
        let what = match failure.login {
            true => "the login failed",
            false => "the connection could not be opened",
        };
        let message = match self.script.connections() > 1 {
            true => format!("{what} (connection {conn})"),
            false => what.to_owned(),
        };
        let diagnostic = self.diagnostic(span, message).got(failure.sentence.clone());
        self.finish(Verdict::NotOpened(vec![diagnostic]));
    }

    /// A connection is gone that is needed.
    pub(super) fn lost(&mut self, conn: usize, span: Span) {
        let cause = self.conns.get(&conn).and_then(|c| c.closed.clone());
        let (message, got) = match cause {
            Some(CloseCause::Bye(text)) => {
                ("the server ended the session", format!("* BYE {text}"))
            }
            Some(CloseCause::Failed(sentence)) => ("the connection was lost", sentence),
            Some(CloseCause::Logout) => ("the session is over: LOGOUT ended it", String::new()),
            Some(CloseCause::Local) => ("the connection was closed from here", String::new()),
            _ => (
                "the server closed the connection without a word",
                String::new(),
            ),
        };
        let mut diagnostic = self.diagnostic(span, message);
        if !got.is_empty() {
            diagnostic = diagnostic.got(format!("got {got}"));
        }
        let unanswered = self.conns.get(&conn).and_then(|c| c.running.as_ref());
        if let Some(sent) = unanswered.and_then(|r| {
            r.commands
                .iter()
                .find(|c| c.answer.is_none() || c.is_given_up())
        }) {
            diagnostic = diagnostic.note(format!("whether {} was done is not known", sent.shown));
        }
        let mut found = std::mem::take(&mut self.failures);
        found.push(diagnostic);
        self.finish(Verdict::Lost(found));
    }

    /// No answer in time.
    pub(super) fn late(&mut self, conn: usize, span: Span, what: &str) {
        let seconds = self.patience_of(conn).as_secs_f64();
        let diagnostic = self
            .diagnostic(span, format!("{what} within {seconds} s"))
            .note("timeout: in the header, or !timeout 60s before it, gives it longer");
        let mut found = std::mem::take(&mut self.failures);
        found.push(diagnostic);
        self.finish(Verdict::Lost(found));
    }

    /// Whether a command ended as it should; what its result sets.
    pub(super) fn judge_result(
        &mut self,
        command: &CommandLine,
        sent: &Sent,
        answer: &Answer,
    ) -> Result<Captures, Box<Diagnostic>> {
        let wanted = &command.result;
        let Some(status) = &answer.status else {
            let diagnostic = self.diagnostic(command.span, format!("{} was given up", sent.verb));
            return Err(Box::new(diagnostic));
        };
        let said = written(status);
        let fits = match wanted.status {
            Some(expected) => status.status == expected,
            None => true,
        };
        if !fits {
            let expected = wanted.status.map_or("", Status::name);
            let mut diagnostic = self
                .diagnostic(
                    wanted.span,
                    format!("{} got {}, not {expected}", sent.verb, status.status.name()),
                )
                .under(&self.script, command.span)
                .wanted(expected)
                .got(format!("got {said}"));
            if let Some(told) = explain::status(status)
                && let Some(row) = told.row()
            {
                diagnostic = diagnostic.note(explained(row));
            }
            return Err(Box::new(diagnostic));
        }
        let (Some(pattern), Some(reply)) = (&wanted.reply, &answer.reply) else {
            return Ok(Captures::new());
        };
        let scope = self.vars.for_replies();
        let matcher = Matcher {
            script: &self.script,
            scope: &scope,
            files: &*self.settings.files,
        };
        matcher.reply(pattern, reply).map_err(|mismatch| {
            let diagnostic = self
                .diagnostic(mismatch.span, "the result is another one")
                .under(&self.script, command.span)
                .wanted(shown(&matcher, pattern))
                .got(format!("got {said}"))
                .got(format!(
                    "    {} where {} is wanted",
                    mismatch.got, mismatch.wanted
                ));
            Box::new(diagnostic)
        })
    }

    /// Which lines of a group did not come true.
    pub(super) fn judge_lines(&self, group: &Group, running: &Running) -> Vec<Diagnostic> {
        let scope = self.vars.for_replies();
        let matcher = Matcher {
            script: &self.script,
            scope: &scope,
            files: &*self.settings.files,
        };
        let command = group.commands.first().map_or(group.span, |c| c.span);
        let ended = running
            .commands
            .last()
            .and_then(|c| c.answer.as_ref()?.status.as_ref())
            .map_or_else(|| "nothing".to_owned(), written);
        let mut found = Vec::new();
        for (expect, line) in group.expects.iter().zip(&running.lines) {
            let mark = match expect.must {
                Must::Come => "*",
                Must::NotCome => "!",
                Must::MayCome => continue,
            };
            match (expect.must, &line.matched) {
                (Must::Come, None) => {
                    let wanted = format!("{mark} {}", shown(&matcher, &expect.pattern));
                    let kind = expect.pattern.kind();
                    let count = running
                        .came
                        .iter()
                        .find(|(k, _)| *k == kind)
                        .map_or(0, |(_, n)| *n);
                    let base = self
                        .diagnostic(expect.span, "no untagged reply matched")
                        .under(&self.script, command)
                        .wanted(wanted);
                    found.push(match &line.nearest {
                        Some((mismatch, reply)) => base
                            .got(format!("nearest  {reply}"))
                            .got(format!(
                                "    {} where {} is wanted",
                                mismatch.got, mismatch.wanted
                            ))
                            .got(format!("got {}; tagged: {ended}", replies(count, &kind))),
                        None => {
                            let base =
                                base.got(format!("got {}; tagged: {ended}", replies(count, &kind)));
                            match self
                                .unseen(&expect.pattern, group.conn)
                                .filter(|_| count == 0)
                            {
                                Some(note) => base.note(note),
                                None => base,
                            }
                        }
                    });
                }
                (Must::NotCome, Some(reply)) => found.push(
                    self.diagnostic(expect.span, "a reply came that must not")
                        .under(&self.script, command)
                        .got(format!("got {reply}")),
                ),
                _ => {}
            }
        }
        for extra in &running.extra {
            let diagnostic = self
                .diagnostic(command, "a reply came that no line is about")
                .got(format!("got {extra}"))
                .note("a ? line lets it come; ignore_extra_untagged: yes lets all come");
            found.push(diagnostic);
        }
        found
    }

    /// Why a mailbox may not be listed.
    fn unseen(&self, pattern: &Pattern, conn: usize) -> Option<String> {
        let user = self
            .conns
            .get(&conn)
            .map(|c| c.user.as_str())
            .filter(|u| !u.is_empty());
        let who = user.unwrap_or("this user");
        let item = pattern.items.get(pattern.mailbox_at()?)?;
        let (ItemKind::Atom(template) | ItemKind::Quoted(template)) = &item.kind else {
            return None;
        };
        let mailbox = self.substitution(0).shown(template).ok()?;
        match pattern.kind().as_str() {
            "LIST" => Some(format!(
                "{who} cannot see {mailbox}: no l right, or it is not there (RFC 4314, section 4)"
            )),
            "LSUB" => Some(format!("{who} is not subscribed to {mailbox}")),
            _ => None,
        }
    }

    /// `${last.ms}` and its like.
    pub(super) fn own_last(&mut self, answer: &Answer) {
        let ms = answer.elapsed.as_millis().to_string();
        self.vars.own("last.ms", Value::text(ms));
        let status = answer.status.as_ref();
        self.vars.own(
            "last.status",
            Value::text(status.map_or("", |s| s.status.name())),
        );
        let code = status.and_then(|s| s.code.as_ref());
        self.vars
            .own("last.code", Value::text(code.map_or("", |c| c.name())));
    }
}

fn replies(count: usize, kind: &str) -> String {
    match (count, kind.is_empty()) {
        (count, true) => format!("{count} replies of its kind"),
        (1, false) => format!("1 {kind} reply"),
        (count, false) => format!("{count} {kind} replies"),
    }
}

/// A status response in one line.
fn written(status: &StatusResponse) -> String {
    let code = status.code.as_ref().map(|c| format!("[{}] ", c.name()));
    format!(
        "{} {}{}",
        status.status.name(),
        code.unwrap_or_default(),
        String::from_utf8_lossy(&status.text)
    )
    .trim_end()
    .to_owned()
}

fn explained(row: &explain::Row) -> String {
    format!("{}. {}", row.means, row.next).trim().to_owned()
}
