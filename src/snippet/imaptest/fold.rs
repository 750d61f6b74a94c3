//! Lines of the file to logical lines: comments off, `{{{ ... }}}` as a literal.

/// A logical line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logical {
    /// Its octets; a literal stands in it as `{n}`, CRLF and its n octets.
    pub octets: Vec<u8>,
    /// The line where it begins, from 1.
    pub number: usize,
}

/// What a file falls into.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// Up to the first empty line.
    pub header: Vec<Logical>,
    /// All that follows; empty lines are gone.
    pub body: Vec<Logical>,
    /// The line of a `{{{` that is never closed.
    pub open: Option<usize>,
}

/// Lines without their ends; whether each ended with CRLF.
fn lines(text: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.split(|octet| *octet == b'\n')
        .map(|line| match line.strip_suffix(b"\r") {
            Some(line) => (line, true),
            None => (line, false),
        })
}

/// A literal that is being gathered.
struct Block {
    logical: Logical,
    octets: Vec<u8>,
    /// Up to here it goes: the last line end belongs to the file.
    end: usize,
    binary: bool,
}

impl Block {
    /// If the text ends with `{{{`.
    fn opened(mut logical: Logical) -> Result<Block, Logical> {
        let Some(before) = logical.octets.strip_suffix(b"{{{") else {
            return Err(logical);
        };
        let (before, binary) = match before.strip_suffix(b"~") {
            Some(before) => (before.len(), true),
            None => (before.len(), false),
        };
        logical.octets.truncate(before);
        Ok(Block {
            logical,
            octets: Vec::new(),
            end: 0,
            binary,
        })
    }

    fn line(&mut self, line: &[u8], crlf: bool) {
        self.octets.extend_from_slice(line);
        // What is binary keeps its line ends, and the CR of the last one: only the LF belongs to the file.
        if self.binary && crlf {
            self.octets.push(b'\r');
        }
        self.end = self.octets.len();
        let end: &[u8] = match self.binary {
            true => b"\n",
            false => b"\r\n",
        };
        self.octets.extend_from_slice(end);
    }

    fn closed(mut self, behind: &[u8]) -> Logical {
        self.octets.truncate(self.end);
        let tilde = if self.binary { "~" } else { "" };
        let announcement = format!("{tilde}{{{}}}\r\n", self.octets.len());
        self.logical
            .octets
            .extend_from_slice(announcement.as_bytes());
        self.logical.octets.append(&mut self.octets);
        self.logical.octets.extend_from_slice(behind);
        self.logical
    }
}

/// Folds a file.
pub fn fold(text: &[u8]) -> Folded {
    let mut out = Folded::default();
    let mut block: Option<Block> = None;
    let mut in_header = true;
    for (index, (line, crlf)) in lines(text).enumerate() {
        let logical = match block.take() {
            Some(mut open) => match line.strip_prefix(b"}}}") {
                None => {
                    open.line(line, crlf);
                    block = Some(open);
                    continue;
                }
                Some(behind) => open.closed(behind),
            },
            None if line.is_empty() => {
                in_header = false;
                continue;
            }
            None if line.starts_with(b"#") => continue,
            None => Logical {
                octets: line.to_vec(),
                number: index + 1,
            },
        };
        match Block::opened(logical) {
            Ok(open) => block = Some(open),
            Err(logical) if in_header => out.header.push(logical),
            Err(logical) => out.body.push(logical),
        }
    }
    out.open = block.map(|open| open.logical.number);
    out
}
