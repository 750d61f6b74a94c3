//! Content transfer encodings (RFC 2045 section 6), decoded piece by piece: any cut gives the same
//! octets, and nothing but a few octets is held between two pieces.

/// A content transfer encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Transfer {
    /// 7bit, 8bit, binary, and what is not known: as it is.
    #[default]
    Identity,
    /// base64.
    Base64,
    /// quoted-printable.
    QuotedPrintable,
}

/// Most spaces and tabs held back until it is known whether a line ends behind them.
const HELD: usize = 1_000;

impl Transfer {
    /// The encoding of this name, in any case.
    pub fn named(name: &[u8]) -> Transfer {
        let name = name.trim_ascii();
        if name.eq_ignore_ascii_case(b"base64") {
            Transfer::Base64
        } else if name.eq_ignore_ascii_case(b"quoted-printable") {
            Transfer::QuotedPrintable
        } else {
            Transfer::Identity
        }
    }

    /// Its name; nothing for those that change nothing.
    pub fn name(self) -> &'static str {
        match self {
            Transfer::Identity => "",
            Transfer::Base64 => "base64",
            Transfer::QuotedPrintable => "quoted-printable",
        }
    }

    /// What `sample` (the beginning of a part whose header is not known) looks like.
    pub fn guess(sample: &[u8]) -> Transfer {
        let mut lines = sample.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end);
        let all: Vec<&[u8]> = lines.by_ref().take(50).filter(|l| !l.is_empty()).collect();
        let base64 = |line: &&&[u8]| {
            let body = line.trim_ascii_end();
            !body.is_empty()
                && body
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b))
        };
        // The last line of the sample may be cut.
        let whole = all.len().saturating_sub(1).max(1);
        let long = all
            .first()
            .is_some_and(|l| l.len() >= 60 && l.len() % 4 == 0);
        if long && all.iter().take(whole).filter(base64).count() == whole.min(all.len()) {
            return Transfer::Base64;
        }
        let hex = |pair: &[u8]| {
            pair.iter()
                .all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b))
        };
        let (mut good, mut bad) = (0, 0);
        for at in memchr::memchr_iter(b'=', sample) {
            match sample.get(at + 1..at + 3) {
                Some(b"\r\n") => good += 1,
                Some([b'\n', _]) => good += 1,
                Some(pair) if hex(pair) => good += 1,
                Some(_) => bad += 1,
                None => {}
            }
        }
        if good > 0 && bad == 0 {
            Transfer::QuotedPrintable
        } else {
            Transfer::Identity
        }
    }
}

/// Takes an encoding off.
#[derive(Debug, Clone)]
pub struct Decoder {
    transfer: Transfer,
    /// base64: bits that wait, and how many.
    bits: u32,
    count: u32,
    /// quoted-printable: what waits for more; at most [`HELD`] octets.
    held: Vec<u8>,
    problems: u64,
}

impl Decoder {
    /// For a part of this encoding.
    pub fn new(transfer: Transfer) -> Decoder {
        Decoder {
            transfer,
            bits: 0,
            count: 0,
            held: Vec::new(),
            problems: 0,
        }
    }

    /// Octets that may not stand there; they were left out (base64) or kept as they are.
    pub fn problems(&self) -> u64 {
        self.problems
    }

    /// Takes the next piece; adds what it means to `out`.
    pub fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        match self.transfer {
            Transfer::Identity => out.extend_from_slice(piece),
            Transfer::Base64 => self.base64(piece, out),
            Transfer::QuotedPrintable => self.quoted_printable(piece, out),
        }
    }

    /// There is no more: what was held back.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        match self.transfer {
            Transfer::Identity => {}
            // A single letter is six bits: no octet.
            Transfer::Base64 => self.problems += u64::from(self.count >= 6),
            Transfer::QuotedPrintable => {
                let mut held = std::mem::take(&mut self.held);
                if held.first() == Some(&b'=') {
                    // A soft line break at the very end, or half an octet.
                    let soft = held
                        .get(1..)
                        .is_some_and(|rest| rest.trim_ascii().is_empty());
                    if soft {
                        held.clear();
                    } else {
                        self.problems += 1;
                    }
                }
                out.extend_from_slice(&held);
            }
        }
        self.bits = 0;
        self.count = 0;
    }

    fn base64(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        for &byte in piece {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' => {
                    // The end; some mailers join two texts, so a new one may begin.
                    self.bits = 0;
                    self.count = 0;
                    continue;
                }
                b'\r' | b'\n' | b' ' | b'\t' => continue,
                _ => {
                    self.problems += 1;
                    continue;
                }
            };
            self.bits = (self.bits << 6 | u32::from(value)) & 0xff_ffff;
            self.count += 6;
            if self.count >= 8 {
                self.count -= 8;
                out.push(u8::try_from(self.bits >> self.count & 0xff).unwrap_or_default());
            }
        }
    }

    fn quoted_printable(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        for &byte in piece {
            if self.held.first() == Some(&b'=') {
                self.escape(byte, out);
                continue;
            }
            match byte {
                b'=' => {
                    out.append(&mut self.held);
                    self.held.push(b'=');
                }
                // Rule 3: blanks at a line's end were put there on the way.
                b' ' | b'\t' | b'\r' if self.held.len() < HELD => self.held.push(byte),
                b'\n' => {
                    let cr = self.held.last() == Some(&b'\r');
                    self.held.clear();
                    if cr {
                        out.push(b'\r');
                    }
                    out.push(b'\n');
                }
                _ => {
                    out.append(&mut self.held);
                    out.push(byte);
                }
            }
        }
    }

    /// Behind a `=`.
    fn escape(&mut self, byte: u8, out: &mut Vec<u8>) {
        match (self.held.len(), byte) {
            // A soft line break, blanks before its line end forgiven.
            (_, b'\n') => self.held.clear(),
            (1, b'\r' | b' ' | b'\t') => self.held.push(byte),
            (1, _) if hex(byte).is_some() => self.held.push(byte),
            (2.., b'\r' | b' ' | b'\t')
                if self.held.len() < HELD
                    && self.held.get(1).is_some_and(|b| b" \t\r".contains(b)) =>
            {
                self.held.push(byte);
            }
            _ => {
                let high = self.held.get(1).copied().and_then(hex);
                match (self.held.len(), high, hex(byte)) {
                    (2, Some(high), Some(low)) => {
                        self.held.clear();
                        out.push(high << 4 | low);
                    }
                    _ => {
                        // No escape: as it is.
                        self.problems += 1;
                        let held = std::mem::take(&mut self.held);
                        out.extend_from_slice(&held);
                        self.quoted_printable(&[byte], out);
                    }
                }
            }
        }
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|d| u8::try_from(d).ok())
}
