//! Commands: words and arguments by the catalog, what can never end, what comes too late.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checker, fixed};
use crate::catalog::{self, Live, Severity};
use crate::config::near;
use crate::model::Model;
use crate::snippet::script::{CommandLine, Group, Piece, Span, StepKind, Template};
use crate::wire::command::MASK;
use crate::wire::response::Status;

/// Replies that every server knows: for "did you mean".
const KINDS: &[&str] = &[
    "OK",
    "NO",
    "BAD",
    "BYE",
    "PREAUTH",
    "CAPABILITY",
    "ENABLED",
    "LIST",
    "LSUB",
    "STATUS",
    "FLAGS",
    "EXISTS",
    "RECENT",
    "EXPUNGE",
    "VANISHED",
    "FETCH",
    "SEARCH",
    "SORT",
    "THREAD",
    "ESEARCH",
    "NAMESPACE",
    "ID",
    "ACL",
    "LISTRIGHTS",
    "MYRIGHTS",
    "QUOTA",
    "QUOTAROOT",
    "METADATA",
    "ANNOTATION",
    "GENURLAUTH",
    "URLFETCH",
    "LANGUAGE",
    "COMPARATOR",
    "CONVERTED",
    "UIDFETCH",
];
/// Replies that begin with a number.
const NUMBERED: &[&str] = &["EXISTS", "RECENT", "EXPUNGE", "FETCH", "UIDFETCH"];

/// A command line as the catalog reads it.
struct Line {
    text: String,
    /// Octets of the text, and where they are written.
    places: Vec<(usize, usize, Span)>,
    /// Octets that stand for a variable.
    open: Vec<(usize, usize)>,
}

impl Checker<'_> {
    pub(super) fn commands(&mut self) {
        let script = self.script;
        let mut gone: BTreeMap<usize, usize> = BTreeMap::new();
        let mut used = BTreeSet::new();
        for (at, step) in script.steps.iter().enumerate() {
            let StepKind::Begin(number) = &step.kind else {
                continue;
            };
            let Some(group) = script.groups.get(*number) else {
                continue;
            };
            if let Some(line) = gone.get(&group.conn) {
                self.error(
                    group.span,
                    format!("LOGOUT in line {line} has ended this connection"),
                    "",
                );
            }
            for command in &group.commands {
                let line = self.line(&command.text);
                let spec = catalog::command_at(&line.text, 0);
                let verb = spec.map_or("", |s| s.verb.as_str());
                if let Some(spec) = spec {
                    let offered = |name: &String| script.header.capabilities.contains(name);
                    if !spec.capabilities.iter().any(offered) {
                        used.extend(spec.capability());
                    }
                }
                self.lint(command, &line, spec.is_some());
                match verb {
                    "LOGOUT" => {
                        gone.insert(group.conn, command.span.line);
                    }
                    "IDLE" if !self.is_answered(at, *number) => self.error(
                        command.span,
                        "nothing ends this IDLE",
                        "write > DONE below it, before its result",
                    ),
                    "STARTTLS" | "LOGIN" | "AUTHENTICATE" if script.header.state.is_none() => self
                        .warning(
                            command.span,
                            format!("{verb}: the connection is logged in when a snippet begins"),
                            "authz:, authn: and profile: say who and where",
                        ),
                    _ => {}
                }
            }
            self.replies(group);
        }
        self.needs.used = used.into_iter().collect();
    }

    /// Whether a line with `>` answers the group.
    fn is_answered(&self, from: usize, group: usize) -> bool {
        let rest = self.script.steps.iter().skip(from);
        let own = rest.take_while(|s| s.kind != StepKind::Finish(group));
        own.into_iter()
            .any(|s| matches!(&s.kind, StepKind::Raw { group: of, .. } if *of == group))
    }

    fn line(&self, template: &Template) -> Line {
        let mut line = Line {
            text: String::new(),
            places: Vec::new(),
            open: Vec::new(),
        };
        for piece in template {
            let start = line.text.len();
            match piece {
                Piece::Text(text, span) => {
                    line.text.push_str(text);
                    line.places.push((start, line.text.len(), *span));
                }
                Piece::Var(var) => {
                    let vars = &self.script.header.vars;
                    let own = vars.iter().find(|(name, ..)| *name == var.name);
                    let known = own.and_then(|(_, template, _)| fixed(template));
                    let known = known.or_else(|| var.default.clone());
                    let harmless = |text: &String| {
                        !text.is_empty()
                            && text
                                .bytes()
                                .all(|b| b.is_ascii_graphic() && !b"(){}\"\\".contains(&b))
                    };
                    line.text
                        .push_str(known.filter(harmless).as_deref().unwrap_or("x"));
                    line.open.push((start, line.text.len()));
                }
                Piece::Literal(_) => {
                    line.text.push_str("{@x}");
                    line.open.push((start, line.text.len()));
                }
            }
        }
        line
    }

    fn lint(&mut self, command: &CommandLine, line: &Line, known: bool) {
        let mask = String::from_utf8_lossy(MASK);
        if line.text.contains(mask.as_ref()) {
            self.error(
                command.span,
                "a secret was masked here, and the mask is no secret",
                "write a variable, and in the header: secret password: ask",
            );
            return;
        }
        // A command that shall fail may be wrong on purpose.
        let fails = command.result.stated && command.result.status != Some(Status::Ok);
        if fails {
            return;
        }
        // The mailbox that a line needs may be open already.
        let before = "SELECT INBOX\n";
        let text = format!("{before}{}", line.text);
        let live = Live {
            logged_in: true,
            ..Live::default()
        };
        for finding in catalog::lint(&text, &Model::default(), &live) {
            let (start, end) = (
                finding.range.start.wrapping_sub(before.len()),
                finding.range.end.wrapping_sub(before.len()),
            );
            let inside = finding.range.start >= before.len();
            let touches = |(from, to): &(usize, usize)| {
                start < *to && end > *from || start == end && start >= *from && start <= *to
            };
            if !inside || finding.severity != Severity::Error || line.open.iter().any(touches) {
                continue;
            }
            let span = line.span(start, end).unwrap_or(command.span);
            let sentence = finding.sentence.trim_end_matches('.').to_owned();
            match known {
                true => self.error(span, sentence, ""),
                false => self.warning(span, sentence, "it is sent as it is"),
            }
        }
    }

    fn replies(&mut self, group: &Group) {
        for expect in &group.expects {
            let kind = expect.pattern.kind();
            if kind.is_empty() {
                continue;
            }
            if !KINDS.contains(&kind.as_str()) {
                if let Some(near) = near::nearest(&kind, KINDS.iter().copied()) {
                    self.warning(expect.span, format!("{kind}: did you mean {near}?"), "");
                }
                continue;
            }
            let first = expect.pattern.items.first().and_then(|i| i.word());
            if NUMBERED.contains(&kind.as_str())
                && first.is_some_and(|w| w.eq_ignore_ascii_case(&kind))
            {
                self.error(
                    expect.span,
                    format!("{kind} has a number before it, so this never matches"),
                    &format!("write * ${{_}} {kind} for any number"),
                );
            }
        }
    }
}

impl Line {
    /// Where octets of the text are written.
    fn span(&self, start: usize, end: usize) -> Option<Span> {
        let (from, _, span) = self.places.iter().rev().find(|(from, ..)| *from <= start)?;
        Some(Span {
            start: (span.start + start - from).min(span.end),
            end: (span.start + end - from)
                .min(span.end)
                .max(span.start + start - from),
            ..*span
        })
    }
}
