//! What the server's replies mean in this session: the tables of `explain`, with the rights that are held, the
//! mailbox that was named, and what the lint would have refused. The server's words always come first.
//!
//! Nothing of it is in the transcript: faces draw it beside the line it is about, so no export holds it.

mod told;
mod why;

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Console, InFlight};
use crate::catalog::{self, Severity, Wanted};
use crate::decode::rights;
use crate::explain::{self, Explanation};
use crate::session::Event;
use crate::transcript::{CommandRecord, Line, LineEnd, LineKind};
use crate::wire::Origin;
use crate::wire::response::{Response, ResponseCode, Status, StatusResponse, Untagged};

pub use told::Told;

/// Most refused commands that are remembered with what was known then.
const REMARKS: usize = 500;
/// Longest command that is looked at again, in octets.
const LONGEST: usize = 16 * 1024;
/// Where in a line the status may begin at the latest: behind a tag.
const HEAD: usize = 300;

/// What was known when a command was refused.
#[derive(Debug, Clone, Default)]
struct Remark {
    /// The command, tag off; empty: it holds a secret or a literal.
    command: String,
    /// What the lint would have refused: where, and why.
    fault: Option<(Range<usize>, String)>,
    /// What it needs.
    wanted: Vec<Wanted>,
    /// As whom it was sent.
    identity: Option<String>,
    /// What to send next.
    offers: Vec<String>,
}

/// What is remembered of refused commands.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    /// By the line of the reply.
    by_line: BTreeMap<usize, Remark>,
}

impl Console {
    /// Takes an event, after all others have.
    pub(super) fn remark(&mut self, event: &Event, over: Option<&InFlight>) {
        if let Event::Completed { status, .. } = event
            && let Some(over) = over.filter(|over| over.origin != Origin::Program)
            && matches!(status.status, Status::No | Status::Bad)
            && let Some(index) = over.index
            && let Some(line) = self
                .transcript
                .command(index)
                .and_then(|record| record.completion_line)
        {
            let remark = self.remark_on(index, status);
            self.remarks.by_line.insert(line, remark);
            if self.remarks.by_line.len() > REMARKS {
                self.remarks.by_line.pop_first();
            }
        }
    }

    fn remark_on(&self, index: usize, status: &StatusResponse) -> Remark {
        let mut remark = Remark {
            identity: self.identity.effective().map(str::to_owned),
            command: self.command_text(index).unwrap_or_default(),
            ..Remark::default()
        };
        let text = remark.command.as_str();
        if status.status == Status::Bad {
            let faults = catalog::lint(text, &self.model, &self.live);
            remark.fault = faults
                .into_iter()
                .find(|finding| finding.severity == Severity::Error)
                .map(|finding| (finding.range, finding.sentence));
        }
        let explanation = explain::status(status);
        if explanation.as_ref().is_some_and(is_about_rights) {
            remark.wanted = catalog::rights_wanted(text, &self.model, &self.live);
        }
        if let Some(row) = explanation.and_then(|e| e.row()) {
            let filled = row.offer.iter().filter_map(|o| self.fill(o, &remark));
            remark.offers = filled.collect();
        }
        remark
    }

    /// The command as it was typed, tag off; `None` where a secret or a literal is in it.
    fn command_text(&self, index: usize) -> Option<String> {
        let record = self.transcript.command(index)?;
        let line = self.transcript.line(record.first_line)?;
        let whole = line.kind == LineKind::Sent
            && matches!(line.ending, LineEnd::CrLf | LineEnd::Lf)
            && !line.masked
            && !line.missing
            && line.bytes.len() <= LONGEST;
        let text = String::from_utf8(line.bytes).ok().filter(|_| whole)?;
        match self.transcript.command_tag(index) {
            Some(_) => text.split_once(' ').map(|(_, rest)| rest.to_owned()),
            None => Some(text),
        }
    }

    /// An offered command with its words filled in; `None`: one of them is not known.
    fn fill(&self, offer: &str, remark: &Remark) -> Option<String> {
        let utf8 = catalog::accepts_utf8(&self.model);
        let written = |name: &[u8]| {
            catalog::mailbox_argument(name, utf8).filter(|name| !name.contains(['\n', '\r']))
        };
        let named = catalog::mailbox_named(&remark.command);
        let open = || self.model.selected().map(|selected| selected.name.clone());
        let mut filled = offer.to_owned();
        if offer == "{admin-setacl}" {
            let wanted = remark.wanted.iter().find(|w| !lacking(w).is_empty())?;
            let mailbox = written(wanted.mailbox.as_deref()?)?;
            let who = written(remark.identity.as_deref()?.as_bytes())?;
            return Some(format!("SETACL {mailbox} {who} +{}", lacking(wanted)));
        }
        if filled.contains("{mailbox}") {
            filled = filled.replace("{mailbox}", &written(named.as_deref()?)?);
        }
        for word in ["{where}", "{quota}"] {
            if filled.contains(word) {
                let place = match &named {
                    Some(name) => name.clone(),
                    None => open().or_else(|| (word == "{quota}").then(|| b"INBOX".to_vec()))?,
                };
                filled = filled.replace(word, &written(&place)?);
            }
        }
        (!filled.contains('{')).then_some(filled)
    }

    /// The status response in a line of the server's, if it is one that can be explained.
    fn status_in(&self, line: &Line) -> Option<StatusResponse> {
        let head = line.bytes.get(..HEAD.min(line.bytes.len()))?;
        let behind = memchr::memchr(b' ', head)? + 1;
        let word = head.get(behind..)?.split(|b| *b == b' ').next()?;
        Status::of(word)?;
        let whole = matches!(
            line.ending,
            LineEnd::CrLf | LineEnd::Lf | LineEnd::Truncated
        );
        explain::line(&line.bytes).filter(|_| whole)
    }

    /// What stands below a NO, BAD or BYE that answers the user; `None` for any other line.
    pub fn short_explanation(&self, index: usize, line: &Line) -> Option<String> {
        let status = self.status_in(line)?;
        let record = line.command.and_then(|c| self.transcript.command(c));
        let answers = |record: &CommandRecord| {
            record.origin != Origin::Program || matches!(&*record.verb, "LOGIN" | "AUTHENTICATE")
        };
        match status.status {
            Status::No | Status::Bad if !record.as_ref().is_some_and(answers) => return None,
            // BYE answers LOGOUT (RFC 9051 section 6.1.3).
            Status::Bye if self.follows_logout(index) => return None,
            Status::No | Status::Bad | Status::Bye => {}
            Status::Ok | Status::Preauth => return None,
        }
        let explanation = explain::status(&status);
        let remark = self.remarks.by_line.get(&index);
        let mut words = explanation
            .as_ref()
            .and_then(|e| Some(format!("{}: {}.", e.label(), e.row()?.means)))
            .unwrap_or_default();
        let fault = remark.and_then(|r| Some((r, r.fault.as_ref()?)));
        if let Some((remark, (range, sentence))) = fault {
            let place = remark.command.get(range.clone()).unwrap_or_default();
            let lead = match (words.is_empty(), place.is_empty()) {
                (true, true) => "BAD: ".to_owned(),
                (true, false) => format!("BAD at \"{place}\": "),
                (false, true) => " ".to_owned(),
                (false, false) => format!(" At \"{place}\": "),
            };
            words = format!("{words}{lead}{sentence}");
        }
        for wanted in remark.iter().flat_map(|r| &r.wanted) {
            words = format!("{words} {}", in_brief(wanted));
        }
        (!words.is_empty()).then_some(words)
    }

    /// Whether the last command before a line was LOGOUT.
    fn follows_logout(&self, index: usize) -> bool {
        let begun = self.transcript.commands_begun(index);
        let last = begun
            .checked_sub(1)
            .and_then(|at| self.transcript.command(at));
        last.is_some_and(|record| &*record.verb == "LOGOUT")
    }

    /// Whether there is anything to say about a line.
    pub fn explains(&self, index: usize) -> bool {
        let Some(line) = self.transcript.line(index) else {
            return false;
        };
        if matches!(line.kind, LineKind::Note(_)) {
            return changed(&line).is_some();
        }
        if !matches!(line.kind, LineKind::Received { .. }) {
            return false;
        }
        self.capabilities_in(&line).is_some()
            || self.status_in(&line).is_some_and(|status| {
                explain::status(&status).is_some()
                    || matches!(status.status, Status::No | Status::Bad | Status::Bye)
            })
    }

    fn capabilities_in(&self, line: &Line) -> Option<Vec<String>> {
        let upper = line
            .bytes
            .get(..20.min(line.bytes.len()))?
            .to_ascii_uppercase();
        if upper.starts_with(b"* CAPABILITY") {
            let frame = crate::wire::Frame::from_line(&line.bytes);
            let Response::Untagged(Untagged::Capability(set)) = Response::parse(&frame) else {
                return None;
            };
            return Some(set.iter().map(str::to_owned).collect());
        }
        match self.status_in(line)?.code? {
            ResponseCode::Capability(set) => Some(set.iter().map(str::to_owned).collect()),
            _ => None,
        }
    }

    /// What a line of the server's means, in words; empty: nothing is known of it.
    pub fn explain(&self, index: usize) -> Vec<Told> {
        let Some(line) = self.transcript.line(index) else {
            return Vec::new();
        };
        if let Some((when, names)) =
            changed(&line).filter(|_| matches!(line.kind, LineKind::Note(_)))
        {
            let mut told = vec![Told::Heading(when)];
            for name in names {
                let bare = name.trim_start_matches(['+', '-']);
                let sign = name.get(..name.len() - bare.len()).unwrap_or_default();
                told.push(Told::Words(format!("{sign}{}", sentence_of(bare))));
            }
            return told;
        }
        let mut told = vec![
            Told::Heading("The server says".to_owned()),
            Told::Server(line.bytes.clone()),
        ];
        if let Some(status) = self.status_in(&line) {
            self.explain_status(index, &status, &mut told);
        }
        if let Some(names) = self.capabilities_in(&line) {
            told.push(Told::Gap);
            told.push(Told::Heading(
                "Capabilities, as imapsh reads them".to_owned(),
            ));
            for name in names {
                told.push(Told::Words(sentence_of(&name)));
            }
        }
        told
    }

    fn explain_status(&self, index: usize, status: &StatusResponse, told: &mut Vec<Told>) {
        let remark = self.remarks.by_line.get(&index);
        told.push(Told::Gap);
        told.push(Told::Heading("imapsh explains".to_owned()));
        let explanation = explain::status(status);
        match &explanation {
            None => told.push(Told::Words(
                "imapsh knows neither this code nor this text. NO: it was understood, and refused or failed. BAD: it \
                 was not understood. BYE: the server hangs up."
                    .to_owned(),
            )),
            Some(explanation) => rows(explanation, told),
        }
        let Some(remark) = remark else {
            return;
        };
        if let Some((range, sentence)) = &remark.fault {
            told.push(Told::Gap);
            told.push(Told::Heading("What the lint would have refused".to_owned()));
            told.push(Told::Sent(remark.command.clone()));
            let columns = |range: Range<usize>| {
                let part = remark.command.get(range).unwrap_or_default();
                part.chars().count()
            };
            told.push(Told::Caret(
                columns(0..range.start),
                columns(range.clone()).max(1),
            ));
            told.push(Told::Words(sentence.clone()));
        }
        if !remark.wanted.is_empty() {
            told.push(Told::Gap);
            told.push(Told::Heading("Rights (RFC 4314)".to_owned()));
            for wanted in &remark.wanted {
                told.push(Told::Words(in_brief(wanted)));
                for right in lacking(wanted).chars() {
                    told.push(Told::Words(format!("{right}  {}", rights::meaning(right))));
                }
            }
            if remark
                .offers
                .iter()
                .any(|offer| offer.starts_with("SETACL"))
            {
                let who = remark.identity.as_deref().unwrap_or("you");
                told.push(Told::Words(format!(
                    "The SETACL below gives it to {who}. It must be sent by somebody with right a there, or by an \
                     administrator (F4 acts as another): as {who} it would be refused, too."
                )));
            }
        }
        if !remark.offers.is_empty() {
            told.push(Told::Gap);
            told.push(Told::Heading("To send next".to_owned()));
            for offer in &remark.offers {
                told.push(Told::Command(None, offer.clone()));
            }
        }
    }
}

fn rows(explanation: &Explanation, told: &mut Vec<Told>) {
    let text = explanation.by_text;
    // A text that says the same as its code is said once.
    let own = text.filter(|text| text.inherits.is_none() || explanation.by_code.is_none());
    if let Some(text) = own {
        told.push(Told::Words(format!(
            "{} says so: {}.",
            text.server, text.row.means
        )));
        told.push(Told::Words(text.row.next.clone()));
        told.push(Told::Reference(text.row.reference.clone()));
    }
    if let Some(row) = explanation.by_code {
        if own.is_some() {
            told.push(Told::Gap);
        }
        told.push(Told::Words(format!(
            "[{}] {}.",
            explanation.label(),
            row.means
        )));
        told.push(Told::Words(row.next.clone()));
        told.push(Told::Reference(row.reference.clone()));
    }
}

fn is_about_rights(explanation: &Explanation) -> bool {
    explanation.code.as_deref() == Some("NOPERM")
        || (explanation.by_code.is_none()
            && explanation
                .by_text
                .is_some_and(|text| text.inherits.as_deref() == Some("NOPERM")))
}

/// The letters that are missing, or may be.
fn lacking(wanted: &Wanted) -> String {
    match &wanted.missing {
        None => wanted.rights.clone(),
        Some(missing) if wanted.any && missing.len() < wanted.rights.len() => String::new(),
        Some(missing) => missing.clone(),
    }
}

/// `Needs t in the open mailbox, you have lrswipke: missing t.`
fn in_brief(wanted: &Wanted) -> String {
    let joined = |letters: &str| {
        let letters: Vec<String> = letters.chars().map(String::from).collect();
        letters.join(if wanted.any { " or " } else { " and " })
    };
    let place = match &wanted.mailbox {
        Some(mailbox) => format!("in {}", String::from_utf8_lossy(mailbox)),
        None => wanted.place.clone(),
    };
    let needs = format!("Needs {} {place}", joined(&wanted.rights));
    match (&wanted.held, lacking(wanted).as_str()) {
        (None, _) => format!("{needs}; MYRIGHTS tells what you have."),
        (Some(held), "") => format!("{needs}, and you have {held}: that is not it."),
        (Some(held), missing) => {
            let held = if held.is_empty() { "none" } else { held };
            format!("{needs}, you have {held}: missing {}.", joined(missing))
        }
    }
}

/// When capabilities came and went, and which, from the note that says so.
fn changed(line: &Line) -> Option<(String, Vec<String>)> {
    let text = String::from_utf8_lossy(&line.bytes);
    let (when, names) = text.split_once(": ")?;
    let words = names.split(' ').map(str::to_owned);
    when.starts_with("Capabilities ")
        .then(|| (when.to_owned(), words.collect()))
}

/// `+IDLE  wait for news ... (RFC 2177)`
fn sentence_of(name: &str) -> String {
    match explain::capability(name) {
        Some(row) => format!("{name}  {} ({})", row.means, row.reference),
        None => format!("{name}  (in no table of imapsh)"),
    }
}
