//! Which command comes next, and what becomes of its answer.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::opened::HEADER_LIMIT;
use super::{Mail, Opened, Place, Stage, TEXT_LIMIT, Wanted, wanted};
use crate::catalog::accepts_utf8;
use crate::model::Model;
use crate::session::CommandId;
use crate::wire::encode;
use crate::wire::{Command, CommandPart, Origin, Piece};

/// Who sends: panes.
const ORIGIN: Origin = Origin::Program;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
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

impl Ask {
    pub(super) fn verb(&self) -> &'static str {
        match self {
            Ask::Listing(verb) => verb,
            Ask::Rows {
                wanted: Wanted::Sequence(..),
                ..
            } => "FETCH",
            _ => "UID FETCH",
        }
    }

    /// The section whose octets are the answer, and of which message.
    pub(super) fn section(&self) -> Option<(u32, &str)> {
        match self {
            Ask::Head(uid) => Some((*uid, "HEADER")),
            Ask::Body { uid, section } | Ask::Piece { uid, section } => Some((*uid, section)),
            Ask::Listing(_) | Ask::Rows { .. } => None,
        }
    }
}

/// The command that is under way.
#[derive(Debug)]
pub(super) struct Running {
    pub ask: Ask,
    /// Once it goes out.
    pub command: Option<CommandId>,
    /// What a listing has told so far.
    pub places: Option<Vec<Place>>,
    /// Octets of the section came as a literal.
    pub literal: bool,
    /// Its text, to know it again.
    text: Vec<u8>,
}

impl Running {
    /// A command goes out: ours, most likely.
    pub(super) fn started(&mut self, command: CommandId, origin: Origin, verb: &str) {
        if self.command.is_none() && origin == ORIGIN && verb == self.ask.verb() {
            self.command = Some(command);
        }
    }

    /// Its octets: another one of the same verb is none of ours.
    pub(super) fn sent(&mut self, command: CommandId, piece: &Piece) {
        if self.command == Some(command)
            && let Piece::Text { bytes, .. } = piece
            && !self.text.is_empty()
        {
            let behind_tag = memchr::memchr(b' ', bytes).map_or(0, |at| at + 1);
            if bytes
                .get(behind_tag..)
                .unwrap_or_default()
                .starts_with(&self.text)
            {
                self.text.clear();
            } else {
                self.command = None;
            }
        }
    }
}

impl Mail {
    /// The next command, if one is wanted and none is under way.
    pub(super) fn next(&mut self, model: &Model, now: SystemTime) -> Option<Command> {
        if self.running.is_some() || self.opening.is_some() || self.list.is_none() {
            return None;
        }
        let (ask, command) = self
            .list_command(model, now)
            .or_else(|| self.rows_command(false))
            .or_else(|| self.read_command())
            .or_else(|| self.piece_command())
            .or_else(|| self.rows_command(true))?;
        let text = match command.parts.first() {
            Some(CommandPart::Text { bytes, .. }) => bytes.clone(),
            _ => Vec::new(),
        };
        self.running = Some(Running {
            ask,
            command: None,
            places: None,
            literal: false,
            text,
        });
        Some(command)
    }

    fn list_command(&mut self, model: &Model, now: SystemTime) -> Option<(Ask, Command)> {
        if !self.shown || !std::mem::take(&mut self.relist) {
            return None;
        }
        match listing_command(&self.listing, model, now) {
            Ok((verb, command)) => Some((Ask::Listing(verb), command)),
            Err(sentence) => {
                self.trouble = Some(sentence);
                None
            }
        }
    }

    fn rows_command(&mut self, ahead: bool) -> Option<(Ask, Command)> {
        if !self.shown || self.trouble.is_some() {
            return None;
        }
        let list = self.list.as_ref()?;
        let wanted = list.wanted(ahead)?;
        let moves = list.moves();
        let verb = Ask::Rows {
            wanted: wanted.clone(),
            moves,
        };
        let text = format!(
            "{} {} (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)",
            verb.verb(),
            wanted.set()
        );
        Some((verb, Command::line(ORIGIN, &text)))
    }

    fn read_command(&mut self) -> Option<(Ask, Command)> {
        let opened = self.opened.as_mut()?;
        let uid = opened.uid;
        if opened.head == Stage::Wanted {
            opened.head = Stage::Asked;
            let text = format!(
                "UID FETCH {uid} (FLAGS BODYSTRUCTURE BODY.PEEK[HEADER]<0.{HEADER_LIMIT}>)"
            );
            return Some((Ask::Head(uid), Command::line(ORIGIN, &text)));
        }
        let section = opened.wants()?;
        opened.body = Stage::Asked;
        let text = format!("UID FETCH {uid} (BODY.PEEK[{section}]<0.{TEXT_LIMIT}>)");
        Some((Ask::Body { uid, section }, Command::line(ORIGIN, &text)))
    }

    fn piece_command(&mut self) -> Option<(Ask, Command)> {
        let download = self.download.as_mut()?;
        let text = download.wants()?;
        download.asked();
        let source = download.source();
        let ask = Ask::Piece {
            uid: source.uid,
            section: source.section.clone(),
        };
        Some((ask, Command::line(ORIGIN, &text)))
    }

    /// A command of ours is over.
    pub(super) fn done(&mut self, running: Running, result: Result<(), String>, elapsed: Duration) {
        let of = |opened: &&mut Opened, uid: u32| opened.uid == uid;
        match running.ask {
            Ask::Listing(_) => match (result, self.list.as_mut()) {
                (Ok(()), Some(list)) => list.listed(running.places.unwrap_or_default()),
                (Err(sentence), _) => self.trouble = Some(sentence),
                _ => {}
            },
            Ask::Rows { wanted, moves } => match (result, self.list.as_mut()) {
                // What moved meanwhile has other numbers now.
                (Ok(()), Some(list)) => {
                    if list.moves() == moves || matches!(wanted, Wanted::Uids(_)) {
                        list.answered(&wanted);
                    }
                }
                (Err(sentence), _) => self.trouble = Some(sentence),
                _ => {}
            },
            Ask::Head(uid) => {
                if let Some(opened) = self.opened.as_mut().filter(|o| of(o, uid)) {
                    opened.head = Stage::Here;
                    opened.gone |= opened.header.is_empty() && opened.parts.is_empty();
                    opened.trouble = result.err();
                    opened.changed();
                }
            }
            Ask::Body { uid, section } => {
                let opened = self.opened.as_mut().filter(|o| of(o, uid));
                // Another part may be looked at by now.
                if let Some(opened) =
                    opened.filter(|o| o.looked_at().is_some_and(|p| p.number == section))
                {
                    opened.body_here();
                    opened.trouble = result.err();
                }
            }
            Ask::Piece { uid, section } => {
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

/// SEARCH, SORT or THREAD for a listing.
///
/// # Errors
/// A sentence: the server cannot, or the words are not understood.
pub fn listing_command(
    listing: &super::Listing,
    model: &Model,
    now: SystemTime,
) -> Result<(&'static str, Command), String> {
    let capabilities = model.capabilities().current();
    let has = |name: &str| capabilities.is_some_and(|set| set.has(name));
    let utf8 = accepts_utf8(model);
    let charset = match wanted::needs_charset(&listing.search) {
        // RFC 6855 section 3: no other charset may be named then.
        true if !utf8 => "CHARSET UTF-8 ",
        _ => "",
    };
    let (verb, text) = if listing.threads {
        let algorithm = ["REFERENCES", "REFS", "ORDEREDSUBJECT"]
            .into_iter()
            .find(|name| has(&format!("THREAD={name}")))
            .ok_or("The server does not offer THREAD (RFC 5256): no threads.")?;
        ("UID THREAD", format!("UID THREAD {algorithm} UTF-8 "))
    } else if !listing.sort.is_empty() {
        if !has("SORT") {
            return Err("The server does not offer SORT (RFC 5256): the order stays.".to_owned());
        }
        ("UID SORT", format!("UID SORT ({}) UTF-8 ", listing.sort))
    } else if has("ESEARCH") || has("IMAP4rev2") {
        // Ranges instead of each number: a line of some octets for a mailbox of any size.
        ("UID SEARCH", format!("UID SEARCH RETURN (ALL) {charset}"))
    } else {
        ("UID SEARCH", format!("UID SEARCH {charset}"))
    };
    let mut command = Command::line(ORIGIN, &text);
    wanted::search(&mut command.parts, &listing.search, date(now), utf8)?;
    encode::append_text(&mut command.parts, b"");
    Ok((verb, command))
}

fn date(now: SystemTime) -> Date {
    let now = Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH);
    now.to_zoned(TimeZone::UTC).date()
}
