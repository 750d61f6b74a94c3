//! A part on its way to a file: in pieces (`BODY.PEEK[2]<0.65536>`), so that its size does not matter, the line
//! stays free between two of them, and it can be stopped. Whoever writes the file takes what has arrived.

use std::time::Duration;

use crate::decode::{Decoder, Transfer};

/// Octets of the first piece; the next ones are as large as the line carries in about a second.
const FIRST: u64 = 64 * 1024;
/// Octets of the largest piece.
const LARGEST: u64 = 2 * 1024 * 1024;
/// A piece that takes longer makes the next one smaller; one that takes a quarter of it, larger.
const LONG: Duration = Duration::from_secs(2);

/// What is to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Of this message.
    pub uid: u32,
    /// The section: `2.1`; empty for the whole message.
    pub section: String,
    /// The encoding that is taken off.
    pub transfer: Transfer,
    /// Octets on the line, if known.
    pub size: Option<u64>,
}

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is more to fetch.
    Going,
    /// All has arrived; so many octets were not what the encoding allows.
    Done(u64),
    /// It cannot be fetched: a sentence.
    Failed(String),
}

/// A part on its way.
#[derive(Debug)]
pub struct Download {
    source: Source,
    decoder: Decoder,
    arrived: Vec<u8>,
    offset: u64,
    piece: u64,
    got: u64,
    whole: bool,
    standing: Standing,
}

impl Download {
    /// Nothing was asked for yet.
    pub fn new(source: Source) -> Download {
        Download {
            decoder: Decoder::new(source.transfer),
            source,
            arrived: Vec::new(),
            offset: 0,
            piece: FIRST,
            got: 0,
            whole: false,
            standing: Standing::Going,
        }
    }

    /// What is fetched.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Octets that have come over the line.
    pub fn octets(&self) -> u64 {
        self.offset
    }

    /// How it stands.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// What has arrived since this was last asked, its encoding taken off.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.arrived)
    }

    /// The next piece to ask for: not before what has arrived was taken.
    pub(super) fn wants(&self) -> Option<String> {
        let Source { uid, section, .. } = &self.source;
        (self.standing == Standing::Going && self.arrived.is_empty()).then(|| {
            format!(
                "UID FETCH {uid} (BODY.PEEK[{section}]<{}.{}>)",
                self.offset, self.piece
            )
        })
    }

    pub(super) fn asked(&mut self) {
        self.got = 0;
    }

    /// Octets of the piece that was asked for. `partial`: the server says that they are only a part.
    pub(super) fn feed(&mut self, octets: &[u8], partial: bool) {
        self.whole |= !partial;
        self.got += octets.len() as u64;
        self.offset += octets.len() as u64;
        self.decoder.push(octets, &mut self.arrived);
    }

    /// The command for the piece is completed.
    pub(super) fn piece_over(&mut self, ok: Result<(), String>, elapsed: Duration) {
        if let Err(sentence) = ok {
            self.standing = Standing::Failed(sentence);
            return;
        }
        let enough = match self.source.size {
            Some(size) => self.offset >= size,
            None => self.got < self.piece,
        };
        if self.got == 0 && self.offset == 0 && self.source.size != Some(0) {
            self.standing = Standing::Failed(
                "The server told nothing of it: the message is gone, or the part is empty."
                    .to_owned(),
            );
        } else if enough || self.got == 0 || self.whole {
            self.decoder.finish(&mut self.arrived);
            self.standing = Standing::Done(self.decoder.problems());
        } else if elapsed > LONG {
            self.piece = (self.piece / 2).max(FIRST / 8);
        } else if elapsed < LONG / 4 {
            self.piece = (self.piece * 2).min(LARGEST);
        }
    }

    pub(super) fn failed(&mut self, sentence: String) {
        self.standing = Standing::Failed(sentence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_grow_on_a_fast_line_and_end_with_the_size() {
        let mut download = Download::new(Source {
            uid: 7,
            section: "2".to_owned(),
            transfer: Transfer::Base64,
            size: Some(FIRST + 4),
        });
        let first = download.wants().unwrap();
        assert_eq!(first, "UID FETCH 7 (BODY.PEEK[2]<0.65536>)");
        download.asked();
        download.feed(&vec![b'A'; 65_536], true);
        download.piece_over(Ok(()), Duration::from_millis(10));
        // Not before it was taken: memory stays bounded.
        assert_eq!(download.wants(), None);
        assert_eq!(download.take().len(), 49_152);
        assert_eq!(
            download.wants().unwrap(),
            "UID FETCH 7 (BODY.PEEK[2]<65536.131072>)"
        );
        download.asked();
        download.feed(b"AAA=", true);
        download.piece_over(Ok(()), Duration::from_secs(1));
        assert_eq!(*download.standing(), Standing::Done(0));
        assert_eq!(download.take(), [0, 0]);
    }

    #[test]
    fn a_server_that_tells_nothing_or_all_ends_it() {
        let source = Source {
            uid: 7,
            section: String::new(),
            transfer: Transfer::Identity,
            size: None,
        };
        let mut nothing = Download::new(source.clone());
        nothing.asked();
        nothing.piece_over(Ok(()), Duration::ZERO);
        assert!(matches!(nothing.standing(), Standing::Failed(_)));
        let mut all = Download::new(source);
        all.asked();
        all.feed(&[1; 100_000], false);
        all.piece_over(Ok(()), Duration::ZERO);
        assert_eq!(*all.standing(), Standing::Done(0));
    }
}
