//! Lines to groups and steps: which result belongs to which command, what goes out together, what is done
//! in which order.

mod ahead;
mod blocks;
mod head;

use std::collections::HashMap;

use super::super::diagnostic::Diagnostic;
use super::super::script::{
    CommandLine, Expect, ExpectedResult, Group, Span, Step, StepKind, Template,
};
use super::line::{Line, Side, What};
use super::scan::{self, Wrong};
use super::{Parser, reply};
use head::{Expected, Head, is_known};

/// Makes steps of `lines`.
pub(super) fn make(parser: &mut Parser<'_>, lines: Vec<Line>) {
    let mut maker = Maker {
        ahead: ahead::Ahead::new(&lines, parser.script.connections()),
        parser,
        lines: &lines,
        conns: HashMap::new(),
        ended: Vec::new(),
        blocks: Vec::new(),
    };
    for index in 0..lines.len() {
        maker.line(index);
    }
    maker.finish();
}

/// What is open on a connection.
#[derive(Default)]
struct Conn {
    /// The group whose commands are not all answered, and up to which line it goes.
    open: Option<Open>,
    /// The group that ended last, until a directive or another one.
    last: Option<usize>,
    /// A command has been sent.
    begun: bool,
    /// The group of lines about the greeting.
    greeting: Option<usize>,
}

struct Open {
    group: usize,
    /// The last line that belongs to it, apart from what is only expected.
    until: usize,
    /// Results seen.
    answered: Vec<bool>,
    /// No result belongs to it any more.
    closed: bool,
}

/// A loop or a condition that is not closed yet.
struct Block {
    /// Its step.
    step: usize,
    /// The step of its `!else`.
    other: Option<usize>,
    is_loop: bool,
    span: Span,
}

struct Maker<'p, 'f, 'l> {
    parser: &'p mut Parser<'f>,
    lines: &'l [Line],
    ahead: ahead::Ahead,
    conns: HashMap<usize, Conn>,
    /// Groups that are over, whose `Finish` is still to be written.
    ended: Vec<usize>,
    blocks: Vec<Block>,
}

impl Maker<'_, '_, '_> {
    fn line(&mut self, index: usize) {
        let Some(line) = self.lines.get(index) else {
            return;
        };
        let conn = line.conn.max(1);
        let result = match &line.what {
            What::Blank => {
                self.close_before(index, None);
                Ok(())
            }
            What::Directive(raw) => {
                self.close_before(index, None);
                self.flush();
                for conn in self.conns.values_mut() {
                    conn.last = None;
                }
                self.directive(raw, line);
                Ok(())
            }
            What::Expect(must, template) => self.expect(conn, *must, template, line),
            What::GoAhead(template) => self.go_ahead(conn, template, line, index),
            What::Raw(template) => self.raw(conn, template, line, index),
            What::Words(template) => self.words(conn, template, line, index),
        };
        if let Err(wrong) = result {
            self.wrong(wrong);
        }
    }

    fn wrong(&mut self, wrong: Wrong) {
        match wrong.note {
            Some(note) => self.parser.error_note(wrong.span, wrong.message, note),
            None => self.parser.error(wrong.span, wrong.message),
        }
    }

    fn step(&mut self, kind: StepKind, span: Span) -> usize {
        self.parser.script.steps.push(Step { kind, span });
        self.parser.script.steps.len() - 1
    }

    fn group(&mut self, index: usize) -> Option<&mut Group> {
        self.parser.script.groups.get_mut(index)
    }

    /// Ends the groups that no later line belongs to; `conn`: of this connection whatever comes.
    fn close_before(&mut self, index: usize, conn: Option<usize>) {
        for (number, state) in &mut self.conns {
            let over = |open: &mut Open| open.until < index || conn == Some(*number);
            if let Some(open) = state.open.take_if(over) {
                self.ended.push(open.group);
                state.last = Some(open.group);
            }
        }
    }

    /// Writes down the end of every group that is over.
    fn flush(&mut self) {
        let mut ended = std::mem::take(&mut self.ended);
        ended.sort_unstable();
        for group in ended {
            let span = self
                .parser
                .script
                .groups
                .get(group)
                .map_or_else(Span::default, |g| g.span);
            self.step(StepKind::Finish(group), span);
        }
    }

    fn finish(&mut self) {
        self.close_before(usize::MAX, None);
        self.flush();
        for block in std::mem::take(&mut self.blocks) {
            let (what, end) = match block.is_loop {
                true => ("!for", "!end"),
                false => ("the condition", "!endif"),
            };
            self.parser.error_note(
                block.span,
                format!("{what} is not closed"),
                format!("write {end} behind its last line"),
            );
        }
    }

    fn expect(
        &mut self,
        conn: usize,
        must: super::super::script::Must,
        template: &Template,
        line: &Line,
    ) -> Result<(), Wrong> {
        let text = self.parser.script.text(line.span).to_owned();
        let pattern = reply::pattern(template, &text, line.span, line.side != Some(Side::Server))?;
        if pattern.items.is_empty() {
            return Err(Wrong {
                span: line.span,
                message: "it says nothing that could come".to_owned(),
                note: Some("write the reply behind it: * 3 EXISTS"),
            });
        }
        let state = self.conns.entry(conn).or_default();
        let group = match (&state.open, state.last) {
            (Some(open), _) => open.group,
            (None, Some(last)) => last,
            (None, None) if !state.begun => match state.greeting {
                Some(group) => group,
                None => {
                    let group = self.parser.script.groups.len();
                    state.greeting = Some(group);
                    self.parser.script.groups.push(Group {
                        conn,
                        span: line.span,
                        ..Group::default()
                    });
                    self.parser.script.steps.push(Step {
                        kind: StepKind::Greeting(group),
                        span: line.span,
                    });
                    group
                }
            },
            (None, None) => {
                return Err(Wrong {
                    span: line.span,
                    message: "this line belongs to no command".to_owned(),
                    note: Some(
                        "a directive has ended the group: put the line above it, below its command",
                    ),
                });
            }
        };
        if let Some(group) = self.group(group) {
            group.expects.push(Expect {
                must,
                pattern,
                span: line.span,
            });
        }
        Ok(())
    }

    fn go_ahead(
        &mut self,
        conn: usize,
        template: &Template,
        line: &Line,
        index: usize,
    ) -> Result<(), Wrong> {
        self.close_others(index, conn);
        self.flush();
        let Some(group) = self.open(conn) else {
            return Err(Wrong {
                span: line.span,
                message: "no command is open here that could be told to go ahead".to_owned(),
                note: Some("an empty line, a directive or its result has ended it"),
            });
        };
        // What a server says behind + is for people, or base64 that differs each time.
        let text = self.parser.script.text(line.span).to_owned();
        let reply = match template.is_empty() || line.side == Some(Side::Server) {
            true => None,
            false => Some(reply::pattern(template, &text, line.span, true)?),
        };
        self.step(StepKind::GoAhead { group, reply }, line.span);
        Ok(())
    }

    fn raw(
        &mut self,
        conn: usize,
        template: &Template,
        line: &Line,
        index: usize,
    ) -> Result<(), Wrong> {
        self.close_others(index, conn);
        self.flush();
        let Some(group) = self.open(conn) else {
            return Err(Wrong {
                span: line.span,
                message: "no command is open that this line could belong to".to_owned(),
                note: Some(
                    "a command is ended by its result, an empty line or a directive; > comes before that",
                ),
            });
        };
        let expects = self.group(group).map_or(0, |g| g.expects.len());
        let text = template.clone();
        self.step(
            StepKind::Raw {
                group,
                expects,
                text,
            },
            line.span,
        );
        Ok(())
    }

    /// Ends what is over on any connection but this one.
    fn close_others(&mut self, index: usize, conn: usize) {
        let state = self.conns.get_mut(&conn).and_then(|s| s.open.take());
        self.close_before(index, None);
        if let Some(open) = state {
            self.conns.entry(conn).or_default().open = Some(open);
        }
    }

    fn open(&self, conn: usize) -> Option<usize> {
        self.conns.get(&conn)?.open.as_ref().map(|o| o.group)
    }

    /// A command, a result, or a command with its status.
    fn words(
        &mut self,
        conn: usize,
        template: &Template,
        line: &Line,
        index: usize,
    ) -> Result<(), Wrong> {
        let client = line.side == Some(Side::Client);
        let head = Head::read(template, self.parser.script.header.keep_tags, client);
        if line.side == Some(Side::Client)
            && head.status.is_none()
            && self.is_answer(conn, &head, template)
        {
            return self.raw(conn, template, line, index);
        }
        if head.is_done && self.open(conn).is_some() && line.side != Some(Side::Server) {
            return self.raw(conn, template, line, index);
        }
        if let Some(status) = head.status
            && line.side != Some(Side::Client)
            && let Some(which) = self.answers(conn, head.tag.as_deref())
        {
            return self.result(conn, which, status, &head, template, line);
        }
        if line.side == Some(Side::Server) {
            return Err(Wrong {
                span: line.span,
                message: "this line of the server's belongs to no command above it".to_owned(),
                note: Some("S: lines are * replies, + and the tagged result of a C: line"),
            });
        }
        self.command(conn, head, template, line, index)
    }

    /// In a transcript: what the client says inside a command (DONE, an answer to a challenge).
    fn is_answer(&self, conn: usize, head: &Head, template: &Template) -> bool {
        let known = head.known || head.tag.is_some();
        let open = self.conns.get(&conn).and_then(|c| c.open.as_ref());
        open.is_some_and(|o| !o.closed) && (!known || scan::start(template).0.trim() == "*")
    }

    /// Which command of the open group a result belongs to.
    fn answers(&self, conn: usize, tag: Option<&str>) -> Option<usize> {
        let open = self.conns.get(&conn)?.open.as_ref().filter(|o| !o.closed)?;
        let group = self.parser.script.groups.get(open.group)?;
        let waiting = |at: &usize| {
            open.answered.get(*at) == Some(&false)
                && group.commands.get(*at).is_some_and(|c| !c.result.stated)
        };
        (0..group.commands.len()).filter(waiting).find(|at| {
            let label = group.commands.get(*at).and_then(|c| c.label.as_deref());
            tag.is_none_or(|tag| label.is_some_and(|l| l.eq_ignore_ascii_case(tag)))
        })
    }

    fn result(
        &mut self,
        conn: usize,
        which: usize,
        status: Expected,
        head: &Head,
        template: &Template,
        line: &Line,
    ) -> Result<(), Wrong> {
        let rest = scan::behind(template, head.behind_tag);
        let text = self.parser.script.text(line.span).to_owned();
        let rest = match status.0 {
            Some(_) => rest,
            None => scan::behind(&rest, 2),
        };
        let mut pattern = reply::pattern(&rest, &text, line.span, line.side != Some(Side::Server))?;
        if status.0.is_none() {
            // Any status: what stands behind it is compared with what stands behind the server's.
            let any = super::super::pattern::Item {
                kind: super::super::pattern::ItemKind::Any,
                span: line.span,
            };
            pattern.items.insert(0, any);
        }
        let behind = scan::behind(template, head.behind_status);
        let words: [&str; 2] = scan::words(&behind);
        let looks_like_command = line.side.is_none() && is_known(words[0], words[1]);
        let Some(open) = self.conns.get_mut(&conn).and_then(|s| s.open.as_mut()) else {
            return Ok(());
        };
        if let Some(done) = open.answered.get_mut(which) {
            *done = true;
        }
        open.closed = open.answered.iter().all(|done| *done);
        let group = open.group;
        let mut command_span = line.span;
        if let Some(command) = self.group(group).and_then(|g| g.commands.get_mut(which)) {
            command_span = command.span;
            command.result = ExpectedResult {
                status: status.0,
                bad_too: false,
                reply: (pattern.items.len() > 1).then_some(pattern),
                span: line.span,
                stated: true,
            };
        }
        if looks_like_command {
            let script = &self.parser.script;
            let name = script
                .text(command_span)
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned();
            let warning = Diagnostic::warning(
                &script.files,
                line.span,
                format!(
                    "this is the result of {name} in line {}, not a command of its own",
                    command_span.line
                ),
            )
            .under(script, command_span)
            .note(
                "put an empty line above it if it is meant as a command with its expected status",
            );
            self.parser.found.push(warning);
        }
        Ok(())
    }

    fn command(
        &mut self,
        conn: usize,
        head: Head,
        template: &Template,
        line: &Line,
        index: usize,
    ) -> Result<(), Wrong> {
        let text = scan::behind(template, head.behind_status);
        let (start, _) = scan::start(&text);
        if start.trim().is_empty() || !scan::start(&text).1 && !start.contains(' ') {
            return Err(match text.is_empty() {
                true => Wrong {
                    span: line.span,
                    message: "a result, and no command above it is open".to_owned(),
                    note: Some(
                        "a result stands below its command, with no empty line and no directive between",
                    ),
                },
                false => Wrong {
                    span: line.span,
                    message: "the name of a command cannot come from a variable".to_owned(),
                    note: Some("write the command's name out; only its arguments vary"),
                },
            });
        }
        let stated = head.status.is_some();
        let command = CommandLine {
            label: head.tag.clone(),
            text,
            span: line.span,
            result: match head.status {
                Some(status) => ExpectedResult {
                    status: status.0,
                    bad_too: false,
                    reply: None,
                    span: line.span,
                    stated: true,
                },
                None => ExpectedResult::ok(line.span),
            },
        };
        let pipelined = self.ahead.goes_with_the_one_before(index);
        if pipelined && let Some(open) = self.conns.get_mut(&conn).and_then(|s| s.open.as_mut()) {
            open.answered.push(false);
            let group = open.group;
            if let Some(group) = self.group(group) {
                group.commands.push(command);
            }
            return Ok(());
        }
        self.close_before(index, Some(conn));
        self.flush();
        let group = self.parser.script.groups.len();
        self.parser.script.groups.push(Group {
            conn,
            span: line.span,
            commands: vec![command],
            expects: Vec::new(),
        });
        self.step(StepKind::Begin(group), line.span);
        let state = self.conns.entry(conn).or_default();
        state.begun = true;
        state.last = None;
        state.open = Some(Open {
            group,
            until: self.ahead.last_line(index),
            answered: vec![stated],
            closed: false,
        });
        Ok(())
    }
}
