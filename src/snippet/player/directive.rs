//! Lines with `!` and a word.

use std::sync::Arc;
use std::time::Instant;

use super::super::matcher::Scope;
use super::super::reply::{Element, ReplyBuilder};
use super::super::script::{
    Condition, Directive, Octets, Operator, Piece, Script, Span, Template, Turns,
};
use super::super::substitute::{self, Problem};
use super::super::value::Value;
use super::{Act, Player, Verdict, Who};
use crate::wire::frame::{self, Ending};

/// Most turns of a loop.
const TURNS: usize = 10_000_000;

/// A loop under way.
pub(super) struct Loop {
    /// Its step.
    step: usize,
    names: Vec<String>,
    /// What is still to come, the next one last.
    turns: Vec<Vec<Value>>,
}

impl Player {
    /// Does a directive; false: something must come first.
    pub(super) fn directive(
        &mut self,
        script: &Script,
        directive: &Directive,
        span: Span,
        now: Instant,
    ) -> bool {
        let here = self.at;
        match directive {
            Directive::Sleep(_) => {
                let over = self.is_late(now);
                if over {
                    self.at += 1;
                }
                return over;
            }
            Directive::Closed { conn } => return self.must_close(*conn, span, now),
            _ => {}
        }
        self.at += 1;
        let begun = self.first.unwrap_or(now);
        let ms = now.saturating_duration_since(begun).as_millis();
        self.vars.own("row.ms", Value::text(ms.to_string()));
        if let Err(problem) = self.at_once(script, directive, here, span) {
            let diagnostic = self.problem(problem);
            self.fail(vec![diagnostic]);
        }
        true
    }

    fn at_once(
        &mut self,
        script: &Script,
        directive: &Directive,
        here: usize,
        span: Span,
    ) -> Result<(), Problem> {
        match directive {
            Directive::Let { name, text } => {
                let value = self.substitution(0).octets(text)?;
                self.vars.set(name, value);
            }
            Directive::Assert {
                left,
                operator,
                right,
            } => self.assert(left, *operator, right, span)?,
            Directive::Undo(text) => self.undo_now(here, text)?,
            Directive::Output(text) => {
                let text = self.substitution(0).shown(text)?;
                self.acts.push_back(Act::Output(text));
            }
            Directive::Skip(why) => {
                let why = self.substitution(0).shown(why)?;
                self.undo_settled();
                self.finish(Verdict::Skipped(why));
            }
            Directive::Send { conn, octets } => {
                let octets = self.octets(octets)?;
                if !self.conns.get(conn).is_some_and(|c| c.open) {
                    self.lost(*conn, span);
                } else if self.octets_cleared(*conn, &octets, span) {
                    self.acts.push_back(Act::Octets {
                        conn: *conn,
                        octets,
                    });
                }
            }
            Directive::Timeout { conn, limit } => match conn {
                Some(conn) => {
                    if let Some(state) = self.conns.get_mut(conn) {
                        state.limit = Some(*limit);
                    }
                }
                None => {
                    self.limit = *limit;
                    self.conns.values_mut().for_each(|c| c.limit = None);
                }
            },
            Directive::As { conn, user } => {
                let user = self.substitution(0).octets(user)?;
                let who = Who {
                    authz: Some(String::from_utf8_lossy(&user.bytes).into_owned()),
                    ..Who::default()
                };
                self.open(*conn, who);
            }
            Directive::For { names, of, end } => {
                let mut turns = self.turns(script, names.len(), of, span)?;
                turns.reverse();
                self.loops.push(Loop {
                    step: here,
                    names: names.clone(),
                    turns,
                });
                self.next_turn(*end + 1);
            }
            Directive::End { begin } => {
                if self.loops.last().is_some_and(|l| l.step == *begin) {
                    let behind = self.at;
                    self.at = *begin + 1;
                    self.next_turn(behind);
                }
            }
            Directive::If {
                condition,
                otherwise,
            } => {
                if !self.holds(condition) {
                    self.at = *otherwise;
                }
            }
            Directive::Else { end } => self.at = *end,
            Directive::EndIf | Directive::Sleep(_) | Directive::Closed { .. } => {}
        }
        Ok(())
    }

    /// The next turn of the innermost loop; without one, on to step `behind`.
    fn next_turn(&mut self, behind: usize) {
        let depth = self.loops.len();
        self.vars.forget(depth);
        let Some(own) = self.loops.last_mut() else {
            return;
        };
        let Some(values) = own.turns.pop() else {
            self.loops.pop();
            self.at = behind;
            return;
        };
        let names = own.names.clone();
        let mut values = values.into_iter();
        for name in &names {
            self.vars.set(name, values.next().unwrap_or_default());
        }
    }

    fn turns(
        &self,
        script: &Script,
        names: usize,
        of: &Turns,
        span: Span,
    ) -> Result<Vec<Vec<Value>>, Problem> {
        let problem = |message: String| Problem {
            span,
            message,
            note: None,
        };
        match of {
            Turns::Range(first, last) => {
                let count = usize::try_from(last.saturating_sub(*first)).unwrap_or(0);
                if count >= TURNS {
                    return Err(problem(format!("a loop has at most {TURNS} turns")));
                }
                Ok((*first..=*last)
                    .map(|n| vec![Value::text(n.to_string())])
                    .collect())
            }
            Turns::Words(words) => {
                let mut values = Vec::new();
                for word in words {
                    let value = self.substitution(0).octets(word)?;
                    match word.as_slice() {
                        // `${name...}`: each element of the list that was captured.
                        [Piece::Var(var)] if var.rest => values.extend(each_of(&value)),
                        _ => values.push(value),
                    }
                }
                Ok(values.chunks(names.max(1)).map(<[Value]>::to_vec).collect())
            }
            Turns::File(path) => {
                let path = self.substitution(0).octets(path)?;
                let folder = script
                    .files
                    .get(span.file)
                    .map_or("", |f| f.folder.as_str());
                let path = substitute::beside(folder, &String::from_utf8_lossy(&path.bytes));
                let bytes = self
                    .settings
                    .files
                    .read(&path)
                    .map_err(|sentence| problem(sentence.trim_end_matches('.').to_owned()))?;
                let rows = super::super::value::rows(&bytes)
                    .map_err(|why| problem(format!("{path}: {why}")))?;
                Ok(rows)
            }
        }
    }

    fn octets(&self, parts: &[Octets]) -> Result<Vec<u8>, Problem> {
        let mut out = Vec::new();
        for part in parts {
            match part {
                Octets::Bytes(bytes) => out.extend_from_slice(bytes),
                Octets::Var(var) => out.extend_from_slice(&self.substitution(0).value(var)?.bytes),
            }
        }
        Ok(out)
    }

    pub(super) fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Capability { conn, name } => self
                .conns
                .get(conn)
                .and_then(|c| c.capabilities.as_ref())
                .is_some_and(|set| set.has(name)),
            Condition::Set { name, set } => self.vars.value(name).is_some() == *set,
            Condition::Environment { name, set } => (self.settings.environment)(name) == *set,
        }
    }

    fn must_close(&mut self, conn: usize, span: Span, now: Instant) -> bool {
        if self.conns.get(&conn).is_none_or(|c| c.closed.is_some()) {
            self.at += 1;
            return true;
        }
        if self.is_late(now) {
            let diagnostic = self.diagnostic(span, "the server did not close the connection");
            self.fail(vec![diagnostic]);
            self.at += 1;
            return true;
        }
        false
    }

    fn assert(
        &mut self,
        left: &Template,
        operator: Operator,
        right: &Template,
        span: Span,
    ) -> Result<(), Problem> {
        let (a, b) = {
            let substitution = self.substitution(0);
            (substitution.octets(left)?, substitution.octets(right)?)
        };
        let script = Arc::clone(&self.script);
        let holds = compare(&a.bytes, operator, &b.bytes).map_err(|message| Problem {
            span,
            message,
            note: None,
        })?;
        if !holds {
            let mut diagnostic = self.diagnostic(span, "this does not hold").got(format!(
                "{} {} {}",
                quoted(&a),
                operator.written(),
                quoted(&b)
            ));
            let _ = script;
            if operator == Operator::Covers && !a.secret && !b.secret {
                let missing = b.bytes.iter().filter(|letter| !a.bytes.contains(letter));
                let missing: Vec<u8> = missing.copied().collect();
                diagnostic = diagnostic.note(format!(
                    "the rights {} lack {} (RFC 4314, section 2.1)",
                    quoted(&a),
                    String::from_utf8_lossy(&missing)
                ));
            }
            self.fail(vec![diagnostic]);
        }
        Ok(())
    }
}

fn quoted(value: &Value) -> String {
    match value.bytes.is_empty() {
        true => "\"\"".to_owned(),
        false => value.shown(),
    }
}

/// Numbers as numbers, all else as text.
fn compare(a: &[u8], operator: Operator, b: &[u8]) -> Result<bool, String> {
    use std::cmp::Ordering;
    let number =
        |bytes: &[u8]| -> Option<i128> { std::str::from_utf8(bytes).ok()?.trim().parse().ok() };
    let order = match (number(a), number(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ if matches!(operator, Operator::Equal | Operator::Unequal) => a.cmp(b),
        _ if matches!(
            operator,
            Operator::Has | Operator::Covers | Operator::Matches
        ) =>
        {
            Ordering::Equal
        }
        _ => {
            return Err(format!(
                "{} {} {}: only numbers are less or greater",
                String::from_utf8_lossy(a),
                operator.written(),
                String::from_utf8_lossy(b)
            ));
        }
    };
    Ok(match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::Unequal => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::Greater => order == Ordering::Greater,
        Operator::AtMost => order != Ordering::Greater,
        Operator::AtLeast => order != Ordering::Less,
        Operator::Has => elements(a).any(|word| word.eq_ignore_ascii_case(b)),
        Operator::Covers => b.iter().all(|letter| a.contains(letter)),
        Operator::Matches => {
            let pattern = String::from_utf8_lossy(b);
            let inner = pattern.trim();
            let inner = inner
                .strip_prefix('/')
                .and_then(|p| p.strip_suffix('/'))
                .unwrap_or(inner);
            let regex = regex::bytes::RegexBuilder::new(inner)
                .size_limit(1024 * 1024)
                .build()
                .map_err(|error| format!("/{inner}/ is no pattern: {error}"))?;
            regex.is_match(a)
        }
    })
}

/// The elements of a list, with or without its parentheses.
fn elements(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|b| b" ()\"".contains(b))
        .filter(|word| !word.is_empty())
}

/// The elements of a list as it stood in a reply, for a loop.
fn each_of(list: &Value) -> Vec<Value> {
    let line = [b"* ", list.bytes.as_slice(), b"\r\n"].concat();
    let mut builder = ReplyBuilder::default();
    let reply = builder.push(&frame::Piece::Text {
        bytes: line,
        ending: Ending::Line,
    });
    let elements = reply.map(|reply| reply.elements).unwrap_or_default();
    let value = |element: Element| {
        let mut value = match element {
            Element::Atom(bytes) | Element::String(bytes) => Value::octets(bytes),
            element => {
                let mut bytes = Vec::new();
                element.written(&mut bytes);
                Value::bare(bytes)
            }
        };
        value.secret = list.secret;
        // A server's words: never as they are.
        value.foreign = true;
        value
    };
    elements.into_iter().map(value).collect()
}
