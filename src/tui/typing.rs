//! What is known about the text while it is typed: mistakes, where in the syntax the cursor is, what
//! belongs to what, how large literals are. Made anew when something changed, before the next frame.

use std::ops::Range;

use super::printable;
use super::state::State;
use crate::catalog::{self, Finding, Hint, TokenClass};
use crate::config::paths::expand_home;
use crate::session::Awaiting;

/// Larger texts are not read while one types: they are messages, not commands.
const LARGEST: usize = 1024 * 1024;
/// Most literals whose size is told.
const LITERALS: usize = 3;

/// What was found out.
#[derive(Debug, Default)]
pub struct Typing {
    /// What it was made from.
    from: Option<(u64, usize, Awaiting)>,
    /// What is wrong, by place.
    pub findings: Vec<Finding>,
    /// Where in the syntax the cursor is.
    pub hint: Option<Hint>,
    /// The bracket or quote at the cursor, and its partner.
    pub pair: Option<(Range<usize>, Range<usize>)>,
    /// What the history would go on with.
    pub suggestion: Option<String>,
    /// The literals of the command at the cursor: a few words each.
    pub literals: Vec<String>,
}

/// On which side of its caret a sentence has room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Behind it.
    Right,
    /// Before it.
    Left,
}

impl Beside {
    /// For a caret in `column` and a sentence of `long` columns; `None`: on neither.
    pub fn new(column: usize, long: usize, width: usize) -> Option<Beside> {
        if column + 2 + long <= width {
            Some(Beside::Right)
        } else {
            (long < column).then_some(Beside::Left)
        }
    }
}

impl Typing {
    /// The finding to tell: errors first; what the cursor is still in comes last, and is not shouted.
    pub fn told(&self, caret: usize) -> Option<(&Finding, bool)> {
        let unfinished = |f: &Finding| f.range.end >= caret;
        let rank = |f: &&Finding| (unfinished(f), f.severity, f.range.start);
        let finding = self.findings.iter().min_by_key(rank)?;
        Some((finding, unfinished(finding)))
    }
}

/// Most rows of one sentence about a mistake.
const SENTENCE_ROWS: usize = 3;

impl State {
    /// What is told of the text's mistakes, made safe; `None`: nothing is wrong.
    pub fn lint_sentence(&self) -> Option<String> {
        let (finding, _) = self.typing.told(self.editor.cursor_offset())?;
        let sentence = printable::line(&finding.sentence);
        Some(match self.typing.findings.len() {
            0 | 1 => sentence,
            count => format!("{sentence}  (+{})", count - 1),
        })
    }

    /// Rows below the text for what is wrong: one, if the sentence has room beside its caret.
    pub fn lint_rows(&self, width: u16) -> u16 {
        let (Some(sentence), Some((finding, _))) = (
            self.lint_sentence(),
            self.typing.told(self.editor.cursor_offset()),
        ) else {
            return 1;
        };
        let width = usize::from(width.max(1));
        // Asked for with every frame: the text is not put together for it.
        let mut at = finding.range.start;
        let line = self.editor.lines().iter().find(|line| {
            let here = at <= line.len();
            at -= if here { 0 } else { line.len() + 1 };
            here
        });
        let before = line.and_then(|line| line.get(..at)).unwrap_or_default();
        let column = printable::width(before) % width;
        if Beside::new(column, printable::width(&sentence), width).is_some() {
            return 1;
        }
        let rows = printable::wrap(&sentence, width, width).len();
        u16::try_from(rows.min(SENTENCE_ROWS) + 1).unwrap_or(1)
    }

    /// Finds out about the text again if it, the cursor, or what the server has told has changed.
    pub fn prepare(&mut self) {
        let awaiting = self.console.awaiting();
        let now = (
            self.editor.revision(),
            self.console.transcript().len(),
            awaiting,
        );
        if self.typing.from == Some(now) {
            return;
        }
        let mut typing = Typing {
            from: Some(now),
            ..Typing::default()
        };
        let commands = matches!(awaiting, Awaiting::Command | Awaiting::IdleDone);
        if commands && !self.editor.is_masked() && !self.editor.is_empty() {
            if self.editor.octets() <= LARGEST {
                self.tell_live();
                let text = self.editor.text();
                let caret = self.editor.cursor_offset();
                typing.findings = self.console.findings(&text);
                typing.hint = catalog::hint(&text, caret, self.console.model());
                typing.pair = catalog::partner(&text, caret);
                typing.literals = literals(&text, caret);
            }
            if self.editor.at_end() {
                typing.suggestion = self.suggestion();
            }
        }
        self.typing = typing;
    }

    /// What the history would go on with behind the text in the editor.
    pub fn suggestion(&mut self) -> Option<String> {
        let waits = matches!(
            self.console.awaiting(),
            Awaiting::Command | Awaiting::IdleDone
        );
        // A text of several lines is nothing that one typed before.
        if !waits || self.editor.is_masked() || self.editor.lines().len() > 1 {
            return None;
        }
        let typed = self.editor.text();
        let server = self.console.server().to_owned();
        let whole = self.console.history().suggestion(&typed, &server)?;
        whole.get(typed.len()..).map(str::to_owned)
    }

    /// What only the screen knows of what is offered: the marked messages, the day for search keys.
    fn tell_live(&mut self) {
        let list = self.console.mail().list();
        self.console.live_mut().marked = list.and_then(|list| list.marked_set());
        let Ok(now) = jiff::Timestamp::try_from(self.now) else {
            return;
        };
        let day = now.to_zoned(self.options.zone.clone());
        self.console.live_mut().today = Some(day.strftime("%-d-%b-%Y").to_string());
    }
}

/// The sizes of the literals in the command that the cursor is in.
fn literals(text: &str, caret: usize) -> Vec<String> {
    // Most texts have none.
    if !text.contains('{') {
        return Vec::new();
    }
    let pieces = catalog::pieces_in(text, caret..caret);
    pieces
        .into_iter()
        .filter(|piece| piece.class == TokenClass::Literal)
        .take(LITERALS)
        .filter_map(|piece| size(text.get(piece.range)?))
        .collect()
}

/// `{{{`, lines, `}}}` or `{@path}`.
fn size(literal: &str) -> Option<String> {
    let bare = literal.strip_prefix('~').unwrap_or(literal);
    if let Some(path) = bare.strip_prefix("{@").and_then(|p| p.strip_suffix('}')) {
        let path = path
            .strip_suffix(":raw")
            .or_else(|| path.strip_suffix(":eml"))
            .unwrap_or(path);
        return Some(match std::fs::metadata(expand_home(path)) {
            Ok(about) if about.is_file() => format!("file of {} octets", about.len()),
            Ok(_) => "no plain file".to_owned(),
            Err(_) => "no such file".to_owned(),
        });
    }
    let body = bare.strip_prefix("{{{")?;
    let body = body.trim_start_matches([' ', '\t']);
    let body = body.strip_prefix('\n')?;
    let (body, open) = match body.strip_suffix("}}}") {
        Some(body) => (body.strip_suffix('\n').unwrap_or(body), ""),
        None => (body, ", open"),
    };
    // Lines are joined with CRLF.
    let octets = body.len() + body.matches('\n').count();
    Some(format!("literal of {octets} octets{open}"))
}
