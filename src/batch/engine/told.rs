//! What a row's player says, as the faces and the report have it.

use super::super::{Failure, Step, Verdict};
use super::play::Play;
use crate::config::foreign::quoted;
use crate::snippet::{Diagnostic, Record, Verdict as Played};

impl Play<'_> {
    pub(super) fn verdict(&self, played: Played) -> Verdict {
        let whose = match self.row.values().next() {
            None => None,
            Some(_) if self.user == self.row.name() => {
                Some(format!("row {}, user {}", self.row.number, self.user))
            }
            Some(_) => Some(format!("row {}, {}", self.row.number, self.row.name())),
        };
        let failure = |diagnostic: &Diagnostic| self.failure(diagnostic, whose.as_deref());
        let first = |found: &[Diagnostic]| found.last().map(failure).unwrap_or_default();
        match played {
            Played::Passed => Verdict::Passed,
            Played::Skipped(why) => Verdict::Skipped(why),
            Played::Failed(found) => Verdict::Failed(found.iter().map(failure).collect()),
            Played::Refused(found) => Verdict::Refused(first(&found)),
            Played::NotOpened(found) => Verdict::Lost(Failure {
                line: None,
                ..first(&found)
            }),
            // The server ended it, or never answered: what was expected did not come.
            Played::Lost(found) => Verdict::Failed(found.iter().map(failure).collect()),
        }
    }

    fn failure(&self, diagnostic: &Diagnostic, whose: Option<&str>) -> Failure {
        let name = self.row.name();
        let told = Some(Box::new(diagnostic.clone()));
        let mut diagnostic = diagnostic.clone();
        if !name.is_empty() {
            let file = &self.engine.job.file;
            let again = format!("again, alone: imapsh run {file} --only {}", quoted(name));
            diagnostic = diagnostic.note(again);
        }
        let message = match diagnostic.got.first() {
            Some(got) => format!("{}: {got}", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        Failure {
            line: Some(diagnostic.span.line),
            message: message.replace(['\r', '\n'], " "),
            text: diagnostic.text(whose),
            told,
        }
    }
}

pub(super) fn step(record: Record) -> Step {
    Step {
        line: record.span.line,
        conn: record.conn,
        user: record.user,
        tag: record.tag,
        command: record.command,
        status: record.status,
        code: record.code.unwrap_or_default(),
        text: String::new(),
        time: record.time,
        captures: record.captures,
    }
}
