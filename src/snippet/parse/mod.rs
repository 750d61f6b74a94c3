//! Our own dialect: text to a [`Script`]. The grammar is told in `assets/snippets/GRAMMAR.md`.
//!
//! Lines are cut first (`line.rs`: blocks and counted literals make several one), then each is told what it
//! is, then groups are made of them (`group.rs`).

mod directive;
mod group;
mod header;
mod line;
mod reply;
mod scan;

use super::Files;
use super::diagnostic::{Diagnostic, Diagnostics, any_error};
use super::script::{Script, Source, Span};
use line::Line;

/// Deepest nesting of `!include`.
const INCLUDES: usize = 16;
/// Most lines of a snippet, with all that it includes.
const LINES: usize = 1_000_000;

/// Reads a snippet. `name`: as messages call it. The second half are warnings.
///
/// # Errors
/// All that is wrong, in order.
pub fn parse(
    name: &str,
    text: &[u8],
    files: &dyn Files,
) -> Result<(Script, Diagnostics), Diagnostics> {
    let mut parser = Parser {
        script: Script::default(),
        found: Vec::new(),
        lines: Vec::new(),
        files,
        open: Vec::new(),
    };
    parser.file(name, "", text, true);
    let lines = std::mem::take(&mut parser.lines);
    group::make(&mut parser, lines);
    let mut found = parser.found;
    found.sort_by_key(|d| (d.span.file, d.span.line, d.span.start));
    match any_error(&found) {
        true => Err(found),
        false => Ok((parser.script, found)),
    }
}

/// Whether a text begins with a header: its first line that says anything is `key: value`.
pub fn has_header(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let first = lines.find(|l| !l.trim().is_empty() && !l.starts_with('#'));
    first.is_some_and(header::is_key_line)
}

/// Reads files into lines.
struct Parser<'f> {
    script: Script,
    found: Diagnostics,
    lines: Vec<Line>,
    files: &'f dyn Files,
    /// The paths of the files that are being read, to find a cycle.
    open: Vec<String>,
}

impl Parser<'_> {
    fn error(&mut self, span: Span, message: impl Into<String>) {
        let diagnostic = Diagnostic::error(&self.script.files, span, message);
        self.found.push(diagnostic);
    }

    fn error_note(&mut self, span: Span, message: impl Into<String>, note: impl Into<String>) {
        let diagnostic = Diagnostic::error(&self.script.files, span, message).note(note);
        self.found.push(diagnostic);
    }

    /// One file: header (of the first only) and lines.
    fn file(&mut self, name: &str, folder: &str, text: &[u8], first: bool) {
        let index = self.script.files.len();
        let (text, broken) = match std::str::from_utf8(text) {
            Ok(text) => (text.to_owned(), None),
            Err(error) => (
                String::from_utf8_lossy(text).into_owned(),
                Some(error.valid_up_to()),
            ),
        };
        let text = text.trim_start_matches('\u{feff}');
        let mut lines: Vec<String> = text
            .split('\n')
            .map(|l| l.strip_suffix('\r').unwrap_or(l).to_owned())
            .collect();
        if lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        self.script.files.push(Source {
            name: name.to_owned(),
            folder: folder.to_owned(),
            lines,
        });
        if let Some(at) = broken {
            let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
            let span = self.whole(index, line);
            self.error_note(
                span,
                "this line is not UTF-8",
                "put octets that are no text into a file, and write {@file:raw}",
            );
            return;
        }
        let count = self.script.files.get(index).map_or(0, |f| f.lines.len());
        if count + self.lines.len() > LINES {
            let span = self.whole(index, 1);
            self.error(span, format!("it has more than {LINES} lines"));
            return;
        }
        let from = match has_header(text) {
            true => header::read(self, index, first),
            false => 0,
        };
        line::read(self, index, from);
    }

    /// `!include path`, at `span`.
    fn include(&mut self, path: &str, span: Span) {
        let folder = self
            .script
            .files
            .get(span.file)
            .map_or("", |f| f.folder.as_str());
        let path = super::substitute::beside(folder, path);
        if self.open.contains(&path) || self.script.files.first().is_some_and(|f| f.name == path) {
            let mut way = self.open.clone();
            way.push(path);
            self.error(span, format!("it includes itself: {}", way.join(" -> ")));
            return;
        }
        if self.open.len() >= INCLUDES {
            self.error(
                span,
                format!("files include each other more than {INCLUDES} deep"),
            );
            return;
        }
        match self.files.read(&path) {
            Err(sentence) => self.error(span, sentence.trim_end_matches('.').to_owned()),
            Ok(text) => {
                let folder = path
                    .rfind('/')
                    .map_or("", |at| path.get(..=at).unwrap_or_default());
                let folder = folder.to_owned();
                self.open.push(path.clone());
                self.file(&path, &folder, &text, false);
                self.open.pop();
            }
        }
    }

    /// The whole of a line.
    fn whole(&self, file: usize, line: usize) -> Span {
        let lines = self.script.files.get(file).map(|f| &f.lines);
        let text = lines.and_then(|l| l.get(line.checked_sub(1)?));
        Span {
            file,
            line,
            start: 0,
            end: text.map_or(0, String::len),
        }
    }
}
