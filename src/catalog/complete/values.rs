//! Candidates for each kind of argument.

use super::super::Live;
use super::super::slot::Slot;
use super::{Candidate, Typed, begins, mailboxes, plain};
use crate::model::{Model, SelectedMailbox};
use crate::wire::encode::{self, Argument as Form};

/// Most numbers offered one by one.
const NUMBERS: usize = 20;

const SECTIONS: [(&str, &str); 16] = [
    ("BODY.PEEK[]", "the whole message; \\Seen stays"),
    ("BODY.PEEK[HEADER]", "the header"),
    (
        "BODY.PEEK[HEADER.FIELDS (DATE FROM TO SUBJECT)]",
        "these header fields",
    ),
    (
        "BODY.PEEK[HEADER.FIELDS.NOT (RECEIVED)]",
        "all header fields but these",
    ),
    ("BODY.PEEK[TEXT]", "the text without the header"),
    ("BODY.PEEK[1]", "the first part"),
    ("BODY.PEEK[1.MIME]", "the MIME header of the first part"),
    ("BODY.PEEK[]<0.1000>", "the first 1000 octets"),
    (
        "BINARY.PEEK[1]",
        "the first part, transfer encoding taken off",
    ),
    ("BINARY.SIZE[1]", "octets of that"),
    ("BODY[]", "the whole message; sets \\Seen"),
    ("BODY[HEADER]", "the header; sets \\Seen"),
    ("BODY[TEXT]", "the text; sets \\Seen"),
    ("BODY[1]", "the first part; sets \\Seen"),
    ("BODY[1.MIME]", "its MIME header; sets \\Seen"),
    ("BINARY[1]", "the first part, decoded; sets \\Seen"),
];

const SYSTEM_FLAGS: [(&str, &str); 5] = [
    ("\\Seen", "read"),
    ("\\Answered", "answered"),
    ("\\Flagged", "marked as important"),
    ("\\Deleted", "goes with the next EXPUNGE"),
    ("\\Draft", "not finished"),
];

/// RFC 6154 section 2, RFC 8457.
const SPECIAL_USES: [(&str, &str); 8] = [
    ("\\All", "all messages"),
    ("\\Archive", "kept ones"),
    ("\\Drafts", "not finished ones"),
    ("\\Flagged", "those with \\Flagged"),
    ("\\Junk", "spam"),
    ("\\Sent", "sent ones"),
    ("\\Trash", "deleted ones"),
    ("\\Important", "important ones"),
];

/// RFC 4314 section 2.1, in words.
pub(in super::super) const RIGHTS: [(char, &str); 11] = [
    ('l', "see the mailbox in LIST"),
    ('r', "read: SELECT, FETCH, STATUS, COPY from it"),
    ('s', "keep \\Seen"),
    ('w', "change other flags"),
    ('i', "insert: APPEND, COPY into it"),
    ('p', "post: send mail to its address"),
    ('k', "create mailboxes below it"),
    ('x', "delete the mailbox"),
    ('t', "set \\Deleted"),
    ('e', "EXPUNGE"),
    ('a', "administer: change the ACL"),
];

const RIGHT_SETS: [(&str, &str); 6] = [
    ("lr", "see and read"),
    ("lrs", "read, and keep \\Seen"),
    ("lrswi", "read, change flags, insert"),
    ("lrswipkxte", "all but to administer"),
    ("lrswipkxtea", "everything"),
    ("\"\"", "none"),
];

const ENTRIES: [(&str, &str); 6] = [
    ("/private/comment", "a comment, for yourself"),
    ("/shared/comment", "a comment, for all"),
    ("/shared/admin", "the server's admin (server)"),
    ("/private/specialuse", "what the mailbox is for (RFC 6154)"),
    ("/comment", "a comment (ANNOTATEMORE)"),
    (
        "/vendor/cmu/cyrus-imapd/size",
        "Cyrus: octets of the mailbox",
    ),
];

const ATTRIBUTES: [(&str, &str); 5] = [
    ("value.priv", "for yourself"),
    ("value.shared", "for all"),
    ("size.priv", "octets of yours"),
    ("size.shared", "octets of the shared one"),
    ("value", "both"),
];

const HEADERS: [(&str, &str); 8] = [
    ("Message-ID", "the id of the message"),
    ("List-Id", "the mailing list"),
    ("Received", "the way it came"),
    ("Reply-To", "where answers go"),
    ("References", "what it answers"),
    ("X-Spam-Status", "what a spam filter said"),
    ("Return-Path", "the envelope sender"),
    ("Content-Type", "what kind of content"),
];

const CHARSETS: [(&str, &str); 3] = [
    ("UTF-8", "all characters"),
    ("US-ASCII", "ASCII only"),
    ("ISO-8859-1", "Western Europe"),
];

const ENABLED: [&str; 8] = [
    "CONDSTORE",
    "QRESYNC",
    "UTF8=ACCEPT",
    "IMAP4rev2",
    "UIDONLY",
    "METADATA",
    "OBJECTID",
    "MESSAGELIMIT",
];

/// What can stand in `slot`.
pub(super) fn candidates(slot: Slot, typed: &Typed, model: &Model, live: &Live) -> Vec<Candidate> {
    let selected = model.selected();
    match slot {
        Slot::Mailbox => mailboxes::candidates(typed, model),
        Slot::Pattern => {
            let mut found = words(&[("*", "all"), ("%", "one level"), ("INBOX", "")], typed);
            found.extend(mailboxes::candidates(typed, model));
            found
        }
        Slot::Reference => words(&[("\"\"", "everywhere")], typed)
            .into_iter()
            .chain(mailboxes::candidates(typed, model))
            .collect(),
        Slot::Set => sets(selected, typed, live, false),
        Slot::UidSet => sets(selected, typed, live, true),
        Slot::Uid => numbers(live.uids.iter().rev(), typed),
        Slot::UidValidity => numbers(selected.and_then(|s| s.uid_validity.as_ref()), typed),
        Slot::Modseq => numbers(selected.and_then(|s| s.highest_mod_seq.as_ref()), typed),
        Slot::Partial => words(&[("1:100", "the first"), ("-1:-100", "the last")], typed),
        Slot::Seconds => words(
            &[
                ("3600", "an hour"),
                ("86400", "a day"),
                ("604800", "a week"),
            ],
            typed,
        ),
        Slot::Flag => flags(selected, typed, live, true),
        Slot::Keyword => flags(selected, typed, live, false),
        Slot::SpecialUse => words(&SPECIAL_USES, typed),
        Slot::Label => words(
            &[
                ("\\Inbox", ""),
                ("\\Starred", ""),
                ("\\Important", ""),
                ("\\Sent", ""),
                ("\\Draft", ""),
            ],
            typed,
        ),
        Slot::Date => words_of(live.today.iter().map(|day| (day.as_str(), "today")), typed),
        Slot::Message if typed.value.is_empty() => vec![
            plain(
                "{{{\n",
                "{{{",
                "type or paste it; a line with }}} ends it",
                typed,
            ),
            plain("{@", "{@file}", "from a file", typed),
        ],
        Slot::Section => words(&SECTIONS, typed)
            .into_iter()
            .map(|candidate| Candidate {
                text: if typed.lower {
                    candidate.text.to_lowercase()
                } else {
                    candidate.text
                },
                ..candidate
            })
            .collect(),
        Slot::Header => words(&HEADERS, typed),
        Slot::Charset => words(&CHARSETS, typed),
        Slot::User | Slot::Identifier => {
            let mut found: Vec<Candidate> = live
                .users
                .iter()
                .filter(|user| begins(user, &typed.value))
                .filter_map(|user| {
                    let text = encode::inline(user.as_bytes(), Form::AString, false)?;
                    Some(plain(std::str::from_utf8(&text).ok()?, user, "", typed))
                })
                .collect();
            if slot == Slot::Identifier {
                found.extend(words(
                    &[("anyone", "everybody"), ("anonymous", "who has no account")],
                    typed,
                ));
            }
            found
        }
        Slot::Mechanism => {
            let known = model.capabilities().last_known();
            let mechanisms = known.map(|set| set.mechanisms()).unwrap_or_default();
            words_of(mechanisms.iter().map(|m| (m.as_str(), "offered")), typed)
        }
        Slot::ModRights => rights(typed),
        Slot::QuotaRoot => live
            .quota_roots
            .iter()
            .filter(|root| begins(root, &typed.value))
            .filter_map(|root| {
                let text = encode::inline(root.as_bytes(), Form::AString, false)?;
                Some(plain(std::str::from_utf8(&text).ok()?, root, "", typed))
            })
            .collect(),
        Slot::Entry => words(&ENTRIES, typed),
        Slot::Attribute => words(&ATTRIBUTES, typed),
        Slot::Extension => {
            let known = model.capabilities().current();
            let offered = |name: &&str| known.is_none_or(|set| set.has(name));
            words_of(
                ENABLED
                    .iter()
                    .filter(|n| offered(n))
                    .map(|name| (*name, "")),
                typed,
            )
        }
        _ => Vec::new(),
    }
}

fn words(table: &[(&str, &str)], typed: &Typed) -> Vec<Candidate> {
    words_of(table.iter().copied(), typed)
}

fn words_of<'a>(
    table: impl IntoIterator<Item = (&'a str, &'a str)>,
    typed: &Typed,
) -> Vec<Candidate> {
    table
        .into_iter()
        .filter(|(word, _)| begins(word, &typed.value))
        .map(|(word, detail)| plain(word, word, detail, typed))
        .collect()
}

fn numbers<'a>(values: impl IntoIterator<Item = &'a u64>, typed: &Typed) -> Vec<Candidate> {
    values
        .into_iter()
        .map(u64::to_string)
        .filter(|number| number.starts_with(&*typed.value))
        .take(NUMBERS)
        .map(|number| plain(&number, &number, "", typed))
        .collect()
}

/// Sets of sequence numbers, or of UIDs.
fn sets(
    selected: Option<&SelectedMailbox>,
    typed: &Typed,
    live: &Live,
    uid: bool,
) -> Vec<Candidate> {
    let mut found: Vec<(String, String)> = Vec::new();
    // Sequence numbers of what was marked may be others by now.
    if let Some(marked) = live.marked.as_ref().filter(|_| uid) {
        found.push((marked.clone(), "marked".to_owned()));
    }
    found.push(("1:*".to_owned(), "all messages".to_owned()));
    found.push(("*".to_owned(), "the last one".to_owned()));
    if uid {
        let newest: Vec<u64> = live.uids.iter().rev().take(NUMBERS).copied().collect();
        if let Some(next) = selected.and_then(|s| s.uid_next) {
            found.push((format!("{next}:*"), "what comes from now on".to_owned()));
        }
        found.extend(
            newest
                .iter()
                .map(|uid| (uid.to_string(), "seen".to_owned())),
        );
    } else if let Some(count) = selected.and_then(|s| s.exists).filter(|c| *c > 10) {
        found.push((format!("{}:*", count - 9), "the last ten".to_owned()));
    }
    if !uid && let Some(first) = selected.and_then(|s| s.first_unseen) {
        found.push((first.to_string(), "the first without \\Seen".to_owned()));
    }
    found.push(("$".to_owned(), "the saved result (SEARCHRES)".to_owned()));
    // Behind a comma another one begins.
    let done = typed.value.rfind(',').map_or(0, |at| at + 1);
    let (head, rest) = typed.value.split_at(done);
    found
        .into_iter()
        .filter(|(set, _)| set.starts_with(rest))
        .map(|(set, detail)| plain(&format!("{head}{set}"), &set, &detail, typed))
        .collect()
}

/// Flags of this mailbox: those it knows, those that can be kept, those seen; keywords alone if
/// `system` is not wanted.
fn flags(
    selected: Option<&SelectedMailbox>,
    typed: &Typed,
    live: &Live,
    system: bool,
) -> Vec<Candidate> {
    let permanent = selected
        .and_then(|s| s.permanent_flags.as_deref())
        .unwrap_or_default();
    let known = selected.map(|s| s.flags.as_slice()).unwrap_or_default();
    let mut found: Vec<(String, String)> = Vec::new();
    if system {
        found.extend(
            SYSTEM_FLAGS
                .iter()
                .map(|(flag, about)| ((*flag).to_owned(), (*about).to_owned())),
        );
    }
    for flag in permanent.iter().chain(known).chain(&live.flags) {
        let of_system = flag.starts_with('\\');
        let settable = flag != "\\*" && !flag.eq_ignore_ascii_case("\\Recent");
        let there = found.iter().any(|(f, _)| f.eq_ignore_ascii_case(flag));
        if settable && !there && (system || !of_system) {
            found.push((flag.clone(), "of this mailbox".to_owned()));
        }
    }
    let bare = |text: &str| text.trim_start_matches(['\\', '$']).to_lowercase();
    let query = bare(&typed.value);
    found
        .into_iter()
        .filter(|(flag, _)| {
            begins(flag, &typed.value)
                || (!typed.value.starts_with(['\\', '$']) && bare(flag).starts_with(&query))
        })
        .map(|(flag, detail)| plain(&flag, &flag, &detail, typed))
        .collect()
}

/// Whole sets of rights, and each one behind `+`, `-` or letters that are there.
fn rights(typed: &Typed) -> Vec<Candidate> {
    let mut found = words(&RIGHT_SETS, typed);
    let value = &*typed.value;
    let letters = value.trim_start_matches(['+', '-']);
    if !value.is_empty() && letters.chars().all(|c| RIGHTS.iter().any(|r| r.0 == c)) {
        found.extend(
            RIGHTS
                .iter()
                .filter(|(right, _)| !letters.contains(*right))
                .map(|(right, about)| {
                    let text = format!("{value}{right}");
                    plain(&text, &text, &format!("{right}: {about}"), typed)
                }),
        );
    }
    if value.is_empty() {
        found.push(plain("+", "+", "add rights", typed));
        found.push(plain("-", "-", "take rights away", typed));
    }
    found
}
