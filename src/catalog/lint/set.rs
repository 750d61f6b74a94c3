//! Sets of messages, ranges of results.

use super::super::lexer::Lexeme;
use super::{Context, Report};

/// A sequence set, or a set of UIDs (RFC 9051 section 9).
pub(super) fn set(report: &mut Report, lexeme: &Lexeme, context: &Context, by_number: bool) {
    let word = lexeme.text(report.reading.text);
    let mut at = lexeme.range.start;
    for element in word.split(',') {
        let range = at..at + element.len();
        at = range.end + 1;
        let ends: Vec<&str> = element.split(':').collect();
        let sentence = match ends.as_slice() {
            ["$"] => continue,
            [""] => "A set has no empty elements: a comma is too much, or a number is missing.",
            [_] | [_, _] if ends.iter().all(|e| end_of_range(e)) => {
                beyond(report, &ends, range, context, by_number);
                continue;
            }
            [_] | [_, _] if ends.contains(&"0") => "Messages are counted from 1: there is no 0.",
            ["", _] | [_, ""] => "One end of the range is missing: 1:5, 5:*, or 1:* for all.",
            [_] | [_, _] if ends.iter().any(|e| too_large(e)) => {
                "This number is too large: numbers of messages have 32 bits."
            }
            _ => "A set is written 7, 1:5, 1,3:9 or 1:*.",
        };
        report.error(range, sentence);
        return;
    }
}

fn end_of_range(text: &str) -> bool {
    text == "*" || (!text.starts_with('0') && text.parse::<u32>().is_ok_and(|n| n > 0))
}

fn too_large(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u32>().is_err()
}

/// Sequence numbers that the open mailbox does not have (RFC 9051 section 9, seq-number).
fn beyond(
    report: &mut Report,
    ends: &[&str],
    range: std::ops::Range<usize>,
    context: &Context,
    by_number: bool,
) {
    let Some(count) = context
        .model
        .selected()
        .filter(|_| by_number && context.same_mailbox)
        .and_then(|s| s.exists)
    else {
        return;
    };
    let largest = ends.iter().filter_map(|e| e.parse::<u64>().ok()).max();
    if largest.is_some_and(|n| n > count) {
        let messages = match count {
            0 => "no message".to_owned(),
            1 => "one message".to_owned(),
            n => format!("{n} messages"),
        };
        report.warning(
            range,
            format!("The open mailbox has {messages}; servers answer BAD to a higher number."),
        );
    }
}

/// RFC 9394 section 3.1: both ends count from the same side.
pub(super) fn partial(report: &mut Report, lexeme: &Lexeme, word: &str) {
    let end = |text: &str| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        (!digits.starts_with('0') && digits.parse::<u32>().is_ok()).then_some(text.starts_with('-'))
    };
    let fine = word
        .split_once(':')
        .and_then(|(from, to)| Some(end(from)? == end(to)?));
    if fine != Some(true) {
        report.error(
            lexeme.range.clone(),
            "A range of results is written 1:100, or -1:-100 from the end.",
        );
    }
}
