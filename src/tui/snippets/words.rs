//! What is said about a row: how it ended in a few words, what it lacks, what can be done next.

use crate::batch::{Ended, Failure, Tally, Verdict};
use crate::catalog;
use crate::console::Console;
use crate::model::name;

use super::rows::RowLine;

/// A right that somebody lacks on a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// Letters of RFC 4314 section 2.1.
    pub rights: String,
    /// The mailbox as it was sent.
    pub mailbox: Vec<u8>,
    /// Who. Hostile: out of a list.
    pub user: String,
}

/// The end of a row in a few words, for the table. Hostile.
pub fn note(ended: &Ended, said: &str) -> String {
    let undo = match (ended.undo, ended.undone) {
        (0, _) => "",
        (_, Some(true)) => "undone",
        (_, Some(false)) => "could not be undone",
        (_, None) => "can be undone",
    };
    let words = match &ended.verdict {
        Verdict::Passed => said.to_owned(),
        Verdict::Skipped(why) => why.clone(),
        Verdict::Stopped => "broken off".to_owned(),
        verdict => {
            let failure = verdict.failures().first();
            failure.map_or_else(|| "failed".to_owned(), short)
        }
    };
    match (words.is_empty(), undo.is_empty()) {
        (_, true) => words,
        (true, false) => undo.to_owned(),
        (false, false) => format!("{words}, {undo}"),
    }
}

/// A failure in one line: what came in place of what.
fn short(failure: &Failure) -> String {
    let Some(told) = &failure.told else {
        return failure.message.clone();
    };
    let got = told.got.first().map(|got| got.trim()).unwrap_or_default();
    let got = got.strip_prefix("got ").unwrap_or(got);
    let words = match (told.message.as_str(), &told.wanted) {
        ("no untagged reply matched", Some(wanted)) => format!("no reply like {wanted}"),
        ("this does not hold", _) => format!("{got}: does not hold"),
        ("the login failed", _) => got.to_owned(),
        (message, _) => match message.split_once(" got ") {
            Some((verb, _)) if !got.is_empty() => format!("{verb}: {got}"),
            _ => return failure.message.clone(),
        },
    };
    words.replace(['\r', '\n'], " ")
}

/// Where a row stands in the snippet, or that it never got into it.
pub fn place(row: &RowLine) -> String {
    let failure = || row.ended.as_ref()?.verdict.failures().first();
    match row.line {
        Some(line) => line.to_string(),
        None if failure().is_some_and(is_login) => "login".to_owned(),
        None => "-".to_owned(),
    }
}

fn is_login(failure: &Failure) -> bool {
    let told = failure.told.as_ref();
    told.is_some_and(|told| told.message.starts_with("the login failed"))
}

/// The right whose want would explain how the row ended; `None`: it was something else, or the one who
/// sits here cannot give it.
pub fn lack(console: &Console, row: &RowLine) -> Option<Lack> {
    let model = console.model();
    let failure = row.ended.as_ref()?.verdict.failures().first()?;
    let user = row.user.as_str();
    let me = console.identity().effective().unwrap_or_default();
    let offers_acl = model.capabilities().current();
    let offers_acl = offers_acl.is_some_and(|set| set.has("ACL"));
    if user.is_empty() || user == me || !offers_acl {
        return None;
    }
    let given = |rights: &str, mailbox: Vec<u8>| {
        let lack = Lack {
            rights: rights.to_owned(),
            mailbox,
            user: user.to_owned(),
        };
        // Nobody is let into another one's INBOX by what stands in a list of users.
        (!name::is_inbox(&lack.mailbox)).then_some(lack)
    };
    let verb = row.command.split(' ').next().unwrap_or_default();
    let unseen = failure.told.as_ref()?.message == "no untagged reply matched";
    if unseen && verb.eq_ignore_ascii_case("LIST") && row.answer.starts_with("OK") {
        return given("l", last_word(&row.command)?);
    }
    let refused = row.answer.starts_with("NO");
    let hidden = row.answer.contains("[NONEXISTENT]");
    let denied = row.answer.contains("[NOPERM]")
        || row
            .answer
            .to_ascii_lowercase()
            .contains("permission denied");
    if !refused || !(hidden || denied) {
        return None;
    }
    let wanted = catalog::rights_wanted(&row.command, model, &catalog::Live::default());
    let wanted = wanted
        .into_iter()
        .find_map(|w| Some((w.rights, w.mailbox?)));
    let (rights, mailbox) = wanted.or_else(|| {
        let subscribes = verb.eq_ignore_ascii_case("SUBSCRIBE");
        let mailbox = catalog::mailbox_named(&row.command).filter(|_| subscribes)?;
        Some(("l".to_owned(), mailbox))
    })?;
    // RFC 4314 section 6: what may not be seen is said not to be there.
    if hidden && model.mailboxes().find(&mailbox).is_none() {
        return None;
    }
    match hidden && !rights.contains('l') {
        true => given(&format!("l{rights}"), mailbox),
        false => given(&rights, mailbox),
    }
}

/// The last word of a command, out of its quotes; `None`: it is a pattern, or a list.
fn last_word(command: &str) -> Option<Vec<u8>> {
    let word = match command.strip_suffix('"') {
        Some(inside) => {
            let start = inside.rfind(" \"")? + 2;
            let word = inside.get(start..)?;
            word.replace("\\\"", "\"").replace("\\\\", "\\")
        }
        None => command.rsplit(' ').next()?.to_owned(),
    };
    (!word.is_empty() && !word.contains(['%', '*', '(', ')', '{'])).then(|| word.into_bytes())
}

/// Rows that did not end well: `2 rows failed, 1 row was not let in`.
pub fn bad(tally: &Tally) -> String {
    let words = [
        (tally.failed, "failed"),
        (tally.lost, "had no connection or no login"),
        (tally.refused, "refused by safe mode"),
        (tally.stopped, "broken off"),
    ];
    let some = words.iter().filter(|(count, _)| *count > 0);
    let some = some
        .enumerate()
        .map(|(at, (count, words))| match (at, count) {
            (0, 1) => format!("1 row {words}"),
            (0, count) => format!("{count} rows {words}"),
            (_, count) => format!("{count} {words}"),
        });
    some.collect::<Vec<_>>().join(", ")
}
