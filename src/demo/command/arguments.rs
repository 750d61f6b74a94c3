//! A cursor over one command (RFC 3501 section 9), literals in place.
//!
//! What is wrong becomes a sentence for `BAD`, with what was expected.

use super::Refusal;

/// Deepest nesting of parentheses that is followed.
pub const DEEPEST: usize = 20;

/// The arguments of a command: `bytes` is the whole command with its line end, literals inside.
#[derive(Debug, Clone)]
pub struct Arguments<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Arguments<'a> {
    /// A cursor at the beginning.
    pub fn new(bytes: &'a [u8]) -> Arguments<'a> {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        Arguments {
            bytes: bytes.strip_suffix(b"\r").unwrap_or(bytes),
            at: 0,
        }
    }

    /// The next octet.
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Whether all was read.
    pub fn is_at_end(&self) -> bool {
        self.rest().iter().all(|b| *b == b' ')
    }

    /// Wants the end.
    ///
    /// # Errors
    /// BAD with what stands there.
    pub fn end(&self) -> Result<(), Refusal> {
        if self.is_at_end() {
            return Ok(());
        }
        Err(Refusal::bad(format!(
            "Unexpected extra arguments: {}",
            shown(self.rest().trim_ascii_start())
        )))
    }

    /// Takes `byte` if it is next.
    pub fn take(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    /// Takes `word` (any case) if it is next and ends there.
    pub fn take_word(&mut self, word: &str) -> bool {
        let mut ahead = self.clone();
        match ahead.word() {
            Some(found) if found.eq_ignore_ascii_case(word) => {
                *self = ahead;
                true
            }
            _ => false,
        }
    }

    /// Wants a space.
    ///
    /// # Errors
    /// BAD that names what should have come.
    pub fn space(&mut self, before: &str) -> Result<(), Refusal> {
        if self.take(b' ') {
            while self.take(b' ') {}
            return Ok(());
        }
        Err(if self.is_at_end() {
            Refusal::bad(format!("Missing argument: {before}"))
        } else {
            Refusal::bad(format!(
                "Expected a space before {before}, found {}",
                shown(self.rest().trim_ascii_start())
            ))
        })
    }

    /// Wants `byte`.
    ///
    /// # Errors
    /// BAD.
    pub fn expect(&mut self, byte: u8, whose: &str) -> Result<(), Refusal> {
        if self.take(byte) {
            return Ok(());
        }
        Err(self.expected(&format!("{:?} in {whose}", char::from(byte))))
    }

    /// Octets up to a space, a parenthesis, a quote, a bracket's end or the end of the line.
    pub fn word(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let len = rest
            .iter()
            .position(|b| b" ()\"]>{\r\n".contains(b))
            .unwrap_or(rest.len());
        let word = std::str::from_utf8(rest.get(..len)?).ok()?;
        self.at += len;
        (!word.is_empty()).then_some(word)
    }

    /// Letters, digits, dots, `-` and `_`: an item's name, possibly empty.
    pub fn name(&mut self) -> &'a str {
        let rest = self.rest();
        let len = rest
            .iter()
            .position(|b| !b.is_ascii_alphanumeric() && !b".-_".contains(b))
            .unwrap_or(rest.len());
        self.at += len;
        rest.get(..len)
            .and_then(|name| std::str::from_utf8(name).ok())
            .unwrap_or_default()
    }

    /// Wants an atom.
    ///
    /// # Errors
    /// BAD that names what should have come.
    pub fn atom(&mut self, what: &str) -> Result<&'a str, Refusal> {
        let rest = self.rest();
        let len = rest
            .iter()
            .position(|b| !is_atom_char(*b))
            .unwrap_or(rest.len());
        let word = rest
            .get(..len)
            .and_then(|w| std::str::from_utf8(w).ok())
            .unwrap_or_default();
        if word.is_empty() {
            return Err(self.expected(what));
        }
        self.at += len;
        Ok(word)
    }

    /// Wants an astring, a LIST pattern included if `wildcards`.
    ///
    /// # Errors
    /// BAD that names what should have come.
    pub fn astring(&mut self, what: &str, wildcards: bool) -> Result<Vec<u8>, Refusal> {
        if matches!(self.peek(), Some(b'"' | b'{' | b'~'))
            && !(self.peek() == Some(b'~') && self.bytes.get(self.at + 1) != Some(&b'{'))
        {
            return self.string(what);
        }
        let rest = self.rest();
        let good = |b: u8| {
            is_atom_char(b) || b == b']' || b >= 0x80 || (wildcards && matches!(b, b'%' | b'*'))
        };
        let len = rest.iter().position(|b| !good(*b)).unwrap_or(rest.len());
        if len == 0 {
            return Err(self.expected(what));
        }
        self.at += len;
        Ok(rest.get(..len).unwrap_or_default().to_vec())
    }

    /// An astring that must be UTF-8.
    ///
    /// # Errors
    /// BAD.
    pub fn text(&mut self, what: &str) -> Result<String, Refusal> {
        let bytes = self.astring(what, false)?;
        String::from_utf8(bytes).map_err(|_| Refusal::bad(format!("{what} is not UTF-8")))
    }

    /// Wants a quoted string or a literal.
    ///
    /// # Errors
    /// BAD that names what should have come.
    pub fn string(&mut self, what: &str) -> Result<Vec<u8>, Refusal> {
        match self.peek() {
            Some(b'"') => self.quoted(what),
            Some(b'{' | b'~') => {
                let (start, len) = self.literal_span().ok_or_else(|| self.expected(what))?;
                self.at = start + len;
                Ok(self
                    .bytes
                    .get(start..start + len)
                    .unwrap_or_default()
                    .to_vec())
            }
            _ => Err(self.expected(what)),
        }
    }

    /// Where the literal that is announced here stands.
    fn literal_span(&self) -> Option<(usize, usize)> {
        let rest = self.rest();
        let open = rest.iter().position(|b| *b == b'{').filter(|at| *at <= 1)?;
        let close = rest.iter().position(|b| *b == b'}')?;
        let digits = rest.get(open + 1..close)?;
        let digits = digits.strip_suffix(b"+").unwrap_or(digits);
        let len: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
        let behind = rest.get(close + 1..)?;
        let ending = if behind.starts_with(b"\r\n") {
            2
        } else {
            usize::from(behind.starts_with(b"\n"))
        };
        (ending > 0 && behind.len() >= ending + len).then_some((self.at + close + 1 + ending, len))
    }

    fn quoted(&mut self, what: &str) -> Result<Vec<u8>, Refusal> {
        self.at += 1;
        let mut text = Vec::new();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(byte @ (b'"' | b'\\')) => text.push(byte),
                        _ => {
                            return Err(Refusal::bad(format!(
                                "Only \" and \\ may follow a backslash in {what}"
                            )));
                        }
                    }
                }
                Some(b'\r' | b'\n' | 0) | None => {
                    return Err(Refusal::bad(format!(
                        "Unterminated quoted string in {what}"
                    )));
                }
                Some(byte) => text.push(byte),
            }
            self.at += 1;
        }
    }

    /// Wants a number.
    ///
    /// # Errors
    /// BAD.
    pub fn number(&mut self, what: &str) -> Result<u64, Refusal> {
        let rest = self.rest();
        let len = rest
            .iter()
            .position(|b| !b.is_ascii_digit())
            .unwrap_or(rest.len());
        let digits = rest
            .get(..len)
            .and_then(|d| std::str::from_utf8(d).ok())
            .unwrap_or_default();
        let number = digits.parse().map_err(|_| self.expected(what))?;
        self.at += len;
        Ok(number)
    }

    /// `(word word ...)` or one word.
    ///
    /// # Errors
    /// BAD.
    pub fn words(&mut self, what: &str) -> Result<Vec<String>, Refusal> {
        if !self.take(b'(') {
            return Ok(vec![
                self.word().ok_or_else(|| self.expected(what))?.to_owned(),
            ]);
        }
        let mut words = Vec::new();
        loop {
            while self.take(b' ') {}
            if self.take(b')') {
                return Ok(words);
            }
            words.push(self.word().ok_or_else(|| self.expected(what))?.to_owned());
        }
    }

    /// A sentence about what should have come.
    pub fn expected(&self, what: &str) -> Refusal {
        if self.is_at_end() {
            Refusal::bad(format!("Missing argument: {what}"))
        } else {
            Refusal::bad(format!("Expected {what}, found {}", shown(self.rest())))
        }
    }
}

fn is_atom_char(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"(){%*\"\\]".contains(&byte)
}

/// The beginning of some octets, harmless and short.
fn shown(bytes: &[u8]) -> String {
    let text: String = bytes
        .iter()
        .take(40)
        .map(|b| {
            if (b' '..=b'~').contains(b) {
                char::from(*b)
            } else {
                '?'
            }
        })
        .collect();
    text
}
