//! What SEARCH looks for, and whether a message has it (RFC 3501 section 6.4.4); SORT's order and the
//! base subject (RFC 5256).

use std::cmp::Ordering;

use super::command::sequence::Set;
use super::date::Moment;
use super::envelope;
use super::header;
use super::mailbox::Message;

/// A search key. Text is in lower case already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// ALL
    All,
    /// All of them.
    And(Vec<Key>),
    /// OR
    Or(Box<Key>, Box<Key>),
    /// NOT
    Not(Box<Key>),
    /// A sequence set.
    Numbers(Set),
    /// UID
    Uids(Set),
    /// ANSWERED, KEYWORD ...
    Flag(String),
    /// RECENT
    Recent,
    /// BEFORE, ON, SINCE by INTERNALDATE: days since 1970.
    Arrived(Ordering, i64),
    /// SENTBEFORE, SENTON, SENTSINCE.
    Sent(Ordering, i64),
    /// OLDER (true), YOUNGER: seconds (RFC 5032).
    Age {
        /// OLDER.
        older: bool,
        /// Seconds.
        seconds: i64,
    },
    /// LARGER
    Larger(u64),
    /// SMALLER
    Smaller(u64),
    /// MODSEQ: at least.
    ModSeq(u64),
    /// HEADER, FROM ...
    Header(String, String),
    /// BODY
    Body(String),
    /// TEXT
    Text(String),
}

/// A message and what is known about its place.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The message.
    pub message: &'a Message,
    /// Its sequence number, and the last one.
    pub number: (u32, u32),
    /// The last UID.
    pub last_uid: u32,
    /// Whether it is \Recent to this session.
    pub recent: bool,
    /// Who asks.
    pub user: &'a str,
    /// When.
    pub now: Moment,
}

impl Key {
    /// Whether the key itself, or one within, is MODSEQ.
    pub fn asks_modseq(&self) -> bool {
        match self {
            Key::ModSeq(_) => true,
            Key::And(keys) => keys.iter().any(Key::asks_modseq),
            Key::Or(a, b) => a.asks_modseq() || b.asks_modseq(),
            Key::Not(key) => key.asks_modseq(),
            _ => false,
        }
    }

    /// Whether a message has it. The depth of keys is bounded by the parser.
    pub fn matches(&self, it: &Candidate<'_>) -> bool {
        let message = it.message;
        let bytes = message.content.bytes();
        let head = || {
            bytes
                .get(message.content.structure().header.clone())
                .unwrap_or_default()
        };
        match self {
            Key::All => true,
            Key::And(keys) => keys.iter().all(|key| key.matches(it)),
            Key::Or(a, b) => a.matches(it) || b.matches(it),
            Key::Not(key) => !key.matches(it),
            Key::Numbers(set) => set.contains(it.number.0, it.number.1),
            Key::Uids(set) => set.contains(message.uid, it.last_uid),
            Key::Flag(flag) => message.has(it.user, flag),
            Key::Recent => it.recent,
            Key::Arrived(order, day) => dated(message.internal_date.day(), *order, *day),
            Key::Sent(order, day) => sent(message).is_some_and(|at| dated(at.day(), *order, *day)),
            Key::Age { older, seconds } => {
                (it.now.unix - message.internal_date.unix >= *seconds) == *older
            }
            Key::Larger(size) => message.size() > *size,
            Key::Smaller(size) => message.size() < *size,
            Key::ModSeq(least) => message.modseq >= *least,
            Key::Header(name, text) => header::fields(head())
                .filter(|f| f.name.eq_ignore_ascii_case(name.as_bytes()))
                .any(|f| holds(&header::decode_words(&header::unfold(f.value)), text)),
            Key::Body(text) => body_holds(message, text),
            Key::Text(text) => {
                header::fields(head())
                    .any(|f| holds(&header::decode_words(&header::unfold(f.raw)), text))
                    || body_holds(message, text)
            }
        }
    }
}

/// BEFORE, ON (`Equal`) and SINCE (`Greater`, the day itself included).
fn dated(day: i64, order: Ordering, wanted: i64) -> bool {
    match order {
        Ordering::Less => day < wanted,
        Ordering::Equal => day == wanted,
        Ordering::Greater => day >= wanted,
    }
}

fn holds(text: &str, wanted: &str) -> bool {
    wanted.is_empty() || text.to_lowercase().contains(wanted)
}

fn body_holds(message: &Message, wanted: &str) -> bool {
    let bytes = message.content.bytes();
    let mut found = false;
    message.content.structure().leaves(&mut |part| {
        if found || part.kind != "text" {
            return;
        }
        let encoded = bytes.get(part.body.clone()).unwrap_or_default();
        let octets = header::decode_transfer(encoded, &String::from_utf8_lossy(&part.encoding));
        let charset = part
            .parameters
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(b"charset"));
        let charset = charset.map_or_else(String::new, |(_, value)| {
            String::from_utf8_lossy(value).into_owned()
        });
        found = holds(&header::decode_charset(&octets, &charset), wanted);
    });
    found
}

fn field(message: &Message, name: &str) -> Option<Vec<u8>> {
    header::get(
        message
            .content
            .bytes()
            .get(message.content.structure().header.clone())?,
        name,
    )
}

/// The `Date:` field.
fn sent(message: &Message) -> Option<Moment> {
    Moment::parse_header(&String::from_utf8_lossy(&field(message, "Date")?))
}

/// When a message was sent; if that cannot be read, when it arrived (RFC 5256 section 2.2).
pub fn sent_or_arrived(message: &Message) -> i64 {
    sent(message).map_or(message.internal_date.unix, |at| at.unix)
}

/// What SORT orders by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// ARRIVAL
    Arrival,
    /// DATE
    Date,
    /// SIZE
    Size,
    /// SUBJECT
    Subject,
    /// FROM, TO or CC: the first address's part before the `@`.
    Address(&'static str),
}

/// The names of the sort keys.
pub const SORT_KEYS: [(&str, SortKey); 7] = [
    ("ARRIVAL", SortKey::Arrival),
    ("DATE", SortKey::Date),
    ("SIZE", SortKey::Size),
    ("SUBJECT", SortKey::Subject),
    ("FROM", SortKey::Address("From")),
    ("TO", SortKey::Address("To")),
    ("CC", SortKey::Address("Cc")),
];

/// What one key gives for one message, to be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue {
    /// A number.
    Number(i64),
    /// Text in lower case.
    Text(String),
}

impl SortKey {
    /// The message's value.
    pub fn value(self, message: &Message) -> SortValue {
        match self {
            SortKey::Arrival => SortValue::Number(message.internal_date.unix),
            SortKey::Date => SortValue::Number(sent_or_arrived(message)),
            SortKey::Size => SortValue::Number(i64::try_from(message.size()).unwrap_or(i64::MAX)),
            SortKey::Subject => SortValue::Text(subject(message).0),
            SortKey::Address(name) => {
                let addresses = envelope::addresses(&field(message, name).unwrap_or_default());
                let mailbox = addresses
                    .into_iter()
                    .find_map(|a| a.mailbox)
                    .unwrap_or_default();
                SortValue::Text(String::from_utf8_lossy(&mailbox).to_lowercase())
            }
        }
    }
}

/// A message's base subject in lower case, and whether it is a reply or a forward.
pub fn subject(message: &Message) -> (String, bool) {
    base_subject(&header::decode_words(
        &field(message, "Subject").unwrap_or_default(),
    ))
}

/// RFC 5256 section 2.1.
pub fn base_subject(subject: &str) -> (String, bool) {
    let joined = subject
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    let mut text = joined.as_str();
    let mut reply = false;
    loop {
        let before = text;
        while let Some(rest) = text.trim_end().strip_suffix("(fwd)") {
            (text, reply) = (rest, true);
        }
        text = text.trim();
        loop {
            if let Some(rest) = without_leader(text) {
                (text, reply) = (rest.trim_start(), true);
            } else if let Some(rest) = without_blob(text).filter(|rest| !rest.trim().is_empty()) {
                text = rest.trim_start();
            } else {
                break;
            }
        }
        if let Some(inner) = text
            .strip_prefix("[fwd:")
            .and_then(|rest| rest.strip_suffix(']'))
        {
            (text, reply) = (inner.trim(), true);
        }
        if text == before {
            return (text.to_owned(), reply);
        }
    }
}

/// Takes `re:`, `fw:`, `fwd:` off, also with a `[blob]` before the colon.
fn without_leader(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(behind) = without_blob(rest) {
        rest = behind.trim_start();
    }
    let rest = ["re", "fwd", "fw"]
        .iter()
        .find_map(|word| rest.strip_prefix(word))?
        .trim_start();
    let rest = without_blob(rest).map_or(rest, str::trim_start);
    rest.strip_prefix(':')
}

/// Takes `[...]` off.
fn without_blob(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let close = inner.find(']')?;
    let blob = inner.get(..close)?;
    (!blob.contains('[') && !blob.starts_with("fwd:"))
        .then(|| inner.get(close + 1..))
        .flatten()
}
