//! The way back: written down before the command that it undoes is sent, taken back if that failed.

use super::super::script::{Directive, Script, StepKind, Template};
use super::super::substitute;
use super::{Act, Player};

/// Lines that are written down.
#[derive(Debug, Default)]
pub(super) struct Undo {
    /// The last number given.
    last: u64,
    /// Written ahead: the step that says so, its number, its text. Not come by yet.
    ahead: Vec<(usize, u64, String)>,
    /// Whether the command that they undo was done.
    done: bool,
}

impl Undo {
    /// The commands of a group have been answered: whether all were done.
    pub(super) fn answered(&mut self, done: bool) {
        self.done = done;
    }
}

impl Player {
    /// Writes down what the directives from step `from` say, as far as that is known already.
    pub(super) fn undo_ahead(&mut self, script: &Script, from: usize) {
        let mut at = from;
        let mut seen = 0;
        while let Some(step) = script.steps.get(at) {
            seen += 1;
            if seen > 1000 {
                break;
            }
            at += 1;
            match &step.kind {
                StepKind::Finish(_) | StepKind::GoAhead { .. } | StepKind::Raw { .. } => {}
                StepKind::Directive(directive) => match directive {
                    Directive::Undo(text) => {
                        if let Ok(text) = self.undo_text(text) {
                            let id = self.undo_written(text.clone());
                            self.undo.ahead.push((at - 1, id, text));
                        }
                    }
                    Directive::If {
                        condition,
                        otherwise,
                    } => {
                        if !self.holds(condition) {
                            at = *otherwise;
                        }
                    }
                    Directive::Else { end } => at = *end,
                    Directive::EndIf
                    | Directive::Assert { .. }
                    | Directive::Output(_)
                    | Directive::Let { .. }
                    | Directive::Timeout { .. }
                    | Directive::Sleep(_) => {}
                    _ => break,
                },
                _ => break,
            }
        }
    }

    /// `!undo`, now that its command has been answered.
    pub(super) fn undo_now(
        &mut self,
        step: usize,
        text: &Template,
    ) -> Result<(), substitute::Problem> {
        let text = self.undo_text(text)?;
        match self.undo.ahead.iter().position(|(at, ..)| *at == step) {
            Some(found) => {
                let (_, id, before) = self.undo.ahead.remove(found);
                if before != text {
                    self.acts.push_back(Act::UndoWithdrawn { id });
                    self.undo_written(text);
                }
            }
            None => {
                self.undo_written(text);
            }
        }
        Ok(())
    }

    /// Nothing more can come by what was written ahead: what did not is taken back. A command whose fate is
    /// not known keeps its way back.
    pub(super) fn undo_settled(&mut self) {
        for (_, id, _) in std::mem::take(&mut self.undo.ahead) {
            self.acts.push_back(Act::UndoWithdrawn { id });
        }
    }

    /// The run has failed: what was written ahead stays if its command was done.
    pub(super) fn undo_ended(&mut self) {
        if !self.undo.done {
            self.undo_settled();
        }
    }

    fn undo_written(&mut self, text: String) -> u64 {
        self.undo.last += 1;
        self.acts.push_back(Act::Undo {
            id: self.undo.last,
            text,
        });
        self.undo.last
    }

    /// The line with its values fixed.
    fn undo_text(&self, template: &Template) -> Result<String, substitute::Problem> {
        let span = template.first().map(super::super::script::Piece::span);
        let command = substitute::command(&self.substitution(1), template, None)?;
        substitute::as_line(&command).map_err(|why| substitute::Problem {
            span: span.unwrap_or_default(),
            message: format!("this cannot be written into the undo file: {why}"),
            note: None,
        })
    }
}
