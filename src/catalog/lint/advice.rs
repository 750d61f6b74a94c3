//! What would happen to a command here and now: the state, what the server offers, rights, \Seen,
//! passwords that can be read on the way, the number of BADs that a server stands.

use super::super::grammar::Node;
use super::super::lexer::Kind;
use super::super::matcher::Match;
use super::super::reading::slot;
use super::super::slot::Slot;
use super::super::spec::{On, States, offers_any};
use super::super::{CommandSpec, grammar};
use super::{Context, Report, Severity};
use crate::model::{ConnectionState, name};
use crate::wire::CapabilitySet;

pub(super) fn give(report: &mut Report, matched: &Match, context: &Context) {
    let Some(spec) = report.reading.spec else {
        return;
    };
    state(report, spec, context);
    if let Some(known) = context.model.capabilities().current() {
        offered(report, spec, matched, known);
    }
    rights(report, spec, matched, context);
    seen(report, spec, matched, context);
    secrets(report, spec, context);
    only_uids(report, spec, context);
    status_of_selected(report, spec, matched, context);
}

fn state(report: &mut Report, spec: &CommandSpec, context: &Context) {
    if context.state == ConnectionState::NotConnected || spec.is_allowed(context.state) {
        return;
    }
    let sentence = match (context.state, spec.states) {
        (ConnectionState::Logout, _) => {
            "The session is over: nothing is taken any more.".to_owned()
        }
        (_, States::Before) => format!("{} is for before the login only.", spec.verb),
        (ConnectionState::NotAuthenticated, _) => {
            format!("{} needs a login first.", spec.verb)
        }
        _ => format!(
            "{} needs an open mailbox: SELECT or EXAMINE one first.",
            spec.verb
        ),
    };
    report.error(report.reading.verb_range(), sentence);
}

fn offered(report: &mut Report, spec: &CommandSpec, matched: &Match, known: &CapabilitySet) {
    let reading = report.reading;
    if !spec.is_offered(known)
        && let Some(name) = spec.capability()
    {
        report.warning(
            reading.verb_range(),
            format!(
                "The server does not advertise {name}, which {} needs.",
                spec.verb
            ),
        );
        // The words of its arguments are of the same extension.
        return;
    }
    for (lexeme, spot) in reading.arguments().iter().zip(&matched.spots) {
        let Some(spot) = spot else { continue };
        match grammar().node(spot.node) {
            Some(Node::Keyword(word)) if !offers_any(known, &word.capabilities) => {
                report.warning(
                    lexeme.range.clone(),
                    format!(
                        "The server does not advertise {}, which {} needs.",
                        word.capabilities.join(" or "),
                        word.word
                    ),
                );
            }
            Some(Node::Slot(Slot::Section, _)) => {
                let binary = lexeme
                    .text(reading.text)
                    .get(..6)
                    .is_some_and(|start| start.eq_ignore_ascii_case("BINARY"));
                if binary && !offers_any(known, &["BINARY".to_owned()]) {
                    report.warning(
                        lexeme.range.clone(),
                        "The server does not advertise BINARY.",
                    );
                }
            }
            Some(Node::Slot(Slot::Mechanism, _)) => {
                let name = lexeme.text(reading.text);
                if !known
                    .mechanisms()
                    .iter()
                    .any(|m| m.eq_ignore_ascii_case(name))
                {
                    report.warning(
                        lexeme.range.clone(),
                        format!(
                            "The server does not advertise AUTH={}.",
                            name.to_uppercase()
                        ),
                    );
                }
            }
            Some(Node::Slot(Slot::InitialResponse, _))
                if !offers_any(known, &["SASL-IR".to_owned()]) =>
            {
                report.warning(
                    lexeme.range.clone(),
                    "The server does not advertise SASL-IR: give the response when it asks.",
                );
            }
            Some(Node::Slot(Slot::Extension, _)) => {
                let name = lexeme.text(reading.text);
                if !known.has(name) {
                    report.warning(
                        lexeme.range.clone(),
                        format!("The server does not advertise {name}, so it cannot be enabled."),
                    );
                }
            }
            Some(Node::Slot(slot, _)) => {
                if let Kind::Literal(literal) = &lexeme.kind {
                    let head = reading.text.get(literal.head.clone()).unwrap_or_default();
                    if head.ends_with("+}") && !known.has("LITERAL+") && !known.has("LITERAL-") {
                        report.warning(
                            literal.head.clone(),
                            "The server does not advertise LITERAL+ or LITERAL-: {n} without + waits for it.",
                        );
                    }
                    let binary_fine =
                        *slot == Slot::NString8 || known.has("BINARY") || known.has("UTF8=ACCEPT");
                    if literal.binary && !binary_fine {
                        report.warning(
                            literal.head.clone(),
                            "The server does not advertise BINARY, which ~{...} needs.",
                        );
                    }
                }
            }
            _ => {}
        }
    }
    // RFC 3502: more than one message.
    let messages = reading
        .arguments()
        .iter()
        .zip(&matched.spots)
        .filter(|(_, spot)| {
            spot.and_then(|s| slot(s.node))
                .is_some_and(|(slot, name)| slot == Slot::Message && name == "message")
        })
        .map(|(lexeme, _)| lexeme.range.clone())
        .nth(1);
    if let Some(second) = messages.filter(|_| !known.has("MULTIAPPEND")) {
        report.warning(
            second,
            "The server does not advertise MULTIAPPEND: one message for each APPEND.",
        );
    }
}

/// Rights that MYRIGHTS told (RFC 4314 section 4).
fn rights(report: &mut Report, spec: &CommandSpec, matched: &Match, context: &Context) {
    let reading = report.reading;
    for need in &spec.rights {
        let (mailbox, place) = match &need.on {
            On::Selected if context.same_mailbox => match context.model.selected() {
                Some(selected) => (selected.name.clone(), reading.verb_range()),
                None => continue,
            },
            On::Argument(name) => match reading.argument(matched, name) {
                Some(mailbox) => (mailbox.into_bytes(), place_of(report, matched, name)),
                None => continue,
            },
            On::Selected | On::Parent(_) => continue,
        };
        let Some(held) = context.live.rights_in(&mailbox) else {
            continue;
        };
        let wanted = wanted_rights(report, matched, spec, &need.rights);
        let missing: String = wanted.chars().filter(|r| !has(held, *r)).collect();
        let any = need.any && wanted == need.rights;
        let fails = if any {
            missing.len() == wanted.len()
        } else {
            !missing.is_empty()
        };
        if fails {
            let letters: Vec<String> = missing.chars().map(String::from).collect();
            let letters = letters.join(if any { " or " } else { " and " });
            let held = if held.is_empty() { "none" } else { held };
            report.warning(
                place,
                format!(
                    "{} needs the right {letters}; MYRIGHTS has told {held}.",
                    spec.verb
                ),
            );
        }
    }
}

/// A right, or the old one that means it (RFC 4314 section 2.1.1).
pub(super) fn has(held: &str, right: char) -> bool {
    held.contains(right)
        || match right {
            'k' => held.contains('c'),
            'x' => held.contains(['c', 'd']),
            't' | 'e' => held.contains('d'),
            _ => false,
        }
}

/// STORE needs s for \Seen, t for \Deleted, w for the others.
pub(super) fn wanted_rights(
    report: &Report,
    matched: &Match,
    spec: &CommandSpec,
    rights: &str,
) -> String {
    if !spec.verb.ends_with("STORE") {
        return rights.to_owned();
    }
    let reading = report.reading;
    let mut wanted = String::new();
    for (lexeme, spot) in reading.arguments().iter().zip(&matched.spots) {
        if !matches!(spot.and_then(|s| slot(s.node)), Some((Slot::Flag, _))) {
            continue;
        }
        let right = match lexeme.text(reading.text).to_ascii_lowercase().as_str() {
            "\\seen" => 's',
            "\\deleted" => 't',
            _ => 'w',
        };
        if !wanted.contains(right) {
            wanted.push(right);
        }
    }
    if wanted.is_empty() {
        rights.to_owned()
    } else {
        wanted
    }
}

fn place_of(report: &Report, matched: &Match, name: &str) -> std::ops::Range<usize> {
    let reading = report.reading;
    matched
        .spots
        .iter()
        .position(|s| s.is_some_and(|s| slot(s.node).is_some_and(|(_, called)| called == name)))
        .and_then(|at| reading.arguments().get(at))
        .map_or(reading.verb_range(), |l| l.range.clone())
}

/// FETCH BODY[...] in a mailbox that was opened by SELECT (RFC 9051 section 6.4.5).
fn seen(report: &mut Report, spec: &CommandSpec, matched: &Match, context: &Context) {
    let read_only = context.same_mailbox && context.model.selected().is_some_and(|s| s.read_only);
    if !spec.sets_seen || read_only {
        return;
    }
    let reading = report.reading;
    for (lexeme, spot) in reading.arguments().iter().zip(&matched.spots) {
        let Some(spot) = spot else { continue };
        let word = lexeme.text(reading.text);
        let upper = word.to_ascii_uppercase();
        let peek = match grammar().node(spot.node) {
            Some(Node::Slot(Slot::Section, _)) => match upper.split_once('[') {
                Some((name @ ("BODY" | "BINARY"), _)) => {
                    format!("{name}.PEEK{}", word.get(name.len()..).unwrap_or_default())
                }
                _ => continue,
            },
            Some(Node::Keyword(_)) => match upper.as_str() {
                "RFC822" => "BODY.PEEK[]".to_owned(),
                "RFC822.TEXT" => "BODY.PEEK[TEXT]".to_owned(),
                _ => continue,
            },
            _ => continue,
        };
        report.warning(
            lexeme.range.clone(),
            format!("This sets \\Seen. {peek} reads the same and does not."),
        );
        report.fix(lexeme.range.clone(), peek);
    }
}

/// Passwords that can be read on the way, and LOGIN where the server refuses it.
fn secrets(report: &mut Report, spec: &CommandSpec, context: &Context) {
    let reading = report.reading;
    let mechanism = reading
        .arguments()
        .first()
        .map(|l| l.text(reading.text).to_ascii_uppercase());
    let plain = match spec.verb.as_str() {
        "LOGIN" => true,
        "AUTHENTICATE" => matches!(
            mechanism.as_deref(),
            Some("PLAIN" | "LOGIN" | "XOAUTH2" | "OAUTHBEARER")
        ),
        _ => return,
    };
    let disabled = context
        .model
        .capabilities()
        .current()
        .is_some_and(|set| set.has("LOGINDISABLED"));
    if spec.verb == "LOGIN" && disabled && context.state == ConnectionState::NotAuthenticated {
        report.error(
            reading.verb_range(),
            "The server takes no LOGIN now (LOGINDISABLED): STARTTLS first, or AUTHENTICATE.",
        );
    }
    if plain && context.live.open_line {
        report.error(
            reading.verb_range(),
            "This line is not encrypted: the password could be read on its way. STARTTLS first.",
        );
    }
}

/// RFC 9051 section 6.3.11: STATUS is for mailboxes that are not open; Dovecot answers [CLIENTBUG].
fn status_of_selected(report: &mut Report, spec: &CommandSpec, matched: &Match, context: &Context) {
    let Some(selected) = context.model.selected().filter(|_| context.same_mailbox) else {
        return;
    };
    let mailbox = (spec.verb == "STATUS")
        .then(|| report.reading.argument(matched, "mailbox"))
        .flatten();
    if mailbox.is_some_and(|m| name::same(m.as_bytes(), &selected.name)) {
        report.warning(
            place_of(report, matched, "mailbox"),
            "This mailbox is open: STATUS may tell old counts. NOOP brings the news of it.",
        );
    }
}

/// RFC 9586: with UIDONLY sequence numbers are refused.
fn only_uids(report: &mut Report, spec: &CommandSpec, context: &Context) {
    let by_number = matches!(
        spec.verb.as_str(),
        "FETCH" | "STORE" | "COPY" | "MOVE" | "SEARCH" | "SORT" | "THREAD" | "REPLACE"
    );
    if by_number && context.model.enabled().iter().any(|e| e == "UIDONLY") {
        let verb = report.reading.verb_range();
        report.error(
            verb.clone(),
            "UIDONLY is enabled: the server takes UIDs only.",
        );
        report.fix(verb.start..verb.start, "UID ");
    }
}

/// Dovecot (2.3.19 was asked) hangs up at the 3rd bad command before a login, whatever came between, and
/// at the 21st in a row after it.
const DOVECOT: (u32, u32) = (3, 21);

pub(super) fn bad_counted(report: &mut Report, context: &Context) {
    let is_dovecot = context
        .model
        .server_id()
        .iter()
        .any(|(_, value)| value.as_deref().is_some_and(|v| v.contains("Dovecot")))
        || context.live.dovecot;
    let errors = report.found.iter_mut();
    let first = errors
        .filter(|f| f.severity == Severity::Error)
        .min_by_key(|f| f.range.start);
    let Some(first) = first.filter(|_| is_dovecot) else {
        return;
    };
    let (most, when) = match context.state {
        ConnectionState::NotAuthenticated => (DOVECOT.0, " before the login"),
        _ => (DOVECOT.1, ""),
    };
    let number = context.live.bad + 1;
    // Before the login it is always worth a word, later only when it gets near.
    if context.state != ConnectionState::NotAuthenticated && number + 3 < most {
        return;
    }
    let sentence = if number >= most {
        format!("This would be bad command {number} of {most}{when}: the server hangs up.")
    } else {
        format!("This would be bad command {number} of {most}{when}; then the server hangs up.")
    };
    // Beside the mistake, not among those that are only counted on a small screen.
    first.sentence.push(' ');
    first.sentence.push_str(&sentence);
}
