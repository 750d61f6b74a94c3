//! The words before a command, or before the text of a result.

use super::super::line::status;
use super::super::scan;
use crate::catalog;
use crate::snippet::script::Template;
use crate::wire::Tag;
use crate::wire::response::Status;

/// The status that is expected; `None` inside: any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected(pub Option<Status>);

/// The words before a command, or before the text of a result.
pub(super) struct Head {
    pub tag: Option<String>,
    pub status: Option<Expected>,
    /// Octets up to behind the tag.
    pub behind_tag: usize,
    /// Octets up to behind the status.
    pub behind_status: usize,
    /// The catalog knows the command.
    pub known: bool,
    pub is_done: bool,
}

impl Head {
    pub(super) fn read(template: &Template, keep_tags: bool, client: bool) -> Head {
        let [first, second, third]: [&str; 3] = scan::words(template);
        let (text, whole) = scan::start(template);
        let behind = |word: &str, from: usize| {
            let at = text.get(from..).and_then(|t| t.find(word)).unwrap_or(0);
            from + at + word.len()
        };
        let mut head = Head {
            tag: None,
            status: None,
            behind_tag: 0,
            behind_status: 0,
            known: is_known(first, second),
            is_done: whole && text.trim().eq_ignore_ascii_case("DONE"),
        };
        let (word, next) = match expected(first).is_none()
            && !head.known
            && is_tag(first, second, third, keep_tags || client)
        {
            true => {
                head.tag = Some(first.to_owned());
                head.behind_tag = behind(first, 0);
                head.behind_status = head.behind_tag;
                head.known = is_known(second, third);
                (second, third)
            }
            false => (first, second),
        };
        if let Some(status) = expected(word) {
            head.status = Some(status);
            head.behind_status = behind(word, head.behind_tag);
            head.known = is_known(next, "");
        }
        head
    }
}

fn expected(word: &str) -> Option<Expected> {
    match word {
        "\"\"" => Some(Expected(None)),
        word => status(word)
            .filter(|s| matches!(s, Status::Ok | Status::No | Status::Bad))
            .map(|s| Expected(Some(s))),
    }
}

/// `tagN` always is one; any other word is if what comes behind it is a command or a status.
fn is_tag(word: &str, second: &str, third: &str, keep_tags: bool) -> bool {
    if word.eq_ignore_ascii_case("UID") || Tag::new(word.as_bytes()).is_none() {
        return false;
    }
    let numbered = word
        .get(..3)
        .filter(|w| w.eq_ignore_ascii_case("tag"))
        .and_then(|_| word.get(3..))
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    numbered
        || is_known(second, third)
        || expected(second).is_some()
        || keep_tags && !second.is_empty()
}

/// Whether these words begin a command of the catalog.
pub(super) fn is_known(first: &str, second: &str) -> bool {
    match first.eq_ignore_ascii_case("UID") {
        true => catalog::find(&format!("UID {second}")).is_some(),
        false => catalog::find(first).is_some(),
    }
}
