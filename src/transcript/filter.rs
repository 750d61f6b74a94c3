//! Filters: `cmd:FETCH st:no >100ms !"text"`. All terms must hold for a line to be shown.
//!
//! To add a term: an arm in `Test`, one in `read.rs`, one in [`Filter::holds`], a row in [`TERMS`].

mod read;

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use super::pattern::Pattern;
use super::{CommandRecord, LineKind, Progress, Transcript, WalkLine};
use crate::wire::response::Status;
use crate::wire::{Direction, Origin};
use read::Reader;

/// What a filter is made of, for help: the term, and what it means.
pub const TERMS: &[(&str, &str)] = &[
    (
        "tag:A012",
        "commands with this tag; A0* for all that begin so",
    ),
    (
        "cmd:FETCH",
        "commands of this name, UID or not; cmd:\"UID FETCH\" only with",
    ),
    (
        "st:no",
        "how it ended: ok no bad bye preauth, running, lost",
    ),
    ("code:NOPERM", "with this response code"),
    (">100ms <2s", "took longer, took less"),
    (
        "c: s:",
        "sent by us, by the server; c:text, s:text with a text in it",
    ),
    (
        "is:auto",
        "is: auto (nobody typed it), panel (sidebar and messages sent it), user, event, note, literal, masked",
    ),
    (
        "\"text\"",
        "lines with this text, literals included; a bare word too",
    ),
    ("/regex/", "the same with a regular expression"),
    ("!", "in front of any of them: not"),
    ("a,b", "behind tag: cmd: st: code: is: one of them"),
];

/// A filter that was understood.
#[derive(Debug)]
pub struct Filter {
    typed: String,
    terms: Vec<Term>,
    /// What was last read back of a command: lines of one command come together.
    words: RefCell<Option<Words>>,
}

#[derive(Debug, Clone)]
struct Term {
    not: bool,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Tag(Vec<String>),
    Verb(Vec<Verb>),
    Ended(Vec<Ended>),
    Code(Vec<String>),
    Longer(Duration),
    Shorter(Duration),
    From(Direction),
    Is(Vec<What>),
    Text(Pattern),
}

#[derive(Debug, Clone)]
struct Verb {
    name: String,
    /// Quoted: `UID FETCH` and `FETCH` are two.
    exact: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    With(Status),
    Running,
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Auto,
    Panel,
    User,
    Event,
    Note,
    Literal,
    Masked,
}

#[derive(Debug)]
struct Words {
    command: usize,
    progress: Progress,
    tag: String,
    code: Option<String>,
}

/// What is wrong with a filter, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Characters before the place.
    pub at: usize,
    /// A sentence.
    pub sentence: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.at + 1, self.sentence)
    }
}

impl std::error::Error for FilterError {}

/// A line as a filter looks at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'l> {
    pub kind: LineKind,
    pub command: Option<usize>,
    pub bytes: &'l [u8],
    pub masked: bool,
}

impl<'l> Facts<'l> {
    pub fn of(line: &WalkLine<'l>) -> Facts<'l> {
        Facts {
            kind: line.kind,
            command: line.command,
            bytes: line.bytes,
            masked: line.masked,
        }
    }
}

impl Filter {
    /// Reads a filter; `None` if there is nothing in it.
    ///
    /// # Errors
    /// A sentence with the place.
    pub fn parse(typed: &str) -> Result<Option<Filter>, FilterError> {
        let mut reader = Reader::new(typed);
        let mut terms = Vec::new();
        while reader.skip_spaces() {
            terms.extend(reader.term()?);
        }
        Ok((!terms.is_empty()).then(|| Filter {
            typed: typed.trim().to_owned(),
            terms,
            words: RefCell::new(None),
        }))
    }

    /// As it was typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Texts that are looked for, for colouring.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.terms
            .iter()
            .filter(|t| !t.not)
            .filter_map(|t| match &t.test {
                Test::Text(pattern) => Some(pattern),
                _ => None,
            })
    }

    /// Whether the fate of a command (its end, how long it took) can change what is shown.
    pub(super) fn waits_for_fate(&self) -> bool {
        self.terms.iter().any(|t| {
            matches!(
                t.test,
                Test::Ended(_) | Test::Code(_) | Test::Longer(_) | Test::Shorter(_)
            )
        })
    }

    /// Whether it tells lines of one command apart.
    pub(super) fn is_of_lines(&self) -> bool {
        self.terms.iter().any(|t| {
            matches!(t.test, Test::From(_) | Test::Text(_))
                || matches!(&t.test, Test::Is(what) if what.iter().any(|w| !matches!(w, What::Auto | What::User)))
        })
    }

    /// The texts of its terms, in order; bit n of a mask stands for the n-th.
    pub(super) fn texts(&self) -> impl Iterator<Item = &Pattern> {
        self.terms.iter().filter_map(|t| match &t.test {
            Test::Text(pattern) => Some(pattern),
            _ => None,
        })
    }

    /// Whether all terms hold. `inside` tells of a literal which texts are in it.
    pub(super) fn fits(
        &self,
        transcript: &Transcript,
        line: &Facts<'_>,
        inside: &dyn Fn(usize, &Pattern) -> bool,
    ) -> bool {
        let record = line.command.and_then(|c| transcript.command(c));
        let mut text = 0;
        self.terms.iter().all(|term| {
            let number = text;
            text += usize::from(matches!(term.test, Test::Text(_)));
            self.holds(transcript, line, record.as_ref(), &term.test, &|p| {
                inside(number, p)
            }) != term.not
        })
    }

    fn holds(
        &self,
        transcript: &Transcript,
        line: &Facts<'_>,
        record: Option<&CommandRecord>,
        test: &Test,
        inside: &dyn Fn(&Pattern) -> bool,
    ) -> bool {
        match test {
            Test::Tag(tags) => self.words(transcript, line, record, |words| {
                tags.iter().any(|tag| match tag.strip_suffix('*') {
                    Some(start) => words.tag.starts_with(start),
                    None => words.tag == *tag,
                })
            }),
            Test::Verb(verbs) => record.is_some_and(|r| {
                verbs.iter().any(|verb| {
                    *r.verb == *verb.name
                        || !verb.exact && r.verb.strip_prefix("UID ") == Some(&verb.name)
                })
            }),
            Test::Ended(wanted) => {
                let own = own_status(line).map(|(status, _)| Ended::With(status));
                // "* OK" comes with every command; what is worse stands out wherever it is.
                let own = own.filter(|o| record.is_none() || *o != Ended::With(Status::Ok));
                let ended = record.map(|r| match (r.status, r.progress) {
                    (Some(status), _) => Ended::With(status),
                    (None, Progress::Abandoned) => Ended::Lost,
                    (None, _) => Ended::Running,
                });
                wanted.iter().any(|w| Some(*w) == ended || Some(*w) == own)
            }
            Test::Code(codes) => {
                let own = own_status(line).and_then(|(_, code)| code);
                own.is_some_and(|own| codes.iter().any(|c| c.as_bytes().eq_ignore_ascii_case(own)))
                    || self.words(transcript, line, record, |words| {
                        words.code.as_ref().is_some_and(|code| codes.contains(code))
                    })
            }
            Test::Longer(limit) => record.and_then(|r| r.elapsed).is_some_and(|e| e > *limit),
            Test::Shorter(limit) => record.and_then(|r| r.elapsed).is_some_and(|e| e < *limit),
            Test::From(direction) => line.kind.direction() == Some(*direction),
            Test::Is(what) => what.iter().any(|what| match what {
                What::Auto => record.is_some_and(|r| !r.origin.is_user()),
                What::Panel => record.is_some_and(|r| r.origin == Origin::Panel),
                What::User => record.is_some_and(|r| r.origin.is_user()),
                What::Event => matches!(line.kind, LineKind::Received { unsolicited: true }),
                What::Note => matches!(line.kind, LineKind::Note(_)),
                What::Literal => matches!(line.kind, LineKind::Literal { .. }),
                What::Masked => line.masked,
            }),
            Test::Text(pattern) => match line.kind {
                LineKind::Literal { .. } => inside(pattern),
                _ => pattern.is_in(line.bytes),
            },
        }
    }

    /// Tag and response code of the line's command.
    fn words(
        &self,
        transcript: &Transcript,
        line: &Facts<'_>,
        record: Option<&CommandRecord>,
        hold: impl Fn(&Words) -> bool,
    ) -> bool {
        let (Some(command), Some(record)) = (line.command, record) else {
            return false;
        };
        let mut kept = self.words.borrow_mut();
        let known = kept
            .as_ref()
            .is_some_and(|w| w.command == command && w.progress == record.progress);
        if !known {
            let tag = transcript.command_tag(command);
            let status = transcript.command_status(command);
            *kept = Some(Words {
                command,
                progress: record.progress,
                tag: tag
                    .map(|t| String::from_utf8_lossy(t.as_bytes()).to_ascii_uppercase())
                    .unwrap_or_default(),
                code: status
                    .and_then(|s| s.code)
                    .map(|code| code.name().to_owned()),
            });
        }
        kept.as_ref().is_some_and(hold)
    }
}

/// `* BYE [CODE] text`, `A1 NO text`: status and code of a line of the server's.
fn own_status<'l>(line: &Facts<'l>) -> Option<(Status, Option<&'l [u8]>)> {
    if !matches!(line.kind, LineKind::Received { .. }) {
        return None;
    }
    let mut words = line.bytes.splitn(3, |b| *b == b' ');
    let first = words.next()?;
    let status = Status::of(words.next()?).filter(|_| first != b"+")?;
    let code = words.next().and_then(|rest| rest.strip_prefix(b"["));
    let code = code.and_then(|c| c.split(|b| matches!(b, b' ' | b']')).next());
    Some((status, code))
}
