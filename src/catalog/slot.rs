//! Typed arguments: what each is called, coloured as, and made of.
//!
//! To add one: a variant, its row in [`SLOTS`], an arm in [`Slot::fit`] unless any string will do, and
//! one in `lint/value.rs` if its value can be wrong.

use super::TokenClass;
use super::lexer::{Kind, Lexeme};

/// A typed argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Slot {
    Mailbox,
    Pattern,
    Reference,
    Set,
    UidSet,
    Uid,
    Number,
    NzNumber,
    Number64,
    Seconds,
    UidValidity,
    Modseq,
    Partial,
    Flag,
    Keyword,
    SpecialUse,
    Label,
    Date,
    DateTime,
    Message,
    Section,
    AString,
    String,
    NString,
    NString8,
    Atom,
    Header,
    Charset,
    User,
    Password,
    Mechanism,
    InitialResponse,
    Identifier,
    ModRights,
    QuotaRoot,
    Entry,
    Attribute,
    Url,
    Extension,
    Language,
    ObjectId,
    Any,
}

/// What is known of a slot.
#[derive(Debug)]
pub struct SlotSpec {
    /// Which one.
    pub slot: Slot,
    /// As `assets/catalog` calls it.
    pub name: &'static str,
    /// How it is coloured when it is a word.
    pub class: TokenClass,
    /// One plain sentence.
    pub about: &'static str,
}

const fn row(slot: Slot, name: &'static str, class: TokenClass, about: &'static str) -> SlotSpec {
    SlotSpec {
        slot,
        name,
        class,
        about,
    }
}

/// Every slot.
#[rustfmt::skip]
pub const SLOTS: &[SlotSpec] = &[
    row(Slot::Mailbox, "mailbox", TokenClass::Mailbox, "The name of a mailbox; what is not ASCII in modified UTF-7."),
    row(Slot::Pattern, "pattern", TokenClass::Mailbox, "Names to list: * stands for all, % for one level."),
    row(Slot::Reference, "reference", TokenClass::Mailbox, "Where names begin; \"\" for everywhere."),
    row(Slot::Set, "set", TokenClass::SequenceSet, "Sequence numbers: 7, 1:5, 1,3:9, 1:* for all, $ for the saved result."),
    row(Slot::UidSet, "uid-set", TokenClass::SequenceSet, "UIDs: 107, 100:200, 1:* for all, $ for the saved result."),
    row(Slot::Uid, "uid", TokenClass::Number, "The UID of a message."),
    row(Slot::Number, "number", TokenClass::Number, "A number."),
    row(Slot::NzNumber, "nz-number", TokenClass::Number, "A number that is not 0."),
    row(Slot::Number64, "number64", TokenClass::Number, "A number of up to 63 bits."),
    row(Slot::Seconds, "seconds", TokenClass::Number, "How many seconds back: 86400 is a day."),
    row(Slot::UidValidity, "uidvalidity", TokenClass::Number, "The UIDVALIDITY that the known UIDs are of."),
    row(Slot::Modseq, "modseq", TokenClass::Number, "A mod-sequence, as HIGHESTMODSEQ or MODSEQ told it."),
    row(Slot::Partial, "partial", TokenClass::SequenceSet, "A range of the results: 1:100 the first, -1:-100 the last."),
    row(Slot::Flag, "flag", TokenClass::Flag, "A flag (\\Seen, \\Flagged, ...) or a keyword ($Junk, ...)."),
    row(Slot::Keyword, "keyword", TokenClass::Flag, "A keyword, without backslash: $Forwarded, $Junk, ..."),
    row(Slot::SpecialUse, "special-use", TokenClass::Flag, "What it is for: \\Archive, \\Drafts, \\Junk, \\Sent, \\Trash, ..."),
    row(Slot::Label, "label", TokenClass::Flag, "A label of Gmail: \\Inbox, \\Starred, or a name."),
    row(Slot::Date, "date", TokenClass::Date, "A day: 1-Feb-2024. The time and its zone are not looked at."),
    row(Slot::DateTime, "date-time", TokenClass::Date, "When it was received: \"01-Feb-2024 10:00:00 +0000\"."),
    row(Slot::Message, "message", TokenClass::Literal, "The message as a literal: {{{ and }}} around its lines, or {@file}."),
    row(Slot::Section, "section", TokenClass::Keyword, "A part: BODY.PEEK[], [HEADER], [1.2]<0.1000>. BODY sets \\Seen, PEEK not."),
    row(Slot::AString, "astring", TokenClass::Atom, "A word or a string."),
    row(Slot::String, "string", TokenClass::Atom, "A text; in quotes if it is more than one word."),
    row(Slot::NString, "nstring", TokenClass::Atom, "A string, or NIL."),
    row(Slot::NString8, "nstring8", TokenClass::Atom, "A string, a literal (also a binary one), or NIL."),
    row(Slot::Atom, "atom", TokenClass::Atom, "A word."),
    row(Slot::Header, "header", TokenClass::Atom, "The name of a header field: Message-ID, List-Id, ..."),
    row(Slot::Charset, "charset", TokenClass::Atom, "The charset of the strings that follow: UTF-8, US-ASCII."),
    row(Slot::User, "user", TokenClass::Atom, "The user name; in quotes if it has special characters."),
    row(Slot::Password, "password", TokenClass::Secret, "The password, in quotes if it has special characters. Never kept."),
    row(Slot::Mechanism, "mechanism", TokenClass::Keyword, "A SASL mechanism that the server offers as AUTH=..."),
    row(Slot::InitialResponse, "initial-response", TokenClass::Secret, "The first response in base64, = for an empty one (SASL-IR). Never kept."),
    row(Slot::Identifier, "identifier", TokenClass::Atom, "Whose rights: a user, a group, anyone; -user takes rights away from a user."),
    row(Slot::ModRights, "mod-rights", TokenClass::Keyword, "Rights: lrs replaces all, +lrs adds, -t takes away; \"\" for none."),
    row(Slot::QuotaRoot, "quota-root", TokenClass::Atom, "A quota root, as GETQUOTAROOT tells it."),
    row(Slot::Entry, "entry", TokenClass::Atom, "An annotation: /private/comment, /shared/comment, ..."),
    row(Slot::Attribute, "attribute", TokenClass::Atom, "An attribute of the annotation: value.priv, value.shared, ..."),
    row(Slot::Url, "url", TokenClass::Atom, "An IMAP URL (RFC 5092), in quotes."),
    row(Slot::Extension, "extension", TokenClass::Keyword, "A capability that is turned on, such as CONDSTORE or UTF8=ACCEPT."),
    row(Slot::Language, "language", TokenClass::Atom, "A language tag: de, en-GB; DEFAULT for the server's own."),
    row(Slot::ObjectId, "objectid", TokenClass::Atom, "An id, as FETCH told it."),
    row(Slot::Any, "any", TokenClass::Atom, "Whatever the server takes."),
];

/// How well a lexeme fits a slot, by its shape alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Yes,
    /// It was meant for it, but it is wrong.
    Poor,
    No,
}

impl Slot {
    /// The slot that `assets/catalog` calls so.
    pub fn named(name: &str) -> Option<Slot> {
        SLOTS.iter().find(|s| s.name == name).map(|s| s.slot)
    }

    /// What is known of it; `None` cannot be, as a test shows.
    pub fn spec(self) -> Option<&'static SlotSpec> {
        SLOTS.iter().find(|s| s.slot == self)
    }

    /// Whether `lexeme` may stand here.
    pub(super) fn fit(self, lexeme: &Lexeme, text: &str) -> Fit {
        if self == Slot::Any {
            return Fit::Yes;
        }
        if !lexeme.is_value() {
            return Fit::No;
        }
        let atom = (lexeme.kind == Kind::Atom).then(|| lexeme.text(text));
        match self {
            Slot::Set | Slot::UidSet => numeric(atom, "0123456789:,*$", "0123456789:,*$"),
            Slot::Partial => numeric(atom, "0123456789:-", "0123456789-"),
            Slot::Uid
            | Slot::Number
            | Slot::NzNumber
            | Slot::Number64
            | Slot::Seconds
            | Slot::UidValidity
            | Slot::Modseq => numeric(atom, "0123456789", "0123456789-+"),
            Slot::Flag
            | Slot::Keyword
            | Slot::Atom
            | Slot::Mechanism
            | Slot::InitialResponse
            | Slot::Extension
            | Slot::ObjectId => match atom {
                Some(_) => Fit::Yes,
                None => Fit::Poor,
            },
            Slot::SpecialUse => match atom {
                Some(word) if word.starts_with('\\') => Fit::Yes,
                _ => Fit::Poor,
            },
            Slot::DateTime => match lexeme.kind {
                Kind::Quoted { .. } => Fit::Yes,
                _ => Fit::No,
            },
            Slot::Message => match lexeme.kind {
                Kind::Literal(_) => Fit::Yes,
                _ => Fit::Poor,
            },
            Slot::Section => match atom.and_then(|a| a.split_once('[')) {
                Some((name, _)) if is_section(name) => Fit::Yes,
                _ => Fit::No,
            },
            _ => Fit::Yes,
        }
    }
}

fn is_section(name: &str) -> bool {
    ["BODY", "BODY.PEEK", "BINARY", "BINARY.PEEK", "BINARY.SIZE"]
        .iter()
        .any(|n| n.eq_ignore_ascii_case(name))
}

/// A word of these characters; one that begins with some of them was meant to be one.
fn numeric(atom: Option<&str>, all: &str, first: &str) -> Fit {
    match atom {
        Some(word) if word.chars().all(|c| all.contains(c)) => Fit::Yes,
        Some(word) if word.starts_with(|c| first.contains(c)) => Fit::Poor,
        _ => Fit::No,
    }
}
