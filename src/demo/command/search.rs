//! SEARCH SORT THREAD and their UID forms (RFC 3501 section 6.4.4, RFC 4731, RFC 5256, RFC 5032).

use std::cmp::Ordering;

use super::arguments::{Arguments, DEEPEST};
use super::sequence::Set;
use super::{Outcome, Refusal, any, ok};
use crate::demo::conversation::Conversation;
use crate::demo::date;
use crate::demo::mailbox::Message;
use crate::demo::search::{Candidate, Key, SORT_KEYS, SortKey, SortValue};
use crate::demo::thread::{self, Item};
use crate::demo::write;

/// Most keys in one SEARCH.
const MOST_KEYS: usize = 1000;

/// SEARCH
pub fn search(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run_search(conversation, arguments, false)
}

/// UID SEARCH
pub fn uid_search(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run_search(conversation, arguments, true)
}

/// SORT
pub fn sort(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run_sort(conversation, arguments, false)
}

/// UID SORT
pub fn uid_sort(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run_sort(conversation, arguments, true)
}

/// THREAD
pub fn thread(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run_thread(conversation, arguments, false)
}

/// UID THREAD
pub fn uid_thread(conversation: &mut Conversation, arguments: &mut Arguments<'_>) -> Outcome {
    run_thread(conversation, arguments, true)
}

/// What an extended SEARCH returns (RFC 4731).
#[derive(Debug, Default)]
struct Returns {
    min: bool,
    max: bool,
    all: bool,
    count: bool,
}

fn run_search(
    conversation: &mut Conversation,
    arguments: &mut Arguments<'_>,
    uid: bool,
) -> Outcome {
    arguments.space("search keys, such as ALL or UNSEEN")?;
    let mut returns = None;
    if arguments.take_word("RETURN") {
        arguments.space("return options in parentheses")?;
        let mut wanted = Returns::default();
        for word in arguments.words("a return option")? {
            match word.to_ascii_uppercase().as_str() {
                "MIN" => wanted.min = true,
                "MAX" => wanted.max = true,
                "ALL" => wanted.all = true,
                "COUNT" => wanted.count = true,
                other => {
                    return Err(Refusal::bad(format!(
                        "Unknown SEARCH return option {other}: MIN MAX ALL COUNT"
                    )));
                }
            }
        }
        if !(wanted.min || wanted.max || wanted.count) {
            wanted.all = true;
        }
        returns = Some(wanted);
        arguments.space("search keys, such as ALL or UNSEEN")?;
    }
    if arguments.take_word("CHARSET") {
        arguments.space("a charset")?;
        check_charset(&arguments.text("a charset")?)?;
        arguments.space("search keys")?;
    }
    let key = read_keys(arguments)?;
    let asks_modseq = key.asks_modseq();
    if asks_modseq && !conversation.condstore {
        any::switch_condstore_on(conversation);
    }
    let mut highest = 0;
    let found = find(conversation, &key, uid, |number, message| {
        highest = highest.max(message.modseq);
        number
    })?;
    let modseq = if asks_modseq && !found.is_empty() {
        Some(highest)
    } else {
        None
    };
    let line = match returns {
        None => {
            let numbers: String = found.iter().map(|n| format!(" {n}")).collect();
            let modseq = modseq.map(|m| format!(" (MODSEQ {m})")).unwrap_or_default();
            format!("SEARCH{numbers}{modseq}")
        }
        Some(returns) => esearch(&conversation.tag, uid, &returns, &found, modseq),
    };
    conversation.untagged(&line);
    ok("SEARCH completed")
}

fn esearch(tag: &str, uid: bool, returns: &Returns, found: &[u32], modseq: Option<u64>) -> String {
    let mut quoted = Vec::new();
    write::string(&mut quoted, tag.as_bytes());
    let mut line = format!("ESEARCH (TAG {})", String::from_utf8_lossy(&quoted));
    if uid {
        line.push_str(" UID");
    }
    if let (Some(first), Some(last)) = (found.first(), found.last()) {
        if returns.min {
            line.push_str(&format!(" MIN {first}"));
        }
        if returns.max {
            line.push_str(&format!(" MAX {last}"));
        }
        if returns.all {
            line.push_str(&format!(" ALL {}", write::sequence_set(found)));
        }
    }
    if returns.count {
        line.push_str(&format!(" COUNT {}", found.len()));
    }
    if let Some(modseq) = modseq {
        line.push_str(&format!(" MODSEQ {modseq}"));
    }
    line
}

fn run_sort(conversation: &mut Conversation, arguments: &mut Arguments<'_>, uid: bool) -> Outcome {
    arguments.space("sort criteria, such as (REVERSE DATE)")?;
    if arguments.peek() != Some(b'(') {
        return Err(arguments.expected("sort criteria in parentheses, such as (REVERSE DATE)"));
    }
    let mut criteria: Vec<(bool, SortKey)> = Vec::new();
    let mut reverse = false;
    for word in arguments.words("a sort criterion")? {
        if word.eq_ignore_ascii_case("REVERSE") && !reverse {
            reverse = true;
            continue;
        }
        let key = SORT_KEYS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&word));
        let key = key.ok_or_else(|| Refusal::bad(format!("Unknown sort criterion {word}: ARRIVAL CC DATE FROM SIZE SUBJECT TO, each also behind REVERSE")))?;
        criteria.push((std::mem::take(&mut reverse), key.1));
    }
    if reverse || criteria.is_empty() || criteria.len() > 20 {
        return Err(Refusal::bad(
            "SORT wants 1 to 20 criteria, and one behind each REVERSE",
        ));
    }
    let key = read_charset_and_keys(arguments)?;
    let mut found = find(conversation, &key, uid, |number, message| {
        let values: Vec<SortValue> = criteria.iter().map(|(_, key)| key.value(message)).collect();
        (values, number)
    })?;
    found.sort_by(|(a, first), (b, second)| {
        let by_value = criteria
            .iter()
            .zip(a.iter().zip(b))
            .map(|((reverse, _), (a, b))| if *reverse { b.cmp(a) } else { a.cmp(b) });
        // RFC 5256 section 3: the sequence number decides at last.
        by_value
            .fold(Ordering::Equal, Ordering::then)
            .then(first.cmp(second))
    });
    let numbers: String = found.iter().map(|(_, n)| format!(" {n}")).collect();
    conversation.untagged(&format!("SORT{numbers}"));
    ok("SORT completed")
}

fn run_thread(
    conversation: &mut Conversation,
    arguments: &mut Arguments<'_>,
    uid: bool,
) -> Outcome {
    arguments.space("a threading algorithm")?;
    let algorithm = arguments
        .atom("a threading algorithm")?
        .to_ascii_uppercase();
    let write = match algorithm.as_str() {
        "REFERENCES" => thread::references,
        "ORDEREDSUBJECT" => thread::ordered_subject,
        _ => {
            return Err(Refusal::bad(format!(
                "Unknown threading algorithm {algorithm}: REFERENCES or ORDEREDSUBJECT"
            )));
        }
    };
    let key = read_charset_and_keys(arguments)?;
    let items = find(conversation, &key, uid, Item::new)?;
    let threads = write(&items);
    conversation.untagged(format!("THREAD {threads}").trim_end());
    ok("THREAD completed")
}

/// What `pick` makes of each message that has the key, by rising numbers.
fn find<T>(
    conversation: &mut Conversation,
    key: &Key,
    uid: bool,
    mut pick: impl FnMut(u32, &Message) -> T,
) -> Result<Vec<T>, Refusal> {
    let now = conversation.wall();
    conversation.with_selected(|store, view, who| {
        let mut found = Vec::new();
        let Some(mailbox) = store.by_id(view.id) else {
            return Ok(found);
        };
        let last_uid = view.known().last().map_or(0, |k| k.uid);
        for (number, known) in (1..).zip(view.known()) {
            let Some(message) = mailbox.get(known.uid) else {
                continue;
            };
            let it = Candidate {
                message,
                number: (number, view.exists()),
                last_uid,
                recent: known.recent,
                user: &who.name,
                now,
            };
            if key.matches(&it) {
                found.push(pick(if uid { known.uid } else { number }, message));
            }
        }
        Ok(found)
    })
}

fn check_charset(charset: &str) -> Result<(), Refusal> {
    let known = ["US-ASCII", "UTF-8"]
        .iter()
        .any(|c| c.eq_ignore_ascii_case(charset));
    known
        .then_some(())
        .ok_or_else(|| Refusal::no("BADCHARSET (US-ASCII UTF-8)", "Unknown charset"))
}

fn read_charset_and_keys(arguments: &mut Arguments<'_>) -> Result<Key, Refusal> {
    arguments.space("a charset, such as UTF-8")?;
    check_charset(&arguments.text("a charset, such as UTF-8")?)?;
    arguments.space("search keys, such as ALL")?;
    read_keys(arguments)
}

/// The keys up to the end.
fn read_keys(arguments: &mut Arguments<'_>) -> Result<Key, Refusal> {
    let mut left = MOST_KEYS;
    let mut keys = vec![read_key(arguments, DEEPEST, &mut left)?];
    while !arguments.is_at_end() {
        arguments.space("a search key")?;
        keys.push(read_key(arguments, DEEPEST, &mut left)?);
    }
    Ok(Key::And(keys))
}

fn read_key(arguments: &mut Arguments<'_>, depth: usize, left: &mut usize) -> Result<Key, Refusal> {
    if depth == 0 || *left == 0 {
        return Err(Refusal::bad("The search keys are too deep or too many"));
    }
    *left -= 1;
    if arguments.take(b'(') {
        let mut keys = vec![read_key(arguments, depth - 1, left)?];
        while !arguments.take(b')') {
            arguments.space("a search key or )")?;
            keys.push(read_key(arguments, depth - 1, left)?);
        }
        return Ok(Key::And(keys));
    }
    if Set::begins(arguments) {
        return Ok(Key::Numbers(Set::read(arguments)?));
    }
    let word = arguments.name().to_ascii_uppercase();
    let flag = |flag: &str| Key::Flag(flag.to_owned());
    let not = |key: Key| Key::Not(Box::new(key));
    Ok(match word.as_str() {
        "ALL" => Key::All,
        "ANSWERED" => flag("\\Answered"),
        "DELETED" => flag("\\Deleted"),
        "DRAFT" => flag("\\Draft"),
        "FLAGGED" => flag("\\Flagged"),
        "SEEN" => flag("\\Seen"),
        "UNANSWERED" => not(flag("\\Answered")),
        "UNDELETED" => not(flag("\\Deleted")),
        "UNDRAFT" => not(flag("\\Draft")),
        "UNFLAGGED" => not(flag("\\Flagged")),
        "UNSEEN" => not(flag("\\Seen")),
        "RECENT" => Key::Recent,
        "OLD" => not(Key::Recent),
        "NEW" => Key::And(vec![Key::Recent, not(flag("\\Seen"))]),
        "KEYWORD" => Key::Flag(keyword(arguments)?),
        "UNKEYWORD" => not(Key::Flag(keyword(arguments)?)),
        "NOT" => {
            arguments.space("a search key behind NOT")?;
            not(read_key(arguments, depth - 1, left)?)
        }
        "OR" => {
            arguments.space("two search keys behind OR")?;
            let first = read_key(arguments, depth - 1, left)?;
            arguments.space("the second search key behind OR")?;
            Key::Or(
                Box::new(first),
                Box::new(read_key(arguments, depth - 1, left)?),
            )
        }
        "UID" => {
            arguments.space("a set of UIDs")?;
            Key::Uids(Set::read(arguments)?)
        }
        "BEFORE" => Key::Arrived(Ordering::Less, day(arguments)?),
        "ON" => Key::Arrived(Ordering::Equal, day(arguments)?),
        "SINCE" => Key::Arrived(Ordering::Greater, day(arguments)?),
        "SENTBEFORE" => Key::Sent(Ordering::Less, day(arguments)?),
        "SENTON" => Key::Sent(Ordering::Equal, day(arguments)?),
        "SENTSINCE" => Key::Sent(Ordering::Greater, day(arguments)?),
        "OLDER" | "YOUNGER" => {
            let seconds = i64::try_from(number(arguments)?).unwrap_or(i64::MAX);
            Key::Age {
                older: word == "OLDER",
                seconds,
            }
        }
        "LARGER" => Key::Larger(number(arguments)?),
        "SMALLER" => Key::Smaller(number(arguments)?),
        "MODSEQ" => {
            arguments.space("a mod-sequence")?;
            // RFC 7162 section 3.1.5: an entry name and its type may come first; they are all one here.
            if arguments.peek() == Some(b'"') {
                arguments.string("an entry name")?;
                arguments.space("an entry type")?;
                arguments.atom("an entry type")?;
                arguments.space("a mod-sequence")?;
            }
            Key::ModSeq(arguments.number("a mod-sequence")?)
        }
        "HEADER" => {
            arguments.space("a header field's name")?;
            let name = arguments.text("a header field's name")?;
            Key::Header(name, text(arguments)?)
        }
        "SUBJECT" | "FROM" | "TO" | "CC" | "BCC" => Key::Header(word, text(arguments)?),
        "BODY" => Key::Body(text(arguments)?),
        "TEXT" => Key::Text(text(arguments)?),
        "" => {
            return Err(arguments.expected("a search key, such as ALL, UNSEEN or SUBJECT \"...\""));
        }
        _ => return Err(Refusal::bad(format!("Unknown search key {word}"))),
    })
}

fn keyword(arguments: &mut Arguments<'_>) -> Result<String, Refusal> {
    arguments.space("a keyword")?;
    Ok(arguments.atom("a keyword")?.to_owned())
}

fn number(arguments: &mut Arguments<'_>) -> Result<u64, Refusal> {
    arguments.space("a number")?;
    arguments.number("a number")
}

fn day(arguments: &mut Arguments<'_>) -> Result<i64, Refusal> {
    arguments.space("a date, such as 1-Feb-1994")?;
    let text = arguments.text("a date, such as 1-Feb-1994")?;
    date::parse_day(&text)
        .ok_or_else(|| Refusal::bad(format!("Not a date: {text:?}; write 1-Feb-1994")))
}

fn text(arguments: &mut Arguments<'_>) -> Result<String, Refusal> {
    arguments.space("a string to search for")?;
    let bytes = arguments.astring("a string to search for", true)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Refusal::bad("The string to search for is not UTF-8"))?;
    Ok(text.to_lowercase())
}
