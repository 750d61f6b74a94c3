//! Variables in the order of the lines: what is read before it is set, and what nobody sets.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checker, Wanted, fixed};
use crate::snippet::script::{
    Condition, Directive, Form, Octets, Piece, Span, StepKind, Template, Turns, Var,
};
use crate::snippet::value::{PREDEFINED, names_in};

impl Checker<'_> {
    pub(super) fn flow(&mut self) {
        let script = self.script;
        let header = &script.header;
        let mut flow = Flow {
            known: BTreeSet::new(),
            set_later: self.set_somewhere(),
            wanted: BTreeMap::new(),
            rows: self.needs.columns.iter().cloned().collect(),
        };
        flow.known
            .extend(PREDEFINED.iter().map(|n| (*n).to_owned()));
        flow.known.extend(self.needs.columns.iter().cloned());
        flow.known
            .extend(header.secrets.iter().map(|s| s.name.clone()));
        for (name, template, span) in &header.vars {
            self.reads(&mut flow, template);
            flow.known.insert(name.clone());
            self.needs.variables.push(Wanted {
                name: name.clone(),
                default: fixed(template).or_else(|| Some(script.text(*span).to_owned())),
                span: *span,
            });
        }
        let identities = [&header.authz, &header.authn, &header.profile];
        let users = header.users.iter().map(|(_, template)| template);
        for template in identities.into_iter().flatten().chain(users) {
            self.reads(&mut flow, template);
        }
        for step in &script.steps {
            match &step.kind {
                StepKind::Begin(group) => {
                    if let Some(group) = script.groups.get(*group) {
                        for command in &group.commands {
                            self.reads(&mut flow, &command.text);
                        }
                    }
                }
                StepKind::Raw { text, .. } => self.reads(&mut flow, text),
                StepKind::Finish(group) | StepKind::Greeting(group) => {
                    self.captured(&mut flow, *group)
                }
                StepKind::GoAhead { reply, group } => {
                    self.captured(&mut flow, *group);
                    if let Some(pattern) = reply {
                        flow.known
                            .extend(pattern.names().into_iter().map(str::to_owned));
                    }
                }
                StepKind::Directive(directive) => self.directive_flow(&mut flow, directive),
            }
        }
        for (name, span) in flow.wanted {
            self.needs.variables.push(Wanted {
                name,
                default: None,
                span,
            });
        }
    }

    fn captured(&self, flow: &mut Flow, group: usize) {
        let Some(group) = self.script.groups.get(group) else {
            return;
        };
        let results = group
            .commands
            .iter()
            .filter_map(|c| c.result.reply.as_ref());
        for pattern in group.expects.iter().map(|e| &e.pattern).chain(results) {
            flow.known
                .extend(pattern.names().into_iter().map(str::to_owned));
        }
    }

    fn directive_flow(&mut self, flow: &mut Flow, directive: &Directive) {
        match directive {
            Directive::Let { name, text } => {
                self.reads(flow, text);
                if text
                    .iter()
                    .any(|p| matches!(p, Piece::Var(v) if flow.rows.contains(&v.name)))
                {
                    flow.rows.insert(name.clone());
                }
                flow.known.insert(name.clone());
            }
            Directive::Assert { left, right, .. } => {
                self.reads(flow, left);
                self.reads(flow, right);
            }
            Directive::Undo(text) | Directive::Output(text) | Directive::Skip(text) => {
                self.reads(flow, text);
            }
            Directive::As { user, .. } => self.reads(flow, user),
            Directive::Send { octets, .. } => {
                for part in octets {
                    if let Octets::Var(var) = part {
                        self.read(flow, var);
                    }
                }
            }
            Directive::For { names, of, .. } => {
                match of {
                    Turns::File(path) => {
                        self.reads(flow, path);
                        flow.rows.extend(names.iter().cloned());
                    }
                    Turns::Words(words) => {
                        for word in words {
                            match word.as_slice() {
                                // Each of a list that a reply left.
                                [Piece::Var(var)] if var.rest => {
                                    let rest = false;
                                    self.read(
                                        flow,
                                        &Var {
                                            rest,
                                            ..var.clone()
                                        },
                                    );
                                }
                                _ => self.reads(flow, word),
                            }
                        }
                    }
                    Turns::Range(..) => {}
                }
                flow.known.extend(names.iter().cloned());
            }
            // What is asked for may be given or not: neither is a mistake.
            Directive::If {
                condition: Condition::Set { name, .. },
                ..
            } => {
                flow.known.insert(name.clone());
            }
            _ => {}
        }
    }

    fn reads(&mut self, flow: &mut Flow, template: &Template) {
        for var in names_in(template) {
            self.read(flow, var);
        }
    }

    fn read(&mut self, flow: &mut Flow, var: &Var) {
        if var.rest || var.name == "_" {
            let message = "only a reply can leave something open";
            return self.error(
                var.span,
                message,
                "${_} and ${name...} stand in lines with *, ! and ?, and in results",
            );
        }
        if var.form == Form::Case {
            return self.error(var.span, "${case:...} only stands in a reply", "");
        }
        if var.form == Form::Raw && flow.rows.contains(&var.name) {
            let message = format!(
                "{} comes out of a file of rows, and :raw would let it become a command",
                var.name
            );
            return self.error(
                var.span,
                message,
                "leave :raw out: it is quoted as its place needs it",
            );
        }
        if flow.known.contains(&var.name) || var.default.is_some() {
            return;
        }
        match flow.set_later.get(&var.name) {
            Some(span) => {
                let message = format!(
                    "{} is read here, but only line {} sets it",
                    var.name, span.line
                );
                self.warning(
                    var.span,
                    message,
                    "unless it is given with -D, the run ends here",
                );
            }
            None => {
                flow.wanted.entry(var.name.clone()).or_insert(var.span);
            }
        }
    }

    /// Everything that some line sets.
    fn set_somewhere(&self) -> BTreeMap<String, Span> {
        let mut set = BTreeMap::new();
        for group in &self.script.groups {
            let results = group
                .commands
                .iter()
                .filter_map(|c| c.result.reply.as_ref());
            for pattern in group.expects.iter().map(|e| &e.pattern).chain(results) {
                for name in pattern.names() {
                    set.entry(name.to_owned()).or_insert(pattern.span);
                }
            }
        }
        for step in &self.script.steps {
            match &step.kind {
                StepKind::Directive(Directive::Let { name, .. }) => {
                    set.entry(name.clone()).or_insert(step.span);
                }
                StepKind::Directive(Directive::For { names, .. }) => {
                    for name in names {
                        set.entry(name.clone()).or_insert(step.span);
                    }
                }
                _ => {}
            }
        }
        set
    }
}

struct Flow {
    known: BTreeSet<String>,
    set_later: BTreeMap<String, Span>,
    wanted: BTreeMap<String, Span>,
    /// What comes out of files of rows.
    rows: BTreeSet<String>,
}
