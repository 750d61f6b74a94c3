//! Cheap, deterministic mutation of byte strings.

/// xorshift64*: the same seed gives the same run everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit` (0 for an empty range).
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.roll() >> 16)
            .unwrap_or(0)
            .checked_rem(limit)
            .unwrap_or(0)
    }
}

/// What makes a parser stumble.
const WORDS: [&[u8]; 40] = [
    b"(",
    b")",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b" ",
    b"  ",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"{0}\r\n",
    b"{3}\r\nabc",
    b"~{2}\r\n\0\xff",
    b"{2+}\r\nxy",
    b"{5}",
    b"{18446744073709551615}\r\n",
    b"NIL",
    b"()",
    b"-1",
    b"0",
    b"99999999999999999999",
    b"* ",
    b"+ ",
    b"a1 OK ",
    b"* OK [",
    b"BODY[",
    b"]<0>",
    b"&",
    b"&-",
    b"&AOQ-",
    b"%",
    b"*",
    b"\xc3\xbc",
    b"\xff",
    b"((((((((",
    b"* 1 FETCH (",
];

/// `bytes` with one to four small changes; `other` is spliced in now and then.
pub fn mutate(dice: &mut Dice, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(out.len() + 1);
        match dice.below(8) {
            0 => {
                if let Some(byte) = out.get_mut(at) {
                    *byte = u8::try_from(dice.below(256)).unwrap_or(0);
                }
            }
            1 => {
                if let Some(byte) = out.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
            2 | 3 => {
                let word = WORDS[dice.below(WORDS.len())];
                out.splice(at..at, word.iter().copied());
            }
            4 => {
                let end = (at + dice.below(8)).min(out.len());
                out.drain(at..end);
            }
            5 => {
                let end = (at + dice.below(24)).min(out.len());
                let copy = out[at..end].to_vec();
                out.splice(at..at, copy);
            }
            6 => {
                // Another number where one stands.
                if let Some(digit) = out.iter().skip(at).position(u8::is_ascii_digit) {
                    out[at + digit] = b'0' + u8::try_from(dice.below(10)).unwrap_or(0);
                }
            }
            _ => {
                let from = dice.below(other.len() + 1);
                let end = (from + dice.below(40)).min(other.len());
                out.splice(at..at, other[from..end].iter().copied());
            }
        }
    }
    out
}

/// How many rounds to run: `IMAPSH_FUZZ_ROUNDS`, else `default`.
pub fn rounds(default: usize) -> usize {
    match std::env::var("IMAPSH_FUZZ_ROUNDS") {
        Ok(text) => text.parse().expect("IMAPSH_FUZZ_ROUNDS is a number"),
        Err(_) => default,
    }
}
