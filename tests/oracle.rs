//! imap-codec as the oracle: what it accepts, ours reads with the same meaning.
//!
//! It is stricter than we are, so nothing follows from its refusals. Where it repairs what it reads
//! (negative numbers become 0, missing text becomes some), the comparison says so.

use imap_codec::decode::Decoder;
use imap_codec::imap_types::core::{IString, QuotedChar};
use imap_codec::imap_types::extensions::namespace::Namespace;
use imap_codec::imap_types::fetch::MessageDataItem;
use imap_codec::imap_types::mailbox::Mailbox;
use imap_codec::imap_types::response as theirs;
use imap_codec::imap_types::status::StatusDataItem;
use imap_codec::{GreetingCodec, ResponseCodec};
use imapsh::wire::response::{
    Fetch, ListEntry, NamespaceEntry, ResponseCode, Status, StatusResponse, Untagged,
};
use imapsh::wire::{CapabilitySet, Response, SequenceSet};

use crate::common::corpus;
use crate::common::mutate::{Dice, mutate, rounds};

/// What a comparison found.
type Verdict = Result<(), String>;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, ours: T, theirs: T) -> Verdict {
    if ours == theirs {
        Ok(())
    } else {
        Err(format!("{what}: ours {ours:?}, theirs {theirs:?}"))
    }
}

/// Compares what the codec reads of `bytes`, if it takes them. Returns whether it does.
fn compare(bytes: &[u8]) -> Result<bool, String> {
    // The codec has room for neither NUL nor the last digits; a panic of its own is not our concern.
    compare_greeting(bytes)?;
    let decoded = std::panic::catch_unwind(|| ResponseCodec::default().decode_static(bytes));
    let Ok(Ok((rest, message))) = decoded else {
        return Ok(false);
    };
    let taken = &bytes[..bytes.len() - rest.len()];
    let frames = corpus::frames(taken);
    same("frames", frames.len(), 1)?;
    // "-1" is 0 to the codec, and no number to us.
    let repaired = taken
        .windows(2)
        .any(|w| w[0] == b'-' && w[1].is_ascii_digit());
    let ours = Response::parse(&frames[0]);
    match (message, ours) {
        (theirs::Response::CommandContinuationRequest(_), Response::Continuation(_)) => {}
        (theirs::Response::Status(status), ours) => compare_status(&status, &ours)?,
        (theirs::Response::Data(data), Response::Untagged(ours)) => {
            if !repaired {
                compare_data(&data, &ours)?;
            }
        }
        (theirs, ours) => return Err(format!("kind: ours {ours:?}, theirs {theirs:?}")),
    }
    Ok(true)
}

/// The codec reads greetings (and PREAUTH at all) apart.
fn compare_greeting(bytes: &[u8]) -> Verdict {
    let Ok((rest, greeting)) = GreetingCodec::default().decode(bytes) else {
        return Ok(());
    };
    let kind = match greeting.kind {
        theirs::GreetingKind::Ok => Status::Ok,
        theirs::GreetingKind::PreAuth => Status::Preauth,
        theirs::GreetingKind::Bye => Status::Bye,
    };
    let taken = &bytes[..bytes.len() - rest.len()];
    let Response::Untagged(Untagged::Status(ours)) = corpus::response(taken) else {
        return Err("ours is no greeting".to_owned());
    };
    same("greeting", ours.status, kind)?;
    compare_text(&ours, greeting.text.as_ref())?;
    match (&greeting.code, &ours.code) {
        (Some(theirs), Some(ours)) => compare_code(theirs, ours),
        _ => Ok(()),
    }
}

fn compare_status(theirs: &theirs::Status<'_>, ours: &Response) -> Verdict {
    let kind = |kind: &theirs::StatusKind| match kind {
        theirs::StatusKind::Ok => Status::Ok,
        theirs::StatusKind::No => Status::No,
        theirs::StatusKind::Bad => Status::Bad,
    };
    let (tag, status, code, text) = match theirs {
        theirs::Status::Untagged(body) => (None, kind(&body.kind), &body.code, &body.text),
        theirs::Status::Tagged(tagged) => (
            Some(tagged.tag.as_ref()),
            kind(&tagged.body.kind),
            &tagged.body.code,
            &tagged.body.text,
        ),
        theirs::Status::Bye(bye) => (None, Status::Bye, &bye.code, &bye.text),
    };
    let (our_tag, ours) = match ours {
        Response::Tagged { tag, status } => (Some(tag.to_string()), status),
        Response::Untagged(Untagged::Status(status)) => (None, status),
        other => return Err(format!("ours is no status: {other:?}")),
    };
    same("tag", our_tag.as_deref(), tag)?;
    same("status", ours.status, status)?;
    compare_text(ours, text.as_ref())?;
    match (code, &ours.code) {
        (Some(theirs), Some(ours)) => compare_code(theirs, ours),
        (None, None) => Ok(()),
        // `[]`
        (Some(theirs::Code::Other(other)), None) if other.inner().is_empty() => Ok(()),
        // A code that the codec cannot read becomes text to it.
        (None, Some(_)) if text.as_ref().starts_with('[') => Ok(()),
        (theirs, ours) => Err(format!("code: ours {ours:?}, theirs {theirs:?}")),
    }
}

/// The codec takes a missing text and makes one; and a code that it cannot read is text.
fn compare_text(ours: &StatusResponse, theirs: &str) -> Verdict {
    // To us a quoted string in a code may hold a `]`, to the codec the first one ends it.
    let text = &*String::from_utf8_lossy(&ours.text);
    let quoted = ours.code.is_some() && theirs.contains(']') && theirs.ends_with(text);
    if quoted || text.is_empty() || (ours.code.is_some() && theirs.starts_with('[')) {
        return Ok(());
    }
    same("text", text, theirs)
}

fn compare_code(theirs: &theirs::Code<'_>, ours: &ResponseCode) -> Verdict {
    use theirs::Code as T;
    let number = |n: std::num::NonZeroU32| u64::from(n.get());
    let words = |flags: Vec<String>| {
        flags
            .iter()
            .map(|f| f.to_ascii_lowercase())
            .collect::<Vec<_>>()
    };
    match (theirs, ours) {
        (T::UidNext(n), ResponseCode::UidNext(m))
        | (T::UidValidity(n), ResponseCode::UidValidity(m))
        | (T::Unseen(n), ResponseCode::Unseen(m)) => same("number of a code", *m, number(*n)),
        (T::HighestModSeq(n), ResponseCode::HighestModSeq(m)) => same("HIGHESTMODSEQ", *m, n.get()),
        (T::PermanentFlags(flags), ResponseCode::PermanentFlags(ours)) => {
            let theirs = flags.iter().map(|flag| match flag {
                imap_codec::imap_types::flag::FlagPerm::Flag(flag) => flag.to_string(),
                imap_codec::imap_types::flag::FlagPerm::Asterisk => "\\*".to_owned(),
            });
            same(
                "PERMANENTFLAGS",
                words(ours.clone()),
                words(theirs.collect()),
            )
        }
        (T::Capability(caps), ResponseCode::Capability(ours)) => {
            compare_capabilities(caps.as_ref(), ours)
        }
        (
            T::AppendUid { uid_validity, uid },
            ResponseCode::AppendUid {
                uid_validity: v,
                uids,
            },
        ) => same(
            "APPENDUID",
            (*v, uids.parse().ok()),
            (number(*uid_validity), Some(number(*uid))),
        ),
        (
            T::CopyUid { uid_validity, .. },
            ResponseCode::CopyUid {
                uid_validity: v,
                from,
                to,
            },
        ) => {
            same("COPYUID", *v, number(*uid_validity))?;
            let sets = [from, to].map(|set| SequenceSet::parse(set.as_bytes()).is_some());
            same("COPYUID sets", sets, [true, true])
        }
        (T::ReadOnly, ResponseCode::ReadOnly)
        | (T::ReadWrite, ResponseCode::ReadWrite)
        | (T::NoModSeq, ResponseCode::NoModSeq)
        | (T::Closed, ResponseCode::Closed) => Ok(()),
        (T::Other(other), ours) => {
            let name = other
                .inner()
                .split(|b| *b == b' ')
                .next()
                .unwrap_or_default();
            // Not a word: whatever it is, nobody has a name for it.
            if name.is_empty()
                || name
                    .iter()
                    .any(|b| !b.is_ascii_alphanumeric() && *b != b'-')
            {
                return Ok(());
            }
            same(
                "name of a code",
                ours.name().to_owned(),
                String::from_utf8_lossy(name).to_ascii_uppercase(),
            )
        }
        (theirs, ResponseCode::Other { name, .. }) => {
            let expected = match theirs {
                T::Alert => "ALERT",
                T::BadCharset { .. } => "BADCHARSET",
                T::Parse => "PARSE",
                T::TryCreate => "TRYCREATE",
                T::Referral(_) => "REFERRAL",
                T::CompressionActive => "COMPRESSIONACTIVE",
                T::OverQuota => "OVERQUOTA",
                T::TooBig => "TOOBIG",
                T::Metadata(_) => "METADATA",
                T::UnknownCte => "UNKNOWN-CTE",
                T::UidNotSticky => "UIDNOTSTICKY",
                T::Modified(_) => "MODIFIED",
                other => return Err(format!("code: ours {name}, theirs {other:?}")),
            };
            same("name of a code", &**name, expected)
        }
        (theirs, ours) => Err(format!("code: ours {ours:?}, theirs {theirs:?}")),
    }
}

/// Lower case; and `QUOTA=xRES-STORAGE` as the codec has it, which drops the `x`.
fn capability(word: &str) -> String {
    let word = word.to_ascii_lowercase();
    match word.rsplit_once("res-") {
        Some((quota, resource)) if quota.starts_with("quota=") => format!("quota=res-{resource}"),
        _ => word,
    }
}

fn compare_capabilities(theirs: &[theirs::Capability<'_>], ours: &CapabilitySet) -> Verdict {
    let theirs: Vec<_> = theirs.iter().map(|c| capability(&c.to_string())).collect();
    same("CAPABILITY", ours.iter().map(capability).collect(), theirs)
}

fn compare_data(theirs: &theirs::Data<'_>, ours: &Untagged) -> Verdict {
    use theirs::Data as T;
    let lower = |words: Vec<String>| {
        words
            .iter()
            .map(|w| w.to_ascii_lowercase())
            .collect::<Vec<_>>()
    };
    let numbers =
        |all: &[std::num::NonZeroU32]| all.iter().map(|n| u64::from(n.get())).collect::<Vec<_>>();
    match (theirs, ours) {
        (T::Capability(caps), Untagged::Capability(ours)) => {
            compare_capabilities(caps.as_ref(), ours)
        }
        (
            T::List {
                items,
                delimiter,
                mailbox,
            },
            Untagged::List(ours),
        )
        | (
            T::Lsub {
                items,
                delimiter,
                mailbox,
            },
            Untagged::Lsub(ours),
        ) => {
            let attributes = items.iter().map(ToString::to_string).collect();
            compare_list(ours, lower(attributes), *delimiter, mailbox)
        }
        (
            T::Status { mailbox, items },
            Untagged::MailboxStatus {
                mailbox: name,
                items: ours,
            },
        ) => {
            same("STATUS mailbox", our_name(name), their_name(mailbox))?;
            let theirs: Vec<_> = items.iter().map(status_item).collect();
            same("STATUS items", ours.clone(), theirs)
        }
        (T::Search(found, _), Untagged::Search(ours)) => {
            same("SEARCH", ours.clone(), numbers(found))
        }
        (T::Sort(found, _), Untagged::Sort(ours)) => same("SORT", ours.clone(), numbers(found)),
        (T::Flags(flags), Untagged::Flags(ours)) => same(
            "FLAGS",
            lower(ours.clone()),
            lower(flags.iter().map(ToString::to_string).collect()),
        ),
        (T::Exists(n), Untagged::Exists(m)) | (T::Recent(n), Untagged::Recent(m)) => {
            same("count", *m, u64::from(*n))
        }
        (T::Expunge(n), Untagged::Expunge(m)) => same("EXPUNGE", *m, u64::from(n.get())),
        (T::Fetch { seq, items }, Untagged::Fetch(ours)) => {
            let mut ours = ours.clone();
            // The codec knows system flags in any case, and forgets which.
            ours.flags = ours.flags.map(lower);
            let mut theirs = fetch(u64::from(seq.get()), items.as_ref());
            theirs.flags = theirs.flags.map(lower);
            same("FETCH", ours, theirs)
        }
        (T::Enabled { capabilities }, Untagged::Enabled(ours)) => same(
            "ENABLED",
            lower(ours.clone()),
            lower(capabilities.iter().map(ToString::to_string).collect()),
        ),
        (
            T::Quota { root, quotas },
            Untagged::Quota {
                root: name,
                resources,
            },
        ) => {
            same(
                "QUOTA root",
                name.clone(),
                String::from_utf8_lossy(root.as_ref()).into_owned(),
            )?;
            let row = |q: &imap_codec::imap_types::extensions::quota::QuotaGet<'_>| {
                (
                    q.resource.to_string().to_ascii_uppercase(),
                    q.usage,
                    q.limit,
                )
            };
            same(
                "QUOTA",
                resources.clone(),
                quotas.as_ref().iter().map(row).collect(),
            )
        }
        (
            T::QuotaRoot { mailbox, roots },
            Untagged::QuotaRoot {
                mailbox: name,
                roots: ours,
            },
        ) => {
            same("QUOTAROOT mailbox", our_name(name), their_name(mailbox))?;
            let text = |root: &imap_codec::imap_types::core::AString<'_>| {
                String::from_utf8_lossy(root.as_ref()).into_owned()
            };
            same("QUOTAROOT", ours.clone(), roots.iter().map(text).collect())
        }
        (T::Id { parameters }, Untagged::Id(ours)) => {
            let text = |s: &IString<'_>| String::from_utf8_lossy(s.as_ref()).into_owned();
            let theirs = parameters
                .iter()
                .flatten()
                .map(|(name, value)| (text(name), value.0.as_ref().map(text)));
            same("ID", ours.clone(), theirs.collect())
        }
        (
            T::Vanished {
                earlier,
                known_uids,
            },
            Untagged::Vanished {
                earlier: ours,
                uids,
            },
        ) => {
            same("EARLIER", *ours, *earlier)?;
            // The codec normalizes sets: their members are compared.
            let ours = SequenceSet::parse(uids.as_bytes())
                .map(|set| set.iter(5000).collect::<std::collections::BTreeSet<_>>());
            let largest = std::num::NonZeroU32::new(5000).unwrap();
            let known = known_uids
                .iter(largest)
                .take(20_000)
                .map(|n| u64::from(n.get()));
            let theirs = known.filter(|n| *n <= 5000).collect();
            same("VANISHED", ours, Some(theirs))
        }
        (
            T::Namespace {
                personal,
                other,
                shared,
            },
            Untagged::Namespace {
                personal: p,
                other_users: o,
                shared: s,
            },
        ) => {
            let entry = |n: &Namespace<'_>| NamespaceEntry {
                prefix: n.prefix.as_ref().to_vec(),
                delimiter: n.delimiter.map(|d| d.inner()),
            };
            let all = |group: &[Namespace<'_>]| group.iter().map(entry).collect::<Vec<_>>();
            same(
                "NAMESPACE",
                (p.clone(), o.clone(), s.clone()),
                (all(personal), all(other), all(shared)),
            )
        }
        (T::Thread(_), Untagged::Other { name }) => same("name", &**name, "THREAD"),
        (T::Metadata { .. }, Untagged::Other { name }) => same("name", &**name, "METADATA"),
        (theirs, ours) => Err(format!("kind: ours {ours:?}, theirs {theirs:?}")),
    }
}

fn compare_list(
    ours: &ListEntry,
    attributes: Vec<String>,
    delimiter: Option<QuotedChar>,
    mailbox: &Mailbox<'_>,
) -> Verdict {
    let our_attributes = ours
        .attributes
        .iter()
        .map(|a| a.to_ascii_lowercase())
        .collect();
    same("LIST attributes", our_attributes, attributes)?;
    same(
        "LIST delimiter",
        ours.delimiter,
        delimiter.map(|d| d.inner()),
    )?;
    same("LIST name", our_name(&ours.name), their_name(mailbox))
}

fn our_name(name: &[u8]) -> Vec<u8> {
    if name.eq_ignore_ascii_case(b"INBOX") {
        b"INBOX".to_vec()
    } else {
        name.to_vec()
    }
}

fn their_name(mailbox: &Mailbox<'_>) -> Vec<u8> {
    match mailbox {
        Mailbox::Inbox => b"INBOX".to_vec(),
        Mailbox::Other(other) => other.as_ref().to_vec(),
    }
}

fn status_item(item: &StatusDataItem) -> (String, u64) {
    let (name, value) = match item {
        StatusDataItem::Messages(n) => ("MESSAGES", u64::from(*n)),
        StatusDataItem::Recent(n) => ("RECENT", u64::from(*n)),
        StatusDataItem::UidNext(n) => ("UIDNEXT", u64::from(n.get())),
        StatusDataItem::UidValidity(n) => ("UIDVALIDITY", u64::from(n.get())),
        StatusDataItem::Unseen(n) => ("UNSEEN", u64::from(*n)),
        StatusDataItem::Deleted(n) => ("DELETED", u64::from(*n)),
        StatusDataItem::DeletedStorage(n) => ("DELETED-STORAGE", *n),
        StatusDataItem::HighestModSeq(n) => ("HIGHESTMODSEQ", *n),
    };
    (name.to_owned(), value)
}

fn fetch(seq: u64, items: &[MessageDataItem<'_>]) -> Fetch {
    let mut fetch = Fetch {
        seq,
        ..Fetch::default()
    };
    for item in items {
        match item {
            MessageDataItem::Uid(uid) => fetch.uid = Some(u64::from(uid.get())),
            MessageDataItem::Rfc822Size(size) => fetch.size = Some(u64::from(*size)),
            MessageDataItem::ModSeq(modseq) => fetch.modseq = Some(modseq.get()),
            MessageDataItem::Flags(flags) => {
                let text = |flag: &imap_codec::imap_types::flag::FlagFetch<'_>| match flag {
                    imap_codec::imap_types::flag::FlagFetch::Flag(flag) => flag.to_string(),
                    imap_codec::imap_types::flag::FlagFetch::Recent => "\\Recent".to_owned(),
                };
                fetch.flags = Some(flags.iter().map(text).collect());
            }
            _ => {}
        }
    }
    fetch
}

#[test]
fn what_the_oracle_takes_of_the_corpus_means_the_same() {
    let mut taken = 0;
    for row in corpus::rows() {
        match compare(&row.bytes) {
            Ok(accepted) => taken += usize::from(accepted),
            Err(difference) => panic!("{}: {difference}", row.name),
        }
    }
    assert!(taken >= 45, "the oracle took only {taken} of the corpus");
}

#[test]
fn what_the_oracle_takes_of_mutations_means_the_same() {
    let rows = corpus::rows();
    let mut dice = Dice::new(3);
    let mut taken = 0;
    let total = rounds(8000);
    let mut differences = Vec::new();
    for round in 0..total {
        let other = dice.below(rows.len());
        let data = mutate(
            &mut dice,
            &rows[round % rows.len()].bytes,
            &rows[other].bytes,
        );
        match compare(&data) {
            Ok(accepted) => taken += usize::from(accepted),
            Err(difference) => {
                differences.push(format!("{}\n    {difference}", data.escape_ascii()))
            }
        }
    }
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences[..differences.len().min(20)].join("\n")
    );
    assert!(
        taken > total / 20,
        "the oracle took only {taken} of {total}"
    );
}
