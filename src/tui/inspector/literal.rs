//! A literal that is taken apart: looked through once, in steps, and never held.

use std::ops::Range;

use crate::decode::mail::Head;
use crate::decode::structure::Listed;
use crate::decode::{
    Decoder, LiteralKind, MimeScan, Part, PartKind, Sniffed, Transfer, fetch, text,
};
use crate::transcript::{LineKind, Transcript};
use crate::wire::Direction;

/// Octets read at one go.
const PIECE: usize = 256 * 1024;
/// Octets looked at to tell what it is.
const SAMPLE: usize = 4 * 1024;

/// A literal of the transcript.
#[derive(Debug, Clone)]
pub struct Literal {
    line: usize,
    /// What it is.
    pub kind: LiteralKind,
    /// How it looks.
    pub sniffed: Sniffed,
    /// Only a piece of what it is named for: `BODY[]<0>`.
    pub partial: bool,
    /// Announced octets.
    pub size: u64,
    /// Octets that can be read.
    pub stored: u64,
    /// Its octets are a secret.
    pub masked: bool,
    /// Message sequence number, where the reply tells it.
    pub number: Option<u64>,
    /// What the BODYSTRUCTURE in the same reply says of it.
    pub listed: Option<Listed>,
    scan: Option<MimeScan>,
    finished: bool,
}

/// Octets that can be looked at or saved by themselves.
#[derive(Debug, Clone)]
pub struct Content {
    /// Where they are in the literal.
    pub octets: Range<u64>,
    /// What they are.
    pub head: Head,
    /// Section number.
    pub number: String,
    /// The encoding was guessed from the octets.
    pub guessed: bool,
}

impl Literal {
    /// The literal at `line`; `None`: there is none.
    pub fn open(transcript: &Transcript, line: usize) -> Option<Literal> {
        let record = transcript.line(line)?;
        let LineKind::Literal {
            direction,
            size,
            stored,
            ..
        } = record.kind
        else {
            return None;
        };
        let announcing = (transcript.first_line()..line)
            .rev()
            .take(1_000)
            .filter_map(|at| transcript.line(at))
            .find(|l| {
                l.kind.direction() == Some(direction) && !matches!(l.kind, LineKind::Literal { .. })
            });
        let text = announcing.map(|l| l.bytes).unwrap_or_default();
        let kind = LiteralKind::announced(&text, direction == Direction::Server);
        let sample = transcript.literal_bytes(line, 0, SAMPLE);
        let sniffed = Sniffed::of(&sample);
        let frame = transcript.frame_at(line);
        let number = frame.as_ref().and_then(|at| {
            let mut words = at.frame.bytes.split(|b| *b == b' ');
            words.next().filter(|w| *w == b"*")?;
            crate::wire::token::number(words.next()?)
        });
        let listed = match (&kind, &frame) {
            (LiteralKind::Part(section) | LiteralKind::Binary(section), Some(at))
                if !at.frame.elided =>
            {
                fetch::parts(&at.frame)
                    .into_iter()
                    .find(|p| p.number == *section)
            }
            _ => None,
        };
        let mail = match kind {
            LiteralKind::Mail | LiteralKind::Header => true,
            LiteralKind::Other(_) => sniffed == Sniffed::Mail,
            LiteralKind::Part(_) | LiteralKind::Binary(_) => false,
        };
        let partial = LiteralKind::is_partial(&text);
        Some(Literal {
            line,
            kind,
            sniffed,
            partial,
            size,
            stored,
            masked: record.masked,
            number,
            listed,
            scan: (mail && !record.masked).then(MimeScan::new),
            finished: false,
        })
    }

    /// Its line.
    pub fn line(&self) -> usize {
        self.line
    }

    /// How far it was looked through, and whether that is all.
    pub fn read(&self) -> (u64, bool) {
        (
            self.scan.as_ref().map_or(self.stored, MimeScan::offset),
            self.finished,
        )
    }

    /// Octets are there that were not looked through.
    pub fn wants_more(&self) -> bool {
        self.scan
            .as_ref()
            .is_some_and(|scan| scan.offset() < self.stored)
    }

    /// Its parts so far, if it is a mail.
    pub fn scan(&self) -> Option<&MimeScan> {
        self.scan.as_ref()
    }

    /// Looks through at most `budget` octets more.
    pub fn read_on(&mut self, transcript: &Transcript, budget: u64) {
        if let Some(LineKind::Literal { stored, .. }) = transcript.line(self.line).map(|l| l.kind) {
            self.stored = stored;
        }
        let Some(scan) = self.scan.as_mut().filter(|_| !self.finished) else {
            return;
        };
        let stop = scan.offset().saturating_add(budget);
        while scan.offset() < stop {
            let piece = transcript.literal_bytes(self.line, scan.offset(), PIECE);
            if piece.is_empty() {
                break;
            }
            scan.push(&piece);
        }
        if scan.offset() >= self.size {
            scan.finish();
            self.finished = true;
        }
    }

    /// A part of it, or (`None`) the only content of a literal that is no mail.
    pub fn content(&self, transcript: &Transcript, part: Option<usize>) -> Option<Content> {
        match (part, &self.scan) {
            (Some(part), Some(scan)) => {
                let part: &Part = scan.parts().get(part)?;
                let mut head = part.head.clone();
                if part.kind != PartKind::Leaf {
                    head.transfer = Transfer::Identity;
                }
                // Of a part that has not ended, what is there.
                let end = match part.ended {
                    true => part.body.end,
                    false => self.stored,
                };
                Some(Content {
                    octets: part.body.start..end.max(part.body.start),
                    head,
                    number: part.number.clone(),
                    guessed: false,
                })
            }
            (None, None) => Some(self.only(transcript)),
            _ => None,
        }
    }

    /// The content of `BODY[1]` and its like: what the reply's BODYSTRUCTURE says, else a guess.
    fn only(&self, transcript: &Transcript) -> Content {
        let (number, taken_off) = match &self.kind {
            LiteralKind::Binary(number) => (number.clone(), true),
            LiteralKind::Part(number) => (number.clone(), false),
            _ => (String::new(), true),
        };
        let mut head = Head::default_for(match self.sniffed {
            Sniffed::Data => "application/octet-stream",
            _ => "text/plain",
        });
        let mut guessed = false;
        if let Some(listed) = &self.listed {
            head.media = listed.media.clone();
            head.charset = listed.charset.clone();
            head.name = listed.name.clone();
            head.transfer = Transfer::named(listed.encoding.as_bytes());
        } else if !taken_off {
            head.transfer = Transfer::guess(&transcript.literal_bytes(self.line, 0, SAMPLE));
            guessed = head.transfer != Transfer::Identity;
            if guessed {
                let sample = self.decoded(
                    transcript,
                    0..self.stored.min(SAMPLE as u64),
                    head.transfer,
                    SAMPLE,
                );
                if !text::is_text(&sample.octets) {
                    head.media = "application/octet-stream".to_owned();
                }
            }
        }
        if taken_off {
            head.transfer = Transfer::Identity;
        }
        Content {
            octets: 0..self.stored,
            head,
            number,
            guessed,
        }
    }

    /// At most `limit` octets of a range, its encoding taken off.
    pub fn decoded(
        &self,
        transcript: &Transcript,
        range: Range<u64>,
        transfer: Transfer,
        limit: usize,
    ) -> Decoded {
        let mut decoder = Decoder::new(transfer);
        let mut octets = Vec::new();
        let mut at = range.start;
        while at < range.end && octets.len() < limit {
            let left = usize::try_from(range.end - at).unwrap_or(PIECE);
            let piece = transcript.literal_bytes(self.line, at, left.min(PIECE));
            if piece.is_empty() {
                break;
            }
            at += piece.len() as u64;
            decoder.push(&piece, &mut octets);
        }
        if at >= range.end {
            decoder.finish(&mut octets);
        }
        let cut = at < range.end || octets.len() > limit;
        octets.truncate(limit);
        Decoded {
            octets,
            cut,
            problems: decoder.problems(),
        }
    }
}

/// Octets with their encoding taken off.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// The octets.
    pub octets: Vec<u8>,
    /// There are more.
    pub cut: bool,
    /// Octets that were no base64 or quoted-printable.
    pub problems: u64,
}
