//! Mailbox names for the cursor, and as arguments.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Candidate, LIMIT, Typed};
use crate::model::{Mailbox, Model, name};
use crate::wire::encode::{self, Argument as Form};

/// The mailboxes that fit what is typed: beginning with it, containing it, or with its letters in
/// order. INBOX first, what cannot be opened last.
pub(super) fn candidates(typed: &Typed, model: &Model) -> Vec<Candidate> {
    let utf8 = accepts_utf8(model);
    let query = typed.value.to_lowercase();
    let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
    let pattern = Pattern::new(
        &typed.value,
        CaseMatching::Ignore,
        Normalization::Smart,
        AtomKind::Fuzzy,
    );
    let mut buffer = Vec::new();
    let mut found: Vec<((u8, u32, u8), String, &Mailbox)> = Vec::new();
    for mailbox in model.mailboxes().iter() {
        let shown = mailbox.shown();
        let folded = shown.to_lowercase();
        let wire = String::from_utf8_lossy(&mailbox.name).to_lowercase();
        let (rank, score) = if folded.starts_with(&query) || wire.starts_with(&query) {
            (0, 0)
        } else if folded.contains(&query) {
            (1, 0)
        } else {
            match pattern.score(Utf32Str::new(&shown, &mut buffer), &mut matcher) {
                Some(score) => (2, u32::MAX - score),
                None => continue,
            }
        };
        let order = match mailbox.selectable {
            _ if name::is_inbox(&mailbox.name) => 0,
            true => 1,
            false => 2,
        };
        found.push(((rank, score, order), folded, mailbox));
    }
    found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let candidate = |mailbox: &Mailbox| {
        let detail = match (mailbox.special_use, mailbox.selectable) {
            (_, false) => "cannot be opened",
            (Some(what), true) => what.name(),
            (None, true) if mailbox.subscribed => "subscribed",
            (None, true) => "",
        };
        Some(Candidate {
            text: mailbox_argument(&mailbox.name, utf8)?,
            label: mailbox.shown(),
            detail: detail.to_owned(),
            replaces: typed.range.clone(),
        })
    };
    found
        .iter()
        .filter_map(|(.., mailbox)| candidate(mailbox))
        .take(LIMIT)
        .collect()
}

/// Whether names may travel as UTF-8 (RFC 9755, RFC 9051).
pub fn accepts_utf8(model: &Model) -> bool {
    model
        .enabled()
        .iter()
        .any(|e| e == "UTF8=ACCEPT" || e == "IMAP4REV2")
}

/// A mailbox name (as sent) as an argument for the editor: atom, quoted, or a literal block for what
/// neither can hold. `None` if a text cannot hold it either.
pub fn mailbox_argument(name: &[u8], utf8: bool) -> Option<String> {
    match encode::inline(name, Form::AString, utf8) {
        Some(inline) => String::from_utf8(inline).ok(),
        None if name.iter().any(|b| b"\r\n\0".contains(b)) => None,
        None => std::str::from_utf8(name)
            .ok()
            .map(|text| format!("{{{{{{\n{text}\n}}}}}}")),
    }
}
