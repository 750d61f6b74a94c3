//! Which command comes next, and what becomes of its answer.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::opened::HEADER_LIMIT;
use super::wanted::Bit;
use super::{Mail, Opened, Place, Stage, TEXT_LIMIT, Wanted, wanted};
use crate::catalog::accepts_utf8;
use crate::console::asks::{Ask, AskId, Asker};
use crate::model::Model;
use crate::session::CommandId;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// The rows of the listing.
    Listing(&'static str),
    /// What rows say.
    Rows {
        wanted: Wanted,
        /// As the list was when they were asked for.
        moves: u64,
    },
    /// Structure and header of the message that is read.
    Head(u32),
    /// The part that is looked at.
    Body { uid: u32, section: String },
    /// A piece of the part that goes to a file.
    Piece { uid: u32, section: String },
}

impl What {
    pub(super) fn verb(&self) -> &'static str {
        match self {
            What::Listing(verb) => verb,
            What::Rows {
                wanted: Wanted::Sequence(..),
                ..
            } => "FETCH",
            _ => "UID FETCH",
        }
    }

    /// The section whose octets are the answer, and of which message.
    pub(super) fn section(&self) -> Option<(u32, &str)> {
        match self {
            What::Head(uid) => Some((*uid, "HEADER")),
            What::Body { uid, section } | What::Piece { uid, section } => Some((*uid, section)),
            What::Listing(_) | What::Rows { .. } => None,
        }
    }
}

/// The command that is under way.
#[derive(Debug)]
pub(super) struct Running {
    pub what: What,
    /// As the console knows it.
    pub id: Option<AskId>,
    /// Once it goes out.
    pub command: Option<CommandId>,
    /// What a listing has told so far.
    pub places: Option<Vec<Place>>,
    /// Octets of the section came as a literal.
    pub literal: bool,
}

impl Mail {
    /// The next command, if one is wanted and none is under way.
    pub(super) fn next(&mut self, model: &Model, now: SystemTime) -> Option<Ask> {
        if self.running.is_some() || self.opening.is_some() || self.list.is_none() {
            return None;
        }
        let (what, ask) = self
            .list_ask(model, now)
            .or_else(|| self.rows_ask(false))
            .or_else(|| self.read_ask())
            .or_else(|| self.piece_ask())
            .or_else(|| self.rows_ask(true))?;
        self.running = Some(Running {
            what,
            id: None,
            command: None,
            places: None,
            literal: false,
        });
        Some(ask)
    }

    fn list_ask(&mut self, model: &Model, now: SystemTime) -> Option<(What, Ask)> {
        if !self.shown || !std::mem::take(&mut self.relist) {
            return None;
        }
        match listing(&self.listing, model, now) {
            Ok((verb, ask)) => Some((What::Listing(verb), ask)),
            Err(sentence) => {
                self.trouble = Some(sentence);
                None
            }
        }
    }

    fn rows_ask(&mut self, ahead: bool) -> Option<(What, Ask)> {
        if !self.shown || self.trouble.is_some() {
            return None;
        }
        let list = self.list.as_ref()?;
        let wanted = list.wanted(ahead)?;
        let moves = list.moves();
        let what = What::Rows {
            wanted: wanted.clone(),
            moves,
        };
        let ask = Ask::new(Asker::Messages, what.verb())
            .word(&wanted.set())
            .word("(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)");
        Some((what, ask))
    }

    fn read_ask(&mut self) -> Option<(What, Ask)> {
        let opened = self.opened.as_mut()?;
        let uid = opened.uid;
        if opened.head == Stage::Wanted {
            opened.head = Stage::Asked;
            return Some((What::Head(uid), head(uid)));
        }
        let section = opened.wants()?;
        opened.body = Stage::Asked;
        let ask = body(uid, &section);
        Some((What::Body { uid, section }, ask))
    }

    fn piece_ask(&mut self) -> Option<(What, Ask)> {
        let download = self.download.as_mut()?;
        let words = download.wants()?;
        download.asked();
        let source = download.source();
        let what = What::Piece {
            uid: source.uid,
            section: source.section.clone(),
        };
        Some((what, Ask::new(Asker::Reader, &words)))
    }

    /// A command of ours is over.
    pub(super) fn done(&mut self, running: Running, result: Result<(), String>, elapsed: Duration) {
        let of = |opened: &&mut Opened, uid: u32| opened.uid == uid;
        match running.what {
            What::Listing(_) => match (result, self.list.as_mut()) {
                (Ok(()), Some(list)) => list.listed(running.places.unwrap_or_default()),
                (Err(sentence), _) => self.trouble = Some(sentence),
                _ => {}
            },
            What::Rows { wanted, moves } => match (result, self.list.as_mut()) {
                // What moved meanwhile has other numbers now.
                (Ok(()), Some(list))
                    if list.moves() == moves || matches!(wanted, Wanted::Uids(_)) =>
                {
                    list.answered(&wanted);
                }
                (Err(sentence), _) => self.trouble = Some(sentence),
                _ => {}
            },
            What::Head(uid) => {
                if let Some(opened) = self.opened.as_mut().filter(|o| of(o, uid)) {
                    opened.head = Stage::Here;
                    opened.gone |= opened.header.is_empty() && opened.parts.is_empty();
                    opened.trouble = result.err();
                    opened.changed();
                }
            }
            What::Body { uid, section } => {
                let opened = self.opened.as_mut().filter(|o| of(o, uid));
                // Another part may be looked at by now.
                if let Some(opened) =
                    opened.filter(|o| o.looked_at().is_some_and(|p| p.number == section))
                {
                    opened.body_here();
                    opened.trouble = result.err();
                }
            }
            What::Piece { uid, section } => {
                let same = |d: &&mut super::Download| {
                    d.source().uid == uid && d.source().section == section
                };
                if let Some(download) = self.download.as_mut().filter(same) {
                    download.piece_over(result, elapsed);
                }
            }
        }
    }
}

/// Structure and header of a message.
pub fn head(uid: u32) -> Ask {
    let items = format!("(FLAGS BODYSTRUCTURE BODY.PEEK[HEADER]<0.{HEADER_LIMIT}>)");
    Ask::new(Asker::Reader, &format!("UID FETCH {uid}")).word(&items)
}

/// The beginning of a part, to be read.
pub fn body(uid: u32, section: &str) -> Ask {
    let items = format!("(BODY.PEEK[{section}]<0.{TEXT_LIMIT}>)");
    Ask::new(Asker::Reader, &format!("UID FETCH {uid}")).word(&items)
}

/// SEARCH, SORT or THREAD for a listing.
///
/// # Errors
/// A sentence: the server cannot, or the words are not understood.
pub fn listing(
    listing: &super::Listing,
    model: &Model,
    now: SystemTime,
) -> Result<(&'static str, Ask), String> {
    let capabilities = model.capabilities().current();
    let has = |name: &str| capabilities.is_some_and(|set| set.has(name));
    let utf8 = accepts_utf8(model);
    let begin = |verb: &'static str| (verb, Ask::new(Asker::Messages, verb));
    let (verb, mut ask) = if listing.threads {
        let algorithm = ["REFERENCES", "REFS", "ORDEREDSUBJECT"]
            .into_iter()
            .find(|name| has(&format!("THREAD={name}")))
            .ok_or("The server does not offer THREAD (RFC 5256): no threads.")?;
        let (verb, ask) = begin("UID THREAD");
        (verb, ask.word(algorithm).word("UTF-8"))
    } else if !listing.sort.is_empty() {
        if !has("SORT") {
            return Err("The server does not offer SORT (RFC 5256): the order stays.".to_owned());
        }
        let (verb, ask) = begin("UID SORT");
        (verb, ask.word(&format!("({})", listing.sort)).word("UTF-8"))
    } else {
        let (verb, mut ask) = begin("UID SEARCH");
        // Ranges instead of each number: a line of some octets for a mailbox of any size.
        if has("ESEARCH") || has("IMAP4rev2") {
            ask = ask.word("RETURN (ALL)");
        }
        // RFC 6855 section 3: no other charset may be named under UTF8=ACCEPT.
        if wanted::needs_charset(&listing.search) && !utf8 {
            ask = ask.word("CHARSET UTF-8");
        }
        (verb, ask)
    };
    for bit in wanted::search(&listing.search, date(now))? {
        ask = match bit {
            Bit::Words(words) => ask.word(&words),
            Bit::Text(text) => ask.mailbox(text.as_bytes(), utf8),
        };
    }
    Ok((verb, ask))
}

fn date(now: SystemTime) -> Date {
    let now = Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH);
    now.to_zoned(TimeZone::UTC).date()
}
