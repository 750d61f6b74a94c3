//! Lines: what each is. Blocks and counted literals make several lines of a file one.

use super::super::script::{Content, Literal, Must, Piece, Span, Template};
use super::scan::{self, Wrong};
use super::{Parser, directive};
use crate::wire::response::Status;

/// A line of a snippet.
pub(super) struct Line {
    pub what: What,
    /// The connection; 0: none is named.
    pub conn: usize,
    pub side: Option<Side>,
    pub span: Span,
}

/// Who said it, in a pasted transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

pub(super) enum What {
    Blank,
    Directive(directive::Raw),
    Expect(Must, Template),
    GoAhead(Template),
    Raw(Template),
    /// A command, a result, or a command with its status before it.
    Words(Template),
}

/// Reads the lines of a file from `from` (counted from 0).
pub(super) fn read(parser: &mut Parser<'_>, file: usize, from: usize) {
    let mut cutter = Cutter {
        lines: parser
            .script
            .files
            .get(file)
            .map_or_else(Vec::new, |f| f.lines.clone()),
        file,
        at: from,
    };
    // In a trace `>` is what the user submitted: `C:` says it again.
    let trace = cutter.lines.iter().any(|l| l.starts_with("C: "));
    while cutter.at < cutter.lines.len() {
        let number = cutter.at + 1;
        let text = cutter.lines.get(cutter.at).cloned().unwrap_or_default();
        let trimmed = text.trim();
        if trimmed.is_empty()
            || trimmed.starts_with('#')
            || text.starts_with("-- ")
            || trace && text.starts_with("> ")
        {
            if trimmed.is_empty() {
                let span = parser.whole(file, number);
                parser.lines.push(Line {
                    what: What::Blank,
                    conn: 0,
                    side: None,
                    span,
                });
            }
            cutter.at += 1;
            continue;
        }
        if let Err(wrong) = one(parser, &mut cutter, &text) {
            match wrong.note {
                Some(note) => parser.error_note(wrong.span, wrong.message, note),
                None => parser.error(wrong.span, wrong.message),
            }
            cutter.at = cutter.at.max(number);
        }
    }
}

/// The line at the cutter's place.
fn one(parser: &mut Parser<'_>, cutter: &mut Cutter, text: &str) -> Result<(), Wrong> {
    let indent = text.len() - text.trim_start().len();
    let mut rest = text.trim_start();
    let mut at = indent;
    let span = Span {
        file: cutter.file,
        line: cutter.at + 1,
        start: indent,
        end: text.trim_end().len(),
    };
    let side = if rest.starts_with("C: ") || rest.starts_with("S: ") {
        let side = if rest.starts_with('C') {
            Side::Client
        } else {
            Side::Server
        };
        rest = rest.get(3..).unwrap_or_default();
        at += 3;
        Some(side)
    } else {
        None
    };
    let mut conn = 0;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let several = parser.script.connections() > 1;
    if several && digits > 0 && rest.as_bytes().get(digits) == Some(&b' ') {
        conn = rest.get(..digits).and_then(|d| d.parse().ok()).unwrap_or(0);
        rest = rest.get(digits + 1..).unwrap_or_default();
        at += digits + 1;
        if conn == 0 || conn > parser.script.connections() {
            return Err(Wrong {
                span: Span {
                    start: at - digits - 1,
                    end: at - 1,
                    ..span
                },
                message: format!("there is no connection {conn}"),
                note: Some("\"connections:\" in the header says how many there are"),
            });
        }
    }
    let mut chars = rest.chars();
    let (first, second) = (chars.next(), chars.next());
    if side.is_none() && first == Some('!') && second.is_some_and(|c| c.is_ascii_alphabetic()) {
        let start = Span { start: at, ..span };
        cutter.at += 1;
        return directive::line(parser, cutter, rest, start, conn);
    }
    if several && conn == 0 {
        return Err(Wrong {
            span,
            message: "which connection?".to_owned(),
            note: Some("with several connections each line begins with the number of one: 1 NOOP"),
        });
    }
    let marked = |marks: &[char]| {
        first.is_some_and(|c| marks.contains(&c)) && (second == Some(' ') || second.is_none())
    };
    let (what, skip): (fn(Template) -> What, usize) = match first {
        Some('*') if marked(&['*']) => (|t| What::Expect(Must::Come, t), 1),
        Some('!') if marked(&['!']) => (|t| What::Expect(Must::NotCome, t), 1),
        Some('?') if marked(&['?']) => (|t| What::Expect(Must::MayCome, t), 1),
        Some('+') if marked(&['+']) => (What::GoAhead, 1),
        Some('>') if marked(&['>']) => (What::Raw, 1),
        _ => (What::Words, 0),
    };
    let body = rest.get(skip..).unwrap_or_default();
    let gap = if skip > 0 {
        body.len() - body.trim_start().len()
    } else {
        0
    };
    // Human-readable text may end in anything (RFC 9051 section 7.1).
    let word = body.trim_start().split(' ').next().unwrap_or_default();
    let counted = !(skip > 0 && status(word).is_some()
        || first == Some('+')
        || side == Some(Side::Server) && is_status_line(body));
    let template = cutter.template(at + skip + gap, side, counted)?;
    parser.lines.push(Line {
        what: what(template),
        conn,
        side,
        span,
    });
    Ok(())
}

/// `a1 OK ...`
fn is_status_line(text: &str) -> bool {
    text.split(' ').nth(1).is_some_and(|w| status(w).is_some())
}

/// A status that a command may end with, in any case; BYE and PREAUTH come untagged only.
pub(super) fn status(word: &str) -> Option<Status> {
    ["OK", "NO", "BAD", "BYE", "PREAUTH"]
        .iter()
        .zip([
            Status::Ok,
            Status::No,
            Status::Bad,
            Status::Bye,
            Status::Preauth,
        ])
        .find(|(name, _)| word.eq_ignore_ascii_case(name))
        .map(|(_, status)| status)
}

/// Cuts lines into pieces, over line ends where literals stand.
pub(super) struct Cutter {
    pub lines: Vec<String>,
    pub file: usize,
    /// The next line, counted from 0.
    pub at: usize,
}

impl Cutter {
    /// The pieces of the line at the cutter's place, from octet `column` on. Leaves it behind its last line.
    pub(super) fn template(
        &mut self,
        column: usize,
        side: Option<Side>,
        counted: bool,
    ) -> Result<Template, Wrong> {
        let mut out = Template::new();
        let mut column = column;
        let mut quoted = false;
        loop {
            let text = self.lines.get(self.at).cloned().unwrap_or_default();
            let text = text.trim_end();
            let rest = text.get(column..).unwrap_or_default();
            let span = |start: usize, end: usize| Span {
                file: self.file,
                line: self.at + 1,
                start,
                end,
            };
            let (head, announced) = match rest.strip_suffix("{{{") {
                Some(head) => (head, Some(Announced::Block)),
                None => match count(rest).filter(|_| counted) {
                    Some((head, size)) => (head, Some(Announced::Octets(size))),
                    None => (rest, None),
                },
            };
            let binary = announced.is_some() && head.ends_with('~');
            let head = if binary {
                head.get(..head.len() - 1).unwrap_or_default()
            } else {
                head
            };
            let before = quoted;
            out.extend(scan::pieces(
                head,
                span(column, column + head.len()),
                true,
                &mut quoted,
            )?);
            let Some(announced) = announced.filter(|_| !quoted) else {
                if rest.len() > head.len() {
                    // It was no literal: it stands in quotes.
                    let _ = before;
                    let from = column + head.len();
                    let tail = rest.get(head.len()..).unwrap_or_default();
                    out.extend(scan::pieces(
                        tail,
                        span(from, from + tail.len()),
                        true,
                        &mut quoted,
                    )?);
                }
                self.at += 1;
                return Ok(out);
            };
            let start = span(column + head.len(), text.len());
            self.at += 1;
            let content = match announced {
                Announced::Block => {
                    let content = self.block(start)?;
                    column = 3;
                    content
                }
                Announced::Octets(size) => {
                    let (octets, next) = self.counted(size, side, start)?;
                    column = next;
                    vec![Piece::Text(octets, start)]
                }
            };
            out.push(Piece::Literal(Literal {
                binary,
                content: Content::Block(content),
                span: start,
            }));
            if self.at >= self.lines.len() {
                return Ok(out);
            }
        }
    }

    /// The lines up to `}}}`; the cutter stays on that line.
    fn block(&mut self, start: Span) -> Result<Template, Wrong> {
        let mut out = Template::new();
        let first = self.at;
        loop {
            let Some(text) = self.lines.get(self.at) else {
                return Err(Wrong {
                    span: start,
                    message: "{{{ is not closed".to_owned(),
                    note: Some("a line that begins with }}} closes it"),
                });
            };
            if text.starts_with("}}}") {
                return Ok(out);
            }
            let span = Span {
                file: self.file,
                line: self.at + 1,
                start: 0,
                end: text.len(),
            };
            if self.at > first {
                out.push(Piece::Text("\r\n".to_owned(), Span { end: 0, ..span }));
            }
            out.extend(scan::pieces(text, span, false, &mut false)?);
            self.at += 1;
        }
    }

    /// The next `size` octets of the file, each line end counted as CRLF; and where its line goes on.
    fn counted(
        &mut self,
        size: u64,
        side: Option<Side>,
        start: Span,
    ) -> Result<(String, usize), Wrong> {
        let wrong = |message: String, note| Wrong {
            span: start,
            message,
            note: Some(note),
        };
        if side == Some(Side::Client)
            && self
                .lines
                .get(self.at)
                .is_some_and(|l| l.starts_with("S: +"))
        {
            self.at += 1;
        }
        let prefix = match side {
            Some(Side::Client) => "C: ",
            Some(Side::Server) => "S: ",
            None => "",
        };
        let mut out = String::new();
        loop {
            let left = usize::try_from(size).unwrap_or(usize::MAX) - out.len();
            let Some(line) = self.lines.get(self.at) else {
                return Err(wrong(
                    format!("{} of {size} octets follow", out.len()),
                    "a line end counts as two octets; {{{ and }}} around the text need no counting",
                ));
            };
            let text = line.strip_prefix(prefix).unwrap_or(line);
            let skipped = line.len() - text.len();
            // In a trace \xNN is an octet, and a line that ends in \ has no line end.
            let (whole, ends) = match side {
                Some(_) => unescaped(text),
                None => (text.to_owned(), true),
            };
            if left == whole.len() && !ends {
                out.push_str(&whole);
                self.at += 1;
                let next = self
                    .lines
                    .get(self.at)
                    .is_some_and(|l| l.starts_with(prefix));
                return Ok((out, if next { prefix.len() } else { 0 }));
            }
            if left <= whole.len() {
                // Where the line goes on is told in octets as written.
                let same = whole == text;
                let Some(part) = whole.get(..left).filter(|_| same || left == whole.len()) else {
                    return Err(wrong(
                        format!("octet {size} is in the middle of a character"),
                        "octets are counted, not characters; {{{ and }}} around the text need no counting",
                    ));
                };
                out.push_str(part);
                let used = if same { left } else { text.len() };
                return Ok((out, skipped + used));
            }
            if left == whole.len() + 1 && ends {
                return Err(wrong(
                    format!("octet {size} would be half a line end"),
                    "count a line end as two octets, CR and LF",
                ));
            }
            out.push_str(&whole);
            if ends {
                out.push_str("\r\n");
            }
            self.at += 1;
        }
    }
}

/// A line of a trace: what it stands for, and whether a line end belongs to it.
fn unescaped(text: &str) -> (String, bool) {
    let (text, ends) = match text.strip_suffix('\\') {
        Some(text) => (text, false),
        None => (text, true),
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        let digits = rest.get(at + 2..at + 4);
        let octet = digits
            .and_then(|d| u8::from_str_radix(d, 16).ok())
            .filter(u8::is_ascii);
        out.push_str(rest.get(..at).unwrap_or_default());
        match octet {
            Some(octet) => {
                out.push(char::from(octet));
                rest = rest.get(at + 4..).unwrap_or_default();
            }
            None => {
                out.push_str("\\x");
                rest = rest.get(at + 2..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    (out, ends)
}

enum Announced {
    Block,
    Octets(u64),
}

/// `... {9}`, `... {9+}`
fn count(text: &str) -> Option<(&str, u64)> {
    let inside = text.strip_suffix('}')?;
    let inside = inside.strip_suffix('+').unwrap_or(inside);
    let (head, digits) = inside.rsplit_once('{')?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || head.ends_with('$') {
        return None;
    }
    Some((head, digits.parse().ok()?))
}
