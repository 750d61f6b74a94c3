//! What the server says while a command of ours is under way, octet by octet: rows, structures, bodies.
//!
//! A body of any size passes through; what is kept of it is for those who take it to bound.

use super::ask::{Running, What};
use super::{Mail, Place};
use crate::decode::{fetch, summary};
use crate::session::CommandId;
use crate::wire::frame::Ending;
use crate::wire::response::Untagged;
use crate::wire::{Frame, FrameBuilder, Piece};

/// Longest line kept to know what a literal is, in octets.
const LINE: usize = 4 * 1024;

/// Listens to the frames that come.
#[derive(Debug, Default)]
pub(super) struct Ear {
    /// In the midst of a frame.
    within: bool,
    /// Gathers the frame, if it is listened to from its beginning.
    builder: Option<FrameBuilder>,
    /// The one that is whole.
    frame: Option<Frame>,
    /// The line before the next literal.
    line: Vec<u8>,
    /// The literal's octets are those of the section: and whether they are said to be a part of it.
    section: Option<bool>,
}

impl Mail {
    /// A piece from the server.
    pub(super) fn hear(&mut self, piece: &Piece) {
        let begins = !std::mem::replace(&mut self.ear.within, !piece.ends_frame());
        let Some(running) = self.running.as_mut().filter(|r| r.command.is_some()) else {
            self.ear.builder = None;
            self.ear.frame = None;
            return;
        };
        if begins {
            self.ear.builder = Some(FrameBuilder::default());
            self.ear.line.clear();
            self.ear.section = None;
            running.literal = false;
        }
        let Some(builder) = &mut self.ear.builder else {
            return;
        };
        if let Some(frame) = builder.push(piece) {
            self.ear.frame = Some(frame);
            self.ear.builder = None;
        }
        match piece {
            Piece::Text { bytes, ending } => {
                let line = &mut self.ear.line;
                if line.len() < LINE {
                    line.extend_from_slice(bytes.get(..LINE).unwrap_or(bytes));
                }
                self.ear.section = None;
                if let (Ending::Literal(_), Some((uid, section))) = (ending, running.what.section())
                {
                    let list = self.list.as_ref();
                    let said = summary::announced_section(line);
                    self.ear.section = said
                        .filter(|said| said.section.eq_ignore_ascii_case(section.as_bytes()))
                        .filter(|said| match (said.uid, said.seq) {
                            (Some(named), _) => named == u64::from(uid),
                            (None, Some(seq)) => {
                                let known = list.and_then(|list| list.seq_of(uid));
                                known.is_none_or(|known| u64::from(known) == seq)
                            }
                            (None, None) => true,
                        })
                        .map(|said| said.partial);
                }
            }
            Piece::Literal { bytes, .. } => {
                if let Some(partial) = self.ear.section {
                    running.literal = true;
                    self.take_octets(bytes, partial);
                }
            }
        }
    }

    /// Octets of the section that was asked for.
    fn take_octets(&mut self, octets: &[u8], partial: bool) {
        let Some(Running { what, .. }) = &self.running else {
            return;
        };
        match what {
            What::Head(uid) => {
                if let Some(opened) = self.opened.as_mut().filter(|o| o.uid == *uid) {
                    opened.take_header(octets);
                }
            }
            What::Body { uid, section } => {
                let opened = self.opened.as_mut().filter(|o| o.uid == *uid);
                if let Some(opened) =
                    opened.filter(|o| o.looked_at().is_some_and(|p| p.number == *section))
                {
                    opened.take_body(octets);
                }
            }
            What::Piece { uid, section } => {
                let same = |d: &&mut super::Download| {
                    d.source().uid == *uid && d.source().section == *section
                };
                if let Some(download) = self.download.as_mut().filter(same) {
                    download.feed(octets, partial);
                }
            }
            What::Listing(_) | What::Rows { .. } => {}
        }
    }

    /// Untagged data; `command`: whose answer it is, as far as the session knows.
    pub(super) fn answer(&mut self, data: &Untagged, command: Option<CommandId>) {
        let frame = self.ear.frame.take();
        let Some(running) = &mut self.running else {
            return;
        };
        if running.command.is_none() || (command.is_some() && command != running.command) {
            return;
        }
        let Some(frame) = frame else { return };
        // Another message's, by whoever's command: not what was asked for.
        if let (Some((uid, _)), Untagged::Fetch(fetch)) = (running.what.section(), data)
            && fetch.uid.is_some_and(|named| named != u64::from(uid))
        {
            return;
        }
        match (&running.what, data) {
            (What::Listing(_), Untagged::Search(numbers) | Untagged::Sort(numbers)) => {
                let found = running.places.get_or_insert_default();
                extend(found, numbers.iter().map(|n| (*n, 0)));
            }
            (What::Listing(_), Untagged::Esearch { .. }) => {
                let numbers = summary::esearch(&frame).unwrap_or_default();
                let found = running.places.get_or_insert_default();
                extend(found, numbers.into_iter().map(|n| (n, 0)));
            }
            (What::Listing(_), _) => {
                if let Some(threads) = summary::threads(&frame) {
                    extend(running.places.get_or_insert_default(), threads.into_iter());
                }
            }
            (What::Rows { .. }, Untagged::Fetch(_)) => {
                let row = summary::summary(&frame).filter(|row| row.envelope);
                if let (Some(row), Some(list), None) = (row, &mut self.list, self.opening) {
                    list.fetched(row);
                }
            }
            (What::Head(uid), Untagged::Fetch(_)) => {
                if let Some(opened) = self.opened.as_mut().filter(|o| o.uid == *uid)
                    && let Some((tree, parts)) = fetch::structure(&frame)
                {
                    opened.structured(tree, parts);
                }
                self.take_string(&frame);
            }
            (What::Body { .. } | What::Piece { .. }, Untagged::Fetch(_)) => {
                self.take_string(&frame)
            }
            _ => {}
        }
    }

    /// The section as a quoted string: short ones may come as such.
    fn take_string(&mut self, frame: &Frame) {
        let Some(running) = self.running.as_ref().filter(|r| !r.literal) else {
            return;
        };
        let Some((_, section)) = running.what.section() else {
            return;
        };
        if let Some(Some(octets)) = summary::body_string(frame, section.as_bytes()) {
            self.take_octets(&octets, true);
        }
    }
}

fn extend(places: &mut Vec<Place>, numbers: impl Iterator<Item = (u64, u8)>) {
    let room = summary::LISTED_LIMIT.saturating_sub(places.len());
    let numbers = numbers.filter_map(|(number, depth)| {
        let uid = u32::try_from(number).ok().filter(|uid| *uid > 0)?;
        Some(Place { uid, depth })
    });
    places.extend(numbers.take(room));
}
