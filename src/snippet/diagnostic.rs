//! What is wrong, with the place: file, line, column, what was wanted, what came, what to do.

use std::fmt::Write as _;

use super::script::{Script, Source, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Worth knowing.
    Note,
    /// It may not do what is meant.
    Warning,
    /// It cannot be, or did not come true.
    Error,
}

/// Something that is wrong. Its texts may hold what a server sent: only `printable` brings them to a
/// terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad.
    pub grade: Grade,
    /// As the file is called.
    pub file: String,
    /// Where.
    pub span: Span,
    /// Column, counted in characters from 1.
    pub column: usize,
    /// What is wrong: a few words without a full stop.
    pub message: String,
    /// The lines of the file that are shown, with their numbers; the last one is marked.
    pub context: Vec<(usize, String)>,
    /// Characters before the mark, and how many are marked.
    pub mark: (usize, usize),
    /// What stands behind the mark: `wanted ...`.
    pub wanted: Option<String>,
    /// What came instead; several lines.
    pub got: Vec<String>,
    /// Explanations and next steps.
    pub notes: Vec<String>,
}

/// What is wrong with a file.
pub type Diagnostics = Vec<Diagnostic>;

impl Diagnostic {
    /// One at `span` of one of `files`.
    pub fn new(
        grade: Grade,
        files: &[Source],
        span: Span,
        message: impl Into<String>,
    ) -> Diagnostic {
        let source = files.get(span.file);
        let line = source
            .and_then(|f| f.lines.get(span.line.checked_sub(1)?))
            .map_or("", String::as_str);
        let chars = |upto: usize| line.char_indices().take_while(|(at, _)| *at < upto).count();
        let (start, end) = (chars(span.start), chars(span.end));
        Diagnostic {
            grade,
            file: source.map_or_else(String::new, |f| f.name.clone()),
            span,
            column: start + 1,
            message: message.into(),
            context: vec![(span.line, line.to_owned())],
            mark: (start, end.saturating_sub(start).max(1)),
            wanted: None,
            got: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// An error.
    pub fn error(files: &[Source], span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Grade::Error, files, span, message)
    }

    /// A warning.
    pub fn warning(files: &[Source], span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Grade::Warning, files, span, message)
    }

    /// With the next step, or an explanation.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    /// With what was wanted.
    #[must_use]
    pub fn wanted(mut self, wanted: impl Into<String>) -> Diagnostic {
        self.wanted = Some(wanted.into());
        self
    }

    /// With what came.
    #[must_use]
    pub fn got(mut self, got: impl Into<String>) -> Diagnostic {
        self.got.push(got.into());
        self
    }

    /// With the line of the command that it is about, above the marked one.
    #[must_use]
    pub fn under(mut self, script: &Script, command: Span) -> Diagnostic {
        if command.file == self.span.file && command.line < self.span.line {
            let line = script.line(command).to_owned();
            self.context.insert(0, (command.line, line));
        }
        self
    }

    /// `file:line:column`
    pub fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.span.line, self.column)
    }

    /// The whole, several lines, a line end behind each. `whose`: `row 7, user dave`.
    pub fn text(&self, whose: Option<&str>) -> String {
        let mut out = format!("{}: ", self.place());
        out.push_str(match self.grade {
            Grade::Error => "",
            Grade::Warning => "warning: ",
            Grade::Note => "note: ",
        });
        out.push_str(&self.message);
        if let Some(whose) = whose {
            let _ = write!(out, " ({whose})");
        }
        out.push('\n');
        for (number, line) in &self.context {
            let _ = writeln!(out, "{number:>4} | {line}");
        }
        let (before, length) = self.mark;
        let _ = write!(out, "     | {}{}", " ".repeat(before), "^".repeat(length));
        match &self.wanted {
            Some(wanted) => {
                let _ = writeln!(out, " wanted  {wanted}");
            }
            None => out.push('\n'),
        }
        for got in &self.got {
            let _ = writeln!(out, "     | {got}");
        }
        for note in &self.notes {
            let _ = writeln!(out, "     = {note}");
        }
        out
    }
}

/// Whether any of them is an error.
pub fn any_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.grade == Grade::Error)
}
