//! The lines of a script to groups.

use std::time::Duration;

use super::args::{Arg, announcement, parse};
use super::book::{Book, CommandLine, Group, Line, Segment};
use super::directives::complete;
use super::fold::Logical;
use super::head::CONNECTIONS;
use crate::snippet::script::{Must, Span};

/// What is wrong with a line: where, what, what to do.
pub type Wrong = (Span, String, Option<&'static str>);

/// Makes groups of lines.
pub struct Lexer<'e> {
    /// What has come of it.
    pub book: Book,
    /// More, if a line names a higher one.
    pub connections: usize,
    environment: &'e dyn Fn(&str) -> bool,
    conditions: Vec<Condition>,
    /// Lines are passed over.
    skip: bool,
    /// Tagged replies that the last group still waits for.
    awaited: usize,
}

/// An `!ifenv` that is open.
struct Condition {
    span: Span,
    /// Whether lines around it are passed over.
    outside: bool,
    other: bool,
}

impl<'e> Lexer<'e> {
    /// For a script with so many connections.
    pub fn new(connections: usize, environment: &'e dyn Fn(&str) -> bool) -> Lexer<'e> {
        Lexer {
            book: Book::default(),
            connections,
            environment,
            conditions: Vec::new(),
            skip: false,
            awaited: 0,
        }
    }

    /// Takes a line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn line(&mut self, logical: &Logical, span: Span) -> Result<(), Wrong> {
        let line = logical.octets.as_slice();
        if let Some(done) = self.condition(line, span) {
            return done;
        }
        if self.skip {
            return Ok(());
        }
        if !self.book.groups.is_empty() {
            if let Some(done) = self.behind(line, span) {
                return done;
            }
            if let Some((must, reply)) = untagged(line) {
                return self.expect(must, reply, span);
            }
            if self.awaited > 0 && self.result(line, span)? {
                return Ok(());
            }
        }
        self.command(line, span)
    }

    /// The end of the file.
    ///
    /// # Errors
    /// What is missing.
    pub fn end(&mut self) -> Result<(), Wrong> {
        if let Some(open) = self.conditions.first() {
            return Err((open.span, "!ifenv without its !endif".to_owned(), None));
        }
        let last = self.book.groups.last();
        let unanswered = last.and_then(|g| g.commands.iter().find(|c| c.reply.is_empty()));
        if let Some(command) = unanswered {
            return Err((
                command.span,
                "the result of this command is not written".to_owned(),
                Some("write ok, no, bad or \"\" before it, or behind it in a line of its own"),
            ));
        }
        let groups = &self.book.groups;
        let ends = groups
            .iter()
            .any(|g| g.bye || g.commands.iter().any(|c| c.is("logout")));
        if !groups.is_empty() && !ends {
            self.book.groups.push(Group {
                conn: 1,
                commands: vec![CommandLine {
                    text: vec![Segment::Text(b"logout".to_vec())],
                    reply: vec![Arg::Atom(b"ok".to_vec())],
                    ..CommandLine::default()
                }],
                ..Group::default()
            });
        }
        Ok(())
    }

    fn condition(&mut self, line: &[u8], span: Span) -> Option<Result<(), Wrong>> {
        let (name, wanted) = match (
            line.strip_prefix(b"!ifenv "),
            line.strip_prefix(b"!ifnenv "),
        ) {
            (Some(name), _) => (name, true),
            (_, Some(name)) => (name, false),
            _ => return self.branch(line, span),
        };
        self.conditions.push(Condition {
            span,
            outside: self.skip,
            other: false,
        });
        let set = (self.environment)(String::from_utf8_lossy(name).trim());
        self.skip |= set != wanted;
        Some(Ok(()))
    }

    fn branch(&mut self, line: &[u8], span: Span) -> Option<Result<(), Wrong>> {
        let wrong = |text: &str| Some(Err((span, text.to_owned(), None)));
        match line {
            b"!else" => match self.conditions.last_mut() {
                None => wrong("!else without !ifenv"),
                Some(Condition { other: true, .. }) => wrong("a second !else"),
                Some(condition) => {
                    condition.other = true;
                    if !condition.outside {
                        self.skip = !self.skip;
                    }
                    Some(Ok(()))
                }
            },
            b"!endif" => match self.conditions.pop() {
                None => wrong("!endif without !ifenv"),
                Some(condition) => {
                    self.skip = condition.outside;
                    Some(Ok(()))
                }
            },
            _ => None,
        }
    }

    /// What is done when the group is over.
    fn behind(&mut self, line: &[u8], span: Span) -> Option<Result<(), Wrong>> {
        let group = self.book.groups.last_mut()?;
        if let Some(time) = line.strip_prefix(b"!sleep ") {
            return Some(match interval(time) {
                Some(time) => {
                    group.sleep = time;
                    Ok(())
                }
                None => Err((
                    span,
                    "!sleep wants a time".to_owned(),
                    Some("as in !sleep 10ms, !sleep 2s: ten minutes at most"),
                )),
            });
        }
        if let Some(text) = line.strip_prefix(b"!output ") {
            group.output.push(text.to_vec());
            return Some(Ok(()));
        }
        if line == b"!ordered" {
            group.ordered = true;
            return Some(Ok(()));
        }
        None
    }

    fn expect(&mut self, must: Must, reply: &[u8], span: Span) -> Result<(), Wrong> {
        let wrong = |what: String| (span, what, None);
        let mut args = parse(reply, true).map_err(|what| wrong(what.to_owned()))?;
        complete(&mut args).map_err(wrong)?;
        let Some(group) = self.book.groups.last_mut() else {
            return Ok(());
        };
        let bye = args
            .first()
            .and_then(Arg::atom)
            .and_then(|word| word.get(..3))
            .is_some_and(|word| word.eq_ignore_ascii_case(b"BYE"));
        match must {
            Must::Come => group.bye |= bye,
            Must::MayCome if bye => {
                return Err((
                    span,
                    "BYE cannot be a line with ?".to_owned(),
                    Some("* BYE: it must come, and the server may close behind it"),
                ));
            }
            _ => {}
        }
        group.lines.push(Line { must, args, span });
        Ok(())
    }

    /// A tagged reply that is awaited; false: it is something else.
    fn result(&mut self, line: &[u8], span: Span) -> Result<bool, Wrong> {
        let (conn, behind) = match (self.connections > 1).then(|| connection(line)).flatten() {
            Some((conn, behind)) => (Some(conn), behind),
            None => (None, line),
        };
        let (label, status, _) = status(behind);
        if status.is_none() {
            return Ok(false);
        }
        let wrong = |what: &str, note| Err((span, what.to_owned(), note));
        let Some(group) = self.book.groups.last_mut() else {
            return Ok(false);
        };
        if self.connections > 1 && conn != Some(group.conn) {
            return match conn {
                None => wrong("of which connection is this the result?", Some(INDEX)),
                Some(_) => wrong(
                    "the command of another connection waits for its result",
                    None,
                ),
            };
        }
        let Some(command) = group.commands.iter_mut().find(|c| c.label == label) else {
            return wrong("no command has this tag", None);
        };
        if !command.reply.is_empty() {
            return wrong("this command has its result already", None);
        }
        let mut reply = parse(behind, true).map_err(|what| (span, what.to_owned(), None))?;
        if label.is_some() {
            reply.remove(0);
        }
        command.reply = reply;
        self.awaited = self.awaited.saturating_sub(1);
        Ok(true)
    }

    fn command(&mut self, line: &[u8], span: Span) -> Result<(), Wrong> {
        let (mut conn, mut line) = (1, line);
        let several = self.connections > 1;
        if several {
            let Some((number, behind)) = connection(line) else {
                return Err((span, "which connection?".to_owned(), Some(INDEX)));
            };
            if number > CONNECTIONS {
                let said = format!("connection {number}: there are 100 at most");
                return Err((span, said, None));
            }
            (conn, line) = (number, behind);
            self.connections = self.connections.max(number);
        }
        let (label, said, behind) = status(line);
        let waiting = self.awaited > 0;
        if waiting && label.is_none() {
            return Err((
                span,
                "the command before it still waits for its result".to_owned(),
                Some("commands that go out together have tags: tag1 noop"),
            ));
        }
        if !waiting {
            self.book.groups.push(Group {
                conn,
                span,
                ..Group::default()
            });
        }
        let first = !waiting;
        if let (true, None, None, Some((must, reply))) = (first, label, &said, untagged(behind)) {
            let early = self.book.groups.len() == 1;
            return match early {
                true => self.expect(must, reply, span),
                false => Err((span, "a reply of which command?".to_owned(), None)),
            };
        }
        let text = segments(behind);
        let Some(group) = self.book.groups.last_mut() else {
            return Ok(());
        };
        if group.conn != conn {
            return Err((
                span,
                "commands that go out together go to one connection".to_owned(),
                None,
            ));
        }
        if label.is_some() && group.commands.iter().any(|c| c.label == label) {
            return Err((
                span,
                "two commands of a group have this tag".to_owned(),
                None,
            ));
        }
        if text.is_empty() {
            return Err((
                span,
                "a result, and no command that waits for it".to_owned(),
                Some("the status stands before its command: ok noop"),
            ));
        }
        if said.is_none() {
            self.awaited += 1;
        }
        group.commands.push(CommandLine {
            label,
            text,
            reply: said
                .map(|status| vec![Arg::Atom(status)])
                .unwrap_or_default(),
            span,
        });
        Ok(())
    }
}

const INDEX: &str = "with several connections a line begins with the number of one: 1 ok noop";

/// `* `, `! `, `? `
fn untagged(line: &[u8]) -> Option<(Must, &[u8])> {
    match line {
        [b'*', b' ', reply @ ..] => Some((Must::Come, reply)),
        [b'!', b' ', reply @ ..] => Some((Must::NotCome, reply)),
        [b'?', b' ', reply @ ..] => Some((Must::MayCome, reply)),
        _ => None,
    }
}

/// The number of a connection, and what stands behind it.
fn connection(line: &[u8]) -> Option<(usize, &[u8])> {
    let (word, behind) = word(line);
    let number: usize = std::str::from_utf8(word).ok()?.parse().ok()?;
    (number > 0 && word.iter().all(u8::is_ascii_digit)).then_some((number, behind))
}

fn word(line: &[u8]) -> (&[u8], &[u8]) {
    match line.iter().position(|octet| *octet == b' ') {
        Some(at) => (
            line.get(..at).unwrap_or_default(),
            line.get(at + 1..).unwrap_or_default(),
        ),
        None => (line, &[]),
    }
}

/// `tagN` and a status at the beginning of a line, each if it is there, and what stands behind them.
fn status(line: &[u8]) -> (Option<u32>, Option<Vec<u8>>, &[u8]) {
    let (mut first, mut behind) = word(line);
    let mut rest = line;
    let number = match first.get(..3) {
        Some(tag) if tag.eq_ignore_ascii_case(b"tag") && first.len() < line.len() => {
            let number = first.get(3..).and_then(|n| std::str::from_utf8(n).ok());
            number.and_then(|n| n.parse().ok()).filter(|n| *n > 0)
        }
        _ => None,
    };
    if number.is_some() {
        rest = behind;
        (first, behind) = word(behind);
    }
    let known = ["ok", "no", "bad"];
    let said = match first {
        b"\"\"" => Some(Vec::new()),
        word if known
            .iter()
            .any(|k| word.eq_ignore_ascii_case(k.as_bytes())) =>
        {
            Some(word.to_vec())
        }
        _ => None,
    };
    match said {
        Some(said) => (number, Some(said), behind),
        None => (number, None, rest),
    }
}

/// `10ms`, `2s`, `1 min`; a number alone is seconds.
fn interval(text: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text.get(..end)?.parse().ok()?;
    let time = match text.get(end..)?.trim() {
        "ms" | "msecs" => Duration::from_millis(number),
        "" | "s" | "secs" | "seconds" => Duration::from_secs(number),
        "m" | "min" | "mins" | "minutes" => Duration::from_secs(number.checked_mul(60)?),
        _ => return None,
    };
    (time <= Duration::from_secs(600)).then_some(time)
}

/// Text and literals of a command.
fn segments(line: &[u8]) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut text = Vec::new();
    let mut rest = line;
    while let Some((first, behind)) = rest.split_first() {
        // Only a block of the script has a line end in it.
        let literal = b"~{".contains(first).then(|| announcement(rest)).flatten();
        match literal.and_then(|(size, content)| Some((content.get(..size)?, content.get(size..)?)))
        {
            Some((octets, behind)) => {
                segments.push(Segment::Text(std::mem::take(&mut text)));
                segments.push(Segment::Literal {
                    octets: octets.to_vec(),
                    binary: *first == b'~',
                });
                rest = behind;
            }
            None => {
                text.push(*first);
                rest = behind;
            }
        }
    }
    if !text.is_empty() {
        segments.push(Segment::Text(text));
    }
    segments
}
