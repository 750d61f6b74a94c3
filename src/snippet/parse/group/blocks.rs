//! Directives become steps; loops and conditions are tied to their ends.

use super::super::directive::Raw;
use super::super::line::Line;
use super::{Block, Maker};
use crate::snippet::script::{Condition, Directive, Span, Step, StepKind};

impl Maker<'_, '_, '_> {
    pub(super) fn directive(&mut self, raw: &Raw, line: &Line) {
        let conn = line.conn.max(1);
        let next = self.parser.script.steps.len();
        let directive = match raw {
            Raw::Let(name, text) => Directive::Let {
                name: name.clone(),
                text: text.clone(),
            },
            Raw::Assert(left, operator, right) => Directive::Assert {
                left: left.clone(),
                operator: *operator,
                right: right.clone(),
            },
            Raw::Undo(text) => Directive::Undo(text.clone()),
            Raw::Output(text) => Directive::Output(text.clone()),
            Raw::Skip(text) => Directive::Skip(text.clone()),
            Raw::Send(octets) => Directive::Send {
                conn,
                octets: octets.clone(),
            },
            Raw::Closed => Directive::Closed { conn },
            Raw::Sleep(time) => Directive::Sleep(*time),
            Raw::Timeout(limit) => Directive::Timeout {
                conn: (line.conn > 0).then_some(conn),
                limit: *limit,
            },
            Raw::As(user) => Directive::As {
                conn,
                user: user.clone(),
            },
            Raw::For(names, of) => {
                self.open_block(next, true, line.span);
                Directive::For {
                    names: names.clone(),
                    of: of.clone(),
                    end: 0,
                }
            }
            Raw::End => match self.blocks.pop_if(|b| b.is_loop) {
                Some(block) => {
                    self.set_target(block.step, next);
                    Directive::End { begin: block.step }
                }
                None => return self.unopened(line, "!end", "!for"),
            },
            Raw::IfCapability(name) => self.condition(
                Condition::Capability {
                    conn,
                    name: name.clone(),
                },
                next,
                line.span,
            ),
            Raw::IfSet(name, set) => self.condition(
                Condition::Set {
                    name: name.clone(),
                    set: *set,
                },
                next,
                line.span,
            ),
            Raw::IfEnvironment(name, set) => self.condition(
                Condition::Environment {
                    name: name.clone(),
                    set: *set,
                },
                next,
                line.span,
            ),
            Raw::Else => match self
                .blocks
                .last_mut()
                .filter(|b| !b.is_loop && b.other.is_none())
            {
                Some(block) => {
                    block.other = Some(next);
                    let step = block.step;
                    self.set_target(step, next + 1);
                    Directive::Else { end: 0 }
                }
                None => return self.unopened(line, "!else", "condition"),
            },
            Raw::EndIf => match self.blocks.pop_if(|b| !b.is_loop) {
                Some(block) => {
                    self.set_target(block.other.unwrap_or(block.step), next);
                    Directive::EndIf
                }
                None => return self.unopened(line, "!endif", "condition"),
            },
        };
        self.step(StepKind::Directive(directive), line.span);
    }

    fn condition(&mut self, condition: Condition, step: usize, span: Span) -> Directive {
        self.open_block(step, false, span);
        Directive::If {
            condition,
            otherwise: 0,
        }
    }

    fn open_block(&mut self, step: usize, is_loop: bool, span: Span) {
        self.blocks.push(Block {
            step,
            other: None,
            is_loop,
            span,
        });
    }

    fn unopened(&mut self, line: &Line, what: &str, opens: &str) {
        self.parser.error(
            line.span,
            format!("{what} closes nothing: no {opens} is open here"),
        );
    }

    /// Where the step at `at` goes on.
    fn set_target(&mut self, at: usize, target: usize) {
        if let Some(Step {
            kind: StepKind::Directive(directive),
            ..
        }) = self.parser.script.steps.get_mut(at)
        {
            match directive {
                Directive::For { end, .. } | Directive::Else { end } => *end = target,
                Directive::If { otherwise, .. } => *otherwise = target,
                _ => {}
            }
        }
    }
}
