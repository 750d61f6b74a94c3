//! What is wrong with a typed command, each with its place. Never forbids: it only tells.
//!
//! `order.rs`: words, arguments, parentheses, spaces. `value.rs`: what an argument says.
//! `advice.rs`: what would happen to it here and now.

mod advice;
mod date;
mod flag;
mod order;
mod section;
mod set;
mod value;

use std::ops::Range;

use super::matcher::Match;
use super::reading::Reading;
use super::spec::On;
use super::{Live, accepts_utf8};
use crate::model::{ConnectionState, Model};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The server will refuse it, or it gives something away: Enter asks once more.
    Error,
    /// It may not be what is meant; it is sent all the same.
    Warning,
}

/// Something that is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The octets of the text that it is about; empty where something is missing.
    pub range: Range<usize>,
    /// How bad it is.
    pub severity: Severity,
    /// A sentence: what is wrong, and what to do.
    pub sentence: String,
    /// What would mend it.
    pub fix: Option<Fix>,
}

/// A change of the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Fix {
    /// The octets that are replaced.
    pub range: Range<usize>,
    /// What comes into their place. It may be a password in quotes.
    pub text: String,
}

impl std::fmt::Debug for Fix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fix({:?}, {} octets)", self.range, self.text.len())
    }
}

/// A right that a command needs, and whether one has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Letters of RFC 4314 section 2.1.
    pub rights: String,
    /// One of them is enough.
    pub any: bool,
    /// Where, in words: `in the open mailbox`, `in the mailbox above it`.
    pub place: String,
    /// The mailbox, as it is sent; `None`: not known.
    pub mailbox: Option<Vec<u8>>,
    /// What MYRIGHTS told of it; `None`: nothing yet.
    pub held: Option<String>,
    /// Those of [`Wanted::rights`] that are not held; `None`: not known.
    pub missing: Option<String>,
}

/// Most commands of one text that are looked at.
const COMMANDS: usize = 200;
/// Most findings given.
const FINDINGS: usize = 50;

/// What a command is judged by.
struct Context<'a> {
    model: &'a Model,
    live: &'a Live,
    /// The state when it will be its turn, as far as the commands before it tell.
    state: ConnectionState,
    /// No command before it has opened another mailbox.
    same_mailbox: bool,
    /// Names travel as UTF-8.
    utf8: bool,
}

/// The findings about one command.
struct Report<'r, 't> {
    reading: &'r Reading<'t>,
    found: Vec<Finding>,
}

impl Report<'_, '_> {
    fn add(&mut self, severity: Severity, range: Range<usize>, sentence: impl Into<String>) {
        self.found.push(Finding {
            range,
            severity,
            sentence: sentence.into(),
            fix: None,
        });
    }

    fn error(&mut self, range: Range<usize>, sentence: impl Into<String>) {
        self.add(Severity::Error, range, sentence);
    }

    fn warning(&mut self, range: Range<usize>, sentence: impl Into<String>) {
        self.add(Severity::Warning, range, sentence);
    }

    /// Mends the finding that was added last.
    fn fix(&mut self, range: Range<usize>, text: impl Into<String>) {
        if let Some(last) = self.found.last_mut() {
            last.fix = Some(Fix {
                range,
                text: text.into(),
            });
        }
    }
}

/// What is wrong with `text` (one or more commands), by place. Nothing for console verbs.
pub fn lint(text: &str, model: &Model, live: &Live) -> Vec<Finding> {
    if text.trim_start().starts_with(':') {
        return Vec::new();
    }
    let mut context = Context {
        model,
        live,
        state: match model.state() {
            ConnectionState::NotAuthenticated if live.logged_in => ConnectionState::Authenticated,
            state => state,
        },
        same_mailbox: true,
        utf8: accepts_utf8(model),
    };
    let mut all = Vec::new();
    let mut at = 0;
    for _ in 0..COMMANDS {
        let Some(reading) = Reading::at(text, at) else {
            break;
        };
        at = reading.bounds.next;
        let mut report = Report {
            reading: &reading,
            found: Vec::new(),
        };
        one(&mut report, &context);
        report
            .found
            .sort_by_key(|f| (f.range.start, f.severity, f.range.end));
        all.append(&mut report.found);
        if all.len() >= FINDINGS {
            all.truncate(FINDINGS);
            break;
        }
        context.after(&reading);
    }
    all
}

/// The rights that the first command of `text` needs (RFC 4314 section 4), against those that MYRIGHTS told.
pub fn rights_wanted(text: &str, model: &Model, live: &Live) -> Vec<Wanted> {
    let Some(reading) = Reading::at(text, 0) else {
        return Vec::new();
    };
    let Some(spec) = reading.spec else {
        return Vec::new();
    };
    let matched = reading.matched(usize::MAX);
    let report = Report {
        reading: &reading,
        found: Vec::new(),
    };
    let wanted = spec.rights.iter().map(|need| {
        let mailbox = match &need.on {
            On::Selected => model.selected().map(|selected| selected.name.clone()),
            On::Argument(name) => reading.argument(&matched, name).map(String::into_bytes),
            On::Parent(_) => None,
        };
        let held = mailbox.as_deref().and_then(|name| live.rights_in(name));
        let rights = advice::wanted_rights(&report, &matched, spec, &need.rights);
        Wanted {
            missing: held.map(|held| rights.chars().filter(|r| !advice::has(held, *r)).collect()),
            any: need.any && rights == need.rights,
            held: held.map(str::to_owned),
            place: need.place(),
            rights,
            mailbox,
        }
    });
    wanted.collect()
}

/// The mailbox that the first command of `text` names first, as it would be sent.
pub fn mailbox_named(text: &str) -> Option<Vec<u8>> {
    let reading = Reading::at(text, 0)?;
    reading.spec?;
    let matched = reading.matched(usize::MAX);
    let names = ["mailbox", "old"].iter();
    let name = names
        .filter_map(|name| reading.argument(&matched, name))
        .next()?;
    Some(name.into_bytes())
}

fn one(report: &mut Report, context: &Context) {
    let reading = report.reading;
    if is_done(reading) {
        return;
    }
    order::spaces(report);
    let open = order::balance(report);
    if reading.spec.is_none() {
        order::unknown(report);
    } else {
        let matched = reading.matched(usize::MAX);
        order::faults(report, &matched, open);
        values(report, &matched, context);
        advice::give(report, &matched, context);
    }
    advice::bad_counted(report, context);
}

fn values(report: &mut Report, matched: &Match, context: &Context) {
    let reading = report.reading;
    for (index, lexeme) in reading.arguments().iter().enumerate() {
        let spot = matched.spots.get(index).copied().flatten();
        if reading.is_secret(index) && reading.spec.is_some_and(|s| s.verb == "LOGIN") {
            value::secret(report, lexeme);
        } else {
            value::check(report, lexeme, spot.as_ref(), context);
        }
    }
}

/// `DONE` by itself ends IDLE; it is no command.
fn is_done(reading: &Reading) -> bool {
    matches!(reading.lexemes.as_slice(), [only] if only.text(reading.text).eq_ignore_ascii_case("DONE"))
}

impl Context<'_> {
    /// Takes what a command will have done when the next one has its turn.
    fn after(&mut self, reading: &Reading) {
        use ConnectionState::{Authenticated, Logout, NotAuthenticated, Selected};
        if self.state == ConnectionState::NotConnected {
            return;
        }
        match reading.spec.map_or("", |s| s.verb.as_str()) {
            "LOGIN" | "AUTHENTICATE" => self.state = Authenticated,
            "SELECT" | "EXAMINE" => {
                self.state = Selected;
                self.same_mailbox = false;
            }
            "CLOSE" | "UNSELECT" if self.state == Selected => self.state = Authenticated,
            "UNAUTHENTICATE" => self.state = NotAuthenticated,
            "LOGOUT" => self.state = Logout,
            _ => {}
        }
    }
}
