//! Bytes to text that a terminal can be trusted with: the only way server bytes reach the screen.
//!
//! What a terminal would obey, or what would make it draw something else than the cells that were
//! meant (control characters, C1 controls, bidirectional controls, zero-width characters, runs of
//! combining marks, bytes that are no UTF-8), is written out as `\x1b` or `\u{202e}`. Everything else
//! is kept. Escapes are marked, so that a view can colour them apart from a backslash that was sent.

use std::borrow::Cow;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Most combining marks that one character keeps; what is more is written out.
const MARKS: usize = 3;

/// Most columns of one cluster of characters.
const CLUSTER: usize = 4;

/// Safe text, and which parts of it are escapes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Printable {
    /// The text: no control, no zero-width, no bidirectional character.
    pub text: String,
    /// Byte ranges of `text` that stand for something that cannot be shown.
    pub escapes: Vec<Range<usize>>,
}

impl Printable {
    /// Makes bytes safe. Line ends are no exception: take them off first.
    pub fn new(bytes: &[u8]) -> Printable {
        let mut out = Printable {
            text: String::with_capacity(bytes.len()),
            escapes: Vec::new(),
        };
        if bytes.iter().all(|b| (0x20..0x7f).contains(b)) {
            out.text.extend(bytes.iter().map(|b| char::from(*b)));
            return out;
        }
        let mut marks = MARKS; // no mark without a character before it
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                let mark = c.width() == Some(0);
                if must_be_written_out(c) || (mark && marks >= MARKS) {
                    out.escape(c);
                    marks = MARKS;
                } else {
                    out.text.push(c);
                    marks = if mark { marks + 1 } else { 0 };
                }
            }
            for byte in chunk.invalid() {
                let start = out.text.len();
                out.text.push_str(&format!("\\x{byte:02x}"));
                out.escapes.push(start..out.text.len());
                marks = MARKS;
            }
        }
        out.split_clusters();
        out
    }

    /// Some scripts join characters without end into one cluster (conjoining jamo, prepended marks),
    /// which a screen cannot break: those that are too wide are written out behind their first character.
    fn split_clusters(&mut self) {
        let too_wide = |cluster: &str| cluster.len() > 4 && cluster.width() > CLUSTER;
        if !self.text.graphemes(true).any(too_wide) {
            return;
        }
        let before = std::mem::take(self);
        let mut escapes = before.escapes.into_iter().peekable();
        for (at, cluster) in before.text.grapheme_indices(true) {
            if too_wide(cluster) {
                let mut chars = cluster.chars();
                self.text.extend(chars.next());
                chars.for_each(|c| self.escape(c));
                while escapes.next_if(|e| e.start < at + cluster.len()).is_some() {}
                continue;
            }
            let start = self.text.len();
            self.text.push_str(cluster);
            if let Some(range) = escapes.next_if(|e| e.start < at + cluster.len()) {
                self.escapes.push(start..start + range.len());
            }
        }
    }

    fn escape(&mut self, c: char) {
        let start = self.text.len();
        let code = u32::from(c);
        match c {
            '\t' => self.text.push_str("\\t"),
            '\r' => self.text.push_str("\\r"),
            '\n' => self.text.push_str("\\n"),
            _ if code < 0x80 => self.text.push_str(&format!("\\x{code:02x}")),
            _ => self.text.push_str(&format!("\\u{{{code:x}}}")),
        }
        match self.escapes.last_mut() {
            Some(last) if last.end == start => last.end = self.text.len(),
            _ => self.escapes.push(start..self.text.len()),
        }
    }

    /// Columns the text takes.
    pub fn width(&self) -> usize {
        width(&self.text)
    }

    /// Byte ranges of `text`, each at most `first` (the first one) or `rest` columns wide: the rows it
    /// wraps into. At least one; a width of 0 is taken as 1.
    pub fn rows(&self, first: usize, rest: usize) -> Vec<Range<usize>> {
        wrap(&self.text, first, rest)
    }
}

/// Mail as it is read, without variation selectors (U+FE0E, U+FE0F): what they ask for is how the character before
/// them is drawn, every other subject with an emoji has one, and written out they hide the words. Not for what is
/// looked at octet by octet.
pub fn without_selectors(bytes: &[u8]) -> Cow<'_, [u8]> {
    let selector = |at: usize| {
        matches!(
            bytes.get(at..at + 3),
            Some([0xef, 0xb8, 0x8e] | [0xef, 0xb8, 0x8f])
        )
    };
    if !(0..bytes.len()).any(selector) {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if selector(at) {
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    Cow::Owned(out)
}

/// Safe text of bytes, escapes not marked.
pub fn text(bytes: &[u8]) -> String {
    Printable::new(bytes).text
}

/// Safe text of a string (a name from a server, a sentence with a server's words in it).
pub fn line(text: &str) -> String {
    Printable::new(text.as_bytes()).text
}

/// Columns of safe text, counted as the screen counts them: by grapheme.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.graphemes(true).map(UnicodeWidthStr::width).sum()
    }
}

/// `text` cut to `columns`, with `~` for what is gone.
pub fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let columns_more = grapheme.width();
        if used + columns_more + 1 > columns {
            break;
        }
        used += columns_more;
        out.push_str(grapheme);
    }
    if columns > 0 {
        out.push('~');
    }
    out
}

/// Byte ranges of safe text, each at most `first` (then `rest`) columns wide. At least one. A row ends
/// behind a space if one is in its second half, else anywhere.
pub fn wrap(text: &str, first: usize, rest: usize) -> Vec<Range<usize>> {
    let (first, rest) = (first.max(1), rest.max(1));
    let mut rows = Vec::new();
    let (mut start, mut used, mut limit) = (0, 0, first);
    // Behind the last space of the row: where that is, and the columns up to there.
    let mut space = (0, 0);
    let mut take = |at: usize, grapheme: &str, columns: usize| {
        if used + columns > limit && at > start {
            if space.0 > start && space.1 * 2 > limit && grapheme != " " {
                rows.push(start..space.0);
                (start, used) = (space.0, used - space.1);
            } else {
                rows.push(start..at);
                (start, used) = (at, 0);
            }
            limit = rest;
            // What was carried over may be wider than a row that is narrower than the first.
            if used + columns > limit && at > start {
                rows.push(start..at);
                (start, used) = (at, 0);
            }
        }
        used += columns;
        if grapheme == " " {
            space = (at + 1, used);
        }
    };
    if text.is_ascii() {
        (0..text.len()).for_each(|at| take(at, text.get(at..=at).unwrap_or_default(), 1));
    } else {
        text.grapheme_indices(true)
            .for_each(|(at, grapheme)| take(at, grapheme, grapheme.width()));
    }
    rows.push(start..text.len());
    rows
}

/// Whether text holds nothing that has to be written out.
pub fn is_safe(text: &str) -> bool {
    let mut marks = 0;
    text.chars().all(|c| {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        marks <= MARKS && !must_be_written_out(c)
    })
}

/// Whether a character would do something, or show nothing, or move what is beside it.
fn must_be_written_out(c: char) -> bool {
    matches!(u32::from(c),
        0x00..=0x1f | 0x7f..=0x9f            // C0, DEL, C1
        | 0xad | 0x034f | 0x061c             // soft hyphen, grapheme joiner, Arabic letter mark
        | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x3164 | 0xffa0   // fillers
        | 0x180b..=0x180f                    // Mongolian selectors and vowel separator
        | 0x200b..=0x200f | 0x2028..=0x202f | 0x2060..=0x206f   // zero width, bidi, separators, invisible operators
        | 0xe000..=0xf8ff                    // private use: no terminal agrees with another
        | 0xfe00..=0xfe0f                    // variation selectors: terminals disagree about the width
        | 0xfeff | 0xfff0..=0xfffb           // byte order mark, specials, interlinear
        | 0xfffe | 0xffff                    // no characters
        | 0x0600..=0x0605 | 0x06dd | 0x070f | 0x0890 | 0x0891 | 0x08e2   // Arabic and Syriac marks that begin a number
        | 0x1_10bd | 0x1_10cd | 0x1_3430..=0x1_3455             // Kaithi numbers, hieroglyph joiners
        | 0x1_bca0..=0x1_bca3 | 0x1_d173..=0x1_d17a             // shorthand and music format controls
        | 0xe_0000..=0x10_ffff) // tags, selectors, private planes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        assert_eq!(text(b"\x1b]52;c;aGk=\x07"), "\\x1b]52;c;aGk=\\x07");
        assert_eq!(text("\u{9b}2J".as_bytes()), "\\u{9b}2J");
        assert_eq!(text(b"\x9b2J\xff"), "\\x9b2J\\xff");
        assert_eq!(
            text("a\u{202e}b\u{200b}".as_bytes()),
            "a\\u{202e}b\\u{200b}"
        );
        assert_eq!(
            text("Gr\u{fc}\u{df}e \u{65e5}\u{672c}".as_bytes()),
            "Gr\u{fc}\u{df}e \u{65e5}\u{672c}"
        );
        assert_eq!(text(b"a\tb\r\n"), "a\\tb\\r\\n");
    }

    #[test]
    fn combining_marks_are_rationed() {
        let flood = format!("a{}", "\u{301}".repeat(50));
        let safe = text(flood.as_bytes());
        assert_eq!(safe.chars().filter(|c| *c == '\u{301}').count(), MARKS);
        assert!(text("\u{301}".as_bytes()).starts_with("\\u{301}"));
    }

    #[test]
    fn rows_hold_the_text_and_the_width() {
        let safe = Printable::new("ab\u{65e5}\u{672c}cd".as_bytes());
        let rows: Vec<&str> = safe.rows(3, 4).into_iter().map(|r| &safe.text[r]).collect();
        assert_eq!(rows, ["ab", "\u{65e5}\u{672c}", "cd"]);
        assert!(
            Printable::new(b"")
                .rows(0, 0)
                .iter()
                .eq(&[Range { start: 0, end: 0 }])
        );
        assert_eq!(Printable::new(b"abc").rows(0, 0).len(), 3);
        let rows: Vec<&str> = wrap("flags that can be kept", 12, 12)
            .into_iter()
            .map(|r| &"flags that can be kept"[r])
            .collect();
        assert_eq!(rows, ["flags that ", "can be kept"]);
        assert_eq!(fit("abcdef", 4), "abc~");
        assert_eq!(fit("abc", 0), "");
    }

    #[test]
    fn what_is_read_has_no_selectors() {
        for (mail, read) in [
            (
                "\u{1f3d4}\u{fe0f} and \u{2764}\u{fe0e}",
                "\u{1f3d4} and \u{2764}",
            ),
            ("plain", "plain"),
            ("\u{fe0f}", ""),
            // The same octets at the end, cut off.
            ("x\u{fe0d}", "x\u{fe0d}"),
        ] {
            assert_eq!(without_selectors(mail.as_bytes()), read.as_bytes());
        }
        assert_eq!(without_selectors(b"a\xef\xb8"), &b"a\xef\xb8"[..]);
    }
}
