//! Arguments, as imaptest's parser takes a line apart: the same for what a script writes and for what a server says.
//!
//! It is coarser than the grammar of RFC 9051. An atom goes on to the next space (or, inside a list, to `)`),
//! whatever is in it, and human-readable text is arguments, too: `[APPENDUID`, `1`, `2]`.

/// Lists inside lists, at most: a reply must not exhaust the stack.
const DEEPEST: usize = 200;

/// An argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// `NIL` without quotes.
    Nil,
    /// A word.
    Atom(Vec<u8>),
    /// `"..."`, quotes and backslashes off.
    Quoted(Vec<u8>),
    /// A literal.
    Literal(Vec<u8>),
    /// `( ... )`
    List(Vec<Arg>),
}

impl Arg {
    /// Its octets; `None` for a list. Of NIL they are `NIL`.
    pub fn octets(&self) -> Option<&[u8]> {
        match self {
            Arg::Nil => Some(b"NIL"),
            Arg::Atom(octets) | Arg::Quoted(octets) | Arg::Literal(octets) => Some(octets),
            Arg::List(_) => None,
        }
    }

    /// Its octets if it is a word.
    pub fn atom(&self) -> Option<&[u8]> {
        match self {
            Arg::Nil => Some(b"NIL"),
            Arg::Atom(octets) => Some(octets),
            _ => None,
        }
    }

    /// Whether it is this word, in any case.
    pub fn is(&self, word: &str) -> bool {
        self.atom()
            .is_some_and(|a| a.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// As a number.
    pub fn number(&self) -> Option<u32> {
        let digits = self.atom()?;
        let all = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        all.then(|| std::str::from_utf8(digits).ok()?.parse().ok())?
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Arg::Nil => out.extend_from_slice(b"NIL"),
            Arg::Atom(octets) => out.extend_from_slice(octets),
            Arg::Quoted(octets) => {
                out.push(b'"');
                for octet in octets {
                    if b"\"\\".contains(octet) {
                        out.push(b'\\');
                    }
                    out.push(*octet);
                }
                out.push(b'"');
            }
            Arg::Literal(octets) => {
                out.extend_from_slice(format!("{{{}}}\\r\\n", octets.len()).as_bytes());
                for octet in octets {
                    match octet {
                        b'\r' => out.extend_from_slice(b"\\r"),
                        b'\n' => out.extend_from_slice(b"\\n"),
                        other => out.push(*other),
                    }
                }
            }
            Arg::List(args) => {
                out.push(b'(');
                out.extend_from_slice(&written(args));
                out.push(b')');
            }
        }
    }
}

fn written(args: &[Arg]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        arg.write(&mut out);
    }
    out
}

/// Arguments in one line, to show; at most some 400 characters.
pub fn shown(args: &[Arg]) -> String {
    const MOST: usize = 400;
    let all = written(args);
    let text = String::from_utf8_lossy(&all);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} ...", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}

/// Takes a line apart. A literal stands in it as `{n}`, CRLF and its n octets.
///
/// `lines`: a quoted string may go on over a line end, as in a script.
///
/// # Errors
/// A few words: what imaptest drops the connection for, or calls the script broken for.
pub fn parse(line: &[u8], lines: bool) -> Result<Vec<Arg>, &'static str> {
    let mut reader = Reader { rest: line, lines };
    let args = reader.args(0)?;
    Ok(args)
}

struct Reader<'l> {
    rest: &'l [u8],
    lines: bool,
}

impl Reader<'_> {
    /// Up to the end of the line, or of the list that is `depth` deep.
    fn args(&mut self, depth: usize) -> Result<Vec<Arg>, &'static str> {
        let mut args = Vec::new();
        loop {
            while let [b' ', rest @ ..] = self.rest {
                self.rest = rest;
            }
            match self.rest {
                [] | [b'\r', b'\n', ..] | [b'\n', ..] => {
                    return match depth {
                        0 => Ok(args),
                        _ => Err("a list without its )"),
                    };
                }
                [b')', rest @ ..] => {
                    self.rest = rest;
                    return match depth {
                        0 => Err("a ) that closes no list"),
                        _ => Ok(args),
                    };
                }
                [b'(', rest @ ..] => {
                    if depth >= DEEPEST {
                        return Err("lists too deep inside each other");
                    }
                    self.rest = rest;
                    args.push(Arg::List(self.args(depth + 1)?));
                }
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    args.push(Arg::Quoted(self.quoted()?));
                }
                _ => args.push(match self.literal() {
                    Some(octets) => Arg::Literal(octets?),
                    None => self.atom(depth > 0),
                }),
            }
        }
    }

    fn quoted(&mut self) -> Result<Vec<u8>, &'static str> {
        let mut octets = Vec::new();
        loop {
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Ok(octets);
                }
                [b'\\', next, rest @ ..] if !b"\r\n".contains(next) => {
                    octets.push(*next);
                    self.rest = rest;
                }
                [b'\r' | b'\n', ..] if !self.lines => return Err("a string without its end quote"),
                [octet, rest @ ..] => {
                    octets.push(*octet);
                    self.rest = rest;
                }
                [] => return Err("a string without its end quote"),
            }
        }
    }

    /// `{n}`, `{n+}`, `~{n}`; `None`: it is a word that looks like it.
    fn literal(&mut self) -> Option<Result<Vec<u8>, &'static str>> {
        let (size, content) = announcement(self.rest)?;
        let Some(octets) = content.get(..size) else {
            return Some(Err("a literal that is cut short"));
        };
        self.rest = content.get(size..).unwrap_or_default();
        Some(Ok(octets.to_vec()))
    }

    fn atom(&mut self, in_list: bool) -> Arg {
        let ends = |octet: &u8| b" \r\n".contains(octet) || (in_list && *octet == b')');
        let end = self.rest.iter().position(ends).unwrap_or(self.rest.len());
        // A lone CR is part of the word: nobody else would take it.
        let end = end.max(1).min(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word.eq_ignore_ascii_case(b"NIL") {
            true => Arg::Nil,
            false => Arg::Atom(word.to_vec()),
        }
    }
}

/// The size that a literal announces at the beginning of `text`, and what stands behind its line end.
pub fn announcement(text: &[u8]) -> Option<(usize, &[u8])> {
    let text = text.strip_prefix(b"~").unwrap_or(text);
    let inside = text.strip_prefix(b"{")?;
    let close = inside.iter().position(|octet| *octet == b'}')?;
    let number = inside.get(..close)?;
    let number = number.strip_suffix(b"+").unwrap_or(number);
    let digits = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    let size = digits.then(|| std::str::from_utf8(number).ok()?.parse().ok())??;
    let behind = inside.get(close + 1..)?;
    let content = behind
        .strip_prefix(b"\r\n")
        .or_else(|| behind.strip_prefix(b"\n"))?;
    Some((size, content))
}
