//! The parts of a mail (RFC 2046), found while its octets pass: line by line, by offsets, never by
//! holding it. What a part means is read from its own header only.

use std::ops::Range;

use super::mail::Head;

/// Most parts kept.
pub const PART_LIMIT: usize = 2_000;
/// Deepest nesting followed.
pub const DEPTH_LIMIT: usize = 50;
/// Longest header block read for its meaning, in octets.
pub const HEADER_LIMIT: usize = 64 * 1024;
/// Longest boundary, with the dashes before and behind it and some blanks.
const LINE_HEAD: usize = 512;

/// What a part is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// Content.
    Leaf,
    /// Other parts.
    Multipart,
    /// A mail of its own (message/rfc822).
    Message,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its section number (RFC 9051 section 6.4.5), as in `BODY[1.2]`; empty for a multipart that is all
    /// of a mail.
    pub number: String,
    /// How deep it is nested.
    pub depth: usize,
    /// The part it is in.
    pub parent: Option<usize>,
    /// What it is made of.
    pub kind: PartKind,
    /// Where its header is, empty line included.
    pub header: Range<u64>,
    /// Where its content is, the line end before the next boundary not included.
    pub body: Range<u64>,
    /// What its header says.
    pub head: Head,
    /// Its end has been seen.
    pub ended: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the header of the newest part.
    Header,
    /// In content, or in what stands before, between and behind parts.
    Body,
    /// Nothing more is taken apart.
    Full,
}

#[derive(Debug, Clone)]
struct Open {
    boundary: Vec<u8>,
    part: usize,
}

/// Takes the octets of a mail as they pass.
#[derive(Debug, Clone)]
pub struct MimeScan {
    parts: Vec<Part>,
    open: Vec<Open>,
    place: Place,
    /// Header lines of the newest part.
    header: Vec<u8>,
    /// The beginning of the current line.
    line: Vec<u8>,
    line_start: u64,
    /// Octets of the line end before the current line.
    line_end: u64,
    last: u8,
    offset: u64,
    cut: bool,
}

impl Default for MimeScan {
    fn default() -> MimeScan {
        MimeScan::new()
    }
}

impl MimeScan {
    /// For a whole mail, or the header of one.
    pub fn new() -> MimeScan {
        let mut scan = MimeScan {
            parts: Vec::new(),
            open: Vec::new(),
            place: Place::Header,
            header: Vec::new(),
            line: Vec::new(),
            line_start: 0,
            line_end: 0,
            last: 0,
            offset: 0,
            cut: false,
        };
        scan.begin(None, 0, "text/plain");
        scan
    }

    /// The parts so far, each before those in it.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Octets that passed.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Too many parts, or too deep: the rest was not taken apart.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).map(|at| at + 1);
            let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
            let limit = match self.place {
                Place::Header => HEADER_LIMIT,
                Place::Body => LINE_HEAD,
                Place::Full => 0,
            };
            let room = limit.saturating_sub(self.line.len());
            self.line
                .extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
            self.offset += part.len() as u64;
            if end.is_some() {
                let cr = match part.len() {
                    0 | 1 => self.last == b'\r',
                    n => part.get(n - 2) == Some(&b'\r'),
                };
                self.end_line();
                self.line_end = 1 + u64::from(cr);
                self.line_start = self.offset;
                self.line.clear();
            }
            self.last = part.last().copied().unwrap_or(self.last);
            rest = after;
        }
    }

    /// There is no more.
    pub fn finish(&mut self) {
        if !self.line.is_empty() {
            self.end_line();
            self.line.clear();
        }
        if self.place == Place::Header {
            self.end_header(self.offset);
        }
        for part in self.parts.iter_mut().filter(|p| !p.ended) {
            part.body.end = self.offset.max(part.body.start);
            part.ended = true;
        }
        self.place = Place::Full;
    }

    fn end_line(&mut self) {
        match self.place {
            Place::Full => return,
            Place::Header | Place::Body => {}
        }
        let line = std::mem::take(&mut self.line);
        if let Some((level, closes)) = self.delimiter(&line) {
            self.boundary(level, closes);
        } else if self.place == Place::Header {
            let blank = line.iter().all(|b| matches!(b, b'\r' | b'\n'));
            if blank {
                self.end_header(self.offset);
            } else if self.header.len() < HEADER_LIMIT {
                self.header.extend_from_slice(&line);
                if line.last() != Some(&b'\n') {
                    self.header.push(b'\n');
                }
            }
        }
        self.line = line;
    }

    /// Which open multipart this line delimits, and whether it closes it.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, bool)> {
        let text = line.strip_prefix(b"--")?;
        self.open
            .iter()
            .enumerate()
            .rev()
            .find_map(|(level, open)| {
                let rest = text.strip_prefix(open.boundary.as_slice())?;
                let (rest, closes) = match rest.strip_prefix(b"--") {
                    Some(rest) => (rest, true),
                    None => (rest, false),
                };
                rest.trim_ascii().is_empty().then_some((level, closes))
            })
    }

    fn boundary(&mut self, level: usize, closes: bool) {
        // The line end before a boundary belongs to it (RFC 2046 section 5.1.1).
        let end = self.line_start.saturating_sub(self.line_end);
        if self.place == Place::Header {
            self.end_header(self.line_start);
        }
        let Some(multipart) = self.open.get(level).map(|o| o.part) else {
            return;
        };
        // From the inside out: what a part holds is never longer than the part, even where a boundary comes
        // before a header has ended.
        for index in (multipart + 1..self.parts.len()).rev() {
            let Some(part) = self.parts.get_mut(index).filter(|p| !p.ended) else {
                continue;
            };
            part.body.end = end.max(part.body.end);
            part.ended = true;
            let (end, above) = (part.body.end, part.parent);
            if let Some(above) = above.and_then(|at| self.parts.get_mut(at)) {
                above.body.end = end.max(above.body.end);
            }
        }
        self.open.truncate(level + 1);
        self.place = Place::Body;
        if closes {
            // What stands behind it is its epilogue: it ends with what it is in.
            self.open.truncate(level);
        } else {
            let digest = self
                .parts
                .get(multipart)
                .is_some_and(|p| p.head.media == "multipart/digest");
            // RFC 2046 section 5.1.5.
            let default = if digest {
                "message/rfc822"
            } else {
                "text/plain"
            };
            self.begin(Some(multipart), self.offset, default);
        }
    }

    /// A part begins at `at`.
    fn begin(&mut self, parent: Option<usize>, at: u64, default: &str) {
        let depth = parent
            .and_then(|p| self.parts.get(p))
            .map_or(0, |p| p.depth + 1);
        if self.parts.len() >= PART_LIMIT || depth > DEPTH_LIMIT {
            self.cut = true;
            self.place = Place::Full;
            return;
        }
        self.parts.push(Part {
            number: String::new(),
            depth,
            parent,
            kind: PartKind::Leaf,
            header: at..at,
            body: at..at,
            head: Head::default_for(default),
            ended: false,
        });
        self.header.clear();
        self.place = Place::Header;
    }

    fn end_header(&mut self, body: u64) {
        let Some(index) = self.parts.len().checked_sub(1) else {
            return;
        };
        let number = self.number(index);
        let Some(part) = self.parts.get_mut(index) else {
            return;
        };
        part.header.end = body;
        part.body = body..body;
        part.head.read(&self.header);
        self.header.clear();
        self.place = Place::Body;
        let boundary = part.head.boundary.clone().filter(|b| !b.is_empty());
        if part.head.media.starts_with("multipart/")
            && let Some(boundary) = boundary
        {
            part.kind = PartKind::Multipart;
            part.number = number.0;
            let mut boundary = boundary.into_bytes();
            boundary.truncate(LINE_HEAD / 2);
            self.open.push(Open {
                boundary,
                part: index,
            });
        } else if matches!(
            part.head.media.as_str(),
            "message/rfc822" | "message/global"
        ) && part.head.transfer == super::Transfer::Identity
        {
            part.kind = PartKind::Message;
            part.number = number.1;
            self.begin(Some(index), body, "text/plain");
        } else {
            part.number = number.1;
        }
    }

    /// The section number of the newest part: as a multipart, and as anything else.
    fn number(&self, index: usize) -> (String, String) {
        let part = self.parts.get(index);
        let Some(parent) = part.and_then(|p| p.parent) else {
            return (String::new(), "1".to_owned());
        };
        match self.parts.get(parent) {
            Some(above) if above.kind == PartKind::Message => {
                (above.number.clone(), format!("{}.1", above.number))
            }
            Some(above) => {
                let siblings = self.parts.iter().filter(|p| p.parent == Some(parent));
                let own = siblings.count();
                let number = match above.number.as_str() {
                    "" => own.to_string(),
                    number => format!("{number}.{own}"),
                };
                (number.clone(), number)
            }
            None => (String::new(), String::new()),
        }
    }
}

/// Fuzz entry: any octets in any cut give the same parts, each inside the mail and inside its parent.
pub fn fuzz_mime(data: &[u8]) {
    let (cut, data) = data
        .split_first()
        .map_or((1, data), |(cut, rest)| (usize::from(*cut) + 1, rest));
    let mut whole = MimeScan::new();
    whole.push(data);
    whole.finish();
    let mut pieces = MimeScan::new();
    data.chunks(cut).for_each(|piece| pieces.push(piece));
    pieces.finish();
    assert_eq!(whole.parts(), pieces.parts());
    for part in whole.parts() {
        assert!(part.ended && part.header.start <= part.header.end);
        assert!(part.header.end == part.body.start && part.body.start <= part.body.end);
        assert!(part.body.end <= data.len() as u64);
        let parent = part.parent.and_then(|p| whole.parts().get(p));
        assert!(
            parent.is_none_or(|p| p.body.start <= part.header.start && part.body.end <= p.body.end)
        );
    }
}
