//! A command line with its values in it.

use super::{Problem, Substitution, beside, with_crlf};
use crate::catalog::{self, TokenClass};
use crate::snippet::script::{Content, Form, Literal, Piece, Span, Template};
use crate::snippet::value::Value;
use crate::wire::command::mark_secrets;
use crate::wire::encode::{self, Argument};
use crate::wire::{Command, CommandPart, LiteralChoice, Origin, Tag, TagChoice, mutf7};

/// A stretch of a command line.
enum Stretch<'t> {
    /// As written: words, spaces, parentheses.
    Plain(String),
    /// A word that has a variable in it.
    Word(Vec<Part<'t>>),
    /// `"..."` that has one; what is written in it is still escaped.
    Quoted(Vec<Part<'t>>),
    /// A literal.
    Literal(&'t Literal),
}

/// A part of a word.
enum Part<'t> {
    Text(String),
    Value(Value, Form, &'t str, Span),
}

/// What an argument is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mailbox,
    Flag,
    Set,
    String,
}

/// The command that `template` stands for.
///
/// # Errors
/// A variable is not set, or its value can stand in no argument; a file cannot be read.
pub fn command(
    substitution: &Substitution<'_>,
    template: &Template,
    own_tag: Option<&str>,
) -> Result<Command, Problem> {
    let stretches = stretches(substitution, template)?;
    let kinds = kinds(&stretches);
    let mut builder = Builder {
        substitution,
        parts: Vec::new(),
    };
    for (stretch, kind) in stretches.into_iter().zip(kinds) {
        match stretch {
            Stretch::Plain(text) => builder.text(text.as_bytes(), false),
            Stretch::Word(parts) => builder.word(parts, kind)?,
            Stretch::Quoted(parts) => builder.quoted(parts, kind)?,
            Stretch::Literal(literal) => {
                let (bytes, secret) = substitution.literal(literal)?;
                builder.literal(bytes, literal.binary, secret);
            }
        }
    }
    if builder.parts.is_empty()
        || matches!(builder.parts.first(), Some(CommandPart::Literal { .. }))
    {
        builder.parts.insert(
            0,
            CommandPart::Text {
                bytes: Vec::new(),
                secret: Vec::new(),
            },
        );
    }
    let span = template.first().map(Piece::span).unwrap_or_default();
    if ends_like_literal(&builder.parts) {
        return Err(Problem::new(
            span,
            "the line would announce a literal that does not follow",
        )
        .note("write the literal itself: {{{ and }}} around its lines, or {@file}"));
    }
    let tag = own_tag.and_then(|tag| Tag::new(tag.as_bytes()));
    let mut command = Command {
        origin: Origin::User,
        tag: tag.map_or(TagChoice::Generated, TagChoice::Own),
        parts: builder.parts,
    };
    mark_secrets(&mut command);
    Ok(command)
}

/// Whether a server would wait for octets behind the last line.
fn ends_like_literal(parts: &[CommandPart]) -> bool {
    let Some(CommandPart::Text { bytes, .. }) = parts.last() else {
        return false;
    };
    let Some(inside) = bytes.trim_ascii_end().strip_suffix(b"}") else {
        return false;
    };
    let digits = inside.strip_suffix(b"+").unwrap_or(inside);
    let count = digits
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_digit())
        .count();
    count > 0
        && digits
            .get(..digits.len() - count)
            .is_some_and(|d| d.ends_with(b"{"))
}

fn stretches<'t>(
    substitution: &Substitution<'_>,
    template: &'t Template,
) -> Result<Vec<Stretch<'t>>, Problem> {
    let mut reader = Reader::default();
    for piece in template {
        match piece {
            Piece::Text(text, _) => reader.text(text),
            Piece::Literal(literal) => {
                reader.flush();
                reader.out.push(Stretch::Literal(literal));
            }
            Piece::Var(var) => {
                let value = substitution.value(var)?;
                if value.bytes.contains(&0) {
                    return Err(nul(&var.name, var.span));
                }
                let text = std::mem::take(&mut reader.word);
                if !text.is_empty() {
                    reader.parts.push(Part::Text(text));
                }
                reader
                    .parts
                    .push(Part::Value(value, var.form, &var.name, var.span));
            }
        }
    }
    reader.flush();
    Ok(reader.out)
}

fn nul(name: &str, span: Span) -> Problem {
    Problem::new(
        span,
        format!("the value of {name} holds NUL, which no argument may"),
    )
    .note("a binary literal may: ~{{{ and }}} around it (RFC 3516)")
}

/// Cuts a command line into stretches.
#[derive(Default)]
struct Reader<'t> {
    out: Vec<Stretch<'t>>,
    /// The word under way: its text since the last variable.
    word: String,
    /// Its parts before that.
    parts: Vec<Part<'t>>,
    quoted: bool,
    escaped: bool,
}

impl Reader<'_> {
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            if self.quoted {
                self.word.push(c);
                match c {
                    _ if self.escaped => self.escaped = false,
                    '\\' => self.escaped = true,
                    '"' => {
                        self.word.pop();
                        self.end_quoted(true);
                    }
                    _ => {}
                }
                continue;
            }
            match c {
                '"' => {
                    self.flush();
                    self.quoted = true;
                }
                ' ' | '(' | ')' => {
                    self.flush();
                    self.plain(&c.to_string());
                }
                c => self.word.push(c),
            }
        }
    }

    fn plain(&mut self, text: &str) {
        match self.out.last_mut() {
            Some(Stretch::Plain(plain)) => plain.push_str(text),
            _ => self.out.push(Stretch::Plain(text.to_owned())),
        }
    }

    fn end_quoted(&mut self, closed: bool) {
        self.quoted = false;
        self.escaped = false;
        let text = std::mem::take(&mut self.word);
        let mut parts = std::mem::take(&mut self.parts);
        if parts.is_empty() {
            let close = if closed { "\"" } else { "" };
            self.plain(&format!("\"{text}{close}"));
            return;
        }
        parts.push(Part::Text(text));
        self.out.push(Stretch::Quoted(parts));
    }

    fn flush(&mut self) {
        if self.quoted {
            return self.end_quoted(false);
        }
        let text = std::mem::take(&mut self.word);
        let mut parts = std::mem::take(&mut self.parts);
        if parts.is_empty() {
            if !text.is_empty() {
                self.plain(&text);
            }
            return;
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        self.out.push(Stretch::Word(parts));
    }
}

/// What each stretch is, by the catalog's word on the command. A value that could not stand there as it
/// is takes part as a word: whatever it holds, it cannot shift the others.
fn kinds(stretches: &[Stretch<'_>]) -> Vec<Kind> {
    let valued = |s: &Stretch<'_>| matches!(s, Stretch::Word(_) | Stretch::Quoted(_));
    if !stretches.iter().any(valued) {
        return vec![Kind::String; stretches.len()];
    }
    let mut text = String::new();
    let mut starts = Vec::new();
    for stretch in stretches {
        let start = text.len();
        match stretch {
            Stretch::Plain(plain) => text.push_str(plain),
            Stretch::Literal(_) => text.push_str("{@x}"),
            Stretch::Quoted(_) => text.push_str("\"x\""),
            Stretch::Word(parts) => {
                let word = joined(parts);
                match std::str::from_utf8(&word).ok().filter(|w| is_harmless(w)) {
                    Some(word) => text.push_str(word),
                    None => text.push('x'),
                }
            }
        }
        starts.push(start);
    }
    let pieces = catalog::parse_line(&text);
    let class = |start: usize| {
        let piece = pieces.iter().find(|p| p.range.start == start);
        piece.map_or(Kind::String, |piece| match piece.class {
            TokenClass::Mailbox => Kind::Mailbox,
            TokenClass::Flag => Kind::Flag,
            TokenClass::SequenceSet => Kind::Set,
            _ => Kind::String,
        })
    };
    starts.into_iter().map(class).collect()
}

fn is_harmless(word: &str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"(){}\"".contains(&b))
}

fn joined(parts: &[Part<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => out.extend_from_slice(text.as_bytes()),
            Part::Value(value, ..) => out.extend_from_slice(&value.bytes),
        }
    }
    out
}

struct Builder<'s, 'a> {
    substitution: &'s Substitution<'a>,
    parts: Vec<CommandPart>,
}

impl Builder<'_, '_> {
    fn text(&mut self, text: &[u8], hidden: bool) {
        encode::append_text(&mut self.parts, b"");
        if let Some(CommandPart::Text { bytes, secret }) = self.parts.last_mut() {
            let from = bytes.len();
            bytes.extend_from_slice(text);
            if hidden {
                secret.push(from..bytes.len());
            }
        }
    }

    fn literal(&mut self, bytes: Vec<u8>, binary: bool, secret: bool) {
        encode::append_text(&mut self.parts, b"");
        self.parts.push(CommandPart::Literal {
            bytes,
            choice: LiteralChoice::Auto,
            binary,
            secret,
        });
    }

    fn word(&mut self, parts: Vec<Part<'_>>, kind: Kind) -> Result<(), Problem> {
        let mailbox = |form: Form| form == Form::Mailbox || kind == Kind::Mailbox;
        let hidden = parts
            .iter()
            .any(|p| matches!(p, Part::Value(v, ..) if v.secret));
        if let [Part::Value(value, form, name, span)] = parts.as_slice() {
            if *form == Form::Literal {
                let bytes = self.octets(value, mailbox(*form));
                self.literal(bytes, false, hidden);
                return Ok(());
            }
            if value.bare && *form == Form::Fitting && kind != Kind::Mailbox {
                if value.bytes.iter().any(|b| b"\r\n".contains(b)) {
                    return Err(Problem::new(*span, format!("{name} holds a line end")));
                }
                self.text(&value.bytes, hidden);
                return Ok(());
            }
        }
        let mut bytes = Vec::new();
        let mut raw = false;
        for part in &parts {
            match part {
                Part::Text(text) => bytes.extend_from_slice(text.as_bytes()),
                Part::Value(_, Form::Literal, _, span) => {
                    return Err(Problem::new(*span, "a literal cannot stand inside a word"));
                }
                Part::Value(value, form, ..) => {
                    raw |= *form == Form::Raw;
                    bytes.extend(self.octets(value, mailbox(*form)));
                }
            }
        }
        let bare = raw
            || match kind {
                Kind::Flag => is_flag(&bytes),
                Kind::Set => is_set(&bytes),
                Kind::Mailbox | Kind::String => false,
            };
        // What is written keeps its own characters: `BODY[${part}]`, `1:${last}`.
        let alone = parts.len() == 1;
        let fits = !alone
            && parts.iter().all(|part| match part {
                Part::Text(_) => true,
                Part::Value(value, form, ..) => {
                    self.octets(value, mailbox(*form)).iter().all(is_plain)
                }
            });
        match bare || fits {
            true => self.text(&bytes, hidden),
            false => self.argument(&bytes, hidden),
        }
        Ok(())
    }

    /// An argument in the shortest form that holds it.
    fn argument(&mut self, bytes: &[u8], hidden: bool) {
        match encode::inline(bytes, Argument::AString, self.substitution.utf8) {
            Some(text) => self.text(&text, hidden),
            None => self.literal(bytes.to_vec(), false, hidden),
        }
    }

    fn quoted(&mut self, parts: Vec<Part<'_>>, kind: Kind) -> Result<(), Problem> {
        let mut bytes = Vec::new();
        let mut hidden = false;
        for part in &parts {
            match part {
                Part::Text(text) => bytes.extend_from_slice(unescaped(text).as_bytes()),
                Part::Value(value, form, ..) => {
                    hidden |= value.secret;
                    let mailbox = *form == Form::Mailbox || kind == Kind::Mailbox;
                    bytes.extend(self.octets(value, mailbox));
                }
            }
        }
        let eight_bit = !bytes.is_ascii() && !self.substitution.utf8;
        if eight_bit || bytes.iter().any(|b| b"\r\n".contains(b)) {
            self.literal(bytes, false, hidden);
            return Ok(());
        }
        let mut text = vec![b'"'];
        for byte in bytes {
            if b"\"\\".contains(&byte) {
                text.push(b'\\');
            }
            text.push(byte);
        }
        text.push(b'"');
        self.text(&text, hidden);
        Ok(())
    }

    /// The octets of a value; a mailbox name as it travels.
    fn octets(&self, value: &Value, mailbox: bool) -> Vec<u8> {
        match std::str::from_utf8(&value.bytes) {
            Ok(text) if mailbox && !self.substitution.utf8 => mutf7::encode(text).into_bytes(),
            _ => value.bytes.clone(),
        }
    }
}

impl Substitution<'_> {
    /// The octets of a literal, and whether they are secret.
    ///
    /// # Errors
    /// A variable is not set, a file cannot be read, or NUL is in it.
    pub fn literal(&self, literal: &Literal) -> Result<(Vec<u8>, bool), Problem> {
        let (bytes, secret) = match &literal.content {
            Content::Block(template) => {
                let value = self.octets(template)?;
                (value.bytes.clone(), value.secret)
            }
            Content::File { path, raw } => {
                let path = String::from_utf8_lossy(&self.octets(path)?.bytes).into_owned();
                let folder = self.script.files.get(literal.span.file);
                let path = beside(folder.map_or("", |f| &f.folder), &path);
                let bytes = self.files.read(&path).map_err(|sentence| {
                    Problem::new(literal.span, sentence.trim_end_matches('.'))
                })?;
                match *raw || literal.binary {
                    true => (bytes, false),
                    false => (with_crlf(&bytes), false),
                }
            }
        };
        if !literal.binary && bytes.contains(&0) {
            return Err(Problem::new(literal.span, "the literal holds NUL")
                .note("only a binary one may: put ~ before it (RFC 3516)"));
        }
        Ok((bytes, secret))
    }
}

fn is_plain(byte: &u8) -> bool {
    byte.is_ascii_graphic() && !b"(){}\"\\%*".contains(byte)
}

fn is_flag(bytes: &[u8]) -> bool {
    let name = bytes.strip_prefix(b"\\").unwrap_or(bytes);
    !name.is_empty() && name.iter().all(|b| is_plain(b) && *b != b']') || bytes == b"\\*"
}

fn is_set(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes
            .iter()
            .all(|b| b.is_ascii_digit() || b":,*$-".contains(b))
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}
