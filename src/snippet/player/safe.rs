//! Safe mode in a run: nobody can be asked, so what would be asked about wants to be confirmed beforehand.

use super::super::diagnostic::Diagnostic;
use super::super::matcher::{Matcher, shown};
use super::super::pattern::Pattern;
use super::super::reply::Reply;
use super::super::script::Span;
use super::{Act, Player, Verdict};
use crate::safety::{Count, Doubt, Known, SafeMode, Verdict as Judgement, judge};
use crate::wire::command::mark_secrets;
use crate::wire::{Command, CommandPart, Origin, TagChoice};

impl Player {
    /// The mode that holds: the stricter one of header and settings.
    pub fn safe_mode(&self) -> SafeMode {
        let own = self.settings.safe;
        let strict = |mode: SafeMode| SafeMode::ALL.iter().position(|m| *m == mode).unwrap_or(0);
        match self.script.header.safe {
            Some(mode) if strict(mode) < strict(own) => mode,
            _ => own,
        }
    }

    /// The command, if it may go. `before`: those that go out with it, ahead of it.
    pub(super) fn cleared(
        &mut self,
        conn: usize,
        command: Command,
        span: Span,
        before: &[Command],
    ) -> Option<Command> {
        let state = self.conns.get(&conn);
        let mut known = Known {
            capabilities: state.and_then(|c| c.capabilities.as_ref()),
            read_only: state.and_then(|c| c.read_only),
            exists: state.and_then(|c| c.exists),
            blind: false,
            changing: false,
        };
        for command in before {
            known.behind(command);
        }
        match judge(&command, self.safe_mode(), &known) {
            Judgement::Pass => Some(command),
            Judgement::Changed(command, sentence) => {
                self.acts.push_back(Act::Note(sentence));
                Some(command)
            }
            Judgement::Ask(_) if self.settings.yes => Some(command),
            Judgement::Ask(doubt) => {
                self.refused(span, asked(doubt), true);
                None
            }
            Judgement::Block(sentence) => {
                self.refused(span, sentence, false);
                None
            }
        }
    }

    /// Whether a line inside a command, or octets of the user's own, may go.
    pub(super) fn line_cleared(&mut self, conn: usize, octets: &[u8], span: Span) -> bool {
        let verb = self
            .conns
            .get(&conn)
            .and_then(|c| c.running.as_ref())
            .and_then(|r| r.commands.iter().find(|c| c.answer.is_none()))
            .map(|c| c.verb.clone())
            .unwrap_or_default();
        // DONE, and what a mechanism is answered, change nothing.
        let harmless = match verb.as_str() {
            "IDLE" => octets.eq_ignore_ascii_case(b"DONE"),
            "AUTHENTICATE" => true,
            _ => false,
        };
        harmless || self.octets_cleared(conn, octets, span)
    }

    /// Whether octets of the user's own may go: each of their lines is judged.
    pub(super) fn octets_cleared(&mut self, conn: usize, octets: &[u8], span: Span) -> bool {
        for line in octets.split(|b| *b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let mut command = Command {
                origin: Origin::User,
                tag: TagChoice::AsTyped,
                parts: vec![CommandPart::Text {
                    bytes: line.to_vec(),
                    secret: Vec::new(),
                }],
            };
            mark_secrets(&mut command);
            match self.cleared(conn, command.clone(), span, &[]) {
                Some(cleared) if cleared == command => {}
                Some(_) => {
                    self.refused(
                        span,
                        "These octets are not sent: safe mode is readonly.".to_owned(),
                        false,
                    );
                    return false;
                }
                None => return false,
            }
        }
        true
    }

    fn refused(&mut self, span: Span, sentence: String, askable: bool) {
        let mut diagnostic = self
            .diagnostic(span, "safe mode did not let it go")
            .got(sentence);
        if askable {
            diagnostic = diagnostic.note("--yes confirms what safe mode asks about");
        }
        let mut found = std::mem::take(&mut self.failures);
        found.push(diagnostic);
        self.finish(Verdict::Refused(found));
    }

    /// What is wrong with a continuation request.
    pub(super) fn other_go_ahead(
        &self,
        pattern: &Pattern,
        reply: &Reply,
        span: Span,
    ) -> Option<Diagnostic> {
        let scope = self.vars.for_replies();
        let matcher = Matcher {
            script: &self.script,
            scope: &scope,
            files: &*self.settings.files,
        };
        matcher.reply(pattern, reply).err().map(|_| {
            self.diagnostic(span, "the server says something else behind +")
                .wanted(format!("+ {}", shown(&matcher, pattern)))
                .got(format!("got {}", reply.shown))
        })
    }
}

/// What would be asked.
fn asked(doubt: Doubt) -> String {
    let verb = doubt.verb.clone();
    let what = Count::new(doubt, false, false).lines();
    let first = what.first().map(String::as_str).unwrap_or_default();
    let verb = if verb.is_empty() { "It" } else { &verb };
    format!("{verb} is not sent: {first} Safe mode is confirm, and nobody can be asked here.")
}
