//! What every dialect is read into: one flat list of steps, and the groups they are about.

mod header;

use std::time::Duration;

use super::pattern::Pattern;
pub use header::{Header, Messages, SecretLine, SecretSource, State};

/// Where something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Span {
    /// Index into [`Script::files`].
    pub file: usize,
    /// Counted from 1.
    pub line: usize,
    /// Octets of the line before it.
    pub start: usize,
    /// Octets of the line up to its end.
    pub end: usize,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// As it is called in messages.
    pub name: String,
    /// Its folder as a prefix (`sub/`), for the paths in it; empty for the snippet itself.
    pub folder: String,
    /// Its lines, line ends off.
    pub lines: Vec<String>,
}

/// Whose rules of matching hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Ours.
    #[default]
    Native,
    /// That of Dovecot's imaptest: case counts nowhere, one reply may satisfy several lines, a failed group
    /// does not end the run.
    Imaptest,
}

impl Dialect {
    /// That of imaptest, or ours.
    pub fn of(imaptest: bool) -> Dialect {
        match imaptest {
            true => Dialect::Imaptest,
            false => Dialect::Native,
        }
    }
}

/// A snippet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Script {
    /// The snippet itself, then what it includes.
    pub files: Vec<Source>,
    /// Whose rules hold.
    pub dialect: Dialect,
    /// What stands at its head.
    pub header: Header,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// Commands with what is expected of them.
    pub groups: Vec<Group>,
    /// What a file of imaptest's is played from.
    pub imaptest: Option<std::sync::Arc<super::imaptest::book::Book>>,
}

/// A piece of text: some of it is known only when it is played.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// As it stands.
    Text(String, Span),
    /// `${x}`
    Var(Var),
    /// `{{{ ... }}}`, `{@path}`, `{9}` and its octets.
    Literal(Literal),
}

impl Piece {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Piece::Text(_, span) => *span,
            Piece::Var(var) => var.span,
            Piece::Literal(literal) => literal.span,
        }
    }
}

/// Pieces one behind the other.
pub type Template = Vec<Piece>;

/// A variable in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Var {
    /// `_` stands for anything.
    pub name: String,
    /// `:raw`, ...
    pub form: Form,
    /// What stands behind `|`.
    pub default: Option<String>,
    /// `${name...}`: all that is left of the list.
    pub rest: bool,
    /// Where it is written.
    pub span: Span,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// As its place wants it.
    #[default]
    Fitting,
    /// As it is, quoting or not.
    Raw,
    /// As a mailbox name.
    Mailbox,
    /// As a literal.
    Literal,
    /// In base64.
    Base64,
    /// imaptest's `${case:text}`: `name` is a text that is compared with its case.
    Case,
}

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// `~`: it may hold NUL (RFC 3516).
    pub binary: bool,
    /// What is in it.
    pub content: Content,
    /// Where it begins.
    pub span: Span,
}

/// What is in a literal.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text, line ends already CRLF.
    Block(Template),
    /// A file.
    File {
        /// Its path.
        path: Template,
        /// Its octets as they are; else lone LF becomes CRLF.
        raw: bool,
    },
}

/// Commands that go out together (mostly one), and what is expected until they are answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    /// The connection, counted from 1.
    pub conn: usize,
    /// Where it begins.
    pub span: Span,
    /// None: what is expected of the greeting.
    pub commands: Vec<CommandLine>,
    /// The lines with `*`, `!` and `?`.
    pub expects: Vec<Expect>,
}

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandLine {
    /// Its tag as written, only a label.
    pub label: Option<String>,
    /// What is sent behind the tag.
    pub text: Template,
    /// Where it is written.
    pub span: Span,
    /// How it must end.
    pub result: ExpectedResult,
}

/// How a command must end.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedResult {
    /// Which status; `None`: any.
    pub status: Option<crate::wire::response::Status>,
    /// `BAD` is as good as any other where none is named (imaptest's `""` means OK or NO).
    pub bad_too: bool,
    /// What else it says.
    pub reply: Option<Pattern>,
    /// Where that is written; the command itself, if nothing is.
    pub span: Span,
    /// Whether it is written at all.
    pub stated: bool,
}

impl ExpectedResult {
    /// What holds where nothing is said: OK.
    pub fn ok(span: Span) -> ExpectedResult {
        ExpectedResult {
            status: Some(crate::wire::response::Status::Ok),
            bad_too: false,
            reply: None,
            span,
            stated: false,
        }
    }
}

/// Whether a reply must come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Must {
    /// `*`
    Come,
    /// `!`
    NotCome,
    /// `?`
    MayCome,
}

/// A reply that is expected, or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// Which of them.
    pub must: Must,
    /// What it is.
    pub pattern: Pattern,
    /// Where it is written.
    pub span: Span,
}

/// Something that is done.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What.
    pub kind: StepKind,
    /// Where it is written.
    pub span: Span,
}

/// What is done.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// The greeting is compared with this group.
    Greeting(usize),
    /// The commands of this group go out.
    Begin(usize),
    /// `+`: wait for a continuation request.
    GoAhead {
        /// Of this group.
        group: usize,
        /// What it says.
        reply: Option<Pattern>,
    },
    /// `>`: a line goes out once all `*` lines above it have come.
    Raw {
        /// In this group.
        group: usize,
        /// How many of the group's lines stand above it.
        expects: usize,
        /// The line.
        text: Template,
    },
    /// The group's commands have been answered: were they as expected?
    Finish(usize),
    /// A directive.
    Directive(Directive),
}

/// A line with `!` and a word.
#[derive(Debug, Clone, PartialEq)]
pub enum Directive {
    /// `!let name = text`
    Let {
        /// The variable.
        name: String,
        /// Its value.
        text: Template,
    },
    /// `!assert a OP b`
    Assert {
        /// Left.
        left: Template,
        /// How they are compared.
        operator: Operator,
        /// Right.
        right: Template,
    },
    /// `!undo COMMAND`
    Undo(Template),
    /// `!output text`
    Output(Template),
    /// `!skip why`: the rest is not for this server, or not for this row.
    Skip(Template),
    /// `!send "octets"`
    Send {
        /// The connection.
        conn: usize,
        /// Exactly what goes out.
        octets: Vec<Octets>,
    },
    /// `!closed`: the server must close now.
    Closed {
        /// The connection.
        conn: usize,
    },
    /// `!sleep 500ms`
    Sleep(Duration),
    /// `!timeout 5s`
    Timeout {
        /// The connection; `None`: all.
        conn: Option<usize>,
        /// The limit.
        limit: Duration,
    },
    /// `!as USER`
    As {
        /// The connection.
        conn: usize,
        /// Who from now on.
        user: Template,
    },
    /// `!for a,b in ...`
    For {
        /// The variables.
        names: Vec<String>,
        /// What they go through.
        of: Turns,
        /// Index of its `!end`.
        end: usize,
    },
    /// `!end`
    End {
        /// Index of its `!for`.
        begin: usize,
    },
    /// `!ifset x` and the like.
    If {
        /// The condition.
        condition: Condition,
        /// The step to go on with if it does not hold.
        otherwise: usize,
    },
    /// `!else`: here the first half ends.
    Else {
        /// Index of its `!endif`.
        end: usize,
    },
    /// `!endif`
    EndIf,
}

/// A part of what `!send` sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Octets {
    /// These.
    Bytes(Vec<u8>),
    /// The value of a variable, as it is.
    Var(Var),
}

/// What a loop goes through.
#[derive(Debug, Clone, PartialEq)]
pub enum Turns {
    /// `@file.csv`: its lines; with a path and where it is written.
    File(Template),
    /// Words.
    Words(Vec<Template>),
    /// `1..9`
    Range(i64, i64),
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `!ifcap X`
    Capability {
        /// The connection.
        conn: usize,
        /// Its name.
        name: String,
    },
    /// `!ifset v`, `!ifnset v`
    Set {
        /// The variable.
        name: String,
        /// Whether it must be set.
        set: bool,
    },
    /// `!ifenv E`, `!ifnenv E`
    Environment {
        /// The variable.
        name: String,
        /// Whether it must be set.
        set: bool,
    },
}

/// How `!assert` compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `has`: one of the list.
    Has,
    /// `covers`: every letter of the rights.
    Covers,
    /// `matches /re/`
    Matches,
}

impl Operator {
    /// Each with how it is written, the longest first.
    pub const ALL: [(Operator, &'static str); 9] = [
        (Operator::Equal, "=="),
        (Operator::Unequal, "!="),
        (Operator::AtMost, "<="),
        (Operator::AtLeast, ">="),
        (Operator::Less, "<"),
        (Operator::Greater, ">"),
        (Operator::Has, "has"),
        (Operator::Covers, "covers"),
        (Operator::Matches, "matches"),
    ];

    /// As it is written.
    pub fn written(self) -> &'static str {
        Operator::ALL
            .iter()
            .find(|(operator, _)| *operator == self)
            .map_or("==", |(_, written)| written)
    }
}

impl Script {
    /// Whether it may delete mailboxes before it begins, and do all that it says (imaptest's files).
    pub fn allows_destruction(&self) -> bool {
        (self.imaptest.as_ref()).is_some_and(|book| book.allow_destructive)
    }

    /// Lets it ([`Script::allows_destruction`]).
    pub fn allow_destruction(&mut self) {
        if let Some(book) = &mut self.imaptest {
            std::sync::Arc::make_mut(book).allow_destructive = true;
        }
    }

    /// How many connections it wants.
    pub fn connections(&self) -> usize {
        self.header.connections.max(1)
    }

    /// Whether somebody else takes over on the way: `!as`.
    pub fn changes_user(&self) -> bool {
        let is_as = |kind: &StepKind| matches!(kind, StepKind::Directive(Directive::As { .. }));
        self.steps.iter().any(|step| is_as(&step.kind))
    }

    /// A line of a file; empty if there is none.
    pub fn line(&self, span: Span) -> &str {
        let file = self.files.get(span.file);
        let line = file.and_then(|f| f.lines.get(span.line.checked_sub(1)?));
        line.map_or("", String::as_str)
    }

    /// What is written at `span`.
    pub fn text(&self, span: Span) -> &str {
        let line = self.line(span);
        line.get(span.start..span.end.min(line.len()))
            .unwrap_or_default()
    }

    /// What it is called: its title, else its name.
    pub fn name(&self) -> &str {
        let file = self.files.first().map_or("", |f| f.name.as_str());
        self.header.title.as_deref().unwrap_or(file)
    }

    /// Every variable that is read anywhere, each once.
    pub fn names_read(&self) -> Vec<&str> {
        let mut names: Vec<&str> = super::value::names_read(self);
        names.sort_unstable();
        names.dedup();
        names
    }
}
