//! The order of words: unknown commands, missing and extra arguments, parentheses, quotes, spaces.

use super::super::grammar::Node;
use super::super::lexer::{Kind, Lexeme};
use super::super::matcher::{Fault, FaultKind, Match, Spot};
use super::super::reading::{Reading, name_of};
use super::super::{commands, grammar};
use super::Report;
use crate::config::near;

/// One space between two arguments, none inside parentheses (RFC 9051 section 9: SP is one space).
pub(super) fn spaces(report: &mut Report) {
    let reading = report.reading;
    for pair in reading.lexemes.windows(2) {
        let [before, lexeme] = pair else { continue };
        // Over a line end the editor puts the right space.
        if lexeme.new_line {
            continue;
        }
        let gap = before.range.end..lexeme.range.start;
        let inside = before.kind == Kind::Open || lexeme.kind == Kind::Close;
        let is_tab = reading
            .text
            .get(gap.clone())
            .is_some_and(|g| g.contains('\t'));
        match (inside, lexeme.spaces) {
            (true, 0) | (false, 1) if !is_tab => {}
            (true, _) => {
                report.error(gap.clone(), "No space may stand inside of parentheses.");
                report.fix(gap, "");
            }
            (false, 0) => {
                report.error(
                    lexeme.range.start..lexeme.range.start,
                    if matches!(before.kind, Kind::Atom) && matches!(lexeme.kind, Kind::Quoted { .. }) {
                        "A quote cannot stand inside of a word: put a space before it, or the whole word into quotes."
                    } else {
                        "A space is missing here."
                    },
                );
                report.fix(lexeme.range.start..lexeme.range.start, " ");
            }
            (false, count) => {
                report.error(
                    gap.clone(),
                    if is_tab {
                        "Between two arguments stands one space, no tab.".to_owned()
                    } else {
                        format!("Between two arguments stands one space, not {count}.")
                    },
                );
                report.fix(gap, " ");
            }
        }
    }
}

/// Quotes, literals and parentheses that are not closed, or not opened. Whether one is open.
pub(super) fn balance(report: &mut Report) -> bool {
    let reading = report.reading;
    let mut open: Vec<&Lexeme> = Vec::new();
    let mut any = false;
    for lexeme in &reading.lexemes {
        match &lexeme.kind {
            Kind::Open => open.push(lexeme),
            Kind::Close => {
                let opened = open.pop();
                if opened.is_none() {
                    report.error(
                        lexeme.range.clone(),
                        "This parenthesis closes none that is open.",
                    );
                    report.fix(lexeme.range.clone(), "");
                    any = true;
                }
            }
            Kind::Quoted { closed: false } => {
                report.error(
                    lexeme.range.start..lexeme.range.start + 1,
                    "This quoted string is not closed: a \" is missing. A \" inside of it is written \\\".",
                );
                report.fix(lexeme.range.end..lexeme.range.end, "\"");
                any = true;
            }
            Kind::Literal(literal) if !literal.closed => {
                report.error(
                    literal.head.clone(),
                    "This literal is not whole: a line with }}} closes {{{, and {n} wants n octets.",
                );
                any = true;
            }
            Kind::Atom if unclosed_section(lexeme.text(reading.text)) => {
                report.error(
                    lexeme.range.clone(),
                    "This bracket is not closed: a ] is missing.",
                );
                report.fix(lexeme.range.end..lexeme.range.end, "]");
                any = true;
            }
            _ => {}
        }
    }
    if let Some(last) = open.last() {
        let end = reading.bounds.range.end;
        report.error(
            last.range.clone(),
            "This parenthesis is not closed: a ) is missing.",
        );
        report.fix(end..end, ")".repeat(open.len()));
        any = true;
    }
    any
}

fn unclosed_section(word: &str) -> bool {
    let Some((name, rest)) = word.split_once('[') else {
        return false;
    };
    let name = name.to_ascii_uppercase();
    (name.starts_with("BODY") || name.starts_with("BINARY")) && !rest.contains(']')
}

/// The verb is in no row.
pub(super) fn unknown(report: &mut Report) {
    let reading = report.reading;
    let word = |index: usize| {
        reading
            .lexemes
            .get(index)
            .map_or("", |l| l.text(reading.text))
    };
    let range = |from: usize, to: usize| {
        let start = reading.lexemes.get(from).map_or(0, |l| l.range.start);
        start..reading.lexemes.get(to).map_or(start, |l| l.range.end)
    };
    if word(0).eq_ignore_ascii_case("UID") {
        let forms = || {
            commands()
                .iter()
                .filter_map(|row| row.verb.strip_prefix("UID "))
        };
        let (at, sentence) = match word(1) {
            "" => (
                0,
                "UID wants a command behind it: FETCH, STORE, SEARCH, ...".to_owned(),
            ),
            verb => (1, format!("There is no UID {}.", verb.to_ascii_uppercase())),
        };
        return suggest(
            report,
            range(at, at),
            sentence,
            near::nearest(word(1), forms()),
        );
    }
    let verbs = || commands().iter().map(|row| row.verb.as_str());
    let first = near::nearest(word(0), verbs());
    let second = near::nearest(word(1), verbs());
    // The tag that a script or another tool has left: what follows it is the command.
    let tagged = first.is_none()
        && word(0).bytes().any(|b| b.is_ascii_digit())
        && !word(1).is_empty()
        && reading.lexemes.get(1).is_some_and(|l| l.kind == Kind::Atom);
    if tagged || (first.is_none() && second.is_some()) {
        let sentence = format!("{} is no command that imapsh knows.", word(1));
        return suggest(report, range(1, 1), sentence, second);
    }
    let sentence = format!("{} is no command that imapsh knows.", word(0));
    suggest(report, range(0, 0), sentence, first);
}

fn suggest(
    report: &mut Report,
    range: std::ops::Range<usize>,
    sentence: String,
    near: Option<&str>,
) {
    match near {
        Some(near) => {
            report.error(range.clone(), format!("{sentence} Did you mean {near}?"));
            report.fix(range, near);
        }
        None => report.error(range, sentence),
    }
}

/// What the matcher found. `open`: something is not closed, which explains what is missing.
pub(super) fn faults(report: &mut Report, matched: &Match, open: bool) {
    let reading = report.reading;
    let Some(spec) = reading.spec else { return };
    for fault in &matched.faults {
        let lexeme = reading.arguments().get(fault.at);
        let range = lexeme.map_or(reading.bounds.range.end..reading.bounds.range.end, |l| {
            l.range.clone()
        });
        let word = lexeme.map_or("", |l| l.text(reading.text));
        match fault.kind {
            FaultKind::Missing if open => {}
            FaultKind::Missing if spec.verb == "AUTHENTICATE" || lexeme.is_none() => {
                report.error(
                    range,
                    format!("{} wants more: {}.", spec.verb, wanted(&fault.expected)),
                );
            }
            FaultKind::Missing => report.error(
                range.start..range.start,
                format!("Something is missing here: {}.", wanted(&fault.expected)),
            ),
            FaultKind::NoParenthesis => {
                report.error(
                    range,
                    format!("A list in parentheses is wanted here: ({word} ...)."),
                );
                wrap(report, fault.at);
            }
            FaultKind::Extra if spec.syntax.is_empty() => {
                report.error(range.clone(), format!("{} takes no argument.", spec.verb));
                let end = reading.verb_range().end;
                report.fix(end..reading.bounds.range.end, "");
            }
            FaultKind::Extra | FaultKind::Unexpected => {
                if unexpected(report, fault, range, word) {
                    break;
                }
            }
        }
        // One at a time, unless it is only a word: what follows is mostly the consequence.
        if fault.kind != FaultKind::Unexpected {
            break;
        }
    }
}

/// Whether that explains all that follows.
fn unexpected(
    report: &mut Report,
    fault: &Fault,
    range: std::ops::Range<usize>,
    word: &str,
) -> bool {
    let reading = report.reading;
    let Some(spec) = reading.spec else {
        return true;
    };
    // FETCH 1 FLAGS UID: fine with parentheses around.
    if fault.at > 0 && wrapped(reading, fault.at - 1).is_some() {
        report.error(range, "Several of them stand in parentheses.");
        wrap(report, fault.at - 1);
        return true;
    }
    let sentence = if fault.expected.is_empty() {
        format!("Nothing may stand here: {} is whole before it.", spec.verb)
    } else {
        let shown: String = word.chars().take(40).collect();
        let shown = shown.lines().next().unwrap_or_default();
        format!(
            "{shown} cannot stand here. Wanted: {}.",
            wanted(&fault.expected)
        )
    };
    let near = near::nearest(word, fault.expected.iter().filter_map(keyword));
    match near.filter(|_| !word.is_empty()) {
        Some(near) => {
            report.error(
                range.clone(),
                format!("{word} is not known here. Did you mean {near}?"),
            );
            report.fix(range, near);
        }
        None => report.error(range, sentence),
    }
    false
}

/// Parentheses around all arguments from `from` on, if that makes the command right.
fn wrap(report: &mut Report, from: usize) {
    let reading = report.reading;
    if let Some((range, text)) = wrapped(reading, from) {
        report.fix(range, text);
    }
}

fn wrapped(reading: &Reading, from: usize) -> Option<(std::ops::Range<usize>, String)> {
    let range = reading.arguments().get(from)?.range.start..reading.bounds.range.end;
    let text = format!("({})", reading.text.get(range.clone())?);
    let before = reading.text.get(reading.bounds.range.start..range.start)?;
    let whole = format!("{before}{text}");
    let again = Reading::at(&whole, 0)?;
    let fine = again.bounds.depth == 0 && again.matched(usize::MAX).faults.is_empty();
    fine.then_some((range, text))
}

fn keyword(spot: &Spot) -> Option<&'static str> {
    match grammar().node(spot.node)? {
        Node::Keyword(keyword) => Some(&keyword.word),
        _ => None,
    }
}

/// `a mailbox name or (`: what may stand somewhere.
fn wanted(expected: &[Spot]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for spot in expected {
        let name = match grammar().node(spot.node) {
            Some(Node::Open) => "(",
            Some(Node::Close) => ")",
            // A rule with many words is called by its name.
            _ => match (name_of(spot), keyword(spot)) {
                (Some(rule), _) => rule,
                (None, Some(word)) => word,
                (None, None) => continue,
            },
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
