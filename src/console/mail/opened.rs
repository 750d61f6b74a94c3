//! The message that is looked at: its header, its parts, and the part that is read.

use crate::decode::mail::{Field, fields, sorted};
use crate::decode::structure::Listed;
use crate::decode::{Decoder, Outline, Transfer, text};

/// Octets of a header that are fetched.
pub const HEADER_LIMIT: usize = 64 * 1024;
/// Octets of a part that are fetched to be read.
pub const TEXT_LIMIT: usize = 256 * 1024;

/// How far something has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// Not asked for.
    #[default]
    Wanted,
    /// Asked for.
    Asked,
    /// Here.
    Here,
}

/// A message that is looked at. Everything in it is hostile.
#[derive(Debug, Clone, Default)]
pub struct Opened {
    /// Its UID.
    pub uid: u32,
    /// BODYSTRUCTURE and header.
    pub head: Stage,
    /// The tree of its parts; a row's part is an index into `parts`.
    pub tree: Outline,
    /// Its parts with content of their own.
    pub parts: Vec<Listed>,
    /// Its header as sent, folds and all.
    pub header: Vec<u8>,
    /// All fields of the header are wanted.
    pub all_fields: bool,
    /// The part that is looked at.
    pub part: Option<usize>,
    /// Its content.
    pub body: Stage,
    /// What is read of it, in UTF-8 wherever its charset could be decoded.
    pub text: Vec<u8>,
    /// Sentences about the part.
    pub remarks: Vec<String>,
    /// It went while it was open.
    pub gone: bool,
    /// Why there is nothing: a sentence.
    pub trouble: Option<String>,
    octets: Vec<u8>,
    version: u64,
}

impl Opened {
    /// Nothing is known of it yet.
    pub fn new(uid: u32) -> Opened {
        Opened {
            uid,
            ..Opened::default()
        }
    }

    /// Changes whenever anything does.
    pub fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn changed(&mut self) {
        self.version += 1;
    }

    /// The fields one looks for first, and all others.
    pub fn fields(&self) -> (Vec<Field>, Vec<Field>) {
        sorted(fields(&self.header))
    }

    /// The part that is looked at.
    pub fn looked_at(&self) -> Option<&Listed> {
        self.part.and_then(|part| self.parts.get(part))
    }

    /// Its parts are known: the one that is meant to be read is looked at.
    pub(super) fn structured(&mut self, tree: Outline, parts: Vec<Listed>) {
        let find = |fits: fn(&Listed) -> bool| parts.iter().position(|p| !p.attachment && fits(p));
        self.part = find(|p| p.media == "text/plain")
            .or_else(|| find(|p| p.media == "text/html"))
            .or_else(|| find(|p| p.media.starts_with("text/")));
        (self.tree, self.parts) = (tree, parts);
        self.changed();
    }

    /// Another part is looked at.
    pub fn look_at(&mut self, part: usize) {
        if self.parts.get(part).is_some() && self.part != Some(part) {
            self.part = Some(part);
            self.body = Stage::Wanted;
            self.text.clear();
            self.remarks.clear();
            self.octets.clear();
            self.changed();
        }
    }

    /// The number of the part that must be fetched now.
    pub(super) fn wants(&self) -> Option<String> {
        let part = self.looked_at().filter(|p| readable(p))?;
        (self.head == Stage::Here && self.body == Stage::Wanted).then(|| part.number.clone())
    }

    pub(super) fn take_header(&mut self, octets: &[u8]) {
        let room = HEADER_LIMIT.saturating_sub(self.header.len());
        self.header
            .extend_from_slice(octets.get(..room).unwrap_or(octets));
    }

    pub(super) fn take_body(&mut self, octets: &[u8]) {
        let room = TEXT_LIMIT.saturating_sub(self.octets.len());
        self.octets
            .extend_from_slice(octets.get(..room).unwrap_or(octets));
    }

    /// All of the part that is going to be read is here.
    pub(super) fn body_here(&mut self) {
        self.body = Stage::Here;
        self.changed();
        let octets = std::mem::take(&mut self.octets);
        let Some(part) = self.part.and_then(|part| self.parts.get(part)) else {
            return;
        };
        let whole =
            part.size.is_none_or(|size| size <= octets.len() as u64) && octets.len() < TEXT_LIMIT;
        let mut decoder = Decoder::new(Transfer::named(part.encoding.as_bytes()));
        let mut plain = Vec::with_capacity(octets.len());
        decoder.push(&octets, &mut plain);
        if whole {
            decoder.finish(&mut plain);
            if decoder.problems() > 0 {
                self.remarks.push(format!(
                    "{} octets were no {}.",
                    decoder.problems(),
                    part.encoding.to_ascii_lowercase()
                ));
            }
        } else {
            self.remarks.push(format!(
                "Only the first {} of {} octets were fetched; s saves all.",
                octets.len(),
                part.size
                    .map_or_else(|| "more".to_owned(), |s| s.to_string())
            ));
        }
        let shown = text::in_charset(&plain, part.charset.as_deref());
        self.remarks.extend(shown.remark);
        self.text = match part.media.as_str() {
            "text/html" => {
                self.remarks.push(
                    "HTML, shown as text: no links, no pictures, nothing is loaded.".to_owned(),
                );
                text::html(&shown.text)
            }
            _ => shown.text,
        };
    }
}

/// Whether a part can be read on a screen.
pub fn readable(part: &Listed) -> bool {
    part.media.starts_with("text/") || part.media.starts_with("message/")
}
